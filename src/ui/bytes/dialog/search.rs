//! What the engine works on for a while: a search, a comparison, the next difference.

use yew::prelude::*;

use super::{Asked, BytesDialog, Comparing, Holds, Msg, Open, Other, Searching, focus_id};
use crate::{
    app::{
        Problem,
        bytes::{Seen, Subject},
    },
    payload::Direction,
    web::bytes::Held,
};

impl BytesDialog {
    pub(super) fn find(&mut self, ctx: &Context<Self>, direction: Direction) {
        let Some(open) = &mut self.open else { return };
        let Some(held) = open.holds.held() else { return };
        let sought = match self.choices.kind.bytes(&self.choices.sought, self.choices.order) {
            Ok(sought) => sought,
            Err(words) => {
                open.searching = Searching::Wrong(words);
                focus_id("bytes-sought");
                return;
            }
        };
        // A hit is selected: the next one begins behind its beginning, the one before it before
        // that.
        let here = open.selection().start;
        let from = match (direction, &open.searching) {
            (Direction::Backwards, _) => here,
            // The first search finds a hit that begins right here.
            (_, Searching::Hit { offset, .. }) if *offset == here => here + 1,
            _ if open.hit == here => here,
            _ => here + 1,
        };
        open.hit = usize::MAX;
        open.searching = Searching::UnderWay(0.0);
        let (held, link) = (held.clone(), ctx.link().clone());
        self.waits.search = Some(Asked::new(&mut self.asked, ctx, |number| async move {
            let told = move |done| link.send_message(Msg::Progress(number, done));
            Msg::Found(number, held.search(sought, from, direction, told).await)
        }));
    }

    /// Asks for another payload to compare with, or leaves the one that there is.
    pub(super) fn compare(&mut self, ctx: &Context<Self>, subject: Option<Subject>) {
        (self.waits.other, self.waits.compare, self.waits.step) = (None, None, None);
        let Some(open) = &mut self.open else { return };
        open.edition += 1;
        open.other = None;
        if let Some(window) = &mut open.window {
            window.theirs = Seen::default();
        }
        if let (Some(subject), Some(mine)) = (subject, open.holds.held()) {
            let (errands, rows, mine) = (ctx.props().errands.clone(), ctx.props().state.rows.clone(), mine.clone());
            self.waits.other = Some(Asked::new(&mut self.asked, ctx, |number| async move {
                Msg::OtherHeld(number, errands.hold(subject, rows, Some(&mine)).await)
            }));
            open.other =
                Some(Other { subject, holds: Holds::Waiting, comparing: Comparing::UnderWay(0.0), step: None });
        }
        self.measure();
    }

    /// Takes the other payload, and compares, unless a person has cancelled that meanwhile.
    pub(super) fn other_arrived(&mut self, ctx: &Context<Self>, result: Result<Held, Problem>) {
        self.waits.other = None;
        let Some(Open { other: Some(other), edition, .. }) = &mut self.open else { return };
        *edition += 1;
        other.holds = result.into();
        if let Some(problem) = other.holds.problem() {
            other.comparing = Comparing::Failed(problem.clone());
        } else if matches!(other.comparing, Comparing::UnderWay(_)) {
            self.compare_anew(ctx);
        }
    }

    /// Compares with the other payload, from the beginning.
    pub(super) fn compare_anew(&mut self, ctx: &Context<Self>) {
        let Some(Open { other: Some(other), holds, .. }) = &mut self.open else { return };
        let (Some(mine), Some(theirs)) = (holds.held().cloned(), other.holds.held().cloned()) else { return };
        (other.comparing, other.step, self.waits.step) = (Comparing::UnderWay(0.0), None, None);
        let link = ctx.link().clone();
        self.waits.compare = Some(Asked::new(&mut self.asked, ctx, |number| async move {
            let told = move |done| link.send_message(Msg::Progress(number, done));
            Msg::Compared(number, mine.compare(&theirs, told).await)
        }));
    }

    pub(super) fn differ(&mut self, ctx: &Context<Self>, direction: Direction) {
        let Some(Open { other: Some(other), holds, cursor, .. }) = &mut self.open else { return };
        let (Some(mine), Some(theirs)) = (holds.held().cloned(), other.holds.held().cloned()) else { return };
        if !matches!(other.comparing, Comparing::Done(_)) {
            return;
        }
        other.step = None;
        let from = *cursor;
        self.waits.step = Some(Asked::new(&mut self.asked, ctx, |number| async move {
            Msg::Differs(number, mine.seek(&theirs, from, direction).await)
        }));
    }
}
