//! A teacher's and a student's page that measure together, through the texts that they tell.

use std::rc::Rc;

use super::{Arrived, Collected, Member, Press, Told, Where};
use crate::{
    app::{
        Action, Command, Edit, Effect, Event as EngineEvent, Preset, Problem, Shown, State,
        class::{
            Assignment, Change, Device, Event, ExperimentState, Presence, StudentSays, Studying, Task, TeacherSays,
            Tile, Wall, name, role::Role,
        },
        tests::info,
    },
    given::About,
    measure::course::Progress,
    run::fixture,
    run::{Run, Scenario},
};

fn tell(state: &mut State, event: Event) -> Vec<Effect> {
    state.apply(Action::Engine(EngineEvent::Class(event)))
}

fn press(state: &mut State, press: Press) -> Vec<Effect> {
    state.apply(Action::Class(Change::Experiment(press)))
}

fn tasks(effects: &[Effect]) -> Vec<&Task> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Engine(Command::Class(task)) = effect { Some(task) } else { None })
        .collect()
}

/// What the page says because of it.
fn said(effects: &[Effect]) -> String {
    let text = |task: &&Task| if let Task::Say(text) = task { Some(text.clone()) } else { None };
    tasks(effects).iter().find_map(text).unwrap_or_else(|| panic!("nothing is said: {effects:?}"))
}

fn class_of(state: &State) -> String {
    state.classroom.teaching().unwrap().class.clone()
}

fn teacher() -> State {
    let mut state = State::default();
    state.apply(Action::Class(Change::Teach));
    state.apply(Action::Engine(EngineEvent::Opened(info())));
    tell(&mut state, Event::Entered(name::TEACHER.to_owned()));
    state
}

/// A student's page of that class, with rows of its own.
fn student(class: &str) -> State {
    let mut state = State::of(Preset::ThreeSmall);
    state.apply(Action::Engine(EngineEvent::Opened(info())));
    let studying =
        Studying { class: class.to_owned(), name: "ada".to_owned(), zid: "5e1f".to_owned(), ..Studying::default() };
    state.classroom.role = Role::Student(Box::new(studying));
    state
}

/// The wall with the page of `ada`, as it said last.
fn wall(presence: Presence, says: &str) -> Event {
    let tile = Tile { name: "ada".into(), presence, says: says.to_owned(), ..Tile::default() };
    Event::Wall(Wall { tiles: vec![tile], ..Wall::default() })
}

fn place(teacher: &State) -> Where {
    teacher.classroom.teaching().unwrap().experiment.as_ref().unwrap().members[0].place()
}

/// A run of the default rows.
fn run(bytes: u64) -> Run {
    let mut run = fixture::alone();
    for series in &mut run.series {
        series.bytes = bytes;
    }
    run
}

#[test]
fn class_measures_what_the_teacher_asks_and_the_result_arrives() {
    let mut teacher = teacher();
    let mut ada = student(&class_of(&teacher));
    tell(&mut teacher, wall(Presence::Here, ""));
    let asked = said(&press(&mut teacher, Press::Measure(1_000)));
    assert_eq!(place(&teacher), Where::Asked);
    assert!(teacher.classroom.teaching().unwrap().shows_experiment);

    // The student's page measures the teacher's rows, and its own stay.
    let before = ada.rows.clone();
    let effects = tell(&mut ada, Event::Teacher(asked.clone()));
    let order = effects.iter().find_map(|effect| if let Effect::Measure(order) = effect { Some(order) } else { None });
    let order = order.unwrap_or_else(|| panic!("{effects:?}")).clone();
    assert_eq!((order.scenario, order.puts), (Scenario::Payload, false));
    let plain = |state: &[crate::app::Row]| state.iter().map(|row| (row.name.clone(), row.length)).collect::<Vec<_>>();
    assert_eq!(plain(&order.rows), plain(&teacher.rows));
    assert_ne!(plain(&order.rows), plain(&before));
    assert_eq!(ada.rows, before);
    // The text comes every two seconds: it measures once.
    assert!(!tell(&mut ada, Event::Teacher(asked.clone())).iter().any(|effect| matches!(effect, Effect::Measure(_))));

    let progress = Progress { done: 30, total: 120, left: None };
    let says = said(&ada.apply(Action::Engine(EngineEvent::MeasureProgress(order.number, progress))));
    tell(&mut teacher, wall(Presence::Here, &says));
    assert_eq!(place(&teacher), Where::Measuring(25));

    let bytes = teacher.rows.iter().map(|row| row.bytes() as u64).sum();
    let shown = Shown(Rc::new(run(bytes)));
    let effects = ada.apply(Action::Engine(EngineEvent::MeasureEnded(order.number, Ok(Some(shown)))));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepRun(_))), "{effects:?}");
    let told =
        tasks(&effects).into_iter().find_map(|task| if let Task::Tell(told) = task { told.clone() } else { None });
    let (n, run) = told.unwrap();
    // The run has the scene, so that its rows can be set up afterwards.
    assert!(n == 1_000 && run.0.scene.is_some());
    tell(&mut teacher, wall(Presence::Here, &said(&effects)));
    assert_eq!(place(&teacher), Where::OnItsWay);

    let told = Told::new("ada", "5e1f", n, Device::Computer, Run::clone(&run.0));
    let text = told.write().unwrap();
    let result = Event::Result("ada".to_owned(), Box::new(Told::read(text.as_bytes())));
    let has_it = said(&tell(&mut teacher, result.clone()));
    assert_eq!(place(&teacher), Where::Here);
    assert!(TeacherSays::read(&has_it, &class_of(&teacher)).unwrap().have.contains(&"ada".to_owned()));
    // Then it is told no more.
    let effects = tell(&mut ada, Event::Teacher(has_it));
    assert!(tasks(&effects).contains(&&Task::Tell(None)), "{effects:?}");
    // A result that comes once more changes nothing.
    assert!(tell(&mut teacher, result).is_empty());
}

#[test]
fn result_is_told_again_to_a_session_that_is_opened_again() {
    let mut teacher = teacher();
    let mut ada = student(&class_of(&teacher));
    tell(&mut ada, Event::Teacher(said(&press(&mut teacher, Press::Measure(1_000)))));
    let shown = Shown(Rc::new(run(7)));
    ada.apply(Action::Engine(EngineEvent::MeasureEnded(1, Ok(Some(shown)))));
    // The engine has a new seat, which tells nothing yet.
    let effects = tell(&mut ada, Event::Entered("ada".to_owned()));
    assert!(tasks(&effects).iter().any(|task| matches!(task, Task::Tell(Some((1_000, _))))), "{effects:?}");
}

#[test]
fn experiment_that_is_ended_stops_pages_and_keeps_results() {
    let mut teacher = teacher();
    let mut ada = student(&class_of(&teacher));
    tell(&mut teacher, wall(Presence::Here, ""));
    tell(&mut ada, Event::Teacher(said(&press(&mut teacher, Press::Measure(1_000)))));
    let effects = tell(&mut ada, Event::Teacher(said(&press(&mut teacher, Press::End))));
    assert!(effects.contains(&Effect::StopMeasuring), "{effects:?}");
    tell(&mut teacher, wall(Presence::Here, &said(&effects)));
    assert_eq!(place(&teacher), Where::Failed("The teacher has ended the experiment.".to_owned()));
    // The next one has a larger number, also where the clock went back.
    let next = said(&press(&mut teacher, Press::Measure(5)));
    let assignment = TeacherSays::read(&next, &class_of(&teacher)).unwrap().experiment.unwrap();
    assert_eq!(assignment.n, 1_001);
    // The page is still busy with its end, and begins after it.
    assert!(!tell(&mut ada, Event::Teacher(next.clone())).iter().any(|effect| matches!(effect, Effect::Measure(_))));
    ada.apply(Action::Engine(EngineEvent::MeasureEnded(1, Ok(None))));
    assert!(tell(&mut ada, Event::Teacher(next)).iter().any(|effect| matches!(effect, Effect::Measure(_))));
}

#[test]
fn page_that_left_is_seen_as_gone() {
    let mut teacher = teacher();
    tell(&mut teacher, wall(Presence::Here, ""));
    press(&mut teacher, Press::Measure(1_000));
    tell(&mut teacher, wall(Presence::Gone(1), ""));
    assert_eq!(place(&teacher), Where::Gone(None));
    tell(&mut teacher, wall(Presence::Silent(9), ""));
    assert_eq!(place(&teacher), Where::Asked);
    // Who is gone before is not asked.
    tell(&mut teacher, wall(Presence::Gone(1), ""));
    press(&mut teacher, Press::Measure(2_000));
    assert!(teacher.classroom.teaching().unwrap().experiment.as_ref().unwrap().members.is_empty());
}

#[test]
fn what_a_class_cannot_measure_is_refused_in_words() {
    let refused = |state: &mut State, words: &str| {
        let effects = press(state, Press::Measure(1));
        let teaching = state.classroom.teaching().unwrap();
        let problem = teaching.experiment_problem.as_ref().unwrap();
        assert!(problem.title.contains(words) && teaching.experiment.is_none(), "{problem:?} {effects:?}");
    };
    let mut state = teacher();
    state.apply(Action::Scenario(Scenario::OwnSizes));
    refused(&mut state, "Whole puts of a class");
    state.apply(Action::Scenario(Scenario::Payload));
    let about = About::unknown("f", 7);
    state.apply(Action::Engine(EngineEvent::FileRead { file: 1, about }));
    refused(&mut state, "A file is not in the other pages.");
    let mut state = teacher();
    state.apply(Action::Scenario(Scenario::Message));
    refused(&mut state, "no message");
    for id in state.rows.iter().map(|row| row.id).collect::<Vec<_>>() {
        state.apply(Action::Remove(id));
    }
    state.apply(Action::Scenario(Scenario::Payload));
    refused(&mut state, "nothing to measure");
    // Rows do not matter where a scenario has its own arrays.
    state.apply(Action::Scenario(Scenario::Counts));
    let text = said(&press(&mut state, Press::Measure(1)));
    let asked = TeacherSays::read(&text, &class_of(&state)).unwrap().experiment.unwrap();
    assert_eq!(asked, Assignment { n: 1, scenario: Scenario::Counts, link: None });
}

#[test]
fn rows_that_a_page_cannot_read_are_said_to_the_teacher() {
    let mut teacher = teacher();
    let mut ada = student(&class_of(&teacher));
    let asked = said(&press(&mut teacher, Press::Measure(1_000)));
    let mut says = TeacherSays::read(&asked, &class_of(&teacher)).unwrap();
    says.experiment.as_mut().unwrap().link = Some("#s=AAAA".to_owned());
    let effects = tell(&mut ada, Event::Teacher(says.text()));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Measure(_))));
    let part = StudentSays::read(&said(&effects), "ada").unwrap().experiment.unwrap();
    assert!(part.why.contains("The link is"), "{part:?}");
    // A page whose person measures something else waits for that.
    let mut ada = student(&class_of(&teacher));
    ada.apply(Action::Measure);
    let part = said(&tell(&mut ada, Event::Teacher(asked)));
    let part = StudentSays::read(&part, "ada").unwrap().experiment.unwrap();
    assert_eq!(part.state, ExperimentState::Waiting);
    // A run of its own is not told as one of the class.
    let shown = Shown(Rc::new(run(7)));
    let effects = ada.apply(Action::Engine(EngineEvent::MeasureEnded(1, Ok(Some(shown)))));
    assert!(!tasks(&effects).iter().any(|task| matches!(task, Task::Tell(_))), "{effects:?}");
}

#[test]
fn measurement_that_fails_is_said_and_shown() {
    let mut teacher = teacher();
    let mut ada = student(&class_of(&teacher));
    tell(&mut ada, Event::Teacher(said(&press(&mut teacher, Press::Measure(1_000)))));
    let problem = Problem::new("No memory.", "Take fewer rows.");
    let effects = ada.apply(Action::Engine(EngineEvent::MeasureEnded(1, Err(problem))));
    tell(&mut teacher, wall(Presence::Here, &said(&effects)));
    assert_eq!(place(&teacher), Where::Failed("No memory. Take fewer rows.".to_owned()));
}

#[test]
fn what_the_teacher_looks_at_changes_no_text() {
    let mut teacher = teacher();
    tell(&mut teacher, wall(Presence::Here, ""));
    press(&mut teacher, Press::Measure(1_000));
    for one in [Press::Names(false), Press::Quantity("a".to_owned()), Press::Show(false)] {
        assert!(press(&mut teacher, one).is_empty());
    }
    let teaching = teacher.classroom.teaching().unwrap();
    assert!(teaching.hides_names && teaching.quantity == "a" && !teaching.shows_experiment);
    // Changed rows are those of the next experiment.
    let id = teacher.rows[1].id;
    teacher.apply(Action::Edit(id, Edit::Length(3)));
    let experiment = teacher.classroom.teaching().unwrap().experiment.as_ref().unwrap();
    assert_eq!(experiment.assignment.n, 1_000);
}

/// What the tab has kept after these effects too.
fn keep(kept: &mut Vec<(String, String)>, effects: &[Effect]) {
    for effect in effects {
        match effect {
            Effect::ForgetClass => kept.clear(),
            Effect::KeepClass(under, text) => {
                kept.retain(|(name, _)| name != under);
                kept.push((under.clone(), text.clone()));
            }
            _ => {}
        }
    }
}

/// The teacher's page of this class, loaded again in a tab that has kept this. Returns what it says first.
fn again(class: &str, kept: &[(String, String)]) -> (State, String) {
    let mut state = State::default();
    let link = name::read_link(&format!("#t={class}")).unwrap();
    state.apply(Action::Class(Change::Link(Box::new(link))));
    let lines = kept.iter().map(|(_, text)| format!("{text}\n")).collect();
    state.apply(Action::Class(Change::Kept(Ok(lines))));
    state.apply(Action::Class(Change::Enter));
    state.apply(Action::Engine(EngineEvent::Opened(info())));
    let text = said(&tell(&mut state, Event::Entered(name::TEACHER.to_owned())));
    (state, text)
}

fn experiment(state: &State) -> Option<&Collected> {
    state.classroom.teaching().unwrap().experiment.as_ref()
}

#[test]
fn teachers_page_that_is_loaded_again_has_its_results() {
    let (mut teacher, mut kept) = (teacher(), Vec::new());
    let class = class_of(&teacher);
    let tile = |name: &str| Tile { name: name.into(), presence: Presence::Here, ..Tile::default() };
    let wall = |names: &[&str]| Wall { tiles: names.iter().map(|name| tile(name)).collect(), ..Wall::default() };
    tell(&mut teacher, Event::Wall(wall(&["ada", "bob"])));
    let asked = press(&mut teacher, Press::Measure(1_000));
    keep(&mut kept, &asked);
    keep(&mut kept, &tell(&mut teacher, Event::Wall(wall(&["ada", "bob", "cy"]))));
    let bytes = teacher.rows.iter().map(|row| row.bytes() as u64).sum();
    let result = |name: &str, n: u64| {
        let told = Told::new(name, "5e1f", n, Device::Phone, run(bytes));
        Event::Result(name.to_owned(), Box::new(Ok(told)))
    };
    keep(&mut kept, &tell(&mut teacher, result("ada", 1_000)));
    let mut ada = student(&class);
    tell(&mut ada, Event::Teacher(said(&asked)));
    ada.apply(Action::Engine(EngineEvent::MeasureEnded(1, Ok(Some(Shown(Rc::new(run(bytes))))))));

    let (mut later, says) = again(&class, &kept);
    let before = experiment(&teacher).unwrap();
    let after = experiment(&later).unwrap();
    assert_eq!((&after.assignment, &after.subject, after.open), (&before.assignment, &before.subject, true));
    let of = |all: &Collected| {
        let result = |one: &Arrived| (one.device, Run::clone(&one.run.0));
        let one = |one: &Member| (one.name.raw().to_owned(), one.late, one.result.as_ref().map(result));
        all.members.iter().map(one).collect::<Vec<_>>()
    };
    assert!(of(before)[0].2.is_some());
    assert_eq!(of(after), of(before));
    // Who has no result has left, until the page is heard.
    assert_eq!(after.members[1].place(), Where::Gone(None));
    tell(&mut later, Event::Wall(wall(&["bob"])));
    assert_eq!(experiment(&later).unwrap().members[1].place(), Where::Asked);
    // An engine that is new has no seat of a page that left meanwhile.
    tell(&mut later, Event::Wall(wall(&[])));
    assert_eq!(experiment(&later).unwrap().members[1].place(), Where::Gone(None));
    // Pages hear of the same experiment: they neither stop nor begin again.
    let effects = tell(&mut ada, Event::Teacher(says));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::StopMeasuring | Effect::Measure(_))), "{effects:?}");
    assert!(ada.classroom.studying().unwrap().taking.has_arrived());
    // A payload of another length is refused as before.
    let short = Told::new("bob", "5e1f", 1_000, Device::Phone, run(7));
    assert!(tell(&mut later, Event::Result("bob".to_owned(), Box::new(Ok(short)))).is_empty());
    assert_eq!(experiment(&later).unwrap().refused.len(), 1);
    keep(&mut kept, &tell(&mut later, result("bob", 1_000)));
    keep(&mut kept, &press(&mut later, Press::End));
    let (last, _) = again(&class, &kept);
    assert_eq!((experiment(&last).unwrap().arrived(), experiment(&last).unwrap().open), (2, false));

    // The next experiment takes its place, and the end of the class forgets it.
    keep(&mut kept, &press(&mut later, Press::Measure(2_000)));
    assert_eq!(kept.len(), 1, "{kept:?}");
    keep(&mut kept, &later.apply(Action::Class(Change::Leave)));
    assert!(kept.is_empty());
}

#[test]
fn what_was_kept_of_another_class_or_is_damaged_is_left() {
    let (mut teacher, mut kept) = (teacher(), Vec::new());
    let class = class_of(&teacher);
    tell(&mut teacher, wall(Presence::Here, ""));
    keep(&mut kept, &press(&mut teacher, Press::Measure(1_000)));
    assert!(experiment(&again(&class, &kept).0).is_some());
    assert!(experiment(&again("other", &kept).0).is_none());
    assert!(experiment(&again(&class, &[]).0).is_none());
    for (text, _) in kept[0].1.char_indices() {
        // Whatever is cut off, the page opens its class.
        again(&class, &[(String::new(), kept[0].1[..text].to_owned())]);
    }
    kept.push(("ada".to_owned(), "[".to_owned()));
    let (state, _) = again(&class, &kept);
    assert_eq!(experiment(&state).unwrap().arrived(), 0);
    // A browser that keeps nothing says so.
    let problem = Problem::new("Not all results are kept.", "Save the file.");
    teacher.apply(Action::Class(Change::Kept(Err(problem.clone()))));
    assert_eq!(teacher.classroom.teaching().unwrap().experiment_problem, Some(problem));
}
