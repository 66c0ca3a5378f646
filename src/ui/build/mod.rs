//! The pane Build: the rows of the payload, and the payload that they make.

pub(crate) mod captured;
mod given;
mod keep;
mod own_code;
pub(crate) mod pane;
mod robot;
mod taken;
