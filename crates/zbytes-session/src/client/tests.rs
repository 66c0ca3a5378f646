//! The client against a scripted router, with simulated time.

use proptest::prelude::*;
use zenoh_buffers::{ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080};
use zenoh_protocol::{
    VERSION,
    core::{Bits, WhatAmI, WireExpr},
    network::{Declare, DeclareBody, NetworkBody, NetworkMessage, Push},
    transport::{Close, Fragment, Frame, FrameHeader, TransportBody, frame},
    zenoh::PushBody,
};

mod api;
mod bounds;
mod capture;
mod pace;
mod pair;
mod pause;
mod progress;

use self::pair::*;
use super::*;
use crate::testing::{Greeting, keep_alive, transport};
use zbytes::{ledger::Stage, segment::Mode};

/// The other side: encodes with zenoh's codec, remembers what it got.
struct Router {
    client: Client,
    agree: Agree,
    sn: u32,
    batch: Vec<u8>,
    now: Duration,
}

impl Router {
    fn greet(agree: Agree) -> Self {
        let config = Config { zid: [7; 16], initial_sn: 12345, limits: Limits::default() };
        Self {
            client: Client::new(config, Duration::ZERO),
            agree,
            sn: 77,
            batch: vec![0; usize::from(BATCH_SIZE)],
            now: Duration::ZERO,
        }
    }

    fn init_ack(&self) -> Vec<u8> {
        init_ack(&self.agree)
    }

    fn open_ack(&self) -> Vec<u8> {
        open_ack(self.sn)
    }

    fn open(agree: Agree) -> Self {
        let mut router = Self::greet(agree);
        assert_eq!(router.transmits().len(), 1, "InitSyn");
        router.feed(router.init_ack());
        assert_eq!(router.transmits().len(), 1, "OpenSyn");
        router.feed(router.open_ack());
        assert!(matches!(router.client.poll_event(), Some(Event::Opened(_))));
        router
    }

    /// An open session, and what the client says of it.
    fn opened(agree: Agree) -> (Self, SessionInfo) {
        let mut router = Self::greet(agree);
        router.transmits();
        router.feed(router.init_ack());
        router.transmits();
        router.feed(router.open_ack());
        let Some(Event::Opened(info)) = router.client.poll_event() else { panic!("not opened") };
        (router, info)
    }

    fn feed(&mut self, bytes: Vec<u8>) {
        self.client.handle_input(Segment::from(bytes), self.now);
    }

    /// Every batch that the client wants to send now.
    fn transmits(&mut self) -> Vec<(Vec<u8>, Vec<Part>)> {
        let mut all = Vec::new();
        while let Some(transmit) = self.client.poll_transmit(&mut self.batch, self.now) {
            all.push((self.batch[..transmit.len].to_vec(), transmit.parts));
        }
        all
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }

    /// A put of the router's, as batches of its lane.
    fn put(&mut self, key: WireExpr<'static>, payload: &[u8]) -> Vec<Vec<u8>> {
        let message = push(key, payload);
        let mut bytes = Vec::new();
        Zenoh080::new().write(&mut bytes, &message).unwrap();
        self.lane(&bytes)
    }

    fn lane(&mut self, message: &[u8]) -> Vec<Vec<u8>> {
        cut(message, Priority::DEFAULT, &mut self.sn, &self.agree)
    }

    fn closed(&mut self) -> CloseCause {
        match self.events().pop() {
            Some(Event::Closed(ended)) => ended.cause,
            other => panic!("expected the end of the session, got {other:?}"),
        }
    }
}

/// The number of the first frames in a session of 28 bits.
fn first_sn() -> u32 {
    lane::initial_sn(sn_mask(Bits::U32), 12345)
}

/// What a router would make of the batches: sequence numbers checked, fragments put together, the put decoded.
fn received(batches: &[Vec<u8>], first_sn: u32, mask: u32) -> Vec<Push> {
    let mut pushes = Vec::new();
    let mut message = Vec::new();
    let read = |bytes: &[u8]| -> NetworkMessage {
        let mut slice = ZSlice::from(bytes.to_vec());
        zenoh_codec::Zenoh080Reliability::new(Reliability::Reliable).read(&mut (&mut slice).reader()).unwrap()
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

#[test]
fn the_handshake_agrees_on_what_both_can() {
    let mut router = Router::greet(USUAL);
    let TransportBody::InitSyn(syn) = decode_transport(&router.transmits()[0].0).body else { panic!("no InitSyn") };
    assert_eq!((syn.version, syn.whatami, syn.batch_size), (VERSION, WhatAmI::Client, 65535));
    assert!(syn.ext_qos.is_some() && syn.ext_lowlatency.is_none() && syn.ext_compression.is_none());
    router.feed(router.init_ack());
    let TransportBody::OpenSyn(syn) = decode_transport(&router.transmits()[0].0).body else { panic!("no OpenSyn") };
    assert!(syn.cookie.as_slice().iter().copied().eq(0..40), "the router gets its cookie back");
    assert_eq!((syn.lease, syn.initial_sn), (LEASE, first_sn()));
    assert!(!router.client.is_open());
    router.feed(router.open_ack());
    let Some(Event::Opened(info)) = router.client.poll_event() else { panic!("not opened") };
    assert_eq!((info.lanes, info.sn_bits, info.batch_size, info.patch), (16, 28, 65535, 1));
    assert_eq!(info.router_lease, 10 * SECOND);
    assert_eq!(info.router, "09".repeat(16).trim_start_matches('0'));
}

#[test]
fn puts_of_every_size_and_cut_arrive_whole_and_are_gathered_once() {
    for len in [0, 1, 65_000, 65_500, 65_520, 65_535, 65_536, 70_000, 1_000_000] {
        for cuts in [1, 3, 1000] {
            let mut router = Router::open(USUAL);
            let bytes = noise(len);
            router.client.put(5, Put::new(key("lab/tensor"), payload(&bytes, cuts))).unwrap();
            let (batches, parts): (Vec<_>, Vec<_>) = router.transmits().into_iter().unzip();
            assert!(batches.iter().all(|batch| batch.len() <= 65_535));
            let pushes = received(&batches, first_sn(), 0x0fff_ffff);
            assert_eq!(pushes.len(), 1);
            assert_eq!(pushes[0].wire_expr.suffix, "lab/tensor");
            let PushBody::Put(put) = &pushes[0].payload else { panic!("no put") };
            assert_eq!(put.payload.to_zslice().as_slice(), bytes, "{len} B in {cuts}");
            let parts: Vec<Part> = parts.into_iter().flatten().collect();
            assert_eq!(parts.iter().map(|part| part.payload).sum::<usize>(), len);
            let (count, ledger) = parts.last().unwrap().last.clone().unwrap();
            assert_eq!(count, batches.len());
            assert_eq!(ledger.bytes_in(Stage::Gather), len as u64);
            assert_eq!(ledger.total(), len as u64);
            assert!(parts[..parts.len() - 1].iter().all(|part| part.last.is_none()));
        }
    }
}

/// The payload bytes in front of the end of each batch, by zenoh's codec: the last `len` bytes of
/// the message are the payload.
fn cuts(batches: &[Vec<u8>], len: usize) -> Vec<usize> {
    let parts = batches.iter().map(|batch| match decode_transport(batch).body {
        TransportBody::Frame(Frame { payload, .. }) => {
            let mut bytes = Vec::new();
            payload.iter().for_each(|message| Zenoh080::new().write(&mut bytes, message).unwrap());
            bytes.len()
        }
        TransportBody::Fragment(Fragment { payload, .. }) => payload.len(),
        other => panic!("unexpected {other:?}"),
    });
    let mut end = 0;
    let ends: Vec<usize> = parts
        .map(|part| {
            end += part;
            end
        })
        .collect();
    ends.into_iter().map(|cut| cut.saturating_sub(end - len)).collect()
}

/// Puts of every kind, by the option in which each differs from the first.
fn kinds_of_puts() -> Vec<(&'static str, Put)> {
    let mut stamps = stamp::Stamps::of("8f2c61d0").unwrap();
    let usual = || Put { congestion: CongestionControl::Block, ..Put::new(key("lab/tensor"), ZBytes::empty()) };
    let attachment = |len| Some(payload(&noise(len), 2));
    let schema = |len| encoding::encoding(&format!("text/plain;{}", "x".repeat(len))).unwrap();
    let stamp = Some(stamps.stamp(Duration::from_secs(1_800_000_000)));
    vec![
        ("nothing", usual()),
        ("a short key", Put { key: key("k"), ..usual() }),
        ("a long key", Put { key: key(&"k".repeat(3000)), ..usual() }),
        ("DROP", Put { congestion: CongestionControl::Drop, ..usual() }),
        ("priority", Put { priority: Priority::RealTime, ..usual() }),
        ("best effort", Put { reliability: Reliability::BestEffort, ..usual() }),
        ("express", Put { express: true, ..usual() }),
        ("an encoding", Put { encoding: encoding::encoding("image/png").unwrap(), ..usual() }),
        ("an own encoding", Put { encoding: encoding::encoding("lab/tensor").unwrap(), ..usual() }),
        ("a schema", Put { encoding: schema(255), ..usual() }),
        ("a timestamp", Put { timestamp: stamp, ..usual() }),
        ("a number", Put { numbered: Some(20), ..usual() }),
        ("an empty attachment", Put { attachment: Some(ZBytes::empty()), ..usual() }),
        ("an attachment of 300 B", Put { attachment: attachment(300), ..usual() }),
        ("an attachment of 70,000 B", Put { attachment: attachment(70_000), ..usual() }),
        (
            "everything",
            Put {
                attachment: attachment(300),
                encoding: schema(100),
                timestamp: stamp,
                numbered: Some(47),
                congestion: CongestionControl::Drop,
                priority: Priority::Background,
                reliability: Reliability::BestEffort,
                express: true,
                ..usual()
            },
        ),
    ]
}

#[test]
fn plan_equals_what_is_sent_with_every_option_and_agreement() {
    let mut compared = 0;
    for bits in [Bits::U8, Bits::U16, Bits::U32, Bits::U64] {
        for (qos, patch) in [(true, true), (true, false), (false, true), (false, false)] {
            for batch_size in [lane::MIN_BATCH, 256, 1024, u16::MAX] {
                let agree = Agree { qos, patch, batch_size, bits };
                for (what, put) in kinds_of_puts() {
                    // So many that a frame, or the last fragment, is exactly full for some.
                    let room = usize::from(batch_size);
                    for len in [0, 1, 50, 300, room - 30, room - 18, room, 2 * room - 10, 3 * room, 5000] {
                        let (mut router, info) = Router::opened(agree);
                        let source =
                            put.numbered.map(|publisher| Source { id: router.client.source_id(publisher), sn: 0 });
                        let plan = put.plan(len, source, &info.agreed());
                        let payload = payload(&noise(len), 3);
                        router.client.put(1, Put { payload, ..put.clone() }).unwrap();
                        let (batches, _): (Vec<_>, Vec<_>) = router.transmits().into_iter().unzip();
                        let sent = cuts(&batches, len);
                        let planned: Vec<usize> = (0..plan.count).map(|index| plan.end(index)).collect();
                        assert_eq!(planned, sent, "{what}, {len} B, batches of {batch_size}, {qos} {patch} {bits:?}");
                        assert_eq!(plan.size, batch_size);
                        for (index, end) in sent.iter().enumerate().filter(|(_, end)| **end > 0) {
                            let carrier = sent.iter().position(|other| other >= end).unwrap();
                            assert_eq!((plan.batch_of(end - 1), index >= carrier), (carrier, true));
                        }
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 4 * 4 * 4 * 16 * 10);
}

#[test]
fn plan_of_a_numbered_put_grows_with_its_number() {
    let (mut router, info) = Router::opened(Agree { batch_size: 256, ..USUAL });
    let put = Put { numbered: Some(20), ..Put::new(key("lab/tensor"), payload(&noise(1000), 1)) };
    let mut plans = std::collections::BTreeSet::new();
    for sn in 0..200 {
        let source = Some(Source { id: router.client.source_id(20), sn });
        let plan = put.plan(1000, source, &info.agreed());
        router.client.put(sn.into(), put.clone()).unwrap();
        let (batches, _): (Vec<_>, Vec<_>) = router.transmits().into_iter().unzip();
        let planned: Vec<usize> = (0..plan.count).map(|index| plan.end(index)).collect();
        assert_eq!(planned, cuts(&batches, 1000), "number {sn}");
        plans.insert(planned);
    }
    assert_eq!(plans.len(), 2, "from 128 on a number takes a byte more");
}

#[test]
fn sequence_numbers_begin_where_they_have_their_full_length() {
    for (bits, bytes) in [(Bits::U8, 1), (Bits::U16, 2), (Bits::U32, 4), (Bits::U64, 5)] {
        let mask = sn_mask(bits);
        let len = |sn: u32| {
            let mut written = Vec::new();
            Zenoh080::new().write(&mut written, sn).unwrap();
            written.len()
        };
        assert_eq!(len(mask), bytes);
        for random in [0, 1, 77, 12345, mask, u32::MAX, 0x5555_5555, 0xaaaa_aaaa] {
            let first = lane::initial_sn(mask, random);
            assert!(first <= mask && len(first) == bytes, "{bits:?}: {first}");
            assert!(mask - first >= mask / 4 * 3, "{bits:?}: most of the round lies before it");
            let mut router = Router::greet(Agree { bits, ..USUAL });
            router.client =
                Client::new(Config { zid: [7; 16], initial_sn: random, limits: Limits::default() }, router.now);
            router.transmits();
            router.feed(router.init_ack());
            let TransportBody::OpenSyn(syn) = decode_transport(&router.transmits()[0].0).body else { panic!() };
            assert_eq!(syn.initial_sn, first);
        }
    }
}

#[test]
fn every_agreement_of_the_router_is_kept() {
    for qos in [true, false] {
        for patch in [true, false] {
            for (batch_size, bits) in [(u16::MAX, Bits::U64), (1000, Bits::U8), (64, Bits::U16)] {
                let mut router = Router::open(Agree { qos, patch, batch_size, bits });
                let put = Put { priority: Priority::RealTime, ..Put::new(key("a"), payload(&noise(5000), 3)) };
                router.client.put(1, put).unwrap();
                for (batch, _) in router.transmits() {
                    assert!(batch.len() <= usize::from(batch_size));
                    let (sn, priority, first) = match decode_transport(&batch).body {
                        TransportBody::Frame(frame) => (frame.sn, frame.ext_qos.priority(), false),
                        TransportBody::Fragment(f) => (f.sn, f.ext_qos.priority(), f.ext_first.is_some()),
                        other => panic!("unexpected {other:?}"),
                    };
                    assert!(sn <= sn_mask(bits));
                    assert_eq!(priority, if qos { Priority::RealTime } else { Priority::DEFAULT });
                    assert!(patch || !first);
                }
            }
        }
    }
}

#[test]
fn samples_refer_to_the_received_batches_and_copy_nothing() {
    for len in [0, 1, 65_000, 70_000, 1_000_000] {
        let mut router = Router::open(USUAL);
        router.client.subscribe(3, key("lab/**")).unwrap();
        router.transmits();
        let bytes = noise(len);
        let batches = router.put(wire("lab/pose"), &bytes);
        let count = batches.len();
        for batch in batches {
            router.feed(batch);
        }
        let events = router.events();
        let [Event::Sample(sample)] = events.as_slice() else { panic!("expected one sample, got {events:?}") };
        assert_eq!((sample.key.as_str(), sample.local, sample.subscribers.as_slice()), ("lab/pose", false, &[3][..]));
        assert_eq!(sample.payload.segments().len(), if len == 0 { 0 } else { count });
        assert_eq!(router.client.received().total(), 0);
        assert_eq!(flat(&sample.payload), bytes);
    }
}

#[test]
fn one_frame_may_carry_many_messages_and_be_followed_by_others() {
    let mut router = Router::open(USUAL);
    router.client.subscribe(1, key("**")).unwrap();
    let mut batch = router.put(wire("a"), b"one").remove(0);
    for text in [b"two".as_slice(), b"three"] {
        Zenoh080::new().write(&mut batch, &push(wire("b"), text)).unwrap();
    }
    batch.extend(keep_alive());
    router.feed(batch);
    let payloads: Vec<Vec<u8>> = router
        .events()
        .iter()
        .map(|event| match event {
            Event::Sample(sample) => flat(&sample.payload),
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(payloads, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
}

#[test]
fn own_subscribers_get_one_sample_over_the_same_memory() {
    let mut router = Router::open(USUAL);
    router.client.subscribe(1, key("lab/*")).unwrap();
    router.client.subscribe(2, key("lab/tensor")).unwrap();
    router.client.subscribe(3, key("other")).unwrap();
    let sent = payload(b"abc", 1);
    let address = sent.segments()[0].as_linear().unwrap().as_slice().as_ptr();
    router.client.put(9, Put::new(key("lab/tensor"), sent)).unwrap();
    let events = router.events();
    let [Event::Sample(sample)] = events.as_slice() else { panic!("expected one sample, got {events:?}") };
    assert!(sample.local);
    assert_eq!(sample.subscribers, [1, 2]);
    assert_eq!(sample.payload.segments()[0].as_linear().unwrap().as_slice().as_ptr(), address);
    router.client.unsubscribe(1).unwrap();
    router.client.unsubscribe(2).unwrap();
    router.client.put(10, Put::new(key("lab/tensor"), payload(b"abc", 1))).unwrap();
    assert!(router.events().is_empty());
}

#[test]
fn a_higher_priority_overtakes_between_fragments_and_lanes_never_interleave() {
    let mut router = Router::open(USUAL);
    let big = |op| (op, Put::new(key("big"), payload(&noise(200_000), 1)));
    for (op, put) in [big(1), big(2)] {
        router.client.put(op, put).unwrap();
    }
    let first = router.client.poll_transmit(&mut router.batch, Duration::ZERO).unwrap();
    assert_eq!(first.parts[0].op, 1);
    let urgent = Put { priority: Priority::RealTime, ..Put::new(key("small"), payload(b"now", 1)) };
    router.client.put(3, urgent).unwrap();
    let order: Vec<OpId> = router.transmits().into_iter().map(|(_, parts)| parts[0].op).collect();
    assert_eq!(order, [3, 1, 1, 1, 2, 2, 2, 2]);
}

#[test]
fn small_messages_that_wait_together_share_a_frame() {
    let mut pair = Pair::open();
    let before = pair.got.len();
    for op in 0..5000 {
        pair.client.put(op, Put::new(key("small"), payload(&noise(64), 2))).unwrap();
    }
    pair.run(SECOND);
    assert_eq!(pair.refused, None);
    let got = &pair.got[before..];
    let batches: std::collections::BTreeSet<usize> = got.iter().map(|got| got.batch).collect();
    // 74 B each: nine of head, one of length, 64 of payload.
    assert_eq!((got.len(), batches.len()), (5000, 6));
    let order: Vec<OpId> = pair.parts.iter().map(|part| part.op).collect();
    assert_eq!(order, (0..5000).collect::<Vec<_>>());
    assert!(pair.parts.iter().all(|part| part.payload == 64
        && part.last.as_ref().is_some_and(|(count, ledger)| { *count == 1 && ledger.total() == 64 })));
}

#[test]
fn lanes_do_not_share_frames() {
    let mut pair = Pair::open();
    for (op, reliability) in
        [Reliability::Reliable, Reliability::BestEffort, Reliability::BestEffort].into_iter().enumerate()
    {
        let put = Put { reliability, ..Put::new(key(&format!("k{op}")), payload(b"x", 1)) };
        pair.client.put(op as OpId, put).unwrap();
    }
    pair.run(SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (vec!["k0".to_owned(), "k1".to_owned(), "k2".to_owned()], None));
    assert_eq!(pair.got[1].batch, pair.got[2].batch);
    assert!(pair.got[0].batch < pair.got[1].batch);
}

#[test]
fn puts_of_every_size_leave_in_their_order_through_a_narrow_link() {
    let mut pair = Pair::open();
    (pair.narrow, pair.latency) = (2, Duration::from_millis(30));
    let sizes = [1usize, 200_000, 64, 64, 70_000, 0, 65_400, 65_500, 1_000_000, 5];
    for (op, len) in sizes.into_iter().enumerate() {
        let put =
            Put { congestion: CongestionControl::Block, ..Put::new(key(&format!("k{op}")), payload(&noise(len), 3)) };
        pair.client.put(op as OpId, put).unwrap();
    }
    pair.run(60 * SECOND);
    assert_eq!(pair.refused, None);
    assert_eq!(pair.keys(), (0..sizes.len()).map(|op| format!("k{op}")).collect::<Vec<_>>());
    for (push, len) in pair.puts().zip(sizes) {
        let PushBody::Put(put) = &push.payload else { panic!("no put") };
        assert_eq!(put.payload.to_zslice().as_slice(), noise(len));
    }
}

#[test]
fn an_urgent_put_overtakes_a_transfer_that_is_under_way() {
    let mut pair = Pair::open();
    (pair.narrow, pair.latency) = (1, Duration::from_millis(10));
    pair.client.put(1, Put::new(key("big"), payload(&noise(1_000_000), 1))).unwrap();
    pair.run(Duration::from_millis(55));
    assert!(pair.keys().is_empty());
    let urgent = Put { priority: Priority::RealTime, ..Put::new(key("urgent"), payload(b"now", 1)) };
    pair.client.put(2, urgent).unwrap();
    pair.client.put(3, Put::new(key("behind"), payload(b"then", 1))).unwrap();
    pair.run(20 * SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (["urgent", "big", "behind"].map(str::to_owned).to_vec(), None));
}

#[test]
fn puts_beyond_the_number_that_may_wait_are_refused_and_taken_again_when_some_have_left() {
    let limits = Limits { queued_messages: 3, ..Limits::default() };
    let mut pair = Pair::new(USUAL, limits);
    pair.run(SECOND);
    let put = || Put { congestion: CongestionControl::Block, ..Put::new(key("k"), payload(&noise(10), 1)) };
    for op in 0..3 {
        pair.client.put(op, put()).unwrap();
    }
    let refused = pair.client.put(3, put());
    assert_eq!(refused, Err(CommandError::TooManyQueued { queued: 3, limit: 3 }));
    pair.run(SECOND);
    pair.client.put(4, put()).unwrap();
    pair.run(SECOND);
    assert_eq!(pair.keys().len(), 4);
}

#[test]
fn a_lost_session_tells_what_was_unfinished_and_is_opened_again_with_what_was_declared() {
    let mut pair = Pair::open();
    for (id, text) in [(3, "c/**"), (1, "a"), (2, "b/*")] {
        pair.client.subscribe(id, key(text)).unwrap();
    }
    pair.run(SECOND);
    pair.narrow = 1;
    pair.client.put(10, Put::new(key("k/done"), payload(&noise(100), 1))).unwrap();
    pair.run(SECOND);
    pair.client.put(11, Put::new(key("k/begun"), payload(&noise(1_000_000), 1))).unwrap();
    pair.client.put(12, Put::new(key("k/waits"), payload(&noise(100), 1))).unwrap();
    pair.run(Duration::from_millis(3));
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.run(SECOND);
    let events = pair.take();
    let [Event::Closed(ended)] = events.as_slice() else { panic!("expected the end, got {events:?}") };
    assert_eq!(ended.cause, CloseCause::Link { code: 1006, opening: false });
    assert_eq!(ended.unfinished, [Unfinished { op: 11, begun: true }, Unfinished { op: 12, begun: false }]);

    // Meanwhile puts end with an error, and declarations are kept.
    assert!(pair.client.is_lost() && !pair.client.is_open());
    let refused = pair.client.put(13, Put::new(key("k"), payload(b"x", 1)));
    assert_eq!(refused, Err(CommandError::Lost));
    pair.client.unsubscribe(1).unwrap();
    pair.client.subscribe(4, key("d")).unwrap();
    pair.run(30 * SECOND);

    pair.got.clear();
    let since = pair.now;
    pair.relink();
    pair.run(SECOND);
    let events = pair.take();
    let [Event::Opened(_), Event::Resumed { gap, subscribers }] = events.as_slice() else { panic!("got {events:?}") };
    assert_eq!(subscribers, &[3, 2, 4]);
    assert!(gap.time >= 30 * SECOND && gap.time <= since && gap.pause.is_none(), "{gap:?} of {since:?}");
    let declared: Vec<(u32, String)> = pair
        .got
        .iter()
        .map(|got| match &got.message.body {
            NetworkBody::Declare(Declare { body: DeclareBody::DeclareSubscriber(sub), .. }) => {
                (sub.id, sub.wire_expr.suffix.to_string())
            }
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(declared, [(3, "c/**".to_owned()), (2, "b/*".to_owned()), (4, "d".to_owned())]);
    pair.say(&push(wire("b/x"), b"back"), Priority::DEFAULT);
    pair.client.put(14, Put::new(key("k/again"), payload(b"y", 1))).unwrap();
    pair.run(SECOND);
    assert!(matches!(pair.take().as_slice(), [Event::Sample(sample)] if sample.subscribers == [2]));
    assert_eq!((pair.keys(), pair.refused.take()), (vec!["k/again".to_owned()], None));
}

#[test]
fn every_way_to_lose_a_session_leaves_one_that_opens_again_and_our_own_close_does_not() {
    let close = |reason| transport(TransportBody::Close(Close { reason, session: true }));
    type Way = Box<dyn Fn(&mut Pair)>;
    let ways: Vec<(&str, Way)> = vec![
        ("cut", Box::new(|pair| pair.client.handle_link_lost(1006))),
        ("closed", Box::new(move |pair| pair.client.handle_input(Segment::from(close(reason::GENERIC)), pair.now))),
        ("garbage", Box::new(|pair| pair.client.handle_input(Segment::from(vec![0xff; 9]), pair.now))),
        ("long", Box::new(|pair| pair.client.handle_input(Segment::from(vec![0; 70_000]), pair.now))),
        (
            "silent",
            Box::new(|pair| {
                pair.mute = true;
                pair.run(20 * SECOND);
            }),
        ),
    ];
    for (name, lose) in ways {
        let mut pair = Pair::open();
        pair.client.subscribe(1, key("a")).unwrap();
        lose(&mut pair);
        pair.cut();
        pair.run(SECOND);
        let events = pair.take();
        assert!(matches!(events.as_slice(), [Event::Closed(_)]), "{name}: {events:?}");
        // An attempt that fails changes nothing.
        pair.relink();
        pair.cut();
        pair.client.handle_link_lost(1006);
        let cause = CloseCause::Link { code: 1006, opening: true };
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Closed(ended)] if ended.cause == cause), "{name}");
        pair.relink();
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Opened(_), Event::Resumed { .. }]), "{name}");
        pair.client.close();
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Closed(ended)] if ended.cause == CloseCause::ByUs));
        assert_eq!(pair.client.relink([8; 16], 0, pair.now), Err(CommandError::NotLost));
        assert_eq!(pair.client.subscribe(2, key("a")), Err(CommandError::NotOpen));
    }
    // Closing a session that is lost ends the attempts.
    let mut pair = Pair::open();
    pair.client.handle_link_lost(1006);
    pair.client.close();
    assert_eq!(pair.client.relink([8; 16], 0, pair.now), Err(CommandError::NotLost));
    // One that was never open is not lost.
    let mut pair = Pair::new(USUAL, Limits::default());
    pair.client.handle_link_lost(1006);
    assert_eq!(pair.client.relink([8; 16], 0, pair.now), Err(CommandError::NotLost));
}

#[test]
fn refusals_say_what_was_wrong_and_send_nothing() {
    let mut router = Router::greet(USUAL);
    router.transmits();
    assert_eq!(router.client.put(1, Put::new(key("a"), ZBytes::empty())), Err(CommandError::NotOpen));
    assert_eq!(router.client.subscribe(1, key("a")), Err(CommandError::NotOpen));
    for wrong in ["", "/a", "a/", "a//b", "a/*b*", "a#", "a?", "a/**/**", "a/**/*", "a$"] {
        let error = key_expression(wrong).unwrap_err().to_string();
        assert!(error.contains("lab/tensor"), "{wrong}: {error}");
        assert!(!error.contains(".rs") && !error.contains("Invalid Key Expr"), "{wrong}: {error}");
    }
    let mut router = Router::open(USUAL);
    router.client.subscribe(1, key("a")).unwrap();
    assert_eq!(router.client.subscribe(1, key("b")), Err(CommandError::IdInUse { id: 1 }));
    assert_eq!(router.client.unsubscribe(2), Err(CommandError::UnknownId { id: 2 }));
    router.transmits();
    // One allocation, referred to sixteen times: exactly 2^30 bytes.
    let piece = Segment::from(vec![0u8; 64 << 20]);
    let huge = ZBytes::from_segments((0..16).map(|_| (piece.clone(), Mode::Borrow))).unwrap();
    let refused = router.client.put(1, Put::new(key("a"), huge.clone())).unwrap_err();
    assert!(matches!(refused, CommandError::TooLong { encoded, limit } if encoded > limit && limit == 1 << 30));
    assert!(refused.to_string().contains("at least"), "{refused}");
    assert!(router.transmits().is_empty() && router.events().is_empty());
    let block = |payload| Put { congestion: CongestionControl::Block, ..Put::new(key("a"), payload) };
    let message_len = |len| block(ZBytes::empty()).message_len(len, None);
    let head = message_len(1000).unwrap() - 1000;
    let head = head + 3; // The length field of a payload near 2^30 has three bytes more than that of 1000.
    let most = huge.slice(0..(1 << 30) - head).unwrap();
    router.client.put(1, block(most)).unwrap();
    let longer = huge.slice(0..(1 << 30) - head + 1).unwrap();
    let refused = router.client.put(2, block(longer));
    assert_eq!(refused, Err(CommandError::TooLong { encoded: (1 << 30) + 1, limit: 1 << 30 }));
    assert!(message_len((1 << 30) - head).is_ok());
    for len in [(1 << 30) - head + 1, 1 << 33, usize::MAX] {
        let refused = message_len(len);
        assert!(matches!(refused, Err(CommandError::TooLong { .. })), "{len}: {refused:?}");
    }
}

#[test]
fn puts_that_may_be_dropped_are_dropped_beyond_the_bound_and_others_wait() {
    let mut router = Router::open(USUAL);
    let piece = payload(&vec![0; 40 << 20], 1);
    router.client.put(1, Put::new(key("a"), piece.clone())).unwrap();
    router.client.subscribe(7, key("a")).unwrap();
    for (op, dropped) in [(2, 1), (5, 2)] {
        router.client.put(op, Put::new(key("a"), piece.clone())).unwrap();
        let events = router.events();
        let [Event::PutFailed(failed, error), Event::Sample(sample)] = events.as_slice() else {
            panic!("got {events:?}")
        };
        assert_eq!((*failed, error), (op, &PutError::Dropped { queued: 40 << 20, limit: 64 << 20, dropped }));
        assert!(sample.local, "congestion is no reason to withhold it from this very client");
    }
    router.client.unsubscribe(7).unwrap();
    router.client.put(3, Put { congestion: CongestionControl::Block, ..Put::new(key("a"), piece.clone()) }).unwrap();
    let sent: Vec<OpId> = router.transmits().into_iter().flat_map(|(_, parts)| parts).map(|part| part.op).collect();
    assert!(sent.contains(&1) && sent.contains(&3) && !sent.contains(&2));
    router.client.put(4, Put::new(key("a"), piece)).unwrap();
}

#[test]
fn keep_alives_go_out_and_a_silent_router_is_noticed_in_two_steps() {
    let mut router = Router::open(USUAL);
    assert_eq!(router.client.poll_timeout(), Some(10 * SECOND));
    router.now = 10 * SECOND;
    router.client.handle_timeout(router.now);
    assert!(router.client.is_open(), "suspected, not yet given up");
    // A page that was frozen finds its timer due before the messages that came meanwhile.
    router.feed(keep_alive());
    assert_eq!(router.transmits().len(), 1, "a KeepAlive answers a KeepAlive");
    router.now = 20 * SECOND;
    router.client.handle_timeout(router.now);
    router.now = 25 * SECOND;
    router.client.handle_timeout(router.now);
    assert_eq!(router.closed(), CloseCause::Silent { for_: 15 * SECOND });
    let last = router.transmits();
    let TransportBody::Close(Close { reason, .. }) = decode_transport(&last[0].0).body else { panic!("no Close") };
    assert_eq!(reason, reason::EXPIRED);
    assert_eq!(router.client.poll_timeout(), None);
}

#[test]
fn a_router_that_was_silent_for_its_lease_has_half_of_it_more() {
    let milli = Duration::from_millis(1);
    for heard in [false, true] {
        let mut router = Router::open(USUAL);
        router.client.handle_timeout(10 * SECOND);
        assert_eq!(router.client.poll_timeout(), Some(15 * SECOND));
        router.now = 15 * SECOND - milli;
        router.client.handle_timeout(router.now);
        assert!(router.client.is_open());
        if heard {
            router.feed(keep_alive());
        }
        router.client.handle_timeout(15 * SECOND);
        assert_eq!(router.client.is_open(), heard);
    }
}

#[test]
fn a_lease_of_any_length_is_survived() {
    for lease in [Duration::ZERO, Duration::from_secs(u64::MAX)] {
        let mut router = Router::greet(USUAL);
        router.feed(router.init_ack());
        router.feed(Greeting { lease, ..Greeting::default() }.open_ack());
        assert!(router.client.is_open());
        assert!(router.client.poll_timeout().is_some());
        router.client.handle_timeout(SECOND);
        assert!(router.client.poll_timeout().is_some());
    }
}

#[test]
fn an_idle_client_keeps_its_session() {
    let mut pair = Pair::open();
    pair.run(600 * SECOND);
    assert!(pair.client.is_open() && pair.take().is_empty());
    assert_eq!(pair.refused, None);
}

#[test]
fn a_router_that_falls_silent_is_noticed_and_one_that_is_slow_is_not() {
    let mut pair = Pair::open();
    pair.latency = 4 * SECOND;
    pair.run(60 * SECOND);
    assert!(pair.client.is_open());
    pair.mute = true;
    pair.run(60 * SECOND);
    assert!(matches!(pair.take().as_slice(), [Event::Closed(Ended { cause: CloseCause::Silent { .. }, .. })]));
}

#[test]
fn what_is_truncated_or_lost_on_the_way_ends_the_session_or_loses_a_sample_and_never_makes_one() {
    // A batch that is cut to nothing is what zenoh sends for a message that it gives up halfway: it loses what a lost one loses.
    for (at, keep) in (0..20).flat_map(|at| [None, Some(0), Some(3), Some(9)].map(|keep| (at, keep))) {
        let mut pair = Pair::open();
        pair.client.subscribe(1, key("**")).unwrap();
        let mut count = 0;
        pair.mangle = Some(Box::new(move |mut batch| {
            count += 1;
            if count == at + 1 {
                batch.truncate(keep?);
            }
            Some(batch)
        }));
        for _ in 0..5 {
            pair.say(&push(wire("lab/a"), &noise(150_000)), Priority::DEFAULT);
            pair.say(&push(wire("lab/b"), &noise(20)), Priority::RealTime);
        }
        pair.run(5 * SECOND);
        let (mut samples, mut closed) = (0, false);
        for event in pair.take() {
            match event {
                Event::Sample(sample) => {
                    samples += 1;
                    let len = if sample.key == "lab/a" { 150_000 } else { 20 };
                    // A frame that was cut at the border of a message is still one; a payload is whole or not there.
                    assert_eq!(flat(&sample.payload), noise(len), "batch {at} cut to {keep:?} B");
                }
                Event::Closed(ended) => {
                    closed = true;
                    assert!(!ended.cause.to_string().is_empty());
                }
                other => panic!("unexpected {other:?}"),
            }
        }
        // Each round is three fragments and a frame. What was whole before the batch has arrived in any case.
        let before = 2 * (at / 4) + usize::from(at % 4 == 3);
        if matches!(keep, None | Some(0)) {
            assert_eq!((samples, closed), (9, false), "batch {at} was lost ({keep:?}), and with it one sample");
        } else if closed {
            assert!((before..=before + 1).contains(&samples), "batch {at} cut to {keep:?} B: {samples} samples");
        } else {
            assert!((9..=10).contains(&samples), "batch {at} cut to {keep:?} B: {samples} samples");
        }
    }
}

/// A router without marks of first fragments, whose reliable lane loses the batches of `lost`, counted from 0.
fn unmarked(lost: &[usize], messages: &[(&'static str, usize)]) -> Vec<String> {
    let mut router = Router::open(Agree { patch: false, ..USUAL });
    router.client.subscribe(1, key("**")).unwrap();
    let batches: Vec<Vec<u8>> = messages.iter().flat_map(|(text, len)| router.put(wire(text), &noise(*len))).collect();
    for (_, batch) in batches.into_iter().enumerate().filter(|(i, _)| !lost.contains(i)) {
        router.feed(batch);
    }
    assert!(router.client.is_open());
    let events = router.events().into_iter().map(|event| match event {
        Event::Sample(sample) => {
            assert!(messages.iter().any(|(text, len)| sample.key == *text && flat(&sample.payload) == noise(*len)));
            sample.key
        }
        other => panic!("unexpected {other:?}"),
    });
    events.collect()
}

#[test]
fn without_marks_what_comes_after_a_gap_is_passed_over_up_to_the_end_of_a_message() {
    // Five fragments, three fragments, a frame, three fragments.
    let messages = [("a", 300_000), ("b", 150_000), ("c", 10), ("d", 150_000)];
    for (lost, left) in [
        (&[][..], &["a", "b", "c", "d"][..]),
        // Within a message: it is lost, and nothing else.
        (&[0], &["b", "c", "d"]),
        (&[2], &["b", "c", "d"]),
        (&[2, 3], &["b", "c", "d"]),
        // With its end. Where the next one begins is not known, so that one is lost too.
        (&[4], &["c", "d"]),
        (&[4, 5], &["c", "d"]),
        // A frame is always whole, and shows where messages end.
        (&[7], &["a", "c", "d"]),
        (&[5, 6, 7], &["a", "c", "d"]),
        // With a frame that stood before it.
        (&[8], &["a", "b"]),
        (&[11], &["a", "b", "c"]),
    ] {
        assert_eq!(unmarked(lost, &messages), left, "without {lost:?}");
    }
}

#[test]
fn servers_that_are_no_router_are_told_apart() {
    let mut silent = Router::greet(USUAL);
    silent.now = HANDSHAKE_TIMEOUT;
    silent.client.handle_timeout(silent.now);
    let cause = silent.closed();
    assert_eq!(cause, CloseCause::NoAnswer { after: HANDSHAKE_TIMEOUT, answered: false });
    assert!(cause.to_string().contains("first"), "{cause}");
    // One that answers the first step has as long again for the second.
    let mut slow = Router::greet(USUAL);
    slow.now = HANDSHAKE_TIMEOUT - SECOND;
    slow.feed(slow.init_ack());
    let due = slow.now + HANDSHAKE_TIMEOUT;
    assert_eq!(slow.client.poll_timeout(), Some(due));
    slow.client.handle_timeout(due - Duration::from_millis(1));
    assert!(!slow.client.is_over() && slow.events().is_empty());
    slow.client.handle_timeout(due);
    let cause = slow.closed();
    assert_eq!(cause, CloseCause::NoAnswer { after: HANDSHAKE_TIMEOUT, answered: true });
    assert!(cause.to_string().contains("second"), "{cause}");
    let mut babbling = Router::greet(USUAL);
    babbling.feed(b"HTTP/1.1 200 OK".to_vec());
    assert!(matches!(babbling.closed(), CloseCause::Malformed(_) | CloseCause::OutOfTurn { opening: true }));
    let mut refusing = Router::greet(USUAL);
    refusing.feed(transport(TransportBody::Close(Close { reason: reason::MAX_SESSIONS, session: true })));
    let cause = refusing.closed();
    assert_eq!(cause, CloseCause::ByRouter { reason: reason::MAX_SESSIONS, opening: true });
    assert!(cause.to_string().contains("refused the session"), "{cause}");
    let mut empty = Router::greet(USUAL);
    empty.feed(Vec::new());
    assert_eq!(empty.closed(), CloseCause::EmptyBatch);
    let mut tiny = Router::greet(Agree { batch_size: 63, ..USUAL });
    tiny.feed(tiny.init_ack());
    tiny.feed(tiny.open_ack());
    assert_eq!(tiny.closed(), CloseCause::SmallBatch { offered: 63 });
}

#[test]
fn numbers_for_keys_are_resolved_and_bounded() {
    let mut router = Router::open(USUAL);
    router.client.subscribe(1, key("**")).unwrap();
    for message in [declare_key(4, wire("lab")), declare_key(5, WireExpr { scope: 4, ..wire("/arm") })] {
        let batch = router.lane(&message).remove(0);
        router.feed(batch);
    }
    let batch = router.put(WireExpr { scope: 5, ..wire("/joint") }, b"x").remove(0);
    router.feed(batch);
    let events = router.events();
    let [Event::Sample(sample)] = events.as_slice() else { panic!("expected one sample, got {events:?}") };
    assert_eq!(sample.key, "lab/arm/joint");

    let unknown = router.put(WireExpr { scope: 6, ..wire("") }, b"x").remove(0);
    router.feed(unknown);
    assert!(router.closed().to_string().contains("number 6"));

    let mut greedy = Router::open(USUAL);
    for id in 1..=Limits::default().key_expressions as u16 + 1 {
        let batch = greedy.lane(&declare_key(id, wire("a"))).remove(0);
        greedy.feed(batch);
    }
    assert_eq!(greedy.closed(), CloseCause::TooManyKeys { limit: 4096 });

    let mut growing = Router::open(USUAL);
    for id in 2..10 {
        let batch = growing
            .lane(&declare_key(id, WireExpr { scope: if id == 2 { 0 } else { id - 1 }, ..wire(&"a".repeat(30_000)) }))
            .remove(0);
        growing.feed(batch);
    }
    assert!(matches!(growing.closed(), CloseCause::Key { .. }));

    let mut invalid = Router::open(USUAL);
    let batch = invalid.put(wire("a//b"), b"x").remove(0);
    invalid.feed(batch);
    assert!(matches!(invalid.closed(), CloseCause::Key { .. }));
}

#[test]
fn reassembly_is_bounded_and_survives_gaps() {
    let limits = Limits { reassembly_bytes: 100_000, reassembly_fragments: 4, ..Limits::default() };
    let bounded = |agree| {
        let mut router = Router::open(agree);
        router.client.config.limits = limits;
        router.client.subscribe(1, key("**")).unwrap();
        router
    };
    let mut long = bounded(USUAL);
    for batch in long.put(wire("a"), &noise(200_000)) {
        long.feed(batch);
    }
    assert_eq!(long.closed(), CloseCause::Reassembly { what: "bytes", limit: 100_000 });
    let mut many = bounded(Agree { batch_size: 1000, ..USUAL });
    for batch in many.put(wire("a"), &noise(10_000)) {
        many.feed(batch);
    }
    assert_eq!(many.closed(), CloseCause::Reassembly { what: "fragments", limit: 4 });

    for patch in [true, false] {
        let mut lossy = Router::open(Agree { patch, ..USUAL });
        lossy.client.subscribe(1, key("**")).unwrap();
        for (i, batch) in lossy.put(wire("a"), &noise(300_000)).into_iter().enumerate() {
            if i != 2 {
                lossy.feed(batch);
            }
        }
        for batch in lossy.put(wire("b"), &noise(150_000)) {
            lossy.feed(batch);
        }
        let keys: Vec<String> = lossy
            .events()
            .into_iter()
            .filter_map(|event| match event {
                Event::Sample(sample) => Some(sample.key),
                _ => None,
            })
            .collect();
        assert_eq!(keys, ["b"]);
    }
}

#[test]
fn old_and_repeated_frames_are_passed_over_and_impossible_numbers_end_the_session() {
    let mut router = Router::open(Agree { bits: Bits::U8, ..USUAL });
    router.client.subscribe(1, key("**")).unwrap();
    let batch = router.put(wire("a"), b"x").remove(0);
    router.feed(batch.clone());
    router.feed(batch);
    assert_eq!(router.events().len(), 1);
    router.sn = 0x80;
    let batch = router.put(wire("a"), b"x").remove(0);
    router.feed(batch);
    assert_eq!(router.closed(), CloseCause::SequenceNumber { found: 0x80, largest: 0x7f });

    let mut flat = Router::open(Agree { qos: false, ..USUAL });
    let header = FrameHeader {
        reliability: Reliability::Reliable,
        sn: 77,
        ext_qos: frame::ext::QoSType::new(Priority::RealTime),
    };
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    flat.feed(batch);
    assert_eq!(flat.closed(), CloseCause::Priority);
}

#[test]
fn closing_tells_the_router_and_gives_up_what_waits() {
    let mut router = Router::open(USUAL);
    router.client.put(1, Put::new(key("a"), payload(&noise(100_000), 1))).unwrap();
    router.client.close();
    assert_eq!(router.closed(), CloseCause::ByUs);
    let last = router.transmits();
    assert_eq!(last.len(), 1);
    assert!(matches!(decode_transport(&last[0].0).body, TransportBody::Close(_)));
    assert_eq!(router.client.put(2, Put::new(key("a"), ZBytes::empty())), Err(CommandError::NotOpen));
}

/// Batches that begin like real ones, so that mutations reach deep.
fn batches() -> Vec<Vec<u8>> {
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

/// Whatever came: no panic, and either the session goes on or it ends once, with a cause in words.
fn survive(router: &mut Router, batches: Vec<Vec<u8>>) {
    let mut ends = 0;
    for batch in batches {
        router.feed(batch);
        for event in router.events() {
            match event {
                Event::Closed(ended) => {
                    ends += 1;
                    assert!(!ended.cause.to_string().is_empty());
                }
                // What refers to received bytes can be read.
                Event::Sample(sample) => assert_eq!(flat(&sample.payload).len(), sample.payload.len()),
                _ => {}
            }
        }
        router.transmits();
    }
    assert_eq!(ends == 1, router.client.is_over());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(2000)))]

    #[test]
    fn property_noise_gives_errors_and_never_a_panic(
        noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8),
        open in any::<bool>(),
    ) {
        let mut router = if open { Router::open(USUAL) } else { Router::greet(USUAL) };
        survive(&mut router, noise);
    }

    #[test]
    fn property_mutated_and_truncated_batches_give_errors_and_never_a_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), any::<prop::sample::Index>()), 1..8),
        open in any::<bool>(),
        patch in any::<bool>(),
    ) {
        let agree = Agree { patch, ..USUAL };
        let mut router = if open { Router::open(agree) } else { Router::greet(agree) };
        if open {
            router.client.subscribe(1, key("**")).unwrap();
        }
        let templates = batches();
        let mutated = picks.into_iter().map(|(which, changes, cut)| {
            let mut batch = which.get(&templates).clone();
            for (at, value) in changes {
                let at = at.index(batch.len());
                batch[at] = value;
            }
            // One in two is cut short.
            let keep = cut.index(batch.len() * 2).min(batch.len());
            batch.truncate(keep);
            batch
        }).collect();
        survive(&mut router, mutated);
    }

    #[test]
    fn property_any_payload_in_any_cut_is_gathered_byte_by_byte(
        lens in prop::collection::vec(0usize..3000, 0..40),
        batch_size in 64u16..2000,
    ) {
        let mut router = Router::open(Agree { batch_size, ..USUAL });
        let model = noise(lens.iter().sum());
        let mut at = 0;
        let segments: Vec<(Segment, Mode)> = lens.iter().map(|len| {
            at += len;
            (Segment::from(model[at - len..at].to_vec()), Mode::Borrow)
        }).collect();
        router.client.put(1, Put::new(key("k"), ZBytes::from_segments(segments).unwrap())).unwrap();
        let batches: Vec<Vec<u8>> = router.transmits().into_iter().map(|(batch, _)| batch).collect();
        let pushes = received(&batches, first_sn(), 0x0fff_ffff);
        let PushBody::Put(put) = &pushes[0].payload else { panic!("no put") };
        let sent = put.payload.to_zslice();
        prop_assert_eq!(sent.as_slice(), &model[..]);
    }
}
