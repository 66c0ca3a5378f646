//! What shares a frame, and what overtakes what.

use std::time::Duration;

use zenoh_codec::{WCodec, Zenoh080};

use super::{pair::*, router::Router};
use crate::{client::*, testing::keep_alive};

#[test]
fn one_frame_may_carry_many_messages_and_be_followed_by_others() {
    let mut router = Router::open(USUAL);
    router.client.declare_subscriber(1, key("**")).unwrap();
    let mut batch = router.put(wire("a"), b"one").remove(0);
    for text in [b"two".as_slice(), b"three"] {
        Zenoh080::new().write(&mut batch, &push(wire("b"), text)).unwrap();
    }
    batch.extend(keep_alive());
    router.feed(batch);
    let payloads: Vec<Vec<u8>> = router
        .events()
        .iter()
        .map(|event| match event {
            Event::Sample(sample) => flat(sample.kind.payload().unwrap()),
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(payloads, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
}

#[test]
fn a_higher_priority_overtakes_between_fragments_of_a_lane() {
    let mut router = Router::open(USUAL);
    let big = |op| (op, Put::new(key("big"), payload(&noise(200_000), 1)));
    for (op, put) in [big(1), big(2)] {
        router.client.put(op, put).unwrap();
    }
    let first = router.client.poll_transmit(&mut router.batch, Duration::ZERO).unwrap();
    assert_eq!(first.parts[0].op, 1);
    let urgent = Put { priority: Priority::RealTime, ..Put::new(key("small"), payload(b"now", 1)) };
    router.client.put(3, urgent).unwrap();
    let order: Vec<OpId> = router.transmits().into_iter().map(|(_, parts)| parts[0].op).collect();
    assert_eq!(order, [3, 1, 1, 1, 2, 2, 2, 2]);
}

#[test]
fn small_messages_that_wait_together_share_a_frame() {
    let mut pair = Pair::open();
    let before = pair.got.len();
    for op in 0..5000 {
        pair.client.put(op, Put::new(key("small"), payload(&noise(64), 2))).unwrap();
    }
    pair.run(SECOND);
    assert_eq!(pair.refused, None);
    let got = &pair.got[before..];
    let batches: std::collections::BTreeSet<usize> = got.iter().map(|got| got.batch).collect();
    // 74 B each: nine of head, one of length, 64 of payload.
    assert_eq!((got.len(), batches.len()), (5000, 6));
    let order: Vec<OpId> = pair.parts.iter().map(|part| part.op).collect();
    assert_eq!(order, (0..5000).collect::<Vec<_>>());
    assert!(pair.parts.iter().all(|part| part.payload == 64
        && part.last.as_ref().is_some_and(|(count, ledger)| { *count == 1 && ledger.total() == 64 })));
}

#[test]
fn lanes_do_not_share_frames() {
    let mut pair = Pair::open();
    for (op, reliability) in
        [Reliability::Reliable, Reliability::BestEffort, Reliability::BestEffort].into_iter().enumerate()
    {
        let put = Put { reliability, ..Put::new(key(&format!("k{op}")), payload(b"x", 1)) };
        pair.client.put(op as OpId, put).unwrap();
    }
    pair.run(SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (vec!["k0".to_owned(), "k1".to_owned(), "k2".to_owned()], None));
    assert_eq!(pair.got[1].batch, pair.got[2].batch);
    assert!(pair.got[0].batch < pair.got[1].batch);
}

#[test]
fn an_urgent_put_overtakes_a_transfer_that_is_under_way() {
    let mut pair = Pair::open();
    (pair.narrow, pair.latency) = (1, Duration::from_millis(10));
    pair.client.put(1, Put::new(key("big"), payload(&noise(1_000_000), 1))).unwrap();
    pair.run(Duration::from_millis(55));
    assert!(pair.keys().is_empty());
    let urgent = Put { priority: Priority::RealTime, ..Put::new(key("urgent"), payload(b"now", 1)) };
    pair.client.put(2, urgent).unwrap();
    pair.client.put(3, Put::new(key("behind"), payload(b"then", 1))).unwrap();
    pair.run(20 * SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (["urgent", "big", "behind"].map(str::to_owned).to_vec(), None));
}
