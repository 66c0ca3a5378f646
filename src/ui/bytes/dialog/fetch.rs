//! Which bytes the view asks for: those on the screen, and those from the cursor on.
//!
//! It asks for a screen more above and below, so that a small movement finds its bytes at once.

use std::ops::Range;

use futures_util::future::join;
use yew::prelude::*;

use super::{Asked, BytesDialog, INSPECTED, Msg};
use crate::{app::Problem, app::bytes::Seen, present::hex::Lines};

/// Bytes that are on the screen, with some around them.
pub(super) struct BytesWindow {
    /// The edition of the bytes.
    edition: u64,
    /// Which bytes were asked for. Either payload may end before.
    range: Range<usize>,
    pub(super) mine: Seen,
    pub(super) theirs: Seen,
}

impl BytesWindow {
    /// Why not all bytes in view can be read.
    pub(super) fn problem(&self, in_view: &Range<usize>) -> Option<&Problem> {
        [&self.mine, &self.theirs].into_iter().find_map(|seen| {
            let lost = seen.lost.is_empty() || seen.lost.iter().any(|lost| meet(lost, in_view));
            seen.problem.as_ref().filter(|_| lost)
        })
    }

    /// Whether a byte is there, or is lost. Any other one is still to come.
    pub(super) fn has(&self, offset: usize) -> bool {
        (self.mine.offset..self.mine.offset + self.mine.bytes.len()).contains(&offset)
    }
}

/// Bytes from the cursor on.
pub(super) struct Inspected {
    /// The edition of the bytes.
    edition: u64,
    pub(super) seen: Seen,
}

/// Bytes that are on their way.
pub(super) struct Fetch {
    asked: Asked,
    edition: u64,
    range: Range<usize>,
}

impl Fetch {
    /// Whether it brings all bytes of `range`, in this edition.
    fn brings(&self, edition: u64, range: &Range<usize>) -> bool {
        self.edition == edition && spans(&self.range, range)
    }
}

fn spans(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The bytes of `range`, if all of them are there.
fn part(seen: &Seen, range: &Range<usize>) -> Option<Seen> {
    let from = range.start.checked_sub(seen.offset)?;
    let bytes = seen.bytes.get(from..range.end.checked_sub(seen.offset)?)?.to_vec();
    let lost = seen.lost.iter().filter(|lost| meet(lost, range));
    let lost = lost.map(|lost| lost.start.max(range.start)..lost.end.min(range.end)).collect();
    Some(Seen { offset: range.start, bytes, lost, problem: None })
}

impl BytesDialog {
    /// Asks for what is on the screen, where that is not there.
    pub(super) fn fetch_window(&mut self, ctx: &Context<Self>) {
        let (width, visible) = (self.width(), self.visible);
        let Some(open) = &self.open else { return };
        let Some(mine) = open.holds.held() else { return };
        let (edition, count) = (open.edition, Lines { len: open.len(), width }.count());
        // Whole lines: the other payload may be longer than this one.
        let lines = |from: usize, to: usize| from * width..to.min(count) * width;
        let in_view = lines(open.top, open.top + visible);
        if open.window.as_ref().is_some_and(|window| window.edition == edition && spans(&window.range, &in_view)) {
            self.waits.window = None;
            return;
        }
        if self.waits.window.as_ref().is_some_and(|fetch| fetch.brings(edition, &in_view)) {
            return;
        }
        let range = lines(open.top.saturating_sub(visible), open.top + 2 * visible);
        let (offset, len) = (range.start, range.len());
        let (mine, theirs) = (mine.clone(), open.other.as_ref().and_then(|other| other.holds.held()).cloned());
        let asked = Asked::new(&mut self.asked, ctx, |number| async move {
            let theirs = async {
                match &theirs {
                    Some(theirs) => theirs.look(offset, len).await,
                    None => Seen::default(),
                }
            };
            let (mine, theirs) = join(mine.look(offset, len), theirs).await;
            Msg::Fetched(number, [mine, theirs])
        });
        self.waits.window = Some(Fetch { asked, edition, range });
    }

    /// Takes the bytes on the screen. Returns whether they are waited for.
    pub(super) fn fetched(&mut self, number: u64, [mine, theirs]: [Seen; 2]) -> bool {
        let fetch = self.waits.window.take_if(|fetch| fetch.asked.number == number);
        let (Some(Fetch { edition, range, .. }), Some(open)) = (fetch, &mut self.open) else { return false };
        open.window = Some(BytesWindow { edition, mine: Seen { offset: range.start, ..mine }, theirs, range });
        true
    }

    /// Finds the bytes from the cursor on among those that are there, or asks for them.
    pub(super) fn fetch_inspected(&mut self, ctx: &Context<Self>) {
        let Some(open) = &mut self.open else { return };
        let Some(held) = open.holds.held() else { return };
        let (edition, cursor) = (open.edition, open.cursor);
        let range = cursor..cursor.saturating_add(INSPECTED).min(open.len());
        let inspected = open.inspected.as_ref().filter(|inspected| inspected.edition == edition);
        if range.is_empty() || inspected.is_some_and(|inspected| inspected.seen.offset == cursor) {
            self.waits.inspected = None;
            return;
        }
        let window = open.window.as_ref().filter(|window| window.edition == edition);
        if let Some(seen) = window.and_then(|window| part(&window.mine, &range)) {
            open.inspected = Some(Inspected { edition, seen });
            self.waits.inspected = None;
            return;
        }
        let coming = [&self.waits.window, &self.waits.inspected];
        if coming.into_iter().flatten().any(|fetch| fetch.brings(edition, &range)) {
            return;
        }
        let (held, len) = (held.clone(), range.len());
        let asked =
            Asked::new(
                &mut self.asked,
                ctx,
                |number| async move { Msg::Inspected(number, held.look(cursor, len).await) },
            );
        self.waits.inspected = Some(Fetch { asked, edition, range });
    }

    /// Takes the bytes from the cursor on. Returns whether they are waited for.
    pub(super) fn inspected(&mut self, number: u64, seen: Seen) -> bool {
        let fetch = self.waits.inspected.take_if(|fetch| fetch.asked.number == number);
        let (Some(Fetch { edition, range, .. }), Some(open)) = (fetch, &mut self.open) else { return false };
        open.inspected = Some(Inspected { edition, seen: Seen { offset: range.start, ..seen } });
        true
    }
}
