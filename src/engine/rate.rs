//! Puts at a rate.
//!
//! A timer wakes the publisher; a hidden page does not slow it down. The publisher counts the due
//! puts from the time that has passed. So the mean is exact even with a coarse timer. Puts that the
//! session may not drop wait until earlier puts have left the browser. The publisher leaves out
//! puts that are too late, and the measured rate shows it.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use gloo_timers::callback::Timeout;

use zbytes_session::web::{clock::reading, command::Command};

use super::{
    frames::Frames,
    page::Page,
    payloads::Payloads,
    session::{Operation, Session, checked},
};
use crate::{
    app::{
        Problem, PutId, Row,
        session::{Course, Event, Options},
    },
    browser::clock,
    client::{CongestionControl, KeyExpr, Put, pause::Watch},
};

/// How long making puts may keep the engine from other work without a break.
const SLICE: Duration = Duration::from_millis(4);

/// The bytes that may wait in the browser before the next put waits. One put may be longer.
const WINDOW: usize = 8 << 20;

/// How late the publisher still makes a put.
const BEHIND: Duration = Duration::from_millis(200);

/// The shortest time between two reports of the rate.
const TELL: Duration = Duration::from_millis(250);

/// Over how long the rate is measured.
const OVER: Duration = Duration::from_secs(1);

/// How it went until a point in time.
#[derive(Clone, Copy, Default)]
struct Mark {
    at: Duration,
    /// Puts and bytes that had left the browser by then.
    puts: u64,
    bytes: u64,
    dropped: u64,
    making: Duration,
    held: Duration,
}

/// Puts at a rate, in flight.
struct Publisher {
    id: PutId,
    key: KeyExpr,
    options: Options,
    hz: usize,
    rows: Vec<Row>,
    /// The time from which puts are counted. `made` counts the due puts that were made or left out.
    since: Duration,
    made: u64,
    /// Puts that have not left the browser yet, and their bytes.
    waiting: u64,
    waiting_bytes: usize,
    longest: usize,
    course: Course,
    bytes: u64,
    /// How long making puts has taken, and how long puts that were due have waited.
    making: Duration,
    held: Duration,
    /// Since when a put that is due waits.
    held_since: Option<Duration>,
    /// Since when one waits for its program.
    made_since: Option<Duration>,
    /// How it went until each report.
    history: VecDeque<Mark>,
    arrays: u64,
    watch: Watch,
    /// When it was started.
    begun: Duration,
    /// Whether the person stopped it. It then reports how the puts in flight end.
    stopped: bool,
    alarm: Option<Timeout>,
}

impl Publisher {
    fn may_put(&self) -> bool {
        self.options.congestion_control == CongestionControl::Drop
            || self.waiting == 0
            || self.waiting_bytes <= WINDOW.max(self.longest)
    }

    /// How many puts are due and not made. Puts that are too late are left out.
    fn due(&mut self, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.since).as_secs_f64();
        let all = (passed * self.hz as f64) as u64 + 1;
        let most = (BEHIND.as_secs_f64() * self.hz as f64) as u64 + 1;
        let least = self.made.max(all.saturating_sub(most));
        self.course.left_out += least - self.made;
        self.made = least;
        all.saturating_sub(self.made)
    }

    /// The browser runs the page again. Puts that left before the pause do not share a measurement
    /// with later ones.
    fn wake(&mut self) {
        let now = reading();
        if self.watch.saw(now).is_some_and(|pause| !pause.still.is_zero()) {
            self.hold(now.steady, false);
            self.history = VecDeque::from([self.mark(now.steady)]);
        }
    }

    /// The counts without the rate.
    fn counted(&self) -> Course {
        Course { leaving: self.waiting, ended: self.stopped, ..self.course }
    }

    /// Measures the rate over the last second.
    fn measure(&mut self, now: Duration) -> Course {
        self.hold(now, self.held_since.is_some());
        self.await_program(now, self.made_since.is_some());
        self.history.push_back(self.mark(now));
        while self.history.get(1).is_some_and(|mark| now.saturating_sub(mark.at) >= OVER) {
            self.history.pop_front();
        }
        self.average(now);
        self.counted()
    }

    /// Notes how fast it was since the oldest entry of its history.
    fn average(&mut self, now: Duration) {
        if let Some(mark) = self.history.front() {
            let seconds = now.saturating_sub(mark.at).as_secs_f64();
            if seconds > 0.0 {
                let (puts, dropped) = (self.course.puts - mark.puts, self.course.dropped - mark.dropped);
                self.course.hz = puts as f64 / seconds;
                self.course.dropping = dropped as f64 / (puts + dropped).max(1) as f64;
                self.course.bytes_per_second = (self.bytes - mark.bytes) as f64 / seconds;
                self.course.making = (self.making - mark.making).as_secs_f64() / seconds;
                self.course.waiting = (self.held - mark.held).as_secs_f64() / seconds;
            }
        }
    }

    /// How it went until now.
    fn mark(&self, at: Duration) -> Mark {
        let Self { course: Course { puts, dropped, .. }, bytes, making, held, .. } = *self;
        Mark { at, puts, bytes, dropped, making, held }
    }

    /// Notes whether a put that is due waits for earlier ones from now on.
    fn hold(&mut self, now: Duration, waits: bool) {
        if let Some(since) = self.held_since {
            self.held += now.saturating_sub(since);
        }
        self.held_since = waits.then_some(now);
    }

    /// Notes whether a put that is due waits for its program from now on: that is a part of making it.
    fn await_program(&mut self, now: Duration, waits: bool) {
        if let Some(since) = self.made_since {
            self.making += now.saturating_sub(since);
        }
        self.made_since = waits.then_some(now);
    }

    /// Whether the last report is long enough ago for another one. The history begins with the time
    /// of a report, and ends with that of the last one.
    fn is_to_tell(&self, now: Duration) -> bool {
        self.history.back().is_none_or(|mark| now.saturating_sub(mark.at) >= TELL)
    }

    /// The time to the next look at the clock: several looks for each put.
    fn step_millis(&self) -> u32 {
        (250 / self.hz).clamp(4, 50) as u32
    }
}

/// How a put at a rate has ended.
pub(super) enum Ended {
    /// It has left the browser.
    Left,
    /// The session dropped it, as it allowed.
    Dropped,
    /// In another error.
    Failed,
}

/// Puts at a rate.
pub(super) struct Rate {
    page: Page,
    payloads: Rc<Payloads>,
    frames: Rc<Frames>,
    session: Rc<Session>,
    running: RefCell<Option<Publisher>>,
    /// Publishers that the person stopped while some of their puts are still in flight.
    stopped: RefCell<Vec<Publisher>>,
}

impl Rate {
    pub(super) fn new(page: Page, payloads: Rc<Payloads>, frames: Rc<Frames>, session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self { page, payloads, frames, session, running: RefCell::default(), stopped: RefCell::default() })
    }

    /// Puts the rows `hz` times in each second from now on.
    pub(super) fn start(self: &Rc<Self>, id: PutId, key: &str, options: Options, hz: usize, rows: Vec<Row>) {
        let key = match checked(key, &rows, &options) {
            Ok(key) => key,
            Err(problem) => return self.page.tell(Event::RateFailed(id, problem)),
        };
        let now = clock::now();
        self.running.replace(Some(Publisher {
            id,
            key,
            options,
            hz: hz.max(1),
            rows,
            since: now,
            made: 0,
            waiting: 0,
            waiting_bytes: 0,
            longest: 0,
            course: Course::default(),
            bytes: 0,
            making: Duration::ZERO,
            held: Duration::ZERO,
            held_since: None,
            made_since: None,
            history: VecDeque::from([Mark { at: now, ..Mark::default() }]),
            arrays: self.payloads.arrays_made(),
            watch: Watch::new(reading()),
            begun: now,
            stopped: false,
            alarm: None,
        }));
        self.put_what_is_due();
    }

    /// Puts other rows from now on.
    pub(super) fn take_rows(&self, rows: Vec<Row>) {
        if let Some(publisher) = self.running.borrow_mut().as_mut() {
            publisher.rows = rows;
        }
    }

    /// Puts in flight still leave the browser. They count until each has ended.
    pub(super) fn stop(&self) {
        let Some(mut publisher) = self.running.take() else { return };
        (publisher.stopped, publisher.alarm, publisher.course.paused) = (true, None, false);
        // What stays on the page is how it went from its start to its end, not in its last second.
        let now = clock::now();
        publisher.hold(now, false);
        publisher.history = VecDeque::from([Mark { at: publisher.begun, ..Mark::default() }]);
        publisher.average(now);
        let (id, course) = (publisher.id, publisher.counted());
        if publisher.waiting > 0 {
            self.stopped.borrow_mut().push(publisher);
        }
        self.page.tell(Event::Rated(id, course));
    }

    fn put_what_is_due(self: &Rc<Self>) {
        let begun = clock::now();
        let is_open = self.session.is_open();
        let what = self.running.borrow_mut().as_mut().and_then(|publisher| {
            publisher.wake();
            publisher.course.paused = !is_open;
            if !is_open {
                (publisher.since, publisher.made) = (begun, 0);
                publisher.hold(begun, false);
                return None;
            }
            let Publisher { id, key, options, rows, .. } = publisher;
            Some((*id, key.clone(), options.clone(), rows.clone()))
        });
        if let Some((id, key, options, rows)) = what {
            while self.take_due(clock::now()) {
                let started = clock::now();
                match self.session.put_of_rows(key.clone(), &rows, &options) {
                    Ok((put, copied)) => {
                        self.made(clock::now().saturating_sub(started), copied);
                        self.put(id, put, &rows);
                    }
                    Err(problem) => return self.fail(id, problem),
                }
                if clock::now().saturating_sub(begun) >= SLICE {
                    break;
                }
            }
        }
        self.look_again();
    }

    /// Returns whether a put is due now. The put then counts as made.
    fn take_due(&self, now: Duration) -> bool {
        let mut publisher = self.running.borrow_mut();
        let Some(publisher) = publisher.as_mut() else { return false };
        let (due, may_put) = (publisher.due(now), publisher.may_put());
        if due > 0 && !self.payloads.are_ready(&publisher.rows) {
            // A device gives fewer frames than are wanted. One put is due as soon as there is a frame.
            publisher.made += due - 1;
            publisher.hold(now, false);
            return false;
        }
        let due = due > 0;
        publisher.hold(now, due && !may_put);
        let waits = due && may_put && self.payloads.waits(&publisher.rows);
        publisher.await_program(now, waits);
        let puts = due && may_put && !waits;
        publisher.made += u64::from(puts);
        puts
    }

    /// Notes what making a put took.
    fn made(&self, took: Duration, copied: u64) {
        if let Some(publisher) = self.running.borrow_mut().as_mut() {
            publisher.making += took;
            publisher.course.copied = copied;
            publisher.course.arrays = self.payloads.arrays_made() - publisher.arrays;
        }
    }

    fn put(&self, publisher: PutId, put: Put, rows: &[Row]) {
        let (id, len) = (self.session.next_id(), put.kind.payload_len());
        if let Some(running) = self.running.borrow_mut().as_mut() {
            running.waiting += 1;
            running.waiting_bytes += len;
            running.longest = running.longest.max(len);
        }
        self.frames.note(id, rows);
        let counts = self.session.count(&put);
        self.session.begin(id, Operation::Rated { publisher, len, counts }, Command::Put(id, put));
    }

    fn look_again(self: &Rc<Self>) {
        let now = clock::now();
        let this = self.clone();
        let told = {
            let mut publisher = self.running.borrow_mut();
            let Some(publisher) = publisher.as_mut() else { return };
            publisher.alarm = Some(Timeout::new(publisher.step_millis(), move || this.put_what_is_due()));
            publisher.is_to_tell(now).then(|| (publisher.id, publisher.measure(now)))
        };
        if let Some((id, course)) = told {
            self.page.tell(Event::Rated(id, course));
        }
    }

    /// Counts the end of a put of a publisher. A stopped publisher reports from time to time, and
    /// when its last put ends.
    pub(super) fn ended(&self, publisher: PutId, len: usize, how: Ended) {
        let told = {
            let (mut running, mut stopped) = (self.running.borrow_mut(), self.stopped.borrow_mut());
            // A publisher stays until the last of its puts has ended.
            let Some(publisher) = running.iter_mut().chain(stopped.iter_mut()).find(|one| one.id == publisher) else {
                return;
            };
            publisher.waiting -= 1;
            publisher.waiting_bytes -= len;
            match how {
                Ended::Left => {
                    publisher.course.puts += 1;
                    publisher.bytes += len as u64;
                }
                Ended::Dropped => publisher.course.dropped += 1,
                Ended::Failed => publisher.course.failed += 1,
            }
            let now = clock::now();
            let due = publisher.waiting == 0 || publisher.is_to_tell(now);
            let told = (publisher.stopped && due).then(|| {
                // From now on, the history holds only the time of the last report.
                publisher.history = VecDeque::from([Mark { at: now, ..Mark::default() }]);
                (publisher.id, publisher.counted())
            });
            stopped.retain(|publisher| publisher.waiting > 0);
            told
        };
        if let Some((id, course)) = told {
            self.page.tell(Event::Rated(id, course));
        }
    }

    fn fail(&self, id: PutId, problem: Problem) {
        self.page.tell(Event::RateFailed(id, problem));
        self.stop();
    }
}
