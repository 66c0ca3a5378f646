//! What takes turns with the page: a search, a comparison, the next difference.

use yew::prelude::*;

use super::{BytesDialog, Comparing, Msg, Other, Searching, focus_id};
use crate::{
    app::bytes::Subject,
    payload::{Direction, Search},
    web::bytes::{self, Stop},
};

impl BytesDialog {
    pub(super) fn find(&mut self, ctx: &Context<Self>, direction: Direction) {
        let Some(open) = &mut self.open else { return };
        let Ok(held) = &open.held else { return };
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
        let Some(search) = Search::new(sought, from, direction, held.payload().len()) else {
            open.searching = Searching::Absent;
            return;
        };
        open.searching = Searching::UnderWay(0.0);
        self.task += 1;
        let (task, held, link) = (self.task, held.clone(), ctx.link().clone());
        let (stop, stopped) = Stop::new();
        self.stop_search = Some((task, stop));
        wasm_bindgen_futures::spawn_local(async move {
            let told = link.callback(move |done| Msg::Progress(task, done));
            let result = bytes::search(&held, search, &stopped, |done| told.emit(done)).await;
            link.send_message(Msg::Found(task, result));
        });
    }

    pub(super) fn compare(&mut self, ctx: &Context<Self>, subject: Option<Subject>) {
        (self.stop_compare, self.stop_step) = (None, None);
        let Some(open) = &mut self.open else { return };
        open.window = None;
        open.other = None;
        let (Some(subject), Ok(mine)) = (subject, &open.held) else {
            self.measure();
            return;
        };
        let held = ctx.props().runtime.hold(subject, &ctx.props().state.rows, &open.looked);
        let comparing = match &held {
            Ok(theirs) => {
                self.task += 1;
                let (task, pair, link) = (self.task, (mine.clone(), theirs.clone()), ctx.link().clone());
                let (stop, stopped) = Stop::new();
                self.stop_compare = Some((task, stop));
                wasm_bindgen_futures::spawn_local(async move {
                    let told = link.callback(move |done| Msg::Progress(task, done));
                    let result = bytes::compare(&pair.0, &pair.1, &stopped, |done| told.emit(done)).await;
                    link.send_message(Msg::Compared(task, result));
                });
                Comparing::UnderWay(0.0)
            }
            Err(problem) => Comparing::Failed(problem.clone()),
        };
        open.other = Some(Other { subject, held, comparing, step: None });
        self.measure();
    }

    pub(super) fn differ(&mut self, ctx: &Context<Self>, direction: Direction) {
        let Some(open) = &mut self.open else { return };
        let from = open.cursor;
        let Some(Other { held: Ok(theirs), comparing: Comparing::Done(difference), step, .. }) = &mut open.other else {
            return;
        };
        let Ok(mine) = &open.held else { return };
        *step = None;
        self.task += 1;
        let (task, mine, theirs, difference, link) =
            (self.task, mine.clone(), theirs.clone(), difference.clone(), ctx.link().clone());
        let (stop, stopped) = Stop::new();
        self.stop_step = Some((task, stop));
        wasm_bindgen_futures::spawn_local(async move {
            let result = bytes::seek([&mine, &theirs], &difference, from, direction, &stopped).await;
            link.send_message(Msg::Differs(task, result));
        });
    }
}
