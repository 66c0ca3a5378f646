//! What may be said of two variants, and what casts doubt on it.

use std::fmt;

use super::{Interval, run::Run};

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
}

/// Something that casts doubt on a run. Shown as a sentence that says what it means and what to do.
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
            Self::CoarseClock { steps } => {
                write!(f, "The clock is coarse: the shortest sample lasted {steps:.0} of its steps.")
            }
            Self::Drift { factor } => {
                write!(f, "The machine drifted: its last samples took {factor:.2} times as long as its first.")
            }
            Self::TooFewSamples { n } => write!(f, "Only {n} samples: too few for an interval that can be trusted."),
            Self::PageHidden => write!(f, "The page was hidden meanwhile."),
            Self::DebugBuild => write!(f, "The program was built without optimisation."),
            Self::Partial => write!(f, "The run was stopped before its end."),
        }
    }
}

/// Everything that casts doubt on `run`.
#[must_use]
pub fn warnings(run: &Run) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if run.partial {
        warnings.push(Warning::Partial);
    }
    warnings
}
