//! Measures the step of a clock, and computes how many runs hide it.

use std::time::Duration;

/// A sample should last at least so many steps of the clock, so that one step hides at most 2 % of
/// it.
pub const STEPS_PER_SAMPLE: u32 = 50;

/// The largest batch: how many runs [`runs_per_sample`] lets one sample time together.
const MAX_RUNS: u32 = 100_000;

/// Returns the step that this clock really has: the smallest positive difference between
/// neighbouring readings.
///
/// The result is `None` when the clock never moved. A clock should never move backwards; a pair of
/// readings in which it did is left out.
#[must_use]
pub fn clock_step(readings: &[Duration]) -> Option<Duration> {
    readings
        .iter()
        .zip(readings.iter().skip(1))
        .filter_map(|(a, b)| b.checked_sub(*a))
        .filter(|step| !step.is_zero())
        .min()
}

/// Returns how many runs to time together so that one sample lasts at least [`STEPS_PER_SAMPLE`]
/// steps of the clock. The caller measured that `runs` of them took `took`. The result is at least
/// 1, and at most 100,000.
///
/// A `took` shorter than a step counts as a whole step, because the clock shows only that the runs
/// took no longer. The answer is too small then. A second estimate with that many runs is closer.
#[must_use]
pub(crate) fn runs_per_sample(step: Duration, runs: u32, took: Duration) -> u32 {
    let wanted = step.as_nanos() * u128::from(STEPS_PER_SAMPLE) * u128::from(runs.max(1));
    // A batch that lasts less than a step shows only an upper limit: one step for all its runs.
    let runs = wanted.div_ceil(took.max(step).as_nanos().max(1));
    u32::try_from(runs).unwrap_or(MAX_RUNS).clamp(1, MAX_RUNS)
}

/// Returns how many runs last at most `longest` together, when each takes `each`. The result is at
/// least 1, and at most 100,000.
#[must_use]
pub(crate) fn runs_that_last(longest: Duration, each: Duration) -> u32 {
    let runs = longest.as_nanos() / each.as_nanos().max(1);
    u32::try_from(runs).unwrap_or(MAX_RUNS).clamp(1, MAX_RUNS)
}
