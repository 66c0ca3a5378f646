//! Puts at a rate.
//!
//! A timer wakes the publisher; a hidden page does not slow it down. The publisher counts the due
//! puts from the time that has passed. So the mean is exact even with a coarse timer. Puts that the
//! session may not drop wait until earlier puts have left the browser. The publisher leaves out
//! puts that are too late, and the measured rate shows it.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use gloo_timers::callback::Timeout;
use zenoh_keyexpr::OwnedKeyExpr;

use zbytes_session::web::{clock::reading, command::Command};

use super::{Runtime, command_problem};
use crate::{
    app::{
        Problem, PutId, Row,
        session::{Change, Course, Options},
    },
    browser::clock,
    client::{Put, key_expression, pause::Watch},
    payload::ZBytes,
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

/// Puts at a rate, in flight.
pub(super) struct Publisher {
    id: PutId,
    key: OwnedKeyExpr,
    options: Options,
    hz: usize,
    rows: Vec<Row>,
    /// The time from which puts are counted. `made` counts the due puts that were made or left out.
    since: Duration,
    made: u64,
    /// Puts that have not left the browser yet, with their bytes.
    waiting: HashMap<PutId, usize>,
    waiting_bytes: usize,
    longest: usize,
    course: Course,
    bytes: u64,
    /// The time of each report, with the puts and bytes that had left the browser by then.
    history: VecDeque<(Duration, u64, u64)>,
    watch: Watch,
    /// When it was started.
    begun: Duration,
    /// Whether the person stopped it. It then reports how the puts in flight end.
    stopped: bool,
    alarm: Option<Timeout>,
}

impl Publisher {
    fn may_put(&self) -> bool {
        self.options.may_drop || self.waiting.is_empty() || self.waiting_bytes <= WINDOW.max(self.longest)
    }

    /// How many puts are due and not made. Puts that are too late are left out.
    fn due(&mut self, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.since).as_secs_f64();
        let all = (passed * self.hz as f64) as u64 + 1;
        let most = (BEHIND.as_secs_f64() * self.hz as f64) as u64 + 1;
        self.made = self.made.max(all.saturating_sub(most));
        all.saturating_sub(self.made)
    }

    /// The browser runs the page again. Puts that left before the pause do not share a measurement
    /// with later ones.
    fn wake(&mut self) {
        let now = reading();
        if self.watch.saw(now).is_some_and(|pause| !pause.still.is_zero()) {
            self.history = VecDeque::from([(now.steady, self.course.puts, self.bytes)]);
        }
    }

    /// The counts without the rate.
    fn counted(&self) -> Course {
        Course { leaving: self.waiting.len() as u64, ..self.course }
    }

    /// Measures the rate over the last second.
    fn measure(&mut self, now: Duration) -> Course {
        self.history.push_back((now, self.course.puts, self.bytes));
        while self.history.get(1).is_some_and(|(at, ..)| now.saturating_sub(*at) >= OVER) {
            self.history.pop_front();
        }
        self.average(now);
        self.counted()
    }

    /// Notes how fast it was since the oldest entry of its history.
    fn average(&mut self, now: Duration) {
        if let Some((at, puts, bytes)) = self.history.front() {
            let seconds = now.saturating_sub(*at).as_secs_f64();
            if seconds > 0.0 {
                self.course.hz = (self.course.puts - puts) as f64 / seconds;
                self.course.bytes_per_second = (self.bytes - bytes) as f64 / seconds;
            }
        }
    }

    /// The time to the next look at the clock: several looks for each put.
    fn step_millis(&self) -> u32 {
        (250 / self.hz).clamp(4, 50) as u32
    }
}

impl Runtime {
    pub(super) fn start_rate(
        &self,
        id: PutId,
        key: &str,
        options: Options,
        hz: usize,
        rows: Vec<Row>,
    ) -> Result<(), Problem> {
        let refused = |error| command_problem("Not sent.", &error);
        let key = key_expression(key).map_err(refused)?;
        let len = rows.iter().map(Row::bytes).fold(0usize, usize::saturating_add);
        options.apply(Put::new(key.clone(), ZBytes::empty()), None)?.message_len(len, None).map_err(refused)?;
        let now = clock::now();
        *self.inner.publisher.borrow_mut() = Some(Publisher {
            id,
            key,
            options,
            hz: hz.max(1),
            rows,
            since: now,
            made: 0,
            waiting: HashMap::new(),
            waiting_bytes: 0,
            longest: 0,
            course: Course::default(),
            bytes: 0,
            history: VecDeque::from([(now, 0, 0)]),
            watch: Watch::new(reading()),
            begun: now,
            stopped: false,
            alarm: None,
        });
        self.put_what_is_due();
        Ok(())
    }

    pub(super) fn rate_rows(&self, rows: Vec<Row>) {
        if let Some(publisher) = self.inner.publisher.borrow_mut().as_mut() {
            publisher.rows = rows;
        }
    }

    /// Puts in flight still leave the browser. They count until each has ended.
    pub(super) fn stop_rate(&self) {
        let Some(mut publisher) = self.inner.publisher.borrow_mut().take() else { return };
        (publisher.stopped, publisher.alarm, publisher.course.paused) = (true, None, false);
        // What stays on the page is how it went from its start to its end, not in its last second.
        publisher.history = VecDeque::from([(publisher.begun, 0, 0)]);
        publisher.average(clock::now());
        let told = (publisher.id, publisher.counted());
        if !publisher.waiting.is_empty() {
            self.inner.stopped.borrow_mut().push(publisher);
        }
        self.change(Change::Rated(told.0, told.1));
    }

    fn put_what_is_due(&self) {
        let begun = clock::now();
        let open = self.inner.driver.borrow().as_ref().is_some_and(super::host::Driver::is_open);
        if let Some(publisher) = self.inner.publisher.borrow_mut().as_mut() {
            publisher.wake();
            publisher.course.paused = !open;
            if !open {
                (publisher.since, publisher.made) = (begun, 0);
            }
        }
        let what = self.inner.publisher.borrow().as_ref().filter(|_| open).map(|publisher| {
            let Publisher { id, key, options, rows, .. } = publisher;
            (*id, key.clone(), options.clone(), rows.clone())
        });
        if let Some((id, key, options, rows)) = what {
            while self.take_due(clock::now()) {
                let built = self.built(&rows);
                match built.and_then(|(payload, _)| self.as_chosen(Put::new(key.clone(), payload), &options)) {
                    Ok(put) => self.put_at_rate(put),
                    Err(problem) => return self.fail_rate(id, problem),
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
        let mut publisher = self.inner.publisher.borrow_mut();
        let Some(publisher) = publisher.as_mut().filter(|publisher| publisher.may_put()) else { return false };
        let due = publisher.due(now) > 0;
        publisher.made += u64::from(due);
        due
    }

    fn put_at_rate(&self, put: Put) {
        let (op, len) = (self.next_apart(), put.payload.len());
        if let Some(publisher) = self.inner.publisher.borrow_mut().as_mut() {
            publisher.waiting.insert(op, len);
            publisher.waiting_bytes += len;
            publisher.longest = publisher.longest.max(len);
        }
        if let Some(publisher) = self.inner.publisher.borrow().as_ref() {
            self.note_rows(op, &publisher.rows);
        }
        self.send(Command::Put(op, put));
    }

    fn look_again(&self) {
        let now = clock::now();
        let this = self.clone();
        let told = {
            let mut publisher = self.inner.publisher.borrow_mut();
            let Some(publisher) = publisher.as_mut() else { return };
            publisher.alarm = Some(Timeout::new(publisher.step_millis(), move || this.put_what_is_due()));
            let last = publisher.history.back().map_or(Duration::ZERO, |(at, ..)| *at);
            (now.saturating_sub(last) >= TELL).then(|| (publisher.id, publisher.measure(now)))
        };
        if let Some((id, course)) = told {
            self.change(Change::Rated(id, course));
        }
    }

    /// Handles the end of a put at a rate. Returns whether `op` was one.
    pub(super) fn rated(&self, op: PutId, result: &Result<(), Problem>) -> bool {
        self.put_ended(op, |course, len, bytes| match result {
            Ok(()) => {
                course.puts += 1;
                *bytes += len as u64;
            }
            Err(_) => course.failed += 1,
        })
    }

    /// The session dropped a put that allowed it. The end of that put follows, and does not count
    /// again.
    pub(super) fn rate_dropped(&self, op: PutId) {
        self.put_ended(op, |course, _, _| course.dropped += 1);
    }

    /// Counts the end of a put at a rate. Returns whether `op` was one. A stopped publisher reports
    /// from time to time, and when its last put ends.
    fn put_ended(&self, op: PutId, count: impl FnOnce(&mut Course, usize, &mut u64)) -> bool {
        let told = {
            let (mut running, mut stopped) = (self.inner.publisher.borrow_mut(), self.inner.stopped.borrow_mut());
            let mut all = running.iter_mut().chain(stopped.iter_mut());
            let Some((publisher, len)) = all.find_map(|publisher| {
                let len = publisher.waiting.remove(&op)?;
                Some((publisher, len))
            }) else {
                return false;
            };
            publisher.waiting_bytes -= len;
            count(&mut publisher.course, len, &mut publisher.bytes);
            let now = clock::now();
            let last = publisher.history.back().map_or(Duration::ZERO, |(at, ..)| *at);
            let due = publisher.waiting.is_empty() || now.saturating_sub(last) >= TELL;
            let told = (publisher.stopped && due).then(|| {
                // From now on, the history holds only the time of the last report.
                publisher.history = VecDeque::from([(now, 0, 0)]);
                (publisher.id, publisher.counted())
            });
            stopped.retain(|publisher| !publisher.waiting.is_empty());
            told
        };
        if let Some((id, course)) = told {
            self.change(Change::Rated(id, course));
        }
        true
    }

    fn fail_rate(&self, id: PutId, problem: Problem) {
        self.change(Change::RateFailed(id, problem));
        self.stop_rate();
    }
}
