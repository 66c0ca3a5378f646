use proptest::prelude::*;

use super::*;
use crate::{
    ledger::{Ledger, Stage},
    segment::{Mode, Segment, Source},
};

fn sources(parts: &[(Vec<u8>, Mode)]) -> Vec<(Segment, Mode)> {
    parts.iter().map(|(bytes, mode)| (Segment::from(bytes.clone()), *mode)).collect()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

fn any_parts() -> impl Strategy<Value = Vec<(Vec<u8>, Mode)>> {
    let mode = prop_oneof![Just(Mode::Copy), Just(Mode::Borrow)];
    prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), mode), 0..12)
}

#[test]
fn borrowing_records_no_copied_byte_and_copying_each_byte_once() {
    let bytes = vec![5; 1000];
    let borrowed = ZBytes::build(sources(&[(bytes.clone(), Mode::Borrow), (bytes.clone(), Mode::Borrow)]));
    let (_, receipt) = borrowed.unwrap();
    assert_eq!((receipt.ledger, receipt.modes), (Ledger::new(), vec![Mode::Borrow; 2]));
    let (_, receipt) = ZBytes::build(sources(&[(bytes.clone(), Mode::Copy), (bytes, Mode::Move)])).unwrap();
    assert_eq!((receipt.ledger.bytes_in(Stage::Build), receipt.ledger.total()), (1000, 1000));
    assert_eq!(receipt.modes, [Mode::Copy, Mode::Move]);
}

#[test]
fn a_borrowed_segment_is_the_callers_memory() {
    let source = Segment::from(vec![1u8, 2, 3]);
    let address = source.as_linear().unwrap().as_ptr();
    let payload = ZBytes::from_segments([(source.clone(), Mode::Borrow), (source, Mode::Copy)]).unwrap();
    assert_eq!(payload.segments()[0].as_linear().unwrap().as_ptr(), address);
    assert_ne!(payload.segments()[1].as_linear().unwrap().as_ptr(), address);
}

#[test]
fn one_linear_segment_needs_no_copy_to_be_contiguous() {
    let mut ledger = Ledger::new();
    let payload = ZBytes::from_segments(sources(&[(vec![1; 9], Mode::Borrow)])).unwrap();
    let block = payload.to_bytes(&mut ledger).unwrap();
    assert_eq!(block.as_slice().as_ptr(), payload.segments()[0].as_linear().unwrap().as_ptr());
    assert_eq!(ledger.total(), 0);
    let two = ZBytes::from_segments(sources(&[(vec![1; 9], Mode::Borrow), (vec![2; 4], Mode::Borrow)])).unwrap();
    assert_eq!(two.to_bytes(&mut ledger).unwrap().len(), 13);
    assert_eq!(ledger.bytes_in(Stage::Read), 13);
}

#[test]
fn too_long_is_refused_with_its_size() {
    // One allocation, referred to often: 17 times 64 MiB.
    let piece = Segment::from(vec![0u8; 64 << 20]);
    let refused = ZBytes::from_segments((0..17).map(|_| (piece.clone(), Mode::Borrow)));
    assert_eq!(refused.unwrap_err(), BuildError::TooLong { requested: 17 << 26 });
}

#[test]
fn empty_segments_are_kept() {
    let payload =
        ZBytes::from_segments(sources(&[(vec![], Mode::Copy), (vec![1], Mode::Borrow), (vec![], Mode::Borrow)]));
    let payload = payload.unwrap();
    assert_eq!(payload.segments().len(), 3);
    assert_eq!(payload.len(), 1);
    assert!(ZBytes::from_segments::<Source>([]).unwrap().is_empty());
}

proptest! {
    #[test]
    fn property_bytes_are_the_sources_in_order(parts in any_parts()) {
        let (payload, receipt) = ZBytes::build(sources(&parts)).unwrap();
        let model: Vec<u8> = parts.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        prop_assert_eq!(payload.len(), model.len());
        prop_assert_eq!(&flat(&payload), &model);
        let copied: usize = parts.iter().filter(|(_, m)| *m == Mode::Copy).map(|(b, _)| b.len()).sum();
        prop_assert_eq!(receipt.ledger.total(), copied as u64);
        prop_assert!(receipt.modes.iter().eq(parts.iter().map(|(_, mode)| mode)));
        let mut seen = Vec::new();
        payload.for_each_window(&mut [0; 7], &mut Ledger::new(), |bytes| seen.extend_from_slice(bytes)).unwrap();
        prop_assert_eq!(seen, model);
    }

    #[test]
    fn property_a_slice_is_the_models_slice(parts in any_parts(), a in 0usize..260, b in 0usize..260) {
        let payload = ZBytes::from_segments(sources(&parts)).unwrap();
        let model = flat(&payload);
        match payload.slice(a..b) {
            Some(slice) => prop_assert_eq!(flat(&slice), model[a..b].to_vec()),
            None => prop_assert!(a > b || b > model.len()),
        }
    }

    #[test]
    fn property_a_payload_has_a_segment_of_each_sources_length(parts in any_parts()) {
        let payload = ZBytes::from_segments(sources(&parts)).unwrap();
        let lengths: Vec<usize> = parts.iter().map(|(bytes, _)| bytes.len()).collect();
        prop_assert_eq!(payload.segments().iter().map(Segment::len).collect::<Vec<_>>(), lengths);
    }
}
