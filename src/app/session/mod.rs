//! What the Router pane does with a session beyond one put and one subscription: puts at a rate, fences, gets and answers, liveliness,
//! matching, and what went over the link.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Action, Build, Declaration, Effect, Numbers, Problem, Put, PutId, Row, Session, State, pause::StoodStill, sentence,
};
pub use crate::client::{ConsolidationMode, LinkStats, Priority, QueryId, QueryTarget};
use crate::{
    client::pause::{Pause, Took},
    number::thousands,
    outside::Outside,
};

pub mod answers;

/// The most puts in a second that can be asked for.
pub const MAX_HZ: usize = 100_000;

/// The longest that a get may wait, in milliseconds: an hour.
pub const MAX_TIMEOUT_MILLIS: usize = 3_600_000;

/// How many queries, tokens and errors are listed at most.
pub const LISTED: usize = 50;

/// The views of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tab {
    /// Puts, the subscription and its samples.
    #[default]
    Put,
    /// A get and its replies.
    Get,
    /// A queryable.
    Answer,
    /// Tokens.
    Liveliness,
    /// The session and its link.
    Link,
    /// The frames that went over it.
    Wire,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Tab; 6] = [Self::Put, Self::Get, Self::Answer, Self::Liveliness, Self::Link, Self::Wire];

    /// A short name in lower case.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Answer => "answer",
            Self::Liveliness => "liveliness",
            Self::Link => "link",
            Self::Wire => "wire",
        }
    }

    /// What its button says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Put => "Put",
            Self::Get => "Get",
            Self::Answer => "Answer",
            Self::Liveliness => "Liveliness",
            Self::Link => "Link",
            Self::Wire => "Wire",
        }
    }
}

/// The priorities that an application may choose, highest first, with their names.
pub const PRIORITIES: [(Priority, &str); 7] = [
    (Priority::RealTime, "real time"),
    (Priority::InteractiveHigh, "interactive high"),
    (Priority::InteractiveLow, "interactive low"),
    (Priority::DataHigh, "data high"),
    (Priority::Data, "data"),
    (Priority::DataLow, "data low"),
    (Priority::Background, "background"),
];

/// The name of a priority.
#[must_use]
pub fn priority_name(priority: Priority) -> &'static str {
    PRIORITIES.iter().find(|(one, _)| *one == priority).map_or("control", |(_, name)| name)
}

/// How puts and deletes are made. The encoding and the attachment are also those of answers.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Options {
    /// Their priority.
    #[serde(with = "by_name")]
    pub priority: Priority,
    /// Whether they may be dropped when the link is full (DROP), instead of waiting (BLOCK).
    pub may_drop: bool,
    /// Whether a router may drop them on a full link, whatever `may_drop` says (best effort), instead of handing them on reliably.
    pub best_effort: bool,
    /// Whether each leaves at once, alone in its batch.
    pub express: bool,
    /// Whether they say when they were made, by the clock of this page. A router stamps a put that does not.
    pub stamped: bool,
    /// Whether they carry numbers.
    pub numbered: bool,
    /// The encoding, as in `text/plain;utf-8`; nothing means `zenoh/bytes`.
    pub encoding: String,
    /// A text to go along; nothing means none.
    pub attachment: String,
}

/// A priority is kept by its name.
mod by_name {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{PRIORITIES, Priority, priority_name};

    pub(super) fn serialize<S: Serializer>(priority: &Priority, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(priority_name(*priority))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = PRIORITIES.iter().find(|(_, one)| *one == name);
        found.map(|(priority, _)| *priority).ok_or_else(|| D::Error::custom(format!("no priority is called {name:?}")))
    }
}

/// How puts at a rate went until now.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Course {
    /// Puts that have left the browser.
    pub puts: u64,
    /// Puts that were dropped, as they allowed.
    pub dropped: u64,
    /// Puts that have ended in another error.
    pub failed: u64,
    /// Puts that were made and have not ended.
    pub leaving: u64,
    /// Puts that left in each second, lately.
    pub hz: f64,
    /// Payload bytes that left in each second, lately.
    pub bytes_per_second: f64,
    /// Whether it waits for the session to be opened again.
    pub paused: bool,
}

/// Puts at a rate.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Rate {
    /// There were none yet.
    #[default]
    None,
    /// Under way, by this id.
    Running(PutId, Course),
    /// Stopped. What was under way is counted until it has ended.
    Stopped {
        /// Its id.
        id: PutId,
        /// How it went.
        course: Course,
        /// Why it has stopped, if the person did not want it so.
        problem: Option<Problem>,
    },
    /// It was not begun.
    Failed(Problem),
}

impl Rate {
    /// Whether puts are being made.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(..))
    }

    /// No more puts are made; returns whether any were.
    fn stop(&mut self, problem: Option<Problem>) -> bool {
        let Self::Running(id, course) = *self else { return false };
        *self = Self::Stopped { id, course: Course { paused: false, ..course }, problem };
        true
    }
}

/// The last fence.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Fence {
    /// There was none yet.
    #[default]
    None,
    /// The router has not answered yet.
    UnderWay(PutId),
    /// The router has handed on everything that was put before; it said so after so long.
    Done(Took),
    /// It was refused or cut off.
    Failed(Problem),
}

/// What is to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Everybody has answered.
    Done,
    /// It was refused, or ended before everybody had answered.
    Failed(Problem),
}

impl Asking {
    fn end(&mut self, id: PutId, result: Result<(), Problem>) {
        if *self == Self::UnderWay(id) {
            *self = result.map_or_else(Self::Failed, |()| Self::Done);
        }
    }
}

/// An error that was given as an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// A query that this page was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Further bytes of a sample's or a query's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// How many.
    pub len: usize,
    /// The first of them as a text; in hexadecimal when they are none.
    pub text: Outside,
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
    /// Queries that wait for their answer, or for it to leave.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.asked.saturating_sub(self.answered).saturating_sub(self.refused).saturating_sub(self.failed)
    }
}

/// How queries have ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// The answer has left.
    Left,
    /// The asker got this word instead of an answer.
    Refused(String),
    /// The asker got neither.
    Failed(Problem),
}

/// A token of somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its key.
    pub key: Outside,
    /// Whether it is there; else it has gone.
    pub alive: bool,
    /// Local time of day when it was told.
    pub time: String,
}

/// Liveliness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveliness {
    /// The key of this page's own token, as typed.
    pub token_key: String,
    /// The token.
    pub token: Declaration,
    /// The key expression of the tokens that are looked for, as typed.
    pub key: String,
    /// Whether they are watched.
    pub watch: Declaration,
    /// The last list that was asked for.
    pub asking: Asking,
    /// Tokens that are alive, of those that were told since the watch or the list began.
    pub alive: u64,
    /// How often one has gone since then. A token that comes back and goes again counts twice.
    pub departed: u64,
    /// What was told last, one entry a key, newest first, at most [`LISTED`].
    pub tokens: Vec<Token>,
    /// Whether older entries had to make room.
    pub cut: bool,
}

impl Liveliness {
    /// Forgets what was told: a watch or a list begins.
    fn begin(&mut self) {
        (self.alive, self.departed, self.cut) = (0, 0, false);
        self.tokens.clear();
    }

    /// A token has come, or has gone. Each change is told once.
    fn told(&mut self, token: Token) {
        if token.alive {
            self.alive += 1;
        } else {
            self.alive = self.alive.saturating_sub(1);
            self.departed += 1;
        }
        self.tokens.retain(|other| other.key != token.key);
        self.cut |= self.tokens.len() >= LISTED;
        self.tokens.truncate(LISTED - 1);
        self.tokens.insert(0, token);
    }
}

impl Default for Liveliness {
    fn default() -> Self {
        Self {
            token_key: "lab/alive/page".to_owned(),
            token: Declaration::None,
            key: "lab/alive/**".to_owned(),
            watch: Declaration::None,
            asking: Asking::None,
            alive: 0,
            departed: 0,
            tokens: Vec::new(),
            cut: false,
        }
    }
}

/// A session that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Local time of day.
    pub time: String,
    /// Why.
    pub problem: Problem,
    /// What had not ended and ended with it: puts, gets, fences.
    pub unfinished: [usize; 3],
}

/// What the pane does with a session beyond one put and one subscription.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Api {
    /// The view that is open.
    pub tab: Tab,
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
    /// Whether anybody listens to the key of the puts, once that is known.
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
    /// How the session was lost the last time.
    pub loss: Option<Loss>,
    /// The last time that the page stood still.
    pub stood_still: Option<StoodStill>,
}

/// What can be declared beside the subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// That answers queries.
    Queryable,
    /// This page's token.
    Token,
    /// That hears of tokens.
    Watch,
}

/// Everything that can happen to it.
#[derive(Clone, Debug, PartialEq)]
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
    Missed(u32),
    /// The next numbered put of a lane will have this number: told when it is a power of two.
    Numbered(usize, u32),
    /// An error came as an answer to the get.
    ErrorReply(PutId, ErrorReply),
    /// The get has ended, or the list of tokens.
    GetEnded(PutId, Result<(), Problem>),
    /// The queryable is asked.
    Asked(Asked),
    /// A query was refused before the page was asked: too many wait already.
    QueryRefused,
    /// So many queries have ended in this way.
    Answered(u64, Answered),
    /// The most payload bytes that answers under way have held at once.
    AnswersHeld(usize),
    /// A token.
    Alive(Token),
    /// What went over the link.
    Link(LinkStats),
    /// The page stood still, all in all so long since the session was last known to live; and the local time of day.
    StoodStill(Pause, String),
    /// The session has outlived that.
    CaughtUp,
}

/// What is to be done for it.
#[derive(Clone, Debug, PartialEq)]
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

impl Api {
    pub(super) fn new() -> Self {
        Self { hz: 30, ..Self::default() }
    }

    fn declared(&mut self, entity: Entity) -> &mut Declaration {
        match entity {
            Entity::Queryable => &mut self.answer.declared,
            Entity::Token => &mut self.liveliness.token,
            Entity::Watch => &mut self.liveliness.watch,
        }
    }

    fn key(&self, entity: Entity) -> &str {
        match entity {
            Entity::Queryable => &self.answer.key,
            Entity::Token => &self.liveliness.token_key,
            Entity::Watch => &self.liveliness.key,
        }
    }
}

/// Another text was typed: what was wrong with the last one is past.
fn retyped(declaration: &mut Declaration) {
    if matches!(declaration, Declaration::Failed(_)) {
        *declaration = Declaration::None;
    }
}

impl State {
    /// Why nothing can be sent now, if so; `what` is what was not done.
    pub(super) fn not_open(&self, what: &str) -> Option<Problem> {
        match self.session {
            Session::Open(_) => None,
            Session::Lost(_) => Some(Problem::new(
                "The session is lost.",
                format!("{what} Do it again once it is open; that is being tried."),
            )),
            _ => Some(Problem::new("No session.", format!("Connect to a router first. {what}"))),
        }
    }

    fn next_id(&mut self) -> PutId {
        self.next_put += 1;
        self.next_put - 1
    }

    pub(super) fn session_changed(&mut self, change: Change) -> Vec<Effect> {
        let mut tasks = Vec::new();
        match change {
            Change::Tab(tab) => {
                let before = std::mem::replace(&mut self.api.tab, tab);
                if (before == Tab::Link) != (tab == Tab::Link) {
                    tasks.push(Task::WatchLink(tab == Tab::Link));
                }
            }
            Change::Options(options) => self.api.options = options,
            Change::Hz(hz) => self.api.hz = hz,
            Change::Start => tasks.extend(self.start_rate()),
            Change::Stop => {
                tasks.extend(self.api.rate.stop(None).then_some(Task::Stop));
            }
            Change::Delete => return self.put(true),
            Change::Flush => tasks.extend(self.flush()),
            Change::Question(question) => {
                self.api.get.question = question;
                if matches!(self.api.get.asking, Asking::Failed(_)) {
                    self.api.get.asking = Asking::None;
                }
            }
            Change::Get => return self.get(),
            Change::AnswerKey(key) => {
                self.api.answer.key = key;
                retyped(&mut self.api.answer.declared);
            }
            Change::Complete(complete) => self.api.answer.complete = complete,
            Change::WithError(with_error) => self.api.answer.with_error = with_error,
            Change::TokenKey(key) => {
                self.api.liveliness.token_key = key;
                retyped(&mut self.api.liveliness.token);
            }
            Change::AliveKey(key) => {
                self.api.liveliness.key = key;
                retyped(&mut self.api.liveliness.watch);
                if matches!(self.api.liveliness.asking, Asking::Failed(_)) {
                    self.api.liveliness.asking = Asking::None;
                }
            }
            Change::Declare(entity) => {
                if !matches!(self.api.declared(entity), Declaration::Declared(_)) {
                    match entity {
                        Entity::Queryable => {
                            let answer = &mut self.api.answer;
                            // What is still under way will be told.
                            answer.asked = answer.waiting();
                            (answer.answered, answer.refused, answer.failed) = (0, 0, 0);
                            answer.queries.clear();
                            answer.problem = None;
                        }
                        Entity::Watch => self.api.liveliness.begin(),
                        Entity::Token => {}
                    }
                    tasks.push(Task::Declare(entity, self.api.key(entity).to_owned(), self.api.answer.complete));
                }
            }
            Change::Undeclare(entity) => {
                *self.api.declared(entity) = Declaration::None;
                tasks.push(Task::Undeclare(entity));
            }
            Change::List => tasks.extend(self.list()),
            Change::Declared(entity, result) => {
                *self.api.declared(entity) =
                    result.map_or_else(Declaration::Failed, |key| Declaration::Declared(key.into()));
            }
            Change::Rated(id, now) => {
                if let Rate::Running(rate, course) | Rate::Stopped { id: rate, course, .. } = &mut self.api.rate
                    && *rate == id
                {
                    *course = now;
                }
            }
            Change::RateFailed(id, problem) => {
                if matches!(self.api.rate, Rate::Running(running, _) if running == id) {
                    self.api.rate.stop(Some(problem));
                }
            }
            Change::Flushed(id, result) => {
                if self.api.fence == Fence::UnderWay(id) {
                    self.api.fence = result.map_or_else(Fence::Failed, Fence::Done);
                }
            }
            Change::Matching(matching) => self.api.matching = Some(matching),
            Change::Numbered(lane, number) => {
                if let Some(next) = self.api.numbers.next.get_mut(lane) {
                    *next = number;
                }
            }
            Change::Missed(count) => self.api.missed += u64::from(count),
            Change::ErrorReply(id, error) => {
                if self.api.get.asking == Asking::UnderWay(id) {
                    self.api.get.failed += 1;
                    self.api.get.errors.truncate(LISTED - 1);
                    self.api.get.errors.insert(0, error);
                }
            }
            Change::GetEnded(id, result) => {
                self.api.get.asking.end(id, result.clone());
                self.api.liveliness.asking.end(id, result);
            }
            Change::Asked(asked) => tasks.extend(self.asked_for(asked)),
            Change::QueryRefused => {
                self.api.answer.asked += 1;
                let limit = thousands(crate::client::Limits::DEFAULT.queries as u64);
                self.answered(1, Answered::Refused(format!("{limit} queries wait already")));
            }
            Change::Answered(count, how) => self.answered(count, how),
            Change::AnswersHeld(most) => self.api.answer.most_held = most,
            Change::Alive(token) => self.api.liveliness.told(token),
            Change::Link(stats) => self.api.link = stats,
            Change::StoodStill(pause, time) => {
                self.api.stood_still = Some(StoodStill { time, pause, outlived: false });
            }
            Change::CaughtUp => {
                if let Some(stood_still) = &mut self.api.stood_still {
                    stood_still.outlived = true;
                }
            }
        }
        tasks.into_iter().map(Effect::Session).collect()
    }

    fn start_rate(&mut self) -> Option<Task> {
        if self.api.rate.is_running() {
            return None;
        }
        let problem = match &self.build {
            Build::Failed(problem) => Some(problem.clone()),
            _ => self.not_open("Nothing was put."),
        };
        if let Some(problem) = problem {
            self.api.rate = Rate::Failed(problem);
            return None;
        }
        let id = self.next_id();
        self.api.rate = Rate::Running(id, Course::default());
        let (key, options, rows) = (self.key.clone(), self.api.options.clone(), self.rows.clone());
        self.api.started = Some((key.clone(), options.clone(), self.api.hz));
        Some(Task::Start { id, key, options, hz: self.api.hz, rows })
    }

    /// Puts at a rate go on with the rows as they are now, or end when these cannot be built.
    pub(super) fn rate_of_new_rows(&mut self) -> Option<Effect> {
        if !self.api.rate.is_running() {
            return None;
        }
        Some(Effect::Session(match &self.build {
            Build::Failed(problem) => {
                self.api.rate.stop(Some(problem.clone()));
                Task::Stop
            }
            _ => Task::Rows(self.rows.clone()),
        }))
    }

    /// Whether puts at a rate go on with another key, other options or another rate than those that are chosen now.
    #[must_use]
    pub fn rate_is_older(&self) -> bool {
        let chosen = (&self.key, &self.api.options, self.api.hz);
        self.api.rate.is_running()
            && self.api.started.as_ref().is_some_and(|(key, options, hz)| (key, options, *hz) != chosen)
    }

    fn flush(&mut self) -> Option<Task> {
        if matches!(self.api.fence, Fence::UnderWay(_)) {
            return None;
        }
        if let Some(problem) = self.not_open("No fence was asked for.") {
            self.api.fence = Fence::Failed(problem);
            return None;
        }
        let id = self.next_id();
        self.api.fence = Fence::UnderWay(id);
        Some(Task::Flush(id))
    }

    fn get(&mut self) -> Vec<Effect> {
        if let Asking::UnderWay(id) = self.api.get.asking {
            return vec![Effect::Session(Task::Cancel(id))];
        }
        let with_payload = self.api.get.question.with_payload;
        let problem = match &self.build {
            Build::Failed(problem) if with_payload => Some(problem.clone()),
            _ => self.not_open("Nobody was asked."),
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
        effects.push(Effect::Session(Task::Get { id, question, options, rows }));
        effects
    }

    fn list(&mut self) -> Option<Task> {
        if matches!(self.api.liveliness.asking, Asking::UnderWay(_)) {
            return None;
        }
        if let Some(problem) = self.not_open("Nobody was asked.") {
            self.api.liveliness.asking = Asking::Failed(problem);
            return None;
        }
        let id = self.next_id();
        let liveliness = &mut self.api.liveliness;
        liveliness.asking = Asking::UnderWay(id);
        liveliness.begin();
        Some(Task::List(id, liveliness.key.clone()))
    }

    fn asked_for(&mut self, asked: Asked) -> Option<Task> {
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

    fn answered(&mut self, count: u64, how: Answered) {
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

    /// A session has opened that was not there before.
    pub(super) fn session_begins(&mut self) -> Vec<Effect> {
        self.api.matching = None;
        vec![Effect::Session(Task::Match(self.key.clone()))]
    }

    /// The session has ended, and with it what was declared.
    pub(super) fn session_is_over(&mut self) -> Option<Effect> {
        let api = &mut self.api;
        api.matching = None;
        for entity in [Entity::Queryable, Entity::Token, Entity::Watch] {
            *api.declared(entity) = Declaration::None;
        }
        api.rate.stop(None).then_some(Effect::Session(Task::Stop))
    }

    /// The puts have another key.
    pub(super) fn key_changed(&mut self) -> Vec<Effect> {
        if let Put::Failed(_) = self.put {
            self.put = Put::None;
        }
        if let Rate::Failed(_) = self.api.rate {
            self.api.rate = Rate::None;
        }
        if !self.session.is_open() {
            return Vec::new();
        }
        self.session_begins()
    }
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Session(change)
    }
}

#[cfg(test)]
mod tests;
