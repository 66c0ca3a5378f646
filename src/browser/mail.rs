//! Messages between the page and an engine as `postMessage` carries them: an array of the
//! message's bytes and the objects that go along.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessagePort;

use crate::protocol::{decode, encode};

/// A message as an array, and what of it is transferred. Of the objects that go along, an
/// `ArrayBuffer` and a `MessagePort` are transferred, and others are cloned.
///
/// # Errors
/// A text, when the message cannot be written.
#[allow(clippy::disallowed_methods, reason = "the bytes of a message: a payload is not in it")]
pub(crate) fn letter(
    message: &impl Serialize,
    along: impl IntoIterator<Item = JsValue>,
) -> Result<(Array, Array), String> {
    let bytes = encode(message).map_err(|error| format!("a message cannot be written ({error})"))?;
    let bytes = Uint8Array::from(bytes.as_slice());
    let (letter, transfer) = (Array::of1(&bytes), Array::of1(&bytes.buffer()));
    for object in along {
        if object.is_instance_of::<ArrayBuffer>() || object.is_instance_of::<MessagePort>() {
            transfer.push(&object);
        }
        letter.push(&object);
    }
    Ok((letter, transfer))
}

/// The message of an array, and the objects that came along.
///
/// # Errors
/// A text, when the bytes are of no message that this program knows.
#[allow(clippy::disallowed_methods, reason = "the bytes of a message: a payload is not in it")]
pub(crate) fn open<T: DeserializeOwned>(letter: &Array) -> Result<(T, Vec<JsValue>), String> {
    let bytes = Uint8Array::new(&letter.get(0)).to_vec();
    let message = decode(&bytes).map_err(|error| format!("a message is not understood ({error})"))?;
    Ok((message, letter.iter().skip(1).collect()))
}
