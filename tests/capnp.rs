//! pycapnp and Cap'n Proto's own tool read the page's messages, and the page reads pycapnp's. The
//! messages pass a real router, to and from a real headless Chromium. The tests compare every
//! element.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use support::{
    browser::Page,
    lab::{lab, turn, url},
    python::{Program, interpreter},
};
use tokio::process::Command;

/// Large messages take long; no test measures the time.
const LONG: Duration = Duration::from_secs(300);

/// pycapnp, in a process of its own.
struct Peer(Program);

impl Peer {
    async fn join(endpoint: &str) -> Self {
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/zbytes-capnp/src/lab.capnp");
        let mut peer = Self(Program::start("capnp_peer.py", &[endpoint, schema]));
        assert_eq!(peer.line().await, json!({ "ready": true }));
        peer
    }

    async fn line(&mut self) -> Value {
        serde_json::from_str(&self.0.line(LONG).await).unwrap()
    }

    /// Publishes a message that pycapnp makes.
    async fn put(&mut self, order: &Value) -> Value {
        self.0.tell(order).await;
        self.line().await
    }
}

/// The ways to make a message, each with the mode that takes its parts.
const WAYS: [(&str, &str); 4] =
    [("filled", "borrow"), ("in-place", "borrow"), ("adopted", "borrow"), ("adopted", "move")];

/// Puts the payload under `key` and returns the peer's answer about it. `len` is the length of the
/// arrays together. The ledger must count them as copied into the message only if it was filled. It
/// must count each byte of the payload once as copied into a batch.
async fn put(page: &Page, peer: &mut Peer, key: &str, way: &str, len: usize) -> Value {
    page.wait_at_most("#build-state[data-state=ready]", LONG).await;
    let total: usize = page.attribute("#build-state", "data-bytes").await.parse().unwrap();
    page.fill("#key", key).await;
    page.put_at_most("#put", LONG).await;
    let figure = async |name| page.attribute("#put-result", name).await.parse::<usize>().unwrap();
    assert_eq!(figure("data-built").await, if way == "filled" { len } else { 0 }, "{key}");
    assert_eq!(figure("data-gathered").await, total, "{key}");
    let said = peer.line().await;
    assert_eq!(said["key"], key, "{said}");
    assert_eq!(said["wrong"], Value::Null, "{said}");
    assert_eq!((said["len"].as_u64(), said["bytes"].as_u64()), (Some(total as u64), Some(len as u64)), "{said}");
    assert_eq!(said["tool"], if total <= 1 << 20 { "equal" } else { "too long" }, "{said}");
    said
}

/// Leaves one message row of this schema, and no other row.
async fn only_a_message(page: &Page, preset: &str) {
    page.fill("#preset", preset).await;
    page.wait_at_most("#build-state[data-state=ready]", LONG).await;
}

async fn choose(page: &Page, way: &str, mode: &str) {
    page.click(&format!("#row-way-{way}")).await;
    page.click(&format!("#row-mode-{mode}")).await;
}

async fn tensor(page: &Page, element: &str, shape: &str) {
    page.fill("#row-element", element).await;
    page.fill("#row-shape", shape).await;
}

/// The program that the page offers for the other side. The test runs it as a person would: in an
/// empty folder.
struct Offered {
    program: Program,
    folder: PathBuf,
}

impl Offered {
    async fn run(page: &Page, name: &str) -> Self {
        page.click("#other-side").await;
        page.click(&format!("#program-{name}")).await;
        let text = page.text("#program").await;
        page.run("document.querySelector('dialog[open]').close()", vec![]).await;
        let folder = std::env::temp_dir().join(format!("zbytes-lab-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("program.py"), text).unwrap();
        let mut command = Command::new(interpreter());
        // The test reads its output while it runs.
        command.args(["-u", "program.py"]).current_dir(&folder);
        Self { program: Program::run(command), folder }
    }

    async fn line(&mut self) -> String {
        self.program.line(LONG).await
    }

    async fn press_enter(&mut self) {
        self.program.tell(&"").await;
    }

    /// Waits for its end.
    async fn end(self) {
        self.program.leave().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_that_the_page_offers_do_what_they_say() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#key", "lab/offered").await;
    let wanted = [
        ("message", "lab/offered 11796576 tensor int32 [1536, 1920] 11796480"),
        ("frame", "lab/offered 8294504 front camera 1920 1080 rgba8 8294400"),
        ("cloud", "lab/offered 280152 lidar 20000 points"),
    ];
    for (preset, said) in wanted {
        only_a_message(&page, preset).await;
        let mut program = Offered::run(&page, "capnp-receive").await;
        assert_eq!(program.line().await, "Listening. Press Enter to end.");
        page.put_at_most("#put", LONG).await;
        assert_eq!(program.line().await, said);
        program.press_enter().await;
        program.end().await;
    }
    page.click("#samples-one-by-one").await;
    let before = page.attribute("#samples tr", "data-id").await;
    let program = Offered::run(&page, "capnp-send").await;
    page.wait("#samples tr[data-key='lab/other']").await;
    assert_ne!(page.attribute("#samples tr", "data-id").await, before);
    // It puts once, and ends by itself.
    program.end().await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pycapnp_and_the_tool_read_what_the_page_sends() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Peer::join(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#locator", "/zenoh").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;

    only_a_message(&page, "message").await;
    // Elements of 1, 2, 4 and 8 B, and of every other type with a name of its own. Whole words,
    // parts of words, and no bytes at all.
    let lengths = [("8 x 8", 64), ("7 x 11 x 13", 1001), ("0", 0), ("3 x 0 x 5", 0), ("1", 1)];
    let types = [("Uint8", "uint8", 1), ("Int16", "int16", 2), ("Int32", "int32", 4), ("Float64", "float64", 8)];
    for (way, mode) in WAYS {
        choose(&page, way, mode).await;
        for (element, name, size) in types {
            for (shape, count) in lengths {
                tensor(&page, element, shape).await;
                let key = format!("page/{way}-{mode}/{name}-{count}/Tensor");
                let said = put(&page, &mut peer, &key, way, count * size).await;
                assert_eq!(said["plain"]["elementType"], name, "{said}");
                let sides: Vec<u64> = shape.split(" x ").map(|side| side.parse().unwrap()).collect();
                assert_eq!(said["plain"]["shape"], json!(sides), "{said}");
            }
        }
    }
    choose(&page, "adopted", "borrow").await;
    let others = [("Int8", "int8", 1), ("Uint16", "uint16", 2), ("Float16", "float16", 2), ("Uint32", "uint32", 4)];
    let more = [
        ("Float32", "float32", 4),
        ("BigInt64", "int64", 8),
        ("BigUint64", "uint64", 8),
        ("Uint8Clamped", "uint8Clamped", 1),
    ];
    for (element, name, size) in others.into_iter().chain(more) {
        tensor(&page, element, "31").await;
        let said = put(&page, &mut peer, &format!("page/{name}/Tensor"), "adopted", 31 * size).await;
        assert_eq!(said["plain"]["elementType"], name, "{said}");
    }

    // The proposal's tensor, and 200 MiB, which readers refuse by default.
    for (element, shape, len) in [("Int32", "1536 x 1920", 11_796_480), ("Uint8", "200 x 1048576", 209_715_200)] {
        for (way, mode) in WAYS {
            choose(&page, way, mode).await;
            tensor(&page, element, shape).await;
            put(&page, &mut peer, &format!("page/{way}-{mode}/{len}/Tensor"), way, len).await;
        }
    }

    for (preset, schema, len) in [("frame", "CameraFrame", 1080 * 1920 * 4), ("cloud", "PointCloud", 20_000 * 14)] {
        only_a_message(&page, preset).await;
        for (way, mode) in WAYS {
            choose(&page, way, mode).await;
            put(&page, &mut peer, &format!("page/{way}-{mode}/{schema}"), way, len).await;
        }
    }
    page.close(&[]).await;
    peer.0.leave().await;
    lab.stop().await;
}

/// Waits until a sample is there, or the page says that one more was given up on its way.
async fn arrives(page: &Page, button: &str, given_up: u64) -> bool {
    let script = "
        const count = Number(document.body.textContent.match(/(\\d+) given up by their sender/)?.[1] ?? 0);
        return document.querySelector(arguments[0]) ? 'there' : count > arguments[1] ? 'given up' : 'on its way'";
    let begun = tokio::time::Instant::now();
    loop {
        match page.run(script, vec![json!(button), json!(given_up)]).await.as_str() {
            Some("there") => return true,
            Some("given up") => return false,
            _ => assert!(begun.elapsed() < LONG, "{button} neither arrives nor is given up"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Catches the next file that the page saves, and returns the SHA-256 and the length of its bytes.
/// The page computes the hash, since the file may be long.
async fn saved(page: &Page, button: &str) -> (String, u64) {
    let script = "
        const [button, done] = arguments;
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            URL.createObjectURL = make;
            blob.arrayBuffer().then((bytes) => crypto.subtle.digest('SHA-256', bytes).then((hash) => {
                const digits = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0'));
                done([digits.join(''), bytes.byteLength]);
            }));
            return '#';
        };
        document.querySelector(button).click();";
    let found = page.client.execute_async(script, vec![json!(button)]).await.unwrap();
    (found[0].as_str().unwrap().to_owned(), found[1].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_reads_pycapnp_in_one_segment_and_in_several() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Peer::join(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.client.update_timeouts(fantoccini::wd::TimeoutConfiguration::new(Some(LONG), None, None)).await.unwrap();
    page.connect("/zenoh").await;
    let tensor = |element: &str, shape: &[u64]| json!({ "name": "from pycapnp", "elementType": element, "shape": shape, "timestamp": 1_767_225_600_000_000_000u64 });
    let mut cases = Vec::new();
    for (element, size) in [("uint8", 1), ("int16", 2), ("int32", 4), ("float64", 8)] {
        // Whole words, parts of words, and no bytes at all.
        for shape in [&[8, 8][..], &[7, 11, 13], &[0]] {
            for first in [None, Some(1), Some(8)] {
                cases.push((element, shape, size, first));
            }
        }
    }
    // A first segment with room for the whole message.
    cases.push(("int32", &[1536, 1920], 4, Some(1_500_000)));
    cases.push(("int32", &[1536, 1920], 4, Some(64)));
    cases.push(("uint8", &[200, 1 << 20], 1, Some(64)));
    for (number, (element, shape, size, first)) in cases.into_iter().enumerate() {
        let key = format!("lab/from/{number}");
        let order = json!({ "put": key, "schema": "Tensor", "first": first, "fields": tensor(element, shape) });
        let mut sent = peer.put(&order).await;
        let len = shape.iter().product::<u64>() * size;
        let button = format!("#samples tr[data-key='{key}'] .read-message");
        // A router gives a message up for a page that has no processor for too long. The page says
        // so, and the peer puts it again.
        let mut given_up = 0;
        while given_up < 5 && !arrives(&page, &button, given_up).await {
            given_up += 1;
            sent = peer.put(&order).await;
        }
        page.wait_at_most(&button, LONG).await;
        page.click(&button).await;
        page.wait_at_most("#message-dialog[open][data-state=read]", LONG).await;
        let fact = async |name: &str| page.text(&format!("#message-facts [data-fact='{name}']")).await;
        assert_eq!(fact("name").await, "from pycapnp", "{sent}");
        let sides: Vec<String> = shape.iter().map(ToString::to_string).collect();
        assert_eq!(fact("shape").await, format!("{} {element}", sides.join("x")), "{sent}");
        // Reading a message in one segment copied all of it. Reading several segments copied at
        // most the bytes that are not data.
        let cost = page.text("#reading-cost").await;
        let several = first.is_some_and(|words| words < 100);
        assert_eq!(sent["segments"].as_u64() != Some(1), several, "{sent}");
        if len > 1 << 20 {
            assert_eq!(cost.contains("not touched"), several, "{cost}");
        }
        if len > 0 {
            page.click("#arrays .make-array").await;
            page.wait_at_most(&format!("#arrays .made-array[data-copied='{len}']"), LONG).await;
            assert_eq!(saved(&page, "#arrays .save-array").await, (sent["sha256"].as_str().unwrap().to_owned(), len));
        }
        page.click("#message-dialog .dialog-head button").await;
        page.wait("#message-dialog:not([open])").await;
        page.click("#forget").await;
    }
    let frame = json!({ "frameId": "cam", "sequence": 7, "timestamp": 1, "width": 5, "height": 4, "step": 20, "format": "rgba8" });
    let cloud = json!({ "frameId": "lidar", "timestamp": 1 });
    for (schema, fields, shown) in [("CameraFrame", frame, "cam"), ("PointCloud", cloud, "lidar")] {
        for first in [None, Some(4)] {
            let key = format!("lab/from/{schema}/{}", first.unwrap_or(0));
            let order = json!({ "put": key, "schema": schema, "first": first, "fields": fields, "points": 1001 });
            let sent = peer.put(&order).await;
            let button = format!("#samples tr[data-key='{key}'] .read-message");
            page.wait(&button).await;
            page.click(&button).await;
            page.wait("#message-dialog[open][data-state=read]").await;
            assert!(page.text("#message-facts").await.contains(shown), "{sent}");
            assert!(page.text("#head-message").await.contains(if schema == "PointCloud" { "1,001" } else { "5x4" }));
            page.click("#message-dialog .dialog-head button").await;
            page.wait("#message-dialog:not([open])").await;
        }
    }
    page.close(&[]).await;
    peer.0.leave().await;
    lab.stop().await;
}
