//! A Worker that sends every buffer back, so that the way to a Worker can be measured.

use std::{cell::RefCell, rc::Rc};

use futures_channel::oneshot;
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::Stop;
use crate::{app::Problem, browser::error::message_of};

/// The script of the Worker.
const SCRIPT: &str = "echo.js";

/// The sender that waits for the Worker's next message.
type Waiting = Rc<RefCell<Option<oneshot::Sender<Result<JsValue, String>>>>>;

/// The Worker. Dropping this ends it.
pub(super) struct Echo {
    worker: Worker,
    answer: Waiting,
    _listeners: [EventListener; 3],
}

fn failed(reason: &str) -> Problem {
    Problem::new("The Worker failed.", format!("It said: {reason}. Measure again, or measure a shorter payload."))
}

impl Echo {
    /// Starts the Worker. When `stop` is set, a caller that waits for an answer gets an error
    /// instead.
    ///
    /// # Errors
    /// A [`Problem`] with the browser's reason.
    pub(super) fn start(stop: &Stop) -> Result<Self, Problem> {
        let worker = Worker::new(SCRIPT).map_err(|error| failed(&message_of(&error)))?;
        let answer = Waiting::default();
        let heard = |answer: &Waiting| {
            let answer = answer.clone();
            move |heard: Result<JsValue, String>| {
                // The caller may have stopped waiting meanwhile.
                if let Some(answer) = answer.borrow_mut().take() {
                    let _ = answer.send(heard);
                }
            }
        };
        let (stopped, unread, message, error) = (heard(&answer), heard(&answer), heard(&answer), heard(&answer));
        stop.on_set(move || stopped(Err("it was stopped".to_owned())));
        let listeners = [
            EventListener::new(&worker, "messageerror", move |_| {
                unread(Err("what it sent could not be read here, perhaps for want of memory".to_owned()));
            }),
            EventListener::new(&worker, "message", move |event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    message(Ok(event.data()));
                }
            }),
            EventListener::new(&worker, "error", move |event| {
                let said = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
                error(Err(if said.is_empty() { "its script could not be loaded".to_owned() } else { said }));
            }),
        ];
        Ok(Self { worker, answer, _listeners: listeners })
    }

    /// Sends `buffer` to the Worker and back, by transfer or by structured clone.
    ///
    /// # Errors
    /// A [`Problem`] when the Worker fails or has no memory.
    pub(super) async fn send(&self, buffer: &ArrayBuffer, transfer: bool) -> Result<ArrayBuffer, Problem> {
        let (done, end) = oneshot::channel();
        *self.answer.borrow_mut() = Some(done);
        let message = Object::new();
        // Setting a property fails for frozen objects only.
        let _ = Reflect::set(&message, &"echo".into(), buffer);
        let _ = Reflect::set(&message, &"transfer".into(), &transfer.into());
        let list = if transfer { Array::of1(buffer) } else { Array::new() };
        self.worker.post_message_with_transfer(&message, &list).map_err(|error| failed(&message_of(&error)))?;
        match end.await {
            Ok(Ok(value)) => value.dyn_into().map_err(|_| failed("it sent back no buffer")),
            Ok(Err(reason)) => Err(failed(&reason)),
            Err(_) => Err(failed("it never answered")),
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
