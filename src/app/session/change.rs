//! What a person does with a session beyond one put and one subscription, and what is to be done
//! then.
//!
//! [`State::session_changed`] says which topic a change is for; the files of the topics decide.

use serde::{Deserialize, Serialize};

use super::{declaration::Entity, get::Question, ids::PutId, options::Options, queryable::Asked, tab::Tab};
use crate::app::{action::Action, build::Row, command::Command, effect::Effect, state::State};

/// What a person changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Another view is opened.
    Tab(Tab),
    /// Puts are made differently from now on.
    Options(Options),
    /// Show samples one by one, or by key and sender.
    OneByOne(bool),
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
}

/// What is to be done for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Put the rows so often in each second; tell with [`Event::Rated`](super::Event::Rated).
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
    /// Watch whether a subscriber listens to this key, as typed.
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
    /// Give up a get; it ends by [`Event::GetEnded`](super::Event::GetEnded) in any case.
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
    /// Count samples anew, by key and sender. Ends by [`Event::Samples`](crate::app::Event::Samples)
    /// without a group.
    CountAnew,
    /// Tell [`Event::Link`](super::Event::Link) from time to time, or stop it.
    WatchLink(bool),
}

impl State {
    /// Lets a person's change happen.
    pub(in crate::app) fn session_changed(&mut self, change: Change) -> Vec<Effect> {
        let wire = if change == Change::Tab(Tab::Wire) { self.look_at_wire() } else { None };
        let mut tasks = Vec::new();
        match change {
            Change::Tab(tab) => tasks.extend(self.open_tab(tab)),
            Change::Options(options) => self.api.options = options,
            Change::OneByOne(on) => self.api.one_by_one = on,
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
        }
        let tasks = tasks.into_iter().map(|task| Effect::Engine(Command::Session(task)));
        tasks.chain(wire.map(Effect::Wire)).collect()
    }
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Session(change)
    }
}
