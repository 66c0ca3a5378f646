//! The program of this page, for the Workers that run it too.

/// The script around this program, and the program, as `boot.js` has loaded them.
pub(super) fn own_program() -> Option<(String, String)> {
    let script = web_sys::window()?.document()?.query_selector("script[data-js]").ok()??;
    Some((script.get_attribute("data-js")?, script.get_attribute("data-wasm")?))
}
