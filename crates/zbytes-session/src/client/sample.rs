//! What is published and what arrives.

use std::rc::Rc;

use zbytes::payload::ZBytes;

use super::{
    capture::Traced,
    error::CommandError,
    ids::{EntityId, SubscriberId},
};
use crate::{
    link::Agreed,
    wire::{
        BatchPlan, CongestionControl, Content, Encoding, GROWTH, KeyExpr, MAX_MESSAGE, Priority, Qos, Reliability,
        SampleKind, SourceInfo, Timestamp, encode,
    },
};

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
    pub key_expr: KeyExpr,
    /// The payload and what it is; or a delete, which says that the key is gone. The client holds
    /// a payload until its last byte was gathered or the put has failed.
    pub kind: SampleKind,
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
    pub congestion_control: CongestionControl,
    /// Its priority: a higher one overtakes between batches.
    pub priority: Priority,
    /// Its reliability. What is best effort may be dropped by a router on a full link, whatever
    /// `congestion_control` says.
    pub reliability: Reliability,
    /// Whether it is not to wait for others to share a batch with.
    pub express: bool,
    /// Who is to get it.
    pub allowed_destination: Locality,
    /// Whether its batches are kept by reference for
    /// [`Transmit::traces`](super::Transmit::traces).
    pub traced: bool,
}

impl Put {
    /// A put or a delete with zenoh's defaults: may be dropped, priority data, reliable. A payload
    /// alone is a put of it.
    #[must_use]
    pub fn new(key_expr: KeyExpr, kind: impl Into<SampleKind>) -> Self {
        Self {
            key_expr,
            kind: kind.into(),
            attachment: None,
            timestamp: None,
            numbered: None,
            congestion_control: CongestionControl::Drop,
            priority: Priority::DEFAULT,
            reliability: Reliability::Reliable,
            express: false,
            allowed_destination: Locality::Any,
            traced: false,
        }
    }

    /// A delete with zenoh's defaults.
    #[must_use]
    pub fn delete(key_expr: KeyExpr) -> Self {
        Self::new(key_expr, SampleKind::Delete)
    }

    /// Length in bytes of the message that it would be with a payload of `len` bytes instead of its
    /// own. It includes the timestamp that a router adds. What passes [`MAX_MESSAGE`] will be
    /// refused. `source_info` is the number that a numbered one will have.
    ///
    /// # Errors
    /// [`CommandError::TooLong`] for a message that will be refused.
    pub fn message_len(&self, len: usize, source_info: Option<SourceInfo>) -> Result<usize, CommandError> {
        let before = encode::before_payload(Some(&self.key_expr), self.qos(), &self.content(source_info), len);
        // The most that is taken is far below what a number holds.
        let encoded = before.saturating_add(len).saturating_add(GROWTH);
        if encoded > MAX_MESSAGE { Err(CommandError::TooLong { encoded, limit: MAX_MESSAGE }) } else { Ok(encoded) }
    }

    /// Where batches will cut it when it is sent alone, with a payload of `len` bytes instead of
    /// its own: see [`plan`]. `source_info` is the number that a numbered one will have.
    #[must_use]
    pub fn plan(&self, len: usize, source_info: Option<SourceInfo>, agreed: &Agreed) -> BatchPlan {
        let content = self.content(source_info);
        plan(Some(&self.key_expr), self.qos(), self.reliability, &content, len, agreed)
    }

    pub(super) fn qos(&self) -> Qos {
        Qos { priority: self.priority, congestion_control: self.congestion_control, express: self.express }
    }

    pub(super) fn content(&self, source_info: Option<SourceInfo>) -> Content {
        Content { kind: self.kind.clone(), attachment: self.attachment.clone(), timestamp: self.timestamp, source_info }
    }
}

/// Where batches will cut a put of `content` that is sent alone, with a payload of `len` bytes
/// instead of the one that `content` has.
///
/// Sequence numbers are taken to have their full length on the wire. That is so until a lane has
/// counted once round, after more than 230 million batches (14 thousand where 16 bits were agreed
/// on). Then one batch of 128 has room for up to three bytes more.
///
/// Without a key expression, as before one was chosen, it is the plan of a message without one. What
/// no message can hold, as a payload of more than 1 GiB, is refused by
/// [`Client::put`](super::Client::put); here it is cut all the same.
#[must_use]
pub fn plan(
    key_expr: Option<&KeyExpr>,
    qos: Qos,
    reliability: Reliability,
    content: &Content,
    len: usize,
    agreed: &Agreed,
) -> BatchPlan {
    let before = encode::before_payload(key_expr, qos, content, len);
    BatchPlan::of(before, len, &agreed.batches(agreed.lane(qos.priority, reliability)))
}

/// The parts of a put that do not change from one to the next: zenoh's publisher. Whether a
/// subscriber listens, says
/// [`Client::declare_matching_listener`](super::Client::declare_matching_listener).
#[derive(Clone, Debug)]
pub struct Publisher {
    /// What each put and each delete is made from. Its kind is not used.
    pub template: Put,
    /// What the payloads are.
    pub encoding: Encoding,
}

impl Publisher {
    /// A put of `payload`.
    #[must_use]
    pub fn put(&self, payload: ZBytes) -> Put {
        Put { kind: SampleKind::Put { payload, encoding: self.encoding.clone() }, ..self.template.clone() }
    }

    /// A delete.
    #[must_use]
    pub fn delete(&self) -> Put {
        Put { kind: SampleKind::Delete, ..self.template.clone() }
    }
}

/// A sample, for a subscriber or in a reply.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// The subscribers that it is for; none when it is a reply.
    pub subscribers: Vec<SubscriberId>,
    /// Its key expression.
    pub key_expr: KeyExpr,
    /// Its payload and what it is; or a delete. The payload lies over the received batches, or, when
    /// `local`, over the very owners of the put. A borrowed source that is written later shows in
    /// it.
    pub kind: SampleKind,
    /// Whether it came from this same client. A router does not send a session its own puts.
    pub local: bool,
    /// Further bytes of the application's, over the same owners as the payload.
    pub attachment: Option<ZBytes>,
    /// When it was made; a router stamps puts that have none.
    pub timestamp: Option<Timestamp>,
    /// Who made it, when its maker numbers its samples.
    pub source_info: Option<SourceInfo>,
    /// How it was treated on its way.
    pub qos: Qos,
    /// The reliability that it came with.
    pub reliability: Reliability,
    /// The batches that it came in, of a sample from a router that a subscriber gets. They share
    /// their bytes with the payload.
    pub trace: Option<Rc<[Traced]>>,
}

impl Sample {
    /// Bytes of payload and attachment.
    pub(super) fn bytes(&self) -> usize {
        self.kind.payload_len() + self.attachment.as_ref().map_or(0, ZBytes::len)
    }

    pub(super) fn new(key_expr: KeyExpr, content: Content, qos: Qos, reliability: Reliability, local: bool) -> Self {
        Self {
            subscribers: Vec::new(),
            key_expr,
            kind: content.kind,
            local,
            attachment: content.attachment,
            timestamp: content.timestamp,
            source_info: content.source_info,
            qos,
            reliability,
            trace: None,
        }
    }
}
