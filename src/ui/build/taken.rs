//! What a person drops or pastes anywhere on the page: files, and texts that become rows.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, File, FileList};
use yew::prelude::*;

use crate::{
    app::{Action, MAX_TEXT},
    given::values::{Pasted, of_paste},
    web::Errands,
};

/// Takes the files that the person drops or pastes anywhere on the page. Behind an open dialog, the
/// rows must stay as they are, so the page then takes no file, and the pointer shows it. Whatever
/// else is dropped, such as a link, does not lead away from the page. A field takes text.
pub(super) fn listen(
    errands: &Errands,
    send: &Callback<Action>,
    dropping: UseStateSetter<bool>,
) -> Option<[EventListener; 4]> {
    let window = web_sys::window()?;
    let listen = |name: &'static str, hear: Box<dyn Fn(&web_sys::Event)>| {
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&window, name, options, move |event| hear(event))
    };
    let over = {
        let dropping = dropping.clone();
        listen(
            "dragover",
            Box::new(move |event| {
                let Some(event) = event.dyn_ref::<DragEvent>().filter(|event| is_ours(event)) else { return };
                event.prevent_default();
                let takes = carries_files(event) && !is_behind_dialog();
                if let Some(data) = event.data_transfer() {
                    data.set_drop_effect(if takes { "copy" } else { "none" });
                }
                dropping.set(takes);
            }),
        )
    };
    let leave = {
        let dropping = dropping.clone();
        listen(
            "dragleave",
            Box::new(move |event| {
                // The browser sends this event also for every step from one part of the page to
                // another.
                if event.dyn_ref::<DragEvent>().is_some_and(|event| event.related_target().is_none()) {
                    dropping.set(false);
                }
            }),
        )
    };
    let dropped = {
        let errands = errands.clone();
        listen(
            "drop",
            Box::new(move |event| {
                dropping.set(false);
                let Some(event) = event.dyn_ref::<DragEvent>().filter(|event| is_ours(event)) else { return };
                event.prevent_default();
                take(event.data_transfer(), &errands);
            }),
        )
    };
    let pasted = {
        let (errands, send) = (errands.clone(), send.clone());
        listen(
            "paste",
            Box::new(move |event| {
                // Text pasted into a field belongs to the field.
                if is_in_field(event) {
                    return;
                }
                let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
                let text = data.as_ref().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
                if take(data, &errands) || take_text(text, &errands, &send) {
                    event.prevent_default();
                }
            }),
        )
    };
    Some([over, leave, dropped, pasted])
}

/// Takes the files of a drop or a paste, and shows where their rows are. Returns whether the event
/// had files.
fn take(data: Option<DataTransfer>, errands: &Errands) -> bool {
    let files = listed(data.and_then(|data| data.files()));
    if files.is_empty() || is_behind_dialog() {
        return false;
    }
    errands.take(files);
    show_pane();
    true
}

/// Takes a pasted text: as a row, or as a file. Returns whether it took it.
fn take_text(text: String, errands: &Errands, send: &Callback<Action>) -> bool {
    if text.trim().is_empty() || is_behind_dialog() {
        return false;
    }
    match of_paste(&text, MAX_TEXT) {
        Pasted::File(name) => errands.take_text(&text, name),
        _ => send.emit(Action::Paste(text)),
    }
    show_pane();
    true
}

/// Brings Build into view, where the new rows are.
fn show_pane() {
    let window = web_sys::window();
    let height = window.as_ref().and_then(|window| window.inner_height().ok()?.as_f64()).unwrap_or_default();
    let pane = window.and_then(|window| window.document()?.get_element_by_id("pane-build"));
    if let Some(pane) = pane {
        let place = pane.get_bounding_client_rect();
        if place.bottom() < 0.0 || place.top() > height {
            pane.scroll_into_view();
        }
    }
}

fn is_behind_dialog() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.query_selector("dialog[open]").ok().flatten().is_some())
}

/// Whether a field is the target of an event.
fn is_in_field(event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA"))
}

/// Whether the page decides about a drop: of files, and of anything outside of fields.
fn is_ours(event: &DragEvent) -> bool {
    carries_files(event) || !is_in_field(event)
}

/// Whether the person drags files, and not a text out of a field.
fn carries_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

/// A list of files as a person gave it.
pub(super) fn listed(files: Option<FileList>) -> Vec<File> {
    files.map_or_else(Vec::new, |files| (0..files.length()).filter_map(|at| files.get(at)).collect())
}
