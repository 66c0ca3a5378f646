//! A class in tests: a teacher's page, and the pages that join it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zbytes_lab::server::{Lab, Options};
use zenoh::qos::CongestionControl;

use super::{
    browser::{Engine, NO_ANSWER, Page, SOCKET_FAILED},
    lab::options,
    tabs::Tabs,
};

/// The code of a lab for a class.
pub(crate) const CODE: &str = "TEST42";

/// What pages on plain http of another address say, and pages whose router went away.
pub(crate) const ANY: &[&str] =
    &["Cross-Origin-Opener-Policy", "origin-keyed", SOCKET_FAILED, NO_ANSWER, "already in CLOSING", "status of 502"];

/// So many names.
pub(crate) fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("s{at:02}")).collect()
}

/// A lab that other machines may reach, with a code.
pub(crate) async fn lab_of_a_class() -> Lab {
    Lab::start(Options { lan: true, code: Some(CODE.to_owned()), ..options() }).await.unwrap()
}

/// The teacher's page of a new class, on the lab's machine, and the link by which others join.
pub(crate) async fn teacher(lab: &Lab) -> (Page, String) {
    let page = Page::open_first(&format!("http://127.0.0.1:{}/", lab.page_addr().port())).await;
    page.wait("#session[data-state=open]").await;
    let link = open_class(&page).await;
    (page, link)
}

/// Opens a class in a page. Returns the link by which others join.
pub(crate) async fn open_class(page: &Page) -> String {
    page.click("#class-open").await;
    page.wait("#teaching").await;
    page.text("#class-link").await
}

/// Joins in a page that was opened by the link.
pub(crate) async fn join(page: &Page, name: &str) {
    page.wait("#classroom[data-state=door]").await;
    page.fill("#class-name", name).await;
    page.click("#class-join").await;
    page.wait("#classroom[data-state=in]").await;
}

/// Joins in another tab of a browser, by the link. The tab had the page before: only a page that is loaded
/// again begins with what the address has.
pub(crate) async fn join_in_a_tab(tabs: &mut Tabs, link: &str, name: &str) {
    tabs.add().await;
    tabs.page.client.goto(link).await.unwrap();
    tabs.page.client.refresh().await.unwrap();
    join(&tabs.page, name).await;
}

/// A program that takes part tells something. zenoh's default drops a put when the link is not free.
pub(crate) async fn tell(session: &zenoh::Session, key: String, payload: impl Into<zenoh::bytes::ZBytes>) {
    session.put(key, payload.into()).congestion_control(CongestionControl::Block).await.unwrap();
}

/// Kills the browser of a page, without a goodbye.
pub(crate) fn kill(page: &Page) {
    let killed = std::process::Command::new("pkill").args(["-9", "-P", &page.driver_pid().to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
}

/// The tile of a student on the wall, in this state.
pub(crate) fn tile(name: &str, state: &str) -> String {
    format!("#wall [data-name='{name}'][data-state={state}]")
}

/// Students in tabs of one browser, each joined under its name. `after` is told how long each took
/// until the teacher's page showed it.
pub(crate) async fn students(teacher: &Page, link: &str, names: &[String]) -> Tabs {
    let mut tabs = Tabs::open(Engine::Chromium, link).await;
    let mut longest = Duration::ZERO;
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            tabs.add().await;
        }
        join(&tabs.page, name).await;
        let joined = Instant::now();
        teacher.wait(&tile(name, "here")).await;
        longest = longest.max(joined.elapsed());
    }
    println!("{} pages have joined; the wall showed each after {} ms at most", names.len(), longest.as_millis());
    tabs
}

/// Goes to an address in a page that is open, as a person does.
pub(crate) async fn go(page: &Page, hash: &str) {
    page.run("location.hash = arguments[0]", vec![json!(hash)]).await;
}

/// Counts tasks of the page that take more than 50 ms from now on.
pub(crate) async fn watch_tasks(page: &Page) {
    let script = "
        window.tasks = [];
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });";
    page.run(script, vec![]).await;
}

/// Prints these tasks. Nothing is asserted of times.
pub(crate) async fn print_tasks(page: &Page, during: &str) {
    let tasks = page.run("return tasks", vec![]).await;
    let tasks: Vec<f64> = tasks.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let longest = tasks.iter().copied().fold(0.0, f64::max);
    println!("{during}: {} tasks of the teacher's page above 50 ms, the longest {longest:.0} ms", tasks.len());
}

/// A number of a tile, such as `data-count`.
pub(crate) async fn number(teacher: &Page, name: &str, attribute: &str) -> u64 {
    teacher.attribute(&format!("#wall [data-name='{name}']"), attribute).await.parse().unwrap_or(0)
}
