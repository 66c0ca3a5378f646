//! The numbers of the samples that this page has put.

use crate::client::ZenohId;

/// Lanes of priority and reliability.
pub(super) const LANES: usize = 16;

/// The numbers of the samples that this page has put numbered.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Numbers {
    /// The zenoh id that goes with them: that of the session in which they began.
    pub zid: Option<ZenohId>,
    /// The next one of each publisher. It is told when it is a power of two, so it is as long on
    /// the wire as the true one.
    pub next: [u32; LANES],
}
