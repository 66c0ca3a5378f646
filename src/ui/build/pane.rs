//! The Build pane: rows of segments, and the payload that they make.

use std::ops::Range;

use super::{captured, given, own_code, robot, taken};

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    app::{
        Action, Build, Direction, Edit, FIRST_TEXT, Fill, Kind, MAX_REPEAT, MAX_TEXT, Message, Plan, Preset, Row,
        RowId, Selection, State, Typed,
        keys::{aria, hint},
        positions,
        stage::Pane,
    },
    given::values::FIRST_VALUES,
    ledger::Place,
    live::{Capture, Plane, Robot, Sensor},
    message::{MAX_LIST, PixelFormat, Schema, Way},
    outside::{Ends, noticed},
    payload::MAX_LEN,
    segment::{Cause, Element, Mode, Unsupported},
};
use crate::{
    present::{
        format,
        layout::{facts, story},
        snippet,
    },
    ui::{
        build::keep::keep,
        help::modes_button,
        kit::{
            html::html,
            pointing,
            still::still,
            text_field::TextField,
            widgets::{
                AskingProps, Choice, NumberField, Select, SidesField, keep_focus, outside, pane_head, problem,
                segmented, sends, swatch,
            },
        },
        router::pane::show_rows_program,
    },
};

/// Key and name of each place.
const PLACES: [(Place, &str, &str); 2] = [(Place::JsHeap, "js", "JS heap"), (Place::Linear, "wasm", "wasm memory")];

/// Kinds of memory beside the typed arrays, by the key of their option. The option's text is the
/// same.
const DATA_VIEW: &str = "DataView";
/// See [`DATA_VIEW`].
const ARRAY_BUFFER: &str = "ArrayBuffer";
/// See [`DATA_VIEW`].
const TEXT: &str = "text";
/// See [`DATA_VIEW`].
const MESSAGE: &str = "message";
/// See [`DATA_VIEW`].
const VALUES: &str = "values";
/// See [`DATA_VIEW`].
const ROBOT: &str = "robot";
/// See [`DATA_VIEW`].
const PROGRAM: &str = "program";

/// The pane. Files may be dropped anywhere on the page.
#[component]
pub(crate) fn BuildPane(props: &AskingProps) -> Html {
    let (state, send, errands) = (&props.state, &props.send, &props.errands);
    let dropping = use_state_eq(|| false);
    {
        let (errands, send, dropping) = (errands.clone(), send.clone(), dropping.setter());
        use_effect_with((), move |()| {
            let listeners = taken::listen(&errands, &send, dropping);
            move || drop(listeners)
        });
    }
    // The focus is lost when its row moves or the person removes it.
    let focused = use_mut_ref(String::new);
    let onfocusin = {
        let focused = focused.clone();
        Callback::from(move |event: FocusEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            *focused.borrow_mut() = target.map(|target| target.id()).unwrap_or_default();
        })
    };
    let onfocusout = {
        let focused = focused.clone();
        Callback::from(move |_: FocusEvent| focused.borrow_mut().clear())
    };
    use_effect_with(state.revision, move |_| {
        // The focus that moves tells both listeners at once.
        let id = focused.borrow().clone();
        if !id.is_empty() {
            keep_focus(&[&format!("#{id}:not(:disabled)"), ".row.open .row-head", ".row-head", "#add-array"]);
        }
    });
    html! {
        <section class={classes!("pane", "build", dropping.then_some("dropping"))} id="pane-build" tabindex="-1" aria-labelledby="head-build"
            {onfocusin} {onfocusout}>
            { pane_head(Pane::Build, "out of segments", html! {}, state, send) }
            if state.rows.is_empty() {
                { empty(send) }
            } else {
                { mode_for_all(state, send) }
                { rows(state, send) }
            }
            { add(props) }
            { total(state, send) }
            if !state.rows.is_empty() { { listing(state) } }
        </section>
    }
}

fn empty(send: &Callback<Action>) -> Html {
    html! {
        <div class="empty">
            <p>
                { "No segment yet. A " }<strong>{ "segment" }</strong>
                { " is a run of bytes with one owner. Add one, drop a file, or begin with a preset." }
            </p>
            <ul class="starts">
                { for Preset::ALL.iter().map(|preset| {
                    let rows = preset.rows(0);
                    let bytes = rows.iter().map(Row::bytes).sum();
                    let segments: usize = rows.iter().map(Row::segments).sum();
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

fn rows(state: &State, send: &Callback<Action>) -> Html {
    let plan = state.plan().ok();
    let items = state.rows.iter().zip(positions(&state.rows)).enumerate();
    html! {
        <ol class="rows">
            { for items.map(|(at, (row, positions))| row_item(state, send, at, row, positions, plan.as_ref())) }
        </ol>
    }
}

fn row_item(
    state: &State,
    send: &Callback<Action>,
    at: usize,
    row: &Row,
    positions: Range<usize>,
    plan: Option<&Plan>,
) -> Html {
    let open = state.selected.is_some_and(|selection| selection.row == row.id);
    let (select, close) = (sends(send, Action::Select(Some(Selection::of(row)))), sends(send, Action::Select(None)));
    // The same numbers as those of the pieces in Layout.
    let last = positions.end.saturating_sub(1);
    let number =
        if last > positions.start { format!("{}–{last}", positions.start) } else { positions.start.to_string() };
    let back = state.steps_back(|hovered| hovered.row == row.id);
    html! {
        <li key={row.id} id={format!("row-{at}")} class={classes!("row", open.then_some("open"), back.then_some("back"))}>
            <button type="button" class="row-head" data-segment={pointing::mark(Selection::of(row))} aria-expanded={if open { "true" } else { "false" }}
                onclick={if open { close } else { select }}>
                { swatch(positions.start + row.face()) }
                <span class="row-line">
                    <strong title={row.name.shown()}>{ number }{ " " }{ outside(&row.name) }</strong><span>{ format::requested(row.requested_bytes()) }</span>
                </span>
                // In an open row, the fields show the same.
                if !open {
                    <span class={classes!("row-line", "row-kind", row.way().map(|_| "of-message"))}>
                        <span>{ facts::row_words(row) }</span>
                        if story::is_refused(row) {
                            <strong class="refused">{ "refused" }</strong>
                        } else {
                            <span>{ row.mode.name() }</span>
                        }
                    </span>
                }
            </button>
            if open { { fields(state, send, at, row, plan) } }
        </li>
    }
}

/// Changes a row by the key of a choice. A key without a meaning changes nothing.
fn edits(send: &Callback<Action>, id: RowId, make: fn(&str) -> Option<Edit>) -> Callback<String> {
    let send = send.clone();
    Callback::from(move |key: String| {
        if let Some(edit) = make(&key) {
            send.emit(Action::Edit(id, edit));
        }
    })
}

fn fields(state: &State, send: &Callback<Action>, at: usize, row: &Row, plan: Option<&Plan>) -> Html {
    let id = row.id;
    let name = send.reform(move |text| Action::Edit(id, Edit::Name(text)));
    html! {
        <div class="fields" key={id}>
            <div class="field wide"><label for="row-name">{ "name" }</label>
                <div class="input"><TextField id="row-name" value={row.name.raw().to_owned()} change={name} ends={Ends::Words} most={40} /></div></div>
            { contents(state, send, row) }
            { place(send, row) }
            { around(send, row) }
            { mode(send, row) }
            if let (Some(plan), Some(_)) = (plan, row.way()) { { parts(plan, send, row, state) } }
            <div class="row-actions">
                <button type="button" class="link" id="row-up" aria-keyshortcuts={aria("row-up")} title={hint("row-up")} disabled={at == 0}
                    onclick={sends(send, Action::Move(id, Direction::Up))}>{ "Up" }</button>
                <button type="button" class="link" id="row-down" aria-keyshortcuts={aria("row-down")} title={hint("row-down")} disabled={at + 1 == state.rows.len()}
                    onclick={sends(send, Action::Move(id, Direction::Down))}>{ "Down" }</button>
                <button type="button" class="link" id="row-duplicate" aria-keyshortcuts={aria("row-duplicate")} title={hint("row-duplicate")}
                    onclick={sends(send, Action::Duplicate(id))}>{ "Duplicate" }</button>
                <button type="button" class="link" id="row-remove" aria-keyshortcuts={aria("row-remove")} title={hint("row-remove")}
                    onclick={sends(send, Action::Remove(id))}>{ "Remove" }</button>
            </div>
        </div>
    }
}

/// The key of a row's option in the list of types.
fn type_key(row: &Row) -> &'static str {
    match row.kind {
        Kind::DataView => DATA_VIEW,
        Kind::ArrayBuffer => ARRAY_BUFFER,
        Kind::Text(_) => TEXT,
        Kind::Message(_) => MESSAGE,
        Kind::Values(_) => VALUES,
        Kind::Robot(_) => ROBOT,
        Kind::Code(_) => PROGRAM,
        Kind::Captured(capture) => capture.device.name(),
        Kind::Array | Kind::File(_) => row.element.name(),
    }
}

fn type_edit(key: &str) -> Option<Edit> {
    Some(match key {
        DATA_VIEW => Edit::Kind(Kind::DataView),
        ARRAY_BUFFER => Edit::Kind(Kind::ArrayBuffer),
        TEXT => Edit::Kind(Kind::Text(FIRST_TEXT.to_owned())),
        MESSAGE => Edit::Schema(Schema::Tensor),
        VALUES => Edit::Kind(Kind::values(FIRST_VALUES)),
        ROBOT => Edit::Kind(Kind::Robot(Robot::first(Plane::Image))),
        PROGRAM => Edit::Kind(Row::code(0, "").kind),
        name => match Sensor::ALL.into_iter().find(|device| device.name() == name) {
            Some(device) => Edit::Kind(Kind::Captured(Capture::first(device))),
            None => Edit::Array(element_named(name)?),
        },
    })
}

fn element_named(name: &str) -> Option<Element> {
    Element::ALL.into_iter().find(|element| element.name() == name)
}

/// Key and name of every type of typed arrays.
fn array_types() -> impl Iterator<Item = (AttrValue, AttrValue)> {
    Element::ALL.into_iter().map(|element| (element.name().into(), element.array_name().into()))
}

/// What each of the row's segments holds, and the number of segments.
fn contents(state: &State, send: &Callback<Action>, row: &Row) -> Html {
    let id = row.id;
    // Beside a type, the field has less room than beside a fill.
    let class = matches!(row.kind, Kind::Text(_) | Kind::Values(_)).then_some("text-repeat");
    let repeat = html! {
        <NumberField id="row-repeat" class={classes!(class)} label="repeat" sign="repeat" value={row.repeat} least={1} most={MAX_REPEAT}
            change={send.reform(move |repeat| Action::Edit(id, Edit::Repeat(repeat)))} />
    };
    if let Kind::File(given) = &row.kind {
        return given::file(send, row, given, repeat);
    }
    let others = [DATA_VIEW, ARRAY_BUFFER, TEXT, MESSAGE, VALUES, ROBOT, PROGRAM];
    let others = others.into_iter().chain(Sensor::ALL.map(Sensor::name)).map(|kind| (kind.into(), kind.into()));
    let types = array_types().chain(others).collect::<Vec<_>>();
    let kind = html! {
        <div class="field type"><label for="row-type">{ "type" }</label>
            <div class="input"><Select id="row-type" value={type_key(row)} options={types} choose={edits(send, id, type_edit)} />
            </div></div>
    };
    if let Kind::Message(content) = &row.kind {
        return html! { <>{ kind }{ message(send, row, content) }</> };
    }
    if let Some(seen) = row.kind.robot() {
        return html! { <>{ kind }{ robot::robot(send, row, seen) }</> };
    }
    if let Some(code) = row.kind.code() {
        return html! { <>{ kind }{ own_code::code(state, send, row, code) }</> };
    }
    if let Some(capture) = row.kind.captured() {
        return html! { <>{ kind }{ captured::captured(state, send, row, capture) }</> };
    }
    if let Kind::Text(text) = &row.kind {
        let oninput = send.reform(move |event: InputEvent| {
            let text = event.target_unchecked_into::<HtmlTextAreaElement>().value();
            Action::Edit(id, Edit::Kind(Kind::Text(text)))
        });
        return html! {
            <>
                { kind }
                { repeat }
                <div class="field wide text"><label for="row-text">{ "text" }</label>
                    <div>
                        <textarea id="row-text" rows="2" maxlength={MAX_TEXT.to_string()} value={text.clone()} {oninput}
                            aria-describedby="row-text-bytes" spellcheck="false" />
                        <p class="quiet" id="row-text-bytes">{ format::bytes(row.length) }{ " in UTF-8" }</p>
                        if text.encode_utf16().count() >= MAX_TEXT {
                            <p class="took says" id="row-text-full" role="status">
                                { format!("It is full: a text has at most {} characters here. A longer one can be added as a file.", format::count(MAX_TEXT)) }
                            </p>
                        }
                        if let Some(words) = noticed(text, Ends::Lines) { <p class="took says" id="row-text-took" role="status">{ words }</p> }
                    </div></div>
            </>
        };
    }
    if let Kind::Values(Typed { text, .. }) = &row.kind {
        return html! { <>{ kind }{ repeat }{ element(send, row) }{ given::values(send, row, text) }</> };
    }
    let label = if row.kind == Kind::Array { "length" } else { "length in bytes" };
    html! {
        <>
            { kind }
            <NumberField id="row-length" class="length" {label} sign="×" value={row.length} least={0}
                most={room(row).saturating_sub(if row.is_part() { row.before + row.after } else { 0 })}
                size={row.element.size()} change={send.reform(move |length| Action::Edit(id, Edit::Length(length)))} />
            { fill(send, row) }
            { repeat }
        </>
    }
}

fn fill(send: &Callback<Action>, row: &Row) -> Html {
    let options = Fill::ALL.into_iter().map(|fill| (fill.name().into(), fill.name().into())).collect::<Vec<_>>();
    let choose = edits(send, row.id, |key| Fill::ALL.into_iter().find(|fill| fill.name() == key).map(Edit::Fill));
    html! {
        <div class="field"><label for="row-fill">{ "fill" }</label>
            <div class="input"><Select id="row-fill" value={row.fill.name()} {options} {choose} /></div></div>
    }
}

/// The content of a message, and the way in which its arrays get into it.
fn message(send: &Callback<Action>, row: &Row, message: &Message) -> Html {
    let id = row.id;
    let schemas =
        Schema::ALL.into_iter().map(|schema| (schema.name().into(), schema.name().into())).collect::<Vec<_>>();
    let schema = |key: &str| Schema::ALL.into_iter().find(|schema| schema.name() == key).map(Edit::Schema);
    let ways = Way::ALL.into_iter().map(|way| Choice {
        id: format!("row-way-{}", way.name().replace(' ', "-")).into(),
        label: way.name(),
        chosen: message.way == way,
        choose: sends(send, Action::Edit(id, Edit::Way(way))),
    });
    html! {
        <>
            <div class="schema">
                <Select id="row-schema" name="schema" value={message.schema.name()} options={schemas} choose={edits(send, id, schema)} />
            </div>
            { match message.schema {
                Schema::Tensor => tensor(send, row, message),
                Schema::CameraFrame => frame(send, row, message),
                Schema::PointCloud => cloud(send, row, message),
            } }
            <div class="field wide"><span class="label">{ "way" }</span>
                <div>{ segmented("How the arrays get into the message", "row-way", ways.collect()) }</div></div>
            <p class="quiet note" id="way-words">{ story::way_sentence(row) }</p>
        </>
    }
}

/// The type of the elements of a message or of typed values.
fn element(send: &Callback<Action>, row: &Row) -> Html {
    let options = array_types().collect::<Vec<_>>();
    let label = if row.way().is_some() { "data" } else { "as" };
    html! {
        <div class="field type"><label for="row-element">{ label }</label>
            <div class="input"><Select id="row-element" value={row.element.name()} {options}
                choose={edits(send, row.id, |key| element_named(key).map(Edit::Element))} /></div></div>
    }
}

fn tensor(send: &Callback<Action>, row: &Row, message: &Message) -> Html {
    let id = row.id;
    html! {
        <>
            { element(send, row) }
            <SidesField id="row-shape" class="length" label="shape, outermost side first" value={message.shape.clone()} least={0}
                most={MAX_LIST as usize / row.element.size()}
                change={send.reform(move |shape| Action::Edit(id, Edit::Shape(shape)))} />
            { fill(send, row) }
        </>
    }
}

fn frame(send: &Callback<Action>, row: &Row, message: &Message) -> Html {
    let id = row.id;
    let [height, width] = [0, 1].map(|at| message.shape.get(at).copied().unwrap_or(0));
    let pixel = message.format.pixel();
    let most = |other: u32| MAX_LIST as usize / pixel / (other as usize).max(1);
    let formats =
        PixelFormat::ALL.into_iter().map(|format| (format.name().into(), format.name().into())).collect::<Vec<_>>();
    let format = |key: &str| PixelFormat::ALL.into_iter().find(|format| format.name() == key).map(Edit::Format);
    html! {
        <>
            <div class="field around" role="group" aria-labelledby="row-size"><span class="label" id="row-size">{ "size" }</span>
                <div>
                    <NumberField id="row-width" label="width in pixels" sign="width" value={width as usize} least={0}
                        most={most(height)}
                        change={send.reform(move |width: usize| Action::Edit(id, Edit::Shape(vec![height, width as u32])))} />
                    <NumberField id="row-height" label="height in pixels" sign="height" value={height as usize} least={0}
                        most={most(width)}
                        change={send.reform(move |height: usize| Action::Edit(id, Edit::Shape(vec![height as u32, width])))} />
                </div></div>
            { fill(send, row) }
            <div class="pixels">
                <Select id="row-format" name="pixels" value={message.format.name()} options={formats} choose={edits(send, id, format)} />
            </div>
        </>
    }
}

fn cloud(send: &Callback<Action>, row: &Row, message: &Message) -> Html {
    let id = row.id;
    // Bytes of one point in all lists together.
    let point: usize = 3 * Element::Float32.size() + Element::Uint16.size();
    html! {
        <>
            { fill(send, row) }
            <NumberField id="row-points" label="points" sign="points" value={message.shape.first().copied().unwrap_or(0) as usize}
                least={0} most={MAX_LEN / point}
                change={send.reform(move |points: usize| Action::Edit(id, Edit::Shape(vec![points as u32])))} />
        </>
    }
}

/// The segments that a message becomes.
fn parts(plan: &Plan, send: &Callback<Action>, row: &Row, state: &State) -> Html {
    let pieces = plan.pieces.iter().filter(|piece| piece.row == row.id);
    html! {
        <div class="note parts">
            <span class="quiet" id="parts-words">{ "becomes these segments" }</span>
            <ul id="row-parts" aria-labelledby="parts-words">
                { for pieces.map(|piece| {
                    let here = state.selected.is_some_and(|selected| piece.holds(selected));
                    let select = sends(send, Action::Select(Some(piece.selection(0))));
                    let back = state.steps_back(|hovered| piece.holds(hovered));
                    html! {
                        <li key={piece.first} class={classes!(back.then_some("back"))}>
                            <button type="button" class="part" data-segment={pointing::mark(piece.selection(0))} id={format!("part-{}", piece.first)} onclick={select}
                                aria-pressed={if here { "true" } else { "false" }}>
                                { swatch(piece.position) }
                                <span>{ piece.position }{ " " }{ piece.part.map_or("", |part| part.word()) }</span>
                                <span>{ format::bytes(piece.len) }</span>
                            </button>
                        </li>
                    }
                }) }
            </ul>
        </div>
    }
}

/// The most elements for which the buffer behind one array has room.
fn room(row: &Row) -> usize {
    MAX_LEN / row.element.size()
}

fn place(send: &Callback<Action>, row: &Row) -> Html {
    // A message made in place is always in the builder's memory.
    if !row.kind.can_be_linear() || row.way() == Some(Way::InPlace) {
        return html! {};
    }
    let options = PLACES.into_iter().map(|(_, key, name)| (key.into(), name.into())).collect::<Vec<_>>();
    let value = PLACES.iter().find(|(place, ..)| *place == row.place).map_or("", |(_, key, _)| key);
    let choose =
        edits(send, row.id, |key| PLACES.into_iter().find(|place| place.1 == key).map(|place| Edit::Place(place.0)));
    html! {
        <>
            <div class="field wide"><label for="row-place">{ "place" }</label>
                <div class="input"><Select id="row-place" {value} {options} {choose} /></div></div>
            if row.place == Place::Linear && matches!(row.kind, Kind::File(_)) {
                <p class="quiet note">
                    { "The page writes the file into this memory through a typed array that is good for one call only." }
                </p>
            }
        </>
    }
}

/// The bytes before and behind each array in the same buffer.
fn around(send: &Callback<Action>, row: &Row) -> Html {
    // What lies around a plane that is captured is not a person's to choose.
    if !(row.kind.can_be_part() && row.place == Place::JsHeap) || row.kind.captured().is_some() {
        return html! {};
    }
    let (id, room) = (row.id, room(row).saturating_sub(row.length));
    html! {
        <>
            <div class="field around" role="group" aria-labelledby="row-view"><span class="label" id="row-view"
                title="A view may show a part of a larger buffer. What lies before and after it there is not in the payload.">
                { "view" }</span>
                <div>
                    <NumberField id="row-before" label="elements of the buffer before the view, not in the payload" sign="before"
                        size={row.element.size()} value={row.before} least={0} most={room.saturating_sub(row.after)}
                        change={send.reform(move |before| Action::Edit(id, Edit::Before(before)))} />
                    <NumberField id="row-after" label="elements of the buffer after the view, not in the payload" sign="after"
                        size={row.element.size()} value={row.after} least={0} most={room.saturating_sub(row.before)}
                        change={send.reform(move |after| Action::Edit(id, Edit::After(after)))} />
                </div></div>
            // For a refused row, the refusal shows the same.
            if row.is_part() && !story::is_refused(row) {
                <p class="quiet note" id="row-part">
                    { format::bytes(row.array_bytes()) }{ " of a buffer of " }{ format::bytes(row.buffer_bytes()) }
                    { "; what lies before and after is not in the payload." }
                </p>
            }
        </>
    }
}

fn mode(send: &Callback<Action>, row: &Row) -> Html {
    let id = row.id;
    let modes = Mode::ALL.into_iter().map(|mode| Choice {
        id: format!("row-mode-{}", mode.name()).into(),
        label: mode.name(),
        chosen: row.mode == mode,
        choose: sends(send, Action::Edit(id, Edit::Mode(mode))),
    });
    let cause = row.refusal(row.mode);
    let asked = row.unsupported == Unsupported::Copy;
    let unsupported = send.reform(move |event: Event| {
        let copy = event.target_unchecked_into::<HtmlInputElement>().checked();
        Action::Edit(id, Edit::Unsupported(if copy { Unsupported::Copy } else { Unsupported::Refuse }))
    });
    html! {
        <>
            <div class="field wide"><span class="label">{ "mode" }</span>
                <div class="mode-line">
                    { segmented("How the payload takes this row", "row-mode", modes.collect()) }
                    { still(modes_button) }
                </div></div>
            if let Some(cause) = cause.filter(|_| !asked) {
                { refusal(send, row, cause) }
            } else {
                <p class="quiet note mode-words">{ story::mode_sentence(row) }</p>
            }
            // A person who has asked for it can take it back, in any mode.
            if cause.is_some() || asked {
                <label class="check note">
                    <input type="checkbox" id="row-unsupported" checked={asked} onchange={unsupported} />
                    <span>{ "copy when this mode cannot take it" }</span>
                </label>
            }
        </>
    }
}

/// Why the mode cannot take the row, and what the person can do about it.
fn refusal(send: &Callback<Action>, row: &Row, cause: Cause) -> Html {
    let by = |mode: Mode| sends(send, Action::Edit(row.id, Edit::Mode(mode)));
    let bytes = format::bytes(row.bytes());
    html! {
        <div class="note" id="row-refusal">
            <p class="problem" role="alert"><strong>{ "Refused." }</strong>{ " " }{ story::refusal(row.mode, cause) }</p>
            <div class="ways">
                <button type="button" id="row-way-borrow" onclick={by(Mode::Borrow)}>{ "Borrow it" }</button>
                <button type="button" id="row-way-copy" onclick={by(Mode::Copy)}>{ "Copy " }{ bytes }</button>
            </div>
        </div>
    }
}

/// The buttons that undo a change, and do it again.
fn changes(state: &State, send: &Callback<Action>) -> Html {
    let button = |id: &'static str, words: &'static str, what: Option<&str>, action: Action| {
        let title = what.map(|what| format!("{words}: {what}"));
        html! {
            <button type="button" class="link" {id} disabled={what.is_none()} aria-label={title.clone()} {title}
                aria-keyshortcuts={aria(id)} onclick={sends(send, action)}>{ words }</button>
        }
    };
    html! {
        <span class="changes" role="group" aria-label="Changes">
            { button("undo", "Undo", state.history.undoes(), Action::Undo) }
            { button("redo", "Redo", state.history.redoes(), Action::Redo) }
        </span>
    }
}

fn add(AskingProps { state, send, errands }: &AskingProps) -> Html {
    let onchange = {
        let errands = errands.clone();
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            errands.take(taken::listed(input.files()));
            // Empties the input, so that the person can choose the same file again.
            input.set_value("");
        })
    };
    html! {
        <div class="add">
            <div class="add-line" role="group" aria-label="Add a segment">
                <span class="quiet" aria-hidden="true">{ "Add" }</span>
                <button type="button" class="link" id="add-array" aria-label="Add a typed array" title={hint("add-array")} aria-keyshortcuts={aria("add-array")}
                    onclick={sends(send, Action::Add(Element::Uint8))}>{ "array" }</button>
                <button type="button" class="link" id="add-text" aria-label="Add a text"
                    onclick={sends(send, Action::AddText)}>{ "text" }</button>
                <button type="button" class="link" id="add-values" aria-label="Add values that you type or paste"
                    onclick={sends(send, Action::AddValues)}>{ "values" }</button>
                <button type="button" class="link" id="add-program" aria-label="Add a program in JavaScript"
                    onclick={sends(send, Action::AddCode)}>{ "program" }</button>
                <button type="button" class="link" id="add-message" aria-label="Add a Cap’n Proto message"
                    onclick={sends(send, Action::AddMessage(Schema::Tensor))}>{ "message" }</button>
                <span class="add-file">
                    <input type="file" class="unseen" id="add-file" multiple=true aria-label="Add files" {onchange} />
                    <label class="link" for="add-file">{ "file" }</label>
                </span>
                <span class="quiet drop-words">{ "or drop files" }</span>
                { changes(state, send) }
            </div>
            if let Some(cause) = &state.file_problem { { problem("file-problem", cause) } }
            { keep(state, send) }
        </div>
    }
}

fn total(state: &State, send: &Callback<Action>) -> Html {
    let bytes = state.rows.iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    let segments: usize = state.rows.iter().map(Row::segments).sum();
    html! {
        <div class="total">
            <p id="build-total">
                <strong>{ format::plural(segments, "segment") }</strong>
                { " " }<strong>{ format::requested(bytes) }</strong>{ " " }
                <span class="quiet">{ if bytes >= 1024 { format::requested_size(bytes) } else { "\u{a0}".to_owned() } }</span>
            </p>
            { match &state.build {
                _ if state.rows.is_empty() => html! {},
                _ if story::first_refused(&state.rows).is_some() => refused(state, send),
                Build::Pending => html! { <p class="quiet" id="build-state" data-state="pending">{ "building …" }</p> },
                Build::Ready(built) => html! {
                    <p class="quiet" id="build-state" data-state="ready" data-bytes={built.len.to_string()}>
                        { "built: " }<strong>{ format::thousands(built.copied) }{ " B copied" }</strong>
                        if state.rows.iter().any(|row| row.way() == Some(Way::Filled)) { { ", filling included" } }
                    </p>
                },
                Build::Failed(cause) => problem("build-problem", cause),
            } }
        </div>
    }
}

/// Shows that a row is refused. The row itself shows why, and what to do, but it may be closed.
fn refused(state: &State, send: &Callback<Action>) -> Html {
    let Some((segment, row)) = story::first_refused(&state.rows) else { return html! {} };
    let open = state.selected.is_some_and(|selection| selection.row == row.id);
    let select = sends(send, Action::Select(Some(Selection::of(row))));
    html! {
        // An open row has announced it already.
        <p class="problem" id="build-problem" role={(!open).then_some("alert")}>
            <strong>{ format!("Segment {}, {}, cannot be {}.", format::count(segment), row.name.shown(), row.mode.participle()) }</strong>
            { " Nothing was built, nothing was detached. " }
            if !open { <button type="button" class="link" id="show-refused" onclick={select}>{ "Show why" }</button> }
        </p>
    }
}

fn listing(state: &State) -> Html {
    let hovered = state.hovered.and_then(|hovered| state.position_of(hovered));
    let open = Callback::from(|_: MouseEvent| show_rows_program());
    html! {
        <>
        <button type="button" class="link" id="rows-as-program" onclick={open}>{ "As a program: Rust, JavaScript, Python" }</button>
        <pre class="listing" aria-label="What the page builds, in Rust"><code>
            { for snippet::listing(&state.rows).into_iter().map(|line| html! {
                <span class={classes!(hovered.is_some_and(|hovered| line.at != Some(hovered)).then_some("back"))}>
                    { line.indent }
                    if let Some(at) = line.at { { swatch(at) }{ " " } }
                    { line.code }{ "\n" }
                </span>
            }) }
        </code></pre>
        </>
    }
}
