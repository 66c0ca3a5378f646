//! Runs that the browser keeps, runs that the person gives as files, and files that the page saves.

use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Storage, Url, window};
use yew::Callback;

use crate::{
    app::{Action, Download, Problem, Report, Shown, cost::KEPT_RUNS},
    browser::error::message_of,
    number::requested,
    outside::shown,
    run::Run,
};

/// Every run has a key of its own, so that two pages of the lab do not overwrite each other's runs.
const PREFIX: &str = "zbytes-lab.run.";

/// In bytes. A longer file cannot be a run of this page: a sweep takes 60 kB.
const LONGEST_FILE: f64 = 4e6;

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

/// The ids of all kept runs, oldest first.
fn ids(storage: &Storage) -> Vec<u64> {
    let count = storage.length().unwrap_or(0);
    let keys = (0..count).filter_map(|at| storage.key(at).ok().flatten());
    let mut ids: Vec<u64> = keys.filter_map(|key| key.strip_prefix(PREFIX)?.parse().ok()).collect();
    ids.sort_unstable();
    ids
}

fn key(id: u64) -> String {
    format!("{PREFIX}{id}")
}

/// All kept runs, newest first, and a problem with the runs that could not be read. Those runs stay
/// in the browser's storage.
pub(super) fn load() -> (Vec<Shown>, Option<Problem>) {
    let Some(storage) = storage() else { return (Vec::new(), None) };
    let (mut runs, mut problem) = (Vec::new(), None);
    for id in ids(&storage).into_iter().rev().take(KEPT_RUNS) {
        let Some(text) = storage.get_item(&key(id)).ok().flatten() else { continue };
        match Run::from_json(&text) {
            Ok(run) => runs.push(Shown(Rc::new(run))),
            Err(error) => {
                problem =
                    Some(Problem::new("A kept run could not be read.", format!("{error}. It was left where it is.")));
            }
        }
    }
    (runs, problem)
}

/// Keeps a run. When the browser has too many runs, or no room, this removes the oldest others. It
/// restores them when that does not help.
///
/// # Errors
/// A [`Problem`] when the browser stores nothing.
pub(super) fn keep(run: &Run) -> Result<(), Problem> {
    let failed = |reason: String| {
        Problem::new(
            "The run could not be kept.",
            format!("The browser said: {reason}. It is here until the page is closed; export it to keep it."),
        )
    };
    let storage = storage().ok_or_else(|| failed("this page has no storage".to_owned()))?;
    run.check().map_err(|error| failed(error.to_string()))?;
    let text = run.to_json();
    let mut old = ids(&storage);
    old.retain(|id| *id != run.id);
    let beyond = (old.len() + 1).saturating_sub(KEPT_RUNS);
    let mut oldest = old.into_iter();
    let mut gone: Vec<(String, String)> = Vec::new();
    let mut room = 0;
    while let Err(error) = storage.set_item(&key(run.id), &text) {
        let next = oldest.next().map(key).filter(|_| room < 2 * text.len());
        let Some(next) = next else {
            // The browser did not refuse for lack of room, or removing runs does not make enough of
            // it.
            for (key, text) in gone {
                let _ = storage.set_item(&key, &text);
            }
            return Err(failed(message_of(&error)));
        };
        if let Ok(Some(text)) = storage.get_item(&next) {
            room += text.len();
            let _ = storage.remove_item(&next);
            gone.push((next, text));
        }
    }
    for id in oldest.take(beyond.saturating_sub(gone.len())) {
        forget(id);
    }
    Ok(())
}

/// Removes a run from the browser's storage.
pub(super) fn forget(id: u64) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(id));
    }
}

/// Reads a run that a person has exported before. Answers with [`Report::RunRead`].
pub fn read(file: File, answer: Callback<Action>) {
    spawn_local(async move {
        let name = file.name();
        let problem = |reason: &str| {
            Problem::new(
                format!("{} is not a run.", shown(&name)),
                format!("{reason}. Give a JSON file that this page has exported."),
            )
        };
        let result = if file.size() > LONGEST_FILE {
            Err(problem(&format!("It has {}, more than any run", requested(file.size() as u64))))
        } else {
            match JsFuture::from(file.text()).await {
                Ok(text) => Run::from_json(&text.as_string().unwrap_or_default())
                    .map(|run| Shown(Rc::new(run)))
                    .map_err(|error| problem(&crate::app::sentence(&error.to_string()))),
                Err(error) => Err(problem(&format!("It could not be read: {}", message_of(&error)))),
            }
        };
        answer.emit(Action::Browser(Report::RunRead(result)));
    });
}

/// Saves a text as a file of the person.
///
/// # Errors
/// The browser's reason.
pub(super) fn save(download: &Download) -> Result<(), Problem> {
    let kind = BlobPropertyBag::new();
    kind.set_type(download.media);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&download.text.as_str().into()), &kind);
    hand_over(blob, &download.name).map_err(|error| not_saved(&error))
}

/// Saves a blob as a file of the person.
///
/// # Errors
/// The browser's reason.
pub(super) fn save_blob(blob: Blob, name: &str) -> Result<(), Problem> {
    hand_over(Ok(blob), name).map_err(|error| not_saved(&error))
}

pub(super) fn not_saved(error: &JsValue) -> Problem {
    Problem::new("The file could not be saved.", format!("The browser said: {}.", message_of(error)))
}

fn hand_over(blob: Result<Blob, JsValue>, name: &str) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(&blob?)?;
    let document = window().and_then(|window| window.document()).ok_or("this program has no document")?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser has read the file long before this timer ends.
    gloo_timers::callback::Timeout::new(60_000, move || {
        let _ = Url::revoke_object_url(&address);
    })
    .forget();
    Ok(())
}

/// A change that another page of the lab has made to the kept runs.
pub(super) enum Change {
    Kept(Shown),
    Forgotten(u64),
    /// The other page removed all runs.
    Cleared,
}

/// Calls `changed` when another page of the lab changes the kept runs.
pub(super) fn watch(changed: impl Fn(Change) + 'static) -> Option<EventListener> {
    let window = window()?;
    Some(EventListener::new(&window, "storage", move |event| {
        let Some(event) = event.dyn_ref::<web_sys::StorageEvent>() else { return };
        let Some(key) = event.key() else { return changed(Change::Cleared) };
        let Some(id) = key.strip_prefix(PREFIX).and_then(|id| id.parse().ok()) else { return };
        match event.new_value().map(|text| Run::from_json(&text)) {
            Some(Ok(run)) => changed(Change::Kept(Shown(Rc::new(run)))),
            // The other page kept something that is not a run. This page reports it when it loads
            // the runs at its next start.
            Some(Err(_)) => {}
            None => changed(Change::Forgotten(id)),
        }
    }))
}
