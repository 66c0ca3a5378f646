//! The runs that the browser keeps. The person shows one, compares two, removes one, or opens one
//! from a file.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    app::{Action, Shown},
    web::runs,
};
use crate::{
    present::cost::{reading, tables},
    ui::{
        cost::results::{table, use_reading},
        kit::html::html,
        kit::widgets::sends,
    },
};

#[derive(PartialEq, Properties)]
pub(crate) struct HistoryProps {
    /// The runs, newest first.
    pub(crate) runs: Vec<Shown>,
    /// The id of the run in view.
    pub(crate) shown: Option<u64>,
    /// The id of the run with which it is compared.
    pub(crate) other: Option<u64>,
    /// Sends actions to the root component.
    pub(crate) send: Callback<Action>,
}

/// The list of kept runs.
#[component]
pub(crate) fn History(props: &HistoryProps) -> Html {
    let send = &props.send;
    let onchange = {
        let send = send.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                runs::read(file, send.clone());
            }
            // Empties the input, so that the person can open the same file again.
            input.set_value("");
        })
    };
    let comparable = props.shown.is_some();
    html! {
        <section class="history" id="history-panel" aria-label="Runs that this browser keeps">
            if props.runs.is_empty() { <p class="quiet">{ "No run is kept yet. Every run that you measure is kept in this browser." }</p> }
            <ul id="history-list">
                { for props.runs.iter().map(|kept| {
                    let run = &*kept.0;
                    let (id, shown, other) = (run.id, props.shown == Some(run.id), props.other == Some(run.id));
                    html! {
                        <li key={id.to_string()} data-id={id.to_string()} aria-current={shown.then_some("true")}>
                            <div class="run-words">
                                <button type="button" class="link" id={format!("run-show-{id}")} onclick={sends(send, Action::Show(id))}
                                    aria-pressed={if shown { "true" } else { "false" }}>{ reading::when(id) }</button>
                                <span>{ &run.subject }</span>
                                <span class="quiet">{ reading::scenario_name(run.scenario) }</span>
                                <span class="quiet">{ reading::brief(run) }</span>
                                if run.partial { <strong class="mark-box">{ "partial" }</strong> }
                            </div>
                            <div class="run-controls">
                                if comparable && !shown {
                                    <button type="button" class="link" id={format!("run-compare-{id}")}
                                        aria-pressed={if other { "true" } else { "false" }}
                                        onclick={sends(send, Action::Compare((!other).then_some(id)))}>{ "Compare" }</button>
                                }
                                <button type="button" class="link" id={format!("run-remove-{id}")} onclick={sends(send, Action::ForgetRun(id))}
                                    aria-label={format!("Remove the run of {}", reading::when(id))}>{ "Remove" }</button>
                            </div>
                        </li>
                    }
                }) }
            </ul>
            <p class="open-run">
                <span class="add-file">
                    <input type="file" class="unseen" id="open-run" accept=".json,application/json" aria-label="Open a run" {onchange} />
                    <label class="link" for="open-run">{ "Open a run …" }</label>
                </span>
                <span class="quiet">{ "a JSON file that was exported here" }</span>
            </p>
        </section>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ComparedProps {
    /// The run in view.
    pub(crate) run: Shown,
    /// The run with which it is compared.
    pub(crate) other: Shown,
    /// Sends actions to the root component.
    pub(crate) send: Callback<Action>,
}

/// Compares two runs, variant by variant.
#[component]
pub(crate) fn Compared(props: &ComparedProps) -> Html {
    let (mine, theirs) = (use_reading(&props.run), use_reading(&props.other));
    let found = tables::comparison(&mine.run.0, &mine.reading, &theirs.run.0, &theirs.reading);
    html! {
        <section class="compared" id="compared" aria-label="Two runs compared">
            <p>
                { "This run against that of " }<strong>{ reading::when(props.other.0.id) }</strong>{ ", " }{ &props.other.0.subject }{ ". " }
                <button type="button" class="link" id="compare-end" onclick={sends(&props.send, Action::Compare(None))}>{ "End comparing" }</button>
            </p>
            if let Some(found) = &found {
                { table(found) }
                <p class="quiet">
                    { "These runs were not taken in turns: they differ in time, and perhaps in machine, browser or payload. \
                       The table shows a difference and not its cause." }
                </p>
            } else {
                <p class="quiet">{ "These runs measured different things: there is nothing to lay side by side." }</p>
            }
        </section>
    }
}
