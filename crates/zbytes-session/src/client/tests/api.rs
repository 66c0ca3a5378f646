//! Asking, answering, tokens, watches, fences and numbers, against the scripted router, up to the
//! edge of each bound.

use std::time::Duration;

use zbytes::payload::ZBytes;
use zenoh_protocol::{
    network::{
        Declare, DeclareBody, DeclareFinal, DeclareQueryable, DeclareSubscriber, DeclareToken, Interest, NetworkBody,
        NetworkMessage, Request, Response, ResponseFinal, UndeclareSubscriber, UndeclareToken,
        declare::{common::ext::WireExprType, queryable::ext::QueryableInfoType},
        ext::{NodeIdType, QoSType},
        interest::InterestMode,
        request,
    },
    zenoh::{self, PushBody, Query as WireQuery, Reply as WireReply, RequestBody, ResponseBody},
};

use super::pair::*;
use crate::client::*;

fn declare(interest_id: Option<u32>, body: DeclareBody) -> NetworkMessage {
    let (ext_qos, ext_nodeid) = (QoSType::DECLARE, NodeIdType::DEFAULT);
    NetworkBody::Declare(Declare { interest_id, ext_qos, ext_tstamp: None, ext_nodeid, body }).into()
}

fn alive(interest: Option<u32>, id: u32, text: &str) -> NetworkMessage {
    declare(interest, DeclareBody::DeclareToken(DeclareToken { id, wire_expr: wire(text) }))
}

fn gone(id: u32) -> NetworkMessage {
    let ext_wire_expr = WireExprType::null();
    declare(None, DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr }))
}

/// The end of a token that the router has not declared in this session.
fn named_gone(text: &str) -> NetworkMessage {
    let ext_wire_expr = WireExprType { wire_expr: wire(text) };
    declare(None, DeclareBody::UndeclareToken(UndeclareToken { id: 0, ext_wire_expr }))
}

pub(super) fn last(interest: u32) -> NetworkMessage {
    declare(Some(interest), DeclareBody::DeclareFinal(DeclareFinal))
}

fn request(id: u32, text: &str) -> NetworkMessage {
    NetworkBody::Request(Request {
        id,
        wire_expr: wire(text),
        ext_qos: QoSType::REQUEST,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_target: request::ext::QueryTarget::BestMatching,
        ext_budget: None,
        ext_timeout: None,
        ext_ts_stack: None,
        payload: RequestBody::Query(WireQuery::default()),
    })
    .into()
}

/// An answer to a request of the client's; `time` stamps it. Whose clock stamps answers. A random
/// id, as the default is, now and then has a byte less on the wire.
fn stamper() -> ZenohId {
    ZenohId::new([5; 16]).unwrap()
}

pub(super) fn answer(rid: u32, text: &str, bytes: &[u8], time: u64) -> NetworkMessage {
    let NetworkBody::Push(push) = push(wire(text), bytes).body else { panic!("no push") };
    let PushBody::Put(mut put) = push.payload else { panic!("no put") };
    put.timestamp = Some(Timestamp::new(time, stamper()).to_wire());
    let reply =
        WireReply { consolidation: zenoh::ConsolidationMode::Auto, ext_unknown: Vec::new(), payload: put.into() };
    NetworkBody::Response(Response {
        rid,
        wire_expr: wire(text),
        payload: ResponseBody::Reply(reply),
        ext_qos: QoSType::DEFAULT,
        ext_tstamp: None,
        ext_respid: None,
        ext_ts_stack: None,
    })
    .into()
}

pub(super) fn end(rid: u32) -> NetworkMessage {
    NetworkBody::ResponseFinal(ResponseFinal { rid, ext_qos: QoSType::DEFAULT, ext_tstamp: None }).into()
}

/// The interests that the router got, by number, mode and key.
fn interests(pair: &Pair) -> Vec<(u32, InterestMode, String)> {
    let read = |interest: &Interest| {
        let key = interest.wire_expr.as_ref().map(|key| key.suffix.to_string()).unwrap_or_default();
        (interest.id, interest.mode, key)
    };
    let all = pair.got.iter().filter_map(|got| match &got.message.body {
        NetworkBody::Interest(interest) => Some(read(interest)),
        _ => None,
    });
    all.collect()
}

/// The requests that the router got, by number.
pub(super) fn requests(pair: &Pair) -> Vec<u32> {
    let all = pair.got.iter().filter_map(|got| match &got.message.body {
        NetworkBody::Request(request) => Some(request.id),
        _ => None,
    });
    all.collect()
}

/// Events as short texts.
fn told(pair: &mut Pair) -> Vec<String> {
    let short = |event| match event {
        Event::Sample(sample) => {
            let kind = if sample.kind.is_delete() { "gone" } else { "sample" };
            format!("{kind} {} {:?}", sample.key_expr, sample.subscribers)
        }
        Event::Reply(op, Reply { result: Ok(sample), .. }) => {
            format!(
                "reply {op} {} {}",
                sample.key_expr,
                String::from_utf8(flat(sample.kind.payload().unwrap())).unwrap()
            )
        }
        Event::Reply(op, Reply { result: Err(error), .. }) => format!("error {op} {} B", error.payload.len()),
        Event::GetEnded(op, Ok(())) => format!("ended {op}"),
        Event::GetEnded(op, Err(error)) => format!("ended {op}: {error:?}"),
        Event::QueriesRefused(count) => format!("{count} queries refused"),
        Event::CaughtUp => "caught up".to_owned(),
        Event::Query(query) => format!("query {} {} {}", query.id, query.queryable, query.key_expr),
        Event::Flushed(op, _) => format!("flushed {op}"),
        Event::Matching { id, matching } => format!("matching {id} {matching}"),
        Event::SampleMiss { subscriber, nb, .. } => format!("missed {subscriber} {nb}"),
        Event::Closed(ended) => format!("closed {:?} {:?}", ended.cause, ended.interrupted),
        Event::PutFailed(op, _) => format!("failed {op}"),
        Event::Opened(_) => "opened".to_owned(),
        Event::Resumed { .. } => "resumed".to_owned(),
        Event::ArrivalEnded { id, whole } => format!("arrival {id} ended, whole: {whole}"),
    };
    pair.take().into_iter().map(short).collect()
}

fn say(pair: &mut Pair, messages: impl IntoIterator<Item = NetworkMessage>) -> Vec<String> {
    for message in messages {
        pair.say(&message, Priority::DEFAULT);
    }
    pair.run(SECOND);
    told(pair)
}

fn open(limits: Limits) -> Pair {
    let mut pair = Pair::new(USUAL, limits);
    pair.run(SECOND);
    assert_eq!(told(&mut pair), ["opened"]);
    pair
}

#[test]
fn a_get_consolidates_ends_once_and_forgets_what_comes_late() {
    for (mode, expected) in [
        (ConsolidationMode::None, vec!["a new", "a old", "b x"]),
        (ConsolidationMode::Monotonic, vec!["a new", "b x"]),
        (ConsolidationMode::Latest, vec!["a new", "b x"]),
        (ConsolidationMode::Auto, vec!["a new", "b x"]),
    ] {
        let mut pair = Pair::open();
        pair.client.get(5, Get { consolidation: mode, ..Get::new(key("*")) }, pair.now).unwrap();
        pair.run(SECOND);
        let rid = requests(&pair)[0];
        let answers = [answer(rid, "a", b"new", 9), answer(rid, "a", b"old", 3), answer(rid, "b", b"x", 1)];
        // A key that was not asked for, and another get's answer, are passed over.
        let others = [answer(rid, "c/d", b"y", 1), answer(rid + 9, "a", b"z", 10)];
        let told = say(&mut pair, answers.into_iter().chain(others).chain([end(rid), end(rid)]));
        let mut texts: Vec<String> = expected.into_iter().map(|text| format!("reply 5 {text}")).collect();
        texts.push("ended 5".to_owned());
        assert_eq!(told, texts, "{mode:?}");
        assert!(say(&mut pair, [answer(rid, "a", b"late", 99)]).is_empty());
    }
}

#[test]
fn a_get_times_out_and_one_that_is_lost_tells_what_it_had() {
    let mut pair = Pair::open();
    let get = |secs| Get { timeout: secs * SECOND, ..Get::new(key("*")) };
    pair.client.get(1, get(3), pair.now).unwrap();
    pair.client.get(2, get(20), pair.now).unwrap();
    pair.run(SECOND);
    let rids = requests(&pair);
    assert!(say(&mut pair, rids.iter().map(|rid| answer(*rid, "a", b"half", 1))).is_empty());
    pair.run(2 * SECOND);
    assert_eq!(told(&mut pair), ["reply 1 a half", "ended 1: Timeout"]);
    pair.client.flush(3, pair.now).unwrap();
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.run(SECOND);
    let told = told(&mut pair);
    assert_eq!(told[0], "reply 2 a half");
    let interrupted = [Interrupted { op: 3, begun: false }, Interrupted { op: 2, begun: true }];
    assert_eq!(told[1], format!("closed {:?} {interrupted:?}", CloseCause::Link { code: 1006, opening: false }));
}

#[test]
fn a_get_ended_twice_by_a_router_still_waits_for_our_queryables() {
    for allowed_destination in [Locality::Any, Locality::SessionLocal] {
        let mut pair = Pair::open();
        pair.client.declare_queryable(3, key("q/*")).unwrap();
        pair.run(SECOND);
        pair.client.get(5, Get { allowed_destination, ..Get::new(key("q/a")) }, pair.now).unwrap();
        pair.run(SECOND);
        assert_eq!(told(&mut pair), ["query 0 3 q/a"]);
        // What a router says of a get that it was not asked about counts no more.
        let rid = requests(&pair).first().copied().unwrap_or(pair.client.number_of_get(5).unwrap());
        assert!(say(&mut pair, [end(rid), end(rid)]).is_empty(), "{allowed_destination:?}");
        let content = Content::new(payload(b"own", 1));
        pair.client.reply(9, 0, ReplySample { key_expr: key("q/a"), content }).unwrap();
        pair.client.finish(0).unwrap();
        pair.run(SECOND);
        assert_eq!(told(&mut pair), ["reply 5 q/a own", "ended 5"], "{allowed_destination:?}");
    }
}

#[test]
fn queries_are_answered_in_their_lane_and_end_with_the_last() {
    let mut pair = Pair::open();
    pair.client.declare_queryable(1, key("q/**")).unwrap();
    pair.client.declare_queryable(2, key("q/*")).unwrap();
    pair.run(SECOND);
    pair.got.clear();
    assert_eq!(say(&mut pair, [request(70, "q/a")]), ["query 0 1 q/a", "query 1 2 q/a"]);
    let content = || Content::new(payload(&noise(100_000), 3));
    pair.client.reply(9, 0, ReplySample { key_expr: key("q/a"), content: content() }).unwrap();
    let wrong = pair.client.reply(9, 0, ReplySample { key_expr: key("r"), content: content() });
    assert!(matches!(wrong, Err(CommandError::ReplyKey { .. })));
    pair.client.finish(0).unwrap();
    pair.run(SECOND);
    let kinds = |pair: &Pair| -> Vec<&'static str> {
        let kind = |got: &Got| match &got.message.body {
            NetworkBody::Response(Response { rid: 70, .. }) => "reply",
            NetworkBody::ResponseFinal(ResponseFinal { rid: 70, .. }) => "final",
            other => panic!("unexpected {other:?}"),
        };
        pair.got.iter().map(kind).collect()
    };
    assert_eq!(kinds(&pair), ["reply"]);
    // Undeclaring ends what it was asked.
    pair.client.undeclare(2).unwrap();
    pair.run(SECOND);
    pair.got.retain(|got| !matches!(got.message.body, NetworkBody::Declare(_)));
    assert_eq!(kinds(&pair), ["reply", "final"]);
    assert!(matches!(pair.client.finish(1), Err(CommandError::UnknownQuery { query: 1 })));
    // The client has no queryable for it: it ends at once.
    pair.got.clear();
    assert!(say(&mut pair, [request(70, "elsewhere")]).is_empty());
    assert_eq!(kinds(&pair), ["final"]);
    // After a lost session its queries are over.
    assert_eq!(say(&mut pair, [request(71, "q/a")]), ["query 2 1 q/a"]);
    pair.client.handle_link_lost(1006);
    assert!(pair.client.reply(9, 2, ReplySample { key_expr: key("q/a"), content: content() }).is_err());
    assert_eq!(pair.refused, None);
}

#[test]
fn a_fence_leaves_behind_what_waits_and_tells_its_answer() {
    let mut pair = Pair::open();
    (pair.narrow, pair.latency) = (1, Duration::from_millis(10));
    for (op, priority) in [(1, Priority::Background), (2, Priority::RealTime), (3, Priority::Data)] {
        pair.client.put(op, Put { priority, ..Put::new(key(&format!("k{op}")), payload(&noise(200_000), 1)) }).unwrap();
    }
    pair.client.flush(4, pair.now).unwrap();
    // What is put afterwards may go first, and is not meant by it.
    pair.client.put(5, Put::new(key("k5"), payload(b"x", 1))).unwrap();
    pair.run(60 * SECOND);
    let (number, mode, _) = interests(&pair)[0].clone();
    assert_eq!(mode, InterestMode::Current);
    assert!(matches!(pair.got.last().unwrap().message.body, NetworkBody::Interest(_)));
    assert_eq!(pair.keys(), ["k2", "k3", "k5", "k1"]);
    assert_eq!(say(&mut pair, [last(number)]), ["flushed 4"]);
    assert!(pair.client.stats().round_trip.is_some_and(|took| took.time > SECOND / 10 && took.pause.is_none()));
    assert!(say(&mut pair, [last(number)]).is_empty());
}

#[test]
fn liveliness_tells_each_change_once_also_over_a_lost_session() {
    let mut pair = Pair::open();
    pair.client.declare_liveliness_subscriber(1, key("a/*"), true).unwrap();
    pair.client.declare_liveliness_subscriber(2, key("a/**"), false).unwrap();
    pair.run(SECOND);
    let [(one, InterestMode::CurrentFuture, _), (two, InterestMode::Future, _)] = interests(&pair)[..] else {
        panic!("got {:?}", interests(&pair))
    };
    assert_eq!(say(&mut pair, [alive(Some(one), 10, "a/x"), last(one), last(two)]), ["sample a/x [1]"]);
    assert_eq!(say(&mut pair, [alive(None, 11, "a/y"), alive(None, 11, "a/y")]), ["sample a/y [1, 2]"]);
    assert_eq!(say(&mut pair, [alive(None, 12, "a/z")]), ["sample a/z [1, 2]"]);
    // The second was not told that x had come, and learns that it has gone.
    assert_eq!(say(&mut pair, [gone(10), gone(10), gone(99)]), ["gone a/x [1, 2]"]);
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.got.clear();
    pair.relink();
    pair.run(SECOND);
    told(&mut pair);
    let modes: Vec<InterestMode> = interests(&pair).into_iter().map(|(_, mode, _)| mode).collect();
    assert_eq!(modes, [InterestMode::CurrentFuture; 2], "both want to know what is there now");
    // Meanwhile y has stayed, z has gone and w has come.
    let now = |interest| [alive(Some(interest), 3, "a/y"), alive(Some(interest), 4, "a/w"), last(interest)];
    assert_eq!(say(&mut pair, now(one)), ["sample a/w [1]", "gone a/z [1]"]);
    assert_eq!(say(&mut pair, now(two)), ["sample a/w [2]", "gone a/z [2]"]);
    assert_eq!(say(&mut pair, [gone(3)]), ["gone a/y [1, 2]"]);
}

#[test]
fn a_key_with_our_token_is_alive_whatever_the_router_says() {
    let mut pair = Pair::open();
    pair.client.declare_liveliness_subscriber(1, key("a/*"), true).unwrap();
    pair.client.declare_token(2, key("a/x")).unwrap();
    pair.client.declare_token(3, key("a/x")).unwrap();
    pair.run(SECOND);
    let interest = interests(&pair)[0].0;
    let now = [last(interest), alive(None, 5, "a/x"), alive(None, 6, "a/y")];
    assert_eq!(say(&mut pair, now), ["sample a/x [1]", "sample a/y [1]"]);
    assert_eq!(say(&mut pair, [gone(5), gone(6), named_gone("a/x")]), ["gone a/y [1]"]);
    assert!(say(&mut pair, [alive(None, 7, "a/x")]).is_empty(), "it was alive all the time");
    // Over a lost session too, after which the router hears of the token only when it has named all
    // that there are.
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.relink();
    pair.run(SECOND);
    told(&mut pair);
    assert!(say(&mut pair, [last(interest), alive(None, 1, "a/x")]).is_empty());
    pair.client.undeclare(2).unwrap();
    assert!(say(&mut pair, [gone(1)]).is_empty(), "there is another of ours");
    pair.client.undeclare(3).unwrap();
    assert_eq!(say(&mut pair, [named_gone("a/x"), named_gone("a/x")]), ["gone a/x [1]"]);
}

#[test]
fn tokens_that_are_asked_for_are_replies() {
    let mut pair = Pair::open();
    pair.client.get_liveliness(7, key("a/*"), 5 * SECOND, pair.now).unwrap();
    pair.client.get_liveliness(8, key("b"), 5 * SECOND, pair.now).unwrap();
    pair.run(SECOND);
    let number = interests(&pair)[0].0;
    let told_ = say(&mut pair, [alive(Some(number), 0, "a/x"), alive(Some(number), 0, "a/y"), last(number)]);
    assert_eq!(told_, ["reply 7 a/x ", "reply 7 a/y ", "ended 7"]);
    pair.run(5 * SECOND);
    assert_eq!(told(&mut pair), ["ended 8: Timeout"]);
    // What is answered late declares nothing, although it has a number: that of the end of any
    // token that is named by its key.
    let late = interests(&pair)[1].0;
    pair.client.declare_liveliness_subscriber(9, key("**"), true).unwrap();
    assert_eq!(say(&mut pair, [alive(Some(late), 0, "b"), alive(None, 1, "c")]), ["sample c [9]"]);
    assert_eq!(say(&mut pair, [named_gone("c"), named_gone("b")]), ["gone c [9]"]);
}

#[test]
fn watches_tell_changes_and_nothing_before_all_is_known() {
    let mut pair = Pair::open();
    let subscriber =
        |id, text| declare(None, DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: wire(text) }));
    pair.client.declare_matching_listener(1, key("a/*"), MatchingStatusType::Subscribers).unwrap();
    pair.client.declare_matching_listener(2, key("b"), MatchingStatusType::Subscribers).unwrap();
    pair.run(SECOND);
    assert!(told(&mut pair).is_empty());
    let numbers: Vec<u32> = interests(&pair).into_iter().map(|(number, ..)| number).collect();
    assert_eq!(say(&mut pair, [subscriber(5, "a/x"), last(numbers[0])]), ["matching 1 true"]);
    assert_eq!(say(&mut pair, [last(numbers[1])]), ["matching 2 false"]);
    pair.client.declare_subscriber(3, key("**")).unwrap();
    pair.run(SECOND);
    assert_eq!(told(&mut pair), ["matching 2 true"]);
    pair.client.undeclare(3).unwrap();
    pair.run(SECOND);
    assert_eq!(told(&mut pair), ["matching 2 false"]);
    // A lost session makes nothing known until it is open again and the router has said all.
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.relink();
    pair.run(SECOND);
    assert!(!told(&mut pair).iter().any(|text| text.starts_with("matching")));
    assert_eq!(say(&mut pair, [last(numbers[0])]), ["matching 1 false"]);
}

#[test]
fn what_a_router_names_twice_goes_with_the_last() {
    let mut pair = Pair::open();
    pair.client.declare_liveliness_subscriber(1, key("a"), true).unwrap();
    assert_eq!(say(&mut pair, [alive(None, 5, "a"), alive(None, 6, "a")]), ["sample a [1]"]);
    assert!(say(&mut pair, [gone(5)]).is_empty());
    assert_eq!(say(&mut pair, [alive(None, 5, "a"), gone(6)]), Vec::<String>::new());
    assert_eq!(say(&mut pair, [gone(5)]), ["gone a [1]"]);

    let subscriber =
        |id, text| declare(None, DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: wire(text) }));
    let undeclared = |id| {
        let ext_wire_expr = WireExprType::null();
        declare(None, DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr }))
    };
    assert!(say(&mut pair, [subscriber(1, "b/x"), subscriber(2, "b/y")]).is_empty());
    // One that is watched later is counted with what is known.
    pair.client.declare_matching_listener(9, key("b/*"), MatchingStatusType::Subscribers).unwrap();
    pair.run(SECOND);
    assert_eq!(told(&mut pair), ["matching 9 true"]);
    let number = interests(&pair).last().unwrap().0;
    assert!(say(&mut pair, [last(number), subscriber(2, "b/y"), undeclared(1), undeclared(1)]).is_empty());
    assert_eq!(say(&mut pair, [subscriber(2, "c")]), ["matching 9 false"]);
    assert!(say(&mut pair, [undeclared(2)]).is_empty());
}

#[test]
fn one_of_two_tokens_that_ends_by_its_key_leaves_the_key_alive() {
    let mut pair = Pair::open();
    pair.client.declare_liveliness_subscriber(1, key("a"), true).unwrap();
    assert_eq!(say(&mut pair, [alive(None, 5, "a"), alive(None, 6, "a")]), ["sample a [1]"]);
    let named = |id| {
        let ext_wire_expr = WireExprType { wire_expr: wire("a") };
        declare(None, DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr }))
    };
    assert!(say(&mut pair, [named(5)]).is_empty());
    assert_eq!(say(&mut pair, [named(6)]), ["gone a [1]"]);
}

#[test]
fn what_the_router_never_heard_of_is_not_undeclared_there() {
    use crate::wire::summarize;
    let sent = |allowed_origin| {
        let mut router = super::router::Router::open(USUAL);
        router.client.declare_subscriber(1, Subscriber { allowed_origin, ..key("a").into() }).unwrap();
        router.transmits();
        router.client.undeclare(1).unwrap();
        let batches = router.transmits();
        batches.iter().flat_map(|(batch, _)| summarize(batch, None).messages).collect::<Vec<_>>()
    };
    assert_eq!(sent(Locality::Any), [("UndeclareSubscriber".into(), 1)]);
    assert_eq!(sent(Locality::SessionLocal), []);
}

#[test]
fn no_get_asks_for_longer_than_a_day() {
    use crate::wire::dissect;
    let mut router = super::router::Router::open(USUAL);
    let get = Get { timeout: Duration::from_secs(u64::MAX), ..Get::of_selector("a").unwrap() };
    router.client.get(1, get, router.now).unwrap();
    let values: Vec<String> = router
        .transmits()
        .iter()
        .flat_map(|(batch, _)| dissect(batch, None).spans)
        .map(|span| span.value.raw().to_owned())
        .collect();
    assert!(values.iter().any(|value| value == "86,400,000 ms"), "{values:?}");
}

#[test]
fn numbers_go_on_over_drops_and_lost_sessions() {
    let mut pair = open(Limits { queued_bytes: 1000, ..Limits::default() });
    let put = |len| Put { numbered: Some(4), ..Put::new(key("n"), payload(&noise(len), 1)) };
    pair.client.put(1, put(900)).unwrap();
    pair.client.put(2, put(900)).unwrap();
    pair.run(SECOND);
    assert_eq!(told(&mut pair), ["failed 2"]);
    pair.client.put(3, put(1)).unwrap();
    pair.run(SECOND);
    pair.cut();
    pair.client.handle_link_lost(1006);
    assert!(pair.client.put(4, put(1)).is_err(), "and takes no number");
    pair.relink();
    pair.run(SECOND);
    pair.client.put(5, put(1)).unwrap();
    pair.run(SECOND);
    let sources: Vec<(EntityGlobalId, u32)> = pair
        .puts()
        .map(|push| match &push.payload {
            PushBody::Put(put) => put.ext_sinfo.map(|source| (EntityGlobalId::of_wire(source.id), source.sn)).unwrap(),
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    let id = EntityGlobalId { zid: ZenohId::new([7; 16]).unwrap(), eid: 4 };
    assert_eq!(sources, [(id, 0), (id, 2), (id, 3)], "of the first session's id");
    assert_eq!((pair.client.stats().dropped, pair.client.stats().sessions), (1, 2));
}

#[test]
fn every_table_of_the_callers_ends_at_its_bound() {
    let limits = Limits { declared: 2, numbered: 2, waiting: 2, ..Limits::default() };
    let mut pair = open(limits);
    pair.client.declare_subscriber(1, key("a")).unwrap();
    pair.client.declare_token(2, key("a")).unwrap();
    let refused = pair.client.declare_queryable(3, key("a"));
    assert_eq!(refused, Err(CommandError::TooMany { what: "declarations", limit: 2 }));
    pair.client.undeclare(1).unwrap();
    pair.client.declare_queryable(3, key("a")).unwrap();
    let put = |publisher| Put { numbered: Some(publisher), ..Put::new(key("b"), ZBytes::empty()) };
    for publisher in [1, 2, 1] {
        pair.client.put(1, put(publisher)).unwrap();
    }
    let refused = pair.client.put(1, put(3));
    assert_eq!(refused, Err(CommandError::TooMany { what: "numbered publishers", limit: 2 }));
    pair.client.get(1, Get::new(key("b")), pair.now).unwrap();
    pair.client.flush(2, pair.now).unwrap();
    let refused = pair.client.flush(3, pair.now);
    assert_eq!(refused, Err(CommandError::TooMany { what: "gets and fences", limit: 2 }));
    assert_eq!(pair.client.get(3, Get::new(key("b")), pair.now), refused);
    pair.run(20 * SECOND);
    assert_eq!(told(&mut pair), ["ended 1: Timeout"]);
    pair.client.flush(3, pair.now).unwrap();
}

#[test]
fn every_table_of_a_router_ends_at_its_bound() {
    let mut pair = open(Limits { tokens: 3, ..Limits::default() });
    assert!(say(&mut pair, (0..3).map(|id| alive(None, id, "a"))).is_empty());
    assert!(say(&mut pair, [alive(None, 2, "b")]).is_empty(), "one that is known may change");
    let cause = CloseCause::TooManyDeclared { what: "tokens", limit: 3 };
    assert_eq!(say(&mut pair, [alive(None, 3, "a")]), [format!("closed {cause:?} []")]);

    for (what, queryable) in [("subscribers", false), ("queryables", true)] {
        let mut pair = open(Limits { tokens: 3, ..Limits::default() });
        let counterpart = |id| {
            let wire_expr = wire("a");
            declare(
                None,
                if queryable {
                    let ext_info = QueryableInfoType { complete: true, distance: 0 };
                    DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr, ext_info })
                } else {
                    DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr })
                },
            )
        };
        assert!(say(&mut pair, (0..3).map(counterpart)).is_empty());
        assert!(say(&mut pair, [counterpart(2)]).is_empty(), "one that is known may change");
        let cause = CloseCause::TooManyDeclared { what, limit: 3 };
        assert_eq!(say(&mut pair, [counterpart(3)]), [format!("closed {cause:?} []")]);
    }

    let mut pair = open(Limits { replies: 2, ..Limits::default() });
    pair.client.get(1, Get::new(key("*")), pair.now).unwrap();
    pair.run(SECOND);
    let rid = requests(&pair)[0];
    let told_ = say(&mut pair, ["a", "b", "a", "c", "d"].map(|text| answer(rid, text, b"x", 1)));
    assert_eq!(told_, ["reply 1 a x", "reply 1 b x", "ended 1: TooManyReplies { limit: 2 }"]);

    let mut pair = open(Limits { queries: 2, ..Limits::default() });
    pair.client.declare_queryable(1, key("q")).unwrap();
    pair.run(SECOND);
    let told_ = say(&mut pair, (0..4).map(|rid| request(rid, "q")));
    assert_eq!(told_, ["query 0 1 q", "query 1 1 q", "2 queries refused"]);
    let refused: Vec<u32> = pair
        .got
        .iter()
        .filter_map(|got| match &got.message.body {
            NetworkBody::Response(Response { rid, payload: ResponseBody::Err(_), .. }) => Some(*rid),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [2, 3]);

    // A router that asks and takes no answers.
    let mut pair = open(Limits { queued_messages: 5, queries: 2, ..Limits::default() });
    pair.narrow = 0;
    let told_ = say(&mut pair, (0..8).map(|rid| request(rid, "none")));
    assert_eq!(told_, [format!("closed {:?} []", CloseCause::TooManyQueries { limit: 7 })]);
}
