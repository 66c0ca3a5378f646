//! What can be said about a selected segment, from the plan alone. No web types, so it is tested natively.

use crate::present::format;
use crate::{
    app::{Basis, Kind, Part, Piece, Plan, Row, Selection, sentence},
    ledger::Place,
    message::{PartKind, Way},
    segment::{Cause, Element, Mode, SegmentError, Unsupported},
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

/// What memory of a kind is called: `Float32Array`, `DataView`, `text`. Only the JS heap has typed arrays.
#[must_use]
pub fn memory_name(kind: &Kind, element: Element, place: Place) -> &'static str {
    match (kind, place) {
        (Kind::Array, Place::JsHeap) => element.array_name(),
        (Kind::Array, Place::Linear) => element.name(),
        (Kind::DataView, _) => "DataView",
        (Kind::ArrayBuffer, _) => "ArrayBuffer",
        (Kind::Text(_), _) => "text",
        (Kind::Message(_), _) => "message",
        (Kind::File(_), _) => "file",
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

/// The array that was copied into a part of a message, and what becomes of it, first at length, then in a few characters.
#[must_use]
pub fn filled_words(piece: &Piece, from: Place) -> [String; 2] {
    let array = piece.part.map_or(0, |part| part.array);
    [elements(piece.element, from, array), memory_name(&Kind::Array, piece.element, from).to_owned()]
}

/// Where the bytes of a piece are, first at length, then in a few characters for where there is little room.
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
        (Kind::Array, None) => elements(piece.element, piece.source, piece.len),
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
    } else if piece.kind == Kind::Array {
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
    match piece.kind {
        Kind::Array => {
            let size = piece.element.size();
            format!("{}, {size} B × {}", piece.element.name(), format::count(piece.len / size))
        }
        Kind::DataView => "no type: bytes of a DataView".to_owned(),
        Kind::ArrayBuffer => "no type: bytes of an ArrayBuffer".to_owned(),
        Kind::Text(_) => "text in UTF-8".to_owned(),
        Kind::Message(_) => "words of a Cap’n Proto message, 8 B each".to_owned(),
        Kind::File(_) => "bytes of a file".to_owned(),
    }
}

/// How the offset is aligned, and whether that is enough for a reader of the contiguous payload.
#[must_use]
pub fn alignment_words(piece: &Piece, facts: &Facts) -> String {
    if piece.part.is_some_and(|part| matches!(part.kind, PartKind::Table | PartKind::Built)) {
        let fit = if facts.fits(8) { "fits" } else { "too little for" };
        return format!("{} B, {fit} words of 8 B", facts.alignment);
    }
    if piece.kind != Kind::Array {
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

/// Who keeps the bytes of a part of a message alive that its builder made.
fn builder_owner(piece: &Piece, part: Part) -> String {
    let memory = if part.kind == PartKind::Padding { "zeros of the program" } else { "the builder’s memory in wasm" };
    match piece.mode {
        Mode::Borrow if part.kind == PartKind::Padding => "the program, which always has these zeros".to_owned(),
        Mode::Borrow => format!("the message: {memory}"),
        Mode::Move if part.kind == PartKind::Padding => "the program, which always has these zeros".to_owned(),
        Mode::Move => format!("the payload, which has taken {memory} over"),
        Mode::Copy => format!("the payload’s own block in wasm memory, copied from {memory}"),
    }
}

/// Who keeps the bytes alive once the payload is built.
#[must_use]
pub fn owner(piece: &Piece) -> String {
    if let Some(part) = piece.part.filter(|part| part.kind != PartKind::Adopted) {
        return builder_owner(piece, part);
    }
    let source = match (piece.source, &piece.kind, piece.whole) {
        (Place::Linear, ..) => "the program’s block in wasm memory".to_owned(),
        (_, Kind::File(_), _) => "the page’s ArrayBuffer with the file".to_owned(),
        (_, Kind::Text(_), _) => "the page’s Uint8Array with the text".to_owned(),
        (_, kind, Some(whole)) => format!(
            "the page’s buffer of {} in the JS heap; this {} shows a part of it",
            format::bytes(whole),
            memory_name(kind, piece.element, piece.source)
        ),
        (_, kind, None) => format!("the page’s {} in the JS heap", memory_name(kind, piece.element, piece.source)),
    };
    match (piece.mode, piece.source) {
        _ if piece.refused.is_some() => source,
        (Mode::Borrow, _) => source,
        (Mode::Move, Place::JsHeap) if matches!(piece.kind, Kind::File(_)) => {
            "a buffer that is the payload’s alone, duplicated for it by the page, which keeps the file".to_owned()
        }
        (Mode::Move, Place::JsHeap) => "a buffer that is the payload’s alone; the page’s array is detached".to_owned(),
        (Mode::Move, Place::Linear) => "the payload, which has taken the block in wasm memory over".to_owned(),
        (Mode::Copy, _) => format!("the payload’s own block in wasm memory, copied from {source}"),
    }
}

/// What happens to the bytes of one segment of `piece`, for somebody who has never heard of any of this.
#[must_use]
pub fn story(piece: &Piece) -> String {
    if let Some(cause) = piece.refused {
        return format!("Nothing: the payload is not built. {}", refusal(piece.mode, cause));
    }
    if piece.len == 0 {
        return "It has no byte. It is kept in the list of segments, costs nothing and is not seen on the wire."
            .to_owned();
    }
    if let Some(part) = piece.part {
        return part_story(piece, part);
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

/// The story of a part of a message.
fn part_story(piece: &Piece, part: Part) -> String {
    let array = format::bytes(part.array);
    let pad = "In front stands a landing pad of 8 B, to which the head’s far pointer leads.";
    let what = match (part.kind, part.field, part.way) {
        (PartKind::Table, ..) => {
            "It says how many segments the message has and how long each is: in one run of bytes a reader \
             finds them by it."
                .to_owned()
        }
        (PartKind::Padding, ..) => {
            "Segments of a message are whole words of 8 B; these zeros complete the array before \
             them, which itself is not touched for it."
                .to_owned()
        }
        (PartKind::Built, None, _) if part.arrays == 0 => {
            "Fields, texts and pointers. There is no element, so the pointer of the array leads to an empty list, and no other \
             segment is needed."
                .to_owned()
        }
        (PartKind::Built, None, Way::Adopted) => {
            "Fields, texts and pointers. The array is not in here: a double-far pointer \
             leads by a landing pad, also in here, to the array’s own segment."
                .to_owned()
        }
        (PartKind::Built, None, _) => {
            "Fields, texts and pointers. The array is not in here: a far pointer leads to a landing \
             pad in the array’s own segment."
                .to_owned()
        }
        (PartKind::Built, _, Way::InPlace) => {
            format!(
                "The builder’s memory was there first; whoever made the {array} wrote them there. Nothing was copied. {pad}"
            )
        }
        (PartKind::Built, ..) => {
            format!(
                "All {array} of the caller’s array were copied into the builder’s memory, before any payload was built. {pad}"
            )
        }
        (PartKind::Adopted, ..) => {
            "The caller’s own array: the message points to it, so it is a segment of the message, and \
             nothing was copied."
                .to_owned()
        }
    };
    let then = match (piece.mode, part.kind, piece.source) {
        (Mode::Copy, ..) => "Building the payload copies it into one block, sending copies it again, into its batch.",
        (Mode::Borrow, PartKind::Adopted, Place::JsHeap) => {
            "The payload refers to it; a write before it was sent shows. Sending copies each byte once, into its batch."
        }
        (Mode::Move, PartKind::Adopted, Place::JsHeap) => {
            "The payload takes it away from the caller, whose array is empty then. Sending copies each byte once, into its batch."
        }
        (Mode::Borrow, ..) => "The payload refers to it. Sending copies each byte once, into its batch.",
        (Mode::Move, ..) => "The payload takes it over. Sending copies each byte once, into its batch.",
    };
    format!("{what} {then}")
}

/// Why the pointers of a message are what they are.
#[must_use]
pub fn pointer_words(row: &Row) -> &'static str {
    match row.way() {
        _ if row.arrays().iter().all(|array| array.length == 0) => {
            "There is no element, so no array needs a segment of its own."
        }
        Some(Way::Adopted) => {
            "Nothing can stand in front of the caller’s array, so its pointer is double-far: it leads to a landing pad of two \
             words in the head, and the pad to the segment that the array is."
        }
        _ => {
            "The array’s segment is the builder’s own, with room for a landing pad in front: the pointer in the head is far, it \
             leads to that pad of one word, and the pad to the array."
        }
    }
}

/// What a way to make a message copies, in one sentence.
#[must_use]
pub fn way_sentence(row: &Row) -> String {
    let bytes = row.arrays().iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    match row.way() {
        Some(_) if bytes == 0 => "Nothing is copied: there is no element.".to_owned(),
        Some(Way::Filled) => {
            format!("{} are copied out of the caller’s array into the message’s memory.", format::requested(bytes))
        }
        Some(Way::InPlace) => {
            "Nothing is copied: whoever makes the elements writes them into the message’s memory.".to_owned()
        }
        Some(Way::Adopted) => "Nothing is copied: the array itself becomes a segment of the message.".to_owned(),
        None => String::new(),
    }
}

/// What its mode means for a message.
fn message_mode_sentence(row: &Row, way: Way) -> &'static str {
    match (row.mode, way, row.place) {
        (Mode::Copy, Way::Adopted, _) => {
            "All parts, the array too, are copied into one block when the payload is built."
        }
        (Mode::Copy, ..) => "All parts are copied into one block when the payload is built.",
        (Mode::Borrow, Way::Adopted, Place::JsHeap) => {
            "The payload refers to the message’s parts and to the array. A later write to it shows."
        }
        (Mode::Borrow, ..) => "The payload refers to the message’s parts and keeps them alive.",
        (Mode::Move, Way::Adopted, Place::JsHeap) => {
            "The payload takes the message over, and the array: it is detached from its owner."
        }
        (Mode::Move, ..) => "The payload takes the message’s memory over; nobody else has it.",
    }
}

/// Why `mode` cannot take a source and what to do, as a sentence.
#[must_use]
pub fn refusal(mode: Mode, cause: Cause) -> String {
    format!("{}.", sentence(&SegmentError::Refused { mode, cause }.to_string()))
}

/// The first row that its mode cannot take, and the number of its first segment in the payload, from 0.
#[must_use]
pub fn first_refused(rows: &[Row]) -> Option<(usize, &Row)> {
    let at = rows.iter().position(is_refused)?;
    let before = rows.iter().take(at).map(Row::segments).sum();
    rows.get(at).map(|row| (before, row))
}

/// Whether the payload is not built because of this row.
#[must_use]
pub fn is_refused(row: &Row) -> bool {
    row.unsupported == Unsupported::Refuse && row.refusal(row.mode).is_some()
}

/// What its mode means for one row, in one sentence.
#[must_use]
pub fn mode_sentence(row: &Row) -> &'static str {
    if let Some(way) = row.way() {
        return message_mode_sentence(row, way);
    }
    let file = matches!(row.kind, Kind::File(_));
    match (row.mode, row.place) {
        (mode, _) if row.refusal(mode).is_some() => match row.unsupported {
            Unsupported::Refuse => "Not taken: the payload is not built.",
            Unsupported::Copy => "Copied instead, because this mode cannot take the row. The ledger counts the bytes.",
        },
        (Mode::Copy, _) => "Copied when the payload is built; the source may change or go afterwards.",
        (Mode::Borrow, Place::JsHeap) if file => {
            "Not copied: the payload refers to the bytes that the page has read out of the file."
        }
        (Mode::Borrow, Place::JsHeap) => {
            "Not copied: the payload refers to the array. A later write shows in the payload."
        }
        (Mode::Borrow, Place::Linear) => "Not copied: the payload refers to this wasm memory and keeps it alive.",
        (Mode::Move, Place::JsHeap) if file => {
            "The page keeps the file and hands over a duplicate, which it makes beforehand. The payload copies no byte."
        }
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
    use crate::{
        app::{Message, Preset, Sending},
        message::Schema,
    };

    fn row(id: u32, element: Element, length: usize, repeat: usize, mode: Mode) -> Row {
        Row { repeat, mode, ..Row::array(id, format!("r{id}"), element, length) }
    }

    fn plan(rows: &[Row]) -> Plan {
        Plan::of(rows, None, &Sending::default()).unwrap()
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

    #[test]
    fn every_kind_of_memory_has_its_words() {
        let kinds = [Kind::Array, Kind::DataView, Kind::ArrayBuffer, Kind::Text("größer".into()), Kind::File(0)];
        let rows: Vec<Row> = kinds
            .into_iter()
            .zip(0..)
            .map(|(kind, id)| Row { kind, ..row(id, Element::Uint8, 8, 1, Mode::Borrow) })
            .collect();
        let plan = plan(&rows);
        let words = |say: fn(&Piece) -> String| plan.pieces.iter().map(say).collect::<Vec<_>>();
        assert_eq!(
            words(|piece| memory_words(piece)[0].clone()),
            ["Uint8Array, 8 × 1 B", "DataView, 8 B", "ArrayBuffer, 8 B", "text, 8 B of UTF-8", "file, 8 B"]
        );
        assert_eq!(words(content_words), ["Uint8 × 8", "DataView", "ArrayBuffer", "text", "file"]);
        assert_eq!(
            words(element_words),
            [
                "Uint8, 1 B × 8",
                "no type: bytes of a DataView",
                "no type: bytes of an ArrayBuffer",
                "text in UTF-8",
                "bytes of a file"
            ]
        );
        assert_eq!(
            words(owner),
            [
                "the page’s Uint8Array in the JS heap",
                "the page’s DataView in the JS heap",
                "the page’s ArrayBuffer in the JS heap",
                "the page’s Uint8Array with the text",
                "the page’s ArrayBuffer with the file"
            ]
        );
        let facts = Facts::of(&plan, Selection { row: 1, index: 0 }).unwrap();
        assert_eq!(alignment_words(&plan.pieces[0], &facts), "8 B, fits Uint8 (1 B)");
        assert_eq!(alignment_words(&plan.pieces[1], &facts), "8 B, bytes fit anywhere");
        assert_eq!(row_words(&rows[3]), "text, JS heap");
        assert_eq!(row_words(&Row { repeat: 3, ..rows[0].clone() }), "3 × Uint8, JS heap");
        assert_eq!(row_words(&Row { place: Place::Linear, ..rows[4].clone() }), "file, wasm");
    }

    /// The pieces of a tensor of three numbers of 4 B, in wasm memory.
    fn tensor(way: Way, mode: Mode) -> Plan {
        let message = Message { way, shape: vec![3], ..Message::first(Schema::Tensor) };
        plan(&[Row { mode, place: Place::Linear, ..Row::message(0, "t", Element::Int32, message) }])
    }

    #[test]
    fn every_part_of_a_message_has_its_words() {
        let adopted = tensor(Way::Adopted, Mode::Borrow);
        let words = |plan: &Plan, say: fn(&Piece) -> String| plan.pieces.iter().map(say).collect::<Vec<_>>();
        assert_eq!(words(&adopted, |piece| piece.name.clone()), ["t.table", "t.head", "t.data", "t.padding"]);
        assert_eq!(
            words(&adopted, |piece| memory_words(piece)[0].clone()),
            ["segment table, 16 B", "head, 10 words of 8 B", "Int32, 3 × 4 B", "zeros, 4 B"]
        );
        assert_eq!(words(&adopted, piece_type), ["segment table", "pointers and fields", "Int32", "zeros"]);
        let parts: Vec<_> = adopted.pieces.iter().map(|piece| part_words(&adopted, piece).unwrap()).collect();
        assert_eq!(
            parts,
            [
                "in front of the message’s segments",
                "segment 0 of the message, its head",
                "segment 1 of the message, adopted",
                "the end of segment 1 of the message"
            ]
        );
        assert_eq!(
            words(&adopted, owner),
            [
                "the message: the builder’s memory in wasm",
                "the message: the builder’s memory in wasm",
                "the program’s block in wasm memory",
                "the program, which always has these zeros"
            ]
        );
        assert!(
            story(&adopted.pieces[1]).contains("double-far")
                && story(&adopted.pieces[2]).contains("nothing was copied")
        );
        let filled = tensor(Way::Filled, Mode::Copy);
        assert_eq!(filled.pieces.len(), 3);
        assert_eq!(memory_words(&filled.pieces[2])[0], "landing pad, then Int32, 3 × 4 B");
        assert_eq!(filled_words(&filled.pieces[2], Place::JsHeap), ["Int32Array, 3 × 4 B", "Int32Array"]);
        assert!(story(&filled.pieces[2]).starts_with("All 12 B") && story(&filled.pieces[1]).contains("a far pointer"));
        assert!(story(&filled.pieces[2]).contains("one block"));
        // Table, head, and the data with their pad and padding; the array was copied before.
        assert_eq!((filled.filling, filled.building), (12, 12 + 16 + 64 + 24));
        let in_place = tensor(Way::InPlace, Mode::Move);
        assert!(story(&in_place.pieces[2]).contains("Nothing was copied"));
        assert_eq!((in_place.filling, in_place.building), (0, 0));
    }

    #[test]
    fn no_story_is_too_long_for_its_place() {
        for schema in Schema::ALL {
            for (way, mode) in Way::ALL.into_iter().flat_map(|way| Mode::ALL.map(|mode| (way, mode))) {
                for place in [Place::Linear, Place::JsHeap] {
                    let message = Message { way, shape: vec![1001, 3333], ..Message::first(schema) };
                    let row = Row { mode, place, ..Row::message(0, "t", Element::Int32, message) };
                    for piece in plan(std::slice::from_ref(&row)).pieces {
                        assert!(story(&piece).chars().count() <= 300, "{}", story(&piece));
                    }
                    assert!(mode_sentence(&row).chars().count() <= 90 && way_sentence(&row).chars().count() <= 90);
                }
            }
        }
    }

    #[test]
    fn a_row_with_a_message_says_what_it_is() {
        let row = &Preset::Message.rows(0)[0];
        assert_eq!(row_words(row), "Tensor 1536x1920 Int32, adopted");
        assert!(way_sentence(row).contains("the array itself"));
        let filled = tensor(Way::Filled, Mode::Borrow);
        assert_eq!(filled.pieces[2].filled(), 12);
        let mut row = row.clone();
        let Kind::Message(message) = &mut row.kind else { panic!("no message") };
        message.way = Way::Filled;
        assert!(way_sentence(&row).starts_with("11,796,480 B are copied"));
    }

    #[test]
    fn elements_behind_a_landing_pad_are_counted_from_the_first() {
        let message = Message { way: Way::Filled, shape: vec![100_000], ..Message::first(Schema::Tensor) };
        let plan = plan(&[row(9, Element::Uint8, 1, 1, Mode::Borrow), Row::message(0, "t", Element::Float64, message)]);
        let facts = Facts::of(&plan, Selection { row: 0, index: 2 }).unwrap();
        let cut = facts.cut.unwrap();
        let border = plan.batches.end(cut.batch) - facts.offset - 8;
        assert!(cut.element * 8 < border && border < cut.element * 8 + 8);
        assert_eq!(
            alignment_words(&plan.pieces[2], &Facts::of(&plan, Selection { row: 0, index: 1 }).unwrap()),
            "1 B, too little for words of 8 B"
        );
    }

    #[test]
    fn a_moved_array_is_detached_and_a_moved_file_is_a_duplicate() {
        let array = row(0, Element::Int32, 5, 1, Mode::Move);
        let linear = Row { place: Place::Linear, ..array.clone() };
        let file = Row { kind: Kind::File(0), element: Element::Uint8, ..array.clone() };
        let plan = plan(&[array.clone(), linear, file.clone()]);
        assert_eq!(caller_words(&plan.pieces[0]), "caller’s view is detached");
        assert!(owner(&plan.pieces[0]).ends_with("the page’s array is detached"));
        assert_eq!(caller_words(&plan.pieces[1]), "the payload alone has it");
        assert_eq!(caller_words(&plan.pieces[2]), "a duplicate is handed over");
        assert!(mode_sentence(&array).contains("detached") && mode_sentence(&file).contains("duplicate"));
        assert_eq!(plan.building, 0);
    }

    #[test]
    fn a_part_that_is_to_be_moved_is_refused_where_it_is_and_named() {
        let part = Row { before: 8, after: 4, ..row(3, Element::Uint8, 20, 1, Mode::Move) };
        let rows = [row(1, Element::Uint8, 1, 7, Mode::Copy), part.clone()];
        let piece = &plan(&rows).pieces[1];
        assert_eq!(memory_words(piece), ["Uint8Array, 20 of 32 B", "of 32 B"]);
        assert_eq!(mode_words(piece), "move, refused");
        assert!(story(piece).contains("a view of 20 B of a buffer of 32 B") && story(piece).contains("Borrow it"));
        assert!(owner(piece).starts_with("the page’s buffer of 32 B"));
        assert_eq!(first_refused(&rows).map(|(segment, row)| (segment, row.id)), Some((7, 3)));
        assert_eq!(row_words(&part), "Uint8Array, a part, JS heap");
        assert!(is_refused(&part) && mode_sentence(&part).starts_with("Not taken"));
        // Whoever asks for a copy instead gets one, and it is counted.
        let copied = Row { unsupported: Unsupported::Copy, ..part };
        let rows = [copied.clone()];
        assert_eq!(first_refused(&rows), None);
        assert!(mode_sentence(&copied).starts_with("Copied instead"));
        assert_eq!((plan(&rows).building, plan(&rows).pieces[0].mode), (20, Mode::Copy));
    }
}
