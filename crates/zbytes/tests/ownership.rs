//! The ownership of arrays in the JavaScript heap, in a real browser: every kind of source, the
//! three modes, and how long an owner lives.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

#[path = "support/javascript.rs"]
mod javascript;
#[path = "support/model.rs"]
mod model;

use std::io::{Read, Seek, SeekFrom};

use javascript::{array, build, byte_length, call, counted, flat, js, memory, mix, noise};
use js_sys::{Promise, Reflect, Uint8Array};
use model::{Operation, Pair, Part, Whence};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use zbytes::{
    ledger::{Ledger, Place, Stage},
    payload::{BuildError, ZBytes},
    segment::{Aliasing, Element, Input, Mode, Segment, SegmentError, Source},
};
use zenoh_buffers::ZBuf;

wasm_bindgen_test_configure!(run_in_browser);

/// A copy writes exactly as many bytes as its target has room for, even when an array reports a
/// wrong length.
#[wasm_bindgen_test]
fn an_array_with_a_false_length_is_an_error_and_writes_nothing() {
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
fn views_give_their_part_of_a_buffer_by_copy_and_borrow() {
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
        assert_eq!(segment.as_linear().unwrap(), seen.to_vec(), "{element:?}");
        let address = segment.as_linear().unwrap().as_ptr().addr();
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
fn sequences_of_operations_equal_a_vector_in_either_memory() {
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
fn large_arrays_are_compared_through_windows() {
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
async fn a_borrowed_array_lives_as_long_as_its_payload() {
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
fn a_reader_tells_of_a_lost_source_after_what_it_could_read() {
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
