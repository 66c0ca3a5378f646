//! Encodes the messages of this client. The bytes of owners, such as payloads, bodies and
//! attachments, are never part of the encoded bytes.

use std::time::Duration;

use zbytes::payload::ZBytes;
use zenoh_buffers::{ZBuf, ZSlice, writer::DidntWrite};
use zenoh_codec::{WCodec, Zenoh080, Zenoh080Bounded};
use zenoh_protocol::{
    VERSION,
    common::ZExtZBufHeader,
    core::{CongestionControl, Resolution, WhatAmI, WireExpr},
    network::{
        Declare, DeclareBody, DeclareQueryable, DeclareSubscriber, DeclareToken, Interest, Mapping, NetworkBody,
        NetworkMessage, Push, Request, Response, ResponseFinal, UndeclareQueryable, UndeclareSubscriber,
        UndeclareToken,
        declare::{common::ext::WireExprType, queryable::ext::QueryableInfoType},
        ext::{EntityGlobalIdType, NodeIdType, QoSType},
        interest::{InterestMode, InterestOptions},
    },
    transport::{Close, InitSyn, KeepAlive, OpenSyn, TransportBody, TransportMessage, init},
    zenoh::{
        ConsolidationMode, Del, Err as WireErr, PushBody, Put, Query, Reply, RequestBody, ResponseBody,
        ext::{AttachmentType, SourceInfoType},
        query,
    },
};

use super::{
    BATCH_SIZE, Content, Encoding, EntityGlobalId, KeyExpr, MAX_MESSAGE, Outgoing, Priority, Qos, Question, SampleKind,
    ZenohId,
    outgoing::{Run, Runs},
};

/// Under which no session declares a token: an interest in it is answered at once.
const FENCE: &str = "@zbytes-lab/fence";

/// A message is longer than a router, or the program that it is for, takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Bytes of the encoded message and what a router may add, or of its owners' bytes alone.
    pub encoded: usize,
}

/// The bytes of a message for which the wire format has room: a [`KeyExpr`] and the schema of an
/// [`Encoding`] fit into their fields, other lengths have no bound there, and a vector takes any
/// number of bytes.
fn certain(encoded: Result<Vec<u8>, DidntWrite>) -> Vec<u8> {
    debug_assert!(encoded.is_ok(), "every field is within its bound");
    encoded.unwrap_or_default()
}

/// Checks the bytes of owners before their lengths are written: that of an extension has 32 bits.
fn within(owned: usize) -> Result<(), TooLong> {
    if owned > MAX_MESSAGE { Err(TooLong { encoded: owned }) } else { Ok(()) }
}

/// Checks the whole message, with `growth`: what a router may add to it on its way.
fn taken(message: Outgoing, growth: usize) -> Result<Outgoing, TooLong> {
    let encoded = message.len().saturating_add(growth);
    if encoded > MAX_MESSAGE { Err(TooLong { encoded }) } else { Ok(message) }
}

/// A batch that holds one transport message.
#[must_use]
pub fn transport(body: TransportBody) -> Vec<u8> {
    encoded(&TransportMessage { body })
}

/// The first message of a session. It never offers low latency and compression, because a router
/// refuses them on this link.
pub(crate) fn init_syn(zid: ZenohId) -> Vec<u8> {
    transport(TransportBody::InitSyn(InitSyn {
        version: VERSION,
        whatami: WhatAmI::Client,
        zid: zid.to_wire(),
        resolution: Resolution::default(),
        batch_size: BATCH_SIZE,
        ext_qos: Some(init::ext::QoS::new()),
        ext_qos_link: None,
        ext_auth: None,
        ext_mlink: None,
        ext_lowlatency: None,
        ext_compression: None,
        ext_patch: init::ext::PatchType::CURRENT,
        ext_region_name: None,
    }))
}

/// The second message of a session, with the cookie from the router's answer to the first.
pub(crate) fn open_syn(lease: Duration, initial_sn: u32, cookie: ZSlice) -> Vec<u8> {
    transport(TransportBody::OpenSyn(OpenSyn {
        lease,
        initial_sn,
        cookie,
        ext_qos: None,
        ext_auth: None,
        ext_mlink: None,
        ext_lowlatency: None,
        ext_compression: None,
        ext_remote_bound: None,
    }))
}

/// Says that the sender lives.
#[must_use]
pub fn keep_alive() -> Vec<u8> {
    transport(TransportBody::KeepAlive(KeepAlive))
}

/// The last message of a session.
#[must_use]
pub fn close(reason: u8) -> Vec<u8> {
    transport(TransportBody::Close(Close { reason, session: false }))
}

/// A key that is written out in full.
#[must_use]
pub fn wire_expr(key: &str) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: key.to_owned().into(), mapping: Mapping::Sender }
}

fn encoded<T>(message: &T) -> Vec<u8>
where
    for<'a> Zenoh080: WCodec<&'a T, &'a mut Vec<u8>, Output = Result<(), DidntWrite>>,
{
    let mut bytes = Vec::new();
    certain(Zenoh080::new().write(&mut bytes, message).map(|()| bytes))
}

/// `bytes` and what `write` appends to them.
fn and(mut bytes: Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), DidntWrite>) -> Vec<u8> {
    certain(write(&mut bytes).map(|()| bytes))
}

/// `bytes` and a length.
fn and_len(bytes: Vec<u8>, len: usize) -> Vec<u8> {
    and(bytes, |bytes| Zenoh080Bounded::<usize>::new().write(bytes, len))
}

/// Removes the length of an empty field from the end, to make place for the true one.
fn pop_zero(bytes: &mut Vec<u8>) {
    let last = bytes.pop();
    debug_assert_eq!(last, Some(0), "an empty field at the end of a message is its length, zero");
}

fn qos<const ID: u8>(qos: Qos) -> QoSType<ID> {
    QoSType::new(qos.priority.to_wire(), qos.congestion_control.to_wire(), qos.express)
}

fn push_message(key: WireExpr<'static>, qos_: Qos, content: &Content) -> Push {
    Push {
        wire_expr: key,
        ext_qos: qos(qos_),
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_ts_stack: None,
        payload: body(content),
    }
}

/// `content` with empty fields in place of its payload and its attachment.
fn body(content: &Content) -> PushBody {
    let timestamp = content.timestamp.map(|timestamp| timestamp.to_wire());
    let ext_sinfo =
        content.source_info.map(|source| SourceInfoType { id: source.source_id.to_wire(), sn: source.source_sn });
    let attached = content.attachment.is_some();
    match &content.kind {
        SampleKind::Put { encoding, .. } => PushBody::Put(Put {
            timestamp,
            encoding: encoding.as_wire().clone(),
            ext_sinfo,
            ext_attachment: attached.then(|| AttachmentType { buffer: ZBuf::empty() }),
            ext_unknown: Vec::new(),
            payload: ZBuf::empty(),
        }),
        SampleKind::Delete => PushBody::Del(Del {
            timestamp,
            ext_sinfo,
            ext_attachment: attached.then(|| AttachmentType { buffer: ZBuf::empty() }),
            ext_unknown: Vec::new(),
        }),
    }
}

/// The runs of a message before its payload, which has `len` bytes. The encoded `bytes` end with
/// `content`, as [`body`] makes it.
///
/// A put's payload is the last field of its message, a length and the bytes; its attachment is the
/// one before. An empty field is encoded as a zero byte at the end. The true length replaces that
/// byte.
fn before(mut bytes: Vec<u8>, content: &Content, len: usize) -> Runs {
    let mut runs = Runs::new();
    if !content.kind.is_delete() {
        pop_zero(&mut bytes);
    }
    if let Some(attachment) = &content.attachment {
        pop_zero(&mut bytes);
        runs.extend([Run::Encoded(and_len(bytes, attachment.len())), Run::Owned(attachment.clone())]);
        bytes = Vec::new();
    }
    if !content.kind.is_delete() {
        bytes = and_len(bytes, len);
    }
    runs.push(Run::Encoded(bytes));
    runs
}

/// The message whose encoded `bytes` end with `content`, with payload and attachment in their
/// places.
fn complete(bytes: Vec<u8>, content: &Content, growth: usize) -> Result<Outgoing, TooLong> {
    within(content.len())?;
    let mut runs = before(bytes, content, content.kind.payload_len());
    runs.extend(content.kind.payload().cloned().map(Run::Owned));
    taken(Outgoing::of(runs), growth)
}

/// How many bytes of the message that [`push`] makes precede its payload, an attachment included.
/// Without a key it is as long as with an empty one, which no put has.
///
/// The result is for a payload of `len` bytes; the payload of `content` is ignored.
pub(crate) fn before_payload(key: Option<&KeyExpr>, qos: Qos, content: &Content, len: usize) -> usize {
    let key = key.map_or("", KeyExpr::as_str);
    let runs = before(encoded(&push_message(wire_expr(key), qos, content)), content, len);
    runs.iter().map(Run::len).sum()
}

/// A put or a delete.
///
/// # Errors
/// [`TooLong`], here and below: with `growth` more bytes, which a router may add to it, the message
/// would be longer than [`MAX_MESSAGE`]. A client passes [`GROWTH`](super::GROWTH).
pub fn push(key: &KeyExpr, qos: Qos, content: &Content, growth: usize) -> Result<Outgoing, TooLong> {
    complete(encoded(&push_message(wire_expr(key), qos, content)), content, growth)
}

/// A query. Unlike a put's payload, its body is not the last field: it is an extension. The
/// attachment is another extension behind it.
///
/// # Errors
/// [`TooLong`].
pub fn request(id: u32, key: &KeyExpr, qos_: Qos, question: &Question, growth: usize) -> Result<Outgoing, TooLong> {
    let owned = [&question.body, &question.attachment].into_iter().flatten().map(ZBytes::len);
    within(owned.fold(question.parameters.len(), usize::saturating_add))?;
    let payload = RequestBody::Query(Query {
        consolidation: question.consolidation.to_wire(),
        parameters: question.parameters.clone(),
        ext_sinfo: None,
        ext_body: None,
        ext_attachment: None,
        ext_unknown: Vec::new(),
    });
    let tail = encoded(&payload).len();
    let mut head = encoded(&NetworkMessage::from(NetworkBody::Request(Request {
        id,
        wire_expr: wire_expr(key),
        ext_qos: qos(qos_),
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_target: question.target.to_wire(),
        ext_budget: None,
        ext_timeout: question.timeout,
        ext_ts_stack: None,
        payload,
    })));
    if question.source_info.is_some() || question.body.is_some() || question.attachment.is_some() {
        let header = head.len().checked_sub(tail).and_then(|at| head.get_mut(at));
        debug_assert!(header.is_some(), "the query is the end of its request");
        header.into_iter().for_each(|header| *header |= query::flag::Z);
    }
    let mut runs = Runs::new();
    if let Some(source) = question.source_info {
        let source: query::ext::SourceInfoType =
            SourceInfoType { id: source.source_id.to_wire(), sn: source.source_sn };
        let more = question.body.is_some() || question.attachment.is_some();
        head = and(head, |head| Zenoh080::new().write(head, (&source, more)));
    }
    if let Some(body) = &question.body {
        let encoding = encoded(question.encoding.as_wire());
        let header: ZExtZBufHeader<{ query::ext::QueryBodyType::VID }> =
            ZExtZBufHeader::new(encoding.len() + body.len());
        let more = question.attachment.is_some();
        head = and(head, |head| Zenoh080::new().write(head, (&header, more)));
        head.extend(encoding);
        runs.extend([Run::Encoded(std::mem::take(&mut head)), Run::Owned(body.clone())]);
    }
    if let Some(attachment) = &question.attachment {
        let header: ZExtZBufHeader<{ query::ext::Attachment::ID }> = ZExtZBufHeader::new(attachment.len());
        head = and(head, |head| Zenoh080::new().write(head, (&header, false)));
        runs.extend([Run::Encoded(std::mem::take(&mut head)), Run::Owned(attachment.clone())]);
    }
    if runs.is_empty() {
        runs.push(Run::Encoded(head));
    }
    taken(Outgoing::of(runs), growth)
}

fn response(
    id: u32,
    key: WireExpr<'static>,
    qos_: Qos,
    replier: Option<EntityGlobalId>,
    payload: ResponseBody,
) -> Vec<u8> {
    encoded(&NetworkMessage::from(NetworkBody::Response(Response {
        rid: id,
        wire_expr: key,
        payload,
        ext_qos: qos(qos_),
        ext_tstamp: None,
        ext_respid: replier.map(|replier| EntityGlobalIdType { zid: replier.zid.to_wire(), eid: replier.eid }),
        ext_ts_stack: None,
    })))
}

/// An answer to the request `id`.
///
/// # Errors
/// [`TooLong`].
pub fn reply(
    id: u32,
    key: &KeyExpr,
    qos: Qos,
    replier: Option<EntityGlobalId>,
    content: &Content,
    growth: usize,
) -> Result<Outgoing, TooLong> {
    let payload = body(content);
    let reply = Reply { consolidation: ConsolidationMode::DEFAULT, ext_unknown: Vec::new(), payload };
    complete(response(id, wire_expr(key), qos, replier, ResponseBody::Reply(reply)), content, growth)
}

/// An error that answers the request `id`. It may leave out the key: no asker looks at it.
///
/// # Errors
/// [`TooLong`].
pub fn reply_err(
    id: u32,
    key: Option<&KeyExpr>,
    qos: Qos,
    replier: Option<EntityGlobalId>,
    payload: &ZBytes,
    encoding: &Encoding,
    growth: usize,
) -> Result<Outgoing, TooLong> {
    within(payload.len())?;
    let error = WireErr {
        encoding: encoding.as_wire().clone(),
        ext_sinfo: None,
        ext_unknown: Vec::new(),
        payload: ZBuf::empty(),
    };
    let mut head = response(id, wire_expr(key.map_or("", KeyExpr::as_str)), qos, replier, ResponseBody::Err(error));
    pop_zero(&mut head);
    taken(Outgoing::new(and_len(head, payload.len()), payload.clone()), growth)
}

/// The end of the answers to the request `id`.
#[must_use]
pub fn response_final(id: u32, qos_: Qos) -> Vec<u8> {
    encoded(&NetworkMessage::from(NetworkBody::ResponseFinal(ResponseFinal {
        rid: id,
        ext_qos: qos(qos_),
        ext_tstamp: None,
    })))
}

fn interest_in(
    id: u32,
    mode: InterestMode,
    options: InterestOptions,
    wire_expr: Option<WireExpr<'static>>,
    priority: Priority,
) -> Vec<u8> {
    encoded(&NetworkMessage::from(NetworkBody::Interest(Interest {
        id,
        mode,
        options,
        wire_expr,
        ext_qos: QoSType::new(priority.to_wire(), CongestionControl::Block, false),
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
    })))
}

/// Asks the router for declarations: for current ones, future ones, or both.
///
/// Unlike zenoh's own sessions it does not ask for numbers of keys too. So a router writes out each
/// key in full.
pub(crate) fn interest(id: u32, mode: InterestMode, options: InterestOptions, key: &KeyExpr) -> Vec<u8> {
    interest_in(id, mode, options, Some(wire_expr(key)), Priority::Control)
}

/// Ends what [`interest`] has begun.
pub(crate) fn interest_final(id: u32) -> Vec<u8> {
    interest_in(id, InterestMode::Final, InterestOptions::empty(), None, Priority::Control)
}

/// Asks the router for something that is not there, so that its answer is known beforehand.
pub(crate) fn fence(id: u32, priority: Priority) -> Vec<u8> {
    interest_in(id, InterestMode::Current, InterestOptions::TOKENS, Some(wire_expr(FENCE)), priority)
}

/// Declares or undeclares something, perhaps as an answer to an interest.
#[must_use]
pub fn declaration(interest_id: Option<u32>, body: DeclareBody) -> Vec<u8> {
    encoded(&NetworkMessage::from(NetworkBody::Declare(Declare {
        interest_id,
        ext_qos: QoSType::DECLARE,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        body,
    })))
}

fn declare(body: DeclareBody) -> Vec<u8> {
    declaration(None, body)
}

pub(crate) fn declare_subscriber(id: u32, key: &KeyExpr) -> Vec<u8> {
    declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: wire_expr(key) }))
}

pub(crate) fn undeclare_subscriber(id: u32) -> Vec<u8> {
    declare(DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr: WireExprType::null() }))
}

pub(crate) fn declare_queryable(id: u32, key: &KeyExpr, complete: bool) -> Vec<u8> {
    let ext_info = QueryableInfoType { complete, distance: 0 };
    declare(DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr: wire_expr(key), ext_info }))
}

pub(crate) fn undeclare_queryable(id: u32) -> Vec<u8> {
    declare(DeclareBody::UndeclareQueryable(UndeclareQueryable { id, ext_wire_expr: WireExprType::null() }))
}

pub(crate) fn declare_token(id: u32, key: &KeyExpr) -> Vec<u8> {
    declare(DeclareBody::DeclareToken(DeclareToken { id, wire_expr: wire_expr(key) }))
}

pub(crate) fn undeclare_token(id: u32) -> Vec<u8> {
    declare(DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr: WireExprType::null() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_fence_is_a_key_expression() {
        assert_eq!(KeyExpr::new(FENCE).unwrap(), FENCE);
    }
}
