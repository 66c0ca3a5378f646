//! A batch as named spans: what each of its bytes is, down to the last one.
//!
//! zenoh's codec reads whole messages and does not say where their fields are. So this walks through the same format once more, only to
//! look: nothing of what it finds is acted upon. It reads what the codec reads, which tests compare; what it cannot read is a span too, so the
//! leaves of a [`Dissection`] always cover the batch without a gap or an overlap.
//!
//! ```text
//!   FRAME                                   group
//!     header  sn                            leaves
//!     PUSH                                  group
//!       header  scope  length  key          leaves
//!       PUT                                 group
//!         header  length  payload           leaves
//! ```
//!
//! The format is that of zenoh-protocol 1.10.2; each [`Field`] names its place there.

mod field;
mod messages;
#[cfg(test)]
mod tests;
mod walk;
mod words;

use self::walk::Walk;
use super::{Lane, WireError};
use zbytes_text::Outside;

/// What a run of bytes is.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// A short name: `sequence number`.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub note: &'static str,
    /// Where it is described: the module of zenoh-protocol, and the field's name there.
    pub place: &'static str,
}

/// How a span is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The spans that follow and are deeper are its parts.
    Group,
    /// A field of a header.
    Leaf,
    /// Bytes of a payload, an attachment, or the body of a query.
    Body(Carried),
    /// Bytes that are no zenoh, or that nothing is known of.
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
    /// What it says, for people: `7`, `lab/tensor`, `reliable, extensions follow`. Empty where the name says all.
    pub value: Outside,
    /// How it is made up.
    pub shape: Shape,
}

/// Which of a message's bytes are its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Which of the batch's messages that have a caller it belongs to (puts, deletes, queries, answers), from 0.
    pub message: usize,
}

/// Where a message has bytes of its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub struct Begun {
    /// Bytes of the message in the fragments before.
    pub offset: usize,
    /// What its head said, as far as that was in the first fragment: behind an attachment that was not all there, nothing is known.
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

/// What kind of transport message a batch begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A wish to open a session.
    InitSyn,
    /// The first answer to it.
    InitAck,
    /// The cookie is given back.
    OpenSyn,
    /// The session is open.
    OpenAck,
    /// The session ends.
    Close,
    /// A sign of life.
    KeepAlive,
    /// Whole messages.
    Frame,
    /// A part of a message.
    Fragment,
    /// For multicast links.
    Join,
    /// Out of band, for routers among themselves.
    Oam,
    /// No zenoh.
    Unknown,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 11] = [
        Self::InitSyn,
        Self::InitAck,
        Self::OpenSyn,
        Self::OpenAck,
        Self::Close,
        Self::KeepAlive,
        Self::Frame,
        Self::Fragment,
        Self::Join,
        Self::Oam,
        Self::Unknown,
    ];

    /// Its name, as zenoh-protocol has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InitSyn => "InitSyn",
            Self::InitAck => "InitAck",
            Self::OpenSyn => "OpenSyn",
            Self::OpenAck => "OpenAck",
            Self::Close => "Close",
            Self::KeepAlive => "KeepAlive",
            Self::Frame => "Frame",
            Self::Fragment => "Fragment",
            Self::Join => "Join",
            Self::Oam => "OAM",
            Self::Unknown => "not zenoh",
        }
    }
}

/// A batch in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What it begins with.
    pub kind: Kind,
    /// The lane of its first frame or fragment.
    pub lane: Option<Lane>,
    /// The sequence number of that one.
    pub sn: Option<u32>,
    /// Of a fragment: whether further ones follow.
    pub more: bool,
    /// Of a fragment: whether it is marked as the first.
    pub first: bool,
    /// Of a fragment: whether its sender gives the message up.
    pub dropped: bool,
    /// Of a fragment: how many bytes of the message are in it.
    pub part: usize,
    /// Its network messages by name, in the order in which each first comes: `[("Put", 12), ("Declare subscriber", 1)]`.
    pub messages: Vec<(&'static str, usize)>,
    /// Their key expressions, each once, at most [`Summary::KEYS`]; `#3` stands for a number that the router has given to one.
    pub keys: Vec<Outside>,
    /// Whether there are more of those.
    pub more_keys: bool,
    /// The bytes of owners in it, payloads and what goes along, at most [`Summary::CARRIED`] runs.
    pub carried: Vec<Carried>,
    /// How many runs there are.
    pub runs: usize,
    /// Payload bytes in all.
    pub payload: usize,
    /// Where the message, of which the batch has a part, has bytes of its owner's: of the first fragment only.
    pub bodies: Vec<Body>,
    /// Where it stopped making sense.
    pub error: Option<WireError>,
}

impl Summary {
    /// The most key expressions that are noted.
    pub const KEYS: usize = 8;

    /// The most runs of payload that are noted.
    pub const CARRIED: usize = 256;

    /// How many runs of payload are not among [`Summary::carried`].
    #[must_use]
    pub fn unnoted(&self) -> usize {
        self.runs.saturating_sub(self.carried.len())
    }

    /// How many network messages begin in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.messages.iter().map(|(_, count)| count).sum()
    }
}

/// Takes a batch apart. `begun` says where in its message a fragment is; without it only a fragment that is marked as the first is looked
/// into.
///
/// O(length of the batch), and some spans for each message in it. Whatever the bytes are, it ends, and the leaves cover them.
#[must_use]
pub fn dissect(batch: &[u8], begun: Option<&Begun>) -> Dissection {
    let mut walk = Walk::new(batch, true);
    walk.run(begun);
    walk.dissection()
}

/// A batch in short, by the same walk without making spans. What it keeps has bounds of its own.
#[must_use]
pub fn summarize(batch: &[u8], begun: Option<&Begun>) -> Summary {
    let mut walk = Walk::new(batch, false);
    walk.run(begun);
    walk.summary
}
