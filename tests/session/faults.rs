//! Floods, slow readers, and sessions that end in the middle of an operation. Nothing hangs, and
//! the session reports every loss.

use zbytes_lab::client::{CommandError, Limits, PutError, QueryId, channel::Channel};

use super::*;

/// The number of a sample of ours, from its payload.
fn number(sample: &Sample) -> u32 {
    u32::from_le_bytes(flat(sample.kind.payload().unwrap())[..4].try_into().unwrap())
}

fn numbered(n: u32, len: usize, congestion_control: ours::CongestionControl) -> Put {
    let bytes = [n.to_le_bytes().to_vec(), vec![n as u8; len]].concat();
    Put { numbered: Some(1), congestion_control, ..Put::new(key("lab/flood"), payload(&bytes)) }
}

/// The numbers of the samples that a subscriber got, of `count` in all. The last one must arrive.
/// Also returns how many samples the session reported as missed. Between two samples, the session
/// must report exactly the missing ones.
async fn heard(link: &mut Link, count: u32) -> (Vec<u32>, u32) {
    let (mut got, mut missed) = (Vec::new(), 0);
    let mut next = None;
    loop {
        match link.event().await {
            Event::SampleMiss { subscriber: 1, nb, .. } => {
                missed += nb;
                next = next.map(|next| next + nb);
            }
            Event::Sample(sample) => {
                let n = number(&sample);
                assert_eq!(n, *next.get_or_insert(n), "what is missed is told before the sample that follows");
                next = Some(n + 1);
                got.push(n);
                if n + 1 == count {
                    return (got, missed);
                }
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn reporting() -> Subscriber {
    Subscriber { sample_miss: true, ..key("lab/flood").into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_told_at_its_sender_and_missed_at_the_subscriber() {
    const COUNT: u32 = 400;
    let lab = router().await;
    let mut reader = Link::open(&lab.ws_locator()).await;
    reader.client.declare_subscriber(1, reporting()).unwrap();
    reader.flush().await;
    let limits = Limits { queued_bytes: 2 << 20, ..Limits::default() };
    let mut writer = Link::open_with(&lab.ws_locator(), limits).await;
    for n in 0..COUNT {
        let congestion = if n + 1 < COUNT { ours::CongestionControl::Drop } else { ours::CongestionControl::Block };
        let op = writer.op();
        writer.client.put(op, numbered(n, 100_000, congestion)).unwrap();
    }
    let sent = writer.flush().await;
    let dropped: Vec<u64> = sent
        .into_iter()
        .filter_map(|event| match event {
            Event::PutFailed(_, PutError::Dropped { queued, limit, dropped }) => {
                assert!(limit == 2 << 20 && queued + 100_004 > limit as u64);
                Some(dropped)
            }
            _ => None,
        })
        .collect();
    // All puts were made in one turn. Those within the bound leave, and so does the last, which
    // waits.
    assert_eq!((dropped.len(), writer.client.stats().dropped), (COUNT as usize - 21, u64::from(COUNT) - 21));
    assert!(dropped.iter().copied().eq(1..=dropped.len() as u64), "each is counted");
    let (got, missed) = heard(&mut reader, COUNT).await;
    // The router may drop more of them on the way to the reader.
    assert_eq!(got.len() as u32 + missed, COUNT);
    assert!(missed >= COUNT - 21, "{missed}");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_dropped_for_a_slow_reader_are_missed_there_alone() {
    const COUNT: u32 = 60;
    let lab = router().await;
    let mut reader = Link::open(&lab.ws_locator()).await;
    reader.client.declare_subscriber(1, reporting()).unwrap();
    reader.flush().await;
    let mut writer = Link::open(&lab.ws_locator()).await;
    // The first sample makes the numbers known. Then the reader does not read its link for a while.
    writer.client.put(1, numbered(0, 10, ours::CongestionControl::Block)).unwrap();
    writer.flush().await;
    assert_eq!(number(&sample(reader.until(is_sample).await)), 0);
    // Each takes many batches, so the router drops some of them halfway.
    for n in 1..COUNT {
        let op = writer.op();
        writer.client.put(op, numbered(n, 1_000_000, ours::CongestionControl::Drop)).unwrap();
    }
    let told = writer.flush().await;
    assert!(matches!(told.as_slice(), [Event::Flushed(..)]), "the sender sees nothing of it: {told:?}");
    assert_eq!(writer.client.stats().dropped, 0);
    // The last sample is put while the reader reads again, so it must arrive.
    let op = writer.op();
    writer.client.put(op, numbered(COUNT, 10, ours::CongestionControl::Block)).unwrap();
    let (got, missed) = writer.during(heard(&mut reader, COUNT + 1)).await.0;
    println!("of {COUNT} samples to a reader that did not read {} arrived and {missed} were missed", got.len());
    assert_eq!(got.len() as u32 + missed, COUNT);
    assert!(missed > 0);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_is_slow_keeps_what_its_channel_says() {
    const COUNT: u32 = 500;
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_subscriber(1, reporting()).unwrap();
    link.flush().await;
    let publisher = tokio::spawn(async move {
        for n in 0..COUNT {
            let bytes = [n.to_le_bytes().to_vec(), vec![0; 20_000]].concat();
            peer.put("lab/flood", bytes).congestion_control(CongestionControl::Block).await.unwrap();
        }
        peer
    });
    // The reader takes one of five arriving samples.
    let (mut fifo, mut ring) = (Channel::fifo(8), Channel::ring(8));
    let (mut taken, mut model) = ([Vec::new(), Vec::new()], (Vec::new(), Vec::new()));
    for n in 0..COUNT {
        let sample = sample(link.until(is_sample).await);
        assert_eq!(number(&sample), n, "BLOCK loses nothing");
        fifo.push(sample.clone());
        ring.push(sample);
        // The same result, computed in another way.
        if model.0.len() < 8 {
            model.0.push(n);
        }
        model.1.push(n);
        model.1.drain(..model.1.len().saturating_sub(8));
        if n % 5 == 4 {
            for (taken, channel) in taken.iter_mut().zip([&mut fifo, &mut ring]) {
                taken.push(number(&channel.pop().unwrap()));
            }
            assert_eq!(taken.each_ref().map(|taken| *taken.last().unwrap()), [model.0.remove(0), model.1.remove(0)]);
        }
    }
    for (channel, taken) in [(&mut fifo, &taken[0]), (&mut ring, &taken[1])] {
        // Every lost sample is counted.
        assert_eq!((taken.len() + channel.len()) as u64 + channel.dropped(), u64::from(COUNT));
        assert!(taken.is_sorted() && channel.dropped() > 300);
    }
    assert!(taken[1].last() > taken[0].last(), "a ring is ahead");
    publisher.await.unwrap().close().await.unwrap();
    lab.stop().await;
}

fn query(events: Vec<Event>) -> QueryId {
    match events.into_iter().last() {
        Some(Event::Query(query)) => query.id,
        other => panic!("expected a query, got {other:?}"),
    }
}

fn is_query(event: &Event) -> bool {
    matches!(event, Event::Query(_))
}

fn answer(bytes: &[u8]) -> ReplySample {
    ReplySample { key_expr: key("lab/q"), content: Content::new(payload(bytes)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_whose_queryable_leaves_mid_answer_ends_without_it() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let mut asks = Link::open(&lab.ws_locator()).await;
    let mut answers = Link::open(&lab.ws_locator()).await;
    answers.client.declare_queryable(1, key("lab/q")).unwrap();
    answers.flush().await;
    let (op, now) = (asks.op(), asks.now());
    let get = Get { consolidation: ConsolidationMode::None, timeout: GUARD, ..Get::new(key("lab/q")) };
    asks.client.get(op, get, now).unwrap();
    let id = query(asks.during(answers.until(is_query)).await.0);
    // One answer is whole, and the next one is partial.
    answers.client.reply(2, id, answer(b"whole")).unwrap();
    answers.client.reply(3, id, answer(&noise(1, 64 << 20))).unwrap();
    answers.parts_of(3, 100).await;
    // Another program asks the same. Its get has no answer yet.
    let theirs = peer.get("lab/q").await.unwrap();
    query(answers.until(is_query).await);
    answers.cut();
    drop(answers);
    let mut story = Vec::new();
    while !matches!(story.last(), Some(Event::GetEnded(..))) {
        story.push(asks.event().await);
    }
    let [Event::Reply(_, Reply { result: Ok(sample), .. }), Event::GetEnded(ended, Ok(()))] = story.as_slice() else {
        panic!("got {story:?}")
    };
    // The router ends it long before its timeout, and the client does not report half of an answer.
    assert_eq!((*ended, flat(sample.kind.payload().unwrap())), (op, b"whole".to_vec()));
    assert!(asks.client.poll_progress().is_none());
    assert!(asks.during(theirs.recv_async()).await.0.is_err());
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_link_takes_declarations_away_and_a_new_one_brings_them() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let alive = peer.liveliness().declare_subscriber("lab/alive/*").await.unwrap();
    let querier = peer.declare_querier("lab/q").await.unwrap();
    let matching = querier.matching_listener().await.unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    link.client.declare_token(1, key("lab/alive/ours")).unwrap();
    link.client.declare_queryable(2, key("lab/q")).unwrap();
    link.client.declare_subscriber(3, key("lab/back")).unwrap();
    let here = async || {
        let token = alive.recv_async().await.unwrap();
        assert_eq!((token.key_expr().as_str(), token.kind()), ("lab/alive/ours", zenoh::sample::SampleKind::Put));
        while !matching.recv_async().await.unwrap().matching() {}
    };
    let gone = async || {
        assert_eq!(alive.recv_async().await.unwrap().kind(), zenoh::sample::SampleKind::Delete);
        while matching.recv_async().await.unwrap().matching() {}
    };
    link.during(here()).await;
    for round in 0..3 {
        // With a query that waits, and a put and a get of ours in flight.
        let theirs = querier.get().await.unwrap();
        let id = query(link.until(is_query).await);
        let (put, get, now) = (link.op(), link.op(), link.now());
        link.client.get(get, Get::new(key("lab/none/is/asked")), now).unwrap();
        link.until(|event| matches!(event, Event::GetEnded(..))).await;
        link.client.put(put, block("lab/large", payload(&noise(1, 32 << 20)))).unwrap();
        link.parts_of(put, 20).await;
        link.cut();
        gone().await;
        assert!(theirs.recv_async().await.is_err(), "the query has ended");
        assert_eq!(unfinished(link.until(is_closed).await), [(put, true)], "round {round}");
        assert_eq!(link.client.reply(99, id, answer(b"late")), Err(CommandError::UnknownQuery { query: id }));
        let ((), mut events) = link.during(here()).await;
        if !events.iter().any(|event| matches!(event, Event::Resumed { .. })) {
            events.extend(link.until(|event| matches!(event, Event::Resumed { .. })).await);
        }
        link.flush().await;
        let theirs = querier.get().await.unwrap();
        let id = query(link.until(is_query).await);
        link.client.reply(98, id, answer(b"again")).unwrap();
        link.client.finish(id).unwrap();
        let reply = link.during(theirs.recv_async()).await.0.unwrap();
        assert_eq!(reply.result().unwrap().payload().to_bytes(), b"again".as_slice());
        peer.put("lab/back", "x").congestion_control(CongestionControl::Block).await.unwrap();
        assert_eq!(sample(link.until(is_sample).await).subscribers, [3]);
    }
    peer.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_ends_with_its_router_and_is_answered_when_repeated() {
    let (ports, mut first) = started().await;
    let mut asks = Link::open(&format!("ws/{}", ports[1])).await;
    let mut answers = Link::open(&format!("ws/{}", ports[1])).await;
    answers.client.declare_queryable(1, key("lab/q")).unwrap();
    answers.flush().await;
    let (op, now) = (asks.op(), asks.now());
    let get = || Get { timeout: GUARD, ..Get::new(key("lab/q")) };
    asks.client.get(op, get(), now).unwrap();
    let id = query(asks.during(answers.until(is_query)).await.0);
    answers.client.reply(2, id, answer(b"kept until the end")).unwrap();
    answers.flush().await;
    // The answer has arrived, and waits for the end of the get, because a later one may replace it.
    asks.flush().await;
    first.kill().await.unwrap();
    // The client reports the answer that had arrived together with the end.
    let mut story = Vec::new();
    while !story.last().is_some_and(is_closed) {
        story.push(asks.event().await);
    }
    assert!(
        matches!(story.first(), Some(Event::Reply(other, Reply { result: Ok(_), .. })) if *other == op),
        "{story:?}"
    );
    assert_eq!((story.len(), unfinished(story)), (2, vec![(op, true)]));
    answers.until(is_closed).await;
    assert_eq!(answers.client.finish(id), Err(CommandError::UnknownQuery { query: id }));
    let _second = program(&ports).await.expect("the ports are still free");
    for link in [&mut asks, &mut answers] {
        link.until(|event| matches!(event, Event::Resumed { .. })).await;
        link.flush().await;
    }
    let (op, now) = (asks.op(), asks.now());
    asks.client.get(op, get(), now).unwrap();
    let id = query(asks.during(answers.until(is_query)).await.0);
    answers.client.reply(3, id, answer(b"here")).unwrap();
    answers.client.finish(id).unwrap();
    answers.flush().await;
    let events = asks.until(|event| matches!(event, Event::GetEnded(..))).await;
    let [Event::Reply(_, Reply { result: Ok(sample), .. }), Event::GetEnded(_, Ok(()))] = events.as_slice() else {
        panic!("got {events:?}")
    };
    assert_eq!(flat(sample.kind.payload().unwrap()), b"here");
}
