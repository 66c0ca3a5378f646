//! The Ownership pane: experiments on who may do what to the bytes of a payload, and what they
//! found.
//!
//! The engine carries an experiment out and reports facts in words: what should have come out
//! beside what did. This module decides whether the two agree, so that a finding can really fail.
//! Only the few bytes that an experiment makes up for itself are shown, never those of a payload of
//! the person at the page.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{command::Command, effect::Effect, problem::Problem, state::State};
use crate::number::bytes;

/// Names one run of one experiment. What an older run still has to say is ignored.
pub type RunId = u64;

/// An attempt to break a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Experiment {
    /// The caller writes to its array after the payload was built.
    Write,
    /// The caller's buffer is detached.
    Detach,
    /// The caller's buffer goes to a Worker.
    Worker,
    /// Sources are given that a mode cannot take.
    Refuse,
    /// Wasm memory grows under a view of it.
    Grow,
    /// The last reference to an array is dropped.
    Drop,
}

impl Experiment {
    /// Every experiment, in the order of the pane.
    pub const ALL: [Experiment; 6] = [Self::Write, Self::Detach, Self::Worker, Self::Refuse, Self::Grow, Self::Drop];

    /// A word for `id`s, as in `write`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Detach => "detach",
            Self::Worker => "worker",
            Self::Refuse => "refuse",
            Self::Grow => "grow",
            Self::Drop => "drop",
        }
    }

    /// Whether it breaks arrays that a payload was made of, so that the drawing can show it on the
    /// rows at hand.
    #[must_use]
    pub const fn is_about_arrays(self) -> bool {
        matches!(self, Self::Write | Self::Detach | Self::Worker)
    }

    /// What is done.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "Write after building",
            Self::Detach => "Detach the source",
            Self::Worker => "Transfer it to a Worker",
            Self::Refuse => "Take what cannot be taken",
            Self::Grow => "Grow wasm memory",
            Self::Drop => "Drop the last reference",
        }
    }

    /// What should come out, in a few words.
    #[must_use]
    pub const fn promise(self) -> &'static str {
        match self {
            Self::Write => "Copy stays, borrow changes, move is safe.",
            Self::Detach => "Borrow: an error, never wrong bytes.",
            Self::Worker => "The same, when a Worker gets the array.",
            Self::Refuse => "Refused with words, nothing detached.",
            Self::Grow => "Views are lost, payloads are not.",
            Self::Drop => "Its holders go down to 0 at once.",
        }
    }

    /// What is done and what should come out.
    #[must_use]
    pub const fn plan(self) -> &'static str {
        match self {
            Self::Write => {
                "Three arrays of 8 bytes are taken by copy, borrow and move; then the page writes to bytes 2 and 5 of each. The copy \
                 should stay as it was, and the borrowed payload should show the write. The write to the moved array should go \
                 nowhere, because that array is empty. With a session, the same is done to samples that come straight from the \
                 page’s own put."
            }
            Self::Detach => {
                "Three arrays of 8 bytes are taken by copy, borrow and move; then structuredClone with a transfer list takes their \
                 memory away from the page. Using the borrowed payload should be an error; copy and move should have their bytes."
            }
            Self::Worker => {
                "Three arrays of 8 bytes are taken by copy, borrow and move; then they are posted to a Worker with a transfer list. \
                 The Worker should get the bytes of the first two. Using the borrowed payload should be an error, and copy and move \
                 should have their bytes."
            }
            Self::Refuse => {
                "Sources that a mode cannot take safely are given, each behind a sound one that would be moved. Each payload should \
                 be refused with the cause, and no array should be detached. Then the same with “unsupported: copy”: the ledger \
                 should say how many bytes were copied for that reason."
            }
            Self::Grow => {
                "A producer fills a segment in wasm memory through a view; then wasm memory grows by a page. The view should be \
                 empty, and payloads in wasm memory and in the JavaScript heap should read as before. Growth while a producer \
                 writes should be an error, because what is written after it is lost."
            }
            Self::Drop => {
                "An array of 1 MiB is borrowed by a payload, a slice and a clone of it; then these are dropped one by one. The number \
                 of segments that hold the array should go down to 0 at once. When the engine collects the array is its own \
                 affair: it is told here if it says so."
            }
        }
    }
}

/// One byte to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Octet {
    /// The byte.
    pub value: u8,
    /// Whether it is another than it was.
    pub changed: bool,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// This.
    Told(String),
    /// Nothing yet, and perhaps never anything: why.
    NotYet(String),
    /// It was not tried: why, and how it could be.
    NotTried(String),
}

/// Whether what came out is what should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nothing came out yet.
    NotYet,
    /// It was not tried.
    NotTried,
}

impl Held {
    /// A word for tests and styles.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotYet => "not-yet",
            Self::NotTried => "not-tried",
        }
    }

    /// The same for a person.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Yes => "as expected",
            Self::No => "NOT as expected",
            Self::NotYet => "not yet",
            Self::NotTried => "not tried",
        }
    }
}

/// One thing that an experiment looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Names it within its experiment; for `id`s.
    pub key: Cow<'static, str>,
    /// What was looked at.
    pub label: Cow<'static, str>,
    /// What should have come out, in the same words as `found`.
    pub expected: String,
    /// What did.
    pub found: Found,
    /// A fact beside it, which is not compared.
    pub note: Option<String>,
    /// The bytes that were looked at.
    pub bytes: Vec<Octet>,
}

impl Finding {
    /// What should have come out and what did.
    #[must_use]
    pub fn new(key: &'static str, label: &'static str, expected: impl ToString, found: impl ToString) -> Self {
        let found = Found::Told(found.to_string());
        Self {
            key: key.into(),
            label: label.into(),
            expected: expected.to_string(),
            found,
            note: None,
            bytes: Vec::new(),
        }
    }

    /// Bytes that were `before`, should be `expected`, and are `now`.
    #[must_use]
    pub fn of_bytes(key: &'static str, label: &'static str, before: &[u8], expected: &[u8], now: &[u8]) -> Self {
        let mut told = difference(before, now);
        let due = difference(before, expected);
        if now != expected && told == due {
            told.push_str(", but to something else");
        }
        Self { bytes: marked(before, now), ..Self::new(key, label, due, told) }
    }

    /// The same finding, with `what` joined to what was expected and what was found.
    #[must_use]
    pub fn and(mut self, expected: impl ToString, found: impl ToString) -> Self {
        self.expected = format!("{}; {}", self.expected, expected.to_string());
        if let Found::Told(told) = &mut self.found {
            *told = format!("{told}; {}", found.to_string());
        }
        self
    }

    /// The same finding, with a fact beside it.
    #[must_use]
    pub fn note(self, note: impl ToString) -> Self {
        Self { note: Some(note.to_string()), ..self }
    }

    /// What has not come out yet: why.
    #[must_use]
    pub fn not_yet(key: &'static str, label: &'static str, expected: impl ToString, why: impl ToString) -> Self {
        Self { found: Found::NotYet(why.to_string()), ..Self::new(key, label, expected, "") }
    }

    /// What was not tried: why, and how it could be.
    #[must_use]
    pub fn not_tried(key: &'static str, label: &'static str, why: impl ToString) -> Self {
        Self { found: Found::NotTried(why.to_string()), ..Self::new(key, label, "", "") }
    }

    /// Whether what came out is what should have.
    #[must_use]
    pub fn held(&self) -> Held {
        match &self.found {
            Found::Told(found) if *found == self.expected => Held::Yes,
            Found::Told(_) => Held::No,
            Found::NotYet(_) => Held::NotYet,
            Found::NotTried(_) => Held::NotTried,
        }
    }
}

/// What differs between the bytes `before` and `now`, as in `bytes 2 and 5 changed`.
#[must_use]
pub fn difference(before: &[u8], now: &[u8]) -> String {
    if before.len() != now.len() {
        return format!("{} instead of {}", bytes(now.len()), bytes(before.len()));
    }
    let changed: Vec<String> = marked(before, now)
        .iter()
        .enumerate()
        .filter(|(_, octet)| octet.changed)
        .map(|(position, _)| position.to_string())
        .collect();
    match changed.as_slice() {
        [] => "unchanged".to_owned(),
        [one] => format!("byte {one} changed"),
        [most @ .., last] => format!("bytes {} and {last} changed", most.join(", ")),
    }
}

/// The bytes `now`, each with whether it was another one before.
#[must_use]
pub fn marked(before: &[u8], now: &[u8]) -> Vec<Octet> {
    let changed = |(at, value): (usize, &u8)| Octet { value: *value, changed: before.get(at) != Some(value) };
    now.iter().enumerate().map(changed).collect()
}

/// How far an experiment has come.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Phase {
    /// It was not run.
    #[default]
    NotRun,
    /// It is running.
    Running,
    /// It has run.
    Done,
    /// It could not be carried out to its end.
    Failed(Problem),
}

/// An experiment's last run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Trial {
    /// Which run.
    pub run: RunId,
    /// How far it has come.
    pub phase: Phase,
    /// What it has found so far.
    pub findings: Vec<Finding>,
}

impl Trial {
    /// How many findings there are of a kind.
    #[must_use]
    pub fn count(&self, held: Held) -> usize {
        self.findings.iter().filter(|finding| finding.held() == held).count()
    }

    /// Whether something came out other than it should have, or the run could not be carried out.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self.phase, Phase::Failed(_)) || self.count(Held::No) > 0
    }
}

/// The Ownership pane.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ownership {
    trials: [Trial; Experiment::ALL.len()],
    runs: RunId,
    /// The experiment whose findings are shown one by one.
    pub unfolded: Option<Experiment>,
}

impl Ownership {
    /// What became of an experiment.
    #[must_use]
    pub fn trial(&self, experiment: Experiment) -> &Trial {
        &self.trials[experiment as usize]
    }

    /// What became of all of them.
    pub fn trials(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter()
    }

    /// The newest run of all experiments; 0 before the first.
    #[must_use]
    pub fn last_run(&self) -> RunId {
        self.runs
    }

    /// Begins a run, unless one is under way.
    pub(super) fn begin(&mut self, experiment: Experiment) -> Option<RunId> {
        let trial = &mut self.trials[experiment as usize];
        if trial.phase == Phase::Running {
            return None;
        }
        self.runs += 1;
        *trial = Trial { run: self.runs, phase: Phase::Running, findings: Vec::new() };
        Some(self.runs)
    }

    /// Takes what a run has found, in place of what it said before of the same thing. That may come
    /// after its end.
    pub(super) fn found(&mut self, run: RunId, finding: Finding) {
        let Some(trial) = self.of(run) else { return };
        match trial.findings.iter_mut().find(|old| old.key == finding.key) {
            Some(old) => *old = finding,
            None => trial.findings.push(finding),
        }
    }

    pub(super) fn ended(&mut self, run: RunId, result: Result<(), Problem>) {
        if let Some(trial) = self.of(run) {
            trial.phase = result.map_or_else(Phase::Failed, |()| Phase::Done);
        }
    }

    /// Ends a run that is under way.
    pub(super) fn cut_off(&mut self, experiment: Experiment, problem: Problem) {
        let trial = &mut self.trials[experiment as usize];
        if trial.phase == Phase::Running {
            trial.phase = Phase::Failed(problem);
        }
    }

    /// The trial whose last run this is.
    fn of(&mut self, run: RunId) -> Option<&mut Trial> {
        self.trials.iter_mut().find(|trial| trial.phase != Phase::NotRun && trial.run == run)
    }
}

impl State {
    /// Runs an experiment, and shows it on the rows at hand.
    pub(super) fn try_one(&mut self, experiment: Experiment) -> Vec<Effect> {
        self.ownership.unfolded = Some(experiment);
        let Some(attempt) = self.attempt(experiment) else { return Vec::new() };
        let run = self.ownership.trial(experiment).run;
        std::iter::once(attempt).chain(self.demonstrate(run, experiment)).collect()
    }

    /// Runs every experiment.
    pub(super) fn try_all(&mut self) -> Vec<Effect> {
        self.ownership.unfolded = None;
        Experiment::ALL.into_iter().filter_map(|experiment| self.attempt(experiment)).collect()
    }

    /// Shows the findings of an experiment, or of none.
    pub(super) fn unfold(&mut self, experiment: Option<Experiment>) -> Vec<Effect> {
        self.ownership.unfolded = experiment;
        Vec::new()
    }

    /// A run of an experiment has found something.
    pub(super) fn experiment_found(&mut self, run: RunId, finding: Finding) -> Vec<Effect> {
        self.ownership.found(run, finding);
        Vec::new()
    }

    /// A run of an experiment has ended.
    pub(super) fn experiment_ended(&mut self, run: RunId, result: Result<(), Problem>) -> Vec<Effect> {
        self.ownership.ended(run, result);
        Vec::new()
    }

    fn attempt(&mut self, experiment: Experiment) -> Option<Effect> {
        let run = self.ownership.begin(experiment)?;
        if let Some(problem) = self.engine.stopped() {
            self.ownership.ended(run, Err(problem));
            return None;
        }
        Some(Effect::Engine(Command::Try { run, experiment }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Command, Effect, Event, State};

    fn begin(state: &mut State, experiment: Experiment) -> RunId {
        let effects = state.apply(Action::Try(experiment));
        let [Effect::Engine(Command::Try { run, .. }), ..] = effects.as_slice() else { panic!("no run: {effects:?}") };
        *run
    }

    #[test]
    fn expected_and_found_are_compared() {
        assert_eq!(Finding::new("k", "l", "8 B", "8 B").held(), Held::Yes);
        assert_eq!(Finding::new("k", "l", "8 B", "0 B").held(), Held::No);
        assert_eq!(Finding::new("k", "l", "8 B", "8 B").and("empty", "full").held(), Held::No);
        assert_eq!(Finding::not_yet("k", "l", "8 B", "wait").held(), Held::NotYet);
        assert_eq!(Finding::not_tried("k", "l", "no session").held(), Held::NotTried);
    }

    #[test]
    fn changed_bytes_are_named_and_marked() {
        assert_eq!(difference(&[1, 2, 3], &[1, 2, 3]), "unchanged");
        assert_eq!(difference(&[1, 2, 3], &[1, 9, 3]), "byte 1 changed");
        assert_eq!(difference(&[1, 2, 3, 4], &[9, 2, 9, 9]), "bytes 0, 2 and 3 changed");
        assert_eq!(difference(&[1, 2], &[]), "0 B instead of 2 B");
        let octet = |value, changed| Octet { value, changed };
        assert_eq!(marked(&[1, 2], &[1, 9, 3]), [octet(1, false), octet(9, true), octet(3, true)]);
    }

    #[test]
    fn bytes_that_changed_to_something_else_are_no_success() {
        assert_eq!(Finding::of_bytes("k", "l", &[1, 2], &[1, 9], &[1, 9]).held(), Held::Yes);
        assert_eq!(Finding::of_bytes("k", "l", &[1, 2], &[1, 9], &[1, 8]).held(), Held::No);
        assert_eq!(Finding::of_bytes("k", "l", &[1, 2], &[1, 2], &[1, 9]).held(), Held::No);
        assert_eq!(Finding::of_bytes("k", "l", &[1, 2], &[1, 2], &[]).held(), Held::No);
    }

    #[test]
    fn an_experiment_runs_once_at_a_time_and_shows_what_it_finds() {
        let mut state = State::default();
        let run = begin(&mut state, Experiment::Write);
        assert_eq!(state.ownership.unfolded, Some(Experiment::Write));
        assert!(state.apply(Action::Try(Experiment::Write)).is_empty());
        state.apply(Action::Engine(Event::Found(run, Finding::new("copy", "copy", "a", "a"))));
        state.apply(Action::Engine(Event::Found(run, Finding::not_yet("late", "late", "b", "wait"))));
        state.apply(Action::Engine(Event::TryEnded(run, Ok(()))));
        let trial = state.ownership.trial(Experiment::Write);
        assert_eq!((trial.phase.clone(), trial.findings.len(), trial.is_bad()), (Phase::Done, 2, false));
        // What comes late takes the place of what was said before.
        state.apply(Action::Engine(Event::Found(run, Finding::new("late", "late", "b", "c"))));
        let trial = state.ownership.trial(Experiment::Write);
        assert_eq!((trial.findings.len(), trial.count(Held::No), trial.is_bad()), (2, 1, true));
    }

    #[test]
    fn what_an_older_run_says_is_ignored() {
        let mut state = State::default();
        let old = begin(&mut state, Experiment::Drop);
        state.apply(Action::Engine(Event::TryEnded(old, Ok(()))));
        let new = begin(&mut state, Experiment::Drop);
        state.apply(Action::Engine(Event::Found(old, Finding::new("collected", "collected", "a", "b"))));
        state.apply(Action::Engine(Event::TryEnded(old, Err(Problem::new("old", "")))));
        assert_eq!(
            *state.ownership.trial(Experiment::Drop),
            Trial { run: new, phase: Phase::Running, findings: vec![] }
        );
        state.apply(Action::Engine(Event::TryEnded(new, Err(Problem::new("new", "")))));
        assert!(state.ownership.trial(Experiment::Drop).is_bad());
        // A number that no run has yet belongs to none, not even to what was never run.
        state.apply(Action::Engine(Event::Found(0, Finding::new("k", "l", "a", "a"))));
        assert!(Experiment::ALL.iter().all(|experiment| state.ownership.trial(*experiment).findings.is_empty()));
    }

    #[test]
    fn all_are_run_but_those_that_are_running() {
        let mut state = State::default();
        begin(&mut state, Experiment::Worker);
        let effects = state.apply(Action::TryAll);
        let tried: Vec<Experiment> = effects
            .iter()
            .map(|effect| match effect {
                Effect::Engine(Command::Try { experiment, .. }) => *experiment,
                other => panic!("{other:?}"),
            })
            .collect();
        let others: Vec<Experiment> = Experiment::ALL.into_iter().filter(|one| *one != Experiment::Worker).collect();
        assert_eq!(tried, others);
        assert_eq!(state.ownership.unfolded, None);
        state.apply(Action::Unfold(Some(Experiment::Grow)));
        assert_eq!(state.ownership.unfolded, Some(Experiment::Grow));
    }

    #[test]
    fn experiments_stand_at_their_places_and_have_keys_of_their_own() {
        for (at, experiment) in Experiment::ALL.into_iter().enumerate() {
            assert_eq!(experiment as usize, at);
            assert!(Experiment::ALL.iter().all(|other| *other == experiment || other.key() != experiment.key()));
        }
    }
}
