//! What the page runs in.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use js_sys::{Reflect, global};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, window};

use crate::app::Surroundings;

/// What the lab's server says of itself in `lab.json`.
#[derive(Deserialize)]
struct Lab {
    router: LabRouter,
}

#[derive(Deserialize)]
struct LabRouter {
    ws: String,
    tcp: String,
}

/// The page's origin, as in `http://127.0.0.1:8080`.
pub(super) fn origin() -> String {
    window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

fn flag(name: &str) -> bool {
    Reflect::get(&global(), &JsValue::from_str(name)).is_ok_and(|value| value.is_truthy())
}

/// Asks the browser.
pub(super) fn look() -> Surroundings {
    Surroundings { secure: flag("isSecureContext"), isolated: flag("crossOriginIsolated"), tcp: None, ws: None }
}

/// The ws and the tcp locator of the lab's router, or nothing when the page comes from another server.
pub(super) async fn lab() -> Option<(String, String)> {
    let response = JsFuture::from(window()?.fetch_with_str("lab.json")).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let lab: Lab = serde_json::from_str(&text).ok()?;
    Some((lab.router.ws, lab.router.tcp))
}

/// Whether the page, or the Worker, is cross-origin isolated.
pub(super) fn is_isolated() -> bool {
    flag("crossOriginIsolated")
}

/// The browser in short, as in `Chrome 156`, and how many processors it says that there are.
pub(super) fn machine() -> (String, u32) {
    let agent = window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default();
    let known = ["Edg/", "Firefox/", "Chrome/", "Version/"];
    let found = known.iter().find_map(|mark| {
        let version = agent.split_once(mark)?.1.split(|c: char| !c.is_ascii_digit()).next()?;
        let name = match *mark {
            "Edg/" => "Edge",
            "Version/" => "Safari",
            mark => mark.trim_end_matches('/'),
        };
        Some(format!("{name} {version}"))
    });
    let cores = window().map_or(0.0, |window| window.navigator().hardware_concurrency());
    (found.unwrap_or_else(|| "unknown browser".to_owned()), cores as u32)
}

/// Sees whether the page is hidden at any time.
pub(super) struct Visibility {
    hidden: Rc<Cell<bool>>,
    _listener: Option<EventListener>,
}

impl Visibility {
    pub(super) fn watch() -> Self {
        let document = window().and_then(|window| window.document());
        let hidden = Rc::new(Cell::new(document.as_ref().is_some_and(web_sys::Document::hidden)));
        let seen = hidden.clone();
        let listener = document.map(|document| {
            let page = document.clone();
            EventListener::new(&document, "visibilitychange", move |_| seen.set(seen.get() || page.hidden()))
        });
        Self { hidden, _listener: listener }
    }

    pub(super) fn was_hidden(&self) -> bool {
        self.hidden.get()
    }
}
