//! The step of a clock, and how many runs hide it.

use std::time::Duration;

/// A sample should last at least so many steps of the clock, so that the step hides at most 2 % of it.
pub const STEPS_PER_SAMPLE: u32 = 50;

/// The most runs that one sample may take together.
const MAX_RUNS: u32 = 100_000;

/// The smallest positive difference between readings of a clock that were taken one after the other, or `None` when it never
/// moved: the step that this clock really has. A clock that goes back, as no clock should, says nothing by that.
#[must_use]
pub fn clock_step(readings: &[Duration]) -> Option<Duration> {
    readings
        .iter()
        .zip(readings.iter().skip(1))
        .filter_map(|(a, b)| b.checked_sub(*a))
        .filter(|step| !step.is_zero())
        .min()
}

/// How many runs to time together so that one sample lasts at least [`STEPS_PER_SAMPLE`] steps of the clock, given that
/// `runs` of them took `took`. At least 1, and no more than 100,000.
///
/// Where `took` is shorter than a step it is taken for a whole one: all that is known is that the runs took no longer. The answer is
/// too small then, and a second estimate with as many runs as it says comes closer.
#[must_use]
pub fn runs_per_sample(step: Duration, runs: u32, took: Duration) -> u32 {
    let wanted = step.as_nanos() * u128::from(STEPS_PER_SAMPLE) * u128::from(runs.max(1));
    // A batch too short for the clock says only that a run takes less than a step of it.
    let runs = wanted.div_ceil(took.max(step).as_nanos().max(1));
    u32::try_from(runs).unwrap_or(MAX_RUNS).clamp(1, MAX_RUNS)
}

/// How many runs of which each takes `each` last no longer than `longest` together. At least 1, and no more than 100,000.
#[must_use]
pub fn runs_that_last(longest: Duration, each: Duration) -> u32 {
    let runs = longest.as_nanos() / each.as_nanos().max(1);
    u32::try_from(runs).unwrap_or(MAX_RUNS).clamp(1, MAX_RUNS)
}
