//! What the engine tells the page.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    action::Action,
    build::{Built, FileId, Structured},
    class,
    cost::Shown,
    demonstration::Sight,
    message,
    ownership::{Finding, RunId},
    problem::Problem,
    session::{self, Group, Lost, PutId, PutReport, Sample, SampleId},
    surroundings::Class,
    wire::Taken,
};
use crate::{
    client::{Arriving, SessionInfo, pause::Took},
    given::About,
    measure::course::Progress,
};

/// What the engine tells the page. Most of it answers a [`Command`](super::Command).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The page's server has told of its class, before the router.
    ClassFound(Class),
    /// The page's server has told the ws and the tcp locator of its router.
    LabFound {
        /// As in `ws/127.0.0.1:7446`.
        ws: String,
        /// As in `tcp/127.0.0.1:7447`.
        tcp: String,
    },
    /// The page's server has told of no lab, or nothing.
    NoLab,
    /// A file was looked at.
    FileRead {
        /// Names it in rows.
        file: FileId,
        /// What is understood of it.
        about: About,
    },
    /// All files of a command were looked at or read, but for those of the problem.
    FilesEnded(Option<Problem>),
    /// The payload of this revision was built, with the structures of its messages, or not.
    BuildEnded(u64, Result<(Built, Vec<Structured>), Problem>),
    /// A program of own code was run, or has failed since: the number of the run, whether it makes other
    /// arrays for each put, the line that the problem is in, and [the arrays](super::found).
    Ran(u32, bool, u32, Result<String, Problem>),
    /// The measurement with this number is so far.
    MeasureProgress(u64, Progress),
    /// The measurement with this number has ended, with a run or an error. The run may be partial;
    /// `None` says that it was stopped too early.
    MeasureEnded(u64, Result<Option<Shown>, Problem>),
    /// The session is open.
    Opened(SessionInfo),
    /// The attempt to open the session has no answer yet; the browser may hold it back, for so long
    /// at most.
    HeldBack(Duration),
    /// The session was lost, or an attempt to open it again has failed; the time of day.
    SessionLost(Lost, String),
    /// The session is open again; nothing was heard for so long.
    SessionResumed(Took),
    /// The session is closed, by us (`None`) or by what the problem says.
    SessionEnded(Option<Problem>),
    /// So many payload bytes of a put have left the browser's buffer.
    PutProgress(PutId, usize),
    /// The put has ended.
    PutEnded(PutId, Result<PutReport, Problem>),
    /// How far a large message is that is arriving.
    Arriving(Arriving),
    /// A large message does not go on arriving.
    ArrivalEnded {
        /// Which one.
        id: u64,
        /// Whether all of it is there.
        whole: bool,
    },
    /// The subscription is declared under this key expression, or refused.
    SubscribeEnded(Result<String, Problem>),
    /// Samples arrived, the last one last. Of very many only the latest are there.
    Samples {
        /// Those that are there.
        samples: Vec<Sample>,
        /// Every group of those of the subscription.
        groups: Vec<Group>,
        /// When the engine has told this, since 1970. Ages and lines of the groups are as of then.
        at: Duration,
        /// How many came by the subscription.
        received: u64,
        /// How many came as replies to the get.
        replies: u64,
    },
    /// The hash of a sample.
    Hashed(SampleId, Result<String, String>),
    /// Something about the message that is read.
    Message(message::Event),
    /// Something about the session.
    Session(session::Event),
    /// Something in a class.
    Class(class::Event),
    /// Frames that were recorded.
    Frames(Taken),
    /// The frames of the last put and of the last sample.
    LastFrames(Taken),
    /// A file of frames was made and handed over, or not; and how many bytes looking at frames has
    /// copied so far.
    FramesSaved(Result<String, Problem>, u64),
    /// What a run of an experiment has found. It may come after the end of the run.
    Found(RunId, Finding),
    /// The run has ended, or could not be carried out.
    TryEnded(RunId, Result<(), Problem>),
    /// What an experiment on the rows has found, or why it could not be carried out.
    Demonstrated(RunId, Result<Vec<Sight>, Problem>),
}

impl From<Event> for Action {
    fn from(event: Event) -> Self {
        Self::Engine(event)
    }
}

impl From<message::Event> for Event {
    fn from(event: message::Event) -> Self {
        Self::Message(event)
    }
}

impl From<session::Event> for Event {
    fn from(event: session::Event) -> Self {
        Self::Session(event)
    }
}

impl From<message::Event> for Action {
    fn from(event: message::Event) -> Self {
        Event::from(event).into()
    }
}

impl From<session::Event> for Action {
    fn from(event: session::Event) -> Self {
        Event::from(event).into()
    }
}
