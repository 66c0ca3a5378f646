//! The rest of the program, seen from what draws the first view: what is drawn by it, what stands there until it is here, and what is said
//! when it could not be loaded. See [`crate::web::rest`] for how the two parts call each other.
//!
//! What is not drawn at first belongs here: a dialog gets a line among the others, anything else a function in [`Views`] that is called by
//! [`drawn`]. `scripts/test` fails when the first part becomes too long.

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

/// What the rest draws.
pub(super) struct Views {
    /// Every dialog; each is closed until it is asked for.
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
    /// The message that is selected, word by word.
    pub(super) structure: fn(&Plan, &State, Option<usize>, &SelectSpan) -> Html,
    /// Looks at bytes of the payload.
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
    /// What was loaded.
    static HERE: Cell<Option<&'static Views>> = const { Cell::new(None) };
    /// The dialog that was asked for before it was there.
    static WANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Loads the rest as soon as the first view is painted, and says how that ended. A page that is not seen is not painted, and loads it now.
pub(super) fn load_after_paint(errands: Errands, send: Callback<Action>) -> Option<Frame> {
    let hidden = web_sys::window().and_then(|window| window.document()).is_none_or(|document| document.hidden());
    if hidden {
        load(errands, send);
        return None;
    }
    // A frame is asked for before it is painted; what comes next comes after that.
    Frame::next(move || {
        Timeout::new(0, move || load(errands, send)).forget();
    })
}

/// Loads the rest and says how that ended.
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

/// What the rest draws, or what stands there until it is here.
pub(super) fn drawn(state: &State, send: &Callback<Action>, draw: impl FnOnce(&'static Views) -> Html) -> Html {
    match HERE.get() {
        Some(views) => draw(views),
        None => placeholder(&state.rest, send),
    }
}

/// What looks at the bytes of the payload, once it is here.
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

/// What is said at the head of the page while the rest is missing.
pub(super) fn notice(rest: &Rest, send: &Callback<Action>) -> Html {
    match rest {
        Rest::Missing(problem) => html! { <div id="rest-missing">{ missing(problem, send) }</div> },
        Rest::Loading | Rest::Here => html! {},
    }
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Opens a dialog by its `id`, as soon as it is there.
pub(super) fn show_dialog(id: &'static str) {
    let found = dialog(id);
    if found.is_none() {
        WANTED.set(Some(id));
    }
    if let Some(dialog) = found.or_else(|| dialog(WAITING)) {
        // It can only fail when it is open already.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog by its `id`.
pub(super) fn close_dialog(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}

/// The dialog that stands for those that are not there yet.
const WAITING: &str = "rest-dialog";

/// The dialogs, or one that stands for them.
#[component]
pub(super) fn Dialogs(props: &DialogsProps) -> Html {
    let pane = PaneProps { state: props.state.clone(), send: props.send.clone() };
    let here = HERE.get();
    // Asked for by the state of the page, and not by a button.
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
    /// Where actions go.
    pub(super) send: Callback<Action>,
    /// Who has the bytes.
    pub(super) errands: Errands,
}
