//! What became of the bytes of a segment: who owns them, and what its mode did.

use crate::{
    app::{InWords, Kind, Part, Piece, Row, sentence},
    ledger::Place,
    message::{PartKind, Way},
    present::format,
    segment::{Cause, Element, Mode, SegmentError, Unsupported},
};

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
        (_, Kind::File(_), _) if piece.kind.is_typed() => {
            format!("the page’s {} with values of the file", piece.element.array_name())
        }
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

/// What happens to the bytes of one segment of `piece`, for a person who has never heard of any
/// of this.
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
        Mode::Borrow => {
            // Memory of wasm that is shared cannot be written; an array in the JavaScript heap can.
            let meanwhile = match piece.source {
                Place::JsHeap => "Change the array before it is sent, and what is sent changes too.",
                Place::Linear => "While the payload refers to it, the memory cannot be written.",
            };
            format!(
                "Building the payload only notes where they are: nothing is copied. Sending copies each byte once, from \
                 {source} straight into the batch that carries it. {meanwhile}"
            )
        }
        Mode::Move => format!(
            "Building the payload takes {source} away from its owner. Nothing is copied, and the owner cannot write the bytes any \
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
            "Fields, texts and pointers. The array has no element, so its pointer leads to an empty list, and the message \
             needs no other segment."
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
                "The builder’s memory was there first, and the code that made the {array} wrote them there. Nothing was copied. {pad}"
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
            "The payload refers to it; a write before it is sent shows. Sending copies each byte once, into its batch."
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
            "The message has no element, so no array needs a segment of its own."
        }
        Some(Way::Adopted) => {
            "Nothing can stand in front of the caller’s array, so its pointer is double-far. It leads to a landing pad of two \
             words in the head, and the pad to the segment that the array is."
        }
        _ => {
            "The array’s segment is the builder’s own, with room for a landing pad in front. The pointer in the head is far: it \
             leads to that pad of one word, and the pad to the array."
        }
    }
}

/// What a way to make a message copies, in one sentence.
#[must_use]
pub fn way_sentence(row: &Row) -> String {
    let bytes = row.arrays().iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    match row.way() {
        Some(_) if bytes == 0 => "Nothing is copied: the message has no element.".to_owned(),
        Some(Way::Filled) => {
            format!("{} are copied out of the caller’s array into the message’s memory.", format::requested(bytes))
        }
        Some(Way::InPlace) => {
            "Nothing is copied: the code that makes the elements writes them into the message’s memory.".to_owned()
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
        (Mode::Move, ..) => "The payload takes the message’s memory over, and the builder has lost it.",
    }
}

/// Why `mode` cannot take a source and what to do, as a sentence.
#[must_use]
pub fn refusal(mode: Mode, cause: Cause) -> String {
    format!("{}.", sentence(&SegmentError::Refused { mode, cause }.in_words()))
}

/// The first row that its mode cannot take, and the number of its first segment in the payload,
/// from 0.
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
    if row.kind.code().is_some() {
        return match row.mode {
            Mode::Copy => "Copied for each put. The program has handed the array over, so nothing else writes to it.",
            Mode::Borrow => "Not copied: the payload refers to the array that the program has handed over.",
            Mode::Move => {
                "Not copied: the payload takes the array, and the program makes another one. Of a program that runs once, it gets a \
                 duplicate."
            }
        };
    }
    if row.kind.makes_frames() && row.refusal(row.mode).is_none() {
        return match row.mode {
            Mode::Copy => "Copied for each put. The next frame may come into the same memory.",
            Mode::Borrow => {
                "Not copied. The next frame comes into other memory, and into this one when no payload refers to it any more."
            }
            Mode::Move => "Not copied. The payload takes the memory, and the next frame gets new one.",
        };
    }
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
            "The payload takes the array: it is detached, so its owner cannot write to it any more. No byte is copied."
        }
        (Mode::Move, Place::Linear) => "The payload takes the memory, and its owner has lost it. No byte is copied.",
    }
}

/// What memory of a kind is called: `Float32Array`, `DataView`, `text`. Only the JS heap has typed
/// arrays.
#[must_use]
pub fn memory_name(kind: &Kind, element: Element, place: Place) -> &'static str {
    match (kind, place) {
        (kind, Place::JsHeap) if kind.is_typed() => element.array_name(),
        (kind, Place::Linear) if kind.is_typed() => element.name(),
        (Kind::DataView, _) => "DataView",
        (Kind::ArrayBuffer, _) => "ArrayBuffer",
        (Kind::Text(_), _) => "text",
        (Kind::Message(_), _) => "message",
        _ => "file",
    }
}
