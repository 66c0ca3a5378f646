//! How the built page responds. The benchmark measures the first input on a processor that is four
//! times slower. It also measures the longest time without a response, while a user zooms and while
//! samples stream in.
//!
//! `scripts/bench page-use` builds the page and runs this. It prints a table beside targets and
//! writes all figures to a file.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that fails must stop"
)]

#[path = "session/devtools.rs"]
mod devtools;
#[path = "session/line.rs"]
mod line;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{path::PathBuf, time::Duration};

use devtools::{DevTools, Task};
use line::{Line, median, quantile};
use serde_json::json;
use support::{GUARD, browser::Page, lab, peers::Native};

const ROUNDS: usize = 7;
const SLOWER: u32 = 4;
const SEGMENTS: usize = 100_000;
/// Turns of the wheel, in and out again, and the time between two.
const TURNS: usize = 60;
const TURN: Duration = Duration::from_millis(50);
/// Samples that stream in, one every 33 ms.
const SAMPLES: usize = 300;
const SAMPLE: usize = 1 << 20;
const SAMPLES_PER_SECOND: u32 = 30;

/// Presses the button for the theme as soon as it exists, until the press has its effect. Notes the
/// time since the navigation began.
const FIRST_INPUT: &str = "
    const theme = () => document.querySelector('#theme')?.dataset.value;
    let before;
    const press = () => {
        before ??= theme();
        document.querySelector('#theme').click();
    };
    new MutationObserver((_, observer) => {
        if (before === undefined) {
            if (theme() !== undefined) press();
        } else if (theme() !== before) {
            globalThis.firstInput ??= performance.now();
            observer.disconnect();
        }
    }).observe(document, { attributes: true, childList: true, subtree: true });";

/// Milliseconds from the navigation to the effect of the first input, in a browser that has never
/// seen the page.
async fn first_input(url: &str) -> f64 {
    let page = Page::at("about:blank").await;
    page.dev_tools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": FIRST_INPUT })).await;
    page.dev_tools("Emulation.setCPUThrottlingRate", json!({ "rate": SLOWER })).await;
    page.client.goto(url).await.unwrap();
    let answered = tokio::time::timeout(GUARD, async {
        loop {
            if let Some(time) = page.run("return globalThis.firstInput ?? null", vec![]).await.as_f64() {
                return time;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let time = answered.await.expect("the page answers");
    page.close(&[]).await;
    time
}

/// The tasks of the page's main thread while a user zooms over very many segments with the wheel.
async fn zooming(page: &Page, devtools: &mut DevTools) -> Vec<Task> {
    page.fill("#preset", "tensor").await;
    page.fill("#row-type", "Uint8").await;
    page.fill("#row-length", "16").await;
    page.fill("#row-repeat", &SEGMENTS.to_string()).await;
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", 16 * SEGMENTS)).await;
    let script = "const r = document.querySelector('.drawing').getBoundingClientRect(); return [r.left + r.width / 3, r.top + r.height / 2]";
    let place = page.run(script, vec![]).await;
    let words = page.text("#zoom-words").await;
    let turns = async {
        for turn in 0..TURNS {
            let turned = if turn < TURNS / 2 { -120 } else { 120 };
            let event = json!({ "type": "mouseWheel", "x": place[0], "y": place[1], "deltaX": 0, "deltaY": turned, "modifiers": 2 });
            page.dev_tools("Input.dispatchMouseEvent", event).await;
            if turn == TURNS / 2 - 1 {
                assert_ne!(page.text("#zoom-words").await, words, "the wheel zooms");
            }
            tokio::time::sleep(TURN).await;
        }
    };
    devtools.tasks(turns).await.1
}

/// The tasks of the page's main thread while samples stream in.
async fn streaming(page: &Page, devtools: &mut DevTools, native: &Native) -> Vec<Task> {
    page.fill("#preset", "three").await;
    page.connect("/zenoh").await;
    let samples = async {
        let mut due = tokio::time::interval(Duration::from_secs(1) / SAMPLES_PER_SECOND);
        for _ in 0..SAMPLES {
            due.tick().await;
            native.put("lab/stream", vec![7; SAMPLE]).await;
        }
        page.wait("#samples tr").await;
    };
    devtools.tasks(samples).await.1
}

#[tokio::main]
async fn main() {
    let lab = lab::lab().await;
    let url = lab::url(&lab);
    let mut first = Vec::new();
    for _ in 0..ROUNDS {
        first.push(first_input(&url).await);
    }
    let page = Page::open(&url).await;
    let mut devtools = DevTools::connect(&page.debugger()).await;
    let zooming = zooming(&page, &mut devtools).await;
    let native = Native::join(&lab.tcp_locator(), "nothing").await;
    let streaming = streaming(&page, &mut devtools, &native).await;
    let browser = page.browser();
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;

    println!("\nThe page in use: {browser}");
    let longest = |tasks: &[Task]| tasks.iter().copied().max_by(|a, b| a.wall.total_cmp(&b.wall)).unwrap();
    let (zoomed, streamed) = (longest(&zooming), longest(&streaming));
    let line = |name: &str, value, target, unit, digits| Line {
        name: name.to_owned(),
        value,
        unit,
        digits,
        target,
        at_least: false,
    };
    let lines = [
        line("first input answered, four times slower, median", median(&first) / 1e3, 2.0, "s", 2),
        line("  slowest", quantile(&first, 1.0) / 1e3, 2.0, "s", 2),
        line("longest task zooming over 100,000 segments", zoomed.wall, 50.0, "ms", 1),
        line("longest task while 30 samples of 1 MiB a second stream in", streamed.wall, 50.0, "ms", 1),
    ];
    lines.iter().for_each(Line::print);
    println!(
        "  of these tasks the thread itself used {:.1} ms zooming and {:.1} ms streaming, of which the engine collected garbage for \
         {:.1} ms and {:.1} ms",
        zoomed.cpu, streamed.cpu, zoomed.garbage, streamed.garbage
    );
    let tasks = |tasks: &[Task]| json!(tasks.iter().map(|task| [task.wall, task.cpu]).collect::<Vec<_>>());
    let figures = json!({
        "format": "zbytes-lab-page-use",
        "version": 1,
        "browser": browser,
        "slower": SLOWER,
        "first_input_ms": first,
        "zooming_tasks_wall_and_cpu_ms": tasks(&zooming),
        "streaming_tasks_wall_and_cpu_ms": tasks(&streaming),
        "targets": lines.iter().map(Line::json).collect::<Vec<_>>(),
    });
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let path = target.join("bench").join("page-use.json");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("{figures:#}\n")).unwrap();
    println!("\nAll figures: {}", path.display());
}
