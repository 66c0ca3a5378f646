//! The layout of a payload as plain, serialisable values: what the drawings read. It holds no byte
//! and no reference.

use serde::{Deserialize, Serialize};

use crate::{
    ledger::Place,
    segment::{Element, Mode, Segment},
};

/// Equal segments that follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// How many segments.
    pub count: usize,
    /// Length of each, in bytes.
    pub len: usize,
    /// Element type of the source.
    pub element: Element,
    /// Where the payload finds the bytes. A copied segment is in linear memory whatever its source
    /// was.
    pub place: Place,
    /// How the payload took it.
    pub mode: Mode,
}

impl Run {
    /// The run of one segment.
    #[must_use]
    pub fn single(segment: &Segment) -> Self {
        Self { count: 1, len: segment.len(), element: segment.element(), place: segment.place(), mode: segment.mode() }
    }

    /// Bytes of the whole run.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.count * self.len
    }

    fn alike(&self, other: &Self) -> bool {
        (self.len, self.element, self.place, self.mode) == (other.len, other.element, other.place, other.mode)
    }
}

/// The segments of a payload in order, equal neighbours folded. 100,000 equal segments are one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The runs in payload order.
    pub runs: Vec<Run>,
}

impl Layout {
    /// Folds equal neighbours.
    #[must_use]
    pub fn of(runs: impl IntoIterator<Item = Run>) -> Self {
        let mut folded: Vec<Run> = Vec::new();
        for run in runs {
            match folded.last_mut() {
                Some(last) if last.alike(&run) => last.count += run.count,
                _ => folded.push(run),
            }
        }
        Self { runs: folded }
    }

    /// Bytes in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.iter().map(Run::bytes).sum()
    }

    /// Whether it has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many segments.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.runs.iter().map(|run| run.count).sum()
    }
}
