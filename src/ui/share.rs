//! The dialog with the link of the scene: as text, to be copied, and as a code that a phone reads.

use gloo_timers::callback::Timeout;
use qrcodegen::{QrCode, QrCodeEcc};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::kit::dialog;
use crate::{
    app::{Problem, State, link},
    present::format,
    ui::kit::widgets::{PaneProps, problem},
    web::{address, clipboard::to_clipboard},
};

const DIALOG: &str = "link-dialog";

/// The button in the top bar.
pub(super) fn link_button() -> Html {
    let open = Callback::from(|_: MouseEvent| dialog::show(DIALOG));
    html! {
        <button type="button" class="icon" id="link" onclick={open} aria-label="Link to this scene" title="Link to this scene">
            <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <path class="line" d="M7.5 10.5l3-3M8 5l2-2a3.5 3.5 0 0 1 5 5l-2 2M10 13l-2 2a3.5 3.5 0 0 1-5-5l2-2" />
            </svg>
        </button>
    }
}

/// The dialog.
#[component]
pub(super) fn LinkDialog(props: &PaneProps) -> Html {
    let copied = use_state(|| None::<Result<(), String>>);
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
                    { code(&text) }
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
        <dialog id={DIALOG} aria-labelledby="head-link">
            <header class="dialog-head">
                <h2 id="head-link">{ "Link to this scene" }</h2>
                <button type="button" data-closes="true" onclick={close}>{ "Close" }</button>
            </header>
            { body }
        </dialog>
    }
}

/// What a link cannot hold.
fn files(state: &State) -> &'static str {
    let has = state.rows.iter().any(|row| matches!(row.kind, crate::app::Kind::File(_)));
    if has { "The files are not in it: only their names are. " } else { "" }
}

/// Whether other machines reach the address.
fn here(text: &str) -> &'static str {
    let own = ["http://127.", "http://localhost", "http://[::1]"].iter().any(|own| text.starts_with(own));
    if own { "This address is one of this machine only." } else { "" }
}

/// The link as a code; nothing if it is too long for one.
fn code(text: &str) -> Html {
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
        <svg class="code" id="link-code" role="img" aria-label="The link as a QR code" viewBox={format!("-4 -4 {0} {0}", side + 8)}>
            <rect class="code-ground" x="-4" y="-4" width={(side + 8).to_string()} height={(side + 8).to_string()} />
            <path class="code-ink" d={path} />
        </svg>
    }
}
