//! The Cost pane in a real headless Chromium: measurements, the runs that the page keeps, and their
//! exports.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use support::{
    browser::{NO_ANSWER, Page, SOCKET_FAILED},
    files::{catch_files, caught},
    lab::{lab, turn, url},
};
use zbytes_lab::run::{Run, Scenario, Stage, Thread, Variant};

/// No test measures time, but a sweep over many sizes takes long.
const LONG: Duration = Duration::from_secs(300);

const PAYLOAD: usize = 11_796_480;

async fn begin(page: &Page, scenario: &str) {
    page.fill("#scenario", scenario).await;
    page.click("#measure").await;
    page.wait("#cancel").await;
}

/// Measures, and reads the run from the page's storage.
async fn measure(page: &Page, scenario: &str) -> Run {
    begin(page, scenario).await;
    page.wait_at_most("#measure", LONG).await;
    assert_eq!(page.text("#cost-problem").await, "");
    newest(page).await
}

/// All runs that the page keeps, newest first, as text.
async fn kept(page: &Page) -> Vec<String> {
    let script = "
        const names = Object.keys(localStorage).filter((name) => name.startsWith('zbytes-lab.run.'));
        return names.sort().reverse().map((name) => localStorage.getItem(name));";
    let Value::Array(texts) = page.run(script, vec![]).await else { panic!("no list") };
    texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

async fn newest(page: &Page) -> Run {
    Run::from_json(&kept(page).await[0]).unwrap()
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../schema/run-1.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

fn copied(run: &Run, variant: Variant) -> Vec<u64> {
    run.of(variant).map(|series| series.copied).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_runs_of_the_seeds_tensor_agree_and_the_ledger_counts() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    let mut ids = BTreeSet::new();
    for _ in 0..3 {
        let run = measure(&page, "payload").await;
        assert_eq!(
            page.attribute("#cost-verdict", "data-state").await,
            "faster",
            "{}",
            page.text("#cost-verdict").await
        );
        assert_eq!(copied(&run, Variant::Borrow), [0]);
        assert_eq!(copied(&run, Variant::Move), [0]);
        assert_eq!(copied(&run, Variant::Copy), [PAYLOAD as u64]);
        assert_eq!(copied(&run, Variant::CopyFresh), [PAYLOAD as u64]);
        assert_eq!((run.conditions.thread, run.partial, run.puts.len()), (Thread::Worker, false, 0));
        assert!(run.series.iter().all(|series| series.samples.len() == run.conditions.rounds as usize));
        // The variants take turns: a round is over before the next one begins, and its order
        // changes.
        let times = |variant| run.of(variant).flat_map(|series| series.at.clone()).collect::<Vec<_>>();
        let [copy, borrow, moved] = [Variant::Copy, Variant::Borrow, Variant::Move].map(times);
        let rounds: Vec<[f64; 3]> = (0..copy.len()).map(|round| [copy[round], borrow[round], moved[round]]).collect();
        let (first, last) = (
            |at: &[f64; 3]| at.iter().copied().fold(f64::MAX, f64::min),
            |at: &[f64; 3]| at.iter().copied().fold(0.0, f64::max),
        );
        assert!(rounds.windows(2).all(|pair| last(&pair[0]) < first(&pair[1])));
        assert!(rounds.iter().any(|at| at[0] < at[1]) && rounds.iter().any(|at| at[0] > at[1]));
        ids.insert(run.id);
    }
    assert_eq!(ids.len(), 3);
    let bytes = page.text("#cost-bytes").await;
    assert!(bytes.contains("11,796,480") && bytes.contains("23,592,960"), "{bytes}");
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proposals_rows_of_its_own_tensor_and_of_every_way() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    // Without a message, the scenario has nothing to measure, and the page reports it.
    page.fill("#scenario", "message").await;
    page.until("return document.querySelector('#measure').disabled", json!(true)).await;
    assert!(page.text("#cost-empty").await.contains("no message to measure"), "{}", page.text("#cost-empty").await);
    // The preset provides the message for it.
    page.fill("#preset", "message").await;
    page.wait("#build-state[data-state=ready]").await;
    let run = measure(&page, "message").await;
    assert_eq!((run.scenario, run.subject.as_str()), (Scenario::Message, "1536x1920 Int32 in Cap'n Proto"));
    // The message is 168 B longer than its data: the table, and the head with a landing pad.
    // 11,796,480 B are whole words.
    let len = run.of(Variant::Borrow).next().unwrap().bytes;
    assert_eq!(copied(&run, Variant::Segments), [0]);
    assert_eq!(copied(&run, Variant::Borrow), [0]);
    assert_eq!(copied(&run, Variant::Copy), [len]);
    assert_eq!(copied(&run, Variant::Filled), [PAYLOAD as u64]);
    assert_eq!(copied(&run, Variant::Adopted), [0]);
    assert!((PAYLOAD as u64..PAYLOAD as u64 + 200).contains(&len), "{len}");
    assert_eq!(page.attribute("#cost-verdict", "data-state").await, "faster", "{}", page.text("#cost-verdict").await);
    let table = page.text("#cost-proposal").await;
    for words in
        ["another machine", "about 5 ms, copied", "4.1 ms", "0.007 ms", "roughly 45 %", "array to payload, adopted"]
    {
        assert!(table.contains(words), "{words}: {table}");
    }
    let checked = schema();
    let json = serde_json::to_value(&run).unwrap();
    assert!(checked.is_valid(&json), "{:?}", checked.iter_errors(&json).map(|e| e.to_string()).collect::<Vec<_>>());
    page.fill("#preset", "tensor").await;
    assert_eq!(page.run("return document.querySelector('#scenario').value;", vec![]).await, json!("payload"));
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_put_is_measured_stage_by_stage() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    page.connect("/zenoh").await;
    let run = measure(&page, "payload").await;
    assert_eq!(page.attribute("#cost-share", "data-state").await, "measured");
    let put: Vec<Variant> = run.puts.iter().map(|puts| puts.variant).collect();
    assert_eq!(put, [Variant::Copy, Variant::Borrow, Variant::Move]);
    let ways = "return [...document.querySelectorAll('#cost-stages tbody tr')].slice(0, 3).map((row) => row.cells[1].textContent)";
    assert_eq!(page.run(ways, vec![]).await, json!(["copy", "borrow", "move"]));
    for puts in &run.puts {
        let built = if puts.variant == Variant::Copy { PAYLOAD as u64 } else { 0 };
        let copied = |stage| puts.stage(stage).unwrap().copied;
        assert_eq!([Stage::Produce, Stage::Build, Stage::Gather].map(copied), [0, built, PAYLOAD as u64]);
        assert_eq!([Stage::Send, Stage::Arrive, Stage::Read].map(copied), [0, 0, PAYLOAD as u64]);
        assert!(puts.at.len() >= 6 && puts.stages.len() == 6);
        // The puts take turns with those of the other variants.
        assert!(puts.totals().iter().all(|total| *total > 0.0));
    }
    let words = page.text("#pane-cost").await;
    assert!(words.contains("RFC 6455"), "copies that are not ours have their source: {words}");
    // The measurement's sessions are not the page's.
    assert_eq!(page.attribute("#put-result", "data-state").await, "none");
    assert_eq!(page.text("#received").await, "0");
    page.click("#put").await;
    page.wait("#put-result[data-state=done]").await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_with_a_verdict_and_tables() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    let scenarios = [
        ("sizes", Scenario::Sizes, &[Variant::Copy, Variant::CopyFresh, Variant::Borrow, Variant::Move][..]),
        ("counts", Scenario::Counts, &[Variant::Copy, Variant::Borrow, Variant::Move]),
        ("worker", Scenario::Worker, &[Variant::Clone, Variant::Transfer]),
        ("blob", Scenario::Blob, &[Variant::Blob, Variant::Gather]),
        ("places", Scenario::Places, &[Variant::CopyJs, Variant::CopyWasm, Variant::BorrowJs, Variant::BorrowWasm]),
    ];
    for (name, scenario, variants) in scenarios {
        let run = measure(&page, name).await;
        assert_eq!(run.scenario, scenario);
        let found: BTreeSet<Variant> = run.series.iter().map(|series| series.variant).collect();
        assert_eq!(found, variants.iter().copied().collect());
        assert!(run.series.iter().all(|series| series.samples.len() == run.conditions.rounds as usize));
        assert_eq!(run.conditions.thread, Thread::Worker);
        let expected = match scenario {
            Scenario::Sizes => (1 << 10, 256 << 20),
            Scenario::Counts => (1 << 20, 1 << 20),
            _ => (PAYLOAD as u64, PAYLOAD as u64),
        };
        let bytes = run.series.iter().map(|series| series.bytes);
        assert_eq!((bytes.clone().min().unwrap(), bytes.max().unwrap()), expected);
        let verdict = page.attribute("#cost-verdict", "data-state").await;
        assert!(["faster", "slower", "same", "cannot-tell"].contains(&verdict.as_str()), "{name}: {verdict}");
        let table = if scenario.is_sweep() { "#cost-sweep" } else { "#cost-times" };
        assert!(!page.text(&format!("{table} tbody")).await.is_empty(), "{name}");
        assert!(!page.text("#cost-conditions").await.is_empty());
    }
    // Drawings follow the width of the page.
    let width = "return document.querySelector('.result svg.plotted').getBoundingClientRect().width";
    let wide = page.run(width, vec![]).await.as_f64().unwrap();
    page.client.set_window_size(500, 900).await.unwrap();
    let follows = "
        const plot = document.querySelector('.result svg.plotted');
        const { width } = plot.getBoundingClientRect();
        // Drawn anew for the new width, and not stretched to it.
        return Math.abs(width - arguments[0]) > 20 && Math.abs(Number(plot.getAttribute('width')) - width) < 2;";
    for _ in 0..200 {
        if page.run(follows, vec![json!(wide)]).await == json!(true) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(page.run(follows, vec![json!(wide)]).await, json!(true));
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_sizes_say_the_share_over_size_and_a_run_its_rows() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    page.fill("#scenario", "own-sizes").await;
    // Whole puts need a router, and the page says so.
    page.until("return document.querySelector('#measure').disabled", json!(true)).await;
    assert!(page.text("#cost-empty").await.contains("Whole puts need a router."), "{}", page.text("#cost-empty").await);
    page.connect("/zenoh").await;
    let run = measure(&page, "own-sizes").await;
    let own = run.puts[0].bytes.unwrap();
    let sizes: Vec<f64> = run.puts.iter().map(|puts| puts.bytes.unwrap() as f64 / own as f64).collect();
    for (at, factor) in [1.0, 0.5, 2.0, 0.25, 4.0].into_iter().enumerate() {
        assert!(sizes[3 * at..3 * at + 3].iter().all(|size| (size - factor).abs() < 0.01), "{sizes:?}");
    }
    assert_eq!(sizes.len(), 15);
    for puts in &run.puts {
        let bytes = puts.bytes.unwrap();
        let built = if puts.variant == Variant::Copy { bytes } else { 0 };
        let copied = |stage| puts.stage(stage).unwrap().copied;
        assert_eq!([Stage::Build, Stage::Gather, Stage::Read].map(copied), [built, bytes, bytes]);
        assert!(puts.at.len() >= 6, "{}", puts.at.len());
    }
    let json = serde_json::to_value(&run).unwrap();
    assert!(schema().is_valid(&json), "{:?}", schema().iter_errors(&json).map(|e| e.to_string()).collect::<Vec<_>>());
    // Words first, of the payload itself; then how the share goes with size.
    assert_eq!(page.attribute("#cost-share", "data-state").await, "measured");
    assert!(page.text("#cost-advice").await.split_whitespace().count() <= 15);
    let words = page.text("#cost-verdict").await;
    assert!(words.contains("share of copying") || words.contains("no difference that can be told"), "{words}");
    assert_eq!(page.run("return document.querySelectorAll('#cost-sweep tbody tr').length", vec![]).await, json!(5));
    assert!(page.text("#cost-sweep tbody tr:nth-child(3) th").await.ends_with(", yours"));
    // The drawing has a mark for each share that can be told.
    let share = page.text("#cost-sweep tbody tr:nth-child(3)").await;
    let is_told = share.contains('%');
    assert!(!is_told || page.text(".result svg.plotted").await.contains("your payload"), "{share}");

    // The run keeps its scene. In a page with other rows it can be set up again, and be undone.
    let rows = page.text("#pane-build .rows").await;
    page.fill("#preset", "cloud").await;
    page.wait("#build-state[data-state=ready]").await;
    page.wait("#cost-stale").await;
    page.click("#cost-set-up").await;
    page.until("return document.querySelector('#preset').value", json!("three")).await;
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(page.text("#pane-build .rows").await, rows);
    page.until("return document.querySelector('#cost-stale')", Value::Null).await;
    page.click("#undo").await;
    page.until("return document.querySelector('#preset').value", json!("cloud")).await;
    // A run with a damaged scene opens, and says what is wrong with the scene.
    let folder = std::env::temp_dir().join(format!("zbytes-lab-scenes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("run.json");
    let damaged = Run { scene: run.scene.as_ref().map(|scene| scene[..30].to_owned()), id: 77, ..run };
    std::fs::write(&file, damaged.to_json()).unwrap();
    page.click("#history").await;
    page.wait("#open-run").await.send_keys(file.to_str().unwrap()).await.unwrap();
    page.wait("#cost-scene-problem").await;
    let words = page.text("#cost-scene-problem").await;
    assert!(words.contains("cannot be set up") && words.contains("damaged scene"), "{words}");
    page.wait("#cost-sweep").await;
    page.until("return document.querySelector('#cost-set-up')", Value::Null).await;
    std::fs::remove_dir_all(&folder).unwrap();
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_at_any_moment_the_page_is_as_it_was() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    page.connect("/zenoh").await;
    let before = page.text("#pane-build").await;
    // The test cancels at once, after some progress, in a sweep, and during whole puts.
    for (scenario, waits_for) in
        [("payload", None), ("payload", Some(0.1)), ("payload", Some(0.96)), ("sizes", None), ("sizes", Some(0.1))]
    {
        begin(&page, scenario).await;
        if let Some(share) = waits_for {
            let far = "const bar = document.querySelector('#cost-progress'); return !bar || bar.value > bar.max * arguments[0]";
            while page.run(far, vec![json!(share)]).await != json!(true) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        page.run("document.querySelector('#cancel')?.click()", vec![]).await;
        page.wait_at_most("#measure", LONG).await;
        assert_eq!(page.text("#cost-problem").await, "");
        assert_eq!(page.text("#pane-build").await, before);
        assert_eq!(page.attribute("#session", "data-state").await, "open");
    }
    // The same by the keyboard alone. The button that replaces the pressed one has the focus.
    let focused = "return document.activeElement.id";
    page.wait("#measure").await.send_keys("\u{E007}").await.unwrap();
    page.wait("#cancel").await;
    assert_eq!(page.run(focused, vec![]).await, json!("cancel"));
    page.wait("#cancel").await.send_keys("\u{E007}").await.unwrap();
    page.wait_at_most("#measure", LONG).await;
    assert_eq!(page.run(focused, vec![]).await, json!("measure"));
    // The results before the cancel are kept, and are marked as partial.
    let runs: Vec<Run> = kept(&page).await.iter().map(|text| Run::from_json(text).unwrap()).collect();
    assert!(runs.iter().any(|run| run.partial), "{}", runs.len());
    assert!(runs.iter().all(|run| schema().is_valid(&serde_json::from_str::<Value>(&run.to_json()).unwrap())));
    let shown = runs.iter().find(|run| run.partial).unwrap().id;
    page.click("#history").await;
    page.click(&format!("#run-show-{shown}")).await;
    page.wait("#cost-partial").await;
    // The page continues to work as before.
    page.click("#put").await;
    page.wait("#put-result[data-state=done]").await;
    let run = measure(&page, "payload").await;
    assert!(!run.partial);
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_run_outlives_the_tab_and_its_exports_read_back() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#preset", "three").await;
    page.wait("#row-2").await;
    page.wait("#build-state[data-state=ready]").await;
    let first = measure(&page, "payload").await;
    begin(&page, "sizes").await;
    page.client.goto(&url(&lab)).await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(kept(&page).await.len(), 1);
    page.click("#history").await;
    page.click(&format!("#run-show-{}", first.id)).await;
    page.wait("#cost-verdict").await;

    catch_files(&page).await;
    page.click("#export").await;
    let json = caught(&page, "#export-json").await;
    let value: Value = serde_json::from_str(&json).unwrap();
    assert!(schema().is_valid(&value), "{:?}", schema().iter_errors(&value).map(|e| e.to_string()).collect::<Vec<_>>());
    let read = Run::from_json(&json).unwrap();
    assert_eq!((&read, read.to_json()), (&first, json.clone()));
    let csv = caught(&page, "#export-csv").await;
    let samples: usize = first.series.iter().map(|series| series.samples.len()).sum();
    let staged: usize = first.puts.iter().flat_map(|puts| &puts.stages).map(|stage| stage.samples.len()).sum();
    assert_eq!(csv.lines().count(), 1 + samples + staged);
    let markdown = caught(&page, "#export-markdown").await;
    assert!(markdown.starts_with("# ") && markdown.contains('|'), "{markdown}");
    for drawing in ["#export-svg", "#export-svg-put"] {
        let svg = caught(&page, drawing).await;
        let parsed = "return new DOMParser().parseFromString(arguments[0], 'image/svg+xml').documentElement.tagName";
        assert_eq!(page.run(parsed, vec![json!(svg)]).await, json!("svg"), "{svg}");
        // Both weights of the letters, in the file itself.
        assert_eq!(svg.matches("src:url(data:font/woff2;base64,").count(), 2, "{drawing}");
    }

    // The test removes the run, and reads it back from the exported file. The page refuses another
    // file, with a reason.
    page.click("#history").await;
    page.click(&format!("#run-remove-{}", first.id)).await;
    page.wait("#cost-empty").await;
    assert!(kept(&page).await.is_empty());
    let folder = std::env::temp_dir().join(format!("zbytes-lab-runs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("other.json", "{\"format\":\"zbytes-lab/run/2\"}"), ("run.json", json.as_str())] {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        page.wait("#open-run").await.send_keys(file.to_str().unwrap()).await.unwrap();
        if name == "other.json" {
            page.wait("#run-problem").await;
            let words = page.text("#run-problem").await;
            assert!(words.contains("other.json") && words.contains("zbytes-lab/run"), "{words}");
        }
    }
    page.wait("#cost-verdict").await;
    assert_eq!(page.text("#run-problem").await, "");
    assert_eq!(kept(&page).await, [json]);
    std::fs::remove_dir_all(&folder).unwrap();

    // Two runs beside each other.
    let second = measure(&page, "payload").await;
    page.click(&format!("#run-compare-{}", first.id)).await;
    page.wait("#compared").await;
    assert!(!page.text("#cost-comparison tbody").await.is_empty());
    assert_ne!(first.id, second.id);
    // In the page, an exported drawing meets the page's policy. As a file of its own it has no
    // policy.
    // Each says so twice: the policy in the page, and the one that the lab sends.
    page.close(&[("Applying inline style", 4)]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_arrays_are_measured_and_a_lost_router_costs_no_sample() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "tiny").await;
    page.wait("#build-state[data-state=ready]").await;
    page.connect("/zenoh").await;
    let run = measure(&page, "payload").await;
    assert_eq!((run.conditions.thread, run.puts.len()), (Thread::Worker, 3));
    assert_eq!(copied(&run, Variant::Copy), [160_000]);
    // The engine of the measurement reads the file too.
    let file = std::env::temp_dir().join(format!("zbytes-lab-cost-{}", std::process::id()));
    std::fs::write(&file, [7; 1000]).unwrap();
    page.wait("#add-file").await.send_keys(file.to_str().unwrap()).await.unwrap();
    page.wait("#row-1").await;
    page.wait("#build-state[data-state=ready]").await;
    let run = measure(&page, "payload").await;
    assert_eq!(copied(&run, Variant::Copy), [161_000]);
    // The page keeps its files, and a put by move takes a twin. The twin is made before the put, so
    // the put does not count its copy.
    let moved = run.puts.iter().find(|puts| puts.variant == Variant::Move).unwrap();
    assert_eq!(moved.stage(Stage::Build).unwrap().copied, 0);
    std::fs::remove_file(&file).unwrap();

    // The lab stops its router. The results without the router stay, and the run reports why it has
    // no whole puts.
    begin(&page, "payload").await;
    page.wait_at_most("#cost-progress:not([value='0'])", LONG).await;
    lab.stop().await;
    page.wait_at_most("#measure", LONG).await;
    page.wait("#cost-unsent").await;
    page.wait("#measure").await;
    let run = newest(&page).await;
    assert_eq!((run.partial, run.puts.len(), run.unsent.is_some()), (false, 0, true));
    assert!(!page.attribute("#cost-verdict", "data-state").await.is_empty());
    // The page's own session, and those of the measurement.
    let lines = page.console().await;
    let expected = |line: &String| line.contains(SOCKET_FAILED) || line.contains(NO_ANSWER);
    assert!(lines.iter().all(expected), "{lines:#?}");
    page.close(&[]).await;
}
