//! One way to point at a segment, for the whole page. An element with a [`mark`] is about a
//! segment. While the pointer or the keyboard's focus is on it, every pane highlights that segment.
//! A drawing that finds the segment under the pointer itself sends [`Action::Hover`] itself.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, PointerEvent};
use yew::Callback;

use crate::app::{Action, Selection};

/// The value of the attribute `data-segment`.
pub(crate) fn mark(selection: Selection) -> String {
    format!("{}.{}", selection.row, selection.index)
}

fn marked(element: &Element) -> Option<Selection> {
    let text = element.get_attribute("data-segment")?;
    let (row, index) = text.split_once('.')?;
    Some(Selection { row: row.parse().ok()?, index: index.parse().ok()? })
}

/// Listens to the whole document until the caller drops it.
pub(crate) struct Pointing {
    _listeners: [EventListener; 4],
}

impl Pointing {
    /// Starts to listen. Sends [`Action::Hover`] whenever the person points at another marked
    /// element, or at none any more.
    pub(crate) fn new(send: &Callback<Action>) -> Option<Self> {
        let document = web_sys::window()?.document()?;
        let told = Rc::new(Cell::new(None));
        let tell = {
            let send = send.clone();
            move |selection: Option<Selection>| {
                if told.replace(selection) != selection {
                    send.emit(Action::Hover(selection));
                }
            }
        };
        let listen = |name: &'static str, point: fn(&Event) -> Option<Selection>| {
            let tell = tell.clone();
            EventListener::new(&document, name, move |event| tell(point(event)))
        };
        let under = |event: &Event| {
            // A lifted finger does not point at anything.
            let finger = event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch");
            let target = event.target().filter(|_| !finger)?.dyn_into::<Element>().ok()?;
            marked(&target.closest("[data-segment]").ok()??)
        };
        // A clicked button has the focus too, but the browser does not show it there.
        let focused = |event: &Event| {
            let target = event.target()?.dyn_into::<Element>().ok()?;
            marked(&target).filter(|_| target.matches(":focus-visible").unwrap_or(false))
        };
        let listeners = [
            listen("pointerover", under),
            listen("pointerleave", |_| None),
            listen("focusin", focused),
            listen("focusout", |_| None),
        ];
        Some(Self { _listeners: listeners })
    }
}
