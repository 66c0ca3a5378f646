//! Own code in real browsers: rows that a program in JavaScript makes. What it makes arrives as it is, it
//! runs only after a press, and nothing that it does reaches the page.
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

use std::{fs, path::Path};

use serde_json::json;
use support::{
    browser::{Engine, Page},
    lab::{dist, host, lab, turn, url},
    peers::{Native, sha256},
    tabs::{Tabs, hash, is_there},
};
use zbytes_lab::app::{Action, EXAMPLES, MAX_PROGRAM, Report, State, link};

/// What a browser writes into its console of programs that fail, or that try what is forbidden.
const SAID: [&str; 12] = [
    "Uncaught",
    "SyntaxError",
    "Error",
    "Content Security Policy",
    "Content-Security-Policy",
    "Refused to",
    "data:text/javascript",
    "lab.json",
    "program",
    "Cross-Origin",
    "blocked",
    "insecure",
];

/// A page whose only row is a program.
async fn only_row(page: &Page) {
    page.run("document.querySelector('#pane-build').focus()", vec![]).await;
    page.click("#add-program").await;
    page.wait("#row-program").await;
    // Those before it, from the last one on.
    while is_there(page, "#row-1").await {
        page.run("document.querySelector('#row-0:not(.open) .row-head')?.click()", vec![]).await;
        page.wait("#row-0.open").await;
        page.click("#row-remove").await;
        page.until(
            "return !!document.querySelector('.row.open #row-program') || !!document.querySelector('#row-0')",
            json!(true),
        )
        .await;
    }
    page.run("document.querySelector('#row-0:not(.open) .row-head')?.click()", vec![]).await;
    page.wait("#row-0.open #row-program").await;
}

/// Runs a text. Returns how it ended: `ready`, or the words of the problem.
async fn run(page: &Page, text: &str) -> String {
    page.fill("#row-program", text).await;
    ran(page).await
}

async fn ran(page: &Page) -> String {
    page.click("#program-run").await;
    page.wait("#program-state[data-state=rests]").await;
    let script = "
        const problem = document.querySelector('#program-problem, #build-problem');
        const said = problem?.textContent ?? '';
        return said.includes('has not run') ? '' : problem ? said : document.querySelector('#build-state[data-state=ready]') ? 'ready' : ''";
    page.until(&format!("const said = () => {{ {script} }}; return !!said()"), json!(true)).await;
    page.run(script, vec![]).await.as_str().unwrap().to_owned()
}

/// Takes a row for each array, if there are several.
async fn all_arrays(page: &Page) {
    if is_there(page, "#program-rows").await {
        page.click("#program-rows").await;
        page.wait("#build-state[data-state=ready]").await;
        page.wait("#row-program").await;
    }
}

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("programs/{name}.js"))).unwrap()
}

/// The bytes of the first frame of examples whose numbers are whole, computed here.
fn expected(name: &str) -> Option<Vec<u8>> {
    Some(match name {
        "gradient" => (0..256u32).flat_map(|y| (0..256u32).flat_map(move |x| [x as u8, y as u8, 0, 255])).collect(),
        "bayer" => {
            let share = [[5, 8], [8, 6]];
            let pixel = |y: u32, x: u32| ((x * 4095 / 639) * share[y as usize % 2][x as usize % 2]) >> 3;
            (0..480).flat_map(|y| (0..640).flat_map(move |x| (pixel(y, x) as u16).to_le_bytes())).collect()
        }
        "sparse" => {
            let entries: Vec<Vec<(usize, f64)>> = (0..1000usize)
                .map(|row| {
                    let near = row.saturating_sub(1)..=(row + 1).min(999);
                    near.map(|column| (column, if column == row { 2.0 } else { -1.0 })).collect()
                })
                .collect();
            let mut starts = vec![0i64];
            for row in &entries {
                starts.push(starts.last().unwrap() + row.len() as i64);
            }
            let all = || entries.iter().flatten();
            let values = all().flat_map(|(_, value)| value.to_le_bytes());
            let columns = all().flat_map(|(column, _)| (*column as u32).to_le_bytes());
            values.chain(columns).chain(starts.into_iter().flat_map(i64::to_le_bytes)).collect()
        }
        "header" => {
            let mut bytes = b"LAB1\x01\x00\x09\x00".to_vec();
            bytes.extend([0; 8]);
            bytes.extend(1000u32.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend((0..500i16).flat_map(i16::to_le_bytes));
            bytes
        }
        "noise" => {
            let mut state = 2_463_534_242u32;
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state
            };
            (0..4096).flat_map(|_| next().to_le_bytes()).collect()
        }
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_runs_and_arrives_as_it_is() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Native::join(&lab.tcp_locator(), "lab/own").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#key", "lab/own").await;
    only_row(&page).await;
    let mut compared = 0;
    for (at, name) in EXAMPLES.into_iter().enumerate() {
        page.fill("#program-examples", name).await;
        page.until(
            &format!("return document.querySelector('#row-program').value === {}", json!(example(name))),
            json!(true),
        )
        .await;
        assert_eq!(ran(&page).await, "ready", "{name}");
        all_arrays(&page).await;
        let built: usize = page.attribute("#build-state", "data-bytes").await.parse().unwrap();
        page.put_by("#put").await;
        let seen = peer.next().await;
        assert_eq!(seen.len, built, "{name}");
        if at == 0 {
            page.click("#samples-one-by-one").await;
        }
        page.until("return document.querySelectorAll('#samples tr[data-id]').length", json!(at + 1)).await;
        if let Some(bytes) = expected(name) {
            assert_eq!(seen.digest, sha256(&bytes), "{name}");
            compared += 1;
        }
        // The page's own sample is hashed in its engine.
        assert_eq!(hash(&page, "#samples tr[data-id]:nth-of-type(1)").await, seen.digest, "{name}");
        only_row(&page).await;
    }
    assert_eq!(compared, 5);
    page.close_with(&[], &SAID).await;
    peer.leave().await;
    lab.stop().await;
}

/// Programs that end in words: what they are, and what the page says.
const HOSTILE: [(&str, &str, &str); 30] = [
    ("syntax", "const a = 1;\nconst b = ;\nreturn a", "line 2"),
    ("a brace too many", "return new Uint8Array(1) }\n", "cannot be read"),
    ("an open brace", "if (true) {\nreturn new Uint8Array(1)", "cannot be read in line 2"),
    (
        "an error",
        "const a = 1;\n\nthrow new RangeError(`no ${a}`)",
        "has stopped in line 3. It threw: RangeError: no 1",
    ),
    ("an error below", "function f() {\n  return missing + 1;\n}\nreturn f()", "has stopped in line 2"),
    ("a text that is thrown", "throw 'a string'", "It threw: a string."),
    ("null that is thrown", "throw null", "It threw: null."),
    ("what has no text", "throw Object.create(null)", "something that has no text"),
    (
        "an error later",
        "setTimeout(() => {\n throw new Error('late')\n}, 10); await new Promise(() => {})",
        "in line 2",
    ),
    ("nothing", "", "returned no array. It returned Undefined"),
    ("a number", "return 5", "It returned Number"),
    ("a list of numbers", "return { a: [1, 2] }", "It returned Array as a."),
    ("no array at all", "return {}", "an empty Object"),
    (
        "too many arrays",
        "return Array.from({ length: 65 }, () => new Uint8Array(1))",
        "returned 65; the page takes at most 64",
    ),
    ("a long name", "return { ['x'.repeat(65)]: new Uint8Array(1) }", "one line of at most 64"),
    (
        "a detached array",
        "const a = new Uint8Array(4); structuredClone(a, { transfer: [a.buffer] }); return a",
        "is detached",
    ),
    (
        "shared memory",
        "return new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer)",
        "is shared",
    ),
    ("memory of wasm", "return new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer)", "It threw: TypeError"),
    ("2 GB", "return new Uint8Array(2 ** 31)", "2147483648 B; the page takes at most 256 MiB"),
    ("an endless loop", "for (;;) {}", "ended after 5 s"),
    ("a promise without an end", "await new Promise(() => {})", "ended after 5 s"),
    ("fetch", "await fetch('http://127.0.0.1:1/'); return new Uint8Array(1)", "It threw: TypeError"),
    (
        "a request",
        "const r = new XMLHttpRequest(); r.open('GET', 'http://127.0.0.1:1/', false); r.send()",
        "It threw: NetworkError",
    ),
    (
        "a WebSocket",
        "await new Promise((_, no) => { const s = new WebSocket('ws://127.0.0.1:1/'); s.onerror = () => no('refused') })",
        "It threw:",
    ),
    ("a script", "importScripts('http://127.0.0.1:1/a.js')", "It threw: NetworkError"),
    ("a module", "await import('http://127.0.0.1:1/a.js')", "It threw: TypeError"),
    ("eval", "return eval('new Uint8Array(1)')", "It threw: EvalError"),
    (
        "a database",
        "await new Promise((yes, no) => { const r = indexedDB.open('x'); r.onsuccess = yes; r.onerror = () => no(r.error) })",
        "It threw: SecurityError",
    ),
    ("the page", "return new Uint8Array(parent.document.title.length)", "It threw: ReferenceError"),
    (
        "messages of its own",
        "const send = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function () { send.call(this, { length: 5 }) };
return new Uint8Array(1)",
        "not a result of it",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_does_ends_in_words_and_the_page_goes_on() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    only_row(&page).await;
    page.run("localStorage.setItem('mine', 'kept'); window.heard = []; new BroadcastChannel('x').onmessage = ({ data }) => heard.push(data)", vec![]).await;
    for (what, text, words) in HOSTILE {
        let said = run(&page, text).await;
        assert!(said.contains(words), "{what}: {said}");
        let marked = page.run("return document.querySelector('.editor .failed')?.textContent ?? ''", vec![]).await;
        let line = said.split_once(" in line ").map_or("", |(_, rest)| rest.split('.').next().unwrap());
        assert_eq!(marked, json!(line), "{what}: {said}");
        // The page goes on.
        assert_eq!(run(&page, "return new Uint16Array(7)").await, "ready", "after {what}");
        page.wait("#build-state[data-bytes='14']").await;
    }
    // What it can use is not the page's: names of its own, which the page does not hear.
    assert_eq!(
        run(&page, "const c = new BroadcastChannel('x'); c.postMessage(1); return new TextEncoder().encode(origin)")
            .await,
        "ready"
    );
    page.wait("#build-state[data-bytes='4']").await;
    assert_eq!(page.run("return heard", vec![]).await, json!([]));
    assert_eq!(page.run("return localStorage.getItem('mine')", vec![]).await, json!("kept"));
    // A text is at most so long. A longer one never gets into the field by hand.
    assert_eq!(page.attribute("#row-program", "maxlength").await, MAX_PROGRAM.to_string());
    page.close_with(&[], &SAID).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_came_with_a_link_waits_for_a_press() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_in_tab(&url(&lab)).await;
    only_row(&page).await;
    assert_eq!(run(&page, "return new Uint8Array(77)").await, "ready");
    // The address follows the rows a while later.
    let link = loop {
        let link = page.run("return location.href", vec![]).await.as_str().unwrap().to_owned();
        let mut state = State::default();
        let found = link::read(&link[link.find('#').unwrap()..]).expect("a scene");
        state.apply(Action::Browser(Report::Link(Box::new(found))));
        if state.rows[0].kind.code().is_some_and(|code| code.text.contains("77")) {
            break link;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    // Loaded again, it waits too: what a tab has kept may have come from anywhere.
    for page in [page, Page::at(&link).await] {
        page.client.goto("about:blank").await.unwrap();
        page.client.goto(&link).await.unwrap();
        page.wait("#row-program").await;
        page.wait("#build-problem").await;
        assert!(page.text("#build-problem").await.contains("The program has not run."));
        assert_eq!(
            page.run("return document.querySelector('#row-program').value", vec![]).await,
            json!("return new Uint8Array(77)")
        );
        assert!(!is_there(&page, "#own-code").await, "not even the frame for it is there");
        assert_eq!(ran(&page).await, "ready");
        page.wait("#build-state[data-bytes='77']").await;
        page.close_with(&[], &SAID).await;
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_put_is_the_next_result_in_every_mode() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Native::join(&lab.tcp_locator(), "lab/own").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#key", "lab/own").await;
    only_row(&page).await;
    let text =
        "return ({ seq, t }) => ({ head: new Uint32Array([seq, t >= 0]), body: new Uint8Array(1000).fill(seq) })";
    assert_eq!(run(&page, text).await, "ready");
    all_arrays(&page).await;
    let frame = |seq: u32| {
        let head = [seq, 1].into_iter().flat_map(u32::to_le_bytes);
        head.chain(std::iter::repeat_n(seq as u8, 1000)).collect::<Vec<u8>>()
    };
    let mut seq = 0;
    for mode in ["borrow", "copy", "move", "copy"] {
        page.click(&format!("#mode-all-{mode}")).await;
        page.wait("#build-state[data-state=ready]").await;
        for _ in 0..3 {
            page.put_by("#put").await;
            assert_eq!(peer.next().await.digest, sha256(&frame(seq)), "result {seq} by {mode}");
            let built = page.attribute("#put-result", "data-built").await;
            assert_eq!(built, if mode == "copy" { "1008" } else { "0" }, "{mode}");
            seq += 1;
        }
    }
    // A stream takes one after the other, and goes on while the text is changed.
    page.click("#put-rate summary").await;
    page.fill("#hz", "100").await;
    page.click("#rate-start").await;
    for mode in ["copy", "move", "borrow"] {
        page.click(&format!("#mode-all-{mode}")).await;
        for _ in 0..30 {
            assert_eq!(peer.next().await.digest, sha256(&frame(seq)), "result {seq} of the stream, {mode}");
            seq += 1;
        }
    }
    page.run("document.querySelector('#row-0:not(.open) .row-head')?.click()", vec![]).await;
    page.fill(
        "#row-program",
        "return ({ seq }) => ({ head: new Uint32Array(2), body: new Uint8Array(1000).fill(200) })",
    )
    .await;
    page.until("return /Changed since it ran/.test(document.querySelector('#program-state').textContent)", json!(true))
        .await;
    for _ in 0..20 {
        assert_eq!(peer.next().await.digest, sha256(&frame(seq)), "result {seq} while the text is another one");
        seq += 1;
    }
    page.click("#program-run").await;
    let other: Vec<u8> = std::iter::repeat_n(0, 8).chain(std::iter::repeat_n(200, 1000)).collect();
    while peer.next().await.digest != sha256(&other) {}
    // A result of another shape ends it, and says so.
    assert!(is_there(&page, "#rate[data-state=running]").await);
    page.fill(
        "#row-program",
        "return ({ seq }) => ({ head: new Uint32Array(2), body: new Uint8Array(seq < 20 ? 9 : 10) })",
    )
    .await;
    page.click("#program-run").await;
    page.wait("#rate[data-state=failed]").await;
    page.until("return /has changed its arrays/.test(document.querySelector('#pane-router').textContent)", json!(true))
        .await;
    // One that fails in the middle says where.
    assert_eq!(run(&page, "return ({ seq }) => {\n  if (seq === 10) throw new Error('ten');\n  return { head: new Uint32Array(2), body: new Uint8Array(3) } }").await, "ready");
    page.click("#rate-start").await;
    page.wait("#program-problem").await;
    assert!(page.text("#program-problem").await.contains("has stopped in line 2. It threw: Error: ten."));
    page.wait("#rate[data-state=failed]").await;
    page.close_with(&[], &SAID).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_code_runs_in_every_engine_without_a_lab() {
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    let is_here = |engine: &Engine| !missing.split_whitespace().any(|one| one == format!("{engine:?}"));
    for engine in Engine::ALL.into_iter().filter(is_here) {
        let _turn = turn().await;
        println!("in {engine:?}");
        let server = host("/x/", &dist());
        let tabs = Tabs::open(engine, &server.url()).await;
        let page = &tabs.page;
        only_row(page).await;
        page.fill("#program-examples", "sparse").await;
        page.until(
            &format!("return document.querySelector('#row-program').value === {}", json!(example("sparse"))),
            json!(true),
        )
        .await;
        assert_eq!(ran(page).await, "ready");
        all_arrays(page).await;
        let len = expected("sparse").unwrap().len();
        page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
        only_row(page).await;
        for (what, words) in [
            ("const a = 1;\nthrow new Error('here')", "in line 2. It threw: Error: here."),
            ("const a = ;", "The program cannot be read"),
            ("for (;;) {}", "ended after 5 s"),
            ("await fetch('http://127.0.0.1:1/')", "It threw: TypeError"),
            ("return eval('1')", "It threw: EvalError"),
            (
                "new WebSocket('ws://127.0.0.1:1/'); await new Promise((_, no) => setTimeout(no, 100, 'nothing came'))",
                "It threw:",
            ),
            (
                "await new Promise((yes, no) => { const r = indexedDB.open('x'); r.onsuccess = yes; r.onerror = () => no(r.error) })",
                "It threw: SecurityError",
            ),
            ("return new Uint8Array(2 ** 31)", "too many bytes"),
        ] {
            let said = run(page, what).await;
            assert!(said.contains(words), "{engine:?}: {what}: {said}");
        }
        assert_eq!(run(page, "return new Float32Array(3)").await, "ready");
        tabs.close(&SAID).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_editor_is_used_by_the_keyboard_alone() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    only_row(&page).await;
    page.fill("#row-program", "").await;
    page.run("document.querySelector('#row-program').focus()", vec![]).await;
    let value = "return document.querySelector('#row-program').value";
    page.type_text("return [").await;
    page.key("Enter").await;
    page.key("Tab").await;
    page.type_text("new Uint8Array(5)]").await;
    page.until(value, json!("return [\n  new Uint8Array(5)]")).await;
    assert!(page.has_focus("#row-program").await);
    assert_eq!(page.run("return document.querySelectorAll('.editor li').length", vec![]).await, json!(2));
    // It runs, and nothing is put.
    page.key("Control+Enter").await;
    page.wait("#build-state[data-state=ready][data-bytes='5']").await;
    assert_eq!(page.attribute("#put-result", "data-put").await, "0");
    page.key("Escape").await;
    page.key("Tab").await;
    page.until("return document.activeElement.id", json!("program-run")).await;
    page.key("Shift+Tab").await;
    page.until("return document.activeElement.id", json!("row-program")).await;
    page.until(value, json!("return [\n  new Uint8Array(5)]")).await;
    page.close_with(&[], &SAID).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_does_not_start_is_said() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    // As under a policy that forbids frames or their scripts.
    let script = "
        const appended = document.body.append;
        document.body.append = function (...what) { appended.call(this, ...what.filter((one) => one.id !== 'own-code')) };";
    page.run(script, vec![]).await;
    only_row(&page).await;
    let said = run(&page, "return new Uint8Array(1)").await;
    assert!(said.contains("Programs cannot run here."), "{said}");
    page.run("delete document.body.append", vec![]).await;
    assert_eq!(ran(&page).await, "ready");
    page.close_with(&[], &SAID).await;
    lab.stop().await;
}
