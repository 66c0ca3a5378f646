//! The session itself: opened, lost, opened again and closed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zbytes_session::web::command::Unfinished;

use super::{
    change::Task,
    declaration::{Declaration, Entity},
    ids::PutId,
    numbers::Numbers,
};
use crate::{
    app::{command::Command, effect::Effect, locator::meant, pause::StoodStill, problem::Problem, state::State},
    client::{
        SessionInfo,
        pause::{Pause, Took},
        reconnect::Wait,
    },
};

/// The session with a router.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Session {
    /// None, and none wanted.
    #[default]
    Closed,
    /// Under way.
    Connecting,
    /// Open.
    Open(SessionInfo),
    /// It was open and was lost; it is being opened again.
    Lost(Lost),
    /// It could not be opened, or ended by itself.
    Failed(Problem),
}

/// A session that was lost and is being opened again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Why it was lost.
    pub problem: Problem,
    /// What ended with it, in an error.
    pub unfinished: Unfinished,
    /// The next attempt.
    pub wait: Wait,
    /// Why the last attempt has failed, in one sentence; `None` before the first one.
    pub failed: Option<String>,
}

impl Lost {
    /// One that no attempt was made for yet.
    #[must_use]
    pub fn new(problem: Problem, unfinished: Unfinished, wait: Wait) -> Self {
        Self { problem, unfinished, wait, failed: None }
    }
}

impl Session {
    /// Whether it is open, or opens without the person's doing. Another one cannot be begun then.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Connecting | Self::Open(_) | Self::Lost(_))
    }

    /// Whether a put would have somewhere to go.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

impl State {
    /// Another locator was typed.
    pub(in crate::app) fn locator_typed(&mut self, locator: String) -> Vec<Effect> {
        self.locator = locator;
        self.leave_connecting();
        self.choose_router();
        if matches!(self.session, Session::Failed(_)) {
            self.session = Session::Closed;
        }
        Vec::new()
    }

    /// Opens a session, unless one is open or on its way.
    pub(in crate::app) fn connect(&mut self) -> Vec<Effect> {
        self.leave_connecting();
        if self.session.is_busy() {
            return Vec::new();
        }
        self.forget_put();
        if let Some(problem) = self.engine.stopped() {
            self.sends_it = false;
            self.session = Session::Failed(problem);
            return Vec::new();
        }
        self.connect_again()
    }

    /// Opens a session, as after an engine has died: how the last put ended stays.
    pub(in crate::app) fn connect_again(&mut self) -> Vec<Effect> {
        self.session = Session::Connecting;
        // The field and the bar say what is used, not what was typed around it.
        self.locator = meant(&self.locator).to_owned();
        self.held_back = None;
        vec![Effect::Engine(Command::Connect(self.locator.clone()))]
    }

    /// The session is open.
    pub(in crate::app) fn session_opened(&mut self, info: SessionInfo) -> Vec<Effect> {
        self.held_back = None;
        self.leave_connecting();
        let zid = Some(info.zid);
        let before = std::mem::replace(&mut self.session, Session::Open(info));
        // What was declared before a loss is declared again by itself, and samples are
        // numbered on.
        if matches!(before, Session::Lost(_)) {
            let mut effects = self.sending_goes_on();
            // Who is in the class is in it again by its declarations. Who is at the door is not in yet.
            if !self.classroom.is_in() {
                effects.extend(self.class_goes_on());
            }
            return effects;
        }
        self.api.numbers = Numbers { zid, ..Numbers::default() };
        let mut effects = self.session_begins();
        effects.extend(self.declare_again());
        effects.extend(self.sending_goes_on());
        effects.extend(self.class_goes_on());
        effects
    }

    /// The engine may hold back the attempt to open the session.
    pub(in crate::app) fn session_held_back(&mut self, longest: Duration) -> Vec<Effect> {
        self.held_back = matches!(self.session, Session::Connecting | Session::Lost(_)).then_some(longest);
        Vec::new()
    }

    /// The session was lost, or an attempt to open it again has failed.
    pub(in crate::app) fn session_lost(&mut self, lost: Lost, time: String) -> Vec<Effect> {
        (self.gap, self.held_back) = (None, None);
        if !matches!(self.session, Session::Lost(_)) {
            let (problem, unfinished) = (lost.problem.clone(), lost.unfinished);
            self.api.loss = Some(Loss { time, problem, unfinished });
        }
        self.session = Session::Lost(match std::mem::take(&mut self.session) {
            // Why it was lost stays; what comes after it are attempts.
            Session::Lost(first) => Lost { wait: lost.wait, failed: Some(lost.problem.title), ..first },
            _ => lost,
        });
        Vec::new()
    }

    /// The session is open again.
    pub(in crate::app) fn session_resumed(&mut self, gap: Took) -> Vec<Effect> {
        self.gap = Some(gap);
        Vec::new()
    }

    /// The session is closed.
    pub(in crate::app) fn session_ended(&mut self, problem: Option<Problem>) -> Vec<Effect> {
        (self.gap, self.held_back, self.sends_it) = (None, None, false);
        let problem = problem.filter(|_| self.shows_failure());
        self.class_failed(problem.as_ref());
        self.session = problem.map_or(Session::Closed, Session::Failed);
        self.subscription = Declaration::None;
        self.session_is_over().into_iter().collect()
    }
}

/// A session that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Local time of day.
    pub time: String,
    /// Why.
    pub problem: Problem,
    /// What had not ended and ended with it.
    pub unfinished: Unfinished,
}

impl State {
    /// Why nothing can be sent now, if so; `what` is what was not done.
    pub(in crate::app) fn not_open(&self, what: &str) -> Option<Problem> {
        match self.session {
            Session::Open(_) => None,
            Session::Lost(_) => Some(Problem::new(
                "The session is lost.",
                format!("{what} Do it again once it is open; that is being tried."),
            )),
            _ => Some(Problem::new("No session.", format!("Connect to a router first. {what}"))),
        }
    }

    pub(super) fn next_id(&mut self) -> PutId {
        self.next_put += 1;
        self.next_put - 1
    }

    /// The page stood still.
    pub(super) fn stood_still(&mut self, pause: Pause, time: String) {
        self.api.stood_still = Some(StoodStill { time, pause, outlived: false });
    }

    /// The session has outlived that the page stood still.
    pub(super) fn caught_up(&mut self) {
        if let Some(stood_still) = &mut self.api.stood_still {
            stood_still.outlived = true;
        }
    }

    /// A session has opened that was not there before.
    pub(in crate::app) fn session_begins(&mut self) -> Vec<Effect> {
        self.api.matching = None;
        vec![Effect::Engine(Command::Session(Task::Match(self.key.clone())))]
    }

    /// The session has ended, and with it what was declared.
    pub(in crate::app) fn session_is_over(&mut self) -> Option<Effect> {
        let api = &mut self.api;
        api.matching = None;
        for entity in [Entity::Queryable, Entity::Token, Entity::Watch] {
            *api.declared(entity) = Declaration::None;
        }
        api.rate.stop(None).then_some(Effect::Engine(Command::Session(Task::Stop)))
    }
}
