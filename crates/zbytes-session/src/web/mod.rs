//! Runs a session over one WebSocket of a browser: it drives the [client](crate::client).
//!
//! | file | what it is for |
//! |---|---|
//! | [`command`] | the messages between a program and its session; without a browser |
//! | `driver` | `Driver`: moves bytes and time between the client and the WebSocket |
//! | `state` | the driver's books: puts in flight, what waits, timers |
//! | `opening` | opening the WebSocket, and the meaning of a failure |
//! | `host` | `Host`: the interface between a driver and the program around it |
//! | `socket`, `engine`, `clock` | one WebSocket; differences between engines; the browser's clocks |
//! | `task` | a later task of the event loop, without a timer |

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
mod state;
#[cfg(target_arch = "wasm32")]
mod task;

#[cfg(target_arch = "wasm32")]
pub use self::{
    driver::Driver,
    engine::Engine,
    host::{Alarm, Host, Later, Plain},
};
