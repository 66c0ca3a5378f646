//! Back closes what was opened before it leaves the page: a dialog, or what fills the window.
//!
//! Each of these gets an entry in the history of the tab. The entry says how many were open. Back
//! leads to an entry that says fewer, and the page closes as many. What a person closes in another
//! way takes its entry along.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, History, HtmlElement, MutationObserver, MutationObserverInit};
use yew::prelude::Callback;

use crate::app::{Action, stage::Change};

/// The attribute of the button that closes a dialog.
const CLOSES: &str = ".dialog-head [data-closes]";

/// What is open, and what the page does about it.
#[derive(Default)]
struct Open {
    /// In the order in which it was opened: the `id` of a dialog, or [`LARGE`].
    stack: RefCell<Vec<String>>,
    /// Whether the page itself goes back. The browser does so later, and entries that are written
    /// meanwhile would be at the wrong place.
    leaves: Cell<bool>,
}

/// Stands for what fills the window. No dialog has this `id`.
const LARGE: &str = "data-large";

/// Watches what is open until it is dropped.
pub(crate) struct Back {
    observer: MutationObserver,
    _changed: Closure<dyn FnMut()>,
    _popped: EventListener,
}

impl Back {
    /// `None` where the browser has no history to write to.
    pub(crate) fn new(send: Callback<Action>) -> Option<Self> {
        let window = web_sys::window()?;
        let (document, history) = (window.document()?, window.history().ok()?);
        let open = Rc::new(Open::default());
        // After a reload nothing is open. Its entries are of no use.
        open.leave(&history, entry(&history));
        let changed = {
            let (document, history, open) = (document.clone(), history.clone(), open.clone());
            Closure::<dyn FnMut()>::new(move || open.follow(&document, &history))
        };
        let options = MutationObserverInit::new();
        options.set_attributes(true);
        options.set_subtree(true);
        options.set_attribute_filter(&js_sys::Array::of2(&"open".into(), &LARGE.into()));
        let observer = MutationObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        observer.observe_with_options(document.body()?.as_ref(), &options).ok()?;
        let popped = EventListener::new(&window, "popstate", move |_| {
            if open.leaves.replace(false) {
                return open.settle(&history);
            }
            // Forward leads to an entry of something that is not open any more.
            while open.stack.borrow().len() > entry(&history) {
                let Some(last) = open.stack.borrow_mut().pop() else { break };
                close(&document, &last, &send);
            }
        });
        Some(Self { observer, _changed: changed, _popped: popped })
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// How many were open at the present entry of the history.
fn entry(history: &History) -> usize {
    history.state().ok().and_then(|state| state.as_f64()).map_or(0, |open| open as usize)
}

impl Open {
    /// Compares what is open with what was.
    fn follow(&self, document: &Document, history: &History) {
        let now = found(document);
        let mut stack = self.stack.borrow_mut();
        stack.retain(|one| now.contains(one));
        for one in now {
            if !stack.contains(&one) {
                stack.push(one);
            }
        }
        drop(stack);
        if !self.leaves.get() {
            self.settle(history);
        }
    }

    /// Gives the history as many entries as there are open things.
    fn settle(&self, history: &History) {
        let (open, entries) = (self.stack.borrow().len(), entry(history));
        for number in entries + 1..=open {
            // A browser that refuses the entry leaves the page at Back, as it did without one.
            let _ = history.push_state(&JsValue::from_f64(number as f64), "");
        }
        self.leave(history, entries.saturating_sub(open));
    }

    /// Goes back by so many entries.
    fn leave(&self, history: &History, entries: usize) {
        if let Ok(entries @ 1..) = i32::try_from(entries) {
            // Fails only in a document that is not shown any more.
            self.leaves.set(history.go_with_delta(-entries).is_ok());
        }
    }
}

/// What is open now.
fn found(document: &Document) -> Vec<String> {
    let mut open = Vec::new();
    if document.query_selector("main[data-large]").ok().flatten().is_some() {
        open.push(LARGE.to_owned());
    }
    if let Ok(dialogs) = document.query_selector_all("dialog[open]") {
        let ids = (0..dialogs.length()).filter_map(|at| dialogs.item(at)?.dyn_into::<Element>().ok());
        open.extend(ids.map(|dialog| dialog.id()));
    }
    open
}

/// Closes what Back has left, as a person would.
fn close(document: &Document, one: &str, send: &Callback<Action>) {
    if one == LARGE {
        send.emit(Action::Stage(Change::Whole));
        return;
    }
    let button = document.get_element_by_id(one).and_then(|dialog| dialog.query_selector(CLOSES).ok().flatten());
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}
