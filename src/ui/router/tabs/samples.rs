//! Samples, of the subscription and in replies.

use std::{rc::Rc, time::Duration};

use yew::prelude::*;

use crate::{
    app::{
        Action, Clock, Download, Hash, KEPT_BYTES, KEPT_SAMPLES, More, Sample, Stamp, State,
        bytes::{Looking, Subject},
        session::{Attachment, Change, GROUPS, Glimpse, Group, What, priority_name},
    },
    browser::clock,
    client::{Arriving, CongestionControl, Priority, Reliability},
    number::seconds,
    outside::{Outside, shown},
    present::{format, heard},
    ui::{
        bytes::dialog::bytes_button,
        kit::html::html,
        kit::widgets::{Choice, outside, segmented, sends},
        message::dialog::read_button,
        router::tabs::live::Live,
    },
    web::Errands,
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
pub(crate) fn samples(state: &Rc<State>, send: &Callback<Action>, errands: &Errands) -> Html {
    let own: Vec<&Sample> = state.samples.iter().filter(|sample| sample.reply.is_none()).collect();
    let one_by_one = state.api.one_by_one;
    let choice = |id: &'static str, label, on: bool| Choice {
        id: id.into(),
        label,
        chosen: one_by_one == on,
        choose: sends(send, Change::OneByOne(on).into()),
    };
    html! {
        <div class="samples">
            <div class="samples-head">
                <h3>{ "Samples" }</h3>
                { segmented("How samples are listed", "samples-as", vec![
                    choice("samples-by-key", "by key", false), choice("samples-one-by-one", "one by one", true),
                ]) }
                <button type="button" class="link" id="forget" disabled={own.is_empty() && state.groups.is_empty()}
                    onclick={sends(send, Action::ForgetSamples)}>{ "Let all go" }</button>
            </div>
            <p class="quiet samples-counts">
                <span id="received">{ format::thousands(state.received) }</span>{ " received" }
                if one_by_one { { ", newest first" } }
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
            </p>
            { arriving(state, |one| one.get.is_none()) }
            if state.groups.iter().any(|group| group.glimpse.is_frame()) { <Live errands={errands.clone()} /> }
            if one_by_one {
                { table("samples", "Samples that arrived", "time", &own, send) }
            } else {
                { by_key(state, send) }
            }
            if own.iter().any(|sample| !sample.local && sample.segments > 1) {
                <p class="quiet" id="pieces-words">
                    { "pieces: one for each batch, in the memory into which the browser has received them. A router does not tell which \
                       segments the sender had." }
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

/// The samples by key and sender: of each group its numbers, and the newest sample that is kept. The
/// engine tells the groups once a second while a line moves on.
fn by_key(state: &Rc<State>, send: &Callback<Action>) -> Html {
    let now = state.groups_at;
    let rows = state.groups.iter().map(|group| {
        let newest = state.samples.iter().find(|sample| sample.is_of(group));
        let key = heard::name(group);
        html! {
            <key={key}>
                { match newest {
                    Some(sample) => row(sample, false, send),
                    None => html! {
                        <tr data-key={group.key.raw().to_owned()}>
                            <td class="time-cell"></td>
                            <td class="mono key-cell" title={group.key.shown()}>{ outside(&group.key) }</td>
                            <td colspan="4" class="quiet">{ "not kept any more" }</td>
                        </tr>
                    },
                } }
                { numbers(group, newest, now) }
            </>
        }
    });
    let save = {
        let (state, send) = (state.clone(), send.clone());
        Callback::from(move |_: MouseEvent| {
            let now = clock::since_1970();
            let text = heard::csv(&state.groups, now);
            send.emit(Action::Save(Download { name: heard::file_name(now), media: "text/csv", text }));
        })
    };
    html! {
        <>
            { framed("samples", "Samples by key and sender", "time", html! { { for rows } }) }
            <p class="quiet" id="groups-words">
                { "A line is the last minute, a second each. " }
                <span title="zenoh names the sender of a sample only if it numbers its samples, as “numbered” does here">
                    { "Senders that number their samples have a line each, others share that of their key." }
                </span>
                if state.apart() > 0 {
                    <span id="apart" data-apart={state.apart().to_string()}>
                        { format!(" {} more are in no line: let go, or of keys beyond the first {GROUPS}.", format::thousands(state.apart())) }
                    </span>
                }
                { " " }
                <button type="button" class="link" id="samples-csv" disabled={state.groups.is_empty()} onclick={save}>{ "Save the minute as CSV" }</button>
            </p>
        </>
    }
}

/// The numbers of a group, and what its newest sample is.
fn numbers(group: &Group, newest: Option<&Sample>, now: Duration) -> Html {
    let steps = group.line.at(now.as_secs());
    let words = heard::line_words(&steps);
    let (width, height) = (heard::LINE.0.to_string(), heard::LINE.1.to_string());
    let in_line: u64 = steps.iter().map(|step| u64::from(*step)).sum();
    html! {
        <tr class="more-row group-row" data-group={group.key.raw().to_owned()} data-count={group.count.to_string()} data-minute={in_line.to_string()}>
            <td colspan="6">
                <svg class="sample-line" width={width.clone()} height={height.clone()} viewBox={format!("0 0 {width} {height}")} role="img"
                    aria-label={words.clone()}>
                    <title>{ words }</title>
                    <path class="base" d={format!("M0 {height}h{width}")} /><path class="steps" d={heard::path(&steps)} />
                </svg>
                <strong class="group-rate">{ heard::rate(group, now) }</strong>
                <span>{ format!("{} in all, ", format::thousands(group.count)) }<span class="age">{ heard::age(group.newest, now) }</span></span>
                if let Some(from) = heard::sender(&group.from) { <span class="group-from">{ from }</span> }
                { glimpse(&group.glimpse) }
                if let Some(sample) = newest { { more_words(sample) } }
            </td>
        </tr>
    }
}

/// What bytes are, in short.
fn glimpse(glimpse: &Glimpse) -> Html {
    let part = |(what, words): &(What, Outside)| {
        html! { <span class="glimpse" data-what={what.name()}><span class="what">{ what.name() }</span><code>{ outside(words) }</code></span> }
    };
    html! {
        <>
            { for glimpse.parts.iter().map(part) }
            if glimpse.more > 0 { <span>{ format!("and {}", format::plural(glimpse.more, "more segment")) }</span> }
        </>
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
    framed(id, name, first, html! { { for samples.iter().map(|sample| row(sample, true, send)) } })
}

/// The table around rows of samples.
fn framed(id: &'static str, name: &'static str, first: &'static str, rows: Html) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={name}>
            <table>
                <thead><tr>
                    <th scope="col">{ first }</th><th scope="col">{ "key" }</th><th scope="col" class="number-cell">{ "bytes" }</th>
                    <th scope="col">{ "arrived in" }</th><th scope="col" title="Read as a Cap’n Proto message">{ "message" }</th><th scope="col">{ "SHA-256" }</th>
                </tr></thead>
                <tbody {id}>{ rows }</tbody>
            </table>
        </div>
    }
}

/// A sample, and if `alone`, below it what it is and its metadata. The first column of a reply names its replier; of any other
/// sample, the time of arrival.
fn row(sample: &Sample, alone: bool, send: &Callback<Action>) -> Html {
    let arrived = if sample.deleted {
        "deleted".to_owned()
    } else if sample.local {
        format!("{}, local", format::plural(sample.segments, "segment"))
    } else {
        format::plural(sample.segments, "piece")
    };
    let first = match &sample.reply {
        Some(from) => html! { <td class="mono from-cell" title={from.clone()}>{ from }</td> },
        // Without the hour: a sample that is an hour old is not among the newest.
        None => html! {
            <td class="time-cell" title={arrival(sample)}>{ sample.time.split_once(':').map_or(sample.time.as_str(), |(_, rest)| rest) }</td>
        },
    };
    let alone = alone && !(more(&sample.more).is_empty() && sample.more.glimpse.parts.is_empty());
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
            if alone {
                <tr class="more-row"><td colspan="6">{ glimpse(&sample.more.glimpse) }{ more_words(sample) }</td></tr>
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

/// The metadata of a sample, if there is something to say.
fn more_words(sample: &Sample) -> Html {
    let words = more(&sample.more);
    if words.is_empty() {
        return html! {};
    }
    let number = sample.more.source_sn.map(|number| number.to_string());
    html! { <span data-more={sample.key.raw().to_owned()} data-number={number}>{ words }</span> }
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
