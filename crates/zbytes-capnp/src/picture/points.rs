//! A picture of points, painted from above.

use zbytes::{
    payload::{Reader, ZBytes},
    segment::Element,
};

use super::raster::{WINDOW, inked, read_at};
use crate::{
    MessageError,
    values::{Number, Range},
};

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
    /// `count` points, whose x, y and intensity begin at the bytes `starts` of the payload and have
    /// `ranges`. Each is a square of `side` pixels.
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
            let runs = self.readers.iter_mut().zip(&mut self.windows).zip(self.starts);
            for (((reader, window), start), size) in runs.zip([4, 4, 2]) {
                read_at(reader, start + self.done * size, &mut window[..now * size])?;
            }
            let [xs, ys, strengths] = &self.windows;
            let points = xs.as_chunks().0.iter().zip(ys.as_chunks().0).zip(strengths.chunks_exact(2)).take(now);
            for ((x, y), strength) in points {
                let (x, y) = (f64::from(f32::from_le_bytes(*x)), f64::from(f32::from_le_bytes(*y)));
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
