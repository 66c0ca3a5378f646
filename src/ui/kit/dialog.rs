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

/// Opens a view: below the drawing, where the page has a place for it that no other view has, else
/// over the page. The styles say whether there is a place.
pub(crate) fn show_view(dialog: &HtmlDialogElement) {
    let style = dialog
        .parent_element()
        .and_then(|panes| web_sys::window()?.get_computed_style(&panes).ok().flatten())
        .and_then(|style| style.get_property_value("--place").ok());
    let is_free = dialog.owner_document().is_some_and(|document| document.query_selector("dialog[open]") == Ok(None));
    if is_free && style.is_some_and(|place| place.trim() == "1") {
        dialog.show();
    } else {
        // It fails only when the dialog is open already.
        let _ = dialog.show_modal();
    }
}

/// Whether a view may take the focus: a person who works beside it keeps it.
pub(crate) fn may_focus(dialog: &HtmlDialogElement) -> bool {
    let active = dialog.owner_document().and_then(|document| document.active_element());
    active.is_none_or(|active| active.tag_name() == "BODY" || dialog.contains(Some(&active)))
}

/// Closes the view that has a place in the page. Whether there was one.
pub(crate) fn close_view() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let view = document.and_then(|document| document.query_selector("dialog[open]:not(:modal)").ok().flatten());
    let view = view.and_then(|view| view.dyn_into::<HtmlDialogElement>().ok());
    view.inspect(HtmlDialogElement::close).is_some()
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
