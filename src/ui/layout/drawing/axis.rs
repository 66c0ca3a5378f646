//! The axis, the strip in true scale above it, and the part of it that is looked at.

use yew::prelude::*;

use super::{
    geometry::{Geometry, LEAST_PADDING, end},
    shapes::{about, first_fit, line, painted, rect, text},
};
use crate::{
    app::Plan,
    present::{
        format,
        layout::{
            lens::{Lens, Shown},
            scale::{self, Span},
        },
    },
    ui::kit::{
        html::html,
        widgets::{hue, overlay},
    },
};

/// The strip in true scale, the fan from it to the pieces, and the axis with its offsets.
pub(super) fn axis(g: &Geometry, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Html {
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
            // Round offsets count from the payload's beginning, so that they are the same in every
            // piece.
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
                        { about("scale", text("tick halo", "middle", span.middle(), g.densities,
                            first_fit(&[&format::scale(span.density()), &format!("{}/px", format::density(span.density()))], span.seen() + 4.0))) }
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

/// Where the part that is in view is in the strip, drawn wide enough to be seen; none when it is
/// all.
pub(crate) fn window_at(lens: &Lens) -> Option<(f64, f64)> {
    lens.window()?;
    let bytes = lens.bytes();
    let (left, right) = (lens.true_x(bytes.start), lens.true_x(bytes.end));
    let middle = scale::inside(f64::midpoint(left, right), 4.0, lens.width - 4.0);
    Some((left.min(middle - 4.0), right.max(middle + 4.0)))
}
