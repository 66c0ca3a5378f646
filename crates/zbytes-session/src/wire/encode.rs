//! Encodes the messages of this client. The bytes of owners, such as payloads, bodies and
//! attachments, are never part of the encoded bytes.

use std::time::Duration;

use zenoh_buffers::{ZBuf, ZSlice, writer::DidntWrite};
use zenoh_codec::{WCodec, Zenoh080, Zenoh080Bounded};
use zenoh_keyexpr::keyexpr;
use zenoh_protocol::{
    VERSION,
    common::ZExtZBufHeader,
    core::{CongestionControl, Encoding, EntityGlobalIdProto, Priority, Resolution, WhatAmI, WireExpr, ZenohIdProto},
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

use super::{BATCH_SIZE, Content, Outgoing, Qos, Question};
use zbytes::payload::ZBytes;

/// Bytes of a message. The error means that the message cannot be encoded, for example because its
/// key expression has more than 65,535 B.
type Encoded = Result<Vec<u8>, DidntWrite>;

pub(crate) fn transport(body: TransportBody) -> Encoded {
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &TransportMessage { body })?;
    Ok(bytes)
}

/// The first message of a session. It never offers low latency and compression, because a router
/// refuses them on this link.
pub(crate) fn init_syn(zid: ZenohIdProto) -> Encoded {
    transport(TransportBody::InitSyn(InitSyn {
        version: VERSION,
        whatami: WhatAmI::Client,
        zid,
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
pub(crate) fn open_syn(lease: Duration, initial_sn: u32, cookie: ZSlice) -> Encoded {
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

pub(crate) fn keep_alive() -> Encoded {
    transport(TransportBody::KeepAlive(KeepAlive))
}

/// The last message of a session.
pub(crate) fn close(reason: u8) -> Encoded {
    transport(TransportBody::Close(Close { reason, session: false }))
}

fn wire_expr(key: &str) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: key.to_owned().into(), mapping: Mapping::Sender }
}

fn encoded<T>(message: &T) -> Encoded
where
    for<'a> Zenoh080: WCodec<&'a T, &'a mut Vec<u8>, Output = Result<(), DidntWrite>>,
{
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, message)?;
    Ok(bytes)
}

fn write_len(bytes: &mut Vec<u8>, len: usize) -> Result<(), DidntWrite> {
    Zenoh080Bounded::<u32>::new().write(bytes, len)
}

/// Removes the length of an empty field from the end, to make place for the true one.
fn pop_zero(bytes: &mut Vec<u8>) -> Result<(), DidntWrite> {
    bytes.pop().filter(|last| *last == 0).map(drop).ok_or(DidntWrite)
}

fn qos<const ID: u8>(qos: Qos) -> QoSType<ID> {
    QoSType::new(qos.priority, qos.congestion, qos.express)
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
    let ext_sinfo = content.source.map(|source| SourceInfoType { id: source.id, sn: source.sn });
    let attached = content.attachment.is_some();
    if content.deleted {
        return PushBody::Del(Del {
            timestamp: content.timestamp,
            ext_sinfo,
            ext_attachment: attached.then(|| AttachmentType { buffer: ZBuf::empty() }),
            ext_unknown: Vec::new(),
        });
    }
    PushBody::Put(Put {
        timestamp: content.timestamp,
        encoding: content.encoding.clone(),
        ext_sinfo,
        ext_attachment: attached.then(|| AttachmentType { buffer: ZBuf::empty() }),
        ext_unknown: Vec::new(),
        payload: ZBuf::empty(),
    })
}

/// The encoded parts of a message around its owners' bytes: before the first of them, and between
/// attachment and payload. The encoded `bytes` end with `content`, as [`body`] makes it, and the
/// payload has `len` bytes.
///
/// A put's payload is the last field of its message, a length and the bytes; its attachment is the
/// one before. An empty field is encoded as a zero byte at the end. The true length replaces that
/// byte.
fn heads(mut bytes: Vec<u8>, content: &Content, len: usize) -> Result<(Vec<u8>, Vec<u8>), DidntWrite> {
    let mut between = Vec::new();
    if !content.deleted {
        pop_zero(&mut bytes)?;
    }
    if let Some(attachment) = &content.attachment {
        pop_zero(&mut bytes)?;
        write_len(&mut bytes, attachment.len())?;
    }
    if !content.deleted {
        write_len(if content.attachment.is_some() { &mut between } else { &mut bytes }, len)?;
    }
    Ok((bytes, between))
}

/// The message whose encoded `bytes` end with `content`, with payload and attachment in their
/// places.
fn complete(bytes: Vec<u8>, content: &Content) -> Result<Outgoing, DidntWrite> {
    let (head, between) = heads(bytes, content, content.payload.len())?;
    let payload = (!content.deleted).then(|| content.payload.clone());
    Ok(match &content.attachment {
        Some(attachment) => Outgoing::of(head, Some(attachment.clone()), between, payload),
        None => Outgoing::of(head, payload, between, None),
    })
}

/// How many bytes of the message that [`push`] makes precede its payload, an attachment included.
///
/// The result is for a payload of `len` bytes; the payload of `content` is ignored.
pub(crate) fn before_payload(key: &str, qos: Qos, content: &Content, len: usize) -> Result<usize, DidntWrite> {
    let (head, between) = heads(encoded(&push_message(wire_expr(key), qos, content))?, content, len)?;
    Ok(head.len() + content.attachment.as_ref().map_or(0, ZBytes::len) + between.len())
}

/// A put or a delete.
pub(crate) fn push(key: &keyexpr, qos: Qos, content: &Content) -> Result<Outgoing, DidntWrite> {
    complete(encoded(&push_message(wire_expr(key), qos, content))?, content)
}

/// A query. Unlike a put's payload, its body is not the last field: it is an extension. The
/// attachment is another extension behind it.
pub(crate) fn request(id: u32, key: &keyexpr, qos_: Qos, question: &Question) -> Result<Outgoing, DidntWrite> {
    let payload = RequestBody::Query(Query {
        consolidation: question.consolidation,
        parameters: question.parameters.clone(),
        ext_sinfo: None,
        ext_body: None,
        ext_attachment: None,
        ext_unknown: Vec::new(),
    });
    let tail = encoded(&payload)?.len();
    let mut head = encoded(&NetworkMessage::from(NetworkBody::Request(Request {
        id,
        wire_expr: wire_expr(key),
        ext_qos: qos(qos_),
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_target: question.target,
        ext_budget: None,
        ext_timeout: question.timeout,
        ext_ts_stack: None,
        payload,
    })))?;
    if question.body.is_none() && question.attachment.is_none() {
        return Ok(Outgoing::of(head, None, Vec::new(), None));
    }
    let at = head.len().checked_sub(tail).ok_or(DidntWrite)?;
    *head.get_mut(at).ok_or(DidntWrite)? |= query::flag::Z;
    let attachment_header = |bytes: &mut Vec<u8>, attachment: &ZBytes| {
        let header: ZExtZBufHeader<{ query::ext::Attachment::ID }> = ZExtZBufHeader::new(attachment.len());
        Zenoh080::new().write(bytes, (&header, false))
    };
    let Some(body) = &question.body else {
        if let Some(attachment) = &question.attachment {
            attachment_header(&mut head, attachment)?;
        }
        return Ok(Outgoing::of(head, question.attachment.clone(), Vec::new(), None));
    };
    let encoding = encoded(&question.encoding)?;
    let header: ZExtZBufHeader<{ query::ext::QueryBodyType::VID }> = ZExtZBufHeader::new(encoding.len() + body.len());
    Zenoh080::new().write(&mut head, (&header, question.attachment.is_some()))?;
    head.extend(encoding);
    let mut between = Vec::new();
    if let Some(attachment) = &question.attachment {
        attachment_header(&mut between, attachment)?;
    }
    Ok(Outgoing::of(head, Some(body.clone()), between, question.attachment.clone()))
}

fn response(
    id: u32,
    key: WireExpr<'static>,
    qos_: Qos,
    replier: EntityGlobalIdProto,
    payload: ResponseBody,
) -> Encoded {
    encoded(&NetworkMessage::from(NetworkBody::Response(Response {
        rid: id,
        wire_expr: key,
        payload,
        ext_qos: qos(qos_),
        ext_tstamp: None,
        ext_respid: Some(EntityGlobalIdType { zid: replier.zid, eid: replier.eid }),
        ext_ts_stack: None,
    })))
}

/// An answer to the request `id`.
pub(crate) fn reply(
    id: u32,
    key: &keyexpr,
    qos: Qos,
    replier: EntityGlobalIdProto,
    content: &Content,
) -> Result<Outgoing, DidntWrite> {
    let payload = body(content);
    let reply = Reply { consolidation: ConsolidationMode::DEFAULT, ext_unknown: Vec::new(), payload };
    complete(response(id, wire_expr(key), qos, replier, ResponseBody::Reply(reply))?, content)
}

/// An error that answers the request `id` for `key`.
pub(crate) fn reply_err(
    id: u32,
    key: &keyexpr,
    qos: Qos,
    replier: EntityGlobalIdProto,
    payload: &ZBytes,
    encoding: &Encoding,
) -> Result<Outgoing, DidntWrite> {
    let error =
        WireErr { encoding: encoding.clone(), ext_sinfo: None, ext_unknown: Vec::new(), payload: ZBuf::empty() };
    let mut head = response(id, wire_expr(key), qos, replier, ResponseBody::Err(error))?;
    pop_zero(&mut head)?;
    write_len(&mut head, payload.len())?;
    Ok(Outgoing::of(head, Some(payload.clone()), Vec::new(), None))
}

/// The end of the answers to the request `id`.
pub(crate) fn response_final(id: u32, qos_: Qos) -> Encoded {
    encoded(&NetworkMessage::from(NetworkBody::ResponseFinal(ResponseFinal {
        rid: id,
        ext_qos: qos(qos_),
        ext_tstamp: None,
    })))
}

/// Asks the router for declarations: for current ones, future ones, or both. With
/// [`InterestMode::Final`] it ends such a request.
///
/// Unlike zenoh's own sessions it does not ask for numbers of keys too. So a router writes out each
/// key in full.
pub(crate) fn interest(
    id: u32,
    mode: InterestMode,
    options: InterestOptions,
    key: Option<&keyexpr>,
    priority: Priority,
) -> Encoded {
    encoded(&NetworkMessage::from(NetworkBody::Interest(Interest {
        id,
        mode,
        options,
        wire_expr: key.map(|key| wire_expr(key)),
        ext_qos: QoSType::new(priority, CongestionControl::Block, false),
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
    })))
}

fn declare(body: DeclareBody) -> Encoded {
    encoded(&NetworkMessage::from(NetworkBody::Declare(Declare {
        interest_id: None,
        ext_qos: QoSType::DECLARE,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        body,
    })))
}

pub(crate) fn declare_subscriber(id: u32, key: &keyexpr) -> Encoded {
    declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: wire_expr(key) }))
}

pub(crate) fn undeclare_subscriber(id: u32) -> Encoded {
    declare(DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr: WireExprType::null() }))
}

pub(crate) fn declare_queryable(id: u32, key: &keyexpr, complete: bool) -> Encoded {
    let ext_info = QueryableInfoType { complete, distance: 0 };
    declare(DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr: wire_expr(key), ext_info }))
}

pub(crate) fn undeclare_queryable(id: u32) -> Encoded {
    declare(DeclareBody::UndeclareQueryable(UndeclareQueryable { id, ext_wire_expr: WireExprType::null() }))
}

pub(crate) fn declare_token(id: u32, key: &keyexpr) -> Encoded {
    declare(DeclareBody::DeclareToken(DeclareToken { id, wire_expr: wire_expr(key) }))
}

pub(crate) fn undeclare_token(id: u32) -> Encoded {
    declare(DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr: WireExprType::null() }))
}
