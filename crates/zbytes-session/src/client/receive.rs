//! Received batches: read, and handed on message by message.

use std::{rc::Rc, time::Duration};

use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};
use zenoh_protocol::transport::close::reason;

use super::{
    capture::Traced,
    declare::Entity,
    error::{CloseCause, GetError},
    event::Event,
    machine::{Client, Phase},
    sample::Sample,
};
use crate::{
    link::{Arrived, Framing, MAX_RUN, Piece, Reading, Reassembly, Whole},
    wire::{BATCH_SIZE, BatchReader, Lane, Message, Reliability, Transport},
};

impl Client {
    /// Takes what has arrived: a batch, or a run of a stream of them, as
    /// [`Config::framing`](super::Config::framing) says. Its bytes stay where they are; samples
    /// refer to them.
    pub fn handle_input(&mut self, input: Segment, now: Duration) {
        if self.is_over() {
            return;
        }
        match self.config.framing {
            Framing::Messages => self.handle_batch(ZBytes::of_held(vec![input]), now),
            Framing::Stream if input.len() > MAX_RUN => {
                self.end(CloseCause::LongRun { len: input.len(), limit: MAX_RUN }, Some(reason::INVALID));
            }
            Framing::Stream => {
                self.unframer.put(input);
                while !self.is_over()
                    && let Some(batch) = self.unframer.next_batch(&mut self.ledger)
                {
                    self.handle_batch(batch, now);
                }
            }
        }
    }

    fn handle_batch(&mut self, batch: ZBytes, now: Duration) {
        self.last_received = now;
        if self.is_open() && self.probe.is_none() {
            // Nothing waits in a browser for as long as a probe is waited for.
            self.caught_up();
            self.heard = now;
        }
        self.suspected = None;
        self.stats.received.batches += 1;
        self.stats.received.bytes += batch.len() as u64;
        // A WebSocket that is passed on as a stream brings batches that had no length in front of
        // them, so each may be as long as agreed.
        let agreed = usize::from(self.lanes.agreed().batch_size) + self.config.framing.prefix();
        let limit = if self.is_open() { agreed } else { usize::from(BATCH_SIZE) };
        if batch.len() > limit {
            // Before anything is read of it, so that one call does the work of one batch at most.
            return self.end(CloseCause::LongBatch { len: batch.len(), limit }, Some(reason::INVALID));
        }
        self.reading = Reading::Batch(batch.len());
        self.remote.unfolded = 0;
        if let Some(capture) = &mut self.capture {
            capture.arrives(&batch, now);
        }
        let arrived = Arrived { at: now, bytes: batch.clone() };
        let mut ledger = std::mem::take(&mut self.ledger);
        let mut reader = BatchReader::new(&batch, &mut ledger);
        let result = self.read_batch(&mut reader, arrived);
        self.ledger = ledger;
        self.reading = Reading::Batch(0);
        self.arrived = None;
        if let Err(cause) = result {
            self.end(cause, Some(reason::INVALID));
        }
    }

    fn read_batch(&mut self, reader: &mut BatchReader<'_>, batch: Arrived) -> Result<(), CloseCause> {
        let now = batch.at;
        let mut any = false;
        while let Some(message) = reader.transport()? {
            any = true;
            match (message, &self.phase) {
                (Transport::InitAck(ack), Phase::Init) => self.handle_init_ack(ack, now)?,
                (Transport::OpenAck(ack), Phase::Open(_)) => self.handle_open_ack(&ack, now)?,
                (Transport::Close { reason }, _) => {
                    let cause = CloseCause::ByRouter { reason, opening: !self.is_open() };
                    self.end(cause, None);
                    return Ok(());
                }
                (Transport::KeepAlive, Phase::Running) => self.keep_alive(now),
                (Transport::Frame { reliability, priority, sn }, Phase::Running) => {
                    let fresh = self.lanes.frame(Lane { priority, reliability }, sn)?;
                    self.tell_arrivals_ended();
                    self.arrived = Some(Rc::new([Traced::from(batch.clone())]));
                    while let Some(message) = reader.message(reliability)? {
                        if fresh {
                            self.handle_message(message, reliability)?;
                        }
                    }
                }
                (Transport::Fragment { reliability, priority, sn, more, first, dropped, part }, Phase::Running) => {
                    let lane = Lane { priority, reliability };
                    let limits = self.config.limits;
                    let bounds = Reassembly { bytes: limits.reassembly_bytes, fragments: limits.reassembly_fragments };
                    let piece = Piece { sn, more, first, dropped, part, batch: batch.clone() };
                    let whole = self.lanes.reassemble(lane, piece, &bounds, &self.held)?;
                    self.tell_arrivals_ended();
                    self.make_room()?;
                    if let Some(whole) = whole {
                        self.read_whole(whole, reliability)?;
                    }
                }
                (Transport::InitSyn(_) | Transport::OpenSyn(_) | Transport::Other, Phase::Running) => {}
                _ => return Err(CloseCause::OutOfTurn { opening: !self.is_open() }),
            }
        }
        // A router that gives a message up halfway sends an empty batch: zenoh 1.10 fails to write
        // its mark for that.
        if any || self.is_open() { Ok(()) } else { Err(CloseCause::EmptyBatch) }
    }

    /// A message that was put together from fragments.
    fn read_whole(&mut self, whole: Whole, reliability: Reliability) -> Result<(), CloseCause> {
        let Whole { bytes, batches, hold, sure } = whole;
        self.arrived = Some(batches.into_iter().map(Traced::from).collect());
        self.reading = Reading::Held(Rc::new(hold));
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&bytes, &mut ledger);
        let message = reader.message(reliability);
        let whole = matches!(message, Ok(Some(_))) && reader.is_at_end();
        self.ledger.absorb(&ledger);
        if !sure && !whole {
            // The beginning was lost.
            return Ok(());
        }
        match message? {
            Some(message) => self.handle_message(message, reliability),
            None => Err(CloseCause::OutOfTurn { opening: false }),
        }
    }

    /// Whether what is kept for others is within its bound. If not, it is made so by ending gets,
    /// the one that keeps most first: what they keep is told then, and is the caller's.
    pub(super) fn make_room(&mut self) -> Result<(), CloseCause> {
        let limit = self.config.limits.held_bytes;
        while self.held.bytes() > limit {
            let largest = self.largest_get().ok_or(CloseCause::TooMuchHeld { limit })?;
            self.end_get(largest, Err(GetError::TooMuchHeld { limit }));
        }
        Ok(())
    }

    fn handle_message(&mut self, message: Message, reliability: Reliability) -> Result<(), CloseCause> {
        self.stats.received.messages += 1;
        match message {
            Message::Push { key, qos, content } => {
                let key = self.remote.resolve(&key)?;
                self.deliver(Sample::new(key, content, qos, reliability, false));
            }
            Message::Request { id, key, qos, question } => {
                let key = self.remote.resolve(&key)?;
                self.handle_request(id, &key, qos, &question)?;
            }
            Message::Reply { id, key, qos, replier, content } => {
                let key = self.remote.resolve(&key)?;
                self.handle_reply(id, key, qos, replier, content);
            }
            Message::ReplyErr { id, replier, payload, encoding } => {
                self.handle_reply_err(id, replier, payload, encoding);
            }
            Message::Final { id } => self.handle_final(id),
            Message::Declare { interest, body } => self.handle_declare(interest, body)?,
            Message::Interest(_) | Message::Other => {}
        }
        Ok(())
    }

    /// Gives a sample to the subscribers that it is for.
    pub(super) fn deliver(&mut self, sample: Sample) {
        let mut subscribers = Vec::new();
        for declared in &mut self.declared {
            let Entity::Subscriber { subscriber, numbers } = &mut declared.entity else { continue };
            if !subscriber.allowed_origin.takes(sample.local) || !subscriber.key_expr.intersects(&sample.key_expr) {
                continue;
            }
            subscribers.push(declared.id);
            let Some(source) = sample.source_info.filter(|_| subscriber.sample_miss) else { continue };
            let nb = numbers.take(source, self.config.limits.sources);
            if nb > 0 {
                let source = source.source_id;
                self.events.push_back(Event::SampleMiss { subscriber: declared.id, source, nb });
            }
        }
        if !subscribers.is_empty() {
            subscribers.sort_unstable();
            self.events.push_back(Event::Sample(Sample { subscribers, trace: self.arrived.clone(), ..sample }));
        }
    }
}
