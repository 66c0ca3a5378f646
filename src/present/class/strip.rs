//! What a student's page says of its class: where the teacher is, and what the link carries.

use super::wall::{speed, step};
use crate::{
    app::{
        State,
        class::{Studying, TOO_LONG},
    },
    present::format,
};

/// What the page says of the teacher.
#[must_use]
pub fn teacher(studying: &Studying) -> String {
    let lesson = studying.teacher.as_ref().and_then(|says| says.lesson.as_deref());
    if studying.not_understood > 0 {
        return "This page does not understand the teacher’s page: one of the two is of another version. Load this page \
                again."
            .to_owned();
    }
    match (studying.teacher_here, step(lesson)) {
        (false, _) => "The teacher’s page is not there.".to_owned(),
        (true, Some(step)) => format!("The teacher is at {step}."),
        (true, None) => "The teacher has no lesson open.".to_owned(),
    }
}

/// Whether the page is where the teacher is, as far as lessons go.
#[must_use]
pub fn is_with_the_teacher(state: &State, studying: &Studying) -> bool {
    let lesson = studying.teacher.as_ref().and_then(|says| says.lesson.clone());
    lesson.is_none() || state.lessons.link() == lesson
}

/// What the link carries, or that this is being measured: on a slow link that takes seconds.
#[must_use]
pub fn link(studying: &Studying) -> String {
    match studying.carries {
        Some(carries) => format!("The link to the router carries {}.", speed(carries)),
        None => "This page sends some data, to measure its link to the router …".to_owned(),
    }
}

/// The warning that the payload takes long on the link.
#[must_use]
pub fn too_long(state: &State) -> Option<String> {
    let seconds = state.seconds_on_the_link().filter(|seconds| *seconds > TOO_LONG)?;
    let bytes = state.rows.iter().map(crate::app::Row::bytes).fold(0, usize::saturating_add);
    Some(format!("This payload of {} takes {} on this link.", format::size(bytes), time(seconds)))
}

fn time(seconds: f64) -> String {
    if seconds < 100.0 { format!("{seconds:.1} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::class::{Role, TeacherSays, VERSION};

    fn studying() -> Studying {
        let says = TeacherSays {
            v: VERSION,
            class: "abcde".to_owned(),
            zid: "1".to_owned(),
            n: 1,
            lesson: Some("#l=owners/2".to_owned()),
            scene: None,
            experiment: None,
            have: Vec::new(),
            stop: false,
        };
        let mut studying = Studying::default();
        (studying.teacher, studying.teacher_here, studying.carries) = (Some(says), true, Some(2e6));
        studying
    }

    #[test]
    fn page_says_where_the_teacher_is() {
        let mut here = studying();
        assert_eq!(teacher(&here), "The teacher is at owners, step 2.");
        assert!(!is_with_the_teacher(&State::default(), &here));
        here.teacher.as_mut().unwrap().lesson = None;
        assert_eq!(teacher(&here), "The teacher has no lesson open.");
        assert!(is_with_the_teacher(&State::default(), &here));
        here.not_understood = 1;
        assert!(teacher(&here).starts_with("This page does not understand the teacher’s page:"));
        (here.not_understood, here.teacher_here) = (0, false);
        assert_eq!(teacher(&here), "The teacher’s page is not there.");
        assert_eq!(link(&here), "The link to the router carries 2.0 MB/s.");
        assert_eq!(link(&Studying::default()), "This page sends some data, to measure its link to the router …");
    }

    #[test]
    fn payload_that_takes_long_on_the_link_is_told() {
        let with = |carries: f64| {
            let (mut studying, mut state) = (studying(), State::of(crate::app::Preset::Tensor));
            studying.carries = Some(carries);
            state.classroom.role = Role::Student(Box::new(studying));
            too_long(&state)
        };
        assert_eq!(with(1e8), None);
        assert_eq!(with(2e6).unwrap(), "This payload of 11.25 MiB takes 5.9 s on this link.");
        assert_eq!(with(2e4).unwrap(), "This payload of 11.25 MiB takes 10 min on this link.");
        assert_eq!(too_long(&State::of(crate::app::Preset::Tensor)), None, "not measured");
    }
}
