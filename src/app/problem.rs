//! Something that went wrong, in words for the person at the page.

use serde::{Deserialize, Serialize};

use crate::outside::{LINE, SENTENCES, sentences};

/// Something that went wrong, in words for the person at the page. Made by [`Problem::new`] alone,
/// which bounds the words and shows what cannot be seen: errors quote names, keys, and what
/// browsers and peers say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::manual_non_exhaustive, reason = "no other module of this crate may make one by its fields either")]
pub struct Problem {
    /// The cause, in one short sentence.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    made: (),
}

impl Problem {
    /// A problem with a cause and what it means.
    #[must_use]
    pub fn new(title: impl Into<String>, detail: impl Into<String>) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { title: sentences(&title, 2 * LINE), detail: sentences(&detail, SENTENCES), made: () }
    }
}

/// An error as a sentence of its own: errors begin in lower case, because they also stand inside of
/// sentences. They are in English, so ASCII suffices. The tables for all other letters are half as
/// long as everything else that this part of the program knows by heart.
#[must_use]
pub fn sentence(error: &str) -> String {
    let mut sentence = error.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}
