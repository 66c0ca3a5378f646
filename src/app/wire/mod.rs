//! The view "Wire": the batches that the session sent and received, as they were. The state holds which of them are shown and which one is
//! chosen, no frame and no byte; those are in a [`Record`], which whoever carries out effects keeps.

pub mod export;
mod record;
mod rows;
pub mod words;

use std::collections::BTreeSet;

pub use self::{
    record::{Entry, Message, Part, Record, Took},
    rows::{Fold, Line, Rows},
};
use super::{Action, Effect, Problem, PutId, Selection, State};
pub use crate::client::capture::{Bounds, Way};
use crate::wire::Kind;

/// Names a frame that was recorded, over all sessions of the page; those that come later have greater names.
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

    fn holds(self, kind: Kind) -> bool {
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

/// A form of file for frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line of JSON for each frame, with its bytes and its fields.
    JsonLines,
    /// The bytes as they were, for Wireshark and its relatives.
    Pcapng,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::JsonLines, Self::Pcapng];

    /// The ending of the file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Pcapng => "pcapng",
        }
    }

    /// What its button says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON lines",
            Self::Pcapng => "pcapng",
        }
    }
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

/// How saving goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Saving {
    /// Nothing was saved yet.
    #[default]
    None,
    /// A file is being made.
    UnderWay,
    /// It was handed over; what is in it.
    Done(String),
    /// It could not be.
    Failed(Problem),
}

/// What the view shows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Wire {
    /// Whether frames are recorded.
    pub recording: bool,
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

/// Everything that can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Record, or do not any more.
    Record(bool),
    /// Hold the list, or let it go on.
    Pause(bool),
    /// Let all frames go.
    Clear,
    /// Open the large view, or close it.
    Open(bool),
    /// Show other frames.
    Filter(Filter),
    /// Count times otherwise.
    Times(Times),
    /// Choose, or nothing.
    Pick(Option<Picked>),
    /// Show the equal fragments of a message one by one, or as one row.
    Unfold(MessageId, bool),
    /// Open the large view with the frames of a put.
    Follow(PutId),
    /// Save the frames that are shown.
    Save(Format),
    /// Answer: how much is kept.
    Kept(Kept),
    /// Answer: the file was handed over, or not.
    Saved(Result<String, Problem>),
}

/// What is to be done for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Record, or do not any more; tell with [`Change::Kept`].
    Record(bool),
    /// Ask for no frames for a while, or ask again.
    Pause(bool),
    /// Let all frames go.
    Clear,
    /// Save the frames that are shown while this segment is selected; answer with [`Change::Saved`].
    Save(Format, Filter, Option<Selection>),
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Wire(change)
    }
}

impl State {
    pub(super) fn wire_changed(&mut self, change: Change) -> Option<Effect> {
        let wire = &mut self.wire;
        let task = match change {
            Change::Record(on) => {
                (wire.recording, wire.paused) = (on, false);
                Some(Task::Record(on))
            }
            Change::Pause(on) => {
                wire.paused = on && wire.recording;
                Some(Task::Pause(wire.paused))
            }
            Change::Clear => {
                wire.picked = None;
                wire.unfolded.clear();
                wire.filter.only = None;
                wire.saving = Saving::None;
                Some(Task::Clear)
            }
            Change::Open(open) => {
                wire.open = open;
                wire.saving = Saving::None;
                None
            }
            Change::Filter(filter) => {
                wire.filter = filter;
                None
            }
            Change::Times(times) => {
                wire.times = times;
                None
            }
            Change::Pick(picked) => {
                wire.picked = picked;
                None
            }
            Change::Unfold(message, open) => {
                if open {
                    wire.unfolded.insert(message);
                } else {
                    wire.unfolded.remove(&message);
                }
                None
            }
            Change::Follow(put) => {
                (wire.open, wire.picked) = (true, None);
                wire.filter = Filter { only: Some(Only::Put(put)), ..Filter::default() };
                None
            }
            Change::Save(_) if wire.saving == Saving::UnderWay => None,
            Change::Save(format) => {
                wire.saving = Saving::UnderWay;
                Some(Task::Save(format, wire.filter.clone(), self.selected))
            }
            Change::Kept(kept) => {
                wire.kept = kept;
                None
            }
            Change::Saved(result) => {
                wire.saving = result.map_or_else(Saving::Failed, Saving::Done);
                None
            }
        };
        task.map(Effect::Wire)
    }
}

#[cfg(test)]
mod tests;
