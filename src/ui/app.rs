//! The root component: state, errands, top bar, and the five panes.

use std::rc::Rc;

use gloo_events::EventListener;
use yew::prelude::*;

use super::{
    dialogs::Dialogs,
    help::{HelpButton, WordsButton},
    notice::notice,
    ownership::OwnershipPane,
};
use crate::ui::{
    build::pane::BuildPane,
    cost::pane::CostPane,
    kit::{
        keys,
        pointing::Pointing,
        theme::ThemeButton,
        widgets::{PaneProps, Patterns, Select},
    },
    layout::pane::LayoutPane,
    router::pane::RouterPane,
};
use crate::{
    app::{Action, Preset, Session, Setup, State, keys::aria, positions},
    outside::shown,
    web::Errands,
};

/// The panes: the `id` that the page's sections carry, and the name.
const PANES: [(&str, &str); 5] = [
    ("pane-build", "Build"),
    ("pane-layout", "Layout"),
    ("pane-cost", "Cost"),
    ("pane-router", "Router"),
    ("pane-ownership", "Ownership"),
];

/// Holds the state of the page, and draws its top bar and panes.
pub struct App {
    state: Rc<State>,
    /// The same state, except for the part that only Layout shows. While the person zooms there,
    /// the other panes need not draw again.
    calm: Rc<State>,
    errands: Errands,
    send: Callback<Action>,
    _keys: Option<EventListener>,
    _pointing: Option<Pointing>,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let send = ctx.link().callback(|action: Action| action);
        let errands = Errands::new(send.clone());
        let state = Rc::new(State::default());
        let keys = keys::listen(send.clone());
        let pointing = Pointing::new(&send);
        Self { calm: state.clone(), state, errands, send, _keys: keys, _pointing: pointing }
    }

    fn update(&mut self, _ctx: &Context<Self>, action: Action) -> bool {
        let before = self.state.clone();
        let calm = matches!(action, Action::Zoom(_));
        for effect in Rc::make_mut(&mut self.state).apply(action) {
            self.errands.carry_out(effect);
        }
        if Setup::differs(&before, &self.state) {
            self.errands.keep(&self.state);
        }
        // Drawing takes longer than comparing: a state is small, even when the payload is large.
        let changed = before != self.state;
        if changed && !calm {
            self.calm = self.state.clone();
        }
        changed
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let pane = PaneProps { state: self.calm.clone(), send: self.send.clone() };
        let pieces = positions(&self.state.rows).last().map_or(0, |positions| positions.end);
        html! {
            <>
                <Patterns count={if self.state.looking.is_some() || self.state.wire.kept.frames > 0 { usize::MAX } else { pieces }} />
                <TopBar ..pane.clone() />
                <main>
                    <p class="lead">
                        { "A zenoh payload can be many pieces of memory, sent as one. See which bytes get copied on the way, and \
                           what that costs. " }
                        <WordsButton />
                    </p>
                    { notice(&self.state, &self.send) }
                    <div class="panes">
                        <BuildPane state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                        <LayoutPane state={self.state.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                        <CostPane ..pane.clone() />
                        <RouterPane state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                        <OwnershipPane ..pane.clone() />
                    </div>
                </main>
                <PaneBar />
                { keys::said() }
                <Dialogs state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
            </>
        }
    }
}

/// Describes the session in words, and as one word for tests and styles.
fn session_words(state: &State) -> (&'static str, &'static str, String) {
    match &state.session {
        Session::Closed => ("closed", "Not connected", String::new()),
        Session::Connecting => ("connecting", "Connecting", format!("to {}", shown(&state.locator))),
        Session::Open(info) => {
            let id: String = info.router_zid.to_string().chars().take(8).collect();
            ("open", "Connected", format!("router {id}…, {}", shown(&state.locator)))
        }
        // Without the parts that change with every attempt: a screen reader reads it aloud.
        Session::Lost(lost) => ("lost", "Reconnecting", lost.problem.title.clone()),
        Session::Failed(problem) => ("failed", "Not connected", problem.title.clone()),
    }
}

#[component]
fn TopBar(props: &PaneProps) -> Html {
    let state = &props.state;
    let own = AttrValue::from("own");
    let mut options: Vec<(AttrValue, AttrValue)> =
        Preset::ALL.iter().map(|preset| (preset.key().into(), preset.name().into())).collect();
    if state.preset.is_none() {
        options.push((own.clone(), "own rows".into()));
    }
    let value = state.preset.map_or(own, |preset| preset.key().into());
    let choose = {
        let send = props.send.clone();
        Callback::from(move |key: String| {
            if let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.key() == key) {
                send.emit(Action::Preset(preset));
            }
        })
    };
    let (word, short, long) = session_words(state);
    html! {
        <header class="top">
            <h1>
                <svg class="mark" width="26" height="13" viewBox="0 0 26 13" aria-hidden="true">
                    <rect class="line" x="1" y="1.5" width="4" height="10" />
                    <rect class="ink" x="7" y="0.5" width="12" height="12" />
                    <rect class="line" x="21" y="1.5" width="4" height="10" />
                </svg>
                <span class="name">{ "ZBytes Lab" }</span>
            </h1>
            <label class="preset"><span class="quiet">{ "Preset" }</span><Select id="preset" {value} {options} {choose} /></label>
            <p class="session" id="session" data-state={word} role="status">
                <span class="dot" aria-hidden="true"></span>
                <strong>{ short }</strong>
                if !long.is_empty() { <span class="quiet session-more">{ " " }{ long }</span> }
            </p>
            <ThemeButton />
            <HelpButton />
        </header>
    }
}

/// The bar at the foot of a phone. It scrolls to a pane, and shows which pane is in view.
#[component]
fn PaneBar() -> Html {
    let current = use_state_eq(|| 0usize);
    {
        let current = current.setter();
        use_effect_with((), move |()| {
            let listener = web_sys::window().map(|window| {
                EventListener::new(&window, "scroll", move |_| {
                    current.set(pane_in_view());
                })
            });
            move || drop(listener)
        });
    }
    html! {
        <nav class="pane-bar" aria-label="Panes">
            { for PANES.iter().enumerate().map(|(at, (id, name))| {
                let onclick = Callback::from(move |_: MouseEvent| {
                    if let Some(element) = element(id) {
                        element.scroll_into_view();
                    }
                });
                html! {
                    <button type="button" {onclick} aria-keyshortcuts={aria(id)} aria-current={(*current == at).then_some("true")}>
                        <span class="quiet" aria-hidden="true">{ at + 1 }</span>{ *name }
                    </button>
                }
            }) }
        </nav>
    }
}

fn element(id: &str) -> Option<web_sys::Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

/// Whether the window shows the end of the page. The last pane may be too short for its head to
/// reach the upper edge.
fn at_the_end() -> Option<bool> {
    let window = web_sys::window()?;
    let page = f64::from(window.document()?.document_element()?.scroll_height());
    let seen = window.scroll_y().ok()? + window.inner_height().ok()?.as_f64()?;
    Some(seen + 4.0 >= page && window.scroll_y().ok()? > 0.0)
}

/// The last pane whose head is near or above the upper edge of the window.
fn pane_in_view() -> usize {
    if at_the_end().unwrap_or(false) {
        return PANES.len() - 1;
    }
    let above = |id: &str| element(id).is_some_and(|pane| pane.get_bounding_client_rect().top() < 160.0);
    PANES.iter().rposition(|(id, _)| above(id)).unwrap_or(0)
}
