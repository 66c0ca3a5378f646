//! A student's side of an experiment: what its page does when it is asked.
//!
//! The page measures the rows of the scene that the teacher's page names, and never sets them up: its
//! own rows stay where they are. It puts nothing: thirty pages that put would measure the network of
//! the class.

use crate::{
    app::{
        Problem, Shown,
        class::says::{Assignment, ExperimentSaid, ExperimentState},
    },
    outside::{LINE, sentences},
};

/// The page tells how much is done in steps of so many per cent.
const STEP: u8 = 5;

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

    /// The teacher's page says what it asks, whether pages still begin, and whether it has the result
    /// of this page. `busy`: the page measures something.
    pub fn hear(&mut self, asked: Option<&Assignment>, open: bool, has_it: bool, busy: bool) -> Next {
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
            Some(ExperimentState::Waiting | ExperimentState::Measuring) if self.arrived || !open => {
                let measured = self.number.is_some();
                if self.arrived {
                    (self.number, self.doing) = (None, Some(ExperimentState::Done));
                } else {
                    self.failed(&Problem::new("The teacher has ended the experiment.", ""));
                }
                if measured { Next::Stop } else { Next::Nothing }
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
        // The teacher's page shows so much of it.
        self.why = sentences(format!("{} {}", problem.title, problem.detail).trim_end(), 2 * LINE);
    }

    /// So much of the measurement with this number is done. The page tells it in steps: each is a text
    /// for the teacher's page.
    pub fn progress(&mut self, number: u64, done: u32, total: u32) {
        if self.is_measuring(number) {
            let part = (u64::from(done) * 100).checked_div(total.into()).unwrap_or(0).min(100) as u8;
            self.part = part - part % STEP;
        }
    }

    /// Whether the measurement with this number is for this.
    #[must_use]
    pub fn is_measuring(&self, number: u64) -> bool {
        self.number == Some(number)
    }

    /// The measurement for this has ended.
    pub fn ended(&mut self, result: Result<Option<Shown>, &Problem>) {
        match result {
            Ok(Some(run)) => {
                (self.number, self.doing, self.part) = (None, Some(ExperimentState::Done), 100);
                self.result = Some(run);
            }
            Ok(None) => self.failed(&Problem::new("The measurement was stopped before its first result.", "")),
            Err(problem) => self.failed(problem),
        }
    }

    /// Where the page is, for its text; `None` when nothing is asked.
    #[must_use]
    pub fn standing(&self) -> Option<ExperimentSaid> {
        let (n, state) = (self.asked.as_ref()?.n, self.doing?);
        Some(ExperimentSaid { n, state, part: f64::from(self.part) / 100.0, why: self.why.clone() })
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
    use crate::{run::Scenario, run::fixture};

    fn asked(n: u64) -> Assignment {
        Assignment { n, scenario: Scenario::Payload, link: None }
    }

    fn run() -> Option<Shown> {
        Some(Shown(Rc::new(fixture::alone())))
    }

    fn state(taking: &Taking) -> Option<(u64, ExperimentState, u8)> {
        taking.standing().map(|standing| (standing.n, standing.state, (standing.part * 100.0).round() as u8))
    }

    #[test]
    fn a_page_measures_and_tells_until_it_is_heard() {
        let mut taking = Taking::default();
        assert_eq!((taking.hear(None, true, false, false), taking.standing()), (Next::Nothing, None));
        assert_eq!(taking.hear(Some(&asked(4)), true, false, false), Next::Measure);
        taking.begun(1);
        taking.progress(1, 32, 120);
        taking.progress(2, 60, 120);
        assert_eq!(state(&taking), Some((4, ExperimentState::Measuring, 25)));
        assert_eq!(taking.hear(Some(&asked(4)), true, false, true), Next::Nothing);
        assert!(!taking.is_measuring(2) && taking.is_measuring(1) && taking.to_tell().is_none());
        taking.ended(Ok(run()));
        assert_eq!(state(&taking), Some((4, ExperimentState::Done, 100)));
        // It is told again at each beat, until the teacher's page has it.
        assert_eq!(taking.hear(Some(&asked(4)), true, false, false), Next::Nothing);
        assert_eq!(taking.to_tell().map(|(n, _)| n), Some(4));
        taking.hear(Some(&asked(4)), true, true, false);
        assert!(taking.to_tell().is_none() && taking.has_arrived());
        // What was known is not forgotten by a text that was late.
        taking.hear(Some(&asked(4)), true, false, false);
        assert!(taking.to_tell().is_none());
    }

    #[test]
    fn a_page_that_measures_something_else_waits() {
        let mut taking = Taking::default();
        assert_eq!(taking.hear(Some(&asked(4)), true, false, true), Next::Nothing);
        assert_eq!(state(&taking), Some((4, ExperimentState::Waiting, 0)));
        assert_eq!(taking.hear(Some(&asked(4)), true, false, false), Next::Measure);
    }

    #[test]
    fn another_experiment_takes_the_place_of_the_first() {
        let mut taking = Taking::default();
        taking.hear(Some(&asked(4)), true, false, false);
        taking.begun(1);
        assert_eq!(taking.hear(Some(&asked(5)), true, false, true), Next::Stop);
        // What was measured of the first is not told as the second.
        assert!(!taking.is_measuring(1) && taking.to_tell().is_none());
        assert_eq!(taking.hear(Some(&asked(5)), true, false, false), Next::Measure);
        taking.begun(2);
        assert_eq!(taking.hear(None, true, false, true), Next::Stop);
        assert_eq!(taking.standing(), None);
    }

    #[test]
    fn a_page_says_why_it_has_no_result() {
        let why = |result| {
            let mut taking = Taking::default();
            taking.hear(Some(&asked(4)), true, false, false);
            taking.begun(1);
            taking.ended(result);
            assert_eq!(state(&taking), Some((4, ExperimentState::Failed, 0)));
            // It does not begin by itself once more.
            assert_eq!(taking.hear(Some(&asked(4)), true, false, false), Next::Nothing);
            taking.standing().unwrap().why
        };
        let problem = Problem::new("No memory.", "Take fewer rows.");
        assert_eq!(why(Err(&problem)), "No memory. Take fewer rows.");
        let long = Problem::new("It has ended.", "é".repeat(5_000));
        assert!(why(Err(&long)).chars().count() <= 2 * LINE + 1);
        assert_eq!(why(Ok(None)), "The measurement was stopped before its first result.");
    }

    #[test]
    fn a_page_whose_name_has_a_result_does_not_measure_again() {
        let mut taking = Taking::default();
        assert_eq!(taking.hear(Some(&asked(4)), true, true, false), Next::Nothing);
        assert_eq!(state(&taking), Some((4, ExperimentState::Done, 0)));
        let mut taking = Taking::default();
        taking.hear(Some(&asked(4)), true, false, false);
        taking.begun(1);
        assert_eq!(taking.hear(Some(&asked(4)), true, true, true), Next::Stop);
        assert!(!taking.is_measuring(1));
    }

    #[test]
    fn a_page_stops_when_the_experiment_is_ended() {
        let mut taking = Taking::default();
        taking.hear(Some(&asked(4)), true, false, false);
        taking.begun(1);
        assert_eq!(taking.hear(Some(&asked(4)), false, false, true), Next::Stop);
        let standing = taking.standing().unwrap();
        assert_eq!(
            (standing.state, &*standing.why),
            (ExperimentState::Failed, "The teacher has ended the experiment.")
        );
        assert!(!taking.is_measuring(1));
        // What was measured before is told all the same.
        let mut taking = Taking::default();
        taking.hear(Some(&asked(4)), true, false, false);
        taking.begun(1);
        taking.ended(Ok(run()));
        assert_eq!(taking.hear(Some(&asked(4)), false, false, false), Next::Nothing);
        assert_eq!(taking.to_tell().map(|(n, _)| n), Some(4));
    }
}
