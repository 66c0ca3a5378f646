//! The files that frames are saved in, and how saving goes.

use serde::{Deserialize, Serialize};

use crate::app::Problem;

/// A form of file for frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// A line of JSON for each frame, with its bytes and its fields.
    JsonLines,
    /// The bytes as they were, for Wireshark and its relatives.
    Pcapng,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::JsonLines, Self::Pcapng];

    /// The ending of the file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Pcapng => "pcapng",
        }
    }

    /// What its button says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON lines",
            Self::Pcapng => "pcapng",
        }
    }
}

/// How saving goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Saving {
    /// Nothing was saved yet.
    #[default]
    None,
    /// A file is being made.
    UnderWay,
    /// It was handed over; what is in it.
    Done(String),
    /// It could not be.
    Failed(Problem),
}
