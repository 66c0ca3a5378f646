//! The listeners of the view: its size, and the wheel and the fingers over its lines.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element as Node, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::{BytesDialog, LINE, Msg, NARROW};

/// Listens until it is dropped.
pub(super) struct Watched {
    observer: Option<ResizeObserver>,
    _resized: Closure<dyn FnMut()>,
    _listeners: [EventListener; 2],
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

impl BytesDialog {
    pub(super) fn watch(&mut self, ctx: &Context<Self>) {
        let (Some(dialog), Some(area), Some(grid)) =
            (self.dialog.cast::<Node>(), self.area.cast::<HtmlElement>(), self.grid.cast::<Node>())
        else {
            return;
        };
        let link = ctx.link().clone();
        let watched = area.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            let (link, watched) = (link.clone(), watched.clone());
            // After the observer's own round: drawing inside of it would change sizes that it is
            // still reporting.
            Timeout::new(0, move || {
                let window =
                    web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
                let narrow = window.is_some_and(|width| width < NARROW);
                link.send_message(Msg::Measured { height: f64::from(watched.client_height()), narrow });
            })
            .forget();
        });
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(&area);
        }
        let closed = ctx.link().callback(|()| Msg::Closed);
        let wheel = ctx.link().callback(Msg::Wheel);
        let listeners = [
            EventListener::new(&dialog, "close", move |_| closed.emit(())),
            // Not passive, so that the page behind stays where it is.
            EventListener::new_with_options(
                &grid,
                "wheel",
                EventListenerOptions::enable_prevent_default(),
                move |event| {
                    let Some(event) = event.dyn_ref::<WheelEvent>() else { return };
                    if event.ctrl_key() || event.delta_y() == 0.0 {
                        return;
                    }
                    event.prevent_default();
                    let unit = match event.delta_mode() {
                        WheelEvent::DOM_DELTA_LINE => LINE,
                        WheelEvent::DOM_DELTA_PAGE => 10.0 * LINE,
                        _ => 1.0,
                    };
                    wheel.emit(event.delta_y() * unit);
                },
            ),
        ];
        self.watched = Some(Watched { observer, _resized: resized, _listeners: listeners });
    }
}
