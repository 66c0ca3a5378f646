//! The long texts of the page, each kept as a file in `snapshots/`, so that a change of wording is
//! one review. CONTRIBUTING.md says how to look at a change and take it.
//!
//! [`review`] is for the tests of every module. The tests here are those of texts in `app`.

use std::time::Duration;

use crate::{
    app::{
        Action, Build, Edit, MAX_REPEAT, Preset, Problem, Put, State, Status,
        keys::{Context, SHORTCUTS, shown},
        locator::link_url,
        message::message_problem,
        ownership::Experiment,
        pause::{within, words},
        session::{Asking, Change, Fence, Options, Rate},
    },
    client::pause::{Pause, Took},
    message::MessageError,
    run::Scenario,
    segment::SegmentError,
};

/// Compares a text with the one that is kept under `name`.
pub(crate) fn review(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// The two sentences of a problem, as the page shows them.
pub(crate) fn said(problem: &Problem) -> String {
    format!("**{}** {}\n", problem.title, problem.detail)
}

#[test]
fn every_experiment_has_its_words() {
    let text: String = Experiment::ALL
        .iter()
        .map(|experiment| format!("**{}** {}\n{}\n\n", experiment.name(), experiment.promise(), experiment.plan()))
        .collect();
    review("experiments", &text);
}

#[test]
fn every_key_has_its_words() {
    let of_context = |context: &Context| {
        let commands = SHORTCUTS.iter().filter(|command| command.context == *context);
        let line = |keys, label| format!("{}: {label}\n", shown(keys).collect::<Vec<_>>().join(", "));
        let lines: String = commands.map(|command| line(command.keys, command.label)).collect();
        format!("**{}**\n{lines}\n", context.name())
    };
    review("keys", &Context::ALL.iter().map(of_context).collect::<String>());
}

#[test]
fn every_message_that_cannot_be_read_has_its_words() {
    let text: String = [
        MessageError::TooManySegments { found: 600 },
        MessageError::NotFramed { found: 1 << 20 },
        MessageError::Packed,
        MessageError::NoTable,
        MessageError::Dimensions { found: 9, limit: 8 },
        MessageError::Truncated { expected: 24, found: 7 },
        MessageError::Pointer { segment: 1, word: 2, why: "leads out of the message" },
        MessageError::TooDeep { limit: 64 },
        MessageError::TooMuch { limit: 1 << 20 },
        MessageError::Content { why: "the shape has no dimension".into() },
        MessageError::NoSuchSlot,
        SegmentError::OutOfMemory { requested: 9 }.into(),
    ]
    .iter()
    .map(|error| said(&message_problem(error)))
    .collect();
    review("messages", &text);
}

/// Why the rows of a preset are not built after some changes of the first. Two copies of that row
/// follow, so that the number of segments can be too high.
fn not_built(preset: Preset, edits: &[Edit]) -> String {
    let mut state = State::of(preset);
    let row = state.rows[0].id;
    for edit in edits {
        state.apply(Action::Edit(row, edit.clone()));
    }
    for _ in 0..2 {
        state.apply(Action::Duplicate(row));
    }
    match &state.build {
        Build::Failed(problem) => said(problem),
        other => panic!("{preset:?}: {other:?}"),
    }
}

#[test]
fn everything_that_cannot_be_built_has_its_words() {
    let text = [
        not_built(Preset::Tensor, &[Edit::Length(1 << 40)]),
        not_built(Preset::Tensor, &[Edit::Length(1), Edit::Before(1 << 26), Edit::Repeat(20)]),
        not_built(Preset::ManyTiny, &[Edit::Length(1), Edit::Repeat(MAX_REPEAT)]),
        not_built(Preset::Message, &[Edit::Shape(vec![u32::MAX, u32::MAX])]),
    ];
    review("not-built", &text.concat());
}

#[test]
fn everything_that_needs_a_session_says_that_it_has_none() {
    let mut state = State::default();
    for change in [Change::Start, Change::Flush, Change::Get, Change::List, Change::Delete] {
        state.apply(change.into());
    }
    let Rate::Failed(rate) = &state.api.rate else { panic!("{:?}", state.api.rate) };
    let Fence::Failed(fence) = &state.api.fence else { panic!("{:?}", state.api.fence) };
    let Asking::Failed(get) = &state.api.get.asking else { panic!("{:?}", state.api.get.asking) };
    let Asking::Failed(list) = &state.api.liveliness.asking else { panic!("{:?}", state.api.liveliness.asking) };
    let Put::Failed(put) = &state.put else { panic!("{:?}", state.put) };
    review("no-session", &[rate, fence, get, list, put].map(said).concat());
}

#[test]
fn what_was_typed_wrongly_is_told_in_words() {
    let addresses = ["tcp/127.0.0.1:7447", "/there", "ws/127.0.0.1", "ws/h:0", "a\u{202e}b"];
    let words = |typed: &&str| link_url(typed, "http://127.0.0.1:8080").unwrap_err().to_string() + "\n";
    let encoding = Options { encoding: format!("text/plain;{}", "x".repeat(256)), ..Options::default() };
    let text = addresses.iter().map(words).collect::<String>() + &said(&encoding.parsed_encoding().unwrap_err());
    review("typed", &text);
}

#[test]
fn what_cannot_be_measured_says_why() {
    let status = |preset: Option<Preset>, scenario| {
        let mut state = State::of(preset.unwrap_or(Preset::Tensor));
        if preset.is_none() {
            state.apply(Action::Remove(state.rows[0].id));
        }
        state.apply(Action::Scenario(scenario));
        state.apply(Action::Measure);
        match &state.cost.status {
            Status::Failed(problem) => said(problem),
            other => panic!("measures: {other:?}"),
        }
    };
    review("not-measured", &(status(None, Scenario::Payload) + &status(Some(Preset::Tensor), Scenario::Message)));
}

#[test]
fn a_page_that_stood_still_says_how() {
    let pause = |still, ahead| Pause { still: Duration::from_secs(still), ahead: Duration::from_secs(ahead) };
    let mut text = String::new();
    for pause in [pause(40, 0), pause(0, 120), pause(40, 120)] {
        let took = Took { time: Duration::from_secs(200), pause };
        text += &format!("{}\n…{}\n\n", words(pause).unwrap(), within(&took));
    }
    review("stood-still", &text);
}
