//! One WebSocket, without any zenoh.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::link::LinkEvent;

/// A browser's close code for a WebSocket that ended without a close frame.
pub(super) const ABNORMAL: u16 = 1006;

/// How long after an error event the `close` event may follow. Other engines deliver both in one
/// turn. WebKit delivers only the error for an address that it does not open.
const END_MILLIS: u32 = 250;

/// An open or opening WebSocket. Dropping it closes it, and it sends no event after that.
pub(super) struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 4],
}

impl Socket {
    /// Opens a WebSocket. It calls `on_event` for each of its events.
    ///
    /// # Errors
    /// The browser's reason for refusing to try, for example an insecure address from a page loaded
    /// by https.
    pub(super) fn open(url: &str, on_event: impl Fn(LinkEvent) + Clone + 'static) -> Result<Self, String> {
        let socket = WebSocket::new(url).map_err(|error| message_of(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (opened, received, failed, closed) = (on_event.clone(), on_event.clone(), on_event.clone(), on_event);
        // The `close` event drops this timer before it fires; so does the end of the socket.
        let end: Rc<RefCell<Option<Timeout>>> = Rc::default();
        let ended = end.clone();
        let listeners = [
            EventListener::new(&socket, "open", move |_| opened(LinkEvent::Opened)),
            EventListener::new(&socket, "message", move |event| {
                // Only message events have this name. There are very many, so the cast is
                // unchecked.
                let data = event.unchecked_ref::<MessageEvent>().data();
                received(match data.dyn_into::<ArrayBuffer>() {
                    Ok(buffer) => LinkEvent::Message(buffer),
                    Err(_) => LinkEvent::Text,
                });
            }),
            EventListener::new(&socket, "error", move |_| {
                let failed = failed.clone();
                let tell = Timeout::new(END_MILLIS, move || failed(LinkEvent::Closed { code: ABNORMAL }));
                *end.borrow_mut() = Some(tell);
            }),
            EventListener::new(&socket, "close", move |event| {
                ended.take();
                let code = event.dyn_ref::<CloseEvent>().map_or(ABNORMAL, CloseEvent::code);
                closed(LinkEvent::Closed { code });
            }),
        ];
        Ok(Self { socket, _listeners: listeners })
    }

    /// Sends a message. The browser copies `bytes` before this returns, so the caller may overwrite
    /// them at once.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), String> {
        self.socket.send_with_u8_array(bytes).map_err(|error| message_of(&error))
    }

    /// Bytes that the browser has taken and not yet sent.
    pub(super) fn buffered(&self) -> u64 {
        u64::from(self.socket.buffered_amount())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Only a code or a reason can cause an error, and this passes neither.
        let _ = self.socket.close();
    }
}

/// The `message` of a JavaScript error, or its debug text when it has none.
pub(super) fn message_of(error: &JsValue) -> String {
    Reflect::get(error, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}
