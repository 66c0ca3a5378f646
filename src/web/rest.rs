//! The rest of the program, which holds everything with effects, as the first part sees it. The
//! first part calls it only through pointers that loading the rest returns. A direct call would
//! link the function into the first part, with all that it calls.
//!
//! Without the feature `split`, as in tests, the program has everything from the start. The first
//! part calls it in the same way.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use js_sys::Map;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::File;
use yew::Callback;

use super::{Runtime, crash, files, surroundings};
use crate::app::{Action, Effect, Problem, Setup, State};
use crate::web::measuring;

/// The page could not load the rest of the program. The browser's console says why.
#[derive(Clone, Copy, Debug)]
pub struct Missing;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Missing {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

impl From<Missing> for Problem {
    fn from(_: Missing) -> Self {
        Self::new(
            "A part of this page could not be loaded.",
            "The connection may be cut, or the lab was stopped or rebuilt meanwhile. Nothing is built, measured or sent until it is \
             there; what you have asked for waits.",
        )
    }
}

/// Carries out effects.
trait Carrier {
    fn carry_out(&self, effect: Effect);
    fn runtime(&self) -> Runtime;
}

impl Carrier for Runtime {
    fn carry_out(&self, effect: Effect) {
        self.carry_out(effect);
    }

    fn runtime(&self) -> Runtime {
        self.clone()
    }
}

/// The functions of the rest that the first part calls.
struct Calls {
    /// Starts a runtime. Returns it with the setup that the browser kept for this page, if the
    /// person asked for that setup.
    runtime: fn(Callback<Action>) -> Rc<dyn Carrier>,
    take: fn(Vec<File>, Callback<Action>),
    keep: fn(&State),
    measure_apart: fn(&str, &Map),
    stop_apart: fn(),
}

static CALLS: Calls = Calls {
    runtime: |answer| {
        if let Some(setup) = crash::resumed() {
            answer.emit(Action::Resume(Box::new(setup)));
        }
        let runtime = Runtime::new(answer);
        runtime.start();
        Rc::new(runtime)
    },
    take: files::take,
    keep: |state| crash::keep(&Setup::of(state)),
    measure_apart: measuring::measure_apart,
    stop_apart: measuring::stop_apart,
};

/// Loads the rest, once. After a failure, the caller may try again.
#[cfg(feature = "split")]
#[wasm_split_helpers::wasm_split(rest, fallible)]
fn calls() -> Result<&'static Calls, Missing> {
    Ok(&CALLS)
}

#[cfg(not(feature = "split"))]
async fn calls() -> Result<&'static Calls, Missing> {
    Ok(&CALLS)
}

/// Leads from the page to its runtime. Effects wait here until the page has a runtime.
#[derive(Clone)]
pub struct Errands {
    inner: Rc<Inner>,
}

struct Inner {
    answer: Callback<Action>,
    rest: OnceCell<(&'static Calls, Rc<dyn Carrier>)>,
    waiting: RefCell<Vec<Effect>>,
}

impl PartialEq for Errands {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Errands {
    /// Makes the errands of a page, whose effects answer through `answer`. Answers with
    /// [`Action::Started`] at once.
    #[must_use]
    pub fn new(answer: Callback<Action>) -> Self {
        answer.emit(Action::Started(surroundings::look()));
        Self { inner: Rc::new(Inner { answer, rest: OnceCell::new(), waiting: RefCell::default() }) }
    }

    /// Loads the rest and carries out the waiting effects. A call after that does nothing.
    ///
    /// # Errors
    /// [`Missing`] when the page cannot load it. The caller may try again then.
    pub async fn load(&self) -> Result<(), Missing> {
        let calls = calls().await?;
        let (_, carrier) = self.inner.rest.get_or_init(|| (calls, (calls.runtime)(self.inner.answer.clone())));
        for effect in self.inner.waiting.take() {
            carrier.carry_out(effect);
        }
        Ok(())
    }

    /// Has `effect` carried out, as soon as the page has a runtime.
    pub fn carry_out(&self, effect: Effect) {
        match self.inner.rest.get() {
            Some((_, carrier)) => carrier.carry_out(effect),
            None => self.inner.waiting.borrow_mut().push(effect),
        }
    }

    /// Returns the runtime, once the page has loaded it.
    #[must_use]
    pub fn runtime(&self) -> Option<Runtime> {
        self.inner.rest.get().map(|(_, carrier)| carrier.runtime())
    }

    /// Keeps the setup of `state` for the time after a crash. Does nothing before the rest is
    /// loaded.
    pub fn keep(&self, state: &State) {
        if let Some((calls, _)) = self.inner.rest.get() {
            (calls.keep)(state);
        }
    }
}

/// Reads `files`, one after the other. Answers with [`Action::AddFile`] for each, or at the end
/// with [`Action::FileFailed`].
pub fn take(files: Vec<File>, answer: Callback<Action>) {
    wasm_bindgen_futures::spawn_local(async move {
        match calls().await {
            Ok(calls) => (calls.take)(files, answer),
            Err(missing) => answer.emit(Action::FileFailed(missing.into())),
        }
    });
}

/// Takes the measurement that the page asks for, in a Worker, and posts the result. `worker.js`
/// calls it.
///
/// # Errors
/// A text, when the page cannot load the rest of the program.
#[allow(unreachable_pub, reason = "reached from JavaScript")]
#[wasm_bindgen]
pub async fn measure_apart(request: String, files: Map) -> Result<(), String> {
    let calls = calls().await.map_err(|missing| Problem::from(missing).title)?;
    (calls.measure_apart)(&request, &files);
    Ok(())
}

/// Stops the measurement of this Worker. `worker.js` calls it.
#[allow(unreachable_pub, reason = "reached from JavaScript")]
#[wasm_bindgen]
pub async fn stop_apart() {
    if let Ok(calls) = calls().await {
        (calls.stop_apart)();
    }
}
