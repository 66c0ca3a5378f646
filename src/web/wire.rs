//! Frames that the session records. The page fetches them from time to time, and saves them as
//! files. While recording is off, the page does not ask, and copies nothing.

use std::{cell::RefCell, time::Duration};

use gloo_timers::{callback::Interval, future::TimeoutFuture};
use js_sys::{Array, Date, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag};

use zbytes_session::web::command::Command;

use super::{Runtime, clock, error::message_of, runs};
use crate::{
    app::{
        Action, Problem, PutId, Row, Selection, sentence,
        wire::{Change, Entry, Filter, Format, Record, Task, Took, export, words::title},
    },
    client::capture::{Bounds, Taken},
    ledger::Ledger,
    number::{bytes, count},
    payload::{Addressed, BuildError},
    wire::dissect,
};

/// How often the page asks the session for new frames.
const ASK_MILLIS: u32 = 200;

/// How long the page may wait for its turn while it makes a file.
const TURN: Duration = Duration::from_millis(8);

/// So many bytes of a file form one blob, which the browser may keep outside of the page's memory.
const CHUNK: usize = 1 << 20;

/// The frames of the page, and the timer that asks for more.
#[derive(Default)]
pub(super) struct Wire {
    record: RefCell<Record>,
    /// Asks from time to time, while the session records frames and the list is not held.
    asking: RefCell<Option<Interval>>,
    /// Bytes that the page has copied: frames shown byte by byte, and frames saved.
    looked: RefCell<Ledger>,
}

impl Runtime {
    pub(super) fn wire_task(&self, task: Task) {
        let wire = &self.inner.wire;
        match task {
            Task::Record(true) => {
                self.inner.recording.set(true);
                self.record_on();
                self.ask_on(true);
            }
            Task::Record(false) => {
                self.inner.recording.set(false);
                // The frames recorded last are still missing from the list.
                self.ask();
                self.send(Command::Capture(None));
                self.ask_on(false);
            }
            Task::Pause(pause) => self.ask_on(!pause && self.is_recording()),
            Task::Clear => {
                wire.record.borrow_mut().clear();
                self.tell_kept();
            }
            Task::Save(format, filter, selected) => self.save_frames(format, &filter, selected),
        }
    }

    /// Whether the page fetches frames, so that it needs to keep the rows of each put.
    pub(super) fn is_recording(&self) -> bool {
        self.inner.recording.get()
    }

    /// Has the current session record, if the page wants frames. A session that has only just begun
    /// also records its handshake.
    pub(super) fn record_on(&self) {
        if self.is_recording() {
            self.send(Command::Capture(Some(Bounds::DEFAULT)));
        }
    }

    fn ask_on(&self, on: bool) {
        let this = self.clone();
        *self.inner.wire.asking.borrow_mut() = on.then(|| Interval::new(ASK_MILLIS, move || this.ask()));
        if on {
            self.ask();
        }
    }

    fn ask(&self) {
        let after = self.inner.wire.record.borrow().after();
        self.send(Command::Frames(after));
    }

    /// Asks at once, after an event that the person expects to see.
    pub(super) fn ask_soon(&self) {
        if self.inner.wire.asking.borrow().is_some() {
            self.ask();
        }
    }

    pub(super) fn frames(&self, taken: Taken) {
        let took = self.inner.wire.record.borrow_mut().take(taken);
        match took {
            Took::Nothing => {}
            Took::Something => self.tell_kept(),
            Took::AskAgain => self.ask(),
        }
    }

    fn tell_kept(&self) {
        let kept = self.inner.wire.record.borrow().kept();
        self.answer(Action::Wire(Change::Kept(kept)));
    }

    /// Keeps the rows of an operation, if the session records frames.
    pub(super) fn note_rows(&self, id: PutId, rows: &[Row]) {
        if self.is_recording() {
            self.inner.wire.record.borrow_mut().note(id, rows);
        }
    }

    /// Shows the frames to `look`.
    pub fn frames_seen<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.inner.wire.record.borrow())
    }

    /// Copies all bytes of a frame.
    ///
    /// # Errors
    /// A [`Problem`] when the page has dropped them.
    pub fn frame_bytes(&self, entry: &Entry) -> Result<Vec<u8>, Problem> {
        let frame = Addressed::new(entry.frame.bytes.clone());
        let mut all = vec![0; frame.len()];
        frame.copy_to(0, &mut all, &mut self.inner.wire.looked.borrow_mut()).map_err(|error| unreadable(&error))?;
        Ok(all)
    }

    /// Returns how many bytes showing and saving frames has copied.
    #[must_use]
    pub fn frames_looked(&self) -> u64 {
        self.inner.wire.looked.borrow().total()
    }

    /// Saves the frames that a filter shows, in turns with the page.
    fn save_frames(&self, format: Format, filter: &Filter, selected: Option<Selection>) {
        // The titles are made now: a title needs other frames, and the page may drop those before
        // the frame's turn.
        let frames: Vec<(Entry, String)> = self.frames_seen(|record| {
            let shown = record.entries().iter().filter(|entry| record.shows(entry, filter, selected));
            shown.map(|entry| (entry.clone(), title(record, entry))).collect()
        });
        let this = self.clone();
        spawn_local(async move {
            let result = this.file_of(format, &frames).await.and_then(|blob| {
                let name = export::file_name(format, Duration::from_secs_f64(Date::now() / 1e3));
                let size = blob.size() as usize;
                runs::save_blob(blob, &name)?;
                Ok(format!("Saved {} frames as {name}, {}.", count(frames.len()), bytes(size)))
            });
            this.answer(Action::Wire(Change::Saved(result)));
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
            match format {
                Format::JsonLines => {
                    let all = self.frame_bytes(entry)?;
                    let dissection = dissect(&all, entry.frame.begun.as_ref());
                    file.text(&export::json_line(entry, &all, &dissection, origin));
                }
                Format::Pcapng => {
                    let frame = &entry.frame.bytes;
                    let (front, behind) = export::pcapng_around(entry, frame.len(), words, origin);
                    file.bytes(&front);
                    let all = self.frame_bytes(entry)?;
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

fn unreadable(error: &BuildError) -> Problem {
    Problem::new("The bytes of this frame cannot be read.", format!("{}.", sentence(&error.to_string())))
}

/// A file that the page is making, in blobs.
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
        self.blobs.push(&Blob::new_with_blob_sequence(&parts).map_err(not_made)?.into());
        Ok(())
    }

    fn end(mut self) -> Result<Blob, Problem> {
        self.flush(0)?;
        Blob::new_with_blob_sequence_and_options(&self.blobs, &self.kind).map_err(not_made)
    }
}

fn not_made(error: JsValue) -> Problem {
    Problem::new("The file could not be made.", format!("The browser said: {}.", message_of(&error)))
}
