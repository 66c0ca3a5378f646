//! Reading a message over the segments of the payload that it arrived in.

use std::{
    cell::{Cell, OnceCell, Ref, RefCell},
    ops::Range,
};

use capnp::message::{Reader, ReaderOptions, ReaderSegments};

use super::{
    MAX_SEGMENTS, MessageError, NESTING,
    arena::WORD,
    draft::table_len,
    looks::otherwise,
    pointer::{Followed, Spot, Target, Words, follow},
    walk::Limits,
};
use zbytes::{
    ledger::{Ledger, Reason, Stage},
    payload::{BuildError, ZBytes},
    segment::{Aligned, Contiguous, Segment, SegmentError},
};

/// Is shown a payload segment, a range in it, and how many bytes came before.
type EachPart<'a> = dyn FnMut(&Segment, Range<usize>, usize) -> Result<(), SegmentError> + 'a;

/// Pointers are looked at through a window of this many bytes, as metadata.
const WINDOW: usize = 256;

/// A table that announces more segments is not counted: no builder makes so many.
const MOST_COUNTED: u64 = 1 << 16;

/// A message in a payload, in the standard stream framing. It holds the payload, so the owners live
/// as long as it does.
///
/// Opening one reads the segment table and nothing else. A segment is made contiguous when, and
/// only when, `capnp` reads something in it, once. If it lies in one piece in linear memory, at a
/// whole word, it is read in place. Where an array is, is found by its pointers
/// ([`Received::locate`]), without touching it.
pub struct Received {
    payload: ZBytes,
    /// Where each payload segment begins, and at the end the payload's length.
    begins: Vec<usize>,
    /// Where each message segment is in the payload.
    segments: Vec<Range<usize>>,
    /// Those that were made contiguous.
    gathered: Vec<OnceCell<Gathered>>,
    window: RefCell<Window>,
    ledger: RefCell<Ledger>,
    /// Why the last segment could not be made contiguous: `capnp` can only be told that there is
    /// none.
    trouble: Cell<Option<MessageError>>,
}

enum Gathered {
    InPlace(Contiguous),
    Copy(Aligned),
}

impl Gathered {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::InPlace(bytes) => bytes,
            Self::Copy(copy) => copy.as_ref(),
        }
    }
}

/// The bytes that were looked at last, from an offset of the payload.
struct Window {
    start: usize,
    len: usize,
    bytes: [u8; WINDOW],
}

impl Received {
    /// Opens the message at the beginning of `payload`. Only the segment table is read. What
    /// follows the message is left alone: see [`Received::end`].
    ///
    /// # Errors
    /// [`MessageError::Truncated`], [`MessageError::TooManySegments`], [`MessageError::NotFramed`],
    /// what it looks like instead ([`MessageError::Packed`], [`MessageError::NoTable`]), or
    /// [`MessageError::Segment`] when an owner was detached.
    pub fn open(payload: &ZBytes) -> Result<Self, MessageError> {
        Self::open_at(payload, 0)
    }

    /// Opens the message that begins at byte `start` of `payload`.
    ///
    /// # Errors
    /// As [`Received::open`].
    pub fn open_at(payload: &ZBytes, start: usize) -> Result<Self, MessageError> {
        let opened = Self::framed(payload, start).and_then(|(received, needed)| {
            let found = payload.len().saturating_sub(start) as u64;
            if found < needed { Err(MessageError::Truncated { expected: needed, found }) } else { Ok(received) }
        });
        opened.map_err(|error| match error {
            MessageError::Truncated { .. } | MessageError::NotFramed { .. } => {
                otherwise(payload, start).unwrap_or(error)
            }
            error => error,
        })
    }

    /// The message at the beginning of `payload`, as far as it is there.
    ///
    /// # Errors
    /// As [`Received::open`], when not even the segment table is whole.
    pub(super) fn begun(payload: &ZBytes) -> Result<Self, MessageError> {
        Self::framed(payload, 0).map(|(received, _)| received)
    }

    /// The bytes from `start` on as one segment, without a table in front of it.
    pub(super) fn of_one_segment(payload: &ZBytes, start: usize) -> Self {
        let mut received = Self::without_segments(payload);
        received.segments.push(start.min(payload.len())..payload.len());
        received.gathered.resize_with(1, OnceCell::new);
        received
    }

    fn without_segments(payload: &ZBytes) -> Self {
        let mut begins = Vec::with_capacity(payload.segments().len() + 1);
        let mut end = 0;
        for segment in payload.segments() {
            begins.push(end);
            end += segment.len();
        }
        begins.push(end);
        Self {
            payload: payload.clone(),
            begins,
            segments: Vec::new(),
            gathered: Vec::new(),
            window: RefCell::new(Window { start: 0, len: 0, bytes: [0; WINDOW] }),
            ledger: RefCell::default(),
            trouble: Cell::new(None),
        }
    }

    /// The message that begins at byte `start` by its segment table, and the bytes that it needs.
    /// What is not there is left out of its segments.
    fn framed(payload: &ZBytes, start: usize) -> Result<(Self, u64), MessageError> {
        let mut received = Self::without_segments(payload);
        let end = payload.len();
        let found = end.saturating_sub(start) as u64;
        let truncated = |expected: u64| MessageError::Truncated { expected, found };
        let number = |received: &Self, at: usize| {
            let word = received.u64_at(start + at / WORD * WORD)?;
            Ok::<u64, MessageError>(if at.is_multiple_of(WORD) { word & 0xffff_ffff } else { word >> 32 })
        };
        if found < WORD as u64 {
            return Err(truncated(WORD as u64));
        }
        let count = number(&received, 0)? + 1;
        if count > MAX_SEGMENTS as u64 {
            // It is a message all the same if the table is as long as the first number says, and
            // the segments fit behind it.
            let table = 4 * (count + 1).next_multiple_of(2);
            if count > MOST_COUNTED || table > found {
                return Err(MessageError::NotFramed { found: count });
            }
            let mut needed = table;
            for index in 0..count as usize {
                needed += number(&received, 4 + 4 * index)? * WORD as u64;
            }
            return Err(if needed <= found && needed > table {
                MessageError::TooManySegments { found: count }
            } else {
                MessageError::NotFramed { found: count }
            });
        }
        let count = count as usize;
        let table = table_len(count);
        if found < table as u64 {
            return Err(truncated(table as u64));
        }
        let mut needed = table as u64;
        for index in 0..count {
            let len = number(&received, 4 + 4 * index)? * WORD as u64;
            // Whatever does not fit is an error below, so these never leave the payload's range.
            let begin = start + usize::try_from(needed).unwrap_or(end).min(end);
            needed += len;
            let until = start.saturating_add(usize::try_from(needed).unwrap_or(end)).min(end);
            received.segments.push(begin.min(until)..until);
        }
        received.gathered.resize_with(count, OnceCell::new);
        Ok((received, needed))
    }

    /// How many segments the message has. At least one, which may be empty.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Where a segment of the message lies in the payload, in bytes.
    #[must_use]
    pub fn segment(&self, index: usize) -> Option<Range<usize>> {
        self.segments.get(index).cloned()
    }

    /// The first byte of the payload behind the message.
    #[must_use]
    pub fn end(&self) -> usize {
        self.segments.last().map_or(0, |range| range.end)
    }

    /// The payload that the message is in.
    #[must_use]
    pub fn payload(&self) -> &ZBytes {
        &self.payload
    }

    /// What was copied so far to read it. Pointers and the table that were looked at are metadata.
    #[must_use]
    pub fn ledger(&self) -> Ref<'_, Ledger> {
        self.ledger.borrow()
    }

    /// Words of all segments together.
    pub(super) fn words(&self) -> u64 {
        self.segments.iter().map(|range| (range.len() / WORD) as u64).sum()
    }

    /// How much of the message may be gone through: twice its words, so that honest messages of any
    /// size can be read.
    pub(super) fn limits(&self) -> Limits {
        Limits { depth: NESTING, words: 2 * self.words() + 64 }
    }

    /// The message for `capnp`'s generated code. Its traversal limit is twice the message's size,
    /// its nesting limit [`NESTING`].
    ///
    /// Each segment that is read is made contiguous first. If memory is missing, or the owner was
    /// detached, `capnp` says that the segment is not there, and [`Received::trouble`] says why.
    #[must_use]
    pub fn reader(&self) -> Reader<&Self> {
        let mut options = ReaderOptions::new();
        let limit = usize::try_from(self.limits().words).unwrap_or(usize::MAX);
        options.traversal_limit_in_words(Some(limit)).nesting_limit(NESTING.cast_signed());
        Reader::new(self, options)
    }

    /// Why the last segment that `capnp` asked for could not be read, if so.
    #[must_use]
    pub fn trouble(&self) -> Option<MessageError> {
        let trouble = self.trouble.take();
        self.trouble.set(trouble.clone());
        trouble
    }

    /// What `capnp` says, or why it could not be given a segment.
    pub(super) fn words_of(&self, error: &capnp::Error) -> MessageError {
        use capnp::ErrorKind::{
            MessageIsTooDeeplyNested, MessageIsTooDeeplyNestedOrContainsCycles, NestingLimitExceeded, ReadLimitExceeded,
        };
        self.trouble().unwrap_or_else(|| match error.kind {
            ReadLimitExceeded => MessageError::TooMuch { limit: self.limits().words },
            NestingLimitExceeded | MessageIsTooDeeplyNested | MessageIsTooDeeplyNestedOrContainsCycles => {
                MessageError::TooDeep { limit: NESTING }
            }
            _ => MessageError::Content { why: format!("it cannot be read ({error})") },
        })
    }

    /// Where the list behind pointer `index` of the root struct lies: its bytes in the payload, and
    /// the size of its elements in bytes. `None` when the pointer is null, or beyond what the
    /// struct has, as in a message of an older schema. Looks at pointers only.
    ///
    /// # Errors
    /// [`MessageError::Pointer`], and [`MessageError::Content`] when there is something else, or
    /// the root is not a struct.
    pub fn locate(&self, index: u16) -> Result<Option<(Range<usize>, usize)>, MessageError> {
        let Target::Struct { at, data, pointers } = self.root()?.target else {
            return Err(MessageError::Content { why: "its root is not a struct".to_owned() });
        };
        if index >= pointers {
            return Ok(None);
        }
        match follow(self, at.after(u32::from(data) + u32::from(index)))?.target {
            Target::Null => Ok(None),
            Target::List { at, code: code @ 2..=5, count } => {
                let size = 1 << (code - 2);
                let start = self.place(at)?;
                Ok(Some((start..start + count as usize * size, size)))
            }
            _ => Err(MessageError::Content { why: format!("its pointer {index} does not lead to a list of numbers") }),
        }
    }

    /// Where a word of the message lies in the payload.
    ///
    /// # Errors
    /// [`MessageError::Pointer`] when the message lacks that segment.
    pub(super) fn place(&self, at: Spot) -> Result<usize, MessageError> {
        let segment = self.segments.get(at.segment as usize).ok_or_else(|| at.outside())?;
        Ok(segment.start + at.word as usize * WORD)
    }

    /// The root pointer, followed.
    pub(super) fn root(&self) -> Result<Followed, MessageError> {
        if self.words_in(0).is_none_or(|words| words == 0) {
            return Ok(Followed { target: Target::Null, pad: None });
        }
        follow(self, Spot::ROOT)
    }

    /// Whether a segment was made contiguous, or is read in place.
    #[must_use]
    pub fn was_read(&self, segment: usize) -> bool {
        self.gathered.get(segment).is_some_and(|cell| cell.get().is_some())
    }

    /// The word at an offset of the payload.
    ///
    /// # Errors
    /// [`MessageError::Truncated`] when the payload ends before or inside of it, and
    /// [`MessageError::Payload`] when an owner was detached.
    fn u64_at(&self, offset: usize) -> Result<u64, MessageError> {
        if offset + WORD > self.payload.len() {
            return Err(MessageError::Truncated { expected: (offset + WORD) as u64, found: self.payload.len() as u64 });
        }
        let mut window = self.window.borrow_mut();
        if !(window.start <= offset && offset + WORD <= window.start + window.len) {
            let len = (self.payload.len() - offset).min(WINDOW);
            window.len = 0;
            let space = &mut window.bytes[..len];
            self.each_part(offset..offset + len, &mut |segment, range, done| {
                segment.peek(range.start, &mut space[done..done + range.len()], &mut self.ledger.borrow_mut())
            })?;
            (window.start, window.len) = (offset, len);
        }
        let at = offset - window.start;
        Ok(u64::from_le_bytes(std::array::from_fn(|byte| window.bytes[at + byte])))
    }

    /// Calls `see` with every payload segment that has bytes in `range`, the range in it, and how
    /// many bytes came before. `range` lies inside of the payload, so together they are all of it.
    fn each_part(&self, range: Range<usize>, see: &mut EachPart<'_>) -> Result<(), MessageError> {
        // The first segment begins at 0.
        let first = self.begins.partition_point(|begin| *begin <= range.start) - 1;
        let mut done = 0;
        let segments = self.payload.segments().iter().zip(&self.begins).enumerate().skip(first);
        for (index, (segment, begin)) in segments {
            let (from, to) = (range.start.max(*begin), range.end.min(begin + segment.len()));
            if from < to {
                see(segment, from - begin..to - begin, done)
                    .map_err(|error| MessageError::Payload(BuildError::Segment { index, error }))?;
                done += to - from;
            }
            if range.end <= begin + segment.len() {
                break;
            }
        }
        Ok(())
    }

    /// Makes a segment contiguous, unless it is.
    fn gather(&self, range: Range<usize>) -> Result<Gathered, MessageError> {
        let mut in_place = None;
        self.each_part(range.clone(), &mut |segment, part, _| {
            if part.len() == range.len() {
                in_place = segment.slice(part).and_then(|part| part.into_contiguous().ok());
            }
            Ok(())
        })?;
        if let Some(bytes) = in_place.filter(|bytes| bytes.as_ptr().addr().is_multiple_of(WORD)) {
            return Ok(Gathered::InPlace(bytes));
        }
        let mut copy = Aligned::zeros(range.len())?;
        let space = copy.bytes_mut();
        self.each_part(range, &mut |segment, part, done| {
            let space = &mut space[done..done + part.len()];
            segment.copy_to(part.start, space, Stage::Read, Reason::Contiguous, &mut self.ledger.borrow_mut())
        })?;
        Ok(Gathered::Copy(copy))
    }
}

impl Words for Received {
    fn words_in(&self, segment: u32) -> Option<u32> {
        self.segments.get(segment as usize).map(|range| (range.len() / WORD) as u32)
    }

    fn word(&self, at: Spot) -> Result<u64, MessageError> {
        if self.words_in(at.segment).is_none_or(|words| at.word >= words) {
            return Err(at.outside());
        }
        if let Some(gathered) = self.gathered.get(at.segment as usize).and_then(OnceCell::get) {
            let (words, _) = gathered.bytes().as_chunks();
            let word = words.get(at.word as usize).ok_or_else(|| at.outside())?;
            return Ok(u64::from_le_bytes(*word));
        }
        self.u64_at(self.place(at)?)
    }
}

impl ReaderSegments for &Received {
    fn get_segment(&self, index: u32) -> Option<&[u8]> {
        let cell = self.gathered.get(index as usize)?;
        if cell.get().is_none() {
            match self.gather(self.segments.get(index as usize)?.clone()) {
                // Other code cannot have filled it meanwhile.
                Ok(gathered) => _ = cell.set(gathered),
                Err(error) => {
                    self.trouble.set(Some(error));
                    return None;
                }
            }
        }
        cell.get().map(Gathered::bytes)
    }

    fn len(&self) -> usize {
        self.segments.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of one segment with two words, and what stands behind it.
    fn received() -> Received {
        let words = [1u64 << 33, 0, 7, 9];
        let payload = ZBytes::of_held(vec![words.map(u64::to_le_bytes).concat().into()]);
        Received::open(&payload).unwrap()
    }

    #[test]
    fn a_word_outside_is_an_error_before_and_after_reading() {
        let received = received();
        let outside = |segment, word| {
            let at = Spot { segment, word };
            assert_eq!(received.word(at), Err(at.outside()));
        };
        let check = || {
            assert_eq!([0, 1].map(|word| received.word(Spot { segment: 0, word })), [Ok(0), Ok(7)]);
            // Of these the payload has a byte, the message none.
            outside(0, 2);
            outside(0, u32::MAX);
            outside(1, 0);
        };
        check();
        assert_eq!(received.place(Spot { segment: 1, word: 0 }), Err(Spot { segment: 1, word: 0 }.outside()));
        assert!((&received).get_segment(0).is_some() && received.was_read(0));
        check();
    }

    #[test]
    fn a_word_beyond_the_payload_is_truncated() {
        let received = received();
        assert_eq!(received.u64_at(24), Ok(9));
        for offset in [25, 32, 1000] {
            let expected = (offset + WORD) as u64;
            assert_eq!(received.u64_at(offset), Err(MessageError::Truncated { expected, found: 32 }));
        }
    }
}
