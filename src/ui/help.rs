//! Explains the words, for a person who has never heard them.

use yew::prelude::*;

use super::kit::dialog;
use crate::ui::kit::{keys::KeysTable, widgets::swatch};
use crate::{app::keys, segment};

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

/// The dialog that explains the words.
pub(super) fn help() -> Html {
    let word = |name: &'static str, words: &'static str| html! { <><dt>{ name }</dt><dd>{ words }</dd></> };
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
            <dl class="words">
                { word("segment", "A run of bytes in memory, for example one array.") }
                { word("owner", "What keeps those bytes alive, for example the JavaScript array that they belong to.") }
                { word("payload", "What is sent: a list of segments, in order. The subscriber sees one run of bytes.") }
                { word("batch", "What one message on the network connection carries: at most 65,535 bytes. It holds whole messages of the \
                    session (a frame), or a part of one that is too long for it (a fragment).") }
                { word("gather", "Filling a batch with the next bytes, from whichever segments they are in. Every byte that is sent \
                    is copied here once.") }
                { word("contiguous copy", "What the payload has copied of segments in copy mode when it was built. Of the others there is none: \
                    the gather reads them where they are.") }
                { word("scatter-gather", "The name for all of it: data scattered over memory is gathered only on its way out.") }
                { word("message", "Here one of Cap’n Proto: a struct with its fields, laid out so that it can be read where it lies. It \
                    consists of segments already, which become segments of the payload.") }
                { word("segment of a message", "One of the runs of whole words, 8 B each, that a message consists of. A table in front says \
                    how many there are and how long each is. The first, here called head, has the fields and the pointers.") }
                { word("far pointer", "A pointer to something in another segment of the message. It leads to a landing pad.") }
                { word("landing pad", "A word in front of the object, or two words anywhere, which say where and what the object is. With two the \
                    pointer is called double-far, and the object’s own segment holds nothing but the object.") }
                { word("adopted", "Of an array that is a segment of a message itself: a double-far pointer leads to it, and no byte was \
                    copied. An array can also be copied into the message (filled), or be written there to begin with (in place).") }
            </dl>
            <h3>{ "The words of a session" }</h3>
            <dl class="words">
                { word("router", "The program in the middle: it hands what is put on to those who subscribe. It sees batches, and puts them \
                    together to a key and one run of bytes. Neither the router nor a subscriber sees segments, owners or modes.") }
                { word("session", "What the page has with a router, over one WebSocket, from Connect to Disconnect.") }
                { word("lane", "A line of frames with numbers of their own: one for each priority, reliable or not. Within a lane nothing overtakes.") }
                { word("sample", "What a subscriber gets: a key with a payload, or that there is none any more.") }
                { word("key", "The name under which something is put, as in lab/tensor. A key expression stands for many: lab/* for one more \
                    part, lab/** for any number of them.") }
                { word("BLOCK, DROP", "What happens to a put when the link is full: it waits, or it is dropped. The publisher cannot see what \
                    a router drops; numbered samples let a subscriber count what it missed.") }
                { word("selector", "What a get asks for: a key expression, and after a question mark parameters for the queryable.") }
                { word("queryable", "What answers gets under a key expression, each with any number of replies or errors.") }
                { word("token", "A key that is alive as long as the session that has declared it.") }
                { word("fence", "A question that a router answers once it has handed on everything that was put before it.") }
                { word("lease", "For how long one side may be silent before the other takes it for gone.") }
            </dl>
            <h3>{ "The words of a measurement" }</h3>
            <dl class="words">
                { word("quartiles", "A quarter of the samples took less time than the lower one, a quarter more than the upper one.") }
                { word("MAD", "Median absolute deviation: half of the samples are at most this far from the median. It says how much \
                    they scatter, and a few that took very long do not change it.") }
                { word("outlier", "A sample farther beyond a quartile than one and a half times the distance between the two. It is counted \
                    and never left out.") }
                { word("seed", "The number from which the order of the turns was drawn: the same seed gives the same order.") }
                { word("isolated", "Said of a page that shares its process with no page of another origin. The browser gives it a finer \
                    clock.") }
            </dl>
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
                { ", in Router, records the frames that the session sends and receives: what each of their bytes is for, and which segments \
                   they carry." }
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
