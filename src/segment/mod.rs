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
//! Bytes leave a segment only through the functions of this module, each of which writes the ledger it is given. Segments
//! must never show a `&[u8]` over memory that JavaScript can move or detach: an owner in the JavaScript heap is
//! read by copying, and whether it was detached is looked up at each use.

#[cfg(target_arch = "wasm32")]
pub mod js;

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};
use zenoh_buffers::ZSlice;

use crate::ledger::{Entry, Ledger, Place, Reason, Stage};

/// The type of the elements in a typed array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Element {
    /// Unsigned, 8 bits. Also said of bytes whose type is not known, as those of a received payload.
    Uint8,
    /// Signed, 32 bits, little-endian on every engine that runs wasm.
    Int32,
    /// IEEE 754, 32 bits.
    Float32,
    /// IEEE 754, 64 bits.
    Float64,
}

impl Element {
    /// Every element type, in the order of their sizes.
    pub const ALL: [Element; 4] = [Self::Uint8, Self::Int32, Self::Float32, Self::Float64];

    /// Bytes of one element.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Uint8 => 1,
            Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// The name, as in `Int32`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uint8 => "Uint8",
            Self::Int32 => "Int32",
            Self::Float32 => "Float32",
            Self::Float64 => "Float64",
        }
    }

    /// The name of the JavaScript array, as in `Int32Array`.
    #[must_use]
    pub const fn array_name(self) -> &'static str {
        match self {
            Self::Uint8 => "Uint8Array",
            Self::Int32 => "Int32Array",
            Self::Float32 => "Float32Array",
            Self::Float64 => "Float64Array",
        }
    }
}

/// How a payload takes a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Mode {
    /// The bytes are copied into memory that the payload owns: O(bytes). The caller may do anything afterwards.
    #[default]
    Copy,
    /// The payload keeps a reference to the caller's memory: O(1). The caller may read; a write shows in the payload.
    Borrow,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 2] = [Self::Copy, Self::Borrow];

    /// The name, as in `copy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Borrow => "borrow",
        }
    }
}

/// Why the bytes of a segment cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentError {
    /// The owner was detached or resized after the segment was made (`ArrayBuffer.transfer`, a transfer to a Worker).
    Detached {
        /// Bytes that the owner had when the segment was made.
        expected: usize,
        /// Bytes that it has now.
        found: usize,
    },
    /// The source is a kind of memory that cannot be referred to safely.
    Unsupported {
        /// What it is, as in "a SharedArrayBuffer".
        what: &'static str,
        /// What to do instead.
        way_out: &'static str,
    },
    /// The memory for a copy could not be allocated.
    OutOfMemory {
        /// Bytes asked for.
        requested: usize,
    },
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detached { expected, found } => write!(
                f,
                "the array behind this segment was detached: it had {expected} B when the payload was built and has {found} B \
                 now. Build the payload again from an array that is still there, or use copy"
            ),
            Self::Unsupported { what, way_out } => {
                write!(f, "the source is {what}, which cannot be borrowed: {way_out}")
            }
            Self::OutOfMemory { requested } => write!(
                f,
                "no memory for a copy of {requested} B. Borrow instead of copying, or make the payload smaller"
            ),
        }
    }
}

impl std::error::Error for SegmentError {}

#[derive(Clone)]
enum Owner {
    Linear(ZSlice),
    #[cfg(target_arch = "wasm32")]
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

    /// Refers to an array in the JavaScript heap without copying it.
    ///
    /// # Errors
    /// [`SegmentError::Unsupported`] for memory that may move, change its length or be written by another thread;
    /// [`SegmentError::Detached`] for a view whose buffer is gone.
    #[cfg(target_arch = "wasm32")]
    pub fn js(view: &js_sys::Object, element: Element) -> Result<Self, SegmentError> {
        Ok(Self { owner: Owner::Js(js::JsBytes::borrow(view)?), element, mode: Mode::Borrow })
    }

    /// Takes an `ArrayBuffer` that the browser made for us, as one that came out of a WebSocket. Nothing is copied.
    #[cfg(target_arch = "wasm32")]
    #[must_use]
    pub fn received(buffer: &js_sys::ArrayBuffer) -> Self {
        Self { owner: Owner::Js(js::JsBytes::own(buffer)), element: Element::Uint8, mode: Mode::Borrow }
    }

    /// The same segment, said to have been taken by `mode`.
    pub(crate) fn taken_by(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.owner {
            Owner::Linear(slice) => slice.len(),
            #[cfg(target_arch = "wasm32")]
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
            #[cfg(target_arch = "wasm32")]
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

    /// The bytes themselves, when they are in linear memory. Nothing is copied.
    #[must_use]
    pub fn as_linear(&self) -> Option<&ZSlice> {
        match &self.owner {
            Owner::Linear(slice) => Some(slice),
            #[cfg(target_arch = "wasm32")]
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
            #[cfg(target_arch = "wasm32")]
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
            #[cfg(target_arch = "wasm32")]
            Owner::Js(bytes) => bytes.check(),
        }
    }

    /// Copies all bytes to the end of `into` and writes the ledger. The caller reserves the memory.
    ///
    /// # Errors
    /// [`SegmentError::Detached`]; `into` is then as it was.
    pub fn append_to(
        &self,
        into: &mut Vec<u8>,
        stage: Stage,
        reason: Reason,
        ledger: &mut Ledger,
    ) -> Result<(), SegmentError> {
        match &self.owner {
            Owner::Linear(slice) => into.extend_from_slice(slice),
            #[cfg(target_arch = "wasm32")]
            Owner::Js(bytes) => bytes.append_to(into)?,
        }
        ledger.record(Entry { stage, reason, from: self.place(), to: Place::Linear }, self.len());
        Ok(())
    }

    /// Copies `into.len()` bytes from `offset` on and writes the ledger.
    ///
    /// # Errors
    /// [`SegmentError::Detached`]; nothing is written then. A range that passes the end of the segment copies nothing.
    pub fn copy_to(
        &self,
        offset: usize,
        into: &mut [u8],
        stage: Stage,
        reason: Reason,
        ledger: &mut Ledger,
    ) -> Result<(), SegmentError> {
        if self.read_into(offset, into)? {
            ledger.record(Entry { stage, reason, from: self.place(), to: Place::Linear }, into.len());
        }
        Ok(())
    }

    /// Copies `into.len()` bytes from `offset` on as metadata: a look at a header, counted apart from the payload.
    ///
    /// # Errors
    /// [`SegmentError::Detached`].
    pub(crate) fn peek(&self, offset: usize, into: &mut [u8], ledger: &mut Ledger) -> Result<(), SegmentError> {
        if self.read_into(offset, into)? {
            ledger.record_metadata(into.len());
        }
        Ok(())
    }

    /// Returns whether the range lies in the segment; only then anything is copied.
    fn read_into(&self, offset: usize, into: &mut [u8]) -> Result<bool, SegmentError> {
        if offset.checked_add(into.len()).is_none_or(|end| end > self.len()) {
            return Ok(false);
        }
        match &self.owner {
            Owner::Linear(slice) => {
                if let Some(bytes) = slice.get(offset..offset + into.len()) {
                    into.copy_from_slice(bytes);
                }
            }
            #[cfg(target_arch = "wasm32")]
            Owner::Js(bytes) => bytes.copy_to(offset, into)?,
        }
        Ok(true)
    }

    /// Shows the bytes to `look` in windows of at most `window.len()` bytes: in place when they are in linear memory (nothing
    /// is copied), else through `window`, which the ledger counts.
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
            #[cfg(target_arch = "wasm32")]
            Owner::Js(bytes) => {
                let entry =
                    Entry { stage: Stage::Read, reason: Reason::Window, from: Place::JsHeap, to: Place::Linear };
                let step = window.len().max(1);
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

impl From<Vec<u8>> for Segment {
    /// Takes the vector over; nothing is copied.
    fn from(bytes: Vec<u8>) -> Self {
        Self::linear(ZSlice::from(bytes), Element::Uint8)
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
        let whole = Segment::from(vec![1, 2, 3, 4, 5]);
        let part = whole.slice(1..4).unwrap();
        let address = |s: &Segment| s.as_linear().unwrap().as_slice().as_ptr() as usize;
        assert_eq!(address(&part), address(&whole) + 1);
        assert_eq!(part.len(), 3);
        assert!(whole.slice(3..6).is_none());
        assert_eq!(part.slice(3..3).unwrap().len(), 0);
    }

    #[test]
    fn appending_writes_the_ledger() {
        let mut ledger = Ledger::new();
        let mut into = vec![9];
        Segment::from(vec![1, 2]).append_to(&mut into, Stage::Build, Reason::CopyMode, &mut ledger).unwrap();
        assert_eq!(into, [9, 1, 2]);
        assert_eq!(ledger.bytes_in(Stage::Build), 2);
    }

    #[test]
    fn looking_at_linear_memory_copies_nothing() {
        let mut ledger = Ledger::new();
        let mut seen = Vec::new();
        let segment = Segment::from(vec![7; 100]);
        segment.for_each_window(&mut [0; 8], &mut ledger, &mut |bytes| seen.extend_from_slice(bytes)).unwrap();
        assert_eq!(seen, [7; 100]);
        assert_eq!(ledger, Ledger::new());
    }
}
