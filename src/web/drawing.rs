//! The drawing of Layout as a file or in the clipboard, and the fonts of every SVG that is saved.
//!
//! `drawing.js` reads what the browser shows: its styles are known only there.

use std::future::Future;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::runs;
use crate::{
    app::{Download, Problem, cost::SVG},
    browser::error::message_of,
};

#[wasm_bindgen(module = "/src/web/drawing.js")]
extern "C" {
    #[wasm_bindgen(js_name = layoutAsSvg)]
    fn layout_as_svg() -> String;
    #[wasm_bindgen(js_name = withFonts)]
    fn with_fonts(svg: &str) -> Promise;
    #[wasm_bindgen(js_name = asPng)]
    fn as_png(svg: &str) -> Promise;
    #[wasm_bindgen(js_name = copyAsPng, catch)]
    fn copy_as_png(svg: &str) -> Result<Promise, JsValue>;
    /// Whether the browser takes pictures into the clipboard.
    #[wasm_bindgen(js_name = takesPictures)]
    pub fn takes_pictures() -> bool;
}

/// What becomes of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A file with vectors.
    Svg,
    /// A file with pixels.
    Png,
    /// The same pixels in the clipboard.
    Copied,
}

/// Takes the drawing of Layout as it is seen. Call it in the task of the person's click: it reads the
/// drawing, and asks for the clipboard, before it returns.
///
/// # Errors
/// A [`Problem`] when the page shows no drawing, or with the browser's reason.
pub fn take(how: Taken) -> impl Future<Output = Result<(), Problem>> {
    let svg = layout_as_svg();
    let promise = match how {
        _ if svg.is_empty() => Err(Problem::new(
            "Layout shows no drawing.",
            "Build a payload, and show Layout in byte order. Then take the picture.",
        )),
        Taken::Svg => Ok(with_fonts(&svg)),
        Taken::Png => Ok(as_png(&svg)),
        Taken::Copied => copy_as_png(&svg).map_err(|error| not_made(how, &error)),
    };
    async move {
        let made = JsFuture::from(promise?).await.map_err(|error| not_made(how, &error))?;
        match how {
            Taken::Svg => runs::save(&Download {
                name: "zbytes-lab-layout.svg".to_owned(),
                media: SVG,
                text: made.as_string().unwrap_or_default(),
            }),
            Taken::Png => runs::save_blob(made.unchecked_into::<Blob>(), "zbytes-lab-layout.png"),
            Taken::Copied => Ok(()),
        }
    }
}

/// Saves an SVG that was made elsewhere, with the fonts that it names.
///
/// # Errors
/// The browser's reason.
pub(super) async fn save(download: Download) -> Result<(), Problem> {
    let made = JsFuture::from(with_fonts(&download.text)).await.map_err(|error| not_made(Taken::Svg, &error))?;
    runs::save(&Download { text: made.as_string().unwrap_or_default(), ..download })
}

fn not_made(how: Taken, error: &JsValue) -> Problem {
    let (title, way) = match how {
        Taken::Copied => ("The picture is not in the clipboard.", "Save it as PNG instead."),
        Taken::Svg | Taken::Png => {
            ("The picture could not be made.", "Its fonts come from the lab: is that still there?")
        }
    };
    let said = message_of(error);
    Problem::new(title, format!("The browser said: {}. {way}", said.trim_end_matches('.')))
}
