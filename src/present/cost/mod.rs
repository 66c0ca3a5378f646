//! The results of a run in words, tables, plots and files.

pub mod export;
pub mod plot;
pub mod reading;
pub mod tables;

#[cfg(test)]
pub(crate) use crate::run::fixture;
