//! The pane Build: the rows of the payload, and the payload that they make.

pub(crate) mod pane;
