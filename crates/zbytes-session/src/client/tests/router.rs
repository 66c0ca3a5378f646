//! A router that does what the test says, for one client and with simulated time.

use std::time::Duration;

use zbytes::segment::Segment;
use zenoh_buffers::{ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Bits, WireExpr},
    network::{NetworkBody, NetworkMessage, Push},
    transport::{Fragment, Frame, TransportBody},
};

use super::pair::*;
use crate::{
    client::*,
    link::{initial_sn, sn_mask},
    testing::keep_alive,
    wire::BATCH_SIZE,
};

/// The other side: encodes with zenoh's codec, remembers what it got.
pub(super) struct Router {
    pub(super) client: Client,
    pub(super) agree: Agree,
    pub(super) sn: u32,
    pub(super) batch: Vec<u8>,
    pub(super) now: Duration,
}

impl Router {
    pub(super) fn greet(agree: Agree) -> Self {
        let config = Config::new(ZenohId::new([7; 16]).unwrap(), 12345);
        Self {
            client: Client::new(config, Duration::ZERO),
            agree,
            sn: 77,
            batch: vec![0; usize::from(BATCH_SIZE)],
            now: Duration::ZERO,
        }
    }

    pub(super) fn init_ack(&self) -> Vec<u8> {
        init_ack(&self.agree)
    }

    pub(super) fn open_ack(&self) -> Vec<u8> {
        open_ack(self.sn)
    }

    pub(super) fn open(agree: Agree) -> Self {
        let mut router = Self::greet(agree);
        assert_eq!(router.transmits().len(), 1, "InitSyn");
        router.feed(router.init_ack());
        assert_eq!(router.transmits().len(), 1, "OpenSyn");
        router.feed(router.open_ack());
        assert!(matches!(router.client.poll_event(), Some(Event::Opened(_))));
        router
    }

    /// An open session, and what the client says of it.
    pub(super) fn opened(agree: Agree) -> (Self, SessionInfo) {
        let mut router = Self::greet(agree);
        router.transmits();
        router.feed(router.init_ack());
        router.transmits();
        router.feed(router.open_ack());
        let Some(Event::Opened(info)) = router.client.poll_event() else { panic!("not opened") };
        (router, info)
    }

    pub(super) fn feed(&mut self, bytes: Vec<u8>) {
        self.client.handle_input(Segment::from(bytes), self.now);
    }

    /// Every batch that the client wants to send now.
    pub(super) fn transmits(&mut self) -> Vec<(Vec<u8>, Vec<Part>)> {
        let mut all = Vec::new();
        while let Some(transmit) = self.client.poll_transmit(&mut self.batch, self.now) {
            all.push((self.batch[..transmit.len].to_vec(), transmit.parts));
        }
        all
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }

    /// A put of the router's, as batches of its lane.
    pub(super) fn put(&mut self, key: WireExpr<'static>, payload: &[u8]) -> Vec<Vec<u8>> {
        let message = push(key, payload);
        let mut bytes = Vec::new();
        Zenoh080::new().write(&mut bytes, &message).unwrap();
        self.lane(&bytes)
    }

    pub(super) fn lane(&mut self, message: &[u8]) -> Vec<Vec<u8>> {
        cut(message, Priority::DEFAULT, &mut self.sn, &self.agree)
    }

    pub(super) fn closed(&mut self) -> CloseCause {
        match self.events().pop() {
            Some(Event::Closed(ended)) => ended.cause,
            other => panic!("expected the end of the session, got {other:?}"),
        }
    }
}

/// The number of the first frames in a session of 28 bits.
pub(super) fn first_sn() -> u32 {
    initial_sn(sn_mask(Bits::U32), 12345)
}

/// What a router would make of the batches: sequence numbers checked, fragments put together, the
/// put decoded.
pub(super) fn received(batches: &[Vec<u8>], first_sn: u32, mask: u32) -> Vec<Push> {
    let mut pushes = Vec::new();
    let mut message = Vec::new();
    let read = |bytes: &[u8]| -> NetworkMessage {
        let mut slice = ZSlice::from(bytes.to_vec());
        zenoh_codec::Zenoh080Reliability::new(Reliability::Reliable.to_wire()).read(&mut (&mut slice).reader()).unwrap()
    };
    for (i, batch) in batches.iter().enumerate() {
        let expected = (first_sn + i as u32) & mask;
        match decode_transport(batch).body {
            TransportBody::Frame(Frame { sn, payload, .. }) => {
                assert_eq!(sn, expected);
                pushes.extend(payload);
            }
            TransportBody::Fragment(Fragment { sn, payload, more, ext_first, .. }) => {
                assert_eq!(sn, expected);
                assert_eq!(ext_first.is_some(), message.is_empty());
                message.extend_from_slice(&payload);
                if !more {
                    pushes.push(read(&std::mem::take(&mut message)));
                }
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    let push = |message: NetworkMessage| match message.body {
        NetworkBody::Push(push) => push,
        other => panic!("unexpected {other:?}"),
    };
    pushes.into_iter().map(push).collect()
}

/// Batches that begin like real ones, so that mutations reach deep.
pub(super) fn batches() -> Vec<Vec<u8>> {
    let mut router = Router::open(USUAL);
    let mut all = vec![router.init_ack(), router.open_ack(), keep_alive()];
    all.extend(router.put(wire("lab/tensor"), &noise(300)));
    all.extend(router.put(wire("lab/tensor"), &noise(70_000)).into_iter().map(|mut batch| {
        batch.truncate(600);
        batch
    }));
    let declaration = declare_key(4, wire("lab"));
    all.extend(router.lane(&declaration));
    all
}
