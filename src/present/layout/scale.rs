//! The layout's axis. It is piecewise linear, so that a person sees a header of 64 B and a tensor
//! of 11 MiB together.
//!
//! Every piece gets a least width. The pieces share the remaining width in proportion to their
//! bytes. A gap marks two neighbours with different scales. The module has no web types, so native
//! tests cover it.

use std::ops::Range;

/// Pixels between pieces of different scale. A cut mark fits into them.
const CUT: f64 = 22.0;

/// Pixels between pieces of equal scale.
const SEAM: f64 = 5.0;

/// Pixels between a piece and the one to which it is joined.
const JOINT: f64 = 2.0;

/// Describes one piece on the axis. All positions are pixels from the left end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its left edge.
    pub x: f64,
    /// Its width.
    pub width: f64,
    /// The payload offset of its first byte.
    pub offset: usize,
    /// The number of its bytes.
    pub bytes: usize,
    /// Whether the scale changes between this piece and the next one.
    pub cut_after: bool,
    /// Its left edge in true scale.
    pub true_x: f64,
    /// Its width in true scale.
    pub true_width: f64,
    /// Pixels of gaps before it.
    pub before: f64,
    /// The left edge of its part in view.
    pub left: f64,
    /// The right edge of its part in view.
    pub right: f64,
}

/// A piece that extends beyond the view is drawn so many pixels beyond it, so that the person sees
/// no edge.
const EDGE: f64 = 12.0;

impl Span {
    /// Returns its right edge.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.x + self.width
    }

    /// Returns the width of its part in view.
    #[must_use]
    pub fn seen(&self) -> f64 {
        self.right - self.left
    }

    /// Returns the middle of its part in view.
    #[must_use]
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.left, self.right)
    }

    /// Returns the left edge of the drawing: the beginning of the piece, or a place beyond the edge
    /// of the view.
    #[must_use]
    pub fn begin(&self) -> f64 {
        if self.x < self.left { self.left - EDGE } else { self.x }
    }

    /// Returns the width of the drawing, from [`Span::begin`].
    #[must_use]
    pub fn drawn(&self) -> f64 {
        (if self.end() > self.right { self.right + EDGE } else { self.end() }) - self.begin()
    }

    /// Returns the payload bytes in view; at least one, where the piece has any.
    #[must_use]
    pub fn bytes_seen(&self) -> Range<usize> {
        let at = |x: f64| self.offset + self.byte_at(x);
        if self.bytes == 0 { self.offset..self.offset } else { at(self.left)..at(self.right) + 1 }
    }

    /// Returns the bytes of one pixel.
    #[must_use]
    pub fn density(&self) -> f64 {
        self.bytes as f64 / self.width
    }

    /// Returns the place of the payload byte `offset`. An offset outside of the piece gets the
    /// nearer end.
    #[must_use]
    pub fn at(&self, offset: usize) -> f64 {
        if self.bytes == 0 {
            return self.x;
        }
        let within = offset.saturating_sub(self.offset).min(self.bytes) as f64 / self.bytes as f64;
        self.x + within * self.width
    }

    /// Returns the byte of this piece at `x`, counted from the piece's beginning. It is never the
    /// piece's end.
    #[must_use]
    pub fn byte_at(&self, x: f64) -> usize {
        let within = inside((x - self.x) / self.width, 0.0, 1.0);
        ((within * self.bytes as f64) as usize).min(self.bytes.saturating_sub(1))
    }

    /// Returns the place and the width of the unit `index`. The piece has `count` equal units.
    #[must_use]
    pub fn unit(&self, index: usize, count: usize) -> (f64, f64) {
        let each = self.width / count.max(1) as f64;
        (self.x + each * index as f64, each)
    }

    /// Returns which of `count` equal units of this piece is at `x`.
    #[must_use]
    pub fn unit_at(&self, x: f64, count: usize) -> usize {
        let within = inside((x - self.x) / self.width, 0.0, 1.0);
        ((within * count as f64) as usize).min(count.saturating_sub(1))
    }
}

/// Lists the properties of a piece that an axis needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// The number of its bytes.
    pub bytes: usize,
    /// Its least width, in pixels.
    pub least: f64,
    /// Whether it belongs to the piece before it. The axis then makes no cut between them, at any
    /// scales.
    pub joined: bool,
}

/// Maps a whole payload to the axis, by the places of its pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The pieces from left to right.
    pub spans: Vec<Span>,
    /// Pixels from the left end to the right end: the requested width, or more when the pieces need
    /// it.
    pub width: f64,
}

impl Scale {
    /// Makes an axis of `width` pixels for pieces of these lengths, each at least `least` pixels
    /// wide.
    #[must_use]
    pub fn of(lengths: &[usize], width: f64, least: f64) -> Self {
        let rooms: Vec<_> = lengths.iter().map(|bytes| Room { bytes: *bytes, least, joined: false }).collect();
        Self::fitted(&rooms, width)
    }

    /// Makes an axis of `width` pixels for these pieces.
    #[must_use]
    pub fn fitted(rooms: &[Room], width: f64) -> Self {
        let lengths: Vec<usize> = rooms.iter().map(|room| room.bytes).collect();
        let least: Vec<f64> = rooms.iter().map(|room| room.least).collect();
        let n = lengths.len();
        if n == 0 {
            return Self { spans: Vec::new(), width };
        }
        // Widths decide the places of cuts, and cuts take width. A few rounds are enough, and any
        // result is a valid axis.
        let mut gaps = vec![CUT; n - 1];
        let mut widths = Vec::new();
        for _ in 0..4 {
            let room = width - gaps.iter().sum::<f64>();
            widths = share(&lengths, room, &least);
            let fresh: Vec<f64> = (1..n)
                .map(|right| {
                    let density = |at: usize| lengths[at] as f64 / widths[at];
                    let (a, b) = (density(right - 1), density(right));
                    if rooms[right].joined {
                        JOINT
                    } else if (a - b).abs() <= 0.02 * a.max(b) {
                        SEAM
                    } else {
                        CUT
                    }
                })
                .collect();
            if fresh == gaps {
                break;
            }
            gaps = fresh;
        }
        let total: usize = lengths.iter().sum();
        let whole = widths.iter().sum::<f64>() + gaps.iter().sum::<f64>();
        let whole = whole.max(width);
        let (mut x, mut offset, mut before) = (0.0, 0, 0.0);
        let spans = (0..n)
            .map(|at| {
                let of_total = |bytes: usize| if total == 0 { 0.0 } else { bytes as f64 / total as f64 * whole };
                let span = Span {
                    x,
                    width: widths[at],
                    offset,
                    bytes: lengths[at],
                    cut_after: gaps.get(at).is_some_and(|gap| *gap == CUT),
                    true_x: of_total(offset),
                    true_width: of_total(lengths[at]),
                    before,
                    left: x,
                    right: x + widths[at],
                };
                let gap = gaps.get(at).copied().unwrap_or(0.0);
                x += widths[at] + gap;
                before += gap;
                offset += lengths[at];
                span
            })
            .collect();
        Self { spans, width: whole }
    }

    /// Returns the piece at `x`, or the nearest one when `x` is in a gap.
    #[must_use]
    pub fn span_at(&self, x: f64) -> Option<usize> {
        let distance = |span: &Span| (span.x - x).max(x - span.end()).max(0.0);
        (0..self.spans.len()).min_by(|a, b| distance(&self.spans[*a]).total_cmp(&distance(&self.spans[*b])))
    }
}

/// Shares `room` in proportion to `lengths`. Each piece gets its `least` at least.
fn share(lengths: &[usize], room: f64, least: &[f64]) -> Vec<f64> {
    let mut fixed = vec![false; lengths.len()];
    loop {
        let taken: f64 = least.iter().zip(&fixed).filter(|(_, fixed)| **fixed).map(|(least, _)| least).sum();
        let free: f64 = lengths.iter().zip(&fixed).filter(|(_, fixed)| !**fixed).map(|(len, _)| *len as f64).sum();
        let width = |at: usize| {
            let proportional = (room - taken) * lengths[at] as f64 / free;
            if fixed[at] || !proportional.is_finite() { least[at] } else { proportional.max(least[at]) }
        };
        let widths: Vec<f64> = (0..lengths.len()).map(width).collect();
        let small: Vec<usize> = (0..lengths.len()).filter(|at| !fixed[*at] && widths[*at] <= least[*at]).collect();
        if small.is_empty() {
            return widths;
        }
        for at in small {
            fixed[at] = true;
        }
    }
}

/// Returns marks between `from` and `to`, about `wanted` of them. They are at multiples of a round
/// step: 1, 2 or 5 times a power of ten, or a power of two when `binary`.
#[must_use]
pub fn ticks(from: usize, to: usize, wanted: usize, binary: bool) -> Vec<usize> {
    let raw = (to.saturating_sub(from)) as f64 / wanted.max(1) as f64;
    if raw <= 0.0 {
        return Vec::new();
    }
    let step = if binary {
        2f64.powi(raw.log2().ceil() as i32)
    } else {
        let power = 10f64.powi(raw.log10().floor() as i32);
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= raw).unwrap_or(10.0);
        factor * power
    };
    let step = (step as usize).max(1);
    let first = from.div_ceil(step).saturating_mul(step);
    (first..=to).step_by(step).collect()
}

/// Returns `n` and the borders in view between `count` equal units of a piece. All borders are
/// returned when they are `least` pixels apart, else every `n`-th of the piece. So the borders stay
/// where they are when the view moves.
#[must_use]
pub fn borders(span: &Span, count: usize, least: f64) -> (usize, Vec<f64>) {
    let each = span.width / count.max(1) as f64;
    let every = (least / each).ceil().max(1.0) as usize;
    let first = span.unit_at(span.left, count).div_ceil(every).max(1) * every;
    let last = (span.unit_at(span.right, count) + 1).min(count);
    (every, (first..last).step_by(every).map(|at| span.x + each * at as f64).collect())
}

/// Returns `x`, or the border beyond which it is. Returns `least` when the borders have crossed,
/// where `f64::clamp` panics. A rounding error makes them cross where a text fits to the pixel.
#[must_use]
pub fn inside(x: f64, least: f64, most: f64) -> f64 {
    x.min(most).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_that_cross_by_a_rounding_error_give_the_first() {
        assert_eq!([inside(1.0, 2.0, 3.0), inside(4.0, 2.0, 3.0), inside(2.5, 2.0, 3.0)], [2.0, 3.0, 2.5]);
        assert_eq!(inside(200.0, 242.666_666_666_666_66, 242.666_666_666_666_63), 242.666_666_666_666_66);
        assert_eq!(inside(f64::NAN, 0.0, 1.0), 1.0);
    }

    #[test]
    fn one_piece_takes_the_whole_width() {
        let scale = Scale::of(&[11_796_480], 812.0, 96.0);
        assert_eq!(scale.spans[0].width, 812.0);
        assert_eq!(scale.width, 812.0);
        assert_eq!(scale.spans[0].at(11_796_480 / 2), 406.0);
    }

    #[test]
    fn small_pieces_get_their_least_width_and_large_ones_the_rest() {
        let scale = Scale::of(&[8192, 11_796_480, 512], 812.0, 96.0);
        let widths: Vec<f64> = scale.spans.iter().map(|span| span.width).collect();
        assert_eq!(widths, [96.0, 812.0 - 2.0 * 96.0 - 2.0 * 22.0, 96.0]);
        assert!(scale.spans[0].cut_after && scale.spans[1].cut_after && !scale.spans[2].cut_after);
        assert!((scale.spans[2].end() - 812.0).abs() < 1e-9);
    }

    #[test]
    fn a_joined_piece_takes_little_room_and_no_cut() {
        let room = |bytes, least, joined| Room { bytes, least, joined };
        let rooms = [room(80, 96.0, false), room(4001, 96.0, false), room(7, 20.0, true), room(4001, 96.0, false)];
        let scale = Scale::fitted(&rooms, 700.0);
        let widths: Vec<f64> = scale.spans.iter().map(|span| span.width).collect();
        assert_eq!((widths[0], widths[2]), (96.0, 20.0));
        assert!((widths[1] - widths[3]).abs() < 1e-9 && (scale.spans[3].end() - 700.0).abs() < 1e-9);
        assert_eq!(scale.spans[1].end() + JOINT, scale.spans[2].x);
        assert_eq!(scale.spans.iter().map(|span| span.cut_after).collect::<Vec<_>>(), [true, false, true, false]);
    }

    #[test]
    fn pieces_of_one_scale_are_not_cut_apart() {
        let scale = Scale::of(&[100, 100, 200], 1000.0, 96.0);
        assert!(scale.spans.iter().all(|span| !span.cut_after));
        assert!((scale.spans[2].end() - 1000.0).abs() < 1e-9);
        assert!((scale.spans[2].width - 2.0 * scale.spans[0].width).abs() < 1e-9);
    }

    #[test]
    fn too_many_pieces_widen_the_axis_and_keep_their_least_width() {
        let lengths: Vec<usize> = (0..50).map(|at| at * 1000).collect();
        let scale = Scale::of(&lengths, 300.0, 74.0);
        assert!(scale.width > 50.0 * 74.0);
        assert!(scale.spans.iter().all(|span| span.width >= 74.0));
        assert!(scale.spans.windows(2).all(|pair| pair[0].end() < pair[1].x));
    }

    #[test]
    fn empty_pieces_are_wide_enough_to_be_seen() {
        let scale = Scale::of(&[0, 500, 0], 500.0, 96.0);
        assert_eq!(scale.spans[0].width, 96.0);
        assert_eq!(scale.spans[0].true_width, 0.0);
        assert_eq!(scale.spans[0].at(0), 0.0);
        let nothing = Scale::of(&[0, 0], 500.0, 96.0);
        assert!(nothing.spans.iter().all(|span| span.width >= 96.0 && span.true_width == 0.0));
        assert!(Scale::of(&[], 500.0, 96.0).spans.is_empty());
    }

    #[test]
    fn positions_lead_back_to_bytes_and_units() {
        let scale = Scale::of(&[64, 160_000], 800.0, 96.0);
        let span = scale.spans[1];
        for byte in [0, 1, 79_999, 159_999] {
            assert_eq!(span.byte_at(span.at(64 + byte) + 1e-6), byte);
        }
        assert_eq!(span.byte_at(1e9), 159_999);
        let (x, width) = span.unit(4_999, 10_000);
        assert_eq!(span.unit_at(x + width / 2.0, 10_000), 4_999);
        assert_eq!(span.unit_at(1e9, 10_000), 9_999);
        assert_eq!(scale.span_at(span.x - 1.0), Some(1));
        assert_eq!(scale.span_at(-50.0), Some(0));
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0, 181, 9, false), (0..=180).step_by(50).collect::<Vec<_>>());
        assert_eq!(ticks(0, 11_796_480, 6, true), (0..=5).map(|at| at << 21).collect::<Vec<_>>());
        assert_eq!(ticks(5, 5, 4, false), Vec::<usize>::new());
    }

    #[test]
    fn borders_are_thinned_out_to_what_can_be_seen() {
        let span = |width| Scale::of(&[1 << 20], width, 96.0).spans[0];
        assert_eq!(borders(&span(100.0), 4, 4.0), (1, vec![25.0, 50.0, 75.0]));
        let (every, positions) = borders(&span(800.0), 10_000, 4.0);
        assert_eq!(every, 50);
        assert_eq!(positions.len(), 199);
        assert_eq!(borders(&span(100.0), 0, 4.0).1.len(), 0);
        assert_eq!(borders(&span(100.0), 1, 4.0).1.len(), 0);
        // A piece that is partly in view returns only the borders in view, and always the same
        // ones.
        let part = Span { x: -8_000.0, width: 1e6, left: 0.0, right: 800.0, ..span(800.0) };
        let (every, positions) = borders(&part, 1_000_000, 4.0);
        assert_eq!((every, positions.len()), (4, 201));
        assert!(positions.iter().all(|x| (0.0..=800.0).contains(x) && (x + 8_000.0) % 4.0 == 0.0));
    }
}
