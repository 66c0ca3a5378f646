//! One link: its session, what waits for it, and what its client has declared and was told.

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use zbytes::payload::ZBytes;
use zbytes_session::{
    client::{CongestionControl, KeyExpr, Priority, Reliability, ZenohId},
    link::{Account, Agreed, Arrived, Framing, Hold, Lanes, Queued, Queues, Unframer},
    wire::Outgoing,
};
use zenoh_protocol::{core::WireExpr, network::Mapping};

use crate::{
    config::{HANDSHAKE_TIMEOUT, Limits, MAX_UNFOLDED},
    event::{CloseCause, LinkId},
    few::Few,
    tables::{ByKind, Count, Kind},
};

/// A queued message, or a key that is kept, takes at most so many bytes besides its own.
const OVERHEAD: usize = 768;

/// What was agreed on in the first step of the handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Greeted {
    pub(crate) zid: ZenohId,
    pub(crate) agreed: Agreed,
    pub(crate) cookie: u64,
}

#[derive(Debug)]
pub(crate) enum Phase {
    /// InitSyn is waited for.
    Init,
    /// InitAck was sent; OpenSyn is waited for.
    Open(Greeted),
    /// The session is open.
    Running,
    /// It has ended.
    Over,
}

/// A batch, or what is left of one, that was not handled yet.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) bytes: ZBytes,
    /// The whole batch.
    pub(crate) batch: Arrived,
    /// The frame that goes on at its beginning: its reliability, and whether it is new.
    pub(crate) within: Option<(Reliability, bool)>,
}

/// What is kept with a message that waits: the batch that it refers to, and its place in the queue.
#[derive(Debug)]
pub(crate) struct Cargo {
    _batch: Option<Rc<Hold>>,
    _place: Hold,
}

/// Something that a client has declared, and its text in the account of keys.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) key: KeyExpr,
    pub(crate) complete: bool,
    pub(crate) _hold: Hold,
}

/// What a client wants to be told of.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `None` for everything.
    pub(crate) key: Option<KeyExpr>,
    pub(crate) kinds: ByKind<bool>,
    pub(crate) tokens: bool,
    /// Whether one declaration under the interest's own key stands for all that match.
    pub(crate) aggregate: bool,
    pub(crate) _hold: Option<Hold>,
}

impl Asked {
    pub(crate) fn matches(&self, key: &KeyExpr) -> bool {
        self.key.as_ref().is_none_or(|asked| asked.intersects(key))
    }
}

/// What a client was told of one kind.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The number of each declaration, and whether it said complete.
    pub(crate) declared: HashMap<KeyExpr, (u32, bool)>,
    /// How many others match each key that is asked for as an aggregate.
    pub(crate) aggregates: HashMap<KeyExpr, Count>,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) framing: Framing,
    /// The parts of a batch that has not arrived as a whole, where the link is a stream.
    pub(crate) unframer: Unframer,
    pub(crate) phase: Phase,
    /// When the present step of the handshake must be over.
    pub(crate) deadline: Duration,
    pub(crate) zid: Option<ZenohId>,
    pub(crate) lanes: Lanes<()>,
    /// Whole batches of the transport itself, sent before anything else.
    pub(crate) control: VecDeque<Vec<u8>>,
    pub(crate) queues: Queues<Cargo>,
    /// Bytes that wait to be sent.
    pub(crate) queued: Account,
    pub(crate) client_lease: Duration,
    pub(crate) last_received: Duration,
    pub(crate) last_sent: Duration,

    /// The link for which this one waits, as a message may not be dropped, and since when. It is
    /// not read meanwhile. It may be the link itself, which asks for more than it takes.
    pub(crate) blocked: Option<(LinkId, Duration)>,
    /// Whether it was full when the hub had something to say to it.
    pub(crate) owes: bool,
    pub(crate) waiting: VecDeque<Input>,
    pub(crate) waiting_bytes: usize,

    /// Key expressions that the client has given numbers to.
    numbers: Few<u16, (Rc<str>, Hold)>,
    /// How many bytes the numbers of the present batch have stood for.
    pub(crate) unfolded: usize,

    pub(crate) declared: ByKind<Few<u32, Entity>>,
    pub(crate) tokens: Few<u32, Entity>,
    pub(crate) interests: Few<u32, Asked>,
    pub(crate) told: ByKind<Told>,
    pub(crate) told_tokens: HashMap<KeyExpr, u32>,
    last_declaration: u32,

    /// Queries that this client has to answer: those of the hub, by the numbers of this link.
    pub(crate) asked: HashMap<u32, u64>,
    last_request: u32,
    /// Queries of this client that wait for answers.
    pub(crate) queries: usize,
}

impl Link {
    pub(crate) fn new(framing: Framing, now: Duration) -> Self {
        Self {
            framing,
            unframer: Unframer::default(),
            phase: Phase::Init,
            deadline: now.saturating_add(HANDSHAKE_TIMEOUT),
            zid: None,
            lanes: Lanes::default(),
            control: VecDeque::new(),
            queues: Queues::default(),
            queued: Account::default(),
            client_lease: Duration::ZERO,
            last_received: now,
            last_sent: now,
            blocked: None,
            owes: false,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            numbers: Few::default(),
            unfolded: 0,
            declared: ByKind::default(),
            tokens: Few::default(),
            interests: Few::default(),
            told: ByKind::default(),
            told_tokens: HashMap::new(),
            last_declaration: 0,
            asked: HashMap::new(),
            last_request: 0,
            queries: 0,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// Whether nothing more may be queued for it that may be dropped or can wait elsewhere. Alone,
    /// a message may be of any length.
    pub(crate) fn is_full(&self, more: usize, limits: &Limits) -> bool {
        let bytes = self.queued.bytes();
        self.queues.count() >= limits.queued_messages || bytes > 0 && bytes.saturating_add(more) > limits.queued_bytes
    }

    /// Whether the client that its messages wait for may be read again.
    pub(crate) fn has_room(&self, limits: &Limits) -> bool {
        self.queues.count() < limits.queued_messages && self.queued.bytes() <= limits.queued_bytes
    }

    pub(crate) fn queue(
        &mut self,
        priority: Priority,
        reliability: Reliability,
        message: Outgoing,
        batch: Option<Rc<Hold>>,
    ) {
        let lane = self.lanes.lane(priority, reliability);
        let tag = Cargo { _batch: batch, _place: self.queued.hold(cost(&message)) };
        self.queues.push(Queued { tag, lane, message });
    }

    /// A number for something that this client is told of.
    pub(crate) fn next_declaration(&mut self) -> u32 {
        self.last_declaration = self.last_declaration.wrapping_add(1).max(1);
        self.last_declaration
    }

    /// A number for a query that this client has to answer, which none of those under way has.
    pub(crate) fn next_request(&mut self) -> u32 {
        self.last_request = self.last_request.wrapping_add(1);
        while self.asked.contains_key(&self.last_request) {
            self.last_request = self.last_request.wrapping_add(1);
        }
        self.last_request
    }

    /// How many subscribers, queryables and tokens it has declared.
    pub(crate) fn count(&self) -> usize {
        Kind::ALL.map(|kind| self.declared.of(kind).len()).iter().sum::<usize>() + self.tokens.len()
    }

    /// Whether an interest of the client wants to be told of `key` itself.
    pub(crate) fn asks(&self, kind: Kind, key: &KeyExpr) -> bool {
        self.interests.values().any(|asked| *asked.kinds.of(kind) && !asked.aggregate && asked.matches(key))
    }

    pub(crate) fn asks_for_token(&self, key: &KeyExpr) -> bool {
        self.interests.values().any(|asked| asked.tokens && asked.matches(key))
    }

    /// The text of `wire`: what its number stands for, followed by its suffix. `None` for a number
    /// that was never declared, and for one of the hub's, which declares none.
    fn text(&mut self, wire: &WireExpr<'_>, limits: &Limits) -> Result<Option<String>, CloseCause> {
        let prefix = match (wire.scope, wire.mapping) {
            (0, _) => "",
            (number, Mapping::Sender) => match self.numbers.get(&number) {
                Some((text, _)) => text,
                None => return Ok(None),
            },
            (_, Mapping::Receiver) => return Ok(None),
        };
        self.unfolded += prefix.len();
        if self.unfolded > MAX_UNFOLDED {
            return Err(CloseCause::TooMuch { what: "keys in one batch", limit: MAX_UNFOLDED });
        }
        let (len, limit) = (prefix.len() + wire.suffix.len(), limits.key_bytes);
        if len > limit {
            return Err(CloseCause::TooMuch { what: "key expression", limit });
        }
        let mut text = String::with_capacity(len);
        text.push_str(prefix);
        text.push_str(&wire.suffix);
        Ok(Some(text))
    }

    /// The key expression of `wire`; `None` where there is none. A router passes over such a
    /// message.
    pub(crate) fn resolve(&mut self, wire: &WireExpr<'_>, limits: &Limits) -> Result<Option<KeyExpr>, CloseCause> {
        Ok(self.text(wire, limits)?.and_then(|text| KeyExpr::new(&text).ok()))
    }

    /// The client gives a number to a key expression, or to the beginning of some.
    pub(crate) fn number(
        &mut self,
        id: u16,
        wire: WireExpr<'_>,
        limits: &Limits,
        held: &Account,
    ) -> Result<(), CloseCause> {
        // This message has no bit for whose number its key begins with: it is the declarer's own.
        let own = WireExpr { mapping: Mapping::Sender, ..wire };
        let Some(text) = self.text(&own, limits)? else { return Ok(()) };
        if self.numbers.contains_key(&id) {
            // A router does not let a number be given anew.
            return Ok(());
        }
        let limit = limits.key_expressions;
        if self.numbers.len() >= limit {
            return Err(CloseCause::TooMany { what: "numbered key expressions", limit });
        }
        let hold = held.hold(text.len() + OVERHEAD);
        self.numbers.insert(id, (text.into(), hold));
        Ok(())
    }

    pub(crate) fn forget_number(&mut self, id: u16) {
        self.numbers.remove(&id);
    }
}

/// What a message takes of a queue, in bytes.
pub(crate) fn cost(message: &Outgoing) -> usize {
    message.len().saturating_add(OVERHEAD)
}

/// What an entity takes of the account of keys, in bytes.
pub(crate) fn cost_of_key(key: &KeyExpr) -> usize {
    key.len() + OVERHEAD
}

/// Whether a message may be lost on a full link.
pub(crate) fn may_be_dropped(congestion_control: CongestionControl, reliability: Reliability) -> bool {
    congestion_control == CongestionControl::Drop || reliability == Reliability::BestEffort
}
