//! The fields of a row that a person brings: how a file is read, and typed values.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::{
    app::{Action, Edit, Given, Kind, Row},
    given::{Offer, Reading},
    present::{format, given},
    ui::kit::{
        html::html,
        widgets::{Select, sends},
    },
};

/// What is understood of a file, and the ways to read it.
pub(super) fn file(send: &Callback<Action>, row: &Row, given: &Given, repeat: Html) -> Html {
    let (id, about, send_columns) = (row.id, &given.about, sends(send, Action::Edit(row.id, Edit::Columns)));
    let ways: Vec<Offer> = about.offers.iter().cloned().chain([about.plain()]).collect();
    let value = ways.iter().position(|offer| offer.reading == given.reading).unwrap_or_default();
    let options = ways.iter().zip(0..).map(|(offer, at)| (key(at), offer.label().into())).collect::<Vec<_>>();
    let readings: Vec<Reading> = ways.iter().map(|offer| offer.reading).collect();
    let choose = {
        let send = send.clone();
        Callback::from(move |chosen: String| {
            if let Some(reading) = chosen.parse().ok().and_then(|at: usize| readings.get(at).copied()) {
                send.emit(Action::Edit(id, Edit::Reading(reading)));
            }
        })
    };
    let columns = matches!(about.offers.as_slice(), [Offer { reading: Reading::Column(_), .. }, _, ..]);
    html! {
        <>
            <div class="field"><span class="label">{ "file" }</span>
                <div><output id="row-file" title={format::bytes(about.len)}>{ format::size(about.len) }</output></div></div>
            { repeat }
            if !about.offers.is_empty() {
                <div class="field wide"><label for="row-reading">{ "read" }</label>
                    <div class="input"><Select id="row-reading" value={key(value)} {options} {choose} /></div></div>
            }
            if !about.words.is_empty() {
                <p class="quiet note" id="row-about">
                    { &about.words }
                    if columns {
                        { " " }<button type="button" class="link" id="row-columns" onclick={send_columns}>{ "A row for each column" }</button>
                    }
                </p>
            }
            if let Some(problem) = &about.problem {
                <p class="problem note" id="row-unread" role="alert"><strong>{ "Read as plain bytes." }</strong>{ " " }{ problem }</p>
            }
        </>
    }
}

/// The key of a way to read a file.
fn key(at: usize) -> AttrValue {
    at.to_string().into()
}

/// The text of typed values, and what was taken of it.
pub(super) fn values(send: &Callback<Action>, row: &Row, text: &str) -> Html {
    let id = row.id;
    let oninput = send.reform(move |event: InputEvent| {
        let text = event.target_unchecked_into::<HtmlTextAreaElement>().value();
        Action::Edit(id, Edit::Kind(Kind::values(text)))
    });
    let read = row.read_values();
    let wrong = read.is_err();
    html! {
        <div class="field wide text"><label for="row-values">{ "values" }</label>
            <div>
                <textarea id="row-values" rows="3" value={text.to_owned()} {oninput} aria-describedby="row-values-took"
                    aria-invalid={wrong.then_some("true")} spellcheck="false" />
                <p id="row-values-took" class={if wrong { "problem" } else { "quiet" }} role="status">
                    { read.map_or_else(|error| error, |values| given::took(&values, row.element)) }
                </p>
            </div></div>
    }
}
