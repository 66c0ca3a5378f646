//! A Cap'n Proto message: what it says in words, and its words as a strip.

pub mod content;
pub mod strip;
