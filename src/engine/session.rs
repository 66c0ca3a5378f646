//! The Router pane's side of a session: it turns tasks into commands, and the session's messages
//! into actions.

use std::{io::Read, mem::take, time::Duration};

use gloo_timers::callback::{Interval, Timeout};
use zenoh_keyexpr::OwnedKeyExpr;
use zenoh_protocol::core::CongestionControl;

use zbytes_session::web::command::{Command, Declare, LinkError, Unfinished};

use super::{
    Runtime, SETTLE_MILLIS, command_problem,
    host::{self, Told},
    ownership,
};
use crate::{
    app::{
        self, Clock, Event, KEPT_BYTES, KEPT_SAMPLES, More, Problem, PutId, PutReport, Row, SampleId, Stamp,
        session::{Asked, Attachment, Change, Entity, ErrorReply, Options, Question, Task, Token},
    },
    browser::clock,
    client::{
        self, CommandError, Counterpart, EntityId, Get, Put, Queryable, Reliability, Reply, Sample, SessionInfo,
        Subscribe, Timestamp,
        capture::Taken,
        encoding,
        stamp::{Stamps, told},
    },
    ledger::Stage,
    message::Looks,
    payload::{Receipt, ZBytes},
    present::session::Place,
};

/// The subscriber of the Router pane. An experiment declares one beside it: see `ownership`.
pub(super) const SUBSCRIBER: EntityId = 1;

const QUERYABLE: EntityId = 3;
const TOKEN: EntityId = 4;
const ALIVE: EntityId = 5;
/// The declaration that reports whether a subscriber matches the key of the puts.
const MATCHING: EntityId = 6;

/// The shortest time between two reports of arrived samples: the page draws itself anew for each
/// report.
const ARRIVALS: Duration = Duration::from_millis(50);

/// How often the page reports the traffic of the link, while the person views it.
const LINK_MILLIS: u32 = 500;

/// How many bytes of an attachment, or of an error, the page shows.
const SHOWN: usize = 80;

/// A put in flight, as the page knows it.
#[derive(Default)]
pub(super) struct PutUnderWay {
    bytes: usize,
    /// Bytes that building its payload has copied.
    built: u64,
    deleted: bool,
}

/// The page and the router of the open session, or of the last one. Their clocks stamp the samples.
pub(super) struct Known {
    /// The zenoh ids, in hexadecimal.
    page: String,
    router: String,
    stamps: Stamps,
}

impl Known {
    fn of(info: &SessionInfo) -> Option<Self> {
        Some(Self { page: info.zid.clone(), router: info.router.clone(), stamps: Stamps::of(&info.zid)? })
    }
}

/// The samples that have arrived and are not reported yet. When they are too many, only the latest
/// stay.
#[derive(Default)]
pub(super) struct Arrivals {
    samples: Vec<app::Sample>,
    received: u64,
    replies: u64,
    told: Duration,
    timer: Option<Timeout>,
}

fn entity(entity: Entity) -> EntityId {
    match entity {
        Entity::Queryable => QUERYABLE,
        Entity::Token => TOKEN,
        Entity::Watch => ALIVE,
    }
}

impl Runtime {
    /// Sends the session a command. Without a session, the command is refused.
    pub(super) fn send(&self, command: Command) {
        let numbered = match &command {
            Command::Put(op, put) => put.numbered.map(|publisher| (*op, publisher)),
            _ => None,
        };
        let driver = self.inner.driver.borrow();
        if let Some(driver) = driver.as_ref() {
            driver.send(command);
            // The driver reports a refusal before `send` returns.
            if let Some((_, publisher)) = numbered.filter(|(op, _)| self.inner.refused.get() != *op) {
                self.number_taken(publisher);
            }
            return;
        }
        drop(driver);
        match command {
            Command::Put(op, _) | Command::Get(op, _) | Command::GetAlive(op, _) | Command::Flush(op) => {
                self.hear(Told::Refused(op, CommandError::NotOpen));
            }
            Command::Answer { op, .. } => self.hear(Told::Refused(op, CommandError::NotOpen)),
            Command::Declare(id, _) => self.hear(Told::Declared(id, Err(CommandError::NotOpen))),
            Command::Frames(_) => self.hear(Told::Frames(Taken::default())),
            Command::Cancel(_)
            | Command::Undeclare(_)
            | Command::Stats
            | Command::Capture(_)
            | Command::Close
            | Command::Hint => {}
        }
    }

    pub(super) fn change(&self, change: Change) {
        self.answer(Event::Session(change));
    }

    /// Counts the numbered puts of a publisher. Reports its next number when that may be longer on
    /// the wire.
    fn number_taken(&self, publisher: EntityId) {
        let next = {
            let mut numbers = self.inner.numbers.borrow_mut();
            let next = numbers.entry(publisher).or_default();
            *next = next.wrapping_add(1);
            *next
        };
        if let Some(lane) = app::lane_of(publisher).filter(|_| next.is_power_of_two() || next == 0) {
            self.change(Change::Numbered(lane, next));
        }
    }

    /// The place of the driver's session.
    fn place(&self) -> Place {
        host::place(self.inner.url.borrow().as_deref().unwrap_or_default())
    }

    pub(super) fn hear(&self, told: Told) {
        match told {
            Told::Opened(info) => {
                self.inner.waited.set(None);
                *self.inner.known.borrow_mut() = Known::of(&info);
                self.answer(Event::Opened(info));
            }
            Told::Refused(op, error) => self.refused(op, &error),
            Told::Declared(id, result) => self.declared(id, result),
            Told::Sample(sample) => self.sample(sample),
            Told::Missed(SUBSCRIBER, count) => self.change(Change::Missed(count)),
            Told::Missed(..) => {}
            Told::Progress(id, handed) => self.answer(Event::PutProgress(id, handed)),
            Told::PutEnded(id, result) => {
                let result = result.map_err(|failure| self.place().put_problem(&failure));
                if let Some(apart) = self.inner.waiting.borrow_mut().remove(&id) {
                    // The experiment may have timed out, and does not wait for the result any more.
                    let _ = apart.send(result);
                    return;
                }
                let Some(PutUnderWay { bytes, built, deleted }) = self.inner.puts.borrow_mut().remove(&id) else {
                    let result = result.map(|_| ());
                    let _ = self.answer_ended(id, &result) || self.rated(id, &result);
                    return;
                };
                let report = result.map(|sent| PutReport {
                    bytes,
                    deleted,
                    batches: sent.batches,
                    built,
                    gathered: sent.ledger.bytes_in(Stage::Gather),
                    took: sent.took,
                    answered: sent.answered,
                });
                self.answer(Event::PutEnded(id, report));
            }
            Told::Arriving(arriving) => self.answer(Event::Arriving(arriving)),
            Told::ArrivalEnded { id, whole } => self.answer(Event::ArrivalEnded { id, whole }),
            Told::Reply(op, reply) => self.reply(op, reply),
            Told::GetEnded(op, result) => {
                self.tell_arrivals();
                self.change(Change::GetEnded(op, result.map_err(|failure| self.place().get_problem(&failure))));
            }
            Told::Flushed(op, result) => {
                let problem = |error: Option<LinkError<Problem>>| self.place().fence_problem(error.as_ref());
                self.change(Change::Flushed(op, result.map_err(problem)));
            }
            Told::Query(query) => self.change(Change::Asked(Asked {
                query: query.id,
                time: clock::time_of_day(),
                key: query.key.into(),
                parameters: query.parameters.into(),
                len: query.payload.map(|payload| payload.len()),
                attachment: query.attachment.as_ref().map(attachment),
                timeout: query.timeout,
                local: query.local,
            })),
            Told::QueriesRefused(count) => self.change(Change::QueriesRefused(count)),
            Told::Dropped(op) => self.rate_dropped(op),
            Told::StoodStill(pause) => {
                self.inner.waited.set(Some(pause.longest()));
                self.change(Change::StoodStill(pause, clock::time_of_day()));
            }
            Told::CaughtUp => {
                self.inner.waited.set(None);
                self.change(Change::CaughtUp);
            }
            Told::Matching(MATCHING, matching) => self.change(Change::Matching(matching)),
            Told::Matching(..) => {}
            Told::Frames(taken) => self.frames(&taken),
            Told::Stats(stats) => self.change(Change::Link(stats)),
            Told::HeldBack(longest) => self.answer(Event::HeldBack(longest)),
            Told::Lost { error, unfinished: Unfinished { puts, gets, fences }, wait } => {
                self.forget_queries();
                let lost = app::Lost::new(self.place().link_problem(&error), [puts, gets, fences], wait);
                self.answer(Event::SessionLost(lost, clock::time_of_day()));
            }
            Told::Resumed(gap) => self.answer(Event::SessionResumed(gap)),
            Told::Closed(error) => {
                self.forget_queries();
                self.answer(Event::SessionEnded(error.map(|error| self.place().link_problem(&error))));
            }
            // The page has no place to show the library's other messages.
            _ => {}
        }
    }

    fn refused(&self, op: PutId, error: &CommandError) {
        self.inner.refused.set(op);
        let problem = command_problem("It was refused.", error);
        if let Some(apart) = self.inner.waiting.borrow_mut().remove(&op) {
            let _ = apart.send(Err(problem));
        } else if self.inner.puts.borrow_mut().remove(&op).is_some() {
            self.answer(Event::PutEnded(op, Err(problem)));
        } else if !self.answer_ended(op, &Err(problem.clone())) && !self.rated(op, &Err(problem.clone())) {
            // A fence or a get: `change` ignores the one that does not match.
            self.change(Change::Flushed(op, Err(problem.clone())));
            self.change(Change::GetEnded(op, Err(problem)));
        }
    }

    fn declared(&self, id: EntityId, result: Result<(), CommandError>) {
        if let Some(apart) = self.inner.declaring.borrow_mut().remove(&id) {
            let _ = apart.send(result);
            return;
        }
        let key = self.inner.declared.borrow_mut().remove(&id).unwrap_or_default();
        let result = result.map(|()| key).map_err(|error| command_problem("Not declared.", &error));
        match id {
            SUBSCRIBER => self.answer(Event::SubscribeEnded(result)),
            QUERYABLE => self.change(Change::Declared(Entity::Queryable, result)),
            TOKEN => self.change(Change::Declared(Entity::Token, result)),
            ALIVE => self.change(Change::Declared(Entity::Watch, result)),
            _ => {}
        }
    }

    /// Declares an entity under the key expression that the person typed.
    fn declare(&self, id: EntityId, key: &str, what: impl FnOnce(OwnedKeyExpr) -> Declare) {
        match client::key_expression(key) {
            Ok(key) => {
                self.inner.declared.borrow_mut().insert(id, key.to_string());
                self.send(Command::Declare(id, what(key)));
            }
            Err(error) => self.declared(id, Err(error)),
        }
    }

    pub(super) fn subscribe(&self, key: &str) {
        self.declare(SUBSCRIBER, key, |key| Declare::Subscriber(Subscribe { report_missed: true, ..key.into() }));
    }

    pub(super) fn session_task(&self, task: Task) {
        match task {
            Task::Start { id, key, options, hz, rows } => {
                if let Err(problem) = self.start_rate(id, &key, options, hz, rows) {
                    self.change(Change::RateFailed(id, problem));
                }
            }
            Task::Rows(rows) => self.rate_rows(rows),
            Task::Stop => self.stop_rate(),
            Task::Flush(id) => self.send(Command::Flush(id)),
            Task::Match(key) => {
                let this = self.clone();
                // The person types a key letter by letter.
                *self.inner.matching.borrow_mut() =
                    Some(Timeout::new(SETTLE_MILLIS, move || this.watch_matching(&key)));
            }
            Task::Get { id, question, options, rows } => match self.get(&question, &options, rows.as_deref()) {
                Ok(get) => {
                    self.note_rows(id, rows.as_deref().unwrap_or_default());
                    self.send(Command::Get(id, get));
                }
                Err(problem) => self.change(Change::GetEnded(id, Err(problem))),
            },
            Task::Cancel(id) => self.send(Command::Cancel(id)),
            Task::Declare(Entity::Queryable, key, complete) => {
                self.declare(QUERYABLE, &key, |key| Declare::Queryable(Queryable { complete, ..key.into() }))
            }
            Task::Declare(Entity::Token, key, _) => self.declare(TOKEN, &key, Declare::Token),
            Task::Declare(Entity::Watch, key, _) => self.declare(ALIVE, &key, Declare::Alive),
            Task::Undeclare(what) => {
                if what == Entity::Queryable {
                    self.stop_answering();
                }
                self.send(Command::Undeclare(entity(what)));
            }
            Task::List(id, key) => {
                self.inner.listing.set(id);
                match client::key_expression(&key) {
                    Ok(key) => self.send(Command::GetAlive(id, key)),
                    Err(error) => self.refused(id, &error),
                }
            }
            Task::Answer { id, asked, key, options, rows } => {
                self.answer_in_turn(id, asked, key, options, rows);
            }
            Task::WatchLink(wanted) => {
                let this = self.clone();
                *self.inner.looking.borrow_mut() =
                    wanted.then(|| Interval::new(LINK_MILLIS, move || this.send(Command::Stats)));
                if wanted {
                    self.send(Command::Stats);
                }
            }
        }
    }

    fn watch_matching(&self, key: &str) {
        self.send(Command::Undeclare(MATCHING));
        self.declare(MATCHING, key, |key| Declare::Watch(key, Counterpart::Subscribers));
    }

    /// The payload of the rows, and what building it took.
    pub(super) fn built(&self, rows: &[Row]) -> Result<(ZBytes, Receipt), Problem> {
        let mut sources = self.inner.sources.borrow_mut();
        sources.make(rows)?;
        sources.build(None)
    }

    pub(super) fn put(&self, id: PutId, key: &str, rows: Option<&[Row]>, options: &Options) -> Result<(), Problem> {
        let refused = |error: CommandError| command_problem("Not sent.", &error);
        let key = client::key_expression(key).map_err(refused)?;
        let len = rows.iter().copied().flatten().map(Row::bytes).fold(0usize, usize::saturating_add);
        // Checked before the arrays are made: a refusal should not cost a gibibyte. Near the limit,
        // the bytes of a number or a time decide; then the client refuses.
        options.apply(Put::new(key.clone(), ZBytes::empty()), None)?.message_len(len, None).map_err(refused)?;
        let (put, built) = match rows {
            Some(rows) => {
                let (payload, receipt) = self.built(rows)?;
                (Put::new(key, payload), receipt.ledger.total())
            }
            None => (Put::delete(key), 0),
        };
        let under_way = PutUnderWay { bytes: put.payload.len(), built, deleted: put.deleted };
        let put = self.as_chosen(put, options)?;
        self.note_rows(id, rows.unwrap_or_default());
        self.inner.puts.borrow_mut().insert(id, under_way);
        self.send(Command::Put(id, put));
        Ok(())
    }

    /// Returns `put` with the options of the pane.
    pub(super) fn as_chosen(&self, put: Put, options: &Options) -> Result<Put, Problem> {
        let timestamp = if options.stamped { self.stamp() } else { None };
        options.apply(put, timestamp)
    }

    /// A timestamp of the current time. `None` without a session, which has no put to stamp.
    fn stamp(&self) -> Option<Timestamp> {
        let mut known = self.inner.known.borrow_mut();
        known.as_mut().map(|known| known.stamps.stamp(clock::since_1970()))
    }

    /// Converts a timestamp to the form that the page shows.
    fn stamped(&self, timestamp: &Timestamp) -> Stamp {
        let (time, id) = told(timestamp);
        let known = self.inner.known.borrow();
        let by = match known.as_ref() {
            Some(known) if id == known.router => Clock::Router,
            Some(known) if id == known.page => Clock::Page,
            _ => Clock::Other(id),
        };
        Stamp { time: clock::time_of_day_at(time), by }
    }

    fn get(&self, question: &Question, options: &Options, rows: Option<&[Row]>) -> Result<Get, Problem> {
        let get = Get::of_selector(&question.selector).map_err(|error| command_problem("Not asked.", &error))?;
        Ok(Get {
            payload: rows.map(|rows| self.built(rows)).transpose()?.map(|(payload, _)| payload),
            encoding: options.parsed_encoding()?,
            attachment: options.attached(),
            target: question.target,
            consolidation: question.consolidation,
            timeout: Duration::from_millis(question.timeout_millis as u64),
            priority: options.priority,
            express: options.express,
            ..get
        })
    }

    fn sample(&self, sample: Sample) {
        if sample.subscribers.contains(&ALIVE) {
            let token = Token { key: sample.key.into(), alive: !sample.deleted, time: clock::time_of_day() };
            return self.change(Change::Alive(token));
        }
        if sample.subscribers.contains(&ownership::SUBSCRIBER) {
            self.inner.overheard.borrow_mut().push(sample.clone());
        }
        if sample.subscribers.contains(&SUBSCRIBER) {
            self.arrived(sample, None);
        }
    }

    fn reply(&self, op: PutId, reply: Reply) {
        let from = match (&reply.result, reply.replier) {
            (Ok(sample), _) if sample.local => "this page".to_owned(),
            (_, Some(replier)) => replier.zid.to_string(),
            (_, None) => "not said".to_owned(),
        };
        match reply.result {
            Ok(sample) if self.inner.listing.get() == op => {
                let token = Token { key: sample.key.into(), alive: true, time: clock::time_of_day() };
                self.change(Change::Alive(token));
            }
            Ok(sample) => self.arrived(sample, Some(from)),
            Err(error) => {
                let error = ErrorReply { from, len: error.payload.len(), text: first_of(&error.payload).into() };
                self.change(Change::ErrorReply(op, error));
            }
        }
    }

    /// Stores a sample, and reports it soon: at once after a pause, and together with others when
    /// many arrive.
    fn arrived(&self, sample: Sample, reply: Option<String>) {
        let id: SampleId = self.inner.next_sample.get();
        self.inner.next_sample.set(id + 1);
        let more = More {
            encoding: Some(encoding::text_of(&sample.encoding))
                .filter(|text| text != "zenoh/bytes")
                .unwrap_or_default()
                .into(),
            attachment: sample.attachment.as_ref().map(attachment),
            priority: sample.qos.priority,
            may_drop: sample.qos.congestion == CongestionControl::Drop,
            best_effort: sample.reliability == Reliability::BestEffort,
            express: sample.qos.express,
            number: sample.source.map(|source| source.sn),
            stamp: sample.timestamp.as_ref().map(|timestamp| self.stamped(timestamp)),
            waited: self.inner.waited.get().filter(|_| !sample.local),
            looks: Looks::Other,
        };
        let due = {
            let mut arrivals = self.inner.arrivals.borrow_mut();
            if reply.is_some() {
                arrivals.replies += 1
            } else {
                arrivals.received += 1
            }
            arrivals.samples.push(app::Sample {
                id,
                time: clock::time_of_day(),
                key: sample.key.into(),
                deleted: sample.deleted,
                len: sample.payload.len(),
                segments: sample.payload.segments().len(),
                local: sample.local,
                hash: app::Hash::NotAsked,
                arrays: Vec::new(),
                reply,
                more,
            });
            let mut payloads = self.inner.payloads.borrow_mut();
            payloads.insert(id, sample.payload);
            // Samples that the page will never show are dropped at once: a hidden page gets reports
            // once a second.
            let mut held: usize = arrivals.samples.iter().map(|sample| sample.len).sum();
            while arrivals.samples.len() > 1 && (arrivals.samples.len() > KEPT_SAMPLES || held > KEPT_BYTES) {
                let oldest = arrivals.samples.remove(0);
                held -= oldest.len;
                payloads.remove(&oldest.id);
            }
            clock::now().saturating_sub(arrivals.told) >= ARRIVALS
        };
        if due {
            return self.tell_arrivals();
        }
        let mut arrivals = self.inner.arrivals.borrow_mut();
        if arrivals.timer.is_none() {
            let this = self.clone();
            arrivals.timer = Some(Timeout::new(ARRIVALS.as_millis() as u32, move || this.tell_arrivals()));
        }
    }

    fn tell_arrivals(&self) {
        let (mut samples, received, replies) = {
            let mut arrivals = self.inner.arrivals.borrow_mut();
            arrivals.timer = None;
            arrivals.told = clock::now();
            (take(&mut arrivals.samples), take(&mut arrivals.received), take(&mut arrivals.replies))
        };
        let payloads = self.inner.payloads.borrow();
        for sample in &mut samples {
            sample.more.looks = payloads.get(&sample.id).map_or(Looks::Other, Looks::of);
        }
        drop(payloads);
        if !samples.is_empty() {
            self.answer(Event::Samples { samples, received, replies });
        }
    }
}

pub(super) fn text_bytes(text: &str) -> ZBytes {
    ZBytes::of_held(vec![text.to_owned().into_bytes().into()])
}

fn attachment(attachment: &ZBytes) -> Attachment {
    Attachment { len: attachment.len(), text: first_of(attachment).into() }
}

/// The first bytes of `payload` as a text, or in hexadecimal where they are not a text.
fn first_of(payload: &ZBytes) -> String {
    let len = payload.len().min(SHOWN);
    let mut first = vec![0; len];
    // These bytes are only for display, so they do not count as a copy. A payload that cannot be
    // read, such as a detached array, has nothing to show.
    if payload.reader().read_exact(&mut first).is_err() {
        return "not readable any more".to_owned();
    }
    let text = match std::str::from_utf8(&first) {
        Ok(text) => Some(text),
        // The last character is cut in the middle.
        Err(error) if len < payload.len() && len - error.valid_up_to() < 4 => {
            first.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    };
    // A text of several lines is a text. The page marks invisible characters where it shows the
    // text.
    let controls = |c: char| c.is_control() && !c.is_whitespace();
    let mut shown = match text.filter(|text| !text.chars().any(controls)) {
        Some(text) => text.to_owned(),
        None => first.iter().take(SHOWN / 4).map(|byte| format!("{byte:02x} ")).collect(),
    };
    if len < payload.len() || (text.is_none() && len > SHOWN / 4) {
        shown.push('…');
    }
    shown
}
