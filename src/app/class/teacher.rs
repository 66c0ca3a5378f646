//! What a teacher's page does: it says where it is, and shows who is there.

use super::{
    book::Wall,
    change::Task,
    entry::task,
    experiment::Collected,
    role::{Role, Seat, Teaching},
    says::{SceneSaid, StudentSays, TeacherSays, VERSION},
};
use crate::app::{effect::Effect, link, problem::Problem, state::State};

impl State {
    /// What arrives, by student.
    pub(super) fn wall_told(&mut self, wall: Wall) -> Vec<Effect> {
        if let Role::Teacher(teaching) = &mut self.classroom.role {
            let seat = |tile: super::Tile| Seat { says: StudentSays::read(&tile.says, tile.name.raw()).ok(), tile };
            teaching.seats = wall.tiles.into_iter().map(seat).collect();
            (teaching.not_understood, teaching.beyond) = (wall.not_understood, wall.beyond);
            teaching.other_teacher = wall.other_teacher;
        }
        self.experiment_seen();
        Vec::new()
    }

    /// All pages are to set up the scene of this one.
    pub(super) fn put_scene(&mut self) -> Vec<Effect> {
        let scene = link::of(self);
        let Role::Teacher(teaching) = &mut self.classroom.role else { return Vec::new() };
        teaching.problem = None;
        match scene {
            Ok(link) => {
                teaching.scenes += 1;
                teaching.scene = Some(SceneSaid { n: teaching.scenes, link });
            }
            Err(long) => {
                teaching.problem = Some(Problem::new(
                    "This scene is too long for other pages.",
                    format!(
                        "It has {} characters, and a page takes {}. Give long texts as files.",
                        long.characters,
                        link::MAX_LINK
                    ),
                ));
            }
        }
        Vec::new()
    }

    /// Pages that join from now on set up no scene.
    pub(super) fn take_scene(&mut self) -> Vec<Effect> {
        if let Role::Teacher(teaching) = &mut self.classroom.role {
            (teaching.scene, teaching.problem) = (None, None);
        }
        Vec::new()
    }

    /// Says what has changed of the teacher's page.
    pub(super) fn teacher_says(&mut self) -> Option<Effect> {
        let lesson = self.lessons.link();
        let Role::Teacher(teaching) = &mut self.classroom.role else { return None };
        let Teaching { class, zid, scene, experiment, .. } = &**teaching;
        let mut says = TeacherSays {
            v: VERSION,
            class: class.clone(),
            zid: zid.clone(),
            n: teaching.said.as_ref().map_or(0, |said| said.n),
            lesson,
            scene: scene.clone(),
            experiment: experiment.as_ref().map(|experiment| experiment.assignment.clone()),
            have: experiment.iter().flat_map(Collected::have).map(str::to_owned).collect(),
            stop: experiment.as_ref().is_some_and(|experiment| !experiment.open),
        };
        if teaching.said.as_ref() == Some(&says) {
            return None;
        }
        says.n += 1;
        let text = says.text();
        teaching.said = Some(says);
        Some(task(Task::Say(text)))
    }
}
