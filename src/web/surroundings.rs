//! What the page runs in.

use js_sys::Reflect;
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
    window().is_some_and(|window| Reflect::get(&window, &JsValue::from_str(name)).is_ok_and(|value| value.is_truthy()))
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

/// Whether the page is isolated, and the browser in short, as in `Chrome 156`.
pub(super) fn for_measuring() -> (bool, String) {
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
    (flag("crossOriginIsolated"), found.unwrap_or_else(|| "unknown browser".to_owned()))
}
