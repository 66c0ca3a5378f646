//! The layout by owner: which owner keeps which bytes alive. The owner with the most bytes is
//! first. Each is listed with its segments.

use yew::prelude::*;

use crate::{
    app::{Action, Piece, Plan, State},
    segment::Mode,
};
use crate::{
    present::{
        format,
        layout::holders::{self, Holder},
    },
    ui::kit::{
        html::html,
        pointing,
        widgets::{hatch, hue, overlay, sends, swatch},
    },
};

/// The pane lists so many owners.
const LISTED: usize = 60;
/// The pane names so many segments of each owner.
const NAMED: usize = 6;

/// The width of the longest bar, in units of the drawing.
const BAR: f64 = 400.0;

/// A segment with any byte is drawn at least so wide.
const LEAST: f64 = 3.0;

/// The table, with a bar for every owner on one scale.
pub(crate) fn view(plan: &Plan, send: &Callback<Action>, state: &State) -> Html {
    let holders = holders::holders(plan);
    let most = holders.first().map_or(1, |first| first.bytes.max(1));
    let rest = holders.len().saturating_sub(LISTED);
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="The layout by owner">
            <table id="owners-table">
                <caption class="unseen">{ "Who keeps the bytes alive, the one with most bytes first" }</caption>
                <thead><tr>
                    <th scope="col">{ "owner" }</th><th scope="col">{ "segments" }</th>
                    <th scope="col" class="number-cell">{ "bytes" }</th><th scope="col" class="number-cell">{ "of all" }</th>
                    <th scope="col">{ "on the way there" }</th>
                </tr></thead>
                <tbody>
                    { for holders.iter().take(LISTED).map(|holder| row(plan, holder, most, send, state)) }
                    if rest > 0 {
                        <tr><th scope="row" colspan="5">{ format!("{} more owners with fewer bytes", format::count(rest)) }</th></tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

fn row(plan: &Plan, holder: &Holder, most: usize, send: &Callback<Action>, state: &State) -> Html {
    let pieces = || holder.pieces.iter().filter_map(|at| plan.pieces.get(*at));
    let here = state.selected.is_some_and(|selected| pieces().any(|piece| piece.holds(selected)));
    let back = state.steps_back(|hovered| pieces().any(|piece| piece.holds(hovered)));
    let more = holder.pieces.len().saturating_sub(NAMED);
    let share = if plan.len == 0 { 0.0 } else { holder.bytes as f64 / plan.len as f64 };
    html! {
        <tr key={holder.pieces.first().copied().unwrap_or_default()} class={classes!(here.then_some("open"), back.then_some("back"))}>
            <th scope="row">
                { bar(plan, holder, most) }
                { &holder.name }
                if let Some(whole) = holder.whole { <span class="quiet">{ format!(", {} in all", format::bytes(whole)) }</span> }
            </th>
            <td class="owned">
                { for pieces().take(NAMED).map(|piece| segment(piece, send, state)) }
                if more > 0 { <span class="quiet">{ format!("and {} more", format::count(more)) }</span> }
            </td>
            <td class="number-cell">{ format::count(holder.bytes) }</td>
            <td class="number-cell">{ format::percent(share) }</td>
            <td class={holder.refused.then_some("refused-words")}>{ holders::way_words(holder) }</td>
        </tr>
    }
}

fn segment(piece: &Piece, send: &Callback<Action>, state: &State) -> Html {
    let here = state.selected.is_some_and(|selected| piece.holds(selected));
    let times = if piece.count == 1 { String::new() } else { format!(" × {}", format::count(piece.count)) };
    // A selection inside the piece stays.
    let selection = state.selected.filter(|_| here).unwrap_or(piece.selection(0));
    html! {
        <span key={piece.position}>
            { swatch(piece.position) }
            <button type="button" class="link" onclick={sends(send, Action::Select(Some(selection)))}
                data-segment={pointing::mark(piece.selection(0))} aria-pressed={if here { "true" } else { "false" }}>
                { piece.position }{ " " }{ format::cut(&piece.name, 24) }{ times }
            </button>
        </span>
    }
}

/// The segments of an owner side by side: hatched where the bytes live, solid where they were
/// copied.
fn bar(plan: &Plan, holder: &Holder, most: usize) -> Html {
    let px = |value: f64| format!("{value:.1}");
    let mut x = 0.0;
    let all = || holder.pieces.iter().filter_map(|at| plan.pieces.get(*at)).filter(|piece| piece.bytes() > 0);
    // Only the first segments: drawing a hundred segments thinner than a pixel is waste. The
    // remaining ones form one part.
    let left_out: usize = all().skip(LISTED).map(Piece::bytes).sum();
    let mut part = |piece: &Piece| {
        let width = (piece.bytes() as f64 / most as f64 * BAR).max(LEAST);
        let (left, at) = (x, piece.position);
        x += width;
        let paint = |class: &'static str, fill: Option<String>| {
            html! { <rect {class} {fill} x={px(left)} y="1" width={px(width)} height="12" /> }
        };
        html! {
            <g class={hue(at)}>
                if piece.mode == Mode::Copy {
                    { paint("solid", None) }{ paint("", Some(overlay(at))) }
                } else {
                    { paint("tint", None) }{ paint("", Some(hatch(at))) }{ paint("edge thin", None) }
                }
            </g>
        }
    };
    let parts: Vec<Html> = all().take(LISTED).map(&mut part).collect();
    html! {
        <svg class="owner-bar" viewBox="0 0 404 14" preserveAspectRatio="none" height="14" aria-hidden="true">
            { for parts }
            if left_out > 0 {
                <rect class="many full" x={px(x)} y="1" width={px((left_out as f64 / most as f64 * BAR).max(LEAST))} height="12" />
            }
        </svg>
    }
}
