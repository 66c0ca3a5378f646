//! What a view adds to a piece that it draws.

use super::film::Far;
use crate::present::layout::cells::Peek;

/// What a view adds to a piece.
#[derive(Clone, Copy)]
pub(super) struct Detail<'a> {
    /// The width of the text at the left of its gather ribbon, which no chevron covers.
    pub(super) words: f64,
    /// Whether its elements are drawn one by one.
    pub(super) near: bool,
    /// Whether bytes stand in place of its lower words.
    pub(super) bare: bool,
    /// Bytes of it that were read.
    pub(super) peek: Option<&'a Peek>,
    /// How far it is.
    pub(super) far: Far,
}
