//! The page's port: routes, headers and the connections themselves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router as Routes;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::any;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};

use super::{Shared, endpoint, files};
use crate::wire::ZENOH_VERSION;

/// Where the page reaches the router.
pub const ENDPOINT: &str = "/zenoh";

/// The headers of every answer. `Trunk.toml` sends the same ones during development; a test compares them.
///
/// Opener and embedder policy isolate the page, which gives it the finest clock. The content security policy allows
/// nothing but the page's own files, WebAssembly, Workers, and WebSockets to whatever router the user names.
pub const HEADERS: [(&str, &str); 6] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; \
         img-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// How long a client may take to send the head of a request, and may stay idle between two.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// When the lab stops, how long an answer under way may take to be sent.
const FINISH_WITHIN: Duration = Duration::from_secs(1);
/// A pause after a failed accept, which nearly always means that the process has no file descriptor left.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// What `/lab.json` tells the page.
#[derive(Debug, Serialize)]
struct LabJson {
    version: &'static str,
    zenoh: &'static str,
    page: PageJson,
    /// Absent while the router is stopped.
    router: Option<RouterJson>,
    endpoint: &'static str,
}

#[derive(Debug, Serialize)]
struct PageJson {
    address: SocketAddr,
    /// Whether other machines can load the page.
    lan: bool,
}

#[derive(Debug, Serialize)]
struct RouterJson {
    zid: String,
    ws: String,
    tcp: String,
}

pub(crate) fn routes(shared: Arc<Shared>) -> Routes {
    Routes::new()
        .route(ENDPOINT, any(endpoint::zenoh))
        .route("/lab.json", any(lab_json))
        .fallback(file)
        .layer(middleware::from_fn(with_headers))
        .with_state(shared)
}

async fn with_headers(request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn lab_json(State(shared): State<Arc<Shared>>, method: Method) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let lab = LabJson {
        version: env!("CARGO_PKG_VERSION"),
        zenoh: ZENOH_VERSION,
        page: PageJson { address: shared.page, lan: !shared.page.ip().is_loopback() },
        router: shared.backend().map(|backend| RouterJson {
            zid: backend.zid,
            ws: shared.ws_locator(),
            tcp: shared.tcp_locator(),
        }),
        endpoint: ENDPOINT,
    };
    match serde_json::to_string(&lab) {
        Ok(json) => ([(CACHE_CONTROL, "no-cache"), (CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn file(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path();
    match &shared.files {
        Some(files) => files.answer(request.method(), path, request.headers()).await,
        None if path == "/" => {
            let text = "this is the lab's router without the page (--router-only); `trunk serve` serves the page\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
        None => files::not_found(path),
    }
}

/// Accepts connections until the lab stops.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let routes = routes(Arc::clone(&shared));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                shared.tasks.spawn(connection(stream, routes.clone(), Arc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(AFTER_FAILED_ACCEPT).await,
        }
    }
}

/// Serves one connection. When the lab stops, an answer under way is finished and an idle connection closed.
async fn connection(stream: TcpStream, routes: Routes, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(routes);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        // An error here is the client's: it went away, or spoke no HTTP.
        _ = connection.as_mut() => {}
        () = shared.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(FINISH_WITHIN, connection).await;
        }
    }
}
