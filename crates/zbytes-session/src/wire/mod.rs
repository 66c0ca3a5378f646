//! zenoh's wire format as a page needs it, thin over `zenoh-codec`.
//!
//! Outwards an [`Outgoing`] message is a short encoded head and the payload that follows it: a
//! put's payload is the last field of its message, so it can be gathered straight from its owners
//! into batches. So can an attachment, and the body of a query. Inwards a [`BatchReader`] reads
//! headers through a small window and leaves payloads where they are, as parts of the received
//! batches.
//!
//! ```text
//!   one batch = one binary WebSocket message, at most 65,535 B
//!
//!   +-------+-----+- - - -+------+---------+------+---------+
//!   | FRAME | sn  | [qos] | head | payload | head | payload |     whole messages of one lane
//!   +-------+-----+- - - -+------+---------+------+---------+
//!   +----------+----+- - - -+- - - - -+---------------------+
//!   | FRAGMENT | sn | [qos] | [first] | a part of a message |     one message in consecutive fragments
//!   +----------+----+- - - -+- - - - -+---------------------+
//! ```
//!
//! Nothing in here panics, allocates without a bound or loops without an end, whatever a peer
//! sends.

#![deny(clippy::indexing_slicing)]

mod content;
mod decode;
mod dissect;
pub(crate) mod encode;
mod encodings;
mod outgoing;
mod plan;
mod reader;

use std::fmt;

use zbytes::number::count;

pub use self::{
    content::{Content, Qos, Question, Source},
    decode::{BatchReader, Message, Transport},
    dissect::{Begun, Body, Carried, Carries, Dissection, Field, Kind, Shape, Span, Summary, dissect, summarize},
    encodings::ENCODING_NAMES,
    outgoing::{Gathered, Lane, Outgoing},
    plan::BatchPlan,
};
pub(crate) use self::{outgoing::abort, plan::Batches};

/// The release of zenoh's crates, whose wire format this is; a test compares it with the lock file.
pub const ZENOH_VERSION: &str = "1.10.2";

/// The longest batch that is offered, in bytes: the most that zenoh's 16-bit batch size can say.
pub const BATCH_SIZE: u16 = u16::MAX;

/// The longest encoded message that a router takes, in bytes (`max_message_size` in zenoh 1.10's
/// default configuration). One byte more is dropped by it without a word.
pub const MAX_MESSAGE: usize = 1 << 30;

/// The most bytes of a received message that are read as texts and fields, and not left where they
/// are as payload, body or attachment: of its key, the parameters of a query, the schema of an
/// encoding, extensions. They are copied into linear memory, so without a bound a query with 1 GiB
/// of parameters would take all there is. A message with more of them is passed over.
pub const MAX_HEADER: usize = 1 << 20;

/// How much longer a router makes a message at most, in bytes. It writes its time into a put that
/// has none, or one that lies in the future: nine bytes of time, and an id of sixteen with its
/// length; the numbers of requests and answers may grow by less. Subscribers have the same
/// [`MAX_MESSAGE`] as routers, so what leaves with that length and grows on its way is dropped in
/// silence by whom it was for.
pub const GROWTH: usize = 9 + 1 + 16;

/// Bytes from a peer that are no zenoh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// What could not be read, as in "a frame".
    pub what: &'static str,
    /// Where in the batch or reassembled message it began, in bytes.
    pub at: usize,
    /// Length of that batch or message, in bytes.
    pub len: usize,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {} of {}, found something else", self.what, count(self.at), count(self.len))
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests;
