//! Drives one zenoh client over one WebSocket.
//!
//! The driver moves bytes and time between the two and knows nothing of payloads. It sends in slices that keep the page responsive,
//! and watches `bufferedAmount`, the only thing that pushes back towards a router. A put has ended when its last byte has
//! left the browser's buffer, or with an error; that is not delivery, which zenoh does not confirm.
//!
//! A lasting driver opens a session again that was lost: after a while that [`Reconnect`] decides about, or at once when the browser says that
//! the network is back or that the page is looked at.

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
use zenoh_keyexpr::OwnedKeyExpr;

use super::{
    clock,
    socket::{Socket, SocketEvent},
};
use crate::{
    app::Problem,
    client::{
        Client, CloseCause, CommandError, Config, Event, Get, GetError, Limits, OpId, Part, Put, Reply, Sample,
        SessionInfo, SubscriberId,
        reconnect::{Reconnect, Wait},
    },
    ledger::Ledger,
    number::{bytes, count},
    segment::Segment,
    wire::BATCH_SIZE,
};

/// How many bytes may wait in the browser's buffer before the driver waits too.
const HIGH_WATER: u64 = 4 << 20;

/// How often progress is told at most: each time the page is drawn anew, which takes longer than a slice of sending.
const PROGRESS: Duration = Duration::from_millis(100);

/// How long the driver may keep the page from doing anything else, at a stretch.
const SLICE: Duration = Duration::from_millis(4);

/// How long a server may take to accept a WebSocket. A browser waits for minutes where nothing answers at all.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// What a browser says of a WebSocket that ended without a goodbye.
const ABNORMAL: u16 = 1006;

/// Facts about a put whose last byte has left the browser's buffer.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// WebSocket messages that carried it.
    pub batches: usize,
    /// What gathering copied.
    pub ledger: Ledger,
    /// Time spent gathering.
    pub gather: Duration,
    /// Time spent inside `WebSocket.send`.
    pub send: Duration,
    /// From the command to the end.
    pub took: Duration,
}

/// What the driver tells.
#[derive(Debug)]
pub enum Told {
    /// The session is open, for the first time or again.
    Opened(SessionInfo),
    /// A sample arrived.
    Sample(Sample),
    /// Payload bytes of a put that have left the browser's buffer.
    Progress(OpId, usize),
    /// A put has ended.
    PutEnded(OpId, Result<Sent, Problem>),
    /// A get has an answer.
    Reply(OpId, Reply),
    /// A get has ended; after it there are no more answers.
    GetEnded(OpId, Result<(), GetError>),
    /// The session was lost, or could not be opened again; it is tried again after a while. Every put has been told before.
    Lost {
        /// Why.
        problem: Problem,
        /// Puts that ended with it.
        puts: usize,
        /// When it is tried again.
        wait: Wait,
    },
    /// Follows [`Told::Opened`] of a session that was lost: for so long nothing was heard.
    Resumed(Duration),
    /// The session has ended; every put has been told before.
    Closed(Option<Problem>),
}

/// A put between its command and its end.
struct Flight {
    total: usize,
    handed: usize,
    begun: Duration,
    sent: Sent,
    /// When progress was last told, and what.
    told: (Duration, usize),
    /// Its batches in the browser's buffer.
    waiting: usize,
    /// Whether its last batch was given to the socket.
    complete: bool,
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
    buffer: Vec<u8>,
    flights: BTreeMap<OpId, Flight>,
    waiting: VecDeque<Waiting>,
    /// Bytes given to the socket.
    given: u64,
    opened: Duration,
    /// Whether the end was told.
    ended: bool,
    /// Whether a lost session is opened again.
    lasting: bool,
    reconnect: Reconnect,
    /// What the browser says about the network and the page.
    hints: Vec<EventListener>,
    pump: Option<Timeout>,
    /// Whether the driver will be pumped at the end of this turn of the page.
    due: bool,
    timer: Option<Timeout>,
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
        let inner = Rc::new(RefCell::new(Inner {
            url: url.to_owned(),
            socket: None,
            client: None,
            buffer: vec![0; usize::from(BATCH_SIZE)],
            flights: BTreeMap::new(),
            waiting: VecDeque::new(),
            given: 0,
            opened: clock::now(),
            ended: false,
            lasting,
            reconnect: Reconnect::new(),
            hints: Vec::new(),
            pump: None,
            due: false,
            timer: None,
            tell: Rc::new(tell),
        }));
        connect(&inner);
        Self { inner }
    }

    /// Publishes; the end is told as [`Told::PutEnded`], unless this returns an error.
    ///
    /// # Errors
    /// As [`Client::put`].
    pub fn put(&self, op: OpId, put: Put) -> Result<(), CommandError> {
        let begun = clock::now();
        let (total, express) = (put.payload.len(), put.express);
        let result = self.with_client(|client| client.put(op, put));
        if result.is_ok() {
            let flight = Flight {
                total,
                handed: 0,
                begun,
                sent: Sent::default(),
                told: (begun, 0),
                waiting: 0,
                complete: false,
            };
            self.inner.borrow_mut().flights.insert(op, flight);
            if express {
                pump(&self.inner);
            } else {
                self.pump_after_this_turn();
            }
        }
        result
    }

    /// Asks; answers are told as [`Told::Reply`] and the end as [`Told::GetEnded`], unless this returns an error.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn get(&self, op: OpId, get: Get) -> Result<(), CommandError> {
        let result = self.with_client(|client| client.get(op, get, clock::now()));
        self.pump_after_this_turn();
        result
    }

    /// Declares a subscriber, for as long as the driver lives.
    ///
    /// # Errors
    /// As [`Client::subscribe`].
    pub fn subscribe(&self, id: SubscriberId, key: OwnedKeyExpr) -> Result<(), CommandError> {
        let result = self.with_client(|client| client.subscribe(id, key));
        pump(&self.inner);
        result
    }

    /// Undeclares a subscriber.
    ///
    /// # Errors
    /// As [`Client::unsubscribe`].
    pub fn unsubscribe(&self, id: SubscriberId) -> Result<(), CommandError> {
        let result = self.with_client(|client| client.unsubscribe(id));
        pump(&self.inner);
        result
    }

    /// Closes the session in order, or gives up opening it again; the end is told as [`Told::Closed`].
    pub fn close(&self) {
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

/// Opens a WebSocket, for the first time or again.
fn connect(inner: &Rc<RefCell<Inner>>) {
    let url = inner.borrow().url.clone();
    let weak = Rc::downgrade(inner);
    let opened = Socket::open(&url, move |event| {
        if let Some(inner) = weak.upgrade() {
            handle_socket(&inner, event);
        }
    });
    let (problem, after) = match &opened {
        Ok(_) => (
            Problem::new(
                format!("No connection to {url}."),
                format!("Nothing answered within {} s. Check host and port.", OPEN_TIMEOUT.as_secs()),
            ),
            OPEN_TIMEOUT,
        ),
        // Told later, as everything is, so that the caller has the driver by then.
        Err(reason) => (
            Problem::new("The browser refused to connect.", format!("It said: {reason}. The address was {url}.")),
            Duration::ZERO,
        ),
    };
    let weak = Rc::downgrade(inner);
    let mut me = inner.borrow_mut();
    me.opened = clock::now();
    me.given = 0;
    me.socket = opened.ok();
    me.timer = Some(Timeout::new(after.as_millis() as u32, move || {
        if let Some(inner) = weak.upgrade() {
            lose(&inner, Some(problem));
        }
    }));
}

/// Listens to what says that it may go well now.
fn hints(inner: &Rc<RefCell<Inner>>) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let hint = |inner: &Weak<RefCell<Inner>>| {
        if let Some(inner) = inner.upgrade() {
            inner.borrow_mut().reconnect.hint(clock::now());
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
            }
        }));
    }
    all
}

/// Opens a lost session again, if it is time.
fn retry(inner: &Rc<RefCell<Inner>>) {
    if inner.borrow_mut().reconnect.handle_timeout(clock::now()) {
        connect(inner);
    }
}

fn handle_socket(inner: &Rc<RefCell<Inner>>, event: SocketEvent) {
    let now = clock::now();
    match event {
        SocketEvent::Opened => {
            let config = Config { zid: random(), initial_sn: u32::from_le_bytes(random()), limits: Limits::default() };
            {
                let mut me = inner.borrow_mut();
                me.timer = None;
                match me.client.as_mut() {
                    Some(client) => {
                        // Refused only when it is not lost, and then there is no second WebSocket.
                        let _ = client.relink(config.zid, config.initial_sn, now);
                    }
                    None => me.client = Some(Client::new(config, now)),
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
            let problem = closed_problem(&inner.borrow(), code, now);
            lose(inner, Some(problem));
        }
    }
}

/// What a closed WebSocket means. A browser tells a page no more than the code.
fn closed_problem(inner: &Inner, code: u16, now: Duration) -> Problem {
    let url = &inner.url;
    match inner.client.as_ref().filter(|client| !client.is_over()) {
        None => {
            let millis = now.saturating_sub(inner.opened).as_millis();
            Problem::new(
                format!("No connection to {url}."),
                format!(
                    "The WebSocket was refused after {millis} ms: nothing listens there, or it is no WebSocket server, or it does not \
                     allow this page. Start a router with scripts/serve --router-only, or check host and port."
                ),
            )
        }
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
    }
}

fn problem_of(cause: &CloseCause) -> Option<Problem> {
    let title = match cause {
        CloseCause::ByUs => return None,
        CloseCause::ByRouter { .. } => "The router closed the session.",
        CloseCause::NoAnswer { .. } | CloseCause::OutOfTurn { opening: true } => "No zenoh router answers there.",
        CloseCause::Silent { .. } => "The router went silent.",
        _ => "The session was ended: the router broke the protocol.",
    };
    let detail = cause.to_string();
    let mut letters = detail.chars();
    let detail =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
    Some(Problem::new(title, format!("{detail}.")))
}

/// Lets the client act on what it was given, within one slice of time.
fn pump(inner: &Rc<RefCell<Inner>>) {
    let mut told = Vec::new();
    let mut ended = None;
    {
        let mut guard = inner.borrow_mut();
        let me = &mut *guard;
        let begun = clock::now();
        me.pump = None;
        me.settle(&mut told);
        me.events(&mut told, &mut ended);
        let more = me.transmit(begun);
        me.events(&mut told, &mut ended);
        me.settle(&mut told);
        me.schedule(more, Rc::downgrade(inner));
    }
    let tell = inner.borrow().tell.clone();
    told.into_iter().for_each(|event| tell(event));
    if let Some(cause) = ended {
        if !cause.may_pass() {
            inner.borrow_mut().reconnect.stop();
        }
        lose(inner, problem_of(&cause));
    }
}

impl Inner {
    fn events(&mut self, told: &mut Vec<Told>, ended: &mut Option<CloseCause>) {
        while let Some(event) = self.client.as_mut().and_then(Client::poll_event) {
            match event {
                Event::Opened(info) => {
                    self.reconnect.opened(clock::now());
                    told.push(Told::Opened(info));
                }
                Event::Resumed { gap, .. } => told.push(Told::Resumed(gap)),
                Event::Sample(sample) => told.push(Told::Sample(sample)),
                Event::PutFailed(op, error) => {
                    if let Some(flight) = self.flights.remove(&op) {
                        told.push(Told::PutEnded(op, Err(lost(&flight, "The put was given up.", &error.to_string()))));
                    }
                }
                Event::Reply(op, reply) => told.push(Told::Reply(op, reply)),
                Event::GetEnded(op, result) => told.push(Told::GetEnded(op, result)),
                // The page answers nobody, and neither numbers nor fences nor watches.
                Event::Missed { .. } | Event::Query(_) | Event::Flushed(..) | Event::Matching { .. } => {}
                // The flights are told as lost, with how much of each had left the browser.
                Event::Closed(end) => *ended = Some(end.cause),
            }
        }
    }

    /// Gathers and sends until the client has no more, the browser's buffer is full, or the slice is over. Returns whether
    /// there may be more to send at once.
    fn transmit(&mut self, begun: Duration) -> bool {
        let (Some(socket), Some(client)) = (self.socket.as_ref(), self.client.as_mut()) else { return false };
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

    /// Finds out which batches have left the browser's buffer.
    fn settle(&mut self, told: &mut Vec<Told>) {
        let Some(socket) = self.socket.as_ref() else { return };
        let left = self.given.saturating_sub(socket.buffered());
        while let Some(Waiting { op, payload, .. }) = self.waiting.pop_front_if(|waiting| waiting.end <= left) {
            if let Some(flight) = self.flights.get_mut(&op) {
                flight.handed += payload;
                flight.waiting -= 1;
            }
        }
        let now = clock::now();
        self.flights.retain(|op, flight| {
            if flight.complete && flight.waiting == 0 {
                let sent = Sent { took: now.saturating_sub(flight.begun), ..std::mem::take(&mut flight.sent) };
                told.push(Told::PutEnded(*op, Ok(sent)));
                return false;
            }
            if flight.handed > flight.told.1 && now.saturating_sub(flight.told.0) >= PROGRESS {
                flight.told = (now, flight.handed);
                told.push(Told::Progress(*op, flight.handed));
            }
            true
        });
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
            self.pump = Some(Timeout::new(0, again));
        } else if !self.waiting.is_empty() {
            self.pump = Some(Timeout::new(1, again));
        }
        let due = self.client.as_ref().and_then(Client::poll_timeout);
        self.timer = due.map(|due| {
            let wait = due.saturating_sub(clock::now()).as_millis() as u32 + 1;
            Timeout::new(wait, move || {
                if let Some(inner) = inner.upgrade() {
                    if let Some(client) = inner.borrow_mut().client.as_mut() {
                        client.handle_timeout(clock::now());
                    }
                    pump(&inner);
                }
            })
        });
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
        let puts = me.flights.len();
        for (op, flight) in std::mem::take(&mut me.flights) {
            told.push(Told::PutEnded(op, Err(lost(&flight, "The put failed.", &cause))));
        }
        me.socket = None;
        me.pump = None;
        me.timer = None;
        me.waiting.clear();
        if let Some(client) = me.client.as_mut() {
            // Unless it knows already. What it then says has been told above.
            client.handle_link_lost(ABNORMAL);
            while client.poll_event().is_some() {}
        }
        let now = clock::now();
        let wait =
            if me.lasting && problem.is_some() { me.reconnect.lost(now, u32::from_le_bytes(random())) } else { None };
        match (wait, problem) {
            (Some(wait), Some(problem)) => {
                told.push(Told::Lost { problem, puts, wait });
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
                me.client = None;
                me.hints.clear();
                me.reconnect.stop();
                told.push(Told::Closed(problem));
            }
        }
    }
    let tell = inner.borrow().tell.clone();
    told.into_iter().for_each(|event| tell(event));
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
