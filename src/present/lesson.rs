//! What the lab has found for the step of a lesson, and what the strip says of it.
//!
//! Every answer is a value that the lab has counted or measured. No text of a lesson says which
//! choice is right.

use std::cell::OnceCell;

use super::{cost::reading::Reading, format};
use crate::{
    app::{
        Build, Plan, Put, PutReport, Sample, Session, State, View,
        demonstration::Outcome,
        lesson::{Answer, Base, Change, Course, Fact, Progress, Step, Unit, Value},
        message::Found,
        ownership::{Experiment, Phase},
        session::{PRIORITIES, Rate},
    },
    measure::{Interval, Verdict, stats},
    run::{Run, Scenario, Variant},
    segment::Mode,
};

/// Looks facts up. What takes long to find out it finds out once.
struct Lookup<'a> {
    state: &'a State,
    base: &'a Base,
    plan: OnceCell<Option<Plan>>,
    reading: OnceCell<Option<Reading>>,
}

fn number(n: usize) -> Option<Value> {
    Some(Value::Number(n as f64))
}

fn word(holds: bool, words: [&'static str; 2]) -> Option<Value> {
    Some(Value::Word(words[usize::from(!holds)]))
}

fn yes(holds: bool) -> Option<Value> {
    word(holds, ["yes", "no"])
}

fn verdict(verdict: Verdict) -> Option<Value> {
    Some(Value::Word(match verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Same => "the same",
        Verdict::CannotTell => "cannot tell",
    }))
}

/// One of the three numbers of an interval.
fn end(interval: Option<Interval>, of: impl Fn(&Interval) -> f64) -> Option<Value> {
    interval.map(|interval| Value::Number(of(&interval)))
}

impl Lookup<'_> {
    fn plan(&self) -> Option<&Plan> {
        self.plan.get_or_init(|| self.state.plan().ok()).as_ref()
    }

    /// The last put, if it is of this step.
    fn put(&self) -> Option<&PutReport> {
        match &self.state.put {
            Put::Done(report) if self.state.lessons.puts > self.base.puts => Some(report),
            _ => None,
        }
    }

    fn arrived(&self) -> u64 {
        self.state.received.saturating_sub(self.base.received)
    }

    /// The newest sample of the subscription, if it is of this step.
    fn sample(&self) -> Option<&Sample> {
        self.state.samples.iter().find(|sample| sample.reply.is_none()).filter(|_| self.arrived() > 0)
    }

    fn run(&self) -> Option<&Run> {
        let shown = self.state.cost.shown.as_ref()?;
        let is_new = shown.0.id > self.base.run && !shown.0.partial && !self.state.cost.is_measuring();
        is_new.then_some(&*shown.0)
    }

    fn reading(&self) -> Option<&Reading> {
        self.reading.get_or_init(|| self.run().map(Reading::of)).as_ref()
    }

    fn times(&self) -> Option<Interval> {
        Some(self.reading()?.main()?.ratio)
    }

    fn share(&self) -> Option<Interval> {
        self.reading()?.share
    }

    fn fresh(&self) -> Option<Interval> {
        let samples = |variant| Some(&self.run()?.of(variant).next()?.samples);
        stats::ratio(samples(Variant::CopyFresh)?, samples(Variant::Copy)?)
    }

    fn rate(&self) -> Option<(bool, &crate::app::session::Course)> {
        match &self.state.api.rate {
            Rate::Running(id, course) if *id >= self.base.next => Some((true, course)),
            Rate::Stopped { id, course, .. } if *id >= self.base.next => Some((false, course)),
            _ => None,
        }
    }

    fn tried(&self, experiment: Experiment) -> Option<Value> {
        let trial = self.state.ownership.trial(experiment);
        let done = trial.run > self.base.tried && trial.phase == Phase::Done;
        if done { word(!trial.is_bad(), ["as expected", "not as expected"]) } else { None }
    }

    /// What an experiment has done to what was taken by a mode: array, payload, sample.
    fn fate(&self, mode: Mode, which: usize) -> Option<Value> {
        let shown = self.state.demonstration().filter(|shown| shown.run > self.base.tried)?;
        let sight = shown.sights()?.iter().find(|sight| sight.target.mode == mode)?;
        let (array, payload, sample) = sight.outcomes();
        let outcome = [Some(array), Some(payload), sample].get(which).copied().flatten()?;
        Some(Value::Word(match outcome {
            Outcome::Same => "unchanged",
            Outcome::Written => "changed",
            Outcome::Gone => "gone",
            Outcome::Other => "other",
        }))
    }

    fn rows(&self, mode: Mode) -> Option<Value> {
        number(self.state.rows.iter().filter(|row| row.mode == mode).count())
    }

    fn look(&self, fact: Fact) -> Option<Value> {
        let state = self.state;
        match fact {
            Fact::PayloadBytes => number(self.plan()?.len),
            Fact::PayloadSegments => number(self.plan()?.segments),
            Fact::DrawnBuilding => number(self.plan()?.building - self.plan()?.filling),
            Fact::DrawnFilling => number(self.plan()?.filling),
            Fact::DrawnGathering => number(self.plan()?.gathering),
            Fact::DrawnCopied => number(self.plan()?.building + self.plan()?.gathering),
            Fact::DrawnBatches => number(self.plan()?.batches.count),
            Fact::Built => match &state.build {
                Build::Ready(built) => number(built.copied as usize),
                _ => None,
            },
            Fact::Building => Some(Value::Word(match &state.build {
                Build::Ready(_) => "ready",
                Build::Failed(_) => "refused",
                Build::Pending => "pending",
            })),
            Fact::RowsCopied => self.rows(Mode::Copy),
            Fact::RowsBorrowed => self.rows(Mode::Borrow),
            Fact::RowsMoved => self.rows(Mode::Move),
            Fact::View => Some(Value::Word(View::name(state.view))),
            Fact::Film => word(state.film.is_none(), ["off", "on"]),
            Fact::Session => word(matches!(state.session, Session::Open(_)), ["open", "closed"]),
            Fact::Listening => yes(matches!(state.subscription, crate::app::Declaration::Declared(_))),
            Fact::Listener => yes(state.api.matching?),
            Fact::Puts => number(state.lessons.puts.saturating_sub(self.base.puts) as usize),
            Fact::PutBytes => number(self.put()?.bytes),
            Fact::PutBuilding => number(self.put()?.built as usize),
            Fact::PutGathering => number(self.put()?.gathered as usize),
            Fact::PutCopied => number((self.put()?.built + self.put()?.gathered) as usize),
            Fact::PutBatches => number(self.put()?.batches),
            Fact::Samples => number(self.arrived() as usize),
            Fact::SampleBytes => number(self.sample()?.len),
            Fact::SamplePieces => number(self.sample()?.segments),
            Fact::SampleLocal => yes(self.sample()?.local),
            Fact::SamplePriority => {
                let priority = self.sample()?.more.priority;
                PRIORITIES.iter().find(|(one, _)| *one == priority).map(|(_, name)| Value::Word(name))
            }
            Fact::Missed => number(state.api.missed.saturating_sub(self.base.missed) as usize),
            Fact::Rate => word(self.rate()?.0, ["running", "stopped"]),
            Fact::RatePuts => number(self.rate()?.1.puts as usize),
            Fact::RateDropped => number(self.rate()?.1.dropped as usize),
            Fact::RateReached => Some(Value::Number(self.rate()?.1.hz / state.api.hz.max(1) as f64)),
            Fact::Flushes => number(state.lessons.flushes.saturating_sub(self.base.flushes) as usize),
            Fact::Write => self.tried(Experiment::Write),
            Fact::Detach => self.tried(Experiment::Detach),
            Fact::Worker => self.tried(Experiment::Worker),
            Fact::Refuse => self.tried(Experiment::Refuse),
            Fact::Grow => self.tried(Experiment::Grow),
            Fact::Drop => self.tried(Experiment::Drop),
            Fact::CopiedArray => self.fate(Mode::Copy, 0),
            Fact::CopiedPayload => self.fate(Mode::Copy, 1),
            Fact::CopiedSample => self.fate(Mode::Copy, 2),
            Fact::BorrowedArray => self.fate(Mode::Borrow, 0),
            Fact::BorrowedPayload => self.fate(Mode::Borrow, 1),
            Fact::BorrowedSample => self.fate(Mode::Borrow, 2),
            Fact::MovedArray => self.fate(Mode::Move, 0),
            Fact::MovedPayload => self.fate(Mode::Move, 1),
            Fact::MovedSample => self.fate(Mode::Move, 2),
            Fact::ReadCopied => match &state.messages.open.as_ref()?.found {
                Found::Opened(opened) => number(opened.ledger.total() as usize),
                _ => None,
            },
            Fact::Run => {
                let at =
                    Scenario::ALL.iter().position(|one| *one == self.run().map(|run| run.scenario).unwrap_or_default());
                let Unit::Word(names) = Fact::Run.unit() else { return None };
                self.run().and(at).and_then(|at| names.get(at)).map(|name| Value::Word(name))
            }
            Fact::RunPuts => yes(!self.run()?.puts.is_empty()),
            Fact::RunVerdict => verdict(self.reading()?.main()?.verdict),
            Fact::RunTimes => end(self.times(), |interval| interval.estimate),
            Fact::RunTimesLow => end(self.times(), |interval| interval.lower),
            Fact::RunTimesHigh => end(self.times(), |interval| interval.upper),
            Fact::PutVerdict => verdict(self.reading()?.arrived.as_ref()?.verdict),
            Fact::Share => end(self.share(), |interval| interval.estimate),
            Fact::ShareLow => end(self.share(), |interval| interval.lower),
            Fact::ShareHigh => end(self.share(), |interval| interval.upper),
            Fact::FreshTimes => end(self.fresh(), |interval| interval.estimate),
            Fact::FreshLow => end(self.fresh(), |interval| interval.lower),
            Fact::FreshHigh => end(self.fresh(), |interval| interval.upper),
        }
    }
}

/// What the lab has found for the step that is open, once it is predicted and done, and was not
/// found before.
#[must_use]
pub fn noticed(state: &State) -> Option<Change> {
    let course = state.lessons.course()?;
    let (step, progress) = course.here()?;
    let waits = progress.predicted.is_some() && progress.answer.is_none();
    let lookup = Lookup { state, base: &course.base, plan: OnceCell::new(), reading: OnceCell::new() };
    let look = |fact| lookup.look(fact);
    if !waits || !step.done.holds(&look) {
        return None;
    }
    let holds = |at: &usize| step.choices[*at].when.as_ref().is_some_and(|when| when.holds(&look));
    let otherwise = || step.choices.iter().position(|choice| choice.when.is_none());
    let choice = (0..step.choices.len()).find(holds).or_else(otherwise);
    let mut facts: Vec<Fact> = Vec::new();
    for fact in step.choices.iter().filter_map(|choice| choice.when.as_ref()).flat_map(|when| when.facts()) {
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    let found: Vec<String> = facts
        .into_iter()
        .filter_map(|fact| Some(format!("{}: {}", fact.label(), written(fact, look(fact)?))))
        .collect();
    Some(Change::Found(Answer { choice, found: found.join("; ") }))
}

/// A value, as the page writes such values.
fn written(fact: Fact, value: Value) -> String {
    match (value, fact.unit()) {
        (Value::Word(word), _) => word.to_owned(),
        (Value::Number(number), Unit::Bytes) => format::bytes(number as usize),
        (Value::Number(number), Unit::Share) => format::percent(number),
        (Value::Number(number), Unit::Times) => format::significant(number),
        (Value::Number(number), _) => format::count(number as usize),
    }
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// The person has to predict.
    Asked,
    /// The person has predicted, and has to do something.
    Predicted,
    /// The lab found what the person had predicted.
    Right,
    /// The lab found something else.
    Wrong,
}

impl Came {
    /// The word for styles and tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Predicted => "predicted",
            Self::Right => "right",
            Self::Wrong => "wrong",
        }
    }

    /// The same for a person, of a step in the list.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Asked => "not done",
            Self::Predicted => "predicted",
            Self::Right => "as predicted",
            Self::Wrong => "not as predicted",
        }
    }
}

/// What came of a step.
#[must_use]
pub fn came(progress: &Progress) -> Came {
    match (progress.predicted, &progress.answer) {
        (None, _) => Came::Asked,
        (Some(_), None) => Came::Predicted,
        (predicted, Some(answer)) if answer.choice == predicted => Came::Right,
        _ => Came::Wrong,
    }
}

/// What the lab's answer means for the prediction.
#[must_use]
pub fn outcome(step: &Step, progress: &Progress) -> Option<String> {
    let answer = progress.answer.as_ref()?;
    let text = |choice: Option<usize>| choice.and_then(|at| step.choices.get(at)).map(|choice| &*choice.text);
    Some(match text(answer.choice) {
        _ if answer.choice == progress.predicted => "**As you predicted.**".to_owned(),
        Some(holds) => format!("**Not as you predicted.** It is: {holds}."),
        None => "**No choice says this.**".to_owned(),
    })
}

/// The parts of a text of a lesson: whether a part is code, and its words.
pub fn parts(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(at, part)| (at % 2 == 1, part)).filter(|(_, part)| !part.is_empty())
}

/// How far a lesson is, in words.
#[must_use]
pub fn progress_words(course: &Course) -> String {
    let done = course.progress.iter().filter(|one| one.answer.is_some()).count();
    format!("step {} of {}, {done} done", course.step + 1, course.lesson.steps.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        Action, Built, Event, Report,
        lesson::{Loaded, Source},
    };

    fn opened(done: &str, choices: &str) -> State {
        let text = format!(
            "# A\nlesson: 1\nminutes: 1\nabout: A.\n## B\nscene: three\nview: all copy\n\nLook.\n? What?\n{choices}\n! Do.\n\
             done: {done}\nwhy: So.\n"
        );
        let mut state = State::default();
        let source = Source::File("a.md".to_owned());
        let loaded = Loaded { text, kept: String::new() };
        state.apply(Action::Browser(Report::Lesson(source, Ok(loaded))));
        assert!(state.lessons.course().is_some(), "{:?}", state.lessons.page);
        state
    }

    fn found(state: &State) -> Option<(Option<usize>, String)> {
        match noticed(state) {
            Some(Change::Found(answer)) => Some((answer.choice, answer.found)),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    fn predict(state: &mut State, choice: usize) {
        state.apply(Action::Lesson(Change::Predict(choice)));
    }

    #[test]
    fn answer_is_what_the_lab_counts_and_comes_after_predicting() {
        let choices = "- none | drawing.building = 0\n- all | drawing.building = payload.bytes";
        let mut state = opened("view = all copy", choices);
        assert_eq!(found(&state), None, "nothing is predicted");
        predict(&mut state, 0);
        let words = "copied to build, in the drawing: 12,192 B; length of the payload: 12,192 B";
        assert_eq!(found(&state), Some((Some(1), words.to_owned())));
        let Some(change) = noticed(&state) else { panic!() };
        state.apply(Action::Lesson(change));
        assert_eq!(found(&state), None, "it is found once");
        let (step, progress) = state.lessons.course().unwrap().here().unwrap();
        assert_eq!(came(progress), Came::Wrong);
        let said = outcome(step, progress).unwrap();
        assert_eq!(said, "**Not as you predicted.** It is: all.");
        // The same with the other prediction.
        state.apply(Action::Lesson(Change::Again));
        predict(&mut state, 1);
        let Some(change) = noticed(&state) else { panic!() };
        state.apply(Action::Lesson(change));
        let (step, progress) = state.lessons.course().unwrap().here().unwrap();
        assert_eq!((came(progress), &*outcome(step, progress).unwrap()), (Came::Right, "**As you predicted.**"));
    }

    #[test]
    fn step_is_done_by_what_happens_after_its_prediction() {
        let choices = "- one | put.batches = 1\n- more | otherwise";
        let mut state = opened("puts = 1", choices);
        state.lessons.puts = 5;
        predict(&mut state, 0);
        assert_eq!(found(&state), None);
        let report = PutReport {
            bytes: 12_192,
            deleted: false,
            batches: 1,
            built: 0,
            gathered: 12_192,
            took: crate::client::pause::Took::default(),
            answered: false,
        };
        (state.put, state.put_id) = (Put::UnderWay { id: 9, handed: 0, total: 12_192 }, 9);
        state.apply(Action::Engine(Event::PutEnded(9, Ok(report))));
        assert_eq!(found(&state), Some((Some(0), "batches of the put: 1".to_owned())));
        // One more, and it is not the one.
        (state.put, state.put_id) = (Put::UnderWay { id: 10, handed: 0, total: 12_192 }, 10);
        state.apply(Action::Engine(Event::PutEnded(10, Ok(report))));
        assert_eq!(found(&state), None);
    }

    #[test]
    fn choice_that_holds_otherwise_holds_when_no_other_does() {
        let choices = "- few | payload.bytes < 10\n- else | otherwise";
        let mut state = opened("view = all copy", choices);
        predict(&mut state, 0);
        assert_eq!(found(&state).map(|(choice, _)| choice), Some(Some(1)));
        let mut state = opened("view = all copy", "- few | payload.bytes < 10\n- none | payload.bytes = 0");
        predict(&mut state, 0);
        let Some(change) = noticed(&state) else { panic!() };
        state.apply(Action::Lesson(change));
        let (step, progress) = state.lessons.course().unwrap().here().unwrap();
        assert_eq!(outcome(step, progress).unwrap(), "**No choice says this.**");
    }

    #[test]
    fn measured_facts_are_those_of_a_run_after_the_prediction() {
        let choices = "- small | run.share.high < 5 %\n- large | otherwise";
        let mut state = opened("run = payload", choices);
        state.cost.shown =
            Some(crate::app::Shown(std::rc::Rc::new(crate::present::cost::fixture::run(Scenario::Payload))));
        predict(&mut state, 0);
        assert_eq!(found(&state), None, "it was measured before");
        let older = state.cost.shown.take().unwrap();
        state.apply(Action::Lesson(Change::Again));
        predict(&mut state, 0);
        state.cost.shown = Some(older);
        let (choice, words) = found(&state).unwrap();
        assert!(choice.is_some() && words.contains("upper end of its interval: "), "{words}");
    }

    #[test]
    fn every_fact_of_a_fresh_page_is_known_or_not_and_never_panics() {
        let mut state = opened("view = all copy", "- a | puts = 0\n- b | otherwise");
        state.build = Build::Ready(Built { len: 12_192, segments: 3, copied: 128 });
        let course = state.lessons.course().unwrap();
        let lookup = Lookup { state: &state, base: &course.base, plan: OnceCell::new(), reading: OnceCell::new() };
        for fact in Fact::ALL {
            if let Some(value) = lookup.look(*fact) {
                assert!(!written(*fact, value).is_empty());
                match (fact.unit(), value) {
                    (Unit::Word(words), Value::Word(word)) => assert!(words.contains(&word), "{}", fact.name()),
                    (Unit::Word(_), _) | (_, Value::Word(_)) => panic!("{} is of another kind", fact.name()),
                    _ => {}
                }
            }
        }
        assert_eq!(lookup.look(Fact::Built), Some(Value::Number(128.0)));
        assert_eq!(lookup.look(Fact::PutBytes), None);
    }

    #[test]
    fn words_in_code_are_told_from_others() {
        assert_eq!(parts("Press `v` now").collect::<Vec<_>>(), [(false, "Press "), (true, "v"), (false, " now")]);
    }
}
