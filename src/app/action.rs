//! Everything that can happen: what a person does, and what the effects answer.

use super::{
    build::{Direction, Edit, Preset, RowId},
    bytes,
    cost::{Download, Shown},
    event::Event,
    film, keys,
    layout::View,
    link,
    message::Change,
    ownership::Experiment,
    problem::Problem,
    selection::Selection,
    session::{self, SampleId},
    setup::Setup,
    sight::{self, Window},
    stage,
    surroundings::Surroundings,
    wire,
};
use crate::{
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
    /// Start the engine once more, which has died or could not be loaded.
    StartEngine,
    /// The person has seen that an engine died.
    EngineSeen,
    /// Set up again what was kept before a crash.
    Resume(Box<Setup>),
    /// Set up what the link says by which the page was opened.
    SetUp(Box<Result<link::Found, Problem>>),
    /// The person has read what is wrong with the link.
    LinkSeen,
    /// Replace all rows.
    Preset(Preset),
    /// Append a row of typed arrays.
    Add(Element),
    /// Append a row of text.
    AddText,
    /// Append a Cap'n Proto message.
    AddMessage(Schema),
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
    /// Undo the last change of rows, preset, modes, view or order.
    Undo,
    /// Do again what was undone last.
    Redo,
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
    /// Something about what stands in the window.
    Stage(stage::Change),
    /// Show how every byte is copied, first when building and then when putting.
    WatchTheCopy,
    /// Put the payload so that it comes back: connect and subscribe first.
    SendIt,
    /// Something about the film of building and putting.
    Film(film::Change),
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
    /// The engine runs.
    EngineReady,
    /// The engine tells something.
    Engine(Event),
    /// The engine has died, or could not be loaded. Everything that it held is gone.
    EngineLost(Problem),
    /// Runs that the browser has kept: all, or one that another page has kept just now.
    History(Vec<Shown>),
    /// Another page has removed a run from the history, or all.
    RunGone(Option<u64>),
    /// A run was read from a file.
    RunRead(Result<Shown, Problem>),
    /// A run could not be kept or the history not be read.
    StorageFailed(Problem),
}
