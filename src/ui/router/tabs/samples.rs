//! Samples, of the subscription and in replies.

use yew::prelude::*;

use crate::{
    app::{
        Action, Clock, Hash, KEPT_BYTES, KEPT_SAMPLES, More, Sample, Stamp, State,
        bytes::{Looking, Subject},
        session::{Attachment, priority_name},
    },
    client::{Arriving, CongestionControl, Priority, Reliability},
    number::seconds,
    outside::shown,
    present::format,
    ui::{
        bytes::dialog::bytes_button,
        kit::widgets::{outside, sends},
        message::dialog::read_button,
    },
};

/// How many of `in_all` samples or replies the page keeps. Empty when it keeps all.
pub(super) fn kept(id: &'static str, in_all: u64, kept: usize) -> Html {
    if in_all <= kept as u64 {
        return html! {};
    }
    let size = format::size(KEPT_BYTES);
    let title = format!(
        "Of samples and replies together at most the newest {KEPT_SAMPLES}, and {size} of payload; the newest is always kept"
    );
    html! { <span {id} {title}>{ format!("; {} kept, {size} at most", format::count(kept)) }</span> }
}

/// The samples of the subscription.
pub(crate) fn samples(state: &State, send: &Callback<Action>) -> Html {
    let own: Vec<&Sample> = state.samples.iter().filter(|sample| sample.reply.is_none()).collect();
    html! {
        <div class="samples">
            <div class="samples-head">
                <h3>{ "Samples" }</h3>
                <span class="quiet"><span id="received">{ format::thousands(state.received) }</span>{ " received, newest first" }
                    { kept("kept", state.received, own.len()) }
                    if state.api.missed > 0 {
                        { ", " }<strong id="missed" data-missed={state.api.missed.to_string()}
                            title="Numbered samples that did not come: a router or their publisher has dropped them">
                            { format!("missed {}", format::thousands(state.api.missed)) }
                        </strong>
                    }
                    if state.not_whole > 0 {
                        <span id="not-whole" title="Their beginning came, and their sender has given them up, or the session was lost">
                            { format!(", {} given up by their sender", format::thousands(state.not_whole)) }
                        </span>
                    }
                </span>
                <button type="button" class="link" id="forget" disabled={own.is_empty()}
                    onclick={sends(send, Action::ForgetSamples)}>{ "Let all go" }</button>
            </div>
            { arriving(state, |one| one.get.is_none()) }
            { table("samples", "Samples that arrived", "time", &own, send) }
            if own.iter().any(|sample| !sample.local && sample.segments > 1) {
                <p class="quiet" id="arrays-words">
                    { "arrays: what the browser has put the batches into. They are one run of bytes; of the segments that its sender had nothing \
                       comes through a router." }
                </p>
            }
            if own.iter().any(|sample| sample.local) {
                <p class="quiet">
                    { "local: handed over inside this page, in the segments that were put. Other programs do not see those segments. A router does not \
                       send a page its own puts back. To see one come through it, open this page a second time and subscribe there." }
                </p>
            }
        </div>
    }
}

/// The progress of large messages that are still arriving.
pub(super) fn arriving(state: &State, which: fn(&Arriving) -> bool) -> Html {
    let one = |one: &Arriving| {
        let total = one.total.map_or_else(|| "?".to_owned(), format::bytes);
        let words = format!(
            "{}: {} of {total}",
            one.key_expr.as_deref().map_or_else(|| "a message".to_owned(), shown),
            format::count(one.bytes)
        );
        html! {
            <div class="arriving">
                <progress max={one.total.map(|total| total.to_string())} value={one.total.map(|_| one.bytes.to_string())}
                    aria-label={words.clone()}></progress>
                <p class="quiet">{ words }</p>
            </div>
        }
    };
    state.arriving.iter().filter(|one| which(one)).map(one).collect()
}

/// Samples as a table. `first` is the head of its first column.
pub(super) fn table(
    id: &'static str,
    name: &'static str,
    first: &'static str,
    samples: &[&Sample],
    send: &Callback<Action>,
) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={name}>
            <table>
                <thead><tr>
                    <th scope="col">{ first }</th><th scope="col">{ "key" }</th><th scope="col" class="number-cell">{ "bytes" }</th>
                    <th scope="col">{ "arrived in" }</th><th scope="col" title="Read as a Cap’n Proto message">{ "message" }</th><th scope="col">{ "SHA-256" }</th>
                </tr></thead>
                <tbody {id}>
                    { for samples.iter().map(|sample| row(sample, send)) }
                </tbody>
            </table>
        </div>
    }
}

/// A sample, and below it the metadata. The first column of a reply names its replier; of any other
/// sample, the time of arrival.
fn row(sample: &Sample, send: &Callback<Action>) -> Html {
    let arrived = if sample.deleted {
        "deleted".to_owned()
    } else if sample.local {
        format!("{}, local", format::plural(sample.segments, "segment"))
    } else {
        format::plural(sample.segments, "array")
    };
    let first = match &sample.reply {
        Some(from) => html! { <td class="mono from-cell" title={from.clone()}>{ from }</td> },
        // Without the hour: a sample that is an hour old is not among the newest.
        None => html! {
            <td class="time-cell" title={arrival(sample)}>{ sample.time.split_once(':').map_or(sample.time.as_str(), |(_, rest)| rest) }</td>
        },
    };
    let more = more(&sample.more);
    html! {
        <key={sample.id}>
            <tr data-id={sample.id.to_string()} data-len={sample.len.to_string()} data-segments={sample.segments.to_string()}
                data-local={sample.local.to_string()} data-key={sample.key.raw().to_owned()}>
                { first }
                <td class="mono key-cell" title={sample.key.shown()}>{ outside(&sample.key) }</td>
                <td class="number-cell bytes-cell">{ sample_bytes(sample, send) }</td>
                <td class="arrived-cell">{ arrived }</td>
                <td class="read-cell">{ read_button(sample, send) }</td>
                <td class="hash-cell">{ hash(sample, send) }</td>
            </tr>
            if !more.is_empty() {
                <tr class="more-row" data-more={sample.key.raw().to_owned()} data-number={sample.more.source_sn.map(|number| number.to_string())}><td colspan="6">{ more }</td></tr>
            }
        </>
    }
}

fn hash(sample: &Sample, send: &Callback<Action>) -> Html {
    match &sample.hash {
        Hash::NotAsked => html! {
            <button type="button" class="link hash" onclick={sends(send, Action::Hash(sample.id))}
                aria-label={format!("Hash the sample of {}", sample.time)}>{ "hash" }</button>
        },
        Hash::UnderWay => html! { <span class="quiet">{ "…" }</span> },
        Hash::Done(digest) => html! { <Digest digest={digest.clone()} /> },
        Hash::Failed(cause) => html! { <span class="field-error" role="alert">{ cause }</span> },
    }
}

/// When a sample arrived, and when it was made, if it carries a timestamp.
fn arrival(sample: &Sample) -> String {
    let made = sample.more.timestamp.as_ref().map(|stamp| format!(", {}", stamped(stamp))).unwrap_or_default();
    let waited = sample.more.waited.map(|time| format!(", or up to {} earlier", seconds(time))).unwrap_or_default();
    format!("came {}{waited}{made}", sample.time)
}

/// A timestamp in words.
fn stamped(Stamp { time, by }: &Stamp) -> String {
    match by {
        Clock::Router => format!("stamped {time} by the router"),
        Clock::Page => format!("stamped {time} by this page"),
        Clock::Other(id) => format!("stamped {time} by {}", format::cut(id, 9)),
    }
}

/// The metadata that differ from zenoh's defaults. A router stamps a sample that has no timestamp.
fn more(more: &More) -> String {
    let mut words = Vec::new();
    words.extend(more.source_sn.map(|number| format!("number {}", format::thousands(number.into()))));
    words.extend((!more.encoding.is_empty()).then(|| more.encoding.shown()));
    words.extend(more.attachment.as_ref().map(attachment));
    words.extend((more.priority != Priority::Data).then(|| format!("priority {}", priority_name(more.priority))));
    words.extend((more.congestion_control == CongestionControl::Drop).then(|| "DROP".to_owned()));
    words.extend((more.reliability == Reliability::BestEffort).then(|| "best effort".to_owned()));
    words.extend(more.express.then(|| "express".to_owned()));
    words.extend(more.timestamp.as_ref().filter(|stamp| stamp.by != Clock::Router).map(stamped));
    words.extend(more.waited.map(|time| format!("waited up to {} for this page, which stood still", seconds(time))));
    words.join(" · ")
}

/// An attachment in words.
pub(super) fn attachment(attachment: &Attachment) -> String {
    format!("attachment {} B “{}”", format::count(attachment.len), attachment.text.shown())
}

/// The number of bytes, and the button that shows them.
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

/// A digest. The text has all 64 digits, so that the person selects and copies all of them. The
/// cell shows as many as fit until the person opens it.
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
