//! Where the page's effects go: to the engine, or to the browser.
//!
//! The page starts an engine for everything but measurements. Each measurement has an engine of its
//! own: so it does not wait for other work, and what it has allocated is gone with it.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use futures_channel::oneshot;
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, window};
use yew::Callback;

use super::{
    address::{self, Address},
    crash, drawing,
    files::{Files, Wanted},
    frames::Frames,
    kept,
    link::{Heard, Link},
    own_code, pictures, runs,
};
use crate::{
    app::{
        Action, Along, Command, Effect, Event, FileTask, Order, Problem, Report, Setup, State, class, cost::SVG,
        lesson, link as scene, locator::with_code, message, session,
    },
    browser::surroundings,
    protocol::{Answer, Question, QuestionId, ToEngine, ToPage, ViewId},
};

/// How long a measurement that is to stop may take to hand over its results.
const GRACE_MILLIS: u32 = 10_000;

/// What the address says, if a person has opened it. A lesson is opened again in any case: what it has
/// set up before is kept.
fn linked(hash: &str, is_opened: bool) -> Option<Action> {
    if let Some(step) = lesson::read_link(hash) {
        return Some(Action::Lesson(lesson::Change::Link(Box::new(step), is_opened)));
    }
    if let Some(class) = class::name::read_link(hash) {
        return Some(Action::Class(class::Change::Link(Box::new(class))));
    }
    let found = scene::read(hash).filter(|_| is_opened)?;
    Some(Action::Browser(Report::Link(Box::new(found))))
}

/// Who waits for the answer to a question.
struct Waiting {
    done: oneshot::Sender<(Answer, Vec<JsValue>)>,
    told: Rc<dyn Fn(f64)>,
}

/// A measurement under way, in its own engine.
struct Measuring {
    number: u64,
    link: Link,
    /// Ends the engine that was asked to stop, and does not.
    grace: Option<Timeout>,
}

struct Inner {
    answer: Callback<Action>,
    engine: RefCell<Option<Link>>,
    measuring: RefCell<Option<Measuring>>,
    /// The number of the measurement that is wanted; 0 for none.
    wanted: Cell<u64>,
    files: Files,
    frames: Frames,
    waiting: RefCell<HashMap<QuestionId, Waiting>>,
    next_question: Cell<QuestionId>,
    next_view: Cell<ViewId>,
    /// Whether the engine keeps a payload for a comparison.
    kept: Cell<bool>,
    /// The locator of the session that was opened last.
    locator: RefCell<Option<String>>,
    listeners: RefCell<Vec<EventListener>>,
    address: Address,
}

/// Carries out effects, and asks the engine. Clones share everything.
#[derive(Clone)]
pub struct Errands(Rc<Inner>);

impl PartialEq for Errands {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Errands {
    /// Makes the errands of a page, whose effects answer through `answer`, and starts the engine.
    /// Returns what is to happen before the page draws its first view: the page has started, with
    /// what this tab had before or a link holds. Answers with what the browser has kept.
    #[must_use]
    pub fn new(answer: Callback<Action>) -> (Self, Vec<Action>) {
        let this = Self(Rc::new(Inner {
            answer: answer.clone(),
            engine: RefCell::default(),
            measuring: RefCell::default(),
            wanted: Cell::default(),
            files: Files::default(),
            frames: Frames::default(),
            waiting: RefCell::default(),
            next_question: Cell::new(1),
            next_view: Cell::new(1),
            kept: Cell::default(),
            locator: RefCell::default(),
            listeners: RefCell::default(),
            address: Address::default(),
        }));
        this.start_engine();
        let mut first = vec![Action::Browser(Report::Started(surroundings::look()))];
        // Read before a scene is written there.
        let code = address::code();
        // What a person opens by a link is not what this tab had before.
        let before = crash::kept();
        let is_opened = before.is_none() || !address::was_here();
        let found = address::found();
        let is_one = is_opened && matches!(found.as_deref().and_then(scene::read), Some(Ok(_)));
        first.extend(before.filter(|_| !is_one).map(|setup| Action::Browser(Report::Setup(Box::new(setup)))));
        first.extend(found.and_then(|hash| linked(&hash, is_opened)));
        first.extend(code.map(|code| Action::Locator(with_code(&code))));
        first.push(Action::Class(class::Change::Kept(Ok(kept::class(false)))));
        this.history();
        this.listen();
        (this, first)
    }

    /// Tells which runs the browser has kept, and from now on what other pages do with them. Tells
    /// the engine whether the page is hidden.
    fn listen(&self) {
        let mut listeners = self.0.listeners.borrow_mut();
        let answer = self.0.answer.clone();
        listeners.extend(runs::watch(move |change| {
            answer.emit(match change {
                runs::Change::Kept(run) => Action::Browser(Report::History(vec![run])),
                runs::Change::Forgotten(id) => Action::Browser(Report::RunGone(Some(id))),
                runs::Change::Cleared => Action::Browser(Report::RunGone(None)),
            });
        }));
        // The hub cannot see that a page goes away.
        let weak = Rc::downgrade(&self.0);
        listeners.extend(window().map(|window| {
            EventListener::new(&window, "pagehide", move |_| {
                let Some(inner) = weak.upgrade() else { return };
                inner.engine.borrow().iter().for_each(Link::leave_hub);
                inner.measuring.borrow().iter().for_each(|measuring| measuring.link.leave_hub());
            })
        }));
        // A person opens a link in a page that is open.
        let weak = Rc::downgrade(&self.0);
        listeners.extend(window().map(|window| {
            EventListener::new(&window, "hashchange", move |_| {
                if let Some(inner) = weak.upgrade().filter(|inner| inner.address.is_opened())
                    && let Some(action) = address::found().and_then(|hash| linked(&hash, true))
                {
                    inner.answer.emit(action);
                }
            })
        }));
        let Some(document) = window().and_then(|window| window.document()) else { return };
        let weak = Rc::downgrade(&self.0);
        listeners.push(EventListener::new(&document.clone(), "visibilitychange", move |_| {
            let hidden = ToEngine::Do(Command::Hidden(document.hidden()));
            let Some(inner) = weak.upgrade() else { return };
            let this = Self(inner);
            this.post_measuring(&hidden);
            this.post(&hidden);
        }));
    }

    fn history(&self) {
        self.0.answer.emit(Action::Browser(Report::KeptRows(kept::load())));
        let (runs, problem) = runs::load();
        self.0.answer.emit(Action::Browser(Report::History(runs)));
        if let Some(problem) = problem {
            self.0.answer.emit(Action::Browser(Report::StorageFailed(problem)));
        }
    }

    /// Starts an engine, and gives it the files that rows name.
    fn start_engine(&self) {
        let weak = Rc::downgrade(&self.0);
        let started = Link::start(move |heard| {
            if let Some(inner) = weak.upgrade() {
                Self(inner).hear(heard);
            }
        });
        match started {
            Ok(link) => *self.0.engine.borrow_mut() = Some(link),
            Err(why) => return self.engine_lost(&why),
        }
        let files = self.0.files.there();
        if !files.is_empty() {
            self.post_files(files);
        }
        if is_hidden() {
            self.post(&ToEngine::Do(Command::Hidden(true)));
        }
    }

    fn hear(&self, heard: Heard) {
        let (message, along) = match heard {
            Heard::Told(message, along) => (message, along),
            Heard::Died(why) => return self.engine_died(&why),
        };
        match message {
            ToPage::Ready => self.0.answer.emit(Action::Browser(Report::EngineReady)),
            ToPage::WantsHub => {
                if let (Some(link), Some(port)) = (self.0.engine.borrow().as_ref(), along.into_iter().next()) {
                    self.link_hub(link, port);
                }
            }
            ToPage::WantsPlace => along.iter().for_each(own_code::open),
            ToPage::Told(events) => {
                // The engine tells this from time to time while it is looked at.
                if events.iter().any(|event| matches!(event, Event::Session(session::Event::Link(_)))) {
                    self.0.engine.borrow().iter().for_each(Link::ask_hub);
                }
                let actions = events.into_iter().filter_map(|event| self.told(event)).collect();
                self.0.answer.emit(Action::Many(actions));
            }
            ToPage::Answer(id, answer) => {
                let waiting = self.0.waiting.borrow_mut().remove(&id);
                if let Some(waiting) = waiting {
                    // The view that asked may have gone meanwhile.
                    let _ = waiting.done.send((answer, along));
                }
            }
            ToPage::Progress(id, done) => {
                let told = self.0.waiting.borrow().get(&id).map(|waiting| waiting.told.clone());
                if let Some(told) = told {
                    told(done);
                }
            }
            ToPage::File(name) => {
                let blob = along.into_iter().next().map(JsCast::unchecked_into::<Blob>);
                if let Some(Err(problem)) = blob.map(|blob| runs::save_blob(blob, &name)) {
                    self.0.answer.emit(Action::Browser(Report::StorageFailed(problem)));
                }
            }
            ToPage::Pixels { number, width } => {
                if let Some(pixels) = along.first() {
                    pictures::keep(number, width, pixels);
                }
            }
        }
    }

    /// What an event means for the state. The record of frames takes what is for it.
    fn told(&self, event: Event) -> Option<Action> {
        match event {
            Event::Frames(taken) => self.frames_taken(taken),
            Event::LastFrames(taken) => Some(self.last_frames_taken(taken)),
            Event::FramesSaved(result, looked) => {
                self.0.frames.looked(looked);
                Some(Action::Engine(Event::FramesSaved(result, looked)))
            }
            Event::PutEnded(id, result) => {
                // The person expects to see its frames.
                self.frames_soon();
                Some(Action::Engine(Event::PutEnded(id, result)))
            }
            event => Some(Action::Engine(event)),
        }
    }

    /// The engine says nothing any more. Everything that it held is gone.
    fn engine_died(&self, why: &str) {
        if self.0.engine.borrow_mut().take().is_some() {
            self.engine_lost(why);
        }
    }

    fn engine_lost(&self, why: &str) {
        self.0.waiting.borrow_mut().clear();
        self.0.kept.set(false);
        pictures::forget();
        own_code::close();
        self.forget_frames();
        self.0.answer.emit(Action::Browser(Report::EngineLost(Problem::new(
            "The engine of this page has stopped.",
            format!(
                "A defect of the lab, or a lack of memory, has ended the program that owns bytes and session. It said: {}. \
                 Samples, recorded frames and a kept payload are gone.",
                crate::app::sentence(why.trim_end_matches('.'))
            ),
        ))));
    }

    /// Sends the engine a message. Without an engine, nothing happens: the state knows that there
    /// is none.
    pub(super) fn post(&self, message: &ToEngine) {
        self.post_with(message, Vec::new());
    }

    fn post_files(&self, files: Vec<Wanted>) {
        let (command, files) = Files::command(files);
        self.post_with(&ToEngine::Do(command), files);
    }

    /// An engine that a message does not reach is of no use: what was asked of it would never end.
    pub(super) fn post_with(&self, message: &ToEngine, along: Vec<JsValue>) {
        let posted = self.0.engine.borrow().as_ref().map(|link| link.post(message, along));
        if let Some(Err(why)) = posted {
            self.engine_died(&format!("the page could not reach it: {why}"));
        }
    }

    /// Sends the engine of a measurement a message, if one is under way.
    fn post_measuring(&self, message: &ToEngine) {
        let posted =
            self.0.measuring.borrow().as_ref().map(|Measuring { number, link, .. }| (*number, link.post(message, [])));
        if let Some((number, Err(why))) = posted {
            self.measure_ended(number, Err(measuring_failed(&why)));
        }
    }

    pub(super) fn do_this(&self, command: Command) {
        self.post(&ToEngine::Do(command));
    }

    /// Has `effect` carried out.
    pub fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Engine(command) => self.command(command),
            Effect::StartEngine => self.start_engine(),
            Effect::Measure(order) => self.measure(order),
            Effect::Capture(device, wanted) => self.capture(device, wanted),
            Effect::StopMeasuring => self.stop_measuring(),
            Effect::Wire(task) => self.wire(task),
            Effect::Lesson(task) => self.lesson(task),
            Effect::KeepRun(run) => self.storage(runs::keep(&run.0)),
            Effect::ForgetRun(id) => runs::forget(id),
            Effect::KeepRows(name, text) => {
                if let Err(problem) = kept::keep(&name, text.as_deref()) {
                    self.0.answer.emit(Action::Browser(Report::RowsNotKept(problem)));
                }
            }
            Effect::ForgetClass => _ = kept::class(true),
            Effect::KeepClass(name, text) => {
                if let Err(problem) = kept::keep_class(&name, &text) {
                    self.0.answer.emit(Action::Class(class::Change::Kept(Err(problem))));
                }
            }
            Effect::Save(download) if download.media == SVG => {
                let this = self.clone();
                spawn_local(async move { this.storage(drawing::save(download).await) });
            }
            Effect::Save(download) => self.storage(runs::save(&download)),
        }
    }

    fn storage(&self, result: Result<(), Problem>) {
        if let Err(problem) = result {
            self.0.answer.emit(Action::Browser(Report::StorageFailed(problem)));
        }
    }

    fn command(&self, command: Command) {
        match &command {
            Command::Build { rows, .. } => {
                let missing = self.0.files.missing(rows);
                if !missing.is_empty() {
                    self.post_files(missing);
                }
            }
            Command::Connect(locator) => *self.0.locator.borrow_mut() = Some(locator.clone()),
            Command::Message(message::Task::Paint { .. }) => self.do_this(Command::Room(pictures::room())),
            Command::Message(message::Task::Leave) => pictures::forget(),
            _ => {}
        }
        self.do_this(command);
    }

    /// Has the engine look at `files`. Answers with an event for each, and one at the end.
    pub fn take(&self, files: Vec<File>) {
        self.post_files(self.0.files.add(files));
    }

    /// The same with a text, as a file of this name.
    pub fn take_text(&self, text: &str, name: &str) {
        if let Ok(file) = File::new_with_str_sequence(&js_sys::Array::of1(&text.into()), name) {
            self.take(vec![file]);
        }
    }

    /// Keeps the setup of `state` for the time after a crash of the page.
    pub fn keep(&self, state: &State) {
        crash::keep(&Setup::of(state));
        self.0.address.follow(state);
    }

    /// Measures, in an engine of its own. Any measurement before that one ends.
    fn measure(&self, order: Order) {
        let number = order.number;
        self.0.wanted.set(number);
        let files = self.0.files.of(&order.rows);
        if files.is_empty() {
            return self.measure_with(order, files);
        }
        // The files as they were read: the person may have changed or removed them since.
        let this = self.clone();
        spawn_local(async move {
            let keys = files.iter().filter_map(|(along, _)| along.key()).collect();
            let found = match this.ask_with(Question::Files(keys), |_| ()).await {
                Some((Answer::Files(keys), blobs)) => keys.into_iter().zip(blobs).collect(),
                _ => Vec::new(),
            };
            let as_read = files.into_iter().map(|(along, file)| {
                let key = along.key().unwrap_or_default();
                match found.iter().find(|(found, _)| *found == key) {
                    Some((_, blob)) => (Along { task: FileTask::Keep(key.1), ..along }, blob.clone().unchecked_into()),
                    None => (along, file),
                }
            });
            let files = as_read.collect();
            if this.0.wanted.get() == number {
                this.measure_with(order, files);
            } else {
                this.measure_ended(number, Ok(None));
            }
        });
    }

    fn measure_with(&self, order: Order, files: Vec<Wanted>) {
        let number = order.number;
        let weak = Rc::downgrade(&self.0);
        let started = Link::start(move |heard| {
            if let Some(inner) = weak.upgrade() {
                Self(inner).hear_measuring(number, heard);
            }
        });
        let link = match started {
            Ok(link) => link,
            Err(why) => return self.measure_ended(number, Err(measuring_failed(&why))),
        };
        let (files, handed) = Files::command(files);
        let files = match &files {
            Command::Files(list) if list.is_empty() => Ok(()),
            _ => link.post(&ToEngine::Do(files), handed),
        };
        *self.0.measuring.borrow_mut() = Some(Measuring { number, link, grace: None });
        if let Err(why) = files {
            return self.measure_ended(number, Err(measuring_failed(&why)));
        }
        self.post_measuring(&ToEngine::Do(Command::Hidden(is_hidden())));
        let locator = self.0.locator.borrow().clone().filter(|_| order.puts);
        self.post_measuring(&ToEngine::Do(Command::Measure { order, locator }));
    }

    fn hear_measuring(&self, number: u64, heard: Heard) {
        if self.0.measuring.borrow().as_ref().is_none_or(|measuring| measuring.number != number) {
            return;
        }
        match heard {
            Heard::Died(why) => self.measure_ended(number, Err(measuring_failed(&why))),
            Heard::Told(ToPage::Told(events), _) => {
                for event in events {
                    match event {
                        Event::MeasureEnded(_, result) => self.measure_ended(number, result),
                        Event::MeasureProgress(..) => self.0.answer.emit(Action::Engine(event)),
                        _ => {}
                    }
                }
            }
            Heard::Told(ToPage::WantsHub, along) => {
                if let (Some(Measuring { link, .. }), Some(port)) =
                    (self.0.measuring.borrow().as_ref(), along.into_iter().next())
                {
                    self.link_hub(link, port);
                }
            }
            Heard::Told(..) => {}
        }
    }

    /// Hands `port` to the hub. Without a SharedWorker, the engine of this page is the hub of its tab.
    fn link_hub(&self, link: &Link, port: JsValue) {
        let serve = |port| {
            if let Some(engine) = self.0.engine.borrow().as_ref() {
                // An engine that is not reached has ended, which the page hears by itself.
                let _ = engine.post(&ToEngine::Serve, [port]);
            }
        };
        let answer = self.0.answer.clone();
        link.link_hub(port, serve, move |figures| answer.emit(Action::Browser(Report::Hub(figures))));
    }

    fn measure_ended(&self, number: u64, result: Result<Option<crate::app::Shown>, Problem>) {
        // Its engine ends with it.
        let _ = self.0.measuring.borrow_mut().take();
        self.0.answer.emit(Action::Engine(Event::MeasureEnded(number, result)));
    }

    fn stop_measuring(&self) {
        self.0.wanted.set(0);
        self.post_measuring(&ToEngine::Do(Command::StopMeasuring));
        let mut measuring = self.0.measuring.borrow_mut();
        let Some(Measuring { number, grace, .. }) = measuring.as_mut() else { return };
        let (weak, number) = (Rc::downgrade(&self.0), *number);
        *grace = Some(Timeout::new(GRACE_MILLIS, move || {
            if let Some(inner) = weak.upgrade() {
                let problem = Problem::new(
                    "The measurement did not stop by itself.",
                    "It was in the middle of something long, so it was cut off, and what it had measured is lost.",
                );
                Self(inner).measure_ended(number, Err(problem));
            }
        }));
    }

    pub(super) fn next_view(&self) -> ViewId {
        self.0.next_view.replace(self.0.next_view.get() + 1)
    }

    /// Whether the engine keeps a payload for a comparison.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.0.kept.get()
    }

    pub(super) fn set_kept(&self, kept: bool) {
        self.0.kept.set(kept);
    }

    pub(super) fn frames(&self) -> &Frames {
        &self.0.frames
    }

    pub(super) fn tell(&self, action: Action) {
        self.0.answer.emit(action);
    }

    pub(super) fn downgrade(&self) -> impl Fn() -> Option<Self> + 'static {
        let weak = Rc::downgrade(&self.0);
        move || weak.upgrade().map(Self)
    }

    /// Asks the engine. `None` when it has died. A caller that drops the future takes the question
    /// back.
    pub(super) async fn ask(&self, question: Question) -> Option<Answer> {
        self.ask_long(question, |_| ()).await
    }

    /// As [`Errands::ask`]; `told` gets the share that is done, from 0 to 1.
    pub(super) async fn ask_long(&self, question: Question, told: impl Fn(f64) + 'static) -> Option<Answer> {
        self.ask_with(question, told).await.map(|(answer, _)| answer)
    }

    /// The same, with the objects of the browser that come along with the answer.
    pub(super) async fn ask_along(&self, question: Question) -> Option<(Answer, Vec<JsValue>)> {
        self.ask_with(question, |_| ()).await
    }

    async fn ask_with(&self, question: Question, told: impl Fn(f64) + 'static) -> Option<(Answer, Vec<JsValue>)> {
        self.0.engine.borrow().as_ref()?;
        let id = self.0.next_question.replace(self.0.next_question.get() + 1);
        let (done, answer) = oneshot::channel();
        self.0.waiting.borrow_mut().insert(id, Waiting { done, told: Rc::new(told) });
        let _asked = Asked { errands: self, id };
        self.post(&ToEngine::Ask(id, question));
        answer.await.ok()
    }
}

/// A question that waits for its answer. It is taken back when this is dropped before.
struct Asked<'a> {
    errands: &'a Errands,
    id: QuestionId,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.errands.0.waiting.borrow_mut().remove(&self.id).is_some() {
            self.errands.post(&ToEngine::Cancel(self.id));
        }
    }
}

fn is_hidden() -> bool {
    window().and_then(|window| window.document()).is_some_and(|document| document.hidden())
}

fn measuring_failed(why: &str) -> Problem {
    Problem::new(
        "The measurement's engine failed.",
        format!("It said: {why}. Nothing else of the page was touched; measure again, or measure a shorter payload."),
    )
}

/// The engine has died while it was asked.
pub(super) fn gone() -> Problem {
    Problem::new("The engine of this page has stopped.", "It owned these bytes. Open this again once another one runs.")
}
