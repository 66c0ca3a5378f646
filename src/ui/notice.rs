//! The notice at the head of the page after an engine has died.

use yew::prelude::*;

use crate::ui::kit::html::html;

use super::kit::widgets::sends;
use crate::app::{Action, State, engine::Status};

/// What happened to the engine, and what the person can do. Empty while all is well.
pub(super) fn notice(state: &State, send: &Callback<Action>) -> Html {
    let Some(problem) = &state.engine.lost else { return html! {} };
    let (words, action, button) = match state.engine.status {
        Status::Stopped => (
            "It had not built a payload yet, so the next one may die as well. Make the rows shorter, and start it again.",
            Action::StartEngine,
            "Start the engine",
        ),
        Status::Starting => ("Another one starts.", Action::EngineSeen, "Close"),
        Status::Running => (
            "Another one has started with the rows. It connects again, if this one was connected.",
            Action::EngineSeen,
            "Close",
        ),
    };
    html! {
        <div id="engine-lost" class="problem" role="alert" data-status={format!("{:?}", state.engine.status).to_ascii_lowercase()}>
            <strong>{ &problem.title }</strong>{ " " }{ &problem.detail }{ " " }{ words }
            <div class="ways"><button type="button" onclick={sends(send, action)}>{ button }</button></div>
        </div>
    }
}
