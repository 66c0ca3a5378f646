//! The page's clocks: how fine they are, and the time of day.

use std::time::Duration;

use js_sys::Date;
use wasm_bindgen::JsValue;
pub(super) use zbytes_session::web::clock::{now, since_1970};

use crate::measure::clock_step;

/// Over how many of its moves the step of a clock is seen at least.
const MOVES: usize = 3;

/// How many readings may pass without a move of the clock, some tenths of a second of them.
const MOST_READINGS: u32 = 5_000_000;

/// What is taken for the step of a clock that did not move meanwhile.
const NO_MOVE: Duration = Duration::from_secs(1);

/// The step of [`now`], seen over at least [`MOVES`] of its moves and 5 ms. It keeps the page waiting for that long.
#[must_use]
pub(super) fn step() -> Duration {
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
pub(super) fn time_of_day() -> String {
    local(&Date::new_0())
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
