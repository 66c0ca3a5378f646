//! The built page in three engines: Chromium, Firefox and WebKitGTK. These tests cover the
//! differences between engines. All other tests run in Chromium.
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
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    GUARD,
    browser::{Engine, Page},
    files::{are_caught, catch_files},
    lab::{lab, options, turn, url},
    peers::Native,
    tampered::{told_by_the_engine, tricky_page},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use zbytes_lab::server::{Lab, Options};

/// scripts/test lists the engines that this machine lacks in `ENGINES_MISSING`, and prints a
/// warning.
fn is_here(engine: Engine) -> bool {
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    !missing.split_whitespace().any(|one| one == format!("{engine:?}"))
}

/// Runs a journey in each engine, one after the other. Names begin with `#[test] fn`, so that the
/// check of names sees them.
macro_rules! in_every_engine {
    ($(#[test] fn $name:ident: $journey:expr;)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            for engine in Engine::ALL.into_iter().filter(|engine| is_here(*engine)) {
                let _turn = turn().await;
                println!("in {engine:?}");
                $journey(engine).await;
            }
        }
    )* };
}

in_every_engine! {
    #[test] fn a_payload_arrives_whole_and_is_painted_in_its_own_colours: journey;
    #[test] fn a_link_that_stands_still_holds_puts_back_or_drops_them: still;
    #[test] fn a_drawing_leaves_with_its_colours_and_is_printed_whole: taken;
    #[test] fn a_lab_that_is_away_is_asked_before_a_websocket_is_tried: away;
}

/// Measures some parts of the page in a screenshot. For each part, it returns the hue of its
/// strongest colour in degrees. It also returns the number of pixels that differ from the
/// screenshot before.
const LOOK: &str = "
    const [shot, parts, done] = arguments;
    const look = async () => {
        const bitmap = await createImageBitmap(new Blob([new Uint8Array(shot)]));
        const scale = bitmap.width / innerWidth;
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
        const context = canvas.getContext('2d', { willReadFrequently: true });
        context.drawImage(bitmap, 0, 0);
        const before = window.looked ?? [];
        window.looked = parts.map(([css, inset]) => {
            const box = document.querySelector(css).getBoundingClientRect();
            const [x, y] = [box.x + inset, box.y + inset].map((at) => Math.ceil(at * scale));
            const width = Math.max(1, Math.floor((Math.min(box.width, 200) - 2 * inset) * scale));
            const height = Math.max(1, Math.floor((box.height - 2 * inset) * scale));
            return context.getImageData(x, y, width, height).data;
        });
        return window.looked.map((data, at) => {
            let [strongest, hue, changed] = [0, 0, 0];
            for (let i = 0; i < data.length; i += 4) {
                const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
                const most = Math.max(r, g, b), chroma = most - Math.min(r, g, b);
                changed += Boolean(before[at]) && [0, 1, 2].some((c) => Math.abs(before[at][i + c] - data[i + c]) > 24);
                if (chroma <= strongest) continue;
                strongest = chroma;
                hue = 60 * (most === r ? (g - b) / chroma : most === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma);
            }
            return [Math.round(hue + 360) % 360, changed];
        });
    };
    look().then(done, (error) => done(String(error)));";

/// The hue that the style sheet gives to the segment of a swatch.
const HUES: &str = "
    return [...document.querySelectorAll('.row-head .swatch .edge')].map((edge) => {
        const [r, g, b] = getComputedStyle(edge).stroke.match(/[\\d.]+/g).map(Number);
        const most = Math.max(r, g, b), chroma = most - Math.min(r, g, b);
        const hue = 60 * (most === r ? (g - b) / chroma : most === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma);
        return Math.round(hue + 360) % 360;
    });";

/// Makes the patterns anew, as they are in the document. The engine's next painting then shows the
/// document's patterns.
const RENEW: &str = "
    for (const one of document.querySelectorAll('svg.patterns, .row-head .swatch, svg.drawing')) one.outerHTML = one.outerHTML;";

/// Measures the painting in the swatch of each row, and in memory in Layout: hue, and changed
/// pixels.
async fn painted(page: &Page) -> Vec<[[u64; 2]; 2]> {
    let fills =
        "return [...document.querySelectorAll('.row-head .swatch rect[fill]')].map((one) => one.getAttribute('fill'))";
    let fills: Vec<String> = serde_json::from_value(page.run(fills, vec![]).await).unwrap();
    let mut parts = Vec::new();
    for fill in &fills {
        // The edge is painted without a pattern.
        parts.push(json!([format!(".row-head .swatch rect[fill='{fill}']"), 3]));
        parts.push(json!([format!("svg.drawing rect[fill='{fill}']"), 3]));
    }
    // A window may be too small for all panes, and a click scrolls to its element.
    page.run("document.querySelector('svg.drawing').scrollIntoView({ block: 'nearest' })", vec![]).await;
    let shot = page.client.screenshot().await.unwrap();
    let seen = page.client.execute_async(LOOK, vec![json!(shot), json!(parts)]).await.unwrap();
    let seen: Vec<[u64; 2]> = serde_json::from_value(seen.clone()).unwrap_or_else(|_| panic!("{seen}"));
    seen.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// Repeats until all colours are right: the page may move between a screenshot and its measurement.
async fn colours_are_right(page: &Page, rows: usize, when: &str) {
    let begun = Instant::now();
    loop {
        let wrong = wrong_colours(page, rows, when).await;
        if wrong.is_empty() {
            return;
        }
        assert!(begun.elapsed() < GUARD, "{when}: {wrong:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn wrong_colours(page: &Page, rows: usize, when: &str) -> Vec<String> {
    let hues: Vec<u64> = serde_json::from_value(page.run(HUES, vec![]).await).unwrap();
    assert_eq!(hues.len(), rows, "{when}");
    let away = |a: u64, b: u64| a.abs_diff(b).min(360 - a.abs_diff(b));
    let mut wrong = Vec::new();
    for (at, (seen, hue)) in painted(page).await.iter().zip(hues).enumerate() {
        for ([found, _], what) in seen.iter().zip(["swatch", "memory"]) {
            if away(*found, hue) > 8 {
                wrong.push(format!("the {what} of row {at} has hue {found}, not {hue}"));
            }
        }
    }
    wrong
}

/// From the start of the page to the arrival of a sample. Checks the colours after rows were added
/// and frames were recorded.
async fn journey(engine: Engine) {
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open_in(engine, &url(&lab)).await;
    page.connect("/zenoh").await;
    colours_are_right(&page, 3, "at the start").await;
    page.click("#put").await;
    page.wait("#put-result[data-state=done]").await;
    assert_eq!(
        page.run("return !!document.querySelector('#put-answered')", vec![]).await,
        json!(engine == Engine::WebKit)
    );
    let seen = native.next().await;
    page.click("#samples tr[data-local=true] .hash").await;
    page.wait("#samples .digest").await;
    assert_eq!(page.text("#samples .digest").await, seen.digest);
    // In the other direction, in as many batches as it takes.
    native.put("lab/back", support::peers::pattern(1_000_000)).await;
    let row = "#samples tr[data-key='lab/back'][data-len='1000000']";
    page.wait(row).await;
    page.click(&format!("{row} .hash")).await;
    page.wait(&format!("{row} .digest")).await;
    assert_eq!(page.text(&format!("{row} .digest")).await, support::peers::sha256(&support::peers::pattern(1_000_000)));

    page.fill("#preset", "tensor").await;
    page.fill("#row-length", "3000").await;
    for rows in 2..=6 {
        page.click("#row-duplicate").await;
        page.wait(&format!("#row-{}.open", rows - 1)).await;
    }
    page.wait("#build-state[data-state=ready]").await;
    colours_are_right(&page, 6, "after rows were added").await;
    page.click("#tab-wire").await;
    page.click("#wire-record-here").await;
    page.click("#tab-put").await;
    page.click("#put").await;
    page.wait("#put-result[data-state=done]").await;
    page.click("#tab-wire").await;
    page.wait(".frame-strip").await;
    page.click("#tab-put").await;
    colours_are_right(&page, 6, "after frames were recorded").await;
    // Colour alone does not identify a pattern, so the painting must equal that of the document.
    page.run(RENEW, vec![]).await;
    for [[_, swatch], [_, memory]] in painted(&page).await {
        assert_eq!((swatch, memory), (0, 0), "pixels that change when the patterns are made anew");
    }
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

/// A proxy for a router, which the test can shut and open. A shut gate reads nothing from the page.
struct Gate {
    address: SocketAddr,
    open: watch::Sender<bool>,
    /// Bytes that have passed towards the router.
    passed: Arc<AtomicU64>,
}

impl Gate {
    async fn to(router: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, seen) = watch::channel(true);
        let passed = Arc::new(AtomicU64::new(0));
        let count = passed.clone();
        tokio::spawn(async move {
            while let Ok((page, _)) = listener.accept().await {
                let (mut seen, count) = (seen.clone(), count.clone());
                tokio::spawn(async move {
                    let router = TcpStream::connect(router).await.unwrap();
                    let (mut page_reads, mut page_writes) = page.into_split();
                    let (mut router_reads, mut router_writes) = router.into_split();
                    let up = async {
                        let mut buffer = vec![0; 65_536];
                        loop {
                            seen.wait_for(|open| *open).await.unwrap();
                            let Ok(len @ 1..) = page_reads.read(&mut buffer).await else { break };
                            if router_writes.write_all(&buffer[..len]).await.is_err() {
                                break;
                            }
                            count.fetch_add(len as u64, Ordering::Relaxed);
                        }
                    };
                    tokio::select! { () = up => {}, _ = copy(&mut router_reads, &mut page_writes) => {} }
                });
            }
        });
        Self { address, open, passed }
    }
}

/// Puts of 16 MiB ten times a second, into a link that takes no bytes.
async fn still(engine: Engine) {
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let gate = Gate::to(lab.ws_locator().trim_start_matches("ws/").parse().unwrap()).await;
    let page = Page::open_in(engine, &url(&lab)).await;
    page.connect(&format!("ws/{}", gate.address)).await;
    page.click("#undeclare").await;
    page.fill("#preset", "tensor").await;
    page.fill("#row-length", "4194304").await;
    page.wait("#build-state[data-state=ready][data-bytes='16777216']").await;
    gate.open.send(false).unwrap();
    page.click("#put-drop").await;
    page.fill("#hz", "10").await;
    page.click("#rate-start").await;
    page.wait("#rate[data-state=running]:not([data-dropped='0'])").await;
    // Buffers of the kernel hold at most the first put.
    assert_eq!(page.attribute("#rate", "data-puts").await, "0", "puts that have left although nothing took them");
    assert!(gate.passed.load(Ordering::Relaxed) < 1 << 20);
    gate.open.send(true).unwrap();
    page.wait("#rate[data-state=running]:not([data-puts='0'])").await;
    // A busy router may drop one of them, as the puts allow.
    assert_eq!(native.next().await.len, 16_777_216);
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped]").await;
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

/// Keeps what the page would print, instead of printing.
const TAKE: &str = "
    window.print = () => { window.printed = [document.querySelector('.drawing').getAttribute('width'), !!document.querySelector('#sheet-code')]; };";

/// Of the picture that was saved: pixels for each pixel of the page, and how many there are in the hue
/// of each segment, and in ink on the letters of the ledger.
const TAKEN: &str = "
    const done = arguments[0];
    const look = async () => {
        const bitmap = await createImageBitmap(window.caught[0]);
        const canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
        const context = canvas.getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const near = (colour, [x, width]) => {
            const { data } = context.getImageData(x, 0, width, bitmap.height);
            let found = 0;
            for (let at = 0; at < data.length; at += 4) found += colour.every((part, one) => Math.abs(part - data[at + one]) < 12);
            return found;
        };
        const [names, ledger] = ['svg.names', '.ledger'].map((css) => document.querySelector(css).getBoundingClientRect());
        const [from, whole] = [2 * Math.round(ledger.left - names.left + 12), [0, bitmap.width]];
        const hues = [[184, 79, 0], [22, 76, 150], [0, 135, 116]].map((hue) => near(hue, whole));
        return [bitmap.width / (ledger.right - names.left + 24), ...hues, near([22, 25, 29], [from, bitmap.width - from])];
    };
    look().then(done, (error) => done(String(error)));";

async fn taken(engine: Engine) {
    let lab = lab().await;
    let page = Page::open_in(engine, &url(&lab)).await;
    page.run(TAKE, vec![]).await;
    catch_files(&page).await;
    page.click("#link").await;
    page.click("#take-png").await;
    are_caught(&page, 1).await;
    page.click("#take-svg").await;
    are_caught(&page, 2).await;
    let found = page.client.execute_async(TAKEN, vec![]).await.unwrap();
    let numbers: Vec<f64> = (0..5).map(|at| found[at].as_f64().unwrap_or_else(|| panic!("{found}"))).collect();
    assert!((numbers[0] - 2.0).abs() < 0.02, "{found}");
    assert!(numbers[1..4].iter().all(|pixels| *pixels > 2000.0) && numbers[4] > 500.0, "{found}");
    let script = "
        const done = arguments[0];
        window.caught[1].text().then((text) => done([(text.match(/@font-face/g) ?? []).length, text.slice(0, 4)]));";
    let file = page.client.execute_async(script, vec![]).await.unwrap();
    assert!(file[0].as_u64().unwrap() >= 2 && file[1] == json!("<svg"), "{file}");
    // The button draws the page for paper before the browser prints it, and for the screen again.
    page.click("#take-print").await;
    page.until("return window.printed", json!(["599", true])).await;
    page.until("return !document.querySelector('#sheet')", json!(true)).await;
    // The test itself reads pixels.
    page.close_with(&[], &["willReadFrequently"]).await;
    lab.stop().await;
}

/// The lab stops for longer than an engine delays attempts after a failure, and then starts again.
async fn away(engine: Engine) {
    let dist = tricky_page(&format!("page-whose-lab-is-away-{engine:?}"));
    let lab = Lab::start(Options { dist: Some(dist.clone()), ..options() }).await.unwrap();
    let same = Options {
        page: lab.page_addr(),
        ws: lab.ws_locator().trim_start_matches("ws/").parse().unwrap(),
        dist: Some(dist),
        ..options()
    };
    let page = Page::open_in(engine, &url(&lab)).await;
    for locator in ["/zenoh".to_owned(), lab.ws_locator()] {
        page.connect(&locator).await;
        page.click("#undeclare").await;
        page.click("#disconnect").await;
        page.wait("#session[data-state=closed]").await;
    }
    page.connect("/zenoh").await;
    let tried = told_by_the_engine(&page, "tried").await;
    lab.stop().await;
    page.wait("#session-lost[data-attempt='7']").await;
    let words = page.text("#session-lost").await;
    assert!(words.contains("The last attempt failed: The lab does not answer."), "{words}");
    assert_eq!(told_by_the_engine(&page, "tried").await, tried, "WebSockets while the lab is away");
    let lab = Lab::start(same).await.unwrap();
    page.wait("#session[data-state=open]").await;
    assert_eq!(told_by_the_engine(&page, "tried").await, tried + 1);
    page.click("#disconnect").await;
    page.wait("#session[data-state=closed]").await;

    // An address that browsers refuse to open. WebKit reports it only by an error.
    page.fill("#locator", "ws/127.0.0.1:22").await;
    page.click("#connect").await;
    page.wait("#session[data-state=failed]").await;
    let words = page.text("#session-problem").await;
    assert!(words.contains("The WebSocket failed after") && words.contains("does not open this address"), "{words}");
    page.close_with(&[], &["WebSocket", "websocket", "fetch", "Fetch", "resource", "server at ws", "Cross-Origin"])
        .await;
    lab.stop().await;
}
