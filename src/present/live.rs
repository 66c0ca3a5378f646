//! What the page says of frames: how they were put, and how they arrived.

use std::time::Duration;

use crate::{
    app::{
        capture::{Capturing, Gives},
        session::Course,
    },
    client::CongestionControl,
    live::{Figures, Plane, Sensor},
    number::seconds,
    present::format,
};

/// From this share of the rate that is wanted on, it is reached.
const REACHED: f64 = 0.95;

/// From this share of the time on, waiting holds puts up.
const WAITS: f64 = 0.1;

/// From this share of the time on, making puts leaves too little of it for sending them.
const MUCH: f64 = 0.5;

/// From this share of the puts on, DROP holds the rate down.
const DROPS: f64 = 0.05;

/// A stream is said to be silent after so long.
const SILENT: Duration = Duration::from_millis(1_500);

fn percent(share: f64) -> String {
    format!("{:.0} %", f64::min(share * 100.0, 100.0))
}

/// What limits the rate of puts, in one sentence. `frames` says that they are frames, and `slower` is
/// a device that gives fewer than are wanted, with how many.
#[must_use]
pub fn limit(
    course: &Course,
    wanted: usize,
    full: CongestionControl,
    frames: bool,
    slower: Option<(Sensor, f64)>,
) -> String {
    let Course { hz, making, waiting, dropping, dropped, puts, .. } = *course;
    let what = if frames { "Making the frames" } else { "Making the puts" };
    if puts + dropped == 0 {
        return String::new();
    }
    if full == CongestionControl::Drop && dropping > DROPS {
        return format!(
            "Held up by the link: DROP has discarded {} of {} puts.",
            format::thousands(dropped),
            format::thousands(puts + dropped)
        );
    }
    if hz >= wanted as f64 * REACHED {
        return format!("The rate is reached. {what} takes {} of the time.", percent(making));
    }
    if let Some((device, gives)) = slower.filter(|(_, gives)| hz >= gives * REACHED) {
        return format!("The {} gives {} a second.", device.name(), format::significant(gives));
    }
    if waiting >= WAITS {
        return format!("Held up by the link: BLOCK waits {} of the time.", percent(waiting));
    }
    if making >= MUCH {
        return format!("{what} limits the rate: it takes {} of the time.", percent(making));
    }
    format!("The engine has other work. {what} takes {} of its time.", percent(making))
}

/// What else is counted of puts at a rate.
#[must_use]
pub fn counts(course: &Course, frames: bool) -> String {
    let mut words = format!(" Building one copies {}", format::bytes(course.copied as usize));
    if frames {
        words.push_str(&format!(", {} new arrays so far", format::thousands(course.arrays)));
    }
    if course.left_out > 0 {
        words.push_str(&format!(", {} left out as too late", format::thousands(course.left_out)));
    }
    words.push('.');
    words
}

/// How frames arrive.
#[must_use]
pub fn figures(figures: &Figures) -> String {
    let Figures { received, shown, missed, hz, age, oldest, silent, bytes } = *figures;
    let rate = if silent > SILENT {
        format!("no frame for {}", seconds(silent))
    } else {
        format!("{} Hz, {} MB/s", format::significant(hz), format::significant(hz * bytes as f64 / 1e6))
    };
    let age = if age < 0.0 {
        "; the clock of the sender is ahead of this one, so ages are not known".to_owned()
    } else {
        format!(
            "; half are at most {} ms old, 99 % at most {} ms",
            format::significant(age),
            format::significant(oldest)
        )
    };
    format!(
        "{rate}{age}; {} missed. {} arrived, {} not shown.",
        format::thousands(missed),
        format::thousands(received),
        format::thousands(received.saturating_sub(shown))
    )
}

/// What is captured of a device, in its row.
#[must_use]
pub fn captured(device: Sensor, capturing: &Capturing) -> String {
    match capturing {
        Capturing::Off => "Nothing is captured before you press Start. Until then, zeros stand here.".to_owned(),
        Capturing::Asking => format!("Waits for your browser and the {}.", device.name()),
        Capturing::On(Gives { planes, width, height, hz, passed }) => {
            let planes: Vec<&str> = planes.iter().map(|plane| plane.name()).collect();
            let size = match device {
                Sensor::Microphone => format!("blocks of {} samples", format::count(*width as usize)),
                _ => format!("{width} × {height}"),
            };
            let gives = format!("It gives {size}: {}.", planes.join(", "));
            // In its first second nothing is counted yet.
            if *hz <= 0.0 && *passed == 0 {
                return gives;
            }
            let (hz, passed) = (format::significant(*hz), format::thousands(*passed));
            format!("{gives} {hz} a second; {passed} passed over for newer ones.")
        }
        Capturing::Failed(problem) => problem.title.clone(),
    }
}

/// The sign that a device is in use.
#[must_use]
pub fn sign(device: Sensor, capturing: &Capturing) -> String {
    let is = if matches!(capturing, Capturing::Asking) { "is asked for" } else { "is on" };
    format!("The {} {is}.", device.name())
}

/// What is copied of a plane before a payload takes it.
#[must_use]
pub const fn copies(device: Sensor, plane: Plane) -> &'static str {
    match (device, plane) {
        (Sensor::Microphone, _) => {
            "Each put is another block. The browser copies its samples into an array for each channel; the ledger counts \
             what the lab copies after that."
        }
        (_, Plane::Image) => {
            "Each put is the newest frame. The browser converts it into one buffer (VideoFrame.copyTo); the ledger counts \
             what the lab copies after that."
        }
        _ => {
            "Each put is the newest frame. The browser copies its planes into one buffer (VideoFrame.copyTo), so none of them \
             can be moved away alone. The ledger counts what the lab copies after that."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(course: Course, full: CongestionControl) -> String {
        limit(&course, 30, full, true, None)
    }

    #[test]
    fn a_slow_device_is_why_a_rate_is_not_reached() {
        let course = Course { puts: 100, hz: 23.9, waiting: 0.3, ..Course::default() };
        let said = |course, gives| limit(&course, 30, CongestionControl::Block, true, Some((Sensor::Camera, gives)));
        assert_eq!(said(course, 24.0), "The camera gives 24.0 a second.");
        assert_eq!(said(Course { hz: 12.0, ..course }, 24.0), "Held up by the link: BLOCK waits 30 % of the time.");
    }

    #[test]
    fn what_is_captured_is_said_in_each_state() {
        let gives = Gives { planes: Sensor::Camera.formats()[0], width: 640, height: 480, hz: 24.0, passed: 1_200 };
        assert_eq!(
            captured(Sensor::Camera, &Capturing::On(gives)),
            "It gives 640 × 480: y, u, v. 24.0 a second; 1,200 passed over for newer ones."
        );
        let first = Gives { hz: 0.0, passed: 0, ..gives };
        assert_eq!(captured(Sensor::Camera, &Capturing::On(first)), "It gives 640 × 480: y, u, v.");
        let gives = Gives { planes: Sensor::Microphone.formats()[1], width: 2_400, height: 1, hz: 20.0, passed: 0 };
        let heard = Capturing::On(gives);
        assert!(
            captured(Sensor::Microphone, &heard).starts_with("It gives blocks of 2,400 samples: left, right. 20.0")
        );
        assert_eq!(sign(Sensor::Microphone, &heard), "The microphone is on.");
        assert_eq!(sign(Sensor::Screen, &Capturing::Asking), "The screen is asked for.");
        assert!(captured(Sensor::Screen, &Capturing::Off).contains("before you press Start"));
    }

    #[test]
    fn one_sentence_says_what_limits_the_rate() {
        let (block, drop) = (CongestionControl::Block, CongestionControl::Drop);
        let course = Course { puts: 100, hz: 29.9, making: 0.2, ..Course::default() };
        assert_eq!(said(Course::default(), block), "");
        assert_eq!(said(course, block), "The rate is reached. Making the frames takes 20 % of the time.");
        let slow = Course { hz: 12.0, ..course };
        assert_eq!(said(Course { waiting: 0.61, ..slow }, block), "Held up by the link: BLOCK waits 61 % of the time.");
        assert_eq!(
            said(Course { making: 0.9, waiting: 0.01, ..slow }, block),
            "Making the frames limits the rate: it takes 90 % of the time."
        );
        assert_eq!(
            said(Course { making: 0.05, ..slow }, block),
            "The engine has other work. Making the frames takes 5 % of its time."
        );
        assert_eq!(
            said(Course { dropped: 300, dropping: 0.8, ..slow }, drop),
            "Held up by the link: DROP has discarded 300 of 400 puts."
        );
        assert_eq!(
            said(Course { dropped: 60, dropping: 1.0, ..Course::default() }, drop),
            "Held up by the link: DROP has discarded 60 of 60 puts."
        );
        // It was held up at its beginning.
        assert!(said(Course { dropped: 300, ..course }, drop).starts_with("The rate is reached."));
        assert_eq!(
            limit(&course, 30, block, false, None),
            "The rate is reached. Making the puts takes 20 % of the time."
        );
    }

    #[test]
    fn counts_tell_copies_new_arrays_and_what_was_left_out() {
        let course = Course { copied: 1_228_800, arrays: 3, left_out: 1_234, ..Course::default() };
        assert_eq!(
            counts(&course, true),
            " Building one copies 1,228,800 B, 3 new arrays so far, 1,234 left out as too late."
        );
        assert_eq!(counts(&Course::default(), false), " Building one copies 0 B.");
    }

    #[test]
    fn a_stream_is_told_with_ages_misses_and_what_is_not_shown() {
        let came = Figures {
            received: 412,
            shown: 398,
            missed: 2,
            hz: 29.8,
            age: 14.2,
            oldest: 31.0,
            silent: Duration::from_millis(20),
            bytes: 2_764_800,
        };
        assert_eq!(
            figures(&came),
            "29.8 Hz, 82.4 MB/s; half are at most 14.2 ms old, 99 % at most 31.0 ms; 2 missed. 412 arrived, 14 not shown."
        );
        let gone = Figures { silent: Duration::from_secs(3), ..came };
        assert!(figures(&gone).starts_with("no frame for 3"), "{}", figures(&gone));
        assert!(figures(&Figures { age: -5.0, ..came }).contains("ahead of this one"));
    }
}
