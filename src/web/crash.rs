//! What remains after the program has crashed: the text of its panic, which `www/boot.js` shows,
//! and the person's setup.

use std::panic;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{Storage, window};

use crate::{app::Setup, outside::lines};

/// Where the page keeps the setup. The browser drops it when the tab closes.
const SETUP: &str = "zbytes-lab.setup";

/// boot.js sets it when a person wants the setup back.
const RESUME: &str = "zbytes-lab.resume";

/// The property of the global object that holds the text of a panic.
const PANIC: &str = "zbytesLabPanic";

fn storage() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// Writes the text of a panic to the console, and keeps it for boot.js. boot.js sees only the trap
/// that follows the panic.
pub fn watch() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // If that fails, the page has no other place for the text.
        let _ = Reflect::set(&js_sys::global(), &PANIC.into(), &JsValue::from_str(&lines(&info.to_string())));
    }));
}

/// Keeps the setup. If the browser refuses to store it, the page reports nothing: the loss shows
/// only after a crash.
pub fn keep(setup: &Setup) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(SETUP, &setup.to_json());
    }
}

/// Returns the setup from before a crash, if the person has asked for it. A second call returns
/// `None`.
#[must_use]
pub fn resumed() -> Option<Setup> {
    let storage = storage()?;
    storage.get_item(RESUME).ok().flatten()?;
    let _ = storage.remove_item(RESUME);
    Setup::from_json(&storage.get_item(SETUP).ok().flatten()?)
}
