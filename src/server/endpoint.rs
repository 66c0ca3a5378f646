//! Two WebSocket endpoints: `/zenoh`, for the page on the page's own port, and the ws port, for
//! other programs.
//!
//! Both accept a WebSocket upgrade and pass its batches to the router (see [`super::front`]). With
//! `framing=stream` in the query they take and give a stream of batches, else one in each message.
//! `/zenoh` checks the origin of the page (see [`super::origin`]). The ws port does not, like any
//! zenoh router. Neither agrees to an extension: permessage-deflate would compress the bytes that
//! the lab measures.

use std::{net::Ipv4Addr, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version,
        header::{ALLOW, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
    },
    response::IntoResponse,
};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use zbytes_session::link::Framing;

use super::{
    class::NoEntry,
    door::Guest,
    front,
    lab::Shared,
    origin::{self, Refused},
};

/// Handles a request to `/zenoh`.
pub(crate) async fn zenoh(State(shared): State<Arc<Shared>>, mut request: Request) -> Response<Body> {
    let checked = check_upgrade(&request);
    let origin = if checked.is_ok() { shared.rules.check(request.headers()).map_err(Refusal::from) } else { Ok(()) };
    // Also without an upgrade: a browser does not tell a page why its WebSocket was refused, so the page asks again.
    let checked = origin.and_then(|()| check_code(&request, &shared)).and(checked);
    answer(checked, &mut request, &shared)
}

/// Whether a page has the code of the class, or needs none.
fn check_code(request: &Request, shared: &Shared) -> Result<(), Refusal> {
    let from = request.extensions().get::<Arc<Guest>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |guest| guest.from());
    if shared.class.is_own(from, origin::host_of(request.headers()).as_deref()) {
        return Ok(());
    }
    let query = request.uri().query().unwrap_or_default();
    let given = query.split('&').find_map(|part| part.strip_prefix("code="));
    shared.class.check(from, given, Instant::now()).map_err(|no| {
        let status =
            if matches!(no, NoEntry::Wait(_)) { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
        Refusal::new(status, no.to_string())
    })
}

/// Handles a request to the ws port, with any path.
pub(crate) async fn ws(State(shared): State<Arc<Shared>>, mut request: Request) -> Response<Body> {
    answer(check_upgrade(&request), &mut request, &shared)
}

/// Upgrades the connection if `checked` holds the answer to the request's key.
fn answer(checked: Result<String, Refusal>, request: &mut Request, shared: &Arc<Shared>) -> Response<Body> {
    let upgraded = checked.and_then(|accept| {
        let accept = HeaderValue::from_str(&accept)
            .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        let backend =
            shared.backend().ok_or_else(|| Refusal::new(StatusCode::BAD_GATEWAY, "the lab's router is not running"))?;
        front::websocket(request, Framing::of_url(&request.uri().to_string()), backend, shared);
        let upgrade = [
            (CONNECTION, HeaderValue::from_static("Upgrade")),
            (UPGRADE, HeaderValue::from_static("websocket")),
            (SEC_WEBSOCKET_ACCEPT, accept),
        ];
        Ok((StatusCode::SWITCHING_PROTOCOLS, upgrade).into_response())
    });
    upgraded.unwrap_or_else(IntoResponse::into_response)
}

/// Accepts only a complete WebSocket upgrade (RFC 6455, section 4.2.1). Returns the key for the
/// answer.
fn check_upgrade(request: &Request) -> Result<String, Refusal> {
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
        (Some(key), None) if is_key(key.as_bytes()) => Ok(derive_accept_key(key.as_bytes())),
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

/// Why the lab refused a request.
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

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::new(StatusCode::FORBIDDEN, refused.to_string())
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
    use super::*;

    #[test]
    fn a_key_is_sixteen_bytes() {
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
        for key in ["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZ===", "abc=="] {
            assert!(!is_key(key.as_bytes()), "{key}");
        }
        assert!(!is_key(b"dGhlIHNhbXBsZSBub25jZQ==="));
    }
}
