//! The whole session in the built page: every tab of the Router pane against the `zenoh` crate and
//! the official Python client, in both directions. Also a hidden page and, in the long run, a
//! frozen one.
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

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::{Value, json};
use support::{
    GUARD,
    browser::{Engine, Page, SOCKET_FAILED},
    lab::{joined, lab, options, turn, url},
    peers::{Native, pattern, sha256},
    python::hex,
    session_peers::Peer,
    tabs::{Tabs, ramp, row},
    tampered::{play_with, told_by_the_engine, tricky_page},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use zbytes_lab::{
    app::session::answers::WINDOW,
    client::{CongestionControl, Put},
    payload::ZBytes,
    server::{Lab, Options},
    wire::MAX_MESSAGE,
};

/// Ticks a box, or unticks it.
async fn tick(page: &Page, css: &str, on: bool) {
    page.wait(css).await;
    let now = page.run("return document.querySelector(arguments[0]).checked", vec![css.into()]).await;
    if now != json!(on) {
        page.click(css).await;
    }
}

async fn tab(page: &Page, name: &str) {
    page.click(&format!("#tab-{name}")).await;
    page.wait(&format!("#tab-{name}[aria-selected=true]")).await;
}

/// A payload in the form in which a peer describes a sample.
fn digest(bytes: &[u8]) -> Value {
    json!({ "len": bytes.len(), "sha256": sha256(bytes) })
}

/// The number of a sample that a peer describes.
fn number_of(sample: &Value) -> u64 {
    sample["source"][2].as_u64().unwrap()
}

/// The next sample of a peer, reduced to the values that the test knows. A stamp keeps only the id
/// of its clock, a source only its number.
async fn hear(peer: &mut Peer) -> Value {
    let mut sample = peer.hear("sample").await;
    let stamped_by = sample["timestamp"].as_str().and_then(|stamp| stamp.rsplit('/').next()).map(str::to_owned);
    (sample["timestamp"], sample["source"]) = (json!(stamped_by), json!(number_of(&sample)));
    sample
}

/// The hash of a row of samples, computed by the page.
async fn hash(page: &Page, row: &str) -> String {
    page.click(&format!("{row} .hash")).await;
    page.wait(&format!("{row} .digest")).await;
    page.text(&format!("{row} .digest")).await
}

/// The elements that extend beyond the right edge of the pane, or of the page.
async fn sticking_out(page: &Page) -> Value {
    let script = "
        const pane = document.querySelector('#pane-router');
        const edge = pane.getBoundingClientRect().right + 1;
        const out = [...pane.querySelectorAll('*')].filter((one) =>
            one.getBoundingClientRect().right > edge && !one.closest('.table-scroll, dialog, .unseen'));
        const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
        return [...wide, ...out.map((one) => one.id || one.className || one.tagName)];";
    page.run(script, vec![]).await
}

/// The zenoh ids of the router and of the page, as the page shows them.
async fn ids(page: &Page) -> [String; 2] {
    tab(page, "link").await;
    page.wait("#agreed-router").await;
    [page.text("#agreed-router").await, page.text("#agreed-page").await]
}

/// Puts, deletes, fence, matching: from the page to a peer.
async fn page_puts(page: &Page, peer: &mut Peer, name: &str, number: &mut u64) {
    let [router, _] = ids(page).await;
    tab(page, "put").await;
    row(page, 70_000).await;
    let key = format!("lab/to/{name}");
    page.fill("#key", &key).await;
    page.fill("#put-priority", "real time").await;
    page.fill("#put-encoding", "text/plain;utf-8").await;
    page.fill("#put-attachment", "grüße").await;
    tick(page, "#put-express", true).await;
    tick(page, "#put-numbered", true).await;
    let mut expected = json!({
        "key": key, "kind": "PUT", "payload": digest(&ramp(70_000)), "encoding": "text/plain;utf-8",
        "attachment": hex("grüße".as_bytes()), "timestamp": router, "priority": "REAL_TIME", "congestion": "BLOCK", "express": true,
        "source": *number,
    });
    if name == "native" {
        expected["reliable"] = json!(true);
    }
    for drops in [false, true] {
        page.click(if drops { "#put-drop" } else { "#put-block" }).await;
        page.put_by("#put").await;
        (expected["congestion"], expected["source"]) = (json!(if drops { "DROP" } else { "BLOCK" }), json!(*number));
        *number += 1;
        assert_eq!(hear(peer).await, expected);
    }
    // The page's own subscription shows the same.
    let more = format!("#samples [data-more='{key}'][data-number='{}']", *number - 1);
    page.wait(&more).await;
    let more = page.text(&more).await;
    for word in [
        &format!("number {}", *number - 1),
        "text/plain;utf-8",
        "attachment 7 B “grüße”",
        "real time",
        "DROP",
        "express",
    ] {
        assert!(more.contains(word), "{word} in {more}");
    }
    page.click("#put-block").await;
    page.click("#delete").await;
    page.wait("#put-result[data-state=done]").await;
    (expected["kind"], expected["payload"]) = (json!("DELETE"), digest(&[]));
    (expected["encoding"], expected["congestion"]) = (json!("zenoh/bytes"), json!("BLOCK"));
    expected["source"] = json!(*number);
    // A router stamps puts only.
    expected["timestamp"] = Value::Null;
    *number += 1;
    assert_eq!(hear(peer).await, expected);
    page.click("#flush").await;
    page.wait("#flush-result[data-state=done]").await;

    // Matching status: the peer subscribes to the first key. The second key has no subscriber, and
    // the page reports it.
    page.wait("#matching[data-matching=true]").await;
    page.fill("#key", "none/here").await;
    page.wait("#matching[data-matching=false]").await;
    page.fill("#key", &key).await;
    page.wait("#matching[data-matching=true]").await;
}

/// A put and a delete as best effort, with the page's own timestamp. Their numbers are apart from
/// those of reliable puts. `turn` counts the peers.
async fn page_puts_otherwise(page: &Page, peer: &mut Peer, name: &str, turn: u64) {
    let [_, own] = ids(page).await;
    tab(page, "put").await;
    let key = format!("lab/to/{name}/otherwise");
    page.fill("#key", &key).await;
    page.fill("#put-reliability", "best effort").await;
    page.fill("#put-timestamp", "now").await;
    for (button, number) in [("#put", 2 * turn), ("#delete", 2 * turn + 1)] {
        page.put_by(button).await;
        let heard = hear(peer).await;
        let kind = if button == "#put" { "PUT" } else { "DELETE" };
        assert_eq!(
            [&heard["key"], &heard["kind"], &heard["source"], &heard["timestamp"]],
            [&json!(key), &json!(kind), &json!(number), &json!(own)],
        );
        if name == "native" {
            assert_eq!(heard["reliable"], false);
        }
        let more = format!("#samples [data-more='{key}'][data-number='{number}']");
        page.wait(&more).await;
        let more = page.text(&more).await;
        assert!(more.contains("best effort") && more.contains("by this page"), "{more}");
    }
    page.fill("#put-reliability", "reliable").await;
    page.fill("#put-timestamp", "none").await;
}

/// Puts and deletes of a peer. The peer skips some numbers.
async fn peer_puts(page: &Page, peer: &mut Peer, name: &str) {
    // The page subscribes, and the router reports that to the peer.
    peer.call(json!({ "do": "publisher", "name": "publisher", "key": "lab/x" })).await;
    while peer.call(json!({ "do": "is_matching", "name": "publisher" })).await != true {}
    let missed: u64 = page.attribute("#missed", "data-missed").await.parse().unwrap_or(0);
    for number in [5, 6, 9, 11] {
        let key = format!("lab/from/{name}/{number}");
        let put = json!({
            "do": "put", "key": key, "payload": 70_000 + number, "encoding": "application/json;x",
            "attachment": hex("über".as_bytes()), "priority": "DATA_HIGH", "congestion_control": "BLOCK", "express": true,
            "source": number,
        });
        peer.call(put).await;
        let row = format!("#samples tr[data-key='{key}'][data-len='{}'][data-local=false]", 70_000 + number);
        page.wait(&row).await;
        assert_eq!(hash(page, &row).await, sha256(&pattern(70_000 + number as usize)));
        let more = page.text(&format!("#samples [data-more='{key}']")).await;
        let words =
            format!("number {number} · application/json;x · attachment 5 B “über” · priority data high · express");
        assert_eq!(more, words);
    }
    page.wait(&format!("#missed[data-missed='{}']", missed + 3)).await;
    let delete = json!({
        "do": "delete", "key": format!("lab/from/{name}/9"), "attachment": hex(b"gone"), "congestion_control": "BLOCK",
    });
    peer.call(delete).await;
    // It is not numbered, so it does not say who sent it: it has a line of its own.
    let row = format!("#samples tr[data-key='lab/from/{name}/9'][data-len='0']");
    page.wait(&row).await;
    let more = page.text(&format!("{row} + .more-row [data-more]")).await;
    assert!(more.contains("attachment 4 B “gone”"), "{more}");
}

async fn page_gets(page: &Page, peer: &mut Peer, name: &str) {
    let key = format!("answers/{name}");
    let queryable = |answer| json!({ "do": "queryable", "name": "query", "key": key, "answers": [answer] });
    let answer = json!({
        "with": "reply", "key": key, "payload": 100_000, "encoding": "image/png", "attachment": hex(b"with it"),
    });
    peer.call(queryable(answer)).await;
    tab(page, "get").await;
    page.fill("#selector", &format!("answers/{name}?a=1;b=2")).await;
    tick(page, "#get-payload", true).await;
    page.click("#get").await;
    page.wait("#get-result[data-state=done][data-replies='1']").await;
    let mut asked = json!({
        "key": key, "parameters": "a=1;b=2", "payload": hex(&ramp(70_000)), "encoding": "text/plain;utf-8",
        "attachment": hex("grüße".as_bytes()), "any_key": false,
    });
    assert_eq!(peer.hear("query").await, asked);
    let row = format!("#replies tr[data-key='{key}'][data-len='100000'][data-local=false]");
    assert_eq!(hash(page, &row).await, sha256(&pattern(100_000)));
    assert!(page.attribute(&row, "data-segments").await.parse::<usize>().unwrap() > 1);
    let more = page.text(&format!("#replies [data-more='{key}']")).await;
    assert!(more.contains("image/png") && more.contains("attachment 7 B “with it”"), "{more}");
    let undeclare = json!({ "do": "undeclare", "name": "query" });
    peer.call(undeclare.clone()).await;

    peer.call(queryable(json!({ "with": "err", "payload": hex(b"not today"), "encoding": "text/plain" }))).await;
    tick(page, "#get-payload", false).await;
    page.fill("#get-target", "all").await;
    page.fill("#get-consolidation", "none").await;
    page.click("#get").await;
    page.wait("#get-result[data-state=done][data-replies='0'] .error-reply").await;
    assert!(page.text(".error-reply").await.contains("not today"));
    (asked["payload"], asked["encoding"]) = (Value::Null, Value::Null);
    assert_eq!(peer.hear("query").await, asked);
    peer.call(undeclare).await;
    // The page reports an invalid selector beside the field where the person typed it.
    page.fill("#selector", "a//b").await;
    page.click("#get").await;
    page.wait("#get-result[data-state=failed]").await;
    assert!(page.text("#get-problem").await.contains("is not a key expression"));
}

async fn page_answers(page: &Page, peer: &mut Peer) {
    row(page, 80_000).await;
    tab(page, "answer").await;
    tick(page, "#answer-error", false).await;
    page.fill("#answer-key", "page/answer").await;
    page.click("#answer-key-declare").await;
    page.wait("#answer-key-undeclare").await;
    let get =
        json!({ "do": "get", "selector": "page/*?x=1", "payload": hex(b"a question"), "attachment": hex(b"please") });
    let answer = loop {
        // A router does not report when its other clients know a queryable.
        let answer = peer.call(get.clone()).await;
        if answer != json!([]) {
            break answer;
        }
    };
    let reply = &answer[0]["ok"];
    for (field, value) in [
        ("key", json!("page/answer")),
        ("payload", json!(hex(&ramp(80_000)))),
        ("encoding", json!("text/plain;utf-8")),
        ("attachment", json!(hex("grüße".as_bytes()))),
    ] {
        assert!(reply[field] == value, "{field} of {reply}");
    }
    page.wait("#queries tr[data-selector='page/*?x=1']").await;
    let words = page.text("#queries tr").await;
    assert!(words.contains("10 B") && words.contains("attachment 6 B “please”"), "{words}");
    page.wait("#answer-result[data-answered='1']").await;
    tick(page, "#answer-error", true).await;
    let answer = peer.call(get).await;
    let words = hex(b"answers with an error");
    assert!(answer[0]["err"]["payload"].as_str().unwrap().contains(&words), "{answer}");
    page.wait("#answer-result[data-answered='2']").await;
    page.click("#answer-key-undeclare").await;
    page.wait("#answer-key-declare").await;
}

async fn liveliness(page: &Page, peer: &mut Peer, name: &str) {
    tab(page, "liveliness").await;
    peer.call(json!({ "do": "token", "name": "token", "key": format!("lab/alive/{name}") })).await;
    let token = |alive: bool| format!("#tokens tr[data-token='lab/alive/{name}'][data-alive={alive}]");
    page.click("#alive-list").await;
    page.wait("#alive[data-state=done]").await;
    page.wait(&token(true)).await;
    page.click("#alive-key-declare").await;
    page.wait("#alive-key-undeclare").await;
    page.wait(&token(true)).await;
    peer.call(json!({ "do": "undeclare", "name": "token" })).await;
    page.wait(&token(false)).await;
    page.click("#alive-key-undeclare").await;
    page.fill("#token-key", &format!("lab/alive/page/{name}")).await;
    page.click("#token-key-declare").await;
    page.wait("#token-words[data-declared=true]").await;
    let ours = json!([format!("lab/alive/page/{name}")]);
    for expected in [ours, json!([])] {
        while peer.call(json!({ "do": "alive", "key": "lab/alive/**" })).await != expected {}
        page.click("#token-key-undeclare, #token-key-declare").await;
    }
    page.wait("#token-key-undeclare").await;
    page.click("#token-key-undeclare").await;
}

async fn at_a_rate(page: &Page, peer: &mut Peer, number: &mut u64) {
    tab(page, "put").await;
    page.fill("#put-attachment", "").await;
    page.fill("#hz", "200").await;
    page.click("#rate-start").await;
    for _ in 0..100 {
        assert_eq!(number_of(&peer.hear("sample").await), *number, "none is missing");
        *number += 1;
    }
    page.wait("#rate[data-state=running]:not([data-puts='0'])").await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped]").await;
    assert_eq!(page.attribute("#rate", "data-dropped").await, "0");
    // The puts in flight still arrive, in their order, and before puts made now.
    let end =
        format!("{}/end", page.run("return document.querySelector('#key').value", vec![]).await.as_str().unwrap());
    page.fill("#key", &end).await;
    page.put_by("#put").await;
    loop {
        let sample = peer.hear("sample").await;
        assert_eq!(number_of(&sample), *number);
        *number += 1;
        if sample["key"] == end {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tab_does_what_it_says_with_both_peers_both_ways() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    // Without a session, the page cannot ask, and every tab says what the person must do first.
    for name in ["get", "answer", "liveliness", "link", "put"] {
        tab(&page, name).await;
        assert!(page.text("#session-view").await.to_lowercase().contains("connect") || name == "link");
    }
    page.connect("/zenoh").await;
    let mut number = 0;
    for (turn, name) in (0..).zip(["native", "python"]) {
        let (locator, key) = (lab.tcp_locator(), format!("lab/to/{name}/**"));
        let mut peer =
            if name == "native" { Peer::native(&locator, &key).await } else { Peer::python(&locator, &key).await };
        page_puts(&page, &mut peer, name, &mut number).await;
        page_puts_otherwise(&page, &mut peer, name, turn).await;
        peer_puts(&page, &mut peer, name).await;
        page_gets(&page, &mut peer, name).await;
        page_answers(&page, &mut peer).await;
        liveliness(&page, &mut peer, name).await;
        at_a_rate(&page, &mut peer, &mut number).await;
        peer.leave().await;
    }
    // The tabs by keyboard. No element extends beyond the pane, on a screen and on a phone.
    for size in [(1440, 900), (390, 844)] {
        page.emulate(size, false).await;
        tab(&page, "put").await;
        page.run("document.querySelectorAll('.options details').forEach((one) => one.open = true)", vec![]).await;
        for name in ["put", "get", "answer", "liveliness", "link", "wire"] {
            page.wait(&format!("#tab-{name}[aria-selected=true]")).await;
            assert_eq!(sticking_out(&page).await, json!([]), "{name} at {size:?}");
            let focus = "document.querySelector(arguments[0]).focus()";
            page.run(focus, vec![format!("#tab-{name}").into()]).await;
            page.client.active_element().await.unwrap().send_keys("\u{e014}").await.unwrap();
        }
        page.wait("#tab-put[aria-selected=true]").await;
    }
    tab(&page, "link").await;
    page.wait("#agreed").await;
    let facts = page.text(".link-facts").await;
    assert!(facts.contains("batch 65,533 B, 16 lanes") && facts.contains("6 numbered ones missed"), "{facts}");
    assert!(page.text("#link-fence").await.contains("answered after"));
    // After the session is closed, the traffic and the missed samples still show.
    page.click("#disconnect").await;
    page.wait("#session[data-state=closed]").await;
    for name in ["put", "link"] {
        tab(&page, name).await;
    }
    let facts = page.text(".link-facts").await;
    assert!(facts.contains("6 numbered ones missed"), "{facts}");
    assert!(!facts.contains("sent0 messages") && !facts.contains("received0 messages"), "{facts}");

    a_link_that_is_cut(&page, &lab).await;
    page.close(&[]).await;
    lab.stop().await;
}

/// Passes everything on, until the test cuts all of its connections.
async fn forward(to: SocketAddr) -> (SocketAddr, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, cut) = (listener.local_addr().unwrap(), Arc::new(Notify::new()));
    let cuts = cut.clone();
    tokio::spawn(async move {
        while let Ok((mut page, _)) = listener.accept().await {
            let cut = cuts.clone();
            tokio::spawn(async move {
                let mut router = TcpStream::connect(to).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut page, &mut router) => {}
                    () = cut.notified() => {}
                }
            });
        }
    });
    (address, cut)
}

/// The page reports the unfinished operations, here a get whose queryable never answers. After the
/// reconnect, the session has declared everything again.
async fn a_link_that_is_cut(page: &Page, lab: &Lab) {
    let mut peer = Peer::native(&lab.tcp_locator(), "lab/cut/**").await;
    let never = peer.silent("answers/never").await;
    let (through, cut) = forward(lab.ws_locator().trim_start_matches("ws/").parse().unwrap()).await;
    tab(page, "put").await;
    page.connect(&format!("ws/{through}")).await;
    // The page cancels a put in flight: no subscriber gets it, and the next put arrives.
    page.fill("#key", "lab/cut/large").await;
    row(page, 4 * LARGE).await;
    page.run(
        "document.querySelector('#put').click();
        const cancel = setInterval(() => {
            const button = document.querySelector('#put-cancel');
            if (button) { button.click(); clearInterval(cancel); }
        }, 5);",
        vec![],
    )
    .await;
    page.wait("#put-result[data-state=failed]").await;
    let words = page.text("#put-problem").await;
    assert!(words.contains("The put was cancelled.") && words.contains("of 268,435,456 B had left"), "{words}");
    row(page, 1000).await;
    page.fill("#key", "lab/cut/after").await;
    page.click("#put").await;
    assert_eq!(peer.hear("sample").await["key"], "lab/cut/after");
    tab(page, "liveliness").await;
    page.fill("#token-key", "lab/alive/again").await;
    page.click("#token-key-declare").await;
    page.wait("#token-words[data-declared=true]").await;
    tab(page, "get").await;
    page.fill("#selector", "answers/never").await;
    page.fill("#get-timeout", "3600000").await;
    // Dropping a query sends its end.
    let mut held = Vec::new();
    for given_up in [true, false] {
        page.click("#get").await;
        page.wait("#get-result[data-state=underway]").await;
        held.push(never.recv_async().await.unwrap());
        if given_up {
            page.click("#get").await;
            page.wait("#get-result[data-state=failed]").await;
            assert!(page.text("#get-problem").await.contains("The get was cancelled."));
        }
    }
    cut.notify_waiters();
    page.wait("#get-result[data-state=failed]").await;
    assert!(page.text("#get-problem").await.contains("The get was cut off."));
    tab(page, "link").await;
    page.wait("#session-gap").await;
    let loss = page.text("#link-loss").await;
    assert!(loss.contains("The router closed the link.") && loss.contains("Unfinished: 1 get."), "{loss}");
    while peer.call(json!({ "do": "alive", "key": "lab/alive/**" })).await != json!(["lab/alive/again"]) {}
    drop((never, held));
    peer.leave().await;
}

/// Counts the page's own timers. Records the count whenever the page is hidden or shown, and
/// whenever a put changes its state.
const WATCH_TIMERS: &str = "
    window.ticks = 0; window.seen = [];
    setInterval(() => window.ticks++, 10);
    const note = (what) => window.seen.push([what, document.visibilityState, window.ticks]);
    document.addEventListener('visibilitychange', () => note('page'));
    const put = document.querySelector('#put-result');
    new MutationObserver(() => note(put.dataset.state)).observe(put, { attributeFilter: ['data-state'] });";

/// The records since the last call: the event, whether the page was hidden then, and how often its
/// timer had rung.
async fn noted(page: &Page) -> Vec<(String, bool, u64)> {
    let noted = page.run("return window.seen.splice(0)", vec![]).await;
    let noted: Vec<(String, String, u64)> = serde_json::from_value(noted).unwrap();
    noted.into_iter().map(|(what, seen, ticks)| (what, seen == "hidden", ticks)).collect()
}

/// The largest put of the hidden page. The timers of a hidden page would need sixteen turns for it.
const LARGE: usize = 64 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_goes_on_sending_as_if_it_were_seen() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Peer::native(&lab.tcp_locator(), "lab/to/**").await;
    let page = Page::open_in_tab(&url(&lab)).await;
    page.connect("/zenoh").await;
    row(&page, 65_536).await;
    page.fill("#key", "lab/to/hidden").await;
    tick(&page, "#put-numbered", true).await;
    page.fill("#hz", "100").await;
    page.run(WATCH_TIMERS, vec![]).await;
    page.click("#rate-start").await;
    peer.hear("sample").await;
    let first = page.client.window().await.unwrap();
    let other = page.client.new_window(true).await.unwrap();
    page.client.switch_to_window(other.handle.clone()).await.unwrap();
    page.client.goto("about:blank").await.unwrap();
    // The test drops the samples from before the page was hidden. The next ones must arrive while
    // it is hidden.
    peer.forget_samples();
    let mut last = number_of(&peer.hear("sample").await);
    for _ in 0..200 {
        let number = number_of(&peer.hear("sample").await);
        assert_eq!(number, last + 1);
        last = number;
    }
    page.client.switch_to_window(first.clone()).await.unwrap();
    let seen = noted(&page).await;
    let [(_, true, hidden), (_, false, shown)] = seen[..] else { panic!("not hidden once and shown again: {seen:?}") };
    assert!(shown - hidden < 100, "its timers went off {seen:?} while 200 samples were put: it was not slowed down");
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped]").await;

    // One large put, which begins after the page is hidden and ends before it is shown.
    row(&page, LARGE).await;
    page.fill("#key", "lab/to/large").await;
    page.run("setTimeout(() => document.querySelector('#put').click(), 1500)", vec![]).await;
    page.client.switch_to_window(other.handle.clone()).await.unwrap();
    while peer.hear("sample").await["key"] != "lab/to/large" {}
    page.client.switch_to_window(first.clone()).await.unwrap();
    page.wait("#put-result[data-state=done]").await;
    let seen = noted(&page).await;
    let [(_, true, _), (begun, true, from), (ended, _, to), ..] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((begun.as_str(), ended.as_str()), ("underway", "done"));
    assert!(to - from < 12, "its timers went off {} times during the put", to - from);
    page.client.switch_to_window(other.handle).await.unwrap();
    page.client.close_window().await.unwrap();
    page.client.switch_to_window(first).await.unwrap();

    // A large sample has a progress bar while it arrives.
    let flood = peer.flood("lab/flood", 32 << 20).await;
    page.wait(".arriving progress[value]").await;
    flood.abort();
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

/// Keeps the engine busy for so long. Waits until it has reported that the session was lost
/// meanwhile, and receives samples again.
async fn busy(page: &Page, peer: &mut Peer, millis: u32, key: &str) {
    play_with(page, "stand still", millis).await;
    page.wait_at_most("#session-gap", 2 * GUARD).await;
    peer.call(json!({ "do": "put", "key": key, "payload": 9, "congestion_control": "BLOCK" })).await;
    page.wait(&format!("#samples tr[data-key='{key}'][data-len='9']")).await;
    tab(page, "link").await;
    let loss = page.text("#link-loss").await;
    assert!(
        loss.contains("The link ended while this page stood still.") && !loss.contains("network was cut"),
        "{loss}"
    );
    assert_still(page, "#session-gap", "data-still", Duration::from_millis(millis.into())).await;
    tab(page, "put").await;
}

/// Checks that the page reports a pause of this length, within two seconds. It looks at its clocks
/// once a second, and a busy machine is late.
async fn assert_still(page: &Page, css: &str, attribute: &str, expected: Duration) {
    let told = Duration::from_millis(page.attribute(css, attribute).await.parse().unwrap());
    let (least, most) = (expected.saturating_sub(Duration::from_millis(200)), expected + Duration::from_secs(2));
    assert!(told >= least && told <= most, "{told:?} of {expected:?}: {}", page.text(css).await);
}

/// Freezes the page as a browser does with a hidden one. Returns how long the page was frozen.
async fn freeze(page: &Page, time: Duration) -> Duration {
    page.dev_tools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    let begun = std::time::Instant::now();
    tokio::time::sleep(time).await;
    let frozen = begun.elapsed();
    page.dev_tools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    frozen
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_stood_still_says_for_how_long_and_what_waited() {
    let _turn = turn().await;
    let dist = tricky_page("page-that-stands-still");
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let mut peer = Peer::native(&lab.tcp_locator(), "unheard").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let put = |key: &str| json!({ "do": "put", "key": key, "payload": 9, "congestion_control": "BLOCK" });
    peer.call(put("lab/before")).await;
    page.wait("#samples tr[data-key='lab/before']").await;
    tab(&page, "link").await;
    assert_eq!(page.text("#link-still").await, "", "it has not stood still yet");
    // Chromium ends the WebSockets of a page that it freezes, so the test keeps the engine busy
    // instead.
    play_with(&page, "stand still", 6000).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    peer.call(put("lab/meanwhile")).await;
    page.wait("#link-still[data-outlived=true]").await;
    assert_still(&page, "#link-still", "data-still", Duration::from_secs(6)).await;
    let words = page.text("#link-still").await;
    assert!(words.contains("This page stood still for ") && words.contains("The session has outlived it."), "{words}");
    assert_eq!(page.text("#link-loss").await, "none");
    tab(&page, "put").await;
    // The sample from the pause shows that it may have waited. Those before and after it do not.
    peer.call(put("lab/after")).await;
    page.wait("#samples tr[data-key='lab/after']").await;
    let waited = |key: &str| format!("#samples [data-more='lab/{key}']");
    assert!(page.text(&waited("meanwhile")).await.contains("waited up to "), "{}", page.text("#samples").await);
    assert_eq!([page.text(&waited("before")).await, page.text(&waited("after")).await], ["", ""]);
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_frozen_says_for_how_long() {
    frozen_page_says_for_how_long(Duration::from_secs(6)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute"]
async fn a_page_that_was_frozen_for_forty_seconds_says_forty_seconds() {
    frozen_page_says_for_how_long(Duration::from_secs(40)).await;
}

async fn frozen_page_says_for_how_long(time: Duration) {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Peer::native(&lab.tcp_locator(), "unheard").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let flood = peer.flood("lab/flood", 4 << 20).await;
    page.wait("#samples tr").await;
    let frozen = freeze(&page, time).await;
    page.wait_at_most("#session-gap", 2 * GUARD).await;
    assert_still(&page, "#session-gap", "data-still", frozen).await;
    let gap: u64 = page.attribute("#session-gap", "data-gap").await.parse().unwrap();
    assert!(u128::from(gap) >= time.as_millis(), "{gap} ms: what was in the browser does not count as heard");
    tab(&page, "link").await;
    let loss = page.text("#link-loss").await;
    assert!(loss.contains("This page stood still for ") && !loss.contains("network was cut"), "{loss}");
    flood.abort();
    page.close_with(&[], &[SOCKET_FAILED, "WebSocket is already in CLOSING or CLOSED state"]).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_is_stopped_tells_as_many_puts_as_arrive() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Peer::native(&lab.tcp_locator(), "lab/to/**").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    row(&page, 1 << 20).await;
    page.fill("#key", "lab/to/rate").await;
    page.fill("#hz", "1000").await;
    page.click("#rate-start").await;
    let mut arrived = 0;
    while arrived < 20 {
        assert_eq!(peer.hear("sample").await["key"], "lab/to/rate");
        arrived += 1;
    }
    // The page makes more puts than can leave, so some are in flight when it stops.
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped][data-leaving='0']").await;
    page.fill("#key", "lab/to/end").await;
    page.click("#put").await;
    while peer.hear("sample").await["key"] != "lab/to/end" {
        arrived += 1;
    }
    let told = ["data-puts", "data-dropped", "data-failed"];
    let mut counts = Vec::new();
    for name in told {
        counts.push(page.attribute("#rate", name).await.parse::<u64>().unwrap());
    }
    assert_eq!(counts, [arrived, 0, 0], "{}", page.text("#rate").await);
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

/// The numbers of a group of samples: how many came in all, and in the last minute.
async fn wait_group(page: &Page, key: &str, count: usize) {
    page.wait(&format!("#samples [data-group='{key}'][data-count='{count}'][data-minute='{count}']")).await;
}

/// Saves the numbers of the last minute, and returns how many lines the file has for each key, and
/// how many samples.
async fn minute_as_csv(page: &Page) -> Value {
    let script = "
        const done = arguments[0];
        const original = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            URL.createObjectURL = original;
            blob.text().then((text) => {
                const [head, ...lines] = text.trimEnd().split('\\r\\n');
                const keys = {};
                for (const line of lines) {
                    const [second, key, , samples] = line.split(',');
                    keys[key] ??= [0, 0];
                    keys[key][0] += /^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$/.test(second);
                    keys[key][1] += Number(samples);
                }
                done([head, keys]);
            });
            return '#';
        };
        document.querySelector('#samples-csv').click();";
    page.client.execute_async(script, vec![]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_by_key_are_counted_to_the_last_one() {
    const SENDERS: usize = 7;
    const PUTS: usize = 15;
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    // Seven programs at 5 Hz.
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let native = Native::join(&lab.tcp_locator(), "nothing").await;
        senders.push(tokio::spawn(async move {
            for at in 0..PUTS {
                let reading: Vec<u8> = [0.5f32, at as f32, 9.75].into_iter().flat_map(f32::to_le_bytes).collect();
                native.put(&format!("lab/imu/{sender}"), reading).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            native
        }));
    }
    for sender in 0..SENDERS {
        wait_group(&page, &format!("lab/imu/{sender}"), PUTS).await;
    }
    let mut all = SENDERS * PUTS;
    page.until("return document.querySelector('#received').textContent", json!(all.to_string())).await;
    let lines = "return [...document.querySelectorAll('#samples [data-group^=\"lab/imu/\"]')].map((row) =>
        [row.querySelector('.sample-line title').textContent.split(' ')[0], row.querySelector('.glimpse').dataset.what])";
    page.until(lines, json!(vec![(PUTS.to_string(), "float32"); SENDERS])).await;
    // The line moves on by itself when no sample comes.
    page.until("return document.querySelector('#samples .age').textContent.endsWith('s ago')", json!(true)).await;
    let csv = minute_as_csv(&page).await;
    assert_eq!(csv[0], "second,key,sender,samples");
    assert_eq!(csv[1].as_object().unwrap().len(), SENDERS);
    for (key, numbers) in csv[1].as_object().unwrap() {
        assert_eq!(numbers, &json!([60, PUTS]), "{key}");
    }
    for (size, dark) in [((1280, 720), false), ((390, 844), true)] {
        page.emulate(size, dark).await;
        page.until("return document.querySelectorAll('#samples .sample-line').length", json!(SENDERS)).await;
        assert_eq!(sticking_out(&page).await, json!([]), "{size:?}");
    }
    page.emulate((1440, 900), false).await;

    // Many at once are counted to the last one, although the page lists few of them.
    let native = senders.pop().unwrap().await.unwrap();
    for at in 0..5_000u32 {
        native.put("lab/burst", at.to_le_bytes().to_vec()).await;
    }
    wait_group(&page, "lab/burst", 5_000).await;
    all += 5_000;
    // More keys than there are lines: what is in none is counted apart.
    for at in 0..80 {
        native.put(&format!("lab/many/{at}"), vec![1]).await;
    }
    all += 80;
    let left = all - SENDERS * PUTS - 5_000 - (64 - SENDERS - 1);
    page.wait(&format!("#apart[data-apart='{left}']")).await;
    let counted = "return [...document.querySelectorAll('#samples [data-group]')].reduce((sum, row) => sum + Number(row.dataset.count), 0)";
    page.until(counted, json!(all - left)).await;

    // This page's own puts at a rate: after Stop both counts are the same.
    page.click("#forget").await;
    page.wait(&format!("#apart[data-apart='{all}']")).await;
    assert_eq!(page.text("#samples").await, "");
    row(&page, 100).await;
    page.fill("#key", "lab/rate").await;
    page.fill("#hz", "1000").await;
    page.click("#rate-start").await;
    page.until("return Number(document.querySelector('#rate')?.dataset.puts) > 300", json!(true)).await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped][data-leaving='0']").await;
    let puts: usize = page.attribute("#rate", "data-puts").await.parse().unwrap();
    page.wait(&format!("#samples [data-group='lab/rate'][data-count='{puts}']")).await;
    page.until(
        "return document.querySelector('#received').textContent.replaceAll(',', '')",
        json!((all + puts).to_string()),
    )
    .await;
    page.close(&[]).await;
    native.leave().await;
    for sender in senders {
        sender.await.unwrap().leave().await;
    }
    lab.stop().await;
}

/// Watches the lines of samples from now on: whether each stays the same element at the same place.
const WATCH_LINES: &str = "
    const rows = () => [...document.querySelectorAll('#samples [data-group^=\"lab/pages/\"]')];
    const [first, places] = [rows(), rows().map((row) => row.offsetTop)];
    window.steady = true;
    window.watch = setInterval(() => {
        const now = rows();
        window.steady &&= now.length === first.length
            && now.every((row, at) => row === first[at] && row.offsetTop === places[at] && row.querySelector('.sample-line'));
    }, 50);
    return first.map((row) => row.dataset.group);";

#[tokio::test(flavor = "multi_thread")]
async fn seven_pages_at_5_hz_are_seven_steady_lines() {
    const SENDERS: usize = 7;
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    // A program beside it counts too.
    let session = joined(&lab.tcp_locator()).await;
    let program = session.declare_subscriber("lab/pages/**").with(zenoh::handlers::FifoChannel::new(1 << 16));
    let program = program.await.unwrap();
    let keys: Vec<String> = (0..SENDERS).map(|sender| format!("lab/pages/{sender}")).collect();
    let mut tabs = Tabs::open(Engine::Chromium, &url(&lab)).await;
    for (at, key) in keys.iter().enumerate() {
        if at > 0 {
            tabs.add().await;
        }
        tabs.page.wait("#session[data-state=open]").await;
        row(&tabs.page, 12_000).await;
        tab(&tabs.page, "put").await;
        tabs.page.fill("#key", key).await;
        tabs.page.fill("#hz", "5").await;
        tabs.page.click("#rate-start").await;
        page.wait(&format!("#samples [data-group='{key}']")).await;
    }
    let lines = page.run(WATCH_LINES, vec![]).await;
    assert_eq!(lines, json!(keys));
    let number = async |page: &Page, css: &str, name: &str| page.attribute(css, name).await.parse::<usize>().unwrap();
    for key in &keys {
        let line = format!("#samples [data-group='{key}']");
        let before = number(&page, &line, "data-count").await;
        let more = format!("return Number(document.querySelector(\"{line}\").dataset.count) >= {before} + 20");
        page.until(&more, json!(true)).await;
    }
    assert_eq!(page.run("clearInterval(watch); return steady", vec![]).await, json!(true));
    println!("{}", minute_as_csv(&page).await);

    // After Stop, what has left is what the page counts, and what the program counts.
    let mut left = Vec::new();
    for at in 0..SENDERS {
        let sender = tabs.at(at).await;
        sender.click("#rate-stop").await;
        sender.wait("#rate[data-state=stopped][data-leaving='0'][data-dropped='0'][data-failed='0']").await;
        left.push(number(sender, "#rate", "data-puts").await);
    }
    for (key, left) in keys.iter().zip(&left) {
        page.wait(&format!("#samples [data-group='{key}'][data-count='{left}']")).await;
    }
    let all: usize = left.iter().sum();
    page.until("return document.querySelector('#received').textContent.replaceAll(',', '')", json!(all.to_string()))
        .await;
    let mut counted = vec![0; SENDERS];
    for _ in 0..all {
        let sample = tokio::time::timeout(GUARD, program.recv_async()).await.unwrap().unwrap();
        assert_eq!(sample.payload().len(), 12_000);
        counted[keys.iter().position(|key| key == sample.key_expr().as_str()).unwrap()] += 1;
    }
    assert_eq!(counted, left);
    assert!(program.try_recv().unwrap().is_none(), "no further sample");
    session.close().await.unwrap();
    tabs.close(&[]).await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_shown_as_what_it_is() {
    let _turn = turn().await;
    let lab = lab().await;
    let peer = Native::join(&lab.tcp_locator(), "nothing").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let shown = async |key: &str| {
        page.wait(&format!("#samples [data-group='{key}'] .glimpse")).await;
        let script =
            "return [...document.querySelectorAll(`#samples [data-group='${arguments[0]}'] .glimpse`)].map((one) =>
            [one.dataset.what, one.querySelector('code').textContent])";
        page.run(script, vec![json!(key)]).await
    };
    let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 7, 128, 0, 0, 4, 56, 8, 2]].concat();
    let numbers: Vec<u8> = (0..70_000).flat_map(i32::to_le_bytes).collect();
    for (key, bytes, what, words) in [
        ("lab/text", "21.5 °C".into(), "text", "21.5 °C"),
        ("lab/png", png, "picture", "PNG, 1,920 × 1,080"),
        ("lab/numbers", numbers, "int32", "0, 1, 2, 3, 4 …"),
        ("lab/bytes", pattern(300), "bytes", "00 1f 3e 5d 7c 9b ba d9 f8 1c …"),
    ] {
        peer.put(key, bytes).await;
        assert_eq!(shown(key).await, json!([[what, words]]), "{key}");
    }
    // Every preset of the page: what is offered to be read can be read.
    let presets = "return [...document.querySelectorAll('#preset option')].map((option) => option.value)";
    let presets: Vec<String> = serde_json::from_value(page.run(presets, vec![]).await).unwrap();
    let mut read = 0;
    // A camera gives frames after a press only: `capture` has that.
    for preset in presets.iter().filter(|preset| !(["", "empty", "camera"].contains(&preset.as_str()))) {
        page.fill("#preset", preset).await;
        page.wait("#build-state[data-state=ready]:not([data-bytes='0'])").await;
        let key = format!("lab/preset/{preset}");
        page.fill("#key", &key).await;
        page.click("#put").await;
        page.wait(&format!("#samples tr[data-key='{key}'][data-local=true]")).await;
        let cell = format!("#samples tr[data-key='{key}'] .read-cell");
        match page.text(&cell).await.as_str() {
            "–" => assert_ne!(shown(&key).await[0][0], "message"),
            word => {
                assert_eq!((word, &shown(&key).await[0][0]), ("read", &json!("message")), "{preset}");
                page.click(&format!("#samples tr[data-key='{key}'] .read-message")).await;
                page.wait("#message-dialog[open][data-state=read]").await;
                page.click("#message-dialog .dialog-head button").await;
                page.wait("#message-dialog:not([open])").await;
                read += 1;
            }
        }
    }
    assert_eq!(read, 3, "of {presets:?}");
    // The three segments of the first preset, by their values.
    let parts = shown("lab/preset/framed").await;
    let what: Vec<_> = parts.as_array().unwrap().iter().map(|part| part[0].as_str().unwrap().to_owned()).collect();
    assert_eq!((what.len(), what[1].as_str()), (3, "int32"), "{parts}");
    assert_eq!(parts[1][1], "0, 1, 2, 3, 4 …");

    // One by one, and back.
    page.click("#samples-one-by-one").await;
    page.wait("#samples tr[data-key='lab/text'] + .more-row .glimpse[data-what=text]").await;
    assert_eq!(page.attribute("#samples [data-group]", "class").await, "");
    page.click("#samples-by-key").await;
    page.wait("#samples [data-group='lab/text']").await;
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

/// The counts of the ReplySample tab: asked, answered, refused, cut off, waiting.
async fn answers(page: &Page) -> [u64; 5] {
    let mut counts = [0; 5];
    for (count, name) in counts.iter_mut().zip(["asked", "answered", "refused", "failed", "waiting"]) {
        *count = page.attribute("#answer-result", &format!("data-{name}")).await.parse().unwrap();
    }
    counts
}

/// Asks this often at the same time. Returns how many gets were answered with `len` bytes, and the
/// errors of the others.
async fn ask_at_once(session: &zenoh::Session, times: usize, timeout: Duration, len: usize) -> (usize, Vec<String>) {
    let mut all = Vec::new();
    for _ in 0..times {
        all.push(session.get("page/window").timeout(timeout).await.unwrap());
    }
    let (mut payloads, mut errors) = (0, Vec::new());
    for replies in all {
        let (mut answered, mut word) = (0, None);
        while let Ok(reply) = replies.recv_async().await {
            match reply.result() {
                Ok(sample) => {
                    assert_eq!(sample.payload().len(), len);
                    answered += 1;
                }
                Err(error) => word = Some(String::from_utf8_lossy(&error.payload().to_bytes()).into_owned()),
            }
        }
        // The querier's own clock may end a get between its answer and the end of that answer.
        assert!(answered <= 1 && answered + usize::from(word.is_some()) > 0, "a get ends in its answer or in a word");
        payloads += answered;
        errors.extend(word.filter(|_| answered == 0));
    }
    (payloads, errors)
}

async fn many_gets(times: usize) {
    let _turn = turn().await;
    let lab = lab().await;
    let session = support::lab::joined(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    // Three segments: one borrowed, one moved, one copied.
    let len: usize = page.attribute("#build-state", "data-bytes").await.parse().unwrap();
    assert!(len > 11 << 20);
    tab(&page, "answer").await;
    page.fill("#answer-key", "page/window").await;
    page.click("#answer-key-declare").await;
    page.wait("#answer-key-undeclare").await;
    // A router does not report when its other clients know a queryable.
    let mut asked = 0;
    while asked == 0 {
        let replies = session.get("page/window").await.unwrap();
        while replies.recv_async().await.is_ok() {
            asked += 1;
        }
    }
    page.wait("#answer-result[data-answered='1']").await;
    let patient = Duration::from_secs(10 * times as u64);
    let (payloads, errors) = ask_at_once(&session, times, patient, len).await;
    assert_eq!((payloads, &errors), (times, &Vec::new()));
    let all = times as u64 + 1;
    page.wait(&format!("#answer-result[data-answered='{all}']")).await;
    assert_eq!(answers(&page).await, [all, all, 0, 0, 0]);
    let most: usize = page.attribute("#answer-result", "data-most-held").await.parse().unwrap();
    assert!(most > len && most < WINDOW + len, "{most} B of {len} each were held at once");

    // Queriers with a short timeout: the page sends an error to those that it answers too late, and
    // counts all.
    let hasty = Duration::from_millis(500);
    let (payloads, errors) = ask_at_once(&session, times, hasty, len).await;
    assert_eq!(payloads + errors.len(), times);
    page.wait(&format!("#answer-result[data-asked='{}'][data-waiting='0']", all + times as u64)).await;
    let [_, answered, refused, failed, _] = answers(&page).await;
    assert_eq!((answered + refused, failed), (all + times as u64, 0));
    assert!(refused > 0, "{}", page.text("#answer-result").await);
    let told = page.text("#answer-problem").await;
    assert!(told.contains("could not answer within 0.4 s of the 0.5 s"), "{told}");

    // Queries that wait when the page stops answering get an error too.
    let gets = tokio::spawn({
        let session = session.clone();
        async move { ask_at_once(&session, times, patient, len).await }
    });
    let before = all + times as u64;
    page.wait(&format!("#answer-result[data-asked='{}']", before + times as u64)).await;
    page.click("#answer-key-undeclare").await;
    let (payloads, errors) = gets.await.unwrap();
    assert_eq!(payloads + errors.len(), times);
    let asked = "return document.querySelector('#answer-result').dataset.waiting";
    page.until(asked, json!("0")).await;
    session.close().await.unwrap();
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_gets_are_answered_in_turn_and_hold_at_most_a_window() {
    many_gets(60).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "moves eleven gibibytes"]
async fn five_hundred_gets_are_answered_within_one_window() {
    many_gets(500).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes more than a minute"]
async fn an_engine_busy_beyond_its_lease_is_told_and_hears_again() {
    let _turn = turn().await;
    let dist = tricky_page("page-whose-engine-is-busy");
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let mut peer = Peer::native(&lab.tcp_locator(), "unheard").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    // While samples wait for the page, a router waits for some seconds before it ends the session.
    let flood = peer.flood("lab/flood", 4 << 20).await;
    page.wait("#samples tr").await;
    busy(&page, &mut peer, 8_000, "lab/frozen").await;
    flood.abort();
    page.click("#disconnect").await;
    page.wait("#session[data-state=closed]").await;
    page.connect("/zenoh").await;
    // Otherwise it waits for the lease that the page has announced, which is a minute.
    busy(&page, &mut peer, 70_000, "lab/busy").await;
    page.close_with(&[], &[SOCKET_FAILED]).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "moves a gibibyte"]
async fn the_largest_payload_leaves_a_page_that_goes_on_answering() {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
    let _turn = turn().await;
    let dist = tricky_page("page-with-the-largest-payload");
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let mut native = Native::join(&lab.tcp_locator(), "lab/largest").await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#locator", "/zenoh").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    let key = zbytes_lab::client::KeyExpr::new("lab/largest").unwrap();
    let put = Put { congestion_control: CongestionControl::Block, ..Put::new(key, ZBytes::empty()) };
    let fits = |len: &usize| put.message_len(*len, None).is_ok();
    let len = (MAX_MESSAGE - 100..=MAX_MESSAGE).rev().find(fits).unwrap();
    assert_eq!(
        put.message_len(len, None),
        Ok(MAX_MESSAGE),
        "the message is as long as one may be, the router's timestamp included"
    );
    page.fill("#key", "lab/largest").await;
    page.fill("#preset", "tensor").await;
    page.fill("#row-type", "Uint8").await;
    page.fill("#row-place", "js").await;
    page.click("#row-mode-borrow").await;
    page.fill("#row-length", &len.to_string()).await;
    page.wait_at_most(&format!("#build-state[data-state=ready][data-bytes='{len}']"), PATIENCE).await;

    let before = told_by_the_engine(&page, "memory").await;
    page.click("#put").await;
    // A person's click, repeatedly. Each click has its effect while the payload is still leaving.
    let (mut answered, mut shares) = (0, std::collections::BTreeSet::new());
    loop {
        let theme = page.attribute("#theme", "data-value").await;
        page.press("#theme").await;
        page.wait(&format!("#theme:not([data-value='{theme}'])")).await;
        if page.attribute("#put-result", "data-state").await != "underway" {
            break;
        }
        answered += 1;
        shares.insert(page.attribute("#put-result progress", "value").await);
    }
    page.wait_at_most("#put-result[data-state=done]", PATIENCE).await;
    assert!(answered >= 10 && shares.len() >= 5, "{answered} clicks were answered meanwhile, at {shares:?}");
    let grown = told_by_the_engine(&page, "memory").await - before;
    assert!(grown < 64 << 20, "wasm memory grew by {grown} B");

    let period: Vec<u8> = (0..=255).collect();
    let mut expected = period.repeat(len / 256 + 1);
    expected.truncate(len);
    let seen = native.next_within(PATIENCE).await;
    assert_eq!((seen.len, seen.digest), (len, sha256(&expected)));
    drop(expected);

    // The page refuses one byte more, with the length and the limit, and sends none of it.
    page.fill("#row-length", &(len + 1).to_string()).await;
    page.wait_at_most(&format!("#build-state[data-state=ready][data-bytes='{}']", len + 1), PATIENCE).await;
    page.click("#put").await;
    page.wait("#put-problem").await;
    let words = page.text("#put-problem").await;
    assert!(words.contains("too long") && words.contains("1,073,741,825"), "{words}");
    row(&page, 5).await;
    page.click("#put").await;
    assert_eq!(native.next().await.len, 5, "the next that arrives is the next that was put");
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}
