//! The engine of the page. It dies and another one follows it; it cannot be loaded at first; it
//! goes on while the page is busy or hidden.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;

use serde_json::json;
use support::{
    browser::Page,
    lab::{lab, options, turn, url},
    peers::Native,
    tampered::{copied_page, play, tricky_page},
};
use zbytes_lab::server::{Lab, Options};

/// What a console may say of an engine that died by a trick.
const TRICKS: [&str; 1] = ["a trick of the test"];

/// Waits until an engine has died, another one runs, and it has built the rows.
async fn wait_for_the_next_engine(page: &Page) {
    page.wait("#engine-lost[data-status=running]").await;
    page.wait("#build-state[data-state=ready]").await;
    let words = page.text("#engine-lost").await;
    for word in ["The engine of this page has stopped", "a trick of the test", "Another one has started"] {
        assert!(words.contains(word), "{word} in {words}");
    }
    page.click("#engine-lost button").await;
    page.until("return document.querySelector('#engine-lost')", json!(null)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_is_followed_by_another_one() {
    let _turn = turn().await;
    let dist = tricky_page("page-whose-engine-dies");
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    page.connect("/zenoh").await;
    page.wait("#undeclare").await;
    page.click("#add-text").await;
    page.fill("#row-text", "before it died").await;
    // A long row, so that a put of it is under way for a while.
    page.click("#add-array").await;
    page.fill("#row-length", "200000000").await;
    page.wait("#build-state[data-state=ready]").await;
    let rows = page.text(".rows").await;

    page.click("#put").await;
    page.wait("#put-result[data-state=underway]").await;
    play(&page, "die").await;
    wait_for_the_next_engine(&page).await;
    page.wait("#put-result[data-state=failed]").await;
    assert!(page.text("#put-result").await.contains("cut off"), "{}", page.text("#put-result").await);
    assert_eq!(page.text(".rows").await, rows);
    // It has connected again, and subscribed.
    page.wait("#session[data-state=open]").await;
    page.wait("#undeclare").await;
    page.click("#row-remove").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#put").await;
    page.wait("#put-result[data-state=done]").await;
    let len = 1920 * 1536 * 4 + "before it died".len();
    while native.next().await.len != len {}
    page.close_with(&[], &TRICKS).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_and_measurements_say_when_their_engine_dies() {
    let _turn = turn().await;
    let dist = tricky_page("page-whose-search-dies");
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let page = Page::open_with(&url(&lab), "tensor").await;
    page.fill("#row-length", "100000000").await;
    page.fill("#row-fill", "zeros").await;
    page.wait("#build-state[data-state=ready]").await;

    page.click("#pane-segment .bytes-open").await;
    page.wait("#bytes-dialog[open] #bytes-grid:focus").await;
    page.fill("#bytes-sought", "01 02 03").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=underway]").await;
    play(&page, "die").await;
    // The view stays open, and shows the payload of the next engine.
    page.wait("#build-state[data-state=ready]").await;
    page.wait("#engine-lost[data-status=running]").await;
    page.wait("#bytes-grid [data-at='0']").await;
    page.until("return document.querySelector('#bytes-problem')?.textContent", json!(null)).await;
    page.click("#bytes-close").await;
    wait_for_the_next_engine(&page).await;

    // The engine of a measurement dies with the other one, which another one follows.
    page.click("#measure").await;
    page.wait("#cost-progress:not([value='0'])").await;
    play(&page, "die").await;
    page.wait("#cost-problem").await;
    assert!(page.text("#cost-problem").await.contains("a trick of the test"));
    wait_for_the_next_engine(&page).await;
    page.fill("#row-length", "1000").await;
    page.click("#measure").await;
    page.wait("#cost-verdict").await;
    page.close_with(&[], &TRICKS).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_an_engine_takes_input_and_starts_one_later() {
    let _turn = turn().await;
    let dist = copied_page("page-without-engine");
    let script = dist.join("start-engine.js");
    let away = script.with_extension("away");
    fs::rename(&script, &away).unwrap();
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let page = Page::at(&url(&lab)).await;

    // The page draws itself, takes input, and says that it has no engine.
    page.wait("#engine-lost[data-status=stopped]").await;
    page.wait("#pane-layout .drawing").await;
    page.fill("#preset", "three").await;
    page.wait("#row-2").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    page.click("#try-grow").await;
    page.wait("#experiment-grow[data-state=failed]").await;
    assert_eq!(page.attribute("#build-state", "data-state").await, "pending");
    page.click("#measure").await;
    page.wait("#cost-problem").await;

    fs::rename(&away, &script).unwrap();
    page.click("#engine-lost button").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    assert_eq!(page.run("return document.querySelectorAll('#engine-lost').length", vec![]).await, 0);
    page.close_with(&[], &["404", "start-engine.js"]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_busy_keeps_its_session_and_its_rate() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    page.connect("/zenoh").await;
    page.run("document.querySelectorAll('#pane-router details').forEach((one) => one.open = true)", vec![]).await;
    page.click("#rate-start").await;
    page.wait("#rate-stop").await;
    // Longer than the lease of the session, so that a page that owned it would have lost it.
    let script = "
        const [done] = arguments, begun = performance.now();
        while (performance.now() - begun < 70000);
        done(document.querySelector('#session').dataset.state);";
    page.client
        .update_timeouts(fantoccini::wd::TimeoutConfiguration::new(
            Some(std::time::Duration::from_secs(150)),
            None,
            None,
        ))
        .await
        .unwrap();
    let state = page.client.execute_async(script, vec![]).await.unwrap();
    assert_eq!(state, json!("open"));
    page.wait("#session[data-state=open]").await;
    // 30 Hz for 70 s, less what a busy machine leaves out.
    let puts = "return Number(document.querySelector('#rate').dataset.puts)";
    let many = page.run(puts, vec![]).await.as_f64().unwrap();
    assert!(many > 1000.0, "{many} puts");
    assert_eq!(page.run("return document.querySelectorAll('#stood-still').length", vec![]).await, 0);
    page.click("#rate-stop").await;
    page.close(&[]).await;
    lab.stop().await;
}
