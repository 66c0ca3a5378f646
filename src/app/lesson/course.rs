//! The lesson that is open: at which step, what was predicted, and what the lab found.

use std::rc::Rc;

use super::{
    scene::Set,
    source::Source,
    text::{Lesson, Mistake, Step, read},
};
use crate::{
    app::{effect::Effect, film::Forward, ownership::RunId, problem::Problem, session::PutId, state::State},
    measure::mix,
    outside::shown_at_most,
};

/// The most characters of what the lab found, as it is kept.
const MAX_FOUND: usize = 400;

/// The most lessons that are listed.
const MAX_LISTED: usize = 50;

/// What was predicted at a step, and what came out.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Progress {
    /// The choice, from 0.
    pub predicted: Option<usize>,
    /// What the lab found.
    pub answer: Option<Answer>,
}

/// What the lab found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The choice that holds, from 0; `None` if none does.
    pub choice: Option<usize>,
    /// What it counted or measured, in words.
    pub found: String,
}

/// What the lab has counted before a step: what a step asks for comes after it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Base {
    /// The number that the next put or rate had.
    pub next: PutId,
    /// Puts that had left.
    pub puts: u64,
    /// Fences that the router had answered.
    pub flushes: u64,
    /// Samples that have arrived.
    pub received: u64,
    /// Numbered samples that were missed.
    pub missed: u64,
    /// The newest run that was measured.
    pub run: u64,
    /// The last run of an experiment.
    pub tried: RunId,
}

/// A lesson that is open.
#[derive(Clone, Debug)]
pub struct Course {
    /// Where it comes from.
    pub source: Source,
    /// What it says.
    pub lesson: Rc<Lesson>,
    /// The step, from 0.
    pub step: usize,
    /// What became of each step.
    pub progress: Vec<Progress>,
    /// What the lab had counted when the step began.
    pub base: Base,
    /// Names this text of the lesson: what is kept of another one does not count.
    mark: u64,
}

/// The state is compared after every action: of a text it is enough that it is the same one.
impl PartialEq for Course {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.lesson, &other.lesson)
            && (self.step, &self.progress, &self.base) == (other.step, &other.progress, &other.base)
    }
}

impl Course {
    /// The step that is open.
    #[must_use]
    pub fn here(&self) -> Option<(&Step, &Progress)> {
        self.lesson.steps.get(self.step).zip(self.progress.get(self.step))
    }

    /// What the browser keeps of it: a line of the mark, then one for each step.
    fn kept(&self) -> String {
        let mut text = self.mark.to_string();
        for one in &self.progress {
            let number = |choice: Option<usize>| choice.map_or_else(|| "-".to_owned(), |choice| choice.to_string());
            text.push('\n');
            text.push_str(&number(one.predicted));
            if let Some(answer) = &one.answer {
                text.push_str(&format!("\t{}\t{}", number(answer.choice), answer.found));
            }
        }
        text
    }

    /// Takes what the browser has kept, if it is of this text.
    fn recall(&mut self, kept: &str) {
        let mut lines = kept.lines();
        if lines.next() != Some(&*self.mark.to_string()) {
            return;
        }
        for ((line, one), step) in lines.zip(&mut self.progress).zip(&self.lesson.steps) {
            let mut parts = line.splitn(3, '\t');
            let mut choice = || parts.next()?.parse().ok().filter(|choice| *choice < step.choices.len());
            let (predicted, found) = (choice(), choice());
            let answer = parts.next().map(|words| Answer { choice: found, found: shown_at_most(words, MAX_FOUND) });
            *one = Progress { predicted, answer: answer.filter(|_| predicted.is_some()) };
        }
    }
}

/// Names a text.
fn mark_of(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |sum, byte| mix(sum ^ u64::from(byte)))
}

/// A lesson of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name of its folder.
    pub name: String,
    /// How long it takes.
    pub minutes: u32,
    /// Its title.
    pub title: String,
}

impl Listed {
    /// Reads the list: in each line a name, the minutes and the title.
    #[must_use]
    pub fn read(text: &str) -> Vec<Self> {
        let one = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let (name, minutes, title) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
            Some(Self { name: name.to_owned(), minutes, title: title.to_owned() })
        };
        text.lines().filter_map(one).take(MAX_LISTED).collect()
    }
}

/// What the strip shows.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Page {
    /// The page has no strip.
    #[default]
    Closed,
    /// The lessons that there are.
    List,
    /// A link names a lesson elsewhere: whether to load it.
    Asks(Source, usize),
    /// It is being loaded, for this step.
    Loading(Source, usize),
    /// It could not be loaded.
    Failed(Source, Problem),
    /// It has mistakes.
    Wrong(Source, Vec<Mistake>),
    /// A lesson.
    Open(Box<Course>),
}

/// The lessons.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Lessons {
    /// What the strip shows.
    pub page: Page,
    /// Those that the lab has, or why they are not known.
    pub list: Option<Result<Vec<Listed>, Problem>>,
    /// Puts that have left this page, those at a rate aside.
    pub puts: u64,
    /// Fences that the router has answered.
    pub flushes: u64,
    /// Whether the lesson that is being loaded sets up its scene. A tab that was there before has it.
    sets_up: bool,
}

impl Lessons {
    /// The lesson that is open.
    #[must_use]
    pub fn course(&self) -> Option<&Course> {
        match &self.page {
            Page::Open(course) => Some(course),
            _ => None,
        }
    }

    /// The link of the step that is open, if it has one.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        match &self.page {
            Page::Open(course) => course.source.link(course.step),
            Page::Loading(source, step) | Page::Asks(source, step) => source.link(*step),
            _ => None,
        }
    }
}

/// What a person does with lessons, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Show which lessons there are.
    List,
    /// Show no lesson any more.
    Close,
    /// Open a lesson at a step.
    Open(Source, usize),
    /// The same by the address of the page, and whether it sets up the scene.
    Link(Box<Result<(Source, usize), Problem>>, bool),
    /// Load what a link names, or load it once more.
    Load,
    /// Go to a step.
    Go(usize),
    /// Go to the next step, or to the one before.
    Step(Forward),
    /// Predict this choice.
    Predict(usize),
    /// Forget what was predicted at this step, and set it up again.
    Again,
    /// The lab has found what the step asks for.
    Found(Answer),
}

/// What is to be done for lessons.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Load one. Ends by [`Report::Lesson`](crate::app::Report::Lesson).
    Load(Source),
    /// Load the list. Ends by [`Report::Lessons`](crate::app::Report::Lessons).
    List,
    /// Keep what was predicted and found, under the link of the lesson.
    Keep(String, String),
}

/// A lesson that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its text.
    pub text: String,
    /// What the browser has kept of it.
    pub kept: String,
}

impl State {
    /// Something happens to lessons.
    pub(in crate::app) fn lesson_changed(&mut self, change: Change) -> Vec<Effect> {
        match change {
            Change::List => {
                self.lessons.page = Page::List;
                let known = matches!(self.lessons.list, Some(Ok(_)));
                (!known).then_some(Effect::Lesson(Task::List)).into_iter().collect()
            }
            Change::Close => {
                self.lessons.page = Page::Closed;
                Vec::new()
            }
            Change::Open(source, step) => self.open_lesson(source, step, true),
            Change::Link(found, sets_up) => {
                if sets_up {
                    self.leave_connecting();
                }
                match *found {
                    Ok((source @ Source::Address(_), step)) => {
                        self.lessons.sets_up = sets_up;
                        self.lessons.page = Page::Asks(source, step);
                        Vec::new()
                    }
                    Ok((source, step)) => self.open_lesson(source, step, sets_up),
                    Err(problem) => {
                        self.link_problem = Some(problem);
                        Vec::new()
                    }
                }
            }
            Change::Load => {
                let (source, step) = match &self.lessons.page {
                    Page::Asks(source, step) => (source.clone(), *step),
                    Page::Failed(source, _) | Page::Wrong(source, _) => (source.clone(), 0),
                    _ => return Vec::new(),
                };
                self.load_lesson(source, step)
            }
            Change::Go(step) => self.go_to(step),
            Change::Step(forward) => {
                let Some(course) = self.lessons.course() else { return Vec::new() };
                let step = match forward {
                    Forward::Next => Some(course.step + 1),
                    Forward::Before => course.step.checked_sub(1),
                };
                step.map_or_else(Vec::new, |step| self.go_to(step))
            }
            Change::Predict(choice) => {
                let base = self.base();
                let Page::Open(course) = &mut self.lessons.page else { return Vec::new() };
                let choices = course.lesson.steps.get(course.step).map_or(0, |step| step.choices.len());
                match course.progress.get_mut(course.step) {
                    // What came out cannot be predicted any more.
                    Some(one) if one.answer.is_none() && choice < choices => {
                        one.predicted = Some(choice);
                        course.base = base;
                    }
                    _ => return Vec::new(),
                }
                self.keep_lesson()
            }
            Change::Again => {
                let Page::Open(course) = &mut self.lessons.page else { return Vec::new() };
                let step = course.step;
                if let Some(one) = course.progress.get_mut(step) {
                    *one = Progress::default();
                }
                let mut effects = self.keep_lesson();
                effects.extend(self.enter(step, true));
                effects
            }
            Change::Found(answer) => {
                let Page::Open(course) = &mut self.lessons.page else { return Vec::new() };
                if let Some(one) = course.progress.get_mut(course.step) {
                    let found = shown_at_most(&answer.found, MAX_FOUND);
                    one.answer = Some(Answer { found, ..answer });
                }
                self.keep_lesson()
            }
        }
    }

    fn open_lesson(&mut self, source: Source, step: usize, sets_up: bool) -> Vec<Effect> {
        if self.lessons.course().is_some_and(|course| course.source == source) {
            return self.go_to(step);
        }
        self.lessons.sets_up = sets_up;
        self.load_lesson(source, step)
    }

    fn load_lesson(&mut self, source: Source, step: usize) -> Vec<Effect> {
        self.lessons.page = Page::Loading(source.clone(), step);
        vec![Effect::Lesson(Task::Load(source))]
    }

    /// The list was loaded, or could not be.
    pub(in crate::app) fn lessons_listed(&mut self, result: Result<String, Problem>) -> Vec<Effect> {
        self.lessons.list = Some(result.map(|text| Listed::read(&text)));
        Vec::new()
    }

    /// A lesson was loaded, or could not be. One that is not waited for any more is ignored; a file
    /// comes without being waited for.
    pub(in crate::app) fn lesson_loaded(&mut self, source: Source, result: Result<Loaded, Problem>) -> Vec<Effect> {
        let (step, sets_up) = match &self.lessons.page {
            Page::Loading(waited, step) if *waited == source => (*step, self.lessons.sets_up),
            _ if matches!(source, Source::File(_)) => (0, true),
            _ => return Vec::new(),
        };
        let loaded = match result {
            Ok(loaded) => loaded,
            Err(problem) => {
                self.lessons.page = Page::Failed(source, problem);
                return Vec::new();
            }
        };
        match read(&loaded.text) {
            Err(mistakes) => {
                self.lessons.page = Page::Wrong(source, mistakes);
                Vec::new()
            }
            Ok(lesson) => {
                let progress = vec![Progress::default(); lesson.steps.len()];
                let (lesson, mark) = (Rc::new(lesson), mark_of(&loaded.text));
                let mut course = Course { source, lesson, step: 0, progress, base: Base::default(), mark };
                course.recall(&loaded.kept);
                let last = course.lesson.steps.len().saturating_sub(1);
                self.lessons.page = Page::Open(Box::new(course));
                if sets_up {
                    return self.enter(step.min(last), true);
                }
                if let Page::Open(course) = &mut self.lessons.page {
                    course.step = step.min(last);
                }
                self.begin_step();
                Vec::new()
            }
        }
    }

    /// Goes to a step, if there is one.
    fn go_to(&mut self, step: usize) -> Vec<Effect> {
        let Some(course) = self.lessons.course() else { return Vec::new() };
        if step >= course.lesson.steps.len() || step == course.step {
            return Vec::new();
        }
        let is_next = step == course.step + 1;
        self.enter(step, !is_next)
    }

    /// Enters a step. From the one before it, only what the step itself says is set up; from elsewhere
    /// all that has led to it.
    fn enter(&mut self, step: usize, whole: bool) -> Vec<Effect> {
        let Page::Open(course) = &mut self.lessons.page else { return Vec::new() };
        course.step = step;
        let steps = course.lesson.clone();
        let until = steps.steps.get(..=step).unwrap_or_default();
        let begins = |one: &Step| one.scene.iter().any(Set::begins);
        let from = if whole { until.iter().rposition(begins).unwrap_or(0) } else { step };
        let mut sets = until.iter().skip(from).flat_map(|one| &one.scene);
        let effects = self.set_scene(&mut sets);
        self.begin_step();
        effects
    }

    /// What the lab has counted until now belongs to the steps before.
    fn begin_step(&mut self) {
        let base = self.base();
        if let Page::Open(course) = &mut self.lessons.page {
            course.base = base;
        }
    }

    fn base(&self) -> Base {
        Base {
            next: self.next_put,
            puts: self.lessons.puts,
            flushes: self.lessons.flushes,
            received: self.received,
            missed: self.api.missed,
            run: self.cost.history.iter().chain(&self.cost.shown).map(|run| run.0.id).max().unwrap_or(0),
            tried: self.ownership.last_run(),
        }
    }

    fn keep_lesson(&self) -> Vec<Effect> {
        let Some(course) = self.lessons.course() else { return Vec::new() };
        let name = match &course.source {
            Source::Own(name) | Source::Address(name) => name.clone(),
            Source::File(_) => return Vec::new(),
        };
        vec![Effect::Lesson(Task::Keep(name, course.kept()))]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::{Action, Command, Preset, Report, View};

    const TWO: &str = "\
# Two steps

lesson: 1
minutes: 1
about: A test.

## First

scene: three
view: all copy

Look.

? What?

- this | view = all copy
- that | otherwise

! Do it.
done: view = all move
why: So it is.

## Second

view: all borrow

Look again.

? What now?

- this | puts = 1
- that | puts = 2

! Put.
done: puts > 0
why: So it is.
";

    fn own(name: &str) -> Source {
        Source::Own(name.to_owned())
    }

    fn change(state: &mut State, change: Change) -> Vec<Effect> {
        state.apply(Action::Lesson(change))
    }

    fn loaded(state: &mut State, source: Source, text: &str, kept: &str) -> Vec<Effect> {
        let loaded = Loaded { text: text.to_owned(), kept: kept.to_owned() };
        state.apply(Action::Browser(Report::Lesson(source, Ok(loaded))))
    }

    fn opened() -> State {
        let mut state = State::default();
        assert_eq!(change(&mut state, Change::Open(own("two"), 0)), [Effect::Lesson(Task::Load(own("two")))]);
        loaded(&mut state, own("two"), TWO, "");
        state
    }

    fn course(state: &State) -> &Course {
        state.lessons.course().expect("an open lesson")
    }

    #[test]
    fn lesson_opens_at_its_step_with_its_scene() {
        let mut state = opened();
        assert_eq!((course(&state).step, state.preset, state.view), (0, Some(Preset::ThreeSmall), View::AllCopy));
        assert_eq!(state.lessons.link().as_deref(), Some("#l=two/1"));
        // Next sets up what the step itself says, and a step that does not exist nothing.
        change(&mut state, Change::Step(Forward::Next));
        assert_eq!((course(&state).step, state.view), (1, View::AllBorrow));
        assert!(change(&mut state, Change::Step(Forward::Next)).is_empty());
        assert_eq!(course(&state).step, 1);
        // Undo brings the own rows back.
        for _ in 0..5 {
            state.apply(Action::Undo);
        }
        assert_eq!(state.preset, Some(Preset::Framed));
        // A link to the second step has what led to it.
        let mut other = State::default();
        let link = super::super::read_link("#l=two/2").unwrap();
        let effects = change(&mut other, Change::Link(Box::new(link), true));
        assert_eq!(effects, [Effect::Lesson(Task::Load(own("two")))]);
        let effects = loaded(&mut other, own("two"), TWO, "");
        assert!(effects.iter().all(|one| matches!(one, Effect::Engine(Command::Build { .. }))), "{effects:?}");
        assert_eq!((course(&other).step, other.preset, other.view), (1, Some(Preset::ThreeSmall), View::AllBorrow));
        // Beyond the last step is the last.
        let mut last = State::default();
        change(&mut last, Change::Open(own("two"), 40));
        loaded(&mut last, own("two"), TWO, "");
        assert_eq!(course(&last).step, 1);
        // A tab that was there before has its scene.
        let mut again = State::of(Preset::Tensor);
        let link = super::super::read_link("#l=two/2").unwrap();
        change(&mut again, Change::Link(Box::new(link), false));
        loaded(&mut again, own("two"), TWO, "");
        assert_eq!((course(&again).step, again.preset), (1, Some(Preset::Tensor)));
    }

    #[test]
    fn lesson_from_elsewhere_is_loaded_after_a_press_only() {
        let mut state = State::default();
        let link = super::super::read_link("#l=https://example.org/lesson.md/2").unwrap();
        assert!(change(&mut state, Change::Link(Box::new(link), true)).is_empty());
        let Page::Asks(source, 1) = state.lessons.page.clone() else { panic!("{:?}", state.lessons.page) };
        // What comes without being asked for is not shown.
        loaded(&mut state, source.clone(), TWO, "");
        assert!(matches!(state.lessons.page, Page::Asks(..)));
        assert_eq!(change(&mut state, Change::Load), [Effect::Lesson(Task::Load(source.clone()))]);
        loaded(&mut state, source, TWO, "");
        assert_eq!(course(&state).step, 1);
    }

    #[test]
    fn prediction_and_answer_are_kept_for_this_text() {
        let mut state = opened();
        let kept = |effects: &[Effect]| match effects {
            [Effect::Lesson(Task::Keep(name, text)), ..] => (name.clone(), text.clone()),
            other => panic!("{other:?}"),
        };
        change(&mut state, Change::Predict(0));
        // Before the answer it may be another one; a seventh does not exist.
        assert!(change(&mut state, Change::Predict(6)).is_empty());
        change(&mut state, Change::Predict(1));
        let answer = Answer { choice: Some(0), found: "copied:\t12 B".to_owned() };
        let (name, text) = kept(&change(&mut state, Change::Found(answer.clone())));
        assert!(change(&mut state, Change::Predict(0)).is_empty(), "the answer is known");
        assert_eq!(name, "two");

        let mut again = State::default();
        change(&mut again, Change::Open(own("two"), 0));
        loaded(&mut again, own("two"), TWO, &text);
        let there = &course(&again).progress[0];
        assert_eq!(there.predicted, Some(1));
        assert_eq!(there.answer.as_ref().map(|answer| answer.choice), Some(Some(0)));
        // Of another text it does not count.
        let mut other = State::default();
        change(&mut other, Change::Open(own("two"), 0));
        loaded(&mut other, own("two"), &TWO.replace("Look.", "See."), &text);
        assert_eq!(course(&other).progress[0], Progress::default());
        // Again forgets it, and sets the step up once more.
        state.view = View::AllMove;
        change(&mut state, Change::Again);
        assert_eq!((&course(&state).progress[0], state.view), (&Progress::default(), View::AllCopy));
    }

    #[test]
    fn what_was_counted_before_a_prediction_does_not_count() {
        let mut state = opened();
        (state.next_put, state.received, state.lessons.puts) = (7, 5, 3);
        change(&mut state, Change::Predict(0));
        let base = &course(&state).base;
        assert_eq!((base.next, base.received, base.puts), (7, 5, 3));
    }

    #[test]
    fn lesson_with_mistakes_changes_nothing_but_the_strip() {
        let mut state = State::default();
        let rows = state.rows.clone();
        change(&mut state, Change::Open(own("two"), 0));
        loaded(&mut state, own("two"), &TWO.replace("done:", "dune:"), "");
        let Page::Wrong(_, mistakes) = &state.lessons.page else { panic!("{:?}", state.lessons.page) };
        assert_eq!(mistakes[0].line, 7);
        assert_eq!(state.rows, rows);
        // It is mended, and loaded once more.
        assert_eq!(change(&mut state, Change::Load), [Effect::Lesson(Task::Load(own("two")))]);
        // A file needs no request.
        let file = Source::File("own.md".to_owned());
        loaded(&mut state, file.clone(), TWO, "");
        assert_eq!(course(&state).source, file);
        assert_eq!(state.lessons.link(), None);
    }

    #[test]
    fn list_of_lessons_has_names_minutes_and_titles() {
        let listed = Listed::read("tour 2 A tour\nnothing\npieces six Pieces\n");
        assert_eq!(listed, [Listed { name: "tour".to_owned(), minutes: 2, title: "A tour".to_owned() }]);
        let mut state = State::default();
        assert_eq!(change(&mut state, Change::List), [Effect::Lesson(Task::List)]);
        state.apply(Action::Browser(Report::Lessons(Ok("tour 2 A tour".to_owned()))));
        assert!(change(&mut state, Change::List).is_empty(), "it is known");
    }

    proptest! {
        #[test]
        fn property_kept_text_of_any_kind_is_recalled_or_ignored(kept in "([0-9]{0,3}|-|\t|\\PC{0,9}|\n){0,30}", marked: bool) {
            let mut state = opened();
            let mark = course(&state).mark;
            let kept = if marked { format!("{mark}\n{kept}") } else { kept };
            let mut course = course(&state).clone();
            course.recall(&kept);
            prop_assert_eq!(course.progress.len(), 2);
            for one in &course.progress {
                prop_assert!(one.predicted.is_none_or(|choice| choice < 2));
                prop_assert!(one.answer.is_none() || one.predicted.is_some());
            }
            state.lessons.page = Page::Open(Box::new(course));
            change(&mut state, Change::Again);
        }
    }
}
