//! Bytes as values: numbers, bits and characters.

use half::f16;

use crate::{
    outside::{is_unseen, isolated, shown_char},
    present::format,
    segment::Element,
};

/// Which end of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ByteOrder {
    /// The least significant byte, as in the typed arrays of every engine that runs wasm.
    #[default]
    Little,
    /// The most significant byte, as on the wire of many protocols.
    Big,
}

impl ByteOrder {
    /// Both.
    pub const ALL: [ByteOrder; 2] = [Self::Little, Self::Big];

    /// The name, as in `little`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Little => "little",
            Self::Big => "big",
        }
    }
}

/// A value of an element type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Any whole number.
    Whole(i128),
    /// A number with a point, or none: the value, and its bits.
    Float(f64, u64),
}

/// The value of the first bytes, or `None` when there are too few.
#[must_use]
pub fn value(bytes: &[u8], element: Element, order: ByteOrder) -> Option<Value> {
    let bytes = bytes.get(..element.size())?;
    let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
    let bits = match order {
        ByteOrder::Little => bytes.iter().rev().fold(0, join),
        ByteOrder::Big => bytes.iter().fold(0, join),
    };
    Some(match element {
        Element::Int8 => Value::Whole((bits as u8 as i8).into()),
        Element::Int16 => Value::Whole((bits as u16 as i16).into()),
        Element::Int32 => Value::Whole((bits as u32 as i32).into()),
        Element::BigInt64 => Value::Whole((bits as i64).into()),
        Element::Uint8 | Element::Uint8Clamped | Element::Uint16 | Element::Uint32 | Element::BigUint64 => {
            Value::Whole(bits.into())
        }
        Element::Float16 => Value::Float(f16::from_bits(bits as u16).to_f64(), bits),
        Element::Float32 => Value::Float(f32::from_bits(bits as u32).into(), bits),
        Element::Float64 => Value::Float(f64::from_bits(bits), bits),
    })
}

/// A value in words: whole numbers with commas; the shortest decimal that is this very number of
/// its type; a NaN with its bits.
#[must_use]
pub fn words(value: Value, element: Element) -> String {
    match value {
        Value::Whole(whole) => {
            let digits = u64::try_from(whole.unsigned_abs()).map_or_else(|_| whole.to_string(), format::thousands);
            if whole < 0 { format!("-{digits}") } else { digits }
        }
        Value::Float(float, bits) if float.is_nan() => format!("NaN (0x{bits:0digits$X})", digits = 2 * element.size()),
        Value::Float(float, _) => decimal(float, element),
    }
}

/// The shortest decimal of a number other than NaN, as JavaScript and Rust both read it, but for
/// infinity.
pub(super) fn decimal(float: f64, element: Element) -> String {
    if float.is_infinite() {
        return if float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let plain = float == 0.0 || (1e-5..1e15).contains(&float.abs());
    match (element, plain) {
        (Element::Float64, true) => float.to_string(),
        (Element::Float64, false) => format!("{float:e}"),
        (Element::Float16, _) => short_half(float),
        (_, true) => (float as f32).to_string(),
        (_, false) => format!("{:e}", float as f32),
    }
}

/// The decimal with the fewest digits that a half-precision number is read back from.
fn short_half(float: f64) -> String {
    let mut rounded = (0..6).filter_map(|decimals| read_short(&format!("{float:.decimals$e}")));
    rounded.find(|read| f16::from_f64(*read).to_f64() == float).unwrap_or(float).copysign(float).to_string()
}

/// Reads a number of a few digits with an exponent, as in `-1.25e-3`. The general way to read
/// numbers needs tables of 10 kB, which the first view would have to load. Here whole number and
/// power of ten are exact, and dividing or multiplying them rounds once.
pub(super) fn read_short(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once('e')?;
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let number = f64::from(format!("{whole}{decimals}").parse::<i32>().ok()?);
    let exponent = exponent.parse::<i32>().ok()? - decimals.len() as i32;
    let power = 10f64.powi(exponent.abs());
    Some(if exponent < 0 { number / power } else { number * power })
}

/// A byte as eight binary digits, in two groups.
#[must_use]
pub fn binary(byte: u8) -> String {
    format!("{:04b} {:04b}", byte >> 4, byte & 15)
}

/// A byte in the column of characters: itself, if it is a visible one of ASCII, else a dot.
#[must_use]
pub fn character(byte: u8) -> char {
    if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '·' }
}

/// What the first bytes are as text in UTF-8: the first character with its number, or why there is
/// none.
#[must_use]
pub fn first_character(bytes: &[u8]) -> String {
    let head = bytes.get(..bytes.len().min(4)).unwrap_or_default();
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => {
            head.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default()
        }
    };
    match valid.chars().next() {
        Some(c) if c.is_control() => format!("U+{:04X}, a control character", c as u32),
        Some(c) if is_unseen(c) => format!("{}, U+{:04X}", shown_char(c), c as u32),
        Some(c) => format!("“{c}”, U+{:04X}", c as u32),
        None if bytes.is_empty() => "no byte".to_owned(),
        None => "no character begins here".to_owned(),
    }
}

/// Bytes as text in UTF-8; what cannot be shown is a dot, as in the column of characters.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let dotted = |c: char| if is_unseen(c) || c == char::REPLACEMENT_CHARACTER { '·' } else { c };
    isolated(&String::from_utf8_lossy(bytes).chars().map(dotted).collect::<String>())
}
