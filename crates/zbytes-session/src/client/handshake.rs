//! Opening a session, for the first time and again.

use std::time::Duration;

use zenoh_protocol::{
    core::Field,
    transport::{InitAck, OpenAck},
};

use super::{
    config::{Config, HANDSHAKE_TIMEOUT, LEASE, MAX_LEASE, SessionInfo},
    declare::Entity,
    error::{CloseCause, CommandError},
    event::Event,
    machine::{Client, Phase},
    pace::Pace,
    pause::Took,
};
use crate::{
    link::{Agreed, Lanes, MIN_BATCH, Unframer, initial_sn, sn_mask},
    wire::{BATCH_SIZE, Lane, ZenohId, encode},
};

impl Client {
    /// Opens a lost session again, over a link that has just opened. It gets an id of its own.
    /// The router may not have noticed yet that the lost one is gone, and refuses a second session
    /// of one id.
    ///
    /// # Errors
    /// [`CommandError::NotLost`] when the session is there, was never open, or was closed by us.
    pub fn relink(&mut self, zid: ZenohId, initial_sn: u32, now: Duration) -> Result<(), CommandError> {
        if !self.lost {
            return Err(CommandError::NotLost);
        }
        self.config = Config { zid, initial_sn, ..self.config };
        self.control.clear();
        self.greet(now);
        Ok(())
    }

    pub(super) fn greet(&mut self, now: Duration) {
        self.phase = Phase::Init;
        self.pace = Pace::default();
        self.unframer = Unframer::default();
        (self.last_sent, self.suspected) = (now, None);
        self.deadline = now + HANDSHAKE_TIMEOUT;
        self.control.push_back(encode::init_syn(self.config.zid));
    }

    pub(super) fn handle_init_ack(&mut self, ack: InitAck, now: Duration) -> Result<(), CloseCause> {
        let mask = sn_mask(ack.resolution.get(Field::FrameSN));
        let initial = initial_sn(mask, self.config.initial_sn);
        let bytes = encode::open_syn(LEASE, initial, ack.cookie.clone());
        let limit = usize::from(self.config.framing.longest(BATCH_SIZE));
        if bytes.len() > limit {
            return Err(CloseCause::Cookie { len: ack.cookie.len(), limit });
        }
        self.control.push_back(bytes);
        self.deadline = now + HANDSHAKE_TIMEOUT;
        self.phase = Phase::Open(Box::new(ack));
        Ok(())
    }

    pub(super) fn handle_open_ack(&mut self, ack: &OpenAck, now: Duration) -> Result<(), CloseCause> {
        let Phase::Open(init) = std::mem::replace(&mut self.phase, Phase::Running) else {
            return Err(CloseCause::OutOfTurn { opening: true });
        };
        let bits = init.resolution.get(Field::FrameSN);
        let agreed = Agreed {
            qos: init.ext_qos.is_some(),
            markers: init.ext_patch.has_fragmentation_markers(),
            mask: sn_mask(bits),
            batch_size: self.config.framing.longest(init.batch_size),
        };
        if agreed.batch_size < MIN_BATCH {
            return Err(CloseCause::SmallBatch { offered: agreed.batch_size });
        }
        self.lanes = Lanes::new(agreed, initial_sn(agreed.mask, self.config.initial_sn), ack.initial_sn)?;
        // A lease of nothing would end the session at once, and one of any length would overflow
        // the sums it goes into.
        self.router_lease = ack.lease.clamp(Duration::from_secs(1), MAX_LEASE);
        let info = SessionInfo {
            zid: self.config.zid,
            router_zid: ZenohId::of_wire(init.zid),
            batch_size: agreed.batch_size,
            lanes: if agreed.qos { Lane::COUNT as u8 } else { 2 },
            sn_bits: agreed.mask.count_ones() as u8,
            lease: LEASE,
            router_lease: self.router_lease,
            patch: init.ext_patch.raw(),
        };
        self.stats.sessions += 1;
        self.events.push_back(Event::Opened(info));
        self.resume(now);
        self.heard = now;
        Ok(())
    }

    /// Declares again what was declared, when the session was lost before.
    fn resume(&mut self, now: Duration) {
        if !std::mem::take(&mut self.lost) {
            return;
        }
        self.declare_again();
        let subscribers = self.declared.iter().filter(|declared| matches!(declared.entity, Entity::Subscriber { .. }));
        let subscribers = subscribers.map(|declared| declared.id).collect();
        let gap = Took { time: now.saturating_sub(self.heard), pause: std::mem::take(&mut self.paused) };
        self.events.push_back(Event::Resumed { gap, subscribers });
    }
}
