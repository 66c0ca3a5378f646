//! A zenoh client without I/O.
//!
//! [`Client`] is a state machine: it sees no socket, no clock and no JavaScript value. Whoever drives it has one WebSocket, and
//! does this:
//!
//! 1. [`Client::new`] when the WebSocket is open.
//! 2. One input at a time: [`Client::handle_input`] for each binary message, [`Client::handle_timeout`] when
//!    [`Client::poll_timeout`] has passed, or a verb ([`Client::put`], [`Client::subscribe`], …).
//! 3. Then [`Client::poll_event`] until there is none, and [`Client::poll_transmit`] for as long as the socket takes more.
//!
//! Time is a parameter: a [`Duration`] since any fixed moment, the same for all calls.
//!
//! Batches are gathered inside [`Client::poll_transmit`], into a buffer that the driver reuses, so a batch is never an object of
//! its own, and an owner that is gone is noticed before its sequence number is spent.
//!
//! A session that was lost, by the link or by the router, can be opened again over a new link: [`Client::relink`]. The client keeps what was
//! declared and declares it anew, in the order in which it was declared; [`Event::Resumed`] says how long nothing was heard. What was
//! under way has ended with the lost session, see [`Ended`]: a put is never sent twice. [`reconnect`] decides when to try.
//!
//! When whoever drives it stood still for a while, [`Client::handle_pause`] is told first: what comes then may have waited in the browser.
//!
//! What a peer sends can end the session with an error, never in a panic; what is kept for it is bounded by [`Limits`].

#![deny(clippy::indexing_slicing)]

pub mod capture;
pub mod channel;
mod declare;
pub mod encoding;
mod error;
mod held;
mod key;
mod lane;
mod limits;
mod numbers;
mod pace;
pub mod pause;
mod progress;
mod query;
mod queue;
pub mod reconnect;
mod sample;
pub mod stamp;
mod stats;

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use zenoh_keyexpr::OwnedKeyExpr;
pub use zenoh_protocol::{
    core::{CongestionControl, Encoding, EntityGlobalIdProto, Priority, Reliability, Timestamp},
    network::request::ext::QueryTarget,
    zenoh::ConsolidationMode,
};
use zenoh_protocol::{
    core::{Field, ZenohIdProto},
    transport::{InitAck, OpenAck, close::reason, init},
};

pub use self::{
    declare::{Counterpart, Queryable, Subscribe},
    error::{CloseCause, CommandError, GetError, PutError},
    key::{canonical, join, key_expression},
    lane::Agreed,
    limits::Limits,
    progress::{Arriving, Leaving, Progress},
    query::{Answer, GET_TIMEOUT, Get, Querier, Query, QueryId, Reply, ReplyError},
    sample::{Locality, Publisher, Put, Sample, plan},
    stats::{LinkStats, Traffic},
};
use self::{
    declare::{Declared, Entity, Remote},
    held::{Account, Reading},
    lane::{Lanes, sn_mask},
    pace::Pace,
    pause::{Pause, Took},
    query::{Pending, check_message},
    queue::{Failed, Queued, Queues},
};
use crate::wire::{BATCH_SIZE, BatchReader, Lane, Message, Outgoing, Transport, encode};
pub use crate::wire::{BatchPlan, Content, Qos, Source};
use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};

/// How long the router may take for each step of the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long a silence the router may take us for gone. A page can be frozen for a while, so it is generous.
pub const LEASE: Duration = Duration::from_secs(60);

/// The longest lease that is believed of a router.
const MAX_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a client needs to know from outside.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Our zenoh id: 16 random bytes, not all zero.
    pub zid: [u8; 16],
    /// A random number; it decides where sequence numbers begin.
    pub initial_sn: u32,
    /// The bounds.
    pub limits: Limits,
}

/// What a session was agreed to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Our own zenoh id, hexadecimal.
    pub zid: String,
    /// The router's zenoh id, hexadecimal.
    pub router: String,
    /// The longest batch, in bytes.
    pub batch_size: u16,
    /// Lanes with sequence numbers of their own: 16 with priorities, else 2.
    pub lanes: u8,
    /// Bits of a sequence number.
    pub sn_bits: u8,
    /// After how long a silence the router takes us for gone.
    pub lease: Duration,
    /// After how long a silence we take the router for gone.
    pub router_lease: Duration,
    /// The patch version of the protocol.
    pub patch: u8,
}

impl SessionInfo {
    /// What of it decides how messages are sent.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        Agreed {
            qos: usize::from(self.lanes) == Lanes::COUNT,
            markers: init::ext::PatchType::new(self.patch).has_fragmentation_markers(),
            mask: u32::MAX >> 32u8.saturating_sub(self.sn_bits).min(31),
            batch_size: self.batch_size,
        }
    }
}

/// Names an operation; chosen by the caller, who should not use one twice in a session.
pub type OpId = u64;

/// Names something that the caller declares, in one numbering for all: a subscriber, a queryable, a token, a watch; and, in a
/// numbering of its own, a publisher that numbers its samples. Chosen by the caller.
pub type EntityId = u32;

/// Names a subscriber.
pub type SubscriberId = EntityId;

/// What the driver and the application are told.
#[derive(Clone, Debug)]
pub enum Event {
    /// The session is open.
    Opened(SessionInfo),
    /// A sample arrived.
    Sample(Sample),
    /// Numbered samples did not come: before the next sample of the same publisher, which follows.
    Missed {
        /// Who missed them.
        subscriber: SubscriberId,
        /// Whose they were.
        publisher: EntityGlobalIdProto,
        /// How many.
        count: u32,
    },
    /// A put, a get or an answer was given up, by itself or by [`Client::cancel`], before all of it was sent. The session goes on; a get ends
    /// apart.
    PutFailed(OpId, PutError),
    /// A large message of which [`Client::poll_progress`] has told does not go on arriving: all of it is there, and its sample or answer is the next
    /// event, or its sender, or the loss of a part of it, has ended it.
    ArrivalEnded {
        /// Which one, as in [`Arriving::id`].
        id: u64,
        /// Whether all of it is there.
        whole: bool,
    },
    /// A queryable is asked.
    Query(Query),
    /// So many times it would have been asked, and was not: too many queries wait already. Each
    /// asker got an error that says so.
    QueriesRefused(u64),
    /// A get has an answer.
    Reply(OpId, Reply),
    /// A get has no more answers.
    GetEnded(OpId, Result<(), GetError>),
    /// A fence was answered, after so long: the router has handed on everything that was put before it. See [`Client::flush`].
    Flushed(OpId, Took),
    /// Whether there is anybody at the other end of a watch.
    Matching {
        /// The watch.
        id: EntityId,
        /// Whether there is.
        matching: bool,
    },
    /// The session has ended. What was not sent never will be. After the transmits that are still there, the driver closes the WebSocket.
    /// There are no more events, unless [`Client::relink`] is called.
    Closed(Ended),
    /// After [`Client::handle_pause`]: everything that waited in the browser has been handled, and the link has outlived the pause.
    CaughtUp,
    /// Follows [`Event::Opened`] when the session was lost before: everything is declared again.
    Resumed {
        /// Since the lost session was last known to live; its pauses are those since then. What was published meanwhile may not have
        /// arrived. What had waited in the browser during a pause does not count.
        gap: Took,
        /// Whom that concerns.
        subscribers: Vec<SubscriberId>,
    },
}

/// How a session has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub cause: CloseCause,
    /// The operations that had not ended, and end with it.
    pub unfinished: Vec<Unfinished>,
}

/// An operation that ended with its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Which one.
    pub op: OpId,
    /// Whether a part of its message was sent.
    pub begun: bool,
}

/// A batch to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Transmit {
    /// Its length, from the beginning of the buffer.
    pub len: usize,
    /// The parts of puts in it: one of a large put, or many small puts as a whole.
    pub parts: Vec<Part>,
}

/// The part of a put that a batch carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Which put.
    pub op: OpId,
    /// Payload bytes in this batch.
    pub payload: usize,
    /// With the last batch of the put: how many there were, and what gathering them copied.
    pub last: Option<(usize, Ledger)>,
}

enum Phase {
    /// InitSyn was sent.
    Init,
    /// OpenSyn was sent; holds what InitAck said.
    Open(Box<InitAck>),
    /// The session is open.
    Running,
    /// It has ended.
    Over,
}

/// The client. See the [module](self) for how to drive it.
pub struct Client {
    config: Config,
    phase: Phase,
    lanes: Lanes,
    router_lease: Duration,
    /// Whole batches of the transport itself, sent before anything else.
    control: VecDeque<Vec<u8>>,
    queues: Queues,
    /// What the caller has declared, in order. It outlives a lost session.
    declared: Vec<Declared>,
    /// The next number of each publisher that numbers its samples.
    numbered: HashMap<EntityId, u32>,
    /// The id under which samples are numbered: that of the first session.
    source: ZenohIdProto,
    /// What waits for an answer.
    pending: Pending,
    /// Large messages of which something was told while they arrived.
    arrivals: u64,
    /// The last number that was given to an interest or a request.
    last_number: u32,
    /// How much the router has answered for.
    pace: Pace,
    stats: LinkStats,
    /// Whether the session was open and was lost, so that [`Client::relink`] opens it again.
    lost: bool,
    /// What the router has declared.
    remote: Remote,
    /// What is kept for others.
    held: Account,
    /// What is being read.
    reading: Reading,
    events: VecDeque<Event>,
    last_received: Duration,
    /// When an open session was last known to live.
    heard: Duration,
    /// Pauses since then, until the router has answered after them.
    paused: Pause,
    /// The interest by which a router shows that it lives after a pause, and until when it is waited for.
    probe: Option<(u32, Duration)>,
    /// All pauses so far.
    pauses: Pause,
    last_sent: Duration,
    /// When the present step of the handshake must be over.
    deadline: Duration,
    /// When the router was first found silent for its whole lease. It is given half of it once more, because a page that
    /// was frozen finds its timer due before the messages that came meanwhile.
    suspected: Option<Duration>,
    /// Headers read; payload bytes are never copied by the client.
    ledger: Ledger,
    /// The last batches, if somebody looks.
    capture: Option<Box<capture::Capture>>,
}

impl Client {
    /// A client whose WebSocket has just opened. Its first batch is ready to be transmitted.
    #[must_use]
    pub fn new(config: Config, now: Duration) -> Self {
        let mut client = Self {
            config,
            phase: Phase::Init,
            lanes: Lanes::default(),
            router_lease: LEASE,
            control: VecDeque::new(),
            queues: Queues::default(),
            declared: Vec::new(),
            numbered: HashMap::new(),
            // One that is not valid ends the session before anything is numbered.
            source: ZenohIdProto::try_from(config.zid.as_slice()).unwrap_or_default(),
            pending: Pending::default(),
            arrivals: 0,
            last_number: 0,
            pace: Pace::default(),
            stats: LinkStats::default(),
            lost: false,
            remote: Remote::default(),
            held: Account::default(),
            reading: Reading::Batch(0),
            events: VecDeque::new(),
            last_received: now,
            heard: now,
            paused: Pause::default(),
            probe: None,
            pauses: Pause::default(),
            last_sent: now,
            deadline: now + HANDSHAKE_TIMEOUT,
            suspected: None,
            ledger: Ledger::new(),
            capture: None,
        };
        client.greet(now);
        client
    }

    /// Opens a lost session again, over a link that has just opened. It gets an id of its own, because the router may not have noticed
    /// yet that the lost one is gone, and refuses a second session of one id.
    ///
    /// # Errors
    /// [`CommandError::NotLost`] when the session is there, was never open, or was closed by us.
    pub fn relink(&mut self, zid: [u8; 16], initial_sn: u32, now: Duration) -> Result<(), CommandError> {
        if !self.lost {
            return Err(CommandError::NotLost);
        }
        self.config = Config { zid, initial_sn, ..self.config };
        self.control.clear();
        self.greet(now);
        Ok(())
    }

    fn greet(&mut self, now: Duration) {
        self.phase = Phase::Init;
        self.pace = Pace::default();
        (self.last_sent, self.suspected) = (now, None);
        self.deadline = now + HANDSHAKE_TIMEOUT;
        match ZenohIdProto::try_from(self.config.zid.as_slice()).ok().and_then(|zid| encode::init_syn(zid).ok()) {
            Some(bytes) => self.control.push_back(bytes),
            None => self.end(CloseCause::BadId, None),
        }
    }

    /// Whether puts and subscriptions are possible.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    /// Whether a session was lost and waits for [`Client::relink`], or for what comes of it.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether the session has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// The headers that were read so far, as metadata. No payload byte is ever in it: receiving copies none.
    #[must_use]
    pub fn received(&self) -> &Ledger {
        &self.ledger
    }

    /// What went over the link.
    #[must_use]
    pub fn stats(&self) -> &LinkStats {
        &self.stats
    }

    /// The link has ended, for whatever reason; `code` is that of the WebSocket.
    pub fn handle_link_lost(&mut self, code: u16) {
        self.end(CloseCause::Link { code, opening: !self.is_open() }, None);
        self.control.clear();
    }

    /// Whoever drives the client stood still until `now`. It must say so before it hands over anything else: what comes next may have waited
    /// in the browser meanwhile, and says nothing about the link. So the router is asked something, and only its answer does:
    /// until then gets do not run into their timeout, and the session counts as last heard of before the pause. [`Event::CaughtUp`]
    /// tells that it has come. The router's silence, and the steps of a handshake, are timed anew.
    pub fn handle_pause(&mut self, pause: Pause, now: Duration) {
        self.pauses = self.pauses.and(pause);
        if self.is_open() || self.lost {
            self.paused = self.paused.and(pause);
        }
        match self.phase {
            Phase::Over => {}
            Phase::Init | Phase::Open(_) => self.deadline = self.deadline.saturating_add(pause.still),
            Phase::Running => {
                (self.last_received, self.suspected) = (now, None);
                let number = self.send_probe();
                self.probe = Some((number, now.saturating_add(HANDSHAKE_TIMEOUT)));
            }
        }
    }

    /// The pauses since the session was last known to live. Of a lost session, those by which it may have been lost, and all that followed.
    #[must_use]
    pub fn paused(&self) -> Pause {
        self.paused
    }

    /// What waited in the browser has been handled.
    fn caught_up(&mut self) {
        self.probe = None;
        if !std::mem::take(&mut self.paused).is_none() {
            self.heard = self.last_received;
            self.events.push_back(Event::CaughtUp);
        }
    }

    /// Takes one received batch: one binary WebSocket message. Its bytes stay where they are; samples refer to them.
    pub fn handle_input(&mut self, batch: Segment, now: Duration) {
        if self.is_over() {
            return;
        }
        self.last_received = now;
        if self.is_open() && self.probe.is_none() {
            // Nothing waits in a browser for as long as a probe is waited for.
            self.caught_up();
            self.heard = now;
        }
        self.suspected = None;
        self.stats.received.batches += 1;
        self.stats.received.bytes += batch.len() as u64;
        let limit = usize::from(if self.is_open() { self.lanes.agreed().batch_size } else { BATCH_SIZE });
        if batch.len() > limit {
            // Before anything is read of it, so that one call does the work of one batch at most.
            return self.end(CloseCause::LongBatch { len: batch.len(), limit }, Some(reason::INVALID));
        }
        self.reading = Reading::Batch(batch.len());
        self.remote.unfolded = 0;
        let batch = ZBytes::of_held(vec![batch]);
        if let Some(capture) = &mut self.capture {
            capture.arrives(&batch, now);
        }
        let mut ledger = std::mem::take(&mut self.ledger);
        let mut reader = BatchReader::new(&batch, &mut ledger);
        let result = self.read_batch(&mut reader, now);
        self.ledger = ledger;
        self.reading = Reading::Batch(0);
        if let Err(cause) = result {
            self.end(cause, Some(reason::INVALID));
        }
    }

    fn read_batch(&mut self, reader: &mut BatchReader<'_>, now: Duration) -> Result<(), CloseCause> {
        let mut any = false;
        while let Some(message) = reader.transport()? {
            any = true;
            match (message, &self.phase) {
                (Transport::InitAck(ack), Phase::Init) => self.handle_init_ack(ack, now)?,
                (Transport::OpenAck(ack), Phase::Open(_)) => self.handle_open_ack(&ack, now)?,
                (Transport::Close { reason }, _) => {
                    let cause = CloseCause::ByRouter { reason, opening: !self.is_open() };
                    self.end(cause, None);
                    return Ok(());
                }
                (Transport::KeepAlive, Phase::Running) => self.keep_alive(now),
                (Transport::Frame { reliability, priority, sn }, Phase::Running) => {
                    let fresh = self.lanes.frame(Lane { priority, reliability }, sn)?;
                    self.tell_arrivals_ended();
                    while let Some(message) = reader.message(reliability)? {
                        if fresh {
                            self.handle_message(message, reliability)?;
                        }
                    }
                }
                (Transport::Fragment { reliability, priority, sn, more, first, dropped, part }, Phase::Running) => {
                    let lane = Lane { priority, reliability };
                    let limits = self.config.limits;
                    let piece = lane::Piece { sn, more, first, dropped, part, batch: reader.len() };
                    let whole = self.lanes.reassemble(lane, piece, &limits, &self.held)?;
                    self.tell_arrivals_ended();
                    self.make_room()?;
                    if let Some(whole) = whole {
                        self.read_whole(whole, reliability)?;
                    }
                }
                (Transport::Other, Phase::Running) => {}
                _ => return Err(CloseCause::OutOfTurn { opening: !self.is_open() }),
            }
        }
        // A router that gives a message up halfway sends an empty batch: zenoh 1.10 fails to write its mark for that.
        if any || self.is_open() { Ok(()) } else { Err(CloseCause::EmptyBatch) }
    }

    /// A message that was put together from fragments.
    fn read_whole(&mut self, whole: lane::Whole, reliability: Reliability) -> Result<(), CloseCause> {
        let lane::Whole { bytes, hold } = whole;
        self.reading = Reading::Held(Rc::new(hold));
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&bytes, &mut ledger);
        let message = reader.message(reliability);
        self.ledger.absorb(&ledger);
        match message? {
            Some(message) => self.handle_message(message, reliability),
            None => Err(CloseCause::OutOfTurn { opening: false }),
        }
    }

    fn handle_init_ack(&mut self, ack: InitAck, now: Duration) -> Result<(), CloseCause> {
        let mask = sn_mask(ack.resolution.get(Field::FrameSN));
        let initial = lane::initial_sn(mask, self.config.initial_sn);
        let bytes = encode::open_syn(LEASE, initial, ack.cookie.clone()).map_err(|_| CloseCause::BadId)?;
        if bytes.len() > usize::from(BATCH_SIZE) {
            return Err(CloseCause::Cookie { len: ack.cookie.len(), limit: BATCH_SIZE.into() });
        }
        self.control.push_back(bytes);
        self.deadline = now + HANDSHAKE_TIMEOUT;
        self.phase = Phase::Open(Box::new(ack));
        Ok(())
    }

    fn handle_open_ack(&mut self, ack: &OpenAck, now: Duration) -> Result<(), CloseCause> {
        let Phase::Open(init) = std::mem::replace(&mut self.phase, Phase::Running) else {
            return Err(CloseCause::OutOfTurn { opening: true });
        };
        let bits = init.resolution.get(Field::FrameSN);
        let agreed = lane::Agreed {
            qos: init.ext_qos.is_some(),
            markers: init.ext_patch.has_fragmentation_markers(),
            mask: sn_mask(bits),
            batch_size: init.batch_size,
        };
        if agreed.batch_size < lane::MIN_BATCH {
            return Err(CloseCause::SmallBatch { offered: agreed.batch_size });
        }
        self.lanes = Lanes::new(agreed, lane::initial_sn(agreed.mask, self.config.initial_sn), ack.initial_sn)?;
        // A lease of nothing would end the session at once, and one of any length would overflow the sums it goes into.
        self.router_lease = ack.lease.clamp(Duration::from_secs(1), MAX_LEASE);
        let info = SessionInfo {
            zid: ZenohIdProto::try_from(self.config.zid.as_slice()).map(|zid| zid.to_string()).unwrap_or_default(),
            router: init.zid.to_string(),
            batch_size: agreed.batch_size,
            lanes: if agreed.qos { Lanes::COUNT as u8 } else { 2 },
            sn_bits: agreed.mask.count_ones() as u8,
            lease: LEASE,
            router_lease: self.router_lease,
            patch: init.ext_patch.raw(),
        };
        self.stats.sessions += 1;
        self.events.push_back(Event::Opened(info));
        self.resume(now);
        self.heard = now;
        Ok(())
    }

    /// Declares again what was declared, when the session was lost before.
    fn resume(&mut self, now: Duration) {
        if !std::mem::take(&mut self.lost) {
            return;
        }
        self.declare_again();
        let subscribers = self.declared.iter().filter(|declared| matches!(declared.entity, Entity::Subscriber { .. }));
        let subscribers = subscribers.map(|declared| declared.id).collect();
        let gap = Took { time: now.saturating_sub(self.heard), pause: std::mem::take(&mut self.paused) };
        self.events.push_back(Event::Resumed { gap, subscribers });
    }

    /// Whether what is kept for others is within its bound. If not, it is made so by ending gets, the one that keeps most first: what they
    /// keep is told then, and is the caller's.
    fn make_room(&mut self) -> Result<(), CloseCause> {
        let limit = self.config.limits.held_bytes;
        while self.held.bytes() > limit {
            let largest = self.largest_get().ok_or(CloseCause::TooMuchHeld { limit })?;
            self.end_get(largest, Err(GetError::TooMuchHeld { limit }));
        }
        Ok(())
    }

    fn handle_message(&mut self, message: Message, reliability: Reliability) -> Result<(), CloseCause> {
        self.stats.received.messages += 1;
        match message {
            Message::Push { key, qos, content } => {
                let key = self.remote.resolve(&key)?;
                self.deliver(Sample::new(&key, content, qos, reliability, false), &key);
            }
            Message::Request { id, key, qos, question } => {
                let key = self.remote.resolve(&key)?;
                self.handle_request(id, &key, qos, &question)?;
            }
            Message::Reply { id, key, qos, replier, content } => {
                let key = self.remote.resolve(&key)?;
                self.handle_reply(id, &key, qos, replier, content);
            }
            Message::ReplyErr { id, replier, payload, encoding } => {
                self.handle_reply_err(id, replier, payload, encoding);
            }
            Message::Final { id } => self.handle_final(id),
            Message::Declare { interest, body } => self.handle_declare(interest, body)?,
            Message::Other => {}
        }
        Ok(())
    }

    /// Gives a sample to the subscribers that it is for.
    fn deliver(&mut self, sample: Sample, key: &OwnedKeyExpr) {
        let mut subscribers = Vec::new();
        for declared in &mut self.declared {
            let Entity::Subscriber { subscribe, numbers } = &mut declared.entity else { continue };
            if !subscribe.origin.takes(sample.local) || !key::intersects(&subscribe.key, key) {
                continue;
            }
            subscribers.push(declared.id);
            let Some(source) = sample.source.filter(|_| subscribe.report_missed) else { continue };
            let count = numbers.take(source, self.config.limits.sources);
            if count > 0 {
                self.events.push_back(Event::Missed { subscriber: declared.id, publisher: source.id, count });
            }
        }
        if !subscribers.is_empty() {
            subscribers.sort_unstable();
            self.events.push_back(Event::Sample(Sample { subscribers, ..sample }));
        }
    }

    /// Answers a KeepAlive with one: messages reach a hidden page unthrottled, timers do not.
    fn keep_alive(&mut self, now: Duration) {
        if now.saturating_sub(self.last_sent) >= LEASE / 30 && self.control.is_empty() {
            self.control.extend(encode::keep_alive());
        }
    }

    /// When [`Client::handle_timeout`] is due, or `None` once the session has ended.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.phase {
            Phase::Over => None,
            Phase::Init | Phase::Open(_) => Some(self.deadline),
            Phase::Running => {
                let silent = match self.suspected {
                    Some(since) => since + self.router_lease / 2,
                    None => self.last_received + self.router_lease,
                };
                let due = silent.min(self.last_sent + LEASE / 4);
                // While something may wait in the browser, answers to gets may.
                let other = self.probe.map_or_else(|| self.pending.deadline(), |(_, until)| Some(until));
                Some(other.map_or(due, |other| due.min(other)))
            }
        }
    }

    /// Lets time pass. Calling it too early does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        match &self.phase {
            Phase::Over => {}
            Phase::Init | Phase::Open(_) => {
                if now >= self.deadline {
                    let answered = matches!(self.phase, Phase::Open(_));
                    self.end(CloseCause::NoAnswer { after: HANDSHAKE_TIMEOUT, answered }, None);
                }
            }
            Phase::Running => {
                // A router that is alive and does not answer must not stop the gets.
                self.probe = self.probe.filter(|(_, until)| now < *until);
                if self.probe.is_none() {
                    self.expire(now);
                }
                match self.suspected {
                    None if now >= self.last_received + self.router_lease => self.suspected = Some(now),
                    Some(since) if now >= since + self.router_lease / 2 => {
                        let silent = now.saturating_sub(self.last_received);
                        self.end(CloseCause::Silent { for_: silent }, Some(reason::EXPIRED));
                        return;
                    }
                    _ => {}
                }
                if now >= self.last_sent + LEASE / 4 && self.control.is_empty() {
                    self.control.extend(encode::keep_alive());
                }
            }
        }
    }

    /// The next event, if any.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether [`Client::poll_transmit`] has something to write now.
    #[must_use]
    pub fn has_transmit(&self) -> bool {
        !self.control.is_empty() || (self.is_open() && self.may_transmit())
    }

    /// Writes the next batch into `buffer`, which should have [`BATCH_SIZE`] bytes, or says that there is none now.
    ///
    /// Payload bytes are copied here, once, from their owners; the counts come with the put's last part. A put whose source
    /// is gone is given up with [`Event::PutFailed`].
    #[allow(clippy::disallowed_methods, reason = "control messages: payloads go through Segment")]
    pub fn poll_transmit(&mut self, buffer: &mut [u8], now: Duration) -> Option<Transmit> {
        if let Some(batch) = self.control.pop_front() {
            buffer.get_mut(..batch.len())?.copy_from_slice(&batch);
            self.last_sent = now;
            self.pace.sent(batch.len(), false);
            self.stats.sent.batches += 1;
            self.stats.sent.bytes += batch.len() as u64;
            if let Some(capture) = &mut self.capture {
                capture.leaves(&batch, Vec::new(), now);
            }
            return Some(Transmit { len: batch.len(), parts: Vec::new() });
        }
        if !self.is_open() || !self.pace() {
            return None;
        }
        let room = buffer.get_mut(..usize::from(self.lanes.agreed().batch_size))?;
        let mut failed = Vec::new();
        let filled = self.queues.fill(room, &mut self.lanes, &mut failed);
        self.events.extend(failed.into_iter().map(|(op, error)| Event::PutFailed(op, error)));
        match filled? {
            Ok(filled) => {
                self.last_sent = now;
                self.pace.sent(filled.len, !filled.parts.is_empty());
                self.stats.sent.batches += 1;
                self.stats.sent.bytes += filled.len as u64;
                self.stats.sent.messages += filled.finished;
                if let Some(capture) = &mut self.capture {
                    let ops = filled.parts.iter().map(|part| part.op).collect();
                    capture.leaves(room.get(..filled.len)?, ops, now);
                }
                Some(Transmit { len: filled.len, parts: filled.parts })
            }
            Err(Failed::HalfSent) => {
                self.end(CloseCause::HalfSent, Some(reason::GENERIC));
                self.poll_transmit(buffer, now)
            }
        }
    }

    /// Publishes, or deletes. Local subscribers get a reference to the same payload at once.
    ///
    /// It waits behind what was put before, and holds references only. When more than [`Limits::queued_bytes`] would wait, one with
    /// [`CongestionControl::Drop`] is dropped, which [`Event::PutFailed`] tells with how many were so far; local subscribers get it all
    /// the same.
    ///
    /// That a put was sent is not that it was delivered: zenoh confirms nothing. [`Client::flush`] says more. One for this session only
    /// ([`Locality::SessionLocal`]) has nothing to send: it has ended when this returns.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent and nobody got a sample then.
    pub fn put(&mut self, op: OpId, put: Put) -> Result<(), CommandError> {
        self.require_open()?;
        self.require_queue()?;
        let source = self.next_source(put.numbered)?;
        let content = put.content(source);
        if put.destination.takes(false) {
            let message = encode::push(&put.key, put.qos(), &content).map_err(|_| CommandError::KeyTooLong)?;
            check_message(&message)?;
            let (len, limit) = (content.len(), self.config.limits.queued_bytes);
            if put.congestion == CongestionControl::Drop && self.queues.is_full(len, &self.config.limits) {
                self.stats.dropped += 1;
                let error = PutError::Dropped { queued: self.queues.bytes(), limit, dropped: self.stats.dropped };
                self.events.push_back(Event::PutFailed(op, error));
            } else {
                let lane = self.lanes.lane(put.priority, put.reliability);
                self.queues.push(Queued { op: Some(op), lane, message });
            }
        } else {
            put.payload.check().map_err(CommandError::Source)?;
        }
        if let (Some(publisher), Some(source)) = (put.numbered, source) {
            self.numbered.insert(publisher, source.sn.wrapping_add(1));
        }
        if put.destination.takes(true) {
            self.deliver(Sample::new(&put.key, content, put.qos(), put.reliability, true), &put.key);
        }
        Ok(())
    }

    /// The number of the next sample of a publisher. It is taken once the put is.
    fn next_source(&self, publisher: Option<EntityId>) -> Result<Option<Source>, CommandError> {
        let Some(publisher) = publisher else { return Ok(None) };
        let limit = self.config.limits.numbered;
        let sn = match self.numbered.get(&publisher) {
            Some(sn) => *sn,
            None if self.numbered.len() >= limit => {
                return Err(CommandError::TooMany { what: "numbered publishers", limit });
            }
            None => 0,
        };
        Ok(Some(Source { id: self.source_id(publisher), sn }))
    }

    fn source_id(&self, eid: EntityId) -> EntityGlobalIdProto {
        EntityGlobalIdProto { zid: self.source, eid }
    }

    /// A number for an interest or a request that none of those under way has: there are fewer than numbers by far.
    fn next_number(&mut self) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }

    /// Ends the session for good. What waits to be sent is given up; the last transmit tells the router. One that was lost is not to be
    /// opened again.
    pub fn close(&mut self) {
        self.lost = false;
        self.end(CloseCause::ByUs, Some(reason::GENERIC));
    }

    fn require_open(&self) -> Result<(), CommandError> {
        match &self.phase {
            Phase::Running => Ok(()),
            _ if self.lost => Err(CommandError::Lost),
            _ => Err(CommandError::NotOpen),
        }
    }

    /// Whether one more message may wait to be sent.
    fn require_queue(&self) -> Result<(), CommandError> {
        let (queued, limit) = (self.queues.count(), self.config.limits.queued_messages);
        if queued >= limit { Err(CommandError::TooManyQueued { queued, limit }) } else { Ok(()) }
    }

    /// An open session, or a lost one: what is declared now will be with the next.
    fn require_session(&self) -> Result<(), CommandError> {
        if self.is_open() || self.lost { Ok(()) } else { Err(CommandError::NotOpen) }
    }

    /// Nothing is sent while there is no open session; what is declared then is declared when it opens.
    fn enqueue_declaration(&mut self, head: Vec<u8>) {
        if !self.is_open() {
            return;
        }
        let lane = self.lanes.lane(Priority::Control, Reliability::Reliable);
        self.queues.push(Queued { op: None, lane, message: Outgoing::new(head, ZBytes::empty()) });
    }

    fn end(&mut self, cause: CloseCause, tell: Option<u8>) {
        if self.is_over() {
            return;
        }
        self.control.clear();
        if let Some(reason) = tell {
            self.control.extend(encode::close(reason));
        }
        let was_open = self.is_open();
        self.phase = Phase::Over;
        self.probe = None;
        let queued = self.queues.abandon();
        self.tell_kept_replies();
        let mut unfinished: Vec<Unfinished> = queued.into_iter().map(|(op, begun)| Unfinished { op, begun }).collect();
        for op in self.pending.abandon() {
            // A get that has not left is among what was queued.
            if !unfinished.iter().any(|other| other.op == op) {
                unfinished.push(Unfinished { op, begun: true });
            }
        }
        self.lanes.forget_all();
        self.tell_arrivals_ended();
        self.remote = Remote::default();
        self.lanes = Lanes::default();
        self.lost = (self.lost || was_open) && cause.may_pass();
        if !self.lost {
            self.declared.clear();
        }
        self.events.push_back(Event::Closed(Ended { cause, unfinished }));
    }
}

#[cfg(test)]
mod tests;
