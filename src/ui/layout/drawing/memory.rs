//! The upper bands: the memory that the bytes are in, and what is copied from there.

use yew::prelude::*;

use super::{
    film::{Far, between, flow, is_taken_away, until},
    geometry::{Band, Geometry, end, is_padding, middle},
    shapes::{about, chevron_strip, first_fit, line, painted, plate, px, rect, ribbon_edges, text},
};
use crate::{
    app::Piece,
    present::{
        format,
        layout::{
            facts,
            scale::{self, Span},
        },
    },
    segment::Mode,
    ui::kit::{
        html::html,
        widgets::{hatch, overlay},
    },
};

/// Where the bytes live before a payload takes them.
pub(super) fn memory(g: &Geometry, piece: &Piece, span: &Span, far: Far) -> Html {
    let right = if far.taken < 1.0 { "the caller has it" } else { facts::caller_words(piece) };
    match piece.part.and_then(|part| part.filled_from) {
        None if is_taken_away(piece) && far.taken > 0.0 => handed_over(g, piece, span, far.taken),
        None => lives(piece, span, g.home(piece), &facts::memory_words(piece), right),
        Some(from) => html! {
            <>
                { lives(piece, span, g.memory(from), &facts::filled_words(piece, from), "the caller keeps it") }
                if is_taken_away(piece) && far.taken > 0.0 {
                    { handed_over(g, piece, span, far.taken) }
                } else {
                    { filled(g, piece, span, g.memory(from), far) }
                }
            </>
        },
    }
}

/// The payload takes the bytes away: an outline stays where they were, and they move down as they
/// are.
fn handed_over(g: &Geometry, piece: &Piece, span: &Span, taken: f64) -> Html {
    let (x, width, home) = (span.begin(), span.drawn(), g.home(piece));
    let words = first_fit(&facts::vacated_words(piece), span.seen() - 12.0);
    html! {
        <>
            { rect("hollow", x + 1.0, width - 2.0, (home.0 + 1.0, home.1 - 2.0)) }
            if taken >= 1.0 {
                { about("detached", text("quiet halo", "middle", span.middle(), middle(home), words)) }
            } else {
                { block(piece, span, between(home, g.payload, taken)) }
            }
        </>
    }
}

/// Bytes, as they lie in memory.
fn block(piece: &Piece, span: &Span, band: Band) -> Html {
    let (x, width) = (span.begin(), span.drawn());
    html! {
        <>
            { rect("paper", x, width, band) }
            { rect("tint", x, width, band) }
            { painted(hatch(piece.position), x, width, band) }
            { rect("edge", x + 1.0, width - 2.0, (band.0 + 1.0, band.1 - 2.0)) }
        </>
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
pub(super) fn filled(g: &Geometry, piece: &Piece, span: &Span, from: Band, far: Far) -> Html {
    let (x, width, at) = (span.begin(), until(span, far.filled), piece.position);
    let [long, short] = facts::memory_words(piece);
    let words = first_fit(&[&long, &short], span.seen() - 24.0);
    html! {
        <g key="filled" class={far.clock.is_none().then_some("ribbon")}>
            // An array in the JavaScript heap passes by what is in wasm memory.
            { line("link dotted", x + 1.0, end(from), x + 1.0, g.fill.0) }
            { line("link dotted", x + width - 1.0, end(from), x + width - 1.0, g.fill.0) }
            { rect("ribbon-tint", x, width, g.fill) }
            { ribbon_edges(x, width, g.fill) }
            { chevron_strip(at, x, width, g.fill) }
            { rect("solid", x, width, g.message) }
            { painted(overlay(at), x, width, g.message) }
            if !words.is_empty() && far.filled >= 1.0 { { plate(span.left + 5.0, g.message, &words) } }
            if let Some(clock) = far.going(far.filled) { { flow(x, width, end(from), g.message.0, clock) } }
        </g>
    }
}

/// The borders between the segments of a piece, as many as pixels can show.
pub(super) fn density(piece: &Piece, span: &Span, band: Band, class: &'static str) -> Html {
    let (_, borders) = scale::borders(span, piece.count, 4.0);
    let path: String = borders.iter().map(|x| format!("M{x:.1} {:.1}v{:.1}", band.0 + 1.0, band.1 - 2.0)).collect();
    if path.is_empty() {
        html! {}
    } else {
        html! { <path {class} d={path} /> }
    }
}

/// From where bytes live to the payload. `named` when the payload has no room for the piece's name.
pub(super) fn links(g: &Geometry, piece: &Piece, span: &Span, named: bool, far: Far) -> Html {
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
        about(
            piece.mode.name(),
            text(style, "middle", span.middle(), g.link, first_fit(&[&words, piece.mode.name()], span.seen())),
        )
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
    if far.taken <= 0.0 {
        return html! {};
    }
    // A ring holds on to what stays where it is; a dot has it.
    match piece.mode {
        Mode::Borrow if far.taken < 1.0 => tying(g, left, right, from, far.taken),
        Mode::Move if far.taken < 1.0 => html! {},
        Mode::Move if is_taken_away(piece) => html! {
            <>
                { line("link faint", left, from, left, g.payload.0) }
                { line("link faint", right, from, right, g.payload.0) }
                { line("link", left, end(g.payload), left, g.gather.0) }
                { line("link", right, end(g.payload), right, g.gather.0) }
                <path class="handed" d={arrow(span.left + 14.0, from + 3.0, g.payload.0 - 3.0)} />
                { words }
            </>
        },
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
                <circle class="ring" cx={px(left)} cy={px(g.ring)} r="3" />
                <circle class="ring" cx={px(right)} cy={px(g.ring)} r="3" />
                { words }
            </>
        },
    }
}

/// A tie is knotted: a line comes down from the bytes, then a ring closes around its end.
fn tying(g: &Geometry, left: f64, right: f64, from: f64, taken: f64) -> Html {
    let down = (taken / 0.6).min(1.0);
    let closed = ((taken - 0.6) / 0.4).max(0.0);
    let low = from + (g.ring - from) * down;
    let knot = |x: f64| {
        html! {
            <>
                { line("link", x, from, x, low) }
                if closed > 0.0 { <circle class="ring" cx={px(x)} cy={px(g.ring)} r={px(3.0 + 8.0 * (1.0 - closed))} /> }
            </>
        }
    };
    html! { <>{ knot(left) }{ knot(right) }</> }
}

/// An arrow down: the bytes went this way.
fn arrow(x: f64, from: f64, to: f64) -> String {
    format!("M{x:.1} {from:.1}V{:.1}M{:.1} {:.1}l5 6l5 -6", to, x - 5.0, to - 6.0)
}
