//! Takes the measurement of the Cost pane: runs the variants in turns with the page, and lets `measure` judge.

use std::{cell::Cell, rc::Rc, time::Duration};

use gloo_timers::future::TimeoutFuture;

use super::{clock, sources::Sources};
use crate::{
    app::{Conditions, Problem, PutCost, Report},
    measure::{self, Ratio, Summary, Verdict},
    payload::{BuildError, ZBytes},
    segment::Mode,
};

/// Rounds of the measurement; in each, every variant is timed once.
pub(super) const ROUNDS: u32 = 60;

/// Whole puts that are timed, when there is a router.
pub(super) const PUTS: u32 = 9;

const SEED: u64 = 7;

const VARIANTS: [Mode; 2] = [Mode::Copy, Mode::Borrow];

/// Set by whoever wants the measurement to stop.
pub(super) type Stop = Rc<Cell<bool>>;

/// How long `runs` builds take. Each payload is dropped before the next is built, so copies go into warm memory.
fn time(sources: &Sources, mode: Mode, runs: u32) -> Result<Duration, BuildError> {
    let begun = clock::now();
    for _ in 0..runs {
        // The length is looked at, so that no build can be left out as useless.
        std::hint::black_box(sources.build(Some(mode))?.len());
    }
    Ok(clock::now().saturating_sub(begun))
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

/// Measures building by copy and by borrow, and whole puts through `put` when there is one. `None` when stopped.
///
/// # Errors
/// A [`Problem`] when the payload cannot be built or put.
pub(super) async fn run<Put>(
    sources: &Sources,
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
    let mut batches = [1u32; 2];
    let mut copied = [0u64; 2];
    let (mut len, mut segments) = (0, 0);
    for (index, mode) in VARIANTS.into_iter().enumerate() {
        let payload = sources.build(Some(mode)).map_err(failed)?;
        copied[index] = payload.built().total();
        (len, segments) = (payload.len(), payload.segments().len());
        drop(payload);
        // Each estimate rests on as many runs as the one before asked for, since a single run hides in the clock's step. The
        // largest counts: a hiccup of the machine makes a run look long, and so asks for too few.
        for _ in 0..5 {
            let took = time(sources, mode, batches[index]).map_err(failed)?;
            batches[index] = batches[index].max(measure::runs_per_sample(step, batches[index], took));
            TimeoutFuture::new(0).await;
        }
    }

    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for variant in measure::order(SEED, round, VARIANTS.len()) {
            let took = time(sources, VARIANTS[variant], batches[variant]).map_err(failed)?;
            samples[variant].push(took.as_nanos() as f64 / f64::from(batches[variant]));
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
            let payload = sources.build(Some(Mode::Copy)).map_err(failed)?;
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
    let [copy, borrow] = samples.map(|samples| Summary::of(&samples));
    let (copy, borrow) = (copy.ok_or_else(nothing)?, borrow.ok_or_else(nothing)?);
    let medians = stages.map(|stage| Summary::of(&stage));
    let put = match medians {
        [Some(build), Some(gather), Some(send), Some(rest)] => Some(PutCost {
            n: build.n,
            list: build.median.min(borrow.median),
            copy: (build.median - borrow.median).max(0.0),
            gather: gather.median,
            send: send.median,
            rest: rest.median,
        }),
        _ => None,
    };
    let ratio = Ratio::of(&copy, &borrow);
    let (isolated, browser) = surroundings;
    Ok(Some(Report {
        copy,
        borrow,
        ratio,
        verdict: Verdict::of(&ratio),
        len,
        segments,
        copied_by_copy: copied[0],
        copied_by_borrow: copied[1],
        put,
        conditions: Conditions {
            step,
            isolated,
            optimised: !cfg!(debug_assertions),
            seed: SEED,
            batches: (batches[0], batches[1]),
            browser,
        },
    }))
}
