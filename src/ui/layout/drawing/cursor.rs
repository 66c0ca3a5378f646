//! What is drawn over the bands: the outline of the selection, and the cursor.

use yew::prelude::*;

use super::{
    geometry::{Band, Geometry, end, geometry, middle},
    shapes::{line, rect, text},
};
use crate::{
    app::{Plan, Selection},
    present::{
        format,
        layout::{facts::Facts, lens::Lens, scale},
    },
    segment::Mode,
    ui::kit::html::html,
};

/// The selected segment, outlined in every band that has it.
pub(super) fn outline(g: &Geometry, plan: &Plan, lens: &Lens, selection: Selection) -> Html {
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
    // The upper flag hides the offset that it repeats in another base, the lower one the number of
    // its own batch.
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
