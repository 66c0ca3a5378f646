//! The built page in a real headless Chromium, against the embedded router, the `zenoh` crate and
//! the official Python client.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{collections::BTreeSet, net::SocketAddr};

use serde_json::json;
use support::{
    browser::{Page, SOCKET_FAILED},
    lab::{lab, options, turn, url},
    peers::{Native, Seen, pattern, sha256},
    python::Python,
    tabs::{drop_file, elements},
    tampered::{play, tricky_page},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};
use zbytes_lab::{
    segment::Element,
    server::{Lab, Options},
};

/// Sizes at the borders: of a byte, of one batch, of a payload that needs 181 of them.
const SIZES: [usize; 6] = [0, 1, 65_535, 65_536, 70_000, 11_796_480];

const CUTS: [usize; 3] = [1, 3, 1_000];

/// Makes the rows for `len` bytes in `cuts` segments: a row of the shorter ones, and a row of those
/// that are a byte longer.
async fn rows(page: &Page, len: usize, cuts: usize, place: &str) {
    let (short, longer) = (len / cuts, len % cuts);
    page.fill("#preset", "tensor").await;
    page.fill("#row-type", "Uint8").await;
    page.fill("#row-place", place).await;
    if longer > 0 {
        page.click("#row-duplicate").await;
        page.wait("#row-1.open").await;
        page.fill("#row-length", &(short + 1).to_string()).await;
        page.fill("#row-repeat", &longer.to_string()).await;
        page.click("#row-up").await;
        page.click("#row-1 button").await;
        page.wait("#row-1.open").await;
    }
    page.fill("#row-length", &short.to_string()).await;
    page.fill("#row-repeat", &(cuts - longer).to_string()).await;
}

/// The bytes of those rows: in each row a ramp that continues from array to array.
fn expected(len: usize, cuts: usize) -> Vec<u8> {
    let (short, longer) = (len / cuts, len % cuts);
    let ramp = |n: usize| (0..n).map(|i| i as u8);
    ramp((short + 1) * longer).chain(ramp(short * (cuts - longer))).collect()
}

async fn page_to_both(locator: impl Fn(&Lab) -> String) {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let mut python = Python::join(&lab.tcp_locator()).await;
    python.subscribe("lab/**").await;
    let page = Page::open(&url(&lab)).await;
    page.connect(&locator(&lab)).await;
    let mut received = 0;
    for len in SIZES {
        for cuts in CUTS {
            let digest = sha256(&expected(len, cuts));
            rows(&page, len, cuts, if cuts == 3 { "wasm" } else { "js" }).await;
            for mode in ["borrow", "copy", "move"] {
                let what = format!("{len} B in {cuts} segments by {mode}");
                page.click(&format!("#mode-all-{mode}")).await;
                page.wait("#build-state[data-state=ready]").await;
                let key = format!("lab/{len}/{cuts}/{mode}");
                page.fill("#key", &key).await;
                page.put_by("#put").await;
                assert_eq!(native.next().await, Seen { key: key.clone(), len, digest: digest.clone() }, "{what}");
                assert_eq!(python.seen().await, Seen { key: key.clone(), len, digest: digest.clone() }, "{what}");
                // The ledger: each byte is gathered once. Only the mode copy copies it once before
                // that.
                let figure = async |name| page.attribute("#put-result", name).await.parse::<usize>().unwrap();
                assert_eq!(figure("data-gathered").await, len, "{what}");
                assert_eq!(figure("data-built").await, if mode == "copy" { len } else { 0 }, "{what}");
                // The page's own subscription gets the sample once, directly from the put, in the
                // segments of the payload.
                received += 1;
                page.wait(&format!("#samples tr[data-key='{key}'][data-local=true][data-segments='{cuts}']")).await;
                assert_eq!(page.text("#received").await, received.to_string(), "{what}");
            }
        }
    }
    page.close(&[]).await;
    native.leave().await;
    python.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_size_cut_and_mode_reaches_both_peers_over_the_endpoint() {
    page_to_both(|_| "/zenoh".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_size_and_mode_reaches_both_peers_over_the_ws_port() {
    page_to_both(Lab::ws_locator).await;
}

async fn both_to_page(locator: impl Fn(&Lab) -> String) {
    let _turn = turn().await;
    let lab = lab().await;
    let native = Native::join(&lab.tcp_locator(), "nothing").await;
    let mut python = Python::join(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.connect(&locator(&lab)).await;
    for len in SIZES {
        let digest = sha256(&pattern(len));
        for from in ["native", "python"] {
            let key = format!("lab/{from}/{len}");
            if from == "native" {
                native.put(&key, pattern(len)).await;
            } else {
                python.put(&key, len).await;
            }
            let row = format!("#samples tr[data-key='{key}'][data-local=false][data-len='{len}']");
            page.wait(&row).await;
            let segments: usize = page.attribute(&row, "data-segments").await.parse().unwrap();
            assert_eq!(segments == 0, len == 0, "an empty payload has no segment");
            assert!(segments >= len.div_ceil(65_535), "{segments} arrays for {len} B");
            page.click(&format!("{row} .hash")).await;
            page.wait(&format!("{row} .digest")).await;
            assert_eq!(page.text(&format!("{row} .digest")).await, digest, "{key}");
        }
    }
    assert_eq!(page.text("#received").await, (SIZES.len() * 2).to_string());
    page.close(&[]).await;
    native.leave().await;
    python.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_size_of_both_peers_reaches_the_page_by_the_endpoint() {
    both_to_page(|_| "/zenoh".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_size_of_both_peers_reaches_the_page_by_the_ws_port() {
    both_to_page(Lab::ws_locator).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_stops_is_told_at_once_and_found_again() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    for locator in ["/zenoh".to_owned(), lab.ws_locator()] {
        page.connect(&locator).await;
        lab.stop_router().await;
        page.wait("#session[data-state=lost]").await;
        let words = page.text("#session-problem").await;
        assert!(words.contains("The router closed"), "{words}");
        page.wait("#session-lost:not([data-attempt='1'])").await;
        let words = page.text("#session-lost").await;
        assert!(words.contains("Reconnecting in") && words.contains("The lab's router is stopped."), "{words}");
        assert_eq!(page.attribute("#put", "disabled").await, "disabled");
        assert!(page.text("#put-result").await.contains("lost"));
        page.wait("#undeclare").await;
        lab.start_router().await.unwrap();
        page.wait("#session[data-state=open]").await;
        let words = page.text("#session-gap").await;
        assert!(words.contains("Nothing was heard for") && words.contains("lab/**"), "{words}");
        // The session has declared everything again.
        let native = Native::join(&lab.tcp_locator(), "unheard").await;
        native.put("lab/back", vec![7; 70_000]).await;
        page.wait("#samples tr[data-key='lab/back'][data-len='70000']").await;
        native.leave().await;
        page.click("#forget").await;
        page.click("#undeclare").await;
        page.click("#disconnect").await;
        page.wait("#session[data-state=closed]").await;
        assert_eq!(page.text("#session-gap").await, "");
    }
    // The person can give up a lost session. The page makes no further attempt then.
    page.connect("/zenoh").await;
    lab.stop_router().await;
    page.wait("#session[data-state=lost]").await;
    page.click("#disconnect").await;
    page.wait("#session[data-state=closed]").await;
    lab.start_router().await.unwrap();
    page.connect("/zenoh").await;
    // The default actions of a mouse are included: when a button turns into another one, the same
    // press must not press that too.
    page.press("#undeclare").await;
    page.wait("#subscribe").await;
    page.press("#disconnect").await;
    page.wait("#session[data-state=closed]").await;
    page.press("#connect").await;
    page.wait("#session[data-state=open]").await;
    page.wait("#subscribe").await;
    page.close_with(&[], &[SOCKET_FAILED]).await;
    lab.stop().await;
}

/// A proxy that passes on the first `most` bytes of the page, then holds everything back.
async fn narrow(to: SocketAddr, most: u64) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (page, _) = listener.accept().await.unwrap();
        let router = TcpStream::connect(to).await.unwrap();
        let (page_reads, mut page_writes) = page.into_split();
        let (mut router_reads, mut router_writes) = router.into_split();
        let mut first = page_reads.take(most);
        let up = async {
            // Either side may be cut at any time: the test is about that.
            let _ = copy(&mut first, &mut router_writes).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = up => {}
            _ = copy(&mut router_reads, &mut page_writes) => {}
        }
        drop(page_writes);
    });
    (address, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_is_cut_off_says_how_much_was_handed_over() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    let router: SocketAddr = lab.ws_locator().trim_start_matches("ws/").parse().unwrap();
    let (through, task) = narrow(router, 3 << 20).await;
    page.connect(&format!("ws/{through}")).await;
    page.fill("#row-length", "33554432").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#put").await;
    page.wait("#put-result[data-state=underway] progress:not([value='0'])").await;
    lab.stop_router().await;
    page.wait("#put-result[data-state=failed]").await;
    let words = page.text("#put-problem").await;
    let handed: usize =
        words.split(" of 134,217,728 B").next().unwrap().rsplit(' ').next().unwrap().replace(',', "").parse().unwrap();
    assert!(handed > 0 && handed < 134_217_728, "{words}");
    assert!(words.contains("unharmed"), "{words}");
    page.wait("#session[data-state=lost]").await;
    let words = page.text("#session-lost").await;
    assert!(words.contains("What was under way has failed: 1 put."), "{words}");
    task.abort();
    page.close_with(&[], &[SOCKET_FAILED]).await;
    lab.stop().await;
}

/// Serves WebSockets that are not a router: it closes them, sends text, or sends nothing that zenoh
/// would send.
async fn impostor(answer: Option<&'static str>) -> SocketAddr {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::{accept_async, tungstenite::Message};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut socket = accept_async(stream).await.unwrap();
                while let Some(Ok(_)) = socket.next().await {
                    let message = match answer {
                        Some("text") => Message::text("hello"),
                        Some(_) => Message::binary(b"these are not zenoh bytes".to_vec()),
                        None => return,
                    };
                    let _ = socket.send(message).await;
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_told_in_words_where_it_was_typed() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let refused = async |locator: &str, expected: &str| {
        page.fill("#locator", locator).await;
        page.click("#connect").await;
        page.wait("#session-problem").await;
        let words = page.text("#session-problem").await;
        assert!(words.contains(expected), "{locator}: {words}");
        assert_eq!(page.attribute("#session", "data-state").await, "failed");
    };
    refused("tcp/127.0.0.1:7447", "WebSocket only").await;
    refused("nonsense", "ws/HOST:PORT").await;
    refused("ws/127.0.0.1", "HOST:PORT").await;
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    refused(&format!("ws/{unused}"), "nothing listens there").await;
    refused(&format!("ws/{}", impostor(None).await), "not a zenoh router").await;
    refused(&format!("ws/{}", impostor(Some("text")).await), "not a zenoh router").await;
    refused(&format!("ws/{}", impostor(Some("binary")).await), "cannot read as zenoh").await;
    // A web server that is not a WebSocket server.
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = web.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    refused(&format!("ws/{address}"), "No connection").await;
    // A server that accepts the connection and stays silent.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = silent.accept().await.unwrap();
        let _socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        std::future::pending::<()>().await;
    });
    refused(&format!("ws/{address}"), "did not answer").await;
    // The lab itself still works.
    page.connect("/zenoh").await;
    page.close(&[(SOCKET_FAILED, 2)]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_told_in_words_where_it_was_typed() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    page.connect("/zenoh").await;
    page.click("#undeclare").await;
    for wrong in ["", "/lab", "lab//x", "lab/x#"] {
        page.fill("#key", wrong).await;
        page.wait("#key[aria-invalid=true]").await;
        page.click("#put").await;
        page.wait("#put-problem").await;
        let words = page.text("#put-problem").await;
        assert!(words.contains("is not a key expression") && words.contains("lab/tensor"), "{wrong}: {words}");
        page.fill("#sub-key", wrong).await;
        page.click("#subscribe").await;
        page.wait("#sub-problem").await;
        assert!(page.text("#sub-problem").await.contains("is not a key expression"), "{wrong}");
    }
    page.fill("#key", "lab/tensor").await;
    // The page can build exactly 2^30 bytes, but the message around them is longer.
    page.fill("#row-fill", "zeros").await;
    page.fill("#row-length", "268435456").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#put").await;
    page.wait("#put-problem").await;
    let words = page.text("#put-problem").await;
    assert!(
        words.contains("too long") && words.contains("1,073,741,824 B") && words.contains("Nothing was sent"),
        "{words}"
    );
    // The page cannot even build two of them.
    page.click("#row-duplicate").await;
    page.wait("#build-problem").await;
    let words = page.text("#build-problem").await;
    assert!(words.contains("too long") && words.contains("2,147,483,648 B"), "{words}");
    page.click("#row-remove").await;
    for (field, wrong, expected) in [
        ("#row-length", "12 bananas", "whole number"),
        ("#row-length", "268435457", "268,435,456"),
        ("#row-repeat", "0", "from 1"),
        ("#row-repeat", "100001", "100,000"),
    ] {
        page.fill(field, wrong).await;
        page.wait(".field-error").await;
        let words = page.text(".field-error").await;
        assert!(words.contains(expected), "{wrong}: {words}");
        page.fill(field, "1").await;
    }
    // No subscriber has received any of that, and the session continues.
    page.wait("#build-state[data-state=ready]").await;
    page.put_by("#put").await;
    assert_eq!(native.next().await.len, 4);
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_is_refused_at_the_endpoint() {
    let _turn = turn().await;
    let (here, there) = (lab().await, lab().await);
    let page = Page::open(&url(&here)).await;
    page.fill("#locator", &format!("ws://{}/zenoh", there.page_addr())).await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    assert!(page.text("#session-problem").await.contains("does not allow this page"));
    // The page's own endpoint accepts it.
    page.connect("/zenoh").await;
    page.close(&[(SOCKET_FAILED, 1)]).await;
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_over_http_publishes_hashes_and_says_what_it_lacks() {
    let _turn = turn().await;
    let lab = Lab::start(Options { lan: true, code: Some("none".into()), ..options() }).await.unwrap();
    // Finds the machine's own address by asking which one it would use. This sends nothing.
    let probe = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = probe.connect("192.0.2.254:9").and_then(|()| probe.local_addr()).map(|address| address.ip());
    let own = own.expect("an address of this machine that is not loopback");
    assert!(!own.is_loopback());
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open(&format!("http://{own}:{}/", lab.page_addr().port())).await;
    assert_eq!(page.run("return window.isSecureContext", vec![]).await, json!(false));
    page.connect("/zenoh").await;
    page.put_by("#put").await;
    let seen = native.next().await;
    page.click("#samples .hash").await;
    page.wait("#samples .digest").await;
    assert_eq!(page.text("#samples .digest").await, seen.digest);
    let words = page.text("#insecure").await.to_lowercase();
    for word in ["plain http", "clipboard", "isolation", "hashing works"] {
        assert!(words.contains(word), "{word} in {words}");
    }
    // Without isolation, the page still has shared memory of wasm, and refuses it.
    let findings = attempt(&page, "refuse").await;
    assert!(findings.len() == 8 && findings.iter().all(|[_, held, _]| held == "yes"), "{findings:#?}");
    // The router's own ports stay on loopback.
    for locator in [lab.ws_locator(), lab.tcp_locator()] {
        let port = locator.rsplit(':').next().unwrap().parse::<u16>().unwrap();
        assert!(TcpStream::connect((own, port)).await.is_err(), "{locator} is reachable from {own}");
    }
    // Chromium itself reports that it ignores the isolation headers of such a page.
    page.close(&[("Cross-Origin-Opener-Policy header has been ignored", 1)]).await;
    native.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layout_and_the_cost_count_what_is_copied() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    assert_eq!(page.run("return window.crossOriginIsolated", vec![]).await, json!(true));
    let ledger = async || {
        let mut figures = Vec::new();
        for id in ["#ledger-building", "#ledger-gathering", "#ledger-total"] {
            figures.push(page.text(id).await.replace(|c: char| !c.is_ascii_digit(), "").parse::<usize>().unwrap());
        }
        figures
    };
    assert_eq!(ledger().await, [0, 11_796_480, 11_796_480]);
    page.click("#view-all-copy").await;
    assert_eq!(ledger().await, [11_796_480, 11_796_480, 23_592_960]);
    page.click("#view-as-set").await;
    page.fill("#preset", "three").await;
    page.wait("#row-2").await;
    assert_eq!(ledger().await, [128, 12_192, 12_320]);
    page.click("#row-2 button").await;
    page.click("#row-up").await;
    page.wait("#row-1.open").await;
    page.click("#row-remove").await;
    page.click("#add-array").await;
    page.wait("#row-2.open").await;
    page.fill("#row-type", "Float64").await;
    assert_eq!(ledger().await, [8_192, 64 + 12_000 + 8_192, 64 + 12_000 + 8_192 * 2]);
    page.fill("#preset", "framed").await;
    page.wait("#row-2").await;
    assert_eq!(ledger().await, [512, 11_805_184, 11_805_696]);
    page.click("#view-all-move").await;
    assert_eq!(ledger().await, [0, 11_805_184, 11_805_184]);
    assert_eq!(page.text("#ledger-refused").await, "");
    // A trailer that is a part of its buffer cannot be moved.
    page.click("#row-2 button").await;
    page.wait("#row-2.open").await;
    page.fill("#row-before", "1024").await;
    page.wait("#ledger-refused").await;
    page.click("#view-all-borrow").await;
    assert_eq!(ledger().await, [0, 11_805_184, 11_805_184]);
    page.click("#view-as-set").await;
    page.fill("#preset", "tiny").await;
    page.wait("#build-state[data-state=ready]").await;
    assert!(page.text("#build-total").await.contains("10,000"));

    // Without a router, the page measures the copy alone. With one, it also measures the share of
    // the copy in a whole put.
    page.click("#measure").await;
    page.wait("#cost-verdict").await;
    assert_eq!(page.attribute("#cost-share", "data-state").await, "none");
    page.connect("/zenoh").await;
    page.click("#measure").await;
    page.wait("#cost-share[data-state=measured]").await;
    let table = page.text("#cost-bytes").await;
    assert!(table.contains("160,000") && table.contains("320,000"), "{table}");
    for name in ["all copy", "all borrow", "all move"] {
        assert!(table.contains(name), "{table}");
    }
    // The page does not show the measurement's own puts as its last put.
    assert_eq!(page.attribute("#put-result", "data-state").await, "none");
    assert_eq!(page.text("#received").await, "0");
    page.close(&[]).await;
    lab.stop().await;
}

/// Puts the rows under `key` and compares the bytes that `native` receives.
async fn put_and_compare(page: &Page, native: &mut Native, key: &str, expected: &[u8]) {
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#key", key).await;
    page.put_by("#put").await;
    assert_eq!(
        native.next().await,
        Seen { key: key.to_owned(), len: expected.len(), digest: sha256(expected) },
        "{key}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_files_and_typed_arrays_reach_a_peer_in_every_mode() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    page.connect("/zenoh").await;
    page.click("#row-remove").await;
    page.wait("#pane-build .starts").await;
    let mut rows = 0;
    let mut expected = Vec::new();
    let mut opened = async || {
        rows += 1;
        page.wait(&format!("#row-{}.open", rows - 1)).await;
    };

    // A text that has more bytes in UTF-8 than characters.
    page.click("#add-text").await;
    opened().await;
    page.fill("#row-text", "größer: 你好").await;
    assert_eq!(page.text("#row-text-bytes").await, "16 B in UTF-8");
    expected.extend("größer: 你好".bytes());

    // The test chooses one file, drops one on the pane, and drops one beside it.
    let file = std::env::temp_dir().join(format!("zbytes-lab-{}.raw", std::process::id()));
    std::fs::write(&file, pattern(100_000)).unwrap();
    page.wait("#add-file").await.send_keys(file.to_str().unwrap()).await.unwrap();
    opened().await;
    assert_eq!(page.attribute("#row-file", "title").await, "100,000 B");
    expected.extend(pattern(100_000));
    std::fs::remove_file(&file).unwrap();
    assert!(!drop_file(&page, "#pane-build .listing", "dropped.bin", 3000).await);
    opened().await;
    page.fill("#row-place", "wasm").await;
    // The person adds a twin that names the same file, and removes it. The file stays.
    page.click("#row-duplicate").await;
    page.wait("#row-3.open").await;
    page.click("#row-remove").await;
    page.wait("#row-2.open").await;
    expected.extend([7; 3000]);
    assert!(!drop_file(&page, "#pane-layout", "beside.bin", 10).await, "the browser would have left the page");
    opened().await;
    expected.extend([7; 10]);

    // The page reports a file that the browser cannot read, and only that one. The file is gone
    // between choosing and reading it.
    let gone = std::env::temp_dir().join(format!("gone-{}.bin", std::process::id()));
    std::fs::write(&gone, pattern(10)).unwrap();
    let chooser =
        "document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'chooser' }))";
    page.run(chooser, vec![]).await;
    page.wait("#chooser").await.send_keys(gone.to_str().unwrap()).await.unwrap();
    std::fs::remove_file(&gone).unwrap();
    let drop = "
        const data = new DataTransfer(), chooser = document.querySelector('#chooser');
        data.items.add(chooser.files[0]);
        chooser.remove();
        const drag = (kind) => new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data });
        document.body.dispatchEvent(drag('drop'));";
    page.run(drop, vec![]).await;
    page.wait("#file-problem").await;
    let words = page.text("#file-problem").await;
    let name = gone.file_name().unwrap().to_str().unwrap();
    assert!(words.contains(&format!("{name} cannot be read")) && words.contains("could not be found"), "{words}");

    for element in Element::ALL {
        page.click("#add-array").await;
        opened().await;
        page.fill("#row-type", element.name()).await;
        page.fill("#row-length", "300").await;
        expected.extend(elements(element, 300));
    }
    for kind in ["DataView", "ArrayBuffer"] {
        page.click("#add-array").await;
        opened().await;
        page.fill("#row-type", kind).await;
        page.fill("#row-length", "77").await;
        assert_eq!(page.attribute("#row-place", "id").await, "", "a {kind} is in the JS heap");
        expected.extend(elements(Element::Uint8, 77));
    }
    assert_eq!(page.attribute("#file-problem", "id").await, "", "gone with the next change");
    for mode in ["copy", "borrow", "move"] {
        page.click(&format!("#mode-all-{mode}")).await;
        put_and_compare(&page, &mut native, &format!("lab/kinds/{mode}"), &expected).await;
        let built = page.attribute("#put-result", "data-built").await;
        assert_eq!(built, if mode == "copy" { expected.len().to_string() } else { "0".to_owned() }, "{mode}");
    }
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_part_of_a_buffer_is_refused_with_a_way_out() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#preset", "three").await;
    page.click("#row-2 button").await;
    page.wait("#row-2.open").await;
    page.fill("#row-before", "3").await;
    page.fill("#row-after", "2").await;
    // 16 numbers of 8 B in the payload, and 5 more around them in the buffer.
    let words = page.text("#row-part").await;
    assert!(words.contains("128 B") && words.contains("168 B") && words.contains("not in the payload"), "{words}");
    let ramp = |n: u64| elements(Element::Float64, n);
    let points: Vec<u8> = (0..3000).flat_map(|n| (n as f32).to_le_bytes()).collect();
    let expected: Vec<u8> = (0..64).chain(points).chain(ramp(16)).collect();
    put_and_compare(&page, &mut native, "lab/part/copied", &expected).await;

    let refused = async || {
        page.click("#row-mode-move").await;
        page.wait("#row-refusal").await;
        let words = page.text("#row-refusal").await;
        assert!(words.contains("a view of 128 B of a buffer of 168 B") && words.contains("Borrow it"), "{words}");
        let words = page.text("#build-problem").await;
        assert!(words.contains("Segment 2, stamp, cannot be moved") && words.contains("Nothing was built"), "{words}");
        page.wait("#measure:disabled").await;
        page.wait("#put:disabled").await;
        assert_eq!(page.text("#fact-mode").await, "move, refused");
    };
    refused().await;
    // While another row is open, a button leads back to the refused one.
    page.click("#row-0 button").await;
    page.click("#show-refused").await;
    page.wait("#row-2.open #row-refusal").await;
    page.click("#row-way-borrow").await;
    put_and_compare(&page, &mut native, "lab/part/borrowed", &expected).await;
    assert_eq!(page.attribute("#put-result", "data-built").await, "0");
    refused().await;
    assert_eq!(page.text("#row-way-copy").await, "Copy 128 B");
    page.click("#row-way-copy").await;
    page.wait("#row-mode-copy:checked").await;
    refused().await;
    page.click("#row-unsupported").await;
    put_and_compare(&page, &mut native, "lab/part/copied-instead", &expected).await;
    assert_eq!(page.attribute("#put-result", "data-built").await, "128");
    assert!(page.text(".listing").await.contains("Source::moved(stamp)\n  .unsupported(Unsupported::Copy)"));
    page.click("#row-unsupported").await;
    page.wait("#row-refusal").await;
    // The buffer has no bytes around the array any more, so the whole buffer can be moved.
    page.fill("#row-before", "0").await;
    page.fill("#row-after", "0").await;
    put_and_compare(&page, &mut native, "lab/part/moved", &expected).await;
    assert_eq!(page.attribute("#put-result", "data-built").await, "0");

    // One click opens the table of the modes.
    page.click("#modes-help").await;
    page.wait("#modes-dialog[open]").await;
    let words = page.text("#modes-dialog table").await;
    assert!(zbytes_lab::segment::table().flatten().all(|cell| words.contains(cell)), "{words}");
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alike_rows_have_memory_of_their_own_when_one_is_moved() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#preset", "three").await;
    page.click("#row-1 .row-head").await;
    // The drawing works for any length. A page that crashed would not build again.
    for length in [0, 1, 4, 20, 50, 100, 3000] {
        page.fill("#row-length", &length.to_string()).await;
        page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", 64 + 4 * length + 128)).await;
    }
    page.click("#row-duplicate").await;
    let points = elements(Element::Float32, 3000);
    let expected = [elements(Element::Uint8, 64), points.clone(), points, elements(Element::Float64, 16)].concat();
    page.click("#row-mode-move").await;
    put_and_compare(&page, &mut native, "lab/one-moved", &expected).await;
    put_and_compare(&page, &mut native, "lab/again", &expected).await;
    for mode in ["move", "copy", "borrow"] {
        page.click(&format!("#mode-all-{mode}")).await;
        put_and_compare(&page, &mut native, &format!("lab/all-{mode}"), &expected).await;
    }
    page.click("#measure").await;
    page.wait("#cost-verdict").await;
    page.wait("#cost-times tbody tr:nth-child(3)").await;
    page.close(&[]).await;
    lab.stop().await;
}

/// The findings of an experiment after its run: key, whether the outcome was the expected one, and
/// its words.
async fn attempt(page: &Page, experiment: &str) -> Vec<[String; 3]> {
    page.click(&format!("#try-{experiment}")).await;
    page.wait(&format!("#experiment-{experiment}:is([data-state=done], [data-state=bad], [data-state=failed])")).await;
    let script = "return [...document.querySelectorAll(`#findings-${arguments[0]} .finding`)].map(
        finding => [finding.id.split('-').slice(2).join('-'), finding.dataset.held, finding.textContent])";
    let findings = page.run(script, vec![experiment.into()]).await;
    let findings: Vec<[String; 3]> = serde_json::from_value(findings).unwrap();
    assert_eq!(page.attribute(&format!("#experiment-{experiment}"), "data-state").await, "done", "{findings:#?}");
    findings
}

/// The bytes that a finding shows as changed.
async fn changed(page: &Page, finding: &str) -> Vec<usize> {
    let script = "return [...document.querySelector(`#finding-${arguments[0]} .octets`).children].flatMap(
        (octet, at) => octet.matches('mark') ? [at] : [])";
    serde_json::from_value(page.run(script, vec![finding.into()]).await).unwrap()
}

/// Runs every experiment. `samples` is the expected state of those that need a session.
async fn every_experiment(page: &Page, samples: &str) {
    let experiments: [(&str, &[&str]); 6] = [
        ("write", &["array", "copy", "borrow", "move", "sample-copy", "sample-borrow"]),
        ("detach", &["array", "copy", "borrow", "slice", "move"]),
        ("worker", &["got-copy", "got-borrow", "copy", "borrow", "move"]),
        ("refuse", &["resizable", "shared", "part", "wasm", "twice", "string", "sources", "copied"]),
        ("grow", &["memory", "view", "linear", "borrowed", "during"]),
        ("drop", &["held", "kept", "dropped", "collected"]),
    ];
    for (experiment, keys) in experiments {
        let findings = attempt(page, experiment).await;
        assert_eq!(findings.iter().map(|[key, ..]| key.as_str()).collect::<Vec<_>>(), keys);
        for [key, held, words] in &findings {
            match key.as_str() {
                "collected" => assert!(["yes", "not-yet"].contains(&held.as_str()), "{words}"),
                _ if key.starts_with("sample") => assert_eq!(held, samples, "{key}: {words}"),
                _ => assert_eq!(held, "yes", "{key}: {words}"),
            }
        }
        match experiment {
            "write" => {
                for (finding, marked) in
                    [("array", vec![2, 5]), ("copy", vec![]), ("borrow", vec![2, 5]), ("move", vec![])]
                {
                    assert_eq!(changed(page, &format!("write-{finding}")).await, marked, "{finding}");
                }
                if samples == "yes" {
                    assert_eq!(changed(page, "write-sample-copy").await, [0usize; 0]);
                    assert_eq!(changed(page, "write-sample-borrow").await, [2, 5]);
                } else {
                    assert!(page.text("#finding-write-sample-borrow").await.contains("press Connect"));
                }
            }
            "detach" => assert!(page.text("#finding-detach-borrow").await.contains("was detached")),
            "refuse" => assert!(page.text("#finding-refuse-part").await.contains("8 B of a buffer of 16 B")),
            "grow" => assert!(page.text("#finding-grow-during").await.contains("while this segment was being filled")),
            // The page does not hold the array any more, so an engine collects it on request.
            "drop" => {
                page.collect_garbage().await;
                page.wait("#finding-drop-collected[data-held=yes]").await;
                assert!(page.text("#finding-drop-collected").await.contains("after "));
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_experiment_breaks_a_payload_or_the_page() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open(&url(&lab)).await;
    every_experiment(&page, "not-tried").await;
    // The line with the count also gives the reason.
    let words = page.text("#experiment-write .try-words").await;
    assert!(words.contains("2 not tried. It needs a session: press Connect"), "{words}");
    page.connect("/zenoh").await;
    every_experiment(&page, "yes").await;
    // All at the same time, and folded. The pane shows only that all is well.
    page.click("#try-all").await;
    for experiment in ["write", "detach", "worker", "refuse", "grow", "drop"] {
        page.wait(&format!("#experiment-{experiment}[data-state=done]")).await;
        assert_eq!(page.attribute(&format!("#unfold-{experiment}"), "aria-expanded").await, "false");
    }
    page.wait("#try-words").await;
    let words = page.text("#try-words").await;
    let [held, all] = words
        .split(" of ")
        .map(|number| number.trim_end_matches(" as expected").parse::<usize>().unwrap())
        .collect::<Vec<_>>()[..]
    else {
        panic!("{words}")
    };
    // The engine collects when it chooses to.
    assert!(all > 30 && (held == all || held + 1 == all), "{words}");
    page.click("#unfold-write").await;
    page.wait("#finding-write-sample-borrow[data-held=yes]").await;
    // The samples of the experiments do not count as the page's samples.
    assert_eq!(page.text("#received").await, "0");
    assert_eq!(page.attribute("#put-result", "data-state").await, "none");

    page.click("#questions").await;
    page.wait("#questions-dialog[open]").await;
    let table = page.text("#questions-dialog table").await;
    for cell in zbytes_lab::segment::table().flatten() {
        assert!(table.contains(cell), "{cell}");
    }
    page.click("#questions-dialog button").await;
    page.wait("#questions-dialog:not([open])").await;

    // The page builds and puts as before.
    page.fill("#preset", "three").await;
    page.wait("#build-state[data-state=ready]").await;
    page.put_by("#put").await;
    assert_eq!(native.next().await.len, 12_192);
    page.wait("#samples tr[data-local=true]").await;
    assert_eq!(page.text("#received").await, "1");
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_experiment_can_fail_and_says_so() {
    let _turn = turn().await;
    let dist = tricky_page("page-with-odd-browsers");
    let lab = Lab::start(Options { dist: Some(dist), ..options() }).await.unwrap();
    let page = Page::open(&url(&lab)).await;
    // A browser that detaches nothing: the findings must show that.
    play(&page, "clone nothing").await;
    page.click("#try-detach").await;
    page.wait("#experiment-detach[data-state=bad]").await;
    for finding in ["array", "borrow", "slice", "move"] {
        page.wait(&format!("#finding-detach-{finding}.problem[data-held=no]")).await;
    }
    page.wait("#finding-detach-copy[data-held=yes]").await;
    let words = page.text("#finding-detach-borrow").await;
    for word in ["NOT as expected", "Expected: Segment 0", "Found: 8 B and no error"] {
        assert!(words.contains(word), "{word} in {words}");
    }
    // The failure is shown without a click.
    page.click("#unfold-detach").await;
    page.wait("#unfold-detach[aria-expanded=false]").await;
    page.wait("#finding-detach-borrow").await;
    assert!(page.text("#experiment-detach").await.contains("4 NOT as expected"));
    play(&page, "be yourself").await;
    page.click("#try-detach").await;
    page.wait("#experiment-detach[data-state=done]").await;
    // When a Worker never starts, the experiment ends with a reason.
    play(&page, "start no worker").await;
    page.click("#try-worker").await;
    page.wait("#experiment-worker[data-state=failed]").await;
    assert!(page.text("#findings-worker").await.contains("none today"));
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_died_says_so_and_comes_back_with_its_rows() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "three").await;
    page.click("#add-text").await;
    page.fill("#row-text", "before the crash").await;
    page.fill("#key", "lab/kept").await;
    page.click("#row-0 .row-head").await;
    page.wait("#build-state[data-state=ready]").await;
    let rows = page.text(".rows").await;
    // Asks the allocator for more memory than the machine has, past all checks, so that the program
    // ends in a trap. The function has a short name in a small build.
    let die = "
        const { js } = document.querySelector('script[data-js]').dataset;
        const allocate = (program) => program.__wbindgen_malloc ?? program.__wbindgen_export;
        import(js).then((lab) => lab.default()).then((program) => setTimeout(() => allocate(program)(0xfffffff0, 8)));";
    page.run(die, vec![]).await;
    page.wait("#crash[open]").await;
    assert!(page.text("#crash").await.contains("unreachable"), "{}", page.text("#crash").await);
    page.client
        .find(fantoccini::Locator::XPath("//button[text()='Start again with my rows']"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    // The page that has died is there for a moment longer, and the new one is drawn once before it is as it was.
    let there = "return !document.querySelector('#crash') && document.querySelector('.rows')?.textContent";
    page.until(there, json!(rows)).await;
    let value = page.run("return document.querySelector('#key').value", vec![]).await;
    assert_eq!(value, json!("lab/kept"));
    // A person who wants to start afresh gets the default rows.
    page.run(die, vec![]).await;
    page.wait("#crash[open]").await;
    page.client
        .find(fantoccini::Locator::XPath("//button[text()='Start afresh']"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    page.wait("body:not(:has(#crash)) #build-state[data-state=ready]").await;
    assert_ne!(page.text(".rows").await, rows);
    page.close(&[("RuntimeError", 2)]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_loaded_again_is_as_it_was() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    page.click("#row-mode-move").await;
    page.fill("#key", "lab/again").await;
    page.fill("#scenario", "sizes").await;
    page.click("#view-all-copy").await;
    page.connect("/zenoh").await;
    page.wait("#undeclare").await;
    assert!(!drop_file(&page, "#pane-build", "given.bin", 10).await);
    page.wait("#row-3").await;
    page.click("#row-0 .row-head").await;
    page.wait("#build-state[data-state=ready]").await;
    let shown = "
        const text = (css) => document.querySelector(css).textContent;
        return [...document.querySelectorAll('.rows > *')].slice(0, 3).map((row) => row.textContent)
            .concat(document.querySelector('#key').value, document.querySelector('#scenario').value,
                document.querySelector('#view-all-copy').getAttribute('aria-pressed') ?? document.querySelector('#view-all-copy').checked);";
    let before = page.run(shown, vec![]).await;
    page.client.refresh().await.unwrap();
    page.wait("#session[data-state=open]").await;
    page.wait("#undeclare").await;
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(page.run(shown, vec![]).await, before);
    // A file cannot be kept, and the page says so.
    assert!(page.text("#file-problem").await.contains("given.bin"));
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_goes_by_the_tab_where_the_address_is_older() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.until("return location.hash.length > 0", json!(true)).await;
    // A browser may refuse to write the address, and a reload may begin before the page writes it.
    let refuse = "history.replaceState = () => { window.refused = true; throw new Error('refused') }";
    page.run(refuse, vec![]).await;
    page.fill("#preset", "three").await;
    page.until("return window.refused", json!(true)).await;
    page.client.refresh().await.unwrap();
    page.until("return document.querySelector('#preset')?.value", json!("three")).await;
    page.wait("#build-state[data-state=ready]").await;
    // Chromium forgets the state of an entry that was written just before a reload.
    page.until("return location.hash.length > 0 && history.state", json!(0)).await;
    page.run(refuse, vec![]).await;
    page.fill("#preset", "tiny").await;
    page.until("return window.refused", json!(true)).await;
    page.run("History.prototype.replaceState.call(history, null, '')", vec![]).await;
    page.client.refresh().await.unwrap();
    page.until("return document.querySelector('#preset')?.value", json!("tiny")).await;
    page.wait("#build-state[data-state=ready]").await;
    page.close(&[]).await;
    lab.stop().await;
}

/// Notes every row that the page draws, also one that it takes away again at once.
const DRAWN_ROWS: &str = "
    window.drawn = [];
    new MutationObserver((records) => {
        for (const record of records) {
            if (record.type === 'characterData') window.drawn.push(record.oldValue);
            for (const node of record.addedNodes) {
                if (node.nodeType !== 1) continue;
                const heads = node.matches('.row-head') ? [node] : [...node.querySelectorAll('.row-head')];
                window.drawn.push(...heads.map((head) => head.querySelector('strong').textContent));
            }
        }
    }).observe(document, { subtree: true, childList: true, characterData: true, characterDataOldValue: true });";

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_draws_no_rows_but_those_that_were_there() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    page.dev_tools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": DRAWN_ROWS })).await;
    page.client.refresh().await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    let drawn = page.run("return window.drawn.join()", vec![]).await;
    let drawn = drawn.as_str().unwrap();
    assert!(drawn.contains("stamp") && !drawn.contains("tensor"), "{drawn}");
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_the_rows_can_be_undone_and_done_again() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    let rows = "return [...document.querySelectorAll('.rows .row-head')].map((row) => row.textContent)";
    let first = page.run(rows, vec![]).await;
    assert!(!drop_file(&page, "#pane-build", "given.bin", 10).await);
    page.wait("#row-3.open").await;
    page.click("#row-remove").await;
    page.until("return document.querySelectorAll('.rows .row-head').length", json!(3)).await;
    page.click("#add-text").await;
    page.wait("#row-3.open").await;
    page.fill("#preset", "tiny").await;
    page.until("return document.querySelectorAll('.rows .row-head').length", json!(1)).await;
    let last = page.run(rows, vec![]).await;
    // By the keyboard, and not while a field has the focus: there the browser undoes.
    page.run("document.activeElement.blur()", vec![]).await;
    page.key_until("Control+z", "#row-3").await;
    page.click("#undo").await;
    page.until("return document.querySelectorAll('.rows .row-head').length", json!(3)).await;
    page.click("#undo").await;
    // The file is read once more, because the engine had dropped its bytes.
    page.wait("#row-3").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#undo").await;
    page.until("return document.querySelectorAll('.rows .row-head').length", json!(3)).await;
    assert_eq!(page.run(rows, vec![]).await, first);
    while page.run("return document.querySelector('#redo').disabled", vec![]).await == json!(false) {
        page.click("#redo").await;
    }
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(page.run(rows, vec![]).await, last);
    page.close(&[]).await;
    lab.stop().await;
}

/// The packages that cargo would link into page and engine now: a line for each, as `yew 0.23.0`.
fn linked() -> BTreeSet<String> {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--prefix", "none", "--edges", "normal,no-proc-macro", "--format", "{p}"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let package = |line: &str| {
        let (name, rest) = line.split_once(" v").unwrap();
        format!("{name} {}", rest.split(' ').next().unwrap())
    };
    text.lines().skip(1).map(package).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_leads_to_the_notices_of_all_that_is_linked() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.click("#help").await;
    page.wait("#help-dialog[open] a#notices[target=_blank]").await;
    let script = "
        const done = arguments[0];
        fetch(document.querySelector('#notices').href)
            .then(async (answer) => done([answer.status, answer.headers.get('content-type'), await answer.text()]));";
    let answer = page.client.execute_async(script, vec![]).await.unwrap();
    assert_eq!((answer[0].as_u64(), answer[1].as_str()), (Some(200), Some("text/plain; charset=utf-8")));
    let notices = answer[2].as_str().unwrap();
    let (list, _) = notices.split_once("\n\n======== ").unwrap();
    // Behind the head, each package begins with a line of its name and version.
    let packages = list.split("\n\n").skip(1);
    let named: BTreeSet<String> = packages.map(|package| package.lines().next().unwrap().to_owned()).collect();
    assert_eq!(named, linked());
    page.close(&[]).await;
    lab.stop().await;
}
