//! Opening and closing a session.

use std::time::Duration;

use zbytes::payload::ZBytes;
use zenoh_codec::{WCodec, Zenoh080};
use zenoh_protocol::{
    VERSION,
    core::{Bits, WhatAmI},
    transport::{Close, TransportBody, close::reason},
};

use super::{
    pair::*,
    router::{Router, first_sn},
};
use crate::{
    client::*,
    link::{initial_sn, sn_mask},
    testing::transport,
};

#[test]
fn the_handshake_agrees_on_what_both_can() {
    let mut router = Router::greet(USUAL);
    let TransportBody::InitSyn(syn) = decode_transport(&router.transmits()[0].0).body else { panic!("no InitSyn") };
    assert_eq!((syn.version, syn.whatami, syn.batch_size), (VERSION, WhatAmI::Client, 65535));
    assert!(syn.ext_qos.is_some() && syn.ext_lowlatency.is_none() && syn.ext_compression.is_none());
    router.feed(router.init_ack());
    let TransportBody::OpenSyn(syn) = decode_transport(&router.transmits()[0].0).body else { panic!("no OpenSyn") };
    assert!(syn.cookie.as_slice().iter().copied().eq(0..40), "the router gets its cookie back");
    assert_eq!((syn.lease, syn.initial_sn), (LEASE, first_sn()));
    assert!(!router.client.is_open());
    router.feed(router.open_ack());
    let Some(Event::Opened(info)) = router.client.poll_event() else { panic!("not opened") };
    assert_eq!((info.lanes, info.sn_bits, info.batch_size, info.patch), (16, 28, 65535, 1));
    assert_eq!(info.router_lease, 10 * SECOND);
    assert_eq!(info.router_zid.to_string(), "09".repeat(16).trim_start_matches('0'));
}

#[test]
fn sequence_numbers_begin_where_they_have_their_full_length() {
    for (bits, bytes) in [(Bits::U8, 1), (Bits::U16, 2), (Bits::U32, 4), (Bits::U64, 5)] {
        let mask = sn_mask(bits);
        let len = |sn: u32| {
            let mut written = Vec::new();
            Zenoh080::new().write(&mut written, sn).unwrap();
            written.len()
        };
        assert_eq!(len(mask), bytes);
        for random in [0, 1, 77, 12345, mask, u32::MAX, 0x5555_5555, 0xaaaa_aaaa] {
            let first = initial_sn(mask, random);
            assert!(first <= mask && len(first) == bytes, "{bits:?}: {first}");
            assert!(mask - first >= mask / 4 * 3, "{bits:?}: most of the round lies before it");
            let mut router = Router::greet(Agree { bits, ..USUAL });
            router.client = Client::new(Config::new(ZenohId::new([7; 16]).unwrap(), random), router.now);
            router.transmits();
            router.feed(router.init_ack());
            let TransportBody::OpenSyn(syn) = decode_transport(&router.transmits()[0].0).body else { panic!() };
            assert_eq!(syn.initial_sn, first);
        }
    }
}

#[test]
fn every_agreement_of_the_router_is_kept() {
    for qos in [true, false] {
        for patch in [true, false] {
            for (batch_size, bits) in [(u16::MAX, Bits::U64), (1000, Bits::U8), (64, Bits::U16)] {
                let mut router = Router::open(Agree { qos, patch, batch_size, bits });
                let put = Put { priority: Priority::RealTime, ..Put::new(key("a"), payload(&noise(5000), 3)) };
                router.client.put(1, put).unwrap();
                for (batch, _) in router.transmits() {
                    assert!(batch.len() <= usize::from(batch_size));
                    let (sn, priority, first) = match decode_transport(&batch).body {
                        TransportBody::Frame(frame) => (frame.sn, frame.ext_qos.priority(), false),
                        TransportBody::Fragment(f) => (f.sn, f.ext_qos.priority(), f.ext_first.is_some()),
                        other => panic!("unexpected {other:?}"),
                    };
                    assert!(sn <= sn_mask(bits));
                    assert_eq!(Priority::of_wire(priority), if qos { Priority::RealTime } else { Priority::DEFAULT });
                    assert!(patch || !first);
                }
            }
        }
    }
}

#[test]
fn servers_that_are_no_router_are_told_apart() {
    let mut silent = Router::greet(USUAL);
    silent.now = HANDSHAKE_TIMEOUT;
    silent.client.handle_timeout(silent.now);
    let cause = silent.closed();
    assert_eq!(cause, CloseCause::NoAnswer { after: HANDSHAKE_TIMEOUT, answered: false });
    assert!(cause.to_string().contains("first"), "{cause}");
    // One that answers the first step has as long again for the second.
    let mut slow = Router::greet(USUAL);
    slow.now = HANDSHAKE_TIMEOUT - SECOND;
    slow.feed(slow.init_ack());
    let due = slow.now + HANDSHAKE_TIMEOUT;
    assert_eq!(slow.client.poll_timeout(), Some(due));
    slow.client.handle_timeout(due - Duration::from_millis(1));
    assert!(!slow.client.is_over() && slow.events().is_empty());
    slow.client.handle_timeout(due);
    let cause = slow.closed();
    assert_eq!(cause, CloseCause::NoAnswer { after: HANDSHAKE_TIMEOUT, answered: true });
    assert!(cause.to_string().contains("second"), "{cause}");
    let mut babbling = Router::greet(USUAL);
    babbling.feed(b"HTTP/1.1 200 OK".to_vec());
    assert!(matches!(babbling.closed(), CloseCause::Malformed(_) | CloseCause::OutOfTurn { opening: true }));
    let mut refusing = Router::greet(USUAL);
    refusing.feed(transport(TransportBody::Close(Close { reason: reason::MAX_SESSIONS, session: true })));
    let cause = refusing.closed();
    assert_eq!(cause, CloseCause::ByRouter { reason: reason::MAX_SESSIONS, opening: true });
    assert!(cause.to_string().contains("refused the session"), "{cause}");
    let mut empty = Router::greet(USUAL);
    empty.feed(Vec::new());
    assert_eq!(empty.closed(), CloseCause::EmptyBatch);
    let mut tiny = Router::greet(Agree { batch_size: 63, ..USUAL });
    tiny.feed(tiny.init_ack());
    tiny.feed(tiny.open_ack());
    assert_eq!(tiny.closed(), CloseCause::SmallBatch { offered: 63 });
}

#[test]
fn closing_tells_the_router_and_gives_up_what_waits() {
    let mut router = Router::open(USUAL);
    router.client.put(1, Put::new(key("a"), payload(&noise(100_000), 1))).unwrap();
    router.client.close();
    assert_eq!(router.closed(), CloseCause::ByUs);
    let last = router.transmits();
    assert_eq!(last.len(), 1);
    assert!(matches!(decode_transport(&last[0].0).body, TransportBody::Close(_)));
    assert_eq!(router.client.put(2, Put::new(key("a"), ZBytes::empty())), Err(CommandError::NotOpen));
}
