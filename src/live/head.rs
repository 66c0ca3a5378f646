//! What goes along with a frame: which stream it is of, its number and time, and where its planes
//! lie in the payload. It is the attachment of the put, so the payload is the arrays and nothing
//! else. JSON, because every language reads it.

use serde::Deserialize;

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
    /// Where each of [`Plane::ALL`] begins in the payload, if it is there.
    pub planes: [Option<usize>; 3],
}

/// The same as it is read. A program may leave out what it does not have.
#[derive(Deserialize)]
struct Written {
    stream: String,
    seq: u64,
    time: u64,
    width: u32,
    height: u32,
    image: Option<usize>,
    depth: Option<usize>,
    mask: Option<usize>,
}

impl Head {
    /// As it is sent. Number and time are padded, so that all heads of a stream are equally long:
    /// the drawing shows where batches cut a frame before there is one.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { stream, sequence, time, width, height, planes } = self;
        let mut text = format!(
            "{{\"stream\":\"{stream:08x}\",\"seq\":{sequence:>10},\"time\":{time:>19},\"width\":{width},\"height\":{height}"
        );
        for (plane, start) in Plane::ALL.into_iter().zip(planes) {
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
        let written: Written = serde_json::from_str(std::str::from_utf8(attachment).ok()?).ok()?;
        let Written { stream, seq, time, width, height, image, depth, mask } = written;
        let stream = u32::from_str_radix(&stream, 16).ok()?;
        let head = Self { stream, sequence: seq, time, width, height, planes: [image, depth, mask] };
        let has_size = [width, height].iter().all(|side| (1..=MAX_SIDE).contains(side));
        (has_size && head.is_of(len)).then_some(head)
    }

    /// Where a plane begins in the payload.
    #[must_use]
    pub fn start(&self, plane: Plane) -> Option<usize> {
        self.planes[plane as usize]
    }

    /// Whether it has a plane, and a payload of `len` bytes has all of them.
    fn is_of(&self, len: usize) -> bool {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let inside = |(plane, start): (Plane, &Option<usize>)| {
            start.is_none_or(|start| {
                let end = pixels.checked_mul(plane.pixel() as u64).and_then(|bytes| bytes.checked_add(start as u64));
                end.is_some_and(|end| end <= len as u64)
            })
        };
        self.planes.iter().any(Option::is_some) && Plane::ALL.into_iter().zip(&self.planes).all(inside)
    }

    /// What it is, in short, as in `640 × 480: image, depth, mask; frame 12`.
    #[must_use]
    pub fn words(&self) -> String {
        let planes: Vec<&str> =
            Plane::ALL.into_iter().filter(|plane| self.start(*plane).is_some()).map(Plane::name).collect();
        format!("{} × {}: {}; frame {}", self.width, self.height, planes.join(", "), self.sequence)
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
        planes: [Some(0), Some(1_228_800), Some(2_457_600)],
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
        let head = Head { stream: 7, sequence: 3, time: 5, width: 2, height: 2, planes: [None, None, Some(1)] };
        assert_eq!((Head::read(python, 5), Head::read(python, 4)), (Some(head), None));
    }

    #[test]
    fn heads_of_a_stream_are_equally_long() {
        let long = Head { stream: u32::MAX, sequence: 9_999_999_999, time: u64::MAX / 2, ..HEAD };
        assert_eq!(long.text().len(), HEAD.text().len());
        assert!(
            Head { planes: [Some(usize::MAX); 3], width: u32::MAX, height: u32::MAX, ..long }.text().len() < MAX_HEAD
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
            Head { planes: [None; 3], ..HEAD },
            Head { planes: [Some(usize::MAX), None, None], ..HEAD },
            Head { planes: [Some(LEN), None, None], ..HEAD },
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
