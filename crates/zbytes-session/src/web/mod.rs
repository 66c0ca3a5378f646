//! A session over one WebSocket of a browser: the [client](crate::client), driven.
//!
//! | file | what it is for |
//! |---|---|
//! | [`command`] | what a program and its session say to each other; without a browser |
//! | `driver` | [`Driver`]: moves bytes and time between the client and the WebSocket |
//! | `opening` | opening the WebSocket, and what it means when that fails |
//! | `host` | [`Host`]: what a driver asks of the program around it |
//! | `socket`, `engine`, `clock` | one WebSocket; what engines do differently; the browser's clocks |

pub mod command;

#[cfg(target_arch = "wasm32")]
pub mod clock;
#[cfg(target_arch = "wasm32")]
mod driver;
#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod socket;

#[cfg(target_arch = "wasm32")]
pub use self::{
    driver::Driver,
    engine::Engine,
    host::{Alarm, Host, Later, Plain},
};
