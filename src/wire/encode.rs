//! Messages of ours as bytes. The payload of a put is never among them.

use std::time::Duration;

use zenoh_buffers::{ZBuf, ZSlice, writer::DidntWrite};
use zenoh_codec::{WCodec, Zenoh080, Zenoh080Bounded};
use zenoh_keyexpr::keyexpr;
use zenoh_protocol::{
    VERSION,
    core::{CongestionControl, Encoding, Priority, Resolution, WhatAmI, WireExpr, ZenohIdProto},
    network::{
        Declare, DeclareBody, DeclareSubscriber, Mapping, NetworkBody, NetworkMessage, Push, UndeclareSubscriber,
        declare::common::ext::WireExprType,
        ext::{NodeIdType, QoSType},
    },
    transport::{Close, InitSyn, KeepAlive, OpenSyn, TransportBody, TransportMessage, init},
    zenoh::{PushBody, Put},
};

use super::BATCH_SIZE;

/// Bytes of a message, or that it cannot be encoded, as a key expression of more than 65,535 B.
type Encoded = Result<Vec<u8>, DidntWrite>;

fn transport(body: TransportBody) -> Encoded {
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &TransportMessage { body })?;
    Ok(bytes)
}

/// The first message of a session. Low latency and compression are never offered: a router refuses them on this link.
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

/// The second message of a session, with the cookie of the router's answer to the first.
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
    transport(TransportBody::Close(Close { reason, session: true }))
}

fn wire_expr(key: &keyexpr) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: key.as_str().to_owned().into(), mapping: Mapping::Sender }
}

/// Everything of a put's message that stands before its payload of `len` bytes.
///
/// A put's payload is the last field of its message: a length and the bytes. So the message is encoded with an empty payload,
/// whose length is one zero byte at the end, and the true length takes that byte's place.
pub(crate) fn put_head(key: &keyexpr, congestion: CongestionControl, priority: Priority, len: usize) -> Encoded {
    head(wire_expr(key), congestion, priority, len)
}

fn head(key: WireExpr<'static>, congestion: CongestionControl, priority: Priority, len: usize) -> Encoded {
    let put = Put {
        timestamp: None,
        encoding: Encoding::empty(),
        ext_sinfo: None,
        ext_attachment: None,
        ext_unknown: Vec::new(),
        payload: ZBuf::empty(),
    };
    let push = Push {
        wire_expr: key,
        ext_qos: QoSType::new(priority, congestion, false),
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_ts_stack: None,
        payload: PushBody::Put(put),
    };
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &push)?;
    bytes.pop().filter(|last| *last == 0).ok_or(DidntWrite)?;
    Zenoh080Bounded::<u32>::new().write(&mut bytes, len)?;
    Ok(bytes)
}

/// Length of [`put_head`] for any key expression of `key_len` bytes, sent as the page sends.
pub(super) fn put_head_len(key_len: usize, len: usize) -> usize {
    let key = WireExpr { scope: 0, suffix: "x".repeat(key_len).into(), mapping: Mapping::Sender };
    head(key, CongestionControl::Block, Priority::DEFAULT, len).map_or(0, |bytes| bytes.len())
}

fn declare(body: DeclareBody) -> Encoded {
    let message = NetworkMessage::from(NetworkBody::Declare(Declare {
        interest_id: None,
        ext_qos: QoSType::DECLARE,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        body,
    }));
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &message)?;
    Ok(bytes)
}

pub(crate) fn declare_subscriber(id: u32, key: &keyexpr) -> Encoded {
    declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: wire_expr(key) }))
}

pub(crate) fn undeclare_subscriber(id: u32) -> Encoded {
    let ext_wire_expr = WireExprType { wire_expr: WireExpr::empty() };
    declare(DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr }))
}
