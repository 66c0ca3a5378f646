//! A segment: a run of bytes with one owner.
//!
//! A [`Segment`] never owns bytes by itself. It holds a counted reference to the owner and a range in it, so cloning and
//! slicing cost the same at any length and copy nothing:
//!
//! ```text
//!                     Segment              Segment (a slice of the first)
//!                 +-------------+         +-------------+
//!                 | owner  range|         | owner  range|
//!                 +---|-----|---+         +---|-----|---+
//!                     |     +--------+--------|-----+
//!                     +------+-------|--------+
//!                            v       v
//!    Linear   +--------------------------------------+   wasm memory (natively: the heap), a zenoh `ZSlice`
//!    JsHeap   +--------------------------------------+   an `ArrayBuffer`, through one `Uint8Array` handle
//! ```
//!
//! # The three modes
//!
#![doc = include_str!("modes.md")]
//!
//! Copy is the default, as safe as zenoh's own `ZBytes`. Which of the others is right is a question of who has the memory:
//!
//! ```text
//!             before                        after building                   afterwards the caller ...
//!
//!   copy      caller --> [ array ]          caller --> [ array ]             may write, detach, drop
//!                                           payload -> [ bytes ]
//!
//!   borrow    caller --> [ array ]          caller --> [ array ]             must not write: it would show;
//!                                           payload -----^                   may drop: the payload keeps it
//!
//!   move      caller --> [ array ]          caller --> [       ]  length 0   can do nothing to the bytes
//!                                           payload -> [ array ]  the same memory
//! ```
//!
//! In linear memory Rust's own rules take the place of the engine's: a [`Segment`] of a vector owns it or shares it, and nobody can
//! write it as long as it is shared. So borrow and move cost the same there, and both are safe. In the JavaScript heap an
//! array is always writable; that is [`Aliasing::Shared`], and only moving ends it. An engine with immutable buffers makes
//! a third case, [`Aliasing::Immutable`]: borrowing one is safe.
//!
//! # What may be a source
//!
//! | source | copy | borrow | move |
//! |---|---|---|---|
//! | a vector, boxed slice or text of Rust; a zenoh slice; a [`Segment`] that nobody else can write | yes | yes | yes |
//! | static bytes; memory of an owner of your own ([`Segment::from_owner`]); memory that was filled in place ([`Segment::fill`]) | yes | yes | yes |
//! | a typed array, `DataView` or `ArrayBuffer`, the whole of its buffer | yes | yes | yes |
//! | a view of a part of its buffer; a segment that only borrows | yes | yes | refused |
//! | an immutable `ArrayBuffer` | yes | yes, safe | refused: no need |
//! | a buffer that another segment of the payload moves, or moves what this one borrows | yes | refused | refused |
//! | shared memory; a resizable buffer | yes | refused | refused |
//! | a view of wasm memory | as long as building has not grown that memory | refused | refused |
//! | a detached array; a value that is no buffer | refused | refused | refused |
//!
//! A refusal is a [`SegmentError`] that says what the source is, why that matters and what to do, and comes before anything was
//! copied or detached. [`Unsupported::Copy`] is the caller's wish to copy what borrow or move refuses; the ledger shows it
//! as such ([`Reason::Unsupported`]).
//!
//! # How long an owner lives
//!
//! Until the last segment that refers to it is dropped: in payloads and their slices, in samples that were delivered locally, in
//! puts under way, in readers. Then it is released, once. Nothing pins an array meanwhile: JavaScript code may still detach one
//! that is borrowed. So its length is looked up at each use, and a source that is gone is [`SegmentError::Detached`], never
//! other bytes.
//!
//! # When bytes are copied
//!
//! Bytes leave a segment only through the functions of this module, each of which writes the ledger it is given: [`Segment::append_to`],
//! [`Segment::copy_to`] and, for owners outside linear memory, [`Segment::for_each_window`]. Segments must never show a
//! `&[u8]` over memory that JavaScript can move or detach: an owner in the JavaScript heap is read by copying. Clippy forbids the other
//! ways to copy bytes in this crate (see `clippy.toml`), except where a place says why its bytes are no payload.

mod element;
mod error;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
pub mod js;
mod linear;
mod mode;
mod source;

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};
use zenoh_buffers::ZSlice;

pub(crate) use self::source::{Look, Pending};
pub use self::{
    element::{Element, Scalar},
    error::{Cause, SegmentError},
    linear::Aligned,
    mode::{Mode, Unsupported, table},
    source::{Input, Source},
};
use crate::ledger::{Entry, Ledger, Place, Reason, Stage};

/// Who else may write the bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Aliasing {
    /// Somebody else has the same memory and may write it: a borrowed JavaScript array.
    Shared,
    /// Others may have it too, and nobody can write it: memory behind a Rust reference, an immutable `ArrayBuffer`.
    Immutable,
    /// Nobody else has it: a buffer that was moved or received.
    Exclusive,
}

#[derive(Clone)]
enum Owner {
    Linear(ZSlice),
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    Js(js::JsBytes),
}

/// A run of bytes with one owner. See the [module](self) for what it holds and when bytes are copied.
///
/// The owner lives until the last segment that refers to it is dropped.
#[derive(Clone)]
pub struct Segment {
    owner: Owner,
    element: Element,
    mode: Mode,
}

impl Segment {
    /// Refers to memory of the program without copying it.
    #[must_use]
    pub fn linear(slice: ZSlice, element: Element) -> Self {
        Self { owner: Owner::Linear(slice), element, mode: Mode::Borrow }
    }

    /// Takes over any owner of bytes and refers to all of them; nothing is copied. The owner is dropped, once, when the last
    /// segment that refers to it is. Its bytes must stay where they are and as they are.
    ///
    /// # Panics
    /// At a later use, if `owner.as_ref()` then has another length than now.
    #[must_use]
    pub fn from_owner(owner: impl AsRef<[u8]> + Send + Sync + 'static, element: Element) -> Self {
        Self::linear(linear::retain(owner), element)
    }

    /// Allocates `length` elements in linear memory, zeroed and aligned for every element type, and lets `produce` write them in
    /// place; nothing is copied.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`], before `produce` is called.
    pub fn fill(element: Element, length: usize, produce: impl FnOnce(&mut [u8])) -> Result<Self, SegmentError> {
        let mut space = linear::Aligned::zeros(length.saturating_mul(element.size()))?;
        produce(space.bytes_mut());
        Ok(space.into_segment(element))
    }

    /// Allocates `length` elements in wasm memory, zeroed, and lets `produce` write them in place through a JavaScript array of
    /// that element type; nothing is copied. Returns what `produce` returned beside the segment.
    ///
    /// The array is good for this call only: it is a window into wasm memory, which is detached when that memory grows, and
    /// which would show whatever comes to lie there. Do not keep it.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`], or [`SegmentError::NoSuchArray`] when the engine lacks that kind of array, before `produce`
    /// is called; [`SegmentError::Grown`] when wasm memory grew during the call.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub fn fill_js<R>(
        element: Element,
        length: usize,
        produce: impl FnOnce(&js_sys::Object) -> R,
    ) -> Result<(Self, R), SegmentError> {
        js::fill(element, length, produce)
    }

    /// Takes an `ArrayBuffer` that the browser made for us, as one that came out of a WebSocket. Nothing is copied. Nobody else may
    /// hold it: it counts as [`Aliasing::Exclusive`].
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    #[must_use]
    pub fn received(buffer: js_sys::ArrayBuffer) -> Self {
        Self::of_js(js::JsBytes::own(buffer), Element::Uint8)
    }

    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    fn of_js(bytes: js::JsBytes, element: Element) -> Self {
        Self { owner: Owner::Js(bytes), element, mode: Mode::Borrow }
    }

    /// Hands the `ArrayBuffer` behind the segment over, without copying it.
    ///
    /// # Errors
    /// The segment itself, when the buffer is not its own alone: in linear memory, borrowed, a part, or held by others too.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    pub fn into_array_buffer(self) -> Result<js_sys::ArrayBuffer, Self> {
        let Self { owner, element, mode } = self;
        match owner {
            Owner::Js(bytes) => bytes.into_buffer().map_err(|bytes| Self { owner: Owner::Js(bytes), element, mode }),
            owner => Err(Self { owner, element, mode }),
        }
    }

    /// A way to see whether the owner is still held, without holding it; `None` in linear memory, where an owner of your own
    /// sees its `Drop`.
    #[cfg(all(target_arch = "wasm32", feature = "js"))]
    #[must_use]
    pub fn watch(&self) -> Option<js::Watch> {
        match &self.owner {
            Owner::Js(bytes) => Some(bytes.watch()),
            Owner::Linear(_) => None,
        }
    }

    /// The same segment, said to have been taken by `mode`.
    pub(crate) fn taken_by(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The bytes as JavaScript sees them, for code of JavaScript to read at once; nothing is copied here. Over wasm memory the
    /// view is good until that grows; and whoever writes through it writes the segment's bytes.
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

    /// Whether there is no byte in it.
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

    /// The element type of the array that it came from.
    #[must_use]
    pub fn element(&self) -> Element {
        self.element
    }

    /// How the payload took it.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
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
    pub fn as_linear(&self) -> Option<&ZSlice> {
        match &self.owner {
            Owner::Linear(slice) => Some(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(_) => None,
        }
    }

    /// A part of the segment with the same owner, or `None` when `range` does not lie inside. Nothing is copied.
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
        Some(Self { owner, element: self.element, mode: self.mode })
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

    /// Copies all bytes to the end of `into` and writes the ledger. The caller reserves the memory.
    ///
    /// # Errors
    /// [`SegmentError::Detached`]; `into` is then as it was.
    #[allow(clippy::disallowed_methods, reason = "one of the places where payload bytes are copied, noted below")]
    pub fn append_to(
        &self,
        into: &mut Vec<u8>,
        stage: Stage,
        reason: Reason,
        ledger: &mut Ledger,
    ) -> Result<(), SegmentError> {
        match &self.owner {
            Owner::Linear(slice) => into.extend_from_slice(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.append_to(into)?,
        }
        ledger.record(Entry { stage, reason, from: self.place(), to: Place::Linear }, self.len());
        Ok(())
    }

    /// Copies `into.len()` bytes from `offset` on and writes the ledger.
    ///
    /// # Errors
    /// [`SegmentError::Detached`], or [`SegmentError::OutOfRange`]; nothing is written then.
    pub fn copy_to(
        &self,
        offset: usize,
        into: &mut [u8],
        stage: Stage,
        reason: Reason,
        ledger: &mut Ledger,
    ) -> Result<(), SegmentError> {
        self.read_into(offset, into)?;
        ledger.record(Entry { stage, reason, from: self.place(), to: Place::Linear }, into.len());
        Ok(())
    }

    /// Copies `into.len()` bytes from `offset` on as metadata: a look at a header, counted apart from the payload.
    ///
    /// # Errors
    /// As [`Segment::copy_to`].
    pub fn peek(&self, offset: usize, into: &mut [u8], ledger: &mut Ledger) -> Result<(), SegmentError> {
        self.read_into(offset, into)?;
        ledger.record_metadata(into.len());
        Ok(())
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "one of the places where payload bytes are copied: the callers write the ledger"
    )]
    fn read_into(&self, offset: usize, into: &mut [u8]) -> Result<(), SegmentError> {
        let beyond = || SegmentError::OutOfRange { offset, requested: into.len(), len: self.len() };
        let end = offset.checked_add(into.len()).filter(|end| *end <= self.len()).ok_or_else(beyond)?;
        match &self.owner {
            Owner::Linear(slice) => {
                let bytes = slice.get(offset..end).ok_or_else(beyond)?;
                into.copy_from_slice(bytes);
            }
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.copy_to(offset, into)?,
        }
        Ok(())
    }

    /// Shows the bytes to `look` in windows of at most `window.len()` bytes: in place when they are in linear memory (nothing
    /// is copied), else through `window`, which the ledger counts. An empty `window` is replaced by one of 256 B.
    ///
    /// # Errors
    /// [`SegmentError::Detached`], possibly after some windows were shown.
    pub fn for_each_window(
        &self,
        window: &mut [u8],
        ledger: &mut Ledger,
        look: &mut dyn FnMut(&[u8]),
    ) -> Result<(), SegmentError> {
        match &self.owner {
            Owner::Linear(slice) => look(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => {
                let entry =
                    Entry { stage: Stage::Read, reason: Reason::Window, from: Place::JsHeap, to: Place::Linear };
                let mut spare = [0; 256];
                let window = if window.is_empty() { &mut spare[..] } else { &mut *window };
                let step = window.len();
                for start in (0..self.len()).step_by(step) {
                    if let Some(space) = window.get_mut(..step.min(self.len() - start)) {
                        bytes.copy_to(start, space)?;
                        ledger.record(entry, space.len());
                        look(space);
                    }
                }
            }
        }
        let _ = (window, ledger);
        Ok(())
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("place", &self.place())
            .field("len", &self.len())
            .field("element", &self.element)
            .field("mode", &self.mode)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_shares_its_owner_and_copies_nothing() {
        let whole = Segment::from(vec![1u8, 2, 3, 4, 5]);
        let part = whole.slice(1..4).unwrap();
        let address = |s: &Segment| s.as_linear().unwrap().as_slice().as_ptr() as usize;
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
        assert_eq!(seen, [(segment.as_linear().unwrap().as_slice().as_ptr(), 100)]);
        assert_eq!(ledger, Ledger::new());
    }
}
