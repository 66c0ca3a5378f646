//! Frames that the session records, and those of the last put and of the last sample, which are kept
//! by reference. The page fetches them without their bytes, which stay here.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Date, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag};

use super::{page::Page, save};
use crate::{
    app::{
        Event, InWords, Problem, PutId, Row, SampleId, sentence,
        wire::{Bounds, Entry, Format, FrameKey, Note, Taken, export},
    },
    browser::clock,
    client::capture::{self, Traced},
    ledger::Ledger,
    number::{bytes, count},
    payload::{Addressed, ZBytes},
    wire::dissect,
};

/// How long making a file may keep the engine from other work.
const TURN: Duration = Duration::from_millis(8);

/// So many bytes of a file form one blob, which the browser may keep outside of the engine's
/// memory.
const CHUNK: usize = 1 << 20;

/// Keeps the bytes of the last frames, bounded as the page's record is, and the rows of the last
/// puts.
pub(super) struct Frames {
    page: Page,
    /// Whether frames are recorded, so that the rows of each put are noted.
    recording: Cell<bool>,
    /// By their time and number, the oldest first.
    held: RefCell<BTreeMap<(Duration, u64), ZBytes>>,
    len: Cell<usize>,
    /// The rows of the puts since the last answer.
    notes: RefCell<Vec<Note>>,
    last: RefCell<Last>,
    /// Bytes that were copied to look at frames and to save them.
    looked: RefCell<Ledger>,
}

/// The frames of the last put and of the last sample, over the bytes of their owners.
#[derive(Default)]
struct Last {
    /// The last put, its rows, and once it has left, its batches.
    put: Option<(PutId, Vec<Row>)>,
    left: Vec<Traced>,
    sample: Option<(SampleId, Rc<[Traced]>)>,
    /// What the page was told of, as [`Frames::held`].
    told: BTreeMap<(Duration, u64), ZBytes>,
    next: u64,
}

impl Frames {
    /// How many frames, and how many bytes of theirs, a session and this keep at most.
    pub(super) const BOUNDS: Bounds = Bounds::DEFAULT;

    pub(super) fn new(page: Page) -> Rc<Self> {
        Rc::new(Self {
            page,
            recording: Cell::default(),
            held: RefCell::default(),
            len: Cell::default(),
            notes: RefCell::default(),
            last: RefCell::default(),
            looked: RefCell::default(),
        })
    }

    fn keep(&self, frame: &capture::Frame) {
        let mut held = self.held.borrow_mut();
        // The page asks for the last frame once more, to know whether the session is the same.
        if held.insert((frame.at, frame.number), frame.bytes.clone()).is_some() {
            return;
        }
        let mut len = self.len.get() + frame.bytes.len();
        let Bounds { frames, bytes } = Self::BOUNDS;
        while held.len() > 1 && (held.len() > frames || len > bytes) {
            let Some((_, oldest)) = held.pop_first() else { break };
            len -= oldest.len();
        }
        self.len.set(len);
    }

    /// Notes rows from now on, or does not any more.
    pub(super) fn record(&self, on: bool) {
        self.recording.set(on);
    }

    pub(super) fn is_recording(&self) -> bool {
        self.recording.get()
    }

    /// Takes frames from the session, keeps their bytes, and tells the page the rest.
    pub(super) fn taken(&self, taken: &capture::Taken) {
        for frame in &taken.frames {
            self.keep(frame);
        }
        let notes = self.notes.take();
        self.page.tell(Event::Frames(Taken { notes, ..taken.into() }));
    }

    /// A put of these rows begins. The bytes of the one before are let go first: they may take the
    /// memory that this one needs.
    pub(super) fn put_begins(&self, id: PutId, rows: &[Row]) {
        let mut last = self.last.borrow_mut();
        last.left.clear();
        last.told.clear();
        last.put = Some((id, Vec::from(rows)));
    }

    /// The last put has left in these batches.
    pub(super) fn put_left(&self, id: PutId, batches: Vec<Traced>) {
        let mut last = self.last.borrow_mut();
        if last.put.as_ref().is_some_and(|(last, _)| *last == id) {
            last.left = batches;
        }
    }

    /// A sample came in these batches.
    pub(super) fn sample(&self, id: SampleId, batches: Rc<[Traced]>) {
        self.last.borrow_mut().sample = Some((id, batches));
    }

    /// The payloads of these samples are let go.
    pub(super) fn forget(&self, ids: &[SampleId]) {
        let mut last = self.last.borrow_mut();
        last.sample = last.sample.take().filter(|(id, _)| !ids.contains(id));
    }

    /// Tells the page of the frames of the last put and of the last sample.
    pub(super) fn tell_last(&self) {
        let mut last = self.last.borrow_mut();
        let sample: &[Traced] = last.sample.as_ref().map_or(&[], |(_, batches)| batches);
        let comes_first = |batch: &&Traced| last.left.first().is_some_and(|first| batch.at < first.at);
        let (before, behind) = sample.split_at(sample.iter().take_while(comes_first).count());
        let batches: Vec<Traced> = before.iter().chain(&last.left).chain(behind).cloned().collect();
        let mut ledger = Ledger::new();
        let frames = capture::frames_of(&batches, last.next, &mut ledger);
        last.next += frames.len() as u64;
        last.told.clear();
        for frame in &frames {
            last.told.insert((frame.at, frame.number), frame.bytes.clone());
        }
        let notes = last.put.iter().map(|(id, rows)| ((*id, *id), rows.clone())).collect();
        let taken = capture::Taken { recorded: frames.len() as u64, copied: ledger.total(), frames, oldest: 0 };
        self.page.tell(Event::LastFrames(Taken { notes, ..(&taken).into() }));
    }

    /// Notes the rows of an operation, if frames are recorded.
    pub(super) fn note(&self, id: PutId, rows: &[Row]) {
        if !self.is_recording() {
            return;
        }
        let mut notes = self.notes.borrow_mut();
        match notes.last_mut() {
            Some(((_, last), of)) if *last + 1 == id && of == rows => *last = id,
            _ => notes.push(((id, id), Vec::from(rows))),
        }
    }

    /// Copies all bytes of a frame.
    ///
    /// # Errors
    /// A [`Problem`] when they were dropped.
    pub(super) fn bytes_of(&self, key: FrameKey) -> Result<Vec<u8>, Problem> {
        let unreadable = |why: &str| {
            Problem::new("The bytes of this frame cannot be read.", format!("{}.", sentence(why.trim_end_matches('.'))))
        };
        let place = (key.1, key.0);
        let held = self.held.borrow().get(&place).cloned();
        let bytes = held.or_else(|| self.last.borrow().told.get(&place).cloned());
        let frame = Addressed::new(bytes.ok_or_else(|| unreadable("newer frames have taken their place"))?);
        let mut all = vec![0; frame.len()];
        frame.copy_to(0, &mut all, &mut self.looked.borrow_mut()).map_err(|error| unreadable(&error.in_words()))?;
        Ok(all)
    }

    /// Returns how many bytes looking at frames and saving them has copied.
    pub(super) fn looked(&self) -> u64 {
        self.looked.borrow().total()
    }

    /// Makes a file of frames, each with its title, in turns with everything else.
    pub(super) fn save(self: &Rc<Self>, format: Format, frames: Vec<(Entry, String)>) {
        let this = self.clone();
        spawn_local(async move {
            let result = this.file_of(format, &frames).await.map(|blob| {
                let name = export::file_name(format, Duration::from_secs_f64(Date::now() / 1e3));
                let size = blob.size() as usize;
                this.page.hand_over(blob, &name);
                format!("Saved {} frames as {name}, {}.", count(frames.len()), bytes(size))
            });
            this.page.tell(Event::FramesSaved(result, this.looked()));
        });
    }

    async fn file_of(&self, format: Format, frames: &[(Entry, String)]) -> Result<Blob, Problem> {
        // The time of day at which the clock of the frames was zero.
        let origin = Duration::from_secs_f64(Date::now() / 1e3).saturating_sub(clock::now());
        let mut file = File::new(format);
        if format == Format::Pcapng {
            file.bytes(&export::pcapng_head());
        }
        let mut begun = clock::now();
        for (entry, words) in frames {
            let all = self.bytes_of(entry.frame.key())?;
            match format {
                Format::JsonLines => {
                    let dissection = dissect(&all, entry.frame.begun.as_ref());
                    let line = export::json_line(entry, &all, &dissection, origin);
                    file.text(&line.map_err(|error| save::not_made(&error.to_string()))?);
                }
                Format::Pcapng => {
                    let (front, behind) = export::pcapng_around(entry, all.len(), words, origin);
                    file.bytes(&front);
                    file.bytes(&all);
                    file.bytes(&behind);
                }
            }
            file.flush(CHUNK)?;
            if clock::now().saturating_sub(begun) >= TURN {
                TimeoutFuture::new(0).await;
                begun = clock::now();
            }
        }
        file.end()
    }
}

/// A file on its way, in blobs.
struct File {
    kind: BlobPropertyBag,
    parts: Array,
    len: usize,
    blobs: Array,
}

impl File {
    fn new(format: Format) -> Self {
        let kind = BlobPropertyBag::new();
        kind.set_type(match format {
            Format::JsonLines => "application/jsonl",
            Format::Pcapng => "application/vnd.tcpdump.pcap",
        });
        Self { kind, parts: Array::new(), len: 0, blobs: Array::new() }
    }

    fn text(&mut self, text: &str) {
        self.parts.push(&JsValue::from_str(text));
        self.len += text.len();
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.parts.push(&Uint8Array::from(bytes));
        self.len += bytes.len();
    }

    /// Makes a blob of the collected bytes, if they are at least `least` bytes.
    fn flush(&mut self, least: usize) -> Result<(), Problem> {
        if self.len < least {
            return Ok(());
        }
        let parts = std::mem::replace(&mut self.parts, Array::new());
        self.len = 0;
        self.blobs.push(&Blob::new_with_blob_sequence(&parts).map_err(save::failed)?.into());
        Ok(())
    }

    fn end(mut self) -> Result<Blob, Problem> {
        self.flush(0)?;
        Blob::new_with_blob_sequence_and_options(&self.blobs, &self.kind).map_err(save::failed)
    }
}
