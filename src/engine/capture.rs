//! What a browser captures, as it comes to the engine: frames of a camera or a screen, and blocks of a
//! microphone.
//!
//! `capture.js` keeps the newest frame of each device: the browser writes its planes into one buffer,
//! and each channel of a sound into one of its own. A buffer is written again when no payload refers
//! to it, as a robot's arrays are: see [`ring`](super::ring).

use std::cell::RefCell;

use js_sys::{Array, ArrayBuffer, Float32Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    app::{Problem, Row},
    live::{Capture, Head, Plane, Sensor},
    segment::{Aliasing, Segment, js::Watch},
};

#[wasm_bindgen(module = "/src/browser/capture.js")]
extern "C" {
    /// Receives what the page hands over through a port, and keeps the newest of it.
    type Newest;
    #[wasm_bindgen(constructor)]
    fn new(port: &JsValue) -> Newest;
    /// The newest frame that was not taken, and takes it, if it is to: its format's place in
    /// [`Sensor::formats`], its sides, its time in milliseconds since 1970, two facts of the format, how
    /// many buffers were made so far because none was free, and its buffers. `undefined` when there is
    /// none, and `null` when there will be none any more.
    #[wasm_bindgen(method)]
    fn look(this: &Newest, takes: bool) -> JsValue;
    /// Hands over a buffer to which nothing refers.
    #[wasm_bindgen(method)]
    fn give(this: &Newest, buffer: &ArrayBuffer);
}

/// So many buffers wait until nothing refers to them. When a slow link holds more of them, they go
/// when their payloads go.
const HELD: usize = 12;

/// A buffer that a payload has, or may have, and what refers to it.
struct Buffer {
    buffer: ArrayBuffer,
    watches: RefCell<Vec<Watch>>,
}

/// One device.
struct Eye {
    lens: Newest,
    /// The frame that was taken last, as [`Newest::look`] gives it, and its buffers.
    frame: Array,
    current: Vec<Buffer>,
    /// Buffers of earlier ones.
    held: Vec<Buffer>,
}

/// Every device that was started in this engine.
#[derive(Default)]
pub(super) struct Eyes([Option<Eye>; 3]);

/// What is known of a frame, and not of its rows.
#[derive(Clone, Copy)]
pub(super) struct Shot {
    /// When it came, in milliseconds since 1970.
    time: f64,
    sound: bool,
    facts: [u32; 2],
}

impl Shot {
    fn new(frame: &Array, sound: bool) -> Self {
        Self { time: number(frame, 3), sound, facts: [4, 5].map(|at| number(frame, at) as u32) }
    }

    /// When it came, in nanoseconds since 1970.
    pub(super) fn time(&self) -> u64 {
        (self.time * 1e6) as u64
    }

    /// The head with them.
    pub(super) fn of(&self, head: Head) -> Head {
        let [first, second] = self.facts;
        if self.sound { Head { rate: first, ..head } } else { Head { matrix: first, full: second > 0, ..head } }
    }
}

fn number(frame: &Array, at: u32) -> f64 {
    frame.get(at).as_f64().unwrap_or_default()
}

/// What the rows are of a device.
fn of(rows: &[Row], device: Sensor) -> Vec<Capture> {
    rows.iter().filter_map(|row| row.kind.of_device(device)).collect()
}

/// Whether a frame has what a row says.
fn has(frame: &Array, row: &Capture) -> bool {
    let side = |at: u32| number(frame, at) as u32;
    let planes = row.device.formats().get(side(0) as usize).copied().unwrap_or_default();
    (row.width, row.height) == (side(1), side(2)) && planes.contains(&row.plane)
}

impl Buffer {
    /// Whether nothing refers to it.
    fn is_loose(&self) -> bool {
        self.watches.borrow().iter().all(|watch| watch.holders() == 0)
    }
}

impl Eye {
    /// The newest frame that was not taken, if there is one that has what the rows say.
    fn fitting(&self, rows: &[Capture]) -> Option<Array> {
        let frame = self.lens.look(false).dyn_into::<Array>().ok()?;
        rows.iter().all(|row| has(&frame, row)).then_some(frame)
    }

    /// Where a plane of the last frame is, if that is there and has it.
    fn slot(&self, capture: Capture) -> Option<&Buffer> {
        let slot = self.current.get(usize::from(capture.plane == Plane::Right))?;
        (slot.buffer.byte_length() > 0 && has(&self.frame, &capture)).then_some(slot)
    }

    /// Takes a frame in place of the last one.
    fn take(&mut self, frame: Array) {
        self.lens.look(true);
        self.held.append(&mut self.current);
        for at in (0..self.held.len()).rev() {
            if self.held[at].is_loose() {
                let Buffer { buffer, .. } = self.held.remove(at);
                // One that a payload has taken away is not there any more.
                if buffer.byte_length() > 0 {
                    self.lens.give(&buffer);
                }
            }
        }
        while self.held.len() > HELD {
            self.held.remove(0);
        }
        let buffers: Array = frame.get(7).unchecked_into();
        let new = |buffer: JsValue| Buffer { buffer: buffer.unchecked_into(), watches: RefCell::default() };
        self.current.extend(buffers.iter().map(new));
        self.frame = frame;
    }
}

impl Eyes {
    /// Frames of a device come through this port from now on.
    pub(super) fn open(&mut self, device: Sensor, port: &JsValue) {
        let eye = Eye { lens: Newest::new(port), frame: Array::new(), current: Vec::new(), held: Vec::new() };
        self.0[device as usize] = Some(eye);
    }

    /// Buffers that were made until the last frames of all devices came.
    pub(super) fn made(&self) -> u64 {
        self.0.iter().flatten().map(|eye| number(&eye.frame, 6) as u64).sum()
    }

    /// A device that gives frames, and is not off.
    fn on(&mut self, device: Sensor) -> Option<&mut Eye> {
        self.0[device as usize].as_mut().filter(|eye| !eye.lens.look(false).is_null())
    }

    /// Whether a put of these rows need not wait: each device has a frame that was not put. A device
    /// that has ended lets it fail.
    pub(super) fn are_ready(&mut self, rows: &[Row]) -> bool {
        Sensor::ALL.into_iter().all(|device| {
            let rows = of(rows, device);
            rows.is_empty() || self.on(device).is_none_or(|eye| eye.fitting(&rows).is_some())
        })
    }

    /// Takes the newest frame of each device of the rows: from now on it is what their arrays hold.
    /// `None` when they are of no device.
    ///
    /// # Errors
    /// A [`Problem`] when a device is off, or has no frame as the rows are.
    pub(super) fn take(&mut self, rows: &[Row]) -> Result<Option<Shot>, Problem> {
        let mut found = None;
        for device in Sensor::ALL {
            let (it, rows) = (device.name(), of(rows, device));
            if rows.is_empty() {
                continue;
            }
            let Some(eye) = self.on(device) else {
                return Err(Problem::new(
                    format!("The {it} is off."),
                    format!("Nothing was put: open a row of the {it}, and press Start there."),
                ));
            };
            let sound = device == Sensor::Microphone;
            match eye.fitting(&rows) {
                Some(frame) => eye.take(frame),
                // A screen that does not change gives no new frame: the last one is the newest.
                None if !sound && rows.iter().all(|row| eye.slot(*row).is_some()) => {}
                None => {
                    return Err(Problem::new(
                        format!("The {it} has no new frame."),
                        "Nothing was put: it has just begun, it has just got another size, or a put has taken the last one. \
                         Put again.",
                    ));
                }
            }
            found.get_or_insert(Shot::new(&eye.frame, sound));
        }
        Ok(found)
    }

    fn slot(&self, capture: Capture) -> Option<&Buffer> {
        self.0[capture.device as usize].as_ref()?.slot(capture)
    }

    /// The array of a row: where its plane is in the frame that was taken last. `None` when the rows are
    /// not those of such a frame.
    pub(super) fn array(&self, row: &Row) -> Option<JsValue> {
        let capture = row.kind.captured()?;
        let Buffer { buffer, .. } = self.slot(capture)?;
        let (before, length) = (capture.around().0 as u32, capture.length() as u32);
        Some(match capture.device {
            Sensor::Microphone => Float32Array::new(buffer).into(),
            _ => Uint8Array::new_with_byte_offset_and_length(buffer, before, length).into(),
        })
    }

    /// A payload has made this segment of the row.
    pub(super) fn taken(&self, row: &Row, segment: &Segment) {
        let slot = row.kind.captured().and_then(|capture| self.slot(capture));
        if let Some(slot) = slot.filter(|_| segment.aliasing() == Aliasing::Shared) {
            slot.watches.borrow_mut().extend(segment.watch());
        }
    }
}
