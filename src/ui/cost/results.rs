//! One run in full: the bar at the head, the verdict, tables, plots, and the words beside them.
//!
//! The component draws anew when the person chooses another run, and not at every action: computing
//! intervals takes longer than drawing a pane.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    app::{Action, Shown, link},
    measure::Interval,
    run::{Run, Scenario},
};
use crate::{
    present::{
        cost::{
            plot::{self, Log, Plot, PlotMark},
            reading::{self, KNOWN, Reading},
            tables::{self, Table},
        },
        format,
        layout::scale,
    },
    ui::kit::{
        html::html,
        paper::{self, use_printing},
        widgets::{problem, sends, use_width},
    },
};

/// A run and its reading. Two are equal when they are of the same run.
#[derive(Clone)]
pub(crate) struct Read {
    /// The run.
    pub(crate) run: Shown,
    /// The verdict, the figures and the tables, in words.
    pub(crate) reading: Rc<Reading>,
}

impl PartialEq for Read {
    fn eq(&self, other: &Self) -> bool {
        self.run == other.run
    }
}

/// Reads a run once for as long as the page shows it.
#[hook]
pub(crate) fn use_reading(run: &Shown) -> Read {
    Read { run: run.clone(), reading: use_memo(run.clone(), |run| Reading::of(&run.0)) }
}

/// A text with emphasis.
pub(crate) fn rich(text: &str) -> Html {
    let pieces = reading::emphasis(text).map(|(strong, piece)| {
        let piece = piece.to_owned();
        if strong {
            html! { <strong>{ piece }</strong> }
        } else {
            html! { { piece } }
        }
    });
    html! { <>{ for pieces }</> }
}

/// A table of text. It scrolls when it is wider than its place.
pub(crate) fn table(table: &Table) -> Html {
    let class = |at: usize| (at > 0 && !table.words.contains(&at)).then_some("number-cell");
    html! {
        <>
        <div class="table-scroll" tabindex="0" role="region" aria-label={table.title.clone()}>
            <table class="full" id={table.id}>
                <caption>{ &table.title }</caption>
                <thead><tr>
                    { for table.columns.iter().enumerate().map(|(at, head)| html! { <th scope="col" class={class(at)}>{ head }</th> }) }
                </tr></thead>
                <tbody>
                    { for table.rows.iter().map(|row| html! {
                        <tr>{ for row.iter().enumerate().map(|(at, cell)| if at == 0 {
                            html! { <th scope="row">{ cell }</th> }
                        } else {
                            html! { <td class={class(at)}>{ cell }</td> }
                        }) }</tr>
                    }) }
                </tbody>
            </table>
        </div>
        if !table.note.is_empty() { <p class="quiet table-note">{ rich(&table.note) }</p> }
        </>
    }
}

fn optional(found: Option<Table>) -> Html {
    found.as_ref().map(table).unwrap_or_default()
}

#[derive(PartialEq, Properties)]
pub(crate) struct ResultsProps {
    /// The run to show.
    pub(crate) run: Shown,
    /// Whether the rows have changed since.
    pub(crate) stale: bool,
    /// Whether a session is open.
    pub(crate) connected: bool,
    /// Sends actions to the root component.
    pub(crate) send: Callback<Action>,
}

/// One run with its whole reading.
#[component]
pub(crate) fn Results(props: &ResultsProps) -> Html {
    let read = use_reading(&props.run);
    let (run, reading) = (&*read.run.0, &*read.reading);
    let payload = run.scenario == Scenario::Payload;
    let whole = payload || run.scenario == Scenario::OwnSizes;
    let plot = if run.scenario.is_sweep() { PlotKind::Sweep } else { PlotKind::Densities };
    let spoken = reading::sentence(run, reading)
        .unwrap_or_else(|| "**Cannot tell:** there are too few samples to compare.".to_owned());
    let state = reading.main().map_or("cannot-tell", |main| reading::verdict_key(main.verdict));
    let scene = link::of_run(run).filter(|_| props.stale);
    html! {
        <div class="result" data-scenario={reading::scenario_key(run.scenario)}>
            <p class="subject quiet" id="cost-subject">
                <span>{ &run.subject }</span>
                if props.stale { <span class="mark-box" id="cost-stale">{ "not of the rows as they are now" }</span> }
                if matches!(scene, Some(Ok(_))) {
                    <button type="button" class="link" id="cost-set-up" onclick={sends(&props.send, Action::SetUpRun)}>{ "Set up these rows" }</button>
                }
                if let Some(words) = reading::partial_words(run) { <strong class="mark-box" id="cost-partial">{ words }</strong> }
                <span>{ reading::when(run.id) }</span>
            </p>
            if let Some(Err(unread)) = &scene { { problem("cost-scene-problem", unread) } }
            // Screen readers announce every change: it is the purpose of the whole pane.
            <div role="status" class="spoken">
                if whole { { share(run, reading, props.connected) } }
                if payload && reading.put().is_some() { <Figure read={read.clone()} kind={PlotKind::Bar} /> }
                <p class={if whole || run.scenario == Scenario::Places { "verdict" } else { "big" }} id="cost-verdict" data-state={state}>{ rich(&spoken) }</p>
            </div>
            { optional(tables::proposal(run, reading)) }
            if run.scenario == Scenario::Message {
                <p class="quiet">
                    { "The proposal: " }
                    <a href="https://github.com/eclipse-zenoh/zenoh-python/pull/732" target="_blank" rel="noopener">
                        { "zenoh-python, ZBytes.from_segments" }</a>
                    { "; examples/seed.py of this lab measures its own rows in CPython on your machine." }
                </p>
            }
            <div class={classes!("cost-columns", run.scenario.is_sweep().then_some("as-sweep"))}>
                if !run.scenario.is_sweep() {
                    <div class="cost-tables">
                        { bytes(&read) }
                        { times(&read) }
                    </div>
                }
                <Figure read={read.clone()} kind={plot} />
            </div>
            if !reading.warnings.is_empty() {
                <ul class="warnings" id="cost-warnings" aria-label="What casts doubt on this result">
                    { for reading.warnings.iter().map(|warning| html! { <li>{ warning.to_string() }</li> }) }
                </ul>
            }
            { more(run, reading) }
            <ul class="conditions quiet" id="cost-conditions" aria-label="Conditions">
                { for reading::conditions(run).into_iter().map(|words| html! { <li>{ words }</li> }) }
            </ul>
        </div>
    }
}

/// Explains the two numbers in parentheses, where they stand.
const INTERVAL: &str = "In parentheses: the true value lies between these two with 95 % confidence.";

/// The share of copying in the whole put. It is at the head, because a ratio of builds alone does
/// not say what a person would notice.
fn share(run: &Run, reading: &Reading, connected: bool) -> Html {
    let state = if reading.put().is_some() { "measured" } else { "none" };
    let advice = reading::advice(run, reading);
    let class = match (&advice, reading.put()) {
        (None, Some(_)) => "big",
        (Some(_), Some(_)) => "verdict",
        (_, None) => "verdict quiet",
    };
    let words = reading::headline(reading).unwrap_or_else(|| {
        let what = "to see what share of a whole put copying is: it needs a router.";
        if run.unsent.is_some() {
            "No whole put came through.".to_owned()
        } else if run.partial {
            "Stopped before the whole puts: what share of one copying is, is not known.".to_owned()
        } else if connected {
            format!("Measure again {what} There is one now.")
        } else {
            format!("Connect and measure again {what}")
        }
    });
    html! {
        <>
            if let Some(advice) = advice { <p class="big" id="cost-advice">{ rich(&advice) }</p> }
            <p {class} id="cost-share" data-state={state} title={INTERVAL}>{ rich(&words) }</p>
            if let Some(reason) = &run.unsent {
                <p class="problem" id="cost-unsent" role="alert">
                    <strong>{ "Whole puts ended early." }</strong>{ " " }{ reading::full_stop(reason) }
                </p>
            }
        </>
    }
}

fn bytes(read: &Read) -> Html {
    let (run, reading) = (&*read.run.0, &*read.reading);
    let (table, counts) = tables::bytes(run, reading);
    let most = counts.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    // A line of ink under each number shows the copied bytes in proportion.
    let cell = |at: usize, row: &[String], counts: [u64; 2]| {
        let words = row.get(at).cloned().unwrap_or_default();
        let bytes = if row.len() == 4 { counts.get(at - 1).copied() } else { Some(counts[0]) };
        html! {
            <td class="number-cell">
                if at + 1 == row.len() { <strong>{ words }</strong> } else { { words } }
                if let Some(bytes) = bytes {
                    <svg class="under-number" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="p-ink" width={format!("{:.1}", bytes as f64 / most * 100.0)} height="3" />
                    </svg>
                }
            </td>
        }
    };
    html! {
        <>
            <table class="plain" id={table.id}>
                <thead><tr>{ for table.columns.iter().enumerate().map(|(at, head)| html! {
                    <th scope="col" class={(at > 0).then_some("number-cell")}>{ head }</th>
                }) }</tr></thead>
                <tbody>
                    { for table.rows.iter().zip(&counts).map(|(row, counts)| html! {
                        <tr>
                            <th scope="row">{ row.first() }</th>
                            { for (1..row.len()).map(|at| cell(at, row, *counts)) }
                        </tr>
                    }) }
                </tbody>
            </table>
            if let Some(reason) = &run.refused {
                <p class="quiet" id="cost-refused">{ format!("all move: refused. {}", reading::full_stop(reason)) }</p>
            }
        </>
    }
}

/// Times with their intervals on one logarithmic axis.
fn times(read: &Read) -> Html {
    let rows = tables::timed(&read.run.0, &read.reading);
    if rows.is_empty() {
        return html! {};
    }
    const WIDTH: f64 = 92.0;
    let values = rows.iter().flat_map(|(_, summary)| [summary.median.lower, summary.median.upper]);
    let axis = Log::of(values, 6.0, WIDTH - 6.0);
    let mut ticks = axis.ticks(2);
    // Labels need room. When the two are too close together, the plot keeps one.
    let half = |tick: f64| format::text_width(&plot::tick_time(tick), 11.0) / 2.0;
    let label = |tick: f64| scale::inside(axis.at(tick), half(tick), WIDTH - half(tick));
    if let [first, second] = ticks[..]
        && label(second) - label(first) < half(first) + half(second) + 5.0
    {
        ticks.truncate(1);
    }
    let dot = |median: &Interval| {
        let [from, x, to] = [median.lower, median.estimate, median.upper].map(|ns| axis.at(ns));
        html! {
            <svg width={WIDTH.to_string()} height="15" aria-hidden="true">
                { for ticks.iter().map(|tick| html! { <path class="p-grid" d={format!("M{0:.1} 0V15", axis.at(*tick))} /> }) }
                <path class="p-interval" d={format!("M{from:.1} 7.5H{to:.1}")} />
                <circle class="p-mark" cx={format!("{x:.1}")} cy="7.5" r="3.4" />
            </svg>
        }
    };
    html! {
        <table class="plain" id="cost-times">
            <thead><tr>
                <th scope="col">{ "Time" }</th><th scope="col" class="number-cell">{ "lower" }</th>
                <th scope="col" class="number-cell">{ "median" }</th><th scope="col" class="number-cell">{ "upper" }</th>
                <td class="bar-cell" aria-hidden="true">
                    <svg width={WIDTH.to_string()} height="12">
                        { for ticks.iter().map(|tick| html! {
                            <text class="p-tick" text-anchor="middle" x={format!("{:.1}", label(*tick))} y="10">
                                { plot::tick_time(*tick) }
                            </text>
                        }) }
                    </svg>
                </td>
            </tr></thead>
            <tbody>{ for rows.iter().map(|(name, summary)| {
                let [lower, median, upper] = tables::ends(&summary.median);
                html! {
                    <tr>
                        <th scope="row">{ name }</th>
                        <td class="number-cell">{ lower }</td>
                        <td class="number-cell"><strong>{ median }</strong></td>
                        <td class="number-cell">{ upper }</td>
                        <td class="bar-cell" aria-hidden="true">{ dot(&summary.median) }</td>
                    </tr>
                }
            }) }</tbody>
        </table>
    }
}

/// The parts that a person may open: the tables in full, the copies of other programs, and notes on
/// the result.
fn more(run: &crate::run::Run, reading: &Reading) -> Html {
    html! {
        <div class="cost-more">
            if run.scenario == Scenario::Payload {
                <details id="more-stages">
                    <summary>{ "Stages, and copies that are not ours" }</summary>
                    { optional(tables::stages(reading)) }
                    <p class="known-head">
                        <strong>{ "Copies that are not ours" }</strong>{ " known, not measured here" }
                    </p>
                    <ul class="known" id="cost-known">
                        { for KNOWN.iter().map(|known| html! {
                            <li>
                                <span class="quiet">{ reading::stage_words(known.stage).0 }</span>
                                <span>{ known.what }{ " " }<a href={known.address} target="_blank" rel="noopener">{ known.source }</a></span>
                            </li>
                        }) }
                    </ul>
                </details>
            }
            <details id="more-times">
                <summary>{ if run.scenario.is_sweep() { "Table of the sweep" } else { "Times in full" } }</summary>
                if run.scenario.is_sweep() {
                    { optional(tables::models(run, reading)) }
                    { optional(tables::sweep(run, reading)) }
                } else {
                    { table(&tables::times(run, reading)) }
                }
            </details>
            <details id="more-reading">
                <summary>{ "Understanding this result" }</summary>
                <div class="understanding">
                    { for reading::understanding(run, reading).iter().map(|words| html! { <p>{ rich(words) }</p> }) }
                </div>
            </details>
        </div>
    }
}

/// Kinds of plots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlotKind {
    /// One whole put.
    Bar,
    /// The samples of each variant.
    Densities,
    /// Medians over size or count.
    Sweep,
}

/// A plot of this width in pixels. `None` when the run has nothing to plot.
pub(crate) fn plotted(read: &Read, kind: PlotKind, width: f64) -> Option<Plot> {
    match kind {
        PlotKind::Bar => plot::put_bar(&read.reading, width),
        PlotKind::Densities => plot::densities(&read.run.0, &read.reading, width),
        PlotKind::Sweep => plot::swept(&read.run.0, &read.reading, width),
    }
}

#[derive(PartialEq, Properties)]
struct FigureProps {
    read: Read,
    kind: PlotKind,
}

/// A plot as wide as its place.
#[component]
fn Figure(props: &FigureProps) -> Html {
    let node = use_node_ref();
    let width = use_width(&node);
    let width = match (use_printing(), props.kind) {
        (false, _) => width,
        // Beside the tables.
        (true, PlotKind::Densities) => paper::WIDTH - 360.0,
        (true, _) => paper::WIDTH,
    };
    let plot = (width > 0.0).then(|| plotted(&props.read, props.kind, width)).flatten();
    html! {
        <div class="figure" ref={node}>
            if let Some(plot) = plot { { drawn(&plot, None) } }
        </div>
    }
}

/// A plot, with letters of this size in pixels or of their own.
pub(crate) fn drawn(plot: &Plot, letters: Option<f64>) -> Html {
    let px = |x: &f64| format!("{x:.1}");
    let marks = plot.marks.iter().map(|mark| match mark {
        PlotMark::Path { class, d } => html! { <path class={*class} d={d.clone()} /> },
        PlotMark::Rect { class, x, y, width, height } => {
            html! { <rect class={*class} x={px(x)} y={px(y)} width={px(width)} height={px(height)} /> }
        }
        PlotMark::Text { class, anchor, x, y, words } => {
            html! { <text class={*class} text-anchor={*anchor} x={px(x)} y={px(y)}>{ words }</text> }
        }
    });
    html! {
        <svg class={if letters.is_some() { "plotted sized" } else { "plotted" }} font-size={letters.as_ref().map(px)} role="img" aria-label={format!("{}. The tables hold the same.", plot.title)}
            width={px(&plot.width)} height={px(&plot.height)} viewBox={format!("0 0 {:.1} {:.1}", plot.width, plot.height)}>{ for marks }</svg>
    }
}
