//! A batch in short.

use std::borrow::Cow;

use zbytes_text::Outside;

use super::span::{Body, Carried};
use crate::wire::{Lane, WireError};

/// What kind of transport message a batch begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    /// Its network messages by name, in the order in which each first comes:
    /// `[("Put", 12), ("Declare subscriber", 1)]`.
    pub messages: Vec<(Cow<'static, str>, usize)>,
    /// Their key expressions, each once, at most [`Summary::KEYS`]; `#3` stands for a number that
    /// the router has given to one.
    pub keys: Vec<Outside>,
    /// Whether there are more of those.
    pub more_keys: bool,
    /// The bytes of owners in it, payloads and what goes along, at most [`Summary::CARRIED`] runs.
    pub carried: Vec<Carried>,
    /// How many runs there are.
    pub runs: usize,
    /// Payload bytes in all.
    pub payload: usize,
    /// Where the message, of which the batch has a part, has bytes of its owner's: of the first
    /// fragment only.
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
