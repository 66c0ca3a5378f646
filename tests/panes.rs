//! A journey through every pane of the built page in each engine: on a plain host under a path, where two tabs meet in the
//! hub, then without that host, and on the lab. What one engine does differently is in `engines`; Chromium does the rest on
//! the lab in all other suites.
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

use std::time::Duration;

use serde_json::json;
use support::{
    browser::{Engine, Page},
    lab::{dist, host, lab, turn, url},
    peers::{Native, pattern, sha256},
    python::PythonHost,
    tabs::{Tabs, drop_file, elements, hash, is_there, kept, put, ramp, row},
};
use zbytes_lab::segment::Element;

/// A measurement takes long on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// 11.25 MiB, the preset "1920x1536 int32 tensor".
const TENSOR: usize = 11_796_480;

async fn is_connected(page: &Page, locator: &str) {
    page.wait("#session[data-state=open]").await;
    page.until("return document.querySelector('#locator').value", json!(locator)).await;
}

async fn subscribe(page: &Page) {
    page.click("#tab-put").await;
    page.click("#subscribe").await;
    page.wait("#undeclare").await;
}

/// What came over the router under a key.
fn sample(key: &str, len: usize) -> String {
    format!("#samples tr[data-key='{key}'][data-len='{len}'][data-local=false]")
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Loads the page again, as a person does by its address: a driver may have its own way, which leaves service workers out.
async fn loaded_again(page: &Page, url: &str) {
    page.client.goto("about:blank").await.unwrap();
    page.client.goto(url).await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
}

/// Builds rows of each kind in each mode. The other tab receives their bytes.
async fn each_kind_in_each_mode(tabs: &Tabs) {
    let page = tabs.at(0).await;
    page.fill("#preset", "empty").await;
    page.wait("#pane-build .starts").await;
    page.click("#add-text").await;
    page.wait("#row-0.open").await;
    page.fill("#row-text", "größer: 你好").await;
    page.click("#add-values").await;
    page.wait("#row-1.open").await;
    let mut expected = [b"gr\xc3\xb6\xc3\x9fer: \xe4\xbd\xa0\xe5\xa5\xbd".to_vec()].concat();
    expected.extend([1f64, 2.5, 3.0].map(f64::to_le_bytes).concat());
    assert!(!drop_file(page, "#pane-build", "dropped.bin", 3000).await);
    page.wait("#row-2.open").await;
    expected.extend([7; 3000]);
    let mut rows = 3;
    for element in Element::ALL {
        page.click("#add-array").await;
        page.wait(&format!("#row-{rows}.open")).await;
        page.fill("#row-type", element.name()).await;
        page.fill("#row-length", "300").await;
        expected.extend(elements(element, 300));
        rows += 1;
    }
    for kind in ["DataView", "ArrayBuffer"] {
        page.click("#add-array").await;
        page.wait(&format!("#row-{rows}.open")).await;
        page.fill("#row-type", kind).await;
        page.fill("#row-length", "77").await;
        expected.extend(ramp(77));
        rows += 1;
    }
    let len = expected.len();
    for mode in ["copy", "borrow", "move"] {
        page.click(&format!("#mode-all-{mode}")).await;
        page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
        let copied = if mode == "copy" { len.to_string() } else { "0".to_owned() };
        page.until(
            "return document.querySelector('#ledger-building').textContent.replace(/[^0-9]/g, '')",
            json!(copied),
        )
        .await;
        page.wait(".plot svg.drawing").await;
        put(page, &format!("lab/kinds/{mode}")).await;
        assert_eq!(page.attribute("#put-result", "data-built").await, copied, "{mode}");
    }
    // The payload's bytes, where they lie.
    page.click("#mode-all-borrow").await;
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
    page.click(".facts .bytes-open").await;
    page.wait("#bytes-dialog[open] #bytes-grid").await;
    page.fill("#bytes-go", "0").await;
    page.run("document.querySelector('#bytes-go').form.requestSubmit()", vec![]).await;
    page.wait("#byte-0").await;
    page.until("return document.querySelector('#byte-0').textContent", json!("67")).await;
    page.click("#bytes-close").await;
    page.wait("#bytes-dialog:not([open])").await;
    let page = tabs.at(1).await;
    for mode in ["copy", "borrow", "move"] {
        assert_eq!(hash(page, &sample(&format!("lab/kinds/{mode}"), len)).await, sha256(&expected), "{mode}");
    }
}

/// A message, made in each way. Both tabs have the same bytes of it.
async fn a_message_in_each_way(tabs: &Tabs) {
    let page = tabs.at(0).await;
    page.fill("#preset", "empty").await;
    page.wait("#pane-build .starts").await;
    page.click("#add-message").await;
    page.wait("#row-0.open #row-schema").await;
    let ways = ["filled", "in-place", "adopted"];
    let mut here = Vec::new();
    for way in ways {
        page.click(&format!("#row-way-{way}")).await;
        let key = format!("lab/message/{way}");
        put(page, &key).await;
        let own = format!("#samples tr[data-key='{key}'][data-local=true]");
        page.wait(&own).await;
        let len: usize = digits(&page.attribute(&own, "data-len").await).parse().unwrap();
        here.push((key, len, hash(page, &own).await));
    }
    let page = tabs.at(1).await;
    for (key, len, digest) in here {
        assert_eq!(hash(page, &sample(&key, len)).await, digest, "{key}");
    }
}

/// A part of a buffer cannot be moved. The page says why, and offers what can be done.
async fn refused(page: &Page) {
    page.click("#tab-put").await;
    page.fill("#preset", "three").await;
    page.click("#row-2 button").await;
    page.wait("#row-2.open").await;
    page.fill("#row-before", "3").await;
    page.fill("#row-after", "2").await;
    page.click("#row-mode-move").await;
    page.wait("#row-refusal").await;
    let words = page.text("#row-refusal").await;
    assert!(words.contains("a view of 128 B of a buffer of 168 B") && words.contains("Borrow it"), "{words}");
    page.wait("#put:disabled").await;
    page.click("#row-way-borrow").await;
    page.wait("#build-state[data-state=ready]").await;
    put(page, "lab/borrowed").await;
    assert_eq!(page.attribute("#put-result", "data-built").await, "0");
}

/// 11.25 MiB, both ways.
async fn a_tensor_both_ways(tabs: &Tabs) {
    for (from, to) in [(1, 0), (0, 1)] {
        let key = format!("lab/tensor/{from}");
        let page = tabs.at(from).await;
        row(page, TENSOR).await;
        put(page, &key).await;
        let page = tabs.at(to).await;
        assert_eq!(hash(page, &sample(&key, TENSOR)).await, sha256(&ramp(TENSOR)), "from tab {from}");
    }
}

/// One tab answers, and the other one asks.
async fn asked_and_answered(tabs: &Tabs) {
    let page = tabs.at(1).await;
    row(page, 100_000).await;
    page.click("#tab-answer").await;
    page.fill("#answer-key", "page/answer").await;
    page.click("#answer-key-declare").await;
    page.wait("#answer-key-undeclare").await;
    let page = tabs.at(0).await;
    page.click("#tab-get").await;
    page.fill("#selector", "page/*?x=1").await;
    // A router does not tell when its other clients know of a queryable.
    while !is_there(page, "#get-result[data-state=done][data-replies='1']").await {
        page.click("#get").await;
        page.wait("#get-result:is([data-state=done], [data-state=failed])").await;
    }
    let reply = "#replies tr[data-key='page/answer'][data-len='100000'][data-local=false]";
    assert_eq!(hash(page, reply).await, sha256(&ramp(100_000)));
}

/// A put, followed down to the batches that carry it.
async fn on_the_wire(page: &Page) {
    row(page, 200_000).await;
    page.click("#tab-wire").await;
    page.click("#wire-record-here").await;
    put(page, "lab/wire").await;
    page.click("#flush").await;
    page.wait("#flush-result[data-state=done]").await;
    page.click("#put-frames").await;
    page.wait("#wire-dialog[open] #wire-list").await;
    // 200,000 B do not fit into three batches.
    let title = "return document.querySelector('#wire-list [data-line] .what')?.textContent";
    page.until(title, json!("Fragment 1 of 4: Put lab/wire")).await;
    page.click("#wire-close").await;
    page.wait("#wire-dialog:not([open])").await;
}

/// One measurement. Its figures go to the output, for `docs/measuring.md`.
async fn measured(page: &Page, engine: Engine) {
    page.fill("#preset", "tensor").await;
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#scenario", "payload").await;
    page.click("#measure").await;
    page.wait_at_most("#cost-verdict", LONG).await;
    let verdict = page.attribute("#cost-verdict", "data-state").await;
    assert!(["faster", "same", "cannot-tell"].contains(&verdict.as_str()), "{verdict}: borrowing is never slower");
    let rows = "return [...document.querySelectorAll('#cost-times tbody tr')].map((row) =>
        [...row.children].map((cell) => cell.textContent.trim()).join(' | '))";
    println!("{engine:?}: {}", page.run(rows, vec![]).await);
}

/// Every attempt to break a payload has the outcome that the page expects, or says why it was not tried.
async fn every_experiment(page: &Page) {
    page.click("#below-ownership").await;
    page.click("#try-all").await;
    for experiment in ["write", "detach", "worker", "refuse", "grow", "drop"] {
        page.wait(&format!("#experiment-{experiment}[data-state=done]")).await;
        page.click(&format!("#unfold-{experiment}")).await;
        let findings = "return [...document.querySelectorAll(`#findings-${arguments[0]} .finding`)].map(
            (finding) => [finding.id, finding.dataset.held, finding.textContent])";
        let findings = page.run(findings, vec![json!(experiment)]).await;
        let findings: Vec<[String; 3]> = serde_json::from_value(findings).unwrap();
        assert!(findings.len() >= 4, "{experiment}: {findings:?}");
        for [id, held, words] in findings {
            let waits = id.ends_with("drop-collected") && held == "not-yet";
            assert!(held == "yes" || waits, "{id} {held}: {words}");
        }
    }
    page.click("#below-cost").await;
}

/// The journey, in two tabs of a page whose router is `locator`.
async fn every_pane(tabs: &mut Tabs, engine: Engine, locator: &str, url: &str) {
    is_connected(&tabs.page, locator).await;
    subscribe(&tabs.page).await;
    tabs.add().await;
    is_connected(&tabs.page, locator).await;
    subscribe(&tabs.page).await;
    each_kind_in_each_mode(tabs).await;
    a_message_in_each_way(tabs).await;
    a_tensor_both_ways(tabs).await;
    asked_and_answered(tabs).await;
    tabs.remove().await;
    let page = &tabs.page;
    refused(page).await;
    on_the_wire(page).await;
    measured(page, engine).await;
    every_experiment(page).await;
    page.fill("#preset", "three").await;
    page.click("#tab-put").await;
    page.fill("#key", "lab/again").await;
    page.wait("#build-state[data-state=ready]").await;
    loaded_again(page, url).await;
    is_connected(page, locator).await;
    page.until(
        "return [document.querySelectorAll('.row').length, document.querySelector('#key').value]",
        json!([3, "lab/again"]),
    )
    .await;
}

async fn journey(engine: Engine) {
    let host = host("/x/y/", &dist());
    let address = host.url();
    let mut tabs = Tabs::open(engine, &address).await;
    every_pane(&mut tabs, engine, "hub", &address).await;
    let asked = host.asked();
    assert!(asked.iter().all(|(target, status)| *status == 200 && target.starts_with("/x/y/")), "{asked:?}");
    without_its_host(&tabs, engine, &address, || drop(host)).await;

    if engine != Engine::Chromium {
        let lab = lab().await;
        let mut native = Native::join(&lab.tcp_locator(), "lab/tensor/1").await;
        tabs.go(&url(&lab)).await;
        every_pane(&mut tabs, engine, "/zenoh", &url(&lab)).await;
        assert_eq!(native.next().await.digest, sha256(&ramp(TENSOR)));
        tabs.page.wait("#undeclare").await;
        native.put("lab/back", pattern(TENSOR)).await;
        assert_eq!(hash(&tabs.page, &sample("lab/back", TENSOR)).await, sha256(&pattern(TENSOR)));
        native.leave().await;
        tabs.close(&["lab.json"]).await;
        lab.stop().await;
    } else {
        tabs.close(&["lab.json"]).await;
    }
}

/// The page without its host, after a visit, where the engine has a service worker.
async fn without_its_host(tabs: &Tabs, engine: Engine, address: &str, stop: impl FnOnce()) {
    let offline = tabs.page.run("return 'serviceWorker' in navigator", vec![]).await == json!(true);
    if offline {
        kept(&tabs.page).await;
        stop();
        loaded_again(&tabs.page, address).await;
        is_connected(&tabs.page, "hub").await;
        assert_eq!(tabs.page.run("return crossOriginIsolated", vec![]).await, json!(true));
        // It has subscribed again by itself.
        tabs.page.wait("#undeclare").await;
        row(&tabs.page, 100_000).await;
        put(&tabs.page, "lab/offline").await;
        let own = "#samples tr[data-key='lab/offline'][data-local=true]";
        assert_eq!(hash(&tabs.page, own).await, sha256(&ramp(100_000)));
    } else {
        println!("{engine:?} has no service worker here: not tried without a host");
    }
}

/// scripts/test lists the engines that this machine lacks in `ENGINES_MISSING`, and prints a
/// warning.
async fn in_engine(engine: Engine) {
    if is_missing(engine) {
        return println!("{engine:?} is missing");
    }
    let _turn = turn().await;
    journey(engine).await;
}

fn is_missing(engine: Engine) -> bool {
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    missing.split_whitespace().any(|one| one == format!("{engine:?}"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; the same journey is under a path every day"]
async fn every_pane_works_at_the_root_of_pythons_host() {
    let _turn = turn().await;
    for engine in [Engine::Chromium, Engine::Firefox, Engine::WebKit] {
        if is_missing(engine) {
            println!("{engine:?} is missing");
            continue;
        }
        let host = PythonHost::start(&dist());
        let mut tabs = Tabs::open(engine, &host.url).await;
        every_pane(&mut tabs, engine, "hub", &host.url).await;
        let asked = host.asked();
        assert!(asked.len() > 10, "{asked:?}");
        // 304: the browser has it, as it was.
        let given = |line: &&String| !(line.contains("\" 200 ") || line.contains("\" 304 "));
        let refused: Vec<_> = asked.iter().filter(given).collect();
        assert!(refused.is_empty(), "{refused:?}");
        let address = host.url.clone();
        without_its_host(&tabs, engine, &address, || drop(host)).await;
        tabs.close(&["lab.json"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pane_works_in_chromium_on_any_host() {
    in_engine(Engine::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pane_works_in_firefox_on_any_host() {
    in_engine(Engine::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pane_works_in_webkit_on_any_host() {
    in_engine(Engine::WebKit).await;
}
