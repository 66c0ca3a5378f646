//! Own rows, kept by name in the browser: to keep, to choose and to remove.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use crate::{
    app::{
        Action, State,
        kept::{Change, LONGEST_NAME},
    },
    outside::shown,
    ui::kit::{
        html::html,
        widgets::{problem, sends},
    },
};

/// The part of the pane, closed until the person opens it.
pub(super) fn keep(state: &State, send: &Callback<Action>) -> Html {
    let send_name = send.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let input = form.and_then(|form| form.query_selector("input").ok().flatten());
        if let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) {
            send_name.emit(Action::Kept(Change::Keep(input.value())));
            input.set_value("");
        }
    });
    let one = |name: &String| {
        let name = name.clone();
        let says = shown(&name);
        let button = |verb: &str, words: String, change: Change| {
            html! {
                <button type="button" class="link" aria-label={format!("{verb} {says}")} onclick={sends(send, Action::Kept(change))}>{ words }</button>
            }
        };
        html! {
            <li key={name.clone()}>
                { button("Choose", says.clone(), Change::Take(name.clone())) }
                { button("Remove", "Remove".to_owned(), Change::Remove(name)) }
            </li>
        }
    };
    html! {
        <details class="keep" id="keep">
            <summary>{ "Keep these rows" }</summary>
            <form class="keep-line" {onsubmit}>
                <label for="keep-name">{ "name" }</label>
                <input id="keep-name" type="text" maxlength={LONGEST_NAME.to_string()} autocomplete="off" spellcheck="false" />
                <button type="submit" id="keep-rows" disabled={state.rows.is_empty()}>{ "Keep" }</button>
            </form>
            if let Some(cause) = &state.kept_problem { { problem("keep-problem", cause) } }
            <ul id="kept">{ for state.kept.iter().map(|kept| one(&kept.name)) }</ul>
            <p class="quiet">{ "In this browser, beside the presets. Of a file, its name is kept. Undo brings back what you remove." }</p>
        </details>
    }
}
