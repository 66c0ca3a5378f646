//! The page's clock.

use std::time::Duration;

use js_sys::Date;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::client::pause::Reading;

// Not by way of the window: a Worker has none, and has this.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Time since the page was opened, or the Worker started, by the browser's finest clock. It never goes back, and may stand still while the
/// computer sleeps. Its step differs: 5 us in an isolated
/// page of Chromium, 100 us and more elsewhere.
#[must_use]
pub(super) fn now() -> Duration {
    Duration::from_secs_f64(performance_now().max(0.0) / 1e3)
}

/// Both clocks.
#[must_use]
pub(super) fn reading() -> Reading {
    Reading { steady: now(), wall: since_1970() }
}

/// The local time of day, as in `14:02:09.120`.
#[must_use]
pub(super) fn time_of_day() -> String {
    local(&Date::new_0())
}

/// Time since 1970 (UTC), by the clock of the machine: it may go back.
#[must_use]
pub(super) fn since_1970() -> Duration {
    Duration::from_secs_f64(Date::now().max(0.0) / 1e3)
}

/// The local time of day so long after 1970 (UTC), as in `14:02:09.120`.
#[must_use]
pub(super) fn time_of_day_at(since_1970: Duration) -> String {
    // Whole milliseconds: what a date would leave out anyway.
    local(&Date::new(&JsValue::from_f64(since_1970.as_millis() as f64)))
}

fn local(date: &Date) -> String {
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds(),
        date.get_milliseconds()
    )
}
