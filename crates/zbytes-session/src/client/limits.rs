//! Bounds on what is kept because a peer, or the caller, asks for it.

use crate::wire;

/// The bounds of a client. The defaults suit a page; a test or another program may choose others.
///
/// What the caller passes is refused with [`CommandError`](super::CommandError); what a router
/// passes ends the session with a [`CloseCause`](super::CloseCause), except where it says
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message that is being put together, in each lane.
    pub reassembly_bytes: usize,
    /// Fragments of all messages that are being put together, in all lanes: each keeps a buffer of
    /// the browser alive.
    pub reassembly_fragments: usize,
    /// Bytes that are kept for others, all together. These are the texts of keys, and the batches
    /// of messages that are being put together, of replies that are kept and of queries that wait.
    /// A reply beyond it ends its get with an error, after what the get had. A query beyond
    /// it is answered with an error. For anything else gets that keep replies are ended, the
    /// largest first, and then the session.
    pub held_bytes: usize,
    /// Key expressions that the router has given numbers to.
    pub key_expressions: usize,
    /// Payload bytes that may wait to be sent before puts with `CongestionControl::Drop` are
    /// dropped. Puts with `CongestionControl::Block` wait behind them; they hold references, not
    /// copies.
    pub queued_bytes: usize,
    /// Messages that may wait to be sent. Beyond it puts, gets and replies are refused, whatever
    /// they say about congestion.
    pub queued_messages: usize,
    /// Bytes of batches that may be without the router's answer, in a client that paces itself by
    /// such answers. `None` where something else tells what has left. It should hold many batches.
    pub unanswered_bytes: Option<usize>,
    /// Subscribers, queryables, tokens and watches that the caller may have declared.
    pub declared: usize,
    /// Numbered publishers of the caller's.
    pub numbered: usize,
    /// Publishers whose numbers are remembered for each subscriber that reports what it missed. Of
    /// further ones nothing is reported.
    pub sources: usize,
    /// Gets, and fences, that may wait for answers.
    pub waiting: usize,
    /// Replies that are kept for one get until it is known which is the latest under each key.
    /// Beyond it, the get ends with an error.
    pub replies: usize,
    /// Queries of others that may wait for our queryables. Further ones are answered with an error
    /// at once.
    pub queries: usize,
    /// Tokens of others that liveliness subscribers were told of, and subscribers and queryables of
    /// others that are watched.
    pub tokens: usize,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        reassembly_bytes: wire::MAX_MESSAGE,
        reassembly_fragments: 1 << 18,
        held_bytes: wire::MAX_MESSAGE + (256 << 20),
        key_expressions: 1 << 12,
        queued_bytes: 64 << 20,
        queued_messages: 1 << 16,
        unanswered_bytes: None,
        declared: 1 << 12,
        numbered: 1 << 12,
        sources: 1 << 12,
        waiting: 1 << 12,
        replies: 1 << 16,
        queries: 1 << 12,
        tokens: 1 << 16,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same numbers are in `docs/limits.md` of the lab.
    #[test]
    fn the_defaults_are_those_that_are_documented() {
        let Limits { reassembly_bytes, held_bytes, queued_bytes, unanswered_bytes, .. } = Limits::DEFAULT;
        assert_eq!((reassembly_bytes, held_bytes, queued_bytes), (1_073_741_824, 1_342_177_280, 67_108_864));
        assert_eq!(unanswered_bytes, None);
        let Limits { reassembly_fragments, queued_messages, replies, tokens, .. } = Limits::DEFAULT;
        assert_eq!((reassembly_fragments, queued_messages, replies, tokens), (262_144, 65_536, 65_536, 65_536));
        let Limits { key_expressions, declared, numbered, sources, waiting, queries, .. } = Limits::DEFAULT;
        assert_eq!([key_expressions, declared, numbered, sources, waiting, queries], [4_096; 6]);
    }
}
