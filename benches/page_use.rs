//! How the built page responds. The benchmark measures the first input on a processor that is four
//! times slower, over a slow link. It also measures the longest time without a response: while a
//! user zooms, while samples stream in, and while the engine does its heaviest work.
//!
//! `scripts/bench page-use` builds the page and runs this. It prints a table beside targets and
//! writes all figures to a file. After `cargo bench --bench page_use --`, words choose activities of
//! the engine: the benchmark then measures only those whose names have one of these words.

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
use fantoccini::wd::TimeoutConfiguration;
use line::{Line, median, quantile};
use serde_json::{Value, json};
use support::{
    GUARD,
    browser::{NO_ANSWER, Page, SOCKET_FAILED},
    lab,
    peers::Native,
};
use zbytes_lab::{
    message::lab_capnp::{ElementType, tensor},
    present::cost::reading::scenario_key,
    run::Scenario,
    server::Lab,
};

const ROUNDS: usize = 7;
const SLOWER: u32 = 4;
/// The link of the first input: 10 Mbit/s in bytes a second, and milliseconds until an answer.
const LINK: f64 = 1_250_000.0;
const LATENCY: f64 = 40.0;
const SEGMENTS: usize = 100_000;
/// Turns of the wheel, in and out again, and the time between two.
const TURNS: usize = 60;
const TURN: Duration = Duration::from_millis(50);
/// Samples that stream in, one every 33 ms.
const SAMPLES: usize = 300;
const SAMPLE: usize = 1 << 20;
const SAMPLES_PER_SECOND: u32 = 30;

/// How often each activity of the engine runs. It measures each scenario of the Cost pane once.
const ROUNDS_OF_TASKS: usize = 3;
/// How long the engine puts and receives at full rate.
const FULL_RATE: Duration = Duration::from_secs(5);
/// How often a run may lose its session.
const ATTEMPTS: usize = 5;
/// No activity takes so long: this only ends a benchmark that would otherwise hang.
const LONG: Duration = Duration::from_secs(300);
/// Milliseconds of the longest task in the median of the runs, and of the longest in any run.
const MEDIAN_TARGET: f64 = 16.0;
const LONGEST_TARGET: f64 = 50.0;
/// The longest payload that the page accepts.
const LARGEST: usize = 1 << 30;
const HASHED: usize = 256 << 20;
/// Rows and columns of a message of 200 MiB.
const SIDES: [u32; 2] = [12_800, 16_384];
const TENSOR: usize = 1920 * 1536 * 4;
const SMALL: usize = 64;

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
/// seen the page. The domain Network emulates the link, and stays on in this page alone: it makes
/// WebSockets slow.
async fn first_input(url: &str) -> f64 {
    let page = Page::at("about:blank").await;
    page.dev_tools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": FIRST_INPUT })).await;
    page.dev_tools("Emulation.setCPUThrottlingRate", json!({ "rate": SLOWER })).await;
    page.dev_tools("Network.enable", json!({})).await;
    let link = json!({ "offline": false, "latency": LATENCY, "downloadThroughput": LINK, "uploadThroughput": LINK });
    page.dev_tools("Network.emulateNetworkConditions", link).await;
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

/// The tasks of the page's main thread in a run of an activity.
struct Run {
    /// Which run it was.
    what: String,
    longest: Task,
    /// How many tasks were longer than the target of the median, and how many there were.
    over: usize,
    count: usize,
}

impl Run {
    fn of(what: String, tasks: &[Task]) -> Self {
        let over = tasks.iter().filter(|task| task.wall > MEDIAN_TARGET).count();
        Self { what, longest: longest(tasks), over, count: tasks.len() }
    }

    fn words(&self) -> String {
        let Self { what, longest: Task { wall, cpu, garbage }, over, count } = self;
        format!(
            "{what}: {wall:.1} ms, {cpu:.1} of the thread, {garbage:.1} for garbage; {over} of {count} above the target"
        )
    }

    fn json(&self) -> Value {
        let Self { what, longest: Task { wall, cpu, garbage }, over, count } = self;
        json!({ "run": what, "wall_ms": wall, "cpu_ms": cpu, "garbage_ms": garbage, "above_target": over, "tasks": count })
    }
}

/// An activity of the engine, and what the page's main thread did meanwhile.
struct Activity {
    name: &'static str,
    runs: Vec<Run>,
}

impl Activity {
    fn walls(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run.longest.wall).collect()
    }

    fn lines(&self) -> [Line; 2] {
        let walls = self.walls();
        let longest = format!("  longest of {} runs", walls.len());
        [
            line(self.name, median(&walls), MEDIAN_TARGET, "ms", 1),
            line(&longest, quantile(&walls, 1.0), LONGEST_TARGET, "ms", 1),
        ]
    }

    fn print_runs(&self) {
        println!("  {}", self.name);
        self.runs.iter().for_each(|run| println!("    {}", run.words()));
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "runs": self.runs.iter().map(Run::json).collect::<Vec<_>>() })
    }
}

/// Everything that takes part in a run: a page in a browser of its own, and a native peer.
struct Desk<'a> {
    page: Page,
    devtools: DevTools,
    native: &'a Native,
}

/// The session was lost, and with it what was under way. A machine with much else to do may answer
/// too late.
#[derive(Debug)]
struct Lost;

/// The tasks of the page's main thread in each activity of a run.
type Traced<const N: usize> = Result<[Vec<Task>; N], Lost>;

impl Desk<'_> {
    async fn close(self, provoked: &[&str]) {
        self.page.close_with(&[], provoked).await;
    }
}

/// The lab, a native peer, and what was measured with them.
struct Stage {
    lab: Lab,
    native: Native,
    /// An activity is measured if its name has one of these words. Without words, all are.
    words: Vec<String>,
    activities: Vec<Activity>,
}

impl Stage {
    async fn set(words: Vec<String>) -> Self {
        let lab = lab::lab().await;
        let native = Native::join(&lab.tcp_locator(), "nothing").await;
        Self { lab, native, words, activities: Vec::new() }
    }

    fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word))
    }

    async fn desk(&self) -> Desk<'_> {
        let page = Page::open(&lab::url(&self.lab)).await;
        page.client.update_timeouts(TimeoutConfiguration::new(Some(LONG), None, None)).await.unwrap();
        let devtools = DevTools::connect(&page.debugger()).await;
        Desk { page, devtools, native: &self.native }
    }

    /// Runs activities one after the other, in a new page: so no run has the memory of another one.
    /// A run that loses its session is repeated.
    async fn run<const N: usize>(&self, activities: impl AsyncFn(&mut Desk<'_>) -> Traced<N>) -> [Vec<Task>; N] {
        for _ in 0..ATTEMPTS {
            let mut desk = self.desk().await;
            match activities(&mut desk).await {
                Ok(traced) => {
                    desk.close(&[]).await;
                    return traced;
                }
                Err(Lost) => {
                    eprintln!("the session was lost; the run is repeated");
                    desk.close(&[SOCKET_FAILED, NO_ANSWER]).await;
                }
            }
        }
        panic!("{ATTEMPTS} runs have lost their session: let the machine do nothing else");
    }

    async fn measure<const N: usize>(
        &mut self,
        names: [&'static str; N],
        activities: impl AsyncFn(&mut Desk<'_>) -> Traced<N>,
    ) {
        if !names.iter().any(|name| self.wants(name)) {
            return;
        }
        let mut all = names.map(|name| Activity { name, runs: Vec::new() });
        for round in 1..=ROUNDS_OF_TASKS {
            let traced = self.run(&activities).await;
            for (activity, tasks) in all.iter_mut().zip(&traced) {
                activity.runs.push(Run::of(format!("run {round}"), tasks));
            }
        }
        all.into_iter().for_each(|activity| self.note(activity));
    }

    /// Measures every scenario of the Cost pane once, with a session for whole puts.
    async fn measure_scenarios(&mut self) {
        let name = "measuring each scenario of the Cost pane";
        if !self.wants(name) {
            return;
        }
        let mut activity = Activity { name, runs: Vec::new() };
        for scenario in Scenario::ALL.map(scenario_key) {
            let [tasks] = self.run(async |desk| measuring(desk, scenario).await).await;
            activity.runs.push(Run::of(scenario.to_owned(), &tasks));
        }
        self.note(activity);
    }

    fn note(&mut self, activity: Activity) {
        eprintln!("{}: longest tasks of {:.1?} ms", activity.name, activity.walls());
        self.activities.push(activity);
    }
}

fn longest(tasks: &[Task]) -> Task {
    tasks.iter().copied().max_by(|a, b| a.wall.total_cmp(&b.wall)).unwrap()
}

/// Waits until a condition of the page holds. The page itself looks whether it does: questions from
/// outside would be tasks of its main thread.
async fn until(page: &Page, condition: &str) -> Result<(), Lost> {
    let script = format!(
        "
        const [done] = arguments;
        const look = () => {{
            const lost = document.querySelector('#session-gap, #session:is([data-state=lost], [data-state=failed])');
            if (!lost && !({condition})) return;
            observer.disconnect();
            // What follows from it is drawn by then.
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(!lost))));
        }};
        const observer = new MutationObserver(look);
        observer.observe(document, {{ attributes: true, characterData: true, childList: true, subtree: true }});
        look();"
    );
    match page.client.execute_async(&script, vec![]).await {
        Ok(held) => {
            if held == json!(true) {
                Ok(())
            } else {
                Err(Lost)
            }
        }
        Err(error) => panic!("{condition} never holds ({error}). The page says:\n{}", page.text(".panes").await),
    }
}

/// Waits until an element matches `css`.
async fn there(page: &Page, css: &str) -> Result<(), Lost> {
    until(page, &format!("document.querySelector({})", json!(css))).await
}

async fn built(page: &Page, len: usize) -> Result<(), Lost> {
    there(page, &format!("#build-state[data-state=ready][data-bytes='{len}']")).await
}

/// Has the page build a row of `len` bytes.
async fn build_row(page: &Page, len: usize, mode: &str) -> Result<(), Lost> {
    page.fill("#preset", "tensor").await;
    page.fill("#row-type", "Uint8").await;
    page.click(&format!("#row-mode-{mode}")).await;
    page.fill("#row-length", &len.to_string()).await;
    built(page, len).await
}

/// The tasks while `doing` runs, and what it results in.
async fn traced<T>(
    devtools: &mut DevTools,
    doing: impl Future<Output = Result<T, Lost>>,
) -> Result<(T, Vec<Task>), Lost> {
    let (result, tasks) = devtools.tasks(doing).await;
    Ok((result?, tasks))
}

/// What the measurement itself costs the page.
async fn nothing(Desk { page, devtools, .. }: &mut Desk<'_>) -> Traced<1> {
    let wait = async {
        tokio::time::sleep(FULL_RATE).await;
        there(page, "#theme").await
    };
    Ok([traced(devtools, wait).await?.1])
}

async fn building(Desk { page, devtools, .. }: &mut Desk<'_>) -> Traced<1> {
    build_row(page, SMALL, "copy").await?;
    let build = async {
        page.fill("#row-length", &LARGEST.to_string()).await;
        built(page, LARGEST).await
    };
    Ok([traced(devtools, build).await?.1])
}

/// The page puts to the router, and gets the put as a sample of its own subscription.
async fn hashing(Desk { page, devtools, .. }: &mut Desk<'_>) -> Traced<2> {
    page.connect("/zenoh").await;
    build_row(page, HASHED, "borrow").await?;
    let put = async {
        page.click("#put").await;
        there(page, &format!("#samples tr[data-len='{HASHED}'] .hash")).await?;
        there(page, "#put-result[data-state=done]").await
    };
    let putting = traced(devtools, put).await?.1;
    let hash = async {
        page.click("#samples .hash").await;
        there(page, "#samples .digest").await
    };
    Ok([putting, traced(devtools, hash).await?.1])
}

/// A tensor in a message of one segment, as a peer would send it.
fn message() -> Vec<u8> {
    let len = SIDES.iter().product::<u32>();
    let allocator = capnp::message::HeapAllocator::new().first_segment_words(len / 8 + 1024);
    let mut builder = capnp::message::Builder::new(allocator);
    let mut root = builder.init_root::<tensor::Builder<'_>>();
    root.set_name("of one segment");
    root.set_element_type(ElementType::Uint8);
    let mut shape = root.reborrow().init_shape(2);
    (0..).zip(SIDES).for_each(|(at, side)| shape.set(at, side));
    root.init_data(len).iter_mut().zip((0..251).cycle()).for_each(|(byte, value)| *byte = value);
    let bytes = capnp::serialize::write_message_to_words(&builder);
    assert_eq!(bytes[..4], [0; 4], "no segment after the first one");
    bytes
}

/// The engine reads the message, and paints it. The page opens a dialog for it.
async fn reading(Desk { page, devtools, native }: &mut Desk<'_>, message: &[u8]) -> Traced<2> {
    page.connect("/zenoh").await;
    let receive = async {
        native.put("lab/message", message.to_vec()).await;
        there(page, "#samples .read-message").await
    };
    let receiving = traced(devtools, receive).await?.1;
    let read = async {
        page.click("#samples .read-message").await;
        there(page, "#message-dialog[open][data-state=read] #picture").await
    };
    Ok([receiving, traced(devtools, read).await?.1])
}

async fn searching(Desk { page, devtools, .. }: &mut Desk<'_>) -> Traced<2> {
    build_row(page, LARGEST, "borrow").await?;
    let open = async {
        page.click(".facts .bytes-open").await;
        there(page, "#bytes-dialog[open] #bytes-next:not([disabled])").await?;
        there(page, "#byte-0:not(:empty)").await
    };
    let opening = traced(devtools, open).await?.1;
    // The row counts up from 0 to 255 again and again.
    page.fill("#bytes-sought", "ff ff ff").await;
    let search = async {
        page.click("#bytes-next").await;
        there(page, "#bytes-search[data-state=absent]").await
    };
    Ok([opening, traced(devtools, search).await?.1])
}

/// A native peer sends samples as fast as they go.
async fn receiving(Desk { page, devtools, native }: &mut Desk<'_>, len: usize) -> Traced<1> {
    page.connect("/zenoh").await;
    let samples = async {
        let begun = tokio::time::Instant::now();
        let mut sent: u32 = 0;
        while begun.elapsed() < FULL_RATE {
            native.put("lab/stream", vec![7; len]).await;
            sent += 1;
        }
        let received = "Number(document.querySelector('#received').textContent.replaceAll(',', ''))";
        until(page, &format!("{received} === {sent}")).await?;
        Ok((sent, begun.elapsed()))
    };
    let ((sent, took), tasks) = traced(devtools, samples).await?;
    eprintln!("{sent} samples of {len} B arrived, {:.0} in a second", f64::from(sent) / took.as_secs_f64());
    Ok([tasks])
}

/// The page puts as fast as it goes, and gets each put as a sample.
async fn putting(Desk { page, devtools, .. }: &mut Desk<'_>) -> Traced<1> {
    page.fill("#preset", "framed").await;
    page.wait("#build-state[data-state=ready]").await;
    page.connect("/zenoh").await;
    page.fill("#hz", "1000").await;
    let puts = async {
        page.click("#rate-start").await;
        there(page, "#rate[data-state=running]:not([data-puts='0'])").await?;
        tokio::time::sleep(FULL_RATE).await;
        page.click("#rate-stop").await;
        there(page, "#rate[data-state=stopped]").await
    };
    let tasks = traced(devtools, puts).await?.1;
    eprintln!("{} puts of the framed tensor", page.attribute("#rate", "data-puts").await);
    Ok([tasks])
}

async fn measuring(Desk { page, devtools, .. }: &mut Desk<'_>, scenario: &str) -> Traced<1> {
    page.fill("#preset", if scenario == "message" { "message" } else { "tensor" }).await;
    page.wait("#build-state[data-state=ready]").await;
    page.connect("/zenoh").await;
    page.fill("#scenario", scenario).await;
    let measure = async {
        page.click("#measure").await;
        there(page, "#cancel").await?;
        there(page, "#measure").await
    };
    let tasks = traced(devtools, measure).await?.1;
    assert_eq!(page.text("#cost-problem").await, "");
    Ok([tasks])
}

fn line(name: &str, value: f64, target: f64, unit: &'static str, digits: usize) -> Line {
    Line { name: name.to_owned(), value, unit, digits, target, at_least: false }
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let everything = words.is_empty();
    let mut stage = Stage::set(words).await;
    let url = lab::url(&stage.lab);
    let mut lines = Vec::new();
    let mut figures = json!({ "format": "zbytes-lab-page-use", "version": 2 });

    if everything {
        let mut first = Vec::new();
        for _ in 0..ROUNDS {
            first.push(first_input(&url).await);
        }
        let Desk { page, mut devtools, native } = stage.desk().await;
        let zooming = zooming(&page, &mut devtools).await;
        let streaming = streaming(&page, &mut devtools, native).await;
        page.close(&[]).await;
        let (zoomed, streamed) = (longest(&zooming), longest(&streaming));
        lines.extend([
            line("first input, 4 times slower, 10 Mbit/s and 40 ms, median", median(&first) / 1e3, 2.0, "s", 2),
            line("  slowest", quantile(&first, 1.0) / 1e3, 2.0, "s", 2),
            line("longest task zooming over 100,000 segments", zoomed.wall, LONGEST_TARGET, "ms", 1),
            line("longest task while 30 samples of 1 MiB a second stream in", streamed.wall, LONGEST_TARGET, "ms", 1),
        ]);
        let tasks = |tasks: &[Task]| json!(tasks.iter().map(|task| [task.wall, task.cpu]).collect::<Vec<_>>());
        figures["slower"] = json!(SLOWER);
        figures["link"] = json!({ "bytes_per_second": LINK, "latency_ms": LATENCY });
        figures["first_input_ms"] = json!(first);
        figures["zooming_tasks_wall_and_cpu_ms"] = tasks(&zooming);
        figures["streaming_tasks_wall_and_cpu_ms"] = tasks(&streaming);
    }

    let message = message();
    stage.measure(["nothing at all"], nothing).await;
    stage.measure(["building 1 GiB by copy"], building).await;
    stage.measure(["putting 256 MiB", "hashing 256 MiB"], hashing).await;
    stage
        .measure(["receiving a message of 200 MiB", "reading a message of 200 MiB in one segment"], async |desk| {
            reading(desk, &message).await
        })
        .await;
    stage.measure(["opening 1 GiB in the view Bytes", "searching 1 GiB in the view Bytes"], searching).await;
    stage.measure(["receiving 64 B at full rate"], async |desk| receiving(desk, SMALL).await).await;
    stage.measure(["receiving 11.25 MiB at full rate"], async |desk| receiving(desk, TENSOR).await).await;
    stage.measure(["putting 11.25 MiB at full rate"], putting).await;
    stage.measure_scenarios().await;

    let browser = {
        let page = Page::at("about:blank").await;
        let browser = page.browser();
        page.close(&[]).await;
        browser
    };
    let Stage { lab, native, activities, .. } = stage;
    native.leave().await;
    lab.stop().await;

    println!("\nThe page in use: {browser}");
    lines.iter().for_each(Line::print);
    println!("\nThe longest task of the page's main thread while the engine is busy, in the median of the runs");
    let of_engine: Vec<Line> = activities.iter().flat_map(Activity::lines).collect();
    of_engine.iter().for_each(Line::print);
    println!("\nThe longest task of each run: by the clock, and what of it the thread itself used");
    activities.iter().for_each(Activity::print_runs);

    lines.extend(of_engine);
    figures["browser"] = json!(browser);
    figures["engine_busy"] = activities.iter().map(Activity::json).collect();
    figures["targets"] = lines.iter().map(Line::json).collect();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let path = target.join("bench").join("page-use.json");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("{figures:#}\n")).unwrap();
    println!("\nAll figures: {}", path.display());
}
