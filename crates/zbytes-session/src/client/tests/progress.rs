//! Progress of large messages and giving them up, against the scripted router.

use std::{sync::Arc, time::Duration};

use zbytes::{payload::ZBytes, segment::Segment};

use super::pair::*;
use crate::client::*;

const MILLI: Duration = Duration::from_millis(1);

/// A session over a link that takes one batch in 2 ms.
fn slow(agree: Agree) -> Pair {
    let mut pair = Pair::new(agree, Limits::default());
    pair.run(SECOND);
    (pair.narrow, pair.latency) = (1, 2 * MILLI);
    pair.take();
    pair
}

fn large(text: &str, len: usize) -> Put {
    Put { congestion_control: CongestionControl::Block, ..Put::new(key(text), payload(&noise(len), 3)) }
}

fn progress(client: &mut Client) -> Vec<Progress> {
    std::iter::from_fn(|| client.poll_progress()).collect()
}

fn failures(events: Vec<Event>) -> Vec<(OpId, PutError)> {
    let failed = |event| match event {
        Event::PutFailed(op, error) => Some((op, error)),
        _ => None,
    };
    events.into_iter().filter_map(failed).collect()
}

#[test]
fn fragments_have_progress_once_per_poll_and_small_puts_none() {
    let mut pair = slow(USUAL);
    let total = 2_000_000;
    pair.client.put(1, large("large", total)).unwrap();
    pair.client.put(2, Put { priority: Priority::RealTime, ..large("small", 10) }).unwrap();
    pair.client.put(3, Put { priority: Priority::DataHigh, ..large("urgent", total) }).unwrap();
    let mut seen = vec![(0, 0)];
    while pair.keys().len() < 2 {
        pair.run(11 * MILLI);
        for progress in progress(&mut pair.client) {
            let Progress::Sent(Leaving { op: 3, bytes, total: 2_000_000, fragments }) = progress else {
                // Once the urgent one is through.
                assert!(matches!(progress, Progress::Sent(Leaving { op: 1, .. })), "{progress:?}");
                continue;
            };
            assert!(bytes > seen[seen.len() - 1].0 && fragments > seen[seen.len() - 1].1 + 1, "{seen:?}");
            seen.push((bytes, fragments));
        }
        assert_eq!(progress(&mut pair.client), []);
    }
    let left: usize = pair.parts.iter().filter(|part| part.op == 3).take(seen[3].1).map(|part| part.payload).sum();
    assert_eq!(left, seen[3].0, "what is told has left, byte by byte");
    assert!(seen.len() > 4);
    pair.run(60 * SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (["small", "urgent", "large"].map(str::to_owned).to_vec(), None));
    assert_eq!(progress(&mut pair.client), []);
}

#[test]
fn a_put_is_cancelled_before_between_and_after_its_fragments() {
    let mut pair = slow(USUAL);
    for (op, text) in [(1, "first"), (2, "waits"), (3, "next"), (4, "last")] {
        pair.client.put(op, large(text, 1_000_000)).unwrap();
    }
    pair.run(7 * MILLI);
    let sent: usize = pair.parts.iter().map(|part| part.payload).sum();
    assert!(sent > 0 && pair.parts.iter().all(|part| part.op == 1));
    // Bytes that wait are counted down, or puts that may be dropped would be.
    let bytes = pair.client.queues.bytes();
    pair.client.cancel(1).unwrap();
    pair.client.cancel(2).unwrap();
    assert_eq!(bytes - pair.client.queues.bytes(), 2_000_000 - sent as u64);
    assert_eq!(
        failures(std::iter::from_fn(|| pair.client.poll_event()).collect()),
        [(1, PutError::Cancelled { sent, total: 1_000_000 }), (2, PutError::Cancelled { sent: 0, total: 1_000_000 })]
    );
    for op in [1, 2, 99] {
        assert_eq!(pair.client.cancel(op), Err(CommandError::CannotCancel { op }));
    }
    while pair.keys().is_empty() {
        pair.run(MILLI);
    }
    // All of it has left.
    assert_eq!(pair.client.cancel(3), Err(CommandError::CannotCancel { op: 3 }));
    pair.run(60 * SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (["next", "last"].map(str::to_owned).to_vec(), None));
    for push in pair.puts() {
        let zenoh_protocol::zenoh::PushBody::Put(put) = &push.payload else { panic!("no put") };
        assert_eq!(put.payload.to_zslice().as_slice(), noise(1_000_000));
    }
    assert!(failures(pair.take()).is_empty());
}

#[test]
fn cancelling_the_last_message_lets_go_of_its_payload() {
    let mut pair = slow(USUAL);
    struct Owner(Arc<Vec<u8>>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    let bytes = Arc::new(noise(1_000_000));
    let held = Segment::from_owner(Owner(bytes.clone()));
    let put = Put::new(key("only"), ZBytes::of_held(vec![held]));
    pair.client.put(1, Put { congestion_control: CongestionControl::Block, ..put }).unwrap();
    pair.run(7 * MILLI);
    assert_eq!((Arc::strong_count(&bytes), pair.router_holds() > 0), (2, true));
    pair.client.cancel(1).unwrap();
    assert_eq!(Arc::strong_count(&bytes), 1);
    // Nothing else waits, and yet the router is told.
    assert!(pair.client.has_transmit());
    pair.run(SECOND);
    assert!(!pair.client.has_transmit() && pair.router_holds() == 0);
}

#[test]
fn a_router_that_cannot_be_told_gets_the_rest_of_it() {
    let mut pair = slow(Agree { patch: false, ..USUAL });
    pair.client.put(1, large("begun", 1_000_000)).unwrap();
    pair.client.put(2, large("waits", 1_000_000)).unwrap();
    pair.run(7 * MILLI);
    assert_eq!(pair.client.cancel(1), Err(CommandError::CannotAbort { op: 1 }));
    pair.client.cancel(2).unwrap();
    pair.run(60 * SECOND);
    assert_eq!((pair.keys(), pair.refused.take()), (vec!["begun".to_owned()], None));
    assert_eq!(failures(pair.take()).len(), 1);
}

#[test]
fn a_get_can_be_cancelled_at_any_time_and_a_fence_cannot() {
    for (patch, asked) in [(true, 0), (false, 1)] {
        let mut pair = slow(Agree { patch, ..USUAL });
        let now = pair.now;
        let body = || Some(payload(&noise(1_000_000), 1));
        pair.client.get(1, Get { payload: body(), ..Get::new(key("q")) }, now).unwrap();
        pair.client.get(2, Get { payload: body(), ..Get::new(key("q")) }, now).unwrap();
        pair.run(7 * MILLI);
        pair.client.flush(3, now).unwrap();
        for op in [1, 2] {
            pair.client.cancel(op).unwrap();
        }
        assert_eq!(pair.client.cancel(3), Err(CommandError::CannotCancel { op: 3 }));
        pair.run(SECOND);
        let requests =
            pair.got.iter().filter(|got| matches!(got.message.body, zenoh_protocol::network::NetworkBody::Request(_)));
        assert_eq!((requests.count(), pair.refused.take()), (asked, None));
        let ends: Vec<String> = pair
            .take()
            .into_iter()
            .map(|event| match event {
                Event::GetEnded(op, Err(GetError::Cancelled)) => format!("cancelled {op}"),
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(ends, ["cancelled 1", "cancelled 2"]);
        // One that has been asked for good.
        pair.client.get(4, Get::new(key("q")), pair.now).unwrap();
        pair.run(SECOND);
        pair.client.cancel(4).unwrap();
        pair.run(60 * SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::GetEnded(4, Err(GetError::Cancelled))]));
    }
}

fn arriving(client: &mut Client) -> Option<Arriving> {
    match progress(client).as_slice() {
        [] => None,
        [Progress::Received(arriving)] => Some(arriving.clone()),
        more => panic!("one message arrives, not {more:?}"),
    }
}

#[test]
fn an_arrival_is_told_with_key_and_length_before_its_sample() {
    for patch in [true, false] {
        let mut pair = slow(Agree { patch, ..USUAL });
        for (id, text) in [(1, "lab/*"), (2, "elsewhere"), (3, "**")] {
            pair.client.declare_subscriber(id, key(text)).unwrap();
        }
        pair.client
            .declare_subscriber(4, Subscriber { allowed_origin: Locality::SessionLocal, ..key("**").into() })
            .unwrap();
        pair.run(SECOND);
        let total = 1_000_000;
        let batches = pair.batches(&push(wire("lab/large"), &noise(total)), Priority::DEFAULT);
        let (count, mut last) = (batches.len(), 0);
        for (n, batch) in batches.into_iter().enumerate() {
            pair.hand(batch);
            if n % 3 == 2 && n + 1 < count {
                let told = arriving(&mut pair.client).expect("three more have come");
                assert_eq!((told.id, told.key_expr.as_deref(), told.total), (1, Some("lab/large"), Some(total)));
                assert_eq!((told.subscribers.as_slice(), told.get, told.fragments), ([1, 3].as_slice(), None, n + 1));
                assert!(told.bytes > last && told.bytes < total);
                last = told.bytes;
                assert_eq!(arriving(&mut pair.client), None);
            }
        }
        pair.run(SECOND);
        let events = pair.take();
        let [Event::ArrivalEnded { id: 1, whole: true }, Event::Sample(sample)] = events.as_slice() else {
            panic!("got {events:?}")
        };
        assert_eq!((sample.kind.payload().unwrap().len(), arriving(&mut pair.client)), (total, None));
        // Of what the program does not ask about while it arrives, nothing else is told either.
        pair.say(&push(wire("lab/large"), &noise(total)), Priority::DEFAULT);
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Sample(_)]));
    }
}

#[test]
fn an_arrival_given_up_or_lost_ends_without_a_sample() {
    #[derive(Debug)]
    enum How {
        Dropped,
        Overtaken,
        Gap,
        LinkLost,
    }
    for how in [How::Dropped, How::Overtaken, How::Gap, How::LinkLost] {
        let mut pair = slow(USUAL);
        pair.client.declare_subscriber(1, key("**")).unwrap();
        pair.run(SECOND);
        let mut batches = pair.batches(&push(wire("lab/a"), &noise(600_000)), Priority::DEFAULT);
        let rest = batches.split_off(4);
        batches.into_iter().for_each(|batch| pair.hand(batch));
        assert_eq!(arriving(&mut pair.client).unwrap().fragments, 4);
        match how {
            How::Dropped => {
                let batch = pair.drop_fragment(Priority::DEFAULT, rest.len());
                pair.hand(batch);
            }
            How::Overtaken => {
                let batch = pair.batches(&push(wire("lab/c"), &noise(200_000)), Priority::DEFAULT).remove(0);
                pair.hand(batch);
            }
            How::Gap => rest.into_iter().skip(1).for_each(|batch| pair.hand(batch)),
            How::LinkLost => {
                pair.cut();
                pair.client.handle_link_lost(1006);
            }
        }
        pair.run(MILLI);
        let events = pair.take();
        assert!(matches!(events.first(), Some(Event::ArrivalEnded { id: 1, whole: false })), "{how:?}: {events:?}");
        if let How::LinkLost = how {
            pair.relink();
            pair.run(SECOND);
            pair.take();
        }
        let mut batches = pair.batches(&push(wire("lab/b"), &noise(600_000)), Priority::DEFAULT);
        let rest = batches.split_off(4);
        batches.into_iter().for_each(|batch| pair.hand(batch));
        let next = arriving(&mut pair.client).unwrap();
        assert_eq!((next.id, next.fragments, next.key_expr.as_deref()), (2, 4, Some("lab/b")), "{how:?}");
        rest.into_iter().for_each(|batch| pair.hand(batch));
        pair.run(SECOND);
        let events = pair.take();
        let [Event::ArrivalEnded { id: 2, whole: true }, Event::Sample(sample)] = events.as_slice() else {
            panic!("{how:?}: {events:?}")
        };
        assert!(flat(sample.kind.payload().unwrap()) == noise(600_000));
    }
}

#[test]
fn what_the_first_fragment_does_not_say_is_not_made_up() {
    let mut pair = slow(USUAL);
    pair.client.declare_subscriber(1, key("**")).unwrap();
    pair.client.get(7, Get::new(key("q")), pair.now).unwrap();
    pair.run(SECOND);
    // An attachment longer than a fragment stands before the length of the payload.
    let attached = Put { attachment: Some(payload(&noise(300_000), 1)), ..large("lab/a", 300_000) };
    let mut other = slow(USUAL);
    other.client.put(1, attached).unwrap();
    other.run(10 * SECOND);
    let message = other.got.pop().unwrap().message;
    let mut batches = pair.batches(&message, Priority::DEFAULT);
    let rest = batches.split_off(2);
    batches.into_iter().for_each(|batch| pair.hand(batch));
    let told = arriving(&mut pair.client).unwrap();
    assert_eq!((told.key_expr, told.total, told.fragments), (None, None, 2));
    assert!(told.bytes > 65_535 * 2 - 100);
    rest.into_iter().for_each(|batch| pair.hand(batch));
    pair.run(MILLI);
    pair.take();
    // An answer names the get.
    let rid = super::api::requests(&pair)[0];
    let mut batches = pair.batches(&super::api::answer(rid, "q", &noise(300_000), 1), Priority::DEFAULT);
    pair.hand(batches.remove(0));
    let told = arriving(&mut pair.client).unwrap();
    assert_eq!(
        (told.get, told.key_expr.as_deref(), told.total, told.subscribers.len()),
        (Some(7), Some("q"), Some(300_000), 0)
    );
    pair.client.cancel(7).unwrap();
    batches.into_iter().for_each(|batch| pair.hand(batch));
    pair.run(MILLI);
    let events = pair.take();
    let [Event::GetEnded(7, Err(GetError::Cancelled)), Event::ArrivalEnded { whole: true, .. }] = events.as_slice()
    else {
        panic!("got {events:?}")
    };
}
