//! What a client needs to know from outside, what a session was agreed to be, and how long either
//! side may take.

use std::time::Duration;

use zenoh_protocol::transport::init;

use super::limits::Limits;
use crate::{
    link::{Agreed, Framing},
    wire::{Lane, ZenohId},
};

/// How long the router may take for each step of the handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long a silence the router may take us for gone. A page can be frozen for a while, so
/// it is generous.
pub const LEASE: Duration = Duration::from_secs(60);

/// The longest lease that is believed of a router.
pub(super) const MAX_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a client needs to know from outside.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Our zenoh id, of random bytes.
    pub zid: ZenohId,
    /// A random number; it decides where sequence numbers begin.
    pub initial_sn: u32,
    /// The bounds.
    pub limits: Limits,
    /// How the link carries batches.
    pub framing: Framing,
}

impl Config {
    /// With the usual bounds, over a link with one batch in each message.
    #[must_use]
    pub fn new(zid: ZenohId, initial_sn: u32) -> Self {
        Self { zid, initial_sn, limits: Limits::default(), framing: Framing::default() }
    }
}

/// What a session was agreed to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionInfo {
    /// Our own zenoh id.
    pub zid: ZenohId,
    /// The router's zenoh id.
    pub router_zid: ZenohId,
    /// The longest batch, in bytes.
    pub batch_size: u16,
    /// Lanes with sequence numbers of their own: 16 with priorities, else 2.
    pub lanes: u8,
    /// Bits of a sequence number.
    pub sn_bits: u8,
    /// After how long a silence the router takes us for gone.
    pub lease: Duration,
    /// After how long a silence we take the router for gone.
    pub router_lease: Duration,
    /// The patch version of the protocol.
    pub patch: u8,
}

impl SessionInfo {
    /// What of it decides how messages are sent.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        Agreed {
            qos: usize::from(self.lanes) == Lane::COUNT,
            markers: init::ext::PatchType::new(self.patch).has_fragmentation_markers(),
            // No more than 32 bits can be agreed on, and no fewer than seven.
            mask: u32::MAX >> 32u8.saturating_sub(self.sn_bits).min(31),
            batch_size: self.batch_size,
        }
    }
}
