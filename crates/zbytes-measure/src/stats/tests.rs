//! The statistics beside an independent implementation, and on distributions with a known truth.

use super::*;
use crate::{
    Verdict,
    simulated::{RUNS, Random, Shape, at_least, at_most},
};
use proptest::prelude::*;
use statrs::{
    distribution::{ContinuousCDF, StudentsT},
    statistics::{Data, Max, Min, OrderStatistics},
};
use std::ops::Range;

proptest! {
    #[test]
    fn quantiles_are_those_of_statrs(mut samples in proptest::collection::vec(-1e9..1e9, 1..80), p in 0.0..=1.0) {
        let expected = Data::new(samples.clone()).quantile(p);
        samples.sort_by(f64::total_cmp);
        prop_assert!((quantile(&samples, p) - expected).abs() <= 1e-6, "{} {}", quantile(&samples, p), expected);
    }

    #[test]
    fn a_summary_is_that_of_statrs(samples in proptest::collection::vec(0.0..1e9, 1..80)) {
        let summary = Summary::of(&samples).unwrap();
        let mut data = Data::new(samples.clone());
        let median = data.median();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6;
        prop_assert!(close(summary.median.estimate, median));
        prop_assert!(close(summary.q1, data.lower_quartile()) && close(summary.q3, data.upper_quartile()));
        let away = samples.iter().map(|sample| (sample - median).abs()).collect::<Vec<_>>();
        prop_assert!(close(summary.mad, Data::new(away).median()));
        prop_assert_eq!(summary.n, samples.len());
        prop_assert!(summary.median.lower <= median && median <= summary.median.upper);
    }

    #[test]
    fn intervals_are_those_made_with_statrs(seed in any::<u64>(), n in 6usize..40) {
        let mut random = Random::new(seed);
        let [long, short] = [2.0, 1.0].map(|time| random.samples(Shape::Wide, n, 0.5).iter().map(|s| s * time).collect::<Vec<_>>());
        // Two samples that are equal by chance would count as the clock's step.
        prop_assume!(resolution(&long) == 0.0 && resolution(&short) == 0.0);
        let median = |samples: &[f64]| Data::new(samples.to_owned()).median();
        let length = ((n as f64 / 6.0).round() as usize).max(1);
        // The variance of the mean of so many correlated neighbours, by its definition.
        let variance = |correlation: f64, n: usize| {
            let pairs = (0..n).flat_map(|i| (0..n).map(move |j| correlation.powi(i.abs_diff(j) as i32)));
            pairs.sum::<f64>() / (n * n) as f64
        };
        let half = |correlation: f64, of: &dyn Fn(Range<usize>) -> f64| {
            let squares: Vec<f64> = (0..=n - length).map(|i| (of(i..i + length) - of(0..n)).powi(2)).collect();
            let square = squares.iter().sum::<f64>() / squares.len() as f64;
            let (whole, part) = (variance(correlation, n), variance(correlation, length));
            StudentsT::new(0.0, 1.0, 5.0).unwrap().inverse_cdf(0.975) * (square * whole / (part - whole)).sqrt()
        };
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
        let expected = half(neighbours(Rounds::Both(&long, &short)), &|part| {
            (median(&long[part.clone()]) / median(&short[part])).ln()
        });
        let found = ratio(&long, &short).unwrap();
        prop_assert!(close(found.estimate, median(&long) / median(&short)));
        prop_assert!(close((found.upper / found.estimate).ln(), expected), "{found:?} {expected}");
        prop_assert!(close((found.estimate / found.lower).ln(), expected), "{found:?} {expected}");
        let expected = half(neighbours(Rounds::Of(&long)), &|part| median(&long[part]));
        let found = Summary::of(&long).unwrap().median;
        prop_assert!(close(found.upper - found.estimate, expected), "{found:?} {expected}");
        let expected = half(neighbours(Rounds::Of(&long)), &|part| median(&long[part]).ln());
        prop_assert!(close((found.estimate / found.lower).ln(), expected), "{found:?} {expected}");
    }

    #[test]
    fn medians_of_sections_are_those_of_statrs(samples in proptest::collection::vec(0u8..20, 6..80)) {
        let samples: Vec<f64> = samples.into_iter().map(f64::from).collect();
        let found = medians(&samples, samples.len()).unwrap();
        let length = samples.len() + 1 - found.len();
        prop_assert_eq!(length, (samples.len() as f64 / 6.0).round() as usize);
        let expected: Vec<f64> = samples.windows(length).map(|section| Data::new(section.to_vec()).median()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn nothing_is_certain_or_no_number(samples in proptest::collection::vec(0u8..4, 1..40), others in proptest::collection::vec(0u8..4, 1..40)) {
        let [long, short] = [samples, others].map(|samples| samples.into_iter().map(f64::from).collect::<Vec<_>>());
        let summary = Summary::of(&long).unwrap();
        prop_assert!(summary.median.lower <= summary.median.estimate && summary.median.estimate <= summary.median.upper);
        if let Some(ratio) = ratio(&long, &short) {
            prop_assert!(ratio.lower <= ratio.estimate && ratio.estimate <= ratio.upper, "{ratio:?}");
            prop_assert!(ratio.upper > ratio.lower, "{ratio:?}");
        }
    }
}

#[test]
fn students_t_is_that_of_statrs() {
    let expected = StudentsT::new(0.0, 1.0, 5.0).unwrap().inverse_cdf(0.975);
    assert!((T - expected).abs() < 1e-6, "{T} {expected}");
}

#[test]
fn sections_need_two_and_numbers() {
    assert_eq!(medians(&[1.0, 2.0, 3.0], 4), None);
    assert_eq!(medians(&[1.0, 2.0, f64::NAN], 3), None);
    assert_eq!(medians(&[1.0, 2.0, f64::NAN], 2), Some(vec![1.0, 2.0]));
    assert_eq!(medians(&[], 0), None);
    for sections in [0, 1, 8] {
        assert_eq!(half_width(1.0, &vec![1.5; sections], 6, 0.0), None, "{sections}");
    }
    assert!(half_width(1.0, &[1.5; 6], 6, 0.0).is_some());
}

#[test]
fn the_corrected_correlation_exceeds_the_highest_found() {
    let mut random = Random::new(12);
    let [alike, other] = [0.7, 0.0].map(|correlation| random.samples(Shape::Narrow, 200, correlation));
    let [one, two] = [neighbours(Rounds::Both(&alike, &other)), neighbours(Rounds::Both(&other, &alike))];
    assert!((one - two).abs() < 1e-12 && one > lag_one(&alike) + 0.2, "{one} {two}");
    // A wave that affects both alike shows in each of them.
    let wave: Vec<f64> = (0..200).map(|i| 1.5 + (f64::from(i) / 1.5).sin() / 2.0).collect();
    let [long, short] = [(); 2].map(|()| {
        let samples = random.samples(Shape::Narrow, 200, 0.0).into_iter();
        samples.zip(&wave).map(|(sample, wave)| sample * wave).collect::<Vec<_>>()
    });
    assert!(lag_one(&log_ratios(&long, &short)) < 0.2);
    assert_eq!(neighbours(Rounds::Both(&long, &short)), 0.9);
    // Few rounds hide more, and one series more than two.
    let found = |n: usize| [neighbours(Rounds::Of(&other[..n])), neighbours(Rounds::Both(&other[..n], &other[..n]))];
    let (few, many) = (found(12), found(200));
    assert!(few[0] > few[1] && few[1] > many[1] && many[1] > 0.1, "{few:?} {many:?}");
    // Samples that alternate make no interval narrower than independent ones.
    let alternate: Vec<f64> = (0..200).map(|i| f64::from(i % 2)).collect();
    assert_eq!(neighbours(Rounds::Of(&alternate)), 0.0);
}

/// The claim: the intervals hold the truth in 95 % of runs, and one of two equal variants is called
/// faster or slower in 5 %.
const HELD: f64 = 0.95;
const FALSE: f64 = 0.05;

const SHAPES: [Shape; 5] = [Shape::Narrow, Shape::Wide, Shape::Exponential, Shape::Outliers, Shape::TwoModes];

/// The drift that both variants share, by the round and the number of rounds. It is absent, an even
/// rise to the double, or a wave by a third, nine rounds long.
const DRIFTS: [fn(f64, f64) -> f64; 3] =
    [|_, _| 1.0, |round, n| 1.0 + round / n, |round, _| 1.5 + (round / 1.5).sin() / 2.0];

/// Tests the claim for so many rounds, in these shapes, with each autocorrelation and each drift.
fn the_claim_is_kept(n: usize, shapes: &[Shape]) {
    let (mut broken, mut table) = (false, String::new());
    for &shape in shapes {
        for correlation in [0.0, 0.5, 0.7, 0.8] {
            let mut random = Random::new((n * 100 + shape as usize * 10) as u64 + (correlation * 10.0) as u64);
            let (mut held, mut wrong, mut medians) = ([0; DRIFTS.len()], [0; DRIFTS.len()], 0);
            for _ in 0..RUNS {
                let [long, short] = [(); 2].map(|()| random.samples(shape, n, correlation));
                medians += u32::from(median_interval(&long, &in_order(&long).unwrap()).unwrap().holds(1.0));
                for (drift, (held, wrong)) in DRIFTS.iter().zip(held.iter_mut().zip(&mut wrong)) {
                    let [long, short] = [&long, &short].map(|samples| {
                        let drifted = |(i, sample): (usize, &f64)| sample * drift(i as f64, n as f64);
                        samples.iter().enumerate().map(drifted).collect::<Vec<_>>()
                    });
                    let ratio = ratio(&long, &short).unwrap();
                    *held += u32::from(ratio.holds(1.0));
                    *wrong += u32::from(matches!(Verdict::of(&ratio), Verdict::Faster | Verdict::Slower));
                }
            }
            table +=
                &format!("{n} {shape:?} {correlation}: held {held:?}, wrong {wrong:?}, medians {medians} of {RUNS}\n");
            broken |= !held.into_iter().all(|held| at_least(held, HELD));
            broken |= !wrong.into_iter().all(|wrong| at_most(wrong, FALSE));
            // The other shapes have a median other than 1.
            broken |= !matches!(shape, Shape::Outliers | Shape::TwoModes) && !at_least(medians, HELD);
        }
    }
    println!("{table}");
    assert!(!broken, "{table}");
}

macro_rules! claims {
    ($($name:ident: $n:literal, $shapes:expr;)*) => {
        $(#[test]
        fn $name() {
            the_claim_is_kept($n, &$shapes);
        })*
    };
}

// The slowest test is cut in two, for two processors.
claims! {
    the_claim_is_kept_by_200_rounds: 200, SHAPES[..2];
    the_claim_is_kept_by_200_rounds_of_other_shapes: 200, SHAPES[2..];
    the_claim_is_kept_by_60_rounds: 60, SHAPES;
    the_claim_is_kept_by_30_rounds: 30, SHAPES;
    the_claim_is_kept_by_15_rounds: 15, SHAPES;
    the_claim_is_kept_by_12_rounds: 12, SHAPES;
    the_claim_is_kept_by_9_rounds: 9, SHAPES;
    the_claim_is_kept_by_6_rounds: 6, SHAPES;
}

#[test]
fn what_differs_is_found() {
    for (n, correlation, times, least) in POWER {
        let mut random = Random::new(40 + n as u64);
        let (mut found, mut wrong) = (0, 0);
        for _ in 0..RUNS {
            let [mut long, short] = [(); 2].map(|()| random.samples(Shape::Narrow, n, correlation));
            long.iter_mut().for_each(|sample| *sample *= times);
            let verdict = Verdict::of(&ratio(&long, &short).unwrap());
            found += u32::from(verdict == Verdict::Faster);
            wrong += u32::from(verdict == Verdict::Slower);
        }
        println!("{times} times, {n} {correlation}: found {found}, wrong {wrong} of {RUNS}");
        assert!(at_least(found, least) && wrong == 0, "{times} {n} {correlation}: {found} {wrong}");
    }
}

/// For noise of 5 %: rounds, autocorrelation, how many times longer the first takes, and the least
/// part of runs that find it.
const POWER: [(usize, f64, f64, f64); 8] = [
    (60, 0.0, 1.1, 0.999),
    (60, 0.8, 1.1, 0.55),
    (30, 0.0, 1.1, 0.98),
    (12, 0.0, 1.1, 0.53),
    (12, 0.0, 1.3, 0.97),
    (9, 0.0, 1.3, 0.88),
    (9, 0.8, 2.0, 0.99),
    (6, 0.8, 2.0, 0.99),
];

#[test]
fn a_coarse_clock_does_not_make_intervals_certain() {
    // A sample lasts from one to ten steps. The clock counts whole steps from a random place in a
    // step.
    for steps in [1.0, 2.0, 3.3, 10.0] {
        let mut random = Random::new(steps as u64);
        let (mut held, mut wrong) = (0, 0);
        for _ in 0..RUNS {
            let [long, short] = [(); 2].map(|()| {
                let samples = random.samples(Shape::Narrow, 60, 0.0).into_iter();
                samples.map(|sample| (sample * steps + random.uniform()).floor() / steps).collect::<Vec<_>>()
            });
            let Some(ratio) = ratio(&long, &short) else { continue };
            held += u32::from(ratio.holds(1.0));
            wrong += u32::from(matches!(Verdict::of(&ratio), Verdict::Faster | Verdict::Slower));
        }
        assert!(at_most(wrong, FALSE) && at_least(held, HELD), "{steps}: {held} {wrong}");
    }
}

#[test]
fn equal_samples_leave_a_doubt_of_a_fiftieth() {
    let median = Summary::of(&[50.0; 60]).unwrap().median;
    assert_eq!((median.lower, median.estimate, median.upper), (49.0, 50.0, 51.0));
    let same = ratio(&[50.0; 60], &[50.0; 60]).unwrap();
    assert!(same.lower < 0.97 && same.upper > 1.03);
    assert_eq!(Verdict::of(&same), Verdict::Same);
    let two = ratio(&[50.0; 60], &[25.0; 60]).unwrap();
    assert!(two.estimate == 2.0 && Verdict::of(&two) == Verdict::Faster);
    assert_eq!(Summary::of(&[0.0; 9]).unwrap().median, Interval { lower: 0.0, estimate: 0.0, upper: 0.0 });
}

#[test]
fn samples_of_zero_have_no_ratio_or_one_without_upper_end() {
    assert_eq!(ratio(&[1.0; 9], &[0.0; 9]), None);
    assert_eq!(ratio(&[], &[1.0]), None);
    assert_eq!(ratio(&[1.0], &[f64::NAN]), None);
    assert_eq!(ratio(&[-1.0; 9], &[1.0; 9]), None);
    // The median of a whole section is 0, and that of all samples is not.
    let short = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let found = ratio(&[1.0; 9], &short).unwrap();
    assert!(found.estimate == 1.0 && found.upper == f64::INFINITY && found.lower < 1.0, "{found:?}");
    assert_eq!(Verdict::of(&found), Verdict::CannotTell);
}

#[test]
fn few_samples_give_their_whole_range() {
    let summary = Summary::of(&[5.0, 1.0, 3.0, 9.0, 7.0]).unwrap();
    assert_eq!(summary.median, Interval { lower: 1.0, estimate: 5.0, upper: 9.0 });
    assert_eq!(ratio(&[0.0; 60], &[1.0; 60]), None);
    assert_eq!(Summary::of(&[]), None);
    assert_eq!(Summary::of(&[1.0, f64::INFINITY]), None);
}

#[test]
fn outliers_are_flagged_by_tukeys_fences_and_kept() {
    // Quartiles by type 8 of 1 to 11: 2.8333 and 9.1667; fences at -6.67, -16.17, 18.67 and 28.17.
    let mut samples: Vec<f64> = (2..=10).map(f64::from).collect();
    samples.insert(0, -30.0);
    samples.push(20.0);
    let classes = classes(&samples);
    assert_eq!((classes[0], classes[10]), (Class::FarBelow, Class::Above));
    assert!(classes[1..10].iter().all(|class| *class == Class::Inside));
    let summary = Summary::of(&samples).unwrap();
    assert_eq!((summary.n, summary.outliers), (11, 2));
    samples[0] = -10.0;
    samples[10] = 40.0;
    let classes = super::classes(&samples);
    assert_eq!((classes[0], classes[10]), (Class::Below, Class::FarAbove));
    assert_eq!(super::classes(&[f64::NAN, 1.0]), [Class::Inside; 2]);
}

#[test]
fn a_density_integrates_to_one() {
    let mut random = Random::new(3);
    for shape in [Shape::Narrow, Shape::Wide, Shape::TwoModes, Shape::Outliers] {
        let samples = random.samples(shape, 60, 0.0);
        let (least, most) = (Data::new(samples.clone()).min(), Data::new(samples.clone()).max());
        let (from, step) = (least - (most - least), (most - least) * 3.0 / 2000.0);
        let places: Vec<f64> = (0..2000).map(|i| from + step * f64::from(i)).collect();
        let sum: f64 = density(&samples, &places).iter().sum::<f64>() * step;
        assert!((sum - 1.0).abs() < 0.01, "{shape:?} {sum}");
    }
    // Against the formula, by hand: two samples, bandwidth 0.9 * min(sd, iqr / 1.34) * 2^-0.2.
    let spread = (0.5f64.sqrt()).min(1.0 / 1.34);
    let width = 0.9 * spread * 2f64.powf(-0.2);
    let kernel = |z: f64| (-0.5 * z * z).exp() / (std::f64::consts::TAU.sqrt() * width);
    let expected = f64::midpoint(kernel(0.25 / width), kernel(0.75 / width));
    assert!((density(&[0.0, 1.0], &[0.25])[0] - expected).abs() < 1e-12);
}

#[test]
fn the_density_of_equal_samples_is_a_peak() {
    for value in [0.0, 5.0, 1e9] {
        let found = density(&[value; 9], &[value, value * 2.0 + 1.0]);
        assert!(found[0].is_finite() && found[0] > 0.0 && found[1] < found[0] / 100.0, "{found:?}");
    }
    assert_eq!(density(&[], &[1.0]), [0.0]);
    assert_eq!(density(&[f64::NAN], &[1.0]), [0.0]);
}

#[test]
fn the_correlation_between_neighbours_is_found() {
    let mut random = Random::new(8);
    for correlation in [0.0, 0.5, 0.8] {
        let found = lag_one(&random.samples(Shape::Wide, 20_000, correlation));
        assert!((found - correlation).abs() < 0.03 + 0.02 * correlation, "{correlation} {found}");
    }
    assert_eq!(lag_one(&[1.0; 9]), 0.0);
    assert_eq!(lag_one(&[]), 0.0);
}

#[test]
fn of_fewer_than_six_rounds_no_winner_is_claimed() {
    for n in 1..ENOUGH {
        let found = ratio(&vec![9.0; n], &vec![1.0; n]).unwrap();
        assert_eq!((found.lower, found.estimate, found.upper), (0.0, 9.0, f64::INFINITY));
        assert_eq!(Verdict::of(&found), Verdict::CannotTell);
    }
    assert_eq!(Verdict::of(&ratio(&[9.0; ENOUGH], &[1.0; ENOUGH]).unwrap()), Verdict::Faster);
}
