//! The least and the greatest of the numbers, which the picture reaches from and to.

use zbytes::{
    payload::{Reader, ZBytes},
    segment::Element,
};

use super::raster::{CALL, Raster, WINDOW, read_at};
use crate::{MessageError, values::Range};

/// Works out the range of every value in some rows of elements.
pub struct Scan {
    reader: Reader,
    element: Element,
    /// Where the rows begin in the payload, how many they are, the bytes of each, and from one to
    /// the next.
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

    /// A scan of the pixels of a picture whose array is at byte `start`: of all its slices, and
    /// without what fills up its rows.
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
            let bytes = &mut self.window[..len];
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
                self.parts[part].absorb(Range::of(self.element, now));
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
