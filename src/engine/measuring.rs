//! Takes the measurements of the Cost pane. The module `measure` decides which variant has its
//! turn, and judges the results.
//!
//! The page starts an engine of its own for each measurement. So it waits for no other work, the
//! person may use the page meanwhile, and everything that it has allocated is gone with it. It rests
//! now and then, to hear whether the person stops it. Whole puts have sessions of their own.

mod echo;
mod message;
mod puts;
mod rig;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use self::rig::{Rig, array, cannot_build, no_memory, not_there, same, source, untimed, views};
use super::{files::Files, host::url_of, page::Page, sources::Sources};
use crate::{
    app::{Event, Kind, Order, Problem, Row, Shown},
    browser::{clock, surroundings},
    client::pause::STILL,
    ledger::{Ledger, Place},
    measure::{
        clock::STEPS_PER_SAMPLE,
        course::{Course, Plan, Progress, Taken},
    },
    payload::ZBytes,
    run::{Conditions, FORMAT, Run, Scenario, Series, Thread, Variant},
    segment::{Mode, Segment, Source},
    wire::ZENOH_VERSION,
};

/// Rounds of a comparison. Each round times every variant once.
const ROUNDS: u32 = 120;

/// Rounds of a sweep, and of slow measurements.
const SWEEP_ROUNDS: u32 = 40;

/// The seed of the order in which variants take turns.
const SEED: u64 = 7;

/// A turn should not last longer, unless a single run does.
const LONGEST: Duration = Duration::from_millis(25);

/// How long the measurement may block its thread without a break.
const STRETCH: Duration = Duration::from_millis(40);

/// How long each variant runs before the first timed sample.
const WARM: Duration = Duration::from_millis(100);

/// The shortest time between two reports of progress.
const TELL: Duration = Duration::from_millis(100);

/// In bytes: longer payloads are not copied into fresh memory repeatedly, because the engine takes
/// long to free it.
const FRESH: usize = 64 << 20;

/// A variant with fewer samples gives no result; a stopped run drops its samples.
const FEWEST: usize = 5;

/// Sizes of the sweep over total size, in bytes: powers of 4 from 1 KiB to 256 MiB.
const SIZES: [usize; 10] = {
    let mut sizes = [1024; 10];
    let mut at = 1;
    while at < sizes.len() {
        sizes[at] = sizes[at - 1] * 4;
        at += 1;
    }
    sizes
};

/// Segment counts of the sweep over segment count.
const COUNTS: [usize; 11] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

/// The total size at every count, in bytes.
const TOTAL: usize = 1 << 20;

/// How many times as long the rows are at each of the own sizes: first as they are, then by what is
/// wanted first.
const OWN_SIZES: [f64; 5] = [1.0, 0.5, 2.0, 0.25, 4.0];

#[wasm_bindgen(module = "/src/engine/measuring/parts.js")]
extern "C" {
    #[wasm_bindgen(js_name = blobOf, catch)]
    fn blob_of(parts: &Array) -> Result<Promise, JsValue>;
}

/// Stops a measurement.
#[derive(Clone, Default)]
pub(super) struct Stop {
    inner: Rc<Stopping>,
}

#[derive(Default)]
struct Stopping {
    set: Cell<bool>,
    /// Called when the stop is set.
    hook: RefCell<Option<Rc<dyn Fn()>>>,
}

impl Stop {
    pub(crate) fn set(&self) {
        self.inner.set.set(true);
        let hook = self.inner.hook.borrow().clone();
        if let Some(hook) = hook {
            hook();
        }
    }

    fn is_set(&self) -> bool {
        self.inner.set.get()
    }

    /// Registers `hook`, which runs when the stop is set.
    fn on_set(&self, hook: impl Fn() + 'static) {
        self.inner.hook.replace(Some(Rc::new(hook)));
    }
}

/// Takes measurements for the page, one after the other.
pub(super) struct Measuring {
    page: Page,
    files: Files,
    /// Stops the measurement under way.
    stop: RefCell<Stop>,
    /// Whether the page is hidden, and whether it was during the measurement.
    hidden: Cell<bool>,
    was_hidden: Cell<bool>,
}

impl Measuring {
    pub(super) fn new(page: Page, files: Files) -> Rc<Self> {
        Rc::new(Self { page, files, stop: RefCell::default(), hidden: Cell::default(), was_hidden: Cell::default() })
    }

    /// Begins the measurement of `order`, and stops the one before. `locator` is that of an open
    /// session, for whole puts.
    pub(super) fn begin(self: &Rc<Self>, order: Order, locator: Option<&str>) {
        let number = order.number;
        let url = match locator.map(url_of).transpose() {
            Ok(url) => url,
            Err(problem) => return self.page.tell(Event::MeasureEnded(number, Err(problem))),
        };
        self.was_hidden.set(self.hidden.get());
        let stop = Stop::default();
        self.stop.replace(stop.clone()).set();
        let this = self.clone();
        spawn_local(async move {
            let progress = |progress| this.page.tell(Event::MeasureProgress(number, progress));
            let mut result = measure(order, url, &this.files, &stop, progress).await;
            if let Ok(Some(run)) = &mut result {
                run.conditions.hidden = this.was_hidden.get();
            }
            this.page.tell(Event::MeasureEnded(number, result.map(|run| run.map(|run| Shown(Rc::new(run))))));
        });
    }

    /// Stops the measurement under way. It ends with what it has measured so far.
    pub(super) fn stop(&self) {
        let stop = self.stop.borrow().clone();
        stop.set();
    }

    /// Whether the page is hidden from now on.
    pub(super) fn set_hidden(&self, hidden: bool) {
        self.hidden.set(hidden);
        self.was_hidden.set(hidden || self.was_hidden.get());
    }
}

/// Takes the measurement of `order`. `url` is the address of the router for whole puts. Returns
/// `None` when the person stopped it before the first result.
///
/// # Errors
/// A [`Problem`] when arrays cannot be made, payloads cannot be built or put, or a Worker fails.
pub(crate) async fn measure(
    order: Order,
    url: Option<String>,
    files: &Files,
    stop: &Stop,
    progress: impl Fn(Progress),
) -> Result<Option<Run>, Problem> {
    let (browser, cores) = surroundings::machine();
    let id = js_sys::Date::now() as u64;
    let progress: &dyn Fn(Progress) = &progress;
    let thread = if web_sys::window().is_some() { Thread::Page } else { Thread::Worker };
    let step = clock::step();
    let mut pace = Pace::new(stop);
    let begun = clock::now();
    let mut bench = Bench {
        step,
        files,
        pace: &mut pace,
        progress,
        begun,
        told: begun,
        before: 0,
        after: 0,
        later: Duration::ZERO,
    };
    let mut refused = None;
    let (mut puts, mut router, mut unsent) = (Vec::new(), None, None);
    // What is put as a whole: these rows, after each other.
    let mut whole: Vec<Vec<Row>> = Vec::new();
    let series = match order.scenario {
        Scenario::Payload => {
            let mut rig = rig_of(&order.rows, true, files, bench.pace).await?;
            if url.is_some() {
                (bench.after, bench.later) = (puts::count(true), puts::guess(rig.len()));
            }
            let variants = [Variant::Copy, Variant::CopyFresh, Variant::Borrow, Variant::Move];
            whole.push(order.rows.clone());
            bench.builds(vec![&mut rig], &variants, ROUNDS, &mut refused).await?
        }
        Scenario::OwnSizes => {
            whole.extend(OWN_SIZES.map(|factor| order.rows.iter().map(|row| row.scaled(factor)).collect::<Vec<_>>()));
            let own = whole.first().map(Vec::as_slice).unwrap_or_default();
            refused = rig_of(own, true, files, bench.pace).await?.try_out(Variant::Move)?.err();
            Vec::new()
        }
        Scenario::Sizes => bench.sizes().await?,
        Scenario::Counts => bench.counts().await?,
        Scenario::Places => bench.places(&order.rows).await?,
        Scenario::Blob => bench.blob(&order.rows).await?,
        Scenario::Worker => bench.worker(&order.rows).await?,
        Scenario::Message => bench.message(&order.rows).await?,
    };
    if let Some(url) = url.filter(|_| !whole.is_empty() && !stop.is_set()) {
        let problem;
        (puts, problem) = puts::run(&url, &whole, refused.is_none(), &mut bench).await;
        // The results from before the failure still count.
        unsent = problem.map(|Problem { title, detail, .. }| format!("{title} {detail}"));
        router = Some(url);
    }
    let partial = stop.is_set();
    let full = |series: &&Series| series.samples.len() >= FEWEST;
    if partial && series.iter().filter(full).count() < 2 && puts.is_empty() {
        return Ok(None);
    }
    let series = series.into_iter().map(|series| if full(&&series) { series } else { emptied(series) }).collect();
    let rounds = match order.scenario {
        Scenario::Payload | Scenario::Places | Scenario::Message => ROUNDS,
        Scenario::Sizes | Scenario::Counts | Scenario::Blob | Scenario::Worker => SWEEP_ROUNDS,
        Scenario::OwnSizes => puts::PUTS,
    };
    let conditions = Conditions {
        browser,
        cores,
        clock_step: step.as_nanos() as f64,
        isolated: surroundings::is_isolated(),
        optimised: !cfg!(debug_assertions),
        thread,
        hidden: false,
        seed: SEED,
        rounds,
        lab: env!("CARGO_PKG_VERSION").to_owned(),
        zenoh: ZENOH_VERSION.to_owned(),
        router,
    };
    Ok(Some(Run {
        format: FORMAT.to_owned(),
        id,
        scenario: order.scenario,
        subject: order.subject,
        conditions,
        partial,
        refused,
        unsent,
        series,
        puts,
        // The page knows it.
        scene: None,
    }))
}

/// Gives the thread to other work between turns.
struct Pace {
    stop: Stop,
    since: Duration,
    /// How long the thread was blocked during rests.
    still: Duration,
}

impl Pace {
    fn new(stop: &Stop) -> Self {
        Self { stop: stop.clone(), since: clock::now(), still: Duration::ZERO }
    }

    /// Whether the `expected` time of the next turn would block all other work too long.
    fn is_due(&self, expected: Duration) -> bool {
        clock::now().saturating_sub(self.since) + expected >= STRETCH
    }

    /// Gives the thread to all other work once.
    async fn rest(&mut self) {
        let begun = clock::now();
        TimeoutFuture::new(0).await;
        self.since = clock::now();
        let rested = self.since.saturating_sub(begun);
        self.still += if rested >= STILL { rested } else { Duration::ZERO };
    }
}

/// One variant of a run, with the size of its payload.
struct Entry {
    variant: Variant,
    bytes: usize,
    segments: usize,
    copied: u64,
}

impl Entry {
    fn of(variant: Variant, rig: &Rig, copied: u64) -> Self {
        Self { variant, bytes: rig.len(), segments: rig.segments(), copied }
    }
}

struct Bench<'a> {
    step: Duration,
    files: &'a Files,
    pace: &'a mut Pace,
    progress: &'a dyn Fn(Progress),
    /// When the run began.
    begun: Duration,
    /// When progress was last reported: the page draws itself anew for each report.
    told: Duration,
    /// Samples of the courses before this one, and of those after it. Progress counts both.
    before: u32,
    after: u32,
    /// How long the courses after this one will take, estimated.
    later: Duration,
}

impl Bench<'_> {
    /// Reports progress from time to time. Call it before a rest: the page then draws during the
    /// rest, and not during a sample.
    fn tell(&mut self, made: Progress) {
        let now = clock::now();
        if now.saturating_sub(self.told) >= TELL {
            self.told = now;
            (self.progress)(made);
        }
    }

    /// Runs a variant until the browser has had time to optimise its code. The code is up to nine
    /// times as fast after that.
    async fn warm(&mut self, rig: &mut Rig, variant: Variant) -> Result<(), Problem> {
        let (begun, mut runs) = (clock::now(), 1);
        while clock::now().saturating_sub(begun) < WARM && !self.pace.stop.is_set() {
            let took = rig.time(variant, runs)?;
            if took < WARM / 20 {
                runs *= 2;
            }
            self.pace.rest().await;
        }
        Ok(())
    }

    /// Runs all entries in turns. `run` runs one entry a number of times, and returns how long that
    /// took.
    async fn course(
        &mut self,
        entries: Vec<Entry>,
        rounds: u32,
        mut run: impl AsyncFnMut(usize, u32) -> Result<Duration, Problem>,
    ) -> Result<Vec<Series>, Problem> {
        let mut course = Course::new(Plan { seed: SEED, rounds, longest: LONGEST }, self.step, entries.len());
        let (begun, before) = (clock::now(), self.pace.still);
        // How long one run of each entry took in its last turn; zero before the first turn.
        let mut once = vec![Duration::ZERO; entries.len()];
        while let Some(turn) = course.turn() {
            let each = once.get(turn.variant).copied().unwrap_or_default();
            let expected = untimed(each) + each * turn.runs;
            if self.pace.is_due(expected) {
                let Progress { done, total, .. } = course.progress();
                // Measured by the wall clock, not by the samples alone: the untimed runs take time
                // too.
                let so_far = clock::now().saturating_sub(begun).saturating_sub(self.pace.still - before);
                let left = (done > 0).then(|| so_far.mul_f64(f64::from(total - done) / f64::from(done)) + self.later);
                self.tell(Progress { done: self.before + done, total: self.before + total + self.after, left });
                self.pace.rest().await;
            }
            if self.pace.stop.is_set() {
                break;
            }
            let at = clock::now().saturating_sub(self.begun);
            let took = match run(turn.variant, turn.runs).await {
                Ok(took) => took,
                Err(_) if self.pace.stop.is_set() => break,
                Err(problem) => return Err(problem),
            };
            if let Some(once) = once.get_mut(turn.variant) {
                *once = took / turn.runs.max(1);
            }
            course.took(turn, took, at);
        }
        self.before += course.progress().done;
        let taken = course.into_taken();
        Ok(entries.into_iter().zip(taken).map(|(entry, taken)| series(&entry, taken)).collect())
    }

    /// Builds payloads in every way. Each rig builds the entry at its own index.
    async fn builds(
        &mut self,
        mut rigs: Vec<&mut Rig>,
        variants: &[Variant],
        rounds: u32,
        refused: &mut Option<String>,
    ) -> Result<Vec<Series>, Problem> {
        let mut entries = Vec::new();
        for (at, rig) in rigs.iter_mut().enumerate() {
            for variant in variants.iter().copied() {
                if variant == Variant::CopyFresh && rig.len() > FRESH {
                    continue;
                }
                self.pace.rest().await;
                if self.pace.stop.is_set() {
                    return Ok(Vec::new());
                }
                match rig.try_out(variant)? {
                    Ok(copied) => {
                        entries.push((at, Entry::of(variant, rig, copied)));
                        // The program is the same at every place of a sweep, so warming up once is
                        // enough.
                        if at == 0 {
                            self.warm(rig, variant).await?;
                        }
                    }
                    // Rows that cannot be moved can still be compared by copy and by borrow.
                    Err(reason) => *refused = Some(reason),
                }
            }
        }
        // Fresh memory has a course of its own, after the other one. The engine frees memory on
        // other threads while the next variant has its turn. A copy of 11 MiB into warm memory took
        // twice as long then.
        let (fresh, warm): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(_, entry)| entry.variant == Variant::CopyFresh);
        let mut apart = Duration::ZERO;
        for (at, entry) in &fresh {
            self.pace.rest().await;
            let once = rigs.get_mut(*at).ok_or_else(not_there)?.time(entry.variant, 1)?;
            apart += once.max(self.step * STEPS_PER_SAMPLE) * rounds;
        }
        self.after += fresh.len() as u32 * rounds;
        self.later += apart;
        let mut series = Vec::new();
        for entries in [warm, fresh] {
            if entries.first().is_some_and(|(_, entry)| entry.variant == Variant::CopyFresh) {
                self.after -= entries.len() as u32 * rounds;
                self.later -= apart;
            }
            let turns: Vec<_> = entries.iter().map(|(at, entry)| (*at, entry.variant)).collect();
            let entries = entries.into_iter().map(|(_, entry)| entry).collect();
            series.extend(
                self.course(entries, rounds, async |index, runs| {
                    let (at, variant) = turns.get(index).ok_or_else(not_there)?;
                    rigs.get_mut(*at).ok_or_else(not_there)?.time(*variant, runs)
                })
                .await?,
            );
        }
        Ok(series)
    }

    /// A sweep over rigs of the lab's own arrays, which can always be moved.
    async fn sweep(&mut self, mut rigs: Vec<Rig>, variants: &[Variant]) -> Result<Vec<Series>, Problem> {
        let mut refused = None;
        let series = self.builds(rigs.iter_mut().collect(), variants, SWEEP_ROUNDS, &mut refused).await?;
        match refused {
            Some(reason) => Err(Problem::new("The arrays cannot be moved.", reason)),
            None => Ok(series),
        }
    }

    async fn sizes(&mut self) -> Result<Vec<Series>, Problem> {
        let mut rigs = Vec::new();
        for size in SIZES {
            self.pace.rest().await;
            let quarter = size / 4;
            match rig_of_lengths([quarter, size - 2 * quarter, quarter]) {
                Ok(rig) => rigs.push(rig),
                // A browser without memory for the largest rigs still measures the others.
                Err(_) if rigs.len() >= 3 => break,
                Err(problem) => return Err(problem),
            }
        }
        self.sweep(rigs, &[Variant::Copy, Variant::CopyFresh, Variant::Borrow, Variant::Move]).await
    }

    async fn counts(&mut self) -> Result<Vec<Series>, Problem> {
        let mut rigs = Vec::new();
        for count in COUNTS {
            self.pace.rest().await;
            let border = move |index: usize| (TOTAL as u64 * index as u64 / count as u64) as usize;
            rigs.push(rig_of_lengths((0..count).map(|index| border(index + 1) - border(index)))?);
        }
        self.sweep(rigs, &[Variant::Copy, Variant::Borrow, Variant::Move]).await
    }

    /// Measures the same rows in both places.
    async fn places(&mut self, rows: &[Row]) -> Result<Vec<Series>, Problem> {
        let mut rigs = Vec::new();
        for place in [Place::JsHeap, Place::Linear] {
            let rows: Vec<Row> = rows.iter().map(|row| placed(row, place)).collect();
            rigs.push(rig_of(&rows, false, self.files, self.pace).await?);
        }
        if let [js, linear] = rigs.as_slice() {
            same(js.reference(), linear.reference())?;
            self.pace.rest().await;
        }
        let turns = [(0, Variant::CopyJs), (1, Variant::CopyWasm), (0, Variant::BorrowJs), (1, Variant::BorrowWasm)];
        let mut entries = Vec::new();
        for (at, variant) in turns {
            let rig = rigs.get_mut(at).ok_or_else(not_there)?;
            let copied = rig.try_out(variant)?.map_err(|reason| Problem::new("The arrays cannot be taken.", reason))?;
            self.pace.rest().await;
            self.warm(rig, variant).await?;
            entries.push(Entry::of(variant, rig, copied));
        }
        self.course(entries, ROUNDS, async |index, runs| {
            let (at, variant) = turns.get(index).ok_or_else(not_there)?;
            rigs.get_mut(*at).ok_or_else(not_there)?.time(*variant, runs)
        })
        .await
    }

    /// Joins many runs of bytes into one: by way of a `Blob`, and by the lab's gather.
    async fn blob(&mut self, rows: &[Row]) -> Result<Vec<Series>, Problem> {
        let rig = rig_of(rows, false, self.files, self.pace).await?;
        let payload = rig.reference().clone();
        let mut ledger = Ledger::new();
        let whole = payload.to_bytes(&mut ledger).map_err(|error| cannot_build(&error))?;
        same(&borrowed(Segment::from(whole))?, &payload)?;
        self.pace.rest().await;
        same(&borrowed(Segment::received(blob(&payload).await?))?, &payload)?;
        // By the File API's standard, a Blob copies its parts, and reading it copies them again.
        let entries = vec![
            Entry::of(Variant::Blob, &rig, 2 * payload.len() as u64),
            Entry::of(Variant::Gather, &rig, ledger.total()),
        ];
        self.course(entries, SWEEP_ROUNDS, async |index, runs| {
            let begun = clock::now();
            for _ in 0..runs {
                if index == 0 {
                    std::hint::black_box(blob(&payload).await?.byte_length());
                } else {
                    let whole = payload.to_bytes(&mut Ledger::new()).map_err(|error| cannot_build(&error))?;
                    std::hint::black_box(whole.len());
                }
            }
            Ok(clock::now().saturating_sub(begun))
        })
        .await
    }

    /// Measures the first message of the rows. It is taken apart and made into a payload, and also
    /// made from its arrays.
    async fn message(&mut self, rows: &[Row]) -> Result<Vec<Series>, Problem> {
        let mut rig = message::Rig::new(rows, self.files)?;
        self.pace.rest().await;
        let mut entries = Vec::new();
        for variant in message::VARIANTS {
            entries.push(rig.try_out(variant)?);
            self.pace.rest().await;
            // The browser needs time to optimise the code.
            let begun = clock::now();
            while clock::now().saturating_sub(begun) < WARM && !self.pace.stop.is_set() {
                rig.time(variant, 1)?;
                if self.pace.is_due(Duration::ZERO) {
                    self.pace.rest().await;
                }
            }
        }
        self.course(entries, ROUNDS, async |index, runs| {
            rig.time(*message::VARIANTS.get(index).ok_or_else(not_there)?, runs)
        })
        .await
    }

    /// Sends one array as long as the payload to a Worker and back.
    async fn worker(&mut self, rows: &[Row]) -> Result<Vec<Series>, Problem> {
        let len = rows.iter().map(Row::bytes).fold(0, usize::saturating_add);
        let echo = echo::Echo::start(&self.pace.stop)?;
        let made: Uint8Array = array(len)?.unchecked_into();
        self.pace.rest().await;
        let reference = borrowed(Segment::received(array(len)?.unchecked_into::<Uint8Array>().buffer()))?;
        let mut buffer: ArrayBuffer = made.buffer();
        for transfer in [false, true] {
            buffer = echo.send(&buffer, transfer).await?;
            same(&borrowed(Segment::received(buffer.clone()))?, &reference)?;
        }
        // By the HTML standard, a structured clone copies an array once in each direction. A
        // transfer never copies.
        let entry = |variant, copied| Entry { variant, bytes: len, segments: 1, copied };
        let entries = vec![entry(Variant::Clone, 2 * len as u64), entry(Variant::Transfer, 0)];
        self.course(entries, SWEEP_ROUNDS, async |index, runs| {
            let begun = clock::now();
            for _ in 0..runs {
                buffer = echo.send(&buffer, index == 1).await?;
                std::hint::black_box(buffer.byte_length());
            }
            Ok(clock::now().saturating_sub(begun))
        })
        .await
    }
}

fn series(entry: &Entry, taken: Taken) -> Series {
    Series {
        variant: entry.variant,
        bytes: entry.bytes as u64,
        segments: entry.segments as u64,
        copied: entry.copied,
        runs: taken.runs,
        samples: taken.samples,
        at: taken.at,
    }
}

/// A series that the person stopped before it had enough samples for a result. It stays in the run,
/// to show which series is missing.
fn emptied(series: Series) -> Series {
    Series { samples: Vec::new(), at: Vec::new(), ..series }
}

fn borrowed(segment: Segment) -> Result<ZBytes, Problem> {
    ZBytes::from_segments([Source::borrow(segment)]).map_err(|error| cannot_build(&error))
}

/// Joins all bytes of `payload` into one `ArrayBuffer`, by way of a `Blob`.
async fn blob(payload: &ZBytes) -> Result<ArrayBuffer, Problem> {
    let failed = |error: JsValue| no_memory(&error, payload.len());
    let whole = JsFuture::from(blob_of(&views(payload)?).map_err(failed)?).await.map_err(failed)?;
    Ok(whole.unchecked_into())
}

/// Makes a rig of rows, and the arrays for it. With `moves`, it makes the arrays twice: moved
/// arrays pass from payload to payload, so copying and borrowing need others.
async fn rig_of(rows: &[Row], moves: bool, files: &Files, pace: &mut Pace) -> Result<Rig, Problem> {
    // Filling a message copies bytes, but that is not a part of building the payload.
    let listed = |sources: &Sources, mode| sources.list(Some(mode)).map(|(sources, _)| sources);
    let mut sources = Sources::new(files.clone());
    sources.make(rows)?;
    pace.rest().await;
    let (copy, borrow) = (listed(&sources, Mode::Copy)?, listed(&sources, Mode::Borrow)?);
    let moved = if moves {
        let mut sources = Sources::new(files.clone());
        sources.make(rows)?;
        pace.rest().await;
        Some(listed(&sources, Mode::Move)?)
    } else {
        None
    };
    Rig::new(copy, borrow, moved)
}

/// Makes a rig of arrays of these lengths.
fn rig_of_lengths(lengths: impl IntoIterator<Item = usize> + Clone) -> Result<Rig, Problem> {
    let arrays = |lengths: &mut dyn Iterator<Item = usize>| lengths.map(array).collect::<Result<Vec<_>, _>>();
    let made = arrays(&mut lengths.clone().into_iter())?;
    let moved = arrays(&mut lengths.into_iter())?;
    let listed = |arrays: &[JsValue], mode| arrays.iter().map(|array| source(array, mode)).collect();
    Rig::new(listed(&made, Mode::Copy), listed(&made, Mode::Borrow), Some(listed(&moved, Mode::Move)))
}

/// The same row in another place. A kind that knows one place only becomes a typed array.
fn placed(row: &Row, place: Place) -> Row {
    let kind = if row.kind.can_be_linear() { row.kind.clone() } else { Kind::Array };
    Row { kind, place, before: 0, after: 0, ..row.clone() }
}
