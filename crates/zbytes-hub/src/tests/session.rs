//! Opening a session, signs of life, silence, and the end.

use zbytes::segment::Segment;
use zbytes_session::testing::init_syn;
use zenoh_buffers::{ZSlice, reader::HasReader};
use zenoh_codec::{RCodec, WCodec, Zenoh080};
use zenoh_protocol::{
    core::{Bits, Field, Resolution, WhatAmI},
    transport::{InitSyn, OpenSyn, TransportBody, TransportMessage, init},
};

use super::pair::*;
use crate::*;

pub(super) fn decoded(bytes: &[u8]) -> TransportBody {
    let mut slice = ZSlice::from(bytes.to_vec());
    let message: TransportMessage = Zenoh080::new().read(&mut (&mut slice).reader()).unwrap();
    message.body
}

pub(super) fn encoded(body: TransportBody) -> Segment {
    let mut bytes = Vec::new();
    Zenoh080::new().write(&mut bytes, &TransportMessage { body }).unwrap();
    Segment::from(bytes)
}

/// The first message of a client, changed by `change`.
pub(super) fn syn(change: impl FnOnce(&mut InitSyn)) -> Segment {
    let TransportBody::InitSyn(mut syn) = decoded(&init_syn(id(1))) else { panic!("not an InitSyn") };
    change(&mut syn);
    encoded(TransportBody::InitSyn(syn))
}

pub(super) fn open_syn(cookie: ZSlice) -> Segment {
    encoded(TransportBody::OpenSyn(OpenSyn {
        lease: 10 * SECOND,
        initial_sn: 0,
        cookie,
        ext_qos: None,
        ext_auth: None,
        ext_mlink: None,
        ext_lowlatency: None,
        ext_compression: None,
        ext_remote_bound: None,
    }))
}

fn sent(world: &mut World, link: LinkId) -> Vec<TransportBody> {
    let mut buffer = Vec::new();
    let mut sent = Vec::new();
    while let Some(len) = world.hub.poll_transmit(link, &mut buffer, world.now) {
        sent.push(decoded(&buffer[..len]));
    }
    sent
}

#[test]
fn a_session_agrees_on_the_smaller_of_everything() {
    let mut world = World::new(Limits::DEFAULT);
    for (qos, bits, batch_size, patch) in
        [(true, Bits::U32, u16::MAX, 1), (false, Bits::U8, 300, 0), (true, Bits::U64, 5000, 7)]
    {
        let link = world.hub.add_link(Framing::Messages, world.now).unwrap();
        let mut resolution = Resolution::default();
        resolution.set(Field::FrameSN, bits);
        let first = syn(|syn| {
            (syn.resolution, syn.batch_size) = (resolution, batch_size);
            syn.ext_qos = qos.then(init::ext::QoS::new);
            syn.ext_patch = init::ext::PatchType::new(patch);
        });
        world.hub.handle_input(link, first, world.now);
        let TransportBody::InitAck(ack) = sent(&mut world, link).pop().unwrap() else { panic!("not an InitAck") };
        assert_eq!((ack.whatami, ack.batch_size, ack.ext_qos.is_some()), (WhatAmI::Router, batch_size, qos));
        assert_eq!(ack.resolution.get(Field::FrameSN), bits.min(Bits::U32));
        assert_eq!(ack.ext_patch.raw(), patch.min(init::ext::PatchType::CURRENT.raw()));
        world.hub.handle_input(link, open_syn(ack.cookie), world.now);
        let TransportBody::OpenAck(ack) = sent(&mut world, link).pop().unwrap() else { panic!("not an OpenAck") };
        assert_eq!(ack.lease, LEASE);
        assert_eq!(world.hub.poll_event(), Some(Event::Opened { link, zid: id(1) }));
        world.hub.remove_link(link, world.now);
        assert!(matches!(world.hub.poll_event(), Some(Event::Closed { cause: CloseCause::Lost, .. })));
    }
}

#[test]
fn what_is_wrong_in_a_handshake_ends_it_with_a_reason() {
    let cases: [(Segment, CloseCause, u8); 7] = [
        (syn(|syn| syn.version = 8), CloseCause::Version { found: 8 }, 2),
        (syn(|syn| syn.whatami = WhatAmI::Peer), CloseCause::NotAClient, 1),
        (syn(|syn| syn.whatami = WhatAmI::Router), CloseCause::NotAClient, 1),
        (syn(|syn| syn.zid = id(99).to_le_bytes().try_into().unwrap()), CloseCause::SameId, 4),
        (syn(|syn| syn.batch_size = 63), CloseCause::SmallBatch { asked: 63 }, 2),
        (open_syn(vec![1; 8].into()), CloseCause::OutOfTurn, 2),
        (Segment::from(Vec::<u8>::new()), CloseCause::OutOfTurn, 2),
    ];
    for (batch, cause, reason) in cases {
        let mut world = World::new(Limits::DEFAULT);
        let link = world.hub.add_link(Framing::Messages, world.now).unwrap();
        world.hub.handle_input(link, batch, world.now);
        assert_eq!(world.hub.poll_event(), Some(Event::Closed { link, cause }));
        assert!(!world.hub.wants_input(link));
        let TransportBody::Close(close) = sent(&mut world, link).pop().unwrap() else { panic!("not a Close") };
        assert_eq!(close.reason, reason);
    }
    // The cookie has to come back.
    let mut world = World::new(Limits::DEFAULT);
    let link = world.hub.add_link(Framing::Messages, world.now).unwrap();
    world.hub.handle_input(link, syn(|_| {}), world.now);
    world.hub.handle_input(link, open_syn(vec![1; 8].into()), world.now);
    assert_eq!(world.hub.poll_event(), Some(Event::Closed { link, cause: CloseCause::Cookie }));
    // Neither takes anything after its end.
    world.hub.handle_input(link, syn(|_| {}), world.now);
    assert_eq!(world.hub.poll_event(), None);
}

#[test]
fn an_open_session_keeps_its_id_from_a_second_one() {
    let mut world = World::of([1]);
    let first = world.link(1);
    let old = world.sides.remove(&1).unwrap();
    world.begin(1);
    world.run();
    assert_eq!(world.ends(), [(world.link(1), CloseCause::SameId)]);
    world.hub.remove_link(first, world.now);
    drop(old);
    world.sides.clear();
    world.join(1);
}

#[test]
fn idle_sessions_live_by_keep_alives() {
    let mut world = World::of([1, 2]);
    world.pass(300 * SECOND);
    assert!(world.client(1).is_open() && world.client(2).is_open());
    assert_eq!(world.ends(), []);
    // Each end is heard at least every quarter of its lease.
    assert!((120..150).contains(&world.sides[&1].batches), "{}", world.sides[&1].batches);
}

#[test]
fn a_silent_client_is_closed_after_its_lease() {
    let mut world = World::of([1, 2]);
    world.sides.get_mut(&1).unwrap().takes = false;
    world.pass(59 * SECOND);
    assert_eq!(world.ends(), []);
    world.pass(2 * SECOND);
    let silent = world.link(1);
    assert!(matches!(&world.ends()[..], [(link, CloseCause::Silent { .. })] if *link == silent), "{:?}", world.ends());
    assert!(world.client(2).is_open());
}

#[test]
fn a_handshake_that_stops_halfway_ends_at_its_deadline() {
    let mut world = World::new(Limits::DEFAULT);
    let (silent, half) = (
        world.hub.add_link(Framing::Messages, world.now).unwrap(),
        world.hub.add_link(Framing::Messages, world.now).unwrap(),
    );
    world.pass(5 * SECOND);
    world.hub.handle_input(half, syn(|_| {}), world.now);
    world.pass(6 * SECOND);
    assert_eq!(world.ends(), [(silent, CloseCause::NoHandshake { after: HANDSHAKE_TIMEOUT })]);
    world.pass(5 * SECOND);
    assert_eq!(world.ends()[1..], [(half, CloseCause::NoHandshake { after: HANDSHAKE_TIMEOUT })]);
}

#[test]
fn a_hub_that_slept_does_not_take_its_clients_for_gone() {
    for told in [true, false] {
        let mut world = World::of([1]);
        world.now += 3600 * SECOND;
        if told {
            world.hub.handle_pause(world.now);
        }
        world.hub.handle_timeout(world.now);
        world.run();
        assert_eq!(world.ends().is_empty(), told);
    }
}

#[test]
fn more_links_than_may_be_are_refused() {
    let mut world = World::new(Limits { links: 2, ..Limits::DEFAULT });
    let links: Vec<_> = (0..3).map(|_| world.hub.add_link(Framing::Messages, world.now)).collect();
    assert_eq!(links[2], Err(TooManyLinks { limit: 2 }));
    world.hub.remove_link(links[0].unwrap(), world.now);
    assert!(world.hub.add_link(Framing::Messages, world.now).is_ok());
}

#[test]
fn a_close_of_the_client_ends_the_link_and_is_not_answered() {
    let mut world = World::of([1]);
    world.client(1).close();
    world.run();
    let link = world.link(1);
    assert_eq!(world.ends(), [(link, CloseCause::ByClient { reason: 0 })]);
    assert!(!world.hub.has_transmit(link));
}
