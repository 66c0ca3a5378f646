//! The state of the page and everything that can happen to it.
//!
//! [`State::apply`] is a pure function from a state and an [`Action`] to a new state and the
//! [`Effect`]s to carry out. What carries them out answers with further actions. No payload byte,
//! no socket and no clock is in here, so a state can be compared, saved and tested natively.
//!
//! Each slice has its part of the state and what happens to it in a file or a folder of its own:
//!
//! | Slice | What it is about |
//! |---|---|
//! | `build` | the rows of the payload, and what they become |
//! | [`capture`] | cameras, screens and microphones: started by a press, followed by their rows |
//! | `layout`, [`sight`] | what the Layout pane shows, selects and orders |
//! | [`film`] | building and putting, played in the drawing |
//! | [`stage`] | what is below the drawing, what fills the window, first things to do |
//! | [`link`] | the scene in the address of the page |
//! | [`class`] | a class: pages that join a teacher's, follow it, and are on its wall |
//! | [`lesson`] | lessons: a path of steps, what is predicted and what comes out |
//! | [`cost`] | the Cost pane: measurements and the history of runs |
//! | [`session`], [`locator`] | the Router pane: the session and all that is done with it |
//! | [`message`] | the sample that is read as a message |
//! | [`bytes`] | the payload whose bytes are looked at |
//! | [`wire`] | the frames that went over the link |
//! | [`ownership`] | the Ownership pane: experiments and their findings |
//! | [`history`] | changes that can be undone |
//! | [`engine`], `setup`, `surroundings` | the program that owns bytes and session, what is kept, what the page runs in |
//!
//! `state`, `action`, `effect`, `command`, `event` and `report` join the slices: an action is what
//! a person does, an event what the engine tells, a report what the browser says. `apply` says
//! which slice each is for.
//! What several slices need is in [`pause`], `problem`, `words`, `selection`, `typed_array` and `sending`;
//! [`keys`] is what the keyboard can do.

mod action;
mod apply;
mod build;
pub mod bytes;
pub mod capture;
pub mod class;
mod command;
pub mod cost;
pub mod demonstration;
mod effect;
pub mod engine;
mod event;
pub mod film;
pub mod history;
pub mod kept;
pub mod keys;
mod layout;
pub mod lesson;
pub mod link;
pub mod locator;
pub mod message;
pub mod order;
pub mod ownership;
pub mod pause;
mod problem;
mod report;
mod selection;
mod sending;
pub mod session;
mod setup;
pub mod sight;
pub mod stage;
mod state;
mod surroundings;
mod typed_array;
pub mod wire;
mod words;

pub use self::{
    action::Action,
    build::{
        Build, Built, Code, Direction, EXAMPLES, Edit, FIRST_TEXT, FileId, Fill, Found, Given, Kind, MAX_ARRAY_NAME,
        MAX_ARRAYS, MAX_DIMENSIONS, MAX_PROGRAM, MAX_REPEAT, MAX_RESULT, MAX_SEGMENTS, MAX_TEXT, Message, OwnCode,
        PLACE_MILLIS, Part, Piece, Plan, Preset, RUN_MILLIS, Row, RowId, Structured, TIMESTAMP, Typed, found, head,
        not_run, positions, structures, wanted,
    },
    command::{Along, Command, FileTask},
    cost::{Cost, Download, Order, Shown, Status},
    effect::Effect,
    engine::Engine,
    event::Event,
    layout::View,
    problem::{Problem, sentence},
    report::Report,
    selection::Selection,
    sending::{Basis, Sending},
    session::{
        Clock, Declaration, Hash, KEPT_BYTES, KEPT_SAMPLES, Lost, More, Numbers, Put, PutId, PutReport, Sample,
        SampleId, Session, Stamp,
    },
    setup::Setup,
    sight::Window,
    state::State,
    surroundings::{Class, Surroundings},
    words::InWords,
};

#[cfg(test)]
mod lists;
#[cfg(test)]
mod tests;
