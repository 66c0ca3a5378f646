//! The note that explains a word where it stands. An element with `data-term` is about a word of the glossary: while
//! the pointer rests on it, the keyboard's focus is on it, or a finger has touched it, a note beside
//! it says what the word means. One note serves the whole page.

use std::{cell::RefCell, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use crate::ui::kit::html::html;

use super::widgets::magnified;
use crate::present::glossary::TERMS;

/// The `id` of the note.
const NOTE: &str = "term";

/// Milliseconds for which the pointer rests on a word before the note comes.
const REST: u32 = 350;

/// Pixels between the note and the edge of the window.
const EDGE: f64 = 8.0;

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

fn note() -> Option<HtmlElement> {
    document()?.get_element_by_id(NOTE)?.dyn_into().ok()
}

fn hide() {
    let shown = note().filter(|note| note.matches(":popover-open").unwrap_or(false));
    // Fails for a note that is hidden already.
    let _ = shown.map(|note| note.hide_popover());
}

/// Shows what the word of `place` means, below it, or above it where the window ends.
fn show(place: &Element) -> Option<()> {
    let (document, note) = (document()?, note()?);
    let means = document.get_element_by_id(&place.get_attribute("data-term")?)?;
    note.set_text_content(means.text_content().as_deref());
    // Fails for a note that is shown already.
    let _ = note.show_popover();
    let root = document.document_element()?;
    let (room, height) = (f64::from(root.client_width()), f64::from(root.client_height()));
    let (at, own, zoom) = (place.get_bounding_client_rect(), note.get_bounding_client_rect(), magnified(&note));
    let left = at.left().min(room - own.width() - EDGE).max(EDGE);
    // A pointer that goes on over a drawing leaves the note behind.
    let gap = if place.closest("svg").ok().flatten().is_some() { EDGE } else { 0.0 };
    let below = at.bottom() + gap + own.height() + EDGE < height;
    let top = if below { at.bottom() + gap } else { (at.top() - own.height()).max(0.0) };
    let style = note.style();
    // A browser that refuses leaves the note in the corner of the window.
    let _ = style.set_property("left", &format!("{}px", left / zoom));
    let _ = style.set_property("top", &format!("{}px", top / zoom));
    Some(())
}

/// What all words mean, for readers of the screen, and the note.
pub(crate) fn notes() -> Html {
    html! {
        <aside aria-label="What a word means">
            <div hidden=true>{ for TERMS.iter().map(|term| html! { <p id={term.id()}>{ term.means }</p> }) }</div>
            <div id={NOTE} role="tooltip" popover="manual"></div>
        </aside>
    }
}

/// Listens to the whole document until the caller drops it.
pub(crate) fn listen() -> Option<[EventListener; 6]> {
    let document = document()?;
    let rests = Rc::new(RefCell::new(None::<Timeout>));
    let names = ["pointerover", "pointerleave", "focusin", "focusout", "click", "keydown"];
    Some(names.map(|name| {
        let rests = rests.clone();
        EventListener::new(&document, name, move |event| hear(event, &rests))
    }))
}

fn hear(event: &Event, rests: &RefCell<Option<Timeout>>) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is = |css: &str| target.as_ref().is_some_and(|target| target.matches(css).unwrap_or(false));
    let term = target.as_ref().and_then(|target| target.closest("[data-term]").ok().flatten());
    let touched = event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch");
    match (event.type_().as_str(), term) {
        // The pointer may go to the note itself, and a finger does not rest.
        ("pointerover", _) if touched || is("#term") => {}
        ("pointerover", term) => {
            rests.replace(term.map(|term| Timeout::new(REST, move || _ = show(&term))));
            hide();
        }
        ("focusin", Some(term)) if is(":focus-visible") => _ = show(&term),
        ("click", Some(term)) if touched || is("button.term") => {
            rests.take();
            show(&term);
        }
        // A label passes the click on to what it names.
        ("focusin", _) | ("click", Some(_)) => {}
        ("keydown", _) if event.dyn_ref::<KeyboardEvent>().is_none_or(|event| event.key() != "Escape") => {}
        _ => {
            rests.take();
            hide();
        }
    }
}
