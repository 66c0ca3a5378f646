//! Building a message so that its segments become those of a payload, and adopting arrays as
//! segments of it.

use capnp::{message::Builder, traits::FromPointerBuilder};

use super::{
    MAX_LIST, MAX_SEGMENTS, MessageError,
    arena::{Arena, WORD},
    pointer::{Spot, Target, Words, code_of, double_far, empty_list, landing_pad},
    walk::{Limits, walk},
};
use zbytes::{
    ledger::Ledger,
    payload::{BuildError, Receipt, ZBytes},
    segment::{Mode, SegmentError, Source},
};

/// Bytes of the placeholder behind a [`Slot`]: the two words that become a landing pad.
pub const PLACEHOLDER: usize = 2 * WORD;

/// A message under construction. `capnp`'s generated code writes it; what is written stays where it
/// is when it is finished.
///
/// ```
/// use zbytes::segment::Source;
/// use zbytes_capnp::{Draft, PLACEHOLDER, Received, Slot, lab_capnp::tensor};
///
/// let mut draft = Draft::new()?;
/// let mut root = draft.init_root::<tensor::Builder>();
/// root.set_name("depth");
/// let slot = Slot::of(root.init_data(PLACEHOLDER as u32)); // Not the data: the place where a pointer to them will be.
/// draft.adopt(slot, 1, Source::moved(vec![7u16; 640 * 480]))?;
/// let (payload, receipt) = draft.finish()?.build()?;
/// assert_eq!(receipt.ledger.total(), 0); // No payload byte was copied.
///
/// let received = Received::open(&payload)?;
/// let reader = received.reader();
/// assert_eq!(reader.get_root::<tensor::Reader>()?.get_name()?, "depth");
/// assert_eq!(received.ledger().total(), 0); // Nor was one looked at.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Draft {
    builder: Builder<Arena>,
    adopted: Vec<Adopted>,
    ledger: Ledger,
}

struct Adopted {
    slot: Slot,
    code: u8,
    count: u32,
    len: usize,
    source: Source,
}

/// The place in a message under construction where an adopted array will be pointed to. It is made
/// out of a field that was initialised with 16 B. The field's pointer becomes a double-far pointer,
/// and those 16 B its landing pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Where the placeholder is. Only compared, never followed.
    address: usize,
    len: usize,
}

impl Slot {
    /// The slot of a field that was initialised as a placeholder of [`PLACEHOLDER`] bytes. It is a
    /// `Data` of 16 B, or a list of numbers that takes 16 B, such as four of 4 B. The field must
    /// not be changed afterwards.
    #[must_use]
    pub fn of(placeholder: &mut [u8]) -> Self {
        Self { address: placeholder.as_ptr().addr(), len: placeholder.len() }
    }
}

impl Draft {
    /// An empty message; memory is taken as it grows.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`].
    pub fn new() -> Result<Self, SegmentError> {
        Self::planned(&[])
    }

    /// An empty message with memory for segments of so many words, in the order in which it will
    /// need them. What does not fit goes into further segments, for which a program that has no
    /// memory left is aborted; so plan for large fields.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`].
    pub fn planned(words: &[usize]) -> Result<Self, SegmentError> {
        Ok(Self { builder: Builder::new(Arena::planned(words)?), adopted: Vec::new(), ledger: Ledger::new() })
    }

    /// Initialises the root of the message, a struct of generated code.
    pub fn init_root<'a, T: FromPointerBuilder<'a>>(&'a mut self) -> T {
        self.builder.init_root()
    }

    /// The message as `capnp` builds it.
    pub fn builder(&mut self) -> &mut Builder<Arena> {
        &mut self.builder
    }

    /// Both at once, for code that copies into what is being built.
    pub(super) fn split(&mut self) -> (&mut Builder<Arena>, &mut Ledger) {
        (&mut self.builder, &mut self.ledger)
    }

    /// Where copies into the message are noted. They are part of building the payload.
    pub fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Makes the bytes of `source` a segment of the message, without copying them (unless its mode
    /// is copy). The field of `slot` then points to them: a list of elements of `size` bytes, 1 for
    /// `Data`.
    ///
    /// An array of JavaScript is neither read nor detached before the payload is built. One without
    /// elements becomes an empty list and no segment, because readers in C++ do not accept a
    /// pointer into an empty one. It is never detached.
    ///
    /// # Errors
    /// [`MessageError::Length`] when the source is not of whole elements, [`MessageError::TooLong`]
    /// beyond [`MAX_LIST`] elements. [`MessageError::Unsound`] for elements of other sizes than 1,
    /// 2, 4 and 8. [`MessageError::Segment`] for a source that is detached or not a buffer. Whether
    /// `slot` is one of this message shows in [`Draft::finish`].
    pub fn adopt(&mut self, slot: Slot, size: usize, source: Source) -> Result<(), MessageError> {
        let len = source.len()?;
        self.adopt_as(slot, size, len, source)
    }

    /// The same with a source that stands for an array of `len` bytes.
    pub(super) fn adopt_as(&mut self, slot: Slot, size: usize, len: usize, source: Source) -> Result<(), MessageError> {
        let code = code_of(size).ok_or_else(|| MessageError::Unsound {
            why: format!("no list has elements of {size} B that are numbers. They have 1, 2, 4 or 8 B"),
        })?;
        if !len.is_multiple_of(size) {
            let expected = len.next_multiple_of(size) as u64;
            return Err(MessageError::Length { what: "the adopted array".to_owned(), expected, found: len as u64 });
        }
        let count = count_of("the adopted array", (len / size) as u64)?;
        self.adopted.push(Adopted { slot, code, count, len, source });
        Ok(())
    }

    /// Ends building. What was built becomes segments, each with the memory that it was built in.
    /// Then come the adopted ones, in the order of their adoption, each completed to whole words by
    /// a padding of at most seven bytes. The segment table goes in front of all, as in a
    /// [stream](https://capnproto.org/encoding.html#serialization-over-a-stream).
    ///
    /// # Errors
    /// [`MessageError::TooManySegments`], [`MessageError::NoSuchSlot`].
    pub fn finish(self) -> Result<Message, MessageError> {
        let Self { builder, adopted, mut ledger } = self;
        let built: Vec<(usize, usize)> =
            builder.get_segments_for_output().iter().map(|bytes| (bytes.as_ptr().addr(), bytes.len())).collect();
        let mut segments = builder.into_allocator().into_segments();
        segments.iter_mut().zip(&built).for_each(|(words, (_, used))| words.truncate(used / WORD));
        if segments.is_empty() {
            // No root was initialised. Its pointer is there all the same, and null.
            segments.push(vec![0]);
        }
        let full = || adopted.iter().filter(|part| part.len > 0);
        let count = segments.len() + full().count();
        if count > MAX_SEGMENTS {
            return Err(MessageError::TooManySegments { found: count as u64 });
        }
        link(&mut segments, &built, &adopted)?;

        let lengths = segments.iter().map(|words| words.len()).chain(full().map(|part| part.len.div_ceil(WORD)));
        let table = table(count, lengths);
        ledger.record_metadata(table.len());
        let mut parts = vec![Part { kind: PartKind::Table, len: table.len(), source: Source::moved(table) }];
        parts.extend(segments.into_iter().map(|words| Part {
            kind: PartKind::Built,
            len: words.len() * WORD,
            source: Source::moved(words),
        }));
        for Adopted { len, source, .. } in adopted.into_iter().filter(|part| part.len > 0) {
            parts.push(Part { kind: PartKind::Adopted, len, source });
            let padding = padding(len);
            if !padding.is_empty() {
                parts.push(Part { kind: PartKind::Padding, len: padding.len(), source: Source::borrow(padding) });
            }
        }
        Ok(Message { parts, ledger })
    }
}

/// The elements of a list as its pointer says them.
///
/// # Errors
/// [`MessageError::TooLong`].
pub(super) fn count_of(what: &str, count: u64) -> Result<u32, MessageError> {
    u32::try_from(count).ok().filter(|count| *count <= MAX_LIST).ok_or_else(|| MessageError::TooLong {
        what: what.to_owned(),
        found: count,
        limit: MAX_LIST.into(),
    })
}

/// The zeros that complete `len` bytes to whole words.
pub(super) fn padding(len: usize) -> &'static [u8] {
    static ZEROS: [u8; WORD] = [0; WORD];
    &ZEROS[..len.next_multiple_of(WORD) - len]
}

/// Bytes of the segment table of so many segments.
pub(super) fn table_len(segments: usize) -> usize {
    (4 + 4 * segments).next_multiple_of(WORD)
}

/// The segment table: the number of segments less one, and the words of each, 4 B each, padded to
/// whole words.
pub(super) fn table(count: usize, words: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut table = Vec::with_capacity(table_len(count));
    // Both fit: there are at most 511 segments, and at least one, each of at most 2^29 words.
    table.extend((count as u32 - 1).to_le_bytes());
    words.for_each(|words| table.extend((words as u32).to_le_bytes()));
    table.resize(table_len(count), 0);
    table
}

/// Lets the pointers of all slots lead to the adopted segments.
fn link(segments: &mut Vec<Vec<u64>>, built: &[(usize, usize)], adopted: &[Adopted]) -> Result<(), MessageError> {
    if adopted.is_empty() {
        return Ok(());
    }
    // Where each placeholder is.
    let spots = adopted.iter().map(|Adopted { slot, .. }| {
        let found = (0u32..).zip(built).find(|(_, (start, used))| {
            slot.len == PLACEHOLDER && slot.address >= *start && slot.address + slot.len <= start + used
        });
        let (segment, (start, _)) = found.ok_or(MessageError::NoSuchSlot)?;
        Ok(Spot { segment, word: ((slot.address - start) / WORD) as u32 })
    });
    let spots = spots.collect::<Result<Vec<_>, MessageError>>()?;
    // Who points there. Everything that was built is looked through, because `capnp` tells where
    // objects are, but not their pointers.
    let mut pointers = vec![None; spots.len()];
    walk(segments, Limits::NONE, &mut |seen| {
        // An object without a byte may be said to begin where a placeholder does; only one has its
        // size.
        if let Target::List { at, code: 2..=5, .. } = seen.followed.target
            && seen.followed.target.words() == (PLACEHOLDER / WORD) as u64
            && let Some(index) = spots.iter().position(|spot| *spot == at)
        {
            pointers[index] = Some((seen.slot, seen.followed.pad));
        }
        Ok(())
    })?;
    let mut next = built.len() as u32;
    for ((part, pad), pointer) in adopted.iter().zip(spots).zip(pointers) {
        let (slot, old_pad) = pointer.ok_or(MessageError::NoSuchSlot)?;
        if part.len == 0 {
            // The pointer that is there, or the one in its landing pad, now leads to a list without
            // elements.
            let at = old_pad.map_or(slot, |(old, words)| old.after(words - 1));
            let old = segments.word(at)?;
            set(segments, at, empty_list(old, part.code));
            continue;
        }
        if let Some((old, words)) = old_pad {
            (0..words).for_each(|word| set(segments, old.after(word), 0));
        }
        let [first, second] = landing_pad(next, part.code, part.count);
        next += 1;
        set(segments, pad, first);
        set(segments, pad.after(1), second);
        set(segments, slot, double_far(pad));
    }
    Ok(())
}

/// Writes a word that was found in what was built.
fn set(segments: &mut [Vec<u64>], at: Spot, value: u64) {
    segments[at.segment as usize][at.word as usize] = value;
}

/// What a part of a finished message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// The segment table.
    Table,
    /// A segment that was built: pointers, fields, and whatever was filled into it.
    Built,
    /// A segment that was adopted.
    Adopted,
    /// At most seven bytes that complete an adopted segment to whole words.
    Padding,
}

/// One run of bytes of a finished message: it becomes one segment of a payload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Bytes.
    pub len: usize,
    /// The bytes, and how a payload takes them.
    pub source: Source,
}

/// A finished message: its parts in the order of the stream. It owns what was built and refers to
/// what was adopted.
#[derive(Debug)]
pub struct Message {
    pub(super) parts: Vec<Part>,
    ledger: Ledger,
}

impl Message {
    /// The parts, in the order of the stream: the table, what was built, what was adopted with its
    /// paddings.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Length in bytes, with table and paddings; saturated, since adopted arrays may be longer
    /// together than a program can count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len))
    }

    /// Whether it has no byte, which never is so: a message has a table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What was copied into the message.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Looks whether every adopted array still has the length that the message says. One that is
    /// borrowed or moved cannot have another; one that is copied can, if it is resizable.
    ///
    /// # Errors
    /// The index of the part, and [`SegmentError::Detached`] or whatever keeps it from being taken.
    pub fn check(&self) -> Result<(), BuildError> {
        for (index, part) in self.parts.iter().enumerate().filter(|(_, part)| part.kind == PartKind::Adopted) {
            let found = part.source.len().map_err(|error| BuildError::Segment { index, error })?;
            if found != part.len {
                let error = SegmentError::Detached { expected: part.len, found };
                return Err(BuildError::Segment { index, error });
            }
        }
        Ok(())
    }

    /// The sources of a payload, one for each part; `mode` overrides their own, which is move for
    /// what was built. And what was copied to make them. A caller who has an array copied that can
    /// be resized looks with [`Message::check`] first.
    #[must_use]
    pub fn into_sources(self, mode: Option<Mode>) -> (Vec<Source>, Ledger) {
        let sources = self.parts.into_iter().map(|part| match mode {
            Some(mode) => part.source.by(mode),
            None => part.source,
        });
        (sources.collect(), self.ledger)
    }

    /// The message as a payload of its own, and what that took. What was built is moved, what was
    /// adopted is taken by its own mode. What was copied into the message counts as building.
    ///
    /// # Errors
    /// [`BuildError`]: see [`ZBytes::build`]; and as [`Message::check`].
    pub fn build(self) -> Result<(ZBytes, Receipt), BuildError> {
        if self.parts.iter().any(|part| part.kind == PartKind::Adopted && part.source.may_be_copied()) {
            self.check()?;
        }
        let (sources, ledger) = self.into_sources(None);
        let (payload, mut receipt) = ZBytes::build(sources)?;
        receipt.ledger.absorb(&ledger);
        Ok((payload, receipt))
    }

    /// As [`Message::build`], for a caller that does not ask what building took.
    ///
    /// # Errors
    /// As [`Message::build`].
    pub fn into_payload(self) -> Result<ZBytes, BuildError> {
        Ok(self.build()?.0)
    }
}
