//! What can be said about a selected segment, from the plan alone. No web types, so it is tested natively.

use super::format;
use crate::{
    app::{Piece, Plan, Selection},
    ledger::Place,
    segment::Mode,
};

/// The largest alignment that is told: no element of a typed array needs more than 8, SIMD loads want 16.
const MOST_ALIGNMENT: usize = 16;

/// A batch border inside of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutElement {
    /// The element's index in its array.
    pub element: usize,
    /// The batch that carries its first bytes; the next batch carries the rest.
    pub batch: usize,
    /// How many elements of the segment are cut like this.
    pub in_all: usize,
}

/// Facts about one segment of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its number in the payload, from 1.
    pub number: usize,
    /// Segments in the payload.
    pub of: usize,
    /// Where its first byte is in the payload.
    pub offset: usize,
    /// Its bytes.
    pub len: usize,
    /// The largest power of two, at most 16, that divides the offset.
    pub alignment: usize,
    /// The first and the last batch that carry it; `None` when it has no byte.
    pub batches: Option<(usize, usize)>,
    /// The first element that a batch border cuts, if any.
    pub cut: Option<CutElement>,
}

impl Facts {
    /// The facts about `selection`, or `None` when the plan has no such segment.
    #[must_use]
    pub fn of(plan: &Plan, selection: Selection) -> Option<Self> {
        let piece = plan.piece(selection.row)?;
        if selection.index >= piece.count {
            return None;
        }
        let before: usize = plan.pieces.iter().take(piece.position).map(|piece| piece.count).sum();
        let offset = piece.offset + selection.index * piece.len;
        let end = offset + piece.len;
        let batches = (piece.len > 0).then(|| (plan.batches.batch_of(offset), plan.batches.batch_of(end - 1)));
        Some(Self {
            number: before + selection.index + 1,
            of: plan.segments,
            offset,
            len: piece.len,
            alignment: alignment(offset),
            batches,
            cut: batches.and_then(|batches| cut_element(plan, piece, offset, batches)),
        })
    }

    /// Whether a reader of the contiguous payload can look at the segment as an array of its own type without moving it.
    #[must_use]
    pub fn fits(&self, element_size: usize) -> bool {
        self.alignment >= element_size
    }
}

fn alignment(offset: usize) -> usize {
    if offset == 0 { MOST_ALIGNMENT } else { (1 << offset.trailing_zeros().min(4)).min(MOST_ALIGNMENT) }
}

fn cut_element(plan: &Plan, piece: &Piece, offset: usize, (first, last): (usize, usize)) -> Option<CutElement> {
    let size = piece.element.size();
    let cuts = |batch: &usize| !(plan.batches.end(*batch) - offset).is_multiple_of(size);
    let batch = (first..last).find(cuts)?;
    let in_all = (first..last).filter(cuts).count();
    Some(CutElement { element: (plan.batches.end(batch) - offset) / size, batch, in_all })
}

/// The segment with this number (from 1) in the payload.
#[must_use]
pub fn numbered(plan: &Plan, number: usize) -> Option<Selection> {
    let mut rest = number.checked_sub(1)?;
    for piece in &plan.pieces {
        if rest < piece.count {
            return Some(Selection { row: piece.row, index: rest });
        }
        rest -= piece.count;
    }
    None
}

/// The first segment of the next piece that has one (`forward`), or of the previous one.
#[must_use]
pub fn neighbour_piece(plan: &Plan, selection: Selection, forward: bool) -> Option<Selection> {
    let at = plan.piece(selection.row)?.position;
    let first = |piece: &Piece| (piece.count > 0).then_some(Selection { row: piece.row, index: 0 });
    if forward {
        plan.pieces.iter().skip(at + 1).find_map(first)
    } else {
        plan.pieces.iter().take(at).rev().find_map(first)
    }
}

/// Who keeps the bytes alive once the payload is built.
#[must_use]
pub fn owner(piece: &Piece) -> String {
    let source = match piece.source {
        Place::JsHeap => format!("the page’s {} in the JS heap", piece.element.array_name()),
        Place::Linear => "the program’s block in wasm memory".to_owned(),
    };
    match piece.mode {
        Mode::Borrow => source,
        Mode::Move if piece.source == Place::JsHeap => {
            "a buffer that is the payload’s alone; the page’s array is detached".to_owned()
        }
        Mode::Move => "the payload, which has taken the block in wasm memory over".to_owned(),
        Mode::Copy => format!("the payload’s own block in wasm memory, copied from {source}"),
    }
}

/// What happens to the bytes of one segment of `piece`, for somebody who has never heard of any of this.
#[must_use]
pub fn story(piece: &Piece) -> String {
    if piece.len == 0 {
        return "It has no byte. It is kept in the list of segments, costs nothing and is not seen on the wire."
            .to_owned();
    }
    let bytes = format::bytes(piece.len);
    let source = match piece.source {
        Place::JsHeap => "the array",
        Place::Linear => "the memory",
    };
    match piece.mode {
        Mode::Borrow => format!(
            "Building the payload only notes where they are: nothing is copied. Sending copies each byte once, from {source} \
             straight into the batch that carries it. Change {source} before it was sent, and what is sent changes too."
        ),
        Mode::Move => format!(
            "Building the payload takes {source} away from its owner: nothing is copied, and nobody else can write the bytes any \
             more. Sending copies each byte once, straight into the batch that carries it."
        ),
        Mode::Copy => format!(
            "Building the payload copies all {bytes} into a block of its own; you may then do with {source} what you like. Sending \
             copies each byte again, into the batch that carries it: twice in all."
        ),
    }
}

/// What a mode means for one row, in one sentence.
#[must_use]
pub fn mode_sentence(mode: Mode, place: Place) -> &'static str {
    match (mode, place) {
        (Mode::Copy, _) => "Copied when the payload is built; the source may change or go afterwards.",
        (Mode::Borrow, Place::JsHeap) => {
            "Not copied: the payload refers to the array. A later write shows in the payload."
        }
        (Mode::Borrow, Place::Linear) => "Not copied: the payload refers to this wasm memory and keeps it alive.",
        (Mode::Move, Place::JsHeap) => {
            "Ownership is taken: the array is detached, so nobody can write to it any more. No byte is copied."
        }
        (Mode::Move, Place::Linear) => {
            "Ownership is taken: the payload keeps the memory, nobody else has it. No byte is copied."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Preset, Row};
    use crate::segment::Element;

    fn row(id: u32, element: Element, length: usize, repeat: usize, mode: Mode) -> Row {
        Row { repeat, mode, ..Row::array(id, format!("r{id}"), element, length) }
    }

    fn plan(rows: &[Row]) -> Plan {
        Plan::of(rows, None, 10).unwrap()
    }

    #[test]
    fn a_segment_of_a_repeat_has_its_own_offset_and_number() {
        let rows = [row(7, Element::Uint8, 3, 1, Mode::Copy), row(9, Element::Uint8, 16, 100, Mode::Borrow)];
        let plan = plan(&rows);
        let facts = Facts::of(&plan, Selection { row: 9, index: 4 }).unwrap();
        assert_eq!((facts.number, facts.of, facts.offset, facts.len), (6, 101, 67, 16));
        assert_eq!(facts.alignment, 1);
        assert_eq!(facts.batches, Some((0, 0)));
        assert_eq!(Facts::of(&plan, Selection { row: 9, index: 100 }), None);
        assert_eq!(Facts::of(&plan, Selection { row: 1, index: 0 }), None);
    }

    #[test]
    fn alignment_is_that_of_the_offset() {
        assert_eq!(alignment(0), 16);
        assert_eq!(alignment(64), 16);
        assert_eq!(alignment(12), 4);
        assert_eq!(alignment(7), 1);
    }

    #[test]
    fn batch_borders_cut_elements() {
        let plan = plan(&Preset::Tensor.rows(0));
        let facts = Facts::of(&plan, Selection { row: 0, index: 0 }).unwrap();
        assert_eq!(facts.batches, Some((0, plan.batches.count - 1)));
        let cut = facts.cut.unwrap();
        assert!(cut.in_all > 1 && cut.in_all < plan.batches.count);
        let border = plan.batches.end(cut.batch);
        assert!(cut.element * 4 < border && border < cut.element * 4 + 4);
        // Bytes cannot be cut.
        let bytes = self::plan(&[row(0, Element::Uint8, 200_000, 1, Mode::Copy)]);
        assert_eq!(Facts::of(&bytes, Selection { row: 0, index: 0 }).unwrap().cut, None);
    }

    #[test]
    fn an_empty_segment_is_in_no_batch() {
        let plan = plan(&[row(0, Element::Int32, 0, 1, Mode::Borrow)]);
        let facts = Facts::of(&plan, Selection { row: 0, index: 0 }).unwrap();
        assert_eq!((facts.len, facts.batches, facts.cut), (0, None, None));
        assert!(story(&plan.pieces[0]).starts_with("It has no byte"));
    }

    #[test]
    fn walking_goes_over_pieces_and_numbers() {
        let rows = [
            row(5, Element::Uint8, 1, 2, Mode::Copy),
            row(6, Element::Uint8, 1, 0, Mode::Copy),
            row(8, Element::Uint8, 1, 1, Mode::Copy),
        ];
        let plan = plan(&rows);
        let at = |row, index| Some(Selection { row, index });
        assert_eq!(numbered(&plan, 0), None);
        assert_eq!(numbered(&plan, 2), at(5, 1));
        assert_eq!(numbered(&plan, 3), at(8, 0));
        assert_eq!(numbered(&plan, 4), None);
        assert_eq!(neighbour_piece(&plan, Selection { row: 5, index: 1 }, true), at(8, 0));
        assert_eq!(neighbour_piece(&plan, Selection { row: 8, index: 0 }, false), at(5, 0));
        assert_eq!(neighbour_piece(&plan, Selection { row: 5, index: 1 }, false), None);
    }

    #[test]
    fn owner_and_story_follow_the_mode() {
        let plan = plan(&[row(0, Element::Int32, 5, 1, Mode::Borrow), row(1, Element::Int32, 5, 1, Mode::Copy)]);
        assert_eq!(owner(&plan.pieces[0]), "the page’s Int32Array in the JS heap");
        assert!(owner(&plan.pieces[1]).starts_with("the payload’s own block"));
        assert!(story(&plan.pieces[0]).contains("nothing is copied"));
        assert!(story(&plan.pieces[1]).contains("20 B") && story(&plan.pieces[1]).contains("twice"));
    }
}
