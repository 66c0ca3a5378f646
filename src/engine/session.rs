//! The session of the Router pane: its driver, what is in flight in it, and what it has declared.
//! The runtime says whose a message of the session is.

mod pending;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};

use futures_channel::oneshot;
use gloo_timers::callback::{Interval, Timeout};

use zbytes_session::web::command::{Command, Declare};

pub(super) use self::pending::Operation;
use self::pending::{Declaring, Pending, PutFacts};
use super::{
    SETTLE_MILLIS, command_problem,
    frames::Frames,
    host::{Driver, LabHost, Told, url_of},
    page::Page,
    payloads::Payloads,
};
use crate::{
    app::{
        self, Clock, Problem, PutId, Row, Stamp,
        session::{Asked, Attachment, Entity, EntityName, Event, Options, Question},
    },
    browser::clock,
    client::{
        CommandError, EntityId, Get, KeyExpr, MatchingStatusType, Priority, Put, Query, Queryable, Reliability, Sample,
        SessionInfo, Subscriber, Timestamp, ZenohId, pause::Pause, stamp::Stamps,
    },
    payload::ZBytes,
};

/// How often the page reports the traffic of the link, while the person views it.
const LINK_MILLIS: u32 = 500;

/// What the runtime hears of the session.
pub(super) enum Heard<'a> {
    /// The session at this address told something.
    Told(&'a str, Told),
    /// This command has no session to go to.
    NotOpen(Command),
}

/// The page and the router of the open session, or of the last one. Their clocks stamp the samples.
struct Known {
    page: ZenohId,
    router: ZenohId,
    stamps: Stamps,
}

impl Known {
    fn of(info: &SessionInfo) -> Self {
        Self { page: info.zid, router: info.router_zid, stamps: Stamps::of(info.zid) }
    }
}

/// The page's data puts in a class.
struct CountedPuts {
    key: String,
    puts: u64,
    lane: Option<(Priority, Reliability)>,
}

/// Keeps the session.
pub(super) struct Session {
    page: Page,
    payloads: Rc<Payloads>,
    frames: Rc<Frames>,
    hear: Box<dyn Fn(Heard<'_>)>,
    driver: RefCell<Option<Rc<Driver>>>,
    known: RefCell<Option<Known>>,
    pending: Pending,
    /// The next number of each publisher that numbers its samples in this session.
    numbers: RefCell<HashMap<EntityId, u32>>,
    /// What is counted for a class.
    counted: RefCell<Option<CountedPuts>>,
    /// The operation that the session refused last.
    refused: Cell<Option<PutId>>,
    /// How long a sample that arrives now may have waited in the browser, because the browser
    /// stopped the engine.
    waited: Cell<Option<Duration>>,
    /// Waits until the person types no more of a key.
    matching: RefCell<Option<Timeout>>,
    /// Reports the traffic of the link while the person views it.
    watching: RefCell<Option<Interval>>,
}

impl Session {
    /// Makes the service, without a session yet. `hear` takes what sessions tell; it is called
    /// while this borrows nothing.
    pub(super) fn new(
        page: Page,
        payloads: Rc<Payloads>,
        frames: Rc<Frames>,
        hear: impl Fn(Heard<'_>) + 'static,
    ) -> Rc<Self> {
        Rc::new(Self {
            page,
            payloads,
            frames,
            hear: Box::new(hear),
            driver: RefCell::default(),
            known: RefCell::default(),
            pending: Pending::default(),
            numbers: RefCell::default(),
            counted: RefCell::default(),
            refused: Cell::default(),
            waited: Cell::default(),
            matching: RefCell::default(),
            watching: RefCell::default(),
        })
    }

    // The session itself.

    pub(super) fn connect(self: &Rc<Self>, locator: &str) {
        let url = match url_of(locator) {
            Ok(url) => url,
            Err(problem) => return self.page.tell(app::Event::SessionEnded(Some(problem))),
        };
        self.numbers.borrow_mut().clear();
        let (this, at) = (Rc::downgrade(self), url.clone());
        let driver = Driver::open_lasting(&url, LabHost, move |told| {
            if let Some(this) = this.upgrade() {
                (this.hear)(Heard::Told(&at, told));
            }
        });
        // The driver before ends when nothing is borrowed.
        drop(self.driver.replace(Some(Rc::new(driver))));
        // A session that has only just begun also records its handshake.
        if self.frames.is_recording() {
            self.send(Command::Capture(Some(Frames::BOUNDS)));
        }
    }

    pub(super) fn disconnect(&self) {
        if self.driver().is_none() {
            self.page.tell(app::Event::SessionEnded(None));
        }
        self.send(Command::Close);
    }

    /// Records frames from now on, or does not any more.
    pub(super) fn record(&self, on: bool) {
        self.frames.record(on);
        self.send(Command::Capture(on.then_some(Frames::BOUNDS)));
    }

    fn driver(&self) -> Option<Rc<Driver>> {
        self.driver.borrow().clone()
    }

    /// Whether a session is open now.
    pub(super) fn is_open(&self) -> bool {
        self.driver().is_some_and(|driver| driver.is_open())
    }

    /// Sends the session a command. Without a session, the command is refused.
    pub(super) fn send(&self, command: Command) {
        let numbered = match &command {
            Command::Put(id, put) => put.numbered.map(|publisher| (*id, publisher)),
            _ => None,
        };
        let Some(driver) = self.driver() else { return (self.hear)(Heard::NotOpen(command)) };
        driver.send(command);
        // The driver reports a refusal before `send` returns.
        if let Some((_, publisher)) = numbered.filter(|(id, _)| self.refused.get() != Some(*id)) {
            self.number_taken(publisher);
        }
    }

    /// Counts the numbered puts of a publisher. Reports its next number when that may be longer on
    /// the wire.
    fn number_taken(&self, publisher: EntityId) {
        let next = {
            let mut numbers = self.numbers.borrow_mut();
            let next = numbers.entry(publisher).or_default();
            *next = next.wrapping_add(1);
            *next
        };
        if let Some(EntityName::Publisher(lane)) = EntityName::of(publisher)
            && (next.is_power_of_two() || next == 0)
        {
            self.page.tell(Event::Numbered(lane, next));
        }
    }

    /// The session is open.
    pub(super) fn opened(&self, info: SessionInfo) {
        self.waited.set(None);
        self.known.replace(Some(Known::of(&info)));
        self.page.tell(app::Event::Opened(info));
    }

    /// The browser stopped the engine for so long.
    pub(super) fn stood_still(&self, pause: Pause) {
        self.waited.set(Some(pause.longest()));
        self.page.tell(Event::StoodStill(pause, clock::time_of_day()));
    }

    /// The engine has every message that had waited in the browser.
    pub(super) fn caught_up(&self) {
        self.waited.set(None);
        self.page.tell(Event::CaughtUp);
    }

    /// Reports the traffic of the link from time to time, or does not any more.
    pub(super) fn watch_link(self: &Rc<Self>, wanted: bool) {
        let this = self.clone();
        self.watching.replace(wanted.then(|| Interval::new(LINK_MILLIS, move || this.send(Command::Stats))));
        if wanted {
            self.send(Command::Stats);
        }
    }

    // Operations.

    /// An id for an operation that the page's own state does not know.
    pub(super) fn next_id(&self) -> PutId {
        self.pending.next_id()
    }

    /// Begins an operation. Its end is told by `id`.
    pub(super) fn begin(&self, id: PutId, operation: Operation, command: Command) {
        self.pending.begin(id, operation);
        self.send(command);
    }

    /// Takes the operation that has ended. `None` when no operation in flight has this id.
    pub(super) fn end(&self, id: PutId) -> Option<Operation> {
        self.pending.end(id)
    }

    /// As [`Session::end`], for an operation that the session has refused.
    pub(super) fn end_refused(&self, id: PutId) -> Option<Operation> {
        self.refused.set(Some(id));
        self.end(id)
    }

    /// Whether `id` is a list of the names of a class.
    pub(super) fn is_class_names(&self, id: PutId) -> bool {
        self.pending.is_class_names(id)
    }

    /// Counts the puts under this key from now on, or those of no key any more.
    pub(super) fn count_puts(&self, key: Option<String>) {
        let mut counted = self.counted.borrow_mut();
        if counted.as_ref().map(|counted| &counted.key) != key.as_ref() {
            *counted = key.map(|key| CountedPuts { key, puts: 0, lane: None });
        }
    }

    /// How many puts under that key were handed over and have not failed, and the lane of the newest.
    pub(super) fn counted(&self) -> (u64, Option<(Priority, Reliability)>) {
        self.counted.borrow().as_ref().map_or((0, None), |counted| (counted.puts, counted.lane))
    }

    /// Counts a put that is about to begin, if its key is the one.
    pub(super) fn count(&self, put: &Put) -> bool {
        let mut counted = self.counted.borrow_mut();
        let Some(counted) = counted.as_mut().filter(|counted| counted.key == put.key_expr.as_str()) else {
            return false;
        };
        counted.puts += 1;
        counted.lane = Some((put.priority, put.reliability));
        true
    }

    /// A put that was counted has not left.
    pub(super) fn count_failed(&self) {
        if let Some(counted) = self.counted.borrow_mut().as_mut() {
            counted.puts = counted.puts.saturating_sub(1);
        }
    }

    /// Whether `id` is a list of tokens.
    pub(super) fn is_list(&self, id: PutId) -> bool {
        self.pending.is_list(id)
    }

    /// Publishes the rows, or deletes the key.
    pub(super) fn put(&self, id: PutId, key: &str, rows: Option<&[Row]>, options: &Options) {
        // A delete has no rows.
        self.frames.put_begins(id, rows.unwrap_or_default());
        match self.put_of(key, rows, options) {
            Ok((put, built)) => {
                let counts = self.count(&put);
                let facts = PutFacts { bytes: put.kind.payload_len(), built, deleted: put.kind.is_delete(), counts };
                self.frames.note(id, rows.unwrap_or_default());
                // Its batches keep the payload in memory for as long as it is the last put.
                let put = Put { traced: facts.bytes <= app::KEPT_BYTES, ..put };
                self.begin(id, Operation::Put(facts), Command::Put(id, put));
            }
            Err(problem) => self.page.tell(app::Event::PutEnded(id, Err(problem))),
        }
    }

    /// The put, and how many bytes building its payload has copied.
    fn put_of(&self, key: &str, rows: Option<&[Row]>, options: &Options) -> Result<(Put, u64), Problem> {
        let key = checked(key, rows.into_iter().flatten(), options)?;
        let Some(rows) = rows else { return Ok((self.as_chosen(Put::delete(key), options)?, 0)) };
        self.put_of_rows(key, rows, options)
    }

    /// A put of the rows, and how many bytes building its payload has copied. The head of a frame is
    /// its attachment.
    ///
    /// # Errors
    /// As [`Session::as_chosen`], and when the payload cannot be built.
    pub(super) fn put_of_rows(&self, key: KeyExpr, rows: &[Row], options: &Options) -> Result<(Put, u64), Problem> {
        let (payload, receipt, head) = self.payloads.to_put(rows)?;
        let mut put = self.as_chosen(Put::new(key, payload), options)?;
        if let Some(head) = head {
            put.attachment = Some(head.attached());
        }
        Ok((put, receipt.ledger.total()))
    }

    /// Returns `put` with the options of the pane.
    ///
    /// # Errors
    /// A [`Problem`] when the encoding is too long, or the put is to say its time and no session
    /// was open yet.
    pub(super) fn as_chosen(&self, put: Put, options: &Options) -> Result<Put, Problem> {
        options.apply(put, options.stamped.then(|| self.stamp()).transpose()?)
    }

    /// A timestamp of the current time, by the id of this page in its session.
    fn stamp(&self) -> Result<Timestamp, Problem> {
        match self.known.borrow_mut().as_mut() {
            Some(known) => Ok(known.stamps.stamp(clock::since_1970())),
            None => Err(command_problem("Not sent.", &CommandError::NotOpen)),
        }
    }

    pub(super) fn get(&self, id: PutId, question: &Question, options: &Options, rows: Option<&[Row]>) {
        match self.get_of(question, options, rows) {
            Ok(get) => {
                // A get without a payload has no rows.
                self.frames.note(id, rows.unwrap_or_default());
                self.begin(id, Operation::Get, Command::Get(id, get));
            }
            Err(problem) => self.page.tell(Event::GetEnded(id, Err(problem))),
        }
    }

    fn get_of(&self, question: &Question, options: &Options, rows: Option<&[Row]>) -> Result<Get, Problem> {
        let get = Get::of_selector(&question.selector).map_err(|error| command_problem("Not asked.", &error.into()))?;
        Ok(Get {
            payload: rows.map(|rows| self.payloads.built(rows)).transpose()?.map(|(payload, _)| payload),
            encoding: options.parsed_encoding()?,
            attachment: options.attached(),
            target: question.target,
            consolidation: question.consolidation,
            timeout: Duration::from_millis(question.timeout_millis as u64),
            priority: options.priority,
            express: options.express,
            ..get
        })
    }

    /// Lists the tokens under a key expression that the person typed.
    pub(super) fn list(&self, id: PutId, key: &str) {
        match KeyExpr::new(key) {
            Ok(key) => self.begin(id, Operation::List, Command::LivelinessGet(id, key)),
            Err(error) => self.page.tell(Event::ListEnded(id, Err(command_problem("It was refused.", &error.into())))),
        }
    }

    pub(super) fn flush(&self, id: PutId) {
        self.begin(id, Operation::Fence, Command::Flush(id));
    }

    // Declarations.

    pub(super) fn subscribe(&self, key: &str) {
        self.declare(EntityName::Subscriber, key, |key| {
            Declare::Subscriber(Subscriber { sample_miss: true, ..key.into() })
        });
    }

    /// Declares what the person wants. `complete` is about a queryable.
    pub(super) fn declare_entity(&self, entity: Entity, key: &str, complete: bool) {
        self.declare(EntityName::Entity(entity), key, |key| match entity {
            Entity::Queryable => Declare::Queryable(Queryable { complete, ..key.into() }),
            Entity::Token => Declare::LivelinessToken(key),
            Entity::Watch => Declare::LivelinessSubscriber(key, true),
        });
    }

    /// Reports whether a subscriber matches this key, once the person has typed it.
    pub(super) fn watch_matching(self: &Rc<Self>, key: String) {
        let this = self.clone();
        self.matching.replace(Some(Timeout::new(SETTLE_MILLIS, move || {
            this.undeclare(EntityName::Matching);
            this.declare(EntityName::Matching, &key, |key| {
                Declare::MatchingListener(key, MatchingStatusType::Subscribers)
            });
        })));
    }

    /// Declares an entity under the key expression that the person typed.
    fn declare(&self, name: EntityName, key: &str, what: impl FnOnce(KeyExpr) -> Declare) {
        match KeyExpr::new(key) {
            Ok(key) => {
                self.pending.begin_declaring(name, Declaring::Pane(key.to_string()));
                self.send(Command::Declare(name.id(), what(key)));
            }
            Err(error) => self.tell_declared(name, Err(command_problem("Not declared.", &error.into()))),
        }
    }

    /// Declares an entity of an experiment, and waits for the answer.
    ///
    /// # Errors
    /// That of the session, which may not be open.
    pub(super) async fn declare_apart(&self, name: EntityName, what: Declare) -> Result<(), CommandError> {
        let (done, end) = oneshot::channel();
        self.pending.begin_declaring(name, Declaring::Experiment(done));
        self.send(Command::Declare(name.id(), what));
        // Another experiment that declares takes the place of this one.
        end.await.unwrap_or(Err(CommandError::NotOpen))
    }

    pub(super) fn undeclare(&self, name: EntityName) {
        self.send(Command::Undeclare(name.id()));
    }

    /// The session has answered a declaration.
    pub(super) fn declared(&self, id: EntityId, result: Result<(), CommandError>) {
        let Some(name) = EntityName::of(id) else { return };
        match self.pending.end_declaring(name) {
            Some(Declaring::Pane(key)) => {
                let result = result.map(|()| key).map_err(|error| command_problem("Not declared.", &error));
                self.tell_declared(name, result);
            }
            Some(Declaring::Experiment(done)) => {
                // The experiment may have timed out, and does not wait for the result any more.
                let _ = done.send(result);
            }
            None => {}
        }
    }

    fn tell_declared(&self, name: EntityName, result: Result<String, Problem>) {
        match name {
            EntityName::Subscriber => self.page.tell(app::Event::SubscribeEnded(result)),
            EntityName::Entity(entity) => self.page.tell(Event::Declared(entity, result)),
            // A key that cannot be watched cannot be put to either, and the put says so.
            EntityName::Matching
            | EntityName::Experiment
            | EntityName::Publisher(_)
            | EntityName::ClassToken
            | EntityName::ClassWatch
            | EntityName::ClassSubscriber
            | EntityName::ClassName => {}
        }
    }

    // What arrives.

    /// The page is asked.
    pub(super) fn asked(&self, query: Query) {
        self.page.tell(Event::Asked(Asked {
            query: query.id,
            time: clock::time_of_day(),
            key: query.key_expr.as_str().into(),
            parameters: query.parameters.into(),
            len: query.payload.map(|payload| payload.len()),
            attachment: query.attachment.as_ref().map(Attachment::of),
            timeout: query.timeout,
            local: query.local,
        }));
    }

    /// When a sample was made, as the page shows it.
    pub(super) fn stamp_of(&self, sample: &Sample) -> Option<Stamp> {
        let timestamp = sample.timestamp.as_ref()?;
        let id = timestamp.id();
        let known = self.known.borrow();
        let by = match known.as_ref() {
            Some(known) if id == known.router => Clock::Router,
            Some(known) if id == known.page => Clock::Page,
            _ => Clock::Other(id.to_string()),
        };
        Some(Stamp { time: clock::time_of_day_at(timestamp.since_1970()), by })
    }

    /// How long a sample that arrives now may have waited in the browser.
    pub(super) fn waited(&self, sample: &Sample) -> Option<Duration> {
        self.waited.get().filter(|_| !sample.local)
    }
}

/// The key expression of a put of these rows. It is checked before the arrays are made: a refusal
/// should not cost a gibibyte. Near the limit, the bytes of a number or a time decide; then the
/// client refuses.
///
/// # Errors
/// A [`Problem`] when the key is not valid, the encoding is too long, or the message would be.
pub(super) fn checked<'a>(
    key: &str,
    rows: impl IntoIterator<Item = &'a Row>,
    options: &Options,
) -> Result<KeyExpr, Problem> {
    let refused = |error: CommandError| command_problem("Not sent.", &error);
    let key = KeyExpr::new(key).map_err(|error| refused(error.into()))?;
    let len = rows.into_iter().map(Row::bytes).fold(0usize, usize::saturating_add);
    options.apply(Put::new(key.clone(), ZBytes::empty()), None)?.message_len(len, None).map_err(refused)?;
    Ok(key)
}
