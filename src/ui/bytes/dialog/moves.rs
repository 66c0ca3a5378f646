//! Which payload is looked at, and which of its lines are in view.

use wasm_bindgen::JsCast;
use web_sys::Element as Node;
use yew::prelude::*;

use super::{Asked, BytesDialog, Holds, LINE, Msg, Open, Searching, Waits, focus, is};
use crate::{
    app::{
        Action, Problem, State,
        bytes::{Looking, Subject},
    },
    present::hex::{self, Lines},
    ui::kit::keys,
    web::bytes::Held,
};

impl BytesDialog {
    /// Opens the view, and asks for the payload.
    pub(super) fn begin(&mut self, ctx: &Context<Self>, looking: Looking) {
        self.waits = Waits::default();
        let Looking { subject, offset } = looking;
        let (errands, rows) = (ctx.props().errands.clone(), ctx.props().state.rows.clone());
        let asked = Asked::new(&mut self.asked, ctx, |number| async move {
            Msg::Held(number, errands.hold(subject, rows, None).await)
        });
        self.open = Some(Open {
            number: asked.number,
            revision: ctx.props().state.revision,
            subject,
            holds: Holds::Waiting,
            ours: false,
            looked: [0; 3],
            other: None,
            top: 0,
            cursor: offset,
            anchor: offset,
            window: None,
            inspected: None,
            edition: 0,
            searching: Searching::Idle,
            hit: offset,
            said: None,
            text: None,
        });
        self.waits.hold = Some(asked);
        self.measure();
        self.focus = true;
        (self.choices.go_error, self.choices.write_error) = (None, None);
    }

    /// Takes the payload that the view was opened for. Returns whether it is waited for.
    pub(super) fn arrived(&mut self, ctx: &Context<Self>, number: u64, result: Result<Held, Problem>) -> bool {
        let (width, visible) = (self.width(), self.visible);
        let Some(open) = self.open.as_mut().filter(|_| is(&self.waits.hold, number)) else { return false };
        self.waits.hold = None;
        open.holds = result.into();
        let state = &ctx.props().state;
        open.ours = match open.subject {
            Subject::Build => true,
            Subject::Kept => has_segments_of_rows(state, &open.holds),
            // What comes from a router comes in batches.
            Subject::Sample(id) => {
                state.samples.iter().any(|sample| sample.id == id && sample.local)
                    && has_segments_of_rows(state, &open.holds)
            }
        };
        let lines = Lines { len: open.len(), width };
        open.cursor = open.cursor.min(open.len().saturating_sub(1));
        (open.anchor, open.hit) = (open.cursor, open.cursor);
        open.top = lines.of(open.cursor).min(lines.last_top(visible));
        true
    }

    /// Asks for what is on the screen, where that is not there.
    pub(super) fn refresh(&mut self, ctx: &Context<Self>) {
        self.fetch_window(ctx);
        self.fetch_inspected(ctx);
        // The same segment is selected in every pane.
        if let Some(open) = self.open.as_ref().filter(|open| !open.holds.are_waited_for())
            && open.subject == Subject::Build
            && let Ok(plan) = ctx.props().state.plan()
            && let Some(mark) = hex::planned(&plan, open.cursor)
            && mark.selection != ctx.props().state.selected
        {
            ctx.props().send.emit(Action::Select(mark.selection));
        }
    }

    /// Moves the cursor, and the lines with it, once there are any.
    pub(super) fn go(&mut self, offset: usize, extend: bool, jump: bool) {
        let (visible, width) = (self.visible, self.width());
        let Some(open) = self.open.as_mut().filter(|open| !open.holds.are_waited_for()) else { return };
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

    /// Scrolls by whole lines, and returns the pixels that are left over.
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
        let Some(open) = self.open.as_ref().filter(|_| is_own(event)) else { return false };
        let key = event.key();
        // From a field Escape goes back to the bytes; the next one closes.
        if key == "Escape" {
            focus(&self.grid);
            return true;
        }
        let control = event.ctrl_key() || event.meta_key();
        let lines = self.lines(open);
        if let Some(offset) = lines.moved(&key, control, open.cursor, self.visible) {
            let extend = event.shift_key() || self.choices.extend;
            self.go(offset, extend, false);
            return true;
        }
        if !open.holds.are_waited_for() {
            let last = open.len().saturating_sub(1);
            if let Some(open) = &mut self.open {
                (open.anchor, open.cursor) = (0, last);
            }
            return true;
        }
        false
    }
}

/// Whether the view of bytes has this key: one that moves in its grid, "all", or Escape in a field.
pub(super) fn is_own(event: &KeyboardEvent) -> bool {
    let control = event.ctrl_key() || event.meta_key();
    let grid =
        event.target().and_then(|target| target.dyn_into::<Node>().ok()).is_some_and(|node| node.id() == "bytes-grid");
    let moves = keys::is_move(&event.key()) || (control && event.key() == "a");
    keys::leaves_field(event) || (grid && moves && !event.alt_key())
}

/// Whether the rows, as they are now, make the segments of what is held.
fn has_segments_of_rows(state: &State, holds: &Holds) -> bool {
    state.plan().is_ok_and(|plan| holds.holding().is_some_and(|holding| hex::has_segments_of(&plan, holding)))
}
