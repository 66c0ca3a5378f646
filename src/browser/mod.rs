//! What the page and the engine use of the browser. It has the clocks, errors in
//! words, facts about the browser, and the messages between the two. `capture.js` captures devices for both.

pub(crate) mod clock;
pub(crate) mod error;
pub(crate) mod mail;
pub(crate) mod panic;
pub(crate) mod surroundings;
