//! Reads the browser's clocks, in a page or a Worker.

use std::time::Duration;

use js_sys::Date;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::client::pause::Reading;

// Not `window.performance`: a Worker has no window, but it has this.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Returns the time since the page was opened, or the Worker started, by the browser's finest
/// clock.
///
/// It never moves backwards, and may stand still while the computer sleeps. Browsers make its step
/// coarser on purpose.
#[must_use]
pub fn now() -> Duration {
    Duration::from_secs_f64(performance_now().max(0.0) / 1e3)
}

/// Returns the time since 1970 (UTC), by the clock of the machine. It may move backwards.
#[must_use]
pub fn since_1970() -> Duration {
    Duration::from_secs_f64(Date::now().max(0.0) / 1e3)
}

/// Reads both clocks, one directly after the other.
#[must_use]
pub fn reading() -> Reading {
    Reading { steady: now(), wall: since_1970() }
}
