//! The client over a native WebSocket, against a real router, with the `zenoh` crate on the
//! router's other side.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

#[path = "session/cancel.rs"]
mod cancel;
#[path = "session/defaults.rs"]
mod defaults;
#[path = "session/faults.rs"]
mod faults;
#[path = "session/largest.rs"]
mod largest;
#[path = "session/python.rs"]
mod python;
#[path = "session/stream.rs"]
mod stream;
mod support;
#[path = "session/values.rs"]
mod values;

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use support::{
    GUARD,
    lab::{joined, options},
    link::Link,
};
use zbytes_lab::client as ours;
use zbytes_lab::{
    client::{
        ConsolidationMode, Content, Encoding, Event, Get, GetError, KeyExpr, Locality, MatchingStatusType, Put,
        QueryTarget, Queryable, Reply, ReplyError, ReplySample, Sample, SampleKind, Subscriber, Timestamp, ZenohId,
    },
    ledger::Ledger,
    measure::mix,
    payload::ZBytes,
    segment::Source,
    server::{Lab, Options},
};
use zenoh::{
    Wait,
    bytes::Encoding as PeerEncoding,
    qos::{CongestionControl, Priority, Reliability},
};

/// Sizes at the limits: of a byte, of one batch, of many.
const SIZES: [usize; 6] = [0, 1, 65_450, 65_535, 70_000, 3_000_000];

/// A free address that no other test of this process gets. Ports from the system would be enough
/// for one router. But many routers start here at the same time, and each frees its ports for a
/// moment before it opens them.
fn own_address() -> SocketAddr {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let n = std::process::id().wrapping_mul(97).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        // Below the ports that the system assigns.
        let address = SocketAddr::from(([127, 0, 0, 1], 10_000 + (n % 10_000) as u16));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

async fn router() -> Lab {
    let start = || Lab::start(Options { router_only: true, ws: own_address(), tcp: own_address(), ..options() });
    // Another program may have taken an address meanwhile, such as one that runs the same tests.
    match start().await {
        Ok(lab) => lab,
        Err(_) => start().await.unwrap(),
    }
}

async fn peer(lab: &Lab) -> zenoh::Session {
    joined(&lab.tcp_locator()).await
}

/// Waits until the router has the declarations of `peer`: the router answers this after them.
async fn settled(peer: &zenoh::Session) {
    let answers = peer.liveliness().get("lab/no/such/token").await.unwrap();
    while answers.recv_async().await.is_ok() {}
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    (0..len.div_ceil(8)).flat_map(|i| mix(seed ^ (i as u64) << 20).to_le_bytes()).take(len).collect()
}

/// A payload of these bytes in three segments. None of them is a copy.
fn payload(bytes: &[u8]) -> ZBytes {
    let third = bytes.len() / 3;
    let parts = [&bytes[..third], &bytes[third..2 * third], &bytes[2 * third..]];
    ZBytes::from_segments(parts.map(|part| Source::moved(part.to_vec()))).unwrap()
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

fn key(text: &str) -> KeyExpr {
    KeyExpr::new(text).unwrap()
}

fn encoding(id: u16, schema: Option<&str>) -> Encoding {
    Encoding::new(id, schema.map(|schema| schema.as_bytes().to_vec())).unwrap()
}

fn is_sample(event: &Event) -> bool {
    matches!(event, Event::Sample(_))
}

fn sample(events: Vec<Event>) -> Sample {
    match events.into_iter().last() {
        Some(Event::Sample(sample)) => sample,
        other => panic!("expected a sample, got {other:?}"),
    }
}

// ---- put, delete, and their options ----

#[tokio::test(flavor = "multi_thread")]
async fn our_puts_and_deletes_arrive_with_all_that_they_carry() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let subscriber = peer.declare_subscriber("lab/**").await.unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    for (n, len) in SIZES.into_iter().enumerate() {
        for (sn, attached) in (0..).zip([None, Some(0), Some(9), Some(70_000)]) {
            let bytes = noise(n as u64, len);
            let attachment = attached.map(|len| noise(99, len));
            let kind = SampleKind::Put { payload: payload(&bytes), encoding: encoding(5, Some("lab/schema")) };
            let put = Put {
                attachment: attachment.as_deref().map(payload),
                timestamp: Some(Timestamp::new(1 << 40, ZenohId::new([n as u8 + 1; 16]).unwrap())),
                numbered: Some(n as u32),
                congestion_control: ours::CongestionControl::Block,
                priority: ours::Priority::InteractiveHigh,
                // zenoh may drop best-effort messages, and drops large ones.
                reliability: if sn == 0 && len < 100_000 {
                    ours::Reliability::BestEffort
                } else {
                    ours::Reliability::Reliable
                },
                express: true,
                ..Put::new(key(&format!("lab/{n}")), kind)
            };
            let reliability = put.reliability;
            let (stamp, op) = (put.timestamp, link.op());
            link.client.put(op, put).unwrap();
            let (got, _) = link.during(async { subscriber.recv_async().await.unwrap() }).await;
            let what = format!("{len} B, attachment {attached:?}");
            assert_eq!(got.payload().to_bytes(), bytes, "{what}");
            assert_eq!(got.attachment().map(|found| found.to_bytes().into_owned()), attachment, "{what}");
            assert_eq!(got.encoding(), &PeerEncoding::APPLICATION_JSON.with_schema("lab/schema"), "{what}");
            assert_eq!(got.priority(), Priority::InteractiveHigh);
            assert_eq!(got.congestion_control(), CongestionControl::Block);
            assert!(got.express());
            assert_eq!(got.reliability() as u8, reliability as u8, "{what}");
            assert_eq!(got.timestamp().map(|t| t.get_time().0), stamp.map(|t| t.ntp64()));
            let source = got.source_info().unwrap();
            assert_eq!(source.source_id().zid().to_string(), link.info.as_ref().unwrap().zid.to_string());
            assert_eq!((source.source_id().eid(), source.source_sn()), (n as u32, sn));
        }
        let op = link.op();
        let delete = Put {
            attachment: Some(payload(b"why")),
            congestion_control: ours::CongestionControl::Block,
            ..Put::delete(key(&format!("lab/{n}")))
        };
        link.client.put(op, delete).unwrap();
        let (got, _) = link.during(async { subscriber.recv_async().await.unwrap() }).await;
        assert_eq!(got.kind(), zenoh::sample::SampleKind::Delete);
        assert_eq!(got.attachment().map(|found| found.to_bytes().into_owned()), Some(b"why".to_vec()));
    }
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_and_deletes_of_others_arrive_with_all_they_carry() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_subscriber(1, key("lab/**")).unwrap();
    link.flush().await;
    for (n, len) in SIZES.into_iter().enumerate() {
        for attached in [None, Some(9usize), Some(70_000)] {
            for reliability in [Reliability::Reliable, Reliability::BestEffort] {
                if reliability == Reliability::BestEffort && len > 100_000 {
                    // zenoh may drop best-effort messages, even with BLOCK, and drops large ones.
                    continue;
                }
                let (bytes, attachment) = (noise(n as u64, len), attached.map(|len| noise(99, len)));
                peer.put(format!("lab/{n}"), bytes.clone())
                    .attachment(attachment.clone())
                    .encoding(PeerEncoding::TEXT_PLAIN.with_schema("utf-8"))
                    .priority(Priority::DataHigh)
                    .congestion_control(CongestionControl::Block)
                    .express(true)
                    .reliability(reliability)
                    .await
                    .unwrap();
                let got = sample(link.until(is_sample).await);
                assert_eq!(
                    (got.key_expr.as_str(), got.local, got.kind.is_delete()),
                    (format!("lab/{n}").as_str(), false, false)
                );
                assert_eq!(flat(got.kind.payload().unwrap()), bytes, "{len} B");
                assert_eq!(got.attachment.as_ref().map(flat), attachment);
                assert_eq!(got.kind.encoding(), Some(&encoding(4, Some("utf-8"))));
                assert!(got.timestamp.is_some(), "a router stamps");
                assert_eq!((got.qos.priority, got.qos.express), (ours::Priority::DataHigh, true));
                assert_eq!(got.qos.congestion_control, ours::CongestionControl::Block);
            }
        }
        peer.delete(format!("lab/{n}")).congestion_control(CongestionControl::Block).await.unwrap();
        let got = sample(link.until(is_sample).await);
        assert!(got.kind.is_delete());
    }
    // The session copied none of it: payloads and attachments stay where they were received.
    assert_eq!(link.client.received().total(), 0);
    peer.close().await.unwrap();
    lab.stop().await;
}

#[test]
fn encodings_are_named_as_zenoh_names_them() {
    let named = (0..100).map(|id| encoding(id, None).to_string());
    let names: Vec<String> = named.filter(|name| !name.starts_with("unknown")).collect();
    assert_eq!(names.len(), 53);
    for text in
        names.iter().map(String::as_str).chain(["text/plain;utf-8", "lab/own", "lab/own;x", "image/png;a;b", ""])
    {
        let (ours, theirs) = (text.parse::<Encoding>().unwrap(), PeerEncoding::from(text));
        let parts: zenoh_protocol::core::Encoding = theirs.clone().into();
        assert_eq!((ours.id(), ours.schema()), (parts.id, parts.schema.as_deref()), "{text}");
        if !text.is_empty() {
            assert_eq!(ours.to_string(), theirs.to_string());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn localities_decide_who_hears_what() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let subscriber = peer.declare_subscriber("lab/**").await.unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    for (id, allowed_origin) in [(1, Locality::Any), (2, Locality::SessionLocal), (3, Locality::Remote)] {
        link.client.declare_subscriber(id, Subscriber { allowed_origin, ..key("lab/**").into() }).unwrap();
    }
    link.flush().await;
    for (allowed_destination, text) in
        [(Locality::SessionLocal, "own"), (Locality::Remote, "others"), (Locality::Any, "all")]
    {
        let put = Put {
            allowed_destination,
            congestion_control: ours::CongestionControl::Block,
            ..Put::new(key(&format!("lab/{text}")), payload(b"x"))
        };
        let op = link.op();
        link.client.put(op, put).unwrap();
    }
    let (heard, events) = link
        .during(async {
            let mut heard = Vec::new();
            for _ in 0..2 {
                heard.push(subscriber.recv_async().await.unwrap().key_expr().to_string());
            }
            heard
        })
        .await;
    assert_eq!(heard, ["lab/others", "lab/all"]);
    let own: Vec<(String, Vec<u32>)> = events
        .into_iter()
        .filter_map(|event| match event {
            Event::Sample(sample) => Some((sample.key_expr.to_string(), sample.subscribers)),
            _ => None,
        })
        .collect();
    assert_eq!(own, [("lab/own".to_owned(), vec![1, 2]), ("lab/all".to_owned(), vec![1, 2])]);
    peer.put("lab/peer", "x").congestion_control(CongestionControl::Block).await.unwrap();
    assert_eq!(sample(link.until(is_sample).await).subscribers, [1, 3]);
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_of_a_numbered_publisher_is_reported() {
    let lab = router().await;
    let mut link = Link::open(&lab.ws_locator()).await;
    let mut other = Link::open(&lab.ws_locator()).await;
    link.client.declare_subscriber(1, Subscriber { sample_miss: true, ..key("lab/**").into() }).unwrap();
    link.flush().await;
    // Four of ten numbered samples have a key without a subscriber.
    for n in 0..10 {
        let text = if [3, 4, 5, 8].contains(&n) { "elsewhere" } else { "lab/n" };
        let put = Put {
            numbered: Some(7),
            congestion_control: ours::CongestionControl::Block,
            ..Put::new(key(text), payload(&[n]))
        };
        let op = other.op();
        other.client.put(op, put).unwrap();
    }
    other.flush().await;
    let mut story = Vec::new();
    while story.len() < 8 {
        match link.event().await {
            Event::Sample(sample) => story.push(u32::from(flat(sample.kind.payload().unwrap())[0])),
            Event::SampleMiss { subscriber: 1, source: publisher, nb: count } => {
                assert_eq!(publisher.eid, 7);
                story.push(1000 + count);
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(story, [0, 1, 2, 1003, 6, 7, 1001, 9]);
    lab.stop().await;
}

// ---- get and queryable ----

/// The replies of a get, as texts, and its end.
async fn replies(link: &mut Link, get: Get) -> (Vec<String>, Result<(), GetError>) {
    let (op, now) = (link.op(), link.now());
    link.client.get(op, get, now).unwrap();
    let events = link.until(|event| matches!(event, Event::GetEnded(other, _) if *other == op)).await;
    let mut texts = Vec::new();
    let mut end = Ok(());
    for event in events {
        match event {
            Event::Reply(other, Reply { result, replier_id: replier, .. }) if other == op => {
                assert!(replier.is_some());
                texts.push(match result {
                    Ok(sample) => format!("{} {} B", sample.key_expr, sample.kind.payload().unwrap().len()),
                    Err(error) => format!("error {} B", error.payload.len()),
                });
            }
            Event::GetEnded(_, result) => end = result,
            other => panic!("unexpected {other:?}"),
        }
    }
    (texts, end)
}

#[tokio::test(flavor = "multi_thread")]
async fn gets_of_ours_reach_queryables_of_others_and_their_answers_us() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let queryable = peer.declare_queryable("lab/q/*").complete(true).await.unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    for (n, len) in SIZES.into_iter().enumerate() {
        let (bytes, attachment) = (noise(n as u64, len), noise(50, len / 2));
        let get = Get {
            parameters: "a=1;b=two".to_owned(),
            payload: Some(payload(&bytes)),
            encoding: encoding(3, None),
            attachment: Some(payload(&attachment)),
            target: QueryTarget::All,
            priority: ours::Priority::InteractiveLow,
            ..Get::new(key("lab/q/x"))
        };
        let (op, now) = (link.op(), link.now());
        link.client.get(op, get, now).unwrap();
        let answer = async {
            let query = queryable.recv_async().await.unwrap();
            assert_eq!(query.key_expr().as_str(), "lab/q/x");
            assert_eq!(query.parameters().as_str(), "a=1;b=two");
            assert_eq!(query.payload().unwrap().to_bytes(), bytes, "{len} B");
            assert_eq!(query.encoding().unwrap(), &PeerEncoding::APPLICATION_OCTET_STREAM);
            assert_eq!(query.attachment().unwrap().to_bytes(), attachment);
            query
                .reply("lab/q/x", bytes.clone())
                .encoding(PeerEncoding::IMAGE_PNG)
                .attachment(attachment.clone())
                .await
                .unwrap();
            query.reply_del("lab/q/y").await.unwrap_err();
            query.reply_err(noise(8, len)).encoding(PeerEncoding::TEXT_PLAIN).await.unwrap();
        };
        let ((), mut events) = link.during(answer).await;
        if !events.iter().any(|event| matches!(event, Event::GetEnded(..))) {
            events.extend(link.until(|event| matches!(event, Event::GetEnded(..))).await);
        }
        let (mut samples, mut errors) = (0, 0);
        for event in events {
            match event {
                Event::Reply(other, Reply { result: Ok(sample), replier_id: replier, .. }) => {
                    samples += 1;
                    assert_eq!((other, sample.key_expr.as_str(), replier.is_some()), (op, "lab/q/x", true));
                    assert_eq!(flat(sample.kind.payload().unwrap()), bytes);
                    assert_eq!(sample.attachment.as_ref().map(flat).unwrap_or_default(), attachment);
                    assert_eq!(sample.kind.encoding(), Some(&encoding(16, None)));
                }
                Event::Reply(other, Reply { result: Err(error), .. }) => {
                    errors += 1;
                    assert_eq!((other, flat(&error.payload)), (op, noise(8, len)));
                    assert_eq!(error.encoding, encoding(4, None));
                }
                Event::GetEnded(other, result) => assert_eq!((other, result), (op, Ok(()))),
                other => panic!("unexpected {other:?}"),
            }
        }
        assert_eq!((samples, errors), (1, 1), "{len} B");
    }
    assert_eq!(link.client.received().total(), 0);
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consolidation_targets_and_timeouts_are_kept() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let answers = |session: &zenoh::Session, complete: bool, text: &'static str| {
        session
            .declare_queryable("lab/c/**")
            .complete(complete)
            .callback(move |query| {
                for n in 1..=3 {
                    query.reply("lab/c/same", vec![0; n]).wait().unwrap();
                }
                query.reply(format!("lab/c/{text}"), vec![0; 9]).wait().unwrap();
            })
            .background()
            .wait()
            .unwrap();
    };
    let silent = peer.declare_queryable("lab/silent").await.unwrap();
    answers(&peer, true, "whole");
    let second = self::peer(&lab).await;
    answers(&second, false, "part");
    settled(&peer).await;
    settled(&second).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.flush().await;
    let get = |consolidation, target| Get { consolidation, target, ..Get::new(key("lab/c/**")) };
    let (latest, end) = replies(&mut link, get(ConsolidationMode::Auto, QueryTarget::All)).await;
    assert_eq!((latest.len(), end), (3, Ok(())), "one for each key: {latest:?}");
    assert!(latest.contains(&"lab/c/same 3 B".to_owned()), "{latest:?}");
    let (all, end) = replies(&mut link, get(ConsolidationMode::None, QueryTarget::All)).await;
    assert_eq!((all.len(), end), (8, Ok(())), "{all:?}");
    let (complete, _) = replies(&mut link, get(ConsolidationMode::None, QueryTarget::AllComplete)).await;
    assert!(complete.len() == 4 && complete.contains(&"lab/c/whole 9 B".to_owned()), "{complete:?}");
    let (monotonic, _) = replies(&mut link, get(ConsolidationMode::Monotonic, QueryTarget::AllComplete)).await;
    assert_eq!(monotonic.len(), 4, "{monotonic:?}");
    let (nothing, end) = replies(&mut link, Get::new(key("lab/none"))).await;
    assert_eq!((nothing.len(), end), (0, Ok(())));
    let late = Get { timeout: Duration::from_millis(300), ..Get::new(key("lab/silent")) };
    let (_, end) = replies(&mut link, late).await;
    // The router gives up on the queryable at the same time, and may report that first.
    assert!(matches!(end, Err(GetError::Timeout) | Ok(())), "{end:?}");
    drop(silent);
    peer.close().await.unwrap();
    second.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queryables_of_ours_answer_gets_of_others() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    let routers: Vec<String> = peer.info().routers_zid().await.map(|zid| zid.to_string()).collect();
    assert_eq!(routers, [link.info.as_ref().unwrap().router_zid.to_string()]);
    link.client.declare_queryable(5, Queryable { complete: true, ..key("lab/q/**").into() }).unwrap();
    link.client.declare_queryable(6, key("lab/q/*")).unwrap();
    link.flush().await;
    for (n, len) in SIZES.into_iter().enumerate() {
        let (bytes, attachment) = (noise(n as u64, len), noise(51, len));
        let (target, consolidation) = (zenoh::query::QueryTarget::All, zenoh::query::ConsolidationMode::None);
        // Dropping a querier discards the answers to its gets.
        let querier = peer.declare_querier("lab/q/x").target(target).consolidation(consolidation).await.unwrap();
        let answers = if n % 2 == 0 {
            let get = peer.get("lab/q/x?p=1").target(target).consolidation(consolidation);
            get.payload(bytes.clone()).encoding(PeerEncoding::TEXT_PLAIN).attachment(attachment.clone()).await.unwrap()
        } else {
            let get = querier.get().parameters("p=1").payload(bytes.clone());
            get.encoding(PeerEncoding::TEXT_PLAIN).attachment(attachment.clone()).await.unwrap()
        };
        let mut asked = Vec::new();
        while asked.len() < 2 {
            match link.event().await {
                Event::Query(query) => asked.push(query),
                other => panic!("unexpected {other:?}"),
            }
        }
        asked.sort_by_key(|query| query.queryable);
        assert_eq!(asked.iter().map(|query| query.queryable).collect::<Vec<_>>(), [5, 6]);
        for query in asked {
            assert_eq!((query.key_expr.as_str(), query.parameters.as_str(), query.local), ("lab/q/x", "p=1", false));
            // A body without a byte counts as no body.
            assert_eq!(query.payload.as_ref().map(flat).unwrap_or_default(), bytes, "{len} B");
            assert_eq!(query.attachment.as_ref().map(flat).unwrap_or_default(), attachment);
            let kind = SampleKind::Put { payload: payload(&bytes), encoding: encoding(16, None) };
            let mut content = Content::new(kind);
            content.attachment = Some(payload(&attachment));
            let (op, other) = (link.op(), link.op());
            link.client
                .reply(op, query.id, ReplySample { key_expr: key("lab/q/x"), content: content.clone() })
                .unwrap();
            link.client.reply(other, query.id, ReplySample { key_expr: key("lab/no"), content }).unwrap_err();
            if query.queryable == 6 {
                let error = ReplyError { payload: payload(b"bad"), encoding: encoding(4, None) };
                link.client.reply_err(op, query.id, error).unwrap();
            }
            link.client.finish(query.id).unwrap();
            assert!(link.client.finish(query.id).is_err());
        }
        let gathered = async {
            let (mut samples, mut errors) = (0, 0);
            while let Ok(answer) = answers.recv_async().await {
                match answer.result() {
                    Ok(sample) => {
                        samples += 1;
                        assert_eq!(sample.payload().to_bytes(), bytes);
                        assert_eq!(sample.attachment().unwrap().to_bytes(), attachment);
                        assert_eq!(sample.encoding(), &PeerEncoding::IMAGE_PNG);
                    }
                    Err(error) => {
                        errors += 1;
                        assert_eq!(error.payload().to_bytes(), b"bad".as_slice());
                    }
                }
            }
            (samples, errors)
        };
        assert_eq!(link.during(gathered).await.0, (2, 1), "{len} B");
    }
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gets_of_ours_reach_queryables_of_ours() {
    let lab = router().await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_queryable(5, key("lab/own")).unwrap();
    for allowed_destination in [Locality::Any, Locality::SessionLocal] {
        let (op, now) = (link.op(), link.now());
        let bytes = payload(b"question");
        let get = Get { payload: Some(bytes.clone()), allowed_destination, ..Get::new(key("lab/*")) };
        link.client.get(op, get, now).unwrap();
        let events = link.until(|event| matches!(event, Event::Query(_))).await;
        let Some(Event::Query(query)) = events.into_iter().last() else { panic!() };
        assert!(query.local && query.payload.unwrap().eq_layout(&bytes));
        let content = Content::new(payload(b"answer"));
        link.client.reply(op, query.id, ReplySample { key_expr: key("lab/own"), content }).unwrap();
        link.client.finish(query.id).unwrap();
        let events = link.until(|event| matches!(event, Event::GetEnded(..))).await;
        let [Event::Reply(_, Reply { result: Ok(sample), .. }), Event::GetEnded(..)] = events.as_slice() else {
            panic!("got {events:?}")
        };
        assert!(sample.local && flat(sample.kind.payload().unwrap()) == b"answer");
    }
    lab.stop().await;
}

// ---- liveliness and matching ----

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_seen_both_ways() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    let early = peer.liveliness().declare_token("lab/alive/early").await.unwrap();
    let watcher = peer.liveliness().declare_subscriber("lab/alive/*").await.unwrap();
    settled(&peer).await;
    link.client.declare_liveliness_subscriber(1, key("lab/alive/**"), true).unwrap();
    let first = sample(link.until(is_sample).await);
    assert_eq!(
        (first.key_expr.as_str(), first.kind.is_delete(), first.subscribers),
        ("lab/alive/early", false, vec![1])
    );
    link.client.declare_liveliness_subscriber(2, key("lab/alive/*"), false).unwrap();
    link.flush().await;

    let late = peer.liveliness().declare_token("lab/alive/late").await.unwrap();
    let second = sample(link.until(is_sample).await);
    assert_eq!(
        (second.key_expr.as_str(), second.kind.is_delete(), second.subscribers),
        ("lab/alive/late", false, vec![1, 2])
    );
    assert_eq!(watcher.recv_async().await.unwrap().key_expr().as_str(), "lab/alive/late");

    link.client.declare_token(3, key("lab/alive/ours")).unwrap();
    let (seen, mut events) = link.during(async { watcher.recv_async().await.unwrap() }).await;
    assert_eq!((seen.key_expr().as_str(), seen.kind()), ("lab/alive/ours", zenoh::sample::SampleKind::Put));
    if events.is_empty() {
        events = link.until(is_sample).await;
    }
    assert_eq!(sample(events).key_expr, "lab/alive/ours");

    let (op, now) = (link.op(), link.now());
    link.client.get_liveliness(op, key("lab/**"), GUARD, now).unwrap();
    let events = link.until(|event| matches!(event, Event::GetEnded(..))).await;
    let mut alive: Vec<String> = events
        .into_iter()
        .filter_map(|event| match event {
            Event::Reply(_, Reply { result: Ok(sample), .. }) => Some(sample.key_expr.to_string()),
            _ => None,
        })
        .collect();
    alive.sort();
    assert_eq!(alive, ["lab/alive/early", "lab/alive/late", "lab/alive/ours"]);
    // One in some hundred gets of the `zenoh` crate ends without the token, although the token
    // exists.
    let asked = async {
        loop {
            let answers = peer.liveliness().get("lab/alive/ours").await.unwrap();
            if let Ok(answer) = answers.recv_async().await {
                break answer.result().unwrap().key_expr().to_string();
            }
        }
    };
    assert_eq!(link.during(asked).await.0, "lab/alive/ours");

    early.undeclare().await.unwrap();
    late.undeclare().await.unwrap();
    let gone: Vec<(String, bool, Vec<u32>)> = {
        let mut gone = Vec::new();
        for _ in 0..2 {
            let sample = sample(link.until(is_sample).await);
            gone.push((sample.key_expr.to_string(), sample.kind.is_delete(), sample.subscribers));
        }
        gone
    };
    let expected = |text: &str| (format!("lab/alive/{text}"), true, vec![1, 2]);
    assert_eq!(gone, [expected("early"), expected("late")]);
    link.client.undeclare(3).unwrap();
    let ended = async {
        loop {
            let sample = watcher.recv_async().await.unwrap();
            if sample.key_expr().as_str() == "lab/alive/ours" {
                break sample.kind();
            }
        }
    };
    assert_eq!(link.during(ended).await.0, zenoh::sample::SampleKind::Delete);
    peer.close().await.unwrap();
    lab.stop().await;
}

fn samples(events: Vec<Event>) -> Vec<Sample> {
    events.into_iter().filter(is_sample).map(|event| sample(vec![event])).collect()
}

/// The keys of tokens in order. All of them must have ended, or all must have appeared.
fn keys(tokens: &[Sample], gone: bool) -> Vec<&str> {
    assert!(tokens.iter().all(|token| token.kind.is_delete() == gone), "{tokens:?}");
    let mut keys: Vec<&str> = tokens.iter().map(|token| token.key_expr.as_str()).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_alive_until_its_last_session_with_a_token_has_gone() {
    const SHARED: &str = "lab/alive/shared";
    let own = |n: usize| format!("lab/alive/{n}");
    let lab = router().await;
    // The first link only watches.
    let mut links = Vec::new();
    for n in 0..5 {
        let mut link = Link::open(&lab.ws_locator()).await;
        link.client.declare_liveliness_subscriber(1, key("lab/alive/*"), true).unwrap();
        if n > 0 {
            link.client.declare_token(2, key(&own(n))).unwrap();
            link.client.declare_token(3, key(SHARED)).unwrap();
        }
        let heard = samples(link.flush().await);
        links.push((n, link, heard));
    }
    let all: Vec<String> = (1..5).map(own).chain([SHARED.to_owned()]).collect();
    for (n, link, heard) in &mut links {
        while heard.len() < all.len() {
            heard.push(sample(link.until(is_sample).await));
        }
        assert_eq!(keys(heard, false), all, "{n} hears of each once");
    }
    // Each session ends in another way.
    while links.len() > 1 {
        let (n, mut going, _) = links.pop().unwrap();
        match n {
            4 => {
                going.client.undeclare(2).unwrap();
                going.client.undeclare(3).unwrap();
                going.flush().await;
            }
            3 => {
                going.client.close();
                going.until(is_closed).await;
            }
            _ => going.cut(),
        }
        let mut expected = vec![own(n)];
        expected.extend((n == 1).then(|| SHARED.to_owned()));
        for (n, link, _) in &mut links {
            let mut heard = Vec::new();
            while heard.len() < expected.len() {
                heard.push(sample(link.until(is_sample).await));
            }
            // The router sends further samples before it answers this.
            heard.extend(samples(link.flush().await));
            assert_eq!(keys(&heard, true), expected, "{n}");
        }
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_peer_matches_is_known_both_ways() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_matching_listener(1, key("lab/data"), MatchingStatusType::Subscribers).unwrap();
    link.client.declare_matching_listener(2, key("lab/*"), MatchingStatusType::Queryables).unwrap();
    let matching = async |link: &mut Link| {
        let events = link.until(|event| matches!(event, Event::Matching { .. })).await;
        match events.into_iter().last() {
            Some(Event::Matching { id, matching }) => (id, matching),
            other => panic!("unexpected {other:?}"),
        }
    };
    assert_eq!([matching(&mut link).await, matching(&mut link).await], [(1, false), (2, false)]);
    let subscriber = peer.declare_subscriber("lab/**").await.unwrap();
    assert_eq!(matching(&mut link).await, (1, true));
    let queryable = peer.declare_queryable("lab/q").await.unwrap();
    assert_eq!(matching(&mut link).await, (2, true));
    subscriber.undeclare().await.unwrap();
    assert_eq!(matching(&mut link).await, (1, false));
    queryable.undeclare().await.unwrap();
    assert_eq!(matching(&mut link).await, (2, false));
    link.client.declare_subscriber(3, key("lab/data")).unwrap();
    assert_eq!(matching(&mut link).await, (1, true));

    let publisher = peer.declare_publisher("lab/data").await.unwrap();
    let querier = peer.declare_querier("lab/answers").await.unwrap();
    let (statuses, queries) =
        (publisher.matching_listener().await.unwrap(), querier.matching_listener().await.unwrap());
    link.client.declare_queryable(4, key("lab/answers")).unwrap();
    let matched = link.during(async { queries.recv_async().await.unwrap().matching() }).await.0;
    assert!(matched && publisher.matching_status().await.unwrap().matching());
    link.client.undeclare(3).unwrap();
    link.client.undeclare(4).unwrap();
    // A listener may begin with the current status.
    let gone = async {
        while statuses.recv_async().await.unwrap().matching() {}
        while queries.recv_async().await.unwrap().matching() {}
    };
    link.during(gone).await;
    peer.close().await.unwrap();
    lab.stop().await;
}

// ---- lost links and routers ----

fn is_closed(event: &Event) -> bool {
    matches!(event, Event::Closed(_))
}

/// The operations that were unfinished when the session ended.
fn unfinished(events: Vec<Event>) -> Vec<(u64, bool)> {
    match events.into_iter().last() {
        Some(Event::Closed(ended)) => ended.interrupted.iter().map(|one| (one.op, one.begun)).collect(),
        other => panic!("expected the end, got {other:?}"),
    }
}

fn block(text: &str, payload: ZBytes) -> Put {
    Put { congestion_control: ours::CongestionControl::Block, ..Put::new(key(text), payload) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_router_gets_every_declaration_again() {
    let lab = router().await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_subscriber(1, key("lab/**")).unwrap();
    link.client.declare_queryable(2, key("lab/q")).unwrap();
    link.client.declare_token(3, key("lab/alive/ours")).unwrap();
    link.client.declare_liveliness_subscriber(4, key("lab/alive/*"), true).unwrap();
    link.until(is_sample).await;
    for round in 0..3u64 {
        // The link is idle, in a large put, or in a get without an answer.
        let mut expected = Vec::new();
        if round == 1 {
            let op = link.op();
            link.client.put(op, block("lab/large", payload(&noise(1, 200_000_000)))).unwrap();
            link.until(is_sample).await;
            expected.push((op, true));
            link.parts_of(op, 50).await;
        } else if round == 2 {
            let silent = peer(&lab).await;
            let queryable = silent.declare_queryable("lab/silent").await.unwrap();
            settled(&silent).await;
            let (op, now) = (link.op(), link.now());
            link.client.get(op, Get::new(key("lab/silent")), now).unwrap();
            link.during(async { queryable.recv_async().await.unwrap() }).await;
            expected.push((op, true));
            silent.close().await.unwrap();
            // The queryable has ended, and the router may have reported that already.
            let (_, events) = link.during(tokio::time::sleep(Duration::from_millis(100))).await;
            if events.iter().any(|event| matches!(event, Event::GetEnded(..))) {
                expected.clear();
            }
        }
        let (_, mut events) = link.during(lab.stop_router()).await;
        if !events.iter().any(is_closed) {
            events.extend(link.until(is_closed).await);
        }
        events.truncate(1 + events.iter().position(is_closed).unwrap());
        assert_eq!(unfinished(events), expected, "round {round}");
        let op = link.op();
        assert!(link.client.put(op, block("lab/meanwhile", payload(b"x"))).is_err());
        link.attempts(2).await;
        lab.start_router().await.unwrap();
        let events = link.until(|event| matches!(event, Event::Resumed { .. })).await;
        let Some(Event::Resumed { subscribers, .. }) = events.last() else { panic!() };
        assert_eq!(subscribers, &[1]);
        link.flush().await;

        let peer = peer(&lab).await;
        peer.put("lab/back", noise(2, 100_000)).congestion_control(CongestionControl::Block).await.unwrap();
        assert_eq!(flat(sample(link.until(is_sample).await).kind.payload().unwrap()), noise(2, 100_000));
        while !link.during(alive_again(&peer)).await.0 {}
        let answers = peer.get("lab/q").await.unwrap();
        let events = link.until(|event| matches!(event, Event::Query(_))).await;
        let Some(Event::Query(query)) = events.into_iter().last() else { panic!() };
        let content = Content::new(payload(b"here"));
        link.client.reply(op, query.id, ReplySample { key_expr: key("lab/q"), content }).unwrap();
        link.client.finish(query.id).unwrap();
        let answer = link.during(async { answers.recv_async().await.unwrap() }).await.0;
        assert_eq!(answer.result().unwrap().payload().to_bytes(), b"here".as_slice());
        peer.close().await.unwrap();
    }
    assert_eq!(link.client.stats().sessions, 4);
    lab.stop().await;
}

/// Whether `peer` sees our token.
async fn alive_again(peer: &zenoh::Session) -> bool {
    let answers = peer.liveliness().get("lab/alive/ours").await.unwrap();
    answers.recv_async().await.is_ok()
}

/// The program, started as a person starts it, so that the test can kill it. `None` when another
/// program has taken a port meanwhile.
async fn program(ports: &[String; 3]) -> Option<tokio::process::Child> {
    use tokio::io::AsyncBufReadExt;
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_zbytes-lab"))
        .args(["--router-only", "--page", &ports[0], "--ws", &ports[1], "--tcp", &ports[2]])
        .env_remove("RUST_LOG")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
    // The program prints its addresses once it listens.
    while let Some(line) = tokio::time::timeout(GUARD, lines.next_line()).await.unwrap().unwrap() {
        if line.contains(&ports[2]) {
            // Its output must be read, or it ends.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(child);
        }
    }
    None
}

/// The program on free ports, and these ports, on which the test may start another one.
async fn started() -> ([String; 3], tokio::process::Child) {
    loop {
        let ports = [own_address(), own_address(), own_address()].map(|address| address.to_string());
        if let Some(first) = program(&ports).await {
            return (ports, first);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_is_killed_is_noticed_and_its_successor_found() {
    let (ports, mut first) = started().await;
    let mut link = Link::open(&format!("ws/{}", ports[1])).await;
    link.client.declare_subscriber(1, key("lab/**")).unwrap();
    link.flush().await;
    let op = link.op();
    link.client.put(op, block("lab/large", payload(&noise(1, 300_000_000)))).unwrap();
    link.until(is_sample).await;
    link.parts_of(op, 20).await;
    first.kill().await.unwrap();
    assert_eq!(unfinished(link.until(is_closed).await), [(op, true)]);
    link.attempts(3).await;
    let _second = program(&ports).await.expect("the ports are still free");
    link.until(|event| matches!(event, Event::Resumed { .. })).await;
    let mut other = Link::open(&format!("ws/{}", ports[1])).await;
    link.flush().await;
    other.client.put(1, block("lab/back", payload(b"x"))).unwrap();
    other.flush().await;
    assert_eq!(sample(link.until(is_sample).await).key_expr, "lab/back");
}

/// Harm that a proxy does to the messages from the router to the client.
#[derive(Clone, Copy, Debug)]
enum Harm {
    /// Delays each message for a while.
    Delay,
    /// Truncates the nth message.
    Truncate(usize),
    /// Replaces the nth message with other bytes.
    Garbage(usize),
    /// Ends the connection at the nth message.
    Cut(usize),
}

/// A WebSocket proxy that harms its first connection, and not the next ones.
async fn proxy(to: String, harm: Harm) -> String {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let locator = format!("ws/{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut harmful = true;
        while let Ok((stream, _)) = listener.accept().await {
            let harm = std::mem::replace(&mut harmful, false).then_some(harm);
            let to = to.replacen("ws/", "ws://", 1);
            tokio::spawn(async move {
                let (mut down, mut from_client) = tokio_tungstenite::accept_async(stream).await.unwrap().split();
                let (router, _) = tokio_tungstenite::connect_async(to).await.unwrap();
                let (mut up, mut from_router) = router.split();
                let upwards = async {
                    while let Some(Ok(message)) = from_client.next().await {
                        if up.send(message).await.is_err() {
                            break;
                        }
                    }
                };
                let downwards = async {
                    let mut count = 0;
                    while let Some(Ok(message)) = from_router.next().await {
                        let Message::Binary(bytes) = message else { break };
                        let mut bytes = Vec::from(bytes);
                        count += 1;
                        match harm {
                            Some(Harm::Delay) => tokio::time::sleep(Duration::from_millis(20)).await,
                            Some(Harm::Truncate(n)) if n == count => bytes.truncate(bytes.len() / 2),
                            Some(Harm::Garbage(n)) if n == count => bytes = noise(n as u64, 400),
                            Some(Harm::Cut(n)) if n == count => break,
                            _ => {}
                        }
                        if down.send(Message::Binary(bytes.into())).await.is_err() {
                            break;
                        }
                    }
                };
                tokio::select! { () = upwards => {}, () = downwards => {} }
            });
        }
    });
    locator
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_link_is_told_and_got_over_without_a_wrong_byte() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let harms =
        [Harm::Delay].into_iter().chain((3..9).flat_map(|n| [Harm::Truncate(n), Harm::Garbage(n), Harm::Cut(n)]));
    for harm in harms {
        let through = proxy(lab.ws_locator(), harm).await;
        let mut link = Link::open(&through).await;
        link.client.declare_subscriber(1, key("lab/**")).unwrap();
        // The harmed message may be the answer.
        let (op, now) = (link.op(), link.now());
        link.client.flush(op, now).unwrap();
        let fenced = |event: &Event| matches!(event, Event::Flushed(..) | Event::Resumed { .. } | Event::Closed(_));
        let mut lost = link.until(fenced).await.iter().any(is_closed);
        for round in 0.. {
            let text = format!("lab/{round}");
            // A payload of several batches, and one of a single batch.
            peer.put(&text, noise(round, 200_000)).congestion_control(CongestionControl::Block).await.unwrap();
            peer.put(&text, noise(round, 10)).congestion_control(CongestionControl::Block).await.unwrap();
            let mut whole = 0;
            let mut last = 0;
            while last == 0 {
                match link.event().await {
                    Event::Sample(sample) => {
                        let len = sample.kind.payload().unwrap().len();
                        assert!(len == 10 || len == 200_000, "{harm:?}: {len} B");
                        let round: u64 = sample.key_expr.trim_start_matches("lab/").parse().unwrap();
                        assert!(flat(sample.kind.payload().unwrap()) == noise(round, len), "{harm:?}");
                        whole += 1;
                        last = usize::from(len == 10 && sample.key_expr == text.as_str());
                    }
                    Event::Closed(_) => lost = true,
                    // The samples that were put meanwhile may not have arrived.
                    Event::Resumed { .. } => {
                        link.flush().await;
                        break;
                    }
                    _ => {}
                }
            }
            if whole == 2 && (lost || round > 9 || matches!(harm, Harm::Delay)) {
                break;
            }
        }
        assert_eq!(lost, !matches!(harm, Harm::Delay), "{harm:?}");
    }
    peer.close().await.unwrap();
    lab.stop().await;
}

// ---- fences ----

#[tokio::test(flavor = "multi_thread")]
async fn after_a_fence_the_loss_of_the_link_loses_nothing() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let subscriber = peer.declare_subscriber("lab/**").with(zenoh::handlers::FifoChannel::new(10_000)).await.unwrap();
    settled(&peer).await;
    let mut without = 0;
    for round in 0..20u64 {
        for fence in [true, false] {
            let mut link = Link::open(&lab.ws_locator()).await;
            for n in 0..100 {
                let op = link.op();
                let put = Put {
                    priority: [ours::Priority::Data, ours::Priority::Background][n % 2],
                    ..block(&format!("lab/{fence}"), payload(&noise(round, 20_000)))
                };
                link.client.put(op, put).unwrap();
            }
            if fence {
                link.flush().await;
            } else {
                // Waits until the last put is at the socket, which is all that a put without a
                // fence reports.
                let last = link.op() - 1;
                link.parts_of(last, 1).await;
            }
            link.cut();
            drop(link);
            // A sample of another session arrives after everything that the router has of the
            // first.
            let mut other = Link::open(&lab.ws_locator()).await;
            // It has the lowest priority: samples overtake each other in the router too.
            let mark = Put { priority: ours::Priority::Background, ..block("lab/mark", payload(b"x")) };
            other.client.put(1, mark).unwrap();
            other.flush().await;
            let mut arrived = 0;
            loop {
                let sample = subscriber.recv_async().await.unwrap();
                match sample.key_expr().as_str() {
                    "lab/mark" => break,
                    key if key == format!("lab/{fence}") => arrived += 1,
                    _ => {}
                }
            }
            if fence {
                assert_eq!(arrived, 100, "round {round}");
            } else {
                without += arrived;
            }
        }
    }
    println!("of 2000 puts without a fence {without} had arrived");
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_routers_death_loses_at_most_what_came_after_the_fence() {
    let mut all = Vec::new();
    for _ in 0..3 {
        let (ports, mut router) = started().await;
        let mut reader = Link::open(&format!("ws/{}", ports[1])).await;
        reader.client.declare_subscriber(1, key("lab/**")).unwrap();
        reader.flush().await;
        let mut link = Link::open(&format!("ws/{}", ports[1])).await;
        // More bytes than fit into the buffers between the router and a reader that does not read.
        for n in 0..300u32 {
            let bytes = [n.to_le_bytes().to_vec(), noise(1, 20_000)].concat();
            let op = link.op();
            link.client.put(op, block("lab/n", payload(&bytes))).unwrap();
        }
        link.flush().await;
        router.kill().await.unwrap();
        let mut arrived = Vec::new();
        loop {
            match reader.event().await {
                Event::Sample(sample) => {
                    arrived.push(u32::from_le_bytes(flat(sample.kind.payload().unwrap())[..4].try_into().unwrap()));
                }
                Event::Closed(_) => break,
                _ => {}
            }
        }
        assert!(arrived.iter().copied().eq(0..arrived.len() as u32), "the first ones, in their order: {arrived:?}");
        all.push(arrived.len());
    }
    println!("of 300 puts each before a fence had arrived when the router died: {all:?}");
}

// ---- many puts ----

/// How many puts of mixed sizes.
const MANY: u64 = 10_000;

/// Lengths and digests in their order, by key and priority.
type Orders = std::collections::HashMap<(String, u8), Vec<(usize, [u8; 32])>>;

/// Between 1 B and 4 MiB. Each doubling of the size is as likely as the others.
fn size(n: u64) -> usize {
    let random = mix(n ^ 0x5EED) as f64 / u64::MAX as f64;
    (22.0 * random).exp2() as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_puts_keep_their_order_in_priority_and_key() {
    use sha2::{Digest, Sha256};
    const PRIORITIES: [ours::Priority; 4] =
        [ours::Priority::RealTime, ours::Priority::DataHigh, ours::Priority::Data, ours::Priority::Background];
    let lab = router().await;
    let peer = peer(&lab).await;
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    peer.declare_subscriber("many/**")
        .callback(move |sample| {
            let bytes = sample.payload().to_bytes();
            let digest: [u8; 32] = Sha256::digest(&bytes).into();
            tell.send((sample.key_expr().to_string(), sample.priority(), bytes.len(), digest)).unwrap();
        })
        .background()
        .await
        .unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    // One block of noise for all: each payload refers to a part of it.
    let block_of_noise: std::sync::Arc<[u8]> = noise(77, (1 << 22) + (1 << 16)).into();
    let whole = zbytes_lab::segment::Segment::from(block_of_noise.to_vec());
    let part = |n: u64| {
        let (at, len) = ((mix(n) % (1 << 16)) as usize, size(n).max(1));
        (at, len)
    };
    let mut expected = Orders::default();
    let mut bytes = 0;
    for n in 0..MANY {
        let (at, len) = part(n);
        bytes += len;
        let (text, priority) = (format!("many/{}", n % 3), PRIORITIES[(mix(n + 7) % 4) as usize]);
        let digest: [u8; 32] = Sha256::digest(&block_of_noise[at..at + len]).into();
        expected.entry((text.clone(), priority as u8)).or_default().push((len, digest));
        let (first, second) = (whole.slice(at..at + len / 2).unwrap(), whole.slice(at + len / 2..at + len).unwrap());
        let payload = ZBytes::from_segments([Source::borrow(first), Source::borrow(second)]).unwrap();
        let op = link.op();
        link.client.put(op, Put { priority, ..block(&text, payload) }).unwrap();
    }
    let mut found = Orders::default();
    let gather = async {
        for _ in 0..MANY {
            let next = tokio::time::timeout(GUARD, heard.recv()).await.expect("another sample").unwrap();
            found.entry((next.0, next.1 as u8)).or_default().push((next.2, next.3));
        }
    };
    link.during(gather).await;
    assert_eq!(found.len(), 12);
    for (which, order) in &expected {
        assert!(found.get(which) == Some(order), "{which:?}");
    }
    let sent = link.client.stats().sent;
    println!("{MANY} puts, {bytes} B, in {} batches", sent.batches);
    peer.close().await.unwrap();
    lab.stop().await;
}
