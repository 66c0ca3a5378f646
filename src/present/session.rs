//! Explains why a session could not open or has ended, and what ended with it.

use std::time::Duration;

use zbytes_session::{
    link::PORT,
    web::command::{GetFailure, HowFar, LinkError, PutFailure},
};

use super::cause::{close_cause, get_cause, put_cause};
use crate::{
    app::{
        Problem,
        locator::{HUB, OWN_ENDPOINT},
        pause, sentence,
    },
    client::{CloseCause, GetError, PutError, pause::Pause},
    number::{bytes, count},
};

/// Describes the place of a session, as this page sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The address of the link, as in `ws://127.0.0.1:7446/`, or in `port:hub`.
    pub url: String,
    /// The origin of the page, as in `http://127.0.0.1:8080`.
    pub origin: String,
    /// Whether the router belongs to the lab that serves the page, as far as the page knows.
    pub of_the_lab: bool,
}

/// Holds the answer of the page's server about its router in `lab.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<'a> {
    /// The server is a lab. The locator is that of its router; `None` when the router is stopped.
    Lab(Option<&'a str>),
    /// The server is a folder of files, without a lab.
    Files,
    /// The server answers with this status. It is not a lab, or does not reach one.
    Other(u16),
    /// The server does not answer.
    Silent,
}

/// Statuses by which a proxy reports that it does not reach the server behind it.
const UNREACHED: [u16; 3] = [502, 503, 504];

/// Statuses of an endpoint that wants a WebSocket and gets a plain request, or that does not exist.
const NO_WEBSOCKET: [u16; 4] = [400, 404, 405, 426];

impl Asked<'_> {
    /// Returns the reason when the page need not try a WebSocket to the lab's router.
    #[must_use]
    pub fn problem(&self, origin: &str) -> Option<Problem> {
        match *self {
            Self::Lab(Some(_)) => None,
            Self::Lab(None) => Some(Problem::new(
                "The lab's router is stopped.",
                "The lab answers (lab.json), and says that its router does not run. Start the lab again with scripts/serve.",
            )),
            Self::Files => Some(Problem::new(
                "This address has no lab.",
                format!(
                    "The server at {origin} has the files of this page and no router. Type where a router listens, as in \
                     ws/127.0.0.1:7446, or start a lab with scripts/serve and open its page."
                ),
            )),
            Self::Silent => Some(Problem::new(
                "The lab does not answer.",
                format!(
                    "Neither lab.json nor anything else comes from {origin}, the address of this page. Start the lab again \
                     with scripts/serve, or check the network. Without a lab, the locator {HUB} is a router inside this \
                     browser."
                ),
            )),
            Self::Other(status) if UNREACHED.contains(&status) => Some(Problem::new(
                "The lab does not answer.",
                format!(
                    "The server of this page answered lab.json with status {status}: it does not reach the lab behind it. \
                     Start the lab with scripts/serve --router-only."
                ),
            )),
            // A server that is not a lab may have a router nevertheless.
            Self::Other(_) => None,
        }
    }
}

/// Says that a lab for a class refuses a page without its code.
#[must_use]
pub fn code_wanted() -> Problem {
    Problem::new(
        "This lab wants the code of its class.",
        "The teacher's page shows it under “Take away”, and the lab in its terminal. Type it into the field “code”, then connect.",
    )
}

impl Place {
    /// Explains a failed WebSocket to a lab that answers. `plain` is the answer of its endpoint
    /// without a WebSocket.
    #[must_use]
    pub fn refused_by_the_lab(&self, after: Duration, asked: &Asked<'_>, plain: Option<(u16, &str)>) -> Problem {
        // Its own words say what is wrong with the code of the class, and what to do.
        if let (Asked::Lab(_), Some((status @ (401 | 429), text))) = (asked, plain) {
            let text: String = text.trim().chars().take(200).collect();
            let title =
                if status == 429 { "The lab waits after wrong codes." } else { "The lab did not take the code." };
            return Problem::new(title, text);
        }
        let there = match asked {
            Asked::Lab(_) => "The lab is there, and says that its router runs (lab.json).",
            _ => {
                "The server of this page is there; it has no lab.json, so it is not a lab. The locator hub is a router \
                 inside this browser."
            }
        };
        let said = match plain.filter(|(status, _)| !NO_WEBSOCKET.contains(status)) {
            Some((status, text)) => {
                let text: String = text.trim().chars().take(200).collect();
                format!(" Asked without a WebSocket, {OWN_ENDPOINT} says {status}: {text}.")
            }
            None => String::new(),
        };
        let other = match asked {
            Asked::Lab(Some(ws)) => format!(
                " Open the page at an address that the lab printed at its start. On the lab's machine {ws} is the same \
                 router."
            ),
            _ => String::new(),
        };
        let millis = after.as_millis();
        Problem::new(
            self.no_connection(),
            format!(
                "{there} The WebSocket was refused after {millis} ms; a browser does not tell a page why.{said}{other}"
            ),
        )
    }

    fn no_connection(&self) -> String {
        format!("No connection to {}.", if self.is_hub() { HUB } else { &self.url })
    }

    /// Whether the router is the one inside this browser.
    fn is_hub(&self) -> bool {
        self.url.starts_with(PORT)
    }

    /// Explains why the page has no session, or why the session ended.
    #[must_use]
    pub fn link_problem(&self, error: &LinkError<Problem>) -> Problem {
        let url = &self.url;
        match error {
            LinkError::Host(problem) => problem.clone(),
            LinkError::Browser { reason } if self.is_hub() => Problem::new(
                "The router inside this browser could not be reached.",
                format!("The browser said: {reason}. Load the page again."),
            ),
            LinkError::Browser { reason } => {
                Problem::new("The browser refused to connect.", format!("It said: {reason}. The address was {url}."))
            }
            LinkError::NoAnswer { within } => {
                let within = within.as_secs();
                let detail = if self.is_hub() {
                    format!(
                        "The router inside this browser did not answer within {within} s. It may still be loading: connect \
                         again, or load the page again."
                    )
                } else if self.of_the_lab {
                    format!(
                        "Nothing answered within {within} s, although this address is that of the lab which serves this \
                         page. Look at what the lab prints in its terminal, or start it again."
                    )
                } else {
                    format!("Nothing answered within {within} s. Check host and port.")
                };
                Problem::new(self.no_connection(), detail)
            }
            LinkError::NotOpened { after } => {
                let secure = self.origin.starts_with("https:") && url.starts_with("ws:");
                let hint = if secure { " A page that came by https may open wss/HOST:PORT only." } else { "" };
                let millis = after.as_millis();
                Problem::new(
                    self.no_connection(),
                    format!(
                        "The WebSocket failed after {millis} ms, and a browser does not tell a page why. Perhaps nothing \
                         listens there, it is not a WebSocket server, or it does not allow this page. Or the browser does not \
                         open this address.{hint} Start a router with scripts/serve --router-only, or check host and port. \
                         Or use the locator {HUB}, a router inside this browser."
                    ),
                )
            }
            LinkError::Ended { reason } => Problem::new(
                "The router inside this browser has ended the link.",
                format!("It said: {}. Connect again: that starts another one where none runs.", sentence(reason)),
            ),
            LinkError::Text => Problem::new(
                "The server is not a zenoh router.",
                "It sent a text message; zenoh's messages are binary. Check the port: a router's ws endpoint is meant, as \
                 in ws/127.0.0.1:7446.",
            ),
            LinkError::Handshake { code } => Problem::new(
                "The server is not a zenoh router, or it refused the session.",
                format!("It closed the connection during the handshake (WebSocket code {code})."),
            ),
            LinkError::Closed { code, paused } => match pause::words(*paused) {
                None => Problem::new(
                    "The router closed the link.",
                    format!(
                        "The connection to {url} has ended (WebSocket code {code}): the router was stopped, or the network \
                         was cut."
                    ),
                ),
                Some(words) => Problem::new(
                    if paused.still.is_zero() {
                        "The link ended, probably while the computer slept."
                    } else {
                        "The link ended while this page stood still."
                    },
                    format!(
                        "{words} The connection to {url} has ended (WebSocket code {code}). A router ends a link from which \
                         it hears nothing for a while, or which takes nothing."
                    ),
                ),
            },
            LinkError::Session { cause, paused } => {
                let words = pause::words(*paused).map(|words| format!("{words} ")).unwrap_or_default();
                Problem::new(title_of(cause), format!("{words}{}.", close_cause(cause)))
            }
            _ => Problem::new("The session has ended.", format!("{error:?}")),
        }
    }

    /// The reason in one sentence why a session has ended.
    fn cause(&self, error: Option<&LinkError<Problem>>) -> String {
        error.map_or_else(|| "The session was closed.".to_owned(), |error| self.link_problem(error).title)
    }

    /// Explains why a put, a delete or an answer has failed, and what happened to its payload.
    #[must_use]
    pub fn put_problem(&self, failure: &PutFailure<Problem>) -> Problem {
        match failure {
            PutFailure::GivenUp(PutError::Cancelled { sent, total }, _) => Problem::new(
                "The put was cancelled.",
                format!(
                    "{} of {} had left the page. The router forgets them, so no other program has the sample. The payload \
                     is unharmed: put it again.",
                    count(*sent),
                    bytes(*total)
                ),
            ),
            PutFailure::GivenUp(error, how_far) => {
                lost(*how_far, "The put was given up.", &format!("{}.", put_cause(error)))
            }
            PutFailure::SessionEnded(error, how_far) => lost(*how_far, "The put failed.", &self.cause(error.as_ref())),
            _ => Problem::new("The put failed.", format!("{failure:?}")),
        }
    }

    /// Explains why a get has ended before all queryables had answered.
    #[must_use]
    pub fn get_problem(&self, failure: &GetFailure<Problem>) -> Problem {
        match failure {
            GetFailure::Ended { error, pause } => get_problem(error, *pause),
            GetFailure::SessionEnded(error) => unanswered("The get was cut off.", &self.cause(error.as_ref())),
            _ => Problem::new("The get has ended.", format!("{failure:?}")),
        }
    }

    /// Explains why a fence has no answer.
    #[must_use]
    pub fn fence_problem(&self, error: Option<&LinkError<Problem>>) -> Problem {
        unanswered("The fence was cut off.", &self.cause(error))
    }
}

fn title_of(cause: &CloseCause) -> &'static str {
    match cause {
        CloseCause::ByRouter { opening: true, .. } => "The router refused the session.",
        CloseCause::ByRouter { .. } => "The router closed the session.",
        CloseCause::NoAnswer { .. } | CloseCause::OutOfTurn { opening: true } => "No zenoh router answers there.",
        CloseCause::Silent { .. } => "The router went silent.",
        _ => "The session was ended: the router broke the protocol.",
    }
}

fn get_problem(error: &GetError, pause: Pause) -> Problem {
    let title = match error {
        GetError::Timeout => "The get ran into its timeout.",
        GetError::Cancelled => "The get was cancelled.",
        _ => "The get was given up.",
    };
    let words = pause::words(pause).map(|words| format!(" {words}")).unwrap_or_default();
    Problem::new(title, format!("{}. What had come until then is listed.{words}", get_cause(error)))
}

/// The problem of an operation that ended with its session before all answers.
fn unanswered(title: &str, cause: &str) -> Problem {
    Problem::new(format!("{title} {cause}"), "What had come until then holds; ask again once the session is open.")
}

fn lost(how_far: HowFar, title: &str, cause: &str) -> Problem {
    let HowFar { handed, total, complete } = how_far;
    let meaning = if complete {
        "Whether the router got the end of the message is not known"
    } else {
        "The router never got the whole message, so no other program has the sample"
    };
    Problem::new(
        format!("{title} {cause}"),
        format!(
            "{} of {} of the payload were handed over to the network. {meaning}. The payload is unharmed: put it again.",
            count(handed),
            bytes(total)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::texts::{review, said};

    const MILLI: Duration = Duration::from_millis(1);

    fn place() -> Place {
        Place { url: "ws://h:1/".into(), origin: "http://p".into(), of_the_lab: false }
    }

    fn still(seconds: u64) -> Pause {
        Pause { still: Duration::from_secs(seconds), ahead: Duration::ZERO }
    }

    fn session(cause: CloseCause, paused: Pause) -> LinkError<Problem> {
        LinkError::Session { cause, paused }
    }

    #[test]
    fn each_end_of_a_link_has_a_cause_and_what_to_do() {
        let ahead = Pause { still: Duration::ZERO, ahead: Duration::from_secs(120) };
        let silent = CloseCause::NoAnswer { after: Duration::from_secs(10), answered: false };
        let by_router = |opening| CloseCause::ByRouter { reason: 2, opening };
        let link = [
            LinkError::Host(Problem::new("So.", "It is.")),
            LinkError::Browser { reason: "no".into() },
            LinkError::NoAnswer { within: 10_000 * MILLI },
            LinkError::NotOpened { after: 7 * MILLI },
            LinkError::Ended { reason: "the hub has 64 links, and takes no more".into() },
            LinkError::Text,
            LinkError::Handshake { code: 1006 },
            LinkError::Closed { code: 1006, paused: Pause::default() },
            LinkError::Closed { code: 1006, paused: still(40) },
            LinkError::Closed { code: 1006, paused: ahead },
            session(silent.clone(), Pause::default()),
            session(silent, still(40)),
            session(by_router(true), Pause::default()),
            session(by_router(false), Pause::default()),
            session(CloseCause::SequenceNumber { found: 0x80, largest: 0x7f }, Pause::default()),
        ];
        let mut text: String = link.iter().map(|error| said(&place().link_problem(error))).collect();
        let secure = Place { origin: "https://p".into(), ..place() };
        text += &said(&secure.link_problem(&LinkError::NotOpened { after: MILLI }));
        let hub = Place { url: "port:hub".into(), ..place() };
        for error in [LinkError::Browser { reason: "no".into() }, LinkError::NoAnswer { within: 10_000 * MILLI }] {
            text += &said(&hub.link_problem(&error));
        }
        let own = Place { of_the_lab: true, ..place() };
        text += &said(&own.link_problem(&LinkError::NoAnswer { within: 10_000 * MILLI }));
        review("session-ends", &text);
    }

    #[test]
    fn the_labs_answer_decides_whether_a_websocket_is_tried() {
        let runs = Asked::Lab(Some("ws/127.0.0.1:7446"));
        let mut text = String::new();
        for (asked, tried) in [
            (runs, true),
            (Asked::Other(404), true),
            (Asked::Lab(None), false),
            (Asked::Files, false),
            (Asked::Silent, false),
            (Asked::Other(502), false),
        ] {
            let problem = asked.problem("http://p");
            assert_eq!(problem.is_none(), tried, "{asked:?}");
            text.extend(problem.iter().map(said));
        }
        for (asked, plain) in [
            (runs, None),
            (runs, Some((426, "upgrade"))),
            (runs, Some((403, " not for you\n"))),
            (runs, Some((401, "K7 is not the code of this lab.\n"))),
            (runs, Some((429, "Too many wrong codes.\n"))),
            (Asked::Other(404), None),
        ] {
            text += &said(&place().refused_by_the_lab(7 * MILLI, &asked, plain));
        }
        text += &said(&code_wanted());
        review("session-lab", &text);
    }

    #[test]
    fn what_ended_without_success_says_how_far_it_had_come() {
        let how_far = |complete| HowFar { handed: 1_000, total: 2_000, complete };
        let closed = LinkError::Closed { code: 1006, paused: Pause::default() };
        let puts = [
            PutFailure::GivenUp(PutError::Cancelled { sent: 1_000, total: 2_000 }, how_far(false)),
            PutFailure::GivenUp(PutError::Dropped { queued: 5, limit: 4, dropped: 1 }, how_far(false)),
            PutFailure::SessionEnded(Some(closed.clone()), how_far(false)),
            PutFailure::SessionEnded(None, how_far(true)),
        ];
        let gets = [
            GetFailure::Ended { error: GetError::Timeout, pause: still(9) },
            GetFailure::Ended { error: GetError::Cancelled, pause: Pause::default() },
            GetFailure::SessionEnded(Some(closed.clone())),
        ];
        let mut text: String = puts.iter().map(|failure| said(&place().put_problem(failure))).collect();
        text.extend(gets.iter().map(|failure| said(&place().get_problem(failure))));
        text += &said(&place().fence_problem(Some(&closed)));
        review("session-unfinished", &text);
    }
}
