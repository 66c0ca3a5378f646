//! The pane Cost: the results of a measurement, the runs that the browser keeps, and their
//! comparison.

pub(crate) mod history;
pub(crate) mod pane;
pub(crate) mod results;
