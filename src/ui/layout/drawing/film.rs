//! What the film adds to the drawing: how far each piece is, and bytes on their way.

use yew::prelude::*;

use super::{
    geometry::{Band, Geometry, end, is_padding},
    shapes::{px, rect},
};
use crate::{
    app::{
        Piece,
        film::{Moment, parts},
    },
    present::layout::scale::{self, Span},
    segment::Mode,
    ui::kit::html::html,
};

/// How far a piece is, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Far {
    /// Its array is in its message.
    pub(super) filled: f64,
    /// The payload has it.
    pub(super) taken: f64,
    /// Its bytes are in batches.
    pub(super) gathered: f64,
    /// The time of the film, in seconds, while it shows this piece.
    pub(super) clock: Option<f64>,
}

impl Far {
    /// How far a piece is at `moment`; without a moment it is at the end.
    pub(super) fn of(piece: &Piece, moment: Option<Moment>) -> Self {
        let Some(moment) = moment else {
            return Self { filled: 1.0, taken: 1.0, gathered: 1.0, clock: None };
        };
        let [filled, taken] = parts(piece, moment.part_of(piece.position));
        let gathered = moment.gathered.saturating_sub(piece.offset).min(piece.bytes());
        let gathered = if piece.bytes() == 0 { 1.0 } else { gathered as f64 / piece.bytes() as f64 };
        Self { filled, taken, gathered, clock: Some(moment.at) }
    }

    /// The time of the film while a stage goes on that is so far.
    pub(super) fn going(&self, part: f64) -> Option<f64> {
        self.clock.filter(|_| part > 0.0 && part < 1.0)
    }
}

/// Whether the payload takes the bytes away from where they were. Padding is zeros of the program,
/// which keeps them.
pub(super) fn is_taken_away(piece: &Piece) -> bool {
    piece.mode == Mode::Move && piece.refused.is_none() && piece.bytes() > 0 && !is_padding(piece)
}

/// The drawn width of a part of a piece, from its left edge.
pub(super) fn until(span: &Span, part: f64) -> f64 {
    if part >= 1.0 {
        return span.drawn();
    }
    scale::inside(span.x + span.width * part - span.begin(), 0.0, span.drawn())
}

/// A band between two others: `part` of the way from the first to the second.
pub(super) fn between(from: Band, to: Band, part: f64) -> Band {
    // It starts and stops softly.
    let part = part * part * (3.0 - 2.0 * part);
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

/// Bytes on their way down from `from` to `to`, at the place that a copy has come to: `made` pixels
/// behind the left edge of its piece. They stay within the piece.
pub(super) fn flow(left: f64, made: f64, from: f64, to: f64, clock: f64) -> Html {
    const SIDE: f64 = 5.0;
    const COUNT: u8 = 12;
    let byte = |at: u8| {
        let at = f64::from(at);
        let down = (clock * 1.3 + at / f64::from(COUNT)).fract();
        let side = left + (made - SIDE - (at * 7.0) % 17.0).max(0.0);
        html! {
            <rect x={px(side)} y={px(from + (to - from - SIDE) * down)} width={px(SIDE)} height={px(SIDE)} />
        }
    };
    html! { <g class="flow">{ for (0..COUNT).map(byte) }</g> }
}

/// A batch that has left the drawing: full ones move down and out.
pub(super) fn leaving(g: &Geometry, x: f64, clock: f64) -> Html {
    let (from, height) = (end(g.batches) + 1.0, 7.0);
    let down = (clock * 2.0).fract();
    rect("leaving", x - 7.0, 14.0, (from + (g.height - from - height) * down, height))
}
