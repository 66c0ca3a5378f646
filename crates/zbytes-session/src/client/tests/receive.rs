//! What comes in: whole, cut, truncated, repeated, or noise.

use proptest::prelude::*;
use zbytes::{
    payload::ZBytes,
    segment::{Mode, Segment},
};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Bits, WireExpr},
    transport::{FrameHeader, frame},
    zenoh::PushBody,
};

use super::{
    pair::*,
    router::{Router, batches, first_sn, received},
};
use crate::client::*;

#[test]
fn samples_refer_to_the_received_batches_and_copy_nothing() {
    for len in [0, 1, 65_000, 70_000, 1_000_000] {
        let mut router = Router::open(USUAL);
        router.client.declare_subscriber(3, key("lab/**")).unwrap();
        router.transmits();
        let bytes = noise(len);
        let batches = router.put(wire("lab/pose"), &bytes);
        let count = batches.len();
        for batch in batches {
            router.feed(batch);
        }
        let events = router.events();
        let [Event::Sample(sample)] = events.as_slice() else { panic!("expected one sample, got {events:?}") };
        assert_eq!(
            (sample.key_expr.as_str(), sample.local, sample.subscribers.as_slice()),
            ("lab/pose", false, &[3][..])
        );
        assert_eq!(sample.kind.payload().unwrap().segments().len(), if len == 0 { 0 } else { count });
        assert_eq!(router.client.received().total(), 0);
        assert_eq!(flat(sample.kind.payload().unwrap()), bytes);
    }
}

#[test]
fn truncated_and_lost_batches_never_make_a_sample() {
    // A batch that is cut to nothing is what zenoh sends for a message that it gives up halfway. It
    // loses what a lost one loses.
    for (at, keep) in (0..20).flat_map(|at| [None, Some(0), Some(3), Some(9)].map(|keep| (at, keep))) {
        let mut pair = Pair::open();
        pair.client.declare_subscriber(1, key("**")).unwrap();
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
                    let len = if sample.key_expr == "lab/a" { 150_000 } else { 20 };
                    // A frame that was cut at the border of a message is still one; a payload is
                    // whole or not there.
                    assert_eq!(flat(sample.kind.payload().unwrap()), noise(len), "batch {at} cut to {keep:?} B");
                }
                Event::Closed(ended) => {
                    closed = true;
                    assert!(!ended.cause.to_string().is_empty());
                }
                other => panic!("unexpected {other:?}"),
            }
        }
        // Each round is three fragments and a frame. What was whole before the batch has arrived in
        // any case.
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

/// A router without marks of first fragments, whose reliable lane loses the batches of `lost`,
/// counted from 0.
fn unmarked(lost: &[usize], messages: &[(&'static str, usize)]) -> Vec<String> {
    let mut router = Router::open(Agree { patch: false, ..USUAL });
    router.client.declare_subscriber(1, key("**")).unwrap();
    let batches: Vec<Vec<u8>> = messages.iter().flat_map(|(text, len)| router.put(wire(text), &noise(*len))).collect();
    for (_, batch) in batches.into_iter().enumerate().filter(|(i, _)| !lost.contains(i)) {
        router.feed(batch);
    }
    assert!(router.client.is_open());
    let events = router.events().into_iter().map(|event| match event {
        Event::Sample(sample) => {
            assert!(
                messages
                    .iter()
                    .any(|(text, len)| sample.key_expr == *text && flat(sample.kind.payload().unwrap()) == noise(*len))
            );
            sample.key_expr.to_string()
        }
        other => panic!("unexpected {other:?}"),
    });
    events.collect()
}

#[test]
fn without_marks_a_gap_is_passed_over_to_the_end_of_a_message() {
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
        // A number that does not come between two messages: zenoh 1.0 passes over some.
        (&[8], &["a", "b", "d"]),
        (&[11], &["a", "b", "c"]),
    ] {
        assert_eq!(unmarked(lost, &messages), left, "without {lost:?}");
    }
}

#[test]
fn numbers_for_keys_are_resolved_and_bounded() {
    let mut router = Router::open(USUAL);
    router.client.declare_subscriber(1, key("**")).unwrap();
    for message in [declare_key(4, wire("lab")), declare_key(5, WireExpr { scope: 4, ..wire("/arm") })] {
        let batch = router.lane(&message).remove(0);
        router.feed(batch);
    }
    let batch = router.put(WireExpr { scope: 5, ..wire("/joint") }, b"x").remove(0);
    router.feed(batch);
    let events = router.events();
    let [Event::Sample(sample)] = events.as_slice() else { panic!("expected one sample, got {events:?}") };
    assert_eq!(sample.key_expr, "lab/arm/joint");

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
        router.client.declare_subscriber(1, key("**")).unwrap();
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
        lossy.client.declare_subscriber(1, key("**")).unwrap();
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
                Event::Sample(sample) => Some(sample.key_expr.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(keys, ["b"]);
    }
}

#[test]
fn old_frames_are_passed_over_and_impossible_numbers_end_all() {
    let mut router = Router::open(Agree { bits: Bits::U8, ..USUAL });
    router.client.declare_subscriber(1, key("**")).unwrap();
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
        reliability: Reliability::Reliable.to_wire(),
        sn: 77,
        ext_qos: frame::ext::QoSType::new(Priority::RealTime.to_wire()),
    };
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    flat.feed(batch);
    assert_eq!(flat.closed(), CloseCause::Priority);
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
                // A change of one bit makes a delete of a put, and that has no payload.
                Event::Sample(sample) => {
                    let payload = sample.kind.payload().cloned().unwrap_or_else(ZBytes::empty);
                    assert_eq!(flat(&payload).len(), payload.len());
                }
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
    fn property_mutated_and_truncated_batches_never_panic(
        picks in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), any::<prop::sample::Index>()), 1..8),
        open in any::<bool>(),
        patch in any::<bool>(),
    ) {
        let agree = Agree { patch, ..USUAL };
        let mut router = if open { Router::open(agree) } else { Router::greet(agree) };
        if open {
            router.client.declare_subscriber(1, key("**")).unwrap();
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
