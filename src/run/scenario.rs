//! What can be measured, and in which ways.

use serde::{Deserialize, Serialize};

/// What a run measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Building one payload in each way, and whole puts of it when there is a router.
    #[default]
    Payload,
    /// Building over total size, at 3 segments.
    Sizes,
    /// Building over segment count, at a fixed total size.
    Counts,
    /// Handing an array to a Worker and back: by structured clone, and by transfer.
    Worker,
    /// Making one run of bytes out of many: by a `Blob` of parts, and by our gather.
    Blob,
    /// Arrays in the JavaScript heap against memory of wasm.
    Places,
    /// A Cap'n Proto message, from its array to a payload: the rows of the proposal that the lab
    /// grew out of.
    Message,
    /// Whole puts over size: of the rows of Build, shorter and longer.
    OwnSizes,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Scenario; 8] = [
        Self::Payload,
        Self::OwnSizes,
        Self::Message,
        Self::Sizes,
        Self::Counts,
        Self::Worker,
        Self::Blob,
        Self::Places,
    ];

    /// Whether it is about the rows of Build; the others make arrays of their own.
    #[must_use]
    pub const fn is_about_rows(self) -> bool {
        !matches!(self, Self::Sizes | Self::Counts)
    }

    /// Whether it goes over sizes or counts.
    #[must_use]
    pub const fn is_sweep(self) -> bool {
        matches!(self, Self::Sizes | Self::Counts | Self::OwnSizes)
    }
}

/// A way to do the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// A payload of copied segments, in memory that was used before.
    Copy,
    /// The same bytes copied into memory that the engine has to find first: a new `ArrayBuffer`
    /// each time.
    CopyFresh,
    /// A payload of borrowed segments.
    Borrow,
    /// A payload of moved segments.
    Move,
    /// To a Worker and back by structured clone.
    Clone,
    /// To a Worker and back by transfer.
    Transfer,
    /// One `Blob` of the parts, read as one `ArrayBuffer`.
    Blob,
    /// One run of bytes in wasm memory, by our gather.
    Gather,
    /// Copied out of the JavaScript heap.
    CopyJs,
    /// Copied out of wasm memory.
    CopyWasm,
    /// Borrowed from the JavaScript heap.
    BorrowJs,
    /// Borrowed in wasm memory.
    BorrowWasm,
    /// The segments of a finished message, by reference.
    Segments,
    /// From an array to a payload, by a message that is filled from it.
    Filled,
    /// From an array to a payload, by a message that adopts it.
    Adopted,
}

impl Variant {
    /// Every way.
    pub const ALL: [Variant; 15] = [
        Self::Copy,
        Self::CopyFresh,
        Self::Borrow,
        Self::Move,
        Self::Clone,
        Self::Transfer,
        Self::Blob,
        Self::Gather,
        Self::CopyJs,
        Self::CopyWasm,
        Self::BorrowJs,
        Self::BorrowWasm,
        Self::Segments,
        Self::Filled,
        Self::Adopted,
    ];
}
