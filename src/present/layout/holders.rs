//! Finds the owners that keep the bytes of a payload alive. The owner of the most bytes is first.
//! The module has no web types, so native tests cover it.

use crate::present::{format, layout::story};
use crate::{
    app::{Piece, Plan, RowId, order},
    message::PartKind,
    segment::Mode,
};

/// Describes an owner of bytes, or many owners of the same row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its name in words.
    pub name: String,
    /// The number of its buffers: a repeated row has many arrays.
    pub buffers: usize,
    /// Bytes of the payload that it owns.
    pub bytes: usize,
    /// Bytes of its memory, if they are more: an array may be a part of its buffer.
    pub whole: Option<usize>,
    /// Segments of the payload.
    pub segments: usize,
    /// Bytes that building copies into it.
    pub copied: usize,
    /// Whether the payload took ownership of it.
    pub moved: bool,
    /// Whether the mode cannot take a piece of it, so that no payload holds it.
    pub refused: bool,
    /// The pieces by their positions, in payload order.
    pub pieces: Vec<usize>,
}

/// The owner that pieces have in common.
#[derive(PartialEq)]
enum Key {
    /// All copies are in one block.
    Block,
    /// All padding shares the same zeros.
    Zeros,
    /// The memory of the builder of a message.
    Arena(RowId),
    /// Arrays that belong to one piece.
    Own(usize),
}

fn key(piece: &Piece) -> Key {
    match (piece.mode, piece.part.map(|part| part.kind)) {
        _ if piece.refused.is_some() => Key::Own(piece.position),
        (Mode::Copy, _) => Key::Block,
        (_, Some(PartKind::Padding)) => Key::Zeros,
        (_, Some(PartKind::Table | PartKind::Built)) => Key::Arena(piece.row),
        _ => Key::Own(piece.position),
    }
}

fn name(key: &Key, piece: &Piece) -> String {
    match key {
        Key::Block => "the payload’s own block in wasm memory".to_owned(),
        Key::Own(_) if piece.count != 1 => {
            let name = story::memory_name(&piece.kind, piece.element, piece.source);
            let who =
                if piece.mode == Mode::Move && piece.refused.is_none() { "the payload’s" } else { "the page’s" };
            format!("{who} {} × {name}, {} each", format::count(piece.count), format::bytes(piece.len))
        }
        _ => story::owner(piece),
    }
}

/// Returns the owners of the payload that `plan` will build. Owners of equally many bytes are in
/// payload order.
#[must_use]
pub fn holders(plan: &Plan) -> Vec<Holder> {
    let mut found: Vec<(Key, Holder)> = Vec::new();
    for piece in &plan.pieces {
        let key = key(piece);
        let at = match &key {
            // Only these keys can have several pieces, so the search skips all others.
            Key::Block | Key::Zeros | Key::Arena(_) => found.iter().position(|(other, _)| *other == key),
            Key::Own(_) => None,
        };
        let copied = piece.filled() + if key == Key::Block { piece.bytes() } else { 0 };
        match at.and_then(|at| found.get_mut(at)) {
            Some((_, holder)) => {
                holder.bytes += piece.bytes();
                holder.segments += piece.count;
                holder.copied += copied;
                holder.pieces.push(piece.position);
            }
            None => {
                let holder = Holder {
                    name: name(&key, piece),
                    buffers: if matches!(key, Key::Own(_)) { piece.count } else { 1 },
                    bytes: piece.bytes(),
                    whole: piece.whole.filter(|_| matches!(key, Key::Own(_))).map(|whole| whole * piece.count),
                    segments: piece.count,
                    copied,
                    moved: piece.mode == Mode::Move && !matches!(key, Key::Zeros),
                    refused: piece.refused.is_some(),
                    pieces: vec![piece.position],
                };
                found.push((key, holder));
            }
        }
    }
    let heaviest = order::descending(found.iter().map(|(_, holder)| holder.bytes as u64));
    heaviest.into_iter().map(|at| found[at].1.clone()).collect()
}

/// Describes in a few words how the bytes got to their owner.
#[must_use]
pub fn way_words(holder: &Holder) -> String {
    match holder.copied {
        _ if holder.refused => "refused".to_owned(),
        0 if holder.bytes == 0 => "no byte".to_owned(),
        0 if holder.moved => "taken over, nothing copied".to_owned(),
        0 => "referred to, nothing copied".to_owned(),
        copied if copied == holder.bytes => "copied".to_owned(),
        copied => format!("{} copied", format::bytes(copied)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Message, Preset, Row, Sending},
        ledger::Place,
        message::{Schema, Way},
        segment::Element,
    };

    fn plan(rows: &[Row], all: Option<Mode>) -> Plan {
        Plan::of(rows, all, &Sending::default()).unwrap()
    }

    #[test]
    fn every_byte_has_one_owner_and_copies_are_those_of_building() {
        for preset in Preset::ALL {
            for all in [None, Some(Mode::Copy), Some(Mode::Borrow), Some(Mode::Move)] {
                let plan = plan(&preset.rows(0), all);
                let holders = holders(&plan);
                let sum = |of: fn(&Holder) -> usize| holders.iter().map(of).sum::<usize>();
                assert_eq!(sum(|holder| holder.bytes), plan.len);
                assert_eq!(sum(|holder| holder.segments), plan.segments);
                assert_eq!(sum(|holder| holder.copied), plan.building);
                assert!(holders.windows(2).all(|pair| pair[0].bytes >= pair[1].bytes), "heaviest first");
                let mut pieces: Vec<_> = holders.iter().flat_map(|holder| holder.pieces.clone()).collect();
                pieces.sort_unstable();
                assert_eq!(pieces, (0..plan.pieces.len()).collect::<Vec<_>>());
                if all == Some(Mode::Copy) {
                    assert_eq!((holders.len(), way_words(&holders[0]).as_str()), (1, "copied"));
                }
            }
        }
    }

    #[test]
    fn arrays_are_owners_of_their_own_and_a_builder_has_one_memory() {
        let message = Message { way: Way::Adopted, shape: vec![3], ..Message::first(Schema::Tensor) };
        let rows = [
            Row { mode: Mode::Borrow, repeat: 100, ..Row::array(0, "a", Element::Uint8, 16) },
            Row { mode: Mode::Borrow, place: Place::Linear, ..Row::message(1, "t", Element::Int32, message) },
            Row { mode: Mode::Borrow, before: 8, after: 8, ..Row::array(2, "part", Element::Uint8, 16) },
        ];
        let plan = plan(&rows, None);
        let holders = holders(&plan);
        let words: Vec<_> = holders.iter().map(|holder| (holder.name.as_str(), holder.bytes, holder.buffers)).collect();
        assert_eq!(
            words,
            [
                ("the page’s 100 × Uint8Array, 16 B each", 1600, 100),
                ("the message: the builder’s memory in wasm", 96, 1),
                ("the page’s buffer of 32 B in the JS heap; this Uint8Array shows a part of it", 16, 1),
                ("the program’s block in wasm memory", 12, 1),
                ("the program, which always has these zeros", 4, 1),
            ]
        );
        assert_eq!(holders[2].whole, Some(32));
        assert_eq!(holders[1].pieces, [1, 2]);
        assert!(holders.iter().all(|holder| way_words(holder).starts_with("referred to")));
    }

    #[test]
    fn what_is_refused_stays_its_owners() {
        let part = Row { mode: Mode::Move, before: 8, ..Row::array(0, "p", Element::Uint8, 20) };
        let holders = holders(&plan(&[part], None));
        assert_eq!(way_words(&holders[0]), "refused");
        let empty = Row { mode: Mode::Borrow, ..Row::array(0, "e", Element::Uint8, 0) };
        assert_eq!(way_words(&super::holders(&plan(&[empty], None))[0]), "no byte");
    }
}
