//! The Cost pane: what copying costs on this payload, in this browser.

use yew::prelude::*;

use super::widgets::{PaneProps, pane_head, sends};
use crate::app::Action;

/// The pane.
#[component]
pub(super) fn CostPane(props: &PaneProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    let control = html! {
        <button type="button" class="primary" id="measure" onclick={sends(send, Action::Measure)}>{ "Measure" }</button>
    };
    html! {
        <section class="pane cost" id="pane-cost" aria-labelledby="head-cost">
            { pane_head(3, "head-cost", "Cost", "measured here, on this payload", control) }
            <button id="cancel" onclick={sends(send, Action::StopMeasuring)}>{ "c" }</button>
            { for crate::measure::run::Scenario::ALL.into_iter().enumerate().map(|(i, s)| html! { <button id={format!("s{i}")} onclick={sends(send, Action::Scenario(s))}>{ i }</button> }) }
            <div class="cost-body">{ format!("{:?} {}", state.cost.status, state.cost.history.len()) }</div>
            <pre id="raw">{ state.cost.shown.as_ref().map(|r| r.0.to_json()) }</pre>
        </section>
    }
}
