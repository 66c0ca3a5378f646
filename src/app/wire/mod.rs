//! The view "Wire": the batches that the session sent and received, as they were. The state holds
//! which of them are shown and which one is chosen, no frame and no byte. Those are in a
//! [`Record`] beside the state, and the engine keeps the bytes.
//!
//! | File | What is in it |
//! |---|---|
//! | `view`, `filter`, `file` | the state: what is shown, which frames, how saving goes |
//! | `change` | what can happen to it |
//! | `record` | the frames, without their bytes, which the engine keeps |
//! | `taken` | frames on their way to the record |
//! | `rows` | the lines of the list, which stand for frames |
//! | [`words`], [`export`] | frames as words, and as files |

mod change;
pub mod export;
mod file;
mod filter;
mod record;
mod rows;
mod taken;
mod view;
pub mod words;

pub use self::{
    change::{Change, Task},
    file::{Format, Saving},
    filter::{Filter, FrameId, Kinds, MessageId, Only},
    record::{Entry, Message, Part, Record, Took},
    rows::{Fold, Line, Rows},
    taken::{FrameKey, Head, Note, Taken},
    view::{Kept, Picked, Times, Wire},
};
pub use crate::client::capture::{Bounds, Way};

#[cfg(test)]
mod tests;
