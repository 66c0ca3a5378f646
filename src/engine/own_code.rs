//! The program of rows of own code: runs it, looks at what it makes, and has that for payloads.
//!
//! It runs in a Worker inside of a frame of the page, which has an origin of its own: `own_code.js` speaks
//! with it, `own_code_worker.js` is around it there. Its arrays come from that Worker by transfer.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};

use super::page::Page;
use crate::{
    app::{Code, Problem, Ran, Row, not_run},
    present::own_code::{changed, not_there, problem},
    segment::Element,
};

#[wasm_bindgen(module = "/src/engine/own_code.js")]
extern "C" {
    fn start(harness: &str, text: &str, wants: &Function, tell: &Function);
    fn next();
    fn end();
}

/// What stands around a program in its Worker.
const AROUND: &str = include_str!("own_code_worker.js");

/// Runs programs, one at a time.
pub(super) struct Program {
    wants: Closure<dyn Fn(JsValue)>,
    tell: Closure<dyn Fn(Array)>,
}

impl Program {
    /// `told` gets each result, and the error that ends a program.
    pub(super) fn new(page: Page, told: impl Fn(Result<Made, (Problem, u32)>) + 'static) -> Self {
        Self {
            wants: Closure::new(move |port| page.wants_place(port)),
            tell: Closure::new(move |array| told(made(&array))),
        }
    }

    /// Runs a text, in place of the one before.
    pub(super) fn start(&self, text: &str) {
        start(AROUND, text, self.wants.as_ref().unchecked_ref(), self.tell.as_ref().unchecked_ref());
    }

    /// Asks for the next result.
    pub(super) fn next(&self) {
        next();
    }

    /// Ends the program.
    pub(super) fn end(&self) {
        end();
    }
}

/// One array of a result.
struct Named {
    name: String,
    element: Element,
    length: usize,
    array: JsValue,
}

/// One result of a program.
pub(super) struct Made {
    arrays: Vec<Named>,
    /// Whether the program makes other ones for each put.
    pub(super) each: bool,
    /// Whether it is the first one.
    pub(super) is_first: bool,
    millis: u32,
    /// Whether a put has taken it.
    is_put: bool,
}

/// What came from a program, whose script has looked at its shape.
fn made(told: &Array) -> Result<Made, (Problem, u32)> {
    let number = |at| told.get(at).as_f64().unwrap_or_default() as u32;
    if let Some(word) = told.get(0).as_string() {
        let line = number(2);
        return Err((problem(&word, &told.get(1).as_string().unwrap_or_default(), line), line));
    }
    let mut arrays = Vec::new();
    for at in 3..told.length() {
        let one: Array = told.get(at).unchecked_into();
        let text = |at| one.get(at).as_string().unwrap_or_default();
        let kind = text(2);
        let Some(element) = Element::ALL.into_iter().find(|element| element.array_name() == kind) else {
            return Err((problem("unasked", "", 0), 0));
        };
        let array = one.get(1);
        let length = bytes_of(&array) / element.size();
        arrays.push(Named { name: text(0), element, length, array });
    }
    let each = told.get(1).is_truthy();
    Ok(Made { arrays, each, is_first: number(0) == 0, millis: number(2), is_put: false })
}

/// Bytes that an array has now: none any more when a payload has taken them.
fn bytes_of(array: &JsValue) -> usize {
    array.unchecked_ref::<Uint8Array>().byte_length() as usize
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

impl Made {
    /// What the page is told of the first result.
    pub(super) fn ran(&self, run: u32) -> Ran {
        let arrays = self.arrays.iter().map(|one| (one.name.clone(), one.element, one.length)).collect();
        Ran { run, arrays, each: self.each, millis: self.millis, ..Ran::default() }
    }
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
        let is_it = |one: &&Named| code.array.is_empty() || one.name == code.array;
        let Some(one) = made.arrays.iter().find(is_it) else { return Err(changed(row, None)) };
        if (one.element, one.length) != (row.element, row.length) {
            return Err(changed(row, Some((one.element, one.length))));
        }
        if bytes_of(&one.array) != row.array_bytes() {
            return Err(not_there());
        }
        Ok(one.array.clone())
    }
}
