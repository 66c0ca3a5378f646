//! The browser's next frame. Input arrives more often than the screen draws, and drawing more often
//! than the screen does is waste.

use wasm_bindgen::{JsCast, closure::Closure};

/// A callback for the next frame. Dropping this before the frame cancels it.
pub(crate) struct Frame {
    id: i32,
    _closure: Closure<dyn FnMut()>,
}

impl Frame {
    /// Calls `then` in the next frame. `None` where the browser has no window to draw.
    pub(crate) fn next(then: impl FnOnce() + 'static) -> Option<Self> {
        let closure = Closure::once(then);
        let id = web_sys::window()?.request_animation_frame(closure.as_ref().unchecked_ref()).ok()?;
        Some(Self { id, _closure: closure })
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            // Fails only when the browser has nothing to cancel.
            let _ = window.cancel_animation_frame(self.id);
        }
    }
}
