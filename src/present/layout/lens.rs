//! A view of the layout's axis: the whole of it, or a part of it magnified. The module has no web
//! types, so native tests cover it.
//!
//! The axis is the piecewise linear one of [`Scale`]. Magnifying widens every piece by the same
//! factor. So a header of 64 B beside a tensor of 11 MiB stays visible and keeps a scale of its
//! own. The gaps, which mark a change of scale, keep their width.
//!
//! With more pieces than pixels, the whole axis is reduced in the same way, and pieces too narrow
//! to draw are merged. The module never scans all pieces: it finds them by bisection. A view has at
//! most as many parts as its pixels can show.

use std::{ops::Range, rc::Rc};

use crate::app::Window;
use crate::present::layout::scale::{Scale, Span, inside};

/// The most pixels of a byte.
const MOST_BYTE: f64 = 48.0;

/// A bound for input without sense. No real magnification is near it.
const MOST_ZOOM: f64 = 1e9;

/// A narrower piece is drawn with less detail.
const DETAILED: f64 = 44.0;

/// Pieces are merged until they are so wide, in pixels.
const LEAST: f64 = 6.0;

/// The same for the strip in true scale.
const LEAST_TRUE: f64 = 1.5;

/// Margin at both sides of a part that fits the view, in pixels.
const MARGIN: f64 = 24.0;

/// Says what the view shows at one place of the axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// One piece, with room for words.
    Piece(usize, Span),
    /// One narrow piece.
    Narrow(usize, Span),
    /// Several pieces, by their positions. They are too narrow to be drawn apart.
    Merged(Range<usize>, Span),
}

impl Shown {
    /// Returns its place in the view.
    #[must_use]
    pub fn span(&self) -> &Span {
        match self {
            Self::Piece(_, span) | Self::Narrow(_, span) | Self::Merged(_, span) => span,
        }
    }
}

/// Maps slots of the axis to places in a view. Places are pixels from the view's left end.
#[derive(Clone, Debug, PartialEq)]
pub struct Lens {
    axis: Rc<Scale>,
    /// Width of the view, in pixels.
    pub width: f64,
    /// How much wider pieces are than on the axis.
    zoom: f64,
    /// The place on the magnified axis where the view begins, in pixels.
    shift: f64,
}

impl Lens {
    /// Makes a view of `width` pixels of a window, or of the whole.
    #[must_use]
    pub fn new(axis: Rc<Scale>, width: f64, window: Option<Window>) -> Self {
        let whole = Self { axis, width, zoom: 1.0, shift: 0.0 }.whole();
        let Some(window) = window else { return whole };
        let [(from, gaps_from), (to, gaps_to)] = [window.from, window.to].map(|slot| whole.natural(slot));
        let (pieces, gaps) = (to - from, gaps_to - gaps_from);
        let zoom = if pieces + gaps >= width { width / (pieces + gaps) } else { (width - gaps) / pieces };
        let zoom = zoom.min(MOST_ZOOM).max(whole.zoom);
        if !zoom.is_finite() {
            return whole;
        }
        let lens = Self { zoom, ..whole };
        let shift = zoom * from + lens.gap_scale() * gaps_from;
        lens.shifted(shift)
    }

    /// Returns the view of another window of the same axis. Returns `None` without a window.
    #[must_use]
    pub fn with_window(&self, window: Option<Window>) -> Option<Self> {
        Some(Self::new(self.axis.clone(), self.width, Some(window?)))
    }

    /// Returns the view of the whole axis.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { zoom: (self.width / self.axis.width).min(1.0), shift: 0.0, ..self.clone() }
    }

    /// Returns whether it shows the whole axis.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.zoom <= self.whole().zoom * (1.0 + 1e-9) || self.total() <= self.width
    }

    /// Returns the part in view, or `None` for the whole.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        if self.is_whole() { None } else { Window::new(self.slot_at(0.0), self.slot_at(self.width)) }
    }

    /// Gaps keep their pixels in a magnified view. They shrink with the pieces in a reduced one.
    fn gap_scale(&self) -> f64 {
        self.zoom.min(1.0)
    }

    /// Where a piece begins on the magnified axis.
    fn begin(&self, span: &Span) -> f64 {
        self.zoom * (span.x - span.before) + self.gap_scale() * span.before
    }

    fn total(&self) -> f64 {
        self.axis.spans.last().map_or(0.0, |last| self.begin(last) + self.zoom * last.width)
    }

    /// The same magnification with another beginning, up to the end of the axis.
    fn shifted(self, shift: f64) -> Self {
        let shift = shift.min(self.total() - self.width).max(0.0);
        Self { shift, ..self }
    }

    fn piece_at(&self, slot: f64) -> usize {
        ((slot / 2.0).floor().max(0.0) as usize).min(self.axis.spans.len().saturating_sub(1))
    }

    /// Pixels of the pieces and of the gaps before a slot, on the axis.
    fn natural(&self, slot: f64) -> (f64, f64) {
        let at = self.piece_at(slot);
        let Some(span) = self.axis.spans.get(at) else { return (0.0, 0.0) };
        let rest = slot - 2.0 * at as f64;
        let gap = self.axis.spans.get(at + 1).map_or(0.0, |next| next.before - span.before);
        (span.x - span.before + inside(rest, 0.0, 1.0) * span.width, span.before + inside(rest - 1.0, 0.0, 1.0) * gap)
    }

    /// The most by which a piece may be magnified.
    fn most(&self, position: usize) -> f64 {
        let Some(span) = self.axis.spans.get(position) else { return 1.0 };
        let fits = (self.width - 2.0 * MARGIN) / span.width;
        if span.bytes == 0 { fits } else { fits.max(MOST_BYTE * span.bytes as f64 / span.width) }.max(1.0)
    }

    /// The last piece that begins at or before `x`, if the axis has one.
    fn last_begun(&self, x: f64) -> Option<usize> {
        let at = self.axis.spans.partition_point(|span| self.begin(span) - self.shift <= x);
        (!self.axis.spans.is_empty()).then(|| at.saturating_sub(1))
    }

    /// Returns the slot at `x`.
    #[must_use]
    pub fn slot_at(&self, x: f64) -> f64 {
        let Some(at) = self.last_begun(x) else { return 0.0 };
        let (Some(span), next) = (self.axis.spans.get(at), self.axis.spans.get(at + 1)) else { return 0.0 };
        let (begin, width) = (self.begin(span) - self.shift, self.zoom * span.width);
        let beyond = x - begin - width;
        let rest = if beyond <= 0.0 {
            ((x - begin) / width).max(0.0)
        } else {
            let gap = next.map_or(0.0, |next| self.gap_scale() * (next.before - span.before));
            1.0 + if gap > 0.0 { (beyond / gap).min(1.0) } else { 0.0 }
        };
        2.0 * at as f64 + rest
    }

    /// Returns the place of a slot, in pixels.
    #[must_use]
    pub fn x_of(&self, slot: f64) -> f64 {
        let (pieces, gaps) = self.natural(slot);
        self.zoom * pieces + self.gap_scale() * gaps - self.shift
    }

    /// Magnifies by `factor`. The place at `x` stays there, up to the ends of the axis.
    #[must_use]
    pub fn zoomed(&self, factor: f64, x: f64) -> Self {
        let slot = self.slot_at(x);
        let most = self.most(self.piece_at(slot)).max(self.zoom);
        self.magnified((self.zoom * factor).min(most), slot, x)
    }

    /// The view with this magnification and with `slot` at `x`.
    fn magnified(&self, zoom: f64, slot: f64, x: f64) -> Self {
        let least = self.whole().zoom;
        if !zoom.is_finite() || zoom <= least * (1.0 + 1e-9) {
            return self.whole();
        }
        let lens = Self { zoom, ..self.clone() };
        let at = lens.x_of(slot);
        let shift = lens.shift + at - x;
        lens.shifted(shift)
    }

    /// Moves the view to the right by so many pixels. The magnification shrinks where the piece in
    /// the middle does not allow as much.
    #[must_use]
    pub fn panned(&self, by: f64) -> Self {
        let lens = self.clone().shifted(self.shift + by);
        let middle = self.width / 2.0;
        let slot = lens.slot_at(middle);
        let most = lens.most(lens.piece_at(slot));
        if lens.zoom > most { lens.magnified(most, slot, middle) } else { lens }
    }

    /// Returns the view with the same magnification and a slot in the middle.
    #[must_use]
    pub fn centred(&self, slot: f64) -> Self {
        let at = self.x_of(slot);
        self.panned(at - self.width / 2.0)
    }

    /// Returns the view of the part of the axis from one slot to another, with a margin.
    #[must_use]
    pub fn fitting(&self, from: f64, to: f64) -> Self {
        let [(pieces_from, gaps_from), (pieces_to, gaps_to)] = [from, to].map(|slot| self.natural(slot));
        let room = self.width - 2.0 * MARGIN;
        let (pieces, gaps) = (pieces_to - pieces_from, gaps_to - gaps_from);
        let zoom = if pieces + gaps >= room { room / (pieces + gaps) } else { (room - gaps) / pieces };
        let middle = f64::midpoint(from, to);
        self.magnified(zoom.min(self.most(self.piece_at(middle))), middle, self.width / 2.0)
    }

    /// Returns the slots from the beginning to the end of the unit `index`. A piece has `count`
    /// equal units.
    #[must_use]
    pub fn slots_of(position: usize, index: usize, count: usize) -> (f64, f64) {
        let begin = 2.0 * position as f64;
        let at = |index: usize| begin + index as f64 / count.max(1) as f64;
        (at(index), at(index + 1))
    }

    /// Returns a piece as it is in this view.
    #[must_use]
    pub fn span(&self, position: usize) -> Option<Span> {
        let span = self.axis.spans.get(position)?;
        let (x, width) = (self.begin(span) - self.shift, self.zoom * span.width);
        let strip = self.width / self.axis.width;
        Some(Span {
            x,
            width,
            left: inside(x, 0.0, self.width),
            right: inside(x + width, 0.0, self.width),
            true_x: span.true_x * strip,
            true_width: span.true_width * strip,
            before: self.gap_scale() * span.before,
            ..*span
        })
    }

    /// Several neighbouring pieces as one.
    fn merged(&self, positions: &Range<usize>) -> Option<Span> {
        let (first, last) = (self.span(positions.start)?, self.span(positions.end.checked_sub(1)?)?);
        Some(Span {
            width: last.end() - first.x,
            right: last.right,
            bytes: last.offset + last.bytes - first.offset,
            cut_after: false,
            true_width: last.true_x + last.true_width - first.true_x,
            ..first
        })
    }

    /// Returns the piece at `x`, or the nearest one when `x` is in a gap.
    #[must_use]
    pub fn position_at(&self, x: f64) -> Option<usize> {
        let at = self.last_begun(x)?;
        let (here, next) = (self.span(at)?, self.span(at + 1));
        let nearer = next.is_some_and(|next| next.x - x < x - here.end());
        Some(if nearer { at + 1 } else { at })
    }

    /// Returns the pieces to draw, from left to right: at most as many as the pixels can show.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        let Some(mut at) = self.last_begun(0.0) else { return shown };
        while let Some(span) = self.span(at).filter(|span| span.x <= self.width) {
            // A piece that is joined to another one needs no words.
            let detailed = span.width >= DETAILED || self.zoom >= 1.0;
            if detailed || span.width >= LEAST {
                if span.end() >= 0.0 {
                    shown.push(if detailed { Shown::Piece(at, span) } else { Shown::Narrow(at, span) });
                }
                at += 1;
                continue;
            }
            let until = span.x + LEAST;
            let rest = self.axis.spans.get(at..).unwrap_or_default();
            let count = rest.partition_point(|next| self.begin(next) - self.shift + self.zoom * next.width <= until);
            let positions = at..at + count.max(1);
            at = positions.end;
            if let Some(span) = self.merged(&positions) {
                shown.push(if count > 1 {
                    Shown::Merged(positions, span)
                } else {
                    Shown::Narrow(positions.start, span)
                });
            }
        }
        shown
    }

    /// Returns the parts of the strip in true scale: single pieces, or several merged ones that are
    /// too narrow. Each has its place and width in pixels of the view, and is wide enough to be
    /// visible.
    #[must_use]
    pub fn strip(&self) -> Vec<(Range<usize>, f64, f64)> {
        let strip = self.width / self.axis.width;
        let spans = &self.axis.spans;
        let few = (spans.len() as f64) < self.width / 16.0;
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(span) = spans.get(at) {
            let (x, width) = (span.true_x * strip, span.true_width * strip);
            let rest = spans.get(at..).unwrap_or_default();
            let within = |next: &Span| (next.true_x + next.true_width) * strip <= x + LEAST_TRUE;
            let count = if few || width >= LEAST_TRUE { 1 } else { rest.partition_point(within).max(1) };
            let end = rest.get(count - 1).map_or(x, |last| (last.true_x + last.true_width) * strip);
            let width = (end - x).max(LEAST_TRUE);
            parts.push((at..at + count, x.min(self.width - width).max(0.0), width));
            at += count;
        }
        parts
    }

    /// Returns the place of the payload byte at `offset` in the strip in true scale.
    #[must_use]
    pub fn true_x(&self, offset: usize) -> f64 {
        let len = self.len();
        if len == 0 { 0.0 } else { offset as f64 / len as f64 * self.width }
    }

    /// Returns the slot that the strip in true scale shows at `x`.
    #[must_use]
    pub fn true_slot(&self, x: f64) -> f64 {
        let offset = inside(x / self.width, 0.0, 1.0) * self.len() as f64;
        let at = self.axis.spans.partition_point(|span| span.offset as f64 <= offset).saturating_sub(1);
        let Some(span) = self.axis.spans.get(at) else { return 0.0 };
        let within = if span.bytes == 0 { 0.0 } else { (offset - span.offset as f64) / span.bytes as f64 };
        2.0 * at as f64 + inside(within, 0.0, 1.0)
    }

    /// Returns the bytes of the payload.
    #[must_use]
    pub fn len(&self) -> usize {
        self.axis.spans.last().map_or(0, |last| last.offset + last.bytes)
    }

    /// Returns whether the payload has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the payload bytes in view.
    #[must_use]
    pub fn bytes(&self) -> Range<usize> {
        let side = |x: f64, last: bool| {
            let slot = self.slot_at(x);
            let Some(span) = self.span(self.piece_at(slot)) else { return 0 };
            let within = (slot - 2.0 * self.piece_at(slot) as f64).min(1.0) * span.bytes as f64;
            // A byte that begins exactly at the edge must not be half in view after rounding.
            let within = if last { (within - 1e-3).ceil() } else { (within + 1e-3).floor() };
            span.offset + (within.max(0.0) as usize).min(span.bytes)
        };
        let (from, to) = (side(0.0, false), side(self.width, true));
        from..to.max(from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::present::layout::scale::Room;

    const VIEW: f64 = 800.0;

    fn axis(lengths: &[usize], width: f64) -> Rc<Scale> {
        Rc::new(Scale::of(lengths, width, 96.0))
    }

    fn lens(lengths: &[usize]) -> Lens {
        Lens::new(axis(lengths, VIEW), VIEW, None)
    }

    /// A typical payload: a header, a tensor, an empty segment, a trailer.
    const FRAMED: [usize; 4] = [8192, 11_796_480, 0, 512];

    #[test]
    fn the_whole_is_the_axis_itself() {
        let lens = lens(&FRAMED);
        assert!(lens.is_whole() && lens.window().is_none());
        for (at, span) in axis(&FRAMED, VIEW).spans.iter().enumerate() {
            assert_eq!(lens.span(at).unwrap(), *span);
            assert_eq!(lens.position_at(span.x + 1.0), Some(at));
        }
        assert_eq!(lens.bytes(), 0..8192 + 11_796_480 + 512);
        assert_eq!(lens.shown().len(), 4);
    }

    #[test]
    fn a_view_goes_down_to_single_bytes_and_no_further() {
        let mut lens = lens(&FRAMED);
        let x = lens.span(1).unwrap().at(4_000_000);
        for _ in 0..200 {
            lens = lens.zoomed(1.5, x);
        }
        let span = lens.span(1).unwrap();
        assert!((1.0 / span.density() - MOST_BYTE).abs() < 1e-6, "{}", span.density());
        assert!(span.bytes_seen().contains(&4_000_000) && span.bytes_seen().len() <= 18);
        assert!((span.at(4_000_000) - x).abs() < 0.1, "what is under the pointer stays there");
        assert_eq!(lens.shown().len(), 1);
        for _ in 0..200 {
            lens = lens.zoomed(1.0 / 1.5, x);
        }
        assert!(lens.is_whole());
    }

    #[test]
    fn fitting_shows_one_unit_with_its_neighbours_edges() {
        let lens = lens(&[100, 64 * 100_000]);
        let (from, to) = Lens::slots_of(1, 54_321, 100_000);
        let fit = lens.fitting(from, to);
        let (x, width) = fit.span(1).unwrap().unit(54_321, 100_000);
        assert!((x - MARGIN).abs() < 0.01 && (width - (VIEW - 2.0 * MARGIN)).abs() < 0.01, "{x} {width}");
        let begin = 100 + 64 * 54_321;
        assert_eq!(fit.bytes(), begin - 3..begin + 64 + 3);
        // A view can also fit a piece without bytes: it has a place.
        let empty = self::lens(&FRAMED).fitting(4.0, 5.0);
        assert!((empty.span(2).unwrap().seen() - (VIEW - 2.0 * MARGIN)).abs() < 0.01);
        assert!(empty.bytes().contains(&(8192 + 11_796_480)));
    }

    #[test]
    fn a_small_piece_beside_a_huge_one_is_visible_in_every_view() {
        let mut lens = lens(&[64, 1 << 30, 1]);
        while lens.zoom < 1e6 {
            lens = lens.zoomed(1.7, lens.span(1).unwrap().x);
            let header = lens.span(0).unwrap();
            assert!(header.width >= 96.0 && header.right > 0.0, "{header:?}");
        }
    }

    #[test]
    fn pieces_that_no_pixel_can_show_are_told_together() {
        let lengths: Vec<usize> = (0..100_000).map(|at| 1 + at % 50).collect();
        let lens = lens(&lengths);
        assert!(lens.is_whole(), "the whole fits, however many pieces there are");
        let shown = lens.shown();
        assert!(shown.len() as f64 <= VIEW / LEAST + 2.0, "{}", shown.len());
        // Every piece is drawn, and each only once.
        let mut next = 0;
        for one in &shown {
            let range = match one {
                Shown::Piece(at, _) | Shown::Narrow(at, _) => *at..at + 1,
                Shown::Merged(range, _) => range.clone(),
            };
            assert_eq!(range.start, next);
            next = range.end;
        }
        assert_eq!(next, 100_000);
        let bytes: usize = shown.iter().map(|one| one.span().bytes).sum();
        assert_eq!(bytes, lengths.iter().sum::<usize>());
        assert!(lens.strip().len() as f64 <= 2.0 * VIEW / LEAST_TRUE);
        assert_eq!(lens.strip().iter().map(|(range, ..)| range.len()).sum::<usize>(), 100_000);
        // With enough magnification, each has room.
        let part = lens.fitting(2.0 * 70_000.0, 2.0 * 70_003.0 + 1.0);
        let pieces: Vec<_> = part.shown().into_iter().filter(|one| matches!(one, Shown::Piece(..))).collect();
        assert!((4..=6).contains(&pieces.len()), "{}", pieces.len());
    }

    #[test]
    fn a_large_piece_among_many_small_ones_is_drawn_for_itself() {
        let mut lengths = vec![10; 2_000];
        lengths[1_000] = 1 << 20;
        let lens = lens(&lengths);
        let axis = axis(&lengths, VIEW);
        assert!(axis.width > VIEW, "there is not enough room on the axis");
        let hidden = lens
            .shown()
            .iter()
            .any(|one| matches!(one, Shown::Merged(range, span) if range.contains(&1_000) && span.width > 2.0 * LEAST));
        assert!(!hidden);
    }

    #[test]
    fn a_joined_piece_is_drawn_for_itself_while_the_axis_has_room() {
        let room = |bytes, least, joined| Room { bytes, least, joined };
        let rooms = [room(80, 96.0, false), room(4001, 96.0, false), room(7, 20.0, true)];
        let lens = Lens::new(Rc::new(Scale::fitted(&rooms, VIEW)), VIEW, None);
        assert!(lens.shown().iter().all(|one| matches!(one, Shown::Piece(..))));
    }

    #[test]
    fn the_strip_leads_to_the_axis() {
        let lens = lens(&FRAMED);
        let slot = lens.true_slot(VIEW / 2.0);
        assert!((2.0..3.0).contains(&slot), "{slot}");
        let x = lens.x_of(slot);
        let byte = lens.span(1).unwrap().byte_at(x) + 8192;
        assert!(byte.abs_diff(lens.len() / 2) <= 1);
        assert!((lens.true_x(byte) - VIEW / 2.0).abs() < 0.01);
        assert_eq!((lens.true_slot(-5.0), lens.true_slot(1e9)), (0.0, 7.0));
        assert_eq!(self::lens(&[]).true_slot(5.0), 0.0);
    }

    #[test]
    fn no_number_of_a_window_can_break_a_view() {
        for lengths in [&FRAMED[..], &[], &[0], &[0, 0], &[1], &[1 << 30]] {
            for (from, to) in [(0.0, 1e-300), (1.0, 1.0 + 1e-12), (6.9999, 7.0), (1e12, 2e12), (0.0, 1e300)] {
                let lens = Lens::new(axis(lengths, VIEW), VIEW, Window::new(from, to));
                assert!(lens.zoom.is_finite() && lens.shift.is_finite(), "{lengths:?} {from} {to}: {lens:?}");
                assert!(lens.shown().len() < 10);
                let _ = (lens.bytes(), lens.strip(), lens.window());
            }
        }
    }

    proptest! {
        #[test]
        fn property_pixels_and_slots_lead_to_each_other(
            lengths in prop::collection::vec(prop_oneof![Just(0usize), 1..200usize, 1..50_000_000usize], 1..40),
            steps in prop::collection::vec((0.3..4.0f64, 0.0..VIEW, -500.0..500.0f64), 0..30),
        ) {
            let mut lens = lens(&lengths);
            for (factor, x, by) in steps {
                let before = lens.slot_at(x);
                let zoomed = lens.zoomed(factor, x);
                // The place under the pointer stays there, unless the view is at an end of the
                // axis.
                let at_an_end = zoomed.shift == 0.0 || (zoomed.shift + VIEW - zoomed.total()).abs() < 1e-6;
                let beyond = lens.x_of(before) + 1e-6 < x;
                prop_assert!(at_an_end || beyond || (zoomed.x_of(before) - x).abs() < 0.01, "{before} {x}");
                lens = zoomed.panned(by);
                prop_assert!(lens.shift >= 0.0 && lens.zoom >= lens.whole().zoom * 0.999_999);
                for x in [0.0, 1.0, VIEW / 3.0, VIEW - 1.0, VIEW] {
                    let slot = lens.slot_at(x);
                    // The axis is empty beyond the last piece.
                    prop_assert!((lens.x_of(slot) - x).abs() < 0.01 || lens.total() < VIEW + 1e-6, "{x} {slot}");
                }
                // A window makes the same view again. In another width, it makes a view of the same
                // bytes.
                if let Some(window) = lens.window() {
                    let again = Lens::new(lens.axis.clone(), VIEW, Some(window));
                    for x in [0.0, VIEW / 2.0, VIEW] {
                        let there = again.x_of(lens.slot_at(x));
                        prop_assert!((there - x).abs() < 0.05, "{x} {there}");
                    }
                }
                let bytes = lens.bytes();
                prop_assert!(bytes.start <= bytes.end && bytes.end <= lens.len());
                let shown = lens.shown();
                prop_assert!(!shown.is_empty() && shown.len() as f64 <= VIEW / LEAST + 42.0);
                for one in &shown {
                    let span = one.span();
                    prop_assert!(span.left >= 0.0 && span.right <= VIEW && span.left <= span.right);
                    prop_assert!(span.begin() >= -20.0 && span.begin() + span.drawn() <= VIEW + 20.0);
                }
            }
        }
    }
}
