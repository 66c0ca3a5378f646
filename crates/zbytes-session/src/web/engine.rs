//! Knows the differences between browser engines that a page cannot observe in time.
//!
//! An engine is known by the fields that it writes into every error. V8 writes no position,
//! SpiderMonkey `lineNumber`, and JavaScriptCore `line`. The user agent string does not help:
//! browsers claim in it to be others, and every browser of an iPhone is WebKit.

use std::time::Duration;

use js_sys::{Error, Reflect};
use wasm_bindgen::JsValue;

/// The longest that Firefox delays a WebSocket to a host and port that failed before. The delay
/// begins at 0.2 to 0.4 s, and each failure makes it half as long again. A page cannot observe it
/// (`nsWSAdmissionManager`, `FailDelay`).
const LONGEST_HOLD: Duration = Duration::from_secs(60);

/// Names the browser engine that runs this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Gecko, as in Firefox.
    Gecko,
    /// WebKit, as in Safari, and in every browser of an iPhone.
    WebKit,
    /// Another engine, such as Chromium's.
    Other,
}

impl Engine {
    /// Detects the engine of this page or Worker.
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

    /// Returns whether `WebSocket.bufferedAmount` counts the bytes that have not left the browser.
    ///
    /// In WebKitGTK 2.50 it falls to 0 as soon as another process of the browser has the bytes.
    /// That process keeps any number of them, also while the link takes none.
    pub fn counts_what_waits(self) -> bool {
        self != Self::WebKit
    }

    /// Returns the longest time for which the engine may delay a WebSocket to a host that failed
    /// before.
    pub fn longest_hold(self) -> Option<Duration> {
        (self == Self::Gecko).then_some(LONGEST_HOLD)
    }
}
