//! The fields of a row of own code: the editor of its program, and what came of running it. What Tab does
//! there is in `web/own_code.js`.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::{
    app::{Action, Code, EXAMPLES, Edit, Kind, MAX_PROGRAM, Row, State, keys::aria},
    present::own_code::{array_words, status},
    ui::kit::{
        html::html,
        widgets::{Select, problem, sends},
    },
};

/// The program, with its lines numbered, and its arrays.
pub(super) fn code(state: &State, send: &Callback<Action>, row: &Row, code: &Code) -> Html {
    let (id, own) = (row.id, &state.own_code);
    let edit = move |send: &Callback<Action>, text: String, array: String| {
        send.emit(Action::Edit(id, Edit::Kind(Kind::Code(Code { text, array }))));
    };
    let oninput = {
        let (send, array) = (send.clone(), code.array.clone());
        Callback::from(move |event: InputEvent| {
            edit(&send, event.target_unchecked_into::<HtmlTextAreaElement>().value(), array.clone());
        })
    };
    let is_same = own.is_of(&code.text);
    let failed = if is_same { own.line as usize } else { 0 };
    let lines = code.text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let mut names: Vec<(AttrValue, AttrValue)> = Vec::new();
    for one in own.arrays.iter().filter(|_| is_same) {
        names.push((one.name.clone().into(), array_words(one).into()));
    }
    let several = names.len() > 1;
    let first = names.first().map(|(name, _)| name.clone()).unwrap_or_default();
    let chosen = if code.array.is_empty() { first } else { code.array.clone().into() };
    let take = {
        let (send, text) = (send.clone(), code.text.clone());
        Callback::from(move |array| edit(&send, text.clone(), array))
    };
    html! {
        <>
            <div class="field wide text"><label for="row-program">{ "program" }</label>
                <div class="editor">
                    <ol aria-hidden="true">
                        { for (1..=lines).map(|line| html! { <li class={classes!((line == failed).then_some("failed"))}>{ line.to_string() }</li> }) }
                    </ol>
                    <textarea id="row-program" rows={lines.to_string()} maxlength={MAX_PROGRAM.to_string()} wrap="off" value={code.text.clone()}
                        {oninput} spellcheck="false" autocapitalize="off" autocomplete="off" aria-describedby="program-state program-keys"
                        aria-invalid={(failed > 0).then_some("true")} aria-keyshortcuts={aria("program-run")} />
                </div></div>
            <div class="note program-line">
                <button type="button" id="program-run" disabled={own.runs} onclick={sends(send, Action::RunCode)}>{ "Run" }</button>
                <select id="program-examples" aria-label="Programs to start from">
                    <option value="">{ "examples" }</option>
                    { for EXAMPLES.map(|name| html! { <option value={name}>{ name }</option> }) }
                </select>
                <span class="quiet" id="program-keys">{ "Ctrl Enter runs it. Tab indents; Escape, then Tab leaves." }</span>
            </div>
            <p class="quiet note" id="program-state" role="status" data-state={if own.runs { "runs" } else { "rests" }}>{ status(own, &code.text) }</p>
            if let Some(cause) = own.problem.as_ref().filter(|_| is_same) {
                <div class="note">{ problem("program-problem", cause) }</div>
            }
            if several {
                <div class="field wide"><label for="row-array">{ "array" }</label>
                    <div class="input"><Select id="row-array" value={chosen} options={names} choose={take} /></div></div>
                <p class="note">
                    <button type="button" class="link" id="program-rows" onclick={sends(send, Action::Edit(id, Edit::Columns))}>
                        { "A row for each array" }
                    </button>
                </p>
            }
        </>
    }
}
