//! The queryable: what this page was asked, and how it has answered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    change::Task,
    declaration::{Declaration, retyped},
    limits::LISTED,
    samples::Attachment,
};
use crate::{
    app::{
        build::Build,
        problem::{Problem, sentence},
        state::State,
    },
    client::QueryId,
    number::thousands,
    outside::Outside,
};

/// A query that this page was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Names it in the answer.
    pub query: QueryId,
    /// Local time of day.
    pub time: String,
    /// Its key expression.
    pub key: Outside,
    /// Its parameters.
    pub parameters: Outside,
    /// Bytes that came with it, if any.
    pub len: Option<usize>,
    /// A text that came along.
    pub attachment: Option<Attachment>,
    /// How long the asker waits for answers, if it says so.
    pub timeout: Option<Duration>,
    /// Whether this page asks itself.
    pub local: bool,
}

/// The queryable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Its key expression, as typed.
    pub key: String,
    /// Whether it says that it has everything under its key.
    pub complete: bool,
    /// Whether it answers with an error instead of the payload.
    pub with_error: bool,
    /// Whether it is declared.
    pub declared: Declaration,
    /// Queries that it was asked.
    pub asked: u64,
    /// Answers that have left.
    pub answered: u64,
    /// Queries that got a word instead of an answer.
    pub refused: u64,
    /// Queries that got neither, as when the session was lost.
    pub failed: u64,
    /// The most payload bytes that answers under way have held at once.
    pub most_held: usize,
    /// Why an answer could not be given, the last time.
    pub problem: Option<Problem>,
    /// The last queries, at most [`LISTED`], newest first.
    pub queries: Vec<Asked>,
}

impl Default for Answering {
    fn default() -> Self {
        Self {
            key: "lab/answer".to_owned(),
            complete: false,
            with_error: false,
            declared: Declaration::None,
            asked: 0,
            answered: 0,
            refused: 0,
            failed: 0,
            most_held: 0,
            problem: None,
            queries: Vec::new(),
        }
    }
}

impl Answering {
    /// Forgets what was told: the queryable is declared. What is still under way will be told.
    pub(super) fn begin(&mut self) {
        self.asked = self.waiting();
        (self.answered, self.refused, self.failed) = (0, 0, 0);
        self.queries.clear();
        self.problem = None;
    }

    /// Queries that wait for their answer, or for it to leave.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.asked.saturating_sub(self.answered).saturating_sub(self.refused).saturating_sub(self.failed)
    }
}

/// How queries have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answered {
    /// The answer has left.
    Left,
    /// The asker got this word instead of an answer.
    Refused(String),
    /// The asker got neither.
    Failed(Problem),
}

impl State {
    /// Another key expression for the queryable was typed.
    pub(super) fn answer_key_typed(&mut self, key: String) {
        self.api.answer.key = key;
        retyped(&mut self.api.answer.declared);
    }

    /// So many queries were refused before the page was asked.
    pub(super) fn queries_refused(&mut self, count: u64) {
        self.api.answer.asked += count;
        let limit = thousands(crate::client::Limits::DEFAULT.queries as u64);
        self.answered(count, Answered::Refused(format!("{limit} queries wait already")));
    }

    pub(super) fn asked_for(&mut self, asked: Asked) -> Option<Task> {
        let id = self.next_id();
        let answer = &mut self.api.answer;
        answer.asked += 1;
        answer.queries.truncate(LISTED - 1);
        answer.queries.insert(0, asked.clone());
        let Declaration::Declared(key) = answer.declared.clone() else {
            // It was undeclared meanwhile, and the session has ended what it was asked.
            answer.failed += 1;
            return None;
        };
        let rows = match &self.build {
            _ if answer.with_error => Err("this page answers with an error, as it was asked to".to_owned()),
            Build::Failed(problem) => Err(format!("the payload of this page could not be built: {}", problem.title)),
            _ => Ok(self.rows.clone()),
        };
        Some(Task::Answer { id, asked, key: key.raw().to_owned(), options: self.api.options.clone(), rows })
    }

    pub(super) fn answered(&mut self, count: u64, how: Answered) {
        let answer = &mut self.api.answer;
        let (counted, problem) = match how {
            Answered::Left => (&mut answer.answered, None),
            Answered::Refused(why) => {
                let detail = format!("{}. The asker was told so.", sentence(&why));
                (&mut answer.refused, Some(Problem::new("A query was refused.", detail)))
            }
            Answered::Failed(problem) => (&mut answer.failed, Some(problem)),
        };
        *counted += count;
        if problem.is_some() {
            answer.problem = problem;
        }
    }
}
