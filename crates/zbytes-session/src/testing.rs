//! Makes the answers of a router while a session opens, and messages of a client without a session.
//! They are for tests of a driver or of a page. The feature `testing` enables this module.

#![allow(clippy::expect_used, reason = "what is wrong must stop the test")]

use std::time::Duration;

use zbytes::{ledger::Ledger, payload::ZBytes};
use zenoh_buffers::{ZBuf, ZSlice};
use zenoh_protocol::{
    VERSION,
    core::{Bits, Encoding, Field, Resolution, WhatAmI, WireExpr, ZenohIdProto},
    network::{
        NetworkBody, NetworkMessage, Push,
        ext::{NodeIdType, QoSType},
    },
    transport::{InitAck, OpenAck, TransportBody, init},
    zenoh::{PushBody, Put},
};

use crate::wire::{BatchReader, Content, GROWTH, KeyExpr, Outgoing, Qos, Reliability, WireError, ZenohId, encode};

/// Describes the offer of a router while a session opens.
#[derive(Clone, Copy, Debug)]
pub struct Greeting {
    /// The longest batch, in bytes.
    pub batch_size: u16,
    /// Whether each priority has sequence numbers of its own.
    pub qos: bool,
    /// Whether the router marks the first fragment of a message, and a message that its sender
    /// cancelled (patch 1 of the protocol).
    pub markers: bool,
    /// Width of a sequence number, in bits.
    pub bits: Bits,
    /// Length of the cookie, in bytes.
    pub cookie: usize,
    /// How long a silence the router asks the client to accept before it takes the router for lost.
    pub lease: Duration,
    /// The first sequence number of the router.
    pub initial_sn: u32,
}

impl Default for Greeting {
    /// The offer of a router of zenoh 1.10, with a lease of ten seconds.
    fn default() -> Self {
        Self {
            batch_size: u16::MAX,
            qos: true,
            markers: true,
            bits: Bits::U32,
            cookie: 40,
            lease: Duration::from_secs(10),
            initial_sn: 0,
        }
    }
}

impl Greeting {
    /// Returns the router's answer to the client's first batch.
    #[must_use]
    pub fn init_ack(&self) -> Vec<u8> {
        let mut resolution = Resolution::default();
        resolution.set(Field::FrameSN, self.bits);
        transport(TransportBody::InitAck(InitAck {
            version: VERSION,
            whatami: WhatAmI::Router,
            zid: ZenohIdProto::try_from([9; 16].as_slice()).expect("sixteen bytes"),
            resolution,
            batch_size: self.batch_size,
            cookie: ZSlice::from((0..self.cookie).map(|at| at as u8).collect::<Vec<u8>>()),
            ext_qos: self.qos.then(init::ext::QoS::new),
            ext_qos_link: None,
            ext_auth: None,
            ext_mlink: None,
            ext_lowlatency: None,
            ext_compression: None,
            ext_patch: if self.markers { init::ext::PatchType::CURRENT } else { init::ext::PatchType::NONE },
            ext_region_name: None,
        }))
    }

    /// Returns the router's answer to the client's second batch. It opens the session.
    #[must_use]
    pub fn open_ack(&self) -> Vec<u8> {
        transport(TransportBody::OpenAck(OpenAck {
            lease: self.lease,
            initial_sn: self.initial_sn,
            ext_qos: None,
            ext_auth: None,
            ext_mlink: None,
            ext_lowlatency: None,
            ext_compression: None,
            ext_remote_bound: None,
        }))
    }
}

/// Returns a batch that holds one transport message.
#[must_use]
pub fn transport(body: TransportBody) -> Vec<u8> {
    encode::transport(body)
}

/// Returns the first batch of a client with the id `zid`.
#[must_use]
pub fn init_syn(zid: ZenohId) -> Vec<u8> {
    encode::init_syn(zid)
}

/// Returns the batch that keeps a silent session alive.
#[must_use]
pub fn keep_alive() -> Vec<u8> {
    encode::keep_alive()
}

/// Returns a put of a router's, with zenoh's defaults.
#[must_use]
pub fn router_put(wire_expr: WireExpr<'static>, payload: Vec<u8>) -> NetworkMessage {
    NetworkBody::Push(Push {
        wire_expr,
        ext_qos: QoSType::PUSH,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_ts_stack: None,
        payload: PushBody::Put(Put {
            timestamp: None,
            encoding: Encoding::empty(),
            ext_sinfo: None,
            ext_attachment: None,
            ext_unknown: Vec::new(),
            payload: ZBuf::from(payload),
        }),
    })
    .into()
}

/// Returns a put or a delete, encoded and ready to be gathered.
#[must_use]
pub fn push(key: &KeyExpr, qos: Qos, content: &Content) -> Outgoing {
    encode::push(key, qos, content, GROWTH).expect("it is within the bounds")
}

/// Reads the network message that `source` begins with, as a client does.
///
/// # Errors
/// [`WireError`] when the bytes are not a network message.
pub fn read_message(source: &ZBytes) -> Result<(), WireError> {
    BatchReader::new(source, &mut Ledger::new()).message(Reliability::Reliable).map(drop)
}

/// Reads the transport message that `source` begins with, as a client does.
///
/// # Errors
/// [`WireError`] when the bytes are not a transport message.
pub fn read_transport(source: &ZBytes) -> Result<(), WireError> {
    BatchReader::new(source, &mut Ledger::new()).transport().map(drop)
}
