//! The pane Build: the rows of the payload, and the payload that they make.

mod given;
pub(crate) mod pane;
