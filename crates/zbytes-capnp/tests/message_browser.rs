//! Messages of Cap'n Proto around arrays in the JavaScript heap, in a real browser: adopted,
//! filled, made in place and read.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

use js_sys::{Array, ArrayBuffer, Function, Object, Reflect, Uint8Array, eval};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use zbytes::{
    ledger::{Entry, Ledger, Place, Reason, Stage},
    payload::{BuildError, ZBytes},
    segment::{
        Aliasing, Cause, Element, Mode, Segment, SegmentError, Source,
        js::{lend, to_array_buffer},
    },
};

use zbytes_capnp::{Message, MessageError, PartKind, Received, Schema, Spec, Way};

wasm_bindgen_test_configure!(run_in_browser);

/// A value from a line of JavaScript.
fn js(source: &str) -> JsValue {
    eval(source).unwrap_or_else(|error| panic!("{source}: {error:?}"))
}

/// Calls a function written in JavaScript.
fn call(function: &str, argument: &JsValue) -> JsValue {
    js(function).unchecked_into::<Function>().call1(&JsValue::UNDEFINED, argument).unwrap()
}

fn noise(len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn array(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

/// The same bytes as a typed array of `element`.
fn array_of(element: Element, bytes: &[u8]) -> JsValue {
    let class: Function = Reflect::get(&js_sys::global(), &element.array_name().into()).unwrap().unchecked_into();
    Reflect::construct(&class, &Array::of1(&array(bytes).buffer())).unwrap()
}

fn byte_length(value: &JsValue) -> f64 {
    Reflect::get(value, &"byteLength".into()).unwrap().as_f64().unwrap()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

fn bytes(buffer: &ArrayBuffer) -> Vec<u8> {
    Uint8Array::new(buffer).to_vec()
}

fn a_tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: "tensor".to_owned(), element, shape: shape.to_vec(), timestamp: -5 }
}

/// 1,001 points: four arrays, each with a padding behind it.
fn a_cloud() -> Spec {
    Spec::PointCloud { frame_id: "lidar".to_owned(), timestamp: 9, points: 1001 }
}

/// Arrays for [`a_cloud`], each the whole of its buffer.
fn coordinates() -> [JsValue; 4] {
    let floats = |scale: f32| -> Vec<u8> { (0..1001).flat_map(|at| (at as f32 * scale).to_le_bytes()).collect() };
    let [x, y, z] = [0.5, 1.0, -2.0].map(|scale| array_of(Element::Float32, &floats(scale)));
    [x, y, z, array_of(Element::Uint16, &noise(2002))]
}

fn entry(stage: Stage, reason: Reason, from: Place, to: Place) -> Entry {
    Entry { stage, reason, from, to }
}

/// The content of the message, and the bytes of its arrays, read over the segments as they are.
fn read(payload: &ZBytes, schema: Schema) -> (Spec, Vec<Vec<u8>>) {
    let content = Received::open(payload).unwrap().read(schema).unwrap();
    let arrays = content.arrays.into_iter().map(|range| flat(&payload.slice(range).unwrap()));
    (content.spec, arrays.collect())
}

fn build_error(message: Result<Message, MessageError>) -> BuildError {
    message.unwrap().into_payload().unwrap_err()
}

fn refused(index: usize, mode: Mode, cause: Cause) -> BuildError {
    BuildError::Segment { index, error: SegmentError::Refused { mode, cause } }
}

#[wasm_bindgen_test]
fn a_write_shows_in_an_array_that_was_adopted_by_borrow() {
    let source = array(&noise(1001));
    let spec = a_tensor(Element::Uint8, &[1001]);
    let (payload, receipt) = spec.adopted([Source::borrow(&source)]).unwrap().build().unwrap();
    assert_eq!(receipt.ledger.total(), 0);
    let adopted = &payload.segments()[2];
    assert_eq!((adopted.place(), adopted.len(), adopted.aliasing()), (Place::JsHeap, 1001, Aliasing::Shared));
    let mut expected = noise(1001);
    assert_eq!(read(&payload, Schema::Tensor), (spec.clone(), vec![expected.clone()]));
    expected[1000] ^= 0xff;
    source.set_index(1000, expected[1000]);
    assert_eq!(read(&payload, Schema::Tensor), (spec, vec![expected]));
}

#[wasm_bindgen_test]
fn an_array_adopted_by_move_is_detached_when_built() {
    for element in Element::ALL {
        let source = array_of(element, &noise(24));
        let spec = a_tensor(element, &[24 / element.size() as u32]);
        let message = spec.adopted([Source::moved(source.clone())]).unwrap();
        assert_eq!(byte_length(&source), 24.0, "making the message takes nothing");
        let (payload, receipt) = message.build().unwrap();
        assert_eq!((byte_length(&source), receipt.ledger.total()), (0.0, 0));
        assert_eq!(read(&payload, Schema::Tensor), (spec, vec![noise(24)]));
    }
    let arrays = coordinates();
    let payload = a_cloud().adopted(arrays.clone().map(Source::moved)).unwrap().into_payload().unwrap();
    assert_eq!(arrays.map(|array| byte_length(&array)), [0.0; 4]);
    let (spec, read) = read(&payload, Schema::PointCloud);
    assert_eq!((spec, read[3].clone()), (a_cloud(), noise(2002)));
    assert_eq!(read[0][4000..], 500f32.to_le_bytes());
}

#[wasm_bindgen_test]
fn a_refused_source_is_told_by_its_index_and_changes_nothing() {
    // z is the third array, with padding behind each array. The segments are the table, the
    // builder's part, x, padding, y, padding, z.
    let z = 6;
    let memory: Object = wasm_bindgen::memory().unchecked_into();
    Reflect::set(&js_sys::global(), &"labMemory".into(), &memory).unwrap();
    let cases = [
        ("new Float32Array(new ArrayBuffer(8000), 8, 1001)", Mode::Move, Cause::Partial { part: 4004, whole: 8000 }),
        ("new Float32Array(new ArrayBuffer(4004, { maxByteLength: 8000 }))", Mode::Borrow, Cause::Resizable),
        ("new Float32Array(new ArrayBuffer(4004, { maxByteLength: 8000 }))", Mode::Move, Cause::Resizable),
        (
            "new Float32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 1001)",
            Mode::Borrow,
            Cause::Shared,
        ),
        (
            "new Float32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 1001)",
            Mode::Move,
            Cause::Shared,
        ),
        ("new Float32Array(labMemory.buffer, 0, 1001)", Mode::Borrow, Cause::WasmMemory),
        ("new Float32Array(labMemory.buffer, 0, 1001)", Mode::Move, Cause::WasmMemory),
    ];
    for (source, mode, cause) in cases {
        let [x, y, _, intensity] = coordinates();
        // This is the last step, because memory may grow when a message is made.
        let message = a_cloud().adopted([
            Source::moved(x.clone()),
            Source::borrow(y.clone()),
            Source::new(js(source), mode),
            Source::moved(intensity.clone()),
        ]);
        assert_eq!(build_error(message), refused(z, mode, cause), "{source}");
        let lengths = [&x, &y, &intensity].map(byte_length);
        assert_eq!(lengths, [4004.0, 4004.0, 2002.0], "{source}");
        assert_eq!(bytes(&intensity.unchecked_into::<Uint8Array>().buffer()), noise(2002));
    }
    // The same buffer twice.
    let [x, y, _, intensity] = coordinates();
    for (mode, cause) in [(Mode::Move, Cause::AlsoMoved { other: 2 }), (Mode::Borrow, Cause::AlsoMoved { other: 2 })] {
        let message = a_cloud().adopted([
            Source::moved(x.clone()),
            Source::moved(y.clone()),
            Source::new(x.clone(), mode),
            Source::moved(intensity.clone()),
        ]);
        assert_eq!(build_error(message), refused(z, mode, cause));
        assert_eq!([&x, &y, &intensity].map(byte_length), [4004.0, 4004.0, 2002.0]);
    }
    // A part can be borrowed. A refused array can be copied.
    let part = js("new Float32Array(new ArrayBuffer(8000), 8, 1001).fill(1.5)");
    let shared = js(
        "new Float32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 1001).fill(2.5)",
    );
    let sources = [Source::moved(x), Source::borrow(part), Source::copy(shared), Source::moved(intensity)];
    let (payload, receipt) = a_cloud().adopted(sources).unwrap().build().unwrap();
    assert_eq!(receipt.ledger.total(), 4004);
    let (_, arrays) = read(&payload, Schema::PointCloud);
    assert_eq!((&arrays[1], &arrays[2]), (&1.5f32.to_le_bytes().repeat(1001), &2.5f32.to_le_bytes().repeat(1001)));
}

#[wasm_bindgen_test]
fn a_source_of_another_length_is_refused_when_made() {
    let spec = a_tensor(Element::Uint8, &[8]);
    let gone = array(&noise(8));
    call("(array) => structuredClone(array.buffer, { transfer: [array.buffer] })", &gone);
    for mode in Mode::ALL {
        let made = |value: &JsValue| spec.adopted([Source::new(value, mode)]).unwrap_err();
        assert_eq!(made(&gone), MessageError::Segment(SegmentError::SourceDetached));
        let MessageError::Segment(SegmentError::NotABuffer { found }) = made(&"text".into()) else { panic!("taken") };
        assert_eq!(found, "a string");
        assert!(matches!(made(&array(&noise(9))), MessageError::Length { expected: 8, found: 9, .. }));
    }
}

#[wasm_bindgen_test]
fn an_array_that_changes_before_the_payload_is_built_is_refused() {
    let spec = a_tensor(Element::Uint8, &[8]);
    let error = |expected, found| BuildError::Segment { index: 2, error: SegmentError::Detached { expected, found } };
    for len in [4, 16] {
        let source = js("new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }))");
        let message = spec.adopted([Source::copy(source.clone())]).unwrap();
        message.check().unwrap();
        call(&format!("(array) => array.buffer.resize({len})"), &source);
        assert_eq!(message.check().unwrap_err(), error(8, len));
        assert_eq!(message.into_payload().unwrap_err(), error(8, len));
    }
    for mode in Mode::ALL {
        let source = array(&noise(8));
        let message = spec.adopted([Source::new(&source, mode)]).unwrap();
        call("(array) => structuredClone(array.buffer, { transfer: [array.buffer] })", &source);
        let expected = BuildError::Segment { index: 2, error: SegmentError::SourceDetached };
        assert_eq!(message.into_payload().unwrap_err(), expected);
    }
}

#[wasm_bindgen_test]
fn arrays_of_every_type_are_filled_in_with_one_copy_each() {
    let filled = entry(Stage::Build, Reason::Message, Place::JsHeap, Place::Linear);
    for element in Element::ALL {
        for count in [1u32, 8, 1001] {
            let expected = noise(count as usize * element.size());
            let source = array_of(element, &expected);
            let spec = a_tensor(element, &[count]);
            // The mode has no effect: filling detaches nothing.
            let message = spec.filled([Source::moved(source.clone())]).unwrap();
            assert_eq!(message.ledger().entries().collect::<Vec<_>>(), [(filled, expected.len() as u64)]);
            let (payload, receipt) = message.build().unwrap();
            assert_eq!(receipt.ledger.entries().collect::<Vec<_>>(), [(filled, expected.len() as u64)]);
            assert_eq!(byte_length(&source), expected.len() as f64);
            assert!(payload.segments().iter().all(|segment| segment.place() == Place::Linear));
            assert_eq!(read(&payload, Schema::Tensor), (spec, vec![expected]));
        }
    }
    // A view of a part, and four arrays.
    let part = js("new DataView(new Uint8Array([9, 8, 7, 6]).buffer, 1, 2)");
    let spec = a_tensor(Element::Uint8, &[2]);
    let payload = spec.filled([Source::borrow(part)]).unwrap().into_payload().unwrap();
    assert_eq!(read(&payload, Schema::Tensor), (spec, vec![vec![8, 7]]));
    let (payload, receipt) = a_cloud().filled(coordinates().map(Source::borrow)).unwrap().build().unwrap();
    assert_eq!(receipt.ledger.entries().collect::<Vec<_>>(), [(filled, 3 * 4004 + 2002)]);
    assert_eq!(read(&payload, Schema::PointCloud).1[3], noise(2002));
}

#[wasm_bindgen_test]
fn a_producer_of_javascript_writes_where_the_message_is() {
    for element in Element::ALL {
        let spec = a_tensor(element, &[3, 5]);
        let big = matches!(element, Element::BigInt64 | Element::BigUint64);
        let write = format!(
            "(array) => {{ for (let i = 0; i < array.length; i++) array[i] = {}(i); }}",
            if big { "BigInt" } else { "" }
        );
        let message = spec.in_place(|_, into| {
            lend(into, element, |array| {
                assert_eq!(byte_length(array), 15.0 * element.size() as f64);
                call(&write, array);
            })
        });
        let (payload, receipt) = message.unwrap().build().unwrap();
        assert_eq!(receipt.ledger.total(), 0);
        let expected = array_of(element, &vec![0; 15 * element.size()]);
        call(&write, &expected);
        let expected = bytes(&expected.unchecked_into::<Uint8Array>().buffer());
        assert_eq!(read(&payload, Schema::Tensor), (spec, vec![expected]));
    }
    let elements = [Element::Float32, Element::Float32, Element::Float32, Element::Uint16];
    let message = a_cloud().in_place(|index, into| {
        lend(into, elements[index], |array| {
            call(&format!("(array) => array.fill({index} + 0.25)"), array);
        })
    });
    let (_, arrays) = read(&message.unwrap().into_payload().unwrap(), Schema::PointCloud);
    assert_eq!((&arrays[2], &arrays[3]), (&2.25f32.to_le_bytes().repeat(1001), &3u16.to_le_bytes().repeat(1001)));
}

#[wasm_bindgen_test]
fn memory_that_grows_while_made_in_place_is_an_error() {
    let grow = |into: &mut [u8]| {
        lend(into, Element::Uint8, |array| {
            call("(memory) => memory.grow(1)", &wasm_bindgen::memory());
            // JavaScript ignores this write.
            call("(array) => { array[0] = 1; }", array);
        })
    };
    let message = a_tensor(Element::Uint8, &[100]).in_place(|_, into| grow(into));
    assert_eq!(message.unwrap_err(), MessageError::Segment(SegmentError::Grown));
    // The last of four arrays fails: the arrays that were made before are dropped.
    let message = a_cloud().in_place(|index, into| if index == 3 { grow(into) } else { Ok(()) });
    assert_eq!(message.unwrap_err(), MessageError::Segment(SegmentError::Grown));
}

#[wasm_bindgen_test]
fn an_array_of_256_mib_is_adopted_like_any_other() {
    // Sixteen times its length does not fit 32 bits.
    const LEN: u32 = 256 << 20;
    let source = Uint8Array::new_with_length(LEN);
    source.set_index(LEN - 1, 7);
    let payload = a_tensor(Element::Uint8, &[LEN]).adopted([Source::borrow(&source)]).unwrap().into_payload().unwrap();
    assert_eq!(payload.segments()[2].len(), LEN as usize);
    let content = Received::open(&payload).unwrap().read(Schema::Tensor).unwrap();
    let range = content.arrays[0].clone();
    assert_eq!(range.len(), LEN as usize);
    assert_eq!(flat(&payload.slice(range.end - 2..range.end).unwrap()), [0, 7]);
}

// ---- reading ----

/// The bytes as they arrive: pieces in ArrayBuffers of their own.
fn arrived(bytes: &[u8], step: usize) -> ZBytes {
    let pieces = bytes.chunks(step).map(|piece| Source::moved(Segment::received(array(piece).buffer())));
    ZBytes::from_segments(pieces).unwrap()
}

#[wasm_bindgen_test]
fn a_received_array_stays_in_the_js_heap_until_asked_for() {
    let expected = noise(200_000);
    let spec = a_tensor(Element::Int16, &[1000, 100]);
    for way in [Way::Filled, Way::Adopted] {
        let made = match way {
            Way::Filled => spec.filled([Source::borrow(&array(&expected))]),
            _ => spec.adopted([Source::borrow(&array(&expected))]),
        };
        let payload = arrived(&flat(&made.unwrap().into_payload().unwrap()), 60_000);
        let received = Received::open(&payload).unwrap();
        let content = received.read_any().unwrap();
        assert_eq!(content.spec, spec);
        // The segment with the root only.
        let contiguous = entry(Stage::Read, Reason::Contiguous, Place::JsHeap, Place::Linear);
        let head = received.segment(0).unwrap().len() as u64;
        assert_eq!(received.ledger().entries().collect::<Vec<_>>(), [(contiguous, head)]);
        assert!(received.ledger().metadata() <= 2048);

        let part = payload.slice(content.arrays[0].clone()).unwrap();
        assert!(part.segments().len() >= 4 && part.segments().iter().all(|s| s.place() == Place::JsHeap));
        let mut ledger = Ledger::new();
        let buffer = to_array_buffer(part.segments(), &mut ledger).unwrap();
        let straight = entry(Stage::Read, Reason::Contiguous, Place::JsHeap, Place::JsHeap);
        assert_eq!(ledger.entries().collect::<Vec<_>>(), [(straight, 200_000)]);
        assert_eq!(bytes(&buffer), expected);
    }
}

#[wasm_bindgen_test]
fn segments_of_both_places_become_one_buffer() {
    let js_heap = array(&noise(1000));
    let view = js_heap.subarray(10, 20);
    let wasm = noise(70_000);
    let payload = ZBytes::from_segments([
        Source::borrow(&js_heap),
        Source::moved(Vec::<u8>::new()),
        Source::borrow(&view),
        Source::moved(wasm.clone()),
    ])
    .unwrap();
    let mut ledger = Ledger::new();
    let buffer = to_array_buffer(payload.segments(), &mut ledger).unwrap();
    assert_eq!(bytes(&buffer), [&noise(1000)[..], &noise(1000)[10..20], &wasm].concat());
    let line = |from| entry(Stage::Read, Reason::Contiguous, from, Place::JsHeap);
    assert_eq!(ledger.entries().collect::<Vec<_>>(), [(line(Place::Linear), 70_000), (line(Place::JsHeap), 1010)]);
    // It is a buffer of its own.
    js_heap.set_index(0, !noise(1)[0]);
    assert_eq!(bytes(&buffer)[0], noise(1)[0]);
    assert_eq!(to_array_buffer(&[], &mut ledger).unwrap().byte_length(), 0);
    // The error names a detached array, and the ledger does not count it.
    call("(array) => structuredClone(array.buffer, { transfer: [array.buffer] })", &js_heap);
    let mut ledger = Ledger::new();
    let segments = [payload.segments()[3].clone(), payload.segments()[2].clone()];
    let error = to_array_buffer(&segments, &mut ledger).unwrap_err();
    assert_eq!(error, (1, SegmentError::Detached { expected: 10, found: 0 }));
    assert_eq!(ledger.total(), 70_000);
}

#[wasm_bindgen_test]
fn an_array_detached_while_it_is_read_is_an_error() {
    let source = array(&noise(1000));
    let spec = a_tensor(Element::Uint8, &[1000]);
    let payload = spec.adopted([Source::borrow(&source)]).unwrap().into_payload().unwrap();
    let received = Received::open(&payload).unwrap();
    let data = |received: &Received| {
        let reader = received.reader();
        let root = reader.get_root::<zbytes_capnp::lab_capnp::tensor::Reader>();
        root.and_then(|root| Ok(root.get_data()?.to_vec()))
    };
    call("(array) => structuredClone(array.buffer, { transfer: [array.buffer] })", &source);
    // The message's content is still readable. The array is not.
    let content = received.read(Schema::Tensor).unwrap();
    assert_eq!(content.spec, spec);
    let gone = BuildError::Segment { index: 2, error: SegmentError::Detached { expected: 1000, found: 0 } };
    assert!(data(&received).is_err());
    assert_eq!(received.trouble(), Some(MessageError::Payload(gone)));
    assert!(payload.slice(content.arrays[0].clone()).unwrap().to_bytes(&mut Ledger::new()).is_err());
    // With a detached head, the message cannot even be opened.
    let head = array(&flat(&spec.adopted([Source::moved(noise(1000))]).unwrap().into_payload().unwrap()));
    let payload = ZBytes::from_segments([Source::borrow(&head)]).unwrap();
    call("(array) => structuredClone(array.buffer, { transfer: [array.buffer] })", &head);
    assert!(matches!(Received::open(&payload), Err(MessageError::Payload(BuildError::Segment { index: 0, .. }))));
}

#[wasm_bindgen_test]
fn the_parts_of_a_message_are_those_that_were_planned() {
    for way in Way::ALL {
        let message = match way {
            Way::Filled => a_cloud().filled(coordinates().map(Source::borrow)),
            Way::InPlace => a_cloud().in_place(|_, _| Ok(())),
            Way::Adopted => a_cloud().adopted(coordinates().map(Source::moved)),
        };
        let message = message.unwrap();
        let parts: Vec<_> = message.parts().iter().map(|part| (part.kind, part.len)).collect();
        let planned: Vec<_> = a_cloud().plan(way).unwrap().iter().map(|part| (part.kind, part.len)).collect();
        assert_eq!(parts, planned);
        assert_eq!(
            parts.iter().filter(|(kind, _)| *kind == PartKind::Adopted).count(),
            if way == Way::Adopted { 4 } else { 0 }
        );
    }
}
