//! What is said of a segment that is selected.

use std::rc::Rc;

use super::*;
use crate::{
    app::{Message, Preset, Sending},
    given::{About, Offer, Reading},
    message::Schema,
    present::{
        layout::story::{first_refused, is_refused, mode_sentence, owner, pointer_words, story, way_sentence},
        texts::review,
    },
    segment::Unsupported,
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
    // Only an array can be written while the payload refers to it.
    for (place, words) in [(Place::JsHeap, "Change the array before it is sent"), (Place::Linear, "cannot be written")]
    {
        let borrowed = self::plan(&[Row { place, ..row(0, Element::Int32, 5, 1, Mode::Borrow) }]);
        assert!(story(&borrowed.pieces[0]).contains(words), "{}", story(&borrowed.pieces[0]));
    }
}

/// A file that is read as its bytes, or as its values.
fn file(values: usize) -> Row {
    let offer = Offer {
        reading: Reading::Values,
        element: Element::Int16,
        length: values,
        name: String::new(),
        empty: 0,
        start: None,
    };
    let about = Rc::new(About { offers: vec![offer.clone()], ..About::unknown("f.npy", 8) });
    Row::file(7, 0, &about, &if values > 0 { offer } else { about.plain() })
}

#[test]
fn values_of_a_file_and_typed_values_are_typed_arrays() {
    let plan = plan(&[file(4), Row::values(1, "typed")]);
    let [file, typed] = [0, 1].map(|at| &plan.pieces[at]);
    assert_eq!((element_words(file), element_words(typed)), ("Int16, 2 B × 4".into(), "Float64, 8 B × 3".into()));
    assert_eq!((piece_type(file), content_words(typed)), ("Int16".into(), "Float64 × 3".into()));
    assert_eq!(memory_words(file)[0], "Int16Array, 4 × 2 B");
    assert_eq!(owner(file), "the page’s Int16Array with values of the file");
    assert_eq!(
        owner(typed),
        "the payload’s own block in wasm memory, copied from the page’s Float64Array in the JS heap"
    );
    let facts = Facts::of(&plan, Selection { row: 1, index: 0 }).unwrap();
    assert_eq!(alignment_words(typed, &facts), "8 B, fits Float64 (8 B)");
}

#[test]
fn every_kind_of_memory_has_its_words() {
    let kinds = [Kind::Array, Kind::DataView, Kind::ArrayBuffer, Kind::Text("größer".into()), file(0).kind];
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
        story(&adopted.pieces[1]).contains("double-far") && story(&adopted.pieces[2]).contains("nothing was copied")
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

/// What is said of a row and of its pieces.
fn told(row: &Row) -> String {
    let pieces = plan(std::slice::from_ref(row)).pieces;
    let piece = |piece: &Piece| format!("- {}: {}\n  {}\n", piece.name, owner(piece), story(piece));
    let pieces: String = pieces.iter().map(piece).collect();
    let message = row.way().map(|_| format!("{}\n{}\n", way_sentence(row), pointer_words(row)));
    format!(
        "{}, {}\n{}\n{}{pieces}\n",
        row_words(row),
        row.mode.name(),
        mode_sentence(row),
        message.unwrap_or_default()
    )
}

#[test]
fn the_stories_are_those_that_were_reviewed() {
    let array = row(0, Element::Int32, 5, 1, Mode::Copy);
    let file = Row { kind: file(0).kind, element: Element::Uint8, ..array.clone() };
    let part = Row { before: 8, after: 4, ..array.clone() };
    let copied = Row { unsupported: Unsupported::Copy, ..part.clone() };
    let rows = [
        array.clone(),
        Row { place: Place::Linear, ..array.clone() },
        file,
        part,
        copied,
        row(0, Element::Int32, 0, 1, Mode::Copy),
    ];
    let modes = |row: &Row| Mode::ALL.map(|mode| told(&Row { mode, ..row.clone() })).concat();
    review("stories-arrays", &rows.iter().map(modes).collect::<String>());
    for way in Way::ALL {
        let mut text = String::new();
        for (place, shape) in [(Place::Linear, 3), (Place::JsHeap, 3), (Place::Linear, 0)] {
            let message = Message { way, shape: vec![shape], ..Message::first(Schema::Tensor) };
            let words = modes(&Row { place, ..Row::message(0, "t", Element::Int32, message) });
            // For most ways the place makes no difference.
            if !text.contains(&words) {
                text += &words;
            }
        }
        review(&format!("stories-{}", way.name().replace(' ', "-")), &text);
    }
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
    let file = Row { kind: file(0).kind, element: Element::Uint8, ..array.clone() };
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
    // A person who asks for a copy instead gets one, and the ledger counts it.
    let copied = Row { unsupported: Unsupported::Copy, ..part };
    let rows = [copied.clone()];
    assert_eq!(first_refused(&rows), None);
    assert!(mode_sentence(&copied).starts_with("Copied instead"));
    assert_eq!((plan(&rows).building, plan(&rows).pieces[0].mode), (20, Mode::Copy));
}
