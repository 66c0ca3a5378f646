//! The browser's next frame: input comes more often than a screen is drawn, and drawing more often than that is waste.

use wasm_bindgen::{JsCast, closure::Closure};

/// Something that is done once in the next frame. Dropping it before calls it off.
pub(crate) struct Frame {
    id: i32,
    _closure: Closure<dyn FnMut()>,
}

impl Frame {
    /// Does it in the next frame; `None` where there is none to come.
    pub(crate) fn next(then: impl FnOnce() + 'static) -> Option<Self> {
        let closure = Closure::once(then);
        let id = web_sys::window()?.request_animation_frame(closure.as_ref().unchecked_ref()).ok()?;
        Some(Self { id, _closure: closure })
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            // It can only fail when there is nothing to call off.
            let _ = window.cancel_animation_frame(self.id);
        }
    }
}
