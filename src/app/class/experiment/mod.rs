//! The class is the experiment: every page measures the same in its own engine, and the teacher's
//! page collects the results.
//!
//! | File | What is in it |
//! |---|---|
//! | `told` | one result, as it travels |
//! | `collected` | the teacher's side: who was asked, what came, and what did not |
//! | `kept` | what the teacher's tab keeps of it, for a page that is loaded again |
//! | `taking` | a student's side: what its page does when it is asked |
//! | `teach`, `part` | how the two are parts of the state of a teacher's and of a student's page |
//!
//! No result is lost without being told. Who was asked has a number, and stands in the list until the
//! experiment is cleared: with a result, or with the reason why there is none.

mod collected;
mod kept;
mod part;
mod taking;
mod teach;
mod told;

pub use self::{
    collected::{Arrived, Collected, MAX_REFUSED, Member, Refused, Where},
    taking::{Next, Taking},
    teach::Press,
    told::Told,
};

#[cfg(test)]
mod tests;
