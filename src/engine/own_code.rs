//! The program of rows of own code: runs it, and has what it makes for payloads.
//!
//! It runs in a Worker inside of a frame of the page, which has an origin of its own: `own_code.js` speaks
//! with it and looks at what comes, `own_code_worker.js` is around it there. Its arrays come from that
//! Worker by transfer.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    app::{Code, Found, Problem, Row, found, not_run},
    present::own_code::{changed, not_there, problem},
};

#[wasm_bindgen(module = "/src/engine/own_code.js")]
extern "C" {
    #[wasm_bindgen(js_name = start)]
    fn start_js(harness: &str, text: &str, tell: &Function);
    /// Asks for the next result.
    pub(super) fn next();
    /// Ends the program.
    pub(super) fn end();
}

/// What stands around a program in its Worker.
const AROUND: &str = include_str!("own_code_worker.js");

/// Runs a text, in place of the one before. `tell` gets what [`told`] reads.
pub(super) fn start(text: &str, tell: &Function) {
    start_js(AROUND, text, tell);
}

/// What comes from the script that speaks with the program.
pub(super) enum Told {
    /// The page is to open the frame, whose port this is.
    Wanted(JsValue),
    /// A result, the text that says what is in it, and whether it is the first one.
    Made(Made, String, bool),
    /// The program was ended: why, and in which line.
    Ended(Problem, u32),
}

/// One result of a program.
pub(super) struct Made {
    found: Vec<Found>,
    arrays: Array,
    /// Whether the program makes other ones for each put.
    pub(super) each: bool,
    /// Whether a put has taken it.
    is_put: bool,
}

/// Reads it.
pub(super) fn told(told: &Array) -> Told {
    let Some(text) = told.get(0).as_string() else { return Told::Wanted(told.get(0)) };
    let number = told.get(2).as_f64().unwrap_or_default() as u32;
    if let Some(about) = told.get(1).as_string() {
        return Told::Ended(problem(&text, &about, number), number);
    }
    let Some(found) = found(&text) else { return Told::Ended(problem("", "", 0), 0) };
    let made = Made { found, arrays: told.get(1).unchecked_into(), each: told.get(3).is_truthy(), is_put: false };
    Told::Made(made, text, number == 0)
}

/// What there is of the program of the rows.
#[derive(Default)]
pub(super) enum Output {
    /// Nothing has run.
    #[default]
    None,
    /// It makes its first result.
    Making,
    /// It has ended by this.
    Failed(Problem),
    /// Its last result, and the text that made it.
    Made(String, Made),
}

impl Output {
    /// Whether a result is under way.
    pub(super) fn is_making(&self) -> bool {
        match self {
            Self::Making => true,
            Self::Made(_, made) => made.each && made.is_put,
            _ => false,
        }
    }

    /// Whether puts of an array of this program have to wait.
    pub(super) fn waits(&self, code: &Code) -> bool {
        self.is_making() || matches!(self, Self::Made(text, _) if *text != code.text)
    }

    /// Whether the next put takes the result, because the program makes another one.
    pub(super) fn gives(&self) -> bool {
        matches!(self, Self::Made(_, made) if made.each)
    }

    /// The result was put.
    pub(super) fn put(&mut self) {
        if let Self::Made(_, made) = self {
            made.is_put = true;
        }
    }

    /// The array of a row.
    ///
    /// # Errors
    /// A [`Problem`] when it is not there, or not as it was at first.
    pub(super) fn array(&self, row: &Row, code: &Code) -> Result<JsValue, Problem> {
        let made = match self {
            Self::Made(text, made) if *text == code.text => made,
            Self::Failed(problem) => return Err(problem.clone()),
            Self::Making => return Err(not_there()),
            _ => return Err(not_run()),
        };
        let at = made.found.iter().position(|one| code.array.is_empty() || one.name == code.array);
        let one = at.and_then(|at| made.found.get(at));
        let fits = one.is_some_and(|one| (one.element, one.length) == (row.element, row.length));
        let Some(at) = at.filter(|_| fits) else { return Err(changed(row, one)) };
        let array = made.arrays.get(at as u32);
        // A payload may have taken its bytes.
        if array.unchecked_ref::<Uint8Array>().byte_length() as usize != row.array_bytes() {
            return Err(not_there());
        }
        Ok(array)
    }
}
