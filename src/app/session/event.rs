//! What the engine tells of a session beyond one put and one subscription.
//!
//! [`State::session_told`] says which topic an event is for; the files of the topics decide.

use serde::{Deserialize, Serialize};

use super::{
    declaration::Entity,
    get::ErrorReply,
    ids::PutId,
    liveliness::Token,
    queryable::{Answered, Asked},
    rate::Course,
};
use crate::{
    app::{command::Command, effect::Effect, problem::Problem, state::State},
    client::{
        LinkStats,
        pause::{Pause, Took},
    },
};

/// What the engine tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// What is declared under this key expression, or that it was refused.
    Declared(Entity, Result<String, Problem>),
    /// How puts at a rate went until now.
    Rated(PutId, Course),
    /// Puts at a rate cannot go on.
    RateFailed(PutId, Problem),
    /// The fence was answered, or has failed.
    Flushed(PutId, Result<Took, Problem>),
    /// Whether a subscriber matches the key of the puts.
    Matching(bool),
    /// Numbered samples were missed.
    SampleMiss(u32),
    /// The next numbered put of a lane will have this number: told when it is a power of two.
    Numbered(usize, u32),
    /// An error came as an answer to the get.
    ErrorReply(PutId, ErrorReply),
    /// The get has ended.
    GetEnded(PutId, Result<(), Problem>),
    /// The list of tokens has ended.
    ListEnded(PutId, Result<(), Problem>),
    /// The queryable is asked.
    Asked(Asked),
    /// So many queries were refused before the page was asked: too many wait already.
    QueriesRefused(u64),
    /// So many queries have ended in this way.
    Answered(u64, Answered),
    /// The most payload bytes that answers under way have held at once.
    AnswersHeld(usize),
    /// A token.
    Alive(Token),
    /// What went over the link.
    Link(LinkStats),
    /// The page stood still, all in all so long since the session was last known to live; and the
    /// local time of day.
    StoodStill(Pause, String),
    /// The session has outlived that.
    CaughtUp,
}

impl State {
    /// Lets what the engine tells happen.
    pub(in crate::app) fn session_told(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Declared(entity, result) => self.declared(entity, result),
            Event::Rated(id, now) => self.rated(id, now),
            Event::RateFailed(id, problem) => self.rate_failed(id, problem),
            Event::Flushed(id, result) => self.flushed(id, result),
            Event::Matching(matching) => self.api.matching = Some(matching),
            Event::Numbered(lane, number) => self.numbered(lane, number),
            Event::SampleMiss(nb) => self.api.missed += u64::from(nb),
            Event::ErrorReply(id, error) => self.error_reply(id, error),
            Event::GetEnded(id, result) => self.api.get.asking.end(id, result),
            Event::ListEnded(id, result) => self.api.liveliness.asking.end(id, result),
            Event::Asked(asked) => {
                let answer = self.asked_for(asked);
                return answer.into_iter().map(|task| Effect::Engine(Command::Session(task))).collect();
            }
            Event::QueriesRefused(count) => self.queries_refused(count),
            Event::Answered(count, how) => self.answered(count, how),
            Event::AnswersHeld(most) => self.api.answer.most_held = most,
            Event::Alive(token) => self.api.liveliness.told(token),
            Event::Link(stats) => self.api.link = stats,
            Event::StoodStill(pause, time) => self.stood_still(pause, time),
            Event::CaughtUp => self.caught_up(),
        }
        Vec::new()
    }
}
