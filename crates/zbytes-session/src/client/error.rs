//! Everything that can go wrong in a session, with the facts.

use std::{fmt, time::Duration};

use zbytes::{
    number::{bytes, count, thousands},
    payload::BuildError,
};
use zbytes_text::shown;
use zenoh_protocol::{
    VERSION,
    transport::close::{reason, reason_to_str},
};

use super::ids::{EntityId, OpId, QueryId};
use crate::wire::WireError;

/// Why a verb was refused. Nothing has happened then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// No session is open.
    NotOpen,
    /// The session was lost and is not open again yet.
    Lost,
    /// No session was lost that could be opened again.
    NotLost,
    /// The text is not a key expression.
    KeyExpression {
        /// The text.
        text: String,
        /// zenoh's reason.
        reason: String,
    },
    /// The key expression, or another of the texts that go with it, cannot be encoded: it is longer
    /// than 65,535 B.
    KeyTooLong,
    /// The encoded message is longer than a router, or whom it is for, takes.
    TooLong {
        /// Bytes of the encoded message: the payload, its header, and what a router may add.
        encoded: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A source of the payload is gone.
    Source(BuildError),
    /// Too many messages wait to be sent already.
    TooManyQueued {
        /// How many wait.
        queued: usize,
        /// The most that may wait.
        limit: usize,
    },
    /// Something of this id is declared already.
    IdInUse {
        /// The id.
        id: EntityId,
    },
    /// There is nothing of this id.
    UnknownId {
        /// The id.
        id: EntityId,
    },
    /// There are too many of something.
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most that there may be.
        limit: usize,
    },
    /// The query is over, or was never there.
    UnknownQuery {
        /// The query.
        query: QueryId,
    },
    /// There is nothing of this operation that could be given up.
    CannotCancel {
        /// The operation.
        op: OpId,
    },
    /// A part of it has left, and the router knows no way to be told that the rest will not come.
    CannotAbort {
        /// The operation.
        op: OpId,
    },
    /// A reply has a key that the query did not ask for.
    ReplyKey {
        /// The key expression of the query.
        asked: String,
        /// That of the reply.
        key: String,
    },
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => f.write_str("no session is open: connect to a router first"),
            Self::Lost => f.write_str(
                "the session was lost and is not open again yet. What is put meanwhile is not kept: put it again once it is open",
            ),
            Self::NotLost => f.write_str("no session was lost that could be opened again"),
            Self::KeyExpression { text, reason } => write!(
                f,
                "“{}” is not a key expression: {}. Expected chunks separated by single slashes, as in lab/tensor, or with \
                 wildcards lab/* and lab/**",
                shown(text),
                shown(reason)
            ),
            Self::KeyTooLong => f.write_str("the key expression or its parameters are too long to be sent, or the schema of an encoding is"),
            Self::TooLong { encoded, limit } => write!(
                f,
                "the encoded message would have {}, with the timestamp that a router may add. A receiver takes at most {} (2^30), and \
                 drops what is longer without a word. Make the payload at least {} shorter or send it in parts",
                bytes(*encoded),
                bytes(*limit),
                bytes(encoded.saturating_sub(*limit))
            ),
            Self::Source(error) => error.fmt(f),
            Self::TooManyQueued { queued, limit } => {
                write!(
                    f,
                    "{} messages wait to be sent, and at most {} may: wait until some have left",
                    count(*queued),
                    count(*limit)
                )
            }
            Self::IdInUse { id } => write!(f, "number {id} is declared already"),
            Self::UnknownId { id } => write!(f, "nothing is declared as number {id}"),
            Self::TooMany { what, limit } => write!(f, "there are {} {what} already, and no more may be", count(*limit)),
            Self::UnknownQuery { query } => {
                write!(f, "query {query} is over: it was finished, the session that asked has gone, or our own was lost")
            }
            Self::CannotCancel { op } => {
                write!(f, "operation {op} cannot be cancelled: all of it has left, it has ended, or it is a fence")
            }
            Self::CannotAbort { op } => write!(
                f,
                "operation {op} cannot be cancelled any more. A part of it has left, and this router is too old to be told that the rest will \
                 not come. It goes on to its end"
            ),
            Self::ReplyKey { asked, key } => write!(
                f,
                "the reply is under {}, which the query for {} did not ask for; only a query with the parameter _anyke takes others",
                shown(key),
                shown(asked)
            ),
        }
    }
}

impl std::error::Error for CommandError {}

/// Why a get has ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetError {
    /// Not every queryable that was asked has answered in time.
    Timeout,
    /// There were replies under too many keys to keep them until the latest is known.
    TooManyReplies {
        /// The most that are kept.
        limit: usize,
    },
    /// The replies were too long to keep them until the latest is known, with what else is kept.
    TooMuchHeld {
        /// The most that is kept for others, all together, in bytes.
        limit: usize,
    },
    /// It was given up by [`Client::cancel`](super::Client::cancel).
    Cancelled,
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("not every queryable that was asked has answered in time"),
            Self::TooManyReplies { limit } => {
                write!(f, "there were replies under more than {limit} keys: ask for fewer, or without consolidation")
            }
            Self::TooMuchHeld { limit } => write!(
                f,
                "with its replies the page would keep more than {} for others, which is the most that it keeps: ask for fewer, or \
                 without consolidation",
                bytes(*limit)
            ),
            Self::Cancelled => f.write_str("the get was cancelled"),
        }
    }
}

impl std::error::Error for GetError {}

/// Why a put that had been taken was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutError {
    /// A source of its payload went away before it was gathered.
    Source(BuildError),
    /// It was allowed to be dropped, and too much waited to be sent.
    Dropped {
        /// Payload bytes that wait.
        queued: usize,
        /// The most that may wait.
        limit: usize,
        /// Puts of this client that were dropped so far, this one included.
        dropped: u64,
    },
    /// It was given up by [`Client::cancel`](super::Client::cancel). No subscriber gets the sample
    /// from the router.
    Cancelled {
        /// Bytes of its payload and attachment that had left.
        sent: usize,
        /// How many there are.
        total: usize,
    },
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Dropped { queued, limit, dropped } => write!(
                f,
                "dropped, as the put allowed: {} wait to be sent, and with it more than {} would. It is the {}. that was \
                 dropped. Wait, or put with congestion control BLOCK",
                bytes(*queued),
                bytes(*limit),
                thousands(*dropped)
            ),
            Self::Cancelled { sent, total } => {
                write!(
                    f,
                    "cancelled: {} of {} had left, and the router was told to forget them",
                    count(*sent),
                    bytes(*total)
                )
            }
        }
    }
}

impl std::error::Error for PutError {}

/// Why a session has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseCause {
    /// We have closed it.
    ByUs,
    /// The router has closed it.
    ByRouter {
        /// Its reason, as a number of zenoh's.
        reason: u8,
        /// Whether the session was not open yet.
        opening: bool,
    },
    /// The link has ended.
    Link {
        /// The code of the WebSocket, such as 1006.
        code: u16,
        /// Whether the session was not open yet.
        opening: bool,
    },
    /// The router did not answer the handshake.
    NoAnswer {
        /// How long we waited.
        after: Duration,
        /// Whether it had answered the first of the two steps.
        answered: bool,
    },
    /// The router was silent for longer than it had promised.
    Silent {
        /// For how long.
        for_: Duration,
    },
    /// What came is not zenoh.
    Malformed(WireError),
    /// A message came that has no place at this point.
    OutOfTurn {
        /// Whether the session was not open yet.
        opening: bool,
    },
    /// The router's answer to the first message has a cookie that does not fit into a batch.
    Cookie {
        /// Its bytes.
        len: usize,
        /// The longest batch.
        limit: usize,
    },
    /// A batch without a message came before the session was open. Later one is passed over, as
    /// zenoh does.
    EmptyBatch,
    /// A sequence number is larger than was agreed.
    SequenceNumber {
        /// The number.
        found: u32,
        /// The largest that was agreed.
        largest: u32,
    },
    /// A message came with a priority, though none were agreed.
    Priority,
    /// The router asked for batches that are too small to carry anything.
    SmallBatch {
        /// Bytes that it asked for.
        offered: u16,
    },
    /// A batch is longer than was agreed, or, before anything is, than the longest that can be.
    LongBatch {
        /// Its length, in bytes.
        len: usize,
        /// The most that it may have, in bytes.
        limit: usize,
    },
    /// A message that was being put together passed a bound.
    Reassembly {
        /// What passed its bound, as in "bytes".
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A key came by a number that was never declared, or as a text that is not a key expression.
    Key {
        /// What came.
        found: String,
    },
    /// The router declared more key expressions than are kept.
    TooManyKeys {
        /// The bound.
        limit: usize,
    },
    /// The router declared more tokens, subscribers or queryables than are kept.
    TooManyDeclared {
        /// Of what.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The keys of one batch were numbers that stand for very long texts.
    LongKeys {
        /// The most that those of one batch may stand for, in bytes.
        limit: usize,
    },
    /// The page would have to keep too much for others: parts of messages, replies, queries,
    /// declarations.
    TooMuchHeld {
        /// The most that is kept, all together, in bytes.
        limit: usize,
    },
    /// The router asks faster than it takes answers.
    TooManyQueries {
        /// The most answers that may wait to be sent.
        limit: usize,
    },
    /// Our own id cannot be used.
    BadId,
    /// A put was given up when parts of it had been sent, and the router knows no way to be told.
    HalfSent,
}

impl CloseCause {
    /// Whether another session may go better: not when we wanted it so, and not when the two sides
    /// will never agree.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::ByUs | Self::BadId | Self::SmallBatch { .. })
    }
}

impl From<WireError> for CloseCause {
    fn from(error: WireError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for CloseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByUs => f.write_str("the session was closed by this page"),
            Self::ByRouter { reason, opening } => {
                let when = if *opening { "refused the session" } else { "closed the session" };
                write!(f, "the router {when}; its reason: {}", reason_to_str(*reason))?;
                if *opening && *reason == reason::INVALID {
                    write!(
                        f,
                        ". A router of another protocol version answers so: this page speaks version {VERSION}, that of zenoh 1.x"
                    )?;
                }
                Ok(())
            }
            Self::Link { code, opening } => {
                let when = if *opening { " during the handshake" } else { "" };
                write!(f, "the link was cut{when} (WebSocket code {code})")
            }
            Self::NoAnswer { after, answered } => {
                let step = if *answered { "second" } else { "first" };
                write!(
                    f,
                    "the server took the connection but did not answer the {step} zenoh message within {} s: it is not a zenoh router",
                    after.as_secs()
                )
            }
            Self::Silent { for_ } => write!(f, "nothing came from the router for {:.1} s", for_.as_secs_f64()),
            Self::Malformed(error) => write!(
                f,
                "the server sent bytes that this page cannot read as zenoh, protocol version {VERSION}: {error}"
            ),
            Self::Cookie { len, limit } => write!(
                f,
                "the router wants {} to be given back in the handshake; a batch holds at most {}",
                bytes(*len),
                bytes(*limit)
            ),
            Self::OutOfTurn { opening: true } => {
                f.write_str("the server answered the handshake with another message: it is not a zenoh router")
            }
            Self::OutOfTurn { opening: false } => {
                f.write_str("the router sent a message that has no place in an open session")
            }
            Self::EmptyBatch => f.write_str("the server sent an empty message, which is not zenoh"),
            Self::SequenceNumber { found, largest } => {
                write!(
                    f,
                    "the router sent sequence number {}; the largest that was agreed is {}",
                    thousands((*found).into()),
                    thousands((*largest).into())
                )
            }
            Self::Priority => f.write_str("the router sent a message with a priority, though none were agreed"),
            Self::SmallBatch { offered } => {
                write!(f, "the router asks for batches of {offered} B, too small to carry a message")
            }
            Self::LongBatch { len, limit } => write!(
                f,
                "the server sent a message of {}, and zenoh's may have {} at most here. It is not a zenoh router, or a defective one",
                bytes(*len),
                bytes(*limit)
            ),
            Self::Reassembly { what, limit } => {
                write!(f, "a message in fragments passed the limit of {} {what}", count(*limit))
            }
            Self::Key { found } => write!(f, "the router sent a sample under {}, which is not a key", shown(found)),
            Self::TooManyKeys { limit } => write!(f, "the router declared more than {} key expressions", count(*limit)),
            Self::TooManyDeclared { what, limit } => write!(f, "the router declared more than {} {what}", count(*limit)),
            Self::LongKeys { limit } => {
                write!(f, "the router sent one message in which numbers stand for more than {} of keys", bytes(*limit))
            }
            Self::TooMuchHeld { limit } => write!(
                f,
                "the page would have had to keep more than {} of messages in fragments, replies, queries and declarations",
                bytes(*limit)
            ),
            Self::TooManyQueries { limit } => {
                write!(f, "the router asked faster than it took answers: more than {} messages wait for it", count(*limit))
            }
            Self::HalfSent => f.write_str(
                "a put was given up halfway, and this router is too old to be told so. It would take the next message for the rest of it",
            ),
            Self::BadId => f.write_str("the id of this page's session is not valid"),
        }
    }
}

impl std::error::Error for CloseCause {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{canonical, key_expression};

    #[test]
    fn a_router_that_refuses_for_another_version_is_told_ours() {
        let refused = CloseCause::ByRouter { reason: reason::INVALID, opening: true }.to_string();
        assert!(refused.contains("INVALID") && refused.contains("speaks version 9, that of zenoh 1.x"), "{refused}");
        for (reason, opening) in [(reason::INVALID, false), (reason::MAX_SESSIONS, true), (77, true)] {
            let other = CloseCause::ByRouter { reason, opening }.to_string();
            assert!(!other.contains("version"), "nothing is known of versions: {other}");
        }
    }

    #[test]
    fn texts_of_others_in_errors_are_bounded_and_seen() {
        let (long, turned) = ("x".repeat(1_000_000), "a\u{202e}b".to_owned());
        for text in [&long, &turned] {
            let (text, reason) = (text.clone(), text.clone());
            let said = [
                CommandError::KeyExpression { text: text.clone(), reason }.to_string(),
                CommandError::ReplyKey { asked: text.clone(), key: text.clone() }.to_string(),
                CloseCause::Key { found: text }.to_string(),
            ];
            for said in said {
                assert!(said.chars().count() < 600 && !said.contains('\u{202e}'), "{said}");
            }
        }
        // A text that quotes as zenoh does is not taken for its reason.
        let error = key_expression("a`: trust me//").unwrap_err().to_string();
        assert!(error.starts_with("“a`: trust me//” is not a key expression: empty chunks are forbidden"), "{error}");
        assert!(canonical("a//\u{200b}").unwrap_err().to_string().contains("“a//‹zero-width space›”"));
    }
}
