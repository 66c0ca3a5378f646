//! Why a source cannot be taken, or the bytes of a segment cannot be had.

use thiserror::Error;

use super::mode::Mode;
use crate::number::{bytes, count};

/// What makes it unsafe to borrow or to move a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A `SharedArrayBuffer`, growable or not, or a view of one.
    Shared,
    /// A resizable `ArrayBuffer`, or a view of one.
    Resizable,
    /// A view of this program's wasm memory, which is detached whenever that memory grows, and
    /// cannot be detached by hand.
    WasmMemory,
    /// A view of a part of its buffer: moving takes whole buffers.
    Partial {
        /// Bytes of the view.
        part: usize,
        /// Bytes of its buffer.
        whole: usize,
    },
    /// An immutable `ArrayBuffer`, which cannot be detached.
    Immutable,
    /// Another segment moves the same buffer.
    AlsoMoved {
        /// Which one, counted from 0.
        other: usize,
    },
    /// Another segment borrows the buffer that this one would move.
    AlsoBorrowed {
        /// Which one, counted from 0.
        other: usize,
    },
    /// A segment of another payload that only borrows its bytes: there is nothing to hand over.
    Lent,
}

impl Cause {
    /// What the source is.
    fn what(self) -> String {
        match self {
            Self::Shared => "in shared memory (a SharedArrayBuffer)".to_owned(),
            Self::Resizable => "in a resizable ArrayBuffer".to_owned(),
            Self::WasmMemory => "a view of wasm memory".to_owned(),
            Self::Partial { part, whole } => format!("a view of {} of a buffer of {}", bytes(part), bytes(whole)),
            Self::Immutable => "an immutable ArrayBuffer".to_owned(),
            Self::AlsoMoved { other } => format!("in a buffer that segment {} moves", count(other)),
            Self::AlsoBorrowed { other } => format!("in a buffer that segment {} borrows", count(other)),
            Self::Lent => "a segment that borrows its bytes from another owner".to_owned(),
        }
    }

    /// Why that matters.
    const fn why(self) -> &'static str {
        match self {
            Self::Shared => "another thread may write it at any time, and a move cannot take it away",
            Self::Resizable => "its length may change under the payload",
            Self::WasmMemory => "it is detached when that memory grows, and the memory has another owner",
            Self::Partial { .. } => "moving takes the whole buffer away, also the bytes around the view",
            Self::Immutable => "it cannot be detached and need not be",
            Self::AlsoMoved { .. } => "a buffer can be taken away only once",
            Self::AlsoBorrowed { .. } => "moving would detach what that segment refers to",
            Self::Lent => "only an owner can hand bytes over",
        }
    }
}

/// Why the bytes of a segment cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The buffer of a source was detached before it was taken (`ArrayBuffer.transfer`, a transfer
    /// to a Worker).
    #[error(
        "the source is detached: its bytes were handed to another owner before, or it was a view of wasm memory, which has grown since"
    )]
    SourceDetached,
    /// The owner was detached or resized after the segment was made.
    #[error(
        "the array behind this segment was detached or resized: it had {} when the payload was built and has {} now",
        bytes(*expected), bytes(*found)
    )]
    Detached {
        /// Bytes that the owner had when the segment was made.
        expected: usize,
        /// Bytes that it has now.
        found: usize,
    },
    /// The source cannot be taken safely in this mode.
    #[error("the source is {}, which cannot be {}: {}", cause.what(), mode.participle(), cause.why())]
    Refused {
        /// The mode that was asked for.
        mode: Mode,
        /// What is in its way.
        cause: Cause,
    },
    /// The source is a value without bytes.
    #[error("the source is {found}, which has no bytes")]
    NotABuffer {
        /// Its type, as in `a string`.
        found: String,
    },
    /// The browser did not let go of a buffer, for a reason of its own.
    #[error(
        "the browser does not let go of the buffer, as if it were the memory of another wasm module ({message}){}",
        detached_before(*before)
    )]
    NotLetGo {
        /// What it said.
        message: String,
        /// How many other sources of the same payload it had let go of before. These are detached.
        before: usize,
    },
    /// Wasm memory grew while a producer was filling a segment in it: what was written afterwards
    /// is lost.
    #[error(
        "wasm memory grew while this segment was being filled, which detached the view that the producer wrote through"
    )]
    Grown,
    /// The browser lacks this kind of array.
    #[error("this browser has no {name}")]
    NoSuchArray {
        /// Its name, as in `Float16Array`.
        name: &'static str,
    },
    /// More was asked for than there is.
    #[error("{} from byte {} on do not lie in a segment of {}", bytes(*requested), count(*offset), bytes(*len))]
    OutOfRange {
        /// From which byte of the segment on.
        offset: usize,
        /// How many bytes.
        requested: usize,
        /// Bytes that the segment has.
        len: usize,
    },
    /// The bytes are in the JavaScript heap, where Rust cannot refer to them.
    #[error("the bytes are in the JavaScript heap, and this needs them in wasm memory")]
    NotLinear,
    /// The memory for the bytes could not be allocated.
    #[error("no memory for {}", bytes(*requested))]
    OutOfMemory {
        /// Bytes asked for.
        requested: usize,
    },
}

/// What else a refusal to let go of a buffer has left behind, as the end of a sentence.
fn detached_before(before: usize) -> String {
    if before == 0 {
        return String::new();
    }
    format!(". Sources of this payload that were moved before it, and are detached: {}", count(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_source_is_and_why_that_matters() {
        let cases = [
            (Cause::Shared, "in shared memory", "another thread may write it"),
            (Cause::Resizable, "in a resizable ArrayBuffer", "its length may change"),
            (Cause::WasmMemory, "a view of wasm memory", "when that memory grows"),
            (Cause::Partial { part: 3, whole: 4096 }, "a view of 3 B of a buffer of 4,096 B", "whole buffer"),
            (Cause::Immutable, "an immutable ArrayBuffer", "cannot be detached"),
            (Cause::AlsoMoved { other: 1234 }, "that segment 1,234 moves", "only once"),
            (Cause::AlsoBorrowed { other: 7 }, "that segment 7 borrows", "would detach"),
            (Cause::Lent, "borrows its bytes", "only an owner"),
        ];
        for (cause, what, why) in cases {
            for (mode, participle) in [(Mode::Borrow, "borrowed"), (Mode::Move, "moved"), (Mode::Copy, "copied")] {
                let text = SegmentError::Refused { mode, cause }.to_string();
                let parts = [what, &format!(", which cannot be {participle}: "), why];
                assert!(parts.iter().all(|part| text.contains(part)), "{text}");
            }
        }
    }

    #[test]
    fn what_was_let_go_before_is_told_if_there_is_any() {
        let told = |before| SegmentError::NotLetGo { message: "no".to_owned(), before }.to_string();
        assert!(told(0).ends_with("(no)"), "{}", told(0));
        assert!(told(1).ends_with("(no). Sources of this payload that were moved before it, and are detached: 1"));
    }
}
