//! What the page knows of a program of own code: its text, and what became of running it.

use serde::{Deserialize, Serialize};

use crate::{app::problem::Problem, segment::Element};

/// The most UTF-16 code units of a program. Links and kept rows hold it.
pub const MAX_PROGRAM: usize = 8_192;

/// The most arrays of one result.
pub const MAX_ARRAYS: usize = 64;

/// The most UTF-16 code units of an array's name.
pub const MAX_ARRAY_NAME: usize = 64;

/// The most bytes of one result.
pub const MAX_RESULT: usize = 256 << 20;

/// Milliseconds that one run may take. Then the program is ended.
pub const RUN_MILLIS: u32 = 5_000;

/// Milliseconds in which the place where programs run has to be there.
pub const PLACE_MILLIS: u32 = 20_000;

/// The program of a new row.
pub(super) const FIRST_PROGRAM: &str = "// Return a typed array, several as { name: array },
// or a function of { seq, t } that makes them for each put.
const wave = new Float32Array(1000);
for (let i = 0; i < wave.length; i++) {
  wave[i] = Math.sin(i / 20);
}
return wave;
";

/// Programs to start from: the name of each in the folder `programs`.
pub const EXAMPLES: [&str; 12] =
    ["sine", "chirp", "gradient", "mandelbrot", "torus", "lidar", "imu", "bayer", "sparse", "header", "audio", "noise"];

/// An array that a program makes. It crosses and is kept as one text: the name in the first line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Code {
    /// The program.
    pub text: String,
    /// The name of the array in its result; empty for the first one. It has no line break.
    pub array: String,
}

impl From<Code> for String {
    fn from(Code { text, array }: Code) -> Self {
        array + "\n" + &text
    }
}

impl From<String> for Code {
    fn from(both: String) -> Self {
        let (array, text) = both.split_once('\n').unwrap_or(("", &both));
        Self { text: text.to_owned(), array: array.to_owned() }
    }
}

/// An array of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name; empty when it is the result itself.
    pub name: String,
    /// The type of its elements.
    pub element: Element,
    /// Their number.
    pub length: usize,
}

/// The arrays of a result, as the script of the engine writes them: a line for each, of type, length and name.
/// `None` when a type is not one that a payload can have.
#[must_use]
pub fn found(text: &str) -> Option<Vec<Found>> {
    let mut all = Vec::new();
    for line in text.lines() {
        let (kind, rest) = line.split_once(' ')?;
        let (length, name) = rest.split_once(' ')?;
        let element = Element::ALL.into_iter().find(|element| element.array_name() == kind)?;
        all.push(Found { name: name.to_owned(), element, length: length.parse().ok()? });
    }
    Some(all)
}

/// The program of the rows, as it was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnCode {
    /// The number of the last run.
    pub run: u32,
    /// The text that a person has run last.
    pub text: String,
    /// Whether that is under way.
    pub runs: bool,
    /// The arrays of its first result, in their order.
    pub arrays: Vec<Found>,
    /// Whether it makes other ones for each put.
    pub each: bool,
    /// Why there are none, or none any more.
    pub problem: Option<Problem>,
    /// The line of the text that the problem is in; 0 for none.
    pub line: u32,
}

impl OwnCode {
    /// Whether this text was run, in the engine that is there.
    #[must_use]
    pub fn is_of(&self, text: &str) -> bool {
        self.has_run() && self.text == text
    }

    /// Whether any text was run there.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.runs || self.has_arrays() || self.problem.is_some()
    }

    /// Whether the engine has arrays of it.
    #[must_use]
    pub fn has_arrays(&self) -> bool {
        !self.arrays.is_empty()
    }
}
