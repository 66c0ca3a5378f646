//! The questions that the driver of a session asks of the lab's page. It asks whether the page's
//! own lab answers.

use std::{cell::RefCell, time::Duration};

use js_sys::global;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessageEventInit, MessagePort};

use zbytes_session::web::{
    self, Host,
    command::{self},
};

use crate::{
    app::{Problem, locator::link_url, sentence},
    browser::{
        error::message_of,
        surroundings::{self, Asked, ask_lab, fetch, folder, is_of_the_lab, origin},
    },
    present::session::{Place, code_wanted},
    protocol::ToPage,
};

/// Carries a message from a session to the page. Reasons are problems that the page can show.
pub type Told = command::Told<Problem>;

/// Drives the page's session.
pub type Driver = web::Driver<LabHost>;

/// Answers the questions of a session's driver about the page.
#[derive(Clone, Copy, Debug, Default)]
pub struct LabHost;

thread_local! {
    /// The engine's end of the port to the hub.
    static PORT: RefCell<Option<MessagePort>> = const { RefCell::new(None) };
}

/// The page says that the hub has died. Its port cannot say so, and its session would wait for the lease.
pub(super) fn hub_lost(why: &str) {
    let Some(port) = PORT.take() else { return };
    let said = MessageEventInit::new();
    said.set_data(&JsValue::from_str(why));
    // As if the hub had said it. It fails for an event that is under way already.
    if let Ok(event) = MessageEvent::new_with_event_init_dict("message", &said) {
        let _ = port.dispatch_event(&event);
    }
}

impl Host for LabHost {
    type Reason = Problem;

    /// The page's server knows more of its own lab than a WebSocket reports.
    fn asks_about(&self, url: &str) -> bool {
        is_of_the_lab(url)
    }

    fn before(&self, url: &str) -> web::Later<Option<Problem>> {
        let has_code = url.contains("&code=");
        Box::pin(async move {
            match ask_lab().await {
                Asked::Lab(lab) if lab.class.wants_code && !has_code => Some(code_wanted()),
                asked => asked.told().problem(&origin()),
            }
        })
    }

    /// Only the page can start a SharedWorker in each browser. So it gets the hub's end of a port.
    fn port(&self, _url: &str) -> Result<MessagePort, String> {
        let worker: DedicatedWorkerGlobalScope =
            global().dyn_into().map_err(|_| "only an engine in a Worker has a port to the hub".to_owned())?;
        let channel = MessageChannel::new().map_err(|error| message_of(&error))?;
        super::post(&worker, &ToPage::WantsHub, &[channel.port2().into()]);
        let port = channel.port1();
        PORT.set(Some(port.clone()));
        Ok(port)
    }

    fn failed(&self, url: &str, after: Duration) -> web::Later<Option<Problem>> {
        let place = place(url);
        // The same address by http, with the code if it has one.
        let plain = url.replacen("ws", "http", 1);
        Box::pin(async move {
            let asked = ask_lab().await;
            let plain = fetch(&plain).await;
            let told = asked.told();
            let plain = plain.as_ref().map(|(status, text)| (*status, text.as_str()));
            Some(told.problem(&place.origin).unwrap_or_else(|| place.refused_by_the_lab(after, &told, plain)))
        })
    }
}

/// The address of the link that a locator means.
///
/// # Errors
/// A [`Problem`] when the locator is not one that a page can open.
pub fn url_of(locator: &str) -> Result<String, Problem> {
    link_url(locator, &folder()).map_err(|error| {
        Problem::new("Not a locator that a page can open.", format!("{}.", sentence(&error.to_string())))
    })
}

/// Returns the place of the session at `url`, as this page sees it.
#[must_use]
pub fn place(url: &str) -> Place {
    // How batches are carried says nothing to a person.
    let of_the_lab = is_of_the_lab(url);
    let url = url.split('?').next().unwrap_or(url);
    Place { url: url.to_owned(), origin: surroundings::origin(), of_the_lab }
}
