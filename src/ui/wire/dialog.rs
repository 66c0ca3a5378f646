//! The view "Wire": the frames that the session sent and received, each as a tree of fields and as
//! bytes. Fields and bytes point at each other.
//!
//! The list, its selection and its filter are in the page's state. The selection inside a frame
//! belongs to the view, which drops it when the person chooses another frame. The view copies the
//! bytes of the one frame in view, and of no other.

mod detail;
mod list;
mod tab;

use std::{collections::BTreeSet, rc::Rc};

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element as Node, HtmlDialogElement, HtmlElement};
use yew::prelude::*;

pub(crate) use self::tab::WireTab;
use crate::{
    app::{
        Action, KEPT_BYTES, Problem, Put, Selection, State,
        keys::{Context as Shortcuts, aria, hint},
        wire::{
            Bounds, Change, Entry, Filter, Format, FrameId, Kept, Kinds, MessageId, Only, Part, Picked, Rows, Saving,
            Way,
        },
    },
    outside::Ends,
    web::{Errands, tasks::Task},
    wire::{Dissection, dissect},
};
use crate::{
    present::{
        hex::Lines,
        rows::{self, Node as TreeNode},
    },
    ui::kit::{
        dialog,
        html::html,
        keys::{self, in_line},
        text_field::TextField,
        widgets::{AskingProps, Select, check, problem, sends},
    },
};

/// Below this width of the window, in pixels, the view is the phone's.
const NARROW: f64 = 700.0;

/// Bytes in a line, on a desk and on a phone.
const WIDTHS: [usize; 2] = [16, 8];

/// Lines of a page: Page Up and Page Down move by so many, in the list and in the bytes.
const PAGE: usize = 12;

/// The values from which the rows were made.
type RowsKey = (u64, Filter, BTreeSet<MessageId>, Option<Selection>);

/// The rows of the last drawing.
#[derive(Default)]
pub(crate) struct Listed {
    key: Option<RowsKey>,
    rows: Rc<Rows>,
}

impl Listed {
    /// The rows of a state. They are made anew when a value that they depend on has changed.
    fn refresh(&mut self, state: &State, errands: &Errands) -> bool {
        let wire = &state.wire;
        let selected = state.selected.filter(|_| wire.filter.segment);
        let key = (wire.kept.version, wire.filter.clone(), wire.unfolded.clone(), selected);
        if self.key.as_ref() == Some(&key) {
            return false;
        }
        self.rows = Rc::new(errands.frames_seen(|record| Rows::of(record, &key.1, key.3, &key.2)));
        self.key = Some(key);
        true
    }
}

/// The frame in view.
struct Detail {
    id: FrameId,
    bytes: Result<Rc<Vec<u8>>, Problem>,
    dissection: Rc<Dissection>,
    nodes: Rc<Vec<TreeNode>>,
    parts: Rc<Vec<Part>>,
    /// The closed groups.
    closed: BTreeSet<usize>,
    /// The fields in open groups.
    seen: Rc<Vec<usize>>,
    /// The chosen field.
    field: usize,
    /// The byte with the keyboard's cursor.
    byte: usize,
}

/// What the list and the tree of fields have beside the keys that move.
const LIST_KEYS: &[&str] = &["Enter"];
const FIELDS_KEYS: &[&str] = &["Enter", " "];

pub(crate) enum Msg {
    Closed,
    Key(KeyboardEvent),
    ListKey(KeyboardEvent),
    ListClick(MouseEvent),
    FieldsKey(KeyboardEvent),
    FieldClick(MouseEvent),
    BytesKey(KeyboardEvent),
    ByteClick(MouseEvent),
    PointAt(Option<usize>),
    Step(bool),
    /// The bytes of a frame have arrived, or the reason why they do not.
    Fetched(Entry, Result<Vec<u8>, Problem>),
}

/// The dialog.
pub(crate) struct WireDialog {
    dialog: NodeRef,
    listed: Listed,
    detail: Option<Detail>,
    /// The frame whose bytes are on their way.
    fetching: Option<(FrameId, Task)>,
    /// The field at which the person points.
    pointed: Option<usize>,
    /// Lines to show. The view scrolls to one whenever the number before it changes.
    show_row: (u64, usize),
    show_field: (u64, usize),
    show_byte: (u64, usize),
    closing: Option<EventListener>,
    focus: bool,
}

/// Whether the view has its place in the page, and so less than the page's width.
fn is_beside() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document
        .is_some_and(|document| document.query_selector("#wire-dialog:not(:modal)").is_ok_and(|found| found.is_some()))
}

/// Whether the window is a phone's.
fn is_narrow() -> bool {
    let width = web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
    width.is_some_and(|width| width < NARROW)
}

/// Gives the focus to an element. The focus stays where it is when the page has no such element.
fn focus(id: &str) {
    let found = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The number in an attribute of the event's target, or of an element around it.
fn number_under(event: &Event, attribute: &str) -> Option<u64> {
    let target = event.target()?.dyn_into::<Node>().ok()?;
    target.closest(&format!("[{attribute}]")).ok()??.get_attribute(attribute)?.parse().ok()
}

impl WireDialog {
    fn width(&self) -> usize {
        if is_narrow() || is_beside() { WIDTHS[1] } else { WIDTHS[0] }
    }

    /// Shows the chosen frame, if it is another one.
    fn look(&mut self, ctx: &Context<Self>) {
        let AskingProps { state, errands, .. } = ctx.props();
        let rows = &self.listed.rows;
        let chosen = state.wire.picked.and_then(|picked| {
            errands.frames_seen(|record| match picked {
                Picked::Frame(id) => record.entry(id).cloned(),
                Picked::Fold(message) => {
                    let fold = rows.folds.iter().find(|fold| fold.message == message)?;
                    record.entries().get(*fold.members.first()?).cloned()
                }
            })
        });
        let Some(entry) = chosen else {
            // The view still shows a frame that the record has dropped while the person views it.
            self.detail = self.detail.take().filter(|detail| state.wire.picked == Some(Picked::Frame(detail.id)));
            return;
        };
        let shown = self.detail.as_ref().is_some_and(|detail| detail.id == entry.id);
        if shown || self.fetching.as_ref().is_some_and(|(id, _)| *id == entry.id) {
            if shown {
                self.fetching = None;
            }
            return;
        }
        // The last frame stays in view until the bytes of this one are here.
        let (link, errands) = (ctx.link().clone(), errands.clone());
        self.fetching = Some((
            entry.id,
            Task::begin(async move {
                let bytes = errands.frame_bytes(&entry).await;
                link.send_message(Msg::Fetched(entry, bytes));
            }),
        ));
    }

    /// Shows a frame whose bytes have arrived, or the reason why they do not.
    fn fetched(&mut self, ctx: &Context<Self>, entry: &Entry, bytes: Result<Vec<u8>, Problem>) {
        let errands = &ctx.props().errands;
        self.fetching = None;
        let bytes = bytes.map(Rc::new);
        let empty = Vec::new();
        let dissection = dissect(bytes.as_deref().unwrap_or(&empty), entry.frame.begun.as_ref());
        let parts = errands.frames_seen(|record| record.parts_of(entry, &dissection.carried()));
        let nodes = rows::tree(&dissection.spans);
        let closed = rows::closed_first(&dissection.spans);
        let seen = rows::seen(&nodes, &closed);
        self.pointed = None;
        self.detail = Some(Detail {
            id: entry.id,
            bytes,
            dissection: Rc::new(dissection),
            nodes: Rc::new(nodes),
            parts: Rc::new(parts),
            closed,
            seen: Rc::new(seen),
            field: 0,
            byte: 0,
        });
        self.show_field = (self.show_field.0 + 1, 0);
        self.show_byte = (self.show_byte.0 + 1, 0);
    }

    fn pick(&self, ctx: &Context<Self>, line: usize) {
        let AskingProps { send, errands, .. } = ctx.props();
        if let Some(picked) = errands.frames_seen(|record| self.listed.rows.picked(record, line)) {
            send.emit(Change::Pick(Some(picked)).into());
        }
    }

    /// The row of the chosen frame or fold.
    fn row(&self, ctx: &Context<Self>) -> Option<usize> {
        let AskingProps { state, errands, .. } = ctx.props();
        let picked = state.wire.picked?;
        errands.frames_seen(|record| self.listed.rows.line_of(record, picked))
    }

    fn show_picked(&mut self, ctx: &Context<Self>) {
        if let Some(row) = self.row(ctx) {
            self.show_row = (self.show_row.0 + 1, row);
        }
    }

    /// Chooses a field, and shows it and its bytes.
    fn choose_field(&mut self, field: usize) {
        let width = self.width();
        let Some(detail) = &mut self.detail else { return };
        let Some(start) = detail.dissection.spans.get(field).map(|span| span.start) else { return };
        detail.field = field;
        detail.byte = start;
        detail.open_around(field);
        let line = detail.seen.binary_search(&field).unwrap_or_else(|place| place);
        self.show_field = (self.show_field.0 + 1, line);
        self.show_byte = (self.show_byte.0 + 1, start / width);
    }

    /// Chooses a byte, and with it its field.
    fn choose_byte(&mut self, byte: usize) {
        let width = self.width();
        let Some(detail) = &mut self.detail else { return };
        detail.byte = byte;
        if let Some(field) = detail.dissection.at(byte) {
            detail.field = field;
            detail.open_around(field);
            let line = detail.seen.binary_search(&field).unwrap_or_else(|place| place);
            self.show_field = (self.show_field.0 + 1, line);
        }
        self.show_byte = (self.show_byte.0 + 1, byte / width);
    }

    /// Handles a key in the list. Returns whether the key did something.
    fn list_key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        let AskingProps { state, send, .. } = ctx.props();
        let Some(last) = self.listed.rows.lines.len().checked_sub(1) else { return false };
        let row = self.row(ctx);
        let to = match event.key().as_str() {
            "ArrowDown" => row.map_or(0, |row| (row + 1).min(last)),
            "ArrowUp" => row.map_or(last, |row| row.saturating_sub(1)),
            "PageDown" => row.map_or(0, |row| (row + PAGE).min(last)),
            "PageUp" => row.map_or(last, |row| row.saturating_sub(PAGE)),
            "Home" => 0,
            "End" => last,
            "ArrowRight" | "ArrowLeft" => {
                let open = event.key() == "ArrowRight";
                match state.wire.picked {
                    Some(Picked::Fold(message)) if open != state.wire.unfolded.contains(&message) => {
                        send.emit(Change::Unfold(message, open).into());
                    }
                    Some(Picked::Fold(_)) if open => {
                        return row.map(|row| self.pick(ctx, (row + 1).min(last))).is_some();
                    }
                    // Moves from a fragment back to its fold.
                    Some(Picked::Frame(_)) if !open => {
                        let Some(message) = self.fold_around(ctx) else { return true };
                        send.emit(Change::Pick(Some(Picked::Fold(message))).into());
                    }
                    _ => {}
                }
                return true;
            }
            "Enter" => {
                focus("wire-fields");
                return true;
            }
            _ => return false,
        };
        self.pick(ctx, to);
        true
    }

    /// The open fold that contains the chosen frame.
    fn fold_around(&self, ctx: &Context<Self>) -> Option<MessageId> {
        let AskingProps { state, errands, .. } = ctx.props();
        let Some(Picked::Frame(id)) = state.wire.picked else { return None };
        let at = errands.frames_seen(|record| record.position(id))?;
        let fold = self.listed.rows.folds.iter().find(|fold| fold.members.binary_search(&at).is_ok())?;
        (fold.members.len() > 1).then_some(fold.message)
    }

    /// Handles a key in the tree of fields. Returns whether the key did something.
    fn fields_key(&mut self, event: &KeyboardEvent) -> bool {
        let Some(detail) = &mut self.detail else { return false };
        let Some(node) = detail.nodes.get(detail.field).copied() else { return false };
        let line = detail.seen.binary_search(&detail.field).unwrap_or_else(|place| place);
        let last = detail.seen.len().saturating_sub(1);
        let is_group = node.end > detail.field + 1;
        let closed = detail.closed.contains(&detail.field);
        let field = match event.key().as_str() {
            "ArrowDown" => detail.seen.get((line + 1).min(last)).copied(),
            "ArrowUp" => detail.seen.get(line.saturating_sub(1)).copied(),
            "Home" => detail.seen.first().copied(),
            "End" => detail.seen.last().copied(),
            "ArrowRight" if is_group && closed => {
                detail.open(detail.field, true);
                None
            }
            "ArrowRight" if is_group => Some(detail.field + 1),
            "ArrowLeft" if is_group && !closed => {
                detail.open(detail.field, false);
                None
            }
            "ArrowLeft" => node.parent,
            "ArrowRight" => None,
            "Enter" | " " if is_group => {
                detail.open(detail.field, closed);
                None
            }
            _ => return false,
        };
        if let Some(field) = field {
            self.choose_field(field);
        }
        true
    }

    /// Handles a key in the bytes. Returns whether the key did something.
    fn bytes_key(&mut self, event: &KeyboardEvent) -> bool {
        let Some(detail) = &self.detail else { return false };
        let lines = Lines { len: detail.len(), width: self.width() };
        let control = event.ctrl_key() || event.meta_key();
        let Some(byte) = lines.moved(&event.key(), control, detail.byte, PAGE) else { return false };
        self.choose_byte(byte);
        true
    }
}

impl Detail {
    fn len(&self) -> usize {
        self.bytes.as_ref().map_or(0, |bytes| bytes.len())
    }

    fn open(&mut self, group: usize, open: bool) {
        if open {
            self.closed.remove(&group);
        } else {
            self.closed.insert(group);
        }
        self.seen = Rc::new(rows::seen(&self.nodes, &self.closed));
    }

    /// Opens the groups that contain a field.
    fn open_around(&mut self, field: usize) {
        let mut changed = false;
        let mut at = self.nodes.get(field).and_then(|node| node.parent);
        while let Some(group) = at {
            changed |= self.closed.remove(&group);
            at = self.nodes.get(group).and_then(|node| node.parent);
        }
        if changed {
            self.seen = Rc::new(rows::seen(&self.nodes, &self.closed));
        }
    }
}

impl Component for WireDialog {
    type Message = Msg;
    type Properties = AskingProps;

    fn create(_ctx: &Context<Self>) -> Self {
        Self {
            dialog: NodeRef::default(),
            listed: Listed::default(),
            detail: None,
            fetching: None,
            pointed: None,
            show_row: (0, 0),
            show_field: (0, 0),
            show_byte: (0, 0),
            closing: None,
            focus: false,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &AskingProps) -> bool {
        let AskingProps { state, errands, send } = ctx.props();
        let (now, before) = (&state.wire, &old.state.wire);
        if !now.open {
            if before.open {
                (self.detail, self.fetching, self.closing) = (None, None, None);
                self.listed = Listed::default();
            }
            return before.open;
        }
        self.focus |= !before.open;
        let none = self.listed.rows.lines.is_empty();
        let anew = self.listed.refresh(state, errands);
        // The frames of the last put come a moment after the view.
        self.focus |= now.last && none && anew;
        // A person who asks for one message expects to see a frame of it.
        let asked = now.filter.only.is_some() && (now.filter.only != before.filter.only || !before.open);
        if now.picked.is_none()
            && (asked || anew && now.filter.only.is_some())
            && let Some(first) = errands.frames_seen(|record| self.listed.rows.picked(record, 0))
        {
            send.emit(Change::Pick(Some(first)).into());
        }
        self.look(ctx);
        if now.picked != before.picked || !before.open || (anew && now.filter != before.filter) {
            self.show_picked(ctx);
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        let Some(dialog) = self.dialog.cast::<HtmlDialogElement>() else { return };
        if !ctx.props().state.wire.open {
            if dialog.open() {
                dialog.close();
            }
            return;
        }
        if !dialog.open() {
            dialog::show_view(&dialog);
        }
        if self.closing.is_none() {
            let closed = ctx.link().callback(|()| Msg::Closed);
            self.closing = Some(EventListener::new(&dialog, "close", move |_| closed.emit(())));
        }
        if std::mem::take(&mut self.focus) && dialog::may_focus(&dialog) {
            focus(if self.listed.rows.lines.is_empty() { "wire-record" } else { "wire-list" });
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let AskingProps { state, send, errands } = ctx.props();
        match msg {
            Msg::Fetched(entry, bytes) => {
                self.fetched(ctx, &entry, bytes);
                true
            }
            Msg::Closed => {
                // The event arrives late: the dialog may be open again.
                let closed = self.dialog.cast::<HtmlDialogElement>().is_some_and(|dialog| !dialog.open());
                if state.wire.open && closed {
                    send.emit(Change::Open(false).into());
                }
                false
            }
            Msg::Key(event) => {
                if keys::leaves_field(&event) {
                    focus("wire-list");
                }
                false
            }
            Msg::ListKey(event) => keys::moves(&event, LIST_KEYS) && self.list_key(ctx, &event),
            Msg::ListClick(event) => {
                if let Some(line) = number_under(&event, "data-line") {
                    let folds = number_under(&event, "data-fold").is_some();
                    self.pick(ctx, line as usize);
                    let fold = errands.frames_seen(|record| self.listed.rows.picked(record, line as usize));
                    if let Some(Picked::Fold(message)) = fold.filter(|_| folds) {
                        send.emit(Change::Unfold(message, !state.wire.unfolded.contains(&message)).into());
                    }
                }
                false
            }
            Msg::FieldsKey(event) => keys::moves(&event, FIELDS_KEYS) && self.fields_key(&event),
            Msg::FieldClick(event) => {
                let Some(field) = number_under(&event, "data-field") else { return false };
                let field = field as usize;
                if number_under(&event, "data-toggle").is_some()
                    && let Some(detail) = &mut self.detail
                {
                    detail.open(field, detail.closed.contains(&field));
                }
                self.choose_field(field);
                true
            }
            Msg::BytesKey(event) => !event.alt_key() && self.bytes_key(&event),
            Msg::ByteClick(event) => {
                let Some(byte) = number_under(&event, "data-at") else { return false };
                self.choose_byte(byte as usize);
                true
            }
            Msg::PointAt(field) => std::mem::replace(&mut self.pointed, field) != field,
            Msg::Step(forwards) => {
                // A person who steps quickly is ahead of the bytes that are on their way.
                let from = match (state.wire.picked, &self.detail) {
                    (Some(Picked::Frame(id)), _) => Some(id),
                    (_, detail) => detail.as_ref().map(|detail| detail.id),
                };
                let to = from.and_then(|id| {
                    errands.frames_seen(|record| Some(record.neighbour(record.entry(id)?, forwards)?.id))
                });
                if let Some(id) = to {
                    send.emit(Change::Pick(Some(Picked::Frame(id))).into());
                }
                false
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let open = ctx.props().state.wire.open;
        let onkeydown = ctx.link().callback(|event: KeyboardEvent| {
            keys::claim(&event, keys::leaves_field(&event));
            Msg::Key(event)
        });
        html! {
            <dialog ref={self.dialog.clone()} id="wire-dialog" class="wire" aria-labelledby="head-wire"
                {onkeydown}>
                if open { { self.content(ctx) } }
            </dialog>
        }
    }
}

impl WireDialog {
    fn content(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, .. } = ctx.props();
        let wire = &state.wire;
        html! {
            <>
                <header class="dialog-head">
                    <h2 id="head-wire">{ "Wire" }</h2>
                    { record_button("wire-record", state, send) }
                    <button type="button" id="wire-pause" disabled={!wire.recording} aria-pressed={wire.paused.to_string()}
                        aria-keyshortcuts={aria("wire-pause")}
                        title="The list stays as it is. The session goes on recording, and what it still has then comes when the list goes on."
                        onclick={sends(send, Change::Pause(!wire.paused).into())}>{ if wire.paused { "Go on" } else { "Hold" } }</button>
                    { last_button(state, send) }
                    <button type="button" id="wire-clear" disabled={wire.last || wire.kept.frames == 0}
                        onclick={sends(send, Change::Clear.into())}>{ "Clear" }</button>
                    { kept(state) }
                    <button type="button" id="wire-close" data-closes="true" onclick={sends(send, Change::Open(false).into())}>{ "Close" }</button>
                </header>
                if wire.kept.frames == 0 {
                    { empty(state) }
                } else {
                    { self.filters(ctx) }
                    <div class="wire-body">
                        { self.list(ctx) }
                        { self.detail(ctx) }
                    </div>
                    { self.foot(ctx) }
                }
            </>
        }
    }

    fn filters(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, errands } = ctx.props();
        let filter = &state.wire.filter;
        let change = |with: fn(&mut Filter, String)| {
            let (send, filter) = (send.clone(), filter.clone());
            Callback::from(move |value: String| {
                let mut filter = filter.clone();
                with(&mut filter, value);
                send.emit(Change::Filter(filter).into());
            })
        };
        let ways = [("both", "both ways"), ("out", "↑ out"), ("in", "↓ in")];
        let ways = ways.map(|(key, name)| (key.into(), name.into())).into_iter().collect::<Vec<_>>();
        let way = match filter.way {
            None => "both",
            Some(Way::Out) => "out",
            Some(Way::In) => "in",
        };
        let choose_way = change(|filter, key| {
            filter.way = match key.as_str() {
                "out" => Some(Way::Out),
                "in" => Some(Way::In),
                _ => None,
            };
        });
        let kinds: Vec<_> = Kinds::all().map(|kinds| (kinds.name().into(), kinds.name().into())).collect();
        let choose_kinds = change(|filter, name| {
            filter.kinds = Kinds::all().find(|kinds| kinds.name() == name).unwrap_or_default();
        });
        let text = change(|filter, text| filter.text = text);
        let segment = {
            let (send, filter) = (send.clone(), filter.clone());
            Callback::from(move |segment: bool| send.emit(Change::Filter(Filter { segment, ..filter.clone() }).into()))
        };
        let followed = filter.only.map(|only| errands.frames_seen(|record| rows::only_words(record, only)));
        let all = Filter::default();
        html! {
            <div class="wire-filters" role="group" aria-label="Which frames are shown">
                <Select id="wire-way" name="Which way" value={way} options={ways} choose={choose_way} />
                <Select id="wire-kinds" name="Which kinds" value={filter.kinds.name()} options={kinds} choose={choose_kinds} />
                <label for="wire-text">{ "key" }</label>
                <TextField id="wire-text" class="mono" value={filter.text.clone()} change={text} ends={Ends::LeftOut} placeholder="lab/" />
                { check("wire-segment", "only the selected segment", filter.segment, segment) }
                if let Some(words) = followed {
                    <button type="button" id="wire-unfollow"
                        onclick={sends(send, Change::Filter(Filter { only: None, ..filter.clone() }).into())}>
                        { format!("Only {words} ") }<span aria-hidden="true">{ "×" }</span><span class="unseen">{ ": end" }</span>
                    </button>
                }
                if *filter != all {
                    <button type="button" class="link" id="wire-all" onclick={sends(send, Change::Filter(all).into())}>{ "Show all again" }</button>
                }
                <p id="wire-shown" role="status" data-shown={self.listed.rows.shown.to_string()}
                    data-lines={self.listed.rows.lines.len().to_string()}>
                    { rows::shown_words(&self.listed.rows, &state.wire.kept, filter) }
                </p>
            </div>
        }
    }

    fn foot(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, errands } = ctx.props();
        let saves = Format::ALL.map(|format| {
            let id = match format {
                Format::JsonLines => "wire-save-json",
                Format::Pcapng => "wire-save-pcapng",
            };
            html! {
                <button type="button" {id} disabled={state.wire.saving == Saving::UnderWay || self.listed.rows.shown == 0}
                    onclick={sends(send, Change::Save(format).into())}>{ format.name() }</button>
            }
        });
        html! {
            <footer class="wire-foot">
                <div class="bytes-actions" role="group" aria-label="Save the frames that are shown">
                    <span class="quiet">{ "save what is shown as" }</span>
                    { for saves }
                </div>
                <p class="quiet" id="wire-looked">
                    { format!("Looking copied {} so far: the frames that were opened or saved.", crate::present::format::requested_size(errands.frames_looked())) }
                </p>
                <p class="quiet keys-line" id="wire-keys">
                    { in_line(&[Shortcuts::Wire]) }
                </p>
                <div id="wire-said" role="status">
                    { match &state.wire.saving {
                        Saving::None => html! {},
                        Saving::UnderWay => html! { <p class="quiet">{ "Making the file …" }</p> },
                        Saving::Done(words) => html! { <p>{ words }</p> },
                        Saving::Failed(cause) => problem("wire-failed", cause),
                    } }
                </div>
            </footer>
        }
    }
}

/// The switch for recording.
fn record_button(id: &'static str, state: &State, send: &Callback<Action>) -> Html {
    let on = state.wire.recording;
    html! {
        <button type="button" {id} class={classes!((!on).then_some("primary"))} aria-keyshortcuts={aria(id)} title={hint(id)}
            onclick={sends(send, Change::Record(!on).into())}>{ if on { "Stop recording" } else { "Record" } }</button>
    }
}

/// How much the page keeps, for people and for programs that read the page.
fn kept(state: &State) -> Html {
    let Kept { frames, bytes, recorded, missed, copied, .. } = &state.wire.kept;
    let word = match (state.wire.recording, state.wire.paused) {
        _ if state.wire.last => "last",
        (false, _) => "off",
        (true, true) => "held",
        (true, false) => "on",
    };
    html! {
        <p class="quiet wire-kept" id="wire-kept" data-state={word} data-frames={frames.to_string()} data-bytes={bytes.to_string()}
            data-recorded={recorded.to_string()} data-missed={missed.to_string()} data-copied={copied.to_string()}>
            if *frames > 0 { { kept_words(state) } }
        </p>
    }
}

/// What is kept, in words.
fn kept_words(state: &State) -> String {
    let kept = &state.wire.kept;
    if !state.wire.last {
        return rows::kept_words(kept, Bounds::DEFAULT);
    }
    let too_long = if is_too_long(state) { rows::too_long_words() } else { String::new() };
    format!("{} {too_long}", rows::last_words(kept))
}

/// Whether the last put was too long for its frames to be kept.
fn is_too_long(state: &State) -> bool {
    matches!(&state.put, Put::Done(report) if report.bytes > KEPT_BYTES)
}

/// The switch between the last put and sample, and recorded frames.
fn last_button(state: &State, send: &Callback<Action>) -> Html {
    let wire = &state.wire;
    if wire.recording || (wire.last && !wire.recorded) || (!wire.last && wire.kept.frames == 0) {
        return html! {};
    }
    html! {
        <button type="button" id="wire-last" onclick={sends(send, Change::Last(!wire.last).into())}>
            { if wire.last { "Recorded frames" } else { "Last put and sample" } }</button>
    }
}

/// What the person must do first.
fn empty(state: &State) -> Html {
    html! {
        <div class="wire-empty" id="wire-empty">
            if state.wire.recording {
                <p><strong>{ "Recording. " }</strong>
                    { if state.session.is_open() {
                        "There was no frame yet: put something, and its frames are listed here."
                    } else {
                        "Connect to a router: the first frames are how the session is opened."
                    } }
                </p>
            } else {
                <p><strong>{ "Nothing is here yet. " }</strong>
                    { rows::NO_FRAMES }</p>
                if is_too_long(state) { <p>{ rows::too_long_words() }</p> }
            }
            <p class="quiet">{ rows::record_words(Bounds::DEFAULT) }</p>
        </div>
    }
}

/// The button beside a put that shows its frames.
pub(crate) fn follow_button(state: &State, send: &Callback<Action>) -> Html {
    let put = state.put_id;
    let left = matches!(&state.put, Put::Done(report) if report.batches > 0);
    if !left && !state.wire.kept.puts.contains(&put) {
        return html! {};
    }
    html! {
        <button type="button" class="link" id="put-frames" onclick={sends(send, Change::Follow(put).into())}>{ "On the wire" }</button>
    }
}

/// Whether the list shows only one message. `message` is the one of the chosen frame.
fn follows(state: &State, message: Option<MessageId>) -> bool {
    matches!(state.wire.filter.only, Some(Only::Message(id)) if Some(id) == message)
}
