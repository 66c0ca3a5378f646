//! An experiment in the state of a student's page.

use super::taking::{Next, Taking};
use crate::{
    app::{
        Order, Problem, Shown,
        class::{change::Task, entry::task, role::Role},
        effect::Effect,
        link,
        state::State,
    },
    measure::course::Progress,
};

impl State {
    fn taking(&mut self) -> Option<&mut Taking> {
        if let Role::Student(studying) = &mut self.classroom.role { Some(&mut studying.taking) } else { None }
    }

    /// The teacher's page has said something: the page does its part of the experiment.
    pub(in crate::app::class) fn take_part(&mut self) -> Vec<Effect> {
        let busy = self.cost.is_measuring();
        let Role::Student(studying) = &mut self.classroom.role else { return Vec::new() };
        let Some(says) = &studying.teacher else { return Vec::new() };
        let has_it = says.have.contains(&studying.name);
        match studying.taking.hear(says.experiment.as_ref(), !says.stop, has_it, busy) {
            Next::Nothing => Vec::new(),
            Next::Stop => vec![Effect::StopMeasuring],
            Next::Measure => match self.order() {
                Ok(order) => {
                    if let Some(taking) = self.taking() {
                        taking.begun(order.number);
                    }
                    vec![Effect::Measure(order)]
                }
                Err(problem) => {
                    if let Some(taking) = self.taking() {
                        taking.failed(&problem);
                    }
                    Vec::new()
                }
            },
        }
    }

    /// The measurement that is asked for. Its rows are those of the teacher's scene, which is not set
    /// up: the rows of this page stay.
    fn order(&mut self) -> Result<Order, Problem> {
        let asked = self.taking().and_then(|taking| taking.asked().cloned());
        let asked = asked.ok_or_else(|| Problem::new("Nothing is asked.", ""))?;
        let mut scene = State::default();
        if let Some(link) = &asked.link {
            let unread = || Problem::new("The teacher's rows cannot be read.", "Ask for an experiment with others.");
            let found = link::read(link).ok_or_else(unread)??;
            if found.left_out > 0 || !found.setup.files.is_empty() {
                return Err(unread());
            }
            scene = State::resumed(found.setup);
        }
        scene.cost.scenario = asked.scenario;
        if let Some(problem) = scene.cannot_measure() {
            return Err(problem);
        }
        let (scenario, subject) = (asked.scenario, scene.subject(asked.scenario));
        let number = self.cost.begin(None, asked.link);
        Ok(Order { number, scenario, subject, rows: scene.rows, puts: false })
    }

    /// The measurement with this number is so far.
    pub(in crate::app) fn part_progress(&mut self, number: u64, progress: Progress) {
        if let Some(taking) = self.taking() {
            taking.progress(number, progress.done, progress.total);
        }
    }

    /// The measurement with this number has ended: the Cost pane shows its run, and the class gets it.
    pub(in crate::app) fn measure_ended(&mut self, number: u64, result: Result<Option<Shown>, Problem>) -> Vec<Effect> {
        let problem = result.as_ref().err().cloned();
        let id = result.as_ref().ok().and_then(|run| Some(run.as_ref()?.0.id));
        let effects = self.cost.ended(number, result);
        let run = id.and_then(|id| self.cost.run(id).cloned());
        if let Some(taking) = self.taking().filter(|taking| taking.is_measuring(number)) {
            taking.ended(problem.as_ref().map_or(Ok(run), Err));
        }
        effects
    }

    /// Has the engine tell the result, until the teacher's page has it.
    pub(in crate::app::class) fn student_tells(&mut self) -> Option<Effect> {
        let Role::Student(studying) = &mut self.classroom.role else { return None };
        let result = studying.taking.to_tell();
        let which = result.map(|(n, _)| n);
        if studying.telling == which {
            return None;
        }
        let result = result.map(|(n, run)| (n, run.clone()));
        studying.telling = which;
        Some(task(Task::Tell(result)))
    }
}
