//! What the Router pane knows of a session beyond one put and one subscription.

use super::{
    again::Again,
    connection::Loss,
    declaration::{Declaration, Entity},
    fence::Fence,
    get::Getting,
    liveliness::Liveliness,
    numbers::Numbers,
    options::Options,
    queryable::Answering,
    rate::Rate,
    tab::Tab,
};
use crate::{app::pause::StoodStill, client::LinkStats};

/// What a hub has done so far, for all of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct HubFigures {
    /// Payload bytes that it copied: once for each link by which they left.
    pub copied: u64,
    /// Messages that it passed on: one that went to three links counts three times.
    pub forwarded: u64,
    /// Messages that it dropped, because a link was full.
    pub dropped: u64,
    /// Links that are there now; none as long as it has told nothing.
    pub links: u64,
}

/// What the pane does with a session beyond one put and one subscription.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Api {
    /// The view that is open.
    pub tab: Tab,
    /// Whether samples are shown one by one, and not by key and sender.
    pub one_by_one: bool,
    /// How puts are made.
    pub options: Options,
    /// Puts in each second, as typed.
    pub hz: usize,
    /// Puts at a rate.
    pub rate: Rate,
    /// The key, the options and the rate that these were started with.
    pub started: Option<(String, Options, usize)>,
    /// The last fence.
    pub fence: Fence,
    /// Whether a subscriber listens to the key of the puts, once the router has said it.
    pub matching: Option<bool>,
    /// Numbered samples that the subscription has missed.
    pub missed: u64,
    /// Numbered samples that this page has put.
    pub numbers: Numbers,
    /// The get.
    pub get: Getting,
    /// The queryable.
    pub answer: Answering,
    /// Tokens.
    pub liveliness: Liveliness,
    /// What went over the link, as last told.
    pub link: LinkStats,
    /// What the hub has done, as last told.
    pub hub: HubFigures,
    /// How the session was lost the last time.
    pub loss: Option<Loss>,
    /// The last time that the page stood still.
    pub stood_still: Option<StoodStill>,
    /// What is to be declared again, after an engine has died.
    pub(super) again: Again,
}

impl Api {
    pub(in crate::app) fn new() -> Self {
        Self { hz: 30, ..Self::default() }
    }

    pub(super) fn declared(&mut self, entity: Entity) -> &mut Declaration {
        match entity {
            Entity::Queryable => &mut self.answer.declared,
            Entity::Token => &mut self.liveliness.token,
            Entity::Watch => &mut self.liveliness.watch,
        }
    }

    pub(super) fn key(&self, entity: Entity) -> &str {
        match entity {
            Entity::Queryable => &self.answer.key,
            Entity::Token => &self.liveliness.token_key,
            Entity::Watch => &self.liveliness.key,
        }
    }
}
