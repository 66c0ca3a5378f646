//! Errors of payloads and messages, in words for the person at the page. An error says what
//! happened; what to do about it is said here. Those of a session are in `present::cause`.

use crate::{
    message::MessageError,
    payload::BuildError,
    segment::{Cause, SegmentError},
};

/// An error in words for a person: what happened, and what to do about it, if anything.
pub trait InWords {
    /// Begins in lower case and ends without a stop, because it also stands inside of sentences.
    fn in_words(&self) -> String;
}

fn and(error: &impl ToString, remedy: &str) -> String {
    format!("{}. {remedy}", error.to_string())
}

impl InWords for SegmentError {
    fn in_words(&self) -> String {
        and(
            self,
            match self {
                Self::SourceDetached => "Pass an array that still has them",
                Self::Detached { .. } => {
                    "Build the payload again from an array that is still there, or use copy or move"
                }
                Self::Refused { cause, .. } => way_out(*cause),
                Self::NotABuffer { .. } => "Pass a typed array, a DataView or an ArrayBuffer",
                Self::NotLetGo { .. } => "Copy it",
                Self::Grown => "Allocate before, not inside the call",
                Self::NoSuchArray { .. } => "Use another type, or a newer browser",
                Self::OutOfRange { .. } => "Ask for less",
                Self::NotLinear => "Take the segment by copy, or ask for contiguous bytes",
                Self::OutOfMemory { .. } => "Borrow or move instead of copying, or make the payload smaller",
                _ => return self.to_string(),
            },
        )
    }
}

/// What to do about a source that its mode cannot take.
fn way_out(cause: Cause) -> &'static str {
    match cause {
        Cause::Resizable => "Copy it, or use a buffer of fixed length",
        Cause::WasmMemory => "Copy it, or hand over the owner in wasm",
        Cause::Partial { .. } => "Borrow it, copy it, or move a view of the whole buffer",
        Cause::Immutable => "Borrow it: no program can write it",
        Cause::AlsoMoved { .. } | Cause::AlsoBorrowed { .. } => "Copy one of the two, or borrow both",
        Cause::Lent => "Borrow the segment, or copy it",
        _ => "Copy it",
    }
}

impl InWords for BuildError {
    fn in_words(&self) -> String {
        match self {
            Self::Segment { index, error } => {
                format!("segment {}: {}", crate::number::count(*index), error.in_words())
            }
            Self::TooLong { .. } => and(self, "Make it shorter or send it in parts"),
            _ => self.to_string(),
        }
    }
}

impl InWords for MessageError {
    fn in_words(&self) -> String {
        and(
            self,
            match self {
                Self::TooManySegments { .. } => "Build it with longer segments, or adopt fewer arrays",
                Self::Packed => {
                    "This reader takes messages that are not packed. Write it with write_message or to_bytes, not with \
                     write_packed or to_bytes_packed"
                }
                Self::NoTable => "Write the whole message, as write_message, messageToFlatArray and to_bytes do",
                Self::Dimensions { .. } => "Merge some of them",
                Self::TooLong { .. } => "Send it in parts",
                Self::Length { .. } => "Make the two agree",
                Self::Truncated { .. } => "It was cut off, or is not a message",
                Self::Pointer { .. } => "This is not a message of Cap'n Proto, or a damaged one",
                Self::TooMuch { .. } => "It is damaged, or made to cost time",
                Self::Content { .. } => "It is a message of another schema, or a damaged one",
                Self::NoSuchSlot => {
                    "Take it from a field of 16 B that was initialised in the same message, and change that field no more"
                }
                Self::Segment(error) => return error.in_words(),
                Self::Payload(error) => return error.in_words(),
                _ => return self.to_string(),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Mode;

    #[test]
    fn every_refusal_ends_with_a_way_out() {
        let cases = [
            (Cause::Shared, "Copy it"),
            (Cause::Resizable, "of fixed length"),
            (Cause::WasmMemory, "hand over the owner in wasm"),
            (Cause::Partial { part: 3, whole: 4096 }, "Borrow it, copy it, or move a view of the whole buffer"),
            (Cause::Immutable, "Borrow it: no program can write it"),
            (Cause::AlsoMoved { other: 1234 }, "Copy one of the two, or borrow both"),
            (Cause::AlsoBorrowed { other: 7 }, "Copy one of the two, or borrow both"),
            (Cause::Lent, "Borrow the segment, or copy it"),
        ];
        for (cause, way_out) in cases {
            let error = SegmentError::Refused { mode: Mode::Move, cause };
            let words = error.in_words();
            assert!(words.starts_with(&format!("{error}. ")) && words.ends_with(way_out), "{words}");
        }
    }

    #[test]
    fn an_error_says_what_happened_and_what_to_do() {
        let segment = |error| BuildError::Segment { index: 1234, error };
        let cases = [
            (
                segment(SegmentError::OutOfMemory { requested: 9 }).in_words(),
                "segment 1,234: no memory for 9 B. Borrow",
            ),
            (MessageError::from(SegmentError::Grown).in_words(), "through. Allocate before"),
            (
                segment(SegmentError::NotLetGo { message: "no".into(), before: 1 }).in_words(),
                "(no). Sources of this payload that were moved before it, and are detached: 1. Copy it",
            ),
            (BuildError::TooLong { requested: 1 << 31 }.in_words(), "into a zenoh message. Make it shorter"),
            (MessageError::Truncated { expected: 24, found: 7 }.in_words(), "but there are 7 B. It was cut off"),
            (segment(SegmentError::NotLinear).in_words(), "Take the segment by copy"),
            (MessageError::Packed.in_words(), "zeros are left out. This reader takes"),
        ];
        for (words, part) in cases {
            assert!(words.contains(part), "{words}");
        }
        let error = MessageError::Unsound { why: "step is 3 B".into() };
        assert_eq!(error.in_words(), "step is 3 B");
    }
}
