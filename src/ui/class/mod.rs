//! The pages of a class: the teacher's view, which fills the window, and the strip of a student's
//! page. Plain functions: each component of its own would cost kilobytes of the program.

mod experiment;
mod student;
mod teacher;

pub(super) use self::{
    student::strip,
    teacher::{class_button, view},
};
