//! The view "Bytes": a dialog that shows the lines of a payload that are in view, and nothing of
//! the rest.
//!
//! It scrolls by itself, because a browser's scrollbar ends at some millions of pixels. What is on
//! the screen is a copied window of the payload; it is dropped with the next one. What looking has
//! copied stands at the foot.
//!
//! The engine has the bytes. The view asks for them, and shows what it has until the answer comes.

mod fetch;
mod moves;
mod search;
mod take;
mod view;
mod watch;

use std::{cell::RefCell, future::Future, ops::Range, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::{Element as Node, HtmlDialogElement, HtmlElement, HtmlInputElement};
use yew::prelude::*;

use self::{
    fetch::{BytesWindow, Fetch, Inspected},
    watch::Watched,
};
use crate::{
    app::{
        Action, Build, Problem,
        bytes::{Holding, Looking, Seen, Subject},
        engine::Status,
    },
    payload::{Difference, Direction, Step},
    protocol::Looked,
    segment::Element,
    web::{bytes::Held, clipboard::Promised, tasks::Task},
};
use crate::{
    present::hex::{self, Bar, ByteOrder, Lines, Sought, Style},
    ui::kit::{
        dialog,
        html::html,
        keys,
        widgets::{AskingProps, sends},
    },
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

pub(crate) enum Msg {
    Measured { height: f64, narrow: bool },
    Closed,
    Held(u64, Result<Held, Problem>),
    Fetched(u64, [Seen; 2]),
    Inspected(u64, Seen),
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
    SoughtOrder(ByteOrder),
    SoughtTyped(String),
    Find(Direction),
    Found(u64, Result<Step, Problem>),
    Progress(u64, f64),
    CancelSearch,
    CancelCompare,
    Other(Option<Subject>),
    OtherHeld(u64, Result<Held, Problem>),
    Compared(u64, Result<Difference, Problem>),
    Differ(Direction),
    Differs(u64, Result<Option<usize>, Problem>),
    As(Element),
    ReadOrder(ByteOrder),
    Copy(Style, Promised),
    Save,
    Said(u64, Said),
    NotCopied(u64, String, String),
    WriteTyped(String),
    Write,
    Written(u64, Said),
    Keep,
    Kept(u64, Result<u64, Problem>, Result<Held, Problem>),
    ForgetKept,
    Forgotten(u64),
}

/// A payload that the view looks at.
enum Holds {
    /// The engine was asked for it.
    Waiting,
    There(Held),
    Failed(Problem),
}

impl From<Result<Held, Problem>> for Holds {
    fn from(result: Result<Held, Problem>) -> Self {
        match result {
            Ok(held) => Self::There(held),
            Err(problem) => Self::Failed(problem),
        }
    }
}

impl Holds {
    fn are_waited_for(&self) -> bool {
        matches!(self, Self::Waiting)
    }

    fn held(&self) -> Option<&Held> {
        match self {
            Self::There(held) => Some(held),
            Self::Waiting | Self::Failed(_) => None,
        }
    }

    fn holding(&self) -> Option<&Holding> {
        self.held().map(Held::holding)
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            Self::Waiting | Self::There(_) => None,
        }
    }
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
    holds: Holds,
    comparing: Comparing,
    /// What came of the last step to a difference.
    step: Option<Result<&'static str, Problem>>,
}

/// Something was done, or it could not be.
type Said = Result<String, Problem>;

/// What is there while a payload is looked at.
struct Open {
    /// Numbers the opening: what was begun in an earlier one changes nothing here.
    number: u64,
    /// The revision of the rows at that time.
    revision: u64,
    subject: Subject,
    holds: Holds,
    /// Whether its segments are those of the rows: then they have their colours, and are pointed at
    /// in every pane.
    ours: bool,
    /// What looking had copied when the payload was lost.
    looked: Looked,
    other: Option<Other>,
    top: usize,
    cursor: usize,
    anchor: usize,
    /// Bytes that are on the screen.
    window: Option<BytesWindow>,
    /// Bytes from the cursor on.
    inspected: Option<Inspected>,
    /// Counts what has made the bytes on the screen old, as a write does.
    edition: u64,
    searching: Searching,
    /// What was found last, to be drawn and to be gone on from.
    hit: usize,
    said: Option<Said>,
    /// Text that could not be put into the clipboard.
    text: Option<String>,
}

impl Open {
    fn len(&self) -> usize {
        self.holds.holding().map_or(0, Holding::len)
    }

    /// Bytes that looking has copied so far.
    fn looked(&self) -> Looked {
        self.holds.held().map_or(self.looked, Held::looked)
    }

    /// Why the rows give no payload, or why not all bytes in view can be read.
    fn problem(&self, in_view: &Range<usize>) -> Option<&Problem> {
        let window = self.window.as_ref();
        self.holds.problem().or_else(|| window?.problem(in_view))
    }

    /// The first byte that is selected, and the one after the last; always at least the byte under
    /// the cursor, if there is one.
    fn selection(&self) -> Range<usize> {
        let (from, to) = (self.cursor.min(self.anchor), self.cursor.max(self.anchor));
        from..(to + 1).min(self.len())
    }
}

/// A question to the engine that waits for its answer. Dropping it takes the question back.
struct Asked {
    number: u64,
    _task: Task,
}

impl Asked {
    /// Begins work whose end is a message. The work gets the number that the message carries.
    fn new<F: Future<Output = Msg> + 'static>(
        count: &mut u64,
        ctx: &Context<BytesDialog>,
        work: impl FnOnce(u64) -> F,
    ) -> Self {
        *count += 1;
        let (work, link) = (work(*count), ctx.link().clone());
        Self { number: *count, _task: Task::begin(async move { link.send_message(work.await) }) }
    }
}

/// What the view waits for.
#[derive(Default)]
struct Waits {
    hold: Option<Asked>,
    window: Option<Fetch>,
    inspected: Option<Fetch>,
    search: Option<Asked>,
    /// The payload to compare with.
    other: Option<Asked>,
    compare: Option<Asked>,
    step: Option<Asked>,
}

/// What a person has chosen; it outlives the view.
struct Choices {
    go: String,
    go_error: Option<String>,
    kind: Sought,
    order: ByteOrder,
    sought: String,
    element: Element,
    read_order: ByteOrder,
    extend: bool,
    write: String,
    write_error: Option<String>,
}

/// The dialog.
pub(crate) struct BytesDialog {
    dialog: NodeRef,
    head: NodeRef,
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
    /// Counts questions: answers to what was taken back are ignored.
    asked: u64,
    waits: Waits,
    watched: Option<Watched>,
    /// Whether the lines get the focus as soon as they are there.
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

/// Whether a question is the one whose answer is waited for.
fn is(asked: &Option<Asked>, number: u64) -> bool {
    asked.as_ref().is_some_and(|asked| asked.number == number)
}

/// Whether a person types in a field.
fn is_typing() -> bool {
    let active = web_sys::window().and_then(|window| window.document()?.active_element());
    active.is_some_and(|active| matches!(active.tag_name().as_str(), "INPUT" | "TEXTAREA"))
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
    type Properties = AskingProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut dialog = Self {
            dialog: NodeRef::default(),
            head: NodeRef::default(),
            area: NodeRef::default(),
            grid: NodeRef::default(),
            bar: NodeRef::default(),
            open: None,
            choices: Choices {
                go: String::new(),
                go_error: None,
                kind: Sought::Hex,
                order: ByteOrder::Little,
                sought: String::new(),
                element: Element::Uint8,
                read_order: ByteOrder::Little,
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
            asked: 0,
            waits: Waits::default(),
            watched: None,
            focus: false,
            version: 0,
            drawn: RefCell::default(),
        };
        // The page draws its dialogs after the first view, and a person may be faster.
        if let Some(looking) = ctx.props().state.looking {
            dialog.begin(ctx, looking);
        }
        dialog
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &AskingProps) -> bool {
        self.version += 1;
        let looking = ctx.props().state.looking;
        if looking != old.state.looking {
            match looking {
                Some(looking) => self.begin(ctx, looking),
                None => (self.open, self.watched, self.waits) = (None, None, Waits::default()),
            }
            return true;
        }
        let engine = [&ctx.props().state, &old.state].map(|state| state.engine.status == Status::Running);
        if let (Some(Looking { subject, .. }), [true, false], Some(open)) = (looking, engine, &self.open) {
            // Another engine has taken the place of one that died. It holds the payload anew.
            let offset = open.cursor;
            self.begin(ctx, Looking { subject, offset });
            return true;
        }
        let state = &ctx.props().state;
        if let Some(open) = self.open.as_ref().filter(|open| open.subject == Subject::Build) {
            // Below the drawing, rows may change and segments be selected meanwhile.
            if open.revision != state.revision && state.build != Build::Pending {
                let offset = open.cursor;
                self.begin(ctx, Looking { subject: Subject::Build, offset });
            } else if open.revision == state.revision && state.selected != old.state.selected {
                let offset = state.offset_of(state.selected);
                let is_there = state.plan().is_ok_and(|plan| {
                    hex::planned(&plan, open.cursor).is_none_or(|mark| mark.selection == state.selected)
                });
                if !is_there && state.selected.is_some() {
                    self.go(offset, false, true);
                    self.fetch_window(ctx);
                }
            }
        }
        self.open.is_some()
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        let Some(dialog) = self.dialog.cast::<HtmlDialogElement>() else { return };
        let Some(open) = &self.open else {
            if dialog.open() {
                dialog.close();
            }
            return;
        };
        let there = !open.holds.are_waited_for();
        if !dialog.open() {
            dialog::show_view(&dialog);
            // Where every key of the view works already, but for those that move in the lines.
            focus(&self.head);
        }
        if self.watched.is_none() {
            self.watch(ctx);
        }
        // Not for a person who has begun to type meanwhile.
        if there && std::mem::take(&mut self.focus) && !is_typing() && dialog::may_focus(&dialog) {
            focus(&self.grid);
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        if !matches!(msg, Msg::Progress(..) | Msg::Inspected(..)) {
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
            Msg::Held(number, result) => {
                if !self.arrived(ctx, number, result) {
                    return false;
                }
            }
            Msg::Fetched(number, seen) => {
                if !self.fetched(number, seen) {
                    return false;
                }
            }
            Msg::Inspected(number, seen) => {
                if !self.inspected(number, seen) {
                    return false;
                }
            }
            Msg::Key(event) => {
                if !self.key(&event) {
                    return false;
                }
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
                let Some(open) = self.open.as_ref().filter(|open| !open.holds.are_waited_for()) else { return false };
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
            Msg::Found(number, result) => {
                if !self.found(number, result) {
                    return false;
                }
            }
            Msg::Progress(number, done) => {
                let Some(open) = &mut self.open else { return false };
                let other = open.other.as_mut().map(|other| &mut other.comparing);
                let under_way = match (&mut open.searching, other) {
                    (Searching::UnderWay(before), _) if is(&self.waits.search, number) => before,
                    (_, Some(Comparing::UnderWay(before))) if is(&self.waits.compare, number) => before,
                    _ => return false,
                };
                // Drawn at whole percents only.
                if (*under_way * 100.0) as u32 == (done * 100.0) as u32 {
                    return false;
                }
                *under_way = done;
            }
            Msg::CancelSearch => {
                self.waits.search = None;
                if let Some(open) = &mut self.open {
                    open.searching = Searching::Stopped;
                }
                focus(&self.grid);
            }
            Msg::CancelCompare => {
                self.waits.compare = None;
                if let Some(Open { other: Some(other), .. }) = &mut self.open {
                    other.comparing = Comparing::Stopped;
                }
                focus(&self.grid);
            }
            Msg::Other(subject) => self.compare(ctx, subject),
            Msg::OtherHeld(number, result) => {
                if !is(&self.waits.other, number) {
                    return false;
                }
                self.other_arrived(ctx, result);
            }
            Msg::Compared(number, result) => {
                let Some(Open { other: Some(other), .. }) = &mut self.open else { return false };
                if !is(&self.waits.compare, number) {
                    return false;
                }
                other.comparing = match result {
                    Ok(difference) => Comparing::Done(Rc::new(difference)),
                    Err(problem) => Comparing::Failed(problem),
                };
            }
            Msg::Differ(direction) => self.differ(ctx, direction),
            Msg::Differs(number, result) => {
                if !is(&self.waits.step, number) {
                    return false;
                }
                match result {
                    Ok(Some(offset)) => self.go(offset, self.choices.extend, true),
                    Ok(None) => self.stepped(Ok("There is none further on.")),
                    Err(problem) => self.stepped(Err(problem)),
                }
            }
            Msg::As(element) => self.choices.element = element,
            Msg::ReadOrder(order) => self.choices.read_order = order,
            Msg::Copy(style, place) => self.copy(ctx, style, place),
            Msg::Save => self.save(ctx),
            Msg::Said(number, said) => {
                let Some(open) = self.opened(number) else { return false };
                open.said = Some(said);
            }
            Msg::NotCopied(number, text, reason) => {
                let Some(open) = self.opened(number) else { return false };
                open.said = Some(Err(Problem::new("Not in the clipboard:", format!("{reason}. Copy it from here."))));
                open.text = Some(text);
            }
            Msg::WriteTyped(text) => {
                self.choices.write = text;
                self.choices.write_error = None;
            }
            Msg::Write => self.write(ctx),
            Msg::Written(number, said) => {
                let Some(open) = self.opened(number) else { return false };
                (open.said, open.edition) = (Some(said), open.edition + 1);
                self.compare_anew(ctx);
            }
            Msg::Keep => self.keep(ctx),
            Msg::Kept(number, copied, result) => {
                if !self.kept(ctx, number, copied, result) {
                    return false;
                }
            }
            Msg::ForgetKept => self.forget_kept(ctx),
            Msg::Forgotten(number) => {
                let Some(open) = self.opened(number) else { return false };
                open.said = Some(Ok("Let go of the kept payload.".to_owned()));
                if open.other.as_ref().is_some_and(|other| other.subject == Subject::Kept) {
                    self.compare(ctx, None);
                }
            }
        }
        self.refresh(ctx);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let onkeydown = ctx.link().callback(|event: KeyboardEvent| {
            keys::claim(&event, moves::is_own(&event));
            Msg::Key(event)
        });
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

    /// What is looked at since the opening of this number.
    fn opened(&mut self, number: u64) -> Option<&mut Open> {
        self.open.as_mut().filter(|open| open.number == number)
    }

    fn stepped(&mut self, result: Result<&'static str, Problem>) {
        if let Some(Open { other: Some(other), .. }) = &mut self.open {
            other.step = Some(result);
        }
    }

    fn sought_changed(&mut self) {
        self.waits.search = None;
        if let Some(open) = &mut self.open {
            open.searching = Searching::Idle;
            open.hit = open.selection().start;
        }
    }

    fn found(&mut self, number: u64, result: Result<Step, Problem>) -> bool {
        let Some(open) = &mut self.open else { return false };
        if !is(&self.waits.search, number) {
            return false;
        }
        match result {
            Ok(Step::Found { offset, wrapped }) => {
                open.searching = Searching::Hit { offset, wrapped };
                let len =
                    self.choices.kind.bytes(&self.choices.sought, self.choices.order).map_or(1, |bytes| bytes.len());
                self.go(offset + len - 1, false, true);
                self.go(offset, true, false);
            }
            Ok(_) => open.searching = Searching::Absent,
            Err(problem) => open.searching = Searching::Failed(problem),
        }
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
