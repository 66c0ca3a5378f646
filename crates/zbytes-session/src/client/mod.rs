//! A zenoh client without I/O.
//!
//! [`Client`] is a state machine: it sees no socket, no clock and no JavaScript value. The
//! program that drives it has one link, for example a WebSocket, and does this:
//!
//! 1. [`Client::new`] when the link is open; [`Config::framing`] says how it carries batches.
//! 2. One input at a time: [`Client::handle_input`] for each binary message, or run of a stream,
//!    [`Client::handle_timeout`] when [`Client::poll_timeout`] has passed, or a verb
//!    ([`Client::put`], [`Client::declare_subscriber`], …).
//! 3. Then [`Client::poll_event`] until there is none, and [`Client::poll_transmit`] for as long as
//!    the socket takes more.
//!
//! Time is a parameter: a [`Duration`](std::time::Duration) since any fixed moment, the same for
//! all calls.
//!
//! Batches are gathered inside [`Client::poll_transmit`], into a buffer that the driver reuses. So
//! a batch is never an object of its own, and an owner that is gone is noticed before its sequence
//! number is spent.
//!
//! A session that was lost, by the link or by the router, can be opened again over a new link:
//! [`Client::relink`]. The client keeps what was declared and declares it anew, in the order in
//! which it was declared; [`Event::Resumed`] says how long nothing was heard. What was under way
//! has ended with the lost session, see [`Ended`]: a put is never sent twice. [`reconnect`] decides
//! when to try.
//!
//! After that program stood still for a while, it calls [`Client::handle_pause`] first: what comes
//! then may have waited in the browser.
//!
//! What a peer sends can end the session with an error, never in a panic; what is kept for it is
//! bounded by [`Limits`].
//!
//! # What is where
//!
//! | File | What is in it |
//! |---|---|
//! | `machine` | the client itself: its state, its phases, its end |
//! | `config`, `limits`, `ids` | what it is given, its bounds, and by which names it is spoken to |
//! | `event`, `error`, `stats` | what it tells |
//! | `handshake`, `receive`, `transmit`, `timers` | opening, batches in, batches out, time |
//! | `publish`, `declare`, `query` | what it is asked to do: put, declare, ask and answer |
//! | `sample`, [`stamp`] | what a put is made of |
//! | `queue`, `pace` | what waits to be sent, what is unanswered; the rest is in [`link`](crate::link) |
//! | `transfer`, `progress` | large messages on their way |
//! | `numbers` | which samples were missed |
//! | [`pause`], [`reconnect`] | a driver that stood still, and when to open a session again |
//! | [`capture`], [`channel`] | the last batches to be looked at, and samples for a slow reader |

#![deny(clippy::indexing_slicing)]

pub mod capture;
pub mod channel;
mod config;
mod declare;
mod error;
mod event;
mod handshake;
mod ids;
mod limits;
mod machine;
mod numbers;
mod pace;
pub mod pause;
mod progress;
mod publish;
mod query;
mod queue;
mod receive;
pub mod reconnect;
mod sample;
pub mod stamp;
mod stats;
mod timers;
mod transfer;
mod transmit;

pub use self::{
    config::{Config, HANDSHAKE_TIMEOUT, LEASE, SessionInfo},
    declare::{MatchingStatusType, Queryable, Subscriber},
    error::{CloseCause, CommandError, GetError, PutError},
    event::{Ended, Event, Interrupted},
    ids::{EntityId, OpId, QueryId, SubscriberId},
    limits::Limits,
    machine::Client,
    progress::Progress,
    query::{GET_TIMEOUT, Get, Querier, Query, Reply, ReplyError, ReplySample},
    queue::Part,
    sample::{Locality, Publisher, Put, Sample, plan},
    stats::{LinkStats, Traffic},
    transfer::{Arriving, Leaving},
    transmit::Transmit,
};
pub use crate::link::{Agreed, Framing};
pub use crate::wire::{
    BatchPlan, CongestionControl, ConsolidationMode, Content, Encoding, EntityGlobalId, KeyExpr, KeyExprError,
    Priority, Qos, QueryTarget, Reliability, SampleKind, SchemaTooLong, SourceInfo, Timestamp, ZenohId, ZenohIdError,
};

#[cfg(test)]
mod tests;
