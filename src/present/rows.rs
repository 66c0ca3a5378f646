//! The words of frames, the strips of their contents, and the tree of their fields. The module has
//! no web types.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use crate::present::format;
use crate::{
    app::{
        KEPT_BYTES, Selection,
        session::priority_name,
        wire::{
            Bounds, Entry, Filter, Fold, Kept, Kinds, Line, Only, Part, Record, Rows, Way,
            words::{content_word, reliability_word},
        },
    },
    wire::{Lane, Shape, Span},
};

/// The least width of a run of a strip, in pixels.
const LEAST: f64 = 2.0;

/// A button shows so many characters of a key.
const NAMED: usize = 40;

/// Limits the runs that a strip draws.
pub const RUNS: usize = 64;

// ---- words ----

/// Returns an arrow for a direction.
#[must_use]
pub const fn arrow(way: Way) -> &'static str {
    match way {
        Way::Out => "↑",
        Way::In => "↓",
    }
}

/// Describes a direction in words.
#[must_use]
pub const fn way_words(way: Way) -> &'static str {
    match way {
        Way::Out => "to the router",
        Way::In => "from the router",
    }
}

/// Describes a lane: `data`, `real time, best effort`.
#[must_use]
pub fn lane_words(lane: Lane) -> String {
    let reliability = reliability_word(lane);
    let priority = priority_name(lane.priority);
    if reliability == "reliable" { priority.to_owned() } else { format!("{priority}, {reliability}") }
}

/// Formats milliseconds with two decimals, `3.66` or `61,234.50`. From a quarter of an hour, it
/// formats seconds, `1,234.5 s`.
#[must_use]
pub fn time(time: Duration) -> String {
    let hundredths = (time.as_secs_f64() * 1e5).round() as u64;
    if hundredths >= 100_000_000 {
        let tenths = (time.as_secs_f64() * 10.0).round() as u64;
        return format!("{}.{} s", format::thousands(tenths / 10), tenths % 10);
    }
    format!("{}.{:02}", format::thousands(hundredths / 100), hundredths % 100)
}

/// Names the frames of a fold: `Fragments 2 to 180`.
#[must_use]
pub fn fold_title(record: &Record, fold: &Fold) -> String {
    let index = |member: Option<&usize>| {
        let entry = member.and_then(|at| record.entries().get(*at));
        entry.and_then(|entry| entry.frame.place.as_ref()).map_or(0, |place| place.index + 1)
    };
    format!("Fragments {} to {}", format::count(index(fold.members.first())), format::count(index(fold.members.last())))
}

/// Formats the sequence numbers of a fold, by their last digits: `…412 to …490`.
#[must_use]
pub fn numbers(first: Option<u32>, last: Option<u32>) -> String {
    let short = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |number| format!("…{:03}", number % 1000));
    format!("{} to {}", short(first), short(last))
}

/// Describes in a sentence how many frames the page keeps.
#[must_use]
pub fn kept_words(kept: &Kept, bounds: Bounds) -> String {
    let mut words = format!(
        "{} of at most {} frames kept, {} of {}",
        format::count(kept.frames),
        format::count(bounds.frames),
        format::size(kept.bytes),
        format::size(bounds.bytes)
    );
    let gone = kept.recorded.saturating_sub(kept.frames as u64 + kept.missed);
    if gone > 0 {
        words.push_str(&format!("; {} let go", format::thousands(gone)));
    }
    if kept.missed > 0 {
        words.push_str(&format!(
            "; {} never shown: they were let go before this list had them",
            format::thousands(kept.missed)
        ));
    }
    words.push_str(&format!(". Recording has copied {}.", format::requested_size(kept.copied)));
    words
}

/// What the person can do to see frames.
pub const NO_FRAMES: &str = "Put something: its frames are here afterwards, with their fields and bytes, and those of \
    the last sample from a router. Nothing is copied for that.";

/// Describes what recording does, and what it costs.
#[must_use]
pub fn record_words(bounds: Bounds) -> String {
    format!(
        "Record for more: every frame of the session from then on, the last {}, at most {}. What arrives is kept where \
         the browser put it; what leaves is copied once. While recording is off it costs nothing.",
        format::count(bounds.frames),
        format::size(bounds.bytes)
    )
}

/// Explains why the frames of the last put are not there.
#[must_use]
pub fn too_long_words() -> String {
    format!(
        "The last put is longer than {}, and its frames are not kept. Record, and put again.",
        format::size(KEPT_BYTES)
    )
}

/// Describes the frames of the last put and of the last sample.
#[must_use]
pub fn last_words(kept: &Kept) -> String {
    format!(
        "The last put, and the last sample from a router: {}, {}. They are kept by reference: {} copied. A borrowed array that \
         was written since shows its new bytes. Record keeps more, and copies what leaves once more.",
        format::plural(kept.frames, "frame"),
        format::size(kept.bytes),
        if kept.copied == 0 {
            "nothing was".to_owned()
        } else {
            format!("{} were", format::requested_size(kept.copied))
        }
    )
}

/// Describes the shown frames: `37 of 812 frames, KeepAlive hidden`.
#[must_use]
pub fn shown_words(rows: &Rows, kept: &Kept, filter: &Filter) -> String {
    let hidden = if filter.kinds == Kinds::Telling { ", KeepAlive hidden" } else { "" };
    if rows.shown == kept.frames {
        return format!("all {}", format::plural(kept.frames, "frame"));
    }
    let unsearched = match rows.unsearched {
        0 => String::new(),
        some => format!("; {} with too many keys to search", format::plural(some, "frame")),
    };
    format!("{} of {}{hidden}{unsearched}", format::count(rows.shown), format::plural(kept.frames, "frame"))
}

/// Describes the frames of the filter, for the button that clears it.
#[must_use]
pub fn only_words(record: &Record, only: Only) -> String {
    match only {
        Only::Put(put) => {
            let key = record.entries().iter().find(|entry| entry.frame.ops.contains(&put));
            let key = key.and_then(|entry| record.keys(entry).first());
            key.map_or_else(|| "one put".to_owned(), |key| format!("the put to {}", key.shown_at_most(NAMED)))
        }
        Only::Message(_) => "one message".to_owned(),
    }
}

/// Describes the message of a fragment: `Put lab/tensor in 181 fragments, 11.26 MiB, from 0.00 to
/// 41.20 ms`.
#[must_use]
pub fn message_words(record: &Record, entry: &Entry) -> Option<String> {
    let message = record.message(entry.message()?)?;
    let name = if message.name.is_empty() { "a message whose beginning was not seen" } else { &*message.name };
    let key = message.keys.first().map_or_else(String::new, |key| format!(" {}", key.shown()));
    let count = match message.count {
        Some(count) => format!("in {}", format::plural(count, "fragment")),
        None => format!("{} so far, the last one is not here", format::plural(message.seen, "fragment")),
    };
    let first = record.since_first(entry).saturating_sub(entry.frame.at.saturating_sub(message.times.0));
    let took = message.times.1.saturating_sub(message.times.0);
    Some(format!(
        "{name}{key} {count}, {}, from {} to {} ms",
        format::size(message.bytes),
        time(first),
        time(first + took)
    ))
}

/// Describes a part of a frame: `tensor, bytes 0 to 65,517 of the payload`.
#[must_use]
pub fn part_words(part: &Part) -> String {
    let Range { start, end } = part.range();
    let name = part.piece().map_or_else(String::new, |piece| format!("{}, ", piece.name));
    format!(
        "{name}bytes {} to {} of the {}",
        format::count(start),
        format::count(end.saturating_sub(1)),
        content_word(part.what)
    )
}

/// Formats the bytes of a field: `bytes 5 to 8, 4 B`.
#[must_use]
pub fn span_bytes(span: &Span) -> String {
    match span.len {
        0 => "no byte".to_owned(),
        1 => format!("byte {}", format::count(span.start)),
        len => {
            format!(
                "bytes {} to {}, {}",
                format::count(span.start),
                format::count(span.start + len - 1),
                format::bytes(len)
            )
        }
    }
}

// ---- strips ----

/// Describes a run of a strip: neighbouring bytes of one piece.
#[derive(Clone, Debug, PartialEq)]
pub struct StripRun {
    /// Its left edge, in pixels.
    pub x: f64,
    /// Its width, in pixels.
    pub width: f64,
    /// The position of its piece, which gives colour and pattern. `None` for bytes that this page
    /// has not made.
    pub position: Option<usize>,
    /// The first segment in it.
    pub selection: Option<Selection>,
    /// The part of it that belongs to the selected segment: left edge and width.
    pub selected: Option<(f64, f64)>,
    /// Whether it has bytes of the segment at which the person points.
    pub hovered: bool,
    /// Its description.
    pub words: String,
}

/// Holds the contents of frames, drawn in a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameStrip {
    /// The drawn runs, at most [`RUNS`].
    pub runs: Vec<StripRun>,
    /// The number of runs that are not drawn.
    pub left_out: usize,
    /// The place of those, from the first to the last: left edge and width.
    pub rest: Option<(f64, f64)>,
}

impl FrameStrip {
    /// Returns whether its drawn runs have bytes of the selected segment.
    #[must_use]
    pub fn has_selected(&self) -> bool {
        self.runs.iter().any(|run| run.selected.is_some())
    }

    /// Describes the strip in words, for people who cannot see it.
    #[must_use]
    pub fn words(&self) -> String {
        const NAMED: usize = 4;
        let mut words = self.runs.iter().map(|run| run.words.as_str()).take(NAMED).collect::<Vec<_>>().join("; ");
        let more = self.runs.len().saturating_sub(NAMED) + self.left_out;
        if more > 0 {
            words.push_str(&format!("; and {} more", format::count(more)));
        }
        if self.has_selected() {
            words.push_str("; has bytes of the selected segment");
        }
        words
    }
}

/// Returns the strip of consecutive frames, with `width` pixels for all of their bytes. Each run is
/// at the place of its bytes.
#[must_use]
pub fn strip(
    record: &Record,
    members: &[usize],
    width: f64,
    selected: Option<Selection>,
    hovered: Option<Selection>,
) -> FrameStrip {
    let entries = || members.iter().filter_map(|at| record.entries().get(*at));
    let total: usize = entries().map(|entry| entry.frame.len).sum();
    let scale = width / total.max(1) as f64;
    let mut runs: Vec<(Part, usize, usize)> = Vec::new();
    let (mut base, mut drawn, mut left_out) = (0, 0, 0);
    // From the first omitted part to the last, in bytes.
    let mut rest: Option<(usize, usize)> = None;
    for entry in entries() {
        for part in record.parts(entry) {
            let (from, to) = (base + part.start, base + part.start + part.len);
            let goes_on = runs.last_mut().filter(|(last, ..)| {
                let same = match (&last.of, &part.of) {
                    (Some((a, i)), Some((b, j))) => std::rc::Rc::ptr_eq(a, b) && i == j,
                    (None, None) => last.what == part.what,
                    _ => false,
                };
                same && last.offset + last.len == part.offset
            });
            match goes_on {
                Some((last, _, end)) => {
                    last.len += part.len;
                    *end = to;
                }
                None if drawn < RUNS => {
                    drawn += 1;
                    runs.push((part, from, to));
                }
                None => {
                    left_out += 1;
                    rest = Some((rest.map_or(from, |(first, _)| first), to));
                }
            }
        }
        let (unnoted, end) = (entry.frame.summary.unnoted(), base + entry.frame.len);
        if unnoted > 0 {
            left_out += unnoted;
            rest = Some((rest.map_or(end, |(first, _)| first), end));
        }
        base = end;
    }
    let place = |from: f64, to: f64| {
        let wide = (to - from).max(LEAST).min(width);
        (from.min(width - wide), wide)
    };
    let run = |(part, from, to): (Part, usize, usize)| {
        let (x, wide) = place(from as f64 * scale, to as f64 * scale);
        // Headers between the fragments of a fold are a ten-thousandth of it.
        let each = (to - from) as f64 * scale / part.len.max(1) as f64;
        let inside = selected.and_then(|segment| part.of_segment(segment)).map(|range| {
            let begin = from as f64 * scale;
            place(begin + range.start as f64 * each, begin + range.end as f64 * each)
        });
        StripRun {
            x,
            width: wide,
            position: part.piece().map(|piece| piece.position),
            selection: part.segments().map(|(first, _)| first),
            selected: inside,
            hovered: hovered.is_some_and(|segment| part.piece().is_some_and(|piece| piece.holds(segment))),
            words: part_words(&part),
        }
    };
    let rest = rest.map(|(from, to)| place(from as f64 * scale, to as f64 * scale));
    FrameStrip { runs: runs.into_iter().map(run).collect(), left_out, rest }
}

/// Returns the frames of a row.
#[must_use]
pub fn members(rows: &Rows, line: Line) -> Vec<usize> {
    match line {
        Line::Fold(at) => rows.folds.get(at).map(|fold| fold.members.clone()).unwrap_or_default(),
        Line::Frame(at) | Line::Inner(at) => vec![at],
    }
}

// ---- scrolling ----

/// Returns the lines to draw, of `count` lines of `line` pixels: those in view, and some around
/// them. The view has `height` pixels and is scrolled to `top`.
#[must_use]
pub fn window(top: f64, height: f64, line: f64, count: usize) -> Range<usize> {
    const AROUND: usize = 6;
    /// A limit, in case a browser reports a wrong height.
    const MOST: usize = 400;
    let first = ((top / line).max(0.0) as usize).min(count);
    let seen = ((height / line).max(0.0).ceil() as usize).saturating_add(1).min(MOST);
    first.saturating_sub(AROUND)..(first + seen + AROUND).min(count)
}

/// Returns the position to which a view must scroll to show line `at`. Returns `None` when the line
/// is in view already.
#[must_use]
pub fn scrolled_to(at: usize, top: f64, height: f64, line: f64) -> Option<f64> {
    let (from, to) = (at as f64 * line, (at + 1) as f64 * line);
    if from < top {
        Some(from)
    } else if to > top + height {
        Some((to - height).max(0.0))
    } else {
        None
    }
}

/// Returns the new scroll position of a view whose lines change from `old` to `new`, so that its
/// top line stays at the top.
///
/// Each line has a number, and new lines have larger ones. When the top line was removed, the next
/// remaining line takes its place.
#[must_use]
pub fn anchored(top: f64, line: f64, old: &[u64], new: &[u64]) -> f64 {
    let at = (top / line).max(0.0) as usize;
    let Some(number) = old.get(at) else { return top };
    let same = new.iter().position(|one| one == number);
    let now = same.or_else(|| new.iter().position(|one| one > number)).unwrap_or(new.len());
    (top + (now as f64 - at as f64) * line).max(0.0)
}

// ---- the tree of fields ----

/// Describes the place of a field in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The group that contains it.
    pub parent: Option<usize>,
    /// Its place among the fields of that group, from 1.
    pub place: usize,
    /// The number of fields in that group.
    pub of: usize,
    /// The index after the last of its parts.
    pub end: usize,
}

/// Returns the tree of `spans`.
#[must_use]
pub fn tree(spans: &[Span]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::with_capacity(spans.len());
    // The groups that may contain a span, and the number of fields in each so far. The first one
    // represents the frame.
    let mut open: Vec<(Option<usize>, usize, usize)> = vec![(None, 0, 0)];
    let mut counts: Vec<usize> = vec![0; spans.len()];
    let mut roots = 0;
    for (at, span) in spans.iter().enumerate() {
        while open.len() > 1 && open.last().is_some_and(|(_, depth, _)| *depth > usize::from(span.depth)) {
            if let Some((Some(group), ..)) = open.pop()
                && let Some(node) = nodes.get_mut(group)
            {
                node.end = at;
            }
        }
        let Some((parent, _, count)) = open.last_mut() else { break };
        *count += 1;
        match *parent {
            Some(parent) => counts.get_mut(parent).into_iter().for_each(|of| *of = *count),
            None => roots = *count,
        }
        nodes.push(Node { parent: *parent, place: *count, of: 0, end: at + 1 });
        if span.shape == Shape::Group {
            open.push((Some(at), usize::from(span.depth) + 1, 0));
        }
    }
    for (group, ..) in open {
        if let Some(node) = group.and_then(|group| nodes.get_mut(group)) {
            node.end = spans.len();
        }
    }
    for node in &mut nodes {
        node.of = node.parent.map_or(roots, |parent| counts.get(parent).copied().unwrap_or_default());
    }
    nodes
}

/// Returns the visible fields when the groups in `closed` are closed.
#[must_use]
pub fn seen(nodes: &[Node], closed: &BTreeSet<usize>) -> Vec<usize> {
    let mut seen = Vec::new();
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        seen.push(at);
        at = if closed.contains(&at) { node.end } else { at + 1 };
    }
    seen
}

/// Returns the groups that are closed when a person opens a frame: those inside the outermost
/// groups, where the frame has many messages.
#[must_use]
pub fn closed_first(spans: &[Span]) -> BTreeSet<usize> {
    /// A frame of at most so many fields shows all of them.
    const ALL: usize = 80;
    if spans.len() <= ALL {
        return BTreeSet::new();
    }
    let inner = |span: &Span| span.shape == Shape::Group && span.depth > 0;
    spans.iter().enumerate().filter(|(_, span)| inner(span)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests;
