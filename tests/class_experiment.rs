//! The class is the experiment: pages measure the same, and their results come together.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{
    GUARD,
    browser::{Engine, Page},
    class::{
        ANY, join, join_in_a_tab, kill, lab_of_a_class, names, open_class, print_tasks, students, teacher, tell, tile,
        watch_tasks,
    },
    files::{catch_files, caught},
    lab::{dist, host, joined, lab, turn},
    tabs::Tabs,
};
use zbytes_lab::{
    app::class::{StudentSays, VERSION},
    run::Run,
};

/// Has all pages measure the rows of this preset.
async fn measure(teacher: &Page, preset: &str) {
    teacher.fill("#preset", preset).await;
    teacher.wait("#build-state[data-state=ready]").await;
    teacher.click("#class-experiments").await;
    teacher.click("#class-measure").await;
    teacher.wait("#class-standing").await;
}

/// Waits until so many results are here.
async fn results(teacher: &Page, count: usize, guard: Duration) {
    teacher.wait_at_most(&format!("#class-standing[data-here='{count}']"), guard).await;
}

async fn count(page: &Page, css: &str) -> usize {
    let script = "return document.querySelectorAll(arguments[0]).length";
    page.run(script, vec![json!(css)]).await.as_u64().unwrap() as usize
}

fn schema() -> jsonschema::Validator {
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let run = read(include_str!("../schema/run-1.schema.json"));
    let runs = jsonschema::Registry::new().add("urn:zbytes-lab:run:1", run).unwrap().prepare().unwrap();
    let class = read(include_str!("../schema/class-1.schema.json"));
    jsonschema::options().with_registry(&runs).build(&class).unwrap()
}

/// The file of the experiment, checked by its schema.
async fn file(teacher: &Page) -> Value {
    let file: Value = serde_json::from_str(&caught(teacher, "#class-json").await).unwrap();
    let schema = schema();
    let errors: Vec<String> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    file
}

/// The results are in one drawing, one table and one file.
async fn are_together(teacher: &Page, names: &[String]) {
    catch_files(teacher).await;
    // An interval and a mark for each page.
    assert_eq!(count(teacher, "#class-drawing .p-ink").await, names.len());
    let marks = count(teacher, "#class-drawing .p-mark, #class-drawing .p-mark-ink").await;
    assert_eq!(marks, names.len());
    assert_eq!(count(teacher, "#class-results tbody tr").await, names.len());
    let words = teacher.text("#class-drawing").await;
    assert!(names.iter().all(|name| words.contains(name.as_str())), "{words}");
    let file = file(teacher).await;
    for page in file["pages"].as_array().unwrap() {
        assert!(names.iter().any(|name| page["name"] == *name), "{}", page["name"]);
        let run = Run::from_json(&page["run"].to_string()).unwrap();
        assert!(!run.partial && run.puts.is_empty());
        assert!(run.series.iter().all(|series| series.samples.len() == run.conditions.rounds as usize));
    }
    assert_eq!(file["pages"].as_array().unwrap().len(), names.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn five_pages_measure_together_and_results_stand_side_by_side() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    let names = names(5);
    let tabs = students(&teacher, &link, &names).await;
    // A student's own rows stay where they are.
    let page = tabs.at(0).await;
    page.fill("#preset", "tensor").await;
    page.wait("#build-state[data-state=ready][data-bytes='11796480']").await;
    measure(&teacher, "three").await;
    results(&teacher, 5, 4 * GUARD).await;
    are_together(&teacher, &names).await;
    assert_eq!(count(&teacher, "#class-missing li").await, 0);
    let words = teacher.text("#class-headline").await;
    assert!(words.contains("of 5 pages"), "{words}");
    for tab in 0..5 {
        let page = tabs.at(tab).await;
        let arrived = "return document.querySelector('#class-part')?.textContent";
        page.until(arrived, json!("Measured. The teacher’s page has the result.")).await;
        // The pane Cost shows the run, whose rows can be set up.
        page.wait("#cost-verdict").await;
    }
    let page = tabs.at(0).await;
    assert_eq!(page.attribute("#build-state", "data-bytes").await, "11796480");

    // Without names: numbers on the projector, and names in no file.
    teacher.click("#class-names").await;
    teacher.until("return document.querySelector('#class-drawing').textContent.includes('s03')", json!(false)).await;
    let unnamed = file(&teacher).await;
    assert!(unnamed["named"] == json!(false) && !unnamed.to_string().contains("s03"), "{unnamed:.300}");
    let csv = caught(&teacher, "#class-csv").await;
    let samples: usize = unnamed["pages"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|page| page["run"]["series"].as_array().unwrap())
        .map(|series| series["samples"].as_array().unwrap().len())
        .sum();
    assert_eq!(csv.lines().count(), 1 + samples);
    assert!(!csv.contains("s03"));
    // Another quantity of the same runs: times have no verdict.
    teacher.fill("#class-quantity", "Time of one build: copy").await;
    let times = "return document.querySelector('#class-headline').textContent.startsWith('The medians of 5 pages')";
    teacher.until(times, json!(true)).await;
    assert_eq!(count(&teacher, "#class-drawing .p-mark").await, 0);

    // A second experiment takes the place of the first, and who joins meanwhile takes part.
    teacher.fill("#class-scenario", "places").await;
    teacher.click("#class-measure").await;
    teacher.wait("#class-standing[data-here='0']").await;
    let late = Page::open_first(&link).await;
    join(&late, "late").await;
    results(&teacher, 6, 8 * GUARD).await;
    teacher.click("#class-names").await;
    let second = file(&teacher).await;
    assert!(second["id"].as_u64() > unnamed["id"].as_u64() && second["scenario"] == "places");
    let is_late = |page: &Value| page["late"] == json!(true) && page["name"] == "late";
    assert!(second["pages"].as_array().unwrap().iter().any(is_late));
    late.close_with(&[], ANY).await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn teachers_page_that_is_loaded_again_has_its_results() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    let names = names(3);
    let mut tabs = students(&teacher, &link, &names).await;
    measure(&teacher, "three").await;
    results(&teacher, 3, 4 * GUARD).await;
    catch_files(&teacher).await;
    let mut before = file(&teacher).await;
    // One page has left since.
    tabs.remove().await;
    teacher.wait("#class-experiments").await;
    teacher.client.refresh().await.unwrap();
    teacher.wait("#classroom[data-state=door]").await;
    teacher.click("#class-join").await;
    teacher.wait("#class-standing[data-here='3']").await;
    are_together(&teacher, &names).await;
    let mut after = file(&teacher).await;
    // The page itself takes no part, and what it says of its own counts begins anew.
    for file in [&mut before, &mut after] {
        file["other"] = json!(0);
    }
    assert_eq!(after, before);
    // The pages that are there measure neither again nor for a teacher who has lost them.
    for tab in 0..2 {
        let page = tabs.at(tab).await;
        let arrived = "return document.querySelector('#class-part')?.textContent";
        page.until(arrived, json!("Measured. The teacher’s page has the result.")).await;
    }
    // A further experiment takes the place of the first, also in what is kept.
    teacher.click("#class-measure").await;
    results(&teacher, 2, 4 * GUARD).await;
    teacher.client.refresh().await.unwrap();
    teacher.click("#class-join").await;
    teacher.wait("#class-standing[data-here='2']").await;
    teacher.click("#class-end").await;
    let kept = "return Object.keys(sessionStorage).filter((key) => key.startsWith('zbytes-lab.class.')).length";
    teacher.until(kept, json!(0)).await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_that_is_killed_while_it_measures_is_told() {
    let _turn = turn().await;
    let lab = lab().await;
    let (teacher, link) = teacher(&lab).await;
    let names = names(4);
    let tabs = students(&teacher, &link, &names).await;
    let killed = Page::open_first(&link).await;
    join(&killed, "killed").await;
    teacher.wait(&tile("killed", "here")).await;
    measure(&teacher, "tensor").await;
    // It is in the middle.
    killed
        .until("return /[1-9]\\d? % are done/.test(document.querySelector('#class-part')?.textContent)", json!(true))
        .await;
    kill(&killed);
    drop(killed);
    let why = "return [...document.querySelectorAll('#class-missing li')].some((line) => \
        line.textContent === 'killed: The page left while it measured.')";
    teacher.until(why, json!(true)).await;
    results(&teacher, 4, 8 * GUARD).await;
    assert_eq!(count(&teacher, "#class-missing li").await, 1);
    assert!(teacher.text("#class-standing").await.contains("Results here: 4 of 5. Of the others: 1 gone."));
    catch_files(&teacher).await;
    let file = file(&teacher).await;
    let gone = file["pages"].as_array().unwrap().iter().find(|page| page["name"] == "killed").unwrap();
    assert_eq!((&gone["state"], &gone["why"]), (&json!("gone"), &json!("The page left while it measured.")));
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_come_after_a_router_that_was_away() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    let names = names(3);
    let tabs = students(&teacher, &link, &names).await;
    measure(&teacher, "tensor").await;
    for tab in 0..3 {
        tabs.at(tab).await.wait("#class-part").await;
    }
    lab.stop_router().await;
    // They measure on without it, and keep their results.
    for tab in 0..3 {
        let page = tabs.at(tab).await;
        let measured = "return document.querySelector('#class-part')?.textContent.startsWith('Measured.')";
        let begun = Instant::now();
        while page.run(measured, vec![]).await != json!(true) {
            assert!(begun.elapsed() < 8 * GUARD, "{}", page.text("#class-part").await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let before: usize = teacher.attribute("#class-standing", "data-here").await.parse().unwrap();
    println!("{before} of 3 results had come before the router went");
    lab.start_router().await.unwrap();
    results(&teacher, 3, 4 * GUARD).await;
    are_together(&teacher, &names).await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_results_are_refused_and_told() {
    let _turn = turn().await;
    let lab = lab().await;
    let (teacher, link) = teacher(&lab).await;
    let class = link.split_once("#c=").unwrap().1.to_owned();
    let names = names(1);
    let tabs = students(&teacher, &link, &names).await;
    measure(&teacher, "three").await;
    results(&teacher, 1, 4 * GUARD).await;
    catch_files(&teacher).await;
    let n = file(&teacher).await["id"].as_u64().unwrap();
    let session = joined(&lab.tcp_locator()).await;
    let put = async |name: &str, payload: Vec<u8>| {
        tell(&session, format!("lab/{class}/{name}/result"), payload).await;
    };
    put("huge", vec![b'['; 2 << 20]).await;
    put("deep", vec![b'['; 200_000]).await;
    put("noise", (0..5_000_u32).map(|at| (at * 31) as u8).collect()).await;
    let mut other: Value = file(&teacher).await["pages"][0]["run"].take();
    other["subject"] = json!("<img src=x onerror=alert(1)>");
    let told = |name: &str, n: u64, run: &Value| {
        json!({ "v": 1, "name": name, "zid": "1", "n": n, "device": "phone", "run": run }).to_string().into_bytes()
    };
    put("old", told("old", 7, &other)).await;
    put("mallory", told("s00", n, &other)).await;
    other["series"][0]["bytes"] = json!(1);
    put("short", told("short", n, &other)).await;
    for (name, why) in [
        ("huge", "it is not a text of at most 1048576 B"),
        ("deep", "it is not a result"),
        ("noise", "it is not"),
        ("mallory", "it says that it is of s00"),
        ("short", "it measured a payload of 1 B"),
    ] {
        let line = format!(
            "return [...document.querySelectorAll('#class-missing li')].some((line) => \
             line.textContent.startsWith('{name}: ') && line.textContent.includes('{why}'))"
        );
        teacher.until(&line, json!(true)).await;
    }
    let old =
        "return document.querySelector('#class-missing').textContent.includes('Results of another experiment: 1.')";
    teacher.until(old, json!(true)).await;
    // What came before stands, and nothing of theirs is in the drawing.
    assert_eq!(count(&teacher, "#class-results tbody tr").await, 1);
    assert_eq!(file(&teacher).await["refused"].as_array().unwrap().len(), 5);
    session.close().await.unwrap();
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_measure_together_without_a_network() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let mut tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    tabs.page.wait("#session[data-state=open]").await;
    let link = open_class(&tabs.page).await;
    for name in ["ana", "eva"] {
        join_in_a_tab(&mut tabs, &link, name).await;
    }
    let page = tabs.at(0).await;
    for name in ["ana", "eva"] {
        page.wait(&tile(name, "here")).await;
    }
    measure(page, "three").await;
    results(page, 2, 4 * GUARD).await;
    are_together(page, &["ana".to_owned(), "eva".to_owned()]).await;
    tabs.close(&["lab.json"]).await;
}

/// Thirty pages, one of which is killed in the middle, and a router that is away meanwhile.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "thirty pages"]
async fn thirty_pages_measure_together_and_none_is_lost_untold() {
    let _turn = turn().await;
    let lab = lab_of_a_class().await;
    let (teacher, link) = teacher(&lab).await;
    watch_tasks(&teacher).await;
    let mut names = names(29);
    let tabs = students(&teacher, &link, &names).await;
    let killed = Page::open_first(&link).await;
    join(&killed, "killed").await;
    teacher.wait(&tile("killed", "here")).await;
    let begun = Instant::now();
    measure(&teacher, "three").await;
    killed.wait("#class-part").await;
    kill(&killed);
    drop(killed);
    lab.stop_router().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.start_router().await.unwrap();
    results(&teacher, 29, 20 * GUARD).await;
    println!("29 results are here after {} s", begun.elapsed().as_secs());
    let told = "return [...document.querySelectorAll('#class-missing li')].map((line) => line.textContent).join(' ')";
    let told = teacher.run(told, vec![]).await;
    assert!(told.as_str().unwrap().starts_with("killed: The page left"), "{told}");
    assert_eq!(count(&teacher, "#class-drawing .p-ink").await, 29);
    catch_files(&teacher).await;
    let file = file(&teacher).await;
    names.push("killed".to_owned());
    let pages = file["pages"].as_array().unwrap();
    assert!(pages.iter().all(|page| names.iter().any(|name| page["name"] == *name)));
    assert_eq!(pages.iter().filter(|page| page["state"] == "here").count(), 29);
    assert_eq!(pages.len(), 30);
    print_tasks(&teacher, "thirty pages that measure").await;
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

/// Browsers, devices, cores, and how much slower each is than the first.
const KINDS: [(&str, &str, u32, f64); 5] = [
    ("Chrome 156", "computer", 8, 1.0),
    ("Chrome 155", "phone", 8, 3.1),
    ("Safari 19", "phone", 6, 1.6),
    ("Firefox 140", "computer", 8, 1.3),
    ("Edge 156", "computer", 4, 1.2),
];

/// A run like this one, as another machine may have measured it.
fn another(run: &Value, at: usize) -> (Value, &'static str) {
    let (browser, device, cores, slower) = KINDS[at % 5];
    let mut run = run.clone();
    (run["conditions"]["browser"], run["conditions"]["cores"]) = (json!(browser), json!(cores));
    for (which, series) in (0_usize..).zip(run["series"].as_array_mut().unwrap()) {
        let own = slower * (1.0 + ((at * 7 + which * 5) % 11) as f64 / 20.0);
        for sample in series["samples"].as_array_mut().unwrap() {
            *sample = json!(sample.as_f64().unwrap() * own);
        }
    }
    (run, device)
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_results_fit_a_projector_in_one_drawing() {
    let _turn = turn().await;
    let lab = lab().await;
    let (teacher, link) = teacher(&lab).await;
    let class = link.split_once("#c=").unwrap().1.to_owned();
    let tabs = students(&teacher, &link, &names(1)).await;
    // 29 programs take part: what they tell is what a page tells.
    let session = joined(&lab.tcp_locator()).await;
    let others: Vec<String> = (1..30).map(|at| format!("student-{at:02}")).collect();
    let mut tokens = Vec::new();
    for name in &others {
        tokens.push(session.liveliness().declare_token(format!("lab/{class}/{name}/here")).await.unwrap());
        let says = StudentSays { v: VERSION, name: name.clone(), zid: "abc".to_owned(), ..StudentSays::default() };
        tell(&session, format!("lab/{class}/{name}/is"), says.text()).await;
    }
    teacher.until("return document.querySelectorAll('#wall [data-state=here]').length", json!(30)).await;
    teacher.emulate((1280, 720), false).await;
    measure(&teacher, "three").await;
    results(&teacher, 1, 4 * GUARD).await;
    catch_files(&teacher).await;
    let first = file(&teacher).await;
    let (n, run) = (first["id"].as_u64().unwrap(), &first["pages"][0]["run"]);
    let result = |at: usize| {
        let (run, device) = another(run, at);
        json!({ "v": 1, "name": others[at - 1], "zid": "abc", "n": n, "device": device, "run": run }).to_string()
    };
    let put = async |at: usize, text: String| {
        tell(&session, format!("lab/{class}/{}/result", others[at - 1]), text).await;
    };
    for at in 1..28 {
        put(at, result(at)).await;
    }
    results(&teacher, 28, GUARD).await;
    // Late ones appear. Who told nothing is still listed.
    assert_eq!(count(&teacher, "#class-missing li").await, 2);
    for at in 28..30 {
        put(at, result(at)).await;
    }
    results(&teacher, 30, GUARD).await;
    let all: Vec<String> = names(1).into_iter().chain(others.iter().cloned()).collect();
    are_together(&teacher, &all).await;
    for size in [(1280, 720), (1920, 1080)] {
        teacher.emulate(size, false).await;
        for dark in [false, true] {
            shoot(&teacher, size, dark).await;
        }
        // Its place was measured anew: the whole drawing is on the screen.
        let fits = "
            const drawing = document.querySelector('#class-drawing svg').getBoundingClientRect();
            return drawing.bottom <= innerHeight && drawing.right <= innerWidth && drawing.width > 0.9 * innerWidth;";
        teacher.until(fits, json!(true)).await;
        let letters = "
            const sizes = [...document.querySelectorAll('#class-drawing text')].map((one) => parseFloat(getComputedStyle(one).fontSize));
            const drawing = document.querySelector('#class-drawing svg');
            // The page is magnified in large windows.
            const zoom = drawing.getBoundingClientRect().width / drawing.getAttribute('width');
            return zoom * Math.min(...sizes) / innerHeight;";
        let letters = teacher.run(letters, vec![]).await.as_f64().unwrap();
        println!("at {size:?} letters take {:.1} % of the height", 100.0 * letters);
        assert!(letters >= 0.02, "{letters} at {size:?}");
    }
    shoot(&teacher, (390, 844), false).await;
    session.close().await.unwrap();
    tabs.close(ANY).await;
    teacher.close_with(&[], ANY).await;
    lab.stop().await;
}

/// Takes a picture of the page, for a person who looks at it: `ZBYTES_PICTURES=/some/folder`.
async fn shoot(page: &Page, size: (u32, u32), dark: bool) {
    let Ok(folder) = std::env::var("ZBYTES_PICTURES") else { return };
    page.emulate(size, dark).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let picture = page.client.screenshot().await.unwrap();
    std::fs::write(format!("{folder}/class-{}-{}.png", size.0, if dark { "dark" } else { "light" }), picture).unwrap();
}
