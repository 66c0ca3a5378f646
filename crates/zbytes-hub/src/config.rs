//! What a hub needs to know from outside, and its bounds.

use std::time::Duration;

use zbytes_session::{client::ZenohId, wire};

/// How long a client may take for each step of the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long a silence a client may take the hub for gone; zenoh's default.
pub const LEASE: Duration = Duration::from_secs(10);

/// How long the hub is silent at most: a quarter of its lease, as zenoh's routers.
pub const KEEP_ALIVE: Duration = Duration::from_millis(2500);

/// How long a message with `CongestionControl::Block` waits for a link that takes nothing. Then the
/// hub closes that link; zenoh's default.
pub const WAIT_BEFORE_CLOSE: Duration = Duration::from_secs(5);

/// How long a query waits for answers unless it says otherwise; zenoh's default.
pub const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest lease, and the longest timeout of a query, that is kept to. A longer one is taken for
/// this one.
pub const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How far the time of a put may be ahead of the hub's clock. Beyond it the hub stamps the put
/// itself; zenoh's default.
pub const MAX_AHEAD: Duration = Duration::from_millis(500);

/// How many bytes of keys the numbers of one batch may stand for.
pub const MAX_UNFOLDED: usize = 16 << 20;

/// What a hub needs to know from outside.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The hub's zenoh id, of random bytes.
    pub zid: ZenohId,
    /// A random number: cookies and the first sequence numbers come from it.
    pub random: u64,
    /// What the time since 1970 (UTC) is when the time that all calls pass is zero. The hub stamps
    /// puts with it.
    pub since_1970: Duration,
    /// The bounds.
    pub limits: Limits,
}

impl Config {
    /// A hub with the default bounds.
    #[must_use]
    pub const fn new(zid: ZenohId, random: u64, since_1970: Duration) -> Self {
        Self { zid, random, since_1970, limits: Limits::DEFAULT }
    }
}

/// The bounds of a hub. What a client passes ends its link, except where it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Links, open or opening. [`Hub::add_link`](crate::Hub::add_link) refuses further ones.
    pub links: usize,
    /// Bytes of a message that is being put together, in each lane.
    pub reassembly_bytes: usize,
    /// Fragments of all messages of a link that are being put together.
    pub reassembly_fragments: usize,
    /// Bytes of the batches of messages that are being put together, of all links.
    pub arriving_bytes: usize,
    /// Bytes that may wait to be sent over a link. Beyond it, messages with
    /// `CongestionControl::Drop` are dropped. One with `CongestionControl::Block` is queued, and
    /// its sender is not read before the link has room again.
    pub queued_bytes: usize,
    /// Messages that may wait to be sent over a link. What follows is as for `queued_bytes`.
    pub queued_messages: usize,
    /// Bytes of the batches that all queues refer to. A batch stays whole as long as a part of it
    /// waits. What follows is as for `queued_bytes`.
    pub kept_bytes: usize,
    /// Bytes of input that may wait for a sender that is not read. A driver that heeds
    /// [`Hub::wants_input`](crate::Hub::wants_input) never meets it.
    pub waiting_bytes: usize,
    /// The longest key expression, in bytes. To compare two takes time that grows with the product
    /// of their lengths.
    pub key_bytes: usize,
    /// Key expressions that each client may give numbers to.
    pub key_expressions: usize,
    /// Subscribers, queryables and tokens that each client may declare.
    pub declared: usize,
    /// Subscribers, queryables and tokens of all clients.
    pub declared_by_all: usize,
    /// Bytes of the keys of all declarations, interests and numbers.
    pub key_bytes_of_all: usize,
    /// Interests of each client.
    pub interests: usize,
    /// Queries of each client that wait for answers. Further ones are answered with an error at
    /// once.
    pub queries: usize,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        links: 64,
        reassembly_bytes: wire::MAX_MESSAGE,
        reassembly_fragments: 1 << 18,
        arriving_bytes: wire::MAX_MESSAGE + (256 << 20),
        queued_bytes: 64 << 20,
        queued_messages: 1 << 14,
        kept_bytes: wire::MAX_MESSAGE + (256 << 20),
        waiting_bytes: 16 << 20,
        key_bytes: 1 << 12,
        key_expressions: 1 << 12,
        declared: 1 << 12,
        declared_by_all: 1 << 14,
        key_bytes_of_all: 64 << 20,
        interests: 1 << 10,
        queries: 1 << 12,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
