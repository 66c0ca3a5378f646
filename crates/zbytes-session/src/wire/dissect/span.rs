//! What a batch is taken apart into: spans, and the bytes of owners among them.

use zbytes_text::Outside;

use super::field::Field;
use crate::wire::WireError;

/// How a span is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The spans that follow and are deeper are its parts.
    Group,
    /// A field of a header.
    Leaf,
    /// Bytes of a payload, an attachment, or the body of a query.
    Body(Carried),
    /// Bytes that are not zenoh, or that nothing is known of.
    Unknown,
}

/// A run of bytes of a batch with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins in the batch.
    pub start: usize,
    /// How many bytes.
    pub len: usize,
    /// How many groups it is in.
    pub depth: u8,
    /// What it is.
    pub field: &'static Field,
    /// What it says, for people: `7`, `lab/tensor`, `reliable, extensions follow`. Empty where the
    /// name says all.
    pub value: Outside,
    /// How it is made up.
    pub shape: Shape,
}

/// Which of a message's bytes are its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Carries {
    /// The payload of a put, a reply or an error.
    Payload,
    /// What goes along with it.
    Attachment,
    /// The payload of a query.
    Body,
}

/// A part of a payload that a batch carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Carried {
    /// Of what.
    pub what: Carries,
    /// Where it begins in the batch.
    pub start: usize,
    /// How many bytes of it are in the batch.
    pub len: usize,
    /// Where those begin in the payload.
    pub offset: usize,
    /// Length of the payload, in bytes.
    pub total: usize,
    /// Which of the batch's messages that have a caller it belongs to (puts, deletes, queries,
    /// answers), from 0.
    pub message: usize,
}

/// Where a message has bytes of its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Body {
    /// Of what.
    pub what: Carries,
    /// Where they begin in the encoded message.
    pub at: usize,
    /// How many.
    pub len: usize,
}

/// Where in its message a fragment is, as far as the fragments before it were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Begun {
    /// Bytes of the message in the fragments before.
    pub offset: usize,
    /// What its head said, as far as that was in the first fragment: behind an attachment that was
    /// not all there, nothing is known.
    pub bodies: Vec<Body>,
}

/// A batch as spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dissection {
    /// In the order of the bytes, a group before its parts.
    pub spans: Vec<Span>,
    /// Where it stopped making sense.
    pub error: Option<WireError>,
}

impl Dissection {
    /// The span of a byte: the deepest one.
    #[must_use]
    pub fn at(&self, byte: usize) -> Option<usize> {
        let holds = |span: &Span| span.start <= byte && byte < span.start + span.len;
        self.spans.iter().rposition(|span| span.shape != Shape::Group && holds(span))
    }

    /// The spans that are not groups: they cover the batch.
    pub fn leaves(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(|span| span.shape != Shape::Group)
    }

    /// The runs of owners' bytes in it, all of them.
    #[must_use]
    pub fn carried(&self) -> Vec<Carried> {
        let carried = |span: &Span| match span.shape {
            Shape::Body(carried) => Some(carried),
            _ => None,
        };
        self.spans.iter().filter_map(carried).collect()
    }
}
