//! Everything that the state asks for: what is to be done outside of it.

use super::{
    build::Row,
    cost::{Download, Order, Shown},
    message::Task,
    ownership::{Experiment, RunId},
    session::{self, PutId, SampleId},
    wire,
};

/// What is to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Load the rest of the program; answer with [`Action::RestEnded`](super::Action::RestEnded).
    LoadRest,
    /// Make the arrays and build the payload; answer with
    /// [`Action::BuildEnded`](super::Action::BuildEnded).
    Build {
        /// The revision to answer with.
        revision: u64,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Measure; answer with [`Action::MeasureEnded`](super::Action::MeasureEnded).
    Measure(Order),
    /// Keep a run in the browser, beside those that are there, and forget what is beyond
    /// [`cost::KEPT_RUNS`](super::cost::KEPT_RUNS).
    KeepRun(Shown),
    /// Forget a run.
    ForgetRun(u64),
    /// Hand a file over to the person.
    Save(Download),
    /// Stop measuring.
    StopMeasuring,
    /// Open a session; answer with [`Action::Opened`](super::Action::Opened) or
    /// [`Action::SessionEnded`](super::Action::SessionEnded).
    Connect(String),
    /// Close the session.
    Disconnect,
    /// Publish the rows, or delete the key; answer with
    /// [`Action::PutEnded`](super::Action::PutEnded).
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
    /// Give up a put under way; it ends by [`Action::PutEnded`](super::Action::PutEnded) in any
    /// case.
    CancelPut(PutId),
    /// Declare a subscription; answer with
    /// [`Action::SubscribeEnded`](super::Action::SubscribeEnded).
    Subscribe(String),
    /// Undeclare the subscription.
    Unsubscribe,
    /// Hash a sample; answer with [`Action::Hashed`](super::Action::Hashed).
    Hash(SampleId),
    /// Do something for the sample that is read as a message.
    Message(Task),
    /// Do something with the session.
    Session(session::Task),
    /// Do something for the frames that are looked at.
    Wire(wire::Task),
    /// Let the payloads of these samples go, and the arrays that were made of them.
    Forget(Vec<SampleId>),
    /// Run an experiment; answer with [`Action::Found`](super::Action::Found) and
    /// [`Action::TryEnded`](super::Action::TryEnded).
    Try {
        /// The run to answer with.
        run: RunId,
        /// Which experiment.
        experiment: Experiment,
    },
}
