//! A hub and clients of `zbytes-session` without I/O, in the manner of quinn's `Pair`: between them
//! links with simulated time, narrowness and loss.

use std::{collections::BTreeMap, time::Duration};

use zbytes::{
    ledger::Ledger,
    payload::ZBytes,
    segment::{Segment, Source},
};
use zbytes_session::client::{self, Client, Event as Told, KeyExpr, Sample, ZenohId};

use crate::*;

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// When the time of the tests begins.
pub(super) const BEGUN: Duration = Duration::from_secs(1_000_000);

pub(super) fn key(text: &str) -> KeyExpr {
    KeyExpr::new(text).unwrap()
}

pub(super) fn id(byte: u8) -> ZenohId {
    ZenohId::new([byte; 16]).unwrap()
}

pub(super) fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|at| zbytes_measure::mix(at as u64) as u8).collect()
}

pub(super) fn payload(bytes: &[u8]) -> ZBytes {
    ZBytes::from_segments([Source::moved(bytes.to_vec())]).unwrap()
}

pub(super) fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// A client and its end of a link.
pub(super) struct Side {
    pub(super) link: LinkId,
    pub(super) client: Client,
    /// Whether the link takes what the hub sends. A client that takes nothing does not send either.
    pub(super) takes: bool,
    /// Batches that have left the hub over this link.
    pub(super) batches: usize,
}

pub(super) struct World {
    pub(super) now: Duration,
    pub(super) hub: Hub,
    pub(super) sides: BTreeMap<u8, Side>,
    /// What the hub has told.
    pub(super) events: Vec<Event>,
    buffer: Vec<u8>,
    op: u64,
}

impl World {
    pub(super) fn new(limits: Limits) -> Self {
        let hub = Hub::new(Config { limits, ..Config::new(id(99), 7, BEGUN) });
        Self { now: Duration::ZERO, hub, sides: BTreeMap::new(), events: Vec::new(), buffer: Vec::new(), op: 0 }
    }

    /// A hub with the default bounds and clients with these numbers, whose sessions are open.
    pub(super) fn of<const N: usize>(numbers: [u8; N]) -> Self {
        let mut world = Self::new(Limits::DEFAULT);
        for number in numbers {
            world.join(number);
        }
        world
    }

    pub(super) fn join(&mut self, number: u8) {
        self.begin(number);
        self.run();
        assert!(self.client(number).is_open(), "{:?}", self.events);
        self.told(number);
    }

    /// Opens a link, on which the client begins to speak.
    pub(super) fn begin(&mut self, number: u8) {
        let config = client::Config::new(id(number), 1);
        let link = self.hub.add_link(Framing::Messages, self.now).unwrap();
        let client = Client::new(config, self.now);
        self.sides.insert(number, Side { link, client, takes: true, batches: 0 });
    }

    pub(super) fn client(&mut self, number: u8) -> &mut Client {
        &mut self.sides.get_mut(&number).unwrap().client
    }

    pub(super) fn link(&self, number: u8) -> LinkId {
        self.sides[&number].link
    }

    pub(super) fn op(&mut self) -> u64 {
        self.op += 1;
        self.op
    }

    /// Moves batches until no end has anything that may be sent.
    pub(super) fn run(&mut self) {
        loop {
            let mut moved = false;
            for side in self.sides.values_mut().filter(|side| side.takes) {
                while self.hub.wants_input(side.link)
                    && let Some(batch) = side.client.poll_transmit(&mut self.buffer, self.now)
                {
                    let bytes = self.buffer[..batch.len].to_vec();
                    self.hub.handle_input(side.link, Segment::from(bytes), self.now);
                    moved = true;
                }
                while let Some(len) = self.hub.poll_transmit(side.link, &mut self.buffer, self.now) {
                    side.client.handle_input(Segment::from(self.buffer[..len].to_vec()), self.now);
                    (moved, side.batches) = (true, side.batches + 1);
                }
            }
            self.events.extend(std::iter::from_fn(|| self.hub.poll_event()));
            if !moved {
                return;
            }
        }
    }

    /// Lets time pass, step by step, as the hub and the clients ask for.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let clients = self.sides.values().filter_map(|side| side.client.poll_timeout());
            let due = clients.chain(self.hub.poll_timeout()).min().unwrap_or(until);
            // What is due at once is let pass a moment later, so that time goes on.
            self.now = due.max(self.now + Duration::from_millis(1)).min(until);
            self.hub.handle_timeout(self.now);
            for side in self.sides.values_mut() {
                side.client.handle_timeout(self.now);
            }
            self.run();
            if self.now == until {
                return;
            }
        }
    }

    /// The link of a client is cut: neither end hears of the other any more.
    pub(super) fn cut(&mut self, number: u8) {
        let side = self.sides.remove(&number).unwrap();
        self.hub.remove_link(side.link, self.now);
        self.run();
    }

    /// What a client was told since the last call.
    pub(super) fn told(&mut self, number: u8) -> Vec<Told> {
        let client = self.client(number);
        std::iter::from_fn(|| client.poll_event()).collect()
    }

    /// The samples among it.
    pub(super) fn samples(&mut self, number: u8) -> Vec<Sample> {
        let told = self.told(number).into_iter();
        told.filter_map(|event| if let Told::Sample(sample) = event { Some(sample) } else { None }).collect()
    }

    /// Why the hub has ended links, in order.
    pub(super) fn ends(&self) -> Vec<(LinkId, CloseCause)> {
        let ended = self.events.iter().filter_map(|event| match event {
            Event::Closed { link, cause } => Some((*link, cause.clone())),
            Event::Opened { .. } => None,
        });
        ended.collect()
    }
}
