#![doc = include_str!("../README.md")]
//!
//! # The modules
//!
//! | module | what it is for |
//! |---|---|
//! | [`wire`] | zenoh's wire format, thin over `zenoh-codec`: gathering outwards, reading in place inwards, a batch as named spans |
//! | [`client`] | the client: a state machine without a socket, a clock or random numbers |
//! | [`link`] | what both ends of a link share: lanes, queues, messages. `zbytes-hub` stands on it |
//! | `web` | with the feature `web`: the client, driven over a WebSocket of a browser |
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

pub mod client;
pub mod link;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(feature = "web")]
pub mod web;
pub mod wire;
