//! The numbers of a run as they are compared: at which places, which variants, and where lines
//! cross.

use super::names::x_of;
use crate::{
    measure::{
        Interval, Summary, Verdict,
        fit::{self, Model, Point},
        stats,
    },
    run::{self, Puts, Run, Scenario, Series, Stage, Variant, Warning},
};

/// One series, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSummary {
    /// What was run.
    pub variant: Variant,
    /// Payload bytes of one run.
    pub bytes: u64,
    /// Segments of one run.
    pub segments: u64,
    /// Bytes that one run copied.
    pub copied: u64,
    /// Runs in each sample.
    pub runs: u32,
    /// Where its samples are in the run.
    pub index: usize,
    /// Its times.
    pub summary: Summary,
}

/// One stage of the puts of one variant, summed up.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSummary {
    /// How the payload was built.
    pub variant: Variant,
    /// Which stage.
    pub stage: Stage,
    /// Bytes that we copied in it.
    pub copied: u64,
    /// Its times.
    pub summary: Summary,
}

/// Whole puts of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Sized {
    /// Payload bytes of each put; 0 in older runs, which do not say it.
    pub bytes: u64,
    /// The share of copying in a whole put by copy: of what building by copy takes beyond building
    /// by borrow.
    pub share: Option<Interval>,
    /// Whole puts, by how the payload was built.
    pub puts: Vec<(Variant, Summary)>,
}

/// Two variants beside each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The one that is compared with.
    pub first: Variant,
    /// The one that the verdict is on.
    pub second: Variant,
    /// Bytes or segments at which they were compared.
    pub x: u64,
    /// How many times longer the first one took.
    pub ratio: Interval,
    /// What that allows to say of the second.
    pub verdict: Verdict,
}

/// Where two variants cross in a sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Cheaper below.
    pub below: Variant,
    /// Cheaper above.
    pub above: Variant,
    /// Where, in bytes or segments.
    pub at: Interval,
}

/// Everything that is said of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Every series that has samples, in the run's order.
    pub places: Vec<SeriesSummary>,
    /// Whole puts of the payload itself, by how it was built.
    pub puts: Vec<(Variant, Summary)>,
    /// The stages of these puts.
    pub parts: Vec<StageSummary>,
    /// The share of copying in a whole put of the payload by copy: see [`Sized`].
    pub share: Option<Interval>,
    /// Whole puts at every size; first of the payload itself.
    pub sizes: Vec<Sized>,
    /// Variants beside each other; the one that the verdict is on comes first.
    pub compared: Vec<Comparison>,
    /// Whole puts by copy against whole puts by borrow.
    pub arrived: Option<Comparison>,
    /// Cost models of a sweep.
    pub models: Vec<(Variant, Model)>,
    /// Where copy and borrow, and copy and move, cross in a sweep.
    pub crossings: Vec<Crossing>,
    /// What casts doubt on the run.
    pub warnings: Vec<Warning>,
}

impl Reading {
    /// Reads a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let places: Vec<SeriesSummary> = run.series.iter().enumerate().filter_map(place).collect();
        let by_size = || run.puts.chunk_by(|a, b| a.bytes == b.bytes);
        let own = by_size().next().unwrap_or_default();
        let totals = |variant: Variant| Some(own.iter().find(|puts| puts.variant == variant)?.totals());
        let sizes: Vec<Sized> = by_size().map(sized).collect();
        let first = sizes.first().cloned();
        let arrived = totals(Variant::Copy)
            .zip(totals(Variant::Borrow))
            .and_then(|(long, short)| compare(Variant::Copy, Variant::Borrow, 0, &long, &short));
        let mut reading = Self {
            share: first.as_ref().and_then(|own| own.share),
            puts: first.map_or_else(Vec::new, |own| own.puts),
            parts: parts(own),
            places,
            sizes,
            compared: Vec::new(),
            arrived,
            models: Vec::new(),
            crossings: Vec::new(),
            warnings: run::warnings(run),
        };
        if run.scenario == Scenario::OwnSizes {
            reading.compared.extend(arrived);
        }
        for (first, second) in pairs(run.scenario) {
            let xs: Vec<u64> = run.of(*first).map(|series| x_of(run.scenario, series)).collect();
            // The verdict on a sweep is on its far end; the near one says what happens on the way
            // there.
            let ends = if run.scenario.is_sweep() { vec![xs.iter().max(), xs.iter().min()] } else { vec![xs.first()] };
            let mut ends: Vec<u64> = ends.into_iter().flatten().copied().collect();
            ends.dedup();
            for x in ends {
                // Outside of a sweep each variant has one series; a message has another length by
                // each way of making it.
                let sweep = run.scenario.is_sweep();
                let at = |variant| run.of(variant).find(|series| !sweep || x_of(run.scenario, series) == x);
                if let Some((long, short)) = at(*first).zip(at(*second)) {
                    reading.compared.extend(compare(*first, *second, x, &long.samples, &short.samples));
                }
            }
        }
        if run.scenario.is_sweep() {
            let points = |variant| -> Vec<Point<'_>> {
                run.of(variant)
                    .filter(|series| !series.samples.is_empty())
                    .map(|series| Point { x: x_of(run.scenario, series) as f64, samples: &series.samples })
                    .collect()
            };
            let copy = points(Variant::Copy);
            for variant in variants(run) {
                reading.models.extend(fit::fit(&points(variant)).map(|model| (variant, model)));
            }
            for other in [Variant::Borrow, Variant::Move] {
                let second = points(other);
                let crossing = fit::crossover(&copy, &second)
                    .map(|at| Crossing { below: Variant::Copy, above: other, at })
                    .or_else(|| {
                        fit::crossover(&second, &copy).map(|at| Crossing { below: other, above: Variant::Copy, at })
                    });
                reading.crossings.extend(crossing);
            }
        }
        reading
    }

    /// The first place of a variant.
    #[must_use]
    pub fn first(&self, variant: Variant) -> Option<&SeriesSummary> {
        self.places.iter().find(|place| place.variant == variant)
    }

    /// A stage of the puts of a variant.
    #[must_use]
    pub fn part(&self, variant: Variant, stage: Stage) -> Option<&StageSummary> {
        self.parts.iter().find(|part| (part.variant, part.stage) == (variant, stage))
    }

    /// Whole puts at every size, the shortest first.
    pub fn by_size(&self) -> impl Iterator<Item = &Sized> {
        let mut bytes: Vec<u64> = self.sizes.iter().map(|size| size.bytes).collect();
        bytes.sort_unstable();
        bytes.into_iter().filter_map(|bytes| self.sizes.iter().find(|size| size.bytes == bytes))
    }

    /// Whole puts by copy, if there were any.
    #[must_use]
    pub fn put(&self) -> Option<&Summary> {
        self.puts.iter().find(|(variant, _)| *variant == Variant::Copy).map(|(_, summary)| summary)
    }

    /// Nanoseconds that fresh memory adds to a build by copy, if it is known to add any.
    #[must_use]
    pub fn fresh(&self) -> Option<f64> {
        let [fresh, copy] = [Variant::CopyFresh, Variant::Copy].map(|variant| self.first(variant));
        if fresh?.summary.median.lower <= copy?.summary.median.upper {
            return None;
        }
        let more = self.first(Variant::CopyFresh)?.summary.median.estimate
            - self.first(Variant::Copy)?.summary.median.estimate;
        (more > 0.0).then_some(more)
    }

    /// The comparison that the run's verdict is on.
    #[must_use]
    pub fn main(&self) -> Option<&Comparison> {
        self.compared.first()
    }

    pub(super) fn of_pair(&self, first: Variant, second: Variant) -> impl Iterator<Item = &Comparison> {
        self.compared.iter().filter(move |one| (one.first, one.second) == (first, second))
    }
}

pub(super) fn place((index, series): (usize, &Series)) -> Option<SeriesSummary> {
    Some(SeriesSummary {
        variant: series.variant,
        bytes: series.bytes,
        segments: series.segments,
        copied: series.copied,
        runs: series.runs,
        index,
        summary: Summary::of(&series.samples)?,
    })
}

/// Sums up the puts of one size.
fn sized(puts: &[Puts]) -> Sized {
    let put = |variant: Variant| puts.iter().find(|puts| puts.variant == variant);
    let share = put(Variant::Copy).zip(put(Variant::Borrow)).and_then(|(copy, borrow)| {
        // Of building by copy only what borrowing would save: both list the arrays, and make
        // segments of them.
        let (long, short) = (copy.stage(Stage::Build)?, borrow.stage(Stage::Build)?);
        let copying: Vec<f64> = long.samples.iter().zip(&short.samples).map(|(a, b)| (a - b).max(0.0)).collect();
        let totals: Vec<f64> = copy.totals().into_iter().take(copying.len()).collect();
        let share = stats::ratio(&copying, &totals)?;
        // A part is at most the whole, however little the clock saw of both.
        Some(Interval { upper: share.upper.min(1.0), ..share })
    });
    Sized {
        bytes: puts.first().and_then(|puts| puts.bytes).unwrap_or(0),
        share,
        puts: puts.iter().filter_map(|puts| Some((puts.variant, Summary::of(&puts.totals())?))).collect(),
    }
}

pub(super) fn parts(puts: &[Puts]) -> Vec<StageSummary> {
    let of_put = |variant, stage: &crate::run::StageSeries| {
        Some(StageSummary { variant, stage: stage.stage, copied: stage.copied, summary: Summary::of(&stage.samples)? })
    };
    puts.iter().flat_map(|puts| puts.stages.iter().filter_map(|stage| of_put(puts.variant, stage))).collect()
}

fn compare(first: Variant, second: Variant, x: u64, long: &[f64], short: &[f64]) -> Option<Comparison> {
    let ratio = stats::ratio(long, short)?;
    Some(Comparison { first, second, x, ratio, verdict: Verdict::of(&ratio) })
}

/// The variants of a run, each once, in the order in which they appear.
#[must_use]
pub fn variants(run: &Run) -> Vec<Variant> {
    let mut all: Vec<Variant> = Vec::new();
    for series in run.series.iter().filter(|series| !series.samples.is_empty()) {
        if !all.contains(&series.variant) {
            all.push(series.variant);
        }
    }
    all
}

/// What is compared with what; the verdict is on the second of the first pair.
pub(super) fn pairs(scenario: Scenario) -> &'static [(Variant, Variant)] {
    match scenario {
        Scenario::Payload | Scenario::Sizes | Scenario::Counts => {
            &[(Variant::Copy, Variant::Borrow), (Variant::Copy, Variant::Move)]
        }
        // Whole puts, which have no series.
        Scenario::OwnSizes => &[],
        Scenario::Worker => &[(Variant::Clone, Variant::Transfer)],
        Scenario::Blob => &[(Variant::Blob, Variant::Gather)],
        Scenario::Places => &[(Variant::CopyJs, Variant::CopyWasm), (Variant::BorrowJs, Variant::BorrowWasm)],
        Scenario::Message => &[(Variant::Filled, Variant::Adopted), (Variant::Copy, Variant::Borrow)],
    }
}
