//! The embedded zenoh router: a `zenoh` session in router mode with two listeners, and nothing
//! else.
//!
//! One listener is the tcp port. The other is private to this program (see [`super::private`]). It
//! serves WebSockets that have proved to be zenoh clients (see [`super::front`]).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Bounds,
    error::Error,
    private::{Private, RouterStream},
};

/// How long the router may take to close its sessions with its peers.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// How long a client of the tcp port may take from connecting to the end of the handshake. A
/// WebSocket may take so long from its first message.
///
/// zenoh's default is twice as long. The router counts all handshakes of its listeners together,
/// silent ones included. With a shorter time, more silent connections are needed to fill that
/// count.
pub(crate) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// How long the router waits for a subscriber that reads nothing, when a publisher asks it to wait
/// (BLOCK). Then it cuts the subscriber off. All other data of the publisher's link wait meanwhile.
///
/// zenoh's own default is 5 s. It is also how long a publisher waits for its router before it drops
/// the link. Until it has another link, its puts are lost without an error. With both times equal,
/// one frozen subscriber costs a healthy one samples.
const WAIT_BEFORE_CLOSE: Duration = Duration::from_millis(1_500);

/// A running router.
#[derive(Debug)]
pub(crate) struct Router {
    session: zenoh::Session,
    backend: Backend,
    _gone: DropGuard,
}

/// The facts about a running router that the lab's ports need.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    /// The router's identifier, in hexadecimal digits.
    pub(crate) zid: String,
    /// Cancelled when the router has ended.
    pub(crate) gone: CancellationToken,
    private: Arc<Private>,
}

impl Router {
    /// Starts a router that listens at exactly this address, and at its private address.
    pub(crate) async fn start(tcp: SocketAddr, bounds: Bounds) -> Result<Self, Error> {
        let failed = |cause: String| Error::Router { tcp, cause };
        let private = Private::new().map_err(|error| failed(error.to_string()))?;
        let mut config = zenoh::Config::default();
        for (key, value) in [
            ("mode", "router".into()),
            ("listen/endpoints", [tcp_locator(tcp), private.locator()].into()),
            ("connect/endpoints", serde_json::json!([])),
            // Programs find the router by its address alone, and it never connects to another
            // router.
            ("scouting/multicast/enabled", false.into()),
            // Peers (zenoh's default mode) exchange data directly, not through a router. From the
            // router they get only each other's address, by gossip. Without it, two peers would not
            // find each other.
            ("scouting/gossip/enabled", true.into()),
            ("scouting/gossip/multihop", false.into()),
            ("scouting/gossip/target", serde_json::json!({ "router": ["peer"] })),
            ("scouting/gossip/autoconnect", serde_json::json!({ "router": [] })),
            ("adminspace/enabled", false.into()),
            ("adminspace/permissions/write", false.into()),
            ("transport/unicast/accept_timeout", millis(HANDSHAKE_WITHIN).into()),
            ("transport/unicast/accept_pending", (bounds.tcp_handshakes + bounds.handshakes).into()),
            ("transport/unicast/max_sessions", bounds.sessions.into()),
            // In microseconds.
            (
                "transport/link/tx/queue/congestion_control/block/wait_before_close",
                (millis(WAIT_BEFORE_CLOSE) * 1000).into(),
            ),
        ] {
            let value: serde_json::Value = value;
            config.insert_json5(key, &value.to_string()).map_err(|error| failed(error.to_string()))?;
        }
        let session = zenoh::open(config).await.map_err(|error| failed(error.to_string()))?;
        let gone = CancellationToken::new();
        let backend = Backend { zid: session.zid().to_string(), gone: gone.clone(), private: Arc::new(private) };
        Ok(Self { session, backend, _gone: gone.drop_guard() })
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend.clone()
    }

    /// Closes every session, then cuts the connections that remain.
    pub(crate) async fn stop(self) {
        // An error or a timeout means that a peer did not accept the close. The router cuts it all
        // the same.
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.session.close()).await;
    }
}

impl Backend {
    /// Opens a connection to the router, which expects a client's first batch on it.
    pub(crate) async fn connect(&self) -> io::Result<RouterStream> {
        self.private.connect().await
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The address by which this machine reaches a socket that listens at `addr`.
pub(crate) fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// A zenoh locator of the ws port.
pub(crate) fn ws_locator(addr: SocketAddr) -> String {
    format!("ws/{addr}")
}

/// A zenoh locator of the tcp port.
pub(crate) fn tcp_locator(addr: SocketAddr) -> String {
    format!("tcp/{addr}")
}
