//! Measuring honestly: how often to run, how to sum up, and what may be concluded.
//!
//! Everything here is arithmetic on numbers that somebody else took with a clock; there is no clock in this module. It
//! must never turn "cannot tell" into a winner.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A sample should last at least so many steps of the clock, so that the step hides at most 2 % of it.
pub const STEPS_PER_SAMPLE: u32 = 50;

/// The most runs that one sample may take together.
const MAX_RUNS: u32 = 100_000;

/// The smallest positive difference between readings of a clock that were taken one after the other, or `None` when it never
/// moved: the step that this clock really has.
#[must_use]
pub fn clock_step(readings: &[Duration]) -> Option<Duration> {
    readings.windows(2).filter_map(|pair| pair[1].checked_sub(pair[0])).filter(|step| !step.is_zero()).min()
}

/// How many runs to time together so that one sample lasts at least [`STEPS_PER_SAMPLE`] steps of the clock, given that
/// `runs` of them took `took`. At least 1.
#[must_use]
pub fn runs_per_sample(step: Duration, runs: u32, took: Duration) -> u32 {
    let wanted = step.as_nanos() * u128::from(STEPS_PER_SAMPLE) * u128::from(runs.max(1));
    // A batch too short for the clock says only that a run takes less than a step of it.
    let runs = wanted.div_ceil(took.max(step).as_nanos().max(1));
    u32::try_from(runs).unwrap_or(MAX_RUNS).clamp(1, MAX_RUNS)
}

/// Times of one variant, summed up. All times are nanoseconds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many samples.
    pub n: usize,
    /// The middle sample.
    pub median: f64,
    /// Lower end of the 95 % interval of the median.
    pub lower: f64,
    /// Upper end of the 95 % interval of the median.
    pub upper: f64,
}

impl Summary {
    /// Sums up `samples`, or `None` when there are none or one is not a number.
    ///
    /// The interval needs no shape of the distribution: it runs between two order statistics chosen by the binomial
    /// distribution of how many samples lie below the true median (normal approximation; below 6 samples no pair
    /// covers 95 %, then it is the whole range).
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
            return None;
        }
        let mut sorted = Vec::from(samples);
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let half = 1.96 * (n as f64).sqrt() / 2.0;
        let low = ((n as f64 / 2.0 - half).floor().max(0.0)) as usize;
        let high = ((n as f64 / 2.0 + half).ceil() as usize).min(n - 1);
        let median = if n % 2 == 1 { sorted[n / 2] } else { f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]) };
        Some(Self { n, median, lower: sorted[low], upper: sorted[high] })
    }
}

/// How many times longer one variant took than another, with an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Lower end.
    pub lower: f64,
    /// Ratio of the medians.
    pub estimate: f64,
    /// Upper end.
    pub upper: f64,
}

impl Ratio {
    /// `long` over `short`. The interval divides the ends of both intervals crosswise, which is wider than needed and never
    /// narrower.
    #[must_use]
    pub fn of(long: &Summary, short: &Summary) -> Self {
        Self {
            lower: long.lower / short.upper.max(f64::MIN_POSITIVE),
            estimate: long.median / short.median.max(f64::MIN_POSITIVE),
            upper: long.upper / short.lower.max(f64::MIN_POSITIVE),
        }
    }
}

/// What the numbers allow to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The second variant takes less time: the whole interval lies above 1.
    Faster,
    /// The second variant takes more time: the whole interval lies below 1.
    Slower,
    /// The interval holds 1.
    CannotTell,
}

impl Verdict {
    /// The verdict on the second variant, from how many times longer the first one took.
    #[must_use]
    pub fn of(ratio: &Ratio) -> Self {
        if ratio.lower > 1.0 {
            Self::Faster
        } else if ratio.upper < 1.0 {
            Self::Slower
        } else {
            Self::CannotTell
        }
    }
}

/// The order in which `variants` are run in round `round`: every variant once, shuffled by `seed`, so that drift of the
/// machine meets all of them alike.
#[must_use]
pub fn order(seed: u64, round: u32, variants: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..variants).collect();
    for i in (1..variants).rev() {
        let draw = mix(seed ^ (u64::from(round) << 20) ^ i as u64);
        order.swap(i, (draw % (i as u64 + 1)) as usize);
    }
    order
}

/// SplitMix64: a well-spread 64-bit number out of any other. Not for secrets.
#[must_use]
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICRO: Duration = Duration::from_micros(1);

    #[test]
    fn the_step_is_the_smallest_move_that_was_seen() {
        let readings = [0, 0, 5, 5, 5, 10, 20].map(|us| MICRO * us);
        assert_eq!(clock_step(&readings), Some(MICRO * 5));
        assert_eq!(clock_step(&[MICRO, MICRO]), None);
    }

    #[test]
    fn a_sample_lasts_fifty_steps() {
        // 1 us each, clock step 5 us: 250 runs.
        assert_eq!(runs_per_sample(MICRO * 5, 100, MICRO * 100), 250);
        // One run lasts long enough by itself.
        assert_eq!(runs_per_sample(MICRO * 5, 1, MICRO * 9000), 1);
        // The clock has not moved over 10 runs: each is taken for a tenth of a step.
        assert_eq!(runs_per_sample(MICRO * 5, 10, Duration::ZERO), 500);
    }

    #[test]
    fn the_median_and_its_interval() {
        let samples: Vec<f64> = (1..=101).map(f64::from).collect();
        let summary = Summary::of(&samples).unwrap();
        assert_eq!(summary.median, 51.0);
        assert!(summary.lower >= 40.0 && summary.lower < 51.0);
        assert!(summary.upper > 51.0 && summary.upper <= 62.0);
        assert_eq!(Summary::of(&[4.0, 2.0]).unwrap().median, 3.0);
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[f64::NAN]), None);
    }

    /// The interval is claimed to hold the true median 95 times in 100.
    #[test]
    fn the_interval_covers_the_true_median_as_often_as_claimed() {
        let mut covered = 0;
        let trials = 2000u64;
        for trial in 0..trials {
            let samples: Vec<f64> =
                (0..61).map(|i| (mix(trial * 1000 + i) >> 11) as f64 / (1u64 << 53) as f64).collect();
            let summary = Summary::of(&samples).unwrap();
            covered += u64::from(summary.lower <= 0.5 && 0.5 <= summary.upper);
        }
        // Three standard deviations below 0.95 of 2000; the interval is rounded outwards, so above is expected.
        assert!(covered >= 1871, "covered {covered} of {trials}");
    }

    #[test]
    fn overlapping_times_give_no_winner() {
        let around = |middle: f64| Summary { n: 60, median: middle, lower: middle * 0.9, upper: middle * 1.1 };
        assert_eq!(Verdict::of(&Ratio::of(&around(100.0), &around(101.0))), Verdict::CannotTell);
        assert_eq!(Verdict::of(&Ratio::of(&around(100.0), &around(10.0))), Verdict::Faster);
        assert_eq!(Verdict::of(&Ratio::of(&around(10.0), &around(100.0))), Verdict::Slower);
    }

    #[test]
    fn every_round_runs_every_variant_once_in_changing_order() {
        let rounds: Vec<Vec<usize>> = (0..20).map(|round| order(7, round, 2)).collect();
        for round in &rounds {
            let mut sorted = round.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1]);
        }
        assert!(rounds.contains(&vec![0, 1]) && rounds.contains(&vec![1, 0]));
        assert_eq!(order(7, 3, 5), order(7, 3, 5));
    }
}
