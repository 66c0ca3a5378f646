//! Own rows, kept by name in the browser: to keep, to choose and to remove.

use yew::prelude::*;

use crate::{
    app::{
        Action,
        kept::{Change, LONGEST_NAME},
    },
    outside::{Ends, Outside},
    ui::kit::{
        text_field::TextField,
        widgets::{PaneProps, outside, problem, sends},
    },
};

/// The part of the pane, closed until the person opens it.
#[component]
pub(super) fn Keep(props: &PaneProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    let name = use_state(String::new);
    let onsubmit = {
        let (send, name) = (send.clone(), name.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            send.emit(Action::Kept(Change::Keep((*name).clone())));
            name.set(String::new());
        })
    };
    let change = {
        let name = name.setter();
        Callback::from(move |text| name.set(text))
    };
    let nothing = state.rows.is_empty() || name.trim().is_empty();
    html! {
        <details class="keep" id="keep">
            <summary>{ "Keep these rows" }</summary>
            <form class="keep-line" {onsubmit}>
                <label for="keep-name">{ "name" }</label>
                <TextField id="keep-name" value={(*name).clone()} {change} ends={Ends::LeftOut} most={LONGEST_NAME} />
                <button type="submit" id="keep-rows" disabled={nothing}>{ "Keep" }</button>
            </form>
            if let Some(cause) = &state.kept_problem { { problem("keep-problem", cause) } }
            <ul id="kept">
                { for state.kept.keys().map(|name| {
                    let shown: Outside = name.clone().into();
                    let label = |verb: &str| format!("{verb} {}", shown.shown());
                    html! {
                        <li key={name.clone()}>
                            <button type="button" class="link" aria-label={label("Choose")} onclick={sends(send, Action::Kept(Change::Take(name.clone())))}>
                                { outside(&shown) }
                            </button>
                            <button type="button" class="link" aria-label={label("Remove")} onclick={sends(send, Action::Kept(Change::Remove(name.clone())))}>
                                { "Remove" }
                            </button>
                        </li>
                    }
                }) }
            </ul>
            <p class="quiet">{ "In this browser, beside the presets. Of a file, its name is kept. Undo brings back what you remove." }</p>
        </details>
    }
}
