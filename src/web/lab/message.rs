//! From an array to a payload by way of a Cap'n Proto message, step by step: the rows of the proposal that the lab grew out of.

use std::time::Duration;

use super::{
    Entry,
    rig::{cannot_build, same, timed},
};
use crate::{
    app::{Problem, Row},
    message::{Message, MessageError, Received, Spec, Way},
    payload::ZBytes,
    run::Variant,
    segment::{Mode, Source},
    web::sources::Sources,
};

/// What is measured, in the order of the steps.
pub(super) const VARIANTS: [Variant; 5] =
    [Variant::Segments, Variant::Copy, Variant::Borrow, Variant::Filled, Variant::Adopted];

/// A message, and the arrays that it is made of.
pub(super) struct Rig {
    spec: Spec,
    /// The message's arrays, listed to be borrowed.
    arrays: Vec<Source>,
    /// The parts of the message as its row makes it, listed to be copied and to be borrowed.
    copy: Vec<Source>,
    borrow: Vec<Source>,
    /// The same as a payload: what every other one is compared with.
    reference: ZBytes,
    /// Keeps the arrays.
    _sources: [Sources; 2],
}

impl Rig {
    /// A rig of the first message in `rows`, with arrays of its own.
    ///
    /// # Errors
    /// A [`Problem`] when there is none, or no memory for it.
    pub(super) fn new(rows: &[Row]) -> Result<Self, Problem> {
        let none = || Problem::new("There is no message to measure.", "Add a Cap'n Proto message in Build.");
        let row = rows.iter().find(|row| row.way().is_some()).ok_or_else(none)?;
        let spec = row.spec().ok_or_else(none)?;
        let (mut made, mut whole) = (Sources::default(), Sources::default());
        // In place, there is no array: the same bytes are made beside the builder for the ways that begin with one.
        made.make(&row.arrays())?;
        whole.make(std::slice::from_ref(row))?;
        let (arrays, _) = made.list(Some(Mode::Borrow))?;
        let (copy, _) = whole.list(Some(Mode::Copy))?;
        let (borrow, _) = whole.list(Some(Mode::Borrow))?;
        let reference = ZBytes::from_segments(borrow.iter().cloned()).map_err(|error| cannot_build(&error))?;
        Ok(Self { spec, arrays, copy, borrow, reference, _sources: [made, whole] })
    }

    /// From the arrays to a message.
    fn compose(&self, way: Way) -> Result<Message, MessageError> {
        let arrays = self.arrays.iter().cloned();
        if way == Way::Filled { self.spec.filled(arrays) } else { self.spec.adopted(arrays) }
    }

    fn build(&self, variant: Variant) -> Result<ZBytes, Problem> {
        match variant {
            Variant::Copy => ZBytes::from_segments(self.copy.iter().cloned()).map_err(|error| cannot_build(&error)),
            Variant::Filled | Variant::Adopted => {
                let way = if variant == Variant::Filled { Way::Filled } else { Way::Adopted };
                let message = self.compose(way).map_err(|error| cannot_make(&error))?;
                message.into_payload().map_err(|error| cannot_build(&error))
            }
            _ => ZBytes::from_segments(self.borrow.iter().cloned()).map_err(|error| cannot_build(&error)),
        }
    }

    /// Does `variant` once and checks that what comes of it is the message, so that nothing is measured that does not work.
    ///
    /// # Errors
    /// A [`Problem`] when it cannot be built, or says something else.
    pub(super) fn try_out(&mut self, variant: Variant) -> Result<Entry, Problem> {
        let payload = self.build(variant)?;
        // Made in another way, it is other bytes that say the same.
        let [mine, theirs] = [&payload, &self.reference].map(|payload| self.arrays_of(payload));
        for (mine, theirs) in mine?.iter().zip(&theirs?) {
            same(mine, theirs)?;
        }
        let copied = if variant == Variant::Segments { 0 } else { payload.built().total() };
        Ok(Entry { variant, bytes: payload.len(), segments: payload.segments().len(), copied })
    }

    /// The arrays of a message, found as a reader finds them.
    fn arrays_of(&self, payload: &ZBytes) -> Result<Vec<ZBytes>, Problem> {
        let received = Received::open(payload).map_err(|error| cannot_make(&error))?;
        let content = received.read(self.spec.schema()).map_err(|error| cannot_make(&error))?;
        if content.spec != self.spec {
            return Err(Problem::new(
                "A measured message says something else.",
                "So nothing was measured: its time would mean nothing. This is a defect of the lab; please report it.",
            ));
        }
        Ok(content.arrays.into_iter().filter_map(|range| payload.slice(range)).collect())
    }

    /// How long `runs` runs take.
    pub(super) fn time(&mut self, variant: Variant, runs: u32) -> Result<Duration, Problem> {
        timed(runs, || self.run(variant))
    }

    fn run(&self, variant: Variant) -> Result<(), Problem> {
        if variant == Variant::Segments {
            // Looked at one by one, so that no list can be left out as useless.
            let parts = self.borrow.clone();
            parts.iter().for_each(|part| _ = std::hint::black_box(part));
            return Ok(());
        }
        std::hint::black_box(self.build(variant)?.len());
        Ok(())
    }
}

fn cannot_make(error: &MessageError) -> Problem {
    Problem::new("The message cannot be made.", format!("{error}."))
}
