//! The drawing of Layout as a file or in the clipboard, and the fonts of every SVG that is saved.
//!
//! `drawing.js` reads what the browser shows: its styles are known only there. Each mark gets a class
//! with what differs from a mark without a style (`MARK`); a group gives its marks nothing (`GROUP`),
//! and words outside of drawings have a colour instead of a fill (`WORDS`). Equal looks share a class.
//! `BASE` is where the base line of Plex is, from the upper edge of a line of text.

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
    /// The drawing with the names of its bands and its ledger, as SVG without fonts. Empty if the page
    /// shows no drawing.
    #[wasm_bindgen(js_name = layoutAsSvg)]
    fn layout_as_svg() -> String;
    /// An SVG with those fonts of the page in it that it names and has letters for.
    #[wasm_bindgen(js_name = withFonts)]
    fn with_fonts(svg: &str) -> Promise;
    /// An SVG without fonts as a PNG, with two pixels for each of its own, or as many as the screen has.
    #[wasm_bindgen(js_name = asPng)]
    fn as_png(svg: &str) -> Promise;
    /// Puts the same into the clipboard. The browser is asked at once.
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
/// What is wrong: the page shows no drawing, or the browser has a reason.
pub fn take(how: Taken) -> impl Future<Output = Result<(), String>> {
    let svg = layout_as_svg();
    let promise = match how {
        _ if svg.is_empty() => {
            Err("Layout shows no drawing. Build a payload, and show Layout in byte order.".to_owned())
        }
        Taken::Svg => Ok(with_fonts(&svg)),
        Taken::Png => Ok(as_png(&svg)),
        Taken::Copied => copy_as_png(&svg).map_err(|error| message_of(&error)),
    };
    async move {
        let made = JsFuture::from(promise?).await.map_err(|error| message_of(&error))?;
        let saved = match how {
            Taken::Svg => runs::save(&Download {
                name: "zbytes-lab-layout.svg".to_owned(),
                media: SVG,
                text: made.as_string().unwrap_or_default(),
            }),
            Taken::Png => runs::save_blob(made.unchecked_into::<Blob>(), "zbytes-lab-layout.png"),
            Taken::Copied => Ok(()),
        };
        saved.map_err(|problem| problem.detail)
    }
}

/// Saves an SVG that was made elsewhere, with the fonts that it names.
///
/// # Errors
/// The browser's reason.
pub(super) async fn save(download: Download) -> Result<(), Problem> {
    let made = JsFuture::from(with_fonts(&download.text)).await.map_err(|error| runs::not_saved(&error))?;
    runs::save(&Download { text: made.as_string().unwrap_or_default(), ..download })
}
