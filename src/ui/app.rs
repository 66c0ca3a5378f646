//! The root component: state, errands, top bar, and the five panes.

use std::rc::Rc;

use gloo_events::EventListener;
use yew::prelude::*;

use super::{
    class,
    dialogs::Dialogs,
    help::{help_button, words_button},
    lesson::Strip,
    notice::notice,
    ownership::OwnershipPane,
    share::link_button,
};
use crate::ui::{
    build::{captured, pane::BuildPane},
    cost::pane::CostPane,
    kit::{
        back::Back,
        border,
        html::html,
        keys, notes,
        pointing::Pointing,
        still::still,
        terms::with_terms,
        theme::ThemeButton,
        widgets::{Choice, PaneProps, Patterns, Select, segmented, sends},
    },
    layout::pane::LayoutPane,
    router::pane::RouterPane,
};
use crate::{
    app::{
        Action, Event, Preset, Session, Setup, State,
        class::Event as Told,
        film, kept,
        keys::{aria, hint},
        lesson::{self, Page},
        locator::HUB,
        ownership::Experiment,
        positions,
        stage::{Below, Change, Large, Pane},
    },
    outside::shown,
    present,
    web::Errands,
};

/// Holds the state of the page, and draws its top bar and panes.
pub struct App {
    state: Rc<State>,
    /// The same state, except for the part that only Layout shows. While the person zooms there,
    /// the other panes need not draw again.
    calm: Rc<State>,
    /// The same, except for what a class tells twice a second: no pane shows it.
    panes: Rc<State>,
    errands: Errands,
    send: Callback<Action>,
    _keys: Option<EventListener>,
    _pointing: Option<Pointing>,
    _notes: Option<[EventListener; 6]>,
    _back: Option<Back>,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let send = ctx.link().callback(|action: Action| action);
        let (errands, first) = Errands::new(send.clone());
        let state = Rc::new(State::default());
        let keys = keys::listen(send.clone());
        let pointing = Pointing::new(&send);
        let back = Back::new(send.clone());
        let mut this = Self {
            calm: state.clone(),
            panes: state.clone(),
            state,
            errands,
            send,
            _keys: keys,
            _pointing: pointing,
            _notes: notes::listen(),
            _back: back,
        };
        // A page that was there before begins as that one, and not for a moment as a new one.
        for action in first {
            this.happen(action);
        }
        this
    }

    fn update(&mut self, _ctx: &Context<Self>, action: Action) -> bool {
        self.happen(action)
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let pane = PaneProps { state: self.calm.clone(), send: self.send.clone() };
        let pieces = positions(&self.state.rows).last().map_or(0, |positions| positions.end);
        html! {
            <>
                <Patterns count={if self.state.looking.is_some() || self.state.wire.kept.frames > 0 { usize::MAX } else { pieces }} />
                { top_bar(&pane) }
                <main data-below={self.state.stage.below.key()} data-large={self.state.stage.large.map(Large::key)}>
                    { class::strip(&self.state, &self.send) }
                    if self.state.lessons.page != Page::Closed {
                        <Strip state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                    }
                    <div class="lead">
                        <p>
                            { with_terms("A zenoh payload can be many pieces of memory, sent as one. See which bytes get copied on the way, \
                               and what that costs. ") }
                            { still(words_button) }
                        </p>
                        { invitations(self.state.locator == HUB, &self.send) }
                    </div>
                    { notice(&self.state, &self.send) }
                    { captured::sign(&self.state, &self.send) }
                    if let Some(problem) = &self.state.link_problem {
                        <div id="link-problem" class="problem" role="alert">
                            <strong>{ &problem.title }</strong>{ " " }{ &problem.detail }{ " " }
                            <button type="button" class="link" onclick={sends(&self.send, Action::LinkSeen)}>{ "Close" }</button>
                        </div>
                    }
                    { class::view(&self.state, &self.send) }
                    <div class="panes">
                        <BuildPane state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                        { still(border::behind_build) }
                        <LayoutPane state={self.panes.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                        { still(border::below_drawing) }
                        { below(self.state.stage.below, &self.send) }
                        <CostPane ..pane.clone() />
                        <RouterPane state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                        <OwnershipPane ..pane.clone() />
                        <Dialogs state={self.calm.clone()} send={self.send.clone()} errands={self.errands.clone()} />
                    </div>
                </main>
                <PaneBar />
                { keys::said() }
            </>
        }
    }
}

impl App {
    /// Lets an action happen. Whether the page must be drawn again.
    fn happen(&mut self, action: Action) -> bool {
        let before = self.state.clone();
        let mut is_wall = is_wall(&action);
        let calm = matches!(action, Action::Zoom(_) | Action::Film(film::Change::Passed(_)));
        for effect in Rc::make_mut(&mut self.state).apply(action) {
            self.errands.carry_out(effect);
        }
        if let Some(found) = present::lesson::noticed(&self.state) {
            is_wall = false;
            for effect in Rc::make_mut(&mut self.state).apply(Action::Lesson(found)) {
                self.errands.carry_out(effect);
            }
        }
        let links = |state: &State| (state.classroom.link(), state.lessons.link());
        if Setup::differs(&before, &self.state) || links(&before) != links(&self.state) {
            self.errands.keep(&self.state);
        }
        // Drawing takes longer than comparing: a state is small, even when the payload is large.
        let changed = before != self.state;
        if changed && !is_wall {
            self.panes = self.state.clone();
            if !calm {
                self.calm = self.state.clone();
            }
        }
        changed
    }
}

/// Whether nothing happens but that the wall of a class was told.
fn is_wall(action: &Action) -> bool {
    match action {
        Action::Many(actions) => !actions.is_empty() && actions.iter().all(is_wall),
        Action::Engine(Event::Class(told)) => matches!(told, Told::Wall(_)),
        _ => false,
    }
}

/// What a person can do first, each with one press.
fn invitations(hub: bool, send: &Callback<Action>) -> Html {
    let sends = if hub {
        "Connects to a router inside this browser, subscribes, and puts the payload"
    } else {
        "Connects to the lab’s router, subscribes, and puts the payload"
    };
    // Its finding is the one to remember: a write that shows after building.
    let breaks = Action::Many(vec![Action::Stage(Change::Reveal(Pane::Ownership)), Action::Try(Experiment::ALL[0])]);
    let one = |id: &'static str, name: &'static str, title: &'static str, action: Action, pane: Pane| {
        let send = send.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            send.emit(action.clone());
            scroll_to(pane);
        });
        html! { <button type="button" {id} {title} {onclick}>{ name }</button> }
    };
    html! {
        <div class="invitations" role="group" aria-label="Try first">
            { one("invite-watch", "Watch the copy", "Plays how every byte is copied: into one block, then into batches", Action::WatchTheCopy, Pane::Layout) }
            { one("invite-send", "Send it", sends, Action::SendIt, Pane::Router) }
            { one("invite-break", "Break it", "Writes into an array after the payload was built", breaks, Pane::Layout) }
            <button type="button" id="lessons" aria-keyshortcuts={aria("lessons")} title={hint("lessons")}
                onclick={send.reform(|_: MouseEvent| Action::Lesson(lesson::Change::List))}>{ "Lessons" }</button>
        </div>
    }
}

/// Chooses what has the place below the drawing, where only one pane has room there.
fn below(chosen: Below, send: &Callback<Action>) -> Html {
    let choices = Below::ALL.into_iter().map(|one| Choice {
        id: format!("below-{}", one.key()).into(),
        label: one.name(),
        chosen: one == chosen,
        choose: sends(send, Action::Stage(Change::Below(one))),
    });
    html! { <div class="below">{ segmented("What is below the drawing", "below", choices.collect()) }</div> }
}

/// Describes the session in words, and as one word for tests and styles.
fn session_words(state: &State) -> (&'static str, &'static str, String) {
    match &state.session {
        Session::Closed => ("closed", "Not connected", String::new()),
        Session::Connecting => ("connecting", "Connecting", format!("to {}", shown(&state.locator))),
        Session::Open(info) => {
            let id: String = info.router_zid.to_string().chars().take(8).collect();
            let inside = if state.locator == HUB { ", inside this browser" } else { "" };
            ("open", "Connected", format!("router {id}…, {}{inside}", shown(&state.locator)))
        }
        // Without the parts that change with every attempt: a screen reader reads it aloud.
        Session::Lost(lost) => ("lost", "Reconnecting", lost.problem.title.clone()),
        Session::Failed(problem) => ("failed", "Not connected", problem.title.clone()),
    }
}

/// What the choices of kept rows begin with. No preset has it in its key.
const KEPT: &str = "kept:";

/// The choice beside the presets that removes all rows.
const EMPTY: &str = "empty";

fn top_bar(props: &PaneProps) -> Html {
    let state = &props.state;
    let own = AttrValue::from("own");
    let mut options: Vec<(AttrValue, AttrValue)> =
        Preset::ALL.iter().map(|preset| (preset.key().into(), preset.name().into())).collect();
    options.push((EMPTY.into(), EMPTY.into()));
    let kept_key = |name: &str| AttrValue::from(format!("{KEPT}{name}"));
    options
        .extend(state.kept.iter().map(|kept| (kept_key(&kept.name), format!("{} (kept)", shown(&kept.name)).into())));
    let value = match (state.preset, state.kept_name()) {
        (Some(preset), _) => preset.key().into(),
        (None, Some(name)) => kept_key(name),
        (None, None) => {
            options.push((own.clone(), "own rows".into()));
            own
        }
    };
    let choose = {
        let send = props.send.clone();
        Callback::from(move |key: String| {
            if key == EMPTY {
                send.emit(Action::Empty);
            } else if let Some(name) = key.strip_prefix(KEPT) {
                send.emit(Action::Kept(kept::Change::Take(name.to_owned())));
            } else if let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.key() == key) {
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
            <button type="button" class="icon" id="presenter" aria-label="Presenter view" aria-keyshortcuts={aria("presenter")}
                aria-pressed={if state.stage.large == Some(Large::Presenter) { "true" } else { "false" }}
                title={format!("Presenter view. {}", hint("presenter").unwrap_or_default())}
                onclick={sends(&props.send, Action::Stage(Change::Large(Large::Presenter)))}>
                <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                    <path class="line" d="M1.5 2.5h15v9h-15zM9 11.5v4M5.5 15.5h7" />
                </svg>
            </button>
            { class::class_button(state, &props.send) }
            { still(link_button) }
            <ThemeButton />
            { still(help_button) }
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
            { for Pane::ALL.into_iter().enumerate().map(|(at, pane)| {
                let onclick = Callback::from(move |_: MouseEvent| {
                    if let Some(element) = element(pane.id()) {
                        element.scroll_into_view();
                    }
                });
                html! {
                    <button type="button" {onclick} aria-keyshortcuts={aria(pane.id())} aria-current={(*current == at).then_some("true")}>
                        <span class="quiet" aria-hidden="true">{ at + 1 }</span>{ pane.name() }
                    </button>
                }
            }) }
        </nav>
    }
}

/// Shows a pane in a page of one column, where it may be far below.
fn scroll_to(pane: Pane) {
    let query = web_sys::window().and_then(|window| window.match_media("(max-width: 999.98px)").ok()).flatten();
    if let Some(element) = element(pane.id()).filter(|_| query.is_some_and(|query| query.matches())) {
        element.scroll_into_view();
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
        return Pane::ALL.len() - 1;
    }
    let above = |id: &str| element(id).is_some_and(|pane| pane.get_bounding_client_rect().top() < 160.0);
    Pane::ALL.iter().rposition(|pane| above(pane.id())).unwrap_or(0)
}
