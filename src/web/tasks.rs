//! Work that goes on beside the page, until it ends or its owner drops it.

use std::future::Future;

use futures_util::future::{AbortHandle, abortable};
use wasm_bindgen_futures::spawn_local;

/// Ends its work when it is dropped: a question to the engine is then taken back.
pub struct Task(AbortHandle);

impl Task {
    /// Begins `work`.
    #[must_use]
    pub fn begin(work: impl Future<Output = ()> + 'static) -> Self {
        let (work, handle) = abortable(work);
        spawn_local(async move {
            // An error says that the owner has dropped the task.
            let _ = work.await;
        });
        Self(handle)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
