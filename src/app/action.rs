//! Everything that can happen: what a person does, what the engine tells, and what the browser
//! reports.

use super::{
    build::{Direction, Edit, Preset, RowId},
    bytes, class,
    cost::Download,
    event::Event,
    film, kept, keys,
    layout::View,
    lesson, message,
    ownership::Experiment,
    report::Report,
    selection::Selection,
    session::{self, SampleId},
    sight::{self, Window},
    stage, wire,
};
use crate::{
    live::Sensor,
    message::Schema,
    run::Scenario,
    segment::{Element, Mode},
};

/// Everything that can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// All of these, one after the other.
    Many(Vec<Action>),
    /// Start the engine once more, which has died or could not be loaded.
    StartEngine,
    /// The person has seen that an engine died.
    EngineSeen,
    /// The person has read what is wrong with the link.
    LinkSeen,
    /// Replace all rows.
    Preset(Preset),
    /// Remove all rows.
    Empty,
    /// Something about rows that are kept by name.
    Kept(kept::Change),
    /// Append a row of typed arrays.
    Add(Element),
    /// Append a row of text.
    AddText,
    /// Appends a row of typed values.
    AddValues,
    /// Append a row of own code.
    AddCode,
    /// Run the program of the rows of own code.
    RunCode,
    /// Append a row of pasted values, or of text if it is not values.
    Paste(String),
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
    /// Set up the rows of the shown run.
    SetUpRun,
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
    /// Start to capture a device, or stop.
    Capture(Sensor, bool),
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
    /// Do something with the sample that is read as a message.
    Message(message::Change),
    /// Do something with the session, beyond one put and one subscription.
    Session(session::Change),
    /// Let all samples go.
    ForgetSamples,
    /// Look at the bytes of a payload, or do not any more.
    Look(Option<bytes::Looking>),
    /// Do something with the frames that are looked at.
    Wire(wire::Change),
    /// Do what a key stands for.
    Command(keys::Verb),
    /// Something about lessons.
    Lesson(lesson::Change),
    /// Something in a class.
    Class(class::Change),
    /// Run an experiment.
    Try(Experiment),
    /// Run every experiment.
    TryAll,
    /// Replace all rows by some that show this experiment, and run it on them.
    SetUp(Experiment),
    /// Show the findings of an experiment one by one, or of none.
    Unfold(Option<Experiment>),
    /// The engine tells something.
    Engine(Event),
    /// The browser reports something.
    Browser(Report),
}
