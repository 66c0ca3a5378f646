//! What bytes look like, and what an error calls them.

use super::*;

/// A payload of these words.
pub(super) fn words(words: &[u64]) -> ZBytes {
    cut(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>(), 1 << 16)
}

fn opened(payload: &ZBytes) -> MessageError {
    Received::open(payload).err().expect("it cannot be opened")
}

/// A tensor as `capnp` builds it, in one segment.
pub(super) fn built(shape: &[u32], name: &str) -> capnp::message::Builder<capnp::message::HeapAllocator> {
    let mut builder = capnp::message::Builder::new_default();
    let mut root = builder.init_root::<tensor::Builder<'_>>();
    root.set_name(name);
    let mut list = root.init_shape(shape.len() as u32);
    (0..).zip(shape).for_each(|(at, side)| list.set(at, *side));
    builder
}

#[test]
fn a_limit_of_the_reader_is_called_a_limit() {
    // A shape of half a milliard of structs that have nothing, so it takes no room: a reader that
    // went through it would never end.
    let (structs, none) = (1u64 << 29, 0);
    let bomb = words(&[7u64 << 32, 2u64 << 32 | 3u64 << 48, 0, 0, none, 1 | 1 << 2 | 7 << 32, none, structs << 2]);
    let error = Received::open(&bomb).unwrap().read(Schema::Tensor).unwrap_err();
    assert!(matches!(error, MessageError::TooMuch { .. }), "{error:?}");
    assert!(!error.to_string().contains("another schema"), "{error}");

    let many = serialize::write_message_to_words(&built(&[1; 65], "many"));
    let error = Received::open(&cut(&many, 64)).unwrap().read(Schema::Tensor).unwrap_err();
    assert_eq!(error, MessageError::Dimensions { found: 65, limit: 64 });
    assert!(error.to_string().contains("65 dimensions") && !error.to_string().contains("schema"), "{error}");
}

#[test]
fn a_message_of_many_segments_is_one_and_other_bytes_are_none() {
    // 600 segments: the first has a root, which is null, the others have nothing.
    let mut table = vec![599u64 | 1 << 32];
    table.extend([0; 300]);
    table.push(0);
    let error = opened(&words(&table));
    assert_eq!(error, MessageError::TooManySegments { found: 600 });
    assert!(
        error.to_string().contains("has 600 segments") && !error.to_string().contains("is not a message"),
        "{error}"
    );
    assert_eq!(Looks::of(&words(&table)), Looks::ManySegments);
    // The same number in front of something else.
    let text = b"this is not a message, but a text that is long enough".to_vec();
    let error = opened(&cut(&text, 7));
    assert!(matches!(error, MessageError::NotFramed { .. }), "{error:?}");
    assert!(error.to_string().contains("not a message in the standard stream framing"), "{error}");
    assert_eq!(Looks::of(&cut(&text, 7)), Looks::Other);
    assert_eq!(opened(&words(&[599 | 1 << 32, 0])), MessageError::NotFramed { found: 600 });
    assert_eq!(opened(&words(&[u64::MAX, 0])), MessageError::NotFramed { found: 1 << 32 });
}

#[test]
fn packed_and_bare_messages_are_called_what_they_are() {
    let long = "x".repeat(5000);
    for (shape, name) in [(&[3, 5][..], "depth"), (&[7], ""), (&[1; 64], long.as_str()), (&[0; 1000], "zeros")] {
        let builder = built(shape, name);
        let mut packed = Vec::new();
        capnp::serialize_packed::write_message(&mut packed, &builder).unwrap();
        for step in [1, 3, 1 << 16] {
            assert_eq!(opened(&cut(&packed, step)), MessageError::Packed, "{shape:?}");
            assert_eq!(Looks::of(&cut(&packed, step)), Looks::Packed);
        }
        let framed = serialize::write_message_to_words(&builder);
        assert_eq!(Looks::of(&cut(&framed, 5)), Looks::Message);
        // One segment: its table has two numbers.
        let bare = &framed[8..];
        assert_eq!(opened(&cut(bare, 11)), MessageError::NoTable, "{shape:?}");
        assert_eq!(Looks::of(&cut(bare, 11)), Looks::NoTable);
        // Damaged in their middle they are not taken for what they are not.
        let mut torn = packed.clone();
        torn.truncate(packed.len() / 2);
        assert_ne!(Looks::of(&cut(&torn, 64)), Looks::Message);
    }
}

#[test]
fn many_pointers_that_lead_somewhere_are_no_accident() {
    // A root of pointers, each to a struct without a word, and nine thousand words that nothing
    // leads to.
    let bare = |pointers: u64| {
        let mut bare = vec![pointers << 48];
        bare.extend(vec![0xffff_fffc; pointers as usize]);
        bare.extend([7; 9000]);
        words(&bare)
    };
    assert_eq!(opened(&bare(600)), MessageError::NoTable);
    assert!(matches!(opened(&bare(100)), MessageError::Truncated { .. }));
}

#[test]
fn only_what_can_be_read_looks_like_a_message() {
    for spec in specs() {
        for way in Way::ALL {
            let whole = payload(&spec, way);
            assert_eq!(Looks::of(&whole), Looks::Message, "{spec:?}");
            let bytes = flat(&whole);
            let behind = [&bytes[..], b"something"].concat();
            assert_eq!(Looks::of(&cut(&behind, 100)), Looks::Message, "{spec:?}");
            if spec.arrays().iter().any(|array| array.length > 0) {
                assert_eq!(Looks::of(&cut(&bytes[..bytes.len() - 8], 100)), Looks::CutOff, "{spec:?}");
            }
        }
    }
    let mut astray = flat(&payload(&a_tensor(Element::Int16, &[2, 2]), Way::Adopted));
    let root = astray.len() - 8 - Received::open(&cut(&astray, 8)).unwrap().segment(0).unwrap().len();
    astray[root..root + 8].copy_from_slice(&(100u64 << 2 | 1 << 32).to_le_bytes());
    assert_eq!(Looks::of(&cut(&astray, 9)), Looks::Damaged);
    // What arrays begin with: counters of every width, zeros, texts, nothing.
    for bytes in [
        (0..=255u8).collect(),
        (0..999u16).flat_map(u16::to_le_bytes).collect(),
        (0..999u32).flat_map(u32::to_le_bytes).collect(),
        (0..999u64).flat_map(u64::to_le_bytes).collect(),
        (0..999u16).flat_map(|n| f32::from(n).to_le_bytes()).collect(),
        vec![0; 4096],
        vec![0xff; 64],
        b"Hello, zenoh!".to_vec(),
        vec![1],
        Vec::new(),
    ] {
        assert_eq!(Looks::of(&cut(&bytes, 1000)), Looks::Other, "{:?}", bytes.get(..16));
    }
}

#[test]
fn pointers_of_structs_in_a_list_stand_behind_their_data() {
    // A root of one pointer; a list of two structs, each a word of data and a pointer; and eight
    // bytes.
    let bytes = 2 << 2 | 8 << 35 | 2 << 32 | 1;
    let list = 4 << 35 | 7 << 32 | 1;
    let payload = of_words(&[1 << 48, list, 2 << 2 | 1 << 32 | 1 << 48, 5, bytes, 6, 0, 7]);
    let structure = Received::open(&payload).unwrap().structure(None).unwrap();
    let kinds: Vec<_> = (1..9).map(|word| structure.at(word * 8).unwrap().kind).collect();
    let [pointer, fields] = [Kind::Pointer, Kind::Fields];
    assert_eq!(kinds, [pointer, pointer, fields, fields, pointer, fields, Kind::Null, Kind::Elements]);
    assert_eq!(structure.at(5 * 8).unwrap().target, Some(64..72));
}

#[test]
fn a_message_is_called_by_its_size_and_type() {
    let called = |spec: Spec| spec.to_string();
    assert_eq!(called(a_tensor(Element::Int32, &[2, 3])), "2x3 Int32");
    assert_eq!(called(a_tensor(Element::Uint8, &[])), "scalar Uint8");
    assert_eq!(called(a_frame(PixelFormat::Rgb8, 5, 3, 17)), "5x3 rgb8");
    assert_eq!(called(a_cloud(4)), "4 points");
}

#[test]
fn what_cannot_be_counted_is_not_given_as_a_number() {
    let huge = Received::open(&cut(&serialize::write_message_to_words(&built(&[u32::MAX; 64], "huge")), 64)).unwrap();
    let error = huge.read(Schema::Tensor).unwrap_err().to_string();
    assert!(error.contains("more elements than 64 bits can count"), "{error}");
    let spec = a_tensor(Element::Float64, &[1 << 20, 1 << 20]);
    assert_eq!(spec.requested_bytes(), 1 << 43);
    let error = spec.check().unwrap_err().to_string();
    assert!(error.contains("8,796,093,022,208 elements") && error.contains("at most 536,870,911"), "{error}");
    let error = a_frame(PixelFormat::Rgb8, 5, 3, 14).check().unwrap_err().to_string();
    assert_eq!(error, "a row of 5 pixels of rgb8 takes 15 B, but step is 14 B");
}
