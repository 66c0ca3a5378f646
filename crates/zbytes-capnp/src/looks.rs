//! What bytes look like from their beginning: a message that can be read, or what they are instead.
//! It looks at few bytes, so it can be asked of everything that arrives.

use std::io::{Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

use super::{
    MAX_SEGMENTS, MessageError, Received,
    arena::WORD,
    draft::table_len,
    pointer::{Spot, Target, Words},
    walk::walk,
};
use zbytes::payload::ZBytes;

/// The most bytes that are looked at to find out whether a message is packed, and the most words
/// that they become: zeros pack well.
const LOOKED: usize = 4 << 10;
/// See [`LOOKED`].
const UNPACKED: usize = 512;

/// So many pointers that lead where they should are not an accident.
const ENOUGH: usize = 512;

/// What the bytes of a payload look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Looks {
    /// A message whose table and root are sound: reading it can succeed.
    Message,
    /// Exactly as long as its segment table says, but its root pointer leads astray.
    Damaged,
    /// A message of which the end is missing.
    CutOff,
    /// A message of more segments than are read.
    ManySegments,
    /// A message in the packed encoding.
    Packed,
    /// One segment without the table in front.
    NoTable,
    /// Something else.
    #[default]
    Other,
}

impl Looks {
    /// What the bytes of `payload` look like.
    #[must_use]
    pub fn of(payload: &ZBytes) -> Self {
        let received = match Received::open(payload) {
            Ok(received) => received,
            Err(MessageError::Packed) => return Self::Packed,
            Err(MessageError::NoTable) => return Self::NoTable,
            Err(MessageError::TooManySegments { .. }) => return Self::ManySegments,
            Err(MessageError::Truncated { .. }) => {
                let begun = Received::begun(payload).is_ok_and(|begun| begun.has_root());
                return if begun { Self::CutOff } else { Self::Other };
            }
            Err(_) => return Self::Other,
        };
        let exact = received.end() == payload.len() && received.words_in(0).is_some_and(|words| words > 0);
        match received.root().map(|root| root.target) {
            Ok(Target::Struct { .. }) if received.has_root() || exact => Self::Message,
            // A message that says nothing: all of its fields have their defaults.
            Ok(Target::Null) if exact => Self::Message,
            Err(MessageError::Pointer { .. })
            | Ok(Target::Capability | Target::List { .. } | Target::Structs { .. })
                if exact =>
            {
                Self::Damaged
            }
            _ => Self::Other,
        }
    }
}

impl Received {
    /// Whether the root is a struct that has something.
    fn has_root(&self) -> bool {
        self.root().is_ok_and(
            |root| matches!(root.target, Target::Struct { data, pointers, .. } if u32::from(data) + u32::from(pointers) > 0),
        )
    }
}

/// What else the bytes from `start` on may be, when they are not a message in the standard stream
/// framing.
pub(super) fn otherwise(payload: &ZBytes, start: usize) -> Option<MessageError> {
    if is_packed(payload, start) {
        return Some(MessageError::Packed);
    }
    is_bare(payload, start).then_some(MessageError::NoTable)
}

/// Whether the bytes are one segment: pointers from its first word on lead to nearly all of it.
fn is_bare(payload: &ZBytes, start: usize) -> bool {
    let len = payload.len().saturating_sub(start);
    if len < 2 * WORD || !len.is_multiple_of(WORD) {
        return false;
    }
    let received = Received::of_one_segment(payload, start);
    if !received.has_root() {
        return false;
    }
    let (mut seen, mut reached) = (0, 1);
    let walked = walk(&received, received.limits(), &mut |pointer| {
        seen += 1;
        reached += pointer.followed.target.words();
        // Any error ends the walk; this one is known to be none.
        if seen < ENOUGH { Ok(()) } else { Err(MessageError::NoSuchSlot) }
    });
    let all = (len / WORD) as u64;
    seen >= ENOUGH || (walked.is_ok() && reached <= all && reached >= all - all / 10)
}

/// Whether the bytes are a packed message. Unpacked, they then begin with a segment table and a
/// sound root, and they are as long as it says.
fn is_packed(payload: &ZBytes, start: usize) -> bool {
    let mut bytes = vec![0; payload.len().saturating_sub(start).min(LOOKED)];
    let mut reader = payload.reader();
    let read = reader.seek(SeekFrom::Start(start as u64)).and_then(|_| reader.read_exact(&mut bytes));
    let whole = bytes.len() == payload.len().saturating_sub(start);
    let Some((unpacked, whole)) = read.ok().and_then(|()| unpacked(&bytes, whole)) else { return false };
    let number = |at: usize| {
        let word = unpacked.get(at / 2)?;
        Some(if at.is_multiple_of(2) { *word & 0xffff_ffff } else { *word >> 32 })
    };
    let Some(count) = number(0).filter(|count| *count < MAX_SEGMENTS as u64).map(|count| count as usize + 1) else {
        return false;
    };
    let table = table_len(count) / WORD;
    let sizes: Option<Vec<u64>> = (0..count).map(|index| number(1 + index)).collect();
    let Some(sizes) = sizes else { return false };
    let all = table as u64 + sizes.iter().sum::<u64>();
    let fits = if whole { unpacked.len() as u64 == all } else { unpacked.len() as u64 <= all };
    let segment = |index: usize| {
        let begin = table + sizes.iter().take(index).sum::<u64>() as usize;
        unpacked
            .get(begin..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take(sizes.get(index).map_or(0, |size| *size as usize))
    };
    let first: Vec<u64> = segment(0).collect();
    let root = super::pointer::follow(&vec![first], Spot::ROOT);
    // What a far pointer leads to is not looked for: a packed message of several segments has one
    // root in its first.
    fits && sizes.first().is_some_and(|words| *words > 0)
        && root.is_ok_and(
            |root| matches!(root.target, Target::Struct { data, pointers, .. } if u32::from(data) + u32::from(pointers) > 0),
        )
}

/// The words of packed bytes, by the [specification](https://capnproto.org/encoding.html#packing),
/// at most [`UNPACKED`], and whether they are all. Of `bytes` that are only a beginning they are
/// those that are whole. `None` when the bytes end inside of a word.
fn unpacked(bytes: &[u8], whole: bool) -> Option<(Vec<u64>, bool)> {
    // What a tag repeats may pass the bound by a little. It never grows, and so is never held
    // twice.
    let mut words = Vec::with_capacity(UNPACKED + 256);
    let mut rest = bytes.iter().copied();
    // A word has the bytes whose bits are set in its tag.
    let mut word = |tag: u8, rest: &mut dyn Iterator<Item = u8>| {
        let mut word = [0; WORD];
        for (bit, byte) in word.iter_mut().enumerate().filter(|(bit, _)| tag & 1 << bit != 0) {
            (_, *byte) = (bit, rest.next()?);
        }
        words.push(u64::from_le_bytes(word));
        Some(words.len())
    };
    let ended = 'all: loop {
        let Some(tag) = rest.next() else { break true };
        let Some(mut count) = word(tag, &mut rest) else { break false };
        // Behind a word of zeros stands how many more follow, behind a full one how many that are
        // not packed.
        if matches!(tag, 0 | 0xff) {
            let Some(more) = rest.next() else { break false };
            for _ in 0..more {
                let Some(now) = word(tag, &mut rest) else { break 'all false };
                count = now;
            }
        }
        if count >= UNPACKED {
            return Some((words, false));
        }
    };
    if whole && !ended { None } else { Some((words, whole)) }
}
