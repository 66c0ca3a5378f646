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
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;
use support::{
    browser::{Engine, NO_ANSWER, Page, SOCKET_FAILED},
    lab::{options, turn, url},
    tampered::copied_page,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use zbytes_lab::server::{Lab, Options};

/// A measurement takes long on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// Every request so far: its path, and the status of the answer.
type Asked = Arc<Mutex<Vec<(String, u16)>>>;

/// A host that has a folder of files under a path, and sends neither headers nor types beyond the least.
struct Host {
    addr: SocketAddr,
    path: &'static str,
    folder: PathBuf,
    asked: Asked,
    task: JoinHandle<()>,
}

impl Host {
    async fn start(path: &'static str, folder: PathBuf) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), path, folder).await
    }

    async fn start_at(addr: SocketAddr, path: &'static str, folder: PathBuf) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let (addr, asked) = (listener.local_addr().unwrap(), Asked::default());
        let (root, log) = (folder.clone(), asked.clone());
        let task = tokio::spawn(async move {
            // Ends with its connections, when the task is aborted.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, path, root.clone(), log.clone()));
            }
        });
        Self { addr, path, folder, asked, task }
    }

    fn url(&self) -> String {
        format!("http://{}{}", self.addr, self.path)
    }

    async fn stop(self) -> (SocketAddr, PathBuf) {
        self.task.abort();
        let _ = self.task.await;
        (self.addr, self.folder)
    }

    fn asked(&self) -> Vec<(String, u16)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(mut stream: TcpStream, path: &'static str, root: PathBuf, asked: Asked) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
    let name = target.strip_prefix(path).map(|name| if name.is_empty() { "index.html" } else { name });
    let file = name.and_then(|name| fs::read(root.join(name)).ok().map(|bytes| (name, bytes)));
    let (status, kind, bytes) = match file {
        Some((name, bytes)) => (200, mime_guess::from_path(name).first_or_octet_stream().to_string(), bytes),
        None => (404, "text/html".to_owned(), b"<!doctype html><title>Not found</title>".to_vec()),
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push((target, status));
    let head = format!(
        "HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}

fn dist() -> PathBuf {
    options().dist.unwrap()
}

/// Waits until a service worker keeps the page.
async fn kept(page: &Page) {
    let script = "return navigator.serviceWorker.getRegistration().then((one) => one?.active?.state)";
    page.until(script, json!("activated")).await;
}

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
    page.wait("#pane-router #connect").await;
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
        let host = Host::start(path, dist()).await;
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
        host.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_lab_the_page_says_so_and_tries_no_websocket() {
    let _turn = turn().await;
    let host = Host::start("/x/y/", dist()).await;
    let page = Page::open(&host.url()).await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    let words = page.text("#session-problem").await;
    assert!(words.contains("This address has no lab.") && words.contains(&host.addr.to_string()), "{words}");
    assert!(
        !host.asked().iter().any(|(target, _)| target.contains("zenoh") && !target.contains('.')),
        "{:?}",
        host.asked()
    );
    page.close(&[]).await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_opens_without_its_host_after_one_visit() {
    let _turn = turn().await;
    let host = Host::start("/x/y/", dist()).await;
    let page = Page::open_first(&host.url()).await;
    kept(&page).await;
    host.stop().await;
    loaded_again(&page).await;
    journey(&page).await;
    // Only whether a lab is there is asked of the host.
    page.close_with(&[], &[NO_ANSWER]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn firefox_opens_page_under_a_path_and_without_its_host() {
    let _turn = turn().await;
    if std::env::var("ENGINES_MISSING").is_ok_and(|missing| missing.contains("Firefox")) {
        return;
    }
    let host = Host::start("/x/y/", dist()).await;
    let page = Page::open_in(Engine::Firefox, &host.url()).await;
    kept(&page).await;
    assert!(host.asked().iter().all(|(_, status)| *status == 200), "{:?}", host.asked());
    let url = host.url();
    host.stop().await;
    // The driver's own way to load a page again leaves the service worker out.
    page.client.goto("about:blank").await.unwrap();
    page.client.goto(&url).await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    page.wait("#pane-layout .drawing").await;
    assert_eq!(page.run("return crossOriginIsolated", vec![]).await, json!(true));
    page.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_build_takes_over_whole_when_the_person_wants_it() {
    let _turn = turn().await;
    let folder = copied_page("page-of-two-builds");
    let host = Host::start("/x/y/", folder.clone()).await;
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
    host.stop().await;
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
