//! The cost and the throughput of a session. The page's own driver runs in a headless Chromium. It
//! takes turns with a bare WebSocket and a native zenoh session over the same link, all in one run.
//!
//! `scripts/bench session` packs the page and runs this. It prints tables beside targets and writes
//! all figures to a file.
//!
//! ```text
//!   up      page ── ws port, or /zenoh ──> router ── tcp ──> subscriber
//!           native session ── ws port ──> router ── tcp ──> subscriber
//!           page ── bare WebSocket ──> sink
//!   down    the other way round, from a publisher
//! ```
//!
//! Rates are measured where the payloads arrive, from the first to the last. The benchmark prints a
//! missed target and does not fail over it.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that fails must stop"
)]

#[path = "session/bare.rs"]
mod bare;
#[path = "session/devtools.rs"]
mod devtools;
#[path = "session/line.rs"]
mod line;
#[path = "session/peers.rs"]
mod peers;
#[path = "session/processes.rs"]
mod processes;
#[path = "session/report.rs"]
mod report;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use bare::Meter;
use devtools::{DevTools, Task};
use fantoccini::wd::TimeoutConfiguration;
use peers::Lab;
use processes::{Part, Used};
use report::Report;
use serde_json::{Value, json};
use support::{GUARD, browser::Page};
use zbytes_lab::measure;

/// How many turns each cell has, after one turn to warm up.
const ROUNDS: u32 = 9;
const SEED: u64 = 6;

/// Length of a payload, and how many are sent in a turn.
struct Size {
    len: usize,
    count: u32,
    name: &'static str,
}

const SIZES: [Size; 4] = [
    Size { len: TENSOR, count: 16, name: "11.25 MiB" },
    Size { len: 1 << 20, count: 160, name: "1 MiB" },
    Size { len: 64 << 10, count: 2_000, name: "64 KiB" },
    Size { len: SMALL, count: 200_000, name: "64 B" },
];
const TENSOR: usize = 1920 * 1536 * 4;
const SMALL: usize = 64;

/// A bare WebSocket needs a message for each payload: fewer of the small ones are enough.
const BARE_SMALL: u32 = 20_000;

const GETS: u32 = 200;
/// Traced puts in each direction.
const TRACED: usize = 15;
/// How many milliseconds the router is down before it starts again.
const DOWN: [u64; 5] = [300, 1_000, 2_000, 3_500, 5_000];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// A bare WebSocket of the page, to a server that only counts.
    Bare,
    /// The page's session over the router's own WebSocket port.
    Ws,
    /// The page's session over `/zenoh`, as a stream.
    Zenoh,
    /// A session of the `zenoh` crate over the router's own WebSocket port.
    Native,
}

impl Way {
    const ALL: [Self; 4] = [Self::Bare, Self::Ws, Self::Zenoh, Self::Native];

    fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Ws => "ws",
            Self::Zenoh => "zenoh",
            Self::Native => "native",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    fn word(self) -> &'static str {
        if self == Self::Up { "up" } else { "down" }
    }
}

/// A direction, a way and a size that are measured in turns.
struct Cell {
    direction: Direction,
    way: Way,
    size: &'static Size,
    /// Payloads in a second, one for each round.
    rates: Vec<f64>,
    /// Processor time of all rounds, and their length in milliseconds.
    used: Used,
    lasted: f64,
}

impl Cell {
    fn count(&self) -> u32 {
        if self.way == Way::Bare && self.size.len == SMALL { BARE_SMALL } else { self.size.count }
    }

    /// Milliseconds of a processor for one payload.
    fn per_payload(&self, part: Part) -> f64 {
        let used: f64 = self.used.iter().filter(|((of, _), _)| *of == part).map(|(_, used)| used).sum();
        used / (f64::from(self.count()) * self.rates.len() as f64)
    }
}

/// Everything that takes part: the lab, the page, the peers and their counters.
struct Stage {
    lab: Lab,
    page: Page,
    /// Sessions on the router's tcp port and on its ws port.
    tcp: zenoh::Session,
    ws: zenoh::Session,
    /// The counters of the native subscribers and of the bare server.
    up: Arc<Meter>,
    down: Arc<Meter>,
    sink: Arc<Meter>,
    bare: String,
}

impl Stage {
    async fn set() -> Self {
        let lab = Lab::start(&folder().join("session-page"));
        let (tcp, ws) = (peers::join(&format!("tcp/{}", lab.tcp)).await, peers::join(&format!("ws/{}", lab.ws)).await);
        let [up, down, sink] = [(); 3].map(|()| Arc::new(Meter::default()));
        peers::subscribe(&tcp, "bench/up", up.clone()).await;
        peers::subscribe(&ws, "bench/down/native", down.clone()).await;
        peers::answer(&tcp, "bench/get", SMALL).await;
        let bare = format!("ws://{}/", bare::serve(sink.clone()).await);
        let page = Page::at(&format!("http://{}/", lab.page)).await;
        page.wait("[data-state=ready]").await;
        page.client.update_timeouts(TimeoutConfiguration::new(Some(GUARD), None, None)).await.unwrap();
        let stage = Self { lab, page, tcp, ws, up, down, sink, bare };
        for way in [Way::Ws, Way::Zenoh] {
            let key = format!("bench/down/{}", way.word());
            stage.call("open", vec![json!(stage.url(way)), json!(key)]).await;
        }
        for size in &SIZES {
            stage.call("prepare", vec![json!(size.len)]).await;
        }
        stage.call("bareOpen", vec![json!(stage.bare)]).await;
        // Declarations travel on their own. A subscriber that the router does not know yet would
        // miss the first payloads.
        tokio::time::sleep(Duration::from_millis(500)).await;
        stage
    }

    fn url(&self, way: Way) -> String {
        match way {
            Way::Zenoh => format!("ws://{}/zenoh?framing=stream", self.lab.page),
            _ => format!("ws://{}/", self.lab.ws),
        }
    }

    /// Calls a function of the page and waits for its result.
    async fn call(&self, name: &str, args: Vec<Value>) -> Value {
        let script = "
            const done = arguments[arguments.length - 1];
            Promise.resolve(bench[arguments[0]](...arguments[1])).then(
                (value) => done({ value: ArrayBuffer.isView(value) ? [...value] : value }),
                (error) => done({ error: String(error?.stack ?? error) }));";
        let answer = self.page.client.execute_async(script, vec![json!(name), Value::Array(args)]).await.unwrap();
        assert!(answer["error"].is_null(), "{name}: {}", answer["error"]);
        answer["value"].clone()
    }

    /// Processor time used so far.
    fn used(&self) -> Used {
        processes::used(self.page.driver_pid(), self.lab.pid())
    }

    /// One turn; returns payloads in a second.
    async fn turn(&self, direction: Direction, way: Way, len: usize, count: u32) -> f64 {
        let key = format!("bench/down/{}", way.word());
        let span = match (direction, way) {
            (Direction::Up, Way::Bare) => {
                self.sink.expect(count);
                self.call("barePut", vec![json!(self.bare), json!(len), json!(count)]).await;
                self.sink.complete().await
            }
            (Direction::Up, Way::Native) => {
                self.up.expect(count);
                peers::publish(&self.ws, "bench/up", len, count).await;
                self.up.complete().await
            }
            (Direction::Up, _) => {
                self.up.expect(count);
                self.call("put", vec![json!(self.url(way)), json!("bench/up"), json!(len), json!(count)]).await;
                self.up.complete().await
            }
            (Direction::Down, Way::Bare) => {
                let took = self.call("bareTake", vec![json!(self.bare), json!(len), json!(count)]).await;
                Duration::from_secs_f64(took.as_f64().unwrap() / 1e3)
            }
            (Direction::Down, Way::Native) => {
                self.down.expect(count);
                peers::publish(&self.tcp, &key, len, count).await;
                self.down.complete().await
            }
            (Direction::Down, _) => {
                let url = self.url(way);
                self.call("expect", vec![json!(url), json!(count)]).await;
                let arrived = self.call("arrived", vec![json!(url)]);
                let (took, ()) = tokio::join!(arrived, peers::publish(&self.tcp, &key, len, count));
                Duration::from_secs_f64(took.as_f64().unwrap() / 1e3)
            }
        };
        f64::from(count - 1) / span.as_secs_f64()
    }

    /// Gets of 64 B, one after the other; milliseconds of each.
    async fn gets(&self, way: Way) -> Vec<f64> {
        let times = self.call("get", vec![json!(self.url(way)), json!("bench/get"), json!(GETS)]).await;
        times.as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect()
    }

    /// The longest tasks of the page's main thread in puts of 11.25 MiB, one for each put.
    async fn longest_tasks(&self, way: Way) -> Vec<Task> {
        let mut devtools = DevTools::connect(&self.page.debugger()).await;
        let mut longest = Vec::new();
        for _ in 0..TRACED {
            self.up.expect(1);
            let put = self.call("put", vec![json!(self.url(way)), json!("bench/up"), json!(TENSOR), json!(1)]);
            let (_, tasks) = devtools.tasks(put).await;
            self.up.complete().await;
            assert!(!tasks.is_empty(), "the trace has no task of the page");
            longest.extend(tasks.into_iter().max_by(|a, b| a.wall.total_cmp(&b.wall)));
        }
        longest
    }

    /// Kills the router and starts it again. Returns the milliseconds from the router's ready line
    /// to the first sample, by ws and by `/zenoh`.
    async fn reconnect(&mut self, down: Duration) -> [f64; 2] {
        let ways = [Way::Ws, Way::Zenoh];
        self.lab.kill();
        for way in ways {
            self.call("expect", vec![json!(self.url(way)), json!(u32::MAX)]).await;
        }
        tokio::time::sleep(down).await;
        let runs = self.lab.start_again();
        // An older native session would need its own time to reconnect.
        let session = peers::join(&format!("tcp/{}", self.lab.tcp)).await;
        let mut took = [None; 2];
        while took.contains(&None) {
            assert!(runs.elapsed() < GUARD, "the page has not come back");
            for (way, took) in ways.into_iter().zip(&mut took).filter(|(_, took)| took.is_none()) {
                peers::publish(&session, &format!("bench/down/{}", way.word()), SMALL, 1).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
                let counts = self.call("counts", vec![json!(self.url(way))]).await;
                if counts[0].as_u64() > Some(0) {
                    *took = Some(runs.elapsed().as_secs_f64() * 1e3);
                }
            }
        }
        session.close().await.unwrap();
        took.map(Option::unwrap)
    }
}

/// The cells of a round in the order of their turns. Cells that are compared with each other are
/// neighbours, because a machine's speed changes within seconds.
fn turns(round: u32) -> impl Iterator<Item = usize> {
    let groups = measure::order(SEED, round, 2 * SIZES.len());
    groups.into_iter().flat_map(move |group| {
        let ways = measure::order(SEED + 1 + group as u64, round, Way::ALL.len());
        ways.into_iter().map(move |way| group * Way::ALL.len() + way)
    })
}

/// Where `scripts/bench` writes the packed page, and where this writes the figures.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from).join("bench")
}

#[tokio::main]
async fn main() {
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let mut stage = Stage::set().await;
    let mut cells = Vec::new();
    for direction in [Direction::Up, Direction::Down] {
        for size in &SIZES {
            for way in Way::ALL {
                cells.push(Cell { direction, way, size, rates: Vec::new(), used: Used::new(), lasted: 0.0 });
            }
        }
    }
    let mut gets: HashMap<Way, Vec<f64>> = HashMap::new();
    let begun = Instant::now();
    for round in 0..=rounds {
        for index in turns(round) {
            let cell = &mut cells[index];
            let (before, began) = (stage.used(), Instant::now());
            let rate = stage.turn(cell.direction, cell.way, cell.size.len, cell.count()).await;
            // The first round warms up.
            if round > 0 {
                cell.rates.push(rate);
                cell.lasted += began.elapsed().as_secs_f64() * 1e3;
                for (thread, used) in stage.used() {
                    let before = before.get(&thread).copied().unwrap_or(0.0);
                    *cell.used.entry(thread).or_default() += used - before;
                }
            }
        }
        for way in [Way::Ws, Way::Zenoh] {
            let times = stage.gets(way).await;
            if round > 0 {
                gets.entry(way).or_default().extend(times);
            }
        }
        eprintln!("round {round} of {rounds}, {} s", begun.elapsed().as_secs());
    }
    let mut tasks = HashMap::new();
    for way in [Way::Ws, Way::Zenoh] {
        tasks.insert(way, stage.longest_tasks(way).await);
    }
    let mut back = Vec::new();
    for down in DOWN {
        back.push(stage.reconnect(Duration::from_millis(down)).await);
    }
    let browser = stage.page.browser();
    let report = Report { browser, rounds, cells, gets, tasks, back };
    report.print();
    let path = folder().join("session.json");
    std::fs::write(&path, format!("{:#}\n", report.json())).unwrap();
    println!("\nAll figures: {}", path.display());
    // The console also shows the loss of the killed routers, which is expected.
    stage.page.close_with(&[], &[""]).await;
}
