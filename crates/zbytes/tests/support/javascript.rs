//! JavaScript for tests: values, arrays and this program's own memory.
#![allow(dead_code, reason = "a suite uses some of it")]

use js_sys::{Function, Reflect, Uint8Array, WebAssembly, eval};
use wasm_bindgen::{JsCast, JsValue};
use zbytes::{ledger::Ledger, payload::ZBytes, segment::Source};

/// A value from a line of JavaScript.
pub(crate) fn js(source: &str) -> JsValue {
    eval(source).unwrap_or_else(|error| panic!("{source}: {error:?}"))
}

/// Calls a function written in JavaScript.
pub(crate) fn call(function: &str, argument: &JsValue) -> JsValue {
    js(function).unchecked_into::<Function>().call1(&JsValue::UNDEFINED, argument).unwrap()
}

/// Mixes a number until nothing of it can be seen.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

pub(crate) fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|i| mix(i as u64) as u8).collect()
}

pub(crate) fn array(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

pub(crate) fn build<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> ZBytes {
    ZBytes::from_segments(sources).unwrap()
}

/// The payload, and how many bytes building it copied.
pub(crate) fn counted<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> (ZBytes, u64) {
    let (payload, receipt) = ZBytes::build(sources).unwrap();
    (payload, receipt.ledger.total())
}

pub(crate) fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// Bytes that an array or a buffer has now.
pub(crate) fn byte_length(value: &JsValue) -> f64 {
    // A detached DataView throws where others say 0.
    Reflect::get(value, &"byteLength".into()).unwrap_or(0.into()).as_f64().unwrap_or(f64::NAN)
}

pub(crate) fn memory() -> WebAssembly::Memory {
    wasm_bindgen::memory().unchecked_into()
}

/// A view of wasm memory, over bytes that live as long as the program.
pub(crate) fn view_of_memory(bytes: &'static [u8]) -> Uint8Array {
    let address = bytes.as_ptr().addr() as u32;
    Uint8Array::new_with_byte_offset_and_length(&memory().buffer(), address, bytes.len() as u32)
}
