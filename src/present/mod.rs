//! The words, numbers and geometry of the page. The module does not depend on a browser, so native
//! tests cover all of it.
//!
//! | place | what it is for |
//! |---|---|
//! | [`format`](mod@format) | bytes, times and percents as text |
//! | [`lesson`] | what the lab has found for a lesson, and what the strip says of it |
//! | [`layout`] | the drawing of the layout: scales, magnified views, facts of the selected segment |
//! | [`class`] | a class: what came of its experiment |
//! | [`cost`] | the results of a run: sentences, tables, plots, files |
//! | [`message`] | a Cap'n Proto message: its content, and its words as a strip |
//! | [`live`] | frames: what limits their rate, and how they arrive |
//! | [`given`] | what was taken of typed values |
//! | [`own_code`] | what a program of own code made, or why it made nothing |
//! | [`hex`] | bytes line by line, their marks and their values |
//! | [`rows`] | a frame as rows: the list, the tree of its fields, its bytes |
//! | [`cause`] | what an error of the session means, and what to do |
//! | [`class`] | a class: the teacher's wall, and what a student's page says |
//! | [`session`] | why a session could not open or has ended, and what ended with it |
//! | [`snippet`] | programs for the other side, and the listing of the page's own code |
//! | [`program`] | the payload as a program in three languages |
//! | [`glossary`] | what words mean |
//! | [`questions`] | the six questions of the proposal, and their answers |

pub mod cause;
pub mod class;
pub mod cost;
pub mod format;
pub mod given;
pub mod glossary;
pub mod heard;
pub mod hex;
pub mod layout;
pub mod lesson;
pub mod live;
pub mod message;
pub mod own_code;
pub mod program;
pub mod put;
pub mod questions;
pub mod rows;
pub mod session;
pub mod snippet;

#[cfg(test)]
pub(crate) mod texts;
