//! What becomes of a session whose engine has died. What waited for it ends, and the next session
//! declares again what this one had declared.

use super::{
    change::Task,
    declaration::{Declaration, Entity},
    fence::Fence,
    get::Asking,
    put::Put,
    queryable::Answered,
    rate::Rate,
};
use crate::app::{command::Command, effect::Effect, problem::Problem, state::State};

/// What is to be declared again, once a session is open.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Again {
    subscription: bool,
    entities: Vec<Entity>,
}

impl Again {
    /// It was declared, or refused, or the person does not want it any more.
    pub(super) fn is_done(&mut self, entity: Entity) {
        self.entities.retain(|one| *one != entity);
    }

    /// The same for the subscription.
    pub(super) fn subscription_is_done(&mut self) {
        self.subscription = false;
    }
}

/// The problem of something that waited for an engine that has died.
pub(in crate::app) fn cut_off(what: &str) -> Problem {
    Problem::new(format!("{what} was cut off."), "The engine of this page has died, so how far it came cannot be told.")
}

impl State {
    /// The engine has died, and with it the session. Returns whether there was one, open or on its
    /// way.
    pub(in crate::app) fn session_died(&mut self) -> bool {
        let was = self.session.is_busy();
        // What the engine that died had not declared again yet stays in the list.
        self.api.again.subscription |= matches!(self.subscription, Declaration::Declared(_));
        for entity in [Entity::Queryable, Entity::Token, Entity::Watch] {
            let declared = matches!(self.api.declared(entity), Declaration::Declared(_));
            if declared && !self.api.again.entities.contains(&entity) {
                self.api.again.entities.push(entity);
            }
        }
        let waiting = self.api.answer.waiting();
        if waiting > 0 {
            self.answered(waiting, Answered::Failed(cut_off("An answer")));
        }
        if let Put::UnderWay { .. } = self.put {
            self.put = Put::Failed(cut_off("The put"));
        }
        self.api.rate.stop(Some(cut_off("Putting at a rate")));
        if let Rate::Stopped { course, .. } = &mut self.api.rate {
            course.leaving = 0;
        }
        for (asking, what) in
            [(&mut self.api.get.asking, "The get"), (&mut self.api.liveliness.asking, "The list of tokens")]
        {
            if let Asking::UnderWay(_) = asking {
                *asking = Asking::Failed(cut_off(what));
            }
        }
        if let Fence::UnderWay(_) = self.api.fence {
            self.api.fence = Fence::Failed(cut_off("The fence"));
        }
        self.not_whole += self.arriving.drain(..).count() as u64;
        if was {
            self.session_ended(None);
        }
        was
    }

    /// Opens the session that a page had before it was loaded again, and its subscription.
    pub(in crate::app) fn open_again(&mut self, subscribed: bool) -> Vec<Effect> {
        self.api.again.subscription = subscribed;
        self.connect_again()
    }

    /// The page was loaded again, and had a session with a hub that it had chosen itself. It asks again
    /// whether a lab is there, and then opens a session as it did at first.
    pub(in crate::app) fn choose_again(&mut self, subscribed: bool) {
        self.api.again.subscription = subscribed;
        self.connects_again();
    }

    /// Closes the session, or stops opening it. Nothing is to be declared again.
    pub(in crate::app) fn disconnect(&mut self) -> Vec<Effect> {
        self.api.again = Again::default();
        self.leave_connecting();
        vec![Effect::Engine(Command::Disconnect)]
    }

    /// What was declared when an engine died is declared again. It stays in the list until the answer
    /// is there.
    pub(super) fn declare_again(&mut self) -> Vec<Effect> {
        let Again { subscription, entities } = self.api.again.clone();
        let mut effects = if subscription { self.subscribe() } else { Vec::new() };
        let tasks: Vec<Task> = entities.into_iter().filter_map(|entity| self.declare(entity)).collect();
        effects.extend(tasks.into_iter().map(|task| Effect::Engine(Command::Session(task))));
        effects
    }
}
