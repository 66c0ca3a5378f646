//! Whether the page is on its way to paper. What is printed is drawn for the paper's width, just
//! before the browser prints it.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use yew::prelude::*;

/// Width of the printed page in its own pixels: 190 mm, at the scale that the styles for print have.
pub(crate) const WIDTH: f64 = 897.0;

/// What a browser calls the moments before and after.
const BEFORE: &str = "beforeprint";
const AFTER: &str = "afterprint";

/// Milliseconds until the page is drawn for paper, and until it is the screen's again where the
/// browser does not say that it has printed.
const SOON: u32 = 100;

/// Calls `printing` before and after the browser prints, until this is dropped. What it draws then is
/// printed: Yew draws before the browser goes on. Firefox goes on first, if the person prints by its own
/// command; see [`print`].
pub(crate) fn listen(printing: impl Fn(bool) + Clone + 'static) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    [(BEFORE, true), (AFTER, false)]
        .map(|(event, begins)| {
            let printing = printing.clone();
            EventListener::new(&window, event, move |_| printing(begins))
        })
        .into()
}

/// Prints the page, once it is drawn for paper.
pub(crate) fn print() {
    tell(BEFORE);
    Timeout::new(SOON, || {
        if let Some(window) = web_sys::window() {
            // Fails in a browser that may not print, which says so itself. Others return when it is done.
            let _ = window.print();
        }
        Timeout::new(SOON, || tell(AFTER)).forget();
    })
    .forget();
}

fn tell(moment: &str) {
    let Some(window) = web_sys::window() else { return };
    // Every browser has this constructor, and what listens cannot fail.
    let _ = Event::new(moment).and_then(|event| window.dispatch_event(&event));
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
