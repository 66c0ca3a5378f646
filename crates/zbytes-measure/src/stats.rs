//! Quantiles, spread, outliers, intervals.
//!
//! # Intervals
//!
//! Every 95 % interval here comes from *sectioning* with sections that overlap (Asmussen and Glynn, Stochastic Simulation, 2007, III.5;
//! Nakayama, Confidence intervals for quantiles using sectioning, ACM TOMACS 24(4), 2014; Pasupathy, Singham and Yeh, Overlapping batch
//! confidence regions on the steady-state quantile vector, Winter Simulation Conference, 2022). A section is a run of a sixth of the
//! rounds that follow each other; one begins in every round. The estimate is made once from all rounds and once from each section; how far
//! the sections lie from the whole says how uncertain the whole is. The width is Student's t for six sections side by side.
//!
//! Why not a block bootstrap: of about 60 samples that hang together it covers too little, and it needs random numbers.
//! Sectioning respects the order of the samples, gives the same interval for the same samples, and leaves out of a ratio
//! what met both variants of a round alike, such as drift.
//!
//! Sections of rounds that hang together lie closer to the whole than independent ones would. So the width is corrected as if the rounds were a
//! first-order autoregression, not with the rank correlation between neighbours that they show ([`lag_one`]) but with the highest that
//! they may hide (`neighbours` in the source): few rounds show little of it. Of a ratio it is sought in each of the two variants and in their ratio: what met
//! both alike is no error of the ratio, but the medians rest on the few samples that it left near them.
//!
//! **Claimed**: an interval holds the truth in at least 95 % of runs, and of two equal variants one is called faster or slower in at most 5 %,
//! from 6 rounds on, up to an autocorrelation of 0.8 and also where both drift alike. The tests of this file test that in every cell
//! of the table, with 2,000 simulated runs each. In per cent of 40,000 runs of other seeds, how often the interval of the ratio held the truth and how often the
//! verdict was false, each in the worst of 15 cases: noise that is normal (5 %), log-normal (50 %), exponential, normal with a tenth of outliers, or of two
//! modes; without drift, with an even drift of both to the double, and with a wave of both by a third, nine rounds long.
//!
//! | rounds | independent | autocorrelation 0.5 | 0.7 | 0.8 |
//! |---|---|---|---|---|
//! | 6 | 99.3, 0.7 | 98.5, 1.5 | 97.2, 2.8 | 95.7, 4.3 |
//! | 9 | 98.5, 1.5 | 98.1, 1.9 | 97.2, 2.8 | 95.6, 4.4 |
//! | 12 | 98.0, 2.0 | 98.6, 1.4 | 98.1, 1.9 | 96.9, 3.1 |
//! | 15 | 98.7, 1.3 | 98.7, 1.3 | 98.1, 1.9 | 96.8, 3.2 |
//! | 30 | 98.3, 1.7 | 98.7, 1.3 | 97.9, 2.1 | 96.8, 3.2 |
//! | 60 | 97.4, 2.6 | 97.5, 2.4 | 97.2, 2.8 | 96.2, 3.7 |
//! | 200 | 97.5, 2.5 | 97.4, 2.6 | 97.0, 2.5 | 96.6, 3.0 |
//!
//! The intervals of a single median, of the first three kinds of noise and without drift, hold it in 95.8 % or more of 20,000 runs. One series tells
//! less of its correlation than two, so they are wider: with noise of 5 % they reach 37 % upwards with 6 rounds, 14 % with 12, 3.5 % with 30 and 2.0 % with 60.
//! Downwards they are those of the logarithm.
//!
//! What it costs: the interval of the ratio of two variants with independent noise of 5 % reaches 24 % to each side of it with 6 rounds, 14 % with 9,
//! 11 % with 12, 4.6 % with 30, 2.9 % with 60 and 1.6 % with 200, and two to three times as far where both drift alike. A true difference of 10 % is
//! found in more than 99 % of runs with 60 independent rounds, in 98 % with 30 and in 54 % with 12; with an autocorrelation of 0.8, in 56 % of runs with 60. Where one takes
//! twice as long it is found in more than 99 %, also with 6 or 9 rounds and an autocorrelation of 0.8.
//!
//! Beyond it: with an autocorrelation of 0.9, intervals hold the truth in 90 to 96 % of runs. [`crate::Doubt::Autocorrelated`] says so
//! if there are rounds enough to see it. Waves of 5 to 40 rounds, a step to the double and an even drift to ten times keep the claim.
//!
//! # Coarse clocks
//!
//! Where samples repeat because the clock is coarse, all sections may agree by that alone. So every interval is widened by
//! the step that the samples show ([`resolution`]) on both sides.

use serde::{Deserialize, Serialize};

use crate::clock::STEPS_PER_SAMPLE;

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

impl Interval {
    /// Whether `value` lies in it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
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
    /// The middle sample, with its interval. See the [module](self) for how it is made.
    pub median: Interval,
    /// The lower quartile, by [`quantile`].
    pub q1: f64,
    /// The upper quartile, by [`quantile`].
    pub q3: f64,
    /// The median distance from the median, not scaled to a standard deviation.
    pub mad: f64,
    /// Samples outside of Tukey's inner fences. None is left out of anything.
    pub outliers: usize,
}

impl Summary {
    /// Sums up `samples`, in the order in which they were taken, or `None` when there are none or one is not a number.
    ///
    /// With fewer than [`ENOUGH`] samples the interval is their whole range, which covers less than 95 %.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        let sorted = in_order(samples)?;
        let at = |p: f64| quantile(&sorted, p);
        let median = at(0.5);
        let away: Vec<f64> = sorted.iter().map(|sample| (sample - median).abs()).collect();
        let outliers = classes(samples).iter().filter(|class| **class != Class::Inside).count();
        Some(Self {
            n: sorted.len(),
            median: median_interval(samples, &sorted)?,
            q1: at(0.25),
            q3: at(0.75),
            mad: median_of(&away)?,
            outliers,
        })
    }
}

/// With fewer samples no distribution-free 95 % interval of a median exists: the whole range of five covers 1 - 2/2^5, which is
/// 93.75 %.
pub const ENOUGH: usize = 6;

/// So many sections would lie side by side. With more each is shorter, and says less about what hangs together over many rounds; with
/// fewer the interval is wider.
const SECTIONS: usize = 6;

/// How many rounds a section is long.
fn section(rounds: usize) -> usize {
    ((rounds + SECTIONS / 2) / SECTIONS).max(1)
}

/// The median in each section of the first `rounds` samples; `None` when there are fewer, or one is not a number.
pub(crate) fn medians(samples: &[f64], rounds: usize) -> Option<Vec<f64>> {
    let (samples, length) = (samples.get(..rounds)?, section(rounds));
    if samples.iter().any(|sample| !sample.is_finite()) {
        return None;
    }
    let mut sorted = in_order(samples.get(..length)?)?;
    let mut medians = vec![quantile(&sorted, 0.5)];
    // From one section to the next, one sample goes and one comes.
    for (gone, come) in samples.iter().zip(samples.iter().skip(length)) {
        sorted.remove(sorted.partition_point(|sample| sample < gone));
        sorted.insert(sorted.partition_point(|sample| sample < come), *come);
        medians.push(quantile(&sorted, 0.5));
    }
    Some(medians)
}

/// Student's t for a two-sided 95 % interval with 5 degrees of freedom, as of six sections side by side. Overlapping ones are worth more
/// than that: for independent samples 2.28 would do.
const T: f64 = 2.570_581_835_636_314;

/// Half the width of the interval for an estimate made from all rounds, given the same made from each section, and the
/// correlation between neighbouring rounds. `None` unless there are at least two sections, and no more than rounds.
pub(crate) fn half_width(estimate: f64, parts: &[f64], rounds: usize, correlation: f64) -> Option<f64> {
    let count = parts.len();
    let length = (rounds + 1).checked_sub(count).filter(|length| *length > 0 && count > 1)?;
    let square = parts.iter().map(|part| (part - estimate).powi(2)).sum::<f64>() / count as f64;
    // A section lies around the whole with the difference of their variances.
    let (whole, part) = (variance(correlation, rounds), variance(correlation, length));
    Some(T * (square * whole / (part - whole)).sqrt())
}

/// The variance of the mean of `n` neighbours in a first-order autoregression, as a part of `n` times its limit for large `n`.
fn variance(correlation: f64, n: usize) -> f64 {
    let n = n as f64;
    (1.0 - 2.0 * correlation * (1.0 - correlation.powf(n)) / (n * (1.0 - correlation * correlation))) / n
}

/// Where it may show how rounds hang together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rounds<'a> {
    /// One series.
    Of(&'a [f64]),
    /// Two variants that shared their rounds: each of them, and how they compare in each round.
    Both(&'a [f64], &'a [f64]),
}

/// The correlation between neighbouring rounds for [`half_width`]: the highest that is found, and what so few rounds may hide of it.
///
/// 0.2, since the spread of sections that hang together is less certain than [`T`] says; and what becomes less with the rounds, more of it
/// where there is one series to find it in than where there are two. The numbers are what the simulations needed.
pub(crate) fn neighbours(rounds: Rounds<'_>) -> f64 {
    let (found, n, hidden, highest) = match rounds {
        Rounds::Of(samples) => (lag_one(samples), samples.len(), 9.0, 0.96),
        Rounds::Both(long, short) => {
            let ratios = log_ratios(long, short);
            let found = [long, short, &ratios].map(lag_one).into_iter().fold(-1.0, f64::max);
            (found, ratios.len(), 2.0, 0.9)
        }
    };
    let n = n.max(1) as f64;
    // Kendall, Note on bias in the estimation of autocorrelation, Biometrika 41, 1954.
    let found = found + (1.0 + 3.0 * found) / n;
    let most = found + 0.2 + hidden / n;
    if most > 0.0 { most.min(highest) } else { 0.0 }
}

/// The correlation between neighbours, of their ranks so that outliers do not hide it: 0 for none, below 1, and 0 when all are
/// equal or there are fewer than two.
#[must_use]
pub fn lag_one(samples: &[f64]) -> f64 {
    let mut places: Vec<(usize, f64)> = samples.iter().copied().enumerate().collect();
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.0; samples.len()];
    let middle = (samples.len() as f64 - 1.0) / 2.0;
    let mut below = 0.0;
    // Equal samples share their mean rank: samples of a coarse clock often are.
    for equal in places.chunk_by(|a, b| a.1 == b.1) {
        let count = equal.len() as f64;
        for (place, _) in equal {
            if let Some(rank) = ranks.get_mut(*place) {
                *rank = below + (count - 1.0) / 2.0 - middle;
            }
        }
        below += count;
    }
    let all: f64 = ranks.iter().map(|rank| rank * rank).sum();
    let pairs: f64 = ranks.iter().zip(ranks.iter().skip(1)).map(|(a, b)| a * b).sum();
    if all > 0.0 { pairs / all } else { 0.0 }
}

/// Differences below this part of the median say nothing about the clock: they come from counting time in floating point.
const FINE: f64 = 1e-4;

/// How coarse the samples are, in their unit: the smallest difference between two that differ, when some do not. 0 when no two are
/// equal. When all are equal nothing shows the step; then it is taken to be as long as [`STEPS_PER_SAMPLE`] allow. Where it may
/// be longer, [`crate::Doubt::CoarseClock`] says so.
#[must_use]
pub fn resolution(samples: &[f64]) -> f64 {
    in_order(samples).map_or(0.0, |sorted| step_of(&sorted))
}

fn step_of(sorted: &[f64]) -> f64 {
    let middle = quantile(sorted, 0.5).abs();
    let gaps = sorted.iter().zip(sorted.iter().skip(1)).map(|(a, b)| b - a);
    let (same, differ): (Vec<f64>, Vec<f64>) = gaps.partition(|gap| *gap <= middle * FINE);
    match differ.iter().copied().reduce(f64::min) {
        _ if same.is_empty() => 0.0,
        Some(gap) => gap,
        None => middle / f64::from(STEPS_PER_SAMPLE),
    }
}

/// Sorted, or `None` when there is nothing or one is not a number.
fn in_order(samples: &[f64]) -> Option<Vec<f64>> {
    if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
        return None;
    }
    let mut sorted = Vec::from(samples);
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// The median, or `None` when there are no samples or one is not a number.
pub(crate) fn median_of(samples: &[f64]) -> Option<f64> {
    in_order(samples).map(|sorted| quantile(&sorted, 0.5))
}

fn median_interval(samples: &[f64], sorted: &[f64]) -> Option<Interval> {
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let estimate = quantile(sorted, 0.5);
    let step = step_of(sorted);
    let (lower, upper) = if samples.len() < ENOUGH {
        (first - step, last + step)
    } else {
        let (parts, correlation) = (medians(samples, samples.len())?, neighbours(Rounds::Of(samples)));
        let half = half_width(estimate, &parts, samples.len(), correlation)?;
        // Downwards by logarithms: a few samples that took very long say nothing about how short the others may be.
        let logs: Option<Vec<f64>> =
            parts.iter().map(|part| (*part > 0.0 && estimate > 0.0).then(|| part.ln())).collect();
        let lower = match logs {
            Some(logs) => estimate * (-half_width(estimate.ln(), &logs, samples.len(), correlation)?).exp(),
            None => estimate - half,
        };
        (lower - step, estimate + half + step)
    };
    // Times are not negative; where samples are, they are no times.
    let lower = if first >= 0.0 { lower.max(0.0) } else { lower };
    Some(Interval { lower, estimate, upper })
}

/// The quantile `p`, from 0 to 1, of sorted numbers, in their unit; 0 of none.
///
/// Type 8 of Hyndman and Fan (Sample quantiles in statistical packages, The American Statistician 50, 1996), which they recommend:
/// about unbiased for the median whatever the distribution. For `p` of one half it is the usual median.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = (sorted.len() as f64 + 1.0 / 3.0) * p + 1.0 / 3.0 - 1.0;
    let last = sorted.len().saturating_sub(1);
    // Casting makes 0 of what is negative.
    let below = (at.floor() as usize).min(last);
    let part = if at > below as f64 { (at - below as f64).min(1.0) } else { 0.0 };
    let (Some(a), Some(b)) = (sorted.get(below), sorted.get((below + 1).min(last))) else { return 0.0 };
    a + part * (b - a)
}

/// Where each sample lies by Tukey's fences (Exploratory Data Analysis, 1977), in the order of the samples. A sample on a fence is
/// inside. Samples that are not numbers make all of them `Inside`: there are no fences then.
#[must_use]
pub fn classes(samples: &[f64]) -> Vec<Class> {
    let Some(sorted) = in_order(samples) else { return vec![Class::Inside; samples.len()] };
    let (q1, q3) = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
    let range = q3 - q1;
    let class = |sample: &f64| match *sample {
        s if s < q1 - 3.0 * range => Class::FarBelow,
        s if s < q1 - 1.5 * range => Class::Below,
        s if s > q3 + 3.0 * range => Class::FarAbove,
        s if s > q3 + 1.5 * range => Class::Above,
        _ => Class::Inside,
    };
    samples.iter().map(class).collect()
}

/// How densely the samples lie at each of `places`, per unit of `samples`: a Gaussian kernel density estimate. For a drawing with a
/// logarithmic axis, pass logarithms. Zeros when there are no samples or one is not a number.
///
/// The bandwidth is Silverman's (Density Estimation, 1986, 3.31): 0.9 times the smaller of the standard deviation and the
/// interquartile range over 1.34, times `n^(-1/5)`, which an outlier does not widen. Where that is 0, the standard deviation alone;
/// where all samples are equal, 1 % of their value (or 0.01), so that a drawing shows a narrow peak.
#[must_use]
pub fn density(samples: &[f64], places: &[f64]) -> Vec<f64> {
    let Some(sorted) = in_order(samples) else { return vec![0.0; places.len()] };
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let squares: f64 = sorted.iter().map(|sample| (sample - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0).max(1.0)).sqrt();
    let range = (quantile(&sorted, 0.75) - quantile(&sorted, 0.25)) / 1.34;
    let least = mean.abs() * 1e-9;
    let spread = if range > least { deviation.min(range) } else { deviation };
    let width = match 0.9 * spread * n.powf(-0.2) {
        width if width > least => width,
        _ if mean == 0.0 => 0.01,
        _ => mean.abs() * 0.01,
    };
    let scale = 1.0 / (n * width * std::f64::consts::TAU.sqrt());
    let at = |place: &f64| {
        let sum: f64 = sorted.iter().map(|sample| (-0.5 * ((place - sample) / width).powi(2)).exp()).sum();
        sum * scale
    };
    places.iter().map(at).collect()
}

/// How many times larger the median of `long` is than that of `short`, with a 95 % interval; `None` when either has no samples or
/// one that is not a positive number or 0, or either has a median of 0: then all that is known is that it took less than a step
/// of the clock. Samples with the same number were taken in the same round.
///
/// The interval is that of the logarithm of the ratio, by sectioning (see the [module](self)); a round that only one of the two has,
/// because a run was stopped in it, counts for the estimate alone. Where the median of a section is 0, it is the whole range of what a
/// ratio of any two samples could be. With fewer than [`ENOUGH`] rounds it is everything, 0 to infinity: that all of five samples lie above
/// all of five of an equal other says little where samples hang together.
///
/// Its upper end is infinite also when the range of `short` reaches down to 0: then there is no upper limit.
#[must_use]
pub fn ratio(long: &[f64], short: &[f64]) -> Option<Interval> {
    let (sorted_long, sorted_short) = (in_order(long)?, in_order(short)?);
    let ends = |sorted: &[f64]| Some((*sorted.first()?, *sorted.last()?));
    let ((least_long, most_long), (least_short, most_short)) = (ends(&sorted_long)?, ends(&sorted_short)?);
    let (median_long, median_short) = (quantile(&sorted_long, 0.5), quantile(&sorted_short, 0.5));
    if least_long < 0.0 || least_short < 0.0 || median_short <= 0.0 || median_long <= 0.0 {
        return None;
    }
    let estimate = median_long / median_short;
    if long.len().min(short.len()) < ENOUGH {
        return Some(Interval { lower: 0.0, estimate, upper: f64::INFINITY });
    }
    let (step_long, step_short) = (step_of(&sorted_long), step_of(&sorted_short));
    if let Some(half) = log_half_width(long, short, estimate) {
        // Each median may be wrong by a step; the most unfavourable ends, as parts of the ratio.
        let up = (1.0 + step_long / median_long) / (1.0 - step_short / median_short).max(0.0);
        let down = (1.0 - step_long / median_long).max(0.0) / (1.0 + step_short / median_short);
        return Some(Interval { lower: estimate * (-half).exp() * down, estimate, upper: estimate * half.exp() * up });
    }
    let lower = (least_long - step_long).max(0.0) / (most_short + step_short);
    let below = least_short - step_short;
    let upper = if below > 0.0 { (most_long + step_long) / below } else { f64::INFINITY };
    Some(Interval { lower, estimate, upper })
}

/// Half the width of the interval of the logarithm of the ratio; `None` when a section has no ratio.
fn log_half_width(long: &[f64], short: &[f64], estimate: f64) -> Option<f64> {
    let rounds = long.len().min(short.len());
    let parts = log_medians(long, short, rounds)?;
    half_width(estimate.ln(), &parts, rounds, neighbours(Rounds::Both(long, short)))
}

/// The logarithm of the ratio of medians in each section; `None` when one is 0, or there are fewer rounds.
pub(crate) fn log_medians(long: &[f64], short: &[f64], rounds: usize) -> Option<Vec<f64>> {
    let logs = medians(long, rounds)?.into_iter().zip(medians(short, rounds)?).map(|(long, short)| {
        let ratio = long / short;
        (ratio > 0.0 && ratio.is_finite()).then(|| ratio.ln())
    });
    logs.collect()
}

/// The logarithm of the ratio in each round, which leaves out what met both variants alike. Where a sample is 0 it is that of what
/// there is, so that it stays a number with a rank.
fn log_ratios(long: &[f64], short: &[f64]) -> Vec<f64> {
    let of = |(long, short): (&f64, &f64)| long.max(f64::MIN_POSITIVE).ln() - short.max(f64::MIN_POSITIVE).ln();
    long.iter().zip(short).map(of).collect()
}

#[cfg(test)]
mod tests;
