//! The words of a message as a strip of cells, one for every eight bytes. The module computes the
//! place and the style of each cell, and the arrows. It has no web types.
//!
//! Ink has its usual meaning: outlined means referred to, so pointers are outlined; solid means
//! data; hatched means padding. A span longer than a few words is one block. The segments of the
//! message follow each other, on the same line as long as they fit.

use std::ops::Range;

use crate::message::{Kind, Span, Structure};
use crate::present::{format, message::content};

/// Sets the width of a cell, in pixels.
pub const CELL: f64 = 26.0;

/// The widest cell, in pixels.
const WIDEST: f64 = 84.0;

/// From this width, in pixels, a cell has words.
const WORDY: f64 = 46.0;

/// Sets the height of a cell, in pixels.
pub const HEIGHT: f64 = 22.0;

/// The distance of two lines of cells in the same segment, in pixels.
const LINE: f64 = HEIGHT + 16.0;

/// Room for the name above the first line of a segment, in pixels.
const NAME: f64 = 16.0;

/// Spans of more words than this are one block.
const LONGEST: usize = 8;

/// The width of a block, in cells.
const BLOCK: f64 = 5.0;

/// The least width of a segment, in cells, so that its name fits.
const LEAST: f64 = 3.0;

/// The distance between two segments, in cells.
const BETWEEN: f64 = 0.75;

/// Limits the spans that the strip draws. The table has the others.
pub const DRAWN: usize = 160;

/// Decides the style of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// A number of the segment table.
    Table,
    /// Outlined: a pointer, or a word of a landing pad.
    Outlined,
    /// Outlined with dashes: a pointer without a target.
    Dashed,
    /// Solid: data.
    Solid,
    /// Hatched: zeros that complete a word.
    Hatched,
    /// Bytes that no pointer leads to.
    Bare,
}

impl Ink {
    /// Returns the style of a span of this kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Table => Self::Table,
            Kind::Pointer | Kind::Far | Kind::DoubleFar | Kind::Pad | Kind::Tag => Self::Outlined,
            Kind::Null => Self::Dashed,
            Kind::Fields | Kind::Elements => Self::Solid,
            Kind::Padding => Self::Hatched,
            Kind::Unused => Self::Bare,
        }
    }
}

/// Describes a cell, or a block of many words.
#[derive(Clone, Debug, PartialEq)]
pub struct StripCell {
    /// The index of its span.
    pub span: usize,
    /// The segment of the message, which gives the hue; `None` for the table.
    pub segment: Option<u32>,
    /// The style.
    pub ink: Ink,
    /// Its left edge, in pixels.
    pub x: f64,
    /// Its upper edge, in pixels.
    pub y: f64,
    /// Its width, in pixels.
    pub width: f64,
    /// Its text, if it is a block or wide enough.
    pub words: Option<String>,
}

/// Places the name of a segment above its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// Its left edge, in pixels.
    pub x: f64,
    /// Its baseline, in pixels.
    pub y: f64,
    /// The text.
    pub words: String,
}

/// Describes an arrow from a pointer to its target.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// The span of the pointer.
    pub from: usize,
    /// A path of SVG.
    pub path: String,
    /// The three corners of its head, as an SVG path.
    pub head: String,
    /// Whether it is always drawn, and not only while the person selects the pointer. Arrows of far
    /// pointers and arrows to another segment are.
    pub always: bool,
}

/// Holds the laid-out strip of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageStrip {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// All cells.
    pub cells: Vec<StripCell>,
    /// All names.
    pub names: Vec<Name>,
    /// All arrows.
    pub arrows: Vec<Arrow>,
    /// The number of spans beyond [`DRAWN`], which the strip does not draw.
    pub left_out: usize,
}

/// The width of a span, in cells. A block ends where its last word does, so that the padding of
/// that word completes a cell.
fn wide(bytes: &Range<usize>) -> f64 {
    if !is_long(bytes) {
        return bytes.len() as f64 / 8.0;
    }
    match bytes.len() % 8 {
        0 => BLOCK,
        rest => BLOCK - 1.0 + rest as f64 / 8.0,
    }
}

fn is_long(bytes: &Range<usize>) -> bool {
    bytes.len().div_ceil(8) > LONGEST
}

/// The cells of a span that starts at byte `start` of its first word: their offsets and widths, in
/// words.
fn pieces(start: usize, len: usize) -> Vec<(f64, f64)> {
    let mut pieces = Vec::new();
    let mut at = start;
    while at < start + len {
        let end = (at / 8 * 8 + 8).min(start + len);
        pieces.push(((at % 8) as f64 / 8.0, (end - at) as f64 / 8.0));
        at = end;
    }
    pieces
}

/// The text of a cell, if the cell is wide enough.
fn says(span: &Span, width: f64) -> Option<String> {
    let words = match span.kind {
        Kind::Pad => "pad",
        Kind::Tag => "tag",
        Kind::Pointer | Kind::Null | Kind::Far | Kind::DoubleFar | Kind::Fields | Kind::Elements => &span.label,
        Kind::Table | Kind::Padding | Kind::Unused => "",
    };
    let words = format::fit(words, width - 7.0, 11.0);
    (width >= WORDY && !words.is_empty()).then_some(words)
}

/// Lays `structure` out on `width` pixels, in cells of [`CELL`] pixels.
#[must_use]
pub fn layout(structure: &Structure, width: f64) -> MessageStrip {
    in_cells(structure, width, CELL)
}

/// Lays `structure` out on `width` pixels. If the width allows it, the cells are wide enough for
/// words.
#[must_use]
pub fn with_words(structure: &Structure, width: f64) -> MessageStrip {
    let (mut whole, mut longest) = (0.0, 0.0);
    for group in structure.spans.chunk_by(|a, b| a.segment == b.segment) {
        let columns = f64::max(group.iter().map(|span| wide(&span.bytes)).sum(), LEAST);
        whole += columns + BETWEEN;
        longest = f64::max(longest, columns);
    }
    // In one line, or in a few.
    let cell = [width / whole, (width / longest).min(WORDY)].into_iter().find(|cell| *cell >= WORDY);
    in_cells(structure, width, cell.map_or(CELL, |cell| cell.min(WIDEST).floor()))
}

/// Says which spans the drawing omits, and that the table has them.
#[must_use]
pub fn drawn_words(structure: &Structure) -> String {
    let listed = format::count(structure.spans.len());
    if structure.cut {
        format!("The first {DRAWN} spans are drawn; the table has the first {listed}.")
    } else {
        format!("The first {DRAWN} of {listed} spans are drawn; the table has all.")
    }
}

fn in_cells(structure: &Structure, width: f64, each: f64) -> MessageStrip {
    let columns = (width / each).floor().max(BLOCK + 1.0);
    let mut strip = MessageStrip { width, ..MessageStrip::default() };
    // The place of the next segment, in cells, and the upper edge of the line.
    let (mut column, mut top) = (0.0, 0.0);
    // The lower end of this line.
    let mut bottom = 0.0;
    let spans = structure.spans.get(..structure.spans.len().min(DRAWN)).unwrap_or_default();
    strip.left_out = structure.spans.len() - spans.len();
    let mut index = 0;
    while let Some(first) = spans.get(index) {
        let count = spans.iter().skip(index).take_while(|span| span.segment == first.segment).count();
        let group = spans.get(index..index + count).unwrap_or_default();
        let whole: f64 = group.iter().map(|span| wide(&span.bytes)).sum();
        if column > 0.0 && column + f64::max(whole, LEAST) > columns {
            (column, top) = (0.0, bottom + 14.0);
        }
        let begin = column;
        let words = match first.segment {
            None => "table".to_owned(),
            Some(segment) => format!("segment {segment}"),
        };
        // Arrows from the lines above end at the first cell.
        let beside = if top > 0.0 { each } else { 0.0 };
        strip.names.push(Name { x: begin * each + beside, y: top + 11.0, words });
        let mut y = top + NAME;
        let mut x = begin;
        for (offset, span) in group.iter().enumerate() {
            let cell = |x: f64, y: f64, width: f64, words| StripCell {
                span: index + offset,
                segment: span.segment,
                ink: Ink::of(span.kind),
                x: x * each,
                y,
                width: width * each,
                words,
            };
            if is_long(&span.bytes) {
                let wide = wide(&span.bytes);
                if x + wide > columns {
                    (x, y) = (0.0, y + LINE);
                }
                strip.cells.push(cell(x, y, wide, Some(format::size(span.bytes.len()))));
                x += wide;
                continue;
            }
            // All segments begin at a whole word of the message, so this is the place in the word.
            let within = span.bytes.start.saturating_sub(first.bytes.start) % 8;
            for (shift, wide) in pieces(within, span.bytes.len()) {
                if shift == 0.0 && x.fract() < 0.01 && x + 1.0 > columns {
                    (x, y) = (0.0, y + LINE);
                }
                strip.cells.push(cell(x, y, wide, says(span, wide * each)));
                x += wide;
            }
        }
        bottom = f64::max(bottom, y + HEIGHT);
        column = if y > top + NAME { columns } else { f64::max(x, begin + LEAST) + BETWEEN };
        index += count;
    }
    strip.height = if strip.cells.is_empty() { 0.0 } else { bottom + 15.0 };
    strip.arrows = (0..spans.len()).filter_map(|from| arrow(structure, &strip.cells, from, each)).collect();
    strip
}

fn arrow(structure: &Structure, cells: &[StripCell], from: usize, each: f64) -> Option<Arrow> {
    let span = structure.spans.get(from)?;
    let to = content::landing(structure, span)?;
    let (begin, end) = (cells.iter().find(|cell| cell.span == from)?, cells.iter().find(|cell| cell.span == to)?);
    let (x, landing) = (begin.x + begin.width / 2.0, end.x + f64::min(end.width, each) / 2.0);
    let far = matches!(span.kind, Kind::Far | Kind::DoubleFar);
    // The arrow of a pad before its object is drawn only where it has room.
    let always = far
        || (each >= WORDY && span.kind == Kind::Pad)
        || structure.spans.get(to).is_some_and(|there| there.segment != span.segment);
    let (path, tip, down) = if begin.y == end.y {
        // Below the line. A longer arrow is deeper.
        let (y, deep) = (begin.y + HEIGHT, f64::min(15.0, 7.0 + (landing - x).abs() / 24.0));
        let floor = y + deep;
        (format!("M{x:.1} {y:.1}C{x:.1} {floor:.1} {landing:.1} {floor:.1} {landing:.1} {y:.1}"), y, false)
    } else if begin.y < end.y {
        // Down, across in a lane above the names, and down, so that it crosses no text. Neighbours
        // have lanes of their own.
        let (y, tip) = (begin.y + HEIGHT, end.y);
        let lane = f64::max(y + 5.0, tip - NAME - 3.0 - (from % 3) as f64 * 3.0);
        let bend = f64::min(4.0, (landing - x).abs() / 2.0);
        let side = if landing < x { -bend } else { bend };
        let (leave, arrive) = (x + side, landing - side);
        let (above, below) = (lane - bend, lane + bend);
        let path = format!(
            "M{x:.1} {y:.1}V{above:.1}Q{x:.1} {lane:.1} {leave:.1} {lane:.1}H{arrive:.1}Q{landing:.1} {lane:.1} {landing:.1} {below:.1}V{tip:.1}"
        );
        (path, tip, true)
    } else {
        let (y, tip) = (begin.y, end.y + HEIGHT);
        let (above, below) = (y - 14.0, tip + 14.0);
        (format!("M{x:.1} {y:.1}C{x:.1} {above:.1} {landing:.1} {below:.1} {landing:.1} {tip:.1}"), tip, false)
    };
    let back = if down { tip - 6.0 } else { tip + 6.0 };
    let head = format!("M{:.1} {back:.1}L{landing:.1} {tip:.1}L{:.1} {back:.1}Z", landing - 3.0, landing + 3.0);
    Some(Arrow { from, path, head, always })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::{Received, Schema, Spec, Way},
        segment::{Element, Source},
    };

    fn structure(element: Element, shape: &[u32], way: Way) -> Structure {
        let spec = Spec::Tensor { name: "depth".into(), element, shape: shape.to_vec(), timestamp: 0 };
        let source = || [Source::moved(vec![0u8; spec.arrays()[0].bytes()])];
        let message = match way {
            Way::Adopted => spec.adopted(source()),
            _ => spec.filled(source()),
        };
        let payload = message.unwrap().into_payload().unwrap();
        Received::open(&payload).unwrap().structure(Some(Schema::Tensor)).unwrap()
    }

    fn inside(strip: &MessageStrip, columns: f64) {
        for cell in &strip.cells {
            assert!(cell.x >= 0.0 && cell.x + cell.width <= columns.max(6.0) * CELL + 0.01, "{cell:?}");
            assert!(cell.y + HEIGHT <= strip.height, "{cell:?}");
        }
        for (at, one) in strip.cells.iter().enumerate() {
            for other in &strip.cells[at + 1..] {
                let beside = one.x + one.width <= other.x + 0.01 || other.x + other.width <= one.x + 0.01;
                assert!(beside || (one.y - other.y).abs() >= HEIGHT, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn every_word_is_a_cell_and_long_spans_are_blocks() {
        let structure = structure(Element::Int32, &[1920, 1536], Way::Adopted);
        let strip = layout(&structure, 860.0);
        inside(&strip, 33.0);
        let blocks: Vec<_> = strip.cells.iter().filter_map(|cell| cell.words.as_deref()).collect();
        assert_eq!(blocks, ["11.25 MiB"]);
        let head: usize =
            structure.spans.iter().filter(|span| span.bytes.len() <= 64).map(|span| span.bytes.len()).sum();
        let cells = strip.cells.iter().filter(|cell| cell.words.is_none());
        assert_eq!(cells.map(|cell| cell.width).sum::<f64>().round(), head as f64 / 8.0 * CELL);
        assert_eq!(
            strip.names.iter().map(|name| name.words.as_str()).collect::<Vec<_>>(),
            ["table", "segment 0", "segment 1"]
        );
        // The pointer to the pad, and the pad to the array.
        let always: Vec<_> = strip.arrows.iter().filter(|arrow| arrow.always).collect();
        assert_eq!(always.len(), 2);
        assert!(strip.arrows.len() > 2, "the pointers to root, name and shape, when they are selected");
        assert_eq!(strip.left_out, 0);
    }

    #[test]
    fn an_arrow_is_drawn_always_where_it_leads_away() {
        let always = |way| {
            let structure = structure(Element::Int8, &[1920, 1536], way);
            let arrows = layout(&structure, 860.0).arrows;
            let always = arrows.iter().filter(|arrow| arrow.always).map(|arrow| structure.spans[arrow.from].kind);
            always.collect::<Vec<_>>()
        };
        // A pad of two words is beside its pointer, a pad of one word beside its object.
        assert_eq!(always(Way::Adopted), [Kind::DoubleFar, Kind::Pad]);
        assert_eq!(always(Way::Filled), [Kind::Far]);
    }

    #[test]
    fn words_stand_in_cells_where_there_is_room() {
        let structure = structure(Element::Int32, &[1920, 1536], Way::Adopted);
        let words = |width| {
            let strip = with_words(&structure, width);
            assert!(strip.cells.iter().all(|cell| cell.x + cell.width <= width + 0.01));
            strip.cells.into_iter().filter_map(|cell| cell.words).collect::<Vec<_>>()
        };
        let all =
            ["root", "elementType", "timestamp", "name", "shape", "data", "name", "shape", "pad", "tag", "11.25 MiB"];
        assert_eq!(words(1600.0), all);
        // In two lines. Words are cut where they do not fit, and the part of a word that holds the
        // name has none.
        let some = words(500.0);
        assert_eq!((some.len(), some[1].as_str(), some[5].as_str()), (all.len() - 1, "elem…", "data"));
        assert_eq!(words(300.0), ["11.25 MiB"]);
        assert_eq!(with_words(&Structure::default(), 600.0).height, 0.0);
        // The arrow from a pad to the array behind it has room.
        let filled = self::structure(Element::Int32, &[1920, 1536], Way::Filled);
        let arrows = with_words(&filled, 1600.0).arrows;
        let always = arrows.iter().filter(|arrow| arrow.always).map(|arrow| filled.spans[arrow.from].kind);
        assert_eq!(always.collect::<Vec<_>>(), [Kind::Far, Kind::Pad]);
    }

    #[test]
    fn a_narrow_strip_has_more_lines() {
        for (way, shape) in [(Way::Adopted, &[3u32, 1][..]), (Way::Filled, &[1920, 1536]), (Way::Filled, &[])] {
            let structure = structure(Element::Int8, shape, way);
            let (wide, narrow) = (layout(&structure, 860.0), layout(&structure, 320.0));
            inside(&wide, 33.0);
            inside(&narrow, 12.0);
            assert!(narrow.height > wide.height);
            inside(&layout(&structure, 10.0), 6.0);
        }
    }

    #[test]
    fn a_cut_word_is_shared_by_what_is_in_it() {
        let structure = structure(Element::Int8, &[3], Way::Adopted);
        let strip = layout(&structure, 860.0);
        let last: Vec<_> = strip.cells.iter().rev().take(2).map(|cell| (cell.ink, cell.width)).collect();
        assert_eq!(last, [(Ink::Hatched, CELL * 5.0 / 8.0), (Ink::Solid, CELL * 3.0 / 8.0)]);
        let structure = self::structure(Element::Int8, &[99], Way::Adopted);
        let strip = layout(&structure, 860.0);
        let last: Vec<_> = strip.cells.iter().rev().take(2).map(|cell| (cell.ink, cell.width)).collect();
        assert_eq!(last, [(Ink::Hatched, CELL * 5.0 / 8.0), (Ink::Solid, CELL * (4.0 + 3.0 / 8.0))]);
    }

    #[test]
    fn what_is_too_much_is_left_to_the_table() {
        let span = |at: usize| crate::message::Span {
            kind: Kind::Null,
            bytes: at * 8..at * 8 + 8,
            segment: Some(0),
            label: String::new(),
            target: None,
        };
        let structure = Structure { spans: (0..DRAWN + 7).map(span).collect(), cut: false };
        let strip = layout(&structure, 600.0);
        assert_eq!((strip.cells.len(), strip.left_out), (DRAWN, 7));
        assert_eq!(layout(&Structure::default(), 600.0).height, 0.0);
        assert_eq!(drawn_words(&structure), "The first 160 of 167 spans are drawn; the table has all.");
        let cut = Structure { cut: true, ..structure };
        assert_eq!(drawn_words(&cut), "The first 160 spans are drawn; the table has the first 167.");
    }
}
