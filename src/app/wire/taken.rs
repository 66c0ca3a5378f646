//! Recorded frames on their way from the engine, which keeps their bytes, to the record.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    app::{PutId, Row},
    client::capture::{self, Place, Way},
    wire::{Begun, Summary},
};

/// Finds the bytes of a frame: its number in its session, and its time.
pub type FrameKey = (u64, Duration);

/// A frame without its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Its number, from 0, in the order in which frames came and went.
    pub number: u64,
    /// When, by the clock of the engine.
    pub at: Duration,
    /// Which way.
    pub way: Way,
    /// Bytes.
    pub len: usize,
    /// What is in it.
    pub summary: Summary,
    /// Which part of a message, if it is one.
    pub place: Option<Place>,
    /// Where in its message it is, if it is a part of one whose beginning was recorded.
    pub begun: Option<Begun>,
    /// The page's operations in it, outgoing only.
    pub ops: Vec<PutId>,
}

impl Head {
    /// Finds its bytes.
    #[must_use]
    pub fn key(&self) -> FrameKey {
        (self.number, self.at)
    }
}

impl From<&capture::Frame> for Head {
    fn from(frame: &capture::Frame) -> Self {
        let capture::Frame { number, at, way, bytes, summary, place, begun, ops } = frame;
        Self {
            number: *number,
            at: *at,
            way: *way,
            len: bytes.len(),
            summary: summary.clone(),
            place: *place,
            begun: begun.clone(),
            ops: ops.clone(),
        }
    }
}

/// Puts with consecutive ids, from the first to the last, and the rows that they are made of.
pub type Note = ((PutId, PutId), Vec<Row>);

/// What a session holds for a page that asks from time to time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The frames after the one that was asked for, oldest first.
    pub frames: Vec<Head>,
    /// The rows of the puts that were made since the last answer.
    pub notes: Vec<Note>,
    /// The number of the oldest frame that the session still keeps, or of the next one when there
    /// is none.
    pub oldest: u64,
    /// How many frames were recorded in all.
    pub recorded: u64,
    /// How many bytes recording has copied.
    pub copied: u64,
}

impl From<&capture::Taken> for Taken {
    fn from(taken: &capture::Taken) -> Self {
        let frames = taken.frames.iter().map(Head::from).collect();
        Self { frames, notes: Vec::new(), oldest: taken.oldest, recorded: taken.recorded, copied: taken.copied }
    }
}
