//! What the bytes of a payload are of: segments, batches, differences.

use std::ops::Range;

use crate::{
    app::{Plan, Selection, bytes::Holding},
    payload::Difference,
    present::format,
};

/// The segment that a byte is in, as the view marks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Chooses colour and pattern.
    pub position: usize,
    /// What it is called.
    pub name: String,
    /// Its bytes in the payload.
    pub range: Range<usize>,
    /// The segment in the rows, if it is one of theirs.
    pub selection: Option<Selection>,
}

/// The segment of the rows that has the byte at `offset`.
#[must_use]
pub fn planned(plan: &Plan, offset: usize) -> Option<Mark> {
    let at = plan.pieces.partition_point(|piece| piece.offset <= offset).checked_sub(1)?;
    let piece = plan.pieces.get(at).filter(|piece| offset < piece.end())?;
    let index = (offset - piece.offset) / piece.len.max(1);
    let start = piece.offset + index * piece.len;
    let name = if piece.count == 1 { piece.name.clone() } else { format!("{}[{}]", piece.name, format::count(index)) };
    Some(Mark {
        position: piece.position,
        name,
        range: start..start + piece.len,
        selection: Some(piece.selection(index)),
    })
}

/// Whether a payload has the segments of the rows, one for one by their lengths: then its segment
/// `n` is that of the rows. O(segments).
#[must_use]
pub fn has_segments_of(plan: &Plan, payload: &Holding) -> bool {
    let planned = plan.pieces.iter().flat_map(|piece| std::iter::repeat_n(piece.len, piece.count));
    planned.eq(payload.lens())
}

/// The segment of a sample that has the byte at `offset`; `kind` is what its segments are called.
#[must_use]
pub fn arrived(payload: &Holding, offset: usize, kind: &str) -> Option<Mark> {
    let index = payload.segment_of(offset)?;
    let of = payload.count();
    let name = format!("{kind} {} of {}", format::count(index + 1), format::count(of));
    Some(Mark { position: index, name, range: payload.range(index)?, selection: None })
}

/// The batch that begins with the byte at `offset`, if one does that is not the first.
#[must_use]
pub fn batch_at(plan: &Plan, offset: usize) -> Option<usize> {
    let batch = plan.batches.batch_of(offset);
    (offset > 0 && offset < plan.len && batch > 0 && plan.batches.end(batch - 1) == offset).then_some(batch)
}

/// What looking has copied: to be in view, to search and compare, and to fill messages.
#[must_use]
pub fn looked_words([view, scanned, filled]: [u64; 3]) -> String {
    let mut parts = vec![format!("{} that were in view", format::requested(view))];
    parts.extend((scanned > 0).then(|| format!("{} to search and compare", format::requested(scanned))));
    parts.extend((filled > 0).then(|| format!("{} to fill messages", format::requested(filled))));
    match parts.as_slice() {
        [_] => format!("Looking copied {} so far: what was in view.", format::requested(view)),
        several => {
            format!("Looking copied {} so far: {}.", format::requested(view + scanned + filled), several.join(", "))
        }
    }
}

/// What a comparison has found, in a sentence.
#[must_use]
pub fn difference_words(difference: &Difference) -> String {
    let [here, there] = difference.lens();
    let found = match difference.first() {
        None if difference.common() == 0 => "The two have no offset in common".to_owned(),
        None => format!("No byte differs of {}", format::bytes(difference.common())),
        Some(first) => format!(
            "{} of {} {}, the first at {}",
            format::count(difference.count()),
            format::bytes(difference.common()),
            if difference.count() == 1 { "differs" } else { "differ" },
            format::hex(first)
        ),
    };
    let longer = match here.cmp(&there) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("; this one goes on for {}", format::bytes(here - there)),
        std::cmp::Ordering::Less => format!("; the other goes on for {}", format::bytes(there - here)),
    };
    format!("{found}{longer}.")
}
