//! The results of an experiment of a class: side by side, in one drawing, in words and in files.
//!
//! | File | What is in it |
//! |---|---|
//! | `beside` | what is compared, results by group, medians and verdicts |
//! | `drawing` | one axis with an interval for each page |
//! | `words` | what came of it, who has no result and why, the table |
//! | `files` | everything as JSON and as CSV, with names or without |
//!
//! Nothing is pooled. Each interval and each verdict is of one page, by the rules of the Cost pane.
//! Pages differ in machine, browser and hour; an interval over all of them would claim that they
//! are one.

mod beside;
mod drawing;
mod files;
mod words;

pub use self::{
    beside::{Beside, Dot, Group, Quantity, Readings, beside, quantities, read_all},
    drawing::{Sheet, drawing},
    files::{FORMAT, csv, file_name, json},
    words::{group_words, headline, missing, quantity_name, standing, student_words, table},
};

#[cfg(test)]
pub(crate) mod fixture;
