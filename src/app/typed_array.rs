//! Typed arrays that are made of a sample.

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::{ledger::Ledger, segment::Element};

/// Names a typed array by where its bytes are in the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ArrayKey {
    /// The first byte in the payload.
    pub start: usize,
    /// Bytes.
    pub len: usize,
    /// The type of its elements.
    pub element: Element,
}

/// Facts about a typed array that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrayFacts {
    /// Elements.
    pub count: usize,
    /// The first elements as JavaScript writes them.
    pub first: Vec<String>,
    /// The last ones, where they are others.
    pub last: Vec<String>,
    /// What was copied to make it.
    pub ledger: Ledger,
}

/// A typed array that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedArray {
    /// Which one.
    pub key: ArrayKey,
    /// What became of it; `None` while it is made.
    pub made: Option<Result<ArrayFacts, Problem>>,
}

impl TypedArray {
    /// Bytes that it holds beside the sample.
    #[must_use]
    pub fn bytes(&self) -> usize {
        if let Some(Err(_)) = self.made { 0 } else { self.key.len }
    }
}
