//! Errors of JavaScript, in words.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The `message` of a JavaScript error, or a text for a thrown value without one.
pub(crate) fn message_of(error: &JsValue) -> String {
    Reflect::get(error, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}
