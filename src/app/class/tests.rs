//! What happens to a page in a class.

use super::{Change, Entry, Event, Role, SceneSaid, Seat, StudentSays, Task, TeacherSays, Tile, VERSION, Wall, name};
use crate::{
    app::{
        Action, Command, Edit, Effect, Lost, Preset, Problem, Report, Session, State, lesson,
        lesson::{Loaded, Source},
        link,
        session::{self, Course, Rate},
        stage::{self, Large},
        tests::info,
    },
    client::reconnect::Wait,
    segment::Mode,
};
use std::time::Duration;
use zbytes_session::web::command::Unfinished;

fn tell(state: &mut State, event: Event) -> Vec<Effect> {
    state.apply(Action::Engine(crate::app::Event::Class(event)))
}

fn change(state: &mut State, change: Change) -> Vec<Effect> {
    state.apply(Action::Class(change))
}

fn open(state: &mut State) -> Vec<Effect> {
    state.apply(Action::Engine(crate::app::Event::Opened(info())))
}

fn tasks(effects: &[Effect]) -> Vec<&Task> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Engine(Command::Class(task)) => Some(task),
            _ => None,
        })
        .collect()
}

/// What the page has said.
fn said(effects: &[Effect]) -> Option<&str> {
    tasks(effects).into_iter().find_map(|task| match task {
        Task::Say(text) => Some(text.as_str()),
        _ => None,
    })
}

fn student() -> State {
    let mut state = State::default();
    let link = name::read_link("#c=k7q2m").unwrap();
    assert!(change(&mut state, Change::Link(Box::new(link))).is_empty());
    change(&mut state, Change::Name("Zoë".to_owned()));
    change(&mut state, Change::Enter);
    open(&mut state);
    tell(&mut state, Event::Entered("Zoë".to_owned()));
    state
}

fn teacher() -> State {
    let mut state = State::default();
    change(&mut state, Change::Teach);
    open(&mut state);
    tell(&mut state, Event::Entered(name::TEACHER.to_owned()));
    state
}

fn says(n: u64, lesson: Option<&str>, scene: Option<(u64, Preset)>) -> Event {
    let says = TeacherSays {
        v: VERSION,
        class: "k7q2m".to_owned(),
        zid: "7".to_owned(),
        n,
        lesson: lesson.map(str::to_owned),
        scene: scene.map(|(n, preset)| SceneSaid { n, link: link::of(&State::of(preset)).unwrap() }),
        experiment: None,
        have: Vec::new(),
        stop: false,
    };
    Event::Teacher(says.text())
}

#[test]
fn link_of_a_class_does_nothing_before_a_press() {
    let mut state = State::default();
    let link = name::read_link("#c=k7q2m").unwrap();
    assert!(change(&mut state, Change::Link(Box::new(link))).is_empty());
    let lab = crate::app::Event::LabFound { ws: "ws/a:1".into(), tcp: "tcp/a:2".into() };
    assert!(state.apply(Action::Engine(lab)).is_empty(), "who comes by a link connects by a press");
    assert!(matches!(&state.classroom.role, Role::Door(door) if door.entry == Entry::Asked));
    assert!(change(&mut state, Change::Name("a b".to_owned())).is_empty());
    let effects = change(&mut state, Change::Enter);
    assert!(matches!(effects[..], [Effect::Engine(Command::Connect(_))]), "{effects:?}");
    let effects = open(&mut state);
    let joins = |task: &&Task| matches!(task, Task::Join { class, name, again: false, .. } if class == "k7q2m" && name == "a-b");
    assert!(tasks(&effects).iter().any(joins), "{effects:?}");
    // A link that names no class says so.
    let mut state = State::default();
    change(&mut state, Change::Link(Box::new(name::read_link("#c=K").unwrap())));
    assert!(state.link_problem.is_some() && state.classroom.role == Role::Outside);
}

#[test]
fn page_that_cannot_connect_says_why_at_the_door() {
    let mut state = State::default();
    change(&mut state, Change::Link(Box::new(name::read_link("#c=k7q2m").unwrap())));
    change(&mut state, Change::Enter);
    let full = Problem::new("The lab is full.", "Wait.");
    state.apply(Action::Engine(crate::app::Event::SessionEnded(Some(full.clone()))));
    assert!(matches!(&state.classroom.role, Role::Door(door) if door.entry == Entry::Failed(full.clone())));
    // Again, and this time the engine refuses.
    change(&mut state, Change::Enter);
    open(&mut state);
    tell(&mut state, Event::Refused(full.clone()));
    assert!(matches!(&state.classroom.role, Role::Door(door) if door.entry == Entry::Failed(full)));
}

#[test]
fn page_without_a_name_gets_one() {
    let mut state = State::default();
    change(&mut state, Change::Link(Box::new(name::read_link("#c=k7q2m").unwrap())));
    open(&mut state);
    let effects = change(&mut state, Change::Enter);
    let [Task::Join { name, zid, .. }] = tasks(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((name, zid), (&name::offered("1"), &"1".to_owned()));
}

#[test]
fn student_has_a_key_that_no_scene_takes_away() {
    let mut state = student();
    let own = "lab/k7q2m/Zoë/data";
    assert_eq!((&*state.key, &*state.sub_key), (own, own));
    assert_eq!(state.classroom.link().unwrap(), "#c=k7q2m/Wm_Dqw");
    // A lesson, a preset and a scene name keys of their own.
    state.apply(Action::Preset(Preset::Tensor));
    let found = link::read(&link::of(&State::of(Preset::ThreeSmall)).unwrap()).unwrap();
    state.apply(Action::Browser(Report::Link(Box::new(found))));
    tell(&mut state, says(1, None, Some((1, Preset::Tensor))));
    assert_eq!((&*state.key, &*state.sub_key), (own, own));
    // What the person types holds.
    state.apply(Action::Key("lab/other".to_owned()));
    state.apply(Action::Edit(state.rows[0].id, Edit::Mode(Mode::Copy)));
    assert_eq!(state.key, "lab/other");
    // Another name is another key.
    tell(&mut state, Event::Renamed("Zoë-2".to_owned()));
    assert_eq!(state.key, "lab/k7q2m/Zoë-2/data");
}

#[test]
fn student_says_where_it_is_and_what_it_has() {
    let mut state = student();
    let says = |effects: &[Effect]| StudentSays::read(said(effects)?, "Zoë").ok();
    let before = state.classroom.studying().unwrap().said.clone().expect("it said so when it joined");
    assert_eq!((before.step, before.payload.len()), (None, 3));
    let effects = state.apply(Action::Preset(Preset::Tensor));
    let now = says(&effects).expect("another payload is said");
    assert_eq!((now.payload, now.n), (vec![(11_796_480, Mode::Borrow)], before.n + 1));
    assert_eq!(says(&state.apply(Action::Select(None))), None, "nothing has changed for others");
    let effects = tell(&mut state, Event::Measured(12_345_678.0));
    assert_eq!(says(&effects).unwrap().link_mbs, Some(12.35));
}

const LESSON: &str = "\
# Two steps

lesson: 1
minutes: 1
about: A test.

## First

scene: three

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

fn load(state: &mut State) {
    let loaded = Loaded { text: LESSON.to_owned(), kept: String::new() };
    state.apply(Action::Browser(Report::Lesson(Source::Own("two".to_owned()), Ok(loaded))));
}

#[test]
fn student_follows_the_teacher_until_it_leaves_the_step() {
    let mut state = student();
    let effects = tell(&mut state, says(1, Some("#l=two/1"), None));
    assert!(effects.contains(&Effect::Lesson(lesson::Task::Load(Source::Own("two".to_owned())))), "{effects:?}");
    load(&mut state);
    tell(&mut state, says(2, Some("#l=two/2"), None));
    assert_eq!(state.lessons.link().as_deref(), Some("#l=two/2"));
    // What is said again moves nothing.
    let effects = tell(&mut state, says(2, Some("#l=two/2"), None));
    assert!(said(&effects).is_none());
    // The person goes back, and stays there.
    state.apply(Action::Lesson(lesson::Change::Go(0)));
    assert!(!state.classroom.studying().unwrap().follows);
    tell(&mut state, says(3, Some("#l=two/1"), None));
    tell(&mut state, says(4, Some("#l=two/2"), None));
    assert_eq!(state.lessons.link().as_deref(), Some("#l=two/1"));
    // Going there once does not follow; following does.
    change(&mut state, Change::GoThere);
    assert_eq!(state.lessons.link().as_deref(), Some("#l=two/2"));
    assert!(!state.classroom.studying().unwrap().follows);
    change(&mut state, Change::Follow(true));
    tell(&mut state, says(5, Some("#l=two/1"), None));
    assert_eq!(state.lessons.link().as_deref(), Some("#l=two/1"));
    // A teacher who closes the lesson takes it from no student.
    tell(&mut state, says(6, None, None));
    assert_eq!(state.lessons.link().as_deref(), Some("#l=two/1"));
    // A lesson from elsewhere is loaded after a press only.
    tell(&mut state, says(7, Some("#l=https://example.org/a.md/1"), None));
    assert!(matches!(state.lessons.page, lesson::Page::Asks(..)));
    // A teacher's page of another version is told, until it is understood again.
    tell(&mut state, Event::Teacher("{}".to_owned()));
    assert_eq!(state.classroom.studying().unwrap().not_understood, 1);
    tell(&mut state, says(8, None, None));
    assert_eq!(state.classroom.studying().unwrap().not_understood, 0);
}

#[test]
fn scene_of_the_teacher_ends_puts_at_a_rate() {
    let mut state = student();
    state.api.rate = Rate::Running(3, Course::default());
    let effects = tell(&mut state, says(1, None, Some((1, Preset::Tensor))));
    assert!(effects.contains(&Effect::Engine(Command::Session(session::Task::Stop))), "{effects:?}");
    assert!(matches!(&state.api.rate, Rate::Stopped { problem: Some(_), .. }));
}

#[test]
fn page_at_the_door_enters_when_a_lost_session_is_back() {
    let mut state = State::default();
    open(&mut state);
    let lost = Lost::new(Problem::new("Gone.", ""), Unfinished::default(), Wait { attempt: 1, delay: Duration::ZERO });
    state.session = Session::Lost(lost);
    let link = name::read_link("#c=k7q2m").unwrap();
    change(&mut state, Change::Link(Box::new(link)));
    change(&mut state, Change::Enter);
    let joins = |effects: &[Effect]| tasks(effects).iter().any(|task| matches!(task, Task::Join { .. }));
    assert!(joins(&open(&mut state)));
}

#[test]
fn scene_of_the_teacher_is_set_up_once_and_undone() {
    let mut state = student();
    state.apply(Action::AddText);
    let own = state.rows.clone();
    let effects = tell(&mut state, says(1, None, Some((1, Preset::ThreeSmall))));
    let harmless = |effect: &Effect| {
        matches!(effect, Effect::Engine(Command::Build { .. } | Command::Class(Task::Say(_)) | Command::Session(_)))
    };
    assert!(effects.iter().all(harmless), "{effects:?}");
    assert!(state.shows_teachers_scene());
    assert_eq!(state.preset, Some(Preset::ThreeSmall));
    state.apply(Action::Undo);
    assert_eq!((&state.rows, state.shows_teachers_scene()), (&own, false));
    // The same scene is said every two seconds, and another one is set up.
    tell(&mut state, says(2, None, Some((1, Preset::ThreeSmall))));
    assert_eq!(state.rows, own);
    tell(&mut state, says(3, None, Some((2, Preset::Tensor))));
    assert_eq!(state.preset, Some(Preset::Tensor));
}

#[test]
fn hostile_text_of_a_teacher_changes_nothing_and_is_counted() {
    let mut state = student();
    let before = state.clone();
    let bad = r##"{"v":1,"class":"k7q2m","zid":"7","n":1,"scene":{"n":1,"link":"#s=AAAA"}}"##;
    for text in ["", "{}", "null", r#"{"v":1,"class":"other","zid":"1","n":1}"#] {
        tell(&mut state, Event::Teacher(text.to_owned()));
    }
    assert_eq!(state.classroom.studying().unwrap().not_understood, 4);
    // A scene that is damaged is told, and the rows stay.
    tell(&mut state, Event::Teacher(bad.to_owned()));
    assert!(state.link_problem.is_some() && !state.shows_teachers_scene());
    assert_eq!((&state.rows, &state.key, &state.session), (&before.rows, &before.key, &before.session));
}

#[test]
fn payload_that_is_too_long_for_the_link_is_shortened() {
    let mut state = student();
    state.apply(Action::Preset(Preset::Tensor));
    assert_eq!(state.seconds_on_the_link(), None);
    tell(&mut state, Event::Measured(2e6));
    let own = state.rows.clone();
    assert!(state.seconds_on_the_link().is_some_and(|seconds| seconds > super::TOO_LONG));
    change(&mut state, Change::Shorten);
    let seconds = state.seconds_on_the_link().unwrap();
    assert!((0.4..=0.5).contains(&seconds), "{seconds}");
    assert_eq!(state.rows.len(), own.len());
    state.apply(Action::Undo);
    assert_eq!(state.rows, own);
    // A message is not shortened, so a small preset takes its place.
    state.apply(Action::Preset(Preset::Message));
    tell(&mut state, Event::Measured(1e3));
    change(&mut state, Change::Shorten);
    assert_eq!(state.preset, Some(Preset::ThreeSmall));
}

#[test]
fn teacher_opens_a_class_and_sees_the_wall() {
    let mut state = State::default();
    let effects = change(&mut state, Change::Teach);
    assert!(matches!(effects[..], [Effect::Engine(Command::Connect(_))]));
    let effects = open(&mut state);
    let class = name::class_of("1");
    assert!(tasks(&effects).contains(&&Task::Teach { class: class.clone(), zid: "1".to_owned() }), "{effects:?}");
    let effects = tell(&mut state, Event::Entered(name::TEACHER.to_owned()));
    assert_eq!((state.stage.large, &*state.key), (Some(Large::Class), &*name::key(&class, "teacher", "data")));
    assert_eq!(TeacherSays::read(said(&effects).unwrap(), &class).unwrap().lesson, None);
    let text = StudentSays { v: VERSION, name: "ana".to_owned(), zid: "3".to_owned(), ..StudentSays::default() }.text();
    let tile = |says: &str| Tile { name: "ana".into(), says: says.to_owned(), ..Tile::default() };
    let wall = Wall { tiles: vec![tile(&text)], not_understood: 2, beyond: 1, other_teacher: true };
    tell(&mut state, Event::Wall(wall));
    let teaching = state.classroom.teaching().unwrap();
    assert!(matches!(&teaching.seats[..], [Seat { says: Some(says), .. }] if says.zid == "3"));
    assert_eq!((teaching.not_understood, teaching.beyond, teaching.other_teacher), (2, 1, true));
    // The same press shows the page, and the class again.
    change(&mut state, Change::Teach);
    assert_eq!(state.stage.large, None);
    change(&mut state, Change::Teach);
    assert_eq!(state.stage.large, Some(Large::Class));
    assert!(tasks(&change(&mut state, Change::Leave)).contains(&&Task::Leave));
    assert_eq!((state.stage.large, &state.classroom.role), (None, &Role::Outside));
}

#[test]
fn teacher_says_its_step_and_its_scene() {
    let mut state = teacher();
    let class = name::class_of("1");
    let says = |effects: &[Effect]| said(effects).map(|text| TeacherSays::read(text, &class).unwrap());
    state.apply(Action::Lesson(lesson::Change::Open(Source::Own("two".to_owned()), 0)));
    load(&mut state);
    let effects = state.apply(Action::Lesson(lesson::Change::Go(1)));
    assert_eq!(says(&effects).unwrap().lesson.as_deref(), Some("#l=two/2"));
    state.apply(Action::Preset(Preset::Tensor));
    let before = says(&effects).unwrap().n;
    let effects = change(&mut state, Change::PutScene);
    assert_eq!(says(&effects).unwrap().n, before + 1);
    let first = says(&effects).unwrap().scene.unwrap();
    assert_eq!((first.n, Ok(first.link)), (1, link::of(&state)));
    let again = says(&change(&mut state, Change::PutScene)).unwrap().scene.unwrap();
    assert_eq!(again.n, 2, "the same scene once more");
    assert_eq!(says(&change(&mut state, Change::TakeScene)).unwrap().scene, None);
    // Numbers grow on: a page knows the scene that it has set up.
    assert_eq!(says(&change(&mut state, Change::PutScene)).unwrap().scene.unwrap().n, 3);
}

#[test]
fn class_goes_on_with_a_new_engine_and_under_its_link() {
    for mut state in [teacher(), student()] {
        state.apply(Action::Stage(stage::Change::Whole));
        let link = state.classroom.link().unwrap();
        state.apply(Action::Engine(crate::app::Event::SessionEnded(None)));
        assert_eq!(state.session, Session::Closed);
        let effects = open(&mut state);
        let again = match tasks(&effects)[..] {
            [Task::Teach { class, .. }] => format!("#t={class}"),
            [Task::Join { name, again: true, .. }] => format!("{name} again"),
            _ => panic!("{effects:?}"),
        };
        assert!(link == again || again == "Zoë again", "{link} {again}");
        let effects =
            tell(&mut state, Event::Entered(if link.starts_with("#t") { "teacher" } else { "Zoë" }.to_owned()));
        assert!(said(&effects).is_some(), "it says its text to the new engine");
        assert_eq!(state.stage.large, None, "nothing else changes");
        // The link of the class that the page is in already changes nothing. By another one a student leaves it.
        let same = name::read_link(&link).unwrap();
        assert!(change(&mut state, Change::Link(Box::new(same))).is_empty());
        if link.starts_with("#t") {
            continue;
        }
        let other = name::read_link("#c=other").unwrap();
        assert!(tasks(&change(&mut state, Change::Link(Box::new(other)))).contains(&&Task::Leave));
        assert!(matches!(state.classroom.role, Role::Door(_)));
    }
}

#[test]
fn link_in_a_teachers_page_does_not_end_its_class() {
    let mut state = teacher();
    let class = state.classroom.teaching().unwrap().class.clone();
    state.apply(Action::Stage(stage::Change::Whole));
    let link = |state: &mut State, hash: &str| {
        let link = name::read_link(hash).unwrap();
        assert!(change(state, Change::Link(Box::new(link))).is_empty(), "{hash}");
    };
    // That of its own class, as a teacher's or as the one that others join by.
    for kind in ["#t=", "#c="] {
        state.stage.large = None;
        link(&mut state, &format!("{kind}{class}"));
        assert_eq!(state.stage.large, Some(Large::Class), "{kind}");
    }
    state.stage.large = None;
    for other in ["#t=k7q2m", "#c=k7q2m"] {
        state.link_problem = None;
        link(&mut state, other);
        assert!(state.link_problem.as_ref().is_some_and(|problem| problem.title.contains(&class)), "{other}");
        assert_eq!(state.classroom.teaching().map(|teaching| &teaching.class), Some(&class));
    }
    // A lesson and a scene neither.
    let lesson = lesson::read_link("#l=pieces/2").unwrap();
    state.apply(Action::Lesson(lesson::Change::Link(Box::new(lesson), true)));
    let scene = link::read(&link::of(&State::of(Preset::ThreeSmall)).unwrap()).unwrap();
    state.apply(Action::Browser(Report::Link(Box::new(scene))));
    assert!(state.classroom.teaching().is_some());
}
