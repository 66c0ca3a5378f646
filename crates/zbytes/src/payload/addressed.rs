//! A payload whose bytes are looked at by offset, anywhere and in any order.

use std::ops::Range;

use super::{build::BuildError, bytes::ZBytes};
use crate::{
    ledger::{Ledger, Reason, Stage},
    segment::Segment,
};

/// A payload, and where each of its segments begins, so that finding a byte costs O(log segments).
#[derive(Clone, Debug)]
pub struct Addressed {
    payload: ZBytes,
    starts: Vec<usize>,
}

impl Addressed {
    /// Looks up where the segments begin. O(segments); reads no byte.
    #[must_use]
    pub fn new(payload: ZBytes) -> Self {
        let mut end = 0;
        let start = |segment: &Segment| {
            end += segment.len();
            end - segment.len()
        };
        let starts = payload.segments().iter().map(start).collect();
        Self { payload, starts }
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &ZBytes {
        &self.payload
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload.len()
    }

    /// Whether it has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    /// The index of the segment that has the byte at `offset`, or `None` beyond the end. It is
    /// never an empty one.
    #[must_use]
    pub fn segment_of(&self, offset: usize) -> Option<usize> {
        // Of segments that begin at the same place only the last can have a byte.
        (offset < self.len()).then(|| self.starts.partition_point(|start| *start <= offset))?.checked_sub(1)
    }

    /// Where segment `index` lies.
    #[must_use]
    pub fn range(&self, index: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(index)?;
        Some(start..start + self.payload.segments().get(index)?.len())
    }

    /// Copies `into.len()` bytes from `offset` on, from as many segments as that takes, noted in
    /// `ledger` as a window. What lies beyond the end is left as it was.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when an owner was detached.
    pub fn copy_to(&self, offset: usize, into: &mut [u8], ledger: &mut Ledger) -> Result<(), BuildError> {
        let mut done = 0;
        while done < into.len() {
            let at = offset + done;
            let Some((index, range)) = self.place(at) else { break };
            let part = (range.end - at).min(into.len() - done);
            let space = &mut into[done..done + part];
            self.payload.segments()[index]
                .copy_to(at - range.start, space, Stage::Read, Reason::Window, ledger)
                .map_err(|error| BuildError::Segment { index, error })?;
            done += part;
        }
        Ok(())
    }

    /// The bytes from `offset` on: at most `most`, and no further than the end of their segment. In
    /// place when they are in linear memory, else copied through `window`, noted in `ledger`. Empty
    /// beyond the end.
    ///
    /// # Errors
    /// [`BuildError::Segment`] when the owner was detached.
    pub fn chunk<'a>(
        &'a self,
        offset: usize,
        most: usize,
        window: &'a mut Vec<u8>,
        ledger: &mut Ledger,
    ) -> Result<&'a [u8], BuildError> {
        let Some((index, range)) = self.place(offset) else { return Ok(&[]) };
        self.look(index, offset - range.start..range.end.min(offset.saturating_add(most)) - range.start, window, ledger)
    }

    /// The bytes before `end`: at most `most`, and no further than the beginning of their segment;
    /// else as [`Addressed::chunk`].
    ///
    /// # Errors
    /// [`BuildError::Segment`] when the owner was detached.
    pub(super) fn chunk_before<'a>(
        &'a self,
        end: usize,
        most: usize,
        window: &'a mut Vec<u8>,
        ledger: &mut Ledger,
    ) -> Result<&'a [u8], BuildError> {
        let end = end.min(self.len());
        let Some((index, range)) = end.checked_sub(1).and_then(|last| self.place(last)) else { return Ok(&[]) };
        self.look(index, range.start.max(end.saturating_sub(most)) - range.start..end - range.start, window, ledger)
    }

    /// The segment that has the byte at `offset`, and where it lies; `None` beyond the end.
    fn place(&self, offset: usize) -> Option<(usize, Range<usize>)> {
        let index = self.segment_of(offset)?;
        Some((index, self.range(index)?))
    }

    /// A part of segment `index`, as [`Addressed::place`] has found them.
    fn look<'a>(
        &'a self,
        index: usize,
        part: Range<usize>,
        window: &'a mut Vec<u8>,
        ledger: &mut Ledger,
    ) -> Result<&'a [u8], BuildError> {
        let segment = &self.payload.segments()[index];
        if let Some(slice) = segment.as_linear() {
            return Ok(&slice[part]);
        }
        window.resize(part.len(), 0);
        segment
            .copy_to(part.start, window, Stage::Read, Reason::Window, ledger)
            .map_err(|error| BuildError::Segment { index, error })?;
        Ok(window)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::segment::{Mode, Segment};
    use proptest::prelude::*;

    /// A payload of these segments, and its bytes.
    pub(crate) fn addressed(parts: &[Vec<u8>]) -> (Addressed, Vec<u8>) {
        let sources = parts.iter().map(|bytes| (Segment::from(bytes.clone()), Mode::Borrow));
        (Addressed::new(ZBytes::from_segments(sources).unwrap()), parts.concat())
    }

    #[test]
    fn an_empty_segment_has_no_byte() {
        let (payload, _) = addressed(&[vec![], vec![1, 2], vec![], vec![], vec![3], vec![]]);
        assert_eq!([0, 1, 2, 3].map(|at| payload.segment_of(at)), [Some(1), Some(1), Some(4), None]);
        assert_eq!((payload.range(0), payload.range(4), payload.range(6)), (Some(0..0), Some(2..3), None));
        assert_eq!(addressed(&[]).0.segment_of(0), None);
        assert_eq!(addressed(&[vec![]]).0.segment_of(0), None);
    }

    proptest! {
        #[test]
        fn property_bytes_by_offset_are_those_of_the_flat_payload(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..9),
            offset in 0usize..60,
            most in 1usize..20,
        ) {
            let (payload, flat) = addressed(&parts);
            let mut ledger = Ledger::new();
            let mut bytes = vec![0xaa; most];
            payload.copy_to(offset, &mut bytes, &mut ledger).unwrap();
            let there = flat.get(offset..).unwrap_or_default();
            let there = &there[..most.min(there.len())];
            prop_assert_eq!(&bytes[..there.len()], there);
            prop_assert!(bytes[there.len()..].iter().all(|byte| *byte == 0xaa));
            prop_assert_eq!(ledger.bytes_in(Stage::Read), there.len() as u64);
            // Forwards and backwards, chunk by chunk; in linear memory nothing is copied for it.
            let mut ledger = Ledger::new();
            let mut window = Vec::new();
            let (mut forwards, mut backwards) = (Vec::new(), Vec::new());
            loop {
                let chunk = payload.chunk(forwards.len(), most, &mut window, &mut ledger).unwrap();
                if chunk.is_empty() { break }
                prop_assert!(chunk.len() <= most);
                forwards.extend_from_slice(chunk);
            }
            loop {
                let end = flat.len() - backwards.len();
                let chunk = payload.chunk_before(end, most, &mut window, &mut ledger).unwrap();
                if chunk.is_empty() { break }
                backwards.extend(chunk.iter().rev());
            }
            backwards.reverse();
            prop_assert_eq!((&forwards, &backwards), (&flat, &flat));
            prop_assert_eq!(ledger.total(), 0);
        }
    }
}
