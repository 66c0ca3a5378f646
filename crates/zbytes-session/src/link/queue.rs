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

use zbytes::{
    payload::{BuildError, ZBytes},
    segment::Segment,
};

use super::{lane::Lanes, table::ByPriority};
use crate::wire::{self, Lane, Outgoing, Priority};

/// A message that waits.
#[derive(Debug)]
pub struct Queued<T> {
    /// What the owner of the queue keeps with it, such as the operation that it belongs to.
    pub tag: T,
    /// The lane in which it leaves.
    pub lane: Lane,
    /// The message.
    pub message: Outgoing,
}

/// What was written into a batch.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Length of the batch, in bytes.
    pub len: usize,
    /// Messages of which the last byte is in it.
    pub finished: u64,
    /// The batch by reference, if a message in it is traced.
    pub trace: Option<ZBytes>,
}

/// Why no batch was made although something waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A message was given up when parts of it had been sent, and the other end knows no way to be
    /// told.
    HalfSent,
}

/// The queues of a session.
#[derive(Debug)]
pub struct Queues<T> {
    pub(crate) queues: ByPriority<VecDeque<Queued<T>>>,
    /// Lanes in which the other end has a part of a message that was given up, and is to be told so
    /// before anything else.
    pub(crate) aborts: Vec<Lane>,
    /// Of which message of each queue progress was told last, and of how many batches.
    pub(crate) told: ByPriority<(u64, usize)>,
    /// Payload bytes that wait. Many messages may refer to the same gibibyte, so the sum may be more
    /// than a memory holds.
    pub(crate) bytes: u64,
    pub(crate) count: usize,
    /// How many of the messages are traced.
    pub(crate) traced: usize,
}

impl<T> Default for Queues<T> {
    fn default() -> Self {
        let queues = ByPriority::default();
        Self { queues, aborts: Vec::new(), told: ByPriority::default(), bytes: 0, count: 0, traced: 0 }
    }
}

impl<T> Queues<T> {
    /// Payload bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Messages that wait, or wait for the rest of them to be sent.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether there is nothing to be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.aborts.is_empty()
    }

    /// Whether `len` more payload bytes are more than may wait. Alone, a message may be of any
    /// length.
    #[must_use]
    pub fn is_full(&self, len: usize, most: usize) -> bool {
        self.bytes > 0 && self.bytes + len as u64 > most as u64
    }

    /// Has a message leave as the last of its priority.
    pub fn push(&mut self, queued: Queued<T>) {
        self.come(&queued);
        self.queues[queued.lane.priority].push_back(queued);
    }

    /// Has a message leave as the next of its priority. No message of its lane may be under way:
    /// see [`Queues::is_under_way`].
    pub fn push_first(&mut self, queued: Queued<T>) {
        self.come(&queued);
        self.queues[queued.lane.priority].push_front(queued);
    }

    fn come(&mut self, queued: &Queued<T>) {
        self.bytes += queued.message.unsent() as u64;
        self.count += 1;
        self.traced += usize::from(queued.message.is_traced());
    }

    /// Whether the other end has a part of a message of this lane.
    #[must_use]
    pub fn is_under_way(&self, lane: Lane) -> bool {
        let mut first = self.queues[lane.priority].iter().take(2);
        first.any(|one| one.lane == lane && one.message.is_begun())
    }

    /// Everything that waits, in the order in which it would have left.
    pub fn into_queued(self) -> impl Iterator<Item = Queued<T>> {
        self.queues.into_values().flatten()
    }

    /// The lowest priority of which something waits.
    #[must_use]
    pub fn lowest(&self) -> Option<Priority> {
        self.queues.iter().rev().find(|(_, queue)| !queue.is_empty()).map(|(priority, _)| priority)
    }

    /// Writes the next batch into `buffer`; `None` when nothing waits. `part` is told of each
    /// message of which a part is in it, and of how many of its owners' bytes. Messages whose
    /// source is gone are given up on the way and put into `failed`.
    pub fn fill<N>(
        &mut self,
        buffer: &mut [u8],
        lanes: &mut Lanes<N>,
        failed: &mut Vec<(T, BuildError)>,
        mut part: impl FnMut(&Queued<T>, usize),
    ) -> Option<Result<Filled, Failed>> {
        loop {
            if let Some(lane) = self.aborts.pop() {
                let len = wire::abort(buffer, lane, lanes.next_sn(lane));
                debug_assert!(len.is_ok(), "it takes a few bytes, and no batch is shorter");
                let Ok(len) = len else { continue };
                lanes.spend(lane);
                return Some(Ok(Filled { len, finished: 0, trace: None }));
            }
            let queue = self.queues.iter_mut().find(|queue| !queue.is_empty())?;
            let queued = queue.front_mut()?;
            let lane = queued.lane;
            let (sn, markers) = (lanes.next_sn(lane), lanes.agreed().markers);
            let mark = queued.message.mark();
            match queued.message.gather(buffer, lane, sn, markers) {
                Ok(gathered) => {
                    lanes.spend(lane);
                    let mut filled = Filled { len: gathered.len, finished: 0, trace: None };
                    self.bytes -= gathered.payload as u64;
                    part(queued, gathered.payload);
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
                            wanted |= self.share(buffer, lane, &mut filled, trace.as_mut(), failed, part);
                        }
                    }
                    filled.trace = trace.filter(|_| wanted).map(ZBytes::of_held);
                    return Some(Ok(filled));
                }
                Err(error) => {
                    let begun = queued.message.is_begun();
                    let gone = queue.pop_front();
                    self.give_up(gone, error, failed);
                    if begun && !markers {
                        // An end of the first protocol version cannot be told; it would take the
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
        failed: &mut Vec<(T, BuildError)>,
        mut part: impl FnMut(&Queued<T>, usize),
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
                    part(queued, gathered.payload);
                    self.bytes -= gathered.payload as u64;
                    self.queues[lane.priority].pop_front();
                    self.count -= 1;
                }
                Err(error) => {
                    let gone = self.queues[lane.priority].pop_front();
                    self.give_up(gone, error, failed);
                }
            }
        }
        wanted
    }

    fn give_up(&mut self, gone: Option<Queued<T>>, error: BuildError, failed: &mut Vec<(T, BuildError)>) {
        let Some(Queued { tag, message, .. }) = gone else { return };
        self.traced -= usize::from(message.is_traced());
        self.bytes -= message.unsent() as u64;
        self.count -= 1;
        failed.push((tag, error));
    }
}
