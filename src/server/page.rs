//! The page's port: routes and headers.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Extension, Router as Routes,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri,
        header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION},
    },
    middleware::{self, Next},
    response::IntoResponse,
    routing::any,
};
use serde::Serialize;

use super::{door::Guest, endpoint, files, lab::Shared, origin};
use crate::wire::ZENOH_VERSION;

/// The path at which the page reaches the router.
pub const ENDPOINT: &str = "/zenoh";

/// The headers of every answer. `Trunk.toml` sends the same ones during development; a test
/// compares them.
///
/// Opener and embedder policy isolate the page, and an isolated page gets the finest clock. The
/// content security policy allows only the page's own files, WebAssembly and Workers. It also
/// allows WebSockets to any router that the user names. Of scripts that stand in a document, it
/// allows the one of `src/web/own_code.html`, by its SHA-256. The Worker of own code is a `data:` one,
/// which never has the page's origin.
/// Camera, microphone and screen are for the page itself, and for nothing that it might embed.
/// The first one tells the service worker that the page may be another one each time.
pub const HEADERS: [(&str, &str); 8] = [
    ("x-zbytes-lab", "fresh"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(self), microphone=(self), display-capture=(self)"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-21NIus+iECi1TQsiSO0oe69o8x/kh4y9Fgi+iFUeOZI='; style-src 'self'; font-src 'self'; \
         img-src 'self' data:; connect-src 'self' ws: wss: https:; worker-src 'self' blob: data:; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// The content of `/lab.json`, which the page reads.
#[derive(Debug, Serialize)]
struct LabJson {
    version: &'static str,
    zenoh: &'static str,
    page: PageJson,
    /// Absent while the router is stopped.
    router: Option<RouterJson>,
    endpoint: &'static str,
    class: ClassJson,
}

/// What the page needs to know of the class.
#[derive(Debug, Serialize)]
struct ClassJson {
    /// Whether this page needs a code at the endpoint.
    code: bool,
    /// The links by which others join, with the code. Only this machine's own page is told.
    links: Vec<String>,
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

/// What a page's port with https answers to a client that speaks plain http: where it finds the page.
pub(crate) fn to_https() -> Routes {
    Routes::new().fallback(async |headers: HeaderMap, uri: Uri| {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
            return (StatusCode::BAD_REQUEST, "expected https, or a Host header\n").into_response();
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        (StatusCode::PERMANENT_REDIRECT, [(LOCATION, format!("https://{host}{target}"))]).into_response()
    })
}

/// The routes of the ws port: an upgrade at any path.
pub(crate) fn ws_routes(shared: Arc<Shared>) -> Routes {
    Routes::new().fallback(endpoint::ws).with_state(shared)
}

async fn with_headers(request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn lab_json(
    State(shared): State<Arc<Shared>>,
    guest: Option<Extension<Arc<Guest>>>,
    method: Method,
    headers: HeaderMap,
) -> Response<Body> {
    if let Err(refused) = shared.rules.check_host(&headers) {
        return (StatusCode::FORBIDDEN, format!("{refused}\n")).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let from = guest.map_or(Ipv4Addr::UNSPECIFIED.into(), |guest| guest.from());
    let is_own = shared.class.is_own(from, origin::host_of(&headers).as_deref());
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
        class: ClassJson {
            code: shared.class.code().is_some() && !is_own,
            links: if is_own { shared.links().into_iter().map(|(link, _)| link).collect() } else { Vec::new() },
        },
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
