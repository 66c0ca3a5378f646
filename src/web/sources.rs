//! The caller's arrays: what rows describe, made for real, in the JavaScript heap or in wasm memory.

use std::rc::Rc;

use js_sys::{Array, Function, Object, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue};
use zenoh_buffers::ZSlice;

use super::socket::message_of;
use crate::{
    app::{Fill, Problem, Row},
    ledger::Place,
    payload::{BuildError, ZBytes},
    segment::{Mode, Segment, SegmentError},
};

/// Bytes that are written in one go. A multiple of every element size.
const CHUNK: usize = 64 << 10;

/// The arrays of one row.
enum Arrays {
    Js(Vec<Object>),
    Linear(Vec<ZSlice>),
}

struct Made {
    row: Row,
    arrays: Rc<Arrays>,
}

/// Arrays of all rows; those of rows that did not change are kept.
#[derive(Default)]
pub(super) struct Sources {
    made: Vec<Made>,
}

impl Sources {
    /// Makes what `rows` describe.
    ///
    /// # Errors
    /// A [`Problem`] when the engine has no memory for an array.
    pub(super) fn make(&mut self, rows: &[Row]) -> Result<(), Problem> {
        let mut old = std::mem::take(&mut self.made);
        // Let go before anything new is made: the two need not fit into memory together.
        old.retain(|made| rows.iter().any(|row| alike(&made.row, row)));
        for row in rows {
            let kept = old.iter().find(|made| alike(&made.row, row)).map(|made| made.arrays.clone());
            let arrays = match kept {
                Some(arrays) => arrays,
                None => match make(row) {
                    Ok(arrays) => Rc::new(arrays),
                    Err(problem) => {
                        self.made.clear();
                        return Err(problem);
                    }
                },
            };
            self.made.push(Made { row: row.clone(), arrays });
        }
        Ok(())
    }

    /// Builds the payload: takes every array as a segment, by the row's mode or by `all`. This is what the Cost pane measures.
    ///
    /// # Errors
    /// [`BuildError`].
    pub(super) fn build(&self, all: Option<Mode>) -> Result<ZBytes, BuildError> {
        let mut segments = Vec::new();
        for Made { row, arrays } in &self.made {
            let mode = all.unwrap_or(row.mode);
            match arrays.as_ref() {
                Arrays::Js(arrays) => {
                    for array in arrays {
                        let segment = Segment::js(array, row.element)
                            .map_err(|error| BuildError::Segment { index: segments.len(), error })?;
                        segments.push((segment, mode));
                    }
                }
                Arrays::Linear(arrays) => {
                    segments.extend(arrays.iter().map(|slice| (Segment::linear(slice.clone(), row.element), mode)))
                }
            }
        }
        ZBytes::from_segments(segments)
    }
}

/// Whether two rows have the same arrays, whatever a payload does with them.
fn alike(a: &Row, b: &Row) -> bool {
    // Noise is drawn from the row's id.
    (a.id == b.id || a.fill != Fill::Noise)
        && (a.element, a.length, a.repeat, a.fill, a.place) == (b.element, b.length, b.repeat, b.fill, b.place)
}

fn make(row: &Row) -> Result<Arrays, Problem> {
    match row.place {
        Place::Linear => (0..row.repeat).map(|index| linear(row, index)).collect::<Result<_, _>>().map(Arrays::Linear),
        Place::JsHeap => {
            let constructor = Reflect::get(&global(), &JsValue::from_str(row.element.array_name()))
                .and_then(JsCast::dyn_into::<Function>)
                .map_err(|error| no_memory(row, &message_of(&error)))?;
            let length = Array::of1(&JsValue::from_f64(row.length as f64));
            (0..row.repeat).map(|index| js(row, index, &constructor, &length)).collect::<Result<_, _>>().map(Arrays::Js)
        }
    }
}

fn js(row: &Row, index: usize, constructor: &Function, length: &Array) -> Result<Object, Problem> {
    // Through `Reflect`, because the constructor throws when there is no memory, and that must come back as an error.
    let array = Reflect::construct(constructor, length)
        .map_err(|error| no_memory(row, &message_of(&error)))?
        .unchecked_into::<Object>();
    // A new array is all zeros already.
    if row.fill != Fill::Zeros {
        let bytes = Uint8Array::new(&array.unchecked_ref::<Uint8Array>().buffer());
        let mut chunk = vec![0; CHUNK.min(row.array_bytes())];
        let mut offset = 0;
        while offset < row.array_bytes() {
            let len = chunk.len().min(row.array_bytes() - offset);
            let part = chunk.get_mut(..len).unwrap_or_default();
            row.write(index, offset, part);
            bytes.subarray(offset as u32, (offset + len) as u32).copy_from(part);
            offset += len;
        }
    }
    Ok(array)
}

fn linear(row: &Row, index: usize) -> Result<ZSlice, Problem> {
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(row.array_bytes())
        .map_err(|_| no_memory(row, &SegmentError::OutOfMemory { requested: row.array_bytes() }.to_string()))?;
    bytes.resize(row.array_bytes(), 0);
    row.write(index, 0, &mut bytes);
    Ok(ZSlice::from(bytes))
}

fn no_memory(row: &Row, reason: &str) -> Problem {
    Problem::new(
        format!("No memory for {}.", row.name),
        format!(
            "The browser could not make {} arrays of {} B each ({reason}). Make the row shorter, or repeat it less often.",
            row.repeat,
            row.array_bytes()
        ),
    )
}
