//! Both ends of a link without I/O, in the manner of quinn's `Pair`. They are a client and a
//! scripted router, and between them a link with simulated time, latency, narrowness, loss,
//! truncation and garbage.
//!
//! The router encodes and decodes with zenoh's codec, checks sequence numbers lane by lane, puts
//! fragments together and answers the handshake. It sends a KeepAlive every 2.5 s, and closes the
//! link on what a real one would not take.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use zbytes::{
    ledger::Ledger,
    payload::ZBytes,
    segment::{Mode, Segment},
};
use zenoh_buffers::{ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080, Zenoh080Reliability};
use zenoh_protocol::{
    core::{Bits, WireExpr},
    network::{
        Declare, DeclareBody, DeclareKeyExpr, Mapping, NetworkBody, NetworkMessage, Push,
        ext::{NodeIdType, QoSType},
    },
    transport::{FragmentHeader, FrameHeader, KeepAlive, TransportBody, TransportMessage, fragment, frame},
};

use crate::{
    client::{capture::Traced, *},
    link::sn_mask,
    testing::{Greeting, router_put, transport},
    wire::{BATCH_SIZE, Lane, abort},
};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// How often a router says that it is alive: a quarter of its lease of 10 s.
const ALIVE: Duration = Duration::from_millis(2500);

/// What the router agrees to.
#[derive(Clone, Copy)]
pub(super) struct Agree {
    pub(super) qos: bool,
    pub(super) patch: bool,
    pub(super) batch_size: u16,
    pub(super) bits: Bits,
}

pub(super) const USUAL: Agree = Agree { qos: true, patch: true, batch_size: u16::MAX, bits: Bits::U32 };

pub(super) fn decode_transport(bytes: &[u8]) -> TransportMessage {
    let mut reader = ZSlice::from(bytes.to_vec());
    Zenoh080::new().read(&mut (&mut reader).reader()).unwrap()
}

pub(super) fn wire(key: &str) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: key.to_owned().into(), mapping: Mapping::Sender }
}

pub(super) fn push(key: WireExpr<'static>, payload: &[u8]) -> NetworkMessage {
    router_put(key, payload.to_vec())
}

pub(super) fn declare_key(id: u16, wire_expr: WireExpr<'static>) -> Vec<u8> {
    let message = NetworkMessage::from(NetworkBody::Declare(Declare {
        interest_id: None,
        ext_qos: QoSType::DECLARE,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        body: DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id, wire_expr }),
    }));
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &message).unwrap();
    bytes
}

pub(super) fn key(text: &str) -> KeyExpr {
    KeyExpr::new(text).unwrap()
}

pub(super) fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|i| zbytes_measure::mix(i as u64) as u8).collect()
}

pub(super) fn payload(bytes: &[u8], cuts: usize) -> ZBytes {
    let each = bytes.len().div_ceil(cuts).max(1);
    let mut parts: Vec<&[u8]> = bytes.chunks(each).collect();
    parts.resize(cuts, &[]);
    ZBytes::from_segments(parts.into_iter().map(|part| (Segment::from(part.to_vec()), Mode::Borrow))).unwrap()
}

pub(super) fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

pub(super) fn init_ack(agree: &Agree) -> Vec<u8> {
    let Agree { qos, patch, batch_size, bits } = *agree;
    Greeting { qos, markers: patch, batch_size, bits, ..Greeting::default() }.init_ack()
}

pub(super) fn open_ack(initial_sn: u32) -> Vec<u8> {
    Greeting { initial_sn, ..Greeting::default() }.open_ack()
}

/// An encoded message as batches of its reliable lane, the next of which has the number `sn`.
pub(super) fn cut(message: &[u8], priority: Priority, sn: &mut u32, agree: &Agree) -> Vec<Vec<u8>> {
    let reliability = Reliability::Reliable;
    let room = usize::from(agree.batch_size) - 16;
    let priority = if agree.qos { priority } else { Priority::DEFAULT };
    let mut next = || {
        let this = *sn;
        *sn = this.wrapping_add(1) & sn_mask(agree.bits);
        this
    };
    if message.len() <= room {
        let header = FrameHeader {
            reliability: reliability.to_wire(),
            sn: next(),
            ext_qos: frame::ext::QoSType::new(priority.to_wire()),
        };
        let mut batch = Vec::new();
        Zenoh080::new().write(&mut batch, &header).unwrap();
        batch.extend_from_slice(message);
        return vec![batch];
    }
    let parts = message.chunks(room).count();
    let cut = |(i, part): (usize, &[u8])| {
        let header = FragmentHeader {
            reliability: reliability.to_wire(),
            more: i + 1 < parts,
            sn: next(),
            ext_qos: fragment::ext::QoSType::new(priority.to_wire()),
            ext_first: (i == 0 && agree.patch).then(fragment::ext::First::new),
            ext_drop: None,
        };
        let mut batch = Vec::new();
        Zenoh080::new().write(&mut batch, &header).unwrap();
        batch.extend_from_slice(part);
        batch
    };
    message.chunks(room).enumerate().map(cut).collect()
}

/// A message that the router got, and in which batch of its link its last byte was.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) message: NetworkMessage,
    pub(super) batch: usize,
}

/// The router's side of one link.
struct Script {
    agree: Agree,
    open: bool,
    /// The next number of each of our lanes, by priority.
    sn: [u32; Priority::ALL.len()],
    /// The number that the next batch of each of the client's lanes must have, and the fragments so
    /// far.
    expected: HashMap<(Priority, Reliability), (u32, Vec<u8>)>,
    initial: u32,
    batches: usize,
    alive: Duration,
}

impl Script {
    fn new(agree: Agree) -> Self {
        let sn = [77; Priority::ALL.len()];
        Self { agree, open: false, sn, expected: HashMap::new(), initial: 0, batches: 0, alive: Duration::ZERO }
    }

    /// The answer to a batch of the client's; an error closes the link. A real router checks the
    /// numbers in the same way.
    fn take(&mut self, batch: &[u8], got: &mut Vec<Got>, now: Duration) -> Result<Vec<Vec<u8>>, String> {
        let mut slice = ZSlice::from(batch.to_vec());
        let mut reader = (&mut slice).reader();
        let message: TransportMessage = Zenoh080::new().read(&mut reader).map_err(|e| format!("{e:?}"))?;
        self.batches += 1;
        match message.body {
            TransportBody::InitSyn(_) => return Ok(vec![init_ack(&self.agree)]),
            TransportBody::OpenSyn(syn) => {
                self.initial = syn.initial_sn;
                (self.open, self.alive) = (true, now);
                return Ok(vec![open_ack(77)]);
            }
            TransportBody::KeepAlive(_) => {}
            TransportBody::Close(_) => return Err("closed by the client".to_owned()),
            TransportBody::Frame(frame) => {
                if !self
                    .number(
                        Priority::of_wire(frame.ext_qos.priority()),
                        Reliability::of_wire(frame.reliability),
                        frame.sn,
                    )?
                    .is_empty()
                {
                    return Err("a frame stood between the fragments of a message".to_owned());
                }
                got.extend(frame.payload.into_iter().map(|message| Got { message, batch: self.batches }));
            }
            TransportBody::Fragment(fragment) => {
                let priority = Priority::of_wire(fragment.ext_qos.priority());
                let parts = self.number(priority, Reliability::of_wire(fragment.reliability), fragment.sn)?;
                if fragment.ext_drop.is_some() {
                    parts.clear();
                    return Ok(Vec::new());
                }
                if fragment.ext_first.is_some() && !parts.is_empty() {
                    return Err("a message began inside of another one".to_owned());
                }
                parts.extend_from_slice(&fragment.payload);
                if !fragment.more {
                    let whole = std::mem::take(parts);
                    let mut slice = ZSlice::from(whole);
                    let message = Zenoh080Reliability::new(fragment.reliability)
                        .read(&mut (&mut slice).reader())
                        .map_err(|e| format!("{e:?}"))?;
                    got.push(Got { message, batch: self.batches });
                }
            }
            other => return Err(format!("unexpected {other:?}")),
        }
        Ok(Vec::new())
    }

    fn number(&mut self, priority: Priority, reliability: Reliability, sn: u32) -> Result<&mut Vec<u8>, String> {
        let (expected, parts) = self.expected.entry((priority, reliability)).or_insert((self.initial, Vec::new()));
        if sn != *expected {
            return Err(format!("expected number {expected} of {priority:?}, got {sn}"));
        }
        *expected = sn.wrapping_add(1) & sn_mask(self.agree.bits);
        Ok(parts)
    }
}

/// What happens to a batch under way.
pub(super) type Mangle = Box<dyn FnMut(Vec<u8>) -> Option<Vec<u8>>>;

/// A client, a router and the link between them. Time moves only when told to.
pub(super) struct Pair {
    pub(super) client: Client,
    pub(super) now: Duration,
    /// What the router got, of all its sessions.
    pub(super) got: Vec<Got>,
    /// What the client told and the test has not taken.
    pub(super) events: Vec<Event>,
    /// The parts of puts that left, in order.
    pub(super) parts: Vec<Part>,
    /// The batches that were kept by reference.
    pub(super) traces: Vec<Traced>,
    /// How long a batch is under way.
    pub(super) latency: Duration,
    /// How many batches may be under way towards the router; more push back.
    pub(super) narrow: usize,
    /// What happens to batches on the way to the client.
    pub(super) mangle: Option<Mangle>,
    /// Why the router has closed the link, if it has.
    pub(super) refused: Option<String>,
    /// Whether the router is there, but says nothing any more.
    pub(super) mute: bool,
    agree: Agree,
    router: Option<Script>,
    up: VecDeque<(Duration, Vec<u8>)>,
    down: VecDeque<(Duration, Vec<u8>)>,
    buffer: Vec<u8>,
}

impl Pair {
    /// Both ends of a link that has just opened.
    pub(super) fn new(agree: Agree, limits: Limits) -> Self {
        let config = Config { limits, ..Config::new(ZenohId::new([7; 16]).unwrap(), 12345) };
        Self {
            client: Client::new(config, Duration::ZERO),
            now: Duration::ZERO,
            got: Vec::new(),
            events: Vec::new(),
            parts: Vec::new(),
            traces: Vec::new(),
            latency: Duration::from_millis(1),
            narrow: usize::MAX,
            mangle: None,
            refused: None,
            mute: false,
            agree,
            router: Some(Script::new(agree)),
            up: VecDeque::new(),
            down: VecDeque::new(),
            buffer: vec![0; usize::from(BATCH_SIZE)],
        }
    }

    /// Both ends of an open session.
    pub(super) fn open() -> Self {
        let mut pair = Self::new(USUAL, Limits::default());
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Opened(_)]));
        pair
    }

    /// The events since the last call.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Has the router send a message.
    pub(super) fn say(&mut self, message: &NetworkMessage, priority: Priority) {
        let mut bytes = Vec::new();
        Zenoh080::new().write(&mut bytes, message).unwrap();
        let Some(router) = &mut self.router else { return };
        let batches = cut(&bytes, priority, &mut router.sn[priority as usize], &self.agree);
        self.down.extend(batches.into_iter().map(|batch| (self.now + self.latency, batch)));
    }

    /// A message as batches of the router's next numbers, to be handed over one by one.
    pub(super) fn batches(&mut self, message: &NetworkMessage, priority: Priority) -> Vec<Vec<u8>> {
        let mut bytes = Vec::new();
        Zenoh080::new().write(&mut bytes, message).unwrap();
        let router = self.router.as_mut().unwrap();
        cut(&bytes, priority, &mut router.sn[priority as usize], &self.agree)
    }

    /// The batch by which a sender gives a message up of which `rest` batches were made and not
    /// handed over.
    pub(super) fn drop_fragment(&mut self, priority: Priority, rest: usize) -> Vec<u8> {
        let sn = &mut self.router.as_mut().unwrap().sn[priority as usize];
        *sn = sn.wrapping_sub(rest as u32) & sn_mask(self.agree.bits);
        let mut buffer = vec![0; 64];
        let lane = Lane { priority, reliability: Reliability::Reliable };
        let len = abort(&mut buffer, lane, *sn).unwrap();
        *sn = sn.wrapping_add(1) & sn_mask(self.agree.bits);
        buffer.truncate(len);
        buffer
    }

    /// Hands a batch to the client now.
    pub(super) fn hand(&mut self, batch: Vec<u8>) {
        self.client.handle_input(Segment::from(batch), self.now);
    }

    /// Bytes of messages that the router has begun to put together.
    pub(super) fn router_holds(&self) -> usize {
        self.router.iter().flat_map(|router| router.expected.values()).map(|(_, parts)| parts.len()).sum()
    }

    /// Cuts the link: what is under way is lost, and both ends notice.
    pub(super) fn cut(&mut self) {
        self.router = None;
        self.up.clear();
        self.down.clear();
    }

    /// Opens the link again, to the same router.
    pub(super) fn relink(&mut self) {
        self.cut();
        (self.router, self.mute) = (Some(Script::new(self.agree)), false);
        self.client.relink(ZenohId::new([8; 16]).unwrap(), 4321, self.now).unwrap();
    }

    /// Lets `time` pass, in steps to whatever is due next.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.settle();
            let alive = self.router.as_ref().filter(|router| router.open && !self.mute).map(|router| router.alive);
            let due = [
                self.up.front().map(|(at, _)| *at),
                self.down.front().map(|(at, _)| *at),
                self.client.poll_timeout(),
                alive.map(|last| last + ALIVE),
            ];
            let next = due.into_iter().flatten().min().unwrap_or(end).max(self.now);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            self.step();
            if self.now == end {
                self.settle();
                return;
            }
        }
    }

    /// Takes what the client has to say.
    fn settle(&mut self) {
        loop {
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            if self.up.len() >= self.narrow {
                return;
            }
            let Some(transmit) = self.client.poll_transmit(&mut self.buffer, self.now) else { break };
            self.parts.extend(transmit.parts);
            self.traces.extend(transmit.traces);
            if self.router.is_some() {
                self.up.push_back((self.now + self.latency, self.buffer[..transmit.len].to_vec()));
            }
        }
        self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
    }

    /// Does what is due now.
    fn step(&mut self) {
        while let Some((_, batch)) = self.up.pop_front_if(|(at, _)| *at <= self.now) {
            let Some(router) = &mut self.router else { break };
            match router.take(&batch, &mut self.got, self.now) {
                Ok(answers) if !self.mute => {
                    self.down.extend(answers.into_iter().map(|batch| (self.now + self.latency, batch)));
                }
                Ok(_) => {}
                Err(reason) => {
                    self.refused = Some(reason);
                    self.cut();
                }
            }
        }
        while let Some((_, batch)) = self.down.pop_front_if(|(at, _)| *at <= self.now) {
            let batch = match &mut self.mangle {
                Some(mangle) => mangle(batch),
                None => Some(batch),
            };
            if let Some(batch) = batch {
                self.client.handle_input(Segment::from(batch), self.now);
            }
        }
        if self.client.poll_timeout().is_some_and(|due| due <= self.now) {
            self.client.handle_timeout(self.now);
        }
        if let Some(router) = &mut self.router
            && router.open
            && !self.mute
            && self.now >= router.alive + ALIVE
        {
            router.alive = self.now;
            self.down.push_back((self.now + self.latency, transport(TransportBody::KeepAlive(KeepAlive))));
        }
    }

    /// The keys of the puts that the router got, in order.
    pub(super) fn keys(&self) -> Vec<String> {
        self.puts().map(|push| push.wire_expr.suffix.to_string()).collect()
    }

    /// The puts and deletes that the router got, in order.
    pub(super) fn puts(&self) -> impl Iterator<Item = &Push> {
        self.got.iter().filter_map(|got| match &got.message.body {
            NetworkBody::Push(push) => Some(push),
            _ => None,
        })
    }
}
