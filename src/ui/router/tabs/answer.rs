//! A queryable that answers with the payload of Build.

use yew::prelude::*;

use crate::ui::router::tabs::{connect_first, declaration, samples::attachment};
use crate::{
    app::{
        Action, Declaration, State,
        session::{Answering, Asked, Change, Entity},
    },
    outside::Outside,
    present::format,
    ui::kit::{
        html::html,
        widgets::{check, outside, problem},
    },
};

/// The content of the tab.
pub(super) fn answer(state: &State, send: &Callback<Action>) -> Html {
    let answer = &state.api.answer;
    let declared = matches!(answer.declared, Declaration::Declared(_));
    let complete = send.reform(|on| Change::Complete(on).into());
    let with_error = send.reform(|on| Change::WithError(on).into());
    let held = (answer.key.as_str(), &answer.declared);
    html! {
        <>
            { declaration(state, send, Entity::Queryable, "answer", held, Change::AnswerKey, ["Answer", "Stop"]) }
            <div class="under">
                <div class="option-checks">
                    if !declared {
                        { check("answer-complete", "complete: has all under its key", answer.complete, complete) }
                    }
                    { check("answer-error", "with an error", answer.with_error, with_error) }
                </div>
                <p class="quiet">
                    { if answer.with_error {
                        "A program that asks gets an error."
                    } else {
                        "A program that asks gets the payload of Build, as the rows are then, with the encoding and the attachment of Put."
                    } }
                </p>
            </div>
            { connect_first(state, "answer what others ask") }
            if declared || answer.asked > 0 {
                <div class="samples" id="answer-result" data-asked={answer.asked.to_string()} data-answered={answer.answered.to_string()}
                    data-refused={answer.refused.to_string()} data-failed={answer.failed.to_string()}
                    data-waiting={answer.waiting().to_string()} data-most-held={answer.most_held.to_string()}>
                    <div class="samples-head" aria-live="polite">
                        <h3>{ "Queries" }</h3>
                        <span class="quiet">
                            { counted(answer) }
                            { format::listed(answer.asked, answer.queries.len()) }
                        </span>
                    </div>
                    if let Some(cause) = &answer.problem { { problem("answer-problem", cause) } }
                    if !answer.queries.is_empty() {
                        <div class="table-scroll" tabindex="0" role="group" aria-label="Queries that were asked">
                            <table>
                                <thead><tr>
                                    <th scope="col">{ "time" }</th><th scope="col">{ "selector" }</th><th scope="col">{ "with" }</th>
                                </tr></thead>
                                <tbody id="queries">{ for answer.queries.iter().map(query) }</tbody>
                            </table>
                        </div>
                    }
                </div>
            }
        </>
    }
}

/// The number of queries, and how they ended.
fn counted(answer: &Answering) -> String {
    let mut words =
        format!("{} asked, {} answered", format::thousands(answer.asked), format::thousands(answer.answered));
    for (count, what) in [(answer.waiting(), "waiting"), (answer.refused, "refused"), (answer.failed, "cut off")] {
        if count > 0 {
            words.push_str(&format!(", {} {what}", format::thousands(count)));
        }
    }
    words
}

fn query(asked: &Asked) -> Html {
    let selector: Outside = match asked.parameters.raw() {
        "" => asked.key.clone(),
        parameters => format!("{}?{parameters}", asked.key.raw()).into(),
    };
    let mut with = Vec::new();
    with.extend(asked.len.map(format::size));
    with.extend(asked.attachment.as_ref().map(attachment));
    with.extend(asked.local.then(|| "this page asks".to_owned()));
    html! {
        <tr key={asked.query} data-selector={selector.raw().to_owned()}>
            <td>{ &asked.time }</td><td class="mono">{ outside(&selector) }</td><td>{ with.join(", ") }</td>
        </tr>
    }
}
