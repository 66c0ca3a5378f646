//! What a person does with the view, what is to be done then, and what comes back.

use super::{
    file::{Format, Saving},
    filter::{Filter, MessageId, Only},
    view::{Kept, Picked, Times},
};
use crate::app::{Action, Effect, Problem, PutId, Selection, State};

/// What a person changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Record, or do not any more.
    Record(bool),
    /// Hold the list, or let it go on.
    Pause(bool),
    /// Let all frames go.
    Clear,
    /// Show the frames of the last put and of the last sample, or those that were recorded.
    Last(bool),
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
}

/// What is to be done for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Record, or do not any more; tell with [`Report::Frames`](crate::app::Report::Frames).
    Record(bool),
    /// Ask for no frames for a while, or ask again.
    Pause(bool),
    /// Let all frames go.
    Clear,
    /// Show the frames of the last put and of the last sample, as they are now, or those that were
    /// recorded; tell with [`Report::Frames`](crate::app::Report::Frames).
    Last(bool),
    /// Save the frames that are shown while this segment is selected; answer with
    /// [`Event::FramesSaved`](crate::app::Event::FramesSaved).
    Save(Format, Filter, Option<Selection>),
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Wire(change)
    }
}

impl State {
    /// Lets a person's change happen.
    pub(in crate::app) fn wire_changed(&mut self, change: Change) -> Option<Effect> {
        let wire = &mut self.wire;
        let task = match change {
            Change::Record(on) => {
                (wire.recording, wire.paused) = (on, false);
                wire.recorded |= on;
                if on && wire.last {
                    self.show_last(false);
                }
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
            Change::Last(last) => Some(self.show_last(last)),
            Change::Open(open) => {
                wire.open = open;
                wire.saving = Saving::None;
                open.then(|| self.look_at_wire()).flatten()
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
                // Recorded frames of the put are about to come.
                let missing = !wire.recording && !wire.kept.puts.contains(&put);
                let task = missing.then(|| self.show_last(true));
                self.wire.filter = Filter { only: Some(Only::Put(put)), ..Filter::default() };
                task
            }
            Change::Save(_) if wire.saving == Saving::UnderWay => None,
            Change::Save(format) => {
                wire.saving = Saving::UnderWay;
                Some(Task::Save(format, wire.filter.clone(), self.selected))
            }
        };
        task.map(Effect::Wire)
    }

    /// Shows the last put and the last sample, or what was recorded.
    fn show_last(&mut self, last: bool) -> Task {
        let wire = &mut self.wire;
        (wire.last, wire.picked, wire.filter.only) = (last, None, None);
        wire.unfolded.clear();
        Task::Last(last)
    }

    /// A person looks at frames. Without recorded ones they are those of the last put and of the
    /// last sample.
    pub(in crate::app) fn look_at_wire(&mut self) -> Option<Task> {
        let wire = &self.wire;
        let last = wire.last || (!wire.recording && wire.kept.frames == 0);
        last.then(|| self.show_last(true))
    }

    /// So much is kept of what was recorded.
    pub(in crate::app) fn frames_kept(&mut self, kept: Kept) -> Vec<Effect> {
        self.wire.kept = kept;
        Vec::new()
    }

    /// A file of frames was handed over, or not.
    pub(in crate::app) fn frames_saved(&mut self, result: Result<String, Problem>) -> Vec<Effect> {
        self.wire.saving = result.map_or_else(Saving::Failed, Saving::Done);
        Vec::new()
    }
}
