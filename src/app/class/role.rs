//! What the page is in a class.

use super::{
    book::Tile,
    experiment::{Collected, Taking},
    name::Invited,
    says::{SceneSaid, StudentSays, TeacherSays},
};
use crate::{app::problem::Problem, segment::Mode};

/// How far entering is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Entry {
    /// The page waits for a press.
    #[default]
    Asked,
    /// Under way.
    UnderWay,
    /// It did not succeed.
    Failed(Problem),
}

/// The door to a class.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Door {
    /// The class; `None` for one that is to be made.
    pub class: Option<String>,
    /// The name, as typed.
    pub name: String,
    /// Whether the page is to be the teacher's.
    pub teaches: bool,
    /// How far entering is.
    pub entry: Entry,
    /// What this tab has kept of an experiment, if its page was a teacher's.
    pub kept: String,
}

/// A student on the wall.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// What the book counts.
    pub tile: Tile,
    /// What the page says, once it has.
    pub says: Option<StudentSays>,
}

/// A teacher's page.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Teaching {
    /// The class.
    pub class: String,
    /// What the page calls itself.
    pub zid: String,
    /// The scene for all pages.
    pub scene: Option<SceneSaid>,
    /// How many scenes there were.
    pub(super) scenes: u64,
    /// The students, in the order of their names.
    pub seats: Vec<Seat>,
    /// Texts that were not understood.
    pub not_understood: u64,
    /// Samples of students beyond those that the class has room for.
    pub beyond: u64,
    /// Whether another page teaches this class too.
    pub other_teacher: bool,
    /// Why the scene of the page is not for others.
    pub problem: Option<Problem>,
    /// The last experiment.
    pub experiment: Option<Collected>,
    /// Why none could begin.
    pub experiment_problem: Option<Problem>,
    /// Whether it stands in the place of the wall.
    pub shows_experiment: bool,
    /// Which of its quantities is drawn.
    pub quantity: String,
    /// Whether numbers stand for names.
    pub hides_names: bool,
    /// What was said last.
    pub(super) said: Option<TeacherSays>,
    /// Which of these texts is kept with the experiment, and with how many pages.
    pub(super) kept: (u64, usize),
}

/// A student's page.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Studying {
    /// The class.
    pub class: String,
    /// The name.
    pub name: String,
    /// What the page calls itself.
    pub zid: String,
    /// Whether it follows the teacher.
    pub follows: bool,
    /// What the teacher's page said last.
    pub teacher: Option<TeacherSays>,
    /// Whether the teacher's page is there.
    pub teacher_here: bool,
    /// Texts of the teacher's that were not understood.
    pub not_understood: u64,
    /// The scene that was set up: whose, and which.
    pub(super) scene: Option<(String, u64)>,
    /// Whether the person has not changed the rows since the teacher's scene was set up.
    pub(super) scene_at: Option<u64>,
    /// Bytes in a second that the link carries.
    pub carries: Option<f64>,
    /// What it does for an experiment.
    pub taking: Taking,
    /// The experiment whose result the engine tells.
    pub(super) telling: Option<u64>,
    /// The revision of the rows that the pieces are of.
    pub(super) pieces_of: Option<u64>,
    /// The pieces of the payload.
    pub(super) pieces: Vec<(u64, Mode)>,
    /// What was said last.
    pub(super) said: Option<StudentSays>,
}

/// What the page is in a class.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Role {
    /// In none.
    #[default]
    Outside,
    /// At the door.
    Door(Door),
    /// The teacher's page.
    Teacher(Box<Teaching>),
    /// A student's page.
    Student(Box<Studying>),
}

/// The class that the page is in.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Classroom {
    /// What the page is.
    pub role: Role,
}

impl Classroom {
    /// Whether the page is in a class.
    #[must_use]
    pub fn is_in(&self) -> bool {
        matches!(self.role, Role::Teacher(_) | Role::Student(_))
    }

    /// The teacher's page, if this is one.
    #[must_use]
    pub fn teaching(&self) -> Option<&Teaching> {
        match &self.role {
            Role::Teacher(teaching) => Some(teaching),
            _ => None,
        }
    }

    /// The student's page, if this is one.
    #[must_use]
    pub fn studying(&self) -> Option<&Studying> {
        match &self.role {
            Role::Student(studying) => Some(studying),
            _ => None,
        }
    }

    /// What the address of the page says of the class.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let (class, name, teaches) = match &self.role {
            Role::Outside => return None,
            Role::Door(door) => (door.class.clone()?, String::new(), door.teaches),
            Role::Teacher(teaching) => (teaching.class.clone(), String::new(), true),
            Role::Student(studying) => (studying.class.clone(), studying.name.clone(), false),
        };
        Some(Invited { class, name, teaches }.link())
    }
}
