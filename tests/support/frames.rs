//! Frames of a stream, as a native peer receives them.

use tokio::{sync::mpsc, time::timeout};
use zbytes_lab::live::Head;

use super::{GUARD, lab::joined};

/// A frame as a peer has received it.
pub(crate) struct Frame {
    pub(crate) head: Head,
    pub(crate) payload: Vec<u8>,
}

/// The frames that a native peer receives.
pub(crate) struct Frames {
    pub(crate) session: zenoh::Session,
    seen: mpsc::UnboundedReceiver<Frame>,
}

impl Frames {
    pub(crate) async fn join(endpoint: &str, key: &'static str) -> Self {
        let session = joined(endpoint).await;
        let (tell, seen) = mpsc::unbounded_channel();
        let callback = move |sample: zenoh::sample::Sample| {
            let payload = sample.payload().to_bytes().to_vec();
            let attachment = sample.attachment().expect("a frame has a head").to_bytes().to_vec();
            let head = Head::read(&attachment, payload.len()).expect("its head says what it is");
            // The test may have ended.
            let _ = tell.send(Frame { head, payload });
        };
        session.declare_subscriber(key).callback(callback).background().await.unwrap();
        Self { session, seen }
    }

    pub(crate) async fn next(&mut self) -> Frame {
        timeout(GUARD, self.seen.recv()).await.expect("a frame at the native peer").unwrap()
    }
}
