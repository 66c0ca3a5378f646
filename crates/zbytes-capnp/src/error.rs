//! Why a message could not be made or read.

use thiserror::Error;
use zbytes::{
    number::{requested, thousands},
    payload::BuildError,
    segment::SegmentError,
};

/// Why a message could not be made, or why bytes are not a message that can be read. Nothing was
/// changed then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// More segments than the readers of a stream accept.
    #[error(
        "the message has {} segments; readers of a stream accept at most {}",
        thousands(*found), super::MAX_SEGMENTS
    )]
    TooManySegments {
        /// How many there are.
        found: u64,
    },
    /// The bytes do not begin with a segment table.
    #[error(
        "as a segment table, the first bytes would announce {} segments. These bytes are not a message in the standard \
         stream framing, or something stands before it",
        thousands(*found)
    )]
    NotFramed {
        /// How many segments their first number would announce.
        found: u64,
    },
    /// The bytes look like a message in the packed encoding.
    #[error("these bytes look like a packed message, in which zeros are left out")]
    Packed,
    /// The bytes look like the one segment of a message, without the table in front of it.
    #[error(
        "these bytes look like the one segment of a message, without the segment table that stands in front of it in a \
         stream"
    )]
    NoTable,
    /// A tensor with more dimensions than are read.
    #[error(
        "the tensor has {} dimensions; this reader takes at most {}, as numpy does",
        thousands(*found), thousands(*limit)
    )]
    Dimensions {
        /// How many it has.
        found: u64,
        /// The most that are read.
        limit: u64,
    },
    /// What a message is to say does not fit together.
    #[error("{why}")]
    Unsound {
        /// What does not fit, and what would.
        why: String,
    },
    /// A list is longer than a list pointer can say.
    #[error("{what} would have {}; a list has at most {}", elements(*found), thousands(*limit))]
    TooLong {
        /// The field, or what else it is.
        what: String,
        /// Its elements; of `Data`, bytes. `u64::MAX` also stands for more.
        found: u64,
        /// The most that there may be.
        limit: u64,
    },
    /// The bytes that a field should have are not those that its array has.
    #[error("{what} has {} where {} were expected", thousands(*found), thousands(*expected))]
    Length {
        /// The field, or what else it is.
        what: String,
        /// Bytes, or elements, that were expected.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The payload ends inside of the segment table, or of a segment.
    #[error("the message needs {}, but there are {}", requested(*expected), requested(*found))]
    Truncated {
        /// Bytes that would be needed.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// A pointer that cannot be followed.
    #[error("the pointer in segment {segment}, word {} {why}", thousands((*word).into()))]
    Pointer {
        /// In which segment it stands.
        segment: u32,
        /// At which word of it.
        word: u32,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Structs and lists lie in each other more deeply than is read.
    #[error("the message is nested more than {limit} deep, which is not read")]
    TooDeep {
        /// The limit.
        limit: u32,
    },
    /// The message would have to be read more often than its size justifies: many pointers to one
    /// place.
    #[error(
        "the message makes a reader go through more than {} words, far more than it has: many pointers lead to one place",
        thousands(*limit)
    )]
    TooMuch {
        /// The limit, in words of 8 B.
        limit: u64,
    },
    /// The bytes are a message, but not one of this schema.
    #[error("{why}")]
    Content {
        /// What does not fit.
        why: String,
    },
    /// The place for an adopted array is not a placeholder of this message.
    #[error("the place for an adopted array is not a placeholder of this message")]
    NoSuchSlot,
    /// A source could not be taken, or the owner of received bytes is gone.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The payload that a message is in could not be built or read.
    #[error(transparent)]
    Payload(BuildError),
}

/// How many elements: a number that stands for more than itself is not printed as if it was meant.
pub(super) fn elements(count: u64) -> String {
    if count == u64::MAX {
        "more elements than 64 bits can count".to_owned()
    } else {
        format!("{} elements", thousands(count))
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
