//! What the page says and where it draws it: words, numbers, geometry. Nothing in here knows a browser, so all of it is
//! tested natively.
//!
//! | place | what it is for |
//! |---|---|
//! | [`format`](mod@format) | bytes, times and percents as text |
//! | [`layout`] | the drawing of the layout: scales, what is magnified, what is said of what is selected |
//! | [`cost`] | what a run says: sentences, tables, plots, files |
//! | [`message`] | a Cap'n Proto message: what it says, and its words as a strip |
//! | [`hex`] | bytes line by line, their marks and their values |
//! | [`rows`] | a frame as rows: the list, the tree of its fields, its bytes |
//! | [`snippet`] | what the page does, as a program |
//! | [`questions`] | the six questions of the proposal, and their answers |

pub mod cost;
pub mod format;
pub mod hex;
pub mod layout;
pub mod message;
pub mod questions;
pub mod rows;
pub mod snippet;
