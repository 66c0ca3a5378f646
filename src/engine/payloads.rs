//! The payloads of the page's rows: for the Build pane, for what is sent, and for views. All of
//! them share the arrays of the rows.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;

use super::{
    SETTLE_MILLIS,
    files::Files,
    own_code::{self, Output, Told},
    page::Page,
    sources::{self, Sources},
};
use crate::{
    app::{self, Built, Event, Problem, Row},
    browser::clock,
    live::{Head, Sensor},
    payload::{Receipt, ZBytes},
    present::own_code::not_there,
    segment::Mode,
};

/// Builds the payloads of the rows.
pub(super) struct Payloads {
    page: Page,
    files: Files,
    /// The arrays of the rows.
    sources: RefCell<Sources>,
    /// Waits until the person types no more.
    settle: RefCell<Option<Timeout>>,
    /// The revision of the rows that the page is to build.
    wanted: Cell<u64>,
    /// Names the frames of this engine.
    stream: u32,
    /// The time of the last frame.
    last_time: Cell<u64>,
    /// The program of own code: what hears of it, the number of its run, its text, and what waits for its
    /// next result.
    hears: Closure<dyn Fn(Array)>,
    run: Cell<u32>,
    text: RefCell<String>,
    waiting: RefCell<Vec<Box<dyn FnOnce()>>>,
    /// Rows to build then.
    later: RefCell<Option<(u64, Vec<Row>)>>,
}

impl Payloads {
    pub(super) fn new(page: Page, files: Files) -> Rc<Self> {
        let sources = RefCell::new(Sources::with_code(files.clone()));
        let stream = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        Rc::new_cyclic(|this: &Weak<Self>| Self {
            hears: {
                let this = this.clone();
                Closure::new(move |told| {
                    if let Some(this) = this.upgrade() {
                        this.program_told(&told);
                    }
                })
            },
            run: Cell::default(),
            text: RefCell::default(),
            waiting: RefCell::default(),
            later: RefCell::default(),
            page,
            files,
            sources,
            settle: RefCell::default(),
            wanted: Cell::default(),
            stream,
            last_time: Cell::default(),
        })
    }

    /// Builds the payload of this revision once the rows have stayed unchanged for a while, and
    /// tells what became of it.
    pub(super) fn build_soon(self: &Rc<Self>, revision: u64, rows: Vec<Row>) {
        self.files.keep(&rows);
        if rows.iter().all(|row| row.kind.code().is_none()) {
            own_code::end();
            self.sources.borrow_mut().set_code(Output::None);
        }
        self.wanted.set(revision);
        let this = self.clone();
        let build = Timeout::new(SETTLE_MILLIS, move || this.build(revision, rows));
        self.settle.replace(Some(build));
    }

    fn build(self: &Rc<Self>, revision: u64, rows: Vec<Row>) {
        // A put may have taken the arrays of a program away, and it makes others.
        let has_code = rows.iter().any(|row| row.kind.code().is_some());
        if has_code && self.sources.borrow().code().is_making() {
            self.later.replace(Some((revision, rows)));
            return;
        }
        let long = self.sources.borrow_mut().long(&rows);
        if long.is_empty() {
            return self.build_at_once(revision, &rows);
        }
        let this = self.clone();
        spawn_local(async move {
            for row in long {
                match sources::make_in_turns(&row, &this.files, || this.wanted.get() == revision).await {
                    Ok(Some(memory)) => this.sources.borrow_mut().keep(row, memory),
                    // The person has changed the rows meanwhile.
                    Ok(None) => return,
                    Err(problem) => return this.page.tell(Event::BuildEnded(revision, Err(problem))),
                }
            }
            this.build_at_once(revision, &rows);
        });
    }

    fn build_at_once(&self, revision: u64, rows: &[Row]) {
        let result = self.built(rows).map(|(payload, receipt)| {
            let built =
                Built { len: payload.len(), segments: payload.segments().len(), copied: receipt.ledger.total() };
            (built, app::structures(rows, &payload))
        });
        self.page.tell(Event::BuildEnded(revision, result));
    }

    /// The payload of the rows, each taken by its own mode, and what building it took.
    ///
    /// # Errors
    /// A [`Problem`] when an array cannot be made, or a source cannot be taken.
    pub(super) fn built(&self, rows: &[Row]) -> Result<(ZBytes, Receipt), Problem> {
        self.taken(rows, None)
    }

    /// The payload of the rows, which borrows every array, and what building it took.
    ///
    /// # Errors
    /// As [`Payloads::built`].
    pub(super) fn borrowed(&self, rows: &[Row]) -> Result<(ZBytes, Receipt), Problem> {
        self.taken(rows, Some(Mode::Borrow))
    }

    /// The payload of the rows for a put. With rows of a robot, or of what is captured, it is a new
    /// frame, and this is what the frame says of itself. A program that makes other arrays for each put
    /// is asked for them.
    ///
    /// # Errors
    /// As [`Payloads::built`].
    pub(super) fn to_put(&self, rows: &[Row]) -> Result<(ZBytes, Receipt, Option<Head>), Problem> {
        if rows.iter().all(|row| row.kind.code().is_none()) {
            return self.frame(rows);
        }
        if self.sources.borrow().code().is_making() {
            return Err(not_there());
        }
        let gives = self.sources.borrow_mut().give_code(true);
        let frame = self.frame(rows);
        let mut sources = self.sources.borrow_mut();
        sources.give_code(false);
        if gives && frame.is_ok() {
            sources.code_put();
            own_code::next();
        }
        frame
    }

    /// The payload of the rows, and what it says of itself if it is the frame of a robot.
    fn frame(&self, rows: &[Row]) -> Result<(ZBytes, Receipt, Option<Head>), Problem> {
        let Some(head) = app::head(rows) else {
            return self.built(rows).map(|(payload, receipt)| (payload, receipt, None));
        };
        // Its time is that before it was made: what a receiver calls its age is all that it took.
        // It counts up even where the clock has not moved since the last frame.
        let now = clock::since_1970().as_nanos() as u64;
        let facts = self.sources.borrow_mut().next_captured(rows)?;
        let time = facts.map_or(now, |facts| facts.time()).max(self.last_time.get() + 1);
        self.last_time.set(time);
        self.sources.borrow_mut().next_frame();
        let (payload, receipt) = self.built(rows)?;
        let mut sources = self.sources.borrow_mut();
        sources.frame_put();
        let head = Head { stream: self.stream, sequence: sources.frames().0, time, ..head };
        Ok((payload, receipt, Some(facts.map_or(head, |facts| facts.of(head)))))
    }

    /// Frames of a device come through this port from now on.
    pub(super) fn open_eye(&self, device: Sensor, port: &JsValue) {
        self.sources.borrow_mut().eyes.open(device, port);
    }

    /// Whether a put of the rows need not wait for a frame.
    pub(super) fn are_ready(&self, rows: &[Row]) -> bool {
        self.sources.borrow_mut().eyes.are_ready(rows)
    }

    /// How many arrays were made for frames so far: others were painted again.
    pub(super) fn arrays_made(&self) -> u64 {
        self.sources.borrow().frames().1
    }

    /// Runs a program of own code, in place of the one before.
    pub(super) fn run(&self, run: u32, text: String) {
        self.sources.borrow_mut().set_code(Output::Making);
        self.run.set(run);
        own_code::start(&text, self.hears.as_ref().unchecked_ref());
        self.text.replace(text);
    }

    fn program_told(self: &Rc<Self>, told: &Array) {
        let run = self.run.get();
        let output = match own_code::told(told) {
            Told::Wanted(port) => return self.page.wants_place(port),
            Told::Made(made, text, is_first) => {
                if !made.each {
                    own_code::end();
                }
                if is_first {
                    self.page.tell(Event::Ran(run, made.each, 0, Ok(text)));
                }
                Output::Made(self.text.borrow().clone(), made)
            }
            Told::Ended(problem, line) => {
                own_code::end();
                self.page.tell(Event::Ran(run, false, line, Err(problem.clone())));
                Output::Failed(problem)
            }
        };
        self.sources.borrow_mut().set_code(output);
        self.waiting.take().into_iter().for_each(|then| then());
        if let Some((revision, rows)) = self.later.take()
            && self.wanted.get() == revision
        {
            self.build(revision, rows);
        }
    }

    /// Whether puts of these rows have to wait for their program.
    pub(super) fn waits(&self, rows: &[Row]) -> bool {
        let sources = self.sources.borrow();
        rows.iter().filter_map(|row| row.kind.code()).any(|code| sources.code().waits(code))
    }

    /// Goes on when the program of rows has made its next result, or has ended: at once, if none is under way.
    pub(super) fn when_made(&self, rows: Option<&[Row]>, then: Box<dyn FnOnce()>) {
        let has_code = rows.is_some_and(|rows| rows.iter().any(|row| row.kind.code().is_some()));
        if has_code && self.sources.borrow().code().is_making() {
            self.waiting.borrow_mut().push(then);
        } else {
            then();
        }
    }

    fn taken(&self, rows: &[Row], all: Option<Mode>) -> Result<(ZBytes, Receipt), Problem> {
        let mut sources = self.sources.borrow_mut();
        sources.make(rows)?;
        sources.build(all)
    }
}
