//! The Router pane: sends the payload to other programs, and shows what they send.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::Element;
use yew::prelude::*;

use crate::{
    app::{
        Action, Declaration, Lost, Problem, Session, State,
        keys::{aria, hint},
        locator::{self, HUB, OWN_ENDPOINT},
        pause,
        stage::Pane,
    },
    client::pause::Took,
    number::seconds,
    outside::{Ends, Outside, shown},
    web::{address, clipboard::to_clipboard},
};
use crate::{
    present::{
        format,
        program::{self, Language},
        snippet::{self, Program},
    },
    ui::{
        kit::{
            dialog,
            html::html,
            text_field::TextField,
            widgets::{AskingProps, Choice, keep_focus, pane_head, problem, segmented, sends, submits},
        },
        router::tabs::{counts, tabs, view},
    },
};

/// The dialog with programs for the other side.
const OTHER_SIDE: &str = "other-side-dialog";

/// The pane.
#[component]
pub(crate) fn RouterPane(props: &AskingProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    // One of two buttons replaces the other. A person who had the focus on the one gets it on the
    // other.
    let declared = matches!(state.subscription, Declaration::Declared(_));
    let before = use_mut_ref(|| None);
    // What had the focus last. A page may connect by itself, while the focus is elsewhere or nowhere:
    // only what was replaced while it had the focus hands it on.
    let focused = use_mut_ref(|| None::<Element>);
    let onfocusin = {
        let focused = focused.clone();
        Callback::from(move |event: FocusEvent| *focused.borrow_mut() = event.target_dyn_into::<Element>())
    };
    use_effect_with((state.session.is_busy(), declared), move |(busy, declared)| {
        let session = if *busy { "#disconnect" } else { "#connect" };
        let subscription = if *declared { "#undeclare" } else { "#subscribe:enabled" };
        match before.replace(Some((*busy, *declared))) {
            _ if focused.borrow().as_ref().is_none_or(|last| last.is_connected()) => {}
            None => {}
            // A session may open within one drawing: then the button beside it is there already.
            Some((was_busy, _)) if was_busy != *busy => keep_focus(&[session, subscription]),
            Some(_) => keep_focus(&[subscription, session]),
        }
    });
    let open = Callback::from(|_: MouseEvent| dialog::show(OTHER_SIDE));
    let other = html! { <button type="button" class="link" id="other-side" onclick={open}>{ "Other side" }</button> };
    html! {
        <section class="pane router" id="pane-router" tabindex="-1" aria-labelledby="head-router" {onfocusin}>
            { pane_head(Pane::Router, "send it, and see what arrives", other, state, send) }
            { session(state, send) }
            // Before the start, the page does not know its surroundings.
            if state.revision > 0 && !state.surroundings.secure { { insecure(state) } }
            { tabs(state, send) }
            { view(props) }
        </section>
    }
}

fn session(state: &State, send: &Callback<Action>) -> Html {
    let busy = state.session.is_busy();
    html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Connect)}>
                <label for="locator" data-term="term-locator">{ "locator" }</label>
                <TextField id="locator" class="mono" value={state.locator.clone()} change={send.reform(Action::Locator)}
                    ends={Ends::LeftOut} readonly={busy} describedby="locator-words term-locator" />
                if busy {
                    // Keys: without them, one button would become the other during its own click,
                    // and submit the form.
                    <button key="disconnect" type="button" id="disconnect" onclick={sends(send, Action::Disconnect)}>
                        { if state.session.is_open() { "Disconnect" } else { "Cancel" } }
                    </button>
                } else {
                    if state.surroundings.class.wants_code { { code(state, send) } }
                    <button key="connect" type="submit" class="primary" id="connect" aria-keyshortcuts={aria("connect")}
                        title={hint("connect")}>{ "Connect" }</button>
                }
            </form>
            <div class="under" id="locator-words">
                { match &state.session {
                    Session::Open(_) => html! {
                        <>
                            if state.locator == HUB { { hub_words() } }
                            if let Some(gap) = &state.gap { { resumed(state, gap) } }
                        </>
                    },
                    Session::Lost(lost) => html! {
                        <>{ problem("session-problem", &lost.problem) }{ reconnecting(lost) }{ held_back(state) }</>
                    },
                    Session::Connecting => html! { <><p class="quiet">{ "Connecting …" }</p>{ held_back(state) }</> },
                    Session::Failed(cause) => html! { <>{ problem("session-problem", cause) }{ offer(state, send) }</> },
                    Session::Closed if state.locator == HUB => hub_words(),
                    Session::Closed if state.surroundings.no_lab => offer(state, send),
                    Session::Closed => html! {
                        <p class="quiet">
                            <code>{ OWN_ENDPOINT }</code>{ " is the lab’s own router, through this page’s port. Others: " }
                            <code>{ "ws/HOST:PORT" }</code>{ ", or " }
                            <code>{ HUB }</code>{ ", a router inside this browser." }
                        </p>
                    },
                } }
            </div>
        </>
    }
}

/// The field for the code of the class. It is a part of the locator.
fn code(state: &State, send: &Callback<Action>) -> Html {
    html! {
        <>
            <label for="code" key="code-label">{ "code" }</label>
            <TextField key="code" id="code" class="mono" value={locator::code_of(&state.locator).to_owned()} most={32}
                change={send.reform(|code: String| Action::Locator(locator::with_code(&code)))} ends={Ends::LeftOut}
                placeholder="of the class" />
        </>
    }
}

/// What the hub is, wherever it is in use.
fn hub_words() -> Html {
    html! {
        <p class="quiet" id="hub-words">
            <code>{ HUB }</code>{ " is a router inside this browser. It connects the tabs of this page’s address, and nothing leaves \
              this machine." }
        </p>
    }
}

/// Without a lab, the hub is the first thing to try.
fn offer(state: &State, send: &Callback<Action>) -> Html {
    if !state.surroundings.no_lab || state.locator == HUB {
        return Html::default();
    }
    let connect = Action::Many(vec![Action::Locator(HUB.to_owned()), Action::Connect]);
    html! {
        <p class="quiet" id="hub-offer">
            { "No lab answers at the address of this page. " }
            <button type="button" class="link" id="use-hub" onclick={sends(send, connect)}>
                { "Use a router inside this browser" }
            </button>
        </p>
    }
}

/// The time of the next attempt, and what was lost.
fn reconnecting(lost: &Lost) -> Html {
    let Lost { wait, unfinished, failed, .. } = lost;
    let tried = failed.as_ref().map(|failed| format!(" The last attempt failed: {failed}")).unwrap_or_default();
    let under_way = match unfinished.all() {
        0 => "Nothing was under way.".to_owned(),
        _ => format!("What was under way has failed: {}.", counts(unfinished)),
    };
    html! {
        <p class="quiet" id="session-lost" data-attempt={wait.attempt.to_string()}>
            { format!(
                "Reconnecting in {:.1} s, attempt {}.{tried} {under_way} What others publish meanwhile does not arrive.",
                wait.delay.as_secs_f64(), wait.attempt,
            ) }
        </p>
    }
}

/// Explains an engine that delays attempts, once an attempt has had no answer for a while.
fn held_back(state: &State) -> Html {
    let Some(longest) = state.held_back else { return Html::default() };
    html! {
        <p class="quiet" id="held-back">
            { format!(
                "The server has not answered yet. After failures this browser itself holds back connections to the same host and port, \
                 for up to {} s, as Firefox does. The page goes on waiting; Cancel ends it.",
                longest.as_secs(),
            ) }
        </p>
    }
}

/// The events that the session missed while it was disconnected.
fn resumed(state: &State, gap: &Took) -> Html {
    let again = match &state.subscription {
        Declaration::Declared(key) => {
            format!("{} is subscribed again; what was published meanwhile may be missing.", key.shown())
        }
        _ => "Nothing was subscribed.".to_owned(),
    };
    // If the computer slept, the clock that times the rest may have stopped too.
    let whole = gap.time.saturating_add(gap.pause.ahead);
    let heard = match pause::words(gap.pause) {
        Some(words) => {
            format!("{words} Meanwhile the link ended, and in all nothing was heard for {}. {again}", seconds(whole))
        }
        None => format!("Nothing was heard for {}. {again}", seconds(whole)),
    };
    html! {
        <p class="notice" id="session-gap" data-gap={whole.as_millis().to_string()} data-still={gap.pause.still.as_millis().to_string()}>
            <strong>{ "The session was lost and is open again. " }</strong>
            { heard }
        </p>
    }
}

fn insecure(state: &State) -> Html {
    let step =
        state.surroundings.clock_step.map(|step| format!(", here steps of {}", format::time(step.as_nanos() as f64)));
    html! {
        <p class="notice" id="insecure">
            <strong>{ "Plain http from another machine: " }</strong>
            { format!(
                "the browser gives this page no clipboard, no cross-origin isolation (so a coarser clock{}) and no service \
                 worker (so the page needs its server). Hashing works all the same: it is done in Rust.",
                step.unwrap_or_default()
            ) }
        </p>
    }
}

/// The dialog with programs that build the rows of the page.
const ROWS_PROGRAM: &str = "rows-program-dialog";

/// Opens that dialog.
pub(crate) fn show_rows_program() {
    dialog::show(ROWS_PROGRAM);
}

/// Which programs a dialog has.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ProgramsProps {
    pub(crate) state: Rc<State>,
    /// Whether they are those of the rows, and not those of the other side.
    pub(crate) rows: bool,
}

/// A dialog with programs: those that build the rows of the page, or those to run on the other side
/// of the router.
#[component]
pub(crate) fn Programs(props: &ProgramsProps) -> Html {
    let chosen = use_state_eq(|| 0);
    let copied = use_state(|| None::<Result<(), String>>);
    let (state, rows) = (&props.state, props.rows);
    let around = &state.surroundings;
    let endpoint = around.tcp.as_ref().map_or(snippet::TCP, Outside::raw);
    let folder = address::folder();
    let page = snippet::PageFacts {
        endpoint,
        ws: around.ws.as_ref().map_or(snippet::WS, Outside::raw),
        key: &state.key,
        sub_key: &state.sub_key,
        folder: &folder,
        schema: snippet::schema(&state.rows),
    };
    // The key and the name of each.
    let (dialog, group, offered): (_, _, Vec<(&str, &str)>) = if rows {
        (ROWS_PROGRAM, "rows-program", Language::ALL.map(|one| (one.name(), one.name())).into())
    } else {
        (OTHER_SIDE, "program", Program::ALL.map(|one| (one.key(), one.name())).into())
    };
    let text = if rows {
        Language::ALL.get(*chosen).map_or_else(|| Ok(String::new()), |one| program::text(*one, &state.rows, &page))
    } else {
        Ok(Program::ALL.get(*chosen).map_or_else(String::new, |one| one.text(&page)))
    };
    let choices = offered.into_iter().enumerate().map(|(at, (key, label))| {
        let (chosen, copied) = (chosen.clone(), copied.clone());
        Choice {
            id: format!("{group}-{key}").into(),
            label,
            chosen: *chosen == at,
            choose: Callback::from(move |_| {
                chosen.set(at);
                copied.set(None);
            }),
        }
    });
    let copy = {
        let (text, copied) = (text.clone().unwrap_or_default(), copied.clone());
        Callback::from(move |_: MouseEvent| {
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
    let close = Callback::from(move |_: MouseEvent| dialog::close(dialog));
    let head = format!("head-{group}");
    html! {
        <dialog id={dialog} class="wide" aria-labelledby={head.clone()}>
            <header class="dialog-head">
                <h2 id={head}>{ if rows { "These rows as a program" } else { "The other side" } }</h2>
                <button type="button" data-closes="true" onclick={close}>{ "Close" }</button>
            </header>
            if rows {
                <p>
                    { "Each builds these very rows, puts them under " }<code>{ shown(&state.key) }</code>
                    { ", and prints length and SHA-256. The page tells the same of its own put: " }<em>{ "hash" }</em>
                    { " beside the sample." }
                </p>
            } else {
                <p>
                    { "Programs on the router’s machine reach it at " }<code>{ shown(endpoint) }</code>
                    { ". Those for bytes print length and SHA-256, to be compared with what this page shows; those for Cap’n Proto fetch the " }
                    <a href="lab.capnp" download="lab.capnp">{ "schema" }</a>{ " of its messages from this page." }
                </p>
            }
            if state.locator == HUB {
                <p class="notice" id={format!("{group}-hub")}>
                    { "These need a router outside of this browser. Of the " }<code>{ HUB }</code>
                    { ", the other side is a second tab of this page." }
                </p>
            }
            <div class="dialog-tools">
                { segmented("Which program", group, choices.collect()) }
                // A page outside of a secure context has no clipboard.
                if around.secure {
                    <button type="button" id={format!("copy-{group}")} onclick={copy}>{ if let Some(Ok(())) = *copied { "Copied" } else { "Copy" } }</button>
                }
            </div>
            if let Some(Err(reason)) = &*copied {
                { problem("copy-problem", &Problem::new("Not in the clipboard.", format!("{reason}. Select the text below and copy it."))) }
            }
            { match text {
                Ok(text) => html! { <pre class="listing" id={group} tabindex="0"><code>{ text }</code></pre> },
                Err(why) => html! { <p class="problem" id={group} role="status">{ why }</p> },
            } }
        </dialog>
    }
}
