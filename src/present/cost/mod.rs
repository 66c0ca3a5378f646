//! What a run says.

pub mod export;
pub mod plot;
pub mod reading;
pub mod tables;

#[cfg(test)]
pub(crate) mod fixture;
