//! The view "Bytes": a dialog that shows the lines of a payload that are in view, and nothing of
//! the rest.
//!
//! It scrolls by itself, because a browser's scrollbar ends at some millions of pixels. What is on
//! the screen is a copied window of the payload; it is dropped with the next one. What looking has
//! copied stands at the foot.

mod moves;
mod search;
mod take;
mod view;
mod watch;

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::{Element as Node, HtmlDialogElement, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use self::watch::Watched;
use crate::{
    app::{
        Action, Problem, State,
        bytes::{Looking, Subject},
    },
    payload::{Difference, Direction, Step},
    segment::Element,
    web::{
        Runtime,
        bytes::{self, Held, Looked, Seen, Stop},
    },
};
use crate::{
    present::hex::{self, Bar, Lines, Order, Sought, Style},
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
    /// Whether its segments are those of the rows: then they have their colours, and are pointed at
    /// in every pane.
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

    /// The first byte that is selected, and the one after the last; always at least the byte under
    /// the cursor, if there is one.
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
                // Bounded, because it must not grow with what is drawn in it, whatever the styles
                // do.
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
