//! The JavaScript module as other people's tools take it: bundlers without configuration, Firefox,
//! version 22 of Node, and TypeDoc. And programs that do what zenoh-ts's own examples do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::json;
use support::{
    GUARD,
    browser::{Engine, Page},
    lab::{options, turn},
    module::{ROOT, World, copy, from_npm, has_node, program, project, run},
    peers::{pattern, sha256},
    python::{Python, hex},
};
use zbytes_lab::server::{Lab, Options};

/// Whether the scripts have installed the packages of npm. `scripts/test` says so if not.
fn has_npm() -> bool {
    has_node() && from_npm().join("installed").exists()
}

/// A program of a package that the scripts have installed from npm.
fn tool(name: &str) -> Command {
    Command::new(from_npm().join("node_modules/.bin").join(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn bundlers_take_the_module_without_configuration() {
    if !has_npm() {
        return;
    }
    let _turn = turn().await;
    let (project, site) = (project(), tempfile::tempdir().unwrap());
    let app = project.path().join("app");
    let run_in = |mut command: Command| run(command.current_dir(&app));
    let mut vite = tool("vite");
    vite.args(["build", "--outDir"]).arg(site.path()).arg("--emptyOutDir");
    run_in(vite);
    for name in ["esbuild", "webpack"] {
        let out = site.path().join(name);
        fs::create_dir(&out).unwrap();
        fs::copy(app.join("index.html"), out.join("index.html")).unwrap();
        let mut command = tool(name);
        if name == "esbuild" {
            command.args(["main.js", "--bundle", &format!("--outfile={}", out.join("main.js").display())]);
        } else {
            command.args(["./main.js", "--mode", "production", "--output-filename", "main.js", "-o"]).arg(&out);
        }
        run_in(command);
        assert!(out.join("main.js").exists(), "{name} wrote no program");
    }
    let lab = Lab::start(Options { dist: Some(site.path().to_owned()), ..options() }).await.unwrap();
    for folder in ["", "esbuild/", "webpack/"] {
        let address = format!("http://{}/{folder}index.html?router={}", lab.page_addr(), lab.ws_locator());
        let page = Page::at(&address).await;
        page.until("return document.title", json!("8 and 160000")).await;
        page.close(&[]).await;
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_without_the_program_inside_is_small() {
    if !has_npm() {
        return;
    }
    let _turn = turn().await;
    let (project, site) = (project(), tempfile::tempdir().unwrap());
    let app = project.path().join("app");
    let mut esbuild = tool("esbuild");
    esbuild.args(["slim.js", "--bundle", "--minify", "--format=esm", "--loader:.wasm=file"]);
    esbuild.arg(format!("--outfile={}", site.path().join("main.js").display()));
    run(esbuild.current_dir(&app));
    fs::copy(app.join("index.html"), site.path().join("index.html")).unwrap();
    let bytes = support::module::gzip(&fs::read(site.path().join("main.js")).unwrap());
    println!("  zbytes/slim, packed                              {bytes:>10}");
    assert!(bytes <= 25_000, "{bytes} B are more than 25,000 B");
    let lab = Lab::start(Options { dist: Some(site.path().to_owned()), ..options() }).await.unwrap();
    let address = format!("http://{}/index.html?router={}", lab.page_addr(), lab.ws_locator());
    let page = Page::at(&address).await;
    page.until("return document.title", json!("slim: 8")).await;
    page.close(&[]).await;
    lab.stop().await;
}

#[test]
fn every_code_of_an_error_is_in_the_types_and_documented() {
    let read = |file: &str| fs::read_to_string(Path::new(ROOT).join("js").join(file)).unwrap();
    let types = read("src/index.d.ts");
    let (before, rest) = types.split_once("export type Code =").unwrap();
    let table: BTreeSet<_> = before.lines().filter_map(|line| line.strip_prefix(" * | `")?.split('`').next()).collect();
    let union = rest.split(';').next().unwrap();
    let codes: BTreeSet<_> = union.split('"').skip(1).step_by(2).collect();
    assert_eq!(table, codes, "the table of codes, and the codes");
    let upper = |word: &&str| word.len() > 3 && word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let mut made = BTreeSet::new();
    let sources = [
        "binding/src/error.rs",
        "binding/src/session.rs",
        "src/bytes.js",
        "src/capnp.js",
        "src/channel.js",
        "src/error.js",
        "src/link.js",
        "src/load.js",
        "src/session.js",
    ]
    .map(read);
    for source in &sources {
        let words = source.split('"').skip(1);
        made.extend(words.filter(upper).filter(|word| !["DEFAULT"].contains(word)));
        // Those that have a way out.
        made.extend(
            source
                .lines()
                .filter_map(|line| line.trim().split_once(": \""))
                .map(|(name, _)| name)
                .filter(|name| upper(name)),
        );
    }
    assert!(made.contains("NOT_OPENED") && made.contains("LENT"), "{made:?}");
    let unknown: Vec<_> = made.difference(&codes).collect();
    assert!(unknown.is_empty(), "no codes of the types: {unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn firefox_and_the_next_node_do_the_same() {
    let _turn = turn().await;
    let world = World::new().await;
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.subscribe("lab/up").await;
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    let mut places = Vec::new();
    if !missing.contains("Firefox") {
        places.push(world.page_in(Engine::Firefox, "").await);
        places.push(world.page_in(Engine::Firefox, "#worker").await);
    }
    if has_npm() {
        // It has a WebSocket of its own.
        fs::remove_file(world.project.as_ref().unwrap().path().join("node_modules/ws")).unwrap();
        places.extend(world.node_by(from_npm().join("node_modules/node/bin/node")));
    }
    for place in &mut places {
        place.ask(json!({ "do": "open", "where": world.lab.ws_locator() })).await;
        place.ask(json!({ "do": "subscribe", "name": "down", "key": "lab/down" })).await;
        for (len, mode) in [(0, "copy"), (64, "borrow"), (70_000, "move"), (11_796_480, "borrow")] {
            let digest = sha256(&pattern(len));
            place.ask(json!({ "do": "put", "key": "lab/up", "len": len, "mode": mode, "congestionControl": 1 })).await;
            let seen = python.seen().await;
            assert_eq!((seen.len, seen.digest), (len, digest.clone()));
            python.put("lab/down", len).await;
            let sample = place.ask(json!({ "do": "next", "name": "down" })).await;
            assert_eq!(sample["payload"], json!({ "len": len, "sha256": digest }));
        }
        place.ask(json!({ "do": "queryable", "key": "lab/here", "answers": ["one", "two"] })).await;
        let found =
            place.ask(json!({ "do": "get", "selector": "lab/here?b=2", "payload": "?", "consolidation": 1 })).await;
        assert_eq!(found, json!([["lab/here", "one to b=2 ?"], ["lab/here", "two to b=2 ?"]]));
        let replies = python.ask(json!({ "do": "get", "selector": "lab/here", "consolidation": "NONE" })).await;
        assert_eq!(replies.as_array().unwrap().len(), 2, "{replies}");
        place.ask(json!({ "do": "undeclare", "name": "queryable" })).await;
        assert_eq!(place.ask(json!({ "do": "lengths" })).await, json!([8, 5, 24, 5, 5, 6, 0]));
        assert_eq!(place.ask(json!({ "do": "modes" })).await["moved"], json!(0));
        let puts = json!({ "do": "loop", "key": "lab/loop", "count": 200, "awaited": true, "express": false });
        assert_eq!(place.ask(puts).await, json!({ "messages": 200, "batches": 1 }));
    }
    world.lab.stop_router().await;
    for place in &mut places {
        place.ask(json!({ "do": "events", "until": "lost" })).await;
        assert_eq!(place.ask(json!({ "do": "lostPut" })).await, json!("NOT_OPEN"));
    }
    python.leave().await;
    world.end(places).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_as_those_of_zenoh_ts_do_the_same() {
    let world = World::new().await;
    let Some(project) = &world.project else { return world.lab.stop().await };
    let ws = world.lab.ws_locator();
    let start = |file: &str, arguments: &[&str]| {
        program(project, &format!("examples/ported/{file}.js"), &[&[ws.as_str()], arguments].concat())
    };
    let mut python = Python::join(&world.lab.tcp_locator()).await;
    python.ask(json!({ "do": "subscriber", "name": "all", "key": "demo/**" })).await;
    python.settled().await;

    // Put, delete and subscribe.
    let mut sub = start("z_sub", &["demo/**", "4"]);
    assert_eq!(sub.line(GUARD).await, "subscribed to demo/**");
    for (file, arguments, said, kind) in [
        ("z_put", &["demo/a", "one"][..], "put demo/a: one", "PUT"),
        ("z_delete", &["demo/a"], "deleted demo/a", "DELETE"),
    ] {
        let mut started = start(file, arguments);
        assert_eq!(started.line(GUARD).await, said);
        let seen = python.next("all").await;
        assert_eq!((&seen["kind"], &seen["key"]), (&json!(kind), &json!("demo/a")));
        started.leave().await;
    }
    assert_eq!([sub.line(GUARD).await, sub.line(GUARD).await], ["PUT demo/a: one", "DELETE demo/a: "]);
    let mut publish = start("z_pub", &["demo/pub", "2", "1"]);
    assert_eq!(publish.line(GUARD).await, "a subscriber is there");
    for number in 0..2 {
        let line = format!("PUT demo/pub: [{number}] Pub from JavaScript, with number {number}");
        assert_eq!(sub.line(GUARD).await, line);
        let seen = python.next("all").await;
        assert_eq!(seen["attachment"], json!(hex(format!("number {number}").as_bytes())));
    }
    publish.leave().await;
    sub.leave().await;

    // The newest samples alone.
    let mut pull = start("z_pull", &["demo/pull", "3"]);
    assert_eq!(pull.line(GUARD).await, "subscribed to demo/pull");
    for byte in 0..10u8 {
        let put =
            json!({ "do": "put", "key": "demo/pull", "payload": hex(&[b'0' + byte]), "congestion_control": "BLOCK" });
        python.ask(put).await;
        python.next("all").await;
    }
    // The same way as the samples, and behind them.
    let mut put = start("z_put", &["demo/pull", "last"]);
    put.line(GUARD).await;
    put.leave().await;
    python.next("all").await;
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != "demo/pull: last") {
        pull.tell(&"").await;
        while lines.last().is_none_or(|line| line != "nothing more now") {
            lines.push(pull.line(GUARD).await);
        }
        lines.pop();
    }
    assert_eq!(lines[lines.len() - 3..], ["demo/pull: 8", "demo/pull: 9", "demo/pull: last"]);
    pull.leave().await;

    // Get, querier and queryable.
    let mut queryable = start("z_queryable", &["demo/q", "forty-two"]);
    assert_eq!(queryable.line(GUARD).await, "answering demo/q");
    for (selector, answer, asked) in [
        ("demo/*?a=1", "demo/q: forty-two", "asked demo/*?a=1 with why"),
        ("demo/q?fail", "an error: as was asked for", "asked demo/q?fail with why"),
    ] {
        let mut get = start("z_get", &[selector, "why"]);
        assert_eq!([get.line(GUARD).await, get.line(GUARD).await], [answer, "that was all"]);
        get.leave().await;
        assert_eq!(queryable.line(GUARD).await, asked);
    }
    let replies = python.ask(json!({ "do": "get", "selector": "demo/q" })).await;
    assert_eq!(replies[0]["ok"]["payload"], json!(hex(b"forty-two")));
    assert_eq!(queryable.line(GUARD).await, "asked demo/q");
    let mut querier = start("z_querier", &["demo/*", "2"]);
    let lines = [querier.line(GUARD).await, querier.line(GUARD).await, querier.line(GUARD).await];
    assert_eq!(lines, ["a queryable is there: true", "0: forty-two", "1: forty-two"]);
    querier.leave().await;
    queryable.leave().await;

    // Who is alive.
    let mut one = start("z_liveliness", &["group1/one"]);
    assert_eq!(one.line(GUARD).await, "group1/one is alive");
    let mut watch = start("z_sub_liveliness", &["group1/**", "3"]);
    assert_eq!(
        [watch.line(GUARD).await, watch.line(GUARD).await],
        ["there already: group1/one", "has come: group1/one"]
    );
    python.ask(json!({ "do": "token", "name": "two", "key": "group1/two" })).await;
    assert_eq!(watch.line(GUARD).await, "has come: group1/two");
    one.leave().await;
    assert_eq!(watch.line(GUARD).await, "has gone: group1/one");
    watch.leave().await;

    // There and back.
    let mut pong = start("z_pong", &[]);
    assert_eq!(pong.line(GUARD).await, "ready to send back");
    let mut ping = start("z_ping", &["100000", "20"]);
    let line = ping.line(GUARD).await;
    assert!(line.starts_with("20 pings of 100000 B, median "), "{line}");
    ping.leave().await;
    pong.leave().await;
    python.leave().await;
    world.lab.stop().await;
}

#[test]
fn the_package_has_its_types_documented_and_its_licences() {
    if !has_npm() {
        return;
    }
    let project = project();
    let package = project.path().join("node_modules/zbytes");
    for (file, words) in [
        ("LICENSE-APACHE", "Apache License"),
        ("LICENSE-EPL-2.0", "Eclipse Public License"),
        ("notices.txt", "\nzenoh-codec 1.10.2\n"),
        ("README.md", "npm install zbytes"),
        ("examples/publish.js", "Session.open"),
        ("examples/ported/z_sub.js", "declareSubscriber"),
        ("dist/index.d.ts", "export class Session"),
    ] {
        let text = fs::read_to_string(package.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(words), "{file} lacks {words}");
    }
    // A declaration without a comment is a warning, as is a link that leads nowhere. And a warning is an error: see
    // js/typedoc.json.
    let js = project.path().join("js");
    copy(&Path::new(ROOT).join("js/src"), &js.join("src"));
    for file in ["README.md", "package.json", "typedoc.json"] {
        fs::copy(Path::new(ROOT).join("js").join(file), js.join(file)).unwrap();
    }
    let mut typedoc = tool("typedoc");
    run(typedoc.arg("--options").arg(js.join("typedoc.json")).arg("--out").arg(project.path().join("docs")));
    let index = fs::read_to_string(project.path().join("docs/modules.html")).unwrap();
    assert!(index.contains("index") && index.contains("capnp"), "{index}");
    // It finds one that is missing.
    let types = js.join("src/index.d.ts");
    let text = fs::read_to_string(&types).unwrap();
    let comment = "    /** Who is at both ends, and the longest batch. */\n";
    assert!(text.contains(comment));
    fs::write(&types, text.replace(comment, "")).unwrap();
    let mut typedoc = tool("typedoc");
    typedoc.arg("--options").arg(js.join("typedoc.json")).arg("--out").arg(project.path().join("docs"));
    let output = typedoc.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success() && said.contains("Session.info"), "{said}");
}
