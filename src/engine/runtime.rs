//! Which service a message of the page is for, and what the services keep.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    mem::take,
    rc::Rc,
    time::Duration,
};

use futures_channel::oneshot;
use gloo_timers::callback::{Interval, Timeout};
use js_sys::ArrayBuffer;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;
use zenoh_keyexpr::OwnedKeyExpr;
use zenoh_protocol::core::CongestionControl;

use zbytes_session::web::command::{self as link, Declare, Sent};

use super::{
    answers, files, hash,
    host::{Driver, LabHost},
    measuring, messages, ownership,
    rate::Publisher,
    session::{self, Arrivals},
    sources::{self, Sources},
    views, wire,
};
use crate::{
    app::{self, Built, Command, Event, InWords, Order, Problem, PutId, Row, SampleId, Shown, locator::websocket_url},
    browser::surroundings,
    client::{CommandError, EntityId, Put, Sample},
    payload::ZBytes,
    protocol::{Answer, QuestionId, ToEngine, ToPage, VERSION},
};

/// How long the rows must stay unchanged before the engine builds the payload: a person types a
/// number digit by digit.
pub(super) const SETTLE_MILLIS: u32 = 120;

/// The first id of puts that the page's own state does not know: those of an experiment, and those
/// at a rate.
const APART: PutId = 1 << 40;

/// Sends the page a message, with objects of the browser that go along.
type Post = dyn Fn(&ToPage, &[JsValue]);

pub(super) struct Inner {
    /// Tells the page.
    post: Box<Post>,
    /// What the page is to be told of this turn so far.
    answers: RefCell<Vec<Event>>,
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
    /// The payloads that are held for views of the page.
    pub(super) views: views::Views,
    /// The message that is read.
    pub(super) reading: messages::Reading,
    /// Whether the page is hidden, and whether it was during the measurement.
    pub(super) hidden: Cell<bool>,
    pub(super) was_hidden: Cell<bool>,
}

/// Does what the page asks, and tells it what happened. Clones share everything.
#[derive(Clone)]
pub struct Runtime {
    pub(super) inner: Rc<Inner>,
}

impl Runtime {
    /// Makes a runtime that tells the page by `post`.
    #[must_use]
    pub fn new(post: impl Fn(&ToPage, &[JsValue]) + 'static) -> Self {
        Self {
            inner: Rc::new(Inner {
                post: Box::new(post),
                answers: RefCell::default(),
                sources: RefCell::default(),
                driver: RefCell::default(),
                url: RefCell::default(),
                payloads: RefCell::default(),
                next_sample: Cell::new(1),
                settle: RefCell::default(),
                wanted: Cell::default(),
                stop: RefCell::default(),
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
                views: views::Views::default(),
                reading: messages::Reading::default(),
                hidden: Cell::default(),
                was_hidden: Cell::default(),
            }),
        }
    }

    /// Tells the page that the engine runs, and what the lab's server answers.
    pub fn start(&self) {
        (self.inner.post)(&ToPage::Ready(VERSION), &[wasm_bindgen::module()]);
        // In a task of its own, because a server may take its time, or never answer.
        let this = self.clone();
        spawn_local(async move {
            if let Some((ws, tcp)) = surroundings::lab().await {
                this.answer(Event::LabFound { ws, tcp });
            }
        });
    }

    /// Does what a message of the page says. `along` are the objects that came with it. A message
    /// that arrives before the end of this waits for it.
    pub async fn obey(&self, message: ToEngine, along: Vec<JsValue>) {
        match message {
            ToEngine::Do(Command::Files(files)) => self.read_files(files, along).await,
            ToEngine::Do(command) => self.carry_out(command),
            ToEngine::Ask(id, question) => self.ask(id, question),
            ToEngine::Cancel(id) => self.cancel(id),
            ToEngine::Release(view) => self.release(view),
        }
    }

    /// Tells the page at the end of this turn, with everything else of the turn. A batch of the
    /// router may bring thousands of declarations. The page compares and draws its state once for
    /// each message.
    pub(super) fn answer(&self, event: Event) {
        let mut answers = self.inner.answers.borrow_mut();
        answers.push(event);
        if answers.len() > 1 {
            return;
        }
        let this = self.clone();
        spawn_local(async move {
            this.tell();
        });
    }

    /// Tells the page what has happened so far.
    fn tell(&self) {
        let events = take(&mut *self.inner.answers.borrow_mut());
        if !events.is_empty() {
            (self.inner.post)(&ToPage::Told(events), &[]);
        }
    }

    /// Answers a question, after everything that was told before.
    pub(super) fn answer_question(&self, id: QuestionId, answer: Answer, along: &[JsValue]) {
        self.tell();
        (self.inner.post)(&ToPage::Answer(id, answer), along);
    }

    /// Tells which share of a question is done.
    pub(super) fn progress(&self, id: QuestionId, done: f64) {
        (self.inner.post)(&ToPage::Progress(id, done), &[]);
    }

    /// Has the page hand a file over to the person.
    pub(super) fn hand_over(&self, blob: Blob, name: &str) {
        (self.inner.post)(&ToPage::File(name.to_owned()), &[blob.into()]);
    }

    /// Hands the pixels of a picture to the page.
    pub(super) fn show(&self, number: u64, width: usize, pixels: &ArrayBuffer) {
        (self.inner.post)(&ToPage::Pixels { number, width }, &[pixels.into()]);
    }

    /// Carries out a command.
    fn carry_out(&self, command: Command) {
        match command {
            // `obey` reads them, because commands behind it wait.
            Command::Files(_) => {}
            Command::Build { revision, rows } => {
                files::keep(&rows);
                self.inner.wanted.set(revision);
                let this = self.clone();
                let build = Timeout::new(SETTLE_MILLIS, move || this.build(revision, rows));
                *self.inner.settle.borrow_mut() = Some(build);
            }
            Command::Measure { order, locator } => self.measure(order, locator.as_deref()),
            Command::StopMeasuring => self.inner.stop.borrow().set(),
            Command::Connect(locator) => self.connect(&locator),
            Command::Disconnect => {
                if self.inner.driver.borrow().is_none() {
                    self.answer(Event::SessionEnded(None));
                }
                self.send(link::Command::Close);
            }
            Command::Put { id, key, rows, options } => {
                if let Err(problem) = self.put(id, &key, rows.as_deref(), &options) {
                    self.answer(Event::PutEnded(id, Err(problem)));
                }
            }
            Command::CancelPut(id) => self.send(link::Command::Cancel(id)),
            Command::Subscribe(key) => self.subscribe(&key),
            Command::Unsubscribe => self.send(link::Command::Undeclare(session::SUBSCRIBER)),
            Command::Session(task) => self.session_task(task),
            Command::Hash(id) => self.hash(id),
            Command::Forget(ids) => {
                let mut payloads = self.inner.payloads.borrow_mut();
                for id in &ids {
                    payloads.remove(id);
                }
                self.inner.reading.forget(&ids);
            }
            Command::Message(task) => self.message(task),
            Command::Room(room) => self.inner.reading.set_room(room),
            Command::Record(on) => self.record(on),
            Command::Frames(after) => self.send(link::Command::Frames(after)),
            Command::SaveFrames(format, frames) => self.save_frames(format, frames),
            Command::Hidden(hidden) => {
                self.inner.hidden.set(hidden);
                self.inner.was_hidden.set(hidden || self.inner.was_hidden.get());
                if !hidden {
                    // The person looks again: an attempt to connect may succeed now.
                    self.send(link::Command::Hint);
                }
            }
            Command::Try { run, experiment } => self.attempt(run, experiment),
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
                    Err(problem) => return this.answer(Event::BuildEnded(revision, Err(problem))),
                }
            }
            this.build_at_once(revision, &rows);
        });
    }

    pub(super) fn build_at_once(&self, revision: u64, rows: &[Row]) {
        let mut sources = self.inner.sources.borrow_mut();
        let result = sources.make(rows).and_then(|()| {
            let (payload, receipt) = sources.build(None)?;
            let built =
                Built { len: payload.len(), segments: payload.segments().len(), copied: receipt.ledger.total() };
            Ok((built, app::structures(rows, &payload)))
        });
        drop(sources);
        self.answer(Event::BuildEnded(revision, result));
    }

    pub(super) fn connect(&self, locator: &str) {
        let url = match websocket_url(locator, &surroundings::origin()) {
            Ok(url) => url,
            Err(error) => {
                let problem = Problem::new(
                    "Not a locator that a page can open.",
                    format!("{}.", app::sentence(&error.to_string())),
                );
                self.answer(Event::SessionEnded(Some(problem)));
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
                Some(payload) => hash::sha256(&payload).await.map_err(|error| error.in_words()),
                None => Err("the sample was let go".to_owned()),
            };
            this.answer(Event::Hashed(id, result));
        });
    }

    pub(super) fn measure(&self, order: Order, locator: Option<&str>) {
        let number = order.number;
        // A session was open at this locator, so it is one.
        let url = locator.and_then(|locator| websocket_url(locator, &surroundings::origin()).ok());
        self.inner.was_hidden.set(self.inner.hidden.get());
        let stop = measuring::Stop::default();
        self.inner.stop.replace(stop.clone()).set();
        let this = self.clone();
        spawn_local(async move {
            let told = this.clone();
            let progress = move |progress| told.answer(Event::MeasureProgress(number, progress));
            let mut result = measuring::measure(order, url, &stop, progress).await;
            if let Ok(Some(run)) = &mut result {
                run.conditions.hidden = this.inner.was_hidden.get();
            }
            this.answer(Event::MeasureEnded(number, result.map(|run| run.map(|run| Shown(Rc::new(run))))));
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
        self.send(link::Command::Put(
            id,
            Put { congestion: CongestionControl::Block, ..Put::new(key.clone(), payload) },
        ));
        end.await.map_err(|_| Problem::new(format!("{what} was cut off."), "The session has ended."))?
    }

    /// Declares an entity that the page's own state does not know.
    pub(super) async fn declare_apart(&self, id: EntityId, what: Declare) -> Result<(), CommandError> {
        let (done, end) = oneshot::channel();
        self.inner.declaring.borrow_mut().insert(id, done);
        self.send(link::Command::Declare(id, what));
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
    let text = app::sentence(&error.in_words());
    Problem::new(title, format!("{text}. Nothing was sent."))
}
