//! What may be said of two variants, and what casts doubt on it.

use std::fmt;

use super::{
    Interval,
    clock::STEPS_PER_SAMPLE,
    run::{Run, Series},
    stats::{ENOUGH, lag_one, median_of, resolution},
};

/// Two variants whose whole interval lies within this part of each other are the same for everybody's purposes.
pub const MARGIN: f64 = 0.05;

/// What the numbers allow to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The second variant takes less time: the whole interval lies above 1, and not all of it within the margin.
    Faster,
    /// The second variant takes more time: the whole interval lies below 1, and not all of it within the margin.
    Slower,
    /// The whole interval lies within the margin around 1.
    Same,
    /// None of these: the interval holds 1 and more than the margin.
    CannotTell,
}

impl Verdict {
    /// The verdict on the second variant, from how many times longer the first one took.
    #[must_use]
    pub fn of(ratio: &Interval) -> Self {
        if ratio.lower >= 1.0 / (1.0 + MARGIN) && ratio.upper <= 1.0 + MARGIN {
            Self::Same
        } else if ratio.lower > 1.0 {
            Self::Faster
        } else if ratio.upper < 1.0 {
            Self::Slower
        } else {
            Self::CannotTell
        }
    }

    /// Why, in one plain sentence. Of two intervals with the same verdict each has its own numbers, rounded so that the sentence
    /// stays true.
    #[must_use]
    pub fn reason(self, ratio: &Interval) -> String {
        let margin = MARGIN * 100.0;
        let (lower, upper) = (beside_one(ratio.lower), beside_one(ratio.upper));
        let range = if ratio.upper.is_finite() { format!("{lower} to {upper}") } else { format!("{lower} or more") };
        match self {
            Self::Faster => format!("The whole interval, {range}, lies above 1."),
            Self::Slower => format!("The whole interval, {range}, lies below 1."),
            Self::Same => format!("The whole interval, {range}, lies within {margin:.0} % of 1."),
            Self::CannotTell => {
                format!("The interval, {range}, holds 1 and reaches farther than {margin:.0} % from it.")
            }
        }
    }
}

/// A ratio in as many digits as it takes to see on which side of 1 it lies.
fn beside_one(ratio: f64) -> String {
    let decimals = if ratio >= 100.0 {
        0
    } else if ratio >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{ratio:.decimals$}");
    if text != "1.00" || ratio == 1.0 { text } else { format!("{ratio:.5}") }
}

/// Something that casts doubt on a run. Shown as sentences that say what was seen, what it means and what to do.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The shortest samples lasted fewer steps of the clock than they should.
    CoarseClock {
        /// How many.
        steps: f64,
    },
    /// The machine became slower or faster while it measured.
    Drift {
        /// How many times longer the last third of the samples took than the first.
        factor: f64,
    },
    /// Too few samples for a 95 % interval that can be trusted.
    TooFewSamples {
        /// How many there were of the variant with the fewest.
        n: usize,
    },
    /// Samples that follow each other are so alike that the intervals are much wider for it, or cover less than they claim.
    Autocorrelated {
        /// The rank correlation between neighbours, from 0 to 1.
        correlation: f64,
    },
    /// The page was hidden meanwhile.
    PageHidden,
    /// The program was built without optimisation.
    DebugBuild,
    /// The run was stopped before its end.
    Partial,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CoarseClock { steps } => write!(
                f,
                "The clock is coarse: the shortest sample lasted {steps:.0} of its steps, where {STEPS_PER_SAMPLE} are wanted. \
                 Small differences are lost in the step. Measure a larger payload; and a page that is not isolated has a coarser clock."
            ),
            Self::Drift { factor } => write!(
                f,
                "The machine drifted: its last samples took {factor:.2} times as long as its first. The variants took turns, so \
                 their ratio can still be trusted, their times less. Close what else runs, let the machine cool, and measure again."
            ),
            Self::TooFewSamples { n } => write!(
                f,
                "There are too few samples of at least one variant: {n}. An interval that can be trusted needs {ENOUGH}. \
                 Measure again, and let it come to its end."
            ),
            Self::Autocorrelated { correlation } => write!(
                f,
                "Samples that follow each other are alike (correlation {correlation:.2}), as if something slow went on beside them. \
                 The intervals are wider for it, and still too narrow if it is more than 0.8. Close what else runs, and measure again."
            ),
            Self::PageHidden => write!(
                f,
                "The page was hidden meanwhile, and a browser slows such a page down. Measure again and keep it in view."
            ),
            Self::DebugBuild => write!(
                f,
                "The program was built without optimisation, so its times say nothing about a real one. Build it for release."
            ),
            Self::Partial => write!(
                f,
                "The run was stopped before its end and rests on fewer samples than were planned. Measure again to the end."
            ),
        }
    }
}

/// A drift by a smaller factor is no matter: the variants take turns.
pub const DRIFT: f64 = 1.1;

/// How often [`drift`] may see one in white noise.
const FALSE_DRIFT: f64 = 0.001;

/// The correlation between neighbours above which it may in truth be more than 0.8, up to which intervals keep what they claim (see
/// [`super::stats`]).
pub const CORRELATED: f64 = 0.6;

/// Everything that casts doubt on `run`, judged by its raw samples and its conditions.
///
/// Each series is judged by itself, also in a sweep, and so are whole puts.
///
/// | warning | when |
/// |---|---|
/// | coarse clock | the median of some series lasted less than [`STEPS_PER_SAMPLE`] steps, of the clock as its step was measured or as the samples show it by taking few values |
/// | drift | see [`drift`]: of what all series have in common, or of one of them |
/// | too few samples | a series has fewer than [`ENOUGH`] |
/// | autocorrelated | the rank correlation between neighbours is above [`CORRELATED`], and above what chance gives once in ten thousand; not beside drift, which explains it |
/// | the others | the run says so |
#[must_use]
pub fn warnings(run: &Run) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let conditions = &run.conditions;
    if !conditions.optimised {
        warnings.push(Warning::DebugBuild);
    }
    if conditions.hidden {
        warnings.push(Warning::PageHidden);
    }
    if run.partial {
        warnings.push(Warning::Partial);
    }
    let puts: Vec<Vec<f64>> = run.puts.iter().map(super::run::Puts::totals).collect();
    let all: Vec<&[f64]> =
        run.series.iter().map(|series| series.samples.as_slice()).chain(puts.iter().map(Vec::as_slice)).collect();
    if let Some(n) = all.iter().map(|samples| samples.len()).min().filter(|n| *n < ENOUGH) {
        warnings.push(Warning::TooFewSamples { n });
    }
    let of_series = run.series.iter().filter_map(|series| steps(series, conditions.clock_step));
    let of_puts = puts.iter().filter_map(|totals| Some(median_of(totals)? / conditions.clock_step));
    let least = of_series.chain(of_puts).filter(|steps| steps.is_finite()).reduce(f64::min);
    if let Some(steps) = least.filter(|steps| *steps < f64::from(STEPS_PER_SAMPLE)) {
        warnings.push(Warning::CoarseClock { steps });
    }
    let series: Vec<&[f64]> = run.series.iter().map(|series| series.samples.as_slice()).collect();
    let puts: Vec<&[f64]> = puts.iter().map(Vec::as_slice).collect();
    // Puts have rounds of their own.
    let factor = [drift(&series), drift(&puts)].into_iter().flatten().reduce(farther);
    if let Some(factor) = factor {
        warnings.push(Warning::Drift { factor });
    } else if let Some(correlation) = all.iter().filter_map(|samples| correlated(samples)).reduce(f64::max) {
        warnings.push(Warning::Autocorrelated { correlation });
    }
    warnings
}

/// How many steps of the clock a sample of the series lasted, by its median.
fn steps(series: &Series, clock_step: f64) -> Option<f64> {
    let median = median_of(&series.samples)?;
    let said = median * f64::from(series.runs) / clock_step;
    let mut sorted = Vec::from(series.samples.as_slice());
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    // Few values, each many times: the clock's step shows in them. A single one shows no step.
    if sorted.len() < 2 || sorted.len() * 2 > series.samples.len() {
        return Some(said);
    }
    let shown = median / resolution(&series.samples);
    Some(if said <= shown { said } else { shown })
}

/// The correlation between neighbours where it is too high. The limit grows as the rounds become fewer: of white noise the
/// correlation has a standard deviation of `1 / sqrt(n)`, and 4 of them are exceeded about once in thirty thousand series.
fn correlated(samples: &[f64]) -> Option<f64> {
    let limit = CORRELATED.max(4.0 / (samples.len().max(1) as f64).sqrt());
    Some(lag_one(samples)).filter(|correlation| *correlation > limit)
}

/// Whether the times of `series` drifted, which share their rounds: by which factor the last third took longer than the first.
/// `None` when they did not, or by less than [`DRIFT`], or when there are fewer than nine rounds.
///
/// First what all series have in common is judged, the mean of their logarithms in each round, then each series by itself, more
/// strictly the more there are. The medians of the two thirds are compared by Student's t: each third is cut into four sections
/// (three, of fewer than twelve rounds), and how far these lie from each other, with or without an even drift, says how uncertain the
/// medians are. In white noise that
/// fires in about one of a thousand runs. In the simulations of the tests it fires for an even rise to the double in 60 rounds always,
/// and for stationary noise (5 %) with autocorrelation up to 0.8 in less than 1 % of runs.
#[must_use]
pub fn drift(series: &[&[f64]]) -> Option<f64> {
    let logs: Option<Vec<Vec<f64>>> = series.iter().map(|samples| logs(samples)).collect();
    // A sample of 0 has no logarithm; the clock is too coarse then to say anything.
    let logs = logs?;
    let rounds = logs.iter().map(Vec::len).min()?;
    let mean = |round: usize| logs.iter().filter_map(|logs| logs.get(round)).sum::<f64>() / logs.len() as f64;
    let common: Vec<f64> = (0..rounds).map(mean).collect();
    let of = |logs: &[f64], tests: usize| {
        let (difference, p) = thirds(logs)?;
        (p * tests as f64 <= FALSE_DRIFT && difference.abs() > DRIFT.ln()).then(|| difference.exp())
    };
    of(&common, 2).or_else(|| logs.iter().filter_map(|series| of(series, 2 * logs.len())).reduce(farther))
}

/// Logarithms of samples by their median; `None` when one has none.
fn logs(samples: &[f64]) -> Option<Vec<f64>> {
    let median = median_of(samples).filter(|median| *median > 0.0)?;
    samples.iter().map(|sample| (*sample > 0.0).then(|| (sample / median).ln())).collect()
}

/// Of two factors the one farther from 1.
fn farther(a: f64, b: f64) -> f64 {
    if a.ln().abs() >= b.ln().abs() { a } else { b }
}

/// By how much the median of the last third lies above that of the first, and how likely such a difference is by chance.
fn thirds(logs: &[f64]) -> Option<(f64, f64)> {
    let third = logs.len() / 3;
    let count = third.min(4);
    if count < 3 {
        return None;
    }
    let (first, last) = (logs.get(..third)?, logs.get(logs.len() - third..)?);
    let difference = median_of(last)? - median_of(first)?;
    // Both for a drift that came at once between the thirds, and for an even one, which goes on within them.
    let even = difference / (logs.len() - third) as f64;
    let squares = |slope: f64| -> Option<f64> {
        let mut sum = 0.0;
        for third in [first, last] {
            let level: Vec<f64> = third.iter().enumerate().map(|(i, log)| log - slope * i as f64).collect();
            let middle = median_of(&level)?;
            for part in (0..count).map(|i| i * level.len() / count..(i + 1) * level.len() / count) {
                sum += (median_of(level.get(part)?)? - middle).powi(2);
            }
        }
        Some(sum)
    };
    let squares = squares(0.0)?.min(squares(even)?);
    // Samples that a coarse clock made equal are not certain: the step stays in doubt.
    let step = resolution(&logs.iter().map(|log| log.exp()).collect::<Vec<_>>());
    let count = count as f64;
    let deviation = (squares / (count - 1.0) / count + step * step).sqrt();
    Some((difference, by_chance(difference.abs() / deviation, 2 * (count as usize - 1))))
}

/// How likely Student's t is farther from 0 than this, for 4 or 6 degrees of freedom (Abramowitz and Stegun, 26.7.4).
fn by_chance(t: f64, freedom: usize) -> f64 {
    let angle = t.atan2((freedom as f64).sqrt());
    let square = angle.cos().powi(2);
    let mut sum = 1.0 + square / 2.0;
    if freedom == 6 {
        sum += 0.375 * square * square;
    }
    1.0 - angle.sin() * sum
}

#[cfg(test)]
mod tests;
