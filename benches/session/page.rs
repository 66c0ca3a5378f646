//! The page's own session, driven for `scripts/bench session`: the same program that users run,
//! without the parts that draw.
//!
//! It is packed like the page, served by the lab like the page, and has the page's driver and
//! client. The harness in `benches/session.rs` calls the exported functions.

#[cfg(not(target_arch = "wasm32"))]
fn main() {}

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
}

#[cfg(target_arch = "wasm32")]
mod page {
    #![allow(
        unreachable_pub,
        missing_docs,
        clippy::unwrap_used,
        clippy::panic,
        reason = "called from JavaScript; a benchmark that fails must stop"
    )]

    use std::{
        cell::{Cell, RefCell},
        collections::HashMap,
        future::poll_fn,
        rc::Rc,
        task::{Poll, Waker},
    };

    use js_sys::Uint8Array;
    use wasm_bindgen::prelude::wasm_bindgen;
    use zbytes_lab::{
        client::{CongestionControl, Event, Get, KeyExpr, Put},
        engine::host::{Driver, LabHost, Told},
        payload::ZBytes,
        segment::Source,
    };
    use zbytes_session::web::command::{Command, Declare};

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance, js_name = now)]
        fn now() -> f64;
    }

    /// How many puts may be pending in the session before the page waits too. The driver never runs
    /// out of puts with so many.
    const WINDOW: u32 = 16_384;

    /// How many puts the page makes in one turn.
    const BURST: u32 = 4_096;

    /// Shorter payloads are copied when they are built, which is the default; longer ones are
    /// borrowed.
    const SHORT: usize = 1024;

    /// What happened in a session so far.
    #[derive(Default)]
    struct Seen {
        open: Cell<bool>,
        resumed: Cell<u32>,
        ended: Cell<u32>,
        /// Samples since the last call of `expect`.
        samples: Cell<u32>,
        wanted: Cell<u32>,
        first: Cell<f64>,
        last: Cell<f64>,
        replies: Cell<u32>,
        waiting: RefCell<Option<Waker>>,
    }

    impl Seen {
        fn wake(&self) {
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }

        /// Waits until the condition `so` holds. It checks the condition at every call of `wake`.
        async fn until(&self, so: impl Fn(&Self) -> bool) {
            poll_fn(|context| {
                if so(self) {
                    return Poll::Ready(());
                }
                *self.waiting.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        }

        fn hear(&self, told: Told) {
            match told {
                Told::Event(Event::Opened(_)) => {
                    self.open.set(true);
                    self.wake();
                }
                Told::Event(Event::Resumed { .. }) => self.resumed.set(self.resumed.get() + 1),
                Told::PutEnded(_, result) => {
                    result.unwrap();
                    let ended = self.ended.get() + 1;
                    self.ended.set(ended);
                    // The bench checks from time to time, not after each put.
                    if ended.is_multiple_of(BURST / 4) || self.wanted.get() == ended {
                        self.wake();
                    }
                }
                Told::Event(Event::Sample(_)) => {
                    let samples = self.samples.get() + 1;
                    self.samples.set(samples);
                    if samples == 1 {
                        self.first.set(now());
                        self.last.set(self.first.get());
                    }
                    if samples == self.wanted.get() {
                        self.last.set(now());
                        self.wake();
                    }
                }
                Told::GetEnded(_, result) => {
                    result.unwrap();
                    self.replies.set(self.replies.get() + 1);
                    self.wake();
                }
                Told::Lost { .. } => self.open.set(false),
                Told::Declared(_, result) => result.unwrap(),
                Told::Refused(_, error) => panic!("refused: {error}"),
                Told::Closed(problem) => panic!("the session has ended: {problem:?}"),
                _ => {}
            }
        }
    }

    struct Session {
        driver: Driver,
        seen: Rc<Seen>,
        op: Cell<u64>,
    }

    impl Session {
        fn op(&self) -> u64 {
            self.op.set(self.op.get() + 1);
            self.op.get()
        }
    }

    thread_local! {
        static SESSIONS: RefCell<HashMap<String, Rc<Session>>> = RefCell::default();
        static PAYLOADS: RefCell<HashMap<u32, ZBytes>> = RefCell::default();
    }

    fn session(url: &str) -> Rc<Session> {
        SESSIONS.with(|sessions| sessions.borrow()[url].clone())
    }

    /// Opens a session that subscribes to `key`. Later calls name it by its URL.
    #[wasm_bindgen]
    pub async fn open(url: String, key: String) {
        let seen = Rc::new(Seen::default());
        let hears = seen.clone();
        let driver = Driver::open_lasting(&url, LabHost, move |told| hears.hear(told));
        let session = Rc::new(Session { driver, seen, op: Cell::new(0) });
        SESSIONS.with(|sessions| sessions.borrow_mut().insert(url, session.clone()));
        session.seen.until(|seen| seen.open.get()).await;
        let key = KeyExpr::new(&key).unwrap();
        session.driver.send(Command::Declare(1, Declare::Subscriber(key.into())));
    }

    /// Makes the payload of `len` bytes for later puts: the session is not charged with its cost.
    #[wasm_bindgen]
    pub fn prepare(len: u32) {
        let array = Uint8Array::new_with_length(len).fill(7, 0, len);
        let short = len as usize <= SHORT;
        let source = if short { Source::copy(&array) } else { Source::borrow(&array) };
        let payload = ZBytes::from_segments([source]).unwrap();
        PAYLOADS.with(|payloads| payloads.borrow_mut().insert(len, payload));
    }

    /// Puts the payload of `len` bytes `count` times without waiting in between. Then waits until
    /// the last byte of all has left the browser.
    #[wasm_bindgen]
    pub async fn put(url: String, key: String, len: u32, count: u32) {
        let (session, key) = (session(&url), KeyExpr::new(&key).unwrap());
        let payload = PAYLOADS.with(|payloads| payloads.borrow()[&len].clone());
        let seen = &session.seen;
        seen.ended.set(0);
        seen.wanted.set(count);
        let mut begun = 0;
        while begun < count {
            seen.until(|seen| begun - seen.ended.get() < WINDOW).await;
            let burst = BURST.min(count - begun);
            for _ in 0..burst {
                let put =
                    Put { congestion_control: CongestionControl::Block, ..Put::new(key.clone(), payload.clone()) };
                session.driver.send(Command::Put(session.op(), put));
            }
            begun += burst;
        }
        seen.until(|seen| seen.ended.get() == count).await;
    }

    /// Starts a new count of samples.
    #[wasm_bindgen]
    pub fn expect(url: &str, count: u32) {
        let seen = &session(url).seen;
        seen.samples.set(0);
        seen.wanted.set(count);
    }

    /// Waits for the expected samples; returns the milliseconds from the first to the last.
    #[wasm_bindgen]
    pub async fn arrived(url: String) -> f64 {
        let session = session(&url);
        session.seen.until(|seen| seen.samples.get() >= seen.wanted.get()).await;
        session.seen.last.get() - session.seen.first.get()
    }

    /// Samples since the last call of `expect`, and how often the session was opened again.
    #[wasm_bindgen]
    pub fn counts(url: &str) -> Vec<u32> {
        let seen = &session(url).seen;
        vec![seen.samples.get(), seen.resumed.get()]
    }

    /// Sends `count` queries, one after the other; returns the milliseconds that each took.
    #[wasm_bindgen]
    pub async fn get(url: String, key: String, count: u32) -> Vec<f64> {
        let (session, key) = (session(&url), KeyExpr::new(&key).unwrap());
        session.seen.replies.set(0);
        let mut times = Vec::new();
        for asked in 1..=count {
            let begun = now();
            session.driver.send(Command::Get(session.op(), Get::new(key.clone())));
            session.seen.until(|seen| seen.replies.get() == asked).await;
            times.push(now() - begun);
        }
        times
    }
}
