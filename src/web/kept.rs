//! Own rows that the browser keeps by name, for all pages of the lab; and the experiment of a class, which
//! the tab of its teacher keeps.

use web_sys::{Storage, window};

use super::crash;
use crate::{
    app::{
        Problem,
        kept::{KeptRows, MOST, Shelf},
    },
    browser::error::message_of,
};

/// Every name has a key of its own, so that two pages of the lab do not overwrite each other's rows.
const PREFIX: &str = "zbytes-lab.rows.";

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

/// What is kept. Texts that this page cannot read stay where they are.
pub(super) fn load() -> Shelf {
    let Some(storage) = storage() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    let kept = keys.filter_map(|key| {
        let name = key.strip_prefix(PREFIX)?.to_owned();
        KeptRows::read(name, &storage.get_item(&key).ok().flatten()?)
    });
    kept.take(MOST).collect()
}

/// Keeps a text under a name, or removes what is there.
///
/// # Errors
/// A [`Problem`] when the browser stores nothing.
pub(super) fn keep(name: &str, text: Option<&str>) -> Result<(), Problem> {
    let key = format!("{PREFIX}{name}");
    let done = match (storage(), text) {
        (Some(storage), Some(text)) => storage.set_item(&key, text),
        (Some(storage), None) => storage.remove_item(&key),
        (None, _) => Err("this page has no storage".into()),
    };
    done.map_err(|error| {
        let why = message_of(&error);
        Problem::new(
            "The browser does not keep the rows.",
            format!("It said: {why}. They are here until the page is closed; copy the link of the page to keep them."),
        )
    })
}

/// What the keys of an experiment begin with. They live as long as the tab.
const CLASS: &str = "zbytes-lab.class.";

/// What this tab has kept of an experiment: its texts, each a line. With `forgets`, nothing is kept then.
pub(super) fn class(forgets: bool) -> String {
    let mut text = String::new();
    let Some(storage) = crash::storage() else { return text };
    // From the last one: those before it stay at their places.
    for at in (0..storage.length().unwrap_or(0)).rev() {
        let Some(key) = storage.key(at).ok().flatten().filter(|key| key.starts_with(CLASS)) else { continue };
        if let Ok(Some(line)) = storage.get_item(&key) {
            text.push_str(&line);
            text.push('\n');
        }
        if forgets {
            let _ = storage.remove_item(&key);
        }
    }
    text
}

/// Keeps a text of an experiment in this tab.
///
/// # Errors
/// A [`Problem`] when the browser stores nothing.
pub(super) fn keep_class(name: &str, text: &str) -> Result<(), Problem> {
    let done = match crash::storage() {
        Some(storage) => storage.set_item(&format!("{CLASS}{name}"), text),
        None => Err("this page has no storage".into()),
    };
    done.map_err(|error| {
        let why = message_of(&error);
        Problem::new("Not all results are kept.", format!("The browser said: {why}. Save the file before a reload."))
    })
}
