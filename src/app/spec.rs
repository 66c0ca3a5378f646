//! What a payload is to be made of: rows of equal arrays, and what fills them. Specifications only, never the bytes.

use serde::{Deserialize, Serialize};

use crate::{
    ledger::Place,
    measure::mix,
    segment::{Element, Mode},
};

/// The most arrays that one row may stand for.
pub const MAX_REPEAT: usize = 100_000;

/// The most segments that a payload of the page may have.
pub const MAX_SEGMENTS: usize = 200_000;

/// Names a row for as long as it exists.
pub type RowId = u32;

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fill {
    /// 0, 1, 2 and so on, going on from array to array of the row; wraps where the type ends.
    Ramp,
    /// All zero.
    Zeros,
    /// Pseudo-random: over the whole range for integers, from 0 to 1 for floating point. The same in every run.
    Noise,
}

impl Fill {
    /// Every pattern.
    pub const ALL: [Fill; 3] = [Self::Ramp, Self::Zeros, Self::Noise];

    /// The name, as in `ramp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ramp => "ramp",
            Self::Zeros => "zeros",
            Self::Noise => "noise",
        }
    }
}

/// `repeat` typed arrays of equal kind and length, each one segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Names the row; never used twice in a session of the page.
    pub id: RowId,
    /// What people call it.
    pub name: String,
    /// Type of the elements.
    pub element: Element,
    /// Elements in each array.
    pub length: usize,
    /// How many arrays.
    pub repeat: usize,
    /// What fills them.
    pub fill: Fill,
    /// Where the arrays live before a payload takes them.
    pub place: Place,
    /// How a payload takes them.
    pub mode: Mode,
}

impl Row {
    /// Bytes of one array. Saturates; a payload of that size is refused anyway.
    #[must_use]
    pub fn array_bytes(&self) -> usize {
        self.length.saturating_mul(self.element.size())
    }

    /// Bytes of all its arrays.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.array_bytes().saturating_mul(self.repeat)
    }

    /// Bytes of all its arrays, exactly, also where memory could never hold them: what a person asked for is what a refusal
    /// must name, and a wasm32 `usize` ends at 4 GiB.
    #[must_use]
    pub fn requested_bytes(&self) -> u64 {
        (self.length as u64).saturating_mul(self.element.size() as u64).saturating_mul(self.repeat as u64)
    }

    /// Writes the bytes of array `index` from byte `offset` on into `into`: little-endian elements. `offset` and the length of
    /// `into` must be multiples of the element size.
    pub fn write(&self, index: usize, offset: usize, into: &mut [u8]) {
        let size = self.element.size();
        let first = (index * self.length + offset / size) as u64;
        for (i, element) in into.chunks_exact_mut(size).enumerate() {
            let n = first + i as u64;
            match (self.fill, self.element) {
                (Fill::Zeros, _) => element.fill(0),
                (Fill::Ramp, Element::Uint8) => element.copy_from_slice(&[n as u8]),
                (Fill::Ramp, Element::Int32) => element.copy_from_slice(&(n as i32).to_le_bytes()),
                (Fill::Ramp, Element::Float32) => element.copy_from_slice(&(n as f32).to_le_bytes()),
                (Fill::Ramp, Element::Float64) => element.copy_from_slice(&(n as f64).to_le_bytes()),
                (Fill::Noise, kind) => {
                    let draw = mix(n ^ (u64::from(self.id) << 40));
                    let unit = (draw >> 11) as f64 / (1u64 << 53) as f64;
                    match kind {
                        Element::Uint8 => element.copy_from_slice(&[draw as u8]),
                        Element::Int32 => element.copy_from_slice(&(draw as i32).to_le_bytes()),
                        Element::Float32 => element.copy_from_slice(&(unit as f32).to_le_bytes()),
                        Element::Float64 => element.copy_from_slice(&unit.to_le_bytes()),
                    }
                }
            }
        }
    }
}

/// A payload to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// One image-sized tensor of 11.25 MiB, the payload of the proposal that the lab grew out of.
    Tensor,
    /// A header, a body and a trailer of different types.
    ThreeSmall,
    /// Ten thousand segments of 16 B.
    ManyTiny,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Preset; 3] = [Self::Tensor, Self::ThreeSmall, Self::ManyTiny];

    /// What it is called in the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tensor => "1920x1536 int32 tensor",
            Self::ThreeSmall => "three small arrays",
            Self::ManyTiny => "many tiny segments",
        }
    }

    /// A stable name for addresses and tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tensor => "tensor",
            Self::ThreeSmall => "three",
            Self::ManyTiny => "tiny",
        }
    }

    /// Its rows, numbered from `first`.
    #[must_use]
    pub fn rows(self, first: RowId) -> Vec<Row> {
        let row = |id: RowId, name: &str, element, length, repeat, place, mode| Row {
            id: first + id,
            name: name.to_owned(),
            element,
            length,
            repeat,
            fill: Fill::Ramp,
            place,
            mode,
        };
        match self {
            Self::Tensor => {
                vec![row(0, "tensor", Element::Int32, 1920 * 1536, 1, Place::JsHeap, Mode::Borrow)]
            }
            Self::ThreeSmall => vec![
                row(0, "header", Element::Uint8, 64, 1, Place::Linear, Mode::Borrow),
                row(1, "points", Element::Float32, 3000, 1, Place::JsHeap, Mode::Borrow),
                row(2, "stamp", Element::Float64, 16, 1, Place::JsHeap, Mode::Copy),
            ],
            Self::ManyTiny => {
                vec![row(0, "tiny", Element::Uint8, 16, 10_000, Place::JsHeap, Mode::Borrow)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(element: Element, fill: Fill) -> Row {
        Row { id: 3, name: "r".into(), element, length: 300, repeat: 2, fill, place: Place::Linear, mode: Mode::Copy }
    }

    fn bytes(row: &Row, index: usize) -> Vec<u8> {
        let mut bytes = vec![0xAA; row.array_bytes()];
        row.write(index, 0, &mut bytes);
        bytes
    }

    #[test]
    fn a_ramp_counts_on_from_array_to_array() {
        let ints = row(Element::Int32, Fill::Ramp);
        assert_eq!(bytes(&ints, 0)[..8], [0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(bytes(&ints, 1)[..4], 300i32.to_le_bytes());
        assert_eq!(bytes(&row(Element::Uint8, Fill::Ramp), 0)[256..258], [0, 1]);
        assert_eq!(bytes(&row(Element::Float32, Fill::Ramp), 0)[4..8], 1f32.to_le_bytes());
        assert_eq!(bytes(&row(Element::Float64, Fill::Ramp), 1)[..8], 300f64.to_le_bytes());
    }

    #[test]
    fn writing_in_parts_gives_the_same_bytes() {
        for element in Element::ALL {
            for fill in Fill::ALL {
                let row = row(element, fill);
                let whole = bytes(&row, 1);
                let cut = 8 * 7;
                let mut parts = vec![0; whole.len()];
                let (head, tail) = parts.split_at_mut(cut);
                row.write(1, 0, head);
                row.write(1, cut, tail);
                assert_eq!(parts, whole, "{element:?} {fill:?}");
            }
        }
    }

    #[test]
    fn noise_differs_between_rows_and_stays_in_range() {
        let mut other = row(Element::Float64, Fill::Noise);
        let one = bytes(&other, 0);
        other.id = 4;
        assert_ne!(one, bytes(&other, 0));
        assert!(one.chunks(8).all(|c| (0.0..1.0).contains(&f64::from_le_bytes(c.try_into().unwrap()))));
    }

    #[test]
    fn what_is_asked_for_is_counted_beyond_any_memory() {
        let row = Row { length: 1 << 30, repeat: MAX_REPEAT, ..row(Element::Float64, Fill::Zeros) };
        assert_eq!(row.requested_bytes(), (1u64 << 33) * MAX_REPEAT as u64);
    }

    #[test]
    fn the_tensor_is_the_proposals() {
        let rows = Preset::Tensor.rows(0);
        assert_eq!(rows.iter().map(Row::bytes).sum::<usize>(), 11_796_480);
    }
}
