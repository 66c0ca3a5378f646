//! Feeds the client with batches of a router and actions of a user. It must not panic, and the
//! number of events for a batch is bounded. Some new inputs are made by the router of
//! `zbytes-session`'s `tests/hostile.rs`, whose batches are nearly right.
//!
//! An input is a list of steps: a byte that chooses the step, two bytes of a length, and as many
//! bytes.
#![no_main]

#[allow(dead_code, unused_imports, reason = "its own test is not run here")]
#[path = "../../crates/zbytes-session/tests/hostile.rs"]
mod hostile;

use std::time::Duration;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use zbytes_lab::{
    client::{Client, Config, Content, Event, KeyExpr, Limits, ReplySample, ZenohId},
    ledger::Ledger,
    measure::mix,
    payload::ZBytes,
    segment::Segment,
    wire::BATCH_SIZE,
};
use zbytes_session::testing::Greeting;
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Priority, Reliability},
    transport::{FragmentHeader, FrameHeader, fragment, frame},
};

/// The step that passes its bytes on as a batch.
const RAW: u8 = 0;

/// A session, and the next sequence numbers of its lanes.
struct Session {
    client: Client,
    now: Duration,
    sn: [[u32; 2]; Priority::NUM],
    buffer: Vec<u8>,
    queries: Vec<u64>,
}

impl Session {
    fn new() -> Self {
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
        let config = Config { limits, ..Config::new(ZenohId::new([1; 16]).unwrap(), 5) };
        let client = Client::new(config, Duration::ZERO);
        let buffer = vec![0; usize::from(BATCH_SIZE)];
        let sn = [[0; 2]; Priority::NUM];
        let mut session = Self { client, now: Duration::ZERO, sn, buffer, queries: Vec::new() };
        session.open();
        session
    }

    fn open(&mut self) {
        self.sn = [[0; 2]; Priority::NUM];
        let router = Greeting::default();
        [router.init_ack(), router.open_ack()].into_iter().for_each(|batch| self.receive(batch));
    }

    fn receive(&mut self, batch: Vec<u8>) {
        let len = batch.len() as u64;
        self.client.handle_input(Segment::from(batch), self.now);
        let mut told = 0;
        while let Some(event) = self.client.poll_event() {
            told += 1;
            match event {
                Event::Opened(_) => hostile::ask(&mut self.client, self.now),
                Event::Sample(sample) => {
                    if let Some(payload) = sample.kind.payload() {
                        let all = payload.to_bytes(&mut Ledger::new()).unwrap();
                        assert_eq!(all.len(), payload.len());
                    }
                }
                Event::Query(query) => self.queries.push(query.id),
                Event::Closed(ended) => assert!(!ended.cause.to_string().is_empty() && self.client.is_over()),
                _ => {}
            }
        }
        assert!(told <= 600 + 8 * len, "{told} events of {len} B");
        while self.client.poll_progress().is_some() {}
    }

    /// The lane that a byte chooses, and its next sequence number.
    fn lane(&mut self, byte: u8) -> (Priority, Reliability, u32) {
        let priority = Priority::try_from(byte & 7).unwrap_or(Priority::Data);
        let reliability = if byte & 8 == 0 { Reliability::Reliable } else { Reliability::BestEffort };
        let slot = &mut self.sn[priority as usize][usize::from(byte & 8 == 0)];
        let sn = *slot;
        *slot = slot.wrapping_add(1) & 0x0fff_ffff;
        (priority, reliability, sn)
    }

    fn step(&mut self, which: u8, bytes: &[u8]) {
        let (lane, rest) = bytes.split_first().map_or((5, bytes), |(lane, rest)| (*lane, rest));
        match which & 7 {
            RAW => self.receive(bytes.to_vec()),
            1 | 2 => {
                let (priority, reliability, sn) = self.lane(lane);
                let header = FrameHeader { reliability, sn, ext_qos: frame::ext::QoSType::new(priority) };
                let mut batch = Vec::new();
                Zenoh080::new().write(&mut batch, &header).unwrap();
                batch.extend_from_slice(rest);
                self.receive(batch);
            }
            3 => {
                let (priority, reliability, sn) = self.lane(lane);
                let header = FragmentHeader {
                    reliability,
                    more: lane & 16 == 0,
                    sn,
                    ext_qos: fragment::ext::QoSType::new(priority),
                    ext_first: (lane & 32 == 0).then(fragment::ext::First::new),
                    ext_drop: (lane & 64 != 0).then(fragment::ext::Drop::new),
                };
                let mut batch = Vec::new();
                Zenoh080::new().write(&mut batch, &header).unwrap();
                batch.extend_from_slice(rest);
                self.receive(batch);
            }
            4 => {
                self.now += Duration::from_millis(u64::from(lane) * 40);
                if self.client.poll_timeout().is_some_and(|due| due <= self.now) {
                    self.client.handle_timeout(self.now);
                }
                while self.client.poll_event().is_some() {}
            }
            5 => while self.client.poll_transmit(&mut self.buffer, self.now).is_some() {},
            6 => {
                let _ = self.client.cancel(u64::from(lane & 15));
                if let Some(query) = self.queries.pop() {
                    let key_expr = KeyExpr::new("a/b").unwrap();
                    let content = Content::new(ZBytes::empty());
                    let _ = self.client.reply(9, query, ReplySample { key_expr, content });
                    let _ = self.client.finish(query);
                }
                while self.client.poll_event().is_some() {}
            }
            _ => {
                if self.client.is_over() && self.client.relink(ZenohId::new([2; 16]).unwrap(), 5, self.now).is_ok() {
                    self.open();
                }
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut session = Session::new();
    let mut rest = data;
    while let Some((&[which, low, high], after)) = rest.split_first_chunk::<3>() {
        let len = usize::from(u16::from_le_bytes([low, high])).min(after.len());
        let (bytes, after) = after.split_at(len);
        session.step(which, bytes);
        rest = after;
    }
});

/// Writes a step into `space` at `at`, if it fits. Returns the end of the step.
fn put_step(space: &mut [u8], at: usize, which: u8, bytes: &[u8]) -> Option<usize> {
    let end = at + 3 + bytes.len();
    let step = space.get_mut(at..end)?;
    let [low, high] = (bytes.len() as u16).to_le_bytes();
    step[..3].copy_from_slice(&[which, low, high]);
    step[3..].copy_from_slice(bytes);
    Some(end)
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 16 != 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let seed = u64::from(seed / 16);
    // The parity of the seed chooses how gentle the router is.
    let mut router = hostile::Router::new(seed);
    let (mut at, mut drawn) = (0, seed);
    let space = &mut data[..max_size];
    while at < 4000 {
        // All fragments of a message, because otherwise it would never arrive.
        for batch in router.batches() {
            match put_step(space, at, RAW, &batch) {
                Some(end) => at = end,
                None => return at.max(1),
            }
        }
        drawn = mix(drawn.wrapping_add(1));
        if drawn % 4 == 0 {
            // Let time pass, send, cancel or answer, or open the link again.
            let which = 4 + (drawn >> 8) as u8 % 4;
            match put_step(space, at, which, &[(drawn >> 16) as u8]) {
                Some(end) => at = end,
                None => break,
            }
        }
    }
    at.max(1)
});
