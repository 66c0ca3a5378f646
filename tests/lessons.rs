//! Lessons: each of the lab's is walked through with the keyboard alone, with wrong and with right
//! predictions. One with mistakes is refused by line, and a hostile one does nothing.
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

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::Locator;
use serde_json::json;
use support::{
    GUARD,
    browser::Page,
    lab::{host, lab, turn, url},
    tampered::copied_page,
};
use zbytes_lab::app::lesson::{self, Fact, Lesson, Listed, MAX_BYTES, MAX_MISTAKES, Unit};

/// A measurement takes long on a busy machine.
const LONG: Duration = Duration::from_secs(150);

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn listed() -> Vec<Listed> {
    Listed::read(&text("lessons/list.txt"))
}

fn read(path: &str) -> Lesson {
    lesson::read(&text(path)).unwrap_or_else(|mistakes| panic!("{path}: {mistakes:#?}"))
}

#[test]
fn every_lesson_is_read_and_listed_as_it_says() {
    let listed = listed();
    assert_eq!(listed.len(), 11);
    let mut folders: Vec<_> = fs::read_dir(root("lessons")).unwrap().map(|entry| entry.unwrap()).collect();
    folders.retain(|entry| entry.path().is_dir());
    assert_eq!(folders.len(), listed.len(), "a folder of lessons/ is not in lessons/list.txt");
    for Listed { name, minutes, title } in listed {
        let lesson = read(&format!("lessons/{name}/lesson.md"));
        assert_eq!((lesson.title, lesson.minutes), (title, minutes), "{name}");
        assert!(lesson.steps.len() >= 3 && lesson.steps.iter().all(|step| !step.note.is_empty()), "{name}");
    }
    read("docs/lesson-template.md");
}

#[test]
fn documentation_lists_facts_and_words_as_the_program_does() {
    let guide = text("docs/lessons.md");
    for fact in Fact::ALL {
        let values = match fact.unit() {
            Unit::Bytes => "bytes".to_owned(),
            Unit::Count => "a count".to_owned(),
            Unit::Share => "a share, as in `5 %`".to_owned(),
            Unit::Times => "times".to_owned(),
            Unit::Word(words) => words.join(", "),
        };
        let line = format!("| `{}` | {} | {values} |", fact.name(), fact.label());
        assert!(guide.contains(&line), "docs/lessons.md lacks the line\n{line}");
    }
    for (word, expected) in lesson::KEYS {
        let line = format!("| `{word}:` | {expected} |");
        assert!(guide.contains(&line), "docs/lessons.md lacks the line\n{line}");
    }
    let (_, table) = guide.split_once("| fact |").unwrap();
    let facts = table.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(facts, Fact::ALL.len(), "docs/lessons.md lists facts that the program has not");
}

/// A sentence of a lesson has at most so many words.
const WORDS: usize = 25;

#[test]
fn sentences_of_lessons_are_short() {
    let mut long = Vec::new();
    for Listed { name, .. } in listed() {
        let lesson = read(&format!("lessons/{name}/lesson.md"));
        for step in lesson.steps {
            let texts = step.text.iter().chain([&step.question, &step.task, &step.why, &step.note]);
            for sentence in texts.flat_map(|text| text.split(['.', '?', '!', ':', ';'])) {
                let words = sentence.split_whitespace().count();
                if words > WORDS {
                    long.push(format!("{name}, {words} words: {sentence}"));
                }
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// What a student does at each step, with the keyboard. A selector is reached by Tab, and pressed by
/// Enter; `connect` and the other words are explained in [`act`].
fn acts(name: &str) -> Vec<&'static [&'static str]> {
    const WRITE: &[&str] = &["5", "#try-write"];
    const MEASURE: &[&str] = &["connect", "3", "Control+Enter"];
    const PUT: &[&str] = &["connect", "Control+Enter"];
    const RATE: &[&str] = &["connect", "rate"];
    const FLUSHED: &[&str] = &["connect", "listen", "Control+Enter", "put", "#flush"];
    match name {
        "tour" => vec![&["v", "k"], PUT, WRITE],
        "pieces" => vec![&["v"], &["v"], &["k"], PUT, PUT],
        "owners" => vec![&["k"], WRITE, &["5", "#try-detach"], &["5", "#try-worker"]],
        "writing" => vec![WRITE, WRITE, &["connect", "5", "#try-write"], WRITE],
        "cost" => vec![MEASURE; 4],
        "programs" => vec![FLUSHED, FLUSHED, PUT, PUT],
        "wire" => vec![PUT; 4],
        "full" => vec![RATE; 4],
        "messages" => vec![PUT, PUT, &["k"], &["connect", "Control+Enter", "put", "read"]],
        "honest" => vec![MEASURE; 4],
        "proposal" => vec![MEASURE, &["k"], &["5", "#try-refuse"], &["5", "#try-drop"]],
        other => panic!("tests/lessons.rs does not know what to do in {other}"),
    }
}

/// The lessons whose answers are measured: they may differ from one time to the next.
const MEASURED: [&str; 2] = ["cost", "honest"];

async fn act(page: &Page, what: &str) {
    match what {
        // A student does not connect twice.
        "connect" => {
            if page.text("#session strong").await != "Connected" {
                page.key_until("c", "#session[data-state=open]").await;
            }
        }
        // The page gives the focus after it has drawn the pane.
        "3" => page.key_until("3", "#pane-cost:focus").await,
        // The put before has ended.
        "put" => drop(page.wait("#put-result[data-state=done]").await),
        "listen" => {
            if page.run("return !!document.getElementById('undeclare')", vec![]).await == json!(true)
                && page.attribute("#lesson", "data-step").await == "1"
            {
                page.enter("#undeclare", "#subscribe").await;
            }
            if page.run("return !!document.getElementById('subscribe')", vec![]).await == json!(true) {
                page.type_over("#sub-key", "lab/*/temperature").await;
                page.enter("#subscribe", "#undeclare").await;
            }
        }
        "rate" => {
            if page.run("return document.getElementById('put-rate').open", vec![]).await != json!(true) {
                page.enter("#put-rate > summary", "#put-rate[open]").await;
            }
            page.enter("#rate-start", "#rate-stop").await;
        }
        "read" => page.enter("#samples .read-message", "#message-dialog[open][data-state=read]").await,
        css if css.starts_with('#') => {
            page.tab_to(css).await;
            page.key("Enter").await;
        }
        key => page.key(key).await,
    }
}

/// Chooses a prediction.
async fn predict(page: &Page, choice: usize) {
    page.tab_to("input[name=lesson-choice]").await;
    match choice {
        0 => page.key("Space").await,
        _ => {
            for _ in 0..choice {
                page.key("ArrowDown").await;
            }
        }
    }
    page.wait(&format!(".lesson-parts[data-came=predicted] #lesson-choice-{choice}:checked")).await;
}

/// Predicts, does what the step says, and returns what the lab found: whether the prediction was right,
/// and which choice holds.
async fn step(page: &Page, name: &str, acts: &[&str], choice: usize) -> (bool, usize) {
    assert_eq!(page.text("#lesson-answer").await, "Predict first.", "{name}: the answer comes after a prediction");
    predict(page, choice).await;
    for what in acts {
        act(page, what).await;
    }
    let guard = if acts.contains(&"3") { LONG } else { GUARD };
    page.wait_at_most(".lesson-parts:is([data-came=right], [data-came=wrong])", guard).await;
    let right = page.attribute(".lesson-parts", "data-came").await == "right";
    let holds = page
        .run("return [...document.querySelectorAll('.lesson-part label')].findIndex((one) => one.dataset.holds === 'yes')", vec![])
        .await;
    let found = page.text("#lesson-found").await;
    let holds = holds.as_i64().and_then(|holds| usize::try_from(holds).ok());
    let holds = holds.unwrap_or_else(|| panic!("{name}: no choice says what the lab found: {found}"));
    assert_eq!(right, holds == choice, "{name}: {found}");
    assert!(found.starts_with("The lab found: ") && found.len() > 20, "{name}: {found}");
    let outcome = page.text("#lesson-outcome").await;
    assert!(
        outcome.starts_with(if right { "As you predicted." } else { "Not as you predicted." }),
        "{name}: {outcome}"
    );
    same_as_in_the_panes(page, &found).await;
    // Leaves things as a student does.
    if page.run("return !!document.querySelector('#message-dialog[open]')", vec![]).await == json!(true) {
        page.key_until("Escape", "#message-dialog:not([open])").await;
    }
    if page.run("return !!document.getElementById('rate-stop')", vec![]).await == json!(true) {
        page.enter("#rate-stop", "#rate-start").await;
        page.wait("#rate[data-leaving='0']").await;
    }
    (right, holds)
}

/// What the strip says of the last put is what its pane says.
async fn same_as_in_the_panes(page: &Page, found: &str) {
    if let Some(rest) = found.split("copied in all, by the ledger of the put: ").nth(1) {
        let digits: String = rest.chars().take_while(|c| *c != ' ').filter(char::is_ascii_digit).collect();
        let mut sum = 0;
        for part in ["data-built", "data-gathered"] {
            sum += page.attribute("#put-result", part).await.parse::<u64>().unwrap();
        }
        assert_eq!(digits.parse::<u64>().unwrap(), sum, "{found}");
    }
    if let Some(rest) = found.split("batches of the put: ").nth(1) {
        let digits: String = rest.chars().take_while(|c| *c != '.' && *c != ';').filter(char::is_ascii_digit).collect();
        assert_eq!(page.attribute("#put-result", "data-batches").await, digits, "{found}");
    }
}

/// Walks through one lesson.
async fn walk(page: &Page, name: &str, lesson: &Lesson) {
    page.run("document.activeElement?.blur()", vec![]).await;
    page.key_until("l", "#lesson[data-state=list] ol").await;
    page.enter(&format!("#lesson-{name}"), "#lesson[data-state=open][data-step='1']").await;
    let acts = acts(name);
    assert_eq!(acts.len(), lesson.steps.len(), "{name}");
    let begun = tokio::time::Instant::now();
    for (at, (what, one)) in acts.into_iter().zip(&lesson.steps).enumerate() {
        page.wait(&format!("#lesson[data-step='{}'] .lesson-parts[data-came=asked]", at + 1)).await;
        page.wait("#lesson-title:focus").await;
        assert!(page.text(".lesson-part h3").await == one.title, "{name}, step {}", at + 1);
        page.wait("#build-state:not([data-state=pending])").await;
        let (first, holds) = step(page, name, what, 0).await;
        // Once more, with the other kind of prediction.
        page.enter("#lesson-again", ".lesson-parts[data-came=asked]").await;
        page.wait("#build-state:not([data-state=pending])").await;
        let other = if first { 1 } else { holds };
        let (second, _) = step(page, name, what, other).await;
        let measured = MEASURED.contains(&name) || (name == "proposal" && at == 0);
        assert!(measured || first != second, "{name}, step {}: both predictions are said to be alike", at + 1);
        if at + 1 < lesson.steps.len() {
            page.key_until("n", &format!("#lesson[data-step='{}']", at + 2)).await;
        }
    }
    println!("{name}: {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn lessons_are_walked_through_with_the_keyboard_alone() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let wanted = std::env::var("LESSON").unwrap_or_default();
    for Listed { name, .. } in listed().into_iter().filter(|one| wanted.is_empty() || one.name == wanted) {
        walk(&page, &name, &read(&format!("lessons/{name}/lesson.md"))).await;
    }
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn step_has_a_link_and_its_answer_outlives_a_reload() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_first(&format!("{}#l=pieces/2", url(&lab))).await;
    page.wait("#lesson[data-state=open][data-step='2']").await;
    // What led to the step is set up, and no more happens: the page stays unconnected.
    assert_eq!(page.attribute("#session", "data-state").await, "closed");
    page.wait("#preset option[value=three]:checked, #preset").await;
    page.until("return document.getElementById('preset').value", json!("three")).await;
    predict(&page, 1).await;
    page.key("v").await;
    page.key("v").await;
    page.wait(".lesson-parts[data-came=wrong]").await;
    let found = page.text("#lesson-found").await;
    // The address leads to the step, and what was found is still there after a reload.
    page.until("return location.hash", json!("#l=pieces/2")).await;
    page.client.refresh().await.unwrap();
    page.wait(".lesson-parts[data-came=wrong]").await;
    assert_eq!(page.text("#lesson-found").await, found);
    page.wait(".lesson-steps a[aria-current=step][data-came=wrong]").await;
    // A remote, in presenter view.
    page.run("document.activeElement?.blur()", vec![]).await;
    page.key_until("Shift+f", "main[data-large=presenter] #lesson").await;
    page.key_until("PageDown", "#lesson[data-step='3']").await;
    page.until("return location.hash", json!("#l=pieces/3")).await;
    page.key_until("PageUp", "#lesson[data-step='2']").await;
    page.key_until("Escape", "main:not([data-large])").await;
    // The own rows come back.
    page.run("location.hash = '#l=owners/1'", vec![]).await;
    page.wait("#lesson[data-state=open][data-step='1']").await;
    page.until("return document.getElementById('preset').value", json!("own")).await;
    page.enter("#lesson-close", "main:not(:has(#lesson))").await;
    page.key("Control+z").await;
    page.until("return document.getElementById('preset').value", json!("three")).await;
    // A link that names none says so.
    page.run("location.hash = '#l=../lab.json'", vec![]).await;
    page.wait("#link-problem").await;
    assert!(page.text("#link-problem").await.contains("names no lesson"));
    page.close(&[]).await;
    lab.stop().await;
}

/// A lesson with ten mistakes, and the line of each.
const MISTAKEN: &str = "\
# Ten mistakes

lesson: 1
minutes: long
about: Mistakes.

## First

scene: tensors
veiw: all copy

It has **no end.

? How many?

- none | drawing.bilding = 0
- all
- some | drawing.building > many

! Do it.
done: view = inside out
why: So.

## Second

Look.

? What?

- this | puts = 1

! Do it.
done: puts = 1
";

const LINES: [u64; 10] = [4, 9, 10, 12, 16, 17, 18, 21, 24, 24];

async fn give(page: &Page, file: &Path) {
    let input = page.client.find(Locator::Css("#lesson-file")).await.unwrap();
    input.send_keys(file.to_str().unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lesson_with_ten_mistakes_is_refused_by_line() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let folder = std::env::temp_dir().join(format!("zbytes-lab-lessons-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("mine.md");
    fs::write(&file, MISTAKEN).unwrap();
    page.key_until("l", "#lesson[data-state=list] #lesson-file").await;
    give(&page, &file).await;
    page.wait("#lesson[data-state=wrong]").await;
    let lines = page
        .run("return [...document.querySelectorAll('#lesson-mistakes tbody td:first-child')].map((one) => +one.textContent)", vec![])
        .await;
    assert_eq!(lines, json!(LINES), "{}", page.text("#lesson-mistakes").await);
    // It is mended, and given again.
    fs::write(&file, text("docs/lesson-template.md")).unwrap();
    page.enter("#lesson-retry", "#lesson[data-state=list] #lesson-file").await;
    give(&page, &file).await;
    page.wait("#lesson[data-state=open][data-step='1']").await;
    assert_eq!(page.text("#lesson-task code").await, "k");
    page.close(&[]).await;
    fs::remove_dir_all(&folder).unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_lesson_does_nothing() {
    let _turn = turn().await;
    let dist = copied_page("page-with-a-huge-lesson");
    fs::File::create(dist.join("huge.md")).unwrap().set_len(64 << 20).unwrap();
    let host = host("/", &dist);
    let page = Page::open(&host.url()).await;
    page.run("window.alert = () => { window.alerted = true }", vec![]).await;
    let folder = std::env::temp_dir().join(format!("zbytes-lab-hostile-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let template = text("docs/lesson-template.md");
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)> [here](javascript:alert(3)) `<b>` **<i>x</i>**";
    let hostile = [
        ("script", template.replace("One or two paragraphs", script), "open"),
        ("huge", format!("{template}{}", "x".repeat(20 << 20)), "failed"),
        ("deep", format!("{template}{}", "`**".repeat(MAX_BYTES / 4)), "wrong"),
        ("many", "x: y\n".repeat(5000), "wrong"),
        ("hidden", template.replace("One or two", "One \u{202e}or two"), "wrong"),
        ("empty", String::new(), "wrong"),
    ];
    for (name, lesson, state) in hostile {
        let file = folder.join(format!("{name}.md"));
        fs::write(&file, lesson).unwrap();
        page.run("document.activeElement?.blur()", vec![]).await;
        page.key_until("l", "#lesson[data-state=list] #lesson-file").await;
        give(&page, &file).await;
        page.wait(&format!("#lesson[data-state={state}]")).await;
        let mistakes = page.run("return document.querySelectorAll('#lesson-mistakes tbody tr').length", vec![]).await;
        assert!(mistakes.as_u64().unwrap() <= MAX_MISTAKES as u64, "{name}: {mistakes}");
    }
    let foreign =
        "return document.querySelectorAll('#lesson :is(script, img, iframe, b, i, a[href^=javascript])').length";
    page.key_until("l", "#lesson[data-state=list] #lesson-file").await;
    give(&page, &folder.join("script.md")).await;
    page.wait("#lesson[data-state=open]").await;
    assert_eq!(page.run(foreign, vec![]).await, json!(0));
    assert!(page.text(".lesson-part").await.contains("<script>alert(1)</script><img src=x onerror=alert(2)>"));
    // From addresses: one that sends far too much, and one that is not there.
    for (path, words) in [("huge.md", "it is longer than 32768 B"), ("none.md", "the server answered 404")] {
        let link = format!("#l={}{path}/1", host.url());
        page.run("location.hash = arguments[0]", vec![json!(link)]).await;
        page.wait("#lesson[data-state=asks]").await;
        page.enter("#lesson-load", "#lesson[data-state=failed]").await;
        let said = page.text("#lesson").await;
        assert!(said.contains(words), "{said}");
    }
    // Nothing of it ran, and the page is as before.
    assert_eq!(page.run("return window.alerted ?? false", vec![]).await, json!(false));
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(page.attribute("#session", "data-state").await, "closed");
    page.close(&[("none.md - Failed to load resource", 1)]).await;
    fs::remove_dir_all(&folder).unwrap();
}
