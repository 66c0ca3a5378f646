//! The pane Layout: the drawing, the controls that move it, and the facts of the selected segment
//! beside it.

pub(crate) mod details;
pub(crate) mod drawing;
mod film;
pub(crate) mod gestures;
mod ledger;
pub(crate) mod owners;
pub(crate) mod pane;
pub(crate) mod values;
mod zoom;
