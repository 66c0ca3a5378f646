//! The client over a link that is a stream of batches: the lab's endpoints with `framing=stream`, and
//! a pipe of other people in front of a router's tcp port.

use std::process::Stdio;

use tokio::net::TcpStream;

use super::*;
use crate::support::python::interpreter;

/// Lengths at the limits of a batch and of a message that carries many, and a camera's frame.
const LENGTHS: [usize; 8] = [0, 1, 64, 65_400, 65_533, 262_144, 1 << 20, 11_796_480];

/// Puts each payload from one link, and compares what arrives at the other.
async fn carries(from: &mut Link, to: &mut Link, lengths: &[usize], what: &str) {
    to.client.declare_subscriber(1, key("lab/stream")).unwrap();
    to.flush().await;
    for (n, &len) in lengths.iter().enumerate() {
        let bytes = noise(n as u64, len);
        let op = from.op();
        let put =
            Put { congestion_control: ours::CongestionControl::Block, ..Put::new(key("lab/stream"), payload(&bytes)) };
        from.client.put(op, put).unwrap();
        let (events, _) = from.during(to.until(is_sample)).await;
        let got = sample(events);
        assert!(flat(got.kind.payload().unwrap()) == bytes, "{what}: other bytes of {len}");
    }
    // Lengths and headers were read, and no byte of a payload was copied.
    assert_eq!(to.client.received().total(), 0, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_and_messages_carry_the_same_both_ways() {
    let lab = router().await;
    let (page, ws) = (format!("ws/{}/zenoh", lab.page_addr()), lab.ws_locator());
    let ways = [format!("{page}?framing=stream"), format!("{ws}/?framing=stream"), page, ws];
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (3, 1)] {
        let (from, to) = (&ways[from], &ways[to]);
        let (mut sender, mut receiver) = (Link::open(from).await, Link::open(to).await);
        carries(&mut sender, &mut receiver, &LENGTHS, &format!("{from} to {to}")).await;
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_carries_many_batches_in_a_message() {
    let lab = router().await;
    let url = format!("ws/{}/zenoh?framing=stream", lab.page_addr());
    let (mut sender, mut receiver) = (Link::open(&url).await, Link::open(&url).await);
    let (before, heard) = (sender.client.stats().sent.batches, receiver.client.stats().received.batches);
    let (sent, received) = (sender.messages[0], receiver.messages[1]);
    carries(&mut sender, &mut receiver, &[11_796_480], "a frame").await;
    let batches = sender.client.stats().sent.batches - before;
    assert!(batches > 180, "{batches} batches");
    // A message has 256 KiB of the stream: four batches of the longest kind do not fit.
    let messages = sender.messages[0] - sent;
    assert!(messages <= batches / 2, "{batches} batches in {messages} messages");
    // The router writes as it likes; the lab passes on together what it can read at once.
    let batches = receiver.client.stats().received.batches - heard;
    let messages = receiver.messages[1] - received;
    assert!(messages < batches, "{batches} batches in {messages} messages");
    lab.stop().await;
}

/// A client that paces itself by answers asks behind the last batch, in the same message.
#[tokio::test(flavor = "multi_thread")]
async fn answer_of_the_router_covers_the_last_batch_of_a_put() {
    let lab = router().await;
    let limits = ours::Limits { unanswered_bytes: Some(8 << 20), ..ours::Limits::default() };
    for way in [format!("ws/{}/zenoh?framing=stream", lab.page_addr()), lab.ws_locator()] {
        let mut link = Link::open_with(&way, limits).await;
        for len in [10, 72_000, 1 << 20] {
            let op = link.op();
            link.client.put(op, Put::new(key("lab/stream"), payload(&noise(1, len)))).unwrap();
            let guard = std::time::Instant::now() + GUARD;
            while link.ends.get(&op).is_none_or(|end| link.client.answered().unwrap() < *end) {
                assert!(
                    std::time::Instant::now() < guard,
                    "{way}: {len} B: {:?} of {:?}",
                    link.client.answered(),
                    link.ends
                );
                link.during(tokio::time::sleep(Duration::from_millis(1))).await;
            }
        }
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_stream_ends_the_session_in_words() {
    let lab = router().await;
    let url = format!("ws/{}/zenoh?framing=stream", lab.page_addr());
    // A length without its batch, and more than a message may have.
    for (message, reason) in
        [(vec![200, 0, 1], "without a whole batch"), (vec![0; (256 << 10) + 1], "at most 262144 B")]
    {
        let mut link = Link::connect(&url, ours::Limits::default()).await;
        let end = link.refused(message).await;
        assert!(end.contains(reason), "{end}");
    }
    lab.stop().await;
}

/// A program that passes the bytes of a WebSocket on to a tcp port, and knows nothing of zenoh.
#[tokio::test(flavor = "multi_thread")]
async fn any_pipe_to_a_tcp_port_is_a_way_to_a_router() {
    let lab = router().await;
    let pipe = own_address();
    let tcp = lab.tcp_locator().replacen("tcp/", "", 1);
    let mut websockify = tokio::process::Command::new(interpreter())
        .args(["-m", "websockify", &pipe.to_string(), &tcp])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let end = std::time::Instant::now() + GUARD;
    while TcpStream::connect(pipe).await.is_err() {
        assert!(std::time::Instant::now() < end, "websockify does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let url = format!("ws/{pipe}?framing=stream");
    let (mut sender, mut receiver) = (Link::open(&url).await, Link::open(&url).await);
    // It cuts the stream anywhere, and is slow: it unmasks in Python.
    carries(&mut sender, &mut receiver, &[1, 65_533, 300_000], "websockify").await;
    websockify.kill().await.unwrap();
    lab.stop().await;
}
