//! A box of many lines of equal height. It scrolls like any other box, but draws only the lines in
//! view.

use std::{ops::Range, rc::Rc};

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

use crate::ui::kit::html::html;

use crate::present::rows::{anchored, scrolled_to, window};

/// The assumed height before the first measurement, in pixels.
const FIRST_HEIGHT: f64 = 400.0;

/// Within this distance of its end, in pixels, a box counts as scrolled to the end.
const AT_END: f64 = 8.0;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ScrollerProps {
    /// The `id` of the box.
    pub(crate) id: &'static str,
    /// The classes of the box.
    pub(crate) class: Classes,
    /// The role of the box for screen readers.
    pub(crate) role: &'static str,
    /// The name of the box for screen readers.
    pub(crate) label: AttrValue,
    /// The `id` of the text that explains its keys.
    #[prop_or_default]
    pub(crate) describedby: Option<&'static str>,
    /// The number of lines.
    pub(crate) count: usize,
    /// The height of each line, in pixels; as in the styles.
    pub(crate) line: f64,
    /// The height of the head, in pixels.
    #[prop_or_default]
    pub(crate) head_height: f64,
    /// The head above the lines. It does not scroll.
    #[prop_or_default]
    pub(crate) head: Html,
    /// The number of rows and columns, for grids.
    #[prop_or_default]
    pub(crate) size: Option<(usize, usize)>,
    /// The line with the keyboard's cursor, and the `id` of that line or of a part of it.
    #[prop_or_default]
    pub(crate) active: Option<(usize, AttrValue)>,
    /// A line to show, after a number. The box scrolls to the line whenever the number changes.
    #[prop_or_default]
    pub(crate) show: (u64, usize),
    /// A number for each line, where lines are added and removed. The line at the top stays there,
    /// see [`anchored`].
    #[prop_or_default]
    pub(crate) numbers: Option<Rc<Vec<u64>>>,
    /// Whether the end stays in view when lines are added.
    #[prop_or_default]
    pub(crate) follows: bool,
    /// Draws lines.
    pub(crate) draw: Callback<Range<usize>, Html>,
    /// Handles the keys.
    pub(crate) onkeydown: Callback<KeyboardEvent>,
    /// Handles clicks.
    pub(crate) onclick: Callback<MouseEvent>,
    /// Handles the pointer over a line.
    #[prop_or_default]
    pub(crate) onpointerover: Option<Callback<PointerEvent>>,
    /// Handles the pointer when it leaves the box.
    #[prop_or_default]
    pub(crate) onpointerleave: Option<Callback<PointerEvent>>,
}

pub(crate) enum Msg {
    Scrolled,
    Measured(f64),
}

/// The scrolling box.
pub(crate) struct Scroller {
    node: NodeRef,
    top: f64,
    height: f64,
    at_end: bool,
    shown: u64,
    /// The number of lines in the last drawing.
    count: usize,
    /// Whether the box must still scroll to the new place of its lines.
    carried: bool,
    watched: Option<Watched>,
}

/// Watches a size until the box drops it.
struct Watched {
    observer: ResizeObserver,
    _resized: Closure<dyn FnMut()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl Scroller {
    /// The height that remains for lines, in pixels.
    fn room(&self, props: &ScrollerProps) -> f64 {
        (self.height - props.head_height).max(props.line)
    }

    fn watch(&mut self, ctx: &Context<Self>) {
        let Some(element) = self.node.cast::<HtmlElement>() else { return };
        let (link, watched) = (ctx.link().clone(), element.clone());
        let resized = Closure::<dyn FnMut()>::new(move || {
            let (link, watched) = (link.clone(), watched.clone());
            // After the observer's own round: drawing inside it would change sizes that it still
            // has to report.
            Timeout::new(0, move || link.send_message(Msg::Measured(f64::from(watched.client_height())))).forget();
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&element);
            self.watched = Some(Watched { observer, _resized: resized });
        }
    }
}

impl Component for Scroller {
    type Message = Msg;
    type Properties = ScrollerProps;

    fn create(ctx: &Context<Self>) -> Self {
        Self {
            node: NodeRef::default(),
            top: 0.0,
            height: FIRST_HEIGHT,
            at_end: ctx.props().follows,
            shown: u64::MAX,
            count: 0,
            carried: false,
            watched: None,
        }
    }

    fn update(&mut self, _ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Scrolled => {
                let Some(element) = self.node.cast::<HtmlElement>() else { return false };
                let top = f64::from(element.scroll_top());
                let end = f64::from(element.scroll_height() - element.client_height());
                self.at_end = top + AT_END >= end;
                let changed = top != self.top;
                self.top = top;
                changed
            }
            // A closed box has no height. The old height is right when the person opens it again.
            Msg::Measured(height) if height <= 0.0 || height == self.height => false,
            Msg::Measured(height) => {
                self.height = height;
                true
            }
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &ScrollerProps) -> bool {
        let props = ctx.props();
        if let (Some(old), Some(new)) = (&old.numbers, &props.numbers)
            && !Rc::ptr_eq(old, new)
            && !(props.follows && self.at_end)
        {
            let top = anchored(self.top, props.line, old, new);
            self.carried |= top != self.top;
            self.top = top;
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.watch(ctx);
        }
        let props = ctx.props();
        let Some(element) = self.node.cast::<HtmlElement>() else { return };
        // Asking for the position makes the browser compute the layout, so plain scrolling must not
        // ask.
        let other_lines = std::mem::replace(&mut self.count, props.count) != props.count;
        let carried = std::mem::take(&mut self.carried);
        if self.shown == props.show.0 && !other_lines && !carried {
            return;
        }
        if carried {
            element.set_scroll_top(self.top as i32);
        }
        let top = f64::from(element.scroll_top());
        if self.shown != props.show.0 {
            self.shown = props.show.0;
            if let Some(top) = scrolled_to(props.show.1, top, self.room(props), props.line) {
                element.set_scroll_top(top as i32);
            }
        } else if props.follows && self.at_end {
            element.set_scroll_top(element.scroll_height());
        }
        // With fewer lines than before, the browser has scrolled on its own.
        let now = f64::from(element.scroll_top());
        if now != self.top {
            ctx.link().send_message(Msg::Scrolled);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let last = (props.count as f64 * props.line - self.room(props)).max(0.0);
        let range = window(self.top.min(last), self.room(props), props.line, props.count);
        // Lines that are not drawn cannot be the active ones.
        let active = props.active.as_ref().filter(|(line, _)| range.contains(line)).map(|(_, id)| id.clone());
        let pad = |lines: usize| {
            html! { <svg class="pad" width="1" height={(lines as f64 * props.line).to_string()} aria-hidden="true"></svg> }
        };
        html! {
            <div ref={self.node.clone()} id={props.id} class={classes!("scroller", props.class.clone())} role={props.role} tabindex="0"
                aria-label={props.label.clone()} aria-describedby={props.describedby} aria-activedescendant={active}
                aria-rowcount={props.size.map(|(rows, _)| rows.to_string())} aria-colcount={props.size.map(|(_, columns)| columns.to_string())}
                onscroll={ctx.link().callback(|_| Msg::Scrolled)} onkeydown={props.onkeydown.clone()} onclick={props.onclick.clone()}
                onpointerover={props.onpointerover.clone()} onpointerleave={props.onpointerleave.clone()}>
                { props.head.clone() }
                { pad(range.start) }
                { props.draw.emit(range.clone()) }
                { pad(props.count.saturating_sub(range.end)) }
            </div>
        }
    }
}
