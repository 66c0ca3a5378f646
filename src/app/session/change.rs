//! What can happen to a session beyond one put and one subscription, and what is to be done then.
//!
//! [`State::session_changed`] says which topic a change is for; the files of the topics decide.

use serde::{Deserialize, Serialize};

use super::{
    declaration::Entity,
    get::{ErrorReply, Question},
    ids::PutId,
    liveliness::Token,
    options::Options,
    queryable::{Answered, Asked},
    rate::Course,
    tab::Tab,
};
use crate::{
    app::{action::Action, build::Row, command::Command, effect::Effect, problem::Problem, state::State},
    client::{
        LinkStats,
        pause::{Pause, Took},
    },
};

/// Everything that can happen to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Another view is opened.
    Tab(Tab),
    /// Puts are made differently from now on.
    Options(Options),
    /// Another rate was typed.
    Hz(usize),
    /// Publish at the rate.
    Start,
    /// Stop that.
    Stop,
    /// Delete the key.
    Delete,
    /// Ask for a fence.
    Flush,
    /// Another question was typed or chosen.
    Question(Question),
    /// Ask it, or give up the get that is under way.
    Get,
    /// Another key expression for the queryable was typed.
    AnswerKey(String),
    /// Whether the queryable is complete.
    Complete(bool),
    /// Whether it answers with an error.
    WithError(bool),
    /// Another key for the token was typed.
    TokenKey(String),
    /// Another key expression for tokens was typed.
    AliveKey(String),
    /// Declare.
    Declare(Entity),
    /// Undeclare.
    Undeclare(Entity),
    /// List the tokens that are there.
    List,
    /// Answer: what is declared under this key expression, or that it was refused.
    Declared(Entity, Result<String, Problem>),
    /// How puts at a rate went until now.
    Rated(PutId, Course),
    /// Puts at a rate cannot go on.
    RateFailed(PutId, Problem),
    /// Answer: the fence.
    Flushed(PutId, Result<Took, Problem>),
    /// Whether anybody listens to the key.
    Matching(bool),
    /// Numbered samples were missed.
    SampleMiss(u32),
    /// The next numbered put of a lane will have this number: told when it is a power of two.
    Numbered(usize, u32),
    /// An error came as an answer to the get.
    ErrorReply(PutId, ErrorReply),
    /// The get has ended, or the list of tokens.
    GetEnded(PutId, Result<(), Problem>),
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

/// What is to be done for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Put the rows so often in each second; tell with [`Change::Rated`].
    Start {
        /// Names it.
        id: PutId,
        /// The key as typed.
        key: String,
        /// How.
        options: Options,
        /// How often.
        hz: usize,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Put other rows from now on.
    Rows(Vec<Row>),
    /// Put no more.
    Stop,
    /// Ask for a fence.
    Flush(PutId),
    /// Watch whether anybody listens to this key, as typed.
    Match(String),
    /// Ask.
    Get {
        /// Names it.
        id: PutId,
        /// What.
        question: Question,
        /// What goes along.
        options: Options,
        /// The rows of the payload that goes along, if any.
        rows: Option<Vec<Row>>,
    },
    /// Give up a get; it ends by [`Change::GetEnded`] in any case.
    Cancel(PutId),
    /// Declare this, under the key expression as typed; `complete` is about a queryable.
    Declare(Entity, String, bool),
    /// Undeclare it.
    Undeclare(Entity),
    /// List tokens under this key expression, as typed.
    List(PutId, String),
    /// Answer a query.
    Answer {
        /// Names the answer.
        id: PutId,
        /// The query.
        asked: Asked,
        /// The key expression of the queryable.
        key: String,
        /// What goes along.
        options: Options,
        /// The rows to answer with, or the error.
        rows: Result<Vec<Row>, String>,
    },
    /// Tell [`Change::Link`] from time to time, or stop it.
    WatchLink(bool),
}

impl State {
    pub(in crate::app) fn session_changed(&mut self, change: Change) -> Vec<Effect> {
        let mut tasks = Vec::new();
        match change {
            Change::Tab(tab) => tasks.extend(self.open_tab(tab)),
            Change::Options(options) => self.api.options = options,
            Change::Hz(hz) => self.api.hz = hz,
            Change::Start => tasks.extend(self.start_rate()),
            Change::Stop => {
                tasks.extend(self.api.rate.stop(None).then_some(Task::Stop));
            }
            Change::Delete => return self.put(true),
            Change::Flush => tasks.extend(self.flush()),
            Change::Question(question) => self.question_typed(question),
            Change::Get => return self.get(),
            Change::AnswerKey(key) => self.answer_key_typed(key),
            Change::Complete(complete) => self.api.answer.complete = complete,
            Change::WithError(with_error) => self.api.answer.with_error = with_error,
            Change::TokenKey(key) => self.token_key_typed(key),
            Change::AliveKey(key) => self.alive_key_typed(key),
            Change::Declare(entity) => tasks.extend(self.declare(entity)),
            Change::Undeclare(entity) => tasks.extend(self.undeclare(entity)),
            Change::List => tasks.extend(self.list()),
            Change::Declared(entity, result) => self.declared(entity, result),
            Change::Rated(id, now) => self.rated(id, now),
            Change::RateFailed(id, problem) => self.rate_failed(id, problem),
            Change::Flushed(id, result) => self.flushed(id, result),
            Change::Matching(matching) => self.api.matching = Some(matching),
            Change::Numbered(lane, number) => self.numbered(lane, number),
            Change::SampleMiss(nb) => self.api.missed += u64::from(nb),
            Change::ErrorReply(id, error) => self.error_reply(id, error),
            Change::GetEnded(id, result) => self.get_ended(id, result),
            Change::Asked(asked) => tasks.extend(self.asked_for(asked)),
            Change::QueriesRefused(count) => self.queries_refused(count),
            Change::Answered(count, how) => self.answered(count, how),
            Change::AnswersHeld(most) => self.api.answer.most_held = most,
            Change::Alive(token) => self.api.liveliness.told(token),
            Change::Link(stats) => self.api.link = stats,
            Change::StoodStill(pause, time) => self.stood_still(pause, time),
            Change::CaughtUp => self.caught_up(),
        }
        tasks.into_iter().map(|task| Effect::Engine(Command::Session(task))).collect()
    }
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Session(change)
    }
}
