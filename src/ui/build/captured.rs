//! The fields of a row that is captured, and the sign that something is.

use std::rc::Rc;

use yew::prelude::*;

use super::robot::{choice, sizes};
use crate::{
    app::{Action, Kind, Row, State, capture::Capturing},
    live::{Capture, MAX_SHOT, Plane, Sensor},
    present::live as words,
    ui::kit::html::html,
    ui::kit::widgets::{problem, sends},
};

/// The formats that a person can choose.
const FORMATS: [&str; 2] = ["Y, U, V", "RGBA"];

/// What it is to be, and whether it is captured.
pub(super) fn captured(state: &State, send: &Callback<Action>, row: &Row, capture: Capture) -> Html {
    let Capture { device, plane, width, height } = capture;
    let capturing = state.capturing(device);
    let is_on = capturing.is_under_way();
    let word = match capturing {
        Capturing::Off => "off",
        Capturing::Asking => "asking",
        Capturing::On(_) => "on",
        Capturing::Failed(_) => "failed",
    };
    let hears = device == Sensor::Microphone;
    let sides = [
        ("row-width", if hears { "samples" } else { "width" }, width, 1, MAX_SHOT),
        ("row-height", "height", height, 1, MAX_SHOT),
    ];
    let sides = if hears { &sides[..1] } else { &sides[..] };
    let become_size = move |at: usize, side: u32| {
        let (width, height) = if at == 0 { (side, height) } else { (width, side) };
        Kind::Captured(Capture { width, height, ..capture })
    };
    let format = FORMATS[usize::from(plane == Plane::Image)];
    let become_format = move |key: &str| {
        let plane = if key == FORMATS[0] { Plane::Y } else { Plane::Image };
        Kind::Captured(Capture { plane, ..capture })
    };
    html! {
        <>
            // What is captured has its size and format; another one can be asked for when it is off.
            if !is_on {
                if !hears {
                    { choice(send, row.id, ("row-format", "pixels", format), &FORMATS, Rc::new(become_format)) }
                }
                { sizes(send, row.id, sides, Rc::new(become_size)) }
            }
            <div class="note capture" id="capture" data-state={word}>
                <button type="button" id="capture-press" onclick={sends(send, Action::Capture(device, !is_on))}>
                    { if is_on { "Stop" } else { "Start" } }{ " the " }{ device.name() }</button>
                if let Capturing::Failed(cause) = capturing {
                    { problem("capture-problem", cause) }
                } else {
                    <p class="quiet" id="capture-words" role="status">{ words::captured(device, capturing) }</p>
                }
            </div>
            <p class="quiet note">{ words::copies(device, plane) }</p>
        </>
    }
}

/// The sign that something is captured, each with a button that ends it.
pub(crate) fn sign(state: &State, send: &Callback<Action>) -> Html {
    let on = Sensor::ALL.into_iter().filter(|device| state.capturing(*device).is_under_way());
    html! {
        { for on.map(|device| html! {
            <p class="notice capturing" id={format!("capturing-{}", device.name())} role="status">
                <span class="dot" aria-hidden="true"></span>
                { words::sign(device, state.capturing(device)) }{ " " }
                <button type="button" onclick={sends(send, Action::Capture(device, false))}>{ "Stop" }</button>
            </p>
        }) }
    }
}
