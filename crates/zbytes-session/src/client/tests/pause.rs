//! A client whose driver stood still: what waited in the browser meanwhile says nothing about the
//! link.

use std::time::Duration;

use zenoh_protocol::network::{NetworkBody, NetworkMessage};

use super::{api::*, pair::*};
use crate::client::{
    pause::{Pause, Took},
    *,
};

const FROZEN: Pause = Pause { still: Duration::from_secs(40), ahead: Duration::ZERO };

/// Nothing of the client's runs for so long; returns the batches of `messages`, which the browser
/// took meanwhile.
fn freeze(pair: &mut Pair, pause: Pause, messages: &[NetworkMessage]) -> Vec<Vec<u8>> {
    let waiting = messages.iter().flat_map(|message| pair.batches(message, Priority::DEFAULT)).collect();
    pair.now += pause.still;
    pair.client.handle_pause(pause, pair.now);
    waiting
}

fn hand(pair: &mut Pair, waiting: Vec<Vec<u8>>) {
    waiting.into_iter().for_each(|batch| pair.hand(batch));
}

/// The last interest that the router got: the one by which the client finds out whether the link
/// lives.
fn probe(pair: &mut Pair) -> u32 {
    pair.run(SECOND);
    let found = pair.got.iter().rev().find_map(|got| match &got.message.body {
        NetworkBody::Interest(interest) => Some(interest.id),
        _ => None,
    });
    found.expect("the router is asked after a pause")
}

fn lose(pair: &mut Pair) {
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.run(SECOND);
}

/// The gap that is told when the session is open again, and the samples and ends before it.
fn resumed(pair: &mut Pair) -> (Took, usize, usize) {
    pair.relink();
    pair.run(SECOND);
    let events = pair.take();
    let samples = events.iter().filter(|event| matches!(event, Event::Sample(_))).count();
    let caught_up = events.iter().filter(|event| matches!(event, Event::CaughtUp)).count();
    let gaps: Vec<Took> = events
        .iter()
        .filter_map(|event| match event {
            Event::Resumed { gap, .. } => Some(*gap),
            _ => None,
        })
        .collect();
    let [gap] = gaps[..] else { panic!("resumed {} times", gaps.len()) };
    (gap, samples, caught_up)
}

#[test]
fn after_a_pause_what_waited_arrives_and_the_gap_counts_it() {
    let put = push(wire("a"), b"x");
    let mut pair = Pair::open();
    pair.client.declare_subscriber(1, key("a")).unwrap();
    pair.run(5 * SECOND);
    let heard = pair.now;
    let waiting = freeze(&mut pair, FROZEN, &vec![put.clone(); 30]);
    for batch in waiting {
        pair.now += Duration::from_millis(20);
        pair.hand(batch);
    }
    lose(&mut pair);
    assert_eq!(pair.client.paused(), FROZEN);
    let (gap, samples, caught_up) = resumed(&mut pair);
    assert_eq!((gap.pause, samples, caught_up), (FROZEN, 30, 0));
    // The router's last KeepAlive before it was at most 2.5 s older.
    assert!(gap.time >= FROZEN.still && gap.time <= pair.now - heard + 3 * SECOND, "{gap:?}");
    assert!(pair.client.paused().is_none());

    // A second pause, and one without a link, are parts of the same gap.
    let waiting = freeze(&mut pair, FROZEN, std::slice::from_ref(&put));
    hand(&mut pair, waiting);
    let waiting = freeze(&mut pair, FROZEN, &[put]);
    hand(&mut pair, waiting);
    lose(&mut pair);
    let slept = Pause { still: Duration::ZERO, ahead: 120 * SECOND };
    pair.client.handle_pause(slept, pair.now);
    let (gap, samples, _) = resumed(&mut pair);
    assert_eq!((gap.pause, samples), (Pause { still: 80 * SECOND, ahead: 120 * SECOND }, 2));
    assert!(gap.time >= 80 * SECOND && gap.time < 90 * SECOND, "{gap:?}");
}

#[test]
fn a_link_that_answers_after_a_pause_has_outlived_it() {
    let mut pair = Pair::open();
    pair.client.declare_subscriber(1, key("a")).unwrap();
    pair.run(SECOND);
    for pause in [FROZEN, Pause { still: Duration::ZERO, ahead: 3600 * SECOND }] {
        let waiting = freeze(&mut pair, pause, &[push(wire("a"), b"x")]);
        hand(&mut pair, waiting);
        let number = probe(&mut pair);
        assert!(matches!(pair.take()[..], [Event::Sample(_)]));
        assert_eq!(pair.client.paused(), pause, "not yet");
        pair.say(&last(number), Priority::DEFAULT);
        pair.run(SECOND);
        assert!(matches!(pair.take()[..], [Event::CaughtUp]));
        assert!(pair.client.paused().is_none());
    }
    pair.run(30 * SECOND);
    lose(&mut pair);
    let (gap, ..) = resumed(&mut pair);
    assert!(gap.pause.is_none() && gap.time < 6 * SECOND, "{gap:?}");
}

#[test]
fn a_probe_goes_before_everything_that_waits() {
    let mut pair = Pair::open();
    (pair.narrow, pair.latency) = (1, Duration::from_millis(10));
    pair.client.put(1, Put::new(key("k"), payload(&noise(1_000_000), 1))).unwrap();
    pair.run(Duration::from_millis(15));
    freeze(&mut pair, FROZEN, &[]);
    pair.run(10 * SECOND);
    let kinds: Vec<bool> = pair.got.iter().map(|got| matches!(got.message.body, NetworkBody::Interest(_))).collect();
    assert_eq!(kinds, [true, false]);
    assert_eq!(pair.refused, None);
}

#[test]
fn answers_that_waited_are_told_before_a_timeout_is() {
    let get = |text: &str| Get { timeout: 5 * SECOND, ..Get::new(key(text)) };
    let asked = |pair: &mut Pair| {
        pair.client.get(1, get("answered"), pair.now).unwrap();
        pair.client.get(2, get("never"), pair.now).unwrap();
        pair.run(SECOND);
        requests(pair)
    };
    let ends = |pair: &mut Pair| -> Vec<(OpId, bool)> {
        let end = |event: Event| match event {
            Event::GetEnded(op, result) => {
                assert!(result.is_ok() || result == Err(GetError::Timeout));
                Some((op, result.is_ok()))
            }
            _ => None,
        };
        pair.take().into_iter().filter_map(end).collect()
    };
    let mut pair = Pair::open();
    let rids = asked(&mut pair);
    let waiting = freeze(&mut pair, FROZEN, &[answer(rids[0], "answered", b"x", 1), end(rids[0])]);
    // Overdue timers may go off before the messages that came meanwhile.
    pair.client.handle_timeout(pair.now);
    pair.run(SECOND);
    assert!(ends(&mut pair).is_empty());
    hand(&mut pair, waiting);
    let number = probe(&mut pair);
    assert_eq!(ends(&mut pair), [(1, true)]);
    pair.say(&last(number), Priority::DEFAULT);
    pair.run(SECOND);
    assert_eq!(ends(&mut pair), [(2, false)], "its time is over, and nothing waits any more");

    // A router that is alive and never answers does not keep a get from its end.
    let mut pair = Pair::open();
    asked(&mut pair);
    freeze(&mut pair, FROZEN, &[]);
    pair.run(HANDSHAKE_TIMEOUT - SECOND);
    assert!(ends(&mut pair).is_empty());
    pair.run(4 * SECOND);
    assert_eq!(ends(&mut pair), [(1, false), (2, false)]);
    assert!(pair.client.is_open() && pair.client.paused().is_none());
}

#[test]
fn a_fence_says_how_much_of_its_time_was_a_pause() {
    let mut pair = Pair::open();
    pair.client.flush(1, pair.now).unwrap();
    let number = probe(&mut pair);
    let waiting = freeze(&mut pair, FROZEN, &[last(number)]);
    hand(&mut pair, waiting);
    pair.run(Duration::ZERO);
    let events = pair.take();
    let [Event::Flushed(1, took)] = events[..] else { panic!("{events:?}") };
    assert_eq!((took.pause, pair.client.stats().round_trip), (FROZEN, Some(took)));
    assert!(took.time >= FROZEN.still);
    // The next one has none.
    pair.client.flush(2, pair.now).unwrap();
    let number = probe(&mut pair);
    pair.say(&last(number), Priority::DEFAULT);
    pair.run(SECOND);
    assert!(pair.client.stats().round_trip.is_some_and(|took| took.pause.is_none()));
}

#[test]
fn silence_and_handshake_are_timed_anew_after_a_pause() {
    let mut pair = Pair::open();
    pair.run(SECOND);
    pair.mute = true;
    freeze(&mut pair, FROZEN, &[]);
    pair.client.handle_timeout(pair.now);
    pair.run(14 * SECOND);
    assert!(pair.client.is_open(), "the router has its lease of 10 s and half of it once more");
    pair.run(2 * SECOND);
    let events = pair.take();
    let [Event::Closed(ended)] = &events[..] else { panic!("{events:?}") };
    let CloseCause::Silent { for_ } = ended.cause else { panic!("{ended:?}") };
    assert_eq!(for_, 15 * SECOND, "the pause is not the router's");
    pair.cut();
    let (gap, ..) = resumed(&mut pair);
    assert!(gap.time >= 55 * SECOND && gap.pause == FROZEN, "{gap:?}");

    let config = Config::new(ZenohId::new([7; 16]).unwrap(), 1);
    let mut client = Client::new(config, Duration::ZERO);
    client.handle_pause(FROZEN, FROZEN.still);
    client.handle_timeout(FROZEN.still);
    assert!(client.poll_event().is_none(), "the router's answer may wait");
    assert_eq!(client.poll_timeout(), Some(FROZEN.still + HANDSHAKE_TIMEOUT));
    client.handle_timeout(FROZEN.still + HANDSHAKE_TIMEOUT);
    assert!(matches!(client.poll_event(), Some(Event::Closed(_))));
}
