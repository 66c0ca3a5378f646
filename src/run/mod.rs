//! A run as it is kept, exported and read back: raw samples and conditions, nothing that could be
//! computed from them.
//!
//! | File | What is in it |
//! |---|---|
//! | `scenario` | what can be measured, and in which ways |
//! | `measured` | the run: samples and conditions |
//! | `format` | a run as JSON, checked when it is read |
//! | `warning` | what makes a run doubtful |

mod format;
mod measured;
mod scenario;
mod warning;

pub use self::{
    format::{FORMAT, ReadError},
    measured::{Conditions, Puts, Run, Series, Stage, StageSeries, Thread},
    scenario::{Scenario, Variant},
    warning::{Warning, warnings},
};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
