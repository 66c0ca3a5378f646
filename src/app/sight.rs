//! What the person looks at in the layout, and points at: a part of the axis, one of two orders, a
//! segment under the pointer.

use serde::{Deserialize, Serialize};

use super::{build::positions, selection::Selection, state::State};

/// What the layout is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Order {
    /// By offset in the payload.
    #[default]
    Bytes,
    /// By owner, the one with most bytes first.
    Owners,
}

impl Order {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bytes, Self::Owners];

    /// The name, as in `byte order`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "byte order",
            Self::Owners => "by owner",
        }
    }
}

/// A part of the layout's axis, in slots. Slot `2 * n` is the piece at position `n`, the one behind
/// it the gap to the next piece. So 2.5 is the middle of the second piece, however long the piece
/// and however wide the drawing is. A piece without bytes has a place too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The slot and the part of it where it begins.
    pub from: f64,
    /// Where it ends; always beyond `from`.
    pub to: f64,
}

impl Window {
    /// A window, or `None` when the numbers are none of one.
    #[must_use]
    pub fn new(from: f64, to: f64) -> Option<Self> {
        (from.is_finite() && to.is_finite() && from >= 0.0 && from < to).then_some(Self { from, to })
    }
}

impl State {
    /// Whether another segment is pointed at than those of this row.
    #[must_use]
    pub fn steps_back(&self, is_in: impl Fn(Selection) -> bool) -> bool {
        self.hovered.is_some_and(|hovered| !is_in(hovered))
    }

    /// The position of the piece that a segment is in.
    #[must_use]
    pub fn position_of(&self, selection: Selection) -> Option<usize> {
        let at = self.rows.iter().position(|row| row.id == selection.row)?;
        let (row, range) = (self.rows.get(at)?, positions(&self.rows).into_iter().nth(at)?);
        let position = range.start + if row.way().is_some() { selection.index } else { 0 };
        (selection.index < row.segments() && range.contains(&position)).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Edit, Preset};

    #[test]
    fn a_window_is_a_part_of_the_axis_or_nothing() {
        assert!(Window::new(0.0, 5.0).is_some() && Window::new(0.25, 0.5).is_some());
        for (from, to) in [(1.0, 1.0), (2.0, 1.0), (-0.1, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert_eq!(Window::new(from, to), None);
        }
    }

    #[test]
    fn a_window_stays_while_the_number_of_pieces_is_the_same() {
        let mut state = State::default();
        state.apply(Action::Preset(Preset::ThreeSmall));
        let window = Window::new(0.5, 2.5);
        state.apply(Action::Zoom(window));
        assert_eq!(state.window, window);
        let [first, second] = [0, 1].map(|at| Selection::of(&state.rows[at]));
        state.apply(Action::Hover(Some(second)));
        assert!(state.steps_back(|hovered| hovered.row == first.row));
        assert!(!state.steps_back(|hovered| hovered.row == second.row));
        state.apply(Action::Edit(first.row, Edit::Length(77)));
        assert_eq!((state.window, state.hovered), (window, Some(second)));
        state.apply(Action::Remove(second.row));
        assert_eq!((state.window, state.hovered), (None, None));
        assert!(!state.steps_back(|_| false));
    }

    #[test]
    fn every_segment_has_the_position_of_its_piece() {
        let mut state = State::default();
        for preset in Preset::ALL {
            state.apply(Action::Preset(preset));
            state.apply(Action::AddMessage(crate::message::Schema::PointCloud));
            let plan = state.plan().unwrap();
            for piece in &plan.pieces {
                assert_eq!(state.position_of(piece.selection(0)), Some(piece.position));
                assert_eq!(state.position_of(piece.selection(piece.count - 1)), Some(piece.position));
            }
            let last = plan.pieces.last().unwrap();
            assert_eq!(state.position_of(last.selection(last.count)), None);
        }
    }

    #[test]
    fn orders_have_names_and_are_kept() {
        let mut state = State::default();
        assert_eq!(state.order, Order::Bytes);
        state.apply(Action::Order(Order::Owners));
        state.apply(Action::Preset(Preset::ManyTiny));
        assert_eq!(state.order, Order::Owners);
        assert_ne!(Order::ALL[0].name(), Order::ALL[1].name());
    }
}
