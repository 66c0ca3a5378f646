#![doc = include_str!("../README.md")]
//!
//! # The modules
//!
//! | module | what it is for |
//! |---|---|
//! | [`clock`] | the step of a clock, and how many runs hide it |
//! | [`course`] | the turns of a measurement; it has no clock, the caller reports how long each turn took |
//! | [`stats`] | quantiles, spread, outliers, intervals |
//! | [`verdict`] | the verdict on two variants |
//! | [`doubt`] | reasons to doubt a measurement |
//! | [`fit`] | the cost model of a sweep: the cost of a byte, of a segment, and where that breaks |
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

pub mod clock;
pub mod course;
pub mod doubt;
pub mod fit;
pub mod stats;
pub mod verdict;

pub use self::{
    clock::clock_step,
    doubt::Doubt,
    stats::{Interval, Summary},
    verdict::Verdict,
};

/// Returns the order in which `variants` run in round `round`: every variant once, shuffled by
/// `seed`. So a drift of the machine affects all of them alike.
#[must_use]
pub fn order(seed: u64, round: u32, variants: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..variants).collect();
    for i in (1..variants).rev() {
        let draw = mix(seed ^ (u64::from(round) << 20) ^ i as u64);
        order.swap(i, (draw % (i as u64 + 1)) as usize);
    }
    order
}

/// Returns a well-spread 64-bit number for any other (SplitMix64). Do not use it for secrets.
#[must_use]
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Samples as a machine might give them, drawn from a seed. The tests check the claims of this
/// crate with them.
#[cfg(test)]
pub(crate) mod simulated {
    use super::mix;

    /// How many simulated runs test a claim.
    pub(crate) const RUNS: u32 = 2_000;

    /// Whether `hits` of [`RUNS`] are not significantly fewer than `probability` says. The limit is
    /// the one-sided band of the binomial distribution that one of twenty tests misses by chance.
    pub(crate) fn at_least(hits: u32, probability: f64) -> bool {
        let runs = f64::from(RUNS);
        f64::from(hits) / runs >= probability - 1.645 * (probability * (1.0 - probability) / runs).sqrt()
    }

    /// Whether `hits` of [`RUNS`] are not significantly more than `probability` says.
    pub(crate) fn at_most(hits: u32, probability: f64) -> bool {
        at_least(RUNS - hits, 1.0 - probability)
    }

    /// The shape of noise, around a median of 1.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(crate) enum Shape {
        /// Nearly normal, with a standard deviation of 5 %.
        Narrow,
        /// Log-normal, with a standard deviation of 0.5 of the logarithm.
        Wide,
        /// A fixed part and an exponential one.
        Exponential,
        /// A tenth of the samples takes up to five times as long.
        Outliers,
        /// Three tenths of the samples take 1.3 times as long.
        TwoModes,
    }

    /// A source of random numbers.
    pub(crate) struct Random(u64);

    impl Random {
        pub(crate) fn new(seed: u64) -> Self {
            Self(mix(seed))
        }

        /// Uniform, above 0 and below 1.
        pub(crate) fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(1);
            ((mix(self.0) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        /// Standard normal, by Box and Muller.
        pub(crate) fn normal(&mut self) -> f64 {
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
        }

        /// `n` samples whose neighbours correlate like `normal`s with `correlation`: AR(1).
        pub(crate) fn samples(&mut self, shape: Shape, n: usize, correlation: f64) -> Vec<f64> {
            let mut z = self.normal();
            let fresh = (1.0 - correlation * correlation).sqrt();
            (0..n)
                .map(|_| {
                    z = correlation * z + fresh * self.normal();
                    match shape {
                        Shape::Narrow => (0.05 * z).exp(),
                        Shape::Wide => (0.5 * z).exp(),
                        // The logistic function differs from that of the normal distribution by at
                        // most a hundredth.
                        Shape::Exponential => (1.0 + 0.3 * (1.702 * z).exp().ln_1p()) / (1.0 + 0.3 * 2f64.ln()),
                        Shape::Outliers if self.uniform() < 0.1 => (0.05 * z).exp() * (1.0 + 4.0 * self.uniform()),
                        Shape::Outliers => (0.05 * z).exp(),
                        Shape::TwoModes if self.uniform() < 0.3 => 1.3 * (0.02 * z).exp(),
                        Shape::TwoModes => (0.02 * z).exp(),
                    }
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{clock::runs_per_sample, *};
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
