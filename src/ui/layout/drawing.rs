//! The layout as a drawing: four bands on one axis, from the memory where bytes are down to the
//! batches on the wire.
//!
//! Everything in here is derived from a [`Plan`] and a [`Lens`]. It holds no state and listens to
//! nothing, and it draws no more nodes than the pixels can show.

mod axis;
mod batches;
mod cursor;
mod demonstration;
mod detail;
mod film;
mod geometry;
mod memory;
mod payload;
mod shapes;

use std::rc::Rc;

use yew::prelude::*;

use self::{
    axis::axis,
    batches::{batch_numbers, batches, block_words, cut_at, cut_mark, gather_words},
    cursor::outline,
    detail::Detail,
    film::{Far, flow, is_taken_away, leaving, until},
    geometry::{Band, Geometry, end, middle},
    memory::{links, memory},
    payload::payload,
    shapes::{about, chevron_strip, first_fit, painted, px, rect, ribbon_edges, text},
};
pub(crate) use self::{
    axis::window_at,
    cursor::{cursor, cursor_at},
    geometry::{down_class, geometry, has_filling, rooms},
};
use crate::{
    app::{Piece, Plan, Selection, demonstration::Sight, film::Moment},
    segment::Mode,
};
use crate::{
    present::{
        format,
        layout::{
            cells::{self, Peek},
            lens::{Lens, Shown},
            scale::{self, Span},
        },
    },
    ui::kit::{
        html::html,
        widgets::{hue, overlay},
    },
};

/// The names at the left of the bands.
pub(crate) fn names(plan: &Plan, with_sample: bool) -> Html {
    let g = &geometry(false, plan).with_sample(with_sample);
    let right = 118.0;
    let segments = format::plural(plan.segments, "segment");
    let in_order = first_fit(&[&format!("{segments} in order"), &segments], 126.0);
    html! {
        <svg class="names" width="128" height={px(g.height)} aria-hidden="true">
            { text("quiet", "start", 0.0, middle(g.strip), "True scale") }
            { text("strong", "start", 0.0, middle(g.heap), "Memory") }
            { about("JSheap", text("quiet", "end", right, middle(g.heap), "JS heap")) }
            { about("wasm", text("quiet", "end", right, middle(g.wasm), "wasm")) }
            if g.message.1 > 0.0 { { text("quiet", "end", right, middle(g.message), "message, in wasm") } }
            { about("payload", text("strong", "start", 0.0, g.payload.0 + 17.0, "Payload")) }
            { text("quiet", "start", 0.0, g.payload.0 + 32.0, in_order) }
            { about("contiguouscopy", text("strong", "start", 0.0, middle(g.block), "Contiguous copy")) }
            { about("batch", text("strong", "start", 0.0, g.batches.0 + 12.0, "Batches")) }
            { text("quiet", "start", 0.0, g.batches.0 + 27.0, format!("{} on the wire", format::count(plan.batches.count))) }
            if with_sample { { text("strong", "start", 0.0, middle(g.sample), "Sample, in the page") } }
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
    /// How far building and putting are; `None` for the end.
    pub(crate) moment: Option<Moment>,
    /// What an experiment on the rows has found, while the drawing shows it.
    pub(crate) sights: Option<Rc<[Sight]>>,
    /// Payload bytes that have come back to a subscriber of this page, while they arrive.
    pub(crate) arrived: Option<usize>,
}

/// The bands themselves, to be put inside of an `<svg>`. Drawn again only when one of the
/// properties has changed.
#[component]
pub(crate) fn Bands(props: &BandsProps) -> Html {
    let (plan, lens) = (&props.plan, &props.lens);
    let experiment = props.sights.as_ref().zip(props.moment);
    let g = &geometry(props.narrow, plan).with_sample(experiment.is_some());
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
    let far = |piece: &Piece| Far::of(piece, props.moment);
    // Words about what is not done yet would be in the way of what happens.
    let built = |position: usize| props.moment.is_none_or(|moment| moment.part_of(position) >= 1.0);
    let sent = |end: usize| props.moment.is_none_or(|moment| moment.gathered >= end);
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
                    let near = zoomed && experiment.is_none() && cells::are_drawn(piece, span);
                    let mut sights = props.sights.iter().flat_map(|sights| sights.iter());
                    let sight = sights.find(|sight| piece.holds(sight.target.segment));
                    let bare = sight.is_some();
                    html! {
                        <g key={*at} class={classes!(back(*at..*at + 1))}>
                            { draw_piece(g, plan, piece, span, Detail { words, near, bare, peek, far: far(piece) }) }
                            if let Some((_, moment)) = experiment.filter(|_| piece.bytes() > 0) {
                                <g class={hue(*at)}>{ demonstration::shown(g, piece, span, sight, moment) }</g>
                            }
                        </g>
                    }
                }
                Shown::Narrow(at, span) => plan.pieces.get(*at).map_or_else(Html::default, |piece| html! {
                    <g key={*at} class={classes!("piece", hue(*at), back(*at..*at + 1))}>{ draw_narrow(g, piece, span, far(piece)) }</g>
                }),
                Shown::Merged(positions, span) => html! {
                    <g key={positions.start} class={classes!("merged", back(positions.clone()))}>{ draw_merged(g, span) }</g>
                },
            }) }
            if let Some((_, span)) = widest(|piece| piece.mode != Mode::Copy).filter(|(piece, _)| built(piece.position)) {
                { text("quiet halo", "start", span.left + 9.0, middle(g.block),
                    first_fit(&["not made here: the gather reads in place", "not made"], span.seen() - 14.0)) }
            }
            if let Some((_, span)) = widest(|piece| piece.mode == Mode::Copy).filter(|(piece, _)| built(piece.position)) {
                { block_words(g, plan, span) }
            }
            if let Some(span) = speaker.filter(|span| sent(span.offset + span.bytes)) {
                { about("gather", text("quiet", "start", span.left + 9.0, middle(g.gather), gather_words(plan, span))) }
            }
            { for shown.iter().filter_map(|one| cut_at(lens, one)).map(|x| cut_mark(g, x)) }
            if experiment.is_none() {
                { batch_numbers(g, plan, lens.width, pieces()) }
            } else if !props.sights.iter().flat_map(|sights| sights.iter()).any(|sight| sight.sample.is_some()) {
                { text("quiet halo", "start", 9.0, middle(g.sample), "no session, so no sample: connect, and run it again") }
            }
            if let Some(moment) = props.moment { { batch_leaves(g, plan, lens, moment) } }
            if let Some(bytes) = props.arrived { { arrived(g, plan, lens, bytes) } }
            if g.named_inside { { names_inside(g, plan) } }
            if let Some(selection) = props.selected.filter(|_| props.moment.is_none()) { { outline(g, plan, lens, selection) } }
        </>
    }
}

/// A piece that is too narrow for words: where its bytes are, who refers to them, what is copied.
fn draw_narrow(g: &Geometry, piece: &Piece, span: &Span, far: Far) -> Html {
    let (x, width) = (span.begin(), (span.drawn() - 1.0).max(1.0));
    let (home, taken) = (g.home(piece), far.taken >= 1.0);
    let empty = piece.bytes() == 0 || (taken && is_taken_away(piece));
    let inner = (g.payload.0 + 0.5, g.payload.1 - 1.0);
    html! {
        <>
            { rect(if empty { "hollow" } else { "tint" }, x, width, home) }
            if !empty || piece.bytes() == 0 { { rect("edge thin", x + 0.5, (width - 1.0).max(0.5), (home.0 + 0.5, home.1 - 1.0)) } }
            if taken && is_taken_away(piece) { { rect("tint", x, width, g.payload) } }
            { rect(if taken { "refer thin" } else { "refer awaits thin" }, x + 0.5, (width - 1.0).max(0.5), inner) }
            if piece.bytes() > 0 && piece.refused.is_none() {
                if piece.mode == Mode::Copy { { rect("solid", x, width * far.taken, g.block) } }
                { rect("ribbon-tint", x, width * far.gathered, g.gather) }
                { rect("solid", x, width * far.gathered, g.batches) }
            }
        </>
    }
}

/// The batch that was filled last leaves.
fn batch_leaves(g: &Geometry, plan: &Plan, lens: &Lens, moment: Moment) -> Html {
    if moment.gathered == 0 || moment.gathered >= plan.len {
        return html! {};
    }
    let batch = plan.batches.batch_of(moment.gathered);
    let Some(last) = batch.checked_sub(1) else { return html! {} };
    let end = plan.batches.end(last).saturating_sub(1);
    let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&end));
    let Some((piece, span)) = piece.and_then(|piece| Some((piece, lens.span(piece.position)?))) else {
        return html! {};
    };
    let x = span.at(end);
    if !(0.0..=lens.width).contains(&x) {
        return html! {};
    }
    html! { <g class={hue(piece.position)}>{ leaving(g, x, moment.at) }</g> }
}

/// How much of the payload has come back: a line of ink below the batches.
fn arrived(g: &Geometry, plan: &Plan, lens: &Lens, bytes: usize) -> Html {
    let last = bytes.min(plan.len).saturating_sub(1);
    let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&last));
    let x = piece.and_then(|piece| lens.span(piece.position)).map(|span| span.at(last));
    x.map_or_else(Html::default, |x| {
        rect("arrived", 0.0, scale::inside(x, 0.0, lens.width), (end(g.batches) + 2.0, 3.0))
    })
}

/// Several pieces that no pixel can tell apart: that there is something, in no colour, because it
/// would be that of one of them.
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
            if g.sample.1 > 0.0 { { text("strong halo", "start", 9.0, g.sample.0 - 6.0, "Sample, handed over inside of the page") } }
        </>
    }
}

/// Draws one piece in all bands.
fn draw_piece(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, detail: Detail<'_>) -> Html {
    if piece.bytes() == 0 {
        return draw_empty(g, piece, span);
    }
    let (x, width, at) = (span.begin(), span.drawn(), piece.position);
    let words = detail.words + span.left - x;
    let copied = piece.mode == Mode::Copy;
    let far = detail.far;
    if piece.refused.is_some() {
        // Its bytes come no further than to where the payload would take them.
        return html! {
            <g class={classes!("piece", hue(at))}>
                { memory(g, piece, span, far) }
                { links(g, piece, span, false, far) }
                { payload(g, plan, piece, span, detail) }
                { rect("hollow refused", x + 1.0, width - 2.0, (g.batches.0 + 1.0, g.batches.1 - 2.0)) }
            </g>
        };
    }
    let (made, sent) = (until(span, far.taken), until(span, far.gathered));
    // In a film the ribbons grow with what is copied; else they fill downwards once.
    let ribbon = far.clock.is_none().then_some("ribbon");
    let read_from = match piece.mode {
        Mode::Copy => end(g.block),
        Mode::Borrow => end(g.home(piece)),
        Mode::Move => end(g.payload),
    };
    html! {
        <g class={classes!("piece", hue(at))}>
            { payload(g, plan, piece, span, detail) }
            { memory(g, piece, span, far) }
            { links(g, piece, span, detail.near, far) }
            if copied {
                <g key="built" class={ribbon}>
                    if far.taken < 1.0 { { rect("refer awaits", x + 1.0, width - 2.0, (g.block.0 + 1.0, g.block.1 - 2.0)) } }
                    { rect("ribbon-tint", x, made, g.build) }
                    { chevron_strip(at, x, made, g.build) }
                    { rect("solid", x, made, g.block) }
                    { painted(overlay(at), x, made, g.block) }
                    if let Some(clock) = far.going(far.taken) { { flow(x, made, end(g.home(piece)), g.block.0, clock) } }
                </g>
            }
            <g class={ribbon}>
                { rect("ribbon-tint", x, sent, g.gather) }
                { ribbon_edges(x, sent, g.gather) }
                if far.gathered >= 1.0 {
                    { chevron_strip(at, x + words, width - words, g.gather) }
                } else {
                    { chevron_strip(at, x, sent, g.gather) }
                }
            </g>
            { batches(g, plan, piece, span, far.gathered) }
            if let Some(clock) = far.going(far.gathered) { { flow(x, sent, read_from, g.batches.0, clock) } }
        </g>
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
