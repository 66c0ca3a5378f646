//! The field for a line of text. It reports how it changed typed or pasted text, where the person
//! cannot see that.

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlInputElement};
use yew::prelude::*;

use crate::{
    app::keys,
    outside::{Ends, cleaned, lost_in_pasting, noticed},
    ui::kit::html::html,
};

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct TextFieldProps {
    /// The `id` of the input.
    pub(crate) id: AttrValue,
    /// The text of the input.
    pub(crate) value: AttrValue,
    /// Gets every new text.
    pub(crate) change: Callback<String>,
    /// How the field treats spaces at the ends of its text.
    pub(crate) ends: Ends,
    /// The most UTF-16 code units that it takes.
    #[prop_or_default]
    pub(crate) most: Option<usize>,
    /// The classes of the input.
    #[prop_or_default]
    pub(crate) class: Classes,
    /// The text that the empty field shows.
    #[prop_or_default]
    pub(crate) placeholder: Option<&'static str>,
    /// Whether the person can only read the text.
    #[prop_or_default]
    pub(crate) readonly: bool,
    /// Whether the text is wrong. The explanation is elsewhere in the page.
    #[prop_or_default]
    pub(crate) wrong: bool,
    /// The `id` of the element that describes the field.
    #[prop_or_default]
    pub(crate) describedby: Option<AttrValue>,
}

/// The input. A line behind it reports how the field changed the text, if it did.
#[component]
pub(crate) fn TextField(props: &TextFieldProps) -> Html {
    let TextFieldProps { id, value, change, ends, most, class, placeholder, readonly, wrong, describedby } = props;
    let lost = use_state_eq(|| None::<String>);
    // What the paste will lose. The browser sends the paste first, and the change of the text after
    // it.
    let pasting = use_mut_ref(|| None::<String>);
    let onpaste = {
        let (pasting, most) = (pasting.clone(), *most);
        Callback::from(move |event: Event| {
            let text = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
            let text = text.and_then(|data| data.get_data("text").ok()).unwrap_or_default();
            let input: HtmlInputElement = event.target_unchecked_into();
            let selected =
                || Some(input.selection_end().ok()??.saturating_sub(input.selection_start().ok()??) as usize);
            let stays = input.value().encode_utf16().count().saturating_sub(selected().unwrap_or(0));
            *pasting.borrow_mut() = lost_in_pasting(&text, most.map(|most| (most.saturating_sub(stays), most)));
        })
    };
    let typing = use_state_eq(|| false);
    let oninput = {
        let (change, lost, typing) = (change.clone(), lost.setter(), typing.setter());
        Callback::from(move |event: InputEvent| {
            lost.set(pasting.borrow_mut().take());
            // Programs that fill fields may send a plain event, which has no type of input.
            let typed = event.dyn_ref::<InputEvent>().is_some_and(|event| event.input_type() == "insertText");
            typing.set(typed);
            change.emit(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let onblur = {
        let typing = typing.setter();
        Callback::from(move |_: FocusEvent| typing.set(false))
    };
    let so_far = match value.strip_suffix(' ') {
        Some(words) if *typing && *ends == Ends::Words => words,
        _ => value.as_str(),
    };
    let taken = noticed(so_far, *ends).filter(|_| !*readonly);
    let clean = cleaned(value);
    let stands = if *ends == Ends::LeftOut { value.trim() } else { value.as_str() };
    let can_be_cleaned = taken.is_some() && clean != stands;
    let clear = {
        let (change, lost) = (change.clone(), lost.setter());
        Callback::from(move |_: MouseEvent| {
            lost.set(None);
            change.emit(clean.clone());
        })
    };
    let note = format!("{id}-took");
    let says = taken.is_some() || lost.is_some();
    let described: Vec<String> =
        describedby.iter().map(ToString::to_string).chain(says.then(|| note.clone())).collect();
    html! {
        <>
            <input id={id.clone()} type="text" class={class.clone()} value={value.clone()} {oninput} {onpaste} {onblur} placeholder={*placeholder} readonly={*readonly}
                maxlength={most.map(|most| most.to_string())} autocomplete="off" spellcheck="false" autocapitalize="off"
                aria-keyshortcuts={keys::aria(id)} aria-invalid={wrong.then_some("true")}
                aria-describedby={(!described.is_empty()).then(|| described.join(" "))} />
            // Always in the page: a screen reader announces only the changes of a region that it
            // knows.
            <p class={classes!("took", says.then_some("says"))} id={note} role="status">
                if let Some(lost) = &*lost { <span>{ lost }{ " " }</span> }
                if let Some(taken) = taken {
                    <bdi>{ taken }</bdi>
                    if can_be_cleaned {
                        { " " }<button type="button" class="link" id={format!("{id}-clean")} onclick={clear}>{ "Leave it out" }</button>
                    }
                }
            </p>
        </>
    }
}
