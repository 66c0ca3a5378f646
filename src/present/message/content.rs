//! Describes a message that was read: its facts, the range of its values, its structure. The module
//! has no web types.

use std::ops::Range;

use crate::present::{cost::reading, format};
use crate::{
    app::message::{ArrayFacts, Opened, Part, Picture},
    ledger::{Ledger, Place, Reason},
    message::{
        Content, Looks, Schema, Span, Spec, Structure,
        picture::{Raster, View},
        values::{self, Number},
    },
    outside::shown,
    segment::Element,
};

/// Returns numpy's name of an element type: `int32`, `uint8`.
#[must_use]
pub const fn element(element: Element) -> &'static str {
    match element {
        Element::Int8 => "int8",
        Element::Uint8 => "uint8",
        Element::Uint8Clamped => "uint8 (clamped)",
        Element::Int16 => "int16",
        Element::Uint16 => "uint16",
        Element::Int32 => "int32",
        Element::Uint32 => "uint32",
        Element::Float16 => "float16",
        Element::Float32 => "float32",
        Element::Float64 => "float64",
        Element::BigInt64 => "int64",
        Element::BigUint64 => "uint64",
    }
}

/// Formats shape and element type: `1920x1536 int32`, `640x480 rgb8`, `1,000 points`.
#[must_use]
pub fn shape(spec: &Spec) -> String {
    match spec {
        Spec::Tensor { element: of, shape, .. } => {
            let sides = if shape.is_empty() { "one".to_owned() } else { format::shape(shape) };
            format!("{sides} {}", element(*of))
        }
        Spec::CameraFrame { width, height, format, .. } => format!("{width}x{height} {}", format.name()),
        Spec::PointCloud { points, .. } => format::plural(*points as usize, "point"),
    }
}

/// Formats nanoseconds since 1970 as a time: `2026-11-22 14:22:33.000000001 UTC`.
#[must_use]
pub fn timestamp(ns: i64) -> String {
    let Ok(since) = u64::try_from(ns) else { return format!("{ns} ns, before 1970") };
    if since == 0 {
        return "0, not set".to_owned();
    }
    let whole = reading::when(since / 1_000_000);
    let second = whole.strip_suffix(" UTC").unwrap_or(&whole);
    format!("{second}.{:09} UTC", since % 1_000_000_000)
}

/// Formats a range of bytes: `bytes 184 to 263`.
#[must_use]
pub fn bytes(range: &Range<usize>) -> String {
    match range.len() {
        0 => "no byte".to_owned(),
        1 => format!("byte {}", format::count(range.start)),
        _ => format!("bytes {} to {}", format::count(range.start), format::count(range.end - 1)),
    }
}

/// Formats the first and the last byte of a span, for a column of spans: `184 … 263`.
#[must_use]
pub fn interval(range: &Range<usize>) -> String {
    match range.len() {
        0 | 1 => format::count(range.start),
        _ => format!("{} … {}", format::count(range.start), format::count(range.end - 1)),
    }
}

/// The segment of the message that contains `range`.
fn segment_of(parts: &[Part], range: &Range<usize>) -> Option<usize> {
    parts.iter().position(|part| !range.is_empty() && part.bytes.start <= range.start && range.end <= part.bytes.end)
}

/// Describes the place of an array: `segment 1 of the message, bytes 184 to 11,796,663 of the
/// payload`.
#[must_use]
pub fn place(parts: &[Part], range: &Range<usize>) -> String {
    match segment_of(parts, range) {
        Some(segment) => format!("segment {segment}, {}", bytes(range)),
        None => "nowhere: it is empty".to_owned(),
    }
}

/// Returns a name and a value for each fact of the message, other than its arrays.
#[must_use]
pub fn facts(spec: &Spec) -> Vec<(&'static str, String)> {
    let mut facts = vec![("schema", spec.schema().name().to_owned())];
    let called = |name: &str| if name.is_empty() { "not set".to_owned() } else { shown(name) };
    match spec {
        Spec::Tensor { name, shape: sides, timestamp: ns, .. } => {
            facts.push(("name", called(name)));
            facts.push(("shape", shape(spec)));
            if sides.len() > 1 {
                let count = spec.arrays().first().map_or(0, |array| array.length);
                facts.push(("elements", format::count(count)));
            }
            facts.push(("timestamp", timestamp(*ns)));
        }
        Spec::CameraFrame { frame_id, sequence, timestamp: ns, step, width, format, .. } => {
            facts.push(("frame id", called(frame_id)));
            facts.push(("sequence", format::thousands((*sequence).into())));
            facts.push(("picture", shape(spec)));
            let pixels = *width as usize * format.pixel();
            let filling = (*step as usize).saturating_sub(pixels);
            let filling =
                if filling > 0 { format!(", {} of them fill it up", format::bytes(filling)) } else { String::new() };
            facts.push(("step", format!("{} from row to row{filling}", format::bytes(*step as usize))));
            facts.push(("timestamp", timestamp(*ns)));
        }
        Spec::PointCloud { frame_id, timestamp: ns, .. } => {
            facts.push(("frame id", called(frame_id)));
            facts.push(("points", shape(spec)));
            facts.push(("each", "x, y, z float32 in metres, intensity uint16".to_owned()));
            facts.push(("timestamp", timestamp(*ns)));
        }
    }
    facts
}

/// `segment 0`, `segments 0 and 2`, `segments 0 to 3`.
fn named(indices: &[usize]) -> String {
    match indices {
        [] => "no segment".to_owned(),
        [only] => format!("segment {only}"),
        [first, second] => format!("segments {first} and {second}"),
        [first, .., last] if last - first + 1 == indices.len() => format!("segments {first} to {last}"),
        many => format!("{} segments", format::count(many.len())),
    }
}

/// Describes the bytes that reading the message has copied, and whether its data were among them.
#[must_use]
pub fn reading_cost(opened: &Opened, content: &Content) -> String {
    let read: Vec<usize> = (0..).zip(&opened.parts).filter(|(_, part)| part.read).map(|(index, _)| index).collect();
    let copied = opened.ledger.total();
    let full: Vec<_> = content.arrays.iter().filter(|range| !range.is_empty()).collect();
    let touched = full
        .iter()
        .filter(|range| segment_of(&opened.parts, range).is_some_and(|segment| read.contains(&segment)))
        .count();
    let data = match (touched, full.len()) {
        (_, 0) => "it has no data",
        (0, _) => "its data were not touched",
        (touched, all) if touched == all => "its data lie in the same segment, so they are among it",
        _ => "some of its data lie in the same segment",
    };
    if copied == 0 {
        return format!(
            "Nothing was copied to read what it says: {} lies in one piece and was read there.",
            named(&read)
        );
    }
    format!(
        "{} copied to read what it says, to make {} contiguous; {data}. Pointers were looked at apart: {} of metadata.",
        format::requested(copied),
        named(&read),
        format::requested(opened.ledger.metadata())
    )
}

/// Describes the bytes behind the message in the payload.
#[must_use]
pub fn behind(opened: &Opened) -> Option<String> {
    (opened.behind > 0).then(|| {
        let end = opened.end;
        format!("{} follow the message: {}.", format::bytes(opened.behind), bytes(&(end..end + opened.behind)))
    })
}

/// Formats a value for people: whole numbers with commas.
#[must_use]
pub fn number(value: Number) -> String {
    match value {
        Number::Whole(whole) => {
            let digits = u64::try_from(whole.unsigned_abs()).map_or_else(|_| whole.to_string(), format::thousands);
            if whole < 0 { format!("-{digits}") } else { digits }
        }
        other => other.to_string(),
    }
}

/// Formats the ends of a range: `-5` and `1,234`. Returns `None` without a finite value.
#[must_use]
pub fn ends(range: &values::Range) -> Option<(String, String)> {
    range.ends.map(|(least, most)| (number(least), number(most)))
}

/// Formats a range: `-5 … 1,234`.
#[must_use]
pub fn span(range: &values::Range) -> String {
    match ends(range) {
        Some((least, most)) => format!("{least} … {most}"),
        None => "no finite value".to_owned(),
    }
}

/// Counts the values that are not finite numbers, and says how the picture shows them.
#[must_use]
pub fn odd(range: &values::Range, shown: &str) -> Option<String> {
    let counted = |count: u64, name: &str| (count > 0).then(|| format!("{} {name}", format::thousands(count)));
    let infinite = [counted(range.above, "infinity"), counted(range.below, "-infinity")];
    let infinite: Vec<_> = infinite.into_iter().flatten().collect();
    let nan = counted(range.nan, "NaN").map(|words| format!("{words}, {shown}"));
    let infinite =
        (!infinite.is_empty()).then(|| format!("{}, shown as the ends of the range", infinite.join(" and ")));
    let all: Vec<_> = nan.into_iter().chain(infinite).collect();
    (!all.is_empty()).then(|| format!("Not finite: {}.", all.join("; ")))
}

/// The meaning of the channels of a picture, in words.
fn shades(raster: &Raster) -> &'static str {
    match (raster.channels, raster.as_is) {
        (1, true) => "grey, 0 to 255 as it is",
        (1, false) => "grey from the least to the greatest value",
        (2, _) => "the first channel red and the second green, from the least to the greatest value",
        (3, true) => "red, green and blue as they are",
        (4, true) => "red, green, blue and opacity as they are",
        (3, false) => "red, green and blue, from the least to the greatest value",
        _ => "the first three of four channels red, green and blue, from the least to the greatest value",
    }
}

/// Describes a picture: its text alternative, and the words below it.
#[must_use]
pub fn caption(picture: &Picture) -> String {
    match picture.view {
        View::Nothing | View::Number(_) => String::new(),
        View::Line(_, count) => {
            let each = count.div_ceil(picture.pixels.0.max(1));
            let many = if each > 1 {
                format!(
                    "; each column reaches from the least to the greatest of about {} elements",
                    format::count(each)
                )
            } else {
                String::new()
            };
            format!("{} in order, from left to right{many}.", format::plural(count, "element"))
        }
        View::Raster(raster) => {
            let (columns, rows) = picture.pixels;
            let size = if (columns, rows) == (raster.width, raster.height) {
                format!("All {} by {} pixels", format::count(raster.width), format::count(raster.height))
            } else {
                format!(
                    "{} by {} of {} by {} pixels, at equal distances",
                    format::count(columns),
                    format::count(rows),
                    format::count(raster.width),
                    format::count(raster.height)
                )
            };
            let slice = if raster.slices > 1 {
                format!(" of slice {} of {}", format::count(picture.slice), format::count(raster.slices))
            } else {
                String::new()
            };
            format!("{size}{slice}; {}.", shades(&raster))
        }
        View::Points(count) => format!(
            "{} from above: x to the right, y up, on one scale; the more ink, the more intensity.",
            format::plural(count, "point")
        ),
    }
}

/// Describes how many bytes the page read for a picture.
#[must_use]
pub fn looked(picture: &Picture) -> String {
    let of = if picture.ranges.is_empty() { "" } else { "The range is that of all values. " };
    format!("{of}{} went through a window of 64 KiB for it.", format::requested(picture.looked))
}

/// Describes the copies in a ledger: `11,796,480 B copied from wasm memory to the JavaScript heap`.
#[must_use]
pub fn copies(ledger: &Ledger) -> String {
    let place = |place| match place {
        Place::Linear => "wasm memory",
        Place::JsHeap => "the JavaScript heap",
    };
    let lines: Vec<_> = ledger
        .entries()
        .filter(|(entry, _)| entry.reason == Reason::Contiguous)
        .map(|(entry, bytes)| match format::requested(bytes) {
            bytes if entry.from == entry.to => format!("{bytes} copied within {}", place(entry.from)),
            bytes => format!("{bytes} copied from {} to {}", place(entry.from), place(entry.to)),
        })
        .collect();
    if lines.is_empty() { "nothing was copied".to_owned() } else { lines.join("; ") }
}

/// Formats the first and the last elements of an array: `0, 1, 2, 3 … 8, 9`.
#[must_use]
pub fn elements(facts: &ArrayFacts) -> String {
    let list = |values: &[String]| values.join(", ");
    match (facts.first.as_slice(), facts.last.as_slice()) {
        ([], _) => "none".to_owned(),
        (first, []) => list(first),
        (first, last) => format!("{} … {}", list(first), list(last)),
    }
}

/// Describes the target of a pointer. Also returns the index of the span in which the target
/// begins.
#[must_use]
pub fn leads(structure: &Structure, span: &Span) -> Option<(Option<usize>, String)> {
    let target = span.target.as_ref()?;
    let at = landing(structure, span);
    let there = at.and_then(|at| structure.spans.get(at));
    Some((at, there.map_or_else(|| bytes(target), |there| format!("{}, {}", there.kind.name(), bytes(target)))))
}

/// Returns the index of the span in which the target of a pointer begins.
#[must_use]
pub fn landing(structure: &Structure, span: &Span) -> Option<usize> {
    let start = span.target.as_ref()?.start;
    let index = structure.spans.partition_point(|span| span.bytes.end <= start);
    structure.spans.get(index).filter(|there| there.bytes.contains(&start)).map(|_| index)
}

/// Returns whether a span is part of the selected span's target.
#[must_use]
pub fn is_landed(selected: Option<&Span>, span: &Span) -> bool {
    let target = selected.and_then(|selected| selected.target.as_ref());
    target.is_some_and(|target| span.bytes.start < target.end && target.start < span.bytes.end)
}

/// Describes a span in a sentence.
#[must_use]
pub fn span_words(structure: &Structure, span: &Span) -> String {
    let place = match span.segment {
        Some(segment) => format!("segment {segment}, {} of the payload", bytes(&span.bytes)),
        None => format!("{} of the payload", bytes(&span.bytes)),
    };
    let label = if span.label.is_empty() { String::new() } else { format!(" {}", span.label) };
    let leads = leads(structure, span).map(|(_, words)| format!("; leads to {words}")).unwrap_or_default();
    format!("{}{label}: {place}{leads}", span.kind.name())
}

/// Says what bytes look like: in a word, and in a sentence.
#[must_use]
pub const fn looks(looks: Looks) -> (&'static str, &'static str) {
    match looks {
        Looks::Message => ("read", "Read as a Cap’n Proto message"),
        Looks::Damaged => {
            ("damaged", "It has the segment table of a Cap’n Proto message, but its root pointer leads astray")
        }
        Looks::CutOff => ("cut off", "It begins like a Cap’n Proto message, but its end is missing"),
        Looks::ManySegments => ("too many", "A Cap’n Proto message of more segments than are read"),
        Looks::Packed => ("packed", "It looks like a packed Cap’n Proto message"),
        Looks::NoTable => ("no table", "It looks like a Cap’n Proto message without its segment table"),
        Looks::Other => ("–", "It does not begin like a Cap’n Proto message"),
    }
}

/// Returns the text of a schema in the chooser.
#[must_use]
pub fn schema_choice(schema: Option<Schema>) -> &'static str {
    schema.map_or("the schema that fits", Schema::name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ledger::{Entry, Stage},
        message::{Kind, PixelFormat},
    };
    use std::rc::Rc;

    fn tensor(element: Element, shape: &[u32]) -> Spec {
        Spec::Tensor { name: "depth".into(), element, shape: shape.to_vec(), timestamp: 1 }
    }

    fn opened(read: &[bool], copied: usize) -> Opened {
        let part = |index: usize| index * 100 + 24..index * 100 + 124;
        let mut ledger = Ledger::new();
        let entry = Entry { stage: Stage::Read, reason: Reason::Contiguous, from: Place::JsHeap, to: Place::Linear };
        ledger.record(entry, copied);
        ledger.record_metadata(256);
        Opened {
            content: Err(crate::app::Problem::new("", "")),
            parts: (0..).zip(read).map(|(index, read)| Part { bytes: part(index), read: *read }).collect(),
            ledger,
            structure: Ok(Rc::default()),
            end: 224,
            behind: 0,
        }
    }

    #[test]
    fn shapes_are_said_as_people_say_them() {
        assert_eq!(shape(&tensor(Element::Int32, &[1920, 1536])), "1920x1536 int32");
        assert_eq!(shape(&tensor(Element::BigUint64, &[])), "one uint64");
        let frame = Spec::CameraFrame {
            frame_id: String::new(),
            sequence: 7,
            timestamp: 0,
            width: 640,
            height: 480,
            step: 1924,
            format: PixelFormat::Rgb8,
        };
        assert_eq!(shape(&frame), "640x480 rgb8");
        let facts = facts(&frame);
        assert!(facts.contains(&("frame id", "not set".to_owned())));
        assert!(facts.contains(&("step", "1,924 B from row to row, 4 B of them fill it up".to_owned())));
        let cloud = Spec::PointCloud { frame_id: "lidar".into(), timestamp: 0, points: 1000 };
        assert_eq!(shape(&cloud), "1,000 points");
        for element in Element::ALL {
            assert!(super::element(element).starts_with(&element.name().to_lowercase().replace("big", "")[..4]));
        }
    }

    #[test]
    fn times_have_all_their_nanoseconds() {
        assert_eq!(timestamp(1_795_357_353_000_000_001), "2026-11-22 14:22:33.000000001 UTC");
        assert_eq!(timestamp(999_999_999), "1970-01-01 00:00:00.999999999 UTC");
        assert_eq!(timestamp(0), "0, not set");
        assert_eq!(timestamp(-5), "-5 ns, before 1970");
    }

    #[test]
    fn what_reading_cost_is_said_by_the_ledger() {
        let content = |range: Range<usize>| Content { spec: tensor(Element::Uint8, &[8]), arrays: vec![range] };
        let apart = reading_cost(&opened(&[true, false], 100), &content(124..200));
        assert!(apart.starts_with(
            "100 B copied to read what it says, to make segment 0 contiguous; its data were not touched."
        ));
        assert!(apart.ends_with("256 B of metadata."));
        let within = reading_cost(&opened(&[true, false], 100), &content(24..100));
        assert!(within.contains("its data lie in the same segment, so they are among it"));
        let in_place = reading_cost(&opened(&[true], 0), &content(24..100));
        assert_eq!(
            in_place,
            "Nothing was copied to read what it says: segment 0 lies in one piece and was read there."
        );
        assert_eq!(place(&opened(&[true, false], 0).parts, &(124..200)), "segment 1, bytes 124 to 199");
        assert_eq!(place(&[], &(0..0)), "nowhere: it is empty");
        assert_eq!((behind(&opened(&[], 0)), bytes(&(3..4))), (None, "byte 3".to_owned()));
        let more = Opened { behind: 16, ..opened(&[], 0) };
        assert_eq!(behind(&more).unwrap(), "16 B follow the message: bytes 224 to 239.");
        assert_eq!((interval(&(3..4)), interval(&(16..1024))), ("3".to_owned(), "16 … 1,023".to_owned()));
        assert_eq!(named(&[0, 1, 2]), "segments 0 to 2");
        assert_eq!(named(&[0, 2]), "segments 0 and 2");
        assert_eq!(named(&[0, 2, 5]), "3 segments");
    }

    #[test]
    fn ranges_name_what_is_not_finite() {
        let of = |values: &[f32]| {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            values::Range::of(Element::Float32, &bytes)
        };
        assert_eq!(span(&of(&[0.5, -2.0])), "-2 … 0.5");
        assert_eq!(odd(&of(&[0.5]), "left open"), None);
        let range = of(&[1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
        assert_eq!(
            odd(&range, "left open").unwrap(),
            "Not finite: 1 NaN, left open; 1 infinity and 1 -infinity, shown as the ends of the range."
        );
        assert_eq!(span(&of(&[f32::NAN])), "no finite value");
        assert_eq!(number(Number::Whole(-1_234_567)), "-1,234,567");
        assert_eq!(number(Number::Whole(u64::MAX.into())), "18,446,744,073,709,551,615");
    }

    #[test]
    fn a_caption_says_how_much_is_shown() {
        let picture = |spec: &Spec, pixels| Picture {
            view: spec.view(),
            slice: 2,
            ranges: Rc::from([]),
            shown: pixels,
            pixels,
            looked: 65_536,
        };
        let all = caption(&picture(&tensor(Element::Int32, &[3, 4]), (4, 3)));
        assert_eq!(all, "All 4 by 3 pixels; grey from the least to the greatest value.");
        let some = caption(&picture(&tensor(Element::Uint8, &[5, 1920, 1536, 3]), (288, 360)));
        assert_eq!(
            some,
            "288 by 360 of 1,536 by 1,920 pixels, at equal distances of slice 2 of 5; red, green and blue as they are."
        );
        let line = caption(&picture(&tensor(Element::Int8, &[1000]), (100, 10)));
        assert!(line.ends_with("least to the greatest of about 10 elements."));
        assert_eq!(
            looked(&picture(&tensor(Element::Int8, &[2, 2]), (1, 1))),
            "65,536 B went through a window of 64 KiB for it."
        );
    }

    #[test]
    fn an_array_shows_its_ends_and_its_cost() {
        let mut ledger = Ledger::new();
        let entry = Entry { stage: Stage::Read, reason: Reason::Contiguous, from: Place::JsHeap, to: Place::JsHeap };
        ledger.record(entry, 16);
        assert_eq!(copies(&ledger), "16 B copied within the JavaScript heap");
        ledger.record(Entry { from: Place::Linear, ..entry }, 8);
        assert!(copies(&ledger).starts_with("8 B copied from wasm memory to the JavaScript heap; "));
        assert_eq!(copies(&Ledger::new()), "nothing was copied");
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let facts =
            |first, last| ArrayFacts { count: 9, first: words(first), last: words(last), ledger: Ledger::new() };
        assert_eq!(elements(&facts(&["1", "2"], &["9"])), "1, 2 … 9");
        assert_eq!(elements(&facts(&["1"], &[])), "1");
        assert_eq!(elements(&facts(&[], &[])), "none");
    }

    #[test]
    fn a_pointer_leads_to_the_span_that_begins_there() {
        let span = |kind, bytes: Range<usize>, target| Span {
            kind,
            bytes,
            segment: Some(0),
            label: "data".to_owned(),
            target,
        };
        let structure = Structure {
            spans: vec![
                span(Kind::Far, 8..16, Some(16..24)),
                span(Kind::Pad, 16..24, Some(24..29)),
                span(Kind::Elements, 24..29, None),
            ],
            cut: false,
        };
        assert_eq!(landing(&structure, &structure.spans[0]), Some(1));
        assert_eq!(landing(&structure, &structure.spans[2]), None);
        assert!(is_landed(structure.spans.first(), &structure.spans[1]));
        assert!(!is_landed(structure.spans.first(), &structure.spans[2]));
        assert_eq!(
            span_words(&structure, &structure.spans[1]),
            "landing pad data: segment 0, bytes 16 to 23 of the payload; leads to elements, bytes 24 to 28"
        );
    }
}
