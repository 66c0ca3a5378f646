//! Passes whole batches between a WebSocket and the router, in both directions.
//!
//! The router's link is a stream: batches one after the other, each behind its length, two bytes in
//! little-endian order. A WebSocket carries it in one of two ways, by its [`Framing`]:
//!
//! | framing | a binary message carries | what the pipe does |
//! |---|---|---|
//! | messages | one batch, as in zenoh's ws link | takes lengths off, and puts them on |
//! | stream | a run of the stream, of at most [`RUN`] bytes from a client | passes the bytes on |
//!
//! To a client, a run has whole batches. So a client finds each batch in one piece of memory.
//!
//! With messages the pipe parses one batch, the InitAck in which the router declares the longest
//! batch. On a stream link zenoh counts the two bytes of the length as part of a batch. A message
//! does not have these bytes.
//!
//! Both directions bound their memory and push back: the pipe does not read from one side while the
//! other takes nothing. Batches that wait for a client are in a [backlog](super::backlog).

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures_util::{FutureExt as _, Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, coding::CloseCode};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_util::bytes::{Buf, BytesMut};
use zenoh_buffers::reader::HasReader as _;
use zenoh_codec::{RCodec as _, WCodec as _, Zenoh080};
use zenoh_protocol::transport::{TransportBody, TransportMessage};

use zbytes_session::link::{Framing, RUN};

use super::backlog::{Input, backlog};
use super::tls::Wire;

/// Bytes of the length in front of a batch.
const PREFIX: u16 = 2;
/// The longest batch. zenoh reads it and its length into one buffer of 65,535 B, and ends a session
/// over a longer one.
pub(crate) const MAX_BATCH: usize = (u16::MAX - PREFIX) as usize;
/// The most bytes that one read takes.
const READ: usize = 128 * 1024;
/// How many bytes of small batches the pipe collects before it writes them in one call.
const GATHERED: usize = 64 * 1024;
/// A batch of this length or more is written without a copy. A shorter one is copied together with
/// others.
const WORTH_A_CALL: usize = 8 * 1024;
/// How long the last bytes of a side that ended, or the reason, may take to reach the other side.
const LINGER: Duration = Duration::from_secs(1);
/// How long a client may take nothing while a batch waits for it. This equals its own lease, after
/// which the router takes it for lost.
const STALLED: Duration = Duration::from_secs(60);

/// A client's end of a pipe.
pub(crate) type Socket = WebSocketStream<Wire>;

/// The limits of WebSockets: the lab never holds a longer message, whole or in parts.
pub(crate) fn config(framing: Framing) -> WebSocketConfig {
    let longest = longest(framing);
    WebSocketConfig::default()
        .max_message_size(Some(longest))
        .max_frame_size(Some(longest))
        .read_buffer_size(READ)
        .write_buffer_size(READ)
        // What one read of the router gives, behind what waits already.
        .max_write_buffer_size(3 * READ + MAX_BATCH)
}

/// The longest message of a client.
fn longest(framing: Framing) -> usize {
    match framing {
        Framing::Messages => MAX_BATCH,
        Framing::Stream => RUN,
    }
}

/// Why a pipe ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The client closed the connection, or the connection was cut.
    Client,
    /// The lab or the router ends it, with a WebSocket close code and the reason in words.
    Closed(CloseCode, String),
}

impl End {
    /// The end of a session that the router ended.
    fn router() -> Self {
        Self::Closed(CloseCode::Normal, "the router has ended the session".into())
    }

    /// The end for a client that sent something other than a batch.
    fn refused(error: WsError) -> Self {
        match error {
            WsError::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Self::Closed(CloseCode::Size, format!("expected a message of at most {max_size} B, got {size} B"))
            }
            WsError::Protocol(error) => Self::Closed(CloseCode::Protocol, error.to_string()),
            WsError::Utf8(_) => Self::no_batch("a text"),
            _ => Self::Client,
        }
    }

    fn no_batch(got: &str) -> Self {
        Self::Closed(CloseCode::Unsupported, format!("expected zenoh batches in binary messages, got {got}"))
    }
}

/// Waits for a client's first message, which must hold its first batch as a whole.
pub(crate) async fn first_message(client: &mut Socket, framing: Framing) -> Result<Bytes, End> {
    loop {
        let Some(first) = message(client.next().await)? else { continue };
        if framing == Framing::Stream && batches(&first).next().is_none() {
            return Err(End::no_batch("a message without a whole batch behind its length"));
        }
        return Ok(first);
    }
}

/// The whole batches at the beginning of a stream, each without its length.
fn batches(mut stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = stream.split_first_chunk()?;
        let (batch, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        stream = rest;
        Some(batch)
    })
}

/// The bytes in a WebSocket's message, if it has any. A ping, already answered, gives neither bytes
/// nor an error.
fn message(next: Option<Result<Message, WsError>>) -> Result<Option<Bytes>, End> {
    match next {
        Some(Ok(Message::Binary(bytes))) if bytes.is_empty() => Err(End::no_batch("an empty one")),
        Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes)),
        Some(Ok(Message::Text(_))) => Err(End::no_batch("a text")),
        Some(Ok(Message::Close(_))) | None => Err(End::Client),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
        Some(Err(error)) => Err(End::refused(error)),
    }
}

/// Passes batches between a WebSocket and the router until one of them ends.
///
/// `answer` has the router's first batch, the InitAck. The pipe calls `opened` after the router's
/// second batch, the OpenAck, which completes the handshake. All pipes share `room`, for batches
/// that wait for slow clients.
pub(crate) async fn websocket(
    client: &mut Socket,
    framing: Framing,
    router: impl AsyncRead + AsyncWrite,
    answer: Bytes,
    opened: impl FnOnce(),
    room: Arc<Semaphore>,
) -> End {
    let (mut to_client, mut from_client) = client.split();
    let (mut from_router, to_router) = tokio::io::split(router);
    let mut up = pin!(async {
        let mut to_router = Gathering { framing, stream: to_router, gathered: Vec::new() };
        let end = up(&mut from_client, &mut to_router).await;
        // The router may still answer the last batches.
        let _ = to_router.stream.shutdown().await;
        end
    });
    let mut down = pin!(down(&mut from_router, &mut to_client, framing, answer, opened, room));
    tokio::select! {
        end = &mut up => {
            if end == End::Client {
                let _ = tokio::time::timeout(LINGER, down).await;
            }
            end
        }
        end = &mut down => end,
    }
}

/// Passes the client's messages to the router.
async fn up(
    client: &mut (impl Stream<Item = Result<Message, WsError>> + Unpin),
    router: &mut Gathering<impl AsyncWrite + Unpin>,
) -> End {
    let passing = async {
        loop {
            let next = match client.next().now_or_never() {
                Some(next) => next,
                None => {
                    router.flush().await?;
                    client.next().await
                }
            };
            match message(next) {
                Ok(Some(bytes)) => router.put(&bytes).await?,
                Ok(None) => {}
                Err(end) => {
                    router.flush().await?;
                    return Ok(end);
                }
            }
        }
    };
    let ended: io::Result<End> = passing.await;
    // The router accepts nothing more. Its last batches and its end arrive in the other direction.
    match ended {
        Ok(end) => end,
        Err(_) => std::future::pending().await,
    }
}

/// The router's end of a pipe, with few and large writes.
struct Gathering<W> {
    framing: Framing,
    stream: W,
    /// What waits for a write; or only the length of the batch that is being written.
    gathered: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> Gathering<W> {
    #[allow(clippy::disallowed_methods, reason = "small messages share a write; the ledger is the page's")]
    async fn put(&mut self, message: &[u8]) -> io::Result<()> {
        if self.framing == Framing::Messages {
            let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
            self.gathered.extend_from_slice(&length.to_le_bytes());
        }
        if message.len() < WORTH_A_CALL {
            self.gathered.extend_from_slice(message);
            if self.gathered.len() >= GATHERED { self.flush().await } else { Ok(()) }
        } else {
            self.stream.write_all_buf(&mut Buf::chain(&self.gathered[..], message)).await?;
            self.gathered.clear();
            Ok(())
        }
    }

    async fn put_now(&mut self, message: &[u8]) -> io::Result<()> {
        self.put(message).await?;
        self.flush().await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.gathered).await?;
        self.gathered.clear();
        Ok(())
    }
}

/// Passes batches from the router to the client.
async fn down(
    router: &mut (impl AsyncRead + Unpin),
    client: &mut (impl Sink<Message, Error = WsError> + Unpin),
    framing: Framing,
    answer: Bytes,
    opened: impl FnOnce(),
    room: Arc<Semaphore>,
) -> End {
    let (input, mut output) = backlog(room);
    let read = pin!(read(router, framing, input));
    let mut write = pin!(async {
        if !taken(client.send(Message::Binary(answer))).await {
            return End::Client;
        }
        let mut opened = Some(opened);
        loop {
            let message = match output.next_now() {
                Some(message) => message.ok(),
                None => {
                    if !taken(client.flush()).await {
                        return End::Client;
                    }
                    output.next().await
                }
            };
            let Some(message) = message else {
                return if taken(client.flush()).await { End::router() } else { End::Client };
            };
            if !taken(client.feed(Message::Binary(message))).await {
                return End::Client;
            }
            if let Some(opened) = opened.take() {
                opened();
            }
        }
    });
    tokio::select! {
        end = &mut write => end,
        () = read => write.await,
    }
}

/// Reads the router's batches until it ends, as long as the backlog accepts more.
async fn read(router: &mut (impl AsyncRead + Unpin), framing: Framing, mut backlog: Input) {
    let mut received = BytesMut::new();
    loop {
        while let Some(message) = take_message(framing, &mut received) {
            match framing {
                Framing::Messages => backlog.saw(&message),
                Framing::Stream => batches(&message).for_each(|batch| backlog.saw(batch)),
            }
            backlog.put(message);
        }
        if received.capacity() - received.len() < MAX_BATCH {
            received.reserve(READ);
        }
        backlog.may_read(READ).await;
        // An error means that the connection to the router was cut, which only the router's own end
        // causes.
        if !matches!(router.read_buf(&mut received).await, Ok(1..)) {
            return;
        }
    }
}

/// Whether the client took the bytes within [`STALLED`].
async fn taken(sending: impl Future<Output = Result<(), WsError>>) -> bool {
    matches!(tokio::time::timeout(STALLED, sending).await, Ok(Ok(())))
}

/// The next message for a client out of the router's stream, if its batches have arrived: the first
/// one without its length, or all of them as they are.
fn take_message(framing: Framing, stream: &mut BytesMut) -> Option<Bytes> {
    match framing {
        Framing::Messages => {
            let length = batches(stream).next()?.len();
            stream.advance(PREFIX.into());
            Some(stream.split_to(length).freeze())
        }
        Framing::Stream => {
            let whole = batches(stream).map(|batch| usize::from(PREFIX) + batch.len()).sum();
            (whole > 0).then(|| stream.split_to(whole).freeze())
        }
    }
}

/// Sends the first message of a client to the router, and waits for the answer. What is returned is
/// the first message for the client. One with a batch alone counts batches without their length.
///
/// # Errors
/// The router closes the connection without an answer when too many handshakes are pending.
pub(crate) async fn introduce(
    router: &mut (impl AsyncRead + AsyncWrite + Unpin),
    framing: Framing,
    first: &Bytes,
) -> io::Result<Bytes> {
    Gathering { framing, stream: &mut *router, gathered: Vec::new() }.put_now(first).await?;
    let length = router.read_u16_le().await?;
    let mut answer = match framing {
        Framing::Messages => Vec::new(),
        Framing::Stream => Vec::from(length.to_le_bytes()),
    };
    let begin = answer.len();
    answer.resize(begin + usize::from(length), 0);
    router.read_exact(answer.get_mut(begin..).unwrap_or_default()).await?;
    Ok(match framing {
        Framing::Messages => without_prefix(answer).into(),
        Framing::Stream => answer.into(),
    })
}

/// The router's InitAck, with the longest batch as a WebSocket counts it. Any other answer is
/// unchanged.
fn without_prefix(answer: Vec<u8>) -> Vec<u8> {
    let codec = Zenoh080::new();
    let read: Result<TransportMessage, _> = codec.read(&mut answer.reader());
    let Ok(TransportMessage { body: TransportBody::InitAck(mut ack) }) = read else { return answer };
    ack.batch_size = ack.batch_size.saturating_sub(PREFIX);
    let mut changed = Vec::new();
    match codec.write(&mut changed, &TransportMessage { body: TransportBody::InitAck(ack) }) {
        Ok(()) => changed,
        Err(_) => answer,
    }
}

/// Sends a client the reason for the end of its WebSocket, and ends it.
pub(crate) async fn close(mut client: Socket, end: End) {
    let closing = async {
        let frame = match end {
            // Sends the answer to the client's own close, if it sent one.
            End::Client => return client.close(None).await.unwrap_or_default(),
            End::Closed(code, reason) => CloseFrame { code, reason: reason.into() },
        };
        if client.send(Message::Close(Some(frame))).await.is_ok() {
            // This reads the bytes that the client still sends. The system resets a connection that
            // is closed over unread bytes, and the reason might not arrive.
            let stream = client.get_mut();
            let _ = stream.shutdown().await;
            let _ = tokio::io::copy(stream, &mut tokio::io::sink()).await;
        }
    };
    let _ = tokio::time::timeout(LINGER, closing).await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation must stop the test")]
mod tests {
    use std::cell::Cell;

    use tokio::io::DuplexStream;
    use tokio::net::{TcpListener, TcpStream};

    use super::super::backlog::room;
    use super::super::tls::plain;
    use super::*;

    /// Both ends of a WebSocket: the client's, and the lab's.
    async fn sockets() -> (Socket, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let config = config(Framing::Stream);
        let socket = async |stream, role| WebSocketStream::from_raw_socket(plain(stream), role, Some(config)).await;
        use tokio_tungstenite::tungstenite::protocol::Role::{Client, Server};
        (socket(client, Client).await, socket(server, Server).await)
    }

    /// A batch of this length; its bytes depend on its number.
    fn batch(number: usize, length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 + number * 7) as u8).collect()
    }

    /// Lengths around every border in this module.
    fn lengths() -> Vec<usize> {
        let borders = [1, 2, 255, WORTH_A_CALL, GATHERED, MAX_BATCH];
        let around = borders.into_iter().flat_map(|at| [at - 1, at, at + 1]).filter(|at| (1..=MAX_BATCH).contains(at));
        // Many small batches between the large ones, so that several share one write.
        around.flat_map(|length| [length, 64, 64, 64]).collect()
    }

    async fn write_stream(stream: &mut (impl AsyncWrite + Unpin), batch: &[u8]) {
        stream.write_u16_le(u16::try_from(batch.len()).unwrap()).await.unwrap();
        stream.write_all(batch).await.unwrap();
    }

    async fn read_stream(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
        let mut batch = vec![0; usize::from(stream.read_u16_le().await.unwrap())];
        stream.read_exact(&mut batch).await.unwrap();
        batch
    }

    #[tokio::test]
    async fn batches_pass_whole_and_in_order_both_ways_at_once() {
        // A small buffer between the two makes every direction wait.
        for capacity in [7, 4096, 1 << 20] {
            let (client, mut server) = sockets().await;
            let (router, near): (DuplexStream, DuplexStream) = tokio::io::duplex(capacity);
            let opened = Cell::new(0);
            let pipe = websocket(
                &mut server,
                Framing::Messages,
                near,
                batch(0, 30).into(),
                || opened.set(opened.get() + 1),
                room(),
            );
            let (mut from_router, mut to_router) = tokio::io::split(router);
            let (mut to_client, mut from_client) = client.split();
            let lengths = lengths();
            let client_says = async {
                for (n, &length) in lengths.iter().enumerate() {
                    to_client.send(Message::binary(batch(n, length))).await.unwrap();
                    // A ping is neither a batch nor an error.
                    to_client.send(Message::Ping(Bytes::new())).await.unwrap();
                }
            };
            let router_says = async {
                for (n, &length) in lengths.iter().enumerate() {
                    write_stream(&mut to_router, &batch(n + 1, length)).await;
                    // The empty batch that zenoh writes for a cancelled message does not become a
                    // message.
                    write_stream(&mut to_router, &[]).await;
                }
            };
            let router_hears = async {
                for (n, &length) in lengths.iter().enumerate() {
                    assert_eq!(read_stream(&mut from_router).await, batch(n, length), "{n}: {length}");
                }
            };
            let client_hears = async {
                let expected =
                    [(0, 30)].into_iter().chain(lengths.iter().enumerate().map(|(n, &length)| (n + 1, length)));
                for (n, length) in expected {
                    let got = loop {
                        match from_client.next().await.unwrap().unwrap() {
                            Message::Pong(_) => {}
                            message => break message,
                        }
                    };
                    assert_eq!(got, Message::binary(batch(n, length)), "{n}: {length}");
                }
            };
            tokio::select! {
                end = pipe => panic!("ended: {end:?}"),
                _ = async { tokio::join!(client_says, router_says, router_hears, client_hears) } => {}
            }
            assert_eq!(opened.get(), 1);
        }
    }

    /// The batch behind its length.
    fn framed(batch: &[u8]) -> Vec<u8> {
        [&u16::try_from(batch.len()).unwrap().to_le_bytes()[..], batch].concat()
    }

    #[tokio::test]
    async fn stream_passes_both_ways_in_whole_batches_for_a_client() {
        let lengths = lengths();
        let all = |first: usize| -> Vec<u8> {
            lengths.iter().enumerate().flat_map(|(n, &length)| framed(&batch(n + first, length))).collect()
        };
        for capacity in [7, 4096, 1 << 20] {
            let (client, mut server) = sockets().await;
            let (router, near): (DuplexStream, DuplexStream) = tokio::io::duplex(capacity);
            let answer = framed(&batch(0, 30));
            let opened = Cell::new(0);
            let pipe = websocket(
                &mut server,
                Framing::Stream,
                near,
                answer.clone().into(),
                || opened.set(opened.get() + 1),
                room(),
            );
            let (mut from_router, mut to_router) = tokio::io::split(router);
            let (mut to_client, mut from_client) = client.split();
            let (said, heard) = (all(0), all(1));
            let client_says = async {
                // A client may cut its stream anywhere.
                for run in said.chunks(100_001) {
                    to_client.send(Message::binary(run.to_vec())).await.unwrap();
                }
            };
            let router_says = async { to_router.write_all(&heard).await.unwrap() };
            let router_hears = async {
                let mut got = vec![0; said.len()];
                from_router.read_exact(&mut got).await.unwrap();
                assert!(got == said, "the router got another stream");
            };
            let client_hears = async {
                let (mut got, mut messages) = (Vec::new(), 0);
                while got.len() < answer.len() + heard.len() {
                    let Message::Binary(run) = from_client.next().await.unwrap().unwrap() else { panic!("no bytes") };
                    let whole: usize = batches(&run).map(|batch| 2 + batch.len()).sum();
                    assert_eq!(whole, run.len(), "a message ends within a batch");
                    messages += 1;
                    got.extend_from_slice(&run);
                }
                assert!(got == [&answer[..], &heard].concat(), "the client got another stream");
                messages
            };
            tokio::select! {
                end = pipe => panic!("ended: {end:?}"),
                (.., messages) = async { tokio::join!(client_says, router_says, router_hears, client_hears) } => {
                    // As many in a message as can be read at once.
                    let most = if capacity < READ { lengths.len() + 1 } else { lengths.len() / 2 };
                    assert!(messages <= most, "{messages} messages for {} batches", lengths.len());
                }
            }
            assert_eq!(opened.get(), 1);
        }
    }

    #[tokio::test]
    async fn first_message_of_a_stream_has_a_whole_batch() {
        let (mut client, mut server) = sockets().await;
        for (sent, taken) in [(framed(&[1, 2, 3]), true), (vec![3, 0, 1, 2], false), (vec![3], false)] {
            client.send(Message::binary(sent.clone())).await.unwrap();
            let first = first_message(&mut server, Framing::Stream).await;
            assert_eq!(first.is_ok(), taken, "{sent:?}: {first:?}");
            if let Ok(first) = first {
                assert_eq!(first, sent);
                let (mut router, mut near) = tokio::io::duplex(1024);
                let story = async {
                    assert_eq!(read_stream(&mut router).await, [1, 2, 3]);
                    write_stream(&mut router, &[4, 5]).await;
                };
                let (answer, ()) = tokio::join!(introduce(&mut near, Framing::Stream, &first), story);
                assert_eq!(answer.unwrap(), framed(&[4, 5]));
            }
        }
    }

    #[tokio::test]
    async fn a_session_is_open_after_the_second_batch_of_the_router() {
        let (_client, mut server) = sockets().await;
        let (mut router, near) = tokio::io::duplex(1024);
        let opened = tokio::sync::Notify::new();
        let pipe = websocket(
            &mut server,
            Framing::Messages,
            near,
            Bytes::from_static(b"InitAck"),
            || opened.notify_one(),
            room(),
        );
        let story = async {
            // Half of the second batch is not enough.
            router.write_all(&[7, 0, b'O']).await.unwrap();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert!(opened.notified().now_or_never().is_none());
            router.write_all(b"penAck").await.unwrap();
            opened.notified().await;
        };
        tokio::select! {
            end = pipe => panic!("ended: {end:?}"),
            () = story => {}
        }
    }

    #[tokio::test]
    async fn the_router_answers_the_first_batch_or_ends_without() {
        for length in [19, WORTH_A_CALL, MAX_BATCH] {
            let (mut router, mut near) = tokio::io::duplex(1024);
            let first = batch(0, length).into();
            let story = async {
                assert_eq!(read_stream(&mut router).await, batch(0, length));
                write_stream(&mut router, &batch(1, length)).await;
            };
            let (answer, ()) = tokio::join!(introduce(&mut near, Framing::Messages, &first), story);
            assert_eq!(answer.unwrap(), batch(1, length));
            // The connection ends without an answer, or with half of one.
            let story = async {
                assert_eq!(read_stream(&mut router).await, batch(0, length));
                router.write_all(&[2, 0, 1]).await.unwrap();
                drop(router);
            };
            let (answer, ()) = tokio::join!(introduce(&mut near, Framing::Messages, &first), story);
            assert!(answer.is_err());
        }
    }

    #[test]
    fn a_batch_has_no_length_in_a_message() {
        use zbytes_session::testing::{Greeting, keep_alive};

        let ack = |batch_size| Greeting { batch_size, ..Greeting::default() }.init_ack();
        // 65,535 is the size that zenoh leaves out of the message.
        for (agreed, told) in [(u16::MAX, 65_533), (65_534, 65_532), (1_024, 1_022), (1, 0)] {
            assert_eq!(without_prefix(ack(agreed)), ack(told), "{agreed}");
        }
        for other in [keep_alive(), b"no zenoh".to_vec(), Vec::new()] {
            assert_eq!(without_prefix(other.clone()), other);
        }
    }

    #[tokio::test]
    async fn a_clients_end_reaches_the_router_which_may_still_answer() {
        let (mut client, mut server) = sockets().await;
        let (mut router, near) = tokio::io::duplex(1024);
        let pipe = websocket(&mut server, Framing::Messages, near, batch(0, 3).into(), || (), room());
        let story = async {
            client.send(Message::binary(batch(1, 5))).await.unwrap();
            client.close(None).await.unwrap();
            assert_eq!(read_stream(&mut router).await, batch(1, 5));
            assert_eq!(router.read(&mut [0; 10]).await.unwrap(), 0);
            drop(router);
        };
        let (end, ()) = tokio::join!(pipe, story);
        assert_eq!(end, End::Client);
    }

    #[tokio::test]
    async fn the_end_of_the_router_reaches_the_client_behind_what_it_said() {
        let (mut client, mut server) = sockets().await;
        let (mut router, near) = tokio::io::duplex(1024);
        write_stream(&mut router, b"bye").await;
        drop(router);
        let end = websocket(&mut server, Framing::Messages, near, batch(0, 3).into(), || (), room()).await;
        assert_eq!(end, End::router());
        let closing = tokio::spawn(close(server, end));
        assert_eq!(client.next().await.unwrap().unwrap(), Message::binary(batch(0, 3)));
        assert_eq!(client.next().await.unwrap().unwrap(), Message::binary(&b"bye"[..]));
        let Message::Close(Some(frame)) = client.next().await.unwrap().unwrap() else { panic!("expected a close") };
        assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Normal, "the router has ended the session"));
        closing.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_stops_what_is_read_for_it() {
        let (client, mut server) = sockets().await;
        let (mut router, near) = tokio::io::duplex(1024);
        let said = Cell::new(0_usize);
        let pipe = websocket(&mut server, Framing::Messages, near, batch(0, 3).into(), || (), room());
        let story = async {
            loop {
                write_stream(&mut router, &batch(0, MAX_BATCH)).await;
                said.set(said.get() + MAX_BATCH);
            }
        };
        // Until a write waits for good. Whenever a batch was written, the time begins anew.
        let stuck = async {
            let mut before = usize::MAX;
            while before != said.get() {
                before = said.get();
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        };
        tokio::select! {
            end = pipe => panic!("ended: {end:?}"),
            () = story => {}
            () = stuck => {}
        }
        // The kernel takes some megabytes for a connection, and the pipe its two buffers.
        assert!((1 << 16..64 << 20).contains(&said.get()), "{}", said.get());
        drop(client);
    }
}
