//! What is left when the program has died: the words of its panic, which `www/boot.js` shows, and what the person had set up.

use std::panic;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{Storage, window};

use crate::{app::Setup, outside::lines};

/// Where the setup is kept: with the tab, and no longer.
const SETUP: &str = "zbytes-lab.setup";

/// Set by boot.js when a person wants the setup back.
const RESUME: &str = "zbytes-lab.resume";

/// The property of the global object that holds the words of a panic.
const PANIC: &str = "zbytesLabPanic";

fn storage() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// Has the words of a panic told in the console and kept for boot.js, which hears of the trap that follows.
pub fn watch() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // Nothing more can be done where that fails.
        let _ = Reflect::set(&js_sys::global(), &PANIC.into(), &JsValue::from_str(&lines(&info.to_string())));
    }));
}

/// Keeps what is set up. A browser that refuses to store is no reason to disturb anybody: it only shows after a crash.
pub fn keep(setup: &Setup) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(SETUP, &setup.to_json());
    }
}

/// What was set up before a crash, if the person has asked for it; asked for once only.
#[must_use]
pub fn resumed() -> Option<Setup> {
    let storage = storage()?;
    storage.get_item(RESUME).ok().flatten()?;
    let _ = storage.remove_item(RESUME);
    Setup::from_json(&storage.get_item(SETUP).ok().flatten()?)
}
