//! A Cap'n Proto message: its content in words, and its words as a strip.

pub mod content;
pub mod strip;
