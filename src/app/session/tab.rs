//! The views of the Router pane.

use serde::{Deserialize, Serialize};

use super::change::Task;
use crate::app::state::State;

/// The views of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Tab {
    /// Puts, the subscription and its samples.
    #[default]
    Put,
    /// A get and its replies.
    Get,
    /// A queryable.
    Answer,
    /// Tokens.
    Liveliness,
    /// The session and its link.
    Link,
    /// The frames that went over it.
    Wire,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Tab; 6] = [Self::Put, Self::Get, Self::Answer, Self::Liveliness, Self::Link, Self::Wire];

    /// A short name in lower case.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Answer => "answer",
            Self::Liveliness => "liveliness",
            Self::Link => "link",
            Self::Wire => "wire",
        }
    }

    /// What its button says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Put => "Put",
            Self::Get => "Get",
            Self::Answer => "Answer",
            Self::Liveliness => "Liveliness",
            Self::Link => "Link",
            Self::Wire => "Wire",
        }
    }
}

impl State {
    /// Another view is opened.
    pub(super) fn open_tab(&mut self, tab: Tab) -> Option<Task> {
        let before = std::mem::replace(&mut self.api.tab, tab);
        ((before == Tab::Link) != (tab == Tab::Link)).then_some(Task::WatchLink(tab == Tab::Link))
    }
}
