//! The bytes of what the layout draws byte by byte.

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

/// Looks at bytes, and holds their payload as long as there is something to look at.
pub(crate) trait Peeker {
    /// The bytes of each position that is drawn byte by byte.
    fn peeks(&mut self, state: &State, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Rc<[(usize, Peek)]>;
}

/// A [`Peeker`] at the payload that the rows make.
pub(crate) struct AtBuilt {
    errands: Errands,
    /// The payload, and the revision of its rows; none while no byte is drawn.
    held: Option<(u64, Held)>,
}

impl AtBuilt {
    /// One that has looked at nothing yet.
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
        // An array was moved away meanwhile: there is a new one the next time.
        if lost {
            self.held = None;
        }
        peeks.into()
    }
}
