//! The pane Cost: what a measurement found, the runs that the browser keeps, and their comparison.

pub(crate) mod history;
pub(crate) mod pane;
pub(crate) mod results;
