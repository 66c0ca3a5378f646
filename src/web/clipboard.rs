//! The clipboard.

use wasm_bindgen_futures::JsFuture;
use web_sys::window;

use crate::browser::error::message_of;

/// Writes a text to the clipboard.
///
/// # Errors
/// The browser's reason: it may refuse, and outside of a secure context it has no clipboard.
pub async fn to_clipboard(text: &str) -> Result<(), String> {
    let window = window().filter(web_sys::Window::is_secure_context).ok_or("this page has no clipboard")?;
    let written = window.navigator().clipboard().write_text(text);
    JsFuture::from(written).await.map(|_| ()).map_err(|error| message_of(&error))
}
