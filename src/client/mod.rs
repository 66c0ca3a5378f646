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
//! What a peer sends can end the session with an error, never in a panic; what is kept for it is bounded by [`Limits`].

#![deny(clippy::indexing_slicing)]

mod error;
mod lane;
mod queue;
pub mod reconnect;
mod session;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use zenoh_keyexpr::OwnedKeyExpr;
use zenoh_protocol::{
    core::{CongestionControl, Field, Priority, Reliability, ZenohIdProto},
    transport::{InitAck, OpenAck, close::reason},
};

pub use self::error::{CloseCause, CommandError, PutError};
use self::{
    lane::{Lanes, sn_mask},
    queue::{Failed, Queued, Queues},
    session::Subscriber,
};
use crate::{
    ledger::Ledger,
    payload::ZBytes,
    segment::Segment,
    wire::{self, BATCH_SIZE, BatchReader, Lane, Message, Outgoing, Transport, encode},
};

/// How long the router may take for each step of the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long a silence the router may take us for gone. A page can be frozen for a while, so it is generous.
pub const LEASE: Duration = Duration::from_secs(60);

/// The longest lease that is believed of a router.
const MAX_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// Bounds on what is kept because a peer, or the caller, asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message that is being put together, in each lane.
    pub reassembly_bytes: usize,
    /// Fragments of a message that is being put together, in each lane: each keeps a buffer of the browser alive.
    pub reassembly_fragments: usize,
    /// Key expressions that the router has given numbers to.
    pub key_expressions: usize,
    /// Payload bytes that may wait to be sent before puts with [`CongestionControl::Drop`] are dropped. Puts with
    /// [`CongestionControl::Block`] wait behind them; they hold references, not copies.
    pub queued_bytes: usize,
    /// Messages that may wait to be sent. Beyond it puts are refused, whatever they say about congestion.
    pub queued_messages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reassembly_bytes: wire::MAX_MESSAGE,
            reassembly_fragments: 1 << 18,
            key_expressions: 1 << 12,
            queued_bytes: 64 << 20,
            queued_messages: 1 << 16,
        }
    }
}

/// What a client needs to know from outside.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Our zenoh id: 16 random bytes, not all zero.
    pub zid: [u8; 16],
    /// A random number; sequence numbers begin there.
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

/// Names an operation; chosen by the caller, who should not use one twice in a session.
pub type OpId = u64;

/// Names a subscriber; chosen by the caller.
pub type SubscriberId = u32;

/// A put.
#[derive(Clone, Debug)]
pub struct Put {
    /// The key expression.
    pub key: OwnedKeyExpr,
    /// The payload. The client holds it until its last byte was gathered or the put has failed.
    pub payload: ZBytes,
    /// What is to happen when the way is not free. zenoh's default is `Drop`.
    pub congestion: CongestionControl,
    /// Its priority: a higher one overtakes between batches.
    pub priority: Priority,
    /// Its reliability.
    pub reliability: Reliability,
}

impl Put {
    /// A put with zenoh's defaults: may be dropped, priority data, reliable.
    #[must_use]
    pub fn new(key: OwnedKeyExpr, payload: ZBytes) -> Self {
        Self {
            key,
            payload,
            congestion: CongestionControl::Drop,
            priority: Priority::DEFAULT,
            reliability: Reliability::Reliable,
        }
    }
}

/// A sample for a subscriber.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Everyone that it is for.
    pub subscribers: Vec<SubscriberId>,
    /// Its key expression.
    pub key: String,
    /// Its payload: over the received batches, or, when `local`, over the very owners of the put. A borrowed source that is
    /// written later shows in it.
    pub payload: ZBytes,
    /// Whether it says that the key was deleted; the payload is empty then.
    pub deleted: bool,
    /// Whether it came from a put of this same client. A router does not send a session its own puts.
    pub local: bool,
}

/// What the driver and the application are told.
#[derive(Clone, Debug)]
pub enum Event {
    /// The session is open.
    Opened(SessionInfo),
    /// A sample arrived.
    Sample(Sample),
    /// A put was given up before all of it was sent. The session goes on.
    PutFailed(OpId, PutError),
    /// The session has ended. What was not sent never will be. After the transmits that are still there, the driver closes the WebSocket.
    /// There are no more events, unless [`Client::relink`] is called.
    Closed(Ended),
    /// Follows [`Event::Opened`] when the session was lost before: everything is declared again.
    Resumed {
        /// Since the last message of the lost session. What was published meanwhile may not have arrived.
        gap: Duration,
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
    /// Puts that were dropped because too much waited.
    dropped: u64,
    /// In the order in which they were declared. They outlive a lost session.
    subscribers: Vec<Subscriber>,
    /// Whether the session was open and was lost, so that [`Client::relink`] opens it again.
    lost: bool,
    /// Key expressions that the router has given numbers to.
    mappings: HashMap<u16, String>,
    events: VecDeque<Event>,
    last_received: Duration,
    /// When the last message of an open session came.
    heard: Duration,
    last_sent: Duration,
    /// When the present step of the handshake must be over.
    deadline: Duration,
    /// When the router was first found silent for its whole lease. It is given half of it once more, because a page that
    /// was frozen finds its timer due before the messages that came meanwhile.
    suspected: Option<Duration>,
    /// Headers read; payload bytes are never copied by the client.
    ledger: Ledger,
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
            dropped: 0,
            subscribers: Vec::new(),
            lost: false,
            mappings: HashMap::new(),
            events: VecDeque::new(),
            last_received: now,
            heard: now,
            last_sent: now,
            deadline: now + HANDSHAKE_TIMEOUT,
            suspected: None,
            ledger: Ledger::new(),
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

    /// The link has ended, for whatever reason; `code` is that of the WebSocket.
    pub fn handle_link_lost(&mut self, code: u16) {
        self.end(CloseCause::Link { code, opening: !self.is_open() }, None);
        self.control.clear();
    }

    /// Takes one received batch: one binary WebSocket message. Its bytes stay where they are; samples refer to them.
    pub fn handle_input(&mut self, batch: Segment, now: Duration) {
        if self.is_over() {
            return;
        }
        self.last_received = now;
        if self.is_open() {
            self.heard = now;
        }
        self.suspected = None;
        let batch = ZBytes::of_held(vec![batch]);
        let mut ledger = std::mem::take(&mut self.ledger);
        let mut reader = BatchReader::new(&batch, &mut ledger);
        let result = self.read_batch(&mut reader, now);
        self.ledger = ledger;
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
                    let fresh = self.lanes.accept(Lane { priority, reliability }, sn)?;
                    while let Some(message) = reader.message(reliability)? {
                        if fresh {
                            self.handle_message(message)?;
                        }
                    }
                }
                (Transport::Fragment { reliability, priority, sn, more, first, dropped, part }, Phase::Running) => {
                    let lane = Lane { priority, reliability };
                    let limits = self.config.limits;
                    let piece = lane::Piece { sn, more, first, dropped, part };
                    if let Some(whole) = self.lanes.reassemble(lane, piece, &limits)? {
                        self.read_whole(&whole, reliability)?;
                    }
                }
                (Transport::Other, Phase::Running) => {}
                _ => return Err(CloseCause::OutOfTurn { opening: !self.is_open() }),
            }
        }
        if any { Ok(()) } else { Err(CloseCause::EmptyBatch) }
    }

    /// A message that was put together from fragments.
    fn read_whole(&mut self, whole: &ZBytes, reliability: Reliability) -> Result<(), CloseCause> {
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(whole, &mut ledger);
        let message = reader.message(reliability);
        self.ledger.absorb(&ledger);
        match message? {
            Some(message) => self.handle_message(message),
            None => Err(CloseCause::OutOfTurn { opening: false }),
        }
    }

    fn handle_init_ack(&mut self, ack: InitAck, now: Duration) -> Result<(), CloseCause> {
        let mask = sn_mask(ack.resolution.get(Field::FrameSN));
        let initial = self.config.initial_sn & mask;
        let bytes = encode::open_syn(LEASE, initial, ack.cookie.clone()).map_err(|_| CloseCause::BadId)?;
        if bytes.len() > usize::from(BATCH_SIZE) {
            return Err(CloseCause::OutOfTurn { opening: true });
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
        self.lanes = Lanes::new(agreed, self.config.initial_sn & agreed.mask, ack.initial_sn)?;
        // A lease of nothing would end the session at once, and one of any length would overflow the sums it goes into.
        self.router_lease = ack.lease.clamp(Duration::from_secs(1), MAX_LEASE);
        let info = SessionInfo {
            zid: ZenohIdProto::try_from(self.config.zid.as_slice()).map(|zid| zid.to_string()).unwrap_or_default(),
            router: init.zid.to_string(),
            batch_size: agreed.batch_size,
            lanes: if agreed.qos { 16 } else { 2 },
            sn_bits: agreed.mask.count_ones() as u8,
            lease: LEASE,
            router_lease: self.router_lease,
            patch: init.ext_patch.raw(),
        };
        self.events.push_back(Event::Opened(info));
        self.resume(now);
        Ok(())
    }

    /// Declares again what was declared, when the session was lost before.
    fn resume(&mut self, now: Duration) {
        if !std::mem::take(&mut self.lost) {
            return;
        }
        // Encoded before, so they can be now.
        let heads: Vec<_> =
            self.subscribers.iter().flat_map(|sub| encode::declare_subscriber(sub.id, &sub.key)).collect();
        heads.into_iter().for_each(|head| self.enqueue_declaration(head));
        let subscribers = self.subscribers.iter().map(|sub| sub.id).collect();
        self.events.push_back(Event::Resumed { gap: now.saturating_sub(self.heard), subscribers });
    }

    fn handle_message(&mut self, message: Message) -> Result<(), CloseCause> {
        match message {
            Message::Put { key, payload } => {
                let key = session::resolve(&self.mappings, &key)?;
                self.deliver(&key, payload, false, false);
            }
            Message::Delete { key } => {
                let key = session::resolve(&self.mappings, &key)?;
                self.deliver(&key, ZBytes::empty(), true, false);
            }
            Message::Declare(body) => session::map(&mut self.mappings, body, self.config.limits.key_expressions)?,
            Message::Other => {}
        }
        Ok(())
    }

    fn deliver(&mut self, key: &OwnedKeyExpr, payload: ZBytes, deleted: bool, local: bool) {
        let mut subscribers: Vec<SubscriberId> =
            self.subscribers.iter().filter(|sub| sub.key.intersects(key)).map(|sub| sub.id).collect();
        if !subscribers.is_empty() {
            subscribers.sort_unstable();
            self.events.push_back(Event::Sample(Sample { subscribers, key: key.to_string(), payload, deleted, local }));
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
                Some(silent.min(self.last_sent + LEASE / 4))
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

    /// Writes the next batch into `buffer`, which should have [`BATCH_SIZE`] bytes, or says that there is none now.
    ///
    /// Payload bytes are copied here, once, from their owners; the counts come with the put's last part. A put whose source
    /// is gone is given up with [`Event::PutFailed`].
    #[allow(clippy::disallowed_methods, reason = "control messages: payloads go through Segment")]
    pub fn poll_transmit(&mut self, buffer: &mut [u8], now: Duration) -> Option<Transmit> {
        if let Some(batch) = self.control.pop_front() {
            buffer.get_mut(..batch.len())?.copy_from_slice(&batch);
            self.last_sent = now;
            return Some(Transmit { len: batch.len(), parts: Vec::new() });
        }
        if !self.is_open() {
            return None;
        }
        let room = buffer.get_mut(..usize::from(self.lanes.agreed().batch_size))?;
        let mut failed = Vec::new();
        let filled = self.queues.fill(room, &mut self.lanes, &mut failed);
        self.events.extend(failed.into_iter().map(|(op, error)| Event::PutFailed(op, error)));
        match filled? {
            Ok(filled) => {
                self.last_sent = now;
                Some(Transmit { len: filled.len, parts: filled.parts })
            }
            Err(Failed::HalfSent) => {
                self.end(CloseCause::HalfSent, Some(reason::GENERIC));
                self.poll_transmit(buffer, now)
            }
        }
    }

    /// Length of the message that a put of `len` payload bytes under `key` would be, in bytes. What passes
    /// [`wire::MAX_MESSAGE`] will be refused.
    ///
    /// # Errors
    /// [`CommandError::KeyTooLong`], or [`CommandError::TooLong`] for a message that will be refused.
    pub fn message_len(key: &OwnedKeyExpr, len: usize) -> Result<usize, CommandError> {
        let too_long = |encoded| CommandError::TooLong { encoded, limit: wire::MAX_MESSAGE };
        if len > wire::MAX_MESSAGE {
            return Err(too_long(len));
        }
        let head = encode::put_head(key, CongestionControl::Block, Priority::DEFAULT, len)
            .map_err(|_| CommandError::KeyTooLong { len: key.len() })?;
        let encoded = head.len() + len;
        if encoded > wire::MAX_MESSAGE {
            return Err(too_long(encoded));
        }
        Ok(encoded)
    }

    /// Publishes. Local subscribers get a reference to the same payload at once.
    ///
    /// It waits behind what was put before, and holds references only. When more than [`Limits::queued_bytes`] would wait, one with
    /// [`CongestionControl::Drop`] is dropped, which [`Event::PutFailed`] tells with how many were so far; local subscribers get it all
    /// the same.
    ///
    /// That a put was sent is not that it was delivered: zenoh confirms nothing.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent and nobody got a sample then.
    pub fn put(&mut self, op: OpId, put: Put) -> Result<(), CommandError> {
        self.require_open()?;
        let lane = self.lanes.lane(put.priority, put.reliability);
        let head = encode::put_head(&put.key, put.congestion, put.priority, put.payload.len())
            .map_err(|_| CommandError::KeyTooLong { len: put.key.len() })?;
        let message = Outgoing::new(head, put.payload.clone());
        if message.len() > wire::MAX_MESSAGE {
            return Err(CommandError::TooLong { encoded: message.len(), limit: wire::MAX_MESSAGE });
        }
        message.check().map_err(CommandError::Source)?;
        let limits = self.config.limits;
        if self.queues.count() >= limits.queued_messages {
            return Err(CommandError::TooManyQueued { queued: self.queues.count(), limit: limits.queued_messages });
        }
        if put.congestion == CongestionControl::Drop && self.queues.is_full(put.payload.len(), &limits) {
            self.dropped += 1;
            let (queued, dropped) = (self.queues.bytes(), self.dropped);
            let error = PutError::Dropped { queued, limit: limits.queued_bytes, dropped };
            self.events.push_back(Event::PutFailed(op, error));
        } else {
            self.queues.push(Queued { op: Some(op), lane, message });
        }
        self.deliver(&put.key, put.payload, false, true);
        Ok(())
    }

    /// Declares a subscriber under `key`. While a session is lost, it is declared with the next one.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was declared then.
    pub fn subscribe(&mut self, id: SubscriberId, key: OwnedKeyExpr) -> Result<(), CommandError> {
        self.require_session()?;
        if self.subscribers.iter().any(|sub| sub.id == id) {
            return Err(CommandError::IdInUse { id });
        }
        let head = encode::declare_subscriber(id, &key).map_err(|_| CommandError::KeyTooLong { len: key.len() })?;
        self.enqueue_declaration(head);
        self.subscribers.push(Subscriber { id, key });
        Ok(())
    }

    /// Undeclares a subscriber. Samples that are under way to it are no longer delivered.
    ///
    /// # Errors
    /// [`CommandError::NotOpen`], or [`CommandError::UnknownId`] when there is none of that id.
    pub fn unsubscribe(&mut self, id: SubscriberId) -> Result<(), CommandError> {
        self.require_session()?;
        let at = self.subscribers.iter().position(|sub| sub.id == id).ok_or(CommandError::UnknownId { id })?;
        self.subscribers.remove(at);
        let head = encode::undeclare_subscriber(id).map_err(|_| CommandError::UnknownId { id })?;
        self.enqueue_declaration(head);
        Ok(())
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
        let waiting = self.queues.abandon();
        self.mappings.clear();
        self.lanes = Lanes::default();
        self.lost = (self.lost || was_open) && cause.may_pass();
        if !self.lost {
            self.subscribers.clear();
        }
        let unfinished = waiting.into_iter().map(|(op, begun)| Unfinished { op, begun }).collect();
        self.events.push_back(Event::Closed(Ended { cause, unfinished }));
    }
}

/// A key expression out of what a person typed.
///
/// # Errors
/// [`CommandError::KeyExpression`] with zenoh's own reason.
pub fn key_expression(text: &str) -> Result<OwnedKeyExpr, CommandError> {
    OwnedKeyExpr::new(text).map_err(|error| {
        let error = error.to_string();
        // zenoh begins with the text once more and ends with the place in its own source.
        let reason = error.split_once("`: ").map_or(error.as_str(), |(_, reason)| reason);
        let reason = reason.rsplit_once(" at ").map_or(reason, |(reason, _)| reason);
        CommandError::KeyExpression { text: text.to_owned(), reason: reason.to_owned() }
    })
}

#[cfg(test)]
mod tests;
