//! What is typed to be found, as bytes, and where to go, as an offset.

use half::f16;

use super::{lines::SHOWN, value::ByteOrder};
use crate::{
    given::decimal::{float, single},
    outside::{shown_at_most, shown_char},
    segment::Element,
};

/// What a text to search for stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Bytes in hexadecimal.
    Hex,
    /// A text in UTF-8.
    Text,
    /// A number of an element type.
    Number(Element),
}

impl Sought {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let numbers = Element::ALL.into_iter().filter(|element| *element != Element::Uint8Clamped);
        [Self::Hex, Self::Text].into_iter().chain(numbers.map(Self::Number))
    }

    /// Names it in a list of choices.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Text => "text",
            Self::Number(element) => element.name(),
        }
    }

    /// What the list says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex bytes",
            Self::Text => "text",
            Self::Number(element) => element.name(),
        }
    }

    /// The bytes to search for.
    ///
    /// # Errors
    /// What was wrong and what is expected.
    pub fn bytes(self, text: &str, order: ByteOrder) -> Result<Vec<u8>, String> {
        match self {
            Self::Hex => hex_bytes(text),
            Self::Text if text.is_empty() => Err("Nothing is entered. Expected a text.".to_owned()),
            Self::Text => Ok(text.bytes().collect()),
            Self::Number(element) => number(text, element, order),
        }
    }
}

/// Bytes in hexadecimal: `de ad`, `DEAD`, `0xde, 0xad`. A byte has two digits.
fn hex_bytes(text: &str) -> Result<Vec<u8>, String> {
    const EXPECTED: &str = "Expected bytes of two hexadecimal digits each: de ad be ef.";
    let mut bytes = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let word = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let digits: Vec<u8> = word
            .chars()
            .map(|c| {
                c.to_digit(16)
                    .map(|digit| digit as u8)
                    .ok_or_else(|| format!("“{}” is not a hexadecimal digit. {EXPECTED}", shown_char(c)))
            })
            .collect::<Result<_, _>>()?;
        if !digits.len().is_multiple_of(2) {
            return Err(format!("“{}” has half a byte. {EXPECTED}", shown_at_most(word, SHOWN)));
        }
        bytes.extend(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)));
    }
    if bytes.is_empty() { Err(format!("Nothing is entered. {EXPECTED}")) } else { Ok(bytes) }
}

/// The bytes of a number of `element`.
pub(super) fn number(text: &str, element: Element, order: ByteOrder) -> Result<Vec<u8>, String> {
    let text: String = text.chars().filter(|c| !matches!(c, '_' | ',') && !c.is_whitespace()).collect();
    if text.is_empty() {
        return Err(format!("Nothing is entered. Expected a number of {}.", element.name()));
    }
    let wrong = || format!("“{}” is not a number of {}.", shown_at_most(&text, SHOWN), element.name());
    let sized = |bits: u64| {
        let bytes = bits.to_le_bytes().into_iter().take(element.size());
        match order {
            ByteOrder::Little => bytes.collect(),
            ByteOrder::Big => bytes.collect::<Vec<u8>>().into_iter().rev().collect(),
        }
    };
    let bits = match element {
        Element::Float16 => u64::from(f16::from_f64(float(&text).ok_or_else(wrong)?).to_bits()),
        Element::Float32 => u64::from(single(&text).ok_or_else(wrong)?.to_bits()),
        Element::Float64 => float(&text).ok_or_else(wrong)?.to_bits(),
        whole => {
            let (negative, digits) = match text.strip_prefix(['-', '−']) {
                Some(digits) => (true, digits),
                None => (false, text.as_str()),
            };
            let parsed = match digits.strip_prefix("0x") {
                Some(hex) => i128::from_str_radix(hex, 16),
                None => digits.parse::<i128>(),
            };
            let value = parsed.map_err(|_| wrong())?;
            let value = if negative { -value } else { value };
            let (least, most) = ends(whole);
            if !(least..=most).contains(&value) {
                return Err(format!(
                    "{} does not fit: {} goes from {least} to {most}.",
                    shown_at_most(&text, SHOWN),
                    whole.name()
                ));
            }
            value as u64
        }
    };
    Ok(sized(bits))
}

/// The least and the greatest number of a type of whole numbers.
pub(super) fn ends(element: Element) -> (i128, i128) {
    let bits = 8 * element.size() as u32;
    match element {
        Element::Int8 | Element::Int16 | Element::Int32 | Element::BigInt64 => {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        }
        _ => (0, (1 << bits) - 1),
    }
}
