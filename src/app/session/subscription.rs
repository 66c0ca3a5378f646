//! The subscription, and large messages on their way to it.

use super::declaration::Declaration;
use crate::{
    app::{command::Command, effect::Effect, problem::Problem, state::State},
    client::Arriving,
};

impl State {
    /// Another key expression to subscribe to was typed.
    pub(in crate::app) fn sub_key_typed(&mut self, key: String) -> Vec<Effect> {
        self.sub_key = key;
        if matches!(self.subscription, Declaration::Failed(_)) {
            self.subscription = Declaration::None;
        }
        Vec::new()
    }

    /// Declares the subscription.
    pub(in crate::app) fn subscribe(&mut self) -> Vec<Effect> {
        match self.subscription {
            Declaration::Declared(_) => Vec::new(),
            _ => {
                self.leave_subscribing();
                self.api.missed = 0;
                vec![Effect::Engine(Command::Subscribe(self.sub_key.clone()))]
            }
        }
    }

    /// Undeclares the subscription.
    pub(in crate::app) fn unsubscribe(&mut self) -> Vec<Effect> {
        self.subscription = Declaration::None;
        self.leave_subscribing();
        self.api.again.subscription_is_done();
        vec![Effect::Engine(Command::Unsubscribe)]
    }

    /// How far a large message is that is arriving.
    pub(in crate::app) fn still_arriving(&mut self, arriving: Arriving) -> Vec<Effect> {
        match self.arriving.iter_mut().find(|other| other.id == arriving.id) {
            Some(other) => *other = arriving,
            None => self.arriving.push(arriving),
        }
        Vec::new()
    }

    /// A large message does not go on arriving.
    pub(in crate::app) fn arrival_ended(&mut self, id: u64, whole: bool) -> Vec<Effect> {
        self.arriving.retain(|arriving| arriving.id != id);
        self.not_whole += u64::from(!whole);
        Vec::new()
    }

    /// The subscription is declared, or was refused.
    pub(in crate::app) fn subscribe_ended(&mut self, result: Result<String, Problem>) -> Vec<Effect> {
        self.api.again.subscription_is_done();
        self.subscription = match result {
            Ok(key) => Declaration::Declared(key.into()),
            Err(problem) => Declaration::Failed(problem),
        };
        self.sending_goes_on()
    }
}
