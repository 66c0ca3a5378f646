//! The page's clock.

use std::time::Duration;

use js_sys::Date;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{client::pause::Reading, measure::clock_step};

// Not by way of the window: a Worker has none, and has this.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Over how many of its moves the step of a clock is seen at least.
const MOVES: usize = 3;

/// How many readings may pass without a move of the clock, some tenths of a second of them.
const MOST_READINGS: u32 = 5_000_000;

/// What is taken for the step of a clock that did not move meanwhile.
const NO_MOVE: Duration = Duration::from_secs(1);

/// Time since the page was opened, or the Worker started, by the browser's finest clock. It never goes back, and may stand still while the
/// computer sleeps. Browsers make its step coarser on purpose, by rules of their own and by settings of the person: [`step`] measures it.
#[must_use]
pub(super) fn now() -> Duration {
    Duration::from_secs_f64(performance_now().max(0.0) / 1e3)
}

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
