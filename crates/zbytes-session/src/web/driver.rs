//! Drives one zenoh client over one link: a WebSocket, or a port.
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
//! Over a port, the router says which bytes it has taken. They have left this end then.
//!
//! What a program asks for in one task of the event loop leaves in the next, so that it shares
//! batches. What is express leaves at once, and so does a question while no other one waits. Further
//! tasks pace the sending, and alarms of the program's [`Host`] while the browser's buffer is full.
//! The host may know timers that a hidden page does not slow down.
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
use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, VisibilityState};

use zbytes::segment::Segment;

use super::{
    clock,
    command::{Command, Declare, GetFailure, LinkError, PutFailure, Sent, Told, Unfinished},
    engine::Engine,
    host::Host,
    opening::{self, connect},
    random::{random, random_id},
    socket::{ABNORMAL, LinkEvent},
    state::{Asked, Flight, Inner, Shared},
    task::Tasks,
};
use crate::{
    client::{
        Client, CloseCause, CommandError, Config, Framing, GET_TIMEOUT, Limits, LinkStats, OpId, QueryId, ReplyError,
        ReplySample,
        pause::{TICK, Watch},
        reconnect::Reconnect,
    },
    link::{PORT, RUN},
    wire::BATCH_SIZE,
};

/// How many bytes may be without the router's answer where the browser does not count the waiting
/// bytes. They occupy its memory until they leave. A link of 100 ms there and back then allows
/// 80 MB/s.
const UNANSWERED: usize = 8 << 20;

/// Drives a session with a router, from opening the WebSocket to its end. Dropping it cuts the
/// connection.
pub struct Driver<H: Host> {
    inner: Shared<H>,
}

impl<H: Host> Driver<H> {
    /// Opens a session to the router at `url`. If its query has `framing=stream`, a stream of
    /// batches is behind it, as in zenoh's tcp link: see [`Framing`]. If it begins with [`PORT`],
    /// the router is in this browser, and [`Host::port`] has a port to it.
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
        let framing = Framing::of_url(url);
        let reconnect = match engine.longest_hold() {
            // If the driver asks the host before each attempt, the engine has no failure to count.
            Some(_) if !host.asks_about(url) && !url.starts_with(PORT) => Reconnect::sparing(),
            _ => Reconnect::new(),
        };
        let inner = Rc::new_cyclic(|inner: &Weak<RefCell<Inner<H>>>| {
            let later = inner.clone();
            let tasks = Tasks::new(move || {
                if let Some(inner) = later.upgrade() {
                    inner.borrow_mut().due = false;
                    pump(&inner);
                }
            });
            RefCell::new(Inner {
                tasks,
                host: Rc::new(host),
                url: url.to_owned(),
                socket: None,
                client: None,
                stats: LinkStats::default(),
                buffer: vec![0; if framing == Framing::Stream { RUN } else { usize::from(BATCH_SIZE) }],
                framing,
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
                #[cfg(feature = "capture")]
                capture: None,
                hints: Vec::new(),
                pump: None,
                due: false,
                timer: None,
                lease: None,
                progress: Duration::ZERO,
                tell: Rc::new(tell),
            })
        });
        connect(&inner);
        beat(&inner);
        Self { inner }
    }

    /// Carries out `command`. The driver reports the results through `tell`, some of them at the
    /// very end of this call.
    pub fn send(&self, command: Command) {
        match command {
            Command::Put(op, put) => {
                let (len, express, leaves, traced) =
                    (put.kind.payload_len(), put.express, put.allowed_destination.takes(false), put.traced);
                // A put to this session alone sends no bytes, so it has ended with the call.
                if self.operate(op, leaves.then_some(len), express, traced, |client| client.put(op, put)) && !leaves {
                    self.tell(Told::PutEnded(op, Ok(Sent::default())));
                }
            }
            Command::Get(op, get) => {
                let express = get.express;
                self.ask(op, Asked::Get, express, |client, now| client.get(op, get, now));
            }
            Command::LivelinessGet(op, key) => {
                self.ask(op, Asked::Get, false, |client, now| client.get_liveliness(op, key, GET_TIMEOUT, now));
            }
            Command::Flush(op) => self.ask(op, Asked::Fence, true, |client, now| client.flush(op, now)),
            Command::Reply { op, query, local, result, last } => self.answer(op, query, local, result, last),
            Command::Finish(query) => {
                let _ = self.with_client(|client| client.finish(query));
                self.inner.borrow_mut().pump_later();
            }
            Command::Cancel(op) => {
                // The client refuses only an operation that runs on to its end. The driver reports
                // that end as always.
                let _ = self.with_client(|client| client.cancel(op));
                pump(&self.inner);
            }
            Command::Declare(id, what) => {
                let result = self.with_client(|client| match what {
                    Declare::Subscriber(subscribe) => client.declare_subscriber(id, subscribe),
                    Declare::Queryable(queryable) => client.declare_queryable(id, queryable),
                    Declare::LivelinessToken(key) => client.declare_token(id, key),
                    Declare::LivelinessSubscriber(key, history) => {
                        client.declare_liveliness_subscriber(id, key, history)
                    }
                    Declare::MatchingListener(key, counterpart) => {
                        client.declare_matching_listener(id, key, counterpart)
                    }
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
            #[cfg(feature = "capture")]
            Command::Capture(bounds) => {
                let mut me = self.inner.borrow_mut();
                me.capture = bounds;
                if let Some(client) = me.client.as_mut() {
                    client.capture(bounds);
                }
            }
            #[cfg(feature = "frames")]
            Command::Frames(after) => {
                let taken = self.inner.borrow().client.as_ref().map(|client| client.captured(after));
                self.tell(Told::Frames(taken.unwrap_or_default()));
            }
            Command::Hint => hint(&self.inner),
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
        traced: bool,
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
            let flight = Flight { total, handed: 0, begun, before, sent, told, waiting: 0, complete: false, traced };
            self.inner.borrow_mut().flights.insert(op, flight);
        }
        if express {
            pump(&self.inner);
        } else {
            self.inner.borrow_mut().pump_later();
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
        let alone = {
            let mut me = self.inner.borrow_mut();
            me.wake();
            let before = me.watch.all();
            me.asked.insert(op, (asked, before));
            // The program waits for the answer, and nothing is there to share a batch with.
            me.asked.len() == 1 && !me.due
        };
        if !self.operate(op, None, express || alone, false, |client| verb(client, clock::now())) {
            self.inner.borrow_mut().asked.remove(&op);
        }
    }

    fn answer(&self, op: OpId, query: QueryId, local: bool, result: Result<ReplySample, ReplyError>, last: bool) {
        let len = result.as_ref().map_or_else(|error| error.payload.len(), |answer| answer.content.len());
        let taken = self.operate(op, (!local).then_some(len), false, false, |client| {
            let replied = match result {
                Ok(answer) => client.reply(op, query, answer),
                Err(error) => client.reply_err(op, query, error),
            };
            if !last {
                return replied;
            }
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

/// An attempt may succeed now.
fn hint<H: Host>(inner: &Shared<H>) {
    {
        let mut me = inner.borrow_mut();
        let now = me.wake();
        me.reconnect.hint(now);
    }
    retry(inner);
}

/// Listens for events after which an attempt may succeed: the network is back, or the page is
/// visible. A Worker hears of the network only; [`Command::Hint`] is for the rest.
fn hints<H: Host>(inner: &Shared<H>) -> Vec<EventListener> {
    let online = Rc::downgrade(inner);
    let global: EventTarget = js_sys::global().unchecked_into();
    // Node's global object is not the target of an event.
    if !Reflect::has(&global, &"addEventListener".into()).unwrap_or(false) {
        return Vec::new();
    }
    let mut all = vec![EventListener::new(&global, "online", move |_| {
        if let Some(inner) = online.upgrade() {
            hint(&inner);
        }
    })];
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        let (shown, page) = (Rc::downgrade(inner), document.clone());
        all.push(EventListener::new(&document, "visibilitychange", move |_| {
            let Some(inner) = shown.upgrade() else { return };
            if page.visibility_state() == VisibilityState::Visible {
                hint(&inner);
            } else {
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

pub(super) fn handle_link<H: Host>(inner: &Shared<H>, event: LinkEvent) {
    let now = inner.borrow_mut().wake();
    match event {
        LinkEvent::Opened => {
            {
                let mut me = inner.borrow_mut();
                let counts = me.engine.counts_what_waits() || me.is_over_a_port();
                let unanswered_bytes = (!counts).then_some(UNANSWERED);
                let limits = Limits { unanswered_bytes, ..Limits::default() };
                let zid = random_id();
                let config = Config { limits, framing: me.framing, ..Config::new(zid, u32::from_le_bytes(random())) };
                me.timer = None;
                match me.client.as_mut() {
                    Some(client) => {
                        // The client refuses only while it is not lost, and then a second WebSocket
                        // does not exist.
                        let _ = client.relink(config.zid, config.initial_sn, now);
                    }
                    None => {
                        me.client = Some(Client::new(config, now));
                        #[cfg(feature = "capture")]
                        {
                            let bounds = me.capture;
                            me.client.iter_mut().for_each(|client| client.capture(bounds));
                        }
                    }
                }
            }
            pump(inner);
        }
        LinkEvent::Message(buffer) => {
            {
                let mut me = inner.borrow_mut();
                let len = buffer.byte_length() as usize;
                if let Some(client) = me.client.as_mut() {
                    client.handle_input(Segment::received(buffer), now);
                }
                if let Some(socket) = &me.socket {
                    socket.took(len);
                }
            }
            pump(inner);
        }
        LinkEvent::Room => pump(inner),
        LinkEvent::Ended(reason) => lose(inner, Some(LinkError::Ended { reason })),
        LinkEvent::Text => lose(inner, Some(LinkError::Text)),
        LinkEvent::Closed { code } => {
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
        let given = me.given;
        let more = me.transmit(begun);
        me.events(&mut told, &mut ended);
        me.arriving(&mut told, begun);
        me.settle(&mut told);
        let soon = more || me.given != given;
        me.schedule(soon, Rc::downgrade(inner), pump);
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
