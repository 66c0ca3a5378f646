//! What the page runs in, and its start.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{effect::Effect, state::State};
use crate::outside::Outside;

/// What the page runs in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Whether the browser takes the page for a secure context.
    pub secure: bool,
    /// Whether the page is cross-origin isolated.
    pub isolated: bool,
    /// The step of the page's clock, where it was measured: in a page that is not isolated.
    pub clock_step: Option<Duration>,
    /// The tcp locator of the lab's router, for programs on that machine, when the lab told it.
    pub tcp: Option<Outside>,
    /// The ws locator of the lab's router, when the lab told it.
    pub ws: Option<Outside>,
    /// Whether no lab has answered: then the hub takes its place.
    pub no_lab: bool,
    /// The class that the lab is for.
    pub class: Class,
}

/// What a lab says of its class.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Class {
    /// Whether this page needs the code of the class.
    pub wants_code: bool,
    /// The links by which others join, with the code. The lab tells them to its own machine only.
    pub links: Vec<String>,
}

impl State {
    /// The page has started.
    pub(super) fn started(&mut self, surroundings: Surroundings) -> Vec<Effect> {
        self.surroundings = surroundings;
        // Nothing has changed yet: this only asks for the first build.
        let preset = self.preset;
        let effects = self.rows_changed();
        self.preset = preset;
        effects
    }

    /// The server of the page has told its locators.
    pub(super) fn lab_found(&mut self, ws: String, tcp: String) -> Vec<Effect> {
        let around = &mut self.surroundings;
        (around.ws, around.tcp, around.no_lab) = (Some(ws.into()), Some(tcp.into()), false);
        self.leave_hub();
        // Without the code of its class, a lab refuses the page.
        if self.surroundings.class.wants_code { Vec::new() } else { self.connect_by_itself() }
    }

    /// The server of the page has told of its class.
    pub(super) fn class_found(&mut self, class: Class) -> Vec<Effect> {
        self.surroundings.class = class;
        Vec::new()
    }

    /// The server of the page is not a lab, or does not answer.
    pub(super) fn no_lab(&mut self) -> Vec<Effect> {
        self.surroundings.no_lab = true;
        self.take_hub();
        self.connect_by_itself()
    }
}
