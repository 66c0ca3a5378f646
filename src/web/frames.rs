//! The records of frames, which the page keeps without their bytes: recorded ones, and those of the
//! last put and of the last sample. It fetches new ones from the
//! engine from time to time, while frames are recorded and the list is not held.

use std::cell::{Cell, RefCell};

use gloo_timers::callback::Interval;

use super::errands::{Errands, gone};
use crate::{
    app::{
        Action, Command, Problem, Report, Selection,
        wire::{Entry, Filter, Format, Record, Taken, Task, Took, words::title},
    },
    protocol::{Answer, Question},
};

/// How often the page asks for new frames.
const ASK_MILLIS: u32 = 200;

/// The records, and the timer that asks for more.
pub(super) struct Frames {
    record: RefCell<Record>,
    last: RefCell<Record>,
    /// Whether `last` is shown.
    shows_last: Cell<bool>,
    asking: RefCell<Option<Interval>>,
    /// Bytes that were copied to look at frames and to save them.
    looked: Cell<u64>,
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            record: RefCell::default(),
            last: RefCell::new(Record::apart()),
            shows_last: Cell::default(),
            asking: RefCell::default(),
            looked: Cell::default(),
        }
    }
}

impl Frames {
    /// The record that is shown.
    fn shown(&self) -> &RefCell<Record> {
        if self.shows_last.get() { &self.last } else { &self.record }
    }

    pub(super) fn looked(&self, bytes: u64) {
        self.looked.set(bytes);
    }
}

impl Errands {
    pub(super) fn wire(&self, task: Task) {
        match task {
            Task::Record(true) => {
                self.show_last(false);
                self.do_this(Command::Record(true));
                self.ask_on(true);
            }
            Task::Record(false) => {
                // The frames recorded last are still missing from the list.
                self.ask_frames();
                self.do_this(Command::Record(false));
                self.ask_on(false);
            }
            Task::Pause(pause) => self.ask_on(!pause),
            Task::Clear => {
                self.frames().record.borrow_mut().clear();
                self.tell_kept();
            }
            Task::Last(last) => self.show_last(last),
            Task::Save(format, filter, selected) => self.save_frames(format, &filter, selected),
        }
    }

    fn show_last(&self, last: bool) {
        let was = self.frames().shows_last.replace(last);
        if last {
            self.do_this(Command::LastFrames);
        }
        if was != last {
            self.tell_kept();
        }
    }

    fn ask_on(&self, on: bool) {
        let errands = self.downgrade();
        *self.frames().asking.borrow_mut() = on.then(|| {
            Interval::new(ASK_MILLIS, move || {
                if let Some(errands) = errands() {
                    errands.ask_frames();
                }
            })
        });
        if on {
            self.ask_frames();
        }
    }

    fn ask_frames(&self) {
        let after = self.frames().record.borrow().after();
        self.do_this(Command::Frames(after));
    }

    /// Asks at once, after an event whose frames the person expects to see.
    pub(super) fn frames_soon(&self) {
        if self.frames().asking.borrow().is_some() {
            self.ask_frames();
        }
        if self.frames().shows_last.get() {
            self.do_this(Command::LastFrames);
        }
    }

    /// Takes frames from the engine. Returns what the state is to know.
    pub(super) fn frames_taken(&self, taken: Taken) -> Option<Action> {
        let took = self.frames().record.borrow_mut().take(taken);
        match took {
            Took::Nothing => None,
            Took::Something => Some(self.kept()),
            Took::AskAgain => {
                self.ask_frames();
                None
            }
        }
    }

    /// Takes the frames of the last put and of the last sample. Returns what the state is to know.
    pub(super) fn last_frames_taken(&self, taken: Taken) -> Action {
        self.frames().last.borrow_mut().replace(taken);
        self.kept()
    }

    /// The engine has died, and with it the bytes of all frames.
    pub(super) fn forget_frames(&self) {
        *self.frames().record.borrow_mut() = Record::default();
        self.frames().last.borrow_mut().clear();
        self.frames().shows_last.set(false);
        self.frames().asking.take();
        self.frames().looked.set(0);
        self.tell_kept();
    }

    fn kept(&self) -> Action {
        Action::Browser(Report::Frames(self.frames().shown().borrow().kept()))
    }

    fn tell_kept(&self) {
        self.tell(self.kept());
    }

    /// Shows the record that is in view to `look`.
    pub fn frames_seen<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.frames().shown().borrow())
    }

    /// Fetches all bytes of a frame.
    ///
    /// # Errors
    /// A [`Problem`] when the engine has dropped them.
    pub async fn frame_bytes(&self, entry: &Entry) -> Result<Vec<u8>, Problem> {
        let Some(Answer::Frame(bytes, looked)) = self.ask(Question::Frame(entry.frame.key())).await else {
            return Err(gone());
        };
        self.frames().looked.set(looked);
        bytes
    }

    /// Returns how many bytes showing and saving frames has copied.
    #[must_use]
    pub fn frames_looked(&self) -> u64 {
        self.frames().looked.get()
    }

    /// Has the engine save the frames that a filter shows.
    fn save_frames(&self, format: Format, filter: &Filter, selected: Option<Selection>) {
        // The titles are made here: a title needs other frames, which the engine does not know.
        let frames: Vec<(Entry, String)> = self.frames_seen(|record| {
            let shown = record.entries().iter().filter(|entry| record.shows(entry, filter, selected));
            let numbered = |entry: &Entry| Entry { id: record.number(entry.id), ..entry.clone() };
            shown.map(|entry| (numbered(entry), title(record, entry))).collect()
        });
        self.do_this(Command::SaveFrames(format, frames));
    }
}
