//! Puts at a rate.

use serde::{Deserialize, Serialize};

use super::{change::Task, ids::PutId};
use crate::app::{build::Build, command::Command, effect::Effect, problem::Problem, state::State};

/// How puts at a rate went until now.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Course {
    /// Puts that have left the browser.
    pub puts: u64,
    /// Puts that were dropped, as they allowed.
    pub dropped: u64,
    /// Puts that have ended in another error.
    pub failed: u64,
    /// Puts that were made and have not ended.
    pub leaving: u64,
    /// Puts that left in each second, lately.
    pub hz: f64,
    /// Payload bytes that left in each second, lately.
    pub bytes_per_second: f64,
    /// Puts that were due and too late to be made.
    pub left_out: u64,
    /// The share of the time that making them took, lately.
    pub making: f64,
    /// The share of the time in which a put was due and waited for earlier ones to leave, lately.
    pub waiting: f64,
    /// The share of the puts that ended which were dropped, lately.
    pub dropping: f64,
    /// Payload bytes that building the last one has copied.
    pub copied: u64,
    /// Arrays that were made for frames of a robot, because none could be painted again.
    pub arrays: u64,
    /// Whether it waits for the session to be opened again.
    pub paused: bool,
    /// Whether the engine makes no more of them. Until it says so, more may be made after a press on Stop.
    pub ended: bool,
}

/// Puts at a rate.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Rate {
    /// There were none yet.
    #[default]
    None,
    /// Under way, by this id.
    Running(PutId, Course),
    /// Stopped. What was under way is counted until it has ended.
    Stopped {
        /// Its id.
        id: PutId,
        /// How it went.
        course: Course,
        /// Why it has stopped, if the person did not want it so.
        problem: Option<Problem>,
    },
    /// It was not begun.
    Failed(Problem),
}

impl Rate {
    /// Whether puts are being made.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(..))
    }

    /// No more puts are made; returns whether any were.
    pub(in crate::app) fn stop(&mut self, problem: Option<Problem>) -> bool {
        let Self::Running(id, course) = *self else { return false };
        *self = Self::Stopped { id, course: Course { paused: false, ..course }, problem };
        true
    }
}

impl State {
    /// How puts at a rate went until now.
    pub(super) fn rated(&mut self, id: PutId, now: Course) {
        if let Rate::Running(rate, course) | Rate::Stopped { id: rate, course, .. } = &mut self.api.rate
            && *rate == id
        {
            *course = now;
        }
    }

    /// Puts at a rate cannot go on.
    pub(super) fn rate_failed(&mut self, id: PutId, problem: Problem) {
        if matches!(self.api.rate, Rate::Running(running, _) if running == id) {
            self.api.rate.stop(Some(problem));
        }
    }

    /// The next numbered put of a lane will have this number.
    pub(super) fn numbered(&mut self, lane: usize, number: u32) {
        if let Some(next) = self.api.numbers.next.get_mut(lane) {
            *next = number;
        }
    }

    pub(super) fn start_rate(&mut self) -> Option<Task> {
        if self.api.rate.is_running() {
            return None;
        }
        let problem = match &self.build {
            Build::Failed(problem) => Some(problem.clone()),
            _ => self.not_open("Nothing was put."),
        };
        if let Some(problem) = problem {
            self.api.rate = Rate::Failed(problem);
            return None;
        }
        let id = self.next_id();
        self.api.rate = Rate::Running(id, Course::default());
        let (key, options, rows) = (self.key.clone(), self.api.options.clone(), self.rows.clone());
        self.api.started = Some((key.clone(), options.clone(), self.api.hz));
        Some(Task::Start { id, key, options, hz: self.api.hz, rows })
    }

    /// Puts at a rate go on with the rows as they are now, or end when these cannot be built.
    pub(in crate::app) fn rate_of_new_rows(&mut self) -> Option<Effect> {
        if !self.api.rate.is_running() {
            return None;
        }
        Some(Effect::Engine(Command::Session(match &self.build {
            Build::Failed(problem) => {
                self.api.rate.stop(Some(problem.clone()));
                Task::Stop
            }
            _ => Task::Rows(self.rows.clone()),
        })))
    }

    /// Whether puts at a rate go on with another key, other options or another rate than those that
    /// are chosen now.
    #[must_use]
    pub fn rate_is_older(&self) -> bool {
        let chosen = (&self.key, &self.api.options, self.api.hz);
        self.api.rate.is_running()
            && self.api.started.as_ref().is_some_and(|(key, options, hz)| (key, options, *hz) != chosen)
    }
}
