//! The layout as a drawing: four bands on one axis, from the memory where bytes are down to the batches on the wire.
//!
//! Everything in here is derived from a [`Plan`] and a [`Lens`]. It holds no state and listens to nothing, and it draws no more nodes
//! than the pixels can show.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    app::{Piece, Plan, Selection},
    ledger::Place,
    message::PartKind,
    segment::Mode,
};
use crate::{
    present::{
        format,
        layout::{
            cells::{self, Peek},
            facts::{self, Facts},
            lens::{Lens, Shown},
            scale::{self, Room, Span},
        },
    },
    ui::kit::widgets::{chevrons, hatch, hue, overlay},
};

/// A piece is at least so wide, in pixels, on a desk and on a phone.
const LEAST_WIDE: f64 = 96.0;
/// See [`LEAST_WIDE`].
const LEAST_NARROW: f64 = 74.0;

/// The padding behind an array is as wide as its mark, and joined to the array.
const LEAST_PADDING: f64 = 20.0;

/// What the axis needs to know of the pieces.
pub(crate) fn rooms(plan: &Plan, narrow: bool) -> Vec<Room> {
    let least = if narrow { LEAST_NARROW } else { LEAST_WIDE };
    let room = |piece: &Piece| {
        let joined = is_padding(piece);
        Room { bytes: piece.bytes(), least: if joined { LEAST_PADDING } else { least }, joined }
    };
    plan.pieces.iter().map(room).collect()
}

fn is_padding(piece: &Piece) -> bool {
    piece.part.is_some_and(|part| part.kind == PartKind::Padding)
}

/// Upper edge and height of a band, in pixels.
type Band = (f64, f64);

/// Where everything is, from top to bottom, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Geometry {
    /// Whether the bands' names stand inside of the drawing, above each band, instead of at its left.
    named_inside: bool,
    strip: Band,
    densities: f64,
    offsets: f64,
    axis: f64,
    heap: Band,
    wasm: Band,
    /// Where arrays are copied into messages; of no height if none is.
    fill: Band,
    /// What builders of messages have made, in wasm memory too; of no height if there is no message.
    message: Band,
    link: f64,
    ring: f64,
    payload: Band,
    build: Band,
    block: Band,
    gather: Band,
    batches: Band,
    numbers: f64,
    /// Height of the whole.
    pub(crate) height: f64,
    names: [f64; 4],
}

/// On a desk.
const WIDE: Geometry = Geometry {
    named_inside: false,
    strip: (5.0, 10.0),
    densities: 31.0,
    offsets: 44.0,
    axis: 51.0,
    heap: (63.0, 23.0),
    wasm: (90.0, 23.0),
    fill: (113.0, 0.0),
    message: (113.0, 0.0),
    link: 131.0,
    ring: 142.0,
    payload: (146.0, 40.0),
    build: (187.0, 18.0),
    block: (205.0, 21.0),
    gather: (226.0, 25.0),
    batches: (251.0, 29.0),
    numbers: 295.0,
    height: 302.0,
    names: [0.0; 4],
};

/// On a phone.
const NARROW: Geometry = Geometry {
    named_inside: true,
    strip: (5.0, 14.0),
    densities: 31.0,
    offsets: 44.0,
    axis: 51.0,
    heap: (80.0, 24.0),
    wasm: (109.0, 24.0),
    fill: (133.0, 0.0),
    message: (133.0, 0.0),
    link: 166.0,
    ring: 176.0,
    payload: (180.0, 40.0),
    build: (245.0, 18.0),
    block: (263.0, 20.0),
    gather: (307.0, 20.0),
    batches: (327.0, 26.0),
    numbers: 368.0,
    height: 375.0,
    names: [73.0, 150.0, 239.0, 301.0],
};

/// By how much everything below the memory is lower, for a message and for one that is filled. The ledger's styles say the same.
const DOWN: f64 = 27.0;
/// See [`DOWN`].
const DOWN_FILLED: f64 = 41.0;

/// The geometry for a page that is narrow or not.
pub(crate) fn geometry(narrow: bool, plan: &Plan) -> Geometry {
    let base = if narrow { NARROW } else { WIDE };
    if !plan.pieces.iter().any(is_built) {
        return base;
    }
    let filled = has_filling(plan);
    let down = if filled { DOWN_FILLED } else { DOWN };
    let low = |(top, height): Band| (top + down, height);
    let [memory, payload, block, batches] = base.names;
    let height = base.wasm.1;
    Geometry {
        fill: (end(base.wasm), if filled { down - height } else { 0.0 }),
        message: (end(base.wasm) + down - height, height),
        link: base.link + down,
        ring: base.ring + down,
        payload: low(base.payload),
        build: low(base.build),
        block: low(base.block),
        gather: low(base.gather),
        batches: low(base.batches),
        numbers: base.numbers + down,
        height: base.height + down,
        names: [memory, payload + down, block + down, batches + down],
        ..base
    }
}

/// Whether the builder of a message has made it.
fn is_built(piece: &Piece) -> bool {
    piece.part.is_some_and(|part| part.kind != PartKind::Adopted)
}

/// Whether an array is copied into a message.
pub(crate) fn has_filling(plan: &Plan) -> bool {
    plan.pieces.iter().any(|piece| piece.part.is_some_and(|part| part.filled_from.is_some()))
}

/// What the styles of the ledger have to know: how far down everything is.
pub(crate) fn down_class(plan: &Plan) -> Option<&'static str> {
    match (plan.pieces.iter().any(is_built), has_filling(plan)) {
        (_, true) => Some("with-filling"),
        (true, false) => Some("with-message"),
        (false, false) => None,
    }
}

impl Geometry {
    /// The lower end of the strip in true scale with its fan: what lies above is the minimap.
    pub(crate) fn minimap_end(&self) -> f64 {
        // A finger needs more room, and the figures below do nothing.
        if self.named_inside { self.axis - 8.0 } else { self.strip.0 + self.strip.1 + 7.0 }
    }

    fn memory(&self, place: Place) -> Band {
        match place {
            Place::JsHeap => self.heap,
            Place::Linear => self.wasm,
        }
    }

    /// Where a piece is before a payload takes it.
    fn home(&self, piece: &Piece) -> Band {
        if is_built(piece) { self.message } else { self.memory(piece.source) }
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn end(band: Band) -> f64 {
    band.0 + band.1
}

/// The baseline of one line of text in the middle of a band.
fn middle(band: Band) -> f64 {
    band.0 + band.1 / 2.0 + 4.2
}

fn rect(class: &'static str, x: f64, width: f64, band: Band) -> Html {
    html! { <rect {class} x={px(x)} y={px(band.0)} width={px(width.max(0.0))} height={px(band.1)} /> }
}

fn painted(fill: String, x: f64, width: f64, band: Band) -> Html {
    html! { <rect {fill} x={px(x)} y={px(band.0)} width={px(width.max(0.0))} height={px(band.1)} /> }
}

fn line(class: &'static str, x1: f64, y1: f64, x2: f64, y2: f64) -> Html {
    html! { <line {class} x1={px(x1)} y1={px(y1)} x2={px(x2)} y2={px(y2)} /> }
}

fn text(class: &'static str, anchor: &'static str, x: f64, y: f64, words: impl Into<AttrValue>) -> Html {
    html! { <text {class} text-anchor={anchor} x={px(x)} y={px(y)}>{ words.into() }</text> }
}

/// Text on its own small piece of paper, for places where it would be lost in ink.
fn plate(x: f64, band: Band, words: &str) -> Html {
    let width = format::text_width(words, 12.0) + 12.0;
    let plate = (band.0 + band.1 / 2.0 - 8.5, 17.0);
    html! { <>{ rect("plate", x, width, plate) }{ text("quiet", "start", x + 6.0, middle(band), words.to_owned()) }</> }
}

/// The names at the left of the bands.
pub(crate) fn names(plan: &Plan) -> Html {
    let g = &geometry(false, plan);
    let right = 118.0;
    let segments = format::plural(plan.segments, "segment");
    let in_order = first_fit(&[&format!("{segments} in order"), &segments], 126.0);
    html! {
        <svg class="names" width="128" height={px(g.height)} aria-hidden="true">
            { text("quiet", "start", 0.0, middle(g.strip), "True scale") }
            { text("strong", "start", 0.0, middle(g.heap), "Memory") }
            { text("quiet", "end", right, middle(g.heap), "JS heap") }
            { text("quiet", "end", right, middle(g.wasm), "wasm") }
            if g.message.1 > 0.0 { { text("quiet", "end", right, middle(g.message), "message, in wasm") } }
            { text("strong", "start", 0.0, g.payload.0 + 17.0, "Payload") }
            { text("quiet", "start", 0.0, g.payload.0 + 32.0, in_order) }
            { text("strong", "start", 0.0, middle(g.block), "Contiguous copy") }
            { text("strong", "start", 0.0, g.batches.0 + 12.0, "Batches") }
            { text("quiet", "start", 0.0, g.batches.0 + 27.0, format!("{} on the wire", format::count(plan.batches.count))) }
        </svg>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct BandsProps {
    pub(crate) plan: Rc<Plan>,
    pub(crate) lens: Rc<Lens>,
    pub(crate) narrow: bool,
    pub(crate) selected: Option<Selection>,
    /// The position of the piece that is pointed at: the others step back.
    pub(crate) hovered: Option<usize>,
    /// Bytes that were read of pieces, by their position.
    pub(crate) peeks: Rc<[(usize, Peek)]>,
}

/// The bands themselves, to be put inside of an `<svg>`. Drawn again only when one of the properties has changed.
#[component]
pub(crate) fn Bands(props: &BandsProps) -> Html {
    let (plan, lens) = (&props.plan, &props.lens);
    let g = &geometry(props.narrow, plan);
    let shown = lens.shown();
    let pieces = || {
        shown.iter().filter_map(|one| match one {
            Shown::Piece(at, span) => Some((plan.pieces.get(*at)?, span)),
            Shown::Narrow(..) | Shown::Merged(..) => None,
        })
    };
    let widest = |wanted: fn(&Piece) -> bool| {
        let drawn = |piece: &Piece| piece.bytes() > 0 && piece.refused.is_none() && wanted(piece);
        pieces().filter(|(piece, _)| drawn(piece)).max_by(|a, b| a.1.seen().total_cmp(&b.1.seen()))
    };
    let speaker = widest(|_| true).map(|(_, span)| span);
    let well = |band: Band| rect("well", -6.0, lens.width + 12.0, band);
    let back = |positions: std::ops::Range<usize>| {
        props.hovered.is_some_and(|hovered| !positions.contains(&hovered)).then_some("back")
    };
    let zoomed = !lens.is_whole();
    html! {
        <>
            { axis(g, plan, lens, &shown) }
            { well(g.heap) }
            { well(g.wasm) }
            if g.message.1 > 0.0 { { well(g.message) } }
            if plan.building - plan.filling < plan.len {
                <rect class="unmade" x="-5.5" y={px(g.block.0 + 0.5)} width={px(lens.width + 11.0)} height={px(g.block.1 - 1.0)} />
            }
            { for shown.iter().map(|one| match one {
                Shown::Piece(at, span) => {
                    let Some(piece) = plan.pieces.get(*at) else { return html! {} };
                    let speaks = speaker.is_some_and(|speaker| speaker.x == span.x);
                    let words = Some(gather_words(plan, span)).filter(|words| speaks && !words.is_empty());
                    let words = words.map_or(0.0, |words| format::text_width(&words, 12.0) + 16.0);
                    let peek = props.peeks.iter().find(|(position, _)| position == at).map(|(_, peek)| peek);
                    let near = zoomed && cells::are_drawn(piece, span);
                    html! {
                        <g key={*at} class={classes!(back(*at..*at + 1))}>
                            { draw_piece(g, plan, piece, span, Detail { words, near, peek }) }
                        </g>
                    }
                }
                Shown::Narrow(at, span) => plan.pieces.get(*at).map_or_else(Html::default, |piece| html! {
                    <g key={*at} class={classes!("piece", hue(*at), back(*at..*at + 1))}>{ draw_narrow(g, piece, span) }</g>
                }),
                Shown::Merged(positions, span) => html! {
                    <g key={positions.start} class={classes!("merged", back(positions.clone()))}>{ draw_merged(g, span) }</g>
                },
            }) }
            if let Some((_, span)) = widest(|piece| piece.mode != Mode::Copy) {
                { text("quiet halo", "start", span.left + 9.0, middle(g.block),
                    first_fit(&["not made here: the gather reads in place", "not made"], span.seen() - 14.0)) }
            }
            if let Some((_, span)) = widest(|piece| piece.mode == Mode::Copy) {
                { block_words(g, plan, span) }
            }
            if let Some(span) = speaker {
                { text("quiet", "start", span.left + 9.0, middle(g.gather), gather_words(plan, span)) }
            }
            { for shown.iter().filter_map(|one| cut_at(lens, one)).map(|x| cut_mark(g, x)) }
            { batch_numbers(g, plan, lens.width, pieces()) }
            if g.named_inside { { names_inside(g, plan) } }
            if let Some(selection) = props.selected { { outline(g, plan, lens, selection) } }
        </>
    }
}

/// What a view adds to a piece.
#[derive(Clone, Copy)]
struct Detail<'a> {
    /// The width of the text at the left of its gather ribbon, which no chevron covers.
    words: f64,
    /// Whether its elements are drawn one by one.
    near: bool,
    /// Bytes of it that were read.
    peek: Option<&'a Peek>,
}

/// Where the mark of a cut behind a part is, if there is one in view.
fn cut_at(lens: &Lens, one: &Shown) -> Option<f64> {
    let (Shown::Piece(at, span) | Shown::Narrow(at, span)) = one else { return None };
    let next = lens.span(at + 1).filter(|_| span.cut_after)?;
    // Where the axis is reduced there is no room for it.
    (next.x - span.end() > 14.0)
        .then_some(f64::midpoint(span.end(), next.x))
        .filter(|x| (-8.0..lens.width + 8.0).contains(x))
}

/// A piece that is too narrow for words: where its bytes are, who refers to them, what is copied.
fn draw_narrow(g: &Geometry, piece: &Piece, span: &Span) -> Html {
    let (x, width) = (span.begin(), (span.drawn() - 1.0).max(1.0));
    let home = g.home(piece);
    let empty = piece.bytes() == 0;
    html! {
        <>
            { rect(if empty { "hollow" } else { "tint" }, x, width, home) }
            { rect("edge thin", x + 0.5, (width - 1.0).max(0.5), (home.0 + 0.5, home.1 - 1.0)) }
            { rect("refer thin", x + 0.5, (width - 1.0).max(0.5), (g.payload.0 + 0.5, g.payload.1 - 1.0)) }
            if !empty && piece.refused.is_none() {
                if piece.mode == Mode::Copy { { rect("solid", x, width, g.block) } }
                { rect("ribbon-tint", x, width, g.gather) }
                { rect("solid", x, width, g.batches) }
            }
        </>
    }
}

/// Several pieces that no pixel can tell apart: that there is something, in no colour, because it would be that of one of them.
fn draw_merged(g: &Geometry, span: &Span) -> Html {
    let (x, width) = (span.begin(), (span.drawn() - 1.0).max(1.0));
    html! {
        <>
            <rect class="many" x={px(x)} y={px(g.heap.0)} width={px(width)} height={px(end(g.message) - g.heap.0)} />
            { rect("many", x, width, g.payload) }
            { rect("many full", x, width, g.batches) }
        </>
    }
}

fn names_inside(g: &Geometry, plan: &Plan) -> Html {
    let [memory, payload, block, batches] = g.names;
    html! {
        <>
            { text("strong halo", "start", 9.0, memory,
                if g.message.1 > 0.0 { "Memory: JS heap, wasm, message (in wasm)" } else { "Memory: JS heap above, wasm below" }) }
            { text("strong halo", "start", 9.0, payload, format!("Payload, {} in order", format::plural(plan.segments, "segment"))) }
            { text("strong halo", "start", 9.0, block, "Contiguous copy") }
            { text("strong halo", "start", 9.0, batches, format!("{} on the wire", format::batches(plan.batches.count))) }
        </>
    }
}

/// The strip in true scale, the fan from it to the pieces, and the axis with its offsets.
fn axis(g: &Geometry, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Html {
    // A text may begin where the one before it has ended.
    let mut free = f64::NEG_INFINITY;
    let mut offsets: Vec<Html> = Vec::new();
    let mut ticks: Vec<Html> = Vec::new();
    let seen = lens.bytes();
    let worded = |span: &Span| span.seen() > LEAST_PADDING;
    for span in shown.iter().map(Shown::span) {
        let mut place = |x: f64, words: String, anchor: &'static str| {
            let width = format::text_width(&words, 11.0);
            let left = match anchor {
                "start" => x,
                "end" => x - width,
                _ => x - width / 2.0,
            };
            if left >= free {
                offsets.push(text("tick halo", anchor, x, g.offsets, words));
                free = left + width + 6.0;
            }
        };
        let bytes = span.bytes_seen();
        if worded(span) {
            place(span.left, format::count(bytes.start), "start");
        }
        if span.bytes > 0 {
            let ends = bytes.end == seen.end;
            let end_words = format::count(bytes.end);
            let room = span.right - format::text_width(&end_words, 11.0) - 6.0;
            // Round offsets count from the payload's beginning, so that they are the same in every piece.
            let wanted = ((span.seen() / 110.0) as usize).max(1);
            for offset in scale::ticks(bytes.start + 1, bytes.end - 1, wanted, true) {
                let (x, words) = (span.at(offset), tick_words(offset));
                ticks.push(line("axis", x, g.axis, x, g.axis + 5.0));
                let half = format::text_width(&words, 11.0) / 2.0;
                if x + half < if ends { room } else { span.right } && span.seen() > 140.0 {
                    place(x, words, "middle");
                }
            }
            if ends {
                place(span.right, end_words, "end");
            }
        }
    }
    let strip = lens.strip();
    html! {
        <>
            { for strip.into_iter().map(|(positions, x, width)| {
                let (at, merged) = (positions.start, positions.len() > 1);
                let paint = (width > LEAST_PADDING).then(|| painted(overlay(at), x, width, g.strip));
                html! { <g class={hue(at)}>{ rect(if merged { "many full" } else { "solid" }, x, width, g.strip) }{ paint }</g> }
            }) }
            { for shown.iter().map(|one| fan(g, lens, one)) }
            { view_window(g, lens) }
            { for shown.iter().map(Shown::span).map(|span| html! {
                <>
                    { line("axis", span.left, g.axis, span.right, g.axis) }
                    if span.left == span.x { { line("axis", span.x, g.axis, span.x, g.axis + 6.0) } }
                    if span.right == span.end() { { line("axis", span.right, g.axis, span.right, g.axis + 6.0) } }
                    if span.bytes > 0 && worded(span) {
                        { text("tick halo", "middle", span.middle(), g.densities,
                            first_fit(&[&format::scale(span.density()), &format!("{}/px", format::density(span.density()))], span.seen() + 4.0)) }
                    }
                </>
            }) }
            { for ticks }
            { for offsets }
            if plan.pieces.len() > shown.len() && lens.is_whole() {
                { text("tick halo", "middle", lens.width / 2.0, g.densities,
                    format!("{} pieces; zoom in to tell them apart", format::count(plan.pieces.len()))) }
            }
        </>
    }
}

/// An offset at a tick: in a binary unit where that says it exactly.
fn tick_words(offset: usize) -> String {
    let exact = |unit: u32| offset.is_multiple_of(1 << (unit - 2));
    let short = if offset >= 1 << 20 { exact(20) } else { offset >= 1 << 10 && exact(10) };
    if short { format::size(offset) } else { format::count(offset) }
}

/// From what is in view of a piece in true scale to where it is in the drawing.
fn fan(g: &Geometry, lens: &Lens, one: &Shown) -> Html {
    let (Shown::Piece(at, span) | Shown::Narrow(at, span)) = one else { return html! {} };
    let (top, bottom) = (end(g.strip), g.axis);
    let bytes = span.bytes_seen();
    let (a, b, c, d) = (lens.true_x(bytes.start), lens.true_x(bytes.end), span.right, span.left);
    html! {
        <g class={hue(*at)}>
            <polygon class="fan"
                points={format!("{a:.1},{top:.1} {b:.1},{top:.1} {c:.1},{bottom:.1} {d:.1},{bottom:.1}")} />
            { line("fan-edge", a, top, d, bottom) }
            { line("fan-edge", b, top, c, bottom) }
        </g>
    }
}

/// Which part of the strip is in view, when it is not all.
fn view_window(g: &Geometry, lens: &Lens) -> Html {
    let Some((left, right)) = window_at(lens) else { return html! {} };
    let (top, height) = (g.strip.0 - 1.0, g.strip.1 + 2.0);
    let grip = |x: f64| rect("grip", x - 2.0, 4.0, (top - 2.0, height + 4.0));
    html! {
        <g class="view-window">
            { rect("dim", 0.0, left, (top, height)) }
            { rect("dim", right, lens.width - right, (top, height)) }
            { rect("in-view", left, right - left, (top, height)) }
            { grip(left) }
            { grip(right) }
        </g>
    }
}

/// Where the part that is in view is in the strip, drawn wide enough to be seen; none when it is all.
pub(crate) fn window_at(lens: &Lens) -> Option<(f64, f64)> {
    lens.window()?;
    let bytes = lens.bytes();
    let (left, right) = (lens.true_x(bytes.start), lens.true_x(bytes.end));
    let middle = scale::inside(f64::midpoint(left, right), 4.0, lens.width - 4.0);
    Some((left.min(middle - 4.0), right.max(middle + 4.0)))
}

/// Draws one piece in all bands.
fn draw_piece(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, detail: Detail<'_>) -> Html {
    if piece.bytes() == 0 {
        return draw_empty(g, piece, span);
    }
    let (x, width, at) = (span.begin(), span.drawn(), piece.position);
    let words = detail.words + span.left - x;
    let copied = piece.mode == Mode::Copy;
    if piece.refused.is_some() {
        // Its bytes come no further than to where the payload would take them.
        return html! {
            <g class={classes!("piece", hue(at))}>
                { memory(g, piece, span) }
                { links(g, piece, span, false) }
                { payload(g, plan, piece, span, detail) }
                { rect("hollow refused", x + 1.0, width - 2.0, (g.batches.0 + 1.0, g.batches.1 - 2.0)) }
            </g>
        };
    }
    html! {
        <g class={classes!("piece", hue(at))}>
            { memory(g, piece, span) }
            { links(g, piece, span, detail.near) }
            { payload(g, plan, piece, span, detail) }
            if copied {
                <g key="built" class="ribbon">
                    { rect("ribbon-tint", x, width, g.build) }
                    { chevron_strip(at, x, width, g.build) }
                    { rect("solid", x, width, g.block) }
                    { painted(overlay(at), x, width, g.block) }
                </g>
            }
            <g class="ribbon">
                { rect("ribbon-tint", x, width, g.gather) }
                { ribbon_edges(x, width, g.gather) }
                { chevron_strip(at, x + words, width - words, g.gather) }
            </g>
            { batches(g, plan, piece, span) }
        </g>
    }
}

/// A row of chevrons in the middle of a band: bytes are copied downwards.
fn chevron_strip(at: usize, x: f64, width: f64, band: Band) -> Html {
    let (count, tile) = ((width / 16.0).floor().max(0.0), 16.0);
    let left = x + (width - count * tile) / 2.0;
    // A pattern starts at the origin of whoever it paints, so the strip gets an origin of its own.
    html! {
        <g transform={format!("translate({left:.1} {:.1})", band.0 + (band.1 - 18.0) / 2.0)}>
            <rect fill={chevrons(at)} width={px(count * tile)} height="18" />
        </g>
    }
}

fn ribbon_edges(x: f64, width: f64, band: Band) -> Html {
    html! {
        <>
            { line("ribbon-edge", x + 0.5, band.0, x + 0.5, end(band)) }
            { line("ribbon-edge", x + width - 0.5, band.0, x + width - 0.5, end(band)) }
        </>
    }
}

/// A piece without a byte: it has a place in every list and none in memory.
fn draw_empty(g: &Geometry, piece: &Piece, span: &Span) -> Html {
    let (x, width, centre) = (span.begin(), span.drawn(), span.middle());
    let name = format::fit(&format!("{} {}", piece.position, piece.name), span.seen() - 12.0, 12.0);
    let what = if piece.count == 1 { "0 B".to_owned() } else { format!("{} × 0 B", format::count(piece.count)) };
    html! {
        <g class={classes!("piece", hue(piece.position))}>
            { rect("hollow", x + 1.0, width - 2.0, g.home(piece)) }
            { text("quiet", "middle", centre, middle(g.home(piece)), "0 B") }
            { rect("hollow", x + 1.0, width - 2.0, (g.payload.0 + 1.0, g.payload.1 - 2.0)) }
            { text("strong", "middle", centre, g.payload.0 + 17.0, name) }
            { text("quiet", "middle", centre, g.payload.0 + 32.0, what) }
        </g>
    }
}

/// Where the bytes live before a payload takes them.
fn memory(g: &Geometry, piece: &Piece, span: &Span) -> Html {
    let right = facts::caller_words(piece);
    match piece.part.and_then(|part| part.filled_from) {
        None => lives(piece, span, g.home(piece), &facts::memory_words(piece), right),
        Some(from) => html! {
            <>
                { lives(piece, span, g.memory(from), &facts::filled_words(piece, from), "the caller keeps it") }
                { filled(g, piece, span, g.memory(from)) }
            </>
        },
    }
}

/// The bytes live here.
fn lives(piece: &Piece, span: &Span, band: Band, words: &[String; 2], right: &'static str) -> Html {
    let (x, width, room) = (span.begin(), span.drawn(), span.seen());
    let [long, short] = words;
    let fits = |words: &str| format::text_width(words, 12.0) <= room - 16.0;
    let words = if fits(long) { long.clone() } else { format::fit(short, room - 12.0, 12.0) };
    let both = format::text_width(&words, 12.0) + format::text_width(right, 12.0) + 60.0 <= room;
    html! {
        <>
            { rect("tint", x, width, band) }
            { painted(hatch(piece.position), x, width, band) }
            { density(piece, span, band, "border") }
            { rect("edge", x + 1.0, width - 2.0, (band.0 + 1.0, band.1 - 2.0)) }
            if both {
                { text("halo-tint", "start", span.left + 9.0, middle(band), words) }
                { text("halo-tint quiet", "end", span.right - 9.0, middle(band), right) }
            } else {
                { text("halo-tint", "middle", span.middle(), middle(band), words) }
            }
        </>
    }
}

/// An array is copied from a band into the memory of its message.
fn filled(g: &Geometry, piece: &Piece, span: &Span, from: Band) -> Html {
    let (x, width, at) = (span.begin(), span.drawn(), piece.position);
    let [long, short] = facts::memory_words(piece);
    let words = first_fit(&[&long, &short], span.seen() - 24.0);
    html! {
        <g key="filled" class="ribbon">
            // An array in the JavaScript heap passes by what is in wasm memory.
            { line("link dotted", x + 1.0, end(from), x + 1.0, g.fill.0) }
            { line("link dotted", x + width - 1.0, end(from), x + width - 1.0, g.fill.0) }
            { rect("ribbon-tint", x, width, g.fill) }
            { ribbon_edges(x, width, g.fill) }
            { chevron_strip(at, x, width, g.fill) }
            { rect("solid", x, width, g.message) }
            { painted(overlay(at), x, width, g.message) }
            if !words.is_empty() { { plate(span.left + 5.0, g.message, &words) } }
        </g>
    }
}

/// The borders between the segments of a piece, as many as pixels can show.
fn density(piece: &Piece, span: &Span, band: Band, class: &'static str) -> Html {
    let (_, borders) = scale::borders(span, piece.count, 4.0);
    let path: String = borders.iter().map(|x| format!("M{x:.1} {:.1}v{:.1}", band.0 + 1.0, band.1 - 2.0)).collect();
    if path.is_empty() {
        html! {}
    } else {
        html! { <path {class} d={path} /> }
    }
}

/// From where bytes live to the payload. `named` when the payload has no room for the piece's name.
fn links(g: &Geometry, piece: &Piece, span: &Span, named: bool) -> Html {
    let from = end(g.home(piece));
    let (left, right) = (span.begin() + 1.0, span.begin() + span.drawn() - 1.0);
    let refused = piece.refused.is_some();
    let words = match piece.mode {
        Mode::Copy => "read, let go",
        _ if refused => "refused",
        Mode::Borrow => "borrowed",
        Mode::Move => "moved",
    };
    let style = if refused { "strong halo refused-words" } else { "quiet halo" };
    // Of a padding, the array beside it says the same.
    let words = if is_padding(piece) {
        html! {}
    } else {
        let words = if named { format!("{} {}, {words}", piece.position, piece.name) } else { words.to_owned() };
        text(style, "middle", span.middle(), g.link, first_fit(&[&words, piece.mode.name()], span.seen()))
    };
    if refused {
        let cross = |x: f64| format!("M{0:.1} {1:.1}l8 8m0 -8l-8 8", x - 4.0, g.ring - 6.0);
        return html! {
            <g class="refused">
                { line("link dotted", left, from, left, g.ring - 8.0) }
                { line("link dotted", right, from, right, g.ring - 8.0) }
                <path class="link" d={cross(left)} />
                <path class="link" d={cross(right)} />
                { words }
            </g>
        };
    }
    // A ring holds on to what stays where it is; a dot has it.
    let mark = if piece.mode == Mode::Move { "ring dot-full" } else { "ring" };
    match piece.mode {
        Mode::Copy => html! {
            <>
                { line("link dotted", left, from, left, g.payload.0) }
                { line("link dotted", right, from, right, g.payload.0) }
                { words }
            </>
        },
        Mode::Borrow | Mode::Move => html! {
            <>
                { line("link", left, from, left, g.ring) }
                { line("link", right, from, right, g.ring) }
                { line("link", left, end(g.payload), left, g.gather.0) }
                { line("link", right, end(g.payload), right, g.gather.0) }
                <circle class={mark} cx={px(left)} cy={px(g.ring)} r="3" />
                <circle class={mark} cx={px(right)} cy={px(g.ring)} r="3" />
                { words }
            </>
        },
    }
}

/// The payload refers: an outline with a name, or with the elements one by one.
fn payload(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, detail: Detail<'_>) -> Html {
    let (x, width, room, band) = (span.begin(), span.drawn(), span.seen(), g.payload);
    let inner = (band.0 + 1.0, band.1 - 2.0);
    if is_padding(piece) && !detail.near {
        return html! {
            <>
                { rect("refer", x + 1.0, width - 2.0, inner) }
                { text("quiet halo", "middle", span.middle(), middle(band), format!("+{}", piece.len)) }
            </>
        };
    }
    let refer = if piece.refused.is_some() { "refer refused" } else { "refer" };
    let (upper, lower) = (band.0 + 17.0, band.0 + 33.0);
    let frame =
        html! { <>{ rect(refer, x + 1.0, width - 2.0, inner) }{ density(piece, span, inner, "border faint") }</> };
    if detail.near {
        return html! { <>{ frame }{ elements(g, plan, piece, span, detail.peek) }</> };
    }
    let name = format!("{} {}", piece.position, piece.name);
    let short = piece.part.map_or_else(String::new, |part| format!("{} {}", piece.position, part.word()));
    let bytes = format::bytes(piece.bytes());
    let content = facts::content_words(piece);
    // With one decimal, where there is little room.
    let rough = format::density(piece.bytes() as f64);
    let wide = format::text_width(&name, 12.5) + format::text_width(&bytes, 12.5) + 40.0 <= room && room >= 220.0;
    let (left, right) = (span.left + 9.0, span.right - 9.0);
    html! {
        <>
            { frame }
            if wide {
                { text("strong halo", "start", left, upper, name) }
                { text("strong halo", "end", right, upper, bytes) }
                { text("quiet halo", "start", left, lower, content) }
                { text("quiet halo", "end", right, lower, format::size(piece.bytes())) }
            } else {
                { text("strong halo", "middle", span.middle(), upper,
                    if piece.part.is_some() && format::text_width(&name, 12.5) > room - 10.0 {
                        format::fit(&short, room - 10.0, 12.5)
                    } else {
                        format::fit(&name, room - 10.0, 12.5)
                    }) }
                { text("quiet halo", "middle", span.middle(), lower,
                    first_fit(&[if piece.count == 1 { &bytes } else { &content }, &format::size(piece.bytes()), &rough], room - 6.0)) }
            }
        </>
    }
}

/// The elements that are in view: their values above, their bytes below, and which of them a batch border cuts.
fn elements(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, peek: Option<&Peek>) -> Html {
    let band = g.payload;
    let elements = cells::elements(plan, piece, span, peek);
    let octets = cells::octets(span, peek);
    // Without bytes the values stand in the middle.
    let value = if octets.is_empty() { middle(band) } else { band.0 + 16.0 };
    let grid: String =
        elements.iter().map(|cell| format!("M{:.1} {:.1}v{:.1}", cell.x, band.0 + 2.0, band.1 - 4.0)).collect();
    html! {
        <>
            <path class="border cells" d={grid} />
            { for elements.iter().filter(|cell| !cell.words.is_empty()).map(|cell| {
                text("halo", "middle", cell.x + cell.width / 2.0, value, cell.words.clone())
            }) }
            { for octets.into_iter().map(|(x, byte)| text("octet halo", "middle", x, band.0 + 33.0, format!("{byte:02X}"))) }
            { for elements.iter().filter_map(|cell| Some((cell, cell.cut?))).map(|(cell, batch)| {
                let x = span.at(plan.batches.end(batch));
                html! {
                    <>
                        { rect("cut-cell", cell.x, cell.width, (band.0 + 1.0, band.1 - 2.0)) }
                        { line("cut-line", x, band.0, x, end(g.batches)) }
                    </>
                }
            }) }
        </>
    }
}

/// The wire: solid, cut where a batch ends.
fn batches(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span) -> Html {
    let band = g.batches;
    let (first, last) = batches_seen(plan, span);
    let apart = span.seen() / (last - first + 1) as f64;
    let every = (3.0 / apart).ceil().max(1.0) as usize;
    let borders: String = (first.next_multiple_of(every)..last)
        .step_by(every)
        .map(|batch| format!("M{:.2} {:.1}v{:.1}", span.at(plan.batches.end(batch)), band.0, band.1))
        .collect();
    html! {
        <>
            { rect("solid", span.begin(), span.drawn(), band) }
            // Stripes say batches; a pattern under many of them would only be noise.
            if last - first < 12 { { painted(overlay(piece.position), span.begin(), span.drawn(), band) } }
            if !borders.is_empty() { <path class="batch-border" d={borders} /> }
        </>
    }
}

/// The first and the last batch that carry what is in view of a piece.
fn batches_seen(plan: &Plan, span: &Span) -> (usize, usize) {
    let bytes = span.bytes_seen();
    (plan.batches.batch_of(bytes.start), plan.batches.batch_of(bytes.end.saturating_sub(1)))
}

/// Batch numbers below the batches: round ones in wide pieces, else the range.
fn batch_numbers<'a>(
    g: &Geometry,
    plan: &Plan,
    width: f64,
    pieces: impl Iterator<Item = (&'a Piece, &'a Span)>,
) -> Html {
    let mut free = f64::NEG_INFINITY;
    let mut numbers: Vec<Html> = Vec::new();
    let drawn = |piece: &Piece| piece.bytes() > 0 && piece.refused.is_none() && !is_padding(piece);
    for (_, span) in pieces.filter(|(piece, _)| drawn(piece)) {
        let (first, last) = batches_seen(plan, span);
        // What is in view of a batch.
        let centre = |batch: usize| {
            let from = if batch == 0 { 0 } else { plan.batches.end(batch - 1) };
            f64::midpoint(span.at(from).max(span.left), span.at(plan.batches.end(batch)).min(span.right))
        };
        let mut place = |x: f64, words: String, mark: bool| {
            let half = format::text_width(&words, 11.0) / 2.0;
            let x = if half * 2.0 <= span.seen() { scale::inside(x, span.left + half, span.right - half) } else { x };
            // What would be cut off by the edge of the view says nothing.
            if x - half >= free && x - half > -8.0 && x + half < width + 8.0 {
                if mark {
                    numbers.push(line("axis", x, end(g.batches), x, end(g.batches) + 4.0));
                }
                numbers.push(text("tick", "middle", x, g.numbers, words));
                free = x + half + 6.0;
            }
        };
        let middle = span.middle();
        if last - first >= 8 && span.seen() >= 220.0 {
            let wanted = (span.seen() / 70.0) as usize;
            for batch in scale::ticks(first, last, wanted, false) {
                if batch > 0 {
                    place(centre(batch), format::count(batch), true);
                } else {
                    place(span.left, "batch 0".to_owned(), false);
                }
            }
        } else if last > first && span.seen() / (last - first + 1) as f64 >= 56.0 {
            for batch in first..=last {
                place(
                    centre(batch),
                    format!("{}{}", if batch == first { "batch " } else { "" }, format::count(batch)),
                    false,
                );
            }
        } else if first == last {
            place(middle, format!("batch {}", format::count(first)), false);
        } else {
            place(middle, format!("{} to {}", format::count(first), format::count(last)), false);
        }
    }
    html! { <>{ for numbers }</> }
}

fn block_words(g: &Geometry, plan: &Plan, span: &Span) -> Html {
    let words =
        format!("one block of {} in wasm memory, owned by the payload", format::bytes(plan.building - plan.filling));
    let room = span.seen() - 24.0;
    let words = if format::text_width(&words, 12.0) <= room { words } else { "one block, in wasm memory".to_owned() };
    if format::text_width(&words, 12.0) <= room {
        plate(span.left + 5.0, g.block, &words)
    } else {
        html! {}
    }
}

fn gather_words(plan: &Plan, span: &Span) -> String {
    if span.seen() < 130.0 {
        return String::new();
    }
    let long = format!("gathered through one {} B buffer", format::count(plan.batches.size.into()));
    first_fit(&[&long, "gathered"], span.seen() - 60.0)
}

/// The first of `choices` that fits, or the beginning of the last.
fn first_fit(choices: &[&str], width: f64) -> String {
    let fits = choices.iter().find(|words| format::text_width(words, 12.0) <= width).or(choices.last());
    fits.map_or_else(String::new, |words| format::fit(words, width, 12.0))
}

/// The zigzag that says: the scale changes here.
fn cut_mark(g: &Geometry, x: f64) -> Html {
    let zigzag = |x: f64, band: Band| {
        let mut path = format!("M{x:.1} {:.1}", band.0);
        let steps = (band.1 / 5.0).ceil() as usize;
        for step in 0..steps {
            path.push_str(if step % 2 == 0 { "l4 5" } else { "l-4 5" });
        }
        path
    };
    let bands = [
        (g.heap.0 - 3.0, end(g.message) - g.heap.0 + 6.0),
        (g.block.0 - 3.0, g.block.1 + 6.0),
        (g.batches.0 - 3.0, g.batches.1 + 6.0),
    ];
    html! {
        <>
            { for bands.into_iter().map(|band| html! {
                <>
                    { rect("paper", x - 6.0, 12.0, (band.0 + 1.0, band.1 - 2.0)) }
                    <path class="cut" d={format!("{}{}", zigzag(x - 6.0, band), zigzag(x + 2.0, band))} />
                </>
            }) }
            <path class="cut" d={format!("M{0:.1} {1:.1}l5 -10M{2:.1} {1:.1}l5 -10", x - 6.0, g.axis + 5.0, x)} />
        </>
    }
}

/// The selected segment, outlined in every band that has it.
fn outline(g: &Geometry, plan: &Plan, lens: &Lens, selection: Selection) -> Html {
    let found = plan.piece_of(selection).and_then(|piece| Some((piece, lens.span(piece.position)?)));
    let Some((piece, span)) = found else { return html! {} };
    let (x, width) = span.unit(selection.index - piece.first, piece.count);
    if x > lens.width || x + width < 0.0 {
        return html! {};
    }
    // What is beyond the view is drawn as far as no edge of it is seen.
    let (left, right) = (x.max(span.begin()), (x + width).min(span.begin() + span.drawn()));
    // A segment thinner than a pen is marked at its middle.
    let drawn = (right - left).max(3.0);
    let x = scale::inside(f64::midpoint(left, right) - drawn / 2.0, span.begin(), span.begin() + span.drawn() - drawn);
    let around = |band: Band| rect("selected", x - 2.0, drawn + 4.0, (band.0 - 2.0, band.1 + 4.0));
    let copied = piece.mode == Mode::Copy && piece.len > 0;
    html! {
        <>
            { around(g.home(piece)) }
            if let Some(from) = piece.part.and_then(|part| part.filled_from) { { around(g.memory(from)) } }
            { around(g.payload) }
            if copied { { around(g.block) } }
            if piece.len > 0 { { around(g.batches) } }
        </>
    }
}

/// The line through all bands at one byte: its offset above, its batch below.
pub(crate) fn cursor(narrow: bool, plan: &Plan, lens: &Lens, offset: usize, x: f64) -> Html {
    let g = &geometry(narrow, plan);
    let label = format::hex(offset);
    let batch = plan.batches.batch_of(offset);
    let foot = format!("batch {}", format::count(batch));
    let span = lens.position_at(x).and_then(|at| lens.span(at));
    let flag = |words: String, band: Band, left: f64, width: f64| {
        html! {
            <>
                { rect("flag", left, width, band) }
                { text("flag-words", "middle", left + width / 2.0, middle(band) - 0.3, words) }
            </>
        }
    };
    let width = |words: &str| format::text_width(words, 11.5) + 14.0;
    // The upper flag hides the offset that it repeats in another base, the lower one the number of its own batch.
    let (upper, lower) = (width(&label), width(&foot));
    let small = span.filter(|span| span.seen() < 140.0);
    let left = small.map_or(x, |span| span.left).min(lens.width + 6.0 - upper) - 1.0;
    // Where a batch has its number in its middle, the flag goes there.
    let middle_of_batch = span.and_then(|span| {
        let from = if batch == 0 { 0 } else { plan.batches.end(batch - 1) };
        let (left, right) = (span.at(from).max(span.left), span.at(plan.batches.end(batch)).min(span.right));
        (right - left >= 56.0).then_some(f64::midpoint(left, right))
    });
    let middle_of_piece = small.map(|span| span.middle());
    let foot_left = middle_of_piece.or(middle_of_batch).map_or(x - 1.0, |middle| middle - lower / 2.0);
    let foot_left = foot_left.min(lens.width + 6.0 - lower).max(-6.0);
    html! {
        <g class="cursor">
            { line("cursor-line", x, g.offsets - 12.0, x, end(g.batches) + 3.0) }
            { flag(label, (g.offsets - 11.5, 15.0), left, upper) }
            if plan.len > 0 { { flag(foot, (g.numbers - 11.5, 15.0), foot_left, lower) } }
        </g>
    }
}

/// The offset and the place of the cursor for a selection, if it begins in view.
pub(crate) fn cursor_at(plan: &Plan, lens: &Lens, selection: Selection) -> Option<(usize, f64)> {
    let facts = Facts::of(plan, selection)?;
    let piece = plan.piece_of(selection)?;
    let x = lens.span(piece.position)?.unit(selection.index - piece.first, piece.count).0;
    (-1.0..=lens.width).contains(&x).then_some((facts.offset, x))
}
