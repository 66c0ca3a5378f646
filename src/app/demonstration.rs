//! Experiments on the rows at hand, for the drawing.
//!
//! The engine makes arrays of the rows anew, builds and puts their payload, and then breaks what it
//! can: so nothing of the person's is lost. It looks at one byte of each array and at a few beside
//! it, before and after. This module chooses the bytes and says what should have come out.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{
    build::{Fill, Piece, Plan, Row},
    command::Command,
    effect::Effect,
    film::{Film, Reel},
    layout::View,
    ownership::{Experiment, RunId},
    problem::Problem,
    selection::Selection,
    state::State,
};
use crate::{
    ledger::Place,
    segment::{Element, Mode},
};

/// A demonstration looks at so many arrays at most.
pub const MOST: usize = 16;

/// So many bytes are looked at in each array.
const WINDOW: usize = 8;

/// Bytes of each array that the page sets up for a demonstration.
const SMALL: usize = 8;

/// Where a demonstration looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The segment.
    pub segment: Selection,
    /// How the payload takes it.
    pub mode: Mode,
    /// Where the window begins in the array.
    pub from: usize,
    /// Bytes of the window.
    pub len: usize,
    /// Which byte of the window is written to.
    pub byte: usize,
    /// Where the window begins in the payload.
    pub offset: usize,
}

impl Target {
    /// What the experiment writes in place of a byte: each bit is another.
    #[must_use]
    pub const fn other(byte: u8) -> u8 {
        !byte
    }

    /// The window in the middle of a piece, or of its selected segment. `None` where no program of
    /// the page has an array: in wasm memory, in messages, and without a byte.
    fn of(piece: &Piece, selected: Option<Selection>) -> Option<Self> {
        let has_arrays = piece.part.is_none() && piece.source == Place::JsHeap && piece.len > 0 && piece.count > 0;
        if !has_arrays {
            return None;
        }
        let segment = selected.filter(|selected| piece.holds(*selected));
        let segment = segment.unwrap_or_else(|| piece.selection(piece.count / 2));
        let at = piece.len / 2;
        let len = WINDOW.min(piece.len);
        let from = at.saturating_sub(WINDOW / 2).min(piece.len - len);
        let offset = piece.offset + (segment.index - piece.first) * piece.len + from;
        Some(Self { segment, mode: piece.mode, from, len, byte: at - from, offset })
    }
}

/// What a demonstration has seen of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The bytes of before.
    Same,
    /// The bytes of before, but for the one that was written.
    Written,
    /// No byte: the array is empty, or the payload cannot read it any more.
    Gone,
    /// Anything else.
    Other,
}

/// What the engine has found at a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Where it has looked.
    pub target: Target,
    /// The bytes before.
    pub before: Vec<u8>,
    /// The bytes of the caller's array now; none when it is empty.
    pub array: Vec<u8>,
    /// The bytes of the payload now, or why they cannot be read.
    pub payload: Result<Vec<u8>, String>,
    /// The same of the sample that the session handed over inside of the page; `None` without one.
    pub sample: Option<Result<Vec<u8>, String>>,
}

impl Sight {
    /// What became of these bytes.
    #[must_use]
    pub fn outcome(&self, now: &[u8]) -> Outcome {
        let written = |at: usize, byte: u8| if at == self.target.byte { Target::other(byte) } else { byte };
        if now == self.before {
            Outcome::Same
        } else if now.is_empty() {
            Outcome::Gone
        } else if self.before.iter().enumerate().map(|(at, byte)| written(at, *byte)).eq(now.iter().copied()) {
            Outcome::Written
        } else {
            Outcome::Other
        }
    }

    /// What became of the array, of the payload, and of the sample if there is one.
    #[must_use]
    pub fn outcomes(&self) -> (Outcome, Outcome, Option<Outcome>) {
        let read = |found: &Result<Vec<u8>, String>| found.as_ref().map_or(Outcome::Gone, |now| self.outcome(now));
        (self.outcome(&self.array), read(&self.payload), self.sample.as_ref().map(read))
    }

    /// Whether that is what should have.
    #[must_use]
    pub fn held(&self, experiment: Experiment) -> bool {
        let (array, payload) = expected(experiment, self.target.mode);
        let (found, in_payload, in_sample) = self.outcomes();
        (found, in_payload) == (array, payload) && in_sample.is_none_or(|sample| sample == payload)
    }
}

/// What should become of an array, and of what was made of it by `mode`.
#[must_use]
pub const fn expected(experiment: Experiment, mode: Mode) -> (Outcome, Outcome) {
    match (experiment, mode) {
        // Building has emptied it already.
        (_, Mode::Move) => (Outcome::Gone, Outcome::Same),
        (Experiment::Write, Mode::Copy) => (Outcome::Written, Outcome::Same),
        (Experiment::Write, Mode::Borrow) => (Outcome::Written, Outcome::Written),
        (_, Mode::Copy) => (Outcome::Gone, Outcome::Same),
        (_, Mode::Borrow) => (Outcome::Gone, Outcome::Gone),
    }
}

/// Why the rows at hand do not show all of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// No payload can be built of them.
    NotBuilt,
    /// None is an array in the JavaScript heap.
    NoArray,
    /// None of the arrays is borrowed.
    NoneBorrowed,
}

/// An experiment on the rows at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demonstration {
    /// The run.
    pub run: RunId,
    /// What is done.
    pub experiment: Experiment,
    /// The rows and the view that it is of.
    of: (u64, View),
    /// What was found; `None` while the engine is at it.
    pub found: Option<Result<Rc<[Sight]>, Problem>>,
}

impl Demonstration {
    /// What was found, if it was.
    #[must_use]
    pub fn sights(&self) -> Option<&Rc<[Sight]>> {
        self.found.as_ref()?.as_ref().ok()
    }

    /// Whether all of it came out as it should have.
    #[must_use]
    pub fn held(&self) -> bool {
        self.sights().is_some_and(|sights| sights.iter().all(|sight| sight.held(self.experiment)))
    }

    /// Whether the payload was put, and a sample came back.
    #[must_use]
    pub fn was_put(&self) -> bool {
        self.sights().is_some_and(|sights| sights.iter().any(|sight| sight.sample.is_some()))
    }
}

impl State {
    /// The demonstration of the rows at hand, if there is one.
    #[must_use]
    pub fn demonstration(&self) -> Option<&Demonstration> {
        self.demonstrated.as_ref().filter(|one| one.of == (self.revision, self.view))
    }

    /// The film of the demonstration that the drawing shows.
    pub(super) fn demonstrated_reel(&self, plan: &Plan) -> Option<Reel> {
        let shown = self.demonstration()?;
        shown.sights()?;
        Some(Reel::of_demonstration(plan, shown.was_put()))
    }

    /// Why the rows at hand do not show all of an experiment on arrays; `None` when they do.
    #[must_use]
    pub fn lacks(&self) -> Option<Lack> {
        let Some(plan) = self.buildable() else { return Some(Lack::NotBuilt) };
        let targets = self.targets(&plan);
        if targets.is_empty() {
            Some(Lack::NoArray)
        } else {
            targets.iter().all(|target| target.mode != Mode::Borrow).then_some(Lack::NoneBorrowed)
        }
    }

    /// Where a demonstration of these rows looks.
    fn targets(&self, plan: &Plan) -> Vec<Target> {
        plan.pieces.iter().filter_map(|piece| Target::of(piece, self.selected)).take(MOST).collect()
    }

    /// The plan of the rows as the layout shows them, if a payload can be built of it.
    fn buildable(&self) -> Option<Plan> {
        let plan = self.plan().ok()?;
        plan.pieces.iter().all(|piece| piece.refused.is_none()).then_some(plan)
    }

    /// Carries an experiment out on the rows at hand, if they can show anything of it.
    pub(super) fn demonstrate(&mut self, run: RunId, experiment: Experiment) -> Option<Effect> {
        self.demonstrated = None;
        if !experiment.is_about_arrays() || self.engine.stopped().is_some() {
            return None;
        }
        let plan = self.buildable()?;
        let targets = self.targets(&plan);
        if targets.is_empty() {
            return None;
        }
        let all = self.view.mode();
        let rows = self.rows.iter().map(|row| Row { mode: all.unwrap_or(row.mode), ..row.clone() }).collect();
        self.film = None;
        self.demonstrated = Some(Demonstration { run, experiment, of: (self.revision, self.view), found: None });
        Some(Effect::Engine(Command::Demonstrate { run, experiment, rows, targets }))
    }

    /// The engine has carried an experiment out on the rows, or could not.
    pub(super) fn demonstration_ended(&mut self, run: RunId, found: Result<Vec<Sight>, Problem>) -> Vec<Effect> {
        if let Some(shown) = self.demonstrated.as_mut().filter(|shown| shown.run == run) {
            shown.found = Some(found.map(Rc::from));
            if self.demonstration().is_some_and(|shown| shown.sights().is_some()) {
                self.film = Some(Film { at: 0.0, going: true });
            }
        }
        Vec::new()
    }

    /// Sets up rows that show all of an experiment, one for each mode, and carries it out on them.
    pub(super) fn set_up_demonstration(&mut self, experiment: Experiment) -> Vec<Effect> {
        let first = self.next_row;
        let row = |(id, mode): (u32, Mode)| Row {
            mode,
            fill: Fill::Noise,
            ..Row::array(first + id, mode.participle(), Element::Uint8, SMALL)
        };
        self.rows = (0..).zip(Mode::ALL).map(row).collect();
        self.next_row += self.rows.len() as u32;
        self.view = View::AsSet;
        self.selected = self.rows.first().map(Selection::of);
        self.window = None;
        let mut effects = self.rows_changed();
        effects.extend(self.try_one(experiment));
        effects
    }
}
