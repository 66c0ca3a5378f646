//! One put, or one delete, and what becomes of it.

use serde::{Deserialize, Serialize};

use super::{ids::PutId, rate::Rate, tab::Tab};
use crate::{
    app::{
        build::{Build, Row},
        command::Command,
        effect::Effect,
        problem::Problem,
        state::State,
    },
    client::pause::Took,
};

/// The last put.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Put {
    /// There was none yet.
    #[default]
    None,
    /// Under way.
    UnderWay {
        /// Which one.
        id: PutId,
        /// Payload bytes that have left the browser's buffer.
        handed: usize,
        /// Payload bytes in all.
        total: usize,
    },
    /// Its last byte has left the browser's buffer, or the router has answered for it. That is not
    /// delivery.
    Done(PutReport),
    /// It ended in an error.
    Failed(Problem),
}

/// Facts about a put whose last byte has left the browser's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutReport {
    /// Payload bytes.
    pub bytes: usize,
    /// Whether it was a delete.
    pub deleted: bool,
    /// WebSocket messages that carried them.
    pub batches: usize,
    /// Payload bytes copied to build the payload.
    pub built: u64,
    /// Payload bytes copied into batches.
    pub gathered: u64,
    /// From the command to the last byte leaving the browser's buffer, or to the router's answer.
    pub took: Took,
    /// Whether the router has answered for it. Else its last byte has left the browser's buffer.
    pub answered: bool,
}

impl State {
    /// Another key was typed.
    pub(in crate::app) fn key_typed(&mut self, key: String) -> Vec<Effect> {
        self.key = key;
        self.key_changed()
    }

    /// Gives up the put that is under way.
    pub(in crate::app) fn cancel_put(&mut self) -> Vec<Effect> {
        match self.put {
            Put::UnderWay { id, .. } => vec![Effect::Engine(Command::CancelPut(id))],
            _ => Vec::new(),
        }
    }

    /// So many payload bytes of a put have left the browser's buffer.
    pub(in crate::app) fn put_progress(&mut self, done: PutId, bytes: usize) -> Vec<Effect> {
        if let Put::UnderWay { id, handed, .. } = &mut self.put
            && *id == done
        {
            *handed = bytes;
        }
        Vec::new()
    }

    /// A put has ended.
    pub(in crate::app) fn put_ended(&mut self, done: PutId, result: Result<PutReport, Problem>) -> Vec<Effect> {
        if matches!(&self.put, Put::UnderWay { id, .. } if *id == done) {
            self.put = match result {
                Ok(report) => {
                    self.lessons.puts += u64::from(!report.deleted);
                    Put::Done(report)
                }
                Err(problem) => Put::Failed(problem),
            };
        }
        // Its frames are looked for where frames are in view.
        let looks = !self.wire.last && (self.wire.open || self.api.tab == Tab::Wire);
        let task = if looks { self.look_at_wire() } else { None };
        task.map(Effect::Wire).into_iter().collect()
    }

    /// Puts the payload, or deletes the key.
    pub(in crate::app) fn put(&mut self, deletes: bool) -> Vec<Effect> {
        if matches!(self.put, Put::UnderWay { .. }) {
            return Vec::new();
        }
        let problem = self.not_open("Nothing was sent.").or_else(|| match &self.build {
            Build::Failed(problem) if !deletes => Some(problem.clone()),
            _ => None,
        });
        if let Some(problem) = problem {
            self.put = Put::Failed(problem);
            return Vec::new();
        }
        self.put_revision = self.revision;
        // The drawing shows what leaves.
        (self.film, self.demonstrated) = (None, None);
        let id = self.next_put;
        self.next_put += 1;
        self.put_id = id;
        let rows = (!deletes).then(|| self.rows.clone());
        let total = rows.iter().flatten().map(Row::bytes).fold(0, usize::saturating_add);
        self.put = Put::UnderWay { id, handed: 0, total };
        vec![Effect::Engine(Command::Put { id, key: self.key.clone(), rows, options: self.api.options.clone() })]
    }
}

impl State {
    /// The last put was of another session.
    pub(super) fn forget_put(&mut self) {
        self.put = Put::None;
    }

    /// The failure of the last put is past: what it was about has changed.
    pub(in crate::app) fn forget_failed_put(&mut self) {
        if matches!(self.put, Put::Failed(_)) {
            self.put = Put::None;
        }
    }

    /// The puts have another key.
    pub(in crate::app) fn key_changed(&mut self) -> Vec<Effect> {
        self.forget_failed_put();
        if let Rate::Failed(_) = self.api.rate {
            self.api.rate = Rate::None;
        }
        if !self.session.is_open() {
            return Vec::new();
        }
        self.session_begins()
    }
}
