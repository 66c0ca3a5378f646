//! SHA-256 over the segments of a payload, in Rust. It works on a plain http page, which has no
//! `crypto.subtle`. It never makes the payload contiguous.

use gloo_timers::future::TimeoutFuture;
use sha2::{Digest, Sha256};

use crate::{app::InWords, ledger::Ledger, payload::ZBytes};

/// Bytes that are hashed before other work gets a turn: they take a few milliseconds.
const TURN: usize = 1 << 20;

/// Bytes that are copied at a time from segments outside of wasm memory.
const WINDOW: usize = 64 << 10;

/// Returns the digest as 64 hexadecimal digits.
///
/// # Errors
/// Why not all bytes can be read, as when an owner was detached.
pub(super) async fn sha256(payload: &ZBytes) -> Result<String, String> {
    let mut hash = Sha256::new();
    let mut window = vec![0; WINDOW];
    let mut ledger = Ledger::new();
    for start in (0..payload.len()).step_by(TURN) {
        let part = payload.slice(start..payload.len().min(start + TURN)).ok_or("a part of it is not there")?;
        let read = part.for_each_window(&mut window, &mut ledger, |bytes| hash.update(bytes));
        read.map_err(|error| error.in_words())?;
        TimeoutFuture::new(0).await;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
