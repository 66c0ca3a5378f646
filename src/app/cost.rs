//! The Cost pane: what is measured, what was measured, and what is kept of it.

use std::{fmt, rc::Rc};

use serde::{Deserialize, Serialize};

use super::{
    build::{Build, Preset, Row},
    effect::Effect,
    link::{self, Found},
    order,
    problem::Problem,
    state::State,
};
use crate::{
    measure::course::Progress,
    run::{Run, Scenario},
};

/// The most runs that are kept in the browser; the oldest goes first.
pub const KEPT_RUNS: usize = 40;

/// A run, shared. Two are equal when they are the same one: comparing all samples at every action
/// would take longer than drawing.
#[derive(Clone, Serialize, Deserialize)]
pub struct Shown(pub Rc<Run>);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shown").field(&self.0.id).finish()
    }
}

/// What the pane does.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Status {
    /// Nothing.
    #[default]
    Idle,
    /// It measures.
    Measuring(Progress),
    /// It could not measure.
    Failed(Problem),
}

/// The Cost pane.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cost {
    /// What the next run measures.
    pub scenario: Scenario,
    /// What the pane does.
    pub status: Status,
    /// The run that is shown.
    pub shown: Option<Shown>,
    /// The revision of the rows that the shown run measured; `None` when it is an older one, or not
    /// about the rows.
    pub measured: Option<u64>,
    /// All runs that the browser keeps, newest first. The shown one is among them once it was
    /// stored.
    pub history: Vec<Shown>,
    /// A run that the shown one is compared with.
    pub other: Option<Shown>,
    /// Numbers the measurements of this page: an answer of an older one is ignored.
    pub number: u64,
    /// The revision of the rows when the measurement under way began, if it is about them.
    began: Option<u64>,
    /// The scene of that moment. A run keeps it, so that its rows can be set up again.
    scene: Option<String>,
    /// The last run about the rows of this page, and their revision when it began.
    own: Option<(u64, u64)>,
    /// Why the last run could not be stored, or a file not be read.
    pub storage: Option<Problem>,
}

impl Cost {
    /// Whether it measures.
    #[must_use]
    pub fn is_measuring(&self) -> bool {
        matches!(self.status, Status::Measuring(_))
    }

    /// The run of the history with this id.
    #[must_use]
    pub fn run(&self, id: u64) -> Option<&Shown> {
        self.history.iter().find(|run| run.0.id == id)
    }

    /// Begins a measurement and says its number.
    pub(super) fn begin(&mut self, revision: Option<u64>, scene: Option<String>) -> u64 {
        self.number += 1;
        (self.began, self.scene) = (revision, scene);
        self.status = Status::Measuring(Progress::default());
        self.number
    }

    /// A measurement has ended. A run of it is shown, and kept.
    pub(super) fn ended(&mut self, number: u64, result: Result<Option<Shown>, Problem>) -> Vec<Effect> {
        if number != self.number {
            return Vec::new();
        }
        match result {
            Ok(run) => {
                self.status = Status::Idle;
                let Some(mut run) = run else { return Vec::new() };
                // It has come just now, so it is not shared yet.
                if let Some(run) = Rc::get_mut(&mut run.0) {
                    run.scene = self.scene.take();
                }
                self.storage = None;
                self.own = self.began.map(|revision| (run.0.id, revision)).or(self.own);
                self.keep(run)
            }
            Err(problem) => {
                self.status = Status::Failed(problem);
                Vec::new()
            }
        }
    }

    /// Shows a run and puts it in front of the history.
    fn keep(&mut self, run: Shown) -> Vec<Effect> {
        self.present(run.clone());
        self.history.retain(|kept| kept.0.id != run.0.id);
        self.history.push(run.clone());
        self.in_order();
        vec![Effect::KeepRun(run)]
    }

    /// A run was read from a file, or could not be.
    pub(super) fn read(&mut self, result: Result<Shown, Problem>) -> Vec<Effect> {
        match result {
            Ok(run) => {
                self.storage = None;
                self.keep(run)
            }
            Err(problem) => {
                self.storage = Some(problem);
                Vec::new()
            }
        }
    }

    /// Runs that the browser has kept. Those of this page, if there are any already, stay.
    pub(super) fn found(&mut self, runs: Vec<Shown>) {
        let new = runs.into_iter().filter(|run| self.run(run.0.id).is_none()).collect::<Vec<_>>();
        self.history.extend(new);
        self.in_order();
    }

    pub(super) fn show(&mut self, id: u64) {
        if let Some(run) = self.run(id).cloned() {
            self.present(run);
        }
    }

    fn present(&mut self, run: Shown) {
        self.measured = self.own.filter(|(id, _)| *id == run.0.id).map(|(_, revision)| revision);
        self.shown = Some(run);
    }

    /// Another page has removed a run, or all. What is shown stays: the person looks at it.
    pub(super) fn gone(&mut self, id: Option<u64>) {
        self.history.retain(|run| id.is_some_and(|id| run.0.id != id));
    }

    pub(super) fn forget(&mut self, id: u64) {
        self.history.retain(|run| run.0.id != id);
        for run in [&mut self.shown, &mut self.other] {
            if run.as_ref().is_some_and(|run| run.0.id == id) {
                *run = None;
            }
        }
    }

    /// Newest first; of too many the oldest go, but never the one that is shown. So does the
    /// browser's storage.
    fn in_order(&mut self) {
        let newest = order::descending(self.history.iter().map(|run| run.0.id));
        self.history = newest.into_iter().map(|at| self.history[at].clone()).collect();
        while self.history.len() > KEPT_RUNS {
            let shown = self.shown.as_ref().map(|run| run.0.id);
            let Some(oldest) = self.history.iter().rposition(|run| Some(run.0.id) != shown) else { return };
            self.history.remove(oldest);
        }
    }
}

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Numbers the measurement; stands in its answers.
    pub number: u64,
    /// What.
    pub scenario: Scenario,
    /// The same in words.
    pub subject: String,
    /// The rows, for a scenario that is about them.
    pub rows: Vec<Row>,
    /// Whether whole puts are to go through the router of the session.
    pub puts: bool,
}

/// The media type of drawings.
pub const SVG: &str = "image/svg+xml";

/// A text that the person wants as a file. A drawing gets the fonts that it names when it is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The name of the file.
    pub name: String,
    /// Its media type, as in `text/csv`.
    pub media: &'static str,
    /// What is in it.
    pub text: String,
}

impl State {
    /// The next run measures something else.
    pub(super) fn choose_scenario(&mut self, scenario: Scenario) -> Vec<Effect> {
        self.cost.scenario = scenario;
        Vec::new()
    }

    /// Shows a run of the history.
    pub(super) fn show_run(&mut self, id: u64) -> Vec<Effect> {
        self.cost.show(id);
        Vec::new()
    }

    /// Compares the shown run with one of the history, or with none.
    pub(super) fn compare_with(&mut self, id: Option<u64>) -> Vec<Effect> {
        self.cost.other = id.and_then(|id| self.cost.run(id).cloned());
        Vec::new()
    }

    /// Removes a run from the history.
    pub(super) fn forget_run(&mut self, id: u64) -> Vec<Effect> {
        self.cost.forget(id);
        vec![Effect::ForgetRun(id)]
    }

    /// Sets up the rows of the shown run.
    pub(super) fn set_up_run(&mut self) -> Vec<Effect> {
        let Some((id, found)) = self.cost.shown.as_ref().and_then(|run| Some((run.0.id, link::of_run(&run.0)?))) else {
            return Vec::new();
        };
        let whole = matches!(&found, Ok(Found { setup, left_out: 0 }) if setup.files.is_empty());
        let effects = self.set_up(found);
        if whole {
            // They are the rows that were measured.
            self.cost.own = Some((id, self.revision));
            self.cost.measured = Some(self.revision);
        }
        effects
    }

    /// The measurement with this number is so far.
    pub(super) fn measure_progress(&mut self, number: u64, progress: Progress) -> Vec<Effect> {
        self.part_progress(number, progress);
        if number == self.cost.number && self.cost.is_measuring() {
            self.cost.status = Status::Measuring(progress);
        }
        Vec::new()
    }

    /// Runs that the browser has kept.
    pub(super) fn history_found(&mut self, runs: Vec<Shown>) -> Vec<Effect> {
        self.cost.found(runs);
        Vec::new()
    }

    /// Another page has removed a run, or all.
    pub(super) fn run_gone(&mut self, id: Option<u64>) -> Vec<Effect> {
        self.cost.gone(id);
        Vec::new()
    }

    /// A run could not be kept, or the history could not be read.
    pub(super) fn storage_failed(&mut self, problem: Problem) -> Vec<Effect> {
        self.cost.storage = Some(problem);
        Vec::new()
    }

    pub(super) fn measure(&mut self) -> Vec<Effect> {
        if self.cost.is_measuring() {
            return Vec::new();
        }
        if let Some(problem) = self.cannot_measure() {
            self.cost.status = Status::Failed(problem);
            return Vec::new();
        }
        let scenario = self.cost.scenario;
        // The scene of very long texts is too long. Such a run has none.
        let scene = if scenario.is_about_rows() { link::of(self).ok() } else { None };
        let number = self.cost.begin(scenario.is_about_rows().then_some(self.revision), scene);
        let (subject, puts) = (self.subject(scenario), self.session.is_open());
        vec![Effect::Measure(Order { number, scenario, subject, rows: self.rows.clone(), puts })]
    }

    /// Why the chosen scenario cannot be measured now. `None` when it can.
    #[must_use]
    pub fn cannot_measure(&self) -> Option<Problem> {
        let scenario = self.cost.scenario;
        if !scenario.is_about_rows() {
            return None;
        }
        if self.rows.is_empty() {
            return Some(Problem::new("There is nothing to measure.", "Add a segment in Build first."));
        }
        if let Build::Failed(problem) = &self.build {
            return Some(problem.clone());
        }
        if scenario == Scenario::OwnSizes && !self.session.is_open() {
            return Some(Problem::new("Whole puts need a router.", "Connect in Router, and measure again."));
        }
        let no_message = scenario == Scenario::Message && self.rows.iter().all(|row| row.way().is_none());
        no_message.then(|| {
            Problem::new(
                "The rows have no message to measure.",
                "Add a Cap'n Proto message in Build, or take a preset with one.",
            )
        })
    }

    /// What a run measures, in words.
    pub(super) fn subject(&self, scenario: Scenario) -> String {
        let name = self.preset.map_or("own payload", Preset::name);
        match scenario {
            Scenario::Sizes => "three arrays, 1 KiB to 256 MiB together".to_owned(),
            Scenario::Counts => "1 to 100,000 arrays, 1 MiB together".to_owned(),
            Scenario::Message => {
                let row = self.rows.iter().find(|row| row.way().is_some());
                let spec = row.and_then(Row::spec).map_or_else(String::new, |spec| spec.to_string());
                format!("{spec} in Cap'n Proto")
            }
            Scenario::OwnSizes => format!("{name}, shorter and longer"),
            Scenario::Payload | Scenario::Worker | Scenario::Blob | Scenario::Places => name.to_owned(),
        }
    }
}
