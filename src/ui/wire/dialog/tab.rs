//! The last frames in the Router pane, and the button that opens the large view.

use yew::prelude::*;

use crate::ui::wire::dialog::{
    Listed, kept_words, last_button,
    list::{Look, strip, words},
    record_button,
};
use crate::{
    app::{
        keys::{aria, hint},
        wire::{Change, Picked},
    },
    present::rows::shown_words,
    ui::kit::{
        html::html,
        widgets::{AskingProps, sends},
    },
};

/// The tab lists so many rows, the last ones.
const LISTED: usize = 14;

pub(crate) enum Msg {}

/// The tab.
pub(crate) struct WireTab {
    listed: Listed,
}

impl Component for WireTab {
    type Message = Msg;
    type Properties = AskingProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut listed = Listed::default();
        listed.refresh(&ctx.props().state, &ctx.props().errands);
        Self { listed }
    }

    fn changed(&mut self, ctx: &Context<Self>, _old: &AskingProps) -> bool {
        let AskingProps { state, errands, .. } = ctx.props();
        // The large view hides the tab.
        if state.wire.open {
            return false;
        }
        self.listed.refresh(state, errands);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, .. } = ctx.props();
        let wire = &state.wire;
        html! {
            <div class="wire-tab">
                <div class="samples-head">
                    { record_button("wire-record-here", state, send) }
                    <button type="button" id="wire-open" onclick={sends(send, Change::Open(true).into())} aria-keyshortcuts={aria("wire-open")}
                        title={hint("wire-open")}>{ "Fields and bytes" }</button>
                    { last_button(state, send) }
                    if wire.kept.frames > 0 && !wire.last {
                        <button type="button" class="link" onclick={sends(send, Change::Clear.into())}>{ "Clear" }</button>
                    }
                </div>
                if wire.kept.frames == 0 {
                    { crate::ui::wire::dialog::empty(state) }
                } else {
                    { self.table(ctx) }
                    <p class="quiet wire-kept">{ kept_words(state) }</p>
                }
            </div>
        }
    }
}

impl WireTab {
    fn table(&self, ctx: &Context<Self>) -> Html {
        let AskingProps { state, send, errands } = ctx.props();
        let rows = &self.listed.rows;
        let first = rows.lines.len().saturating_sub(LISTED);
        let row = |at: usize| {
            let line = *rows.lines.get(at)?;
            let (words, picked) = errands
                .frames_seen(|record| words(record, rows, line, Look::of(state)).zip(rows.picked(record, at)))?;
            let look = {
                let send = send.clone();
                Callback::from(move |_: MouseEvent| {
                    send.emit(Change::Pick(Some(picked)).into());
                    send.emit(Change::Open(true).into());
                })
            };
            let fold = matches!(picked, Picked::Fold(_));
            Some(html! {
                <tr key={words.first} data-frame={words.first.to_string()} data-kind={if fold { "fold" } else { "frame" }}>
                    <td class="number-cell">{ &words.time }</td>
                    <td title={words.way_long}><span aria-hidden="true">{ words.arrow }</span><span class="unseen">{ words.way }</span></td>
                    <td class="key-cell">
                        <button type="button" class="link" onclick={look} title={words.title.clone()}>{ &words.title }</button>
                    </td>
                    <td class="number-cell">{ &words.bytes }</td>
                    <td class="carries">
                        { strip(&words.strip, state.hovered, send) }<span class="unseen">{ words.strip.words() }</span>
                    </td>
                </tr>
            })
        };
        html! {
            <>
                <p class="quiet" id="wire-shown-here">
                    { shown_words(rows, &state.wire.kept, &state.wire.filter) }
                    if first > 0 { { format!("; the last {LISTED} rows") } }
                    { ", newest first" }
                    if state.wire.paused { <strong>{ "; held" }</strong> }
                </p>
                <div class="table-scroll" tabindex="0" role="group" aria-label="The last frames">
                    <table class="wire-table">
                        <thead><tr>
                            <th scope="col" class="number-cell">{ "ms" }</th><th scope="col"><span class="unseen">{ "way" }</span></th>
                            <th scope="col">{ "message" }</th><th scope="col" class="number-cell">{ "bytes" }</th>
                            <th scope="col">{ "carries" }</th>
                        </tr></thead>
                        <tbody id="wire-rows">{ for (first..rows.lines.len()).rev().filter_map(row) }</tbody>
                    </table>
                </div>
            </>
        }
    }
}
