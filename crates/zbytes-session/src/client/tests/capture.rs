//! Recording, against the scripted router.

use std::time::Duration;

use zbytes::ledger::Ledger;

use super::pair::*;
use crate::{
    client::{
        capture::{Bounds, Frame, Taken, Traced, Way, frames_of},
        *,
    },
    wire::{Carries, Kind, dissect},
};

const ROOM: Bounds = Bounds { frames: 1000, bytes: 1 << 24 };

fn recording(agree: Agree) -> Pair {
    let mut pair = Pair::new(agree, Limits::default());
    pair.client.capture(Some(ROOM));
    pair.run(SECOND);
    pair
}

fn kinds(taken: &Taken) -> Vec<(Way, Kind)> {
    taken.frames.iter().map(|frame| (frame.way, frame.summary.kind)).collect()
}

/// The payload bytes of a message, from the bytes and spans of its frames.
fn payload_of(frames: &[&Frame]) -> Vec<u8> {
    let mut payload = Vec::new();
    for frame in frames {
        let bytes = flat(&frame.bytes);
        let dissection = dissect(&bytes, frame.begun.as_ref());
        assert_eq!(dissection.error, None);
        for carried in frame.summary.carried.iter().filter(|carried| carried.what == Carries::Payload) {
            assert_eq!(carried.offset, payload.len());
            payload.extend(&bytes[carried.start..carried.start + carried.len]);
        }
    }
    payload
}

#[test]
fn recording_begins_when_asked_for_and_changes_no_count() {
    let run = |bounds: Option<Bounds>| {
        let mut pair = Pair::new(USUAL, Limits::default());
        pair.client.capture(bounds);
        pair.run(SECOND);
        pair.client.put(1, Put::new(key("lab/x"), payload(&noise(200_000), 3))).unwrap();
        pair.run(SECOND);
        let ledger = pair.parts.iter().find_map(|part| part.last.clone()).unwrap().1;
        (pair.client.captured(None), ledger.total(), pair.client.received().metadata(), *pair.client.stats())
    };
    let (silent, recorded) = (run(None), run(Some(ROOM)));
    assert!(silent.0.frames.is_empty());
    assert_eq!((silent.0.recorded, silent.0.copied, silent.0.oldest), (0, 0, 0));
    assert_eq!((silent.1, silent.2, silent.3), (recorded.1, recorded.2, recorded.3));
    // What leaves is copied once; what arrives is linear memory here, so it is only kept.
    let out: usize =
        recorded.0.frames.iter().filter(|frame| frame.way == Way::Out).map(|frame| frame.bytes.len()).sum();
    assert_eq!(out as u64, recorded.3.sent.bytes);
    assert!(recorded.0.copied >= out as u64);
}

#[test]
fn the_handshake_and_a_put_in_fragments_are_recorded_in_order() {
    for agree in [USUAL, Agree { patch: false, ..USUAL }, Agree { qos: false, batch_size: 3000, ..USUAL }] {
        let mut pair = recording(agree);
        let handshake =
            [(Way::Out, Kind::InitSyn), (Way::In, Kind::InitAck), (Way::Out, Kind::OpenSyn), (Way::In, Kind::OpenAck)];
        assert_eq!(kinds(&pair.client.captured(None)), handshake);
        let bytes = noise(200_000);
        pair.client.put(7, Put::new(key("lab/large"), payload(&bytes, 3))).unwrap();
        pair.client.put(8, Put::new(key("lab/small"), payload(&bytes[..10], 1))).unwrap();
        pair.run(SECOND);
        let taken = pair.client.captured(Some(3));
        let own: Vec<&Frame> = taken.frames.iter().filter(|frame| frame.ops == [7]).collect();
        assert!(payload_of(&own) == bytes);
        for (at, frame) in own.iter().enumerate() {
            let place = frame.place.unwrap();
            assert_eq!((place.index, place.message), (at, own[0].place.unwrap().message));
            assert_eq!(frame.summary.first, at == 0 && agree.patch);
            assert_eq!(frame.summary.keys.is_empty(), at > 0);
        }
        let small = taken.frames.iter().find(|frame| frame.ops == [8]).unwrap();
        assert_eq!((small.place, small.summary.keys.as_slice()), (None, ["lab/small".into()].as_slice()));
        let numbers: Vec<u64> = taken.frames.iter().map(|frame| frame.number).collect();
        assert!(numbers.iter().copied().eq(4..taken.recorded));
    }
}

#[test]
fn what_arrives_in_fragments_of_two_lanes_at_once_is_told_apart() {
    let mut pair = recording(USUAL);
    let texts = [noise(150_000), noise(140_000).into_iter().rev().collect::<Vec<_>>()];
    let [one, two] = [Priority::Data, Priority::RealTime].map(|priority| {
        let text = if priority == Priority::Data { &texts[0] } else { &texts[1] };
        pair.batches(&push(wire("lab/in"), text), priority)
    });
    for (one, two) in one.into_iter().zip(two) {
        pair.hand(one);
        pair.hand(two);
    }
    let taken = pair.client.captured(None);
    let arrived: Vec<&Frame> = taken.frames.iter().filter(|frame| frame.summary.kind == Kind::Fragment).collect();
    let first = arrived[0].place.unwrap().message;
    let (one, two): (Vec<&Frame>, Vec<&Frame>) =
        arrived.into_iter().partition(|frame| frame.place.unwrap().message == first);
    assert!(payload_of(&one) == texts[0] && payload_of(&two) == texts[1]);
}

#[test]
fn recording_from_within_a_message_says_what_it_lacks() {
    let mut pair = Pair::open();
    let batches = pair.batches(&push(wire("lab/in"), &noise(250_000)), Priority::Data);
    let next = pair.batches(&push(wire("lab/in"), &noise(100_000)), Priority::Data);
    for (at, batch) in batches.into_iter().chain(next).enumerate() {
        if at == 2 {
            pair.client.capture(Some(ROOM));
        }
        pair.hand(batch);
    }
    let taken = pair.client.captured(None);
    let places: Vec<(u64, usize, bool)> = taken
        .frames
        .iter()
        .map(|frame| (frame.place.unwrap().message, frame.place.unwrap().index, frame.begun.is_some()))
        .collect();
    assert_eq!(places, [(1, 0, false), (1, 1, false), (2, 0, true), (2, 1, true)]);
    let next: Vec<&Frame> = taken.frames.iter().filter(|frame| frame.begun.is_some()).collect();
    assert!(payload_of(&next) == noise(100_000));
}

#[test]
fn the_bounds_hold_and_what_was_taken_can_be_held_for_longer() {
    let mut pair = Pair::open();
    pair.client.capture(Some(Bounds { frames: 10, bytes: 200_000 }));
    pair.client.put(1, Put::new(key("lab/x"), payload(&noise(2_000_000), 2))).unwrap();
    pair.run(SECOND);
    let taken = pair.client.captured(None);
    // Three whole batches and a shorter one fit.
    assert_eq!(taken.frames.len(), 3 + usize::from(taken.frames.last().unwrap().bytes.len() < 3395));
    assert_eq!(taken.oldest, taken.frames[0].number);
    assert_eq!(taken.recorded, taken.frames.last().unwrap().number + 1);
    let held = taken.frames[0].clone();
    for op in 2..40 {
        pair.client.put(op, Put { express: true, ..Put::new(key("lab/y"), payload(b"small", 1)) }).unwrap();
        pair.run(SECOND / 100);
    }
    let later = pair.client.captured(Some(held.number));
    assert!(later.frames.len() <= 10 && later.frames[0].number == later.oldest);
    assert_eq!(held.bytes.len(), flat(&held.bytes).len());
    assert!(pair.client.captured(Some(later.recorded - 1)).frames.is_empty());
    assert!(pair.client.captured(Some(u64::MAX)).frames.is_empty());
    pair.client.capture(None);
    assert!(pair.client.captured(None).frames.is_empty());
}

#[test]
fn recording_goes_on_over_a_lost_session() {
    let mut pair = recording(USUAL);
    pair.client.handle_link_lost(1006);
    pair.relink();
    pair.run(SECOND);
    assert!(pair.client.is_open());
    let opened = kinds(&pair.client.captured(None)).iter().filter(|kind| **kind == (Way::In, Kind::OpenAck)).count();
    assert_eq!(opened, 2);
}

#[test]
fn a_message_that_is_given_up_ends_its_lane() {
    let mut pair = recording(USUAL);
    let large = push(wire("lab/in"), &noise(250_000));
    let batches = pair.batches(&large, Priority::Data);
    let rest = batches.len() - 2;
    for batch in batches.into_iter().take(2) {
        pair.hand(batch);
    }
    let given_up = pair.drop_fragment(Priority::Data, rest);
    pair.hand(given_up);
    for batch in pair.batches(&large, Priority::Data) {
        pair.hand(batch);
    }
    let taken = pair.client.captured(None);
    let dropped = taken.frames.iter().find(|frame| frame.summary.dropped).unwrap();
    let after: Vec<&Frame> = taken.frames.iter().filter(|frame| frame.number > dropped.number).collect();
    assert_eq!(dropped.place.unwrap().index, 2);
    assert!(after.iter().all(|frame| frame.place.unwrap().message == dropped.place.unwrap().message + 1));
    assert!(payload_of(&after) == noise(250_000));
}

/// What differs in no way between a batch that was recorded and the same one by reference.
fn essence(frame: &Frame) -> (Duration, Way, Vec<u8>, String, Option<usize>, String, Vec<OpId>) {
    let Frame { at, way, bytes, summary, place, begun, ops, .. } = frame;
    let index = place.map(|place| place.index);
    (*at, *way, flat(bytes), format!("{summary:?}"), index, format!("{begun:?}"), ops.clone())
}

#[test]
fn a_traced_put_has_the_frames_that_were_recorded() {
    let agreements = [
        USUAL,
        Agree { patch: false, ..USUAL },
        Agree { qos: false, batch_size: 3000, ..USUAL },
        Agree { patch: false, batch_size: 300, ..USUAL },
    ];
    let with: [fn(Put) -> Put; 6] = [
        |put| put,
        |put| Put { express: true, priority: Priority::RealTime, ..put },
        |put| Put { attachment: Some(payload(&noise(300), 2)), ..put },
        |put| Put { numbered: Some(9), reliability: Reliability::BestEffort, ..put },
        |put| Put { timestamp: Some(Timestamp::new(1 << 40, ZenohId::new([3; 16]).unwrap())), ..put },
        |put| Put { kind: SampleKind::Delete, attachment: Some(payload(b"gone", 1)), ..put },
    ];
    for agree in agreements {
        let mut pair = recording(agree);
        let mut op = 0;
        for (len, cuts) in [(0, 1), (1, 1), (2_900, 3), (65_490, 2), (200_000, 1), (200_000, 1_000)] {
            for with in with {
                // Small ones share their batch: one before the traced put, and one behind it.
                let before = pair.client.captured(None).recorded.checked_sub(1);
                let small = |op| Put { traced: false, ..Put::new(key("lab/small"), payload(&[op as u8; 7], 1)) };
                let put = with(Put { traced: true, ..Put::new(key("lab/traced"), payload(&noise(len), cuts)) });
                pair.client.put(op, small(op)).unwrap();
                pair.client.put(op + 1, put).unwrap();
                pair.client.put(op + 2, small(op)).unwrap();
                pair.run(SECOND);
                let taken = pair.client.captured(before);
                let own = taken.frames.iter().filter(|frame| frame.ops.contains(&(op + 1)));
                let recorded: Vec<_> = own.map(essence).collect();
                let mut ledger = Ledger::new();
                let traces = std::mem::take(&mut pair.traces);
                let frames = frames_of(&traces, 70, &mut ledger);
                let traced: Vec<_> = frames.iter().map(essence).collect();
                assert!(!recorded.is_empty());
                assert!(traced == recorded, "{} B, {len} B in {cuts}, put {op}", agree.batch_size);
                assert_eq!(ledger.total(), 0, "no payload byte is copied");
                let bodies = frames.iter().flat_map(|frame| &frame.summary.carried).map(|carried| carried.len);
                let all: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
                // A short payload behind an attachment that is in fragments is a body, and not in the summary.
                let read = ledger.metadata() as usize;
                assert!(read > 0 && read <= all - bodies.sum::<usize>(), "headers alone are read: {read} of {all}");
                op += 3;
            }
        }
        // A put that does not ask for it is not traced, also when it is the only one.
        pair.client.put(op, Put::new(key("lab/x"), payload(&noise(90_000), 1))).unwrap();
        pair.run(SECOND);
        assert!(pair.traces.is_empty());
    }
}

#[test]
fn a_traced_put_shares_the_memory_of_its_owners() {
    let mut pair = Pair::open();
    let bytes = payload(&noise(100_000), 2);
    let address = |segment: &zbytes::segment::Segment| segment.as_linear().unwrap().as_ptr_range();
    let owners: Vec<_> = bytes.segments().iter().map(address).collect();
    pair.client.put(1, Put { traced: true, ..Put::new(key("lab/x"), bytes.clone()) }).unwrap();
    pair.run(SECOND);
    let parts = pair.traces.iter().flat_map(|traced| traced.bytes.segments());
    let within = |part: &std::ops::Range<*const u8>| {
        owners.iter().any(|owner| owner.start <= part.start && part.end <= owner.end)
    };
    let shared: usize = parts.filter(|part| within(&address(part))).map(|part| part.len()).sum();
    assert_eq!(shared, 100_000);
    // The put's own books are those of one that is not traced.
    let (batches, ledger) = pair.parts.iter().find_map(|part| part.last.clone()).unwrap();
    assert_eq!((batches, ledger.total()), (2, 100_000));
}

#[test]
fn a_sample_has_the_batches_that_it_came_in() {
    for agree in [USUAL, Agree { patch: false, ..USUAL }] {
        let mut pair = recording(agree);
        pair.client.declare_subscriber(1, key("lab/**")).unwrap();
        pair.run(SECOND);
        for len in [3, 60_000, 200_000] {
            pair.take();
            let before = pair.client.captured(None).recorded - 1;
            for batch in pair.batches(&push(wire("lab/in"), &noise(len)), Priority::Data) {
                pair.hand(batch);
            }
            pair.run(SECOND / 100);
            let sample = pair.take().into_iter().find_map(|event| match event {
                Event::Sample(sample) => Some(sample),
                _ => None,
            });
            let trace: Vec<Traced> = sample.unwrap().trace.unwrap().to_vec();
            let mut ledger = Ledger::new();
            let frames = frames_of(&trace, 0, &mut ledger);
            assert!(payload_of(&frames.iter().collect::<Vec<_>>()) == noise(len));
            let recorded = pair.client.captured(Some(before));
            let recorded = recorded.frames.iter().filter(|frame| frame.way == Way::In);
            assert!(frames.iter().map(essence).eq(recorded.map(essence)), "{len}");
            assert_eq!(ledger.total(), 0);
        }
        // What a subscriber of this client gets straight from it came in no batch.
        pair.client.put(1, Put::new(key("lab/x"), payload(b"own", 1))).unwrap();
        pair.run(SECOND);
        let local = pair.take().into_iter().find_map(|event| match event {
            Event::Sample(sample) => Some(sample.trace),
            _ => None,
        });
        assert!(local.unwrap().is_none());
    }
}
