//! Joining a class, and opening one. Nothing happens before a press.

use super::{
    change::{Change, Event, Task},
    experiment::Collected,
    name::{self, TEACHER},
    role::{Door, Entry, Role, Studying, Teaching},
};
use crate::app::{
    command::Command,
    effect::Effect,
    problem::Problem,
    session::{Declaration, Session},
    stage::{self, Large},
    state::State,
};

impl State {
    /// Lets a person's change happen.
    pub(in crate::app) fn class_changed(&mut self, change: Change) -> Vec<Effect> {
        match change {
            Change::Link(found) => self.invited(*found),
            Change::Name(name) => {
                if let Role::Door(door) = &mut self.classroom.role {
                    door.name = name;
                }
                Vec::new()
            }
            Change::Enter => self.enter_class(),
            Change::Teach => match self.classroom.role {
                Role::Teacher(_) => self.stage_changed(stage::Change::Large(Large::Class)),
                Role::Student(_) => Vec::new(),
                Role::Outside | Role::Door(_) => {
                    let door = Door { teaches: true, ..Door::default() };
                    self.classroom.role = Role::Door(door);
                    self.enter_class()
                }
            },
            Change::Leave => self.leave_class(),
            Change::PutScene => self.put_scene(),
            Change::TakeScene => self.take_scene(),
            Change::ForgetGone => vec![task(Task::ForgetGone)],
            Change::GoThere => self.go_there(),
            Change::Follow(follows) => self.follow(follows),
            Change::Shorten => self.shorten(),
            Change::Experiment(press) => self.experiment_pressed(press),
            Change::Kept(kept) => {
                self.class_kept(kept);
                Vec::new()
            }
        }
    }

    /// Lets what the engine tells happen.
    pub(in crate::app) fn class_told(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Entered(name) => self.entered(name),
            Event::Refused(problem) => {
                self.class_failed(Some(&problem));
                Vec::new()
            }
            Event::Renamed(name) => self.renamed(name),
            Event::Measured(carries) => {
                if let Role::Student(studying) = &mut self.classroom.role {
                    studying.carries = Some(carries);
                }
                Vec::new()
            }
            Event::Teacher(text) => self.teacher_said(&text),
            Event::TeacherHere(here) => {
                if let Role::Student(studying) = &mut self.classroom.role {
                    studying.teacher_here = here;
                }
                Vec::new()
            }
            Event::Wall(wall) => self.wall_told(wall),
            Event::Result(name, told) => self.result_came(&name, *told),
        }
    }

    /// The address of the page names a class: the page shows its door.
    fn invited(&mut self, found: Result<name::Invited, Problem>) -> Vec<Effect> {
        self.leave_connecting();
        let invited = match found {
            Ok(invited) => invited,
            Err(problem) => {
                self.link_problem = Some(problem);
                return Vec::new();
            }
        };
        if let Role::Teacher(teaching) = &self.classroom.role {
            // Its class ends by a press only.
            if teaching.class == invited.class {
                self.stage.large = Some(Large::Class);
            } else {
                let problem = Problem::new(
                    format!("This page teaches the class {}.", teaching.class),
                    "Open that link in another tab, or end this class first.",
                );
                self.link_problem = Some(problem);
            }
            return Vec::new();
        }
        if self.classroom.link().is_some_and(|link| link == invited.link()) {
            return Vec::new();
        }
        let left = self.leave_class();
        let name::Invited { class, name, teaches } = invited;
        self.classroom.role = Role::Door(Door { class: Some(class), name, teaches, ..Door::default() });
        left
    }

    fn enter_class(&mut self) -> Vec<Effect> {
        let Role::Door(door) = &mut self.classroom.role else { return Vec::new() };
        door.entry = Entry::UnderWay;
        if self.session.is_open() {
            return self.class_goes_on();
        }
        let effects = self.connect();
        if let Session::Failed(problem) = &self.session {
            let problem = problem.clone();
            self.class_failed(Some(&problem));
        }
        effects
    }

    /// A session is open: who is at the door enters, and who was in the class is in it again.
    pub(in crate::app) fn class_goes_on(&mut self) -> Vec<Effect> {
        let Session::Open(info) = &self.session else { return Vec::new() };
        let zid = info.zid.to_string();
        let wanted = match &mut self.classroom.role {
            Role::Door(door) if door.entry == Entry::UnderWay => {
                let class = door.class.get_or_insert_with(|| name::class_of(&zid)).clone();
                if door.teaches {
                    Task::Teach { class, zid }
                } else {
                    let name = Some(name::safe(&door.name)).filter(|name| !name.is_empty());
                    Task::Join { class, name: name.unwrap_or_else(|| name::offered(&zid)), zid, again: false }
                }
            }
            Role::Teacher(teaching) => Task::Teach { class: teaching.class.clone(), zid: teaching.zid.clone() },
            Role::Student(studying) => Task::Join {
                class: studying.class.clone(),
                name: studying.name.clone(),
                zid: studying.zid.clone(),
                again: true,
            },
            Role::Outside | Role::Door(_) => return Vec::new(),
        };
        vec![task(wanted)]
    }

    /// Why the page did not come in: the session did not open, or has ended.
    pub(in crate::app) fn class_failed(&mut self, problem: Option<&Problem>) {
        if let Role::Door(door) = &mut self.classroom.role
            && door.entry == Entry::UnderWay
        {
            door.entry = problem.map_or(Entry::Asked, |problem| Entry::Failed(problem.clone()));
        }
    }

    /// The page is in the class, as the teacher's or under this name.
    fn entered(&mut self, name: String) -> Vec<Effect> {
        let Session::Open(info) = &self.session else { return Vec::new() };
        let zid = info.zid.to_string();
        match &mut self.classroom.role {
            Role::Door(Door { class: Some(class), teaches, kept, .. }) => {
                let (class, teaches) = (std::mem::take(class), *teaches);
                if teaches {
                    let experiment = Collected::again(&class, kept);
                    let shows_experiment = experiment.is_some();
                    let teaching = Teaching { class, zid, experiment, shows_experiment, ..Teaching::default() };
                    self.classroom.role = Role::Teacher(Box::new(teaching));
                    self.stage.large = Some(Large::Class);
                } else {
                    let studying = Studying { class, name, zid, follows: true, ..Studying::default() };
                    self.classroom.role = Role::Student(Box::new(studying));
                }
                self.take_class_keys()
            }
            // It was in before: its texts are said anew.
            Role::Teacher(teaching) => {
                teaching.said = None;
                Vec::new()
            }
            Role::Student(studying) => {
                // The token of a teacher who is there comes anew.
                (studying.said, studying.telling, studying.teacher_here) = (None, None, false);
                if studying.name == name { Vec::new() } else { self.renamed(name) }
            }
            Role::Outside | Role::Door(_) => Vec::new(),
        }
    }

    fn renamed(&mut self, name: String) -> Vec<Effect> {
        let Role::Student(studying) = &mut self.classroom.role else { return Vec::new() };
        studying.name = name;
        self.take_class_keys()
    }

    /// The key of the page's own data in the class.
    pub(super) fn class_key(&self) -> Option<String> {
        match &self.classroom.role {
            Role::Teacher(teaching) => Some(name::key(&teaching.class, TEACHER, "data")),
            Role::Student(studying) => Some(name::key(&studying.class, &studying.name, "data")),
            Role::Outside | Role::Door(_) => None,
        }
    }

    /// The page puts under its own key from now on, and what comes back is its own.
    pub(super) fn take_class_keys(&mut self) -> Vec<Effect> {
        let Some(key) = self.class_key() else { return Vec::new() };
        if !matches!(self.subscription, Declaration::Declared(_)) {
            self.sub_key.clone_from(&key);
        }
        if self.key == key { Vec::new() } else { self.key_typed(key) }
    }

    fn leave_class(&mut self) -> Vec<Effect> {
        let before = std::mem::take(&mut self.classroom.role);
        self.stage.large = self.stage.large.filter(|large| *large != Large::Class);
        match before {
            Role::Teacher(_) => vec![task(Task::Leave), Effect::ForgetClass],
            Role::Student(_) => vec![task(Task::Leave)],
            Role::Door(door) if door.entry == Entry::UnderWay => vec![task(Task::Leave)],
            Role::Outside | Role::Door(_) => Vec::new(),
        }
    }
}

/// What the engine has to do, as an effect.
pub(super) fn task(task: Task) -> Effect {
    Effect::Engine(Command::Class(task))
}
