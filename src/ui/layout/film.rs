//! The controls of the film: play, pause, step, slow, and the place on its time line.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    app::{
        Action, Put, Row, State,
        film::{Change, Forward},
        keys::{aria, hint},
    },
    present::format,
    ui::kit::{html::html, widgets::sends},
};

/// Steps of the control for the place: a thousandth of the film is less than a pixel of it.
const PLACES: f64 = 1000.0;

/// Whether the person asks for less motion.
pub(super) fn is_still() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok());
    query.flatten().is_some_and(|query| query.matches())
}

/// The controls; nothing if the rows make no payload.
pub(super) fn controls(state: &State, send: &Callback<Action>) -> Html {
    let Some(reel) = state.reel() else { return html! {} };
    let film = state.film;
    let bytes = state.rows.iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    let going = film.is_some_and(|film| film.going);
    let part = film.map_or(1.0, |film| film.at / reel.len());
    let button = |id: &'static str, name: &'static str, sign: &'static str, change: Change| {
        html! {
            <button type="button" {id} aria-label={name} title={format!("{name}. {}", hint(id).unwrap_or_default())}
                aria-keyshortcuts={aria(id)} onclick={sends(send, Action::Film(change))}>{ sign }</button>
        }
    };
    let seek = {
        let send = send.clone();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let place = input.map(|input| input.value_as_number()).filter(|place| place.is_finite());
            if let Some(place) = place {
                send.emit(Action::Film(Change::Seek(place / PLACES)));
            }
        })
    };
    html! {
        <div class="film" role="group" aria-label="Play building and putting">
            <button type="button" id="film-play" class={classes!("primary", going.then_some("going"))} title={hint("film-play")}
                aria-keyshortcuts={aria("film-play")} onclick={sends(send, Action::Film(Change::PlayOrPause))}>
                <svg width="11" height="11" viewBox="0 0 11 11" aria-hidden="true">
                    if going { <path d="M1 0.5h3v10h-3zM7 0.5h3v10h-3z" /> } else { <path d="M1 0l9.5 5.5l-9.5 5.5z" /> }
                </svg>
                { if going { "Pause" } else { "Play" } }
            </button>
            { button("film-before", "Back to the scene before", "‹", Change::Step(Forward::Before)) }
            { button("film-next", "To the end of the scene", "›", Change::Step(Forward::Next)) }
            <input id="film-place" type="range" min="0" max={PLACES.to_string()} step="1" aria-label="Place in the film"
                aria-valuetext={format!("{} %", (part * 100.0).round())} value={(part * PLACES).round().to_string()} oninput={seek} />
            <button type="button" id="film-slow" class="link" aria-pressed={if state.slow { "true" } else { "false" }}
                title="Play at a quarter of the speed" onclick={sends(send, Action::Film(Change::Slow(!state.slow)))}>{ "slow" }</button>
            <button type="button" id="stage-put" disabled={matches!(state.put, Put::UnderWay { .. })}
                title="Puts the payload; connects and subscribes first, where that is not done" onclick={sends(send, Action::SendIt)}>
                { "Put " }{ format::requested_size(bytes) }
            </button>
        </div>
    }
}
