//! `/zenoh`: the page's way to the router, on the page's own port.
//!
//! A WebSocket upgrade is checked (see [`super::origin`]), repeated towards the router's ws link, and from then on bytes
//! pass untouched in both directions. Nothing is parsed and nothing added: a Ping of ours would end the router's link.
//!
//! The router's ws listener accepts one connection at a time and waits for its upgrade, so a connection that never sends
//! one blocks all others. Therefore a connection to it is opened only for a request that is complete and correct.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CONNECTION, HOST, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};
use axum::response::IntoResponse;
use http_body_util::Empty;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::router::Backend;

/// How long the router may take to accept a connection. It needs well under a millisecond unless something blocks it.
const BACKEND_WITHIN: Duration = Duration::from_secs(5);
/// How long a client may take to begin using the connection that it was granted.
const CLIENT_WITHIN: Duration = Duration::from_secs(5);
/// When one side has ended, how long what it sent last may take to reach the other.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that one direction of a connection may hold: two full zenoh batches.
const BUFFER: usize = 128 * 1024;

/// Handles a request to `/zenoh`.
pub(crate) async fn zenoh(State(shared): State<Arc<Shared>>, mut request: Request) -> Response<Body> {
    match connect(&shared, &mut request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn connect(shared: &Arc<Shared>, request: &mut Request) -> Result<Response<Body>, Refusal> {
    check_upgrade(request)?;
    shared
        .rules
        .check(request.headers())
        .map_err(|refused| Refusal::new(StatusCode::FORBIDDEN, refused.to_string()))?;
    let backend = shared.backend().ok_or_else(router_is_down)?;
    let attempt = open_backend(backend.ws, request.headers());
    let (accepted, router_side) = tokio::select! {
        attempt = tokio::time::timeout(BACKEND_WITHIN, attempt) => attempt.map_err(|_| {
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, format!("the router did not answer within {BACKEND_WITHIN:?}"))
        })??,
        () = backend.gone.cancelled() => return Err(router_is_down()),
    };
    let client_side = hyper::upgrade::on(request);
    shared.tasks.spawn(relay(client_side, router_side, backend, shared.stop.clone()));
    Ok(accepted)
}

/// Lets only a complete WebSocket upgrade pass (RFC 6455, section 4.2.1).
fn check_upgrade(request: &Request) -> Result<(), Refusal> {
    if request.method() != Method::GET {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("expected GET, got {}", request.method()))
            .with(ALLOW, "GET"));
    }
    let headers = request.headers();
    if request.version() != Version::HTTP_11
        || !has_token(headers, &CONNECTION, "upgrade")
        || !has_token(headers, &UPGRADE, "websocket")
    {
        return Err(Refusal::new(
            StatusCode::UPGRADE_REQUIRED,
            "this is the router's WebSocket endpoint; expected a WebSocket upgrade over HTTP/1.1",
        )
        .with(CONNECTION, "Upgrade")
        .with(UPGRADE, "websocket"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(Refusal::new(StatusCode::UPGRADE_REQUIRED, "expected Sec-WebSocket-Version: 13")
            .with(SEC_WEBSOCKET_VERSION, "13"));
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) if is_key(key.as_bytes()) => Ok(()),
        _ => Err(Refusal::new(StatusCode::BAD_REQUEST, "expected one Sec-WebSocket-Key of 16 bytes in base64")),
    }
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// 16 bytes are 22 digits of base64 and two signs of padding.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    matches!(key.split_at_checked(22), Some((digits, b"==")) if digits.iter().all(digit))
}

/// Repeats the client's upgrade towards the router's ws link. Gives the answer for the client and the router's side.
async fn open_backend(ws: SocketAddr, client: &HeaderMap) -> Result<(Response<Body>, OnUpgrade), Refusal> {
    let failed = |what: &str, error: String| {
        Refusal::new(StatusCode::BAD_GATEWAY, format!("the router at ws/{ws} {what}: {error}"))
    };
    let stream = TcpStream::connect(ws).await.map_err(|error| failed("cannot be reached", error.to_string()))?;
    // Without it small messages would wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed("did not take the connection", error.to_string()))?;
    // Ends when the sender is dropped or the connection is upgraded.
    tokio::spawn(connection.with_upgrades());
    let mut upgrade = Request::new(Empty::<Bytes>::new());
    let headers = upgrade.headers_mut();
    for (name, value) in client {
        // No extension may be agreed on: permessage-deflate would compress what is measured, and the router has none.
        if name.as_str().starts_with("sec-websocket-") && name != SEC_WEBSOCKET_EXTENSIONS {
            headers.append(name, value.clone());
        }
    }
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let host = HeaderValue::from_str(&ws.to_string()).map_err(|error| failed("has no name", error.to_string()))?;
    headers.insert(HOST, host);
    let mut answer = sender.send_request(upgrade).await.map_err(|error| failed("did not answer", error.to_string()))?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(failed("refused the connection", answer.status().to_string()));
    }
    let mut accepted = Response::new(Body::empty());
    *accepted.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for name in [CONNECTION, UPGRADE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL] {
        if let Some(value) = answer.headers().get(&name) {
            accepted.headers_mut().insert(name, value.clone());
        }
    }
    Ok((accepted, hyper::upgrade::on(&mut answer)))
}

/// Passes bytes until one side ends, the router goes or the lab stops; then both sides are closed.
async fn relay(client: OnUpgrade, router: OnUpgrade, backend: Backend, stop: CancellationToken) {
    let passing = async {
        let sides = tokio::time::timeout(CLIENT_WITHIN, async { tokio::try_join!(client, router) });
        let Ok(Ok((client, router))) = sides.await else { return };
        if let (Some(client), Some(router)) = (Side::of(client), Side::of(router)) {
            // An error means that one side was cut. The other is closed by dropping it, which is all there is to say.
            let _ = pass(client, router).await;
        }
    };
    until_cut(passing, &backend.gone, &stop).await;
}

async fn until_cut(passing: impl Future<Output = ()>, gone: &CancellationToken, stop: &CancellationToken) {
    tokio::select! {
        () = passing => {}
        () = gone.cancelled() => {}
        () = stop.cancelled() => {}
    }
}

/// One end of a connection, without HTTP around it.
struct Side {
    stream: TcpStream,
    /// What arrived together with the upgrade itself.
    first: Bytes,
}

impl Side {
    /// The bare socket under an upgraded connection. All of them are TCP.
    fn of(upgraded: Upgraded) -> Option<Self> {
        let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
        Some(Self { stream: parts.io.into_inner(), first: parts.read_buf })
    }
}

async fn pass(mut client: Side, mut router: Side) -> io::Result<()> {
    router.stream.write_all(&client.first).await?;
    client.stream.write_all(&router.first).await?;
    let (client_in, mut client_out) = client.stream.split();
    let (router_in, mut router_out) = router.stream.split();
    let mut client_in = BufReader::with_capacity(BUFFER, client_in);
    let mut router_in = BufReader::with_capacity(BUFFER, router_in);
    let up = forward(&mut client_in, &mut router_out);
    let down = forward(&mut router_in, &mut client_out);
    tokio::pin!(up, down);
    // The end of one side is passed on to the other. What the other still had to say gets a moment to arrive.
    tokio::select! {
        ended = &mut up => { ended?; let _ = tokio::time::timeout(LINGER, down).await; }
        ended = &mut down => { ended?; let _ = tokio::time::timeout(LINGER, up).await; }
    }
    Ok(())
}

async fn forward(from: &mut (impl AsyncBufRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    tokio::io::copy_buf(from, to).await?;
    to.shutdown().await
}

fn router_is_down() -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, "the lab's router is not running")
}

/// Why a request was not passed on.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    headers: Vec<(HeaderName, &'static str)>,
    text: String,
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), text: text.into() }
    }

    fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let mut response = (self.status, format!("{}\n", self.text)).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;

    #[test]
    fn a_key_is_sixteen_bytes() {
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
        for key in ["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZ===", "abc=="] {
            assert!(!is_key(key.as_bytes()), "{key}");
        }
        assert!(!is_key(b"dGhlIHNhbXBsZSBub25jZQ==="));
    }

    #[tokio::test]
    async fn bytes_pass_untouched_both_ways_at_once() {
        let Rig { client, router, passing, .. } = rig(b"early ", b"hello ").await;
        let long: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let (up, down) = (long.clone(), long.iter().rev().copied().collect::<Vec<_>>());
        let (client_got, router_got) = tokio::join!(talk(client, &up), talk(router, &down));
        assert!(router_got == [b"early ", &*up].concat());
        assert!(client_got == [b"hello ", &*down].concat());
        ended(passing).await;
    }

    #[tokio::test]
    async fn the_end_of_a_client_reaches_the_router_which_may_still_answer() {
        let Rig { mut client, mut router, passing, .. } = rig(b"", b"").await;
        client.write_all(b"bye").await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(rest(&mut router).await, b"bye");
        router.write_all(b"see you").await.unwrap();
        drop(router);
        assert_eq!(rest(&mut client).await, b"see you");
        ended(passing).await;
    }

    #[tokio::test]
    async fn the_end_of_the_router_reaches_the_client() {
        let Rig { mut client, mut router, passing, .. } = rig(b"", b"").await;
        router.write_all(b"bye").await.unwrap();
        drop(router);
        assert_eq!(rest(&mut client).await, b"bye");
        drop(client);
        ended(passing).await;
    }

    #[tokio::test]
    async fn a_side_that_stays_after_the_other_ended_is_closed() {
        let Rig { client, mut router, passing, .. } = rig(b"", b"").await;
        drop(client);
        ended(passing).await;
        assert!(rest(&mut router).await.is_empty());
        let Rig { mut client, router, passing, .. } = rig(b"", b"").await;
        drop(router);
        ended(passing).await;
        assert!(rest(&mut client).await.is_empty());
    }

    #[tokio::test]
    async fn both_sides_are_cut_when_the_router_goes_or_the_lab_stops() {
        for router_goes in [true, false] {
            let Rig { mut client, mut router, passing, gone, stop } = rig(b"", b"").await;
            if router_goes {
                gone.cancel();
            } else {
                stop.cancel();
            }
            ended(passing).await;
            assert!(rest(&mut client).await.is_empty());
            assert!(rest(&mut router).await.is_empty());
        }
    }

    /// A connection through the relay: what client and router hold, and the relay between them.
    struct Rig {
        client: TcpStream,
        router: TcpStream,
        passing: JoinHandle<()>,
        gone: CancellationToken,
        stop: CancellationToken,
    }

    async fn rig(from_client: &'static [u8], from_router: &'static [u8]) -> Rig {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pair = async || {
            let outer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            (outer, listener.accept().await.unwrap().0)
        };
        let (client, client_side) = pair().await;
        let (router, router_side) = pair().await;
        let (gone, stop) = (CancellationToken::new(), CancellationToken::new());
        let tokens = (gone.clone(), stop.clone());
        let passing = tokio::spawn(async move {
            let client = Side { stream: client_side, first: Bytes::from_static(from_client) };
            let router = Side { stream: router_side, first: Bytes::from_static(from_router) };
            let passing = async {
                let _ = pass(client, router).await;
            };
            until_cut(passing, &tokens.0, &tokens.1).await;
        });
        Rig { client, router, passing, gone, stop }
    }

    /// Says all of `words`, then hears the other side to its end.
    async fn talk(mut stream: TcpStream, words: &[u8]) -> Vec<u8> {
        let (mut hear, mut say) = stream.split();
        let mut heard = Vec::new();
        let saying = async {
            say.write_all(words).await.unwrap();
            say.shutdown().await.unwrap();
        };
        let (_, result) = guarded(async { tokio::join!(saying, hear.read_to_end(&mut heard)) }).await;
        result.unwrap();
        heard
    }

    async fn rest(stream: &mut TcpStream) -> Vec<u8> {
        let mut heard = Vec::new();
        // A reset is an end as well.
        let _ = guarded(stream.read_to_end(&mut heard)).await;
        heard
    }

    async fn ended(passing: JoinHandle<()>) {
        guarded(passing).await.unwrap();
    }

    /// No test measures time: this only ends one that would otherwise hang.
    async fn guarded<T>(future: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(30), future).await.expect("this should have ended")
    }
}
