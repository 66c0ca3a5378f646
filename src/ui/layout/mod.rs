//! The pane Layout: the drawing, what moves it, and what is told beside it of what is selected.

pub(crate) mod details;
pub(crate) mod drawing;
pub(crate) mod gestures;
pub(crate) mod owners;
pub(crate) mod pane;
pub(crate) mod values;
