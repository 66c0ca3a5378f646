//! From what a person types to the address of a link.

use std::fmt;

use zbytes_session::link::{PORT, STREAM};

use crate::outside::shown;

/// The lab's own endpoint, on the port that the page came from.
pub const OWN_ENDPOINT: &str = "/zenoh";

/// The most characters of a code that are sent.
const LONGEST_CODE: usize = 32;
/// The locator of the hub, a router inside this browser.
pub const HUB: &str = "hub";

/// Why a locator cannot be used in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocatorError {
    /// A protocol that no page can speak, as in `tcp/…`.
    Protocol {
        /// What stood before the slash.
        found: String,
    },
    /// A path on the port of the page that is not the lab's endpoint.
    Path {
        /// The text.
        found: String,
    },
    /// A query that asks for something unknown of the link.
    Query {
        /// The text.
        found: String,
    },
    /// No host or no port.
    Address {
        /// The text.
        found: String,
    },
}

impl fmt::Display for LocatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol { found } => write!(
                f,
                "a page cannot open “{}”: a browser speaks WebSocket only. Use ws/HOST:PORT or wss/HOST:PORT (the router \
                 needs a ws listen endpoint), {OWN_ENDPOINT} for the lab's own router, or {HUB} for a router inside this browser",
                shown(found)
            ),
            Self::Path { found } => write!(
                f,
                "“{}” is not an endpoint of the lab: the only path on the port of this page is {OWN_ENDPOINT}. Another \
                 router is reached by ws/HOST:PORT",
                shown(found)
            ),
            Self::Query { found } => write!(
                f,
                "“{}” asks for something that a page does not know: expected {STREAM}, for a server that passes a \
                 stream on to zenoh's tcp port, or no question mark",
                shown(found)
            ),
            Self::Address { found } => {
                write!(
                    f,
                    "“{}” is not an address: expected HOST:PORT with a port from 1 to 65535, as in ws/127.0.0.1:7446",
                    shown(found)
                )
            }
        }
    }
}

impl std::error::Error for LocatorError {}

/// The locator that a typed text stands for: without spaces at its ends, and the lab's own where
/// there is nothing else.
#[must_use]
pub fn meant(typed: &str) -> &str {
    match typed.trim() {
        "" => OWN_ENDPOINT,
        locator => locator,
    }
}

/// What stands between the lab's own endpoint and the code of its class.
const CODE: &str = "?code=";

/// The code of a class in a locator of the lab's own endpoint; empty where there is none.
#[must_use]
pub fn code_of(locator: &str) -> &str {
    own_code(meant(locator)).flatten().unwrap_or_default()
}

/// The locator of the lab's own endpoint with the code of a class, as a person may type it.
#[must_use]
pub fn with_code(code: &str) -> String {
    match code.trim() {
        "" => OWN_ENDPOINT.to_owned(),
        code => format!("{OWN_ENDPOINT}{CODE}{code}"),
    }
}

/// The code, if this is a locator of the lab's own endpoint.
fn own_code(locator: &str) -> Option<Option<&str>> {
    let rest = locator.strip_prefix(OWN_ENDPOINT)?;
    if rest.is_empty() { Some(None) } else { rest.strip_prefix(CODE).map(Some) }
}

/// The address of the link for `locator`, seen from a page in a `folder` (as in
/// `http://127.0.0.1:8080/`): that of a WebSocket, or of the port to the hub.
///
/// # Errors
/// [`LocatorError`], in words for the person who typed it.
pub fn link_url(locator: &str, folder: &str) -> Result<String, LocatorError> {
    let locator = meant(locator);
    if locator == HUB {
        return Ok(format!("{PORT}{HUB}"));
    }
    if let Some(code) = own_code(locator) {
        let own = match folder.trim_end_matches('/').split_once("://") {
            Some(("https", host)) => format!("wss://{host}"),
            Some((_, host)) => format!("ws://{host}"),
            None => return Err(LocatorError::Address { found: folder.to_owned() }),
        };
        // What a code has, and what a person may type into it. The lab passes over the rest.
        let code = code.map_or(String::new(), |code| {
            let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(LONGEST_CODE).collect();
            format!("&code={code}")
        });
        // Many batches in each message cost less than one.
        return Ok(format!("{own}{OWN_ENDPOINT}?{STREAM}{code}"));
    }
    if locator.starts_with('/') {
        return Err(LocatorError::Path { found: locator.to_owned() });
    }
    let (protocol, address) = match locator.split_once("://") {
        Some(parts) => parts,
        None => locator.split_once('/').unwrap_or(("", locator)),
    };
    // As in any address, capitals do not matter here.
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "ws" => "ws",
        "wss" => "wss",
        _ => {
            let found = if protocol.is_empty() { locator } else { protocol };
            return Err(LocatorError::Protocol { found: found.to_owned() });
        }
    };
    let wrong = || LocatorError::Address { found: address.to_owned() };
    let (place, query) = address.split_once('?').map_or((address, None), |(place, query)| (place, Some(query)));
    if let Some(found) = query.filter(|query| *query != STREAM) {
        return Err(LocatorError::Query { found: found.to_owned() });
    }
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let (host, port) = authority.rsplit_once(':').ok_or_else(wrong)?;
    let valid_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c));
    if !valid_host || port.parse::<u16>().ok().is_none_or(|port| port == 0) || path.contains(char::is_whitespace) {
        return Err(wrong());
    }
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    Ok(format!("{protocol}://{authority}/{path}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "http://127.0.0.1:8080";

    #[test]
    fn locators_that_a_page_can_open() {
        let url = |locator| link_url(locator, ORIGIN).unwrap();
        assert_eq!(url(" hub "), "port:hub");
        assert_eq!(url("/zenoh"), "ws://127.0.0.1:8080/zenoh?framing=stream");
        assert_eq!(url("  "), "ws://127.0.0.1:8080/zenoh?framing=stream");
        assert_eq!(url("ws/127.0.0.1:7446"), "ws://127.0.0.1:7446/");
        assert_eq!(url("wss/router.example:443"), "wss://router.example:443/");
        assert_eq!(url("WS/Router.example:7446"), "ws://Router.example:7446/");
        assert_eq!(url(" Wss://127.0.0.1:443/Zenoh"), "wss://127.0.0.1:443/Zenoh");
        assert_eq!(url("ws/[::1]:7446"), "ws://[::1]:7446/");
        assert_eq!(url("ws://10.0.0.2:80/zenoh"), "ws://10.0.0.2:80/zenoh");
        assert_eq!(link_url("/zenoh", "https://lab.example").unwrap(), "wss://lab.example/zenoh?framing=stream");
        // A pipe to zenoh's tcp port.
        assert_eq!(url("ws/127.0.0.1:6080?framing=stream"), "ws://127.0.0.1:6080/?framing=stream");
        assert_eq!(url("wss/h:443/a/b?framing=stream"), "wss://h:443/a/b?framing=stream");
    }

    #[test]
    fn own_endpoint_is_beside_the_page() {
        for (folder, url) in [
            ("http://h:1/", "ws://h:1/zenoh?framing=stream"),
            ("http://h:1/x/y/", "ws://h:1/x/y/zenoh?framing=stream"),
            ("https://h/x", "wss://h/x/zenoh?framing=stream"),
        ] {
            assert_eq!(link_url("/zenoh", folder).unwrap(), url, "{folder}");
        }
        assert!(link_url("/zenoh", "null").is_err());
    }

    #[test]
    fn code_of_a_class_is_a_part_of_the_locator() {
        let url = |locator| link_url(locator, ORIGIN).unwrap();
        assert_eq!(url("/zenoh?code=K7QF2M"), "ws://127.0.0.1:8080/zenoh?framing=stream&code=K7QF2M");
        assert_eq!(url("/zenoh?code=k7q f2-m&a#"), "ws://127.0.0.1:8080/zenoh?framing=stream&code=k7qf2ma");
        for (locator, code) in [("/zenoh", ""), (" /zenoh?code=A1 ", "A1"), ("ws/h:1", ""), ("/zenoh?a", "")] {
            assert_eq!(code_of(locator), code, "{locator}");
        }
        assert_eq!([with_code(" A1 "), with_code(" ")], ["/zenoh?code=A1", "/zenoh"]);
        assert!(link_url("/zenoh?a=b", ORIGIN).is_err());
    }

    #[test]
    fn what_is_used_is_without_spaces_and_never_empty() {
        assert_eq!(["", "  ", " /zenoh ", "ws/h:1 "].map(meant), ["/zenoh", "/zenoh", "/zenoh", "ws/h:1"]);
    }

    #[test]
    fn others_are_refused_in_words() {
        let error = |locator| link_url(locator, ORIGIN).unwrap_err().to_string();
        assert!(error("tcp/127.0.0.1:7447").contains("WebSocket only"));
        assert!(error("ws/\u{202e}host:80").contains("‹right-to-left override›"));
        let long = "x".repeat(1_000_000);
        assert!(error(&long).len() < 1_000);
        assert!(error("nonsense").contains("ws/HOST:PORT"));
        for path in ["/zenohh", "/", " /ws/127.0.0.1:7446"] {
            assert!(error(path).contains("the only path on the port of this page is /zenoh"), "{}", error(path));
        }
        for wrong in ["ws/h:80?", "ws/h:80?framing=tcp", "ws/h:80/x?framing=stream&a=b"] {
            assert!(error(wrong).contains("expected framing=stream"), "{wrong}: {}", error(wrong));
        }
        for wrong in ["ws/127.0.0.1", "ws/:80", "ws/host:0", "ws/host:70000", "ws/host name:80", "ws/"] {
            assert!(error(wrong).contains("HOST:PORT"), "{wrong}");
        }
    }
}
