//! The payloads that the person views. The page copies windows of their bytes, and searches and
//! compares them in turns. It saves them as files, and writes where a caller could write.
//!
//! A view holds a [`Held`], and with it the owners of the bytes, until the view closes.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
    rc::Rc,
    time::Duration,
};

use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::window;

use super::{Runtime, clock, error::message_of, runs};
use crate::{
    app::{Problem, Row, bytes::Subject, sentence},
    ledger::{Ledger, Place},
    payload::{Addressed, BuildError, Difference, Direction, Search, Step, Windows, ZBytes},
    segment::{Aliasing, Mode, Segment},
};

/// How long the page may wait for its turn.
const TURN: Duration = Duration::from_millis(8);

/// Bytes that a step processes before it reads the clock.
const STEP: usize = 128 << 10;

thread_local! {
    /// A payload of the rows that the page keeps for a later comparison.
    static KEPT: RefCell<Option<ZBytes>> = const { RefCell::new(None) };
}

/// Counts the bytes that views have copied.
#[derive(Default)]
pub struct Looked {
    ledger: RefCell<Ledger>,
    /// Bytes that were copied to search and to compare, and to fill messages when the page built
    /// the payload.
    scanned: Cell<u64>,
    built: Cell<u64>,
}

impl Looked {
    /// Returns the bytes that were copied to show a window, to search and compare, and to fill
    /// messages.
    #[must_use]
    pub fn parts(&self) -> [u64; 3] {
        let (scanned, built) = (self.scanned.get(), self.built.get());
        [self.ledger.borrow().total().saturating_sub(scanned + built), scanned, built]
    }

    /// Has `step` write the ledger. Counts the bytes that `step` copies as searching and comparing.
    fn scan<T>(&self, step: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.ledger.borrow_mut();
        let before = ledger.total();
        let result = step(&mut ledger);
        self.scanned.set(self.scanned.get() + (ledger.total() - before));
        result
    }
}

/// Holds a payload for a view, and counts the bytes that the view copies. Clones share everything.
#[derive(Clone)]
pub struct Held {
    payload: Rc<Addressed>,
    looked: Rc<Looked>,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.payload, &other.payload)
    }
}

impl PartialEq for Runtime {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

/// Holds a copy of the bytes in one window of a payload.
#[derive(Default)]
pub struct Seen {
    /// Where the window begins, as an offset in the payload.
    pub offset: usize,
    /// The bytes. They are fewer than requested at the end of the payload.
    pub bytes: Vec<u8>,
    /// The ranges of the payload that the page could not read. The bytes at these places mean
    /// nothing.
    pub lost: Vec<Range<usize>>,
    /// Why the page could not read them.
    pub problem: Option<Problem>,
}

impl Seen {
    /// Returns the byte at an offset of the payload, if the page could read it.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<u8> {
        let byte = self.bytes.get(offset.checked_sub(self.offset)?)?;
        (!self.lost.iter().any(|lost| lost.contains(&offset))).then_some(*byte)
    }

    /// Returns the bytes before the first one that the page could not read.
    #[must_use]
    pub fn readable(&self) -> &[u8] {
        let until = self.lost.first().map_or(self.bytes.len(), |lost| lost.start.saturating_sub(self.offset));
        self.bytes.get(..until).unwrap_or_default()
    }
}

/// Ends a task that takes turns with the page. Dropping it ends the task too.
pub struct Stop(Rc<Cell<bool>>);

/// Reports to the task whether its [`Stop`] has ended it.
#[derive(Clone)]
pub struct Stopped(Rc<Cell<bool>>);

impl Stop {
    /// Makes one for a new task.
    #[must_use]
    pub fn new() -> (Self, Stopped) {
        let cell = Rc::new(Cell::new(false));
        (Self(cell.clone()), Stopped(cell))
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

impl Runtime {
    /// Returns the payload of a subject, for a view. `looked` counts the bytes that the view
    /// copies.
    ///
    /// The page makes the payload of the rows as for a put, but borrows every array. A view must
    /// not detach an array of the caller. Only filling a message copies bytes.
    ///
    /// # Errors
    /// A [`Problem`] when the payload is not kept any more, or cannot be built.
    pub fn hold(&self, subject: Subject, rows: &[Row], looked: &Rc<Looked>) -> Result<Held, Problem> {
        let payload = match subject {
            Subject::Build => {
                let mut sources = self.inner.sources.borrow_mut();
                sources.make(rows)?;
                let payload = sources.build(Some(Mode::Borrow))?;
                looked.ledger.borrow_mut().absorb(payload.built());
                looked.built.set(looked.built.get() + payload.built().total());
                payload
            }
            Subject::Sample(id) => self.inner.payloads.borrow().get(&id).cloned().ok_or_else(|| {
                Problem::new("The sample is not here any more.", "It was let go, by hand or for newer ones.")
            })?,
            Subject::Kept => KEPT.with_borrow(Clone::clone).ok_or_else(|| {
                Problem::new("No payload is kept.", "Keep one first, while the payload of Build is looked at.")
            })?,
        };
        Ok(Held { payload: Rc::new(Addressed::new(payload)), looked: looked.clone() })
    }

    /// Builds the rows' payload by their own modes, as a put would, and keeps it. Returns how many
    /// bytes the build copied.
    ///
    /// # Errors
    /// A [`Problem`] when the payload cannot be built; the page still keeps the earlier one then.
    pub fn keep_payload(&self, rows: &[Row]) -> Result<u64, Problem> {
        let mut sources = self.inner.sources.borrow_mut();
        sources.make(rows)?;
        let payload = sources.build(None)?;
        let copied = payload.built().total();
        KEPT.set(Some(payload));
        Ok(copied)
    }
}

/// Returns whether the page keeps a payload.
#[must_use]
pub fn is_kept() -> bool {
    KEPT.with_borrow(Option::is_some)
}

/// Drops the payload that the page keeps.
pub fn forget_kept() {
    KEPT.set(None);
}

/// Why the page cannot read the bytes.
fn gone(error: &BuildError) -> Problem {
    Problem::new("These bytes cannot be read.", format!("{}.", sentence(&error.to_string())))
}

impl Held {
    /// Returns the payload, which finds a byte by its offset.
    #[must_use]
    pub fn payload(&self) -> &Addressed {
        &self.payload
    }

    /// Copies the bytes of a window. Bytes of a segment with a detached owner are lost; the window
    /// has all others.
    #[must_use]
    pub fn look(&self, offset: usize, len: usize) -> Seen {
        let end = self.payload.len().min(offset.saturating_add(len));
        let mut seen = Seen { offset, bytes: vec![0; end.saturating_sub(offset)], lost: Vec::new(), problem: None };
        let mut ledger = self.looked.ledger.borrow_mut();
        let mut at = offset;
        while let Some(range) =
            self.payload.segment_of(at).filter(|_| at < end).and_then(|index| self.payload.range(index))
        {
            let part = at..range.end.min(end);
            let Some(space) = seen.bytes.get_mut(part.start - offset..part.end - offset) else { break };
            if let Err(error) = self.payload.copy_to(at, space, &mut ledger) {
                seen.problem = seen.problem.or(Some(gone(&error)));
                seen.lost.push(part.clone());
            }
            at = part.end;
        }
        seen
    }

    /// Returns the segment with the byte at `offset`, and the offset in that segment. `None` unless
    /// its caller can write the array behind it.
    fn writable(&self, offset: usize) -> Option<(&Segment, usize)> {
        let index = self.payload.segment_of(offset)?;
        let segment = self.payload.payload().segments().get(index)?;
        let written = segment.place() == Place::JsHeap && segment.aliasing() == Aliasing::Shared;
        written.then_some((segment, offset - self.payload.range(index)?.start))
    }

    /// Returns whether the caller can write the byte at `offset`: it must be in an array that the
    /// payload only borrows.
    #[must_use]
    pub fn is_writable(&self, offset: usize) -> bool {
        self.writable(offset).is_some()
    }

    /// Writes a byte as the caller would, who still owns the array.
    ///
    /// # Errors
    /// A [`Problem`] when the caller cannot write at `offset`.
    pub fn write(&self, offset: usize, byte: u8) -> Result<(), Problem> {
        let Some((segment, at)) = self.writable(offset) else {
            return Err(Problem::new(
                "Nobody can write here.",
                "Only an array in the JavaScript heap that is borrowed is still its caller’s to write.",
            ));
        };
        let view = segment
            .view()
            .map_err(|error| Problem::new("Not written.", format!("{}.", sentence(&error.to_string()))))?;
        view.set_index(at as u32, byte);
        Ok(())
    }
}

/// Runs `step` in turns with the page until it has a result.
async fn in_turns<T>(
    stopped: &Stopped,
    mut step: impl FnMut() -> Result<Option<T>, BuildError>,
    mut told: impl FnMut(),
) -> Result<Option<T>, Problem> {
    loop {
        let begun = clock::now();
        while clock::now().saturating_sub(begun) < TURN {
            if let Some(result) = step().map_err(|error| gone(&error))? {
                return Ok(Some(result));
            }
        }
        told();
        TimeoutFuture::new(0).await;
        if stopped.0.get() {
            return Ok(None);
        }
    }
}

/// Searches in turns with the page. Returns the step that ended the search, or `None` after a stop.
/// `told` gets the share that is done, from 0 to 1.
///
/// # Errors
/// A [`Problem`] when an owner was detached.
pub async fn search(
    held: &Held,
    mut search: Search,
    stopped: &Stopped,
    told: impl Fn(f64),
) -> Result<Option<Step>, Problem> {
    let mut window = Vec::new();
    let done = Cell::new(0.0);
    let step = || {
        let step = held.looked.scan(|ledger| search.step(&held.payload, STEP, &mut window, ledger))?;
        done.set(search.done());
        Ok((step != Step::Searching).then_some(step))
    };
    in_turns(stopped, step, || told(done.get())).await
}

/// Compares in turns with the page. Returns the difference, or `None` after a stop.
///
/// # Errors
/// A [`Problem`] when an owner of either payload was detached.
pub async fn compare(
    here: &Held,
    there: &Held,
    stopped: &Stopped,
    told: impl Fn(f64),
) -> Result<Option<Difference>, Problem> {
    let mut difference = Difference::new(here.payload.len(), there.payload.len());
    let mut windows = Windows::default();
    let done = Cell::new(0.0);
    let step = || {
        let payloads = [&*here.payload, &*there.payload];
        here.looked.scan(|ledger| difference.step(payloads, STEP, &mut windows, ledger))?;
        done.set(difference.done());
        Ok(difference.is_complete().then(|| difference.clone()))
    };
    in_turns(stopped, step, || told(done.get())).await
}

/// Looks for the next run of differing bytes, in turns with the page. Returns where the run begins,
/// if the payloads have one. Returns `None` after a stop.
///
/// # Errors
/// A [`Problem`] when an owner of either payload was detached.
pub async fn seek(
    [here, there]: [&Held; 2],
    difference: &Difference,
    from: usize,
    direction: Direction,
    stopped: &Stopped,
) -> Result<Option<Option<usize>>, Problem> {
    let mut seek = difference.seek(from, direction);
    let mut windows = Windows::default();
    let step = || here.looked.scan(|ledger| seek.step([&*here.payload, &*there.payload], &mut windows, ledger));
    in_turns(stopped, step, || ()).await
}

/// Saves the whole payload as a file of the person. The browser copies the bytes from their owners
/// into the file. The page makes no contiguous block of them.
///
/// # Errors
/// A [`Problem`] when an owner was detached, or with the browser's reason.
pub fn save(held: &Held, name: &str) -> Result<(), Problem> {
    let parts = Array::new();
    for (index, segment) in held.payload.payload().segments().iter().enumerate() {
        // The browser has read the views of wasm memory when the constructor returns. Nothing here
        // allocates before that, so the memory cannot grow under them.
        let view = segment.view().map_err(|error| gone(&BuildError::Segment { index, error }))?;
        parts.push(&view);
    }
    runs::save_bytes(&parts, held.payload.len(), name)
}

/// Writes a text to the clipboard.
///
/// # Errors
/// The browser's reason: it may refuse, and outside of a secure context it has no clipboard.
pub async fn to_clipboard(text: &str) -> Result<(), String> {
    let window = window().filter(web_sys::Window::is_secure_context).ok_or("there is no clipboard here")?;
    let written = window.navigator().clipboard().write_text(text);
    JsFuture::from(written).await.map(|_| ()).map_err(|error| message_of(&error))
}
