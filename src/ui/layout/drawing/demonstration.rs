//! What an experiment on the rows adds to the drawing: bytes of the array, of the payload and of the
//! sample, a write that runs through a tie, and arrays that were taken away.

use yew::prelude::*;

use super::{
    film::between,
    geometry::{Band, Geometry, end, middle},
    shapes::{first_fit, line, px, rect, text},
};
use crate::{
    app::{
        Piece,
        demonstration::{Outcome, Sight},
        film::Moment,
    },
    present::{
        format,
        layout::{
            demonstration::{BROKEN, CAME, CELL, Cells, REACHED, cells, outcome_words},
            scale::{Span, inside},
        },
    },
    segment::Mode,
    ui::kit::html::html,
};

/// The height of a byte.
const HEIGHT: f64 = 17.0;

/// How far a part of the film is that goes on from `begin` to `end`.
fn part(at: f64, begin: f64, end: f64) -> f64 {
    inside((at - begin) / (end - begin), 0.0, 1.0)
}

/// Draws over a piece what becomes of it. Without a sight, only the place of its sample.
pub(super) fn shown(g: &Geometry, piece: &Piece, span: &Span, sight: Option<&Sight>, moment: Moment) -> Html {
    let sent = moment.gathered >= piece.end();
    let place = rect(
        if sent { "refer" } else { "refer awaits" },
        span.begin() + 1.0,
        span.drawn() - 2.0,
        (g.sample.0 + 1.0, g.sample.1 - 2.0),
    );
    let Some(sight) = sight else { return place };
    let (array, payload, sample) = sight.outcomes();
    let (home, at) = (g.home(piece), moment.broken);
    let group = cells(&sight.target, span);
    let x = group.left + ((sight.target.byte - group.first) as f64 + 0.5) * CELL;
    let bytes = |band: Band, now: &[u8], outcome: Outcome, when: f64| {
        let now = if at >= when { now } else { &sight.before };
        octets(group, sight, now, band, outcome == Outcome::Written && at >= when)
    };
    let taken = array == Outcome::Gone && sight.target.mode != Mode::Move;
    let (left, width) = {
        let (x, width) = span.unit(sight.target.segment.index - piece.first, piece.count);
        let (left, right) = (x.max(span.begin()), (x + width).min(span.begin() + span.drawn()));
        (left, (right - left).max(3.0))
    };
    let (lower, came) = ((g.payload.0 + 21.0, HEIGHT), (g.sample.0 + (g.sample.1 - HEIGHT) / 2.0, HEIGHT));
    html! {
        <>
            { place }
            if taken && at > 0.0 {
                { rect("paper", left, width, home) }
                { rect("well", left, width, home) }
                { rect("hollow", left + 1.0, width - 2.0, (home.0 + 1.0, home.1 - 2.0)) }
                if at < BROKEN {
                    { rect("tint", left, width, between(home, (home.0 - 40.0, home.1), part(at, 0.0, BROKEN))) }
                } else {
                    { text("quiet halo", "middle", left + width / 2.0, middle(home), first_fit(&["empty: its memory is elsewhere", "empty"], width)) }
                }
            } else if array != Outcome::Gone {
                { bytes((home.0 + (home.1 - HEIGHT) / 2.0, HEIGHT), &sight.array, array, BROKEN / 2.0) }
            }
            if payload == Outcome::Written {
                // Past the words beside the tie, and the name.
                { runs(x, &[(end(home), g.link - 11.0), (g.link + 4.0, g.payload.0)], lower.0, part(at, BROKEN, REACHED)) }
                if sample.is_some() { { runs(x, &[(end(lower), came.0)], came.0, part(at, REACHED, CAME)) } }
            }
            if payload == Outcome::Gone && at >= REACHED {
                { lost((left, width), g.payload, lower) }
            } else {
                { bytes(lower, sight.payload.as_deref().unwrap_or_default(), payload, REACHED) }
            }
            if let Some((sample, outcome)) = sight.sample.as_ref().zip(sample).filter(|_| sent) {
                if outcome == Outcome::Gone && at >= CAME {
                    { lost((left, width), g.sample, came) }
                } else {
                    { bytes(came, sample.as_deref().unwrap_or_default(), outcome, CAME) }
                    { beside(group, span, g.sample, outcome, at) }
                }
            }
        </>
    }
}

/// The bytes cannot be read any more.
fn lost((left, width): (f64, f64), band: Band, words: Band) -> Html {
    html! {
        <>
            { rect("paper", left + 2.0, width - 4.0, (words.0, end(band) - words.0 - 2.0)) }
            { rect("refer refused", left + 1.0, width - 2.0, (band.0 + 1.0, band.1 - 2.0)) }
            { text("strong refused-words", "middle", left + width / 2.0, middle(words), first_fit(&["an error: cannot be read", "an error"], width)) }
        </>
    }
}

/// What became of the sample, beside its bytes.
fn beside(group: Cells, span: &Span, band: Band, outcome: Outcome, at: f64) -> Html {
    let (x, words) = (group.left + group.count as f64 * CELL + 8.0, outcome_words(outcome));
    let fits = at >= CAME && outcome != Outcome::Gone && x + format::text_width(words, 12.0) < span.right - 4.0;
    if fits {
        text("quiet halo", "start", x, middle(band), words)
    } else {
        html! {}
    }
}

/// Bytes in hexadecimal, with the one that was written in reverse.
fn octets(group: Cells, sight: &Sight, now: &[u8], band: Band, is_written: bool) -> Html {
    let shown = now.iter().enumerate().skip(group.first).take(group.count);
    html! {
        <g class="octets-here">
            { for shown.map(|(at, byte)| {
                let x = group.left + (at - group.first) as f64 * CELL;
                let written = is_written && at == sight.target.byte;
                html! {
                    <>
                        { rect(if written { "cell written" } else { "cell" }, x, CELL, band) }
                        { text(if written { "octet written" } else { "octet" }, "middle", x + CELL / 2.0, middle(band), format!("{byte:02X}")) }
                    </>
                }
            }) }
        </g>
    }
}

/// A write on its way through a tie, along these lines and as far as `to`.
fn runs(x: f64, lines: &[(f64, f64)], to: f64, part: f64) -> Html {
    let Some((from, _)) = lines.first().filter(|_| part > 0.0) else { return html! {} };
    let low = from + (to - from) * part;
    html! {
        <>
            { for lines.iter().filter(|(from, _)| *from < low).map(|(from, to)| line("run", x, *from, x, low.min(*to))) }
            if part < 1.0 { <circle class="run-head" cx={px(x)} cy={px(low)} r="4.5" /> }
        </>
    }
}
