//! What a student's page does: it follows the teacher, sets up scenes, and says where it is.

use super::{
    change::Task,
    entry::task,
    role::{Role, Studying},
    says::{MAX_PIECES, SceneSaid, StudentSays, TeacherSays, VERSION},
};
use crate::app::{
    action::Action,
    build::{Kind, Preset, Row},
    command::Command,
    effect::Effect,
    lesson::{self, read_link},
    link,
    problem::Problem,
    session,
    state::State,
};

/// A payload that takes longer than so many seconds on the link is too long for a class.
pub const TOO_LONG: f64 = 1.0;

/// A payload that the page shortens takes so many seconds.
const SHORT: f64 = 0.5;

/// Whether a person leaves the step of a lesson by this.
fn leaves_a_step(action: &Action) -> bool {
    use lesson::Change::{Close, Go, Link, List, Open, Step};
    matches!(action, Action::Lesson(Close | Go(_) | Link(..) | List | Open(..) | Step(_)))
}

impl State {
    /// Lets what an action means for the class happen, after the action.
    pub(in crate::app) fn class_follows(&mut self, before: &Watched) -> Vec<Effect> {
        if before.passes || matches!(self.classroom.role, Role::Outside | Role::Door(_)) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        // A lesson, a scene or a preset says where its own puts go. In a class each page has a key.
        if !before.types_a_key && (self.key != before.key || self.sub_key != before.sub_key) {
            effects.extend(self.take_class_keys());
        }
        let here = self.lessons.link();
        if before.leaves_a_step
            && let Role::Student(studying) = &mut self.classroom.role
        {
            // Going where the teacher is, is not leaving.
            studying.follows &=
                studying.teacher.as_ref().is_none_or(|says| says.lesson.is_none() || says.lesson == here);
        }
        effects.extend(self.teacher_says().or_else(|| self.student_says()));
        effects.extend(self.student_tells());
        effects.extend(self.keep_asked());
        effects
    }

    /// What is to be known before an action.
    pub(in crate::app) fn watched(&self, action: &Action) -> Watched {
        Watched {
            passes: matches!(action, Action::Many(_) | Action::Command(_)),
            types_a_key: matches!(action, Action::Key(_) | Action::SubKey(_)),
            leaves_a_step: leaves_a_step(action),
            key: self.key.clone(),
            sub_key: self.sub_key.clone(),
        }
    }

    /// The teacher's page says this.
    pub(super) fn teacher_said(&mut self, text: &str) -> Vec<Effect> {
        let Role::Student(studying) = &mut self.classroom.role else { return Vec::new() };
        let Ok(says) = TeacherSays::read(text, &studying.class) else {
            studying.not_understood += 1;
            return Vec::new();
        };
        studying.not_understood = 0;
        let before = studying.teacher.replace(says.clone());
        let mut effects = Vec::new();
        if let Some(SceneSaid { n, link }) = &says.scene {
            let which = Some((says.zid.clone(), *n));
            if studying.scene != which {
                studying.scene = which;
                if let Some(found) = link::read(link) {
                    let is_understood = found.is_ok();
                    effects.extend(self.stop_for_a_scene());
                    effects.extend(self.set_up(found));
                    let revision = Some(self.revision).filter(|_| is_understood);
                    if let Role::Student(studying) = &mut self.classroom.role {
                        studying.scene_at = revision;
                    }
                }
            }
        }
        effects.extend(self.take_part());
        let moved = before.and_then(|before| before.lesson) != says.lesson;
        if moved && self.classroom.studying().is_some_and(|studying| studying.follows) {
            effects.extend(self.go_to_the_teacher());
        }
        effects
    }

    /// Puts at a rate would go on with the rows of the scene, and a scene puts nothing.
    fn stop_for_a_scene(&mut self) -> Option<Effect> {
        let problem = Problem::new("The teacher has set up other rows.", "Start it again if these are to be put.");
        self.api.rate.stop(Some(problem)).then_some(Effect::Engine(Command::Session(session::Task::Stop)))
    }

    fn go_to_the_teacher(&mut self) -> Vec<Effect> {
        let step = self.classroom.studying().and_then(|studying| studying.teacher.as_ref()?.lesson.clone());
        match step.filter(|step| self.lessons.link().as_ref() != Some(step)).and_then(|step| read_link(&step)) {
            // A lesson from elsewhere is loaded after a press, here as everywhere.
            Some(found) => self.lesson_changed(lesson::Change::Link(Box::new(found), true)),
            None => Vec::new(),
        }
    }

    /// The person goes to the teacher's step.
    pub(super) fn go_there(&mut self) -> Vec<Effect> {
        self.go_to_the_teacher()
    }

    /// The person follows the teacher from now on, or does not any more.
    pub(super) fn follow(&mut self, follows: bool) -> Vec<Effect> {
        if let Role::Student(studying) = &mut self.classroom.role {
            studying.follows = follows;
        }
        if follows { self.go_to_the_teacher() } else { Vec::new() }
    }

    /// How many seconds the present payload takes on the link of a student's page; `None` where that
    /// is not known.
    #[must_use]
    pub fn seconds_on_the_link(&self) -> Option<f64> {
        let carries = self.classroom.studying()?.carries?;
        Some(self.rows.iter().map(Row::bytes).fold(0, usize::saturating_add) as f64 / carries)
    }

    /// Sets up a payload that the link carries in half a second: with shorter arrays, or with those of
    /// a small preset where arrays alone are not too long.
    pub(super) fn shorten(&mut self) -> Vec<Effect> {
        let Some(seconds) = self.seconds_on_the_link().filter(|seconds| *seconds > SHORT) else { return Vec::new() };
        let by = SHORT / seconds;
        if self.rows.iter().any(|row| row.kind != Kind::Array) {
            return self.take_preset(Preset::ThreeSmall);
        }
        for row in &mut self.rows {
            row.length = ((row.length as f64 * by) as usize).max(1);
        }
        self.rows_changed()
    }

    /// Whether the rows are those of the teacher's scene.
    #[must_use]
    pub fn shows_teachers_scene(&self) -> bool {
        self.classroom.studying().is_some_and(|studying| studying.scene_at == Some(self.revision))
    }

    /// Says what has changed of a student's page. The engine completes it by what it counts.
    fn student_says(&mut self) -> Option<Effect> {
        let (step, revision) = (self.lessons.link(), self.revision);
        let old = |studying: &Studying| studying.pieces_of != Some(revision);
        let pieces = self.classroom.studying().filter(|studying| old(studying)).map(|_| {
            let pieces = self.plan().map(|plan| plan.pieces).unwrap_or_default();
            pieces.iter().take(MAX_PIECES).map(|piece| (piece.bytes() as u64, piece.mode)).collect()
        });
        let Role::Student(studying) = &mut self.classroom.role else { return None };
        if let Some(pieces) = pieces {
            (studying.pieces, studying.pieces_of) = (pieces, Some(revision));
        }
        let mut says = StudentSays {
            v: VERSION,
            name: studying.name.clone(),
            zid: studying.zid.clone(),
            n: studying.said.as_ref().map_or(0, |said| said.n),
            step,
            // In steps of 10 kB.
            link_mbs: studying.carries.map(|carries| ((carries / 1e4).round() / 100.0).max(0.01)),
            payload: studying.pieces.clone(),
            experiment: studying.taking.standing(),
            ..StudentSays::default()
        };
        if studying.said.as_ref() == Some(&says) {
            return None;
        }
        says.n += 1;
        let text = says.text();
        studying.said = Some(says);
        Some(task(Task::Say(text)))
    }
}

/// What is to be known before an action, to see what it means for the class.
#[derive(Debug)]
pub(in crate::app) struct Watched {
    /// The action consists of others.
    passes: bool,
    types_a_key: bool,
    leaves_a_step: bool,
    key: String,
    sub_key: String,
}
