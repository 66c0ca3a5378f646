//! Defines the interface between a driver and the program around it.

use std::{any::Any, convert::Infallible, fmt::Debug, future::Future, pin::Pin, time::Duration};

use gloo_timers::callback::Timeout;
use web_sys::MessagePort;

/// Resolves to an answer in this thread, after a while.
pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// Keeps a timer running; dropping it cancels the timer.
pub type Alarm = Box<dyn Any>;

/// Connects a driver to the program around it. Every method has a default.
///
/// A browser hides from a page why a WebSocket failed. A program that can ask the server by other
/// means returns its findings here.
pub trait Host: 'static {
    /// Says why the driver should not try a WebSocket, or why one failed.
    type Reason: Clone + Debug + 'static;

    /// Returns whether [`Host::before`] can learn more about the router at `url` than a WebSocket
    /// shows.
    fn asks_about(&self, _url: &str) -> bool {
        false
    }

    /// The driver calls this before each WebSocket to a `url` that [`Host::asks_about`]. The answer
    /// is the reason not to try; `None` means try.
    fn before(&self, _url: &str) -> Later<Option<Self::Reason>> {
        Box::pin(async { None })
    }

    /// The driver calls this when a WebSocket to a `url` that [`Host::asks_about`] ended before it
    /// was open, `after` so long. The answer is the reason, if the program knows it.
    fn failed(&self, _url: &str, _after: Duration) -> Later<Option<Self::Reason>> {
        Box::pin(async { None })
    }

    /// A port to the router at `url`, which begins with [`PORT`](crate::link::PORT). The driver asks for one with
    /// each attempt. The other end posts what [`Port`](super::Port) posts.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn port(&self, _url: &str) -> Result<MessagePort, String> {
        Err("this program has no port to a router".to_owned())
    }

    /// Calls `ring` after so many milliseconds, unless the alarm is dropped before.
    ///
    /// A browser slows down the timers of a hidden page. A program with other timers provides them
    /// here, so that its session continues at full speed.
    fn alarm(&self, millis: u32, ring: Box<dyn FnOnce()>) -> Alarm {
        Box::new(Timeout::new(millis, ring))
    }
}

/// Uses every default of [`Host`], for a program without other knowledge of its router.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Host for Plain {
    type Reason = Infallible;
}
