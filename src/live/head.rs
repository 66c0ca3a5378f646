//! What goes along with a frame: which stream it is of, its number and time, and where its planes
//! lie in the payload. It is the attachment of the put, so the payload is the arrays and nothing
//! else. JSON, because every language reads it.

use std::fmt::{self, Formatter};

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::robot::Plane;
use crate::payload::ZBytes;

/// The most bytes of a head that are read.
pub const MAX_HEAD: usize = 512;

/// The most pixels of a row, and the most rows, of a frame of which pictures are made. A picture needs room
/// for a row.
pub(super) const MAX_SIDE: u32 = 16_384;

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Head {
    /// Names the stream: another one for each engine that makes frames.
    pub stream: u32,
    /// Its number in the stream.
    pub sequence: u64,
    /// When it was made, in nanoseconds since 1970 by the clock of its maker.
    pub time: u64,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Where each of [`Plane::EVERY`] begins in the payload, if it is there.
    pub planes: [Option<usize>; 9],
    /// How brightness and colours were made of red, green and blue: by BT.601, unless it is 709 or
    /// 2020.
    pub matrix: u32,
    /// Whether they take all numbers of a byte, and not only those from 16 to 235.
    pub full: bool,
    /// Of a sound, the samples in a second. Then `width` is the number of samples, and `height` is 1.
    pub rate: u32,
}

/// The names of its numbers. Names of planes follow.
const NUMBERS: [&str; 8] = ["seq", "time", "width", "height", "samples", "rate", "matrix", "full"];

/// Reads a head. A program may leave out what it does not have, and add what it likes.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Head;

    fn expecting(&self, into: &mut Formatter<'_>) -> fmt::Result {
        into.write_str("the head of a frame")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Head, A::Error> {
        let (mut stream, mut numbers) = (String::new(), [None::<u64>; 17]);
        while let Some(name) = fields.next_key::<String>()? {
            let at = NUMBERS.into_iter().chain(Plane::EVERY.map(Plane::name)).position(|one| one == name);
            match at.and_then(|at| numbers.get_mut(at)) {
                Some(number) => *number = fields.next_value()?,
                None if name == "stream" => stream = fields.next_value()?,
                None => _ = fields.next_value::<IgnoredAny>()?,
            }
        }
        let [sequence, time, width, height, samples, rate, matrix, full, planes @ ..] = numbers;
        let (Ok(stream), Some(sequence), Some(time)) = (u32::from_str_radix(&stream, 16), sequence, time) else {
            return Err(Error::custom("it has neither stream, seq nor time"));
        };
        // What is longer than it can be, is refused by its length.
        let short = |number: Option<u64>| u32::try_from(number.unwrap_or_default()).unwrap_or(u32::MAX);
        let planes = planes.map(|start| start.map(|start| usize::try_from(start).unwrap_or(usize::MAX)));
        let head = Head { stream, sequence, time, planes, ..Head::default() };
        Ok(if head.is_sound() {
            Head { width: short(samples), height: 1, rate: short(rate), ..head }
        } else {
            Head { width: short(width), height: short(height), matrix: short(matrix), full: short(full) > 0, ..head }
        })
    }
}

impl Head {
    /// As it is sent. Number and time are padded, so that all heads of a stream are equally long:
    /// the drawing shows where batches cut a frame before there is one.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { stream, sequence, time, width, height, planes, matrix, full, rate } = self;
        let mut text = format!("{{\"stream\":\"{stream:08x}\",\"seq\":{sequence:>10},\"time\":{time:>19}");
        text.push_str(&if self.is_sound() {
            format!(",\"samples\":{width},\"rate\":{rate:>6}")
        } else {
            format!(",\"width\":{width},\"height\":{height}")
        });
        if self.start(Plane::Y).is_some() {
            text.push_str(&format!(",\"matrix\":{matrix:>4},\"full\":{}", u8::from(*full)));
        }
        for (plane, start) in Plane::EVERY.into_iter().zip(planes) {
            if let Some(start) = start {
                text.push_str(&format!(",\"{}\":{start}", plane.name()));
            }
        }
        text.push('}');
        text
    }

    /// The same as an attachment.
    #[must_use]
    pub fn attached(&self) -> ZBytes {
        ZBytes::of_held(vec![self.text().into_bytes().into()])
    }

    /// The head in an attachment, of a payload of `len` bytes. `None` when it is none, or says what
    /// the payload does not have.
    #[must_use]
    pub fn read(attachment: &[u8], len: usize) -> Option<Self> {
        if attachment.len() > MAX_HEAD {
            return None;
        }
        let text = std::str::from_utf8(attachment).ok()?;
        let mut json = serde_json::Deserializer::from_str(text);
        let head = json.deserialize_map(Reader).ok()?;
        json.end().ok()?;
        let has_size = [head.width, head.height].iter().all(|side| (1..=MAX_SIDE).contains(side));
        (has_size && head.is_of(len)).then_some(head)
    }

    /// Where a plane begins in the payload.
    #[must_use]
    pub fn start(&self, plane: Plane) -> Option<usize> {
        self.planes[plane as usize]
    }

    /// The same with a plane that begins at `start`.
    #[must_use]
    pub fn with(mut self, plane: Plane, start: usize) -> Self {
        self.planes[plane as usize] = Some(start);
        self
    }

    /// Whether it is a block of a sound, and not a picture.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.start(Plane::Left).or(self.start(Plane::Right)).is_some()
    }

    /// Whether it has a plane, and a payload of `len` bytes has all of them. Sides are not longer than
    /// [`MAX_SIDE`].
    fn is_of(&self, len: usize) -> bool {
        let inside = |(plane, start): (Plane, &Option<usize>)| {
            start.is_none_or(|start| {
                let end = plane.bytes(self.width, self.height).checked_add(start as u64);
                end.is_some_and(|end| end <= len as u64)
            })
        };
        self.planes.iter().any(Option::is_some) && Plane::EVERY.into_iter().zip(&self.planes).all(inside)
    }

    /// What it is, in short, as in `640 × 480: image, depth, mask; frame 12`.
    #[must_use]
    pub fn words(&self) -> String {
        let planes: Vec<&str> =
            Plane::EVERY.into_iter().filter(|plane| self.start(*plane).is_some()).map(Plane::name).collect();
        let Self { width, height, rate, sequence, .. } = self;
        let size = if self.is_sound() { format!("{width} samples, {rate} Hz") } else { format!("{width} × {height}") };
        format!("{size}: {}; frame {sequence}", planes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: Head = Head {
        stream: 0x1a2b,
        sequence: 12,
        time: 1_767_225_600_000_000_000,
        width: 640,
        height: 480,
        planes: [Some(0), Some(1_228_800), Some(2_457_600), None, None, None, None, None, None],
        matrix: 0,
        full: false,
        rate: 0,
    };
    const LEN: usize = 2_764_800;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        assert_eq!(
            HEAD.text(),
            "{\"stream\":\"00001a2b\",\"seq\":        12,\"time\":1767225600000000000,\"width\":640,\"height\":480,\
             \"image\":0,\"depth\":1228800,\"mask\":2457600}"
        );
        assert_eq!(Head::read(HEAD.text().as_bytes(), LEN), Some(HEAD));
        assert_eq!(HEAD.words(), "640 × 480: image, depth, mask; frame 12");
        // As json.dumps of Python writes it, with one plane.
        let python = br#"{"stream": "7", "seq": 3, "time": 5, "width": 2, "height": 2, "mask": 1}"#;
        let head = Head { stream: 7, sequence: 3, time: 5, width: 2, height: 2, ..Head::default() };
        let head = head.with(Plane::Mask, 1);
        assert_eq!((Head::read(python, 5), Head::read(python, 4)), (Some(head), None));
    }

    #[test]
    fn heads_of_pictures_and_sounds_are_read_as_written() {
        let picture = Head { planes: [None; 9], matrix: 709, full: true, ..HEAD };
        let planes = picture.with(Plane::Y, 0).with(Plane::U, 307_200).with(Plane::V, 384_000);
        assert!(
            planes.text().ends_with(
                "\"width\":640,\"height\":480,\"matrix\": 709,\"full\":1,\"y\":0,\"u\":307200,\"v\":384000}"
            )
        );
        assert_eq!(Head::read(planes.text().as_bytes(), 460_800), Some(planes));
        assert_eq!(planes.words(), "640 × 480: y, u, v; frame 12");
        let unknown = Head { matrix: 0, full: false, ..planes };
        assert_eq!(unknown.text().len(), planes.text().len(), "a stream's heads are equally long");
        let sound = Head { planes: [None; 9], width: 2400, height: 1, rate: 48_000, ..HEAD };
        let sound = sound.with(Plane::Left, 0).with(Plane::Right, 9600);
        assert!(sound.text().ends_with("\"samples\":2400,\"rate\": 48000,\"left\":0,\"right\":9600}"));
        assert_eq!(Head::read(sound.text().as_bytes(), 19_200), Some(sound));
        assert_eq!(Head::read(sound.text().as_bytes(), 19_199), None);
        assert_eq!(sound.words(), "2400 samples, 48000 Hz: left, right; frame 12");
    }

    #[test]
    fn heads_of_a_stream_are_equally_long() {
        let long = Head { stream: u32::MAX, sequence: 9_999_999_999, time: u64::MAX / 2, ..HEAD };
        assert_eq!(long.text().len(), HEAD.text().len());
        assert!(
            Head { planes: [Some(usize::MAX); 9], width: u32::MAX, height: u32::MAX, rate: 999_999, ..long }
                .text()
                .len()
                < MAX_HEAD
        );
    }

    #[test]
    fn a_head_that_says_more_than_there_is_is_none() {
        for head in [
            Head { width: 641, ..HEAD },
            Head { width: 0, ..HEAD },
            Head { height: u32::MAX, ..HEAD },
            // All of it is there, and a row would take as much memory as the payload.
            Head { width: MAX_SIDE + 1, height: 1, ..HEAD },
            Head { width: 1, height: MAX_SIDE + 1, ..HEAD },
            Head { width: u32::MAX, height: u32::MAX, ..HEAD },
            Head { planes: [None; 9], ..HEAD },
            HEAD.with(Plane::Image, usize::MAX),
            HEAD.with(Plane::Image, LEN),
            HEAD.with(Plane::V, LEN - 76_799),
            HEAD.with(Plane::Left, LEN - 4 * 640 + 1),
        ] {
            assert_eq!(Head::read(head.text().as_bytes(), LEN), None, "{head:?}");
        }
        let spaces = " ".repeat(MAX_HEAD);
        assert_eq!(Head::read(format!("{}{spaces}", HEAD.text()).as_bytes(), LEN), None);
    }

    proptest! {
        #[test]
        fn no_attachment_breaks_the_reader(text in ".{0,80}", cut in 0usize..200, bytes: Vec<u8>) {
            let _ = (Head::read(text.as_bytes(), LEN), Head::read(&bytes, LEN));
            let whole = HEAD.text();
            let damaged = whole.get(..cut.min(whole.len())).unwrap_or_default();
            prop_assert!(Head::read(damaged.as_bytes(), LEN).is_none() || cut >= whole.len());
        }
    }
}
