//! A run as it is kept, exported and read back: raw samples and conditions, nothing that could be computed from them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::outside::{LINE, SENTENCES, sentences};

mod warning;

pub use self::warning::{Warning, warnings};

/// What a run measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Building one payload in each way, and whole puts of it when there is a router.
    #[default]
    Payload,
    /// Building over total size, at 3 segments.
    Sizes,
    /// Building over segment count, at a fixed total size.
    Counts,
    /// Handing an array to a Worker and back: by structured clone, and by transfer.
    Worker,
    /// Making one run of bytes out of many: by a `Blob` of parts, and by our gather.
    Blob,
    /// Arrays in the JavaScript heap against memory of wasm.
    Places,
    /// A Cap'n Proto message, from its array to a payload: the rows of the proposal that the lab grew out of.
    Message,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Scenario; 7] =
        [Self::Payload, Self::Message, Self::Sizes, Self::Counts, Self::Worker, Self::Blob, Self::Places];

    /// Whether it is about the rows of Build; the others make arrays of their own.
    #[must_use]
    pub const fn is_about_rows(self) -> bool {
        matches!(self, Self::Payload | Self::Worker | Self::Blob | Self::Places | Self::Message)
    }

    /// Whether it goes over sizes or counts.
    #[must_use]
    pub const fn is_sweep(self) -> bool {
        matches!(self, Self::Sizes | Self::Counts)
    }
}

/// A way to do the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// A payload of copied segments, in memory that was used before.
    Copy,
    /// The same bytes copied into memory that the engine has to find first: a new `ArrayBuffer` each time.
    CopyFresh,
    /// A payload of borrowed segments.
    Borrow,
    /// A payload of moved segments.
    Move,
    /// To a Worker and back by structured clone.
    Clone,
    /// To a Worker and back by transfer.
    Transfer,
    /// One `Blob` of the parts, read as one `ArrayBuffer`.
    Blob,
    /// One run of bytes in wasm memory, by our gather.
    Gather,
    /// Copied out of the JavaScript heap.
    CopyJs,
    /// Copied out of wasm memory.
    CopyWasm,
    /// Borrowed from the JavaScript heap.
    BorrowJs,
    /// Borrowed in wasm memory.
    BorrowWasm,
    /// The segments of a finished message, by reference.
    Segments,
    /// From an array to a payload, by a message that is filled from it.
    Filled,
    /// From an array to a payload, by a message that adopts it.
    Adopted,
}

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
    /// Whether it is a part of the put itself: of the time from the begin of building to the arrival.
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

/// Whole puts, from the arrays to a second session of the same page. Puts of all variants took turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Puts {
    /// How the payload was built: [`Variant::Copy`], [`Variant::Borrow`] or [`Variant::Move`]. Older runs have no puts by move, nor have those
    /// of rows that cannot be moved.
    pub variant: Variant,
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

/// The name of the format, with its version: a reader refuses what it does not know.
pub const FORMAT: &str = "zbytes-lab/run/1";

/// One run with everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`FORMAT`].
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
    /// Why there are no whole puts, or fewer than planned, although there was a router.
    pub unsent: Option<String>,
    /// Samples; in a sweep many of each variant.
    pub series: Vec<Series>,
    /// Whole puts, when there was a router.
    pub puts: Vec<Puts>,
}

impl Run {
    /// The series of a variant, in the order of the sweep.
    pub fn of(&self, variant: Variant) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |series| series.variant == variant)
    }

    /// The run as JSON, which `schema/run-1.schema.json` describes.
    ///
    /// A run with a number that JSON cannot carry (not finite) is written as an empty text, since a `null` in its place would pass in silence
    /// for what it is not; no reader takes that for a run. [`Run::check`] says beforehand whether it is one.
    #[must_use]
    pub fn to_json(&self) -> String {
        if self.check().is_err() {
            return String::new();
        }
        // Nothing else in a run can fail to be written: no map with keys that are no text.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a run, and checks it as [`Run::check`] does. What it was written from comes back to the last bit, and its texts as they are shown:
    /// see [`crate::outside`].
    ///
    /// # Errors
    /// [`ReadError`], also for another [`FORMAT`].
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        /// Only the format, before the rest: another format may have other fields.
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
        }
        let error = |error: serde_json::Error| ReadError(error.to_string());
        let Head { format } = serde_json::from_str(text).map_err(error)?;
        let format = format.ok_or_else(|| ReadError(format!("it names no format; this lab reads {FORMAT}")))?;
        known(&format)?;
        let run: Self = serde_json::from_str(text).map_err(error)?;
        run.check()?;
        Ok(run.seen())
    }

    /// The run with its texts as they are shown, whoever has written them. No other field is named here: a new text must be.
    fn seen(self) -> Self {
        let Self { format, id, scenario, subject, conditions, partial, refused, unsent, series, puts } = self;
        let Conditions {
            browser,
            cores,
            clock_step,
            isolated,
            optimised,
            thread,
            hidden,
            seed,
            rounds,
            lab,
            zenoh,
            router,
        } = conditions;
        let line = |text: String| sentences(&text, LINE);
        let words = |text: Option<String>| text.map(|text| sentences(&text, SENTENCES));
        let conditions = Conditions {
            browser: line(browser),
            cores,
            clock_step,
            isolated,
            optimised,
            thread,
            hidden,
            seed,
            rounds,
            lab: line(lab),
            zenoh: line(zenoh),
            router: router.map(line),
        };
        let (subject, refused, unsent) = (line(subject), words(refused), words(unsent));
        Self { format, id, scenario, subject, conditions, partial, refused, unsent, series, puts }
    }

    /// Whether it is as a run must be: of the known [`FORMAT`], every number finite, no sample of a series and no time of begin below 0, with as many times of begin as samples
    /// in every series, as many samples in every stage of puts as puts, and no stage twice.
    ///
    /// # Errors
    /// [`ReadError`] says what is wrong.
    pub fn check(&self) -> Result<(), ReadError> {
        known(&self.format)?;
        let step = self.conditions.clock_step;
        if !is_time(&step) {
            return Err(ReadError(format!("the clock's step is {step}")));
        }
        for series in &self.series {
            let name = format!("the series of {:?} with {} B", series.variant, series.bytes);
            same_length(&name, &series.samples, &series.at)?;
            times(&name, &series.samples)?;
            times(&name, &series.at)?;
            if series.runs == 0 {
                return Err(ReadError(format!("{name} has samples of no run")));
            }
        }
        for puts in &self.puts {
            for (number, stage) in puts.stages.iter().enumerate() {
                let name = format!("the stage {:?} of the puts of {:?}", stage.stage, puts.variant);
                same_length(&name, &stage.samples, &puts.at)?;
                // Arriving is what is left of a time when others are taken away, and may fall below 0 by the clock's step.
                if let Some(sample) = stage.samples.iter().find(|sample| !sample.is_finite()) {
                    return Err(ReadError(format!("{name} has a time of {sample}")));
                }
                if puts.stages.iter().take(number).any(|other| other.stage == stage.stage) {
                    return Err(ReadError(format!("{name} is there twice")));
                }
            }
            times(&format!("the puts of {:?}", puts.variant), &puts.at)?;
        }
        Ok(())
    }
}

fn known(format: &str) -> Result<(), ReadError> {
    if format == FORMAT {
        return Ok(());
    }
    // It may be long, and is shown.
    let short: String = format.chars().take(40).collect();
    Err(ReadError(format!("its format is {short:?}; this lab reads {FORMAT:?}")))
}

fn is_time(number: &f64) -> bool {
    number.is_finite() && *number >= 0.0
}

fn same_length(name: &str, samples: &[f64], at: &[f64]) -> Result<(), ReadError> {
    if samples.len() == at.len() {
        return Ok(());
    }
    Err(ReadError(format!("{name} has {} samples and {} times of begin", samples.len(), at.len())))
}

fn times(name: &str, times: &[f64]) -> Result<(), ReadError> {
    times
        .iter()
        .find(|time| !is_time(time))
        .map_or(Ok(()), |time| Err(ReadError(format!("{name} has a time of {time}"))))
}

/// Why a text is no run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is no run of ZBytes Lab: {}", self.0)
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests;
