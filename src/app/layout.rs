//! The Layout pane: whose modes it shows, and which segment is selected or pointed at.

use serde::{Deserialize, Serialize};

use super::{
    build::Plan,
    effect::Effect,
    selection::Selection,
    sight::{self, Window},
    state::State,
};
use crate::{message::MessageError, segment::Mode};

/// Whose modes the layout shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum View {
    /// Each row's own.
    #[default]
    AsSet,
    /// As if every row were copied.
    AllCopy,
    /// As if every row were borrowed.
    AllBorrow,
    /// As if every row were moved.
    AllMove,
}

impl View {
    /// Every view.
    pub const ALL: [View; 4] = [Self::AsSet, Self::AllCopy, Self::AllBorrow, Self::AllMove];

    /// The name, as in `all copy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsSet => "as set",
            Self::AllCopy => "all copy",
            Self::AllBorrow => "all borrow",
            Self::AllMove => "all move",
        }
    }

    /// The mode that overrides the rows' own.
    #[must_use]
    pub const fn mode(self) -> Option<Mode> {
        match self {
            Self::AsSet => None,
            Self::AllCopy => Some(Mode::Copy),
            Self::AllBorrow => Some(Mode::Borrow),
            Self::AllMove => Some(Mode::Move),
        }
    }
}

impl State {
    /// The plan for the rows as the layout shows them.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn plan(&self) -> Result<Plan, MessageError> {
        Plan::of(&self.rows, self.view.mode(), &self.sending())
    }

    /// Selects a segment, or nothing.
    pub(super) fn select(&mut self, selection: Option<Selection>) -> Vec<Effect> {
        self.selected = selection;
        Vec::new()
    }

    /// Points at a segment, or at none.
    pub(super) fn hover(&mut self, selection: Option<Selection>) -> Vec<Effect> {
        self.hovered = selection;
        Vec::new()
    }

    /// Looks at the layout with other modes.
    pub(super) fn view_as(&mut self, view: View) -> Vec<Effect> {
        self.view = view;
        Vec::new()
    }

    /// Looks at the layout in another order.
    pub(super) fn order_by(&mut self, order: sight::Order) -> Vec<Effect> {
        self.order = order;
        Vec::new()
    }

    /// Looks at a part of the layout's axis, or at the whole.
    pub(super) fn zoom(&mut self, window: Option<Window>) -> Vec<Effect> {
        self.window = window;
        Vec::new()
    }
}
