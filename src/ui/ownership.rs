//! The Ownership pane: experiments that try to break a payload, and the dialog with the questions
//! that they answer.

use yew::prelude::*;

use super::{help::modes_table, kit::dialog};
use crate::app::{
    Action, State,
    ownership::{Experiment, Finding, Found, Held, Octet, Ownership, Phase, Trial},
    stage::{Change, Pane},
};
use crate::{
    present::{
        layout::demonstration,
        questions::{QUESTIONS, parts},
    },
    ui::kit::{
        html::html,
        terms::with_terms,
        widgets::{PaneProps, pane_head, problem, sends, swatch},
    },
};

/// The pane.
#[component]
pub(super) fn OwnershipPane(props: &PaneProps) -> Html {
    let (state, send) = (&props.state, &props.send);
    let ownership = &state.ownership;
    html! {
        <section class="pane ownership" id="pane-ownership" tabindex="-1" aria-labelledby="head-ownership">
            { pane_head(Pane::Ownership, "try to break it", html! {}, state, send) }
            <div class="tries-tools">
                <button type="button" id="try-all" onclick={sends(send, Action::TryAll)}>{ "Run all" }</button>
                <button type="button" class="link" id="questions" onclick={open()}>{ "Six questions" }</button>
                if ownership.trials().all(|trial| trial.phase == Phase::Done) {
                    <span id="try-words" role="status" title="As expected, of all that was looked at">{ overall(ownership) }</span>
                }
            </div>
            <ul class="tries">
                { for Experiment::ALL.into_iter().map(|experiment| {
                    let unfolded = ownership.unfolded == Some(experiment);
                    html! {
                        <Try key={experiment.key()} {experiment} trial={ownership.trial(experiment).clone()} {unfolded}
                            send={send.clone()}>{ for unfolded.then(|| on_rows(experiment, state, send)) }</Try>
                    }
                }) }
            </ul>
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct TryProps {
    experiment: Experiment,
    trial: Trial,
    unfolded: bool,
    send: Callback<Action>,
    /// What the rows at hand show of it.
    children: Html,
}

/// What the rows at hand show of an experiment, and what they do not.
fn on_rows(experiment: Experiment, state: &State, send: &Callback<Action>) -> Html {
    if !experiment.is_about_arrays() || state.ownership.trial(experiment).phase == Phase::NotRun {
        return html! {};
    }
    let shown = state.demonstration().filter(|shown| shown.experiment == experiment);
    let plan = state.plan().ok();
    let seen = shown.and_then(|shown| shown.sights()).map(|sights| {
        sights.iter().filter_map(|sight| {
            let piece = plan.as_ref()?.piece_of(sight.target.segment)?;
            let held = if sight.held(experiment) { Held::Yes } else { Held::No };
            Some(html! {
                <li key={piece.position} data-held={held.key()}>
                    { swatch(piece.position) }{ " " }<strong>{ &piece.name }</strong>
                    if piece.name != sight.target.mode.participle() { { ", " }{ sight.target.mode.participle() } }
                    { format!(": {} ", demonstration::story(sight)) }
                    <span class="verdict-word">{ mark(held) }{ held.words() }</span>
                </li>
            })
        })
    });
    html! {
        <div class="on-rows">
            if let Some(seen) = seen { <p><strong>{ "On these rows, in the drawing" }</strong></p><ul>{ for seen }</ul> }
            if let Some(Err(cause)) = shown.and_then(|shown| shown.found.as_ref()) { { problem("shown-problem", cause) } }
            if let Some(lack) = state.lacks() {
                <p class="lacks">
                    { demonstration::lack_words(lack) }{ " " }
                    <button type="button" id={format!("set-up-{}", experiment.key())} onclick={sends(send, Action::SetUp(experiment))}>
                        { "Set them up" }
                    </button>
                </p>
            }
        </div>
    }
}

/// One experiment.
#[component]
fn Try(props: &TryProps) -> Html {
    let TryProps { experiment, trial, unfolded, send, children } = props;
    let key = experiment.key();
    let word = match trial.phase {
        Phase::NotRun => "Run",
        Phase::Running => "Running",
        Phase::Done | Phase::Failed(_) => "Again",
    };
    let ran = trial.phase != Phase::NotRun;
    let list = format!("findings-{key}");
    let fold = sends(send, Action::Unfold((!*unfolded).then_some(*experiment)));
    // What came out is below the name of the experiment, which is what a person looked at.
    let head = use_node_ref();
    let seen = (*unfolded && matches!(trial.phase, Phase::Done | Phase::Failed(_)), head.clone());
    use_effect_with(seen, |(seen, head)| {
        if let Some(head) = head.cast::<web_sys::Element>().filter(|_| *seen) {
            head.scroll_into_view();
        }
    });
    // Failures are shown even while the list is folded.
    let shown: Vec<&Finding> =
        trial.findings.iter().filter(|finding| *unfolded || finding.held() == Held::No).collect();
    html! {
        <li ref={head} class="try" id={format!("experiment-{key}")} data-state={state_word(trial)} title={(!ran).then(|| experiment.promise())}>
            <div class="try-line">
                <h3>{ experiment.name() }</h3>
                <button type="button" class="link" id={format!("try-{key}")} onclick={sends(send, Action::Try(*experiment))}
                    aria-label={format!("{word}: {}", experiment.name())}>{ word }</button>
            </div>
            <div class="try-line try-words">
                if ran {
                    <button type="button" class="link" id={format!("unfold-{key}")} onclick={fold}
                        aria-expanded={unfolded.to_string()} aria-controls={list.clone()}
                        aria-label={format!("{}: {}", if *unfolded { "Hide" } else { "Show" }, experiment.name())}>
                        { if *unfolded { "Hide" } else { "Show" } }
                    </button>
                }
                <p class={classes!((!ran).then_some("quiet"))} role="status">{ if ran { summary(trial) } else { html! { experiment.promise() } } }</p>
            </div>
            <div id={list} class="findings-box" hidden={!unfolded && !trial.is_bad()}>
                { children.clone() }
                if ran && *unfolded { <p class="quiet plan">{ with_terms(experiment.plan()) }</p> }
                if let Phase::Failed(cause) = &trial.phase {
                    <p class="problem" role="alert"><strong>{ &cause.title }</strong>{ " " }{ &cause.detail }</p>
                }
                <ul class="findings">{ for shown.into_iter().map(|finding| self::finding(*experiment, finding)) }</ul>
            </div>
        </li>
    }
}

/// The state of a trial, as a word for tests and styles.
fn state_word(trial: &Trial) -> &'static str {
    match trial.phase {
        Phase::NotRun => "not-run",
        Phase::Running => "running",
        Phase::Done if trial.is_bad() => "bad",
        Phase::Done => "done",
        Phase::Failed(_) => "failed",
    }
}

/// The result of all experiments together.
fn overall(ownership: &Ownership) -> Html {
    let count = |held| ownership.trials().map(|trial| trial.count(held)).sum::<usize>();
    let all = ownership.trials().map(|trial| trial.findings.len()).sum::<usize>();
    match count(Held::No) {
        0 => {
            html! { <><strong>{ count(Held::Yes) }</strong>{ format!(" of {all}") }<span class="unseen">{ " as expected" }</span></> }
        }
        bad => {
            html! { <strong class="bad">{ format!("{bad} of {all} NOT") }<span class="unseen">{ " as expected" }</span></strong> }
        }
    }
}

/// The result in one line.
fn summary(trial: &Trial) -> Html {
    let count = |held| trial.count(held);
    let (good, bad) = (count(Held::Yes), count(Held::No));
    if trial.phase == Phase::Running {
        return html! { "running …" };
    }
    if let Phase::Failed(_) = trial.phase {
        return html! { <strong class="bad">{ "not carried out" }</strong> };
    }
    let mut rest = String::new();
    for held in [Held::NotYet, Held::NotTried] {
        if count(held) > 0 {
            rest.push_str(&format!(", {} {}", count(held), held.words()));
        }
    }
    let why = trial.findings.iter().find_map(|finding| match &finding.found {
        Found::NotTried(why) | Found::NotYet(why) => Some(format!(". {why}")),
        _ => None,
    });
    html! {
        <>
            if bad > 0 { <strong class="bad">{ format!("{bad} NOT as expected") }</strong>{ ", " } }
            <strong>{ good }</strong>{ " as expected" }{ rest }{ why }
        </>
    }
}

fn finding(experiment: Experiment, finding: &Finding) -> Html {
    let held = finding.held();
    let words = match &finding.found {
        Found::Told(found) => found,
        Found::NotYet(why) | Found::NotTried(why) => why,
    };
    html! {
        <li key={finding.key.to_string()} id={format!("finding-{}-{}", experiment.key(), finding.key)} data-held={held.key()}
            class={classes!("finding", (held == Held::No).then_some("problem"))}>
            <p class="finding-head">
                <strong>{ &*finding.label }</strong>
                <span class="verdict-word">{ mark(held) }{ held.words() }</span>
            </p>
            if !finding.bytes.is_empty() { { octets(&finding.bytes) } }
            if held == Held::No {
                <p>{ "Expected: " }{ &finding.expected }</p>
                <p>{ "Found: " }{ words }</p>
            } else {
                <p class={classes!((held != Held::Yes).then_some("quiet"))}>{ words }</p>
            }
            if let Some(note) = &finding.note { <p class="quiet">{ note }</p> }
        </li>
    }
}

/// A sign beside the words, so that the eye can scan a column of results.
fn mark(held: Held) -> Html {
    let shape = match held {
        Held::Yes => "M1 5L4 8L9 2",
        Held::No => "M2 2L8 8M8 2L2 8",
        Held::NotYet | Held::NotTried => return html! {},
    };
    html! { <svg class="held-mark" width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><path d={shape} /></svg> }
}

/// Bytes in hexadecimal. Changed bytes are framed and underlined.
fn octets(bytes: &[Octet]) -> Html {
    html! {
        <p class="octets mono">
            { for bytes.iter().map(|octet| {
                let value = format!("{:02X}", octet.value);
                if octet.changed {
                    html! { <><mark>{ value }<span class="unseen">{ " changed" }</span></mark>{ " " }</> }
                } else {
                    html! { <><span>{ value }</span>{ " " }</> }
                }
            }) }
        </p>
    }
}

const DIALOG: &str = "questions-dialog";

fn open() -> Callback<MouseEvent> {
    Callback::from(|_| dialog::show(DIALOG))
}

/// The questions of the proposal from which this page grew, and the answers.
#[component]
pub(super) fn Questions(props: &PaneProps) -> Html {
    let close = Callback::from(|_: MouseEvent| dialog::close(DIALOG));
    html! {
        <dialog id={DIALOG} class="wide" aria-labelledby="head-questions">
            <header class="dialog-head">
                <h2 id="head-questions">{ "Six questions about ownership" }</h2>
                <button type="button" data-closes="true" onclick={close}>{ "Close" }</button>
            </header>
            <p>
                { "A proposal for zenoh-python, to build a payload of many segments without copying them, asked six questions. These \
                   are answers from JavaScript, where arrays can always be written but memory can change hands. Beside them stands Python, \
                   where bytes never change but nothing can be taken over. A name in quotes runs that experiment." }
            </p>
            { modes_table() }
            <ol class="questions">
                { for QUESTIONS.iter().map(|question| html! {
                    <li><h3>{ question.title }</h3><p>{ for question.answer.iter().map(|sentence| answer(sentence, &props.send)) }</p></li>
                }) }
            </ol>
        </dialog>
    }
}

/// A sentence of an answer. The experiments that it names are links to them.
fn answer(sentence: &'static str, send: &Callback<Action>) -> Html {
    let parts = parts(sentence).map(|part| match part {
        Ok(experiment) => {
            let send = send.clone();
            let onclick = Callback::from(move |_: MouseEvent| {
                dialog::close(DIALOG);
                send.emit(Action::Many(vec![
                    Action::Stage(Change::Reveal(Pane::Ownership)),
                    Action::Try(experiment),
                ]));
            });
            html! { <>{ "“" }<button type="button" class="link" data-experiment={experiment.key()} {onclick}>{ experiment.name() }</button>{ "”" }</> }
        }
        Err(words) => html! { { words } },
    });
    html! { <>{ for parts }{ " " }</> }
}
