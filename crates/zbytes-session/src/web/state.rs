//! The books of a driver: puts in flight, questions, batches in the browser's buffer, and timers.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::{Rc, Weak},
    time::Duration,
};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;

use super::{
    clock,
    command::{GetFailure, HowFar, PutFailure, Sent, Told},
    engine::Engine,
    host::{Alarm, Host},
    link::Link,
    task::Tasks,
};
#[cfg(feature = "capture")]
use crate::client::capture::Bounds;
use crate::client::{
    Client, CloseCause, Event, Framing, LinkStats, OpId, Part, Progress,
    pause::{Pause, Took, Watch},
    reconnect::Reconnect,
};
use crate::link::PORT;

/// How many bytes may wait in the browser's buffer before the driver waits too.
const HIGH_WATER: u64 = 4 << 20;

/// The shortest time between two reports of progress. The page redraws for each report, and that
/// takes longer than a slice of sending.
const PROGRESS: Duration = Duration::from_millis(100);

/// The longest time for which the driver may block the page.
const SLICE: Duration = Duration::from_millis(2);

/// A put between its command and its end.
pub(super) struct Flight {
    pub(super) total: usize,
    pub(super) handed: usize,
    pub(super) begun: Duration,
    /// The pauses of the page before the command.
    pub(super) before: Pause,
    pub(super) sent: Sent,
    /// When the driver last reported progress, and the bytes that it reported.
    pub(super) told: (Duration, usize),
    /// How many of its parts wait in the browser's buffer.
    pub(super) waiting: usize,
    /// Whether the socket has its last batch.
    pub(super) complete: bool,
    /// Whether its batches are kept by reference.
    pub(super) traced: bool,
}

impl Flight {
    pub(super) fn how_far(&self) -> HowFar {
        HowFar { handed: self.handed, total: self.total, complete: self.complete }
    }
}

/// A command that waits for answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Get,
    Fence,
}

/// A part of a put that waits in the browser's buffer.
pub(super) struct Waiting {
    /// Bytes given to the socket up to the end of the batch with this part.
    pub(super) end: u64,
    pub(super) op: OpId,
    pub(super) payload: usize,
}

/// A driver's state, which the callbacks of its timers and of its WebSocket share.
pub(super) type Shared<H> = Rc<RefCell<Inner<H>>>;

pub(super) struct Inner<H: Host> {
    pub(super) host: Rc<H>,
    pub(super) url: String,
    pub(super) framing: Framing,
    /// The link: a WebSocket or a port.
    pub(super) socket: Option<Link>,
    pub(super) client: Option<Client>,
    /// The counters of the link of a client that was dropped.
    pub(super) stats: LinkStats,
    pub(super) buffer: Vec<u8>,
    pub(super) flights: BTreeMap<OpId, Flight>,
    /// Gets and fences between their command and their end, and the pauses of the page before them.
    pub(super) asked: BTreeMap<OpId, (Asked, Pause)>,
    pub(super) waiting: VecDeque<Waiting>,
    /// Bytes that the socket has taken.
    pub(super) given: u64,
    /// When the attempt to open a session began, and when its WebSocket began to open. Pauses of
    /// the page since then are added.
    pub(super) begun: Duration,
    pub(super) opened: Duration,
    /// Counts attempts to open a WebSocket. An answer of the host that belongs to an earlier
    /// attempt is discarded.
    pub(super) attempt: u32,
    pub(super) engine: Engine,
    pub(super) watch: Watch,
    /// Whether the page stood still and the driver has not reported it yet.
    pub(super) stood_still: bool,
    /// The alarm that makes the driver look at the clocks every [`TICK`].
    pub(super) beat: Option<Alarm>,
    /// Whether the driver has reported the end.
    pub(super) ended: bool,
    /// Whether the driver opens a lost session again.
    pub(super) lasting: bool,
    pub(super) reconnect: Reconnect,
    /// The bounds for recording a client's batches; `None` without recording.
    #[cfg(feature = "capture")]
    pub(super) capture: Option<Bounds>,
    /// Listeners for hints from the browser about the network and the page.
    pub(super) hints: Vec<EventListener>,
    pub(super) pump: Option<Alarm>,
    /// Pumps in a later task of the event loop.
    pub(super) tasks: Tasks,
    /// Whether such a task is pending.
    pub(super) due: bool,
    /// The timer for opening a WebSocket, or for the next attempt.
    pub(super) timer: Option<Timeout>,
    /// The timer for the client of an open WebSocket, and the time at which it fires.
    pub(super) lease: Option<(Duration, Timeout)>,
    /// When the driver last reported the progress of arriving messages.
    pub(super) progress: Duration,
    pub(super) tell: Rc<dyn Fn(Told<H::Reason>)>,
}

impl<H: Host> Inner<H> {
    /// Whether the router is reached by a port.
    pub(super) fn is_over_a_port(&self) -> bool {
        self.url.starts_with(PORT)
    }

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

    pub(super) fn events(&mut self, told: &mut Vec<Told<H::Reason>>, ended: &mut Option<CloseCause>) {
        if std::mem::take(&mut self.stood_still) {
            let paused = self.client.as_ref().map(Client::paused).unwrap_or_default();
            told.extend((!paused.is_none()).then_some(Told::StoodStill(paused)));
        }
        while let Some(event) = self.client.as_mut().and_then(Client::poll_event) {
            match event {
                Event::PutFailed(op, error) => {
                    if let Some(flight) = self.flights.remove(&op) {
                        told.push(Told::PutEnded(op, Err(PutFailure::GivenUp(error, flight.how_far()))));
                    }
                }
                Event::GetEnded(op, result) => {
                    let before = self.asked.remove(&op).map(|(_, before)| before);
                    let pause = self.watch.all().since(before.unwrap_or_else(|| self.watch.all()));
                    told.push(Told::GetEnded(op, result.map_err(|error| GetFailure::Ended { error, pause })));
                }
                Event::Flushed(op, took) => {
                    self.asked.remove(&op);
                    told.push(Told::Flushed(op, Ok(took)));
                }
                // The caller ends the flights as lost, and reports how much of each had left the
                // browser.
                Event::Closed(end) => *ended = Some(end.cause),
                other => {
                    if let Event::Opened(_) = other {
                        self.reconnect.opened(clock::now());
                    }
                    told.push(Told::Event(other));
                }
            }
        }
    }

    /// Reports how far arriving messages are. [`Inner::settle`] reports leaving ones as they leave
    /// the browser.
    pub(super) fn arriving(&mut self, told: &mut Vec<Told<H::Reason>>, now: Duration) {
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
    pub(super) fn transmit(&mut self, begun: Duration) -> bool {
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
            let begin = self.given;
            self.given += transmit.len as u64;
            // The parts in a message share its time evenly.
            let sharers = transmit.parts.len().max(1) as u32;
            for trace in transmit.traces {
                let mut ops = trace.ops.clone();
                ops.sort_unstable();
                ops.dedup();
                for op in ops {
                    if let Some(flight) = self.flights.get_mut(&op).filter(|flight| flight.traced) {
                        flight.sent.trace.push(trace.clone());
                    }
                }
            }
            for Part { op, payload, end, last } in transmit.parts {
                self.waiting.push_back(Waiting { end: begin + end as u64, op, payload });
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
    pub(super) fn settle(&mut self, told: &mut Vec<Told<H::Reason>>) {
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
                let answered = answered.is_some() || socket.tells_of_room();
                let sent = Sent { took, answered, ..std::mem::take(&mut flight.sent) };
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

    /// Pumps when the current task of the event loop is over.
    pub(super) fn pump_later(&mut self) {
        if !std::mem::replace(&mut self.due, true) {
            self.tasks.post();
        }
    }

    /// Plans the next pump. It is `soon` if there is more to send, or if bytes were sent just now: a
    /// browser often counts them as gone by its next task. Otherwise the bytes in the browser's
    /// buffer are looked at after a while.
    pub(super) fn schedule(&mut self, soon: bool, inner: Weak<RefCell<Self>>, pump: fn(&Shared<H>)) {
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
        if soon {
            self.pump_later();
        } else if !self.waiting.is_empty() && !self.socket.as_ref().is_some_and(Link::tells_of_room) {
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
