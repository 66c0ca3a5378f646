//! The rest of the program, as the first view sees it: the parts that it draws, their placeholders,
//! and the words for a failed load. See [`crate::web::rest`] for how the two parts call each other.
//!
//! Everything that the first view does not draw belongs here. A dialog gets a line among the
//! others. Any other part gets a function in [`Views`], which [`drawn`] calls. `scripts/test` fails
//! when the first part becomes too long.

use std::{cell::Cell, rc::Rc};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::{
    help::{Help, ModesDialog},
    ownership::Questions,
};
use crate::{
    app::{Action, Plan, Problem, Rest, State},
    web::rest::{Errands, Missing},
};
use crate::{
    present::layout::lens::{Lens, Shown},
    ui::{
        bytes::dialog::BytesDialog,
        cost::pane,
        kit::{
            animation::Frame,
            widgets::{PaneProps, sends},
        },
        layout::{
            details, owners,
            values::{AtBuilt, Peeker},
        },
        message::{
            dialog::MessageDialog,
            structure::{self, SelectSpan},
        },
        router::{pane::OtherSide, tabs},
        wire::dialog::WireDialog,
    },
};

/// The drawing functions of the rest.
pub(super) struct Views {
    /// Every dialog. Each is closed until the person opens it.
    pub(super) dialogs: fn(&PaneProps, &Errands) -> Html,
    /// The kept runs.
    pub(super) history: fn(&State, &Callback<Action>) -> Html,
    /// The shown run as files.
    pub(super) exports: fn(&State, &Callback<Action>) -> Html,
    /// The shown run, alone or beside another.
    pub(super) results: fn(&State, &Callback<Action>) -> Html,
    /// The tabs of a session that are not open at first.
    pub(super) session: fn(&Rc<State>, &Callback<Action>, &Errands) -> Html,
    /// The samples that have arrived.
    pub(super) samples: fn(&State, &Callback<Action>) -> Html,
    /// The layout as a table.
    pub(super) table: fn(&Plan, &Lens, &[Shown], &Callback<Action>, &State) -> Html,
    /// The layout by owner.
    pub(super) owners: fn(&Plan, &Callback<Action>, &State) -> Html,
    /// The selected message, word by word.
    pub(super) structure: fn(&Plan, &State, Option<usize>, &SelectSpan) -> Html,
    /// Makes a reader of the payload's bytes.
    pub(super) peeker: fn(&Errands) -> Box<dyn Peeker>,
}

static VIEWS: Views = Views {
    dialogs: |pane, errands| {
        let (pane, errands) = (pane.clone(), errands.clone());
        html! {
            <>
                if let Some(runtime) = errands.runtime() {
                    <BytesDialog state={pane.state.clone()} send={pane.send.clone()} runtime={runtime.clone()} />
                    <WireDialog state={pane.state.clone()} send={pane.send.clone()} {runtime} />
                }
                <MessageDialog ..pane.clone() />
                <Help />
                <ModesDialog />
                <Questions />
                <OtherSide ..pane />
            </>
        }
    },
    history: pane::history,
    exports: pane::exports,
    results: pane::results,
    session: tabs::later_view,
    samples: tabs::samples,
    table: details::table,
    owners: owners::view,
    structure: structure::of_message,
    peeker: |errands| Box::new(AtBuilt::new(errands.clone())),
};

/// Loads the rest, together with that of `web`.
#[cfg(feature = "split")]
#[wasm_split_helpers::wasm_split(rest, fallible)]
fn views() -> Result<&'static Views, Missing> {
    Ok(&VIEWS)
}

#[cfg(not(feature = "split"))]
async fn views() -> Result<&'static Views, Missing> {
    Ok(&VIEWS)
}

thread_local! {
    /// The functions of the rest, once the page has loaded it.
    static HERE: Cell<Option<&'static Views>> = const { Cell::new(None) };
    /// The dialog that the person tried to open before it was loaded.
    static WANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Loads the rest as soon as the browser has painted the first view, and reports the outcome. A
/// browser does not paint a hidden page, so that page loads the rest at once.
pub(super) fn load_after_paint(errands: Errands, send: Callback<Action>) -> Option<Frame> {
    let hidden = web_sys::window().and_then(|window| window.document()).is_none_or(|document| document.hidden());
    if hidden {
        load(errands, send);
        return None;
    }
    // The callback of a frame runs before the browser paints it. The timer runs after that.
    Frame::next(move || {
        Timeout::new(0, move || load(errands, send)).forget();
    })
}

/// Loads the rest and reports the outcome.
pub(super) fn load(errands: Errands, send: Callback<Action>) {
    spawn_local(async move {
        let loaded = async {
            let views = views().await?;
            errands.load().await?;
            HERE.set(Some(views));
            Ok::<_, Missing>(())
        };
        send.emit(Action::RestEnded(loaded.await.map_err(Problem::from)));
    });
}

/// The drawing of the rest, or a placeholder until the rest is loaded.
pub(super) fn drawn(state: &State, send: &Callback<Action>, draw: impl FnOnce(&'static Views) -> Html) -> Html {
    match HERE.get() {
        Some(views) => draw(views),
        None => placeholder(&state.rest, send),
    }
}

/// A reader of the payload's bytes, once the rest is loaded.
pub(super) fn peeker(errands: &Errands) -> Option<Box<dyn Peeker>> {
    HERE.get().map(|views| (views.peeker)(errands))
}

fn placeholder(rest: &Rest, send: &Callback<Action>) -> Html {
    match rest {
        Rest::Missing(problem) => missing(problem, send),
        Rest::Loading | Rest::Here => html! { <p class="quiet" role="status">{ "Loading …" }</p> },
    }
}

fn missing(problem: &Problem, send: &Callback<Action>) -> Html {
    html! {
        <div class="problem" role="alert">
            <strong>{ &problem.title }</strong>{ " " }{ &problem.detail }
            <div class="ways"><button type="button" onclick={sends(send, Action::LoadRest)}>{ "Try again" }</button></div>
        </div>
    }
}

/// The notice at the head of the page while the rest is missing.
pub(super) fn notice(rest: &Rest, send: &Callback<Action>) -> Html {
    match rest {
        Rest::Missing(problem) => html! { <div id="rest-missing">{ missing(problem, send) }</div> },
        Rest::Loading | Rest::Here => html! {},
    }
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Opens a dialog by its `id`, as soon as the page has it.
pub(super) fn show_dialog(id: &'static str) {
    let found = dialog(id);
    if found.is_none() {
        WANTED.set(Some(id));
    }
    if let Some(dialog) = found.or_else(|| dialog(WAITING)) {
        // Fails only when the dialog is open already.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog by its `id`.
pub(super) fn close_dialog(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}

/// The dialog in place of those that are not loaded yet.
const WAITING: &str = "rest-dialog";

/// The dialogs, or the one in their place.
#[component]
pub(super) fn Dialogs(props: &DialogsProps) -> Html {
    let pane = PaneProps { state: props.state.clone(), send: props.send.clone() };
    let here = HERE.get();
    // The page's state opens these dialogs, and not a button.
    let asked =
        here.is_none() && (pane.state.looking.is_some() || pane.state.messages.open.is_some() || pane.state.wire.open);
    use_effect_with((here.is_some(), asked), |(here, asked)| {
        if *asked {
            show_dialog(WAITING);
        } else if let Some(wanted) = WANTED.take().filter(|_| *here) {
            show_dialog(wanted);
        }
    });
    match here {
        Some(views) => (views.dialogs)(&pane, &props.errands),
        None => html! {
            <dialog id={WAITING} aria-labelledby="head-rest" onclose={Callback::from(|_: Event| WANTED.set(None))}>
                <header class="dialog-head">
                    <h2 id="head-rest">{ "This part is not here yet" }</h2>
                    <button type="button" onclick={Callback::from(|_: MouseEvent| close_dialog(WAITING))}>{ "Close" }</button>
                </header>
                { placeholder(&pane.state.rest, &pane.send) }
            </dialog>
        },
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct DialogsProps {
    /// The state to show.
    pub(super) state: Rc<State>,
    /// Sends actions to the root component.
    pub(super) send: Callback<Action>,
    /// The way to the bytes of the payload.
    pub(super) errands: Errands,
}
