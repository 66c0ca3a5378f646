//! The largest payload that a router accepts. The tests move gibibytes, so only
//! `scripts/test --long` runs them.

use sha2::{Digest, Sha256};
use zbytes_lab::{
    client::{CommandError, Progress},
    segment::Segment,
    wire::MAX_MESSAGE,
};

use super::*;

/// A payload of any length from one block of noise, by reference. Each segment begins at another
/// byte of the block, so no two are alike.
fn of_block(block: &Segment, len: usize) -> ZBytes {
    let each = block.len() / 2;
    let segments = (0..len.div_ceil(each)).map(|n| {
        let start = (mix(n as u64) % each as u64) as usize;
        Source::borrow(block.slice(start..start + each.min(len - n * each)).unwrap())
    });
    ZBytes::from_segments(segments).unwrap()
}

fn digest(payload: &ZBytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    payload.segments().iter().for_each(|segment| hash.update(segment.as_linear().unwrap()));
    hash.finalize().into()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "moves gibibytes: scripts/test --long runs it"]
async fn the_largest_payload_arrives_and_one_byte_more_is_refused() {
    let lab = router().await;
    let peer = peer(&lab).await;
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    peer.declare_subscriber("lab/up")
        .callback(move |sample| {
            let mut hash = Sha256::new();
            sample.payload().slices().for_each(|slice| hash.update(slice));
            let digest: [u8; 32] = hash.finalize().into();
            tell.send((sample.payload().len(), digest)).unwrap();
        })
        .background()
        .await
        .unwrap();
    settled(&peer).await;
    let mut link = Link::open(&lab.ws_locator()).await;
    let noise: Segment = noise(1, 8 << 20).into();
    let near = MAX_MESSAGE - 100;
    let around = block("lab/up", ZBytes::empty()).message_len(near, None).unwrap() - near;
    let most = MAX_MESSAGE - around;
    let refused = link.client.put(1, block("lab/up", of_block(&noise, most + 1))).unwrap_err();
    assert_eq!(refused, CommandError::TooLong { encoded: MAX_MESSAGE + 1, limit: MAX_MESSAGE });
    let text = refused.to_string();
    for part in ["1,073,741,825 B", "1,073,741,824 B (2^30)", "at least 1 B shorter"] {
        assert!(text.contains(part), "{text}");
    }
    let whole = of_block(&noise, most);
    let expected = digest(&whole);
    // A full message between others. The lane works the same before and after it. The next full
    // message may reuse the router's memory.
    for _ in 0..2 {
        for payload in [payload(b"before"), whole.clone(), payload(b"behind")] {
            let (op, expected) = (link.op(), (payload.len(), digest(&payload)));
            link.client.put(op, block("lab/up", payload)).unwrap();
            let (got, events) = link.during(heard.recv()).await;
            assert_eq!((got, events.len()), (Some(expected), 0));
        }
    }
    assert_eq!(digest(&whole), expected, "it is still there, and unharmed");

    link.client.declare_subscriber(1, key("lab/down")).unwrap();
    link.flush().await;
    // The head is as long as ours: its key may differ in length, and the rest is equal.
    let down = most - "down".len() + "up".len();
    let bytes = flat(&of_block(&noise, down));
    let expected = (down, Sha256::digest(&bytes).into());
    let put = tokio::spawn(async move {
        peer.put("lab/down", bytes).congestion_control(CongestionControl::Block).await.unwrap();
        peer
    });
    let mut told = 0;
    let (_, sample) = loop {
        match link.during(tokio::time::sleep(Duration::from_millis(50))).await.1.pop() {
            Some(Event::Sample(sample)) => break (told, sample),
            Some(Event::ArrivalEnded { whole, .. }) => assert!(whole),
            Some(other) => panic!("unexpected {other:?}"),
            None => {}
        }
        if let Some(Progress::Received(arriving)) = link.client.poll_progress() {
            assert!(arriving.total == Some(down) && arriving.bytes > told, "{arriving:?}");
            told = arriving.bytes;
        }
    };
    assert!((sample.kind.payload().unwrap().len(), digest(sample.kind.payload().unwrap())) == expected);
    assert!(told > 0);
    put.await.unwrap().close().await.unwrap();
    lab.stop().await;
}
