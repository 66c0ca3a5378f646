//! The Layout pane: the drawing, the ledger beside it, the facts below it, and the same as a table.

use std::{ops::Range, rc::Rc};

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::{
    bytes::bytes_button,
    drawing::{self, Bands},
    facts::{self, Facts},
    format,
    scale::{self, Scale},
    structure::StructureTable,
    widgets::{Choice, NumberField, PaneProps, pane_head, problem, segmented, sends, swatch},
};
use crate::{
    app::{
        Action, Piece, Plan, Problem, RowId, Selection, State, View,
        bytes::{Looking, Subject},
        keys, sentence,
    },
    ledger::Place,
    message::Structure,
    segment::Mode,
};

/// Below this width of the window the drawing is the phone's.
const NARROW: f64 = 700.0;

pub(super) enum Msg {
    Measured { plot: f64, narrow: bool },
    Hover(Option<f64>),
    Click { x: f64, y: f64 },
    Key(KeyboardEvent),
    Table,
    Span(RowId, Option<usize>),
}

/// The pane.
pub(super) struct LayoutPane {
    plot: NodeRef,
    drawn: NodeRef,
    /// Pixels that the drawing may take; none before it was measured.
    width: Option<f64>,
    narrow: bool,
    hover: Option<f64>,
    table: bool,
    observer: Option<Observer>,
    /// The selection that was last scrolled to.
    shown: Option<Selection>,
    /// The row of a message, and which span of its structure is selected.
    span: Option<(RowId, usize)>,
}

/// Watches a size until it is dropped.
struct Observer {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl LayoutPane {
    fn scale(&self, plan: &Plan) -> Option<Scale> {
        // The bands stand out by a few pixels at both sides.
        self.width.map(|width| Scale::fitted(&drawing::rooms(plan, self.narrow), (width - 16.0).max(120.0)))
    }

    /// What is drawn at `x`: the segment, and the byte.
    fn at(&self, plan: &Plan, scale: &Scale, x: f64) -> Option<(Selection, usize)> {
        let position = scale.span_at(x)?;
        let (piece, span) = (plan.pieces.get(position)?, scale.spans.get(position)?);
        let index = span.unit_at(x, piece.count);
        let selection = (piece.count > 0).then(|| piece.selection(index))?;
        Some((selection, piece.offset + if piece.bytes() > 0 { span.byte_at(x) } else { 0 }))
    }

    fn click(&self, ctx: &Context<Self>, x: f64, y: f64) {
        let Ok(plan) = ctx.props().state.plan() else { return };
        let Some(scale) = self.scale(&plan) else { return };
        // The strip above is in true scale.
        let x = if y < drawing::geometry(self.narrow, &plan).minimap_end() {
            let hit = scale.spans.iter().find(|span| (span.true_x..=span.true_x + span.true_width).contains(&x));
            hit.map_or(x, |span| span.x + (x - span.true_x) / span.true_width.max(1.0) * span.width)
        } else {
            x
        };
        if let Some((selection, _)) = self.at(&plan, &scale, x) {
            ctx.props().send.emit(Action::Select(Some(selection)));
        }
    }

    fn key(&self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let Ok(plan) = ctx.props().state.plan() else { return };
        let selected = ctx.props().state.selected;
        let number = selected.and_then(|selected| Facts::of(&plan, selected)).map_or(0, |facts| facts.number);
        let target = match (event.key().as_str(), selected) {
            ("ArrowLeft", _) => facts::numbered(&plan, number.saturating_sub(1).max(1)),
            ("ArrowRight", _) => facts::numbered(&plan, (number + 1).min(plan.segments)),
            ("ArrowUp" | "PageUp", Some(selected)) => facts::neighbour_piece(&plan, selected, false),
            ("ArrowDown" | "PageDown", Some(selected)) => facts::neighbour_piece(&plan, selected, true),
            ("Home", _) => facts::numbered(&plan, 1),
            ("End", _) => facts::numbered(&plan, plan.segments),
            ("ArrowUp" | "ArrowDown" | "PageUp" | "PageDown", None) => facts::numbered(&plan, 1),
            _ => return,
        };
        event.prevent_default();
        if target.is_some() {
            ctx.props().send.emit(Action::Select(target));
        }
    }

    /// The selected span of the message that is selected, if any: its bytes.
    fn span(&self, state: &State) -> Option<Range<usize>> {
        let (row, span) = self.span.filter(|(row, _)| state.selected.is_some_and(|selected| selected.row == *row))?;
        let structured = state.structures.iter().find(|one| one.row == row)?;
        Some(structured.structure.as_ref().ok()?.spans.get(span)?.bytes.clone())
    }

    /// Selects the part that the selected span is in.
    fn show_span(&self, ctx: &Context<Self>) {
        let props = ctx.props();
        let (Ok(plan), Some(bytes)) = (props.state.plan(), self.span(&props.state)) else { return };
        let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&bytes.start));
        if let Some(piece) = piece.filter(|piece| props.state.selected.is_none_or(|selected| !piece.holds(selected))) {
            props.send.emit(Action::Select(Some(piece.selection(0))));
        }
    }

    /// The structure of the message that is selected.
    fn structure(&self, ctx: &Context<Self>, plan: &Plan) -> Html {
        let state = &ctx.props().state;
        let found = state.selected.and_then(|selected| {
            let row = state.rows.iter().find(|row| row.id == selected.row && row.way().is_some())?;
            let pieces: Vec<&Piece> = plan.pieces.iter().filter(|piece| piece.row == row.id).collect();
            let structured = state.structures.iter().find(|one| one.row == row.id);
            Some((row, pieces, structured.map(|one| &one.structure)))
        });
        let Some((row, pieces, structure)) = found else { return html! {} };
        let bytes = pieces.first().map(|first| first.offset).zip(pieces.last().map(|last| last.end()));
        // While the next payload is being built, that of the last one may lie elsewhere.
        let fits = |structure: &Structure| {
            let ends = structure.spans.first().zip(structure.spans.last());
            ends.map(|(first, last)| (first.bytes.start, last.bytes.end)) == bytes
        };
        let content = match structure {
            Some(Ok(structure)) if fits(structure) => {
                let segments = pieces.iter().filter(|piece| facts::is_segment(piece)).map(|piece| piece.position);
                let id = row.id;
                html! {
                    <StructureTable structure={structure.clone()} selected={self.span.filter(|span| span.0 == id).map(|span| span.1)}
                        select={ctx.link().callback(move |span| Msg::Span(id, span))} positions={segments.collect::<Rc<[usize]>>()}
                        prefix="layout-" in_page=true />
                }
            }
            Some(Err(error)) => {
                problem("structure-problem", &Problem::new("It cannot be told.", format!("{}.", sentence(error))))
            }
            _ => html! { <p class="quiet">{ "Not built yet." }</p> },
        };
        html! {
            <section class="in-layout" id="layout-structure" aria-labelledby="head-layout-structure">
                <h3 id="head-layout-structure">{ format!("{}, word by word", format::cut(&row.name, 40)) }</h3>
                <p class="pointer-words" id="pointer-words">{ facts::pointer_words(row) }</p>
                { content }
            </section>
        }
    }

    /// Scrolls a drawing that is wider than its place so that the selection is in view.
    fn scroll_to(&self, ctx: &Context<Self>, selected: Option<Selection>) {
        let place = || {
            let plan = ctx.props().state.plan().ok()?;
            let (scale, selected) = (self.scale(&plan)?, selected?);
            let piece = plan.piece_of(selected)?;
            let span = *scale.spans.get(piece.position)?;
            let (x, width) = span.unit(selected.index - piece.first, piece.count);
            Some((x, x + width.min(self.width.unwrap_or(width))))
        };
        let (Some(plot), Some((left, right))) = (self.plot.cast::<HtmlElement>(), place()) else { return };
        let (from, seen) = (f64::from(plot.scroll_left()), f64::from(plot.client_width()));
        if left < from {
            plot.set_scroll_left(left as i32);
        } else if right + 16.0 > from + seen {
            plot.set_scroll_left((right + 16.0 - seen) as i32);
        }
    }

    fn observe(&mut self, ctx: &Context<Self>) {
        let Some(plot) = self.plot.cast::<HtmlElement>() else { return };
        let link = ctx.link().clone();
        let watched = plot.clone();
        let closure = Closure::<dyn FnMut()>::new(move || {
            let (link, watched) = (link.clone(), watched.clone());
            // After the observer's own round: drawing inside of it would change sizes that it is still reporting.
            Timeout::new(0, move || {
                let window =
                    web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
                let narrow = window.is_some_and(|width| width < NARROW);
                link.send_message(Msg::Measured { plot: f64::from(watched.client_width()), narrow });
            })
            .forget();
        });
        if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
            observer.observe(&plot);
            self.observer = Some(Observer { observer, _closure: closure });
        }
    }
}

impl Component for LayoutPane {
    type Message = Msg;
    type Properties = PaneProps;

    fn create(_ctx: &Context<Self>) -> Self {
        Self {
            plot: NodeRef::default(),
            drawn: NodeRef::default(),
            width: None,
            narrow: false,
            hover: None,
            table: false,
            observer: None,
            shown: None,
            span: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Measured { plot, narrow } => {
                // A hidden plot has no width; the old one still holds when it is shown again.
                if plot <= 0.0 || (self.width, self.narrow) == (Some(plot), narrow) {
                    return false;
                }
                (self.width, self.narrow) = (Some(plot), narrow);
            }
            Msg::Hover(x) => {
                if self.hover == x {
                    return false;
                }
                self.hover = x;
            }
            Msg::Click { x, y } => {
                self.click(ctx, x, y);
                return false;
            }
            Msg::Key(event) => {
                self.key(ctx, &event);
                return false;
            }
            Msg::Table => self.table = !self.table,
            Msg::Span(row, span) => {
                self.span = span.map(|span| (row, span));
                self.show_span(ctx);
            }
        }
        true
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &PaneProps) -> bool {
        let state = &ctx.props().state;
        // A span goes with the structure that it is one of, and with the part that it is in.
        if state.structures != old.state.structures {
            self.span = None;
        } else if state.selected != old.state.selected {
            let plan = state.plan().ok();
            let piece = plan.as_ref().zip(state.selected).and_then(|(plan, selected)| plan.piece_of(selected));
            let here =
                |bytes: Range<usize>| piece.is_some_and(|piece| (piece.offset..piece.end()).contains(&bytes.start));
            if !self.span(state).is_some_and(here) {
                self.span = None;
            }
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.observe(ctx);
        }
        let selected = ctx.props().state.selected;
        if self.width.is_some() && selected != self.shown {
            self.shown = selected;
            self.scroll_to(ctx, selected);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (state, send) = (&ctx.props().state, &ctx.props().send);
        let views = View::ALL.into_iter().map(|view| Choice {
            id: format!("view-{}", view.name().replace(' ', "-")).into(),
            label: view.name(),
            chosen: state.view == view,
            choose: sends(send, Action::View(view)),
        });
        let controls = html! {
            <>
                { segmented("Whose modes the layout shows", "view", views.collect()) }
                <button type="button" class="link" id="table" aria-pressed={if self.table { "true" } else { "false" }}
                    onclick={ctx.link().callback(|_| Msg::Table)}>{ "Table" }</button>
            </>
        };
        let plan = state.plan().map(Rc::new);
        let body = match &plan {
            _ if state.rows.is_empty() => empty(),
            Err(_) => problem(
                "layout-problem",
                &Problem::new("There is no layout to show.", "The payload cannot be built; Build says why."),
            ),
            Ok(plan) => html! {
                <>
                    if self.table { { table(plan, send, state.selected) } }
                    { ledger(plan) }
                </>
            },
        };
        let drawable = plan.as_ref().ok().filter(|plan| !plan.pieces.is_empty());
        let hidden = self.table || drawable.is_none();
        html! {
            <section class="pane layout" id="pane-layout" tabindex="-1" aria-labelledby="head-layout">
                { pane_head(2, "head-layout", "Layout", "", html! { <>{ legend() }{ controls }</> }) }
                <div class={classes!("layout-body", self.table.then_some("as-table"), drawable.and_then(|plan| drawing::down_class(plan)))}>
                    if let Some(plan) = drawable.filter(|_| !self.table) { { drawing::names(plan) } }
                    // Always there, so that its width is known whatever is shown.
                    <div class="plot" ref={self.plot.clone()} {hidden}>
                        if let Some(plan) = drawable { { self.drawing(ctx, plan) } }
                    </div>
                    { body }
                </div>
                if let Some(plan) = drawable {
                    { selection_facts(plan, send, state.selected) }
                    { self.structure(ctx, plan) }
                }
            </section>
        }
    }
}

impl LayoutPane {
    fn drawing(&self, ctx: &Context<Self>, plan: &Rc<Plan>) -> Html {
        let Some(scale) = self.scale(plan).map(Rc::new) else { return html! {} };
        let selected = ctx.props().state.selected;
        let height = drawing::geometry(self.narrow, plan).height;
        let width = scale.width + 16.0;
        let inside = {
            let drawn = self.drawn.clone();
            move |client_x: i32, client_y: i32| {
                let rect = drawn.cast::<Element>().map(|svg| svg.get_bounding_client_rect());
                rect.map_or((0.0, 0.0), |rect| {
                    (f64::from(client_x) - rect.left() - 8.0, f64::from(client_y) - rect.top())
                })
            }
        };
        let onclick = {
            let inside = inside.clone();
            ctx.link().callback(move |event: MouseEvent| {
                let (x, y) = inside(event.client_x(), event.client_y());
                Msg::Click { x, y }
            })
        };
        let onpointermove = ctx
            .link()
            .callback(move |event: PointerEvent| Msg::Hover(Some(inside(event.client_x(), event.client_y()).0)));
        let under = self.hover.and_then(|x| self.at(plan, &scale, x));
        let hovered = self.hover.and_then(|x| Some((under?.1, scale::inside(x, 0.0, scale.width))));
        let span = || {
            let start = self.span(&ctx.props().state)?.start;
            let at = plan.pieces.iter().position(|piece| (piece.offset..piece.end()).contains(&start))?;
            Some((start, scale.spans.get(at)?.at(start)))
        };
        let cursor = hovered.or_else(span).or_else(|| drawing::cursor_at(plan, &scale, selected?));
        html! {
            <div class="plot-list" role="listbox" tabindex="0" aria-label="Segments in payload order" id="plot"
                aria-activedescendant={selected.and_then(|selected| plan.piece_of(selected)).map(|piece| format!("piece-{}", piece.position))}
                onkeydown={ctx.link().callback(Msg::Key)}>
                <svg ref={self.drawn.clone()} class="drawing" width={width.to_string()} height={height.to_string()}
                    viewBox={format!("-8 0 {width} {height}")} aria-hidden="true" {onclick} {onpointermove}
                    onpointerleave={ctx.link().callback(|_| Msg::Hover(None))}>
                    <Bands plan={plan.clone()} scale={scale.clone()} narrow={self.narrow} {selected}
                        hovered={under.and_then(|(selection, _)| plan.piece_of(selection)).map(|piece| piece.position)} fans={scale.width <= self.width.unwrap_or(0.0)} />
                    if let Some((offset, x)) = cursor { { drawing::cursor(self.narrow, plan, &scale, offset, x) } }
                </svg>
                { for plan.pieces.iter().map(|piece| {
                    let here = selected.filter(|selected| piece.holds(*selected));
                    html! {
                        <span key={piece.position} class="unseen" role="option" id={format!("piece-{}", piece.position)}
                            aria-selected={if here.is_some() { "true" } else { "false" }}>
                            { piece_words(piece, here) }
                        </span>
                    }
                }) }
            </div>
        }
    }
}

fn piece_words(piece: &Piece, here: Option<Selection>) -> String {
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

fn legend() -> Html {
    html! {
        <ul class="legend" aria-label="Legend">
            <li><svg width="20" height="12" viewBox="0 0 20 12" aria-hidden="true">
                <rect width="20" height="12" fill="url(#legend-hatch)" /><rect class="line" x="0.5" y="0.5" width="19" height="11" />
            </svg>{ "lives here" }</li>
            <li><svg width="20" height="12" viewBox="0 0 20 12" aria-hidden="true">
                <rect class="line thick" x="1" y="1" width="18" height="10" />
            </svg>{ "referred to" }</li>
            <li><svg width="20" height="12" viewBox="0 0 20 12" aria-hidden="true">
                <rect class="ink" width="20" height="12" />
            </svg>{ "copied" }</li>
        </ul>
    }
}

fn empty() -> Html {
    let part = |name: &str, words: &str| html! { <><dt>{ name.to_owned() }</dt><dd>{ words.to_owned() }</dd></> };
    html! {
        <dl class="layout-empty">
            { part("Memory", "where the bytes already are: arrays, texts and files in the JS heap, blocks in wasm memory") }
            { part("Payload", "the segments in order: a list of references, it holds no byte of its own") }
            { part("Contiguous copy", "made only of segments in copy mode, or when someone asks for one block") }
            { part("Batches", "what one WebSocket message carries, at most 65,535 B: here every byte is copied once") }
        </dl>
    }
}

fn ledger(plan: &Plan) -> Html {
    let total = plan.building + plan.gathering;
    html! {
        <div class="ledger">
            <h3>{ "Bytes copied" }</h3>
            <dl>
                if drawing::has_filling(plan) {
                    <div class="filling"><dt>{ "filling" }</dt><dd id="ledger-filling">{ format::count(plan.filling) }</dd></div>
                }
                <div class="building"><dt>{ "building" }</dt>
                    <dd id="ledger-building">{ format::count(plan.building - plan.filling) }</dd></div>
                <div class="gathering"><dt>{ "gathering" }</dt><dd id="ledger-gathering">{ format::count(plan.gathering) }</dd></div>
                <div class="in-all"><dt>{ "in all" }</dt><dd id="ledger-total">{ format::count(total) }</dd></div>
            </dl>
            if plan.pieces.iter().any(|piece| piece.refused.is_some()) {
                <p class="refused-words" id="ledger-refused">{ "if it were built" }</p>
            } else {
                <p class="quiet">{ format::times_of(total, plan.len) }{ " × the payload" }</p>
            }
        </div>
    }
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

fn table(plan: &Plan, send: &Callback<Action>, selected: Option<Selection>) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="The layout as a table">
            <table id="layout-table">
                <caption class="unseen">{ "The pieces of the payload in order" }</caption>
                <thead><tr>
                    <th scope="col">{ "segment" }</th><th scope="col" class="number-cell">{ "offset" }</th>
                    <th scope="col" class="number-cell">{ "hex" }</th><th scope="col" class="number-cell">{ "bytes" }</th>
                    <th scope="col">{ "type" }</th><th scope="col">{ "lives in" }</th><th scope="col">{ "mode" }</th>
                    <th scope="col" class="number-cell">{ "copied when built" }</th><th scope="col">{ "carried by" }</th>
                </tr></thead>
                <tbody>
                    { for plan.pieces.iter().map(|piece| {
                        let here = selected.is_some_and(|selected| piece.holds(selected));
                        let select = sends(send, Action::Select(Some(piece.selection(0))));
                        let batches = (piece.bytes() > 0)
                            .then(|| (plan.batches.batch_of(piece.offset), plan.batches.batch_of(piece.end() - 1)));
                        let copied = piece.filled() + if piece.mode == Mode::Copy { piece.bytes() } else { 0 };
                        let times = if piece.count == 1 { String::new() } else { format!(" × {}", format::count(piece.count)) };
                        html! {
                            <tr key={piece.position} class={here.then_some("open")}>
                                <th scope="row">{ swatch(piece.position) }
                                    <button type="button" class="link" onclick={select}
                                        aria-pressed={if here { "true" } else { "false" }}>
                                        { piece.position }{ " " }{ &piece.name }
                                    </button>{ times }</th>
                                <td class="number-cell">{ format::count(piece.offset) }</td>
                                <td class="number-cell mono">{ format::hex(piece.offset) }</td>
                                <td class="number-cell">{ format::count(piece.bytes()) }</td>
                                <td>{ facts::piece_type(piece) }</td>
                                <td>{ place_words(piece.source) }{ part_words(piece) }</td>
                                <td class={piece.refused.map(|_| "refused-words")}>{ facts::mode_words(piece) }</td>
                                <td class="number-cell">{ format::count(copied) }</td>
                                <td>{ batch_words(batches) }</td>
                            </tr>
                        }
                    }) }
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

fn selection_facts(plan: &Rc<Plan>, send: &Callback<Action>, selected: Option<Selection>) -> Html {
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
            all => format!(", and {} more like it", format::count(all - 1)),
        };
        let name = piece.part.map_or_else(|| format::cut(&piece.name, 16), |part| part.word().to_owned());
        let (element, batch) = (format::count(cut.element), cut.batch);
        format!(
            "{name}[{element}] by the border of batches {} and {}{more}",
            format::count(batch),
            format::count(batch + 1)
        )
    });
    html! {
        <div class="facts">
            <div class="facts-head">
                <h3>{ swatch(piece.position) }{ piece.position }{ " " }{ title }</h3>
                <span class={if piece.refused.is_some() { "refused-words" } else { "quiet" }} id="fact-mode">
                    { facts::mode_words(piece) }
                </span>
                { bytes_button(send, Looking { subject: Subject::Build, offset: facts.offset }, "Bytes".into(), "Look at the bytes".into(), keys::aria("bytes-open")) }
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
                    { fact("owner", facts::owner(piece)) }
                    { fact("carried by", batch_words(facts.batches)) }
                    if let Some(cut) = cut { { fact("cut", cut) } }
                </dl>
            </div>
            <p class="story"><strong>{ "What happens to these bytes: " }</strong>{ facts::story(piece) }</p>
        </div>
    }
}
