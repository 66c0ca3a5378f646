//! Sessions that are lost and opened again.

use std::time::Duration;

use zbytes::segment::Segment;
use zenoh_protocol::{
    network::{Declare, DeclareBody, NetworkBody},
    transport::{Close, TransportBody, close::reason},
};

use super::pair::*;
use crate::{client::*, testing::transport};

#[test]
fn a_lost_session_opens_again_with_its_declarations() {
    let mut pair = Pair::open();
    for (id, text) in [(3, "c/**"), (1, "a"), (2, "b/*")] {
        pair.client.declare_subscriber(id, key(text)).unwrap();
    }
    pair.run(SECOND);
    pair.narrow = 1;
    pair.client.put(10, Put::new(key("k/done"), payload(&noise(100), 1))).unwrap();
    pair.run(SECOND);
    pair.client.put(11, Put::new(key("k/begun"), payload(&noise(1_000_000), 1))).unwrap();
    pair.client.put(12, Put::new(key("k/waits"), payload(&noise(100), 1))).unwrap();
    pair.run(Duration::from_millis(3));
    pair.cut();
    pair.client.handle_link_lost(1006);
    pair.run(SECOND);
    let events = pair.take();
    let [Event::Closed(ended)] = events.as_slice() else { panic!("expected the end, got {events:?}") };
    assert_eq!(ended.cause, CloseCause::Link { code: 1006, opening: false });
    assert_eq!(ended.interrupted, [Interrupted { op: 11, begun: true }, Interrupted { op: 12, begun: false }]);

    // Meanwhile puts end with an error, and declarations are kept.
    assert!(pair.client.is_lost() && !pair.client.is_open());
    let refused = pair.client.put(13, Put::new(key("k"), payload(b"x", 1)));
    assert_eq!(refused, Err(CommandError::Lost));
    pair.client.undeclare(1).unwrap();
    pair.client.declare_subscriber(4, key("d")).unwrap();
    pair.run(30 * SECOND);

    pair.got.clear();
    let since = pair.now;
    pair.relink();
    pair.run(SECOND);
    let events = pair.take();
    let [Event::Opened(_), Event::Resumed { gap, subscribers }] = events.as_slice() else { panic!("got {events:?}") };
    assert_eq!(subscribers, &[3, 2, 4]);
    assert!(gap.time >= 30 * SECOND && gap.time <= since && gap.pause.is_none(), "{gap:?} of {since:?}");
    let declared: Vec<(u32, String)> = pair
        .got
        .iter()
        .map(|got| match &got.message.body {
            NetworkBody::Declare(Declare { body: DeclareBody::DeclareSubscriber(sub), .. }) => {
                (sub.id, sub.wire_expr.suffix.to_string())
            }
            other => panic!("unexpected {other:?}"),
        })
        .collect();
    assert_eq!(declared, [(3, "c/**".to_owned()), (2, "b/*".to_owned()), (4, "d".to_owned())]);
    pair.say(&push(wire("b/x"), b"back"), Priority::DEFAULT);
    pair.client.put(14, Put::new(key("k/again"), payload(b"y", 1))).unwrap();
    pair.run(SECOND);
    assert!(matches!(pair.take().as_slice(), [Event::Sample(sample)] if sample.subscribers == [2]));
    assert_eq!((pair.keys(), pair.refused.take()), (vec!["k/again".to_owned()], None));
}

#[test]
fn a_session_lost_in_any_way_opens_again_and_a_closed_one_not() {
    let close = |reason| transport(TransportBody::Close(Close { reason, session: true }));
    type Way = Box<dyn Fn(&mut Pair)>;
    let ways: Vec<(&str, Way)> = vec![
        ("cut", Box::new(|pair| pair.client.handle_link_lost(1006))),
        ("closed", Box::new(move |pair| pair.client.handle_input(Segment::from(close(reason::GENERIC)), pair.now))),
        ("garbage", Box::new(|pair| pair.client.handle_input(Segment::from(vec![0xff_u8; 9]), pair.now))),
        ("long", Box::new(|pair| pair.client.handle_input(Segment::from(vec![0; 70_000]), pair.now))),
        (
            "silent",
            Box::new(|pair| {
                pair.mute = true;
                pair.run(20 * SECOND);
            }),
        ),
    ];
    for (name, lose) in ways {
        let mut pair = Pair::open();
        pair.client.declare_subscriber(1, key("a")).unwrap();
        assert!(!pair.client.is_lost());
        lose(&mut pair);
        assert!(pair.client.is_lost(), "{name}");
        pair.cut();
        pair.run(SECOND);
        let events = pair.take();
        assert!(matches!(events.as_slice(), [Event::Closed(_)]), "{name}: {events:?}");
        // An attempt that fails changes nothing.
        pair.relink();
        pair.cut();
        pair.client.handle_link_lost(1006);
        let cause = CloseCause::Link { code: 1006, opening: true };
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Closed(ended)] if ended.cause == cause), "{name}");
        pair.relink();
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Opened(_), Event::Resumed { .. }]), "{name}");
        pair.client.close();
        pair.run(SECOND);
        assert!(matches!(pair.take().as_slice(), [Event::Closed(ended)] if ended.cause == CloseCause::ByUs));
        assert!(!pair.client.is_lost());
        assert_eq!(pair.client.relink(ZenohId::new([8; 16]).unwrap(), 0, pair.now), Err(CommandError::NotLost));
        assert_eq!(pair.client.declare_subscriber(2, key("a")), Err(CommandError::NotOpen));
    }
    // Closing a session that is lost ends the attempts.
    let mut pair = Pair::open();
    pair.client.handle_link_lost(1006);
    pair.client.close();
    assert_eq!(pair.client.relink(ZenohId::new([8; 16]).unwrap(), 0, pair.now), Err(CommandError::NotLost));
    // One that was never open is not lost.
    let mut pair = Pair::new(USUAL, Limits::default());
    pair.client.handle_link_lost(1006);
    assert_eq!(pair.client.relink(ZenohId::new([8; 16]).unwrap(), 0, pair.now), Err(CommandError::NotLost));
}
