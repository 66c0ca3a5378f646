//! Explains the words, for a person who has never heard them.

use yew::prelude::*;

use super::kit::dialog;
use crate::ui::kit::{html::html, keys::KeysTable, widgets::swatch};
use crate::{
    app::keys,
    present::glossary::{Group, TERMS},
    segment,
};

const HELP: &str = "help-dialog";
const MODES: &str = "modes-dialog";

fn open(id: &'static str) -> Callback<MouseEvent> {
    Callback::from(move |_| dialog::show(id))
}

/// The head of a dialog, with the button that closes it.
fn dialog_head(id: &'static str, head: &'static str, name: &'static str) -> Html {
    let close = Callback::from(move |_: MouseEvent| dialog::close(id));
    html! {
        <header class="dialog-head">
            <h2 id={head}>{ name }</h2>
            <button type="button" data-closes="true" onclick={close}>{ "Close" }</button>
        </header>
    }
}

/// The table of the three modes, with the texts of the documentation.
pub(super) fn modes_table() -> Html {
    let mut rows = segment::table();
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Copy, borrow and move">
            <table class="modes">
                if let Some(heads) = rows.next() {
                    <thead><tr>{ for heads.into_iter().map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
                }
                <tbody>
                    { for rows.map(|[mode, cells @ ..]| html! {
                        <tr><th scope="row">{ mode }</th>{ for cells.into_iter().map(|cell| html! { <td>{ cell }</td> }) }</tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

/// Opens the table of the modes, from the place where the person chooses one.
pub(super) fn modes_button() -> Html {
    let words = "What do copy, borrow and move mean?";
    html! {
        <button type="button" class="icon" id="modes-help" onclick={open(MODES)} aria-label={words} title={words}>{ "?" }</button>
    }
}

/// The dialog with the table of the modes.
pub(super) fn modes_dialog() -> Html {
    html! {
        <dialog id={MODES} class="wide" aria-labelledby="head-modes">
            { dialog_head(MODES, "head-modes", "What copy, borrow and move mean") }
            { modes_table() }
            <p class="quiet">
                { "Whatever the mode, sending copies every byte once more, into the batch that carries it. A mode that cannot take a \
                   segment safely refuses it and says why; it never copies instead unless you ask for that." }
            </p>
        </dialog>
    }
}

/// The question mark in the top bar.
pub(super) fn help_button() -> Html {
    html! {
        <button type="button" class="icon" id="help" onclick={open(HELP)} aria-label="Help" title={keys::hint("help")}
            aria-keyshortcuts={keys::aria("help")}>{ "?" }</button>
    }
}

/// Opens the same help, from the sentence at the head of the page.
pub(super) fn words_button() -> Html {
    html! { <button type="button" class="link" onclick={open(HELP)}>{ "What do the words mean?" }</button> }
}

/// The words of the glossary that the help explains under one head.
fn words(group: Group) -> Html {
    let terms = TERMS.iter().filter(|term| term.group == Some(group));
    html! { <dl class="words">{ for terms.map(|term| html! { <><dt>{ term.name }</dt><dd>{ term.means }</dd></> }) }</dl> }
}

/// The dialog that explains the words.
pub(super) fn help() -> Html {
    html! {
        <dialog id={HELP} aria-labelledby="head-help">
            { dialog_head(HELP, "head-help", "What you see here") }
            <p>
                { "Programs talk to each other through zenoh by sending payloads. What a program wants to send often lies in \
                   several places of its memory: a small header here, a large camera image there. The simple way is to copy \
                   everything into one block and to send the block. The other way, scatter-gather, sends the pieces from where \
                   they are. This page shows both ways, byte by byte." }
            </p>
            <h3>{ "The words" }</h3>
            { words(Group::Payload) }
            <h3>{ "The words of a session" }</h3>
            { words(Group::Session) }
            <h3>{ "The words of a measurement" }</h3>
            { words(Group::Measurement) }
            <h3>{ "Three ways to take a segment" }</h3>
            { modes_table() }
            <h3>{ "The drawing: ink is copying" }</h3>
            <ul class="inks">
                <li>{ ink("hatched") }<span><strong>{ "a pattern" }</strong>{ ": the bytes live here" }</span></li>
                <li>{ ink("outlined") }<span><strong>{ "outlined" }</strong>{ ": the payload refers to them, nothing is copied" }</span></li>
                <li>{ ink("solid") }<span><strong>{ "solid" }</strong>{ ": they were copied to here" }</span></li>
                <li>{ swatch(0) }{ swatch(1) }{ swatch(2) }
                    <span>{ "colour and pattern say which segment, the same in every pane" }</span></li>
                <li>{ mark("ring") }<span><strong>{ "a ring" }</strong>{ ": borrowed, the bytes stay their owner’s; " }
                    { mark("ring dot-full") }<strong>{ " a dot" }</strong>{ ": moved, the payload has them now" }</span></li>
            </ul>
            <h3>{ "The five panes" }</h3>
            <ol class="steps">
                <li><strong>{ "Build" }</strong>
                    { ": choose arrays, texts, messages and files, and for each whether it is copied, borrowed or moved." }</li>
                <li><strong>{ "Layout" }</strong>
                    { ": see where the bytes are, from memory down to the batches, and how many were copied." }</li>
                <li><strong>{ "Cost" }</strong>
                    { ": measure how long building takes by copy, by borrow and by move, and what share of a whole put that is." }</li>
                <li><strong>{ "Router" }</strong>
                    { ": connect to a zenoh router, put the payload, once or at a rate, and see it arrive, here and in programs in Python or \
                       Rust. Ask and answer, see which tokens are alive, and what went over the link." }</li>
                <li><strong>{ "Ownership" }</strong>
                    { ": try to break a payload: write to its arrays, take them away, let them go, and see what becomes of it." }</li>
            </ol>
            <p>
                <strong>{ "Bytes" }</strong>
                { ", opened from Layout and from each sample in Router, shows a payload byte by byte. Read it as any type, search it, \
                   compare it with another, write to an array that is only borrowed, copy or save what you see." }
            </p>
            <p>
                <strong>{ "Wire" }</strong>
                { ", in Router, shows the frames of the last put and sample, or records all of the session: what each of their bytes is for, \
                   and which segments they carry." }
            </p>
            <p>
                <strong>{ "A class" }</strong>
                { ", by the button with two people, has others join your page by a QR code and a name. They follow your lesson, you see who is \
                   there and what arrives, and all pages can measure the same." }
            </p>
            <p class="quiet">
                { "Try: choose “all copy” above the drawing, “all borrow” and “all move”, and watch the ledger at its right. In the \
                   drawing, click a segment or use the arrow keys: left and right go through segments, up and down through \
                   rows. Double-click a segment to see it large, down to its elements and bytes. Drag over the strip above for a part \
                   of the payload; 0 shows all of it again. In a part, left and right move it; with Shift they go through segments." }
            </p>
            <h3>{ "The keys" }</h3>
            <p>
                { "Everything here can be done with the keyboard alone: Tab and the arrow keys reach every control. These keys are quicker. \
                   While you type in a field, only Ctrl+Enter and Escape work." }
            </p>
            <KeysTable />
            <h3>{ "What this is made of" }</h3>
            <p>
                { "ZBytes Lab is licensed under EPL-2.0 or Apache-2.0, as you like. It is linked with the work of others: here are " }
                <a id="notices" href="notices.txt" target="_blank">{ "their licences" }</a>
                { "." }
            </p>
        </dialog>
    }
}

/// The end of a link between memory and payload.
fn mark(class: &'static str) -> Html {
    html! {
        <svg class="seg-1 swatch" width="13" height="13" viewBox="0 0 13 13" aria-hidden="true">
            <circle {class} cx="6.5" cy="6.5" r="4" />
        </svg>
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
