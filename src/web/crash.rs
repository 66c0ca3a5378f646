//! What remains after the page's program has crashed: the person's setup.

use web_sys::{Storage, window};

use crate::app::Setup;

/// Where the page keeps the setup. The browser drops it when the tab closes.
const SETUP: &str = "zbytes-lab.setup";

/// boot.js sets it when a person wants the setup back.
const RESUME: &str = "zbytes-lab.resume";

fn storage() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// Keeps the setup. If the browser refuses to store it, the page reports nothing: the loss shows
/// only after a crash.
pub fn keep(setup: &Setup) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(SETUP, &setup.to_json());
    }
}

/// Returns the setup from before a crash, if the person has asked for it. A second call returns
/// `None`.
#[must_use]
pub fn resumed() -> Option<Setup> {
    let storage = storage()?;
    storage.get_item(RESUME).ok().flatten()?;
    let _ = storage.remove_item(RESUME);
    Setup::from_json(&storage.get_item(SETUP).ok().flatten()?)
}
