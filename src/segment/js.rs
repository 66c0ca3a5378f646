//! Bytes in the JavaScript heap: the owner behind segments of typed arrays and of received `ArrayBuffer`s.
//!
//! The engine may detach a buffer at any time (`transfer()`, a transfer to a Worker). So no Rust reference to the bytes is
//! ever made; each use copies through the engine and first compares the length that the view has now with the one that it had.

use std::{mem::MaybeUninit, ops::Range, rc::Rc};

use js_sys::{ArrayBuffer, Object, Uint8Array, WebAssembly};
use wasm_bindgen::JsCast;

use super::SegmentError;

/// A range of an `ArrayBuffer`, by a counted reference to one `Uint8Array` handle.
#[derive(Clone)]
pub(super) struct JsBytes {
    view: Rc<Uint8Array>,
    /// Length of `view` when it was made; it differs once the buffer was detached.
    whole: usize,
    start: usize,
    len: usize,
}

impl JsBytes {
    /// Refers to the bytes under `source`, a typed array or `DataView`.
    pub(super) fn borrow(source: &Object) -> Result<Self, SegmentError> {
        if !ArrayBuffer::is_view(source) {
            return Err(SegmentError::Unsupported { what: "no typed array", way_out: "pass a typed array" });
        }
        // Every kind of view has these three properties, so the methods of one class serve all.
        let array: &Uint8Array = source.unchecked_ref();
        let (buffer, offset, len) = (array.buffer(), array.byte_offset(), array.byte_length());
        if !buffer.is_instance_of::<ArrayBuffer>() {
            return Err(SegmentError::Unsupported {
                what: "a view of shared memory",
                way_out: "another thread may write it at any time; copy it",
            });
        }
        if buffer.detached() {
            return Err(SegmentError::Detached { expected: len as usize, found: 0 });
        }
        if buffer.resizable() {
            return Err(SegmentError::Unsupported {
                what: "a view of a resizable buffer",
                way_out: "its length may change under the payload; copy it",
            });
        }
        if is_wasm_memory(&buffer) {
            return Err(SegmentError::Unsupported {
                what: "a view of wasm memory",
                way_out: "it is detached when that memory grows; copy it",
            });
        }
        let view = Uint8Array::new_with_byte_offset_and_length(&buffer, offset, len);
        let len = len as usize;
        Ok(Self { view: Rc::new(view), whole: len, start: 0, len })
    }

    /// Takes a whole buffer that nobody else holds.
    pub(super) fn own(buffer: &ArrayBuffer) -> Self {
        let view = Uint8Array::new(buffer);
        let len = view.length() as usize;
        Self { view: Rc::new(view), whole: len, start: 0, len }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// A part; the caller has checked that `range` lies inside.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        Self {
            view: self.view.clone(),
            whole: self.whole,
            start: self.start + range.start,
            len: range.end - range.start,
        }
    }

    pub(super) fn check(&self) -> Result<(), SegmentError> {
        let found = self.view.length() as usize;
        if found == self.whole { Ok(()) } else { Err(SegmentError::Detached { expected: self.whole, found }) }
    }

    /// Copies `into.len()` bytes from `offset` of this range on; the caller has checked that they lie inside.
    pub(super) fn copy_to(&self, offset: usize, into: &mut [u8]) -> Result<(), SegmentError> {
        self.check()?;
        if into.len() == self.whole {
            // The common case of a small array: no view of a part is needed, so no JavaScript object is made.
            self.view.copy_to(into);
        } else {
            let start = self.start + offset;
            self.view.subarray(start as u32, (start + into.len()) as u32).copy_to(into);
        }
        Ok(())
    }

    /// Copies to the end of `into` without filling the memory with zeros first.
    #[allow(unsafe_code, reason = "a copy into fresh memory would otherwise cost a second pass to clear it")]
    pub(super) fn append_to(&self, into: &mut Vec<u8>) -> Result<(), SegmentError> {
        self.check()?;
        into.try_reserve(self.len).map_err(|_| SegmentError::OutOfMemory { requested: self.len })?;
        let old = into.len();
        let space: &mut [MaybeUninit<u8>] = into.spare_capacity_mut();
        let Some(space) = space.get_mut(..self.len) else {
            return Err(SegmentError::OutOfMemory { requested: self.len });
        };
        if self.len == self.whole {
            self.view.copy_to_uninit(space);
        } else {
            self.view.subarray(self.start as u32, (self.start + self.len) as u32).copy_to_uninit(space);
        }
        // SAFETY: `copy_to_uninit` has written all of `space`, the first `self.len` bytes after the old length, which lie
        // inside the capacity. It panics, and so does not come here, when the lengths differ.
        unsafe { into.set_len(old + self.len) };
        Ok(())
    }
}

fn is_wasm_memory(buffer: &ArrayBuffer) -> bool {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    Object::is(&memory.buffer(), buffer)
}
