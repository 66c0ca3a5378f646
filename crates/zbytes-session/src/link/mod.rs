//! What both ends of a link share: sequence numbers and reassembly by lane, queues by priority, and
//! the messages themselves.
//!
//! [`Client`](crate::client::Client) stands on it, and so does the router `zbytes-hub`. A program
//! that drives a client needs none of it.
//!
//! | what | where |
//! |---|---|
//! | [`Lanes`] | sequence numbers both ways, and messages that are put together |
//! | [`Queues`] | what waits to be sent, and batches that are filled out of it |
//! | [`Account`], [`Hold`], [`Reading`] | how much is kept for others |
//! | [`BatchReader`] | reads what arrives, as [`Transport`] and [`Message`] |
//! | [`Framing`], [`Unframer`] | how a link carries batches, and how a stream is cut into them |
//! | [`encode`] | writes what leaves |
//!
//! Unlike the rest of this crate, these have types of zenoh's internal crates in their signatures,
//! as [`WireExpr`](zenoh_protocol::core::WireExpr). They change when those do.

#![deny(clippy::indexing_slicing)]

mod error;
mod framing;
mod held;
mod lane;
mod queue;
mod table;

pub use self::{
    error::LinkError,
    framing::{Framing, MAX_RUN, PORT, RUN, STREAM, Unframer},
    held::{Account, Hold, Reading},
    lane::{Agreed, Arrived, Lanes, MIN_BATCH, Partial, Piece, Reassembly, Whole, initial_sn, sn_mask},
    queue::{Failed, Filled, Queued, Queues},
    table::{ByLane, ByPriority},
};
pub use crate::wire::{BatchReader, Head, Message, Question, TooLong, Transport, encode};
