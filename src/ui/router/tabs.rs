//! The tabs of the Router pane: the operations of a session. The pane shows one at a time.

mod answer;
mod get;
mod link;
mod live;
mod liveliness;
mod put;
mod samples;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;
use zbytes_session::web::command::Unfinished;

use crate::{
    app::{
        Action, Declaration, State,
        session::{Change, Entity, Tab},
    },
    outside::Ends,
};
use crate::{
    present::format,
    ui::{
        kit::{
            html::html,
            text_field::TextField,
            widgets::{AskingProps, problem, sends, submits},
        },
        wire::dialog::WireTab,
    },
};

/// The tabs: one stop for the keyboard, with arrows, Home and End inside.
pub(crate) fn tabs(state: &State, send: &Callback<Action>) -> Html {
    let at = Tab::ALL.iter().position(|tab| *tab == state.api.tab).unwrap_or_default();
    let last = Tab::ALL.len() - 1;
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1) % (last + 1),
                "ArrowLeft" => (at + last) % (last + 1),
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            event.prevent_default();
            let Some(tab) = Tab::ALL.get(to) else { return };
            send.emit(Change::Tab(*tab).into());
            let document = web_sys::window().and_then(|window| window.document());
            let button = document.and_then(|document| document.get_element_by_id(&format!("tab-{}", tab.key())));
            if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                // Fails for an element that cannot take the focus. The focus stays where it is
                // then.
                let _ = button.focus();
            }
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label="What to do with the session" {onkeydown}>
            { for Tab::ALL.iter().map(|tab| {
                let chosen = *tab == state.api.tab;
                html! {
                    <button type="button" role="tab" id={format!("tab-{}", tab.key())} aria-selected={chosen.to_string()}
                        aria-controls="session-view" tabindex={if chosen { "0" } else { "-1" }}
                        onclick={sends(send, Change::Tab(*tab).into())} data-label={tab.name()}>{ tab.name() }</button>
                }
            }) }
        </div>
    }
}

/// The content of the open tab.
pub(crate) fn view(props: &AskingProps) -> Html {
    let AskingProps { state, send, .. } = props;
    let tab = state.api.tab;
    html! {
        <div role="tabpanel" id="session-view" aria-labelledby={format!("tab-{}", tab.key())} key={tab.key()}>
            { match tab {
                Tab::Put => put::put(props),
                Tab::Get => get::get(state, send),
                Tab::Answer => answer::answer(state, send),
                Tab::Liveliness => liveliness::liveliness(state, send),
                Tab::Link => link::link(state),
                Tab::Wire => html! { <WireTab ..props.clone() /> },
            } }
        </div>
    }
}

/// The unfinished operations in words, as in `1 put, 2 gets`.
pub(crate) fn counts(Unfinished { puts, gets, fences }: &Unfinished) -> String {
    let named = [("put", *puts), ("get", *gets), ("fence", *fences)].into_iter().filter(|(_, count)| *count > 0);
    named.map(|(noun, count)| format::plural(count, noun)).collect::<Vec<_>>().join(", ")
}

/// A line for declaring a key expression, and below it the reason of a failure.
fn declaration(
    state: &State,
    send: &Callback<Action>,
    entity: Entity,
    label: &'static str,
    (key, declared): (&str, &Declaration),
    retype: fn(String) -> Change,
    [declare, undeclare]: [&'static str; 2],
) -> Html {
    let (id, problem_id) = match entity {
        Entity::Queryable => ("answer-key", "answer-key-problem"),
        Entity::Token => ("token-key", "token-key-problem"),
        Entity::Watch => ("alive-key", "alive-key-problem"),
    };
    let holds = matches!(declared, Declaration::Declared(_));
    let (change, words) =
        if holds { (Change::Undeclare(entity), "undeclare") } else { (Change::Declare(entity), "declare") };
    // One button for both actions, so that it keeps the focus.
    html! {
        <>
            <form class="line" onsubmit={submits(send, change.into())}>
                <label for={id}>{ label }</label>
                <TextField {id} class="mono" value={key.to_owned()} change={send.reform(move |text| retype(text).into())} ends={Ends::Kept}
                    readonly={holds} />
                <button type="submit" id={format!("{id}-{words}")} disabled={!state.session.is_open() && !holds}>
                    { if holds { undeclare } else { declare } }</button>
            </form>
            if let Declaration::Failed(cause) = declared {
                <div class="under">{ problem(problem_id, cause) }</div>
            }
        </>
    }
}

/// What the person must do first without a session.
fn connect_first(state: &State, what: &'static str) -> Html {
    html! { if !state.session.is_open() { <p class="quiet under">{ "Connect to a router to " }{ what }{ "." }</p> } }
}
