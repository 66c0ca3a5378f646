//! What is not a message, and what means harm: errors, never a panic.

use super::*;

/// Everything that can be asked of a message: none of it may panic, loop, or read more than the
/// message justifies.
fn exercise(payload: &ZBytes) -> Result<(), MessageError> {
    let received = Received::open(payload)?;
    let mut result = Ok(());
    for schema in Schema::ALL {
        match received.read(schema) {
            Ok(content) => {
                for range in content.arrays {
                    assert!(payload.slice(range).is_some());
                }
            }
            Err(error) => result = Err(error),
        }
        for pointer in 0..5 {
            if let Ok(Some((range, _))) = received.locate(pointer) {
                assert!(payload.slice(range).is_some());
            }
        }
        match received.structure(Some(schema)) {
            Ok(structure) => {
                let mut at = 0;
                for span in &structure.spans {
                    assert!(span.bytes.start >= at && span.bytes.end <= received.end());
                    at = span.bytes.end;
                    assert!(span.target.as_ref().is_none_or(|target| target.end <= received.end()));
                }
            }
            Err(error) => result = Err(error),
        }
    }
    // Each segment is copied at most once, however often it is read.
    assert!(received.ledger().total() <= payload.len() as u64);
    result
}

#[test]
fn what_is_no_message_is_an_error() {
    let open = |bytes: &[u8]| Received::open(&ZBytes::from_segments([Source::moved(bytes.to_vec())]).unwrap()).err();
    for len in 0..8 {
        assert!(matches!(open(&vec![0; len]), Some(MessageError::Truncated { expected: 8, .. })));
    }
    assert_eq!(open(&[0xff; 8]), Some(MessageError::NotFramed { found: 1 << 32 }));
    assert_eq!(open(&[&511u32.to_le_bytes()[..], &[0; 3000]].concat()), Some(MessageError::NotFramed { found: 512 }));
    assert_eq!(
        open(&[&510u32.to_le_bytes()[..], &[0; 100]].concat()),
        Some(MessageError::Truncated { expected: 2048, found: 104 })
    );
    // Sizes that do not add up, in the largest numbers that can be written.
    let sizes = [1u32, u32::MAX, u32::MAX, 0].map(u32::to_le_bytes).concat();
    assert_eq!(open(&sizes), Some(MessageError::Truncated { expected: 16 + 2 * 0xffff_ffff * 8, found: 16 }));
    let one = of_words(&[0, 0]);
    assert_eq!(
        Received::open(&one.slice(0..23).unwrap()).err(),
        Some(MessageError::Truncated { expected: 24, found: 23 })
    );
    assert!(Received::open_at(&one, 25).is_err() && Received::open_at(&one, usize::MAX).is_err());
    // An empty message is one, and says nothing.
    let empty = Received::open(&of_words(&[])).unwrap().structure(None).unwrap();
    assert_eq!(empty.spans.len(), 1);
}

#[test]
fn a_message_may_stand_behind_another() {
    let (first, second) = (payload(&a_cloud(3), Way::Adopted), payload(&a_tensor(Element::Int8, &[3]), Way::Filled));
    let mut both = first.clone();
    both.append(&second).unwrap();
    let one = Received::open(&both).unwrap();
    assert_eq!(one.read_any().unwrap().spec, a_cloud(3));
    let two = Received::open_at(&both, one.end()).unwrap();
    let content = two.read_any().unwrap();
    assert_eq!(content.spec, a_tensor(Element::Int8, &[3]));
    assert_eq!(flat(&both.slice(content.arrays[0].clone()).unwrap()), bytes_of(&content.spec, 0));
    assert_eq!(two.end(), both.len());
    assert_eq!(two.structure(None).unwrap().spans[0].bytes.start, one.end());
}

#[test]
fn pointers_that_lead_nowhere_are_errors() {
    let far = |double: u64, word: u64, segment: u64| segment << 32 | word << 3 | double << 2 | 2;
    let cases: [(&str, Vec<u64>); 12] = [
        ("a struct beyond the end", vec![1 << 32]),
        ("a struct before the beginning", vec![(-5i32 << 2) as u32 as u64 | 1 << 32]),
        ("a list beyond the end", vec![5 << 35 | 5 << 32 | 1, 0]),
        ("a list of structs beyond the end", vec![5 << 35 | 7 << 32 | 1, 0]),
        ("a list of structs whose tag is none", vec![1 << 35 | 7 << 32 | 1, 1, 0]),
        ("a list of structs whose tag says more", vec![1 << 35 | 7 << 32 | 1, 2 << 2 | 1 << 32, 0]),
        ("a far pointer to no segment", vec![far(0, 0, 7), 0]),
        ("a far pointer beyond the end", vec![far(0, 9, 0), 0]),
        ("a far pointer to itself", vec![far(0, 0, 0)]),
        ("two far pointers to each other", vec![far(0, 1, 0), far(0, 0, 0)]),
        ("a double-far pointer to itself", vec![far(1, 0, 0), 0]),
        ("a double-far pointer whose tag has an offset", vec![far(1, 1, 0), far(0, 0, 0), 1 << 2 | 1 << 32, 0]),
    ];
    for (what, words) in cases {
        let payload = of_words(&words);
        let error = exercise(&payload).expect_err(what);
        assert!(matches!(error, MessageError::Pointer { .. }), "{what}: {error}");
    }
}

#[test]
fn nesting_without_end_and_amplification_are_errors() {
    // A struct whose pointer leads back to it.
    let circle = of_words(&[1 << 48, (-1i32 << 2) as u32 as u64 | 1 << 48]);
    let error = Received::open(&circle).unwrap().structure(None).unwrap_err();
    assert_eq!(error, MessageError::TooDeep { limit: NESTING });
    // A list of pointers, each to the next list of pointers, and every one of them to the same.
    let mut words = vec![100u64 << 35 | 6 << 32 | 1];
    for level in 0..20u64 {
        for entry in 0..100u64 {
            let offset = 99 - entry;
            words.push(if level == 19 { 0 } else { offset << 2 | 100 << 35 | 6 << 32 | 1 });
        }
    }
    let bomb = of_words(&words);
    let received = Received::open(&bomb).unwrap();
    // Its beginning is told, for as far as spans are; the whole is refused where it is walked to
    // its end.
    assert!(received.structure(None).unwrap().cut);
    let error = super::walk::walk(&received, received.limits(), &mut |_| Ok(())).unwrap_err();
    assert_eq!(error, MessageError::TooMuch { limit: 2 * 2001 + 64 });
    // Half a billion elements without a byte.
    let void = of_words(&[((1u64 << 29) - 1) << 35 | 1]);
    assert_eq!(Received::open(&void).unwrap().structure(None).unwrap().spans.len(), 2);
    // A list of structs of no size.
    let structs = of_words(&[7 << 32 | 1, ((1u64 << 30) - 1) << 2]);
    assert!(Received::open(&structs).unwrap().structure(None).is_ok());
}

#[test]
fn a_message_of_another_schema_is_told_from_a_damaged_one() {
    let cloud = payload(&a_cloud(10), Way::Filled);
    let error = Received::open(&cloud).unwrap().read(Schema::Tensor).unwrap_err();
    assert!(matches!(error, MessageError::Content { .. }), "{error}");
    // A shape that the data do not have.
    let mut draft = Draft::new().unwrap();
    let mut root = draft.init_root::<tensor::Builder>();
    root.reborrow().init_shape(1).set(0, 4);
    root.set_data(&[1, 2, 3]);
    let error =
        Received::open(&draft.finish().unwrap().into_payload().unwrap()).unwrap().read(Schema::Tensor).unwrap_err();
    assert_eq!(error.to_string(), "data has 3 B, but by what the message says it should have 4 B");
}

fn ways() -> impl Strategy<Value = (Spec, Way)> {
    (prop::sample::select(specs()), prop::sample::select(Way::ALL.to_vec()))
}

proptest! {
    #[test]
    fn property_a_message_comes_back_however_it_is_cut((spec, way) in ways(), step in 1..300usize) {
        let bytes = flat(&payload(&spec, way));
        let arrived = cut(&bytes, step);
        let received = Received::open(&arrived).unwrap();
        let content = received.read_any().unwrap();
        prop_assert_eq!(&content.spec, &spec);
        for (index, range) in content.arrays.into_iter().enumerate() {
            prop_assert_eq!(flat(&arrived.slice(range).unwrap()), bytes_of(&spec, index));
        }
        prop_assert_eq!(received.structure(Some(spec.schema())).map(|structure| structure.cut), Ok(false));
    }

    #[test]
    fn property_no_message_does_harm_when_words_are_changed(
        (spec, way) in ways(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..64u32, any::<u64>(), any::<bool>()), 1..6),
        len in any::<prop::sample::Index>(),
        truncated in any::<bool>(),
    ) {
        let mut bytes = flat(&payload(&spec, way));
        for (at, bit, word, whole) in changes {
            let at = at.index(bytes.len() / 8) * 8;
            let place: &mut [u8; 8] = (&mut bytes[at..at + 8]).try_into().unwrap();
            let old = u64::from_le_bytes(*place);
            *place = if whole { word } else { old ^ 1 << bit }.to_le_bytes();
        }
        if truncated {
            bytes.truncate(len.index(bytes.len()));
        }
        let _ = exercise(&cut(&bytes, 64));
    }

    #[test]
    fn property_no_words_do_harm(words in prop::collection::vec(pointer_like(), 0..40)) {
        let _ = exercise(&of_words(&words));
    }

    #[test]
    fn property_no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = exercise(&cut(&bytes, 16));
    }
}

/// Words that are often pointers with small offsets and counts.
fn pointer_like() -> impl Strategy<Value = u64> {
    prop_oneof![
        1 => any::<u64>(),
        1 => Just(0),
        3 => (-8..20i32, 0..4u64, 0..4u64).prop_map(|(offset, data, pointers)| (offset << 2) as u32 as u64 | data << 32 | pointers << 48),
        3 => (-8..20i32, 0..8u64, 0..40u64).prop_map(|(offset, code, count)| (offset << 2) as u32 as u64 | 1 | code << 32 | count << 35),
        3 => (any::<bool>(), 0..20u64, 0..2u64).prop_map(|(double, word, segment)| segment << 32 | word << 3 | u64::from(double) << 2 | 2),
    ]
}
