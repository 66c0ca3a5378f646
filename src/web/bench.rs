//! Takes the measurement of the Cost pane: runs the variants in turns with the page, and lets `measure` judge.

use std::{cell::Cell, rc::Rc, time::Duration};

use gloo_timers::future::TimeoutFuture;

use super::{clock, sources::Sources};
use crate::{
    app::{BuildCost, Conditions, Problem, PutCost, Report, Row},
    measure::{self, Ratio, Summary, Verdict},
    payload::{BuildError, ZBytes},
    segment::{Input, Mode, Segment, Source},
};

/// Rounds of the measurement; in each, every variant is timed once.
pub(super) const ROUNDS: u32 = 60;

/// Whole puts that are timed, when there is a router.
pub(super) const PUTS: u32 = 9;

const SEED: u64 = 7;

const VARIANTS: [Mode; 3] = [Mode::Copy, Mode::Borrow, Mode::Move];

/// Set by whoever wants the measurement to stop.
pub(super) type Stop = Rc<Cell<bool>>;

/// What builds the same payload again and again.
struct Rig {
    sources: Sources,
    /// The last payload that was built by move. A buffer can be moved once; so each build by move takes the buffers of the
    /// payload before it.
    moved: Option<ZBytes>,
}

impl Rig {
    /// Builds once by `mode`.
    fn build(&mut self, mode: Mode) -> Result<ZBytes, BuildError> {
        match (mode, self.moved.take()) {
            (Mode::Move, Some(payload)) => ZBytes::from_segments(payload.into_segments().into_iter().map(again)),
            // The sources have none of their arrays afterwards, and know it.
            (Mode::Move, None) => self.sources.build(Some(mode)),
            (mode, moved) => {
                self.moved = moved;
                ZBytes::from_segments(self.sources.list(Some(mode))?)
            }
        }
    }

    /// How long `runs` builds take. Each payload is dropped before the next is built, so copies go into warm memory.
    fn time(&mut self, mode: Mode, runs: u32) -> Result<Duration, BuildError> {
        let begun = clock::now();
        for _ in 0..runs {
            let payload = self.build(mode)?;
            // The length is looked at, so that no build can be left out as useless.
            std::hint::black_box(payload.len());
            if mode == Mode::Move {
                self.moved = Some(payload);
            }
        }
        Ok(clock::now().saturating_sub(begun))
    }
}

/// A segment of a payload that was built by move as the source of the next payload. One that was copied instead is copied again.
fn again(segment: Segment) -> Source {
    let element = segment.element();
    match segment.into_array_buffer() {
        Ok(buffer) => Source::moved(Input::array(buffer.into(), element)),
        Err(segment) => {
            let mode = segment.mode();
            Source::new(segment, mode)
        }
    }
}

/// The clock's step, seen over a few of its moves.
fn step() -> Duration {
    let mut readings = vec![clock::now()];
    let begun = readings.first().copied().unwrap_or_default();
    while readings.len() < 50_000 && clock::now().saturating_sub(begun) < Duration::from_millis(5) {
        readings.push(clock::now());
    }
    measure::clock_step(&readings).unwrap_or(Duration::from_millis(1))
}

struct Variant {
    mode: Mode,
    copied: u64,
    /// Builds that are timed together.
    batch: u32,
    samples: Vec<f64>,
}

/// Measures building `rows` by copy, by borrow and by move, and whole puts through `put` when there is one. `None` when stopped.
///
/// # Errors
/// A [`Problem`] when the arrays cannot be made, or the payload cannot be built or put.
pub(super) async fn run<Put>(
    rows: &[Row],
    surroundings: (bool, String),
    stop: &Stop,
    progress: impl Fn(u32, u32),
    put: Option<Put>,
) -> Result<Option<Report>, Problem>
where
    Put: AsyncFn(ZBytes) -> Result<(Duration, Duration, Duration), Problem>,
{
    let failed = |error: BuildError| Problem::new("The payload cannot be built.", format!("{error}."));
    let puts = if put.is_some() { PUTS } else { 0 };
    let total = ROUNDS + puts;

    let step = step();
    // Its own arrays, so that the person may change rows meanwhile.
    let mut rig = Rig { sources: Sources::default(), moved: None };
    rig.sources.make(rows)?;
    let mut variants = Vec::new();
    let mut refused = None;
    let (mut len, mut segments) = (0, 0);
    for mode in VARIANTS {
        let payload = match rig.build(mode) {
            Ok(payload) => payload,
            // What cannot be moved can still be compared by copy and by borrow.
            Err(error @ BuildError::Segment { .. }) if mode == Mode::Move => {
                refused = Some(error.to_string());
                continue;
            }
            Err(error) => return Err(failed(error)),
        };
        let copied = payload.built().total();
        (len, segments) = (payload.len(), payload.segments().len());
        if mode == Mode::Move {
            rig.moved = Some(payload);
            // Copying and borrowing need arrays of their own, beside those that go from payload to payload.
            rig.sources.make(rows)?;
        }
        // Each estimate rests on as many runs as the one before asked for, since a single run hides in the clock's step. The
        // largest counts: a hiccup of the machine makes a run look long, and so asks for too few.
        let mut batch = 1;
        for _ in 0..5 {
            let took = rig.time(mode, batch).map_err(failed)?;
            batch = batch.max(measure::runs_per_sample(step, batch, took));
            TimeoutFuture::new(0).await;
            if stop.get() {
                return Ok(None);
            }
        }
        variants.push(Variant { mode, copied, batch, samples: Vec::new() });
    }

    for round in 0..ROUNDS {
        for index in measure::order(SEED, round, variants.len()) {
            if let Some(variant) = variants.get_mut(index) {
                let took = rig.time(variant.mode, variant.batch).map_err(failed)?;
                variant.samples.push(took.as_nanos() as f64 / f64::from(variant.batch));
            }
        }
        progress(round + 1, total);
        TimeoutFuture::new(0).await;
        if stop.get() {
            return Ok(None);
        }
    }

    let mut stages: [Vec<f64>; 4] = Default::default();
    if let Some(put) = put {
        for index in 0..PUTS {
            let begun = clock::now();
            let payload = rig.build(Mode::Copy).map_err(failed)?;
            let build = clock::now().saturating_sub(begun);
            let (gather, send, took) = put(payload).await?;
            let rest = took.saturating_sub(gather).saturating_sub(send);
            for (stage, time) in stages.iter_mut().zip([build, gather, send, rest]) {
                stage.push(time.as_nanos() as f64);
            }
            progress(ROUNDS + index + 1, total);
            TimeoutFuture::new(0).await;
            if stop.get() {
                return Ok(None);
            }
        }
    }

    let nothing = || Problem::new("Nothing was measured.", "The clock of this browser gave no usable number.");
    let built = |mode: Mode| {
        let variant = variants.iter().find(|variant| variant.mode == mode)?;
        let summary = Summary::of(&variant.samples)?;
        Some(BuildCost { summary, copied: variant.copied, batch: variant.batch })
    };
    let (copy, borrow) = (built(Mode::Copy).ok_or_else(nothing)?, built(Mode::Borrow).ok_or_else(nothing)?);
    let medians = stages.map(|stage| Summary::of(&stage));
    let put = match medians {
        [Some(build), Some(gather), Some(send), Some(rest)] => Some(PutCost {
            n: build.n,
            list: build.median.min(borrow.summary.median),
            copy: (build.median - borrow.summary.median).max(0.0),
            gather: gather.median,
            send: send.median,
            rest: rest.median,
        }),
        _ => None,
    };
    let ratio = Ratio::of(&copy.summary, &borrow.summary);
    let (isolated, browser) = surroundings;
    Ok(Some(Report {
        copy,
        borrow,
        moved: built(Mode::Move),
        refused,
        ratio,
        verdict: Verdict::of(&ratio),
        len,
        segments,
        put,
        conditions: Conditions { step, isolated, optimised: !cfg!(debug_assertions), seed: SEED, browser },
    }))
}
