//! The memory of a robot's frames: arrays that are painted again when no payload refers to them any
//! more.
//!
//! A borrowed array is the memory that a put sends, so it must not change before the put is done
//! with it. A kept sample of this page and a view refer to it as well. Who refers to an array is
//! counted where segments are counted: by a [`Watch`] in the JavaScript heap, and by the owner
//! itself in wasm memory, which cannot be written while another one holds it. An array that a
//! payload took over is not painted again, because it is not there any more.

use std::{cell::RefCell, sync::Arc};

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    app::Row,
    browser::error::message_of,
    ledger::Place,
    live::{Camera, Sight},
    segment::{Aliasing, Element, Input, Segment, js::Watch},
};

/// So many arrays wait to be painted again. When a slow link holds more of them, they go when their
/// payloads go.
const RING: usize = 12;

/// Bytes that are painted before they are written to the JavaScript heap. A multiple of every pixel.
const BAND: usize = 64 << 10;

/// The owner of a plane in wasm memory.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Where a plane is.
enum Memory {
    Js(JsValue),
    Linear(Arc<Vec<u8>>),
}

/// A plane of a frame, and what refers to it.
pub(super) struct Slot {
    memory: Memory,
    element: Element,
    len: usize,
    /// What refers to it in the JavaScript heap.
    watches: RefCell<Vec<Watch>>,
}

impl Slot {
    /// The array, if it is in the JavaScript heap.
    pub(super) fn array(&self) -> Option<&JsValue> {
        if let Memory::Js(array) = &self.memory { Some(array) } else { None }
    }

    /// The memory as what a payload takes.
    pub(super) fn input(&self) -> Input {
        match &self.memory {
            Memory::Js(array) => Input::array(array.clone()),
            Memory::Linear(bytes) => Segment::from_owner(Shared(bytes.clone())).into(),
        }
    }

    /// A payload has made this segment of it.
    pub(super) fn taken(&self, segment: &Segment) {
        if segment.aliasing() == Aliasing::Shared {
            let mut watches = self.watches.borrow_mut();
            watches.retain(|watch| watch.holders() > 0);
            watches.extend(segment.watch());
        }
    }

    /// Whether it can be painted for this row: it has the same type and length and place, its bytes
    /// are there, and nothing refers to them.
    fn fits(&mut self, row: &Row) -> bool {
        let place = match &self.memory {
            Memory::Js(_) => Place::JsHeap,
            Memory::Linear(_) => Place::Linear,
        };
        if (place, self.element, self.len) != (row.place, row.element, row.array_bytes()) {
            return false;
        }
        match &mut self.memory {
            Memory::Js(array) => {
                let there = array.unchecked_ref::<Uint8Array>().byte_length() as usize == self.len;
                there && self.watches.borrow().iter().all(|watch| watch.holders() == 0)
            }
            Memory::Linear(bytes) => Arc::get_mut(bytes).is_some(),
        }
    }

    /// Paints a plane of what is seen.
    #[allow(clippy::disallowed_methods, reason = "makes what a caller would have: no payload is there yet")]
    fn paint(&mut self, row: &Row, sight: &Sight, band: &mut Vec<u8>) {
        let Some(robot) = row.kind.robot() else { return };
        match &mut self.memory {
            Memory::Linear(bytes) => {
                if let Some(bytes) = Arc::get_mut(bytes) {
                    sight.paint(robot.plane, 0, bytes);
                }
            }
            Memory::Js(array) => {
                let buffer = array.unchecked_ref::<Uint8Array>().buffer();
                band.resize(BAND, 0);
                for begin in (0..self.len).step_by(BAND) {
                    let piece = band.get_mut(..BAND.min(self.len - begin)).unwrap_or_default();
                    sight.paint(robot.plane, begin / robot.plane.pixel(), piece);
                    Uint8Array::new_with_byte_offset_and_length(&buffer, begin as u32, piece.len() as u32)
                        .copy_from(piece);
                }
            }
        }
    }
}

/// Makes planes of frames, one frame after the other.
#[derive(Default)]
pub(super) struct Ring {
    /// The number of the frame.
    number: u64,
    /// Whether that one was put.
    is_put: bool,
    /// Arrays of earlier frames.
    slots: Vec<Slot>,
    /// What is seen in the frame.
    sight: Option<(Camera, u64, Sight)>,
    band: Vec<u8>,
    /// Arrays that were made, because none could be painted again.
    made: u64,
}

impl Ring {
    /// The number of the frame.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Arrays that were made so far.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// Whether the frame was put, so that the next put wants another one. Then that is the frame now.
    pub(super) fn goes_on(&mut self) -> bool {
        let goes_on = std::mem::take(&mut self.is_put);
        self.number += u64::from(goes_on);
        goes_on
    }

    /// The frame was put.
    pub(super) fn put(&mut self) {
        self.is_put = true;
    }

    /// No row is a robot any more: what earlier frames had goes.
    pub(super) fn clear(&mut self) {
        (self.slots, self.sight, self.band) = Default::default();
    }

    /// Takes an array of an earlier frame.
    pub(super) fn give_back(&mut self, slot: Slot) {
        if self.slots.len() == RING {
            self.slots.remove(0);
        }
        self.slots.push(slot);
    }

    /// A plane of the frame for this row: in an array that is free, or else in a new one, which
    /// `constructor` makes in the JavaScript heap.
    ///
    /// # Errors
    /// In words: why the browser lacks the memory for it.
    pub(super) fn plane(&mut self, row: &Row, constructor: &Function) -> Result<Slot, String> {
        let Some(robot) = row.kind.robot() else { return Err("it is not a robot".to_owned()) };
        let free = self.slots.iter_mut().position(|slot| slot.fits(row));
        let mut slot = match free {
            Some(at) => self.slots.swap_remove(at),
            None => {
                self.made += 1;
                new(row, constructor)?
            }
        };
        let Self { number, sight, band, .. } = self;
        if !sight.as_ref().is_some_and(|(camera, of, _)| (*camera, *of) == (robot.camera, *number)) {
            *sight = Some((robot.camera, *number, Sight::new(robot.camera, *number)));
        }
        if let Some((.., sight)) = sight {
            slot.paint(row, sight, band);
        }
        Ok(slot)
    }
}

/// An array of zeros.
fn new(row: &Row, constructor: &Function) -> Result<Slot, String> {
    let len = row.array_bytes();
    let memory = match row.place {
        Place::Linear => {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(len).map_err(|_| "wasm memory cannot grow that far".to_owned())?;
            bytes.resize(len, 0);
            Memory::Linear(Arc::new(bytes))
        }
        // Through `Reflect`, because the constructor throws when the browser has no memory.
        Place::JsHeap => Memory::Js(
            Reflect::construct(constructor, &Array::of1(&JsValue::from_f64(row.length as f64)))
                .map_err(|error| message_of(&error))?,
        ),
    };
    Ok(Slot { memory, element: row.element, len, watches: RefCell::default() })
}
