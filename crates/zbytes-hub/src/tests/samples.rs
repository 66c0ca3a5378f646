//! Puts and deletes through the hub.

use zbytes_session::client::{CongestionControl, Priority, Put, Reliability, SampleKind, Timestamp};

use super::pair::*;
use crate::tables::Kind;

fn put(text: &str, bytes: &[u8]) -> Put {
    Put { congestion_control: CongestionControl::Block, ..Put::new(key(text), payload(bytes)) }
}

impl World {
    pub(super) fn put(&mut self, number: u8, put: Put) {
        let op = self.op();
        self.client(number).put(op, put).unwrap();
    }

    pub(super) fn subscribe(&mut self, number: u8, text: &str) {
        self.client(number).declare_subscriber(1, key(text)).unwrap();
        self.run();
    }
}

#[test]
fn a_sample_arrives_with_all_that_it_carries_and_a_stamp() {
    let mut world = World::of([1, 2, 3]);
    world.subscribe(1, "lab/**");
    world.subscribe(2, "lab/*");
    world.subscribe(3, "other");
    for len in [0, 1, 60_000, 65_535, 300_000] {
        let bytes = noise(len);
        let kind = SampleKind::Put { payload: payload(&bytes), encoding: "text/plain;x".parse().unwrap() };
        let sent = Put {
            attachment: Some(payload(&noise(len / 2))),
            numbered: Some(7),
            priority: Priority::InteractiveHigh,
            express: true,
            ..put("lab/x", b"")
        };
        world.put(3, Put { kind, ..sent });
        world.run();
        for number in [1, 2] {
            let mut samples = world.samples(number);
            let sample = samples.pop().unwrap();
            assert!(samples.is_empty());
            let SampleKind::Put { payload, encoding } = &sample.kind else { panic!("not a put") };
            assert!(flat(payload) == bytes && encoding.to_string() == "text/plain;x");
            assert!(flat(sample.attachment.as_ref().unwrap()) == noise(len / 2));
            assert_eq!(sample.source_info.unwrap().source_id.eid, 7);
            assert_eq!((sample.qos.priority, sample.qos.express), (Priority::InteractiveHigh, true));
            assert_eq!(sample.reliability, Reliability::Reliable);
            let stamp = sample.timestamp.unwrap();
            assert_eq!((stamp.id(), stamp.since_1970().as_secs()), (id(99), BEGUN.as_secs()));
        }
    }
    assert!(world.samples(3).is_empty());
    // Each byte was copied once for each of the two links.
    let bytes: usize = [0, 1, 60_000, 65_535, 300_000].map(|len| len + len / 2).iter().sum();
    assert_eq!(world.hub.ledger().total(), 2 * bytes as u64);
    assert_eq!(world.hub.kept.bytes(), 0, "nothing is kept once it has left");
}

#[test]
fn a_time_of_its_own_is_kept_and_a_delete_gets_none() {
    let mut world = World::of([1, 2]);
    world.subscribe(1, "lab/**");
    let own = Timestamp::new(7 << 32, id(2));
    world.put(2, Put { timestamp: Some(own), ..put("lab/x", b"1") });
    world.put(2, Put::new(key("lab/x"), SampleKind::Delete));
    world.run();
    let samples = world.samples(1);
    assert_eq!(samples.iter().map(|sample| sample.timestamp).collect::<Vec<_>>(), [Some(own), None]);
    assert!(samples[1].kind.is_delete());
}

#[test]
fn a_client_does_not_get_back_what_it_puts() {
    let mut world = World::of([1]);
    world.subscribe(1, "lab/**");
    world.put(1, put("lab/x", b"1"));
    world.run();
    // The client's own delivery is the only one.
    let samples = world.samples(1);
    assert_eq!((samples.len(), samples[0].local), (1, true));
    assert_eq!(world.hub.stats().forwarded, 0);
}

#[test]
fn fragments_are_cut_anew_for_each_link() {
    let mut world = World::of([1, 2]);
    world.subscribe(1, "lab/**");
    // The sender's batches are as long as they can be, the receiver's short.
    let link = world.link(1);
    let short =
        zbytes_session::link::Agreed { batch_size: 1000, ..*world.hub.links.get(&link).unwrap().lanes.agreed() };
    let lanes = &mut world.hub.links.get_mut(&link).unwrap().lanes;
    let lane = lanes.lane(Priority::DEFAULT, Reliability::Reliable);
    let next = lanes.next_sn(lane);
    *lanes = zbytes_session::link::Lanes::new(short, next, 0).unwrap();
    let before = world.sides[&1].batches;
    let bytes = noise(200_000);
    world.put(2, put("lab/x", &bytes));
    world.run();
    let sample = world.samples(1).pop().unwrap();
    assert!(flat(sample.kind.payload().unwrap()) == bytes);
    assert!((200..210).contains(&(world.sides[&1].batches - before)));
}

#[test]
fn a_higher_priority_overtakes_what_waits() {
    let mut world = World::of([1, 2]);
    world.subscribe(1, "lab/**");
    world.sides.get_mut(&1).unwrap().takes = false;
    for (text, priority) in [("lab/low", Priority::Background), ("lab/high", Priority::RealTime)] {
        world.put(2, Put { priority, ..put(text, &noise(300_000)) });
        world.run();
    }
    world.sides.get_mut(&1).unwrap().takes = true;
    world.run();
    let keys: Vec<_> = world.samples(1).into_iter().map(|sample| sample.key_expr.to_string()).collect();
    assert_eq!(keys, ["lab/high", "lab/low"]);
}

#[test]
fn best_effort_stays_best_effort() {
    let mut world = World::of([1, 2]);
    world.subscribe(1, "lab/**");
    world.put(2, Put { reliability: Reliability::BestEffort, ..put("lab/x", b"1") });
    world.run();
    assert_eq!(world.samples(1)[0].reliability, Reliability::BestEffort);
}

#[test]
fn undeclared_and_lost_subscribers_get_nothing() {
    let mut world = World::of([1, 2, 3]);
    world.subscribe(1, "lab/**");
    world.subscribe(2, "lab/**");
    world.client(1).undeclare(1).unwrap();
    world.run();
    world.cut(2);
    world.put(3, put("lab/x", b"1"));
    world.run();
    assert!(world.samples(1).is_empty());
    assert_eq!(world.hub.stats().forwarded, 0);
    assert!(Kind::ALL.iter().all(|kind| world.hub.declared.of(*kind).is_empty()));
    assert_eq!((world.hub.count, world.hub.keys.bytes()), (0, 0));
}
