//! Whose turn it is: a measurement without a clock, which is told what each turn took.

use std::time::Duration;

use super::{order, runs_per_sample};

/// How a measurement is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Decides the order of the variants in every round.
    pub seed: u64,
    /// Samples of each variant.
    pub rounds: u32,
    /// A turn should not last longer, unless a single run does: the page waits meanwhile.
    pub longest: Duration,
}

/// What is to be run next, and how often in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which variant, by its number.
    pub variant: usize,
    /// How many runs are timed together.
    pub runs: u32,
}

/// How far a measurement is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Samples taken.
    pub done: u32,
    /// Samples in all.
    pub total: u32,
    /// How long the rest will take, judged by what was taken; `None` as long as nothing was.
    pub left: Option<Duration>,
}

/// Samples of one variant, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// Runs that were timed together in each sample.
    pub runs: u32,
    /// Nanoseconds of one run, one number for each sample.
    pub samples: Vec<f64>,
    /// Milliseconds from the begin of the measurement to that of each sample.
    pub at: Vec<f64>,
}

/// A measurement under way. Ask [`Course::turn`] what to run, run it, and tell [`Course::took`] how long that took, until there is
/// no turn.
#[derive(Clone, Debug)]
pub struct Course {
    plan: Plan,
    step: Duration,
    taken: Vec<Taken>,
    estimates: u32,
    round: u32,
    order: Vec<usize>,
    spent: Duration,
}

const ESTIMATES: u32 = 5;

impl Course {
    /// A measurement of so many `variants` with a clock of that `step`.
    #[must_use]
    pub fn new(plan: Plan, step: Duration, variants: usize) -> Self {
        let taken = vec![Taken { runs: 1, ..Taken::default() }; variants];
        Self { plan, step, taken, estimates: 0, round: 0, order: Vec::new(), spent: Duration::ZERO }
    }

    /// What is to be run next; `None` when all samples are taken.
    pub fn turn(&mut self) -> Option<Turn> {
        let warming = self.estimates < ESTIMATES * self.taken.len() as u32;
        let variant = if warming {
            (self.estimates / ESTIMATES) as usize
        } else {
            if self.order.is_empty() && self.round < self.plan.rounds {
                self.order = order(self.plan.seed, self.round, self.taken.len());
                self.order.reverse();
                self.round += 1;
            }
            *self.order.last()?
        };
        Some(Turn { variant, runs: self.taken.get(variant)?.runs })
    }

    /// Tells how long the turn took, and when it began, counted from the begin of the measurement.
    pub fn took(&mut self, turn: Turn, took: Duration, at: Duration) {
        let Some(taken) = self.taken.get_mut(turn.variant) else { return };
        if self.estimates < ESTIMATES * self.order.len().max(1) as u32 * 1000 && self.order.is_empty() {
            taken.runs = taken.runs.max(runs_per_sample(self.step, turn.runs, took));
            self.estimates += 1;
            return;
        }
        self.order.pop();
        self.spent += took;
        taken.samples.push(took.as_nanos() as f64 / f64::from(turn.runs));
        taken.at.push(at.as_secs_f64() * 1e3);
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let total = self.plan.rounds * self.taken.len() as u32;
        let done: u32 = self.taken.iter().map(|taken| taken.samples.len() as u32).sum();
        let left = (done > 0).then(|| self.spent * (total - done) / done.max(1));
        Progress { done, total, left }
    }

    /// The samples taken so far, by variant.
    #[must_use]
    pub fn into_taken(self) -> Vec<Taken> {
        self.taken
    }
}
