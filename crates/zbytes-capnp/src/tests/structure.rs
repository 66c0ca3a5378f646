//! What every byte of a message is.

use super::*;

#[test]
fn every_byte_has_its_place_in_the_structure() {
    for spec in specs() {
        for way in Way::ALL {
            let payload = payload(&spec, way);
            let received = Received::open(&payload).unwrap();
            let structure = received.structure(Some(spec.schema())).unwrap();
            let mut at = 0;
            for span in &structure.spans {
                assert_eq!(span.bytes.start, at, "{spec:?} {way:?} {:#?}", structure.spans);
                at = span.bytes.end;
                assert_ne!(span.kind, Kind::Unused);
            }
            assert_eq!((at, structure.cut), (payload.len(), false));
            assert_eq!(received.ledger().total(), 0);
        }
    }
}

#[test]
fn the_structure_of_an_adopted_tensor() {
    let payload = payload(&a_tensor(Element::Int32, &[3]), Way::Adopted);
    let structure = Received::open(&payload).unwrap().structure(Some(Schema::Tensor)).unwrap();
    let spans: Vec<_> =
        structure.spans.iter().map(|s| (s.kind, s.bytes.clone(), s.label.as_str(), s.target.clone())).collect();
    assert_eq!(
        spans,
        [
            (Kind::Table, 0..16, "2 segments", None),
            (Kind::Pointer, 16..24, "root", Some(24..64)),
            (Kind::Fields, 24..32, "elementType", None),
            (Kind::Fields, 32..40, "timestamp", None),
            (Kind::Pointer, 40..48, "name", Some(64..71)),
            (Kind::Pointer, 48..56, "shape", Some(72..76)),
            (Kind::DoubleFar, 56..64, "data", Some(80..96)),
            (Kind::Elements, 64..71, "name", None),
            (Kind::Padding, 71..72, "", None),
            (Kind::Elements, 72..76, "shape", None),
            (Kind::Padding, 76..80, "", None),
            (Kind::Pad, 80..88, "data", Some(96..108)),
            (Kind::Tag, 88..96, "data", None),
            (Kind::Elements, 96..108, "data", None),
            (Kind::Padding, 108..112, "", None),
        ]
    );
    assert_eq!(structure.at(63).unwrap().kind, Kind::DoubleFar);
    assert_eq!(structure.at(112), None);
}
