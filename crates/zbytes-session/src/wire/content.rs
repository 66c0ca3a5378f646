//! The content of messages, the same for sent and for received ones.

use std::time::Duration;

use zbytes::payload::ZBytes;
use zenoh_protocol::{network::request::ext as request, zenoh as wire};

use super::{Encoding, EntityGlobalId, Timestamp};

/// Which queryables the routers ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum QueryTarget {
    /// Those that zenoh takes for the best. zenoh's default.
    #[default]
    BestMatching,
    /// All whose key expression intersects that of the query.
    All,
    /// All that have everything under the key expression of the query.
    AllComplete,
}

impl QueryTarget {
    pub(crate) const fn of_wire(found: request::QueryTarget) -> Self {
        match found {
            request::QueryTarget::BestMatching => Self::BestMatching,
            request::QueryTarget::All => Self::All,
            request::QueryTarget::AllComplete => Self::AllComplete,
        }
    }

    pub(crate) const fn to_wire(self) -> request::QueryTarget {
        match self {
            Self::BestMatching => request::QueryTarget::BestMatching,
            Self::All => request::QueryTarget::All,
            Self::AllComplete => request::QueryTarget::AllComplete,
        }
    }
}

/// Which of several replies under one key the querier gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ConsolidationMode {
    /// The querier's session decides by the parameters of the query. zenoh's default.
    #[default]
    Auto,
    /// All.
    None,
    /// Each at once, but for those that are older than one that the querier has.
    Monotonic,
    /// The latest, once the get has ended.
    Latest,
}

impl ConsolidationMode {
    pub(crate) const fn of_wire(found: wire::ConsolidationMode) -> Self {
        match found {
            wire::ConsolidationMode::Auto => Self::Auto,
            wire::ConsolidationMode::None => Self::None,
            wire::ConsolidationMode::Monotonic => Self::Monotonic,
            wire::ConsolidationMode::Latest => Self::Latest,
        }
    }

    pub(crate) const fn to_wire(self) -> wire::ConsolidationMode {
        match self {
            Self::Auto => wire::ConsolidationMode::Auto,
            Self::None => wire::ConsolidationMode::None,
            Self::Monotonic => wire::ConsolidationMode::Monotonic,
            Self::Latest => wire::ConsolidationMode::Latest,
        }
    }
}

/// Names the publisher of a sample, and the number of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// The publisher.
    pub source_id: EntityGlobalId,
    /// Counts up by one with each sample of that publisher. It starts again at 0 after the largest
    /// number.
    pub source_sn: u32,
}

/// What a sample says of its key: a value, or that there is none any more.
#[derive(Clone, Debug)]
pub enum SampleKind {
    /// There is a value.
    Put {
        /// The value; its bytes stay with their owners.
        payload: ZBytes,
        /// What the payload is.
        encoding: Encoding,
    },
    /// The key no longer has a value.
    Delete,
}

impl SampleKind {
    /// The payload of a put.
    #[must_use]
    pub fn payload(&self) -> Option<&ZBytes> {
        match self {
            Self::Put { payload, .. } => Some(payload),
            Self::Delete => None,
        }
    }

    /// The encoding of a put.
    #[must_use]
    pub fn encoding(&self) -> Option<&Encoding> {
        match self {
            Self::Put { encoding, .. } => Some(encoding),
            Self::Delete => None,
        }
    }

    /// Whether it is a delete.
    #[must_use]
    pub fn is_delete(&self) -> bool {
        matches!(self, Self::Delete)
    }

    /// Length of the payload, in bytes; 0 for a delete.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.payload().map_or(0, ZBytes::len)
    }
}

impl From<ZBytes> for SampleKind {
    /// A put of `payload`, of zenoh's default encoding.
    fn from(payload: ZBytes) -> Self {
        Self::Put { payload, encoding: Encoding::empty() }
    }
}

/// Holds the fields of a put, a delete or a reply.
#[derive(Clone, Debug)]
pub struct Content {
    /// Whether it is a put or a delete.
    pub kind: SampleKind,
    /// Further bytes of the application.
    pub attachment: Option<ZBytes>,
    /// When the sample was made.
    pub timestamp: Option<Timestamp>,
    /// The publisher that made the sample, and its number.
    pub source_info: Option<SourceInfo>,
}

impl Content {
    /// A put or a delete without any other field. A payload alone is a put of it.
    #[must_use]
    pub fn new(kind: impl Into<SampleKind>) -> Self {
        Self { kind: kind.into(), attachment: None, timestamp: None, source_info: None }
    }

    /// Returns the bytes of payload and attachment together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kind.payload_len() + self.attachment.as_ref().map_or(0, ZBytes::len)
    }

    /// Returns whether both payload and attachment are without bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Holds the fields of a query, besides its key expression.
#[derive(Clone, Debug)]
pub struct Question {
    /// The parameters of the selector, as in `a=1;b=2`.
    pub parameters: String,
    /// Bytes for the queryable.
    pub body: Option<ZBytes>,
    /// The format of the body.
    pub encoding: Encoding,
    /// Further bytes of the application.
    pub attachment: Option<ZBytes>,
    /// Which queryables the routers ask.
    pub target: QueryTarget,
    /// Which of several replies under one key the querier keeps.
    pub consolidation: ConsolidationMode,
    /// How long routers wait for answers.
    pub timeout: Option<Duration>,
    /// The querier, and the number of the query.
    pub source_info: Option<SourceInfo>,
}

impl Question {
    /// Whether the query refers to bytes of an owner: to a body or an attachment with at least one
    /// byte.
    #[must_use]
    pub fn refers(&self) -> bool {
        [&self.body, &self.attachment].into_iter().flatten().any(|bytes| !bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_zenohs_and_come_back() {
        for target in [QueryTarget::BestMatching, QueryTarget::All, QueryTarget::AllComplete] {
            assert_eq!(QueryTarget::of_wire(target.to_wire()), target);
        }
        let modes =
            [ConsolidationMode::Auto, ConsolidationMode::None, ConsolidationMode::Monotonic, ConsolidationMode::Latest];
        for mode in modes {
            assert_eq!(ConsolidationMode::of_wire(mode.to_wire()), mode);
        }
        assert_eq!(QueryTarget::default().to_wire(), request::QueryTarget::DEFAULT);
        assert_eq!(ConsolidationMode::default().to_wire(), wire::ConsolidationMode::DEFAULT);
    }
}
