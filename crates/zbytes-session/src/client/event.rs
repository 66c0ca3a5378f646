//! What the driver and the application are told, and by which names.

use super::{
    config::SessionInfo,
    error::{CloseCause, GetError, PutError},
    ids::{EntityId, OpId, SubscriberId},
    pause::Took,
    query::{Query, Reply},
    sample::Sample,
};
use crate::wire::EntityGlobalId;

/// What the driver and the application are told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The session is open.
    Opened(SessionInfo),
    /// A sample arrived.
    Sample(Sample),
    /// Numbered samples did not come: before the next sample of the same publisher, which follows.
    SampleMiss {
        /// Who missed them.
        subscriber: SubscriberId,
        /// Whose they were.
        source: EntityGlobalId,
        /// How many.
        nb: u32,
    },
    /// A put, a get or an answer was given up, by itself or by
    /// [`Client::cancel`](super::Client::cancel), before all of it was sent. The session goes on; a
    /// get ends apart.
    PutFailed(OpId, PutError),
    /// A large message of which [`Client::poll_progress`](super::Client::poll_progress) has told
    /// does not go on arriving. All of it is there, and its sample or answer is the next event. Or
    /// its sender, or the loss of a part of it, has ended it.
    ArrivalEnded {
        /// Which one, as in [`Arriving::id`](super::Arriving::id).
        id: u64,
        /// Whether all of it is there.
        whole: bool,
    },
    /// A queryable is asked.
    Query(Query),
    /// So many times it would have been asked, and was not: too many queries wait already. Each
    /// asker got an error that says so.
    QueriesRefused(u64),
    /// A get has an answer.
    Reply(OpId, Reply),
    /// A get has no more answers.
    GetEnded(OpId, Result<(), GetError>),
    /// A fence was answered, after so long: the router has handed on everything that was put before
    /// it. See [`Client::flush`](super::Client::flush).
    Flushed(OpId, Took),
    /// Whether a matching listener has found a subscriber or a queryable.
    Matching {
        /// The matching listener.
        id: EntityId,
        /// zenoh's matching status.
        matching: bool,
    },
    /// The session has ended. What was not sent never will be. After the transmits that are still
    /// there, the driver closes the WebSocket. No more events come, unless
    /// [`Client::relink`](super::Client::relink) is called.
    Closed(Ended),
    /// After [`Client::handle_pause`](super::Client::handle_pause): everything that waited in the
    /// browser has been handled, and the link has outlived the pause.
    CaughtUp,
    /// Follows [`Event::Opened`] when the session was lost before: everything is declared again.
    Resumed {
        /// Since the lost session was last known to live; its pauses are those since then. What was
        /// published meanwhile may not have arrived. What had waited in the browser during a pause
        /// does not count.
        gap: Took,
        /// Whom that concerns.
        subscribers: Vec<SubscriberId>,
    },
}

/// How a session has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Why.
    pub cause: CloseCause,
    /// The operations that had not ended, and end with it.
    pub interrupted: Vec<Interrupted>,
}

/// An operation that ended with its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interrupted {
    /// Which one.
    pub op: OpId,
    /// Whether a part of its message was sent.
    pub begun: bool,
}
