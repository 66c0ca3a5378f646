//! Sources in the JavaScript heap that their mode cannot take, in a real browser: each is refused
//! before anything was touched, or copied where the caller allows it.
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

use javascript::{array, build, byte_length, call, counted, flat, js, memory, noise, view_of_memory};
use js_sys::{Array, Function, Object, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use zbytes::{
    ledger::{Reason, Stage},
    payload::{BuildError, MAX_LEN, ZBytes},
    segment::{Aliasing, Cause, Element, Input, Mode, Segment, SegmentError, Source, Unsupported},
};

wasm_bindgen_test_configure!(run_in_browser);

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
fn sources_are_refused_in_words_before_anything_is_touched() {
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
fn a_view_of_wasm_memory_is_refused_and_can_be_copied() {
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
fn a_buffer_beyond_wasm_memory_is_refused_with_its_true_size() {
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
fn memory_of_another_wasm_module_is_refused_and_not_let_go() {
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
fn an_older_browser_is_asked_another_way_for_detached_buffers() {
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
