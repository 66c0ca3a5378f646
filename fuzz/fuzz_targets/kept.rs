//! Feeds any text to the readers of the two formats that the lab keeps and opens: the setup of a
//! page, and a run. A value that was read can be written, and is equal when it is read again. The
//! page can make everything from it. Some new inputs are made from valid values.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use zbytes_lab::{
    app::{Action, Numbers, Plan, Preset, Sending, Setup, State},
    measure::mix,
    present::{
        cost::{export, reading::Reading, tables},
        layout::{facts, story},
        snippet,
    },
    run::{Conditions, FORMAT, Puts, Run, Scenario, Series, Stage, StageSeries, Thread, Variant},
    segment::Mode,
};

/// The most segments that a page builds.
const SEGMENTS: u128 = 200_000;

fn setup(text: &str) {
    let Some(setup) = Setup::from_json(text) else { return };
    assert_eq!(Setup::from_json(&setup.to_json().expect("a setup can be written")).as_ref(), Some(&setup));
    let mut state = State::resumed(setup);
    let parts = |state: &State| state.rows.iter().map(|row| u128::from(row.repeat as u64).max(1) * 8).sum::<u128>();
    let _ = (snippet::listing(&state.rows), snippet::schema(&state.rows));
    for row in &state.rows {
        let _ = (facts::row_words(row), story::pointer_words(row), story::way_sentence(row), story::mode_sentence(row));
    }
    let sending = Sending::new(&state.key, &state.api.options, None, &Numbers::default());
    // The page plans only as many segments as it can build.
    for all in [None, Some(Mode::Copy), Some(Mode::Move)] {
        if parts(&state) <= SEGMENTS
            && let Ok(plan) = Plan::of(&state.rows, all, &sending)
        {
            for piece in &plan.pieces {
                let _ =
                    (facts::piece_type(piece), facts::content_words(piece), story::story(piece), story::owner(piece));
            }
        }
    }
    let ids: Vec<_> = state.rows.iter().map(|row| row.id).collect();
    for id in ids.into_iter().take(3) {
        state.apply(Action::Duplicate(id));
        state.apply(Action::Remove(id));
    }
    state.apply(Action::ModeForAll(Mode::Borrow));
    let _ = Setup::of(&state).to_json();
}

fn run(text: &str) {
    let run = match Run::from_json(text) {
        Ok(run) => run,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let again = Run::from_json(&run.to_json()).unwrap();
    assert_eq!(again, run);
    let reading = Reading::of(&run);
    let _ = (
        export::csv(&run),
        export::markdown(&run, &reading),
        export::foot(&run, 300.0),
        export::file_name(&run, "csv"),
    );
    let _ = (tables::all(&run, &reading), tables::comparison(&run, &reading, &again, &reading));
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    setup(text);
    run(text);
});

/// A setup that a user may have made.
fn honest_setup(seed: u64) -> String {
    let mut state = State::default();
    for at in 0..mix(seed) % 4 {
        let draw = mix(seed.wrapping_add(at + 1));
        state.apply(Action::Preset(Preset::ALL[draw as usize % Preset::ALL.len()]));
        state.apply(Action::AddText);
    }
    Setup::of(&state).to_json().expect("a setup can be written")
}

/// A run with a little of everything.
fn honest_run(seed: u64) -> String {
    const STAGES: [Stage; 4] = [Stage::Build, Stage::Gather, Stage::Send, Stage::Arrive];
    let draw = |at: u64, end: usize| mix(seed.wrapping_add(at)) as usize % end;
    let times = |begin: f64| -> Vec<f64> { (0..7).map(|at| begin + f64::from(at * 3 % 7) / 4.0).collect() };
    let series = (0..draw(0, 9) as u64).map(|at| Series {
        variant: Variant::ALL[draw(at + 10, Variant::ALL.len())],
        bytes: 1 << (at * 3),
        segments: at + 1,
        copied: 0,
        runs: 3,
        samples: times(1.0),
        at: times(100.0),
    });
    let puts = Variant::ALL[..draw(1, 3)].iter().map(|variant| Puts {
        variant: *variant,
        bytes: (seed % 2 == 0).then_some(9),
        at: times(5.0),
        stages: STAGES.map(|stage| StageSeries { stage, copied: 9, samples: times(2.0) }).into(),
    });
    let conditions = Conditions {
        browser: "a browser".to_owned(),
        cores: 2,
        clock_step: 0.005,
        isolated: true,
        optimised: true,
        thread: Thread::Page,
        hidden: false,
        seed,
        rounds: 7,
        lab: "0.2.0".to_owned(),
        zenoh: "1.10.2".to_owned(),
        router: None,
    };
    let run = Run {
        format: FORMAT.to_owned(),
        id: seed,
        scenario: Scenario::ALL[draw(2, Scenario::ALL.len())],
        subject: "rows".to_owned(),
        conditions,
        partial: false,
        refused: None,
        unsent: None,
        series: series.collect(),
        puts: puts.collect(),
        scene: (seed % 3 == 0).then(|| "#s=AQ".to_owned()),
    };
    run.to_json()
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 64 != 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let text = if seed & 64 == 0 { honest_setup(u64::from(seed)) } else { honest_run(u64::from(seed)) };
    match data.get_mut(..text.len()).filter(|_| text.len() <= max_size) {
        Some(space) => {
            space.copy_from_slice(text.as_bytes());
            text.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
});
