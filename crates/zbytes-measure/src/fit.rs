//! Fits the cost model of a sweep: the cost of a byte, the cost of a segment, and where that
//! breaks. It also finds where two variants cross.
//!
//! Intervals are by sectioning over the rounds, as in [`crate::stats`]. All places of a sweep share
//! their rounds. So a round in which the machine was slow is slow at every place of one section.

use std::ops::Range;

use crate::{
    Interval,
    stats::{self, ENOUGH, Rounds, half_width, log_medians, median_of, medians, neighbours},
};

/// Holds one place of a sweep: all samples of one variant at one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<'a> {
    /// The size: bytes of the payload, or number of segments.
    pub x: f64,
    /// Nanoseconds of one run, in the order of the rounds.
    pub samples: &'a [f64],
}

/// Describes a straight line through a sweep, where it holds: `fixed + each * x` nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Nanoseconds at no byte or segment. If its interval holds 0 or less, the sweep cannot tell
    /// whether there is a fixed cost.
    pub fixed: Interval,
    /// Nanoseconds for each byte or segment.
    pub each: Interval,
    /// The smallest `x` at which the line holds.
    pub from: f64,
    /// The largest `x` at which the line holds. Beyond it caches or page faults break the line, or
    /// the sweep ends.
    pub to: f64,
}

/// The line holds where every median differs from it by at most this part of the line's value.
///
/// It is wider than the noise of medians and narrower than the effect of a cache. Suppose that each
/// byte beyond the middle of a sweep costs one and a half times as much: this tolerance finds the
/// break. With a tolerance of a quarter, the line would bend until it holds everywhere. A break by
/// a quarter stays hidden.
pub const TOLERANCE: f64 = 0.15;

/// The fewest places that can test a line: through two places there always is one.
const FEWEST_PLACES: usize = 3;

/// Fits the model to a sweep.
///
/// The result is `None` when no line holds over three places, or the places have fewer than six
/// rounds in common.
///
/// The line is fitted to the medians by least squares of the *relative* error. The weights are one
/// over the square of the median, because a sweep spans orders of magnitude and its noise grows
/// with the time.
///
/// The line uses the longest row of neighbouring places in which it holds everywhere within
/// [`TOLERANCE`]. Of several equally long rows it uses the one with the smallest error. The places
/// are taken in the order of `x`; those with a median of 0 are left out.
///
/// The intervals take the range of places as given. They leave out one error: the same samples
/// chose that range. Near a break a place may still be within the tolerance and bend the line, by
/// up to that tolerance.
#[must_use]
pub fn fit(points: &[Point<'_>]) -> Option<Model> {
    let places: Vec<Place<'_>> = points.iter().filter_map(Place::of).collect();
    let xs: Vec<f64> = places.iter().map(|place| place.x).collect();
    let places: Vec<Place<'_>> = stats::places(&xs).into_iter().map(|at| places[at]).collect();
    let (mut best, mut best_error): (Range<usize>, f64) = (0..0, f64::INFINITY);
    for from in 0..places.len() {
        for to in from + FEWEST_PLACES.max(best.len())..=places.len() {
            let Some(error) = places.get(from..to).and_then(worst) else { continue };
            if error <= TOLERANCE && (to - from > best.len() || error < best_error) {
                (best, best_error) = (from..to, error);
            }
        }
    }
    let places = places.get(best)?;
    let rounds = rounds_of(places.iter().map(|place| place.samples))?;
    let whole: Vec<f64> = places.iter().map(|place| place.median).collect();
    let (fixed, each) = line(places, &whole)?;
    let sections: Option<Vec<Vec<f64>>> = places.iter().map(|place| medians(place.samples, rounds)).collect();
    let sections = sections?;
    let mut parts: (Vec<f64>, Vec<f64>) = Default::default();
    for section in 0..sections.first()?.len() {
        let times: Option<Vec<f64>> = sections.iter().map(|medians| medians.get(section).copied()).collect();
        let (fixed, each) = line(places, &times?)?;
        parts.0.push(fixed);
        parts.1.push(each);
    }
    let correlation = neighbours(Rounds::Of(&together(places, rounds)));
    let interval = |estimate: f64, parts: &[f64]| {
        let half = half_width(estimate, parts, rounds, correlation)?;
        Some(Interval { lower: estimate - half, estimate, upper: estimate + half })
    };
    Some(Model {
        fixed: interval(fixed, &parts.0)?,
        each: interval(each, &parts.1)?,
        from: places.first()?.x,
        to: places.last()?.x,
    })
}

/// A point with its median, which is above 0.
#[derive(Clone, Copy)]
struct Place<'a> {
    x: f64,
    median: f64,
    samples: &'a [f64],
}

impl<'a> Place<'a> {
    fn of(point: &Point<'a>) -> Option<Self> {
        let median = median_of(point.samples)?;
        (point.x.is_finite() && median > 0.0).then_some(Self { x: point.x, median, samples: point.samples })
    }
}

/// The number of rounds that all places have; `None` when it is too small.
fn rounds_of<'a>(samples: impl Iterator<Item = &'a [f64]>) -> Option<usize> {
    samples.map(<[f64]>::len).min().filter(|rounds| *rounds >= ENOUGH)
}

/// How long each round took beside the others, over all places: the sum of the logarithms of the
/// samples divided by their medians.
fn together(places: &[Place<'_>], rounds: usize) -> Vec<f64> {
    let at = |round: usize| {
        let of = |place: &Place<'_>| Some((place.samples.get(round)?.max(f64::MIN_POSITIVE) / place.median).ln());
        places.iter().filter_map(of).sum::<f64>()
    };
    (0..rounds).map(at).collect()
}

/// The fixed part and the part of each byte or segment, by least squares of the relative error.
///
/// The errors are relative to the medians of all rounds, in a section too. So the noise of a
/// section does not change its weights.
fn line(places: &[Place<'_>], times: &[f64]) -> Option<(f64, f64)> {
    let (mut weights, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    for (place, y) in places.iter().zip(times) {
        let weight = place.median.powi(-2);
        weights += weight;
        mean_x += weight * place.x;
        mean_y += weight * y;
    }
    mean_x /= weights;
    mean_y /= weights;
    let (mut across, mut square) = (0.0, 0.0);
    for (place, y) in places.iter().zip(times) {
        let weight = place.median.powi(-2);
        across += weight * (place.x - mean_x) * (y - mean_y);
        square += weight * (place.x - mean_x).powi(2);
    }
    let each = across / square;
    let fixed = mean_y - each * mean_x;
    (each.is_finite() && fixed.is_finite()).then_some((fixed, each))
}

/// The largest error of the line through these places, relative to the value of the line.
fn worst(places: &[Place<'_>]) -> Option<f64> {
    let medians: Vec<f64> = places.iter().map(|place| place.median).collect();
    let (fixed, each) = line(places, &medians)?;
    let error = |place: &Place<'_>| {
        let says = fixed + each * place.x;
        if says > 0.0 { (place.median / says - 1.0).abs() } else { f64::INFINITY }
    };
    places.iter().map(error).reduce(f64::max)
}

/// How many parts the space between two places is cut into, to find the ends of a crossing's
/// interval.
const CUTS: usize = 64;

/// Finds where the times of two variants cross, with an interval: below it the first is cheaper,
/// above it the second.
///
/// Between two places both curves count as straight on logarithmic axes. Where they are bent, the
/// crossing is off by the difference, and the interval leaves that error out. The interval holds
/// every `x` at which the sections cannot tell the cheaper variant, up to the nearest on each side
/// at which they can.
///
/// `None` in these cases:
///
/// - The medians do not change order within the sweep, or change it the other way round.
/// - They change order more than once: two such curves have several crossings.
/// - The sweep ends before the sections can tell the cheaper variant, so the interval has no end.
/// - The two have fewer than two places in common, or fewer than six rounds.
#[must_use]
pub fn crossover(first: &[Point<'_>], second: &[Point<'_>]) -> Option<Interval> {
    let mut pairs: Vec<(f64, &[f64], &[f64])> = Vec::new();
    for a in first.iter().filter(|point| point.x > 0.0) {
        if let Some(b) = second.iter().find(|b| b.x == a.x) {
            pairs.push((a.x.ln(), a.samples, b.samples));
        }
    }
    let xs: Vec<f64> = pairs.iter().map(|(x, ..)| *x).collect();
    let pairs: Vec<(f64, &[f64], &[f64])> = stats::places(&xs).into_iter().map(|at| pairs[at]).collect();
    let rounds = rounds_of(pairs.iter().flat_map(|(_, a, b)| [*a, *b]))?;
    let knots = pairs.iter().map(|(at, a, b)| knot(*at, a, b, rounds)).collect::<Option<Vec<Knot>>>()?;

    let signs: Vec<bool> = knots.iter().filter(|knot| knot.whole != 0.0).map(|knot| knot.whole > 0.0).collect();
    let changes = signs.iter().zip(signs.iter().skip(1)).filter(|(a, b)| a != b).count();
    if changes != 1 || signs.first() != Some(&false) {
        return None;
    }

    // Neighbouring logarithms of `x`, close enough together, each with the least and the largest
    // difference of the times there.
    let mut ends: Vec<(f64, f64, f64)> = Vec::new();
    let mut crossing = None;
    for (a, b) in knots.iter().zip(knots.iter().skip(1)) {
        if crossing.is_none() && a.whole <= 0.0 && b.whole > 0.0 {
            crossing = Some(a.at + (b.at - a.at) * a.whole / (a.whole - b.whole));
        }
        for cut in 0..=CUTS {
            let part = cut as f64 / CUTS as f64;
            let between = |a: f64, b: f64| a + (b - a) * part;
            let whole = between(a.whole, b.whole);
            let parts: Vec<f64> = a.parts.iter().zip(&b.parts).map(|(a, b)| between(*a, *b)).collect();
            let half = half_width(whole, &parts, rounds, between(a.correlation, b.correlation))?;
            ends.push((between(a.at, b.at), whole - half, whole + half));
        }
    }
    let crossing = crossing?;
    // Between the last `x` at which the sections cannot tell and the first at which they can, both
    // bounds count as straight.
    let end = |(at, bound): (f64, f64), (next, other): (f64, f64)| at + (next - at) * bound / (bound - other);
    let mut pairs = ends.iter().zip(ends.iter().skip(1));
    let lower =
        pairs.clone().rev().find(|(a, _)| a.0 < crossing && a.2 < 0.0).map(|(a, b)| end((a.0, a.2), (b.0, b.2)))?;
    let upper = pairs.find(|(_, b)| b.0 > crossing && b.1 > 0.0).map(|(a, b)| end((a.0, a.1), (b.0, b.1)))?;
    let (lower, upper) = (lower.min(crossing), upper.max(crossing));
    Some(Interval { lower: lower.exp(), estimate: crossing.exp(), upper: upper.exp() })
}

/// A place of both sweeps.
struct Knot {
    /// The logarithm of `x`.
    at: f64,
    /// The logarithm of how many times longer the first takes there.
    whole: f64,
    /// The same in each section.
    parts: Vec<f64>,
    /// The correlation between neighbouring rounds.
    correlation: f64,
}

fn knot(at: f64, first: &[f64], second: &[f64], rounds: usize) -> Option<Knot> {
    let whole = median_of(first)? / median_of(second)?;
    Some(Knot {
        at,
        whole: (whole > 0.0 && whole.is_finite()).then(|| whole.ln())?,
        parts: log_medians(first, second, rounds)?,
        correlation: neighbours(Rounds::Both(first, second)),
    })
}

#[cfg(test)]
mod tests;
