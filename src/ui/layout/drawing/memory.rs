//! The upper bands: the memory that the bytes are in, and what is copied from there.

use yew::prelude::*;

use super::{
    geometry::{Band, Geometry, end, is_padding, middle},
    shapes::{chevron_strip, first_fit, line, painted, plate, px, rect, ribbon_edges, text},
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
    ui::kit::widgets::{hatch, overlay},
};

/// Where the bytes live before a payload takes them.
pub(super) fn memory(g: &Geometry, piece: &Piece, span: &Span) -> Html {
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
pub(super) fn filled(g: &Geometry, piece: &Piece, span: &Span, from: Band) -> Html {
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
pub(super) fn links(g: &Geometry, piece: &Piece, span: &Span, named: bool) -> Html {
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
