//! The view "Bytes": a dialog that shows the lines of a payload that are in view, and nothing of the rest.
//!
//! It scrolls by itself, because a browser's scrollbar ends at some millions of pixels. What is on the screen is a copied window
//! of the payload; it is dropped with the next one. What looking has copied stands at the foot.

mod view;

use std::{cell::RefCell, rc::Rc};

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element as Node, HtmlDialogElement, HtmlElement, HtmlInputElement, ResizeObserver};
use yew::prelude::*;

use crate::{
    app::{
        Action, Problem, State,
        bytes::{Looking, Subject},
    },
    payload::{Difference, Direction, Search, Step},
    segment::{Element, Mode},
    web::{
        Runtime,
        bytes::{self, Held, Looked, Seen, Stop},
    },
};
use crate::{
    present::{
        format,
        hex::{self, Bar, Lines, Order, Sought, Style},
    },
    ui::kit::widgets::sends,
};

/// The height of a line in pixels, as in the styles.
const LINE: f64 = 20.0;

/// Below this width of the window the view is the phone's.
const NARROW: f64 = 700.0;

/// Bytes in a line, and on a phone.
const WIDTHS: [usize; 2] = [16, 8];

/// Lines that are drawn before the view was measured.
const FIRST_LINES: usize = 20;

/// The most lines that are drawn, on whatever screen.
const MOST_LINES: usize = 200;

/// Bytes from the cursor on that the inspector reads.
const INSPECTED: usize = 256;

/// Elements that are read on from the cursor.
const READ_ON: usize = 16;

/// The longest selection that is copied as text.
const MOST_COPIED: usize = 1 << 20;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct BytesProps {
    /// The state to show.
    pub(crate) state: Rc<State>,
    /// Where actions go.
    pub(crate) send: Callback<Action>,
    /// Who has the bytes.
    pub(crate) runtime: Runtime,
}

pub(crate) enum Msg {
    Measured { height: f64, narrow: bool },
    Closed,
    Key(KeyboardEvent),
    Wheel(f64),
    Point { offset: usize, extend: bool },
    Drag(usize),
    Touched(f64),
    Swiped(f64),
    Lifted(Option<usize>),
    Grab(f64),
    Thumb(f64),
    Release,
    Extend,
    Subject(Subject),
    GoTyped(String),
    Go,
    Kind(Sought),
    SoughtOrder(Order),
    SoughtTyped(String),
    Find(Direction),
    Found(u64, Result<Option<Step>, Problem>),
    Progress(u64, f64),
    CancelSearch,
    CancelCompare,
    Other(Option<Subject>),
    Compared(u64, Result<Option<Difference>, Problem>),
    Differ(Direction),
    Differs(u64, Result<Option<Option<usize>>, Problem>),
    As(Element),
    ReadOrder(Order),
    Copy(Style),
    Copied(String, Result<(), String>),
    Save,
    WriteTyped(String),
    Write,
    Keep,
    ForgetKept,
}

/// The mode of the row that has the byte at `offset` of the payload that the rows make.
fn mode_at(state: &State, offset: usize) -> Option<Mode> {
    let plan = state.plan().ok()?;
    let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&offset))?;
    state.rows.iter().find(|row| row.id == piece.row).map(|row| row.mode)
}

/// How a search goes.
enum Searching {
    Idle,
    Wrong(String),
    UnderWay(f64),
    Hit { offset: usize, wrapped: bool },
    Absent,
    Stopped,
    Failed(Problem),
}

/// How a comparison goes.
enum Comparing {
    UnderWay(f64),
    Done(Rc<Difference>),
    Stopped,
    Failed(Problem),
}

/// The payload that the first one is compared with.
struct Other {
    subject: Subject,
    held: Result<Held, Problem>,
    comparing: Comparing,
    /// What came of the last step to a difference.
    step: Option<Result<&'static str, Problem>>,
}

/// Bytes that are on the screen.
struct Window {
    mine: Seen,
    theirs: Seen,
    /// How many bytes there is room for.
    room: usize,
}

/// Something was done, or it could not be.
type Said = Result<String, Problem>;

/// What is there while a payload is looked at.
struct Open {
    subject: Subject,
    held: Result<Held, Problem>,
    /// Whether its segments are those of the rows: then they have their colours, and are pointed at in every pane.
    ours: bool,
    looked: Rc<Looked>,
    other: Option<Other>,
    top: usize,
    cursor: usize,
    anchor: usize,
    window: Option<Window>,
    /// Bytes from the cursor on.
    inspected: Option<Seen>,
    searching: Searching,
    /// What was found last, to be drawn and to be gone on from.
    hit: usize,
    said: Option<Said>,
    /// Text that could not be put into the clipboard.
    text: Option<String>,
}

impl Open {
    fn len(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.payload().len())
    }

    /// Why there is no payload, or why not all of what is in view can be read.
    fn problem(&self) -> Option<&Problem> {
        let window = self.window.as_ref();
        let seen = window.and_then(|window| window.mine.problem.as_ref().or(window.theirs.problem.as_ref()));
        self.held.as_ref().err().or(seen)
    }

    /// The first byte that is selected, and the one after the last; always at least the byte under the cursor, if there is one.
    fn selection(&self) -> std::ops::Range<usize> {
        let (from, to) = (self.cursor.min(self.anchor), self.cursor.max(self.anchor));
        from..(to + 1).min(self.len())
    }
}

/// What a person has chosen; it outlives the view.
struct Choices {
    go: String,
    go_error: Option<String>,
    kind: Sought,
    order: Order,
    sought: String,
    element: Element,
    read_order: Order,
    extend: bool,
    write: String,
    write_error: Option<String>,
}

/// The dialog.
pub(crate) struct BytesDialog {
    dialog: NodeRef,
    area: NodeRef,
    grid: NodeRef,
    bar: NodeRef,
    open: Option<Open>,
    choices: Choices,
    visible: usize,
    height: f64,
    narrow: bool,
    /// Where in the thumb the pointer has taken it.
    grab: Option<f64>,
    /// Where a finger was last, and whether it has moved.
    finger: Option<(f64, f64, bool)>,
    dragging: bool,
    /// Numbers what takes turns with the page: answers to what was asked before are ignored.
    task: u64,
    stop_search: Option<(u64, Stop)>,
    stop_compare: Option<(u64, Stop)>,
    stop_step: Option<(u64, Stop)>,
    watched: Option<Watched>,
    focus: bool,
    /// Counts what the lines have to be drawn anew for.
    version: u64,
    drawn: RefCell<view::Drawn>,
}

/// Listens until it is dropped.
struct Watched {
    observer: Option<ResizeObserver>,
    _resized: Closure<dyn FnMut()>,
    _listeners: [EventListener; 2],
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

impl BytesDialog {
    fn width(&self) -> usize {
        if self.narrow { WIDTHS[1] } else { WIDTHS[0] }
    }

    fn lines(&self, open: &Open) -> Lines {
        Lines { len: open.len(), width: self.width() }
    }

    fn bar_of(&self, open: &Open) -> Bar {
        let lines = self.lines(open);
        Bar { last_top: lines.last_top(self.visible), visible: self.visible, track: self.height.max(1.0) }
    }

    fn begin(&mut self, ctx: &Context<Self>, looking: Looking) {
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
    fn refresh(&mut self, ctx: &Context<Self>) {
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
    fn go(&mut self, offset: usize, extend: bool, jump: bool) {
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

    fn scroll(&mut self, top: usize) {
        let (visible, width) = (self.visible, self.width());
        if let Some(open) = &mut self.open {
            open.top = top.min(Lines { len: open.len(), width }.last_top(visible));
        }
    }

    /// By so many pixels, of which what is no whole line is given back.
    fn scroll_by(&mut self, pixels: f64) -> f64 {
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

    /// Whether a key did something. Those that press a control of the view are the page's listener's.
    fn key(&mut self, event: &KeyboardEvent) -> bool {
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

    fn find(&mut self, ctx: &Context<Self>, direction: Direction) {
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
        // A hit is selected: the next one begins behind its beginning, the one before it before that.
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

    fn compare(&mut self, ctx: &Context<Self>, subject: Option<Subject>) {
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

    fn differ(&mut self, ctx: &Context<Self>, direction: Direction) {
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

    fn copy(&mut self, ctx: &Context<Self>, style: Style) {
        let (element, order) = (self.choices.element, self.choices.read_order);
        let Some(open) = &mut self.open else { return };
        let selected = open.selection();
        open.text = None;
        let Ok(held) = &open.held else { return };
        if selected.len() > MOST_COPIED {
            open.said = Some(Err(Problem::new(
                "Too much to copy as text.",
                format!(
                    "{} are selected, at most {} are copied; save the payload instead.",
                    format::bytes(selected.len()),
                    format::size(MOST_COPIED)
                ),
            )));
            return;
        }
        let seen = held.look(selected.start, selected.len());
        if let Some(problem) = seen.problem {
            open.said = Some(Err(problem));
            return;
        }
        let bytes = seen.bytes;
        let what = format!("{} as {}", format::bytes(bytes.len()), style.name());
        let (text, note) = match style.text(&bytes, element, order) {
            Some(text) => (text, String::new()),
            None => (
                style.text(&bytes, Element::Uint8, order).unwrap_or_default(),
                format!(" They are no whole number of {} elements, so they were copied as bytes.", element.name()),
            ),
        };
        let what = format!("Copied {what}.{note}");
        open.said = Some(Ok(what.clone()));
        let (link, secure) = (ctx.link().clone(), ctx.props().state.surroundings.secure);
        if !secure {
            let reason = "there is no clipboard on a page that came by plain http".to_owned();
            link.send_message(Msg::Copied(text, Err(reason)));
            return;
        }
        wasm_bindgen_futures::spawn_local(async move {
            let result = bytes::to_clipboard(&text).await;
            link.send_message(Msg::Copied(text, result));
        });
    }

    fn save(&mut self, ctx: &Context<Self>) {
        let state = &ctx.props().state;
        let Some(open) = &mut self.open else { return };
        let Ok(held) = &open.held else { return };
        let name = file_name(&state.subject_name(open.subject));
        open.said = Some(bytes::save(held, &name).map(|()| {
            format!(
                "Saved {} as {name}. The browser copied them from where they are into the file; the lab made no block of \
                 them.",
                format::bytes(open.len())
            )
        }));
    }

    fn write(&mut self, ctx: &Context<Self>) {
        let byte = match Sought::Hex.bytes(&self.choices.write, Order::Little).as_deref() {
            Ok([byte]) => *byte,
            Ok(_) => {
                self.choices.write_error = Some("Expected one byte of two hexadecimal digits.".to_owned());
                return;
            }
            Err(words) => {
                self.choices.write_error = Some(words.clone());
                return;
            }
        };
        self.choices.write_error = None;
        let Some(open) = &mut self.open else { return };
        let Ok(held) = &open.held else { return };
        let at = format::hex(open.cursor);
        let copied = mode_at(&ctx.props().state, open.cursor) == Some(Mode::Copy);
        open.said = Some(held.write(open.cursor, byte).map(|()| {
            let then = if copied {
                "To be looked at, the array is borrowed. Its row is copied: a payload that is built later has the new byte, and one that \
                 was built before keeps its own."
            } else {
                "It shows wherever the array is borrowed, and nowhere else."
            };
            format!("Wrote {byte:02x} at {at} into the caller’s array. {then}")
        }));
        (open.window, open.inspected) = (None, None);
        let other = open.other.as_ref().map(|other| other.subject);
        self.compare(ctx, other);
    }

    fn keep(&mut self, ctx: &Context<Self>) {
        let props = ctx.props();
        let kept = props.runtime.keep_payload(&props.state.rows);
        // Rows in move mode had their arrays taken away by that, and have new ones now.
        let Some(open) = &mut self.open else { return };
        open.held = props.runtime.hold(Subject::Build, &props.state.rows, &open.looked);
        (open.window, open.inspected) = (None, None);
        open.said = Some(kept.map(|copied| {
            format!(
                "Kept a payload of these rows by their own modes; building it copied {}. Write a byte, and see in which of the \
                 two it shows.",
                format::requested(copied)
            )
        }));
        self.compare(ctx, Some(Subject::Kept));
    }

    fn watch(&mut self, ctx: &Context<Self>) {
        let (Some(dialog), Some(area), Some(grid)) =
            (self.dialog.cast::<Node>(), self.area.cast::<HtmlElement>(), self.grid.cast::<Node>())
        else {
            return;
        };
        let link = ctx.link().clone();
        let watched = area.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let (link, watched) = (link.clone(), watched.clone());
            // After the observer's own round: drawing inside of it would change sizes that it is still reporting.
            Timeout::new(0, move || {
                let window =
                    web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
                let narrow = window.is_some_and(|width| width < NARROW);
                link.send_message(Msg::Measured { height: f64::from(watched.client_height()), narrow });
            })
            .forget();
        });
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(&area);
        }
        let closed = ctx.link().callback(|()| Msg::Closed);
        let wheel = ctx.link().callback(Msg::Wheel);
        let listeners = [
            EventListener::new(&dialog, "close", move |_| closed.emit(())),
            // Not passive, so that the page behind stays where it is.
            EventListener::new_with_options(
                &grid,
                "wheel",
                EventListenerOptions::enable_prevent_default(),
                move |event| {
                    let Some(event) = event.dyn_ref::<WheelEvent>() else { return };
                    if event.ctrl_key() || event.delta_y() == 0.0 {
                        return;
                    }
                    event.prevent_default();
                    let unit = match event.delta_mode() {
                        WheelEvent::DOM_DELTA_LINE => LINE,
                        WheelEvent::DOM_DELTA_PAGE => 10.0 * LINE,
                        _ => 1.0,
                    };
                    wheel.emit(event.delta_y() * unit);
                },
            ),
        ];
        self.watched = Some(Watched { observer, _resized: resized, _listeners: listeners });
    }
}

/// Nobody can change the rows as long as the dialog is open.
fn has_segments_of_rows(state: &State, held: &Result<Held, Problem>) -> bool {
    state.plan().is_ok_and(|plan| held.as_ref().is_ok_and(|held| hex::has_segments_of(&plan, held.payload())))
}

/// Whether a task is the one that is waited for.
fn is(stop: &Option<(u64, Stop)>, task: u64) -> bool {
    stop.as_ref().is_some_and(|(number, _)| *number == task)
}

/// Gives the focus to an element. It stays where it is when there is none.
fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Gives the focus to a field, with its text selected.
fn focus_id(id: &str) {
    let element = web_sys::window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(field) = element.and_then(|element| element.dyn_into::<HtmlInputElement>().ok()) {
        let _ = field.focus();
        field.select();
    }
}

/// A name for a file out of that of a payload.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' };
    format!("{}.bin", name.trim_start_matches("the ").chars().map(plain).collect::<String>())
}

/// The byte that an event is about.
fn offset_under(event: &PointerEvent) -> Option<usize> {
    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok())?;
    target.closest("[data-at]").ok().flatten()?.get_attribute("data-at")?.parse().ok()
}

impl Component for BytesDialog {
    type Message = Msg;
    type Properties = BytesProps;

    fn create(_ctx: &Context<Self>) -> Self {
        Self {
            dialog: NodeRef::default(),
            area: NodeRef::default(),
            grid: NodeRef::default(),
            bar: NodeRef::default(),
            open: None,
            choices: Choices {
                go: String::new(),
                go_error: None,
                kind: Sought::Hex,
                order: Order::Little,
                sought: String::new(),
                element: Element::Uint8,
                read_order: Order::Little,
                extend: false,
                write: "ff".to_owned(),
                write_error: None,
            },
            visible: FIRST_LINES,
            height: FIRST_LINES as f64 * LINE,
            narrow: false,
            grab: None,
            finger: None,
            dragging: false,
            task: 0,
            stop_search: None,
            stop_compare: None,
            stop_step: None,
            watched: None,
            focus: false,
            version: 0,
            drawn: RefCell::default(),
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &BytesProps) -> bool {
        self.version += 1;
        let looking = ctx.props().state.looking;
        if looking != old.state.looking {
            match looking {
                Some(looking) => self.begin(ctx, looking),
                None => {
                    (self.open, self.watched) = (None, None);
                    (self.stop_search, self.stop_compare, self.stop_step) = (None, None, None);
                }
            }
            return true;
        }
        self.open.is_some()
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        let Some(dialog) = self.dialog.cast::<HtmlDialogElement>() else { return };
        if self.open.is_none() {
            if dialog.open() {
                dialog.close();
            }
            return;
        }
        if !dialog.open() {
            // It can only fail when it is open already.
            let _ = dialog.show_modal();
        }
        if self.watched.is_none() {
            self.watch(ctx);
        }
        if std::mem::take(&mut self.focus) {
            focus(&self.grid);
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        if !matches!(msg, Msg::Progress(..)) {
            self.version += 1;
        }
        match msg {
            Msg::Closed => {
                // The event comes late: the dialog may be open again, for another payload.
                let closed = self.dialog.cast::<HtmlDialogElement>().is_some_and(|dialog| !dialog.open());
                if self.open.is_some() && closed {
                    ctx.props().send.emit(Action::Look(None));
                }
                return false;
            }
            Msg::Measured { height, narrow } => {
                // Bounded, because it must not grow with what is drawn in it, whatever the styles do.
                let height = height.min(MOST_LINES as f64 * LINE);
                if height <= 0.0 || (self.height, self.narrow) == (height, narrow) {
                    return false;
                }
                let old = self.open.as_ref().map(|open| open.top * self.width());
                (self.height, self.narrow) = (height, narrow);
                self.measure();
                if let Some(offset) = old {
                    self.scroll(offset / self.width());
                }
            }
            Msg::Key(event) => {
                if !self.key(&event) {
                    return false;
                }
                event.prevent_default();
            }
            Msg::Wheel(pixels) => {
                // A notch of a wheel is many lines; the least movement is one.
                let pixels = if pixels.abs() < LINE { LINE.copysign(pixels) } else { pixels };
                self.scroll_by(pixels);
            }
            Msg::Point { offset, extend } => {
                let extend = extend || self.choices.extend;
                self.dragging = true;
                self.go(offset, extend, false);
                focus(&self.grid);
            }
            Msg::Drag(offset) => {
                if !self.dragging {
                    return false;
                }
                self.go(offset, true, false);
            }
            Msg::Touched(y) => {
                self.finger = Some((y, 0.0, false));
                return false;
            }
            Msg::Swiped(y) => {
                let Some((before, rest, moved)) = self.finger else { return false };
                let rest = self.scroll_by(rest + before - y);
                self.finger = Some((y, rest, moved || (before - y).abs() > 2.0));
            }
            Msg::Lifted(offset) => {
                let finger = self.finger.take();
                self.dragging = false;
                let (Some(offset), Some((_, _, false))) = (offset, finger) else { return false };
                self.go(offset, self.choices.extend, false);
                focus(&self.grid);
            }
            Msg::Grab(y) => {
                let Some(open) = &self.open else { return false };
                let bar = self.bar_of(open);
                let at = bar.y_of(open.top);
                let inside = (at..=at + bar.thumb()).contains(&y);
                let grab = if inside { y - at } else { bar.thumb() / 2.0 };
                self.grab = Some(grab);
                self.scroll(bar.top_of(y - grab));
            }
            Msg::Thumb(y) => {
                let (Some(grab), Some(open)) = (self.grab, &self.open) else { return false };
                let top = self.bar_of(open).top_of(y - grab);
                self.scroll(top);
            }
            Msg::Release => {
                (self.grab, self.finger, self.dragging) = (None, None, false);
                return false;
            }
            Msg::Extend => self.choices.extend = !self.choices.extend,
            Msg::Subject(subject) => {
                let offset = self.open.as_ref().map_or(0, |open| open.cursor);
                ctx.props().send.emit(Action::Look(Some(Looking { subject, offset })));
                return false;
            }
            Msg::GoTyped(text) => {
                self.choices.go = text;
                self.choices.go_error = None;
            }
            Msg::Go => {
                let Some(open) = &self.open else { return false };
                match hex::offset(&self.choices.go, open.cursor, open.len()) {
                    Ok(offset) => {
                        self.go(offset, self.choices.extend, true);
                        self.choices.go_error = None;
                        focus(&self.grid);
                    }
                    Err(words) => self.choices.go_error = Some(words),
                }
            }
            Msg::Kind(kind) => {
                self.choices.kind = kind;
                self.sought_changed();
            }
            Msg::SoughtOrder(order) => {
                self.choices.order = order;
                self.sought_changed();
            }
            Msg::SoughtTyped(text) => {
                self.choices.sought = text;
                self.sought_changed();
            }
            Msg::Find(direction) => self.find(ctx, direction),
            Msg::Found(task, result) => return self.found(ctx, task, result),
            Msg::Progress(task, done) => {
                let Some(open) = &mut self.open else { return false };
                let other = open.other.as_mut().map(|other| &mut other.comparing);
                let under_way = match (&mut open.searching, other) {
                    (Searching::UnderWay(before), _) if is(&self.stop_search, task) => before,
                    (_, Some(Comparing::UnderWay(before))) if is(&self.stop_compare, task) => before,
                    _ => return false,
                };
                // Drawn at whole percents only.
                if (*under_way * 100.0) as u32 == (done * 100.0) as u32 {
                    return false;
                }
                *under_way = done;
            }
            Msg::CancelSearch => {
                self.stop_search = None;
                if let Some(open) = &mut self.open {
                    open.searching = Searching::Stopped;
                }
                focus(&self.grid);
            }
            Msg::CancelCompare => {
                self.stop_compare = None;
                if let Some(Open { other: Some(other), .. }) = &mut self.open {
                    other.comparing = Comparing::Stopped;
                }
                focus(&self.grid);
            }
            Msg::Other(subject) => self.compare(ctx, subject),
            Msg::Compared(_, Ok(None)) => return false,
            Msg::Compared(task, result) => {
                let Some(Open { other: Some(other), .. }) = &mut self.open else { return false };
                if !is(&self.stop_compare, task) {
                    return false;
                }
                other.comparing = match result {
                    Ok(Some(difference)) => Comparing::Done(Rc::new(difference)),
                    Ok(None) => Comparing::Stopped,
                    Err(problem) => Comparing::Failed(problem),
                };
            }
            Msg::Differ(direction) => self.differ(ctx, direction),
            Msg::Differs(task, result) => {
                if !is(&self.stop_step, task) {
                    return false;
                }
                match result {
                    Ok(None) => return false,
                    Ok(Some(Some(offset))) => self.go(offset, self.choices.extend, true),
                    Ok(Some(None)) => self.stepped(Ok("There is none further on.")),
                    Err(problem) => self.stepped(Err(problem)),
                }
            }
            Msg::As(element) => self.choices.element = element,
            Msg::ReadOrder(order) => self.choices.read_order = order,
            Msg::Copy(style) => self.copy(ctx, style),
            Msg::Copied(_, Ok(())) => {}
            Msg::Copied(text, Err(reason)) => {
                let Some(open) = &mut self.open else { return false };
                open.said = Some(Err(Problem::new("Not in the clipboard:", format!("{reason}. Copy it from here."))));
                open.text = Some(text);
            }
            Msg::Save => self.save(ctx),
            Msg::WriteTyped(text) => {
                self.choices.write = text;
                self.choices.write_error = None;
            }
            Msg::Write => self.write(ctx),
            Msg::Keep => self.keep(ctx),
            Msg::ForgetKept => {
                bytes::forget_kept();
                let compared = self.open.as_ref().and_then(|open| open.other.as_ref()).map(|other| other.subject);
                if compared == Some(Subject::Kept) {
                    self.compare(ctx, None);
                }
                if let Some(open) = &mut self.open {
                    open.said = Some(Ok("Let go of the kept payload.".to_owned()));
                }
            }
        }
        self.refresh(ctx);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let onkeydown = ctx.link().callback(Msg::Key);
        html! {
            <dialog ref={self.dialog.clone()} id="bytes-dialog" class="bytes" aria-labelledby="head-bytes" {onkeydown}>
                if let Some(open) = &self.open { { self.content(ctx, open) } }
            </dialog>
        }
    }
}

impl BytesDialog {
    fn measure(&mut self) {
        let rows = (self.height / LINE) as usize;
        // One above the other on a phone.
        let compared = self.narrow && self.open.as_ref().is_some_and(|open| open.other.is_some());
        self.visible = (if compared { rows / 2 } else { rows }).clamp(1, MOST_LINES);
    }

    fn stepped(&mut self, result: Result<&'static str, Problem>) {
        if let Some(Open { other: Some(other), .. }) = &mut self.open {
            other.step = Some(result);
        }
    }

    fn sought_changed(&mut self) {
        self.stop_search = None;
        if let Some(open) = &mut self.open {
            open.searching = Searching::Idle;
            open.hit = open.selection().start;
        }
    }

    fn found(&mut self, ctx: &Context<Self>, task: u64, result: Result<Option<Step>, Problem>) -> bool {
        let Some(open) = &mut self.open else { return false };
        if !is(&self.stop_search, task) {
            return false;
        }
        match result {
            Ok(Some(Step::Found { offset, wrapped })) => {
                open.searching = Searching::Hit { offset, wrapped };
                let len =
                    self.choices.kind.bytes(&self.choices.sought, self.choices.order).map_or(1, |bytes| bytes.len());
                self.go(offset + len - 1, false, true);
                self.go(offset, true, false);
            }
            Ok(Some(_)) => open.searching = Searching::Absent,
            Ok(None) => open.searching = Searching::Stopped,
            Err(problem) => open.searching = Searching::Failed(problem),
        }
        self.refresh(ctx);
        true
    }
}

/// The way to the bytes of a payload from where it is told of.
pub(crate) fn bytes_button(
    send: &Callback<Action>,
    looking: Looking,
    words: AttrValue,
    name: AttrValue,
    keys: Option<&'static str>,
) -> Html {
    let look = sends(send, Action::Look(Some(looking)));
    html! {
        <button type="button" class="link bytes-open" onclick={look} aria-label={name.clone()} title={name}
            aria-keyshortcuts={keys}>{ words }</button>
    }
}
