//! Which segment is meant: the one that is selected, or pointed at.

use serde::{Deserialize, Serialize};

use super::build::{Row, RowId};

/// One segment: a row and which of its arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The row.
    pub row: RowId,
    /// Which of the row's segments, from 0.
    pub index: usize,
}

impl Selection {
    /// The segment that stands for a row.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        Self { row: row.id, index: row.face() }
    }
}
