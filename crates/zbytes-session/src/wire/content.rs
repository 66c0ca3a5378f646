//! What messages carry, the same way in as out.

use std::time::Duration;

use zenoh_protocol::{
    core::{CongestionControl, Encoding, EntityGlobalIdProto, Priority, Timestamp},
    network::request::ext::QueryTarget,
    zenoh::ConsolidationMode,
};

use zbytes::payload::ZBytes;

/// How a message is treated on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qos {
    /// Its priority: a higher one overtakes between batches.
    pub priority: Priority,
    /// What happens when the way is not free.
    pub congestion: CongestionControl,
    /// Whether it is not to wait for others to share a batch with.
    pub express: bool,
}

impl Qos {
    /// zenoh's defaults for a put.
    pub const DEFAULT: Self =
        Self { priority: Priority::DEFAULT, congestion: CongestionControl::DEFAULT, express: false };
}

/// Which publisher made a sample, and how many it had made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The publisher: an id that is its program's, and a number in that program.
    pub id: EntityGlobalIdProto,
    /// Counts up by one with each sample of that publisher, and begins anew after the largest
    /// number.
    pub sn: u32,
}

/// What a put, a delete or a reply carries.
#[derive(Clone, Debug)]
pub struct Content {
    /// Whether it says that the key was deleted; there is no payload and no encoding then.
    pub deleted: bool,
    /// The payload.
    pub payload: ZBytes,
    /// What the payload is.
    pub encoding: Encoding,
    /// Further bytes of the application's.
    pub attachment: Option<ZBytes>,
    /// When it was made.
    pub timestamp: Option<Timestamp>,
    /// Who made it.
    pub source: Option<Source>,
}

impl Content {
    /// A put of nothing but `payload`.
    #[must_use]
    pub fn put(payload: ZBytes) -> Self {
        Self { deleted: false, payload, encoding: Encoding::empty(), attachment: None, timestamp: None, source: None }
    }

    /// A delete.
    #[must_use]
    pub fn delete() -> Self {
        Self { deleted: true, ..Self::put(ZBytes::empty()) }
    }

    /// Bytes that its maker's owners keep: payload and attachment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload.len() + self.attachment.as_ref().map_or(0, ZBytes::len)
    }

    /// Whether there is neither a byte of payload nor of attachment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a query asks, besides its key expression.
#[derive(Clone, Debug)]
pub struct Question {
    /// The parameters of the selector, as in `a=1;b=2`.
    pub parameters: String,
    /// Bytes for the queryable.
    pub body: Option<ZBytes>,
    /// What the body is.
    pub encoding: Encoding,
    /// Further bytes of the application's.
    pub attachment: Option<ZBytes>,
    /// Which queryables are asked.
    pub target: QueryTarget,
    /// Which of several replies under one key are kept.
    pub consolidation: ConsolidationMode,
    /// How long answers are waited for, as far as routers are concerned.
    pub timeout: Option<Duration>,
}

impl Question {
    /// Whether it refers to bytes of somebody: whether there is a body or an attachment with a byte
    /// in it.
    pub(crate) fn refers(&self) -> bool {
        [&self.body, &self.attachment].into_iter().flatten().any(|bytes| !bytes.is_empty())
    }
}
