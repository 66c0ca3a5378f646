//! Spans written by hand, spans of everything that this client sends, and spans of random bytes.

use std::time::Duration;

use proptest::prelude::*;
use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::WireExpr,
    network::{
        self, Declare, DeclareBody, DeclareFinal, Mapping, NetworkBody, NetworkMessage, UndeclareToken,
        declare::common::ext::WireExprType,
        interest::{InterestMode, InterestOptions},
    },
    transport::{
        FragmentHeader,
        fragment::ext::{Drop, QoSType},
    },
};

use super::*;
use crate::wire::{
    BatchReader, CongestionControl, ConsolidationMode, Content, Encoding, EntityGlobalId, GROWTH, KeyExpr, Lane,
    Outgoing, Priority, Qos, QueryTarget, Question, Reliability, SampleKind, SourceInfo, Timestamp, Transport, ZenohId,
    abort, encode,
};

const LANE: Lane = Lane { priority: Priority::DataHigh, reliability: Reliability::Reliable };
const QOS: Qos = Qos { priority: Priority::DataHigh, congestion_control: CongestionControl::Block, express: true };

fn held(bytes: &[u8]) -> ZBytes {
    ZBytes::of_held(bytes.chunks(50_000).map(|part| Segment::from(part.to_vec())).collect())
}

fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|at| zbytes_measure::mix(at as u64) as u8).collect()
}

/// The name and the value of every span, indented by its depth, with its range.
fn written(dissection: &Dissection) -> Vec<String> {
    let line = |span: &Span| {
        let indent = "  ".repeat(span.depth.into());
        let value = if span.value.is_empty() { String::new() } else { format!(" = {}", span.value.raw()) };
        format!("{indent}{}..{} {}{value}", span.start, span.start + span.len, span.field.name)
    };
    dissection.spans.iter().map(line).collect()
}

/// The conditions that the spans of any bytes must meet.
fn sound(batch: &[u8], dissection: &Dissection) {
    let mut covered = 0;
    for span in dissection.leaves() {
        assert_eq!(span.start, covered, "no gap and no overlap: {:#?}", written(dissection));
        assert!(span.len > 0);
        covered += span.len;
        if let Shape::Body(carried) = span.shape {
            assert_eq!((carried.start, carried.len), (span.start, span.len));
            assert!(carried.offset + carried.len <= carried.total);
        }
    }
    assert_eq!(covered, batch.len());
    for (at, span) in dissection.spans.iter().enumerate().filter(|(_, span)| span.shape == Shape::Group) {
        let inner = dissection.spans[at + 1..].iter().take_while(|inner| inner.depth > span.depth);
        let leaves: usize = inner.filter(|inner| inner.shape != Shape::Group).map(|inner| inner.len).sum();
        assert_eq!(leaves, span.len, "a group is the sum of its leaves: {:#?}", written(dissection));
    }
    for byte in (0..batch.len()).step_by(97).chain(batch.len().checked_sub(1)) {
        let span = &dissection.spans[dissection.at(byte).unwrap()];
        assert!((span.start..span.start + span.len).contains(&byte) && span.shape != Shape::Group);
    }
    assert_eq!(dissection.at(batch.len()), None);
    // A Join becomes one span: a link like this one never carries it.
    let passed = dissection.spans.iter().any(|span| span.field.name == "Join");
    let unknown = dissection.leaves().any(|span| span.field.name == "not understood");
    assert!(dissection.error.is_some() || passed || !unknown);
}

/// The spans and the summary of a valid batch.
fn read(batch: &[u8], begun: Option<&Begun>) -> (Dissection, Summary) {
    let (dissection, summary) = (dissect(batch, begun), summarize(batch, begun));
    sound(batch, &dissection);
    assert_eq!((&dissection.error, &summary.error), (&None, &None), "{:#?}", written(&dissection));
    let bodies = dissection.carried();
    assert_eq!(bodies[..bodies.len().min(Summary::CARRIED)], summary.carried);
    assert_eq!(bodies.len(), summary.runs);
    (dissection, summary)
}

fn frame(message: &[u8]) -> Vec<u8> {
    let mut outgoing = Outgoing::new(message.to_vec(), ZBytes::empty());
    let mut batch = vec![0; 65_535];
    let len = outgoing.gather(&mut batch, LANE, 300, true).unwrap().len;
    assert!(outgoing.is_done());
    batch.truncate(len);
    batch
}

#[test]
fn a_put_in_one_frame_field_by_field() {
    #[rustfmt::skip]
    let batch = [
        // FRAME, reliable; sequence number.
        0x25, 5,
        // PUSH with a suffix, mapping sender; scope 0; length and text of the suffix.
        0x7d, 0, 3, b'a', b'/', b'b',
        // PUT; payload length.
        0x01, 3,
        0xAA, 0xBB, 0xCC,
    ];
    let (dissection, summary) = read(&batch, None);
    assert_eq!(
        written(&dissection),
        [
            "0..13 Frame",
            "  0..1 header = reliable",
            "  1..2 sequence number = 5",
            "  2..13 Push = a/b",
            "    2..3 header = key, numbers of the sender",
            "    3..4 scope = 0: none",
            "    4..5 length of the key = 3 B",
            "    5..8 key = a/b",
            "    8..13 Put",
            "      8..9 header",
            "      9..10 length of the payload = 3 B",
            "      10..13 payload = 3 B",
        ]
    );
    assert_eq!(
        (summary.kind, summary.sn, summary.messages.as_slice()),
        (Kind::Frame, Some(5), [("Put".into(), 1)].as_slice())
    );
    assert_eq!((summary.keys, summary.payload), (vec!["a/b".into()], 3));
    let carried = Carried { what: Carries::Payload, start: 10, len: 3, offset: 0, total: 3, message: 0 };
    assert_eq!(summary.carried, [carried]);
}

#[test]
fn a_handshake_field_by_field() {
    let (dissection, summary) = read(&encode::init_syn("cd00ab".parse().unwrap()), None);
    assert_eq!(
        written(&dissection),
        [
            "0..10 InitSyn",
            "  0..1 header = extensions follow",
            "  1..2 version = 9",
            "  2..3 role and id length = client, 3 B",
            "  3..6 zenoh id = cd00ab",
            "  6..7 extension: QoS",
            "    6..7 extension header = id 1, no value, more follow",
            "  7..9 extension: patch = 1",
            "    7..8 extension header = id 7, a number",
            "    8..9 value = 1",
        ]
        .map(|line| if line == "0..10 InitSyn" { "0..9 InitSyn" } else { line })
    );
    assert_eq!(summary.kind, Kind::InitSyn);
    let (dissection, _) = read(&encode::open_syn(Duration::from_secs(60), 7, vec![1, 2].into()), None);
    assert_eq!(
        written(&dissection),
        [
            "0..6 OpenSyn",
            "  0..1 header = lease in seconds",
            "  1..2 lease = 60 s",
            "  2..3 initial sequence number = 7",
            "  3..4 length of the cookie = 2 B",
            "  4..6 cookie = 0102",
        ]
    );
    let mut close = encode::close(2);
    assert_eq!(written(&read(&close, None).0), ["0..2 Close", "  0..1 header", "  1..2 reason = 2: INVALID"]);
    close[0] |= zenoh_protocol::transport::close::flag::S;
    let (dissection, _) = read(&close, None);
    assert_eq!(written(&dissection), ["0..2 Close", "  0..1 header = the whole session", "  1..2 reason = 2: INVALID"]);
    assert_eq!(read(&encode::keep_alive(), None).1.kind, Kind::KeepAlive);
}

#[test]
fn numbers_lengths_and_words_are_those_of_the_message() {
    let zid = ZenohId::new([5; 16]).unwrap();
    let encoding = Encoding::new(4, Some(b"utf-8".to_vec())).unwrap();
    let content = Content {
        kind: SampleKind::Put { payload: held(b"payload"), encoding },
        timestamp: Some(Timestamp::new(7 << 32 | 1 << 31, zid)),
        source_info: Some(SourceInfo { source_id: EntityGlobalId { zid, eid: 9 }, source_sn: 1 << 20 }),
        attachment: Some(held(b"along")),
    };
    let batch = {
        let mut batch = vec![0; 1000];
        let mut message = encode::push(&KeyExpr::new("lab/x").unwrap(), QOS, &content, GROWTH).unwrap();
        let len = message.gather(&mut batch, LANE, 300, true).unwrap().len;
        batch.truncate(len);
        batch
    };
    let (dissection, summary) = read(&batch, None);
    let zid = zid.to_string();
    let values: Vec<(&str, &str)> = dissection
        .leaves()
        .map(|span| (span.field.name, span.value.raw()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    for expected in [
        ("sequence number", "300"),
        ("value", "data high"),
        ("value", "data high, waits, express"),
        ("time", "7.500000 s since 1970"),
        ("clock’s id", zid.as_str()),
        ("encoding", "4: text/plain, with a schema"),
        ("schema", "utf-8"),
        ("entity id", "9"),
        ("sample number", "1,048,576"),
        ("attachment", "5 B"),
        ("payload", "7 B"),
    ] {
        assert!(values.contains(&expected), "{expected:?} in {values:#?}");
    }
    assert_eq!(summary.lane, Some(LANE));
    let carried: Vec<(Carries, usize)> = summary.carried.iter().map(|carried| (carried.what, carried.len)).collect();
    assert_eq!(carried, [(Carries::Attachment, 5), (Carries::Payload, 7)]);
}

/// Every message that this client sends, each in one batch.
fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let key = &KeyExpr::new("lab/*/x").unwrap();
    let replier = EntityGlobalId { zid: ZenohId::new([3; 16]).unwrap(), eid: 3 };
    let whole = |mut message: Outgoing| {
        let mut batch = vec![0; 65_535];
        let len = message.gather(&mut batch, LANE, 1, true).unwrap().len;
        batch[..len].to_vec()
    };
    let question = Question {
        parameters: "a=1".to_owned(),
        body: Some(held(&noise(3000))),
        encoding: Encoding::new(1, None).unwrap(),
        attachment: Some(held(b"x")),
        target: QueryTarget::All,
        consolidation: ConsolidationMode::Latest,
        timeout: Some(Duration::from_secs(3)),
        source_info: None,
    };
    let options = InterestOptions::KEYEXPRS + InterestOptions::SUBSCRIBERS;
    let mut all: Vec<(&str, Vec<u8>)> = [
        ("Interest", encode::interest(7, InterestMode::CurrentFuture, options, key)),
        ("Interest", encode::fence(7, Priority::Data)),
        ("Interest", encode::interest_final(7)),
        ("DeclareSubscriber", encode::declare_subscriber(300, key)),
        ("UndeclareSubscriber", encode::undeclare_subscriber(300)),
        ("DeclareQueryable", encode::declare_queryable(1, key, true)),
        ("UndeclareQueryable", encode::undeclare_queryable(1)),
        ("DeclareToken", encode::declare_token(2, key)),
        ("UndeclareToken", encode::undeclare_token(2)),
        ("ResponseFinal", encode::response_final(1 << 30, QOS)),
    ]
    .into_iter()
    .map(|(name, message)| (name, frame(&message)))
    .collect();
    all.push(("Query", whole(encode::request(7, key, QOS, &question, GROWTH).unwrap())));
    all.push(("Put", whole(encode::push(key, QOS, &Content::new(held(&noise(4000))), GROWTH).unwrap())));
    all.push(("Del", whole(encode::push(key, QOS, &Content::new(SampleKind::Delete), GROWTH).unwrap())));
    all.push((
        "Reply",
        whole(encode::reply(7, key, QOS, Some(replier), &Content::new(held(b"answer")), GROWTH).unwrap()),
    ));
    let encoding = Encoding::new(4, None).unwrap();
    all.push((
        "Err",
        whole(encode::reply_err(7, Some(key), QOS, Some(replier), &held(b"no"), &encoding, GROWTH).unwrap()),
    ));
    all
}

#[test]
fn every_message_that_is_sent_is_understood() {
    for (name, batch) in messages() {
        let (dissection, summary) = read(&batch, None);
        assert_eq!(summary.messages, [(name.into(), 1)]);
        assert!(dissection.leaves().all(|span| span.shape != Shape::Unknown));
    }
}

#[test]
fn many_messages_share_a_frame_and_the_summary_stays_small() {
    let mut batch = vec![0; 65_535];
    let mut len = 0;
    let put = |at: usize| {
        encode::push(
            &KeyExpr::new(&format!("lab/{}", at % 20)).unwrap(),
            QOS,
            &Content::new(held(&noise(at % 7))),
            GROWTH,
        )
        .unwrap()
    };
    let mut count = 0;
    loop {
        let mut message = put(count);
        if count == 0 {
            len = message.gather(&mut batch, LANE, 1, true).unwrap().len;
        } else if let Some(gathered) = message.append(&mut batch, len) {
            len = gathered.unwrap().len;
        } else {
            break;
        }
        count += 1;
    }
    let (dissection, summary) = read(&batch[..len], None);
    assert_eq!((summary.messages.as_slice(), summary.count()), ([("Put".into(), count)].as_slice(), count));
    assert_eq!((summary.keys.len(), summary.more_keys, summary.carried.len()), (Summary::KEYS, true, Summary::CARRIED));
    assert_eq!(summary.payload, (0..count).map(|at| at % 7).sum::<usize>());
    assert_eq!((dissection.carried().len(), summary.unnoted()), (summary.runs, summary.runs - Summary::CARRIED));
    assert_eq!(summary.runs, (0..count).filter(|at| at % 7 > 0).count());
    // Each body knows the index of its message, empty messages counted too.
    for span in dissection.leaves() {
        if let Shape::Body(carried) = span.shape {
            assert_eq!(carried.len, carried.message % 7);
        }
    }
    assert!(count > 2000);
}

/// Cuts `message` into batches of at most `size`. Puts its bodies together again from the spans.
fn rejoined(mut message: Outgoing, size: usize) -> (Vec<u8>, Vec<u8>, usize) {
    let (mut payload, mut along) = (Vec::new(), Vec::new());
    let mut begun = Begun::default();
    let (mut batch, mut sn, mut count) = (vec![0; size], 7, 0);
    while !message.is_done() {
        let len = message.gather(&mut batch, LANE, sn, true).unwrap().len;
        let (_, summary) = read(&batch[..len], Some(&begun));
        assert_eq!(summary.first, summary.kind == Kind::Fragment && count == 0);
        assert_eq!(summary.more, summary.kind == Kind::Fragment && !message.is_done());
        for carried in &summary.carried {
            let into = if carried.what == Carries::Attachment { &mut along } else { &mut payload };
            assert_eq!(into.len(), carried.offset);
            into.extend(&batch[carried.start..carried.start + carried.len]);
        }
        begun.offset += summary.part;
        if count == 0 {
            begun.bodies = summary.bodies;
        }
        (sn, count) = (sn + 1, count + 1);
    }
    (payload, along, count)
}

#[test]
fn bodies_are_put_together_again_from_the_spans_of_fragments() {
    let key = &KeyExpr::new("lab/large").unwrap();
    let replier = EntityGlobalId { zid: ZenohId::new([3; 16]).unwrap(), eid: 3 };
    let (payload, along) = (noise(300_000), noise(100_000));
    for size in [65_535, 8192, 1000] {
        let put = |content: &Content| encode::push(key, QOS, content, GROWTH).unwrap();
        let (found, _, count) = rejoined(put(&Content::new(held(&payload))), size);
        assert!(found == payload && count >= 300_000 / size);
        assert!(
            rejoined(encode::reply(1, key, QOS, Some(replier), &Content::new(held(&payload)), GROWTH).unwrap(), size).0
                == payload
        );
        let question = Question {
            parameters: String::new(),
            body: Some(held(&payload)),
            encoding: Encoding::empty(),
            attachment: None,
            target: QueryTarget::BestMatching,
            consolidation: ConsolidationMode::Auto,
            timeout: None,
            source_info: None,
        };
        assert!(rejoined(encode::request(1, key, QOS, &question, GROWTH).unwrap(), size).0 == payload);
        // A short attachment is whole in the first fragment, with the length of the payload behind
        // it.
        let short = Content { attachment: Some(held(&along[..500])), ..Content::new(held(&payload)) };
        let (found, found_along, _) = rejoined(put(&short), size);
        assert!(found == payload && found_along == along[..500]);
        // The spans give back a long attachment whole. The payload behind it stays unknown.
        let long = Content { attachment: Some(held(&along)), ..Content::new(held(&payload)) };
        let (found, found_along, _) = rejoined(put(&long), size);
        assert!(found.is_empty() && found_along == along);
    }
}

#[test]
fn a_fragment_of_which_nothing_is_known_is_left_alone() {
    let mut message =
        encode::push(&KeyExpr::new("lab/large").unwrap(), QOS, &Content::new(held(&noise(2000))), GROWTH).unwrap();
    let mut batch = vec![0; 1000];
    message.gather(&mut batch, LANE, 7, true).unwrap();
    let len = message.gather(&mut batch, LANE, 8, true).unwrap().len;
    let (dissection, summary) = read(&batch[..len], None);
    assert_eq!(dissection.spans.last().unwrap().field.name, "part of a message");
    assert_eq!((summary.payload, summary.carried.len(), summary.part > 0), (0, 0, true));
    let len = abort(&mut batch, LANE, 9).unwrap();
    let (dissection, summary) = read(&batch[..len], Some(&Begun { offset: 990, bodies: Vec::new() }));
    assert!(summary.dropped && dissection.spans.iter().any(|span| span.field.name == "extension: drop"));
}

#[test]
fn what_is_no_zenoh_is_said_to_be_none() {
    for (batch, what) in [
        ([0xff, 1, 2].as_slice(), "a transport message"),
        (&[0x25, 5, 0x7d, 0, 200, b'a'], "key"),
        (&[0x25, 5, 0x7d, 0, 3, 0xff, 0xff, 0xff], "key"),
        (&[0x25, 5, 0x3d, 0, 1, b'a', 0x01, 9, 1], "payload"),
        (&[0x25, 5, 0x3d, 0, 1, b'a', 0x02, 0x25], "sequence number"),
    ] {
        let dissection = dissect(batch, None);
        sound(batch, &dissection);
        let error = dissection.error.unwrap();
        assert_eq!((error.what, error.len), (what.into(), batch.len()), "{batch:?}");
    }
    assert_eq!(dissect(&[], None), Dissection::default());
}

/// Whether the reader of the client accepts the whole batch. `None` when the reader and the
/// dissection look into different parts of it.
fn taken(batch: &[u8]) -> Option<bool> {
    let source = held(batch);
    let mut ledger = Ledger::new();
    let mut reader = BatchReader::new(&source, &mut ledger);
    loop {
        match reader.transport() {
            Ok(None) => return Some(true),
            Ok(Some(Transport::Frame { reliability, .. })) => loop {
                match reader.message(reliability) {
                    Ok(None) => break,
                    Ok(Some(_)) => {}
                    Err(_) => return Some(false),
                }
            },
            Ok(Some(Transport::Fragment { .. })) => return None,
            Ok(Some(_)) => {}
            Err(_) => return Some(false),
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_have_spans(batch in prop::collection::vec(any::<u8>(), 0..300), offset in 0usize..100) {
        for begun in [None, Some(Begun { offset, bodies: vec![Body { what: Carries::Payload, at: 20, len: 150 }] })] {
            sound(&batch, &dissect(&batch, begun.as_ref()));
            prop_assert_eq!(summarize(&batch, begun.as_ref()).error, dissect(&batch, begun.as_ref()).error);
        }
    }

    #[test]
    fn spans_end_where_the_codec_does(
        pick in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let all = messages();
        let mut batch = all[pick.index(all.len())].1.clone();
        for (at, byte) in changes {
            // Mostly in the head, because only the head is parsed.
            let at = at.index(batch.len().min(80));
            batch[at] = byte;
        }
        if let Some(cut) = cut {
            batch.truncate(cut.index(batch.len().min(80)) + 1);
        }
        let dissection = dissect(&batch, None);
        sound(&batch, &dissection);
        let special = dissection.spans.iter().any(|span| matches!(span.field.name, "Join" | "extension: timestamps"));
        if let Some(taken) = taken(&batch).filter(|_| !special) {
            prop_assert_eq!(taken, dissection.error.is_none(), "{:#?} {:02x?}", written(&dissection), &batch[..batch.len().min(80)]);
        }
    }
}

/// A message of a router in one frame.
fn told(message: &NetworkMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, message).unwrap();
    frame(&bytes)
}

#[test]
fn sizes_of_a_handshake_are_read_in_their_order() {
    // The header says that sizes follow. Sequence numbers have 32 bits (2), requests 64 (3);
    // batches are of 0x1234 B.
    let (dissection, _) = read(&[0x41, 9, 0x02, 0xab, 2 | 3 << 2, 0x34, 0x12], None);
    let lines = written(&dissection).join("\n");
    assert!(lines.contains("sequence numbers 32 bits, requests 64 bits") && lines.contains("4,660 B"), "{lines}");
}

#[test]
fn a_message_that_is_given_up_carries_nothing_any_more() {
    let header = FragmentHeader {
        reliability: Reliability::Reliable.to_wire(),
        more: false,
        sn: 5,
        ext_qos: QoSType::DEFAULT,
        ext_first: None,
        ext_drop: Some(Drop::new()),
    };
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    batch.extend([7; 9]);
    let bodies = vec![Body { what: Carries::Payload, at: 5, len: 100 }];
    let (dissection, summary) = read(&batch, Some(&Begun { offset: 10, bodies }));
    assert!(summary.dropped && summary.carried.is_empty() && dissection.carried().is_empty());
}

#[test]
fn bytes_between_an_attachment_and_a_payload_are_neither() {
    let header = FragmentHeader {
        reliability: Reliability::Reliable.to_wire(),
        more: true,
        sn: 5,
        ext_qos: QoSType::DEFAULT,
        ext_first: None,
        ext_drop: None,
    };
    let mut batch = Vec::new();
    Zenoh080::new().write(&mut batch, &header).unwrap();
    let head = batch.len();
    batch.extend([7; 30]);
    let bodies =
        vec![Body { what: Carries::Attachment, at: 0, len: 10 }, Body { what: Carries::Payload, at: 20, len: 40 }];
    let (_, summary) = read(&batch, Some(&Begun { offset: 5, bodies }));
    let carried =
        |what, start, len, offset, total| Carried { what, start: head + start, len, offset, total, message: 0 };
    assert_eq!(summary.carried, [carried(Carries::Attachment, 0, 5, 5, 10), carried(Carries::Payload, 15, 15, 0, 40)]);
}

#[test]
fn an_interest_in_a_number_alone_has_no_key() {
    // INTEREST now; its id; subscribers of a key without a suffix; the number that stands for the
    // key.
    let (dissection, summary) = read(&frame(&[0x39, 7, 1 << 1 | 1 << 4, 3]), None);
    let lines = written(&dissection).join("\n");
    assert!(lines.contains("scope = 3") && !lines.contains("length of the key"), "{lines}");
    assert_eq!(summary.messages, [("Interest".into(), 1)]);
}

#[test]
fn the_end_of_an_answer_to_an_interest_has_nothing_in_it() {
    let done = declare(Some(7), DeclareBody::DeclareFinal(DeclareFinal));
    let (_, summary) = read(&told(&done), None);
    assert_eq!(summary.messages, [("DeclareFinal".into(), 1)]);
}

#[test]
fn keys_with_a_number_are_counted_once_each() {
    let numbered = [0x7d, 3, 2, b'/', b'a', 0x01, 0];
    let whole = [0x7d, 0, 3, b'a', b'/', b'b', 0x01, 0];
    let (_, summary) = read(&frame(&[&numbered[..], &numbered, &whole, &whole].concat()), None);
    assert_eq!(summary.keys, ["#3/a".into(), "a/b".into()]);
}

#[test]
fn bytes_behind_the_key_of_an_undeclaration_are_shown_as_such() {
    let ext_wire_expr = WireExprType { wire_expr: WireExpr { scope: 3, suffix: "".into(), mapping: Mapping::Sender } };
    let gone = declare(None, DeclareBody::UndeclareToken(UndeclareToken { id: 5, ext_wire_expr }));
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &gone).unwrap();
    // The extension ends the message: a length of two, flags and a number. Here it has three bytes
    // more.
    let length = bytes.len() - 3;
    assert_eq!(bytes[length], 2);
    bytes[length] += 3;
    bytes.extend([9; 3]);
    let dissection = dissect(&frame(&bytes), None);
    let lines = written(&dissection).join("\n");
    assert!(lines.lines().last().is_some_and(|line| line.ends_with("= 3 B")), "{lines}");
}

#[test]
fn a_timeout_is_a_number_of_milliseconds() {
    assert_eq!(super::words::millis_text(12_500), "12,500 ms");
}

fn declare(interest_id: Option<u32>, body: DeclareBody) -> NetworkMessage {
    let (ext_qos, ext_nodeid) = (network::ext::QoSType::DECLARE, network::ext::NodeIdType::DEFAULT);
    NetworkBody::Declare(Declare { interest_id, ext_qos, ext_tstamp: None, ext_nodeid, body }).into()
}
