//! What the view shows: which frames, which one is chosen, and how many are kept.

use std::collections::BTreeSet;

use super::{
    file::Saving,
    filter::{Filter, FrameId, MessageId},
};
use crate::app::PutId;

/// What a frame's time counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Times {
    /// The first frame that was recorded.
    #[default]
    First,
    /// The frame before.
    Before,
}

impl Times {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Before,
            Self::Before => Self::First,
        }
    }
}

/// What is chosen in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// A frame.
    Frame(FrameId),
    /// The row that stands for equal fragments of a message.
    Fold(MessageId),
}

/// How much is kept.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Kept {
    /// Counts changes of what is kept.
    pub version: u64,
    /// Frames.
    pub frames: usize,
    /// Bytes of theirs.
    pub bytes: usize,
    /// Frames that were recorded in all.
    pub recorded: u64,
    /// Frames that had to be let go before they could be looked at.
    pub missed: u64,
    /// Bytes that recording has copied.
    pub copied: u64,
    /// The last puts that have frames here.
    pub puts: Vec<PutId>,
}

/// What the view shows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Wire {
    /// Whether frames are recorded.
    pub recording: bool,
    /// Whether frames were recorded since the page began.
    pub recorded: bool,
    /// Whether the frames of the last put and of the last sample are shown, and not recorded ones.
    pub last: bool,
    /// Whether the list stays as it is while recording goes on.
    pub paused: bool,
    /// Whether the large view is open.
    pub open: bool,
    /// Which frames are shown.
    pub filter: Filter,
    /// What their times count from.
    pub times: Times,
    /// What is chosen.
    pub picked: Option<Picked>,
    /// Messages whose equal fragments are shown one by one.
    pub unfolded: BTreeSet<MessageId>,
    /// How much is kept.
    pub kept: Kept,
    /// How saving goes.
    pub saving: Saving,
}
