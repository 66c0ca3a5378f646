//! The rules for access to `/zenoh`. They do no I/O.
//!
//! The same-origin policy does not cover a WebSocket: any website that the user opens may connect
//! to any port of the user's machine. The `Origin` header distinguishes a page of the lab from
//! another one, because a script cannot forge it. So a request passes by one of
//! two rules:
//!
//! 1. The user allowed its `Origin` by name (`--allow-origin`).
//! 2. Its `Origin` is the site that it asks for: the host and port of `Origin` equal those of
//!    `Host`.
//!
//! DNS rebinding defeats the second rule alone. `evil.example` serves a page, then points its own
//! name at 127.0.0.1. Its script asks `evil.example:8080`, with both headers equal. So the rule
//! holds only for hosts whose meaning a foreign name server cannot change:
//!
//! - IP literals and `localhost`;
//! - this machine's own name: whole, its first label, and that label under `.local`;
//! - names that the user trusts with `--allow-host`.
//!
//! The rules ignore `X-Forwarded-Host`, because a client may write anything into it. A TLS front
//! that keeps `Host` needs `--allow-host`, one that changes it needs `--allow-origin`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Uri};

/// A web origin: scheme, host and port, as in the `Origin` header of a page served over http or
/// https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    fn default_port(&self) -> u16 {
        if self.https { 443 } else { 80 }
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("expected an origin such as https://lab.example.org or http://10.0.0.5:8080, got {text:?}");
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        // Only the host and the port are allowed: a path, a query or a fragment is an error.
        let (_, rest) = text.split_once("://").ok_or_else(wrong)?;
        if rest != authority.as_str() {
            return Err(wrong());
        }
        let (host, port) = split(authority).ok_or_else(wrong)?;
        Ok(Self { https, host, port: port.unwrap_or(if https { 443 } else { 80 }) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != self.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// Checks a name given to `--allow-host`: a host without scheme, port or path.
pub(crate) fn host_name(text: &str) -> Result<String, String> {
    match text.parse::<Authority>().ok().as_ref().and_then(split) {
        Some((host, None)) => Ok(host),
        _ => Err(format!(
            "expected one host name, such as lab.example.org, without scheme, port, path or placeholders, got {text:?}"
        )),
    }
}

/// The host in lower case, and the port if one is written.
///
/// `None` for a host that a page's address cannot have. The host must be an IP address or a name of
/// letters, digits, hyphens and underscores, and user information must be absent.
fn split(authority: &Authority) -> Option<(String, Option<u16>)> {
    let host = authority.host().to_ascii_lowercase();
    let port = match authority.as_str().get(host.len()..)? {
        "" => None,
        rest => {
            let digits = rest.strip_prefix(':')?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten().map(Some)?
        }
    };
    let named = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    (named || is_ip(&host)).then_some((host, port))
}

/// The pages that may use `/zenoh`.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    origins: Vec<Origin>,
    hosts: Vec<String>,
}

impl Rules {
    /// `machine` is this machine's own name, `hosts` are the names that the user trusts.
    pub(crate) fn new(origins: Vec<Origin>, hosts: &[String], machine: &str) -> Self {
        let machine = machine.to_ascii_lowercase();
        let mut hosts = Vec::from(hosts);
        hosts.push("localhost".to_owned());
        if let Some(label) = machine.split('.').next().filter(|label| !label.is_empty()) {
            hosts.extend([machine.clone(), label.to_owned(), format!("{label}.local")]);
        }
        Self { origins, hosts }
    }

    /// The names that this machine has.
    pub(crate) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Whether the page that sent these headers may connect.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let origin = one(headers, &ORIGIN).ok_or(Refused::NoOrigin)?;
        let origin: Origin = origin.parse().map_err(|_| Refused::OpaqueOrigin(origin.to_owned()))?;
        if self.origins.contains(&origin) {
            return Ok(());
        }
        let host = one(headers, &HOST).unwrap_or_default();
        let (name, port) = host_and_port(host).ok_or_else(|| Refused::OtherOrigin(origin.clone(), host.to_owned()))?;
        // A TLS front passes on the same Host without a port. Then it means the default port of the
        // page's own scheme.
        if name != origin.host || port.unwrap_or(origin.default_port()) != origin.port {
            return Err(Refused::OtherOrigin(origin, host.to_owned()));
        }
        self.check_name(name)
    }

    /// Whether these headers ask for a host whose meaning a foreign name server cannot change.
    ///
    /// This is the check for the facts about the lab. A request of the lab's own page for them has
    /// no `Origin`.
    pub(crate) fn check_host(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let host = one(headers, &HOST).unwrap_or_default();
        let (name, _) = host_and_port(host).ok_or_else(|| Refused::UnknownHost(host.to_owned()))?;
        self.check_name(name)
    }

    fn check_name(&self, name: String) -> Result<(), Refused> {
        if is_ip(&name) || self.hosts.contains(&name) { Ok(()) } else { Err(Refused::UnknownHost(name)) }
    }
}

/// The host of the page that sent these headers, by its `Origin`, which a script cannot forge. A plain request of the
/// page has none, and is told by its `Host`.
pub(crate) fn host_of(headers: &HeaderMap) -> Option<String> {
    match one(headers, &ORIGIN) {
        Some(origin) => origin.parse().ok().map(|origin: Origin| origin.host),
        None if headers.contains_key(ORIGIN) => None,
        None => host_and_port(one(headers, &HOST)?).map(|(name, _)| name),
    }
}

fn host_and_port(host: &str) -> Option<(String, Option<u16>)> {
    split(&host.parse().ok()?)
}

/// Why a page may not connect. Its `Display` is the text of the 403 answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    NoOrigin,
    OpaqueOrigin(String),
    OtherOrigin(Origin, String),
    UnknownHost(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrigin => write!(
                f,
                "expected one Origin header. /zenoh is for pages in a browser; other programs connect to the router's own ws or tcp port."
            ),
            Self::OpaqueOrigin(origin) => write!(
                f,
                "expected the Origin of a page served over http or https, got {origin:?}. Load the page from the lab's own address."
            ),
            Self::OtherOrigin(origin, host) => write!(
                f,
                "a page of {origin} may not use the router at {host:?}. Load the page from the lab's own address, or start the lab with --allow-origin {origin}."
            ),
            Self::UnknownHost(host) => write!(
                f,
                "{host:?} is not a name of this machine. Use its IP address, or start the lab with --allow-host {host}."
            ),
        }
    }
}

/// The value of a header that must occur exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok()).flatten()
}

fn is_ip(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    literal.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use super::*;

    fn check(origin: Option<&str>, host: &str) -> Result<(), Refused> {
        let rules = Rules::new(
            vec!["http://127.0.0.1:8081".parse().unwrap()],
            &["lab.example.org".to_owned()],
            "Board.fritz.box",
        );
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        rules.check(&headers)
    }

    #[test]
    fn the_page_itself_passes() {
        for (origin, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://192.168.1.20:8080", "192.168.1.20:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://localhost:8080", "localhost:8080"),
            ("http://LocalHost:8080", "localhost:8080"),
            ("http://board:8080", "board:8080"),
            ("http://board.local:8080", "board.local:8080"),
            ("http://board.fritz.box:8080", "board.fritz.box:8080"),
            ("http://127.0.0.1", "127.0.0.1"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("https://lab.example.org", "lab.example.org"),
            ("https://lab.example.org", "lab.example.org:443"),
            ("https://lab.example.org:8443", "lab.example.org:8443"),
        ] {
            assert_eq!(check(Some(origin), host), Ok(()), "{origin} at {host}");
        }
    }

    #[test]
    fn an_allowed_origin_passes_whatever_the_host_says() {
        // The headers from trunk's proxy: the browser's Origin, and a Host without a port.
        assert_eq!(check(Some("http://127.0.0.1:8081"), "127.0.0.1"), Ok(()));
        assert_eq!(check(Some("http://127.0.0.1:8081"), "anything.example"), Ok(()));
    }

    #[test]
    fn another_origin_is_refused() {
        for (origin, host) in [
            ("http://evil.example", "127.0.0.1:8080"),
            ("http://127.0.0.1:8082", "127.0.0.1:8080"),
            ("https://127.0.0.1", "127.0.0.1:8080"),
            ("http://localhost:8080", "127.0.0.1:8080"),
            ("http://127.0.0.1:8080", ""),
            ("http://127.0.0.1:8080", "127.0.0.1:8080:1"),
            ("http://127.0.0.1:8080", "a@127.0.0.1:8080"),
            ("http://127.0.0.1:8080", "a:b@127.0.0.1:8080"),
            ("http://127.0.0.1:8080", "@127.0.0.1:8080"),
            ("http://127.0.0.1:8080", "127.0.0.1:+8080"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080#x"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080/"),
            ("http://127.0.0.1", "127.0.0.1:"),
            ("http://127.0.0.1.evil.example:8080", "127.0.0.1:8080"),
            ("https://127.0.0.1:8081", "127.0.0.1"),
        ] {
            assert!(matches!(check(Some(origin), host), Err(Refused::OtherOrigin(..))), "{origin} at {host}");
        }
    }

    #[test]
    fn an_origin_that_is_no_web_origin_is_refused() {
        assert_eq!(check(None, "127.0.0.1:8080"), Err(Refused::NoOrigin));
        for origin in [
            "null",
            "",
            "file://",
            "127.0.0.1:8080",
            "http://127.0.0.1:8080/",
            "http://127.0.0.1:8080/x",
            "http://127.0.0.1:8080?x",
            "http://127.0.0.1:8080#x",
            "http://127.0.0.1:8080#",
            "http://127.0.0.1:8080/#x",
            "http://127.0.0.1:+8080",
            "http://127.0.0.1:",
            "http://a@127.0.0.1:8080",
            "ws://127.0.0.1:8080",
            "http://127.0.0.1:99999",
        ] {
            assert!(matches!(check(Some(origin), "127.0.0.1:8080"), Err(Refused::OpaqueOrigin(_))), "{origin}");
        }
    }

    #[test]
    fn a_name_that_a_foreign_server_can_point_here_is_refused() {
        for host in ["evil.example:8080", "localhost.evil.example:8080", "other.local:8080"] {
            let origin = format!("http://{host}");
            assert!(matches!(check(Some(&origin), host), Err(Refused::UnknownHost(_))), "{host}");
        }
    }

    #[test]
    fn facts_are_told_under_names_of_this_machine_only() {
        let rules = Rules::new(Vec::new(), &["lab.example.org".to_owned()], "Board.fritz.box");
        let check = |host: &str| rules.check_host(&HeaderMap::from_iter([(HOST, host.parse().unwrap())]));
        for host in ["127.0.0.1:8080", "[::1]:8080", "10.0.0.5", "localhost:8080", "BOARD.local", "lab.example.org"] {
            assert_eq!(check(host), Ok(()), "{host}");
        }
        for host in ["evil.example:8080", "a@127.0.0.1:8080", "127.0.0.1.evil.example", "", "127.0.0.1:x"] {
            assert!(matches!(check(host), Err(Refused::UnknownHost(_))), "{host}");
        }
        assert!(rules.check_host(&HeaderMap::new()).is_err());
    }

    #[test]
    fn two_origins_or_hosts_are_refused() {
        let rules = Rules::new(Vec::new(), &[], "");
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:8080".parse().unwrap());
        headers.append(ORIGIN, "http://127.0.0.1:8080".parse().unwrap());
        assert_eq!(rules.check(&headers), Ok(()));
        headers.append(ORIGIN, "http://127.0.0.1:8080".parse().unwrap());
        assert_eq!(rules.check(&headers), Err(Refused::NoOrigin));
        headers.insert(ORIGIN, "http://127.0.0.1:8080".parse().unwrap());
        headers.append(HOST, "127.0.0.1:8080".parse().unwrap());
        assert!(rules.check(&headers).is_err());
    }

    #[test]
    fn a_host_option_is_a_bare_name() {
        assert_eq!(host_name("Lab.Example.org").as_deref(), Ok("lab.example.org"));
        for text in ["", "http://x", "x:80", "x/y", "a@b", "*", "*.example.org", "x..y", ".x", "x y", "$x"] {
            assert!(host_name(text).is_err(), "{text}");
        }
        for text in ["https://*", "https://*.example.org", "https://x..y"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_is_shown_as_it_is_written() {
        for text in ["http://127.0.0.1:8081", "https://lab.example.org", "http://[::1]:8080"] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
        assert_eq!("https://X:443".parse::<Origin>().unwrap().to_string(), "https://x");
    }
}
