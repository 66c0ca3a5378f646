//! Measures in a Worker: this module has the page's side, and the Worker's.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures_channel::{mpsc, oneshot};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, Function, Map, Object, Reflect, Uint8Array, global};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::web::measuring::{Request, Stop, here, named_files};
use crate::{
    app::Problem,
    measure::course::Progress,
    run::{Run, Thread},
    web::{error::message_of, files},
};

/// How long a stopped Worker may take to hand over its results.
const GRACE_MILLIS: u32 = 10_000;

/// The Worker's messages to the page, as text.
#[derive(Serialize, Deserialize)]
enum Told {
    Progress { done: u32, total: u32, left: Option<f64> },
    Ended(Option<Box<Run>>),
    Failed { title: String, detail: String },
}

fn no_worker(reason: &str) -> Problem {
    Problem::new(
        "The measurement's Worker failed.",
        format!("It said: {reason}. Nothing of the page was touched; measure again, or measure a shorter payload."),
    )
}

fn start() -> Result<Worker, Problem> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options("worker.js", &options).map_err(|error| no_worker(&message_of(&error)))
}

fn set(object: &Object, key: &str, value: &JsValue) {
    // Setting a property fails for frozen objects only.
    let _ = Reflect::set(object, &key.into(), value);
}

fn get(of: &JsValue, key: &str) -> JsValue {
    Reflect::get(of, &key.into()).unwrap_or_default()
}

/// A Worker that ends when this handle is dropped.
struct Handle {
    worker: Worker,
    _listeners: [EventListener; 3],
}

impl Handle {
    /// Starts a Worker. `hear` gets every message, or the reason why the Worker sends none.
    fn start(hear: impl Fn(Result<JsValue, String>) + Clone + 'static) -> Result<Self, Problem> {
        let worker = start()?;
        let (failed, unread) = (hear.clone(), hear.clone());
        let listeners = [
            EventListener::new(&worker, "messageerror", move |_| {
                unread(Err("what it sent could not be read here, perhaps for want of memory".to_owned()));
            }),
            EventListener::new(&worker, "message", move |event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    hear(Ok(event.data()));
                }
            }),
            EventListener::new(&worker, "error", move |event| {
                let said = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
                failed(Err(if said.is_empty() { "its program could not be loaded".to_owned() } else { said }));
            }),
        ];
        Ok(Self { worker, _listeners: listeners })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// The sender that waits for the Worker's next message.
type Waiting = Rc<RefCell<Option<oneshot::Sender<Result<JsValue, String>>>>>;

/// A Worker that sends every buffer back.
pub(crate) struct Echo {
    handle: Handle,
    answer: Waiting,
}

impl Echo {
    /// Starts the Worker. When `stop` is set, a caller that waits for an answer gets an error
    /// instead.
    pub(crate) fn start(stop: &Stop) -> Result<Self, Problem> {
        let answer = Waiting::default();
        let (slot, stopped) = (answer.clone(), answer.clone());
        stop.on_set(move || {
            if let Some(answer) = stopped.borrow_mut().take() {
                let _ = answer.send(Err("it was stopped".to_owned()));
            }
        });
        let handle = Handle::start(move |heard| {
            if let Some(answer) = slot.borrow_mut().take() {
                // The caller may have stopped waiting meanwhile.
                let _ = answer.send(heard);
            }
        })?;
        Ok(Self { handle, answer })
    }

    /// Sends `buffer` to the Worker and back, by transfer or by structured clone.
    ///
    /// # Errors
    /// A [`Problem`] when the Worker fails or has no memory.
    pub(crate) async fn send(&self, buffer: &ArrayBuffer, transfer: bool) -> Result<ArrayBuffer, Problem> {
        let (done, end) = oneshot::channel();
        *self.answer.borrow_mut() = Some(done);
        let message = Object::new();
        set(&message, "echo", buffer);
        set(&message, "transfer", &transfer.into());
        let list = if transfer { Array::of1(buffer) } else { Array::new() };
        let failed = |error: JsValue| no_worker(&message_of(&error));
        self.handle.worker.post_message_with_transfer(&message, &list).map_err(failed)?;
        match end.await {
            Ok(Ok(value)) => value.dyn_into().map_err(|_| no_worker("it sent back no buffer")),
            Ok(Err(reason)) => Err(no_worker(&reason)),
            Err(_) => Err(no_worker("it never answered")),
        }
    }
}

/// Has a Worker take the measurement.
pub(crate) async fn measure(
    request: &Request,
    stop: &Stop,
    progress: impl Fn(Progress) + 'static,
) -> Result<Option<Run>, Problem> {
    let (told, mut hear) = mpsc::unbounded();
    let tell = told.clone();
    let handle = Rc::new(Handle::start(move |heard| {
        let _ = tell.unbounded_send(Some(heard));
    })?);
    let message = Object::new();
    set(&message, "js", &program_address()?.into());
    set(&message, "module", &wasm_bindgen::module());
    let text = serde_json::to_string(request).map_err(|error| no_worker(&error.to_string()))?;
    set(&message, "request", &text.into());
    set(&message, "files", &named_files(&request.rows));
    handle.worker.post_message(&message).map_err(|error| no_worker(&message_of(&error)))?;

    let grace: Rc<RefCell<Option<Timeout>>> = Rc::default();
    let (worker, timer) = (Rc::downgrade(&handle), grace.clone());
    let ask = move || {
        let Some(handle) = worker.upgrade() else { return };
        let message = Object::new();
        set(&message, "stop", &true.into());
        let _ = handle.worker.post_message(&message);
        let told = told.clone();
        *timer.borrow_mut() = Some(Timeout::new(GRACE_MILLIS, move || {
            let _ = told.unbounded_send(None);
        }));
    };
    if stop.is_set() {
        ask();
    }
    stop.on_set(ask);
    loop {
        let Ok(Some(heard)) = hear.recv().await else {
            return Err(Problem::new(
                "The measurement did not stop by itself.",
                "It was in the middle of something long, so it was cut off, and what it had measured is lost.",
            ));
        };
        let value = heard.map_err(|reason| no_worker(&reason))?;
        if let Some(reason) = get(&value, "failed").as_string() {
            return Err(no_worker(&reason));
        }
        let text = value.as_string().unwrap_or_default();
        match serde_json::from_str(&text).map_err(|error| no_worker(&error.to_string()))? {
            Told::Progress { done, total, left } => {
                progress(Progress { done, total, left: left.map(Duration::from_secs_f64) });
            }
            Told::Ended(run) => return Ok(run.map(|run| *run)),
            Told::Failed { title, detail } => return Err(Problem::new(title, detail)),
        }
    }
}

/// The address from which the browser loaded the page's own program.
fn program_address() -> Result<String, Problem> {
    let document = web_sys::window().and_then(|window| window.document());
    let script = document.and_then(|document| document.query_selector("script[data-js]").ok().flatten());
    let address = script.and_then(|script| script.get_attribute("data-js"));
    address.ok_or_else(|| no_worker("the page does not say where its program is"))
}

thread_local! {
    /// Stops the measurement of this Worker.
    static STOP: Stop = Stop::default();
}

/// Posts to the page.
fn post(told: &Told) {
    let text = serde_json::to_string(told).unwrap_or_default();
    if let Ok(post) = get(&global(), "postMessage").dyn_into::<Function>() {
        let _ = post.call1(&global(), &text.into());
    }
}

/// Runs inside the Worker: takes the measurement that the page asks for, and posts the result.
pub(crate) fn measure_apart(request: &str, files: &Map) {
    console_error_panic_hook::set_once();
    files.for_each(&mut |bytes, id| {
        files::lend(id.as_f64().unwrap_or_default() as u32, bytes.unchecked_into::<Uint8Array>());
    });
    let request: Request = match serde_json::from_str(request) {
        Ok(request) => request,
        Err(error) => {
            return post(&Told::Failed { title: "The order was not understood.".into(), detail: error.to_string() });
        }
    };
    spawn_local(async move {
        let stop = STOP.with(Stop::clone);
        let tell = |progress: Progress| {
            let Progress { done, total, left } = progress;
            post(&Told::Progress { done, total, left: left.map(|left| left.as_secs_f64()) });
        };
        let told = match here(&request, &stop, Thread::Worker, &tell).await {
            Ok(run) => Told::Ended(run.map(Box::new)),
            Err(Problem { title, detail, .. }) => Told::Failed { title, detail },
        };
        post(&told);
    });
}

/// Stops the measurement of this Worker.
pub(crate) fn stop_apart() {
    STOP.with(Stop::set);
}
