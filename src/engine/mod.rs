//! The engine: the program in a Worker that owns all payload bytes, the session and measurements.
//! It does what the page says, tells what happened, and decides nothing.
//!
//! | place | what it is for |
//! |---|---|
//! | `runtime` | [`Runtime`]: which service a message is for, and what the services keep |
//! | `session`, `rate`, `answers`, [`host`] | the session of the Router pane; puts at a rate; answers; what its driver asks |
//! | `sources`, `files` | arrays and payloads of the rows; files that a person gave |
//! | `views`, `messages`, `wire`, `ownership` | services of the views of these names |
//! | `measuring` | measurements |
//! | `hash`, `save` | the hash of a sample; files for the person |

mod answers;
mod files;
mod hash;
pub mod host;
mod measuring;
mod messages;
#[allow(clippy::disallowed_methods, reason = "shows the bytes of arrays of its own, eight at a time")]
mod ownership;
mod rate;
mod runtime;
mod save;
mod session;
mod sources;
mod views;
mod wire;

use futures_channel::mpsc;
use gloo_events::EventListener;
use js_sys::{Array, global};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

pub use self::runtime::Runtime;
use self::runtime::{SETTLE_MILLIS, command_problem};
use crate::{
    app::{Order, Problem},
    browser::{error::message_of, mail, panic},
    protocol::{ToEngine, ToPage},
    run::Run,
};

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
    let (letter, transfer) = mail::letter(message, along.iter().cloned());
    if let Err(error) = worker.post_message_with_transfer(&letter, &transfer) {
        wasm_bindgen::throw_str(&format!("the page could not be told: {}", message_of(&error)));
    }
}

/// Takes a measurement on this thread, without whole puts. The caller cannot stop it.
///
/// # Errors
/// A [`Problem`] when arrays cannot be made, payloads cannot be built, or a Worker fails.
pub async fn measure(order: Order) -> Result<Option<Run>, Problem> {
    measuring::measure(order, None, &measuring::Stop::default(), |_| ()).await
}
