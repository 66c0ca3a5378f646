//! Payloads: built out of what a program has, and read.

use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zbytes::{
    ledger::{Ledger, Place},
    payload::{BuildError, ZBytes},
    segment::{Input, Mode, Segment, Source, Unsupported, js::to_array_buffer},
};

use super::error::{Fault, refused, refused_alone};

/// The sources of a payload that is to be built.
#[wasm_bindgen]
#[derive(Default)]
pub struct Parts {
    sources: Vec<Source>,
}

#[wasm_bindgen]
impl Parts {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an array, to be taken by the mode of this number.
    pub fn array(&mut self, value: JsValue, mode: u8, or_copy: bool) {
        self.sources.push(source(value, mode, or_copy));
    }

    /// Adds the segments of a payload that exists. Nothing of it is copied.
    pub fn payload(&mut self, payload: &Payload) {
        self.sources.extend(payload.bytes.segments().iter().cloned().map(Source::borrow));
    }

    /// The payload. What was added is gone then. An error does not count segments if there is one
    /// value `alone`.
    pub fn build(self, alone: bool) -> Result<Payload, Fault> {
        let told = if alone { refused_alone } else { refused };
        let (bytes, receipt) = ZBytes::build(self.sources).map_err(told)?;
        Ok(Payload { bytes, ledger: receipt.ledger })
    }
}

/// An array, to be taken by the mode of this number: 0 copies, 1 borrows, 2 moves.
pub(crate) fn source(value: JsValue, mode: u8, or_copy: bool) -> Source {
    let mode = match mode {
        1 => Mode::Borrow,
        2 => Mode::Move,
        _ => Mode::Copy,
    };
    let unsupported = if or_copy { Unsupported::Copy } else { Unsupported::Refuse };
    Source::new(Input::array(value), mode).unsupported(unsupported)
}

/// A payload that this program's memory holds, in part at least.
#[wasm_bindgen]
pub struct Payload {
    pub(crate) bytes: ZBytes,
    ledger: Ledger,
}

impl Payload {
    pub(crate) fn of(bytes: ZBytes) -> Self {
        Self { bytes, ledger: Ledger::new() }
    }
}

#[wasm_bindgen]
impl Payload {
    /// Another handle of the same bytes.
    pub fn share(&self) -> Payload {
        Self::of(self.bytes.clone())
    }

    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    pub fn slice(&self, start: usize, end: usize) -> Option<Payload> {
        self.bytes.slice(start..end).map(Self::of)
    }

    /// The segments as arrays. Those in the JavaScript heap are where they were; others are copied,
    /// because this program's memory moves.
    pub fn segments(&self) -> Result<Array, Fault> {
        let all = Array::new();
        for (index, segment) in self.bytes.segments().iter().enumerate() {
            all.push(&array_of(segment).map_err(|error| at(index, error))?.into());
        }
        Ok(all)
    }

    /// All bytes in an array of their own.
    #[wasm_bindgen(js_name = toBytes)]
    pub fn to_bytes(&self) -> Result<Uint8Array, Fault> {
        to_array_buffer(self.bytes.segments(), &mut Ledger::new())
            .map(|buffer| Uint8Array::new(&buffer))
            .map_err(|(index, error)| at(index, error))
    }

    /// What building it copied: for each line the stage, the reason, both places, and the bytes.
    pub fn ledger(&self) -> Array {
        self.ledger
            .entries()
            .map(|(entry, bytes)| {
                let words = [
                    format!("{:?}", entry.stage),
                    format!("{:?}", entry.reason),
                    format!("{:?}", entry.from),
                    format!("{:?}", entry.to),
                ];
                let line: Array = words.iter().map(|word| JsString::from(word.as_str())).collect();
                line.push(&JsValue::from_f64(bytes as f64));
                line
            })
            .collect()
    }
}

fn at(index: usize, error: zbytes::segment::SegmentError) -> Fault {
    refused(BuildError::Segment { index, error })
}

/// The bytes of a segment for JavaScript to keep.
#[allow(clippy::disallowed_methods, reason = "bytes of this program's memory, which a program of JavaScript keeps")]
fn array_of(segment: &Segment) -> Result<Uint8Array, zbytes::segment::SegmentError> {
    let view = segment.view()?;
    // A view of this program's memory would be detached when that grows.
    Ok(if segment.place() == Place::JsHeap { view } else { view.slice(0, view.length()) })
}

/// A payload as it crosses the border: `undefined` for none, arrays where all of it is in the
/// JavaScript heap, one alone without a list around it, else a [`Payload`].
pub(crate) fn crossing(bytes: Option<&ZBytes>) -> JsValue {
    let Some(bytes) = bytes else { return JsValue::UNDEFINED };
    let view = |segment: &Segment| (segment.place() == Place::JsHeap).then(|| segment.view().ok()).flatten();
    let views = match bytes.segments() {
        [only] => view(only).map(JsValue::from),
        all => all.iter().map(view).collect::<Option<Vec<_>>>().map(|all| all.into_iter().collect::<Array>().into()),
    };
    views.unwrap_or_else(|| Payload::of(bytes.clone()).into())
}
