//! Signs of life, and routers that fall silent.

use std::time::Duration;

use zenoh_protocol::transport::{Close, TransportBody, close::reason};

use super::{pair::*, router::Router};
use crate::{
    client::*,
    testing::{Greeting, keep_alive},
};

#[test]
fn keep_alives_go_out_and_a_silent_router_is_noticed_in_steps() {
    let mut router = Router::open(USUAL);
    assert_eq!(router.client.poll_timeout(), Some(10 * SECOND));
    router.now = 10 * SECOND;
    router.client.handle_timeout(router.now);
    assert!(router.client.is_open(), "suspected, not yet given up");
    // A page that was frozen finds its timer due before the messages that came meanwhile.
    router.feed(keep_alive());
    assert_eq!(router.transmits().len(), 1, "a KeepAlive answers a KeepAlive");
    router.now = 20 * SECOND;
    router.client.handle_timeout(router.now);
    router.now = 25 * SECOND;
    router.client.handle_timeout(router.now);
    assert_eq!(router.closed(), CloseCause::Silent { for_: 15 * SECOND });
    let last = router.transmits();
    let TransportBody::Close(Close { reason, .. }) = decode_transport(&last[0].0).body else { panic!("no Close") };
    assert_eq!(reason, reason::EXPIRED);
    assert_eq!(router.client.poll_timeout(), None);
}

#[test]
fn a_router_that_was_silent_for_its_lease_has_half_of_it_more() {
    let milli = Duration::from_millis(1);
    for heard in [false, true] {
        let mut router = Router::open(USUAL);
        router.client.handle_timeout(10 * SECOND);
        assert_eq!(router.client.poll_timeout(), Some(15 * SECOND));
        router.now = 15 * SECOND - milli;
        router.client.handle_timeout(router.now);
        assert!(router.client.is_open());
        if heard {
            router.feed(keep_alive());
        }
        router.client.handle_timeout(15 * SECOND);
        assert_eq!(router.client.is_open(), heard);
    }
}

#[test]
fn a_suspected_router_has_half_a_lease_also_after_a_send() {
    let mut router = Router::open(USUAL);
    router.now = 9 * SECOND;
    router.client.put(1, Put::new(key("a"), payload(b"x", 1))).unwrap();
    assert_eq!(router.transmits().len(), 1);
    router.client.handle_timeout(10 * SECOND);
    // Nothing else is due before: a KeepAlive is sent 15 s after the put.
    assert_eq!(router.client.poll_timeout(), Some(15 * SECOND));
}

#[test]
fn what_arrives_is_counted_batch_by_batch() {
    let mut router = Router::open(USUAL);
    let before = router.client.stats().received;
    for _ in 0..3 {
        router.feed(keep_alive());
    }
    let after = router.client.stats().received;
    assert_eq!((after.batches - before.batches, after.bytes - before.bytes), (3, 3 * keep_alive().len() as u64));
}

#[test]
fn a_lease_of_any_length_is_survived() {
    for lease in [Duration::ZERO, Duration::from_secs(u64::MAX)] {
        let mut router = Router::greet(USUAL);
        router.feed(router.init_ack());
        router.feed(Greeting { lease, ..Greeting::default() }.open_ack());
        assert!(router.client.is_open());
        let events = router.events();
        let Some(Event::Opened(info)) = events.first() else { panic!("{events:?}") };
        assert_eq!(info.router_lease, lease.clamp(SECOND, 24 * 3600 * SECOND), "a second to a day is believed");
        assert!(router.client.poll_timeout().is_some());
        router.client.handle_timeout(SECOND);
        assert!(router.client.poll_timeout().is_some());
    }
}

#[test]
fn an_idle_client_keeps_its_session() {
    let mut pair = Pair::open();
    pair.run(600 * SECOND);
    assert!(pair.client.is_open() && pair.take().is_empty());
    assert_eq!(pair.refused, None);
}

#[test]
fn a_silent_router_is_noticed_and_a_slow_one_is_not() {
    let mut pair = Pair::open();
    pair.latency = 4 * SECOND;
    pair.run(60 * SECOND);
    assert!(pair.client.is_open());
    pair.mute = true;
    pair.run(60 * SECOND);
    assert!(matches!(pair.take().as_slice(), [Event::Closed(Ended { cause: CloseCause::Silent { .. }, .. })]));
}
