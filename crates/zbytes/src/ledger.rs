//! Counts every copy of payload bytes that this library makes, and those of programs that use it.
//!
//! A [`Ledger`] is an explicit handle: the code that copies is given one and writes into it. None
//! is global, so two payloads never mix their counts, and a test compares exact numbers
//! instead of times. It must never be written by code that does not copy, and never left out by
//! code that does.
//!
//! Headers (of frames, of messages) are not payload. They are counted apart, as
//! [`Ledger::metadata`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where bytes live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The linear memory of the program: wasm memory in a browser, the ordinary heap natively.
    Linear,
    /// An `ArrayBuffer` in the JavaScript heap.
    JsHeap,
}

/// The part of a payload's way during which bytes were copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Stage {
    /// Making a payload out of its sources.
    Build,
    /// Filling the batches that go to the socket.
    Gather,
    /// Reading a payload that exists: one contiguous block, or a hash over windows of it.
    Read,
}

/// Why bytes were copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Reason {
    /// The caller chose copy for the segment.
    CopyMode,
    /// The caller chose borrow or move, the source allows neither, and the caller had said to copy
    /// it then.
    Unsupported,
    /// The bytes were filled into a Cap'n Proto message.
    Message,
    /// The bytes went into a batch.
    Batch,
    /// A caller asked for contiguous bytes.
    Contiguous,
    /// A caller read on, as from a file.
    Reader,
    /// Bytes outside linear memory were looked at through a small window, as a hash and a
    /// comparison do.
    Window,
}

/// One line of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// During which part of the way.
    pub stage: Stage,
    /// Why.
    pub reason: Reason,
    /// Where the bytes were.
    pub from: Place,
    /// Where they were copied to.
    pub to: Place,
}

/// How many bytes of a payload were copied, by stage, reason and places. All figures are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    counts: BTreeMap<Entry, u64>,
    metadata: u64,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `bytes` payload bytes were copied.
    pub fn record(&mut self, entry: Entry, bytes: usize) {
        if bytes > 0 {
            *self.counts.entry(entry).or_default() += bytes as u64;
        }
    }

    /// Notes that `bytes` of headers were written or read. They are not payload, and in no total.
    pub fn record_metadata(&mut self, bytes: usize) {
        self.metadata += bytes as u64;
    }

    /// Payload bytes copied during `stage`.
    #[must_use]
    pub fn bytes_in(&self, stage: Stage) -> u64 {
        self.entries().filter(|(entry, _)| entry.stage == stage).map(|(_, bytes)| bytes).sum()
    }

    /// Payload bytes copied in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Bytes of headers written or read, apart from the payload.
    #[must_use]
    pub fn metadata(&self) -> u64 {
        self.metadata
    }

    /// The lines, in the order of the payload's way.
    pub fn entries(&self) -> impl Iterator<Item = (Entry, u64)> + '_ {
        self.counts.iter().map(|(entry, bytes)| (*entry, *bytes))
    }

    /// Adds everything in `other`.
    pub fn absorb(&mut self, other: &Ledger) {
        for (entry, bytes) in other.entries() {
            *self.counts.entry(entry).or_default() += bytes;
        }
        self.metadata += other.metadata;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILD: Entry =
        Entry { stage: Stage::Build, reason: Reason::CopyMode, from: Place::JsHeap, to: Place::Linear };
    const GATHER: Entry = Entry { stage: Stage::Gather, reason: Reason::Batch, from: Place::Linear, to: Place::Linear };

    #[test]
    fn counts_by_stage_and_keeps_metadata_apart() {
        let mut ledger = Ledger::new();
        ledger.record(BUILD, 10);
        ledger.record(GATHER, 7);
        ledger.record(GATHER, 3);
        ledger.record_metadata(99);
        assert_eq!(ledger.bytes_in(Stage::Build), 10);
        assert_eq!(ledger.bytes_in(Stage::Gather), 10);
        assert_eq!(ledger.bytes_in(Stage::Read), 0);
        assert_eq!(ledger.total(), 20);
        assert_eq!(ledger.metadata(), 99);
    }

    #[test]
    fn a_copy_of_nothing_leaves_no_line() {
        let mut ledger = Ledger::new();
        ledger.record(BUILD, 0);
        assert_eq!(ledger, Ledger::new());
    }

    #[test]
    fn absorbing_adds_line_by_line() {
        let mut one = Ledger::new();
        one.record(BUILD, 1);
        let mut two = Ledger::new();
        two.record(BUILD, 2);
        two.record(GATHER, 4);
        two.record_metadata(8);
        one.absorb(&two);
        assert_eq!(one.entries().collect::<Vec<_>>(), [(BUILD, 3), (GATHER, 4)]);
        assert_eq!(one.metadata(), 8);
    }
}
