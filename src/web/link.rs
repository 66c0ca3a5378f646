//! A Worker with an engine in it, as the page sees it.

use std::cell::RefCell;

use gloo_events::EventListener;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::{hub::Hub, program::own_program};
use crate::{
    app::session::HubFigures,
    browser::{error::message_of, mail},
    protocol::{ToEngine, ToPage},
};

/// The script that starts an engine in a Worker. The program is the page's own, which the page hands
/// over as it was compiled. So an engine costs no download, and both ends always speak the same
/// version of the protocol.
const SCRIPT: &str = "start-engine.js";

/// What the page hears of an engine.
pub(super) enum Heard {
    /// A message, and the objects of the browser that came along.
    Told(ToPage, Vec<JsValue>),
    /// It has died, or could not be loaded: why. It says nothing more.
    Died(String),
}

/// An engine. Dropping this ends it.
pub(super) struct Link {
    worker: Worker,
    /// The hub that its session has a link to.
    hub: RefCell<Option<Hub>>,
    _listeners: [EventListener; 3],
}

impl Link {
    /// Starts an engine.
    ///
    /// # Errors
    /// The browser's reason, when it starts no Worker.
    pub(super) fn start(hear: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(SCRIPT, &options).map_err(|error| message_of(&error))?;
        let (failed, unread) = (hear.clone(), hear.clone());
        let listeners = [
            EventListener::new(&worker, "messageerror", move |_| {
                unread(Heard::Died("what it sent could not be read here, perhaps for want of memory".to_owned()));
            }),
            EventListener::new(&worker, "message", move |event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    hear(heard(&event.data()));
                }
            }),
            EventListener::new(&worker, "error", move |event| {
                let said = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
                failed(Heard::Died(if said.is_empty() { "its program could not be loaded".to_owned() } else { said }));
            }),
        ];
        let first = Object::new();
        // Setting a property fails for frozen objects only.
        let _ = Reflect::set(&first, &"program".into(), &wasm_bindgen::module());
        let _ = Reflect::set(&first, &"script".into(), &own_program().map(|(script, _)| script).into());
        worker.post_message(&first).map_err(|error| message_of(&error))?;
        Ok(Self { worker, hub: RefCell::default(), _listeners: listeners })
    }

    /// Hands the hub's end of a port to the hub, in place of the one before. `serve` takes it where the
    /// browser has no SharedWorker. `figures` is told what the hub has done, when it is asked.
    pub(super) fn link_hub(&self, port: JsValue, serve: impl FnOnce(JsValue), figures: impl Fn(HubFigures) + 'static) {
        // The link before has ended, or a session of the engine would not want another one.
        self.leave_hub();
        let worker = self.worker.clone();
        let died = move |why| {
            if let Ok((letter, transfer)) = mail::letter(&ToEngine::HubLost(why), []) {
                // An engine that is not reached has ended, and its session with it.
                let _ = worker.post_message_with_transfer(&letter, &transfer);
            }
        };
        match Hub::with(&port, died, figures) {
            Ok(hub) => *self.hub.borrow_mut() = Some(hub),
            Err(_) => serve(port),
        }
    }

    /// Asks the hub what it has done, if there is a link to one.
    pub(super) fn ask_hub(&self) {
        self.hub.borrow().iter().for_each(Hub::ask);
    }

    /// The page goes away, and its links to the hub with it.
    pub(super) fn leave_hub(&self) {
        drop(self.hub.take());
    }

    /// Sends a message, with objects of the browser that go along.
    ///
    /// # Errors
    /// Why the engine does not get it. What the message asks for never ends then.
    pub(super) fn post(&self, message: &ToEngine, along: impl IntoIterator<Item = JsValue>) -> Result<(), String> {
        let (letter, transfer) = mail::letter(message, along)?;
        self.worker.post_message_with_transfer(&letter, &transfer).map_err(|error| message_of(&error))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn heard(data: &JsValue) -> Heard {
    if let Some(letter) = data.dyn_ref::<Array>() {
        return match mail::open(letter) {
            Ok((message, along)) => Heard::Told(message, along),
            Err(why) => Heard::Died(why),
        };
    }
    let died = Reflect::get(data, &"died".into()).ok().and_then(|why| why.as_string());
    Heard::Died(died.unwrap_or_else(|| "it did not say why".to_owned()))
}

/// The bytes of an array that came along.
#[allow(clippy::disallowed_methods, reason = "the pixels of a picture: no payload bytes")]
pub(super) fn bytes_of(array: &JsValue) -> Vec<u8> {
    Uint8Array::new(array).to_vec()
}
