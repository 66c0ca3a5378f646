//! What the JavaScript module in `js/` calls of the crates. Its own files give it a shape for
//! programmers; this crate only passes values over the border.
//!
//! | file | what is in it |
//! |---|---|
//! | `error` | errors: a code and words |
//! | `payload` | payloads, built and read |
//! | `session` | what a program asks of a session |
//! | `told` | what a session tells |
//!
//! Payload bytes that lie in the JavaScript heap cross the border as arrays, and JavaScript's own
//! collector sees to them. Other payloads cross as handles.
#![cfg(target_arch = "wasm32")]
#![allow(unreachable_pub, missing_docs, reason = "called from JavaScript, whose documentation is js/src/index.d.ts")]

mod error;
mod payload;
mod session;
mod told;

use wasm_bindgen::prelude::wasm_bindgen;
use zbytes_session::client::KeyExpr;

use self::error::{Fault, refused};

/// The canonical form of a key expression.
#[wasm_bindgen]
pub fn canonical(text: &str) -> Result<String, Fault> {
    Ok(KeyExpr::autocanonize(text).map_err(refused)?.to_string())
}

/// Refuses a text that is not a key expression.
#[wasm_bindgen]
pub fn check(text: &str) -> Result<(), Fault> {
    KeyExpr::new(text).map(|_| ()).map_err(refused)
}

/// Whether two key expressions mean a common key.
#[wasm_bindgen]
pub fn intersects(one: &str, other: &str) -> Result<bool, Fault> {
    Ok(KeyExpr::new(one).map_err(refused)?.intersects(&KeyExpr::new(other).map_err(refused)?))
}

/// Whether the first key expression means every key of the second.
#[wasm_bindgen]
pub fn includes(one: &str, other: &str) -> Result<bool, Fault> {
    Ok(KeyExpr::new(one).map_err(refused)?.includes(&KeyExpr::new(other).map_err(refused)?))
}
