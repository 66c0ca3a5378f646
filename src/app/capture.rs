//! Cameras, screens and microphones that are captured: started by a press, and never before.

use super::{build::wanted, command::Command, effect::Effect, problem::Problem, session::Task, state::State};
use crate::{
    live::{Capture, Plane, Sensor},
    outside::shown,
};

/// What a device gives at present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gives {
    /// Its planes, one of [`Sensor::formats`].
    pub planes: &'static [Plane],
    /// Pixels in a row, or samples of a block.
    pub width: u32,
    /// Rows; 1 of a sound.
    pub height: u32,
    /// Frames in a second, lately.
    pub hz: f64,
    /// Frames that no put has taken, because a newer one came.
    pub passed: u64,
}

/// What is captured of a device.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Capturing {
    /// Nothing.
    #[default]
    Off,
    /// The browser asks the person, or the device begins.
    Asking,
    /// Frames come.
    On(Gives),
    /// Nothing any more, or nothing yet: why.
    Failed(Problem),
}

impl Capturing {
    /// Whether the device is in use, or about to be.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(self, Self::Asking | Self::On(_))
    }
}

/// What has become of it, as the browser tells it: what the device gives, or the name of an error and
/// its own words.
pub type CaptureTold = Result<Gives, (String, String)>;

/// Why a device gives nothing, from the name of what the browser has thrown. Names in small letters
/// are those of `capture.js`.
fn refused(device: Sensor, name: &str, said: &str) -> Problem {
    let (before, after, detail) = match name {
        "insecure" => (
            "This page may not use a",
            "",
            "Browsers allow it to pages from https or from localhost only. Open the lab by https, or on its own machine.",
        ),
        "lacking" => (
            "This browser gives no frames of a",
            "",
            "It lacks VideoFrame or AudioWorklet, by which a page has them. Use a newer browser, or the robot.",
        ),
        "unasked" => (
            "This browser does not capture a",
            "",
            "It has no such function; browsers of phones have none for screens. Use another one, or the robot.",
        ),
        "silent" => (
            "The",
            " gives nothing",
            "It was allowed, and nothing came for 10 seconds. Another program may use it; of a microphone, Firefox also needs a \
             speaker. Press Start for another attempt.",
        ),
        "ended" => (
            "The",
            " has ended",
            "It was unplugged, or stopped in the browser or the system. Press Start for another attempt.",
        ),
        "NotAllowedError" | "SecurityError" => (
            "The",
            " was refused",
            "You, the settings of the browser or the system do not allow it. Allow it beside the address of the page, and press Start.",
        ),
        "NotFoundError" | "OverconstrainedError" => ("This machine lacks a", "", "Plug one in, and press Start."),
        "NotReadableError" | "AbortError" => {
            ("The", " does not begin", "Another program may use it. End that, and press Start.")
        }
        _ => ("The", " has failed", ""),
    };
    let mut detail = if detail.is_empty() { format!("{}.", shown(name)) } else { detail.to_owned() };
    if !said.is_empty() {
        detail.push_str(&format!(" The browser said: {}.", shown(said.trim_end_matches('.'))));
    }
    Problem::new(format!("{before} {}{after}.", device.name()), detail)
}

impl State {
    /// What is captured of a device.
    #[must_use]
    pub fn capturing(&self, device: Sensor) -> &Capturing {
        &self.captures[device as usize]
    }

    /// The person starts or stops a device.
    pub(super) fn capture_pressed(&mut self, device: Sensor, starts: bool) -> Vec<Effect> {
        let wanted = wanted(&self.rows, device).filter(|_| starts);
        self.captures[device as usize] = if wanted.is_some() { Capturing::Asking } else { Capturing::Off };
        vec![Effect::Capture(device, wanted)]
    }

    /// The browser tells what has become of a device.
    pub(super) fn capture_told(&mut self, device: Sensor, told: CaptureTold) -> Vec<Effect> {
        // What it tells after the person has pressed Stop is of no use.
        if !self.capturing(device).is_under_way() {
            return Vec::new();
        }
        match told {
            Ok(gives) => {
                self.captures[device as usize] = Capturing::On(gives);
                if self.rows_have_followed() { self.rows_changed() } else { Vec::new() }
            }
            Err((name, said)) => {
                let problem = refused(device, &name, &said);
                self.captures[device as usize] = Capturing::Failed(problem.clone());
                let mut effects = vec![Effect::Capture(device, None)];
                if wanted(&self.rows, device).is_some() && self.api.rate.stop(Some(problem)) {
                    effects.push(Effect::Engine(Command::Session(Task::Stop)));
                }
                effects
            }
        }
    }

    /// The engine that took the frames is gone.
    pub(super) fn captures_lost(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for device in Sensor::ALL {
            if self.capturing(device).is_under_way() {
                effects.extend(self.capture_pressed(device, false));
            }
        }
        effects
    }

    /// Gives the rows of devices the planes and the size that these give. Whether that changed them.
    pub(super) fn rows_have_followed(&mut self) -> bool {
        let mut changed = false;
        for device in Sensor::ALL {
            if let Capturing::On(Gives { planes, width, height, .. }) = *self.capturing(device) {
                changed |= self.take_planes(Capture { device, plane: Plane::Y, width, height }, planes, false);
            }
        }
        changed
    }

    /// What limits a stream of rows that are captured: the device that gives fewer frames than are
    /// wanted, and how many.
    #[must_use]
    pub fn slower_device(&self, wanted_hz: f64) -> Option<(Sensor, f64)> {
        let hz = |device: Sensor| match self.capturing(device) {
            Capturing::On(gives) => Some((device, gives.hz)),
            _ => None,
        };
        let mine = Sensor::ALL.into_iter().filter(|device| wanted(&self.rows, *device).is_some());
        mine.filter_map(hz).find(|(_, hz)| *hz < wanted_hz)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Preset, Report, Row};

    const GIVES: Gives = Gives { planes: Sensor::Camera.formats()[0], width: 320, height: 240, hz: 24.0, passed: 0 };

    fn told(state: &mut State, told: CaptureTold) -> Vec<Effect> {
        state.apply(Action::Browser(Report::Capture(Sensor::Camera, told)))
    }

    #[test]
    fn nothing_is_captured_before_a_press() {
        let mut state = State::default();
        let effects = state.apply(Action::Preset(Preset::Camera));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Capture(..))));
        let effects = state.apply(Action::Capture(Sensor::Camera, true));
        let first = Capture::first(Sensor::Camera);
        assert_eq!(effects, [Effect::Capture(Sensor::Camera, Some(first))]);
        assert_eq!(state.capturing(Sensor::Camera), &Capturing::Asking);
        // A device that no row is of is not started.
        assert_eq!(state.apply(Action::Capture(Sensor::Screen, true)), [Effect::Capture(Sensor::Screen, None)]);
        assert_eq!(state.apply(Action::Capture(Sensor::Camera, false)), [Effect::Capture(Sensor::Camera, None)]);
        assert!(told(&mut state, Ok(GIVES)).is_empty(), "what comes after Stop is of no use");
        assert_eq!(state.capturing(Sensor::Camera), &Capturing::Off);
    }

    #[test]
    fn rows_have_the_size_that_the_camera_gives() {
        let mut state = State::of(Preset::Camera);
        state.apply(Action::Capture(Sensor::Camera, true));
        let effects = told(&mut state, Ok(GIVES));
        assert!(matches!(&effects[..], [Effect::Engine(Command::Build { .. })]), "{effects:?}");
        assert_eq!(state.rows.iter().map(Row::bytes).sum::<usize>(), 320 * 240 * 3 / 2);
        assert!(told(&mut state, Ok(Gives { hz: 23.0, ..GIVES })).is_empty(), "the same size changes nothing");
        // Rows of another size cannot be had while it is on.
        state.apply(Action::Preset(Preset::Camera));
        assert_eq!(state.rows[0].bytes(), 320 * 240);
        assert_eq!((state.slower_device(24.0), state.slower_device(20.0)), (Some((Sensor::Camera, 23.0)), None));
        let effects = state.captures_lost();
        assert_eq!(effects, [Effect::Capture(Sensor::Camera, None)]);
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        for device in Sensor::ALL {
            for name in [
                "insecure",
                "lacking",
                "unasked",
                "silent",
                "ended",
                "NotAllowedError",
                "NotFoundError",
                "NotReadableError",
                "X",
            ] {
                let problem = refused(device, name, "Because.");
                assert!(problem.title.contains(device.name()), "{problem:?}");
                assert!(problem.detail.ends_with(" The browser said: Because."), "{problem:?}");
                assert!(!refused(device, name, "").detail.contains("said"));
            }
        }
        let mut state = State::of(Preset::Camera);
        state.apply(Action::Capture(Sensor::Camera, true));
        let effects = told(&mut state, Err(("NotAllowedError".to_owned(), String::new())));
        assert_eq!(effects, [Effect::Capture(Sensor::Camera, None)]);
        let Capturing::Failed(problem) = state.capturing(Sensor::Camera) else { panic!("it has failed") };
        assert_eq!(problem.title, "The camera was refused.");
    }
}
