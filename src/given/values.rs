//! Values that a person types or pastes: numbers, or bytes in hex or base64.

use half::f16;

use super::decimal::float;
use crate::{
    number::{bytes, count},
    outside::shown_at_most,
    segment::Element,
};

/// The most UTF-16 code units of typed values: they are kept in the state.
pub const MAX_VALUES: usize = 16_384;

/// What values say at first.
pub const FIRST_VALUES: &str = "[1, 2.5, 3]";

/// What a text of values was taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Numbers with something between them.
    #[default]
    Numbers,
    /// Bytes, two digits each.
    Hex,
    /// Bytes as base64.
    Base64,
}

/// Values that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// What the text was taken for.
    pub form: Form,
    /// The elements, little-endian.
    pub bytes: Vec<u8>,
}

/// Why a text is not read as numbers.
enum Wrong {
    /// A word is not a number: the text may be something else.
    Word(String),
    /// What it says is a number, and cannot be taken.
    Number(String),
}

/// Reads values as elements of a type.
///
/// # Errors
/// In words: what was wrong, and what was expected.
pub fn read(text: &str, element: Element) -> Result<Values, String> {
    let characters = text.encode_utf16().count();
    if characters > MAX_VALUES {
        return Err(format!(
            "It has {} characters; typed values have at most {}. Add more as a .npy or .csv file.",
            count(characters),
            count(MAX_VALUES)
        ));
    }
    let text = text.trim();
    let expected = "Expected numbers, as in [1, 2.5, 3], or bytes in hex or base64.";
    if text.is_empty() {
        return Err(format!("Nothing is entered. {expected}"));
    }
    let marked = |marks: [&str; 2]| marks.into_iter().find_map(|mark| Some(text.split_once(mark)?.1));
    let (form, taken) = if let Some(digits) = text.strip_prefix("hex:") {
        (Form::Hex, hex(digits))
    } else if let Some(digits) = marked([";base64,", "base64:"]) {
        (Form::Base64, base64(digits))
    } else {
        match numbers(text, element) {
            Ok(bytes) => return Ok(Values { form: Form::Numbers, bytes }),
            Err(Wrong::Number(error)) => return Err(error),
            Err(Wrong::Word(word)) => match (hex(text), base64(text)) {
                (Some(bytes), _) => (Form::Hex, Some(bytes)),
                (_, Some(bytes)) if bytes.len() > 3 => (Form::Base64, Some(bytes)),
                _ => return Err(format!("“{}” is not a number. {expected}", shown_at_most(&word, 20))),
            },
        }
    };
    let taken = taken.ok_or(match form {
        Form::Hex => "Hex has two digits for each byte, from 00 to FF.",
        _ => "Base64 has four characters for three bytes, with = at its end.",
    })?;
    let size = element.size();
    if !taken.len().is_multiple_of(size) {
        return Err(format!("{} are not whole elements of {} ({size} B).", bytes(taken.len()), element.name()));
    }
    Ok(Values { form, bytes: taken })
}

/// What a pasted text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pasted {
    /// Values of this type.
    Values(Element),
    /// Text.
    Text,
    /// The content of a file of this name: a table, or more than a row of text holds.
    File(&'static str),
}

/// What a text becomes that a person pastes outside of any field. Words that could be hex or base64
/// by chance stay text.
#[must_use]
pub fn of_paste(text: &str, longest: usize) -> Pasted {
    let text = text.trim();
    let first = text.lines().next().unwrap_or_default();
    if first.len() < text.len() && !text.starts_with('[') && first.contains([',', ';', '\t']) {
        return Pasted::File("pasted.csv");
    }
    if read(text, Element::Float64).is_ok_and(|values| values.form == Form::Numbers) {
        return Pasted::Values(Element::Float64);
    }
    let has_digits = text.contains(|c: char| c.is_ascii_digit());
    match read(text, Element::Uint8) {
        Ok(values) if has_digits && (values.form == Form::Hex || text.len() >= 24) => Pasted::Values(Element::Uint8),
        _ if text.encode_utf16().count() > longest => Pasted::File("pasted.txt"),
        _ => Pasted::Text,
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ':' | ',' | '-'))
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Groups of four characters, the last one completed by `=`. A decoder of many alphabets would be ten
/// times as long.
fn base64(text: &str) -> Option<Vec<u8>> {
    let characters: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let pads = characters.iter().rev().take_while(|c| **c == b'=').count();
    let digits = characters.get(..characters.len().checked_sub(pads)?)?;
    if pads > 2 || !characters.len().is_multiple_of(4) {
        return None;
    }
    let (mut bits, mut bytes) = (0u32, Vec::new());
    for (at, c) in digits.iter().enumerate() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        // Of each group, all but the first character complete a byte.
        if at % 4 > 0 {
            bytes.push((bits >> (6 - at % 4 * 2)) as u8);
        }
    }
    Some(bytes)
}

fn numbers(text: &str, element: Element) -> Result<Vec<u8>, Wrong> {
    let (mut into, mut since) = (Vec::new(), 0usize);
    let blank = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '{' | '}');
    let comma = |c: char| matches!(c, ',' | ';');
    for part in text.split_inclusive(|c| blank(c) || comma(c)) {
        let word = part.trim_end_matches(|c| blank(c) || comma(c));
        if !word.is_empty() {
            write(word, element, &mut into)?;
            since = 1;
        }
        if part.ends_with(comma) {
            if since == 0 {
                return Err(Wrong::Number("A value is missing in front of a comma.".to_owned()));
            }
            since = 0;
        }
    }
    Ok(into)
}

/// Writes one number as an element.
fn write(word: &str, element: Element, into: &mut Vec<u8>) -> Result<(), Wrong> {
    let shown = || shown_at_most(word, 20);
    let (minus, digits) = word.strip_prefix('-').map_or((false, word), |digits| (true, digits));
    let whole = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        _ => digits.parse::<u64>().ok(),
    };
    let real = match whole {
        Some(size) => {
            if minus {
                -(size as f64)
            } else {
                size as f64
            }
        }
        None => float(word).ok_or_else(|| Wrong::Word(word.to_owned()))?,
    };
    let beyond = |fits: bool| {
        if fits { Ok(()) } else { Err(Wrong::Number(format!("“{}” does not fit {}.", shown(), element.name()))) }
    };
    match element {
        Element::Float64 => into.extend(real.to_le_bytes()),
        Element::Float32 => {
            beyond((real as f32).is_finite() || !real.is_finite())?;
            into.extend((real as f32).to_le_bytes());
        }
        Element::Float16 => {
            let half = f16::from_f64(real);
            beyond(half.is_finite() || !real.is_finite())?;
            into.extend(half.to_le_bytes());
        }
        _ => {
            // What is written with a point or an exponent may be whole all the same, as in 1e6.
            let size = match whole {
                Some(size) => size,
                None if real.fract() == 0.0 && real.abs() < (1u64 << 53) as f64 => real.abs() as u64,
                None if real.is_finite() && real.fract() != 0.0 => {
                    return Err(Wrong::Number(format!(
                        "“{}” is not a whole number, and {} holds only those.",
                        shown(),
                        element.name()
                    )));
                }
                None => return Err(Wrong::Number(format!("“{}” does not fit {}.", shown(), element.name()))),
            };
            let bits = element.size() as u32 * 8;
            let signed = matches!(element, Element::Int8 | Element::Int16 | Element::Int32 | Element::BigInt64);
            let most = u64::MAX >> (64 - bits);
            beyond(match (signed, minus) {
                (true, true) => size <= most / 2 + 1,
                (true, false) => size <= most / 2,
                (false, true) => size == 0,
                (false, false) => size <= most,
            })?;
            let value = if minus { size.wrapping_neg() } else { size };
            into.extend(value.to_le_bytes().iter().take(element.size()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str, element: Element) -> Result<Values, String> {
        read(text, element)
    }

    #[test]
    fn a_paste_becomes_values_text_or_a_file() {
        for (text, expected) in [
            ("[1, 2.5, 3]", Pasted::Values(Element::Float64)),
            ("[[1, 2],\n [3, 4]]", Pasted::Values(Element::Float64)),
            ("7", Pasted::Values(Element::Float64)),
            ("de ad be ef 01", Pasted::Values(Element::Uint8)),
            ("3q2+796tvu8=3q2+796tvu8=", Pasted::Text),
            ("3q2+796tvu/erb7v3q2+796tvu8=", Pasted::Values(Element::Uint8)),
            // Words that could be hex or base64.
            ("cafe", Pasted::Text),
            ("payload1", Pasted::Text),
            ("hello, world", Pasted::Text),
            ("x,y\n1,2\n", Pasted::File("pasted.csv")),
            ("1\t2\n3\t4", Pasted::File("pasted.csv")),
        ] {
            assert_eq!(of_paste(text, 100), expected, "{text}");
        }
        assert_eq!(of_paste(&"word ".repeat(21), 100), Pasted::File("pasted.txt"));
    }

    fn taken(text: &str, element: Element) -> (Form, Vec<u8>) {
        let Values { form, bytes } = told(text, element).unwrap_or_else(|error| panic!("{text}: {error}"));
        (form, bytes)
    }

    #[test]
    fn numbers_are_read_in_every_notation() {
        let wanted = (Form::Numbers, [1f64, 2.5, 3.0].map(f64::to_le_bytes).concat());
        for text in
            [FIRST_VALUES, "1,2.5,3", "1 2.5 3", "1;2.5;3;", "[[1.],\n [2.5, 3e0]]", "(0x1, 25e-1, 3.0)", "1\t2.5\n3\n"]
        {
            assert_eq!(taken(text, Element::Float64), wanted, "{text}");
        }
        assert_eq!(taken("1e3 -1 0xFFFF", Element::Int32).1, [1000i32, -1, 65535].map(i32::to_le_bytes).concat());
        assert_eq!(taken("18446744073709551615", Element::BigUint64).1, [255; 8]);
        assert_eq!(taken("-9223372036854775808", Element::BigInt64).1, i64::MIN.to_le_bytes());
        assert_eq!(taken("0.1", Element::Float32).1, 0.1f32.to_le_bytes());
        assert_eq!(taken("-inf", Element::Float16).1, f16::NEG_INFINITY.to_le_bytes());
    }

    #[test]
    fn hex_and_base64_are_bytes_of_whole_elements() {
        for text in ["de ad BE ef", "deadbeef", "de:ad:be:ef", "hex: de ad be ef"] {
            assert_eq!(taken(text, Element::Uint8), (Form::Hex, vec![0xDE, 0xAD, 0xBE, 0xEF]), "{text}");
        }
        for text in ["3q2+7w==", "base64:3q2+7w==", "data:application/octet-stream;base64,3q2+\n7w=="] {
            assert_eq!(taken(text, Element::Uint16), (Form::Base64, vec![0xDE, 0xAD, 0xBE, 0xEF]), "{text}");
        }
        for (text, bytes) in [("AAECAw==", &[0, 1, 2, 3][..]), ("+/+/ AAA=", &[251, 255, 191, 0, 0]), ("TWFu", b"Man")]
        {
            assert_eq!(taken(&format!("base64:{text}"), Element::Uint8).1, bytes, "{text}");
        }
        // Digits alone are numbers, unless the person says otherwise.
        assert_eq!(taken("10 20", Element::Uint8), (Form::Numbers, vec![10, 20]));
        assert_eq!(taken("hex:10 20", Element::Uint8), (Form::Hex, vec![0x10, 0x20]));
        assert_eq!(told("de ad be", Element::Uint16), Err("3 B are not whole elements of Uint16 (2 B).".to_owned()));
        assert!(told("hex:abc", Element::Uint8).unwrap_err().starts_with("Hex has two digits"));
        assert!(told("base64:abc", Element::Uint8).unwrap_err().starts_with("Base64 has four characters"));
    }

    #[test]
    fn what_is_not_taken_is_said_in_words() {
        let error = |text, element| told(text, element).unwrap_err();
        assert!(error("  ", Element::Uint8).starts_with("Nothing is entered. Expected numbers"));
        assert!(error("1, two, 3", Element::Uint8).starts_with("“two” is not a number. Expected numbers"));
        assert!(error("word", Element::Uint8).starts_with("“word” is not a number."));
        assert!(error("1,,2", Element::Uint8).contains("missing in front of a comma"));
        for (text, element) in [
            ("256", Element::Uint8),
            ("1000", Element::Int8),
            ("-1", Element::Uint32),
            ("-129", Element::Int8),
            ("2147483648", Element::Int32),
            ("1e60", Element::Float32),
            ("65520", Element::Float16),
            ("1e30", Element::BigInt64),
            ("nan", Element::Int8),
        ] {
            assert_eq!(error(text, element), format!("“{text}” does not fit {}.", element.name()));
        }
        assert!(error("2.5", Element::Int8).contains("not a whole number, and Int8 holds only those"));
        assert!(error(&"1,".repeat(MAX_VALUES / 2 + 1), Element::Int8).contains("at most 16,384"));
    }

    proptest! {
        #[test]
        fn property_written_numbers_are_read_again(numbers in prop::collection::vec(any::<f32>(), 1..40)) {
            let text = format!("{numbers:?}");
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let taken = taken(&text, Element::Float32).1;
            let same = taken.as_chunks::<4>().0.iter().zip(&numbers).all(|(taken, number)| {
                let taken = f32::from_le_bytes(*taken);
                taken == *number || taken.is_nan() && number.is_nan()
            });
            prop_assert!(taken.len() == bytes.len() && same);
        }

        #[test]
        fn property_any_text_is_read_or_refused(text in "\\PC{0,40}", at in 0usize..12) {
            let element = Element::ALL[at];
            if let Ok(values) = told(&text, element) {
                prop_assert!(values.bytes.len().is_multiple_of(element.size()));
            }
        }
    }
}
