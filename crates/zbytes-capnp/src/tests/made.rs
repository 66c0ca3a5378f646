//! Messages made in each way, and what making and reading them copies.

use super::*;

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
        let (_, receipt) = make(&spec, way, mode).build().unwrap();
        assert_eq!(receipt.ledger.entries().collect::<Vec<_>>(), wanted, "{way:?} {mode:?}");
        assert!(receipt.ledger.metadata() <= 4096);
    }
}

#[test]
fn what_was_built_and_what_was_adopted_stays_where_it_is() {
    let address = |segment: &Segment| segment.as_linear().unwrap().as_ptr().addr();
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
        // A program that reads the data through `capnp` has their segment made contiguous, once.
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
fn a_placeholder_is_found_in_another_segment_than_its_pointer() {
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
    // The old landing pad belongs to no pointer now.
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
fn an_adopted_array_without_elements_becomes_an_empty_list() {
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
fn a_draft_without_a_root_is_a_message_of_nothing() {
    let message = Draft::new().unwrap().finish().unwrap();
    let payload = message.into_payload().unwrap();
    let received = Received::open(&payload).unwrap();
    assert_eq!((received.segments(), received.end()), (1, payload.len()));
    assert_eq!(flat(&payload), [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "one segment: a null pointer");
}

#[test]
fn what_is_around_the_arrays_completes_a_message() {
    for spec in specs() {
        for way in Way::ALL {
            let around = spec.around(way).unwrap();
            let arrays = (0..spec.arrays().len()).map(|index| bytes_of(&spec, index)).filter(|bytes| !bytes.is_empty());
            let arrays: Vec<_> = arrays.collect();
            assert_eq!(around.len(), arrays.len() + 1, "{spec:?} {way:?}");
            let pieces = around.into_iter().zip(arrays.into_iter().chain([Vec::new()]));
            let joined: Vec<u8> = pieces.flat_map(|(around, array)| [around, array].concat()).collect();
            assert_eq!(joined, flat(&payload(&spec, way)), "{spec:?} {way:?}");
        }
    }
}
