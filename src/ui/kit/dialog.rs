//! How a button opens and closes a dialog, also one that the page has not drawn yet.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

thread_local! {
    /// The dialog that the person wanted before it was drawn.
    static WANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Opens a dialog by its `id`, as soon as the page has it.
pub(crate) fn show(id: &'static str) {
    match dialog(id) {
        // Fails only when the dialog is open already.
        Some(dialog) => _ = dialog.show_modal(),
        None => WANTED.set(Some(id)),
    }
}

/// Opens the dialog that the person wanted before the page had it.
pub(crate) fn show_wanted() {
    if let Some(wanted) = WANTED.take() {
        show(wanted);
    }
}

/// Closes a dialog by its `id`.
pub(crate) fn close(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}
