//! Whether the page is on its way to paper. What is printed is drawn for the paper's width, just
//! before the browser prints it.

use gloo_events::EventListener;
use yew::prelude::*;

/// Width of the printed page in its own pixels: 190 mm, at the scale that the styles for print have.
pub(crate) const WIDTH: f64 = 897.0;

/// Calls `printing` before and after the browser prints, until this is dropped. What it draws then is
/// printed: Yew draws before the browser goes on.
pub(crate) fn listen(printing: impl Fn(bool) + Clone + 'static) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    [("beforeprint", true), ("afterprint", false)]
        .map(|(event, begins)| {
            let printing = printing.clone();
            EventListener::new(&window, event, move |_| printing(begins))
        })
        .into()
}

/// Whether the browser prints just now.
#[hook]
pub(crate) fn use_printing() -> bool {
    let printing = use_state_eq(|| false);
    let set = printing.setter();
    use_effect_with((), move |()| {
        let listens = listen(move |now| set.set(now));
        move || drop(listens)
    });
    *printing
}
