//! What a person does in a class, what the engine has to do for it, and what the engine tells.

use serde::{Deserialize, Serialize};

use super::{
    book::Wall,
    experiment::{Press, Told},
    name::Invited,
};
use crate::app::{Shown, action::Action, event::Event as EngineEvent, problem::Problem};

/// What a person does in a class, and what the browser says of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The address of the page names a class.
    Link(Box<Result<Invited, Problem>>),
    /// Another name was typed.
    Name(String),
    /// Join the class, or open it.
    Enter,
    /// Open a class, or show it again or not any more.
    Teach,
    /// Leave the class, or the door to it.
    Leave,
    /// Have all pages set up the scene of this one.
    PutScene,
    /// Have no page set up a scene any more.
    TakeScene,
    /// Forget the students who are gone.
    ForgetGone,
    /// Go to the step that the teacher is at.
    GoThere,
    /// Follow the teacher, or do not any more.
    Follow(bool),
    /// Set up a payload that the link carries in less than a second.
    Shorten,
    /// Do something with an experiment.
    Experiment(Press),
    /// This tab has kept this of an experiment; or why it does not.
    Kept(Result<String, Problem>),
}

/// What the engine has to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Open this class, with the zenoh id of the page. Ends by [`Event::Entered`] or
    /// [`Event::Refused`], and tells [`Event::Wall`] from then on.
    Teach {
        /// The class.
        class: String,
        /// What the page calls itself in its texts.
        zid: String,
    },
    /// Join this class. Ends by [`Event::Entered`] or [`Event::Refused`]. Then it tells what the
    /// teacher says, and once what the link carries.
    Join {
        /// The class.
        class: String,
        /// The wanted name.
        name: String,
        /// What the page calls itself in its texts.
        zid: String,
        /// Whether the page has had this name, and takes it without looking for others.
        again: bool,
    },
    /// Say this every two seconds from now on. Needs no answer.
    Say(String),
    /// Tell this result of the experiment with this number every two seconds from now on; or none.
    /// Needs no answer.
    Tell(Option<(u64, Shown)>),
    /// Forget the students who are gone. Needs no answer.
    ForgetGone,
    /// Leave the class. Needs no answer.
    Leave,
}

/// What the engine tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The page is in the class, under this name.
    Entered(String),
    /// The page is not in the class.
    Refused(Problem),
    /// Another page of this name was there before: this is the name from now on.
    Renamed(String),
    /// The link carries so many bytes in a second.
    Measured(f64),
    /// The teacher's page says this.
    Teacher(String),
    /// Whether the teacher's page is there.
    TeacherHere(bool),
    /// What arrives, by student.
    Wall(Wall),
    /// A result of an experiment came on the key of this name, or what is wrong with it.
    Result(String, Box<Result<Told, String>>),
}

/// The action that lets `change` happen.
impl From<Change> for Action {
    fn from(change: Change) -> Self {
        Self::Class(change)
    }
}

impl From<Event> for EngineEvent {
    fn from(event: Event) -> Self {
        Self::Class(event)
    }
}
