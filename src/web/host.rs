//! What a session's driver asks of the lab's page: whether its own lab is there, and for timers that a hidden page keeps.

use std::time::Duration;

use zbytes_session::web::{
    self, Host,
    command::{self},
};

use super::{
    alarm,
    surroundings::{self, ask_lab, fetch, is_of_the_lab, origin},
};
use crate::{
    app::{Problem, locator::OWN_ENDPOINT},
    present::session::Place,
};

/// What a session tells the page.
pub type Told = command::Told<Problem>;

/// A session of the page.
pub type Driver = web::Driver<LabHost>;

/// The page, seen from the driver of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct LabHost;

impl Host for LabHost {
    type Reason = Problem;

    /// Of its own lab the page's server knows more than a WebSocket tells.
    fn asks_about(&self, url: &str) -> bool {
        is_of_the_lab(url)
    }

    fn before(&self, _url: &str) -> web::Later<Option<Problem>> {
        Box::pin(async { ask_lab().await.told().problem(&origin()) })
    }

    fn failed(&self, url: &str, after: Duration) -> web::Later<Option<Problem>> {
        let place = place(url);
        Box::pin(async move {
            let asked = ask_lab().await;
            let plain = fetch(&format!("{}{OWN_ENDPOINT}", place.origin)).await;
            let told = asked.told();
            let plain = plain.as_ref().map(|(status, text)| (*status, text.as_str()));
            Some(told.problem(&place.origin).unwrap_or_else(|| place.refused_by_the_lab(after, &told, plain)))
        })
    }

    fn alarm(&self, millis: u32, ring: Box<dyn FnOnce()>) -> web::Alarm {
        Box::new(alarm::Alarm::new(millis, ring))
    }
}

/// Where the session at `url` is, seen from here.
#[must_use]
pub fn place(url: &str) -> Place {
    Place { url: url.to_owned(), origin: surroundings::origin(), of_the_lab: is_of_the_lab(url) }
}
