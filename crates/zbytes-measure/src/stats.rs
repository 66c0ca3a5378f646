//! Computes quantiles, spread, outliers and intervals.
//!
//! # Intervals
//!
//! Every 95 % interval here is made by *sectioning* with sections that overlap. The method is from
//! these sources:
//!
//! - Asmussen and Glynn, Stochastic Simulation, 2007, III.5.
//! - Nakayama, Confidence intervals for quantiles using sectioning, ACM TOMACS 24(4), 2014.
//! - Pasupathy, Singham and Yeh, Overlapping batch confidence regions on the steady-state quantile
//!   vector, Winter Simulation Conference, 2022.
//!
//! A section is a row of neighbouring rounds, a sixth of all; one begins in every round. The
//! estimate is made once from all rounds and once from each section. The distance of the sections
//! from the whole shows how uncertain the whole is. The width is Student's t for six sections side
//! by side.
//!
//! A block bootstrap would cover too little with about 60 correlated samples, and it needs random
//! numbers. Sectioning respects the order of the samples and gives the same interval for the same
//! samples. In a ratio it also cancels an effect that both variants of a round share, such as
//! drift.
//!
//! Sections of correlated rounds lie closer to the whole than independent sections would. So the
//! width is corrected as if the rounds were a first-order autoregression. Few rounds show little of
//! their correlation. So the correction takes the highest correlation that they may hide
//! (`neighbours` in the source), not the rank correlation between neighbours that they show
//! ([`lag_one`]).
//!
//! For a ratio, that correlation is looked for in each of the two variants and in their ratio. An
//! effect that both share is not an error of the ratio. But the medians then rest on the few
//! samples that the effect left near them.
//!
//! **Claimed**: an interval holds the truth in at least 95 % of runs. Of two equal variants, one is
//! called faster or slower in at most 5 %. The claim begins at 6 rounds and reaches up to an
//! autocorrelation of 0.8, also where both variants drift alike. The tests of this module check it
//! in every cell of the table, with 2,000 simulated runs each.
//!
//! The table is in per cent of 40,000 runs with other seeds. The first number says how often the
//! interval of the ratio held the truth, the second how often the verdict was false. Each is the
//! worst of 15 cases. The noise is normal (5 %), log-normal (50 %), exponential, normal with a
//! tenth of outliers, or of two modes. The drift of both variants is absent, an even rise to the
//! double, or a wave by a third, nine rounds long.
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
//! The intervals of a single median hold it in 95.8 % or more of 20,000 runs, for the first three
//! kinds of noise and without drift. One series shows less of its correlation than two, so these
//! intervals are wider. With noise of 5 % they reach 37 % upwards with 6 rounds, 14 % with 12,
//! 3.5 % with 30 and 2.0 % with 60. Downwards they are those of the logarithm.
//!
//! The cost is width. Two variants with independent noise of 5 % are the example. To each side, the
//! interval of their ratio reaches 24 % with 6 rounds, 14 % with 9 and 11 % with 12. It reaches
//! 4.6 % with 30, 2.9 % with 60 and 1.6 % with 200. It reaches two to three times as far where both
//! drift alike.
//!
//! A true difference of 10 % is found in more than 99 % of runs with 60 independent rounds. With 30
//! rounds it is found in 98 %, with 12 in 54 %. With an autocorrelation of 0.8 it is found in 56 %
//! of runs with 60. If one variant takes twice as long, that is found in more than 99 %, also with
//! 6 or 9 rounds and an autocorrelation of 0.8.
//!
//! Beyond the claim: with an autocorrelation of 0.9, intervals hold the truth in 90 to 96 % of
//! runs. [`crate::Doubt::Autocorrelated`] reports that if there are enough rounds to see it. The
//! claim holds for waves of 5 to 40 rounds, a step to the double and an even drift to ten times.
//!
//! # Coarse clocks
//!
//! A coarse clock makes samples repeat, and all sections may agree for that reason alone. So every
//! interval is widened on both sides by the step that the samples show ([`resolution`]).

use serde::{Deserialize, Serialize};

use crate::clock::STEPS_PER_SAMPLE;

/// Holds an estimate and the ends of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end of the interval, in the unit of the estimate.
    pub lower: f64,
    /// The estimate, made from all samples.
    pub estimate: f64,
    /// Upper end of the interval; infinite when the samples set no limit.
    pub upper: f64,
}

impl Interval {
    /// Returns whether `value` lies in the interval; both ends belong to it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// Says where a sample lies by Tukey's fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// More than 3 interquartile ranges below the lower quartile.
    FarBelow,
    /// More than 1.5 interquartile ranges below the lower quartile.
    Below,
    /// Between the inner fences, or on one of them.
    Inside,
    /// More than 1.5 interquartile ranges above the upper quartile.
    Above,
    /// More than 3 interquartile ranges above the upper quartile.
    FarAbove,
}

/// Sums up the times of one variant. All times are nanoseconds of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// How many samples the summary rests on.
    pub n: usize,
    /// The middle sample, with its interval. The [module](self) explains the interval.
    pub median: Interval,
    /// The lower quartile, by [`quantile`].
    pub q1: f64,
    /// The upper quartile, by [`quantile`].
    pub q3: f64,
    /// The median distance from the median, not scaled to a standard deviation.
    pub mad: f64,
    /// Samples outside of Tukey's inner fences. They count in every other number.
    pub outliers: usize,
}

impl Summary {
    /// Summarises `samples`, in the order in which they were taken. The result is `None` without
    /// samples, or when one is not a number.
    ///
    /// With fewer than [`ENOUGH`] samples the interval is their whole range, which covers less than
    /// 95 %.
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

/// With fewer samples, a distribution-free 95 % interval of a median does not exist. The whole
/// range of five covers 1 - 2/2^5, which is 93.75 %.
pub const ENOUGH: usize = 6;

/// How many sections would lie side by side. With more sections each is shorter, and shows less of
/// a correlation over many rounds. With fewer the interval is wider.
const SECTIONS: usize = 6;

/// How many rounds a section is long.
fn section(rounds: usize) -> usize {
    ((rounds + SECTIONS / 2) / SECTIONS).max(1)
}

/// The median in each section of the first `rounds` samples; `None` when there are fewer, or one is
/// not a number.
pub(crate) fn medians(samples: &[f64], rounds: usize) -> Option<Vec<f64>> {
    let (samples, length) = (samples.get(..rounds)?, section(rounds));
    if samples.iter().any(|sample| !sample.is_finite()) {
        return None;
    }
    let mut sorted = in_order(samples.get(..length)?)?;
    let mut medians = vec![quantile(&sorted, 0.5)];
    // From one section to the next, one sample leaves and one enters.
    for (gone, come) in samples.iter().zip(samples.iter().skip(length)) {
        sorted.remove(sorted.partition_point(|sample| sample < gone));
        sorted.insert(sorted.partition_point(|sample| sample < come), *come);
        medians.push(quantile(&sorted, 0.5));
    }
    Some(medians)
}

/// Student's t for a two-sided 95 % interval with 5 degrees of freedom, as of six sections side by
/// side. Overlapping sections are worth more than that: for independent samples 2.28 would be
/// enough.
const T: f64 = 2.570_581_835_636_314;

/// Half the width of the interval for an estimate made from all rounds. The caller passes the same
/// estimate from each section, and the correlation between neighbouring rounds.
///
/// `None` unless there are at least two sections, and at most as many as rounds.
pub(crate) fn half_width(estimate: f64, parts: &[f64], rounds: usize, correlation: f64) -> Option<f64> {
    let count = parts.len();
    let length = (rounds + 1).checked_sub(count).filter(|length| *length > 0 && count > 1)?;
    let square = parts.iter().map(|part| (part - estimate).powi(2)).sum::<f64>() / count as f64;
    // A section varies around the whole by the difference of their variances.
    let (whole, part) = (variance(correlation, rounds), variance(correlation, length));
    Some(T * (square * whole / (part - whole)).sqrt())
}

/// The variance of the mean of `n` neighbours in a first-order autoregression, as a part of `n`
/// times its limit for large `n`.
fn variance(correlation: f64, n: usize) -> f64 {
    let n = n as f64;
    (1.0 - 2.0 * correlation * (1.0 - correlation.powf(n)) / (n * (1.0 - correlation * correlation))) / n
}

/// Where [`neighbours`] looks for a correlation between rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rounds<'a> {
    /// The samples of one series.
    Of(&'a [f64]),
    /// Two variants that shared their rounds: the samples of each, and their ratio in each round.
    Both(&'a [f64], &'a [f64]),
}

/// The correlation between neighbouring rounds for [`half_width`]: the highest that is found, and
/// the part that so few rounds may hide.
///
/// Two terms are added. One is 0.2, because the spread of correlated sections is less certain than
/// [`T`] assumes. The other shrinks as the rounds become more, and is larger for one series than
/// for two. The numbers are those that the simulations needed.
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

/// Returns the correlation between neighbours, from their ranks, so that outliers do not hide it.
/// It is 0 for none and always below 1. It is 0 when all samples are equal or there are fewer than
/// two.
#[must_use]
pub fn lag_one(samples: &[f64]) -> f64 {
    let places: Vec<(usize, f64)> = places(samples).into_iter().map(|at| (at, samples[at])).collect();
    let mut ranks = vec![0.0; samples.len()];
    let middle = (samples.len() as f64 - 1.0) / 2.0;
    let mut below = 0.0;
    // Equal samples share their mean rank: samples of a coarse clock are often equal.
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

/// Differences below this part of the median do not show the clock's step: they result from
/// counting time in floating point.
const FINE: f64 = 1e-4;

/// Returns how coarse the samples are, in their unit. This is the smallest difference between two
/// that differ, when some are equal. It is 0 when no two are equal.
///
/// If all are equal, no difference shows the step. Then it counts as the longest that
/// [`STEPS_PER_SAMPLE`] allows. Where it may be longer, [`crate::Doubt::CoarseClock`] reports it.
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

/// The places of numbers, by ascending numbers; equal ones stay in their order. Whatever is sorted by
/// numbers is sorted by this one function: each further type of elements costs 5 kB of program.
#[must_use]
pub(crate) fn places(numbers: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..numbers.len()).collect();
    places.sort_by(|one, other| numbers[*one].total_cmp(&numbers[*other]));
    places
}

/// The samples in ascending order; `None` when there are none or one is not a number.
fn in_order(samples: &[f64]) -> Option<Vec<f64>> {
    if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
        return None;
    }
    let mut sorted = Vec::from(samples);
    sorted.sort_unstable_by(f64::total_cmp);
    Some(sorted)
}

/// The median; `None` without samples, or when one is not a number.
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
        // Downwards by logarithms: a few samples that took very long do not show how short the
        // others may be.
        let logs: Option<Vec<f64>> =
            parts.iter().map(|part| (*part > 0.0 && estimate > 0.0).then(|| part.ln())).collect();
        let lower = match logs {
            Some(logs) => estimate * (-half_width(estimate.ln(), &logs, samples.len(), correlation)?).exp(),
            None => estimate - half,
        };
        (lower - step, estimate + half + step)
    };
    // Times are not negative. If samples are negative, they are not times.
    let lower = if first >= 0.0 { lower.max(0.0) } else { lower };
    Some(Interval { lower, estimate, upper })
}

/// Returns the quantile `p`, from 0 to 1, of sorted numbers, in their unit; 0 when there are none.
///
/// It is type 8 of Hyndman and Fan (Sample quantiles in statistical packages, The American
/// Statistician 50, 1996), the type that they recommend. It is about unbiased for the median
/// whatever the distribution. For `p` of one half it is the usual median.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = (sorted.len() as f64 + 1.0 / 3.0) * p + 1.0 / 3.0 - 1.0;
    let last = sorted.len().saturating_sub(1);
    // The cast makes 0 of a negative number.
    let below = (at.floor() as usize).min(last);
    let part = if at > below as f64 { (at - below as f64).min(1.0) } else { 0.0 };
    let (Some(a), Some(b)) = (sorted.get(below), sorted.get((below + 1).min(last))) else { return 0.0 };
    a + part * (b - a)
}

/// Returns where each sample lies by Tukey's fences (Exploratory Data Analysis, 1977), in the order
/// of the samples. A sample on a fence is inside.
///
/// If one sample is not a number, fences do not exist and all samples are `Inside`.
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

/// Returns how densely the samples lie at each of `places`, per unit of `samples`: a Gaussian
/// kernel density estimate. For a drawing with a logarithmic axis, pass logarithms. The result is
/// zeros without samples, or when one is not a number.
///
/// The bandwidth is Silverman's (Density Estimation, 1986, 3.31). It is 0.9 times the smaller of
/// the standard deviation and the interquartile range over 1.34, times `n^(-1/5)`. An outlier does
/// not widen it. If the interquartile range is 0, it uses the standard deviation alone. If all
/// samples are equal, it is 1 % of their value (or 0.01), so that a drawing shows a narrow peak.
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

/// Returns how many times larger the median of `long` is than that of `short`, with a 95 %
/// interval. Samples with the same number were taken in the same round.
///
/// The result is `None` when either has no samples, a sample that is negative or not a number, or a
/// median of 0. With a median of 0 the clock shows only that the variant took less than a step.
///
/// The interval is that of the logarithm of the ratio, by sectioning (see the [module](self)). A
/// stopped run leaves a round that only one of the two has; it counts for the estimate alone. Where
/// the median of a section is 0, the interval is the whole range of the ratios of any two samples.
///
/// With fewer than [`ENOUGH`] rounds the interval is 0 to infinity. Suppose that all five samples
/// of one variant lie above all five of an equal other: among correlated samples that shows little.
///
/// The upper end is infinite also when the range of `short` reaches down to 0: nothing limits the
/// ratio then.
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
        // Each median may be wrong by a step. These are the most unfavourable ends, as parts of the
        // ratio.
        let up = (1.0 + step_long / median_long) / (1.0 - step_short / median_short).max(0.0);
        let down = (1.0 - step_long / median_long).max(0.0) / (1.0 + step_short / median_short);
        return Some(Interval { lower: estimate * (-half).exp() * down, estimate, upper: estimate * half.exp() * up });
    }
    let lower = (least_long - step_long).max(0.0) / (most_short + step_short);
    let below = least_short - step_short;
    let upper = if below > 0.0 { (most_long + step_long) / below } else { f64::INFINITY };
    Some(Interval { lower, estimate, upper })
}

/// Half the width of the interval of the logarithm of the ratio; `None` when a section has no
/// ratio.
fn log_half_width(long: &[f64], short: &[f64], estimate: f64) -> Option<f64> {
    let rounds = long.len().min(short.len());
    let parts = log_medians(long, short, rounds)?;
    half_width(estimate.ln(), &parts, rounds, neighbours(Rounds::Both(long, short)))
}

/// The logarithm of the ratio of medians in each section; `None` when one is 0, or there are fewer
/// rounds.
pub(crate) fn log_medians(long: &[f64], short: &[f64], rounds: usize) -> Option<Vec<f64>> {
    let logs = medians(long, rounds)?.into_iter().zip(medians(short, rounds)?).map(|(long, short)| {
        let ratio = long / short;
        (ratio > 0.0 && ratio.is_finite()).then(|| ratio.ln())
    });
    logs.collect()
}

/// The logarithm of the ratio in each round, which cancels an effect that both variants share. In
/// place of a sample of 0 it uses the smallest positive number, so that the result is a number with
/// a rank.
fn log_ratios(long: &[f64], short: &[f64]) -> Vec<f64> {
    let of = |(long, short): (&f64, &f64)| long.max(f64::MIN_POSITIVE).ln() - short.max(f64::MIN_POSITIVE).ln();
    long.iter().zip(short).map(of).collect()
}

#[cfg(test)]
mod tests;
