//! The rows of the list, each with a strip of the segments that it carries.

use std::rc::Rc;

use yew::prelude::*;

use crate::ui::wire::dialog::{LIST_KEYS, Msg, WireDialog, is_narrow};
use crate::{
    app::{
        Action, Selection, State,
        wire::{
            Change, Line, Picked, Record, Rows, Times,
            words::{title, way_word},
        },
    },
    present::{
        format,
        rows::{self, arrow, fold_title, lane_words, way_words},
    },
    ui::kit::{
        html::html,
        keys, pointing,
        scroller::Scroller,
        widgets::{AskingProps, hue, overlay, sends},
    },
    web::Errands,
};

/// The heights of a row, on a desk and on a phone, where it has two lines; in pixels, as in the
/// styles.
const HEIGHTS: [f64; 2] = [22.0, 48.0];

/// The height of the names of the columns, in pixels.
const HEAD: f64 = 22.0;

/// The width of a strip, in pixels.
const STRIP: f64 = 96.0;

/// The number of columns.
const COLUMNS: usize = 7;

/// The texts of a row.
pub(super) struct Words {
    pub(super) time: String,
    pub(super) arrow: &'static str,
    pub(super) way: &'static str,
    pub(super) way_long: &'static str,
    pub(super) title: String,
    /// Behind the title, in a quieter style.
    pub(super) more: String,
    pub(super) lane: String,
    pub(super) sn: String,
    pub(super) bytes: String,
    pub(super) first: u64,
    pub(super) strip: rows::FrameStrip,
}

/// The part of the page's state that a row shows.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Look {
    times: Times,
    selected: Option<Selection>,
    hovered: Option<Selection>,
}

impl Look {
    pub(super) fn of(state: &State) -> Self {
        Self { times: state.wire.times, selected: state.selected, hovered: state.hovered }
    }
}

/// The words of a row.
pub(super) fn words(record: &Record, rows: &Rows, line: Line, look: Look) -> Option<Words> {
    let entry = record.entries().get(rows.first_of(line)?)?;
    let members = rows::members(rows, line);
    let summary = &entry.frame.summary;
    let time = match look.times {
        Times::First => record.since_first(entry),
        Times::Before => record.since_before(entry),
    };
    let len = entry.frame.len;
    let (title, more, sn, bytes) = match line {
        Line::Fold(at) => {
            let fold = rows.folds.get(at)?;
            let last = fold.members.last().and_then(|last| record.entries().get(*last))?;
            (
                fold_title(record, fold),
                format::size(len * members.len()),
                rows::numbers(summary.sn, last.frame.summary.sn),
                format!("{} × {}", format::count(members.len()), format::count(len)),
            )
        }
        _ => {
            let sn = summary.sn.map_or_else(String::new, |sn| format::thousands(sn.into()));
            (title(record, entry), String::new(), sn, format::count(len))
        }
    };
    Some(Words {
        time: rows::time(time),
        arrow: arrow(entry.frame.way),
        way: way_word(entry.frame.way),
        way_long: way_words(entry.frame.way),
        title,
        more,
        lane: summary.lane.map_or_else(String::new, lane_words),
        sn,
        bytes,
        first: entry.id,
        strip: rows::strip(record, &members, STRIP, look.selected, look.hovered),
    })
}

/// A strip. Clicking one of its runs selects the segment.
pub(super) fn strip(strip: &rows::FrameStrip, hovered: Option<Selection>, send: &Callback<Action>) -> Html {
    let one = |run: &rows::StripRun| {
        let (x, width) = (run.x.to_string(), run.width.to_string());
        let back = hovered.is_some() && !run.hovered && run.position.is_some();
        let onclick = run.selection.map(|selection| sends(send, Action::Select(Some(selection))));
        html! {
            <g class={classes!(run.position.map(hue), run.position.is_some().then_some("of-segment"), back.then_some("back"))}
                data-segment={run.selection.map(pointing::mark)} {onclick}>
                <title>{ &run.words }</title>
                if let Some(position) = run.position {
                    <rect class="solid" x={x.clone()} y="2" width={width.clone()} height="9" />
                    <rect {x} y="2" {width} height="9" fill={overlay(position)} />
                } else {
                    <rect class="foreign" {x} y="2" {width} height="9" />
                }
            </g>
        }
    };
    let rows::FrameStrip { runs, rest, .. } = strip;
    let selected = runs.iter().filter_map(|run| run.selected).map(|(x, width)| {
        html! {
            <rect class="selected" x={(x - 0.5).max(0.75).to_string()} y="0.75" width={(width + 1.0).min(STRIP - 1.5).to_string()} height="11.5" />
        }
    });
    let carries = strip.has_selected();
    if runs.is_empty() {
        return html! {};
    }
    html! {
        <svg class="frame-strip" width={STRIP.to_string()} height="13" viewBox={format!("0 0 {STRIP} 13")} aria-hidden="true"
            data-runs={runs.len().to_string()} data-selected={carries.to_string()}>
            <rect class="whole" x="0.5" y="2" width={(STRIP - 1.0).to_string()} height="9" />
            { for runs.iter().map(one) }
            if let Some((x, width)) = rest {
                <rect class="many full" x={x.to_string()} y="2" width={width.to_string()} height="9" />
            }
            { for selected }
        </svg>
    }
}

impl WireDialog {
    pub(super) fn list(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, errands } = ctx.props();
        let (link, rows) = (ctx.link(), self.listed.rows.clone());
        let chosen = self.row(ctx);
        let draw = {
            let (send, errands, rows, look) = (send.clone(), errands.clone(), rows.clone(), Look::of(state));
            Callback::from(move |range: std::ops::Range<usize>| {
                let one = |at: usize| {
                    let (rows, send, errands) = (rows.clone(), send.clone(), errands.clone());
                    html! { <Row key={at} {at} chosen={chosen == Some(at)} {look} {rows} {send} {errands} /> }
                };
                html! { { for range.map(one) } }
            })
        };
        let times = state.wire.times;
        let since = match times {
            Times::First => "since the first frame",
            Times::Before => "since the frame before",
        };
        let head = html! {
            <div role="row" class="w names-row" aria-rowindex="1">
                <span role="columnheader" class="t">
                    <button type="button" class="link" id="wire-times" title={format!("Milliseconds {since}")}
                        aria-label={format!("Milliseconds {since}: change")} onclick={sends(send, Change::Times(times.other()).into())}>
                        { match times { Times::First => "ms", Times::Before => "+ ms" } }</button>
                </span>
                <span role="columnheader" class="way">{ "way" }</span>
                <span role="columnheader" class="what">{ "message" }</span>
                <span role="columnheader" class="lane">{ "lane" }</span>
                <span role="columnheader" class="sn">{ "number" }</span>
                <span role="columnheader" class="len">{ "bytes" }</span>
                <span role="columnheader" class="carries">{ "carries" }</span>
            </div>
        };
        let onkeydown = link.callback(|event: KeyboardEvent| {
            keys::claim(&event, keys::moves(&event, LIST_KEYS));
            Msg::ListKey(event)
        });
        let count = rows.lines.len();
        let active = chosen.map(|line| (line, AttrValue::from(format!("wire-row-{line}"))));
        html! {
            <div class="wire-main">
                <Scroller id="wire-list" class="wire-list" role="treegrid" label="Frames" describedby="wire-keys" {count}
                    line={HEIGHTS[usize::from(is_narrow())]} head_height={if is_narrow() { 0.0 } else { HEAD }} {head} size={(count + 1, COLUMNS)} {active} show={self.show_row}
                    numbers={rows.firsts.clone()} follows={chosen.is_none()} {draw} {onkeydown} onclick={link.callback(Msg::ListClick)} />
                if count == 0 {
                    <p class="quiet" id="wire-none">{ "No frame is like that. Show others, or all again." }</p>
                }
            </div>
        }
    }
}

#[derive(Clone, Properties)]
struct RowProps {
    at: usize,
    chosen: bool,
    look: Look,
    rows: Rc<Rows>,
    send: Callback<Action>,
    errands: Errands,
}

/// The rows are made anew whenever the record adds or drops a frame. So the same `Rc` holds rows
/// of the same frames.
impl PartialEq for RowProps {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.chosen, self.look) == (other.at, other.chosen, other.look) && Rc::ptr_eq(&self.rows, &other.rows)
    }
}

/// A row. While the person scrolls the list, Yew does not draw the rows that stay in view again.
#[component]
fn Row(props: &RowProps) -> Html {
    props.errands.frames_seen(|record| row(record, props).unwrap_or_default())
}

fn row(record: &Record, RowProps { at, chosen, look, rows, send, .. }: &RowProps) -> Option<Html> {
    let line = rows.lines.get(*at).copied()?;
    let words = words(record, rows, line, *look)?;
    let open = match line {
        Line::Fold(fold) => rows.folds.get(fold).map(|fold| fold.open),
        _ => None,
    };
    let level = if matches!(line, Line::Inner(_)) { "2" } else { "1" };
    let carries = words.strip.words();
    let kind = match rows.picked(record, *at) {
        Some(Picked::Fold(_)) => "fold",
        _ => "frame",
    };
    Some(html! {
        <div role="row" id={format!("wire-row-{at}")} data-line={at.to_string()} data-frame={words.first.to_string()} data-kind={kind}
            class={classes!("w", chosen.then_some("here"), (level == "2").then_some("inner"))}
            aria-level={level} aria-rowindex={(at + 2).to_string()} aria-selected={chosen.to_string()}
            aria-expanded={open.map(|open| open.to_string())}>
            <span role="gridcell" class="t">{ words.time }</span>
            <span role="gridcell" class="way" aria-label={words.way_long}><span class="arrow">{ words.arrow }</span>{ " " }{ words.way }</span>
            <span role="gridcell" class="what" title={words.title.clone()}>
                if let Some(open) = open {
                    <span class="toggle" data-fold="1" aria-hidden="true">{ if open { "▾" } else { "▸" } }</span>
                }
                { &words.title }
                if !words.more.is_empty() { <span class="quiet">{ ", " }{ words.more }</span> }
            </span>
            <span role="gridcell" class="lane">{ words.lane }</span>
            <span role="gridcell" class="sn">{ words.sn }</span>
            <span role="gridcell" class="len">{ words.bytes }</span>
            <span role="gridcell" class="carries">
                { strip(&words.strip, look.hovered, send) }
                if !carries.is_empty() { <span class="unseen">{ carries }</span> }
            </span>
        </div>
    })
}
