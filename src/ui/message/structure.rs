//! The structure of a message over its bytes: the words of its head as a strip, and a table of
//! every span. Selecting a pointer in either marks its target.

use std::{ops::Range, rc::Rc};

use yew::prelude::*;

use crate::{
    app::{Piece, Plan, Problem, Selection, State, sentence},
    message::{Span, Structure},
};
use crate::{
    present::{
        format,
        layout::{facts, story},
        message::{
            content,
            strip::{self, Arrow, Ink, MessageStrip, StripCell},
        },
    },
    ui::kit::{
        html::html,
        pointing,
        widgets::{hue, problem, use_width},
    },
};

#[derive(PartialEq, Properties)]
pub(crate) struct StructureProps {
    /// The structure to show.
    pub(crate) structure: Rc<Structure>,
    /// The selected span, by its index.
    pub(crate) selected: Option<usize>,
    /// Called when a person selects a span.
    pub(crate) select: SelectSpan,
    /// The position of each segment's piece, which gives the hue. Without it, the segment's own
    /// number does.
    #[prop_or_default]
    pub(crate) positions: Rc<[usize]>,
    /// The pieces of the payload that make up the message: their bytes, their selections, and their
    /// positions. Empty for a message that does not belong to a row.
    #[prop_or_default]
    pub(crate) marks: Rc<[(Range<usize>, Selection, usize)]>,
    /// The position of the piece at which the person points. The others step back.
    #[prop_or_default]
    pub(crate) hovered: Option<usize>,
    /// The prefix of all `id`s in it, for a page with several structures.
    #[prop_or_default]
    pub(crate) prefix: &'static str,
    /// Whether the structure is in the page and not in a dialog. The strip then has room for words.
    /// The table has none, so it stays folded until the person opens it.
    #[prop_or_default]
    pub(crate) in_page: bool,
}

/// Gets the span that a person selects. Gets `None` when the person selects the selected span
/// again.
pub(crate) type SelectSpan = Callback<Option<usize>>;

/// The message of the selected row, with its selected span.
pub(crate) fn of_message(plan: &Plan, state: &State, span: Option<usize>, select: &SelectSpan) -> Html {
    let found = state.selected.and_then(|selected| {
        let row = state.rows.iter().find(|row| row.id == selected.row && row.way().is_some())?;
        let pieces: Vec<&Piece> = plan.pieces.iter().filter(|piece| piece.row == row.id).collect();
        let structured = state.structures.iter().find(|one| one.row == row.id);
        Some((row, pieces, structured.map(|one| &one.structure)))
    });
    let Some((row, pieces, structure)) = found else { return html! {} };
    let bytes = pieces.first().map(|first| first.offset).zip(pieces.last().map(|last| last.end()));
    // While the page builds the next payload, the message of the last one may be at another place.
    let fits = |structure: &Structure| {
        let ends = structure.spans.first().zip(structure.spans.last());
        ends.map(|(first, last)| (first.bytes.start, last.bytes.end)) == bytes
    };
    let content = match structure {
        Some(Ok(structure)) if fits(structure) => {
            let segments = pieces.iter().filter(|piece| facts::is_segment(piece)).map(|piece| piece.position);
            let marks = pieces.iter().map(|piece| (piece.offset..piece.end(), piece.selection(0), piece.position));
            html! {
                <StructureTable structure={structure.clone()} selected={span} select={select.clone()}
                    positions={segments.collect::<Rc<[usize]>>()} marks={marks.collect::<Rc<[_]>>()}
                    hovered={state.hovered.and_then(|hovered| state.position_of(hovered))} prefix="layout-" in_page=true />
            }
        }
        Some(Err(error)) => {
            problem("structure-problem", &Problem::new("It cannot be told.", format!("{}.", sentence(error))))
        }
        _ => html! { <p class="quiet">{ "Not built yet." }</p> },
    };
    html! {
        <section class="in-layout" id="layout-structure" aria-labelledby="head-layout-structure">
            <h3 id="head-layout-structure">{ format!("{}, word by word", row.name.shown_at_most(40)) }</h3>
            <p class="pointer-words" id="pointer-words">{ story::pointer_words(row) }</p>
            { content }
        </section>
    }
}

/// The strip, the selected span in words, and the table.
#[component]
pub(crate) fn StructureTable(props: &StructureProps) -> Html {
    let node = use_node_ref();
    let width = use_width(&node);
    let (structure, selected) = (&props.structure, props.selected);
    let drawn = use_memo((structure.clone(), width.to_bits(), props.in_page), |(structure, width, in_page)| {
        let width = f64::from_bits(*width);
        let layout = if *in_page { strip::with_words } else { strip::layout };
        (width > 0.0).then(|| layout(structure, width))
    });
    let chosen = selected.and_then(|at| structure.spans.get(at));
    let toggle = |at: usize| {
        let select = props.select.clone();
        let next = (selected != Some(at)).then_some(at);
        Callback::from(move |_: MouseEvent| select.emit(next))
    };
    let table = html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Spans of the message">
            <table id={format!("{}structure-table", props.prefix)}>
                <thead><tr>
                    <th scope="col">{ "what" }</th><th scope="col">{ "of" }</th><th scope="col" class="segment-cell">{ "segment" }</th>
                    <th scope="col" class="number-cell">{ "bytes of the payload" }</th><th scope="col" class="number-cell">{ "length" }</th>
                    <th scope="col">{ "leads to" }</th>
                </tr></thead>
                <tbody>
                    { for structure.spans.iter().enumerate().map(|(at, span)| {
                        let landed = content::is_landed(chosen, span);
                        row(structure, at, span, selected == Some(at), landed, toggle(at), &props.select)
                    }) }
                </tbody>
            </table>
        </div>
    };
    html! {
        <div class="structure">
            { legend() }
            <div class="strip-box" ref={node}>
                if let Some(strip) = drawn.as_ref() { { draw(strip, props, &toggle) } }
            </div>
            <p class="span-words" id={format!("{}span-words", props.prefix)} aria-live="polite">
                { match chosen {
                    Some(span) => html! { { content::span_words(structure, span) } },
                    None => html! {
                        <span class="quiet">{ "Select a cell or a line. Of a pointer it is marked what it leads to." }</span>
                    },
                } }
            </p>
            if drawn.as_ref().as_ref().is_some_and(|strip| strip.left_out > 0) {
                <p class="quiet">{ strip::drawn_words(structure) }</p>
            }
            if props.in_page {
                <details>
                    <summary>{ "The words as a table" }</summary>
                    { table }
                </details>
            } else {
                { table }
            }
            if structure.cut {
                <p class="quiet">
                    { format!("The message has more spans than the {} that are listed.", format::count(structure.spans.len())) }
                </p>
            }
        </div>
    }
}

fn row(
    structure: &Structure,
    at: usize,
    span: &Span,
    selected: bool,
    landed: bool,
    onclick: Callback<MouseEvent>,
    select: &Callback<Option<usize>>,
) -> Html {
    let leads = content::leads(structure, span).map(|(to, words)| match to {
        Some(to) => {
            let go = select.reform(move |_: MouseEvent| Some(to));
            html! {
                <button type="button" class="link go" onclick={go} aria-label={format!("Select {words}")}>{ words }</button>
            }
        }
        None => html! { { words } },
    });
    let class = classes!(selected.then_some("open"), landed.then_some("landed"));
    html! {
        <tr key={at} {class} data-kind={span.kind.name()} data-start={span.bytes.start.to_string()}
            data-landed={landed.then_some("true")}>
            <td>
                <button type="button" class="link" {onclick} aria-pressed={if selected { "true" } else { "false" }}>
                    { span.kind.name() }
                </button>
                if landed { <span class="unseen">{ ", led to by the selected pointer" }</span> }
            </td>
            <td>{ &span.label }</td>
            <td class="segment-cell">{ span.segment.map(|segment| segment.to_string()).unwrap_or_default() }</td>
            <td class="number-cell">{ content::interval(&span.bytes) }</td>
            <td class="number-cell">{ format::bytes(span.bytes.len()) }</td>
            <td>{ leads.unwrap_or_default() }</td>
        </tr>
    }
}

fn legend() -> Html {
    let sign = |ink: Ink, words: &'static str| {
        html! {
            <li class={hue(0)}>
                <svg width="22" height="14" viewBox="0 0 22 14" aria-hidden="true">{ shape(ink, (0.5, 0.5), (21.0, 13.0)) }</svg>
                { words }
            </li>
        }
    };
    html! {
        <ul class="legend">
            { sign(Ink::Outlined, "pointer") }{ sign(Ink::Dashed, "null pointer") }{ sign(Ink::Solid, "data") }
            { sign(Ink::Hatched, "padding") }{ sign(Ink::Table, "table") }
            <li>
                <svg width="22" height="14" viewBox="0 0 22 14" aria-hidden="true">
                    <path class="lead" d="M3 2C3 14 17 14 17 6" /><path class="lead-head" d="M14 8L17 2L20 8Z" />
                </svg>
                { "far pointer, to where it lands" }
            </li>
        </ul>
    }
}

/// The shape that is drawn for a word.
fn shape(ink: Ink, (x, y): (f64, f64), (width, height): (f64, f64)) -> Html {
    let px = |value: f64| format!("{value:.1}");
    let rect = |class: &'static str| {
        html! { <rect {class} x={px(x)} y={px(y)} width={px(width)} height={px(height)} /> }
    };
    match ink {
        Ink::Table => rect("word-table"),
        Ink::Outlined => rect("word-outlined"),
        Ink::Dashed => rect("word-outlined word-dashed"),
        Ink::Solid => rect("word-solid"),
        Ink::Hatched => html! {
            <>
                <rect x={px(x)} y={px(y)} width={px(width)} height={px(height)} fill="url(#legend-hatch)" />
                { rect("word-hatched") }
            </>
        },
        Ink::Bare => rect("word-bare"),
    }
}

fn draw(strip: &MessageStrip, props: &StructureProps, toggle: &dyn Fn(usize) -> Callback<MouseEvent>) -> Html {
    let (structure, selected) = (&props.structure, props.selected);
    let position = |segment: u32| props.positions.get(segment as usize).copied().unwrap_or(segment as usize);
    let chosen = selected.and_then(|at| structure.spans.get(at));
    let px = |value: f64| format!("{value:.1}");
    let cell = |cell: &StripCell| {
        let Some(span) = structure.spans.get(cell.span) else { return html! {} };
        let mark = props.marks.iter().find(|(bytes, ..)| bytes.contains(&span.bytes.start));
        let back = props.hovered.is_some_and(|hovered| mark.is_some_and(|(.., at)| *at != hovered)).then_some("back");
        let class =
            cell.segment.map_or(classes!("word", back), |segment| classes!("word", back, hue(position(segment))));
        let (at, size) = ((cell.x + 1.0, cell.y + 1.0), ((cell.width - 2.0).max(1.0), strip::HEIGHT - 2.0));
        html! {
            <g {class} onclick={toggle(cell.span)} data-segment={mark.map(|(_, selection, _)| pointing::mark(*selection))}>
                <title>{ content::span_words(structure, span) }</title>
                { shape(cell.ink, at, size) }
            </g>
        }
    };
    let frame = |cell: &StripCell| {
        let span = structure.spans.get(cell.span)?;
        let class = if selected == Some(cell.span) {
            "word-selected"
        } else if content::is_landed(chosen, span) {
            "word-landed"
        } else {
            return None;
        };
        let (x, y, width) = (px(cell.x), px(cell.y), px(cell.width));
        Some(html! { <rect {class} {x} {y} {width} height={px(strip::HEIGHT)} /> })
    };
    let arrow = |arrow: &Arrow| {
        let picked = selected == Some(arrow.from);
        (picked || arrow.always).then(|| {
            html! {
                <g class={classes!(picked.then_some("picked"))}>
                    <path class="lead" d={arrow.path.clone()} /><path class="lead-head" d={arrow.head.clone()} />
                </g>
            }
        })
    };
    let words = |cell: &StripCell| {
        let words = cell.words.as_ref()?;
        let (x, y) = (px(cell.x + cell.width / 2.0), px(cell.y + 15.0));
        let class = if cell.ink == Ink::Solid { "word-words" } else { "word-words word-ink" };
        Some(html! { <text {class} text-anchor="middle" {x} {y}>{ words }</text> })
    };
    // Hidden from screen readers: the table says the same, for the keyboard too.
    html! {
        <svg class="strip" width={px(strip.width)} height={px(strip.height)} aria-hidden="true">
            { for strip.cells.iter().map(cell) }
            { for strip.cells.iter().filter_map(frame) }
            { for strip.arrows.iter().filter_map(arrow) }
            // Words are drawn over the arrows, so that they stay readable.
            { for strip.cells.iter().filter_map(words) }
            { for strip.names.iter().map(|name| html! {
                <text class="word-name" x={px(name.x)} y={px(name.y)}>{ &name.words }</text>
            }) }
        </svg>
    }
}
