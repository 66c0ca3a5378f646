//! The messages that this client sends by default, compared with those of zenoh's own session:
//! message by message, field by field.
//!
//! A router that only records agrees to a session with either, and asks each the same question. The
//! test removes numbers and ids from the messages, because each side chooses its own. All else must
//! be equal, or be in a table of differences with their reasons.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use zbytes_lab::{
    client::{
        Client, Config, CongestionControl as OurCongestionControl, Content, Encoding as OurEncoding, Event,
        GET_TIMEOUT, Get, LEASE, Locality, MatchingStatusType, Priority as OurPriority, Put as OurPut, ReplyError,
        ReplySample, SampleKind, ZenohId,
    },
    payload::ZBytes,
    segment::{Segment, Source},
    wire::BATCH_SIZE,
};
use zbytes_session::testing::Greeting;
use zenoh::{Wait, qos::Priority as PeerPriority};
use zenoh_buffers::{ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Priority, Reliability, WireExpr},
    network::{
        Declare, DeclareBody, Mapping, NetworkBody, NetworkMessage, Request, UndeclareQueryable, UndeclareSubscriber,
        UndeclareToken,
        ext::{NodeIdType, QoSType},
        interest::InterestOptions,
        request::ext::QueryTarget,
    },
    transport::{FrameHeader, TransportBody, TransportMessage, frame},
    zenoh::{PushBody, Query, RequestBody, ResponseBody},
};

use super::{
    key, payload,
    support::{GUARD, lab::joined},
};

/// The number of the question that the recorder asks.
const ASKED: u32 = 7;

async fn timeout<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, what).await.expect("it comes")
}

/// The lane on which a message arrived, and the message.
type Told = (Priority, Reliability, NetworkBody);

fn decoded(batch: &[u8]) -> Vec<TransportBody> {
    let mut slice = ZSlice::from(batch.to_vec());
    let mut reader = (&mut slice).reader();
    let mut all = Vec::new();
    while zenoh_buffers::reader::Reader::can_read(&reader) {
        let message: TransportMessage = Zenoh080::new().read(&mut reader).unwrap();
        all.push(message.body);
    }
    all
}

/// A router's answer to a message of the handshake.
fn answer(body: &TransportBody) -> Option<Vec<u8>> {
    match body {
        TransportBody::InitSyn(syn) => Some(Greeting { batch_size: syn.batch_size, ..Greeting::default() }.init_ack()),
        TransportBody::OpenSyn(syn) => Some(Greeting { lease: syn.lease, ..Greeting::default() }.open_ack()),
        _ => None,
    }
}

/// A query for the queryable under `lab/answer`.
fn question() -> Vec<u8> {
    let header =
        FrameHeader { reliability: Reliability::Reliable, sn: 0, ext_qos: frame::ext::QoSType::new(Priority::Data) };
    let request = NetworkBody::Request(Request {
        id: ASKED,
        wire_expr: WireExpr { scope: 0, suffix: "lab/answer".into(), mapping: Mapping::Sender },
        ext_qos: QoSType::REQUEST,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
        ext_target: QueryTarget::BestMatching,
        ext_budget: None,
        ext_timeout: Some(GET_TIMEOUT),
        ext_ts_stack: None,
        payload: RequestBody::Query(Query::default()),
    });
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    Zenoh080::new().write(&mut batch, &NetworkMessage::from(request)).unwrap();
    batch
}

/// Agrees to a session over tcp, where the length of each batch precedes it. Passes on the messages
/// that it receives.
async fn record(listener: TcpListener, heard: mpsc::UnboundedSender<TransportBody>, mut say: mpsc::Receiver<Vec<u8>>) {
    async fn send(link: &mut TcpStream, batch: &[u8]) {
        link.write_all(&(batch.len() as u16).to_le_bytes()).await.unwrap();
        link.write_all(batch).await.unwrap();
    }
    let (mut link, _) = listener.accept().await.unwrap();
    let (mut got, mut space) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = link.read(&mut space) => match read {
                Ok(len) if len > 0 => got.extend_from_slice(&space[..len]),
                _ => return,
            },
            Some(batch) = say.recv() => send(&mut link, &batch).await,
        }
        while let Some(len) = got.first_chunk().map(|len| 2 + usize::from(u16::from_le_bytes(*len)))
            && got.len() >= len
        {
            for body in decoded(&got[2..len]) {
                if let Some(answer) = answer(&body) {
                    send(&mut link, &answer).await;
                }
                let _ = heard.send(body);
            }
            got.drain(..len);
        }
    }
}

/// The messages of a session of the `zenoh` crate.
async fn theirs() -> Vec<TransportBody> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, mut told) = mpsc::unbounded_channel();
    let (say, said) = mpsc::channel(1);
    let recorder = tokio::spawn(record(listener, heard, said));
    let session = timeout(joined(&format!("tcp/{address}"))).await;
    session.put("lab/put", "x").await.unwrap();
    session.delete("lab/delete").await.unwrap();
    let subscriber = session.declare_subscriber("lab/subscriber").await.unwrap();
    let answering = session.declare_queryable("lab/answer").await.unwrap();
    let token = session.liveliness().declare_token("lab/token").await.unwrap();
    let alive = session.liveliness().declare_subscriber("lab/alive").await.unwrap();
    let history = session.liveliness().declare_subscriber("lab/history").history(true).await.unwrap();
    let publisher = session.declare_publisher("lab/publisher").await.unwrap();
    let querier = session.declare_querier("lab/querier").await.unwrap();
    let _asked = session.get("lab/get?a=1").await.unwrap();
    let _listed = session.liveliness().get("lab/list").await.unwrap();
    say.send(question()).await.unwrap();
    let query = timeout(answering.recv_async()).await.unwrap();
    query.reply("lab/answer", "x").await.unwrap();
    query.reply_del("lab/answer").await.unwrap();
    query.reply_err("bad").await.unwrap();
    drop(query);
    // The crate may still hold the query elsewhere, and ends it only later.
    let mut all = Vec::new();
    let mut until = async |words: &str| {
        while !all.iter().any(|body| format!("{body:?}").contains(words)) {
            all.push(timeout(told.recv()).await.unwrap());
        }
    };
    until("ResponseFinal").await;
    subscriber.undeclare().await.unwrap();
    answering.undeclare().await.unwrap();
    token.undeclare().await.unwrap();
    alive.undeclare().await.unwrap();
    history.undeclare().await.unwrap();
    publisher.undeclare().await.unwrap();
    querier.undeclare().await.unwrap();
    // Its priority is the lowest, so that it leaves after everything else.
    session.put("lab/last", "x").priority(PeerPriority::Background).await.unwrap();
    until("lab/last").await;
    timeout(async { session.close().wait() }).await.unwrap();
    while !all.iter().any(|body| matches!(body, TransportBody::Close(_))) {
        all.push(timeout(told.recv()).await.unwrap());
    }
    timeout(recorder).await.unwrap();
    all
}

/// The messages of this client for the same operations.
fn ours() -> Vec<TransportBody> {
    let now = Duration::ZERO;
    let mut client = Client::new(Config::new(ZenohId::new([5; 16]).unwrap(), 0), now);
    let mut all = Vec::new();
    let mut buffer = vec![0; usize::from(BATCH_SIZE)];
    let mut sent = |client: &mut Client| {
        while let Some(transmit) = client.poll_transmit(&mut buffer, now) {
            for body in decoded(&buffer[..transmit.len]) {
                if let Some(answer) = answer(&body) {
                    client.handle_input(Segment::from(answer), now);
                }
                all.push(body);
            }
        }
    };
    sent(&mut client);
    let one = || payload(b"x");
    client.put(1, OurPut::new(key("lab/put"), one())).unwrap();
    client.put(2, OurPut::delete(key("lab/delete"))).unwrap();
    client.declare_subscriber(1, key("lab/subscriber")).unwrap();
    client.declare_queryable(2, key("lab/answer")).unwrap();
    client.declare_token(3, key("lab/token")).unwrap();
    client.declare_liveliness_subscriber(4, key("lab/alive"), false).unwrap();
    client.declare_liveliness_subscriber(5, key("lab/history"), true).unwrap();
    client.declare_matching_listener(6, key("lab/publisher"), MatchingStatusType::Subscribers).unwrap();
    client.declare_matching_listener(7, key("lab/querier"), MatchingStatusType::Queryables).unwrap();
    client.get(3, Get::of_selector("lab/get?a=1").unwrap(), now).unwrap();
    client.get_liveliness(4, key("lab/list"), GET_TIMEOUT, now).unwrap();
    client.handle_input(Segment::from(question()), now);
    let query = std::iter::from_fn(|| client.poll_event()).find_map(|event| match event {
        Event::Query(query) => Some(query.id),
        _ => None,
    });
    let query = query.unwrap();
    client.reply(5, query, ReplySample { key_expr: key("lab/answer"), content: Content::new(one()) }).unwrap();
    client
        .reply(6, query, ReplySample { key_expr: key("lab/answer"), content: Content::new(SampleKind::Delete) })
        .unwrap();
    let bad = ZBytes::from_segments([Source::moved(b"bad".to_vec())]).unwrap();
    client.reply_err(7, query, ReplyError { payload: bad, encoding: OurEncoding::empty() }).unwrap();
    client.finish(query).unwrap();
    for id in 1..=7 {
        client.undeclare(id).unwrap();
    }
    client.put(8, OurPut { priority: OurPriority::Background, ..OurPut::new(key("lab/last"), one()) }).unwrap();
    sent(&mut client);
    client.close();
    sent(&mut client);
    all
}

/// Each network message by a name. The function removes the values that a sender chooses freely.
/// They are numbers of requests and declarations, the id of the answering session, and numbers in
/// place of keys.
fn named(all: &[TransportBody]) -> BTreeMap<String, Told> {
    let (mut keys, mut names, mut named) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let frames = all.iter().filter_map(|body| match body {
        TransportBody::Frame(frame) => Some(frame),
        _ => None,
    });
    for (frame, message) in frames.flat_map(|frame| frame.payload.iter().map(move |message| (frame, message))) {
        let mut body = message.body.clone();
        if let NetworkBody::Declare(Declare { body: DeclareBody::DeclareKeyExpr(declared), .. }) = &body {
            keys.insert(declared.id, declared.wire_expr.suffix.to_string());
            continue;
        }
        let in_full = |wire: &mut WireExpr<'static>| {
            let prefix = keys.get(&wire.scope).cloned().unwrap_or_default();
            let suffix = format!("{prefix}{}", wire.suffix);
            *wire = WireExpr { scope: 0, suffix: suffix.clone().into(), mapping: Mapping::Sender };
            suffix
        };
        let mut begin = |id: &mut u32, name: String| {
            names.insert(std::mem::take(id), name.clone());
            name
        };
        let name = match &mut body {
            NetworkBody::Push(push) => in_full(&mut push.wire_expr),
            NetworkBody::Request(request) => {
                request.id = 0;
                in_full(&mut request.wire_expr)
            }
            NetworkBody::Response(response) => {
                assert_eq!(response.rid, ASKED);
                assert!(response.ext_respid.take().is_some(), "who answers is said");
                let kind = match &response.payload {
                    ResponseBody::Reply(reply) if matches!(reply.payload, PushBody::Del(_)) => "a delete",
                    ResponseBody::Reply(_) => "a put",
                    ResponseBody::Err(_) => "an error",
                };
                format!("{kind} as an answer")
            }
            NetworkBody::ResponseFinal(last) => {
                assert_eq!(last.rid, ASKED);
                "the end of answers".to_owned()
            }
            NetworkBody::Interest(interest) => match &mut interest.wire_expr {
                Some(key) => begin(&mut interest.id, in_full(key)),
                None => format!("the end of {}", names[&std::mem::take(&mut interest.id)]),
            },
            NetworkBody::Declare(declare) => match &mut declare.body {
                DeclareBody::DeclareSubscriber(one) => begin(&mut one.id, in_full(&mut one.wire_expr)),
                DeclareBody::DeclareQueryable(one) => begin(&mut one.id, in_full(&mut one.wire_expr)),
                DeclareBody::DeclareToken(one) => begin(&mut one.id, in_full(&mut one.wire_expr)),
                DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, .. })
                | DeclareBody::UndeclareQueryable(UndeclareQueryable { id, .. })
                | DeclareBody::UndeclareToken(UndeclareToken { id, .. }) => {
                    format!("the end of {}", names[&std::mem::take(id)])
                }
                other => panic!("unexpected {other:?}"),
            },
            NetworkBody::OAM(oam) => panic!("unexpected {oam:?}"),
        };
        let told = (frame.ext_qos.priority(), frame.reliability, body);
        assert!(named.insert(name.clone(), told).is_none(), "{name} twice");
    }
    named
}

/// A difference between the two, with its reason.
struct Difference {
    names: &'static [&'static str],
    why: &'static str,
    as_theirs: fn(&mut NetworkBody),
}

const DIFFERENCES: [Difference; 1] = [Difference {
    names: &["lab/alive", "lab/history", "lab/list", "lab/publisher", "lab/querier"],
    why: "a router names keys in full, so that each frame can be read alone",
    as_theirs: |body| {
        if let NetworkBody::Interest(interest) = body {
            interest.options += InterestOptions::KEYEXPRS;
        }
    },
}];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_by_default_is_what_zenoh_sends_by_default() {
    let (theirs, ours) = (theirs().await, ours());
    let (mut left, right) = (named(&ours), named(&theirs));
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    assert_eq!(left.len(), 23);
    for Difference { names, why, as_theirs } in DIFFERENCES {
        for name in names {
            let told = left.get_mut(*name).unwrap();
            assert_ne!(*told, right[*name], "{name} is said to differ: {why}");
            as_theirs(&mut told.2);
        }
    }
    for (name, told) in &left {
        assert_eq!(told, &right[name], "{name}, ours and zenoh's");
    }

    let handshake = |all: &[TransportBody]| {
        let found = all.iter().fold((None, None, None), |found, body| match body {
            TransportBody::InitSyn(syn) => (Some(syn.clone()), found.1, found.2),
            TransportBody::OpenSyn(syn) => (found.0, Some(syn.clone()), found.2),
            TransportBody::Close(close) => (found.0, found.1, Some(*close)),
            _ => found,
        });
        (found.0.unwrap(), found.1.unwrap(), found.2.unwrap())
    };
    let ((mut init, mut open, close), (zenohs_init, zenohs_open, zenohs_close)) =
        (handshake(&ours), handshake(&theirs));
    // Over tcp, zenoh chooses batches that fit whole packets. Over ws it chooses the longest, as
    // this client does.
    assert_eq!((init.batch_size, zenohs_init.batch_size), (BATCH_SIZE, 65_480));
    (init.zid, init.batch_size) = (zenohs_init.zid, zenohs_init.batch_size);
    assert_eq!(init, zenohs_init);
    // A browser can freeze a page for a while, but not a program.
    assert_eq!((open.lease, zenohs_open.lease), (LEASE, Duration::from_secs(10)));
    (open.lease, open.initial_sn) = (zenohs_open.lease, zenohs_open.initial_sn);
    assert_eq!(open, zenohs_open);
    assert_eq!(close, zenohs_close);
}

#[test]
fn an_answer_to_a_get_of_our_own_is_treated_as_the_get_asks() {
    let now = Duration::ZERO;
    for (congestion_control, priority, express) in [
        (Get::new(key("a")).congestion_control, OurPriority::DEFAULT, false),
        (OurCongestionControl::Drop, OurPriority::RealTime, true),
    ] {
        let mut client = Client::new(Config::new(ZenohId::new([5; 16]).unwrap(), 0), now);
        let mut buffer = vec![0; usize::from(BATCH_SIZE)];
        while let Some(transmit) = client.poll_transmit(&mut buffer, now) {
            for answer in decoded(&buffer[..transmit.len]).iter().filter_map(answer) {
                client.handle_input(Segment::from(answer), now);
            }
        }
        client.declare_queryable(1, key("a")).unwrap();
        let get = Get {
            congestion_control,
            priority,
            express,
            allowed_destination: Locality::SessionLocal,
            ..Get::new(key("a"))
        };
        client.get(2, get, now).unwrap();
        client.reply(3, 0, ReplySample { key_expr: key("a"), content: Content::new(payload(b"x")) }).unwrap();
        client.finish(0).unwrap();
        let reply = std::iter::from_fn(|| client.poll_event()).find_map(|event| match event {
            Event::Reply(2, reply) => Some(reply.result.unwrap()),
            _ => None,
        });
        let qos = reply.unwrap().qos;
        assert_eq!((qos.congestion_control, qos.priority, qos.express), (congestion_control, priority, express));
    }
    assert_eq!(Get::new(key("a")).congestion_control, OurCongestionControl::Block);
}
