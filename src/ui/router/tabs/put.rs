//! Puts, once and at a rate, and how they are made; the subscription.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    app::{
        Action, Build, Declaration, Put, PutReport, Row, Session, State, head,
        keys::{aria, hint},
        locator::HUB,
        pause,
        session::{Change, Course, Fence, MAX_HZ, Options, PRIORITIES, Rate, priority_name},
    },
    client::{CongestionControl, KeyExpr, Reliability},
    outside::{Ends, shown_at_most},
    present::{
        format,
        glossary::{Term, known},
        live,
        put::what_left,
    },
    ui::{
        kit::{
            html::html,
            terms::with_terms,
            text_field::TextField,
            widgets::{AskingProps, Choice, NumberField, Select, check, problem, segmented, sends, submits},
        },
        router::tabs::samples::samples as list,
        wire::dialog::follow_button,
    },
    web::Errands,
};

/// The content of the tab.
pub(super) fn put(AskingProps { state, send, errands }: &AskingProps) -> Html {
    html! {
        <>
            { once(state, send) }
            { subscription(state, send) }
            { samples(state, send, errands) }
        </>
    }
}

/// Why the page cannot put now. `None` when it can.
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

fn once(state: &State, send: &Callback<Action>) -> Html {
    let bytes = state.rows.iter().map(Row::requested_bytes).fold(0, u64::saturating_add);
    let hindrance = put_hindrance(state);
    let under_way = matches!(state.put, Put::UnderWay { .. });
    let word = match &state.put {
        Put::None => "none",
        Put::UnderWay { .. } => "underway",
        Put::Done(_) => "done",
        Put::Failed(_) => "failed",
    };
    // For programs that read the page: the figures of the sentence, as plain digits.
    let figure = |of: fn(&PutReport) -> u64| match &state.put {
        Put::Done(report) => Some(of(report).to_string()),
        _ => None,
    };
    html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Put)}>
                <label for="key" data-term="term-key">{ "key" }</label>
                <TextField id="key" class="mono" value={state.key.clone()} change={send.reform(Action::Key)} ends={Ends::Kept}
                    wrong={KeyExpr::new(&state.key).is_err()} describedby="put-result term-key" />
                <button type="submit" class="primary" id="put" disabled={hindrance.is_some() || under_way}
                    aria-describedby="put-result" aria-keyshortcuts={aria("put")} title={hint("put")}>{ "Put " }{ format::requested_size(bytes) }</button>
            </form>
            { options(state, send) }
            <div class="under" id="put-result" data-state={word} data-put={state.put_id.to_string()} data-built={figure(|report| report.built)}
                data-gathered={figure(|report| report.gathered)} data-batches={figure(|report| report.batches as u64)}
                aria-live="polite">
                { match &state.put {
                    Put::None => html! { <p class="quiet">{ hindrance.unwrap_or(when_full(state.api.options.congestion_control)) }</p> },
                    Put::UnderWay { handed, total, .. } => html! {
                        <>
                            <progress max={total.max(&1).to_string()} value={handed.to_string()}
                                aria-label="Bytes that have left the browser"></progress>
                            <p class="quiet progress-words">
                                { format!("{} of {} handed over", format::count(*handed), format::bytes(*total)) }
                                <button type="button" class="link" id="put-cancel" onclick={sends(send, Action::CancelPut)}>{ "Cancel" }</button>
                            </p>
                        </>
                    },
                    Put::Done(report) if report.deleted => html! {
                        <p>
                            { "Deleted: subscribers are told that the key is gone. " }<span class="quiet">{ "This is not delivery. " }</span>
                            { follow_button(state, send) }
                        </p>
                    },
                    Put::Done(report) => html! {
                        <p>
                            if state.put_revision != state.revision { <span class="quiet">{ "Before the payload was changed: " }</span> }
                            <strong>{ with_terms(&format::batches(report.batches)) }</strong>
                            { what_left(report) }{ " " }
                            if report.answered && state.locator != HUB {
                                <span class="quiet" id="put-answered">{ "This browser does not tell when bytes leave it, so the router was asked. " }</span>
                            }
                            <span class="quiet" title="zenoh does not confirm puts: the router does not say whether a subscriber has it">{ "No delivery is confirmed." }</span>{ " " }
                            { follow_button(state, send) }
                        </p>
                    },
                    Put::Failed(cause) => problem("put-problem", cause),
                } }
            </div>
        </>
    }
}

/// What the session does with a put when the link is full.
fn when_full(congestion_control: CongestionControl) -> &'static str {
    if congestion_control == CongestionControl::Drop {
        "DROP: on a full link a put is dropped; here that is counted, by a router it is not."
    } else {
        "BLOCK: on a full link a put waits; nothing is dropped."
    }
}

/// A reliable put may not be dropped on its way.
const RELIABILITIES: [&str; 2] = ["reliable", "best effort"];

/// Whether a put carries the time when it was made.
const STAMPS: [&str; 2] = ["none", "now"];

/// A choice between two values. `second` says whether the second one holds.
fn either(id: &'static str, names: [&'static str; 2], second: bool, choose: Callback<String>) -> Html {
    let options = names.map(|name| (name.into(), name.into())).to_vec();
    html! { <Select {id} value={names[usize::from(second)]} {options} {choose} /> }
}

/// The line of options shows so many characters of an encoding.
const IN_SHORT: usize = 40;

/// The chosen options, in short.
fn in_short(options: &Options) -> String {
    let mut words = vec![
        if options.congestion_control == CongestionControl::Drop { "DROP" } else { "BLOCK" },
        priority_name(options.priority),
    ];
    words.extend((options.reliability == Reliability::BestEffort).then_some("best effort"));
    words.extend(options.express.then_some("express"));
    words.extend(options.stamped.then_some("timestamp"));
    words.extend(options.numbered.then_some("numbered"));
    let encoding = shown_at_most(options.encoding.trim(), IN_SHORT);
    words.extend(Some(encoding.as_str()).filter(|encoding| !encoding.is_empty()));
    words.extend((!options.attachment.is_empty()).then_some("attachment"));
    words.join(" · ")
}

/// The options of puts, the matching status, and the other operations under this key.
fn options(state: &State, send: &Callback<Action>) -> Html {
    let options = &state.api.options;
    let change = |with: fn(&mut Options, String)| {
        let (send, options) = (send.clone(), options.clone());
        Callback::from(move |value: String| {
            let mut options = options.clone();
            with(&mut options, value);
            send.emit(Change::Options(options).into());
        })
    };
    let tick = |with: fn(&mut Options, bool)| {
        let (send, options) = (send.clone(), options.clone());
        Callback::from(move |on: bool| {
            let mut options = options.clone();
            with(&mut options, on);
            send.emit(Change::Options(options).into());
        })
    };
    let full = [("block", "BLOCK", CongestionControl::Block), ("drop", "DROP", CongestionControl::Drop)].map(
        |(id, label, congestion_control)| Choice {
            id: format!("put-{id}").into(),
            label,
            chosen: options.congestion_control == congestion_control,
            choose: {
                let options = Options { congestion_control, ..options.clone() };
                sends(send, Change::Options(options).into())
            },
        },
    );
    let priorities = PRIORITIES.iter().map(|(_, name)| ((*name).into(), (*name).into())).collect::<Vec<_>>();
    let priority = change(|options, name| {
        options.priority = PRIORITIES.iter().find(|(_, one)| *one == name).map_or(options.priority, |(one, _)| *one);
    });
    let reliability = change(|options, name| {
        options.reliability = if name == RELIABILITIES[1] { Reliability::BestEffort } else { Reliability::Reliable }
    });
    let timestamp = change(|options, name| options.stamped = name == STAMPS[1]);
    let [encoding, attachment] =
        [change(|options, text| options.encoding = text), change(|options, text| options.attachment = text)];
    let open = state.session.is_open();
    let term = known("BLOCK").map(Term::id);
    html! {
        <div class="under options">
            <details id="put-options">
                <summary data-term={term.clone()} aria-describedby={term}>{ in_short(options) }</summary>
                <div class="option-grid">
                    <label for="put-priority">{ "priority" }</label>
                    <Select id="put-priority" value={priority_name(options.priority)} options={priorities} choose={priority} />
                    <span class="quiet">{ "link full" }</span>
                    { segmented("What happens when the link is full", "put-full", full.into()) }
                    <label for="put-reliability">{ "reliability" }</label>
                    { either("put-reliability", RELIABILITIES, options.reliability == Reliability::BestEffort, reliability) }
                    <label for="put-timestamp" title="When a put was made. A router stamps those that do not say it">{ "timestamp" }</label>
                    { either("put-timestamp", STAMPS, options.stamped, timestamp) }
                    <label for="put-encoding">{ "encoding" }</label>
                    <TextField id="put-encoding" class="mono" value={options.encoding.clone()} change={encoding} ends={Ends::LeftOut}
                        placeholder="zenoh/bytes" />
                    <label for="put-attachment">{ "attachment" }</label>
                    <TextField id="put-attachment" value={options.attachment.clone()} change={attachment} ends={Ends::Words} />
                    { check("put-express", "express: alone, at once", options.express, tick(|options, on| options.express = on)) }
                    { check("put-numbered", "numbered: misses are told", options.numbered, tick(|options, on| options.numbered = on)) }
                </div>
            </details>
            if !options.attachment.is_empty() && head(&state.rows).is_some() {
                <p class="notice whole" id="head-attached">{ "A frame has its number and time as the attachment, and not the text that is typed here." }</p>
            }
            { rate(state, send) }
            if let Some(matching) = state.api.matching.filter(|_| open) {
                <span class="quiet" id="matching" data-matching={matching.to_string()} role="status">
                    { if matching { "a subscriber listens" } else { "no subscriber listens" } }
                </span>
            }
            <span class="option-actions">
                <button type="button" class="link" id="flush" disabled={!open || matches!(state.api.fence, Fence::UnderWay(_))}
                    title="Has the router say when it has everything that was put before" onclick={sends(send, Change::Flush.into())}>
                    { "Flush" }</button>
                <button type="button" class="link" id="delete" disabled={!open || matches!(state.put, Put::UnderWay { .. })}
                    title="Tells subscribers that the key is gone" onclick={sends(send, Change::Delete.into())}>{ "Delete" }</button>
            </span>
            { fence(&state.api.fence) }
        </div>
    }
}

fn fence(fence: &Fence) -> Html {
    let (word, words) = match fence {
        Fence::None => return html! {},
        Fence::UnderWay(_) => ("underway", html! { <p class="quiet">{ "Waiting for the router’s answer …" }</p> }),
        Fence::Done(took) => (
            "done",
            html! {
                <p title="The router has handed on everything that was put before. It does not say whether a subscriber has it.">
                    <strong>{ format!("Flushed after {}{}: ", format::took(took.time), pause::within(took)) }</strong>
                    { "the router has all that was put before." }
                </p>
            },
        ),
        Fence::Failed(cause) => ("failed", problem("flush-problem", cause)),
    };
    html! { <div id="flush-result" class="whole" data-state={word} aria-live="polite">{ words }</div> }
}

fn rate(state: &State, send: &Callback<Action>) -> Html {
    let running = state.api.rate.is_running();
    let hindrance = put_hindrance(state);
    let (word, course) = match &state.api.rate {
        Rate::None => ("none", None),
        Rate::Running(_, course) if course.paused => ("paused", Some(course)),
        Rate::Running(_, course) => ("running", Some(course)),
        Rate::Stopped { course, problem: None, .. } => {
            (if course.ended { "stopped" } else { "stopping" }, Some(course))
        }
        Rate::Stopped { course, .. } => ("failed", Some(course)),
        Rate::Failed(_) => ("failed", None),
    };
    let Course { puts, dropped, failed, leaving, .. } = course.copied().unwrap_or_default();
    let frames = head(&state.rows).is_some();
    html! {
        <details id="put-rate">
            <summary>
                { "at a rate" }
                if let Some(course) = course.filter(|_| running) { { format!(": {} Hz", format::significant(course.hz)) } }
            </summary>
            <form class="rate" onsubmit={submits(send, (if running { Change::Stop } else { Change::Start }).into())}>
                <NumberField id="hz" label="Puts in each second" value={state.api.hz} least={1} most={MAX_HZ}
                    change={send.reform(|hz| Change::Hz(hz).into())} />
                <span class="quiet">{ "Hz" }</span>
                <p id="rate" data-state={word} data-puts={puts.to_string()} data-dropped={dropped.to_string()}
                    data-failed={failed.to_string()} data-leaving={leaving.to_string()}>
                    { for course.map(|course| measured(course, running)) }
                </p>
                // One button for both actions, so that it keeps the focus.
                <button type="submit" id={if running { "rate-stop" } else { "rate-start" }} disabled={hindrance.is_some() && !running}>
                    { if running { "Stop" } else { "Start" } }</button>
            </form>
            if let (Some(course), Some((_, options, hz))) = (course.filter(|course| course.puts + course.dropped > 0), &state.api.started) {
                <p class="quiet" id="rate-more">
                    { for (running && !course.paused).then(|| live::limit(course, *hz, options.congestion_control, frames, state.slower_device(*hz as f64))) }
                    { live::counts(course, frames) }
                </p>
            }
            if let Some((key, _, hz)) = state.api.started.as_ref().filter(|_| state.rate_is_older()) {
                <p class="notice" id="rate-older">
                    { format!(
                        "It goes on as it was started: {} Hz, {}, with the options of then. Stop and start it for what is chosen now.",
                        format::count(*hz), shown_at_most(key, IN_SHORT),
                    ) }
                </p>
            }
            if let Rate::Failed(cause) | Rate::Stopped { problem: Some(cause), .. } = &state.api.rate {
                { problem("rate-problem", cause) }
            }
        </details>
    }
}

/// The figures of puts at a rate, during the run or after it.
fn measured(course: &Course, running: bool) -> Html {
    let Course { puts, dropped, failed, leaving, hz, bytes_per_second, paused, .. } = course;
    let mut counts = format!("{} put, {} dropped", format::thousands(*puts), format::thousands(*dropped));
    if *failed > 0 {
        counts.push_str(&format!(", {} failed", format::thousands(*failed)));
    }
    if !running && *leaving > 0 {
        counts.push_str(&format!("; stopped, {} still leaving", format::thousands(*leaving)));
    }
    html! {
        <>
            if *paused {
                { "waits for the session" }
            } else {
                <strong>{ format!("{} Hz", format::significant(*hz)) }</strong>
                { format!(", {} MB/s{}", format::significant(bytes_per_second / 1e6), if running { "" } else { " on average" }) }
            }
            <br /><span class="quiet">{ counts }</span>
        </>
    }
}

/// The samples of the subscription, or a hint how to get some.
fn samples(state: &Rc<State>, send: &Callback<Action>, errands: &Errands) -> Html {
    let declared = matches!(state.subscription, Declaration::Declared(_));
    let any = state.received > 0 || state.samples.iter().any(|sample| sample.reply.is_none());
    if any || declared {
        return list(state, send, errands);
    }
    html! {
        <p class="quiet under">
            { if state.session.is_open() {
                "Subscribe, and what arrives under a matching key is listed here: this page’s own puts too."
            } else {
                "Connect to a router, then subscribe: what arrives under a matching key is listed here, this page’s own puts too."
            } }
        </p>
    }
}

fn subscription(state: &State, send: &Callback<Action>) -> Html {
    let declared = matches!(state.subscription, Declaration::Declared(_));
    html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Subscribe)}>
                <label for="sub-key">{ "listen to" }</label>
                <TextField id="sub-key" class="mono" value={state.sub_key.clone()} change={send.reform(Action::SubKey)}
                    ends={Ends::Kept} readonly={declared} />
                if declared {
                    <button key="undeclare" type="button" id="undeclare" onclick={sends(send, Action::Unsubscribe)}>{ "Undeclare" }</button>
                } else {
                    <button key="subscribe" type="submit" id="subscribe" disabled={!state.session.is_open()}
                        aria-keyshortcuts={aria("subscribe")} title={hint("subscribe")}>{ "Subscribe" }</button>
                }
            </form>
            if let Declaration::Failed(cause) = &state.subscription {
                <div class="under">{ problem("sub-problem", cause) }</div>
            }
        </>
    }
}
