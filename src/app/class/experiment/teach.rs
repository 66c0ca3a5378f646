//! An experiment in the state of a teacher's page.

use super::{collected::Collected, told::Told};
use crate::{
    app::{
        Kind, Problem,
        build::Row,
        class::{book::Presence, role::Role, says::Assignment},
        effect::Effect,
        link,
        state::State,
    },
    run::Scenario,
};

/// What a teacher does with an experiment.
#[derive(Clone, Debug, PartialEq)]
pub enum Press {
    /// Have all pages measure the chosen scenario. It is so many milliseconds since 1970.
    Measure(u64),
    /// No page begins any more, and those that measure stop.
    End,
    /// Show the wall again, or the experiment.
    Show(bool),
    /// Draw another quantity: its name.
    Quantity(String),
    /// Show names, or numbers.
    Names(bool),
}

impl State {
    /// Lets what a teacher does with an experiment happen.
    pub(in crate::app::class) fn experiment_pressed(&mut self, press: Press) -> Vec<Effect> {
        if let Press::Measure(now) = press {
            return self.ask_all(now);
        }
        let Role::Teacher(teaching) = &mut self.classroom.role else { return Vec::new() };
        match press {
            Press::Measure(_) => {}
            Press::End => {
                if let Some(experiment) = &mut teaching.experiment {
                    experiment.open = false;
                }
            }
            Press::Show(shows) => teaching.shows_experiment = shows,
            Press::Quantity(name) => teaching.quantity = name,
            Press::Names(names) => teaching.hides_names = !names,
        }
        Vec::new()
    }

    /// Why a class cannot measure the chosen scenario. `None` when it can.
    #[must_use]
    pub fn cannot_ask(&self) -> Option<Problem> {
        let scenario = self.cost.scenario;
        if scenario == Scenario::OwnSizes {
            return Some(Problem::new(
                "Whole puts of a class would measure its network.",
                "All pages would put at once, over one access point. Choose another scenario.",
            ));
        }
        if scenario.is_about_rows() && self.rows.iter().any(|row| matches!(row.kind, Kind::File(_))) {
            return Some(Problem::new(
                "A file is not in the other pages.",
                "Put an array of the same length in its place, and measure that.",
            ));
        }
        self.cannot_measure()
    }

    fn ask_all(&mut self, now: u64) -> Vec<Effect> {
        let scenario = self.cost.scenario;
        let about_rows = scenario.is_about_rows();
        let found = match self.cannot_ask() {
            Some(problem) => Err(problem),
            None if !about_rows => Ok(None),
            None => link::of(self).map(Some).map_err(|long| {
                Problem::new(
                    "These rows are too long for other pages.",
                    format!(
                        "Their scene has {} characters, and a page takes {}. Shorten their texts.",
                        long.characters,
                        link::MAX_LINK
                    ),
                )
            }),
        };
        let subject = self.subject(scenario);
        // Of a message, some series have another length than the rows.
        let same = !matches!(scenario, Scenario::Sizes | Scenario::Counts | Scenario::Message);
        let plain = same && self.rows.iter().all(|row| row.way().is_none());
        let bytes = plain.then(|| self.rows.iter().map(|row| Row::bytes(row) as u64).sum());
        let Role::Teacher(teaching) = &mut self.classroom.role else { return Vec::new() };
        match found {
            Err(problem) => teaching.experiment_problem = Some(problem),
            Ok(link) => {
                let before = teaching.experiment.as_ref().map_or(0, |before| before.assignment.n);
                let assignment = Assignment { n: now.max(before + 1), scenario, link };
                let there = |presence| !matches!(presence, Presence::Gone(_) | Presence::Unknown);
                let seats = teaching.seats.iter().filter(|seat| there(seat.tile.presence));
                let names = seats.map(|seat| seat.tile.name.raw());
                teaching.experiment = Some(Collected::begin(assignment, subject, bytes, names));
                (teaching.experiment_problem, teaching.shows_experiment) = (None, true);
                teaching.quantity.clear();
                return vec![Effect::ForgetClass];
            }
        }
        Vec::new()
    }

    /// The wall was told: who is there, and where they are with the experiment.
    pub(in crate::app::class) fn experiment_seen(&mut self) {
        let Role::Teacher(teaching) = &mut self.classroom.role else { return };
        let Some(experiment) = &mut teaching.experiment else { return };
        // Who left while this page had no book of the class.
        let is_unknown = |name: &str| !teaching.seats.iter().any(|seat| seat.tile.name.raw() == name);
        for member in experiment.members.iter_mut().filter(|member| is_unknown(member.name.raw())) {
            member.gone = true;
        }
        for seat in &teaching.seats {
            let name = seat.tile.name.raw();
            match seat.tile.presence {
                Presence::Gone(_) => experiment.gone(name),
                Presence::Unknown => {}
                _ => experiment.hear(name, seat.says.as_ref().and_then(|says| says.experiment.as_ref())),
            }
        }
    }

    /// A result came on the key of this name.
    pub(in crate::app::class) fn result_came(&mut self, name: &str, told: Result<Told, String>) -> Vec<Effect> {
        if let Role::Teacher(teaching) = &mut self.classroom.role
            && let Some(experiment) = &mut teaching.experiment
            && experiment.come(name, told)
        {
            let kept = experiment.kept(name, &teaching.zid);
            return kept.map(|kept| Effect::KeepClass(name.to_owned(), kept)).into_iter().collect();
        }
        Vec::new()
    }

    /// Keeps who was asked, if that has changed.
    pub(in crate::app::class) fn keep_asked(&mut self) -> Option<Effect> {
        let Role::Teacher(teaching) = &mut self.classroom.role else { return None };
        let (said, experiment) = (teaching.said.as_ref()?, teaching.experiment.as_ref()?);
        let now = (said.n, experiment.members.len());
        if std::mem::replace(&mut teaching.kept, now) == now {
            return None;
        }
        Some(Effect::KeepClass(String::new(), experiment.asked(said)))
    }

    /// What this tab has kept of an experiment, or why it could not keep it.
    pub(in crate::app::class) fn class_kept(&mut self, found: Result<String, Problem>) {
        match (&mut self.classroom.role, found) {
            (Role::Door(door), Ok(kept)) => door.kept = kept,
            (Role::Teacher(teaching), Err(problem)) => teaching.experiment_problem = Some(problem),
            _ => {}
        }
    }
}
