//! What an error of the session means, in words for the person: what was wrong, what was expected,
//! and what to do. Each text begins with a capital letter, and its last sentence has no full stop.

use crate::{
    app::{InWords, sentence},
    client::{CloseCause, CommandError, GetError, KeyExprError, PutError},
    number::{bytes, count, requested, thousands},
    outside::shown,
    wire::PROTOCOL_VERSION,
};

/// Why the session refused a command.
#[must_use]
pub fn refusal(error: &CommandError) -> String {
    match error {
        CommandError::NotOpen => "No session is open: connect to a router first".to_owned(),
        CommandError::Lost => {
            "The session was lost and is not open again yet. What is put meanwhile is not kept: put it \
             again once it is open"
                .to_owned()
        }
        CommandError::KeyExpr(KeyExprError { text, reason, .. }) => format!(
            "“{}” is not a key expression: {}. Expected chunks separated by single slashes, as in lab/tensor, or with \
             wildcards lab/* and lab/**",
            shown(text),
            shown(reason)
        ),
        CommandError::TooLong { encoded, limit } => format!(
            "The encoded message would have {}, with the timestamp that a router may add. A receiver takes at most {} \
             (2^30), and drops what is longer without an error. Make the payload at least {} shorter or send it in parts",
            bytes(*encoded),
            bytes(*limit),
            bytes(encoded.saturating_sub(*limit))
        ),
        CommandError::Source(error) => sentence(&error.in_words()),
        CommandError::TooManyQueued { .. } => format!("{}: wait until some have left", sentence(&error.to_string())),
        CommandError::UnknownQuery { query } => {
            format!("Query {query} is over: it was finished, the session that asked has gone, or our own was lost")
        }
        CommandError::CannotAbort { op } => format!(
            "Operation {op} cannot be cancelled any more. A part of it has left, and this router is too old to be told that \
             the rest will not come. It goes on to its end"
        ),
        CommandError::ReplyKey { asked, key_expr } => format!(
            "The reply is under {}, which the query for {} did not ask for. Only a query with the parameter _anyke takes \
             others",
            shown(key_expr),
            shown(asked)
        ),
        _ => sentence(&error.to_string()),
    }
}

/// Why a get was given up.
#[must_use]
pub fn get_cause(error: &GetError) -> String {
    match error {
        GetError::Timeout => "Not every queryable that was asked has answered in time".to_owned(),
        GetError::TooManyReplies { .. } => {
            format!("{}: ask for fewer, or without consolidation", sentence(&error.to_string()))
        }
        GetError::TooMuchHeld { limit } => format!(
            "With its replies the page would keep more than {} for others, which is the most that it keeps: ask for fewer, \
             or without consolidation",
            bytes(*limit)
        ),
        _ => sentence(&error.to_string()),
    }
}

/// Why a put was given up.
#[must_use]
pub fn put_cause(error: &PutError) -> String {
    match error {
        PutError::Source(error) => sentence(&error.in_words()),
        PutError::Dropped { queued, limit, dropped } => format!(
            "Dropped, as congestion control DROP allows: {} wait to be sent, and with this put it would be more than {}. \
             Drops in this session: {}. Wait, or put with congestion control BLOCK",
            requested(*queued),
            bytes(*limit),
            thousands(*dropped)
        ),
        PutError::Cancelled { sent, total } => {
            format!("Cancelled: {} of {} had left, and the router was told to forget them", count(*sent), bytes(*total))
        }
        _ => sentence(&error.to_string()),
    }
}

/// Why a session has ended.
#[must_use]
pub fn close_cause(cause: &CloseCause) -> String {
    match cause {
        CloseCause::ByUs => "This page closed the session".to_owned(),
        CloseCause::ByRouter { opening, .. } => {
            let did = if *opening { "refused the session" } else { "closed the session" };
            let version = if cause.may_be_of_another_version() {
                format!(
                    ". A router of another protocol version answers so: this page speaks version {PROTOCOL_VERSION}, that of \
                     zenoh 1.x"
                )
            } else {
                String::new()
            };
            format!("The router {did}; its reason: {}{version}", cause.reason().unwrap_or("none"))
        }
        CloseCause::NoAnswer { after, answered } => format!(
            "The server took the connection but did not answer the {} zenoh message within {} s: it is not a zenoh router",
            if *answered { "second" } else { "first" },
            after.as_secs()
        ),
        CloseCause::Malformed(error) => format!(
            "The server sent bytes that this page cannot read as zenoh, protocol version {PROTOCOL_VERSION}: {error}"
        ),
        CloseCause::OutOfTurn { opening: true } => {
            "The server answered the handshake with another message: it is not a zenoh router".to_owned()
        }
        CloseCause::OutOfTurn { opening: false } => {
            "The router sent a message that has no place in an open session".to_owned()
        }
        CloseCause::EmptyBatch => "The server sent an empty message, which is not zenoh".to_owned(),
        CloseCause::LongBatch { len, limit } => format!(
            "The server sent a message of {}, and one of zenoh may have at most {} here. It is not a zenoh router, or a \
             defective one",
            bytes(*len),
            bytes(*limit)
        ),
        CloseCause::LongRun { len, limit } => format!(
            "The server sent a message of {}, and this page takes at most {} at once. It is not the lab's endpoint, or a \
             defective one",
            bytes(*len),
            bytes(*limit)
        ),
        CloseCause::TooMuchHeld { limit } => format!(
            "The page would have had to keep more than {} of messages in fragments, replies, queries and declarations",
            bytes(*limit)
        ),
        CloseCause::HalfSent => {
            "A put was given up halfway, and this router is too old to be told so. It would take the \
             next message for the rest of it"
                .to_owned()
        }
        _ => sentence(&cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{client::KeyExpr, payload::BuildError, segment::SegmentError};

    #[test]
    fn refusals_say_what_to_do() {
        let key = |text: &str| KeyExpr::new(text).unwrap();
        for (error, words) in [
            (
                CommandError::from(KeyExpr::new("a//b").unwrap_err()),
                "chunks separated by single slashes, as in lab/tensor",
            ),
            (CommandError::TooLong { encoded: (1 << 30) + 7, limit: 1 << 30 }, "Make the payload at least 7 B shorter"),
            (CommandError::TooManyQueued { queued: 4096, limit: 4096 }, "4,096 messages wait to be sent, and at most"),
            (CommandError::CannotAbort { op: 3 }, "It goes on to its end"),
            (
                CommandError::ReplyKey { asked: key("a"), key_expr: key("b") },
                "is under b, which the query for a did not",
            ),
            (CommandError::Source(BuildError::TooLong { requested: 1 << 31 }), "Make it shorter"),
            (CommandError::UnknownId { id: 3 }, "Nothing is declared as number 3"),
        ] {
            let said = refusal(&error);
            assert!(said.contains(words), "{said}");
            assert!(said.starts_with(|first: char| !first.is_lowercase()) && !said.ends_with('.'), "{said}");
        }
    }

    #[test]
    fn ends_of_gets_and_puts_say_what_to_do() {
        let held = get_cause(&GetError::TooMuchHeld { limit: 1 << 20 });
        assert!(held.contains("1,048,576 B") && held.contains("without consolidation"), "{held}");
        assert!(get_cause(&GetError::TooManyReplies { limit: 4096 }).contains("4,096 keys: ask for fewer"));
        let source = BuildError::Segment { index: 2, error: SegmentError::Detached { expected: 9, found: 0 } };
        let gone = put_cause(&PutError::Source(source));
        assert!(gone.starts_with("Segment 2: the array behind") && gone.ends_with("or use copy or move"), "{gone}");
        let dropped = put_cause(&PutError::Dropped { queued: 1 << 26, limit: 1 << 26, dropped: 2 });
        assert!(dropped.contains("Drops in this session: 2. Wait, or put with"), "{dropped}");
    }

    #[test]
    fn a_refusal_as_invalid_alone_names_the_versions() {
        let said = |reason, opening| close_cause(&CloseCause::ByRouter { reason, opening });
        assert!(
            said(2, true)
                .contains("INVALID. A router of another protocol version answers so: this page speaks version 9")
        );
        for (reason, opening) in [(2, false), (5, true), (77, true)] {
            assert!(!said(reason, opening).contains("version"), "{}", said(reason, opening));
        }
        let silent = CloseCause::NoAnswer { after: Duration::from_secs(10), answered: true };
        assert!(close_cause(&silent).contains("did not answer the second zenoh message within 10 s"));
    }
}
