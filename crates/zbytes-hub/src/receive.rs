//! Batches in: the handshake, lanes, and each message to where it is handled.

use std::time::Duration;

use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};
use zbytes_session::{
    client::{Content, KeyExpr, Qos, Reliability, ZenohId},
    link::{
        Agreed, Arrived, BatchReader, Framing, Lanes, MAX_RUN, MIN_BATCH, Message, Piece, Reading, Reassembly,
        Transport, encode, initial_sn, sn_mask,
    },
    wire::{BATCH_SIZE, Lane, PROTOCOL_VERSION},
};
use zenoh_protocol::{
    core::{Field, Resolution, WhatAmI},
    network::DeclareBody,
    transport::{InitAck, InitSyn, OpenAck, OpenSyn, TransportBody, init},
};

use crate::{
    config::{HANDSHAKE_TIMEOUT, LEASE, MAX_WAIT},
    event::{CloseCause, Event, LinkId},
    hub::Hub,
    link::{Greeted, Input, Link, Phase},
    tables::{Direction, Kind},
};

/// Where a message comes from.
pub(crate) struct Source<'a> {
    pub(crate) link: LinkId,
    pub(crate) reliability: Reliability,
    /// The batches that it refers to.
    pub(crate) reading: &'a mut Reading,
    pub(crate) now: Duration,
}

/// Bits of `random`, mixed with `salt`. One step of the generator SplitMix64.
fn mixed(random: u64, salt: u64) -> u64 {
    let mut mixed = random.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

impl Hub {
    pub(crate) fn take(&mut self, id: LinkId, input: Segment, now: Duration) {
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_over()) else { return };
        match link.framing {
            Framing::Messages => self.take_batch(id, ZBytes::of_held(vec![input]), now),
            Framing::Stream if input.len() > MAX_RUN => {
                self.doom(id, CloseCause::LongRun { len: input.len(), limit: MAX_RUN });
            }
            Framing::Stream => {
                link.unframer.put(input);
                while !self.is_doomed(id)
                    && let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_over())
                    && let Some(batch) = link.unframer.next_batch(&mut self.ledger)
                {
                    self.take_batch(id, batch, now);
                }
            }
        }
    }

    fn take_batch(&mut self, id: LinkId, bytes: ZBytes, now: Duration) {
        let limits = self.config.limits;
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_over()) else { return };
        link.last_received = now;
        let (len, limit) =
            (bytes.len(), usize::from(if link.is_running() { link.lanes.agreed().batch_size } else { BATCH_SIZE }));
        if len > limit {
            // Before anything is read of it, so that one call does the work of one batch at most.
            return self.doom(id, CloseCause::LongBatch { len, limit });
        }
        if link.blocked.is_some() && link.waiting_bytes.saturating_add(len) > limits.waiting_bytes {
            return self.doom(id, CloseCause::TooMuch { what: "input that waits", limit: limits.waiting_bytes });
        }
        link.waiting_bytes += len;
        link.waiting.push_back(Input { batch: Arrived { at: now, bytes: bytes.clone() }, bytes, within: None });
        self.proceed(id, now);
    }

    /// Handles what has come over a link, up to a message that has to wait.
    pub(crate) fn proceed(&mut self, id: LinkId, now: Duration) {
        loop {
            if self.is_doomed(id) {
                return;
            }
            let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_over()) else { return };
            if link.blocked.is_some() {
                return;
            }
            let Some(input) = link.waiting.pop_front() else { return };
            link.unfolded = 0;
            let batch = input.batch.bytes.len();
            match self.read(id, input, now) {
                Ok(Some(rest)) => {
                    if let Some(link) = self.links.get_mut(&id) {
                        link.waiting.push_front(rest);
                    }
                }
                Ok(None) => {
                    if let Some(link) = self.links.get_mut(&id) {
                        link.waiting_bytes -= batch;
                    }
                }
                Err(cause) => return self.doom(id, cause),
            }
        }
    }

    /// Reads a batch. Returns what is left of it when a message has to wait.
    fn read(&mut self, id: LinkId, input: Input, now: Duration) -> Result<Option<Input>, CloseCause> {
        let Input { bytes, batch, mut within } = input;
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&bytes, &mut ledger);
        let mut reading = Reading::Batch(batch.bytes.len());
        let mut any = within.is_some();
        let left = loop {
            if let Some((reliability, fresh)) = within {
                let mut blocked = false;
                while !blocked && let Some(message) = reader.message(reliability)? {
                    if fresh {
                        self.handle(message, &mut Source { link: id, reliability, reading: &mut reading, now })?;
                        blocked = self.must_wait(id, now);
                    }
                }
                if blocked {
                    let bytes = reader.rest();
                    break (!bytes.is_empty()).then_some(Input { bytes, batch, within });
                }
            }
            let Some(message) = reader.transport()? else { break None };
            any = true;
            within = None;
            let Some(link) = self.links.get_mut(&id) else { break None };
            match (message, &link.phase) {
                (Transport::Close { reason }, _) => return Err(CloseCause::ByClient { reason }),
                (Transport::InitSyn(syn), Phase::Init) => self.handle_init_syn(id, &syn, now)?,
                (Transport::OpenSyn(syn), Phase::Open(greeted)) => {
                    let greeted = *greeted;
                    self.handle_open_syn(id, &syn, greeted, now)?;
                }
                (Transport::Frame { reliability, priority, sn }, Phase::Running) => {
                    within = Some((reliability, link.lanes.frame(Lane { priority, reliability }, sn)?));
                }
                (Transport::Fragment { reliability, priority, sn, more, first, dropped, part }, Phase::Running) => {
                    let piece = Piece { sn, more, first, dropped, part, batch: batch.clone() };
                    self.handle_fragment(id, Lane { priority, reliability }, piece, now)?;
                }
                (_, Phase::Running) => {}
                _ => return Err(CloseCause::OutOfTurn),
            }
        };
        self.ledger.absorb(&ledger);
        let running = self.links.get(&id).is_some_and(Link::is_running);
        // Within a session, an empty batch stands for a message that was given up.
        if any || running { Ok(left) } else { Err(CloseCause::OutOfTurn) }
    }

    /// Whether the next message of a link has to wait, for another link or for itself.
    fn must_wait(&mut self, id: LinkId, now: Duration) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return true };
        if std::mem::take(&mut link.owes) && !link.has_room(&self.config.limits) {
            link.blocked.get_or_insert((id, now));
        }
        link.blocked.is_some() || self.is_doomed(id)
    }

    fn handle_init_syn(&mut self, id: LinkId, syn: &InitSyn, now: Duration) -> Result<(), CloseCause> {
        if syn.version != PROTOCOL_VERSION {
            return Err(CloseCause::Version { found: syn.version });
        }
        if syn.whatami != WhatAmI::Client {
            return Err(CloseCause::NotAClient);
        }
        let zid = ZenohId::new(syn.zid.to_le_bytes()).ok_or(CloseCause::OutOfTurn)?;
        if zid == self.config.zid {
            return Err(CloseCause::SameId);
        }
        if syn.batch_size < MIN_BATCH {
            return Err(CloseCause::SmallBatch { asked: syn.batch_size });
        }
        let mut resolution = Resolution::default();
        for field in [Field::FrameSN, Field::RequestID] {
            resolution.set(field, syn.resolution.get(field).min(resolution.get(field)));
        }
        let patch = syn.ext_patch.min(init::ext::PatchType::CURRENT);
        let agreed = Agreed {
            qos: syn.ext_qos.is_some(),
            markers: patch.has_fragmentation_markers(),
            mask: sn_mask(resolution.get(Field::FrameSN)),
            batch_size: syn.batch_size,
        };
        let cookie = mixed(self.config.random, id.0);
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        link.phase = Phase::Open(Greeted { zid, agreed, cookie });
        link.deadline = now.saturating_add(HANDSHAKE_TIMEOUT);
        link.control.push_back(encode::transport(TransportBody::InitAck(InitAck {
            version: PROTOCOL_VERSION,
            whatami: WhatAmI::Router,
            zid: self.config.zid.to_le_bytes().try_into().map_err(|_| CloseCause::OutOfTurn)?,
            resolution,
            batch_size: agreed.batch_size,
            cookie: Vec::from(cookie.to_le_bytes()).into(),
            ext_qos: agreed.qos.then(init::ext::QoS::new),
            ext_qos_link: None,
            ext_auth: None,
            ext_mlink: None,
            ext_lowlatency: None,
            ext_compression: None,
            ext_patch: patch,
            ext_region_name: None,
        })));
        self.is_ready(id);
        Ok(())
    }

    fn handle_open_syn(
        &mut self,
        id: LinkId,
        syn: &OpenSyn,
        greeted: Greeted,
        now: Duration,
    ) -> Result<(), CloseCause> {
        let Greeted { zid, agreed, cookie } = greeted;
        if syn.cookie.as_ref() != cookie.to_le_bytes() {
            return Err(CloseCause::Cookie);
        }
        if self.links.values().any(|link| link.is_running() && link.zid == Some(zid)) {
            return Err(CloseCause::SameId);
        }
        let random = mixed(self.config.random, !id.0) as u32;
        let initial_sn = initial_sn(agreed.mask, random);
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        link.lanes = Lanes::new(agreed, initial_sn, syn.initial_sn)?;
        // A lease of nothing would end the session at once.
        link.client_lease = syn.lease.clamp(Duration::from_secs(1), MAX_WAIT);
        (link.phase, link.zid, link.last_received) = (Phase::Running, Some(zid), now);
        link.control.push_back(encode::transport(TransportBody::OpenAck(OpenAck {
            lease: LEASE,
            initial_sn,
            ext_qos: None,
            ext_auth: None,
            ext_mlink: None,
            ext_lowlatency: None,
            ext_compression: None,
            ext_remote_bound: None,
        })));
        self.is_ready(id);
        self.tell(Event::Opened { link: id, zid });
        Ok(())
    }

    fn handle_fragment(&mut self, id: LinkId, lane: Lane, piece: Piece, now: Duration) -> Result<(), CloseCause> {
        let limits = self.config.limits;
        let bounds = Reassembly { bytes: limits.reassembly_bytes, fragments: limits.reassembly_fragments };
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let whole = link.lanes.reassemble(lane, piece, &bounds, &self.arriving)?;
        if self.arriving.bytes() > limits.arriving_bytes {
            return Err(CloseCause::TooMuch { what: "messages in fragments", limit: limits.arriving_bytes });
        }
        let Some(whole) = whole else { return Ok(()) };
        // What is kept of it from here on is kept by queues.
        let mut reading = Reading::Batch(whole.hold.bytes());
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&whole.bytes, &mut ledger);
        let message = reader.message(lane.reliability);
        let is_whole = matches!(message, Ok(Some(_))) && reader.is_at_end();
        self.ledger.absorb(&ledger);
        if !whole.sure && !is_whole {
            // The beginning was lost.
            self.stats.ignored += 1;
            return Ok(());
        }
        drop(whole);
        let source = &mut Source { link: id, reliability: lane.reliability, reading: &mut reading, now };
        self.handle(message?.ok_or(CloseCause::OutOfTurn)?, source)
    }

    fn handle(&mut self, message: Message, source: &mut Source<'_>) -> Result<(), CloseCause> {
        let (limits, id) = (self.config.limits, source.link);
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let mut resolve = |key| link.resolve(&key, &limits);
        match message {
            Message::Push { key, qos, content } => match resolve(key)? {
                Some(key) => self.push(&key, qos, content, source),
                None => self.stats.ignored += 1,
            },
            Message::Request { id, key, qos, question } => match resolve(key)? {
                Some(key) => self.query(id, &key, qos, &question, source),
                // A router answers such a query with its end.
                None => self.say(source.link, qos.priority, encode::response_final(id, qos)),
            },
            Message::Reply { id, key, replier, content, .. } => match resolve(key)? {
                Some(key) => self.reply(id, &key, replier, &content, source),
                None => self.stats.ignored += 1,
            },
            Message::ReplyErr { id, replier, payload, encoding } => {
                self.reply_err(id, replier, &payload, &encoding, source);
            }
            Message::Final { id } => self.end_of_answers(source.link, id),
            Message::Declare { body, .. } => self.handle_declare(id, body)?,
            Message::Interest(interest) => self.handle_interest(id, interest)?,
            Message::Other => self.stats.ignored += 1,
        }
        Ok(())
    }

    fn handle_declare(&mut self, id: LinkId, body: DeclareBody) -> Result<(), CloseCause> {
        let limits = self.config.limits;
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        match body {
            DeclareBody::DeclareKeyExpr(declared) => {
                link.number(declared.id, declared.wire_expr, &limits, &self.keys)?;
                self.check_keys()?;
            }
            DeclareBody::UndeclareKeyExpr(undeclared) => link.forget_number(undeclared.id),
            DeclareBody::DeclareSubscriber(declared) => match link.resolve(&declared.wire_expr, &limits)? {
                Some(key) => self.declare(id, Kind::Subscriber, declared.id, &key, false)?,
                None => self.stats.ignored += 1,
            },
            DeclareBody::UndeclareSubscriber(undeclared) => self.undeclare(id, Kind::Subscriber, undeclared.id),
            DeclareBody::DeclareQueryable(declared) => match link.resolve(&declared.wire_expr, &limits)? {
                Some(key) => self.declare(id, Kind::Queryable, declared.id, &key, declared.ext_info.complete)?,
                None => self.stats.ignored += 1,
            },
            DeclareBody::UndeclareQueryable(undeclared) => self.undeclare(id, Kind::Queryable, undeclared.id),
            DeclareBody::DeclareToken(declared) => match link.resolve(&declared.wire_expr, &limits)? {
                Some(key) => self.declare_token(id, declared.id, &key)?,
                None => self.stats.ignored += 1,
            },
            DeclareBody::UndeclareToken(undeclared) => self.undeclare_token(id, undeclared.id),
            // Only a router ends the answers to an interest.
            DeclareBody::DeclareFinal(_) => self.stats.ignored += 1,
        }
        Ok(())
    }

    /// A put or a delete, to each link that has a matching subscriber.
    fn push(&mut self, key: &KeyExpr, qos: Qos, mut content: Content, source: &mut Source<'_>) {
        let route = self.declared.of_mut(Kind::Subscriber).route(key);
        if route.is_empty() {
            return;
        }
        // A router stamps puts, and only those.
        if !content.kind.is_delete() {
            content.timestamp = Some(self.clock.treat(content.timestamp, source.now));
        }
        let from = source.link;
        for Direction { link, .. } in route.iter().filter(|direction| direction.link != from) {
            let Ok(message) = encode::push(key, qos, &content, 0) else {
                self.stats.ignored += 1;
                return;
            };
            self.forward(source, *link, qos, source.reliability, message, !content.is_empty());
        }
    }

    /// Whether the texts of keys are within their bound.
    pub(crate) fn check_keys(&self) -> Result<(), CloseCause> {
        let limit = self.config.limits.key_bytes_of_all;
        if self.keys.bytes() > limit { Err(CloseCause::TooMuch { what: "keys", limit }) } else { Ok(()) }
    }
}
