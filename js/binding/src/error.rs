//! Errors as JavaScript gets them: a code that a program can compare, and words for a person.

use std::fmt::Display;

use wasm_bindgen::prelude::wasm_bindgen;
use zbytes::{
    payload::BuildError,
    segment::{Cause, SegmentError},
};
use zbytes_session::{
    client::{CloseCause, CommandError, GetError, KeyExprError, PutError, SchemaTooLong},
    web::command::{GetFailure, LinkError, PutFailure},
};

#[wasm_bindgen(raw_module = "./error.js")]
extern "C" {
    /// What went wrong. The module makes its error of it where the caller's own lines are on the
    /// stack: an error that was made here would show this program's.
    #[derive(Clone)]
    pub type Fault;

    #[wasm_bindgen(constructor)]
    fn new(code: &str, words: &str) -> Fault;

    #[wasm_bindgen(method, getter)]
    fn code(this: &Fault) -> String;

    /// What is wrong, without what can be done about it.
    #[wasm_bindgen(method, getter)]
    fn words(this: &Fault) -> String;
}

/// An error that has a code.
pub(crate) trait Coded: Display {
    fn code(&self) -> &'static str;
}

pub(crate) fn refused(error: impl Coded) -> Fault {
    Fault::new(error.code(), &error.to_string())
}

/// An error of the binding's own.
pub(crate) fn fault(code: &str, words: &str) -> Fault {
    Fault::new(code, words)
}

impl Coded for KeyExprError {
    fn code(&self) -> &'static str {
        "KEY_EXPR"
    }
}

impl Coded for SchemaTooLong {
    fn code(&self) -> &'static str {
        "ENCODING"
    }
}

impl Coded for SegmentError {
    fn code(&self) -> &'static str {
        match self {
            Self::SourceDetached | Self::Detached { .. } => "DETACHED",
            Self::Refused { cause, .. } => match cause {
                Cause::Shared => "SHARED",
                Cause::Resizable => "RESIZABLE",
                Cause::WasmMemory => "WASM_MEMORY",
                Cause::Partial { .. } => "PARTIAL",
                Cause::Immutable => "IMMUTABLE",
                Cause::Lent => "LENT",
                Cause::AlsoMoved { .. } | Cause::AlsoBorrowed { .. } => "TAKEN_TWICE",
                _ => "SEGMENT",
            },
            Self::NotABuffer { .. } => "NOT_BYTES",
            Self::NotLetGo { .. } => "NOT_LET_GO",
            Self::OutOfRange { .. } => "RANGE",
            Self::OutOfMemory { .. } => "OUT_OF_MEMORY",
            _ => "SEGMENT",
        }
    }
}

impl Coded for BuildError {
    fn code(&self) -> &'static str {
        match self {
            Self::Segment { error, .. } => error.code(),
            _ => "TOO_LONG",
        }
    }
}

impl Coded for CommandError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpen | Self::Lost | Self::NotLost => "NOT_OPEN",
            Self::KeyExpr(error) => error.code(),
            Self::TooLong { .. } => "TOO_LONG",
            Self::Source(error) => error.code(),
            Self::TooManyQueued { .. } => "QUEUE_FULL",
            Self::TooMany { .. } => "TOO_MANY",
            Self::UnknownQuery { .. } => "QUERY_OVER",
            Self::ReplyKey { .. } => "REPLY_KEY",
            _ => "REFUSED",
        }
    }
}

impl Coded for PutError {
    fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::Dropped { .. } => "DROPPED",
            _ => "CANCELLED",
        }
    }
}

impl Coded for GetError {
    fn code(&self) -> &'static str {
        match self {
            Self::Timeout => "TIMEOUT",
            Self::Cancelled => "CANCELLED",
            _ => "TOO_MUCH",
        }
    }
}

/// What a platform that is not a browser knows of a WebSocket that did not open.
pub(crate) type Reason = String;

/// The error of a source that is a payload alone: it is not a segment to be counted.
pub(crate) fn refused_alone(error: BuildError) -> Fault {
    match error {
        BuildError::Segment { error, .. } => refused(error),
        other => refused(other),
    }
}

/// Why a session has ended, or did not open. `to` is its address behind the word *to*, or nothing.
pub(crate) fn of_link(error: &LinkError<Reason>, to: &str) -> Fault {
    let (code, words) = match error {
        LinkError::Browser { reason } => ("LOCATOR", format!("no WebSocket can be opened to this address: {reason}")),
        LinkError::NoAnswer { within } => {
            ("NO_ANSWER", format!("the WebSocket{to} was not answered within {} s", within.as_secs()))
        }
        LinkError::Host(reason) => ("NOT_OPENED", format!("the WebSocket{to} did not open: {reason}")),
        LinkError::NotOpened { .. } => (
            "NOT_OPENED",
            format!(
                "the WebSocket{to} did not open: no router listens there, or it refused, and a browser does not say which"
            ),
        ),
        LinkError::Text => ("NOT_ZENOH", "the server sent a text message, which a zenoh router never does".to_owned()),
        LinkError::Handshake { code } => {
            ("NOT_ZENOH", format!("the server closed the WebSocket during zenoh's handshake (code {code})"))
        }
        LinkError::Ended { reason } => ("LOST", format!("the other end of the port has ended the link: {reason}")),
        LinkError::Closed { code, .. } => ("LOST", format!("the WebSocket has ended (code {code})")),
        LinkError::Session { cause, .. } => match cause {
            CloseCause::ByRouter { .. } => ("CLOSED_BY_ROUTER", cause.to_string()),
            _ => ("LOST", cause.to_string()),
        },
        _ => ("LOST", "the session has ended".to_owned()),
    };
    Fault::new(code, &words)
}

/// Why an operation ended with its session.
pub(crate) fn of_end(error: Option<&LinkError<Reason>>) -> Fault {
    match error {
        Some(error) => of_link(error, ""),
        None => fault("CLOSED", "the program closed the session"),
    }
}

pub(crate) fn of_put(failure: &PutFailure<Reason>) -> Fault {
    match failure {
        PutFailure::GivenUp(error, _) => Fault::new(error.code(), &error.to_string()),
        PutFailure::SessionEnded(error, how_far) => {
            let why = of_end(error.as_ref());
            let left = match (how_far.complete, how_far.handed) {
                (true, handed) if handed == how_far.total => "all of it had left, so the router may have it",
                (true, _) => "a part of it may not have left",
                (false, _) => "not all of it had left",
            };
            Fault::new(&why.code(), &format!("{}; of this put: {left}", why.words()))
        }
        _ => fault("REFUSED", "the put was given up"),
    }
}

pub(crate) fn of_get(failure: &GetFailure<Reason>) -> Fault {
    match failure {
        GetFailure::Ended { error, .. } => Fault::new(error.code(), &error.to_string()),
        GetFailure::SessionEnded(error) => of_end(error.as_ref()),
        _ => fault("REFUSED", "the get was given up"),
    }
}
