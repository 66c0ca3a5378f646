//! Which payload is looked at, and which of its lines are in view.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element as Node;
use yew::prelude::*;

use super::{BytesDialog, INSPECTED, LINE, Open, Searching, Window, focus};
use crate::{
    app::{
        Action, Problem, State,
        bytes::{Looking, Subject},
    },
    present::hex::{self, Lines},
    web::bytes::{Held, Looked, Seen},
};

impl BytesDialog {
    pub(super) fn begin(&mut self, ctx: &Context<Self>, looking: Looking) {
        (self.stop_search, self.stop_compare, self.stop_step) = (None, None, None);
        let looked = Rc::new(Looked::default());
        let held = ctx.props().runtime.hold(looking.subject, &ctx.props().state.rows, &looked);
        let len = held.as_ref().map_or(0, |held| held.payload().len());
        let cursor = looking.offset.min(len.saturating_sub(1));
        let lines = Lines { len, width: self.width() };
        let state = &ctx.props().state;
        let ours = match looking.subject {
            Subject::Build => true,
            Subject::Kept => has_segments_of_rows(state, &held),
            // What comes from a router comes in batches.
            Subject::Sample(id) => {
                state.samples.iter().any(|sample| sample.id == id && sample.local) && has_segments_of_rows(state, &held)
            }
        };
        let open = Open {
            subject: looking.subject,
            held,
            ours,
            looked,
            other: None,
            top: lines.of(cursor).min(lines.last_top(self.visible)),
            cursor,
            anchor: cursor,
            window: None,
            inspected: None,
            searching: Searching::Idle,
            hit: cursor,
            said: None,
            text: None,
        };
        self.open = Some(open);
        self.measure();
        self.focus = true;
        (self.choices.go_error, self.choices.write_error) = (None, None);
        self.refresh(ctx);
    }

    /// Fetches what is on the screen, where that is not what it was.
    pub(super) fn refresh(&mut self, ctx: &Context<Self>) {
        let (width, visible) = (self.width(), self.visible);
        let Some(open) = &mut self.open else { return };
        let (offset, room) = (open.top * width, visible * width);
        let seen = |window: &Window| (window.mine.offset, window.room) == (offset, room);
        if !open.window.as_ref().is_some_and(seen) {
            let look =
                |held: &Result<Held, Problem>| held.as_ref().map(|held| held.look(offset, room)).unwrap_or_default();
            let theirs = open.other.as_ref().map(|other| look(&other.held)).unwrap_or_default();
            open.window = Some(Window { mine: Seen { offset, ..look(&open.held) }, theirs, room });
        }
        if open.inspected.as_ref().is_none_or(|seen| seen.offset != open.cursor) {
            open.inspected = open.held.as_ref().ok().map(|held| held.look(open.cursor, INSPECTED));
        }
        // The same segment is selected in every pane.
        if open.subject == Subject::Build
            && let Ok(plan) = ctx.props().state.plan()
            && let Some(mark) = hex::planned(&plan, open.cursor)
            && mark.selection != ctx.props().state.selected
        {
            ctx.props().send.emit(Action::Select(mark.selection));
        }
    }

    /// Moves the cursor, and the lines with it.
    pub(super) fn go(&mut self, offset: usize, extend: bool, jump: bool) {
        let (visible, width) = (self.visible, self.width());
        let Some(open) = &mut self.open else { return };
        let lines = Lines { len: open.len(), width };
        open.cursor = offset.min(open.len().saturating_sub(1));
        if !extend {
            open.anchor = open.cursor;
        }
        open.top = if jump {
            lines.around(open.cursor, open.top, visible)
        } else {
            lines.showing(open.cursor, open.top, visible)
        };
    }

    pub(super) fn scroll(&mut self, top: usize) {
        let (visible, width) = (self.visible, self.width());
        if let Some(open) = &mut self.open {
            open.top = top.min(Lines { len: open.len(), width }.last_top(visible));
        }
    }

    /// By so many pixels, of which what is no whole line is given back.
    pub(super) fn scroll_by(&mut self, pixels: f64) -> f64 {
        let Some(open) = &self.open else { return 0.0 };
        let lines = (pixels / LINE).trunc();
        let top = if lines < 0.0 {
            open.top.saturating_sub(-lines as usize)
        } else {
            open.top.saturating_add(lines as usize)
        };
        self.scroll(top);
        pixels - lines * LINE
    }

    /// Whether a key did something. Those that press a control of the view are the page's
    /// listener's.
    pub(super) fn key(&mut self, event: &KeyboardEvent) -> bool {
        let Some(open) = &self.open else { return false };
        let key = event.key();
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        let tag = target.as_ref().map(Node::tag_name).unwrap_or_default();
        if matches!(tag.as_str(), "INPUT" | "SELECT" | "TEXTAREA") {
            // From a field Escape goes back to the bytes; the next one closes.
            if key == "Escape" {
                focus(&self.grid);
            }
            return key == "Escape";
        }
        let control = event.ctrl_key() || event.meta_key();
        if event.alt_key() {
            return false;
        }
        let on_grid = target.is_some_and(|target| self.grid.cast::<Node>().is_some_and(|grid| grid == target));
        let lines = self.lines(open);
        if on_grid && let Some(offset) = lines.moved(&key, control, open.cursor, self.visible) {
            let extend = event.shift_key() || self.choices.extend;
            self.go(offset, extend, false);
            return true;
        }
        if on_grid && control && key == "a" {
            let last = open.len().saturating_sub(1);
            if let Some(open) = &mut self.open {
                (open.anchor, open.cursor) = (0, last);
            }
            return true;
        }
        false
    }
}

/// Nobody can change the rows as long as the dialog is open.
fn has_segments_of_rows(state: &State, held: &Result<Held, Problem>) -> bool {
    state.plan().is_ok_and(|plan| held.as_ref().is_ok_and(|held| hex::has_segments_of(&plan, held.payload())))
}
