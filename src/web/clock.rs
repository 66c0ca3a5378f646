//! The page's clock.

use std::time::Duration;

use js_sys::Date;
use wasm_bindgen::prelude::wasm_bindgen;

// Not by way of the window: a Worker has none, and has this.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Time since the page was opened, or the Worker started, by the browser's finest clock. It never goes back. Its step differs: 5 us in an isolated
/// page of Chromium, 100 us and more elsewhere.
#[must_use]
pub(super) fn now() -> Duration {
    Duration::from_secs_f64(performance_now().max(0.0) / 1e3)
}

/// The local time of day, as in `14:02:09.120`.
#[must_use]
pub(super) fn time_of_day() -> String {
    let date = Date::new_0();
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds(),
        date.get_milliseconds()
    )
}
