//! The client over a native WebSocket. It does the work of the page's driver, without a browser.

use std::{
    collections::HashMap,
    future::poll_fn,
    time::{Duration, Instant},
};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, handshake::client::Request},
};
use zbytes_lab::{
    client::{
        Client, Config, Event, Framing, Limits, OpId, Part, SessionInfo, ZenohId,
        reconnect::{Reconnect, Wait},
    },
    measure,
    segment::Segment,
};
use zbytes_session::link::RUN;

use super::GUARD;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An upgrade as the lab's own page requests it. The ws port ignores the origin.
fn request(url: &str) -> Request {
    let mut request = url.into_client_request().unwrap();
    let origin = format!("http://{}", request.uri().authority().unwrap()).parse().unwrap();
    request.headers_mut().insert("origin", origin);
    request
}

/// A session over a WebSocket of its own. Every method that waits also drives the session.
pub(crate) struct Link {
    pub(crate) client: Client,
    /// Parts of operations that the socket has accepted.
    pub(crate) parts: Vec<Part>,
    /// Attempts to open the session again.
    pub(crate) waits: Vec<Wait>,
    /// The agreed parameters of the session.
    pub(crate) info: Option<SessionInfo>,
    /// Bytes given to the socket, up to the end of the last batch of each operation.
    pub(crate) ends: HashMap<OpId, u64>,
    given: u64,
    /// How many messages the WebSocket carried: sent, and received.
    pub(crate) messages: [u64; 2],
    url: String,
    socket: Option<(SplitSink<Socket, Message>, SplitStream<Socket>)>,
    /// Whether the socket holds bytes that it has not sent.
    dirty: bool,
    begun: Instant,
    buffer: Vec<u8>,
    reconnect: Reconnect,
    random: u64,
    next_op: OpId,
}

impl Link {
    /// Opens a session at a locator as `ws/127.0.0.1:7446`, or in the page's way, as
    /// `ws/127.0.0.1:8080/zenoh?framing=stream`.
    pub(crate) async fn open(locator: &str) -> Self {
        Self::open_with(locator, Limits::default()).await
    }

    pub(crate) async fn open_with(locator: &str, limits: Limits) -> Self {
        let mut link = Self::connect(locator, limits).await;
        link.until(|event| matches!(event, Event::Opened(_))).await;
        link
    }

    /// Opens a link on which no session is open yet.
    pub(crate) async fn connect(locator: &str, limits: Limits) -> Self {
        let begun = Instant::now();
        let mut random = u64::from(std::process::id()) << 32 | u64::from(begun.elapsed().subsec_nanos());
        random ^= std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        let url = locator.replacen("ws/", "ws://", 1);
        let framing = Framing::of_url(&url);
        let config = |zid, initial_sn| Config { limits, framing, ..Config::new(zid, initial_sn) };
        let mut link = Self {
            client: Client::new(config(ZenohId::new([1; 16]).unwrap(), 0), Duration::ZERO),
            parts: Vec::new(),
            waits: Vec::new(),
            info: None,
            ends: HashMap::new(),
            given: 0,
            messages: [0; 2],
            url,
            socket: None,
            dirty: false,
            begun,
            buffer: vec![0; RUN],
            reconnect: Reconnect::new(),
            random,
            next_op: 1,
        };
        let (socket, _) = tokio_tungstenite::connect_async(request(&link.url)).await.unwrap();
        link.socket = Some(socket.split());
        let (zid, initial_sn) = (link.zid(), link.random() as u32);
        link.client = Client::new(config(zid, initial_sn), link.now());
        link
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(1);
        measure::mix(self.random)
    }

    fn zid(&mut self) -> ZenohId {
        ZenohId::new((u128::from(self.random()) << 64 | u128::from(self.random()) | 1).to_le_bytes()).unwrap()
    }

    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// An id for an operation.
    pub(crate) fn op(&mut self) -> OpId {
        self.next_op += 1;
        self.next_op
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Event {
        let end = Instant::now() + GUARD;
        loop {
            if let Some(event) = self.client.poll_event() {
                if let Event::Opened(info) = &event {
                    self.info = Some(info.clone());
                    self.reconnect.opened(self.now());
                }
                if let Event::Closed(_) = event {
                    // The goodbye, if the client sends one.
                    while let Some(transmit) = self.client.poll_transmit(&mut self.buffer, self.begun.elapsed()) {
                        if let Some((sink, _)) = &mut self.socket {
                            let bytes = self.buffer[..transmit.len].to_vec();
                            let _ =
                                tokio::time::timeout(Duration::from_secs(1), sink.send(Message::Binary(bytes.into())))
                                    .await;
                        }
                    }
                    self.socket = None;
                    self.waits.clear();
                    if self.client.is_lost() {
                        let random = self.random() as u32;
                        self.waits.extend(self.reconnect.lost(self.now(), random));
                    }
                }
                return event;
            }
            assert!(Instant::now() < end, "nothing happened for too long: {:?}", self.client.stats());
            self.step().await;
        }
    }

    /// Drives until the client has failed so many times to open the session again.
    pub(crate) async fn attempts(&mut self, count: usize) {
        let end = Instant::now() + GUARD;
        while self.waits.len() < count {
            assert!(Instant::now() < end, "{:?}", self.waits);
            // An attempt must not be cancelled halfway, so this does not race it against another
            // future.
            self.step().await;
            assert!(self.client.poll_event().is_none(), "an event came");
        }
    }

    /// Drives until the socket has accepted so many parts of an operation.
    pub(crate) async fn parts_of(&mut self, op: OpId, count: usize) {
        let end = Instant::now() + GUARD;
        while self.parts.iter().filter(|part| part.op == op).count() < count {
            assert!(Instant::now() < end && !self.client.is_over(), "{:?}", self.client.stats());
            self.during(tokio::time::sleep(Duration::from_micros(100))).await;
        }
    }

    /// The events up to the first wanted one, which is the last.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut all = Vec::new();
        loop {
            let event = self.event().await;
            let found = wanted(&event);
            assert!(found || !matches!(event, Event::Closed(_)), "the session has ended: {event:?}");
            all.push(event);
            if found {
                return all;
            }
        }
    }

    /// Drives the session for as long as `other` takes, and keeps the events.
    pub(crate) async fn during<T>(&mut self, other: impl Future<Output = T>) -> (T, Vec<Event>) {
        let mut all = Vec::new();
        tokio::pin!(other);
        loop {
            tokio::select! {
                biased;
                done = &mut other => return (done, all),
                event = self.event() => all.push(event),
            }
        }
    }

    /// Fences, and waits for the answer.
    pub(crate) async fn flush(&mut self) -> Vec<Event> {
        let (op, now) = (self.op(), self.now());
        self.client.flush(op, now).unwrap();
        self.until(|event| matches!(event, Event::Flushed(other, _) if *other == op)).await
    }

    /// Sends a message of the caller's own in place of the client's, and waits for the reason that
    /// the other end gives for the end of the connection.
    pub(crate) async fn refused(&mut self, message: Vec<u8>) -> String {
        let (mut sink, mut stream) = self.socket.take().unwrap();
        sink.send(Message::Binary(message.into())).await.unwrap();
        loop {
            match tokio::time::timeout(GUARD, stream.next()).await.unwrap().unwrap().unwrap() {
                Message::Close(Some(frame)) => return frame.reason.to_string(),
                other => assert!(other.is_ping() || other.is_binary(), "{other:?}"),
            }
        }
    }

    /// Cuts the connection without a goodbye.
    pub(crate) fn cut(&mut self) {
        self.socket = None;
    }

    /// Gives the socket the next batch. Returns whether the client had one.
    async fn send(&mut self) -> bool {
        let Some((sink, _)) = &mut self.socket else { return false };
        let Some(transmit) = self.client.poll_transmit(&mut self.buffer, self.begun.elapsed()) else { return false };
        self.ends.extend(transmit.parts.iter().map(|part| (part.op, self.given + part.end as u64)));
        self.given += transmit.len as u64;
        self.parts.extend(transmit.parts);
        self.messages[0] += 1;
        self.dirty = true;
        // The read half reports an error too.
        let _ = sink.feed(Message::Binary(self.buffer[..transmit.len].to_vec().into())).await;
        true
    }

    /// Waits for one event, and handles it.
    async fn step(&mut self) {
        let now = self.now();
        let Some((sink, stream)) = &mut self.socket else {
            if !self.client.is_over() {
                self.client.handle_link_lost(1006);
                return;
            }
            let Some(due) = self.reconnect.poll_timeout() else {
                return tokio::time::sleep(Duration::from_millis(10)).await;
            };
            tokio::time::sleep(due.saturating_sub(now)).await;
            if self.reconnect.handle_timeout(self.now()) {
                self.reopen().await;
            }
            return;
        };
        let due = self.client.poll_timeout().unwrap_or(now + GUARD).saturating_sub(now);
        let transmits = self.client.has_transmit();
        let dirty = self.dirty;
        tokio::select! {
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let now = self.now();
                    self.messages[1] += 1;
                    self.client.handle_input(Segment::from(Vec::from(bytes)), now);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    self.socket = None;
                    self.client.handle_link_lost(1006);
                }
            },
            // Both are cancel-safe: they lose nothing when another branch finishes first.
            taken = async {
                if transmits {
                    poll_fn(|context| sink.poll_ready_unpin(context)).await
                } else if dirty {
                    sink.flush().await
                } else {
                    std::future::pending().await
                }
            } => match taken {
                Ok(()) if transmits => { self.send().await; }
                Ok(()) => self.dirty = false,
                Err(_) => {
                    self.socket = None;
                    self.client.handle_link_lost(1006);
                }
            },
            () = tokio::time::sleep(due) => {
                let now = self.now();
                self.client.handle_timeout(now);
            }
        }
    }

    async fn reopen(&mut self) {
        match tokio::time::timeout(Duration::from_secs(5), tokio_tungstenite::connect_async(request(&self.url))).await {
            Ok(Ok((socket, _))) => {
                self.socket = Some(socket.split());
                self.dirty = false;
                let (zid, initial_sn, now) = (self.zid(), self.random() as u32, self.now());
                self.client.relink(zid, initial_sn, now).unwrap();
            }
            _ => {
                let random = self.random() as u32;
                self.waits.extend(self.reconnect.lost(self.now(), random));
            }
        }
    }
}
