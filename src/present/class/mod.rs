//! What a class looks like.

pub mod experiment;
