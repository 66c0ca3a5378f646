//! Connections that send nothing, too little or nonsense, and subscribers that take nothing: they
//! do not harm other clients.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use support::{
    GUARD,
    lab::{joined, options},
    link::Link,
};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};
use zbytes_lab::client::{Event, KeyExpr};
use zbytes_lab::server::{Lab, Options};
use zenoh::qos::CongestionControl;

/// The InitSyn of a client of zenoh 1.10: version 9, no extension. The 16 bytes of its zid are
/// arbitrary.
const INIT_SYN: [u8; 19] = {
    let mut batch = [7; 19];
    batch[0] = 0x01; // InitSyn, without sizes of its own
    batch[1] = 9; // the version of the protocol
    batch[2] = 0xf2; // a zid of 16 bytes, a client
    batch
};

/// Thousands of sockets are open at once: one test at a time.
async fn turn() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let turn = ONE_AT_A_TIME.lock().await;
    let open_files = open_files();
    assert!(open_files >= 8_192, "these tests need 8,192 open files, and the system allows {open_files}");
    turn
}

/// Raises the soft limit of open files to the hard limit, and returns that limit.
#[cfg(unix)]
fn open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    maximum.unwrap_or(u64::MAX)
}

/// Other systems do not have this limit.
#[cfg(not(unix))]
fn open_files() -> u64 {
    u64::MAX
}

async fn lab() -> Lab {
    Lab::start(Options { router_only: true, ..options() }).await.unwrap()
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_zbytes-lab");

fn with_any_ports(mut command: Command) -> Command {
    command
        .args(["--router-only", "--page", "127.0.0.1:0", "--ws", "127.0.0.1:0", "--tcp", "127.0.0.1:0"])
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The lab as a process of its own.
async fn started(command: Command) -> (Child, Ports) {
    let mut process = with_any_ports(command).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut greeting = String::new();
    while !greeting.ends_with("stops it.\n") {
        let read = timeout(GUARD, stdout.read_line(&mut greeting)).await.expect("it should have started");
        assert_ne!(read.unwrap(), 0, "it ended after: {greeting}");
    }
    let addr = |start: &str| {
        let word = greeting.split_whitespace().find(|word| word.starts_with(start)).unwrap();
        word[start.len()..].trim_end_matches('/').parse().unwrap()
    };
    let ports = Ports { page: addr("http://"), ws: addr("ws/"), tcp: addr("tcp/") };
    (process, ports)
}

/// The lab's three ports, and `/zenoh` on the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Page,
    Zenoh,
    Ws,
    Tcp,
}

/// Where a lab listens, in this process or in a program of its own.
#[derive(Debug, Clone, Copy)]
struct Ports {
    page: SocketAddr,
    ws: SocketAddr,
    tcp: SocketAddr,
}

impl Ports {
    fn of(lab: &Lab) -> Self {
        let addr = |locator: String| locator.split_once('/').unwrap().1.parse().unwrap();
        Self { page: lab.page_addr(), ws: addr(lab.ws_locator()), tcp: addr(lab.tcp_locator()) }
    }

    fn addr(&self, way: Way) -> SocketAddr {
        match way {
            Way::Page | Way::Zenoh => self.page,
            Way::Ws => self.ws,
            Way::Tcp => self.tcp,
        }
    }

    /// Opens a session in each way, at the first attempt, and waits for the router's answer in it.
    async fn are_open(&self) {
        let open = async {
            for url in [format!("ws/{}/zenoh", self.page), format!("ws/{}", self.ws)] {
                let mut link = Link::open(&url).await;
                link.flush().await;
            }
            for locator in [format!("ws/{}", self.ws), format!("tcp/{}", self.tcp)] {
                let session = joined(&locator).await;
                settled(&session).await;
                session.close().await.unwrap();
            }
        };
        timeout(GUARD, open).await.expect("a session should have been opened at every port");
    }
}

/// Waits until the router has the declarations of a session: the router answers this after them.
async fn settled(session: &zenoh::Session) {
    let answers = session.liveliness().get("lab/no/such/token").await.unwrap();
    while answers.recv_async().await.is_ok() {}
}

/// How far a connection proceeds before it falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// It connects.
    Connected,
    /// It sends a part of the head of a request, or of a batch.
    Half,
    /// It continues the head, or the batch, at a byte a second.
    Slow,
    /// It requests the upgrade and gets it.
    Upgraded,
    /// It begins a message of the greatest length behind the upgrade.
    HalfMessage,
    /// It sends its InitSyn, and no OpenSyn.
    InHandshake,
}

impl Silence {
    const ALL: [Self; 6] =
        [Self::Connected, Self::Half, Self::Slow, Self::Upgraded, Self::HalfMessage, Self::InHandshake];
}

/// Connects in this way, from this address, and falls silent.
async fn silent(ports: &Ports, way: Way, silence: Silence, from: IpAddr) -> TcpStream {
    let to = ports.addr(way);
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let mut stream = timeout(GUARD, socket.connect(to)).await.unwrap().unwrap();
    // An error means that the lab has ended the connection already.
    let _ = match (way, silence) {
        (_, Silence::Connected) => Ok(()),
        (Way::Tcp, Silence::InHandshake) => stream.write_all(&[&19_u16.to_le_bytes(), &INIT_SYN[..]].concat()).await,
        (Way::Tcp, _) => stream.write_all(&60_000_u16.to_le_bytes()).await,
        (_, Silence::Half | Silence::Slow) => stream.write_all(b"GET /zenoh HTTP/1.1\r\nHost: ").await,
        _ => upgrade(&mut stream, to).await,
    };
    let _ = match (way, silence) {
        (Way::Page | Way::Zenoh | Way::Ws, Silence::HalfMessage) => {
            // A binary message of 60,000 B, masked by zeros.
            stream.write_all(&[&[0x82, 0x80 | 126], &60_000_u16.to_be_bytes()[..], &[0; 4], &[0; 1_000]].concat()).await
        }
        (Way::Page | Way::Zenoh | Way::Ws, Silence::InHandshake) => {
            stream.write_all(&[&[0x82, 0x80 | 19], &[0; 4][..], &INIT_SYN].concat()).await
        }
        _ => Ok(()),
    };
    stream
}

async fn upgrade(stream: &mut TcpStream, to: SocketAddr) -> std::io::Result<()> {
    let request = format!(
        "GET /zenoh HTTP/1.1\r\nHost: {to}\r\nOrigin: http://{to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(GUARD, stream.read_u8()).await.expect("an answer")?);
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    Ok(())
}

async fn watched(ports: &Ports, way: Way, silence: Silence, from: IpAddr) -> Watched {
    Watched { stream: silent(ports, way, silence, from).await, heard: Vec::new(), over: false }
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Resolves when the lab has ended a connection, by a close, an end or a reset.
async fn ended(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while !matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)) {}
}

/// A silent connection, and the bytes that the lab has sent on it.
struct Watched {
    stream: TcpStream,
    heard: Vec<u8>,
    over: bool,
}

impl Watched {
    /// Whether the lab ended it to make room for others. The lab sends a WebSocket the code 1013
    /// then. It ends a connection without an upgrade for no other reason before its 30 s are over.
    fn is_crowded_out(&mut self, silence: Silence) -> bool {
        while !self.over
            && let Some(read) = tokio::task::unconstrained(self.stream.read_buf(&mut self.heard)).now_or_never()
        {
            self.over = !matches!(read, Ok(1..));
        }
        let upgraded = !matches!(silence, Silence::Connected | Silence::Half | Silence::Slow);
        let told = self.heard.windows(4).any(|bytes| bytes[0] == 0x88 && bytes[2..] == 1013_u16.to_be_bytes());
        self.over && (told || !upgraded)
    }
}

/// Waits until the lab has ended so many of these connections to make room for others. Returns
/// their indices.
async fn crowded_out(watched: &mut [Watched], silence: Silence, count: usize) -> Vec<usize> {
    let all = async {
        loop {
            let gone: Vec<_> = (0..watched.len()).filter(|&n| watched[n].is_crowded_out(silence)).collect();
            if gone.len() >= count {
                return gone;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(GUARD, all).await.unwrap_or_else(|_| panic!("{count} should have been crowded out: {silence:?}"))
}

/// Opens silent connections of all kinds in these ways, and opens each again after a cut, until it
/// is dropped.
struct Crowd {
    members: Vec<tokio::task::JoinHandle<()>>,
    /// How often the lab has cut one of them.
    cut: Arc<AtomicUsize>,
}

impl Crowd {
    /// Opens as many of these in each way. Resolves when every one has connected once.
    async fn of(ports: Ports, ways: &[Way], silences: &'static [Silence], count: usize) -> Self {
        let (cut, there) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut members = Vec::new();
        for n in 0..count {
            for &way in ways {
                let (cut, there) = (Arc::clone(&cut), Arc::clone(&there));
                let silence = silences[n % silences.len()];
                members.push(tokio::spawn(async move {
                    let mut first = true;
                    loop {
                        let mut stream = silent(&ports, way, silence, LOOPBACK).await;
                        there.fetch_add(usize::from(std::mem::take(&mut first)), Ordering::Relaxed);
                        if silence == Silence::Slow {
                            while stream.write_all(b"x").await.is_ok() {
                                sleep(Duration::from_secs(1)).await;
                            }
                        }
                        ended(&mut stream).await;
                        cut.fetch_add(1, Ordering::Relaxed);
                        sleep(Duration::from_secs(1)).await;
                    }
                }));
            }
        }
        let all = members.len();
        let arrived = async {
            while there.load(Ordering::Relaxed) < all {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(GUARD, arrived).await.expect("all should have connected");
        Self { members, cut }
    }

    /// Waits until the lab has cut so many more of them.
    async fn are_cut(&self, more: usize) {
        let before = self.cut.load(Ordering::Relaxed);
        let cut = async {
            while self.cut.load(Ordering::Relaxed) < before + more {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(GUARD, cut).await.expect("some should have been cut");
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for member in &self.members {
            member.abort();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_silent_connections_keep_no_session_out() {
    let _turn = turn().await;
    // The program gives zenoh more threads than the tests have.
    let (lab, ports) = started(Command::new(PROGRAM)).await;
    let crowd = Crowd::of(ports, &[Way::Zenoh, Way::Ws, Way::Tcp], &Silence::ALL, 1_000).await;
    for _ in 0..3 {
        ports.are_open().await;
        crowd.are_cut(100).await;
    }
    drop((crowd, lab));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_wait_the_oldest_go_first_and_no_more_than_must() {
    const MORE: usize = 100;
    let _turn = turn().await;
    let lab = lab().await;
    let ports = Ports::of(&lab);
    for (way, silence) in [
        (Way::Page, Silence::Connected),
        (Way::Page, Silence::Half),
        (Way::Zenoh, Silence::Upgraded),
        (Way::Zenoh, Silence::InHandshake),
        (Way::Ws, Silence::Connected),
        (Way::Ws, Silence::HalfMessage),
        (Way::Ws, Silence::InHandshake),
    ] {
        let bounds = lab.bounds();
        let bound = if silence == Silence::InHandshake { bounds.handshakes } else { bounds.waiting };
        let mut streams = Vec::new();
        for _ in 0..bound + MORE {
            streams.push(watched(&ports, way, silence, LOOPBACK).await);
        }
        let gone = crowded_out(&mut streams, silence, MORE).await;
        assert_eq!(gone, (0..MORE).collect::<Vec<_>>(), "{way:?} {silence:?}");
        drop(streams);
        // The connections that have left make room for the next.
        ports.are_open().await;
    }
    lab.stop().await;
}

/// Only Linux gives a machine the other addresses of loopback without configuration.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn one_address_does_not_take_the_places_of_another() {
    let _turn = turn().await;
    let lab = lab().await;
    let ports = Ports::of(&lab);
    for way in [Way::Page, Way::Ws] {
        let silence = Silence::Connected;
        let bound = lab.bounds().waiting;
        let mut first = watched(&ports, way, silence, IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))).await;
        let mut flood = Vec::new();
        for _ in 0..2 * bound {
            flood.push(watched(&ports, way, silence, LOOPBACK).await);
        }
        let gone = crowded_out(&mut flood, silence, bound + 1).await;
        assert_eq!(gone, (0..=bound).collect::<Vec<_>>(), "{way:?}");
        assert!(!first.is_crowded_out(silence), "{way:?}: the first should have stayed");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_websockets_that_come_back_do_not_shut_the_door() {
    let _turn = turn().await;
    let lab = lab().await;
    let ports = Ports::of(&lab);
    // More than may be in the handshake at once, so that each new one forces the lab to cut
    // another.
    let count = lab.bounds().handshakes + 100;
    let crowd = Crowd::of(ports, &[Way::Zenoh], &[Silence::InHandshake], count).await;
    for _ in 0..5 {
        crowd.are_cut(100).await;
        ports.are_open().await;
    }
    drop(crowd);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_is_refused_in_words() {
    let _turn = turn().await;
    let lab = lab().await;
    let ports = Ports::of(&lab);
    for url in [format!("ws://{}/zenoh", ports.page), format!("ws://{}/", ports.ws)] {
        for (message, code, words) in [
            (Message::text("hello"), 1003, "got a text"),
            (Message::binary(Vec::new()), 1003, "got an empty one"),
            (Message::binary(vec![0; 65_534]), 1009, "expected a message of at most 65533 B, got 65534 B"),
        ] {
            for handshake in [false, true] {
                let mut request = url.as_str().into_client_request().unwrap();
                request.headers_mut().insert("origin", format!("http://{}", ports.page).parse().unwrap());
                let (mut socket, _) = timeout(GUARD, tokio_tungstenite::connect_async(request)).await.unwrap().unwrap();
                if handshake {
                    socket.send(Message::binary(INIT_SYN.to_vec())).await.unwrap();
                    let ack = timeout(GUARD, socket.next()).await.unwrap().unwrap().unwrap();
                    // An InitAck, with any flags.
                    assert_eq!(ack.into_data()[0] & 0x3f, 0x21);
                }
                socket.send(message.clone()).await.unwrap();
                let answer = timeout(GUARD, socket.next()).await.unwrap().unwrap().unwrap();
                let Message::Close(Some(frame)) = answer else { panic!("expected a close, got {answer:?}") };
                assert_eq!(u16::from(frame.code), code, "{frame}");
                assert!(frame.reason.contains(words), "{frame}");
            }
        }
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_subscriber_costs_a_healthy_one_no_sample() {
    const COUNT: usize = 600;
    let _turn = turn().await;
    // A process of its own: zenoh's sessions of one process share their threads, so a waiting
    // session would block the others.
    let (lab, ports) = started(Command::new(PROGRAM)).await;
    let tcp = format!("tcp/{}", ports.tcp);
    for run in 0..3 {
        // Two at the same time: the router waits for one after the other.
        let mut frozen = Vec::new();
        for url in [format!("ws/{}/zenoh", ports.page), format!("ws/{}", ports.ws)] {
            let mut link = Link::open(&url).await;
            link.client.declare_subscriber(1, KeyExpr::new("lab/frozen").unwrap()).unwrap();
            link.flush().await;
            frozen.push(link);
        }
        let (healthy, publisher) = (joined(&tcp).await, joined(&tcp).await);
        let subscriber = healthy.declare_subscriber("lab/frozen").await.unwrap();
        settled(&healthy).await;
        // A put that has to wait blocks its thread.
        let put = tokio::spawn(async move {
            for n in 0..COUNT {
                let payload = [n.to_le_bytes().to_vec(), vec![0; 100_000]].concat();
                publisher.put("lab/frozen", payload).congestion_control(CongestionControl::Block).await.unwrap();
            }
            publisher
        });
        let heard = async {
            let mut numbers = Vec::new();
            while numbers.len() < COUNT {
                let sample = subscriber.recv_async().await.unwrap();
                numbers.push(usize::from_le_bytes(sample.payload().to_bytes()[..8].try_into().unwrap()));
            }
            numbers
        };
        let numbers = timeout(GUARD, heard).await.unwrap_or_else(|_| {
            panic!("run {run}: the healthy subscriber should have got all samples");
        });
        assert_eq!(numbers, (0..COUNT).collect::<Vec<_>>(), "run {run}");
        // A frozen link reports the cut when it reads again.
        for mut link in frozen {
            timeout(GUARD, async { while !matches!(link.event().await, Event::Closed(_)) {} }).await.expect("a cut");
        }
        drop(subscriber);
        put.await.unwrap().close().await.unwrap();
        healthy.close().await.unwrap();
    }
    drop(lab);
}

/// A proxy for a port of the lab, which passes the lab's answers only slowly.
async fn slow_way(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(to).await.unwrap();
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.into_split(), server.into_split());
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let mut buffer = vec![0; 100_000];
        while let Ok(len @ 1..) = from_server.read(&mut buffer).await
            && to_client.write_all(&buffer[..len]).await.is_ok()
        {
            sleep(Duration::from_millis(10)).await;
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_gets_a_message_longer_than_the_routers_wait() {
    const LEN: usize = 64 << 20;
    let _turn = turn().await;
    let (lab, ports) = started(Command::new(PROGRAM)).await;
    let mut link = Link::open(&format!("ws/{}", slow_way(ports.ws).await)).await;
    link.client.declare_subscriber(1, KeyExpr::new("lab/slow").unwrap()).unwrap();
    link.flush().await;
    let publisher = joined(&format!("tcp/{}", ports.tcp)).await;
    let put = publisher.put("lab/slow", vec![7; LEN]).congestion_control(CongestionControl::Block);
    let arrived = async {
        loop {
            if let Event::Sample(sample) = link.event().await {
                return sample.kind.payload().unwrap().len();
            }
        }
    };
    let (put, len) = timeout(GUARD, async { tokio::join!(put.into_future(), arrived) }).await.expect("a sample");
    put.unwrap();
    assert_eq!(len, LEN);
    publisher.close().await.unwrap();
    drop(lab);
}

#[cfg(unix)]
mod descriptors {
    use super::*;

    /// The program, under a limit of open files that these words of the shell set.
    fn limited(limit: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limit} && exec \"$0\" \"$@\""), PROGRAM]);
        shell
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn more_silent_connections_than_files_keep_no_session_out() {
        let _turn = turn().await;
        let (mut process, ports) = started(limited("ulimit -n 256")).await;
        // The lab refuses silent connections at the tcp port beyond a bound, which is small here.
        // The connections that try again are a crowd of their own.
        let tcp = Crowd::of(ports, &[Way::Tcp], &[Silence::Connected], 500).await;
        tcp.are_cut(100).await;
        drop(tcp);
        let mut crowd = Vec::new();
        for n in 0..500 {
            for way in [Way::Zenoh, Way::Ws] {
                crowd.push(silent(&ports, way, Silence::ALL[n % Silence::ALL.len()], LOOPBACK).await);
            }
        }
        ports.are_open().await;
        assert!(process.try_wait().unwrap().is_none());
        drop(crowd);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_too_few_files_it_says_so() {
        let _turn = turn().await;
        for limit in [20, 255] {
            let output = with_any_ports(limited(&format!("ulimit -n {limit}"))).output().await.unwrap();
            let errors = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{errors}");
            let expected = format!("error: the system lets this program open {limit} files, and it needs 256");
            assert!(errors.starts_with(&expected) && errors.contains("ulimit -n"), "{errors}");
            assert_eq!(errors.lines().count(), 1, "{errors}");
        }
    }

    /// Only Linux reports the limits of another process.
    #[cfg(target_os = "linux")]
    #[tokio::test(flavor = "multi_thread")]
    async fn it_raises_its_limit_as_far_as_it_may() {
        let _turn = turn().await;
        let (process, _) = started(limited("ulimit -S -n 64 && ulimit -H -n 1500")).await;
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.id().unwrap())).unwrap();
        let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        assert_eq!(files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["1500", "1500"]);
    }
}
