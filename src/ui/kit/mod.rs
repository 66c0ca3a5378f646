//! Controls and helpers that do not depend on a pane: they are the same in every pane.

pub(crate) mod animation;
pub(crate) mod back;
pub(crate) mod border;
pub(crate) mod dialog;
pub(crate) mod html;
pub(crate) mod keys;
pub(crate) mod notes;
pub(crate) mod paper;
pub(crate) mod pointing;
pub(crate) mod scroller;
pub(crate) mod still;
pub(crate) mod terms;
pub(crate) mod text_field;
pub(crate) mod theme;
pub(crate) mod widgets;
