//! The marks of a template. The macro writes them, and `src/ui/kit/html.rs` of the page reads them: both
//! include this file, which knows neither of the two.

/// An element begins, with this name.
pub(crate) const ELEMENT: char = '\u{1}';
/// An attribute that stays the same: `name=value`.
pub(crate) const FIXED: char = '\u{2}';
/// An attribute that changes, with this name.
pub(crate) const OPEN: char = '\u{3}';
/// What of an element has a hole before its attributes: `v`alue, `c`hecked, `r`eference, `k`ey.
pub(crate) const SPECIAL: char = '\u{4}';
/// A listener.
pub(crate) const LISTENER: char = '\u{5}';
/// Children follow.
pub(crate) const CHILDREN: char = '\u{6}';
/// An element, a list, or a branch ends.
pub(crate) const END: char = '\u{7}';
/// A text.
pub(crate) const TEXT: char = '\u{8}';
/// A list begins.
pub(crate) const LIST: char = '\u{e}';
/// Nodes that change.
pub(crate) const NODES: char = '\u{f}';
/// Two lists of nodes follow, of which a hole chooses one.
pub(crate) const BRANCHES: char = '\u{10}';
