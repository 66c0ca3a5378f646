//! The view Bytes: the lines of a payload that are in view.

pub(crate) mod dialog;
