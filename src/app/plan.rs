//! What the rows will become: pieces in payload order, what building copies, and where batches cut. Derived from the rows
//! alone, so the drawings need no byte and no router.

use super::spec::{Kind, Row, RowId};
use crate::{
    ledger::Place,
    payload::{BuildError, Layout, MAX_LEN, Run},
    segment::{Cause, Element, Mode, Unsupported},
    wire::BatchPlan,
};

/// All segments of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The row.
    pub row: RowId,
    /// The row's position, from 0: it chooses colour and pattern.
    pub position: usize,
    /// The row's name.
    pub name: String,
    /// Where the first byte is in the payload.
    pub offset: usize,
    /// How many segments.
    pub count: usize,
    /// Bytes of each segment.
    pub len: usize,
    /// Type of the elements.
    pub element: Element,
    /// Where the caller's arrays live.
    pub source: Place,
    /// What kind of memory they are.
    pub kind: Kind,
    /// Bytes of the buffer that each of them is a part of, if they are parts.
    pub whole: Option<usize>,
    /// How the payload takes them.
    pub mode: Mode,
    /// Why it cannot, if so: a payload with such a piece is not built.
    pub refused: Option<Cause>,
}

impl Piece {
    /// Bytes of all its segments.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.count * self.len
    }

    /// Where the byte after its last one is in the payload.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset + self.bytes()
    }
}

/// A payload that is not built yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One piece a row, in payload order.
    pub pieces: Vec<Piece>,
    /// Payload bytes.
    pub len: usize,
    /// Segments.
    pub segments: usize,
    /// Bytes that building will copy.
    pub building: usize,
    /// Bytes that gathering will copy: all of them, once.
    pub gathering: usize,
    /// Where batches will cut.
    pub batches: BatchPlan,
}

impl Plan {
    /// The plan for `rows`, put under a key expression of `key_len` bytes. `all` overrides every row's mode.
    ///
    /// # Errors
    /// [`BuildError::TooLong`] when the lengths add up to more than [`MAX_LEN`].
    pub fn of(rows: &[Row], all: Option<Mode>, key_len: usize) -> Result<Self, BuildError> {
        let requested = rows.iter().map(Row::requested_bytes).fold(0u64, u64::saturating_add);
        if requested > MAX_LEN as u64 {
            return Err(BuildError::TooLong { requested });
        }
        let mut offset = 0;
        let pieces: Vec<Piece> = rows
            .iter()
            .enumerate()
            .map(|(position, row)| {
                let mode = all.unwrap_or(row.mode);
                let (mode, refused) = match (row.refusal(mode), row.unsupported) {
                    (Some(_), Unsupported::Copy) => (Mode::Copy, None),
                    (refusal, _) => (mode, refusal),
                };
                let piece = Piece {
                    row: row.id,
                    position,
                    name: row.name.clone(),
                    offset,
                    count: row.repeat,
                    len: row.array_bytes(),
                    element: row.element,
                    source: row.place,
                    kind: row.kind.clone(),
                    whole: row.is_part().then(|| row.buffer_bytes()),
                    mode,
                    refused,
                };
                offset = piece.end();
                piece
            })
            .collect();
        Ok(Self {
            len: offset,
            segments: pieces.iter().map(|piece| piece.count).sum(),
            building: pieces.iter().filter(|piece| piece.mode == Mode::Copy).map(Piece::bytes).sum(),
            gathering: offset,
            batches: BatchPlan::of_put(key_len, offset),
            pieces,
        })
    }

    /// The layout that the built payload will have.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::of(self.pieces.iter().filter(|piece| piece.count > 0).map(|piece| Run {
            count: piece.count,
            len: piece.len,
            element: piece.element,
            place: if piece.mode == Mode::Copy { Place::Linear } else { piece.source },
            mode: piece.mode,
        }))
    }

    /// The piece of `row`.
    #[must_use]
    pub fn piece(&self, row: RowId) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.row == row)
    }
}
