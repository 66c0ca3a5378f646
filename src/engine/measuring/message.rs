//! From an array to a payload by way of a Cap'n Proto message, step by step. These are the rows of
//! the proposal from which the lab started.

use std::time::Duration;

use crate::engine::measuring::{
    Entry,
    rig::{cannot_build, not_there, same, timed},
};
use crate::{
    app::{InWords, Problem, Row},
    engine::{files::Files, sources::Sources},
    message::{Message, MessageError, Received, Spec, Way},
    payload::{Receipt, ZBytes},
    run::Variant,
    segment::{Mode, Source},
};

/// The measured variants, in the order of the steps.
pub(crate) const VARIANTS: [Variant; 5] =
    [Variant::Segments, Variant::Copy, Variant::Borrow, Variant::Filled, Variant::Adopted];

/// A message, and the arrays from which it is made.
pub(crate) struct Rig {
    spec: Spec,
    /// The message's arrays, listed to be borrowed.
    arrays: Vec<Source>,
    /// The parts of the message in its row's way, listed to be copied and to be borrowed.
    copy: Vec<Source>,
    borrow: Vec<Source>,
    /// The same message as a payload. Every other payload is compared with it.
    reference: ZBytes,
    /// Owns the arrays, which the lists above only name.
    _sources: [Sources; 2],
}

impl Rig {
    /// Makes a rig of the first message in `rows`, with arrays of its own.
    ///
    /// # Errors
    /// A [`Problem`] when `rows` have no message, or the browser has no memory for it.
    pub(crate) fn new(rows: &[Row], files: &Files) -> Result<Self, Problem> {
        let none = || Problem::new("The rows have no message to measure.", "Add a Cap'n Proto message in Build.");
        let row = rows.iter().find(|row| row.way().is_some()).ok_or_else(none)?;
        let spec = row.spec().ok_or_else(none)?;
        let (mut made, mut whole) = (Sources::new(files.clone()), Sources::new(files.clone()));
        // A message made in place has no array. The same bytes are made beside the builder, for the
        // ways that begin with an array.
        made.make(&row.arrays())?;
        whole.make(std::slice::from_ref(row))?;
        let (arrays, _) = made.list(Some(Mode::Borrow))?;
        let (copy, _) = whole.list(Some(Mode::Copy))?;
        let (borrow, _) = whole.list(Some(Mode::Borrow))?;
        let reference = ZBytes::from_segments(borrow.iter().cloned()).map_err(|error| cannot_build(&error))?;
        Ok(Self { spec, arrays, copy, borrow, reference, _sources: [made, whole] })
    }

    /// Makes a message from the arrays.
    fn compose(&self, way: Way) -> Result<Message, MessageError> {
        let arrays = self.arrays.iter().cloned();
        if way == Way::Filled { self.spec.filled(arrays) } else { self.spec.adopted(arrays) }
    }

    fn build(&self, variant: Variant) -> Result<(ZBytes, Receipt), Problem> {
        match variant {
            Variant::Copy => ZBytes::build(self.copy.iter().cloned()).map_err(|error| cannot_build(&error)),
            Variant::Filled | Variant::Adopted => {
                let way = if variant == Variant::Filled { Way::Filled } else { Way::Adopted };
                let message = self.compose(way).map_err(|error| cannot_make(&error))?;
                message.build().map_err(|error| cannot_build(&error))
            }
            // Every variant is named, because bytes are equal in any way: no check would find one that
            // was taken for another. From `CopyFresh` on, no scenario about messages has them.
            Variant::Borrow
            | Variant::Segments
            | Variant::CopyFresh
            | Variant::Move
            | Variant::Clone
            | Variant::Transfer
            | Variant::Blob
            | Variant::Gather
            | Variant::CopyJs
            | Variant::CopyWasm
            | Variant::BorrowJs
            | Variant::BorrowWasm => ZBytes::build(self.borrow.iter().cloned()).map_err(|error| cannot_build(&error)),
        }
    }

    /// Runs `variant` once and checks that its result is the message. So the lab never measures a
    /// variant that does not work.
    ///
    /// # Errors
    /// A [`Problem`] when the message cannot be built, or has other content.
    pub(crate) fn try_out(&mut self, variant: Variant) -> Result<Entry, Problem> {
        let (payload, receipt) = self.build(variant)?;
        // A message made in another way has other bytes with the same content.
        let [mine, theirs] = [&payload, &self.reference].map(|payload| self.arrays_of(payload));
        for (mine, theirs) in mine?.iter().zip(&theirs?) {
            same(mine, theirs)?;
        }
        let copied = if variant == Variant::Segments { 0 } else { receipt.ledger.total() };
        Ok(Entry { variant, bytes: payload.len(), segments: payload.segments().len(), copied })
    }

    /// Finds the arrays of a message as a reader finds them.
    fn arrays_of(&self, payload: &ZBytes) -> Result<Vec<ZBytes>, Problem> {
        let received = Received::open(payload).map_err(|error| cannot_make(&error))?;
        let content = received.read(self.spec.schema()).map_err(|error| cannot_make(&error))?;
        if content.spec != self.spec {
            return Err(Problem::new(
                "A measured message says something else.",
                "So nothing was measured: its time would mean nothing. This is a defect of the lab; please report it.",
            ));
        }
        content.arrays.into_iter().map(|range| payload.slice(range).ok_or_else(not_there)).collect()
    }

    /// How long `runs` runs take.
    pub(crate) fn time(&mut self, variant: Variant, runs: u32) -> Result<Duration, Problem> {
        timed(runs, || self.run(variant))
    }

    fn run(&self, variant: Variant) -> Result<(), Problem> {
        if variant == Variant::Segments {
            // Each part is used on its own, so that the compiler cannot drop a list as unused.
            let parts = self.borrow.clone();
            parts.iter().for_each(|part| _ = std::hint::black_box(part));
            return Ok(());
        }
        std::hint::black_box(self.build(variant)?.0.len());
        Ok(())
    }
}

fn cannot_make(error: &MessageError) -> Problem {
    Problem::new("The message cannot be made.", format!("{}.", error.in_words()))
}
