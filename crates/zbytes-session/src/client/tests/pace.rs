//! Pacing by answers, against the scripted router: what may leave without one, and what an answer
//! says.

use zenoh_protocol::network::{
    Declare, DeclareBody, DeclareFinal, NetworkBody, NetworkMessage,
    ext::{NodeIdType, QoSType},
};

use super::pair::*;
use crate::client::*;

const MOST: usize = 1 << 20;

/// A session that paces itself.
fn open(agree: Agree) -> Pair {
    let mut pair = Pair::new(agree, Limits { unanswered_bytes: Some(MOST), ..Limits::default() });
    pair.run(SECOND);
    assert!(matches!(pair.take().as_slice(), [Event::Opened(_)]));
    pair
}

#[test]
fn what_is_within_the_bound_may_leave_at_once() {
    let mut pair = open(USUAL);
    assert!(!pair.client.has_transmit());
    pair.client.put(1, Put::new(key("lab/x"), payload(b"x", 1))).unwrap();
    assert!(pair.client.has_transmit());
    pair.run(SECOND);
    assert_eq!((left(&pair), pair.client.has_transmit()), (1, false));
}

/// The fences that the router got, with the batch of each.
fn fences(pair: &Pair) -> Vec<(u32, usize)> {
    let fence = |got: &Got| match &got.message.body {
        NetworkBody::Interest(interest) => Some((interest.id, got.batch)),
        _ => None,
    };
    pair.got.iter().filter_map(fence).collect()
}

fn answer(pair: &mut Pair, fence: u32) {
    let (ext_qos, ext_nodeid) = (QoSType::DECLARE, NodeIdType::DEFAULT);
    let body = DeclareBody::DeclareFinal(DeclareFinal);
    let declare = Declare { interest_id: Some(fence), ext_qos, ext_tstamp: None, ext_nodeid, body };
    pair.say(&NetworkMessage::from(NetworkBody::Declare(declare)), Priority::Control);
    pair.run(SECOND);
}

fn put(pair: &mut Pair, op: OpId, len: usize) {
    pair.client.put(op, Put::new(key("lab/x"), payload(&noise(len), 3))).unwrap();
    pair.run(SECOND);
}

fn left(pair: &Pair) -> usize {
    pair.parts.iter().map(|part| part.payload).sum()
}

#[test]
fn each_answer_lets_a_part_more_leave_than_the_bound() {
    for agree in [USUAL, Agree { qos: false, ..USUAL }, Agree { qos: false, patch: false, ..USUAL }] {
        let mut pair = open(agree);
        let len = 5 * MOST;
        put(&mut pair, 1, len);
        let stopped = left(&pair);
        assert!((MOST - 70_000..=MOST + 70_000).contains(&stopped), "{stopped}");
        assert_eq!(fences(&pair).len(), 4, "one for each quarter");
        assert!(!pair.client.has_transmit(), "nothing may leave now");
        pair.run(3 * SECOND);
        assert_eq!(left(&pair), stopped);

        let mut answered = 0;
        while left(&pair) < len {
            let (before, told) = (left(&pair), pair.client.answered().unwrap());
            let (fence, _) = fences(&pair)[answered];
            answer(&mut pair, fence);
            answered += 1;
            let (after, now) = (left(&pair), pair.client.answered().unwrap());
            assert!(after > before && after - before <= MOST / 4 + 140_000, "{before} {after}");
            assert!(now > told && now as usize <= after + MOST / 4);
        }
        // The last fence stands behind the last batch.
        for (fence, _) in fences(&pair).into_iter().skip(answered) {
            answer(&mut pair, fence);
        }
        let all = fences(&pair);
        assert!(pair.client.answered().unwrap() as usize >= len, "{:?} {all:?}", pair.client.answered());
        assert_eq!(pair.refused, None, "no fence stood between the fragments of a message in its own lane");
        assert_eq!(flat(&payload(&noise(len), 1)), flat_of(&pair));
        let count = all.len();
        pair.run(30 * SECOND);
        assert_eq!(fences(&pair).len(), count, "nothing is owed, so nothing is asked");
        assert!(pair.take().is_empty(), "fences of the client's own are not told");
    }
}

/// What the router got of the one put.
fn flat_of(pair: &Pair) -> Vec<u8> {
    use zenoh_buffers::buffer::SplitBuffer;
    let push = pair.puts().next().unwrap();
    let zenoh_protocol::zenoh::PushBody::Put(put) = &push.payload else { panic!("no put") };
    put.payload.contiguous().to_vec()
}

#[test]
fn small_puts_have_one_fence_at_a_time() {
    let mut pair = open(USUAL);
    put(&mut pair, 1, 100);
    let [(first, _)] = fences(&pair)[..] else { panic!("{:?}", fences(&pair)) };
    let before = pair.client.answered();
    for op in 2..50 {
        put(&mut pair, op, 100);
    }
    assert_eq!((fences(&pair).len(), pair.puts().count()), (1, 49));
    answer(&mut pair, first + 1000);
    assert_eq!(pair.client.answered(), before, "an answer to something else");
    answer(&mut pair, first);
    let after_first = pair.client.answered();
    assert!(after_first > before);
    let [_, (second, _)] = fences(&pair)[..] else { panic!("{:?}", fences(&pair)) };
    answer(&mut pair, second);
    assert!(pair.client.answered() > after_first);
    assert_eq!(fences(&pair).len(), 2);
}

#[test]
fn a_session_that_is_opened_again_counts_from_its_own_beginning() {
    let mut pair = open(USUAL);
    put(&mut pair, 1, 3 * MOST);
    let old = fences(&pair);
    answer(&mut pair, old[0].0);
    assert!(pair.client.answered() > Some(0));
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.relink();
    pair.run(SECOND);
    assert_eq!(pair.client.answered(), Some(0));
    answer(&mut pair, old[1].0);
    assert_eq!(pair.client.answered(), Some(0), "that was a fence of the lost session");
    pair.take();
    put(&mut pair, 2, 100);
    let (fence, _) = *fences(&pair).last().unwrap();
    answer(&mut pair, fence);
    assert!(pair.client.answered() > Some(100));
}

#[test]
fn a_client_that_does_not_pace_itself_asks_nothing() {
    let mut pair = Pair::open();
    put(&mut pair, 1, 3 * MOST);
    assert_eq!((left(&pair), fences(&pair).len(), pair.client.answered()), (3 * MOST, 0, None));
}
