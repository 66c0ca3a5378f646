//! Elements and bytes in a view that is magnified so far that each has room. The module finds their
//! places and values, and the elements that a batch border cuts. It has no web types, so native
//! tests cover it. It makes at most as many cells as the pixels of a view can show.

use std::ops::Range;

use crate::present::{
    format,
    hex::{self, ByteOrder},
    layout::{lens::Shown, scale::Span},
};
use crate::{
    app::{Piece, Plan},
    message::PartKind,
    segment::Element,
};

/// From this width in pixels, the view draws an element on its own.
const LEAST_ELEMENT: f64 = 22.0;

/// From this width in pixels, the view writes a byte in two digits.
const LEAST_BYTE: f64 = 17.0;

/// The view reads values of so many pieces at most: as many as fit into 4,700 pixels.
const MOST_READ: usize = 64;

/// Holds bytes of a payload that were read for a drawing. They are copies.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Peek {
    /// The offset of the first byte in the payload.
    pub offset: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Peek {
    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        let from = range.start.checked_sub(self.offset)?;
        self.bytes.get(from..range.end.checked_sub(self.offset)?)
    }
}

/// Describes one element, or the part of it in view.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its index in its array.
    pub index: usize,
    /// Its left edge, in pixels.
    pub x: f64,
    /// Its width, in pixels.
    pub width: f64,
    /// Its value, if the view has read it and has room for it.
    pub words: String,
    /// The batch that carries its first bytes, if the next one carries the rest.
    pub cut: Option<usize>,
}

/// The elements of a piece.
struct Grain {
    element: Element,
    /// The offset of the first element in the payload.
    begin: usize,
    /// How many elements the piece has.
    count: usize,
}

fn grain(piece: &Piece) -> Grain {
    let bytes = Grain { element: Element::Uint8, begin: piece.offset, count: piece.bytes() };
    match (piece.part, &piece.kind) {
        (Some(part), _) if part.field.is_some() && part.kind != PartKind::Padding => {
            let begin = piece.offset + part.array_at();
            Grain { element: piece.element, begin, count: part.array / piece.element.size() }
        }
        // Segments of an array are whole elements, so the elements continue from one segment to the
        // next.
        (None, kind) if kind.is_typed() => {
            Grain { element: piece.element, count: piece.bytes() / piece.element.size(), ..bytes }
        }
        _ => bytes,
    }
}

/// Returns whether the view draws the elements of a piece one by one.
#[must_use]
pub fn are_drawn(piece: &Piece, span: &Span) -> bool {
    span.bytes > 0 && grain(piece).element.size() as f64 / span.density() >= LEAST_ELEMENT
}

/// Returns the elements of a piece that are in view, from left to right.
#[must_use]
pub fn elements(plan: &Plan, piece: &Piece, span: &Span, peek: Option<&Peek>) -> Vec<Cell> {
    let Grain { element, begin, count } = grain(piece);
    let size = element.size();
    let seen = span.bytes_seen();
    if !are_drawn(piece, span) || count == 0 || seen.end <= begin {
        return Vec::new();
    }
    let first = seen.start.saturating_sub(begin) / size;
    let last = (seen.end - begin).div_ceil(size).min(count);
    let width = size as f64 / span.density();
    let cell = |index: usize| {
        let offset = begin + index * size;
        let bytes = peek.and_then(|peek| peek.get(offset..offset + size));
        let value = bytes.and_then(|bytes| hex::value(bytes, element, ByteOrder::Little));
        let words = value.map_or_else(String::new, |value| hex::words(value, element));
        let batch = plan.batches.batch_of(offset);
        Cell {
            index,
            x: span.at(offset),
            width,
            words: if format::text_width(&words, 12.0) <= width - 5.0 { words } else { String::new() },
            cut: (plan.batches.batch_of(offset + size - 1) > batch).then_some(batch),
        }
    };
    (first..last).map(cell).collect()
}

/// Returns the bytes of a piece that are in view and were read, each with the middle of its place.
/// Returns none when the bytes have no room.
#[must_use]
pub fn octets(span: &Span, peek: Option<&Peek>) -> Vec<(f64, u8)> {
    let each = 1.0 / span.density();
    if span.bytes == 0 || each < LEAST_BYTE {
        return Vec::new();
    }
    let seen = span.bytes_seen();
    let byte = |at: usize| Some((span.at(at) + each / 2.0, *peek?.get(at..at + 1)?.first()?));
    seen.filter_map(byte).collect()
}

/// Returns the ranges of the payload that a view must read.
#[must_use]
pub fn wanted(plan: &Plan, shown: &[Shown]) -> Vec<(usize, Range<usize>)> {
    let of = |one: &Shown| {
        let Shown::Piece(position, span) = one else { return None };
        let piece = plan.pieces.get(*position).filter(|piece| piece.refused.is_none() && are_drawn(piece, span))?;
        // Elements at both edges may be in view only in part, but are read whole.
        let (seen, more) = (span.bytes_seen(), grain(piece).element.size());
        Some((*position, seen.start.saturating_sub(more).max(piece.offset)..(seen.end + more).min(piece.end())))
    };
    shown.iter().filter_map(of).take(MOST_READ).collect()
}

/// Describes a view in words: its bytes, and the bytes of one pixel.
#[must_use]
pub fn window_words(range: &Range<usize>, len: usize, shown: &[Shown]) -> String {
    let densities = shown.iter().map(Shown::span).filter(|span| span.bytes > 0).map(Span::density);
    let (least, most) = densities.fold((f64::INFINITY, 0.0f64), |(least, most), one| (least.min(one), most.max(one)));
    let scale = match (least, most) {
        (_, 0.0) => String::new(),
        (least, most) if most / least < 1.02 => format!("; {}", format::scale(most)),
        (least, most) => format!("; 1 px = {} to {}", format::density(least), format::density(most)),
    };
    let bytes = if *range == (0..len) {
        format!("all {}", format::bytes(len))
    } else if range.len() == 1 {
        format!("byte {} of {}", format::count(range.start), format::count(len))
    } else {
        // The words name the last byte, not the one behind it.
        let last = range.end.saturating_sub(1).max(range.start);
        format!("bytes {} to {} of {}", format::count(range.start), format::count(last), format::count(len))
    };
    format!("{bytes}{scale}")
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        app::{Message, Preset, Row, Sending, sight},
        message::{Schema, Way},
        present::layout::{lens::Lens, scale::Scale},
        segment::Mode,
    };

    const VIEW: f64 = 800.0;

    fn view(plan: &Plan, from: f64, to: f64) -> Lens {
        let lengths: Vec<usize> = plan.pieces.iter().map(Piece::bytes).collect();
        let axis = Rc::new(Scale::of(&lengths, VIEW, 96.0));
        Lens::new(axis, VIEW, None).fitting(from, to)
    }

    fn peek(offset: usize, len: usize) -> Peek {
        Peek { offset, bytes: (offset..offset + len).map(|at| at as u8).collect() }
    }

    #[test]
    fn elements_and_bytes_have_their_places_and_values() {
        let plan = Plan::of(&[Row::array(0, "a", Element::Uint16, 1000)], None, &Sending::default()).unwrap();
        let lens = view(&plan, 0.5, 0.5 + 12.0 / 1000.0);
        let (piece, span) = (&plan.pieces[0], lens.span(0).unwrap());
        let wanted = wanted(&plan, &lens.shown());
        assert_eq!(wanted.len(), 1);
        let (from, len) = (wanted[0].1.start, wanted[0].1.len());
        assert!(from <= 998 && len < 40, "{from} {len}");
        let peek = peek(from, len);
        let cells = elements(&plan, piece, &span, Some(&peek));
        let cell = cells.iter().find(|cell| cell.index == 500).unwrap();
        // Bytes 1000 and 1001 are 0xE8 and 0xE9.
        assert_eq!((cell.words.as_str(), cell.cut), ("59,880", None));
        assert!((cell.x - 24.0).abs() < 0.01 && (cell.width - (VIEW - 48.0) / 12.0).abs() < 0.01, "{cell:?}");
        assert!(cells.iter().all(|cell| !cell.words.is_empty()), "those at the edges are read too");
        let octets = octets(&span, Some(&peek));
        assert!(octets.iter().any(|(x, byte)| *byte == 0xE8 && (x - cell.x - cell.width / 4.0).abs() < 0.01));
        assert!(octets.len() as f64 <= VIEW / LEAST_BYTE + 2.0);
        // An element that was not read has a place and no value.
        assert!(elements(&plan, piece, &span, None).iter().all(|cell| cell.words.is_empty()));
    }

    #[test]
    fn every_piece_of_a_wide_view_is_read() {
        let rows: Vec<Row> = (0..40).map(|id| Row::array(id, "a", Element::Float64, 1)).collect();
        let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
        let lengths: Vec<usize> = plan.pieces.iter().map(Piece::bytes).collect();
        let lens = Lens::new(Rc::new(Scale::of(&lengths, 4000.0, 96.0)), 4000.0, None);
        let near = lens.shown().iter().filter(|one| are_drawn(&plan.pieces[0], one.span())).count();
        assert_eq!((near, wanted(&plan, &lens.shown()).len()), (40, 40));
    }

    #[test]
    fn cells_are_absent_from_afar_and_bounded_by_pixels_when_near() {
        let plan = Plan::of(&Preset::Tensor.rows(0), None, &Sending::default()).unwrap();
        for share in [1.0, 1e-2, 1e-4, 1e-5, 1e-6, 1e-7] {
            let lens = view(&plan, 0.3, 0.3 + 0.7 * share);
            let span = lens.span(0).unwrap();
            let cells = elements(&plan, &plan.pieces[0], &span, None);
            assert!(cells.len() as f64 <= VIEW / LEAST_ELEMENT + 2.0);
            assert_eq!(cells.is_empty(), !are_drawn(&plan.pieces[0], &span));
            assert_eq!(wanted(&plan, &lens.shown()).is_empty(), cells.is_empty());
        }
    }

    #[test]
    fn an_element_that_a_batch_border_cuts_says_so() {
        let plan = Plan::of(&Preset::Tensor.rows(0), None, &Sending::default()).unwrap();
        let border = plan.batches.end(7);
        assert!(!border.is_multiple_of(4), "this border cuts an element");
        let slot = |byte: f64| byte / plan.len as f64;
        let lens = view(&plan, slot(border as f64 - 20.0), slot(border as f64 + 20.0));
        let cells = elements(&plan, &plan.pieces[0], &lens.span(0).unwrap(), None);
        let cut: Vec<_> = cells.iter().filter(|cell| cell.cut.is_some()).collect();
        assert_eq!(cut.len(), 1);
        assert_eq!((cut[0].index, cut[0].cut), (border / 4, Some(7)));
    }

    #[test]
    fn elements_of_a_message_begin_behind_its_landing_pad() {
        let message = Message { way: Way::Filled, shape: vec![4], ..Message::first(Schema::Tensor) };
        let row = Row { mode: Mode::Borrow, ..Row::message(0, "t", Element::Float64, message) };
        let plan = Plan::of(&[row], None, &Sending::default()).unwrap();
        let data = plan.pieces.iter().find(|piece| piece.part.unwrap().field.is_some()).unwrap();
        let lens = view(&plan, 2.0 * data.position as f64, 2.0 * data.position as f64 + 1.0);
        let span = lens.span(data.position).unwrap();
        let bytes: Vec<u8> = [0u64; 1]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .chain([1.5f64, -2.0, 0.25, 8.0].into_iter().flat_map(f64::to_le_bytes))
            .collect();
        let peek = Peek { offset: data.offset, bytes };
        let cells = elements(&plan, data, &span, Some(&peek));
        assert_eq!(cells.iter().map(|cell| cell.words.as_str()).collect::<Vec<_>>(), ["1.5", "-2", "0.25", "8"]);
        assert_eq!(cells[0].x, span.at(data.offset + 8));
        assert_eq!(grain(&plan.pieces[1]).element, Element::Uint8);
    }

    #[test]
    fn a_window_is_told_in_words() {
        let plan = Plan::of(&Preset::Framed.rows(0), None, &Sending::default()).unwrap();
        let words = |lens: &Lens| window_words(&lens.bytes(), lens.len(), &lens.shown());
        let whole = view(&plan, 0.0, 1.0).whole();
        assert_eq!(words(&whole), "all 11,805,184 B; 1 px = 5.3 B to 20.4 KiB");
        let half = Lens::new(Rc::new(Scale::of(&[8000], VIEW, 96.0)), VIEW, sight::Window::new(0.25, 0.75));
        assert_eq!(words(&half), "bytes 2,000 to 5,999 of 8,000; 1 px = 5 B");
        let deep = Lens::new(Rc::new(Scale::of(&[8000], VIEW, 96.0)), VIEW, sight::Window::new(0.25, 0.255));
        assert_eq!(words(&deep), "bytes 2,000 to 2,039 of 8,000; 1 B = 20 px");
        assert_eq!(window_words(&(3..4), 9, &[]), "byte 3 of 9");
        assert_eq!(window_words(&(0..0), 0, &[]), "all 0 B");
    }
}
