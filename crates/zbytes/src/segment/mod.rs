//! A segment: a run of bytes with one owner.
//!
//! A [`Segment`] never owns bytes by itself. It holds a counted reference to the owner and a range
//! in it. So cloning and slicing cost the same at any length and copy nothing:
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
//! Copy is the default, as safe as zenoh's own `ZBytes`. Which of the others is right is a question
//! of who has the memory:
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
//! In linear memory Rust's own rules take the place of the engine's. A [`Segment`] of a vector owns
//! it or shares it, and no code can write it as long as it is shared. So borrow and move cost the
//! same there, and both are safe. In the JavaScript heap an array is always writable; that is
//! [`Aliasing::Shared`], and only moving ends it. An engine with immutable buffers makes a third
//! case, [`Aliasing::Immutable`]: borrowing one is safe.
//!
//! # What may be a source
//!
//! | source | copy | borrow | move |
//! |---|---|---|---|
//! | a vector, boxed slice or text of Rust; a zenoh slice; a [`Segment`] that other code cannot write | yes | yes | yes |
//! | static bytes; memory of an owner of your own ([`Segment::from_owner`]); memory that was filled in place ([`Segment::fill`]) | yes | yes | yes |
//! | a typed array, `DataView` or `ArrayBuffer`, the whole of its buffer | yes | yes | yes |
//! | a view of a part of its buffer; a segment that only borrows | yes | yes | refused |
//! | an immutable `ArrayBuffer` | yes | yes, safe | refused: no need |
//! | a buffer that another segment of the payload moves, or moves what this one borrows | yes | refused | refused |
//! | shared memory; a resizable buffer | yes | refused | refused |
//! | a view of wasm memory | as long as building has not grown that memory | refused | refused |
//! | a detached array; a value that is not a buffer | refused | refused | refused |
//!
//! A refusal is a [`SegmentError`] that says what the source is and why that matters. It comes
//! before anything was copied or detached. [`Unsupported::Copy`] is the caller's wish to
//! copy what borrow or move refuses; the ledger shows it as such
//! ([`Reason::Unsupported`](crate::ledger::Reason::Unsupported)).
//!
//! # How long an owner lives
//!
//! Until the last segment that refers to it is dropped. Segments are in payloads and their slices,
//! in samples that were delivered locally, in puts under way, in readers. Then it is released,
//! once. Nothing pins an array meanwhile: JavaScript code may still detach one that is borrowed. So
//! its length is looked up at each use, and a source that is gone is [`SegmentError::Detached`],
//! never other bytes.
//!
//! # When bytes are copied
//!
//! Bytes leave a segment only through functions of this module, and each writes the ledger that it
//! is given: [`Segment::copy_to`], [`Segment::peek`] and, for owners outside linear memory,
//! [`Segment::for_each_window`]. Segments must never show a `&[u8]` over memory that JavaScript can
//! move or detach: an owner in the JavaScript heap is read by copying. Clippy forbids the other
//! ways to copy bytes in this crate (see `clippy.toml`), except where a place says why its bytes
//! are not payload.
//!
//! # What is where
//!
//! `run` has the segment itself, `copy` the functions by which bytes leave it. `source` and `mode`
//! say what may become a segment and how, `error` why not. `linear` and `js` are the two kinds of
//! owners, `element` the types of numbers.

mod copy;
mod element;
mod error;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
pub mod js;
mod linear;
mod mode;
mod run;
mod source;

pub(crate) use self::source::{Look, Pending};
pub use self::{
    element::{Element, Scalar},
    error::{Cause, SegmentError},
    linear::{Aligned, Contiguous},
    mode::{Mode, Unsupported, table},
    run::{Aliasing, Segment},
    source::{Input, Source},
};
