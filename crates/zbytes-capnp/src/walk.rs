//! Going through a message along its pointers, without a schema and within limits.

use super::{
    MessageError,
    pointer::{Followed, POINTERS, Spot, Target, Words, follow},
};

/// How far a walk goes before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// How deeply structs and lists may lie in each other.
    pub(super) depth: u32,
    /// Words of all targets together, each counted at least as one. A target that many pointers
    /// lead to counts as often.
    pub(super) words: u64,
}

impl Limits {
    /// For messages that were built here, which cannot be wrong.
    pub(super) const NONE: Self = Self { depth: u32::MAX, words: u64::MAX };
}

/// A pointer on the way.
pub(super) struct Seen {
    /// Where it stands.
    pub(super) slot: Spot,
    /// Where it leads.
    pub(super) followed: Followed,
    /// How many pointers were followed before it, from the root.
    pub(super) depth: u32,
    /// The object in which it stands, by the index of its own pointer in the order of the walk. And
    /// which of its pointers it is; `None` for the root.
    pub(super) parent: Option<(usize, u32)>,
}

/// The pointers of an object that are still to be followed. They are those of a struct, of a list
/// of pointers, or of all structs of a list. Its size does not depend on how many they are.
struct Row {
    /// The first pointer of the first struct.
    first: Spot,
    /// Words from one struct to the next.
    stride: u32,
    /// Pointers of each struct; not 0.
    each: u32,
    /// Pointers in all.
    count: u64,
    /// Pointers that were followed.
    done: u64,
    depth: u32,
    /// The index of the pointer to the object.
    parent: usize,
}

impl Row {
    fn next(&mut self) -> Option<(Spot, u32)> {
        if self.done == self.count {
            return None;
        }
        let index = self.done;
        self.done += 1;
        // The whole object lies inside of its segment, so these are words of it.
        let (object, pointer) = (index / u64::from(self.each), index % u64::from(self.each));
        let words = object * u64::from(self.stride) + pointer;
        Some((self.first.after(words as u32), index as u32))
    }
}

/// Follows every pointer of a message, each object before what it points to. Null pointers are
/// shown too.
///
/// # Errors
/// The first pointer that cannot be followed, a limit, or an error of `see`.
pub(super) fn walk(
    words: &dyn Words,
    limits: Limits,
    see: &mut dyn FnMut(&Seen) -> Result<(), MessageError>,
) -> Result<(), MessageError> {
    let mut left = limits.words;
    let mut seen = 0;
    if words.words_in(0).is_none_or(|words| words == 0) {
        return Ok(());
    }
    let root = Seen { slot: Spot::ROOT, followed: follow(words, Spot::ROOT)?, depth: 0, parent: None };
    // A stack, not a recursion: nesting is bounded by `limits`, not by the thread's stack.
    let mut rows: Vec<Row> = Vec::new();
    let mut one = |pointer: Seen, rows: &mut Vec<Row>| -> Result<(), MessageError> {
        let target = pointer.followed.target;
        left = left.checked_sub(target.words().max(1)).ok_or(MessageError::TooMuch { limit: limits.words })?;
        see(&pointer)?;
        let depth = pointer.depth + 1;
        let parent = seen;
        seen += 1;
        let (first, stride, each, structs) = match target {
            Target::Struct { at, data, pointers } => (at.after(data.into()), 0, u32::from(pointers), 1),
            Target::List { at, code: POINTERS, count } => (at, 0, count, 1),
            Target::Structs { at, count, data, pointers } => {
                (at.after(1 + u32::from(data)), u32::from(data) + u32::from(pointers), u32::from(pointers), count)
            }
            Target::Null | Target::Capability | Target::List { .. } => return Ok(()),
        };
        if each > 0 {
            let count = u64::from(each) * u64::from(structs);
            rows.push(Row { first, stride, each, count, done: 0, depth, parent });
        }
        Ok(())
    };
    one(root, &mut rows)?;
    while let Some(row) = rows.last_mut() {
        let (depth, parent) = (row.depth, row.parent);
        let Some((slot, index)) = row.next() else {
            rows.pop();
            continue;
        };
        if depth > limits.depth {
            return Err(MessageError::TooDeep { limit: limits.depth });
        }
        one(Seen { slot, followed: follow(words, slot)?, depth, parent: Some((parent, index)) }, &mut rows)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use zbytes::payload::ZBytes;

    use super::*;
    use crate::Received;

    /// The words of the slots that are seen in a message of one segment.
    fn slots(words: &[u64]) -> Vec<u32> {
        let table = [(words.len() as u64) << 32];
        let bytes = table.iter().chain(words).flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let payload = ZBytes::of_held(vec![bytes.into()]);
        let received = Received::open(&payload).unwrap();
        let mut slots = Vec::new();
        walk(&received, received.limits(), &mut |seen| {
            slots.push(seen.slot.word);
            Ok(())
        })
        .unwrap();
        slots
    }

    #[test]
    fn pointers_of_structs_in_a_list_follow_their_data() {
        // Two structs of two words of data, which no reader may take for pointers, and two
        // pointers.
        let (no_pointer, null) = (u64::MAX, 0);
        let list = 8 << 35 | 7 << 32 | 1;
        let tag = 2 << 2 | 2 << 32 | 2 << 48;
        let element = [no_pointer, no_pointer, null, null];
        let words = [&[list, tag][..], &element, &element].concat();
        assert_eq!(slots(&words), [0, 4, 5, 8, 9]);
    }
}
