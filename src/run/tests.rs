//! A written run can be read again and fits the schema. A text that is not a run gets an error in
//! words.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::outside::{LINE, SENTENCES};

const STAGES: [Stage; 6] = [Stage::Produce, Stage::Build, Stage::Gather, Stage::Send, Stage::Arrive, Stage::Read];

/// Any time, to the last bit: small and large ones.
fn time() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..1e9f64, (0u64..0x7FF0_0000_0000_0000).prop_map(f64::from_bits)]
}

fn series() -> impl Strategy<Value = Series> {
    (select(&Variant::ALL), any::<[u64; 3]>(), 1u32.., vec((time(), time()), 0..20)).prop_map(
        |(variant, numbers, runs, times)| {
            let [bytes, segments, copied] = numbers;
            let (samples, at) = times.into_iter().unzip();
            Series { variant, bytes, segments, copied, runs, samples, at }
        },
    )
}

fn puts() -> impl Strategy<Value = Puts> {
    (select(&Variant::ALL), vec((time(), time()), 0..9), any::<u64>()).prop_map(|(variant, times, copied)| {
        let (at, samples): (Vec<f64>, Vec<f64>) = times.into_iter().unzip();
        let stage = |stage| StageSeries {
            stage,
            copied,
            // Only Arrive is computed as a difference, so only it can be negative.
            samples: samples.iter().map(|time| if stage == Stage::Arrive { -time } else { *time }).collect(),
        };
        Puts { variant, bytes: Some(copied).filter(|bytes| bytes % 2 == 0), stages: STAGES.map(stage).into(), at }
    })
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let thread = select(&[Thread::Page, Thread::Worker][..]);
    let texts = (any::<String>(), any::<String>(), any::<String>(), option::of(any::<String>()));
    (texts, any::<[u32; 2]>(), any::<[bool; 3]>(), time(), any::<u64>(), thread).prop_map(
        |((browser, lab, zenoh, router), [cores, rounds], [isolated, optimised, hidden], clock_step, seed, thread)| {
            Conditions {
                browser,
                cores,
                clock_step,
                isolated,
                optimised,
                thread,
                hidden,
                seed,
                rounds,
                lab,
                zenoh,
                router,
            }
        },
    )
}

fn run() -> impl Strategy<Value = Run> {
    let parts = (any::<u64>(), select(&Scenario::ALL[..]), any::<String>(), any::<bool>(), option::of(any::<String>()));
    (parts, conditions(), vec(series(), 0..5), vec(puts(), 0..3)).prop_map(
        |((id, scenario, subject, partial, refused), conditions, series, puts)| Run {
            format: FORMAT.into(),
            id,
            scenario,
            subject,
            conditions,
            partial,
            unsent: refused.clone().map(|reason| format!("{reason}!")),
            refused,
            series,
            puts,
            scene: Some(format!("#s={id}")).filter(|_| partial),
        },
    )
}

fn schema() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../schema/run-1.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

proptest! {
    #[test]
    fn a_run_comes_back_to_the_last_bit(run in run()) {
        let back = Run::from_json(&run.to_json()).unwrap();
        let bits = |run: &Run| -> Vec<u64> {
            let series = run.series.iter().flat_map(|series| series.samples.iter().chain(&series.at));
            series.map(|time| time.to_bits()).collect()
        };
        prop_assert_eq!(bits(&back), bits(&run));
        prop_assert_eq!(&back.scene, &run.scene);
        prop_assert_eq!(back, run.seen());
    }

    #[test]
    fn a_run_fits_the_schema(run in run()) {
        let value: Value = serde_json::from_str(&run.to_json()).unwrap();
        let schema = schema();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{errors:?}");
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[\\[\\]{}:,\"a-z0-9.-]{0,60}") {
        prop_assert!(Run::from_json(&text).is_err());
    }
}

/// A small run as JSON.
fn small() -> Value {
    let stage = |stage: &str| json!({ "stage": stage, "copied": 0, "samples": [1.5, 2.5] });
    json!({
        "format": FORMAT, "id": 5, "scenario": "payload", "subject": "s",
        "conditions": {
            "browser": "b", "cores": 2, "clock_step": 100.0, "isolated": true, "optimised": true, "thread": "page", "hidden": false,
            "seed": 3, "rounds": 2, "lab": "0", "zenoh": "1", "router": null
        },
        "partial": false, "refused": null, "unsent": null,
        "series": [{
            "variant": "copy-fresh", "bytes": 9, "segments": 1, "copied": 9, "runs": 4, "samples": [1.0, 2.0], "at": [0.0, 1.0]
        }],
        "scene": "#s=AA",
        "puts": [{ "variant": "copy", "bytes": 9, "at": [0.0, 1.0], "stages": [stage("build"), stage("arrive")] }]
    })
}

fn changed(at: &str, to: Value) -> Value {
    let mut value = small();
    *value.pointer_mut(at).unwrap() = to;
    value
}

#[test]
fn what_the_schema_refuses_is_refused_by_the_reader() {
    let schema = schema();
    assert!(schema.is_valid(&small()));
    assert!(Run::from_json(&small().to_string()).is_ok());
    let mut broken = vec![
        changed("/format", json!("zbytes-lab/run/2")),
        changed("/id", json!(-1)),
        changed("/id", json!(1.5)),
        changed("/scenario", json!("weather")),
        changed("/subject", json!(null)),
        changed("/conditions/thread", json!("kernel")),
        changed("/conditions/clock_step", json!(-1.0)),
        changed("/conditions/clock_step", json!(null)),
        changed("/conditions/router", json!(7)),
        changed("/series/0/variant", json!("CopyFresh")),
        changed("/series/0/runs", json!(0)),
        changed("/series/0/samples/1", json!(null)),
        changed("/series/0/samples/1", json!(-2.0)),
        changed("/series/0/at/1", json!(-2.0)),
        changed("/series/0/samples", json!("1,2")),
        changed("/puts/0/stages/0/stage", json!("wait")),
        changed("/puts/0/stages/0/samples/0", json!(null)),
        changed("/puts/0/at/0", json!(-1.0)),
        changed("/puts/0/bytes", json!(-1)),
        changed("/scene", json!(7)),
        json!([]),
        json!(null),
    ];
    for (at, name) in
        [("", "series"), ("", "format"), ("/conditions", "seed"), ("/series/0", "at"), ("/puts/0", "stages")]
    {
        let mut value = small();
        value.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(name);
        broken.push(value);
    }
    for at in ["", "/conditions", "/series/0", "/puts/0", "/puts/0/stages/0"] {
        let mut value = small();
        value.pointer_mut(at).unwrap()["other"] = json!(1);
        broken.push(value);
    }
    for value in broken {
        assert!(!schema.is_valid(&value), "{value}");
        assert!(Run::from_json(&value.to_string()).is_err(), "{value}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let why = |value: Value| Run::from_json(&value.to_string()).unwrap_err().to_string();
    let format = why(changed("/format", json!("zbytes-lab/run/2")));
    assert!(format.contains("zbytes-lab/run/2") && format.contains(FORMAT), "{format}");
    // An error names another format even if the rest of the text cannot be read.
    assert!(why(json!({ "format": "other/9" })).contains("other/9"));
    assert!(why(json!({ "id": 9 })).contains(FORMAT));
    assert!(why(changed("/format", json!("x".repeat(9999)))).len() < 200);
    assert!(
        why(changed("/series/0/at", json!([1.0]))).contains("CopyFresh with 9 B has 2 samples and 1 times of begin")
    );
    assert!(
        why(changed("/puts/0/stages/1/samples", json!([1.0]))).contains("Arrive of the puts of Copy has 1 samples")
    );
    assert!(why(changed("/puts/0/stages/1/stage", json!("build"))).contains("is there twice"));
    assert!(why(changed("/series/0/runs", json!(0))).contains("of no run"));
    assert!(why(changed("/series/0/samples/0", json!(-1.0))).contains("a time of -1"));
    assert!(Run::from_json("{").unwrap_err().to_string().contains("EOF"));
    // A number that is too large for `f64`.
    let text = small().to_string().replace("1.5", "1e999");
    assert!(Run::from_json(&text).is_err());
}

#[test]
fn a_run_with_what_is_no_number_is_not_written() {
    let run = Run::from_json(&small().to_string()).unwrap();
    for number in [f64::NAN, f64::INFINITY] {
        let spoilers: [fn(&mut Run, f64); 4] = [
            |run, number| run.series[0].samples[0] = number,
            |run, number| run.series[0].at[0] = number,
            |run, number| run.puts[0].stages[0].samples[0] = number,
            |run, number| run.conditions.clock_step = number,
        ];
        for spoil in spoilers {
            let mut run = run.clone();
            spoil(&mut run, number);
            assert!(run.check().unwrap_err().0.contains(&number.to_string()));
            assert_eq!(run.to_json(), "");
            assert!(Run::from_json(&run.to_json()).is_err());
        }
    }
}

#[test]
fn a_whole_put_is_the_sum_of_its_stages() {
    let mut value = small();
    let stages = value.pointer_mut("/puts/0/stages").unwrap().as_array_mut().unwrap();
    stages.insert(0, json!({ "stage": "produce", "copied": 0, "samples": [100.0, 100.0] }));
    let run = Run::from_json(&value.to_string()).unwrap();
    assert_eq!(run.puts[0].totals(), [3.0, 5.0]);
}

#[test]
fn numbers_are_read_to_the_last_bit_in_the_page_too() {
    // In native tests another crate turns the feature on, so the test above cannot notice its
    // absence. Without it, one number of thirteen is off by its last bit.
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("serde_json = { version = \"1\", features = [\"float_roundtrip\"] }"));
}

#[test]
fn the_texts_of_a_run_from_outside_are_shown_as_such() {
    let mut run: Run = serde_json::from_value(small()).unwrap();
    run.subject = "a\u{202e}b".repeat(100_000);
    run.conditions.browser = "Chrome\n\u{200b}".to_owned();
    run.conditions.router = Some("ws://\u{5e9}".to_owned());
    run.unsent = Some("x".repeat(2_000_000));
    let read = Run::from_json(&run.to_json()).unwrap();
    assert!(read.subject.starts_with("a‹right-to-left override›b") && read.subject.chars().count() <= LINE);
    assert_eq!(read.conditions.browser, "Chrome‹line break›‹zero-width space›");
    assert_eq!(read.conditions.router.as_deref(), Some("\u{2068}ws://\u{5e9}\u{2069}"));
    assert!(read.unsent.as_ref().unwrap().chars().count() <= SENTENCES);
    // Written and read once more, it remains unchanged.
    assert_eq!(Run::from_json(&read.to_json()).unwrap(), read);
}

/// A variant or a scenario that is added stands in the list of all. The compiler asks for it here.
#[test]
fn lists_of_all_leave_none_out() {
    let variant = |one: Variant| match one {
        Variant::Copy => 0,
        Variant::CopyFresh => 1,
        Variant::Borrow => 2,
        Variant::Move => 3,
        Variant::Clone => 4,
        Variant::Transfer => 5,
        Variant::Blob => 6,
        Variant::Gather => 7,
        Variant::CopyJs => 8,
        Variant::CopyWasm => 9,
        Variant::BorrowJs => 10,
        Variant::BorrowWasm => 11,
        Variant::Segments => 12,
        Variant::Filled => 13,
        Variant::Adopted => 14,
    };
    assert_eq!(Variant::ALL.map(variant), std::array::from_fn(|at| at));
    let scenario = |one: Scenario| match one {
        Scenario::Payload => 0,
        Scenario::OwnSizes => 1,
        Scenario::Message => 2,
        Scenario::Sizes => 3,
        Scenario::Counts => 4,
        Scenario::Worker => 5,
        Scenario::Blob => 6,
        Scenario::Places => 7,
    };
    assert_eq!(Scenario::ALL.map(scenario), std::array::from_fn(|at| at));
}

#[test]
fn a_run_of_before_scenes_and_sizes_is_read() {
    let mut older = small();
    older.as_object_mut().unwrap().remove("scene");
    older.pointer_mut("/puts/0").unwrap().as_object_mut().unwrap().remove("bytes");
    assert!(schema().is_valid(&older));
    let run = Run::from_json(&older.to_string()).unwrap();
    assert_eq!((run.scene, run.puts[0].bytes), (None, None));
}
