//! One way to point at a segment for the whole page: an element with a [`mark`] is about a segment, and while the pointer is over it, or
//! the keyboard's focus on it, every pane shows which segment that is. A drawing that knows better what is under the pointer sends
//! [`Action::Hover`] itself.

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

/// Listens to the whole document until it is dropped.
pub(crate) struct Pointing {
    _listeners: [EventListener; 4],
}

impl Pointing {
    /// Listens, and sends [`Action::Hover`] whenever another marked element is pointed at, or none any more.
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
            // A finger leaves nothing behind that it points at.
            let finger = event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch");
            let target = event.target().filter(|_| !finger)?.dyn_into::<Element>().ok()?;
            marked(&target.closest("[data-segment]").ok()??)
        };
        // A button that was clicked has the focus too, but nobody sees it there.
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
