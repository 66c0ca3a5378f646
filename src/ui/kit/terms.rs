//! Texts with words of the glossary. What a word means, the note of `notes` says.

use yew::prelude::*;

use crate::ui::kit::html::html;

use crate::present::glossary::{Term, parts};

/// A text, in which each term of the glossary can be asked for its meaning.
pub(crate) fn with_terms(text: &str) -> Html {
    let part = |(words, term): (&str, Option<&'static Term>)| match term {
        Some(term) => html! {
            <button type="button" class="term" data-term={term.id()} aria-describedby={term.id()}>{ words.to_owned() }</button>
        },
        None => html! { { words.to_owned() } },
    };
    html! { <>{ for parts(text).into_iter().map(part) }</> }
}
