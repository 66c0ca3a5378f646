//! The page's port and the ws port: a connection waits at a door until it needs the router.
//!
//! A zenoh router handles one WebSocket upgrade at a time, and has a bounded number of places for
//! handshakes. A silent connection blocks all upgrades and takes one of these places.
//!
//! So WebSockets reach ports of the lab's own. The lab connects a client to the router only when it
//! has the client's first whole batch. Until then, and during the handshake after it, the lab may
//! close the connection (see [`super::door`]).

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{Router as Routes, body::Bytes, extract::Request};
use hyper::{
    server::conn::http1,
    service::{Service as _, service_fn},
    upgrade::OnUpgrade,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, frame::coding::CloseCode},
};

use zbytes_session::link::Framing;

use super::{
    door::{Door, Guest, MustGo},
    lab::Shared,
    pipe::{self, End, Socket},
    private::RouterStream,
    router::{Backend, HANDSHAKE_WITHIN},
    tls::{self, Speaks, Wire},
};

/// How long a client may take to send the head of a request, and may stay idle between two.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a client may take to send its first batch after the upgrade.
const FIRST_BATCH_WITHIN: Duration = Duration::from_secs(10);
/// The first wait before the lab tries a router again that has not answered. Each further wait is
/// twice as long.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long an answer may still take to be sent when the lab stops.
const FINISH_WITHIN: Duration = Duration::from_secs(1);
/// A pause after a failed accept, which nearly always means that the process has no file descriptor
/// left.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Accepts connections and serves each one, until the lab stops.
pub(crate) async fn accept<F>(
    listener: TcpListener,
    door: Arc<Door>,
    shared: Arc<Shared>,
    serve: impl Fn(TcpStream, Arc<Guest>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, from)) => {
                // Without this option, small messages would wait for the acknowledgement of the one
                // before.
                let _ = stream.set_nodelay(true);
                let guest = door.enter(from.ip());
                shared.tasks.spawn(serve(stream, Arc::new(guest)));
            }
            Err(_) => tokio::time::sleep(AFTER_FAILED_ACCEPT).await,
        }
    }
}

/// Serves one connection to the page's port: by https if the lab has a certificate. A client that speaks plain http gets
/// `otherwise` then.
pub(crate) async fn page(stream: TcpStream, guest: Arc<Guest>, [routes, otherwise]: [Routes; 2], shared: Arc<Shared>) {
    let Some(tls) = &shared.tls else { return http(tls::plain(stream), guest, routes, shared).await };
    let begun = tokio::select! {
        begun = tls.begin(stream) => begun,
        _ = guest.must_go(HEAD_WITHIN) => return,
        () = shared.stop.cancelled() => return,
    };
    match begun {
        Ok((stream, Speaks::Tls)) => http(stream, guest, routes, shared).await,
        Ok((stream, Speaks::Plain)) => http(stream, guest, otherwise, shared).await,
        // The client's, as below: it has gone, or does not trust the certificate.
        Err(_) => {}
    }
}

/// Serves one HTTP connection. It waits at its door until its upgrade, and anew after each request.
/// When the lab stops, it finishes the current answer and closes an idle connection.
pub(crate) async fn http(stream: Wire, guest: Arc<Guest>, routes: Routes, shared: Arc<Shared>) {
    let routes = TowerToHyperService::new(routes);
    let requests = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
        guest.queue_up();
        request.extensions_mut().insert(Arc::clone(&guest));
        routes.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), requests)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        // An error here is the client's: it closed the connection, or did not speak HTTP.
        _ = connection.as_mut() => {}
        () = guest.sent_away() => {}
        () = shared.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(FINISH_WITHIN, connection).await;
        }
    }
}

/// Connects an upgraded connection to the router, and serves it until one side ends.
pub(crate) fn websocket(request: &mut Request, framing: Framing, backend: Backend, shared: &Arc<Shared>) {
    let upgrade = hyper::upgrade::on(&mut *request);
    if let Some(guest) = request.extensions_mut().remove::<Arc<Guest>>() {
        shared.tasks.spawn(serve_websocket(upgrade, framing, guest, backend, Arc::clone(shared)));
    }
}

async fn serve_websocket(
    upgrade: OnUpgrade,
    framing: Framing,
    guest: Arc<Guest>,
    backend: Backend,
    shared: Arc<Shared>,
) {
    let Some(mut socket) = socket(upgrade, framing, &guest).await else { return };
    let end = tokio::select! {
        end = session(&mut socket, framing, guest, &backend, &shared) => end,
        () = backend.gone.cancelled() => closed(CloseCode::Away, "the lab's router has stopped"),
        () = shared.stop.cancelled() => closed(CloseCode::Away, "the lab stops"),
    };
    pipe::close(socket, end).await;
}

/// The WebSocket over an upgraded connection.
#[allow(clippy::disallowed_methods, reason = "what came with the upgrade; the ledger is the page's")]
async fn socket(upgrade: OnUpgrade, framing: Framing, guest: &Guest) -> Option<Socket> {
    let upgraded = tokio::select! {
        upgraded = upgrade => upgraded.ok()?,
        _ = guest.must_go(FIRST_BATCH_WITHIN) => return None,
    };
    // The bare connection under HTTP, and the bytes that arrived together with the upgrade.
    let parts = upgraded.downcast::<TokioIo<Wire>>().ok()?;
    let (stream, early) = (parts.io.into_inner(), parts.read_buf.into());
    Some(WebSocketStream::from_partially_read(stream, early, Role::Server, Some(pipe::config(framing))).await)
}

/// Serves a client from its first batch to the end of its session.
async fn session(socket: &mut Socket, framing: Framing, guest: Arc<Guest>, backend: &Backend, shared: &Shared) -> End {
    guest.queue_up();
    let first = tokio::select! {
        first = pipe::first_message(socket, framing) => first,
        must_go = guest.must_go(FIRST_BATCH_WITHIN) => Err(sent_away(must_go, "no zenoh message has arrived")),
    };
    let first = match first {
        Ok(first) => first,
        Err(end) => return end,
    };
    let inside = match Inside::enter(guest.from(), shared) {
        Ok(inside) => inside,
        Err(end) => return end,
    };
    drop(guest);
    let introduced = tokio::select! {
        introduced = introduce(backend, framing, &first) => introduced,
        must_go = inside.guest.must_go(HANDSHAKE_WITHIN) => return sent_away(must_go, "the router has not answered"),
    };
    let (router, answer) = match introduced {
        Ok(introduced) => introduced,
        Err(error) => return closed(CloseCode::Error, format!("the lab's router cannot be reached: {error}")),
    };
    tokio::select! {
        end = pipe::websocket(socket, framing, router, answer, || inside.guest.settle(), Arc::clone(&shared.room)) => end,
        must_go = inside.guest.must_go(HANDSHAKE_WITHIN) => sent_away(must_go, "the handshake was not completed"),
    }
}

/// Opens a connection to the router and sends the first message of a client. Returns the connection
/// and the router's answer.
///
/// The router closes a connection without an answer while its places for handshakes are full of
/// silent connections at the tcp port. Then this function tries again, until the caller drops the
/// future.
async fn introduce(backend: &Backend, framing: Framing, first: &Bytes) -> io::Result<(RouterStream, Bytes)> {
    let mut pause = AGAIN_AFTER;
    loop {
        let mut router = backend.connect().await?;
        if let Ok(answer) = pipe::introduce(&mut router, framing, first).await {
            return Ok((router, answer));
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// A connection that the router sees. It holds one of a bounded number of places. Until its session
/// is open it also waits at the door for handshakes.
struct Inside {
    guest: Guest,
    _place: OwnedSemaphorePermit,
}

impl Inside {
    fn enter(from: IpAddr, shared: &Shared) -> Result<Self, End> {
        let place = Arc::clone(&shared.sessions).try_acquire_owned().map_err(|_| {
            let most = shared.bounds.sessions;
            closed(CloseCode::Again, format!("the lab carries {most} sessions already"))
        })?;
        Ok(Self { guest: shared.handshakes.enter(from), _place: place })
    }
}

fn closed(code: CloseCode, reason: impl Into<String>) -> End {
    End::Closed(code, reason.into())
}

fn sent_away(why: MustGo, what: &str) -> End {
    match why {
        MustGo::Crowded => closed(CloseCode::Again, format!("{what}, and others waited")),
        MustGo::Late(within) => closed(CloseCode::Policy, format!("{what} within {within:?}")),
    }
}
