//! The hub, as a page sees it: a SharedWorker with a router in it, for all tabs of this origin.

use gloo_events::EventListener;
use js_sys::{Array, encode_uri_component};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, SharedWorker, WorkerOptions, WorkerType};

use super::program::own_program;
use crate::{app::session::HubFigures, browser::error::message_of};

/// The script that starts the hub. Its query names the program: pages of one build share a hub, and
/// each build has its own.
const SCRIPT: &str = "start-hub.js";

/// The hub that a session of this page has a link to. Dropping this ends the link.
pub(super) struct Hub {
    worker: SharedWorker,
    _listeners: [EventListener; 2],
}

impl Hub {
    /// Hands `port`, the end of a session's link, to the hub. It is started if it does not run. `died`
    /// is told why the hub has died, or could not be loaded, and `figures` what [`Hub::ask`] asks for.
    ///
    /// # Errors
    /// The browser's reason, when it starts no SharedWorker.
    pub(super) fn with(
        port: &JsValue,
        died: impl Fn(String) + Clone + 'static,
        figures: impl Fn(HubFigures) + 'static,
    ) -> Result<Self, String> {
        let (script, program) = own_program().ok_or("the page does not know its own program")?;
        let [script, program] = [script, program].map(|address| String::from(encode_uri_component(&address)));
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = SharedWorker::new_with_worker_options(&format!("{SCRIPT}?js={script}&wasm={program}"), &options)
            .map_err(|error| message_of(&error))?;
        let (page, failed) = (worker.port(), died.clone());
        let listeners = [
            EventListener::new(&page, "message", move |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                match data.dyn_ref::<Array>() {
                    Some(told) => {
                        let figure = |at| told.get(at).as_f64().unwrap_or_default() as u64;
                        figures(HubFigures {
                            copied: figure(0),
                            forwarded: figure(1),
                            dropped: figure(2),
                            links: figure(3),
                        });
                    }
                    None => died(data.as_string().unwrap_or_default()),
                }
            }),
            EventListener::new(&worker, "error", move |event| {
                let said = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
                failed(if said.is_empty() { "its program could not be loaded".to_owned() } else { said });
            }),
        ];
        page.start();
        page.post_message_with_transferable(port, &Array::of1(port)).map_err(|error| message_of(&error))?;
        Ok(Self { worker, _listeners: listeners })
    }

    /// Asks the hub what it has done.
    pub(super) fn ask(&self) {
        // A hub that is gone is told of otherwise.
        let _ = self.worker.port().post_message(&JsValue::NULL);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let page = self.worker.port();
        // A hub that is gone takes everything.
        let _ = page.post_message(&JsValue::from_str("left"));
        page.close();
    }
}
