//! A selection as a text to copy.

use super::value::{ByteOrder, Value, decimal, value};
use crate::segment::Element;

/// How bytes are copied as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Hexadecimal, a blank between bytes, sixteen in a line.
    Hex,
    /// An array of Rust.
    Rust,
    /// A typed array of JavaScript.
    JavaScript,
}

impl Style {
    /// Every style.
    pub const ALL: [Style; 3] = [Self::Hex, Self::Rust, Self::JavaScript];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
        }
    }

    /// Bytes as text, as elements of a type. `None` when an element would be cut.
    #[must_use]
    pub fn text(self, bytes: &[u8], element: Element, order: ByteOrder) -> Option<String> {
        if self == Self::Hex {
            let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            return Some(bytes.chunks(16).map(line).collect::<Vec<_>>().join("\n"));
        }
        if !bytes.len().is_multiple_of(element.size()) {
            return None;
        }
        let one = |bytes: &[u8]| value(bytes, element, order).map(|value| self.literal(value, element));
        let values = bytes.chunks(element.size()).map(one).collect::<Option<Vec<_>>>()?;
        let per_line = if element.size() == 1 { 16 } else { 8 };
        let body = if values.len() <= per_line {
            values.join(", ")
        } else {
            let lines: String = values.chunks(per_line).map(|line| format!("    {},\n", line.join(", "))).collect();
            format!("\n{lines}")
        };
        Some(match self {
            Self::JavaScript => format!("new {}([{body}])", element.array_name()),
            _ => {
                let note = if element == Element::Float16 {
                    "// Bits of half-precision numbers: f16::from_bits.\n"
                } else {
                    ""
                };
                format!("{note}let values: [{}; {}] = [{body}];", rust_type(element), values.len())
            }
        })
    }

    fn literal(self, value: Value, element: Element) -> String {
        match (self, value) {
            (Self::JavaScript, Value::Whole(whole)) if element.size() == 8 => format!("{whole}n"),
            (_, Value::Whole(whole)) if element.size() == 1 && whole >= 0 => format!("0x{whole:02x}"),
            (_, Value::Whole(whole)) => whole.to_string(),
            (Self::JavaScript, Value::Float(float, _)) if float.is_nan() => "NaN".to_owned(),
            (Self::JavaScript, Value::Float(float, _)) => decimal(float, element),
            (_, Value::Float(_, bits)) if element == Element::Float16 => format!("0x{bits:04x}"),
            // Rust's constants have one NaN, and the bits may be those of another.
            (_, Value::Float(float, bits)) if float.is_nan() => {
                format!("{}::from_bits(0x{bits:x})", rust_type(element))
            }
            (_, Value::Float(float, _)) if float.is_infinite() => {
                format!("{}{}::INFINITY", if float > 0.0 { "" } else { "-" }, rust_type(element))
            }
            (_, Value::Float(float, _)) => {
                let text = decimal(float, element);
                if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
            }
        }
    }
}

/// The type of Rust with the bits of an element; half-precision numbers have none that is stable.
const fn rust_type(element: Element) -> &'static str {
    match element {
        Element::Int8 => "i8",
        Element::Uint8 | Element::Uint8Clamped => "u8",
        Element::Int16 => "i16",
        Element::Uint16 | Element::Float16 => "u16",
        Element::Int32 => "i32",
        Element::Uint32 => "u32",
        Element::Float32 => "f32",
        Element::Float64 => "f64",
        Element::BigInt64 => "i64",
        Element::BigUint64 => "u64",
    }
}
