//! The browser's clocks: their resolution, and the time of day.

use std::time::Duration;

use js_sys::Date;
use wasm_bindgen::JsValue;
pub(crate) use zbytes_session::web::clock::{now, since_1970};

use crate::measure::clock_step;

/// The step of a clock is measured over at least so many of its moves.
const MOVES: usize = 3;

/// How many readings may pass without a move of the clock. So many readings take some tenths of a
/// second.
const MOST_READINGS: u32 = 5_000_000;

/// The step that is assumed for a clock that did not move meanwhile.
const NO_MOVE: Duration = Duration::from_secs(1);

/// Measures the step of [`now`] over at least [`MOVES`] of its moves and 5 ms. It blocks its
/// thread for that long.
#[must_use]
pub(crate) fn step() -> Duration {
    let begun = now();
    let mut moves = vec![begun];
    for _ in 0..MOST_READINGS {
        let time = now();
        if moves.last() != Some(&time) {
            moves.push(time);
        }
        if moves.len() > MOVES && time.saturating_sub(begun) >= Duration::from_millis(5) {
            break;
        }
    }
    clock_step(&moves).unwrap_or(NO_MOVE)
}

/// The local time of day, as in `14:02:09.120`.
#[must_use]
pub(crate) fn time_of_day() -> String {
    local(&Date::new_0())
}

/// The local time of day at a point in time, given as a duration since 1970 (UTC), as in
/// `14:02:09.120`.
#[must_use]
pub(crate) fn time_of_day_at(since_1970: Duration) -> String {
    // Whole milliseconds: a date would drop the rest anyway.
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
