//! Reads and writes zenoh's wire format as far as a page needs it, thin over `zenoh-codec`.
//!
//! An [`Outgoing`] message is a short encoded head and the payload after it. A put's payload is the
//! last field of its message, so it is gathered straight from its owners into batches. An
//! attachment and the body of a query are gathered in the same way. The client reads headers of
//! received batches through a small window. It leaves payloads where they are, as parts of those
//! batches.
//!
//! ```text
//!   one batch = one binary WebSocket message, at most 65,535 B
//!
//!   +-------+-----+- - - -+------+---------+------+---------+
//!   | FRAME | sn  | [qos] | head | payload | head | payload | whole messages of one lane
//!   +-------+-----+- - - -+------+---------+------+---------+
//!   +----------+----+- - - -+- - - - -+---------------------+
//!   | FRAGMENT | sn | [qos] | [first] | a part of a message | one message in consecutive fragments
//!   +----------+----+- - - -+- - - - -+---------------------+
//! ```
//!
//! For any input of a peer, this module never panics, and every allocation and every loop has a
//! bound.

#![deny(clippy::indexing_slicing)]

mod content;
mod decode;
mod dissect;
pub mod encode;
mod encoding;
mod id;
mod key;
mod outgoing;
mod plan;
mod qos;
mod reader;
mod timestamp;

use std::borrow::Cow;

use zbytes::number::count;

pub use self::{
    content::{ConsolidationMode, Content, QueryTarget, Question, SampleKind, SourceInfo},
    decode::{BatchReader, Head, Message, Transport},
    dissect::{Begun, Body, Carried, Carries, Dissection, Field, Kind, Shape, Span, Summary, dissect, summarize},
    encode::TooLong,
    encoding::{ENCODING_NAMES, Encoding, SchemaTooLong},
    id::{EntityGlobalId, ZenohId, ZenohIdError},
    key::{KeyExpr, KeyExprError},
    outgoing::{Gathered, Outgoing},
    plan::BatchPlan,
    qos::{CongestionControl, Lane, Priority, Qos, Reliability},
    timestamp::Timestamp,
};
pub(crate) use self::{outgoing::abort, plan::Batches};

/// This release of zenoh's crates defines the wire format; a test compares it with the lock file.
pub const ZENOH_VERSION: &str = "1.10.2";

/// The version of zenoh's protocol that this client speaks: that of zenoh 1.x.
pub const PROTOCOL_VERSION: u8 = zenoh_protocol::VERSION;

/// The client offers batches of at most so many bytes, the largest value of zenoh's 16-bit batch
/// size.
pub const BATCH_SIZE: u16 = u16::MAX;

/// A router accepts an encoded message of at most so many bytes (`max_message_size` in zenoh 1.10's
/// default configuration). It drops a message with one more byte, without an error.
pub const MAX_MESSAGE: usize = 1 << 30;

/// The client reads at most so many bytes of a received message as texts and fields. These are its
/// key, the parameters of a query, the schema of an encoding, and extensions.
///
/// They are copied into linear memory, unlike a payload, a body or an attachment. Without a bound,
/// a query with 1 GiB of parameters would take all memory. The client skips a message with more of
/// them.
pub const MAX_HEADER: usize = 1 << 20;

/// A router makes a message longer by at most so many bytes.
///
/// A router writes its time into a put that has none, or whose time lies in the future. That is
/// nine bytes of time, and an id of sixteen with its length. The numbers of requests and answers
/// may grow by less.
///
/// Subscribers have the same [`MAX_MESSAGE`] as routers. A message that leaves with that length
/// grows on its way, and the subscriber drops it without an error.
pub const GROWTH: usize = 9 + 1 + 16;

/// Says which bytes of a peer are not valid zenoh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {what} at byte {} of {}, found something else", count(*at), count(*len))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WireError {
    /// The expected part, as in "a frame".
    pub what: Cow<'static, str>,
    /// Where that part began in the batch or reassembled message, in bytes.
    pub at: usize,
    /// Length of that batch or message, in bytes.
    pub len: usize,
}

#[cfg(test)]
mod tests;
