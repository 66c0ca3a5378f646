//! The hub: a zenoh router inside this browser, for the tabs of one origin. It runs in a SharedWorker,
//! or in the engine of a page where the browser has none. It knows no page, and no socket.
//!
//! A page gets a port with the SharedWorker, and posts three things over it. A `MessagePort` is the link
//! of a client: what goes over that is in [`Port`](zbytes_session::web::Port). A text says that the
//! page leaves; then the link ends, although nothing came over it. Anything else asks for the figures
//! of the hub, which come back as an array. `www/start-hub.js` posts one text to each page when this
//! program has died.

mod serving;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_events::EventListener;
use js_sys::global;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort, SharedWorkerGlobalScope};

pub(crate) use self::serving::Serving;
use crate::browser::panic;

/// Starts the hub in this SharedWorker. It takes each page that connects.
pub fn start() {
    panic::watch();
    let serving = Serving::default();
    let worker: SharedWorkerGlobalScope = global().unchecked_into();
    EventListener::new(&worker, "connect", move |event| {
        let page = event.unchecked_ref::<MessageEvent>().ports().get(0);
        if let Ok(page) = page.dyn_into() {
            hear(page, serving.clone());
        }
    })
    .forget();
}

/// Hears a page until it leaves.
fn hear(page: MessagePort, serving: Serving) {
    let (link, listener) = (Cell::new(None), Rc::new(RefCell::new(None)));
    let (own, port) = (listener.clone(), page.clone());
    let hears = EventListener::new(&page, "message", move |event| {
        match event.unchecked_ref::<MessageEvent>().data().dyn_into() {
            Ok(client) => link.set(serving.connect(client)),
            Err(said) if !JsValue::is_string(&said) => {
                // A page that has gone needs none.
                let _ = port.post_message(&serving.figures());
            }
            Err(_) => {
                if let Some(link) = link.take() {
                    serving.leave(link);
                }
                port.close();
                // The listener has this cell, so it would never go by itself.
                own.take();
            }
        }
    });
    *listener.borrow_mut() = Some(hears);
    page.start();
}
