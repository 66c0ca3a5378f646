//! The Router pane: send the payload to other programs and see what comes back.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::{
    bytes::bytes_button,
    format,
    message::read_button,
    snippet::{self, Program},
    widgets::{Choice, PaneProps, keep_focus, pane_head, problem, segmented, sends, submits, typed},
};
use crate::{
    app::{
        Action, Build, Hash, KEPT_BYTES, KEPT_SAMPLES, Lost, Put, PutReport, Row, Sample, Session, State, Subscription,
        bytes::{Looking, Subject},
        keys::{aria, hint},
        locator::OWN_ENDPOINT,
    },
    client::SessionInfo,
};

/// The pane.
#[component]
pub(super) fn RouterPane(props: &PaneProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    let dialog = use_node_ref();
    // One of two buttons goes and the other comes: whoever had the one has the other.
    let untouched = use_mut_ref(|| true);
    use_effect_with((state.session.is_busy(), is_declared(state)), move |(busy, declared)| {
        if !untouched.replace(false) {
            let session = if *busy { "#disconnect" } else { "#connect" };
            keep_focus(&[if *declared { "#undeclare" } else { "#subscribe:enabled" }, session]);
        }
    });
    let open = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                // It can only fail when it is open already.
                let _ = dialog.show_modal();
            }
        })
    };
    let other = html! { <button type="button" class="link" id="other-side" onclick={open}>{ "Other side" }</button> };
    html! {
        <section class="pane router" id="pane-router" tabindex="-1" aria-labelledby="head-router">
            { pane_head(4, "head-router", "Router", "send it, and see it come back", other) }
            { session(state, send) }
            { put(state, send) }
            { subscription(state, send) }
            // Before the start nothing is known about the surroundings.
            if state.revision > 0 && !state.surroundings.secure { { insecure() } }
            { samples(state, send) }
            <OtherSide state={state.clone()} {dialog} />
        </section>
    }
}

fn session(state: &State, send: &Callback<Action>) -> Html {
    let busy = state.session.is_busy();
    let oninput = send.reform(|event| Action::Locator(typed(event)));
    html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Connect)}>
                <label for="locator">{ "locator" }</label>
                <input id="locator" class="mono" type="text" value={state.locator.clone()} {oninput} readonly={busy}
                    autocomplete="off" spellcheck="false" autocapitalize="off" aria-describedby="locator-words" />
                if busy {
                    // Keys: without them the one button would become the other during its own click, and submit.
                    <button key="disconnect" type="button" id="disconnect" onclick={sends(send, Action::Disconnect)}>
                        { if state.session.is_open() { "Disconnect" } else { "Cancel" } }
                    </button>
                } else {
                    <button key="connect" type="submit" class="primary" id="connect" aria-keyshortcuts={aria("connect")}
                        title={hint("connect")}>{ "Connect" }</button>
                }
            </form>
            <div class="under" id="locator-words">
                { match &state.session {
                    Session::Open(info) => html! {
                        <>
                            { agreed(info) }
                            if let Some(gap) = state.gap { { resumed(state, gap) } }
                        </>
                    },
                    Session::Lost(lost) => html! { <>{ problem("session-problem", &lost.problem) }{ reconnecting(lost) }</> },
                    Session::Connecting => html! { <p class="quiet">{ "Connecting …" }</p> },
                    Session::Failed(cause) => problem("session-problem", cause),
                    Session::Closed => html! {
                        <p class="quiet">
                            <code>{ OWN_ENDPOINT }</code>{ " is the lab’s own router, through this page’s port. Others: " }
                            <code>{ "ws/HOST:PORT" }</code>{ ". Everything but sending works without one." }
                        </p>
                    },
                } }
            </div>
        </>
    }
}

fn agreed(info: &SessionInfo) -> Html {
    let short = |id: &str| id.chars().take(8).collect::<String>();
    html! {
        <p class="quiet" id="agreed">
            { format!(
                "agreed: batch {} B, {} lanes, sn {} bit, lease {}, patch {}; ",
                format::count(info.batch_size.into()), info.lanes, info.sn_bits, seconds(info.lease), info.patch,
            ) }
            { "router " }<span class="mono" title={info.router.clone()}>{ short(&info.router) }{ "…" }</span>
            { ", this page " }<span class="mono" title={info.zid.clone()}>{ short(&info.zid) }{ "…" }</span>
        </p>
    }
}

/// When the next attempt is, and what was lost.
fn reconnecting(lost: &Lost) -> Html {
    let Lost { wait, puts, failed, .. } = lost;
    let tried = failed.as_ref().map(|failed| format!(" The last attempt failed: {failed}")).unwrap_or_default();
    let puts = match puts {
        0 => "No put was under way.".to_owned(),
        1 => "A put that was under way has failed.".to_owned(),
        more => format!("{} that were under way have failed.", format::plural(*more, "put")),
    };
    html! {
        <p class="quiet" id="session-lost" data-attempt={wait.attempt.to_string()}>
            { format!(
                "Reconnecting in {:.1} s, attempt {}.{tried} {puts} What others publish meanwhile does not arrive.",
                wait.delay.as_secs_f64(), wait.attempt,
            ) }
        </p>
    }
}

/// What the session has missed while it was away.
fn resumed(state: &State, gap: Duration) -> Html {
    let again = match &state.subscription {
        Subscription::Declared(key) => {
            format!("{key} is subscribed again; what was published meanwhile may be missing.")
        }
        _ => "Nothing was subscribed.".to_owned(),
    };
    html! {
        <p class="notice" id="session-gap">
            <strong>{ "The session was lost and is open again. " }</strong>
            { format!("Nothing was heard for {:.1} s. {again}", gap.as_secs_f64()) }
        </p>
    }
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{:.1} s", time.as_secs_f64()) }
}

/// Why nothing can be put now, if so.
fn put_hindrance(state: &State) -> Option<&'static str> {
    if let Build::Failed(_) = state.build {
        Some("The payload could not be built; see Build.")
    } else if matches!(state.session, Session::Lost(_)) {
        Some("The session is lost: put again once it is open.")
    } else if !state.session.is_open() {
        Some("Connect to a router to send the payload.")
    } else {
        None
    }
}

fn put(state: &State, send: &Callback<Action>) -> Html {
    let bytes = state.rows.iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    let hindrance = put_hindrance(state);
    let under_way = matches!(state.put, Put::UnderWay { .. });
    let oninput = send.reform(|event| Action::Key(typed(event)));
    let word = match &state.put {
        Put::None => "none",
        Put::UnderWay { .. } => "underway",
        Put::Done(_) => "done",
        Put::Failed(_) => "failed",
    };
    // For programs that read the page: the same figures as in the sentence, as plain digits.
    let figure = |of: fn(&PutReport) -> u64| match &state.put {
        Put::Done(report) => Some(of(report).to_string()),
        _ => None,
    };
    html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Put)}>
                <label for="key">{ "key" }</label>
                <input id="key" class="mono" type="text" value={state.key.clone()} {oninput} autocomplete="off" spellcheck="false"
                    autocapitalize="off" />
                <span class="block" title="Congestion control: BLOCK. When the link is full, the put waits and drops nothing.">
                    { "BLOCK" }</span>
                <button type="submit" class="primary" id="put" disabled={hindrance.is_some() || under_way}
                    aria-describedby="put-result" aria-keyshortcuts={aria("put")} title={hint("put")}>{ "Put " }{ format::requested_size(bytes) }</button>
            </form>
            <div class="under" id="put-result" data-state={word} data-built={figure(|report| report.built)}
                data-gathered={figure(|report| report.gathered)} data-batches={figure(|report| report.batches as u64)}
                aria-live="polite">
                { match &state.put {
                    Put::None => html! {
                        <p class="quiet">
                            { hindrance.unwrap_or("BLOCK: when the link is full, the put waits and drops nothing.") }
                        </p>
                    },
                    Put::UnderWay { handed, total, .. } => html! {
                        <>
                            <progress max={total.max(&1).to_string()} value={handed.to_string()}
                                aria-label="Bytes that have left the browser"></progress>
                            <p class="quiet">{ format!("{} of {} handed over", format::count(*handed), format::bytes(*total)) }</p>
                        </>
                    },
                    Put::Done(report) => html! {
                        <p>
                            if state.put_revision != state.revision { <span class="quiet">{ "Before the payload was changed: " }</span> }
                            <strong>{ format::batches(report.batches) }</strong>
                            { format!(
                                ": {} copied to build, {} gathered; left the browser after {}. ",
                                format::bytes(report.built as usize), format::bytes(report.gathered as usize), format::took(report.took),
                            ) }
                            <span class="quiet">{ "This is not delivery: zenoh does not confirm puts." }</span>
                        </p>
                    },
                    Put::Failed(cause) => problem("put-problem", cause),
                } }
            </div>
        </>
    }
}

fn is_declared(state: &State) -> bool {
    matches!(state.subscription, Subscription::Declared(_))
}

fn subscription(state: &State, send: &Callback<Action>) -> Html {
    let declared = is_declared(state);
    let oninput = send.reform(|event| Action::SubKey(typed(event)));
    html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Subscribe)}>
                <label for="sub-key">{ "listen to" }</label>
                <input id="sub-key" class="mono" type="text" value={state.sub_key.clone()} {oninput} readonly={declared}
                    autocomplete="off" spellcheck="false" autocapitalize="off" />
                if declared {
                    <button key="undeclare" type="button" id="undeclare" onclick={sends(send, Action::Unsubscribe)}>{ "Undeclare" }</button>
                } else {
                    <button key="subscribe" type="submit" id="subscribe" disabled={!state.session.is_open()}
                        aria-keyshortcuts={aria("subscribe")} title={hint("subscribe")}>{ "Subscribe" }</button>
                }
            </form>
            if let Subscription::Failed(cause) = &state.subscription {
                <div class="under">{ problem("sub-problem", cause) }</div>
            }
        </>
    }
}

fn samples(state: &State, send: &Callback<Action>) -> Html {
    let declared = is_declared(state);
    if state.samples.is_empty() && state.received == 0 && !declared {
        return html! {
            <p class="quiet under">
                { "Subscribe, and what arrives under a matching key is listed here: this page’s own puts too." }
            </p>
        };
    }
    html! {
        <div class="samples">
            <div class="samples-head">
                <h3>{ "Samples" }</h3>
                <span class="quiet"><span id="received">{ format::thousands(state.received) }</span>{ " received, newest first" }
                    if state.received > state.samples.len() as u64 {
                        <span id="kept" title={format!("At most the newest {KEPT_SAMPLES}, and {} of payload together; the newest is always kept",
                            format::size(KEPT_BYTES))}>
                            { format!("; {} kept, {} at most", format::count(state.samples.len()), format::size(KEPT_BYTES)) }
                        </span>
                    }
                </span>
                <button type="button" class="link" id="forget" disabled={state.samples.is_empty()}
                    onclick={sends(send, Action::ForgetSamples)}>{ "Let all go" }</button>
            </div>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Samples that arrived">
                <table>
                    <thead><tr>
                        <th scope="col">{ "time" }</th><th scope="col">{ "key" }</th><th scope="col" class="number-cell">{ "bytes" }</th>
                        <th scope="col">{ "arrived in" }</th><th scope="col">{ "message" }</th><th scope="col">{ "SHA-256" }</th>
                    </tr></thead>
                    <tbody id="samples">{ for state.samples.iter().map(|one| sample(one, send)) }</tbody>
                </table>
            </div>
            if state.samples.iter().any(|sample| sample.local) {
                <p class="quiet">
                    { "local: handed over inside this page. A router does not send a page its own puts back; other programs get them." }
                </p>
            }
        </div>
    }
}

fn sample(sample: &Sample, send: &Callback<Action>) -> Html {
    let arrived = if sample.deleted {
        "deleted".to_owned()
    } else if sample.local {
        format!("{}, local", format::plural(sample.segments, "segment"))
    } else {
        format::plural(sample.segments, "array")
    };
    html! {
        <tr key={sample.id} data-id={sample.id.to_string()} data-len={sample.len.to_string()}
            data-segments={sample.segments.to_string()} data-local={sample.local.to_string()} data-key={sample.key.clone()}>
            <td>{ &sample.time }</td>
            <td class="mono key-cell" title={sample.key.clone()}>{ &sample.key }</td>
            <td class="number-cell">{ sample_bytes(sample, send) }</td>
            <td>{ arrived }</td>
            <td>{ read_button(sample, send) }</td>
            <td class="hash-cell">
                { match &sample.hash {
                    Hash::NotAsked => html! {
                        <button type="button" class="link hash" onclick={sends(send, Action::Hash(sample.id))}
                            aria-label={format!("Hash the sample of {}", sample.time)}>{ "hash" }</button>
                    },
                    Hash::UnderWay => html! { <span class="quiet">{ "…" }</span> },
                    Hash::Done(digest) => html! { <Digest digest={digest.clone()} /> },
                    Hash::Failed(cause) => html! { <span class="field-error" role="alert">{ cause }</span> },
                } }
            </td>
        </tr>
    }
}

/// How many bytes there are, and the way to them.
fn sample_bytes(sample: &Sample, send: &Callback<Action>) -> Html {
    let count = format::count(sample.len);
    if sample.deleted {
        return html! { { count } };
    }
    let name = format!("Look at the {count} B of the sample of {}", sample.time);
    bytes_button(send, Looking { subject: Subject::Sample(sample.id), offset: 0 }, count.into(), name.into(), None)
}

#[derive(PartialEq, Properties)]
struct DigestProps {
    digest: AttrValue,
}

/// All 64 digits are in the text, so that selecting and copying takes them all; the cell shows as many as fit until it is opened.
#[component]
fn Digest(props: &DigestProps) -> Html {
    let open = use_state(|| false);
    let onclick = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    html! {
        <span class={classes!("digest-box", open.then_some("open"))}>
            <code class="digest" title={props.digest.clone()}>{ &props.digest }</code>
            <button type="button" class="link" {onclick} aria-expanded={if *open { "true" } else { "false" }}
                aria-label={if *open { "Show fewer digits" } else { "Show all digits" }}>{ if *open { "less" } else { "all" } }</button>
        </span>
    }
}

fn insecure() -> Html {
    html! {
        <p class="notice" id="insecure">
            <strong>{ "Plain http from another machine: " }</strong>
            { "the browser gives this page no clipboard, no cross-origin isolation (so a coarser clock, steps of 100 µs) and no \
               service worker. Hashing works all the same: it is done in Rust." }
        </p>
    }
}

#[derive(PartialEq, Properties)]
struct OtherSideProps {
    state: std::rc::Rc<State>,
    dialog: NodeRef,
}

/// Programs to run on the other side of the router.
#[component]
fn OtherSide(props: &OtherSideProps) -> Html {
    let program = use_state(|| Program::PythonSubscriber);
    let copied = use_state(|| false);
    let state = &props.state;
    let endpoint = state.surroundings.tcp.as_deref().unwrap_or(snippet::TCP);
    let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
    let text = program.text(&snippet::Surroundings {
        endpoint,
        key: &state.key,
        sub_key: &state.sub_key,
        origin: &origin,
        schema: snippet::schema(&state.rows),
    });
    let choices = Program::ALL.into_iter().map(|one| {
        let (program, copied) = (program.clone(), copied.clone());
        Choice {
            id: format!("program-{}", one.key()).into(),
            label: one.name(),
            chosen: *program == one,
            choose: Callback::from(move |_| {
                program.set(one);
                copied.set(false);
            }),
        }
    });
    let copy = {
        let (text, copied) = (text.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let (text, copied) = (text.clone(), copied.clone());
            wasm_bindgen_futures::spawn_local(async move {
                let Some(window) = web_sys::window() else { return };
                if wasm_bindgen_futures::JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok()
                {
                    copied.set(true);
                    Timeout::new(2_000, move || copied.set(false)).forget();
                }
            });
        })
    };
    let close = {
        let dialog = props.dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    html! {
        <dialog ref={props.dialog.clone()} class="wide" aria-labelledby="head-other">
            <header class="dialog-head">
                <h2 id="head-other">{ "The other side" }</h2>
                <button type="button" onclick={close}>{ "Close" }</button>
            </header>
            <p>
                { "Programs on the router’s machine reach it at " }<code>{ endpoint }</code>
                { ". Those for bytes print length and SHA-256, to be compared with what this page shows; those for Cap’n Proto fetch the " }
                <a href="lab.capnp" download="lab.capnp">{ "schema" }</a>{ " of its messages from this page." }
            </p>
            <div class="dialog-tools">
                { segmented("Which program", "program", choices.collect()) }
                // Outside of a secure context there is no clipboard to copy to.
                if state.surroundings.secure {
                    <button type="button" id="copy-program" onclick={copy}>{ if *copied { "Copied" } else { "Copy" } }</button>
                }
            </div>
            <pre class="listing" id="program" tabindex="0"><code>{ text }</code></pre>
        </dialog>
    }
}
