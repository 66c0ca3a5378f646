//! The view Wire: the frames of a session.

pub(crate) mod dialog;
