//! The bytes that the layout draws one by one.

use std::rc::Rc;

use crate::present::layout::{
    cells::{self, Peek},
    lens::{Lens, Shown},
};
use crate::{
    app::{Build, Plan, State, bytes::Subject},
    web::{
        bytes::{Held, Looked},
        rest::Errands,
    },
};

/// Reads bytes, and holds their payload while the pane draws bytes of it.
pub(crate) trait Peeker {
    /// The bytes of each position that the pane draws byte by byte.
    fn peeks(&mut self, state: &State, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Rc<[(usize, Peek)]>;
}

/// A [`Peeker`] at the payload of the rows.
pub(crate) struct AtBuilt {
    errands: Errands,
    /// The payload, and the revision of its rows. `None` while the pane draws no byte.
    held: Option<(u64, Held)>,
}

impl AtBuilt {
    /// Makes one that holds no payload yet.
    pub(crate) fn new(errands: Errands) -> Self {
        Self { errands, held: None }
    }
}

impl Peeker for AtBuilt {
    fn peeks(&mut self, state: &State, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Rc<[(usize, Peek)]> {
        let wanted = if lens.is_whole() { Vec::new() } else { cells::wanted(plan, shown) };
        if wanted.is_empty() || !matches!(state.build, Build::Ready(_)) {
            self.held = None;
            return Rc::default();
        }
        if self.held.as_ref().is_none_or(|(revision, _)| *revision != state.revision) {
            let looked = Rc::new(Looked::default());
            let fresh =
                self.errands.runtime().and_then(|runtime| runtime.hold(Subject::Build, &state.rows, &looked).ok());
            self.held = fresh.map(|fresh| (state.revision, fresh));
        }
        let Some((_, payload)) = &self.held else { return Rc::default() };
        let mut peeks = Vec::new();
        let mut lost = false;
        for (position, range) in wanted {
            let seen = payload.look(range.start, range.len());
            lost |= seen.problem.is_some();
            peeks.push((position, Peek { offset: seen.offset, bytes: seen.readable().to_vec() }));
        }
        // A build has moved an array away meanwhile. The next call makes a new one.
        if lost {
            self.held = None;
        }
        peeks.into()
    }
}
