//! Building a payload: look at every source, then copy, then take away.

use std::{fmt, rc::Rc};

use zenoh_buffers::ZSlice;

use super::{MAX_LEN, ZBytes};
use crate::{
    ledger::{Ledger, Stage},
    segment::{Admitted, Mode, Segment, SegmentError, Source, admit},
};

/// Why a payload could not be built. Nothing was built then, and no source was changed, except where
/// [`SegmentError::NotLetGo`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A source could not be taken, or a segment cannot be read.
    Segment {
        /// Which one, counted from 0.
        index: usize,
        /// Why.
        error: SegmentError,
    },
    /// The sum of all lengths passes [`MAX_LEN`].
    TooLong {
        /// The sum, in bytes.
        requested: u64,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment { index, error } => write!(f, "segment {index}: {error}"),
            Self::TooLong { requested } => write!(
                f,
                "the payload would have {requested} B; at most {MAX_LEN} B (1 GiB) fit into a zenoh message. Make it shorter or \
                 send it in parts"
            ),
        }
    }
}

impl std::error::Error for BuildError {}

impl ZBytes {
    /// Builds a payload out of `sources`, each taken by its mode.
    ///
    /// First every source is looked at. Only when all can be taken, and the total fits, the segments in copy mode are copied,
    /// into one block that the payload owns. Only after that buffers in move mode are taken away from the caller. The copies are in
    /// [`ZBytes::built`]. Empty segments are kept.
    ///
    /// # Errors
    /// [`BuildError`], before anything is copied or detached, or while copying when memory runs out: nothing is detached then
    /// either. Only an engine that refuses to let go of a buffer, which cannot be asked beforehand, comes later: see
    /// [`SegmentError::NotLetGo`].
    pub fn from_segments<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> Result<Self, BuildError> {
        let failed = |(index, error)| BuildError::Segment { index, error };
        let admitted = admit(sources.into_iter().map(Into::into).collect()).map_err(failed)?;
        let requested = admitted.iter().map(Admitted::len).sum();
        if requested > MAX_LEN as u64 {
            return Err(BuildError::TooLong { requested });
        }
        let mut built = Ledger::new();
        let mut block = Copies::of(&admitted, &mut built)?;
        let segments = take(admitted, &mut block).map_err(failed)?;
        Ok(Self { segments: Rc::new(segments), len: requested as usize, built: Rc::new(built) })
    }
}

/// The block of everything that is copied, given out segment by segment.
struct Copies {
    block: ZSlice,
    given: usize,
}

impl Copies {
    fn of(admitted: &[Admitted], built: &mut Ledger) -> Result<Option<Self>, BuildError> {
        let copies = || {
            admitted.iter().enumerate().filter_map(|(index, admitted)| match admitted {
                Admitted::Copy(segment, reason) => Some((index, segment, *reason)),
                _ => None,
            })
        };
        let Some((first, ..)) = copies().next() else { return Ok(None) };
        let mut block = reserve(copies().map(|(_, segment, _)| segment.len()).sum(), first)?;
        for (index, segment, reason) in copies() {
            segment
                .append_to(&mut block, Stage::Build, reason, built)
                .map_err(|error| BuildError::Segment { index, error })?;
        }
        Ok(Some(Self { block: ZSlice::from(block), given: 0 }))
    }

    fn give(&mut self, original: &Segment) -> Segment {
        let end = self.given + original.len();
        // The block is the sum of all copies, so the range always lies inside.
        let part = self.block.subslice(self.given..end).unwrap_or_else(ZSlice::empty);
        self.given = end;
        Segment::linear(part, original.element()).taken_by(Mode::Copy)
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn take(admitted: Vec<Admitted>, copies: &mut Option<Copies>) -> Result<Vec<Segment>, (usize, SegmentError)> {
    Ok(admitted.into_iter().map(|admitted| settle(admitted, copies)).collect())
}

/// Takes buffers away. Those that the engine might refuse go first, so that a refusal finds as little done as possible.
#[cfg(target_arch = "wasm32")]
fn take(mut admitted: Vec<Admitted>, copies: &mut Option<Copies>) -> Result<Vec<Segment>, (usize, SegmentError)> {
    let moves = admitted.iter().filter(|admitted| matches!(admitted, Admitted::Move(_))).count();
    let mut taken = 0;
    if moves > 1 {
        for (index, place) in admitted.iter_mut().enumerate() {
            if let Admitted::Move(movable) = place
                && movable.is_suspect()
            {
                let segment = movable.take(taken).map_err(|error| (index, error))?;
                *place = Admitted::Ready(segment);
                taken += 1;
            }
        }
    }
    let settle = |(index, admitted)| match admitted {
        Admitted::Move(movable) => {
            let segment = movable.take(taken).map_err(|error| (index, error))?;
            taken += 1;
            Ok(segment)
        }
        admitted => Ok(settle(admitted, copies)),
    };
    admitted.into_iter().enumerate().map(settle).collect()
}

fn settle(admitted: Admitted, copies: &mut Option<Copies>) -> Segment {
    match (admitted, copies) {
        (Admitted::Copy(segment, _), Some(copies)) => copies.give(&segment),
        (Admitted::Ready(segment) | Admitted::Copy(segment, _), _) => segment,
        #[cfg(target_arch = "wasm32")]
        (Admitted::Move(_), _) => unreachable!("buffers were taken away by now"),
    }
}

/// Memory for `len` bytes; `index` names the segment that an error is reported of.
pub(super) fn reserve(len: usize, index: usize) -> Result<Vec<u8>, BuildError> {
    let mut block = Vec::new();
    block
        .try_reserve_exact(len)
        .map_err(|_| BuildError::Segment { index, error: SegmentError::OutOfMemory { requested: len } })?;
    Ok(block)
}
