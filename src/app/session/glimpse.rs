//! What the bytes of a sample are, in short: text, numbers, a picture, a message, or bytes.
//!
//! It looks at the beginning of each part, which is bounded. Bytes do not say what they are, so
//! except for messages and pictures it is a guess.

use serde::{Deserialize, Serialize};

use crate::{
    ledger::Ledger,
    live::Head,
    message::{Looks, Received},
    number::count,
    outside::Outside,
    payload::ZBytes,
    segment::Segment,
};

/// Bytes of a part that are looked at.
pub const WINDOW: usize = 64;

/// So many parts are shown.
pub const PARTS: usize = 3;

/// So many numbers, and so many letters, are shown.
const NUMBERS: usize = 5;
const LETTERS: usize = 40;

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A text.
    Text,
    /// Numbers of this type.
    Float32,
    /// See [`What::Float32`].
    Float64,
    /// See [`What::Float32`].
    Int32,
    /// A picture in a file format.
    Picture,
    /// A message of Cap'n Proto.
    Message,
    /// A frame of a stream.
    Frame,
    /// Something else.
    Bytes,
}

impl What {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Int32 => "int32",
            Self::Picture => "picture",
            Self::Message => "message",
            Self::Frame => "frame",
            Self::Bytes => "bytes",
        }
    }
}

/// What a sample is: its first parts, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Glimpse {
    /// At most [`PARTS`], with their beginnings.
    pub parts: Vec<(What, Outside)>,
    /// How many parts there are beside those.
    pub more: usize,
}

impl Glimpse {
    /// What a frame of a stream is. Its payload is not looked at.
    #[must_use]
    pub fn of_frame(head: &Head) -> Self {
        Self { parts: vec![(What::Frame, head.words().into())], more: 0 }
    }

    /// Whether it is a frame of a stream.
    #[must_use]
    pub fn is_frame(&self) -> bool {
        self.parts.first().is_some_and(|(what, _)| *what == What::Frame)
    }

    /// Looks at a payload. The parts of one that came straight from this page are the segments that
    /// were put; any other is one run of bytes. The looks are metadata in `ledger`.
    #[must_use]
    pub fn of(payload: &ZBytes, local: bool, looks: Looks, ledger: &mut Ledger) -> Self {
        if looks == Looks::Message {
            let schema = Received::open(payload).ok().and_then(|received| received.schema());
            let words = schema.map_or("Cap’n Proto", |schema| schema.name());
            return Self { parts: vec![(What::Message, words.into())], more: 0 };
        }
        let mut look = |segments: &[Segment], len| part(&head(segments, ledger), len);
        let segments = payload.segments();
        if !local {
            return Self { parts: look(segments, payload.len()).into_iter().collect(), more: 0 };
        }
        let parts = segments.chunks(1).filter_map(|one| look(one, one.iter().map(Segment::len).sum()));
        let parts = parts.take(PARTS).collect();
        Self { parts, more: segments.iter().filter(|one| !one.is_empty()).count().saturating_sub(PARTS) }
    }
}

/// The first bytes of `segments`. What cannot be read any more is left out.
fn head(segments: &[Segment], ledger: &mut Ledger) -> Vec<u8> {
    let mut bytes = Vec::new();
    for segment in segments {
        let before = bytes.len();
        if before == WINDOW {
            break;
        }
        bytes.resize(before + segment.len().min(WINDOW - before), 0);
        if segment.peek(0, bytes.get_mut(before..).unwrap_or_default(), ledger).is_err() {
            bytes.truncate(before);
            break;
        }
    }
    bytes
}

/// What the `len` bytes are that begin with `head`.
fn part(head: &[u8], len: usize) -> Option<(What, Outside)> {
    let goes_on = if head.len() < len { " …" } else { "" };
    if head.is_empty() {
        return None;
    }
    if let Some(words) = picture(head) {
        return Some((What::Picture, words.into()));
    }
    if let Some(text) = text(head, head.len() < len) {
        let cut: String = text.chars().take(LETTERS).collect();
        let goes_on = if cut.len() < text.len() { " …" } else { goes_on };
        return Some((What::Text, format!("{}{goes_on}", cut.trim_end()).into()));
    }
    let (what, words) = numbers(head, len).unwrap_or_else(|| {
        let hex: Vec<String> = head.iter().take(2 * NUMBERS).map(|byte| format!("{byte:02x}")).collect();
        (What::Bytes, hex)
    });
    let goes_on = if words.len() * what.size() < len { " …" } else { "" };
    let between = if what == What::Bytes { " " } else { ", " };
    Some((what, format!("{}{goes_on}", words.join(between)).into()))
}

impl What {
    /// Bytes of an element.
    const fn size(self) -> usize {
        match self {
            Self::Float64 => 8,
            Self::Float32 | Self::Int32 => 4,
            _ => 1,
        }
    }
}

/// A text, as far as it is whole.
fn text(head: &[u8], cut: bool) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character is cut in the middle.
        Err(error) if cut && head.len() - error.valid_up_to() < 4 => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let controls = |c: char| c.is_control() && !c.is_whitespace();
    (!text.is_empty() && !text.chars().any(controls)).then_some(text)
}

/// The format of a picture by its first bytes, and its size where that is among them.
fn picture(head: &[u8]) -> Option<String> {
    let number = |at: usize, size: usize| {
        let bytes = head.get(at..at + size)?;
        Some(bytes.iter().fold(0usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        let (width, height) = number(16, 4).zip(number(20, 4))?;
        return Some(format!("PNG, {} × {}", count(width), count(height)));
    }
    let named: [(&[u8], &str); 4] = [(b"\xff\xd8\xff", "JPEG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"), (b"BM", "BMP")];
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some("WebP".to_owned());
    }
    // Two letters alone are too few: a bitmap has four bytes of zeros behind its length.
    let found = named.iter().find(|(magic, _)| head.starts_with(magic))?;
    (found.1 != "BMP" || number(6, 4) == Some(0)).then(|| found.1.to_owned())
}

/// Numbers, if the bytes are likely to be some: small whole ones, or fractions of an ordinary size,
/// of which those with the fewest digits.
fn numbers(head: &[u8], len: usize) -> Option<(What, Vec<String>)> {
    const fn ordinary(value: f64) -> bool {
        value == 0.0 || (value.abs() >= 1e-6 && value.abs() < 1e9)
    }
    if head.iter().all(|byte| *byte == 0) {
        return None;
    }
    let read = |size: usize, number: fn(&[u8]) -> Option<String>| {
        let all = head.chunks_exact(size);
        if len.is_multiple_of(size) && all.len() > 0 { all.map(number).collect::<Option<Vec<_>>>() } else { None }
    };
    let int32 = read(4, |bytes| {
        let number = i32::from_le_bytes(bytes.try_into().ok()?);
        (number.unsigned_abs() < 1 << 24).then(|| number.to_string())
    });
    let float32 = read(4, |bytes| {
        // So many digits has a number of this type, after the point where it is about one.
        let number = f64::from(f32::from_le_bytes(bytes.try_into().ok()?));
        ordinary(number).then(|| ((number * 1e6).round() / 1e6).to_string())
    });
    let float64 = read(8, |bytes| {
        let number = f64::from_le_bytes(bytes.try_into().ok()?);
        ordinary(number).then(|| number.to_string())
    });
    let digits = |numbers: &[String]| numbers.iter().map(String::len).sum::<usize>();
    let found = match (int32, float32, float64) {
        (Some(int32), ..) => (What::Int32, int32),
        (_, Some(float32), Some(float64)) if 10 * digits(&float64) < 7 * digits(&float32) => (What::Float64, float64),
        // A few bytes may look like a fraction by accident.
        (_, Some(float32), _) if float32.len() > 2 => (What::Float32, float32),
        (.., Some(float64)) if float64.len() > 1 => (What::Float64, float64),
        _ => return None,
    };
    let (what, mut words) = found;
    words.truncate(NUMBERS);
    Some((what, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The glimpse of these segments, and how many bytes it has looked at.
    fn glimpse(segments: &[&[u8]], local: bool) -> (Glimpse, u64) {
        let payload = ZBytes::of_held(segments.iter().map(|one| one.to_vec().into()).collect());
        let mut ledger = Ledger::new();
        let glimpse = Glimpse::of(&payload, local, Looks::of(&payload), &mut ledger);
        assert_eq!(ledger.total(), 0, "no payload byte is copied: looks are metadata");
        (glimpse, ledger.metadata())
    }

    fn words(bytes: &[u8]) -> String {
        let (glimpse, looked) = glimpse(&[bytes], false);
        assert!(looked <= WINDOW as u64 && glimpse.more == 0);
        glimpse.parts.iter().map(|(what, words)| format!("{} {}", what.name(), words.shown())).collect()
    }

    fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
        values.into_iter().flat_map(f32::to_le_bytes).collect()
    }

    #[test]
    fn each_kind_of_payload_is_shown_as_what_it_is() {
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 2, 128, 0, 0, 1, 224, 8, 2]].concat();
        let ints: Vec<u8> = (0..100i32).flat_map(|value| (value - 1).to_le_bytes()).collect();
        let doubles: Vec<u8> = [1.5f64, 2.0, -0.25].into_iter().flat_map(f64::to_le_bytes).collect();
        let fine: Vec<u8> = (1..9).flat_map(|value| (1.0 / f64::from(value * 3)).to_le_bytes()).collect();
        let pi: Vec<f32> = (1..9).map(|value| std::f32::consts::PI / value as f32).collect();
        let long = [format!("text {{\"t\": {} …", "1".repeat(LETTERS - 6)), format!("text {} …", "ä".repeat(32))];
        let table: [(Vec<u8>, &str); 15] = [
            (vec![], ""),
            (b"21.5 C".to_vec(), "text 21.5 C"),
            (format!("{{\"t\": {}}}", "1".repeat(90)).into_bytes(), &long[0]),
            ("ä".repeat(50).into_bytes(), &long[1]),
            (png, "picture PNG, 640 × 480"),
            (b"\xff\xd8\xff\xe0 and so on".to_vec(), "picture JPEG"),
            (b"GIF89a\x01\x00".to_vec(), "picture GIF"),
            (b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), "picture WebP"),
            (ints, "int32 -1, 0, 1, 2, 3 …"),
            (7i32.to_le_bytes().to_vec(), "int32 7"),
            (floats([0.5, -1.25, 3.0]), "float32 0.5, -1.25, 3"),
            (floats(pi), "float32 3.141593, 1.570796, 1.047198, 0.785398, 0.628319 …"),
            (doubles, "float64 1.5, 2, -0.25"),
            (
                fine,
                "float64 0.3333333333333333, 0.16666666666666666, 0.1111111111111111, 0.08333333333333333, 0.06666666666666667 …",
            ),
            ((0..=255).collect(), "bytes 00 01 02 03 04 05 06 07 08 09 …"),
        ];
        for (bytes, expected) in table {
            assert_eq!(words(&bytes), expected);
        }
        assert_eq!(words(&[0; 40]), "bytes 00 00 00 00 00 00 00 00 00 00 …", "zeros may be anything");
    }

    #[test]
    fn the_segments_of_this_page_are_shown_one_by_one() {
        let numbers = floats([0.5; 1_000]);
        let all: [&[u8]; 6] = [b"head", b"", &numbers, b"tail", b"1", b"2"];
        let (local, looked) = glimpse(&all, true);
        let what: Vec<_> = local.parts.iter().map(|(what, words)| (*what, words.shown())).collect();
        let expected = [
            (What::Text, "head".to_owned()),
            (What::Float32, "0.5, 0.5, 0.5, 0.5, 0.5 …".to_owned()),
            (What::Text, "tail".to_owned()),
        ];
        assert_eq!((what.as_slice(), local.more), (expected.as_slice(), 2));
        assert!(looked <= (PARTS * WINDOW) as u64, "{looked}");
        // Through a router it is one run of bytes, in whatever arrays.
        let (through, looked) = glimpse(&all, false);
        assert_eq!((through.parts.len(), through.more), (1, 0));
        assert!(looked <= WINDOW as u64);
    }
}
