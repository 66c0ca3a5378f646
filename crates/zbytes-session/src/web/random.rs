//! Random numbers of the browser.

use crate::client::ZenohId;

/// A random zenoh id of sixteen bytes.
#[must_use]
pub fn random_id() -> ZenohId {
    loop {
        // All of sixteen random bytes are zero in one of 2^128 cases.
        if let Some(zid) = ZenohId::new(random()) {
            return zid;
        }
    }
}

/// Random bytes. They are good enough for ids and sequence numbers, and not for secrets.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without a source of randomness, the time of day still makes ids differ.
    if getrandom::getrandom(&mut bytes).is_err() {
        let seed = js_sys::Date::now() as u64;
        // Multiplied by odd numbers, so that each byte depends on the whole seed.
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15 ^ (i as u64) << 1) >> 56) as u8;
        }
    }
    bytes
}
