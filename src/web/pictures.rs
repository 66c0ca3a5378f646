//! The picture of the message that is read: its pixels, outside of the state.

use std::cell::RefCell;

use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData, window};

use super::link::bytes_of;
use crate::message::picture::Room;

/// The room for a picture on a desk, in pixels of the page.
const DESK: (f64, f64) = (440.0, 340.0);

/// The width of a narrow window that the dialog's two margins take together, in pixels.
const BESIDE: f64 = 66.0;

struct Pixels {
    number: u64,
    width: usize,
    rgba: Vec<u8>,
}

thread_local! {
    static PIXELS: RefCell<Option<Pixels>> = const { RefCell::new(None) };
}

/// Keeps the picture of this number, in place of the last one.
pub(super) fn keep(number: u64, width: usize, pixels: &JsValue) {
    PIXELS.set(Some(Pixels { number, width, rgba: bytes_of(pixels) }));
}

/// Drops the picture.
pub(super) fn forget() {
    PIXELS.set(None);
}

/// Paints the picture with this number on `canvas`. Does nothing when the page does not hold that
/// picture any more.
pub fn paint(number: u64, canvas: &HtmlCanvasElement) {
    PIXELS.with_borrow(|pixels| {
        let Some(pixels) = pixels.as_ref().filter(|pixels| pixels.number == number) else { return };
        let height = pixels.rgba.len() / 4 / pixels.width.max(1);
        canvas.set_width(pixels.width as u32);
        canvas.set_height(height as u32);
        let context =
            canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
        let image = ImageData::new_with_u8_clamped_array(Clamped(&pixels.rgba), pixels.width as u32);
        // Fails only when the browser has no memory. The figures beside the picture are right even
        // then.
        if let (Some(context), Ok(image)) = (context, image) {
            let _ = context.put_image_data(&image, 0.0, 0.0);
        }
    });
}

/// The room for a picture in this window.
pub(super) fn room() -> Room {
    let window = window();
    let number = |value: Result<JsValue, JsValue>| value.ok().and_then(|value| value.as_f64());
    let across = window.as_ref().and_then(|window| number(window.inner_width())).unwrap_or(DESK.0);
    // A density above 2 would cost time, and the person would see no difference.
    let density = window.map_or(1.0, |window| window.device_pixel_ratio()).min(2.0);
    Room { width: DESK.0.min(across - BESIDE), height: DESK.1, density }
}
