//! Cameras, screens and microphones: asked for when a person has pressed Start, and handed to the
//! engine. The page holds no frame: it hands over the track's own stream of frames where the browser
//! has that, else each frame by transfer.

use js_sys::Array;
use wasm_bindgen::{JsValue, prelude::*};

use super::errands::Errands;
use crate::{
    app::{Action, Report, capture::Gives},
    live::{Capture, Plane, Sensor},
    protocol::ToEngine,
};

#[wasm_bindgen(module = "/src/browser/capture.js")]
extern "C" {
    /// Asks for a device, with sides that are only a wish, and as planes or as red, green and blue, in
    /// place of what was captured of it before. Returns the port through which the frames come. `told`
    /// hears the format's place in [`Sensor::formats`], both sides, frames in a second, and frames that
    /// were passed over; or the name of an error and its words. Without `told`, it only lets the device go.
    fn capture(device: u32, width: u32, height: u32, planes: bool, told: &JsValue) -> JsValue;
}

/// What a device gives, or the name of an error and its words.
fn read(device: Sensor, told: &Array) -> Result<Gives, (String, String)> {
    if let Some(name) = told.get(0).as_string() {
        return Err((name, told.get(1).as_string().unwrap_or_default()));
    }
    let number = |at: u32| told.get(at).as_f64().unwrap_or_default();
    Ok(Gives {
        planes: device.formats().get(number(0) as usize).copied().unwrap_or_default(),
        width: number(1) as u32,
        height: number(2) as u32,
        hz: number(3),
        passed: number(4) as u64,
    })
}

impl Errands {
    /// Captures a device, in place of what was captured of it before, or ends that.
    pub(super) fn capture(&self, device: Sensor, wanted: Option<Capture>) {
        let number = device as u32;
        let Some(Capture { plane, width, height, .. }) = wanted else {
            capture(number, 0, 0, false, &JsValue::UNDEFINED);
            return;
        };
        let errands = self.clone();
        let told = Closure::<dyn Fn(Array)>::new(move |told: Array| {
            errands.tell(Action::Browser(Report::Capture(device, read(device, &told))));
        });
        let port = capture(number, width, height, plane != Plane::Image, &told.into_js_value());
        self.post_with(&ToEngine::Eye(number), vec![port]);
    }
}
