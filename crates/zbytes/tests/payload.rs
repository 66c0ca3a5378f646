//! Payloads in linear memory against a plain vector, in sequences of operations; and to and from
//! zenoh's own buffer.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

#[path = "support/memory.rs"]
mod memory;
#[path = "support/model.rs"]
mod model;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use memory::most_held;
use model::{Operation, Pair, Part, Whence};
use proptest::prelude::*;
use zbytes::{
    ledger::{Ledger, Place},
    payload::{Addressed, BuildError, Difference, Direction, Search, Step, Windows, ZBytes},
    segment::{Aliasing, Mode, Segment, Source},
};
use zenoh_buffers::{ZBuf, buffer::Buffer};

fn linear(part: &Part) -> Source {
    Source::new(part.bytes.clone(), part.mode)
}

/// Any sources; often single bytes, often empty ones in between.
fn parts() -> impl Strategy<Value = Vec<Part>> {
    let bytes = prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(any::<u8>(), 1),
        3 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    let part = (bytes, prop::sample::select(Mode::ALL.to_vec()));
    let part = part.prop_map(|(bytes, mode)| Part { bytes, mode, place: Place::Linear });
    prop::collection::vec(part, 0..12)
}

fn operation() -> impl Strategy<Value = Operation> {
    let at = || 0..=1000usize;
    let whence = prop::sample::select(vec![Whence::Start, Whence::Here, Whence::End]);
    prop_oneof![
        parts().prop_map(Operation::Append),
        Just(Operation::AppendItself),
        (at(), at()).prop_map(|(from, to)| Operation::Slice(from, to)),
        (at(), any::<bool>()).prop_map(|(border, first)| Operation::Split(border, first)),
        prop::collection::vec((whence, at(), 0..50usize), 1..6).prop_map(Operation::Read),
        (at(), at()).prop_map(|(border, other)| Operation::Compare(border, other)),
        Just(Operation::Contiguous),
        (1..20usize).prop_map(Operation::Windows),
    ]
}

proptest! {
    #[test]
    fn property_any_sequence_of_operations_equals_the_plain_vector(
        parts in parts(),
        operations in prop::collection::vec(operation(), 0..12),
    ) {
        let source = |part: &Part| linear(part);
        let mut pair = Pair::build(&parts, Place::Linear, &source);
        for operation in &operations {
            pair.apply(operation);
        }
    }

    #[test]
    fn property_zenohs_buffer_and_back_is_the_same_memory(parts in parts()) {
        let source = |part: &Part| linear(part);
        let pair = Pair::build(&parts, Place::Linear, &source);
        let buf = ZBuf::try_from(&pair.payload).unwrap();
        prop_assert_eq!(buf.len(), pair.bytes.len());
        let addresses: Vec<_> = pair.payload.segments().iter().filter(|s| !s.is_empty())
            .map(|s| s.as_linear().unwrap().as_ptr()).collect();
        prop_assert_eq!(buf.zslices().map(|s| s.as_slice().as_ptr()).collect::<Vec<_>>(), addresses);
        let back = ZBytes::from(buf);
        prop_assert!(back.eq_bytes(&pair.payload, &mut Ledger::new()).unwrap());
        prop_assert_eq!(back.segments().len(), pair.payload.segments().iter().filter(|s| !s.is_empty()).count());
    }
}

#[test]
fn no_segment_one_segment_and_a_hundred_thousand() {
    for count in [0usize, 1, 10_000, 100_000] {
        for mode in Mode::ALL {
            let block = Segment::from((0..count * 3).map(|i| i as u8).collect::<Vec<u8>>());
            let parts = (0..count).map(|i| (block.slice(i * 3..i * 3 + 3).unwrap(), mode));
            let (payload, receipt) = ZBytes::build(parts).unwrap();
            assert_eq!((payload.len(), payload.segments().len()), (count * 3, count));
            assert_eq!(receipt.modes, vec![mode; count]);
            assert_eq!(receipt.ledger.total(), if mode == Mode::Copy { count as u64 * 3 } else { 0 });
            assert!(
                payload.eq_bytes(&ZBytes::from_segments([Source::borrow(block)]).unwrap(), &mut Ledger::new()).unwrap()
            );
        }
    }
}

struct Counted(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn an_owner_lives_as_long_as_its_payload_and_ends_once() {
    let ended = Arc::new(AtomicUsize::new(0));
    let owner = Segment::from_owner(Counted(vec![1, 2, 3, 4], ended.clone()));
    assert_eq!(owner.aliasing(), Aliasing::Immutable);
    let payload = ZBytes::from_segments([Source::moved(owner)]).unwrap();
    let slice = payload.slice(1..2).unwrap();
    let buf = ZBuf::try_from(&payload).unwrap();
    let reader = payload.reader();
    let block = payload.to_bytes(&mut Ledger::new()).unwrap();
    let (head, tail) = payload.split_at(2).unwrap();
    let mut longer = ZBytes::empty();
    longer.append(&slice).unwrap();
    let holders: [Box<dyn std::any::Any>; 8] = [
        Box::new(payload),
        Box::new(slice),
        Box::new(buf),
        Box::new(reader),
        Box::new(block),
        Box::new(head),
        Box::new(tail),
        Box::new(longer),
    ];
    for holder in holders {
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        drop(holder);
    }
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn an_owner_in_copy_mode_ends_when_the_payload_is_built() {
    let ended = Arc::new(AtomicUsize::new(0));
    let owner = Segment::from_owner(Counted(vec![1, 2], ended.clone()));
    let payload = ZBytes::from_segments([Source::copy(owner)]).unwrap();
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    assert_eq!(payload.len(), 2);
}

#[test]
fn appending_beyond_the_limit_is_refused_and_changes_nothing() {
    let piece = ZBytes::from_segments([Source::moved(vec![0u8; 64 << 20])]).unwrap();
    let mut payload = ZBytes::empty();
    for _ in 0..16 {
        payload.append(&piece).unwrap();
    }
    assert_eq!(payload.append(&piece).unwrap_err(), BuildError::TooLong { requested: 17 << 26 });
    assert_eq!((payload.len(), payload.segments().len()), (1 << 30, 16));
}

/// Asserts that `run` holds nothing beyond `room` bytes while it runs, whatever the length of the
/// payload: it copied none of it.
fn in_place<R>(what: &str, room: usize, run: impl FnOnce() -> R) -> R {
    let (result, held) = most_held(run);
    assert!(held <= room, "{what} held {held} B");
    result
}

#[test]
fn what_is_said_to_copy_nothing_holds_no_byte_of_the_payload() {
    const LEN: usize = 1 << 20;
    const ROOM: usize = 4 << 10;
    let block = |fill: u8| Segment::from(vec![fill; LEN]);
    let (first, second) = (block(1), block(2));
    let sources = [Source::borrow(first), Source::moved(second)];
    let payload = in_place("building", ROOM, || ZBytes::from_segments(sources).unwrap());
    let [twin, other] = [1, 2].map(|_| ZBytes::from_segments([block(1), block(2)].map(Source::moved)).unwrap());
    let pointers = |payload: &ZBytes| -> Vec<*const u8> {
        payload.segments().iter().map(|segment| segment.as_linear().unwrap().as_ptr()).collect()
    };
    let places = pointers(&payload);

    let slice = in_place("a slice", ROOM, || payload.slice(10..2 * LEN - 10).unwrap());
    assert_eq!(pointers(&slice), [places[0].wrapping_add(10), places[1]]);
    let (head, tail) = in_place("splitting", ROOM, || payload.split_at(LEN / 2).unwrap());
    assert_eq!((pointers(&head), pointers(&tail)), (vec![places[0]], vec![places[0].wrapping_add(LEN / 2), places[1]]));
    let mut joined = head.clone();
    in_place("appending", ROOM, || joined.append(&tail).unwrap());
    assert_eq!(pointers(&joined), [places[0], places[0].wrapping_add(LEN / 2), places[1]]);
    let whole = in_place("the one block of a segment", ROOM, || head.to_bytes(&mut Ledger::new()).unwrap());
    assert_eq!(whole.as_slice().as_ptr(), places[0]);
    in_place("zenoh's buffer", ROOM, || ZBuf::try_from(&payload).unwrap());

    let mut windows = Vec::with_capacity(2);
    let mut look = |bytes: &[u8]| windows.push((bytes.as_ptr(), bytes.len()));
    in_place("windows", ROOM, || payload.for_each_window(&mut [0; 64], &mut Ledger::new(), &mut look).unwrap());
    assert_eq!(windows, [(places[0], LEN), (places[1], LEN)]);

    let ledger = &mut Ledger::new();
    assert!(in_place("comparing", ROOM, || payload.eq_bytes(&twin, ledger).unwrap()));
    let (here, there) = (Addressed::new(payload), Addressed::new(other));
    let mut window = Vec::new();
    let mut search = Search::new(vec![2, 1], 0, Direction::Forwards, 2 * LEN).unwrap();
    let found = in_place("searching", ROOM, || search.step(&here, usize::MAX, &mut window, ledger).unwrap());
    assert_eq!((found, window.capacity()), (Step::Absent, 0));
    let mut difference = Difference::new(2 * LEN, 2 * LEN);
    let mut windows = Windows::default();
    in_place("differences", ROOM, || difference.step([&here, &there], usize::MAX, &mut windows, ledger).unwrap());
    assert_eq!((difference.is_complete(), difference.count()), (true, 0));
    assert_eq!(*ledger, Ledger::new());
}
