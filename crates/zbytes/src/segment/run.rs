//! The segment itself: a counted reference to an owner, and a range in it.

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};
use zenoh_buffers::ZSlice;

#[cfg(all(target_arch = "wasm32", feature = "js"))]
use super::js;
use super::{
    error::SegmentError,
    linear::{self, Contiguous},
};
use crate::ledger::Place;

/// Who else may write the bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Aliasing {
    /// Its owner has the same memory and may write it: a borrowed JavaScript array.
    Shared,
    /// Others may have it too, and none can write it: memory behind a Rust reference, an
    /// immutable `ArrayBuffer`.
    Immutable,
    /// The segment alone has it: a buffer that was moved or received.
    Exclusive,
}

#[derive(Clone)]
pub(super) enum Owner {
    Linear(ZSlice),
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    Js(js::JsBytes),
}

/// A run of bytes with one owner. See the [module](super) for what it holds and when bytes are
/// copied.
///
/// The owner lives until the last segment that refers to it is dropped.
#[derive(Clone)]
pub struct Segment {
    pub(super) owner: Owner,
}

impl Segment {
    /// Refers to memory of the program without copying it.
    pub(crate) fn linear(slice: ZSlice) -> Self {
        Self { owner: Owner::Linear(slice) }
    }

    /// Takes over any owner of bytes and refers to all of them; nothing is copied. The owner is
    /// dropped, once, when the last segment that refers to it is. Its bytes must stay where they
    /// are and as they are.
    ///
    /// # Panics
    /// At a later use, if `owner.as_ref()` then has another length than now.
    #[must_use]
    pub fn from_owner(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::linear(linear::retain(owner))
    }

    /// Allocates `len` bytes in linear memory, zeroed and aligned for every element type, and lets
    /// `produce` write them in place; nothing is copied.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`], before `produce` is called.
    pub fn fill(len: usize, produce: impl FnOnce(&mut [u8])) -> Result<Self, SegmentError> {
        let mut space = linear::Aligned::zeros(len)?;
        produce(space.bytes_mut());
        Ok(Self::from_owner(space))
    }

    /// Allocates `length` elements in wasm memory, zeroed, and lets `produce` write them in place
    /// through a JavaScript array of that element type; nothing is copied. Returns what `produce`
    /// returned beside the segment.
    ///
    /// The array is good for this call only: it is a window into wasm memory. It is detached when
    /// that memory grows, and would show whatever comes to lie there. Do not keep it.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`], or [`SegmentError::NoSuchArray`] when the engine lacks that
    /// kind of array, before `produce` is called; [`SegmentError::Grown`] when wasm memory grew
    /// during the call.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub fn fill_js<R>(
        element: super::Element,
        length: usize,
        produce: impl FnOnce(&js_sys::Object) -> R,
    ) -> Result<(Self, R), SegmentError> {
        js::fill(element, length, produce)
    }

    /// Takes an `ArrayBuffer` that the browser made for us, as one that came out of a WebSocket.
    /// Nothing is copied. No other owner may hold it: it counts as [`Aliasing::Exclusive`].
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    #[must_use]
    pub fn received(buffer: js_sys::ArrayBuffer) -> Self {
        Self::of_js(js::JsBytes::own(buffer))
    }

    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub(super) fn of_js(bytes: js::JsBytes) -> Self {
        Self { owner: Owner::Js(bytes) }
    }

    /// Hands the `ArrayBuffer` behind the segment over, without copying it.
    ///
    /// # Errors
    /// The segment itself, when the buffer is not its own alone: in linear memory, borrowed, a
    /// part, or held by others too.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub fn into_array_buffer(self) -> Result<js_sys::ArrayBuffer, Self> {
        match self.owner {
            Owner::Js(bytes) => bytes.into_buffer().map_err(Self::of_js),
            owner => Err(Self { owner }),
        }
    }

    /// A way to see whether the owner is still held, without holding it. `None` in linear memory,
    /// where an owner of your own sees its `Drop`.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    #[must_use]
    pub fn watch(&self) -> Option<js::Watch> {
        match &self.owner {
            Owner::Js(bytes) => Some(bytes.watch()),
            Owner::Linear(_) => None,
        }
    }

    /// The bytes as JavaScript sees them, for code of JavaScript to read at once; nothing is copied
    /// here. Over wasm memory the view is good until that grows. Code that writes through it
    /// writes the segment's bytes.
    ///
    /// # Errors
    /// [`SegmentError::Detached`].
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub fn view(&self) -> Result<js_sys::Uint8Array, SegmentError> {
        match &self.owner {
            Owner::Linear(slice) => Ok(js::view_of(slice)),
            Owner::Js(bytes) => bytes.view(),
        }
    }

    /// Whether the engine might refuse to take its buffer away.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub(crate) fn is_suspect(&self) -> bool {
        matches!(&self.owner, Owner::Js(bytes) if bytes.is_suspect())
    }

    /// Takes the buffer behind a segment away from its caller, whose arrays over it are detached.
    ///
    /// # Errors
    /// What the engine says; everything is as it was then.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub(crate) fn take_away(&mut self) -> Result<(), String> {
        match &mut self.owner {
            Owner::Js(bytes) => bytes.take_away(),
            Owner::Linear(_) => Ok(()),
        }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.owner {
            Owner::Linear(slice) => slice.len(),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.len(),
        }
    }

    /// Whether it has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where its bytes live.
    #[must_use]
    pub fn place(&self) -> Place {
        match &self.owner {
            Owner::Linear(_) => Place::Linear,
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(_) => Place::JsHeap,
        }
    }

    /// Who else may write its bytes.
    #[must_use]
    pub fn aliasing(&self) -> Aliasing {
        match &self.owner {
            Owner::Linear(_) => Aliasing::Immutable,
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.aliasing(),
        }
    }

    /// Whether both are the same memory, so that their bytes are equal without a look.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.owner, &other.owner) {
            (Owner::Linear(a), Owner::Linear(b)) => std::ptr::eq(a.as_slice(), b.as_slice()),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            (Owner::Js(a), Owner::Js(b)) => a.is_same(b),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            _ => false,
        }
    }

    /// The bytes themselves, when they are in linear memory. Nothing is copied.
    #[must_use]
    pub fn as_linear(&self) -> Option<&[u8]> {
        match &self.owner {
            Owner::Linear(slice) => Some(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(_) => None,
        }
    }

    /// The bytes of a segment in linear memory, which keep its owner. Nothing is copied.
    ///
    /// # Errors
    /// The segment itself, when it is in the JavaScript heap.
    pub fn into_contiguous(self) -> Result<Contiguous, Self> {
        match self.owner {
            Owner::Linear(slice) => Ok(Contiguous(slice)),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            owner => Err(Self { owner }),
        }
    }

    /// The slice that holds the owner, when it is in linear memory.
    pub(crate) fn as_zslice(&self) -> Option<&ZSlice> {
        match &self.owner {
            Owner::Linear(slice) => Some(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(_) => None,
        }
    }

    /// A part of the segment with the same owner, or `None` when `range` does not lie inside.
    /// Nothing is copied.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        if range.start > range.end || range.end > self.len() {
            return None;
        }
        let owner = match &self.owner {
            Owner::Linear(slice) => Owner::Linear(slice.subslice(range)?),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => Owner::Js(bytes.slice(range)),
        };
        Some(Self { owner })
    }

    /// Whether the bytes are still there. O(1), nothing is read.
    ///
    /// # Errors
    /// [`SegmentError::Detached`].
    pub fn check(&self) -> Result<(), SegmentError> {
        match &self.owner {
            Owner::Linear(_) => Ok(()),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.check(),
        }
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment").field("place", &self.place()).field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, Reason, Stage};

    #[test]
    fn a_slice_shares_its_owner_and_copies_nothing() {
        let whole = Segment::from(vec![1u8, 2, 3, 4, 5]);
        let part = whole.slice(1..4).unwrap();
        let address = |s: &Segment| s.as_linear().unwrap().as_ptr() as usize;
        assert_eq!(address(&part), address(&whole) + 1);
        assert_eq!(part.len(), 3);
        assert!(whole.slice(3..6).is_none());
        let (from, to) = (4, 3);
        assert!(whole.slice(from..to).is_none());
        assert_eq!(part.slice(3..3).unwrap().len(), 0);
        assert_eq!((part.is_empty(), part.slice(3..3).unwrap().is_empty()), (false, true));
        let again = whole.slice(1..4).unwrap();
        assert!(part.is_same(&again) && !part.is_same(&whole));
        assert!(!part.is_same(&Segment::from(vec![2u8, 3, 4])), "equal bytes of another owner");
    }

    #[test]
    fn a_part_is_copied_and_counted_and_nothing_beyond_the_end() {
        let segment = Segment::from(vec![1u8, 2, 3, 4]);
        let (mut into, mut ledger) = ([0; 2], Ledger::new());
        segment.copy_to(2, &mut into, Stage::Read, Reason::Reader, &mut ledger).unwrap();
        assert_eq!((into, ledger.total(), ledger.metadata()), ([3, 4], 2, 0));
        segment.peek(0, &mut into, &mut ledger).unwrap();
        assert_eq!((into, ledger.total(), ledger.metadata()), ([1, 2], 2, 2));
        for offset in [3, 5, usize::MAX] {
            let refused = segment.copy_to(offset, &mut into, Stage::Read, Reason::Reader, &mut ledger).unwrap_err();
            assert_eq!(refused, SegmentError::OutOfRange { offset, requested: 2, len: 4 });
        }
        assert_eq!((into, ledger.total()), ([1, 2], 2));
    }

    #[test]
    fn appending_writes_the_ledger() {
        let mut ledger = Ledger::new();
        let mut into = vec![9];
        Segment::from(vec![1u8, 2]).append_to(&mut into, Stage::Build, Reason::CopyMode, &mut ledger).unwrap();
        assert_eq!(into, [9, 1, 2]);
        assert_eq!(ledger.bytes_in(Stage::Build), 2);
    }

    #[test]
    fn looking_at_linear_memory_copies_nothing() {
        let mut ledger = Ledger::new();
        let mut seen = Vec::new();
        let segment = Segment::from(vec![7u8; 100]);
        let mut look = |bytes: &[u8]| seen.push((bytes.as_ptr(), bytes.len()));
        segment.for_each_window(&mut [0; 8], &mut ledger, &mut look).unwrap();
        // One look, at the memory itself.
        assert_eq!(seen, [(segment.as_linear().unwrap().as_ptr(), 100)]);
        assert_eq!(ledger, Ledger::new());
    }
}
