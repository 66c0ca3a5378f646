//! What can be said about a selected segment, from the plan alone. No web types, so it is tested
//! natively.

use super::story::memory_name;
use crate::present::format;
use crate::{
    app::{Basis, Kind, Part, Piece, Plan, Row, Selection},
    ledger::Place,
    message::{PartKind, Way},
    segment::{Element, Mode},
};

/// The largest alignment that is told: no element of a typed array needs more than 8, SIMD loads
/// want 16.
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
        let piece = plan.piece_of(selection)?;
        let index = selection.index - piece.first;
        let before: usize = plan.pieces.iter().take(piece.position).map(|piece| piece.count).sum();
        let offset = piece.offset + index * piece.len;
        let end = offset + piece.len;
        let batches = (piece.len > 0).then(|| (plan.batches.batch_of(offset), plan.batches.batch_of(end - 1)));
        Some(Self {
            number: before + index + 1,
            of: plan.segments,
            offset,
            len: piece.len,
            alignment: alignment(offset),
            batches,
            cut: batches.and_then(|batches| cut_element(plan, piece, offset, batches)),
        })
    }

    /// Whether a reader of the contiguous payload can look at the segment as an array of its own
    /// type without moving it.
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
    // In a message a landing pad may stand in front of the elements, and zeros behind them.
    let begin = offset + piece.part.map_or(0, |part| part.array_at());
    let len = piece.part.map_or(piece.len, |part| part.array);
    let within = |batch: usize| plan.batches.end(batch).checked_sub(begin).filter(|within| *within < len);
    let cuts = |batch: &usize| within(*batch).is_some_and(|within| !within.is_multiple_of(size));
    let batch = (first..last).find(cuts)?;
    let in_all = (first..last).filter(cuts).count();
    Some(CutElement { element: within(batch)? / size, batch, in_all })
}

/// What put the batches of a plan are of, and how long they are at most.
#[must_use]
pub fn batches_of(plan: &Plan) -> String {
    let size = format::bytes(plan.batches.size.into());
    match plan.basis {
        Basis::Agreed => format!("batches: one put alone, {size} agreed"),
        Basis::Assumed => format!("batches: one put alone, {size} assumed"),
        Basis::Refused => "batches: as if Put could send this key and encoding".to_owned(),
    }
}

/// The segment with this number (from 1) in the payload.
#[must_use]
pub fn numbered(plan: &Plan, number: usize) -> Option<Selection> {
    let mut rest = number.checked_sub(1)?;
    for piece in &plan.pieces {
        if rest < piece.count {
            return Some(piece.selection(rest));
        }
        rest -= piece.count;
    }
    None
}

/// The first segment of the next piece that has one (`forward`), or of the previous one.
#[must_use]
pub fn neighbour_piece(plan: &Plan, selection: Selection, forward: bool) -> Option<Selection> {
    let at = plan.piece_of(selection)?.position;
    let first = |piece: &Piece| (piece.count > 0).then(|| piece.selection(0));
    if forward {
        plan.pieces.iter().skip(at + 1).find_map(first)
    } else {
        plan.pieces.iter().take(at).rev().find_map(first)
    }
}

/// What a piece is, as in `Float32`, `segment table`.
#[must_use]
pub fn piece_type(piece: &Piece) -> String {
    match piece.part {
        Some(part) if part.kind != PartKind::Adopted => content_words(piece),
        _ => memory_name(&piece.kind, piece.element, Place::Linear).to_owned(),
    }
}

/// What a row holds and where, in few words.
#[must_use]
pub fn row_words(row: &Row) -> String {
    if let (Some(spec), Some(way)) = (row.spec(), row.way()) {
        return format!("{} {spec}, {}", spec.schema().name(), way.name());
    }
    let part = if row.is_part() { ", a part" } else { "" };
    let place = match row.place {
        Place::JsHeap => "JS heap",
        Place::Linear => "wasm",
    };
    if row.repeat == 1 {
        return format!("{}{part}, {place}", memory_name(&row.kind, row.element, row.place));
    }
    // Many arrays of one type are called by that type: it is shorter.
    let name = memory_name(&row.kind, row.element, Place::Linear);
    format!("{} × {name}{part}, {place}", format::count(row.repeat))
}

/// Of an array, its type and how many elements of which size.
fn elements(element: Element, place: Place, bytes: usize) -> String {
    let size = element.size();
    format!("{}, {} × {size} B", memory_name(&Kind::Array, element, place), format::count(bytes / size))
}

/// What a part of a message that its builder made is, first at length, then in a few characters.
fn built_words(piece: &Piece, part: Part) -> [String; 2] {
    let element = piece.element;
    match (part.kind, part.field) {
        (PartKind::Table, _) => [format!("segment table, {}", format::bytes(piece.len)), "table".to_owned()],
        (PartKind::Padding, _) => [format!("zeros, {}", format::bytes(piece.len)), "zeros".to_owned()],
        (_, None) => [format!("head, {} words of 8 B", format::count(piece.len / 8)), "head".to_owned()],
        (_, Some(_)) => [
            format!("landing pad, then {}", elements(element, Place::Linear, part.array)),
            format!("pad, {}", element.name()),
        ],
    }
}

/// The array that was copied into a part of a message, and what becomes of it, first at length,
/// then in a few characters.
#[must_use]
pub fn filled_words(piece: &Piece, from: Place) -> [String; 2] {
    let array = piece.part.map_or(0, |part| part.array);
    [elements(piece.element, from, array), memory_name(&Kind::Array, piece.element, from).to_owned()]
}

/// Where the bytes of a piece are, first at length, then in a few characters for where there is
/// little room.
#[must_use]
pub fn memory_words(piece: &Piece) -> [String; 2] {
    if let Some(part) = piece.part.filter(|part| part.kind != PartKind::Adopted) {
        return built_words(piece, part);
    }
    let name = memory_name(&piece.kind, piece.element, piece.source);
    let bytes = match piece.whole {
        Some(whole) => format!("{} of {}", format::count(piece.len), format::bytes(whole)),
        None => format::bytes(piece.len),
    };
    let long = match (&piece.kind, piece.whole) {
        _ if piece.count != 1 => format!("{} × {name}, {bytes} each", format::count(piece.count)),
        (kind, None) if kind.is_typed() => elements(piece.element, piece.source, piece.len),
        (Kind::Text(_), _) => format!("{name}, {bytes} of UTF-8"),
        _ => format!("{name}, {bytes}"),
    };
    let short = piece.whole.map_or_else(|| name.to_owned(), |whole| format!("of {}", format::bytes(whole)));
    [long, short]
}

/// What a piece holds, as in `Float32 × 3,000`.
#[must_use]
pub fn content_words(piece: &Piece) -> String {
    match piece.part.map(|part| (part.kind, part.field, part.array)) {
        Some((PartKind::Table, ..)) => return "segment table".to_owned(),
        Some((PartKind::Padding, ..)) => return "zeros".to_owned(),
        Some((PartKind::Built, None, _)) => return "pointers and fields".to_owned(),
        Some((PartKind::Built, Some(_), bytes)) => {
            return format!("pad, {} × {}", piece.element.name(), format::count(bytes / piece.element.size()));
        }
        Some((PartKind::Adopted, ..)) | None => {}
    }
    let name = memory_name(&piece.kind, piece.element, Place::Linear);
    if piece.count != 1 {
        format!("{} × {}", format::count(piece.count), format::bytes(piece.len))
    } else if piece.kind.is_typed() {
        format!("{name} × {}", format::count(piece.len / piece.element.size()))
    } else {
        name.to_owned()
    }
}

/// What becomes of the caller's memory, in a few words.
#[must_use]
pub fn caller_words(piece: &Piece) -> &'static str {
    if let Some(part) = piece.part.filter(|part| part.kind != PartKind::Adopted) {
        return match part.way {
            _ if part.field.is_none() => "made by the builder",
            Way::InPlace => "written in place",
            Way::Filled | Way::Adopted => "copied into the builder’s memory",
        };
    }
    match (piece.mode, piece.source) {
        _ if piece.refused.is_some() => "the caller keeps it",
        (Mode::Copy, _) => "the caller keeps it",
        (Mode::Borrow, _) => "the payload refers to it",
        (Mode::Move, Place::JsHeap) if matches!(piece.kind, Kind::File(_)) => "a duplicate is handed over",
        (Mode::Move, Place::JsHeap) => "caller’s view is detached",
        (Mode::Move, Place::Linear) => "the payload alone has it",
    }
}

/// What is left where a payload took the bytes away, first at length, then in a few characters.
#[must_use]
pub fn vacated_words(piece: &Piece) -> [&'static str; 3] {
    if piece.part.is_some_and(|part| part.kind != PartKind::Adopted) {
        return ["the builder’s memory is handed over", "handed over", "empty"];
    }
    match piece.source {
        Place::JsHeap if matches!(piece.kind, Kind::File(_)) => {
            ["a duplicate was here, the page keeps the file", "duplicate handed over", "handed over"]
        }
        Place::JsHeap => ["detached: the caller’s array has length 0", "detached, length 0", "detached"],
        Place::Linear => ["the caller has no bytes here any more", "handed over", "empty"],
    }
}

/// The mode of a piece, and whether it is refused.
#[must_use]
pub fn mode_words(piece: &Piece) -> String {
    let refused = if piece.refused.is_some() { ", refused" } else { "" };
    format!("{}{refused}", piece.mode.name())
}

/// The type of the elements and how many there are.
#[must_use]
pub fn element_words(piece: &Piece) -> String {
    match piece.part.map(|part| (part.kind, part.field, part.array)) {
        Some((PartKind::Table, ..)) => return "numbers of 4 B: how many segments, how long each".to_owned(),
        Some((PartKind::Padding, ..)) => return "zeros, up to a whole word of 8 B".to_owned(),
        Some((PartKind::Built, None, _)) => return "words of 8 B".to_owned(),
        Some((PartKind::Built, Some(_), bytes)) => {
            let size = piece.element.size();
            return format!("{}, {size} B × {}", piece.element.name(), format::count(bytes / size));
        }
        Some((PartKind::Adopted, ..)) | None => {}
    }
    if piece.kind.is_typed() {
        let size = piece.element.size();
        return format!("{}, {size} B × {}", piece.element.name(), format::count(piece.len / size));
    }
    match piece.kind {
        Kind::DataView => "no type: bytes of a DataView".to_owned(),
        Kind::ArrayBuffer => "no type: bytes of an ArrayBuffer".to_owned(),
        Kind::Text(_) => "text in UTF-8".to_owned(),
        Kind::Message(_) => "words of a Cap’n Proto message, 8 B each".to_owned(),
        _ => "bytes of a file".to_owned(),
    }
}

/// How the offset is aligned, and whether that is enough for a reader of the contiguous payload.
#[must_use]
pub fn alignment_words(piece: &Piece, facts: &Facts) -> String {
    if piece.part.is_some_and(|part| matches!(part.kind, PartKind::Table | PartKind::Built)) {
        let fit = if facts.fits(8) { "fits" } else { "too little for" };
        return format!("{} B, {fit} words of 8 B", facts.alignment);
    }
    if !piece.kind.is_typed() {
        return format!("{} B, bytes fit anywhere", facts.alignment);
    }
    let size = piece.element.size();
    let fit = if facts.fits(size) { "fits" } else { "too little for" };
    format!("{} B, {fit} {} ({size} B)", facts.alignment, piece.element.name())
}

/// Whether a piece is a segment of a message, with or without the padding behind it.
#[must_use]
pub fn is_segment(piece: &Piece) -> bool {
    piece.part.is_some_and(|part| matches!(part.kind, PartKind::Built | PartKind::Adopted))
}

/// What a piece is of its message, if it is: its segment there, and how its bytes got there.
#[must_use]
pub fn part_words(plan: &Plan, piece: &Piece) -> Option<String> {
    let part = piece.part?;
    let before = plan.pieces.iter().take(piece.position).filter(|other| other.row == piece.row);
    let segments = before.filter(|piece| is_segment(piece)).count();
    Some(match part.kind {
        PartKind::Table => "in front of the message’s segments".to_owned(),
        PartKind::Padding => format!("the end of segment {} of the message", segments.saturating_sub(1)),
        _ if part.field.is_none() => format!("segment {segments} of the message, its head"),
        _ => format!("segment {segments} of the message, {}", part.way.name()),
    })
}

#[cfg(test)]
mod tests;
