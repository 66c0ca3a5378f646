//! Answers to queries of peers, one after the other: see [`crate::app::session::answers`].

use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

use gloo_timers::callback::Timeout;

use super::{
    frames::Frames,
    page::Page,
    payloads::Payloads,
    session::{Operation, Session},
};
use crate::{
    app::{
        Problem, PutId, Row,
        session::{
            Answered, Asked, Event, Options,
            answers::{Answers, patience},
            text_bytes,
        },
    },
    browser::clock,
    client::{Content, Encoding, KeyExpr, QueryId, ReplyError, ReplySample, SampleKind},
    number::{count, seconds},
    payload::ZBytes,
};
use zbytes_session::web::command::Command;

/// How long building answers may keep the engine from other work without a break. A single answer may
/// take longer.
const SLICE: Duration = Duration::from_millis(4);

/// How many queries the page refuses in one turn at most.
const REFUSED: usize = 256;

/// How the page makes an answer. Queries that arrive while nothing changes share one value.
#[derive(PartialEq)]
struct Way {
    /// The key expression of the queryable.
    key: String,
    options: Options,
    rows: Result<Vec<Row>, String>,
}

/// A query that waits for its answer.
struct Waiting {
    op: PutId,
    query: QueryId,
    local: bool,
    key: String,
    way: Rc<Way>,
}

/// Answers queries.
pub(super) struct Answering {
    page: Page,
    payloads: Rc<Payloads>,
    frames: Rc<Frames>,
    session: Rc<Session>,
    /// The queries that the queryable of this page has not answered yet.
    answers: RefCell<Answers<Waiting>>,
    /// The reasons of refusals that have not left the browser yet.
    refused: RefCell<HashMap<PutId, String>>,
    turn: RefCell<Option<Timeout>>,
}

impl Answering {
    pub(super) fn new(page: Page, payloads: Rc<Payloads>, frames: Rc<Frames>, session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self {
            page,
            payloads,
            frames,
            session,
            answers: RefCell::default(),
            refused: RefCell::default(),
            turn: RefCell::default(),
        })
    }

    /// Queues a query for its answer. The page answers at once, unless it has planned a turn
    /// already.
    pub(super) fn answer_in_turn(
        self: &Rc<Self>,
        op: PutId,
        asked: Asked,
        key: String,
        options: Options,
        rows: Result<Vec<Row>, String>,
    ) {
        let way = Way { key, options, rows };
        let mut answers = self.answers.borrow_mut();
        let way = match answers.newest() {
            Some(newest) if *newest.way == way => newest.way.clone(),
            _ => Rc::new(way),
        };
        let Asked { query, local, key: asked, timeout, .. } = asked;
        answers.ask(Waiting { op, query, local, key: asked.raw().to_owned(), way }, clock::now(), timeout);
        drop(answers);
        if self.turn.borrow().is_none() {
            self.answer_what_is_due();
        }
    }

    /// Answers the queries that are due, for one slice of time.
    fn answer_what_is_due(self: &Rc<Self>) {
        let begun = clock::now();
        self.turn.take();
        let late = self.answers.borrow_mut().take_late(begun, REFUSED);
        for (waiting, timeout) in late {
            let why = format!(
                "this page could not answer within {} of the {} that were asked for: other answers were before it",
                seconds(patience(timeout)),
                seconds(timeout)
            );
            self.refuse(&waiting, why);
        }
        loop {
            let Some(waiting) = self.answers.borrow_mut().take() else { break };
            self.answer_query(&waiting);
            if clock::now().saturating_sub(begun) >= SLICE {
                break;
            }
        }
        self.plan_answers();
    }

    /// Sets the timer for the next turn. It sets none while only the end of an answer can start the
    /// next one.
    fn plan_answers(self: &Rc<Self>) {
        let answers = self.answers.borrow();
        let millis = if answers.is_free() {
            Some(0)
        } else {
            answers.first_late().map(|late| late.saturating_sub(clock::now()).as_millis() as u32 + 1)
        };
        drop(answers);
        let this = self.clone();
        self.turn.replace(millis.map(|millis| Timeout::new(millis, move || this.answer_what_is_due())));
    }

    fn answer_query(&self, waiting: &Waiting) {
        let Waiting { op, key: asked, way, .. } = waiting;
        let failed = |problem: &Problem| format!("{} {}", problem.title, problem.detail);
        let rows = match &way.rows {
            Ok(rows) => rows,
            // The person chose to answer with an error.
            Err(text) => return self.send_answer(waiting, Err(text_bytes(text))),
        };
        self.frames.note(*op, rows);
        let answer = || -> Result<ReplySample, String> {
            let (payload, _) = self.payloads.built(rows).map_err(|problem| failed(&problem))?;
            // A reply has one key. It is the queryable's own key; where that key is an expression,
            // it is the key of the query.
            let one = [&way.key, asked].into_iter().find(|key| !key.contains('*')).unwrap_or(asked);
            let encoding = way.options.parsed_encoding().map_err(|problem| failed(&problem))?;
            let content =
                Content { attachment: way.options.attached(), ..Content::new(SampleKind::Put { payload, encoding }) };
            Ok(ReplySample { key_expr: KeyExpr::new(one).map_err(|error| error.to_string())?, content })
        };
        match answer() {
            Ok(answer) => self.send_answer(waiting, Ok(answer)),
            Err(why) => self.refuse(waiting, why),
        }
    }

    /// Sends the querier the reason why it gets no answer.
    fn refuse(&self, waiting: &Waiting, why: String) {
        let text = text_bytes(&why);
        self.refused.borrow_mut().insert(waiting.op, why);
        self.send_answer(waiting, Err(text));
    }

    fn send_answer(&self, waiting: &Waiting, answer: Result<ReplySample, ZBytes>) {
        let Waiting { op, query, local, .. } = *waiting;
        let bytes = answer.as_ref().map_or_else(ZBytes::len, |answer| answer.content.kind.payload_len());
        let result = answer.map_err(|payload| ReplyError { payload, encoding: Encoding::TEXT_PLAIN });
        let most = {
            let mut answers = self.answers.borrow_mut();
            answers.begin(op, bytes).then(|| answers.most())
        };
        if let Some(most) = most {
            self.page.tell(Event::AnswersHeld(most));
        }
        self.session.begin(op, Operation::Answer, Command::Reply { op, query, local, result, last: true });
    }

    /// Handles the end of an answer.
    pub(super) fn ended(self: &Rc<Self>, op: PutId, result: Result<(), Problem>) {
        self.answers.borrow_mut().end(op);
        let refused = self.refused.borrow_mut().remove(&op);
        let how = match (result, refused) {
            (Err(problem), _) => Answered::Failed(problem),
            (Ok(()), Some(why)) => Answered::Refused(why),
            (Ok(()), None) => Answered::Left,
        };
        self.page.tell(Event::Answered(1, how));
        self.plan_answers();
    }

    /// The page undeclares its queryable: it refuses the queries that still wait.
    pub(super) fn stop(&self) {
        let waiting = self.answers.borrow_mut().take_all();
        for waiting in waiting {
            self.refuse(&waiting, "this page has stopped answering".to_owned());
        }
    }

    /// The session has ended, so the page drops the queries of that session.
    pub(super) fn forget(self: &Rc<Self>) {
        let gone = self.answers.borrow_mut().take_all().len();
        self.plan_answers();
        if gone > 0 {
            let detail = format!("{} waited for an answer when the session ended.", count(gone));
            let problem = Problem::new("Queries were cut off.", detail);
            self.page.tell(Event::Answered(gone as u64, Answered::Failed(problem)));
        }
    }
}
