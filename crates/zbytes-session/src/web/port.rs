//! A `MessagePort` as a link: both ends of it.
//!
//! | what is posted | what it says |
//! |---|---|
//! | an `ArrayBuffer` | a run of the stream of batches, as [`Framing::Stream`](crate::link::Framing) has it. It is transferred: the browser copies nothing |
//! | a number | the end that posts it has taken so many bytes more. The router begins with 0: it has the port |
//! | a text | the end that posts it has ended the link, and this is why. Nothing follows |
//!
//! A port has no `bufferedAmount`, and not in each engine an event for the end of the other side. So each
//! end says how much it has taken, and when it leaves. An end that leaves without a word is found by
//! the lease of the session.
//!
//! The copy of a run into its `ArrayBuffer` takes the place of the one inside `WebSocket.send`. It is not
//! in the ledger either.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort};

use super::{
    posted::{PortError, Posted},
    socket::message_of,
};

/// What the other end is told, unless there is more to say.
const LEFT: &str = "the other end has left";

/// An event of a port.
pub enum PortEvent {
    /// The other end has taken what was posted, or a part of it. The first one says that it has the
    /// port.
    Room,
    /// A run of batches, still in the browser's memory.
    Run(ArrayBuffer),
    /// The other end has ended the link, or posted what does not belong there: why. Always the last
    /// event.
    Ended(String),
}

/// An open port. Dropping it tells the other end that this one has left.
pub struct Port {
    port: MessagePort,
    posted: Rc<RefCell<Posted>>,
    /// Bytes that this end has taken, and not yet said so.
    unsaid: Cell<usize>,
    /// What the other end is told at the end.
    last: String,
    _listeners: [EventListener; 2],
}

impl Port {
    /// Begins to hear. It calls `on_event` for each event of the port, in later turns.
    pub fn new(port: MessagePort, on_event: impl Fn(PortEvent) + Clone + 'static) -> Self {
        let posted = Rc::new(RefCell::new(Posted::default()));
        let (account, over, unread) = (posted.clone(), Rc::new(Cell::new(false)), on_event.clone());
        let ended = over.clone();
        let listeners = [
            EventListener::new(&port, "message", move |event| {
                if over.get() {
                    return;
                }
                // Only message events have this name.
                let event = heard(event.unchecked_ref::<MessageEvent>().data(), &account);
                over.set(matches!(event, PortEvent::Ended(_)));
                on_event(event);
            }),
            EventListener::new(&port, "messageerror", move |_| {
                if !ended.replace(true) {
                    unread(PortEvent::Ended(PortError::Unread.to_string()));
                }
            }),
        ];
        port.start();
        Self { port, posted, unsaid: Cell::new(0), last: LEFT.to_owned(), _listeners: listeners }
    }

    /// Posts a run of batches, by transfer of a copy. The caller may overwrite `run` at once.
    ///
    /// # Errors
    /// The browser's reason, such as a lack of memory.
    #[allow(clippy::disallowed_methods, reason = "takes the place of the copy inside WebSocket.send")]
    pub fn send(&self, run: &[u8]) -> Result<(), String> {
        let array = Uint8Array::from(run).buffer();
        self.port.post_message_with_transferable(&array, &Array::of1(&array)).map_err(|error| message_of(&error))?;
        self.posted.borrow_mut().post(run.len());
        Ok(())
    }

    /// Bytes that were posted, and that the other end has not taken.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.posted.borrow().waiting()
    }

    /// This end has taken `len` bytes more of what came. It says so once there are `least` to tell of.
    pub fn took(&self, len: usize, least: usize) {
        let unsaid = self.unsaid.get() + len;
        let said = unsaid >= least && self.port.post_message(&JsValue::from_f64(unsaid as f64)).is_ok();
        self.unsaid.set(if said { 0 } else { unsaid });
    }

    /// Ends the link, and tells the other end why.
    pub fn end(mut self, why: String) {
        self.last = why;
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // A port whose other end is gone takes everything.
        let _ = self.port.post_message(&JsValue::from_str(&self.last));
        self.port.close();
    }
}

fn heard(data: JsValue, posted: &RefCell<Posted>) -> PortEvent {
    let ended = |error: PortError| PortEvent::Ended(error.to_string());
    if let Some(said) = data.as_f64() {
        return posted.borrow_mut().taken(said).map_or_else(ended, |()| PortEvent::Room);
    }
    if let Some(why) = data.as_string() {
        return PortEvent::Ended(why);
    }
    data.dyn_into().map_or_else(|_| ended(PortError::Kind), PortEvent::Run)
}
