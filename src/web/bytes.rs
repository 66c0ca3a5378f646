//! Payloads that are looked at: windows of their bytes, searched and compared in turns with the page, saved as files, written to where a
//! caller could write. A view holds a [`Held`], and with it the owners, until it lets go.

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

/// Bytes that are looked at before the clock is.
const STEP: usize = 128 << 10;

thread_local! {
    /// A payload of the rows that was kept to be compared with later.
    static KEPT: RefCell<Option<ZBytes>> = const { RefCell::new(None) };
}

/// What looking has copied.
#[derive(Default)]
pub struct Looked {
    ledger: RefCell<Ledger>,
    /// What of it was copied to search and to compare, and to fill messages when the payload was built.
    scanned: Cell<u64>,
    built: Cell<u64>,
}

impl Looked {
    /// Bytes that were copied to be in view, to search and compare, and to fill messages.
    #[must_use]
    pub fn parts(&self) -> [u64; 3] {
        let (scanned, built) = (self.scanned.get(), self.built.get());
        [self.ledger.borrow().total().saturating_sub(scanned + built), scanned, built]
    }

    /// Has `step` write the ledger, and counts what it copies as searching and comparing.
    fn scan<T>(&self, step: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.ledger.borrow_mut();
        let before = ledger.total();
        let result = step(&mut ledger);
        self.scanned.set(self.scanned.get() + (ledger.total() - before));
        result
    }
}

/// A payload that is looked at, and what looking has copied. Clones share everything.
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

/// Bytes of a payload that were looked at.
#[derive(Default)]
pub struct Seen {
    /// Where they begin.
    pub offset: usize,
    /// The bytes; fewer than were asked for at the end of the payload.
    pub bytes: Vec<u8>,
    /// Where in the payload they could not be read; the bytes there mean nothing.
    pub lost: Vec<Range<usize>>,
    /// Why.
    pub problem: Option<Problem>,
}

impl Seen {
    /// The byte at an offset of the payload, if it was read.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<u8> {
        let byte = self.bytes.get(offset.checked_sub(self.offset)?)?;
        (!self.lost.iter().any(|lost| lost.contains(&offset))).then_some(*byte)
    }

    /// The bytes in front of the first that could not be read.
    #[must_use]
    pub fn readable(&self) -> &[u8] {
        let until = self.lost.first().map_or(self.bytes.len(), |lost| lost.start.saturating_sub(self.offset));
        self.bytes.get(..until).unwrap_or_default()
    }
}

/// Ends what takes turns with the page. Dropping it ends it too.
pub struct Stop(Rc<Cell<bool>>);

/// Says whether it was ended.
#[derive(Clone)]
pub struct Stopped(Rc<Cell<bool>>);

impl Stop {
    /// One for a new task.
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
    /// The payload of a subject, to be looked at; what looking copies is counted in `looked`. That of the rows is made as for a put,
    /// but everything is borrowed: nobody's array is taken away by looking at it, and only what is filled into a message is copied.
    ///
    /// # Errors
    /// A [`Problem`] when it is gone or cannot be built.
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

    /// Builds the rows' payload by their own modes, as a put would, and keeps it. Returns how many bytes that copied.
    ///
    /// # Errors
    /// A [`Problem`] when it cannot be built; what was kept before stays then.
    pub fn keep_payload(&self, rows: &[Row]) -> Result<u64, Problem> {
        let mut sources = self.inner.sources.borrow_mut();
        sources.make(rows)?;
        let payload = sources.build(None)?;
        let copied = payload.built().total();
        KEPT.set(Some(payload));
        Ok(copied)
    }
}

/// Whether a payload is kept.
#[must_use]
pub fn is_kept() -> bool {
    KEPT.with_borrow(Option::is_some)
}

/// Lets go of the payload that is kept.
pub fn forget_kept() {
    KEPT.set(None);
}

/// Why bytes cannot be had.
fn gone(error: &BuildError) -> Problem {
    Problem::new("These bytes cannot be read.", format!("{}.", sentence(&error.to_string())))
}

impl Held {
    /// The payload, by offset.
    #[must_use]
    pub fn payload(&self) -> &Addressed {
        &self.payload
    }

    /// The bytes of a window, copied. What lies in a segment whose owner was detached is lost, and the rest is there.
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

    /// The segment with the byte at `offset` and where in it, if the array behind it is one that its caller can write.
    fn writable(&self, offset: usize) -> Option<(&Segment, usize)> {
        let index = self.payload.segment_of(offset)?;
        let segment = self.payload.payload().segments().get(index)?;
        let written = segment.place() == Place::JsHeap && segment.aliasing() == Aliasing::Shared;
        written.then_some((segment, offset - self.payload.range(index)?.start))
    }

    /// Whether the byte at `offset` is in an array of the caller's that is only borrowed, so that the caller can write it.
    #[must_use]
    pub fn is_writable(&self, offset: usize) -> bool {
        self.writable(offset).is_some()
    }

    /// Writes a byte as the caller of the array would, who still has it.
    ///
    /// # Errors
    /// A [`Problem`] when nobody can write there.
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

/// Takes turns with the page until `step` has a result.
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

/// Searches in turns with the page: the step that ended it, or `None` when it was stopped. `told` hears how much is done, from 0 to 1.
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

/// Compares in turns with the page: what differs, or `None` when it was stopped.
///
/// # Errors
/// A [`Problem`] when an owner of either was detached.
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

/// Looks in turns with the page for the next run of differing bytes: where it begins, if there is one; `None` when it was stopped.
///
/// # Errors
/// A [`Problem`] when an owner of either was detached.
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

/// Hands the whole payload over to the person as a file. The browser copies the bytes from where they are into the file; no block of
/// all of them is made here.
///
/// # Errors
/// A [`Problem`] when an owner was detached, or what the browser says.
pub fn save(held: &Held, name: &str) -> Result<(), Problem> {
    let parts = Array::new();
    for (index, segment) in held.payload.payload().segments().iter().enumerate() {
        // The browser has read views of wasm memory when the constructor returns; nothing here allocates before.
        let view = segment.view().map_err(|error| gone(&BuildError::Segment { index, error }))?;
        parts.push(&view);
    }
    runs::save_bytes(&parts, held.payload.len(), name)
}

/// Puts a text into the clipboard.
///
/// # Errors
/// What the browser says: it may refuse, and outside of a secure context there is none.
pub async fn to_clipboard(text: &str) -> Result<(), String> {
    let window = window().filter(web_sys::Window::is_secure_context).ok_or("there is no clipboard here")?;
    let written = window.navigator().clipboard().write_text(text);
    JsFuture::from(written).await.map(|_| ()).map_err(|error| message_of(&error))
}
