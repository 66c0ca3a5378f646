//! Own rows that the browser keeps by name, for all pages of the lab.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Storage, StorageEvent, window};

use crate::{
    app::{
        Problem,
        kept::{KeptRows, MOST},
    },
    browser::error::message_of,
};

/// Every name has a key of its own, so that two pages of the lab do not overwrite each other's rows.
const PREFIX: &str = "zbytes-lab.rows.";

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

/// What is kept. Texts that this page cannot read stay where they are.
pub(super) fn load() -> Vec<(String, Option<KeptRows>)> {
    let Some(storage) = storage() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    let kept = keys.filter_map(|key| {
        let text = storage.get_item(&key).ok().flatten()?;
        Some((key.strip_prefix(PREFIX)?.to_owned(), Some(KeptRows::from_json(&text)?)))
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
        (Some(storage), Some(text)) => storage.set_item(&key, text).map_err(|error| message_of(&error)),
        (Some(storage), None) => storage.remove_item(&key).map_err(|error| message_of(&error)),
        (None, _) => Err("this page has no storage".to_owned()),
    };
    done.map_err(|why| {
        Problem::new(
            "The browser does not keep the rows.",
            format!("It said: {why}. They are here until the page is closed; copy the link of the page to keep them."),
        )
    })
}

/// Calls `changed` when another page of the lab keeps or removes rows.
pub(super) fn watch(changed: impl Fn(String, Option<KeptRows>) + 'static) -> Option<EventListener> {
    let window = window()?;
    Some(EventListener::new(&window, "storage", move |event| {
        let Some(event) = event.dyn_ref::<StorageEvent>() else { return };
        let Some(name) = event.key().and_then(|key| key.strip_prefix(PREFIX).map(str::to_owned)) else { return };
        changed(name, event.new_value().and_then(|text| KeptRows::from_json(&text)));
    }))
}
