//! Reads headers out of a payload without copying what the headers stand before.

use std::{any::Any, cell::Cell, num::NonZeroUsize, sync::Arc};

use zenoh_buffers::{
    ZBuf, ZSlice, ZSliceBuffer,
    reader::{BacktrackableReader, DidntRead, Reader},
};

use super::MAX_HEADER;
use zbytes::{ledger::Ledger, payload::ZBytes};

/// How many bytes are looked at in one go when they are not in linear memory.
const WINDOW: usize = 256;

/// Stands in a decoded message for bytes that stayed where they were.
///
/// zenoh's codec wants to put a payload into a `ZSlice`, which must be a real `&[u8]`; an array in
/// the JavaScript heap is none. So the reader hands out this owner of one meaningless byte instead,
/// and [`resolve`] finds the place again.
#[derive(Debug)]
struct Deferred {
    start: usize,
    len: usize,
}

impl ZSliceBuffer for Deferred {
    fn as_slice(&self) -> &[u8] {
        &[0]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The bytes that `decoded` stands for: parts of `source`, over the same owners. `None` when it was
/// not read from there.
pub(super) fn resolve(decoded: &ZBuf, source: &ZBytes) -> Option<ZBytes> {
    let mut slices = decoded.zslices();
    let Some(first) = slices.next() else { return Some(ZBytes::empty()) };
    let deferred = first.downcast_ref::<Deferred>()?;
    source.slice(deferred.start..deferred.start + deferred.len)
}

/// How many bytes `decoded` stands for, whether they are there or not.
pub(super) fn stood_for(decoded: &ZBuf) -> usize {
    decoded.zslices().filter_map(|slice| slice.downcast_ref::<Deferred>()).map(|deferred| deferred.len).sum()
}

/// What the codec does with what it reads, which differs by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// It takes payloads for bytes that it passes on: stand-ins with their place will do.
    Places,
    /// As [`Needs::Places`], of a message of which only the beginning is there: a stand-in may
    /// reach beyond the end, where nothing can be read then.
    Head,
    /// It looks into what elsewhere would be a payload: a declaration has a key in such a field.
    /// That is metadata, and is copied.
    Bytes,
}

/// A zenoh [`Reader`] over the segments of a payload.
pub(super) struct HeaderReader<'a> {
    source: &'a ZBytes,
    ledger: &'a mut Ledger,
    position: usize,
    /// Bytes of the present message that were read, and not stood in for.
    spent: usize,
    /// Whether the last that the codec did was to ask what remains, and it was told less than there
    /// is.
    short: Cell<bool>,
    /// The segment under the position, and where it begins.
    segment: usize,
    segment_start: usize,
    needs: Needs,
    window: [u8; WINDOW],
    window_start: usize,
    window_len: usize,
}

impl<'a> HeaderReader<'a> {
    pub(super) fn new(source: &'a ZBytes, ledger: &'a mut Ledger) -> Self {
        Self {
            source,
            ledger,
            position: 0,
            spent: 0,
            short: Cell::new(false),
            segment: 0,
            segment_start: 0,
            needs: Needs::Places,
            window: [0; WINDOW],
            window_start: 0,
            window_len: 0,
        }
    }

    /// What the codec needs for the message that begins here.
    pub(super) fn need(&mut self, needs: Needs) {
        (self.needs, self.spent) = (needs, 0);
    }

    /// Whether the present message could not be read because it has more bytes to be read than one
    /// may have.
    pub(super) fn is_spent(&self) -> bool {
        self.spent >= MAX_HEADER || self.short.get()
    }

    pub(super) fn source(&self) -> &'a ZBytes {
        self.source
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn at_end(&self) -> bool {
        self.position >= self.source.len()
    }

    /// The next byte, without moving on.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.available().and_then(|bytes| bytes.first().copied())
    }

    /// Everything from here to the end, left where it is.
    pub(super) fn rest(&mut self) -> ZBytes {
        let rest = self.source.slice(self.position..self.source.len());
        self.position = self.source.len();
        rest.unwrap_or_else(ZBytes::empty)
    }

    fn left(&self) -> usize {
        self.source.len().saturating_sub(self.position)
    }

    /// At least one byte from the position on, without a copy when it is in linear memory; `None`
    /// at the end.
    fn available(&mut self) -> Option<&[u8]> {
        if self.position < self.segment_start {
            (self.segment, self.segment_start) = (0, 0);
        }
        let segments = self.source.segments();
        let mut segment = segments.get(self.segment)?;
        while self.position >= self.segment_start + segment.len() {
            self.segment_start += segment.len();
            self.segment += 1;
            segment = segments.get(self.segment)?;
        }
        let offset = self.position - self.segment_start;
        if let Some(bytes) = segment.as_linear() {
            return bytes.as_slice().get(offset..);
        }
        let seen = self.window_start..self.window_start + self.window_len;
        if !seen.contains(&self.position) {
            let len = WINDOW.min(segment.len() - offset);
            segment.peek(offset, self.window.get_mut(..len)?, self.ledger).ok()?;
            (self.window_start, self.window_len) = (self.position, len);
        }
        self.window.get(self.position - self.window_start..self.window_len)
    }
}

impl Reader for HeaderReader<'_> {
    #[allow(clippy::disallowed_methods, reason = "headers: payloads are stood in for")]
    fn read(&mut self, into: &mut [u8]) -> Result<NonZeroUsize, DidntRead> {
        self.short.set(false);
        let most = MAX_HEADER.saturating_sub(self.spent).min(into.len());
        let bytes = self.available().ok_or(DidntRead)?;
        let len = bytes.len().min(most);
        let (Some(from), Some(to)) = (bytes.get(..len), into.get_mut(..len)) else { return Err(DidntRead) };
        to.copy_from_slice(from);
        self.position += len;
        self.spent += len;
        NonZeroUsize::new(len).ok_or(DidntRead)
    }

    fn read_exact(&mut self, into: &mut [u8]) -> Result<(), DidntRead> {
        let mut done = 0;
        while let Some(space) = into.get_mut(done..).filter(|space| !space.is_empty()) {
            done += self.read(space)?.get();
        }
        Ok(())
    }

    /// Never more than what a message may still have to be read: the codec allocates what a length
    /// field asks for once that much remains. It also finds the length of a query's body as the
    /// difference of two answers, with nothing stood in for between them. Both bounds go down by
    /// what is read there, so the difference is that.
    fn remaining(&self) -> usize {
        let most = MAX_HEADER.saturating_sub(self.spent);
        self.short.set(most < self.left());
        self.left().min(most)
    }

    fn read_zslices<F: FnMut(ZSlice)>(&mut self, len: usize, mut for_each_slice: F) -> Result<(), DidntRead> {
        self.short.set(false);
        if len > self.left() && self.needs != Needs::Head {
            return Err(DidntRead);
        }
        if self.needs == Needs::Bytes && len > 0 {
            for_each_slice(self.read_zslice(len)?);
        } else if len > 0 {
            let deferred = Deferred { start: self.position, len };
            for_each_slice(ZSlice::new(Arc::new(deferred), 0, 1).map_err(|_| DidntRead)?);
            self.position = self.position.saturating_add(len);
        }
        Ok(())
    }

    /// Short fields such as a cookie or the schema of an encoding, which are metadata and are
    /// copied.
    fn read_zslice(&mut self, len: usize) -> Result<ZSlice, DidntRead> {
        if len > self.remaining() {
            return Err(DidntRead);
        }
        let mut bytes = vec![0; len];
        self.read_exact(&mut bytes)?;
        Ok(ZSlice::from(bytes))
    }
}

impl BacktrackableReader for HeaderReader<'_> {
    type Mark = usize;

    fn mark(&mut self) -> Self::Mark {
        self.position
    }

    fn rewind(&mut self, mark: Self::Mark) -> bool {
        self.position = mark;
        true
    }
}
