//! The built page on a plain server of files, without a lab: its tabs meet in the hub, a router
//! inside the browser.
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

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use support::{
    browser::{Engine, Page},
    lab::{dist, host, turn},
    peers::sha256,
    tabs::{Tabs, hash, put, ramp, row},
    tampered::copied_page,
};

/// What the browser says of the request by which the page asks for a lab.
const NO_LAB: &[&str] = &["lab.json"];

async fn is_connected(page: &Page) {
    page.wait("#session[data-state=open]").await;
    assert_eq!(page.run("return document.querySelector('#locator').value", vec![]).await, json!("hub"));
}

async fn subscribe(page: &Page) {
    is_connected(page).await;
    page.click("#tab-put").await;
    page.click("#subscribe").await;
    page.wait("#undeclare").await;
}

/// 11.25 MiB, the preset "1920x1536 int32 tensor".
const TENSOR: usize = 11_796_480;

#[tokio::test(flavor = "multi_thread")]
async fn first_view_without_a_lab_needs_one_press_for_a_sample() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    let page = &tabs.page;
    is_connected(page).await;
    assert!(page.text("#hub-words").await.contains("a router inside this browser"));
    assert!(page.text("#session").await.contains("inside this browser"));
    assert!(page.attribute("#invite-send", "title").await.contains("a router inside this browser"));
    page.click("#invite-send").await;
    page.wait("#samples tr[data-key]").await;
    page.wait("#put-result[data-state=done]").await;
    page.click("#tab-link").await;
    page.wait("#link-hub").await;
    assert!(page.text("#link-hub").await.contains("a router inside this browser"));
    page.click("#other-side").await;
    page.wait("#program-hub").await;
    tabs.close(NO_LAB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn person_who_was_there_before_is_offered_the_hub() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let page = Page::open(&server.url()).await;
    page.until("return document.querySelector('#locator').value", json!("hub")).await;
    page.wait("#session[data-state=closed]").await;
    // A router that is typed instead stays, and the hub is offered where it cannot be reached.
    page.fill("#locator", "/zenoh").await;
    page.wait("#use-hub").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    assert!(page.text("#session-problem").await.contains("The locator hub is a router inside this browser"));
    page.click("#use-hub").await;
    is_connected(&page).await;
    page.close_with(&[], &["lab.json", "/zenoh"]).await;
}

/// Puts and receives between two tabs, in each engine.
async fn journey(engine: Engine) {
    let server = host("/", &dist());
    let mut tabs = Tabs::open(engine, &server.url()).await;
    subscribe(&tabs.page).await;
    tabs.add().await;
    is_connected(&tabs.page).await;
    row(&tabs.page, TENSOR).await;
    put(&tabs.page, "lab/tensor").await;
    let page = tabs.at(0).await;
    let sample = format!("#samples tr[data-key='lab/tensor'][data-local=false][data-len='{TENSOR}']");
    assert_eq!(hash(page, &sample).await, sha256(&ramp(TENSOR)));
    // It came in batches, and each has arrays of its own.
    assert!(page.attribute(&sample, "data-segments").await.parse::<usize>().unwrap() >= TENSOR / 65_535);
    // The hub copied each byte once, for the one link that it left by.
    page.click("#tab-link").await;
    let words = "return /all of its 2 links it copied 11.25 MiB of payloads, .* in [0-9]+ messages?; it dropped 0$/.test(\
        document.querySelector('#link-hub').textContent)";
    page.until(words, json!(true)).await;
    tabs.close(NO_LAB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tensor_reaches_another_tab_whole_in_every_engine() {
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    let is_here = |engine: &Engine| !missing.split_whitespace().any(|one| one == format!("{engine:?}"));
    for engine in Engine::ALL.into_iter().filter(is_here) {
        let _turn = turn().await;
        println!("in {engine:?}");
        journey(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_ask_answer_match_and_are_seen_to_live() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let mut tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    let page = tabs.at(0).await;
    is_connected(page).await;
    page.click("#tab-put").await;
    page.fill("#key", "lab/tensor").await;
    page.wait("#matching[data-matching=false]").await;
    page.click("#tab-liveliness").await;
    page.fill("#alive-key", "**").await;
    page.click("#alive-key-declare").await;
    page.wait("#alive-key-undeclare").await;
    // The second tab answers, subscribes and lives.
    tabs.add().await;
    let page = &tabs.page;
    subscribe(page).await;
    row(page, 100_000).await;
    page.click("#tab-answer").await;
    page.fill("#answer-key", "page/answer").await;
    page.click("#answer-key-declare").await;
    page.wait("#answer-key-undeclare").await;
    page.click("#tab-liveliness").await;
    page.fill("#token-key", "lab/alive/second").await;
    page.click("#token-key-declare").await;
    page.wait("#token-words[data-declared=true]").await;
    let page = tabs.at(0).await;
    page.wait("#tokens tr[data-token='lab/alive/second'][data-alive=true]").await;
    page.click("#tab-put").await;
    page.wait("#matching[data-matching=true]").await;
    page.click("#tab-get").await;
    page.fill("#selector", "page/*?x=1").await;
    page.click("#get").await;
    page.wait("#get-result[data-state=done][data-replies='1']").await;
    let reply = "#replies tr[data-key='page/answer'][data-len='100000'][data-local=false]";
    assert_eq!(hash(page, reply).await, sha256(&ramp(100_000)));
    // It goes, and everything with it.
    tabs.remove().await;
    let page = &tabs.page;
    page.click("#tab-liveliness").await;
    page.wait("#tokens tr[data-token='lab/alive/second'][data-alive=false]").await;
    page.click("#tab-put").await;
    page.wait("#matching[data-matching=false]").await;
    tabs.close(NO_LAB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_go_over_a_port_are_on_the_wire() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    let page = &tabs.page;
    is_connected(page).await;
    row(page, 200_000).await;
    page.click("#tab-wire").await;
    page.click("#wire-record-here").await;
    put(page, "lab/tensor").await;
    page.click("#tab-put").await;
    page.click("#flush").await;
    page.wait("#flush-result[data-state=done]").await;
    page.click("#tab-put").await;
    page.click("#put-frames").await;
    page.wait("#wire-dialog[open] #wire-list").await;
    // 200,000 B do not fit into three batches.
    let title = "return document.querySelector('#wire-list [data-line] .what')?.textContent";
    page.until(title, json!("Fragment 1 of 4: Put lab/tensor")).await;
    tabs.close(NO_LAB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tabs_meet_in_one_hub() {
    const TABS: usize = 10;
    let _turn = turn().await;
    let server = host("/", &dist());
    let mut tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    subscribe(&tabs.page).await;
    for _ in 1..TABS {
        tabs.add().await;
        subscribe(&tabs.page).await;
    }
    let router = "return document.querySelector('#session').textContent.match(/router ([0-9a-f]+)/)[1]";
    let mut routers = Vec::new();
    for tab in 0..TABS {
        let page = tabs.at(tab).await;
        routers.push(page.run(router, vec![]).await);
        put(page, &format!("lab/from/{tab}")).await;
    }
    routers.dedup();
    assert_eq!(routers.len(), 1, "one hub: {routers:?}");
    for tab in 0..TABS {
        let page = tabs.at(tab).await;
        for from in 0..TABS {
            page.wait(&format!("#samples tr[data-key='lab/from/{from}'][data-local={}]", from == tab)).await;
        }
        page.until("return document.querySelector('#received').textContent", json!(TABS.to_string())).await;
    }
    tabs.close(NO_LAB).await;
}

/// What stands before the script of a hub, so that a test can have it play tricks.
const TRICKS: &str = "
const tricks = {
    // The program traps.
    die() { throw new WebAssembly.RuntimeError('unreachable: a trick of the test'); },
    // It goes without a word, as when the browser ends it.
    vanish() { close(); },
    'stand still'() {
        const end = performance.now() + 5000;
        while (performance.now() < end);
    },
};
new BroadcastChannel('hub').onmessage = ({ data }) => tricks[data]();
";

/// A copy of the page whose hub knows the tricks.
fn tricky_hub(name: &str) -> PathBuf {
    let folder = copied_page(name);
    let script = folder.join("start-hub.js");
    let own = fs::read_to_string(&script).unwrap();
    fs::write(&script, format!("{TRICKS}{own}")).unwrap();
    folder
}

async fn play(page: &Page, trick: &str) {
    page.run("new BroadcastChannel('hub').postMessage(arguments[0])", vec![json!(trick)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hub_that_is_gone_is_said_and_another_one_found() {
    let _turn = turn().await;
    let server = host("/", &tricky_hub("page-whose-hub-dies"));
    let mut tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    subscribe(&tabs.page).await;
    tabs.add().await;
    is_connected(&tabs.page).await;
    let words = "return document.querySelector('#link-loss').textContent";
    for (trick, said) in [("die", "a trick of the test"), ("vanish", "The router went silent.")] {
        let page = tabs.at(1).await;
        let hub = page.text("#session").await;
        play(page, trick).await;
        page.click("#tab-link").await;
        page.until(&format!("{words}.includes({})", json!(said)), json!(true)).await;
        page.wait("#session[data-state=open]").await;
        assert_ne!(page.text("#session").await, hub, "another hub");
        // The other tab is there as well, and subscribes again by itself.
        let first = tabs.at(0).await;
        first.wait("#session[data-state=open]").await;
        let page = tabs.at(1).await;
        page.click("#tab-put").await;
        page.fill("#key", "lab/tensor").await;
        page.wait("#matching[data-matching=true]").await;
        put(page, &format!("lab/after/{trick}")).await;
        let first = tabs.at(0).await;
        first.wait(&format!("#samples tr[data-key='lab/after/{trick}'][data-local=false]")).await;
    }
    tabs.at(0).await;
    tabs.page.close_with(&[], &["lab.json", "trick of the test"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hub_that_stands_still_holds_puts_back_or_drops_them() {
    let _turn = turn().await;
    let server = host("/", &tricky_hub("page-whose-hub-stands-still"));
    let mut tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    subscribe(&tabs.page).await;
    tabs.add().await;
    let page = &tabs.page;
    is_connected(page).await;
    row(page, 16 << 20).await;
    page.click("#tab-put").await;
    page.click("#put-drop").await;
    page.fill("#hz", "10").await;
    play(page, "stand still").await;
    page.click("#rate-start").await;
    page.wait("#rate[data-state=running]:not([data-dropped='0'])").await;
    // It goes on when the hub does.
    page.wait("#rate[data-state=running]:not([data-puts='0'])").await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped]").await;
    // With BLOCK nothing is dropped, and each one arrives.
    page.click("#put-block").await;
    page.fill("#key", "lab/blocked").await;
    page.run("const box = document.querySelector('#put-numbered'); box.checked || box.click()", vec![]).await;
    play(page, "stand still").await;
    page.click("#rate-start").await;
    page.until(
        "return Number(document.querySelector('#rate[data-state=running]')?.dataset.puts ?? 0) >= 10",
        json!(true),
    )
    .await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped]").await;
    let dropped = page.attribute("#rate", "data-dropped").await;
    let first = tabs.at(0).await;
    first.wait("#samples tr[data-key='lab/blocked']").await;
    let missed: Value = first.run("return document.querySelector('#missed')?.dataset.missed ?? '0'", vec![]).await;
    assert_eq!((dropped.as_str(), missed), ("0", json!("0")));
    tabs.close(NO_LAB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hub_without_its_program_is_said_in_words() {
    let _turn = turn().await;
    // The program fails after a page has connected, or before: how fast it fails is up to the network.
    for failing in ["import('./nowhere/' + ", "Promise.reject(new Error(`dynamically imported: there is nothing`) || "]
    {
        let folder = copied_page("page-without-a-hub");
        let script = folder.join("start-hub.js");
        let own = fs::read_to_string(&script).unwrap();
        fs::write(&script, own.replace("import(", failing)).unwrap();
        let server = host("/", &folder);
        let page = Page::open(&server.url()).await;
        page.until("return document.querySelector('#locator').value", json!("hub")).await;
        page.click("#connect").await;
        page.wait("#session[data-state=failed]").await;
        let words = page.text("#session-problem").await;
        assert!(words.contains("The router inside this browser has ended the link."), "{failing}: {words}");
        assert!(words.contains("The next connection starts another one"), "{failing}: {words}");
        page.close_with(&[], &["lab.json", "nowhere", "dynamically imported"]).await;
    }
}

/// Everything that may come over a port, and what may not.
const MALFORMED: &str = "
    const done = arguments[0], { js, wasm } = document.querySelector('script[data-js]').dataset;
    const address = `start-hub.js?js=${encodeURIComponent(js)}&wasm=${encodeURIComponent(wasm)}`;
    const noise = (length) => crypto.getRandomValues(new Uint8Array(length)).buffer;
    const tries = [-1, 0.5, 1, NaN, Infinity, 1e300, true, null, undefined, {}, [], new Date(), 'bye', 7n, new Blob(['x']),
        new Uint8Array(3), new ArrayBuffer(2 ** 20 + 1), new Map([[1, 2]]), /x/];
    for (let at = 0; at < 300; at++) tries.push(noise(1 + (at * 97) % 3000));
    const told = tries.map((one) => new Promise((tell) => {
        const { port } = new SharedWorker(address, { type: 'module' }), { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => typeof data === 'string' && tell(data);
        port.postMessage(port2, [port2]);
        port1.postMessage(one, one instanceof ArrayBuffer ? [one] : []);
        // Noise may be the beginning of a longer batch. So the end of the port comes behind it.
        setTimeout(() => port1.postMessage('bye'), 1000);
        setTimeout(() => tell('nothing'), 5000);
        port.start();
    }));
    Promise.all(told).then(done);";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_over_a_port_ends_that_link_in_words() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let tabs = Tabs::open(Engine::Chromium, &server.url()).await;
    let page = &tabs.page;
    is_connected(page).await;
    let told = page.client.execute_async(MALFORMED, vec![]).await.unwrap();
    let told: Vec<&str> = told.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let count = |words: &str| told.iter().filter(|one| one.contains(words)).count();
    assert!(count("it says that it took") >= 5, "{told:?}");
    assert!(count("it sent neither an ArrayBuffer") >= 8, "{told:?}");
    assert_eq!(count("a message with"), 1, "a run that is too long: {told:?}");
    // The hub is the same, and serves.
    page.click("#tab-put").await;
    page.click("#flush").await;
    page.wait("#flush-result[data-state=done]").await;
    assert_eq!(page.text("#session-gap").await, "");
    tabs.close(NO_LAB).await;
}
