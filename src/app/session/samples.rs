//! Samples that arrived: by the subscription, and as replies to the get.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::change::Task;
use super::{
    glimpse::Glimpse,
    groups::{Group, Sender},
    ids::SampleId,
};
use crate::{
    app::{command::Command, effect::Effect, state::State, typed_array::TypedArray},
    client::{CongestionControl, Priority, Reliability},
    message::Looks,
    outside::Outside,
};

/// The most samples that are kept to be looked at.
pub const KEPT_SAMPLES: usize = 50;

/// The most bytes that the kept samples may hold together, payloads and arrays that were made of
/// them; the newest is always kept.
pub const KEPT_BYTES: usize = 256 << 20;

/// The SHA-256 of a sample's payload.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Hash {
    /// The person has not asked for it.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct More {
    /// What the payload is; empty for zenoh's default.
    pub encoding: Outside,
    /// Further bytes.
    pub attachment: Option<Attachment>,
    /// Its priority.
    pub priority: Priority,
    /// Whether a full link drops it, or lets it wait.
    pub congestion_control: CongestionControl,
    /// How it came.
    pub reliability: Reliability,
    /// Whether it was sent alone and at once.
    pub express: bool,
    /// Its number, when its publisher numbers its samples.
    pub source_sn: Option<u32>,
    /// When it was made, if it says so.
    pub timestamp: Option<Stamp>,
    /// How long it may have waited in the browser before the page handled it, because the page
    /// stood still.
    pub waited: Option<Duration>,
    /// What its bytes look like: whether reading them as a message can succeed.
    pub looks: Looks,
    /// Who sent it.
    pub from: Sender,
    /// What its bytes are, in short.
    pub glimpse: Glimpse,
}

impl Sample {
    /// Whether it is one of a group.
    #[must_use]
    pub fn is_of(&self, group: &Group) -> bool {
        self.reply.is_none() && self.key == group.key && self.more.from == group.from
    }
}

/// When a sample was made, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Local time of day, as in `14:02:09.120`.
    pub time: String,
    /// Whose clock said so.
    pub by: Clock,
}

/// Whose clock a timestamp is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Clock {
    /// Of the router that this page is connected to: it stamps the puts that have no timestamp.
    Router,
    /// Of this page.
    Page,
    /// Of another program, by its zenoh id.
    Other(String),
}

impl State {
    /// Has a sample hashed.
    pub(in crate::app) fn hash(&mut self, id: SampleId) -> Vec<Effect> {
        match self.sample(id) {
            Some(sample) if sample.hash != Hash::UnderWay => {
                sample.hash = Hash::UnderWay;
                vec![Effect::Engine(Command::Hash(id))]
            }
            _ => Vec::new(),
        }
    }

    /// Samples arrived, the last one last.
    pub(in crate::app) fn samples_arrived(&mut self, samples: Vec<Sample>, received: u64, replies: u64) -> Vec<Effect> {
        self.received += received;
        self.api.get.replies += replies;
        for sample in samples {
            self.samples.insert(0, sample);
        }
        self.let_go()
    }

    /// How many samples of the subscription are in none of the groups: there were too many groups,
    /// or the person has let them go.
    #[must_use]
    pub fn apart(&self) -> u64 {
        self.received.saturating_sub(self.groups.iter().map(|group| group.count).sum())
    }

    /// Lets the samples of the subscription go, and counts anew.
    pub(in crate::app) fn forget_samples(&mut self) -> Vec<Effect> {
        self.groups.clear();
        let mut effects = self.forget_where(|sample| sample.reply.is_none());
        effects.push(Effect::Engine(Command::Session(Task::CountAnew)));
        effects
    }

    /// The hash of a sample.
    pub(in crate::app) fn hashed(&mut self, id: SampleId, result: Result<String, String>) -> Vec<Effect> {
        if let Some(sample) = self.sample(id) {
            sample.hash = match result {
                Ok(digest) => Hash::Done(digest),
                Err(cause) => Hash::Failed(cause),
            };
        }
        Vec::new()
    }

    /// Lets some samples go.
    pub(in crate::app) fn forget_where(&mut self, which: impl Fn(&Sample) -> bool) -> Vec<Effect> {
        let gone: Vec<SampleId> = self.samples.iter().filter(|sample| which(sample)).map(|sample| sample.id).collect();
        self.samples.retain(|sample| !gone.contains(&sample.id));
        let mut effects = vec![Effect::Engine(Command::Forget(gone))];
        effects.extend(self.sample_gone());
        effects
    }

    pub(in crate::app) fn sample(&mut self, id: SampleId) -> Option<&mut Sample> {
        self.samples.iter_mut().find(|sample| sample.id == id)
    }
}

/// Further bytes of a sample's or a query's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// How many.
    pub len: usize,
    /// The first of them as a text; in hexadecimal when they are none.
    pub text: Outside,
}
