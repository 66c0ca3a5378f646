//! Batches out.

use std::time::Duration;

use zbytes_session::{
    link::{Failed, Framing},
    wire::BATCH_SIZE,
};

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
    /// none now. A buffer that is shorter than [`BATCH_SIZE`] is made so long first. Where the link is
    /// a stream, it writes as many batches as are there and fit, each behind its length.
    ///
    /// Payload bytes are copied here, once for each link, from the batches in which they came.
    pub fn poll_transmit(&mut self, link: LinkId, buffer: &mut Vec<u8>, now: Duration) -> Option<usize> {
        let longest = usize::from(BATCH_SIZE);
        if buffer.len() < longest {
            buffer.resize(longest, 0);
        }
        let (framing, mut written) = (self.links.get(&link)?.framing, 0);
        while let Some(room) = buffer.get_mut(written..).filter(|room| room.len() >= longest)
            && let Some((prefix, room)) = room.split_at_mut_checked(framing.prefix())
            && let Some(len) = self.write_batch(link, room, now)
        {
            framing.write_prefix(prefix, len);
            written += framing.prefix() + len;
            if framing == Framing::Messages {
                break;
            }
        }
        (written > 0).then_some(written)
    }

    /// Writes the next batch of a link into `buffer`, and returns its length.
    #[allow(clippy::disallowed_methods, reason = "control messages: payloads go through Segment")]
    fn write_batch(&mut self, id: LinkId, buffer: &mut [u8], now: Duration) -> Option<usize> {
        let link = self.links.get_mut(&id)?;
        if let Some(batch) = link.control.pop_front() {
            buffer.get_mut(..batch.len())?.copy_from_slice(&batch);
            link.last_sent = now;
            return Some(batch.len());
        }
        let agreed = usize::from(link.lanes.agreed().batch_size);
        let room = buffer.get_mut(..agreed.saturating_sub(link.framing.prefix()))?;
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
                self.write_batch(id, buffer, now)
            }
        }
    }
}
