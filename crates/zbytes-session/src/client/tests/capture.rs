//! Recording, against the scripted router.

use super::pair::*;
use crate::{
    client::{
        capture::{Bounds, Frame, Taken, Way},
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
