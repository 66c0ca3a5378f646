//! Batches to be sent.

use std::time::Duration;

use zenoh_protocol::transport::close::reason;

use super::{
    capture::{Traced, Way},
    error::{CloseCause, PutError},
    event::Event,
    machine::Client,
    queue::{Part, Queued, part},
};
use crate::{
    link::{Failed, Framing},
    wire::{BATCH_SIZE, Outgoing, Priority, Reliability},
};

/// A batch to be sent; where the link is a stream, a run of it with whole batches.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transmit {
    /// Its length, from the beginning of the buffer.
    pub len: usize,
    /// The parts of puts in it: of a large put one for each batch, or many small puts as a whole.
    pub parts: Vec<Part>,
    /// The batches by reference with a put in them that asked for that: see
    /// [`Put::traced`](super::Put::traced).
    pub traces: Vec<Traced>,
}

impl Client {
    /// Whether [`Client::poll_transmit`] has something to write now.
    #[must_use]
    pub fn has_transmit(&self) -> bool {
        !self.control.is_empty() || (self.is_open() && self.may_transmit())
    }

    /// Writes the next batch into `buffer`, or says that there is none now. A buffer that is shorter
    /// than [`BATCH_SIZE`] is made so long first. Where the link is a stream, it writes as many
    /// batches as are there and fit, each behind its length.
    ///
    /// Payload bytes are copied here, once, from their owners; the counts come with the put's last
    /// part. A put whose source is gone is given up with [`Event::PutFailed`].
    pub fn poll_transmit(&mut self, buffer: &mut Vec<u8>, now: Duration) -> Option<Transmit> {
        let longest = usize::from(BATCH_SIZE);
        if buffer.len() < longest {
            buffer.resize(longest, 0);
        }
        let (framing, mut transmit) = (self.config.framing, Transmit { len: 0, parts: Vec::new(), traces: Vec::new() });
        while let Some(room) = buffer.get_mut(transmit.len..).filter(|room| room.len() >= longest)
            && let Some((prefix, room)) = room.split_at_mut_checked(framing.prefix())
            && let Some(len) = self.write_batch(room, &mut transmit, now)
        {
            framing.write_prefix(prefix, len);
            transmit.len += framing.prefix() + len;
            if framing == Framing::Messages {
                break;
            }
        }
        (transmit.len > 0).then_some(transmit)
    }

    /// Writes the next batch into `buffer`, and adds what is told of it. Returns its length.
    #[allow(clippy::disallowed_methods, reason = "control messages: payloads go through Segment")]
    fn write_batch(&mut self, buffer: &mut [u8], transmit: &mut Transmit, now: Duration) -> Option<usize> {
        let prefix = self.config.framing.prefix();
        if let Some(batch) = self.control.pop_front() {
            let room = buffer.get_mut(..batch.len());
            debug_assert!(room.is_some(), "the handshake checks the one whose length the router chooses");
            room?.copy_from_slice(&batch);
            self.last_sent = now;
            self.pace.sent(prefix + batch.len(), false);
            self.stats.sent.batches += 1;
            self.stats.sent.bytes += batch.len() as u64;
            if let Some(capture) = &mut self.capture {
                capture.leaves(&batch, Vec::new(), now);
            }
            return Some(batch.len());
        }
        if !self.is_open() || !self.pace() {
            return None;
        }
        let room = buffer.get_mut(..usize::from(self.lanes.agreed().batch_size))?;
        let parts = &mut transmit.parts;
        let (mut failed, before) = (Vec::new(), parts.len());
        let filled =
            self.queues.fill(room, &mut self.lanes, &mut failed, |queued, payload| parts.extend(part(queued, payload)));
        let failed = failed.into_iter();
        self.events.extend(failed.filter_map(|(op, error)| Some(Event::PutFailed(op?, PutError::Source(error)))));
        match filled? {
            Ok(filled) => {
                let end = transmit.len + prefix + filled.len;
                parts.iter_mut().skip(before).for_each(|part| part.end = end);
                self.last_sent = now;
                self.pace.sent(prefix + filled.len, parts.len() > before);
                self.stats.sent.batches += 1;
                self.stats.sent.bytes += filled.len as u64;
                self.stats.sent.messages += filled.finished;
                if let Some(capture) = &mut self.capture {
                    let ops = parts.iter().skip(before).map(|part| part.op).collect();
                    capture.leaves(room.get(..filled.len)?, ops, now);
                }
                let ops = parts.iter().skip(before).map(|part| part.op).collect();
                transmit.traces.extend(filled.trace.map(|bytes| Traced { at: now, way: Way::Out, bytes, ops }));
                Some(filled.len)
            }
            Err(Failed::HalfSent) => {
                self.end(CloseCause::HalfSent, Some(reason::GENERIC));
                self.write_batch(buffer, transmit, now)
            }
        }
    }

    /// Nothing is sent while no session is open; what is declared then is declared when one opens.
    pub(super) fn enqueue_declaration(&mut self, head: Vec<u8>) {
        if !self.is_open() {
            return;
        }
        let lane = self.lanes.lane(Priority::Control, Reliability::Reliable);
        self.queues.push(Queued { tag: None, lane, message: Outgoing::encoded(head) });
    }
}
