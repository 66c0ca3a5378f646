//! The Build pane: rows of segments, and what they make.

use yew::prelude::*;

use super::{
    facts, format, snippet,
    widgets::{Choice, NumberField, PaneProps, Select, pane_head, problem, segmented, sends, swatch, typed},
};
use crate::{
    app::{Action, Build, Direction, Edit, Fill, MAX_REPEAT, Preset, Row, Selection, State},
    ledger::Place,
    payload::MAX_LEN,
    segment::{Element, Mode},
};

/// Key and name of each place.
const PLACES: [(Place, &str, &str); 2] = [(Place::JsHeap, "js", "JS heap"), (Place::Linear, "wasm", "wasm memory")];

/// What a row holds and where, in few words. Only the JS heap has typed arrays.
fn kind(row: &Row) -> String {
    let (element, times) = (row.element, format::count(row.repeat));
    match (row.place, row.repeat) {
        (Place::JsHeap, 1) => format!("{}, JS heap", element.array_name()),
        (Place::JsHeap, _) => format!("{times} × {}, JS heap", element.name()),
        (Place::Linear, 1) => format!("{}, wasm", element.name()),
        (Place::Linear, _) => format!("{times} × {}, wasm", element.name()),
    }
}

/// The pane.
#[component]
pub(super) fn BuildPane(props: &PaneProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    html! {
        <section class="pane build" id="pane-build" aria-labelledby="head-build">
            { pane_head(1, "head-build", "Build", "a payload out of segments", html! {}) }
            if state.rows.is_empty() {
                { empty(send) }
            } else {
                { mode_for_all(state, send) }
                <ol class="rows">
                    { for state.rows.iter().enumerate().map(|(at, row)| row_item(state, send, at, row)) }
                </ol>
            }
            { add(send) }
            { total(state) }
            if !state.rows.is_empty() { { listing(state) } }
        </section>
    }
}

fn empty(send: &Callback<Action>) -> Html {
    html! {
        <div class="empty">
            <p>
                { "No segment yet. A " }<strong>{ "segment" }</strong>
                { " is a run of bytes with one owner. Add one, or begin with a preset." }
            </p>
            <ul class="starts">
                { for Preset::ALL.iter().map(|preset| {
                    let rows = preset.rows(0);
                    let bytes = rows.iter().map(Row::bytes).sum();
                    let segments: usize = rows.iter().map(|row| row.repeat).sum();
                    html! {
                        <li>
                            <button type="button" class="link" onclick={sends(send, Action::Preset(*preset))}>
                                { preset.name() }
                            </button>
                            <span class="quiet">{ format!("{}, {}", format::plural(segments, "segment"), format::size(bytes)) }</span>
                        </li>
                    }
                }) }
            </ul>
        </div>
    }
}

fn mode_for_all(state: &State, send: &Callback<Action>) -> Html {
    let choices = Mode::ALL.into_iter().map(|mode| Choice {
        id: format!("mode-all-{}", mode.name()).into(),
        label: mode.name(),
        chosen: state.rows.iter().all(|row| row.mode == mode),
        choose: sends(send, Action::ModeForAll(mode)),
    });
    html! {
        <div class="all">
            <span>{ "All segments" }</span>
            { segmented("How all segments are taken", "mode-all", choices.collect()) }
        </div>
    }
}

fn row_item(state: &State, send: &Callback<Action>, at: usize, row: &Row) -> Html {
    let open = state.selected.is_some_and(|selection| selection.row == row.id);
    let select = sends(send, Action::Select(Some(Selection { row: row.id, index: 0 })));
    html! {
        <li key={row.id} id={format!("row-{at}")} class={classes!("row", open.then_some("open"))}>
            <button type="button" class="row-head" aria-expanded={if open { "true" } else { "false" }}
                onclick={(!open).then_some(select)}>
                { swatch(at) }
                <span class="row-line">
                    <strong>{ at }{ " " }{ &row.name }</strong><span>{ format::requested(row.requested_bytes()) }</span>
                </span>
                <span class="row-line row-kind"><span>{ kind(row) }</span><span>{ row.mode.name() }</span></span>
            </button>
            if open { { fields(state, send, at, row) } }
        </li>
    }
}

fn fields(state: &State, send: &Callback<Action>, at: usize, row: &Row) -> Html {
    let id = row.id;
    let edit = |make: fn(String) -> Option<Edit>| {
        let send = send.clone();
        Callback::from(move |key: String| {
            if let Some(edit) = make(key) {
                send.emit(Action::Edit(id, edit));
            }
        })
    };
    let edit_number = |make: fn(usize) -> Edit| send.reform(move |value| Action::Edit(id, make(value)));
    let name = send.reform(move |event: InputEvent| Action::Edit(id, Edit::Name(typed(event))));
    let modes = Mode::ALL.into_iter().map(|mode| Choice {
        id: format!("row-mode-{}", mode.name()).into(),
        label: mode.name(),
        chosen: row.mode == mode,
        choose: sends(send, Action::Edit(id, Edit::Mode(mode))),
    });
    let elements = Element::ALL
        .into_iter()
        .map(|element| (element.name().into(), element.array_name().into()))
        .collect::<Vec<_>>();
    let fills = Fill::ALL.into_iter().map(|fill| (fill.name().into(), fill.name().into())).collect::<Vec<_>>();
    let places = PLACES.into_iter().map(|(_, key, name)| (key.into(), name.into())).collect::<Vec<_>>();
    let place = PLACES.iter().find(|(place, ..)| *place == row.place).map_or("", |(_, key, _)| key);
    html! {
        <div class="fields" key={id}>
            <div class="field wide"><label for="row-name">{ "name" }</label>
                <div class="input"><input id="row-name" type="text" value={row.name.clone()} maxlength="40" autocomplete="off"
                    spellcheck="false" oninput={name} /></div></div>
            <div class="field type"><label for="row-type">{ "type" }</label>
                <div class="input"><Select id="row-type" value={row.element.name()} options={elements}
                    choose={edit(|key| Element::ALL.into_iter().find(|e| e.name() == key).map(Edit::Element))} /></div></div>
            <NumberField id="row-length" class="length" label="length" sign="×" value={row.length} least={0}
                most={MAX_LEN / row.element.size()} change={edit_number(Edit::Length)} />
            <div class="field"><label for="row-fill">{ "fill" }</label>
                <div class="input"><Select id="row-fill" value={row.fill.name()} options={fills}
                    choose={edit(|key| Fill::ALL.into_iter().find(|f| f.name() == key).map(Edit::Fill))} /></div></div>
            <NumberField id="row-repeat" label="repeat" sign="repeat" value={row.repeat} least={1} most={MAX_REPEAT}
                change={edit_number(Edit::Repeat)} />
            <div class="field wide"><label for="row-place">{ "place" }</label>
                <div class="input"><Select id="row-place" value={place} options={places}
                    choose={edit(|key| PLACES.into_iter().find(|p| p.1 == key).map(|p| Edit::Place(p.0)))} /></div></div>
            <div class="field wide"><span class="label">{ "mode" }</span>
                <div>
                    { segmented("How the payload takes this row", "row-mode", modes.collect()) }
                    <p class="quiet mode-words">{ facts::mode_sentence(row.mode, row.place) }</p>
                </div></div>
            <div class="row-actions">
                <button type="button" class="link" id="row-up" disabled={at == 0}
                    onclick={sends(send, Action::Move(id, Direction::Up))}>{ "Up" }</button>
                <button type="button" class="link" id="row-down" disabled={at + 1 == state.rows.len()}
                    onclick={sends(send, Action::Move(id, Direction::Down))}>{ "Down" }</button>
                <button type="button" class="link" id="row-duplicate"
                    onclick={sends(send, Action::Duplicate(id))}>{ "Duplicate" }</button>
                <button type="button" class="link" id="row-remove"
                    onclick={sends(send, Action::Remove(id))}>{ "Remove" }</button>
            </div>
        </div>
    }
}

fn add(send: &Callback<Action>) -> Html {
    html! {
        <div class="add" role="group" aria-label="Add a segment">
            <span class="quiet add-word" aria-hidden="true">{ "Add" }</span>
            { for Element::ALL.into_iter().map(|element| html! {
                <button type="button" class="link" id={format!("add-{}", element.name().to_lowercase())}
                    aria-label={format!("Add {}", element.array_name())}
                    title={format!("Add a row with a {}", element.array_name())}
                    onclick={sends(send, Action::Add(element))}>{ element.array_name() }</button>
            }) }
        </div>
    }
}

fn total(state: &State) -> Html {
    let bytes = state.rows.iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    let segments: usize = state.rows.iter().map(|row| row.repeat).sum();
    html! {
        <div class="total">
            <p id="build-total">
                <strong>{ format::plural(segments, "segment") }</strong>
                { " " }<strong>{ format::requested(bytes) }</strong>{ " " }
                <span class="quiet">{ if bytes >= 1024 { format::requested_size(bytes) } else { "\u{a0}".to_owned() } }</span>
            </p>
            { match &state.build {
                _ if state.rows.is_empty() => html! {},
                Build::Pending => html! { <p class="quiet" id="build-state" data-state="pending">{ "building …" }</p> },
                Build::Ready(built) => html! {
                    <p class="quiet" id="build-state" data-state="ready">
                        { "built: " }<strong>{ format::thousands(built.copied) }{ " B copied" }</strong>
                    </p>
                },
                Build::Failed(cause) => problem("build-problem", cause),
            } }
        </div>
    }
}

fn listing(state: &State) -> Html {
    let lines = snippet::listing(&state.rows);
    html! {
        <pre class="listing" aria-label="What the page builds, in Rust"><code>
            { "ZBytes::from_segments([\n" }
            { for lines.into_iter().map(|line| match line {
                snippet::Line::Row(at, name, mode, repeat) => {
                    let mode = match mode { Mode::Copy => "Mode::Copy", Mode::Borrow => "Mode::Borrow", Mode::Move => "Mode::Move" };
                    let times =
                        if repeat == 1 { String::new() } else { format!("  // {} of these:\n", format::count(repeat)) };
                    html! { <>{ times }{ "  " }{ swatch(at) }{ format!(" ({name}, {mode}),\n") }</> }
                }
                snippet::Line::Folded(rows) => html! { { format!("  // {} more rows\n", format::count(rows)) } },
            }) }
            { "])" }
        </code></pre>
    }
}
