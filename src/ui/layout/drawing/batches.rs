//! The lower bands: the contiguous copy and the batches on the wire.

use yew::prelude::*;

use super::{
    film::until,
    geometry::{Band, Geometry, end, is_padding},
    shapes::{first_fit, line, painted, plate, rect, text},
};
use crate::{
    app::{Piece, Plan},
    present::{
        format,
        layout::{
            lens::{Lens, Shown},
            scale::{self, Span},
        },
    },
    ui::kit::{html::html, widgets::overlay},
};

/// Where the mark of a cut behind a part is, if there is one in view.
pub(super) fn cut_at(lens: &Lens, one: &Shown) -> Option<f64> {
    let (Shown::Piece(at, span) | Shown::Narrow(at, span)) = one else { return None };
    let next = lens.span(at + 1).filter(|_| span.cut_after)?;
    // A reduced axis has no room for it.
    (next.x - span.end() > 14.0)
        .then_some(f64::midpoint(span.end(), next.x))
        .filter(|x| (-8.0..lens.width + 8.0).contains(x))
}

/// The wire: solid, cut where a batch ends.
/// `gathered` is how much of the piece is in them, from 0 to 1.
pub(super) fn batches(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, gathered: f64) -> Html {
    let band = g.batches;
    let full = until(span, gathered);
    let (first, last) = batches_seen(plan, span);
    let apart = span.seen() / (last - first + 1) as f64;
    let every = (3.0 / apart).ceil().max(1.0) as usize;
    let borders: String = (first.next_multiple_of(every)..last)
        .step_by(every)
        .map(|batch| format!("M{:.2} {:.1}v{:.1}", span.at(plan.batches.end(batch)), band.0, band.1))
        .collect();
    html! {
        <>
            if gathered < 1.0 { { rect("hollow", span.begin() + 1.0, span.drawn() - 2.0, (band.0 + 1.0, band.1 - 2.0)) } }
            { rect("solid", span.begin(), full, band) }
            // Stripes say batches; a pattern under many of them would only be noise.
            if last - first < 12 { { painted(overlay(piece.position), span.begin(), full, band) } }
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
pub(super) fn batch_numbers<'a>(
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

pub(super) fn block_words(g: &Geometry, plan: &Plan, span: &Span) -> Html {
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

pub(super) fn gather_words(plan: &Plan, span: &Span) -> String {
    if span.seen() < 130.0 {
        return String::new();
    }
    let long = format!("gathered through one {} B buffer", format::count(plan.batches.size.into()));
    first_fit(&[&long, "gathered"], span.seen() - 60.0)
}

/// The zigzag that says: the scale changes here.
pub(super) fn cut_mark(g: &Geometry, x: f64) -> Html {
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
