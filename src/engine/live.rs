//! Frames of streams, as they arrive: counted, and made pictures of when the page asks.
//!
//! The page asks for the next picture when it has drawn the last one. So no more pictures are made
//! than the screen shows, and a hidden page gets none. Frames in between are counted as not shown.

use std::{
    cell::{Cell, RefCell},
    io::Read,
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;

use super::page::Page;
use crate::{
    app::{InWords, SampleId, sentence},
    browser::clock,
    client::Sample,
    ledger::Ledger,
    live::{Head, MAX_HEAD, Stream, Told, Wanted, picture},
    outside::Outside,
    payload::{Addressed, BuildError, ZBytes},
    present::live::figures as words,
    protocol::{Answer, QuestionId},
};

/// Of so many streams at once frames are counted; of further ones, the one that was silent for the
/// longest is let go.
const STREAMS: usize = 8;

/// A question is answered after so long even without a new frame: ages go on.
const WITHOUT_MILLIS: u32 = 1_000;

/// A stream, and its last frame.
struct Heard {
    key: Outside,
    stream: Stream,
    head: Head,
    /// Its last frame: the sample, and its payload until the page lets that go.
    sample: SampleId,
    payload: Option<ZBytes>,
}

impl Heard {
    /// Whether the page has no picture of its last frame.
    fn is_new(&self, wanted: &Wanted) -> bool {
        wanted.after != Some((self.head.stream, self.stream.received()))
    }
}

/// What is said in place of a picture that cannot be made any more.
const LET_GO: &str = "The last frame of this stream was let go.";

/// A question that waits for a frame.
struct Waiting {
    id: QuestionId,
    wanted: Wanted,
    /// Answers without one.
    _without: Timeout,
}

/// Counts frames, and makes pictures of them.
pub(super) struct Live {
    page: Page,
    /// What was heard last is the last.
    streams: RefCell<Vec<Heard>>,
    waiting: RefCell<Option<Waiting>>,
    looked: Cell<u64>,
}

/// The head in an attachment of a sample.
fn head_of(sample: &Sample) -> Option<Head> {
    let (attachment, payload) = (sample.attachment.as_ref()?, sample.kind.payload()?);
    if attachment.len() > MAX_HEAD {
        return None;
    }
    let mut text = Vec::new();
    // An attachment is not payload.
    attachment.reader().read_to_end(&mut text).ok()?;
    Head::read(&text, payload.len())
}

impl Live {
    pub(super) fn new(page: Page) -> Rc<Self> {
        Rc::new(Self { page, streams: RefCell::default(), waiting: RefCell::default(), looked: Cell::default() })
    }

    /// Counts a sample, if it is a frame, and says what it is then. `id` is what the page will call it.
    pub(super) fn arrived(self: &Rc<Self>, id: SampleId, sample: &Sample) -> Option<Head> {
        let head = head_of(sample)?;
        let payload = sample.kind.payload()?.clone();
        {
            let mut streams = self.streams.borrow_mut();
            let at = streams.iter().position(|heard| heard.head.stream == head.stream);
            let mut heard = match at {
                Some(at) => streams.remove(at),
                None => {
                    if streams.len() == STREAMS {
                        streams.remove(0);
                    }
                    let key = sample.key_expr.as_str().into();
                    Heard { key, stream: Stream::default(), head, sample: id, payload: None }
                }
            };
            heard.stream.came(head, payload.len(), clock::since_1970());
            (heard.head, heard.sample, heard.payload) = (head, id, Some(payload));
            streams.push(heard);
        }
        // Without the stream that is wanted, the page sees the one that was heard last.
        let is_shown = |wanted: &Wanted| self.with(wanted, |heard| heard.head.stream) == Some(head.stream);
        let is_waited_for = self.waiting.borrow().as_ref().is_some_and(|waiting| is_shown(&waiting.wanted));
        if is_waited_for && let Some(Waiting { id, wanted, .. }) = self.waiting.take() {
            self.answer(id, &wanted);
        }
        Some(head)
    }

    /// Lets all streams go.
    pub(super) fn forget_all(&self) {
        self.streams.borrow_mut().clear();
    }

    /// Lets payloads go that the page does not keep any more.
    pub(super) fn forget(&self, ids: &[SampleId]) {
        for heard in self.streams.borrow_mut().iter_mut().filter(|heard| ids.contains(&heard.sample)) {
            heard.payload = None;
        }
    }

    /// Answers when there is a frame that the page has no picture of, or after a while.
    pub(super) fn ask(self: &Rc<Self>, id: QuestionId, wanted: Wanted) {
        let is_new = self.with(&wanted, |heard| heard.is_new(&wanted));
        if is_new == Some(true) {
            return self.answer(id, &wanted);
        }
        let this = self.clone();
        let without = Timeout::new(WITHOUT_MILLIS, move || {
            if let Some(Waiting { id, wanted, .. }) = this.waiting.take() {
                this.answer(id, &wanted);
            }
        });
        // The page asks once at a time. Whatever it asked before gets its answer, too.
        if let Some(earlier) = self.waiting.replace(Some(Waiting { id, wanted, _without: without })) {
            self.page.answer(earlier.id, Answer::Live(None), &[]);
        }
    }

    /// The page does not want the answer any more.
    pub(super) fn cancel(&self, id: QuestionId) {
        let is_it = self.waiting.borrow().as_ref().is_some_and(|waiting| waiting.id == id);
        if is_it {
            self.waiting.take();
        }
    }

    /// The stream that is wanted.
    fn with<R>(&self, wanted: &Wanted, then: impl FnOnce(&mut Heard) -> R) -> Option<R> {
        let mut streams = self.streams.borrow_mut();
        let at = wanted.stream.and_then(|stream| streams.iter().position(|heard| heard.head.stream == stream));
        let last = streams.len().checked_sub(1)?;
        streams.get_mut(at.unwrap_or(last)).map(then)
    }

    fn answer(&self, id: QuestionId, wanted: &Wanted) {
        let streams = || self.streams.borrow().iter().map(|heard| (heard.head.stream, heard.key.clone())).collect();
        let streams: Vec<(u32, Outside)> = streams();
        let told = self.with(wanted, |heard| {
            let (width, height) = if heard.head.is_sound() {
                picture::WAVE
            } else {
                (heard.head.width as usize, heard.head.height as usize)
            };
            let fit = wanted.room.fit(width, height);
            let painted = if heard.is_new(wanted) { self.painted(heard, wanted, fit.pixels) } else { Ok(None) };
            let (pixels, problem) = match painted {
                Ok(None) if heard.payload.is_none() && heard.is_new(wanted) => (None, LET_GO.to_owned()),
                Ok(_) if !picture::shows(&heard.head, wanted.plane) => {
                    (None, format!("Frames of this stream have no {}.", wanted.plane.name()))
                }
                Ok(pixels) => (pixels, String::new()),
                Err(error) => (None, format!("{}.", sentence(&error.in_words()))),
            };
            if pixels.is_some() {
                heard.stream.show();
            }
            let figures = heard.stream.figures(clock::since_1970());
            let told = Told {
                stream: heard.head.stream,
                streams,
                counts: [heard.head.sequence, figures.received, figures.shown, figures.missed],
                frame: heard.head.words(),
                words: words(&figures),
                problem,
                columns: fit.pixels.0,
                shown: fit.shown,
                looked: self.looked.get(),
            };
            (told, pixels)
        });
        match told {
            Some((told, Some(pixels))) => self.page.answer(id, Answer::Live(Some(told)), &[pixels.buffer().into()]),
            Some((told, None)) => self.page.answer(id, Answer::Live(Some(told)), &[]),
            None => self.page.answer(id, Answer::Live(None), &[]),
        }
    }

    /// The pixels of the last frame; `None` when it is not kept, or does not have the plane that is wanted.
    fn painted(&self, heard: &Heard, wanted: &Wanted, size: (usize, usize)) -> Result<Option<Uint8Array>, BuildError> {
        let Some(payload) = heard.payload.clone() else { return Ok(None) };
        let payload = Addressed::new(payload);
        let mut ledger = Ledger::new();
        let mut read = |offset: usize, into: &mut [u8]| payload.copy_to(offset, into, &mut ledger);
        let rgba = picture::rgba(&heard.head, wanted.plane, size, &mut read);
        self.looked.set(self.looked.get() + ledger.total());
        Ok(Some(rgba?).filter(|rgba| !rgba.is_empty()).map(|rgba| Uint8Array::from(rgba.as_slice())))
    }
}
