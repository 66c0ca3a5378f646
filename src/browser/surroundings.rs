//! The browser and the server around the page and the engine.

use std::cell::RefCell;

use js_sys::{Array, Function, JSON, Promise, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use zbytes_session::web::Engine;

use super::clock;
use crate::{
    app::{
        Class, Event, Surroundings,
        class::Device,
        locator::{OWN_ENDPOINT, link_url},
    },
    present::session,
};

/// The lab's server describes itself so in `lab.json`.
pub(crate) struct Lab {
    /// What it says of its class.
    pub(crate) class: Class,
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
        let class = get(&lab, "class").filter(JsValue::is_object).map_or_else(Class::default, |class| Class {
            wants_code: get(&class, "code").is_some_and(|wanted| wanted.is_truthy()),
            links: get(&class, "links").map_or_else(Vec::new, |links| {
                Array::from(&links).iter().filter_map(|link| link.as_string()).collect()
            }),
        });
        if router.is_null() || router.is_undefined() {
            return Some(Self { class, router: None });
        }
        let [ws, tcp] = ["ws", "tcp"].map(|key| get(&router, key).and_then(|value| value.as_string()));
        Some(Self { class, router: Some(LabRouter { ws: ws?, tcp: tcp? }) })
    }
}

/// The outcome of asking the page's server for `lab.json`.
pub(crate) enum Asked {
    /// The server is a lab.
    Lab(Lab),
    /// The server is a folder of files, which says so in a `lab.json` of its own.
    Files,
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
            Self::Files => session::Asked::Files,
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

/// The folder that the page is in, as in `http://127.0.0.1:8080/`. The scripts of Workers are in the same.
pub(crate) fn folder() -> String {
    let location = Reflect::get(&global(), &JsValue::from_str("location"));
    let href = location.and_then(|location| Reflect::get(&location, &JsValue::from_str("href")));
    let href = href.ok().and_then(|href| href.as_string()).unwrap_or_default();
    let path = href.split(['?', '#']).next().unwrap_or_default();
    path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or_default().to_owned()
}

/// Whether the router at this address is the one of the page's server, as far as the page knows.
/// Only then can the page ask that server about it.
pub(crate) fn is_of_the_lab(url: &str) -> bool {
    // A code may follow.
    link_url(OWN_ENDPOINT, &folder()).is_ok_and(|own| url.starts_with(&own))
        || LAB_WS.with_borrow(|ws| ws.as_deref() == Some(url))
}

/// Asks the page's server for `lab.json` beside the page, never a cache.
pub(crate) async fn ask_lab() -> Asked {
    let Some((status, text)) = fetch(&format!("{}lab.json", folder())).await else { return Asked::Silent };
    if status == 200 && text.trim() == "null" {
        return Asked::Files;
    }
    let Some(lab) = Lab::of(&text).filter(|_| status == 200) else { return Asked::Other(status) };
    let ws = lab.router.as_ref().and_then(|router| link_url(&router.ws, &folder()).ok());
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
    let isolated = is_isolated();
    let clock_step = (!isolated).then(clock::step);
    Surroundings { secure: flag("isSecureContext"), isolated, clock_step, ..Surroundings::default() }
}

/// What the page's server tells of its lab; nothing for a lab whose router is stopped.
pub(crate) async fn lab() -> Vec<Event> {
    match ask_lab().await {
        Asked::Lab(Lab { class, router: Some(LabRouter { ws, tcp }) }) => {
            vec![Event::ClassFound(class), Event::LabFound { ws, tcp }]
        }
        Asked::Lab(_) => Vec::new(),
        _ => vec![Event::NoLab],
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

/// What the browser says that it runs on: phones and tablets name themselves.
pub(crate) fn device() -> Device {
    let navigator = Reflect::get(&global(), &JsValue::from_str("navigator")).unwrap_or_default();
    let agent = Reflect::get(&navigator, &JsValue::from_str("userAgent")).ok().and_then(|agent| agent.as_string());
    let is_phone = agent.is_some_and(|agent| ["Mobi", "Android", "iPad"].iter().any(|mark| agent.contains(mark)));
    if is_phone { Device::Phone } else { Device::Computer }
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
