//! Runs a session over one WebSocket of a browser, or over one port: it drives the
//! [client](crate::client).
//!
//! | file | what it is for |
//! |---|---|
//! | [`command`] | the messages between a program and its session; without a browser |
//! | `driver` | `Driver`: moves bytes and time between the client and the WebSocket |
//! | `state` | the driver's books: puts in flight, what waits, timers |
//! | `opening` | opening the link, and the meaning of a failure |
//! | `host` | `Host`: the interface between a driver and the program around it |
//! | `link`, `socket`, `port` | the link of a session: one WebSocket, or one port |
//! | `posted` | what was posted over a port, and not yet taken; without a browser |
//! | `task` | a later task of the event loop, without a timer |
//! | `engine`, `clock`, `random` | differences between engines; the browser's clocks and random numbers |

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
mod link;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod port;
#[cfg(any(target_arch = "wasm32", test))]
mod posted;
#[cfg(target_arch = "wasm32")]
mod random;
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
    port::{Port, PortEvent},
    random::{random, random_id},
};
