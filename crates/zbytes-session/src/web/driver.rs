//! Drives one zenoh client over one WebSocket.
//!
//! The driver moves bytes and time between the two and does not look into payloads. It sends in
//! slices that keep the page responsive. It watches `bufferedAmount`, the only back-pressure on the
//! way to a router. A put ends with an error, or when its last byte has left the browser's buffer.
//! That is not delivery, which zenoh does not confirm.
//!
//! In WebKit `bufferedAmount` does not count the bytes that wait. There the client paces itself by
//! the router's answers, and a put has ended when the router has answered for its last byte. See
//! [`Engine::counts_what_waits`].
//!
//! Alarms of the program's [`Host`] pace the sending. The host may know timers that a hidden page
//! does not slow down.
//!
//! A lasting driver opens a lost session again, after a wait that [`Reconnect`] chooses. It tries
//! at once when the browser reports that the network is back or that the user looks at the page.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::{Rc, Weak},
    time::Duration,
};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use web_sys::VisibilityState;

use zbytes::segment::Segment;

use super::{
    clock,
    command::{Command, Declare, GetFailure, HowFar, LinkError, PutFailure, Sent, Told, Unfinished},
    engine::Engine,
    host::{Alarm, Host},
    opening::{self, connect},
    socket::{ABNORMAL, Socket, SocketEvent},
};
use crate::{
    client::{
        Answer, Client, CloseCause, CommandError, Config, Event, GET_TIMEOUT, Limits, LinkStats, OpId, Part, Progress,
        PutError, QueryId, ReplyError,
        capture::Bounds,
        pause::{Pause, TICK, Took, Watch},
        reconnect::Reconnect,
    },
    wire::BATCH_SIZE,
};

/// How many bytes may wait in the browser's buffer before the driver waits too.
const HIGH_WATER: u64 = 4 << 20;

/// How many bytes may be without the router's answer where the browser does not count the waiting
/// bytes. They occupy its memory until they leave. A link of 100 ms there and back then allows
/// 80 MB/s.
const UNANSWERED: usize = 8 << 20;

/// The shortest time between two reports of progress. The page redraws for each report, and that
/// takes longer than a slice of sending.
const PROGRESS: Duration = Duration::from_millis(100);

/// The longest time for which the driver may block the page.
const SLICE: Duration = Duration::from_millis(2);

/// A put between its command and its end.
struct Flight {
    total: usize,
    handed: usize,
    begun: Duration,
    /// The pauses of the page before the command.
    before: Pause,
    sent: Sent,
    /// When the driver last reported progress, and the bytes that it reported.
    told: (Duration, usize),
    /// How many of its batches wait in the browser's buffer.
    waiting: usize,
    /// Whether the socket has its last batch.
    complete: bool,
}

impl Flight {
    fn how_far(&self) -> HowFar {
        HowFar { handed: self.handed, total: self.total, complete: self.complete }
    }
}

/// A command that waits for answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Get,
    Fence,
}

/// A batch that waits in the browser's buffer.
struct Waiting {
    /// Bytes given to the socket up to the end of this batch.
    end: u64,
    op: OpId,
    payload: usize,
}

/// A driver's state, which the callbacks of its timers and of its WebSocket share.
pub(super) type Shared<H> = Rc<RefCell<Inner<H>>>;

pub(super) struct Inner<H: Host> {
    pub(super) host: Rc<H>,
    pub(super) url: String,
    pub(super) socket: Option<Socket>,
    client: Option<Client>,
    /// The counters of the link of a client that was dropped.
    stats: LinkStats,
    buffer: Vec<u8>,
    flights: BTreeMap<OpId, Flight>,
    /// Gets and fences between their command and their end, and the pauses of the page before them.
    asked: BTreeMap<OpId, (Asked, Pause)>,
    waiting: VecDeque<Waiting>,
    /// Bytes that the socket has taken.
    given: u64,
    /// When the attempt to open a session began, and when its WebSocket began to open. Pauses of
    /// the page since then are added.
    pub(super) begun: Duration,
    pub(super) opened: Duration,
    /// Counts attempts to open a WebSocket. An answer of the host that belongs to an earlier
    /// attempt is discarded.
    pub(super) attempt: u32,
    pub(super) engine: Engine,
    watch: Watch,
    /// Whether the page stood still and the driver has not reported it yet.
    stood_still: bool,
    /// The alarm that makes the driver look at the clocks every [`TICK`].
    beat: Option<Alarm>,
    /// Whether the driver has reported the end.
    ended: bool,
    /// Whether the driver opens a lost session again.
    lasting: bool,
    reconnect: Reconnect,
    /// The bounds for recording a client's batches; `None` without recording.
    capture: Option<Bounds>,
    /// Listeners for hints from the browser about the network and the page.
    hints: Vec<EventListener>,
    pump: Option<Alarm>,
    /// Whether a pump is pending for the end of this turn of the page.
    due: bool,
    /// The timer for opening a WebSocket, or for the next attempt.
    pub(super) timer: Option<Timeout>,
    /// The timer for the client of an open WebSocket, and the time at which it fires.
    lease: Option<(Duration, Timeout)>,
    /// When the driver last reported the progress of arriving messages.
    progress: Duration,
    pub(super) tell: Rc<dyn Fn(Told<H::Reason>)>,
}

/// Drives a session with a router, from opening the WebSocket to its end. Dropping it cuts the
/// connection.
pub struct Driver<H: Host> {
    inner: Shared<H>,
}

impl<H: Host> Driver<H> {
    /// Opens a session to the router at `url`.
    ///
    /// The driver reports every event of the session by calling `tell`. During a call of one of the
    /// driver's own methods it calls `tell` only at the end.
    #[must_use]
    pub fn open(url: &str, host: H, tell: impl Fn(Told<H::Reason>) + 'static) -> Self {
        Self::new(url, host, false, tell)
    }

    /// Opens a session as [`Driver::open`] does. After it was open once, the driver opens it again
    /// whenever it is lost, until [`Command::Close`].
    #[must_use]
    pub fn open_lasting(url: &str, host: H, tell: impl Fn(Told<H::Reason>) + 'static) -> Self {
        let driver = Self::new(url, host, true, tell);
        driver.inner.borrow_mut().hints = hints(&driver.inner);
        driver
    }

    fn new(url: &str, host: H, lasting: bool, tell: impl Fn(Told<H::Reason>) + 'static) -> Self {
        let engine = Engine::look();
        let reconnect = match engine.longest_hold() {
            // If the driver asks the host before each attempt, the engine has no failure to count.
            Some(_) if !host.asks_about(url) => Reconnect::sparing(),
            _ => Reconnect::new(),
        };
        let inner = Rc::new(RefCell::new(Inner {
            host: Rc::new(host),
            url: url.to_owned(),
            socket: None,
            client: None,
            stats: LinkStats::default(),
            buffer: vec![0; usize::from(BATCH_SIZE)],
            flights: BTreeMap::new(),
            asked: BTreeMap::new(),
            waiting: VecDeque::new(),
            given: 0,
            begun: Duration::ZERO,
            opened: Duration::ZERO,
            attempt: 0,
            engine,
            watch: Watch::new(clock::reading()),
            stood_still: false,
            beat: None,
            ended: false,
            lasting,
            reconnect,
            capture: None,
            hints: Vec::new(),
            pump: None,
            due: false,
            timer: None,
            lease: None,
            progress: Duration::ZERO,
            tell: Rc::new(tell),
        }));
        connect(&inner);
        beat(&inner);
        Self { inner }
    }

    /// Carries out `command`. The driver reports the results through `tell`, some of them at the
    /// very end of this call.
    pub fn send(&self, command: Command) {
        match command {
            Command::Put(op, put) => {
                let (len, express, leaves) = (put.payload.len(), put.express, put.destination.takes(false));
                // A put to this session alone sends no bytes, so it has ended with the call.
                if self.operate(op, leaves.then_some(len), express, |client| client.put(op, put)) && !leaves {
                    self.tell(Told::PutEnded(op, Ok(Sent::default())));
                }
            }
            Command::Get(op, get) => {
                let express = get.express;
                self.ask(op, Asked::Get, express, |client, now| client.get(op, get, now));
            }
            Command::GetAlive(op, key) => {
                self.ask(op, Asked::Get, false, |client, now| client.get_liveliness(op, key, GET_TIMEOUT, now));
            }
            Command::Flush(op) => self.ask(op, Asked::Fence, true, |client, now| client.flush(op, now)),
            Command::Answer { op, query, local, result } => self.answer(op, query, local, result),
            Command::Cancel(op) => {
                // The client refuses only an operation that runs on to its end. The driver reports
                // that end as always.
                let _ = self.with_client(|client| client.cancel(op));
                pump(&self.inner);
            }
            Command::Declare(id, what) => {
                let result = self.with_client(|client| match what {
                    Declare::Subscriber(subscribe) => client.subscribe(id, subscribe),
                    Declare::Queryable(queryable) => client.declare_queryable(id, queryable),
                    Declare::Token(key) => client.declare_token(id, key),
                    Declare::Alive(key) => client.subscribe_liveliness(id, key, true),
                    Declare::Watch(key, counterpart) => client.watch_matching(id, key, counterpart),
                });
                self.tell(Told::Declared(id, result));
                pump(&self.inner);
            }
            Command::Undeclare(id) => {
                let _ = self.with_client(|client| client.undeclare(id));
                pump(&self.inner);
            }
            Command::Stats => {
                let me = self.inner.borrow();
                let stats = me.client.as_ref().map_or(me.stats, |client| *client.stats());
                drop(me);
                self.tell(Told::Stats(stats));
            }
            Command::Capture(bounds) => {
                let mut me = self.inner.borrow_mut();
                me.capture = bounds;
                if let Some(client) = me.client.as_mut() {
                    client.capture(bounds);
                }
            }
            Command::Frames(after) => {
                let taken = self.inner.borrow().client.as_ref().map(|client| client.captured(after));
                self.tell(Told::Frames(taken.unwrap_or_default()));
            }
            Command::Close => self.close(),
        }
    }

    /// Starts an operation. With a payload of `len` bytes it gets reports of progress and an end of
    /// its own. Returns whether the client accepted it.
    fn operate(
        &self,
        op: OpId,
        len: Option<usize>,
        express: bool,
        verb: impl FnOnce(&mut Client) -> Result<(), CommandError>,
    ) -> bool {
        let (begun, before) = {
            let mut me = self.inner.borrow_mut();
            (me.wake(), me.watch.all())
        };
        if let Err(error) = self.with_client(verb) {
            self.tell(Told::Refused(op, error));
            return false;
        }
        if let Some(total) = len {
            let sent = Sent::default();
            let told = (begun, 0);
            let flight = Flight { total, handed: 0, begun, before, sent, told, waiting: 0, complete: false };
            self.inner.borrow_mut().flights.insert(op, flight);
        }
        if express {
            pump(&self.inner);
        } else {
            self.pump_after_this_turn();
        }
        true
    }

    /// Starts an operation that ends with the answers of others.
    fn ask(
        &self,
        op: OpId,
        asked: Asked,
        express: bool,
        verb: impl FnOnce(&mut Client, Duration) -> Result<(), CommandError>,
    ) {
        // Inserted before the call, because the end may be reported before it returns.
        {
            let mut me = self.inner.borrow_mut();
            me.wake();
            let before = me.watch.all();
            me.asked.insert(op, (asked, before));
        }
        if !self.operate(op, None, express, |client| verb(client, clock::now())) {
            self.inner.borrow_mut().asked.remove(&op);
        }
    }

    fn answer(&self, op: OpId, query: QueryId, local: bool, result: Result<Answer, ReplyError>) {
        let len = result.as_ref().map_or_else(|error| error.payload.len(), |answer| answer.content.len());
        let taken = self.operate(op, (!local).then_some(len), false, |client| {
            let replied = match result {
                Ok(answer) => client.reply(op, query, answer),
                Err(error) => client.reply_err(op, query, error),
            };
            // The querier waits until the query is finished, so this finishes it also when the
            // client refused the answer.
            client.finish(query).and(replied)
        });
        if taken && local {
            self.tell(Told::PutEnded(op, Ok(Sent::default())));
        }
    }

    fn tell(&self, told: Told<H::Reason>) {
        let tell = self.inner.borrow().tell.clone();
        tell(told);
    }

    /// Returns whether a session is open now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.inner.borrow().client.as_ref().is_some_and(Client::is_open)
    }

    /// Closes the session in order, or stops opening it again. The driver reports the end as
    /// [`Told::Closed`].
    fn close(&self) {
        let there = {
            let mut me = self.inner.borrow_mut();
            me.reconnect.stop();
            let there = me.client.as_ref().is_some_and(|client| !client.is_over());
            if let Some(client) = me.client.as_mut() {
                client.close();
            }
            there
        };
        if there {
            pump(&self.inner);
        } else {
            lose(&self.inner, None);
        }
    }

    /// Sends at the end of the current turn of the page, so that small puts of one turn share a
    /// batch.
    fn pump_after_this_turn(&self) {
        if std::mem::replace(&mut self.inner.borrow_mut().due, true) {
            return;
        }
        let weak = Rc::downgrade(&self.inner);
        spawn_local(async move {
            if let Some(inner) = weak.upgrade() {
                inner.borrow_mut().due = false;
                pump(&inner);
            }
        });
    }

    fn with_client<T>(&self, verb: impl FnOnce(&mut Client) -> Result<T, CommandError>) -> Result<T, CommandError> {
        self.inner.borrow_mut().client.as_mut().map_or(Err(CommandError::NotOpen), verb)
    }
}

/// Looks at the clocks now, and every [`TICK`] until the driver has ended. Without regular readings
/// the driver cannot tell that the page stood still.
fn beat<H: Host>(inner: &Shared<H>) {
    let weak = Rc::downgrade(inner);
    let stood_still = {
        let mut me = inner.borrow_mut();
        me.wake();
        let again = move || {
            if let Some(inner) = weak.upgrade() {
                beat(&inner);
            }
        };
        me.beat = (!me.ended).then(|| me.host.alarm(TICK.as_millis() as u32, Box::new(again)));
        me.stood_still
    };
    if stood_still {
        pump(inner);
    }
}

/// Listens for events after which an attempt may succeed: the network is back, or the page is
/// visible.
fn hints<H: Host>(inner: &Shared<H>) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let hint = |inner: &Weak<RefCell<Inner<H>>>| {
        if let Some(inner) = inner.upgrade() {
            {
                let mut me = inner.borrow_mut();
                let now = me.wake();
                me.reconnect.hint(now);
            }
            retry(&inner);
        }
    };
    let online = Rc::downgrade(inner);
    let mut all = vec![EventListener::new(&window, "online", move |_| hint(&online))];
    if let Some(document) = window.document() {
        let (shown, page) = (Rc::downgrade(inner), document.clone());
        all.push(EventListener::new(&document, "visibilitychange", move |_| {
            if page.visibility_state() == VisibilityState::Visible {
                hint(&shown);
            } else if let Some(inner) = shown.upgrade() {
                // A timer of the page would now fire after a second at the earliest.
                pump(&inner);
            }
        }));
    }
    all
}

/// Opens a lost session again, if its wait is over.
fn retry<H: Host>(inner: &Shared<H>) {
    let due = {
        let mut me = inner.borrow_mut();
        let now = me.wake();
        me.reconnect.handle_timeout(now)
    };
    if due {
        connect(inner);
    }
}

pub(super) fn handle_socket<H: Host>(inner: &Shared<H>, event: SocketEvent) {
    let now = inner.borrow_mut().wake();
    match event {
        SocketEvent::Opened => {
            {
                let mut me = inner.borrow_mut();
                let unanswered_bytes = (!me.engine.counts_what_waits()).then_some(UNANSWERED);
                let limits = Limits { unanswered_bytes, ..Limits::default() };
                let config = Config { zid: random(), initial_sn: u32::from_le_bytes(random()), limits };
                me.timer = None;
                match me.client.as_mut() {
                    Some(client) => {
                        // The client refuses only while it is not lost, and then a second WebSocket
                        // does not exist.
                        let _ = client.relink(config.zid, config.initial_sn, now);
                    }
                    None => {
                        let mut client = Client::new(config, now);
                        client.capture(me.capture);
                        me.client = Some(client);
                    }
                }
            }
            pump(inner);
        }
        SocketEvent::Batch(buffer) => {
            if let Some(client) = inner.borrow_mut().client.as_mut() {
                client.handle_input(Segment::received(buffer), now);
            }
            pump(inner);
        }
        SocketEvent::Text => lose(inner, Some(LinkError::Text)),
        SocketEvent::Closed { code } => {
            let error = inner.borrow().client.as_ref().filter(|client| !client.is_over()).map(|client| {
                if client.is_open() {
                    LinkError::Closed { code, paused: client.paused() }
                } else {
                    LinkError::Handshake { code }
                }
            });
            match error {
                Some(error) => lose(inner, Some(error)),
                // The WebSocket was never open.
                None => opening::failed(inner),
            }
        }
    }
}

/// Moves bytes and events between the client and the socket, within one slice of time. Then reports
/// the events.
fn pump<H: Host>(inner: &Shared<H>) {
    let mut told = Vec::new();
    let mut ended = None;
    {
        let mut guard = inner.borrow_mut();
        let me = &mut *guard;
        let begun = me.wake();
        me.pump = None;
        me.settle(&mut told);
        me.events(&mut told, &mut ended);
        let more = me.transmit(begun);
        me.events(&mut told, &mut ended);
        me.arriving(&mut told, begun);
        me.settle(&mut told);
        me.schedule(more, Rc::downgrade(inner));
    }
    let tell = inner.borrow().tell.clone();
    told.into_iter().for_each(|event| tell(event));
    if let Some(cause) = ended {
        if !cause.may_pass() {
            inner.borrow_mut().reconnect.stop();
        }
        let paused = inner.borrow().client.as_ref().map(Client::paused).unwrap_or_default();
        lose(inner, (cause != CloseCause::ByUs).then_some(LinkError::Session { cause, paused }));
    }
}

impl<H: Host> Inner<H> {
    /// Reads the clocks and accounts for a pause of the page. This must run before the driver
    /// handles an event, because the event may have waited in the browser.
    pub(super) fn wake(&mut self) -> Duration {
        let reading = clock::reading();
        if let Some(pause) = self.watch.saw(reading) {
            self.begun = self.begun.saturating_add(pause.still);
            self.opened = self.opened.saturating_add(pause.still);
            self.reconnect.handle_pause(pause.still);
            if let Some(client) = self.client.as_mut() {
                client.handle_pause(pause, reading.steady);
                self.stood_still = true;
            }
        }
        reading.steady
    }

    fn events(&mut self, told: &mut Vec<Told<H::Reason>>, ended: &mut Option<CloseCause>) {
        if std::mem::take(&mut self.stood_still) {
            let paused = self.client.as_ref().map(Client::paused).unwrap_or_default();
            told.extend((!paused.is_none()).then_some(Told::StoodStill(paused)));
        }
        while let Some(event) = self.client.as_mut().and_then(Client::poll_event) {
            match event {
                Event::Opened(info) => {
                    self.reconnect.opened(clock::now());
                    told.push(Told::Opened(info));
                }
                Event::Resumed { gap, .. } => told.push(Told::Resumed(gap)),
                Event::Sample(sample) => told.push(Told::Sample(sample)),
                Event::ArrivalEnded { id, whole } => told.push(Told::ArrivalEnded { id, whole }),
                Event::PutFailed(op, error) => {
                    if let Some(flight) = self.flights.remove(&op) {
                        told.extend(matches!(error, PutError::Dropped { .. }).then_some(Told::Dropped(op)));
                        told.push(Told::PutEnded(op, Err(PutFailure::GivenUp(error, flight.how_far()))));
                    }
                }
                Event::Missed { subscriber, count, .. } => told.push(Told::Missed(subscriber, count)),
                Event::Query(query) => told.push(Told::Query(query)),
                Event::QueriesRefused(count) => told.push(Told::QueriesRefused(count)),
                Event::CaughtUp => told.push(Told::CaughtUp),
                Event::Reply(op, reply) => told.push(Told::Reply(op, reply)),
                Event::GetEnded(op, result) => {
                    let before = self.asked.remove(&op).map(|(_, before)| before);
                    let pause = self.watch.all().since(before.unwrap_or_else(|| self.watch.all()));
                    told.push(Told::GetEnded(op, result.map_err(|error| GetFailure::Ended { error, pause })));
                }
                Event::Flushed(op, took) => {
                    self.asked.remove(&op);
                    told.push(Told::Flushed(op, Ok(took)));
                }
                Event::Matching { id, matching } => told.push(Told::Matching(id, matching)),
                // The caller ends the flights as lost, and reports how much of each had left the
                // browser.
                Event::Closed(end) => *ended = Some(end.cause),
            }
        }
    }

    /// Reports how far arriving messages are. [`Inner::settle`] reports leaving ones as they leave
    /// the browser.
    fn arriving(&mut self, told: &mut Vec<Told<H::Reason>>, now: Duration) {
        if now.saturating_sub(self.progress) < PROGRESS {
            return;
        }
        self.progress = now;
        while let Some(progress) = self.client.as_mut().and_then(Client::poll_progress) {
            if let Progress::Received(arriving) = progress {
                told.push(Told::Arriving(arriving));
            }
        }
    }

    /// Gathers and sends until the client has nothing left, the browser's buffer is full, or the
    /// slice is over. Returns whether there may be more to send at once.
    fn transmit(&mut self, begun: Duration) -> bool {
        let (Some(socket), Some(client)) = (self.socket.as_ref(), self.client.as_mut()) else { return false };
        // Most arriving messages cause nothing to send.
        if !client.has_transmit() {
            return false;
        }
        let mut before = clock::now();
        while socket.buffered() < HIGH_WATER || client.is_over() {
            let Some(transmit) = client.poll_transmit(&mut self.buffer, before) else { return false };
            let gathered = clock::now();
            let bytes = self.buffer.get(..transmit.len).unwrap_or_default();
            if socket.send(bytes).is_err() {
                // Only a WebSocket that is still connecting refuses. A closing one takes the bytes
                // and discards them; its close event reports the end.
                return false;
            }
            let after = clock::now();
            self.given += transmit.len as u64;
            // The puts in a batch share its time evenly.
            let sharers = transmit.parts.len().max(1) as u32;
            for Part { op, payload, last } in transmit.parts {
                self.waiting.push_back(Waiting { end: self.given, op, payload });
                if let Some(flight) = self.flights.get_mut(&op) {
                    flight.waiting += 1;
                    flight.sent.gather += gathered.saturating_sub(before) / sharers;
                    flight.sent.send += after.saturating_sub(gathered) / sharers;
                    if let Some((batches, ledger)) = last {
                        flight.complete = true;
                        flight.sent.batches = batches;
                        flight.sent.ledger = ledger;
                    }
                }
            }
            before = after;
            if after.saturating_sub(begun) >= SLICE {
                return true;
            }
        }
        false
    }

    /// Finds the batches that have left the browser's buffer, or that the router has answered for.
    /// Looks only at the puts in these, because very many puts may wait.
    fn settle(&mut self, told: &mut Vec<Told<H::Reason>>) {
        let Some(socket) = self.socket.as_ref().filter(|_| !self.waiting.is_empty()) else { return };
        let answered = self.client.as_ref().and_then(Client::answered);
        let left = answered.unwrap_or_else(|| self.given.saturating_sub(socket.buffered()));
        let now = clock::now();
        while let Some(Waiting { op, payload, .. }) = self.waiting.pop_front_if(|waiting| waiting.end <= left) {
            let Some(flight) = self.flights.get_mut(&op) else { continue };
            flight.handed += payload;
            flight.waiting -= 1;
            if flight.complete && flight.waiting == 0 {
                let pause = self.watch.all().since(flight.before);
                let took = Took { time: now.saturating_sub(flight.begun), pause };
                let sent = Sent { took, answered: answered.is_some(), ..std::mem::take(&mut flight.sent) };
                self.flights.remove(&op);
                told.push(Told::PutEnded(op, Ok(sent)));
            }
        }
        // The put that is leaving now. Those behind it have not moved since the last look at them.
        if let Some(Waiting { op, .. }) = self.waiting.front()
            && let Some(flight) = self.flights.get_mut(op)
            && flight.handed > flight.told.1
            && now.saturating_sub(flight.told.0) >= PROGRESS
        {
            flight.told = (now, flight.handed);
            told.push(Told::Progress(*op, flight.handed));
        }
    }

    fn schedule(&mut self, more: bool, inner: Weak<RefCell<Self>>) {
        if self.socket.is_none() {
            return;
        }
        let again = {
            let inner = inner.clone();
            move || {
                if let Some(inner) = inner.upgrade() {
                    pump(&inner);
                }
            }
        };
        if more {
            self.pump = Some(self.host.alarm(0, Box::new(again)));
        } else if !self.waiting.is_empty() {
            self.pump = Some(self.host.alarm(1, Box::new(again)));
        }
        let Some(due) = self.client.as_ref().and_then(Client::poll_timeout) else {
            self.lease = None;
            return;
        };
        // Each arriving message moves the deadline a little. A timer that fires too early finds
        // nothing due, and is set again.
        if self.lease.as_ref().is_some_and(|(set, _)| *set <= due) {
            return;
        }
        let wait = due.saturating_sub(clock::now()).as_millis() as u32 + 1;
        let timer = Timeout::new(wait, move || {
            if let Some(inner) = inner.upgrade() {
                {
                    let mut me = inner.borrow_mut();
                    let now = me.wake();
                    me.lease = None;
                    if let Some(client) = me.client.as_mut() {
                        client.handle_timeout(now);
                    }
                }
                pump(&inner);
            }
        });
        self.lease = Some((due, timer));
    }
}

/// Ends a session, or an attempt to open one. Ends every put in flight first, and then reports the
/// end or the time of the next attempt. An `error` of `None` means that the program closed it.
pub(super) fn lose<H: Host>(inner: &Shared<H>, error: Option<LinkError<H::Reason>>) {
    let mut told = Vec::new();
    {
        let mut guard = inner.borrow_mut();
        let me = &mut *guard;
        if me.ended {
            return;
        }
        me.settle(&mut told);
        let gets = me.asked.values().filter(|(asked, _)| *asked == Asked::Get).count();
        let unfinished = Unfinished { puts: me.flights.len(), gets, fences: me.asked.len() - gets };
        for (op, flight) in std::mem::take(&mut me.flights) {
            told.push(Told::PutEnded(op, Err(PutFailure::SessionEnded(error.clone(), flight.how_far()))));
        }
        me.socket = None;
        me.attempt = me.attempt.wrapping_add(1);
        me.given = 0;
        me.pump = None;
        me.timer = None;
        me.lease = None;
        me.waiting.clear();
        if let Some(client) = me.client.as_mut() {
            // The client may know already. It may still report replies that it has kept. Its events
            // about puts are ignored: the loop above has reported them.
            client.handle_link_lost(ABNORMAL);
            me.events(&mut told, &mut None);
        }
        for (op, (asked, _)) in std::mem::take(&mut me.asked) {
            told.push(match asked {
                Asked::Get => Told::GetEnded(op, Err(GetFailure::SessionEnded(error.clone()))),
                Asked::Fence => Told::Flushed(op, Err(error.clone())),
            });
        }
        let now = me.wake();
        let wait =
            if me.lasting && error.is_some() { me.reconnect.lost(now, u32::from_le_bytes(random())) } else { None };
        match (wait, error) {
            (Some(wait), Some(error)) => {
                told.push(Told::Lost { error, unfinished, wait });
                let weak = Rc::downgrade(inner);
                // A timer may be early by a fraction of a millisecond.
                let delay = wait.delay.as_millis() as u32 + 1;
                me.timer = Some(Timeout::new(delay, move || {
                    if let Some(inner) = weak.upgrade() {
                        retry(&inner);
                    }
                }));
            }
            (_, error) => {
                me.ended = true;
                me.beat = None;
                me.stats = me.client.take().map_or(me.stats, |client| *client.stats());
                me.hints.clear();
                me.reconnect.stop();
                told.push(Told::Closed(error));
            }
        }
    }
    let tell = inner.borrow().tell.clone();
    told.into_iter().for_each(|event| tell(event));
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without a source of randomness, the time of day still makes ids differ.
    if getrandom::getrandom(&mut bytes).is_err() {
        let seed = js_sys::Date::now() as u64;
        // Multiplied by odd numbers, so that each byte depends on the whole seed.
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ (i as u64) << 1) >> 56) as u8;
        }
    }
    bytes
}
