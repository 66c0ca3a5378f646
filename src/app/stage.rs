//! What stands in the window: which pane has the place below the drawing, and what fills the window.

use serde::{Deserialize, Serialize};

use super::{effect::Effect, film, session::Session, state::State};

/// A pane of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The rows.
    Build,
    /// The drawing.
    Layout,
    /// Measuring.
    Cost,
    /// The session.
    Router,
    /// The experiments.
    Ownership,
}

impl Pane {
    /// Every pane, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Build, Self::Layout, Self::Cost, Self::Router, Self::Ownership];

    /// The `id` of its section.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Build => "pane-build",
            Self::Layout => "pane-layout",
            Self::Cost => "pane-cost",
            Self::Router => "pane-router",
            Self::Ownership => "pane-ownership",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Layout => "Layout",
            Self::Cost => "Cost",
            Self::Router => "Router",
            Self::Ownership => "Ownership",
        }
    }

    /// The pane whose section has this `id`.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.id() == id)
    }
}

/// What has the place below the drawing, where there is room for one thing only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Below {
    /// The session.
    #[default]
    Router,
    /// Measuring.
    Cost,
    /// The experiments.
    Ownership,
    /// What is known of the selected segment.
    Segment,
}

impl Below {
    /// All, in the order in which the page offers them.
    pub const ALL: [Self; 4] = [Self::Segment, Self::Cost, Self::Router, Self::Ownership];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Router => "Router",
            Self::Cost => "Cost",
            Self::Ownership => "Ownership",
            Self::Segment => "Segment",
        }
    }

    /// The word for styles and tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Router => "router",
            Self::Cost => "cost",
            Self::Ownership => "ownership",
            Self::Segment => "segment",
        }
    }

    /// The place of a pane, if it may be below the drawing.
    #[must_use]
    pub const fn of(pane: Pane) -> Option<Self> {
        match pane {
            Pane::Router => Some(Self::Router),
            Pane::Cost => Some(Self::Cost),
            Pane::Ownership => Some(Self::Ownership),
            Pane::Build | Pane::Layout => None,
        }
    }
}

/// What fills the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    /// One pane.
    Pane(Pane),
    /// The drawing, for a class: large text, with what plays and puts.
    Presenter,
    /// A teacher's class: who is there, and what arrives.
    Class,
}

impl Large {
    /// The word for styles and tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pane(pane) => pane.id(),
            Self::Presenter => "presenter",
            Self::Class => "class",
        }
    }
}

impl Large {
    /// Whether a person sees the rows in it.
    #[must_use]
    pub const fn shows_rows(self) -> bool {
        matches!(self, Self::Presenter | Self::Pane(Pane::Build | Pane::Layout))
    }
}

/// What stands in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stage {
    /// What has the place below the drawing.
    pub below: Below,
    /// What fills the window; `None` for the page as a whole.
    pub large: Option<Large>,
}

/// What a person does with the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give something the place below the drawing.
    Below(Below),
    /// Fill the window with this, or show the whole page again if this fills it.
    Large(Large),
    /// Show the whole page again.
    Whole,
    /// Bring a pane into view, as for the focus.
    Reveal(Pane),
}

impl State {
    /// A person does something with the window.
    pub(super) fn stage_changed(&mut self, change: Change) -> Vec<Effect> {
        // Views have the same place below the drawing.
        let has_place = match change {
            Change::Below(_) => true,
            Change::Reveal(pane) => Below::of(pane).is_some(),
            Change::Large(_) | Change::Whole => false,
        };
        if has_place {
            self.looking = None;
            self.wire.open = false;
        }
        let stage = &mut self.stage;
        match change {
            Change::Below(below) => stage.below = below,
            Change::Large(large) => stage.large = (stage.large != Some(large)).then_some(large),
            Change::Whole => stage.large = None,
            Change::Reveal(pane) => {
                stage.below = Below::of(pane).unwrap_or(stage.below);
                stage.large = stage.large.filter(|large| *large == Large::Pane(pane));
            }
        }
        Vec::new()
    }

    /// Plays the film with every row copied: the first thing to look at.
    pub(super) fn watch_the_copy(&mut self) -> Vec<Effect> {
        self.view = super::layout::View::AllCopy;
        self.demonstrated = None;
        self.film_changed(film::Change::Play)
    }

    /// Puts the payload so that it comes back: connects and subscribes first, where that is not
    /// done yet.
    pub(super) fn send_it(&mut self) -> Vec<Effect> {
        self.stage_changed(Change::Below(Below::Router));
        self.sends_it = true;
        self.leave_connecting();
        self.sending_goes_on()
    }

    /// The next step towards a put that was wanted by [`Action::SendIt`](super::Action::SendIt).
    pub(super) fn sending_goes_on(&mut self) -> Vec<Effect> {
        use super::session::Declaration;
        if !self.sends_it {
            return Vec::new();
        }
        match (&self.session, &self.subscription) {
            (Session::Closed | Session::Failed(_), _) => self.connect(),
            // They end by themselves, and then it goes on.
            (Session::Connecting | Session::Lost(_), _) => Vec::new(),
            (Session::Open(_), Declaration::None) => self.subscribe_to_own(),
            // A subscription that was refused says why; the put goes all the same.
            (Session::Open(_), Declaration::Declared(_) | Declaration::Failed(_)) => {
                self.sends_it = false;
                self.put(false)
            }
        }
    }
}
