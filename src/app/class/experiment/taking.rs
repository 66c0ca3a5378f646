//! A student's side of an experiment: what its page does when it is asked.
//!
//! The page measures the rows of the scene that the teacher's page names, and never sets them up: its
//! own rows stay where they are. It puts nothing: thirty pages that put would measure the network of
//! the class.

use super::super::says::{Assignment, ExperimentSaid, ExperimentState};
use crate::app::{Problem, Shown};

/// What the page does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// It begins to measure.
    Measure,
    /// It stops measuring.
    Stop,
}

/// What a page does for an experiment.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Taking {
    /// What is asked; `None` before and between experiments.
    asked: Option<Assignment>,
    doing: Option<ExperimentState>,
    /// The number of the measurement, while it is under way.
    number: Option<u64>,
    /// Per cent of it that are done.
    part: u8,
    why: String,
    result: Option<Shown>,
    /// Whether the teacher's page has a result of this name.
    arrived: bool,
}

impl Taking {
    /// What is asked.
    #[must_use]
    pub fn asked(&self) -> Option<&Assignment> {
        self.asked.as_ref()
    }

    /// The teacher's page says what it asks, and whether it has the result of this page. `busy`: the
    /// page measures something.
    pub fn hear(&mut self, asked: Option<&Assignment>, has_it: bool, busy: bool) -> Next {
        if self.asked.as_ref() != asked {
            let measured = self.number.is_some();
            *self = Self {
                asked: asked.cloned(),
                doing: asked.map(|_| ExperimentState::Waiting),
                arrived: has_it,
                ..Self::default()
            };
            if measured {
                return Next::Stop;
            }
        }
        self.arrived |= has_it;
        match self.doing {
            // Another page has this name, or this page was loaded again: one result is enough.
            Some(ExperimentState::Waiting | ExperimentState::Measuring) if self.arrived => {
                self.doing = Some(ExperimentState::Done);
                if self.number.take().is_some() { Next::Stop } else { Next::Nothing }
            }
            Some(ExperimentState::Waiting) if !busy => Next::Measure,
            _ => Next::Nothing,
        }
    }

    /// The measurement with this number has begun for it.
    pub fn begun(&mut self, number: u64) {
        (self.number, self.doing, self.part) = (Some(number), Some(ExperimentState::Measuring), 0);
    }

    /// It cannot be measured here.
    pub fn failed(&mut self, problem: &Problem) {
        (self.number, self.doing) = (None, Some(ExperimentState::Failed));
        self.why = format!("{} {}", problem.title, problem.detail);
    }

    /// So much of the measurement with this number is done. Says whether that is news.
    pub fn progress(&mut self, number: u64, done: u32, total: u32) -> bool {
        let part = (u64::from(done) * 100).checked_div(total.into()).unwrap_or(0).min(100) as u8;
        let news = self.number == Some(number) && part != self.part;
        if news {
            self.part = part;
        }
        news
    }

    /// The measurement with this number has ended. Says whether it was for this.
    pub fn ended(&mut self, number: u64, result: &Result<Option<Shown>, Problem>) -> bool {
        if self.number != Some(number) {
            return false;
        }
        match result {
            Ok(Some(run)) => {
                (self.number, self.doing, self.part) = (None, Some(ExperimentState::Done), 100);
                self.result = Some(run.clone());
            }
            Ok(None) => self.failed(&Problem::new("The measurement was stopped before its first result.", "")),
            Err(problem) => self.failed(problem),
        }
        true
    }

    /// Where the page is, for its text; `None` when nothing is asked.
    #[must_use]
    pub fn standing(&self) -> Option<ExperimentSaid> {
        let (n, state) = (self.asked.as_ref()?.n, self.doing?);
        Some(ExperimentSaid { n, state, part: f64::from(self.part) / 100.0, why: self.why.trim_end().to_owned() })
    }

    /// The experiment and the result that is to be told, until the teacher's page has it.
    #[must_use]
    pub fn to_tell(&self) -> Option<(u64, &Shown)> {
        let run = self.result.as_ref().filter(|_| !self.arrived)?;
        Some((self.asked.as_ref()?.n, run))
    }

    /// Whether the teacher's page has the result.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        self.arrived
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{present::cost::fixture, run::Scenario};

    fn asked(n: u64) -> Assignment {
        Assignment { n, scenario: Scenario::Payload, link: None }
    }

    fn run() -> Result<Option<Shown>, Problem> {
        Ok(Some(Shown(Rc::new(fixture::alone()))))
    }

    fn state(taking: &Taking) -> Option<(u64, ExperimentState, u8)> {
        taking.standing().map(|standing| (standing.n, standing.state, (standing.part * 100.0).round() as u8))
    }

    #[test]
    fn a_page_measures_and_tells_until_it_is_heard() {
        let mut taking = Taking::default();
        assert_eq!((taking.hear(None, false, false), taking.standing()), (Next::Nothing, None));
        assert_eq!(taking.hear(Some(&asked(4)), false, false), Next::Measure);
        taking.begun(1);
        assert!(taking.progress(1, 30, 120) && !taking.progress(1, 30, 120) && !taking.progress(2, 60, 120));
        assert_eq!(state(&taking), Some((4, ExperimentState::Measuring, 25)));
        assert_eq!(taking.hear(Some(&asked(4)), false, true), Next::Nothing);
        assert!(!taking.ended(2, &run()) && taking.to_tell().is_none());
        assert!(taking.ended(1, &run()));
        assert_eq!(state(&taking), Some((4, ExperimentState::Done, 100)));
        // It is told again at each beat, until the teacher's page has it.
        assert_eq!(taking.hear(Some(&asked(4)), false, false), Next::Nothing);
        assert_eq!(taking.to_tell().map(|(n, _)| n), Some(4));
        taking.hear(Some(&asked(4)), true, false);
        assert!(taking.to_tell().is_none() && taking.has_arrived());
        // What was known is not forgotten by a text that was late.
        taking.hear(Some(&asked(4)), false, false);
        assert!(taking.to_tell().is_none());
    }

    #[test]
    fn a_page_that_measures_something_else_waits() {
        let mut taking = Taking::default();
        assert_eq!(taking.hear(Some(&asked(4)), false, true), Next::Nothing);
        assert_eq!(state(&taking), Some((4, ExperimentState::Waiting, 0)));
        assert_eq!(taking.hear(Some(&asked(4)), false, false), Next::Measure);
    }

    #[test]
    fn another_experiment_takes_the_place_of_the_first() {
        let mut taking = Taking::default();
        taking.hear(Some(&asked(4)), false, false);
        taking.begun(1);
        assert_eq!(taking.hear(Some(&asked(5)), false, true), Next::Stop);
        // What was measured of the first is not told as the second.
        assert!(!taking.ended(1, &run()) && taking.to_tell().is_none());
        assert_eq!(taking.hear(Some(&asked(5)), false, false), Next::Measure);
        taking.begun(2);
        assert_eq!(taking.hear(None, false, true), Next::Stop);
        assert_eq!(taking.standing(), None);
    }

    #[test]
    fn a_page_says_why_it_has_no_result() {
        let why = |result| {
            let mut taking = Taking::default();
            taking.hear(Some(&asked(4)), false, false);
            taking.begun(1);
            assert!(taking.ended(1, &result));
            assert_eq!(state(&taking), Some((4, ExperimentState::Failed, 0)));
            // It does not begin by itself once more.
            assert_eq!(taking.hear(Some(&asked(4)), false, false), Next::Nothing);
            taking.standing().unwrap().why
        };
        assert_eq!(why(Err(Problem::new("No memory.", "Take fewer rows."))), "No memory. Take fewer rows.");
        assert_eq!(why(Ok(None)), "The measurement was stopped before its first result.");
    }

    #[test]
    fn a_page_whose_name_has_a_result_does_not_measure_again() {
        let mut taking = Taking::default();
        assert_eq!(taking.hear(Some(&asked(4)), true, false), Next::Nothing);
        assert_eq!(state(&taking), Some((4, ExperimentState::Done, 0)));
        let mut taking = Taking::default();
        taking.hear(Some(&asked(4)), false, false);
        taking.begun(1);
        assert_eq!(taking.hear(Some(&asked(4)), true, true), Next::Stop);
        assert!(!taking.ended(1, &run()));
    }
}
