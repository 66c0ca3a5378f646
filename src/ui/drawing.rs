//! The layout as a drawing: four bands on one axis, from the memory where bytes are down to the batches on the wire.
//!
//! Everything in here is derived from a [`Plan`] and a width. It holds no state and listens to nothing.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    facts::{self, Facts},
    format,
    scale::{self, Room, Scale, Span},
    widgets::{chevrons, hatch, hue, overlay},
};
use crate::{
    app::{Piece, Plan, Selection},
    ledger::Place,
    message::PartKind,
    segment::Mode,
    wire::BATCH_SIZE,
};

/// A piece is at least so wide, in pixels, on a desk and on a phone.
const LEAST_WIDE: f64 = 96.0;
/// See [`LEAST_WIDE`].
const LEAST_NARROW: f64 = 74.0;

/// The padding behind an array is as wide as its mark, and joined to the array.
const LEAST_PADDING: f64 = 20.0;

/// What the axis needs to know of the pieces.
pub(super) fn rooms(plan: &Plan, narrow: bool) -> Vec<Room> {
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
pub(super) struct Geometry {
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
    pub(super) height: f64,
    names: [f64; 4],
}

/// On a desk.
const WIDE: Geometry = Geometry {
    named_inside: false,
    strip: (4.0, 10.0),
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
    strip: (4.0, 10.0),
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
pub(super) fn geometry(narrow: bool, plan: &Plan) -> Geometry {
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
pub(super) fn has_filling(plan: &Plan) -> bool {
    plan.pieces.iter().any(|piece| piece.part.is_some_and(|part| part.filled_from.is_some()))
}

/// What the styles of the ledger have to know: how far down everything is.
pub(super) fn down_class(plan: &Plan) -> Option<&'static str> {
    match (plan.pieces.iter().any(is_built), has_filling(plan)) {
        (_, true) => Some("with-filling"),
        (true, false) => Some("with-message"),
        (false, false) => None,
    }
}

impl Geometry {
    /// The lower end of the strip in true scale with its fan: what lies above is the minimap.
    pub(super) fn minimap_end(&self) -> f64 {
        self.strip.0 + self.strip.1 + 8.0
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
pub(super) fn names(plan: &Plan) -> Html {
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
pub(super) struct BandsProps {
    pub(super) plan: Rc<Plan>,
    pub(super) scale: Rc<Scale>,
    pub(super) narrow: bool,
    pub(super) selected: Option<Selection>,
    /// The position of the piece under the pointer: the others step back.
    pub(super) hovered: Option<usize>,
    /// Whether the strip fans out into the pieces; not when only a part of the drawing is in view.
    pub(super) fans: bool,
}

/// The bands themselves, to be put inside of an `<svg>`. Drawn again only when one of the properties has changed.
#[component]
pub(super) fn Bands(props: &BandsProps) -> Html {
    let (plan, scale) = (&props.plan, &props.scale);
    let g = &geometry(props.narrow, plan);
    let pieces = || plan.pieces.iter().zip(&scale.spans);
    let widest = |wanted: fn(&Piece) -> bool| {
        let drawn = |piece: &Piece| piece.bytes() > 0 && piece.refused.is_none() && wanted(piece);
        pieces().filter(|(piece, _)| drawn(piece)).max_by(|a, b| a.1.width.total_cmp(&b.1.width))
    };
    let speaker = widest(|_| true).map(|(_, span)| span);
    let well = |band: Band| rect("well", -6.0, scale.width + 12.0, band);
    html! {
        <>
            { axis(g, plan, scale, props.fans) }
            { well(g.heap) }
            { well(g.wasm) }
            if g.message.1 > 0.0 { { well(g.message) } }
            if plan.pieces.iter().any(|piece| piece.mode != Mode::Copy) {
                <rect class="unmade" x="-5.5" y={px(g.block.0 + 0.5)} width={px(scale.width + 11.0)} height={px(g.block.1 - 1.0)} />
            }
            { for pieces().map(|(piece, span)| {
                let speaks = speaker.is_some_and(|speaker| speaker.x == span.x);
                let words = if speaks { format::text_width(&gather_words(span), 12.0) + 16.0 } else { 0.0 };
                let back = props.hovered.is_some_and(|position| position != piece.position);
                html! {
                    <g key={piece.position} class={classes!(back.then_some("back"))}>
                        { draw_piece(g, plan, piece, span, words) }
                    </g>
                }
            }) }
            if let Some((_, span)) = widest(|piece| piece.mode != Mode::Copy) {
                { text("quiet halo", "start", span.x + 9.0, middle(g.block),
                    first_fit(&["not made: the gather reads in place", "not made"], span.width - 14.0)) }
            }
            if let Some((_, span)) = widest(|piece| piece.mode == Mode::Copy) {
                { block_words(g, plan, span) }
            }
            if let Some(span) = speaker {
                { text("quiet", "start", span.x + 9.0, middle(g.gather), gather_words(span)) }
            }
            { for scale.spans.iter().filter(|span| span.cut_after).map(|span| cut_mark(g, span.end() + 11.0)) }
            { batch_numbers(g, plan, scale) }
            if g.named_inside { { names_inside(g, plan) } }
            if let Some(selection) = props.selected { { outline(g, plan, scale, selection) } }
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
fn axis(g: &Geometry, plan: &Plan, scale: &Scale, fans: bool) -> Html {
    // A text may begin where the one before it has ended.
    let mut free = f64::NEG_INFINITY;
    let mut offsets: Vec<Html> = Vec::new();
    let mut ticks: Vec<Html> = Vec::new();
    let last = scale.spans.len().saturating_sub(1);
    for (at, span) in scale.spans.iter().enumerate() {
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
        if span.width > LEAST_PADDING {
            place(span.x, format::count(span.offset), "start");
        }
        if span.bytes > 0 {
            let end_words = format::count(span.offset + span.bytes);
            let room = span.end() - format::text_width(&end_words, 11.0) - 6.0;
            // Round offsets count from the payload's beginning, so that they are the same in every piece.
            let wanted = ((span.width / 110.0) as usize).max(1);
            for offset in scale::ticks(span.offset + 1, span.offset + span.bytes - 1, wanted, true) {
                let (x, words) = (span.at(offset), format::size(offset));
                ticks.push(line("axis", x, g.axis, x, g.axis + 5.0));
                let half = format::text_width(&words, 11.0) / 2.0;
                if x + half < if at == last { room } else { span.end() } && span.width > 140.0 {
                    place(x, words, "middle");
                }
            }
            if at == last {
                place(span.end(), end_words, "end");
            }
        }
    }
    html! {
        <>
            { for plan.pieces.iter().zip(&scale.spans).map(|(piece, span)| fan(g, piece.position, span, fans)) }
            { for scale.spans.iter().map(|span| html! {
                <>
                    { line("axis", span.x, g.axis, span.end(), g.axis) }
                    { line("axis", span.x, g.axis, span.x, g.axis + 6.0) }
                    { line("axis", span.end(), g.axis, span.end(), g.axis + 6.0) }
                    if span.bytes > 0 && span.width > LEAST_PADDING {
                        { text("tick halo", "middle", span.x + span.width / 2.0, g.densities,
                            format::fit(&format!("1 px = {}", format::density(span.density())), span.width, 11.0)) }
                    }
                </>
            }) }
            { for ticks }
            { for offsets }
        </>
    }
}

fn fan(g: &Geometry, position: usize, span: &Span, fans: bool) -> Html {
    let (top, bottom) = (end(g.strip), g.axis);
    let (a, b, c, d) = (span.true_x, span.true_x + span.true_width, span.end(), span.x);
    html! {
        <g class={hue(position)}>
            if fans {
                <polygon class="fan"
                    points={format!("{a:.1},{top:.1} {b:.1},{top:.1} {c:.1},{bottom:.1} {d:.1},{bottom:.1}")} />
                { line("fan-edge", a, top, d, bottom) }
                { line("fan-edge", b, top, c, bottom) }
            }
            // What is thinner than a pixel in true scale still has a place.
            { rect("solid", (a - 0.75).min(b - 1.5).max(0.0), span.true_width.max(1.5), g.strip) }
            { painted(overlay(position), a, span.true_width, g.strip) }
        </g>
    }
}

/// Draws one piece in all bands. `words` is the width of the text at the left of its gather ribbon, which no chevron covers.
fn draw_piece(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, words: f64) -> Html {
    if piece.bytes() == 0 {
        return draw_empty(g, piece, span);
    }
    let (x, width, at) = (span.x, span.width, piece.position);
    let copied = piece.mode == Mode::Copy;
    if piece.refused.is_some() {
        // Its bytes come no further than to where the payload would take them.
        return html! {
            <g class={classes!("piece", hue(at))}>
                { memory(g, piece, span) }
                { links(g, piece, span) }
                { payload(g, piece, span) }
                { rect("hollow refused", x + 1.0, width - 2.0, (g.batches.0 + 1.0, g.batches.1 - 2.0)) }
            </g>
        };
    }
    html! {
        <g class={classes!("piece", hue(at))}>
            { memory(g, piece, span) }
            { links(g, piece, span) }
            { payload(g, piece, span) }
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
    let (x, width) = (span.x, span.width);
    let name = format::fit(&format!("{} {}", piece.position, piece.name), width - 12.0, 12.0);
    let what = if piece.count == 1 { "0 B".to_owned() } else { format!("{} × 0 B", format::count(piece.count)) };
    html! {
        <g class={classes!("piece", hue(piece.position))}>
            { rect("hollow", x + 1.0, width - 2.0, g.home(piece)) }
            { text("quiet", "middle", x + width / 2.0, middle(g.home(piece)), "0 B") }
            { rect("hollow", x + 1.0, width - 2.0, (g.payload.0 + 1.0, g.payload.1 - 2.0)) }
            { text("strong", "middle", x + width / 2.0, g.payload.0 + 17.0, name) }
            { text("quiet", "middle", x + width / 2.0, g.payload.0 + 32.0, what) }
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
    let (x, width) = (span.x, span.width);
    let [long, short] = words;
    let fits = |words: &str| format::text_width(words, 12.0) <= width - 16.0;
    let words = if fits(long) { long.clone() } else { format::fit(short, width - 12.0, 12.0) };
    let both = format::text_width(&words, 12.0) + format::text_width(right, 12.0) + 60.0 <= width;
    html! {
        <>
            { rect("tint", x, width, band) }
            { painted(hatch(piece.position), x, width, band) }
            { density(piece, span, band, "border") }
            { rect("edge", x + 1.0, width - 2.0, (band.0 + 1.0, band.1 - 2.0)) }
            if both {
                { text("halo-tint", "start", x + 9.0, middle(band), words) }
                { text("halo-tint quiet", "end", x + width - 9.0, middle(band), right) }
            } else {
                { text("halo-tint", "middle", x + width / 2.0, middle(band), words) }
            }
        </>
    }
}

/// An array is copied from a band into the memory of its message.
fn filled(g: &Geometry, piece: &Piece, span: &Span, from: Band) -> Html {
    let (x, width, at) = (span.x, span.width, piece.position);
    let [long, short] = facts::memory_words(piece);
    let words = first_fit(&[&long, &short], width - 24.0);
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
            if !words.is_empty() { { plate(x + 5.0, g.message, &words) } }
        </g>
    }
}

/// The borders between the segments of a piece, as many as pixels can show.
fn density(piece: &Piece, span: &Span, band: Band, class: &'static str) -> Html {
    let (_, borders) = scale::borders(piece.count, span.width, 4.0);
    let path: String =
        borders.iter().map(|x| format!("M{:.1} {:.1}v{:.1}", span.x + x, band.0 + 1.0, band.1 - 2.0)).collect();
    if path.is_empty() {
        html! {}
    } else {
        html! { <path {class} d={path} /> }
    }
}

fn links(g: &Geometry, piece: &Piece, span: &Span) -> Html {
    let from = end(g.home(piece));
    let (left, right) = (span.x + 1.0, span.end() - 1.0);
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
        text(style, "middle", span.x + span.width / 2.0, g.link, words)
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

/// The payload refers: an outline with a name.
fn payload(g: &Geometry, piece: &Piece, span: &Span) -> Html {
    let (x, width, band) = (span.x, span.width, g.payload);
    if is_padding(piece) {
        return html! {
            <>
                { rect("refer", x + 1.0, width - 2.0, (band.0 + 1.0, band.1 - 2.0)) }
                { text("quiet halo", "middle", x + width / 2.0, middle(band), format!("+{}", piece.len)) }
            </>
        };
    }
    let name = format!("{} {}", piece.position, piece.name);
    let short = piece.part.map_or_else(String::new, |part| format!("{} {}", piece.position, part.word()));
    let bytes = format::bytes(piece.bytes());
    let detail = facts::content_words(piece);
    let refer = if piece.refused.is_some() { "refer refused" } else { "refer" };
    let (upper, lower) = (band.0 + 17.0, band.0 + 33.0);
    let wide = format::text_width(&name, 12.5) + format::text_width(&bytes, 12.5) + 40.0 <= width && width >= 220.0;
    html! {
        <>
            { rect(refer, x + 1.0, width - 2.0, (band.0 + 1.0, band.1 - 2.0)) }
            { density(piece, span, (band.0 + 1.0, band.1 - 2.0), "border faint") }
            if wide {
                { text("strong halo", "start", x + 9.0, upper, name) }
                { text("strong halo", "end", x + width - 9.0, upper, bytes) }
                { text("quiet halo", "start", x + 9.0, lower, detail) }
                { text("quiet halo", "end", x + width - 9.0, lower, format::size(piece.bytes())) }
            } else {
                { text("strong halo", "middle", x + width / 2.0, upper,
                    if piece.part.is_some() && format::text_width(&name, 12.5) > width - 10.0 {
                        format::fit(&short, width - 10.0, 12.5)
                    } else {
                        format::fit(&name, width - 10.0, 12.5)
                    }) }
                { text("quiet halo", "middle", x + width / 2.0, lower,
                    format::fit(if piece.count == 1 { &bytes } else { &detail }, width - 8.0, 12.0)) }
            }
        </>
    }
}

/// The wire: solid, cut where a batch ends.
fn batches(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span) -> Html {
    let band = g.batches;
    let (first, last) = (plan.batches.batch_of(piece.offset), plan.batches.batch_of(piece.end() - 1));
    let apart = span.width / (last - first + 1) as f64;
    let every = (3.0 / apart).ceil().max(1.0) as usize;
    let borders: String = (first..last)
        .step_by(every)
        .map(|batch| format!("M{:.2} {:.1}v{:.1}", span.at(plan.batches.end(batch)), band.0, band.1))
        .collect();
    html! {
        <>
            { rect("solid", span.x, span.width, band) }
            // Stripes say batches; a pattern under many of them would only be noise.
            if last - first < 12 { { painted(overlay(piece.position), span.x, span.width, band) } }
            if !borders.is_empty() { <path class="batch-border" d={borders} /> }
        </>
    }
}

/// Batch numbers below the batches: round ones in wide pieces, else the range.
fn batch_numbers(g: &Geometry, plan: &Plan, scale: &Scale) -> Html {
    let mut free = f64::NEG_INFINITY;
    let mut numbers: Vec<Html> = Vec::new();
    let drawn = |piece: &Piece| piece.bytes() > 0 && piece.refused.is_none() && !is_padding(piece);
    for (piece, span) in plan.pieces.iter().zip(&scale.spans).filter(|(piece, _)| drawn(piece)) {
        let (first, last) = (plan.batches.batch_of(piece.offset), plan.batches.batch_of(piece.end() - 1));
        let mut place = |x: f64, words: String, mark: bool| {
            let half = format::text_width(&words, 11.0) / 2.0;
            let x = if half * 2.0 <= span.width { scale::inside(x, span.x + half, span.end() - half) } else { x };
            if x - half >= free {
                if mark {
                    numbers.push(line("axis", x, end(g.batches), x, end(g.batches) + 4.0));
                }
                numbers.push(text("tick", "middle", x, g.numbers, words));
                free = x + half + 6.0;
            }
        };
        let middle = span.x + span.width / 2.0;
        if last - first >= 8 && span.width >= 220.0 {
            let wanted = (span.width / 70.0) as usize;
            for batch in scale::ticks(first, last, wanted, false) {
                if batch > 0 {
                    let from = if batch == 0 { 0 } else { plan.batches.end(batch - 1) };
                    place(f64::midpoint(span.at(from), span.at(plan.batches.end(batch))), format::count(batch), true);
                } else {
                    place(span.x, "batch 0".to_owned(), false);
                }
            }
        } else if last > first && span.width / (last - first + 1) as f64 >= 56.0 {
            for batch in first..=last {
                let from = if batch == 0 { 0 } else { plan.batches.end(batch - 1) };
                let x = f64::midpoint(span.at(from), span.at(plan.batches.end(batch)));
                place(x, format!("{}{}", if batch == first { "batch " } else { "" }, format::count(batch)), false);
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
    let room = span.width - 24.0;
    let words = if format::text_width(&words, 12.0) <= room { words } else { "one block, in wasm memory".to_owned() };
    if format::text_width(&words, 12.0) <= room {
        plate(span.x + 5.0, g.block, &words)
    } else {
        html! {}
    }
}

fn gather_words(span: &Span) -> String {
    if span.width < 130.0 {
        return String::new();
    }
    let long = format!("gathered through one {} B buffer", format::count(BATCH_SIZE.into()));
    first_fit(&[&long, "gathered"], span.width - 60.0)
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
fn outline(g: &Geometry, plan: &Plan, scale: &Scale, selection: Selection) -> Html {
    let Some((piece, span)) =
        plan.piece_of(selection).and_then(|piece| Some((piece, scale.spans.get(piece.position)?)))
    else {
        return html! {};
    };
    let (x, width) = span.unit(selection.index - piece.first, piece.count);
    // A segment thinner than a pen is marked at its middle.
    let drawn = width.max(3.0);
    let x = scale::inside(x + width / 2.0 - drawn / 2.0, span.x, span.end() - drawn);
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
pub(super) fn cursor(narrow: bool, plan: &Plan, scale: &Scale, offset: usize, x: f64) -> Html {
    let g = &geometry(narrow, plan);
    let label = format::hex(offset);
    let batch = plan.batches.batch_of(offset);
    let foot = format!("batch {}", format::count(batch));
    let span = scale.span_at(x).and_then(|at| scale.spans.get(at));
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
    let small = span.filter(|span| span.width < 140.0);
    let left = small.map_or(x, |span| span.x).min(scale.width + 6.0 - upper) - 1.0;
    // Where a batch has its number in its middle, the flag goes there.
    let middle_of_batch = span.and_then(|span| {
        let from = if batch == 0 { 0 } else { plan.batches.end(batch - 1) };
        let (left, right) = (span.at(from), span.at(plan.batches.end(batch)));
        (right - left >= 56.0).then_some(f64::midpoint(left, right))
    });
    let middle_of_piece = small.map(|span| span.x + span.width / 2.0);
    let foot_left = middle_of_piece.or(middle_of_batch).map_or(x - 1.0, |middle| middle - lower / 2.0);
    let foot_left = foot_left.min(scale.width + 6.0 - lower).max(-6.0);
    html! {
        <g class="cursor">
            { line("cursor-line", x, g.offsets - 12.0, x, end(g.batches) + 3.0) }
            { flag(label, (g.offsets - 11.5, 15.0), left, upper) }
            if plan.len > 0 { { flag(foot, (g.numbers - 11.5, 15.0), foot_left, lower) } }
        </g>
    }
}

/// The offset and the place of the cursor for a selection.
pub(super) fn cursor_at(plan: &Plan, scale: &Scale, selection: Selection) -> Option<(usize, f64)> {
    let facts = Facts::of(plan, selection)?;
    let piece = plan.piece_of(selection)?;
    let span = scale.spans.get(piece.position)?;
    Some((facts.offset, span.unit(selection.index - piece.first, piece.count).0))
}
