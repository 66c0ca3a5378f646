//! What waits to be sent: one queue for each priority, and batches filled out of them.
//!
//! ```text
//!   puts made      queues, highest priority first            batches
//!
//!   1 data     ->  real time   | 3                       ->  | 3 |
//!   2 data         data        | 1 (200 kB) | 2 | 4 | 5      | 1 | 1 | 1 | 1 | 2 4 5 |
//!   3 real time                                               fragments      one frame
//!   4 data
//!   5 data
//! ```
//!
//! Within a priority messages leave in the order in which they were queued, and nothing stands
//! between the fragments of one. A higher priority goes first at every border of a batch. Small
//! messages of one lane that wait together share a frame. A queued message holds references to its
//! payload's owners; no byte is copied before its batch is filled.

use std::collections::VecDeque;

use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};

use super::{error::PutError, ids::OpId, lane::Lanes, limits::Limits, table::ByPriority, transfer::Leaving};
use crate::wire::{self, Lane, Outgoing, Priority};

/// A message that waits.
pub(super) struct Queued {
    /// The caller's operation that it belongs to, if any.
    pub(super) op: Option<OpId>,
    pub(super) lane: Lane,
    pub(super) message: Outgoing,
}

/// What has become of a message that was to be given up.
pub(super) enum Cancel {
    /// It is given up; so many of its payload bytes had left.
    Done { sent: usize, total: usize },
    /// A part of it has left, and the router knows no way to be told.
    HalfSent,
    /// It does not wait.
    NotThere,
}

/// What was written into a batch.
pub(super) struct Filled {
    /// Length of the batch, in bytes.
    pub(super) len: usize,
    /// Messages of which the last byte is in it.
    pub(super) finished: u64,
    /// The parts of the caller's operations in it.
    pub(super) parts: Vec<Part>,
    /// The batch by reference, if a message in it is traced.
    pub(super) trace: Option<ZBytes>,
}

/// Why no batch was made although something waited.
pub(super) enum Failed {
    /// A message was given up when parts of it had been sent, and the router knows no way to be
    /// told.
    HalfSent,
}

/// The queues of a session.
#[derive(Default)]
pub(super) struct Queues {
    queues: ByPriority<VecDeque<Queued>>,
    /// Lanes in which the router has a part of a message that was given up, and is to be told so
    /// before anything else.
    aborts: Vec<Lane>,
    /// Of which message of each queue progress was told last, and of how many batches.
    told: ByPriority<(OpId, usize)>,
    /// Payload bytes that wait. Many messages may refer to the same gibibyte, so the sum may be more
    /// than a memory holds.
    bytes: u64,
    count: usize,
    /// How many of the messages are traced.
    traced: usize,
}

impl Queues {
    /// Payload bytes that wait.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Messages that wait, or wait for the rest of them to be sent.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether there is nothing to be sent.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0 && self.aborts.is_empty()
    }

    /// Whether `len` more payload bytes are more than may wait. Alone, a message may be of any
    /// length.
    pub(super) fn is_full(&self, len: usize, limits: &Limits) -> bool {
        self.bytes > 0 && self.bytes + len as u64 > limits.queued_bytes as u64
    }

    pub(super) fn push(&mut self, queued: Queued) {
        self.come(&queued);
        self.queues[queued.lane.priority].push_back(queued);
    }

    /// Has a message leave as the next of its priority. No message of its lane may be under way:
    /// see [`Queues::is_under_way`].
    pub(super) fn push_first(&mut self, queued: Queued) {
        self.come(&queued);
        self.queues[queued.lane.priority].push_front(queued);
    }

    fn come(&mut self, queued: &Queued) {
        self.bytes += queued.message.unsent() as u64;
        self.count += 1;
        self.traced += usize::from(queued.message.is_traced());
    }

    /// Whether the router has a part of a message of this lane.
    pub(super) fn is_under_way(&self, lane: Lane) -> bool {
        let mut first = self.queues[lane.priority].iter().take(2);
        first.any(|one| one.lane == lane && one.message.is_begun())
    }

    /// Empties the queues. Returns the operations that waited, in the order in which they would
    /// have left, and for each whether a part of it was sent.
    pub(super) fn abandon(&mut self) -> Vec<(OpId, bool)> {
        let all = std::mem::take(self);
        let waiting = all.queues.into_values().flatten();
        waiting.filter_map(|queued| Some((queued.op?, queued.message.is_begun()))).collect()
    }

    /// Writes the next batch into `buffer`; `None` when nothing waits. Messages whose source is
    /// gone are given up on the way and put into `failed`.
    pub(super) fn fill(
        &mut self,
        buffer: &mut [u8],
        lanes: &mut Lanes,
        failed: &mut Vec<(OpId, PutError)>,
    ) -> Option<Result<Filled, Failed>> {
        loop {
            if let Some(lane) = self.aborts.pop() {
                let len = wire::abort(buffer, lane, lanes.next_sn(lane));
                debug_assert!(len.is_ok(), "it takes a few bytes, and no batch is shorter");
                let Ok(len) = len else { continue };
                lanes.spend(lane);
                return Some(Ok(Filled { len, finished: 0, parts: Vec::new(), trace: None }));
            }
            let queue = self.queues.iter_mut().find(|queue| !queue.is_empty())?;
            let queued = queue.front_mut()?;
            let lane = queued.lane;
            let (sn, markers) = (lanes.next_sn(lane), lanes.agreed().markers);
            let mark = queued.message.mark();
            match queued.message.gather(buffer, lane, sn, markers) {
                Ok(gathered) => {
                    lanes.spend(lane);
                    let mut filled = Filled { len: gathered.len, finished: 0, parts: Vec::new(), trace: None };
                    self.bytes -= gathered.payload as u64;
                    filled.parts.extend(part(queued, gathered.payload));
                    let mut trace = (self.traced > 0).then(Vec::new);
                    let mut wanted = queued.message.is_traced();
                    if let Some(trace) = &mut trace {
                        queued.message.refer(mark, buffer.get(..gathered.len).unwrap_or_default(), 0, trace);
                    }
                    if queued.message.is_done() {
                        let whole = queued.message.batches() == 1;
                        self.traced -= usize::from(queued.message.is_traced());
                        queue.pop_front();
                        self.count -= 1;
                        filled.finished = 1;
                        if whole {
                            wanted |= self.share(buffer, lane, &mut filled, trace.as_mut(), failed);
                        }
                    }
                    filled.trace = trace.filter(|_| wanted).map(ZBytes::of_held);
                    return Some(Ok(filled));
                }
                Err(error) => {
                    let begun = queued.message.is_begun();
                    let gone = queue.pop_front();
                    self.give_up(gone, PutError::Source(error), failed);
                    if begun && !markers {
                        // A router of the first protocol version cannot be told; it would take the
                        // next message for the rest.
                        return Some(Err(Failed::HalfSent));
                    }
                    self.aborts.extend(begun.then_some(lane));
                }
            }
        }
    }

    /// Puts further whole messages of the same lane into a frame, as far as they fit. Returns whether
    /// one of them is traced.
    fn share(
        &mut self,
        buffer: &mut [u8],
        lane: Lane,
        filled: &mut Filled,
        mut trace: Option<&mut Vec<Segment>>,
        failed: &mut Vec<(OpId, PutError)>,
    ) -> bool {
        let mut wanted = false;
        while let Some(queued) = self.queues[lane.priority].front_mut().filter(|queued| queued.lane == lane) {
            let mark = queued.message.mark();
            let Some(appended) = queued.message.append(buffer, filled.len) else { break };
            match appended {
                Ok(gathered) => {
                    if let Some(trace) = &mut trace {
                        let batch = buffer.get(..gathered.len).unwrap_or_default();
                        queued.message.refer(mark, batch, filled.len, trace);
                    }
                    wanted |= queued.message.is_traced();
                    self.traced -= usize::from(queued.message.is_traced());
                    filled.len = gathered.len;
                    filled.finished += 1;
                    filled.parts.extend(part(queued, gathered.payload));
                    self.bytes -= gathered.payload as u64;
                    self.queues[lane.priority].pop_front();
                    self.count -= 1;
                }
                Err(error) => {
                    let gone = self.queues[lane.priority].pop_front();
                    self.give_up(gone, PutError::Source(error), failed);
                }
            }
        }
        wanted
    }

    fn give_up(&mut self, gone: Option<Queued>, error: PutError, failed: &mut Vec<(OpId, PutError)>) {
        let Some(Queued { op, message, .. }) = gone else { return };
        self.traced -= usize::from(message.is_traced());
        self.bytes -= message.unsent() as u64;
        self.count -= 1;
        failed.extend(op.map(|op| (op, error)));
    }
}

impl Queues {
    /// Gives up the message of an operation; its owners are let go.
    pub(super) fn cancel(&mut self, op: OpId, markers: bool) -> Cancel {
        for queue in self.queues.iter_mut() {
            let Some(at) = queue.iter().position(|queued| queued.op == Some(op)) else { continue };
            let begun = queue.get(at).is_some_and(|queued| queued.message.is_begun());
            if begun && !markers {
                return Cancel::HalfSent;
            }
            let Some(Queued { lane, message, .. }) = queue.remove(at) else { break };
            self.traced -= usize::from(message.is_traced());
            self.aborts.extend(begun.then_some(lane));
            self.bytes -= message.unsent() as u64;
            self.count -= 1;
            let total = message.payload_len();
            return Cancel::Done { sent: total - message.unsent(), total };
        }
        Cancel::NotThere
    }

    /// How far a message is of which more has left than was told.
    pub(super) fn progress(&mut self) -> Option<Leaving> {
        for ((_, queue), told) in self.queues.iter().zip(self.told.iter_mut()) {
            let begun = queue.front().filter(|queued| queued.message.is_begun());
            let Some((op, message)) = begun.and_then(|queued| Some((queued.op?, &queued.message))) else { continue };
            let (fragments, total) = (message.batches(), message.payload_len());
            if std::mem::replace(told, (op, fragments)) != (op, fragments) {
                return Some(Leaving { op, bytes: total - message.unsent(), total, fragments });
            }
        }
        None
    }

    /// The lowest priority of which something waits.
    pub(super) fn lowest(&self) -> Option<Priority> {
        self.queues.iter().rev().find(|(_, queue)| !queue.is_empty()).map(|(priority, _)| priority)
    }
}

fn part(queued: &Queued, payload: usize) -> Option<Part> {
    let message = &queued.message;
    let last = message.is_done().then(|| (message.batches(), message.ledger().clone()));
    Some(Part { op: queued.op?, payload, last })
}

/// The part of a put that a batch carries.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// Which put.
    pub op: OpId,
    /// Payload bytes in this batch.
    pub payload: usize,
    /// With the last batch of the put: how many there were, and what gathering them copied.
    pub last: Option<(usize, Ledger)>,
}
