//! A get and its replies.

use yew::prelude::*;

use crate::ui::router::tabs::{
    connect_first,
    samples::{arriving, kept, table},
};
use crate::{
    app::{
        Action, Sample, State,
        session::{Asking, Change, ConsolidationMode, ErrorReply, MAX_TIMEOUT_MILLIS, QueryTarget, Question},
    },
    outside::Ends,
    present::format,
    ui::kit::{
        html::html,
        text_field::TextField,
        widgets::{NumberField, Select, check, outside, problem, submits},
    },
};

const TARGETS: [(QueryTarget, &str); 3] = [
    (QueryTarget::BestMatching, "best matching"),
    (QueryTarget::All, "all"),
    (QueryTarget::AllComplete, "all complete"),
];

const CONSOLIDATIONS: [(ConsolidationMode, &str); 4] = [
    (ConsolidationMode::Auto, "auto"),
    (ConsolidationMode::None, "none"),
    (ConsolidationMode::Monotonic, "monotonic"),
    (ConsolidationMode::Latest, "latest"),
];

/// A `<select>` of values by their names.
fn chosen<T: Copy + PartialEq + 'static>(
    id: &'static str,
    all: &'static [(T, &'static str)],
    value: T,
    choose: Callback<T>,
) -> Html {
    let options = all.iter().map(|(_, name)| ((*name).into(), (*name).into())).collect::<Vec<_>>();
    let name = all.iter().find(|(one, _)| *one == value).map_or("", |(_, name)| *name);
    let choose = Callback::from(move |name: String| {
        if let Some((value, _)) = all.iter().find(|(_, one)| *one == name) {
            choose.emit(*value);
        }
    });
    html! { <Select {id} value={name} {options} {choose} /> }
}

/// The content of the tab.
pub(super) fn get(state: &State, send: &Callback<Action>) -> Html {
    let get = &state.api.get;
    let change = {
        let (send, question) = (send.clone(), get.question.clone());
        move |with: &dyn Fn(&mut Question)| {
            let mut question = question.clone();
            with(&mut question);
            send.emit(Change::Question(question).into());
        }
    };
    let [of_selector, of_timeout, of_target, of_consolidation, of_payload] = std::array::from_fn(|_| change.clone());
    let selector = Callback::from(move |text: String| of_selector(&|question| question.selector.clone_from(&text)));
    let timeout = Callback::from(move |millis| of_timeout(&|question| question.timeout_millis = millis));
    let target = Callback::from(move |target| of_target(&|question| question.target = target));
    let consolidation = Callback::from(move |mode| of_consolidation(&|question| question.consolidation = mode));
    let payload = Callback::from(move |on| of_payload(&|question| question.with_payload = on));
    let under_way = matches!(get.asking, Asking::UnderWay(_));
    html! {
        <>
            <form class="line" onsubmit={submits(send, Change::Get.into())}>
                <label for="selector">{ "selector" }</label>
                <TextField id="selector" class="mono" value={get.question.selector.clone()} change={selector} ends={Ends::Kept}
                    placeholder="lab/**?a=1" />
                <button type="submit" class="primary" id="get" disabled={!state.session.is_open()}>
                    { if under_way { "Cancel" } else { "Get" } }</button>
            </form>
            <div class="under option-grid get-options">
                <label for="get-target">{ "target" }</label>
                { chosen("get-target", &TARGETS, get.question.target, target) }
                <label for="get-timeout">{ "ms at most" }</label>
                <NumberField id="get-timeout" label="Milliseconds that answers are waited for" value={get.question.timeout_millis}
                    least={1} most={MAX_TIMEOUT_MILLIS} change={timeout} />
                <label for="get-consolidation" title="Which of several replies under one key are told">{ "consolidation" }</label>
                { chosen("get-consolidation", &CONSOLIDATIONS, get.question.consolidation, consolidation) }
                { check("get-payload", "with the payload of Build", get.question.with_payload, payload) }
            </div>
            { connect_first(state, "ask its queryables") }
            { result(state, send) }
        </>
    }
}

fn result(state: &State, send: &Callback<Action>) -> Html {
    let get = &state.api.get;
    let replies: Vec<&Sample> = state.samples.iter().filter(|sample| sample.reply.is_some()).collect();
    let word = match get.asking {
        Asking::None => return html! {},
        Asking::UnderWay(_) => "underway",
        Asking::Done => "done",
        Asking::Failed(_) => "failed",
    };
    let count = match get.replies {
        1 => "1 reply".to_owned(),
        more => format!("{} replies", format::thousands(more)),
    };
    let found = match get.failed {
        0 => count,
        1 => format!("{count}, 1 error"),
        more => format!("{count}, {} errors", format::thousands(more)),
    };
    html! {
        <div class="samples" id="get-result" data-state={word} data-replies={get.replies.to_string()}
            data-errors={get.failed.to_string()}>
            <div class="samples-head" aria-live="polite">
                <h3>{ "Replies" }</h3>
                <span class="quiet">{ found }{ kept("replies-kept", get.replies, replies.len()) }{ match get.asking {
                    Asking::UnderWay(_) => " so far …",
                    Asking::Done if get.replies == 0 && get.failed == 0 => "; no queryable has an answer.",
                    Asking::Done => "; every queryable has answered.",
                    _ => "",
                } }</span>
            </div>
            { arriving(state, |one| one.get.is_some()) }
            if let Asking::Failed(cause) = &get.asking { { problem("get-problem", cause) } }
            if get.failed > get.errors.len() as u64 {
                <p class="quiet" id="errors-listed">
                    { format!("Of the {} errors the newest {} are listed:", format::thousands(get.failed), format::count(get.errors.len())) }
                </p>
            }
            { for get.errors.iter().map(|ErrorReply { from, text, len }| html! {
                <p class="problem error-reply">
                    <strong>{ "An error as the answer: " }</strong>{ outside(text) }
                    <span class="quiet">{ format!(" ({} B, from {from})", format::count(*len)) }</span>
                </p>
            }) }
            if !replies.is_empty() { { table("replies", "Replies to the get", "from", &replies, send) } }
        </div>
    }
}
