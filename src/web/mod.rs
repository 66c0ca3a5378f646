//! What the application asks of the browser. It carries out effects, and answers with actions. It
//! decides nothing.
//!
//! | place | what it is for |
//! |---|---|
//! | `runtime` | [`Runtime`]: which service an effect is for, and what the services keep |
//! | `session`, `rate`, `answers`, [`host`] | the session of the Router pane; puts at a rate; answers; what its driver asks |
//! | `sources`, [`files`] | arrays and payloads of the rows; files that a person gave |
//! | [`bytes`], [`messages`], [`wire`], `ownership` | services of the views of these names |
//! | `measuring`, [`runs`] | measurements, here or in a Worker; kept runs |
//! | `hash`, `clock`, `alarm`, `surroundings`, `error` | the browser's hash, clocks, timers, facts and errors |
//! | [`rest`], [`crash`] | the second part of the program; what is said when it dies |

mod alarm;
mod answers;
pub mod bytes;
mod clock;
pub mod crash;
mod error;
pub mod files;
mod hash;
pub mod host;
mod measuring;
pub mod messages;
#[allow(clippy::disallowed_methods, reason = "shows the bytes of arrays of its own, eight at a time")]
mod ownership;
mod rate;
pub mod rest;
pub mod runs;
mod runtime;
mod session;
mod sources;
mod surroundings;
pub mod wire;

pub use self::runtime::{Runtime, is_page, measure};
use self::runtime::{SETTLE_MILLIS, command_problem};
