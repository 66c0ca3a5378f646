//! The client itself: its state, its phases, and its end.

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use zbytes::ledger::Ledger;
use zenoh_protocol::transport::{InitAck, close::reason};

use super::{
    capture::{Recorder, Traced},
    config::{Config, HANDSHAKE_TIMEOUT, LEASE},
    declare::{Declared, Remote},
    error::{CloseCause, CommandError},
    event::{Ended, Event, Interrupted},
    ids::EntityId,
    pace::Pace,
    pause::Pause,
    query::Pending,
    queue::Queues,
    stats::LinkStats,
    transfer::Known,
};
use crate::{
    link::{Account, Lanes, Reading, Unframer},
    wire::{ZenohId, encode},
};

pub(super) enum Phase {
    /// InitSyn was sent.
    Init,
    /// OpenSyn was sent; holds what InitAck said.
    Open(Box<InitAck>),
    /// The session is open.
    Running,
    /// It has ended.
    Over,
}

/// The client. See the [module](super) for how to drive it.
pub struct Client {
    pub(super) config: Config,
    pub(super) phase: Phase,
    pub(super) lanes: Lanes<Known>,
    pub(super) router_lease: Duration,
    /// Whole batches of the transport itself, sent before anything else.
    pub(super) control: VecDeque<Vec<u8>>,
    pub(super) queues: Queues,
    /// What the caller has declared, in order. It outlives a lost session.
    pub(super) declared: Vec<Declared>,
    /// The next number of each publisher that numbers its samples.
    pub(super) numbered: HashMap<EntityId, u32>,
    /// The id under which samples are numbered: that of the first session.
    pub(super) source: ZenohId,
    /// What waits for an answer.
    pub(super) pending: Pending,
    /// Large messages of which something was told while they arrived.
    pub(super) arrivals: u64,
    /// The last number that was given to an interest or a request.
    pub(super) last_number: u32,
    /// How much the router has answered for.
    pub(super) pace: Pace,
    pub(super) stats: LinkStats,
    /// Whether the session was open and was lost, so that [`Client::relink`] opens it again.
    pub(super) lost: bool,
    /// What the router has declared.
    pub(super) remote: Remote,
    /// What is kept for others.
    pub(super) held: Account,
    /// What is being read.
    pub(super) reading: Reading,
    /// The batches that the messages which are being read came in.
    pub(super) arrived: Option<Rc<[Traced]>>,
    pub(super) events: VecDeque<Event>,
    pub(super) last_received: Duration,
    /// When an open session was last known to live.
    pub(super) heard: Duration,
    /// Pauses since then, until the router has answered after them.
    pub(super) paused: Pause,
    /// The interest by which a router shows that it lives after a pause, and until when it is
    /// waited for.
    pub(super) probe: Option<(u32, Duration)>,
    /// All pauses so far.
    pub(super) pauses: Pause,
    pub(super) last_sent: Duration,
    /// When the present step of the handshake must be over.
    pub(super) deadline: Duration,
    /// When the router was first found silent for its whole lease. It is given half of it once
    /// more, because a page that was frozen finds its timer due before the messages that came
    /// meanwhile.
    pub(super) suspected: Option<Duration>,
    /// The parts of a batch that has not arrived as a whole, where the link is a stream.
    pub(super) unframer: Unframer,
    /// Headers read; payload bytes are never copied by the client.
    pub(super) ledger: Ledger,
    /// The last batches, while the program records them.
    pub(super) capture: Recorder,
}

impl Client {
    /// A client whose link has just opened. Its first batch is ready to be transmitted.
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
            source: config.zid,
            pending: Pending::default(),
            arrivals: 0,
            last_number: 0,
            pace: Pace::default(),
            stats: LinkStats::default(),
            lost: false,
            remote: Remote::default(),
            held: Account::default(),
            reading: Reading::Batch(0),
            arrived: None,
            events: VecDeque::new(),
            last_received: now,
            heard: now,
            paused: Pause::default(),
            probe: None,
            pauses: Pause::default(),
            last_sent: now,
            deadline: now + HANDSHAKE_TIMEOUT,
            suspected: None,
            unframer: Unframer::default(),
            ledger: Ledger::new(),
            capture: None,
        };
        client.greet(now);
        client
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

    /// The headers that were read so far, as metadata. No payload byte is ever in it: receiving
    /// copies none.
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

    /// The next event, if any.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// A number for an interest or a request that none of those under way has: there are fewer than
    /// numbers by far.
    pub(super) fn next_number(&mut self) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }

    /// Ends the session for good. What waits to be sent is given up; the last transmit tells the
    /// router. One that was lost is not to be opened again.
    pub fn close(&mut self) {
        self.lost = false;
        self.end(CloseCause::ByUs, Some(reason::GENERIC));
    }

    pub(super) fn require_open(&self) -> Result<(), CommandError> {
        match &self.phase {
            Phase::Running => Ok(()),
            _ if self.lost => Err(CommandError::Lost),
            _ => Err(CommandError::NotOpen),
        }
    }

    /// Whether one more message may wait to be sent.
    pub(super) fn require_queue(&self) -> Result<(), CommandError> {
        let (queued, limit) = (self.queues.count(), self.config.limits.queued_messages);
        if queued >= limit { Err(CommandError::TooManyQueued { queued, limit }) } else { Ok(()) }
    }

    /// An open session, or a lost one: what is declared now will be with the next.
    pub(super) fn require_session(&self) -> Result<(), CommandError> {
        if self.is_open() || self.lost { Ok(()) } else { Err(CommandError::NotOpen) }
    }

    pub(super) fn end(&mut self, cause: CloseCause, tell: Option<u8>) {
        if self.is_over() {
            return;
        }
        self.control.clear();
        if let Some(reason) = tell {
            self.control.push_back(encode::close(reason));
        }
        let was_open = self.is_open();
        self.phase = Phase::Over;
        self.probe = None;
        let queued = self.queues.abandon();
        self.tell_kept_replies();
        let mut interrupted: Vec<Interrupted> =
            queued.into_iter().map(|(op, begun)| Interrupted { op, begun }).collect();
        for op in self.pending.abandon() {
            // A get that has not left is among what was queued.
            if !interrupted.iter().any(|other| other.op == op) {
                interrupted.push(Interrupted { op, begun: true });
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
        self.events.push_back(Event::Closed(Ended { cause, interrupted }));
    }
}
