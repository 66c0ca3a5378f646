//! The reducer, action by action.

use std::{rc::Rc, time::Duration};

use zbytes_session::web::command::Unfinished;

use super::*;
use crate::{
    client::{Arriving, SessionInfo, pause::Took, reconnect::Wait},
    given::{About, Offer, Reading, csv::Column},
    ledger::Place,
    measure::course::Progress,
    message::{PixelFormat, Schema, Way},
    run::{Conditions, FORMAT, Run, Scenario, Thread},
    segment::{Element, Mode},
};

pub(super) fn info() -> SessionInfo {
    SessionInfo {
        zid: "1".parse().unwrap(),
        router_zid: "2".parse().unwrap(),
        batch_size: 65535,
        lanes: 16,
        sn_bits: 28,
        lease: Duration::from_secs(60),
        router_lease: Duration::from_secs(10),
        patch: 1,
    }
}

pub(super) fn sample(id: SampleId, len: usize) -> Sample {
    Sample {
        id,
        time: "00:00:00.000".into(),
        key: "k".into(),
        deleted: false,
        len,
        segments: 1,
        local: false,
        hash: Hash::NotAsked,
        arrays: Vec::new(),
        reply: None,
        more: More::default(),
    }
}

fn arrived(sample: Sample) -> Action {
    Action::Engine(Event::Samples {
        samples: vec![sample],
        groups: Vec::new(),
        at: Duration::ZERO,
        received: 1,
        replies: 0,
    })
}

const UNFINISHED: Unfinished = Unfinished { puts: 1, gets: 2, fences: 0 };

#[test]
fn rows_are_added_changed_moved_and_removed() {
    let mut state = State::default();
    state.apply(Action::Preset(Preset::ThreeSmall));
    let ids: Vec<RowId> = state.rows.iter().map(|row| row.id).collect();
    let effects = state.apply(Action::Move(ids[2], Direction::Up));
    assert!(matches!(effects.as_slice(), [Effect::Engine(Command::Build { .. })]));
    assert_eq!(state.preset, None, "changed rows are not a preset any more");
    assert_eq!(state.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[0], ids[2], ids[1]]);
    assert!(state.apply(Action::Move(ids[0], Direction::Up)).is_empty());
    assert!(state.apply(Action::Move(ids[1], Direction::Down)).is_empty());
    state.apply(Action::Duplicate(ids[0]));
    assert_eq!(state.rows.len(), 4);
    assert_eq!(state.rows[1].name, state.rows[0].name);
    assert!(!ids.contains(&state.rows[1].id));
    state.apply(Action::Remove(state.rows[1].id));
    state.apply(Action::Edit(ids[1], Edit::Element(Element::Float64)));
    state.apply(Action::Edit(ids[1], Edit::Length(10)));
    assert_eq!(state.rows[2].bytes(), 80);
    state.apply(Action::ModeForAll(Mode::Copy));
    assert!(state.rows.iter().all(|row| row.mode == Mode::Copy));
    for id in ids {
        state.apply(Action::Remove(id));
    }
    assert!(state.rows.is_empty());
    assert_eq!(state.selected, None);
    assert_eq!(state.plan().unwrap().len, 0);
    state.apply(Action::Add(Element::Int32));
    assert_eq!(state.selected, Some(Selection { row: state.rows[0].id, index: 0 }));
}

#[test]
fn answers_about_older_rows_are_ignored() {
    let mut state = State::default();
    state.apply(Action::Browser(Report::Started(Surroundings::default())));
    let old = state.revision;
    state.apply(Action::ModeForAll(Mode::Copy));
    state.apply(Action::Engine(Event::BuildEnded(old, Ok((Built { len: 1, segments: 1, copied: 1 }, Vec::new())))));
    assert_eq!(state.build, Build::Pending);
    let built = Built { len: 2, segments: 1, copied: 2 };
    let structure = Structured { row: state.rows[0].id, structure: Err("it is none".to_owned()) };
    state.apply(Action::Engine(Event::BuildEnded(state.revision, Ok((built, vec![structure.clone()])))));
    assert_eq!((&state.build, &state.structures), (&Build::Ready(built), &vec![structure]));
    // It is shown while the next one is under way, and gone with the row, or when nothing was
    // built.
    state.apply(Action::AddText);
    assert_eq!((&state.build, state.structures.len()), (&Build::Pending, 1));
    let mut gone = state.clone();
    gone.apply(Action::Remove(state.rows[0].id));
    assert!(gone.structures.is_empty());
    state.apply(Action::Engine(Event::BuildEnded(state.revision, Err(Problem::new("x", "")))));
    assert!(state.structures.is_empty());
}

#[test]
fn a_payload_beyond_its_bounds_is_refused_in_words() {
    let mut state = State::of(Preset::Tensor);
    let row = state.rows[0].id;
    let effects = state.apply(Action::Edit(row, Edit::Length(1 << 29)));
    assert!(effects.is_empty());
    assert!(matches!(&state.build, Build::Failed(problem) if problem.detail.contains("2,147,483,648 B")));
    state.apply(Action::Edit(row, Edit::Length(usize::MAX)));
    assert!(matches!(&state.build, Build::Failed(_)));
    state.apply(Action::Edit(row, Edit::Length(1)));
    for _ in 0..2 {
        state.apply(Action::Edit(row, Edit::Repeat(MAX_REPEAT)));
        state.apply(Action::Duplicate(row));
    }
    assert!(matches!(&state.build, Build::Failed(problem) if problem.title.contains("segments")));
}

#[test]
fn buffers_too_long_are_refused_also_for_a_short_payload() {
    let mut state = State::default();
    state.apply(Action::Preset(Preset::ThreeSmall));
    let row = state.rows[2].id;
    state.apply(Action::Edit(row, Edit::Before(1 << 26)));
    assert_eq!(state.build, Build::Pending);
    let effects = state.apply(Action::Edit(row, Edit::Repeat(3)));
    assert!(effects.is_empty());
    assert!(matches!(&state.build, Build::Failed(problem) if problem.title == "The buffers are too long."));
    // In wasm memory there is nothing around an array.
    assert!(!state.apply(Action::Edit(row, Edit::Place(Place::Linear))).is_empty());
}

#[test]
fn a_row_becomes_another_kind_with_what_fits_it() {
    let mut state = State::of(Preset::Tensor);
    state.apply(Action::Add(Element::Int16));
    let id = state.rows[1].id;
    state.apply(Action::Edit(id, Edit::Before(3)));
    state.apply(Action::Edit(id, Edit::Kind(Kind::DataView)));
    let view = &state.rows[1];
    assert_eq!((view.length, view.before, view.element), (2048, 6, Element::Uint8));
    state.apply(Action::Edit(id, Edit::Kind(Kind::Text("größer".into()))));
    let text = &state.rows[1];
    assert_eq!((text.bytes(), text.is_part(), text.refusal(Mode::Move)), (8, false, None));
    state.apply(Action::Edit(id, Edit::Place(Place::Linear)));
    state.apply(Action::Edit(id, Edit::Kind(Kind::ArrayBuffer)));
    assert_eq!((state.rows[1].place, state.rows[1].bytes()), (Place::JsHeap, 8));
    state.apply(Action::Edit(id, Edit::Element(Element::Float64)));
    assert_eq!((&state.rows[1].kind, state.rows[1].bytes()), (&Kind::Array, 64));
}

#[test]
fn a_row_becomes_a_message_and_back_with_what_both_can_say() {
    let mut state = State::default();
    state.apply(Action::Preset(Preset::ThreeSmall));
    let id = state.rows[1].id;
    state.apply(Action::Edit(id, Edit::Place(Place::Linear)));
    state.apply(Action::Edit(id, Edit::Repeat(3)));
    state.apply(Action::Select(Some(Selection { row: id, index: 2 })));
    let message = |state: &State| match &state.rows[1].kind {
        Kind::Message(message) => message.clone(),
        kind => panic!("no message: {kind:?}"),
    };
    state.apply(Action::Edit(id, Edit::Schema(Schema::Tensor)));
    let row = &state.rows[1];
    assert_eq!((row.element, row.repeat, row.place, row.mode), (Element::Float32, 1, Place::Linear, Mode::Borrow));
    assert_eq!((message(&state).shape, row.name.raw()), (vec![3000], "points"));
    // What is selected is the array, behind table and head.
    assert_eq!(state.selected, Some(Selection { row: id, index: 2 }));
    // Elements of another type, and back to an array.
    state.apply(Action::Edit(id, Edit::Element(Element::Int16)));
    state.apply(Action::Edit(id, Edit::Shape(vec![20, 30])));
    state.apply(Action::Edit(id, Edit::Way(Way::Filled)));
    state.apply(Action::Edit(id, Edit::Array(Element::Uint16)));
    let row = &state.rows[1];
    assert_eq!((&row.kind, row.element, row.length, row.bytes()), (&Kind::Array, Element::Uint16, 600, 1200));
    assert_eq!(state.selected, Some(Selection { row: id, index: 0 }));
    // A picture is a tensor of its pixels, and such a tensor is that picture.
    state.apply(Action::Edit(id, Edit::Schema(Schema::CameraFrame)));
    state.apply(Action::Edit(id, Edit::Shape(vec![48, 64])));
    for (format, shape) in [
        (PixelFormat::Rgb8, vec![48, 64, 3]),
        (PixelFormat::Mono16, vec![48, 64]),
        (PixelFormat::Rgba8, vec![48, 64, 4]),
        (PixelFormat::Mono8, vec![48, 64]),
    ] {
        state.apply(Action::Edit(id, Edit::Format(format)));
        let before: usize = state.rows[1].arrays().iter().map(Row::bytes).sum();
        state.apply(Action::Edit(id, Edit::Schema(Schema::Tensor)));
        assert_eq!((message(&state).shape, state.rows[1].element), (shape, format.element()));
        assert_eq!(state.rows[1].arrays().iter().map(Row::bytes).sum::<usize>(), before);
        state.apply(Action::Edit(id, Edit::Schema(Schema::CameraFrame)));
        assert_eq!((message(&state).shape, message(&state).format), (vec![48, 64], format));
    }
    // Points are the first dimension.
    state.apply(Action::Edit(id, Edit::Schema(Schema::Tensor)));
    state.apply(Action::Edit(id, Edit::Schema(Schema::PointCloud)));
    assert_eq!((message(&state).shape, state.rows[1].arrays().len()), (vec![48], 4));
    state.apply(Action::Edit(id, Edit::Kind(Kind::DataView)));
    let row = &state.rows[1];
    assert_eq!((&row.kind, row.element, row.length), (&Kind::DataView, Element::Uint8, 4 * 48));
}

#[test]
fn a_message_without_an_element_has_its_head_selected() {
    let mut state = State::of(Preset::Tensor);
    state.apply(Action::AddMessage(Schema::Tensor));
    let id = state.rows[1].id;
    assert_eq!(state.selected, Some(Selection { row: id, index: 2 }));
    state.apply(Action::Edit(id, Edit::Shape(vec![0, 7])));
    assert_eq!((state.selected, state.rows[1].face()), (Some(Selection { row: id, index: 1 }), 1));
    // One that cannot be made has no segment, and what was selected is so again when it can.
    state.apply(Action::Edit(id, Edit::Shape(vec![7])));
    state.apply(Action::Select(Some(Selection { row: id, index: 2 })));
    state.apply(Action::Edit(id, Edit::Shape(vec![1 << 30])));
    assert!(matches!(state.build, Build::Failed(_)));
    state.apply(Action::Edit(id, Edit::Shape(vec![7])));
    assert_eq!(state.selected, Some(Selection { row: id, index: 2 }));
    state.apply(Action::Edit(id, Edit::Repeat(3)));
    assert_eq!(state.rows[1].repeat, 1, "a message is never repeated");
}

#[test]
fn an_unreadable_file_says_so_until_the_next_change() {
    let mut state = State::of(Preset::Tensor);
    state.apply(Action::Engine(Event::FileRead { file: 4, about: About::unknown("a.bin", 7) }));
    assert_eq!((state.rows[1].kind.given().unwrap().file, state.rows[1].bytes()), (4, 7));
    state.apply(Action::Engine(Event::FilesEnded(Some(Problem::new("b.bin cannot be read.", "")))));
    assert!(state.file_problem.is_some());
    state.apply(Action::AddText);
    assert_eq!(state.file_problem, None);
}

#[test]
fn a_put_needs_a_session_and_ends_in_a_report_or_a_problem() {
    let mut state = State::of(Preset::Tensor);
    assert!(state.apply(Action::Put).is_empty());
    assert!(matches!(state.put, Put::Failed(_)));
    state.apply(Action::Engine(Event::Opened(info())));
    state.apply(Action::Subscribe);
    let effects = state.apply(Action::Put);
    let [Effect::Engine(Command::Put { id, .. })] = effects.as_slice() else { panic!("no put: {effects:?}") };
    assert!(state.apply(Action::Put).is_empty(), "one at a time");
    state.apply(Action::Engine(Event::PutProgress(*id, 100)));
    assert_eq!(state.put, Put::UnderWay { id: *id, handed: 100, total: 11_796_480 });
    assert_eq!(state.apply(Action::CancelPut), [Effect::Engine(Command::CancelPut(*id))]);
    state.apply(Action::Engine(Event::PutEnded(id + 1, Err(Problem::new("other", "")))));
    assert!(matches!(state.put, Put::UnderWay { .. }));
    let report = PutReport {
        bytes: 11_796_480,
        deleted: false,
        batches: 181,
        built: 0,
        gathered: 11_796_480,
        took: Took { time: Duration::from_millis(5), ..Took::default() },
        answered: false,
    };
    state.apply(Action::Engine(Event::PutEnded(*id, Ok(report))));
    assert_eq!(state.put, Put::Done(report));
    assert!(state.apply(Action::CancelPut).is_empty());
}

#[test]
fn how_the_last_put_ended_stays_until_another_session_begins() {
    let mut state = State::default();
    state.apply(Action::Connect);
    state.apply(Action::Engine(Event::Opened(info())));
    state.apply(Action::Subscribe);
    let [Effect::Engine(Command::Put { id, .. })] = state.apply(Action::Put)[..] else { panic!("no put") };
    let failed = Put::Failed(Problem::new("The put was cut off.", ""));
    state.apply(Action::Engine(Event::PutEnded(id, Err(Problem::new("The put was cut off.", "")))));
    state.apply(Action::Engine(Event::SessionEnded(None)));
    assert_eq!(state.put, failed);
    state.apply(Action::Connect);
    assert_eq!(state.put, Put::None);
}

#[test]
fn what_arrives_is_there_with_its_latest_figures_until_it_ends() {
    let mut state = State::default();
    let arriving = |id, bytes| Arriving {
        id,
        key_expr: Some("lab/large".parse().unwrap()),
        subscribers: vec![1],
        get: None,
        bytes,
        total: Some(1000),
        fragments: bytes / 10,
    };
    for (id, bytes) in [(1, 10), (2, 10), (1, 900)] {
        state.apply(Action::Engine(Event::Arriving(arriving(id, bytes))));
    }
    state.apply(Action::Engine(Event::ArrivalEnded { id: 2, whole: false }));
    assert_eq!((state.arriving.as_slice(), state.not_whole), ([arriving(1, 900)].as_slice(), 1));
    state.apply(Action::Engine(Event::ArrivalEnded { id: 1, whole: true }));
    assert!(state.arriving.is_empty() && state.not_whole == 1);
}

#[test]
fn what_is_connected_to_is_what_the_field_says() {
    for (typed, used) in [("", "/zenoh"), (" /zenoh ", "/zenoh"), ("ws/h:1", "ws/h:1")] {
        let mut state = State::default();
        state.apply(Action::Locator(typed.into()));
        assert_eq!(state.apply(Action::Connect), [Effect::Engine(Command::Connect(used.into()))]);
        assert_eq!(state.locator, used);
    }
}

#[test]
fn a_lost_session_keeps_its_subscription_and_refuses_puts() {
    let mut state = State::default();
    state.apply(Action::Connect);
    state.apply(Action::Engine(Event::Opened(info())));
    state.apply(Action::Engine(Event::SubscribeEnded(Ok("lab/**".into()))));
    let wait = |attempt| Wait { attempt, delay: Duration::from_millis(100) };
    let cause = Problem::new("The router closed the link.", "");
    state.apply(Action::Engine(Event::SessionLost(Lost::new(cause.clone(), UNFINISHED, wait(1)), "12:00".into())));
    let refused = Problem::new("No connection.", "");
    state.apply(Action::Engine(Event::SessionLost(Lost::new(refused, Unfinished::default(), wait(2)), "12:01".into())));
    let failed = Some("No connection.".to_owned());
    assert_eq!(state.session, Session::Lost(Lost { failed, ..Lost::new(cause.clone(), UNFINISHED, wait(2)) }));
    let loss = session::Loss { time: "12:00".into(), problem: cause, unfinished: UNFINISHED };
    assert_eq!(state.api.loss, Some(loss), "the loss itself, not what was tried after it");
    assert_eq!(state.subscription, Declaration::Declared("lab/**".into()));
    assert!(state.apply(Action::Connect).is_empty(), "it is being opened already");
    assert!(state.apply(Action::Put).is_empty());
    assert!(matches!(&state.put, Put::Failed(problem) if problem.title == "The session is lost."));
    assert!(
        state.apply(Action::Engine(Event::Opened(info()))).is_empty(),
        "what was declared is declared again by itself"
    );
    let gap = Took { time: Duration::from_secs(3), ..Took::default() };
    state.apply(Action::Engine(Event::SessionResumed(gap)));
    assert!(state.session.is_open());
    assert_eq!(state.gap, Some(gap));
    assert_eq!(state.apply(Action::Put).len(), 1);
    state.apply(Action::Engine(Event::SessionEnded(None)));
    assert_eq!((state.gap, state.session), (None, Session::Closed));
}

#[test]
fn an_attempt_that_may_be_held_back_is_said_to_be_until_it_ends() {
    let longest = Duration::from_secs(60);
    let lost = || {
        let wait = Wait { attempt: 1, delay: Duration::from_millis(100) };
        Action::Engine(Event::SessionLost(
            Lost::new(Problem::new("Cut off.", ""), Unfinished::default(), wait),
            "12:00".into(),
        ))
    };
    let mut state = State::default();
    state.apply(Action::Engine(Event::HeldBack(longest)));
    assert_eq!(state.held_back, None, "nothing is being opened");
    state.apply(Action::Connect);
    for end in [
        Action::Engine(Event::Opened(info())),
        lost(),
        lost(),
        Action::Engine(Event::Opened(info())),
        lost(),
        Action::Engine(Event::SessionEnded(None)),
    ] {
        let connecting = !state.session.is_open();
        state.apply(Action::Engine(Event::HeldBack(longest)));
        assert_eq!(state.held_back, connecting.then_some(longest));
        state.apply(end);
        assert_eq!(state.held_back, None);
    }
}

#[test]
fn the_end_of_a_session_ends_its_subscription() {
    let mut state = State::default();
    let effects = state.apply(Action::Connect);
    assert_eq!(effects, [Effect::Engine(Command::Connect("/zenoh".into()))]);
    assert!(state.apply(Action::Connect).is_empty());
    state.apply(Action::Engine(Event::Opened(info())));
    assert_eq!(state.apply(Action::Subscribe), [Effect::Engine(Command::Subscribe("lab/**".into()))]);
    state.apply(Action::Engine(Event::SubscribeEnded(Ok("lab/**".into()))));
    assert!(state.apply(Action::Subscribe).is_empty());
    let problem = Problem::new("The router closed the link.", "");
    state.apply(Action::Engine(Event::SessionEnded(Some(problem.clone()))));
    assert_eq!(state.session, Session::Failed(problem));
    assert_eq!(state.subscription, Declaration::None);
    state.apply(Action::Locator("ws/h:1".into()));
    assert_eq!(state.session, Session::Closed, "what was said of another locator is void");
}

#[test]
fn what_is_unsubscribed_can_be_subscribed_to_again() {
    let mut state = State::default();
    state.apply(Action::Connect);
    state.apply(Action::Engine(Event::Opened(info())));
    state.apply(Action::Engine(Event::SubscribeEnded(Ok("lab/**".into()))));
    assert_eq!(state.apply(Action::Unsubscribe), [Effect::Engine(Command::Unsubscribe)]);
    assert_eq!(state.subscription, Declaration::None);
    assert_eq!(state.apply(Action::Subscribe), [Effect::Engine(Command::Subscribe("lab/**".into()))]);
}

#[test]
fn kept_samples_are_bounded_and_the_newest_is_always_kept() {
    let mut state = State::default();
    for id in 0..60 {
        state.apply(arrived(sample(id, 10)));
    }
    assert_eq!(state.samples.len(), KEPT_SAMPLES);
    assert_eq!(state.samples[0].id, 59);
    assert_eq!(state.received, 60);
    let effects = state.apply(arrived(sample(60, KEPT_BYTES + 1)));
    assert_eq!(state.samples.len(), 1);
    assert!(matches!(effects.as_slice(), [Effect::Engine(Command::Forget(ids))] if ids.len() == KEPT_SAMPLES));
    assert_eq!(state.apply(Action::Hash(60)), [Effect::Engine(Command::Hash(60))]);
    assert!(state.apply(Action::Hash(60)).is_empty(), "under way already");
    state.apply(Action::Engine(Event::Hashed(60, Ok("ab".into()))));
    assert_eq!(state.samples[0].hash, Hash::Done("ab".into()));
    assert!(state.apply(Action::Hash(3)).is_empty(), "gone");
}

pub(super) fn a_run(id: u64) -> Shown {
    let conditions = Conditions {
        browser: "Chrome 156".into(),
        cores: 2,
        clock_step: 5000.0,
        isolated: true,
        optimised: true,
        thread: Thread::Page,
        hidden: false,
        seed: 7,
        rounds: 60,
        lab: "0".into(),
        zenoh: "0".into(),
        router: None,
    };
    Shown(Rc::new(Run {
        format: FORMAT.into(),
        id,
        scenario: Scenario::Payload,
        subject: "x".into(),
        conditions,
        partial: false,
        refused: None,
        unsent: None,
        series: Vec::new(),
        puts: Vec::new(),
        scene: None,
    }))
}

#[test]
fn a_measurement_of_changed_rows_says_which_rows_it_was_about() {
    let mut state = State::of(Preset::Tensor);
    let effects = state.apply(Action::Measure);
    let [Effect::Measure(order)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((order.number, order.rows.len(), order.puts), (1, 1, false));
    assert!(state.apply(Action::Measure).is_empty(), "one at a time");
    let revision = state.revision;
    state.apply(Action::ModeForAll(Mode::Copy));
    let progress = Progress { done: 3, total: 60, left: None };
    state.apply(Action::Engine(Event::MeasureProgress(1, progress)));
    assert_eq!(state.cost.status, Status::Measuring(progress));
    let effects = state.apply(Action::Engine(Event::MeasureEnded(1, Ok(Some(a_run(5))))));
    let [Effect::KeepRun(run)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((state.cost.shown.as_ref(), state.cost.measured), (Some(run), Some(revision)));
    assert_ne!(state.revision, revision);
    // An old measurement ends while a new one is under way.
    state.apply(Action::Measure);
    state.apply(Action::Engine(Event::MeasureEnded(1, Ok(None))));
    assert!(state.cost.is_measuring());
    // Stopped too early for a result: what was shown stays.
    state.apply(Action::Engine(Event::MeasureEnded(2, Ok(None))));
    assert_eq!((&state.cost.status, state.cost.shown.as_ref()), (&Status::Idle, Some(run)));
    state.apply(Action::Measure);
    let problem = Problem::new("x", "");
    state.apply(Action::Engine(Event::MeasureEnded(3, Err(problem.clone()))));
    assert_eq!((&state.cost.status, state.cost.shown.as_ref()), (&Status::Failed(problem), Some(run)));
}

#[test]
fn rows_of_a_run_are_set_up_again_and_can_be_undone() {
    let mut state = State::of(Preset::ThreeSmall);
    state.apply(Action::Edit(state.rows[1].id, Edit::Length(77)));
    let rows = state.rows.clone();
    state.apply(Action::Measure);
    // The scene is that of the begin, whatever changes meanwhile.
    state.apply(Action::Preset(Preset::Tensor));
    state.apply(Action::Engine(Event::MeasureEnded(1, Ok(Some(a_run(5))))));
    assert_ne!(state.cost.measured, Some(state.revision));
    let file = state.cost.shown.as_ref().unwrap().0.to_json();
    let mut other = State::of(Preset::Cloud);
    other.apply(Action::Browser(Report::RunRead(Ok(Shown(Rc::new(Run::from_json(&file).unwrap()))))));
    for state in [&mut state, &mut other] {
        let before = state.rows.clone();
        let effects = state.apply(Action::SetUpRun);
        assert!(matches!(effects[..], [Effect::Engine(Command::Build { .. }), ..]), "{effects:?}");
        let plain = |rows: &[Row]| rows.iter().map(|row| Row { id: 0, ..row.clone() }).collect::<Vec<_>>();
        assert_eq!(plain(&state.rows), plain(&rows));
        assert_eq!(state.cost.measured, Some(state.revision), "they are the rows that it measured");
        assert_eq!(state.history.undoes(), Some("set up the rows of a run"));
        state.apply(Action::Undo);
        assert_eq!(state.rows, before);
    }
    // Of a sweep over arrays of its own there is nothing to set up.
    state.apply(Action::Scenario(Scenario::Sizes));
    state.apply(Action::Measure);
    state.apply(Action::Engine(Event::MeasureEnded(2, Ok(Some(a_run(6))))));
    assert_eq!(state.cost.shown.as_ref().unwrap().0.scene, None);
    assert!(state.apply(Action::SetUpRun).is_empty());
}

#[test]
fn run_whose_scene_is_damaged_opens_and_leaves_the_rows() {
    let mut state = State::of(Preset::ThreeSmall);
    let before = state.clone();
    let run = Run { scene: Some("#s=AAAA".to_owned()), ..(*a_run(5).0).clone() };
    state.apply(Action::Browser(Report::RunRead(Ok(Shown(Rc::new(run))))));
    assert_eq!(state.cost.shown.as_ref().unwrap().0.id, 5);
    assert!(state.apply(Action::SetUpRun).is_empty());
    assert_eq!((&state.rows, state.revision), (&before.rows, before.revision));
    assert!(state.link_problem.unwrap().title.contains("cannot be set up"));
}

#[test]
fn own_sizes_need_a_router() {
    let mut state = State::of(Preset::ThreeSmall);
    state.apply(Action::Scenario(Scenario::OwnSizes));
    assert!(state.apply(Action::Measure).is_empty());
    assert!(matches!(&state.cost.status, Status::Failed(problem) if problem.title.contains("router")));
    state.apply(Action::Connect);
    state.apply(Action::Engine(Event::Opened(info())));
    let effects = state.apply(Action::Measure);
    assert!(matches!(&effects[..], [Effect::Measure(order)] if order.puts), "{effects:?}");
}

#[test]
fn the_history_is_newest_first_and_forgets_what_it_is_told() {
    let mut state = State::default();
    state.apply(Action::Browser(Report::History((0..50).map(a_run).collect())));
    let ids = |state: &State| state.cost.history.iter().map(|run| run.0.id).collect::<Vec<_>>();
    assert_eq!(ids(&state), (10..50).rev().collect::<Vec<_>>());
    state.apply(Action::Show(20));
    assert_eq!(state.cost.shown.as_ref().unwrap().0.id, 20);
    state.apply(Action::Compare(Some(21)));
    assert_eq!(state.cost.other.as_ref().unwrap().0.id, 21);
    assert_eq!(state.apply(Action::ForgetRun(20)), [Effect::ForgetRun(20)]);
    assert_eq!(state.cost.shown, None);
    state.apply(Action::Show(20));
    assert_eq!(state.cost.shown, None, "gone");
    // Read again from a file.
    let again = a_run(20);
    assert_eq!(state.apply(Action::Browser(Report::RunRead(Ok(again.clone())))), [Effect::KeepRun(again)]);
    assert_eq!(state.cost.shown.as_ref().unwrap().0.id, 20);
    state.apply(Action::Browser(Report::RunRead(Err(Problem::new("no run", "")))));
    assert_eq!(state.cost.storage.as_ref().unwrap().title, "no run");
}

#[test]
fn nothing_can_be_measured_when_nothing_was_built() {
    let mut state = State::of(Preset::Tensor);
    let row = state.rows[0].id;
    state.apply(Action::Remove(row));
    assert!(state.apply(Action::Measure).is_empty());
    assert!(matches!(state.cost.status, Status::Failed(_)));
    // A sweep has arrays of its own.
    state.apply(Action::Scenario(Scenario::Sizes));
    assert!(matches!(state.apply(Action::Measure).as_slice(), [Effect::Measure(_)]));
}

#[test]
fn starting_keeps_the_preset_and_asks_for_a_build() {
    let mut state = State::default();
    let effects = state.apply(Action::Browser(Report::Started(Surroundings::default())));
    assert!(matches!(effects[..], [Effect::Engine(Command::Build { .. })]));
    assert_eq!(state.preset, Some(Preset::Framed));
}

#[test]
fn a_preset_brings_its_key_until_a_person_types_one() {
    let mut state = State::default();
    assert_eq!(state.key, "lab/tensor");
    assert!(matches!(state.apply(Action::Preset(Preset::Cloud))[..], [Effect::Engine(Command::Build { .. })]));
    assert_eq!(state.key, "lab/points");
    // The page asks the router anew whether a subscriber listens to the key.
    state.apply(Action::Engine(Event::Opened(info())));
    let effects = state.apply(Action::Preset(Preset::Frame));
    assert_eq!(effects.last(), Some(&Effect::Engine(Command::Session(session::Task::Match("lab/camera".to_owned())))));
    state.apply(Action::Key("mine".to_owned()));
    state.apply(Action::Preset(Preset::ThreeSmall));
    assert_eq!(state.key, "mine");
}

#[test]
fn words_of_others_in_problems_are_bounded_and_seen() {
    let problem = Problem::new("a\u{202e}b.bin is not a run.", "x".repeat(3_000_000));
    assert_eq!(problem.title, "a‹right-to-left override›b.bin is not a run.");
    assert_eq!(problem.detail.chars().count(), crate::outside::SENTENCES);
    assert!(problem.detail.ends_with("… ‹of 3,000,000 B›"));
    // Handed on as a problem it stays as it is.
    assert_eq!(Problem::new(problem.title.clone(), problem.detail.clone()), problem);
}

#[test]
fn a_name_from_outside_is_kept_as_it_came_and_shown_safely() {
    let mut state = State::default();
    let name = "\u{202e}gnp.exe ";
    state.apply(Action::Engine(Event::FileRead { file: 1, about: About::unknown(name, 3) }));
    let row = state.rows.last().unwrap();
    assert_eq!((row.name.raw(), row.name.shown().as_str()), (name, "‹right-to-left override›gnp.exe‹space›"));
    let plan = state.plan().unwrap();
    assert_eq!(plan.pieces.last().unwrap().name, row.name.shown());
    state.apply(Action::AddMessage(crate::message::Schema::Tensor));
    let id = state.rows.last().unwrap().id;
    state.apply(Action::Edit(id, Edit::Name(name.to_owned())));
    // What is sent is the name itself.
    assert_eq!(state.rows.last().unwrap().spec().unwrap().name(), name);
    let kept = Setup::from_json(&Setup::of(&state).to_json().unwrap()).unwrap();
    assert_eq!(State::resumed(kept).rows.last().unwrap().name.raw(), name);
}

#[test]
fn a_message_beyond_memory_says_what_was_asked_for() {
    let shape = vec![1 << 20, 1 << 20];
    let message = Message { shape, ..Message::first(crate::message::Schema::Tensor) };
    let row = Row::message(0, "huge", Element::Float64, message);
    assert_eq!(row.requested_bytes(), 1 << 43);
}

#[test]
fn many_actions_do_what_they_do_one_by_one() {
    let actions = [
        Action::Engine(Event::LabFound { ws: "ws/127.0.0.1:1".into(), tcp: "tcp/127.0.0.1:2".into() }),
        Action::Connect,
        Action::Key("lab/many".into()),
        Action::Browser(Report::Started(Surroundings::default())),
    ];
    let (mut one_by_one, mut at_once) = (State::default(), State::default());
    let effects: Vec<Effect> = actions.iter().cloned().flat_map(|action| one_by_one.apply(action)).collect();
    assert!(effects.len() > 1, "{effects:?}");
    assert_eq!(at_once.apply(Action::Many(actions.to_vec())), effects);
    assert_eq!(at_once, one_by_one);
}

#[test]
fn errors_write_numbers_as_the_page_does() {
    use crate::{
        client::{CloseCause, CommandError},
        message::MessageError,
        payload::BuildError,
        segment::SegmentError,
        wire::WireError,
    };

    let (expected, found, len) = (70_000, 4096, 65_536);
    let said = [
        SegmentError::Detached { expected, found }.to_string(),
        SegmentError::OutOfRange { offset: found, requested: expected, len }.to_string(),
        SegmentError::OutOfMemory { requested: len }.to_string(),
        BuildError::TooLong { requested: 1 << 31 }.to_string(),
        MessageError::TooManySegments { found: 70_000 }.to_string(),
        MessageError::Truncated { expected: 70_000, found: 4096 }.to_string(),
        MessageError::TooMuch { limit: 70_000 }.to_string(),
        CommandError::TooManyQueued { queued: found, limit: found }.to_string(),
        CommandError::TooLong { encoded: 1 << 31, limit: 1 << 30 }.to_string(),
        CloseCause::TooManyKeys { limit: 4096 }.to_string(),
        CloseCause::Reassembly { what: "bytes", limit: 1 << 30 }.to_string(),
        CloseCause::Malformed(WireError { what: "a frame".into(), at: found, len }).to_string(),
    ];
    for text in said {
        let bare = text.as_bytes().windows(4).any(|digits| digits.iter().all(u8::is_ascii_digit));
        assert!(text.contains(',') && !bare, "{text}");
    }
    assert_eq!(
        CloseCause::TooManyKeys { limit: 4096 }.to_string(),
        "the router declared more than 4,096 key expressions"
    );
}

/// A table of three columns of two numbers.
fn table() -> About {
    let offer = |(at, name): (u16, &str)| Offer {
        reading: Reading::Column(Column { at, delimiter: b',', head: true }),
        element: Element::Float64,
        length: 2,
        name: name.to_owned(),
        empty: 0,
        start: None,
    };
    About { offers: [(0, "x"), (1, "y"), (2, "z")].map(offer).into(), ..About::unknown("t.csv", 30) }
}

#[test]
fn a_table_comes_as_columns_and_can_be_plain_bytes_again() {
    let mut state = State::default();
    state.apply(Action::Empty);
    state.apply(Action::Engine(Event::FileRead { file: 1, about: table() }));
    let shown = |state: &State| {
        state.rows.iter().map(|row| (row.name.raw().to_owned(), row.element, row.bytes())).collect::<Vec<_>>()
    };
    let columns = ["x", "y", "z"].map(|name| (name.to_owned(), Element::Float64, 16));
    assert_eq!(shown(&state), columns);
    assert_eq!(state.selected, Some(Selection::of(&state.rows[0])));
    // One step brings them, and one takes them back.
    state.apply(Action::Undo);
    assert!(state.rows.is_empty());
    state.apply(Action::Redo);

    let id = state.rows[1].id;
    state.apply(Action::Edit(id, Edit::Reading(Reading::Bytes)));
    assert_eq!(shown(&state)[1], ("t.csv".to_owned(), Element::Uint8, 30));
    assert!(!state.rows[1].kind.is_typed() && state.rows[0].kind.is_typed());
    // A way that the file does not have changes nothing.
    state.apply(Action::Edit(id, Edit::Reading(Reading::Pixels)));
    assert_eq!(shown(&state)[1].0, "t.csv");
    // A name of the person stays.
    state.apply(Action::Edit(id, Edit::Name("mine".to_owned())));
    state.apply(Action::Edit(id, Edit::Reading(state.rows[2].kind.given().unwrap().reading)));
    assert_eq!(shown(&state)[1], ("mine".to_owned(), Element::Float64, 16));
    state.apply(Action::Edit(id, Edit::Mode(Mode::Move)));
    state.apply(Action::Edit(id, Edit::Columns));
    assert_eq!(shown(&state).iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["x", "x", "y", "z", "z"]);
    assert!(state.rows[1..4].iter().all(|row| row.mode == Mode::Move));
}

#[test]
fn typed_values_have_as_many_elements_as_are_read() {
    let mut state = State::default();
    state.apply(Action::AddValues);
    let id = state.rows.last().unwrap().id;
    let row = |state: &State| state.rows.last().unwrap().clone();
    assert_eq!((row(&state).element, row(&state).length, row(&state).bytes()), (Element::Float64, 3, 24));
    let mut edit = |edit| {
        state.apply(Action::Edit(id, edit));
        let row = row(&state);
        assert!(row.is_possible(), "{row:?}");
        (row.element, row.length)
    };
    assert_eq!(edit(Edit::Element(Element::Float32)), (Element::Float32, 3));
    // 2.5 is not a whole number: the text stays, and nothing of it is taken.
    assert_eq!(edit(Edit::Element(Element::Int8)), (Element::Int8, 0));
    assert_eq!(edit(Edit::Kind(Kind::values("de ad be ef"))), (Element::Int8, 4));
    assert_eq!(edit(Edit::Kind(Kind::values("de ad be"))), (Element::Int8, 3));
    assert_eq!(edit(Edit::Element(Element::Uint16)), (Element::Uint16, 0));
    assert_eq!(edit(Edit::Array(Element::Uint16)), (Element::Uint16, 0));
    assert_eq!(edit(Edit::Schema(Schema::Tensor)).1, 0);
    assert_eq!(edit(Edit::Kind(Kind::values("1"))), (Element::Float64, 1));
}
