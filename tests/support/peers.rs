//! Another zenoh program: the `zenoh` crate in this process. The official Python client is in
//! [`super::python`].

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, time::timeout};
use zenoh::qos::CongestionControl;

use super::{GUARD, lab::joined};

/// A sample as a peer has received it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) key: String,
    pub(crate) len: usize,
    pub(crate) digest: String,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The payload of peers: byte i is i * 31 mod 251, as in `peer.py`.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251 * 31 % 251) as u8).collect()
}

pub(crate) struct Native {
    session: zenoh::Session,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl Native {
    /// Joins as a client and subscribes to `key`.
    pub(crate) async fn join(endpoint: &str, key: &str) -> Self {
        let session = joined(endpoint).await;
        let (tell, seen) = mpsc::unbounded_channel();
        session
            .declare_subscriber(key)
            .callback(move |sample| {
                let payload = sample.payload().to_bytes();
                let digest = sha256(&payload);
                // The test may have ended.
                let _ = tell.send(Seen { key: sample.key_expr().to_string(), len: payload.len(), digest });
            })
            .background()
            .await
            .unwrap();
        Self { session, seen }
    }

    pub(crate) async fn next(&mut self) -> Seen {
        self.next_within(GUARD).await
    }

    /// The same for slower results.
    pub(crate) async fn next_within(&mut self, guard: Duration) -> Seen {
        timeout(guard, self.seen.recv()).await.expect("a sample at the native peer").unwrap()
    }

    pub(crate) async fn put(&self, key: &str, payload: Vec<u8>) {
        self.session.put(key, payload).congestion_control(CongestionControl::Block).await.unwrap();
    }

    pub(crate) async fn leave(self) {
        self.session.close().await.unwrap();
    }
}
