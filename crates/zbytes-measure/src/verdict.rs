//! Decides what the samples allow to claim about two variants.

use crate::Interval;

/// If the whole interval lies within this part of 1, the two variants count as the same. So small a
/// difference does not matter to a user.
pub const MARGIN: f64 = 0.05;

/// Names the claim that the numbers allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The second variant takes less time: the whole interval lies above 1, and not all of it
    /// within the margin.
    Faster,
    /// The second variant takes more time: the whole interval lies below 1, and not all of it
    /// within the margin.
    Slower,
    /// The whole interval lies within the margin around 1.
    Same,
    /// Neither faster, slower nor the same: the interval holds 1 and reaches beyond the margin.
    CannotTell,
}

impl Verdict {
    /// Returns the verdict on the second variant. The `ratio` says how many times longer the first
    /// one took.
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

    /// Returns the reason, in one plain sentence.
    ///
    /// It holds the interval's own numbers, so two intervals with the same verdict have different
    /// sentences. The numbers are rounded so that the sentence remains true.
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

/// A ratio with as many digits as show on which side of 1 it lies.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(lower: f64, upper: f64) -> Interval {
        Interval { lower, estimate: (lower * upper).sqrt(), upper }
    }

    #[test]
    fn a_verdict_says_why() {
        let cases = [
            (1.9, 2.2, Verdict::Faster, "The whole interval, 1.90 to 2.20, lies above 1."),
            (1.001, 1.2, Verdict::Faster, "The whole interval, 1.00100 to 1.20, lies above 1."),
            (20.04, 310.2, Verdict::Faster, "The whole interval, 20.0 to 310, lies above 1."),
            (2.0, f64::INFINITY, Verdict::Faster, "The whole interval, 2.00 or more, lies above 1."),
            (0.5, 0.999, Verdict::Slower, "The whole interval, 0.50 to 0.99900, lies below 1."),
            (0.97, 1.03, Verdict::Same, "The whole interval, 0.97 to 1.03, lies within 5 % of 1."),
            (
                0.97,
                1.06,
                Verdict::CannotTell,
                "The interval, 0.97 to 1.06, holds 1 and reaches farther than 5 % from it.",
            ),
        ];
        for (lower, upper, verdict, reason) in cases {
            let ratio = interval(lower, upper);
            assert_eq!(Verdict::of(&ratio), verdict);
            assert_eq!(verdict.reason(&ratio), reason);
        }
        assert_eq!(Verdict::of(&interval(f64::NAN, f64::NAN)), Verdict::CannotTell);
        assert_eq!(Verdict::of(&interval(1.0 / 1.05, 1.05)), Verdict::Same);
    }
}
