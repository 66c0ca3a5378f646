//! Byte-exact vectors, written out by hand from zenoh's message definitions.

use zenoh_buffers::{ZBuf, writer::DidntWrite};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core as wire,
    core::WireExpr,
    network::{
        Declare, DeclareBody, Mapping, NetworkBody, NetworkMessage, Push, Request, Response, UndeclareToken,
        declare::common::ext::WireExprType,
        ext::{EntityGlobalIdType, NodeIdType, QoSType},
    },
    zenoh::{
        self, Del, PushBody, Put, Query, Reply, RequestBody, ResponseBody,
        ext::{AttachmentType, SourceInfoType, ValueType},
    },
};

use super::*;
use zbytes::{ledger::Ledger, payload::ZBytes, segment::Segment};

const LANE: Lane = Lane { priority: Priority::Data, reliability: Reliability::Reliable };

fn held(segments: &[&[u8]]) -> ZBytes {
    ZBytes::of_held(segments.iter().map(|bytes| Segment::from(bytes.to_vec())).collect())
}

#[test]
fn a_put_in_one_frame_byte_by_byte() {
    let content = Content::new(held(&[&[0xAA], &[0xBB, 0xCC]]));
    let mut message = encode::push(&KeyExpr::new("a/b").unwrap(), Qos::DEFAULT, &content, GROWTH).unwrap();
    let mut batch = [0; 64];
    let gathered = message.gather(&mut batch, LANE, 5, true).unwrap();
    #[rustfmt::skip]
    let expected = [
        // FRAME, reliable; sequence number.
        0x25, 5,
        // PUSH with a suffix, mapping sender; scope 0; length and text of the suffix.
        0x7d, 0, 3, b'a', b'/', b'b',
        // PUT; payload length.
        0x01, 3,
        0xAA, 0xBB, 0xCC,
    ];
    assert_eq!(batch[..gathered.len], expected);
    assert_eq!(gathered.payload, 3);
    assert!(message.is_done());
}

#[test]
fn a_message_in_fragments_byte_by_byte() {
    let long = [8; 25];
    let mut message = Outgoing::new(vec![1, 2, 3], held(&[&[4, 5], &[], &long]));
    // The smallest batch into which the codec writes a header.
    let mut batch = [0; 16];
    let mut batches = Vec::new();
    let mut sn = 7;
    while !message.is_done() {
        let gathered = message.gather(&mut batch, LANE, sn, true).unwrap();
        batches.push(batch[..gathered.len].to_vec());
        sn += 1;
    }
    #[rustfmt::skip]
    let expected: Vec<Vec<u8>> = vec![
        // FRAGMENT, reliable, more, extensions; sequence number; first.
        vec![0xe6, 7, 0x02, 1, 2, 3, 4, 5, 8, 8, 8, 8, 8, 8, 8, 8],
        // FRAGMENT, reliable, more; sequence number.
        vec![0x66, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8],
        // FRAGMENT, reliable; sequence number.
        vec![0x26, 9, 8, 8, 8],
    ];
    assert_eq!(batches, expected);
    assert_eq!(message.batches(), 3);
    assert_eq!(message.ledger().total(), 27);
}

#[test]
fn a_put_is_read_the_same_from_one_byte_segments() {
    let qos = Qos { congestion_control: CongestionControl::Block, ..Qos::DEFAULT };
    let content = Content::new(held(&[&[9, 8]]));
    let bytes = gathered(encode::push(&KeyExpr::new("lab/x").unwrap(), qos, &content, GROWTH).unwrap());
    let one_by_one = ZBytes::of_held(bytes.iter().map(|byte| Segment::from(vec![*byte])).collect());
    for source in [held(&[&bytes]), one_by_one] {
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&source, &mut ledger);
        let Some(Message::Push { key, content, .. }) = reader.message(Reliability::Reliable).unwrap() else {
            panic!("no put")
        };
        assert_eq!(key.suffix, "lab/x");
        assert_eq!(content.kind.payload().unwrap().to_bytes(&mut Ledger::new()).unwrap().as_slice(), [9, 8]);
        assert!(reader.message(Reliability::Reliable).unwrap().is_none());
    }
}

fn bytes<T>(message: &T) -> Vec<u8>
where
    for<'a> Zenoh080: WCodec<&'a T, &'a mut Vec<u8>, Output = Result<(), DidntWrite>>,
{
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, message).unwrap();
    bytes
}

/// All bytes of a message, gathered from all owners, without the headers of its batches.
fn gathered(mut message: Outgoing) -> Vec<u8> {
    let mut all = Vec::new();
    let mut batch = vec![0; 1000];
    while !message.is_done() {
        // Header and number take two bytes; the first fragment also has a marker.
        let header = if message.is_begun() || message.len() + 2 <= batch.len() { 2 } else { 3 };
        let len = message.gather(&mut batch, LANE, 5, true).unwrap().len;
        all.extend_from_slice(&batch[header..len]);
    }
    all
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

fn zbuf(payload: &ZBytes) -> ZBuf {
    ZBuf::from(flat(payload))
}

/// A missing field, an empty one, a few bytes in pieces, and more bytes than a batch.
fn some() -> [Option<ZBytes>; 4] {
    let long = vec![6; 200_000];
    [None, Some(held(&[])), Some(held(&[&[1], &[], &[2, 3]])), Some(held(&[&long, &[7]]))]
}

fn replier() -> EntityGlobalId {
    EntityGlobalId { zid: ZenohId::new([3; 16]).unwrap(), eid: 3 }
}

/// Contents with every field, and with each part of them missing or empty.
fn contents() -> Vec<Content> {
    let source_info =
        SourceInfo { source_id: EntityGlobalId { zid: ZenohId::new([3; 16]).unwrap(), eid: 9 }, source_sn: 1 << 20 };
    let mut all = Vec::new();
    for attachment in some() {
        for payload in some().into_iter().flatten() {
            let bare = Content { attachment: attachment.clone(), ..Content::new(payload.clone()) };
            let encoding = Encoding::new(5, Some(b"schema".to_vec())).unwrap();
            let full = Content {
                kind: SampleKind::Put { payload, encoding },
                timestamp: Some(Timestamp::new(1 << 50, ZenohId::new([3; 16]).unwrap())),
                source_info: Some(source_info),
                ..bare.clone()
            };
            all.push(Content { kind: SampleKind::Delete, ..full.clone() });
            all.extend([bare, full]);
        }
    }
    all
}

/// The same content in zenoh's own types.
fn push_body(content: &Content) -> PushBody {
    let ext_sinfo =
        content.source_info.map(|source| SourceInfoType { id: source.source_id.to_wire(), sn: source.source_sn });
    let timestamp = content.timestamp.map(|timestamp| timestamp.to_wire());
    match &content.kind {
        SampleKind::Delete => {
            let ext_attachment = content.attachment.as_ref().map(|bytes| AttachmentType { buffer: zbuf(bytes) });
            PushBody::Del(Del { timestamp, ext_sinfo, ext_attachment, ext_unknown: Vec::new() })
        }
        SampleKind::Put { payload, encoding } => PushBody::Put(Put {
            timestamp,
            encoding: encoding.as_wire().clone(),
            ext_sinfo,
            ext_attachment: content.attachment.as_ref().map(|bytes| AttachmentType { buffer: zbuf(bytes) }),
            ext_unknown: Vec::new(),
            payload: zbuf(payload),
        }),
    }
}

fn same(found: &Content, expected: &Content) {
    assert!(found.kind.payload().map(flat) == expected.kind.payload().map(flat));
    assert!(found.attachment.as_ref().map(flat) == expected.attachment.as_ref().map(flat));
    let rest = |content: &Content| (content.kind.encoding().cloned(), content.timestamp, content.source_info);
    assert_eq!(rest(found), rest(expected));
}

/// Reads `bytes` in one segment, and in small segments.
fn read(bytes: &[u8], mut check: impl FnMut(Message)) {
    let pieces = if bytes.len() > 2000 { 777 } else { 1 };
    for source in [held(&[bytes]), held(&bytes.chunks(pieces).collect::<Vec<_>>())] {
        let mut ledger = Ledger::new();
        let mut reader = BatchReader::new(&source, &mut ledger);
        check(reader.message(Reliability::Reliable).unwrap().unwrap());
        assert!(reader.message(Reliability::Reliable).unwrap().is_none());
        assert_eq!(ledger.total(), 0, "reading copies no payload");
    }
}

const QOS: Qos = Qos { priority: Priority::DataHigh, congestion_control: CongestionControl::Block, express: true };

fn ext_qos<const ID: u8>() -> QoSType<ID> {
    QoSType::new(QOS.priority.to_wire(), QOS.congestion_control.to_wire(), QOS.express)
}

fn wire_key(key: &str) -> WireExpr<'static> {
    WireExpr { scope: 0, suffix: key.to_owned().into(), mapping: Mapping::Sender }
}

fn response(wire_expr: WireExpr<'static>, replier: EntityGlobalId, payload: ResponseBody) -> Vec<u8> {
    bytes(&NetworkMessage::from(NetworkBody::Response(Response {
        rid: 77,
        wire_expr,
        payload,
        ext_qos: ext_qos(),
        ext_tstamp: None,
        ext_respid: Some(EntityGlobalIdType { zid: replier.zid.to_wire(), eid: replier.eid }),
        ext_ts_stack: None,
    })))
}

#[test]
fn puts_deletes_and_replies_are_zenohs_byte_by_byte() {
    let key = &KeyExpr::new("lab/x").unwrap();
    let replier = replier();
    for content in contents() {
        let expected = bytes(&Push {
            wire_expr: wire_key("lab/x"),
            ext_qos: ext_qos(),
            ext_tstamp: None,
            ext_nodeid: NodeIdType::DEFAULT,
            ext_ts_stack: None,
            payload: push_body(&content),
        });
        assert!(gathered(encode::push(key, QOS, &content, GROWTH).unwrap()) == expected, "{content:?}");
        read(&expected, |message| {
            let Message::Push { key, qos, content: found } = message else { panic!("got {message:?}") };
            assert_eq!((key.suffix.as_ref(), qos), ("lab/x", QOS));
            same(&found, &content);
        });
        let payload = push_body(&content);
        let reply = Reply { consolidation: zenoh::ConsolidationMode::DEFAULT, ext_unknown: Vec::new(), payload };
        let expected = response(wire_key("lab/x"), replier, ResponseBody::Reply(reply));
        assert!(
            gathered(encode::reply(77, key, QOS, Some(replier), &content, GROWTH).unwrap()) == expected,
            "{content:?}"
        );
        read(&expected, |message| {
            let Message::Reply { id: 77, content: found, replier: Some(by), .. } = message else {
                panic!("got {message:?}")
            };
            assert_eq!(by, replier);
            same(&found, &content);
        });
    }
}

#[test]
fn what_a_router_takes_in_one_message_bounds_payloads_too() {
    assert_eq!(MAX_MESSAGE, zbytes::payload::MAX_LEN);
}

#[test]
fn queries_are_zenohs_byte_by_byte_and_read_back() {
    let key = &KeyExpr::new("lab/x").unwrap();
    for body in some() {
        for (attachment, parameters) in some().into_iter().zip(["", "a=1;b=2", "", "c"]) {
            let full = Encoding::new(4, Some(b"utf-8".to_vec())).unwrap();
            let question = Question {
                parameters: parameters.to_owned(),
                encoding: if body.is_some() { full } else { Encoding::empty() },
                body: body.clone(),
                attachment: attachment.clone(),
                target: QueryTarget::All,
                consolidation: ConsolidationMode::Monotonic,
                timeout: Some(std::time::Duration::from_secs(3)),
                source_info: (parameters != "c").then_some(SourceInfo { source_id: replier(), source_sn: 7 }),
            };
            let len = |bytes: &Option<ZBytes>| bytes.as_ref().map_or(0, ZBytes::len);
            assert_eq!(question.refers(), len(&body) + len(&attachment) > 0);
            let ext_body = body
                .as_ref()
                .map(|body| ValueType { encoding: question.encoding.as_wire().clone(), payload: zbuf(body) });
            let expected = bytes(&NetworkMessage::from(NetworkBody::Request(Request {
                id: 77,
                wire_expr: wire_key("lab/x"),
                ext_qos: ext_qos(),
                ext_tstamp: None,
                ext_nodeid: NodeIdType::DEFAULT,
                ext_target: QueryTarget::All.to_wire(),
                ext_budget: None,
                ext_timeout: question.timeout,
                ext_ts_stack: None,
                payload: RequestBody::Query(Query {
                    consolidation: question.consolidation.to_wire(),
                    parameters: parameters.to_owned(),
                    ext_sinfo: question.source_info.map(|_| SourceInfoType { id: replier().to_wire(), sn: 7 }),
                    ext_body,
                    ext_attachment: attachment.as_ref().map(|bytes| AttachmentType { buffer: zbuf(bytes) }),
                    ext_unknown: Vec::new(),
                }),
            })));
            let message = encode::request(77, key, QOS, &question, GROWTH).unwrap();
            assert_eq!(
                message.payload_len(),
                [&body, &attachment].into_iter().flatten().map(ZBytes::len).sum::<usize>()
            );
            assert!(gathered(message) == expected, "{question:?}");
            read(&expected, |message| {
                let Message::Request { id: 77, qos, question: found, .. } = message else { panic!("got {message:?}") };
                assert_eq!((qos, found.parameters.as_str()), (QOS, parameters));
                assert!(found.body.as_ref().map(flat) == body.as_ref().map(flat));
                assert!(found.attachment.as_ref().map(flat) == attachment.as_ref().map(flat));
                assert_eq!((found.target, found.timeout), (question.target, question.timeout));
                assert_eq!(found.source_info, question.source_info);
                assert_eq!((&found.encoding, found.consolidation), (&question.encoding, question.consolidation));
            });
        }
    }
}

#[test]
fn errors_as_answers_are_zenohs_byte_by_byte_and_read_back() {
    let replier = replier();
    let encoding = Encoding::new(4, None).unwrap();
    for payload in some().iter().flatten() {
        let error = zenoh::Err {
            encoding: encoding.as_wire().clone(),
            ext_sinfo: None,
            ext_unknown: Vec::new(),
            payload: zbuf(payload),
        };
        let expected = response(wire_key("lab/x"), replier, ResponseBody::Err(error));
        let key = &KeyExpr::new("lab/x").unwrap();
        assert!(
            gathered(encode::reply_err(77, Some(key), QOS, Some(replier), payload, &encoding, GROWTH).unwrap())
                == expected
        );
        read(&expected, |message| {
            let Message::ReplyErr { id: 77, payload: found, encoding: what, .. } = message else {
                panic!("got {message:?}")
            };
            assert!(flat(&found) == flat(payload) && what == encoding);
        });
    }
}

#[test]
fn a_key_in_an_undeclaration_is_read_and_not_stood_in_for() {
    let named = WireExprType { wire_expr: wire_key("lab/alive") };
    for (ext_wire_expr, expected) in [(named, "lab/alive"), (WireExprType::null(), "")] {
        let message = NetworkMessage::from(NetworkBody::Declare(Declare {
            interest_id: None,
            ext_qos: QoSType::DECLARE,
            ext_tstamp: None,
            ext_nodeid: NodeIdType::DEFAULT,
            body: DeclareBody::UndeclareToken(UndeclareToken { id: 4, ext_wire_expr }),
        }));
        read(&bytes(&message), |message| {
            let Message::Declare { body: DeclareBody::UndeclareToken(found), .. } = message else {
                panic!("got {message:?}")
            };
            assert_eq!((found.id, found.ext_wire_expr.wire_expr.suffix.as_ref()), (4, expected));
        });
    }
}

#[test]
fn a_routers_timestamp_fits_in_what_is_kept_free_for_it() {
    let put = |timestamp| {
        bytes(&NetworkMessage::from(NetworkBody::Push(Push {
            wire_expr: wire_key("lab/x"),
            ext_qos: ext_qos(),
            ext_tstamp: None,
            ext_nodeid: NodeIdType::DEFAULT,
            ext_ts_stack: None,
            payload: PushBody::Put(Put {
                timestamp,
                encoding: wire::Encoding::empty(),
                ext_sinfo: None,
                ext_attachment: None,
                ext_unknown: Vec::new(),
                payload: ZBuf::empty(),
            }),
        })))
        .len()
    };
    let id = ZenohId::new([0xff; 16]).unwrap();
    // Times from 2036 on use all of their bits.
    let longest = put(Some(Timestamp::new(u64::MAX, id).to_wire())) - put(None);
    assert_eq!((longest, GROWTH), (26, 26));
    let now = put(Some(Timestamp::new(0x6a00_0000_0000_0000, id).to_wire())) - put(None);
    assert!(now <= GROWTH && now > 20, "{now}");
}

#[test]
fn errors_say_what_was_expected_and_where() {
    // A frame whose message is cut after the length of its key.
    let source = held(&[&[0x25, 5, 0x7d, 0, 200, b'a']]);
    let mut ledger = Ledger::new();
    let mut reader = BatchReader::new(&source, &mut ledger);
    assert!(matches!(reader.transport(), Ok(Some(Transport::Frame { sn: 5, .. }))));
    let error = reader.message(Reliability::Reliable).unwrap_err();
    assert_eq!((&*error.what, error.len), ("a network message", 6));
    assert!(error.to_string().contains("of 6"));
}
