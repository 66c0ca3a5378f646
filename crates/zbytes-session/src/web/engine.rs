//! What engines do differently where no page can see it before it is too late.
//!
//! An engine is known by what it writes into every error: V8 no place at all, SpiderMonkey
//! `lineNumber`, JavaScriptCore `line`. The user agent string is no help: browsers claim in it to
//! be others, and every browser of an iPhone is WebKit.

use std::time::Duration;

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

/// How long Firefox holds back a WebSocket to a host and port that failed before, at most. Each
/// failure makes it half as long again, from 0.2 to 0.4 s on, and a page cannot see it
/// (`nsWSAdmissionManager`, `FailDelay`).
const LONGEST_HOLD: Duration = Duration::from_secs(60);

/// Who runs this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Gecko, as in Firefox.
    Gecko,
    /// WebKit, as in Safari, and in every browser of an iPhone.
    WebKit,
    /// Another one, as Chromium's.
    Other,
}

impl Engine {
    /// The engine of this page or Worker.
    pub fn look() -> Self {
        let error = Error::new("");
        let writes = |name: &str| Reflect::has(&error, &JsValue::from_str(name)).unwrap_or(false);
        if writes("lineNumber") {
            Self::Gecko
        } else if writes("line") {
            Self::WebKit
        } else {
            Self::Other
        }
    }

    /// Whether `WebSocket.bufferedAmount` counts what has not left the browser. In WebKitGTK 2.50
    /// it falls to 0 as soon as another process of the browser has the bytes, which keeps them
    /// however many they are, also while nothing leaves.
    pub fn counts_what_waits(self) -> bool {
        self != Self::WebKit
    }

    /// How long it may hold back a WebSocket to a host that failed before.
    pub fn longest_hold(self) -> Option<Duration> {
        (self == Self::Gecko).then_some(LONGEST_HOLD)
    }
}
