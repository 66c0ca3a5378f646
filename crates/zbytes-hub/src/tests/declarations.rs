//! Liveliness, interests and matching, as clients see them; and what the hub says on the wire.

use zbytes::segment::Segment;
use zbytes_session::{
    client::{Event as Told, MatchingStatusType, Queryable, SampleKind},
    link::{BatchReader, Message, Transport},
};
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Priority, Reliability, WireExpr},
    network::{
        Declare, DeclareBody, DeclareKeyExpr, DeclareQueryable, DeclareSubscriber, DeclareToken, Interest, Mapping,
        NetworkBody, NetworkMessage, UndeclareKeyExpr, UndeclareQueryable, UndeclareSubscriber, UndeclareToken,
        declare::{common::ext::WireExprType, queryable::ext::QueryableInfoType},
        ext::{NodeIdType, QoSType},
        interest::{InterestMode, InterestOptions},
    },
    transport::{FrameHeader, frame},
};

use super::{pair::*, session::*};
use crate::*;

/// A link on which a test speaks for itself.
pub(super) struct Raw {
    pub(super) link: LinkId,
    sn: u32,
}

impl Raw {
    pub(super) fn open(world: &mut World) -> Self {
        let link = world.hub.add_link(Framing::Messages, world.now).unwrap();
        let zid = 100 + world.hub.links.len() as u8;
        world.hub.handle_input(link, syn(|syn| syn.zid = id(zid).to_le_bytes().try_into().unwrap()), world.now);
        let mut buffer = Vec::new();
        let len = world.hub.poll_transmit(link, &mut buffer, world.now).unwrap();
        let zenoh_protocol::transport::TransportBody::InitAck(ack) = decoded(&buffer[..len]) else { panic!("no ack") };
        world.hub.handle_input(link, open_syn(ack.cookie), world.now);
        world.hub.poll_transmit(link, &mut buffer, world.now).unwrap();
        Self { link, sn: 0 }
    }

    /// Sends encoded messages in one frame.
    pub(super) fn send(&mut self, world: &mut World, messages: &[Vec<u8>]) {
        let mut batch = Vec::new();
        let ext_qos = frame::ext::QoSType::new(Priority::Data);
        let header = FrameHeader { reliability: Reliability::Reliable, sn: self.sn, ext_qos };
        Zenoh080::new().write(&mut batch, &header).unwrap();
        batch.extend(messages.concat());
        self.sn += 1;
        world.hub.handle_input(self.link, Segment::from(batch), world.now);
        world.run();
    }

    pub(super) fn say(&mut self, world: &mut World, body: NetworkBody) {
        self.send(world, &[encoded_message(body)]);
    }

    /// What the hub has sent, in a few words each.
    pub(super) fn heard(&self, world: &mut World) -> Vec<String> {
        let (mut buffer, mut heard) = (Vec::new(), Vec::new());
        while let Some(len) = world.hub.poll_transmit(self.link, &mut buffer, world.now) {
            let batch = zbytes::payload::ZBytes::of_held(vec![Segment::from(buffer[..len].to_vec())]);
            let mut ledger = zbytes::ledger::Ledger::new();
            let mut reader = BatchReader::new(&batch, &mut ledger);
            while let Some(transport) = reader.transport().unwrap() {
                let Transport::Frame { reliability, .. } = transport else { continue };
                while let Some(message) = reader.message(reliability).unwrap() {
                    heard.push(said(&message));
                }
            }
        }
        heard
    }
}

pub(super) fn encoded_message(body: NetworkBody) -> Vec<u8> {
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &NetworkMessage::from(body)).unwrap();
    bytes
}

fn said(message: &Message) -> String {
    let named = |undeclared: &WireExprType| match undeclared.wire_expr.suffix.as_ref() {
        "" => String::new(),
        key => format!(" {key}"),
    };
    match message {
        Message::Declare { interest, body } => {
            let interest = interest.map_or(String::new(), |interest| format!("[{interest}] "));
            let said = match body {
                DeclareBody::DeclareSubscriber(d) => format!("sub {} {}", d.id, d.wire_expr.suffix),
                DeclareBody::UndeclareSubscriber(d) => format!("no sub {}", d.id),
                DeclareBody::DeclareQueryable(d) => {
                    let complete = if d.ext_info.complete { " complete" } else { "" };
                    format!("queryable {} {}{complete}", d.id, d.wire_expr.suffix)
                }
                DeclareBody::UndeclareQueryable(d) => format!("no queryable {}", d.id),
                DeclareBody::DeclareToken(d) => format!("token {} {}", d.id, d.wire_expr.suffix),
                DeclareBody::UndeclareToken(d) => format!("no token {}{}", d.id, named(&d.ext_wire_expr)),
                DeclareBody::DeclareFinal(_) => "final".to_owned(),
                other => format!("{other:?}"),
            };
            interest + &said
        }
        Message::Push { key, content, .. } => {
            format!("{} {}", if content.kind.is_delete() { "del" } else { "put" }, key.suffix)
        }
        Message::Final { id } => format!("end {id}"),
        Message::Request { key, .. } => format!("query {}", key.suffix),
        other => format!("{other:?}"),
    }
}

pub(super) fn wire(scope: u16, suffix: &str) -> WireExpr<'static> {
    WireExpr { scope, suffix: suffix.to_owned().into(), mapping: Mapping::Sender }
}

pub(super) fn declare(body: DeclareBody) -> NetworkBody {
    let (ext_qos, ext_nodeid) = (QoSType::DECLARE, NodeIdType::DEFAULT);
    NetworkBody::Declare(Declare { interest_id: None, ext_qos, ext_tstamp: None, ext_nodeid, body })
}

pub(super) fn subscriber(id: u32, key: &str) -> NetworkBody {
    declare(DeclareBody::DeclareSubscriber(DeclareSubscriber { id, wire_expr: wire(0, key) }))
}

pub(super) fn no_subscriber(id: u32) -> NetworkBody {
    let ext_wire_expr = WireExprType::null();
    declare(DeclareBody::UndeclareSubscriber(UndeclareSubscriber { id, ext_wire_expr }))
}

pub(super) fn queryable(id: u32, key: &str, complete: bool) -> NetworkBody {
    let ext_info = QueryableInfoType { complete, distance: 0 };
    declare(DeclareBody::DeclareQueryable(DeclareQueryable { id, wire_expr: wire(0, key), ext_info }))
}

fn no_queryable(id: u32) -> NetworkBody {
    let ext_wire_expr = WireExprType::null();
    declare(DeclareBody::UndeclareQueryable(UndeclareQueryable { id, ext_wire_expr }))
}

fn token(id: u32, key: &str) -> NetworkBody {
    declare(DeclareBody::DeclareToken(DeclareToken { id, wire_expr: wire(0, key) }))
}

fn no_token(id: u32) -> NetworkBody {
    declare(DeclareBody::UndeclareToken(UndeclareToken { id, ext_wire_expr: WireExprType::null() }))
}

pub(super) fn interest(id: u32, mode: InterestMode, options: InterestOptions, key: Option<&str>) -> NetworkBody {
    NetworkBody::Interest(Interest {
        id,
        mode,
        options,
        wire_expr: key.map(|key| wire(0, key)),
        ext_qos: QoSType::DEFAULT,
        ext_tstamp: None,
        ext_nodeid: NodeIdType::DEFAULT,
    })
}

const BOTH: InterestMode = InterestMode::CurrentFuture;

#[test]
fn an_aggregated_interest_is_told_whether_there_is_any() {
    let mut world = World::of([]);
    let (mut asker, mut other, mut third) = (Raw::open(&mut world), Raw::open(&mut world), Raw::open(&mut world));
    let options = InterestOptions::SUBSCRIBERS + InterestOptions::AGGREGATE;
    asker.say(&mut world, subscriber(1, "lab/own"));
    asker.say(&mut world, interest(5, BOTH, options, Some("lab/*")));
    assert_eq!(asker.heard(&mut world), ["[5] final"], "its own does not count");
    asker.say(&mut world, subscriber(2, "lab/own"));
    assert!(asker.heard(&mut world).is_empty());
    other.say(&mut world, subscriber(1, "lab/a"));
    assert_eq!(asker.heard(&mut world), ["sub 1 lab/*"]);
    other.say(&mut world, subscriber(2, "lab/b"));
    third.say(&mut world, subscriber(2, "lab/**"));
    other.say(&mut world, subscriber(3, "elsewhere"));
    other.say(&mut world, no_subscriber(1));
    other.say(&mut world, no_subscriber(2));
    assert!(asker.heard(&mut world).is_empty());
    world.hub.remove_link(third.link, world.now);
    assert_eq!(asker.heard(&mut world), ["no sub 1"]);
    other.say(&mut world, subscriber(9, "lab/c"));
    assert_eq!(asker.heard(&mut world), ["sub 2 lab/*"]);
    // A second interest in the same key is answered with the same number.
    asker.say(&mut world, interest(6, BOTH, options, Some("lab/*")));
    assert_eq!(asker.heard(&mut world), ["[6] sub 2 lab/*", "[6] final"]);
    // An ended interest is told of nothing new.
    asker.say(&mut world, interest(5, InterestMode::Final, InterestOptions::empty(), None));
    asker.say(&mut world, interest(6, InterestMode::Final, InterestOptions::empty(), None));
    other.say(&mut world, no_subscriber(9));
    assert_eq!(asker.heard(&mut world), ["no sub 2"], "what was told may be counted on");
    other.say(&mut world, subscriber(9, "lab/c"));
    assert!(asker.heard(&mut world).is_empty());
    let told = world.hub.links.get(&asker.link).unwrap().told.of(crate::tables::Kind::Subscriber);
    assert!(told.declared.is_empty() && told.aggregates.is_empty(), "{told:?}");
}

#[test]
fn a_plain_interest_is_told_of_each_key_once() {
    let mut world = World::of([]);
    let (mut asker, mut other, mut third) = (Raw::open(&mut world), Raw::open(&mut world), Raw::open(&mut world));
    other.say(&mut world, subscriber(1, "lab/a"));
    third.say(&mut world, subscriber(1, "lab/a"));
    other.say(&mut world, subscriber(2, "else"));
    asker.say(&mut world, interest(5, BOTH, InterestOptions::SUBSCRIBERS, Some("lab/**")));
    assert_eq!(asker.heard(&mut world), ["[5] sub 1 lab/a", "[5] final"]);
    other.say(&mut world, subscriber(3, "lab/b"));
    third.say(&mut world, subscriber(3, "lab/b"));
    assert_eq!(asker.heard(&mut world), ["sub 2 lab/b"]);
    other.say(&mut world, no_subscriber(3));
    assert!(asker.heard(&mut world).is_empty());
    third.say(&mut world, no_subscriber(3));
    assert_eq!(asker.heard(&mut world), ["no sub 2"]);
    // One without a key asks for everything.
    asker.say(&mut world, interest(6, BOTH, InterestOptions::SUBSCRIBERS, None));
    assert_eq!(asker.heard(&mut world), ["[6] sub 3 else", "[6] sub 1 lab/a", "[6] final"]);
    // One in the future alone is not told of what is there.
    third.say(&mut world, interest(7, InterestMode::Future, InterestOptions::SUBSCRIBERS, Some("lab/**")));
    assert!(third.heard(&mut world).is_empty());
    asker.say(&mut world, subscriber(1, "lab/z"));
    assert_eq!(third.heard(&mut world), ["sub 1 lab/z"]);
}

#[test]
fn completeness_is_told_and_told_again_when_it_changes() {
    let mut world = World::of([]);
    let (mut asker, mut other, mut third) = (Raw::open(&mut world), Raw::open(&mut world), Raw::open(&mut world));
    let options = InterestOptions::QUERYABLES + InterestOptions::AGGREGATE;
    asker.say(&mut world, interest(5, BOTH, options, Some("lab/x")));
    assert_eq!(asker.heard(&mut world), ["[5] final"]);
    other.say(&mut world, queryable(1, "lab/x", false));
    assert_eq!(asker.heard(&mut world), ["queryable 1 lab/x"]);
    third.say(&mut world, queryable(1, "lab/**", true));
    assert_eq!(asker.heard(&mut world), ["queryable 1 lab/x complete"]);
    third.say(&mut world, no_queryable(1));
    assert_eq!(asker.heard(&mut world), ["queryable 1 lab/x"]);
    // Complete for less than what is asked for is not complete.
    asker.say(&mut world, interest(6, BOTH, options, Some("lab/*")));
    assert_eq!(asker.heard(&mut world), ["[6] queryable 2 lab/*", "[6] final"]);
    // A number that is given again stands for the new one only.
    other.say(&mut world, queryable(1, "lab/x", true));
    assert_eq!(asker.heard(&mut world), ["queryable 1 lab/x complete"]);
    other.say(&mut world, queryable(1, "lab/y", true));
    assert_eq!(asker.heard(&mut world), ["no queryable 1"]);
    other.say(&mut world, no_queryable(1));
    assert_eq!(asker.heard(&mut world), ["no queryable 2"]);
}

#[test]
fn tokens_are_told_to_all_who_ask_their_owner_included() {
    let mut world = World::of([]);
    let (mut one, mut two) = (Raw::open(&mut world), Raw::open(&mut world));
    one.say(&mut world, token(1, "lab/a"));
    // A get: the answers have no number.
    two.say(&mut world, interest(5, InterestMode::Current, InterestOptions::TOKENS, Some("lab/*")));
    assert_eq!(two.heard(&mut world), ["[5] token 0 lab/a", "[5] final"]);
    // With history, and without.
    one.say(&mut world, interest(6, BOTH, InterestOptions::TOKENS, Some("**")));
    assert_eq!(one.heard(&mut world), ["[6] token 1 lab/a", "[6] final"]);
    two.say(&mut world, interest(7, InterestMode::Future, InterestOptions::TOKENS, Some("lab/*")));
    assert!(two.heard(&mut world).is_empty());
    two.say(&mut world, token(1, "lab/b"));
    assert_eq!(
        (one.heard(&mut world), two.heard(&mut world)),
        (vec!["token 2 lab/b".into()], vec!["token 1 lab/b".into()])
    );
    // A key lives as long as one of its tokens.
    let mut late = Raw::open(&mut world);
    late.say(&mut world, interest(1, InterestMode::Future, InterestOptions::TOKENS, Some("lab/a")));
    two.say(&mut world, token(2, "lab/a"));
    assert_eq!(
        (two.heard(&mut world), late.heard(&mut world)),
        (vec!["token 2 lab/a".into()], vec!["token 1 lab/a".into()])
    );
    late.say(&mut world, interest(1, InterestMode::Final, InterestOptions::empty(), None));
    one.say(&mut world, no_token(1));
    let mut later = Raw::open(&mut world);
    later.say(&mut world, interest(1, InterestMode::Future, InterestOptions::TOKENS, Some("lab/a")));
    assert!([&one, &two, &late, &later].iter().all(|raw| raw.heard(&mut world).is_empty()));
    two.say(&mut world, no_token(2));
    assert_eq!((one.heard(&mut world), two.heard(&mut world)), (vec!["no token 1".into()], vec!["no token 2".into()]));
    // What was told may be counted on; and a token that a client was not told of is named.
    assert_eq!(
        (late.heard(&mut world), later.heard(&mut world)),
        (vec!["no token 1".into()], vec!["no token 0 lab/a".into()])
    );
    world.hub.remove_link(two.link, world.now);
    assert_eq!(one.heard(&mut world), ["no token 2"]);
    assert!(world.hub.tokens.is_empty());
}

#[test]
fn questions_that_a_router_passes_over_are_passed_over() {
    let mut world = World::of([]);
    let (mut one, mut two) = (Raw::open(&mut world), Raw::open(&mut world));
    two.say(&mut world, subscriber(1, "lab/a"));
    for options in [InterestOptions::SUBSCRIBERS, InterestOptions::QUERYABLES, InterestOptions::KEYEXPRS] {
        one.say(&mut world, interest(1, InterestMode::Current, options, Some("**")));
    }
    one.say(&mut world, interest(1, BOTH, InterestOptions::TOKENS, Some("not//a key")));
    one.say(&mut world, interest(9, InterestMode::Final, InterestOptions::empty(), None));
    assert!(one.heard(&mut world).is_empty());
    assert_eq!(world.hub.stats().ignored, 5);
}

#[test]
fn numbers_stand_for_keys_and_for_their_beginnings() {
    let mut world = World::of([]);
    let (mut one, mut two) = (Raw::open(&mut world), Raw::open(&mut world));
    two.say(&mut world, subscriber(1, "**"));
    let number = |id, scope, suffix: &str| {
        declare(DeclareBody::DeclareKeyExpr(DeclareKeyExpr { id, wire_expr: wire(scope, suffix) }))
    };
    let put = |scope, suffix: &str, mapping| {
        let wire_expr = WireExpr { mapping, ..wire(scope, suffix) };
        let message = zbytes_session::testing::router_put(wire_expr, vec![1]);
        encoded_message(message.body)
    };
    one.say(&mut world, number(1, 0, "lab"));
    one.say(&mut world, number(2, 1, "/x"));
    // A number is not given anew.
    one.say(&mut world, number(2, 0, "other"));
    one.send(&mut world, &[put(2, "", Mapping::Sender), put(2, "/y", Mapping::Sender), put(1, "/z", Mapping::Sender)]);
    assert_eq!(two.heard(&mut world), ["put lab/x", "put lab/x/y", "put lab/z"]);
    // What was never declared is passed over, also when it would be one of the hub's numbers.
    one.send(&mut world, &[put(3, "", Mapping::Sender), put(1, "", Mapping::Receiver), put(1, "//", Mapping::Sender)]);
    one.say(&mut world, declare(DeclareBody::UndeclareKeyExpr(UndeclareKeyExpr { id: 2 })));
    one.send(&mut world, &[put(2, "", Mapping::Sender), put(1, "", Mapping::Sender)]);
    assert_eq!(two.heard(&mut world), ["put lab"]);
    assert_eq!(world.hub.stats().ignored, 4);
}

#[test]
fn clients_see_tokens_and_matches_of_each_other() {
    let mut world = World::of([1, 2]);
    world.client(1).declare_liveliness_subscriber(1, key("lab/**"), true).unwrap();
    world.client(1).declare_matching_listener(2, key("lab/x"), MatchingStatusType::Subscribers).unwrap();
    world.client(1).declare_matching_listener(3, key("lab/x"), MatchingStatusType::Queryables).unwrap();
    world.run();
    let matching = |told: Vec<Told>| -> Vec<(u32, bool)> {
        let matching = told.into_iter().filter_map(|event| match event {
            Told::Matching { id, matching } => Some((id, matching)),
            _ => None,
        });
        matching.collect()
    };
    assert_eq!(matching(world.told(1)), [(2, false), (3, false)]);
    world.client(2).declare_subscriber(1, key("lab/*")).unwrap();
    world.client(2).declare_queryable(2, Queryable { complete: true, ..key("lab/**").into() }).unwrap();
    world.client(2).declare_token(3, key("lab/token")).unwrap();
    world.run();
    let told = world.told(1);
    assert_eq!(matching(told.clone()), [(2, true), (3, true)]);
    let alive = |told: &[Told]| -> Vec<(String, bool)> {
        let alive = told.iter().filter_map(|event| match event {
            Told::Sample(sample) => Some((sample.key_expr.to_string(), matches!(sample.kind, SampleKind::Put { .. }))),
            _ => None,
        });
        alive.collect()
    };
    assert_eq!(alive(&told), [("lab/token".to_owned(), true)]);
    world.cut(2);
    let told = world.told(1);
    assert_eq!(alive(&told), [("lab/token".to_owned(), false)]);
    assert_eq!(matching(told), [(2, false), (3, false)]);
    // The other one comes back under another id, and declares again.
    world.join(3);
    world.client(3).declare_token(3, key("lab/token")).unwrap();
    world.run();
    assert_eq!(alive(&world.told(1)), [("lab/token".to_owned(), true)]);
}

#[test]
fn a_fence_is_answered_at_once() {
    let mut world = World::of([1]);
    let (op, now) = (world.op(), world.now);
    world.client(1).flush(op, now).unwrap();
    world.run();
    assert!(matches!(world.told(1)[..], [Told::Flushed(..)]));
}
