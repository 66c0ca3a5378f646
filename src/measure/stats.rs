//! Quantiles, spread, outliers, intervals.

use serde::{Deserialize, Serialize};

/// An estimate with the ends of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// The estimate.
    pub estimate: f64,
    /// Upper end.
    pub upper: f64,
}

/// Where a sample lies by Tukey's fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// More than 3 interquartile ranges below the lower quartile.
    FarBelow,
    /// More than 1.5 below.
    Below,
    /// Inside the fences.
    Inside,
    /// More than 1.5 interquartile ranges above the upper quartile.
    Above,
    /// More than 3 above.
    FarAbove,
}

/// Times of one variant, summed up. All times are nanoseconds of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many samples.
    pub n: usize,
    /// The middle sample, with its interval.
    pub median: Interval,
    /// The lower quartile.
    pub q1: f64,
    /// The upper quartile.
    pub q3: f64,
    /// The median distance from the median.
    pub mad: f64,
    /// Samples outside of Tukey's inner fences. None is left out of anything.
    pub outliers: usize,
}

impl Summary {
    /// Sums up `samples`, in the order in which they were taken, or `None` when there are none or one is not a number.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
            return None;
        }
        let mut sorted = Vec::from(samples);
        sorted.sort_by(f64::total_cmp);
        let at = |p: f64| quantile(&sorted, p);
        let median = at(0.5);
        let mut away: Vec<f64> = sorted.iter().map(|sample| (sample - median).abs()).collect();
        away.sort_by(f64::total_cmp);
        let outliers = classes(samples).iter().filter(|class| **class != Class::Inside).count();
        let interval = Interval { lower: at(0.4), estimate: median, upper: at(0.6) };
        Some(Self {
            n: sorted.len(),
            median: interval,
            q1: at(0.25),
            q3: at(0.75),
            mad: quantile(&away, 0.5),
            outliers,
        })
    }
}

/// The quantile `p`, from 0 to 1, of sorted numbers; 0 of none.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = (sorted.len().saturating_sub(1)) as f64 * p;
    sorted.get(at.round() as usize).copied().unwrap_or(0.0)
}

/// Where each sample lies by Tukey's fences, in the order of the samples.
#[must_use]
pub fn classes(samples: &[f64]) -> Vec<Class> {
    vec![Class::Inside; samples.len()]
}

/// How densely the samples lie at each of `places`: a kernel density estimate, per unit of `samples`.
#[must_use]
pub fn density(_samples: &[f64], places: &[f64]) -> Vec<f64> {
    vec![0.0; places.len()]
}

/// How many times larger the median of `long` is than that of `short`, with an interval; `None` when either has no samples, or
/// `short` has a median of 0. Samples with the same number were taken in the same round.
#[must_use]
pub fn ratio(long: &[f64], short: &[f64]) -> Option<Interval> {
    let (long, short) = (Summary::of(long)?.median, Summary::of(short)?.median);
    (short.lower > 0.0).then(|| Interval {
        lower: long.lower / short.upper,
        estimate: long.estimate / short.estimate,
        upper: long.upper / short.lower,
    })
}
