//! The Cost pane: what copying costs on this payload, in this browser.

use yew::prelude::*;

use super::{
    format::{self, TimeUnit},
    widgets::{PaneProps, pane_head, problem, sends},
};
use crate::{
    app::{Action, Build, BuildCost, Cost, PutCost, Report, State, sentence},
    measure::{Summary, Verdict},
};

/// The pane.
#[component]
pub(super) fn CostPane(props: &PaneProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    let running = matches!(state.cost, Cost::Measuring { .. });
    let nothing = state.rows.is_empty() || matches!(state.build, Build::Failed(_));
    let again = matches!(state.cost, Cost::Measured(_));
    let control = if running {
        html! { <button key="cancel" type="button" id="cancel" onclick={sends(send, Action::StopMeasuring)}>{ "Cancel" }</button> }
    } else {
        html! {
            <button key="measure" type="button" class="primary" id="measure" disabled={nothing} onclick={sends(send, Action::Measure)}>
                { if again { "Measure again" } else { "Measure" } }
            </button>
        }
    };
    html! {
        <section class="pane cost" id="pane-cost" aria-labelledby="head-cost">
            { pane_head(3, "head-cost", "Cost", "measured here, on this payload", control) }
            <div class="cost-body" aria-live="polite" aria-busy={running.then_some("true")}>
                { match &state.cost {
                    Cost::NotMeasured => not_measured(state),
                    Cost::Measuring { done, total } => measuring(*done, *total),
                    Cost::Measured(report) => measured(report, state.session.is_open()),
                    Cost::Failed(cause) => problem("cost-problem", cause),
                } }
            </div>
        </section>
    }
}

fn not_measured(state: &State) -> Html {
    let bytes = state.rows.iter().map(|row| row.requested_bytes()).fold(0, u64::saturating_add);
    html! {
        <div class="empty">
            <p class="big quiet">
                if state.rows.is_empty() { { "Nothing to measure yet: build a payload first." } }
                else if matches!(state.build, Build::Failed(_)) { { "Nothing to measure: the payload could not be built." } }
                else { { "What does copying " }{ format::requested_size(bytes) }{ " cost, here?" } }
            </p>
            <p>
                { "Measuring builds this payload many times: with every segment " }<strong>{ "copied" }</strong>
                { ", " }<strong>{ "borrowed" }</strong>{ " and " }<strong>{ "moved" }</strong>
                { ", in turns, so that whatever else the machine does meets all three alike. It takes a few seconds." }
            </p>
            <p>
                if state.session.is_open() {
                    { "With a router connected it also puts the payload a few times, to see what share of a whole put the copy is." }
                } else {
                    { "Connect to a router first, and it also shows what share of a whole put the copy is." }
                }
            </p>
        </div>
    }
}

fn measuring(done: u32, total: u32) -> Html {
    let words = if total == 0 {
        "Getting ready: finding out how fine this browser's clock is.".to_owned()
    } else {
        format!(
            "{} of {} rounds. Each builds the payload by copy, by borrow and, where it can be, by move.",
            format::thousands(done.into()),
            format::thousands(total.into())
        )
    };
    html! {
        <div class="empty">
            <p class="big quiet">{ "Measuring …" }</p>
            <progress id="cost-progress" max={total.max(1).to_string()} value={done.to_string()}
                aria-label="Rounds measured"></progress>
            <p class="quiet">{ words }</p>
        </div>
    }
}

fn measured(report: &Report, connected: bool) -> Html {
    html! {
        <>
            { match &report.put {
                Some(put) => share(put),
                None => html! {
                    <p class="big quiet" id="cost-share" data-state="none">
                        if connected {
                            { "Measure again to see what share of a whole put this is: there is a router now." }
                        } else {
                            { "Connect to a router to see what share of a whole put this is." }
                        }
                    </p>
                },
            } }
            { verdict(report) }
            <div class="cost-tables">
                { bytes_copied(report) }
                { times(report) }
            </div>
            { conditions(report) }
        </>
    }
}

/// The share of the whole put, first of all: a ratio of builds alone says nothing about what a person would notice.
fn share(put: &PutCost) -> Html {
    let unit = TimeUnit::of(put.total());
    let part = |ns: f64| format!("{} {}", unit.show(ns), unit.sign());
    let width = 640.0;
    let total = put.total().max(f64::MIN_POSITIVE);
    let parts = [
        (put.list, "bar-rest"),
        (put.copy, "bar-ink"),
        (put.gather, "bar-ink"),
        (put.send, "bar-hatch"),
        (put.rest, "bar-rest"),
    ];
    let mut x = 0.0;
    let bars: Vec<Html> = parts
        .iter()
        .map(|(ns, class)| {
            let w = ns / total * width;
            // A gap of a pixel parts two neighbours of the same ink.
            let drawn = (w - 1.0).max(0.8);
            let bar =
                html! { <rect class={*class} x={format!("{x:.2}")} y="0" width={format!("{drawn:.2}")} height="12" /> };
            x += w;
            bar
        })
        .collect();
    html! {
        <div class="share">
            <p class="big" id="cost-share" data-state="measured">
                { "Put by copy, copying is " }<strong>{ format::percent(put.share()) }</strong>{ ": " }
                { unit.show(put.copy) }{ " of " }{ part(put.total()) }
                <span class="tail">{ " until the last byte is out." }</span>
            </p>
            <svg class="share-bar" viewBox="0 0 640 12" preserveAspectRatio="none" aria-hidden="true">{ for bars }</svg>
            <ul class="share-words">
                <li><span class="key rest"></span>{ "list " }<strong>{ part(put.list) }</strong></li>
                <li><span class="key ink"></span>{ "copy " }<strong>{ part(put.copy) }</strong></li>
                <li><span class="key ink"></span>{ "gather " }<strong>{ part(put.gather) }</strong></li>
                <li><svg class="key" width="10" height="10" aria-hidden="true">
                        <rect width="10" height="10" fill="url(#legend-hatch)" />
                    </svg>
                    { "send() " }<strong>{ part(put.send) }</strong></li>
                <li><span class="key rest"></span>{ "until seen to be out " }<strong>{ part(put.rest) }</strong></li>
            </ul>
        </div>
    }
}

fn verdict(report: &Report) -> Html {
    let ratio = &report.ratio;
    let words = |value: f64| format::significant(value);
    let (state, sentence) = match report.verdict {
        Verdict::Faster => (
            "faster",
            html! { <>{ "Built alone, borrow is " }<strong>{ words(ratio.estimate) }{ " times faster" }</strong>
                { " than copy (" }
            { words(ratio.lower) }{ " to " }{ words(ratio.upper) }{ ")." }</> },
        ),
        Verdict::Slower => (
            "slower",
            html! { <>{ "Built alone, borrow is " }<strong>{ words(1.0 / ratio.estimate) }{ " times slower" }</strong>
                { " than copy (" }
            { words(1.0 / ratio.upper) }{ " to " }{ words(1.0 / ratio.lower) }{ ")." }</> },
        ),
        Verdict::CannotTell => (
            "cannot-tell",
            html! { <><strong>{ "Cannot tell:" }</strong>{ " built alone, borrow and copy of " }{ format::size(report.len) }
            { " differ by less than the noise (copy takes " }{ words(ratio.lower) }{ " to " }{ words(ratio.upper) }
                { " times as long)." }</> },
        ),
    };
    html! { <p class="verdict" id="cost-verdict" data-state={state}>{ sentence }</p> }
}

fn bytes_copied(report: &Report) -> Html {
    let gather = report.len as u64;
    let most = (report.copy.copied + gather).max(1) as f64;
    let row = |name: &'static str, build: u64| {
        let bar = |bytes: u64| format!("{:.2}", bytes as f64 / most * 160.0);
        html! {
            <tr>
                <th scope="row">{ name }</th>
                <td class="number-cell">{ format::thousands(build) }</td>
                <td class="number-cell">{ format::thousands(gather) }</td>
                <td class="number-cell"><strong>{ format::thousands(build + gather) }</strong></td>
                <td class="bar-cell" aria-hidden="true">
                    <svg width="160" height="9" viewBox="0 0 160 9" preserveAspectRatio="none">
                        <rect class="bar-ink" width={bar(build)} height="9" />
                        <rect class="bar-ink" x={format!("{:.2}", build as f64 / most * 160.0 + if build > 0 { 1.5 } else { 0.0 })}
                            width={bar(gather)} height="9" />
                    </svg>
                </td>
            </tr>
        }
    };
    html! {
        <>
        <table class="plain" id="cost-bytes">
            <thead><tr>
                <th scope="col">{ "Bytes copied" }</th><th scope="col" class="number-cell">{ "build" }</th>
                <th scope="col" class="number-cell">{ "gather" }</th><th scope="col" class="number-cell">{ "in all" }</th>
                <td class="bar-cell"></td>
            </tr></thead>
            <tbody>{ for built(report).map(|(name, cost)| row(name, cost.copied)) }</tbody>
        </table>
        if let Some(reason) = &report.refused {
            <p class="quiet" id="cost-refused">{ format!("all move: refused. {}.", sentence(reason)) }</p>
        }
        </>
    }
}

/// What was measured, by the names of the layout's views.
fn built(report: &Report) -> impl Iterator<Item = (&'static str, &BuildCost)> {
    [("all copy", Some(&report.copy)), ("all borrow", Some(&report.borrow)), ("all move", report.moved.as_ref())]
        .into_iter()
        .filter_map(|(name, cost)| Some((name, cost?)))
}

/// Times with their intervals on one logarithmic axis.
fn times(report: &Report) -> Html {
    let least = built(report).map(|(_, cost)| cost.summary.lower).fold(f64::INFINITY, f64::min).max(0.1);
    let most = built(report).map(|(_, cost)| cost.summary.upper).fold(least * 10.0, f64::max);
    let (from, to) = (least.log10().floor(), most.log10().ceil());
    const WIDTH: f64 = 160.0;
    let x = move |ns: f64| 5.0 + (ns.max(0.1).log10() - from) / (to - from) * (WIDTH - 10.0);
    let decades: Vec<f64> = (from as i32..=to as i32).map(|power| x(10f64.powi(power))).collect();
    let row = |name: &'static str, summary: &Summary| {
        let unit = TimeUnit::of(summary.median);
        html! {
            <tr>
                <th scope="row">{ name }</th>
                <td class="number-cell">{ unit.show(summary.lower) }</td>
                <td class="number-cell"><strong>{ unit.show(summary.median) }</strong></td>
                <td class="number-cell">{ unit.show(summary.upper) }{ " " }{ unit.sign() }</td>
                <td class="bar-cell" aria-hidden="true">
                    <svg width="160" height="14" viewBox="0 0 160 14">
                        { for decades.iter().map(|x| html! { <line class="grid" x1={format!("{x:.1}")} y1="0" x2={format!("{x:.1}")} y2="14" /> }) }
                        <line class="interval" x1={format!("{:.1}", x(summary.lower))} x2={format!("{:.1}", x(summary.upper))} y1="7" y2="7" />
                        <circle class="dot-mark" cx={format!("{:.1}", x(summary.median))} cy="7" r="3.5" />
                    </svg>
                </td>
            </tr>
        }
    };
    html! {
        <table class="plain" id="cost-times">
            <thead><tr>
                <th scope="col">{ "Time to build" }</th><th scope="col" class="number-cell">{ "lower" }</th>
                <th scope="col" class="number-cell">{ "median" }</th><th scope="col" class="number-cell">{ "upper" }</th>
                <td class="bar-cell" aria-hidden="true">
                    <svg width="160" height="12">
                        <text x="0" y="10">{ power(from) }</text><text x="160" y="10" text-anchor="end">{ power(to) }</text>
                    </svg>
                </td>
            </tr></thead>
            <tbody>{ for built(report).map(|(name, cost)| row(name, &cost.summary)) }</tbody>
        </table>
    }
}

/// A power of ten nanoseconds, as in `100 ns`.
fn power(exponent: f64) -> String {
    let ns = 10f64.powf(exponent);
    let unit = TimeUnit::of(ns);
    let text = unit.show(ns);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {}", unit.sign())
}

fn conditions(report: &Report) -> Html {
    let at = &report.conditions;
    let isolation = if at.isolated { "isolated" } else { "not isolated, so the clock is coarse" };
    let profile = if at.optimised { "optimised build" } else { "UNOPTIMISED build: the times mean little" };
    html! {
        <ul class="conditions quiet" id="cost-conditions">
            <li>{ format!("{}, {}", format::plural(report.segments, "segment"), format::bytes(report.len)) }</li>
            <li>{ format!("n = {} each, interleaved, seed {}; 95 % intervals", format::count(report.copy.summary.n), at.seed) }</li>
            <li>{ format!("builds in a sample: {}", built(report)
                .map(|(name, cost)| format!("{} {}", format::thousands(cost.batch.into()), name.trim_start_matches("all ")))
                .collect::<Vec<_>>().join(", ")) }</li>
            if let Some(put) = &report.put { <li>{ format!("put: medians of {}", format::count(put.n)) }</li> }
            <li>{ format!("clock step {}, {isolation}", format::time(at.step.as_secs_f64() * 1e9)) }</li>
            <li>{ &at.browser }</li>
            <li>{ profile }</li>
        </ul>
    }
}
