//! What a peer can make the client keep and do, up to the edge of each bound and one step beyond.

use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::WireExpr,
    network::{
        Declare, DeclareBody, DeclareSubscriber, DeclareToken, NetworkBody, NetworkMessage, Request, Response,
        ResponseFinal,
        ext::{NodeIdType, QoSType},
        request,
    },
    transport::{FragmentHeader, fragment},
    zenoh::{Query as WireQuery, RequestBody, ResponseBody, ext::ValueType},
};

use super::{api, pair::*};
use crate::{client::*, testing::keep_alive, wire::BATCH_SIZE};

fn open(limits: Limits) -> Pair {
    let mut pair = Pair::new(USUAL, limits);
    pair.run(SECOND);
    assert!(matches!(pair.take().as_slice(), [Event::Opened(_)]));
    pair
}

fn held(limit: usize) -> Limits {
    Limits { held_bytes: limit, ..Limits::default() }
}

/// A fragment of `len` bytes of payload that does not end its message; returns its whole batch.
fn fragment_of(priority: Priority, sn: u32, first: bool, len: usize) -> Vec<u8> {
    let header = FragmentHeader {
        reliability: Reliability::Reliable.to_wire(),
        more: true,
        sn,
        ext_qos: fragment::ext::QoSType::new(priority.to_wire()),
        ext_first: first.then(fragment::ext::First::new),
        ext_drop: None,
    };
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    batch.extend(noise(len));
    batch
}

fn cause(pair: &mut Pair) -> CloseCause {
    pair.run(SECOND);
    match pair.take().pop() {
        Some(Event::Closed(ended)) => ended.cause,
        other => panic!("expected the end of the session, got {other:?}"),
    }
}

fn padded(len: usize) -> Vec<u8> {
    // Keepalives: one byte each, and any number of them is a batch.
    let one = keep_alive();
    assert_eq!(one.len(), 1);
    one.repeat(len)
}

#[test]
fn a_batch_above_the_agreed_size_ends_the_session() {
    for batch_size in [1000, u16::MAX] {
        let most = usize::from(batch_size);
        let mut pair = Pair::new(Agree { batch_size, ..USUAL }, Limits::default());
        pair.run(SECOND);
        pair.take();
        pair.hand(padded(most));
        assert!(pair.client.is_open(), "{most} B");
        pair.hand(padded(most + 1));
        assert_eq!(cause(&mut pair), CloseCause::LongBatch { len: most + 1, limit: most });
    }
    let long = usize::from(BATCH_SIZE) + 1;
    for (len, expected) in [
        (long - 1, CloseCause::OutOfTurn { opening: true }),
        (long, CloseCause::LongBatch { len: long, limit: long - 1 }),
    ] {
        let mut pair = Pair::new(USUAL, Limits::default());
        pair.hand(padded(len));
        assert_eq!(cause(&mut pair), expected);
    }
    // Nothing of it is read, whatever it is.
    let mut pair = open(Limits::default());
    let metadata = pair.client.received().metadata();
    pair.hand(vec![0; 8 << 20]);
    assert_eq!(pair.client.received().metadata(), metadata);
    let words = cause(&mut pair).to_string();
    assert!(words.contains("8,388,608 B") && words.contains("65,535 B"), "{words}");
}

/// Runs `fill` with a bound that it never reaches, to learn what it has the client hold. Then runs
/// it with exactly that bound, and with one byte less. Returns the last two, and the bound of the
/// last.
fn at_the_edge(fill: impl Fn(&mut Pair)) -> (Pair, Pair, usize) {
    let full = |limit| {
        let mut pair = open(held(limit));
        fill(&mut pair);
        pair
    };
    let needed = full(usize::MAX).client.held.bytes();
    assert!(needed > 0);
    let enough = full(needed);
    assert_eq!(enough.client.held.bytes(), needed);
    (enough, full(needed - 1), needed - 1)
}

#[test]
fn all_lanes_together_hold_at_most_the_bound_of_batches() {
    let lanes = [Priority::Data, Priority::DataLow, Priority::Background];
    let (mut enough, mut less, limit) = at_the_edge(|pair| {
        for priority in lanes {
            pair.hand(fragment_of(priority, 77, true, 1000));
        }
    });
    assert_eq!(less.client.held.bytes(), 0, "nothing is kept of a session that has ended");
    assert_eq!(cause(&mut less), CloseCause::TooMuchHeld { limit });
    // The headers are kept too: a batch stays whole.
    let batches: usize = lanes.map(|priority| fragment_of(priority, 77, true, 1000).len()).iter().sum();
    assert_eq!(enough.client.held.bytes(), batches);
    assert!(batches > 3000);
    // What is given up counts no more, so there is room for as much again, and for nothing else.
    enough.hand(fragment_of(Priority::Data, 78, true, 1000));
    assert_eq!((enough.client.is_open(), enough.client.held.bytes()), (true, batches));
    enough.hand(fragment_of(Priority::Data, 79, false, 1));
    assert_eq!(cause(&mut enough), CloseCause::TooMuchHeld { limit: limit + 1 });
}

#[test]
fn a_part_of_a_byte_holds_the_whole_batch_that_it_came_in() {
    let mut pair = open(Limits::default());
    let mut batch = padded(5000);
    batch.extend(fragment_of(Priority::Data, 77, true, 1));
    let len = batch.len();
    pair.hand(batch);
    assert_eq!(pair.client.held.bytes(), len);
    assert!(pair.client.is_open());
}

#[test]
fn fragments_are_bounded_in_all_lanes_together() {
    let lanes = [Priority::Data, Priority::DataLow, Priority::Background];
    for over in [0, 1] {
        let mut pair = open(Limits { reassembly_fragments: 6 - over, ..Limits::default() });
        for priority in lanes {
            pair.hand(fragment_of(priority, 77, true, 10));
            pair.hand(fragment_of(priority, 78, false, 10));
        }
        assert_eq!(pair.client.is_open(), over == 0);
    }
}

/// A get whose answers are kept until the latest is known.
fn asked(pair: &mut Pair, op: OpId) -> u32 {
    pair.client.get(op, Get::new(key("a/*")), pair.now).unwrap();
    pair.run(SECOND);
    *api::requests(pair).last().unwrap()
}

fn answers(pair: &mut Pair, rid: u32, texts: &[&str], len: usize) {
    for text in texts {
        for batch in pair.batches(&api::answer(rid, text, &noise(len), 1), Priority::DEFAULT) {
            pair.hand(batch);
        }
    }
}

/// The keys of replies, and how gets have ended.
fn told(pair: &mut Pair) -> Vec<String> {
    pair.run(SECOND);
    let one = |event| match event {
        Event::Reply(op, Reply { result: Ok(sample), .. }) => format!("{op} {}", sample.key_expr),
        Event::GetEnded(op, result) => format!("{op} {result:?}"),
        other => panic!("unexpected {other:?}"),
    };
    pair.take().into_iter().map(one).collect()
}

#[test]
fn a_get_beyond_the_bytes_of_kept_replies_ends_with_what_it_had() {
    // In one batch each, and in fragments.
    for len in [1000, 200_000] {
        let (mut enough, mut less, limit) = at_the_edge(|pair| {
            let rid = asked(pair, 5);
            answers(pair, rid, &["a/x", "a/y", "a/z"], len);
        });
        assert_eq!(told(&mut less), ["5 a/x", "5 a/y", &format!("5 Err(TooMuchHeld {{ limit: {limit} }})")], "{len} B");
        assert!(less.client.is_open(), "the session goes on");
        assert_eq!(less.client.held.bytes(), 0);
        // A newer one takes the place of the one before, and holds no more.
        let rid = *api::requests(&enough).last().unwrap();
        if len == 1000 {
            answers(&mut enough, rid, &["a/x"], len);
        }
        assert!(told(&mut enough).is_empty());
        enough.say(&api::end(rid), Priority::DEFAULT);
        assert_eq!(told(&mut enough), ["5 a/x", "5 a/y", "5 a/z", "5 Ok(())"], "{len} B");
        assert_eq!(enough.client.held.bytes(), 0);
    }
}

#[test]
fn kept_replies_hold_their_batch_once_and_told_ones_hold_none() {
    let mut pair = open(Limits::default());
    let rid = asked(&mut pair, 5);
    let mut batch = pair.batches(&api::answer(rid, "a/0", &noise(50), 1), Priority::DEFAULT).remove(0);
    for n in 1..100 {
        Zenoh080::new().write(&mut batch, &api::answer(rid, &format!("a/{n}"), &noise(50), 1)).unwrap();
    }
    let keys: usize = (0..100).map(|n| 2 * format!("a/{n}").len()).sum();
    let len = batch.len();
    pair.hand(batch);
    assert_eq!(pair.client.held.bytes(), len + keys);

    let mut pair = open(Limits::default());
    let get = Get { consolidation: ConsolidationMode::Monotonic, ..Get::new(key("a/*")) };
    pair.client.get(5, get, pair.now).unwrap();
    pair.run(SECOND);
    let rid = api::requests(&pair)[0];
    answers(&mut pair, rid, &["a/x", "a/y"], 1000);
    assert_eq!(pair.client.held.bytes(), 4 * "a/x".len(), "only their keys, to know what is newer");
    assert_eq!(told(&mut pair), ["5 a/x", "5 a/y"]);
}

#[test]
fn a_message_in_need_of_room_ends_the_get_that_keeps_most() {
    // Whichever was asked first.
    for turned in [false, true] {
        let mut pair = open(held(10_000));
        let (small, large) = if turned {
            let large = asked(&mut pair, 2);
            (asked(&mut pair, 1), large)
        } else {
            (asked(&mut pair, 1), asked(&mut pair, 2))
        };
        answers(&mut pair, small, &["a/x"], 1000);
        answers(&mut pair, large, &["a/x", "a/y"], 3000);
        pair.hand(fragment_of(Priority::Background, 77, true, 4000));
        let error = "Err(TooMuchHeld { limit: 10000 })";
        assert_eq!(told(&mut pair), ["2 a/x", "2 a/y", &format!("2 {error}")]);
        pair.hand(fragment_of(Priority::Background, 78, false, 5500));
        assert_eq!(told(&mut pair), ["1 a/x", &format!("1 {error}")]);
        pair.hand(fragment_of(Priority::Background, 79, false, 500));
        assert_eq!(cause(&mut pair), CloseCause::TooMuchHeld { limit: 10_000 });
    }
}

fn question(id: u32, body: usize) -> NetworkMessage {
    let payload = zenoh_buffers::ZBuf::from(noise(body));
    NetworkBody::Request(Request {
        id,
        wire_expr: wire("q"),
        ext_qos: QoSType::REQUEST,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_target: request::ext::QueryTarget::BestMatching,
        ext_budget: None,
        ext_timeout: None,
        ext_ts_stack: None,
        payload: RequestBody::Query(WireQuery {
            ext_body: (body > 0).then(|| ValueType { encoding: Encoding::empty().as_wire().clone(), payload }),
            ..WireQuery::default()
        }),
    })
    .into()
}

#[test]
fn a_query_beyond_the_bound_is_answered_with_an_error() {
    let fill = |pair: &mut Pair| {
        pair.client.declare_queryable(1, key("q")).unwrap();
        pair.run(SECOND);
        for rid in 1..=3 {
            pair.say(&question(rid, 2000), Priority::DEFAULT);
        }
        pair.run(SECOND);
    };
    let (mut enough, mut less, limit) = at_the_edge(fill);
    // `None` is one that was refused.
    let queries = |pair: &mut Pair| -> Vec<Option<QueryId>> {
        let ids = pair.take().into_iter().map(|event| match event {
            Event::Query(query) => Some(query.id),
            Event::QueriesRefused(1) => None,
            other => panic!("unexpected {other:?}"),
        });
        ids.collect()
    };
    assert_eq!((queries(&mut enough).len(), queries(&mut less)), (3, vec![Some(0), Some(1), None]));
    let refused: Vec<(u32, String)> = less
        .got
        .iter()
        .filter_map(|got| match &got.message.body {
            NetworkBody::Response(Response { rid, payload: ResponseBody::Err(error), .. }) => {
                Some((*rid, String::from_utf8(error.payload.to_zslice().to_vec()).unwrap()))
            }
            _ => None,
        })
        .collect();
    let limit = zbytes::number::bytes(limit);
    assert_eq!(refused, [(3, format!("the page keeps {limit} for others already, which is the most"))]);
    let ends = less
        .got
        .iter()
        .filter(|got| matches!(got.message.body, NetworkBody::ResponseFinal(ResponseFinal { rid: 3, .. })));
    assert_eq!(ends.count(), 1);
    // One that is answered holds nothing any more, and there is room for another.
    less.client.finish(0).unwrap();
    less.say(&question(4, 2000), Priority::DEFAULT);
    less.run(SECOND);
    assert_eq!(queries(&mut less), [Some(2)]);
    for query in 0..3 {
        enough.client.finish(query).unwrap();
    }
    assert_eq!(enough.client.held.bytes(), 0);
}

fn declare(body: DeclareBody) -> NetworkMessage {
    let (ext_qos, ext_nodeid) = (QoSType::DECLARE, NodeIdType::DEFAULT);
    NetworkBody::Declare(Declare { interest_id: None, ext_qos, ext_tstamp: None, ext_nodeid, body }).into()
}

fn token(id: u32, text: &str) -> NetworkMessage {
    declare(DeclareBody::DeclareToken(DeclareToken { id, wire_expr: wire(text) }))
}

#[test]
fn what_a_router_declares_is_bounded_by_the_length_of_its_keys() {
    let (enough, mut less, limit) = at_the_edge(|pair| {
        pair.client.declare_liveliness_subscriber(1, key("**"), true).unwrap();
        pair.run(SECOND);
        let mut batches = vec![cut_in_pair(pair, &declare_key(1, wire(&"k".repeat(300))))];
        let subscriber = DeclareSubscriber { id: 1, wire_expr: wire(&"s".repeat(200)) };
        for message in [token(1, &"t".repeat(100)), declare(DeclareBody::DeclareSubscriber(subscriber))] {
            batches.push(pair.batches(&message, Priority::DEFAULT).remove(0));
        }
        batches.into_iter().for_each(|batch| pair.hand(batch));
    });
    assert_eq!(enough.client.held.bytes(), 600);
    assert_eq!(cause(&mut less), CloseCause::TooMuchHeld { limit });
}

fn cut_in_pair(pair: &mut Pair, message: &[u8]) -> Vec<u8> {
    let mut batch = pair.batches(&token(9, "x"), Priority::DEFAULT).remove(0);
    // The header of a frame in the default lane: its kind and its number.
    batch.truncate(2);
    batch.extend(message);
    batch
}

#[test]
fn a_number_that_gets_another_key_lets_the_first_go() {
    let mut pair = open(Limits::default());
    pair.client.declare_liveliness_subscriber(1, key("**"), true).unwrap();
    pair.run(SECOND);
    for n in 0..50 {
        pair.say(&token(5, &format!("t/{n}")), Priority::DEFAULT);
    }
    pair.run(SECOND);
    let (mut come, mut gone) = (Vec::new(), Vec::new());
    for event in pair.take() {
        match event {
            Event::Sample(sample) if sample.kind.is_delete() => gone.push(sample.key_expr),
            Event::Sample(sample) => come.push(sample.key_expr),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!((come.len(), gone.len()), (50, 49));
    assert!(!gone.iter().any(|key| *key == "t/49"));
    assert_eq!(pair.client.held.bytes(), "t/49".len());
}

#[test]
fn unfinished_tokens_are_bounded_over_all_sessions() {
    let mut pair = open(Limits { tokens: 10, ..Limits::default() });
    pair.client.declare_liveliness_subscriber(1, key("**"), true).unwrap();
    for session in 0..2 {
        for n in 0..10 {
            pair.say(&token(n, &format!("{session}/{n}")), Priority::DEFAULT);
        }
        pair.run(SECOND);
        assert!(pair.client.is_open());
        pair.client.handle_link_lost(1006);
        pair.relink();
        pair.run(SECOND);
        pair.take();
    }
    pair.say(&token(1, "2/1"), Priority::DEFAULT);
    assert_eq!(cause(&mut pair), CloseCause::TooManyDeclared { what: "tokens", limit: 10 });
}

#[test]
fn numbers_of_one_batch_stand_for_a_bounded_length_of_keys() {
    const LEN: usize = 60_000;
    for over in [0, 1] {
        let mut pair = open(Limits::default());
        pair.client.declare_subscriber(1, key("**")).unwrap();
        let declared = cut_in_pair(&mut pair, &declare_key(1, wire(&"k".repeat(LEN))));
        let mut batch = pair.batches(&push(WireExpr { scope: 1, ..wire("") }, b""), Priority::DEFAULT).remove(0);
        let fit = (16 << 20) / LEN;
        for _ in 1..fit + over {
            Zenoh080::new().write(&mut batch, &push(WireExpr { scope: 1, ..wire("") }, b"")).unwrap();
        }
        pair.hand(declared);
        // Each batch may have as many.
        let mut again = batch.clone();
        again[1] += 1;
        pair.hand(batch);
        if over == 1 {
            assert_eq!(cause(&mut pair), CloseCause::LongKeys { limit: 16 << 20 });
        } else {
            pair.hand(again);
            pair.run(SECOND);
            assert_eq!(pair.take().len(), 2 * fit);
        }
    }
}

#[test]
fn a_query_with_1_mib_of_parameters_is_passed_over() {
    let mut pair = open(Limits::default());
    pair.client.declare_queryable(1, key("q")).unwrap();
    pair.run(SECOND);
    let ask = |id, len: usize| {
        let NetworkBody::Request(mut request) = question(id, 5).body else { panic!("no request") };
        let RequestBody::Query(query) = &mut request.payload;
        query.parameters = "p".repeat(len);
        NetworkMessage::from(NetworkBody::Request(request))
    };
    let long = crate::wire::MAX_HEADER;
    for (id, len) in [(1, long), (2, 64 << 20), (3, long - 100), (4, 1)] {
        pair.say(&ask(id, len), Priority::DEFAULT);
    }
    pair.run(SECOND);
    let asked: Vec<(usize, usize)> = pair
        .take()
        .into_iter()
        .map(|event| match event {
            Event::Query(query) => (query.parameters.len(), query.payload.map_or(0, |body| body.len())),
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(asked, [(long - 100, 5), (1, 5)]);
}

#[test]
fn keys_of_very_many_chunks_and_wildcards_are_matched() {
    let mut pair = open(Limits::default());
    pair.client.declare_subscriber(1, key("lab/**/x")).unwrap();
    pair.client.declare_subscriber(2, key("**/a/**/b/**/c/**/d/**/e")).unwrap();
    pair.client.declare_subscriber(3, key("lab/a$*b$*c$*d")).unwrap();
    let deep = format!("lab/{}x", "a/".repeat(32_000));
    let wild = format!("lab/{}x", "a/**/".repeat(12_000));
    let stars = format!("lab/{}", "ab$*c$*".repeat(9_000));
    for text in [&deep, &wild, &stars] {
        pair.say(&push(wire(text), b""), Priority::DEFAULT);
    }
    pair.run(SECOND);
    let got: Vec<Vec<SubscriberId>> = pair
        .take()
        .into_iter()
        .map(|event| match event {
            Event::Sample(sample) => sample.subscribers,
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(got, [vec![1], vec![1], vec![3]]);
}
