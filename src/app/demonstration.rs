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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Edit, Event, Preset};

    fn asked(effects: &[Effect]) -> Option<(RunId, &[Row], &[Target])> {
        effects.iter().find_map(|effect| match effect {
            Effect::Engine(Command::Demonstrate { run, rows, targets, .. }) => Some((*run, &rows[..], &targets[..])),
            _ => None,
        })
    }

    /// What is read of a payload.
    type Read = Result<&'static [u8], &'static str>;

    fn sight(mode: Mode, array: &[u8], payload: Read) -> Sight {
        let segment = Selection { row: 0, index: 0 };
        let target = Target { segment, mode, from: 0, len: 3, byte: 1, offset: 0 };
        let payload = payload.map(<[u8]>::to_vec).map_err(str::to_owned);
        Sight { target, before: vec![1, 2, 3], array: array.to_vec(), sample: Some(payload.clone()), payload }
    }

    #[test]
    fn only_what_should_come_out_is_as_expected() {
        let (same, written): (&'static [u8], &'static [u8]) = (&[1, 2, 3], &[1, !2, 3]);
        let found: [(&[u8], Read); 9] = [
            (same, Ok(same)),
            (same, Ok(written)),
            (same, Err("gone")),
            (written, Ok(same)),
            (written, Ok(written)),
            (written, Err("gone")),
            (&[], Ok(same)),
            (&[], Ok(written)),
            (&[], Err("gone")),
        ];
        for experiment in Experiment::ALL.into_iter().filter(|one| one.is_about_arrays()) {
            for mode in Mode::ALL {
                let held: Vec<usize> =
                    (0..found.len()).filter(|at| sight(mode, found[*at].0, found[*at].1).held(experiment)).collect();
                let due = match (experiment, mode) {
                    (Experiment::Write, Mode::Copy) => 3,
                    (Experiment::Write, Mode::Borrow) => 4,
                    (_, Mode::Borrow) => 8,
                    _ => 6,
                };
                assert_eq!(held, [due], "{experiment:?} {mode:?}");
            }
        }
        // Another byte than the one that was written is not the write, and a sample must agree.
        assert_eq!(sight(Mode::Copy, &[9, 2, 3], Ok(same)).outcomes().0, Outcome::Other);
        let other = Sight { sample: Some(Ok(written.to_vec())), ..sight(Mode::Copy, written, Ok(same)) };
        assert!(!other.held(Experiment::Write));
    }

    #[test]
    fn arrays_in_the_heap_are_looked_at_and_nothing_else() {
        let mut state = State::of(Preset::Framed);
        // The header is in wasm memory.
        let effects = state.apply(Action::Try(Experiment::Write));
        let (run, rows, targets) = asked(&effects).unwrap();
        assert_eq!((rows, state.lacks()), (&state.rows[..], Some(Lack::NoneBorrowed)));
        let looked: Vec<_> = targets.iter().map(|target| (target.segment.row, target.mode)).collect();
        assert_eq!(looked, [(1, Mode::Move), (2, Mode::Copy)]);
        assert_eq!(state.demonstration().and_then(Demonstration::sights), None);
        // What an older run has found is not for this one.
        state.apply(Action::Engine(Event::Demonstrated(run + 1, Ok(Vec::new()))));
        assert_eq!(state.demonstration().and_then(Demonstration::sights), None);
        for preset in [Preset::Message, Preset::Cloud] {
            let mut state = State::of(preset);
            assert_eq!(asked(&state.apply(Action::Try(Experiment::Write))), None);
            assert_eq!(state.lacks(), Some(Lack::NoArray));
        }
        // What is not about arrays of the caller stays in the pane.
        let mut state = State::of(Preset::Tensor);
        assert_eq!((asked(&state.apply(Action::Try(Experiment::Grow))), state.lacks()), (None, None));
        // A window is in its segment, and in the selected one.
        let mut state = State::of(Preset::ManyTiny);
        state.apply(Action::Select(Some(Selection { row: 0, index: 7 })));
        let effects = state.apply(Action::Try(Experiment::Detach));
        let (.., targets) = asked(&effects).unwrap();
        assert_eq!(targets.iter().map(|one| (one.segment.index, one.offset)).collect::<Vec<_>>(), [(7, 7 * 16 + 4)]);
        // The view's modes are those of the experiment, and a refused row refuses all.
        let mut state = State::of(Preset::Framed);
        state.apply(Action::View(View::AllBorrow));
        let effects = state.apply(Action::Try(Experiment::Write));
        assert!(asked(&effects).unwrap().1.iter().all(|row| row.mode == Mode::Borrow));
        state.apply(Action::View(View::AsSet));
        state.apply(Action::Edit(1, Edit::Before(1)));
        assert_eq!((state.lacks(), asked(&state.apply(Action::Try(Experiment::Detach)))), (Some(Lack::NotBuilt), None));
    }

    #[test]
    fn rows_that_show_all_are_set_up_and_taken_back() {
        let mut state = State::of(Preset::Message);
        let before = state.rows.clone();
        let effects = state.apply(Action::SetUp(Experiment::Worker));
        let (.., targets) = asked(&effects).unwrap();
        assert_eq!(targets.iter().map(|target| target.mode).collect::<Vec<_>>(), Mode::ALL);
        assert_eq!((state.lacks(), state.history.undoes()), (None, Some("set up an experiment")));
        state.apply(Action::Undo);
        assert_eq!((&state.rows, state.preset, state.demonstration()), (&before, Some(Preset::Message), None));
    }
}
