//! Controls and helpers that know no pane: they are the same wherever they stand.

pub(crate) mod animation;
pub(crate) mod keys;
pub(crate) mod pointing;
pub(crate) mod scroller;
pub(crate) mod text_field;
pub(crate) mod theme;
pub(crate) mod widgets;
