//! The frame in view: the message that contains it, its fields as a tree, and its bytes.

use std::ops::Range;

use yew::prelude::*;

use crate::ui::wire::dialog::{Detail, FIELDS_KEYS, Msg, WireDialog, follows, number_under};
use crate::{
    app::{
        Action, State,
        keys::{Context as Shortcuts, aria},
        wire::{Change, Entry, Filter, Only, Part, Record, words::title},
    },
    present::{
        format,
        hex::{self, Lines},
        rows::{self, arrow, lane_words, part_words, span_bytes, way_words},
    },
    ui::kit::{
        html::html,
        keys::{self, in_line},
        pointing,
        scroller::Scroller,
        widgets::{AskingProps, hue, outside, problem, sends, swatch},
    },
    wire::{Shape, Span},
};

/// The height of a line of fields, and of a line of bytes, in pixels; as in the styles.
const LINE: f64 = 20.0;

/// A marked field of at most so many bytes is filled. A longer one has an outline.
const STRONG: usize = 64;

/// The most parts of a frame that the text names; the strip has more.
const NAMED: usize = 6;

impl WireDialog {
    pub(super) fn detail(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, errands } = ctx.props();
        let Some(detail) = &self.detail else {
            return html! {
                <div class="wire-detail" id="wire-detail">
                    <p class="quiet">{ "Choose a frame, and see what each of its bytes is." }</p>
                    <p class="quiet keys-line">{ in_line(&[Shortcuts::Frames]) }</p>
                </div>
            };
        };
        let head = errands.frames_seen(|record| match record.entry(detail.id) {
            Some(entry) => self.head(ctx, record, entry, detail),
            None => html! { <p class="quiet" id="wire-gone">{ "This frame was let go for newer ones; it is still shown here." }</p> },
        });
        html! {
            <div class="wire-detail" id="wire-detail" data-frame={detail.id.to_string()}>
                { head }
                { carried(&detail.parts, state, send) }
                if let Err(cause) = &detail.bytes { { problem("wire-problem", cause) } }
                { self.fields(ctx, detail) }
                { explained(detail) }
                { self.hex(ctx, detail) }
            </div>
        }
    }

    fn head(&self, ctx: &Context<Self>, record: &Record, entry: &Entry, detail: &Detail) -> Html {
        let AskingProps { state, send, .. } = ctx.props();
        let frame = &entry.frame;
        let lane = frame.summary.lane.map_or_else(String::new, |lane| format!("; lane {}", lane_words(lane)));
        let sn = frame.summary.sn.map_or_else(String::new, |sn| format!(", number {}", format::thousands(sn.into())));
        let message = rows::message_words(record, entry);
        let id = entry.message();
        let only = follows(state, id);
        let filter = Filter { only: id.filter(|_| !only).map(Only::Message), ..state.wire.filter.clone() };
        let step = |id: &'static str, forwards: bool, name: &'static str| {
            let there = record.neighbour(entry, forwards).is_some();
            html! {
                <button type="button" {id} disabled={!there} aria-keyshortcuts={aria(id)}
                    onclick={ctx.link().callback(move |_| Msg::Step(forwards))}>{ name }</button>
            }
        };
        html! {
            <>
                <h3 id="wire-title">{ title(record, entry) }</h3>
                <p class="quiet" id="wire-facts">
                    { format!(
                        "Frame {}{}, {} {} after {} ms; {}{lane}{sn}",
                        format::thousands(record.number(entry.id) + 1), if state.wire.last { " of those kept" } else { " of the recording" }, arrow(frame.way), way_words(frame.way), rows::time(record.since_first(entry)),
                        format::bytes(detail.len().max(frame.len)),
                    ) }
                </p>
                if let Some(message) = message {
                    <div class="wire-message">
                        <p id="wire-message">{ message }{ "." }</p>
                        <span class="wire-steps">
                            { step("wire-previous", false, "Previous") }
                            { step("wire-next", true, "Next") }
                            <button type="button" id="wire-follow" aria-pressed={only.to_string()} aria-keyshortcuts={aria("wire-follow")}
                                onclick={sends(send, Change::Filter(filter).into())}>{ "Only these" }</button>
                        </span>
                    </div>
                }
            </>
        }
    }

    fn fields(&self, ctx: &Context<Self>, detail: &Detail) -> Html {
        let link = ctx.link();
        let draw = {
            let (dissection, nodes, seen) = (detail.dissection.clone(), detail.nodes.clone(), detail.seen.clone());
            let (closed, field, pointed) = (detail.closed.clone(), detail.field, self.pointed);
            Callback::from(move |range: Range<usize>| {
                let item = |line: usize| {
                    let at = *seen.get(line)?;
                    let (span, node) = (dissection.spans.get(at)?, nodes.get(at)?);
                    let group = span.shape == Shape::Group;
                    let open = group.then(|| !closed.contains(&at));
                    Some(html! {
                        <div key={at} role="treeitem" id={format!("wire-field-{at}")} data-field={at.to_string()}
                            class={classes!("f", format!("deep-{}", span.depth.min(8)), (field == at).then_some("here"),
                                (pointed == Some(at)).then_some("pointed"))}
                            aria-level={(span.depth + 1).to_string()} aria-posinset={node.place.to_string()} aria-setsize={node.of.to_string()}
                            aria-selected={(field == at).to_string()} aria-expanded={open.map(|open| open.to_string())}>
                            <span class="toggle" data-toggle={group.then_some("1")} aria-hidden="true">
                                { match open { Some(true) => "▾", Some(false) => "▸", None => "" } }</span>
                            <span class={classes!("name", group.then_some("group"))}>{ span.field.name }</span>
                            <span class="value" title={span.value.shown()}>{ outside(&span.value) }</span>
                            <span class="at quiet">{ place(span) }</span>
                        </div>
                    })
                };
                html! { { for range.filter_map(item) } }
            })
        };
        let line = detail.seen.binary_search(&detail.field).unwrap_or_default();
        let active = (line, AttrValue::from(format!("wire-field-{}", detail.field)));
        let point = link.callback(|event: PointerEvent| {
            let mouse = event.pointer_type() != "touch";
            Msg::PointAt(number_under(&event, "data-field").filter(|_| mouse).map(|field| field as usize))
        });
        let onkeydown = link.callback(|event: KeyboardEvent| {
            keys::claim(&event, keys::moves(&event, FIELDS_KEYS));
            Msg::FieldsKey(event)
        });
        html! {
            <Scroller id="wire-fields" class="wire-fields" role="tree" label="Fields" describedby="wire-field-keys" count={detail.seen.len()} line={LINE} {active}
                show={self.show_field} {draw} {onkeydown} onclick={link.callback(Msg::FieldClick)}
                onpointerover={point} onpointerleave={link.callback(|_: PointerEvent| Msg::PointAt(None))} />
        }
    }

    fn hex(&self, ctx: &Context<Self>, detail: &Detail) -> Html {
        let link = ctx.link();
        let Ok(bytes) = &detail.bytes else { return html! {} };
        let lines = Lines { len: bytes.len(), width: self.width() };
        let range = |field: Option<usize>| {
            let span = field.and_then(|field| detail.dissection.spans.get(field));
            span.map_or(0..0, |span| span.start..span.start + span.len)
        };
        let (chosen, pointed) = (range(Some(detail.field)), range(self.pointed));
        let cursor = detail.byte;
        let draw = {
            let (bytes, parts) = (bytes.clone(), detail.parts.clone());
            let (chosen, pointed) = (chosen.clone(), pointed.clone());
            Callback::from(move |range: Range<usize>| {
                let shown = Shown { bytes: &bytes, parts: &parts, chosen: &chosen, pointed: &pointed, cursor };
                html! { { for range.map(|line| shown.line(lines, line)) } }
            })
        };
        let active = (!bytes.is_empty()).then(|| (lines.of(cursor), AttrValue::from(format!("wire-byte-{cursor}"))));
        let point = {
            let dissection = detail.dissection.clone();
            link.callback(move |event: PointerEvent| {
                let mouse = event.pointer_type() != "touch";
                let byte = number_under(&event, "data-at").filter(|_| mouse);
                Msg::PointAt(byte.and_then(|byte| dissection.at(byte as usize)))
            })
        };
        let onkeydown = link.callback(|event: KeyboardEvent| {
            keys::claim(&event, !event.alt_key() && keys::is_move(&event.key()));
            Msg::BytesKey(event)
        });
        html! {
            <>
                <p class="unseen" id="wire-field-keys">{ in_line(&[Shortcuts::Fields]) }</p>
                <p class="unseen" id="wire-byte-keys">{ in_line(&[Shortcuts::FrameBytes]) }</p>
                <Scroller id="wire-bytes" class="bytes-grid wire-bytes digits-4" role="grid" label="Bytes of the frame" describedby="wire-byte-keys"
                    count={lines.count()} line={LINE} size={(lines.count(), lines.width + 1)} {active} show={self.show_byte} {draw}
                    {onkeydown} onclick={link.callback(Msg::ByteClick)}
                    onpointerover={point} onpointerleave={link.callback(|_: PointerEvent| Msg::PointAt(None))} />
            </>
        }
    }
}

/// The bytes of a span, in short: `5` or `5–8`.
fn place(span: &Span) -> String {
    match span.len {
        0 => String::new(),
        1 => format::count(span.start),
        len => format!("{}–{}", format::count(span.start), format::count(span.start + len - 1)),
    }
}

/// The parts that the frame carries. Each is a button that selects its segment.
fn carried(parts: &[Part], state: &State, send: &Callback<Action>) -> Html {
    if parts.is_empty() {
        return html! {};
    }
    let one = |part: &Part| {
        let Some((piece, (first, last))) = part.piece().zip(part.segments()) else {
            return html! { <li>{ part_words(part) }</li> };
        };
        let holds = state.selected.is_some_and(|segment| part.of_segment(segment).is_some());
        let many = if first == last {
            String::new()
        } else {
            format!(", segments {} to {}", format::count(first.index), format::count(last.index))
        };
        html! {
            <li>
                <button type="button" class="link carried" data-segment={pointing::mark(first)} aria-pressed={holds.to_string()}
                    onclick={sends(send, Action::Select(Some(first)))}>
                    { swatch(piece.position) }{ " " }{ part_words(part) }{ many }</button>
            </li>
        }
    };
    html! {
        <ul class="wire-carried" aria-label="What the frame carries">
            { for parts.iter().take(NAMED).map(one) }
            if parts.len() > NAMED { <li class="quiet">{ format!("and {} more", format::count(parts.len() - NAMED)) }</li> }
        </ul>
    }
}

/// The chosen field: its name, its value, and the specification that describes it.
fn explained(detail: &Detail) -> Html {
    let Some(span) = detail.dissection.spans.get(detail.field) else { return html! {} };
    html! {
        <div class="wire-field" id="wire-field" role="status" data-start={span.start.to_string()} data-len={span.len.to_string()}>
            <p>
                <strong>{ span.field.name }</strong>
                if !span.value.is_empty() { <span class="mono">{ " " }{ outside(&span.value) }</span> }
                <span class="quiet">{ " " }{ span_bytes(span) }</span>
            </p>
            <p>{ span.field.note }{ " " }<span class="quiet mono">{ span.field.place }</span></p>
            if let Some(error) = &detail.dissection.error {
                <p class="field-error">{ format!("Reading stopped: {error}.") }</p>
            }
        </div>
    }
}

/// The content of the lines of bytes.
struct Shown<'a> {
    bytes: &'a [u8],
    parts: &'a [Part],
    chosen: &'a Range<usize>,
    pointed: &'a Range<usize>,
    cursor: usize,
}

impl Shown<'_> {
    /// The hue of a byte that belongs to a segment.
    fn hue(&self, at: usize) -> Option<String> {
        let index = self.parts.partition_point(|part| part.start <= at).checked_sub(1)?;
        let part = self.parts.get(index).filter(|part| at < part.start + part.len)?;
        part.piece().map(|piece| hue(piece.position))
    }

    fn line(&self, lines: Lines, line: usize) -> Html {
        let range = lines.bytes(line);
        // A long field keeps the tint of its segment.
        let strong = self.chosen.len() <= STRONG;
        let marks = |at: usize| {
            classes!(
                self.hue(at),
                (strong && self.chosen.contains(&at)).then_some("sel"),
                self.pointed.contains(&at).then_some("pointed"),
                (at == self.cursor).then_some("cur"),
            )
        };
        let edges = |at: usize| {
            let Range { start, end } = *self.chosen;
            self.chosen.contains(&at).then(|| {
                classes!(
                    (at < start + lines.width).then_some("et"),
                    (at + lines.width >= end).then_some("eb"),
                    (at == start || at == range.start).then_some("el"),
                    (at + 1 == end || at + 1 == range.end).then_some("er"),
                )
            })
        };
        let cell = |at: usize| {
            let byte = self.bytes.get(at).copied().unwrap_or_default();
            let middle = (at - range.start == 8).then_some("mid");
            html! {
                <span key={at} role="gridcell" id={format!("wire-byte-{at}")} class={classes!("b", marks(at), edges(at), middle)} data-at={at.to_string()}
                    aria-colindex={(at - range.start + 2).to_string()} aria-selected={self.chosen.contains(&at).to_string()}>
                    { format!("{byte:02x}") }</span>
            }
        };
        let letter = |at: usize| {
            let byte = self.bytes.get(at).copied().unwrap_or_default();
            html! { <span key={at} class={marks(at)} data-at={at.to_string()}>{ hex::character(byte) }</span> }
        };
        let missing = lines.width - range.len();
        html! {
            <div key={line} role="row" class="l" aria-rowindex={(line + 1).to_string()}>
                <span role="rowheader" class="o">{ hex::column(range.start, 4) }</span>
                <span class="h" role="presentation">
                    { for range.clone().map(cell) }
                    { for (lines.width - missing..lines.width).map(|column| html! { <span class={classes!("b", (column == 8).then_some("mid"))}></span> }) }
                </span>
                <span class="c" aria-hidden="true">{ for range.clone().map(letter) }</span>
            </div>
        }
    }
}
