//! Measuring honestly: how often to run, how to sum up, and what may be concluded.
//!
//! Everything here is arithmetic on numbers that somebody else took with a clock; there is no clock in this module. It
//! must never turn "cannot tell" into a winner.
//!
//! | file | what it is for |
//! |---|---|
//! | [`clock`] | the step of a clock, and how many runs hide it |
//! | [`course`] | whose turn it is: a measurement without a clock, which is told what each turn took |
//! | [`stats`] | quantiles, spread, outliers, intervals |
//! | [`verdict`] | what may be said of two variants, and what casts doubt on it |
//! | [`fit`] | the cost model of a sweep: what a byte costs, what a segment costs, where that breaks |
//! | [`run`] | a run as it is kept, exported and read back: raw samples and conditions |

pub mod clock;
pub mod course;
pub mod fit;
pub mod run;
pub mod stats;
pub mod verdict;

pub use self::{
    clock::{clock_step, runs_per_sample},
    stats::{Interval, Summary},
    verdict::{Verdict, Warning},
};

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
    use std::time::Duration;

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
