//! A run as JSON, and what a text must be to be read as one.

use std::fmt;

use serde::Deserialize;

use super::measured::{Conditions, Run};
use crate::outside::{LINE, SENTENCES, sentences};

/// The name of the format, with its version: a reader refuses what it does not know.
pub const FORMAT: &str = "zbytes-lab/run/1";

impl Run {
    /// The run as JSON, which `schema/run-1.schema.json` describes.
    ///
    /// A run with a number that JSON cannot carry (not finite) is written as an empty text, which
    /// no reader takes for a run. A `null` in the number's place would pass in silence for what it
    /// is not. [`Run::check`] says beforehand whether it is a run.
    #[must_use]
    pub fn to_json(&self) -> String {
        if self.check().is_err() {
            return String::new();
        }
        // Nothing else in a run can fail to be written: every map has texts as its keys.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a run, and checks it as [`Run::check`] does. What it was written from comes back to
    /// the last bit, and its texts as they are shown: see [`crate::outside`].
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
        serde_json::from_str::<Self>(text).map_err(error)?.accepted()
    }

    /// The run, if it is as [`Run::check`] wants it, with its texts as they are shown.
    ///
    /// # Errors
    /// [`ReadError`] says what is wrong.
    pub fn accepted(self) -> Result<Self, ReadError> {
        self.check()?;
        Ok(self.seen())
    }

    /// The run with its texts as they are shown, also those of another program. No other field is
    /// named here: a new text must be.
    pub(super) fn seen(self) -> Self {
        // A scene is read, and never shown.
        let Self { format, id, scenario, subject, conditions, partial, refused, unsent, series, puts, scene } = self;
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
        Self { format, id, scenario, subject, conditions, partial, refused, unsent, series, puts, scene }
    }

    /// Whether it is as a run must be. It has the known [`FORMAT`], and every number is finite. In
    /// a series no sample and no time of begin is below 0, and it has as many of one as of the
    /// other. Puts have as many samples in every stage as puts, and no stage twice.
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
                // Arriving is what is left of a time when others are taken away, and may fall below
                // 0 by the clock's step.
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

pub(super) fn times(name: &str, times: &[f64]) -> Result<(), ReadError> {
    times
        .iter()
        .find(|time| !is_time(time))
        .map_or(Ok(()), |time| Err(ReadError(format!("{name} has a time of {time}"))))
}

/// Why a text is not a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not a run of ZBytes Lab: {}", self.0)
    }
}

impl std::error::Error for ReadError {}
