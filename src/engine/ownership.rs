//! The experiments of the Ownership pane. Each runs with the library itself, and with the real
//! effects of the browser. The module reads the results back from there, and computes the expected
//! ones apart.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use futures_channel::oneshot;
use futures_util::lock::Mutex;
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use js_sys::{
    Array, ArrayBuffer, FinalizationRegistry, Function, Object, Reflect, SharedArrayBuffer, Uint8Array, WebAssembly,
    global,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag, MessageEvent, Url};

use zbytes_session::web::command::{Command, Declare, Sent};

use super::{
    command_problem,
    files::Files,
    page::Page,
    session::{Operation, Session},
};
use crate::{
    app::{
        Event, InWords, Problem,
        ownership::{Experiment, Finding, RunId, difference},
        sentence,
        session::EntityName,
    },
    browser::{clock, error::message_of},
    client::{CommandError, CongestionControl, KeyExpr, Put, Sample},
    ledger::{Ledger, Reason},
    number::requested,
    payload::{BuildError, Receipt, ZBytes},
    present::cause::refusal,
    segment::{Cause, Element, Mode, Segment, SegmentError, Source, Unsupported},
};

/// The key of every put of an experiment.
const KEY: &str = "zbytes-lab/ownership";

/// The bytes of the arrays. No two of them are equal, and none equals a byte that the page writes
/// later.
const BYTES: [u8; 8] = [0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87];

/// Where the page writes, and which byte.
const WRITES: [(u32, u8); 2] = [(2, 0xff), (5, 0xee)];

/// How long a Worker or a router may take before an experiment gives up, in milliseconds.
const GUARD_MILLIS: u32 = 10_000;

/// Length of the array whose collection the page waits for, in bytes. An engine is slow to collect
/// a small one.
const BIG: u32 = 1 << 20;

/// Takes the findings.
type Tell<'a> = &'a dyn Fn(Finding);

/// The key of every put of an experiment, as the session takes it.
fn key() -> Result<KeyExpr, Problem> {
    KeyExpr::new(KEY).map_err(|error| command_problem("No such key.", &error.into()))
}

/// An array of the page, and the payload that was made of it.
struct Taken {
    array: Uint8Array,
    payload: ZBytes,
}

/// Runs experiments.
pub(super) struct Ownership {
    page: Page,
    files: Files,
    session: Rc<Session>,
    /// Whose turn it is to put to the subscriber of experiments.
    turn: Mutex<()>,
    /// Samples for the subscriber of an experiment.
    overheard: RefCell<Vec<Sample>>,
    /// Waits until the browser has collected the array of an experiment.
    collection: RefCell<Option<Collection>>,
}

impl Ownership {
    pub(super) fn new(page: Page, files: Files, session: Rc<Session>) -> Rc<Self> {
        let (turn, overheard, collection) = (Mutex::default(), RefCell::default(), RefCell::default());
        Rc::new(Self { page, files, session, turn, overheard, collection })
    }

    /// Tells the page.
    pub(super) fn tell(&self, event: Event) {
        self.page.tell(event);
    }

    /// The files of the page.
    pub(super) fn files(&self) -> Files {
        self.files.clone()
    }

    /// Keeps a sample for the experiment whose subscriber it came to.
    pub(super) fn overhear(&self, sample: Sample) {
        self.overheard.borrow_mut().push(sample);
    }

    /// Runs `experiment`. Answers with [`Event::Found`] and [`Event::TryEnded`].
    pub(super) fn attempt(self: &Rc<Self>, run: RunId, experiment: Experiment) {
        let this = self.clone();
        spawn_local(async move {
            let tell = |finding| this.page.tell(Event::Found(run, finding));
            let result = match experiment {
                Experiment::Write => this.write(&tell).await,
                Experiment::Detach => detach(&tell),
                Experiment::Worker => worker(&tell).await,
                Experiment::Refuse => refuse(&tell),
                Experiment::Grow => grow(&tell),
                Experiment::Drop => this.let_go(run, &tell),
            };
            this.page.tell(Event::TryEnded(run, result));
        });
    }

    async fn write(&self, tell: Tell<'_>) -> Result<(), Problem> {
        let [copied, borrowed, moved] = three()?;
        let written = written();
        for taken in [&copied, &borrowed, &moved] {
            write_to(&taken.array);
        }
        tell(Finding::of_bytes("array", "the page’s array", &BYTES, &written, &copied.array.to_vec()));
        tell(same("copy", "taken by copy", &BYTES, &copied.payload));
        tell(same("borrow", "taken by borrow", &written, &borrowed.payload));
        let left = format!("the page’s array has {} B", moved.array.byte_length());
        tell(same("move", "taken by move", &BYTES, &moved.payload).and("the page’s array has 0 B", left));
        self.write_to_samples(&written, tell).await
    }

    /// Puts payloads to a subscriber of the page itself. Writes to the arrays afterwards.
    async fn write_to_samples(&self, written: &[u8], tell: Tell<'_>) -> Result<(), Problem> {
        let samples = [
            ("sample-copy", "sample, put by copy", Mode::Copy, BYTES.as_slice()),
            ("sample-borrow", "sample, put by borrow", Mode::Borrow, written),
        ];
        let _turn = self.turn.lock().await;
        let wire_key = self::key()?;
        let subscriber = Declare::Subscriber(wire_key.clone().into());
        if let Err(error) = self.session.declare_apart(EntityName::Experiment, subscriber).await {
            let why = match error {
                CommandError::NotOpen | CommandError::Lost => {
                    "It needs a session: press Connect in the pane Router, then run this again.".to_owned()
                }
                error => said(&refusal(&error)),
            };
            samples.iter().for_each(|(key, label, ..)| tell(Finding::not_tried(key, label, &why)));
            return Ok(());
        }
        let mut result = Ok(());
        for (key, label, mode, expected) in samples {
            match self.written_sample(&wire_key, mode).await {
                Ok(Some(sample)) => tell(same(key, label, expected, &sample)),
                Ok(None) => tell(Finding::new(key, label, difference(&BYTES, expected), "no sample came")),
                Err(problem) => result = Err(problem),
            }
        }
        self.session.undeclare(EntityName::Experiment);
        result
    }

    /// Puts a payload of the page to a subscriber of its own. Returns the payload of the sample that
    /// came; `None` without a session.
    pub(super) async fn heard_of(&self, payload: &ZBytes) -> Result<Option<ZBytes>, Problem> {
        let _turn = self.turn.lock().await;
        let key = self::key()?;
        let subscriber = Declare::Subscriber(key.clone().into());
        if self.session.declare_apart(EntityName::Experiment, subscriber).await.is_err() {
            return Ok(None);
        }
        let sample = self.sample_of(&key, payload.clone()).await;
        self.session.undeclare(EntityName::Experiment);
        sample
    }

    /// Returns the sample of an array that was put by `mode`, after the page has written to the
    /// array.
    async fn written_sample(&self, key: &KeyExpr, mode: Mode) -> Result<Option<ZBytes>, Problem> {
        let Taken { array, payload } = taken(mode)?;
        let sample = self.sample_of(key, payload).await?;
        write_to(&array);
        Ok(sample)
    }

    /// Puts `payload`, and returns the payload of the sample that the session delivered locally,
    /// not over the router.
    async fn sample_of(&self, key: &KeyExpr, payload: ZBytes) -> Result<Option<ZBytes>, Problem> {
        self.overheard.borrow_mut().clear();
        let put = self.put(key, payload);
        let end = within(GUARD_MILLIS, put).await;
        let heard = self.overheard.take().into_iter().find(|sample| sample.local && sample.key_expr == KEY);
        match end {
            Some(sent) => sent.map(|_| heard.and_then(|sample| sample.kind.payload().cloned())),
            None => Err(Problem::new("The put did not end.", "The browser’s buffer was not emptied within 10 s.")),
        }
    }

    /// Makes a put that the page's own state does not know, and waits for its end.
    async fn put(&self, key: &KeyExpr, payload: ZBytes) -> Result<Sent, Problem> {
        let id = self.session.next_id();
        let (done, end) = oneshot::channel();
        let put = Put { congestion_control: CongestionControl::Block, ..Put::new(key.clone(), payload) };
        self.session.begin(id, Operation::Experiment(done), Command::Put(id, put));
        end.await.map_err(|_| Problem::new("A put of the experiment was cut off.", "The session has ended."))?
    }

    fn let_go(&self, run: RunId, tell: Tell<'_>) -> Result<(), Problem> {
        let array = Uint8Array::new_with_length(BIG);
        let payload = built([Source::borrow(&array)])?;
        let Some(watch) = payload.segments().first().and_then(Segment::watch) else {
            return Err(Problem::new("The owner cannot be watched.", "The payload is not in the JavaScript heap."));
        };
        let released = Rc::new(Cell::new(None));
        let collection = self.tell_when_collected(run, &array, &released);

        let mut counts = vec![watch.holders()];
        let slice = payload.slice(16..64);
        counts.push(watch.holders());
        let clone = payload.clone();
        counts.push(watch.holders());
        let held = Finding::new("held", "holders after building, slicing, cloning", "1, 2, 2", listed(&counts));
        tell(held.note("A clone shares the payload’s list of segments, so it adds none."));

        drop(array);
        let kept =
            slice.as_ref().map_or_else(|| Err("no slice".to_owned()), |slice| read(slice).map_err(|e| e.to_string()));
        let kept = kept.map_or_else(|error| error, |bytes| format!("its slice of {} B can be read", bytes.len()));
        tell(Finding::new("kept", "the page lets go of its array", "its slice of 48 B can be read", kept));

        let mut counts = Vec::new();
        drop(payload);
        counts.push(watch.holders());
        drop(slice);
        counts.push(watch.holders());
        drop(clone);
        counts.push(watch.holders());
        released.set(Some(clock::now()));
        tell(Finding::new("dropped", "holders after dropping payload, slice, clone", "2, 1, 0", listed(&counts)));
        tell(match collection {
            Some(_) => Finding::not_yet(
                "collected",
                "the array itself",
                "collected",
                "The engine collects when it likes, perhaps never; nothing depends on it.",
            ),
            None => Finding::not_tried("collected", "the array itself", "This browser does not tell what it collects."),
        });
        // Replaces the collection of an older run, for which the page does not wait any more.
        drop(self.collection.replace(collection));
        Ok(())
    }

    /// Has the engine report when it has collected `array`. It must not collect the array before
    /// `released` holds the time when the page dropped it. `None` where an engine cannot report
    /// this.
    fn tell_when_collected(
        &self,
        run: RunId,
        array: &Uint8Array,
        released: &Rc<Cell<Option<Duration>>>,
    ) -> Option<Collection> {
        if !Reflect::has(&global(), &"FinalizationRegistry".into()).unwrap_or(false) {
            return None;
        }
        let (page, released) = (self.page.clone(), released.clone());
        let told = Closure::<dyn FnMut(JsValue)>::new(move |_| {
            let finding = |found| Finding::new("collected", "the array itself", "collected", found);
            let finding = match released.get() {
                Some(since) => {
                    let seconds = clock::now().saturating_sub(since).as_secs_f64();
                    finding("collected").note(format!("after {seconds:.1} s"))
                }
                None => finding("collected while it was held"),
            };
            page.tell(Event::Found(run, finding));
        });
        let registry = FinalizationRegistry::new(told.as_ref().unchecked_ref());
        registry.register_with_token(array, &JsValue::UNDEFINED, &registry);
        Some(Collection { registry, _told: told })
    }
}

/// A registry that waits until the engine has collected an array. It reports only while it is kept
/// itself.
struct Collection {
    registry: FinalizationRegistry,
    _told: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Collection {
    fn drop(&mut self) {
        // The engine may collect just now, and must not call a closure that is dropped. `false`
        // when the registry has reported already.
        let _ = self.registry.unregister(&self.registry);
    }
}

fn detach(tell: Tell<'_>) -> Result<(), Problem> {
    let [copied, borrowed, moved] = three()?;
    let slice = borrowed.payload.slice(2..6).ok_or_else(|| unable("the payload has no bytes 2 to 6"))?;
    let mut taken_away = Vec::new();
    for taken in [&copied, &borrowed] {
        take_away(&taken.array).map_err(|error| unable(&message_of(&error)))?;
        taken_away.push(taken.array.byte_length() as usize);
    }
    let again = take_away(&moved.array);
    tell(Finding::new("array", "bytes left in the page’s arrays", "0, 0", listed(&taken_away)));
    tell(same("copy", "taken by copy", &BYTES, &copied.payload));
    tell(gone("borrow", "taken by borrow", &borrowed.payload));
    tell(gone("slice", "a slice of that", &slice));
    tell(nothing_left(same("move", "taken by move", &BYTES, &moved.payload), again));
    Ok(())
}

/// Adds to a finding about moved bytes that the page had no bytes left to give away.
fn nothing_left(finding: Finding, again: Result<(), JsValue>) -> Finding {
    let nothing = "the page has nothing left to give away";
    match again {
        Err(error) => finding.and(nothing, nothing).note(format!("The browser says: {}", message_of(&error))),
        Ok(()) => finding.and(nothing, "the page gave something away"),
    }
}

async fn worker(tell: Tell<'_>) -> Result<(), Problem> {
    let [copied, borrowed, moved] = three()?;
    let worker = Worker::start()?;
    for (taken, key, label) in [
        (&copied, "got-copy", "the Worker, given the copied array"),
        (&borrowed, "got-borrow", "the Worker, given the borrowed array"),
    ] {
        let answer = worker.ask(&taken.array)?;
        let Some(Ok(found)) = within(GUARD_MILLIS, answer).await else {
            return Err(Problem::new("The Worker did not answer.", "It was given 10 s, and was ended."));
        };
        let found = found?;
        tell(Finding::new(key, label, received(BYTES.len(), checksum(&BYTES)), found));
    }
    let again = worker.give(&moved.array);
    drop(worker);
    tell(same("copy", "taken by copy", &BYTES, &copied.payload));
    tell(gone("borrow", "taken by borrow", &borrowed.payload));
    tell(nothing_left(same("move", "taken by move", &BYTES, &moved.payload), again));
    Ok(())
}

/// The program of the Worker: it answers with the length and a checksum of the bytes that it
/// receives.
const WORKER: &str = "onmessage = ({ data }) => {
    const bytes = new Uint8Array(data);
    const sum = bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);
    postMessage([bytes.length, sum]);
};";

/// The Worker's checksum, in Rust.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}

fn received(len: usize, sum: u32) -> String {
    format!("received {len} B, checksum {sum:08x}")
}

/// A [`Worker`]'s answer, in words, or why it has not answered.
type Answer = Result<String, Problem>;

/// A Worker that reports what it receives. Dropping this ends it.
pub(super) struct Worker {
    worker: web_sys::Worker,
    url: String,
    waiting: Rc<RefCell<Option<oneshot::Sender<Answer>>>>,
    _listeners: [EventListener; 2],
}

impl Worker {
    pub(super) fn start() -> Result<Self, Problem> {
        let failed = |error: JsValue| {
            Problem::new("No Worker.", format!("The browser did not start one: {}.", message_of(&error)))
        };
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let script = Array::of1(&WORKER.into());
        let blob = Blob::new_with_str_sequence_and_options(&script, &options).map_err(failed)?;
        let url = Url::create_object_url_with_blob(&blob).map_err(failed)?;
        let worker = web_sys::Worker::new(&url).map_err(failed)?;
        let waiting = Rc::new(RefCell::new(None::<oneshot::Sender<Answer>>));
        let answers = |waiting: &Rc<RefCell<Option<oneshot::Sender<Answer>>>>, answer| {
            let waiting = waiting.borrow_mut().take();
            if let Some(waiting) = waiting {
                // The experiment may have timed out meanwhile.
                let _ = waiting.send(answer);
            }
        };
        let (on_message, on_error) = (waiting.clone(), waiting.clone());
        let listeners = [
            EventListener::new(&worker, "message", move |event| {
                let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data).unwrap_or_default();
                let data = Array::from(&data);
                let number = |at| data.get(at).as_f64().unwrap_or(-1.0);
                answers(&on_message, Ok(received(number(0) as usize, number(1) as u32)));
            }),
            EventListener::new(&worker, "error", move |_| {
                answers(&on_error, Err(Problem::new("The Worker failed.", "Its script could not be run here.")));
            }),
        ];
        Ok(Self { worker, url, waiting, _listeners: listeners })
    }

    /// Transfers the memory of `array` to the Worker.
    pub(super) fn give(&self, array: &Uint8Array) -> Result<(), JsValue> {
        let buffer = array.buffer();
        self.worker.post_message_with_transfer(&buffer, &Array::of1(&buffer))
    }

    /// Transfers the memory of `array` to the Worker. The answer arrives later.
    fn ask(&self, array: &Uint8Array) -> Result<oneshot::Receiver<Answer>, Problem> {
        let (sender, receiver) = oneshot::channel();
        *self.waiting.borrow_mut() = Some(sender);
        self.give(array).map_err(|error| unable(&message_of(&error)))?;
        Ok(receiver)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.terminate();
        // Fails only for an address that the page never made.
        let _ = Url::revoke_object_url(&self.url);
    }
}

/// Makes a source of 8 bytes. The argument is a sound array, which the payload moves before that
/// source. The segment in the result only needs to be kept meanwhile.
type Make = fn(&Uint8Array) -> Option<(JsValue, Option<Segment>)>;

/// A source that its mode cannot take.
struct Odd {
    key: &'static str,
    label: &'static str,
    mode: Mode,
    make: Make,
    /// The expected error.
    error: SegmentError,
}

fn odds() -> Vec<Odd> {
    let refused = |mode, cause| SegmentError::Refused { mode, cause };
    vec![
        Odd {
            key: "resizable",
            label: "a resizable buffer, borrowed",
            mode: Mode::Borrow,
            make: |_| Some((resizable()?, None)),
            error: refused(Mode::Borrow, Cause::Resizable),
        },
        Odd {
            key: "shared",
            label: "shared memory, borrowed",
            mode: Mode::Borrow,
            make: |_| Some((shared()?, None)),
            error: refused(Mode::Borrow, Cause::Shared),
        },
        Odd {
            key: "part",
            label: "a part of a buffer, moved",
            mode: Mode::Move,
            make: |_| Some((Uint8Array::new_with_length(16).subarray(4, 12).into(), None)),
            error: refused(Mode::Move, Cause::Partial { part: 8, whole: 16 }),
        },
        Odd {
            key: "wasm",
            label: "a view of wasm memory, borrowed",
            mode: Mode::Borrow,
            make: |_| {
                let (segment, view) = filled(|view| view.clone()).ok()?;
                Some((view.into(), Some(segment)))
            },
            error: refused(Mode::Borrow, Cause::WasmMemory),
        },
        Odd {
            key: "twice",
            label: "one buffer, moved twice",
            mode: Mode::Move,
            make: |sound| Some((sound.into(), None)),
            error: refused(Mode::Move, Cause::AlsoMoved { other: 0 }),
        },
        Odd {
            key: "string",
            label: "a string, borrowed",
            mode: Mode::Borrow,
            make: |_| Some(("8 bytes?".into(), None)),
            error: SegmentError::NotABuffer { found: "a string".to_owned() },
        },
    ]
}

fn refuse(tell: Tell<'_>) -> Result<(), Problem> {
    let mut lengths = Vec::new();
    let (mut due, mut copied) = (Vec::new(), Vec::new());
    for odd in odds() {
        let Odd { key, label, mode, make, error } = odd;
        let sound = array();
        // Views of wasm memory are valid until the memory grows. Payloads as small as these do not
        // make it grow while it has free room.
        make_room();
        let Some((value, kept)) = make(&sound) else {
            tell(Finding::not_tried(key, label, "This browser has no such memory to offer."));
            continue;
        };
        let sources = [JsValue::from(&sound), value.clone()];
        lengths.extend(sources.map(|source| (byte_length(&source), source)));
        let result = ZBytes::from_segments([Source::moved(&sound), Source::new(&value, mode)]);
        let expected = said(&BuildError::Segment { index: 1, error: error.clone() }.in_words());
        let found = result.map_or_else(|error| said(&error.in_words()), |built| format!("built, {} B", built.len()));
        tell(Finding::new(key, label, expected, found));
        drop(kept);

        // The same source again, copied where its kind allows a copy.
        let sound = array();
        make_room();
        let Some((value, kept)) = make(&sound) else { continue };
        let source = Source::new(&value, mode).unsupported(Unsupported::Copy);
        let result = ZBytes::build([Source::moved(&sound), source]);
        drop(kept);
        let copies = !matches!(error, SegmentError::NotABuffer { .. });
        due.push(if copies { format!("{key} 8 B") } else { format!("{key} refused") });
        copied.push(match result {
            Ok((_, receipt)) => format!("{key} {} B", copied_as_unsupported(&receipt)),
            Err(again) if again == (BuildError::Segment { index: 1, error }) => format!("{key} refused"),
            Err(other) => format!("{key}: {}", other.in_words()),
        });
    }
    let gone = lengths.iter().filter(|(before, source)| byte_length(source) != *before).count();
    let all = lengths.len();
    let lost = |gone: usize| format!("{gone} of {all} detached or shortened");
    tell(Finding::new("sources", "the sources, afterwards", lost(0), lost(gone)));
    tell(Finding::new("copied", "with “unsupported: copy”, copied for that reason", due.join(", "), copied.join(", ")));
    Ok(())
}

fn copied_as_unsupported(receipt: &Receipt) -> u64 {
    receipt.ledger.entries().filter(|(entry, _)| entry.reason == Reason::Unsupported).map(|(_, bytes)| bytes).sum()
}

/// The `byteLength` of any value that has one.
fn byte_length(value: &JsValue) -> Option<f64> {
    if value.is_object() { Reflect::get(value, &"byteLength".into()).ok()?.as_f64() } else { None }
}

/// Has the allocator ask for memory now, and not during the next few small allocations.
fn make_room() {
    std::hint::black_box(Vec::<u8>::with_capacity(32 << 10));
}

/// A buffer whose length may change. `None` where the engine has no such buffers.
fn resizable() -> Option<JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"maxByteLength".into(), &16.into()).ok()?;
    let class: Function = Reflect::get(&global(), &"ArrayBuffer".into()).ok()?.dyn_into().ok()?;
    let buffer = Reflect::construct(&class, &Array::of2(&8.into(), &options)).ok()?;
    Reflect::get(&buffer, &"resizable".into()).ok()?.is_truthy().then_some(buffer)
}

/// Eight bytes that other threads could access too. A page that is not isolated has shared wasm
/// memory at most.
fn shared() -> Option<JsValue> {
    if Reflect::has(&global(), &"SharedArrayBuffer".into()).unwrap_or(false) {
        return Some(SharedArrayBuffer::new(8).into());
    }
    let descriptor = Object::new();
    for (name, value) in [("initial", JsValue::from(1)), ("maximum", 1.into()), ("shared", true.into())] {
        Reflect::set(&descriptor, &name.into(), &value).ok()?;
    }
    let buffer = WebAssembly::Memory::new(&descriptor).ok()?.buffer();
    let class: Function = Reflect::get(&global(), &"Uint8Array".into()).ok()?.dyn_into().ok()?;
    Reflect::construct(&class, &Array::of3(&buffer, &0.into(), &8.into())).ok()
}

fn grow(tell: Tell<'_>) -> Result<(), Problem> {
    let source = array();
    let borrowed = built([Source::borrow(&source)])?;
    make_room();
    let (segment, view) = filled(|view| view.clone()).map_err(|error| unable(&error.in_words()))?;
    let linear = built([Source::borrow(segment)])?;
    let view: &Uint8Array = view.unchecked_ref();
    let (had, before) = (view.byte_length(), memory_length());
    grow_memory().map_err(|error| unable(&message_of(&error)))?;
    let grown = format!("from {had} B to {} B", view.byte_length());
    tell(Finding::new(
        "memory",
        "wasm memory",
        "grown by 65,536 B",
        format!("grown by {}", requested((memory_length() - before).into())),
    ));
    tell(Finding::new("view", "the producer’s view", "from 8 B to 0 B", grown));
    tell(same("linear", "payload in wasm memory", &BYTES, &linear));
    tell(same("borrowed", "payload borrowed from the JavaScript heap", &BYTES, &borrowed));
    let mut growth = Ok(());
    let during = Segment::fill_js(Element::Uint8, BYTES.len(), |_| growth = grow_memory());
    growth.map_err(|error| unable(&message_of(&error)))?;
    let found = during.map_or_else(|error| said(&error.in_words()), |_| "no error".to_owned());
    tell(Finding::new("during", "growth while a producer writes", said(&SegmentError::Grown.in_words()), found));
    Ok(())
}

fn memory() -> WebAssembly::Memory {
    wasm_bindgen::memory().unchecked_into()
}

fn memory_length() -> u32 {
    memory().buffer().unchecked_ref::<ArrayBuffer>().byte_length()
}

/// Makes wasm memory one page longer. The memory never shrinks again. Calls through `Reflect`,
/// because `grow` throws when the browser has no memory.
fn grow_memory() -> Result<(), JsValue> {
    let memory = memory();
    let grow: Function = Reflect::get(&memory, &"grow".into())?.dyn_into()?;
    grow.call1(&memory, &1.into()).map(|_| ())
}

/// Makes a segment in wasm memory that a producer has filled through a view. `then` makes the
/// second result from that view.
fn filled<R>(then: impl FnOnce(&Object) -> R) -> Result<(Segment, R), SegmentError> {
    Segment::fill_js(Element::Uint8, BYTES.len(), |view| {
        view.unchecked_ref::<Uint8Array>().set(&array(), 0);
        then(view)
    })
}

fn array() -> Uint8Array {
    Uint8Array::from(BYTES.as_slice())
}

/// One array of the page for each mode, and the payload that was made of it by that mode.
fn three() -> Result<[Taken; 3], Problem> {
    Ok([taken(Mode::Copy)?, taken(Mode::Borrow)?, taken(Mode::Move)?])
}

fn taken(mode: Mode) -> Result<Taken, Problem> {
    let array = array();
    let payload = built([Source::new(&array, mode)])?;
    Ok(Taken { array, payload })
}

fn built<const N: usize>(sources: [Source; N]) -> Result<ZBytes, Problem> {
    ZBytes::from_segments(sources).map_err(|error| unable(&error.in_words()))
}

/// Why an experiment could not start.
pub(super) fn unable(reason: &str) -> Problem {
    Problem::new("The experiment could not be set up.", said(reason.trim_end_matches('.')))
}

fn write_to(array: &Uint8Array) {
    for (at, byte) in WRITES {
        array.set_index(at, byte);
    }
}

/// The expected bytes after [`write_to`].
fn written() -> [u8; 8] {
    let mut bytes = BYTES;
    for (at, byte) in WRITES {
        if let Some(place) = bytes.get_mut(at as usize) {
            *place = byte;
        }
    }
    bytes
}

/// Detaches the memory of `array` from its owner.
pub(super) fn take_away(array: &Uint8Array) -> Result<(), JsValue> {
    let clone: Function = Reflect::get(&global(), &"structuredClone".into())?.dyn_into()?;
    let (buffer, options) = (array.buffer(), Object::new());
    Reflect::set(&options, &"transfer".into(), &Array::of1(&buffer))?;
    clone.call2(&JsValue::UNDEFINED, &buffer, &options).map(|_| ())
}

pub(super) fn read(payload: &ZBytes) -> Result<Vec<u8>, BuildError> {
    payload.to_bytes(&mut Ledger::new()).map(|bytes| bytes.to_vec())
}

/// Compares the content of a payload with `expected`.
fn same(key: &'static str, label: &'static str, expected: &[u8], payload: &ZBytes) -> Finding {
    match read(payload) {
        Ok(now) => Finding::of_bytes(key, label, &BYTES, expected, &now),
        Err(error) => Finding::new(key, label, difference(&BYTES, expected), said(&error.in_words())),
    }
}

/// The finding for a payload whose source was detached: the error of reading it.
fn gone(key: &'static str, label: &'static str, payload: &ZBytes) -> Finding {
    let error = SegmentError::Detached { expected: BYTES.len(), found: 0 };
    let expected = said(&BuildError::Segment { index: 0, error }.in_words());
    let found = match read(payload) {
        Ok(bytes) => format!("{} B and no error", bytes.len()),
        Err(error) => said(&error.in_words()),
    };
    Finding::new(key, label, expected, found)
}

/// An error as a sentence of its own.
pub(super) fn said(words: &str) -> String {
    format!("{}.", sentence(words))
}

fn listed(counts: &[usize]) -> String {
    counts.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Waits for `what`, but no longer than `millis`.
async fn within<T>(millis: u32, what: impl Future<Output = T>) -> Option<T> {
    let mut what = pin!(what);
    let mut end = pin!(TimeoutFuture::new(millis));
    poll_fn(|context| match what.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => end.as_mut().poll(context).map(|()| None),
    })
    .await
}
