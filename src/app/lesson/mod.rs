//! Lessons: a path of steps through the page, each with one thing to predict and one to do.
//!
//! A lesson is a text from the lab or from outside. It says which scene to set up, what to
//! ask, and by which [`Fact`] the page knows the answer. Its words are shown as text, and nothing of
//! it runs. What a fact comes to, `present::lesson` looks up in the state.
//!
//! | file | what is in it |
//! |---|---|
//! | `fact` | what a lesson may ask the lab: counts, lengths, verdicts |
//! | `condition` | comparisons of facts |
//! | `scene` | what a step sets up |
//! | `text` | a lesson as text: reading it, and what is wrong with it, by line |
//! | `source` | where a lesson comes from, and its link |
//! | `course` | the lesson that is open: its step, predictions and answers |

mod condition;
mod course;
mod fact;
mod scene;
mod source;
mod text;

pub use self::{
    condition::{Condition, Is, Test, Than, Value},
    course::{Answer, Base, Change, Course, Lessons, Listed, Loaded, Page, Progress, Task},
    fact::{Fact, Unit},
    scene::{KEYS, Set},
    source::{PREFIX, Source, read_link},
    text::{
        Choice, Lesson, MAX_BYTES, MAX_CHARACTERS, MAX_CHOICES, MAX_MISTAKES, MAX_STEPS, Mistake, Step, WORDS, read,
    },
};
