//! Pointers of Cap'n Proto, by the [encoding specification](https://capnproto.org/encoding.html):
//! what they say, where they lead, and the two that adoption writes.
//!
//! Following a pointer looks at words that hold pointers and tags, never at data. So an array that
//! lies in a segment of its own is found without being touched.
//!
//! ```text
//!   struct   lsb |A=0|  B: offset, 30 bits, signed   |  C: data words, 16  |  D: pointers, 16     |
//!   list         |A=1|  B: offset, 30 bits, signed   |C: size, 3|  D: elements, 29 (words if C=7) |
//!   far          |A=2|B|  C: word in the segment, 29 |  D: segment, 32                            |
//!   capability   |A=3|  0                            |  C: index, 32                              |
//! ```
//!
//! An offset counts words from the end of the pointer. A far pointer leads to a *landing pad*. With
//! `B` = 0 it is one word, an ordinary pointer beside its object. With `B` = 1 it is two words, a
//! far pointer to the beginning of the object and a tag that says what it is, with an offset of 0.
//! The second is called *double-far*: the pad lies in neither segment's way, so the object's
//! segment may be an array of another owner.

use super::MessageError;

/// A word in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spot {
    pub(super) segment: u32,
    pub(super) word: u32,
}

impl Spot {
    pub(super) const ROOT: Self = Self { segment: 0, word: 0 };

    /// The word so many further. Saturates: no segment is as long, so that word is in none.
    pub(super) fn after(self, words: u32) -> Self {
        Self { word: self.word.saturating_add(words), ..self }
    }

    /// The error of a word that is not in the message.
    pub(super) fn outside(self) -> MessageError {
        self.wrong("lies outside of the message")
    }

    fn wrong(self, why: &'static str) -> MessageError {
        MessageError::Pointer { segment: self.segment, word: self.word, why }
    }
}

/// The words of a message.
pub(super) trait Words {
    /// Words of a segment, or `None` when the message lacks that segment.
    fn words_in(&self, segment: u32) -> Option<u32>;

    /// One word.
    ///
    /// # Errors
    /// When it is not in the message, or its bytes cannot be read.
    fn word(&self, at: Spot) -> Result<u64, MessageError>;
}

/// The sizes of list elements, in bits, by their code. Code 7 is a list of structs, which says its
/// size itself.
const ELEMENT_BITS: [u64; 7] = [0, 1, 8, 16, 32, 64, 64];

/// Code of a list of pointers.
pub(super) const POINTERS: u8 = 6;

/// Where a pointer leads, checked against the segment's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Null,
    Struct {
        at: Spot,
        data: u16,
        pointers: u16,
    },
    /// Elements of `code`, 0 to 6.
    List {
        at: Spot,
        code: u8,
        count: u32,
    },
    /// A list of structs: `at` is its tag, the first struct follows it.
    Structs {
        at: Spot,
        count: u32,
        data: u16,
        pointers: u16,
    },
    Capability,
}

impl Target {
    /// Words that the target has, its tag included.
    pub(super) fn words(&self) -> u64 {
        match *self {
            Self::Null | Self::Capability => 0,
            Self::Struct { data, pointers, .. } => u64::from(data) + u64::from(pointers),
            Self::List { code, count, .. } => list_bits(code, count).div_ceil(64),
            Self::Structs { count, data, pointers, .. } => {
                1 + u64::from(count) * (u64::from(data) + u64::from(pointers))
            }
        }
    }

    /// Where it begins.
    pub(super) fn at(&self) -> Option<Spot> {
        match *self {
            Self::Null | Self::Capability => None,
            Self::Struct { at, .. } | Self::List { at, .. } | Self::Structs { at, .. } => Some(at),
        }
    }
}

fn list_bits(code: u8, count: u32) -> u64 {
    ELEMENT_BITS[usize::from(code)] * u64::from(count)
}

/// A pointer that was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Followed {
    pub(super) target: Target,
    /// The landing pad, and its words: 1, or 2 of a double-far pointer.
    pub(super) pad: Option<(Spot, u32)>,
}

fn kind(word: u64) -> u64 {
    word & 3
}

/// What a far pointer says: whether it is double-far, and where its pad is.
fn far(word: u64) -> (bool, Spot) {
    (word & 4 != 0, Spot { segment: (word >> 32) as u32, word: (word as u32) >> 3 })
}

/// Whether `len` words from `at` on lie inside of their segment.
fn inside(words: &dyn Words, at: Spot, len: u64) -> bool {
    words.words_in(at.segment).is_some_and(|all| u64::from(at.word) + len <= u64::from(all))
}

/// Follows the pointer at `slot`, which the caller knows to be there.
///
/// # Errors
/// [`MessageError::Pointer`] when it leads out of its segment, to a segment that is not there, or
/// from pad to pad.
pub(super) fn follow(words: &dyn Words, slot: Spot) -> Result<Followed, MessageError> {
    let word = words.word(slot)?;
    if kind(word) != 2 {
        return Ok(Followed { target: near(words, slot, word, slot.after(1))?, pad: None });
    }
    let (double, pad) = far(word);
    let length = if double { 2 } else { 1 };
    if !inside(words, pad, length.into()) {
        return Err(slot.wrong("leads to a landing pad outside of the message"));
    }
    let first = words.word(pad)?;
    let target = if double {
        let (twice, at) = far(first);
        if kind(first) != 2 || twice {
            return Err(pad.wrong("should be a far pointer to an object, as the first word of a landing pad"));
        }
        let tag = words.word(pad.after(1))?;
        if kind(tag) > 1 || offset(tag) != 0 {
            return Err(pad.after(1).wrong("should be the tag of an object, as the second word of a landing pad"));
        }
        near(words, pad, tag, at)?
    } else {
        if kind(first) == 2 {
            return Err(pad.wrong("is a far pointer where a landing pad must have an ordinary one"));
        }
        near(words, pad, first, pad.after(1))?
    };
    Ok(Followed { target, pad: Some((pad, length)) })
}

/// The offset of a struct or list pointer, in words.
fn offset(word: u64) -> i64 {
    i64::from((word as u32).cast_signed() >> 2)
}

/// Where a pointer that is not far leads, counted from `base`; `slot` is where it stands.
fn near(words: &dyn Words, slot: Spot, word: u64, base: Spot) -> Result<Target, MessageError> {
    if word == 0 {
        return Ok(Target::Null);
    }
    let (low, high) = ((word >> 32) as u16, (word >> 48) as u16);
    if kind(word) == 3 {
        return Ok(Target::Capability);
    }
    let beyond = || slot.wrong("leads out of its segment");
    let start = i64::from(base.word) + offset(word);
    let at = Spot { word: u32::try_from(start).map_err(|_| beyond())?, ..base };
    let (code, count) = ((word >> 32) as u8 & 7, (word >> 35) as u32);
    let target = match (kind(word), code) {
        (0, _) => Target::Struct { at, data: low, pointers: high },
        (_, 7) => {
            if !inside(words, at, 1 + u64::from(count)) {
                return Err(beyond());
            }
            let tag = words.word(at)?;
            // The tag is a struct pointer with the number of elements in place of the offset.
            let (elements, data, pointers) = ((tag as u32) >> 2, (tag >> 32) as u16, (tag >> 48) as u16);
            let each = u64::from(data) + u64::from(pointers);
            if kind(tag) != 0 || u64::from(elements) * each > u64::from(count) {
                return Err(slot.wrong("leads to a list of structs whose tag does not fit"));
            }
            Target::Structs { at, count: elements, data, pointers }
        }
        _ => Target::List { at, code, count },
    };
    if inside(words, at, target.words()) { Ok(target) } else { Err(beyond()) }
}

/// A double-far pointer to the two-word landing pad at `pad`.
pub(super) fn double_far(pad: Spot) -> u64 {
    u64::from(pad.segment) << 32 | u64::from(pad.word) << 3 | 4 | 2
}

/// The landing pad of a double-far pointer: to the beginning of `segment`, and the tag of a list of
/// `count` elements of `code`.
pub(super) fn landing_pad(segment: u32, code: u8, count: u32) -> [u64; 2] {
    [u64::from(segment) << 32 | 2, u64::from(count) << 35 | u64::from(code) << 32 | 1]
}

/// A list pointer that leads where `old` does, to no element.
pub(super) fn empty_list(old: u64, code: u8) -> u64 {
    old & 0xffff_ffff | u64::from(code) << 32
}

/// The code of a list of elements of so many bytes.
pub(super) fn code_of(size: usize) -> Option<u8> {
    match size {
        1 => Some(2),
        2 => Some(3),
        4 => Some(4),
        8 => Some(5),
        _ => None,
    }
}

impl Words for Vec<Vec<u64>> {
    fn words_in(&self, segment: u32) -> Option<u32> {
        self.get(segment as usize).map(|words| words.len() as u32)
    }

    fn word(&self, at: Spot) -> Result<u64, MessageError> {
        let word = self.get(at.segment as usize).and_then(|words| words.get(at.word as usize));
        word.copied().ok_or_else(|| at.outside())
    }
}
