//! Why a message could not be made or read.

use std::fmt;

use zbytes::{
    number::{requested, thousands},
    payload::BuildError,
    segment::SegmentError,
};

/// Why a message could not be made, or why bytes are not a message that can be read. Nothing was
/// changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageError {
    /// More segments than the readers of a stream accept.
    TooManySegments {
        /// How many there are.
        found: u64,
    },
    /// The bytes do not begin with a segment table.
    NotFramed {
        /// How many segments their first number would announce.
        found: u64,
    },
    /// The bytes look like a message in the packed encoding.
    Packed,
    /// The bytes look like the one segment of a message, without the table in front of it.
    NoTable,
    /// A tensor with more dimensions than are read.
    Dimensions {
        /// How many it has.
        found: u64,
        /// The most that are read.
        limit: u64,
    },
    /// What a message is to say does not fit together.
    Unsound {
        /// What does not fit, and what would.
        why: String,
    },
    /// A list is longer than a list pointer can say.
    TooLong {
        /// The field, or what else it is.
        what: String,
        /// Its elements; of `Data`, bytes. `u64::MAX` also stands for more.
        found: u64,
        /// The most that there may be.
        limit: u64,
    },
    /// The bytes that a field should have are not those that its array has.
    Length {
        /// The field, or what else it is.
        what: String,
        /// Bytes, or elements, that were expected.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The payload ends inside of the segment table, or of a segment.
    Truncated {
        /// Bytes that would be needed.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// A pointer that cannot be followed.
    Pointer {
        /// In which segment it stands.
        segment: u32,
        /// At which word of it.
        word: u32,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Structs and lists lie in each other more deeply than is read.
    TooDeep {
        /// The limit.
        limit: u32,
    },
    /// The message would have to be read more often than its size justifies: many pointers to one
    /// place.
    TooMuch {
        /// The limit, in words of 8 B.
        limit: u64,
    },
    /// The bytes are a message, but not one of this schema.
    Content {
        /// What does not fit.
        why: String,
    },
    /// The place for an adopted array is not a placeholder of this message.
    NoSuchSlot,
    /// A source could not be taken, or the owner of received bytes is gone.
    Segment(SegmentError),
    /// The payload that a message is in could not be built or read.
    Payload(BuildError),
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManySegments { found } => write!(
                f,
                "the message has {} segments; readers of a stream accept at most {}. Build it with longer segments, or adopt fewer arrays",
                thousands(*found),
                super::MAX_SEGMENTS
            ),
            Self::NotFramed { found } => write!(
                f,
                "as a segment table, the first bytes would announce {} segments. These bytes are not a message in the standard stream \
                 framing, or something stands before it",
                thousands(*found)
            ),
            Self::Packed => f.write_str(
                "these bytes look like a packed message, in which zeros are left out. This reader takes messages that are not packed. \
                 Write it with write_message or to_bytes, not with write_packed or to_bytes_packed",
            ),
            Self::NoTable => f.write_str(
                "these bytes look like the one segment of a message, without the segment table that stands in front of it in a stream. \
                 Write the whole message, as write_message, messageToFlatArray and to_bytes do",
            ),
            Self::Dimensions { found, limit } => write!(
                f,
                "the tensor has {} dimensions; this reader takes at most {}, as numpy does. Merge some of them",
                thousands(*found),
                thousands(*limit)
            ),
            Self::Unsound { why } => f.write_str(why),
            Self::TooLong { what, found, limit } => {
                write!(f, "{what} would have {}; a list has at most {}. Send it in parts", elements(*found), thousands(*limit))
            }
            Self::Length { what, expected, found } => {
                write!(
                    f,
                    "{what} has {} where {} were expected. Make the two agree",
                    thousands(*found),
                    thousands(*expected)
                )
            }
            Self::Truncated { expected, found } => {
                write!(
                    f,
                    "the message needs {}, but there are {}. It was cut off, or is not a message",
                    requested(*expected),
                    requested(*found)
                )
            }
            Self::Pointer { segment, word, why } => {
                write!(f, "the pointer in segment {segment}, word {} {why}. This is not a message of Cap'n Proto, or a damaged one", thousands((*word).into()))
            }
            Self::TooDeep { limit } => write!(f, "the message is nested more than {limit} deep, which is not read"),
            Self::TooMuch { limit } => write!(
                f,
                "the message makes a reader go through more than {} words, far more than it has: many pointers lead to one \
                 place. It is damaged, or made to cost time",
                thousands(*limit)
            ),
            Self::Content { why } => write!(f, "{why}. It is a message of another schema, or a damaged one"),
            Self::NoSuchSlot => f.write_str(
                "the place for an adopted array is not a placeholder of this message. Take it from a field of 16 B that was initialised \
                 in the same message, and change that field no more",
            ),
            Self::Segment(error) => error.fmt(f),
            Self::Payload(error) => error.fmt(f),
        }
    }
}

/// How many elements: a number that stands for more than itself is not printed as if it was meant.
pub(super) fn elements(count: u64) -> String {
    if count == u64::MAX {
        "more elements than 64 bits can count".to_owned()
    } else {
        format!("{} elements", thousands(count))
    }
}

impl std::error::Error for MessageError {}

impl From<SegmentError> for MessageError {
    fn from(error: SegmentError) -> Self {
        Self::Segment(error)
    }
}

impl From<BuildError> for MessageError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Segment { error, .. } => Self::Segment(error),
            error => Self::Payload(error),
        }
    }
}
