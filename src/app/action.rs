//! Everything that can happen: what a person does, and what the effects answer.

use std::time::Duration;

use super::{
    build::{Built, Direction, Edit, FileId, Preset, RowId, Structured},
    bytes,
    cost::{Download, Shown},
    keys,
    layout::View,
    message::Change,
    ownership::{Experiment, Finding, RunId},
    problem::Problem,
    selection::Selection,
    session::{self, Lost, PutId, PutReport, Sample, SampleId},
    setup::Setup,
    sight::{self, Window},
    surroundings::Surroundings,
    wire,
};
use crate::{
    client::{Arriving, SessionInfo, pause::Took},
    measure::course::Progress,
    message::Schema,
    run::Scenario,
    segment::{Element, Mode},
};

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
    /// The measurement with this number has ended: with a run, which may be partial, or with
    /// nothing because it was stopped too early, or with an error.
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
    /// The attempt to open the session has no answer yet; the engine may hold it back, for so long
    /// at most.
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
