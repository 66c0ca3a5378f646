//! The embedded zenoh router: a `zenoh` session in router mode with a ws and a tcp link, and nothing else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Error;

/// How long the router may take to say goodbye to its peers.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// A running router.
#[derive(Debug)]
pub(crate) struct Router {
    session: zenoh::Session,
    zid: String,
    ws: SocketAddr,
    gone: CancellationToken,
}

/// What the `/zenoh` endpoint needs to know of a running router.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    /// The router's identifier, in hexadecimal digits.
    pub(crate) zid: String,
    /// Where its ws link is reached from this machine.
    pub(crate) ws: SocketAddr,
    /// Cancelled when the router is gone.
    pub(crate) gone: CancellationToken,
}

impl Router {
    /// Starts a router that listens at exactly these two addresses.
    pub(crate) async fn start(ws: SocketAddr, tcp: SocketAddr) -> Result<Self, Error> {
        let failed = |cause: String| Error::Router { ws, tcp, cause };
        let mut config = zenoh::Config::default();
        let listen = format!(r#"["{}", "{}"]"#, ws_locator(ws), tcp_locator(tcp));
        for (key, value) in [
            ("mode", r#""router""#),
            ("listen/endpoints", listen.as_str()),
            ("connect/endpoints", "[]"),
            // The router is found by its address alone and never connects to anyone.
            ("scouting/multicast/enabled", "false"),
            // Peers (zenoh's default mode) exchange data among themselves and not through a router. All that they get from
            // it is each other's address, by gossip; without it two of them would stay strangers.
            ("scouting/gossip/enabled", "true"),
            ("scouting/gossip/multihop", "false"),
            ("scouting/gossip/target", r#"{ "router": ["peer"] }"#),
            ("scouting/gossip/autoconnect", r#"{ "router": [] }"#),
            ("adminspace/enabled", "false"),
            ("adminspace/permissions/write", "false"),
        ] {
            config.insert_json5(key, value).map_err(|error| failed(error.to_string()))?;
        }
        let session = zenoh::open(config).await.map_err(|error| failed(error.to_string()))?;
        let zid = session.zid().to_string();
        Ok(Self { session, zid, ws, gone: CancellationToken::new() })
    }

    pub(crate) fn backend(&self) -> Backend {
        Backend { zid: self.zid.clone(), ws: reachable(self.ws), gone: self.gone.clone() }
    }

    /// Closes every session, then cuts what is still connected.
    pub(crate) async fn stop(self) {
        // An error or a timeout means that a peer did not take the goodbye; it is cut all the same.
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.session.close()).await;
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.gone.cancel();
    }
}

/// The address under which this machine reaches a socket that listens at `addr`.
pub(crate) fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// A zenoh locator of the ws link.
pub(crate) fn ws_locator(addr: SocketAddr) -> String {
    format!("ws/{addr}")
}

/// A zenoh locator of the tcp link.
pub(crate) fn tcp_locator(addr: SocketAddr) -> String {
    format!("tcp/{addr}")
}
