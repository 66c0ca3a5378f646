//! Full links, and what a client may have of everything.

use zbytes_session::client::{CongestionControl, Event as Told, Put, Reliability};
use zenoh_protocol::network::{
    DeclareBody, DeclareKeyExpr,
    interest::{InterestMode, InterestOptions},
};

use super::{declarations::*, pair::*};
use crate::*;

fn put(text: &str, len: usize, congestion_control: CongestionControl) -> Put {
    Put { congestion_control, ..Put::new(key(text), payload(&noise(len))) }
}

/// A hub with short queues, a subscriber that takes nothing, and a publisher.
fn stuck() -> World {
    let mut world = World::new(Limits { queued_bytes: 100_000, queued_messages: 10, ..Limits::DEFAULT });
    world.join(1);
    world.join(2);
    world.subscribe(1, "lab/**");
    world.sides.get_mut(&1).unwrap().takes = false;
    world
}

#[test]
fn a_full_link_drops_what_may_be_dropped() {
    let mut world = stuck();
    for (n, (congestion_control, reliability)) in [
        (CongestionControl::Drop, Reliability::Reliable),
        (CongestionControl::Drop, Reliability::Reliable),
        (CongestionControl::Drop, Reliability::Reliable),
        (CongestionControl::Drop, Reliability::BestEffort),
        (CongestionControl::Block, Reliability::BestEffort),
    ]
    .into_iter()
    .enumerate()
    {
        world.put(2, Put { reliability, ..put(&format!("lab/{n}"), 40_000, congestion_control) });
        world.run();
    }
    assert_eq!((world.hub.stats().forwarded, world.hub.stats().dropped), (2, 3));
    world.sides.get_mut(&1).unwrap().takes = true;
    world.run();
    let keys: Vec<String> = world.samples(1).iter().map(|sample| sample.key_expr.to_string()).collect();
    assert_eq!(keys, ["lab/0", "lab/1"]);
    // There is room again.
    world.put(2, put("lab/x", 90_000, CongestionControl::Drop));
    world.run();
    assert_eq!(world.samples(1).len(), 1);
}

#[test]
fn a_single_message_may_be_longer_than_a_queue() {
    let mut world = stuck();
    world.put(2, put("lab/x", 5_000_000, CongestionControl::Drop));
    world.run();
    world.sides.get_mut(&1).unwrap().takes = true;
    world.run();
    assert_eq!(world.samples(1).len(), 1);
}

#[test]
fn a_full_link_holds_back_who_may_not_be_dropped() {
    let mut world = stuck();
    world.join(3);
    world.subscribe(3, "lab/**");
    for n in 0..30 {
        world.put(2, put(&format!("lab/{n}"), 40_000, CongestionControl::Block));
    }
    world.run();
    // Three are more than fit; the next ones have stayed with the sender.
    assert!(!world.hub.wants_input(world.link(2)));
    assert_eq!(world.samples(3).len(), 3);
    // The receiver's client sends on meanwhile, and other links too.
    world.put(3, put("other/x", 1, CongestionControl::Block));
    world.run();
    assert!(world.hub.wants_input(world.link(3)));
    // As the link takes more, all arrive, in order, and none twice.
    world.sides.get_mut(&1).unwrap().takes = true;
    world.run();
    for number in [1, 3] {
        let keys: Vec<String> = world.samples(number).iter().map(|sample| sample.key_expr.to_string()).collect();
        let first = if number == 1 { 0 } else { 3 };
        assert_eq!(keys, (first..30).map(|n| format!("lab/{n}")).collect::<Vec<_>>());
    }
    assert!(world.hub.wants_input(world.link(2)));
    assert_eq!((world.hub.stats().dropped, world.ends().len()), (0, 0));
}

#[test]
fn a_link_that_takes_nothing_is_closed_for_who_waits() {
    let mut world = stuck();
    for n in 0..30 {
        world.put(2, put(&format!("lab/{n}"), 40_000, CongestionControl::Block));
    }
    world.run();
    let slow = world.link(1);
    world.pass(WAIT_BEFORE_CLOSE);
    let ends = world.ends();
    assert!(matches!(&ends[..], [(link, CloseCause::Unresponsive { .. })] if *link == slow), "{ends:?}");
    // The publisher goes on.
    let (op, now) = (world.op(), world.now);
    world.client(2).flush(op, now).unwrap();
    world.run();
    assert!(world.told(2).iter().any(|event| matches!(event, Told::Flushed(..))));
}

#[test]
fn a_sender_that_cannot_be_held_back_waits_within_a_bound() {
    let mut world = World::new(Limits { queued_messages: 3, waiting_bytes: 1000, ..Limits::DEFAULT });
    world.join(1);
    world.subscribe(1, "**");
    world.sides.get_mut(&1).unwrap().takes = false;
    let mut sender = Raw::open(&mut world);
    let one = |n: usize| {
        let message = zbytes_session::testing::router_put(wire(0, &format!("lab/{n:02}")), vec![1]);
        let zenoh_protocol::network::NetworkBody::Push(mut push) = message.body else { panic!("not a push") };
        push.ext_qos.set_congestion_control(zenoh_protocol::core::CongestionControl::Block);
        encoded_message(zenoh_protocol::network::NetworkBody::Push(push))
    };
    // The third of five fills the queue, so the rest of the batch waits, and the next batch.
    sender.send(&mut world, &(0..5).map(one).collect::<Vec<_>>());
    sender.send(&mut world, &(5..8).map(one).collect::<Vec<_>>());
    assert_eq!(world.hub.stats().forwarded, 3);
    world.sides.get_mut(&1).unwrap().takes = true;
    world.run();
    let keys: Vec<String> = world.samples(1).iter().map(|sample| sample.key_expr.to_string()).collect();
    assert_eq!(keys, (0..8).map(|n| format!("lab/{n:02}")).collect::<Vec<_>>());
    assert_eq!(world.hub.links.get(&sender.link).unwrap().waiting_bytes, 0);
    // Beyond the bound it is closed.
    world.sides.get_mut(&1).unwrap().takes = false;
    for n in 0..100 {
        sender.send(&mut world, &[one(n)]);
    }
    let ends = world.ends();
    assert_eq!(ends, [(sender.link, CloseCause::TooMuch { what: "input that waits", limit: 1000 })]);
}

#[test]
fn each_bound_on_what_a_client_declares_ends_its_link() {
    let limits = Limits {
        declared: 5,
        interests: 5,
        key_expressions: 5,
        key_bytes: 100,
        key_bytes_of_all: 20 * 768,
        ..Limits::DEFAULT
    };
    type Say = fn(u32) -> zenoh_protocol::network::NetworkBody;
    let cases: [(Say, &str, u32); 6] = [
        (|n| subscriber(n, "lab/x"), "subscribers, queryables and tokens", 5),
        (|n| queryable(n, "lab/x", false), "subscribers, queryables and tokens", 5),
        (|n| interest(n, InterestMode::Future, InterestOptions::TOKENS, None), "interests", 5),
        (
            |n| declare(DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id: n as u16, wire_expr: wire(0, "lab") })),
            "numbered key expressions",
            5,
        ),
        (|n| subscriber(n, &format!("lab/{}", "x".repeat(if n == 1 { 97 } else { 3 }))), "key expression", 1),
        (|n| subscriber(0, if n == 3 { "lab//" } else { "lab" }), "", 1000),
    ];
    for (say, what, taken) in cases {
        let mut world = World::new(limits);
        let mut raw = Raw::open(&mut world);
        for n in 0..taken.min(50) {
            raw.say(&mut world, say(n));
            assert!(world.ends().is_empty(), "{what} {n}");
        }
        raw.say(&mut world, say(taken));
        let ends = world.ends();
        match &ends[..] {
            [] => assert_eq!(what, ""),
            [(_, CloseCause::TooMany { what: found, limit: 5 })] => assert_eq!(*found, what),
            [(_, CloseCause::TooMuch { what: found, limit: 100 })] => assert_eq!(*found, what),
            other => panic!("{other:?}"),
        }
        world.hub.remove_link(raw.link, world.now);
        assert_eq!((world.hub.count, world.hub.keys.bytes()), (0, 0));
    }
    // Of all clients together.
    let mut world = World::new(Limits { declared_by_all: 7, ..limits });
    let (mut one, mut two) = (Raw::open(&mut world), Raw::open(&mut world));
    for n in 0..4 {
        one.say(&mut world, subscriber(n, "lab/x"));
        two.say(&mut world, subscriber(n, "lab/x"));
    }
    let what = "subscribers, queryables and tokens, with all other clients";
    assert_eq!(world.ends(), [(two.link, CloseCause::TooMany { what, limit: 7 })]);
}

#[test]
fn a_batch_longer_than_agreed_ends_the_link_unread() {
    let mut world = World::of([1]);
    let link = world.link(1);
    world.hub.handle_input(link, zbytes::segment::Segment::from(vec![0u8; 65_536]), world.now);
    assert_eq!(
        world.hub.poll_event(),
        Some(Event::Closed { link, cause: CloseCause::LongBatch { len: 65_536, limit: 65_535 } })
    );
}

#[test]
fn a_client_that_asks_for_more_than_it_takes_is_held_back() {
    let mut world = World::new(Limits { queued_messages: 10, ..Limits::DEFAULT });
    let mut asker = Raw::open(&mut world);
    // Each is answered with one message.
    let ask = |n: u32| encoded_message(interest(n, InterestMode::Current, InterestOptions::TOKENS, Some("**")));
    asker.send(&mut world, &(0..35).map(ask).collect::<Vec<_>>());
    assert!(!world.hub.wants_input(asker.link));
    assert_eq!(world.hub.links.get(&asker.link).unwrap().queues.count(), 10);
    let heard = asker.heard(&mut world);
    assert_eq!(heard, (0..35).map(|n| format!("[{n}] final")).collect::<Vec<_>>());
    assert!(world.hub.wants_input(asker.link));
    // It is closed when it takes nothing for too long.
    asker.send(&mut world, &(0..35).map(ask).collect::<Vec<_>>());
    world.pass(WAIT_BEFORE_CLOSE);
    assert!(matches!(world.ends()[..], [(_, CloseCause::Unresponsive { .. })]), "{:?}", world.ends());
}

#[test]
fn what_others_cause_waits_for_a_link_up_to_a_bound() {
    let mut world = World::new(Limits { queued_messages: 10, ..Limits::DEFAULT });
    let (mut asker, mut other) = (Raw::open(&mut world), Raw::open(&mut world));
    asker.say(&mut world, interest(1, InterestMode::Future, InterestOptions::SUBSCRIBERS, None));
    let messages: Vec<Vec<u8>> =
        (0..11).flat_map(|n| [subscriber(n, &format!("lab/{n}")), no_subscriber(n)]).map(encoded_message).collect();
    other.send(&mut world, &messages[..20]);
    assert!(world.ends().is_empty());
    other.send(&mut world, &messages[20..]);
    let what = "messages that wait for it";
    assert_eq!(world.ends(), [(asker.link, CloseCause::TooMany { what, limit: 20 })]);
}
