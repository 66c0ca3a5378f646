//! Building a payload: look at every source, then copy, then take away.

use std::rc::Rc;

use thiserror::Error;

use super::bytes::{MAX_LEN, ZBytes};
use crate::{
    ledger::{Ledger, Stage},
    number::{bytes, count, requested as so_many},
    segment::{Look, Mode, Pending, Segment, SegmentError, Source},
};

/// Why a payload could not be built. Nothing was built then, and no source was changed, except
/// where [`SegmentError::NotLetGo`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A source could not be taken, or a segment cannot be read.
    #[error("segment {}: {error}", count(*index))]
    Segment {
        /// Which one, counted from 0.
        index: usize,
        /// Why.
        error: SegmentError,
    },
    /// The sum of all lengths passes [`MAX_LEN`].
    #[error(
        "the payload would have {}; at most {} (1 GiB) fit into a zenoh message",
        so_many(*requested), bytes(MAX_LEN)
    )]
    TooLong {
        /// The sum, in bytes.
        requested: u64,
    },
}

/// What building a payload took. The payload itself does not keep it: its parts, and payloads that
/// were received, have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// What was copied.
    pub ledger: Ledger,
    /// How each segment was taken, in payload order: by the mode of its source, or by
    /// [`Mode::Copy`] where that mode could not take it and [`Unsupported::Copy`] was asked for.
    ///
    /// [`Unsupported::Copy`]: crate::segment::Unsupported::Copy
    pub modes: Vec<Mode>,
}

impl ZBytes {
    /// Builds a payload out of `sources`, each taken by its mode, and says what that took.
    ///
    /// First every source is looked at. Only when all can be taken, and the total fits, the
    /// segments in copy mode are copied, into one block that the payload owns. Only after that
    /// buffers in move mode are taken away from the caller. Empty segments are kept.
    ///
    /// # Errors
    /// [`BuildError`], before anything is copied or detached, or while copying when memory runs
    /// out: nothing is detached then either. Only an engine that refuses to let go of a buffer,
    /// which cannot be asked beforehand, comes later: see [`SegmentError::NotLetGo`].
    pub fn build<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> Result<(Self, Receipt), BuildError> {
        let sources = sources.into_iter();
        let mut look = Look::default();
        let mut segments: Vec<Segment> = Vec::with_capacity(sources.size_hint().0);
        let mut modes = Vec::with_capacity(sources.size_hint().0);
        let mut pending = Vec::new();
        let mut requested = 0;
        for (index, source) in sources.enumerate() {
            let source = source.into();
            let mode = source.mode();
            match look.admit(source, &mut segments) {
                Ok(Pending::Nothing) => modes.push(mode),
                Ok(then) => {
                    // What is copied is not referred to any more when buffers are taken away, so it
                    // is not in the way of a move.
                    modes.push(if matches!(then, Pending::Copy(_)) { Mode::Copy } else { mode });
                    pending.push((index, then));
                }
                Err(error) => return Err(BuildError::Segment { index, error }),
            }
            // Each source that was admitted is one segment.
            requested += segments[index].len() as u64;
        }
        requested += look.excess();
        if requested > MAX_LEN as u64 {
            return Err(BuildError::TooLong { requested });
        }
        #[cfg(all(target_arch = "wasm32", feature = "js"))]
        look.settle(&segments, &mut modes, &mut pending)
            .map_err(|(index, error)| BuildError::Segment { index, error })?;
        let mut ledger = Ledger::new();
        if !pending.is_empty() {
            copy(&mut segments, &pending, &mut ledger)?;
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            take_away(&mut segments, &pending)?;
        }
        Ok((Self { segments: Rc::new(segments), len: requested as usize }, Receipt { ledger, modes }))
    }

    /// As [`ZBytes::build`], for a caller that does not ask what building took.
    ///
    /// # Errors
    /// As [`ZBytes::build`].
    pub fn from_segments<S: Into<Source>>(sources: impl IntoIterator<Item = S>) -> Result<Self, BuildError> {
        Ok(Self::build(sources)?.0)
    }
}

/// Copies the segments that are to be copied into one block, and lets them refer to their part of
/// it. `pending` has indices of `segments`.
fn copy(segments: &mut [Segment], pending: &[(usize, Pending)], ledger: &mut Ledger) -> Result<(), BuildError> {
    let copies = || {
        pending.iter().filter_map(|(index, pending)| match pending {
            Pending::Copy(reason) => Some((*index, *reason)),
            _ => None,
        })
    };
    let Some((first, _)) = copies().next() else { return Ok(()) };
    let mut block = reserve(copies().map(|(index, _)| segments[index].len()).sum(), first)?;
    for (index, reason) in copies() {
        segments[index]
            .append_to(&mut block, Stage::Build, reason, ledger)
            .map_err(|error| BuildError::Segment { index, error })?;
    }
    let block = Segment::from(block);
    let mut offset = 0;
    for (index, _) in copies() {
        let requested = segments[index].len();
        // The block is the sum of all copies. If one had appended another number of bytes than its
        // segment has, an error would say so, and no payload with other bytes would be built.
        let beyond = SegmentError::OutOfRange { offset, requested, len: block.len() };
        let part = block.slice(offset..offset + requested).ok_or(BuildError::Segment { index, error: beyond })?;
        segments[index] = part;
        offset += requested;
    }
    Ok(())
}

/// Takes buffers away from their callers. Those that the engine might refuse go first, so that a
/// refusal finds as little done as possible.
#[cfg(all(target_arch = "wasm32", feature = "js"))]
fn take_away(segments: &mut [Segment], pending: &[(usize, Pending)]) -> Result<(), BuildError> {
    let moves = || pending.iter().filter(|(_, pending)| *pending == Pending::Move).map(|(index, _)| *index);
    let mut before = 0;
    for suspects in [true, false] {
        for index in moves() {
            let segment = &mut segments[index];
            if segment.is_suspect() == suspects {
                segment.take_away().map_err(|message| {
                    let error = SegmentError::NotLetGo { message, before };
                    BuildError::Segment { index, error }
                })?;
                before += 1;
            }
        }
    }
    Ok(())
}

/// Memory for `len` bytes; `index` names the segment that an error is reported of.
pub(super) fn reserve(len: usize, index: usize) -> Result<Vec<u8>, BuildError> {
    let mut block = Vec::new();
    block
        .try_reserve_exact(len)
        .map_err(|_| BuildError::Segment { index, error: SegmentError::OutOfMemory { requested: len } })?;
    Ok(block)
}
