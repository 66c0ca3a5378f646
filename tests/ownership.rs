//! The ownership of arrays in the JavaScript heap, in a real browser. The tests cover every kind of
//! source, the three modes, refusals, and how long an owner lives.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

#[path = "../crates/zbytes/tests/support/model.rs"]
mod model;

use std::io::{Read, Seek, SeekFrom};

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array, WebAssembly, eval};
use model::{Operation, Pair, Part, Whence};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use zbytes_lab::{
    ledger::{Ledger, Place, Reason, Stage},
    measure::mix,
    payload::{BuildError, MAX_LEN, ZBytes},
    segment::{Aliasing, Cause, Element, Input, Mode, Segment, SegmentError, Source, Unsupported},
};
use zenoh_buffers::ZBuf;

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
    (0..len).map(|i| mix(i as u64) as u8).collect()
}

fn array(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

fn build<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> ZBytes {
    ZBytes::from_segments(sources).unwrap()
}

/// The payload, and how many bytes building it copied.
fn counted<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> (ZBytes, u64) {
    let (payload, receipt) = ZBytes::build(sources).unwrap();
    (payload, receipt.ledger.total())
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// Bytes that an array or a buffer has now.
fn byte_length(value: &JsValue) -> f64 {
    // A detached DataView throws where others say 0.
    Reflect::get(value, &"byteLength".into()).unwrap_or(0.into()).as_f64().unwrap_or(f64::NAN)
}

fn memory() -> WebAssembly::Memory {
    wasm_bindgen::memory().unchecked_into()
}

/// A view of wasm memory, over bytes that live as long as the program.
fn view_of_memory(bytes: &'static [u8]) -> Uint8Array {
    let address = bytes.as_ptr().addr() as u32;
    Uint8Array::new_with_byte_offset_and_length(&memory().buffer(), address, bytes.len() as u32)
}

/// A copy writes exactly as many bytes as its target has room for, even when an array reports a
/// wrong length.
#[wasm_bindgen_test]
fn an_array_that_lies_about_its_length_is_an_error_and_writes_nothing() {
    for liar in [
        "Object.defineProperty(new Uint8Array(100).fill(7), 'byteLength', { value: 4 })",
        "Object.defineProperty(new Uint8Array(4).fill(7), 'byteLength', { value: 100 })",
        "new (class extends Uint8Array { get byteLength() { return 9 } })(3)",
        "Object.defineProperty(new Float32Array(4), 'buffer', { value: 5 })",
    ] {
        for mode in [Mode::Copy, Mode::Borrow] {
            let built = ZBytes::from_segments([Source::new(Input::from(js(liar)), mode)]);
            let read = built.and_then(|payload| payload.to_bytes(&mut Ledger::new()).map(|_| ()));
            assert!(read.is_err(), "{liar} by {mode:?}: {read:?}");
        }
    }
    assert_eq!(flat(&build([Source::copy(&array(&[1, 2, 3]))])), [1, 2, 3]);
}

// ---- every source, every mode ----

/// Every kind of source, as JavaScript, with its element type and its bytes.
fn sources() -> Vec<(String, Element, Vec<u8>)> {
    let mut sources = Vec::new();
    for element in Element::ALL {
        let class = element.array_name();
        let number = |n: i64| if class.starts_with("Big") { format!("{n}n") } else { n.to_string() };
        let (one, two) = (number(1), number(2));
        let bytes = |n: i64| match element {
            Element::Float16 => half::f16::from_f64(n as f64).to_le_bytes().to_vec(),
            Element::Float32 => (n as f32).to_le_bytes().to_vec(),
            Element::Float64 => (n as f64).to_le_bytes().to_vec(),
            _ => n.to_le_bytes()[..element.size()].to_vec(),
        };
        sources.push((format!("{class}.of({one}, {two})"), element, [bytes(1), bytes(2)].concat()));
    }
    let eight = "new Uint8Array([10, 11, 12, 13, 14, 15, 16, 17]).buffer";
    sources.push((eight.to_owned(), Element::Uint8, (10..18).collect()));
    sources.push((format!("new DataView({eight})"), Element::Uint8, (10..18).collect()));
    sources.push(("new Uint8Array(0)".to_owned(), Element::Uint8, Vec::new()));
    sources.push(("new ArrayBuffer(0)".to_owned(), Element::Uint8, Vec::new()));
    sources
}

#[wasm_bindgen_test]
fn every_source_gives_its_bytes_in_every_mode() {
    for (source, _, bytes) in sources() {
        for mode in Mode::ALL {
            let value = js(&source);
            let (payload, receipt) = ZBytes::build([(&value, mode)]).unwrap();
            let [segment] = payload.segments() else { panic!("{source}") };
            assert_eq!(flat(&payload), bytes, "{source} by {mode:?}");
            assert_eq!(receipt.modes, [mode], "{source}");
            let (place, aliasing, copied) = match mode {
                Mode::Copy => (Place::Linear, Aliasing::Immutable, bytes.len() as u64),
                Mode::Borrow => (Place::JsHeap, Aliasing::Shared, 0),
                Mode::Move => (Place::JsHeap, Aliasing::Exclusive, 0),
            };
            assert_eq!((segment.place(), segment.aliasing(), receipt.ledger.total()), (place, aliasing, copied));
            let left = if mode == Mode::Move { 0 } else { bytes.len() };
            assert_eq!(byte_length(&value), left as f64, "{source} by {mode:?}: what the caller has left");
        }
    }
}

#[wasm_bindgen_test]
fn views_with_offset_and_length_give_their_part_by_copy_and_borrow() {
    for (source, element, _) in sources() {
        let class = if source.contains("DataView") { "DataView" } else { element.array_name() };
        let size = if class == "DataView" { 1 } else { element.size() };
        let view = js(&format!(
            "(() => {{ const b = new ArrayBuffer(64); new Uint8Array(b).forEach((_, i, all) => all[i] = i); \
             return new {class}(b, 16, {}) }})()",
            24 / size
        ));
        for mode in [Mode::Copy, Mode::Borrow] {
            let payload = build([(&view, mode)]);
            assert_eq!(flat(&payload), (16..40).collect::<Vec<u8>>(), "{class} by {mode:?}");
            assert_eq!(flat(&payload.slice(3..5).unwrap()), [19, 20]);
        }
    }
}

#[wasm_bindgen_test]
fn typed_handles_and_texts_and_wasm_memory_stand_side_by_side() {
    let (floats, raw) = (js_sys::Float32Array::from([1.5].as_slice()), array(&[7]).buffer());
    let (payload, copied) = counted([
        Source::borrow(&floats),
        Source::copy(&raw),
        Source::moved("größer".to_owned()),
        Source::borrow("static"),
        Source::moved(vec![1u16, 2]),
        Source::moved(vec![9u8].into_boxed_slice()),
    ]);
    let expected = [&1.5f32.to_le_bytes()[..], &[7], "größerstatic".as_bytes(), &[1, 0, 2, 0], &[9]].concat();
    assert_eq!(flat(&payload), expected);
    assert_eq!(copied, 1);
}

#[wasm_bindgen_test]
fn a_producer_fills_wasm_memory_in_place_through_an_array() {
    for element in Element::ALL {
        let fill = "(view) => { for (let i = 0; i < 3; i++) view[i] = typeof view[0] === 'bigint' ? BigInt(i) : i; return view; }";
        let (segment, view) = Segment::fill_js(element, 3, |view| call(fill, view)).unwrap();
        assert_eq!((segment.place(), segment.len()), (Place::Linear, 3 * element.size()));
        let seen = Uint8Array::new_with_byte_offset_and_length(
            &Reflect::get(&view, &"buffer".into()).unwrap(),
            Reflect::get(&view, &"byteOffset".into()).unwrap().as_f64().unwrap() as u32,
            segment.len() as u32,
        );
        assert_eq!(segment.as_linear().unwrap().as_slice(), seen.to_vec(), "{element:?}");
        let address = segment.as_linear().unwrap().as_slice().as_ptr().addr();
        assert_eq!(seen.byte_offset() as usize, address, "the array is the segment's own memory");
        let (_, copied) = counted([Source::borrow(segment)]);
        assert_eq!(copied, 0);
    }
}

#[wasm_bindgen_test]
fn memory_that_grows_under_a_producer_is_an_error() {
    let grown = Segment::fill_js(Element::Int32, 4, |_| memory().grow(1));
    assert_eq!(grown.unwrap_err(), SegmentError::Grown);
}

#[wasm_bindgen_test]
fn a_moved_buffer_can_be_taken_out_again_and_nothing_else_can() {
    let source = array(&noise(1000));
    let payload = build([(&source, Mode::Move)]);
    let twin = payload.clone();
    let segment = payload.into_segments().remove(0).into_array_buffer().unwrap_err();
    drop(twin);
    let part = segment.slice(1..2).unwrap();
    let segment = segment.into_array_buffer().unwrap_err();
    assert!(part.into_array_buffer().is_err());
    let buffer = segment.into_array_buffer().unwrap();
    assert_eq!(Uint8Array::new(&buffer).to_vec(), noise(1000));
    for borrowed in [build([(&buffer, Mode::Borrow)]), build([Source::moved(vec![1u8])])] {
        assert!(borrowed.into_segments().remove(0).into_array_buffer().is_err());
    }
}

#[wasm_bindgen_test]
fn many_segments_in_every_mode() {
    for count in [0usize, 1, 10_000, 100_000] {
        for mode in Mode::ALL {
            let arrays: Vec<Uint8Array> = (0..count).map(|i| array(&[i as u8, (i >> 8) as u8])).collect();
            let (payload, copied) = counted(arrays.iter().map(|array| (array, mode)));
            assert_eq!(payload.segments().len(), count);
            let expected = if mode == Mode::Copy { 2 * count } else { 0 };
            assert_eq!(copied, expected as u64);
            assert_eq!(flat(&payload), (0..count).flat_map(|i| [i as u8, (i >> 8) as u8]).collect::<Vec<u8>>());
            assert!(arrays.iter().all(|array| array.length() == if mode == Mode::Move { 0 } else { 2 }));
        }
    }
}

#[wasm_bindgen_test]
fn sequences_of_operations_equal_a_plain_vector_wherever_the_bytes_are() {
    let source = |part: &Part| match part.place {
        Place::Linear => Source::new(part.bytes.clone(), part.mode),
        Place::JsHeap => Source::new(&array(&part.bytes), part.mode),
    };
    let mut state = 1u64;
    let mut draw = |below: usize| {
        state += 1;
        (mix(state) % below as u64) as usize
    };
    for _ in 0..300 {
        let mut parts = |most: usize| -> Vec<Part> {
            let count = draw(most);
            let mut part = |i: usize| Part {
                bytes: {
                    let len = [0, 1, 1, draw(40)][draw(4)];
                    noise(len + i).split_off(i)
                },
                mode: Mode::ALL[draw(3)],
                place: [Place::Linear, Place::JsHeap][draw(2)],
            };
            (0..count).map(&mut part).collect()
        };
        let (first, second) = (parts(10), parts(6));
        let mut pair = Pair::build(&first, Place::JsHeap, &source);
        for _ in 0..draw(8) {
            let operation = match draw(8) {
                0 => Operation::Append(second.clone()),
                1 => Operation::AppendItself,
                2 => Operation::Slice(draw(1001), draw(1001)),
                3 => Operation::Split(draw(1001), draw(2) == 0),
                4 => Operation::Read(
                    (0..4).map(|i| ([Whence::Start, Whence::Here, Whence::End][i % 3], draw(1001), draw(50))).collect(),
                ),
                5 => Operation::Compare(draw(1001), draw(1001)),
                6 => Operation::Contiguous,
                _ => Operation::Windows(1 + draw(20)),
            };
            pair.apply(&operation);
        }
    }
}

#[wasm_bindgen_test]
fn comparing_large_arrays_goes_through_windows_and_the_same_array_is_not_looked_at() {
    let bytes = noise(100_000);
    let (one, other) = (array(&bytes), array(&bytes));
    let (one, other) = (build([(&one, Mode::Borrow)]), build([(&other, Mode::Borrow)]));
    let mut ledger = Ledger::new();
    assert!(one.eq_bytes(&other, &mut ledger).unwrap());
    assert_eq!(ledger.bytes_in(Stage::Read), 200_000);
    let mut ledger = Ledger::new();
    assert!(one.eq_bytes(&one.clone(), &mut ledger).unwrap());
    assert!(one.slice(5..70_000).unwrap().eq_bytes(&one.slice(5..70_000).unwrap(), &mut ledger).unwrap());
    assert_eq!(ledger.total(), 0);
    let copied = build([Source::copy(bytes)]);
    assert!(one.eq_bytes(&copied, &mut ledger).unwrap());
    assert_eq!(ledger.total(), 100_000);
}

#[wasm_bindgen_test]
fn zenohs_buffer_takes_wasm_memory_only() {
    let source = array(&[1]);
    let mixed = build([Source::moved(vec![1u8]), Source::borrow(&source)]);
    let error = ZBuf::try_from(&mixed).unwrap_err();
    assert_eq!(error, BuildError::Segment { index: 1, error: SegmentError::NotLinear });
    assert!(error.to_string().contains("needs them in wasm memory"), "{error}");
    assert!(ZBuf::try_from(&build([Source::copy(&source)])).is_ok());
}

// ---- refusals ----

/// A payload that is refused: its sources as JavaScript, and the index of the faulty one. `says` is
/// the beginning of the error. `or_copied` counts the bytes that are copied instead where the caller
/// allowed it (`None`: refused even then).
struct Refused {
    name: &'static str,
    sources: &'static [(&'static str, Mode)],
    index: usize,
    says: &'static str,
    or_copied: Option<u64>,
}

const GOOD: (&str, Mode) = ("new Uint8Array([1, 2, 3])", Mode::Move);
const SHARED: &str = "new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }).buffer";

const REFUSED: &[Refused] = &[
    Refused {
        name: "a shared buffer, borrowed",
        sources: &[GOOD, (SHARED, Mode::Borrow)],
        index: 1,
        says: "the source is in shared memory (a SharedArrayBuffer), which cannot be borrowed",
        or_copied: Some(65536),
    },
    Refused {
        name: "a view of shared memory, moved",
        sources: &[
            GOOD,
            (
                "new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }).buffer, 8, 4)",
                Mode::Move,
            ),
        ],
        index: 1,
        says: "the source is in shared memory (a SharedArrayBuffer), which cannot be moved",
        or_copied: Some(4),
    },
    Refused {
        name: "a growable shared buffer",
        sources: &[GOOD, ("new Uint8Array(new SharedArrayBuffer(8, { maxByteLength: 16 }))", Mode::Borrow)],
        index: 1,
        says: "the source is in shared memory (a SharedArrayBuffer), which cannot be borrowed",
        or_copied: Some(8),
    },
    Refused {
        name: "a resizable buffer, borrowed",
        sources: &[GOOD, ("new ArrayBuffer(8, { maxByteLength: 16 })", Mode::Borrow)],
        index: 1,
        says: "the source is in a resizable ArrayBuffer, which cannot be borrowed",
        or_copied: Some(8),
    },
    Refused {
        name: "a view of a resizable buffer, moved",
        sources: &[GOOD, ("new Int16Array(new ArrayBuffer(8, { maxByteLength: 16 }))", Mode::Move)],
        index: 1,
        says: "the source is in a resizable ArrayBuffer, which cannot be moved",
        or_copied: Some(8),
    },
    Refused {
        name: "a detached array",
        sources: &[GOOD, ("(() => { const a = new Uint8Array(8); a.buffer.transfer(); return a })()", Mode::Borrow)],
        index: 1,
        says: "the source is detached",
        or_copied: None,
    },
    Refused {
        name: "a detached buffer, copied",
        sources: &[GOOD, ("(() => { const a = new ArrayBuffer(8); a.transfer(); return a })()", Mode::Copy)],
        index: 1,
        says: "the source is detached",
        or_copied: None,
    },
    Refused {
        name: "a detached DataView",
        sources: &[
            GOOD,
            ("(() => { const a = new DataView(new ArrayBuffer(8)); a.buffer.transfer(); return a })()", Mode::Move),
        ],
        index: 1,
        says: "the source is detached",
        or_copied: None,
    },
    Refused {
        name: "a DataView out of the bounds of its buffer",
        sources: &[
            GOOD,
            (
                "(() => { const b = new ArrayBuffer(8, { maxByteLength: 8 }), a = new DataView(b, 4, 4); b.resize(2); return a })()",
                Mode::Borrow,
            ),
        ],
        index: 1,
        says: "the source is in a resizable ArrayBuffer, which cannot be borrowed",
        or_copied: Some(0),
    },
    Refused {
        name: "a part of a buffer, moved",
        sources: &[("new Uint16Array(new ArrayBuffer(32), 8, 4)", Mode::Move), GOOD],
        index: 0,
        says: "the source is a view of 8 B of a buffer of 32 B, which cannot be moved",
        or_copied: Some(8),
    },
    Refused {
        name: "an empty part of a buffer, moved",
        sources: &[("new Uint8Array(new ArrayBuffer(32), 8, 0)", Mode::Move), GOOD],
        index: 0,
        says: "the source is a view of 0 B of a buffer of 32 B, which cannot be moved",
        or_copied: Some(0),
    },
    Refused {
        name: "one buffer moved twice",
        sources: &[GOOD, ("globalThis.twice = new ArrayBuffer(5)", Mode::Move), ("new Uint8Array(twice)", Mode::Move)],
        index: 2,
        says: "the source is in a buffer that segment 1 moves, which cannot be moved",
        or_copied: Some(5),
    },
    Refused {
        name: "one buffer moved and then borrowed",
        sources: &[
            ("globalThis.twice = new ArrayBuffer(5)", Mode::Move),
            GOOD,
            ("new Uint8Array(twice, 1)", Mode::Borrow),
        ],
        index: 2,
        says: "the source is in a buffer that segment 0 moves, which cannot be borrowed",
        or_copied: Some(4),
    },
    Refused {
        name: "one buffer borrowed and then moved",
        sources: &[GOOD, ("globalThis.twice = new Uint8Array(5)", Mode::Borrow), ("twice.buffer", Mode::Move)],
        index: 2,
        says: "the source is in a buffer that segment 1 borrows, which cannot be moved",
        or_copied: Some(5),
    },
    Refused {
        name: "a list of numbers",
        sources: &[GOOD, ("[1, 2, 3]", Mode::Borrow)],
        index: 1,
        says: "the source is an object of type Array, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an object that looks like an array",
        sources: &[GOOD, ("({ byteLength: 4, buffer: new ArrayBuffer(4) })", Mode::Copy)],
        index: 1,
        says: "the source is an object of type Object, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an object that looks like a buffer",
        sources: &[GOOD, ("({ byteLength: 4, resizable: false, detached: false })", Mode::Move)],
        index: 1,
        says: "the source is an object of type Object, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "a proxy of a buffer",
        sources: &[GOOD, ("new Proxy(new ArrayBuffer(8), {})", Mode::Borrow)],
        index: 1,
        says: "the source is an object of type ArrayBuffer, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an heir of the buffers' prototype",
        sources: &[GOOD, ("Object.create(ArrayBuffer.prototype)", Mode::Copy)],
        index: 1,
        says: "the source is an object of type ArrayBuffer, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "the buffers' prototype itself",
        sources: &[GOOD, ("ArrayBuffer.prototype", Mode::Move)],
        index: 1,
        says: "the source is an object of type ArrayBuffer, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an object with a buffer's tag",
        sources: &[GOOD, ("({ [Symbol.toStringTag]: 'ArrayBuffer', byteLength: 4 })", Mode::Copy)],
        index: 1,
        says: "the source is an object of type Object, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an object whose constructor is a text",
        sources: &[GOOD, ("({ constructor: 'Ford' })", Mode::Copy)],
        index: 1,
        says: "the source is an object, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an object whose constructor is null",
        sources: &[GOOD, ("({ constructor: null })", Mode::Borrow)],
        index: 1,
        says: "the source is an object, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "a text",
        sources: &[GOOD, ("'hello'", Mode::Copy)],
        index: 1,
        says: "the source is a string, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "null",
        sources: &[GOOD, ("null", Mode::Move)],
        index: 1,
        says: "the source is null, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "undefined",
        sources: &[GOOD, ("undefined", Mode::Borrow)],
        index: 1,
        says: "the source is undefined, which has no bytes",
        or_copied: None,
    },
    Refused {
        name: "an object without a constructor",
        sources: &[GOOD, ("Object.create(null)", Mode::Borrow)],
        index: 1,
        says: "the source is an object, which has no bytes",
        or_copied: None,
    },
];

/// The bytes of a source of any kind.
fn bytes_of(value: &JsValue) -> Vec<u8> {
    let bytes = "v => { try { return new Uint8Array(v.buffer ?? v, v.byteOffset ?? 0, v.byteLength).slice() } \
                 catch { return new Uint8Array(0) } }";
    call(bytes, value).unchecked_into::<Uint8Array>().to_vec()
}

/// Writes a pattern to a source that has bytes.
fn fill(value: &JsValue) {
    let fill = "v => { try { new Uint8Array(v.buffer ?? v, v.byteOffset ?? 0, v.byteLength).forEach((_, i, all) => all[i] = 3 * i + 1) } \
                catch {} }";
    call(fill, value);
}

fn page_still_works() {
    let payload = build([Source::moved(&array(&[1, 2])), Source::copy(&array(&[3])), Source::borrow(&array(&[4]))]);
    assert_eq!(flat(&payload), [1, 2, 3, 4]);
}

#[wasm_bindgen_test]
fn what_cannot_be_taken_is_refused_in_words_before_anything_was_touched() {
    for case in REFUSED {
        let values: Vec<JsValue> = case.sources.iter().map(|(source, _)| js(source)).collect();
        let lengths = || -> Vec<String> {
            let length = |value: &&JsValue| value.is_object();
            values
                .iter()
                .filter(length)
                .map(|value| format!("{:?}", Reflect::get(value, &"byteLength".into())))
                .collect()
        };
        values.iter().for_each(fill);
        let expected: Vec<u8> = values.iter().flat_map(bytes_of).collect();
        let before = lengths();
        let modes = || values.iter().zip(case.sources).map(|(value, (_, mode))| Source::new(value, *mode));
        // Of a value that the caller knows to be an array, the library asks less. The result must
        // be the same.
        let typed =
            values.iter().zip(case.sources).map(|(value, (_, mode))| Source::new(Input::array(value.clone()), *mode));
        let error = ZBytes::from_segments(typed).unwrap_err();
        assert_eq!(ZBytes::from_segments(modes()).unwrap_err(), error, "{}", case.name);
        let words = error.to_string();
        assert!(words.starts_with(&format!("segment {}: {}", case.index, case.says)), "{}: {words}", case.name);
        assert_eq!(lengths(), before, "{}: nothing is detached", case.name);

        let allowed = ZBytes::build(modes().map(|source| source.unsupported(Unsupported::Copy)));
        match case.or_copied {
            None => {
                assert_eq!(allowed.unwrap_err(), error, "{}: never copied in silence", case.name);
                assert_eq!(lengths(), before, "{}: nothing is detached", case.name);
            }
            Some(bytes) => {
                let (payload, receipt) = allowed.unwrap();
                let for_want: u64 = receipt
                    .ledger
                    .entries()
                    .filter(|(entry, _)| entry.reason == Reason::Unsupported && entry.stage == Stage::Build)
                    .map(|(_, bytes)| bytes)
                    .sum();
                assert_eq!((for_want, receipt.ledger.total()), (bytes, bytes), "{}", case.name);
                assert_eq!(receipt.modes[case.index], Mode::Copy, "{}", case.name);
                assert_eq!(flat(&payload), expected, "{}", case.name);
                for (mode, (value, (source, _))) in receipt.modes.iter().zip(values.iter().zip(case.sources)) {
                    if *mode == Mode::Move {
                        assert_eq!(byte_length(value), 0.0, "{}: {source}", case.name);
                    }
                }
            }
        }
        page_still_works();
    }
}

#[wasm_bindgen_test]
fn a_view_of_wasm_memory_is_refused_and_can_be_copied_although_the_copy_may_grow_the_memory() {
    static BYTES: [u8; 5] = [9, 8, 7, 6, 5];
    for mode in [Mode::Borrow, Mode::Move] {
        let good = array(&[1]);
        let refused = ZBytes::from_segments([Source::moved(&good), Source::new(&view_of_memory(&BYTES), mode)]);
        let expected = SegmentError::Refused { mode, cause: Cause::WasmMemory };
        assert_eq!(refused.unwrap_err(), BuildError::Segment { index: 1, error: expected });
        assert_eq!(good.length(), 1);
    }
    let large = Source::copy(&Uint8Array::new_with_length(200 << 20));
    let view = view_of_memory(&BYTES);
    let before = memory().buffer();
    let payload = build([Source::copy(&view), large, Source::moved(&view).unsupported(Unsupported::Copy)]);
    assert!(!Object::is(&before, &memory().buffer()), "the copy did grow the memory, and detached the view");
    assert_eq!(flat(&payload.slice(0..5).unwrap()), BYTES);
    assert_eq!(flat(&payload.slice(payload.len() - 5..payload.len()).unwrap()), BYTES);
}

#[wasm_bindgen_test]
fn a_total_above_the_limit_is_refused_with_its_size() {
    let pieces: Vec<Uint8Array> = (0..17).map(|_| Uint8Array::new_with_length(64 << 20)).collect();
    for mode in Mode::ALL {
        let refused = ZBytes::from_segments(pieces.iter().map(|piece| (piece, mode)));
        assert_eq!(refused.unwrap_err(), BuildError::TooLong { requested: 17 << 26 });
        assert!(pieces.iter().all(|piece| piece.length() == 64 << 20), "nothing is detached");
    }
    let one = Uint8Array::new_with_length(MAX_LEN as u32 + 1);
    let error = ZBytes::from_segments([Source::moved(&one)]).unwrap_err();
    assert_eq!(error, BuildError::TooLong { requested: MAX_LEN as u64 + 1 });
    assert_eq!(one.length(), MAX_LEN as u32 + 1);
}

#[wasm_bindgen_test]
fn a_buffer_longer_than_wasm_memory_can_be_is_refused_with_its_true_size() {
    // 4 GiB and 5 B: a length of 32 bits would be 5 B.
    let huge = js("new ArrayBuffer(2 ** 32 + 5)");
    let parts = js("(b => [new Uint8Array(b, 2 ** 32, 5), new DataView(b, 2 ** 32 + 1, 2)])");
    for mode in Mode::ALL {
        let error = ZBytes::from_segments([(&huge, mode)]).unwrap_err();
        assert_eq!(error, BuildError::TooLong { requested: (1 << 32) + 5 });
    }
    let views = parts.unchecked_into::<Function>().call1(&JsValue::UNDEFINED, &huge).unwrap().unchecked_into::<Array>();
    call("(b) => new Uint8Array(b, 2 ** 32).set([1, 2, 3, 4, 5])", &huge);
    let payload = build([Source::borrow(views.get(0)), Source::copy(views.get(1))]);
    assert_eq!(flat(&payload), [1, 2, 3, 4, 5, 2, 3]);
}

#[wasm_bindgen_test]
fn what_is_copied_is_in_no_moves_way() {
    for typed in [false, true] {
        let source = array(&[1, 2, 3, 4]);
        let part = source.subarray(1, 3);
        let input = |value: &Uint8Array| if typed { Input::from(value) } else { Input::from(JsValue::from(value)) };
        let (payload, copied) = counted([
            Source::copy(input(&part)),
            Source::moved(input(&part)).unsupported(Unsupported::Copy),
            Source::moved(input(&source)),
            Source::copy(input(&source)),
        ]);
        assert_eq!(flat(&payload), [2, 3, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!((copied, source.length()), (8, 0));
    }
}

#[wasm_bindgen_test]
fn a_segment_of_another_payload_is_not_left_without_its_buffer() {
    let source = array(&[1, 2]);
    let lent = build([Source::borrow(&source)]).into_segments().remove(0);
    let expected = |index, mode, cause| BuildError::Segment { index, error: SegmentError::Refused { mode, cause } };
    let error = ZBytes::from_segments([Source::borrow(lent.clone()), Source::moved(&source)]).unwrap_err();
    assert_eq!(error, expected(1, Mode::Move, Cause::AlsoBorrowed { other: 0 }));
    let error = ZBytes::from_segments([Source::moved(&source), Source::borrow(lent.clone())]).unwrap_err();
    assert_eq!(error, expected(1, Mode::Borrow, Cause::AlsoMoved { other: 0 }));
    assert_eq!(source.length(), 2);
    // Two payloads share a segment that was moved before, with other sources moved and copied
    // beside it.
    let (owned, twice) = (build([Source::moved(&array(&[7]))]).into_segments().remove(0), array(&[8]));
    let sources = [
        Source::moved(owned.clone()),
        Source::moved(owned),
        Source::moved(&twice),
        Source::borrow(&twice).unsupported(Unsupported::Copy),
    ];
    let (payload, copied) = counted(sources);
    assert_eq!((flat(&payload), copied), (vec![7, 7, 8, 8], 1));
    let copied = [Source::moved(&source), Source::borrow(lent).unsupported(Unsupported::Copy)];
    assert_eq!(flat(&build(copied)), [1, 2, 1, 2]);
}

#[wasm_bindgen_test]
fn a_segment_that_borrows_has_nothing_to_hand_over() {
    let source = array(&[1, 2]);
    let lent = build([Source::borrow(&source)]).into_segments().remove(0);
    let error = ZBytes::from_segments([Source::moved(lent.clone())]).unwrap_err();
    let expected = SegmentError::Refused { mode: Mode::Move, cause: Cause::Lent };
    assert_eq!(error, BuildError::Segment { index: 0, error: expected });
    let (_, receipt) = ZBytes::build([Source::moved(lent).unsupported(Unsupported::Copy)]).unwrap();
    assert_eq!(receipt.ledger.entries().next().unwrap().0.reason, Reason::Unsupported);
    // A payload can hand over the segments that it owns.
    let owned = build([Source::moved(&source)]).into_segments().remove(0);
    assert_eq!(flat(&build([Source::moved(owned)])), [1, 2]);
}

#[wasm_bindgen_test]
fn memory_of_another_wasm_module_is_not_let_go_and_nothing_else_is_touched() {
    let other = js("new WebAssembly.Memory({ initial: 1 }).buffer");
    let good = array(&[1, 2, 3]);
    let error = ZBytes::from_segments([Source::moved(&good), Source::moved(&other)]).unwrap_err();
    let BuildError::Segment { index: 1, error: SegmentError::NotLetGo { message, before: 0 } } = &error else {
        panic!("{error:?}")
    };
    assert!(!message.is_empty());
    assert!(error.to_string().contains("another wasm module"), "{error}");
    assert_eq!((good.length(), byte_length(&other)), (3, 65536.0));
    // The library cannot know beforehand. When two buffers could be such memory, the first is
    // detached before the engine refuses the second.
    let large = array(&noise(65_536));
    let error = ZBytes::from_segments([Source::moved(&large), Source::moved(&other)]).unwrap_err();
    assert!(matches!(error, BuildError::Segment { index: 1, error: SegmentError::NotLetGo { before: 1, .. } }));
    assert!(error.to_string().ends_with("and are detached: 1"), "{error}");
    assert_eq!(large.length(), 0);
    // It can be borrowed. The library notices that it is detached when that memory grows.
    let memory: WebAssembly::Memory = js("globalThis.other = new WebAssembly.Memory({ initial: 1 })").unchecked_into();
    let borrowed = build([Source::borrow(memory.buffer())]);
    memory.grow(1);
    let detached = SegmentError::Detached { expected: 65536, found: 0 };
    assert_eq!(borrowed.check().unwrap_err(), BuildError::Segment { index: 0, error: detached });
}

#[wasm_bindgen_test]
fn memory_that_grows_between_two_sources_is_still_known() {
    static BYTES: [u8; 5] = [9, 8, 7, 6, 5];
    for (mode, other) in [(Mode::Borrow, Mode::Copy), (Mode::Move, Mode::Borrow)] {
        let first = array(&[1]);
        let second = std::iter::once_with(|| {
            memory().grow(1);
            Source::new(&view_of_memory(&BYTES), mode)
        });
        let error = ZBytes::from_segments(std::iter::once(Source::new(&first, other)).chain(second)).unwrap_err();
        let expected = SegmentError::Refused { mode, cause: Cause::WasmMemory };
        assert_eq!(error, BuildError::Segment { index: 1, error: expected });
    }
}

/// Runs `test` in an engine that lacks a property of a class.
fn without<R>(holder: &str, property: &str, test: impl FnOnce() -> R) -> R {
    let hide = format!(
        "(() => {{ const h = {holder}; globalThis.kept = Object.getOwnPropertyDescriptor(h, '{property}'); \
         return delete h['{property}'] }})()"
    );
    assert_eq!(js(&hide), JsValue::TRUE);
    let result = test();
    js(&format!("Object.defineProperty({holder}, '{property}', kept)"));
    result
}

#[wasm_bindgen_test]
fn an_engine_that_does_not_tell_of_detached_buffers_is_asked_another_way() {
    for source in ["new Uint8Array(8)", "new DataView(new ArrayBuffer(8))", "new ArrayBuffer(8)"] {
        let gone = js(source);
        call("v => (v.buffer ?? v).transfer()", &gone);
        for mode in Mode::ALL {
            for input in [Input::from(&gone), Input::array(gone.clone())] {
                let refused =
                    without("ArrayBuffer.prototype", "detached", || ZBytes::from_segments([Source::new(input, mode)]));
                let expected = BuildError::Segment { index: 0, error: SegmentError::SourceDetached };
                assert_eq!(refused.unwrap_err(), expected, "{source} by {mode:?}");
            }
        }
        let empty =
            without("ArrayBuffer.prototype", "detached", || ZBytes::from_segments([Source::borrow(&array(&[]))]));
        assert_eq!(empty.unwrap().len(), 0);
    }
}

#[wasm_bindgen_test]
fn an_engine_that_lacks_a_kind_of_array_says_so() {
    let refused = without("globalThis", "Float16Array", || Segment::fill_js(Element::Float16, 1, |_| ()));
    assert_eq!(refused.unwrap_err(), SegmentError::NoSuchArray { name: "Float16Array" });
}

#[wasm_bindgen_test]
fn an_engine_without_transfer_moves_by_structured_clone() {
    let source = array(&noise(100));
    let other = js("new WebAssembly.Memory({ initial: 1 }).buffer");
    let (built, refused) = without("ArrayBuffer.prototype", "transfer", || {
        let built = ZBytes::build([Source::moved(&source), Source::moved(vec![1u8])]);
        (built, ZBytes::from_segments([Source::moved(&other)]))
    });
    let (payload, receipt) = built.unwrap();
    assert_eq!((flat(&payload.slice(0..100).unwrap()), source.length()), (noise(100), 0));
    assert_eq!(receipt.ledger.total(), 0);
    let error = refused.unwrap_err();
    assert!(matches!(error, BuildError::Segment { error: SegmentError::NotLetGo { .. }, .. }), "{error}");
}

#[wasm_bindgen_test]
fn an_immutable_buffer_is_borrowed_as_safe_and_cannot_be_moved() {
    // No released engine has immutable buffers yet, so one buffer reports that it is one.
    js(
        "Object.defineProperty(ArrayBuffer.prototype, 'immutable', { configurable: true, get() { return this.fixed === true } })",
    );
    let buffer = js("(() => { const b = new Uint8Array([1, 2]).buffer; b.fixed = true; return b })()");
    let view = call("b => new Uint8Array(b, 1)", &buffer);
    let ordinary = array(&[3]);
    let built = ZBytes::from_segments([Source::borrow(&buffer), Source::borrow(&view), Source::borrow(&ordinary)]);
    let refused = ZBytes::from_segments([Source::moved(&buffer)]);
    js("delete ArrayBuffer.prototype.immutable");
    let aliasing: Vec<Aliasing> = built.unwrap().segments().iter().map(Segment::aliasing).collect();
    assert_eq!(aliasing, [Aliasing::Immutable, Aliasing::Immutable, Aliasing::Shared]);
    let expected = SegmentError::Refused { mode: Mode::Move, cause: Cause::Immutable };
    assert_eq!(refused.unwrap_err(), BuildError::Segment { index: 0, error: expected });
}

// ---- how long an owner lives ----

/// Lets the engine collect garbage, until `done` or for two seconds.
async fn collect_until(done: impl Fn() -> bool) -> bool {
    for _ in 0..200 {
        js("globalThis.gc()");
        if done() {
            return true;
        }
        JsFuture::from(js("new Promise(resolve => setTimeout(resolve, 10))").unchecked_into::<Promise>())
            .await
            .unwrap();
    }
    false
}

/// Makes an array whose bytes count up, and watches its buffer. Returns the only reference.
fn watched(name: &str, len: usize) -> JsValue {
    js(&format!(
        "(() => {{ const a = new Uint8Array({len}).map((_, i) => i); globalThis.{name} = new WeakRef(a.buffer); return a }})()"
    ))
}

fn collected(name: &str) -> bool {
    js(&format!("{name}.deref() === undefined")) == JsValue::TRUE
}

#[wasm_bindgen_test]
async fn a_borrowed_array_outlives_every_reference_of_its_caller_and_ends_with_the_payload() {
    assert_eq!(js("typeof globalThis.gc"), "function", "the browser must be started with --js-flags=--expose-gc");
    let expected: Vec<u8> = (0..100_000).map(|i| i as u8).collect();
    let payload = build([Source::borrow(watched("borrowed", 100_000))]);
    let slice = payload.slice(10..20).unwrap();
    let control = watched("control", 100_000);
    drop(control);
    assert!(collect_until(|| collected("control")).await, "the collector does run");
    assert!(!collected("borrowed"));
    assert_eq!(flat(&payload), expected);
    drop(payload);
    js("globalThis.gc()");
    assert_eq!(flat(&slice), expected[10..20], "a slice alone keeps it");
    drop(slice);
    assert!(collect_until(|| collected("borrowed")).await);
}

#[wasm_bindgen_test]
async fn a_copied_array_is_let_go_at_once() {
    let payload = build([Source::copy(watched("copied", 1000))]);
    assert!(collect_until(|| collected("copied")).await);
    assert_eq!(flat(&payload)[999], 999u32 as u8);
}

#[wasm_bindgen_test]
async fn a_moved_array_is_the_payloads_alone() {
    let source = watched("moved", 70_000);
    let payload = build([Source::moved(&source)]);
    drop(source);
    assert!(collect_until(|| collected("moved")).await, "the caller's buffer is an empty shell");
    assert_eq!(flat(&payload)[65_537], 1);
}

#[wasm_bindgen_test]
fn owners_are_counted_and_released_exactly_once() {
    let source = array(&[1, 2, 3]);
    let payload = build([Source::borrow(&source), Source::moved(vec![0u8; 4])]);
    assert!(payload.segments()[1].watch().is_none());
    let watch = payload.segments()[0].watch().unwrap();
    assert_eq!(watch.holders(), 1);
    let twin = payload.clone();
    assert_eq!(watch.holders(), 1, "a clone shares the list");
    let (head, tail) = payload.split_at(1).unwrap();
    assert_eq!(watch.holders(), 3);
    let mut longer = head.clone();
    longer.append(&tail).unwrap();
    let reader = longer.reader();
    assert_eq!(watch.holders(), 5);
    for (holder, left) in [
        (Box::new(payload) as Box<dyn std::any::Any>, 5),
        (Box::new(twin), 4),
        (Box::new(head), 3),
        (Box::new(longer), 3),
        (Box::new(tail), 2),
        (Box::new(reader), 0),
    ] {
        drop(holder);
        assert_eq!(watch.holders(), left);
    }
    assert_eq!(source.length(), 3, "the caller still has its array");
}

#[wasm_bindgen_test]
fn a_data_view_that_was_detached_after_building_is_an_error() {
    let view = js("new DataView(new ArrayBuffer(8), 2)");
    let payload = build([Source::borrow(&view)]);
    call("a => a.buffer.transfer()", &view);
    let detached = SegmentError::Detached { expected: 6, found: 0 };
    assert_eq!(payload.check().unwrap_err(), BuildError::Segment { index: 0, error: detached.clone() });
    assert_eq!(payload.to_bytes(&mut Ledger::new()).unwrap_err(), BuildError::Segment { index: 0, error: detached });
}

#[wasm_bindgen_test]
fn a_reader_tells_of_a_source_that_is_gone_after_what_it_could_read() {
    let (kept, lost) = (array(&[1, 2]), array(&[3, 4]));
    let payload = build([Source::borrow(&kept), Source::borrow(&lost)]);
    let mut reader = payload.reader();
    call("a => a.buffer.transfer()", &lost);
    let mut bytes = [0; 4];
    assert_eq!(reader.read(&mut bytes).unwrap(), 2);
    assert_eq!(bytes, [1, 2, 0, 0]);
    let error = reader.read(&mut bytes).unwrap_err();
    assert!(
        error.to_string().starts_with("segment 1: the array behind this segment was detached or resized"),
        "{error}"
    );
    reader.seek(SeekFrom::Start(1)).unwrap();
    assert_eq!(reader.read(&mut bytes[..1]).unwrap(), 1);
    assert!(payload.eq_bytes(&payload, &mut Ledger::new()).is_err(), "not even with itself");
}

#[wasm_bindgen_test]
fn what_is_known_to_be_an_array_is_taken_like_any_value() {
    for (source, _, bytes) in sources() {
        for mode in Mode::ALL {
            let (looked_up, known) = (js(&source), js(&source));
            let built = |input: Input| {
                let (payload, receipt) = ZBytes::build([Source::new(input, mode)]).unwrap();
                let [segment] = payload.segments() else { panic!("{source}") };
                (flat(&payload), segment.place(), segment.aliasing(), receipt)
            };
            let taken = built(Input::array(known.clone()));
            assert_eq!(taken, built(Input::from(&looked_up)), "{source} by {mode:?}");
            assert_eq!((&taken.0, byte_length(&known)), (&bytes, byte_length(&looked_up)), "{source} by {mode:?}");
        }
    }
}
