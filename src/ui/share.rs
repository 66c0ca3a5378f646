//! What a person takes away: the link of the scene, as text and as a code that a phone reads; the
//! drawing as a picture; one page on paper.

use gloo_timers::callback::Timeout;
use qrcodegen::{QrCode, QrCodeEcc};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::kit::{
    dialog,
    html::html,
    paper::{self, use_printing},
};
use crate::{
    app::{Problem, State, link},
    outside::shown,
    present::format,
    ui::kit::widgets::{PaneProps, problem},
    web::{
        address,
        clipboard::to_clipboard,
        drawing::{self, Taken},
    },
};

const DIALOG: &str = "link-dialog";

/// What the dialog has.
const TITLE: &str = "Take away: picture, page, link";

/// The most characters of a link that is printed as text. A longer one would fill the page.
const PRINTED: usize = 1200;

/// The button in the top bar.
pub(super) fn link_button() -> Html {
    let open = Callback::from(|_: MouseEvent| dialog::show(DIALOG));
    html! {
        <button type="button" class="icon" id="link" onclick={open} aria-label={TITLE} title={TITLE}>
            <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <path class="line" d="M7.5 10.5l3-3M8 5l2-2a3.5 3.5 0 0 1 5 5l-2 2M10 13l-2 2a3.5 3.5 0 0 1-5-5l2-2" />
            </svg>
        </button>
    }
}

/// The dialog.
#[component]
pub(super) fn LinkDialog(props: &PaneProps) -> Html {
    let copied = use_state(|| Ended::None);
    let ended = use_state(|| Ended::None);
    let printing = use_printing();
    let state = &props.state;
    let close = Callback::from(|_: MouseEvent| dialog::close(DIALOG));
    let body = match link::of(state) {
        Ok(scene) => {
            let text = address::with(&scene);
            let copy = {
                let (text, copied) = (text.clone(), copied.clone());
                Callback::from(move |_: MouseEvent| {
                    // Asked within the click: Safari refuses it later.
                    let (written, copied) = (to_clipboard(&text), copied.clone());
                    wasm_bindgen_futures::spawn_local(async move {
                        let result = written.await;
                        let done = result.is_ok();
                        copied.set(Some(result));
                        if done {
                            Timeout::new(2_000, move || copied.set(None)).forget();
                        }
                    });
                })
            };
            let select = Callback::from(|event: FocusEvent| event.target_unchecked_into::<HtmlInputElement>().select());
            html! {
                <>
                    <div class="line">
                        <label for="link-text">{ "link" }</label>
                        <input type="text" class="mono" id="link-text" readonly={true} value={text.clone()} onfocus={select} />
                        // A page outside of a secure context has no clipboard.
                        if state.surroundings.secure {
                            <button type="button" class="primary" id="link-copy" onclick={copy}>
                                { if let Some(Ok(())) = *copied { "Copied" } else { "Copy" } }
                            </button>
                        }
                    </div>
                    if let Some(Err(reason)) = &*copied {
                        { problem("link-copy-problem", &Problem::new("Not in the clipboard.", format!("{reason}. Select the text above and copy it."))) }
                    }
                    <p>
                        { "It holds rows, modes, views, key and options. Who opens it has this page, and nothing is sent by that. " }
                        { files(state) }
                        { here(&text) }
                    </p>
                    { code(&text, "link-code") }
                </>
            }
        }
        Err(long) => problem(
            "link-problem-long",
            &Problem::new(
                "This scene is too long for a link.",
                format!(
                    "The link would have {} characters, and browsers take {}. Give long texts as files.",
                    format::count(long.characters),
                    format::count(link::MAX_LINK)
                ),
            ),
        ),
    };
    html! {
        <>
        <dialog id={DIALOG} aria-labelledby="head-link">
            <header class="dialog-head">
                <h2 id="head-link">{ TITLE }</h2>
                <button type="button" data-closes="true" onclick={close}>{ "Close" }</button>
            </header>
            { class(&state.surroundings.class.links) }
            { pictures(&ended) }
            <div class="line">
                <button type="button" id="take-print" onclick={Callback::from(|_: MouseEvent| {
                    dialog::close(DIALOG);
                    paper::print();
                })}>{ "Print …" }</button>
                <span class="quiet">{ "one page, or a PDF: drawing, ledger, result, code and link" }</span>
            </div>
            { body }
        </dialog>
        if printing { { sheet(state) } }
        </>
    }
}

/// The links by which a class joins, and the first of them as a code. The lab tells them to its own machine only.
fn class(links: &[String]) -> Html {
    let Some(first) = links.first() else { return html! {} };
    html! {
        <section id="class">
            <h3>{ "For the class: join this lab" }</h3>
            { for links.iter().map(|link| html! { <p class="mono">{ shown(link) }</p> }) }
            { code(first, "class-code") }
        </section>
    }
}

/// How writing to the clipboard or taking a picture has ended.
type Ended = Option<Result<(), String>>;

/// The buttons that take the drawing of Layout as a picture.
fn pictures(ended: &UseStateHandle<Ended>) -> Html {
    let button = |id: &'static str, label: &'static str, how: Taken| {
        let ended = ended.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            // Begins within the click: the clipboard is asked then.
            let (taken, ended) = (drawing::take(how), ended.clone());
            wasm_bindgen_futures::spawn_local(async move { ended.set(Some(taken.await)) });
        });
        html! { <button type="button" {id} {onclick}>{ label }</button> }
    };
    html! {
        <>
            <div class="line" role="group" aria-label="The drawing of Layout as a picture">
                { button("take-svg", "Save SVG", Taken::Svg) }
                { button("take-png", "Save PNG", Taken::Png) }
                if drawing::takes_pictures() { { button("take-copy", "Copy picture", Taken::Copied) } }
                <span class="quiet" id="take-said" role="status">
                    { if let Some(Ok(())) = **ended { "The picture is taken." } else { "the drawing as it is seen" } }
                </span>
            </div>
            if let Some(Err(reason)) = &**ended {
                { problem("take-problem", &Problem::new("There is not a picture.", reason.clone())) }
            }
        </>
    }
}

/// What stands only on paper: the link of the scene, and its code.
fn sheet(state: &State) -> Html {
    let text = link::of(state).map(|scene| address::with(&scene));
    html! {
        <section class="sheet" id="sheet">
            if let Ok(text) = &text { { code(text, "sheet-code") } }
            <p>
                <strong>{ "The scene, to open again." }</strong>{ " " }{ files(state) }
                if let Some(text) = text.as_ref().ok().filter(|text| text.len() <= PRINTED) {
                    <span class="mono" id="sheet-link">{ text }</span>
                } else {
                    { "The link is too long for paper: take it from the page." }
                }
            </p>
        </section>
    }
}

/// What a link cannot hold.
fn files(state: &State) -> &'static str {
    let has = state.rows.iter().any(|row| matches!(row.kind, crate::app::Kind::File(_)));
    if has { "The files are not in it: only their names are. " } else { "" }
}

/// Whether other machines reach the address.
pub(super) fn here(text: &str) -> &'static str {
    let host = text.split_once("://").map_or("", |(_, host)| host);
    let own = ["127.", "localhost", "[::1]"].iter().any(|own| host.starts_with(own));
    if own { "This address is one of this machine only." } else { "" }
}

/// The link as a code; nothing if it is too long for one.
pub(super) fn code(text: &str, id: &'static str) -> Html {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Low) else {
        return html! { <p class="quiet">{ "It is too long for a code that a phone reads." }</p> };
    };
    let side = code.size();
    let mut path = String::new();
    for y in 0..side {
        for x in (0..side).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    html! {
        <svg class="code" {id} role="img" aria-label="The link as a QR code" viewBox={format!("-4 -4 {0} {0}", side + 8)}>
            <rect class="code-ground" x="-4" y="-4" width={(side + 8).to_string()} height={(side + 8).to_string()} />
            <path class="code-ink" d={path} />
        </svg>
    }
}
