//! The experiment in the teacher's view: what is asked, the drawing, who has no result, and files.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    app::{
        Action, Download, State,
        class::{
            Change, Presence, Teaching,
            experiment::{Collected, Press},
        },
    },
    browser::clock,
    outside::Outside,
    present::{
        class::experiment::{
            Quantity, Readings, beside, csv, drawing, file_name, headline, json, missing, quantities, quantity_name,
            read_all, standing, table,
        },
        cost::reading,
    },
    run::Scenario,
    ui::{
        cost::results::{self, drawn, rich},
        kit::html::html,
        kit::widgets::{PaneProps, Select, check, problem, sends, use_width},
    },
};

/// What stays free below the drawing, in pixels.
const BELOW: f64 = 10.0;

/// The lowest place of a drawing.
const LOWEST: f64 = 260.0;

fn press(send: &Callback<Action>) -> Callback<Press> {
    send.reform(|press| Action::Class(Change::Experiment(press)))
}

/// The experiment, in the place of the wall.
#[component]
pub(super) fn ExperimentView(props: &PaneProps) -> Html {
    let node = use_node_ref();
    let width = use_width(&node);
    let readings = use_mut_ref(Readings::new);
    let (state, send) = (&props.state, &props.send);
    let Some(teaching) = state.classroom.teaching() else { return html! {} };
    let mut readings = readings.borrow_mut();
    let (mut controls, mut plot, mut below) = (html! {}, html! {}, html! {});
    let said = match &teaching.experiment {
        None => {
            let (question, how) = reading::question(state.cost.scenario);
            html! {
                <>
                    <p class="big" id="class-headline">{ question }</p>
                    <p>{ rich(how) }</p>
                    <p>{ "Every page of the class measures this in its own engine, and its rows stay as they are. A class puts nothing: \
                          it would measure its network." }</p>
                </>
            }
        }
        Some(collected) => {
            read_all(&mut readings, collected);
            let found = quantities(collected, &readings);
            let names = !teaching.hides_names;
            let scenario = collected.assignment.scenario;
            let name = |one: &Quantity| quantity_name(scenario, *one);
            let chosen = found.iter().find(|one| name(one) == teaching.quantity).or(found.first());
            let all = chosen.map(|one| beside(collected, &readings, *one));
            controls = html! {
                <>
                    if !found.is_empty() {
                        <Select id="class-quantity" name="What is drawn" value={chosen.map(name).unwrap_or_default()}
                            options={found.iter().map(|one| {
                                let name = AttrValue::from(name(one));
                                (name.clone(), name)
                            }).collect::<Vec<(AttrValue, AttrValue)>>()}
                            choose={press(send).reform(Press::Quantity)} />
                    }
                    { check("class-names", "Names", names, press(send).reform(Press::Names)) }
                    { file("class-json", "JSON", send, collected, names) }
                    { file("class-csv", "CSV", send, collected, names) }
                </>
            };
            if let Some(all) = &all {
                let sheet = drawing(scenario, all, names, width.max(320.0), room(&node));
                plot = drawn(&sheet.plot, Some(sheet.letters));
            }
            let silent = all.as_ref().map_or(&[][..], |all| &all.silent);
            let lines = missing(collected, silent, &|name| asleep(teaching, name), names);
            below = html! {
                <>
                    if !lines.is_empty() {
                        <h3>{ "Without a result" }</h3>
                        <ul id="class-missing">
                            { for lines.into_iter().map(|(name, why)| html! {
                                <li>if let Some(name) = name.filter(|_| names) { <strong>{ name }</strong>{ ": " } }{ why }</li>
                            }) }
                        </ul>
                    }
                    if let Some(all) = &all { { results::table(&table(scenario, all, names)) } }
                </>
            };
            html! {
                <div class="class-said">
                    <p class="big" id="class-headline">{ all.as_ref().and_then(headline).as_deref().map_or_else(
                        || html! { { "No result is here yet." } },
                        rich
                    ) }</p>
                    <p id="class-standing" role="status" data-here={collected.arrived().to_string()}>{ standing(collected) }</p>
                </div>
            }
        }
    };
    html! {
        <div id="class-experiment">
            <div class="line">
                { asks(state, teaching, send) }
                { controls }
            </div>
            if let Some(cause) = state.cannot_ask() {
                <p class="note" id="class-hindrance">{ format!("{} {}", cause.title, cause.detail) }</p>
            } else if let Some(cause) = &teaching.experiment_problem {
                { problem("class-experiment-problem", cause) }
            }
            { said }
            <div id="class-drawing" ref={node}>{ plot }</div>
            { below }
        </div>
    }
}

/// The scenario, and the button that has all pages measure it.
fn asks(state: &State, teaching: &Teaching, send: &Callback<Action>) -> Html {
    let options = Scenario::ALL
        .iter()
        .filter(|scenario| **scenario != Scenario::OwnSizes)
        .map(|scenario| (reading::scenario_key(*scenario).into(), reading::scenario_name(*scenario).into()));
    let choose = send.reform(|key: String| {
        let found = Scenario::ALL.into_iter().find(|scenario| reading::scenario_key(*scenario) == key);
        Action::Scenario(found.unwrap_or_default())
    });
    let measure = press(send).reform(|_: MouseEvent| Press::Measure(clock::since_1970().as_millis() as u64));
    let open = teaching.experiment.as_ref().is_some_and(|experiment| experiment.open);
    html! {
        <>
            <Select id="class-scenario" name="What all pages measure" value={reading::scenario_key(state.cost.scenario)}
                options={options.collect::<Vec<(AttrValue, AttrValue)>>()} {choose} />
            <button type="button" id="class-measure" class="primary" disabled={state.cannot_ask().is_some()} onclick={measure}>
                { if teaching.experiment.is_some() { "Measure again in all pages" } else { "Measure in all pages" } }
            </button>
            if open {
                <button type="button" id="class-stop" onclick={sends(send, Action::Class(Change::Experiment(Press::End)))}>
                    { "End the experiment" }
                </button>
            }
        </>
    }
}

/// A button that saves everything as a file.
fn file(id: &'static str, ending: &'static str, send: &Callback<Action>, collected: &Collected, names: bool) -> Html {
    let (collected, send) = (collected.clone(), send.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        let (media, text) = if ending == "JSON" {
            ("application/json", json(&collected, names))
        } else {
            ("text/csv", csv(&collected, names))
        };
        let name = file_name(&collected, &ending.to_ascii_lowercase());
        send.emit(Action::Save(Download { name, media, text }));
    });
    let label = format!("Save all results as {ending}, {}", if names { "with names" } else { "without names" });
    html! { <button type="button" class="link" {id} {onclick} aria-label={label.clone()} title={label}>{ ending }</button> }
}

/// For how many seconds a page has slept.
fn asleep(teaching: &Teaching, name: &Outside) -> Option<u64> {
    let seat = teaching.seats.iter().find(|seat| seat.tile.name == *name)?;
    match seat.tile.presence {
        Presence::Hidden(seconds) | Presence::Silent(seconds) => Some(seconds),
        _ => None,
    }
}

/// How high the place of the drawing is: from its top, as it is before a person scrolls, to the end of
/// the window. `main` is measured in the same pixels, also where the page is magnified. On a narrow page
/// it is longer than the window.
fn room(node: &NodeRef) -> f64 {
    let Some(place) = node.cast::<HtmlElement>() else { return LOWEST };
    let main = place.closest("main").ok().flatten().and_then(|main| main.dyn_into::<HtmlElement>().ok());
    let end = main.map_or(0, |main| main.offset_top() + main.client_height());
    let window = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64()).unwrap_or(0.0);
    (f64::from(end).min(window) - f64::from(place.offset_top()) - BELOW).max(LOWEST)
}
