//! Defines the messages between a program and its session: [`Command`] out, [`Told`] back. The
//! program chooses an id for each operation, and the session repeats it.
//!
//! These messages are all that passes between them, so a session can run in the same thread or in
//! another. Every command ends in one of three ways:
//!
//! - with the message that its documentation names;
//! - with [`Told::Refused`];
//! - with an error of its own before [`Told::Lost`] or [`Told::Closed`], if it was pending when the
//!   session ended.

use std::time::Duration;

use zbytes::ledger::Ledger;

use crate::client::{
    Arriving, CloseCause, CommandError, EntityId, Event, Get, GetError, KeyExpr, LinkStats, MatchingStatusType, OpId,
    Put, PutError, QueryId, Queryable, ReplyError, ReplySample, Subscriber, capture,
    pause::{Pause, Took},
    reconnect::Wait,
};

/// Requests an action of a session.
#[derive(Debug)]
pub enum Command {
    /// Publishes or deletes. Ends with [`Told::PutEnded`], after any number of [`Told::Progress`].
    Put(OpId, Put),
    /// Sends a query. Ends with [`Told::GetEnded`], after any number of [`Event::Reply`].
    Get(OpId, Get),
    /// Asks which tokens are alive. Ends as [`Command::Get`].
    LivelinessGet(OpId, KeyExpr),
    /// Asks for a fence: the router answers when it has handed on every put made before. Ends with
    /// [`Told::Flushed`].
    Flush(OpId),
    /// Answers a query. Ends with [`Told::PutEnded`].
    Reply {
        /// The id of this answer.
        op: OpId,
        /// The query to answer.
        query: QueryId,
        /// Whether the query came from this same session.
        local: bool,
        /// The answer, or an error for the querier.
        result: Result<ReplySample, ReplyError>,
        /// Whether it finishes the query: the querier gets no further answers.
        last: bool,
    },
    /// Finishes a query without a further answer. The session ignores this for a query that has
    /// ended. Sends no message.
    Finish(QueryId),
    /// Cancels a put, an answer or a get. The operation still ends with its own message. It reports
    /// the cancellation, or success if all bytes had left before.
    Cancel(OpId),
    /// Declares. Ends with [`Told::Declared`]. The session reports events of the declaration until
    /// the program undeclares it or closes the session.
    Declare(EntityId, Declare),
    /// Undeclares. The session refuses this only if the declaration or the session has ended
    /// already, and then sends no message.
    Undeclare(EntityId),
    /// Asks for the counters of the link; ends with [`Told::Stats`].
    Stats,
    /// Starts or stops the recording of batches. It covers this session and later ones of the same
    /// driver. See [`capture`].
    #[cfg(feature = "capture")]
    Capture(Option<capture::Bounds>),
    /// Asks for the recorded batches after that number, or for all of them; ends with
    /// [`Told::Frames`].
    #[cfg(feature = "frames")]
    Frames(Option<u64>),
    /// An attempt to open the session may succeed now: a driver that waits for the next attempt
    /// makes it soon. Sends no message.
    Hint,
    /// Closes the session in order, or stops opening it again. Ends with [`Told::Closed`].
    Close,
}

/// Says what to declare.
#[derive(Debug)]
pub enum Declare {
    /// Causes [`Event::Sample`] and [`Event::SampleMiss`].
    Subscriber(Subscriber),
    /// Causes [`Event::Query`] for each query that matches it.
    Queryable(Queryable),
    /// A token: shows peers that a key is alive.
    LivelinessToken(KeyExpr),
    /// Causes [`Event::Sample`] for every token that appears and every one that disappears; with
    /// `true` also for those that exist.
    LivelinessSubscriber(KeyExpr, bool),
    /// Causes [`Event::Matching`] whenever the answer changes: whether a peer matches the key.
    MatchingListener(KeyExpr, MatchingStatusType),
}

/// Says why a session did not open, or why it ended. `R` is the reason type of the program's own
/// `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError<R> {
    /// The host's own reason: why the driver should not try a WebSocket, or why one failed.
    Host(R),
    /// The browser refused to open a WebSocket, for example to an insecure address from a page
    /// loaded by https.
    Browser {
        /// The browser's own error message.
        reason: String,
    },
    /// The server did not answer.
    NoAnswer {
        /// How long the driver waited.
        within: Duration,
    },
    /// The WebSocket ended before it was open. A browser hides the reason from a page.
    NotOpened {
        /// Time from the attempt to its end.
        after: Duration,
    },
    /// The server sent a text message, which zenoh never does.
    Text,
    /// The WebSocket was closed during the handshake.
    Handshake {
        /// The WebSocket's close code.
        code: u16,
    },
    /// The other end of a port has ended the link.
    Ended {
        /// Why, in its own words.
        reason: String,
    },
    /// The WebSocket of an open session has ended.
    Closed {
        /// The WebSocket's close code.
        code: u16,
        /// How long the program stood still since the session was last known to live.
        paused: Pause,
    },
    /// The client or the router ended the session.
    Session {
        /// The client's or the router's reason.
        cause: CloseCause,
        /// How long the program stood still since the session was last known to live.
        paused: Pause,
    },
}

/// Says how far a put was when it ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HowFar {
    /// Payload bytes that had left the browser.
    pub handed: usize,
    /// Bytes of the whole payload.
    pub total: usize,
    /// Whether the WebSocket had the whole message. If so, the router may have received it.
    pub complete: bool,
}

/// Says why a put, a delete or an answer has ended without success.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutFailure<R> {
    /// The client dropped or cancelled it, or lost its source. The session continues.
    GivenUp(PutError, HowFar),
    /// The session ended before it; `None` when the program closed the session.
    SessionEnded(Option<LinkError<R>>, HowFar),
}

/// Says why a get has ended without success. The answers received before remain valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetFailure<R> {
    /// The client or the router ended it.
    Ended {
        /// The client's or the router's reason.
        error: GetError,
        /// How long the program stood still during the get.
        pause: Pause,
    },
    /// The session ended before it; `None` when the program closed the session.
    SessionEnded(Option<LinkError<R>>),
}

/// Reports an event or a result of a session to its program. `R` is the reason type of the
/// program's own `Host`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Told<R> {
    /// What the client tells, as it is. It is never the end of an operation or of the session: the
    /// driver knows more of an end, and tells [`Told::PutEnded`], [`Told::GetEnded`],
    /// [`Told::Flushed`], [`Told::Lost`] or [`Told::Closed`].
    Event(Event),
    /// The session refused the operation and did nothing.
    Refused(OpId, CommandError),
    /// The session accepted or refused the declaration.
    Declared(EntityId, Result<(), CommandError>),
    /// How many payload bytes of a put have left the browser's buffer.
    Progress(OpId, usize),
    /// A put, a delete or an answer has left the browser, or has failed.
    PutEnded(OpId, Result<Sent, PutFailure<R>>),
    /// A large message is arriving. The session repeats this from time to time.
    Arriving(Arriving),
    /// A get has ended; further answers do not follow.
    GetEnded(OpId, Result<(), GetFailure<R>>),
    /// The router answered the fence after this time, or the session ended before; `None` when the
    /// program closed the session.
    Flushed(OpId, Result<Took, Option<LinkError<R>>>),
    /// The program stood still, in total for this long since the session was last known to live.
    /// The next messages may have waited in the browser.
    StoodStill(Pause),
    /// The counters of the link.
    Stats(LinkStats),
    /// The recorded batches, as the bounds of the recording allow.
    #[cfg(feature = "frames")]
    Frames(capture::Taken),
    /// The server has not answered yet. The browser may be delaying the attempt because earlier
    /// ones failed, for at most this long.
    HeldBack(Duration),
    /// The session was lost, or did not open again. The driver tries again after a while. It has
    /// ended every pending operation before.
    Lost {
        /// Why it was lost.
        error: LinkError<R>,
        /// How many operations ended with it.
        unfinished: Unfinished,
        /// When the driver tries again.
        wait: Wait,
    },
    /// The session has ended, and every pending operation before it. `None` when the program closed
    /// it.
    Closed(Option<LinkError<R>>),
}

/// Counts the operations that were pending when a session was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unfinished {
    /// Puts and deletes, answers included.
    pub puts: usize,
    /// Gets, including those for tokens.
    pub gets: usize,
    /// Fences that the router had not answered.
    pub fences: usize,
}

impl Unfinished {
    /// Returns the operations of all kinds together.
    #[must_use]
    pub fn all(&self) -> usize {
        self.puts + self.gets + self.fences
    }
}

/// Holds the facts about a put that succeeded. Its last byte has left the browser's buffer, or the
/// router has answered for it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Sent {
    /// WebSocket messages that carried the put.
    pub batches: usize,
    /// Bytes that gathering copied.
    pub ledger: Ledger,
    /// Time spent gathering the payload into batches.
    pub gather: Duration,
    /// Time spent inside `WebSocket.send`.
    pub send: Duration,
    /// Time from the command to the end. If the program stood still within it, the put may have
    /// ended earlier.
    pub took: Took,
    /// The batches of the put by reference, if it [asked](crate::client::Put::traced) for that.
    pub trace: Vec<capture::Traced>,
    /// Whether the router's answer ended the put. A browser may not show when bytes leave it, and a
    /// router behind a port says what it has taken.
    pub answered: bool,
}
