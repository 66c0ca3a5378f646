//! ZBytes Lab: multi-segment zenoh payloads in a page, seen to the byte, measured, and sent through
//! a real router.
//!
//! `ARCHITECTURE.md` has the map of the code, the invariants, the life of a put and of a sample,
//! and where to add a thing.
//!
//! # The modules, in the flow's order
//!
//! The libraries in `crates/` know nothing of the lab. Their modules are here under their own
//! names. [`number`], [`ledger`], [`segment`] and [`payload`] are those of [`zbytes`], and
//! [`wire`] and [`client`] those of [`zbytes_session`]. [`message`] is [`zbytes_capnp`],
//! [`measure`] is [`zbytes_measure`], and [`outside`] is [`zbytes_text`].
//!
//! A module uses only modules that stand above it, and libraries. P is pure and tested natively, W
//! is compiled for wasm32 only, N natively only.
//!
//! | module | | what it is for |
//! |---|---|---|
//! | [`given`] | P | what a person brings, understood: files, typed values, arithmetic in fields |
//! | [`live`] | P | a robot that sees a room, and frames of such streams |
//! | [`run`] | P | a run as it is kept, exported and read back, and what casts doubt on it |
//! | [`app`] | P | the state of the page and everything that can happen to it |
//! | [`present`] | P | what the page says and where it draws it: words, numbers, geometry |
//! | [`protocol`] | P | what the page and the engine say to each other |
//! | `browser` | W | what page and engine use of the browser |
//! | `hub` | W | a router inside this browser |
//! | `engine` | W | what runs in the Worker, and owns bytes and session |
//! | `web` | W | where the effects of the page go: to the engine, or to the browser |
//! | `ui` | W | components: state in, actions out; the effects of one component, as focus and sizes |
//! | `server` | N | the embedded router and the server of the page |
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod engine;
pub mod given;
#[cfg(target_arch = "wasm32")]
pub mod hub;
pub mod live;
pub mod present;
pub mod protocol;
pub mod run;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
#[cfg(target_arch = "wasm32")]
pub mod ui;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use zbytes::{ledger, number, payload, segment};
pub use zbytes_capnp as message;
pub use zbytes_measure as measure;
pub use zbytes_session::{client, wire};
pub use zbytes_text as outside;
