//! Files that the engine makes and the page hands over to the person.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use crate::{app::Problem, browser::error::message_of};

/// A file of bytes. `parts` are arrays of `len` bytes in all, in their order in the file. The
/// browser copies them from their owners.
///
/// # Errors
/// The browser's reason, or a text when an array was detached meanwhile.
pub(super) fn blob_of_bytes(parts: &Array, len: usize) -> Result<Blob, Problem> {
    let kind = BlobPropertyBag::new();
    kind.set_type("application/octet-stream");
    let blob = Blob::new_with_buffer_source_sequence_and_options(parts, &kind)
        .map_err(|error| not_made(&message_of(&error)))?;
    if blob.size() == len as f64 {
        return Ok(blob);
    }
    Err(not_made(&format!("the file came out with {} B of {len} B", blob.size())))
}

/// The problem of a file that could not be made.
pub(super) fn not_made(reason: &str) -> Problem {
    Problem::new("The file could not be made.", format!("The browser said: {reason}."))
}

/// The browser's reason, as a problem.
pub(super) fn failed(error: JsValue) -> Problem {
    not_made(&message_of(&error))
}
