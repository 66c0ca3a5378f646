//! The class that the page is in: its token, its subscriptions, and the text that it says every two
//! seconds. A teacher's page has its book of students here, because every sample passes here.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use gloo_timers::callback::Interval;
use zbytes_session::web::command::{Command, Declare};

use super::{command_problem, page::Page, session::Operation, session::Session};
use crate::{
    app::{
        Problem, Shown,
        class::{
            Book, Event, MAX_RESULT, MAX_SAYS, StudentSays, Task, Wall,
            experiment::Told,
            name::{self, TEACHER},
        },
        session::{EntityName, Glimpse, PutId, text_bytes, whole_text},
    },
    browser::{clock, surroundings},
    client::{CommandError, CongestionControl, KeyExpr, Locality, Put, Sample, SampleKind, Subscriber, pause::Took},
    ledger::Ledger,
    message::Looks,
    payload::ZBytes,
    run::Run,
};

/// How often a page says its text.
const BEAT_MILLIS: u32 = 2_000;

/// How often the page is told what arrives.
const WALL_MILLIS: u32 = 500;

/// The encoding of texts.
const JSON: &str = "application/json";

/// Bytes by which the link is measured at first. If they take less than [`LONG_ENOUGH`], four times as many follow.
const PROBE: usize = 256 << 10;

/// The most bytes by which it is measured.
const MOST_PROBE: usize = 4 << 20;

/// Against so long, what else the machine does is little.
const LONG_ENOUGH: Duration = Duration::from_millis(100);

/// The shortest time that a measurement of the link takes: no browser has a finer clock everywhere.
const FINEST: Duration = Duration::from_millis(1);

/// A measurement of the link.
#[derive(Clone, Copy)]
enum Probe {
    /// A fence alone is under way.
    Alone,
    /// One behind so many bytes is under way; alone it took so long.
    Loaded { alone: Duration, bytes: usize },
}

/// What the page is in the class.
enum Part {
    Teacher {
        book: Box<Book>,
        /// What the page was told last.
        told: Wall,
        _ticks: Interval,
    },
    Student {
        probe: Probe,
        /// The names that are taken.
        taken: Vec<String>,
        /// The list of names that is under way: the page is not in before its end.
        listing: Option<PutId>,
        /// The fence that is under way.
        fence: Option<PutId>,
    },
}

/// The page in a class.
struct Seat {
    class: String,
    /// The name in its keys.
    name: String,
    zid: String,
    part: Part,
    /// What the page says, as the page gave it.
    text: Option<String>,
    /// The text that is under way: on a slow link the next one waits.
    busy: Option<PutId>,
    /// The result that is told until the teacher's page has it, and the number of its experiment.
    result: Option<(u64, Shown)>,
    /// The put of it that is under way.
    telling: Option<PutId>,
    _beat: Interval,
}

/// Keeps the class.
pub(super) struct Attendance {
    page: Page,
    session: Rc<Session>,
    seat: RefCell<Option<Seat>>,
    hidden: Cell<bool>,
    /// Looks at the beginnings of payloads.
    looked: RefCell<Ledger>,
}

impl Attendance {
    pub(super) fn new(page: Page, session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self { page, session, seat: RefCell::default(), hidden: Cell::default(), looked: RefCell::default() })
    }

    pub(super) fn carry_out(self: &Rc<Self>, task: Task) {
        match task {
            Task::Teach { class, zid } => {
                self.leave();
                let this = self.clone();
                let ticks = Interval::new(WALL_MILLIS, move || this.tell_wall());
                let part = Part::Teacher { book: Box::default(), told: Wall::default(), _ticks: ticks };
                self.sit(class, TEACHER.to_owned(), zid, part);
                self.enter(false);
            }
            Task::Join { class, name, zid, again } => {
                self.leave();
                let key = name::key(&class, "*", "here");
                let id = self.session.next_id();
                let listing = (!again).then_some(id);
                let part = Part::Student { probe: Probe::Alone, taken: Vec::new(), listing, fence: None };
                self.sit(class, name, zid, part);
                if again {
                    // It has its name already.
                    self.enter(true);
                    return self.measure_link();
                }
                match KeyExpr::new(key.as_str()) {
                    Ok(key) => self.session.begin(id, Operation::ClassNames, Command::LivelinessGet(id, key)),
                    Err(error) => self.names_known(id, Err(command_problem("Not joined.", &error.into()))),
                }
            }
            Task::Say(text) => {
                if let Some(seat) = self.seat.borrow_mut().as_mut() {
                    seat.text = Some(text);
                }
                self.say();
            }
            Task::Tell(result) => {
                self.with(|seat| seat.result = result);
                self.tell_result();
            }
            Task::ForgetGone => {
                if let Some(Seat { part: Part::Teacher { book, .. }, .. }) = self.seat.borrow_mut().as_mut() {
                    book.forget_gone(clock::since_1970());
                }
                self.tell_wall();
            }
            Task::Leave => self.leave(),
        }
    }

    fn sit(self: &Rc<Self>, class: String, name: String, zid: String, part: Part) {
        let this = self.clone();
        let beat = Interval::new(BEAT_MILLIS, move || {
            this.say();
            this.tell_result();
        });
        let seat = Seat { class, name, zid, part, text: None, busy: None, result: None, telling: None, _beat: beat };
        self.seat.replace(Some(seat));
    }

    fn leave(&self) {
        if self.seat.take().is_some() {
            self.session.count_puts(None);
            self.undeclare();
        }
    }

    fn undeclare(&self) {
        for name in [EntityName::ClassToken, EntityName::ClassWatch, EntityName::ClassSubscriber, EntityName::ClassName]
        {
            self.session.undeclare(name);
        }
    }

    /// A token that is there, of the list that was asked for.
    pub(super) fn listed(&self, key: &str) {
        if let Some(Seat { class, part: Part::Student { taken, .. }, .. }) = self.seat.borrow_mut().as_mut()
            && let Some((name, _)) = name::parts(class, key)
        {
            taken.push(name.to_owned());
        }
    }

    /// A list of names has ended: the page takes one that is free.
    pub(super) fn names_known(self: &Rc<Self>, id: PutId, result: Result<(), Problem>) {
        {
            let mut seat = self.seat.borrow_mut();
            let Some(Seat { name, part: Part::Student { taken, listing, .. }, .. }) = seat.as_mut() else {
                return;
            };
            // The list of a class that the page has left meanwhile.
            if *listing != Some(id) {
                return;
            }
            *listing = None;
            *name = name::unique(name, |name| taken.iter().any(|one| one == name));
        }
        match result {
            Ok(()) => {
                self.enter(false);
                self.measure_link();
            }
            Err(problem) => {
                self.seat.take();
                self.page.tell(Event::Refused(problem));
            }
        }
    }

    /// Declares what the page is in the class by, and tells that it is in. `again`: it was in before, and
    /// what is declared while the session is lost counts when it is open.
    fn enter(&self, again: bool) {
        let Some((class, name, teaches)) =
            self.with(|seat| (seat.class.clone(), seat.name.clone(), matches!(seat.part, Part::Teacher { .. })))
        else {
            return;
        };
        if !again && !self.session.is_open() {
            self.seat.take();
            return self.page.tell(Event::Refused(command_problem("Not in the class.", &CommandError::NotOpen)));
        }
        self.session.count_puts(Some(name::key(&class, &name, "data")));
        let key = |name: &str, part: &str| KeyExpr::new(name::key(&class, name, part).as_str()).ok();
        let subscriber = |key: KeyExpr| {
            Declare::Subscriber(Subscriber { allowed_origin: Locality::Remote, ..Subscriber::from(key) })
        };
        let (others, theirs) = if teaches { ("*", "*") } else { (TEACHER, "*") };
        let declared = [
            (EntityName::ClassSubscriber, key(others, theirs).map(subscriber)),
            (EntityName::ClassName, key(&name, "is").filter(|_| !teaches).map(subscriber)),
            (EntityName::ClassWatch, key(others, "here").map(|key| Declare::LivelinessSubscriber(key, true))),
            // The last one: who sees the token may put at once.
            (EntityName::ClassToken, key(&name, "here").map(Declare::LivelinessToken)),
        ];
        for (name, declare) in declared {
            if let Some(declare) = declare {
                self.session.send(Command::Declare(name.id(), declare));
            }
        }
        self.page.tell(Event::Entered(name));
    }

    fn with<T>(&self, of: impl FnOnce(&mut Seat) -> T) -> Option<T> {
        self.seat.borrow_mut().as_mut().map(of)
    }

    /// Whether the browser hides the page from now on.
    pub(super) fn set_hidden(&self, hidden: bool) {
        if self.hidden.replace(hidden) != hidden {
            self.say();
        }
    }

    /// Says the text of the page, with what is counted here.
    fn say(&self) {
        if !self.session.is_open() {
            return;
        }
        let (puts, lane) = self.session.counted();
        let id = self.session.next_id();
        let said = self.with(|seat| {
            let text = seat.text.clone().filter(|_| seat.busy.is_none())?;
            let (text, part) = match seat.part {
                Part::Teacher { .. } => (text, "says"),
                Part::Student { .. } => {
                    let says = StudentSays::read(&text, &seat.name).ok()?;
                    let (engine, cores) = surroundings::machine();
                    let hidden = self.hidden.get();
                    (StudentSays { puts, hidden, engine, cores, device: surroundings::device(), ..says }.text(), "is")
                }
            };
            seat.busy = Some(id);
            Some((name::key(&seat.class, &seat.name, part), text))
        });
        let Some((key, text)) = said.flatten() else { return };
        let Ok(key) = KeyExpr::new(key.as_str()) else { return };
        // In the lane of the data: what was put before is there before. A text that a full link drops
        // is said again.
        let mut put = Put { congestion_control: CongestionControl::Drop, ..Put::new(key, text_bytes(&text)) };
        if let (SampleKind::Put { encoding, .. }, Ok(json)) = (&mut put.kind, JSON.parse()) {
            *encoding = json;
        }
        if let Some((priority, reliability)) = lane {
            (put.priority, put.reliability) = (priority, reliability);
        }
        self.session.begin(id, Operation::ClassText, Command::Put(id, put));
    }

    /// A text has left, or was given up. It may be one of a class that the page has left, or bytes that
    /// measured the link.
    pub(super) fn said(&self, id: PutId) {
        self.with(|seat| seat.busy = seat.busy.filter(|busy| *busy != id));
    }

    /// Tells the result, unless it is under way. It is long, and must not be dropped.
    fn tell_result(&self) {
        if !self.session.is_open() {
            return;
        }
        let id = self.session.next_id();
        let told = self.with(|seat| {
            let (n, run) = seat.result.as_ref().filter(|_| seat.telling.is_none())?;
            let run = Run::clone(&run.0);
            let text = Told::new(&seat.name, &seat.zid, *n, surroundings::device(), run).write().ok()?;
            let key = KeyExpr::new(name::key(&seat.class, &seat.name, "result").as_str()).ok()?;
            seat.telling = Some(id);
            Some(Put { congestion_control: CongestionControl::Block, ..Put::new(key, text_bytes(&text)) })
        });
        if let Some(put) = told.flatten() {
            self.session.begin(id, Operation::ClassResult, Command::Put(id, put));
        }
    }

    /// A result has left, or was given up.
    pub(super) fn result_told(&self, id: PutId) {
        self.with(|seat| seat.telling = seat.telling.filter(|telling| *telling != id));
    }

    // What the link carries.

    fn measure_link(&self) {
        let id = self.session.next_id();
        self.with(|seat| {
            if let Part::Student { fence, .. } = &mut seat.part {
                *fence = Some(id);
            }
        });
        self.session.begin(id, Operation::ClassFence, Command::Flush(id));
    }

    /// A fence of the measurement was answered, or has failed.
    pub(super) fn fenced(&self, id: PutId, took: Option<Took>) {
        let Some(took) = took.map(|took| took.time) else { return };
        let next = self.with(|seat| {
            let Part::Student { probe, fence, .. } = &mut seat.part else { return None };
            // One of a class that the page has left.
            if *fence != Some(id) {
                return None;
            }
            let (alone, bytes) = match *probe {
                Probe::Alone => (took, PROBE),
                Probe::Loaded { alone, bytes } => {
                    let time = took.saturating_sub(alone).max(FINEST);
                    if time >= LONG_ENOUGH || bytes >= MOST_PROBE {
                        return Some(Err(bytes as f64 / time.as_secs_f64()));
                    }
                    (alone, bytes * 4)
                }
            };
            *probe = Probe::Loaded { alone, bytes };
            Some(Ok((bytes, name::key(&seat.class, &seat.name, "probe/bytes"))))
        });
        match next.flatten() {
            Some(Ok((bytes, key))) => {
                // No page of the class listens to this key: only the way to the router is measured.
                let Ok(key) = KeyExpr::new(key.as_str()) else { return };
                let payload = ZBytes::of_held(vec![vec![0x5a_u8; bytes].into()]);
                let put = Put { congestion_control: CongestionControl::Block, ..Put::new(key, payload) };
                let id = self.session.next_id();
                self.session.begin(id, Operation::ClassText, Command::Put(id, put));
                self.measure_link();
            }
            Some(Err(rate)) => self.page.tell(Event::Measured(rate)),
            None => {}
        }
    }

    // What arrives.

    /// A token of the class has come or gone.
    pub(super) fn token(&self, key: &str, alive: bool) {
        let now = clock::since_1970();
        let told = self.with(|seat| {
            let (name, _) = name::parts(&seat.class, key)?;
            match &mut seat.part {
                Part::Teacher { book, .. } => {
                    if name != TEACHER {
                        book.token(name, alive, now);
                    }
                    None
                }
                Part::Student { .. } => (name == TEACHER).then_some(Event::TeacherHere(alive)),
            }
        });
        if let Some(event) = told.flatten() {
            self.page.tell(event);
        }
    }

    /// A sample of the class has arrived. Returns whether the page lists it: it is data of the teacher's.
    pub(super) fn arrived(&self, sample: &Sample) -> bool {
        let now = clock::since_1970();
        let text = || sample.kind.payload().and_then(|payload| whole_text(payload, MAX_SAYS)).unwrap_or_default();
        let Some((told, renames, lists)) = self
            .with(|seat| {
                let (name, part) = name::parts(&seat.class, sample.key_expr.as_str())?;
                let is_teachers = name == TEACHER;
                match (&mut seat.part, part) {
                    (Part::Teacher { book, .. }, "says") if is_teachers => {
                        book.teacher_says(&text(), &seat.class, &seat.zid, now);
                    }
                    (Part::Teacher { book, .. }, "is") if !is_teachers => book.says(name, &text(), now),
                    (Part::Teacher { book, .. }, "data") if !is_teachers => {
                        let look = || self.look(sample);
                        book.data(name, sample.kind.payload_len(), look, now);
                    }
                    (Part::Teacher { book, .. }, "result") if !is_teachers => {
                        if !book.admits_result(name, now) {
                            return None;
                        }
                        let text = sample.kind.payload().and_then(|payload| whole_text(payload, MAX_RESULT));
                        let told = text.map_or_else(
                            || Err(format!("it is not a text of at most {MAX_RESULT} B")),
                            |text| Told::read(text.as_bytes()),
                        );
                        return Some((Some(Event::Result(name.to_owned(), Box::new(told))), false, false));
                    }
                    (Part::Student { .. }, "says") if is_teachers => {
                        return Some((Some(Event::Teacher(text())), false, false));
                    }
                    (Part::Student { .. }, "data") if is_teachers => return Some((None, false, true)),
                    (Part::Student { .. }, "is") if name == seat.name => {
                        // Two pages looked for names at the same time. The larger id takes the next name.
                        let other = StudentSays::read(&text(), name).ok()?.zid;
                        let renames = (seat.zid.len(), &seat.zid) > (other.len(), &other);
                        return Some((None, renames, false));
                    }
                    _ => {}
                }
                None
            })
            .flatten()
        else {
            return false;
        };
        if let Some(event) = told {
            self.page.tell(event);
        }
        if renames {
            self.rename();
        }
        lists
    }

    fn look(&self, sample: &Sample) -> Glimpse {
        let Some(payload) = sample.kind.payload() else { return Glimpse::default() };
        Glimpse::of(payload, sample.local, Looks::of(payload), &mut self.looked.borrow_mut())
    }

    fn rename(&self) {
        let name = self.with(|seat| {
            seat.name = name::next(&seat.name);
            // It is in the name that the page had.
            seat.text = None;
            seat.name.clone()
        });
        if let Some(name) = name {
            self.undeclare();
            self.page.tell(Event::Renamed(name));
            self.enter(true);
        }
    }

    fn tell_wall(&self) {
        let now = clock::since_1970();
        let told = self.with(|seat| match &mut seat.part {
            Part::Teacher { book, told, .. } => {
                let wall = book.wall(now);
                (*told != wall).then(|| {
                    told.clone_from(&wall);
                    wall
                })
            }
            Part::Student { .. } => None,
        });
        if let Some(wall) = told.flatten() {
            self.page.tell(Event::Wall(wall));
        }
    }
}
