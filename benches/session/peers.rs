//! The other programs: the lab as a process of its own, and sessions of the `zenoh` crate.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use zenoh::{Session, Wait, bytes::ZBytes, qos::CongestionControl};

use super::bare::Meter;

/// The lab, with its router. It keeps its ports when it is started again.
pub(crate) struct Lab {
    pub(crate) page: SocketAddr,
    pub(crate) ws: SocketAddr,
    pub(crate) tcp: SocketAddr,
    dist: std::path::PathBuf,
    process: Child,
}

impl Lab {
    pub(crate) fn start(dist: &Path) -> Self {
        let free = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [page, ws, tcp] = free.each_ref().map(|listener| listener.local_addr().unwrap());
        drop(free);
        let process = run([page, ws, tcp], dist);
        Self { page, ws, tcp, dist: dist.to_owned(), process }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills the process, so that it cannot close its sessions.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the process again; returns when the lab has printed that it runs.
    pub(crate) fn start_again(&mut self) -> Instant {
        self.process = run([self.page, self.ws, self.tcp], &self.dist);
        Instant::now()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run([page, ws, tcp]: [SocketAddr; 3], dist: &Path) -> Child {
    let mut process = Command::new(env!("CARGO_BIN_EXE_zbytes-lab"))
        .args(["--page", &page.to_string(), "--ws", &ws.to_string(), "--tcp", &tcp.to_string(), "--dist"])
        .arg(dist)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let runs = lines.by_ref().any(|line| line.unwrap().contains("Ctrl+C stops it"));
    assert!(runs, "the lab did not start; it says above why");
    std::thread::spawn(move || lines.for_each(drop));
    process
}

/// Joins the router as a client.
pub(crate) async fn join(endpoint: &str) -> Session {
    let mut config = zenoh::Config::default();
    config.insert_json5("mode", r#""client""#).unwrap();
    config.insert_json5("connect/endpoints", &format!(r#"["{endpoint}"]"#)).unwrap();
    config.insert_json5("scouting/multicast/enabled", "false").unwrap();
    zenoh::open(config).await.unwrap()
}

/// Subscribes, for as long as the session lives.
pub(crate) async fn subscribe(session: &Session, key: &str, meter: Arc<Meter>) {
    session.declare_subscriber(key).callback(move |_| meter.note()).background().await.unwrap();
}

/// Answers gets of `key` with a payload of `len` bytes, for as long as the session lives.
pub(crate) async fn answer(session: &Session, key: &'static str, len: usize) {
    let payload = ZBytes::from(vec![7u8; len]);
    session
        .declare_queryable(key)
        .callback(move |query| query.reply(key, payload.clone()).wait().unwrap())
        .background()
        .await
        .unwrap();
}

/// Publishes a payload of `len` bytes `count` times, as fast as the link allows.
pub(crate) async fn publish(session: &Session, key: &str, len: usize, count: u32) {
    let publisher =
        session.declare_publisher(key.to_owned()).congestion_control(CongestionControl::Block).await.unwrap();
    let payload = ZBytes::from(vec![7u8; len]);
    let all = move || (0..count).for_each(|_| publisher.put(payload.clone()).wait().unwrap());
    tokio::task::spawn_blocking(all).await.unwrap();
}
