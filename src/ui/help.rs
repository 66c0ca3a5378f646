//! What the words mean, for somebody who has never heard them.

use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::widgets::swatch;

const DIALOG: &str = "help-dialog";

fn dialog() -> Option<HtmlDialogElement> {
    web_sys::window()?.document()?.get_element_by_id(DIALOG)?.dyn_into().ok()
}

fn open() -> Callback<MouseEvent> {
    Callback::from(|_| {
        if let Some(dialog) = dialog() {
            // It can only fail when it is open already.
            let _ = dialog.show_modal();
        }
    })
}

/// The question mark in the top bar.
#[component]
pub(super) fn HelpButton() -> Html {
    html! { <button type="button" class="icon" id="help" onclick={open()} aria-label="Help" title="Help">{ "?" }</button> }
}

/// The way to the same help from the sentence that begins the page.
#[component]
pub(super) fn WordsButton() -> Html {
    html! { <button type="button" class="link" onclick={open()}>{ "What do the words mean?" }</button> }
}

/// The dialog.
#[component]
pub(super) fn Help() -> Html {
    let close = Callback::from(|_: MouseEvent| {
        if let Some(dialog) = dialog() {
            dialog.close();
        }
    });
    let word = |name: &'static str, words: &'static str| html! { <><dt>{ name }</dt><dd>{ words }</dd></> };
    html! {
        <dialog id={DIALOG} aria-labelledby="head-help">
            <header class="dialog-head">
                <h2 id="head-help">{ "What you see here" }</h2>
                <button type="button" onclick={close}>{ "Close" }</button>
            </header>
            <p>
                { "Programs talk to each other through zenoh by sending payloads. What a program wants to send often lies in \
                   several places of its memory: a small header here, a large camera image there. The simple way is to copy \
                   everything into one block and to send the block. The other way, scatter-gather, sends the pieces from where \
                   they are. This page shows both ways, byte by byte." }
            </p>
            <h3>{ "The words" }</h3>
            <dl class="words">
                { word("segment", "A run of bytes in memory, for example one array.") }
                { word("owner", "What keeps those bytes alive, for example the JavaScript array that they belong to.") }
                { word("payload", "What is sent: a list of segments, in order. Whoever receives it sees one run of bytes.") }
                { word("copy", "The bytes are duplicated into memory of the payload. Safe and simple; it costs time and memory for \
                    every byte.") }
                { word("borrow", "The payload only notes where the bytes are. Nothing is duplicated, whatever the size; but whoever \
                    changes the array changes what is sent.") }
                { word("batch", "What one message on the network connection carries: at most 65,535 bytes.") }
                { word("gather", "Filling a batch with the next bytes, from whichever segments they are in. Every byte that is sent \
                    is copied here once.") }
                { word("scatter-gather", "The name for all of it: data scattered over memory is gathered only on its way out.") }
            </dl>
            <h3>{ "The drawing: ink is copying" }</h3>
            <ul class="inks">
                <li>{ ink("hatched") }<span><strong>{ "hatched" }</strong>{ ": the bytes live here" }</span></li>
                <li>{ ink("outlined") }<span><strong>{ "outlined" }</strong>{ ": somebody refers to them, nothing is copied" }</span></li>
                <li>{ ink("solid") }<span><strong>{ "solid" }</strong>{ ": they were copied to here" }</span></li>
                <li>{ swatch(0) }{ swatch(1) }{ swatch(2) }
                    <span>{ "colour and pattern say which segment, the same in every pane" }</span></li>
            </ul>
            <h3>{ "The five panes" }</h3>
            <ol class="steps">
                <li><strong>{ "Build" }</strong>{ ": choose arrays, and for each whether it is copied or borrowed." }</li>
                <li><strong>{ "Layout" }</strong>
                    { ": see where the bytes are, from memory down to the batches, and how many were copied." }</li>
                <li><strong>{ "Cost" }</strong>
                    { ": measure how long building takes by copy and by borrow, and what share of a whole put that is." }</li>
                <li><strong>{ "Router" }</strong>
                    { ": connect to a zenoh router, put the payload, and see it arrive, here and in programs in Python or Rust." }</li>
                <li><strong>{ "Ownership" }</strong>
                    { ": try to break a payload: write to its arrays, take them away, let them go, and see what becomes of it." }</li>
            </ol>
            <p class="quiet">
                { "Try: choose “all copy” above the drawing, then “all borrow”, and watch the ledger at its right. In the \
                   drawing, click a segment or use the arrow keys: left and right go through segments, up and down through \
                   rows." }
            </p>
        </dialog>
    }
}

fn ink(kind: &str) -> Html {
    html! {
        <svg class="seg-1 swatch" width="34" height="18" viewBox="0 0 34 18" aria-hidden="true">
            { match kind {
                "hatched" => html! {
                    <><rect class="tint" width="34" height="18" /><rect width="34" height="18" fill="url(#legend-hatch)" /></>
                },
                "solid" => html! { <rect class="solid" width="34" height="18" /> },
                _ => html! {},
            } }
            <rect class="edge" x="1" y="1" width="32" height="16" />
        </svg>
    }
}
