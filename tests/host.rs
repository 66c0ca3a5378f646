//! The built page on a plain host of files, at any path, and without its server: what the service worker keeps, and how
//! another build takes over.
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
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::json;
use support::{
    GUARD,
    browser::{NO_ANSWER, Page, SOCKET_FAILED},
    lab::{dist, host, options, turn, url},
    machine::Machine,
    peers::{Native, pattern, sha256},
    tabs::{hash, kept},
    tampered::copied_page,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};
use zbytes_lab::server::{Lab, Options};

/// A measurement takes long on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// Builds, draws, measures and breaks a payload.
async fn journey(page: &Page) {
    page.fill("#preset", "three").await;
    page.wait("#build-state[data-state=ready]").await;
    page.wait("#pane-layout .drawing").await;
    page.fill("#scenario", "payload").await;
    page.click("#measure").await;
    page.wait_at_most("#cost-verdict", LONG).await;
    page.click("#below-ownership").await;
    page.click("#try-detach").await;
    page.wait("#shown[data-experiment=detach][data-held=true]").await;
    page.wait("#pane-router #locator").await;
}

/// Makes another build of a copied page: one of its scripts says so.
fn build_again(folder: &Path, number: u32) {
    let boot = fs::read_to_string(dist().join("boot.js")).unwrap();
    fs::write(folder.join("boot.js"), format!("{boot}\nglobalThis.build = {number};\n")).unwrap();
    let cargo = ["run", "--locked", "--quiet", "--package", "zbytes-lab-notices", "--", "offline"];
    let status = Command::new(env!("CARGO")).args(cargo).arg(folder).status().unwrap();
    assert!(status.success());
}

const BUILD: &str = "return globalThis.build ?? 1";
/// Of how many builds something is kept.
const CACHES: &str = "return caches.keys().then((names) => names.length)";

async fn loaded_again(page: &Page) {
    page.client.refresh().await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_works_at_any_path_of_a_plain_host() {
    let _turn = turn().await;
    for path in ["/", "/x/y/"] {
        let host = host(path, &dist());
        let page = Page::open_first(&host.url()).await;
        kept(&page).await;
        // The host sends no policy, and the page has one.
        let script = "
            const done = arguments[0];
            addEventListener('securitypolicyviolation', ({ effectiveDirective }) => done(effectiveDirective), { once: true });
            document.body.append(Object.assign(document.createElement('script'), { textContent: 'globalThis.inline = 1' }));";
        assert_eq!(page.client.execute_async(script, vec![]).await.unwrap(), json!("script-src-elem"), "{path}");
        assert!(page.console().await.iter().any(|line| line.contains("inline script")), "{path}");
        assert!(page.text("#not-isolated").await.contains("moves in steps of"), "{path}");
        journey(&page).await;
        for file in
            ["notices.txt", "lab.capnp", "manifest.webmanifest", "icon-192.png", "apple-touch-icon.png", "og.png"]
        {
            let script = "return fetch(arguments[0]).then((answer) => answer.status)";
            assert_eq!(page.run(script, vec![json!(file)]).await, json!(200), "{path}{file}");
        }
        let asked = host.asked();
        let others: Vec<_> =
            asked.iter().filter(|(target, status)| *status != 200 || !target.starts_with(path)).collect();
        assert!(others.is_empty(), "{path}: {others:?}");
        // It does not ask for a lab anywhere else.
        assert!(asked.iter().any(|(target, _)| *target == format!("{path}lab.json")), "{path}: {asked:?}");

        // Loaded once more, the worker sends what the host does not.
        loaded_again(&page).await;
        assert_eq!(page.run("return crossOriginIsolated", vec![]).await, json!(true), "{path}");
        assert_eq!(page.text("#not-isolated").await, "", "{path}");
        page.close(&[]).await;
        drop(host);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_lab_the_page_says_so_and_tries_no_websocket() {
    let _turn = turn().await;
    let host = host("/x/y/", &dist());
    let page = Page::open(&host.url()).await;
    page.fill("#locator", "/zenoh").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    let words = page.text("#session-problem").await;
    assert!(words.contains("This address has no lab.") && words.contains(&host.address().to_string()), "{words}");
    assert!(
        !host.asked().iter().any(|(target, _)| target.contains("zenoh") && !target.contains('.')),
        "{:?}",
        host.asked()
    );
    page.close(&[]).await;
    drop(host);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_opens_without_its_host_after_one_visit() {
    let _turn = turn().await;
    let host = host("/x/y/", &dist());
    let page = Page::open_first(&host.url()).await;
    kept(&page).await;
    drop(host);
    loaded_again(&page).await;
    journey(&page).await;
    // Only whether a lab is there is asked of the host.
    page.close_with(&[], &[NO_ANSWER]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_build_takes_over_whole_when_the_person_wants_it() {
    let _turn = turn().await;
    let folder = copied_page("page-of-two-builds");
    let host = host("/x/y/", &folder);
    let page = Page::open_first(&host.url()).await;
    kept(&page).await;

    // A host that is in the middle of a change has files that do not belong together: nothing is taken of it.
    build_again(&folder, 2);
    fs::write(folder.join("echo.js"), "// of yet another build").unwrap();
    loaded_again(&page).await;
    let script = "
        const done = arguments[0];
        navigator.serviceWorker.getRegistration().then((one) => one.update()).then(
            (one) => one.installing ? (one.installing.onstatechange = ({ target }) => done(target.state)) : done('nothing'),
            (error) => done(String(error)));";
    // The browser itself may have tried before, and found the same.
    assert_ne!(page.client.execute_async(script, vec![]).await.unwrap(), json!("installed"));
    assert_eq!(page.run(CACHES, vec![]).await, json!(1));
    assert_eq!(page.run(BUILD, vec![]).await, json!(1));
    assert_eq!(page.text("#new-version").await, "");

    // A build that is whole waits, and the page says so.
    fs::copy(dist().join("echo.js"), folder.join("echo.js")).unwrap();
    build_again(&folder, 3);
    loaded_again(&page).await;
    assert_eq!(page.run(BUILD, vec![]).await, json!(1));
    page.wait("#new-version").await;

    // With another tab, files of two builds would meet.
    let first = page.client.window().await.unwrap();
    let second = page.client.new_window(true).await.unwrap().handle;
    page.client.switch_to_window(second).await.unwrap();
    page.client.goto(&host.url()).await.unwrap();
    page.wait("#new-version").await;
    assert_eq!(page.run(BUILD, vec![]).await, json!(1));
    page.click("#new-version button").await;
    page.until(
        "return /Close the other tabs of the lab first .1./.test(document.querySelector('#new-version').textContent)",
        json!(true),
    )
    .await;
    page.client.close_window().await.unwrap();
    page.client.switch_to_window(first).await.unwrap();
    let before = host.asked().len();
    page.click("#new-version button").await;
    page.until(BUILD, json!(3)).await;
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(page.text("#new-version").await, "");
    page.until(CACHES, json!(1)).await;
    // Every file came from what the worker keeps.
    let asked: Vec<_> = host.asked().drain(before..).map(|(target, _)| target).collect();
    let own = ["/x/y/", "/x/y/lab.json", "/x/y/service-worker.js"];
    assert!(asked.iter().all(|target| own.contains(&target.as_str())), "{asked:?}");
    page.close(&[]).await;
    drop(host);
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_built_again_is_fresh_and_a_stopped_one_leaves_its_page() {
    let _turn = turn().await;
    let folder = copied_page("page-of-a-lab-that-is-built-again");
    let lab = Lab::start(Options { dist: Some(folder.clone()), ..options() }).await.unwrap();
    let page = Page::open(&url(&lab)).await;
    kept(&page).await;
    for build in [2, 3] {
        build_again(&folder, build);
        loaded_again(&page).await;
        assert_eq!(page.run(BUILD, vec![]).await, json!(build));
        // The worker of that build takes over by itself, with all of its files.
        let script = "
            const found = await caches.match('boot.js');
            return !!found && (await found.text()).includes(`build = ${globalThis.build};`)";
        let script = &format!("return (async () => {{{script}}})()");
        page.until(script, json!(true)).await;
        kept(&page).await;
        assert_eq!(page.text("#new-version").await, "");
    }
    page.connect("/zenoh").await;
    lab.stop().await;
    loaded_again(&page).await;
    assert_eq!(page.run(BUILD, vec![]).await, json!(3));
    page.fill("#preset", "three").await;
    page.wait("#build-state[data-state=ready]").await;
    page.close_with(&[], &[NO_ANSWER, SOCKET_FAILED]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn class_joins_by_its_link_or_by_typing_the_code() {
    let _turn = turn().await;
    let lab = Lab::start(Options { lan: true, ..options() }).await.unwrap();
    let links = lab.links();
    let Some((link, _)) = links.first() else {
        println!("This machine has no network interface that is up: nothing to join by.");
        return lab.stop().await;
    };
    // The teacher's page is on the lab's machine. It needs no code, and shows the link with its code.
    let page = Page::open_first(&format!("http://127.0.0.1:{}/", lab.page_addr().port())).await;
    page.wait("#session[data-state=open]").await;
    page.click("#link").await;
    page.wait("#class-code").await;
    assert!(page.text("#class").await.contains(link), "{link}");
    // A student's page, without the code.
    let (address, code) = link.split_once("?code=").unwrap();
    page.client.goto(address).await.unwrap();
    page.wait("#code").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    assert!(page.text("#session-problem").await.contains("wants the code of its class"));
    page.fill("#code", "WRONG1").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    page.until(
        "return /did not take the code/.test(document.querySelector('#session-problem')?.textContent)",
        json!(true),
    )
    .await;
    page.fill("#code", code).await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    // By the link, in a tab that was not there before.
    let other = page.client.new_window(true).await.unwrap().handle;
    page.client.switch_to_window(other).await.unwrap();
    page.client.goto(link).await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    page.close_with(&[], &[SOCKET_FAILED, "status of 401", "Cross-Origin-Opener-Policy", "origin-keyed"]).await;
    lab.stop().await;
}

/// The status of the answer to a page that asks for `/zenoh` with this query.
async fn status(addr: SocketAddr, query: &str) -> u16 {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!(
        "GET /zenoh{query} HTTP/1.1\r\nHost: {addr}\r\nOrigin: http://{addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    String::from_utf8_lossy(&head[9..]).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn second_machine_joins_by_the_link_and_no_guess_does() {
    let _turn = turn().await;
    let machine = match Machine::start() {
        Ok(machine) => machine,
        Err(why) => return println!("skipped, as this system permits no second network: {why}"),
    };
    // The lab of the teacher runs on the other machine, as a program.
    let mut command = tokio::process::Command::from(machine.command(env!("CARGO_BIN_EXE_zbytes-lab")));
    command.args(["--lan", "--page=127.0.0.1:0", "--ws=127.0.0.1:0", "--tcp=127.0.0.1:0", "--dist"]).arg(dist());
    let mut lab = command.stderr(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(lab.stderr.take().unwrap()).lines();
    let link = loop {
        let line = timeout(GUARD, lines.next_line()).await.expect("the lab says its link").unwrap().unwrap();
        if let Some((link, _)) = line.split_once("  (lab0)") {
            break link.trim().to_owned();
        }
    };
    let (address, code) = link.split_once("?code=").unwrap();
    let addr: SocketAddr = address.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    assert_eq!(addr.ip(), machine.address, "{link}");

    // Without the code a page is refused.
    let page = Page::open_first(address).await;
    page.wait("#code").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    assert!(page.text("#session-problem").await.contains("wants the code of its class"));
    // With the link it joins with one press, and puts.
    let other = page.client.new_window(true).await.unwrap().handle;
    page.client.switch_to_window(other).await.unwrap();
    page.client.goto(&link).await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    page.put_by("#put").await;
    page.click("#flush").await;
    page.wait("#flush-result[data-state=done]").await;
    page.close_with(&[], &[SOCKET_FAILED, "status of 401", "Cross-Origin-Opener-Policy", "origin-keyed"]).await;

    // Also by guessing: after ten wrong codes not even the right one is tried.
    assert_eq!((status(addr, "").await, status(addr, &format!("?code={code}")).await), (401, 101));
    for guess in 0..10 {
        assert_eq!(status(addr, &format!("?code=GUESS{guess}")).await, 401);
    }
    assert_eq!(status(addr, &format!("?code={code}")).await, 429);
    // The router's own ports are not on the network at all.
    for port in [7446, 7447] {
        assert!(TcpStream::connect((addr.ip(), port)).await.is_err(), "{port}");
    }
    lab.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn class_by_https_is_secure_and_plain_http_is_led_there() {
    let _turn = turn().await;
    let lab = Lab::start(Options { lan: true, tls: true, ..options() }).await.unwrap();
    assert_eq!(lab.https().flatten().map(str::len), Some(32 * 3 - 1));
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let own = lab.page_url();
    let links = lab.links();
    let page = Page::open_first(&own).await;
    for link in [own.as_str()].into_iter().chain(links.first().map(|(link, _)| link.as_str())) {
        assert!(link.starts_with("https://"), "{link}");
        page.client.goto(link).await.unwrap();
        page.wait("#build-state[data-state=ready]").await;
        assert_eq!(
            page.run("return [isSecureContext, crossOriginIsolated]", vec![]).await,
            json!([true, true]),
            "{link}"
        );
        // Beside its lab a page connects by itself; by the link of a class it takes a press.
        if link != own {
            page.click("#connect").await;
        }
        page.wait("#session[data-state=open]").await;
        page.put_by("#put").await;
        let seen = native.next().await;
        // The first put has subscribed.
        page.wait("#undeclare").await;
        native.put("lab/back", pattern(1_000_000)).await;
        let row = "#samples tr[data-key='lab/back'][data-len='1000000']";
        assert_eq!(hash(&page, row).await, sha256(&pattern(1_000_000)), "{}", seen.key);
    }
    // An address that is typed without https.
    let mut stream = TcpStream::connect(("127.0.0.1", lab.page_addr().port())).await.unwrap();
    stream.write_all(b"GET /?code=K7QF2M HTTP/1.1\r\nHost: lab.example:1\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(answer.contains("location: https://lab.example:1/?code=K7QF2M\r\n"), "{answer}");
    page.close_with(&[], &["certificate", "SSL", "service worker"]).await;
    native.leave().await;
    lab.stop().await;
}
