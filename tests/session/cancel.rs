//! Puts that are cancelled on their way through a real router, and the progress of large messages.

use zbytes_lab::client::{Arriving, Client, CommandError, Leaving, OpId, Progress, PutError};

use super::*;

const LARGE: usize = 64 << 20;

/// The latest progress of our message `wanted`.
fn leaving(client: &mut Client, wanted: OpId) -> Option<Leaving> {
    let all = std::iter::from_fn(|| client.poll_progress());
    all.filter_map(|progress| match progress {
        Progress::Sent(leaving) if leaving.op == wanted => Some(leaving),
        _ => None,
    })
    .last()
}

/// Drives until more than `LARGE / 4` bytes of the put have left, but not all of its fragments.
/// Returns the progress.
async fn halfway(link: &mut Link, op: OpId) -> Leaving {
    loop {
        link.during(tokio::time::sleep(Duration::from_millis(1))).await;
        if let Some(leaving) = leaving(&mut link.client, op).filter(|leaving| leaving.bytes > LARGE / 4) {
            return leaving;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_cancelled_halfway_never_arrives_and_the_next_does() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let subscriber = peer.declare_subscriber("lab/**").await.unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    let large = payload(&noise(1, LARGE));
    for round in 0..4u64 {
        let (first, waits, next) = (link.op(), link.op(), link.op());
        link.client.put(first, block("lab/cancelled", large.clone())).unwrap();
        link.client.put(waits, block("lab/cancelled", large.clone())).unwrap();
        link.client.put(next, block("lab/next", payload(&noise(round + 100, 3_000_000)))).unwrap();
        let told = halfway(&mut link, first).await;
        assert_eq!((told.total, told.bytes < LARGE), (LARGE, true), "{told:?}");
        assert!(told.fragments > LARGE / 4 / 65_535);
        link.client.cancel(first).unwrap();
        link.client.cancel(waits).unwrap();
        let (got, events) = link.during(async { subscriber.recv_async().await.unwrap() }).await;
        assert_eq!(got.key_expr().as_str(), "lab/next");
        assert!(got.payload().to_bytes() == noise(round + 100, 3_000_000), "round {round}");
        let sent: Vec<(OpId, usize)> = events
            .into_iter()
            .map(|event| match event {
                Event::PutFailed(op, PutError::Cancelled { sent, total: LARGE }) => (op, sent),
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(sent, [(first, told.bytes), (waits, 0)], "what had left is what was told");
        assert_eq!(link.client.cancel(next), Err(CommandError::CannotCancel { op: next }));
    }
    // The router has passed on everything, and sends nothing else.
    link.flush().await;
    settled(&peer).await;
    assert!(subscriber.try_recv().unwrap().is_none());
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_sample_is_told_with_key_and_length_as_it_arrives() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_subscriber(1, key("lab/**")).unwrap();
    link.flush().await;
    let bytes = noise(3, LARGE);
    let (publisher, payload) = (peer.clone(), bytes.clone());
    let put = tokio::spawn(async move {
        publisher.put("lab/large", payload).congestion_control(CongestionControl::Block).await.unwrap();
    });
    let mut told: Vec<Arriving> = Vec::new();
    let events = loop {
        let (_, mut events) = link.during(tokio::time::sleep(Duration::from_millis(2))).await;
        if !events.is_empty() {
            if !events.iter().any(is_sample) {
                events.extend(link.until(is_sample).await);
            }
            break events;
        }
        if let Some(Progress::Received(arriving)) = link.client.poll_progress() {
            assert!(told.last().is_none_or(|last| last.bytes < arriving.bytes && last.id == arriving.id));
            told.push(arriving);
        }
    };
    put.await.unwrap();
    let [Event::ArrivalEnded { id, whole: true }, Event::Sample(sample)] = events.as_slice() else {
        panic!("got {events:?}")
    };
    assert!(flat(sample.kind.payload().unwrap()) == bytes);
    assert!(told.len() > 2, "it takes many times 2 ms");
    for arriving in told {
        assert_eq!((arriving.id, arriving.key_expr.as_deref(), arriving.total), (*id, Some("lab/large"), Some(LARGE)));
        assert_eq!((arriving.subscribers.as_slice(), arriving.get), ([1].as_slice(), None));
    }
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_client_gives_up_ends_here_too() {
    let lab = router().await;
    let mut from = Link::open(&lab.ws_locator()).await;
    let mut to = Link::open(&lab.ws_locator()).await;
    to.client.declare_subscriber(1, key("lab/**")).unwrap();
    to.flush().await;
    // A router joins all fragments of a put before it passes the put on, so the receiver sees none
    // of it.
    let op = from.op();
    from.client.put(op, block("lab/a", payload(&vec![7; LARGE]))).unwrap();
    halfway(&mut from, op).await;
    from.client.cancel(op).unwrap();
    from.client.put(op + 1, block("lab/b", payload(b"b"))).unwrap();
    from.flush().await;
    let events = to.until(is_sample).await;
    assert_eq!((events.len(), sample(events).key_expr.as_str()), (1, "lab/b"));
    assert!(to.client.poll_progress().is_none());
    lab.stop().await;
}
