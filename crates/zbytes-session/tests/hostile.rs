//! A hostile router: seeded batches in sequences, most of them nearly right. The client must not
//! panic, hang, or keep bytes that it does not need.
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
    ledger::Ledger,
    payload::ZBytes,
    segment::{Segment, Source},
};
use zbytes_measure::mix;
use zbytes_session::{
    client::{
        Client, Config, ConsolidationMode as Consolidation, Content, Event, Get, KeyExpr, Limits, Locality,
        MatchingStatusType, Progress, Put, ReplySample, Subscriber, ZenohId,
    },
    testing::{Greeting, keep_alive, read_message, read_transport, router_put, transport},
    wire::{BATCH_SIZE, MAX_MESSAGE},
};
use zenoh_buffers::{ZBuf, ZSlice};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Encoding, EntityGlobalIdProto, Priority, Reliability, WireExpr, ZenohIdProto},
    network::{
        Declare, DeclareBody, DeclareFinal, DeclareKeyExpr, DeclareQueryable, DeclareSubscriber, DeclareToken,
        Interest, Mapping, NetworkBody, NetworkMessage, Push, Request, Response, ResponseFinal, UndeclareKeyExpr,
        UndeclareQueryable, UndeclareSubscriber, UndeclareToken,
        declare::{common::ext::WireExprType, queryable::ext::QueryableInfoType},
        ext::{EntityGlobalIdType, NodeIdType, QoSType},
        interest::{InterestMode, InterestOptions},
        request::ext::QueryTarget,
    },
    transport::{Close, FragmentHeader, FrameHeader, TransportBody, fragment, frame},
    zenoh::{
        ConsolidationMode, Del, Err as WireErr, PushBody, Put as WirePut, Query, Reply, RequestBody, ResponseBody,
        ext::{AttachmentType, SourceInfoType, ValueType},
    },
};

/// How many batches the test sends, unless `HOSTILE_BATCHES` sets another number.
const BATCHES: u64 = 1_000_000;

/// Batches in one sequence.
const SEQUENCE: u64 = 200;

/// The largest allocation that a test may make: the events of one batch, in a queue that has
/// doubled.
const LARGEST: usize = 4 << 20;

/// The most bytes that a test may hold at once. The limits of the test allow so much, and the
/// batches that the client refers to.
const HELD: isize = 16 << 20;

/// Counts the allocations of this thread.
struct Counting;

thread_local! {
    /// How many allocations the thread made, and their bytes in total.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
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
        let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + layout.size()));
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
    /// A factor for the rarity of faults that end a session. Gentle sequences have a large one, so
    /// that their sessions last longer.
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

    /// True in one of `n` cases.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Whether to add a fault: in one of `n` cases, more rarely in a gentle sequence.
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

fn init_ack(random: &mut Random) -> Vec<u8> {
    let hostile = random.harms(20);
    let batch_size = if hostile { random.next() as u16 } else { u16::MAX };
    let cookie = if hostile { 60_000 } else { 40 };
    let (qos, markers) = (!random.one_in(5), !random.one_in(5));
    Greeting { batch_size, cookie, qos, markers, ..Greeting::default() }.init_ack()
}

fn open_ack(random: &mut Random) -> Vec<u8> {
    let lease = Duration::from_millis(if random.harms(20) { random.next() } else { 10_000 });
    Greeting { lease, ..Greeting::default() }.open_ack()
}

fn wire(random: &mut Random) -> WireExpr<'static> {
    let right = ["a", "a/b", "a/*", "**", "lab/x", "@/x", "é"];
    let wrong = ["", "/", "a//b", "a/$*", "#?", "a/**/**"];
    WireExpr {
        scope: if random.harms(4) { random.below(6) as u16 } else { 0 },
        suffix: if random.harms(4) { random.pick(&wrong) } else { random.pick(&right) }.into(),
        mapping: if random.harms(10) { Mapping::Receiver } else { Mapping::Sender },
    }
}

fn payload(random: &mut Random) -> ZBuf {
    let len = random.pick(&[0, 1, 9, 100, 3000]);
    ZBuf::from(vec![7; len])
}

fn body(random: &mut Random) -> PushBody {
    let zid = ZenohIdProto::try_from([random.below(3) as u8 + 1; 4].as_slice()).unwrap();
    let id = EntityGlobalIdProto { zid, eid: random.below(3) as u32 };
    let sn = if random.one_in(5) { random.next() as u32 } else { random.below(100) as u32 };
    let attached = random.one_in(3);
    if random.one_in(4) {
        return PushBody::Del(Del {
            timestamp: None,
            ext_sinfo: random.one_in(2).then_some(SourceInfoType { id, sn }),
            ext_attachment: attached.then(|| AttachmentType { buffer: payload(random) }),
            ext_unknown: Vec::new(),
        });
    }
    PushBody::Put(WirePut {
        timestamp: None,
        encoding: Encoding { id: random.below(60) as u16, schema: attached.then(|| ZSlice::from(vec![3; 20])) },
        ext_sinfo: random.one_in(2).then_some(SourceInfoType { id, sn }),
        ext_attachment: attached.then(|| AttachmentType { buffer: payload(random) }),
        ext_unknown: Vec::new(),
        payload: payload(random),
    })
}

/// A message that the client acts on, with small numbers so that many of them match.
fn message(random: &mut Random) -> Vec<u8> {
    let (number, key) = (random.below(8) as u32, wire(random));
    let (ext_tstamp, ext_nodeid, ext_ts_stack) = (None, NodeIdType::DEFAULT, None);
    let interest_id = random.one_in(2).then_some(number);
    let declare = |body| {
        let ext_nodeid = NodeIdType::DEFAULT;
        NetworkBody::Declare(Declare { interest_id, ext_qos: QoSType::DECLARE, ext_tstamp: None, ext_nodeid, body })
    };
    let ext_wire_expr = if random.one_in(2) { WireExprType::null() } else { WireExprType { wire_expr: key.clone() } };
    let id = random.below(6) as u32;
    let body = match random.below(20) {
        0..6 => NetworkBody::Push(Push {
            wire_expr: key,
            ext_qos: QoSType::PUSH,
            ext_tstamp,
            ext_nodeid: NodeIdType::DEFAULT,
            ext_ts_stack,
            payload: body(random),
        }),
        6 | 7 => NetworkBody::Request(Request {
            id: number,
            wire_expr: key,
            ext_qos: QoSType::REQUEST,
            ext_tstamp,
            ext_nodeid,
            ext_target: random.pick(&[QueryTarget::All, QueryTarget::AllComplete, QueryTarget::BestMatching]),
            ext_budget: None,
            ext_timeout: None,
            ext_ts_stack: None,
            payload: RequestBody::Query(Query {
                consolidation: ConsolidationMode::Auto,
                parameters: random.pick(&["", "a=1", "_anyke", "_time=[now(-1s)..]"]).to_owned(),
                ext_sinfo: None,
                ext_body: random.one_in(2).then(|| ValueType { encoding: Encoding::empty(), payload: payload(random) }),
                ext_attachment: random.one_in(2).then(|| AttachmentType { buffer: payload(random) }),
                ext_unknown: Vec::new(),
            }),
        }),
        8 | 9 => NetworkBody::Response(Response {
            rid: number,
            wire_expr: key,
            payload: if random.one_in(4) {
                let payload = payload(random);
                let encoding = Encoding::empty();
                ResponseBody::Err(WireErr { encoding, ext_sinfo: None, ext_unknown: Vec::new(), payload })
            } else {
                let payload = body(random);
                let consolidation = ConsolidationMode::Auto;
                ResponseBody::Reply(Reply { consolidation, ext_unknown: Vec::new(), payload })
            },
            ext_qos: QoSType::DEFAULT,
            ext_tstamp,
            ext_respid: random
                .one_in(2)
                .then(|| EntityGlobalIdType { zid: ZenohIdProto::try_from([3; 16].as_slice()).unwrap(), eid: id }),
            ext_ts_stack: None,
        }),
        10 => NetworkBody::ResponseFinal(ResponseFinal { rid: number, ext_qos: QoSType::DEFAULT, ext_tstamp }),
        11 => declare(DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id: id as u16, wire_expr: key })),
        12 => declare(DeclareBody::UndeclareKeyExpr(UndeclareKeyExpr { id: id as u16 })),
        13 => declare(DeclareBody::DeclareToken(DeclareToken { id: random.below(400) as u32, wire_expr: key })),
        14 => declare(DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr })),
        15 => declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: key })),
        16 => declare(DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr })),
        17 => declare(if random.one_in(2) {
            let ext_info = QueryableInfoType { complete: true, distance: 0 };
            DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr: key, ext_info })
        } else {
            DeclareBody::UndeclareQueryable(UndeclareQueryable { id, ext_wire_expr })
        }),
        18 => declare(DeclareBody::DeclareFinal(DeclareFinal)),
        _ => NetworkBody::Interest(Interest {
            id: number,
            mode: InterestMode::CurrentFuture,
            options: InterestOptions::ALL,
            wire_expr: None,
            ext_qos: QoSType::DEFAULT,
            ext_tstamp,
            ext_nodeid,
        }),
    };
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &NetworkMessage::from(body)).unwrap();
    bytes
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

/// The router's side of a session.
pub(crate) struct Router {
    random: Random,
    /// The next sequence number of each lane.
    sn: [[u32; 2]; Priority::NUM],
}

impl Router {
    pub(crate) fn new(seed: u64) -> Self {
        let harm = if seed.is_multiple_of(2) { 1 } else { 50 };
        Self { random: Random { seed: seed << 32, harm }, sn: [[0; 2]; Priority::NUM] }
    }

    /// The next batches: one, or the fragments of one message.
    pub(crate) fn batches(&mut self) -> Vec<Vec<u8>> {
        let random = &mut self.random;
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
            3 if random.harms(1) => vec![init_ack(random)],
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
}

fn key(text: &str) -> KeyExpr {
    KeyExpr::new(text).unwrap()
}

/// Makes every kind of declaration and of request that a session can make.
pub(crate) fn ask(client: &mut Client, now: Duration) {
    // After a lost session they are declared already, and this test ignores the refusals.
    let _ = client.declare_subscriber(1, Subscriber { sample_miss: true, ..key("**").into() });
    let _ = client.declare_subscriber(2, Subscriber { allowed_origin: Locality::Remote, ..key("a/*").into() });
    let _ = client.declare_queryable(3, key("**"));
    let _ = client.declare_token(4, key("a/b"));
    let _ = client.declare_liveliness_subscriber(5, key("**"), true);
    let _ = client.declare_matching_listener(6, key("a/*"), MatchingStatusType::Subscribers);
    let _ = client.declare_matching_listener(7, key("a"), MatchingStatusType::Queryables);
    let _ = client.get(1, Get { timeout: Duration::from_secs(5), ..Get::new(key("**")) }, now);
    let _ = client.get(2, Get { consolidation: Consolidation::None, ..Get::new(key("a/*")) }, now);
    let _ = client.get_liveliness(3, key("**"), Duration::from_secs(5), now);
    let _ = client.flush(4, now);
    let put = |allowed_destination| {
        let payload = ZBytes::from_segments([Source::moved(vec![1u8; 300])]).unwrap();
        Put { allowed_destination, numbered: Some(1), ..Put::new(key("a/b"), payload) }
    };
    let _ = client.put(5, put(Locality::Any));
    let _ = client.put(6, put(Locality::Remote));
}

/// The counts of a run.
#[derive(Default)]
struct Tally {
    batches: u64,
    sessions: u64,
    ends: u64,
    events: u64,
    arriving: u64,
}

fn sequence(seed: u64, tally: &mut Tally) {
    let limits = Limits {
        reassembly_bytes: 1 << 16,
        reassembly_fragments: 100,
        key_expressions: 4,
        queued_messages: 200,
        queries: 20,
        tokens: 100,
        replies: 10,
        sources: 4,
        ..Limits::default()
    };
    let mut router = Router::new(seed);
    let mut now = Duration::ZERO;
    let mut client = Client::new(Config { limits, ..Config::new(ZenohId::new([1; 16]).unwrap(), 5) }, now);
    let mut buffer = vec![0; usize::from(BATCH_SIZE)];
    let mut waiting = Vec::new();
    let mut greeted = 0;
    // Some routers accept nothing from the client.
    let deaf = router.random.one_in(10);
    let mut count = 0;
    while count < SEQUENCE {
        let batches = match greeted {
            0 | 1 if !router.random.one_in(50) => {
                greeted += 1;
                vec![if greeted == 1 { init_ack(&mut router.random) } else { open_ack(&mut router.random) }]
            }
            _ => router.batches(),
        };
        for batch in batches {
            count += 1;
            let len = batch.len();
            client.handle_input(Segment::from(batch), now);
            let mut told = 0;
            while let Some(event) = client.poll_event() {
                told += 1;
                match event {
                    Event::Opened(_) => {
                        tally.sessions += 1;
                        ask(&mut client, now);
                    }
                    // Every received byte that a sample refers to can be read.
                    Event::Sample(sample) => {
                        if let Some(payload) = sample.kind.payload() {
                            let all = payload.to_bytes(&mut Ledger::new()).unwrap();
                            assert_eq!(all.len(), payload.len());
                        }
                        assert!(sample.attachment.is_none_or(|bytes| bytes.check().is_ok()));
                    }
                    Event::Query(query) => waiting.push(query.id),
                    Event::Closed(ended) => {
                        tally.ends += 1;
                        assert!(!ended.cause.to_string().is_empty());
                        assert!(client.is_over());
                    }
                    _ => {}
                }
            }
            tally.events += told;
            // The lanes bound how many arriving messages the client reports. The longest message
            // bounds the lengths that their heads claim.
            if router.random.one_in(4) {
                let arriving = std::iter::from_fn(|| client.poll_progress()).filter_map(|progress| match progress {
                    Progress::Received(arriving) => Some(arriving),
                    Progress::Sent(_) => None,
                });
                let arriving: Vec<_> = arriving.collect();
                assert!(arriving.len() <= 2 * Priority::NUM, "{arriving:?}");
                assert!(arriving.iter().all(|one| one.total.is_none_or(|total| total <= MAX_MESSAGE)), "{arriving:?}");
                tally.arriving += arriving.len() as u64;
            }
            if router.random.one_in(20) {
                let _ = client.cancel(1 + router.random.below(10) as u64);
            }
            // The shortest message has two bytes. It causes at most one event for each of the seven
            // declarations.
            assert!(told <= 600 + 8 * len as u64, "{told} events of {len} B");
            if waiting.len() > 3 && router.random.one_in(3) {
                let query = waiting.swap_remove(0);
                let content = Content::new(ZBytes::empty());
                let _ = client.reply(9, query, ReplySample { key_expr: key("a/b"), content });
                let _ = client.finish(query);
            }
            if !deaf {
                while client.poll_transmit(&mut buffer, now).is_some() {}
            }
            now += Duration::from_millis(router.random.below(100) as u64);
            if client.poll_timeout().is_some_and(|due| due <= now) {
                client.handle_timeout(now);
            }
        }
        if client.is_over() && client.poll_event().is_none() {
            (greeted, router.sn) = (0, [[0; 2]; Priority::NUM]);
            if client.relink(ZenohId::new([2; 16]).unwrap(), 5, now).is_err() {
                client = Client::new(Config { limits, ..Config::new(ZenohId::new([1; 16]).unwrap(), 5) }, now);
            }
        }
    }
    tally.batches += count;
}

#[test]
fn a_router_that_means_harm_gets_nowhere() {
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
        assert!(peak <= HELD, "seed {seed} had the client keep {peak} B");
        assert_eq!(HELD_NOW.get(), before, "seed {seed} left something");
        seed += 1;
    }
    let Tally { batches, sessions, ends, events, arriving } = tally;
    println!("{batches} batches, {sessions} sessions, {ends} ends, {events} events, {arriving} times progress");
    println!("the largest allocation was of {largest} B, the most that was held {peak} B");
    // Most batches passed the handshake and caused an event.
    assert!(sessions > batches / 1000 && events > batches / 4 && arriving > batches / 1000);
}

/// What `work` allocates: how many times, how many bytes in total, and the most at once.
fn allocated<T>(work: impl FnOnce() -> T) -> (T, usize, usize, usize) {
    let (count, bytes, before) = (COUNT.get(), BYTES.get(), HELD_NOW.get());
    PEAK.set(before);
    let done = work();
    (done, COUNT.get() - count, BYTES.get() - bytes, (PEAK.get() - before) as usize)
}

#[test]
fn a_length_beyond_the_message_allocates_nothing() {
    let length = |mut value: u64| {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    // One byte follows the length. So each message is valid with the length 1, and only with that.
    for claim in [1, 1 << 10, 1 << 20, 1 << 30, 1 << 60] {
        let (is_true, claim) = (claim == 1, length(claim));
        let messages = [
            // A put with a payload of that length, one with such a key, a query with such
            // parameters, a token with such a key.
            [&[0x7d, 0, 1, b'a', 0x01], claim.as_slice(), b"x"].concat(),
            [&[0x7d, 0], claim.as_slice(), b"a", &[0x01, 0]].concat(),
            [&[0x7c, 1, 0, 1, b'a', 0x43], claim.as_slice(), b"p"].concat(),
            [&[0x1e, 0x26, 1, 0], claim.as_slice(), b"t"].concat(),
        ];
        for message in messages {
            let source = ZBytes::from_segments([Source::moved(message.clone())]).unwrap();
            let (read, count, bytes, _) = allocated(|| read_message(&source).is_ok());
            assert_eq!(read, is_true, "{message:?}");
            assert!(is_true || count <= 2 && bytes <= 16, "{count} allocations of {bytes} B for {message:?}");
        }
        // A cookie of that length, in an answer to the first message of a session.
        let mut ack = init_ack(&mut Random { seed: 0, harm: usize::MAX });
        let at = ack.windows(2).position(|two| two == [40, 0]).unwrap();
        if !is_true {
            ack.splice(at..=at, claim.iter().copied());
        }
        let source = ZBytes::from_segments([Source::moved(ack)]).unwrap();
        let (read, count, bytes, _) = allocated(|| read_transport(&source).is_ok());
        assert_eq!(read, is_true);
        assert!(is_true || count == 0, "{count} allocations of {bytes} B");
    }
}

/// A frame of the default lane, filled with as many copies of `message` as fit, and their number.
fn filled(sn: u32, message: &NetworkMessage) -> (Vec<u8>, usize) {
    let header =
        FrameHeader { reliability: Reliability::Reliable, sn, ext_qos: frame::ext::QoSType::new(Priority::Data) };
    let (mut batch, mut one) = (Vec::new(), Vec::new());
    Zenoh080::new().write(&mut batch, &header).unwrap();
    Zenoh080::new().write(&mut one, message).unwrap();
    let messages = (usize::from(BATCH_SIZE) - batch.len()) / one.len();
    batch.extend(one.repeat(messages));
    (batch, messages)
}

fn declare(body: DeclareBody) -> NetworkMessage {
    let (ext_qos, ext_nodeid) = (QoSType::DECLARE, NodeIdType::DEFAULT);
    NetworkBody::Declare(Declare { interest_id: None, ext_qos, ext_tstamp: None, ext_nodeid, body }).into()
}

fn named(text: &'static str) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: text.into(), mapping: Mapping::Sender }
}

fn numbered(scope: u16) -> WireExpr<'static> {
    WireExpr { scope, suffix: "".into(), mapping: Mapping::Sender }
}

/// A put without a payload.
fn put(wire_expr: WireExpr<'static>) -> NetworkMessage {
    router_put(wire_expr, Vec::new())
}

/// Short messages that make the client act, by name.
fn short() -> Vec<(&'static str, NetworkMessage)> {
    let (ext_tstamp, ext_ts_stack) = (None, None);
    let reply = |body| {
        NetworkMessage::from(NetworkBody::Response(Response {
            rid: 7,
            wire_expr: numbered(1),
            payload: body,
            ext_qos: QoSType::DEFAULT,
            ext_tstamp,
            ext_respid: None,
            ext_ts_stack: None,
        }))
    };
    let PushBody::Put(empty) = (match put(numbered(1)).body {
        NetworkBody::Push(push) => push.payload,
        _ => unreachable!(),
    }) else {
        unreachable!()
    };
    let consolidation = ConsolidationMode::Auto;
    vec![
        ("empty puts", put(numbered(1))),
        ("empty puts with a key", put(named("a"))),
        ("questions", {
            NetworkMessage::from(NetworkBody::Request(Request {
                id: 1,
                wire_expr: numbered(1),
                ext_qos: QoSType::DEFAULT,
                ext_tstamp,
                ext_nodeid: NodeIdType::DEFAULT,
                ext_target: QueryTarget::BestMatching,
                ext_budget: None,
                ext_timeout: None,
                ext_ts_stack,
                payload: RequestBody::Query(Query::default()),
            }))
        }),
        (
            "replies",
            reply(ResponseBody::Reply(Reply { consolidation, ext_unknown: Vec::new(), payload: empty.into() })),
        ),
        ("errors", {
            let (encoding, payload) = (Encoding::empty(), ZBuf::empty());
            reply(ResponseBody::Err(WireErr { encoding, ext_sinfo: None, ext_unknown: Vec::new(), payload }))
        }),
        ("ends", {
            NetworkBody::ResponseFinal(ResponseFinal { rid: 1, ext_qos: QoSType::DEFAULT, ext_tstamp }).into()
        }),
        ("tokens", declare(DeclareBody::DeclareToken(DeclareToken { id: 1, wire_expr: named("a") }))),
        ("ends of tokens", {
            let ext_wire_expr = WireExprType { wire_expr: named("a") };
            declare(DeclareBody::UndeclareToken(UndeclareToken { id: 0, ext_wire_expr }))
        }),
        ("subscribers", declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id: 1, wire_expr: named("a") }))),
        ("numbers", declare(DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id: 2, wire_expr: named("a") }))),
    ]
}

/// A client in an open session, with every kind of declaration and request.
fn opened() -> Client {
    let now = Duration::ZERO;
    let mut client = Client::new(Config::new(ZenohId::new([1; 16]).unwrap(), 5), now);
    let mut random = Random { seed: 1, harm: usize::MAX };
    client.handle_input(Segment::from(init_ack(&mut random)), now);
    client.handle_input(Segment::from(open_ack(&mut random)), now);
    ask(&mut client, now);
    client.declare_liveliness_subscriber(8, key("**"), false).unwrap();
    let number = declare(DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id: 1, wire_expr: named("a") }));
    let mut batch = Vec::new();
    let header =
        FrameHeader { reliability: Reliability::Reliable, sn: 0, ext_qos: frame::ext::QoSType::new(Priority::Data) };
    Zenoh080::new().write(&mut batch, &header).unwrap();
    Zenoh080::new().write(&mut batch, &number).unwrap();
    client.handle_input(Segment::from(batch), now);
    assert!(client.is_open());
    while client.poll_event().is_some() {}
    client
}

#[test]
fn a_batch_has_a_bounded_cost_whatever_is_in_it() {
    let mut buffer = vec![0; usize::from(BATCH_SIZE)];
    for (name, message) in short() {
        let (mut client, mut most) = (opened(), 0);
        for sn in 1..=10 {
            let (batch, messages) = filled(sn, &message);
            assert!(messages > 5000, "{name}: {messages} messages");
            let segment = Segment::from(batch);
            let (events, count, _, peak) = allocated(|| {
                client.handle_input(segment, Duration::ZERO);
                std::iter::from_fn(|| client.poll_event()).map(drop).count()
            });
            assert!(client.is_open(), "{name}");
            // Each watcher gets an event for the first tokens and subscribers.
            assert!(events <= messages + 10, "{name}: {events} events of {messages} messages");
            assert!(count <= 20 * messages, "{name}: {count} allocations for {messages} messages");
            assert!(peak <= HELD as usize, "{name}: {peak} B at once");
            // The first batch makes the queue of events grow.
            assert!(sn == 1 || peak <= most, "{name}: {peak} B at once, and {most} B before");
            most = most.max(peak);
            while client.poll_transmit(&mut buffer, Duration::ZERO).is_some() {}
        }
    }
}

#[test]
fn a_batch_that_is_longer_than_agreed_costs_nothing() {
    let mut client = opened();
    let long = Segment::from(vec![0x1d_u8; 14 << 20]);
    let ((), count, bytes, _) = allocated(|| client.handle_input(long, Duration::ZERO));
    assert!(!client.is_open());
    assert!(count < 50 && bytes < 1 << 16, "{count} allocations of {bytes} B");
}
