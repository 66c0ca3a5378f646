//! Batches out.

use std::time::Duration;

use zbytes_session::{link::Failed, wire::BATCH_SIZE};

use crate::{
    event::{CloseCause, LinkId},
    hub::Hub,
};

impl Hub {
    /// Whether [`Hub::poll_transmit`] has something to write for this link now.
    #[must_use]
    pub fn has_transmit(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|link| !link.control.is_empty() || !link.queues.is_empty())
    }

    /// Writes the next batch of a link into `buffer`, and returns its length; `None` when there is
    /// none now. A buffer that is shorter than [`BATCH_SIZE`] is made so long first.
    ///
    /// Payload bytes are copied here, once for each link, from the batches in which they came.
    #[allow(clippy::disallowed_methods, reason = "control messages: payloads go through Segment")]
    pub fn poll_transmit(&mut self, link: LinkId, buffer: &mut Vec<u8>, now: Duration) -> Option<usize> {
        let longest = usize::from(BATCH_SIZE);
        if buffer.len() < longest {
            buffer.resize(longest, 0);
        }
        let id = link;
        let link = self.links.get_mut(&id)?;
        if let Some(batch) = link.control.pop_front() {
            buffer.get_mut(..batch.len())?.copy_from_slice(&batch);
            link.last_sent = now;
            return Some(batch.len());
        }
        let agreed = usize::from(link.lanes.agreed().batch_size);
        let room = buffer.get_mut(..agreed.saturating_sub(link.framing.overhead()))?;
        let (mut failed, ledger) = (Vec::new(), &mut self.ledger);
        let filled = link.queues.fill(room, &mut link.lanes, &mut failed, |queued, _| {
            if queued.message.is_done() {
                ledger.absorb(queued.message.ledger());
            }
        });
        self.stats.dropped += failed.len() as u64;
        drop(failed);
        match filled? {
            Ok(filled) => {
                link.last_sent = now;
                self.settle(now);
                Some(filled.len)
            }
            Err(Failed::HalfSent) => {
                self.doom(id, CloseCause::HalfSent);
                self.settle(now);
                self.poll_transmit(id, buffer, now)
            }
        }
    }
}
