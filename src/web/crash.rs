//! What remains when the page is loaded again, or its program has crashed: the person's setup.

use web_sys::{Storage, window};

use crate::app::Setup;

/// Where the page keeps the setup. The browser drops it when the tab closes, and boot.js when a
/// person wants to start afresh.
const SETUP: &str = "zbytes-lab.setup";

/// What lives as long as the tab.
pub(super) fn storage() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// Keeps the setup. If the browser refuses to store it, the page reports nothing: the loss shows
/// only after a reload. A setup that cannot be written leaves the one before.
pub fn keep(setup: &Setup) {
    if let (Some(storage), Ok(setup)) = (storage(), setup.to_json()) {
        let _ = storage.set_item(SETUP, &setup);
    }
}

/// Returns the setup that this tab had before, if there is one.
#[must_use]
pub fn kept() -> Option<Setup> {
    Setup::from_json(&storage()?.get_item(SETUP).ok().flatten()?)
}
