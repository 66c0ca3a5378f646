//! What stands around the drawing: the ledger with the controls of the film, the legend, and what an
//! empty page says.

use yew::prelude::*;

use super::drawing;
use crate::{
    app::{
        Plan, State,
        film::{Copied, Moment},
    },
    present::format,
    ui::kit::{html::html, terms::with_terms},
};

pub(super) fn legend() -> Html {
    html! {
        <ul class="legend" aria-label="Legend">
            <li><svg width="20" height="12" viewBox="0 0 20 12" aria-hidden="true">
                // Two of the patterns: every segment has one of its own.
                <rect width="10" height="12" fill="url(#legend-hatch)" /><rect x="10" width="10" height="12" fill="url(#legend-dots)" />
                <rect class="line" x="0.5" y="0.5" width="19" height="11" />
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

pub(super) fn empty() -> Html {
    let part = |name: &str, words: &str| html! { <><dt>{ name.to_owned() }</dt><dd>{ words.to_owned() }</dd></> };
    html! {
        <dl class="layout-empty">
            { part("Memory", "where the bytes already are: arrays, texts and files in the JS heap, blocks in wasm memory") }
            { part("Payload", "the segments in order: a list of references, it holds no byte of its own") }
            { part("Contiguous copy", "made only of segments in copy mode, or when a program asks for one block") }
            { part("Batches", "what one WebSocket message carries, at most 65,535 B: here every byte is copied once") }
        </dl>
    }
}

/// How much of a payload as long as this one is arriving just now.
pub(super) fn arrived(state: &State, plan: &Plan) -> Option<usize> {
    let one = state.arriving.iter().find(|one| one.total == Some(plan.len) && plan.len > 0)?;
    Some(one.bytes)
}

/// What is copied; at a moment of a film, up to there.
pub(super) fn ledger(plan: &Plan, moment: Option<&Moment>, controls: Option<Html>) -> Html {
    let copied = moment.map_or_else(|| Copied::of(plan), |moment| moment.copied(plan));
    let total = copied.filling + copied.building + copied.gathering;
    html! {
        <div class="ledger">
            <h3>{ "Bytes copied" }</h3>
            { for controls }
            <dl>
                if drawing::has_filling(plan) {
                    <div class="filling"><dt>{ "filling" }</dt><dd id="ledger-filling">{ format::count(copied.filling) }</dd></div>
                }
                <div class="building"><dt>{ "building" }</dt>
                    <dd id="ledger-building">{ format::count(copied.building) }</dd></div>
                <div class="gathering"><dt>{ with_terms("gathering") }</dt><dd id="ledger-gathering">{ format::count(copied.gathering) }</dd></div>
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
