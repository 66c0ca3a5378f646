//! The hub itself: its links, how they begin and end, and what time does.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use zbytes::{ledger::Ledger, segment::Segment};
use zbytes_session::{
    client::{CongestionControl, KeyExpr, Priority, Qos, Reliability, ZenohId},
    link::{Account, Framing, encode},
    wire::Outgoing,
};

use crate::{
    clock::Clock,
    config::{Config, HANDSHAKE_TIMEOUT, KEEP_ALIVE, WAIT_BEFORE_CLOSE},
    event::{CloseCause, Event, LinkId, TooManyLinks},
    few::Few,
    link::{Link, Phase, cost, may_be_dropped},
    query::Queries,
    receive::Source,
    tables::{ByKind, Declared},
};

/// What a hub has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages that were queued for a link: one that goes to three links counts three times.
    pub forwarded: u64,
    /// Messages that were not, because the link was full and they may be dropped.
    pub dropped: u64,
    /// Messages that were passed over, as a router does. Their key is none, or nothing waits for
    /// them.
    pub ignored: u64,
}

/// A small zenoh router. See the [crate] for how to drive it.
#[derive(Debug)]
pub struct Hub {
    pub(crate) config: Config,
    pub(crate) links: Few<LinkId, Link>,
    last_link: u64,
    /// Links that have got something to send since the driver was told.
    ready: Vec<LinkId>,
    /// Links that are to be ended once the present input is handled.
    doomed: Vec<(LinkId, CloseCause)>,
    pub(crate) clock: Clock,
    pub(crate) declared: ByKind<Declared>,
    /// How many tokens there are of each key.
    pub(crate) tokens: HashMap<KeyExpr, usize>,
    /// How many subscribers, queryables and tokens all clients have.
    pub(crate) count: usize,
    pub(crate) queries: Queries,
    /// Batches that queues refer to.
    pub(crate) kept: Account,
    /// Batches of messages that are being put together.
    pub(crate) arriving: Account,
    /// Texts of keys.
    pub(crate) keys: Account,
    pub(crate) ledger: Ledger,
    pub(crate) stats: Stats,
    events: VecDeque<Event>,
}

/// Notes that a link has got something to send.
fn is_ready(ready: &mut Vec<LinkId>, link: LinkId) {
    if !ready.contains(&link) {
        ready.push(link);
    }
}

impl Hub {
    /// A hub without links.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            links: Few::default(),
            last_link: 0,
            ready: Vec::new(),
            doomed: Vec::new(),
            clock: Clock::new(config.zid, config.since_1970),
            declared: ByKind::default(),
            tokens: HashMap::new(),
            count: 0,
            queries: Queries::default(),
            kept: Account::default(),
            arriving: Account::default(),
            keys: Account::default(),
            ledger: Ledger::new(),
            stats: Stats::default(),
            events: VecDeque::new(),
        }
    }

    /// Its zenoh id.
    #[must_use]
    pub fn zid(&self) -> ZenohId {
        self.config.zid
    }

    /// A client has opened a link: a connection, a WebSocket, a port.
    ///
    /// # Errors
    /// [`TooManyLinks`]; the driver closes its socket then.
    pub fn add_link(&mut self, framing: Framing, now: Duration) -> Result<LinkId, TooManyLinks> {
        let limit = self.config.limits.links;
        if self.links.len() >= limit {
            return Err(TooManyLinks { limit });
        }
        self.last_link += 1;
        let id = LinkId(self.last_link);
        self.links.insert(id, Link::new(framing, now));
        Ok(id)
    }

    /// The driver's socket has ended, or it has closed it after [`Event::Closed`]. What the client
    /// had declared is undeclared, unless it was before.
    pub fn remove_link(&mut self, link: LinkId, now: Duration) {
        self.end(link, CloseCause::Lost);
        self.settle(now);
        self.links.remove(&link);
        self.ready.retain(|ready| *ready != link);
    }

    /// Takes what has come over a link: a batch, or a run of a stream of them. Its bytes stay where
    /// they are; what is forwarded refers to them.
    ///
    /// While [`Hub::wants_input`] is false, what comes waits.
    pub fn handle_input(&mut self, link: LinkId, input: Segment, now: Duration) {
        self.take(link, input, now);
        self.settle(now);
    }

    /// Whether the driver should read on from this link. If not, a message of it that may not be
    /// dropped waits for another link. A driver that cannot hold its client back may go on.
    #[must_use]
    pub fn wants_input(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|link| !link.is_over() && link.blocked.is_none())
    }

    /// A link that has got something to send since it was told last. The driver calls
    /// [`Hub::poll_transmit`] for it until there is nothing, or its socket takes no more. Then it
    /// remembers by itself to go on.
    pub fn poll_link(&mut self) -> Option<LinkId> {
        self.ready.pop()
    }

    /// The next event, if any.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What the hub has copied: payload bytes once for each link that they leave by, into a batch.
    /// What it has read and written of headers is in it as metadata.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// When [`Hub::handle_timeout`] is due, or `None` while there is nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let of_link = |link: &Link| match link.phase {
            Phase::Over => None,
            Phase::Init | Phase::Open(_) => Some(link.deadline),
            Phase::Running => {
                let silent = link.last_received.saturating_add(link.client_lease);
                let due = silent.min(link.last_sent.saturating_add(KEEP_ALIVE));
                let blocked = self.blocked_until(link);
                Some(blocked.map_or(due, |blocked| due.min(blocked)))
            }
        };
        self.links.values().filter_map(of_link).chain(self.queries.deadline()).min()
    }

    /// Lets time pass. Calling it too early does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        for (id, link) in self.links.iter_mut() {
            let silence = now.saturating_sub(link.last_received);
            match link.phase {
                Phase::Over => {}
                Phase::Init | Phase::Open(_) => {
                    if now >= link.deadline {
                        self.doomed.push((*id, CloseCause::NoHandshake { after: HANDSHAKE_TIMEOUT }));
                    }
                }
                // A link that is not read says nothing about its client.
                Phase::Running if silence >= link.client_lease && link.blocked.is_none() => {
                    self.doomed.push((*id, CloseCause::Silent { for_: silence }));
                }
                Phase::Running => {
                    if now >= link.last_sent.saturating_add(KEEP_ALIVE) && link.control.is_empty() {
                        link.control.push_back(encode::keep_alive());
                        is_ready(&mut self.ready, *id);
                    }
                }
            }
        }
        let stuck: Vec<(LinkId, Duration)> = self.links.values().filter_map(|link| self.stuck(link, now)).collect();
        self.doomed.extend(stuck.into_iter().map(|(id, for_)| (id, CloseCause::Unresponsive { for_ })));
        self.expire_queries(now);
        self.settle(now);
    }

    /// The driver stood still until `now`, as a computer that slept. What its clients sent
    /// meanwhile may still come, so silence is timed anew.
    pub fn handle_pause(&mut self, now: Duration) {
        for link in self.links.values_mut() {
            link.last_received = now;
            link.deadline = now.saturating_add(HANDSHAKE_TIMEOUT);
            if let Some((_, since)) = &mut link.blocked {
                *since = now;
            }
        }
    }

    /// Until when `link` waits for the link that blocks it.
    fn blocked_until(&self, link: &Link) -> Option<Duration> {
        let (by, since) = link.blocked?;
        let moved = self.links.get(&by).map_or(since, |by| since.max(by.last_sent));
        Some(moved.saturating_add(WAIT_BEFORE_CLOSE))
    }

    /// The link that takes nothing while `link` waits for it, and for how long.
    fn stuck(&self, link: &Link, now: Duration) -> Option<(LinkId, Duration)> {
        let (by, _) = link.blocked?;
        let until = self.blocked_until(link).filter(|until| now >= *until)?;
        // When not that link is full but all together, the fullest has to go.
        let full = self.links.get(&by).is_some_and(|by| !by.has_room(&self.config.limits));
        let fullest = || self.links.iter().max_by_key(|(_, link)| link.queues.count()).map(|(id, _)| *id);
        let by = if full { by } else { fullest()? };
        Some((by, now.saturating_sub(until).saturating_add(WAIT_BEFORE_CLOSE)))
    }

    /// Whether `link` still has to wait for the link that blocked it.
    pub(crate) fn is_blocked(&self, link: LinkId) -> bool {
        let blocked = self.links.get(&link).and_then(|link| link.blocked);
        blocked.is_some_and(|(by, _)| {
            let limits = &self.config.limits;
            let by = self.links.get(&by).filter(|by| by.is_running());
            by.is_some_and(|by| !by.has_room(limits)) || by.is_some() && self.kept.bytes() > limits.kept_bytes
        })
    }

    /// Does what the last input has left to do: ends links, and goes on with those that need not
    /// wait any more.
    pub(crate) fn settle(&mut self, now: Duration) {
        loop {
            if let Some((id, cause)) = self.doomed.pop() {
                self.end(id, cause);
                continue;
            }
            let blocked = self.links.iter().filter(|(_, link)| link.blocked.is_some()).map(|(id, _)| *id);
            let free: Option<LinkId> = blocked.into_iter().find(|id| !self.is_blocked(*id));
            let Some(id) = free else { return };
            if let Some(link) = self.links.get_mut(&id) {
                link.blocked = None;
                // It was not read, so it was not silent.
                link.last_received = now;
            }
            self.proceed(id, now);
        }
    }

    /// Has a link ended once the present input is handled.
    pub(crate) fn doom(&mut self, link: LinkId, cause: CloseCause) {
        if !self.is_doomed(link) {
            self.doomed.push((link, cause));
        }
    }

    pub(crate) fn is_doomed(&self, link: LinkId) -> bool {
        self.doomed.iter().any(|(doomed, _)| *doomed == link)
    }

    /// Ends a link: tells its client why, and the other ones that what it had declared is gone.
    fn end(&mut self, id: LinkId, cause: CloseCause) {
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_over()) else { return };
        let was_running = link.is_running();
        link.phase = Phase::Over;
        link.control.clear();
        link.control.extend(cause.reason().map(encode::close));
        for queued in std::mem::take(&mut link.queues).into_queued() {
            if queued.message.is_begun() {
                self.ledger.absorb(queued.message.ledger());
            }
        }
        link.lanes = zbytes_session::link::Lanes::default();
        link.waiting.clear();
        link.blocked = None;
        is_ready(&mut self.ready, id);
        if was_running {
            self.forget(id);
        }
        self.events.push_back(Event::Closed { link: id, cause });
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(crate) fn is_ready(&mut self, link: LinkId) {
        is_ready(&mut self.ready, link);
    }

    /// Queues an encoded message that the hub makes itself, such as a declaration.
    pub(crate) fn say(&mut self, to: LinkId, priority: Priority, message: Vec<u8>) {
        self.say_message(to, priority, Outgoing::encoded(message));
    }

    /// Queues a message that the hub makes itself. It may not be dropped.
    pub(crate) fn say_message(&mut self, to: LinkId, priority: Priority, message: Outgoing) {
        let limits = self.config.limits;
        let Some(link) = self.links.get_mut(&to).filter(|link| link.is_running()) else { return };
        // It is not read while it is full. What others have caused goes on, up to a bound.
        let limit = limits.queued_messages.saturating_mul(2);
        if link.queues.count() >= limit {
            return self.doom(to, CloseCause::TooMany { what: "messages that wait for it", limit });
        }
        link.queue(priority, Reliability::Reliable, message, None);
        link.owes |= !link.has_room(&limits);
        is_ready(&mut self.ready, to);
    }

    /// Queues a message of a client for another one; `refers` says whether it refers to the batch in
    /// which it came. A full link drops it, or has the sender wait.
    pub(crate) fn forward(
        &mut self,
        source: &mut Source<'_>,
        to: LinkId,
        qos: Qos,
        reliability: Reliability,
        message: Outgoing,
        refers: bool,
    ) {
        let limits = self.config.limits;
        let crowded = self.kept.bytes() > limits.kept_bytes;
        let Some(link) = self.links.get_mut(&to).filter(|link| link.is_running()) else { return };
        let full = crowded || link.is_full(cost(&message), &limits);
        if full && may_be_dropped(qos.congestion_control, reliability) {
            self.stats.dropped += 1;
            return;
        }
        let batch = refers.then(|| source.reading.keep(&self.kept));
        link.queue(qos.priority, reliability, message, batch);
        let full = crowded || !link.has_room(&limits);
        self.stats.forwarded += 1;
        is_ready(&mut self.ready, to);
        if full
            && qos.congestion_control == CongestionControl::Block
            && let Some(from) = self.links.get_mut(&source.link)
        {
            from.blocked.get_or_insert((to, source.now));
        }
    }
}
