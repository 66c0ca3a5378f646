//! Reads headers out of a received batch, without a copy of the payloads behind them.

use std::{any::Any, cell::Cell, num::NonZeroUsize, ops::Range, sync::Arc};

use zenoh_buffers::{
    ZBuf, ZSlice, ZSliceBuffer,
    reader::{BacktrackableReader, DidntRead, Reader},
};

use super::MAX_HEADER;
use zbytes::{ledger::Ledger, payload::ZBytes};

/// How many bytes it copies at a time when they are not in linear memory.
const WINDOW: usize = 256;

/// A placeholder in a decoded message, for bytes that stayed where they were.
///
/// zenoh's codec puts a payload into a `ZSlice`, which must be a real `&[u8]`. An array in the
/// JavaScript heap is not one. So the reader returns this owner of one meaningless byte instead,
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

/// The bytes that `decoded` is a placeholder for: parts of `source`, over the same owners. `None`
/// when `decoded` was not read from there.
pub(super) fn resolve(decoded: &ZBuf, source: &ZBytes) -> Option<ZBytes> {
    let mut slices = decoded.zslices();
    let Some(first) = slices.next() else { return Some(ZBytes::empty()) };
    let deferred = first.downcast_ref::<Deferred>()?;
    source.slice(deferred.start..deferred.start + deferred.len)
}

/// How many bytes `decoded` is a placeholder for, also if they have not arrived.
pub(super) fn stood_for(decoded: &ZBuf) -> usize {
    decoded.zslices().filter_map(|slice| slice.downcast_ref::<Deferred>()).map(|deferred| deferred.len).sum()
}

/// How the codec uses the bytes of a field, which differs by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// The codec passes payloads on unread: placeholders with their place are enough.
    Places,
    /// As [`Needs::Places`], for a message whose beginning alone has arrived. A placeholder may
    /// reach beyond the end, and reading stops there.
    Head,
    /// The codec reads a field that is a payload in other messages: a declaration has a key in it.
    /// That key is metadata, and is copied.
    Bytes,
}

/// A zenoh [`Reader`] over the segments of a payload.
#[derive(Debug)]
pub(super) struct HeaderReader<'a> {
    source: &'a ZBytes,
    ledger: &'a mut Ledger,
    position: usize,
    /// Bytes of the current message that were read, placeholders excluded.
    spent: usize,
    /// Whether the codec's last call asked for the remaining bytes, and the answer was less than
    /// the true number.
    short: Cell<bool>,
    /// The segment under the position, and where it begins.
    segment: usize,
    segment_start: usize,
    needs: Needs,
    /// Where the placeholders so far are, when a caller wants to know.
    places: Option<Vec<Range<usize>>>,
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
            places: None,
            window: [0; WINDOW],
            window_start: 0,
            window_len: 0,
        }
    }

    /// Sets the codec's needs for the message that begins here.
    pub(super) fn need(&mut self, needs: Needs) {
        (self.needs, self.spent) = (needs, 0);
    }

    /// Whether the current message could not be read because its headers exceed [`MAX_HEADER`].
    pub(super) fn is_spent(&self) -> bool {
        self.spent >= MAX_HEADER || self.short.get()
    }

    /// Notes from now on where placeholders are.
    pub(super) fn note_places(&mut self) {
        self.places = Some(Vec::new());
    }

    /// Where the placeholders are that were noted.
    pub(super) fn into_places(self) -> Vec<Range<usize>> {
        self.places.unwrap_or_default()
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

    /// The next byte; the position stays.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.available().and_then(|bytes| bytes.first().copied())
    }

    /// Everything from here to the end, not copied.
    pub(super) fn rest(&mut self) -> ZBytes {
        // A placeholder may have reached beyond the end.
        let at = self.position.min(self.source.len());
        let rest = self.source.slice(at..self.source.len());
        debug_assert!(rest.is_some(), "the range lies within the source");
        self.position = self.source.len();
        rest.unwrap_or_else(ZBytes::empty)
    }

    fn left(&self) -> usize {
        self.source.len().saturating_sub(self.position)
    }

    /// At least one byte from the position on; `None` at the end. In linear memory it is not
    /// copied.
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
            return bytes.get(offset..);
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

    /// The remaining bytes, but at most what the current message may still read.
    ///
    /// The codec allocates the length that a field claims once that many bytes remain. So this
    /// bounds the allocation. The codec also computes the length of a query's body as the
    /// difference of two answers, without a placeholder between them. Each byte read there lowers
    /// both bounds by one, so the difference is correct.
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
            let start = self.position;
            self.position = start.saturating_add(len);
            if let Some(places) = &mut self.places {
                places.push(start..self.position);
            }
        }
        Ok(())
    }

    /// Short fields such as a cookie or the schema of an encoding. They are metadata, and are
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
