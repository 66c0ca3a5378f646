//! Pictures: the size that a PNG or a JPEG file says. The browser decodes the pixels.
//!
//! <https://www.w3.org/TR/png-3/#11IHDR>, and ITU-T T.81, B.2.2 for the frame header of JPEG.

use super::bytes_at;
use crate::number::thousands;

/// What every PNG file begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What every JPEG file begins with.
const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];

/// The most pixels that the page asks the browser for: 256 MiB of RGBA.
pub const MAX_PIXELS: u64 = 1 << 26;

/// The size that a picture says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Whether it is a JPEG, else a PNG.
    pub jpeg: bool,
    /// Pixels in a row.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
}

/// Whether a file begins as a picture.
#[must_use]
pub fn is(head: &[u8]) -> bool {
    head.starts_with(PNG) || head.starts_with(JPEG)
}

/// Reads the size of a picture. `head` is the beginning of its file.
///
/// # Errors
/// In words: why its pixels cannot be had.
pub fn read(head: &[u8]) -> Result<Picture, String> {
    let jpeg = head.starts_with(JPEG);
    let size = if jpeg { frame(head) } else { header(head) };
    let (width, height) = size.ok_or("It does not say its size: a part is missing or damaged.")?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err("It says that it has no pixel.".to_owned());
    }
    if pixels > MAX_PIXELS {
        let [pixels, most] = [pixels, MAX_PIXELS].map(thousands);
        return Err(format!("It has {pixels} pixels; the page decodes at most {most}."));
    }
    Ok(Picture { jpeg, width, height })
}

impl Picture {
    /// What it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let kind = if self.jpeg { "JPEG" } else { "PNG" };
        let [width, height] = [self.width, self.height].map(|side| thousands(side.into()));
        format!("{kind} picture, {width} × {height} pixels.")
    }

    /// Pixels.
    #[must_use]
    pub fn pixels(&self) -> usize {
        // At most `MAX_PIXELS`.
        self.width as usize * self.height as usize
    }
}

fn header(head: &[u8]) -> Option<(u32, u32)> {
    let number = |at| bytes_at(head, at).map(u32::from_be_bytes);
    (head.get(12..16) == Some(b"IHDR")).then_some((number(16)?, number(20)?))
}

/// Goes from marker to marker until a frame begins.
fn frame(head: &[u8]) -> Option<(u32, u32)> {
    let number = |at| bytes_at(head, at).map(u16::from_be_bytes);
    let mut at = 2usize;
    loop {
        let [mark, kind] = bytes_at(head, at)?;
        match kind {
            _ if mark != 0xFF => return None,
            // A byte between two segments may be filled with ones.
            0xFF => at += 1,
            // Tables and restarts are not frames; the others from C0 to CF are.
            0xC0..=0xCF if !matches!(kind, 0xC4 | 0xC8 | 0xCC) => {
                return Some((number(at + 7)?.into(), number(at + 5)?.into()));
            }
            // Marks without a segment.
            0x01 | 0xD0..=0xD7 => at += 2,
            // The end, or pixels before any frame.
            0xD9 | 0xDA => return None,
            _ => at += 2 + usize::from(number(at + 2)?.max(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [PNG, &13u32.to_be_bytes(), b"IHDR", &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    }

    fn jpeg() -> Vec<u8> {
        let app = [&[0xFF, 0xE0, 0, 6][..], b"JFIF"].concat();
        let tables = [0xFF, 0xC4, 0, 3, 7];
        let frame = [0xFF, 0xFF, 0xC2, 0, 11, 8, 1, 0, 2, 0, 1, 1, 17, 0];
        [&[0xFF, 0xD8][..], &app, &tables, &frame].concat()
    }

    #[test]
    fn sizes_of_png_and_jpeg_are_read() {
        assert_eq!(read(&png(640, 480)), Ok(Picture { jpeg: false, width: 640, height: 480 }));
        assert!(is(&jpeg()));
        assert_eq!(read(&jpeg()), Ok(Picture { jpeg: true, width: 512, height: 256 }));
        assert_eq!(read(&jpeg()).unwrap().words(), "JPEG picture, 512 × 256 pixels.");
    }

    #[test]
    fn damaged_and_huge_pictures_are_refused_in_words() {
        assert!(read(&png(0, 9)).unwrap_err().contains("no pixel"));
        let huge = read(&png(u32::MAX, u32::MAX)).unwrap_err();
        assert!(huge.contains("18,446,744,065,119,617,025 pixels; the page decodes at most 67,108,864"), "{huge}");
        for cut in [&png(9, 9)[..20], &jpeg()[..20], &[0xFF, 0xD8, 0xFF, 0xD9]] {
            assert!(read(cut).unwrap_err().contains("does not say its size"));
        }
    }

    proptest! {
        #[test]
        fn property_damaged_picture_is_read_or_refused(at in 0usize..40, byte: u8, cut in 0usize..40, is_jpeg: bool) {
            let mut file = if is_jpeg { jpeg() } else { png(640, 480) };
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(file.len().saturating_sub(cut));
            if let Ok(picture) = read(&file) {
                prop_assert!(picture.pixels() as u64 <= MAX_PIXELS && picture.pixels() > 0);
            }
        }
    }
}
