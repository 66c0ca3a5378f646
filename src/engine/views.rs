//! The payloads that a person views. The engine copies windows of their bytes, searches and
//! compares them in turns, saves them as files, and writes where a caller could write.
//!
//! A payload is held, and with it the owners of its bytes, until its view closes.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
    time::Duration,
};

use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use wasm_bindgen_futures::spawn_local;

use super::{files::Files, frames::Frames, page::Page, payloads::Payloads, samples::Samples, save};
use crate::{
    app::{
        InWords, Problem, Row,
        bytes::{Holding, Seen, Subject},
        sentence,
    },
    browser::clock,
    ledger::{Ledger, Place},
    payload::{Addressed, BuildError, Difference, Search, Step, Windows, ZBytes},
    protocol::{Answer, Looked, Question, QuestionId, ViewId},
    segment::{Aliasing, Segment},
};

/// How long a long task may keep the engine from other work.
const TURN: Duration = Duration::from_millis(8);

/// Bytes that a step processes before it reads the clock.
const STEP: usize = 128 << 10;

/// Counts the bytes that views have copied.
#[derive(Default)]
struct Counted {
    ledger: RefCell<Ledger>,
    /// Bytes that were copied to search and to compare, and to fill messages when the payload was
    /// built.
    scanned: Cell<u64>,
    built: Cell<u64>,
}

impl Counted {
    fn parts(&self) -> Looked {
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

/// A payload that is held for a view. Clones share everything.
#[derive(Clone)]
struct Held {
    payload: Rc<Addressed>,
    counted: Rc<Counted>,
}

/// Holds payloads for the views of the page, and answers questions about them.
pub(super) struct Views {
    page: Page,
    files: Files,
    payloads: Rc<Payloads>,
    samples: Rc<Samples>,
    frames: Rc<Frames>,
    held: RefCell<HashMap<ViewId, Held>>,
    /// The last comparison, with the views that it compared.
    difference: RefCell<Option<([ViewId; 2], Rc<Difference>)>>,
    /// A payload of the rows that is kept for a later comparison.
    kept: RefCell<Option<ZBytes>>,
    /// The questions that are being answered.
    asked: RefCell<HashSet<QuestionId>>,
}

/// Why bytes cannot be read.
fn unreadable(error: &BuildError) -> Problem {
    Problem::new("These bytes cannot be read.", format!("{}.", sentence(&error.in_words())))
}

fn closed() -> Problem {
    Problem::new("The view is closed.", "Open it again.")
}

/// What a long question says while it is answered.
#[derive(Clone, Copy)]
struct Asking<'a> {
    views: &'a Views,
    id: QuestionId,
}

impl Asking<'_> {
    /// Runs `step` in turns with everything else until it has a result. `None` when the page takes
    /// the question back.
    async fn in_turns<T>(
        self,
        done: impl Fn() -> f64,
        mut step: impl FnMut() -> Result<Option<T>, BuildError>,
    ) -> Option<Result<T, Problem>> {
        loop {
            let begun = clock::now();
            while clock::now().saturating_sub(begun) < TURN {
                match step() {
                    Ok(None) => {}
                    Ok(Some(result)) => return Some(Ok(result)),
                    Err(error) => return Some(Err(unreadable(&error))),
                }
            }
            self.views.page.progress(self.id, done());
            TimeoutFuture::new(0).await;
            if !self.views.asked.borrow().contains(&self.id) {
                return None;
            }
        }
    }
}

impl Views {
    pub(super) fn new(
        page: Page,
        files: Files,
        payloads: Rc<Payloads>,
        samples: Rc<Samples>,
        frames: Rc<Frames>,
    ) -> Rc<Self> {
        Rc::new(Self {
            page,
            files,
            payloads,
            samples,
            frames,
            held: RefCell::default(),
            difference: RefCell::default(),
            kept: RefCell::default(),
            asked: RefCell::default(),
        })
    }

    /// Answers a question of the page, unless it takes the question back.
    pub(super) fn ask(self: &Rc<Self>, id: QuestionId, question: Question) {
        self.asked.borrow_mut().insert(id);
        let this = self.clone();
        spawn_local(async move {
            let (answer, along) = match question {
                Question::Files(keys) => {
                    let (keys, blobs) = this.files.blobs(&keys);
                    (Some(Answer::Files(keys)), blobs)
                }
                question => (this.answer_to(id, question).await, Vec::new()),
            };
            let is_wanted = this.asked.borrow_mut().remove(&id);
            if let Some(answer) = answer.filter(|_| is_wanted) {
                this.page.answer(id, answer, &along);
            }
        });
    }

    /// The page does not want the answer any more.
    pub(super) fn cancel(&self, id: QuestionId) {
        self.asked.borrow_mut().remove(&id);
    }

    /// The view is closed.
    pub(super) fn release(&self, view: ViewId) {
        self.held.borrow_mut().remove(&view);
        let mut difference = self.difference.borrow_mut();
        if difference.as_ref().is_some_and(|(views, _)| views.contains(&view)) {
            *difference = None;
        }
    }

    fn held(&self, view: ViewId) -> Result<Held, Problem> {
        self.held.borrow().get(&view).cloned().ok_or_else(closed)
    }

    async fn answer_to(&self, id: QuestionId, question: Question) -> Option<Answer> {
        let asking = Asking { views: self, id };
        Some(match question {
            Question::Hold { view, subject, rows, with } => {
                // The other view may be one of an engine that has died: then this one counts apart.
                let counted = with.and_then(|with| Some(self.held(with).ok()?.counted)).unwrap_or_default();
                let holding = self.hold(view, subject, &rows, &counted);
                Answer::Held(holding, counted.parts())
            }
            Question::Look { view, offset, len } => match self.held(view) {
                Ok(held) => Answer::Seen(held.look(offset, len), held.counted.parts()),
                Err(problem) => {
                    let (bytes, whole) = (vec![0; len], offset..offset + len);
                    let seen = Seen { offset, bytes, lost: vec![whole], problem: Some(problem) };
                    Answer::Seen(seen, Looked::default())
                }
            },
            Question::Search { view, sought, from, direction } => match self.held(view) {
                Ok(held) => {
                    let search = Search::new(sought, from, direction, held.payload.len());
                    let result = match search {
                        Some(search) => held.search(search, asking).await?,
                        None => Ok(Step::Absent),
                    };
                    Answer::Searched(result, held.counted.parts())
                }
                Err(problem) => Answer::Searched(Err(problem), Looked::default()),
            },
            Question::Compare(views) => match (self.held(views[0]), self.held(views[1])) {
                (Ok(here), Ok(there)) => {
                    let result = here.compare(&there, asking).await?;
                    if let Ok(difference) = &result {
                        let kept = Some((views, Rc::new(difference.clone())));
                        self.difference.replace(kept);
                    }
                    Answer::Compared(result, here.counted.parts())
                }
                (Err(problem), _) | (_, Err(problem)) => Answer::Compared(Err(problem), Looked::default()),
            },
            Question::Seek { views, from, direction } => {
                let difference = self.difference.borrow().clone();
                let difference = difference.filter(|(of, _)| *of == views).ok_or_else(closed);
                match (self.held(views[0]), self.held(views[1]), difference) {
                    (Ok(here), Ok(there), Ok((_, difference))) => {
                        let mut seek = difference.seek(from, direction);
                        let mut windows = Windows::default();
                        let step = || {
                            here.counted
                                .scan(|ledger| seek.step([&*here.payload, &*there.payload], &mut windows, ledger))
                        };
                        Answer::Sought(asking.in_turns(|| 0.0, step).await?, here.counted.parts())
                    }
                    (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) => {
                        Answer::Sought(Err(problem), Looked::default())
                    }
                }
            }
            Question::Save(view, name) => {
                Answer::Done(self.held(view).and_then(|held| self.save_payload(&held, &name)))
            }
            Question::Write { view, offset, byte } => {
                Answer::Done(self.held(view).and_then(|held| held.write(offset, byte)))
            }
            Question::Keep(rows) => Answer::Kept(self.keep_payload(&rows)),
            Question::ForgetKept => {
                self.kept.take();
                Answer::Done(Ok(()))
            }
            // `ask` answers it, because blobs go along.
            Question::Files(_) => return None,
            // The runtime has them answered elsewhere.
            Question::Live(_) => return None,
            Question::Frame(key) => {
                let bytes = self.frames.bytes_of(key);
                Answer::Frame(bytes, self.frames.looked())
            }
        })
    }

    /// Holds the payload of a subject for a view, and says how it is cut.
    fn hold(&self, view: ViewId, subject: Subject, rows: &[Row], counted: &Rc<Counted>) -> Result<Holding, Problem> {
        let payload = match subject {
            Subject::Build => {
                let (payload, receipt) = self.payloads.borrowed(rows)?;
                counted.ledger.borrow_mut().absorb(&receipt.ledger);
                counted.built.set(counted.built.get() + receipt.ledger.total());
                payload
            }
            Subject::Sample(id) => self.samples.payload(id).ok_or_else(|| {
                Problem::new("The sample is not here any more.", "It was let go, by hand or for newer ones.")
            })?,
            Subject::Kept => self.kept.borrow().clone().ok_or_else(|| {
                Problem::new("No payload is kept.", "Keep one first, while the payload of Build is looked at.")
            })?,
        };
        let cut = payload.segments().iter().map(|segment| (segment.len(), is_writable(segment)));
        let holding = Holding::new(cut);
        let held = Held { payload: Rc::new(Addressed::new(payload)), counted: counted.clone() };
        self.held.borrow_mut().insert(view, held);
        Ok(holding)
    }

    /// Builds the rows' payload by their own modes, as a put would, and keeps it. Returns how many
    /// bytes the build copied. When the payload cannot be built, the earlier one is still kept.
    fn keep_payload(&self, rows: &[Row]) -> Result<u64, Problem> {
        let (payload, receipt) = self.payloads.built(rows)?;
        self.kept.replace(Some(payload));
        Ok(receipt.ledger.total())
    }

    /// Saves the whole payload as a file of the person. The browser copies the bytes from their
    /// owners into the file. The engine makes no contiguous block of them.
    fn save_payload(&self, held: &Held, name: &str) -> Result<(), Problem> {
        let parts = Array::new();
        for (index, segment) in held.payload.payload().segments().iter().enumerate() {
            // The browser has read the views of wasm memory when the constructor returns. Nothing
            // here allocates before that, so the memory cannot grow under them.
            let view = segment.view().map_err(|error| unreadable(&BuildError::Segment { index, error }))?;
            parts.push(&view);
        }
        let blob = save::blob_of_bytes(&parts, held.payload.len())?;
        self.page.hand_over(blob, name);
        Ok(())
    }
}

/// Whether the caller can still write to a segment: it must be in an array that the payload only
/// borrows.
fn is_writable(segment: &Segment) -> bool {
    segment.place() == Place::JsHeap && segment.aliasing() == Aliasing::Shared
}

impl Held {
    /// Copies the bytes of a window. Bytes of a segment with a detached owner are lost; the window
    /// has all others.
    fn look(&self, offset: usize, len: usize) -> Seen {
        let end = self.payload.len().min(offset.saturating_add(len));
        let mut seen = Seen { offset, bytes: vec![0; end.saturating_sub(offset)], lost: Vec::new(), problem: None };
        let mut ledger = self.counted.ledger.borrow_mut();
        let mut at = offset;
        while let Some(range) =
            self.payload.segment_of(at).filter(|_| at < end).and_then(|index| self.payload.range(index))
        {
            let part = at..range.end.min(end);
            let Some(space) = seen.bytes.get_mut(part.start - offset..part.end - offset) else { break };
            if let Err(error) = self.payload.copy_to(at, space, &mut ledger) {
                seen.problem = seen.problem.or(Some(unreadable(&error)));
                seen.lost.push(part.clone());
            }
            at = part.end;
        }
        if at < end {
            seen.problem =
                seen.problem.or_else(|| Some(Problem::new("These bytes cannot be read.", "They are in no segment.")));
            seen.lost.push(at..end);
        }
        seen
    }

    /// Writes a byte as the caller would, who still owns the array.
    fn write(&self, offset: usize, byte: u8) -> Result<(), Problem> {
        let place = self.payload.segment_of(offset).and_then(|index| {
            let segment = self.payload.payload().segments().get(index).filter(|segment| is_writable(segment))?;
            Some((segment, offset - self.payload.range(index)?.start))
        });
        let Some((segment, at)) = place else {
            return Err(Problem::new(
                "The lab cannot write here.",
                "Only an array in the JavaScript heap that is borrowed is still its caller’s to write.",
            ));
        };
        let view = segment
            .view()
            .map_err(|error| Problem::new("Not written.", format!("{}.", sentence(&error.in_words()))))?;
        view.set_index(at as u32, byte);
        Ok(())
    }

    async fn search(&self, mut search: Search, asking: Asking<'_>) -> Option<Result<Step, Problem>> {
        let mut window = Vec::new();
        let done = Cell::new(0.0);
        let step = || {
            let step = self.counted.scan(|ledger| search.step(&self.payload, STEP, &mut window, ledger))?;
            done.set(search.done());
            Ok((step != Step::Searching).then_some(step))
        };
        asking.in_turns(|| done.get(), step).await
    }

    async fn compare(&self, there: &Self, asking: Asking<'_>) -> Option<Result<Difference, Problem>> {
        let mut difference = Difference::new(self.payload.len(), there.payload.len());
        let mut windows = Windows::default();
        let done = Cell::new(0.0);
        let step = || {
            let payloads = [&*self.payload, &*there.payload];
            self.counted.scan(|ledger| difference.step(payloads, STEP, &mut windows, ledger))?;
            done.set(difference.done());
            Ok(difference.is_complete().then(|| difference.clone()))
        };
        asking.in_turns(|| done.get(), step).await
    }
}
