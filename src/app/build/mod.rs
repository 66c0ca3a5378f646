//! The Build pane: the rows of the payload, and what they become.
//!
//! | File | What is in it |
//! |---|---|
//! | `row` | one row: its arrays, where they lie, what is in them |
//! | `message` | a Cap'n Proto message as a row asks for it |
//! | `robot` | rows of a robot, and the head of frames |
//! | `captured` | rows of a camera, a screen and a microphone |
//! | `program` | a program of own code, and what became of it |
//! | `own_code` | rows that it makes |
//! | `preset` | rows to begin with |
//! | `change` | what a person can do with the rows |
//! | `outcome` | what becomes of rows that have changed |
//! | `plan` | what the rows will become: pieces, copies, cuts |

mod captured;
mod change;
mod message;
mod outcome;
mod own_code;
mod plan;
mod preset;
mod program;
mod robot;
mod row;

pub use self::{
    captured::wanted,
    change::{Direction, Edit},
    message::Message,
    outcome::{Build, Built},
    own_code::not_run,
    plan::{Part, Piece, Plan, Structured, positions, structures},
    preset::Preset,
    program::{
        Code, EXAMPLES, Found, MAX_ARRAY_NAME, MAX_ARRAYS, MAX_PROGRAM, MAX_RESULT, OwnCode, PLACE_MILLIS, RUN_MILLIS,
        found,
    },
    robot::head,
    row::{
        FIRST_TEXT, FileId, Fill, Given, Kind, MAX_DIMENSIONS, MAX_REPEAT, MAX_SEGMENTS, MAX_TEXT, Row, RowId,
        TIMESTAMP, Typed,
    },
};
