//! Everything that the state asks for: what is to be done outside of it.

use super::{
    command::Command,
    cost::{Download, Order, Shown},
    lesson, wire,
};
use crate::live::{Capture, Sensor};

/// What is to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Has the engine do something.
    Engine(Command),
    /// Starts an engine, in place of one that has died or could not be loaded. Ends by
    /// [`Report::EngineReady`](super::Report::EngineReady) or
    /// [`Report::EngineLost`](super::Report::EngineLost).
    StartEngine,
    /// Measures, in an engine of its own. Ends by
    /// [`Event::MeasureEnded`](super::Event::MeasureEnded).
    Measure(Order),
    /// Captures a device, for rows that want this of it, or ends that. Told by
    /// [`Report::Capture`](super::Report::Capture), as long as it goes on.
    Capture(Sensor, Option<Capture>),
    /// Stops measuring.
    StopMeasuring,
    /// Does something for the frames that are looked at.
    Wire(wire::Task),
    /// Keeps a run in the browser, beside those that are there, and forgets what is beyond
    /// [`cost::KEPT_RUNS`](super::cost::KEPT_RUNS).
    KeepRun(Shown),
    /// Forgets a run.
    ForgetRun(u64),
    /// Keeps a text of rows in the browser under a name, or removes what is there.
    KeepRows(String, Option<String>),
    /// Keeps a text of the class's experiment in this tab, under a name. Answers with
    /// [`class::Change::Kept`](super::class::Change::Kept) if the browser does not.
    KeepClass(String, String),
    /// Forgets all these texts.
    ForgetClass,
    /// Does something for lessons.
    Lesson(lesson::Task),
    /// Hands a file over to the person.
    Save(Download),
}

impl From<Command> for Effect {
    fn from(command: Command) -> Self {
        Self::Engine(command)
    }
}
