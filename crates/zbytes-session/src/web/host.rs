//! What a driver asks of the program around it.

use std::{any::Any, convert::Infallible, fmt::Debug, future::Future, pin::Pin, time::Duration};

use gloo_timers::callback::Timeout;

/// An answer that comes later, in this thread.
pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// A timer under way; dropping it cancels it.
pub type Alarm = Box<dyn Any>;

/// The program around a driver. A browser does not tell a page why a WebSocket failed. A program
/// that can ask the server by other means says here what it knows. Every method has a default.
pub trait Host: 'static {
    /// What the program says of a WebSocket that need not be tried, or that has failed.
    type Reason: Clone + Debug + 'static;

    /// Whether [`Host::before`] knows more of the router at `url` than a WebSocket tells.
    fn asks_about(&self, _url: &str) -> bool {
        false
    }

    /// Asked before each WebSocket to a `url` that [`Host::asks_about`]: why it need not be tried.
    fn before(&self, _url: &str) -> Later<Option<Self::Reason>> {
        Box::pin(async { None })
    }

    /// Asked after a WebSocket to a `url` that [`Host::asks_about`] has ended, `after` so long,
    /// before it was open: why.
    fn failed(&self, _url: &str, _after: Duration) -> Later<Option<Self::Reason>> {
        Box::pin(async { None })
    }

    /// Calls `ring` after so many milliseconds, unless the alarm is dropped before. A browser slows
    /// down the timers of a hidden page; a program that has other ones gives them here, and its
    /// session goes on at full speed.
    fn alarm(&self, millis: u32, ring: Box<dyn FnOnce()>) -> Alarm {
        Box::new(Timeout::new(millis, ring))
    }
}

/// A program that knows nothing more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Host for Plain {
    type Reason = Infallible;
}
