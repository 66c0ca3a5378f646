//! What remains of a program that has panicked: the text, for the script that loaded it. That
//! script sees only the trap that follows.

use std::panic;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::outside::lines;

/// The property of the global object that holds the text of a panic.
const PANIC: &str = "zbytesLabPanic";

/// Writes the text of a panic to the console, and keeps it for the script.
pub(crate) fn watch() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // If that fails, the text has no other place.
        let _ = Reflect::set(&js_sys::global(), &PANIC.into(), &JsValue::from_str(&lines(&info.to_string())));
    }));
}
