//! Pictures of what a message holds, as rows of colours: which elements are looked at, and what colour each becomes.
//!
//! A picture never has more pixels than there is room for: of more elements it shows some, at equal distances. The range of the values
//! is that of all elements all the same. Both take long for a long array, so they are worked out in steps ([`Scan::step`],
//! [`Painting::step`], [`Points::step`]), between which a page takes its turn. Bytes are read through a window and never made
//! contiguous.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    MessageError, PixelFormat, Spec,
    values::{Number, Range},
};
use zbytes::{
    payload::{BuildError, Reader, ZBytes},
    segment::Element,
};

/// Bytes that are read at a time. A multiple of every element size.
const WINDOW: usize = 64 << 10;

/// Elements that are further apart than this many bytes are read one by one.
const FAR_APART: usize = 1 << 10;

/// What a look at one run of bytes costs beside its bytes, in bytes.
const CALL: usize = 256;

/// A picture of one row, or of one column, is shown as if it were this many times as long as thick.
const THIN: f64 = 8.0;

/// The ink of plots, in red, green and blue. How much of it a pixel has is its opacity, so that a plot can be shown on any ground.
pub const INK: [u8; 3] = [0x16, 0x19, 0x1d];

/// How the elements of an array lie to be a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Whether values are colours as they are, from 0 to 255; otherwise their range is spread over all shades.
    pub as_is: bool,
}

impl Raster {
    fn pixel(&self) -> usize {
        self.channels * self.element.size()
    }
}

/// How a message can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// There is no element.
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
    /// How it can be shown. The last dimension of a tensor of three and more is taken for colours if it is at most 4; of what
    /// stands before the picture's dimensions, one slice is shown.
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
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// The size of a picture of `width` times `height` elements: all of them if there is room, each then as a square of whole pixels. It
    /// keeps its proportions, but is never thinner than an eighth of its length.
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

    /// The size of a field that spans `across` and `down` on one scale, never thinner than an eighth of its length.
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
fn read_at(reader: &mut Reader, offset: usize, into: &mut [u8]) -> Result<(), MessageError> {
    let read = reader.seek(SeekFrom::Start(offset as u64)).and_then(|_| reader.read_exact(into));
    read.map_err(|error: io::Error| {
        let expected = (offset + into.len()) as u64;
        match error.into_inner().map(|inner| inner.downcast::<BuildError>()) {
            Some(Ok(error)) => (*error).into(),
            // There is no other: the bytes end before.
            _ => MessageError::Truncated { expected, found: reader.seek(SeekFrom::End(0)).unwrap_or_default() },
        }
    })
}

/// The element at the index-th of `count` equal distances over `all`.
fn spread(index: usize, count: usize, all: usize) -> usize {
    ((2 * index as u64 + 1) * all as u64 / (2 * count.max(1) as u64)) as usize
}

/// Works out the range of every value in some rows of elements.
pub struct Scan {
    reader: Reader,
    element: Element,
    /// Where the rows begin in the payload, how many they are, the bytes of each, and from one to the next.
    rows: (usize, usize, usize, usize),
    /// Bytes of the rows that were looked at.
    done: usize,
    /// The range of each of so many equal parts.
    parts: Vec<Range>,
    window: Vec<u8>,
}

impl Scan {
    /// A scan of `count` elements from byte `start` of the payload on, which are `parts` parts.
    #[must_use]
    pub fn of_run(payload: &ZBytes, element: Element, start: usize, count: usize, parts: usize) -> Self {
        Self::new(payload, element, (start, 1, count * element.size(), 0), parts)
    }

    /// A scan of the pixels of a picture whose array is at byte `start`: of all its slices, and without what fills up its rows.
    #[must_use]
    pub fn of_raster(payload: &ZBytes, raster: &Raster, start: usize) -> Self {
        let row = raster.width * raster.pixel();
        let rows = raster.height * raster.slices;
        if row == raster.stride {
            return Self::new(payload, raster.element, (start, 1, row * rows, 0), 1);
        }
        Self::new(payload, raster.element, (start, rows, row, raster.stride), 1)
    }

    fn new(payload: &ZBytes, element: Element, rows: (usize, usize, usize, usize), parts: usize) -> Self {
        Self {
            reader: payload.reader(),
            element,
            rows,
            done: 0,
            parts: vec![Range::default(); parts.max(1)],
            window: vec![0; WINDOW],
        }
    }

    /// Bytes to be looked at in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.rows.1 * self.rows.2
    }

    /// Bytes that were looked at.
    #[must_use]
    pub fn done(&self) -> usize {
        self.done
    }

    /// Looks at about `budget` bytes more, and says whether that was all.
    ///
    /// # Errors
    /// [`MessageError::Segment`] when an owner was detached.
    pub fn step(&mut self, budget: usize) -> Result<bool, MessageError> {
        let (start, _, row, stride) = self.rows;
        let (total, size) = (self.total(), self.element.size());
        let mut spent = 0;
        while self.done < total && spent < budget {
            let (line, within) = (self.done / row, self.done % row);
            let len = WINDOW.min(row - within);
            let Some(bytes) = self.window.get_mut(..len) else { break };
            read_at(&mut self.reader, start + line * stride + within, bytes)?;
            // Cut where one part ends and the next begins.
            let parts = self.parts.len();
            let elements = (total / size) as u64;
            let mut rest = &*bytes;
            while !rest.is_empty() {
                let first = (self.done / size) as u64;
                let part = (first * parts as u64 / elements) as usize;
                let border = ((part as u64 + 1) * elements).div_ceil(parts as u64);
                let (now, later) = rest.split_at(rest.len().min((border - first) as usize * size));
                if let Some(range) = self.parts.get_mut(part) {
                    range.absorb(Range::of(self.element, now));
                }
                self.done += now.len();
                spent += now.len() + CALL;
                rest = later;
            }
        }
        Ok(self.done >= total)
    }

    /// Bytes that were copied into the window.
    #[must_use]
    pub fn looked(&self) -> u64 {
        self.reader.ledger().total()
    }

    /// The range of each part, so far.
    #[must_use]
    pub fn parts(&self) -> &[Range] {
        &self.parts
    }

    /// The range of all, so far.
    #[must_use]
    pub fn range(&self) -> Range {
        self.parts.iter().fold(Range::default(), |mut all, part| {
            all.absorb(*part);
            all
        })
    }
}

/// Paints a slice of a picture, row by row.
pub struct Painting {
    reader: Reader,
    raster: Raster,
    /// Where the slice begins in the payload.
    start: usize,
    range: Range,
    /// Columns and rows.
    pixels: (usize, usize),
    rows: usize,
    rgba: Vec<u8>,
    window: Vec<u8>,
}

impl Painting {
    /// Slice `slice` of the picture whose array is at byte `start`, in `pixels` columns and rows, shaded by `range`.
    #[must_use]
    pub fn new(
        payload: &ZBytes,
        raster: Raster,
        start: usize,
        slice: usize,
        range: Range,
        pixels: (usize, usize),
    ) -> Self {
        let start = start + slice.min(raster.slices.saturating_sub(1)) * raster.height * raster.stride;
        let rgba = Vec::with_capacity(pixels.0 * pixels.1 * 4);
        let window = vec![0; WINDOW.max(raster.pixel())];
        Self { reader: payload.reader(), raster, start, range, pixels, rows: 0, rgba, window }
    }

    /// Paints rows for which about `budget` bytes are looked at, and says whether those were the last.
    ///
    /// # Errors
    /// [`MessageError::Segment`] when an owner was detached.
    pub fn step(&mut self, budget: usize) -> Result<bool, MessageError> {
        let mut spent = 0;
        while self.rows < self.pixels.1 && spent < budget {
            spent += self.row(spread(self.rows, self.pixels.1, self.raster.height))?;
            self.rows += 1;
        }
        Ok(self.rows >= self.pixels.1)
    }

    /// Paints one row of elements, and says what that cost.
    fn row(&mut self, row: usize) -> Result<usize, MessageError> {
        let (pixel, columns) = (self.raster.pixel(), self.pixels.0);
        let begin = self.start + row * self.raster.stride;
        let at = |column: usize| spread(column, columns, self.raster.width) * pixel;
        let near = self.raster.width / columns.max(1) * pixel <= FAR_APART;
        let (mut column, mut spent) = (0, 0);
        while column < columns {
            let first = at(column);
            let mut end = column + 1;
            while near && end < columns && at(end) + pixel - first <= self.window.len() {
                end += 1;
            }
            let len = at(end - 1) + pixel - first;
            let Some(bytes) = self.window.get_mut(..len) else { break };
            read_at(&mut self.reader, begin + first, bytes)?;
            for column in column..end {
                let offset = at(column) - first;
                let colour =
                    bytes.get(offset..offset + pixel).map_or([0; 4], |bytes| self.raster.colour(bytes, &self.range));
                self.rgba.extend(colour);
            }
            // A pixel costs more than its bytes.
            spent += len + CALL + 16 * (end - column);
            column = end;
        }
        Ok(spent)
    }

    /// Bytes that were copied into the window.
    #[must_use]
    pub fn looked(&self) -> u64 {
        self.reader.ledger().total()
    }

    /// Red, green, blue and opacity of every pixel that was painted, row by row.
    #[must_use]
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }
}

impl Raster {
    /// The colour of a pixel from its bytes. One of which a value is not a number is left open.
    fn colour(&self, bytes: &[u8], range: &Range) -> [u8; 4] {
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
                1 => [shade(0)?; 3],
                2 => [shade(0)?, shade(1)?, 0],
                _ => [shade(0)?, shade(1)?, shade(2)?],
            })
        };
        let Some([red, green, blue]) = colour() else { return [0; 4] };
        // Only of bytes is it known what the fourth value means.
        let opacity = if self.as_is && self.channels == 4 { shade(3).unwrap_or(255) } else { 255 };
        [red, green, blue, opacity]
    }
}

/// A line over elements, from the ranges of equal parts of them: where a column of the plot has several elements, it reaches from their
/// least to their greatest. `thick` is the least height of the line, in rows. Parts without a finite value are gaps.
#[must_use]
pub fn line(parts: &[Range], all: &Range, pixels: (usize, usize), thick: usize) -> Vec<u8> {
    let (width, height) = pixels;
    let mut opacity = vec![0u8; width * height];
    let room = height.saturating_sub(thick) as f64;
    // The rows of the greatest and the least value of a part, from the top.
    let reach = |range: &Range| {
        let (least, most) = range.ends?;
        let row = |value| Some(((1.0 - all.share(value)?) * room).round() as usize);
        Some((row(most)?, row(least)?))
    };
    let mut before: Option<(usize, (usize, usize))> = None;
    for column in 0..width {
        let part = column * parts.len() / width.max(1);
        let Some((top, bottom)) = parts.get(part).and_then(reach) else {
            before = None;
            continue;
        };
        let (mut from, mut to) = (top, bottom);
        if let Some((other, (above, below))) = before
            && other != part
        {
            (from, to) = (from.min(below), to.max(above));
        }
        before = Some((part, (top, bottom)));
        for row in from..(to + thick).min(height) {
            if let Some(pixel) = opacity.get_mut(row * width + column) {
                *pixel = 255;
            }
        }
    }
    inked(&opacity)
}

fn inked(opacity: &[u8]) -> Vec<u8> {
    let [red, green, blue] = INK;
    opacity.iter().flat_map(|opacity| if *opacity > 0 { [red, green, blue, *opacity] } else { [0; 4] }).collect()
}

/// Ink of the point with the least intensity, of 255.
pub const FAINTEST: u8 = 56;

/// Paints points from above: x to the right, y up, on one scale; the more intensity, the more ink.
pub struct Points {
    readers: [Reader; 3],
    starts: [usize; 3],
    ranges: [Range; 3],
    count: usize,
    done: usize,
    pixels: (usize, usize),
    /// The side of a point.
    side: usize,
    opacity: Vec<u8>,
    windows: [Vec<u8>; 3],
}

/// Points that are painted at a time: as many as a window holds coordinates.
const AT_A_TIME: usize = WINDOW / 4;

impl Points {
    /// `count` points, whose x, y and intensity begin at the bytes `starts` of the payload and have `ranges`. Each is a square of `side`
    /// pixels.
    #[must_use]
    pub fn new(
        payload: &ZBytes,
        starts: [usize; 3],
        ranges: [Range; 3],
        count: usize,
        pixels: (usize, usize),
        side: usize,
    ) -> Self {
        Self {
            readers: [(); 3].map(|()| payload.reader()),
            starts,
            ranges,
            count,
            done: 0,
            pixels,
            side: side.max(1),
            opacity: vec![0; pixels.0 * pixels.1],
            windows: [vec![0; AT_A_TIME * 4], vec![0; AT_A_TIME * 4], vec![0; AT_A_TIME * 2]],
        }
    }

    /// Paints about `budget` points more, and says whether those were the last.
    ///
    /// # Errors
    /// [`MessageError::Segment`] when an owner was detached.
    pub fn step(&mut self, budget: usize) -> Result<bool, MessageError> {
        let [x_range, y_range, intensities] = &self.ranges;
        let span = |range: &Range| range.ends.map(|(least, most)| (least.as_f64(), most.as_f64()));
        let (Some((left, right)), Some((low, high))) = (span(x_range), span(y_range)) else { return Ok(true) };
        let room = |pixels: usize| pixels.saturating_sub(self.side) as f64;
        let (width, height) = (room(self.pixels.0), room(self.pixels.1));
        let per = |room: f64, span: f64| if span > 0.0 { room / span } else { f64::INFINITY };
        let scale = per(width, right - left).min(per(height, high - low));
        // All points in one place.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        // What the other direction has left stays at both sides.
        let margin = |room: f64, span: f64| (room - span * scale) / 2.0;
        let (beside, above) = (margin(width, right - left), margin(height, high - low));
        let until = self.done.saturating_add(budget).min(self.count);
        while self.done < until {
            let now = AT_A_TIME.min(until - self.done);
            for (index, size) in [4, 4, 2].into_iter().enumerate() {
                let (Some(reader), Some(window)) = (self.readers.get_mut(index), self.windows.get_mut(index)) else {
                    break;
                };
                let start = self.starts.get(index).copied().unwrap_or_default();
                if let Some(space) = window.get_mut(..now * size) {
                    read_at(reader, start + self.done * size, space)?;
                }
            }
            let [xs, ys, strengths] = &self.windows;
            let points = xs.chunks_exact(4).zip(ys.chunks_exact(4)).zip(strengths.chunks_exact(2)).take(now);
            for ((x, y), strength) in points {
                let number = |bytes: &[u8]| f64::from(f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
                let (x, y) = (number(x), number(y));
                if !x.is_finite() || !y.is_finite() {
                    continue;
                }
                let strength = Number::of(Element::Uint16, strength).and_then(|value| intensities.share(value));
                let ink = f64::from(FAINTEST) + f64::from(255 - FAINTEST) * strength.unwrap_or(0.5);
                let column = (beside + (x - left) * scale).round() as usize;
                let row = (above + (high - y) * scale).round() as usize;
                for row in row..(row + self.side).min(self.pixels.1) {
                    for column in column..(column + self.side).min(self.pixels.0) {
                        if let Some(pixel) = self.opacity.get_mut(row * self.pixels.0 + column) {
                            *pixel = (*pixel).max(ink.round() as u8);
                        }
                    }
                }
            }
            self.done += now;
        }
        Ok(self.done >= self.count)
    }

    /// Bytes that were copied into windows.
    #[must_use]
    pub fn looked(&self) -> u64 {
        self.readers.iter().map(|reader| reader.ledger().total()).sum()
    }

    /// Red, green, blue and opacity of every pixel, row by row.
    #[must_use]
    pub fn into_rgba(self) -> Vec<u8> {
        inked(&self.opacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbytes::segment::Source;

    /// In pieces of five bytes, so that elements lie across borders.
    fn payload(bytes: &[u8]) -> ZBytes {
        ZBytes::from_segments(bytes.chunks(5).map(|piece| Source::moved(piece.to_vec()))).unwrap()
    }

    fn raster(spec: &Spec) -> Raster {
        match spec.view() {
            View::Raster(raster) => raster,
            other => panic!("{other:?}"),
        }
    }

    fn tensor(element: Element, shape: &[u32]) -> Spec {
        Spec::Tensor { name: String::new(), element, shape: shape.to_vec(), timestamp: 0 }
    }

    fn frame(format: PixelFormat, width: u32, height: u32, step: u32) -> Spec {
        Spec::CameraFrame { frame_id: String::new(), sequence: 0, timestamp: 0, width, height, step, format }
    }

    fn painted(payload: &ZBytes, raster: Raster, start: usize, slice: usize, pixels: (usize, usize)) -> Vec<[u8; 4]> {
        let mut scan = Scan::of_raster(payload, &raster, start);
        while !scan.step(1).unwrap() {}
        assert_eq!(scan.done(), scan.total());
        let mut painting = Painting::new(payload, raster, start, slice, scan.range(), pixels);
        while !painting.step(1).unwrap() {}
        let rgba = painting.into_rgba();
        assert_eq!(rgba.len(), pixels.0 * pixels.1 * 4);
        rgba.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect()
    }

    const GREY: fn(u8) -> [u8; 4] = |shade| [shade, shade, shade, 255];

    #[test]
    fn the_last_dimensions_are_the_picture() {
        assert_eq!(tensor(Element::Int32, &[]).view(), View::Number(Element::Int32));
        assert_eq!(tensor(Element::Int32, &[7]).view(), View::Line(Element::Int32, 7));
        assert_eq!(tensor(Element::Int32, &[7, 0]).view(), View::Nothing);
        let of = |shape: &[u32]| {
            let raster = raster(&tensor(Element::Int16, shape));
            (raster.slices, raster.height, raster.width, raster.channels, raster.stride)
        };
        assert_eq!(of(&[5, 3]), (1, 5, 3, 1, 6));
        assert_eq!(of(&[5, 7, 3]), (1, 5, 7, 3, 42));
        assert_eq!(of(&[5, 7, 9]), (5, 7, 9, 1, 18));
        assert_eq!(of(&[2, 3, 5, 7, 4]), (6, 5, 7, 4, 56));
        assert!(raster(&tensor(Element::Uint8, &[2, 2, 3])).as_is);
        assert!(!raster(&tensor(Element::Uint8, &[2, 2])).as_is);
        assert!(!raster(&tensor(Element::Uint16, &[2, 2, 3])).as_is);
        assert_eq!(frame(PixelFormat::Rgb8, 0, 4, 0).view(), View::Nothing);
        let cloud = |points| Spec::PointCloud { frame_id: String::new(), timestamp: 0, points };
        assert_eq!((cloud(0).view(), cloud(3).view()), (View::Nothing, View::Points(3)));
    }

    #[test]
    fn grey_is_the_place_in_the_range() {
        let values: Vec<u8> = [-100i32, 0, 100, 155].iter().flat_map(|value| value.to_le_bytes()).collect();
        let spec = tensor(Element::Int32, &[2, 2]);
        let pixels = painted(&payload(&values), raster(&spec), 0, 0, (2, 2));
        assert_eq!(pixels, [GREY(0), GREY(100), GREY(200), GREY(255)]);
    }

    #[test]
    fn not_a_number_is_left_open_and_infinity_is_the_end_of_the_range() {
        let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.0, 2.0, 3.0];
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let pixels = painted(&payload(&bytes), raster(&tensor(Element::Float32, &[3, 2])), 0, 0, (2, 3));
        assert_eq!(pixels, [[0; 4], GREY(255), GREY(0), GREY(0), GREY(128), GREY(255)]);
    }

    #[test]
    fn a_slice_is_shaded_by_the_range_of_all() {
        let bytes: Vec<u8> = (0..5 * 4).map(|at| at * 13).collect();
        let raster = raster(&tensor(Element::Uint8, &[4, 1, 5]));
        let pixels = painted(&payload(&bytes), raster, 0, 3, (5, 1));
        let shade = |at: u32| GREY((f64::from(at) / 19.0 * 255.0).round() as u8);
        assert_eq!(pixels, [15, 16, 17, 18, 19].map(shade));
        assert_eq!(painted(&payload(&bytes), raster, 0, 99, (5, 1)), pixels, "no slice is beyond the last");
    }

    #[test]
    fn every_format_of_a_camera_is_read_by_its_step() {
        let fill = 0xee;
        let grey = [10, 20, fill, 30, 40, fill];
        let pixels = painted(&payload(&grey), raster(&frame(PixelFormat::Mono8, 2, 2, 3)), 0, 0, (2, 2));
        assert_eq!(pixels, [GREY(10), GREY(20), GREY(30), GREY(40)]);
        let rgb = [1, 2, 3, 4, 5, 6, fill, 7, 8, 9, 10, 11, 12, fill];
        let pixels = painted(&payload(&rgb), raster(&frame(PixelFormat::Rgb8, 2, 2, 7)), 0, 0, (2, 2));
        assert_eq!(pixels, [[1, 2, 3, 255], [4, 5, 6, 255], [7, 8, 9, 255], [10, 11, 12, 255]]);
        let rgba = [1, 2, 3, 4, 5, 6, 7, 0];
        let pixels = painted(&payload(&rgba), raster(&frame(PixelFormat::Rgba8, 1, 2, 4)), 0, 0, (1, 2));
        assert_eq!(pixels, [[1, 2, 3, 4], [5, 6, 7, 0]]);
        let deep: Vec<u8> = [100u16, 600, 0xffff, 1100, 100, 0xffff].iter().flat_map(|v| v.to_le_bytes()).collect();
        let pixels = painted(&payload(&deep), raster(&frame(PixelFormat::Mono16, 2, 2, 6)), 0, 0, (2, 2));
        assert_eq!(pixels, [GREY(0), GREY(128), GREY(255), GREY(0)], "the filling is in no range");
    }

    #[test]
    fn of_more_elements_than_pixels_some_are_shown_at_equal_distances() {
        let side = 100u32;
        let bytes: Vec<u8> = (0..side * side).flat_map(|at| (at as u16).to_le_bytes()).collect();
        let raster = raster(&tensor(Element::Uint16, &[side, side]));
        let pixels = painted(&payload(&bytes), raster, 0, 0, (10, 4));
        let expected = |column: u32, row: u32| {
            let value = (25 * row + 12) * side + 10 * column + 5;
            GREY((f64::from(value) / f64::from(side * side - 1) * 255.0).round() as u8)
        };
        let wanted: Vec<_> = (0..4).flat_map(|row| (0..10).map(move |column| expected(column, row))).collect();
        assert_eq!(pixels, wanted);
    }

    #[test]
    fn elements_that_are_far_apart_are_read_one_by_one() {
        let width = 3 * WINDOW;
        let bytes: Vec<u8> = (0..2 * width).map(|at| (at / WINDOW) as u8).collect();
        let payload = ZBytes::from_segments([Source::moved(bytes)]).unwrap();
        let raster = raster(&tensor(Element::Uint8, &[2, width as u32]));
        let mut painting = Painting::new(&payload, raster, 0, 0, Range::of(Element::Uint8, &[0, 5]), (3, 2));
        while !painting.step(usize::MAX).unwrap() {}
        assert_eq!(painting.reader.ledger().total(), 6, "one byte for each pixel");
        let shades: Vec<u8> = painting.into_rgba().chunks(4).map(|pixel| pixel[0]).collect();
        assert_eq!(shades, [0, 51, 102, 153, 204, 255]);
    }

    #[test]
    fn elements_that_are_near_are_read_together_all_along_a_row() {
        let width = 4 * WINDOW;
        let payload = ZBytes::from_segments([Source::moved(vec![0u8; width])]).unwrap();
        let raster = raster(&tensor(Element::Uint8, &[1, width as u32]));
        let mut painting = Painting::new(&payload, raster, 0, 0, Range::of(Element::Uint8, &[0, 5]), (width / 2, 1));
        assert!(painting.step(usize::MAX).unwrap());
        // Every other byte is shown: four looks, each from one that is shown to another.
        assert_eq!(painting.looked(), 4 * (WINDOW as u64 - 1));
    }

    #[test]
    fn colours_of_wide_elements_are_places_in_the_range() {
        let values = [0u16, 51, 102, 153, 204, 255];
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let three = painted(&payload(&bytes), raster(&tensor(Element::Uint16, &[1, 2, 3])), 0, 0, (2, 1));
        assert_eq!(three, [[0, 51, 102, 255], [153, 204, 255, 255]]);
        let two = painted(&payload(&bytes), raster(&tensor(Element::Uint16, &[1, 3, 2])), 0, 0, (3, 1));
        assert_eq!(two, [[0, 51, 0, 255], [102, 153, 0, 255], [204, 255, 0, 255]]);
    }

    #[test]
    fn parts_of_a_run_are_of_equal_length_and_cover_it() {
        let values: Vec<u8> = (0..10u16).flat_map(|value| value.to_le_bytes()).collect();
        let mut bytes = vec![0xff; 3];
        bytes.extend(&values);
        for step in [1, 1000] {
            let mut scan = Scan::of_run(&payload(&bytes), Element::Uint16, 3, 10, 4);
            while !scan.step(step).unwrap() {}
            let ends: Vec<_> = scan
                .parts()
                .iter()
                .map(|part| (part.ends.unwrap().0.as_f64() as u32, part.ends.unwrap().1.as_f64() as u32))
                .collect();
            assert_eq!(ends, [(0, 2), (3, 4), (5, 7), (8, 9)]);
            assert_eq!(scan.range(), Range::of(Element::Uint16, &values));
        }
    }

    #[test]
    fn a_line_joins_its_columns_and_leaves_gaps_open() {
        let part = |value: f32| Range::of(Element::Float32, &value.to_le_bytes());
        let parts = [part(0.0), part(2.0), part(f32::NAN), part(1.0)];
        let mut all = Range::default();
        parts.iter().for_each(|one| all.absorb(*one));
        let rgba = line(&parts, &all, (8, 5), 1);
        let drawn: Vec<String> = rgba
            .chunks(8 * 4)
            .map(|row| row.chunks(4).map(|pixel| if pixel[3] == 255 { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(drawn, ["..##....", "..#.....", "..#...##", "..#.....", "###....."]);
        assert_eq!(rgba[2 * 4..3 * 4], [INK[0], INK[1], INK[2], 255]);
    }

    #[test]
    fn points_lie_on_one_scale_and_have_ink_by_intensity() {
        let x = [0.0f32, 4.0, 2.0, f32::NAN];
        let y = [0.0f32, 2.0, 1.0, 0.0];
        let strength = [0u16, 100, 50, 7];
        let mut bytes: Vec<u8> = x.iter().chain(&y).flat_map(|value| value.to_le_bytes()).collect();
        bytes.extend(strength.iter().flat_map(|value| value.to_le_bytes()));
        let payload = payload(&bytes);
        let scan = |element, start| {
            let mut scan = Scan::of_run(&payload, element, start, 4, 1);
            while !scan.step(1).unwrap() {}
            scan.range()
        };
        let ranges = [scan(Element::Float32, 0), scan(Element::Float32, 16), scan(Element::Uint16, 32)];
        let mut points = Points::new(&payload, [0, 16, 32], ranges, 4, (5, 5), 1);
        while !points.step(1).unwrap() {}
        let rgba = points.into_rgba();
        let ink: Vec<(usize, u8)> =
            rgba.chunks(4).enumerate().filter(|(_, pixel)| pixel[3] > 0).map(|(at, pixel)| (at, pixel[3])).collect();
        // In the rows 1 to 3, because y spans half of what x does.
        assert_eq!(ink, [(9, 255), (12, 156), (15, FAINTEST)]);
    }

    #[test]
    fn points_in_one_place_are_in_the_middle() {
        let payload = payload(&[0; 10]);
        let one = |element: Element| Range::of(element, &[0; 4][..element.size()]);
        let ranges = [one(Element::Float32), one(Element::Float32), one(Element::Uint16)];
        let mut points = Points::new(&payload, [0, 4, 8], ranges, 1, (9, 5), 1);
        assert!(points.step(10).unwrap());
        let at = points.into_rgba().chunks(4).position(|pixel| pixel[3] > 0);
        assert_eq!(at, Some(2 * 9 + 4));
    }

    #[test]
    fn a_picture_fits_its_room() {
        let room = Room { width: 480.0, height: 360.0, density: 1.0 };
        let fit = |width, height| room.fit(width, height);
        assert_eq!(fit(1536, 1920), Fit { shown: (288, 360), pixels: (288, 360) });
        assert_eq!(fit(1920, 1536), Fit { shown: (450, 360), pixels: (450, 360) });
        assert_eq!(fit(4, 3), Fit { shown: (480, 360), pixels: (4, 3) });
        assert_eq!(fit(7, 7), Fit { shown: (357, 357), pixels: (7, 7) });
        assert_eq!(fit(1_000_000, 1), Fit { shown: (480, 60), pixels: (480, 1) });
        assert_eq!(fit(3, 10_000), Fit { shown: (45, 360), pixels: (3, 360) });
        assert_eq!(Room { density: 2.0, ..room }.fit(1920, 1536), Fit { shown: (450, 360), pixels: (900, 720) });
        assert_eq!(room.plot(0.5), Fit { shown: (480, 180), pixels: (480, 180) });
        let span = |value: f32| Range::of(Element::Float32, &[0f32.to_le_bytes(), value.to_le_bytes()].concat());
        assert_eq!(room.field(&span(2.0), &span(1.0)).shown, (480, 240));
        assert_eq!(room.field(&span(2.0), &span(0.0)).shown, (480, 60));
        assert_eq!(room.field(&span(0.0), &span(0.0)).shown, (360, 360));
    }

    #[test]
    fn an_owner_that_is_gone_is_an_error() {
        // Bytes that are not there stand for an owner that was detached.
        let mut scan = Scan::of_run(&payload(&[1, 2, 3]), Element::Uint8, 0, 4, 1);
        assert!(matches!(scan.step(10), Err(MessageError::Truncated { .. })));
    }
}
