//! Decides the turns of a measurement. This module has no clock: the caller reports how long each
//! turn took.
//!
//! The course warms up every variant first. The warm-up also shows how many runs of the variant
//! make a sample. The first estimate rests on one run, and each later one on as many runs as the
//! one before asked for. A hiccup makes an estimate too long, and it then asks for too few runs. So
//! the largest number that any estimate asked for counts.
//!
//! The rounds follow. In each round every variant takes one turn, in an order drawn again each
//! time. So a change of the machine's speed affects all variants in the same way.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    clock::{runs_per_sample, runs_that_last},
    order,
};

/// By the estimate, a sample lasts so many times longer than it must. Warm code may still become
/// faster, when a browser has compiled it better: by up to three times, as measured.
const AIM: u32 = 3;

/// Holds the settings of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Decides the order of the variants in every round.
    pub seed: u64,
    /// Samples of each variant.
    pub rounds: u32,
    /// The longest that a turn should last, because the page does not respond during a turn. A
    /// single run may last longer.
    pub longest: Duration,
}

/// Names the variant to run next, and how often in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The variant, by its index from 0.
    pub variant: usize,
    /// How many runs are timed together.
    pub runs: u32,
}

/// Says how far a measurement is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Samples taken so far, of all variants.
    pub done: u32,
    /// Samples that the whole measurement takes, of all variants.
    pub total: u32,
    /// How long the rest will take, estimated from the samples so far; `None` before the first
    /// sample.
    pub left: Option<Duration>,
}

/// Holds the samples of one variant, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Taken {
    /// Runs that were timed together in each sample.
    pub runs: u32,
    /// Nanoseconds of one run, one number for each sample.
    pub samples: Vec<f64>,
    /// Milliseconds from the beginning of the measurement to the beginning of each sample.
    pub at: Vec<f64>,
}

/// Runs a measurement, turn by turn. Ask [`Course::turn`] what to run, run it, and pass the time
/// that it took to [`Course::took`]. Repeat this until [`Course::turn`] returns `None`. A course
/// ends after at most `variants * (12 + 2 * rounds)` turns, even if the clock is wrong.
#[derive(Clone, Debug)]
pub struct Course {
    plan: Plan,
    step: Duration,
    variants: Vec<Variant>,
    /// The index of the variant that warms up. It equals the number of variants when all are warm.
    warming: usize,
    /// The current round, from 0.
    round: u32,
    /// How many variants took their turn in this round.
    turns: usize,
}

/// The state of one variant during the measurement.
#[derive(Clone, Debug, Default)]
struct Variant {
    taken: Taken,
    /// How many estimates of its runs were made.
    ///
    /// `settled` counts the last ones in a row that asked for no more runs than they rested on.
    estimates: u32,
    settled: u32,
    /// The longest that one run takes without a hiccup, in the shortest estimate.
    least: Option<Duration>,
    /// The time of all samples together.
    spent: Duration,
    /// Samples that were discarded because the thread stood still.
    aside: u32,
}

/// A turn that lasts less counts as a sample, however unusual it is; its thread did not stand
/// still.
pub const STILL: Duration = Duration::from_secs(3);

/// A turn that takes so many times longer than usual is a pause of the thread, not a hiccup.
const UNUSUAL: u32 = 10;

/// Returns whether the thread of a turn stood still, when it usually takes `usual` and now took
/// `took`. The tab was frozen, a debugger stopped it, or the computer slept.
#[must_use]
pub fn stood_still(usual: Duration, took: Duration) -> bool {
    !usual.is_zero() && took >= STILL && took >= usual.saturating_mul(UNUSUAL)
}

/// The fewest turns of a warm-up. Each makes one estimate, and the last two must have settled.
const LEAST_ESTIMATES: u32 = 3;

/// How many estimates in a row must agree.
const SETTLED: u32 = 2;

/// The most turns of a warm-up: estimates that differ for so long would never settle.
const MOST_ESTIMATES: u32 = 12;

impl Variant {
    fn is_warm(&self) -> bool {
        self.estimates >= MOST_ESTIMATES || self.estimates >= LEAST_ESTIMATES && self.settled >= SETTLED
    }

    /// Updates the number of runs from a turn of the warm-up, which makes no sample.
    fn estimate(&mut self, runs: u32, took: Duration, step: Duration, longest: Duration) {
        self.estimates += 1;
        // A reading may be late by a step, so this is the longest that a run took. A hiccup makes
        // it longer still.
        let each = took.saturating_add(step) / runs;
        self.least = Some(self.least.map_or(each, |least| least.min(each)));
        // A quarter more than needed, since later runs may be faster: they are warmer.
        let wanted = runs_per_sample(step + step / 4, runs, took).max(self.taken.runs);
        let most = self.least.map_or(1, |each| runs_that_last(longest, each));
        let wanted = wanted.min(most);
        self.settled = if wanted <= runs { self.settled + 1 } else { 0 };
        self.taken.runs = wanted;
    }

    /// How long a turn takes, by the samples; before the first sample, by the estimates.
    fn turn(&self) -> Duration {
        match u32::try_from(self.taken.samples.len()) {
            Ok(count) if count > 0 => self.spent / count,
            _ => self.least.unwrap_or_default() * self.taken.runs,
        }
    }
}

impl Course {
    /// Begins a measurement of so many `variants`, with a clock of that `step`. A `step` of 0
    /// counts as one nanosecond.
    #[must_use]
    pub fn new(plan: Plan, step: Duration, variants: usize) -> Self {
        let new = Variant { taken: Taken { runs: 1, ..Taken::default() }, ..Variant::default() };
        let step = step.max(Duration::from_nanos(1));
        Self { plan, step, variants: vec![new; variants], warming: 0, round: 0, turns: 0 }
    }

    /// Returns whether the next turn belongs to the warm-up and makes no sample.
    #[must_use]
    pub(crate) fn is_warming(&self) -> bool {
        self.warming < self.variants.len()
    }

    /// Returns the next turn; `None` when the course has all samples. The answer stays the same
    /// until the caller calls [`Course::took`].
    pub fn turn(&mut self) -> Option<Turn> {
        let variant = self.next()?;
        Some(Turn { variant, runs: self.variants.get(variant)?.taken.runs })
    }

    fn next(&self) -> Option<usize> {
        if self.is_warming() {
            return Some(self.warming);
        }
        if self.round >= self.plan.rounds {
            return None;
        }
        order(self.plan.seed, self.round, self.variants.len()).get(self.turns).copied()
    }

    /// Takes the length of a turn, and its beginning, counted from the beginning of the
    /// measurement.
    ///
    /// The course discards the turn of a variant that it did not ask for. It also discards a turn
    /// during which the thread [stood still](stood_still), and asks for it again.
    pub fn took(&mut self, turn: Turn, took: Duration, at: Duration) {
        if self.next() != Some(turn.variant) {
            return;
        }
        let (warming, count) = (self.is_warming(), self.variants.len());
        let Some(variant) = self.variants.get_mut(turn.variant) else { return };
        let runs = turn.runs.max(1);
        if warming {
            variant.estimate(runs, took, self.step.saturating_mul(AIM), self.plan.longest);
            if variant.is_warm() {
                self.warming += 1;
            }
            return;
        }
        // If the clock jumps in every turn, the measurement must still end.
        if stood_still(variant.turn(), took) && variant.aside < self.plan.rounds {
            variant.aside += 1;
            return;
        }
        variant.spent += took;
        variant.taken.samples.push(took.as_nanos() as f64 / f64::from(runs));
        variant.taken.at.push(at.as_secs_f64() * 1e3);
        self.turns += 1;
        if self.turns == count {
            (self.round, self.turns) = (self.round + 1, 0);
        }
    }

    /// Returns how far the measurement is.
    ///
    /// The time left assumes that each turn left takes the average of its variant's samples. A
    /// variant without a sample is estimated from its warm-up.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let taken = |variant: &Variant| u32::try_from(variant.taken.samples.len()).unwrap_or(u32::MAX);
        let done: u32 = self.variants.iter().map(taken).sum();
        let total = self.plan.rounds.saturating_mul(u32::try_from(self.variants.len()).unwrap_or(u32::MAX));
        let left = |variant: &Variant| variant.turn().saturating_mul(self.plan.rounds.saturating_sub(taken(variant)));
        let left = self.variants.iter().map(left).fold(Duration::ZERO, Duration::saturating_add);
        Progress { done, total, left: (done > 0).then_some(left) }
    }

    /// Returns the samples taken so far, by variant.
    ///
    /// If the measurement was stopped within a round, some variants have one sample more than
    /// others. Samples with the same number are from the same round nevertheless.
    #[must_use]
    pub fn into_taken(self) -> Vec<Taken> {
        self.variants.into_iter().map(|variant| variant.taken).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NS: Duration = Duration::from_nanos(1);

    /// A clock for tests: each run moves it by the run's cost, and readings are whole steps.
    struct Clock {
        now: Duration,
        step: Duration,
    }

    impl Clock {
        fn read(&self) -> Duration {
            Duration::from_nanos((self.now.as_nanos() / self.step.as_nanos() * self.step.as_nanos()) as u64)
        }

        /// Runs a measurement to its end. Returns every turn, with the time that it really took.
        fn run(
            &mut self,
            course: &mut Course,
            mut cost: impl FnMut(usize, usize) -> Duration,
        ) -> Vec<(Turn, Duration)> {
            let mut turns = Vec::new();
            while let Some(turn) = course.turn() {
                assert!(turns.len() < 5000, "it never ends");
                let (begin, began) = (self.read(), self.now);
                self.now += cost(turn.variant, turns.len()) * turn.runs;
                turns.push((turn, self.now - began));
                course.took(turn, self.read() - begin, begin);
            }
            turns
        }
    }

    fn clock(step: Duration) -> Clock {
        Clock { now: Duration::ZERO, step }
    }

    const PLAN: Plan = Plan { seed: 9, rounds: 20, longest: Duration::from_millis(20) };

    #[test]
    fn samples_last_150_steps_of_a_fine_and_of_a_coarse_clock() {
        for step in [NS * 100, NS * 5_000, NS * 100_000] {
            let mut course = Course::new(PLAN, step, 3);
            let costs = [NS * 300, NS * 41_000, NS * 2_000_000];
            clock(step).run(&mut course, |variant, _| costs[variant]);
            for (taken, cost) in course.into_taken().iter().zip(costs) {
                assert_eq!((taken.samples.len(), taken.at.len()), (20, 20));
                let lasted = cost * taken.runs;
                assert!(lasted >= step * 150, "{step:?} {cost:?} {lasted:?}");
                assert!(lasted <= step * 210 + cost, "{step:?} {cost:?} {lasted:?}");
                for sample in &taken.samples {
                    assert!((sample / cost.as_nanos() as f64 - 1.0).abs() < 0.021, "{sample} {cost:?}");
                }
            }
        }
    }

    #[test]
    fn a_sample_during_which_the_thread_stood_still_is_taken_again() {
        let mut course = Course::new(PLAN, NS * 100, 2);
        let turns = clock(NS * 100).run(&mut course, |_, turn| match turn {
            // The thread freezes in every ninth turn. A hiccup in turn 31 makes a sample.
            turn if turn > 10 && turn % 9 == 0 => Duration::from_secs(40),
            31 => Duration::from_millis(300),
            _ => NS * 41_000,
        });
        let taken = course.into_taken();
        let frozen = turns.iter().filter(|(_, took)| *took >= Duration::from_secs(40)).count();
        assert!(frozen >= 3, "{frozen}");
        for taken in &taken {
            assert_eq!(taken.samples.len(), 20);
            assert!(taken.samples.iter().all(|sample| *sample < 1e9), "{:?}", taken.samples);
        }
        assert_eq!(taken.iter().flat_map(|taken| &taken.samples).filter(|sample| **sample > 1e8).count(), 1);

        // A turn that always takes so long is not a pause. A clock that jumps does not stop the end
        // either.
        assert!(
            !stood_still(Duration::from_secs(4), Duration::from_secs(5)) && !stood_still(Duration::ZERO, 2 * STILL)
        );
        let mut course = Course::new(PLAN, NS, 1);
        let mut longer = STILL;
        let turns = clock(NS).run(&mut course, |_, turn| {
            longer *= if turn > 12 && turn < 20 { 11 } else { 1 };
            if turn > 12 { longer } else { NS * 41_000 }
        });
        assert!(turns.len() <= 12 + 40 && course.into_taken()[0].samples.len() == 20);
    }

    #[test]
    fn rounds_after_the_warm_up_have_each_variant_once_as_drawn() {
        let mut course = Course::new(PLAN, NS * 100, 3);
        assert!(course.is_warming());
        let turns = clock(NS * 100).run(&mut course, |_, _| NS * 2_000);
        let counted = &turns[turns.len() - 60..];
        for (round, turns) in counted.chunks(3).enumerate() {
            let variants: Vec<usize> = turns.iter().map(|(turn, _)| turn.variant).collect();
            assert_eq!(variants, order(9, round as u32, 3));
        }
        // In the warm-up every variant has run, and as often in a row as in the samples.
        for variant in 0..3 {
            let mut warm = turns[..turns.len() - 60].iter().filter(|(turn, _)| turn.variant == variant);
            assert!(warm.clone().count() >= 3);
            assert!(warm.any(|(turn, _)| turn.runs == counted[0].0.runs));
        }
        assert!(!course.is_warming());
        assert_eq!(course.turn(), None);
    }

    #[test]
    fn a_hiccup_in_the_warm_up_does_not_lead_to_too_few_runs() {
        for hiccup in 0..6 {
            let mut course = Course::new(PLAN, NS * 5_000, 1);
            let longer = |turn| if turn == hiccup { 300 } else { 1 };
            clock(NS * 5_000).run(&mut course, |_, turn| NS * 1_000 * longer(turn));
            let runs = course.into_taken()[0].runs;
            assert!((750..=1200).contains(&runs), "{hiccup}: {runs}");
        }
    }

    #[test]
    fn no_turn_lasts_longer_than_planned_unless_a_single_run_does() {
        // A hundred and fifty steps would be 150 ms.
        let mut course = Course::new(PLAN, NS * 1_000_000, 2);
        let costs = [NS * 30_000, NS * 33_000_000];
        let turns = clock(NS * 1_000_000).run(&mut course, |variant, _| costs[variant]);
        for (turn, lasted) in turns {
            assert!(lasted <= PLAN.longest + NS * 2_000_000 || turn.runs == 1, "{turn:?} {lasted:?}");
        }
    }

    #[test]
    fn it_ends_when_the_clock_stands_or_jumps() {
        let mut course = Course::new(PLAN, Duration::from_millis(1), 2);
        let mut turns = 0;
        while let Some(turn) = course.turn() {
            course.took(turn, Duration::ZERO, Duration::ZERO);
            turns += 1;
        }
        assert!(turns <= 2 * (12 + 20));
        assert!(course.into_taken().iter().all(|taken| taken.samples == [0.0; 20] && taken.runs <= 100_000));

        // The step was taken for 1 us, and the clock moves by 16 ms at once.
        let mut course = Course::new(PLAN, NS * 1_000, 2);
        let turns = clock(NS * 16_000_000).run(&mut course, |_, _| NS * 10_000);
        assert!(turns.len() <= 2 * (12 + 20));
        assert!(turns.iter().all(|(turn, _)| (1..=100_000).contains(&turn.runs)));
    }

    #[test]
    fn a_measurement_without_variants_or_rounds_is_over() {
        assert_eq!(Course::new(PLAN, NS, 0).turn(), None);
        let mut course = Course::new(Plan { rounds: 0, ..PLAN }, Duration::ZERO, 1);
        clock(NS).run(&mut course, |_, _| NS * 100);
        assert_eq!(course.progress(), Progress { done: 0, total: 0, left: None });
    }

    #[test]
    fn it_can_be_stopped_at_any_turn_and_says_what_is_left() {
        let costs = [NS * 1_000_000, NS * 3_000_000];
        for stop in 0..46 {
            let (mut course, mut now) = (Course::new(PLAN, NS * 1_000, 2), Duration::ZERO);
            for _ in 0..stop {
                let turn = course.turn().unwrap();
                let took = costs[turn.variant] * turn.runs;
                course.took(turn, took, now);
                now += took;
            }
            let progress = course.progress();
            assert_eq!(progress.total, 40);
            let taken = course.into_taken();
            let [first, second] = [0, 1].map(|i: usize| taken[i].samples.len() as u32);
            assert!(first.abs_diff(second) <= 1);
            assert_eq!(progress.done, first + second);
            let left = costs[0] * (20 - first) + costs[1] * (20 - second);
            assert_eq!(progress.left.is_some(), progress.done > 0);
            // A variant without a sample is estimated from its warm-up, to the clock's step.
            assert!(
                progress.left.is_none_or(|found| found.abs_diff(left) <= left / 1000),
                "{stop}: {progress:?} {left:?}"
            );
        }
    }

    #[test]
    fn a_turn_that_was_not_asked_for_does_not_count() {
        let mut course = Course::new(PLAN, NS, 2);
        let turn = course.turn().unwrap();
        course.took(Turn { variant: 1 - turn.variant, runs: 1 }, NS, NS);
        course.took(Turn { variant: 7, runs: 1 }, NS, NS);
        assert_eq!(course.turn(), Some(turn));
        assert_eq!(course.progress().done, 0);
    }
}
