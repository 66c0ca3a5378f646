//! The clipboard.
//!
//! A browser takes a text only for what a person has just done. Safari takes it only within the
//! task of the click. So each way here asks the browser before it returns, and the caller calls it
//! in the listener of the click, never behind an `await` or a message to a component.

use std::future::Future;

use futures_channel::oneshot;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Blob, BlobPropertyBag, Clipboard, ClipboardItem, Window, window};

use crate::browser::error::message_of;

/// The type of a text in the clipboard.
const TEXT: &str = "text/plain";

fn clipboard() -> Result<Clipboard, String> {
    let window = window().filter(Window::is_secure_context).ok_or("this page has no clipboard")?;
    Ok(window.navigator().clipboard())
}

/// Begins to write a text to the clipboard, in the task of the person's click. The future says how
/// that went.
///
/// # Errors
/// The browser's reason: it may refuse, and outside of a secure context it has no clipboard.
pub fn to_clipboard(text: &str) -> impl Future<Output = Result<(), String>> + use<> {
    let written = clipboard().map(|clipboard| JsFuture::from(clipboard.write_text(text)));
    async move { end_of(written?).await }
}

async fn end_of(written: JsFuture) -> Result<(), String> {
    written.await.map(|_| ()).map_err(|error| message_of(&error))
}

/// A place in the clipboard for a text that the engine has still to give. If this is dropped, the
/// clipboard stays as it is.
pub struct Promised {
    give: oneshot::Sender<String>,
    /// Ends when the browser has written the text. `None` where a browser takes no promise.
    written: Option<JsFuture>,
}

impl Promised {
    /// Asks the browser for a place, in the task of the person's click.
    #[must_use]
    pub fn ask() -> Self {
        let (give, given) = oneshot::channel();
        Self { give, written: promised(given).ok() }
    }

    /// Writes the text. Where the browser takes no promise, it is asked now.
    ///
    /// # Errors
    /// As [`to_clipboard`].
    pub async fn write(self, text: &str) -> Result<(), String> {
        let Some(written) = self.written else { return to_clipboard(text).await };
        // Fails only when the browser wants the text no more; then `written` says why.
        let _ = self.give.send(text.to_owned());
        end_of(written).await
    }
}

/// Has the browser write the text that `given` will give.
fn promised(given: oneshot::Receiver<String>) -> Result<JsFuture, JsValue> {
    let text = future_to_promise(async {
        let text = given.await.map_err(|_| JsValue::from_str("there is nothing to copy"))?;
        let kind = BlobPropertyBag::new();
        kind.set_type(TEXT);
        let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind)?;
        Ok(blob.into())
    });
    // A place that stays empty is not an error of the page.
    drop(JsFuture::from(Promise::clone(&text)));
    let kinds = Object::new();
    Reflect::set(&kinds, &TEXT.into(), &text)?;
    let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&kinds)?;
    Ok(JsFuture::from(clipboard()?.write(&Array::of1(&item))))
}
