//! The native cost of building a payload. criterion measures, and then a table shows its estimates
//! beside targets.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a benchmark that fails must stop")]

use std::{fs, hint::black_box, path::PathBuf, time::Duration};

use criterion::{BatchSize, Criterion, Throughput};
use zbytes_lab::{
    ledger::Ledger,
    message::Spec,
    payload::ZBytes,
    segment::{Element, Segment, Source},
};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
const SIZES: [(usize, &str); 4] = [(1 << 10, "1 KiB"), (1 << 20, "1 MiB"), (256 << 20, "256 MiB"), (1 << 30, "1 GiB")];
const TENSOR: usize = 1920 * 1536 * 4;
const MESSAGES: [(usize, &str); 3] = [(64 << 10, "64 KiB"), (TENSOR, "11.25 MiB"), (256 << 20, "256 MiB")];

fn benchmark(criterion: &mut Criterion) {
    let block = Segment::from(vec![0u8; 16 * MANY]);
    let mut group = criterion.benchmark_group("segments");
    for count in [FEW, MANY] {
        let segments: Vec<Segment> = (0..count).map(|i| block.slice(16 * i..16 * (i + 1)).unwrap()).collect();
        let list = || segments.iter().cloned().map(Source::borrow).collect::<Vec<_>>();
        group.bench_function(count.to_string(), |bench| {
            bench.iter_batched(list, |list| ZBytes::from_segments(list).unwrap(), BatchSize::PerIteration);
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("size");
    for (len, name) in SIZES {
        let segment = Segment::from(vec![0u8; len]);
        group.bench_function(name, |bench| {
            bench.iter(|| ZBytes::from_segments([Source::borrow(segment.clone())]).unwrap());
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("copy");
    group.throughput(Throughput::Bytes(TENSOR as u64));
    let source = vec![7u8; TENSOR];
    let mut warm = vec![0u8; TENSOR];
    group.bench_function("bare", |bench| bench.iter(|| black_box(&mut warm).copy_from_slice(black_box(&source))));
    let segment = Segment::from(source);
    group.bench_function("payload", |bench| {
        bench.iter(|| ZBytes::from_segments([Source::copy(segment.clone())]).unwrap());
    });
    group.finish();

    let mut group = criterion.benchmark_group("message");
    for (len, name) in MESSAGES {
        let segment = Segment::from(vec![7u8; len]);
        let spec =
            Spec::Tensor { name: "tensor".to_owned(), element: Element::Uint8, shape: vec![len as u32], timestamp: 1 };
        group.bench_function(format!("adopted {name}"), |bench| {
            bench.iter(|| spec.adopted([Source::borrow(segment.clone())]).unwrap().into_payload().unwrap());
        });
        group.bench_function(format!("filled {name}"), |bench| {
            bench.iter(|| spec.filled([Source::borrow(segment.clone())]).unwrap().into_payload().unwrap());
        });
    }
    group.finish();

    let payload =
        ZBytes::from_segments((0..MANY).map(|i| Source::borrow(block.slice(16 * i..16 * (i + 1)).unwrap()))).unwrap();
    let mut group = criterion.benchmark_group("read");
    group.bench_function("contiguous", |bench| bench.iter(|| payload.to_bytes(&mut Ledger::new()).unwrap()));
    group.bench_function("slice", |bench| bench.iter(|| payload.slice(8..payload.len() - 8).unwrap()));
    group.finish();
}

/// Median nanoseconds of one benchmark, from the file that criterion has just written.
fn median(group: &str, name: &str) -> f64 {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let path = target.join("criterion").join(group).join(name).join("new/estimates.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let estimates: serde_json::Value = serde_json::from_str(&text).unwrap();
    estimates["median"]["point_estimate"].as_f64().unwrap()
}

fn line(name: &str, value: String, target: &str, met: Option<bool>) {
    let verdict = match met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    println!("  {name:<58} {value:>14}   {target:<14} {verdict}");
}

fn table() {
    println!("\nNatively: building, time for each segment between 1,000 and 100,000 segments of 16 B");
    let slope = (median("segments", &MANY.to_string()) - median("segments", &FEW.to_string())) / (MANY - FEW) as f64;
    line("retained in memory", format!("{slope:.1} ns"), "<= 10 ns", Some(slope <= 10.0));
    println!("\nNatively: building out of one segment, time by its size");
    let times = SIZES.map(|(_, name)| median("size", name));
    for ((_, name), ns) in SIZES.iter().zip(times) {
        line(name, format!("{ns:.0} ns"), "", None);
    }
    let ratio = times.iter().copied().fold(0.0, f64::max) / times.iter().copied().fold(f64::INFINITY, f64::min);
    line("slowest against fastest size", format!("{ratio:.2} x"), "<= 2 x", Some(ratio <= 2.0));
    println!("\nNatively: copying 11.25 MiB");
    let (bare, payload) = (median("copy", "bare"), median("copy", "payload"));
    line("copy_from_slice alone, into warm memory", format!("{:.3} ms", bare / 1e6), "", None);
    line("a payload of one copied segment, allocation included", format!("{:.3} ms", payload / 1e6), "", None);
    println!("\nNatively: a message of Cap'n Proto around an array, ready to be sent");
    for (_, name) in MESSAGES {
        let adopted = median("message", &format!("adopted {name}"));
        line(&format!("adopted, {name}"), format!("{:.2} us", adopted / 1e3), "<= 20 us", Some(adopted <= 20e3));
    }
    for (_, name) in MESSAGES {
        let [adopted, filled] = ["adopted", "filled"].map(|way| median("message", &format!("{way} {name}")));
        line(&format!("filled, {name}"), format!("{:.3} ms", filled / 1e6), "", None);
        line("  against adopted", format!("{:.0} x", filled / adopted), "", None);
    }
    println!("\nNatively: a payload of 100,000 segments of 16 B");
    line("made contiguous", format!("{:.3} ms", median("read", "contiguous") / 1e6), "", None);
    line("sliced", format!("{:.3} ms", median("read", "slice") / 1e6), "", None);
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(30)
        .without_plots()
        .configure_from_args();
    benchmark(&mut criterion);
    criterion.final_summary();
    table();
}
