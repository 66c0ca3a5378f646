//! Counts of what went over the link.

use super::pause::Took;

/// One way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Traffic {
    /// Network messages: puts, queries, replies, declarations. One in fragments counts once, with
    /// its last.
    pub messages: u64,
    /// Bytes of batches, headers included.
    pub bytes: u64,
    /// Batches: WebSocket messages.
    pub batches: u64,
}

/// Counts since the client was made, over all of its sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkStats {
    /// Towards the router.
    pub sent: Traffic,
    /// From the router.
    pub received: Traffic,
    /// Puts of ours that were dropped because too much waited.
    pub dropped: u64,
    /// Sessions that were opened.
    pub sessions: u64,
    /// From the last fence to its answer, what waited before it included.
    pub round_trip: Option<Took>,
}
