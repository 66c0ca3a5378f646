//! A picture of pixels, painted row by row.

use zbytes::payload::{Reader, ZBytes};

use super::raster::{CALL, FAR_APART, Raster, WINDOW, inked, read_at, spread};
use crate::{MessageError, values::Range};

/// Paints a slice of a picture, row by row.
pub struct Painting {
    pub(super) reader: Reader,
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
    /// Slice `slice` of the picture whose array is at byte `start`, in `pixels` columns and rows,
    /// shaded by `range`.
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

    /// Paints rows for which about `budget` bytes are looked at, and says whether those were the
    /// last.
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
            let bytes = &mut self.window[..len];
            read_at(&mut self.reader, begin + first, bytes)?;
            for column in column..end {
                let offset = at(column) - first;
                self.rgba.extend(self.raster.colour(&bytes[offset..offset + pixel], &self.range));
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

/// A line over elements, from the ranges of equal parts of them. Where a column of the plot has
/// several elements, it reaches from their least to their greatest. `thick` is the least height of
/// the line, in rows. Parts without a finite value are gaps.
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
