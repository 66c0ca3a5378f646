//! What a hub tells, and what can end a link.

use std::{fmt, time::Duration};

use zbytes::number::{bytes, count};
use zbytes_session::{
    client::ZenohId,
    link::LinkError,
    wire::{PROTOCOL_VERSION, WireError},
};
use zenoh_protocol::transport::close::{reason, reason_to_str};

/// Names a link. No number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(crate) u64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the driver is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A client has opened its session.
    Opened {
        /// Over which link.
        link: LinkId,
        /// Its zenoh id.
        zid: ZenohId,
    },
    /// A link has ended. The driver sends what [`Hub::poll_transmit`](crate::Hub::poll_transmit)
    /// still has for it, closes its socket and calls [`Hub::remove_link`](crate::Hub::remove_link).
    Closed {
        /// Which one.
        link: LinkId,
        /// Why.
        cause: CloseCause,
    },
}

/// The hub has as many links as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hub has {limit} links, and takes no more")]
#[non_exhaustive]
pub struct TooManyLinks {
    /// How many there may be.
    pub limit: usize,
}

/// Why a link has ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseCause {
    /// The client has closed its session.
    #[error("the client closed the session: {}", reason_to_str(*reason))]
    ByClient {
        /// Its reason, as a number of zenoh's.
        reason: u8,
    },
    /// The driver has lost the link.
    #[error("the link was lost")]
    Lost,
    /// The client speaks another version of zenoh's protocol.
    #[error("the client speaks version {found} of the protocol, and the hub {PROTOCOL_VERSION}")]
    Version {
        /// The version.
        found: u8,
    },
    /// Only clients are taken: a router or a peer would expect a network.
    #[error("the hub takes clients only, and this is a router or a peer")]
    NotAClient,
    /// A session with the same zenoh id is open, or it is the hub's own.
    #[error("a session with this zenoh id is open")]
    SameId,
    /// The cookie of the handshake did not come back.
    #[error("the client did not give back the hub's cookie")]
    Cookie,
    /// The client asked for batches that are too small to carry anything.
    #[error("the client asks for batches of {asked} B, too small to carry a message")]
    SmallBatch {
        /// Bytes that it asked for.
        asked: u16,
    },
    /// A batch is longer than was agreed.
    #[error("a batch of {} came; it may have at most {}", bytes(*len), bytes(*limit))]
    LongBatch {
        /// Its length, in bytes.
        len: usize,
        /// The most that it may have, in bytes.
        limit: usize,
    },
    /// A message on a link that is a stream is longer than a hub takes at once.
    #[error("a message with {} of a stream came; it may have at most {}", bytes(*len), bytes(*limit))]
    LongRun {
        /// Its length, in bytes.
        len: usize,
        /// The most that it may have, in bytes.
        limit: usize,
    },
    /// What came is not zenoh.
    #[error(transparent)]
    Malformed(#[from] WireError),
    /// The rules of lanes were broken.
    #[error(transparent)]
    Lane(#[from] LinkError),
    /// A message came that has no place in the handshake.
    #[error("a message came that has no place in the handshake")]
    OutOfTurn,
    /// The client did not finish the handshake.
    #[error("the client did not finish the handshake within {} s", after.as_secs())]
    NoHandshake {
        /// How long each step may take.
        after: Duration,
    },
    /// The client was silent for longer than it had promised.
    #[error("nothing came from the client for {:.1} s", for_.as_secs_f64())]
    Silent {
        /// For how long.
        for_: Duration,
    },
    /// The client took nothing while a message waited that may not be dropped.
    #[error("the client took nothing for {:.1} s while others waited for it", for_.as_secs_f64())]
    Unresponsive {
        /// For how long.
        for_: Duration,
    },
    /// The client passed a bound on how many there may be of something.
    #[error("the client has more than {} {what}", count(*limit))]
    TooMany {
        /// Of what, as in "interests".
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The client passed a bound in bytes.
    #[error("there are more than {} of {what}", bytes(*limit))]
    TooMuch {
        /// Of what, as in "input that waits".
        what: &'static str,
        /// The bound, in bytes.
        limit: usize,
    },
    /// A message was given up when parts of it had been sent, and the client knows no way to be
    /// told.
    #[error("a message was given up halfway, and the client does not know the mark for that")]
    HalfSent,
}

impl CloseCause {
    /// The reason that the client is told, as a number of zenoh's; `None` when it has ended the
    /// link itself.
    pub(crate) fn reason(&self) -> Option<u8> {
        Some(match self {
            Self::ByClient { .. } | Self::Lost => return None,
            Self::NotAClient => reason::UNSUPPORTED,
            Self::SameId => reason::MAX_LINKS,
            Self::NoHandshake { .. } | Self::Silent { .. } => reason::EXPIRED,
            Self::Unresponsive { .. } => reason::UNRESPONSIVE,
            Self::TooMany { .. } | Self::TooMuch { .. } | Self::HalfSent => reason::GENERIC,
            _ => reason::INVALID,
        })
    }
}
