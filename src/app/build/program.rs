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
pub const PLACE_MILLIS: u32 = 10_000;

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

/// An array that a program makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The program.
    pub text: String,
    /// The name of the array in its result; empty for the first one.
    pub array: String,
}

/// What became of running a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Which run.
    pub run: u32,
    /// The arrays of its first result, in their order: name, type and elements.
    pub arrays: Vec<(String, Element, usize)>,
    /// Whether it makes other ones for each put.
    pub each: bool,
    /// Milliseconds that the first result took.
    pub millis: u32,
    /// Why there are none, or none any more.
    pub problem: Option<Problem>,
    /// The line of the program that the problem is in; 0 for none.
    pub line: u32,
}

/// The program of the rows, as it was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnCode {
    /// The text that a person has run last.
    pub text: String,
    /// Whether that is under way.
    pub runs: bool,
    /// What became of it.
    pub ran: Ran,
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
        self.runs || self.has_arrays() || self.ran.problem.is_some()
    }

    /// Whether the engine has arrays of it.
    #[must_use]
    pub fn has_arrays(&self) -> bool {
        !self.runs && !self.ran.arrays.is_empty()
    }
}
