//! What is painted: the numbers of a message as pixels, and how much of them fits into a picture.

use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use zbytes::{
    payload::{BuildError, Reader},
    segment::Element,
};

use crate::{
    MessageError, PixelFormat, Spec,
    values::{Number, Range},
};

/// Bytes that are read at a time. A multiple of every element size.
pub(super) const WINDOW: usize = 64 << 10;

/// A picture of one row, or of one column, is shown as if it were this many times as long as thick.
pub(super) const THIN: f64 = 8.0;

/// Elements that are further apart than this many bytes are read one by one.
pub(super) const FAR_APART: usize = 1 << 10;

/// What a look at one run of bytes costs beside its bytes, in bytes.
pub(super) const CALL: usize = 256;

/// The ink of plots, in red, green and blue. How much of it a pixel has is its opacity, so that a
/// plot can be shown on any ground.
pub(super) const INK: [u8; 3] = [0x16, 0x19, 0x1d];

/// How the elements of an array lie to be a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raster {
    /// The type of the elements.
    pub element: Element,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Elements of a pixel, 1 to 4: grey; red and green; red, green and blue; those and opacity.
    pub channels: usize,
    /// How many such pictures follow each other.
    pub slices: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Whether values are colours as they are, from 0 to 255; otherwise their range is spread over
    /// all shades.
    pub as_is: bool,
}

impl Raster {
    pub(super) fn pixel(&self) -> usize {
        self.channels * self.element.size()
    }
}

/// How a message can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    /// The array has no element.
    Nothing,
    /// One number.
    Number(Element),
    /// A line over so many elements.
    Line(Element, usize),
    /// A picture.
    Raster(Raster),
    /// So many points from above.
    Points(usize),
}

impl Spec {
    /// How it can be shown. The last dimension of a tensor of three and more is taken for colours
    /// if it is at most 4. Of what stands before the picture's dimensions, one slice is shown.
    #[must_use]
    pub fn view(&self) -> View {
        match self {
            Self::Tensor { element, shape, .. } => {
                let sides: Vec<usize> = shape.iter().map(|side| *side as usize).collect();
                if sides.contains(&0) {
                    return View::Nothing;
                }
                let (before, height, width, channels) = match sides.as_slice() {
                    [] => return View::Number(*element),
                    [count] => return View::Line(*element, *count),
                    [before @ .., height, width, channels @ 1..=4] => (before, *height, *width, *channels),
                    [before @ .., height, width] => (before, *height, *width, 1),
                };
                let slices = before.iter().fold(1usize, |product, side| product.saturating_mul(*side));
                let bytes = matches!(element, Element::Uint8 | Element::Uint8Clamped);
                View::Raster(Raster {
                    element: *element,
                    width,
                    height,
                    channels,
                    slices,
                    stride: width.saturating_mul(channels).saturating_mul(element.size()),
                    as_is: bytes && channels > 2,
                })
            }
            Self::CameraFrame { width: 0, .. } | Self::CameraFrame { height: 0, .. } => View::Nothing,
            Self::CameraFrame { width, height, step, format, .. } => View::Raster(Raster {
                element: format.element(),
                width: *width as usize,
                height: *height as usize,
                channels: format.channels(),
                slices: 1,
                stride: *step as usize,
                as_is: *format != PixelFormat::Mono16,
            }),
            Self::PointCloud { points: 0, .. } => View::Nothing,
            Self::PointCloud { points, .. } => View::Points(*points as usize),
        }
    }
}

/// The room for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Room {
    /// In pixels of the page.
    pub width: f64,
    /// In pixels of the page.
    pub height: f64,
    /// Pixels of the screen in each pixel of the page.
    pub density: f64,
}

/// The size of a picture: as it is shown, in pixels of the page, and as it is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Width and height in the page.
    pub shown: (usize, usize),
    /// Columns and rows that are painted.
    pub pixels: (usize, usize),
}

/// A proportion that is not too thin.
fn bounded(ratio: f64) -> f64 {
    if ratio > THIN { THIN } else { f64::max(ratio, 1.0 / THIN) }
}

impl Room {
    /// The size of a picture of `width` times `height` elements: all of them if there is room, each
    /// then as a square of whole pixels. It keeps its proportions, but is never thinner than an
    /// eighth of its length.
    #[must_use]
    pub fn fit(&self, width: usize, height: usize) -> Fit {
        let (across, down) = (width.max(1) as f64, height.max(1) as f64);
        let ratio = across / down;
        let bounded = bounded(ratio);
        let wide = f64::min(self.width, self.height * bounded).max(1.0);
        let shown = if bounded == ratio && across <= wide {
            let times = (wide / across).floor();
            (across * times, down * times)
        } else {
            (wide.round().max(1.0), (wide / bounded).round().max(1.0))
        };
        let painted = |all: usize, shown: f64| all.max(1).min((shown * self.density).round().max(1.0) as usize);
        Fit { shown: (shown.0 as usize, shown.1 as usize), pixels: (painted(width, shown.0), painted(height, shown.1)) }
    }

    /// The size of a plot that fills the width and is `share` of the height.
    #[must_use]
    pub fn plot(&self, share: f64) -> Fit {
        self.painted(self.width, self.height * share)
    }

    /// The size of a field that spans `across` and `down` on one scale, never thinner than an
    /// eighth of its length.
    #[must_use]
    pub fn field(&self, across: &Range, down: &Range) -> Fit {
        let span = |range: &Range| range.ends.map_or(0.0, |(least, most)| most.as_f64() - least.as_f64());
        let ratio = span(across) / span(down);
        let ratio = if ratio.is_nan() { 1.0 } else { ratio };
        let bounded = bounded(ratio);
        let wide = f64::min(self.width, self.height * bounded);
        self.painted(wide, wide / bounded)
    }

    /// As many pixels as the screen has.
    fn painted(&self, width: f64, height: f64) -> Fit {
        let (width, height) = (width.round().max(1.0), height.round().max(1.0));
        let pixels = |shown: f64| (shown * self.density).round().max(1.0) as usize;
        Fit { shown: (width as usize, height as usize), pixels: (pixels(width), pixels(height)) }
    }
}

/// Reads exactly `into.len()` bytes from `offset` of the payload on.
///
/// # Errors
/// [`MessageError::Segment`] when an owner was detached, [`MessageError::Truncated`] when the bytes
/// end before.
pub(super) fn read_at(reader: &mut Reader, offset: usize, into: &mut [u8]) -> Result<(), MessageError> {
    let read = reader.seek(SeekFrom::Start(offset as u64)).and_then(|_| reader.read_exact(into));
    read.map_err(|error: io::Error| {
        let expected = (offset + into.len()) as u64;
        match error.into_inner().map(|inner| inner.downcast::<BuildError>()) {
            Some(Ok(error)) => (*error).into(),
            // The other cause: the bytes end before.
            _ => MessageError::Truncated { expected, found: reader.payload().len() as u64 },
        }
    })
}

/// The element at the index-th of `count` equal distances over `all`.
pub(super) fn spread(index: usize, count: usize, all: usize) -> usize {
    ((2 * index as u64 + 1) * all as u64 / (2 * count.max(1) as u64)) as usize
}

impl Raster {
    /// The colour of a pixel from its bytes. One of which a value is not a number is left open.
    pub(super) fn colour(&self, bytes: &[u8], range: &Range) -> [u8; 4] {
        let shade = |index: usize| -> Option<u8> {
            let size = self.element.size();
            let bytes = bytes.get(index * size..(index + 1) * size)?;
            if self.as_is {
                return bytes.first().copied();
            }
            let share = range.share(Number::of(self.element, bytes)?)?;
            Some((share * 255.0).round() as u8)
        };
        let colour = || {
            Some(match self.channels {
                1 => [shade(0)?, shade(0)?, shade(0)?, 255],
                2 => [shade(0)?, shade(1)?, 0, 255],
                // Only of bytes is it known what the fourth value means.
                4 if self.as_is => [shade(0)?, shade(1)?, shade(2)?, shade(3)?],
                _ => [shade(0)?, shade(1)?, shade(2)?, 255],
            })
        };
        colour().unwrap_or([0; 4])
    }
}

pub(super) fn inked(opacity: &[u8]) -> Vec<u8> {
    let [red, green, blue] = INK;
    opacity.iter().flat_map(|opacity| if *opacity > 0 { [red, green, blue, *opacity] } else { [0; 4] }).collect()
}
