//! The strip of a lesson above the panes: what there is to see, what to predict, what to do, and what
//! the lab has found.

use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::{
    cost::results::rich,
    kit::widgets::{AskingProps, problem, sends},
};
use crate::{
    app::{
        Action,
        film::Forward,
        keys::{aria, hint},
        lesson::{Change, Course, Listed, Page, Source, Step},
    },
    present::lesson::{came, outcome, parts, progress_words},
    ui::kit::html::html,
};

/// A text of a lesson: words, code, and what is strong.
fn said(text: &str) -> Html {
    let part = |(code, words): (bool, &str)| {
        if code {
            html! { <code>{ words.to_owned() }</code> }
        } else {
            rich(words)
        }
    };
    html! { <>{ for parts(text).map(part) }</> }
}

fn button(id: &'static str, words: &'static str, send: &Callback<Action>, change: Change) -> Html {
    html! { <button type="button" {id} onclick={sends(send, Action::Lesson(change))}>{ words }</button> }
}

/// The strip.
#[component]
pub(super) fn Strip(props: &AskingProps) -> Html {
    let (page, send) = (&props.state.lessons.page, &props.send);
    let head = use_node_ref();
    let place = match page {
        Page::Open(course) => (course.source.shown(), course.step),
        _ => (String::new(), usize::MAX),
    };
    // Who goes on by keys continues from here, and a reader of the screen hears where it is.
    let there = head.clone();
    use_effect_with((std::mem::discriminant(page), place), move |_| {
        if let Some(head) = there.cast::<HtmlElement>() {
            let _ = head.focus();
        }
    });
    let again = |source: &Source| match source {
        // A file is given again in the list.
        Source::File(_) => button("lesson-retry", "Give the file again", send, Change::List),
        _ => button("lesson-retry", "Load it again", send, Change::Load),
    };
    let mut title = String::new();
    let (word, body) = match page {
        Page::Closed => return html! {},
        Page::List => {
            title.push_str("Lessons");
            ("list", list(props))
        }
        Page::Asks(source, _) => {
            title.push_str("A lesson from elsewhere");
            let words = html! {
                <p>{ "The link names a lesson at " }<bdi class="mono">{ source.shown() }</bdi>{ ". The lab shows its words and sets up its \
                    scenes. It runs nothing of it. The server there sees that you load it. " }
                    { button("lesson-load", "Load it", send, Change::Load) }</p>
            };
            ("asks", words)
        }
        Page::Loading(source, _) => {
            title = format!("The lesson {} is on its way", source.shown());
            ("loading", html! {})
        }
        Page::Failed(source, cause) => {
            title = source.shown();
            ("failed", html! { <>{ problem("lesson-problem", cause) }{ again(source) }</> })
        }
        Page::Wrong(source, mistakes) => {
            title = format!("{}: the lesson has mistakes", source.shown());
            let lines = mistakes.iter().map(|one| html! { <tr><td>{ one.line }</td><td>{ &one.words }</td></tr> });
            let words = html! {
                <div class="table-scroll" tabindex="0" role="group" aria-label="Mistakes">
                    <table id="lesson-mistakes"><thead><tr><th scope="col">{ "line" }</th><th scope="col">{ "what is wrong" }</th></tr></thead>
                        <tbody>{ for lines }</tbody></table>
                    { again(source) }
                </div>
            };
            ("wrong", words)
        }
        Page::Open(course) => {
            title.clone_from(&course.lesson.title);
            ("open", open(course, send))
        }
    };
    let course = props.state.lessons.course();
    html! {
        <section id="lesson" aria-labelledby="lesson-title" data-state={word} data-step={course.map(|course| (course.step + 1).to_string())}>
            <header class="lesson-head">
                <h2 id="lesson-title" ref={head} tabindex="-1">{ title }if let Some(course) = course { <span class="unseen">{ ", " }{ progress_words(course) }</span> }</h2>
                if let Some(course) = course { { steps(course, send) } }
                <span class="lesson-tools">
                    if *page != Page::List { { button("lesson-list", "All lessons", send, Change::List) } }
                    { button("lesson-close", "Close", send, Change::Close) }
                </span>
            </header>
            <div class="lesson-body">{ body }</div>
        </section>
    }
}

/// The steps as links, and the way to the next one.
fn steps(course: &Course, send: &Callback<Action>) -> Html {
    let step = |(at, step): (usize, &Step)| {
        let came = course.progress.get(at).map(came).unwrap_or(crate::present::lesson::Came::Asked);
        let send = send.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            send.emit(Action::Lesson(Change::Go(at)));
        });
        let label = format!("Step {}, {}, {}", at + 1, step.title, came.words());
        let href = course.source.link(at).unwrap_or_else(|| "#".to_owned());
        html! {
            <li key={at}><a {href} {onclick} aria-label={label} data-came={came.key()}
                aria-current={(at == course.step).then_some("step")}>{ at + 1 }</a></li>
        }
    };
    let last = course.step + 1 == course.lesson.steps.len();
    let go = |id: &'static str, words: &'static str, forward: Forward, off: bool| {
        html! {
            <button type="button" {id} disabled={off} aria-keyshortcuts={aria(id)} title={hint(id)}
                onclick={sends(send, Action::Lesson(Change::Step(forward)))}>{ words }</button>
        }
    };
    html! {
        <nav class="lesson-steps" aria-label="Steps of the lesson">
            { go("lesson-before", "Before", Forward::Before, course.step == 0) }
            <ol>{ for course.lesson.steps.iter().enumerate().map(step) }</ol>
            { go("lesson-next", "Next", Forward::Next, last) }
        </nav>
    }
}

/// What a step says and asks, and what the lab has found.
fn open(course: &Course, send: &Callback<Action>) -> Html {
    let Some((step, progress)) = course.here() else { return html! {} };
    let came = came(progress);
    let holds = progress.answer.as_ref().map(|answer| answer.choice);
    let choice = |(at, choice): (usize, &crate::app::lesson::Choice)| {
        let mark = match holds {
            Some(holds) if holds == Some(at) => Some("yes"),
            Some(_) if progress.predicted == Some(at) => Some("no"),
            _ => None,
        };
        html! {
            <label key={at} data-holds={mark}>
                <input type="radio" name="lesson-choice" id={format!("lesson-choice-{at}")} checked={progress.predicted == Some(at)}
                    disabled={holds.is_some()} onchange={sends(send, Action::Lesson(Change::Predict(at)))} />
                <span>{ said(&choice.text) }</span>
            </label>
        }
    };
    let key = format!("{}-{}", course.source.shown(), course.step);
    html! {
        <div class="lesson-parts" data-came={came.key()} {key}>
            <div class="lesson-part">
                <h3>{ &step.title }</h3>
                { for step.text.iter().map(|text| html! { <p>{ said(text) }</p> }) }
                if !step.note.is_empty() {
                    <details id="lesson-note"><summary>{ "For the teacher" }</summary><p>{ said(&step.note) }</p></details>
                }
            </div>
            <fieldset class="lesson-part">
                <legend>{ "Predict" }</legend>
                <p>{ said(&step.question) }</p>
                { for step.choices.iter().enumerate().map(choice) }
            </fieldset>
            <div class="lesson-part">
                <h3>{ "Do" }if progress.answer.is_some() { { button("lesson-again", "Again", send, Change::Again) } }</h3>
                <p id="lesson-task">{ said(&step.task) }</p>
                <div id="lesson-answer" role="status" data-came={came.key()}>
                    if progress.predicted.is_none() { <p class="quiet">{ "Predict first." }</p> }
                    if let Some(answer) = &progress.answer {
                        <p id="lesson-outcome">{ outcome(step, progress).map(|words| said(&words)) }</p>
                        <p id="lesson-found">{ "The lab found: " }<strong>{ &answer.found }</strong>{ "." }</p>
                        <p>{ said(&step.why) }</p>
                    }
                </div>
            </div>
        </div>
    }
}

/// The lessons that there are, and a file.
fn list(props: &AskingProps) -> Html {
    let send = &props.send;
    let errands = props.errands.clone();
    let onchange = Callback::from(move |event: Event| {
        let input = event.target_unchecked_into::<HtmlInputElement>();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            errands.take_lesson(&file);
            // So that the same file can be given again, once it is mended.
            input.set_value("");
        }
    });
    let one = |listed: &Listed| {
        let (name, send) = (listed.name.clone(), send.clone());
        let source = Source::Own(name.clone());
        let href = source.link(0);
        let onclick = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            send.emit(Action::Lesson(Change::Open(source.clone(), 0)));
        });
        html! {
            <li><a id={format!("lesson-{name}")} {href} {onclick}>{ &listed.title }</a><span class="quiet">{ format!(" {} min", listed.minutes) }</span></li>
        }
    };
    html! {
        <>
            { match &props.state.lessons.list {
                None => html! { <p class="quiet">{ "The list is on its way." }</p> },
                Some(Err(cause)) => problem("lesson-problem", cause),
                Some(Ok(all)) => html! { <ol>{ for all.iter().map(one) }</ol> },
            } }
            <p>
                <span class="add-file">
                    <input type="file" class="unseen" id="lesson-file" accept=".md,.txt,text/markdown,text/plain" aria-label="Open a lesson of your own" {onchange} />
                    <label for="lesson-file">{ "Open a lesson of your own" }</label>
                </span>
                <span class="quiet">{ " a text file; docs/lessons.md says how to write one" }</span>
            </p>
        </>
    }
}
