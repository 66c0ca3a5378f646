//! Opening a WebSocket: whom to ask before, how long to wait, and what it means when it fails.
//!
//! A browser tells a page nothing of why a WebSocket failed. Where the page's own server knows the router, the server is
//! asked for `lab.json` first, and a WebSocket is tried only when the router runs. So the words can say what is known, and
//! an engine that holds back WebSockets after failures, as Firefox does, has no failure to count.

use std::{cell::RefCell, rc::Rc, time::Duration};

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::{Inner, handle_socket, lose};
use crate::{
    app::{Problem, locator::OWN_ENDPOINT},
    web::{
        clock,
        command::Told,
        socket::Socket,
        surroundings::{self, Asked, Lab, LabRouter},
    },
};

/// How long a server may take to accept a WebSocket. A browser waits for minutes where nothing answers at all.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Statuses by which a front says that it does not reach what is behind it.
const UNREACHED: [u16; 3] = [502, 503, 504];

/// Statuses of an endpoint that wants a WebSocket and is asked without one, or that is not there at all.
const NO_WEBSOCKET: [u16; 4] = [400, 404, 405, 426];

/// Opens a WebSocket, for the first time or again.
pub(super) fn connect(inner: &Rc<RefCell<Inner>>) {
    let (url, attempt) = {
        let mut me = inner.borrow_mut();
        let now = me.wake();
        (me.begun, me.opened) = (now, now);
        (me.url.clone(), me.attempt)
    };
    give_up_later(inner);
    if !surroundings::is_of_the_lab(&url) {
        return open(inner, &url);
    }
    let weak = Rc::downgrade(inner);
    spawn_local(async move {
        let asked = surroundings::ask_lab().await;
        // Something may have ended this attempt meanwhile.
        let Some(inner) = weak.upgrade().filter(|inner| inner.borrow().attempt == attempt) else { return };
        match problem_of_lab(&asked) {
            Some(problem) => lose(&inner, Some(problem)),
            None => open(&inner, &url),
        }
    });
}

/// Ends the attempt when nothing answers.
fn give_up_later(inner: &Rc<RefCell<Inner>>) {
    let timer = patience(inner, OPEN_TIMEOUT, OPEN_TIMEOUT, |inner| {
        let (hold, tell) = {
            let me = inner.borrow();
            (me.engine.longest_hold(), me.tell.clone())
        };
        let Some(hold) = hold else { return lose(inner, Some(unanswered(inner, OPEN_TIMEOUT))) };
        // To give up now would be one more failure for the engine to count.
        let timer = patience(inner, OPEN_TIMEOUT + hold, hold, move |inner| {
            lose(inner, Some(unanswered(inner, OPEN_TIMEOUT + hold)));
        });
        inner.borrow_mut().timer = Some(timer);
        tell(Told::HeldBack(hold));
    });
    inner.borrow_mut().timer = Some(timer);
}

/// Calls `over` when the attempt is `after` old, and looks at the clocks when `left` of that is over. A page that stood still waits longer by
/// as much: the answer may wait in the browser.
fn patience(
    inner: &Rc<RefCell<Inner>>,
    after: Duration,
    left: Duration,
    over: impl FnOnce(&Rc<RefCell<Inner>>) + 'static,
) -> Timeout {
    let weak = Rc::downgrade(inner);
    // A timer may be early by a fraction of a millisecond.
    Timeout::new(left.as_millis() as u32 + 1, move || {
        let Some(inner) = weak.upgrade() else { return };
        let left = {
            let mut me = inner.borrow_mut();
            let now = me.wake();
            after.saturating_sub(now.saturating_sub(me.begun))
        };
        if left.is_zero() {
            return over(&inner);
        }
        let again = patience(&inner, after, left, over);
        inner.borrow_mut().timer = Some(again);
    })
}

fn unanswered(inner: &Rc<RefCell<Inner>>, within: Duration) -> Problem {
    let url = inner.borrow().url.clone();
    let title = format!("No connection to {url}.");
    let within = within.as_secs();
    if surroundings::is_of_the_lab(&url) {
        return Problem::new(
            title,
            format!(
                "Nothing answered within {within} s, although this address is that of the lab which serves this page. Look \
                 at what the lab prints in its terminal, or start it again."
            ),
        );
    }
    Problem::new(title, format!("Nothing answered within {within} s. Check host and port."))
}

/// Opens the WebSocket itself.
fn open(inner: &Rc<RefCell<Inner>>, url: &str) {
    let weak = Rc::downgrade(inner);
    let opened = Socket::open(url, move |event| {
        if let Some(inner) = weak.upgrade() {
            handle_socket(&inner, event);
        }
    });
    let mut me = inner.borrow_mut();
    me.opened = clock::now();
    match opened {
        Ok(socket) => me.socket = Some(socket),
        Err(reason) => {
            let problem =
                Problem::new("The browser refused to connect.", format!("It said: {reason}. The address was {url}."));
            let weak = Rc::downgrade(inner);
            // Told later, as everything is, so that the caller has the driver by then.
            me.timer = Some(Timeout::new(0, move || {
                if let Some(inner) = weak.upgrade() {
                    lose(&inner, Some(problem));
                }
            }));
        }
    }
}

/// Why a WebSocket to the lab's router need not be tried.
fn problem_of_lab(asked: &Asked) -> Option<Problem> {
    match asked {
        Asked::Lab(Lab { router: Some(_) }) => None,
        Asked::Lab(Lab { router: None }) => Some(Problem::new(
            "The lab's router is stopped.",
            "The lab answers (lab.json), and says that its router does not run. Start the lab again with scripts/serve.",
        )),
        Asked::Silent => Some(Problem::new(
            "The lab does not answer.",
            format!(
                "Neither lab.json nor anything else comes from {}, the address of this page. Start the lab again with \
                 scripts/serve, or check the network.",
                surroundings::origin()
            ),
        )),
        Asked::Other(status) if UNREACHED.contains(status) => Some(Problem::new(
            "The lab does not answer.",
            format!(
                "The server of this page answered lab.json with status {status}: it does not reach the lab behind it. Start \
                 the lab with scripts/serve --router-only."
            ),
        )),
        // A server that is not a lab may have a router all the same.
        Asked::Other(_) => None,
    }
}

/// The WebSocket has ended before it was open: says so, once it is known what can be known.
pub(super) fn failed(inner: &Rc<RefCell<Inner>>) {
    let (url, attempt, opened) = {
        let me = inner.borrow();
        (me.url.clone(), me.attempt, me.opened)
    };
    let millis = clock::now().saturating_sub(opened).as_millis();
    if !surroundings::is_of_the_lab(&url) {
        return lose(inner, Some(refused(&url, millis)));
    }
    let weak = Rc::downgrade(inner);
    spawn_local(async move {
        let asked = surroundings::ask_lab().await;
        let plain = surroundings::fetch(&format!("{}{OWN_ENDPOINT}", surroundings::origin())).await;
        let Some(inner) = weak.upgrade().filter(|inner| inner.borrow().attempt == attempt) else { return };
        let problem = problem_of_lab(&asked).unwrap_or_else(|| refused_by_the_lab(&url, millis, &asked, plain));
        lose(&inner, Some(problem));
    });
}

/// What is known of a server of which nothing else is known.
fn refused(url: &str, millis: u128) -> Problem {
    let secure = surroundings::origin().starts_with("https:") && url.starts_with("ws:");
    let hint = if secure { " A page that came by https may open wss/HOST:PORT only." } else { "" };
    Problem::new(
        format!("No connection to {url}."),
        format!(
            "The WebSocket failed after {millis} ms, and a browser does not tell a page why. Perhaps nothing listens there, \
             it is not a WebSocket server, it does not allow this page, or the browser does not open this address.{hint} Start a router with \
             scripts/serve --router-only, or check host and port."
        ),
    )
}

/// What is known of a lab that is there. `plain` is what its endpoint answers without a WebSocket.
fn refused_by_the_lab(url: &str, millis: u128, asked: &Asked, plain: Option<(u16, String)>) -> Problem {
    let there = match asked {
        Asked::Lab(_) => "The lab is there, and says that its router runs (lab.json).",
        _ => "The server of this page is there; it has no lab.json, so it is not a lab.",
    };
    let said = match plain.filter(|(status, _)| !NO_WEBSOCKET.contains(status)) {
        Some((status, text)) => {
            let text: String = text.trim().chars().take(200).collect();
            format!(" Asked without a WebSocket, {OWN_ENDPOINT} says {status}: {text}.")
        }
        None => String::new(),
    };
    let other = match asked {
        Asked::Lab(Lab { router: Some(LabRouter { ws, .. }) }) => format!(
            " Open the page at an address that the lab printed at its start. On the lab's machine {ws} is the same router."
        ),
        _ => String::new(),
    };
    Problem::new(
        format!("No connection to {url}."),
        format!(
            "{there} The WebSocket was refused after {millis} ms; a browser does not tell a page why.{said}{other}"
        ),
    )
}
