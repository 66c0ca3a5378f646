//! Messages made in three ways, read back by `capnp` itself and by our own reading, over payloads cut in many ways; and what is no
//! message.

use capnp::{message::ReaderOptions, serialize};
use proptest::prelude::*;

use super::{
    lab_capnp::{camera_frame, point_cloud, tensor},
    *,
};
use zbytes::{
    ledger::{Entry, Ledger, Place, Reason, Stage},
    payload::ZBytes,
    segment::{Element, Mode, Segment, Source},
};

/// The bytes of array `index` of `spec`: never all alike, so that an exchange shows.
fn bytes_of(spec: &Spec, index: usize) -> Vec<u8> {
    let len = spec.arrays()[index].bytes();
    (0..len).map(|at| (at * 31 + at / 256 * 7 + index * 101 + 1) as u8).collect()
}

fn sources(spec: &Spec, mode: Mode) -> Vec<Source> {
    (0..spec.arrays().len()).map(|index| Source::new(bytes_of(spec, index), mode)).collect()
}

fn make(spec: &Spec, way: Way, mode: Mode) -> Message {
    match way {
        Way::Filled => spec.filled(sources(spec, mode)),
        Way::InPlace => spec.in_place(|index, into| {
            into.copy_from_slice(&bytes_of(spec, index));
            Ok(())
        }),
        Way::Adopted => spec.adopted(sources(spec, mode)),
    }
    .unwrap()
}

fn payload(spec: &Spec, way: Way) -> ZBytes {
    make(spec, way, Mode::Move).into_payload().unwrap()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// The same bytes in pieces of `step`, as they might arrive.
fn cut(bytes: &[u8], step: usize) -> ZBytes {
    ZBytes::from_segments(bytes.chunks(step).map(|piece| Source::moved(piece.to_vec()))).unwrap()
}

fn a_tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: "tensor".to_owned(), element, shape: shape.to_vec(), timestamp: -5 }
}

fn a_frame(format: PixelFormat, width: u32, height: u32, step: u32) -> Spec {
    let (frame_id, sequence, timestamp) = ("front".to_owned(), 7, 1 << 60);
    Spec::CameraFrame { frame_id, sequence, timestamp, width, height, step, format }
}

fn a_cloud(points: u32) -> Spec {
    Spec::PointCloud { frame_id: "größer".to_owned(), timestamp: 9, points }
}

/// Every schema, element sizes of 1 to 8 B, lengths that are and are not whole words, empty arrays, no dimension at all.
fn specs() -> Vec<Spec> {
    let mut specs = vec![
        a_frame(PixelFormat::Rgba8, 16, 4, 64),
        a_frame(PixelFormat::Rgb8, 5, 3, 17),
        a_frame(PixelFormat::Mono16, 3, 3, 6),
        a_frame(PixelFormat::Mono8, 0, 0, 0),
        a_cloud(0),
        a_cloud(1),
        a_cloud(1001),
    ];
    for element in Element::ALL {
        for shape in [&[][..], &[0], &[1], &[3, 5], &[4, 16], &[1001], &[2, 0, 7]] {
            specs.push(a_tensor(element, shape));
        }
    }
    specs
}

#[test]
fn every_message_is_what_was_planned_and_comes_back() {
    for spec in specs() {
        for way in Way::ALL {
            let message = make(&spec, way, Mode::Borrow);
            let planned = spec.plan(way).unwrap();
            let parts: Vec<_> = message.parts().iter().map(|part| (part.kind, part.len)).collect();
            let wanted: Vec<_> = planned.iter().map(|part| (part.kind, part.len)).collect();
            assert_eq!(parts, wanted, "{spec:?} {way:?}");
            let len = message.len();
            let payload = message.into_payload().unwrap();
            assert_eq!((payload.len(), payload.len() % 8), (len, 0));
            assert_eq!(payload.segments().len(), planned.len());

            let received = Received::open(&payload).unwrap();
            assert_eq!(received.end(), len);
            for content in [received.read(spec.schema()).unwrap(), received.read_any().unwrap()] {
                assert_eq!(content.spec, spec);
                for (index, range) in content.arrays.iter().enumerate() {
                    assert_eq!(
                        flat(&payload.slice(range.clone()).unwrap()),
                        bytes_of(&spec, index),
                        "{spec:?} {way:?}"
                    );
                }
            }
            // Everything is in linear memory, at whole words, in one piece: read in place.
            assert_eq!(received.ledger().total(), 0);
        }
    }
}

#[test]
fn capnp_itself_reads_them() {
    for spec in specs() {
        for way in Way::ALL {
            let bytes = flat(&payload(&spec, way));
            let reader = serialize::read_message(&bytes[..], ReaderOptions::new()).unwrap();
            let data = |index| bytes_of(&spec, index);
            match &spec {
                Spec::Tensor { name, element, shape, timestamp } => {
                    let root = reader.get_root::<tensor::Reader>().unwrap();
                    assert_eq!(root.get_name().unwrap(), name.as_str());
                    let there = format!("{:?}", root.get_element_type().unwrap());
                    assert_eq!(there, element.name().trim_start_matches("Big"));
                    assert_eq!(root.get_shape().unwrap().iter().collect::<Vec<_>>(), *shape);
                    assert_eq!(root.get_timestamp(), *timestamp);
                    assert_eq!(root.get_data().unwrap(), data(0));
                }
                Spec::CameraFrame { width, height, step, .. } => {
                    let root = reader.get_root::<camera_frame::Reader>().unwrap();
                    assert_eq!((root.get_width(), root.get_height(), root.get_step()), (*width, *height, *step));
                    assert_eq!(root.get_frame_id().unwrap(), "front");
                    assert_eq!(root.get_data().unwrap(), data(0));
                }
                Spec::PointCloud { points, .. } => {
                    let root = reader.get_root::<point_cloud::Reader>().unwrap();
                    let floats = |list: capnp::primitive_list::Reader<f32>| {
                        list.iter().flat_map(f32::to_le_bytes).collect::<Vec<_>>()
                    };
                    assert_eq!(root.get_x().unwrap().len(), *points);
                    assert_eq!(floats(root.get_x().unwrap()), data(0));
                    assert_eq!(floats(root.get_y().unwrap()), data(1));
                    assert_eq!(floats(root.get_z().unwrap()), data(2));
                    let intensity: Vec<u8> = root.get_intensity().unwrap().iter().flat_map(u16::to_le_bytes).collect();
                    assert_eq!(intensity, data(3));
                }
            }
        }
    }
}

#[test]
fn the_ledger_tells_the_ways_apart() {
    let spec = a_tensor(Element::Int32, &[192, 154]);
    let len = spec.arrays()[0].bytes() as u64;
    let filled = Entry { stage: Stage::Build, reason: Reason::Message, from: Place::Linear, to: Place::Linear };
    for (way, mode, wanted) in [
        (Way::Filled, Mode::Borrow, vec![(filled, len)]),
        (Way::InPlace, Mode::Borrow, vec![]),
        (Way::Adopted, Mode::Borrow, vec![]),
        (Way::Adopted, Mode::Move, vec![]),
        (Way::Adopted, Mode::Copy, vec![(Entry { reason: Reason::CopyMode, ..filled }, len)]),
    ] {
        let payload = make(&spec, way, mode).into_payload().unwrap();
        assert_eq!(payload.built().entries().collect::<Vec<_>>(), wanted, "{way:?} {mode:?}");
        assert!(payload.built().metadata() <= 4096);
    }
}

#[test]
fn what_was_built_and_what_was_adopted_stays_where_it_is() {
    let address = |segment: &Segment| segment.as_linear().unwrap().as_slice().as_ptr().addr();
    let spec = a_tensor(Element::Uint16, &[100]);
    let array = vec![5u16; 100];
    let at = array.as_ptr().addr();
    let payload = spec.adopted([Source::moved(array)]).unwrap().into_payload().unwrap();
    assert_eq!(address(&payload.segments()[2]), at);
    let mut at = 0;
    let message = spec.in_place(|_, into| {
        at = into.as_ptr().addr();
        Ok(())
    });
    let payload = message.unwrap().into_payload().unwrap();
    // A landing pad of one word stands before the data.
    assert_eq!(address(&payload.segments()[2]), at - 8);
}

#[test]
fn reading_touches_only_the_segments_that_it_must() {
    let spec = a_tensor(Element::Int32, &[100, 100]);
    for (way, step) in [(Way::Adopted, 1000), (Way::Filled, 777), (Way::InPlace, 1)] {
        let arrived = cut(&flat(&payload(&spec, way)), step);
        let received = Received::open(&arrived).unwrap();
        assert_eq!(received.ledger().total(), 0);
        assert!(received.ledger().metadata() <= 256);
        let content = received.read(Schema::Tensor).unwrap();
        assert_eq!(content.spec, spec);
        assert_eq!((received.was_read(0), received.was_read(1)), (true, false));
        let head = received.segment(0).unwrap().len() as u64;
        assert!(received.ledger().total() <= head && head < 200, "{:?}", received.ledger());
        // Whoever reads the data through `capnp` has their segment made contiguous, once.
        for _ in 0..2 {
            let reader = received.reader();
            assert_eq!(reader.get_root::<tensor::Reader>().unwrap().get_data().unwrap(), bytes_of(&spec, 0));
        }
        let data = received.segment(1).unwrap().len() as u64;
        assert!((data..=data + head).contains(&received.ledger().total()));
        assert!(received.was_read(1));
    }
}

#[test]
fn a_message_in_one_segment_is_gathered_once() {
    // As pycapnp makes it.
    let spec = a_tensor(Element::Float32, &[50, 3]);
    let mut builder = capnp::message::Builder::new_default();
    let mut root = builder.init_root::<tensor::Builder>();
    root.set_name("tensor");
    root.set_element_type(lab_capnp::ElementType::Float32);
    root.set_timestamp(-5);
    let mut shape = root.reborrow().init_shape(2);
    shape.set(0, 50);
    shape.set(1, 3);
    root.set_data(&bytes_of(&spec, 0));
    let bytes = serialize::write_message_to_words(&builder);
    let received = Received::open(&cut(&bytes, 100)).unwrap();
    assert_eq!(received.segments(), 1);
    let content = received.read_any().unwrap();
    assert_eq!(content.spec, spec);
    let range = content.arrays[0].clone();
    assert_eq!(bytes[range], bytes_of(&spec, 0));
    assert_eq!(received.ledger().total(), bytes.len() as u64 - 8);
}

#[test]
fn a_placeholder_in_another_segment_than_its_pointer_is_found_too() {
    // The first segment has room for root and struct only; everything else is far away.
    let mut draft = Draft::planned(&[6]).unwrap();
    let mut root = draft.init_root::<tensor::Builder>();
    root.set_name("far");
    let slot = Slot::of(root.init_data(PLACEHOLDER as u32));
    draft.adopt(slot, 1, Source::moved(vec![1u8, 2, 3])).unwrap();
    let payload = draft.finish().unwrap().into_payload().unwrap();
    let lens: Vec<_> = payload.segments().iter().map(Segment::len).collect();
    assert_eq!(lens, [16, 48, 40, 3, 5]);
    let bytes = flat(&payload);
    let reader = serialize::read_message(&bytes[..], ReaderOptions::new()).unwrap();
    let root = reader.get_root::<tensor::Reader>().unwrap();
    assert_eq!((root.get_name().unwrap().to_str().unwrap(), root.get_data().unwrap()), ("far", &[1, 2, 3][..]));
    // The old landing pad is nobody's now.
    let structure = Received::open(&payload).unwrap().structure(Some(Schema::Tensor)).unwrap();
    let unused: Vec<_> = structure.spans.iter().filter(|span| span.kind == Kind::Unused).collect();
    assert_eq!(unused.len(), 1);
    assert_eq!(bytes[unused[0].bytes.clone()], [0; 8]);
}

#[test]
fn an_object_without_a_byte_does_not_take_the_place_of_an_array() {
    let mut draft = Draft::new().unwrap();
    let mut root = draft.init_root::<point_cloud::Builder>();
    // Where this list would begin, the placeholder does.
    root.reborrow().init_y(0);
    let slot = Slot::of(bytemuck::cast_slice_mut(root.reborrow().init_x(4).as_slice().unwrap()));
    root.init_z(0);
    draft.adopt(slot, 4, Source::moved(vec![1.5f32, 2.5, 3.5])).unwrap();
    let bytes = flat(&draft.finish().unwrap().into_payload().unwrap());
    let reader = serialize::read_message(&bytes[..], ReaderOptions::new()).unwrap();
    let root = reader.get_root::<point_cloud::Reader>().unwrap();
    assert_eq!(root.get_x().unwrap().iter().collect::<Vec<_>>(), [1.5, 2.5, 3.5]);
    assert_eq!((root.get_y().unwrap().len(), root.get_z().unwrap().len()), (0, 0));
}

#[test]
fn an_adopted_array_without_elements_is_an_empty_list_and_no_segment() {
    // Near its pointer, and far from it.
    for planned in [&[64][..], &[1]] {
        let mut draft = Draft::planned(planned).unwrap();
        let mut root = draft.init_root::<point_cloud::Builder>();
        let slot = |list: &mut [f32]| Slot::of(bytemuck::cast_slice_mut(list));
        let x = slot(root.reborrow().init_x(4).as_slice().unwrap());
        let y = slot(root.reborrow().init_y(4).as_slice().unwrap());
        draft.adopt(x, 4, Source::moved(Vec::<f32>::new())).unwrap();
        draft.adopt(y, 4, Source::moved(vec![9f32; 3])).unwrap();
        let message = draft.finish().unwrap();
        let adopted = message.parts().iter().filter(|part| part.kind == PartKind::Adopted).count();
        assert_eq!(adopted, 1);
        let bytes = flat(&message.into_payload().unwrap());
        let reader = serialize::read_message(&bytes[..], ReaderOptions::new()).unwrap();
        let root = reader.get_root::<point_cloud::Reader>().unwrap();
        assert_eq!((root.get_x().unwrap().len(), root.get_y().unwrap().get(2)), (0, 9.0));
    }
}

#[test]
fn several_arrays_are_adopted_into_lists_of_their_own_types() {
    let spec = a_cloud(5);
    let payload = payload(&spec, Way::Adopted);
    let lens: Vec<_> = payload.segments().iter().map(Segment::len).collect();
    // Five segments: head, x, y, z, intensity, each with its padding.
    assert_eq!(lens, [24, (1 + 6 + 2 + 4 * 2) * 8, 20, 4, 20, 4, 20, 4, 10, 6]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let spec = a_tensor(Element::Int32, &[3]);
    let refused = |result: Result<Message, MessageError>| result.unwrap_err();
    let error = refused(spec.adopted([Source::moved(vec![0u8; 11])]));
    assert!(matches!(error, MessageError::Length { expected: 12, found: 11, .. }), "{error}");
    assert!(matches!(refused(spec.filled([])), MessageError::Length { expected: 1, found: 0, .. }));
    let huge = a_tensor(Element::Uint8, &[1 << 29]);
    for error in [refused(huge.in_place(|_, _| Ok(()))), huge.plan(Way::Adopted).unwrap_err()] {
        assert!(matches!(error, MessageError::TooLong { found: 0x2000_0000, .. }), "{error}");
    }
    assert!(a_tensor(Element::Uint8, &[(1 << 29) - 1]).plan(Way::Adopted).is_ok());
    assert!(a_tensor(Element::Float64, &[u32::MAX; 9]).check().is_err());
    let zero = a_tensor(Element::Float64, &[u32::MAX, u32::MAX, u32::MAX, 0]);
    assert_eq!((zero.check(), zero.arrays()[0].length), (Ok(()), 0));
    assert!(matches!(a_frame(PixelFormat::Rgb8, 5, 3, 14).check(), Err(MessageError::Unsound { .. })));
    assert!(matches!(a_frame(PixelFormat::Mono16, 5, 3, 11).check(), Err(MessageError::Unsound { .. })));

    let mut draft = Draft::new().unwrap();
    let slot = Slot::of(draft.init_root::<tensor::Builder>().init_data(16));
    assert!(draft.adopt(slot, 3, Source::moved(vec![0u8; 3])).is_err());
    assert!(draft.adopt(slot, 2, Source::moved(vec![0u8; 3])).is_err());
    assert_eq!(draft.finish().unwrap().parts().len(), 2);
    for placeholder in [&mut [0u8; 16][..], &mut [0u8; 8]] {
        let mut draft = Draft::new().unwrap();
        draft.init_root::<tensor::Builder>().init_data(16);
        draft.adopt(Slot::of(placeholder), 1, Source::moved(vec![1u8])).unwrap();
        assert_eq!(draft.finish().unwrap_err(), MessageError::NoSuchSlot);
    }
    // The placeholder must be the whole field.
    let mut draft = Draft::new().unwrap();
    let slot = Slot::of(&mut draft.init_root::<tensor::Builder>().init_data(24)[..16]);
    draft.adopt(slot, 1, Source::moved(vec![1u8])).unwrap();
    assert_eq!(draft.finish().unwrap_err(), MessageError::NoSuchSlot);
    // A field that was changed after its slot was taken points elsewhere.
    let mut draft = Draft::new().unwrap();
    let mut root = draft.init_root::<tensor::Builder>();
    let slot = Slot::of(root.reborrow().init_data(16));
    root.set_data(&[1]);
    draft.adopt(slot, 1, Source::moved(vec![1u8])).unwrap();
    assert_eq!(draft.finish().unwrap_err(), MessageError::NoSuchSlot);
}

#[test]
fn as_many_segments_as_readers_accept_and_not_one_more() {
    let many = |count: usize| {
        let mut draft = Draft::new().unwrap();
        let mut list =
            draft.init_root::<capnp::any_pointer::Builder>().initn_as::<capnp::data_list::Builder>(count as u32);
        let slots = (0..count as u32).map(|at| {
            list.set(at, &[0; PLACEHOLDER]);
            Slot::of(list.reborrow().get(at).unwrap())
        });
        let slots: Vec<_> = slots.collect();
        for slot in slots {
            draft.adopt(slot, 1, Source::moved(vec![9u8; 9])).unwrap();
        }
        draft.finish()
    };
    // Of 510 entries and their placeholders, 1530 words, two segments are built.
    let payload = many(509).unwrap().into_payload().unwrap();
    let bytes = flat(&payload);
    assert_eq!(Received::open(&payload).unwrap().segments(), 511);
    let reader = serialize::read_message(&bytes[..], ReaderOptions::new()).unwrap();
    let list = reader.get_root::<capnp::data_list::Reader>().unwrap();
    assert!(list.iter().all(|data| data.unwrap() == [9; 9]));
    assert_eq!(many(510).unwrap_err(), MessageError::TooManySegments { found: 512 });
}

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

/// A message of these words in one segment.
fn of_words(words: &[u64]) -> ZBytes {
    let table = (words.len() as u64) << 32;
    let bytes: Vec<u8> = std::iter::once(&table).chain(words).flat_map(|word| word.to_le_bytes()).collect();
    ZBytes::from_segments([Source::moved(bytes)]).unwrap()
}

/// Everything that can be asked of a message: none of it may panic, loop, or read more than the message justifies.
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
    // Its beginning is told, for as far as spans are; the whole is refused where it is walked to its end.
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
    assert_eq!(
        error.to_string(),
        "data has 3 B, but by what the message says it should have 4 B. It is a message of another schema, or a damaged one"
    );
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

/// A payload of these words.
fn words(words: &[u64]) -> ZBytes {
    cut(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>(), 1 << 16)
}

fn opened(payload: &ZBytes) -> MessageError {
    Received::open(payload).err().expect("it cannot be opened")
}

/// A tensor as `capnp` builds it, in one segment.
fn built(shape: &[u32], name: &str) -> capnp::message::Builder<capnp::message::HeapAllocator> {
    let mut builder = capnp::message::Builder::new_default();
    let mut root = builder.init_root::<tensor::Builder<'_>>();
    root.set_name(name);
    let mut list = root.init_shape(shape.len() as u32);
    (0..).zip(shape).for_each(|(at, side)| list.set(at, *side));
    builder
}

#[test]
fn a_limit_of_the_reader_is_called_a_limit() {
    // A shape of half a milliard of structs that have nothing, so it takes no room: a reader that went through it would never end.
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
    let text = b"this is no message, but a text that is long enough".to_vec();
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
    // A root of pointers, each to a struct without a word, and nine thousand words that nothing leads to.
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
    // A root of one pointer; a list of two structs, each a word of data and a pointer; and eight bytes.
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
    assert!(error.contains("8,796,093,022,208 elements") && error.contains("Send it in parts"), "{error}");
    let error = a_frame(PixelFormat::Rgb8, 5, 3, 14).check().unwrap_err().to_string();
    assert_eq!(error, "a row of 5 pixels of rgb8 takes 15 B, but step is 14 B");
}
