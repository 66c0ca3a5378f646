//! The get: what is asked, and what the answers were.

use serde::{Deserialize, Serialize};

use super::{change::Task, ids::PutId, limits::LISTED};
use crate::{
    app::{build::Build, command::Command, effect::Effect, problem::Problem, state::State},
    client::{ConsolidationMode, QueryTarget},
    outside::Outside,
};

/// What is to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Key expression and parameters, as typed: `lab/**?a=1`.
    pub selector: String,
    /// How long answers are waited for.
    pub timeout_millis: usize,
    /// Which queryables are asked.
    pub target: QueryTarget,
    /// Which of several replies under one key are told.
    pub consolidation: ConsolidationMode,
    /// Whether the payload of Build goes along.
    pub with_payload: bool,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            selector: "lab/**".to_owned(),
            timeout_millis: crate::client::GET_TIMEOUT.as_millis() as usize,
            target: QueryTarget::BestMatching,
            consolidation: ConsolidationMode::Auto,
            with_payload: false,
        }
    }
}

/// A get, for replies or for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Asking {
    /// There was none yet.
    #[default]
    None,
    /// Under way.
    UnderWay(PutId),
    /// Every queryable that was asked has answered.
    Done,
    /// It was refused, or ended before every queryable had answered.
    Failed(Problem),
}

impl Asking {
    /// The one with this id has ended.
    pub(super) fn end(&mut self, id: PutId, result: Result<(), Problem>) {
        if *self == Self::UnderWay(id) {
            *self = result.map_or_else(Self::Failed, |()| Self::Done);
        }
    }
}

/// An error that was given as an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// Who gave it.
    pub from: String,
    /// Its payload as a text, shortened.
    pub text: Outside,
    /// Bytes of the payload.
    pub len: usize,
}

/// The get. Replies are among [`State::samples`].
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Getting {
    /// What is to be asked.
    pub question: Question,
    /// The last one.
    pub asking: Asking,
    /// Replies to it so far, errors apart.
    pub replies: u64,
    /// Errors that were given as answers to it.
    pub failed: u64,
    /// The last of these, at most [`LISTED`], newest first.
    pub errors: Vec<ErrorReply>,
}

impl State {
    /// Another question was typed or chosen.
    pub(super) fn question_typed(&mut self, question: Question) {
        self.api.get.question = question;
        if matches!(self.api.get.asking, Asking::Failed(_)) {
            self.api.get.asking = Asking::None;
        }
    }

    /// An error came as an answer to the get.
    pub(super) fn error_reply(&mut self, id: PutId, error: ErrorReply) {
        if self.api.get.asking == Asking::UnderWay(id) {
            self.api.get.failed += 1;
            self.api.get.errors.truncate(LISTED - 1);
            self.api.get.errors.insert(0, error);
        }
    }

    pub(super) fn get(&mut self) -> Vec<Effect> {
        if let Asking::UnderWay(id) = self.api.get.asking {
            return vec![Effect::Engine(Command::Session(Task::Cancel(id)))];
        }
        let with_payload = self.api.get.question.with_payload;
        let problem = match &self.build {
            Build::Failed(problem) if with_payload => Some(problem.clone()),
            _ => self.not_open("The page asked no queryable."),
        };
        if let Some(problem) = problem {
            self.api.get.asking = Asking::Failed(problem);
            return Vec::new();
        }
        let id = self.next_id();
        let get = &mut self.api.get;
        (get.asking, get.replies, get.failed) = (Asking::UnderWay(id), 0, 0);
        get.errors.clear();
        let (question, options) = (get.question.clone(), self.api.options.clone());
        let rows = with_payload.then(|| self.rows.clone());
        let mut effects = self.forget_where(|sample| sample.reply.is_some());
        effects.push(Effect::Engine(Command::Session(Task::Get { id, question, options, rows })));
        effects
    }
}
