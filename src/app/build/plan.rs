//! What the rows will become: pieces in payload order, what building copies, and where batches cut.
//! Derived from the rows, the options of a put and what the session has agreed on, so the drawings
//! need no byte and no router.

use std::{ops::Range, rc::Rc};

use serde::{Deserialize, Serialize};

use super::row::{Kind, Row, RowId};
use crate::{
    app::{
        selection::Selection,
        sending::{Basis, Sending},
        words::InWords,
    },
    ledger::Place,
    message::{MessageError, PartKind, Received, Structure, Way},
    payload::{BuildError, MAX_LEN, ZBytes},
    segment::{Cause, Element, Mode, Unsupported},
    wire::BatchPlan,
};

/// Bytes of the landing pad in front of an array that was built into a message.
const LANDING_PAD: usize = 8;

/// What a piece of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is in the message.
    pub kind: PartKind,
    /// How the message's arrays got into it.
    pub way: Way,
    /// The field of the schema, if it holds an array.
    pub field: Option<&'static str>,
    /// How many arrays of the message have bytes.
    pub arrays: usize,
    /// Bytes of that array in it, the caller's or those of the builder: without a landing pad and
    /// what completes it to a whole word.
    pub array: usize,
    /// Where the array lives that was copied into it, if one was.
    pub filled_from: Option<Place>,
}

impl Part {
    /// What people call it: the field of its array, or what it is.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (self.kind, self.field) {
            (PartKind::Table, _) => "table",
            (PartKind::Padding, _) => "padding",
            (_, Some(field)) => field,
            (_, None) => "head",
        }
    }

    /// Where its array begins in it: behind the landing pad, where one stands in the same segment.
    #[must_use]
    pub fn array_at(&self) -> usize {
        if self.kind == PartKind::Built && self.field.is_some() { LANDING_PAD } else { 0 }
    }
}

/// All segments of one row, or one part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The row.
    pub row: RowId,
    /// Which of the row's segments is its first, from 0. Not 0 in later parts of a message only.
    pub first: usize,
    /// What it is of a message, if it is.
    pub part: Option<Part>,
    /// Its position among all pieces, from 0: it chooses colour and pattern.
    pub position: usize,
    /// The row's name, for a part of a message with the part's.
    pub name: String,
    /// Where the first byte is in the payload.
    pub offset: usize,
    /// How many segments.
    pub count: usize,
    /// Bytes of each segment.
    pub len: usize,
    /// Type of the elements.
    pub element: Element,
    /// Where the caller's arrays live.
    pub source: Place,
    /// What kind of memory they are.
    pub kind: Kind,
    /// Bytes of the buffer that each of them is a part of, if they are parts.
    pub whole: Option<usize>,
    /// How the payload takes them.
    pub mode: Mode,
    /// Why it cannot, if so: a payload with such a piece is not built.
    pub refused: Option<Cause>,
}

impl Piece {
    /// Bytes of all its segments.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.count * self.len
    }

    /// Bytes that are copied into it when its message is made.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.part.filter(|part| part.filled_from.is_some()).map_or(0, |part| part.array)
    }

    /// Whether a segment is in it.
    #[must_use]
    pub fn holds(&self, selection: Selection) -> bool {
        self.row == selection.row && (self.first..self.first + self.count).contains(&selection.index)
    }

    /// The selection of its segment `index`, from 0.
    #[must_use]
    pub fn selection(&self, index: usize) -> Selection {
        Selection { row: self.row, index: self.first + index }
    }

    /// Where the byte after its last one is in the payload.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset + self.bytes()
    }
}

/// A payload that is not built yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One piece a row, in a message one a part, in payload order.
    pub pieces: Vec<Piece>,
    /// Payload bytes.
    pub len: usize,
    /// Segments.
    pub segments: usize,
    /// Bytes that building will copy, those that are filled into messages included.
    pub building: usize,
    /// Of these, bytes that are filled into messages.
    pub filling: usize,
    /// Bytes that gathering will copy: all of them, once.
    pub gathering: usize,
    /// Where batches will cut the next put of it, when it is sent alone.
    pub batches: BatchPlan,
    /// What is known of the session that they are of.
    pub basis: Basis,
}

impl Plan {
    /// The plan for `rows`, put as `sending` says. `all` overrides every row's mode.
    ///
    /// # Errors
    /// [`BuildError::TooLong`] when the lengths add up to more than [`MAX_LEN`], and what a message
    /// cannot say.
    pub fn of(rows: &[Row], all: Option<Mode>, sending: &Sending) -> Result<Self, MessageError> {
        let requested = rows.iter().map(Row::requested_bytes).fold(0u64, u64::saturating_add);
        if requested > MAX_LEN as u64 {
            return Err(BuildError::TooLong { requested }.into());
        }
        let mut pieces: Vec<Piece> = Vec::new();
        for row in rows {
            let mode = all.unwrap_or(row.mode);
            let (mode, refused) = match (row.refusal(mode), row.unsupported) {
                (Some(_), Unsupported::Copy) => (Mode::Copy, None),
                (refusal, _) => (mode, refusal),
            };
            let piece = Piece {
                row: row.id,
                first: 0,
                part: None,
                position: pieces.len(),
                name: row.name.shown(),
                offset: pieces.last().map_or(0, Piece::end),
                count: row.repeat,
                len: 0,
                element: row.element,
                source: row.place,
                kind: row.kind.clone(),
                whole: row.is_part().then(|| row.buffer_bytes()),
                mode,
                refused,
            };
            match row.way() {
                None => pieces.push(Piece { len: row.array_bytes(), ..piece }),
                Some(way) => message(row, way, &piece, &mut pieces)?,
            }
        }
        let offset = pieces.last().map_or(0, Piece::end);
        let copied = pieces.iter().filter(|piece| piece.mode == Mode::Copy).map(Piece::bytes).sum::<usize>();
        let filling = pieces.iter().map(Piece::filled).sum();
        Ok(Self {
            len: offset,
            segments: pieces.iter().map(|piece| piece.count).sum(),
            building: copied + filling,
            filling,
            gathering: offset,
            batches: sending.batches(offset),
            basis: sending.basis,
            pieces,
        })
    }

    /// The piece that a segment is in.
    #[must_use]
    pub fn piece_of(&self, selection: Selection) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.holds(selection))
    }
}

/// Appends the parts of a message, each like `piece` but for what it is.
fn message(row: &Row, way: Way, piece: &Piece, pieces: &mut Vec<Piece>) -> Result<(), MessageError> {
    let Some(spec) = row.spec() else { return Ok(()) };
    let arrays = spec.arrays();
    let mut offset = piece.offset;
    for (first, planned) in spec.plan(way)?.into_iter().enumerate() {
        let array = planned.array.and_then(|index| arrays.get(index));
        let part = Part {
            kind: planned.kind,
            way,
            field: array.map(|array| array.field),
            arrays: arrays.iter().filter(|array| array.bytes() > 0).count(),
            array: array.map_or(0, |array| array.bytes()),
            filled_from: array.filter(|_| way == Way::Filled).map(|_| row.place),
        };
        // What was built is in wasm memory, whatever it was filled from.
        let adopted = planned.kind == PartKind::Adopted;
        pieces.push(Piece {
            first,
            part: Some(part),
            position: pieces.len(),
            name: format!("{}.{}", piece.name, part.word()),
            offset,
            count: 1,
            len: planned.len,
            element: array.map_or(Element::Uint8, |array| array.element),
            source: if adopted { piece.source } else { Place::Linear },
            kind: if adopted { Kind::Array } else { piece.kind.clone() },
            ..piece.clone()
        });
        offset += planned.len;
    }
    Ok(())
}

/// What every byte of a message is that was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structured {
    /// The row of the message.
    pub row: RowId,
    /// Its structure, or why it cannot be told, as a sentence inside of a sentence.
    pub structure: Result<Rc<Structure>, String>,
}

/// The structures of the messages in `payload`, which was built of `rows`. Looks at pointers only.
#[must_use]
pub fn structures(rows: &[Row], payload: &ZBytes) -> Vec<Structured> {
    let mut end = 0usize;
    let message = |row: &Row| {
        let offset = end;
        end = end.saturating_add(row.bytes());
        let schema = row.spec()?.schema();
        let structure = Received::open_at(payload, offset).and_then(|message| message.structure(Some(schema)));
        Some(Structured { row: row.id, structure: structure.map(Rc::new).map_err(|error| error.in_words()) })
    };
    rows.iter().filter_map(message).collect()
}

/// The positions of the pieces of every row.
#[must_use]
pub fn positions(rows: &[Row]) -> Vec<Range<usize>> {
    let mut end = 0;
    let row = |row: &Row| {
        let begin = end;
        end += if row.way().is_some() { row.segments() } else { 1 };
        begin..end
    };
    rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Message, Preset},
        ledger::Reason,
        message::{self, PixelFormat, Schema},
        payload::Receipt,
        segment::Source,
    };

    /// A row of every schema and way between two ordinary rows.
    fn rows() -> Vec<Row> {
        let mut rows = vec![Row { repeat: 3, mode: Mode::Borrow, ..Row::array(0, "before", Element::Int16, 5) }];
        for schema in Schema::ALL {
            for way in Way::ALL {
                for format in [PixelFormat::Rgb8, PixelFormat::Mono16] {
                    let message = Message { way, format, ..Message::first(schema) };
                    rows.push(Row::message(rows.len() as u32, "row", Element::Uint8, message));
                }
            }
        }
        rows.push(Row::array(99, "behind", Element::Uint8, 3));
        rows
    }

    /// What the page builds of `rows`, with vectors in place of its arrays.
    fn built(rows: &[Row], all: Option<Mode>) -> (ZBytes, Receipt) {
        let mut sources = Vec::new();
        let mut ledger = crate::ledger::Ledger::new();
        for row in rows {
            let mode = all.unwrap_or(row.mode);
            // A vector is never a part of a buffer.
            let mode = if row.refusal(mode).is_some() { Mode::Copy } else { mode };
            let array = |row: &Row, index: usize| {
                let mut bytes = vec![0; row.array_bytes()];
                row.write(index, 0, &mut bytes);
                Source::new(bytes, mode)
            };
            let (Some(spec), Some(way)) = (row.spec(), row.way()) else {
                sources.extend((0..row.repeat).map(|index| array(row, index)));
                continue;
            };
            let arrays = row.arrays();
            let made = arrays.iter().map(|row| array(row, 0));
            let message = match way {
                Way::Filled => spec.filled(made),
                Way::Adopted => spec.adopted(made),
                Way::InPlace => spec.in_place(|index, into| {
                    arrays[index].write(0, 0, into);
                    Ok(())
                }),
            };
            let (parts, copied) = message.unwrap().into_sources(Some(mode));
            sources.extend(parts);
            ledger.absorb(&copied);
        }
        let (payload, mut receipt) = ZBytes::build(sources).unwrap();
        receipt.ledger.absorb(&ledger);
        (payload, receipt)
    }

    #[test]
    fn what_is_planned_is_what_is_built() {
        let presets = Preset::ALL.map(|preset| preset.rows(0));
        let all = [None, Some(Mode::Copy), Some(Mode::Borrow), Some(Mode::Move)];
        for (rows, all) in presets.into_iter().chain([rows()]).flat_map(|rows| all.map(|all| (rows.clone(), all))) {
            let plan = Plan::of(&rows, all, &Sending::default()).unwrap();
            let (payload, receipt) = built(&rows, all);
            // Natively every array is in linear memory, so places are compared through the modes
            // alone.
            let planned =
                plan.pieces.iter().flat_map(|piece| std::iter::repeat_n((piece.len, piece.mode), piece.count));
            let taken = payload.segments().iter().map(|segment| segment.len()).zip(receipt.modes);
            assert_eq!(taken.collect::<Vec<_>>(), planned.collect::<Vec<_>>());
            assert_eq!((plan.len, plan.segments), (payload.len(), payload.segments().len()));
            assert_eq!(plan.building as u64, receipt.ledger.total());
            let filled = receipt.ledger.entries().filter(|(entry, _)| entry.reason == Reason::Message);
            assert_eq!(plan.filling as u64, filled.map(|(_, bytes)| bytes).sum::<u64>());
            for row in &rows {
                let face = plan.piece_of(Selection::of(row)).unwrap();
                assert!(face.part.is_none_or(|part| part.field.is_some()), "{face:?}");
            }
            assert_eq!(rows.iter().map(Row::segments).sum::<usize>(), plan.segments);
            assert_eq!(rows.iter().map(Row::requested_bytes).sum::<u64>(), plan.len as u64);
            let positions = positions(&rows);
            for (row, range) in rows.iter().zip(&positions) {
                assert!(plan.pieces[range.clone()].iter().all(|piece| piece.row == row.id));
            }
            assert_eq!(positions.last().unwrap().end, plan.pieces.len());
        }
    }

    #[test]
    fn every_piece_of_a_message_begins_with_a_span() {
        let rows = rows();
        let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
        let structures = structures(&rows, &built(&rows, None).0);
        assert_eq!(structures.len(), rows.len() - 2);
        for Structured { row, structure } in structures {
            let structure = structure.unwrap();
            let pieces: Vec<_> = plan.pieces.iter().filter(|piece| piece.row == row).collect();
            assert_eq!(structure.spans.last().unwrap().bytes.end, pieces.last().unwrap().end());
            assert!(pieces.iter().all(|piece| structure.spans.iter().any(|span| span.bytes.start == piece.offset)));
            // Adopted: the pad is in the head. Else it stands in front of the array, in the array's
            // segment.
            let way = pieces[0].part.unwrap().way;
            let far = if way == Way::Adopted { message::Kind::DoubleFar } else { message::Kind::Far };
            let pads: Vec<_> = structure.spans.iter().filter(|span| span.kind == message::Kind::Pad).collect();
            assert_eq!(structure.spans.iter().filter(|span| span.kind == far).count(), pads.len());
            assert!(!pads.is_empty() && pads.iter().all(|pad| (pad.segment == Some(0)) == (way == Way::Adopted)));
        }
    }

    #[test]
    fn an_array_of_a_message_begins_where_its_elements_are() {
        let rows = rows();
        let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
        for Structured { row, structure } in structures(&rows, &built(&rows, None).0) {
            let structure = structure.unwrap();
            for piece in plan.pieces.iter().filter(|piece| piece.row == row) {
                let part = piece.part.unwrap();
                if part.kind != PartKind::Padding && part.field.is_some() && part.array > 0 {
                    let begin = piece.offset + part.array_at();
                    let elements = begin..begin + part.array;
                    let is_it = |span: &message::Span| span.kind == message::Kind::Elements && span.bytes == elements;
                    assert!(structure.spans.iter().any(is_it), "{piece:?}");
                }
            }
        }
    }

    #[test]
    fn of_a_message_only_what_is_adopted_is_the_callers_array() {
        let rows = rows();
        let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
        for row in rows.iter().filter(|row| row.spec().is_some()) {
            for piece in plan.pieces.iter().filter(|piece| piece.row == row.id) {
                let adopted = piece.part.unwrap().kind == PartKind::Adopted;
                let expected = if adopted { (&Kind::Array, row.place) } else { (&row.kind, Place::Linear) };
                assert_eq!((&piece.kind, piece.source), expected, "{}", piece.name);
            }
        }
    }

    #[test]
    fn every_segment_is_in_one_piece() {
        let rows = rows();
        let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
        for row in &rows {
            for index in 0..row.segments() {
                let selection = Selection { row: row.id, index };
                assert_eq!(plan.pieces.iter().filter(|piece| piece.holds(selection)).count(), 1);
                let piece = plan.piece_of(selection).unwrap();
                assert_eq!(piece.selection(index - piece.first), selection);
            }
            assert!(plan.piece_of(Selection { row: row.id, index: row.segments() }).is_none());
        }
    }

    #[test]
    fn a_message_that_no_list_can_hold_is_told() {
        let mut rows = Preset::Message.rows(0);
        assert_eq!(Plan::of(&rows, None, &Sending::default()).unwrap().building, 0);
        let Kind::Message(message) = &mut rows[0].kind else { panic!("no message") };
        message.shape = vec![1 << 20, 200];
        rows[0].element = Element::Uint32;
        let error = Plan::of(&rows, None, &Sending::default()).unwrap_err();
        assert!(matches!(error, MessageError::TooLong { .. }), "{error}");
    }
}
