//! Batches to be sent.

use std::time::Duration;

use zenoh_protocol::transport::close::reason;

use super::{
    capture::{Traced, Way},
    error::CloseCause,
    event::Event,
    machine::Client,
    queue::{Failed, Part, Queued},
};
use crate::wire::{BATCH_SIZE, Outgoing, Priority, Reliability};

/// A batch to be sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transmit {
    /// Its length, from the beginning of the buffer.
    pub len: usize,
    /// The parts of puts in it: one of a large put, or many small puts as a whole.
    pub parts: Vec<Part>,
    /// The batch by reference, if a put in it asked for that: see
    /// [`Put::traced`](super::Put::traced).
    pub trace: Option<Traced>,
}

impl Client {
    /// Whether [`Client::poll_transmit`] has something to write now.
    #[must_use]
    pub fn has_transmit(&self) -> bool {
        !self.control.is_empty() || (self.is_open() && self.may_transmit())
    }

    /// Writes the next batch into `buffer`, or says that there is none now. A buffer that is shorter
    /// than [`BATCH_SIZE`] is made so long first.
    ///
    /// Payload bytes are copied here, once, from their owners; the counts come with the put's last
    /// part. A put whose source is gone is given up with [`Event::PutFailed`].
    #[allow(clippy::disallowed_methods, reason = "control messages: payloads go through Segment")]
    pub fn poll_transmit(&mut self, buffer: &mut Vec<u8>, now: Duration) -> Option<Transmit> {
        let longest = usize::from(BATCH_SIZE);
        if buffer.len() < longest {
            buffer.resize(longest, 0);
        }
        if let Some(batch) = self.control.pop_front() {
            let room = buffer.get_mut(..batch.len());
            debug_assert!(room.is_some(), "the handshake checks the one whose length the router chooses");
            room?.copy_from_slice(&batch);
            self.last_sent = now;
            self.pace.sent(batch.len(), false);
            self.stats.sent.batches += 1;
            self.stats.sent.bytes += batch.len() as u64;
            if let Some(capture) = &mut self.capture {
                capture.leaves(&batch, Vec::new(), now);
            }
            return Some(Transmit { len: batch.len(), parts: Vec::new(), trace: None });
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
                let ops = filled.parts.iter().map(|part| part.op).collect();
                let trace = filled.trace.map(|bytes| Traced { at: now, way: Way::Out, bytes, ops });
                Some(Transmit { len: filled.len, parts: filled.parts, trace })
            }
            Err(Failed::HalfSent) => {
                self.end(CloseCause::HalfSent, Some(reason::GENERIC));
                self.poll_transmit(buffer, now)
            }
        }
    }

    /// Nothing is sent while no session is open; what is declared then is declared when one opens.
    pub(super) fn enqueue_declaration(&mut self, head: Vec<u8>) {
        if !self.is_open() {
            return;
        }
        let lane = self.lanes.lane(Priority::Control, Reliability::Reliable);
        self.queues.push(Queued { op: None, lane, message: Outgoing::encoded(head) });
    }
}
