//! The frame in which own code runs, and programs to start from.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

use super::{
    errands::Errands,
    lessons::{PATIENCE, load_text, text},
};
use crate::app::{Action, Code, Edit, Kind, MAX_PROGRAM, Report, RowId};

#[wasm_bindgen(module = "/src/web/own_code.js")]
extern "C" {
    #[wasm_bindgen(js_name = open)]
    fn open_frame(html: &str, port: &JsValue);
    /// Closes the frame, and ends what runs there.
    pub(super) fn close();
}

/// The document of the frame. The policy of the page has the SHA-256 of its script.
const FRAME: &str = include_str!("own_code.html");

/// Opens the frame, and hands it the engine's port.
pub(super) fn open(port: &JsValue) {
    open_frame(FRAME, port);
}

impl Errands {
    /// Loads a program to start from into a row.
    pub(super) fn example(&self, row: RowId, name: &'static str) {
        let this = self.clone();
        spawn_local(async move {
            let loading = load_text(&format!("programs/{name}.js"), MAX_PROGRAM, PATIENCE);
            let found =
                text(loading, "The program could not be loaded.", "The page's own server has to be reached.").await;
            this.tell(match found {
                Ok(text) => Action::Edit(row, Edit::Kind(Kind::Code(Code { text, array: String::new() }))),
                Err(problem) => Action::Browser(Report::NoExample(problem)),
            });
        });
    }
}
