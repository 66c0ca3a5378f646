//! Other zenoh programs: the `zenoh` crate in this process, and the official Python client in one of its own.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, time::timeout};
use zenoh::qos::CongestionControl;

use super::GUARD;

/// A sample as a peer has seen it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) key: String,
    pub(crate) len: usize,
    pub(crate) digest: String,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What peers publish: byte i is i * 31 mod 251, as in `peer.py`.
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
        let mut config = zenoh::Config::default();
        config.insert_json5("mode", r#""client""#).unwrap();
        config.insert_json5("connect/endpoints", &format!(r#"["{endpoint}"]"#)).unwrap();
        config.insert_json5("scouting/multicast/enabled", "false").unwrap();
        let session = zenoh::open(config).await.unwrap();
        let (tell, seen) = mpsc::unbounded_channel();
        session
            .declare_subscriber(key)
            .callback(move |sample| {
                let payload = sample.payload().to_bytes();
                let digest = sha256(&payload);
                // The test may be over.
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

    /// The same of what takes longer.
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

pub(crate) struct Python {
    process: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
}

impl Python {
    /// Joins as a client and subscribes to `key`.
    pub(crate) fn join(endpoint: &str, key: &str) -> Self {
        let python = std::env::var("LAB_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/peer.py");
        let mut process = Command::new(python)
            .arg(script)
            .args([endpoint, key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts; scripts/test makes an environment for it");
        let lines = read_lines(process.stdout.take().unwrap());
        let commands = process.stdin.take().unwrap();
        let python = Self { process, commands, lines };
        assert_eq!(python.line(), "ready");
        python
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(GUARD).expect("a line from the Python peer")
    }

    pub(crate) fn next(&mut self) -> Seen {
        let line = self.line();
        let words: Vec<&str> = line.split(' ').collect();
        let ["sample", key, len, digest] = words.as_slice() else { panic!("expected a sample, got {line}") };
        Seen { key: (*key).to_owned(), len: len.parse().unwrap(), digest: (*digest).to_owned() }
    }

    pub(crate) fn put(&mut self, key: &str, len: usize) {
        writeln!(self.commands, "put {key} {len}").unwrap();
        assert_eq!(self.line(), format!("put {key} {len}"));
    }

    pub(crate) fn leave(mut self) {
        writeln!(self.commands, "end").unwrap();
        assert_eq!(self.line(), "ended");
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read_lines(from: ChildStdout) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    lines
}
