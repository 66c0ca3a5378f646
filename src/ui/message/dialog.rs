//! A sample read as a Cap'n Proto message: its content, its picture, its data as typed arrays, and
//! its structure.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::{
    app::{
        Action, Sample,
        message::{ArrayKey, Change, Found, Open, Opened, Preview, TypedArray},
    },
    message::{Content, Looks, Schema, picture::View},
};
use crate::{
    present::{format, message::content},
    ui::{
        kit::html::html,
        kit::widgets::{PaneProps, Select, outside, problem, sends},
        message::{picture, structure::StructureTable},
    },
};

/// The dialog. It is open while the person views a message.
#[component]
pub(crate) fn MessageDialog(props: &PaneProps) -> Html {
    let dialog = use_node_ref();
    let open = props.state.messages.open.as_ref();
    {
        let dialog = dialog.clone();
        use_effect_with(open.is_some(), move |open| {
            let Some(dialog) = dialog.cast::<HtmlDialogElement>() else { return };
            if *open && !dialog.open() {
                // Fails only when the dialog is open already.
                let _ = dialog.show_modal();
            } else if !*open {
                dialog.close();
            }
        });
    }
    let leave = {
        let (dialog, send) = (dialog.clone(), props.send.clone());
        Callback::from(move |_: Event| {
            // The event arrives late: the dialog may be open again, for another message.
            if dialog.cast::<HtmlDialogElement>().is_some_and(|dialog| !dialog.open()) {
                send.emit(Change::Close.into());
            }
        })
    };
    let close: Callback<MouseEvent> = sends(&props.send, Change::Close.into());
    let found = open.and_then(|open| {
        let sample = props.state.samples.iter().find(|sample| sample.id == open.sample)?;
        Some((open, sample))
    });
    html! {
        <dialog ref={dialog} id="message-dialog" class="message" aria-labelledby="head-message" onclose={leave}
            data-state={open.map(state_word)}>
            <header class="dialog-head">
                <h2 id="head-message">{ open.map_or("A message".into(), title) }</h2>
                <button type="button" data-closes="true" onclick={close}>{ "Close" }</button>
            </header>
            if let Some((open, sample)) = found { { body(open, sample, &props.send) } }
        </dialog>
    }
}

/// The state of the dialog, as a word for programs that read the page.
fn state_word(open: &Open) -> &'static str {
    match &open.found {
        Found::UnderWay => "underway",
        Found::Failed(_) => "failed",
        Found::Opened(opened) if opened.content.is_err() => "failed",
        Found::Opened(_) => "read",
    }
}

fn title(open: &Open) -> String {
    match open.content() {
        Some(content) => format!("{}, {}", content.spec.schema().name(), content::shape(&content.spec)),
        None => "Read as Cap’n Proto".to_owned(),
    }
}

fn body(open: &Open, sample: &Sample, send: &Callback<Action>) -> Html {
    html! {
        <>
            <div class="message-tools">
                <p class="quiet">
                    { "Sample of " }<span class="mono">{ outside(&sample.key) }</span>
                    { format!(
                        ", {}, {}{}", sample.time, format::bytes(sample.len),
                        if open.start > 0 { format!(", from byte {} on", format::count(open.start)) } else { String::new() },
                    ) }
                </p>
                { chooser(open, send) }
            </div>
            { match &open.found {
                Found::UnderWay => html! { <p class="quiet">{ "Reading …" }</p> },
                Found::Failed(cause) => problem("message-problem", cause),
                Found::Opened(opened) => message(open, opened, sample, send),
            } }
            if open.start > 0 {
                <p><button type="button" class="link" id="read-first" onclick={sends(send, Change::ReadFirst.into())}>
                    { "Read the message at the beginning of the payload" }</button></p>
            }
        </>
    }
}

/// The choice of the schema by which the page reads the message.
fn chooser(open: &Open, send: &Callback<Action>) -> Html {
    let options = std::iter::once(None).chain(Schema::ALL.into_iter().map(Some));
    let text = AttrValue::from;
    let options = options.map(|schema| (text(key(schema)), text(content::schema_choice(schema)))).collect::<Vec<_>>();
    let choose = send.reform(|chosen: String| {
        let schema = Schema::ALL.into_iter().find(|schema| schema.name() == chosen);
        Change::ReadAs(schema).into()
    });
    html! {
        <label class="read-as">
            <span class="quiet">{ "read as" }</span>
            <Select id="read-as" value={AttrValue::from(key(open.asked))} {options} {choose} />
        </label>
    }
}

fn key(schema: Option<Schema>) -> &'static str {
    schema.map_or("any", Schema::name)
}

fn message(open: &Open, opened: &Opened, sample: &Sample, send: &Callback<Action>) -> Html {
    html! {
        <>
            { match &opened.content {
                Ok(content) => html! {
                    <div class="message-body">
                        <section class="message-picture" aria-label="Preview">{ preview(open, content, send) }</section>
                        <section class="message-facts" aria-label="What it says">
                            <dl id="message-facts">
                                { for content::facts(&content.spec).into_iter().map(|(name, value)| fact(name, value)) }
                                { for places(opened, content) }
                            </dl>
                            <p id="reading-cost">{ content::reading_cost(opened, content) }</p>
                            { arrays(open, content, sample, send) }
                        </section>
                    </div>
                },
                Err(cause) => problem("message-problem", cause),
            } }
            if let Some(words) = content::behind(opened) {
                <p id="behind">
                    { words }{ " " }
                    <button type="button" class="link" id="read-behind" onclick={sends(send, Change::ReadBehind.into())}>
                        { "Read them as a message" }</button>
                </p>
            }
            <section aria-labelledby="head-structure">
                <h3 id="head-structure">{ "Every byte of the message" }</h3>
                { match &opened.structure {
                    Ok(structure) => html! {
                        <StructureTable structure={structure.clone()} selected={open.span}
                            select={send.reform(|span| Change::Select(span).into())} />
                    },
                    Err(cause) => problem("structure-problem", cause),
                } }
            </section>
        </>
    }
}

fn fact(name: &'static str, value: String) -> Html {
    html! { <div><dt>{ name }</dt><dd data-fact={name}>{ value }</dd></div> }
}

/// The places of the arrays, and the segments of the message.
fn places(opened: &Opened, content: &Content) -> Vec<Html> {
    let arrays = content.spec.arrays();
    let mut rows: Vec<Html> = arrays
        .iter()
        .zip(&content.arrays)
        .map(|(array, range)| fact(array.field, content::place(&opened.parts, range)))
        .collect();
    rows.push(fact("segments", format::count(opened.parts.len())));
    rows
}

fn preview(open: &Open, content: &Content, send: &Callback<Action>) -> Html {
    match &open.preview {
        Preview::None => match content.spec.view() {
            View::Nothing => html! { <p class="quiet" id="no-picture">{ "The array has no element to show." }</p> },
            _ => html! {},
        },
        Preview::UnderWay(done, total) => html! {
            <div class="painting" id="painting">
                <progress max={total.max(&1).to_string()} value={done.to_string()} aria-label="Bytes that were looked at"></progress>
                <p class="quiet">{ "Looking at every value …" }</p>
            </div>
        },
        Preview::Painted(number, painted) => {
            let choose = send.reform(|slice| Change::Slice(slice).into());
            picture::figure(*number, painted, open.slice, choose)
        }
        Preview::Failed(cause) => problem("picture-problem", cause),
    }
}

/// A button for each array, and the outcome of the last click.
fn arrays(open: &Open, content: &Content, sample: &Sample, send: &Callback<Action>) -> Html {
    let fields = content.spec.arrays();
    let several = fields.len() > 1;
    html! {
        <div class="arrays" id="arrays">
            { for fields.iter().zip(&content.arrays).map(|(field, range)| {
                let key = ArrayKey { start: range.start, len: range.len(), element: field.element };
                let made = sample.arrays.iter().find(|array| array.key == key);
                let name = field.element.array_name();
                let label = if several { format!("{} as {name}", field.field) } else { format!("As {name}") };
                array(key, made, label, send)
            }) }
            if let Some(cause) = &open.problem { { problem("save-problem", cause) } }
        </div>
    }
}

fn array(key: ArrayKey, made: Option<&TypedArray>, label: String, send: &Callback<Action>) -> Html {
    let make = |label: String| {
        html! {
            <button type="button" class="make-array" disabled={key.len == 0} onclick={sends(send, Change::Make(key).into())}>{ label }</button>
        }
    };
    match made.map(|array| &array.made) {
        None => make(label),
        Some(None) => html! { <p class="quiet">{ "Copying …" }</p> },
        Some(Some(Err(cause))) => html! { <>{ problem("array-problem", cause) }{ make(label) }</> },
        Some(Some(Ok(facts))) => html! {
            <div class="made-array" data-count={facts.count.to_string()} data-copied={facts.ledger.total().to_string()}>
                <p>
                    <strong>{ label }</strong>
                    { format!(": {}, {} into an ArrayBuffer. ", format::plural(facts.count, "element"), content::copies(&facts.ledger)) }
                    <button type="button" class="link save-array" onclick={sends(send, Change::Save(key).into())}
                        title="The bytes as they are, little-endian">{ "Save" }</button>
                </p>
                <p class="mono made-elements">{ content::elements(facts) }</p>
            </div>
        },
    }
}

/// The button in the row of a sample.
pub(crate) fn read_button(sample: &Sample, send: &Callback<Action>) -> Html {
    if sample.deleted {
        return html! {};
    }
    let (word, title) = content::looks(sample.more.looks);
    if sample.more.looks == Looks::Other {
        return html! { <span class="quiet" {title}>{ word }</span> };
    }
    // The page does not offer to read an unreadable sample. It offers to show why it cannot.
    let quiet = (sample.more.looks != Looks::Message).then_some("quiet");
    html! {
        <button type="button" class={classes!("link", "read-message", quiet)} onclick={sends(send, Change::Read(sample.id).into())}
            {title} aria-label={format!("{word}: the sample of {}. {title}", sample.time)}>{ word }</button>
    }
}
