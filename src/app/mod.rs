//! The state of the page and everything that can happen to it.
//!
//! [`State::apply`] is a pure function from a state and an [`Action`] to a new state and the [`Effect`]s to carry out; whoever
//! carries them out answers with further actions. No payload byte, no socket and no clock is in here, so a state can be
//! compared, saved and tested natively.

pub mod bytes;
pub mod cost;
pub mod keys;
pub mod locator;
pub mod message;
pub mod ownership;
pub mod pause;
mod plan;
mod rest;
mod sending;
pub mod session;
mod setup;
pub mod sight;
mod spec;
pub mod wire;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::{
    cost::{Cost, Download, Order, Shown, Status},
    plan::{Part, Piece, Plan, Structured, positions, structures},
    rest::Rest,
    sending::{Basis, Numbers, Sending, lane_of},
    setup::Setup,
    sight::Window,
    spec::{
        FIRST_TEXT, FileId, Fill, Kind, MAX_DIMENSIONS, MAX_REPEAT, MAX_SEGMENTS, MAX_TEXT, Message, Preset, Row,
        RowId, TIMESTAMP,
    },
};
use self::{
    message::{Change, Messages, Task, TypedArray},
    ownership::{Experiment, Finding, Ownership, RunId},
    session::{Api, Attachment, Loss},
};
use crate::{
    client::{Arriving, Priority, SessionInfo, pause::Took, reconnect::Wait},
    ledger::Place,
    measure::course::Progress,
    message::{Looks, MessageError, PixelFormat, Schema, Way},
    number::{bytes, count, requested},
    outside::{LINE, Outside, SENTENCES, sentences},
    payload::MAX_LEN,
    run::Scenario,
    segment::{Element, Mode, Unsupported},
};

/// The most samples that are kept to be looked at.
pub const KEPT_SAMPLES: usize = 50;

/// The most bytes that the kept samples may hold together, payloads and arrays that were made of them; the newest is always kept.
pub const KEPT_BYTES: usize = 256 << 20;

/// Something that went wrong, in words for the person at the page. Made by [`Problem::new`] alone, which bounds the words and shows what
/// cannot be seen: errors quote names, keys, and what browsers and peers say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::manual_non_exhaustive, reason = "no other module of this crate may make one by its fields either")]
pub struct Problem {
    /// The cause, in one short sentence.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    made: (),
}

impl Problem {
    /// A problem with a cause and what it means.
    #[must_use]
    pub fn new(title: impl Into<String>, detail: impl Into<String>) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { title: sentences(&title, 2 * LINE), detail: sentences(&detail, SENTENCES), made: () }
    }
}

/// An error as a sentence of its own: errors begin in lower case, because they also stand inside of sentences. They are in English: the
/// tables for all other letters are half as long as everything else that this part of the program knows by heart.
#[must_use]
pub fn sentence(error: &str) -> String {
    let mut sentence = error.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// Whose modes the layout shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum View {
    /// Each row's own.
    #[default]
    AsSet,
    /// As if every row were copied.
    AllCopy,
    /// As if every row were borrowed.
    AllBorrow,
    /// As if every row were moved.
    AllMove,
}

impl View {
    /// Every view.
    pub const ALL: [View; 4] = [Self::AsSet, Self::AllCopy, Self::AllBorrow, Self::AllMove];

    /// The name, as in `all copy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsSet => "as set",
            Self::AllCopy => "all copy",
            Self::AllBorrow => "all borrow",
            Self::AllMove => "all move",
        }
    }

    /// The mode that overrides the rows' own.
    #[must_use]
    pub const fn mode(self) -> Option<Mode> {
        match self {
            Self::AsSet => None,
            Self::AllCopy => Some(Mode::Copy),
            Self::AllBorrow => Some(Mode::Borrow),
            Self::AllMove => Some(Mode::Move),
        }
    }
}

/// One segment: a row and which of its arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The row.
    pub row: RowId,
    /// Which of the row's segments, from 0.
    pub index: usize,
}

impl Selection {
    /// The segment that stands for a row.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        Self { row: row.id, index: row.face() }
    }
}

/// One change to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Another name.
    Name(String),
    /// Typed arrays of this element type, or a message with elements of it.
    Element(Element),
    /// Typed arrays of this element type, whatever it was.
    Array(Element),
    /// A message of this schema, whatever it was.
    Schema(Schema),
    /// Another way to get its arrays into its message.
    Way(Way),
    /// Another shape of its message: see [`Message::shape`].
    Shape(Vec<u32>),
    /// Another format of its frame's pixels.
    Format(PixelFormat),
    /// Another kind of memory. A file's kind is given with the file.
    Kind(Kind),
    /// So many elements of the buffer in front of each array.
    Before(usize),
    /// So many elements of the buffer behind each array.
    After(usize),
    /// Another way to treat a mode that cannot take the row.
    Unsupported(Unsupported),
    /// Another number of elements.
    Length(usize),
    /// Another number of arrays.
    Repeat(usize),
    /// Another pattern.
    Fill(Fill),
    /// Arrays in another place.
    Place(Place),
    /// Another mode.
    Mode(Mode),
}

/// Which way a row moves in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the beginning of the payload.
    Up,
    /// Towards its end.
    Down,
}

/// What became of building the payload as the rows say.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Build {
    /// The rows changed; the payload is being built.
    #[default]
    Pending,
    /// It was built.
    Ready(Built),
    /// It could not be built.
    Failed(Problem),
}

/// Facts about a payload that was built, from the payload itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Bytes.
    pub len: usize,
    /// Segments.
    pub segments: usize,
    /// Bytes that building copied, from its ledger.
    pub copied: u64,
}

/// The session with a router.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Session {
    /// None, and none wanted.
    #[default]
    Closed,
    /// Under way.
    Connecting,
    /// Open.
    Open(SessionInfo),
    /// It was open and was lost; it is being opened again.
    Lost(Lost),
    /// It could not be opened, or ended by itself.
    Failed(Problem),
}

/// A session that was lost and is being opened again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Why it was lost.
    pub problem: Problem,
    /// What ended with it, in an error: puts, gets, fences.
    pub unfinished: [usize; 3],
    /// The next attempt.
    pub wait: Wait,
    /// Why the last attempt has failed, in one sentence; `None` before the first one.
    pub failed: Option<String>,
}

impl Lost {
    /// One that no attempt was made for yet.
    #[must_use]
    pub fn new(problem: Problem, unfinished: [usize; 3], wait: Wait) -> Self {
        Self { problem, unfinished, wait, failed: None }
    }
}

impl Session {
    /// Whether it is open or will be without anybody's doing, so that another cannot be begun.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Connecting | Self::Open(_) | Self::Lost(_))
    }

    /// Whether a put would have somewhere to go.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// Names a put of this page.
pub type PutId = u64;

/// The last put.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Put {
    /// There was none yet.
    #[default]
    None,
    /// Under way.
    UnderWay {
        /// Which one.
        id: PutId,
        /// Payload bytes that have left the browser's buffer.
        handed: usize,
        /// Payload bytes in all.
        total: usize,
    },
    /// Its last byte has left the browser's buffer, or the router has answered for it. That is not delivery.
    Done(PutReport),
    /// It ended in an error.
    Failed(Problem),
}

/// Facts about a put whose last byte has left the browser's buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PutReport {
    /// Payload bytes.
    pub bytes: usize,
    /// Whether it was a delete.
    pub deleted: bool,
    /// WebSocket messages that carried them.
    pub batches: usize,
    /// Payload bytes copied to build the payload.
    pub built: u64,
    /// Payload bytes copied into batches.
    pub gathered: u64,
    /// From the command to the last byte leaving the browser's buffer, or to the router's answer.
    pub took: Took,
    /// Whether the router has answered for it. Else its last byte has left the browser's buffer.
    pub answered: bool,
}

/// Something that the page may have declared.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Declaration {
    /// It is not.
    #[default]
    None,
    /// Declared under this key expression.
    Declared(Outside),
    /// Refused.
    Failed(Problem),
}

/// Names a sample that the page received.
pub type SampleId = u64;

/// The SHA-256 of a sample's payload.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Hash {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// Under way.
    UnderWay,
    /// Sixty-four hexadecimal digits.
    Done(String),
    /// It could not be read.
    Failed(String),
}

/// A sample that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Names it.
    pub id: SampleId,
    /// Local time of day of its arrival, as in `14:02:09.120`.
    pub time: String,
    /// Its key expression.
    pub key: Outside,
    /// Whether it says that the key was deleted; it has no payload then.
    pub deleted: bool,
    /// Payload bytes.
    pub len: usize,
    /// Segments that it arrived in.
    pub segments: usize,
    /// Whether it came straight from this page's own put, and not from the router.
    pub local: bool,
    /// Its hash, if asked for.
    pub hash: Hash,
    /// Typed arrays that were made of it.
    pub arrays: Vec<TypedArray>,
    /// Who gave it as a reply to a get; `None` when it came by the subscription.
    pub reply: Option<String>,
    /// What came along.
    pub more: More,
}

/// What comes with a sample beside its payload.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct More {
    /// What the payload is; empty for zenoh's default.
    pub encoding: Outside,
    /// Further bytes.
    pub attachment: Option<Attachment>,
    /// Its priority.
    pub priority: Priority,
    /// Whether it may be dropped, and is not to wait.
    pub may_drop: bool,
    /// Whether it came as best effort, and not reliably.
    pub best_effort: bool,
    /// Whether it was sent alone and at once.
    pub express: bool,
    /// Its number, when its publisher numbers its samples.
    pub number: Option<u32>,
    /// When it was made, if it says so.
    pub stamp: Option<Stamp>,
    /// How long it may have waited in the browser before the page handled it, because the page stood still.
    pub waited: Option<Duration>,
    /// What its bytes look like: whether reading them as a message can succeed.
    pub looks: Looks,
}

/// When a sample was made, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Local time of day, as in `14:02:09.120`.
    pub time: String,
    /// Whose clock said so.
    pub by: Clock,
}

/// Whose clock a timestamp is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Of the router that this page is connected to: it stamps the puts that have no timestamp.
    Router,
    /// Of this page.
    Page,
    /// Of somebody else, by the zenoh id.
    Other(String),
}

/// What the page runs in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Whether the browser takes the page for a secure context.
    pub secure: bool,
    /// Whether the page is cross-origin isolated.
    pub isolated: bool,
    /// The step of the page's clock, where it was measured: in a page that is not secure.
    pub clock_step: Option<Duration>,
    /// The tcp locator of the lab's router, for programs on that machine, when the lab told it.
    pub tcp: Option<Outside>,
    /// The ws locator of the lab's router, when the lab told it.
    pub ws: Option<Outside>,
}

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The rows in payload order.
    pub rows: Vec<Row>,
    next_row: RowId,
    /// How many pieces the rows made when they changed last: a window is a part of the axis that these make.
    pieces: usize,
    /// The preset that the rows still are, if any.
    pub preset: Option<Preset>,
    /// The selected segment.
    pub selected: Option<Selection>,
    /// The segment that is pointed at, in whatever pane: with the pointer, or with the keyboard. Of segments that are too thin to be
    /// pointed at it is the first of its piece.
    pub hovered: Option<Selection>,
    /// Whose modes the layout shows.
    pub view: View,
    /// What the layout is ordered by.
    pub order: sight::Order,
    /// The part of the layout's axis that is looked at; `None` for the whole.
    pub window: Option<Window>,
    /// Counts changes of the rows: an answer about older rows is ignored.
    pub revision: u64,
    /// Why the last file that was given is not in the payload; gone with the next change.
    pub file_problem: Option<Problem>,
    /// What became of building.
    pub build: Build,
    /// The structures of the messages that were built last; none when the last build failed.
    pub structures: Vec<Structured>,
    /// The Cost pane.
    pub cost: Cost,
    /// The locator as typed.
    pub locator: String,
    /// The session.
    pub session: Session,
    /// For how long the session was not known to live when it was last lost and opened again, until it is closed or lost once more.
    pub gap: Option<Took>,
    /// For how long the engine may hold back the present attempt to open the session, once that attempt has had no answer for a while.
    pub held_back: Option<Duration>,
    /// The key to publish on, as typed.
    pub key: String,
    /// The last put.
    pub put: Put,
    /// The revision of the rows that the last put was of.
    pub put_revision: u64,
    /// Which one the last put was; 0 before the first.
    pub put_id: PutId,
    next_put: PutId,
    /// The key expression to subscribe to, as typed.
    pub sub_key: String,
    /// The subscription.
    pub subscription: Declaration,
    /// Large messages that are arriving, in the order in which they were first told of.
    pub arriving: Vec<Arriving>,
    /// Messages of which a part arrived and the rest never will: given up by their sender, or lost with the session.
    pub not_whole: u64,
    /// Samples, newest first, of the subscription and of the last get.
    pub samples: Vec<Sample>,
    /// How many samples arrived in all by the subscription.
    pub received: u64,
    /// What else is done with the session.
    pub api: Api,
    /// The sample that is read as a message.
    pub messages: Messages,
    /// The Ownership pane.
    pub ownership: Ownership,
    /// The payload whose bytes are looked at.
    pub looking: Option<bytes::Looking>,
    /// The frames that are looked at.
    pub wire: wire::Wire,
    /// What the page runs in.
    pub surroundings: Surroundings,
    /// Whether all of the program is there.
    pub rest: Rest,
}

impl Default for State {
    fn default() -> Self {
        Self::of(Preset::Framed)
    }
}

impl State {
    /// A page that begins with this preset.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        let rows = preset.rows(0);
        Self {
            next_row: rows.len() as RowId,
            pieces: positions(&rows).last().map_or(0, |last| last.end),
            selected: rows.first().map(Selection::of),
            rows,
            preset: Some(preset),
            hovered: None,
            view: View::AsSet,
            order: sight::Order::default(),
            window: None,
            revision: 0,
            file_problem: None,
            build: Build::Pending,
            structures: Vec::new(),
            cost: Cost::default(),
            locator: locator::OWN_ENDPOINT.to_owned(),
            session: Session::Closed,
            gap: None,
            held_back: None,
            arriving: Vec::new(),
            not_whole: 0,
            key: preset.put_key().to_owned(),
            put: Put::None,
            put_revision: 0,
            put_id: 0,
            next_put: 1,
            sub_key: "lab/**".to_owned(),
            subscription: Declaration::None,
            samples: Vec::new(),
            received: 0,
            api: Api::new(),
            messages: Messages::default(),
            ownership: Ownership::default(),
            looking: None,
            wire: wire::Wire::default(),
            surroundings: Surroundings::default(),
            rest: Rest::default(),
        }
    }
}

/// Everything that can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// All of these, one after the other.
    Many(Vec<Action>),
    /// The page has started.
    Started(Surroundings),
    /// The page's server has told the ws and the tcp locator of its router.
    LabFound {
        /// As in `ws/127.0.0.1:7446`.
        ws: String,
        /// As in `tcp/127.0.0.1:7447`.
        tcp: String,
    },
    /// Load the rest of the program, which could not be loaded, once more.
    LoadRest,
    /// Set up again what was kept before a crash.
    Resume(Box<Setup>),
    /// Replace all rows.
    Preset(Preset),
    /// Append a row of typed arrays.
    Add(Element),
    /// Append a row of text.
    AddText,
    /// Append a Cap'n Proto message.
    AddMessage(Schema),
    /// Append the bytes of a file that the page has read.
    AddFile {
        /// Names it to whoever has the bytes.
        file: FileId,
        /// What the person calls it.
        name: String,
        /// Bytes.
        len: usize,
    },
    /// A file that was given could not be read.
    FileFailed(Problem),
    /// Insert a copy of a row after it.
    Duplicate(RowId),
    /// Remove a row.
    Remove(RowId),
    /// Move a row by one.
    Move(RowId, Direction),
    /// Change a row.
    Edit(RowId, Edit),
    /// Give every row this mode.
    ModeForAll(Mode),
    /// Select a segment, or nothing.
    Select(Option<Selection>),
    /// Point at a segment, or at none.
    Hover(Option<Selection>),
    /// Look at the layout differently.
    View(View),
    /// Look at the layout in another order.
    Order(sight::Order),
    /// Look at a part of the layout's axis, or at the whole.
    Zoom(Option<Window>),
    /// Measure something else from now on.
    Scenario(Scenario),
    /// Measure.
    Measure,
    /// Stop measuring. What was measured so far is shown, and marked as partial.
    StopMeasuring,
    /// Show a run of the history.
    Show(u64),
    /// Compare the shown run with one of the history, or with none.
    Compare(Option<u64>),
    /// Remove a run from the history.
    ForgetRun(u64),
    /// Hand a text over to the person as a file.
    Save(Download),
    /// Another locator was typed.
    Locator(String),
    /// Open a session.
    Connect,
    /// Close the session.
    Disconnect,
    /// Another key was typed.
    Key(String),
    /// Publish the payload.
    Put,
    /// Give up the put that is under way.
    CancelPut,
    /// Another key expression to subscribe to was typed.
    SubKey(String),
    /// Declare the subscription.
    Subscribe,
    /// Undeclare it.
    Unsubscribe,
    /// Hash a sample.
    Hash(SampleId),
    /// Something about the sample that is read as a message.
    Message(Change),
    /// Something about the session, beyond one put and one subscription.
    Session(session::Change),
    /// Let all samples go.
    ForgetSamples,
    /// Look at the bytes of a payload, or do not any more.
    Look(Option<bytes::Looking>),
    /// Something about the frames that are looked at.
    Wire(wire::Change),
    /// Do what a key stands for.
    Command(keys::Verb),
    /// Run an experiment.
    Try(Experiment),
    /// Run every experiment.
    TryAll,
    /// Show the findings of an experiment one by one, or of none.
    Unfold(Option<Experiment>),
    /// Answer: the rest of the program is there, or could not be loaded.
    RestEnded(Result<(), Problem>),
    /// Answer: the payload of this revision was built, with the structures of its messages, or not.
    BuildEnded(u64, Result<(Built, Vec<Structured>), Problem>),
    /// The measurement with this number is so far.
    MeasureProgress(u64, Progress),
    /// The measurement with this number has ended: with a run, which may be partial, or with nothing because it was stopped too
    /// early, or with an error.
    MeasureEnded(u64, Result<Option<Shown>, Problem>),
    /// Runs that the browser has kept: all, or one that another page has kept just now.
    History(Vec<Shown>),
    /// Another page has removed a run from the history, or all.
    RunGone(Option<u64>),
    /// A run was read from a file.
    RunRead(Result<Shown, Problem>),
    /// A run could not be kept or the history not be read.
    StorageFailed(Problem),
    /// Answer: the session is open.
    Opened(SessionInfo),
    /// The attempt to open the session has no answer yet; the engine may hold it back, for so long at most.
    HeldBack(Duration),
    /// The session was lost, or an attempt to open it again has failed; the time of day.
    SessionLost(Lost, String),
    /// The session is open again; nothing was heard for so long.
    SessionResumed(Took),
    /// Answer: the session is closed, by us (`None`) or by what the problem says.
    SessionEnded(Option<Problem>),
    /// Answer: so many payload bytes of a put have left the browser's buffer.
    PutProgress(PutId, usize),
    /// Answer: the put has ended.
    PutEnded(PutId, Result<PutReport, Problem>),
    /// Answer: how far a large message is that is arriving.
    Arriving(Arriving),
    /// Answer: it does not go on arriving.
    ArrivalEnded {
        /// Which one.
        id: u64,
        /// Whether all of it is there.
        whole: bool,
    },
    /// Answer: the subscription is declared under this key expression, or refused.
    SubscribeEnded(Result<String, Problem>),
    /// Samples arrived, the last one last. Of very many only the latest are there.
    Samples {
        /// Those that are there.
        samples: Vec<Sample>,
        /// How many came by the subscription.
        received: u64,
        /// How many came as replies to the get.
        replies: u64,
    },
    /// Answer: the hash of a sample.
    Hashed(SampleId, Result<String, String>),
    /// Answer: what a run of an experiment has found. It may come after the end of the run.
    Found(RunId, Finding),
    /// Answer: the run has ended, or could not be carried out.
    TryEnded(RunId, Result<(), Problem>),
}

/// What is to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Load the rest of the program; answer with [`Action::RestEnded`].
    LoadRest,
    /// Make the arrays and build the payload; answer with [`Action::BuildEnded`].
    Build {
        /// The revision to answer with.
        revision: u64,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Measure; answer with [`Action::MeasureEnded`].
    Measure(Order),
    /// Keep a run in the browser, beside those that are there, and forget what is beyond [`cost::KEPT_RUNS`].
    KeepRun(Shown),
    /// Forget a run.
    ForgetRun(u64),
    /// Hand a file over to the person.
    Save(Download),
    /// Stop measuring.
    StopMeasuring,
    /// Open a session; answer with [`Action::Opened`] or [`Action::SessionEnded`].
    Connect(String),
    /// Close the session.
    Disconnect,
    /// Publish the rows, or delete the key; answer with [`Action::PutEnded`].
    Put {
        /// Names the put.
        id: PutId,
        /// The key as typed.
        key: String,
        /// The rows; `None` to delete.
        rows: Option<Vec<Row>>,
        /// How.
        options: session::Options,
    },
    /// Give up a put under way; it ends by [`Action::PutEnded`] in any case.
    CancelPut(PutId),
    /// Declare a subscription; answer with [`Action::SubscribeEnded`].
    Subscribe(String),
    /// Undeclare the subscription.
    Unsubscribe,
    /// Hash a sample; answer with [`Action::Hashed`].
    Hash(SampleId),
    /// Do something for the sample that is read as a message.
    Message(Task),
    /// Do something with the session.
    Session(session::Task),
    /// Do something for the frames that are looked at.
    Wire(wire::Task),
    /// Let the payloads of these samples go, and the arrays that were made of them.
    Forget(Vec<SampleId>),
    /// Run an experiment; answer with [`Action::Found`] and [`Action::TryEnded`].
    Try {
        /// The run to answer with.
        run: RunId,
        /// Which experiment.
        experiment: Experiment,
    },
}

impl State {
    /// The plan for the rows as the layout shows them.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn plan(&self) -> Result<Plan, MessageError> {
        Plan::of(&self.rows, self.view.mode(), &self.sending())
    }

    /// Lets `action` happen and says what is to be done about it.
    pub fn apply(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Many(actions) => actions.into_iter().flat_map(|action| self.apply(action)).collect(),
            Action::Started(surroundings) => {
                self.surroundings = surroundings;
                // Nothing has changed yet: this only asks for the first build.
                let preset = self.preset;
                let effects = self.rows_changed();
                self.preset = preset;
                effects
            }
            Action::LabFound { ws, tcp } => {
                (self.surroundings.ws, self.surroundings.tcp) = (Some(ws.into()), Some(tcp.into()));
                Vec::new()
            }
            Action::LoadRest => self.load_rest(),
            Action::RestEnded(result) => {
                self.rest_ended(result);
                Vec::new()
            }
            Action::Resume(setup) => self.resume(*setup),
            Action::Preset(preset) => {
                self.rows = preset.rows(self.next_row);
                self.next_row += self.rows.len() as RowId;
                let mut effects = self.rows_changed();
                self.preset = Some(preset);
                let is_typed = Preset::ALL.iter().all(|one| one.put_key() != self.key);
                if !is_typed && self.key != preset.put_key() && !self.api.rate.is_running() {
                    self.key = preset.put_key().to_owned();
                    effects.extend(self.key_changed());
                }
                // The proposal's benchmark is a preset; what else is chosen has other rows to show, or none.
                match (preset, self.cost.scenario) {
                    (Preset::Message, _) => self.cost.scenario = Scenario::Message,
                    (_, Scenario::Message) => self.cost.scenario = Scenario::Payload,
                    _ => {}
                }
                self.selected = self.rows.first().map(Selection::of);
                self.window = None;
                effects
            }
            Action::Add(element) => {
                let row = Row::array(self.fresh_row(), format!("array {}", self.rows.len()), element, 1024);
                self.append(row)
            }
            Action::AddText => {
                let row = Row::text(self.fresh_row(), format!("text {}", self.rows.len()), FIRST_TEXT);
                self.append(row)
            }
            Action::AddMessage(schema) => {
                let name = format!("message {}", self.rows.len());
                let element = if schema == Schema::CameraFrame { Element::Uint8 } else { Element::Float32 };
                let row = Row::message(self.fresh_row(), name, element, Message::first(schema));
                self.append(row)
            }
            Action::AddFile { file, name, len } => {
                let row = Row::array(self.fresh_row(), name, Element::Uint8, len);
                self.append(Row { kind: Kind::File(file), mode: Mode::Borrow, ..row })
            }
            Action::FileFailed(problem) => {
                self.file_problem = Some(problem);
                Vec::new()
            }
            Action::Duplicate(row) => {
                let Some(at) = self.position(row) else { return Vec::new() };
                let id = self.fresh_row();
                let twin = Row { id, ..self.rows[at].clone() };
                self.selected = Some(Selection::of(&twin));
                self.rows.insert(at + 1, twin);
                self.rows_changed()
            }
            Action::Remove(row) => {
                let Some(at) = self.position(row) else { return Vec::new() };
                self.rows.remove(at);
                let neighbour = self.rows.get(at).or(self.rows.last());
                self.selected = neighbour.map(Selection::of);
                self.rows_changed()
            }
            Action::Move(row, direction) => {
                let Some(at) = self.position(row) else { return Vec::new() };
                let to = match direction {
                    Direction::Up => at.checked_sub(1),
                    Direction::Down => Some(at + 1).filter(|to| *to < self.rows.len()),
                };
                let Some(to) = to else { return Vec::new() };
                self.rows.swap(at, to);
                self.rows_changed()
            }
            Action::Edit(row, edit) => {
                let Some(at) = self.position(row) else { return Vec::new() };
                let row = &mut self.rows[at];
                let schema = row.spec().map(|spec| spec.schema());
                match edit {
                    Edit::Name(name) => row.name = name.into(),
                    Edit::Element(element) if row.way().is_some() => row.element = element,
                    Edit::Element(element) | Edit::Array(element) => row.become_array(element),
                    Edit::Schema(schema) => row.become_message(schema),
                    Edit::Way(way) => row.change_message(|message| message.way = way),
                    Edit::Shape(shape) => row.change_message(|message| message.shape = shape),
                    Edit::Format(format) => row.change_message(|message| message.format = format),
                    Edit::Kind(kind) => row.become_kind(kind),
                    Edit::Before(before) => row.before = before,
                    Edit::After(after) => row.after = after,
                    Edit::Unsupported(unsupported) => row.unsupported = unsupported,
                    Edit::Length(length) => row.length = length,
                    Edit::Repeat(_) if row.way().is_some() => {}
                    Edit::Repeat(repeat) => row.repeat = repeat.min(MAX_REPEAT),
                    Edit::Fill(fill) => row.fill = fill,
                    Edit::Place(place) => row.place = place,
                    Edit::Mode(mode) => row.mode = mode,
                }
                // Another kind of message has other segments.
                if row.spec().map(|spec| spec.schema()) != schema
                    && self.selected.is_some_and(|selected| selected.row == row.id)
                {
                    self.selected = Some(Selection::of(row));
                }
                self.rows_changed()
            }
            Action::ModeForAll(mode) => {
                for row in &mut self.rows {
                    row.mode = mode;
                }
                self.rows_changed()
            }
            Action::Select(selection) => {
                self.selected = selection;
                Vec::new()
            }
            Action::Hover(selection) => {
                self.hovered = selection;
                Vec::new()
            }
            Action::View(view) => {
                self.view = view;
                Vec::new()
            }
            Action::Order(order) => {
                self.order = order;
                Vec::new()
            }
            Action::Zoom(window) => {
                self.window = window;
                Vec::new()
            }
            Action::Scenario(scenario) => {
                self.cost.scenario = scenario;
                Vec::new()
            }
            Action::Measure => self.measure(),
            Action::StopMeasuring => vec![Effect::StopMeasuring],
            Action::Show(id) => {
                self.cost.show(id);
                Vec::new()
            }
            Action::Compare(id) => {
                self.cost.other = id.and_then(|id| self.cost.run(id).cloned());
                Vec::new()
            }
            Action::ForgetRun(id) => {
                self.cost.forget(id);
                vec![Effect::ForgetRun(id)]
            }
            Action::Save(download) => vec![Effect::Save(download)],
            Action::Locator(locator) => {
                self.locator = locator;
                if matches!(self.session, Session::Failed(_)) {
                    self.session = Session::Closed;
                }
                Vec::new()
            }
            Action::Connect => {
                if self.session.is_busy() {
                    return Vec::new();
                }
                self.session = Session::Connecting;
                self.held_back = None;
                self.put = Put::None;
                vec![Effect::Connect(self.locator.clone())]
            }
            Action::Disconnect => vec![Effect::Disconnect],
            Action::Key(key) => {
                self.key = key;
                self.key_changed()
            }
            Action::Put => self.put(false),
            Action::Session(change) => self.session_changed(change),
            Action::CancelPut => match self.put {
                Put::UnderWay { id, .. } => vec![Effect::CancelPut(id)],
                _ => Vec::new(),
            },
            Action::SubKey(key) => {
                self.sub_key = key;
                if matches!(self.subscription, Declaration::Failed(_)) {
                    self.subscription = Declaration::None;
                }
                Vec::new()
            }
            Action::Subscribe => match self.subscription {
                Declaration::Declared(_) => Vec::new(),
                _ => {
                    self.api.missed = 0;
                    vec![Effect::Subscribe(self.sub_key.clone())]
                }
            },
            Action::Unsubscribe => {
                self.subscription = Declaration::None;
                vec![Effect::Unsubscribe]
            }
            Action::Hash(id) => match self.sample(id) {
                Some(sample) if sample.hash != Hash::UnderWay => {
                    sample.hash = Hash::UnderWay;
                    vec![Effect::Hash(id)]
                }
                _ => Vec::new(),
            },
            Action::ForgetSamples => self.forget_where(|sample| sample.reply.is_none()),
            Action::Look(looking) => {
                self.look(looking);
                Vec::new()
            }
            Action::Message(change) => self.message_changed(change),
            Action::Wire(change) => self.wire_changed(change).into_iter().collect(),
            Action::Command(verb) => self.command(verb).map_or_else(Vec::new, |action| self.apply(action)),
            Action::Try(experiment) => {
                self.ownership.unfolded = Some(experiment);
                self.attempt(experiment).into_iter().collect()
            }
            Action::TryAll => {
                self.ownership.unfolded = None;
                Experiment::ALL.into_iter().filter_map(|experiment| self.attempt(experiment)).collect()
            }
            Action::Unfold(experiment) => {
                self.ownership.unfolded = experiment;
                Vec::new()
            }
            Action::BuildEnded(revision, result) => {
                if revision == self.revision {
                    self.build = match result {
                        Ok((built, structures)) => {
                            self.structures = structures;
                            Build::Ready(built)
                        }
                        Err(problem) => {
                            self.structures.clear();
                            Build::Failed(problem)
                        }
                    };
                }
                Vec::new()
            }
            Action::MeasureProgress(number, progress) => {
                if number == self.cost.number && self.cost.is_measuring() {
                    self.cost.status = Status::Measuring(progress);
                }
                Vec::new()
            }
            Action::MeasureEnded(number, result) => self.cost.ended(number, result),
            Action::History(runs) => {
                self.cost.found(runs);
                Vec::new()
            }
            Action::RunGone(id) => {
                self.cost.gone(id);
                Vec::new()
            }
            Action::RunRead(result) => self.cost.read(result),
            Action::StorageFailed(problem) => {
                self.cost.storage = Some(problem);
                Vec::new()
            }
            Action::Opened(info) => {
                self.held_back = None;
                let zid = info.zid.clone();
                let before = std::mem::replace(&mut self.session, Session::Open(info));
                // What was declared before a loss is declared again by itself, and samples are
                // numbered on.
                if matches!(before, Session::Lost(_)) {
                    return Vec::new();
                }
                self.api.numbers = Numbers { zid, ..Numbers::default() };
                self.session_begins()
            }
            Action::HeldBack(longest) => {
                self.held_back = matches!(self.session, Session::Connecting | Session::Lost(_)).then_some(longest);
                Vec::new()
            }
            Action::SessionLost(lost, time) => {
                (self.gap, self.held_back) = (None, None);
                if !matches!(self.session, Session::Lost(_)) {
                    let (problem, unfinished) = (lost.problem.clone(), lost.unfinished);
                    self.api.loss = Some(Loss { time, problem, unfinished });
                }
                self.session = Session::Lost(match std::mem::take(&mut self.session) {
                    // Why it was lost stays; what comes after it are attempts.
                    Session::Lost(first) => Lost { wait: lost.wait, failed: Some(lost.problem.title), ..first },
                    _ => lost,
                });
                Vec::new()
            }
            Action::SessionResumed(gap) => {
                self.gap = Some(gap);
                Vec::new()
            }
            Action::SessionEnded(problem) => {
                (self.gap, self.held_back) = (None, None);
                self.session = problem.map_or(Session::Closed, Session::Failed);
                self.subscription = Declaration::None;
                self.session_is_over().into_iter().collect()
            }
            Action::PutProgress(done, bytes) => {
                if let Put::UnderWay { id, handed, .. } = &mut self.put
                    && *id == done
                {
                    *handed = bytes;
                }
                Vec::new()
            }
            Action::Arriving(arriving) => {
                match self.arriving.iter_mut().find(|other| other.id == arriving.id) {
                    Some(other) => *other = arriving,
                    None => self.arriving.push(arriving),
                }
                Vec::new()
            }
            Action::ArrivalEnded { id, whole } => {
                self.arriving.retain(|arriving| arriving.id != id);
                self.not_whole += u64::from(!whole);
                Vec::new()
            }
            Action::PutEnded(done, result) => {
                if matches!(&self.put, Put::UnderWay { id, .. } if *id == done) {
                    self.put = match result {
                        Ok(report) => Put::Done(report),
                        Err(problem) => Put::Failed(problem),
                    };
                }
                Vec::new()
            }
            Action::SubscribeEnded(result) => {
                self.subscription = match result {
                    Ok(key) => Declaration::Declared(key.into()),
                    Err(problem) => Declaration::Failed(problem),
                };
                Vec::new()
            }
            Action::Samples { samples, received, replies } => {
                self.received += received;
                self.api.get.replies += replies;
                for sample in samples {
                    self.samples.insert(0, sample);
                }
                self.let_go()
            }
            Action::Hashed(id, result) => {
                if let Some(sample) = self.sample(id) {
                    sample.hash = match result {
                        Ok(digest) => Hash::Done(digest),
                        Err(cause) => Hash::Failed(cause),
                    };
                }
                Vec::new()
            }
            Action::Found(run, finding) => {
                self.ownership.found(run, finding);
                Vec::new()
            }
            Action::TryEnded(run, result) => {
                self.ownership.ended(run, result);
                Vec::new()
            }
        }
    }

    fn attempt(&mut self, experiment: Experiment) -> Option<Effect> {
        Some(Effect::Try { run: self.ownership.begin(experiment)?, experiment })
    }

    fn measure(&mut self) -> Vec<Effect> {
        if self.cost.is_measuring() {
            return Vec::new();
        }
        let scenario = self.cost.scenario;
        if scenario.is_about_rows() {
            if let Build::Failed(problem) = &self.build {
                self.cost.status = Status::Failed(problem.clone());
                return Vec::new();
            }
            if scenario == Scenario::Message && self.rows.iter().all(|row| row.way().is_none()) {
                self.cost.status = Status::Failed(Problem::new(
                    "There is no message to measure.",
                    "Add a Cap'n Proto message in Build, or take a preset with one.",
                ));
                return Vec::new();
            }
            if self.rows.is_empty() {
                self.cost.status =
                    Status::Failed(Problem::new("There is nothing to measure.", "Add a segment in Build first."));
                return Vec::new();
            }
        }
        let number = self.cost.begin(scenario.is_about_rows().then_some(self.revision));
        let (subject, puts) = (self.subject(scenario), self.session.is_open());
        vec![Effect::Measure(Order { number, scenario, subject, rows: self.rows.clone(), puts })]
    }

    /// What a run measures, in words.
    fn subject(&self, scenario: Scenario) -> String {
        let name = self.preset.map_or("own payload", Preset::name);
        match scenario {
            Scenario::Sizes => "three arrays, 1 KiB to 256 MiB together".to_owned(),
            Scenario::Counts => "1 to 100,000 arrays, 1 MiB together".to_owned(),
            Scenario::Message => {
                let row = self.rows.iter().find(|row| row.way().is_some());
                let spec = row.and_then(Row::spec).map_or_else(String::new, |spec| spec.to_string());
                format!("{spec} in Cap'n Proto")
            }
            Scenario::Payload | Scenario::Worker | Scenario::Blob | Scenario::Places => name.to_owned(),
        }
    }

    fn append(&mut self, row: Row) -> Vec<Effect> {
        self.selected = Some(Selection::of(&row));
        self.rows.push(row);
        self.rows_changed()
    }

    /// Puts the payload, or deletes the key.
    fn put(&mut self, deletes: bool) -> Vec<Effect> {
        if matches!(self.put, Put::UnderWay { .. }) {
            return Vec::new();
        }
        let problem = self.not_open("Nothing was sent.").or_else(|| match &self.build {
            Build::Failed(problem) if !deletes => Some(problem.clone()),
            _ => None,
        });
        if let Some(problem) = problem {
            self.put = Put::Failed(problem);
            return Vec::new();
        }
        self.put_revision = self.revision;
        let id = self.next_put;
        self.next_put += 1;
        self.put_id = id;
        let rows = (!deletes).then(|| self.rows.clone());
        let total = rows.iter().flatten().map(Row::bytes).fold(0, usize::saturating_add);
        self.put = Put::UnderWay { id, handed: 0, total };
        vec![Effect::Put { id, key: self.key.clone(), rows, options: self.api.options.clone() }]
    }

    /// Lets some samples go.
    fn forget_where(&mut self, which: impl Fn(&Sample) -> bool) -> Vec<Effect> {
        let gone: Vec<SampleId> = self.samples.iter().filter(|sample| which(sample)).map(|sample| sample.id).collect();
        self.samples.retain(|sample| !gone.contains(&sample.id));
        let mut effects = vec![Effect::Forget(gone)];
        effects.extend(self.sample_gone());
        effects
    }

    /// The rows are not what they were: they are built anew. A measurement goes on, and its run says that it is of other rows.
    fn rows_changed(&mut self) -> Vec<Effect> {
        self.revision += 1;
        self.preset = None;
        self.file_problem = None;
        // What has failed may be what was changed.
        if matches!(self.put, Put::Failed(_)) {
            self.put = Put::None;
        }
        let selected = self.selected.take();
        self.selected = selected.and_then(|selection| {
            let row = self.rows.iter().find(|row| row.id == selection.row)?;
            // A message that cannot be made has none now, and the same again when it can.
            let last = row.segments().checked_sub(1).unwrap_or(selection.index);
            Some(Selection { row: row.id, index: selection.index.min(last) })
        });
        self.hovered = self.hovered.filter(|hovered| self.rows.iter().any(|row| row.id == hovered.row));
        let pieces = positions(&self.rows).last().map_or(0, |last| last.end);
        if std::mem::replace(&mut self.pieces, pieces) != pieces {
            self.window = None;
        }
        let mut effects = Vec::new();
        let segments: usize = self.rows.iter().map(Row::segments).sum();
        let buffers = self.rows.iter().map(Row::requested_buffer_bytes).fold(0, u64::saturating_add);
        if let Err(error) = Plan::of(&self.rows, None, &self.sending()) {
            let title = match error {
                MessageError::Payload(_) => "The payload is too long.",
                _ => "The message cannot be made.",
            };
            self.build = Build::Failed(Problem::new(title, format!("Nothing was built: {error}.")));
        } else if buffers > MAX_LEN as u64 {
            self.build = Build::Failed(Problem::new(
                "The buffers are too long.",
                format!(
                    "With what lies before and after them, the arrays take {}; this page makes at most {}. Lower \
                     before, after or repeat.",
                    requested(buffers),
                    bytes(MAX_LEN)
                ),
            ));
        } else if segments > MAX_SEGMENTS {
            self.build = Build::Failed(Problem::new(
                "Too many segments.",
                format!(
                    "The rows make {} segments; this page builds at most {}. Lower a repeat.",
                    count(segments),
                    count(MAX_SEGMENTS)
                ),
            ));
        } else {
            self.build = Build::Pending;
            self.structures.retain(|one| self.rows.iter().any(|row| row.id == one.row));
            effects.push(Effect::Build { revision: self.revision, rows: self.rows.clone() });
        }
        if matches!(self.build, Build::Failed(_)) {
            self.structures.clear();
        }
        effects.extend(self.rate_of_new_rows());
        effects
    }

    fn position(&self, row: RowId) -> Option<usize> {
        self.rows.iter().position(|candidate| candidate.id == row)
    }

    fn sample(&mut self, id: SampleId) -> Option<&mut Sample> {
        self.samples.iter_mut().find(|sample| sample.id == id)
    }

    fn fresh_row(&mut self) -> RowId {
        self.next_row += 1;
        self.next_row - 1
    }
}

#[cfg(test)]
mod tests;
