//! What becomes of rows that have changed: they are refused, or they are built.

use serde::{Deserialize, Serialize};

use super::{
    plan::{Plan, Structured, positions},
    row::{MAX_SEGMENTS, Row},
};
use crate::{
    app::{command::Command, effect::Effect, problem::Problem, selection::Selection, state::State, words::InWords},
    message::MessageError,
    number::{bytes, count, requested},
    payload::MAX_LEN,
};

/// What became of building the payload as the rows say.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Build {
    /// The rows changed; the payload is being built.
    #[default]
    Pending,
    /// It was built.
    Ready(Built),
    /// It could not be built.
    Failed(Problem),
}

/// Facts about a payload that was built, from the payload itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// Bytes.
    pub len: usize,
    /// Segments.
    pub segments: usize,
    /// Bytes that building copied, from its ledger.
    pub copied: u64,
}

impl State {
    /// The payload of this revision was built, or was not.
    pub(in crate::app) fn build_ended(
        &mut self,
        revision: u64,
        result: Result<(Built, Vec<Structured>), Problem>,
    ) -> Vec<Effect> {
        if result.is_ok() {
            self.engine_is_sound();
        }
        if revision == self.revision {
            self.build = match result {
                Ok((built, structures)) => {
                    self.structures = structures;
                    Build::Ready(built)
                }
                Err(problem) => {
                    self.structures.clear();
                    Build::Failed(problem)
                }
            };
        }
        Vec::new()
    }

    /// The rows are not what they were: they are built anew. A measurement goes on, and its run
    /// says that it is of other rows.
    pub(in crate::app) fn rows_changed(&mut self) -> Vec<Effect> {
        self.revision += 1;
        self.rows_have_followed();
        self.preset = None;
        self.file_problem = None;
        // What has failed may be what was changed.
        self.forget_failed_put();
        let unmade = self.fit_code();
        let selected = self.selected.take();
        self.selected = selected.and_then(|selection| {
            let row = self.rows.iter().find(|row| row.id == selection.row)?;
            // A message that cannot be made has none now, and the same again when it can.
            let last = row.segments().checked_sub(1).unwrap_or(selection.index);
            Some(Selection { row: row.id, index: selection.index.min(last) })
        });
        self.hovered = self.hovered.filter(|hovered| self.rows.iter().any(|row| row.id == hovered.row));
        let pieces = positions(&self.rows).last().map_or(0, |last| last.end);
        if std::mem::replace(&mut self.pieces, pieces) != pieces {
            self.window = None;
        }
        let mut effects = Vec::new();
        let segments: usize = self.rows.iter().map(Row::segments).sum();
        let buffers = self.rows.iter().map(Row::requested_buffer_bytes).fold(0, u64::saturating_add);
        let goes_on = unmade.is_some() && self.code_is_edited();
        if let Some(build) = unmade {
            self.build = build;
        } else if let Err(error) = Plan::of(&self.rows, None, &self.sending()) {
            let title = match error {
                MessageError::Payload(_) => "The payload is too long.",
                _ => "The message cannot be made.",
            };
            self.build = Build::Failed(Problem::new(title, format!("Nothing was built: {}.", error.in_words())));
        } else if buffers > MAX_LEN as u64 {
            self.build = Build::Failed(Problem::new(
                "The buffers are too long.",
                format!(
                    "With what lies before and after them, the arrays take {}; this page makes at most {}. Lower \
                     before, after or repeat.",
                    requested(buffers),
                    bytes(MAX_LEN)
                ),
            ));
        } else if segments > MAX_SEGMENTS {
            self.build = Build::Failed(Problem::new(
                "Too many segments.",
                format!(
                    "The rows make {} segments; this page builds at most {}. Lower a repeat.",
                    count(segments),
                    count(MAX_SEGMENTS)
                ),
            ));
        } else {
            self.build = Build::Pending;
            self.structures.retain(|one| self.rows.iter().any(|row| row.id == one.row));
            effects.push(Effect::Engine(Command::Build { revision: self.revision, rows: self.rows.clone() }));
        }
        if matches!(self.build, Build::Failed(_)) {
            self.structures.clear();
        }
        if !goes_on {
            effects.extend(self.rate_of_new_rows());
        }
        effects
    }
}
