//! What the browser reports to the page: it starts, its engine has died, what was kept.

use super::{
    capture,
    cost::Shown,
    kept::Shelf,
    lesson::{Loaded, Source},
    link::Found,
    problem::Problem,
    session::HubFigures,
    setup::Setup,
    surroundings::Surroundings,
    wire::Kept,
};
use crate::live::Sensor;

/// What the browser reports to the page. Most of it answers an [`Effect`](super::Effect).
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The page has started.
    Started(Surroundings),
    /// The tab has kept this setup from before a reload or a crash of the page.
    Setup(Box<Setup>),
    /// The address of the page has a scene from outside, or something that should be one.
    Link(Box<Result<Found, Problem>>),
    /// The engine runs.
    EngineReady,
    /// The engine has died, or could not be loaded. Everything that it held is gone.
    EngineLost(Problem),
    /// Runs that the browser has kept: all, or one that another page has kept just now.
    History(Vec<Shown>),
    /// Another page has removed a run from the history, or all.
    RunGone(Option<u64>),
    /// A run was read from a file.
    RunRead(Result<Shown, Problem>),
    /// Rows that the browser keeps by name.
    KeptRows(Shelf),
    /// Rows could not be kept by name.
    RowsNotKept(Problem),
    /// A run could not be kept or the history not be read.
    StorageFailed(Problem),
    /// What has become of a device that is captured.
    Capture(Sensor, capture::CaptureTold),
    /// What the hub has done so far.
    Hub(HubFigures),
    /// Which lessons there are.
    Lessons(Result<String, Problem>),
    /// A lesson was loaded, or read from a file.
    Lesson(Source, Result<Loaded, Problem>),
    /// The record keeps so much of the recorded frames.
    Frames(Kept),
}
