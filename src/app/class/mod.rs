//! A class: pages that join a teacher's page, follow it, and are on its wall.
//!
//! Everything is state that is told again every two seconds, and never an event that must not be
//! lost. So what was lost heals by itself, who comes late knows all, and nothing depends on order.
//!
//! | File | What is in it |
//! |---|---|
//! | `name` | names of the class and of people, their keys, the link by which a page joins |
//! | `says` | the two texts: what a teacher's page says, and what a student's says |
//! | `book` | the teacher's book of students, which the engine keeps, and the wall that the page gets |
//! | `change` | what a person does, what is to be done by the engine, and what the engine tells |
//! | `role` | what the page is in a class: a page at the door, a teacher's, a student's |
//! | `entry` | joining, and opening a class |
//! | `teacher` | what a teacher's page does |
//! | `student` | what a student's page does: following, scenes, a payload that the link carries |
//! | [`experiment`] | the class is the experiment: what is asked, told and collected |

mod book;
mod change;
mod entry;
pub mod experiment;
pub mod name;
mod role;
mod says;
mod student;
mod teacher;
#[cfg(test)]
mod tests;

pub use self::{
    book::{Book, Presence, SILENT, Tile, Wall},
    change::{Change, Event, Task},
    role::{Classroom, Door, Entry, Role, Seat, Studying, Teaching},
    says::{
        Assignment, Device, ExperimentSaid, ExperimentState, MAX_PIECES, MAX_RESULT, MAX_SAYS, MAX_STUDENTS, SceneSaid,
        StudentSays, TeacherSays, Unread, VERSION,
    },
    student::TOO_LONG,
};
