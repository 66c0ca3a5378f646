//! Runs as a browser might produce them, for tests and for trying the pane.

use super::{Conditions, FORMAT, Puts, Run, Scenario, Series, Stage, StageSeries, Thread, Variant};
use crate::measure::mix;

/// `n` times around `ns`, with a tail and a few outliers. Equal seeds give equal times.
pub(crate) fn noise(seed: u64, ns: f64, n: usize) -> Vec<f64> {
    let unit = |at: u64| (mix(seed * 1000 + at) >> 11) as f64 / (1u64 << 53) as f64;
    (0..n as u64)
        .map(|at| {
            let even = (0..4).map(|part| unit(at * 8 + part)).sum::<f64>() / 4.0 - 0.5;
            let tail = -(1.0 - unit(at * 8 + 5)).ln() * 0.02;
            let far = if unit(at * 8 + 6) > 0.97 { 1.5 + unit(at * 8 + 7) } else { 1.0 };
            ns * (1.0 + even * 0.12 + tail) * far
        })
        .collect()
}

fn series(variant: Variant, bytes: u64, segments: u64, ns: f64, n: usize) -> Series {
    let copied = match variant {
        Variant::Copy
        | Variant::CopyFresh
        | Variant::Gather
        | Variant::CopyJs
        | Variant::CopyWasm
        | Variant::Filled => bytes,
        Variant::Clone | Variant::Blob => 2 * bytes,
        _ => 0,
    };
    let runs = if ns < 250_000.0 { (250_000.0 / ns).ceil() as u32 } else { 1 };
    let samples = noise(bytes ^ segments << 20 ^ (variant as u64) << 40, ns, n);
    let at = (0..n).map(|at| at as f64 * 12.5).collect();
    Series { variant, bytes, segments, copied, runs, samples, at }
}

fn conditions(rounds: u32) -> Conditions {
    Conditions {
        browser: "Chrome 156".to_owned(),
        cores: 2,
        clock_step: 5000.0,
        isolated: true,
        optimised: true,
        thread: Thread::Worker,
        hidden: false,
        seed: 7,
        rounds,
        lab: "0.2.0".to_owned(),
        zenoh: "1.10.2".to_owned(),
        router: None,
    }
}

/// Nanoseconds of building: a fixed cost, a cost for each segment, and one for each byte, higher
/// where caches end.
fn cost(variant: Variant, bytes: f64, segments: f64) -> f64 {
    let warm = bytes * if bytes > 16e6 { 0.12 } else { 0.075 };
    match variant {
        Variant::Copy => 120.0 + 90.0 * segments + warm,
        Variant::CopyFresh => 400.0 + 130.0 * segments + bytes * 0.78,
        Variant::Borrow => 150.0 + 40.0 * segments,
        Variant::Move => 200.0 + 620.0 * segments,
        Variant::Clone => 90_000.0 + bytes * 0.6,
        Variant::Transfer => 95_000.0,
        Variant::Blob => 400_000.0 + bytes * 0.9,
        Variant::Gather => 300.0 + warm,
        Variant::CopyJs => 500.0 + bytes * 0.081,
        Variant::CopyWasm => 300.0 + bytes * 0.076,
        Variant::BorrowJs => 260.0,
        Variant::BorrowWasm => 250.0,
        Variant::Segments => 90.0,
        Variant::Filled => 2_000.0 + bytes * 0.16,
        Variant::Adopted => 4_000.0,
    }
}

const PUT: [Variant; 3] = [Variant::Copy, Variant::Borrow, Variant::Move];

fn puts(variant: Variant, bytes: u64, n: usize) -> Puts {
    let b = bytes as f64;
    let build = cost(variant, b, 3.0);
    let stages = [
        (Stage::Produce, 11.0e6, 0),
        (Stage::Build, build, if variant == Variant::Copy { bytes } else { 0 }),
        (Stage::Gather, b * 0.052, bytes),
        (Stage::Send, b * 0.62, 0),
        (Stage::Arrive, b * 3.29, 0),
        (Stage::Read, 0.9e6, bytes),
    ];
    let stages = stages.into_iter().enumerate().map(|(at, (stage, ns, copied))| StageSeries {
        stage,
        copied,
        samples: noise(at as u64 + 77 * variant as u64, ns, n),
    });
    let at = (0..n).map(|at| at as f64 * 110.0).collect();
    Puts { variant, bytes: Some(bytes), at, stages: stages.collect() }
}

/// A run of this scenario. Those of a payload and of own sizes have whole puts.
pub(crate) fn run(scenario: Scenario) -> Run {
    let (bytes, n) = (11_805_184_u64, 60);
    let build = [Variant::Copy, Variant::CopyFresh, Variant::Borrow, Variant::Move];
    let one = |variants: &[Variant]| -> Vec<Series> {
        variants.iter().map(|variant| series(*variant, bytes, 3, cost(*variant, bytes as f64, 3.0), n)).collect()
    };
    let all = match scenario {
        Scenario::OwnSizes => Vec::new(),
        Scenario::Payload => one(&build),
        Scenario::Worker => one(&[Variant::Clone, Variant::Transfer]),
        Scenario::Blob => one(&[Variant::Blob, Variant::Gather]),
        Scenario::Message => {
            let mut all = one(&[Variant::Segments, Variant::Copy, Variant::Borrow, Variant::Filled, Variant::Adopted]);
            // A filled message has one more landing pad before its data, and one less in its head.
            all[3].bytes -= 8;
            all
        }
        Scenario::Places => one(&[Variant::CopyJs, Variant::CopyWasm, Variant::BorrowJs, Variant::BorrowWasm]),
        Scenario::Sizes => build
            .into_iter()
            .flat_map(|variant| {
                (10..=28).step_by(2).map(move |power| {
                    let bytes = 1_u64 << power;
                    series(variant, bytes, 3, cost(variant, bytes as f64, 3.0), 20)
                })
            })
            .filter(|series| series.variant != Variant::CopyFresh || series.bytes < 1 << 27)
            .collect(),
        Scenario::Counts => [Variant::Copy, Variant::Borrow, Variant::Move]
            .into_iter()
            .flat_map(|variant| {
                (0..=10).map(move |half| {
                    let segments = 10_f64.powf(f64::from(half) / 2.0).round() as u64;
                    series(variant, 1 << 20, segments, cost(variant, 1_048_576.0, segments as f64), 20)
                })
            })
            .collect(),
    };
    let puts: Vec<Puts> = match scenario {
        Scenario::Payload => PUT.map(|variant| puts(variant, bytes, 24)).into(),
        Scenario::OwnSizes => [bytes, bytes / 2, bytes * 2, bytes / 4, bytes * 4]
            .into_iter()
            .flat_map(|bytes| PUT.map(|variant| puts(variant, bytes, 12)))
            .collect(),
        _ => Vec::new(),
    };
    let mut conditions = conditions(match scenario {
        Scenario::OwnSizes => 12,
        Scenario::Sizes | Scenario::Counts => 20,
        _ => 60,
    });
    conditions.router = (!puts.is_empty()).then(|| "ws/127.0.0.1:7446".to_owned());
    let subject = match scenario {
        Scenario::Sizes => "three arrays, 1 KiB to 256 MiB together",
        Scenario::Counts => "1 to 100,000 arrays, 1 MiB together",
        _ => "Framed tensor, 1920 × 1536 int32: 3 segments, 11,805,184 B",
    };
    Run {
        format: FORMAT.to_owned(),
        id: 1_795_357_353_000 + scenario as u64 * 3_600_000,
        scenario,
        subject: subject.to_owned(),
        conditions,
        partial: false,
        refused: None,
        unsent: None,
        series: all,
        puts,
        scene: None,
    }
}

/// A payload run without a router.
pub(crate) fn alone() -> Run {
    let mut run = run(Scenario::Payload);
    run.id += 1_000_000;
    run.puts.clear();
    run.conditions.router = None;
    run
}

/// A run that the person stopped early, of a payload that cannot be moved.
pub(crate) fn partial() -> Run {
    let mut run = run(Scenario::Payload);
    run.id += 2_000_000;
    run.partial = true;
    run.refused = Some("the trailer is a view of 512 B of a buffer of 4,096 B".to_owned());
    run.series.retain(|series| series.variant != Variant::Move);
    for series in &mut run.series {
        series.samples.truncate(11);
        series.at.truncate(11);
    }
    run.puts.clear();
    run
}

/// A run of a few bytes, where borrowing is slower than copying.
pub(crate) fn tiny() -> Run {
    let mut run = alone();
    run.id += 3_000_000;
    run.subject = "own payload: 3 segments, 64 B".to_owned();
    run.series =
        [(Variant::Copy, 210.0), (Variant::CopyFresh, 380.0), (Variant::Borrow, 330.0), (Variant::Move, 2100.0)]
            .map(|(variant, ns)| series(variant, 64, 3, ns, 60))
            .into();
    run
}
