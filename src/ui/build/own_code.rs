//! The fields of a row of own code: the editor of its program, and what came of running it.

use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use crate::{
    app::{Action, Code, EXAMPLES, Edit, Kind, MAX_PROGRAM, Row, State, keys::aria},
    present::own_code::{array_words, status},
    ui::kit::{
        html::html,
        widgets::{Select, problem, sends},
    },
};

/// What Tab puts in.
const INDENT: &str = "  ";

/// Says that the next Tab leaves the editor.
const LEAVES: &str = "data-leaves";

/// The program, with its lines numbered, and its arrays.
pub(super) fn code(state: &State, send: &Callback<Action>, row: &Row, code: &Code) -> Html {
    let (id, own) = (row.id, &state.own_code);
    let edit = {
        let (send, array) = (send.clone(), code.array.clone());
        move |text: String| send.emit(Action::Edit(id, Edit::Kind(Kind::Code(Code { text, array: array.clone() }))))
    };
    let oninput = {
        let edit = edit.clone();
        Callback::from(move |event: InputEvent| edit(event.target_unchecked_into::<HtmlTextAreaElement>().value()))
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let field = event.target_unchecked_into::<HtmlTextAreaElement>();
        // Fails for names that no attribute can have.
        let _ = match event.key().as_str() {
            "Escape" => {
                event.prevent_default();
                field.set_attribute(LEAVES, "")
            }
            "Tab" if !event.shift_key() && !field.has_attribute(LEAVES) => {
                event.prevent_default();
                indent(&field);
                edit(field.value());
                Ok(())
            }
            "Tab" | "Shift" => Ok(()),
            _ => field.remove_attribute(LEAVES),
        };
    });
    let is_same = own.is_of(&code.text);
    let failed = if is_same { own.ran.line as usize } else { 0 };
    let lines = code.text.split('\n').count();
    let choose = send.reform(move |name: String| {
        Action::Example(id, EXAMPLES.iter().position(|one| *one == name).unwrap_or(EXAMPLES.len()))
    });
    let examples = ["examples"].into_iter().chain(EXAMPLES).map(|name| (name.into(), name.into())).collect::<Vec<_>>();
    let arrays = if is_same && own.has_arrays() { own.ran.arrays.as_slice() } else { &[] };
    let names = arrays.iter().map(|array| (array.0.clone().into(), array_words(array).into())).collect::<Vec<_>>();
    let first = arrays.first().map(|array| array.0.clone()).unwrap_or_default();
    let take = {
        let (send, text) = (send.clone(), code.text.clone());
        Callback::from(move |array| {
            send.emit(Action::Edit(id, Edit::Kind(Kind::Code(Code { text: text.clone(), array }))))
        })
    };
    let chosen = if code.array.is_empty() { first } else { code.array.clone() };
    html! {
        <>
            <div class="field wide text"><label for="row-program">{ "program" }</label>
                <div class="editor">
                    <ol aria-hidden="true">
                        { for (1..=lines).map(|line| html! { <li class={classes!((line == failed).then_some("failed"))}>{ line.to_string() }</li> }) }
                    </ol>
                    <textarea id="row-program" rows={lines.to_string()} maxlength={MAX_PROGRAM.to_string()} wrap="off" value={code.text.clone()}
                        {oninput} {onkeydown} spellcheck="false" autocapitalize="off" autocomplete="off" aria-describedby="program-state program-keys"
                        aria-invalid={(failed > 0).then_some("true")} aria-keyshortcuts={aria("program-run")} />
                </div></div>
            <div class="note program-line">
                <button type="button" id="program-run" disabled={own.runs} onclick={sends(send, Action::RunCode)}>{ "Run" }</button>
                <Select id="program-examples" value="examples" options={examples} {choose} name="Programs to start from" />
                <span class="quiet" id="program-keys">{ "Ctrl Enter runs it. Tab indents; Escape, then Tab leaves." }</span>
            </div>
            <p class="quiet note" id="program-state" role="status" data-state={if own.runs { "runs" } else { "rests" }}>{ status(own, &code.text) }</p>
            if let Some(cause) = own.ran.problem.as_ref().filter(|_| is_same) {
                <div class="note">{ problem("program-problem", cause) }</div>
            }
            if arrays.len() > 1 {
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

/// Puts an indent where the cursor is.
fn indent(field: &HtmlTextAreaElement) {
    let end = |place: Result<Option<u32>, _>| place.ok().flatten().unwrap_or_default();
    let (from, to) = (end(field.selection_start()), end(field.selection_end()));
    let units: Vec<u16> = field.value().encode_utf16().collect();
    let part = |range: Option<&[u16]>| String::from_utf16_lossy(range.unwrap_or_default());
    let text = format!("{}{INDENT}{}", part(units.get(..from as usize)), part(units.get(to as usize..)));
    field.set_value(&text);
    let at = from + INDENT.len() as u32;
    // Fails for kinds of inputs that have no cursor.
    let _ = field.set_selection_range(at, at);
}
