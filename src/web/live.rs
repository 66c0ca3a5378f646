//! Moving pictures: the page asks for the next one when the screen is about to draw again.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Promise, Uint8ClampedArray};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData, window};

use super::{errands::Errands, pictures};
use crate::{
    live::{Plane, Told, Wanted},
    message::picture::Room,
    protocol::{Answer, Question},
};

/// How long it waits for another engine when one has died.
const AGAIN_MILLIS: u32 = 1_000;

impl Errands {
    /// Paints frames of a stream on `canvas`, and tells what is known of it. Goes on until it is
    /// dropped.
    pub async fn watch_live(
        self,
        canvas: HtmlCanvasElement,
        stream: Option<u32>,
        plane: Plane,
        told: impl Fn(Option<Told>) + 'static,
    ) {
        let mut after = None;
        loop {
            // Pixels of the page are enough for what moves.
            let room = Room { density: 1.0, ..pictures::room() };
            match self.ask_along(Question::Live(Wanted { stream, after, plane, room })).await {
                Some((Answer::Live(Some(now)), along)) => {
                    let [_, received, ..] = now.counts;
                    let got = Some((now.stream, received));
                    if let Some(pixels) = along.first() {
                        next_drawing().await;
                        after = got;
                        paint(&canvas, &now, pixels);
                    } else if got != after {
                        // A frame without this plane. As often as the page draws, as with a picture.
                        next_drawing().await;
                        after = got;
                        canvas.set_width(0);
                    }
                    told(Some(now));
                }
                Some(_) => told(None),
                None => TimeoutFuture::new(AGAIN_MILLIS).await,
            }
        }
    }
}

/// Waits until the browser is about to draw the page.
async fn next_drawing() {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            // Fails only without a window.
            let _ = window.request_animation_frame(&resolve);
        }
    });
    // A promise that is not refused.
    let _ = JsFuture::from(promise).await;
}

/// Shows pixels that the engine has handed over. They are not copied into the memory of the page's program.
fn paint(canvas: &HtmlCanvasElement, told: &Told, pixels: &JsValue) {
    let rgba = Uint8ClampedArray::new(pixels);
    let (columns, rows) = (told.columns as u32, rgba.length() / 4 / (told.columns as u32).max(1));
    if (canvas.width(), canvas.height()) != (columns, rows) {
        canvas.set_width(columns);
        canvas.set_height(rows);
        let style = canvas.style();
        let (width, height) = told.shown;
        // Through the object model: the page's policy forbids styles in the markup.
        let _ = style.set_property("width", &format!("{width}px"));
        let _ = style.set_property("aspect-ratio", &format!("{width} / {height}"));
    }
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let image = ImageData::new_with_js_u8_clamped_array(&rgba, columns);
    // Fails only when the browser has no memory. The figures beside the picture are right even then.
    if let (Some(context), Ok(image)) = (context, image) {
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}
