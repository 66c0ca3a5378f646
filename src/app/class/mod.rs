//! A class: one teacher's page, and the pages of students.

pub mod experiment;
mod says;

pub use self::says::{Assignment, Device, ExperimentSaid, ExperimentState, MAX_RESULT, MAX_STUDENTS};
