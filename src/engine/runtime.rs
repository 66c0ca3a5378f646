//! Holds the services, and says whose a message is: one of the page, and one of the session.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use zbytes_session::web::command::{self as link, LinkError, PutFailure, Sent};

use super::{
    answers::Answering,
    class::Attendance,
    command_problem,
    files::Files,
    frames::Frames,
    host::{Told, hub_lost, place},
    live::Live,
    measuring::Measuring,
    messages::Messages,
    ownership::Ownership,
    page::Page,
    payloads::Payloads,
    rate::{Ended, Rate},
    samples::{Beside, Samples},
    session::{Heard, Operation, Session},
    views::Views,
};
use crate::{
    app::{
        self, Command, Problem, PutId,
        session::{Entity, EntityName, ErrorReply, Event, Task, Token, first_of},
    },
    browser::{clock, surroundings},
    client::{self, CommandError, PutError, Reply, Sample, capture::Taken},
    hub::Serving,
    live::Sensor,
    protocol::{Question, ToEngine, ToPage},
};

/// The declaration that tells of tokens.
const WATCH: EntityName = EntityName::Entity(Entity::Watch);

/// Has the services do what the page asks, and tells it what happened. Clones share everything.
#[derive(Clone)]
pub struct Runtime(Rc<Services>);

/// The services. What each of them is for, [the engine](super) says.
struct Services {
    page: Page,
    files: Files,
    payloads: Rc<Payloads>,
    session: Rc<Session>,
    rate: Rc<Rate>,
    answers: Rc<Answering>,
    samples: Rc<Samples>,
    live: Rc<Live>,
    frames: Rc<Frames>,
    views: Rc<Views>,
    messages: Rc<Messages>,
    ownership: Rc<Ownership>,
    measuring: Rc<Measuring>,
    attendance: Rc<Attendance>,
    /// The hub, where the browser has no SharedWorker for it.
    hub: RefCell<Option<Serving>>,
}

impl Runtime {
    /// Makes a runtime that tells the page by `post`.
    #[must_use]
    pub fn new(post: impl Fn(&ToPage, &[JsValue]) + 'static) -> Self {
        let (page, files) = (Page::new(post), Files::default());
        let payloads = Payloads::new(page.clone(), files.clone());
        let (samples, frames) = (Samples::new(page.clone()), Frames::new(page.clone()));
        Self(Rc::new_cyclic(|services: &Weak<Services>| {
            let services = services.clone();
            let session = Session::new(page.clone(), payloads.clone(), frames.clone(), move |heard| {
                if let Some(services) = services.upgrade() {
                    services.hear(heard);
                }
            });
            Services {
                rate: Rate::new(page.clone(), payloads.clone(), frames.clone(), session.clone()),
                answers: Answering::new(page.clone(), payloads.clone(), frames.clone(), session.clone()),
                views: Views::new(page.clone(), files.clone(), payloads.clone(), samples.clone(), frames.clone()),
                messages: Messages::new(page.clone(), samples.clone()),
                ownership: Ownership::new(page.clone(), files.clone(), session.clone()),
                measuring: Measuring::new(page.clone(), files.clone()),
                attendance: Attendance::new(page.clone(), session.clone()),
                live: Live::new(page.clone()),
                page,
                files,
                payloads,
                session,
                samples,
                frames,
                hub: RefCell::default(),
            }
        }))
    }

    /// Tells the page that the engine runs, and what the lab's server answers.
    pub fn start(&self) {
        let page = self.0.page.clone();
        page.ready();
        // In a task of its own, because a server may take its time, or never answer.
        spawn_local(async move {
            for told in surroundings::lab().await {
                page.tell(told);
            }
        });
    }

    /// Does what a message of the page says. `along` are the objects that came with it. A message
    /// that arrives before the end of this waits for it.
    pub async fn obey(&self, message: ToEngine, along: Vec<JsValue>) {
        let Services { page, files, views, .. } = &*self.0;
        match message {
            ToEngine::Do(Command::Files(named)) => files.take_all(page, named, along).await,
            ToEngine::Do(command) => self.0.carry_out(command),
            ToEngine::Ask(id, Question::Live(wanted)) => self.0.live.ask(id, wanted),
            ToEngine::Ask(id, question) => views.ask(id, question),
            ToEngine::Cancel(id) => {
                views.cancel(id);
                self.0.live.cancel(id);
            }
            ToEngine::Release(view) => views.release(view),
            ToEngine::Serve => {
                let serving = self.0.hub.borrow_mut().get_or_insert_default().clone();
                if let Some(Ok(port)) = along.into_iter().next().map(JsCast::dyn_into) {
                    serving.connect(port);
                }
            }
            ToEngine::HubLost(why) => hub_lost(&why),
            ToEngine::Eye(device) => {
                if let (Some(device), Some(port)) = (Sensor::ALL.get(device as usize), along.first()) {
                    self.0.payloads.open_eye(*device, port);
                }
            }
        }
    }
}

impl Services {
    /// Says whose a command is.
    fn carry_out(&self, command: Command) {
        match command {
            // `obey` has them read, because commands behind it wait.
            Command::Files(_) => {}
            Command::Build { revision, rows } => self.payloads.build_soon(revision, rows),
            Command::Run(run, text) => self.payloads.run(run, text),
            Command::Measure { order, locator } => self.measuring.begin(order, locator.as_deref()),
            Command::StopMeasuring => self.measuring.stop(),
            Command::Connect(locator) => self.session.connect(&locator),
            Command::Disconnect => self.session.disconnect(),
            Command::Put { id, key, rows, options } => {
                let (session, of) = (self.session.clone(), rows.clone());
                let put = move || session.put(id, &key, rows.as_deref(), &options);
                self.payloads.when_made(of.as_deref(), Box::new(put));
            }
            Command::CancelPut(id) => self.session.send(link::Command::Cancel(id)),
            Command::Subscribe(key) => self.session.subscribe(&key),
            Command::Unsubscribe => self.session.undeclare(EntityName::Subscriber),
            Command::Session(task) => self.session_task(task),
            Command::Class(task) => self.attendance.carry_out(task),
            Command::Hash(id) => self.samples.hash(id),
            Command::Forget(ids) => {
                self.samples.forget(&ids);
                self.frames.forget(&ids);
                self.live.forget(&ids);
                self.messages.forget(&ids);
            }
            Command::Message(task) => self.messages.carry_out(task),
            Command::Room(room) => self.messages.set_room(room),
            Command::Record(on) => self.session.record(on),
            Command::Frames(after) => self.session.send(link::Command::Frames(after)),
            Command::LastFrames => self.frames.tell_last(),
            Command::SaveFrames(format, frames) => self.frames.save(format, frames),
            Command::Hidden(hidden) => {
                self.measuring.set_hidden(hidden);
                self.attendance.set_hidden(hidden);
                if !hidden {
                    // The person looks again: an attempt to connect may succeed now.
                    self.session.send(link::Command::Hint);
                }
            }
            Command::Try { run, experiment } => self.ownership.attempt(run, experiment),
            Command::Demonstrate { run, experiment, rows, targets } => {
                self.ownership.demonstrate(run, experiment, rows, targets);
            }
        }
    }

    fn session_task(&self, task: Task) {
        match task {
            Task::Start { id, key, options, hz, rows } => self.rate.start(id, &key, options, hz, rows),
            Task::Rows(rows) => self.rate.take_rows(rows),
            Task::Stop => self.rate.stop(),
            Task::Flush(id) => self.session.flush(id),
            Task::Match(key) => self.session.watch_matching(key),
            Task::Get { id, question, options, rows } => self.session.get(id, &question, &options, rows.as_deref()),
            Task::Cancel(id) => self.session.send(link::Command::Cancel(id)),
            Task::Declare(entity, key, complete) => self.session.declare_entity(entity, &key, complete),
            Task::Undeclare(entity) => {
                if entity == Entity::Queryable {
                    self.answers.stop();
                }
                self.session.undeclare(EntityName::Entity(entity));
            }
            Task::List(id, key) => self.session.list(id, &key),
            Task::Answer { id, asked, key, options, rows } => {
                self.answers.answer_in_turn(id, asked, key, options, rows);
            }
            Task::CountAnew => {
                self.samples.count_anew();
                self.live.forget_all();
            }
            Task::WatchLink(wanted) => self.session.watch_link(wanted),
        }
    }
}

impl Services {
    /// Says whose a message of the session is.
    fn hear(&self, heard: Heard<'_>) {
        match heard {
            Heard::Told(url, told) => self.told(url, told),
            Heard::NotOpen(command) => self.not_open(command),
        }
    }

    /// This command has no session to go to.
    fn not_open(&self, command: link::Command) {
        let error = CommandError::NotOpen;
        match command {
            link::Command::Put(id, _)
            | link::Command::Get(id, _)
            | link::Command::LivelinessGet(id, _)
            | link::Command::Flush(id)
            | link::Command::Reply { op: id, .. } => self.refused(id, &error),
            link::Command::Declare(id, _) => self.session.declared(id, Err(error)),
            link::Command::Frames(_) => self.frames.taken(&Taken::default()),
            link::Command::Cancel(_)
            | link::Command::Undeclare(_)
            | link::Command::Finish(_)
            | link::Command::Stats
            | link::Command::Capture(_)
            | link::Command::Close
            | link::Command::Hint => {}
        }
    }

    /// The session at `url` told something.
    fn told(&self, url: &str, told: Told) {
        match told {
            Told::Event(event) => self.happened(event),
            Told::Refused(id, error) => self.refused(id, &error),
            Told::Declared(id, result) => self.session.declared(id, result),
            Told::Progress(id, handed) => self.page.tell(app::Event::PutProgress(id, handed)),
            Told::PutEnded(id, result) => {
                if let Some(operation) = self.session.end(id) {
                    let dropped = matches!(result, Err(PutFailure::GivenUp(PutError::Dropped { .. }, _)));
                    let result = result.map_err(|failure| place(url).put_problem(&failure));
                    self.put_ended(id, operation, result, dropped);
                }
            }
            Told::Arriving(arriving) => self.page.tell(app::Event::Arriving(arriving)),
            Told::GetEnded(id, result) => {
                let result = result.map_err(|failure| place(url).get_problem(&failure));
                if let Some(operation) = self.session.end(id) {
                    self.get_ended(id, &operation, result);
                }
            }
            Told::Flushed(id, result) => {
                if let Some(Operation::ClassFence) = self.session.end(id) {
                    return self.attendance.fenced(id, result.ok());
                }
                let problem = |error: Option<LinkError<Problem>>| place(url).fence_problem(error.as_ref());
                self.page.tell(Event::Flushed(id, result.map_err(problem)));
            }
            Told::StoodStill(pause) => self.session.stood_still(pause),
            Told::Frames(taken) => self.frames.taken(&taken),
            Told::Stats(stats) => self.page.tell(Event::Link(stats)),
            Told::HeldBack(longest) => self.page.tell(app::Event::HeldBack(longest)),
            Told::Lost { error, unfinished, wait } => {
                self.answers.forget();
                let lost = app::Lost::new(place(url).link_problem(&error), unfinished, wait);
                self.page.tell(app::Event::SessionLost(lost, clock::time_of_day()));
            }
            Told::Closed(error) => {
                self.answers.forget();
                self.page.tell(app::Event::SessionEnded(error.map(|error| place(url).link_problem(&error))));
            }
            // The page has no place to show the library's other messages.
            _ => {}
        }
    }

    /// What the client of the session told, as it is.
    fn happened(&self, event: client::Event) {
        let is = |id, name: EntityName| EntityName::of(id) == Some(name);
        match event {
            client::Event::Opened(info) => self.session.opened(info),
            client::Event::Resumed { gap, .. } => self.page.tell(app::Event::SessionResumed(gap)),
            client::Event::Sample(sample) => self.sample(sample),
            client::Event::SampleMiss { subscriber, nb, .. } if is(subscriber, EntityName::Subscriber) => {
                self.page.tell(Event::SampleMiss(nb));
            }
            client::Event::ArrivalEnded { id, whole } => self.page.tell(app::Event::ArrivalEnded { id, whole }),
            client::Event::Reply(id, reply) => self.reply(id, reply),
            client::Event::Query(query) => self.session.asked(query),
            client::Event::QueriesRefused(count) => self.page.tell(Event::QueriesRefused(count)),
            client::Event::CaughtUp => self.session.caught_up(),
            client::Event::Matching { id, matching } if is(id, EntityName::Matching) => {
                self.page.tell(Event::Matching(matching));
            }
            // What other entities hear, and what the page has no place to show.
            _ => {}
        }
    }

    /// A put or an answer has ended. `dropped` says whether the session dropped it, as it allowed.
    fn put_ended(&self, id: PutId, operation: Operation, result: Result<Sent, Problem>, dropped: bool) {
        match operation {
            Operation::Put(facts) => {
                if facts.counts && result.is_err() {
                    self.session.count_failed();
                }
                let report = result.map(|sent| {
                    let report = facts.report(&sent);
                    self.frames.put_left(id, sent.trace);
                    report
                });
                self.page.tell(app::Event::PutEnded(id, report));
            }
            Operation::Rated { publisher, len, counts } => {
                if counts && result.is_err() {
                    self.session.count_failed();
                }
                let how = match result {
                    Ok(_) => Ended::Left,
                    Err(_) if dropped => Ended::Dropped,
                    Err(_) => Ended::Failed,
                };
                self.rate.ended(publisher, len, how);
            }
            Operation::Experiment(done) => {
                // The experiment may have timed out, and does not wait for the result any more.
                let _ = done.send(result);
            }
            Operation::Answer => self.answers.ended(id, result.map(|_| ())),
            // The session tells their end by other messages.
            Operation::Get | Operation::List | Operation::Fence | Operation::ClassNames | Operation::ClassFence => {}
            Operation::ClassText => self.attendance.said(id),
            Operation::ClassResult => self.attendance.result_told(id),
        }
    }

    fn get_ended(&self, id: PutId, operation: &Operation, result: Result<(), Problem>) {
        match operation {
            Operation::List => self.page.tell(Event::ListEnded(id, result)),
            Operation::ClassNames => self.attendance.names_known(id, result),
            _ => {
                // The page has every reply before the end.
                self.samples.tell();
                self.page.tell(Event::GetEnded(id, result));
            }
        }
    }

    /// The session has refused an operation, which ends with that.
    fn refused(&self, id: PutId, error: &CommandError) {
        let problem = command_problem("It was refused.", error);
        match self.session.end_refused(id) {
            Some(operation @ (Operation::Get | Operation::List | Operation::ClassNames)) => {
                self.get_ended(id, &operation, Err(problem))
            }
            Some(Operation::ClassFence) => self.attendance.fenced(id, None),
            Some(Operation::Fence) => self.page.tell(Event::Flushed(id, Err(problem))),
            Some(operation) => self.put_ended(id, operation, Err(problem), false),
            None => {}
        }
    }

    fn sample(&self, sample: Sample) {
        let is_for = |name: EntityName| sample.subscribers.contains(&name.id());
        if is_for(EntityName::ClassWatch) {
            self.attendance.token(sample.key_expr.as_str(), !sample.kind.is_delete());
        }
        let of_class = is_for(EntityName::ClassSubscriber) || is_for(EntityName::ClassName);
        let lists = of_class && self.attendance.arrived(&sample);
        if is_for(WATCH) {
            let token = Token {
                key: sample.key_expr.as_str().into(),
                alive: !sample.kind.is_delete(),
                time: clock::time_of_day(),
            };
            return self.page.tell(Event::Alive(token));
        }
        if is_for(EntityName::Experiment) {
            self.ownership.overhear(sample.clone());
        }
        if lists || is_for(EntityName::Subscriber) {
            self.arrived(sample, None);
        }
    }

    fn reply(&self, id: PutId, reply: Reply) {
        let from = match (&reply.result, reply.replier_id) {
            (Ok(sample), _) if sample.local => "this page".to_owned(),
            (_, Some(replier)) => replier.zid.to_string(),
            (_, None) => "not said".to_owned(),
        };
        match reply.result {
            Ok(sample) if self.session.is_class_names(id) => self.attendance.listed(sample.key_expr.as_str()),
            Ok(sample) if self.session.is_list(id) => {
                let token = Token { key: sample.key_expr.as_str().into(), alive: true, time: clock::time_of_day() };
                self.page.tell(Event::Alive(token));
            }
            Ok(sample) => self.arrived(sample, Some(from)),
            Err(error) => {
                let error = ErrorReply { from, len: error.payload.len(), text: first_of(&error.payload).into() };
                self.page.tell(Event::ErrorReply(id, error));
            }
        }
    }

    fn arrived(&self, mut sample: Sample, reply: Option<String>) {
        let batches = sample.trace.take();
        let frame = reply.is_none().then(|| self.live.arrived(self.samples.next_id(), &sample)).flatten();
        let beside =
            Beside { reply, frame, stamp: self.session.stamp_of(&sample), waited: self.session.waited(&sample) };
        let id = self.samples.arrived(sample, beside);
        if let Some(batches) = batches {
            self.frames.sample(id, batches);
        }
    }
}
