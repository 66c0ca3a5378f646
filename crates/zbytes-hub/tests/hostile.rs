//! Hostile clients: seeded batches in sequences, most of them nearly right, over several links of
//! one hub. The hub must not panic, hang, keep bytes that it does not need, or fail an honest
//! client beside them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    time::Duration,
};

use zbytes::{
    payload::ZBytes,
    segment::{Segment, Source},
};
use zbytes_hub::{Config, Event, Framing, Hub, Limits, LinkId};
use zbytes_measure::mix;
use zbytes_session::{
    client::{self, Client, Event as Told, KeyExpr, Put, ZenohId},
    testing::{init_syn, keep_alive, router_put, transport},
    wire::BATCH_SIZE,
};
use zenoh_buffers::{ZBuf, ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080};
use zenoh_protocol::{
    core::{CongestionControl, Encoding, Priority, Reliability, WireExpr},
    network::{
        Declare, DeclareBody, DeclareFinal, DeclareKeyExpr, DeclareQueryable, DeclareSubscriber, DeclareToken,
        Interest, Mapping, NetworkBody, NetworkMessage, Push, Request, Response, ResponseFinal, UndeclareKeyExpr,
        UndeclareQueryable, UndeclareSubscriber, UndeclareToken,
        declare::{common::ext::WireExprType, queryable::ext::QueryableInfoType},
        ext::{NodeIdType, QoSType},
        interest::{InterestMode, InterestOptions},
        request::ext::QueryTarget,
    },
    transport::{Close, FragmentHeader, FrameHeader, OpenSyn, TransportBody, TransportMessage, fragment, frame},
    zenoh::{
        ConsolidationMode, Del, Err as WireErr, PushBody, Put as WirePut, Query, Reply, RequestBody, ResponseBody,
        ext::{AttachmentType, ValueType},
    },
};

/// How many batches the test sends, unless `HOSTILE_BATCHES` sets another number.
const BATCHES: u64 = 100_000;

/// Batches in one sequence.
const SEQUENCE: u64 = 400;

/// Hostile links of a hub.
const LINKS: usize = 4;

/// The largest allocation that a test may make.
const LARGEST: usize = 1 << 20;

/// The most bytes that a test may hold at once. The limits of the test allow so much.
const HELD: isize = 12 << 20;

/// Counts the allocations of this thread.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static HELD_NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static LARGEST_SEEN: Cell<usize> = const { Cell::new(0) };
}

#[allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one passes everything on to the system's")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has dropped its counters already.
        let _ = HELD_NOW.try_with(|held| held.set(held.get() + layout.size() as isize));
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(HELD_NOW.get())));
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        let _ = LARGEST_SEEN.try_with(|largest| largest.set(largest.get().max(layout.size())));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = HELD_NOW.try_with(|held| held.set(held.get() - layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Random numbers from a seed.
struct Random {
    seed: u64,
    /// A factor for the rarity of faults that end a session. Gentle sequences have a large one.
    harm: usize,
}

impl Random {
    fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(1);
        mix(self.seed)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn harms(&mut self, n: usize) -> bool {
        let harm = self.harm;
        self.one_in(n.saturating_mul(harm))
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

fn named(text: &str) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: text.to_owned().into(), mapping: Mapping::Sender }
}

fn wire(random: &mut Random) -> WireExpr<'static> {
    let right = ["a", "a/b", "a/*", "**", "lab/x", "@/x", "é", "a/$*b", "*/b"];
    let wrong = ["", "/", "a//b", "a/$*", "#?", "a/**/**"];
    let suffix = if random.harms(4) { random.pick(&wrong) } else { random.pick(&right) };
    let scope = if random.one_in(4) { random.below(6) as u16 } else { 0 };
    let mapping = if random.one_in(10) { Mapping::Receiver } else { Mapping::Sender };
    let long = random.harms(100).then(|| "x/".repeat(400) + "x");
    WireExpr { scope, suffix: long.unwrap_or_else(|| suffix.to_owned()).into(), mapping }
}

fn payload(random: &mut Random) -> ZBuf {
    let len = random.pick(&[0, 1, 9, 100, 3000]);
    ZBuf::from(vec![7; len])
}

fn body(random: &mut Random) -> PushBody {
    let attached = random.one_in(3).then(|| payload(random));
    if random.one_in(4) {
        let ext_attachment = attached.map(|buffer| AttachmentType { buffer });
        return PushBody::Del(Del { timestamp: None, ext_sinfo: None, ext_attachment, ext_unknown: Vec::new() });
    }
    let schema = random.one_in(3).then(|| ZSlice::from(vec![3; 20]));
    PushBody::Put(WirePut {
        timestamp: None,
        encoding: Encoding { id: random.below(60) as u16, schema },
        ext_sinfo: None,
        ext_attachment: attached.map(|buffer| AttachmentType { buffer }),
        ext_unknown: Vec::new(),
        payload: payload(random),
    })
}

fn encoded(body: NetworkBody) -> Vec<u8> {
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &NetworkMessage::from(body)).unwrap();
    bytes
}

fn declare(body: DeclareBody) -> NetworkBody {
    let (ext_qos, ext_nodeid) = (QoSType::DECLARE, NodeIdType::DEFAULT);
    NetworkBody::Declare(Declare { interest_id: None, ext_qos, ext_tstamp: None, ext_nodeid, body })
}

fn qos<const ID: u8>(random: &mut Random) -> QoSType<ID> {
    let congestion = random.pick(&[CongestionControl::Drop, CongestionControl::Block]);
    QoSType::new(Priority::try_from(random.below(8) as u8).unwrap(), congestion, random.one_in(2))
}

fn request(id: u32, wire_expr: WireExpr<'static>, ext_target: QueryTarget, query: Query) -> NetworkBody {
    NetworkBody::Request(Request {
        id,
        wire_expr,
        ext_qos: QoSType::REQUEST,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_target,
        ext_budget: None,
        ext_timeout: None,
        ext_ts_stack: None,
        payload: RequestBody::Query(query),
    })
}

/// A message that the hub acts on, with small numbers so that many of them match.
fn message(random: &mut Random) -> Vec<u8> {
    let (number, key) = (random.below(8) as u32, wire(random));
    let ids = if random.one_in(9) { 900 } else { 6 };
    let id = random.below(ids) as u32;
    let ext_wire_expr = if random.one_in(2) { WireExprType::null() } else { WireExprType { wire_expr: key.clone() } };
    encoded(match random.below(24) {
        0..6 => NetworkBody::Push(Push {
            wire_expr: key,
            ext_qos: qos(random),
            ext_tstamp: None,
            ext_nodeid: NodeIdType::DEFAULT,
            ext_ts_stack: None,
            payload: body(random),
        }),
        6..8 => {
            let query = Query {
                consolidation: ConsolidationMode::Auto,
                parameters: random.pick(&["", "a=1", "_anyke"]).to_owned(),
                ext_sinfo: None,
                ext_body: random.one_in(2).then(|| ValueType { encoding: Encoding::empty(), payload: payload(random) }),
                ext_attachment: random.one_in(2).then(|| AttachmentType { buffer: payload(random) }),
                ext_unknown: Vec::new(),
            };
            let target = random.pick(&[QueryTarget::All, QueryTarget::AllComplete, QueryTarget::BestMatching]);
            request(number, key, target, query)
        }
        8..11 => NetworkBody::Response(Response {
            rid: number,
            wire_expr: key,
            payload: if random.one_in(4) {
                let (encoding, payload) = (Encoding::empty(), payload(random));
                ResponseBody::Err(WireErr { encoding, ext_sinfo: None, ext_unknown: Vec::new(), payload })
            } else {
                let payload = body(random);
                ResponseBody::Reply(Reply { consolidation: ConsolidationMode::Auto, ext_unknown: Vec::new(), payload })
            },
            ext_qos: QoSType::DEFAULT,
            ext_tstamp: None,
            ext_respid: None,
            ext_ts_stack: None,
        }),
        11 => NetworkBody::ResponseFinal(ResponseFinal { rid: number, ext_qos: QoSType::DEFAULT, ext_tstamp: None }),
        12 => declare(DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id: id as u16, wire_expr: key })),
        13 => declare(DeclareBody::UndeclareKeyExpr(UndeclareKeyExpr { id: id as u16 })),
        14 => declare(DeclareBody::DeclareToken(DeclareToken { id, wire_expr: key })),
        15 => declare(DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr })),
        16 => declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: key })),
        17 => declare(DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr })),
        18 => {
            let ext_info = QueryableInfoType { complete: random.one_in(2), distance: id as u16 };
            declare(DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr: key, ext_info }))
        }
        19 => declare(DeclareBody::UndeclareQueryable(UndeclareQueryable { id, ext_wire_expr })),
        20 => declare(DeclareBody::DeclareFinal(DeclareFinal)),
        _ => {
            let options = [
                InterestOptions::SUBSCRIBERS,
                InterestOptions::SUBSCRIBERS + InterestOptions::AGGREGATE,
                InterestOptions::QUERYABLES + InterestOptions::AGGREGATE,
                InterestOptions::TOKENS,
                InterestOptions::ALL,
            ];
            let modes = [InterestMode::Final, InterestMode::Current, InterestMode::Future, InterestMode::CurrentFuture];
            NetworkBody::Interest(Interest {
                id,
                mode: random.pick(&modes),
                options: random.pick(&options),
                wire_expr: (!random.one_in(5)).then_some(key),
                ext_qos: QoSType::DEFAULT,
                ext_tstamp: None,
                ext_nodeid: NodeIdType::DEFAULT,
            })
        }
    })
}

/// Changes a few bytes, cuts some, repeats some or inserts some.
fn harm(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = random.below(bytes.len());
        match random.below(8) {
            0..3 => bytes[at] = random.next() as u8,
            3 => bytes[at] = random.pick(&[0, 0x7f, 0x80, 0xff]),
            4 => bytes[at] ^= 1 << random.below(8),
            5 => bytes.truncate(at),
            6 => {
                let len = random.below(12);
                let more = random.bytes(len);
                bytes.splice(at..at, more);
            }
            _ => {
                let again: Vec<u8> = bytes[at..].iter().copied().take(40).collect();
                bytes.extend(again);
            }
        }
    }
}

/// The client's side of a hostile link.
struct Enemy {
    link: LinkId,
    framing: Framing,
    /// Steps of the handshake that were made.
    greeted: usize,
    /// The hub's answer to the first message.
    ack: Vec<u8>,
    sn: [[u32; 2]; Priority::NUM],
    /// Whether it takes nothing of what the hub sends.
    deaf: bool,
}

impl Enemy {
    fn join(hub: &mut Hub, random: &mut Random, now: Duration) -> Self {
        let framing = random.pick(&[Framing::Messages, Framing::Stream]);
        Self::over(framing, hub, random, now)
    }

    fn over(framing: Framing, hub: &mut Hub, random: &mut Random, now: Duration) -> Self {
        let link = hub.add_link(framing, now).unwrap();
        Self { link, framing, greeted: 0, ack: Vec::new(), sn: [[0; 2]; Priority::NUM], deaf: random.one_in(5) }
    }

    /// Hands a batch to the hub: as a message, or in the stream, which is cut anywhere.
    fn give(&self, hub: &mut Hub, mut batch: Vec<u8>, random: &mut Random, now: Duration) {
        if self.framing == Framing::Stream {
            let mut length = [0; 2];
            batch.truncate(usize::from(self.framing.longest(BATCH_SIZE)));
            self.framing.write_prefix(&mut length, batch.len());
            batch.splice(0..0, length);
            let rest = batch.split_off(random.below(batch.len()));
            hub.handle_input(self.link, Segment::from(batch), now);
            batch = rest;
        }
        hub.handle_input(self.link, Segment::from(batch), now);
    }

    /// The next batches: one, or the fragments of one message.
    fn batches(&mut self, random: &mut Random) -> Vec<Vec<u8>> {
        if self.greeted < 2 && !random.harms(20) {
            self.greeted += 1;
            return vec![self.greeting(random)];
        }
        let priority =
            if random.one_in(3) { Priority::try_from(random.below(8) as u8).unwrap() } else { Priority::Data };
        let reliability = if random.one_in(8) { Reliability::BestEffort } else { Reliability::Reliable };
        let slot = &mut self.sn[priority as usize][usize::from(reliability == Reliability::Reliable)];
        match random.below(40) {
            0 if random.harms(1) => {
                let len = random.below(300);
                vec![random.bytes(len)]
            }
            1 => vec![keep_alive()],
            2 if random.harms(4) => {
                vec![transport(TransportBody::Close(Close { reason: random.next() as u8, session: true }))]
            }
            3 if random.harms(1) => vec![self.greeting(random)],
            4..8 => {
                let mut whole = message(random);
                if random.harms(2) {
                    harm(&mut whole, random);
                }
                let size = 1 + random.below(60);
                let parts = whole.len().div_ceil(size);
                let fragments = whole.chunks(size).enumerate().map(|(i, part)| {
                    let header = FragmentHeader {
                        reliability,
                        more: i + 1 < parts || random.harms(10),
                        sn: *slot,
                        ext_qos: fragment::ext::QoSType::new(priority),
                        ext_first: (i == 0 && !random.harms(10)).then(fragment::ext::First::new),
                        ext_drop: random.one_in(200).then(fragment::ext::Drop::new),
                    };
                    *slot = slot.wrapping_add(if random.one_in(100) { 2 } else { 1 }) & 0x0fff_ffff;
                    let mut batch = Vec::new();
                    Zenoh080::new().write(&mut batch, &header).unwrap();
                    batch.extend(part);
                    batch
                });
                fragments.collect()
            }
            _ => {
                let header = FrameHeader { reliability, sn: *slot, ext_qos: frame::ext::QoSType::new(priority) };
                *slot = slot.wrapping_add(1) & 0x0fff_ffff;
                let mut batch = Vec::new();
                Zenoh080::new().write(&mut batch, &header).unwrap();
                for _ in 0..=random.below(4) {
                    batch.extend(message(random));
                }
                if random.harms(4) {
                    harm(&mut batch, random);
                }
                vec![batch]
            }
        }
    }

    fn greeting(&mut self, random: &mut Random) -> Vec<u8> {
        if self.greeted < 2 {
            let mut syn = init_syn(ZenohId::new([10 + random.below(200) as u8; 16]).unwrap());
            if random.harms(5) {
                harm(&mut syn, random);
            }
            return syn;
        }
        let mut slice = ZSlice::from(self.ack.clone());
        let cookie = match Zenoh080::new().read(&mut (&mut slice).reader()) {
            Ok(TransportMessage { body: TransportBody::InitAck(ack), .. }) if !random.harms(20) => ack.cookie,
            _ => ZSlice::from(vec![1; 8]),
        };
        transport(TransportBody::OpenSyn(OpenSyn {
            lease: Duration::from_millis(if random.harms(20) { random.next() } else { 10_000 }),
            initial_sn: if random.harms(20) { random.next() as u32 } else { 0 },
            cookie,
            ext_qos: None,
            ext_auth: None,
            ext_mlink: None,
            ext_lowlatency: None,
            ext_compression: None,
            ext_remote_bound: None,
        }))
    }
}

fn limits() -> Limits {
    Limits {
        links: LINKS + 1,
        reassembly_bytes: 1 << 16,
        reassembly_fragments: 100,
        arriving_bytes: 1 << 18,
        queued_bytes: 1 << 18,
        queued_messages: 200,
        kept_bytes: 1 << 20,
        waiting_bytes: 1 << 16,
        key_bytes: 300,
        key_expressions: 4,
        declared: 40,
        declared_by_all: 100,
        key_bytes_of_all: 1 << 16,
        interests: 20,
        queries: 20,
    }
}

fn key(text: &str) -> KeyExpr {
    KeyExpr::new(text).unwrap()
}

/// The counts of a run.
#[derive(Debug, Default)]
struct Tally {
    batches: u64,
    sessions: u64,
    ends: u64,
    forwarded: u64,
    dropped: u64,
    samples: u64,
}

/// A client that follows all rules, and its link.
struct Honest {
    link: LinkId,
    client: Client,
    buffer: Vec<u8>,
}

impl Honest {
    fn join(hub: &mut Hub, now: Duration) -> Self {
        let zid = ZenohId::new([1; 16]).unwrap();
        let config = client::Config::new(zid, 5);
        let link = hub.add_link(Framing::Messages, now).unwrap();
        let mut honest = Self { link, client: Client::new(config, now), buffer: Vec::new() };
        honest.exchange(hub, now);
        honest.client.declare_subscriber(1, key("**")).unwrap();
        honest.client.declare_token(2, key("a/b")).unwrap();
        honest.client.declare_liveliness_subscriber(3, key("**"), true).unwrap();
        honest.client.declare_matching_listener(4, key("a/*"), client::MatchingStatusType::Subscribers).unwrap();
        honest
    }

    fn exchange(&mut self, hub: &mut Hub, now: Duration) {
        loop {
            let mut moved = false;
            while let Some(len) = hub.poll_transmit(self.link, &mut self.buffer, now) {
                self.client.handle_input(Segment::from(self.buffer[..len].to_vec()), now);
                moved = true;
            }
            // As a driver that can hold its client back.
            while hub.wants_input(self.link)
                && let Some(batch) = self.client.poll_transmit(&mut self.buffer, now)
            {
                hub.handle_input(self.link, Segment::from(self.buffer[..batch.len].to_vec()), now);
                moved = true;
            }
            if !moved {
                return;
            }
        }
    }
}

fn sequence(seed: u64, tally: &mut Tally) {
    let random = &mut Random { seed: seed << 32, harm: if seed.is_multiple_of(2) { 1 } else { 50 } };
    let mut now = Duration::ZERO;
    let config = Config::new(ZenohId::new([9; 16]).unwrap(), seed, Duration::ZERO);
    let mut hub = Hub::new(Config { limits: limits(), ..config });
    let mut honest = Honest::join(&mut hub, now);
    let mut enemies: Vec<Enemy> = (0..LINKS).map(|_| Enemy::join(&mut hub, random, now)).collect();
    let (mut buffer, mut count, mut op) = (Vec::new(), 0, 0);
    while count < SEQUENCE {
        let at = random.below(enemies.len());
        let enemy = &mut enemies[at];
        for batch in enemy.batches(random) {
            count += 1;
            enemy.give(&mut hub, batch, random, now);
        }
        if enemy.greeted < 2 || !enemy.deaf {
            while let Some(len) = hub.poll_transmit(enemy.link, &mut buffer, now) {
                assert!(len <= usize::from(BATCH_SIZE));
                if enemy.greeted == 1 {
                    enemy.ack = buffer[enemy.framing.prefix()..len].to_vec();
                }
            }
        }
        now += Duration::from_millis(random.below(60) as u64);
        if random.one_in(4) {
            op += 1;
            let payload = ZBytes::from_segments([Source::moved(vec![1u8; 300])]).unwrap();
            honest.client.put(op, Put::new(key("a/b"), payload)).unwrap();
        }
        honest.exchange(&mut hub, now);
        if honest.client.poll_timeout().is_some_and(|due| due <= now) {
            honest.client.handle_timeout(now);
        }
        if hub.poll_timeout().is_some_and(|due| due <= now) {
            hub.handle_timeout(now);
        }
        while hub.poll_link().is_some() {}
        while let Some(event) = hub.poll_event() {
            match event {
                Event::Opened { .. } => tally.sessions += 1,
                Event::Closed { link, cause } => {
                    tally.ends += 1;
                    assert!(!cause.to_string().is_empty());
                    assert_ne!(link, honest.link, "{cause}");
                    let gone = enemies.iter_mut().find(|enemy| enemy.link == link).unwrap();
                    while hub.poll_transmit(link, &mut buffer, now).is_some() {}
                    hub.remove_link(link, now);
                    *gone = Enemy::join(&mut hub, random, now);
                }
                _ => {}
            }
        }
        let told = std::iter::from_fn(|| honest.client.poll_event());
        tally.samples += told.filter(|told| matches!(told, Told::Sample(sample) if !sample.local)).count() as u64;
    }
    // Once no link is in the way, the honest client is served.
    for enemy in &enemies {
        hub.remove_link(enemy.link, now);
    }
    honest.client.flush(op + 1, now).unwrap();
    honest.exchange(&mut hub, now);
    let told: Vec<Told> = std::iter::from_fn(|| honest.client.poll_event()).collect();
    assert!(told.iter().any(|told| matches!(told, Told::Flushed(..))), "{told:?}");
    assert!(honest.client.is_open());
    tally.forwarded += hub.stats().forwarded;
    tally.dropped += hub.stats().dropped;
    tally.batches += count;
}

#[test]
fn clients_that_mean_harm_get_nowhere() {
    let batches = std::env::var("HOSTILE_BATCHES").map_or(BATCHES, |text| text.parse().unwrap());
    let mut tally = Tally::default();
    let (mut seed, mut largest, mut peak) = (0, 0, 0);
    while tally.batches < batches {
        let before = HELD_NOW.get();
        LARGEST_SEEN.set(0);
        PEAK.set(before);
        sequence(seed, &mut tally);
        largest = largest.max(LARGEST_SEEN.get());
        peak = peak.max(PEAK.get() - before);
        assert!(largest <= LARGEST, "seed {seed} made an allocation of {largest} B");
        assert!(peak <= HELD, "seed {seed} had the hub keep {peak} B");
        assert_eq!(HELD_NOW.get(), before, "seed {seed} left something");
        seed += 1;
    }
    println!("{tally:?}");
    println!("the largest allocation was of {largest} B, the most that was held {peak} B");
    let Tally { batches, sessions, forwarded, dropped, samples, .. } = tally;
    // Most batches passed the handshake and did something.
    assert!(sessions > batches / 1000 && forwarded > batches / 4 && samples > batches / 10 && dropped > 0);
}

fn frame_header(sn: u32) -> Vec<u8> {
    let ext_qos = frame::ext::QoSType::new(Priority::Data);
    let mut header = Vec::new();
    let frame = FrameHeader { reliability: Reliability::Reliable, sn, ext_qos };
    Zenoh080::new().write(&mut header, &frame).unwrap();
    header
}

/// A frame of the default lane, filled with as many copies of `message` as fit, and their number.
fn filled(sn: u32, message: &[u8]) -> (Vec<u8>, usize) {
    let mut batch = frame_header(sn);
    let messages = (usize::from(BATCH_SIZE) - batch.len()) / message.len();
    batch.extend(message.repeat(messages));
    (batch, messages)
}

/// Opens a session on a link, whose client the test plays.
fn open(hub: &mut Hub, random: &mut Random) -> LinkId {
    let mut enemy = Enemy::over(Framing::Messages, hub, random, Duration::ZERO);
    let mut buffer = Vec::new();
    for _ in 0..2 {
        let batch = enemy.batches(random).remove(0);
        enemy.give(hub, batch, random, Duration::ZERO);
        let len = hub.poll_transmit(enemy.link, &mut buffer, Duration::ZERO).unwrap();
        enemy.ack = buffer[enemy.framing.prefix()..len].to_vec();
    }
    enemy.link
}

/// Short messages that make the hub act, by name.
fn short() -> Vec<(&'static str, Vec<u8>)> {
    let interest = |options, mode| {
        NetworkBody::Interest(Interest {
            id: 1,
            mode,
            options,
            wire_expr: None,
            ext_qos: QoSType::DEFAULT,
            ext_tstamp: None,
            ext_nodeid: NodeIdType::DEFAULT,
        })
    };
    let ext_info = QueryableInfoType { complete: true, distance: 0 };
    let block = |message: NetworkMessage| {
        let NetworkBody::Push(mut push) = message.body else { panic!("not a push") };
        push.ext_qos.set_congestion_control(CongestionControl::Block);
        NetworkBody::Push(push)
    };
    let subscriber = DeclareSubscriber { id: 1, wire_expr: named("a") };
    let queryable = DeclareQueryable { id: 1, wire_expr: named("a"), ext_info };
    vec![
        ("puts", encoded(router_put(named("a"), Vec::new()).body)),
        ("puts that wait", encoded(block(router_put(named("a"), Vec::new())))),
        ("puts without a subscriber", encoded(router_put(named("other"), Vec::new()).body)),
        ("questions", encoded(request(1, named("a"), QueryTarget::All, Query::default()))),
        ("tokens", encoded(declare(DeclareBody::DeclareToken(DeclareToken { id: 1, wire_expr: named("a") })))),
        ("subscribers", encoded(declare(DeclareBody::DeclareSubscriber(subscriber)))),
        ("queryables", encoded(declare(DeclareBody::DeclareQueryable(queryable)))),
        ("asking for tokens", encoded(interest(InterestOptions::TOKENS, InterestMode::Current))),
        ("asking for all", encoded(interest(InterestOptions::ALL, InterestMode::CurrentFuture))),
    ]
}

#[test]
fn a_batch_has_a_bounded_cost_whatever_is_in_it() {
    for (name, message) in short() {
        let random = &mut Random { seed: 1, harm: usize::MAX };
        let mut hub = Hub::new(Config::new(ZenohId::new([9; 16]).unwrap(), 1, Duration::ZERO));
        let links: Vec<LinkId> = (0..3).map(|_| open(&mut hub, random)).collect();
        // The other links subscribe, answer and ask.
        for link in &links[1..] {
            let mut batch = frame_header(0);
            batch.extend(short().split_off(4).into_iter().flat_map(|(_, message)| message));
            hub.handle_input(*link, Segment::from(batch), Duration::ZERO);
        }
        while hub.poll_event().is_some() {}
        let (mut buffer, mut most) = (Vec::new(), 0);
        for sn in 0..10 {
            let (batch, messages) = filled(sn, &message);
            let segment = Segment::from(batch);
            let (count, held) = (COUNT.get(), HELD_NOW.get());
            PEAK.set(held);
            hub.handle_input(links[0], segment, Duration::ZERO);
            while let Some(link) = hub.poll_link() {
                while hub.poll_transmit(link, &mut buffer, Duration::ZERO).is_some() {}
            }
            let (count, peak) = (COUNT.get() - count, (PEAK.get() - held) as usize);
            assert_eq!(hub.poll_event(), None, "{name}");
            // Each of the two others is told.
            assert!(count <= 60 * messages, "{name}: {count} allocations for {messages} messages");
            assert!(peak <= 32 << 20, "{name}: {peak} B at once");
            most = most.max(peak);
        }
        println!("{name}: {most} B at once");
    }
}

#[test]
fn a_batch_that_is_longer_than_agreed_costs_nothing() {
    let random = &mut Random { seed: 1, harm: usize::MAX };
    let mut hub = Hub::new(Config::new(ZenohId::new([9; 16]).unwrap(), 1, Duration::ZERO));
    let link = open(&mut hub, random);
    while hub.poll_event().is_some() {}
    let long = Segment::from(vec![0x1d_u8; 14 << 20]);
    let count = COUNT.get();
    hub.handle_input(link, long, Duration::ZERO);
    assert!(COUNT.get() - count < 50);
    assert!(matches!(hub.poll_event(), Some(Event::Closed { .. })));
}
