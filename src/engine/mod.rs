//! The engine: the program in a Worker that owns all payload bytes, the session and measurements.
//! It does what the page says, tells what happened, and decides nothing.
//!
//! | place | what it is for |
//! |---|---|
//! | `runtime` | [`Runtime`]: holds the services, and says whose a message is |
//! | `page` | tells the page what happened |
//! | `files`, `ring`, `capture`, `own_code`, `sources`, `payloads` | files that a person gave, looked at and read; arrays of frames; what the browser captures; arrays of a program; arrays; payloads of the rows |
//! | `samples`, `live`, `frames` | what has arrived; frames of streams, and pictures of them; recorded frames |
//! | `session`, [`host`] | the session of the Router pane; what its driver asks |
//! | `class` | the class that the page is in |
//! | `rate`, `answers` | puts at a rate; answers to queries |
//! | `views`, `messages`, `ownership`, `measuring` | what the views of these names need; measurements |
//! | `hash`, `save` | the hash of a payload; files for the person |
//!
//! A service is a struct with its own state, which only its own methods touch. It holds the
//! services that it needs, and these come before it in the table. What goes the other way, from a
//! session to those who use it, goes through the runtime. No service borrows its state over an
//! `await`, or while it calls what could call it back.

mod answers;
mod capture;
mod class;
#[allow(clippy::disallowed_methods, reason = "shows bytes of the rows, eight of each array")]
mod demonstration;
mod files;
mod frames;
mod hash;
pub mod host;
mod live;
mod measuring;
mod messages;
mod own_code;
#[allow(clippy::disallowed_methods, reason = "shows the bytes of arrays of its own, eight at a time")]
mod ownership;
mod page;
mod payloads;
mod rate;
mod ring;
mod runtime;
mod samples;
mod save;
mod session;
mod sources;
mod views;

use futures_channel::mpsc;
use gloo_events::EventListener;
use js_sys::{Array, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

pub use self::runtime::Runtime;
use crate::{
    app::{Order, Problem},
    browser::{error::message_of, mail, panic},
    client::CommandError,
    present::cause::refusal,
    protocol::{ToEngine, ToPage},
    run::Run,
};

/// How long rows and keys must stay unchanged before the engine works with them: a person types a
/// number digit by digit.
const SETTLE_MILLIS: u32 = 120;

/// Starts the engine in this Worker. It takes the messages of the page, one after the other.
pub fn start() {
    panic::watch();
    let worker: DedicatedWorkerGlobalScope = global().unchecked_into();
    let (told, mut heard) = mpsc::unbounded();
    EventListener::new(&worker, "message", move |event| {
        if let Some(letter) = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().dyn_into::<Array>().ok()) {
            // Fails only when the receiver is gone, and it lasts as long as the Worker.
            let _ = told.unbounded_send(letter);
        }
    })
    .forget();
    let runtime = Runtime::new(move |message, along| post(&worker, message, along));
    spawn_local(async move {
        runtime.start();
        while let Ok(letter) = heard.recv().await {
            match mail::open::<ToEngine>(&letter) {
                Ok((message, along)) => runtime.obey(message, along).await,
                // The page is told by the event `error` of this Worker.
                Err(why) => wasm_bindgen::throw_str(&why),
            }
        }
    });
}

fn post(worker: &DedicatedWorkerGlobalScope, message: &ToPage, along: &[JsValue]) {
    let posted = mail::letter(message, along.iter().cloned()).and_then(|(letter, transfer)| {
        worker.post_message_with_transfer(&letter, &transfer).map_err(|error| message_of(&error))
    });
    if let Err(why) = posted {
        wasm_bindgen::throw_str(&format!("the page could not be told: {why}"));
    }
}

/// Takes a measurement on this thread, without whole puts. The caller cannot stop it.
///
/// # Errors
/// A [`Problem`] when arrays cannot be made, payloads cannot be built, or a Worker fails.
pub async fn measure(order: Order) -> Result<Option<Run>, Problem> {
    measuring::measure(order, None, &files::Files::default(), &measuring::Stop::default(), |_| ()).await
}

/// Why the session has refused a command.
fn command_problem(title: &str, error: &CommandError) -> Problem {
    let title = match error {
        CommandError::TooLong { .. } => "The message is too long.",
        CommandError::NotOpen => "No session.",
        CommandError::Lost => "The session is lost.",
        _ => title,
    };
    Problem::new(title, format!("{}. Nothing was sent.", refusal(error)))
}
