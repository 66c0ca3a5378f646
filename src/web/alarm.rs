//! Timers that also ring in a hidden page.
//!
//! A browser runs the timers of a hidden page once a second at most. It does not slow down the
//! timers of a Worker, nor the messages that a Worker sends to the page. So a hidden page has a
//! Worker keep the time.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, VisibilityState, Worker, WorkerOptions, WorkerType};

/// A timer that rings once, unless its owner drops it before.
#[allow(dead_code, reason = "what it holds cancels when it is dropped")]
pub(super) enum Alarm {
    Page(Timeout),
    Worker(Waked),
}

impl Alarm {
    /// Calls `ring` after `millis`. If the browser hides the page meanwhile, the timer may ring a
    /// second late.
    pub(super) fn new(millis: u32, ring: impl FnOnce() + 'static) -> Self {
        if is_hidden() { Self::steady(millis, ring) } else { Self::Page(Timeout::new(millis, ring)) }
    }

    /// Works like [`Alarm::new`], but neither a hidden page nor nested timers make it late. Each
    /// alarm costs one message of a Worker.
    pub(super) fn steady(millis: u32, ring: impl FnOnce() + 'static) -> Self {
        let keeper = KEEPER.with(|keeper| {
            let mut keeper = keeper.borrow_mut();
            keeper.get_or_insert_with(Keeper::start).clone()
        });
        match keeper {
            Some(keeper) => Self::Worker(keeper.wake(millis, Box::new(ring))),
            None => Self::Page(Timeout::new(millis, ring)),
        }
    }
}

fn is_hidden() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.visibility_state() == VisibilityState::Hidden)
}

/// The callbacks that wait for the Worker, by number.
type Sleepers = Rc<RefCell<HashMap<u32, Box<dyn FnOnce()>>>>;

thread_local! {
    /// `Some(None)` after the browser failed to start a Worker.
    static KEEPER: RefCell<Option<Option<Keeper>>> = const { RefCell::new(None) };
}

/// The Worker that keeps the time for all alarms of this thread. The first alarm starts it, and it
/// stays.
#[derive(Clone)]
struct Keeper {
    worker: Worker,
    sleepers: Sleepers,
    last: Rc<RefCell<u32>>,
    _listeners: Rc<[EventListener; 2]>,
}

impl Keeper {
    /// Starts the Worker. `None` where the browser cannot start one; the page's own timers serve
    /// then.
    fn start() -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("worker.js", &options).ok()?;
        let sleepers = Sleepers::default();
        let (waking, failing) = (sleepers.clone(), sleepers.clone());
        let wake = |sleepers: &Sleepers, number: u32| {
            // Removed before the call: the callback may set its next alarm.
            let ring = sleepers.borrow_mut().remove(&number);
            if let Some(ring) = ring {
                ring();
            }
        };
        let listeners = [
            EventListener::new(&worker, "message", move |event| {
                let number = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_f64());
                wake(&waking, number.unwrap_or_default() as u32);
            }),
            // The browser could not load the Worker's program. All callbacks run now, so that no
            // caller waits for ever. The page's own timers serve from here on.
            EventListener::new(&worker, "error", move |_| {
                KEEPER.with(|keeper| *keeper.borrow_mut() = Some(None));
                let all: Vec<u32> = failing.borrow().keys().copied().collect();
                all.into_iter().for_each(|number| wake(&failing, number));
            }),
        ];
        Some(Self { worker, sleepers, last: Rc::default(), _listeners: Rc::new(listeners) })
    }

    fn wake(&self, millis: u32, ring: Box<dyn FnOnce()>) -> Waked {
        let number = {
            let mut last = self.last.borrow_mut();
            *last = last.wrapping_add(1);
            *last
        };
        self.sleepers.borrow_mut().insert(number, ring);
        let message = Object::new();
        // Setting a property fails for frozen objects only. Posting fails only for values that
        // cannot be cloned.
        let _ = Reflect::set(&message, &"wake".into(), &Array::of2(&number.into(), &millis.into()));
        let _ = self.worker.post_message(&JsValue::from(message));
        Waked { sleepers: self.sleepers.clone(), number }
    }
}

/// A callback that waits for the Worker. Dropping this cancels the callback.
pub(super) struct Waked {
    sleepers: Sleepers,
    number: u32,
}

impl Drop for Waked {
    fn drop(&mut self) {
        let ring = self.sleepers.borrow_mut().remove(&self.number);
        drop(ring);
    }
}
