//! The questions that the driver of a session asks of the lab's page. It asks whether the page's
//! own lab answers.

use std::time::Duration;

use zbytes_session::web::{
    self, Host,
    command::{self},
};

use crate::{
    app::{Problem, locator::websocket_url, sentence},
    browser::surroundings::{self, Asked, ask_lab, fetch, folder, is_of_the_lab, origin},
    present::session::{Place, code_wanted},
};

/// Carries a message from a session to the page. Reasons are problems that the page can show.
pub type Told = command::Told<Problem>;

/// Drives the page's session.
pub type Driver = web::Driver<LabHost>;

/// Answers the questions of a session's driver about the page.
#[derive(Clone, Copy, Debug, Default)]
pub struct LabHost;

impl Host for LabHost {
    type Reason = Problem;

    /// The page's server knows more of its own lab than a WebSocket reports.
    fn asks_about(&self, url: &str) -> bool {
        is_of_the_lab(url)
    }

    fn before(&self, url: &str) -> web::Later<Option<Problem>> {
        let has_code = url.contains("&code=");
        Box::pin(async move {
            match ask_lab().await {
                Asked::Lab(lab) if lab.class.wants_code && !has_code => Some(code_wanted()),
                asked => asked.told().problem(&origin()),
            }
        })
    }

    fn failed(&self, url: &str, after: Duration) -> web::Later<Option<Problem>> {
        let place = place(url);
        // The same address by http, with the code if it has one.
        let plain = url.replacen("ws", "http", 1);
        Box::pin(async move {
            let asked = ask_lab().await;
            let plain = fetch(&plain).await;
            let told = asked.told();
            let plain = plain.as_ref().map(|(status, text)| (*status, text.as_str()));
            Some(told.problem(&place.origin).unwrap_or_else(|| place.refused_by_the_lab(after, &told, plain)))
        })
    }
}

/// The address of the WebSocket that a locator means.
///
/// # Errors
/// A [`Problem`] when the locator is not one that a page can open.
pub fn url_of(locator: &str) -> Result<String, Problem> {
    websocket_url(locator, &folder()).map_err(|error| {
        Problem::new("Not a locator that a page can open.", format!("{}.", sentence(&error.to_string())))
    })
}

/// Returns the place of the session at `url`, as this page sees it.
#[must_use]
pub fn place(url: &str) -> Place {
    // How batches are carried says nothing to a person.
    let of_the_lab = is_of_the_lab(url);
    let url = url.split('?').next().unwrap_or(url);
    Place { url: url.to_owned(), origin: surroundings::origin(), of_the_lab }
}
