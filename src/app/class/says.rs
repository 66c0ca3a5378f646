//! What the pages of a class say.

use serde::{Deserialize, Serialize};

use crate::run::Scenario;

/// The most bytes of a result of an experiment.
pub const MAX_RESULT: usize = 1 << 20;

/// The most students of a class.
pub const MAX_STUDENTS: usize = 64;

/// A measurement for all pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Which one, from 1.
    pub n: u64,
    /// What to measure.
    pub scenario: Scenario,
    /// The rows to measure, as in the address of a page; `None` where the scenario has its own.
    #[serde(default)]
    pub link: Option<String>,
}

/// What a page runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A computer, as far as the browser says.
    #[default]
    Computer,
    /// A phone or a tablet.
    Phone,
}

/// How far a page is with an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExperimentState {
    /// It has heard of it, and does not measure yet.
    #[default]
    Waiting,
    /// It measures.
    Measuring,
    /// It has measured, and tells its result.
    Done,
    /// It could not measure.
    Failed,
}

/// What a student's page says of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentSaid {
    /// Which one.
    pub n: u64,
    /// How far it is.
    pub state: ExperimentState,
    /// The part that is measured, from 0 to 1.
    #[serde(default)]
    pub part: f64,
    /// Why it failed, in one sentence.
    #[serde(default)]
    pub why: String,
}
