//! The bytes that the layout draws one by one. The engine has them; the pane keeps a copy of those
//! that it draws.

use std::{ops::Range, rc::Rc};

use futures_util::future::join_all;
use yew::Callback;

use crate::present::layout::{
    cells::{self, Peek},
    lens::{Lens, Shown},
};
use crate::{
    app::{Build, Plan, State, bytes::Subject},
    web::{Errands, bytes::Held, tasks::Task},
};

/// Ranges of the payload, each with the position of its piece.
type Ranges = Vec<(usize, Range<usize>)>;

/// An answer of the engine.
pub(crate) struct Peeked {
    number: u64,
    /// `None` when the engine cannot hold the payload.
    held: Option<Held>,
    peeks: Rc<[(usize, Peek)]>,
}

/// A question to the engine that waits for its answer.
struct Asked {
    number: u64,
    revision: u64,
    ranges: Ranges,
    _task: Task,
}

/// Bytes that have come.
struct There {
    revision: u64,
    /// Which were asked for.
    ranges: Ranges,
    peeks: Rc<[(usize, Peek)]>,
    /// Whether they may have changed since.
    old: bool,
}

/// Reads bytes of the payload of the rows. Has the engine hold it while the pane draws bytes of it.
pub(crate) struct AtBuilt {
    errands: Errands,
    answer: Callback<Peeked>,
    /// Counts questions: an answer to an earlier one is ignored.
    count: u64,
    /// The payload, and the revision of its rows. `None` while the pane draws no byte.
    held: Option<(u64, Held)>,
    asked: Option<Asked>,
    there: Option<There>,
}

/// Whether the ranges have every wanted one.
fn cover(ranges: &Ranges, wanted: &Ranges) -> bool {
    wanted.iter().all(|(position, range)| {
        let has = |outer: &Range<usize>| outer.start <= range.start && range.end <= outer.end;
        ranges.iter().any(|(at, outer)| at == position && has(outer))
    })
}

/// As much again at both ends of each range, so that a small movement finds its bytes at once.
fn widened(plan: &Plan, mut ranges: Ranges) -> Ranges {
    for (position, range) in &mut ranges {
        if let Some(piece) = plan.pieces.get(*position) {
            let more = range.len();
            *range = range.start.saturating_sub(more).max(piece.offset)..(range.end + more).min(piece.end());
        }
    }
    ranges
}

/// Reads all ranges. Returns the bytes, and whether all could be read.
async fn read(held: &Held, ranges: &Ranges) -> (Rc<[(usize, Peek)]>, bool) {
    let looks = ranges.iter().map(|(position, range)| async move {
        let seen = held.look(range.start, range.len()).await;
        let whole = seen.problem.is_none();
        ((*position, Peek { offset: range.start, bytes: seen.readable().to_vec() }), whole)
    });
    let (peeks, whole): (Vec<_>, Vec<_>) = join_all(looks).await.into_iter().unzip();
    (peeks.into(), whole.into_iter().all(|whole| whole))
}

impl AtBuilt {
    /// Makes one that holds no payload yet. `answer` gets what [`AtBuilt::arrived`] takes.
    pub(crate) fn new(errands: Errands, answer: Callback<Peeked>) -> Self {
        Self { errands, answer, count: 0, held: None, asked: None, there: None }
    }

    /// Drops the payload, and all bytes.
    fn rest(&mut self) {
        (self.held, self.asked, self.there) = (None, None, None);
    }

    /// Somebody may have written into the payload. The next drawing asks for the bytes again.
    pub(crate) fn outdate(&mut self) {
        self.asked = None;
        if let Some(there) = &mut self.there {
            there.old = true;
        }
    }

    /// Takes an answer. Returns whether it brings something to draw.
    pub(crate) fn arrived(&mut self, peeked: Peeked) -> bool {
        let Some(Asked { revision, ranges, .. }) = self.asked.take_if(|asked| asked.number == peeked.number) else {
            return false;
        };
        self.held = peeked.held.map(|held| (revision, held));
        self.there = Some(There { revision, ranges, peeks: peeked.peeks, old: false });
        true
    }

    /// The bytes of each position that the pane draws byte by byte, as far as they are there. Asks
    /// for those that are not.
    pub(crate) fn peeks(&mut self, state: &State, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Rc<[(usize, Peek)]> {
        let wanted = if lens.is_whole() { Vec::new() } else { cells::wanted(plan, shown) };
        if wanted.is_empty() || !matches!(state.build, Build::Ready(_)) {
            self.rest();
            return Rc::default();
        }
        let revision = state.revision;
        self.held.take_if(|(of, _)| *of != revision);
        self.there.take_if(|there| there.revision != revision);
        if self.there.as_ref().is_some_and(|there| !there.old && cover(&there.ranges, &wanted)) {
            self.asked = None;
        } else if !self.asked.as_ref().is_some_and(|asked| asked.revision == revision && cover(&asked.ranges, &wanted))
        {
            self.ask(state, widened(plan, wanted));
        }
        self.there.as_ref().map(|there| there.peeks.clone()).unwrap_or_default()
    }

    fn ask(&mut self, state: &State, ranges: Ranges) {
        self.count += 1;
        let (number, revision, errands, answer) =
            (self.count, state.revision, self.errands.clone(), self.answer.clone());
        let (rows, held, asked) =
            (state.rows.clone(), self.held.as_ref().map(|(_, held)| held.clone()), ranges.clone());
        let task = Task::begin(async move {
            if let Some(held) = held
                && let (peeks, true) = read(&held, &asked).await
            {
                answer.emit(Peeked { number, held: Some(held), peeks });
                return;
            }
            // Nothing is held, or a build has moved an array away meanwhile.
            let held = errands.hold(Subject::Build, rows, None).await.ok();
            let peeks = match &held {
                Some(held) => read(held, &asked).await.0,
                None => Rc::default(),
            };
            answer.emit(Peeked { number, held, peeks });
        });
        self.asked = Some(Asked { number, revision, ranges, _task: task });
    }
}
