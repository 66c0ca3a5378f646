//! Sweeps with a known truth.

use super::*;
use crate::simulated::{RUNS, Random, Shape, at_least};

const ROUNDS: usize = 24;

/// Samples at each `x`, spread around the time that `time` returns for it.
fn sweep(
    random: &mut Random,
    xs: &[f64],
    shape: Shape,
    correlation: f64,
    time: impl Fn(f64) -> f64,
) -> Vec<(f64, Vec<f64>)> {
    let place = |&x: &f64| (x, random.samples(shape, ROUNDS, correlation).iter().map(|s| s * time(x)).collect());
    xs.iter().map(place).collect()
}

fn points(sweep: &[(f64, Vec<f64>)]) -> Vec<Point<'_>> {
    sweep.iter().map(|(x, samples)| Point { x: *x, samples }).collect()
}

fn powers(base: f64, count: i32) -> Vec<f64> {
    (0..count).map(|i| base.powi(i)).collect()
}

#[test]
fn a_line_is_recovered_as_often_as_claimed() {
    for correlation in [0.0, 0.5, 0.7, 0.8] {
        let mut random = Random::new(21);
        let (mut fixed, mut each, mut whole) = (0, 0, 0);
        for _ in 0..RUNS {
            let sweep = sweep(&mut random, &powers(4.0, 7), Shape::Narrow, correlation, |x| 300.0 + 2.0 * x);
            let model = fit(&points(&sweep)).unwrap();
            fixed += u32::from(model.fixed.holds(300.0));
            each += u32::from(model.each.holds(2.0));
            whole += u32::from((model.from, model.to) == (1.0, 4096.0));
        }
        println!("line {correlation}: fixed {fixed}, each {each}, whole {whole} of {RUNS}");
        assert!(at_least(fixed, 0.95) && at_least(each, 0.95), "{correlation}: {fixed} {each}");
        assert!(whole > RUNS / 100 * 99);
    }
}

#[test]
fn a_break_is_found() {
    let mut random = Random::new(5);
    let xs = powers(4.0, 10);
    // The break lies at 4^5, the middle of the sweep. Beyond it a byte costs one and a half, two or
    // four times as much, as beyond a cache. In the last case a page fault costs a jump.
    let breaks: [fn(f64) -> f64; 4] = [
        |x| 50.0 + 2.0 * x + (x - 1024.0).max(0.0),
        |x| 50.0 + 2.0 * x + 2.0 * (x - 1024.0).max(0.0),
        |x| 50.0 + 2.0 * x + 6.0 * (x - 1024.0).max(0.0),
        |x| 50.0 + 2.0 * x + if x > 1024.0 { 20_000.0 } else { 0.0 },
    ];
    for (number, time) in breaks.into_iter().enumerate() {
        let (mut found, mut close) = (0, 0);
        for _ in 0..200 {
            let model = fit(&points(&sweep(&mut random, &xs, Shape::Narrow, 0.0, time))).unwrap();
            found += u32::from(model.from == 1.0 && model.to == 1024.0);
            close += u32::from((model.each.estimate - 2.0).abs() < 0.2);
        }
        println!("break {number}: {found} {close} of 200");
        assert!(found >= 190 && close >= 190, "{number}: {found} {close}");
    }
}

#[test]
fn of_equally_long_rows_the_most_exact_has_the_line() {
    // A jump parts three places from three. One row is a line, and the other is off one by less
    // than the tolerance.
    for (times, from, to, each) in [
        ([10.0, 20.0, 30.0, 1000.0, 1210.0, 1200.0], 1.0, 3.0, 10.0),
        ([10.0, 22.0, 30.0, 1000.0, 1100.0, 1200.0], 4.0, 6.0, 100.0),
    ] {
        let samples = times.map(|time| [time; 12]);
        let points: Vec<_> = (1..).zip(&samples).map(|(x, samples)| Point { x: f64::from(x), samples }).collect();
        let model = fit(&points).unwrap();
        assert_eq!((model.from, model.to), (from, to), "{times:?}");
        assert!((model.each.estimate - each).abs() < 1e-6, "{model:?}");
    }
}

#[test]
fn no_line_is_claimed_where_none_holds() {
    let mut random = Random::new(6);
    let sweep = sweep(&mut random, &powers(4.0, 6), Shape::Narrow, 0.0, |x| x * x * x);
    assert_eq!(fit(&points(&sweep)), None);
    let few = |count| super::tests::sweep(&mut Random::new(1), &powers(2.0, count), Shape::Narrow, 0.0, |x| x);
    assert_eq!(fit(&points(&few(2))), None);
    assert!(fit(&points(&few(3))).is_some());
    assert_eq!(fit(&[]), None);
    // Too few rounds, no numbers, the same place three times, zeros.
    let points = |samples: &'static [f64]| [1.0, 2.0, 3.0].map(|x| Point { x, samples });
    assert_eq!(fit(&points(&[1.0; 5])), None);
    assert_eq!(fit(&points(&[f64::NAN; 9])), None);
    assert_eq!(fit(&points(&[0.0; 9])), None);
    assert_eq!(fit(&[1.0; 3].map(|x| Point { x, samples: &[1.0; 9] })), None);
}

#[test]
fn a_flat_sweep_costs_nothing_for_each() {
    let mut random = Random::new(7);
    let held: u32 = (0..RUNS)
        .map(|_| {
            let sweep = sweep(&mut random, &powers(4.0, 8), Shape::Narrow, 0.0, |_| 500.0);
            u32::from(fit(&points(&sweep)).is_some_and(|model| model.each.holds(0.0)))
        })
        .sum();
    assert!(at_least(held, 0.95), "{held}");
}

#[test]
fn a_crossing_is_found_as_often_as_claimed() {
    // Straight on logarithmic axes, so that no error arises between places; they cross at 100.
    for correlation in [0.0, 0.5, 0.7, 0.8] {
        let mut random = Random::new(31);
        let (mut held, mut found) = (0, 0);
        for _ in 0..RUNS {
            let xs = powers(4.0, 7);
            let first = sweep(&mut random, &xs, Shape::Narrow, correlation, |x| 10.0 * x);
            let second = sweep(&mut random, &xs, Shape::Narrow, correlation, |x| 100.0 * x.sqrt());
            let Some(crossing) = crossover(&points(&first), &points(&second)) else { continue };
            found += 1;
            held += u32::from(crossing.holds(100.0));
            assert!(crossing.lower < crossing.estimate && crossing.estimate < crossing.upper);
        }
        println!("crossing {correlation}: {held} of {found} of {RUNS}");
        assert!(found > RUNS / 100 * 99 && at_least(held, 0.95), "{correlation}: {held} {found}");
    }
}

#[test]
fn a_crossing_is_between_the_medians() {
    let at = |xs: [f64; 3], times: [f64; 3]| -> Vec<(f64, Vec<f64>)> {
        xs.into_iter().zip(times).map(|(x, time)| (x, vec![time; 12])).collect()
    };
    let xs = [1.0, 100.0, 10_000.0];
    let first = at(xs, [1.0, 10.0, 1000.0]);
    let second = at(xs, [10.0, 100.0, 100.0]);
    let crossing = crossover(&points(&first), &points(&second)).unwrap();
    assert!((crossing.estimate - 1000.0).abs() < 1e-6, "{crossing:?}");
    // The curves cross the other way round, never, more than once, or the places are too few.
    assert_eq!(crossover(&points(&second), &points(&first)), None);
    assert_eq!(crossover(&points(&first), &points(&first)), None);
    assert_eq!(crossover(&points(&first), &points(&at(xs, [10.0, 1.0, 10_000.0]))), None);
    assert_eq!(crossover(&points(&first)[..1], &points(&second)), None);
    assert_eq!(crossover(&[], &[]), None);
}

#[test]
fn a_crossing_without_an_end_is_none() {
    // The curves are so close at the end of the sweep that the noise decides.
    let mut random = Random::new(4);
    let xs = powers(4.0, 5);
    let mut found = 0;
    for _ in 0..200 {
        let first = sweep(&mut random, &xs, Shape::Wide, 0.0, |x| x);
        let second = sweep(&mut random, &xs, Shape::Wide, 0.0, |x| x.powf(0.9) * 1.7);
        found += u32::from(crossover(&points(&first), &points(&second)).is_some());
    }
    assert!(found < 20, "{found}");
}
