//! Drives one zenoh client over one WebSocket.
//!
//! The driver moves bytes and time between the two and knows nothing of payloads. It sends in slices that keep the page responsive,
//! and watches `bufferedAmount`, the only thing that pushes back towards a router. A put has ended when its last byte has
//! left the browser's buffer, or with an error; that is not delivery, which zenoh does not confirm.
//!
//! Where `bufferedAmount` counts nothing that can be believed, as in WebKit, the client paces itself by the router's answers,
//! and a put has ended when the router has answered for its last byte. See [`Engine::counts_what_waits`].
//!
//! A page that is hidden sends as fast as one that is seen: what paces the sending is then a timer of a Worker's, see [`Alarm`].
//!
//! A lasting driver opens a session again that was lost: after a while that [`Reconnect`] decides about, or at once when the browser says that
//! the network is back or that the page is looked at.

mod opening;

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

use self::opening::connect;
use super::{
    alarm::Alarm,
    clock,
    command::{Command, Declare, Sent, Told, Unfinished},
    engine::Engine,
    socket::{ABNORMAL, Socket, SocketEvent},
    surroundings,
};
use crate::{
    app::{Problem, pause, sentence},
    client::{
        Answer, Client, CloseCause, CommandError, Config, Event, GET_TIMEOUT, GetError, Limits, LinkStats, OpId, Part,
        Progress, PutError, QueryId, ReplyError,
        capture::Bounds,
        pause::{Pause, TICK, Took, Watch},
        reconnect::Reconnect,
    },
    number::{bytes, count},
    segment::Segment,
    wire::BATCH_SIZE,
};

/// How many bytes may wait in the browser's buffer before the driver waits too.
const HIGH_WATER: u64 = 4 << 20;

/// How many bytes may be without the router's answer where the browser does not count what waits. They are in its memory until they
/// leave. On a link of 100 ms there and back it allows 80 MB/s.
const UNANSWERED: usize = 8 << 20;

/// How often progress is told at most: each time the page is drawn anew, which takes longer than a slice of sending.
const PROGRESS: Duration = Duration::from_millis(100);

/// How long the driver may keep the page from doing anything else, at a stretch.
const SLICE: Duration = Duration::from_millis(2);

/// A put between its command and its end.
struct Flight {
    total: usize,
    handed: usize,
    begun: Duration,
    /// The pauses of the page until then.
    before: Pause,
    sent: Sent,
    /// When progress was last told, and what.
    told: (Duration, usize),
    /// Its batches in the browser's buffer.
    waiting: usize,
    /// Whether its last batch was given to the socket.
    complete: bool,
}

/// What waits for an answer of the router's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Get,
    Fence,
}

/// A batch that waits in the browser's buffer.
struct Waiting {
    /// How many bytes will have left the buffer once it has.
    end: u64,
    op: OpId,
    payload: usize,
}

struct Inner {
    url: String,
    socket: Option<Socket>,
    client: Option<Client>,
    /// What went over the link of a client that is no more.
    stats: LinkStats,
    buffer: Vec<u8>,
    flights: BTreeMap<OpId, Flight>,
    /// Gets and fences between their command and their end, and the pauses of the page before.
    asked: BTreeMap<OpId, (Asked, Pause)>,
    waiting: VecDeque<Waiting>,
    /// Bytes given to the socket.
    given: u64,
    /// When the attempt to open a session began, and its WebSocket to open; what the page stood still for since then is added.
    begun: Duration,
    opened: Duration,
    /// Counts attempts to open a WebSocket: what was asked for one of them is of no use to another.
    attempt: u32,
    engine: Engine,
    watch: Watch,
    /// Whether the page stood still, and that was not told yet.
    stood_still: bool,
    /// Looks at the clocks now and then.
    beat: Option<Alarm>,
    /// Whether the end was told.
    ended: bool,
    /// Whether a lost session is opened again.
    lasting: bool,
    reconnect: Reconnect,
    /// Whether the batches of a client are recorded, and how many.
    capture: Option<Bounds>,
    /// What the browser says about the network and the page.
    hints: Vec<EventListener>,
    pump: Option<Alarm>,
    /// Whether the driver will be pumped at the end of this turn of the page.
    due: bool,
    /// For opening a WebSocket, and for the next attempt.
    timer: Option<Timeout>,
    /// For the client of an open WebSocket, and when it goes off.
    lease: Option<(Duration, Timeout)>,
    /// When the progress of what arrives was told last.
    progress: Duration,
    tell: Rc<dyn Fn(Told)>,
}

/// A session with a router, from opening the WebSocket to its end. Dropping it cuts the connection.
pub struct Driver {
    inner: Rc<RefCell<Inner>>,
}

impl Driver {
    /// Opens a session. Everything that comes of it is told through `tell`, never during a call of the driver's own methods
    /// on the same stack except at their end.
    #[must_use]
    pub fn open(url: &str, tell: impl Fn(Told) + 'static) -> Self {
        Self::new(url, false, tell)
    }

    /// As [`Driver::open`]; and once the session was open, it is opened again whenever it is lost, until [`Driver::close`].
    #[must_use]
    pub fn open_lasting(url: &str, tell: impl Fn(Told) + 'static) -> Self {
        let driver = Self::new(url, true, tell);
        driver.inner.borrow_mut().hints = hints(&driver.inner);
        driver
    }

    fn new(url: &str, lasting: bool, tell: impl Fn(Told) + 'static) -> Self {
        let engine = Engine::look();
        let reconnect = match engine.longest_hold() {
            // Where the lab is asked first, there is no failure that the engine could count.
            Some(_) if !surroundings::is_of_the_lab(url) => Reconnect::sparing(),
            _ => Reconnect::new(),
        };
        let inner = Rc::new(RefCell::new(Inner {
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

    /// Carries out `command`. What comes of it is told, some of it before this returns, at its very end.
    pub fn send(&self, command: Command) {
        match command {
            Command::Put(op, put) => {
                let (len, express, leaves) = (put.payload.len(), put.express, put.destination.takes(false));
                // What stays in this session has nothing that could leave, and has ended with the call.
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
                // Refused only when it goes on to its end, which is told as always.
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

    /// What is sent with progress and an end of its own, if it has a payload of `len` bytes. Returns whether it was taken.
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

    /// What others answer.
    fn ask(
        &self,
        op: OpId,
        asked: Asked,
        express: bool,
        verb: impl FnOnce(&mut Client, Duration) -> Result<(), CommandError>,
    ) {
        // Before, because the end may be told before this returns.
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
            // Whoever asks waits until it is finished, also when this answer was refused.
            client.finish(query).and(replied)
        });
        if taken && local {
            self.tell(Told::PutEnded(op, Ok(Sent::default())));
        }
    }

    fn tell(&self, told: Told) {
        let tell = self.inner.borrow().tell.clone();
        tell(told);
    }

    /// Whether there is an open session now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.inner.borrow().client.as_ref().is_some_and(Client::is_open)
    }

    /// Closes the session in order, or gives up opening it again; the end is told as [`Told::Closed`].
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

    /// Sends when what runs now is over, so that small puts of one turn share a batch.
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

/// Looks at the clocks, now and as long as the driver has not ended: only who looks regularly can tell that the page stood still.
fn beat(inner: &Rc<RefCell<Inner>>) {
    let weak = Rc::downgrade(inner);
    let stood_still = {
        let mut me = inner.borrow_mut();
        me.wake();
        let again = move || {
            if let Some(inner) = weak.upgrade() {
                beat(&inner);
            }
        };
        me.beat = (!me.ended).then(|| Alarm::new(TICK.as_millis() as u32, again));
        me.stood_still
    };
    if stood_still {
        pump(inner);
    }
}

/// Listens to what says that it may go well now.
fn hints(inner: &Rc<RefCell<Inner>>) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let hint = |inner: &Weak<RefCell<Inner>>| {
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
                // What waits for a timer of the page would wait for a second now.
                pump(&inner);
            }
        }));
    }
    all
}

/// Opens a lost session again, if it is time.
fn retry(inner: &Rc<RefCell<Inner>>) {
    let due = {
        let mut me = inner.borrow_mut();
        let now = me.wake();
        me.reconnect.handle_timeout(now)
    };
    if due {
        connect(inner);
    }
}

fn handle_socket(inner: &Rc<RefCell<Inner>>, event: SocketEvent) {
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
                        // Refused only when it is not lost, and then there is no second WebSocket.
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
        SocketEvent::Text => lose(
            inner,
            Some(Problem::new(
                "The server is no zenoh router.",
                "It sent a text message; zenoh's messages are binary. Check the port: a router's ws endpoint is meant, as in ws/127.0.0.1:7446.",
            )),
        ),
        SocketEvent::Closed { code } => {
            let problem = {
                let me = inner.borrow();
                ended_meanwhile(&me, code).or_else(|| closed_problem(&me, code))
            };
            match problem {
                Some(problem) => lose(inner, Some(problem)),
                None => opening::failed(inner),
            }
        }
    }
}

/// What a closed WebSocket means, or `None` when it never was open. A browser tells a page no more than the code.
fn closed_problem(inner: &Inner, code: u16) -> Option<Problem> {
    let url = &inner.url;
    Some(match inner.client.as_ref().filter(|client| !client.is_over()) {
        None => return None,
        Some(client) if !client.is_open() => Problem::new(
            "The server is no zenoh router, or it refused the session.",
            format!("It closed the connection during the handshake (WebSocket code {code})."),
        ),
        Some(_) => Problem::new(
            "The router closed the link.",
            format!(
                "The connection to {url} has ended (WebSocket code {code}): the router was stopped, or the network was cut."
            ),
        ),
    })
}

/// What a WebSocket means that closed while the page stood still, or before the session had shown that it lives after that.
fn ended_meanwhile(inner: &Inner, code: u16) -> Option<Problem> {
    let paused = inner.client.as_ref().filter(|client| client.is_open())?.paused();
    let words = pause::words(paused)?;
    let title = if paused.still.is_zero() {
        "The link ended, probably while the computer slept."
    } else {
        "The link ended while this page stood still."
    };
    let url = &inner.url;
    Some(Problem::new(
        title,
        format!(
            "{words} The connection to {url} has ended (WebSocket code {code}): a router ends a link from which it hears nothing for a \
             while, or which takes nothing."
        ),
    ))
}

fn problem_of(cause: &CloseCause) -> Option<Problem> {
    let title = match cause {
        CloseCause::ByUs => return None,
        CloseCause::ByRouter { opening: true, .. } => "The router refused the session.",
        CloseCause::ByRouter { .. } => "The router closed the session.",
        CloseCause::NoAnswer { .. } | CloseCause::OutOfTurn { opening: true } => "No zenoh router answers there.",
        CloseCause::Silent { .. } => "The router went silent.",
        _ => "The session was ended: the router broke the protocol.",
    };
    Some(Problem::new(title, format!("{}.", sentence(&cause.to_string()))))
}

/// Lets the client act on what it was given, within one slice of time.
fn pump(inner: &Rc<RefCell<Inner>>) {
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
        let mut problem = problem_of(&cause);
        let words = inner.borrow().client.as_ref().and_then(|client| pause::words(client.paused()));
        if let (Some(problem), Some(words)) = (&mut problem, words) {
            problem.detail = format!("{words} {}", problem.detail);
        }
        lose(inner, problem);
    }
}

impl Inner {
    /// The page runs now. What the clocks say of the time before goes first: what is handled next may have waited in the browser.
    fn wake(&mut self) -> Duration {
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

    fn events(&mut self, told: &mut Vec<Told>, ended: &mut Option<CloseCause>) {
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
                Event::PutFailed(op, PutError::Cancelled { sent, total }) => {
                    if self.flights.remove(&op).is_some() {
                        told.push(Told::PutEnded(op, Err(cancelled(sent, total))));
                    }
                }
                Event::PutFailed(op, error) => {
                    if let Some(flight) = self.flights.remove(&op) {
                        told.extend(matches!(error, PutError::Dropped { .. }).then_some(Told::Dropped(op)));
                        told.push(Told::PutEnded(op, Err(lost(&flight, "The put was given up.", &error.to_string()))));
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
                    told.push(Told::GetEnded(op, result.map_err(|error| get_problem(&error, pause))));
                }
                Event::Flushed(op, took) => {
                    self.asked.remove(&op);
                    told.push(Told::Flushed(op, Ok(took)));
                }
                Event::Matching { id, matching } => told.push(Told::Matching(id, matching)),
                // The flights are told as lost, with how much of each had left the browser.
                Event::Closed(end) => *ended = Some(end.cause),
            }
        }
    }

    /// How far what arrives is. What leaves is told as it leaves the browser, by [`Inner::settle`].
    fn arriving(&mut self, told: &mut Vec<Told>, now: Duration) {
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

    /// Gathers and sends until the client has no more, the browser's buffer is full, or the slice is over. Returns whether
    /// there may be more to send at once.
    fn transmit(&mut self, begun: Duration) -> bool {
        let (Some(socket), Some(client)) = (self.socket.as_ref(), self.client.as_mut()) else { return false };
        // Most messages that arrive leave nothing to be sent.
        if !client.has_transmit() {
            return false;
        }
        let mut before = clock::now();
        while socket.buffered() < HIGH_WATER || client.is_over() {
            let Some(transmit) = client.poll_transmit(&mut self.buffer, before) else { return false };
            let gathered = clock::now();
            let bytes = self.buffer.get(..transmit.len).unwrap_or_default();
            if socket.send(bytes).is_err() {
                // Only a WebSocket that is still connecting refuses. One that is closing takes and forgets; the close event tells.
                return false;
            }
            let after = clock::now();
            self.given += transmit.len as u64;
            // What a batch took is shared evenly by the puts in it.
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

    /// Finds out which batches have left the browser's buffer, or what the router has answered for. Only the puts in these are looked at: very many may wait.
    fn settle(&mut self, told: &mut Vec<Told>) {
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
        // The put that is leaving now. Those behind it are no further than when they were looked at last.
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
            self.pump = Some(Alarm::new(0, again));
        } else if !self.waiting.is_empty() {
            self.pump = Some(Alarm::new(1, again));
        }
        let Some(due) = self.client.as_ref().and_then(Client::poll_timeout) else {
            self.lease = None;
            return;
        };
        // Each message that arrives puts it off a little; a timer that goes off too early finds nothing to do and is set again.
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

/// The session has ended, or could not be opened: every put that is still under way is told, then the end itself, or when it will be
/// tried again. `None` means that it was closed by us.
fn lose(inner: &Rc<RefCell<Inner>>, problem: Option<Problem>) {
    let mut told = Vec::new();
    {
        let mut guard = inner.borrow_mut();
        let me = &mut *guard;
        if me.ended {
            return;
        }
        me.settle(&mut told);
        let cause = problem.as_ref().map_or("The session was closed.", |problem| problem.title.as_str()).to_owned();
        let gets = me.asked.values().filter(|(asked, _)| *asked == Asked::Get).count();
        let unfinished = Unfinished { puts: me.flights.len(), gets, fences: me.asked.len() - gets };
        for (op, flight) in std::mem::take(&mut me.flights) {
            told.push(Told::PutEnded(op, Err(lost(&flight, "The put failed.", &cause))));
        }
        me.socket = None;
        me.attempt = me.attempt.wrapping_add(1);
        me.given = 0;
        me.pump = None;
        me.timer = None;
        me.lease = None;
        me.waiting.clear();
        if let Some(client) = me.client.as_mut() {
            // Unless it knows already. It may still tell replies that it has kept; of puts it says what has been told above.
            client.handle_link_lost(ABNORMAL);
            me.events(&mut told, &mut None);
        }
        for (op, (asked, _)) in std::mem::take(&mut me.asked) {
            told.push(match asked {
                Asked::Get => Told::GetEnded(op, Err(unanswered("The get was cut off.", &cause))),
                Asked::Fence => Told::Flushed(op, Err(unanswered("The fence was cut off.", &cause))),
            });
        }
        let now = me.wake();
        let wait =
            if me.lasting && problem.is_some() { me.reconnect.lost(now, u32::from_le_bytes(random())) } else { None };
        match (wait, problem) {
            (Some(wait), Some(problem)) => {
                told.push(Told::Lost { problem, unfinished, wait });
                let weak = Rc::downgrade(inner);
                // A timer may be early by a fraction of a millisecond.
                let delay = wait.delay.as_millis() as u32 + 1;
                me.timer = Some(Timeout::new(delay, move || {
                    if let Some(inner) = weak.upgrade() {
                        retry(&inner);
                    }
                }));
            }
            (_, problem) => {
                me.ended = true;
                me.beat = None;
                me.stats = me.client.take().map_or(me.stats, |client| *client.stats());
                me.hints.clear();
                me.reconnect.stop();
                told.push(Told::Closed(problem));
            }
        }
    }
    let tell = inner.borrow().tell.clone();
    told.into_iter().for_each(|event| tell(event));
}

fn cancelled(sent: usize, total: usize) -> Problem {
    Problem::new(
        "The put was cancelled.",
        format!(
            "{} of {} had left the page. The router forgets them, so no other program has the sample. The payload is unharmed: put it again.",
            count(sent),
            bytes(total)
        ),
    )
}

fn get_problem(error: &GetError, pause: Pause) -> Problem {
    let title = match error {
        GetError::Timeout => "The get ran into its timeout.",
        GetError::Cancelled => "The get was cancelled.",
        _ => "The get was given up.",
    };
    let words = pause::words(pause).map(|words| format!(" {words}")).unwrap_or_default();
    Problem::new(title, format!("{}. What had come until then is listed.{words}", sentence(&error.to_string())))
}

/// What ended with its session before everybody had answered.
fn unanswered(title: &str, cause: &str) -> Problem {
    Problem::new(format!("{title} {cause}"), "What had come until then holds; ask again once the session is open.")
}

fn lost(flight: &Flight, title: &str, cause: &str) -> Problem {
    let Flight { handed, total, complete, .. } = *flight;
    let meaning = if complete {
        "Whether the router got the end of the message is not known"
    } else {
        "The router never got the whole message, so no other program has the sample"
    };
    Problem::new(
        format!("{title} {cause}"),
        format!(
            "{} of {} of the payload were handed over to the network. {meaning}. The payload is unharmed: put it again.",
            count(handed),
            bytes(total)
        ),
    )
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without a source of randomness an id can still be told apart by the time of day.
    if getrandom::getrandom(&mut bytes).is_err() {
        let seed = js_sys::Date::now() as u64;
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = crate::measure::mix(seed ^ i as u64) as u8;
        }
    }
    bytes
}
