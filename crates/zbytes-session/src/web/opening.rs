//! Opening a WebSocket: how long to wait, and the meaning of a failure.
//!
//! A browser hides from a page why a WebSocket failed. So the driver may ask the program's [`Host`]
//! first, and then tries a WebSocket only when that makes sense. Some engines, such as Firefox's,
//! delay WebSockets after failures. They have no failure to count then.

use std::{rc::Rc, time::Duration};

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::{
    clock,
    command::{LinkError, Told},
    driver::{handle_link, lose},
    host::Host,
    link::{Link, LinkEvent},
    socket::Socket,
    state::Shared,
};
use crate::link::PORT;

/// How long a server may take to accept a WebSocket. A browser waits for minutes when no server
/// answers.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a WebSocket, for the first time or again.
pub(super) fn connect<H: Host>(inner: &Shared<H>) {
    let (url, attempt, host) = {
        let mut me = inner.borrow_mut();
        let now = me.wake();
        (me.begun, me.opened) = (now, now);
        (me.url.clone(), me.attempt, me.host.clone())
    };
    give_up_later(inner);
    if !host.asks_about(&url) {
        return open(inner, &url);
    }
    let weak = Rc::downgrade(inner);
    spawn_local(async move {
        let reason = host.before(&url).await;
        // Another event, such as a close, may have ended this attempt meanwhile.
        let Some(inner) = weak.upgrade().filter(|inner| inner.borrow().attempt == attempt) else { return };
        match reason {
            Some(reason) => lose(&inner, Some(LinkError::Host(reason))),
            None => open(&inner, &url),
        }
    });
}

/// Ends the attempt when the server does not answer.
fn give_up_later<H: Host>(inner: &Shared<H>) {
    let timer = patience(inner, OPEN_TIMEOUT, OPEN_TIMEOUT, |inner| {
        let (hold, tell) = {
            let me = inner.borrow();
            // An engine holds back WebSockets only.
            (me.engine.longest_hold().filter(|_| !me.is_over_a_port()), me.tell.clone())
        };
        let Some(hold) = hold else { return lose(inner, Some(LinkError::NoAnswer { within: OPEN_TIMEOUT })) };
        // Ending it now would be one more failure for the engine to count.
        let timer = patience(inner, OPEN_TIMEOUT + hold, hold, move |inner| {
            lose(inner, Some(LinkError::NoAnswer { within: OPEN_TIMEOUT + hold }));
        });
        inner.borrow_mut().timer = Some(timer);
        tell(Told::HeldBack(hold));
    });
    inner.borrow_mut().timer = Some(timer);
}

/// Calls `over` when the attempt is `after` old. It looks at the clocks after `left`, the rest of
/// that time. If the page stood still, it waits longer by as much, because the answer may wait in
/// the browser.
fn patience<H: Host>(
    inner: &Shared<H>,
    after: Duration,
    left: Duration,
    over: impl FnOnce(&Shared<H>) + 'static,
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

/// Opens the link itself, without asking the host.
fn open<H: Host>(inner: &Shared<H>, url: &str) {
    let weak = Rc::downgrade(inner);
    let on_event = move |event: LinkEvent| {
        if let Some(inner) = weak.upgrade() {
            handle_link(&inner, event);
        }
    };
    let opened = if url.starts_with(PORT) {
        let host = inner.borrow().host.clone();
        host.port(url).map(|port| Link::over(port, on_event))
    } else {
        Socket::open(url, on_event).map(Link::Socket)
    };
    let mut me = inner.borrow_mut();
    me.opened = clock::now();
    match opened {
        Ok(socket) => me.socket = Some(socket),
        Err(reason) => {
            let weak = Rc::downgrade(inner);
            // Reported in a later turn, like every other event, so that the caller has the driver
            // by then.
            me.timer = Some(Timeout::new(0, move || {
                if let Some(inner) = weak.upgrade() {
                    lose(&inner, Some(LinkError::Browser { reason }));
                }
            }));
        }
    }
}

/// Handles a WebSocket that ended before it was open. Asks the host for the reason first, and then
/// reports the failure.
pub(super) fn failed<H: Host>(inner: &Shared<H>) {
    let (url, attempt, opened, host) = {
        let me = inner.borrow();
        (me.url.clone(), me.attempt, me.opened, me.host.clone())
    };
    let after = clock::now().saturating_sub(opened);
    if !host.asks_about(&url) {
        return lose(inner, Some(LinkError::NotOpened { after }));
    }
    let weak = Rc::downgrade(inner);
    spawn_local(async move {
        let reason = host.failed(&url, after).await;
        let Some(inner) = weak.upgrade().filter(|inner| inner.borrow().attempt == attempt) else { return };
        lose(&inner, Some(reason.map_or(LinkError::NotOpened { after }, LinkError::Host)));
    });
}
