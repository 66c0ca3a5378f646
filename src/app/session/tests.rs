//! What the Router pane does with a session, change by change.

use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::{
    app::{
        self, Action, Command, Edit, Effect, Hash, More, Problem, Report, Sample, State, Surroundings,
        pause::StoodStill,
    },
    client::{SessionInfo, pause::Pause},
    segment::Mode,
};

fn open() -> State {
    let info = SessionInfo {
        zid: "1".parse().unwrap(),
        router_zid: "2".parse().unwrap(),
        batch_size: 65535,
        lanes: 16,
        sn_bits: 28,
        lease: Duration::from_secs(60),
        router_lease: Duration::from_secs(10),
        patch: 1,
    };
    let mut state = State::default();
    state.apply(Action::Browser(Report::Started(Surroundings::default())));
    assert_eq!(
        state.apply(Action::Engine(app::Event::Opened(info))),
        [Effect::Engine(Command::Session(Task::Match("lab/tensor".into())))]
    );
    state
}

fn reply(id: u64) -> Sample {
    Sample {
        id,
        time: "00:00:00.000".into(),
        key: "k".into(),
        deleted: false,
        len: 3,
        segments: 1,
        local: false,
        hash: Hash::NotAsked,
        arrays: Vec::new(),
        reply: Some("1".into()),
        more: More::default(),
    }
}

/// The last of some effects, which is a task.
fn one_of(mut effects: Vec<Effect>) -> Task {
    match effects.pop() {
        Some(Effect::Engine(Command::Session(task))) => task,
        other => panic!("not a task: {other:?}"),
    }
}

fn one(mut effects: Vec<Effect>) -> Task {
    match (effects.pop(), effects.is_empty()) {
        (Some(Effect::Engine(Command::Session(task))), true) => task,
        other => panic!("not one task: {other:?}"),
    }
}

#[test]
fn without_a_session_each_tab_says_so_and_begins_nothing() {
    let mut state = State::default();
    for change in [Change::Start, Change::Flush, Change::Get, Change::List, Change::Delete] {
        assert!(state.apply(change.into()).is_empty());
    }
    let said = |problem: &Problem| problem.title == "No session.";
    assert!(matches!(&state.api.rate, Rate::Failed(problem) if said(problem)));
    assert!(matches!(&state.api.fence, Fence::Failed(problem) if said(problem)));
    assert!(matches!(&state.api.get.asking, Asking::Failed(problem) if said(problem)));
    assert!(matches!(&state.api.liveliness.asking, Asking::Failed(problem) if said(problem)));
    assert!(matches!(&state.put, Put::Failed(problem) if said(problem)));
}

#[test]
fn puts_at_a_rate_follow_the_rows_and_end_with_the_session() {
    let mut state = open();
    let Task::Start { id, hz: 30, rows, .. } = one(state.apply(Change::Start.into())) else { panic!("no start") };
    assert_eq!(rows, state.rows);
    assert!(state.apply(Change::Start.into()).is_empty(), "one at a time");
    let course = Course { puts: 7, paused: true, ..Course::default() };
    state.apply(Event::Rated(id + 1, Course::default()).into());
    state.apply(Event::Rated(id, course).into());
    assert_eq!(state.api.rate, Rate::Running(id, course));
    // Other rows are put from now on, and rows that cannot be built end it.
    let row = state.rows[0].id;
    let effects = state.apply(Action::Edit(row, Edit::Mode(Mode::Copy)));
    assert_eq!(effects.last(), Some(&Effect::Engine(Command::Session(Task::Rows(state.rows.clone())))));
    assert_eq!(state.apply(Action::Edit(row, Edit::Length(1 << 40))), [Effect::Engine(Command::Session(Task::Stop))]);
    let Rate::Stopped { id: stopped, problem: Some(_), .. } = state.api.rate else { panic!("{:?}", state.api.rate) };
    assert_eq!(stopped, id);
    assert!(state.apply(Change::Start.into()).is_empty());
    assert!(matches!(state.api.rate, Rate::Failed(_)));
    state.apply(Action::Edit(row, Edit::Length(1)));
    let Task::Start { id, .. } = one(state.apply(Change::Start.into())) else { panic!("no start") };
    state.apply(Event::Rated(id, course).into());
    assert_eq!(
        state.apply(Action::Engine(app::Event::SessionEnded(None))),
        [Effect::Engine(Command::Session(Task::Stop))]
    );
    let stopped = |course| Rate::Stopped { id, course, problem: None };
    assert_eq!(state.api.rate, stopped(Course { paused: false, ..course }));
    // What was under way is counted until it has ended.
    let end = Course { puts: 9, ..course };
    state.apply(Event::Rated(id + 1, Course::default()).into());
    state.apply(Event::Rated(id, end).into());
    assert_eq!(state.api.rate, stopped(end));
}

#[test]
fn a_get_drops_the_replies_of_the_last_one_and_ends_once() {
    let mut state = open();
    let Task::Get { id, rows: None, .. } = one(state.apply(Change::Get.into()).split_off(1)) else { panic!("no get") };
    state.apply(Action::Engine(app::Event::Samples {
        samples: vec![reply(1), reply(2)],
        groups: Vec::new(),
        at: Duration::ZERO,
        received: 0,
        replies: 2,
    }));
    let error = ErrorReply { from: "x".into(), text: "no".into(), len: 2 };
    state.apply(Event::ErrorReply(id + 9, error.clone()).into());
    state.apply(Event::ErrorReply(id, error.clone()).into());
    assert_eq!((state.received, state.api.get.replies, &state.api.get.errors[..]), (0, 2, &[error][..]));
    state.apply(Event::GetEnded(id + 9, Ok(())).into());
    assert_eq!(state.api.get.asking, Asking::UnderWay(id));
    assert_eq!(one(state.apply(Change::Get.into())), Task::Cancel(id), "what is under way is given up");
    state.apply(Event::GetEnded(id, Ok(())).into());
    assert_eq!(state.api.get.asking, Asking::Done);
    // Letting samples go leaves the replies, which go with the next get.
    state.apply(Action::ForgetSamples);
    assert_eq!(state.samples.len(), 2);
    let effects = state.apply(Change::Get.into());
    assert_eq!(effects[0], Effect::Engine(Command::Forget(vec![2, 1])));
    assert!(state.samples.is_empty() && state.api.get.errors.is_empty());
}

#[test]
fn the_end_of_a_list_of_tokens_is_not_that_of_a_get() {
    let mut state = open();
    let Task::Get { id: get, .. } = one_of(state.apply(Change::Get.into())) else { panic!("no get") };
    let Task::List(list, _) = one(state.apply(Change::List.into())) else { panic!("no list") };
    for other in [Event::GetEnded(list, Ok(())), Event::ListEnded(get, Ok(()))] {
        state.apply(other.into());
    }
    let askings = |state: &State| [state.api.get.asking.clone(), state.api.liveliness.asking.clone()];
    assert_eq!(askings(&state), [Asking::UnderWay(get), Asking::UnderWay(list)]);
    state.apply(Event::ListEnded(list, Ok(())).into());
    assert_eq!(askings(&state), [Asking::UnderWay(get), Asking::Done]);
}

#[test]
fn a_put_has_another_id_than_what_else_the_session_was_asked() {
    let mut state = open();
    state.apply(Action::Subscribe);
    let Task::Get { id: get, .. } = one_of(state.apply(Change::Get.into())) else { panic!("no get") };
    let Task::Flush(fence) = one(state.apply(Change::Flush.into())) else { panic!("no fence") };
    let mut ids = BTreeSet::from([get, fence]);
    for _ in 0..4 {
        let [Effect::Engine(Command::Put { id, .. })] = state.apply(Action::Put)[..] else { panic!("no put") };
        assert!(ids.insert(id), "{id} is taken: {ids:?}");
        state.apply(Action::Engine(app::Event::PutEnded(id, Err(Problem::new("Cancelled.", "")))));
    }
}

#[test]
fn a_query_is_answered_with_the_rows_as_they_are_then() {
    let asked = Asked {
        query: 5,
        time: "t".into(),
        key: "lab/answer".into(),
        parameters: String::new().into(),
        len: None,
        attachment: None,
        timeout: None,
        local: false,
    };
    let mut state = open();
    let declared = one(state.apply(Change::Declare(Entity::Queryable).into()));
    assert_eq!(declared, Task::Declare(Entity::Queryable, "lab/answer".into(), false));
    state.apply(Event::Declared(Entity::Queryable, Ok("lab/answer".into())).into());
    assert!(state.apply(Change::Declare(Entity::Queryable).into()).is_empty());
    let answer = |state: &mut State| match one(state.apply(Event::Asked(asked.clone()).into())) {
        Task::Answer { asked: Asked { query: 5, .. }, rows, .. } => rows,
        other => panic!("no answer: {other:?}"),
    };
    assert_eq!(answer(&mut state), Ok(state.rows.clone()));
    state.apply(Change::WithError(true).into());
    assert!(answer(&mut state).is_err());
    state.apply(Change::WithError(false).into());
    let row = state.rows[0].id;
    state.apply(Action::Edit(row, Edit::Length(1 << 40)));
    assert!(answer(&mut state).unwrap_err().contains("could not be built"));
    state.apply(Event::Answered(1, Answered::Left).into());
    assert_eq!((state.api.answer.asked, state.api.answer.answered, state.api.answer.queries.len()), (3, 1, 3));
    // Everything that was asked is answered, refused, failed, or waits.
    state.apply(Event::QueriesRefused(1).into());
    let counts = |state: &State| {
        let Answering { asked, answered, refused, failed, .. } = state.api.answer;
        [asked, answered, refused, failed, state.api.answer.waiting()]
    };
    assert_eq!(counts(&state), [4, 1, 1, 0, 2]);
    assert!(state.api.answer.problem.as_ref().unwrap().detail.contains("4,096 queries wait already"));
    state.apply(Event::Answered(1, Answered::Refused("too late".into())).into());
    assert_eq!(counts(&state), [4, 1, 2, 0, 1]);
    assert_eq!(state.api.answer.problem.as_ref().unwrap().detail, "Too late. The asker was told so.");
    // Declared anew, it counts what was under way, and nothing else.
    state.apply(Change::Undeclare(Entity::Queryable).into());
    assert!(state.apply(Event::Asked(asked.clone()).into()).is_empty(), "the page has no queryable any more");
    assert_eq!(counts(&state), [5, 1, 2, 1, 1]);
    state.apply(Change::Declare(Entity::Queryable).into());
    assert_eq!(counts(&state), [1, 0, 0, 0, 1]);
    state.apply(Event::Answered(1, Answered::Failed(Problem::new("Lost.", ""))).into());
    assert_eq!(counts(&state), [1, 0, 0, 1, 0]);
}

#[test]
fn a_pause_is_told_with_whether_the_session_has_outlived_it() {
    let mut state = open();
    let pause = Pause { still: Duration::from_secs(40), ahead: Duration::ZERO };
    state.apply(Event::StoodStill(pause, "12:00".into()).into());
    let told = |outlived| Some(StoodStill { time: "12:00".into(), pause, outlived });
    assert_eq!(state.api.stood_still, told(false));
    state.apply(Event::CaughtUp.into());
    assert_eq!(state.api.stood_still, told(true));
}

#[test]
fn tokens_are_listed_once_each_with_what_was_last_said_of_them() {
    let mut state = open();
    let token = |key: &str, alive| Token { key: key.into(), alive, time: "t".into() };
    for (key, alive) in [("a", true), ("b", true), ("a", false)] {
        state.apply(Event::Alive(token(key, alive)).into());
    }
    assert_eq!(state.api.liveliness.tokens, [token("a", false), token("b", true)]);
    for at in 0..2 * LISTED {
        state.apply(Event::Alive(token(&at.to_string(), true)).into());
    }
    assert_eq!(state.api.liveliness.tokens.len(), LISTED);
    let task = one(state.apply(Change::List.into()));
    assert!(matches!(task, Task::List(_, key) if key == "lab/alive/**"));
    assert!(state.api.liveliness.tokens.is_empty());
}

#[test]
fn tokens_are_counted_apart_from_those_that_are_listed() {
    let mut state = open();
    state.apply(Change::Declare(Entity::Watch).into());
    let tell = |state: &mut State, range: std::ops::Range<usize>, alive| {
        for at in range {
            state.apply(Event::Alive(Token { key: at.to_string().into(), alive, time: "t".into() }).into());
        }
    };
    let counts = |state: &State| {
        let live = &state.api.liveliness;
        (live.alive, live.departed, live.tokens.len(), live.cut)
    };
    tell(&mut state, 0..LISTED, true);
    assert_eq!(counts(&state), (50, 0, 50, false));
    tell(&mut state, LISTED..60, true);
    assert_eq!(counts(&state), (60, 0, 50, true));
    tell(&mut state, 60..120, true);
    tell(&mut state, 0..60, false);
    assert_eq!(counts(&state), (60, 60, 50, true));
    // One that was listed and one that had to make room come back.
    tell(&mut state, 59..60, true);
    tell(&mut state, 0..1, true);
    assert_eq!(counts(&state), (62, 60, 50, true));
    state.apply(Change::Undeclare(Entity::Watch).into());
    state.apply(Change::Declare(Entity::Watch).into());
    assert_eq!(counts(&state), (0, 0, 0, false));
    tell(&mut state, 0..60, true);
    state.apply(Change::List.into());
    assert_eq!(counts(&state), (0, 0, 0, false));
}

#[test]
fn errors_and_queries_beyond_the_list_are_counted_too() {
    let mut state = open();
    let Task::Get { id, .. } = one_of(state.apply(Change::Get.into())) else { panic!("no get") };
    let error = |at: usize| ErrorReply { from: "1".into(), text: at.to_string().into(), len: 3 };
    for at in 0..60 {
        state.apply(Event::ErrorReply(id, error(at)).into());
    }
    // One of another get.
    state.apply(Event::ErrorReply(id + 100, error(99)).into());
    let get = &state.api.get;
    assert_eq!((get.failed, get.errors.len(), &get.errors[0]), (60, LISTED, &error(59)));
    state.apply(Event::GetEnded(id, Ok(())).into());
    state.apply(Change::Get.into());
    assert_eq!((state.api.get.failed, state.api.get.errors.len()), (0, 0));

    state.apply(Change::Declare(Entity::Queryable).into());
    for query in 0..60 {
        state.apply(
            Event::Asked(Asked {
                query,
                time: "t".into(),
                key: "k".into(),
                parameters: String::new().into(),
                len: None,
                attachment: None,
                timeout: None,
                local: false,
            })
            .into(),
        );
    }
    let counts = |state: &State| (state.api.answer.asked, state.api.answer.queries.len());
    assert_eq!(counts(&state), (60, LISTED));
    state.apply(Event::Answered(60, Answered::Left).into());
    // Another queryable was asked nothing yet.
    state.apply(Change::Undeclare(Entity::Queryable).into());
    state.apply(Change::Declare(Entity::Queryable).into());
    assert_eq!(counts(&state), (0, 0));
}

#[test]
fn the_link_is_looked_at_while_its_view_is_open() {
    let mut state = open();
    assert!(state.apply(Change::Tab(Tab::Get).into()).is_empty());
    assert_eq!(one(state.apply(Change::Tab(Tab::Link).into())), Task::WatchLink(true));
    assert!(state.apply(Change::Tab(Tab::Link).into()).is_empty());
    assert_eq!(one(state.apply(Change::Tab(Tab::Put).into())), Task::WatchLink(false));
    let task = one(state.apply(Action::Key("other".into())));
    assert_eq!((task, state.api.matching), (Task::Match("other".into()), None));
}

#[test]
fn puts_at_a_rate_are_known_to_be_older_than_what_is_chosen() {
    let mut state = open();
    assert!(!state.rate_is_older());
    state.apply(Change::Start.into());
    assert!(!state.rate_is_older());
    state.apply(Change::Hz(7).into());
    assert!(state.rate_is_older());
    state.apply(Change::Hz(30).into());
    assert!(!state.rate_is_older());
    state.apply(Action::Key("other".into()));
    assert!(state.rate_is_older());
    state.apply(Action::Key("lab/tensor".into()));
    state.apply(Change::Options(Options { express: true, ..Options::default() }).into());
    assert!(state.rate_is_older());
    state.apply(Change::Stop.into());
    assert!(!state.rate_is_older(), "nothing goes on");
}

#[test]
fn samples_in_no_group_are_counted_apart() {
    let mut state = State::default();
    let mut groups = Groups::default();
    groups.count("a", &Sender::Unsaid, Duration::ZERO);
    groups.count("a", &Sender::Unsaid, Duration::ZERO);
    let event = app::Event::Samples {
        samples: Vec::new(),
        groups: groups.all().to_vec(),
        at: Duration::ZERO,
        received: 5,
        replies: 0,
    };
    state.apply(Action::Engine(event));
    assert_eq!((state.received, state.groups.len(), state.apart()), (5, 1, 3));
    // They are let go, and counted anew.
    let effects = state.apply(Action::ForgetSamples);
    assert!(effects.contains(&Effect::Engine(Command::Session(Task::CountAnew))), "{effects:?}");
    assert_eq!((state.received, state.groups.len(), state.apart()), (5, 0, 5));
    assert!(!state.api.one_by_one);
    state.apply(Change::OneByOne(true).into());
    assert!(state.api.one_by_one);
}
