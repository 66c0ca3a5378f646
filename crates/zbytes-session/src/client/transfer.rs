//! How far a large message is, as it is told.

use super::ids::{OpId, SubscriberId};
use crate::wire::KeyExpr;

/// A large message of ours of which a part was written into batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leaving {
    /// Whose it is.
    pub op: OpId,
    /// Bytes of payload, and of attachment, that were written.
    pub bytes: usize,
    /// How many there are.
    pub total: usize,
    /// Fragments that were written.
    pub fragments: usize,
}

/// A large message of others of which a part has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Arriving {
    /// Names it in what else is told of it; never used twice.
    pub id: u64,
    /// Its key expression, if its head could be read: it stands in the first fragment, unless a
    /// long attachment comes before the payload.
    pub key_expr: Option<KeyExpr>,
    /// The subscribers that it is for, by its key.
    pub subscribers: Vec<SubscriberId>,
    /// The get that it is an answer to.
    pub get: Option<OpId>,
    /// Bytes of its payload that have arrived; of the whole message, if its head could not be read.
    pub bytes: usize,
    /// Length of its payload, if its head could be read. Otherwise it is not known before the last
    /// fragment.
    pub total: Option<usize>,
    /// Fragments that have arrived.
    pub fragments: usize,
}

/// What the first fragment tells about a message that is arriving.
#[derive(Default)]
pub(super) struct Known {
    /// What was told last.
    pub(super) arriving: Arriving,
    /// Length of the head, in bytes.
    pub(super) head: usize,
}
