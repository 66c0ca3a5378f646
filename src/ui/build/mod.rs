//! The pane Build: the rows of the payload, and what they make.

pub(crate) mod pane;
