//! The scene in the address of the page. The page writes it there after each change, so that the
//! address can be kept and sent on.

use std::{cell::RefCell, rc::Rc};

use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::window;

use crate::{
    app::{Setup, State, class::name, lesson, link},
    browser::surroundings,
};

/// Milliseconds without a change after which the page writes. Browsers allow few writes in a second.
const AFTER: u32 = 400;

/// The address.
#[derive(Clone, Default)]
pub struct Address {
    /// What writes the last change.
    waits: Rc<RefCell<Option<Timeout>>>,
    /// What was written last.
    written: Rc<RefCell<String>>,
}

/// The scene or the lesson in the address. The page marks the entry of the history as its own.
#[must_use]
pub fn found() -> Option<String> {
    let prefixes = [link::PREFIX, lesson::PREFIX, name::PREFIX, name::TEACHES];
    let is_one = |hash: &String| prefixes.iter().any(|prefix| hash.starts_with(prefix));
    let hash = window()?.location().hash().ok().filter(is_one)?;
    // A reload may come before the first change.
    write(&hash);
    Some(hash)
}

/// Whether the page that starts was here before: what the address has is then the page's own, and may be
/// older than what the tab has kept. Chromium forgets what was written into an entry of the history if
/// a reload follows at once.
#[must_use]
pub fn was_here() -> bool {
    is_own_entry() || is_loaded_again()
}

/// Whether the page has written the present entry of the history. An entry that a person makes, by a
/// link or by typing, has no state.
fn is_own_entry() -> bool {
    let state = window().and_then(|window| window.history().ok()).and_then(|history| history.state().ok());
    state.is_some_and(|state| !state.is_null())
}

/// Whether the browser loads the page again, and not one that a person goes to.
fn is_loaded_again() -> bool {
    let entries = || Some(window()?.performance()?.get_entries_by_type("navigation"));
    let kind = entries().and_then(|entries| Reflect::get(&entries.get(0), &JsValue::from_str("type")).ok());
    kind.is_some_and(|kind| kind == "reload")
}

/// The folder of the page, as in `https://example.org/lab/`.
#[must_use]
pub fn folder() -> String {
    surroundings::folder()
}

/// The code of a class in the link that has led here, as in `?code=K7QF2M`.
#[must_use]
pub fn code() -> Option<String> {
    let query = window()?.location().search().ok()?;
    let code = query.strip_prefix("?code=")?.split('&').next()?;
    (!code.is_empty()).then(|| code.to_owned())
}

/// The address of the page with a scene.
#[must_use]
pub fn with(scene: &str) -> String {
    let location = window().map(|window| window.location());
    let part = |part: Option<Result<String, JsValue>>| part.and_then(Result::ok).unwrap_or_default();
    let origin = part(location.as_ref().map(web_sys::Location::origin));
    format!("{origin}{}{scene}", part(location.as_ref().map(web_sys::Location::pathname)))
}

impl Address {
    /// Writes the scene of a state after a moment without a further change, or the class that the
    /// page is in, or the step of the lesson that is open. A scene that is too long for an address is not written there.
    pub fn follow(&self, state: &State) {
        let place = state.classroom.link().or_else(|| state.lessons.link());
        let (setup, written) = (Setup::of(state), self.written.clone());
        let timeout = Timeout::new(AFTER, move || {
            let scene = place.or_else(|| link::of_setup(setup).ok()).unwrap_or_default();
            write(&scene);
            written.replace(scene);
        });
        // The one before is dropped, and writes nothing.
        self.waits.replace(Some(timeout));
    }

    /// Another scene is in the address. If Back or Forward has led to it, the page itself has written
    /// it there, before later changes: the address gets the present scene again. `true` if a person
    /// has opened it.
    pub fn is_opened(&self) -> bool {
        let is_ours = is_own_entry();
        if is_ours {
            write(&self.written.borrow());
        }
        !is_ours
    }
}

/// Writes without an entry in the history of the tab, and marks the entry as the page's own. A
/// browser that refuses leaves the address as it was.
fn write(scene: &str) {
    let Some(window) = window() else { return };
    let Ok(history) = window.history() else { return };
    // How much is open, which `ui::kit::back` notes in each entry.
    let open = history.state().ok().and_then(|state| state.as_f64()).unwrap_or(0.0);
    let _ = history.replace_state_with_url(&JsValue::from_f64(open), "", Some(&with(scene)));
}
