//! One result of an experiment, as a page tells it. It comes from outside: it is bounded, and what is
//! not understood is refused in words.

use serde::{Deserialize, Serialize};

use crate::{
    app::class::says::{Device, MAX_RESULT},
    outside::{LINE, sentences},
    run::Run,
};

/// The version of a result. Another one is not read.
const VERSION: u32 = 1;

/// The most series of one run, and the most samples of one series. Intervals of more would hold up
/// the page that draws them.
const MAX_SERIES: usize = 64;
const MAX_SAMPLES: usize = 500;

/// The most characters of a name in a result.
const MAX_NAME: usize = 24;

/// The most characters of what numbers a session.
const MAX_ZID: usize = 32;

/// One result, as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    v: u32,
    /// Whose it is.
    pub name: String,
    /// The session that told it.
    pub zid: String,
    /// Of which experiment.
    pub n: u64,
    /// What the page runs on.
    pub device: Device,
    /// Everything that was measured.
    pub run: Run,
}

impl Told {
    /// A result of the page with this name.
    #[must_use]
    pub fn new(name: &str, zid: &str, n: u64, device: Device, run: Run) -> Self {
        Self { v: VERSION, name: name.to_owned(), zid: zid.to_owned(), n, device, run }
    }

    /// The result as it travels.
    ///
    /// # Errors
    /// A run that has a number that JSON cannot carry; or one that is too long.
    pub fn write(&self) -> Result<String, String> {
        self.run.check().map_err(|error| error.to_string())?;
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        if text.len() > MAX_RESULT { Err(too_long(text.len())) } else { Ok(text) }
    }

    /// Reads a result that came, with its texts as they are shown.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        /// Only the version, before the rest: another one may have other fields.
        #[derive(Deserialize)]
        struct Head {
            v: u32,
        }
        if bytes.len() > MAX_RESULT {
            return Err(too_long(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not a text".to_owned())?;
        let wrong = |error: serde_json::Error| sentences(&format!("it is not a result: {error}"), 2 * LINE);
        let Head { v } = serde_json::from_str(text).map_err(wrong)?;
        if v != VERSION {
            return Err(format!("it is of version {v}; this page reads version {VERSION}"));
        }
        let told: Self = serde_json::from_str(text).map_err(wrong)?;
        for (what, length, most) in [("name", told.name.chars().count(), MAX_NAME), ("zid", told.zid.len(), MAX_ZID)] {
            if !(1..=most).contains(&length) {
                return Err(format!("its {what} has {length} characters; expected 1 to {most}"));
            }
        }
        let longest = told.run.series.iter().map(|series| series.samples.len()).max().unwrap_or(0);
        if told.run.series.len() > MAX_SERIES || longest > MAX_SAMPLES {
            return Err(format!(
                "it has {} series of up to {longest} samples; a page of a class makes at most {MAX_SERIES} of {MAX_SAMPLES}",
                told.run.series.len()
            ));
        }
        if longest == 0 || !told.run.puts.is_empty() {
            return Err(
                "it has no samples of building, or it has whole puts; a class measures building alone".to_owned()
            );
        }
        let run = told.run.accepted().map_err(|error| sentences(&error.to_string(), 2 * LINE))?;
        Ok(Self { run, ..told })
    }
}

fn too_long(length: usize) -> String {
    format!("it has {length} B; a result has at most {MAX_RESULT} B")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{measure::mix, run::Scenario, run::fixture};

    fn told() -> Told {
        Told::new("ada", "5e1f", 9, Device::Phone, fixture::alone())
    }

    fn changed(at: &str, to: serde_json::Value) -> Vec<u8> {
        let mut value = serde_json::to_value(told()).unwrap();
        *value.pointer_mut(at).unwrap() = to;
        value.to_string().into_bytes()
    }

    #[test]
    fn a_result_comes_back_as_it_was_told() {
        for run in Scenario::ALL.map(fixture::run) {
            let told = Told { run, ..told() };
            let text = told.write().unwrap();
            assert!(text.len() * 9 < MAX_RESULT, "{:?} has {} B", told.run.scenario, text.len());
            let read = Told::read(text.as_bytes());
            if told.run.puts.is_empty() { assert_eq!(read, Ok(told)) } else { assert!(read.is_err()) }
        }
    }

    #[test]
    fn what_is_not_a_result_is_refused_in_words() {
        let refused = |bytes: &[u8], why: &str| {
            let said = Told::read(bytes).unwrap_err();
            assert!(said.contains(why) && said.chars().count() <= 2 * LINE, "{said}");
        };
        refused(b"", "not a result");
        refused(&[0xFF, 0xFE], "not a text");
        refused(&vec![b' '; MAX_RESULT + 1], "at most 1048576 B");
        refused(&changed("/v", 2.into()), "of version 2; this page reads version 1");
        refused(&changed("/name", "".into()), "its name has 0 characters");
        refused(&changed("/name", "a".repeat(25).into()), "its name has 25 characters; expected 1 to 24");
        refused(&changed("/zid", "a".repeat(33).into()), "its zid has 33 characters");
        refused(&changed("/n", (-1).into()), "not a result");
        refused(&changed("/device", "toaster".into()), "toaster");
        refused(&changed("/device", "\u{202e}".repeat(400).into()), "not a result");
        refused(&changed("/run", serde_json::Value::Null), "not a result");
        refused(&changed("/run/series", serde_json::json!([])), "no samples of building");
        refused(&changed("/run/series/0/samples/0", (-1).into()), "a time of -1");
        let mut run = fixture::alone();
        run.series[0].samples = (0..501).map(|at| mix(at) as f64).collect();
        run.series[0].at = run.series[0].samples.clone();
        let long = Told { run, ..told() };
        refused(long.write().unwrap().as_bytes(), "up to 501 samples");
        let mut run = fixture::alone();
        run.series = vec![run.series[0].clone(); 65];
        for series in &mut run.series {
            series.samples.truncate(1);
            series.at.truncate(1);
        }
        refused(Told { run, ..told() }.write().unwrap().as_bytes(), "65 series");
        let whole = Told { run: fixture::run(Scenario::Payload), ..told() };
        refused(whole.write().unwrap().as_bytes(), "whole puts");
    }

    #[test]
    fn what_json_cannot_carry_is_not_told() {
        let mut told = told();
        told.run.series[0].samples[0] = f64::NAN;
        assert!(told.write().unwrap_err().contains("NaN"));
    }

    #[test]
    fn texts_of_a_run_that_came_are_shown_as_such() {
        let mut told = told();
        told.run.subject = "a\u{202e}b".to_owned();
        let read = Told::read(told.write().unwrap().as_bytes()).unwrap();
        assert_eq!(read.run.subject, "a‹right-to-left override›b");
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_a_result_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(Told::read(&bytes).is_err());
        }
    }
}
