//! Everything that can go wrong in a session, with the facts. The words for a person are the
//! program's own.

use std::time::Duration;

use zbytes::{
    number::{bytes, count, requested, thousands},
    payload::BuildError,
};
use zbytes_text::shown;
use zenoh_protocol::transport::close::{reason, reason_to_str};

use super::ids::{EntityId, OpId, QueryId};
use crate::{
    link::LinkError,
    wire::{KeyExpr, KeyExprError, MAX_MESSAGE, TooLong, WireError},
};

/// Why a verb was refused. Nothing has happened then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No session is open.
    #[error("the session is not open")]
    NotOpen,
    /// The session was lost and is not open again yet.
    #[error("the session was lost and is not open again yet")]
    Lost,
    /// No session was lost that could be opened again.
    #[error("no session was lost that could be opened again")]
    NotLost,
    /// A text is not a key expression.
    #[error(transparent)]
    KeyExpr(#[from] KeyExprError),
    /// The encoded message is longer than a router, or the program that it is for, takes.
    #[error("the encoded message would have {}, and at most {} are taken", bytes(*encoded), bytes(*limit))]
    TooLong {
        /// Bytes of the encoded message: the payload, its header, and what a router may add. Where
        /// payload and attachment alone are too long, their bytes.
        encoded: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A source of the payload is gone.
    #[error(transparent)]
    Source(#[from] BuildError),
    /// Too many messages wait to be sent already.
    #[error("{} messages wait to be sent, and at most {} may", count(*queued), count(*limit))]
    TooManyQueued {
        /// How many wait.
        queued: usize,
        /// The most that may wait.
        limit: usize,
    },
    /// Something of this id is declared already.
    #[error("something is declared as number {id} already")]
    IdInUse {
        /// The id.
        id: EntityId,
    },
    /// There is nothing of this id.
    #[error("nothing is declared as number {id}")]
    UnknownId {
        /// The id.
        id: EntityId,
    },
    /// There are too many of something.
    #[error("there are {} {what} already, and no more may be", count(*limit))]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most that there may be.
        limit: usize,
    },
    /// The query is over, or was never there.
    #[error("query {query} is over, or was never there")]
    UnknownQuery {
        /// The query.
        query: QueryId,
    },
    /// There is nothing of this operation that could be given up.
    #[error("operation {op} cannot be cancelled: all of it has left, it has ended, or it is a fence")]
    CannotCancel {
        /// The operation.
        op: OpId,
    },
    /// A part of it has left, and the router knows no way to be told that the rest will not come.
    #[error(
        "operation {op} cannot be cancelled: a part of it has left, and the router does not know the mark for that"
    )]
    CannotAbort {
        /// The operation.
        op: OpId,
    },
    /// A reply has a key that the query did not ask for.
    #[error("the query for {} did not ask for {}", shown(asked), shown(key_expr))]
    ReplyKey {
        /// The key expression of the query.
        asked: KeyExpr,
        /// That of the reply.
        key_expr: KeyExpr,
    },
}

impl From<TooLong> for CommandError {
    fn from(TooLong { encoded }: TooLong) -> Self {
        Self::TooLong { encoded, limit: MAX_MESSAGE }
    }
}

/// Why a get has ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GetError {
    /// Not every queryable that was asked has answered in time.
    #[error("the timeout of the get has passed")]
    Timeout,
    /// There were replies under too many keys to keep them until the latest is known.
    #[error("there were replies under more than {} keys", count(*limit))]
    TooManyReplies {
        /// The most that are kept.
        limit: usize,
    },
    /// The replies were too long to keep them until the latest is known, with what else is kept.
    #[error("with its replies the client would keep more than {} for others", bytes(*limit))]
    TooMuchHeld {
        /// The most that is kept for others, all together, in bytes.
        limit: usize,
    },
    /// It was given up by [`Client::cancel`](super::Client::cancel).
    #[error("the get was cancelled")]
    Cancelled,
}

/// Why a put that had been taken was given up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PutError {
    /// A source of its payload went away before it was gathered.
    #[error(transparent)]
    Source(#[from] BuildError),
    /// It was allowed to be dropped, and too much waited to be sent.
    #[error(
        "dropped: {} wait to be sent, and at most {} may with it; drops so far: {}",
        requested(*queued),
        bytes(*limit),
        thousands(*dropped)
    )]
    Dropped {
        /// Payload bytes that wait.
        queued: u64,
        /// The most that may wait.
        limit: usize,
        /// Puts of this client that were dropped so far, this one included.
        dropped: u64,
    },
    /// It was given up by [`Client::cancel`](super::Client::cancel). No subscriber gets the sample
    /// from the router.
    #[error("cancelled: {} of {} had left", count(*sent), bytes(*total))]
    Cancelled {
        /// Bytes of its payload and attachment that had left.
        sent: usize,
        /// How many there are.
        total: usize,
    },
}

/// Why a session has ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseCause {
    /// We have closed it.
    #[error("the client closed the session")]
    ByUs,
    /// The router has closed it.
    #[error("the router {} the session: {}", if *opening { "refused" } else { "closed" }, reason_to_str(*reason))]
    ByRouter {
        /// Its reason, as a number of zenoh's: see [`CloseCause::reason`].
        reason: u8,
        /// Whether the session was not open yet.
        opening: bool,
    },
    /// The link has ended.
    #[error("the link has ended{} (WebSocket code {code})", if *opening { " during the handshake" } else { "" })]
    Link {
        /// The code of the WebSocket, such as 1006.
        code: u16,
        /// Whether the session was not open yet.
        opening: bool,
    },
    /// The router did not answer the handshake.
    #[error("no answer to the {} message within {} s", if *answered { "second" } else { "first" }, after.as_secs())]
    NoAnswer {
        /// How long we waited.
        after: Duration,
        /// Whether it had answered the first of the two steps.
        answered: bool,
    },
    /// The router was silent for longer than it had promised.
    #[error("nothing came from the router for {:.1} s", for_.as_secs_f64())]
    Silent {
        /// For how long.
        for_: Duration,
    },
    /// What came is not zenoh.
    #[error(transparent)]
    Malformed(#[from] WireError),
    /// A message came that has no place at this point.
    #[error("a message came that has no place {}", if *opening { "in the handshake" } else { "in an open session" })]
    OutOfTurn {
        /// Whether the session was not open yet.
        opening: bool,
    },
    /// The router's answer to the first message has a cookie that does not fit into a batch.
    #[error("the router wants {} to be given back in the handshake; a batch holds at most {}", bytes(*len), bytes(*limit))]
    Cookie {
        /// Its bytes.
        len: usize,
        /// The longest batch.
        limit: usize,
    },
    /// A batch without a message came before the session was open. Later one is passed over, as
    /// zenoh does.
    #[error("an empty batch came before the session was open")]
    EmptyBatch,
    /// A sequence number is larger than was agreed.
    #[error(
        "the router sent sequence number {}; the largest that was agreed is {}",
        thousands((*found).into()),
        thousands((*largest).into())
    )]
    SequenceNumber {
        /// The number.
        found: u32,
        /// The largest that was agreed.
        largest: u32,
    },
    /// A message came with a priority, though none were agreed.
    #[error("the router sent a message with a priority, though none were agreed")]
    Priority,
    /// The router asked for batches that are too small to carry anything.
    #[error("the router asks for batches of {offered} B, too small to carry a message")]
    SmallBatch {
        /// Bytes that it asked for.
        offered: u16,
    },
    /// A batch is longer than was agreed, or, before anything is, than the longest that can be.
    #[error("a batch of {} came; it may have at most {}", bytes(*len), bytes(*limit))]
    LongBatch {
        /// Its length, in bytes.
        len: usize,
        /// The most that it may have, in bytes.
        limit: usize,
    },
    /// A message on a link that is a stream is longer than a client takes at once.
    #[error("a message with {} of a stream came; it may have at most {}", bytes(*len), bytes(*limit))]
    LongRun {
        /// Its length, in bytes.
        len: usize,
        /// The most that it may have, in bytes.
        limit: usize,
    },
    /// A message that was being put together passed a bound.
    #[error("a message in fragments passed the limit of {} {what}", count(*limit))]
    Reassembly {
        /// What passed its bound, as in "bytes".
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A key came by a number that was never declared, or as a text that is not a key expression.
    #[error("the router sent a sample under {}, which is not a key", shown(found))]
    Key {
        /// What came.
        found: String,
    },
    /// The router declared more key expressions than are kept.
    #[error("the router declared more than {} key expressions", count(*limit))]
    TooManyKeys {
        /// The bound.
        limit: usize,
    },
    /// The router declared more tokens, subscribers or queryables than are kept.
    #[error("the router declared more than {} {what}", count(*limit))]
    TooManyDeclared {
        /// Of what.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The keys of one batch were numbers that stand for very long texts.
    #[error("the router sent a batch in which numbers stand for more than {} of keys", bytes(*limit))]
    LongKeys {
        /// The most that those of one batch may stand for, in bytes.
        limit: usize,
    },
    /// The client would have to keep too much for others: parts of messages, replies, queries,
    /// declarations.
    #[error("more than {} of messages in fragments, replies, queries and declarations", bytes(*limit))]
    TooMuchHeld {
        /// The most that is kept, all together, in bytes.
        limit: usize,
    },
    /// The router asks faster than it takes answers.
    #[error("the router asked faster than it took answers: more than {} messages wait for it", count(*limit))]
    TooManyQueries {
        /// The most answers that may wait to be sent.
        limit: usize,
    },
    /// A put was given up when parts of it had been sent, and the router knows no way to be told.
    #[error("a put was given up halfway, and the router does not know the mark for that")]
    HalfSent,
}

impl From<LinkError> for CloseCause {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::SequenceNumber { found, largest } => Self::SequenceNumber { found, largest },
            LinkError::Priority => Self::Priority,
            LinkError::Reassembly { what, limit } => Self::Reassembly { what, limit },
        }
    }
}

impl CloseCause {
    /// Whether another session may go better: not when we wanted it so, and not when the two sides
    /// will never agree.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::ByUs | Self::SmallBatch { .. })
    }

    /// zenoh's word for the router's reason, as in `MAX_SESSIONS`; `None` unless the router has
    /// closed the session.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::ByRouter { reason, .. } => Some(reason_to_str(*reason)),
            _ => None,
        }
    }

    /// Whether the router refused the session as one of another protocol version does.
    #[must_use]
    pub fn may_be_of_another_version(&self) -> bool {
        matches!(self, Self::ByRouter { reason: reason::INVALID, opening: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_as_invalid_may_be_for_another_version() {
        let refused = CloseCause::ByRouter { reason: reason::INVALID, opening: true };
        assert_eq!((refused.may_be_of_another_version(), refused.reason()), (true, Some("INVALID")));
        for (reason, opening) in [(reason::INVALID, false), (reason::MAX_SESSIONS, true), (77, true)] {
            assert!(!CloseCause::ByRouter { reason, opening }.may_be_of_another_version(), "{reason} {opening}");
        }
        assert_eq!((CloseCause::ByUs.reason(), CloseCause::ByUs.may_be_of_another_version()), (None, false));
    }

    #[test]
    fn texts_of_others_in_errors_are_bounded_and_seen() {
        let long = "x".repeat(KeyExpr::MAX_LEN);
        for text in [long.as_str(), "a\u{202e}b"] {
            let key = KeyExpr::new(text).unwrap();
            let said = [
                KeyExpr::new(&format!("{text}//")).unwrap_err().to_string(),
                CommandError::ReplyKey { asked: key.clone(), key_expr: key }.to_string(),
                CloseCause::Key { found: text.to_owned() }.to_string(),
            ];
            for said in said {
                assert!(said.chars().count() < 600 && !said.contains('\u{202e}'), "{said}");
            }
        }
        // A text that quotes as zenoh does is not taken for its reason.
        let error = KeyExpr::new("a`: trust me//").unwrap_err().to_string();
        assert!(error.starts_with("“a`: trust me//” is not a key expression: empty chunks are forbidden"), "{error}");
        assert!(KeyExpr::autocanonize("a//\u{200b}").unwrap_err().to_string().contains("“a//‹zero-width space›”"));
    }
}
