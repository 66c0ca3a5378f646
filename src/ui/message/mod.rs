//! A sample read as a Cap'n Proto message: its picture, and its structure over its bytes.

pub(crate) mod dialog;
pub(crate) mod picture;
pub(crate) mod structure;
