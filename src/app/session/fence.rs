//! Fences: the word of the router that it has handed on what was put before.

use super::{change::Task, ids::PutId};
use crate::{
    app::{problem::Problem, state::State},
    client::pause::Took,
};

/// The last fence.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Fence {
    /// There was none yet.
    #[default]
    None,
    /// The router has not answered yet.
    UnderWay(PutId),
    /// The router has handed on everything that was put before; it said so after so long.
    Done(Took),
    /// It was refused or cut off.
    Failed(Problem),
}

impl State {
    /// The fence was answered, or has failed.
    pub(super) fn flushed(&mut self, id: PutId, result: Result<Took, Problem>) {
        if self.api.fence == Fence::UnderWay(id) {
            self.lessons.flushes += u64::from(result.is_ok());
            self.api.fence = result.map_or_else(Fence::Failed, Fence::Done);
        }
    }

    pub(super) fn flush(&mut self) -> Option<Task> {
        if matches!(self.api.fence, Fence::UnderWay(_)) {
            return None;
        }
        if let Some(problem) = self.not_open("No fence was asked for.") {
            self.api.fence = Fence::Failed(problem);
            return None;
        }
        let id = self.next_id();
        self.api.fence = Fence::UnderWay(id);
        Some(Task::Flush(id))
    }
}
