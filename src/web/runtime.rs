//! Which service an effect is for, and what the services keep.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    mem::take,
    rc::Rc,
    time::Duration,
};

use futures_channel::oneshot;
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen_futures::spawn_local;
use yew::Callback;
use zenoh_keyexpr::OwnedKeyExpr;
use zenoh_protocol::core::CongestionControl;

use zbytes_session::web::command::{Command, Declare, Sent};

use super::{
    answers, files, hash,
    host::{Driver, LabHost},
    measuring, messages, ownership,
    rate::Publisher,
    runs,
    session::{self, Arrivals},
    sources::{self, Sources},
    surroundings, wire,
};
use crate::{
    app::{self, Action, Built, Effect, Order, Problem, PutId, Row, SampleId, Shown, locator::websocket_url},
    client::{CommandError, EntityId, Put, Sample},
    payload::ZBytes,
};

/// How long the rows must stay unchanged before the page builds the payload: a person types a
/// number digit by digit.
pub(super) const SETTLE_MILLIS: u32 = 120;

/// The first id of puts that the page's own state does not know: those of an experiment, and those
/// at a rate.
const APART: PutId = 1 << 40;

/// Returns whether this thread is a page's, and not a Worker's.
#[must_use]
pub fn is_page() -> bool {
    web_sys::window().is_some()
}

/// Takes a measurement on this page, without whole puts. The caller cannot stop it.
///
/// # Errors
/// A [`Problem`] when arrays cannot be made, payloads cannot be built, or a Worker fails.
pub async fn measure(order: Order) -> Result<Option<crate::run::Run>, Problem> {
    measuring::measure(order, None, &measuring::Stop::default(), |_| ()).await
}

pub(super) struct Inner {
    pub(super) answer: Callback<Action>,
    /// The answers of this turn so far.
    pub(super) answers: RefCell<Vec<Action>>,
    pub(super) sources: RefCell<Sources>,
    pub(super) driver: RefCell<Option<Driver>>,
    /// The address of the driver's session.
    pub(super) url: RefCell<Option<String>>,
    pub(super) payloads: RefCell<HashMap<SampleId, ZBytes>>,
    pub(super) next_sample: Cell<SampleId>,
    pub(super) settle: RefCell<Option<Timeout>>,
    /// The revision of the rows that the page is to build.
    pub(super) wanted: Cell<u64>,
    pub(super) stop: RefCell<measuring::Stop>,
    pub(super) storage: RefCell<Option<EventListener>>,
    /// The puts in flight, to be reported when they end.
    pub(super) puts: RefCell<HashMap<PutId, session::PutUnderWay>>,
    /// The puts in flight that belong to experiments.
    pub(super) waiting: RefCell<HashMap<PutId, oneshot::Sender<Result<Sent, Problem>>>>,
    /// The declarations in flight that belong to experiments.
    pub(super) declaring: RefCell<HashMap<EntityId, oneshot::Sender<Result<(), CommandError>>>>,
    pub(super) next_apart: Cell<PutId>,
    pub(super) publisher: RefCell<Option<Publisher>>,
    /// Publishers that the person stopped while some of their puts are still in flight.
    pub(super) stopped: RefCell<Vec<Publisher>>,
    /// The next number of each publisher that numbers its samples in this session.
    pub(super) numbers: RefCell<HashMap<EntityId, u32>>,
    /// The operation that the session refused last.
    pub(super) refused: Cell<PutId>,
    pub(super) arrivals: RefCell<Arrivals>,
    /// The ids of the page and of the router in the session.
    pub(super) known: RefCell<Option<session::Known>>,
    /// The key expression of each declaration, for the answer to it.
    pub(super) declared: RefCell<HashMap<EntityId, String>>,
    /// The queries of peers.
    pub(super) answering: answers::Answering,
    /// How long a sample that arrives now may have waited in the browser, because the browser
    /// stopped the page.
    pub(super) waited: Cell<Option<Duration>>,
    /// The id of the list of tokens that is in flight.
    pub(super) listing: Cell<PutId>,
    /// Reports the traffic of the link while the person views it.
    pub(super) looking: RefCell<Option<Interval>>,
    pub(super) matching: RefCell<Option<Timeout>>,
    /// Samples for the subscriber of an experiment.
    pub(super) overheard: RefCell<Vec<Sample>>,
    /// Waits until the engine has collected the array of an experiment.
    pub(super) collection: RefCell<Option<ownership::Collection>>,
    /// The frames that the session recorded.
    pub(super) wire: wire::Wire,
    /// Whether the session records frames.
    pub(super) recording: Cell<bool>,
}

/// Carries out effects and answers with actions. Clones share everything.
#[derive(Clone)]
pub struct Runtime {
    pub(super) inner: Rc<Inner>,
}

impl Runtime {
    /// Makes a runtime that answers through `answer`.
    #[must_use]
    pub fn new(answer: Callback<Action>) -> Self {
        Self {
            inner: Rc::new(Inner {
                answer,
                answers: RefCell::default(),
                sources: RefCell::default(),
                driver: RefCell::default(),
                url: RefCell::default(),
                payloads: RefCell::default(),
                next_sample: Cell::new(1),
                settle: RefCell::default(),
                wanted: Cell::default(),
                stop: RefCell::default(),
                storage: RefCell::default(),
                puts: RefCell::default(),
                waiting: RefCell::default(),
                declaring: RefCell::default(),
                next_apart: Cell::new(APART),
                publisher: RefCell::default(),
                stopped: RefCell::default(),
                arrivals: RefCell::default(),
                known: RefCell::default(),
                declared: RefCell::default(),
                answering: answers::Answering::default(),
                waited: Cell::default(),
                listing: Cell::default(),
                looking: RefCell::default(),
                numbers: RefCell::default(),
                refused: Cell::default(),
                matching: RefCell::default(),
                overheard: RefCell::default(),
                collection: RefCell::default(),
                wire: wire::Wire::default(),
                recording: Cell::default(),
            }),
        }
    }

    /// Reports what the browser has kept, and what the lab's server answers.
    pub fn start(&self) {
        self.history();
        let this = self.clone();
        *self.inner.storage.borrow_mut() = runs::watch(move |change| match change {
            runs::Change::Kept(run) => this.answer(Action::History(vec![run])),
            runs::Change::Forgotten(id) => this.answer(Action::RunGone(Some(id))),
            runs::Change::Cleared => this.answer(Action::RunGone(None)),
        });
        // In a task of its own, because a server may take its time, or never answer.
        let answer = self.inner.answer.clone();
        spawn_local(async move {
            if let Some((ws, tcp)) = surroundings::lab().await {
                answer.emit(Action::LabFound { ws, tcp });
            }
        });
    }

    /// Reports which runs the browser has kept.
    pub(super) fn history(&self) {
        let (runs, problem) = runs::load();
        self.answer(Action::History(runs));
        if let Some(problem) = problem {
            self.answer(Action::StorageFailed(problem));
        }
    }

    /// Answers at the end of this turn, with all answers of the turn in one action. A batch of the
    /// router may bring thousands of declarations. The page compares and draws its state once for
    /// each action.
    pub(super) fn answer(&self, action: Action) {
        let mut answers = self.inner.answers.borrow_mut();
        answers.push(action);
        if answers.len() > 1 {
            return;
        }
        let this = self.clone();
        spawn_local(async move {
            let answers = take(&mut *this.inner.answers.borrow_mut());
            this.inner.answer.emit(Action::Many(answers));
        });
    }

    /// Carries out `effect`.
    pub fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Build { revision, rows } => {
                files::keep(&rows);
                self.inner.wanted.set(revision);
                let this = self.clone();
                let build = Timeout::new(SETTLE_MILLIS, move || this.build(revision, rows));
                *self.inner.settle.borrow_mut() = Some(build);
            }
            // Nothing to load: this module is a part of the rest.
            Effect::LoadRest => {}
            Effect::Measure(order) => self.measure(order),
            Effect::StopMeasuring => self.inner.stop.borrow().set(),
            Effect::KeepRun(run) => {
                if let Err(problem) = runs::keep(&run.0) {
                    self.answer(Action::StorageFailed(problem));
                }
            }
            Effect::ForgetRun(id) => runs::forget(id),
            Effect::Save(download) => {
                if let Err(problem) = runs::save(&download) {
                    self.answer(Action::StorageFailed(problem));
                }
            }
            Effect::Connect(locator) => self.connect(&locator),
            Effect::Disconnect => {
                if self.inner.driver.borrow().is_none() {
                    self.answer(Action::SessionEnded(None));
                }
                self.send(Command::Close);
            }
            Effect::Put { id, key, rows, options } => {
                if let Err(problem) = self.put(id, &key, rows.as_deref(), &options) {
                    self.answer(Action::PutEnded(id, Err(problem)));
                }
            }
            Effect::CancelPut(id) => self.send(Command::Cancel(id)),
            Effect::Subscribe(key) => self.subscribe(&key),
            Effect::Unsubscribe => self.send(Command::Undeclare(session::SUBSCRIBER)),
            Effect::Session(task) => self.session_task(task),
            Effect::Hash(id) => self.hash(id),
            Effect::Forget(ids) => {
                let mut payloads = self.inner.payloads.borrow_mut();
                for id in &ids {
                    payloads.remove(id);
                }
                messages::forget(&ids);
            }
            Effect::Message(task) => self.message(task),
            Effect::Wire(task) => self.wire_task(task),
            Effect::Try { run, experiment } => self.attempt(run, experiment),
        }
    }

    pub(super) fn build(&self, revision: u64, rows: Vec<Row>) {
        let long = self.inner.sources.borrow_mut().long(&rows);
        if long.is_empty() {
            return self.build_at_once(revision, &rows);
        }
        let this = self.clone();
        spawn_local(async move {
            for row in long {
                match sources::make_in_turns(&row, || this.inner.wanted.get() == revision).await {
                    Ok(Some(memory)) => this.inner.sources.borrow_mut().keep(row, memory),
                    // The person has changed the rows meanwhile.
                    Ok(None) => return,
                    Err(problem) => return this.answer(Action::BuildEnded(revision, Err(problem))),
                }
            }
            this.build_at_once(revision, &rows);
        });
    }

    pub(super) fn build_at_once(&self, revision: u64, rows: &[Row]) {
        let mut sources = self.inner.sources.borrow_mut();
        let result = sources.make(rows).and_then(|()| {
            let payload = sources.build(None)?;
            let built =
                Built { len: payload.len(), segments: payload.segments().len(), copied: payload.built().total() };
            Ok((built, app::structures(rows, &payload)))
        });
        drop(sources);
        self.answer(Action::BuildEnded(revision, result));
    }

    pub(super) fn connect(&self, locator: &str) {
        let url = match websocket_url(locator, &surroundings::origin()) {
            Ok(url) => url,
            Err(error) => {
                let problem = Problem::new(
                    "Not a locator that a page can open.",
                    format!("{}.", app::sentence(&error.to_string())),
                );
                self.answer(Action::SessionEnded(Some(problem)));
                return;
            }
        };
        self.inner.numbers.borrow_mut().clear();
        *self.inner.url.borrow_mut() = Some(url.clone());
        let this = Rc::downgrade(&self.inner);
        let driver = Driver::open_lasting(&url, LabHost, move |told| {
            if let Some(inner) = this.upgrade() {
                Self { inner }.hear(told);
            }
        });
        *self.inner.driver.borrow_mut() = Some(driver);
        self.record_on();
    }

    pub(super) fn hash(&self, id: SampleId) {
        let payload = self.inner.payloads.borrow().get(&id).cloned();
        let this = self.clone();
        spawn_local(async move {
            let result = match payload {
                Some(payload) => hash::sha256(&payload).await.map_err(|error| error.to_string()),
                None => Err("the sample was let go".to_owned()),
            };
            this.answer(Action::Hashed(id, result));
        });
    }

    pub(super) fn measure(&self, order: Order) {
        let number = order.number;
        // The address with which the session was opened. The address in the text field may differ
        // by now.
        let url = self.inner.url.borrow().clone().filter(|_| order.puts);
        let stop = measuring::Stop::default();
        self.inner.stop.replace(stop.clone()).set();
        let this = self.clone();
        spawn_local(async move {
            let told = this.clone();
            let progress = move |progress| told.answer(Action::MeasureProgress(number, progress));
            let result = measuring::measure(order, url, &stop, progress).await;
            this.answer(Action::MeasureEnded(number, result.map(|run| run.map(|run| Shown(Rc::new(run))))));
        });
    }

    /// An id for a put that the page's own state does not know.
    pub(super) fn next_apart(&self) -> PutId {
        let id = self.inner.next_apart.get();
        self.inner.next_apart.set(id + 1);
        id
    }

    /// Makes a put that the page's own state does not know. `what` names it in errors.
    pub(super) async fn put_apart(&self, key: &OwnedKeyExpr, payload: ZBytes, what: &str) -> Result<Sent, Problem> {
        let id = self.next_apart();
        let (done, end) = oneshot::channel();
        self.inner.waiting.borrow_mut().insert(id, done);
        self.send(Command::Put(id, Put { congestion: CongestionControl::Block, ..Put::new(key.clone(), payload) }));
        end.await.map_err(|_| Problem::new(format!("{what} was cut off."), "The session has ended."))?
    }

    /// Declares an entity that the page's own state does not know.
    pub(super) async fn declare_apart(&self, id: EntityId, what: Declare) -> Result<(), CommandError> {
        let (done, end) = oneshot::channel();
        self.inner.declaring.borrow_mut().insert(id, done);
        self.send(Command::Declare(id, what));
        end.await.unwrap_or(Err(CommandError::NotOpen))
    }
}

pub(super) fn command_problem(title: &str, error: &CommandError) -> Problem {
    let title = match error {
        CommandError::TooLong { .. } => "The message is too long.",
        CommandError::NotOpen => "No session.",
        CommandError::Lost => "The session is lost.",
        _ => title,
    };
    let text = app::sentence(&error.to_string());
    Problem::new(title, format!("{text}. Nothing was sent."))
}
