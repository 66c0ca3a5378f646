//! What the other end of a link did that no session survives.

/// The other end broke the rules of its lanes, or passed a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A sequence number is larger than was agreed.
    #[error("sequence number {found} came; the largest that was agreed is {largest}")]
    SequenceNumber {
        /// The number.
        found: u32,
        /// The largest that was agreed.
        largest: u32,
    },
    /// A message came with a priority, though none were agreed.
    #[error("a message came with a priority, though none were agreed")]
    Priority,
    /// A message that was being put together passed a bound.
    #[error("a message in fragments passed the limit of {limit} {what}")]
    Reassembly {
        /// What passed its bound, as in "bytes".
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}
