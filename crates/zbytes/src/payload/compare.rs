//! Equality of payloads: by bytes, and apart from it by borders.

use super::{build::BuildError, bytes::ZBytes};
use crate::{
    ledger::{Ledger, Reason, Stage},
    segment::Segment,
};

/// Bytes outside linear memory are compared through two windows of this many bytes.
const WINDOW: usize = 32 << 10;

/// A position in a payload, in front of the next byte.
struct Cursor<'a> {
    segments: &'a [Segment],
    index: usize,
    offset: usize,
    window: Vec<u8>,
}

impl<'a> Cursor<'a> {
    fn new(payload: &'a ZBytes) -> Self {
        Self { segments: payload.segments(), index: 0, offset: 0, window: Vec::new() }
    }

    /// The segment that the next byte is in, and how much of it is left; `None` at the end.
    fn segment(&mut self) -> Option<(&'a Segment, usize)> {
        loop {
            let segment = self.segments.get(self.index)?;
            if self.offset < segment.len() {
                return Some((segment, segment.len() - self.offset));
            }
            (self.index, self.offset) = (self.index + 1, 0);
        }
    }

    /// The next `len` bytes, which lie in the one segment that [`Cursor::segment`] has found.
    fn look(&mut self, len: usize, ledger: &mut Ledger) -> Result<&[u8], BuildError> {
        let (index, offset) = (self.index, self.offset);
        let segment = &self.segments[index];
        if let Some(slice) = segment.as_linear() {
            return Ok(&slice[offset..offset + len]);
        }
        self.window.resize(len, 0);
        segment
            .copy_to(offset, &mut self.window, Stage::Read, Reason::Window, ledger)
            .map_err(|error| BuildError::Segment { index, error })?;
        Ok(&self.window)
    }
}

impl ZBytes {
    /// Whether both have the same bytes, however they are cut into segments. Bytes in linear memory
    /// are compared in place; those in the JavaScript heap are copied through a window, noted in
    /// `ledger`. The same range of the same owner is equal without a look at its bytes.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner of either was detached.
    pub fn eq_bytes(&self, other: &Self, ledger: &mut Ledger) -> Result<bool, BuildError> {
        self.check()?;
        other.check()?;
        if self.len() != other.len() {
            return Ok(false);
        }
        let (mut here, mut there) = (Cursor::new(self), Cursor::new(other));
        while let (Some((mine, left)), Some((theirs, right))) = (here.segment(), there.segment()) {
            let mut len = left.min(right);
            if !(here.offset == there.offset && mine.is_same(theirs)) {
                if mine.as_linear().is_none() || theirs.as_linear().is_none() {
                    len = len.min(WINDOW);
                }
                if here.look(len, ledger)? != there.look(len, ledger)? {
                    return Ok(false);
                }
            }
            here.offset += len;
            there.offset += len;
        }
        Ok(true)
    }

    /// Whether both are cut alike: as many segments, empty ones included, of the same lengths in
    /// the same order. Looks at no byte.
    #[must_use]
    pub fn eq_layout(&self, other: &Self) -> bool {
        self.segments().iter().map(Segment::len).eq(other.segments().iter().map(Segment::len))
    }
}
