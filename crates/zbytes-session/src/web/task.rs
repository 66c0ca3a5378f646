//! Runs a function in a later task of the event loop, without a timer.

use wasm_bindgen::{closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen(module = "/src/web/task.js")]
extern "C" {
    #[wasm_bindgen(js_name = Tasks)]
    type Posts;

    #[wasm_bindgen(constructor, js_class = "Tasks")]
    fn new(run: &Closure<dyn FnMut()>) -> Posts;

    #[wasm_bindgen(method)]
    fn post(this: &Posts);

    #[wasm_bindgen(method)]
    fn stop(this: &Posts);
}

/// A function that runs in a task of its own after each [`Tasks::post`]. Dropping it cancels what
/// was posted.
pub(super) struct Tasks {
    posts: Posts,
    _run: Closure<dyn FnMut()>,
}

impl Tasks {
    pub(super) fn new(run: impl FnMut() + 'static) -> Self {
        let run = Closure::new(run);
        Self { posts: Posts::new(&run), _run: run }
    }

    /// Has the function run when the present task is over.
    pub(super) fn post(&self) {
        self.posts.post();
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.posts.stop();
    }
}
