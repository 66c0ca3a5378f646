//! Which frames are shown, and what frames and their messages are called.

use crate::{app::PutId, client::capture::Way, wire::Kind};

/// Names a frame that was recorded, over all sessions of the page; those that come later have
/// greater names.
pub type FrameId = u64;

/// Names a message that was cut into fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The session, from 0 for the first one that was recorded.
    pub session: u32,
    /// The message in it.
    pub message: u64,
}

/// Which kinds of frames are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kinds {
    /// All but signs of life.
    #[default]
    Telling,
    /// All.
    All,
    /// One.
    One(Kind),
}

impl Kinds {
    /// Every choice.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Telling, Self::All].into_iter().chain(Kind::ALL.map(Self::One))
    }

    /// What a list of choices says; it names the choice too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Telling => "all but KeepAlive",
            Self::All => "all",
            Self::One(kind) => kind.name(),
        }
    }

    pub(super) fn holds(self, kind: Kind) -> bool {
        match self {
            Self::Telling => kind != Kind::KeepAlive,
            Self::All => true,
            Self::One(one) => one == kind,
        }
    }
}

/// Frames that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Those with bytes of a put of this page, or of another operation.
    Put(PutId),
    /// The fragments of a message.
    Message(MessageId),
}

/// Which frames are shown.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those of one way; `None` for both.
    pub way: Option<Way>,
    /// Those of some kinds.
    pub kinds: Kinds,
    /// Those with this text in a key expression.
    pub text: String,
    /// Those that belong together.
    pub only: Option<Only>,
    /// Those that carry bytes of the selected segment.
    pub segment: bool,
}
