//! The frame in which own code runs. What Tab does in its editor, and how a program to start from gets there,
//! is in the script alone.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/src/web/own_code.js")]
extern "C" {
    #[wasm_bindgen(js_name = open)]
    fn open_frame(html: &str, port: &JsValue);
    /// Closes the frame, and ends what runs there.
    pub(super) fn close();
}

/// The document of the frame. The policy of the page has the SHA-256 of its script.
const FRAME: &str = include_str!("own_code.html");

/// Opens the frame, and hands it the engine's port.
pub(super) fn open(port: &JsValue) {
    open_frame(FRAME, port);
}
