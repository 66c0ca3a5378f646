//! The text beside the drawing of the layout: the facts of the selected segment, and everything as
//! a table.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    app::{
        Action, Piece, Plan, Selection, State,
        bytes::{Looking, Subject},
        keys,
    },
    ledger::Place,
    segment::Mode,
};
use crate::{
    present::{
        format,
        layout::{
            cells,
            facts::{self, Facts},
            lens::{Lens, Shown},
            story,
        },
    },
    ui::{
        bytes::dialog::bytes_button,
        kit::{
            html::html,
            pointing,
            widgets::{NumberField, sends, swatch},
        },
    },
};

/// The table lists the segments of a piece one by one while no more than these are in view.
const LISTED: usize = 100;

/// A piece for a screen reader.
pub(crate) fn piece_words(piece: &Piece, here: Option<Selection>) -> String {
    let bytes = format::bytes(piece.len);
    let mut words = format!("{} {}, ", piece.position, piece.name);
    if piece.count != 1 {
        words.push_str(&format!("{} segments of ", format::count(piece.count)));
    }
    words.push_str(&format!("{bytes}, {}, {}", facts::memory_words(piece)[0], facts::mode_words(piece)));
    if let Some(here) = here.filter(|_| piece.count != 1) {
        words.push_str(&format!(", segment {} of them", format::count(here.index - piece.first + 1)));
    }
    words
}

fn place_words(place: Place) -> &'static str {
    match place {
        Place::JsHeap => "JS heap",
        Place::Linear => "wasm memory",
    }
}

fn part_words(piece: &Piece) -> String {
    piece.whole.map_or_else(String::new, |whole| format!(", of {}", format::bytes(whole)))
}

fn batch_words(batches: Option<(usize, usize)>) -> String {
    match batches {
        None => "none, it has no byte".to_owned(),
        Some((first, last)) if first == last => format!("batch {}", format::count(first)),
        Some((first, last)) => format!("batches {} to {}", format::count(first), format::count(last)),
    }
}

/// A line of the table: a piece, or some segments of a magnified piece.
struct Line<'a> {
    piece: &'a Piece,
    /// The first segment of the line, counted in the piece. `count` is the number of segments.
    first: usize,
    count: usize,
}

/// The lines of everything in view. The second value counts the pieces in view that the drawing
/// merges, so that they have no line.
fn lines<'a>(plan: &'a Plan, lens: &Lens, shown: &[Shown]) -> (Vec<Line<'a>>, usize) {
    let mut merged = 0;
    let mut lines = Vec::new();
    for one in shown {
        let (at, span) = match one {
            Shown::Piece(at, span) | Shown::Narrow(at, span) => (*at, span),
            Shown::Merged(range, _) => {
                merged += range.len();
                continue;
            }
        };
        let Some(piece) = plan.pieces.get(at) else { continue };
        if lens.is_whole() || piece.count <= 1 {
            lines.push(Line { piece, first: 0, count: piece.count });
            continue;
        }
        let (first, last) = (span.unit_at(span.left, piece.count), span.unit_at(span.right - 1e-6, piece.count));
        let count = last - first + 1;
        if count > LISTED {
            lines.push(Line { piece, first, count });
        } else {
            lines.extend((first..=last).map(|first| Line { piece, first, count: 1 }));
        }
    }
    (lines, merged)
}

/// The content of the drawing, as a table.
pub(crate) fn table(plan: &Plan, lens: &Lens, shown: &[Shown], send: &Callback<Action>, state: &State) -> Html {
    let (lines, merged) = lines(plan, lens, shown);
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="The layout as a table">
            <table id="layout-table">
                <caption class="unseen">
                    { "The pieces of the payload in order: " }{ cells::window_words(&lens.bytes(), lens.len(), &[]) }
                </caption>
                <thead><tr>
                    <th scope="col">{ "segment" }</th><th scope="col" class="number-cell">{ "offset" }</th>
                    <th scope="col" class="number-cell">{ "hex" }</th><th scope="col" class="number-cell">{ "bytes" }</th>
                    <th scope="col">{ "type" }</th><th scope="col">{ "lives in" }</th><th scope="col">{ "mode" }</th>
                    <th scope="col" class="number-cell">{ "copied when built" }</th><th scope="col">{ "carried by" }</th>
                </tr></thead>
                <tbody>
                    { for lines.iter().map(|line| row(plan, line, send, state)) }
                    if merged > 0 {
                        <tr><th scope="row" colspan="9">
                            { format!("{} more pieces in view; zoom in to tell them apart", format::count(merged)) }
                        </th></tr>
                    }
                </tbody>
                <tfoot><tr>
                    <th scope="row">{ "in all" }</th><td></td><td></td>
                    <td class="number-cell">{ format::count(plan.len) }</td><td></td><td></td><td></td>
                    <td class="number-cell">{ format::count(plan.building) }</td>
                    <td>{ format::batches(plan.batches.count) }</td>
                </tr></tfoot>
            </table>
        </div>
    }
}

fn row(plan: &Plan, line: &Line<'_>, send: &Callback<Action>, state: &State) -> Html {
    let Line { piece, first, count } = *line;
    let holds = |selection: Selection| {
        piece.holds(selection) && (first..first + count.max(1)).contains(&(selection.index - piece.first))
    };
    let here = state.selected.is_some_and(holds);
    let back = state.steps_back(|hovered| piece.holds(hovered));
    let selection = piece.selection(first);
    let select = sends(send, Action::Select(Some(selection)));
    let (offset, bytes) = (piece.offset + first * piece.len, count * piece.len);
    let batches = (bytes > 0).then(|| (plan.batches.batch_of(offset), plan.batches.batch_of(offset + bytes - 1)));
    let copied = piece.filled() + if piece.mode == Mode::Copy { bytes } else { 0 };
    let name = match (piece.count, count) {
        (1, _) => piece.name.clone(),
        (_, 1) => format!("{}[{}]", piece.name, format::count(first)),
        (all, count) if all == count => format!("{} × {}", piece.name, format::count(count)),
        (_, count) => format!("{}[{}] × {}", piece.name, format::count(first), format::count(count)),
    };
    html! {
        <tr key={format!("{}.{first}", piece.position)} class={classes!(here.then_some("open"), back.then_some("back"))}>
            <th scope="row">{ swatch(piece.position) }
                <button type="button" class="link" onclick={select} data-segment={pointing::mark(selection)}
                    aria-pressed={if here { "true" } else { "false" }}>
                    { piece.position }{ " " }{ name }
                </button></th>
            <td class="number-cell">{ format::count(offset) }</td>
            <td class="number-cell mono">{ format::hex(offset) }</td>
            <td class="number-cell">{ format::count(bytes) }</td>
            <td>{ facts::piece_type(piece) }</td>
            <td>{ place_words(piece.source) }{ part_words(piece) }</td>
            <td class={piece.refused.map(|_| "refused-words")}>{ facts::mode_words(piece) }</td>
            <td class="number-cell">{ format::count(copied) }</td>
            <td>{ batch_words(batches) }</td>
        </tr>
    }
}

/// Scrolls to the structure of the message, further down in the page.
fn to_structure() {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(structure) = document.and_then(|document| document.get_element_by_id("layout-structure")) {
        structure.scroll_into_view();
    }
}

/// The facts about the selected segment.
pub(crate) fn selection_facts(plan: &Rc<Plan>, send: &Callback<Action>, selected: Option<Selection>) -> Html {
    let found = selected.and_then(|selected| Some((selected, plan.piece_of(selected)?, Facts::of(plan, selected)?)));
    let Some((selected, piece, facts)) = found else {
        return html! {
            <div class="facts">
                <p class="quiet">
                    { "Select a segment, in the drawing or in the list, to see what it is and what happens to its bytes." }
                </p>
            </div>
        };
    };
    let step = |number: usize| facts::numbered(plan, number).map(|target| sends(send, Action::Select(Some(target))));
    let goto = {
        let (plan, send) = (plan.clone(), send.clone());
        Callback::from(move |number| {
            if let Some(target) = facts::numbered(&plan, number) {
                send.emit(Action::Select(Some(target)));
            }
        })
    };
    let fact = |name: &'static str, words: String| html! { <div><dt>{ name }</dt><dd>{ words }</dd></div> };
    let title = if piece.count == 1 {
        piece.name.clone()
    } else {
        format!("{}[{}]", piece.name, format::count(selected.index - piece.first))
    };
    let in_short = if facts.len >= 1024 { format!(", {}", format::size(facts.len)) } else { String::new() };
    let cut = facts.cut.map(|cut| {
        let more = match cut.in_all {
            1 => String::new(),
            all => format!(", and {} more", format::count(all - 1)),
        };
        let name = piece.part.map_or_else(|| format::cut(&piece.name, 16), |part| part.word().to_owned());
        let (element, batch) = (format::count(cut.element), cut.batch);
        format!("{name}[{element}] by the border of {} | {}{more}", format::count(batch), format::count(batch + 1))
    });
    html! {
        <div class="facts">
            <div class="facts-head">
                <h3>{ swatch(piece.position) }{ piece.position }{ " " }{ title }</h3>
                <span class={if piece.refused.is_some() { "refused-words" } else { "quiet" }} id="fact-mode">
                    { facts::mode_words(piece) }
                </span>
                { bytes_button(send, Looking { subject: Subject::Build, offset: facts.offset }, "Bytes".into(), "Look at the bytes".into(), keys::aria("bytes-open")) }
                if piece.part.is_some() {
                    <button type="button" class="link" id="to-structure" onclick={|_: MouseEvent| to_structure()}>{ "Word by word" }</button>
                }
                <div class="walk" role="group" aria-label="Go to another segment">
                    <button type="button" class="link" id="segment-previous" aria-label="Previous segment"
                        disabled={facts.number <= 1} onclick={step(facts.number.saturating_sub(1))}>{ "‹" }</button>
                    <span>{ "segment" }</span>
                    <NumberField id="segment-number" label="segment number" value={facts.number} least={1}
                        most={plan.segments} change={goto} />
                    <span>{ "of " }{ format::count(facts.of) }</span>
                    <button type="button" class="link" id="segment-next" aria-label="Next segment"
                        disabled={facts.number >= facts.of} onclick={step(facts.number + 1)}>{ "›" }</button>
                </div>
            </div>
            <div class="fact-columns" id="facts">
                <dl>
                    { fact("offset", format!("{}, {}", format::bytes(facts.offset), format::hex(facts.offset))) }
                    { fact("length", format!("{}{in_short}", format::bytes(facts.len))) }
                    { fact("element", facts::element_words(piece)) }
                    { fact("alignment", facts::alignment_words(piece, &facts)) }
                </dl>
                <dl>
                    if let Some(words) = facts::part_words(plan, piece) { { fact("part", words) } }
                    { fact("owner", story::owner(piece)) }
                    { fact("carried by", batch_words(facts.batches)) }
                    if let Some(cut) = cut { { fact("cut", cut) } }
                </dl>
            </div>
            <p class="story"><strong>{ "What happens to these bytes: " }</strong>{ story::story(piece) }</p>
        </div>
    }
}
