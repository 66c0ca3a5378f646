//! What a run holds: samples, and the conditions under which they were taken.

use serde::{Deserialize, Serialize};

use super::scenario::{Scenario, Variant};

/// All samples of one variant for one payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// What was run.
    pub variant: Variant,
    /// Payload bytes of one run.
    pub bytes: u64,
    /// Segments of one run.
    pub segments: u64,
    /// Bytes that one run copied, by the ledger; for what is not ours, by what is known of it.
    pub copied: u64,
    /// Runs that were timed together in each sample.
    pub runs: u32,
    /// Nanoseconds of one run, in the order in which they were taken.
    pub samples: Vec<f64>,
    /// Milliseconds from the begin of the run to that of each sample.
    pub at: Vec<f64>,
}

/// A part of a whole put, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The arrays are made and filled. Before the put.
    Produce,
    /// Segments and payload are built.
    Build,
    /// Segments are copied into batches.
    Gather,
    /// Inside `WebSocket.send`.
    Send,
    /// From there until the second session has the whole sample, beyond gathering and sending.
    Arrive,
    /// The received segments are read as one run of bytes. After the put.
    Read,
}

impl Stage {
    /// Whether it is a part of the put itself: of the time from the begin of building to the
    /// arrival.
    #[must_use]
    pub const fn is_of_put(self) -> bool {
        !matches!(self, Self::Produce | Self::Read)
    }
}

/// One stage of many puts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageSeries {
    /// Which.
    pub stage: Stage,
    /// Payload bytes that we copied in it in one put, by the ledger.
    pub copied: u64,
    /// Nanoseconds, one number for each put.
    pub samples: Vec<f64>,
}

/// Whole puts, from the arrays to a second session of the same page. Puts of all variants took
/// turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Puts {
    /// How the payload was built: [`Variant::Copy`], [`Variant::Borrow`] or [`Variant::Move`].
    /// Older runs have no puts by move, nor have those of rows that cannot be moved.
    pub variant: Variant,
    /// Payload bytes of each put. Older runs do not say it: their puts are as long as their series.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Milliseconds from the begin of the run to that of each put.
    pub at: Vec<f64>,
    /// Every stage once, in order.
    pub stages: Vec<StageSeries>,
}

impl Puts {
    /// Nanoseconds of each whole put: of the stages that are of it.
    #[must_use]
    pub fn totals(&self) -> Vec<f64> {
        let stages: Vec<_> = self.stages.iter().filter(|series| series.stage.is_of_put()).collect();
        (0..self.at.len()).map(|put| stages.iter().filter_map(|series| series.samples.get(put)).sum()).collect()
    }

    /// The samples of one stage.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<&StageSeries> {
        self.stages.iter().find(|series| series.stage == stage)
    }
}

/// Where the measured code ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thread {
    /// On the page's own thread, in turns with it.
    Page,
    /// In a Worker.
    Worker,
}

/// Under which conditions was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// The browser, in short, as in `Chrome 156`.
    pub browser: String,
    /// Logical processors, as the browser tells.
    pub cores: u32,
    /// The clock's step, in nanoseconds.
    pub clock_step: f64,
    /// Whether the page is cross-origin isolated, which makes the clock finer.
    pub isolated: bool,
    /// Whether the program was built with optimisation.
    pub optimised: bool,
    /// Where the measured code ran.
    pub thread: Thread,
    /// Whether the page was hidden at any time: a browser slows it down then.
    pub hidden: bool,
    /// The seed of the order in which the variants took turns.
    pub seed: u64,
    /// Rounds that were planned; in each, every variant takes one turn.
    pub rounds: u32,
    /// The version of the lab.
    pub lab: String,
    /// The version of zenoh's crates.
    pub zenoh: String,
    /// The address of the router that whole puts went through.
    pub router: Option<String>,
}

/// One run with everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`FORMAT`](super::FORMAT).
    pub format: String,
    /// When it began, in milliseconds since 1970; names the run.
    pub id: u64,
    /// What was measured.
    pub scenario: Scenario,
    /// The payload in words, as in `1920x1536 int32 tensor`; its size is in the series.
    pub subject: String,
    /// Under which conditions.
    pub conditions: Conditions,
    /// Whether it was stopped before its end.
    pub partial: bool,
    /// Why there is nothing to say about moving, if there is not.
    pub refused: Option<String>,
    /// Why the run has no whole puts, or fewer than planned, although it had a router.
    pub unsent: Option<String>,
    /// Samples; in a sweep many of each variant.
    pub series: Vec<Series>,
    /// Whole puts, when there was a router. Those of one size stand beside each other. Over sizes,
    /// the first are those of the payload itself.
    pub puts: Vec<Puts>,
    /// The scene that was measured, as in the address of a page. Older runs have none, nor have
    /// those that are not about the rows.
    #[serde(default)]
    pub scene: Option<String>,
}

impl Run {
    /// The series of a variant, in the order of the sweep.
    pub fn of(&self, variant: Variant) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |series| series.variant == variant)
    }
}
