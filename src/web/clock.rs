//! The page's clock.

use std::time::Duration;

use js_sys::Date;

/// Time since the page was opened, by the browser's finest clock. It never goes back. Its step differs: 5 us in an isolated
/// page of Chromium, 100 us and more elsewhere.
#[must_use]
pub(super) fn now() -> Duration {
    let millis = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Duration::from_secs_f64(millis.max(0.0) / 1e3)
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
