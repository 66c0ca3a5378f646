//! The cost model of a sweep: what a byte costs, what a segment costs, where that breaks.

use super::Interval;

/// One place of a sweep: all samples of one variant at one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<'a> {
    /// Bytes, or segments.
    pub x: f64,
    /// Nanoseconds, in the order of the rounds.
    pub samples: &'a [f64],
}

/// A straight line through a sweep, where it holds: `fixed + each * x` nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Nanoseconds at no byte or segment.
    pub fixed: Interval,
    /// Nanoseconds for each byte or segment.
    pub each: Interval,
    /// The smallest `x` at which the line holds.
    pub from: f64,
    /// The largest.
    pub to: f64,
}

/// Fits the model to a sweep, or `None` when no line holds over three places.
#[must_use]
pub fn fit(_points: &[Point<'_>]) -> Option<Model> {
    None
}

/// Where the times of two variants cross, with an interval: below it the first is cheaper, above it the second. `None` when they
/// do not cross within the sweep.
#[must_use]
pub fn crossover(_first: &[Point<'_>], _second: &[Point<'_>]) -> Option<Interval> {
    None
}
