//! A payload: an ordered list of segments, zenoh's `ZBytes`.
//!
//! [`ZBytes`] is what a put sends and what a sample carries. Building one out of borrowed segments copies no byte and costs
//! O(segments); segments in copy mode are copied, all of one payload into one block of linear memory. Cloning and slicing
//! copy nothing. The counts of building are part of the payload ([`ZBytes::built`]).
//!
//! ```
//! use zbytes_lab::{payload::ZBytes, segment::{Mode, Segment}};
//!
//! let (header, image) = (Segment::from(vec![1, 2]), Segment::from(vec![7; 1000]));
//! let payload = ZBytes::from_segments([(header, Mode::Copy), (image, Mode::Borrow)])?;
//! assert_eq!(payload.len(), 1002);
//! assert_eq!(payload.built().total(), 2); // Only the header was copied.
//! # Ok::<(), zbytes_lab::payload::BuildError>(())
//! ```
//!
//! It must never flatten itself in silence: contiguous bytes exist only for whoever asks for them, with a ledger in hand.
//! Borders between segments are not on the wire; a receiver finds the borders of its own batches instead.

mod layout;

use std::{fmt, ops::Range, rc::Rc};

use zenoh_buffers::ZSlice;

pub use self::layout::{Layout, Run};
use crate::{
    ledger::{Ledger, Reason, Stage},
    segment::{Mode, Segment, SegmentError},
};

/// The longest payload that can be built, in bytes: what a router takes in one message (`max_message_size` of zenoh 1.10,
/// 2^30). A message is a little longer than its payload, so a put may still refuse a payload just below.
pub const MAX_LEN: usize = 1 << 30;

/// Why a payload could not be built. Nothing was built then, and no source was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A source could not be taken.
    Segment {
        /// Which one, counted from 0.
        index: usize,
        /// Why.
        error: SegmentError,
    },
    /// The sum of all lengths passes [`MAX_LEN`].
    TooLong {
        /// The sum, in bytes.
        requested: u64,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment { index, error } => write!(f, "segment {index}: {error}"),
            Self::TooLong { requested } => write!(
                f,
                "the payload would have {requested} B; at most {MAX_LEN} B (1 GiB) fit into a zenoh message. Make it shorter or \
                 send it in parts"
            ),
        }
    }
}

impl std::error::Error for BuildError {}

/// An ordered list of segments. See the [module](self).
#[derive(Clone)]
pub struct ZBytes {
    segments: Rc<[Segment]>,
    len: usize,
    built: Rc<Ledger>,
}

impl ZBytes {
    /// Builds a payload out of `sources`, each taken by its mode.
    ///
    /// Borrowed segments keep a reference to their owner. Segments in copy mode are copied into one block that the payload
    /// owns; the copies are in [`ZBytes::built`]. Empty segments are kept.
    ///
    /// # Errors
    /// [`BuildError`], before anything is copied, or when a source turns out to be detached or memory runs out.
    pub fn from_segments(sources: impl IntoIterator<Item = (Segment, Mode)>) -> Result<Self, BuildError> {
        let mut sources: Vec<(Segment, Mode)> = sources.into_iter().collect();
        let (mut total, mut copied) = (0u64, 0usize);
        for (index, (segment, mode)) in sources.iter().enumerate() {
            segment.check().map_err(|error| BuildError::Segment { index, error })?;
            total += segment.len() as u64;
            if *mode == Mode::Copy {
                copied = copied.saturating_add(segment.len());
            }
        }
        if total > MAX_LEN as u64 {
            return Err(BuildError::TooLong { requested: total });
        }

        let mut built = Ledger::new();
        if sources.iter().any(|(_, mode)| *mode == Mode::Copy) {
            let block = copy_block(&sources, copied, &mut built)?;
            let mut start = 0;
            for (segment, mode) in &mut sources {
                if *mode == Mode::Copy {
                    let end = start + segment.len();
                    let part = block.subslice(start..end).unwrap_or_else(ZSlice::empty);
                    *segment = Segment::linear(part, segment.element());
                    start = end;
                }
            }
        }
        let segments = sources.into_iter().map(|(segment, mode)| segment.taken_by(mode)).collect();
        Ok(Self { segments, len: total as usize, built: Rc::new(built) })
    }

    /// A payload of segments that are already held, as those of received batches. Nothing is copied.
    #[must_use]
    pub(crate) fn of_held(segments: Vec<Segment>) -> Self {
        let len = segments.iter().map(Segment::len).sum();
        Self { segments: segments.into(), len, built: Rc::default() }
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

    /// Length in bytes. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no byte in it. It may still have empty segments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What building this payload copied.
    #[must_use]
    pub fn built(&self) -> &Ledger {
        &self.built
    }

    /// The segments as plain spans, equal neighbours folded into runs.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::of(self.segments.iter().map(Run::single))
    }

    /// The bytes in `range` as a payload over the same owners, or `None` when it does not lie inside. Copies nothing;
    /// O(segments). Segments without a byte in the range are left out.
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
                parts.extend(segment.slice(from - offset..to - offset));
            }
            offset += segment.len();
            if offset >= range.end {
                break;
            }
        }
        Some(Self::of_held(parts))
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

    /// All bytes in one block: borrowed when there is one segment in linear memory, else copied once and noted in `ledger`.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner was detached or memory runs out.
    pub fn to_bytes(&self, ledger: &mut Ledger) -> Result<ZSlice, BuildError> {
        if let [only] = self.segments.as_ref()
            && let Some(slice) = only.as_linear()
        {
            return Ok(slice.clone());
        }
        let mut block = reserve(self.len, 0)?;
        for (index, segment) in self.segments.iter().enumerate() {
            segment
                .append_to(&mut block, Stage::Read, Reason::Contiguous, ledger)
                .map_err(|error| BuildError::Segment { index, error })?;
        }
        Ok(ZSlice::from(block))
    }

    /// Shows all bytes to `look`, in order, without making them contiguous: those in linear memory in place, others through
    /// `window`, noted in `ledger`.
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

impl fmt::Debug for ZBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZBytes").field("len", &self.len).field("segments", &self.segments.len()).finish()
    }
}

/// `index` names the segment that an error is reported of.
fn reserve(len: usize, index: usize) -> Result<Vec<u8>, BuildError> {
    let mut block = Vec::new();
    block
        .try_reserve_exact(len)
        .map_err(|_| BuildError::Segment { index, error: SegmentError::OutOfMemory { requested: len } })?;
    Ok(block)
}

fn copy_block(sources: &[(Segment, Mode)], len: usize, ledger: &mut Ledger) -> Result<ZSlice, BuildError> {
    let first = sources.iter().position(|(_, mode)| *mode == Mode::Copy).unwrap_or_default();
    let mut block = reserve(len, first)?;
    for (index, (segment, mode)) in sources.iter().enumerate() {
        if *mode == Mode::Copy {
            segment
                .append_to(&mut block, Stage::Build, Reason::CopyMode, ledger)
                .map_err(|error| BuildError::Segment { index, error })?;
        }
    }
    Ok(ZSlice::from(block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sources(parts: &[(Vec<u8>, Mode)]) -> Vec<(Segment, Mode)> {
        parts.iter().map(|(bytes, mode)| (Segment::from(bytes.clone()), *mode)).collect()
    }

    fn flat(payload: &ZBytes) -> Vec<u8> {
        payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
    }

    fn any_parts() -> impl Strategy<Value = Vec<(Vec<u8>, Mode)>> {
        let mode = prop_oneof![Just(Mode::Copy), Just(Mode::Borrow)];
        prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), mode), 0..12)
    }

    #[test]
    fn borrowing_records_no_copied_byte_and_copying_each_byte_once() {
        let bytes = vec![5; 1000];
        let borrowed = ZBytes::from_segments(sources(&[(bytes.clone(), Mode::Borrow), (bytes.clone(), Mode::Borrow)]));
        assert_eq!(borrowed.unwrap().built().total(), 0);
        let copied = ZBytes::from_segments(sources(&[(bytes.clone(), Mode::Copy), (bytes, Mode::Borrow)])).unwrap();
        assert_eq!(copied.built().bytes_in(Stage::Build), 1000);
        assert_eq!(copied.segments()[0].mode(), Mode::Copy);
        assert_eq!(copied.segments()[1].mode(), Mode::Borrow);
    }

    #[test]
    fn a_borrowed_segment_is_the_callers_memory() {
        let source = Segment::from(vec![1, 2, 3]);
        let address = source.as_linear().unwrap().as_slice().as_ptr();
        let payload = ZBytes::from_segments([(source.clone(), Mode::Borrow), (source, Mode::Copy)]).unwrap();
        assert_eq!(payload.segments()[0].as_linear().unwrap().as_slice().as_ptr(), address);
        assert_ne!(payload.segments()[1].as_linear().unwrap().as_slice().as_ptr(), address);
    }

    #[test]
    fn one_linear_segment_needs_no_copy_to_be_contiguous() {
        let mut ledger = Ledger::new();
        let payload = ZBytes::from_segments(sources(&[(vec![1; 9], Mode::Borrow)])).unwrap();
        payload.to_bytes(&mut ledger).unwrap();
        assert_eq!(ledger.total(), 0);
        let two = ZBytes::from_segments(sources(&[(vec![1; 9], Mode::Borrow), (vec![2; 4], Mode::Borrow)])).unwrap();
        assert_eq!(two.to_bytes(&mut ledger).unwrap().len(), 13);
        assert_eq!(ledger.bytes_in(Stage::Read), 13);
    }

    #[test]
    fn too_long_is_refused_with_its_size() {
        // One allocation, referred to often: 17 times 64 MiB.
        let piece = Segment::from(vec![0; 64 << 20]);
        let refused = ZBytes::from_segments((0..17).map(|_| (piece.clone(), Mode::Borrow)));
        assert_eq!(refused.unwrap_err(), BuildError::TooLong { requested: 17 << 26 });
    }

    #[test]
    fn empty_segments_are_kept() {
        let payload =
            ZBytes::from_segments(sources(&[(vec![], Mode::Copy), (vec![1], Mode::Borrow), (vec![], Mode::Borrow)]));
        let payload = payload.unwrap();
        assert_eq!(payload.segments().len(), 3);
        assert_eq!(payload.len(), 1);
        assert!(ZBytes::from_segments([]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn property_bytes_are_the_sources_in_order(parts in any_parts()) {
            let payload = ZBytes::from_segments(sources(&parts)).unwrap();
            let model: Vec<u8> = parts.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
            prop_assert_eq!(payload.len(), model.len());
            prop_assert_eq!(&flat(&payload), &model);
            let copied: usize = parts.iter().filter(|(_, m)| *m == Mode::Copy).map(|(b, _)| b.len()).sum();
            prop_assert_eq!(payload.built().total(), copied as u64);
            let mut seen = Vec::new();
            payload.for_each_window(&mut [0; 7], &mut Ledger::new(), |bytes| seen.extend_from_slice(bytes)).unwrap();
            prop_assert_eq!(seen, model);
        }

        #[test]
        fn property_a_slice_is_the_models_slice(parts in any_parts(), a in 0usize..260, b in 0usize..260) {
            let payload = ZBytes::from_segments(sources(&parts)).unwrap();
            let model = flat(&payload);
            match payload.slice(a..b) {
                Some(slice) => prop_assert_eq!(flat(&slice), model[a..b].to_vec()),
                None => prop_assert!(a > b || b > model.len()),
            }
        }

        #[test]
        fn property_the_layout_unfolds_to_the_segments(parts in any_parts()) {
            let payload = ZBytes::from_segments(sources(&parts)).unwrap();
            let layout = payload.layout();
            let unfolded: Vec<usize> = layout.runs.iter().flat_map(|run| vec![run.len; run.count]).collect();
            let lengths: Vec<usize> = parts.iter().map(|(bytes, _)| bytes.len()).collect();
            prop_assert_eq!(unfolded, lengths);
            prop_assert_eq!(layout.len(), payload.len());
            prop_assert_eq!(layout.segments(), parts.len());
        }
    }
}
