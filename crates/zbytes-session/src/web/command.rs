//! What a program and its session say to each other: commands out, [`Told`] back, paired by the id
//! that the program has chosen.
//!
//! Nothing else passes between them, so a session can be in the same thread or elsewhere. Every
//! command ends: with the message that is written beside it, with [`Told::Refused`], or, for those
//! that are under way when the session ends, with an error of their own before [`Told::Lost`] or
//! [`Told::Closed`].

use std::time::Duration;

use zenoh_keyexpr::OwnedKeyExpr;

use zbytes::ledger::Ledger;

use crate::client::{
    Answer, Arriving, CloseCause, CommandError, Counterpart, EntityId, Get, GetError, LinkStats, OpId, Put, PutError,
    Query, QueryId, Queryable, Reply, ReplyError, Sample, SessionInfo, Subscribe, SubscriberId, capture,
    pause::{Pause, Took},
    reconnect::Wait,
};

/// What a program asks of a session.
#[derive(Debug)]
pub enum Command {
    /// Publishes, or deletes. Ends with [`Told::PutEnded`], after any number of [`Told::Progress`].
    Put(OpId, Put),
    /// Asks. Ends with [`Told::GetEnded`], after any number of [`Told::Reply`].
    Get(OpId, Get),
    /// Asks which tokens are alive. Ends as a get.
    GetAlive(OpId, OwnedKeyExpr),
    /// Asks for a fence. Ends with [`Told::Flushed`].
    Flush(OpId),
    /// Answers a query, and says that there are no more answers. Ends with [`Told::PutEnded`].
    Answer {
        /// Names the answer.
        op: OpId,
        /// What is answered.
        query: QueryId,
        /// Whether the query came from this same session.
        local: bool,
        /// The answer, or the error that is one.
        result: Result<Answer, ReplyError>,
    },
    /// Gives up a put, an answer or a get. It ends as always: with the error that says so, or, when
    /// all of it has left, by itself.
    Cancel(OpId),
    /// Declares. Ends with [`Told::Declared`]; what comes of it is told until it is undeclared or
    /// the session is closed.
    Declare(EntityId, Declare),
    /// Undeclares. Refused only when the session or what is declared is gone, and then there is
    /// nothing to be told.
    Undeclare(EntityId),
    /// Asks what went over the link; ends with [`Told::Stats`].
    Stats,
    /// Begins to record batches, of this session and of those that follow over the same driver, or
    /// ends that. See [`capture`].
    Capture(Option<capture::Bounds>),
    /// Asks for the recorded batches after that number, or for all of them; ends with
    /// [`Told::Frames`].
    Frames(Option<u64>),
    /// Closes the session in order, or gives up opening it again. Ends with [`Told::Closed`].
    Close,
}

/// What can be declared.
#[derive(Debug)]
pub enum Declare {
    /// Brings [`Told::Sample`] and [`Told::Missed`].
    Subscriber(Subscribe),
    /// Brings [`Told::Query`].
    Queryable(Queryable),
    /// Shows others that a key is alive.
    Token(OwnedKeyExpr),
    /// Brings [`Told::Sample`] for every token that is there, that comes, and that goes.
    Alive(OwnedKeyExpr),
    /// Brings [`Told::Matching`].
    Watch(OwnedKeyExpr, Counterpart),
}

/// Why there is no session, or none any more. `R` is what the program's own [`Host`](super::Host)
/// may say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError<R> {
    /// The host has found out that a WebSocket need not be tried, or why one has failed.
    Host(R),
    /// The browser refused to try, as for an insecure address from a page that came by https.
    Browser {
        /// What it said.
        reason: String,
    },
    /// Nothing has answered.
    NoAnswer {
        /// For so long.
        within: Duration,
    },
    /// The WebSocket ended before it was open. A browser does not tell a page why.
    NotOpened {
        /// After so long.
        after: Duration,
    },
    /// The server sent a text, which zenoh never does.
    Text,
    /// The WebSocket was closed during the handshake.
    Handshake {
        /// The WebSocket's code.
        code: u16,
    },
    /// The WebSocket of an open session has ended.
    Closed {
        /// The WebSocket's code.
        code: u16,
        /// How long the program stood still since the session was last known to live.
        paused: Pause,
    },
    /// The client has ended the session, or the router has.
    Session {
        /// Why.
        cause: CloseCause,
        /// How long the program stood still since the session was last known to live.
        paused: Pause,
    },
}

/// How far a put had come that has ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HowFar {
    /// Payload bytes that had left the browser.
    pub handed: usize,
    /// Bytes of the payload.
    pub total: usize,
    /// Whether the whole message was given to the WebSocket, so that the router may have it.
    pub complete: bool,
}

/// Why a put, a delete or an answer has ended without success.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutFailure<R> {
    /// The client gave it up. The session goes on.
    GivenUp(PutError, HowFar),
    /// Its session has ended; `None` when the program has closed it.
    SessionEnded(Option<LinkError<R>>, HowFar),
}

/// Why a get has ended without success. The answers until then hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetFailure<R> {
    /// The client or the router ended it.
    Ended {
        /// Why.
        error: GetError,
        /// How long the program stood still meanwhile.
        pause: Pause,
    },
    /// Its session has ended; `None` when the program has closed it.
    SessionEnded(Option<LinkError<R>>),
}

/// What a session tells. `R` is what the program's own [`Host`](super::Host) may say.
#[derive(Debug)]
#[non_exhaustive]
pub enum Told<R> {
    /// It is open.
    Opened(SessionInfo),
    /// The operation was refused; nothing has happened.
    Refused(OpId, CommandError),
    /// It is declared, or was refused.
    Declared(EntityId, Result<(), CommandError>),
    /// A sample arrived.
    Sample(Sample),
    /// Numbered samples did not come.
    Missed(SubscriberId, u32),
    /// Payload bytes of a put that have left the browser's buffer.
    Progress(OpId, usize),
    /// A put was dropped, as it allowed, because too much waited. [`Told::PutEnded`] follows with
    /// the error.
    Dropped(OpId),
    /// A put, a delete or an answer has left the browser, or has failed.
    PutEnded(OpId, Result<Sent, PutFailure<R>>),
    /// A large message is arriving; told from time to time.
    Arriving(Arriving),
    /// One of which that was told has arrived as a whole, or never will.
    ArrivalEnded {
        /// Which one, as in [`Arriving::id`].
        id: u64,
        /// Whether all of it is there.
        whole: bool,
    },
    /// A get has an answer.
    Reply(OpId, Reply),
    /// A get has ended; there are no more answers.
    GetEnded(OpId, Result<(), GetFailure<R>>),
    /// The fence was answered after so long, or its session has ended; `None` when the program has
    /// closed it.
    Flushed(OpId, Result<Took, Option<LinkError<R>>>),
    /// A queryable is asked.
    Query(Query),
    /// So many times a queryable would have been asked, and too many queries wait: each asker got
    /// an error that says so.
    QueriesRefused(u64),
    /// The program stood still, all in all so long since the session was last known to live. What
    /// is told next may have waited in the browser.
    StoodStill(Pause),
    /// What had waited in the browser has been told, and the session has outlived the pause.
    CaughtUp,
    /// Whether there is anybody at the other end of a watch.
    Matching(EntityId, bool),
    /// What went over the link.
    Stats(LinkStats),
    /// What was recorded.
    Frames(capture::Taken),
    /// Nothing has answered yet. The engine may be holding back the attempt, for so long at most,
    /// because earlier ones failed.
    HeldBack(Duration),
    /// The session was lost, or could not be opened again; it is tried again after a while.
    /// Everything that was under way has been told before.
    Lost {
        /// Why.
        error: LinkError<R>,
        /// What ended with it.
        unfinished: Unfinished,
        /// When it is tried again.
        wait: Wait,
    },
    /// Follows [`Told::Opened`] of a session that was lost: for so long it was not known to live,
    /// pauses of the program included.
    Resumed(Took),
    /// The session has ended; everything that was under way has been told before. `None` when the
    /// program has closed it.
    Closed(Option<LinkError<R>>),
}

/// How much was under way when a session was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Puts and deletes, answers included.
    pub puts: usize,
    /// Gets, those for tokens included.
    pub gets: usize,
    /// Fences.
    pub fences: usize,
}

/// Facts about a put whose last byte has left the browser's buffer, or has the router's answer.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// WebSocket messages that carried it.
    pub batches: usize,
    /// What gathering copied.
    pub ledger: Ledger,
    /// Time spent gathering.
    pub gather: Duration,
    /// Time spent inside `WebSocket.send`.
    pub send: Duration,
    /// From the command to the end. When the program stood still within, it may have ended earlier.
    pub took: Took,
    /// Whether the end is the router's answer, because this browser does not tell when bytes leave
    /// it.
    pub answered: bool,
}
