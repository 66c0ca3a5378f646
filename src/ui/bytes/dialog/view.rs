//! Draws the view: its tools, the lines in view, the scrollbar, the inspector and the foot.

use std::ops::Range;

use web_sys::{Element as Node, HtmlTextAreaElement};
use yew::{html::Scope, prelude::*};

use super::{BytesDialog, Comparing, Holds, Msg, Open, Other, READ_ON, Searching, offset_under, take::mode_at};
use crate::{
    app::{
        Action, Plan, Selection, State,
        bytes::{Seen, Subject},
        keys::{Context as Shortcuts, aria},
    },
    outside::Ends,
    payload::Direction,
    present::{
        format,
        hex::{self, ByteOrder, Mark, Sought, Style},
    },
    segment::{Element, Mode},
    ui::kit::{
        html::html,
        keys::in_line,
        pointing,
        text_field::TextField,
        widgets::{Choice, Select, hatch, hue, problem, segmented, sends, swatch},
    },
    web::clipboard::Promised,
};

/// The most segments that the view draws beside the scrollbar.
const MOST_STRIPES: usize = 400;

/// The segment of a byte, with its marks for the pointer.
struct Pointed {
    mark: Mark,
    /// The value of its attribute `data-segment`. `None` for a segment that is not one of the
    /// rows'.
    label: Option<AttrValue>,
    /// Whether the person points at another segment, so that this one steps back.
    back: bool,
}

/// The lines of one drawing.
#[derive(Clone, Default, Properties)]
pub(super) struct Drawn {
    /// Counts drawings: two drawings with the same number are equal.
    version: u64,
    lines: Html,
}

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

/// The lines. Yew compares them with the last ones only after a new drawing.
#[component]
fn Lines(props: &Drawn) -> Html {
    props.lines.clone()
}

impl BytesDialog {
    /// The segment of a byte, with its marks for this payload.
    fn mark(&self, open: &Open, plan: Option<&Plan>, offset: usize) -> Option<Mark> {
        let planned = plan.and_then(|plan| hex::planned(plan, offset));
        match open.holds.holding() {
            Some(holding) if open.subject != Subject::Build => {
                let arrived = hex::arrived(holding, offset, "segment")?;
                Some(match planned {
                    Some(Mark { position, selection, .. }) => Mark { position, selection, ..arrived },
                    None => arrived,
                })
            }
            _ => planned,
        }
    }

    /// The position of the piece at which the person points, in any pane.
    fn hovered(&self, state: &State, open: &Open) -> Option<usize> {
        state.hovered.filter(|_| open.ours).and_then(|hovered| state.position_of(hovered))
    }

    pub(super) fn content(&self, ctx: &Context<Self>, open: &Open) -> Html {
        let state = &ctx.props().state;
        let plan = open.ours.then(|| state.plan().ok()).flatten();
        let mark = self.mark(open, plan.as_ref(), open.cursor);
        let subjects = self.subjects(ctx, open.subject);
        let choose = ctx.link().batch_callback(|key: String| Subject::of(&key).map(Msg::Subject));
        html! {
            <>
                <header class="dialog-head">
                    <h2 id="head-bytes" tabindex="-1" ref={self.head.clone()}>{ "Bytes" }</h2>
                    <Select id="bytes-subject" name="Which payload" value={AttrValue::from(open.subject.key())} options={subjects}
                        {choose} />
                    <span class="quiet bytes-len" id="bytes-len">{ self.len_words(open) }</span>
                    <button type="button" id="bytes-close" data-closes="true" onclick={sends(&ctx.props().send, Action::Look(None))}>{ "Close" }</button>
                </header>
                { self.tools(ctx, open) }
                <div class="bytes-body">
                    <div class="bytes-main">
                        if let Some(cause) = open.problem(&self.in_view(open)) { { problem("bytes-problem", cause) } }
                        <Lines ..self.drawn_lines(ctx, open, plan.as_ref(), mark.as_ref()) />
                    </div>
                    { self.inspector(ctx, open, mark.as_ref(), plan.as_ref()) }
                </div>
                { self.foot(ctx, open) }
            </>
        }
    }

    /// The bytes of the lines in view.
    fn in_view(&self, open: &Open) -> Range<usize> {
        let lines = self.lines(open);
        lines.bytes(open.top).start..lines.bytes(open.top + self.visible - 1).end
    }

    fn len_words(&self, open: &Open) -> String {
        match &open.holds {
            Holds::Waiting => "Fetching …".to_owned(),
            Holds::Failed(_) => String::new(),
            Holds::There(held) => {
                let holding = held.holding();
                format!("{} in {}", format::bytes(holding.len()), format::plural(holding.count(), "segment"))
            }
        }
    }

    /// Every payload that the person can view.
    fn subjects(&self, ctx: &Context<Self>, current: Subject) -> Vec<(AttrValue, AttrValue)> {
        let state = &ctx.props().state;
        let mut subjects = vec![Subject::Build];
        subjects.extend((ctx.props().errands.is_kept() || current == Subject::Kept).then_some(Subject::Kept));
        subjects.extend(state.samples.iter().filter(|sample| !sample.deleted).map(|sample| Subject::Sample(sample.id)));
        if !subjects.contains(&current) {
            subjects.push(current);
        }
        subjects.into_iter().map(|subject| (subject.key().into(), state.subject_name(subject).into())).collect()
    }

    fn tools(&self, ctx: &Context<Self>, open: &Open) -> Html {
        let link = ctx.link();
        let choices = &self.choices;
        let submit = |msg: fn() -> Msg| {
            link.callback(move |event: SubmitEvent| {
                event.prevent_default();
                msg()
            })
        };
        let kinds: Vec<_> = Sought::all().map(|kind| (kind.key().into(), kind.name().into())).collect();
        let choose_kind =
            link.batch_callback(|key: String| Sought::all().find(|kind| kind.key() == key).map(Msg::Kind));
        let long = matches!(choices.kind, Sought::Number(element) if element.size() > 1);
        let placeholder = match choices.kind {
            Sought::Hex => "de ad be ef",
            Sought::Text => "text",
            Sought::Number(_) => "number",
        };
        let failed = match &open.searching {
            Searching::Wrong(words) => Some(words.clone()),
            _ => None,
        };
        let absent = open.holds.held().is_none();
        let mut others = vec![("none".into(), "nothing".into())];
        others.extend(self.subjects(ctx, open.subject).into_iter().filter(|(key, _)| *key != open.subject.key()));
        let other = open.other.as_ref().map_or("none".to_owned(), |other| other.subject.key());
        let choose_other = link.callback(|key: String| Msg::Other(Subject::of(&key)));
        html! {
            <div class="bytes-tools">
                <form onsubmit={submit(|| Msg::Go)}>
                    <label for="bytes-go">{ "go to" }</label>
                    <TextField id="bytes-go" class="mono" placeholder="0x2000" value={choices.go.clone()} change={link.callback(Msg::GoTyped)}
                        ends={Ends::LeftOut} wrong={choices.go_error.is_some()} describedby="bytes-go-error" />
                    <button type="submit">{ "Go" }</button>
                    <p class="field-error" id="bytes-go-error" role="alert">{ choices.go_error.clone().unwrap_or_default() }</p>
                </form>
                <form class="bytes-search" onsubmit={submit(|| Msg::Find(Direction::Forwards))}>
                    <label for="bytes-sought">{ "search" }</label>
                    <Select id="bytes-kind" name="What the search text stands for" value={AttrValue::from(choices.kind.key())}
                        options={kinds} choose={choose_kind} />
                    if long { { orders(link, "bytes-sought-order", "Byte order of the number", choices.order, Msg::SoughtOrder) } }
                    <TextField id="bytes-sought" class="mono" {placeholder} value={choices.sought.clone()} change={link.callback(Msg::SoughtTyped)}
                        ends={if choices.kind == Sought::Text { Ends::Words } else { Ends::LeftOut }} wrong={failed.is_some()}
                        describedby="bytes-search-error" />
                    <button type="submit" id="bytes-next" disabled={absent} aria-keyshortcuts={aria("bytes-next")}>{ "Next" }</button>
                    <button type="button" id="bytes-previous" disabled={absent} aria-keyshortcuts={aria("bytes-previous")}
                        onclick={link.callback(|_| Msg::Find(Direction::Backwards))}>
                        { "Previous" }</button>
                    <span id="bytes-search" class="bytes-state" data-state={search_word(&open.searching)} aria-live="polite">
                        { self.search_words(link, &open.searching) }
                    </span>
                    <p class="field-error" id="bytes-search-error" role="alert">{ failed.unwrap_or_default() }</p>
                </form>
                <div class="bytes-compare">
                    <label for="bytes-other">{ "compare with" }</label>
                    <Select id="bytes-other" value={AttrValue::from(other)} options={others} choose={choose_other} />
                    if open.subject == Subject::Build {
                        <button type="button" class="link" id="bytes-keep" onclick={link.callback(|_| Msg::Keep)}
                            title="Builds a payload of the rows by their own modes and keeps it, to be compared with later.">
                            { "Keep one to compare" }</button>
                    }
                    if ctx.props().errands.is_kept() {
                        <button type="button" class="link" id="bytes-forget" onclick={link.callback(|_| Msg::ForgetKept)}>
                            { "Let go of it" }</button>
                    }
                    if let Some(other) = &open.other { { self.compared(link, other) } }
                </div>
            </div>
        }
    }

    fn search_words(&self, link: &Scope<Self>, searching: &Searching) -> Html {
        match searching {
            Searching::Idle | Searching::Wrong(_) => html! {},
            Searching::UnderWay(done) => html! {
                <>
                    <progress max="1" value={done.to_string()} aria-label="How much was searched"></progress>
                    <button type="button" class="link" id="bytes-cancel" onclick={link.callback(|_| Msg::CancelSearch)}>{ "Cancel" }</button>
                </>
            },
            Searching::Hit { offset, wrapped } => {
                let wrapped = if *wrapped { ", gone on at the other end" } else { "" };
                html! { { format!("at {}{wrapped}", format::hex(*offset)) } }
            }
            Searching::Absent => html! { { "not in this payload" } },
            Searching::Stopped => html! { { "cancelled" } },
            Searching::Failed(cause) => problem("bytes-search-problem", cause),
        }
    }

    fn compared(&self, link: &Scope<Self>, other: &Other) -> Html {
        let (word, words) = match &other.comparing {
            Comparing::UnderWay(done) => (
                "underway",
                html! {
                    <>
                        <progress max="1" value={done.to_string()} aria-label="How much was compared"></progress>
                        <button type="button" class="link" id="bytes-compare-cancel" onclick={link.callback(|_| Msg::CancelCompare)}>
                            { "Cancel" }</button>
                    </>
                },
            ),
            Comparing::Done(difference) => {
                let step = |id: &'static str, name: &'static str, direction| {
                    html! {
                        <button type="button" {id} disabled={difference.count() == 0} aria-keyshortcuts={aria(id)}
                            onclick={link.callback(move |_| Msg::Differ(direction))}>{ name }</button>
                    }
                };
                (
                    "done",
                    html! {
                        <>
                            <strong>{ hex::difference_words(difference) }</strong>
                            { step("bytes-difference-next", "Next difference", Direction::Forwards) }
                            { step("bytes-difference-previous", "Previous", Direction::Backwards) }
                            { match &other.step {
                                None => html! {},
                                Some(Ok(words)) => html! { <span class="quiet">{ *words }</span> },
                                Some(Err(cause)) => problem("bytes-difference-problem", cause),
                            } }
                        </>
                    },
                )
            }
            Comparing::Stopped => ("stopped", html! { { "cancelled" } }),
            Comparing::Failed(cause) => ("failed", problem("bytes-compare-problem", cause)),
        };
        html! { <span id="bytes-difference" class="bytes-state" data-state={word} aria-live="polite">{ words }</span> }
    }

    /// The lines of the last drawing, until something that they show changes. The progress of a
    /// search, which changes often, is not among that.
    fn drawn_lines(&self, ctx: &Context<Self>, open: &Open, plan: Option<&Plan>, here: Option<&Mark>) -> Drawn {
        let mut drawn = self.drawn.borrow_mut();
        if drawn.version != self.version {
            *drawn = Drawn { version: self.version, lines: self.lines_view(ctx, open, plan, here) };
        }
        drawn.clone()
    }

    fn lines_view(&self, ctx: &Context<Self>, open: &Open, plan: Option<&Plan>, here: Option<&Mark>) -> Html {
        let link = ctx.link();
        let lines = self.lines(open);
        let count = if open.holds.are_waited_for() { 0 } else { lines.count() };
        let shown = open.top..(open.top + self.visible).min(count);
        let active = self.in_view(open).contains(&open.cursor).then(|| format!("byte-{}", open.cursor));
        let compared = open.other.as_ref().is_some_and(|other| other.holds.held().is_some());
        let onpointerdown = link.batch_callback(|event: PointerEvent| {
            if event.pointer_type() == "touch" {
                return Some(Msg::Touched(f64::from(event.client_y())));
            }
            (event.button() == 0).then(|| offset_under(&event)).flatten().map(|offset| {
                event.prevent_default();
                Msg::Point { offset, extend: event.shift_key() }
            })
        });
        let onpointermove = link.batch_callback(|event: PointerEvent| {
            if event.pointer_type() == "touch" {
                return Some(Msg::Swiped(f64::from(event.client_y())));
            }
            (event.buttons() & 1 == 1).then(|| offset_under(&event)).flatten().map(Msg::Drag)
        });
        let onpointerup = link.callback(|event: PointerEvent| {
            let tapped = event.pointer_type() == "touch";
            Msg::Lifted(tapped.then(|| offset_under(&event)).flatten())
        });
        let onpointercancel = link.callback(|_: PointerEvent| Msg::Release);
        let digits = hex::digits(open.len());
        let hovered = self.hovered(&ctx.props().state, open);
        let mut mark: Option<Pointed> = None;
        html! {
            <div class="bytes-area" ref={self.area.clone()}>
                <div class={classes!("bytes-grid", compared.then_some("both"), format!("digits-{digits}"))} ref={self.grid.clone()}
                    id="bytes-grid" role="grid" tabindex="0" aria-label="Bytes" aria-multiselectable="true"
                    aria-activedescendant={active} aria-describedby="bytes-keys"
                    aria-rowcount={lines.count().to_string()} aria-colcount={(self.width() + 1).to_string()}
                    {onpointerdown} {onpointermove} {onpointerup} {onpointercancel}>
                    { for shown.map(|line| self.line(open, plan, hovered, here, line, &mut mark)) }
                </div>
                { self.bar_view(ctx, open, plan) }
            </div>
        }
    }

    fn line(
        &self,
        open: &Open,
        plan: Option<&Plan>,
        hovered: Option<usize>,
        here: Option<&Mark>,
        line: usize,
        mark: &mut Option<Pointed>,
    ) -> Html {
        // Only for the payload of Build does the page know which batches carry it.
        let batches = plan.filter(|_| open.subject == Subject::Build);
        let digits = hex::digits(open.len());
        let lines = self.lines(open);
        let range = lines.bytes(line);
        let window = open.window.as_ref();
        let mine = |offset: usize| window?.mine.at(offset);
        let theirs = |offset: usize| window?.theirs.at(offset);
        // A byte that is still to come is blank.
        let missing = |offset: usize| if window.is_some_and(|window| window.has(offset)) { "–" } else { "" };
        let compared = open.other.as_ref().is_some_and(|other| other.holds.held().is_some());
        let selected = open.selection();
        let mut cells = Vec::with_capacity(lines.width);
        let mut characters = Vec::with_capacity(lines.width);
        let mut other_cells = Vec::new();
        let mut other_characters = Vec::new();
        let mut first = None;
        // The other payload may be longer than this one.
        let width = range.start..range.start + lines.width;
        for (column, offset) in width.enumerate() {
            if mark.as_ref().is_none_or(|pointed| !pointed.mark.range.contains(&offset)) {
                *mark = self.mark(open, plan, offset).map(|mark| Pointed {
                    label: mark.selection.map(|selection| pointing::mark(selection).into()),
                    back: hovered.is_some_and(|hovered| hovered != mark.position),
                    mark,
                });
            }
            let inside = range.contains(&offset);
            let pointed = mark.as_ref().filter(|_| inside);
            let label = pointed.and_then(|pointed| pointed.label.clone());
            let back = pointed.is_some_and(|pointed| pointed.back).then_some("away");
            let mark = pointed.map(|pointed| &pointed.mark);
            first = first.or(pointed.map(|pointed| (pointed.mark.position, pointed.back)));
            let seg = mark.map(|mark| hue(mark.position));
            let middle = (column == 8).then_some("mid");
            let differs =
                compared && mine(offset).is_some() && theirs(offset).is_some() && mine(offset) != theirs(offset);
            let marks = classes!(
                seg.clone(),
                back,
                (inside && selected.contains(&offset) && selected.len() > 1).then_some("sel"),
                (inside && offset == open.cursor).then_some("cur"),
                differs.then_some("differs"),
            );
            let edges = here.filter(|here| inside && here.range.contains(&offset)).map(|here| {
                classes!(
                    (offset < here.range.start + lines.width).then_some("et"),
                    (offset + lines.width >= here.range.end.min(open.len())).then_some("eb"),
                    (offset == here.range.start || column == 0).then_some("el"),
                    (offset + 1 == here.range.end || column + 1 == lines.width).then_some("er"),
                )
            });
            let begins = mark.is_some_and(|mark| mark.range.start == offset && offset > 0).then_some("begins");
            let batch = batches.filter(|_| inside).and_then(|plan| hex::batch_at(plan, offset)).map(|_| "batch");
            if inside {
                let byte = mine(offset);
                let text = byte.map_or_else(|| missing(offset).to_owned(), |byte| format!("{byte:02x}"));
                cells.push(html! {
                    <span key={offset} role="gridcell" id={format!("byte-{offset}")}
                        class={classes!("b", marks.clone(), edges, begins, batch, middle)} data-at={offset.to_string()}
                        data-segment={label.clone()}
                        aria-colindex={(column + 2).to_string()}
                        aria-selected={if selected.contains(&offset) { "true" } else { "false" }}>{ text }</span>
                });
                characters.push(html! {
                    <span key={offset} class={marks.clone()} data-at={offset.to_string()} data-segment={label}>
                        { byte.map_or(' ', hex::character) }</span>
                });
            } else {
                cells.push(html! { <span key={offset} class={classes!("b", middle)}></span> });
                characters.push(html! { <span key={offset}>{ " " }</span> });
            }
            if compared {
                let text = theirs(offset).map_or(String::new(), |byte| format!("{byte:02x}"));
                let at = inside.then(|| offset.to_string());
                let character = theirs(offset).map_or(' ', hex::character);
                let class = classes!("b", marks.clone(), begins, middle);
                other_cells.push(html! { <span key={offset} {class} data-at={at.clone()}>{ text }</span> });
                other_characters.push(html! { <span key={offset} class={marks} data-at={at}>{ character }</span> });
            }
        }
        html! {
            <div key={line} role="row" class="l" aria-rowindex={(line + 1).to_string()}>
                <span role="rowheader" class="o">{ hex::column(range.start, digits) }</span>
                <svg class={classes!("gutter", first.map(|(position, _)| hue(position)), first.is_some_and(|(_, back)| back).then_some("back"))}
                    width="8" height="20" viewBox="0 0 8 20" aria-hidden="true">
                    if let Some((position, _)) = first {
                        <rect class="tint" width="8" height="20" /><rect width="8" height="20" fill={hatch(position)} />
                    }
                </svg>
                <span class="h" role="presentation">{ cells }</span>
                <span class="c" aria-hidden="true">{ characters }</span>
                if compared {
                    <span class="h second" aria-hidden="true">{ other_cells }</span>
                    <span class="c second" aria-hidden="true">{ other_characters }</span>
                }
            </div>
        }
    }

    fn bar_view(&self, ctx: &Context<Self>, open: &Open, plan: Option<&Plan>) -> Html {
        let link = ctx.link();
        let bar = self.bar_of(open);
        let (height, thumb) = (bar.track, bar.thumb());
        let y = {
            let node = self.bar.clone();
            move |event: &PointerEvent| {
                let Some(bar) = node.cast::<Node>() else { return 0.0 };
                let rect = bar.get_bounding_client_rect();
                // A magnified page has a longer bar than its own pixels say.
                let scale = if rect.height() > 0.0 && height > 0.0 { rect.height() / height } else { 1.0 };
                (f64::from(event.client_y()) - rect.top()) / scale
            }
        };
        let onpointerdown = {
            let (y, node) = (y.clone(), self.bar.clone());
            link.callback(move |event: PointerEvent| {
                event.prevent_default();
                // Fails only when the pointer has left already.
                let _ = node.cast::<Node>().map(|bar| bar.set_pointer_capture(event.pointer_id()));
                Msg::Grab(y(&event))
            })
        };
        let onpointermove =
            link.batch_callback(move |event: PointerEvent| (event.buttons() & 1 == 1).then(|| Msg::Thumb(y(&event))));
        let len = open.len().max(1) as f64;
        let hovered = self.hovered(&ctx.props().state, open);
        let stripe = |range: &Range<usize>, position: usize, selection: Option<Selection>| {
            let (from, to) = (range.start as f64 / len * height, range.end as f64 / len * height);
            let height = (to - from).max(0.5).to_string();
            let back = hovered.is_some_and(|hovered| hovered != position).then_some("back");
            html! {
                <rect class={classes!("stripe", hue(position), back)} x="0" y={from.to_string()} width="5" {height}
                    data-segment={selection.map(pointing::mark)} />
            }
        };
        let stripes: Vec<Html> = match (plan, open.holds.holding()) {
            (Some(plan), _) => {
                let pieces = plan.pieces.iter().filter(|piece| piece.bytes() > 0).take(MOST_STRIPES);
                pieces
                    .map(|piece| stripe(&(piece.offset..piece.end()), piece.position, Some(piece.selection(0))))
                    .collect()
            }
            (None, Some(holding)) if holding.count() <= MOST_STRIPES => {
                let ranges = (0..MOST_STRIPES).map_while(|index| holding.range(index));
                ranges
                    .enumerate()
                    .filter(|(_, range)| !range.is_empty())
                    .map(|(index, range)| stripe(&range, index, None))
                    .collect()
            }
            _ => Vec::new(),
        };
        // Segments beyond the limit are painted as one joined stripe.
        let from = match (plan, open.holds.holding()) {
            (Some(plan), _) => {
                plan.pieces.iter().filter(|piece| piece.bytes() > 0).nth(MOST_STRIPES).map(|piece| piece.offset)
            }
            (None, Some(holding)) if holding.count() > MOST_STRIPES => Some(0),
            _ => None,
        };
        let joined = from.map(|from| {
            let y = from as f64 / len * height;
            html! {
                <rect class="many" x="0" y={y.to_string()} width="5" height={(height - y).to_string()}>
                    <title>{ "More segments than are told apart here" }</title>
                </rect>
            }
        });
        let differences = match &open.other {
            Some(Other { comparing: Comparing::Done(difference), .. }) => difference.shares((height / 3.0) as usize),
            _ => Vec::new(),
        };
        html! {
            <svg ref={self.bar.clone()} class="bytes-bar" id="bytes-bar" width="16" height={height.to_string()}
                viewBox={format!("0 0 16 {height}")} role="scrollbar" aria-controls="bytes-grid"
                aria-orientation="vertical" aria-label="Lines" aria-valuemin="0"
                aria-valuemax={bar.last_top.to_string()} aria-valuenow={open.top.to_string()}
                {onpointerdown} {onpointermove} onpointerup={link.callback(|_: PointerEvent| Msg::Release)}
                onpointercancel={link.callback(|_: PointerEvent| Msg::Release)}>
                <rect class="track" width="16" height={height.to_string()} />
                { stripes }
                { for joined }
                { for differences.iter().enumerate().filter(|(_, share)| **share > 0.0).map(|(part, _)| html! {
                    <rect class="ink" x="10" y={(part as f64 * 3.0).to_string()} width="6" height="3" />
                }) }
                <rect class="thumb" x="1" y={(bar.y_of(open.top) + 1.0).to_string()} width="14"
                    height={(thumb - 2.0).max(1.0).to_string()} />
            </svg>
        }
    }

    fn inspector(&self, ctx: &Context<Self>, open: &Open, mark: Option<&Mark>, plan: Option<&Plan>) -> Html {
        let link = ctx.link();
        let seen = open.inspected.as_ref().map(|inspected| &inspected.seen).filter(|seen| seen.offset == open.cursor);
        let bytes = seen.map_or(&[][..], Seen::readable);
        // Bytes that are on their way have their room already.
        let coming = seen.is_none() && open.len() > 0;
        let bits = bytes.first().map_or_else(|| "–".to_owned(), |byte| hex::binary(*byte));
        let character = if coming { "–".to_owned() } else { hex::first_character(bytes) };
        let writable = open.holds.holding().is_some_and(|holding| holding.is_writable(open.cursor));
        let choices = &self.choices;
        let (element, order) = (choices.element, choices.read_order);
        let elements: Vec<_> = Element::ALL.map(|element| (element.name().into(), element.name().into())).into();
        let choose = link
            .batch_callback(|key: String| Element::ALL.into_iter().find(|element| element.name() == key).map(Msg::As));
        let show = |element: Element, order| {
            let words = hex::value(bytes, element, order).map(|value| hex::words(value, element));
            words.map_or_else(|| html! { "–" }, |words| groups(&words))
        };
        let read_on: Vec<String> = (0..READ_ON)
            .map_while(|index| bytes.get(index * element.size()..))
            .map_while(|rest| hex::value(rest, element, order).map(|value| hex::words(value, element)))
            .collect();
        let selected = open.selection();
        let in_segment = mark.map(|mark| open.cursor - mark.range.start);
        html! {
            <section class="inspector" aria-labelledby="head-inspector">
                <h3 id="head-inspector" class="unseen">{ "The byte under the cursor" }</h3>
                <div id="bytes-status" role="status">
                    if open.len() > 0 {
                        <p>
                            <strong>{ format::hex(open.cursor) }</strong>{ format!(", {}", format::count(open.cursor)) }
                            if selected.len() > 1 {
                                { format!(
                                    "; {} selected, {} to {}",
                                    format::bytes(selected.len()), format::hex(selected.start), format::hex(selected.end - 1),
                                ) }
                            }
                        </p>
                        if let Some(mark) = mark {
                            <p>
                                { swatch(mark.position) }{ " " }{ &mark.name }
                                { format!(", byte {} of {}", format::count(open.cursor - mark.range.start), format::count(mark.range.len())) }
                                if let Some(plan) = plan.filter(|_| open.subject == Subject::Build) {
                                    { format!(", batch {}", format::count(plan.batches.batch_of(open.cursor))) }
                                }
                            </p>
                        }
                    } else if !open.holds.are_waited_for() {
                        <p>{ "It has no byte." }</p>
                    }
                </div>
                if coming || !bytes.is_empty() {
                    <p class="quiet">
                        { format!("aligned to {} in the payload", hex::alignment(open.cursor)) }
                        if let Some(at) = in_segment { { format!(", {} in its segment", hex::alignment(at)) } }
                    </p>
                    <table class="bytes-values" id="bytes-values">
                        <caption class="unseen">{ "The bytes from the cursor on as every element type" }</caption>
                        <thead><tr>
                            <th scope="col">{ "as" }</th><th scope="col">{ "little-endian" }</th><th scope="col">{ "big-endian" }</th>
                        </tr></thead>
                        <tbody>
                            { for Element::ALL.into_iter().map(|element| {
                                let off = element.size() > 1 && !open.cursor.is_multiple_of(element.size());
                                html! {
                                    <tr key={element.name()} data-type={element.name()}>
                                        <th scope="row">
                                            { element.name() }
                                            if off {
                                                <span class="quiet" title="The offset is not a multiple of its size.">{ " *" }</span>
                                            }
                                        </th>
                                        if element.size() == 1 {
                                            <td colspan="2">{ show(element, ByteOrder::Little) }</td>
                                        } else {
                                            <td>{ show(element, ByteOrder::Little) }</td><td>{ show(element, ByteOrder::Big) }</td>
                                        }
                                    </tr>
                                }
                            }) }
                            <tr data-type="bits"><th scope="row">{ "bits" }</th><td colspan="2">{ bits }</td></tr>
                            <tr data-type="character">
                                <th scope="row">{ "UTF-8" }</th><td colspan="2">{ character }</td>
                            </tr>
                            <tr data-type="text">
                                <th scope="row">{ "text" }</th>
                                <td colspan="2" class="cut-text">{ hex::text(bytes.get(..bytes.len().min(40)).unwrap_or_default()) }</td>
                            </tr>
                        </tbody>
                    </table>
                    // The line keeps its room, so that nothing moves with the cursor.
                    <p class="quiet star-words">{ if open.cursor.is_multiple_of(8) { "\u{a0}" } else { "* not aligned for this type" } }</p>
                    <div class="bytes-read-as">
                        <label for="bytes-as">{ "read on as" }</label>
                        <Select id="bytes-as" value={AttrValue::from(element.name())} options={elements} {choose} />
                        if element.size() > 1 { { orders(link, "bytes-as-order", "Byte order of the elements", order, Msg::ReadOrder) } }
                    </div>
                    <p class="mono read-on" id="bytes-read">{ read_on.join("  ") }</p>
                    if open.subject == Subject::Build && writable {
                        if mode_at(&ctx.props().state, open.cursor) == Some(Mode::Move) {
                            <p class="quiet" id="bytes-moved">
                                { "This row is moved: building the payload takes the array away, and its owner cannot write to it any more. Here \
                                   you look at it before that." }
                            </p>
                        } else {
                            { self.writing(link) }
                        }
                    }
                }
            </section>
        }
    }

    fn writing(&self, link: &Scope<Self>) -> Html {
        let onsubmit = link.callback(|event: SubmitEvent| {
            event.prevent_default();
            Msg::Write
        });
        html! {
            <form class="bytes-write" {onsubmit}>
                <label for="bytes-write">{ "write into the caller’s array" }</label>
                <TextField id="bytes-write" class="mono" value={self.choices.write.clone()} change={link.callback(Msg::WriteTyped)}
                    ends={Ends::LeftOut} wrong={self.choices.write_error.is_some()} describedby="bytes-write-error" />
                <button type="submit">{ "Write" }</button>
                <p class="field-error" id="bytes-write-error" role="alert">{ self.choices.write_error.clone().unwrap_or_default() }</p>
            </form>
        }
    }

    fn foot(&self, ctx: &Context<Self>, open: &Open) -> Html {
        let link = ctx.link();
        let absent = open.holds.held().is_none();
        let copies = Style::ALL.map(|style| {
            let id = match style {
                Style::Hex => "bytes-copy-hex",
                Style::Rust => "bytes-copy-rust",
                Style::JavaScript => "bytes-copy-js",
            };
            html! {
                // The browser is asked in the click: the bytes come from the engine only later.
                <button type="button" {id} disabled={absent || open.len() == 0}
                    onclick={link.callback(move |_| Msg::Copy(style, Promised::ask()))}>{ style.name() }</button>
            }
        });
        let looked = open.looked();
        let select = |event: FocusEvent| event.target_unchecked_into::<HtmlTextAreaElement>().select();
        html! {
            <footer class="bytes-foot">
                <div class="bytes-actions" role="group" aria-label="Take the bytes along">
                    <button type="button" id="bytes-extend" aria-pressed={if self.choices.extend { "true" } else { "false" }}
                        title="Moving selects, as with the shift key held." onclick={link.callback(|_| Msg::Extend)}>{ "Select" }</button>
                    <span class="quiet">{ "copy selection as" }</span>
                    { for copies }
                    <button type="button" id="bytes-save" disabled={absent} onclick={link.callback(|_| Msg::Save)}>
                        { "Save to a file" }</button>
                </div>
                <p class="quiet keys-line" id="bytes-keys">{ in_line(&[Shortcuts::Bytes, Shortcuts::Lines]) }</p>
                <p class="quiet" id="bytes-ledger" data-copied={looked.iter().sum::<u64>().to_string()}>{ hex::looked_words(looked) }</p>
                <div id="bytes-said" role="status">
                    { match &open.said {
                        None => html! {},
                        Some(Ok(words)) => html! { <p>{ words }</p> },
                        Some(Err(cause)) => problem("bytes-failed", cause),
                    } }
                    if let Some(text) = &open.text {
                        <textarea id="bytes-text" class="mono" readonly=true rows="4" aria-label="The text to copy"
                            onfocus={Callback::from(select)} value={text.clone()} />
                    }
                </div>
            </footer>
        }
    }
}

fn search_word(searching: &Searching) -> &'static str {
    match searching {
        Searching::Idle => "idle",
        Searching::Wrong(_) => "wrong",
        Searching::UnderWay(_) => "underway",
        Searching::Hit { .. } => "hit",
        Searching::Absent => "absent",
        Searching::Stopped => "stopped",
        Searching::Failed(_) => "failed",
    }
}

/// A number that may break behind a comma, and before its exponent.
fn groups(number: &str) -> Html {
    let groups = number.split_inclusive(',').flat_map(|group| {
        let (front, exponent) = group.split_at(group.find('e').unwrap_or(group.len()));
        [front, exponent].map(str::to_owned)
    });
    html! { { for groups.filter(|group| !group.is_empty()).enumerate().map(|(at, group)| html! { <>if at > 0 { <wbr /> }{ group }</> }) } }
}

/// A choice between the two byte orders.
fn orders(
    link: &Scope<BytesDialog>,
    group: &'static str,
    legend: &'static str,
    chosen: ByteOrder,
    msg: fn(ByteOrder) -> Msg,
) -> Html {
    let choices = ByteOrder::ALL.into_iter().map(|order| Choice {
        id: format!("{group}-{}", order.name()).into(),
        label: order.name(),
        chosen: chosen == order,
        choose: link.callback(move |_: Event| msg(order)),
    });
    segmented(legend, group, choices.collect())
}
