//! The browser and the server around the page and the engine.

use std::cell::RefCell;

use js_sys::{Function, JSON, Promise, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use zbytes_session::web::Engine;

use super::clock;
use crate::{
    app::{
        Event, Surroundings,
        locator::{OWN_ENDPOINT, link_url},
    },
    present::session,
};

/// The lab's server describes itself so in `lab.json`.
pub(crate) struct Lab {
    /// `None` while its router is stopped.
    pub(crate) router: Option<LabRouter>,
}

pub(crate) struct LabRouter {
    pub(crate) ws: String,
    pub(crate) tcp: String,
}

impl Lab {
    /// Reads `lab.json`. The browser's own reader is here already; another one would be downloaded.
    fn of(text: &str) -> Option<Self> {
        let get = |of: &JsValue, key: &str| Reflect::get(of, &JsValue::from_str(key)).ok();
        let lab = JSON::parse(text).ok()?;
        let router = get(&lab, "router").filter(|_| lab.is_object())?;
        if router.is_null() || router.is_undefined() {
            return Some(Self { router: None });
        }
        let [ws, tcp] = ["ws", "tcp"].map(|key| get(&router, key).and_then(|value| value.as_string()));
        Some(Self { router: Some(LabRouter { ws: ws?, tcp: tcp? }) })
    }
}

/// The outcome of asking the page's server for `lab.json`.
pub(crate) enum Asked {
    /// The server is a lab.
    Lab(Lab),
    /// The server answers with this status: it is not a lab, or does not reach one.
    Other(u16),
    /// The server does not answer.
    Silent,
}

impl Asked {
    /// The outcome in the form that `present::session` takes.
    pub(crate) fn told(&self) -> session::Asked<'_> {
        match self {
            Self::Lab(lab) => session::Asked::Lab(lab.router.as_ref().map(|router| router.ws.as_str())),
            Self::Other(status) => session::Asked::Other(*status),
            Self::Silent => session::Asked::Silent,
        }
    }
}

thread_local! {
    /// The address of the lab's ws port, once the lab has reported it.
    static LAB_WS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The origin of the page, or of the Worker, as in `http://127.0.0.1:8080`.
pub(crate) fn origin() -> String {
    let location = Reflect::get(&global(), &JsValue::from_str("location"));
    let origin = location.and_then(|location| Reflect::get(&location, &JsValue::from_str("origin")));
    origin.ok().and_then(|origin| origin.as_string()).unwrap_or_default()
}

/// Whether the router at this address is the one of the page's server, as far as the page knows.
/// Only then can the page ask that server about it.
pub(crate) fn is_of_the_lab(url: &str) -> bool {
    link_url(OWN_ENDPOINT, &origin()).is_ok_and(|own| own == url) || LAB_WS.with_borrow(|ws| ws.as_deref() == Some(url))
}

/// Asks the page's server for `lab.json`, never a cache.
pub(crate) async fn ask_lab() -> Asked {
    let Some((status, text)) = fetch(&format!("{}/lab.json", origin())).await else { return Asked::Silent };
    let Some(lab) = Lab::of(&text).filter(|_| status == 200) else { return Asked::Other(status) };
    let ws = lab.router.as_ref().and_then(|router| link_url(&router.ws, &origin()).ok());
    if ws.is_some() {
        LAB_WS.set(ws);
    }
    Asked::Lab(lab)
}

/// The status and the text of an answer. `None` without an answer.
pub(crate) async fn fetch(url: &str) -> Option<(u16, String)> {
    let fetch: Function = Reflect::get(&global(), &JsValue::from_str("fetch")).ok()?.dyn_into().ok()?;
    let how = RequestInit::new();
    how.set_cache(RequestCache::NoStore);
    let answer: Promise = fetch.call2(&JsValue::UNDEFINED, &JsValue::from_str(url), &how).ok()?.dyn_into().ok()?;
    let response: Response = JsFuture::from(answer).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    Some((response.status(), text))
}

fn flag(name: &str) -> bool {
    Reflect::get(&global(), &JsValue::from_str(name)).is_ok_and(|value| value.is_truthy())
}

/// Asks the browser.
pub(crate) fn look() -> Surroundings {
    let secure = flag("isSecureContext");
    let clock_step = (!secure).then(clock::step);
    Surroundings { secure, isolated: flag("crossOriginIsolated"), clock_step, ..Surroundings::default() }
}

/// What the page's server tells of its lab. `None` for a lab whose router is stopped.
pub(crate) async fn lab() -> Option<Event> {
    match ask_lab().await {
        Asked::Lab(Lab { router }) => router.map(|LabRouter { ws, tcp }| Event::LabFound { ws, tcp }),
        _ => Some(Event::NoLab),
    }
}

/// Whether the page, or the Worker, is cross-origin isolated.
pub(crate) fn is_isolated() -> bool {
    flag("crossOriginIsolated")
}

/// The browser in short, as in `Chrome 156`, and the number of processors that it reports.
///
/// A browser's user agent string also names other browsers. A browser that calls itself Safari is
/// Safari on Apple's systems only. Elsewhere it is another browser on WebKit, and its string has no
/// true name and version.
pub(crate) fn machine() -> (String, u32) {
    // A page and a Worker have objects of two classes, with these properties alike.
    let navigator = Reflect::get(&global(), &JsValue::from_str("navigator")).unwrap_or_default();
    let of = |name: &str| Reflect::get(&navigator, &JsValue::from_str(name)).unwrap_or_default();
    let agent = of("userAgent").as_string().unwrap_or_default();
    let cores = of("hardwareConcurrency").as_f64().unwrap_or_default();
    (browser(&agent, Engine::look()), cores as u32)
}

fn browser(agent: &str, engine: Engine) -> String {
    let version = |mark: &str| {
        let version = agent.split_once(mark)?.1.split(|c: char| !c.is_ascii_digit()).next()?;
        (!version.is_empty()).then_some(version)
    };
    let known: &[(&str, &str)] = match engine {
        Engine::Gecko => &[("Firefox/", "Firefox")],
        Engine::WebKit if ["Macintosh", "iPhone", "iPad"].iter().any(|one| agent.contains(one)) => {
            &[("Version/", "Safari")]
        }
        Engine::WebKit => &[],
        Engine::Other => &[("Edg/", "Edge"), ("Chrome/", "Chrome")],
    };
    let found = known.iter().find_map(|(mark, name)| Some(format!("{name} {}", version(mark)?)));
    found.unwrap_or_else(|| match engine {
        Engine::Gecko => "a browser with Gecko".to_owned(),
        Engine::WebKit => "a browser with WebKit".to_owned(),
        Engine::Other => "unknown browser".to_owned(),
    })
}
