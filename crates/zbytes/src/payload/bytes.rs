//! The payload itself: what is in it, and how it is cut and read.

use std::{fmt, ops::Range, rc::Rc};

use zenoh_buffers::ZBuf;

use super::{
    build::{BuildError, reserve},
    reader::Reader,
};
use crate::{
    ledger::{Ledger, Reason, Stage},
    segment::{Contiguous, Segment, SegmentError},
};

/// The longest payload that can be built, in bytes: what a router takes in one message
/// (`max_message_size` of zenoh 1.10, 2^30). A message is a little longer than its payload, so a
/// put may still refuse a payload just below.
pub const MAX_LEN: usize = 1 << 30;

/// An ordered list of segments. See the [module](super).
#[derive(Clone)]
pub struct ZBytes {
    pub(super) segments: Rc<Vec<Segment>>,
    pub(super) len: usize,
}

impl ZBytes {
    /// A payload of segments that are already held, as those of received batches. Nothing is
    /// copied.
    #[must_use]
    pub fn of_held(segments: Vec<Segment>) -> Self {
        let len = segments.iter().map(Segment::len).sum();
        Self { segments: Rc::new(segments), len }
    }

    /// A payload without a byte and without a segment.
    #[must_use]
    pub fn empty() -> Self {
        Self::of_held(Vec::new())
    }

    /// The segments in payload order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segments, for a caller who goes on with them. Nothing is copied; the payload is gone,
    /// other payloads over the same owners stay.
    #[must_use]
    pub fn into_segments(self) -> Vec<Segment> {
        Rc::unwrap_or_clone(self.segments)
    }

    /// Length in bytes. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no byte. It may still have empty segments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes in `range` as a payload over the same owners, or `None` when it does not lie
    /// inside. Copies nothing; O(segments). Segments without a byte in the range are left out.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        if range.start > range.end || range.end > self.len {
            return None;
        }
        let mut parts = Vec::new();
        let mut offset = 0;
        for segment in self.segments.iter() {
            let (from, to) = (range.start.max(offset), range.end.min(offset + segment.len()));
            if from < to {
                parts.push(segment.slice(from - offset..to - offset)?);
            }
            offset += segment.len();
            if offset >= range.end {
                break;
            }
        }
        Some(Self::of_held(parts))
    }

    /// The first `at` bytes and the rest, over the same owners, or `None` when it is shorter than
    /// `at`. Copies nothing; O(segments). A segment across the border is in both. Every empty
    /// segment stays, in the second part if it stands at the border.
    #[must_use]
    pub fn split_at(&self, at: usize) -> Option<(Self, Self)> {
        if at > self.len {
            return None;
        }
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut offset = 0;
        for segment in self.segments.iter() {
            let end = offset + segment.len();
            if end <= at && offset < at {
                before.push(segment.clone());
            } else if offset >= at {
                after.push(segment.clone());
            } else {
                before.push(segment.slice(0..at - offset)?);
                after.push(segment.slice(at - offset..segment.len())?);
            }
            offset = end;
        }
        Some((Self::of_held(before), Self::of_held(after)))
    }

    /// Puts the segments of `other` behind those of this payload. Copies no byte; O(segments of
    /// `other`), and once more O(segments) when clones of this payload exist, which stay as they
    /// are.
    ///
    /// # Errors
    /// [`BuildError::TooLong`] when the sum passes [`MAX_LEN`]; both are then as they were.
    pub fn append(&mut self, other: &Self) -> Result<(), BuildError> {
        let requested = self.len as u64 + other.len as u64;
        if requested > MAX_LEN as u64 {
            return Err(BuildError::TooLong { requested });
        }
        // Cloned first: `other` may be a clone of this very payload.
        let more = other.segments.clone();
        Rc::make_mut(&mut self.segments).extend(more.iter().cloned());
        self.len = requested as usize;
        Ok(())
    }

    /// Whether every owner is still there. O(segments), reads no byte.
    ///
    /// # Errors
    /// The first [`SegmentError`], with the segment's index.
    pub fn check(&self) -> Result<(), BuildError> {
        for (index, segment) in self.segments.iter().enumerate() {
            segment.check().map_err(|error| BuildError::Segment { index, error })?;
        }
        Ok(())
    }

    /// All bytes in one block: borrowed when there is one segment in linear memory, else copied
    /// once and noted in `ledger`.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner was detached or memory runs out.
    pub fn to_bytes(&self, ledger: &mut Ledger) -> Result<Contiguous, BuildError> {
        if let [only] = self.segments.as_slice()
            && let Ok(bytes) = only.clone().into_contiguous()
        {
            return Ok(bytes);
        }
        let mut block = reserve(self.len, 0)?;
        for (index, segment) in self.segments.iter().enumerate() {
            segment
                .append_to(&mut block, Stage::Read, Reason::Contiguous, ledger)
                .map_err(|error| BuildError::Segment { index, error })?;
        }
        Ok(block.into())
    }

    /// Reads the bytes in order, as from a file. See [`Reader`].
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(self.clone())
    }

    /// Shows all bytes to `look`, in order, without making them contiguous: those in linear memory
    /// in place, others through `window`, noted in `ledger`.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner was detached.
    pub fn for_each_window(
        &self,
        window: &mut [u8],
        ledger: &mut Ledger,
        mut look: impl FnMut(&[u8]),
    ) -> Result<(), BuildError> {
        for (index, segment) in self.segments.iter().enumerate() {
            segment.for_each_window(window, ledger, &mut look).map_err(|error| BuildError::Segment { index, error })?;
        }
        Ok(())
    }
}

impl From<ZBuf> for ZBytes {
    /// A payload over the same slices. Nothing is copied.
    fn from(buf: ZBuf) -> Self {
        Self::of_held(buf.into_zslices().map(Segment::linear).collect())
    }
}

impl TryFrom<&ZBytes> for ZBuf {
    type Error = BuildError;

    /// A zenoh buffer over the same owners. Nothing is copied. A `ZBuf` holds no empty slice, so
    /// empty segments are lost.
    ///
    /// # Errors
    /// [`SegmentError::NotLinear`], with the index of the first segment that is not in linear
    /// memory.
    fn try_from(payload: &ZBytes) -> Result<Self, BuildError> {
        let mut buf = ZBuf::empty();
        for (index, segment) in payload.segments.iter().enumerate() {
            let slice = segment.as_zslice().ok_or(BuildError::Segment { index, error: SegmentError::NotLinear })?;
            buf.push_zslice(slice.clone());
        }
        Ok(buf)
    }
}

impl fmt::Debug for ZBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZBytes").field("len", &self.len).field("segments", &self.segments.len()).finish()
    }
}
