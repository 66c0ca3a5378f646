//! The functions through which bytes leave a segment. Each writes the ledger that it is given.

use super::{
    error::SegmentError,
    run::{Owner, Segment},
};
use crate::ledger::{Entry, Ledger, Place, Reason, Stage};

impl Segment {
    /// Copies all bytes to the end of `into` and writes the ledger. The caller reserves the memory.
    ///
    /// # Errors
    /// [`SegmentError::Detached`]; `into` is then as it was.
    #[allow(clippy::disallowed_methods, reason = "one of the places where payload bytes are copied, noted below")]
    pub(crate) fn append_to(
        &self,
        into: &mut Vec<u8>,
        stage: Stage,
        reason: Reason,
        ledger: &mut Ledger,
    ) -> Result<(), SegmentError> {
        match &self.owner {
            Owner::Linear(slice) => into.extend_from_slice(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.append_to(into)?,
        }
        ledger.record(Entry { stage, reason, from: self.place(), to: Place::Linear }, self.len());
        Ok(())
    }

    /// Copies `into.len()` bytes from `offset` on and writes the ledger.
    ///
    /// # Errors
    /// [`SegmentError::Detached`], or [`SegmentError::OutOfRange`]; nothing is written then.
    pub fn copy_to(
        &self,
        offset: usize,
        into: &mut [u8],
        stage: Stage,
        reason: Reason,
        ledger: &mut Ledger,
    ) -> Result<(), SegmentError> {
        self.read_into(offset, into)?;
        ledger.record(Entry { stage, reason, from: self.place(), to: Place::Linear }, into.len());
        Ok(())
    }

    /// Copies `into.len()` bytes from `offset` on as metadata: a look at a header, counted apart
    /// from the payload.
    ///
    /// # Errors
    /// As [`Segment::copy_to`].
    pub fn peek(&self, offset: usize, into: &mut [u8], ledger: &mut Ledger) -> Result<(), SegmentError> {
        self.read_into(offset, into)?;
        ledger.record_metadata(into.len());
        Ok(())
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "one of the places where payload bytes are copied: the callers write the ledger"
    )]
    fn read_into(&self, offset: usize, into: &mut [u8]) -> Result<(), SegmentError> {
        let beyond = || SegmentError::OutOfRange { offset, requested: into.len(), len: self.len() };
        let end = offset.checked_add(into.len()).filter(|end| *end <= self.len()).ok_or_else(beyond)?;
        match &self.owner {
            Owner::Linear(slice) => {
                let bytes = slice.get(offset..end).ok_or_else(beyond)?;
                into.copy_from_slice(bytes);
            }
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => bytes.copy_to(offset, into)?,
        }
        Ok(())
    }

    /// Shows the bytes to `look` in windows of at most `window.len()` bytes. They are shown in
    /// place in linear memory (nothing is copied), else through `window`, which the ledger counts.
    /// An empty `window` is replaced by one of 256 B.
    ///
    /// # Errors
    /// [`SegmentError::Detached`], possibly after some windows were shown.
    pub fn for_each_window(
        &self,
        window: &mut [u8],
        ledger: &mut Ledger,
        look: &mut dyn FnMut(&[u8]),
    ) -> Result<(), SegmentError> {
        match &self.owner {
            Owner::Linear(slice) => look(slice),
            #[cfg(all(target_arch = "wasm32", feature = "js"))]
            Owner::Js(bytes) => {
                let entry =
                    Entry { stage: Stage::Read, reason: Reason::Window, from: Place::JsHeap, to: Place::Linear };
                let mut spare = [0; 256];
                let window = if window.is_empty() { &mut spare[..] } else { &mut *window };
                let step = window.len();
                for start in (0..self.len()).step_by(step) {
                    let space = &mut window[..step.min(self.len() - start)];
                    bytes.copy_to(start, space)?;
                    ledger.record(entry, space.len());
                    look(space);
                }
            }
        }
        let _ = (window, ledger);
        Ok(())
    }
}
