//! The teacher's view of a class: who may join, who is there, and the wall.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    app::{
        Action, State,
        class::{Change, Role, Teaching, experiment::Press, name::Invited},
        locator::{HUB, code_of},
        stage,
    },
    outside::shown,
    present::class::wall::{self, STRIP, Tile},
    ui::{
        class::experiment::ExperimentView,
        kit::html::html,
        kit::widgets::{hue, problem, sends},
        share::{code, here},
    },
    web::address,
};

fn button(id: &'static str, label: &'static str, send: &Callback<Action>, change: Change) -> Html {
    html! { <button type="button" {id} onclick={sends(send, Action::Class(change))}>{ label }</button> }
}

/// The button in the top bar.
pub(in crate::ui) fn class_button(state: &State, send: &Callback<Action>) -> Html {
    let (title, pressed) = match &state.classroom.role {
        Role::Student(_) => return html! {},
        Role::Teacher(_) => ("Your class", state.stage.large == Some(stage::Large::Class)),
        Role::Outside | Role::Door(_) => ("Class: open one for others to join", false),
    };
    html! {
        <button type="button" class="icon" id="class-open" aria-label={title} {title} aria-pressed={if pressed { "true" } else { "false" }}
            onclick={sends(send, Action::Class(Change::Teach))}>
            <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <path class="line" d="M6.5 8a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5M1.5 15c0-6 10-6 10 0M12 7.5a2 2 0 1 0-1-3.8M13 10c2.5 0 3.5 2 3.5 4.5" />
            </svg>
        </button>
    }
}

/// The link by which a page joins: that of the lab for others, with its code, or of this page.
fn link(state: &State, teaching: &Teaching) -> String {
    let invited = Invited { class: teaching.class.clone(), name: String::new(), teaches: false }.link();
    if let Some(first) = state.surroundings.class.links.first() {
        return format!("{first}{invited}");
    }
    let code = match code_of(&state.locator) {
        "" => String::new(),
        code => format!("?code={code}"),
    };
    address::with(&format!("{code}{invited}"))
}

/// The view, while it fills the window.
pub(in crate::ui) fn view(state: &Rc<State>, send: &Callback<Action>) -> Html {
    let Some(teaching) = state.classroom.teaching().filter(|_| state.stage.large == Some(stage::Large::Class)) else {
        return html! {};
    };
    let (link, step) = (link(state, teaching), state.lessons.link());
    let gone = teaching.seats.iter().any(|seat| wall::presence(seat.tile.presence).0 == "gone");
    html! {
        <section id="teaching" aria-labelledby="head-teaching" data-class={teaching.class.clone()}>
            <header class="line">
                <h2 id="head-teaching">{ "Class " }{ &teaching.class }</h2>
                <p id="class-people" role="status">{ wall::people(teaching, step.as_deref()) }</p>
                <span class="line">
                    { shows(teaching, send) }
                    { button("class-scene", "Set up my scene in all pages", send, Change::PutScene) }
                    if let Some(scene) = &teaching.scene {
                        <span id="class-scene-is" data-n={scene.n.to_string()}>{ format!("Scene {} is in all pages.", scene.n) }</span>
                        { button("class-scene-take", "Not in pages that join later", send, Change::TakeScene) }
                    }
                    if gone { { button("class-forget", "Forget who is gone", send, Change::ForgetGone) } }
                    <button type="button" id="class-whole" onclick={sends(send, Action::Stage(stage::Change::Whole))}>{ "Show the page" }</button>
                    { button("class-end", "End the class", send, Change::Leave) }
                </span>
            </header>
            if let Some(cause) = &teaching.problem { { problem("class-scene-problem", cause) } }
            { for wall::doubts(teaching).into_iter().map(|doubt| html! { <p class="problem" role="alert">{ doubt }</p> }) }
            if teaching.shows_experiment {
                <ExperimentView state={state.clone()} send={send.clone()} />
            } else {
            <div class="class-parts">
                <div id="class-join-here">
                    { code(&link, "class-qr") }
                    <p class="mono" id="class-link">{ shown(&link) }</p>
                    if let Some(code) = wall::code(&link) { <p>{ "code " }<strong class="mono" id="class-lab-code">{ code }</strong></p> }
                    <p class="quiet">{ whom(state, &link) }</p>
                </div>
                <ol id="wall" aria-label="The wall: what arrives, by student">
                    { for wall::tiles(teaching).iter().zip(&teaching.seats).map(|(one, seat)| tile(one, [seat.tile.count, seat.tile.compared, seat.tile.missing])) }
                    if teaching.seats.is_empty() { <li class="quiet">{ "No page has joined yet." }</li> }
                </ol>
            </div>
            }
        </section>
    }
}

/// The two buttons that choose what the view shows.
fn shows(teaching: &Teaching, send: &Callback<Action>) -> Html {
    let choices = [("class-wall", "Wall", false), ("class-experiments", "Experiment", true)];
    html! {
        { for choices.map(|(id, label, shows)| html! {
            <button type="button" {id} aria-pressed={if teaching.shows_experiment == shows { "true" } else { "false" }}
                onclick={sends(send, Action::Class(Change::Experiment(Press::Show(shows))))}>{ label }</button>
        }) }
    }
}

/// Who can follow the link.
fn whom(state: &State, link: &str) -> &'static str {
    if state.locator == HUB {
        "The router is inside this browser: open the link in other tabs of it."
    } else if here(link).is_empty() {
        "Open it on a phone, give a name, and join."
    } else {
        "This address is one of this machine only. For others, start the lab with scripts/serve --lan."
    }
}

fn tile(tile: &Tile, counts: [u64; 3]) -> Html {
    let [count, compared, missing] = counts.map(|count| count.to_string());
    let number = |value: f64| format!("{value:.1}");
    let line = |class: &'static str, words: &str| {
        html! { <p {class} title={words.to_owned()}>{ words }</p> }
    };
    html! {
        <li key={tile.name.clone()} class="tile" data-name={tile.name.clone()} data-state={tile.state} data-count={count}
            data-compared={compared} data-missing={missing} data-most={tile.most.then_some("true")}>
            <p class="tile-name"><bdi>{ &tile.name }</bdi></p>
            { line("tile-place", &tile.place) }
            <svg class="tile-strip" viewBox={format!("0 0 {STRIP} 8")} preserveAspectRatio="none" aria-hidden="true">
                { for tile.strip.iter().enumerate().map(|(at, piece)| html! {
                    <rect class={hue(at)} data-mode={piece.mode.name()} x={number(piece.x)} width={number(piece.width - 0.6)} height="8" />
                }) }
            </svg>
            { line("", &tile.data) }
            { line("", &tile.rate) }
            { line("tile-missing", &tile.missing) }
            <svg class="tile-share" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                <rect width={number(100.0 * tile.share)} height="3" />
            </svg>
        </li>
    }
}
