//! One WebSocket, and nothing but it.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// What a browser says of a WebSocket that ended without a goodbye.
pub(super) const ABNORMAL: u16 = 1006;

/// How long after an error the end may be told. Both come in one turn, but for WebKit: of an
/// address that it does not open it tells the error alone.
const END_MILLIS: u32 = 250;

/// What a WebSocket reports.
pub(super) enum SocketEvent {
    Opened,
    /// A binary message, still where the browser put it.
    Batch(ArrayBuffer),
    /// A text message, which zenoh never sends.
    Text,
    /// It is closed, for whatever reason. Always the last event.
    Closed {
        code: u16,
    },
}

/// An open or opening WebSocket; closed, and silent, once dropped.
pub(super) struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 4],
}

impl Socket {
    /// Opens a WebSocket. `on_event` hears of everything that happens to it.
    ///
    /// # Errors
    /// The browser's reason for not even trying, as for an insecure address from a page that came
    /// by https.
    pub(super) fn open(url: &str, on_event: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self, String> {
        let socket = WebSocket::new(url).map_err(|error| message_of(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (opened, received, failed, closed) = (on_event.clone(), on_event.clone(), on_event.clone(), on_event);
        // Dropped by whatever ends the WebSocket, and then it does not go off.
        let end: Rc<RefCell<Option<Timeout>>> = Rc::default();
        let ended = end.clone();
        let listeners = [
            EventListener::new(&socket, "open", move |_| opened(SocketEvent::Opened)),
            EventListener::new(&socket, "message", move |event| {
                // Only such events have this name, and there are very many.
                let data = event.unchecked_ref::<MessageEvent>().data();
                received(match data.dyn_into::<ArrayBuffer>() {
                    Ok(buffer) => SocketEvent::Batch(buffer),
                    Err(_) => SocketEvent::Text,
                });
            }),
            EventListener::new(&socket, "error", move |_| {
                let failed = failed.clone();
                let tell = Timeout::new(END_MILLIS, move || failed(SocketEvent::Closed { code: ABNORMAL }));
                *end.borrow_mut() = Some(tell);
            }),
            EventListener::new(&socket, "close", move |event| {
                ended.take();
                let code = event.dyn_ref::<CloseEvent>().map_or(ABNORMAL, CloseEvent::code);
                closed(SocketEvent::Closed { code });
            }),
        ];
        Ok(Self { socket, _listeners: listeners })
    }

    /// Hands a message over. The browser copies it before this returns, so `bytes` may be
    /// overwritten at once.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), String> {
        self.socket.send_with_u8_array(bytes).map_err(|error| message_of(&error))
    }

    /// Bytes that were handed over and have not left the browser yet.
    pub(super) fn buffered(&self) -> u64 {
        u64::from(self.socket.buffered_amount())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The only errors are about a code or a reason, and none is given.
        let _ = self.socket.close();
    }
}

/// The `message` of a JavaScript error, or what there is instead.
pub(super) fn message_of(error: &JsValue) -> String {
    Reflect::get(error, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}
