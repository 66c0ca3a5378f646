//! What the page asks of the engine, the program in the Worker that owns bytes and sessions.

use serde::{Deserialize, Serialize};

use super::cost::Order;
use super::{
    build::{FileId, Row},
    class,
    demonstration::Target,
    message,
    ownership::{Experiment, RunId},
    session::{self, PutId, SampleId},
    wire,
};
use crate::{
    given::{Offer, Reading},
    message::picture::Room,
};

/// What is to be done with a file that comes along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FileTask {
    /// To say what it is.
    Look,
    /// To read it in this way, for rows that name it.
    Read(Offer),
    /// To keep it: its bytes are already those of this reading.
    Keep(Reading),
}

/// A file that comes along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Along {
    /// Names it in rows.
    pub file: FileId,
    /// What the person calls it.
    pub name: String,
    /// What is to be done with it.
    pub task: FileTask,
}

impl Along {
    /// Names what is to be read or kept of it; `None` when it is only looked at.
    #[must_use]
    pub const fn key(&self) -> Option<(FileId, Reading)> {
        match &self.task {
            FileTask::Look => None,
            FileTask::Read(offer) => Some((self.file, offer.reading)),
            FileTask::Keep(reading) => Some((self.file, *reading)),
        }
    }
}

/// What the page asks of the engine. Each command ends by an [`Event`](super::Event) that its
/// documentation names, unless it says that it needs none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Looks at the files that come along, or reads them, in their order. Answers with
    /// [`Event::FileRead`](super::Event::FileRead) for each that is looked at, and ends by
    /// [`Event::FilesEnded`](super::Event::FilesEnded). Commands behind it wait for that. A file that
    /// cannot be read fails the build of the rows that name it.
    Files(Vec<Along>),
    /// Makes the arrays and builds the payload. Ends by
    /// [`Event::BuildEnded`](super::Event::BuildEnded), unless a newer one arrives before.
    Build {
        /// The revision to answer with.
        revision: u64,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Runs the program of rows of own code, in place of the one before: its number and text. Ends by
    /// [`Event::Ran`](super::Event::Ran), unless a newer one arrives before.
    Run(u32, String),
    /// Measures, in an engine of its own. Ends by
    /// [`Event::MeasureEnded`](super::Event::MeasureEnded).
    Measure {
        /// What is measured.
        order: Order,
        /// The locator of the session, for whole puts.
        locator: Option<String>,
    },
    /// Stops the measurement, which ends with what it has measured so far.
    StopMeasuring,
    /// Opens a session. Ends by [`Event::Opened`](super::Event::Opened) or
    /// [`Event::SessionEnded`](super::Event::SessionEnded).
    Connect(String),
    /// Closes the session. Ends by [`Event::SessionEnded`](super::Event::SessionEnded).
    Disconnect,
    /// Publishes the rows, or deletes the key. Ends by
    /// [`Event::PutEnded`](super::Event::PutEnded).
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
    /// Gives up a put under way, which then ends.
    CancelPut(PutId),
    /// Declares a subscription. Ends by [`Event::SubscribeEnded`](super::Event::SubscribeEnded).
    Subscribe(String),
    /// Undeclares the subscription. Needs no answer.
    Unsubscribe,
    /// Hashes a sample. Ends by [`Event::Hashed`](super::Event::Hashed).
    Hash(SampleId),
    /// Does something for the sample that is read as a message.
    Message(message::Task),
    /// From now on a picture of a message has this room. Needs no answer.
    Room(Room),
    /// Does something with the session.
    Session(session::Task),
    /// Does something in a class.
    Class(class::Task),
    /// Records frames, or stops recording. Needs no answer.
    Record(bool),
    /// Asks for the frames after the one of this number, or for all. Ends by
    /// [`Event::Frames`](super::Event::Frames).
    Frames(Option<u64>),
    /// Asks for the frames of the last put and of the last sample. Ends by
    /// [`Event::LastFrames`](super::Event::LastFrames).
    LastFrames,
    /// Makes a file of these frames, each with its title. Ends by
    /// [`Event::FramesSaved`](super::Event::FramesSaved).
    SaveFrames(wire::Format, Vec<(wire::Entry, String)>),
    /// Whether the page is hidden from now on. Needs no answer.
    Hidden(bool),
    /// Drops the payloads of these samples, and the arrays that were made of them. Needs no answer.
    Forget(Vec<SampleId>),
    /// Runs an experiment. Ends by [`Event::TryEnded`](super::Event::TryEnded).
    Try {
        /// The run to answer with.
        run: RunId,
        /// Which experiment.
        experiment: Experiment,
    },
    /// Carries an experiment out on arrays that are made anew of these rows, and looks at the targets.
    /// Ends by [`Event::Demonstrated`](super::Event::Demonstrated).
    Demonstrate {
        /// The run to answer with.
        run: RunId,
        /// Which experiment.
        experiment: Experiment,
        /// The rows.
        rows: Vec<Row>,
        /// Where it looks.
        targets: Vec<Target>,
    },
}
