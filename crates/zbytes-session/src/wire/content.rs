//! The content of messages, the same for sent and for received ones.

use std::time::Duration;

use zenoh_protocol::{
    core::{CongestionControl, Encoding, EntityGlobalIdProto, Priority, Timestamp},
    network::request::ext::QueryTarget,
    zenoh::ConsolidationMode,
};

use zbytes::payload::ZBytes;

/// Says how zenoh treats a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qos {
    /// The priority: between batches, a higher one overtakes.
    pub priority: Priority,
    /// The choice when the link is not free: wait, or drop the message.
    pub congestion: CongestionControl,
    /// Whether the client sends the message at once. Without it, the message waits for others to
    /// share its batch.
    pub express: bool,
}

impl Qos {
    /// zenoh uses these values by default for a put.
    pub const DEFAULT: Self =
        Self { priority: Priority::DEFAULT, congestion: CongestionControl::DEFAULT, express: false };
}

/// Names the publisher of a sample, and the number of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The publisher: the id of its program, and a number within that program.
    pub id: EntityGlobalIdProto,
    /// Counts up by one with each sample of that publisher. It starts again at 0 after the largest
    /// number.
    pub sn: u32,
}

/// Holds the fields of a put, a delete or a reply.
#[derive(Clone, Debug)]
pub struct Content {
    /// Whether this is a delete. A delete has neither a payload nor an encoding.
    pub deleted: bool,
    /// The payload; its bytes stay with their owners.
    pub payload: ZBytes,
    /// The format of the payload.
    pub encoding: Encoding,
    /// Further bytes of the application.
    pub attachment: Option<ZBytes>,
    /// When the sample was made.
    pub timestamp: Option<Timestamp>,
    /// The publisher that made the sample, and its number.
    pub source: Option<Source>,
}

impl Content {
    /// Makes a put of `payload`, and of no other field.
    #[must_use]
    pub fn put(payload: ZBytes) -> Self {
        Self { deleted: false, payload, encoding: Encoding::empty(), attachment: None, timestamp: None, source: None }
    }

    /// Makes a delete, without any other field.
    #[must_use]
    pub fn delete() -> Self {
        Self { deleted: true, ..Self::put(ZBytes::empty()) }
    }

    /// Returns the bytes of payload and attachment together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload.len() + self.attachment.as_ref().map_or(0, ZBytes::len)
    }

    /// Returns whether both payload and attachment are without bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Holds the fields of a query, besides its key expression.
#[derive(Clone, Debug)]
pub struct Question {
    /// The parameters of the selector, as in `a=1;b=2`.
    pub parameters: String,
    /// Bytes for the queryable.
    pub body: Option<ZBytes>,
    /// The format of the body.
    pub encoding: Encoding,
    /// Further bytes of the application.
    pub attachment: Option<ZBytes>,
    /// Which queryables the routers ask.
    pub target: QueryTarget,
    /// Which of several replies under one key the querier keeps.
    pub consolidation: ConsolidationMode,
    /// How long routers wait for answers.
    pub timeout: Option<Duration>,
}

impl Question {
    /// Whether the query refers to bytes of an owner: to a body or an attachment with at least one
    /// byte.
    pub(crate) fn refers(&self) -> bool {
        [&self.body, &self.attachment].into_iter().flatten().any(|bytes| !bytes.is_empty())
    }
}
