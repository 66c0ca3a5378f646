//! Puts: how they are cut, planned, refused, dropped, and delivered locally.

use std::time::Duration;

use zbytes::{
    ledger::Stage,
    payload::ZBytes,
    segment::{Mode, Segment},
};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::Bits,
    transport::{Fragment, Frame, TransportBody},
    zenoh::PushBody,
};

use super::{
    pair::*,
    router::{Router, first_sn, received},
};
use crate::client::*;

#[test]
fn puts_of_every_size_arrive_whole_and_are_gathered_once() {
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
pub(super) fn cuts(batches: &[Vec<u8>], len: usize) -> Vec<usize> {
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
    let mut stamps = stamp::Stamps::of("8f2c61d0".parse().unwrap());
    let usual = || Put { congestion_control: CongestionControl::Block, ..Put::new(key("lab/tensor"), ZBytes::empty()) };
    let attachment = |len| Some(payload(&noise(len), 2));
    let encoded = |text: &str| SampleKind::Put { payload: ZBytes::empty(), encoding: text.parse().unwrap() };
    let schema = |len| encoded(&format!("text/plain;{}", "x".repeat(len)));
    let stamp = Some(stamps.stamp(Duration::from_secs(1_800_000_000)));
    vec![
        ("nothing", usual()),
        ("a short key", Put { key_expr: key("k"), ..usual() }),
        ("a long key", Put { key_expr: key(&"k".repeat(3000)), ..usual() }),
        ("DROP", Put { congestion_control: CongestionControl::Drop, ..usual() }),
        ("priority", Put { priority: Priority::RealTime, ..usual() }),
        ("best effort", Put { reliability: Reliability::BestEffort, ..usual() }),
        ("express", Put { express: true, ..usual() }),
        ("an encoding", Put { kind: encoded("image/png"), ..usual() }),
        ("an own encoding", Put { kind: encoded("lab/tensor"), ..usual() }),
        ("a schema", Put { kind: schema(255), ..usual() }),
        ("a timestamp", Put { timestamp: stamp, ..usual() }),
        ("a number", Put { numbered: Some(20), ..usual() }),
        ("an empty attachment", Put { attachment: Some(ZBytes::empty()), ..usual() }),
        ("an attachment of 300 B", Put { attachment: attachment(300), ..usual() }),
        ("an attachment of 70,000 B", Put { attachment: attachment(70_000), ..usual() }),
        (
            "everything",
            Put {
                attachment: attachment(300),
                kind: schema(100),
                timestamp: stamp,
                numbered: Some(47),
                congestion_control: CongestionControl::Drop,
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
            for batch_size in [crate::link::MIN_BATCH, 256, 1024, u16::MAX] {
                let agree = Agree { qos, patch, batch_size, bits };
                for (what, put) in kinds_of_puts() {
                    // So many that a frame, or the last fragment, is exactly full for some.
                    let room = usize::from(batch_size);
                    for len in [0, 1, 50, 300, room - 30, room - 18, room, 2 * room - 10, 3 * room, 5000] {
                        let (mut router, info) = Router::opened(agree);
                        let source = put.numbered.map(|publisher| SourceInfo {
                            source_id: router.client.source_id(publisher),
                            source_sn: 0,
                        });
                        let plan = put.plan(len, source, &info.agreed());
                        let encoding = put.kind.encoding().unwrap().clone();
                        let kind = SampleKind::Put { payload: payload(&noise(len), 3), encoding };
                        router.client.put(1, Put { kind, ..put.clone() }).unwrap();
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
        let source = Some(SourceInfo { source_id: router.client.source_id(20), source_sn: sn });
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
fn own_subscribers_get_one_sample_over_the_same_memory() {
    let mut router = Router::open(USUAL);
    router.client.declare_subscriber(1, key("lab/*")).unwrap();
    router.client.declare_subscriber(2, key("lab/tensor")).unwrap();
    router.client.declare_subscriber(3, key("other")).unwrap();
    let sent = payload(b"abc", 1);
    let address = sent.segments()[0].as_linear().unwrap().as_ptr();
    router.client.put(9, Put::new(key("lab/tensor"), sent)).unwrap();
    let events = router.events();
    let [Event::Sample(sample)] = events.as_slice() else { panic!("expected one sample, got {events:?}") };
    assert!(sample.local);
    assert_eq!(sample.subscribers, [1, 2]);
    assert_eq!(sample.kind.payload().unwrap().segments()[0].as_linear().unwrap().as_ptr(), address);
    router.client.undeclare(1).unwrap();
    router.client.undeclare(2).unwrap();
    router.client.put(10, Put::new(key("lab/tensor"), payload(b"abc", 1))).unwrap();
    assert!(router.events().is_empty());
}

#[test]
fn puts_of_every_size_leave_a_narrow_link_in_their_order() {
    let mut pair = Pair::open();
    (pair.narrow, pair.latency) = (2, Duration::from_millis(30));
    let sizes = [1usize, 200_000, 64, 64, 70_000, 0, 65_400, 65_500, 1_000_000, 5];
    for (op, len) in sizes.into_iter().enumerate() {
        let put = Put {
            congestion_control: CongestionControl::Block,
            ..Put::new(key(&format!("k{op}")), payload(&noise(len), 3))
        };
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
fn puts_beyond_the_queue_are_refused_until_some_have_left() {
    let limits = Limits { queued_messages: 3, ..Limits::default() };
    let mut pair = Pair::new(USUAL, limits);
    pair.run(SECOND);
    let put = || Put { congestion_control: CongestionControl::Block, ..Put::new(key("k"), payload(&noise(10), 1)) };
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
fn refusals_say_what_was_wrong_and_send_nothing() {
    let mut router = Router::greet(USUAL);
    router.transmits();
    assert_eq!(router.client.put(1, Put::new(key("a"), ZBytes::empty())), Err(CommandError::NotOpen));
    assert_eq!(router.client.declare_subscriber(1, key("a")), Err(CommandError::NotOpen));
    for wrong in ["", "/a", "a/", "a//b", "a/*b*", "a#", "a?", "a/**/**", "a/**/*", "a$"] {
        let error = KeyExpr::new(wrong).unwrap_err().to_string();
        assert!(error.starts_with(&format!("“{wrong}” is not a key expression: ")), "{wrong}: {error}");
        assert!(!error.contains(".rs") && !error.contains("Invalid Key Expr"), "{wrong}: {error}");
    }
    let mut router = Router::open(USUAL);
    router.client.declare_subscriber(1, key("a")).unwrap();
    assert_eq!(router.client.declare_subscriber(1, key("b")), Err(CommandError::IdInUse { id: 1 }));
    assert_eq!(router.client.undeclare(2), Err(CommandError::UnknownId { id: 2 }));
    router.transmits();
    // One allocation, referred to sixteen times: exactly 2^30 bytes.
    let piece = Segment::from(vec![0u8; 64 << 20]);
    let huge = ZBytes::from_segments((0..16).map(|_| (piece.clone(), Mode::Borrow))).unwrap();
    let refused = router.client.put(1, Put::new(key("a"), huge.clone())).unwrap_err();
    assert!(matches!(refused, CommandError::TooLong { encoded, limit } if encoded > limit && limit == 1 << 30));
    assert!(refused.to_string().contains("at most 1,073,741,824 B"), "{refused}");
    assert!(router.transmits().is_empty() && router.events().is_empty());
    let block = |payload| Put { congestion_control: CongestionControl::Block, ..Put::new(key("a"), payload) };
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
fn beyond_the_bound_puts_with_drop_are_dropped_and_others_wait() {
    let mut router = Router::open(USUAL);
    let piece = payload(&vec![0; 40 << 20], 1);
    router.client.put(1, Put::new(key("a"), piece.clone())).unwrap();
    router.client.declare_subscriber(7, key("a")).unwrap();
    for (op, dropped) in [(2, 1), (5, 2)] {
        router.client.put(op, Put::new(key("a"), piece.clone())).unwrap();
        let events = router.events();
        let [Event::PutFailed(failed, error), Event::Sample(sample)] = events.as_slice() else {
            panic!("got {events:?}")
        };
        assert_eq!((*failed, error), (op, &PutError::Dropped { queued: 40 << 20, limit: 64 << 20, dropped }));
        assert!(sample.local, "congestion is not a reason to withhold it from this very client");
    }
    router.client.undeclare(7).unwrap();
    router
        .client
        .put(3, Put { congestion_control: CongestionControl::Block, ..Put::new(key("a"), piece.clone()) })
        .unwrap();
    let sent: Vec<OpId> = router.transmits().into_iter().flat_map(|(_, parts)| parts).map(|part| part.op).collect();
    assert!(sent.contains(&1) && sent.contains(&3) && !sent.contains(&2));
    router.client.put(4, Put::new(key("a"), piece)).unwrap();
}

#[test]
fn a_buffer_that_is_too_short_is_made_longer_and_loses_no_batch() {
    let mut router = Router::greet(USUAL);
    router.batch.clear();
    assert_eq!(router.transmits().len(), 1, "InitSyn");
    router.feed(router.init_ack());
    router.batch.truncate(1);
    assert_eq!(router.transmits().len(), 1, "OpenSyn");
    router.feed(router.open_ack());
    router.events();
    router.batch.truncate(1);
    router.client.put(1, Put::new(key("a"), payload(&noise(100_000), 2))).unwrap();
    assert_eq!(router.transmits().len(), 2, "both fragments");
}
