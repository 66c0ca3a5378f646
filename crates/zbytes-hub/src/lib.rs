#![doc = include_str!("../README.md")]
//!
//! # How to drive a hub
//!
//! The program that drives it has the links, and does this:
//!
//! 1. [`Hub::add_link`] when a client connects.
//! 2. One input at a time: [`Hub::handle_input`] for each message or run of a stream,
//!    [`Hub::handle_timeout`] when [`Hub::poll_timeout`] has passed, [`Hub::remove_link`] when a link
//!    has ended.
//! 3. Then [`Hub::poll_event`] until there is none. [`Hub::poll_link`] names the links that have
//!    something to send, and [`Hub::poll_transmit`] writes it, for as long as the socket takes more.
//!
//! Time is a parameter: a [`Duration`](std::time::Duration) since any fixed moment, the same for
//! all calls.
//!
//! A link carries batches, one in each message or as a stream, as over tcp: see [`Framing`].
//!
//! What a client sends can end its link with an error, never in a panic. What is kept for it is
//! bounded by [`Limits`].
//!
//! # What is where
//!
//! | File | What is in it |
//! |---|---|
//! | `hub` | the hub itself: how links begin and end, what time does, full links |
//! | `config`, `event` | what it is given, with its bounds; what it tells |
//! | `receive`, `transmit` | batches in, with the handshake; batches out |
//! | `link` | one link: its queues, and what its client has declared and was told |
//! | `tables`, `declare`, `query` | routes, declarations and interests, queries |
//! | `clock`, `few` | stamps; a map of few keys |
#![deny(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

mod clock;
mod config;
mod declare;
mod event;
mod few;
mod hub;
mod link;
mod query;
mod receive;
mod tables;
mod transmit;

pub use self::{
    config::{
        Config, HANDSHAKE_TIMEOUT, KEEP_ALIVE, LEASE, Limits, MAX_AHEAD, MAX_UNFOLDED, MAX_WAIT, QUERY_TIMEOUT,
        WAIT_BEFORE_CLOSE,
    },
    event::{CloseCause, Event, LinkId, TooManyLinks},
    hub::{Hub, Stats},
};
pub use zbytes_session::link::Framing;

#[cfg(test)]
mod tests;
