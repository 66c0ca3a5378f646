//! What is published and what arrives.

use zbytes::payload::ZBytes;
use zenoh_keyexpr::OwnedKeyExpr;
use zenoh_protocol::core::{CongestionControl, Encoding, Priority, Reliability, Timestamp};

use super::{
    error::CommandError,
    ids::{EntityId, SubscriberId},
    lane::Agreed,
};
use crate::wire::{BatchPlan, Content, GROWTH, MAX_MESSAGE, Qos, Source, encode};

/// On which side of the client something is meant to be heard, or to come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locality {
    /// On both.
    #[default]
    Any,
    /// In this client only: nothing is sent.
    SessionLocal,
    /// Everywhere but in this client.
    Remote,
}

impl Locality {
    /// Whether what happens in this client (`local`), or elsewhere, is meant.
    #[must_use]
    pub fn takes(self, local: bool) -> bool {
        match self {
            Self::Any => true,
            Self::SessionLocal => local,
            Self::Remote => !local,
        }
    }
}

/// A put or a delete.
#[derive(Clone, Debug)]
pub struct Put {
    /// The key expression.
    pub key: OwnedKeyExpr,
    /// The payload. The client holds it until its last byte was gathered or the put has failed.
    pub payload: ZBytes,
    /// Whether it is a delete: it says that the key is gone, and has no payload.
    pub deleted: bool,
    /// What the payload is. zenoh's default is `zenoh/bytes`.
    pub encoding: Encoding,
    /// Further bytes of the application's.
    pub attachment: Option<ZBytes>,
    /// When it was made. A router stamps a put that has none, and one that lies in the future by
    /// the router's clock.
    pub timestamp: Option<Timestamp>,
    /// The numbered publisher that makes it. Its samples are numbered in the order in which they
    /// are put, so that subscribers find out what they have missed. One that is dropped takes a
    /// number too. Use one priority and one reliability for each, because what is overtaken looks
    /// like what is missing.
    pub numbered: Option<EntityId>,
    /// What is to happen when the way is not free. zenoh's default is `Drop`.
    pub congestion: CongestionControl,
    /// Its priority: a higher one overtakes between batches.
    pub priority: Priority,
    /// Its reliability. What is best effort may be dropped by a router on a full link, whatever
    /// `congestion` says.
    pub reliability: Reliability,
    /// Whether it is not to wait for others to share a batch with.
    pub express: bool,
    /// Who is to get it.
    pub destination: Locality,
}

impl Put {
    /// A put with zenoh's defaults: may be dropped, priority data, reliable.
    #[must_use]
    pub fn new(key: OwnedKeyExpr, payload: ZBytes) -> Self {
        Self {
            key,
            payload,
            deleted: false,
            encoding: Encoding::empty(),
            attachment: None,
            timestamp: None,
            numbered: None,
            congestion: CongestionControl::Drop,
            priority: Priority::DEFAULT,
            reliability: Reliability::Reliable,
            express: false,
            destination: Locality::Any,
        }
    }

    /// A delete with zenoh's defaults.
    #[must_use]
    pub fn delete(key: OwnedKeyExpr) -> Self {
        Self { deleted: true, ..Self::new(key, ZBytes::empty()) }
    }

    /// Length in bytes of the message that it would be with a payload of `len` bytes instead of its
    /// own. It includes the timestamp that a router adds. What passes [`MAX_MESSAGE`] will be
    /// refused. `source` is the number that a numbered one will have.
    ///
    /// # Errors
    /// [`CommandError::KeyTooLong`], or [`CommandError::TooLong`] for a message that will be
    /// refused.
    pub fn message_len(&self, len: usize, source: Option<Source>) -> Result<usize, CommandError> {
        let too_long = |encoded| CommandError::TooLong { encoded, limit: MAX_MESSAGE };
        if len > MAX_MESSAGE {
            return Err(too_long(len));
        }
        let before = encode::before_payload(&self.key, self.qos(), &self.content(source), len);
        let encoded = before.map_err(|_| CommandError::KeyTooLong)?.saturating_add(len + GROWTH);
        if encoded > MAX_MESSAGE { Err(too_long(encoded)) } else { Ok(encoded) }
    }

    /// Where batches will cut it when it is sent alone, with a payload of `len` bytes instead of
    /// its own: see [`plan`]. `source` is the number that a numbered one will have.
    #[must_use]
    pub fn plan(&self, len: usize, source: Option<Source>, agreed: &Agreed) -> BatchPlan {
        plan(&self.key, self.qos(), self.reliability, &self.content(source), len, agreed)
    }

    pub(super) fn qos(&self) -> Qos {
        Qos { priority: self.priority, congestion: self.congestion, express: self.express }
    }

    pub(super) fn content(&self, source: Option<Source>) -> Content {
        Content {
            deleted: self.deleted,
            payload: if self.deleted { ZBytes::empty() } else { self.payload.clone() },
            encoding: if self.deleted { Encoding::empty() } else { self.encoding.clone() },
            attachment: self.attachment.clone(),
            timestamp: self.timestamp,
            source,
        }
    }
}

/// Where batches will cut a put of `content` that is sent alone, with a payload of `len` bytes
/// instead of the one that `content` has.
///
/// Sequence numbers are taken to have their full length on the wire. That is so until a lane has
/// counted once round, after more than 230 million batches (14 thousand where 16 bits were agreed
/// on). Then one batch of 128 has room for up to three bytes more.
///
/// What no message can hold is refused by [`Client::put`](super::Client::put), as a key of more
/// than 65,535 B; then only its payload is cut.
#[must_use]
pub fn plan(
    key: &str,
    qos: Qos,
    reliability: Reliability,
    content: &Content,
    len: usize,
    agreed: &Agreed,
) -> BatchPlan {
    let before = encode::before_payload(key, qos, content, len).unwrap_or_default();
    BatchPlan::of(before, len, &agreed.batches(agreed.lane(qos.priority, reliability)))
}

/// The parts of a put that do not change from one to the next: zenoh's publisher. Whether a
/// subscriber listens, says [`Client::watch_matching`](super::Client::watch_matching).
#[derive(Clone, Debug)]
pub struct Publisher {
    /// What each put and each delete is made from. Its payload is not used.
    pub template: Put,
}

impl Publisher {
    /// A put of `payload`.
    #[must_use]
    pub fn put(&self, payload: ZBytes) -> Put {
        Put { payload, deleted: false, ..self.template.clone() }
    }

    /// A delete.
    #[must_use]
    pub fn delete(&self) -> Put {
        Put { payload: ZBytes::empty(), deleted: true, ..self.template.clone() }
    }
}

/// A sample, for a subscriber or in a reply.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The subscribers that it is for; none when it is a reply.
    pub subscribers: Vec<SubscriberId>,
    /// Its key expression.
    pub key: String,
    /// Its payload: over the received batches, or, when `local`, over the very owners of the put. A
    /// borrowed source that is written later shows in it.
    pub payload: ZBytes,
    /// Whether it says that the key was deleted; the payload is empty then.
    pub deleted: bool,
    /// Whether it came from this same client. A router does not send a session its own puts.
    pub local: bool,
    /// What the payload is.
    pub encoding: Encoding,
    /// Further bytes of the application's, over the same owners as the payload.
    pub attachment: Option<ZBytes>,
    /// When it was made; a router stamps puts that have none.
    pub timestamp: Option<Timestamp>,
    /// Who made it, when its maker numbers its samples.
    pub source: Option<Source>,
    /// How it was treated on its way.
    pub qos: Qos,
    /// The reliability that it came with.
    pub reliability: Reliability,
}

impl Sample {
    /// Bytes of payload and attachment.
    pub(super) fn bytes(&self) -> usize {
        self.payload.len() + self.attachment.as_ref().map_or(0, ZBytes::len)
    }

    pub(super) fn new(key: &OwnedKeyExpr, content: Content, qos: Qos, reliability: Reliability, local: bool) -> Self {
        Self {
            subscribers: Vec::new(),
            key: key.to_string(),
            payload: content.payload,
            deleted: content.deleted,
            local,
            encoding: content.encoding,
            attachment: content.attachment,
            timestamp: content.timestamp,
            source: content.source,
            qos,
            reliability,
        }
    }
}
