//! The Cost pane: the cost of copying on this payload, in this browser.

use yew::prelude::*;

use crate::{
    app::{
        Action, Download, Problem, Shown, State, Status,
        cost::SVG,
        keys::{aria, hint},
        stage::Pane,
    },
    measure::course::Progress,
    run::Scenario,
};
use crate::{
    present::{
        cost::{export, plot::standalone, reading},
        format,
    },
    ui::{
        cost::{
            history::{Compared, History},
            results::{PlotKind, Read, Results, plotted, rich, use_reading},
        },
        kit::html::html,
        kit::widgets::{PaneProps, Select, keep_focus, pane_head, problem, sends},
    },
};

/// Width of an exported plot, in pixels.
const EXPORTED: f64 = 760.0;

/// The panel that is open above the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Panel {
    None,
    History,
    Export,
}

/// The pane.
#[component]
pub(crate) fn CostPane(props: &PaneProps) -> Html {
    let panel = use_state_eq(|| Panel::None);
    let (state, send) = (&props.state, &props.send);
    let cost = &state.cost;
    // One of the two buttons replaces the other. A person who had the focus on the one gets it on
    // the other.
    let untouched = use_mut_ref(|| true);
    use_effect_with(cost.is_measuring(), move |measuring| {
        if !untouched.replace(false) {
            keep_focus(&[if *measuring { "#cancel" } else { "#measure" }]);
        }
    });
    let toggle = |which: Panel, id: &'static str, label: String, disabled: bool| {
        let open = *panel == which;
        let setter = panel.setter();
        let onclick = Callback::from(move |_: MouseEvent| setter.set(if open { Panel::None } else { which }));
        html! {
            <button type="button" class="link" {id} {onclick} {disabled} aria-expanded={if open { "true" } else { "false" }}>{ label }</button>
        }
    };
    let history_words = match cost.history.len() {
        0 => "History".to_owned(),
        count => format!("History ({})", format::count(count)),
    };
    let controls = html! {
        <>
            { chooser(cost.scenario, send, cost.is_measuring()) }
            { toggle(Panel::History, "history", history_words, false) }
            { toggle(Panel::Export, "export", "Export".to_owned(), cost.shown.is_none()) }
            { main_control(state, send) }
        </>
    };
    html! {
        <section class="pane cost" id="pane-cost" tabindex="-1" aria-labelledby="head-cost">
            { pane_head(Pane::Cost, "", controls, state, send) }
            <div class="cost-body" aria-busy={cost.is_measuring().then_some("true")}>
                if *panel == Panel::History { { history(state, send) } }
                if *panel == Panel::Export { { exports(state, send) } }
                // Shown with any panel: the person must see that the browser did not keep a run.
                if let Some(cause) = &cost.storage { { problem("run-problem", cause) } }
                { match &cost.status {
                    Status::Failed(cause) => problem("cost-problem", cause),
                    Status::Measuring(progress) => measuring(progress),
                    Status::Idle => html! {},
                } }
                if let (true, Some(step)) = (state.surroundings.secure, state.surroundings.clock_step) {
                    <p class="notice" id="not-isolated">{ format!(
                        "The server of this page does not isolate it, so the clock moves in steps of {}. Loaded once more, the page \
                         isolates itself, in most browsers.",
                        format::time(step.as_nanos() as f64)
                    ) }</p>
                }
                if !cost.is_measuring() {
                    if cost.shown.is_some() {
                        { results(state, send) }
                    } else {
                        { not_measured(state) }
                    }
                }
            </div>
        </section>
    }
}

/// The kept runs.
fn history(state: &State, send: &Callback<Action>) -> Html {
    let cost = &state.cost;
    let id = |run: &Option<Shown>| run.as_ref().map(|run| run.0.id);
    html! { <History runs={cost.history.clone()} shown={id(&cost.shown)} other={id(&cost.other)} send={send.clone()} /> }
}

/// The shown run as files. Empty when the pane shows none.
fn exports(state: &State, send: &Callback<Action>) -> Html {
    html! { if let Some(run) = state.cost.shown.clone() { <Exports {run} send={send.clone()} /> } }
}

/// The shown run, and the run with which it is compared.
fn results(state: &State, send: &Callback<Action>) -> Html {
    let cost = &state.cost;
    let Some(run) = &cost.shown else { return html! {} };
    html! {
        <>
            { chosen_words(state, run) }
            if let Some(other) = cost.other.as_ref().filter(|other| *other != run) {
                <Compared run={run.clone()} other={other.clone()} send={send.clone()} />
            }
            <Results run={run.clone()} stale={is_stale(state, run)} connected={state.session.is_open()} send={send.clone()} />
        </>
    }
}

/// Whether the rows differ from those that the run measured.
fn is_stale(state: &State, run: &Shown) -> bool {
    run.0.scenario.is_about_rows() && state.cost.measured != Some(state.revision)
}

/// Describes the chosen scenario when the result below belongs to another one. Says why the page
/// cannot measure it now, if so.
fn chosen_words(state: &State, shown: &Shown) -> Html {
    let scenario = state.cost.scenario;
    let why = hindrance(state).map(|why| html! { <p class="note" id="cost-hindrance">{ why }</p> });
    if shown.0.scenario == scenario {
        return why.unwrap_or_default();
    }
    let (question, how) = reading::question(scenario);
    html! {
        <div class="chosen" id="cost-chosen">
            { for why }
            <p><strong>{ question }</strong>{ " " }{ rich(how) }</p>
            <p class="quiet">{ format!("Not measured yet. Below: {}.", reading::scenario_name(shown.0.scenario)) }</p>
        </div>
    }
}

fn chooser(chosen: Scenario, send: &Callback<Action>, measuring: bool) -> Html {
    let options = Scenario::ALL
        .iter()
        .map(|scenario| (reading::scenario_key(*scenario).into(), reading::scenario_name(*scenario).into()))
        .collect::<Vec<(AttrValue, AttrValue)>>();
    let choose = send.reform(|key: String| {
        let found = Scenario::ALL.into_iter().find(|scenario| reading::scenario_key(*scenario) == key);
        Action::Scenario(found.unwrap_or_default())
    });
    html! {
        <fieldset class="scenario" disabled={measuring}>
            <Select id="scenario" name="What is measured" value={reading::scenario_key(chosen)} {options} {choose} />
        </fieldset>
    }
}

/// Why the page cannot measure now, and what to do. `None` when it can.
fn hindrance(state: &State) -> Option<String> {
    let Problem { title, detail, .. } = state.cannot_measure()?;
    Some(format!("{title} {detail}"))
}

// Keys: without them, one button would become the other during its own click.
fn main_control(state: &State, send: &Callback<Action>) -> Html {
    if state.cost.is_measuring() {
        return html! {
            <button key="cancel" type="button" id="cancel" onclick={sends(send, Action::StopMeasuring)}>{ "Cancel" }</button>
        };
    }
    let scenario = state.cost.scenario;
    let again = state.cost.shown.as_ref().is_some_and(|run| run.0.scenario == scenario);
    html! {
        <button key="measure" type="button" class="primary" id="measure" disabled={state.cannot_measure().is_some()}
            aria-keyshortcuts={aria("measure")} title={hint("measure")}
            onclick={sends(send, Action::Measure)}>{ if again { "Measure again" } else { "Measure" } }</button>
    }
}

fn measuring(progress: &Progress) -> Html {
    html! {
        <div class="empty">
            <p class="big quiet">{ "Measuring …" }</p>
            <progress id="cost-progress" max={progress.total.max(1).to_string()} value={progress.done.to_string()}
                aria-label="Samples taken"></progress>
            <p class="quiet" id="cost-left" role="status">
                { reading::progress_words(progress) }
                if progress.done > 0 { { ". Cancel keeps what is measured, marked partial." } }
            </p>
        </div>
    }
}

fn not_measured(state: &State) -> Html {
    let scenario = state.cost.scenario;
    let (question, how) = reading::question(scenario);
    html! {
        <div class="empty" id="cost-empty">
            <p class="big quiet">{ hindrance(state).unwrap_or_else(|| question.to_owned()) }</p>
            <p>{ rich(how) }</p>
            if scenario == Scenario::Payload {
                <p>
                    if state.session.is_open() {
                        { "With the router it also puts the payload, by copy, by borrow and by move, to a second session of this page. \
                           So it shows what share of a whole put the copy is." }
                    } else {
                        { "Connect to a router first, and it also shows what share of a whole put the copy is." }
                    }
                </p>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ExportsProps {
    run: Shown,
    send: Callback<Action>,
}

/// Draws the buttons that save the shown run as files.
#[component]
fn Exports(props: &ExportsProps) -> Html {
    let read = use_reading(&props.run);
    // A run with few samples has no plot.
    let sweep = if read.run.0.scenario.is_sweep() { PlotKind::Sweep } else { PlotKind::Densities };
    let has_plot = plotted(&read, sweep, EXPORTED).is_some();
    let file = |id: &'static str, label: &'static str, words: &'static str, make: fn(&Read) -> Option<Download>| {
        let (read, send) = (read.clone(), props.send.clone());
        // Made on request: a run is megabytes of text.
        let onclick = Callback::from(move |_: MouseEvent| {
            if let Some(download) = make(&read) {
                send.emit(Action::Save(download));
            }
        });
        let disabled = id == "export-svg" && !has_plot;
        let words = if disabled { "there are too few samples for a plot" } else { words };
        html! { <li><button type="button" {id} {onclick} {disabled}>{ label }</button><span class="quiet">{ words }</span></li> }
    };
    let payload = read.reading.put().is_some();
    html! {
        <ul class="exports" id="export-panel" aria-label="Export this run">
            { file("export-json", "JSON", "every sample; can be opened here again", |read| {
                Some(download(read, "json", "application/json", read.run.0.to_json()))
            }) }
            { file("export-csv", "CSV", "a line for each sample", |read| {
                Some(download(read, "csv", "text/csv", export::csv(&read.run.0)))
            }) }
            { file("export-markdown", "Markdown", "sentence, tables, conditions", |read| {
                Some(download(read, "md", "text/markdown", export::markdown(&read.run.0, &read.reading)))
            }) }
            { file("export-svg", "SVG", "the plot", |read| {
                let kind = if read.run.0.scenario.is_sweep() { PlotKind::Sweep } else { PlotKind::Densities };
                svg(read, kind, "svg")
            }) }
            if payload { { file("export-svg-put", "SVG of the put", "the bar", |read| svg(read, PlotKind::Bar, "put.svg")) } }
        </ul>
    }
}

fn download(read: &Read, ending: &str, media: &'static str, text: String) -> Download {
    Download { name: export::file_name(&read.run.0, ending), media, text }
}

fn svg(read: &Read, kind: PlotKind, ending: &str) -> Option<Download> {
    let plot = plotted(read, kind, EXPORTED)?;
    let text = standalone(&plot, &export::foot(&read.run.0, EXPORTED));
    Some(download(read, ending, SVG, text))
}
