//! Each doubt appears where it must, and only there.

use super::*;
use crate::simulated::{RUNS, Random, Shape};

/// Two series of about 1,000 ns.
fn samples(seed: u64, n: usize) -> [Vec<f64>; 2] {
    let mut random = Random::new(seed);
    [(); 2].map(|()| random.samples(Shape::Narrow, n, 0.0).iter().map(|s| s * 1000.0).collect())
}

fn group(series: &[Vec<f64>]) -> Vec<Series<'_>> {
    series.iter().map(|samples| Series { samples, runs: 10 }).collect()
}

/// The doubts about series that took turns, by a clock of 100 ns.
fn doubts_of(series: &[Vec<f64>]) -> Vec<Doubt> {
    doubts(&[group(series)], 100.0)
}

#[test]
fn a_good_run_has_no_doubt() {
    assert_eq!(doubts_of(&samples(1, 60)), []);
    assert_eq!(doubts_of(&[]), []);
    assert_eq!(doubts(&[], 100.0), []);
}

#[test]
fn too_few_samples_are_noticed_in_any_series_of_any_group() {
    let mut few = samples(1, 60);
    few[1].truncate(5);
    assert_eq!(doubts_of(&few), [Doubt::TooFewSamples { n: 5 }]);
    let (enough, few) = (samples(1, 60), [vec![1e6, 1.1e6]]);
    assert_eq!(doubts(&[group(&enough), group(&few)], 100.0), [Doubt::TooFewSamples { n: 2 }]);
}

#[test]
fn a_coarse_clock_is_noticed_by_its_step_and_by_the_samples() {
    let mut coarse = samples(1, 60);
    let by_clock = |series: &[Vec<f64>]| doubts(&[group(series)], 1000.0);
    assert!(matches!(by_clock(&coarse)[..], [Doubt::CoarseClock { steps }] if (steps - 10.0).abs() < 0.5));
    coarse[0] = vec![0.0; 60];
    assert!(by_clock(&coarse).contains(&Doubt::CoarseClock { steps: 0.0 }));
    // A group with other rounds gets the doubt too.
    let groups = [samples(1, 60), samples(2, 60).map(|samples| samples.iter().map(|s| s / 100.0).collect())];
    let groups = groups.each_ref().map(|series| group(series));
    assert!(matches!(doubts(&groups, 100.0)[..], [Doubt::CoarseClock { steps }] if (steps - 1.0).abs() < 0.1));
    // The caller names a fine step, but the samples are whole steps of a coarser size. Each sample
    // holds few of those.
    for (steps, noticed) in [(1.0, true), (3.0, true), (10.0, true), (20.0, true), (1e4, false)] {
        let mut found = 0;
        for seed in 0..200 {
            let mut series = samples(seed, 60);
            let mut random = Random::new(seed);
            for sample in series.iter_mut().flatten() {
                *sample = (*sample / 1000.0 * steps + random.uniform()).floor() * 1000.0 / steps;
            }
            found += u32::from(doubts_of(&series).iter().any(|doubt| matches!(doubt, Doubt::CoarseClock { .. })));
        }
        assert_eq!(found, if noticed { 200 } else { 0 }, "{steps}");
    }
}

#[test]
fn stationary_noise_is_rarely_taken_for_drift() {
    // The most of RUNS that may report a drift. The claims are a thousandth in white noise and a
    // hundredth with autocorrelation; the band is three deviations.
    for (shape, n, correlation, most) in [
        (Shape::Narrow, 60, 0.0, 6),
        (Shape::Wide, 60, 0.0, 6),
        (Shape::Outliers, 9, 0.0, 6),
        (Shape::Narrow, 60, 0.5, 33),
        (Shape::Narrow, 60, 0.8, 33),
    ] {
        let mut random = Random::new(n as u64);
        let mut fired = 0;
        for _ in 0..RUNS {
            let [a, b] = [(); 2].map(|()| random.samples(shape, n, correlation));
            fired += u32::from(drift(&[&a, &b]).is_some());
        }
        println!("drift in {shape:?} {n} {correlation}: {fired} of {RUNS}");
        assert!(fired <= most, "{shape:?} {n} {correlation}: {fired}");
    }
}

#[test]
fn a_doubling_is_taken_for_drift() {
    let courses: [fn(f64) -> f64; 3] = [|t| 1.0 + t, |t| if t < 0.5 { 1.0 } else { 2.0 }, |t| 2.0 - t];
    for (shape, least) in [(Shape::Narrow, 200), (Shape::Outliers, 190)] {
        for (course, drifting) in courses.into_iter().enumerate() {
            let mut random = Random::new(course as u64);
            let mut fired = 0;
            for _ in 0..200 {
                let [a, b] = [(); 2].map(|()| {
                    let samples = random.samples(shape, 60, 0.0);
                    samples.iter().enumerate().map(|(i, s)| s * drifting(i as f64 / 60.0)).collect::<Vec<_>>()
                });
                fired += u32::from(drift(&[&a, &b]).is_some_and(|factor| (factor > 1.0) == (course < 2)));
            }
            println!("doubling {course} in {shape:?}: {fired} of 200");
            assert!(fired >= least, "{shape:?} {course}: {fired}");
        }
    }
    // A drift of one of two variants is found too.
    let mut one = samples(4, 60);
    for (i, sample) in one[1].iter_mut().enumerate() {
        *sample *= 1.0 + i as f64 / 60.0;
    }
    assert!(matches!(doubts_of(&one)[..], [Doubt::Drift { factor }] if factor > 1.2 && factor < 1.8));
    // A drift in the second of two groups is found too.
    let (steady, one) = (samples(5, 60), one);
    let drifting = doubts(&[group(&steady), group(&one)], 100.0);
    assert!(matches!(drifting[..], [Doubt::Drift { factor }] if factor > 1.2 && factor < 1.8));
}

#[test]
fn samples_that_hang_together_are_noticed() {
    let mut rates = Vec::new();
    for correlation in [0.0, 0.5, 0.8, 0.9] {
        let mut random = Random::new(6);
        let fired = (0..RUNS).filter(|_| correlated(&random.samples(Shape::Narrow, 60, correlation)).is_some()).count();
        println!("correlated {correlation}: {fired} of {RUNS}");
        rates.push(fired as u32);
    }
    assert!(
        rates[0] <= 2 && rates[1] < RUNS / 5 && rates[2] > RUNS / 100 * 85 && rates[3] > RUNS / 100 * 95,
        "{rates:?}"
    );
    let mut together = samples(1, 60);
    for (i, sample) in together[0].iter_mut().enumerate() {
        *sample *= 1.0 + 0.3 * (i as f64 / 4.0).sin();
    }
    assert!(matches!(doubts_of(&together)[..], [Doubt::Autocorrelated { correlation }] if correlation > 0.6));
}

#[test]
fn chance_is_that_of_students_t() {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    for (freedom, t) in [(4, 0.5), (4, 2.7), (4, 8.6), (6, 0.1), (6, 2.4), (6, 5.96)] {
        let expected = 2.0 * StudentsT::new(0.0, 1.0, freedom as f64).unwrap().sf(t);
        assert!((by_chance(t, freedom) - expected).abs() < 1e-6, "{freedom} {t}");
    }
}
