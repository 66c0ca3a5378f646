//! Drives a hub: moves batches between its ports, and has time pass. It looks into no batch.

use std::{cell::RefCell, rc::Rc, time::Duration};

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::MessagePort;

use zbytes_hub::{Config, Event, Framing, Hub, LinkId};
use zbytes_session::{
    link::RUN,
    web::{Port, PortEvent, clock, random, random_id},
};

use crate::{client::pause::STILL, segment::Segment};

/// How many bytes may wait for a client to take them. What is more waits in the hub, where it can be
/// dropped.
const HIGH_WATER: u64 = 4 << 20;

/// One client.
struct Client {
    link: LinkId,
    port: Port,
    /// Bytes of it that the hub has, and that the client was not told of. It is told once the hub reads
    /// on: that holds it back.
    untold: usize,
    /// Whether the hub has something for it.
    ready: bool,
    /// Why its link has ended. What the hub still has for it is sent.
    over: Option<String>,
}

struct Inner {
    hub: Hub,
    /// There are few: each is found by a look at all.
    clients: Vec<Client>,
    buffer: Vec<u8>,
    /// When the hub wants to be called, and the timer for it.
    timer: Option<(Duration, Timeout)>,
}

/// A hub that is driven. Clones share it.
#[derive(Clone)]
pub(crate) struct Serving(Rc<RefCell<Inner>>);

impl Default for Serving {
    fn default() -> Self {
        let since_1970 = clock::since_1970().saturating_sub(clock::now());
        let hub = Hub::new(Config::new(random_id(), u64::from_le_bytes(random()), since_1970));
        Self(Rc::new(RefCell::new(Inner { hub, clients: Vec::new(), buffer: vec![0; RUN], timer: None })))
    }
}

impl Serving {
    /// Takes a client. `None` when the hub has as many as it may have; the client is told so.
    pub(crate) fn connect(&self, port: MessagePort) -> Option<LinkId> {
        let added = self.0.borrow_mut().hub.add_link(Framing::Stream, clock::now());
        let link = match added {
            Ok(link) => link,
            Err(error) => {
                Port::new(port, |_| ()).end(error.to_string());
                return None;
            }
        };
        let weak = Rc::downgrade(&self.0);
        let port = Port::new(port, move |event| {
            if let Some(inner) = weak.upgrade() {
                Self(inner).heard(link, event);
            }
        });
        // The client waits for this word.
        port.took(0, 0);
        self.0.borrow_mut().clients.push(Client { link, port, untold: 0, ready: false, over: None });
        self.pump();
        Some(link)
    }

    /// What the hub has done: payload bytes that it copied, messages that it passed on, those that it dropped, and its
    /// links.
    pub(crate) fn figures(&self) -> Array {
        let me = self.0.borrow();
        let stats = me.hub.stats();
        [me.hub.ledger().total(), stats.forwarded, stats.dropped, me.clients.len() as u64]
            .into_iter()
            .map(|figure| JsValue::from_f64(figure as f64))
            .collect()
    }

    /// The page of a client leaves.
    pub(crate) fn leave(&self, link: LinkId) {
        self.heard(link, PortEvent::Ended("the page has left".to_owned()));
    }

    fn heard(&self, link: LinkId, event: PortEvent) {
        {
            let mut guard = self.0.borrow_mut();
            let me = &mut *guard;
            match event {
                PortEvent::Room => {
                    if let Some(client) = me.client(link) {
                        client.ready = true;
                    }
                }
                PortEvent::Run(run) => {
                    if let Some(client) = me.client(link) {
                        client.untold += run.byte_length() as usize;
                    }
                    me.hub.handle_input(link, Segment::received(run), clock::now());
                }
                PortEvent::Ended(why) => me.remove(link, why),
            }
        }
        self.pump();
    }

    /// Sends what there is room for, tells clients what was taken, and sets the timer.
    fn pump(&self) {
        let mut guard = self.0.borrow_mut();
        let me = &mut *guard;
        me.look();
        while let Some(client) = me.clients.iter_mut().find(|client| client.ready) {
            client.ready = false;
            let link = client.link;
            me.transmit(link);
            me.look();
        }
        for client in &mut me.clients {
            if client.untold > 0 && me.hub.wants_input(client.link) {
                client.port.took(std::mem::take(&mut client.untold), 0);
            }
        }
        let Some(due) = me.hub.poll_timeout() else {
            me.timer = None;
            return;
        };
        // Each message moves the time a little. A timer that fires too early finds nothing due, and is
        // set again.
        if me.timer.as_ref().is_some_and(|(set, _)| *set <= due) {
            return;
        }
        let wait = due.saturating_sub(clock::now()).as_millis() as u32 + 1;
        let weak = Rc::downgrade(&self.0);
        let timer = Timeout::new(wait, move || {
            if let Some(inner) = weak.upgrade() {
                Self(inner).ring(due);
            }
        });
        me.timer = Some((due, timer));
    }

    /// The timer for `due` has fired.
    fn ring(&self, due: Duration) {
        {
            let mut guard = self.0.borrow_mut();
            let now = clock::now();
            guard.timer = None;
            if now.saturating_sub(due) > STILL {
                // The computer slept, or this thread did: what clients have sent waits behind this.
                guard.hub.handle_pause(now);
            }
            guard.hub.handle_timeout(now);
        }
        self.pump();
    }
}

impl Inner {
    fn client(&mut self, link: LinkId) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.link == link)
    }

    /// Takes what the hub tells.
    fn look(&mut self) {
        while let Some(event) = self.hub.poll_event() {
            if let Event::Closed { link, cause } = event
                && let Some(client) = self.client(link)
            {
                client.over = Some(cause.to_string());
                client.ready = true;
            }
        }
        while let Some(link) = self.hub.poll_link() {
            if let Some(client) = self.client(link) {
                client.ready = true;
            }
        }
    }

    /// Sends what the hub has for a link, as long as there is room.
    fn transmit(&mut self, link: LinkId) {
        let Some(client) = self.clients.iter_mut().find(|client| client.link == link) else { return };
        let mut failed = None;
        while client.port.waiting() < HIGH_WATER && failed.is_none() {
            let Some(len) = self.hub.poll_transmit(link, &mut self.buffer, clock::now()) else { break };
            failed = client.port.send(self.buffer.get(..len).unwrap_or_default()).err();
        }
        if let Some(why) = failed.or(client.over.take()) {
            self.remove(link, why);
        }
    }

    /// Ends a link, and tells its client why.
    fn remove(&mut self, link: LinkId, why: String) {
        self.hub.remove_link(link, clock::now());
        if let Some(at) = self.clients.iter().position(|client| client.link == link) {
            self.clients.remove(at).port.end(why);
        }
    }
}
