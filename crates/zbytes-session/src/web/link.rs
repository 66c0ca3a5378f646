//! The link of a session: a WebSocket to a router, or a port to one in this browser.

use std::{cell::Cell, rc::Rc};

use js_sys::ArrayBuffer;
use web_sys::MessagePort;

use super::{
    port::{Port, PortEvent},
    socket::Socket,
};
use crate::link::RUN;

/// An event of a link.
pub(super) enum LinkEvent {
    Opened,
    /// A binary message, still in the browser's memory.
    Message(ArrayBuffer),
    /// The other end of a port has taken something of what was sent.
    Room,
    /// A WebSocket brought a text message, which zenoh never sends.
    Text,
    /// The WebSocket is closed, for any reason. Always the last event.
    Closed {
        code: u16,
    },
    /// The port is closed: why. Always the last event.
    Ended(String),
}

/// An open or opening link. Dropping it closes it, and it sends no event after that.
pub(super) enum Link {
    Socket(Socket),
    Port(Port),
}

impl Link {
    /// Opens a link over a port. It calls `on_event` for each of its events.
    pub(super) fn over(port: MessagePort, on_event: impl Fn(LinkEvent) + Clone + 'static) -> Self {
        let is_open = Rc::new(Cell::new(false));
        Self::Port(Port::new(port, move |event| {
            on_event(match event {
                PortEvent::Room if !is_open.replace(true) => LinkEvent::Opened,
                PortEvent::Room => LinkEvent::Room,
                PortEvent::Run(run) => LinkEvent::Message(run),
                PortEvent::Ended(why) => LinkEvent::Ended(why),
            });
        }))
    }

    /// Sends a message. The browser copies `bytes` before this returns, so the caller may overwrite
    /// them at once.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Self::Socket(socket) => socket.send(bytes),
            Self::Port(port) => port.send(bytes),
        }
    }

    /// Bytes that have not left the browser's buffer, or that the other end of a port has not taken.
    pub(super) fn buffered(&self) -> u64 {
        match self {
            Self::Socket(socket) => socket.buffered(),
            Self::Port(port) => port.waiting(),
        }
    }

    /// The client has taken a message of `len` bytes.
    pub(super) fn took(&self, len: usize) {
        if let Self::Port(port) = self {
            // Nothing at the other end waits for less.
            port.took(len, RUN);
        }
    }

    /// Whether [`LinkEvent::Room`] tells that there is room again.
    pub(super) fn tells_of_room(&self) -> bool {
        matches!(self, Self::Port(_))
    }
}
