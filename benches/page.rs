//! The cost of building a payload in a page. `scripts/bench` runs this in a real browser and prints
//! a table beside targets.
//!
//! Times are medians of rounds in which all variants take turns. So a disturbance affects all
//! variants alike. The benchmark asserts nothing about times, because they depend on the machine
//! and the moment.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that fails must stop"
)]

use std::{cell::RefCell, rc::Rc};

use gloo_timers::future::TimeoutFuture;
use js_sys::{ArrayBuffer, Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};
use zbytes_lab::{
    app::{Order, Preset},
    measure::{Summary, order},
    message::Spec,
    payload::ZBytes,
    run::{self, Scenario},
    segment::{Element, Input, Segment, Source},
};

wasm_bindgen_test_configure!(run_in_browser);

const ROUNDS: u32 = 41;

fn now() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now() * 1e6
}

/// An operation to time. It prepares its input, and then runs so many times between two readings of
/// the clock.
struct Variant<'a> {
    name: String,
    runs: u32,
    /// Nanoseconds of `runs` runs.
    time: Box<dyn FnMut(u32) -> f64 + 'a>,
    samples: Vec<f64>,
}

impl<'a> Variant<'a> {
    fn new(name: impl Into<String>, runs: u32, time: impl FnMut(u32) -> f64 + 'a) -> Self {
        Self { name: name.into(), runs, time: Box::new(time), samples: Vec::new() }
    }

    /// Median nanoseconds of one run.
    fn median(&self) -> f64 {
        Summary::of(&self.samples).unwrap().median.estimate
    }
}

/// Times all variants in turns. The first two rounds warm up.
fn measure(variants: &mut [Variant]) {
    for round in 0..ROUNDS + 2 {
        for index in order(11, round, variants.len()) {
            let variant = &mut variants[index];
            let took = (variant.time)(variant.runs) / f64::from(variant.runs);
            if round >= 2 {
                variant.samples.push(took);
            }
        }
    }
}

/// Times the building of payloads from lists that `list` makes beforehand. The payloads are dropped
/// after the time was taken.
fn building<'a>(name: String, runs: u32, mut list: impl FnMut() -> Vec<Source> + 'a) -> Variant<'a> {
    Variant::new(name, runs, move |runs| {
        let lists: Vec<_> = (0..runs).map(|_| list()).collect();
        let mut built = Vec::with_capacity(lists.len());
        let begun = now();
        for list in lists {
            built.push(ZBytes::from_segments(list).unwrap());
        }
        now() - begun
    })
}

/// Builds by move, again and again: each payload takes the buffers of the one before.
fn moving<'a>(name: String, runs: u32, buffers: Vec<ArrayBuffer>) -> Variant<'a> {
    let mut buffers = Some(buffers);
    Variant::new(name, runs, move |runs| {
        let mut took = 0.0;
        for _ in 0..runs {
            let sources: Vec<Source> =
                buffers.take().unwrap().into_iter().map(|b| Source::moved(Input::array(b.into()))).collect();
            let begun = now();
            let payload = ZBytes::from_segments(sources).unwrap();
            took += now() - begun;
            buffers = Some(payload.into_segments().into_iter().map(|s| s.into_array_buffer().unwrap()).collect());
        }
        took
    })
}

fn line(name: &str, value: String, target: &str, met: Option<bool>) {
    let verdict = match met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    console_log!("  {name:<58} {value:>14}   {target:<14} {verdict}");
}

#[wasm_bindgen_test]
fn slope_per_segment() {
    const FEW: usize = 1_000;
    const MANY: usize = 100_000;
    let block = Segment::from(vec![0u8; 16 * MANY]);
    let linear =
        |count: usize| -> Vec<Segment> { (0..count).map(|i| block.slice(16 * i..16 * (i + 1)).unwrap()).collect() };
    let arrays =
        |count: usize| -> Vec<JsValue> { (0..count).map(|_| Uint8Array::new(&ArrayBuffer::new(16)).into()).collect() };
    let buffers = |count: usize| -> Vec<ArrayBuffer> { (0..count).map(|_| ArrayBuffer::new(16)).collect() };
    let mut variants = Vec::new();
    for count in [FEW, MANY] {
        let runs = (20 * FEW / count).max(1) as u32;
        let segments = linear(count);
        // Here the list of sources costs as much to make as the payload. So each run makes its
        // list, and the time includes that.
        variants.push(Variant::new(format!("wasm {count}"), runs * 5, move |runs| {
            let mut built = Vec::with_capacity(runs as usize);
            let begun = now();
            for _ in 0..runs {
                built.push(ZBytes::from_segments(segments.iter().cloned().map(Source::borrow)).unwrap());
            }
            now() - begun
        }));
        let arrays = arrays(count);
        variants.push(building(format!("borrow {count}"), runs, move || {
            arrays.iter().map(|array| Source::borrow(Input::array(array.clone()))).collect()
        }));
        variants.push(moving(format!("move {count}"), runs, buffers(count)));
        let mut bare = buffers(count);
        variants.push(Variant::new(format!("transfer {count}"), runs, move |runs| {
            let begun = now();
            for _ in 0..runs {
                for buffer in &mut bare {
                    *buffer = buffer.transfer().unwrap();
                }
            }
            now() - begun
        }));
    }
    measure(&mut variants);
    let median = |name: String| variants.iter().find(|v| v.name == name).unwrap().median();
    let slope = |name: &str| (median(format!("{name} {MANY}")) - median(format!("{name} {FEW}"))) / (MANY - FEW) as f64;
    console_log!("\nBuilding, time for each segment between 1,000 and 100,000 segments of 16 B");
    for (name, words, target) in [
        ("wasm", "retained in wasm memory", 10.0),
        ("borrow", "borrowed from the JavaScript heap", 150.0),
        ("move", "moved from the JavaScript heap", 600.0),
    ] {
        let ns = slope(name);
        line(words, format!("{ns:.1} ns"), &format!("<= {target} ns"), Some(ns <= target));
    }
    line("  of that, ArrayBuffer.transfer() alone", format!("{:.1} ns", slope("transfer")), "", None);
    // A small array gets a buffer only when a program asks for it, and borrowing must ask.
    let fresh = |_: u32| {
        let sources: Vec<Source> =
            (0..MANY).map(|_| Source::borrow(Input::array(Uint8Array::new_with_length(16).into()))).collect();
        let begun = now();
        let payload = ZBytes::from_segments(sources).unwrap();
        let took = now() - begun;
        drop(payload);
        took
    };
    let mut variants = [Variant::new("fresh", 1, fresh)];
    measure(&mut variants);
    line(
        "  the same, small arrays whose buffers are new to the library",
        format!("{:.1} ns", variants[0].median() / MANY as f64),
        "",
        None,
    );
}

#[wasm_bindgen_test]
fn flat_over_sizes() {
    const SIZES: [(usize, &str); 4] =
        [(1 << 10, "1 KiB"), (1 << 20, "1 MiB"), (256 << 20, "256 MiB"), (1 << 30, "1 GiB")];
    const RUNS: u32 = 200;
    let arrays: Vec<Uint8Array> = SIZES.iter().map(|(len, _)| Uint8Array::new_with_length(*len as u32)).collect();
    let mut variants = Vec::new();
    for ((len, name), array) in SIZES.iter().zip(&arrays) {
        variants.push(building(format!("borrow {name}"), RUNS, move || vec![Source::borrow(array)]));
        let mut buffer = Some(ArrayBuffer::new(*len as u32));
        // One reading of the clock for all runs, because one run is shorter than the clock's step.
        // So the time includes taking the buffer out again.
        variants.push(Variant::new(format!("move {name}"), RUNS, move |runs| {
            let mut held = buffer.take().unwrap();
            let begun = now();
            for _ in 0..runs {
                let payload = ZBytes::from_segments([Source::moved(&held)]).unwrap();
                held = payload.into_segments().pop().unwrap().into_array_buffer().unwrap();
            }
            let took = now() - begun;
            buffer = Some(held);
            took
        }));
    }
    measure(&mut variants);
    console_log!("\nBuilding out of one array, time by its size");
    for mode in ["borrow", "move"] {
        let times: Vec<f64> = SIZES
            .iter()
            .map(|(_, name)| variants.iter().find(|v| v.name == format!("{mode} {name}")).unwrap().median())
            .collect();
        for ((_, name), ns) in SIZES.iter().zip(&times) {
            line(&format!("{mode}, {name}"), format!("{ns:.0} ns"), "", None);
        }
        let ratio = times.iter().copied().fold(0.0, f64::max) / times.iter().copied().fold(f64::INFINITY, f64::min);
        line(&format!("{mode}: slowest against fastest size"), format!("{ratio:.2} x"), "<= 2 x", Some(ratio <= 2.0));
    }
}

#[wasm_bindgen_test]
fn copy_against_a_bare_set() {
    const LEN: usize = 1920 * 1536 * 4;
    let source = Uint8Array::new_with_length(LEN as u32).fill(7, 0, LEN as u32);
    let mut space = vec![1u8; LEN];
    let address = space.as_mut_ptr() as usize as u32;
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let mut variants = [
        Variant::new("set", 4, |runs| {
            let warm = Uint8Array::new_with_byte_offset_and_length(&memory.buffer(), address, LEN as u32);
            let begun = now();
            for _ in 0..runs {
                warm.set(&source, 0);
            }
            now() - begun
        }),
        Variant::new("copy", 4, |runs| {
            let begun = now();
            for _ in 0..runs {
                std::hint::black_box(ZBytes::from_segments([Source::copy(&source)]).unwrap().len());
            }
            now() - begun
        }),
    ];
    measure(&mut variants);
    let [set, copy] = [variants[0].median(), variants[1].median()];
    console_log!("\nCopying 11.25 MiB from the JavaScript heap into warm wasm memory");
    line("TypedArray.set alone", format!("{:.3} ms", set / 1e6), "", None);
    line("a payload of one copied segment", format!("{:.3} ms", copy / 1e6), "", None);
    line("the payload against set", format!("{:.3} x", copy / set), "<= 1.15 x", Some(copy / set <= 1.15));
    drop(space);
}

/// From the typed array to a payload that is ready to send, in a message of Cap'n Proto.
#[wasm_bindgen_test]
fn messages_adopted_against_filled() {
    const SIZES: [(usize, &str, u32); 5] = [
        (64 << 10, "64 KiB", 50),
        (1 << 20, "1 MiB", 10),
        (1920 * 1536 * 4, "11.25 MiB", 1),
        (64 << 20, "64 MiB", 1),
        (256 << 20, "256 MiB", 1),
    ];
    const RUNS: u32 = 200;
    let spec = |len: usize| {
        let (name, element) = ("tensor".to_owned(), Element::Uint8);
        Spec::Tensor { name, element, shape: vec![len as u32], timestamp: 1 }
    };
    // Filled, because reading memory that was never written is unrealistically fast.
    let array = |len: usize| Uint8Array::new_with_length(len as u32).fill(7, 0, len as u32);
    let arrays: Vec<Uint8Array> = SIZES.iter().map(|(len, ..)| array(*len)).collect();
    let mut variants = Vec::new();
    for ((len, name, fills), array) in SIZES.iter().zip(&arrays) {
        let spec = spec(*len);
        let (adopted, filled) = (spec.clone(), spec.clone());
        variants.push(Variant::new(format!("borrow {name}"), RUNS, move |runs| {
            let mut built = Vec::with_capacity(runs as usize);
            let begun = now();
            for _ in 0..runs {
                built.push(adopted.adopted([Source::borrow(array)]).unwrap().into_payload().unwrap());
            }
            let took = now() - begun;
            assert!(built.iter().all(|payload| payload.len() > *len));
            took
        }));
        let mut buffer = Some(ArrayBuffer::new(*len as u32));
        // One reading of the clock for all runs, because one run is shorter than the clock's step.
        // So the time includes taking the buffer out again.
        variants.push(Variant::new(format!("move {name}"), RUNS, move |runs| {
            let mut held = buffer.take().unwrap();
            let begun = now();
            for _ in 0..runs {
                let payload = spec.adopted([Source::moved(&held)]).unwrap().into_payload().unwrap();
                held = payload.into_segments().pop().unwrap().into_array_buffer().unwrap();
            }
            let took = now() - begun;
            buffer = Some(held);
            took
        }));
        variants.push(Variant::new(format!("filled {name}"), *fills, move |runs| {
            let begun = now();
            for _ in 0..runs {
                let payload = filled.filled([Source::borrow(array)]).unwrap().into_payload().unwrap();
                std::hint::black_box(payload.len());
            }
            now() - begun
        }));
    }
    measure(&mut variants);
    let median = |way: &str, name: &str| {
        variants.iter().find(|variant| variant.name == format!("{way} {name}")).unwrap().median()
    };
    console_log!("\nBuilding a message of Cap'n Proto around an array in the JavaScript heap, ready to be sent");
    for (way, words) in [("borrow", "adopted by borrow"), ("move", "adopted by move and taken out again")] {
        let times: Vec<f64> = SIZES.iter().map(|(_, name, _)| median(way, name)).collect();
        for ((_, name, _), ns) in SIZES.iter().zip(&times) {
            line(&format!("{words}, {name}"), format!("{:.2} us", ns / 1e3), "<= 20 us", Some(*ns <= 20e3));
        }
        let ratio = times.iter().copied().fold(0.0, f64::max) / times.iter().copied().fold(f64::INFINITY, f64::min);
        line("  slowest against fastest size", format!("{ratio:.2} x"), "<= 2 x", Some(ratio <= 2.0));
    }
    for (_, name, _) in SIZES {
        line(&format!("filled, {name}"), format!("{:.3} ms", median("filled", name) / 1e6), "", None);
    }
    for (_, name, _) in SIZES {
        let ratio = median("filled", name) / median("borrow", name);
        line(&format!("filled against adopted by borrow, {name}"), format!("{ratio:.0} x"), "", None);
    }
}

#[wasm_bindgen(inline_js = r#"
let source, target;

export function arraysByHand() {
  const length = 1920 * 1536 * 4;
  source = new Uint8Array(length).fill(7);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(length / 65536) });
  target = new Uint8Array(memory.buffer, 0, length);
}

export function byHand(before, runs) {
  for (let run = 0; run < before; run++) target.set(source);
  const begun = performance.now();
  for (let run = 0; run < runs; run++) target.set(source);
  return (performance.now() - begun) * 1e6 / runs;
}
"#)]
extern "C" {
    #[wasm_bindgen(js_name = arraysByHand)]
    fn arrays_by_hand();
    #[wasm_bindgen(js_name = byHand)]
    fn by_hand(before: u32, runs: u32) -> f64;
}

/// The copy time that the Cost pane reports for the preset, beside a loop by hand. A user would
/// write that loop in the console of the same page.
///
/// Both take turns in the same seconds of one thread: the loop runs whenever the measurement rests.
/// On a machine with shared caches, one second may be slower by half than the next.
///
/// Their turns are alike. Both make as many copies between two readings of the clock, because the
/// clock's step is a good part of one copy. Both first make copies that are not timed, until the
/// caches are filled.
#[wasm_bindgen_test]
async fn the_reported_copy_against_a_loop_by_hand() {
    const PAIRS: usize = 7;
    /// For the loop: copies that are not timed, and milliseconds between two turns.
    const BEFORE: u32 = 24;
    const APART: u32 = 30;
    let median = |samples: &[f64]| Summary::of(samples).unwrap().median.estimate;
    let reported = || async {
        let order = Order {
            number: 1,
            scenario: Scenario::Payload,
            subject: String::new(),
            rows: Preset::Tensor.rows(0),
            puts: false,
        };
        let taken = zbytes_lab::engine::measure(order).await.unwrap().unwrap();
        let copy = taken.of(run::Variant::Copy).next().unwrap();
        (copy.runs, median(&copy.samples))
    };
    // This measurement is not counted: it warms up, and shows how many runs make a sample.
    let (mut runs, _) = reported().await;
    let (mut by_hand_all, mut reported_all, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        arrays_by_hand();
        let beside = Rc::new(RefCell::new(Vec::new()));
        let taking = Rc::downgrade(&beside);
        spawn_local(async move {
            // Until the measurement drops its reference.
            while let Some(beside) = taking.upgrade() {
                beside.borrow_mut().push(by_hand(BEFORE, runs));
                drop(beside);
                TimeoutFuture::new(APART).await;
            }
        });
        let (next, copy) = reported().await;
        runs = next;
        let beside = beside.take();
        ratios.push(copy / median(&beside));
        reported_all.push(copy);
        by_hand_all.extend(beside);
    }
    let ratio = median(&ratios);
    let (least, most) =
        ratios.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), ratio| (least.min(*ratio), most.max(*ratio)));
    console_log!("\nCopying 11.25 MiB as the Cost pane reports it, {PAIRS} times in turns with a loop by hand");
    line("a loop by hand in JavaScript", format!("{:.3} ms", median(&by_hand_all) / 1e6), "", None);
    line("reported by the Cost pane", format!("{:.3} ms", median(&reported_all) / 1e6), "", None);
    line(
        "reported against by hand, median of the pairs",
        format!("{ratio:.3} x"),
        "0.85 to 1.15 x",
        Some((0.85..=1.15).contains(&ratio)),
    );
    line("  the pairs", format!("{least:.2} to {most:.2} x"), "", None);
}
