//! Publishing and deleting.

use super::{
    error::{CommandError, PutError},
    event::Event,
    ids::{EntityId, OpId},
    machine::Client,
    queue::Queued,
    sample::{Put, Sample},
};
use crate::wire::{CongestionControl, EntityGlobalId, GROWTH, SourceInfo, encode};

impl Client {
    /// Publishes, or deletes. Local subscribers get a reference to the same payload at once.
    ///
    /// It waits behind what was put before, and holds references only. When more than
    /// [`Limits::queued_bytes`](super::Limits::queued_bytes) would wait, one with
    /// [`CongestionControl::Drop`] is dropped, which [`Event::PutFailed`] tells with how many were
    /// so far. Local subscribers get it all the same.
    ///
    /// That a put was sent is not that it was delivered: zenoh confirms nothing. [`Client::flush`]
    /// says more. One for this session only
    /// ([`Locality::SessionLocal`](super::Locality::SessionLocal)) has nothing to send: it has
    /// ended when this returns.
    ///
    /// # Errors
    /// [`CommandError`]; the client has sent and delivered nothing then.
    pub fn put(&mut self, op: OpId, put: Put) -> Result<(), CommandError> {
        self.require_open()?;
        self.require_queue()?;
        let source = self.next_source(put.numbered)?;
        let content = put.content(source);
        if put.allowed_destination.takes(false) {
            let message = encode::push(&put.key_expr, put.qos(), &content, GROWTH)?;
            message.check()?;
            let (len, limit) = (content.len(), self.config.limits.queued_bytes);
            if put.congestion_control == CongestionControl::Drop && self.queues.is_full(len, limit) {
                self.stats.dropped += 1;
                let error = PutError::Dropped { queued: self.queues.bytes(), limit, dropped: self.stats.dropped };
                self.events.push_back(Event::PutFailed(op, error));
            } else {
                let lane = self.lanes.lane(put.priority, put.reliability);
                self.queues.push(Queued { tag: Some(op), lane, message: message.traced(put.traced) });
            }
        } else if let Some(payload) = put.kind.payload() {
            payload.check()?;
        }
        if let (Some(publisher), Some(source)) = (put.numbered, source) {
            self.numbered.insert(publisher, source.source_sn.wrapping_add(1));
        }
        if put.allowed_destination.takes(true) {
            self.deliver(Sample::new(put.key_expr.clone(), content, put.qos(), put.reliability, true));
        }
        Ok(())
    }

    /// The number of the next sample of a publisher. It is taken once the put is.
    fn next_source(&self, publisher: Option<EntityId>) -> Result<Option<SourceInfo>, CommandError> {
        let Some(publisher) = publisher else { return Ok(None) };
        let limit = self.config.limits.numbered;
        let source_sn = match self.numbered.get(&publisher) {
            Some(sn) => *sn,
            None if self.numbered.len() >= limit => {
                return Err(CommandError::TooMany { what: "numbered publishers", limit });
            }
            None => 0,
        };
        Ok(Some(SourceInfo { source_id: self.source_id(publisher), source_sn }))
    }

    pub(super) fn source_id(&self, eid: EntityId) -> EntityGlobalId {
        EntityGlobalId { zid: self.source, eid }
    }
}
