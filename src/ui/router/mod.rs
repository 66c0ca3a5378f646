//! The pane Router: the connection, and its tabs, one for each part of a session.

pub(crate) mod pane;
pub(crate) mod tabs;
