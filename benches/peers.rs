//! The JavaScript module beside what people would use instead, all in one run: zenoh-ts with the
//! plugin that it needs, a bare WebSocket, and a native session.
//!
//! `scripts/bench peers` builds and packs what takes part, and runs this. It prints tables and writes
//! all figures to a file.
//!
//! ```text
//!   up      page: zenoh-ts ── plugin ──> stock router ── tcp ──> subscriber
//!           page: module ── ws listener ──> the same router ── tcp ──> subscriber
//!           page: module ── ws port, or /zenoh ──> lab ── tcp ──> subscriber
//!           page: module ── port ──> hub ── port ──> module in a Worker
//!           native session ── ws listener ──> the stock router ── tcp ──> subscriber
//!           page: bare WebSocket ──> sink
//!   down    the other way round, from a publisher
//! ```
//!
//! Rates are measured where the payloads arrive, from the first to the last. Processor time is that of
//! whole turns, by process. The page is driven by WebDriver alone: no domain of DevTools is on while
//! rates are measured.

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
#[allow(dead_code, reason = "scripts/bench session uses all of it")]
#[path = "session/devtools.rs"]
mod devtools;
#[path = "session/line.rs"]
mod line;
#[allow(dead_code, reason = "scripts/bench session uses all of it")]
#[path = "session/processes.rs"]
mod processes;
#[allow(dead_code, reason = "scripts/bench session uses all of it")]
#[path = "session/peers.rs"]
mod programs;
#[path = "peers/report.rs"]
mod report;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bare::Meter;
use devtools::DevTools;
use fantoccini::wd::TimeoutConfiguration;
use processes::{Part, Used};
use programs::Lab;
use report::Report;
use serde_json::{Value, json};
use support::{GUARD, browser::Page};
use zbytes_lab::measure;

/// How many turns each cell has, after one turn to warm up.
const ROUNDS: u32 = 9;
const SEED: u64 = 20;

/// Length of a payload, and how many are sent in a turn: by most clients, and by those that need a
/// message of a WebSocket for each.
struct Size {
    len: usize,
    count: u32,
    one_by_one: u32,
    name: &'static str,
}

const SIZES: [Size; 5] = [
    Size { len: 1920 * 1536 * 4, count: 12, one_by_one: 12, name: "11.25 MiB" },
    Size { len: 1 << 20, count: 100, one_by_one: 100, name: "1 MiB" },
    Size { len: 64 << 10, count: 1_000, one_by_one: 1_000, name: "64 KiB" },
    Size { len: 1 << 10, count: 20_000, one_by_one: 6_000, name: "1 KiB" },
    Size { len: SMALL, count: 60_000, one_by_one: 8_000, name: "64 B" },
];
const SMALL: usize = 64;

const GETS: u32 = 100;
const LONE: u32 = 40;
/// Traced puts of each size.
const TRACED: usize = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// A bare WebSocket of the page, to a server that only counts.
    Bare,
    /// zenoh-ts, over the plugin of the stock router.
    ZenohTs,
    /// The module, over the ws listener of the same router.
    Stock,
    /// The module, over the lab's ws port: one batch in a message.
    Ws,
    /// The module, over the lab's `/zenoh`: a stream of batches.
    Stream,
    /// The module, over the hub, to a Worker of the same page.
    Hub,
    /// A session of the `zenoh` crate over the ws listener of the stock router.
    Native,
}

impl Way {
    const ALL: [Self; 7] = [Self::Bare, Self::ZenohTs, Self::Stock, Self::Ws, Self::Stream, Self::Hub, Self::Native];
    /// Those of the page that are sessions with a router outside of it.
    const SESSIONS: [Self; 4] = [Self::ZenohTs, Self::Stock, Self::Ws, Self::Stream];

    fn word(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::ZenohTs => "zenoh-ts",
            Self::Stock => "stock",
            Self::Ws => "ws",
            Self::Stream => "stream",
            Self::Hub => "hub",
            Self::Native => "native",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Direction {
    /// To a subscriber, each put after the one before was taken.
    UpAwaited,
    /// To a subscriber, all puts at once.
    Up,
    /// From a publisher.
    Down,
}

impl Direction {
    const ALL: [Self; 3] = [Self::UpAwaited, Self::Up, Self::Down];

    fn word(self) -> &'static str {
        match self {
            Self::UpAwaited => "up, awaited",
            Self::Up => "up, not awaited",
            Self::Down => "down",
        }
    }

    /// A bare WebSocket and a native session have nothing to await.
    fn has(self, way: Way) -> bool {
        self != Self::UpAwaited || !matches!(way, Way::Bare | Way::Native)
    }
}

/// A direction, a way and a size that are measured in turns.
struct Cell {
    direction: Direction,
    way: Way,
    size: &'static Size,
    /// Payloads in a second, one for each round.
    rates: Vec<f64>,
    /// Processor milliseconds for a payload, one for each round.
    used: Vec<HashMap<Part, f64>>,
}

impl Cell {
    fn count(&self) -> u32 {
        if matches!(self.way, Way::Bare | Way::ZenohTs) { self.size.one_by_one } else { self.size.count }
    }
}

/// The stock router, with the plugin.
struct Router {
    plugin: SocketAddr,
    ws: SocketAddr,
    tcp: SocketAddr,
    process: Child,
}

impl Router {
    fn start() -> Self {
        let program = std::env::var_os("ZENOH_TS_ROUTER").expect("scripts/bench peers builds the router and names it");
        let free = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [plugin, ws, tcp] = free.each_ref().map(|listener| listener.local_addr().unwrap());
        drop(free);
        let mut process = Command::new(program)
            .args([plugin.to_string(), format!("ws/{ws}"), format!("tcp/{tcp}")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().contains("the router runs")),
            "the router with the plugin did not start"
        );
        Self { plugin, ws, tcp, process }
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The sessions of this program with one router.
struct Far {
    tcp: zenoh::Session,
    up: Arc<Meter>,
}

impl Far {
    async fn join(tcp: SocketAddr) -> Self {
        let session = programs::join(&format!("tcp/{tcp}")).await;
        let up = Arc::new(Meter::default());
        programs::subscribe(&session, "bench/up", up.clone()).await;
        programs::answer(&session, "bench/get", SMALL).await;
        Self { tcp: session, up }
    }
}

/// Everything that takes part.
struct Stage {
    lab: Lab,
    router: Router,
    page: Page,
    of_lab: Far,
    of_router: Far,
    /// A native session over the ws listener of the stock router, and its counter.
    native: zenoh::Session,
    down: Arc<Meter>,
    sink: Arc<Meter>,
}

impl Stage {
    async fn set() -> Self {
        let router = Router::start();
        let site = folder().join("peers-page");
        let lab = Lab::start(&site);
        let (of_lab, of_router) = (Far::join(lab.tcp).await, Far::join(router.tcp).await);
        let native = programs::join(&format!("ws/{}", router.ws)).await;
        let [down, sink] = [(); 2].map(|()| Arc::new(Meter::default()));
        programs::subscribe(&native, "bench/down/native", down.clone()).await;
        let bare = bare::serve(sink.clone()).await;
        let page = Page::at(&format!("http://{}/peers.html", lab.page)).await;
        page.wait("[data-state=ready]").await;
        page.client.update_timeouts(TimeoutConfiguration::new(Some(GUARD), None, None)).await.unwrap();
        let stage = Self { lab, router, page, of_lab, of_router, native, down, sink };
        stage.call("open", vec![json!("bare"), json!(format!("ws://{bare}/"))]).await;
        for way in Way::SESSIONS {
            let at = match way {
                Way::ZenohTs => format!("ws/{}", stage.router.plugin),
                Way::Stock => format!("ws/{}", stage.router.ws),
                Way::Ws => format!("ws/{}", stage.lab.ws),
                _ => format!("ws://{}/zenoh?framing=stream", stage.lab.page),
            };
            // A second one, for puts from one session of the page to another one.
            for (name, key) in [(way.word().to_owned(), way.word()), (format!("{}-2", way.word()), "lone")] {
                let key = if key == "lone" { format!("bench/down/{name}") } else { format!("bench/down/{key}") };
                stage.call("open", vec![json!(name), json!(at), json!(key)]).await;
            }
        }
        let [js, wasm] = program_in(&site);
        stage.call("openHub", vec![json!({ "js": js, "wasm": wasm }), json!("bench/down/hub")]).await;
        // Declarations travel on their own. A subscriber that the router does not know yet would
        // miss the first payloads.
        tokio::time::sleep(Duration::from_millis(500)).await;
        stage
    }

    /// Calls a function of the page and waits for its result.
    async fn call(&self, name: &str, args: Vec<Value>) -> Value {
        let script = "
            const done = arguments[arguments.length - 1];
            Promise.resolve(bench[arguments[0]](...arguments[1])).then(
                (value) => done({ value }), (error) => done({ error: String(error?.stack ?? error) }));";
        let answer = self.page.client.execute_async(script, vec![json!(name), Value::Array(args)]).await.unwrap();
        assert!(answer["error"].is_null(), "{name}: {}", answer["error"]);
        answer["value"].clone()
    }

    /// Milliseconds of a processor so far, by part. The router is the one that this way goes over.
    fn used(&self, way: Way) -> HashMap<Part, f64> {
        let router = match way {
            Way::ZenohTs | Way::Stock | Way::Native => self.router.process.id(),
            _ => self.lab.pid(),
        };
        let by_thread: Used = processes::used(self.page.driver_pid(), router);
        let mut sums = HashMap::new();
        for ((part, _), millis) in by_thread {
            *sums.entry(part).or_insert(0.0) += millis;
        }
        sums
    }

    fn far(&self, way: Way) -> &Far {
        if matches!(way, Way::ZenohTs | Way::Stock | Way::Native) { &self.of_router } else { &self.of_lab }
    }

    /// One turn; returns the time from the first payload that arrives to the last.
    async fn turn(&self, direction: Direction, way: Way, len: usize, count: u32) -> Duration {
        let (name, key) = (json!(way.word()), format!("bench/down/{}", way.word()));
        let millis = |took: Value| Duration::from_secs_f64(took.as_f64().unwrap() / 1e3);
        let put = || {
            let awaited = direction == Direction::UpAwaited;
            self.call("put", vec![name.clone(), json!(len), json!(count), json!(awaited)])
        };
        match (direction, way) {
            (Direction::Down, Way::Bare) => {
                self.call("expect", vec![name.clone(), json!(count)]).await;
                self.call("order", vec![json!(len), json!(count)]).await;
                millis(self.call("arrived", vec![name]).await)
            }
            (Direction::Down, Way::Native) => {
                self.down.expect(count);
                programs::publish(&self.of_router.tcp, &key, len, count).await;
                self.down.complete().await
            }
            (Direction::Down, Way::Hub) => {
                self.call("expect", vec![name.clone(), json!(count)]).await;
                self.call("worker", vec![json!({ "do": "put", "length": len, "count": count })]).await;
                millis(self.call("arrived", vec![name]).await)
            }
            (Direction::Down, _) => {
                self.call("expect", vec![name.clone(), json!(count)]).await;
                let arrived = self.call("arrived", vec![name]);
                let (took, ()) = tokio::join!(arrived, programs::publish(&self.far(way).tcp, &key, len, count));
                millis(took)
            }
            (_, Way::Hub) => {
                self.call("worker", vec![json!({ "do": "expect", "count": count })]).await;
                put().await;
                millis(self.call("worker", vec![json!({ "do": "arrived" })]).await)
            }
            (_, Way::Native) => {
                self.of_router.up.expect(count);
                programs::publish(&self.native, "bench/up", len, count).await;
                self.of_router.up.complete().await
            }
            (_, _) => {
                let meter = if way == Way::Bare { &self.sink } else { &self.far(way).up };
                meter.expect(count);
                put().await;
                meter.complete().await
            }
        }
    }

    /// One turn with its processor time.
    async fn measure(&self, cell: &mut Cell, warm: bool) {
        let count = cell.count();
        let before = self.used(cell.way);
        let span = self.turn(cell.direction, cell.way, cell.size.len, count).await;
        self.call("quiet", vec![json!(cell.way.word())]).await;
        if warm {
            return;
        }
        let spent = |(part, millis): (Part, f64)| {
            let before = before.get(&part).copied().unwrap_or(0.0);
            (part, (millis - before) / f64::from(count))
        };
        cell.used.push(self.used(cell.way).into_iter().map(spent).collect());
        cell.rates.push(f64::from(count - 1) / span.as_secs_f64());
    }

    async fn times(&self, name: &str, args: Vec<Value>) -> Vec<f64> {
        let times = self.call(name, args).await;
        times.as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect()
    }

    /// The tasks of the page's main thread while it puts, in milliseconds: of each put the longest.
    async fn tasks(&self, way: Way, size: &Size) -> Vec<f64> {
        let mut devtools = DevTools::connect(&self.page.debugger()).await;
        let mut longest = Vec::new();
        for _ in 0..TRACED {
            let meter = &self.far(way).up;
            meter.expect(1);
            let put = self.call("put", vec![json!(way.word()), json!(size.len), json!(1), json!(true)]);
            let (_, tasks) = devtools.tasks(async { (put.await, meter.complete().await) }).await;
            assert!(!tasks.is_empty(), "the trace has no task of the page");
            longest.extend(tasks.into_iter().map(|task| task.cpu).max_by(f64::total_cmp));
        }
        longest
    }
}

/// The names of the lab's program in a folder that trunk has built.
fn program_in(site: &std::path::Path) -> [String; 2] {
    let named = |end: &str| {
        let names = std::fs::read_dir(site).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let found = names.into_iter().find(|name| name.starts_with("zbytes-lab-") && name.ends_with(end));
        format!("./{}", found.expect("trunk has built the lab's program"))
    };
    [named(".js"), named("_bg.wasm")]
}

/// The cells of a round in the order of their turns. Cells that are compared with each other are
/// neighbours, because a machine's speed changes within seconds.
fn turns(cells: &[Cell], round: u32) -> Vec<usize> {
    let groups: Vec<(Direction, usize)> =
        Direction::ALL.into_iter().flat_map(|direction| SIZES.iter().map(move |size| (direction, size.len))).collect();
    let mut order = Vec::new();
    for group in measure::order(SEED, round, groups.len()) {
        let (direction, len) = groups[group];
        let of_group: Vec<usize> =
            (0..cells.len()).filter(|at| cells[*at].direction == direction && cells[*at].size.len == len).collect();
        let ways = measure::order(SEED + 1 + group as u64, round, of_group.len());
        order.extend(ways.into_iter().map(|way| of_group[way]));
    }
    order
}

/// Where `scripts/bench` writes the page, and where this writes the figures.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from).join("bench")
}

#[tokio::main]
async fn main() {
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let stage = Stage::set().await;
    let mut cells = Vec::new();
    for direction in Direction::ALL {
        for size in &SIZES {
            for way in Way::ALL.into_iter().filter(|way| direction.has(*way)) {
                cells.push(Cell { direction, way, size, rates: Vec::new(), used: Vec::new() });
            }
        }
    }
    let (mut gets, mut lone) = (HashMap::<Way, Vec<f64>>::new(), HashMap::<Way, Vec<f64>>::new());
    let begun = Instant::now();
    for round in 0..=rounds {
        for index in turns(&cells, round) {
            stage.measure(&mut cells[index], round == 0).await;
        }
        for way in Way::SESSIONS {
            let name = json!(way.word());
            let times = stage.times("get", vec![name.clone(), json!("bench/get"), json!(GETS)]).await;
            let other = json!(format!("{}-2", way.word()));
            let alone = stage.times("lone", vec![name, other, json!(LONE)]).await;
            if round > 0 {
                gets.entry(way).or_default().extend(times);
                lone.entry(way).or_default().extend(alone);
            }
        }
        eprintln!("round {round} of {rounds}, {} s", begun.elapsed().as_secs());
    }
    let mut tasks = HashMap::new();
    for way in [Way::ZenohTs, Way::Stream] {
        for size in &SIZES {
            tasks.insert((way, size.len), stage.tasks(way, size).await);
        }
    }
    let report = Report { browser: stage.page.browser(), rounds, cells, gets, lone, tasks };
    report.print();
    let path = folder().join("peers.json");
    std::fs::write(&path, format!("{:#}\n", report.json())).unwrap();
    println!("\nAll figures: {}", path.display());
    // zenoh-ts writes to the console that it has connected.
    stage.page.close_with(&[], &[""]).await;
}
