//! The robot in a real headless Chromium: what a page puts are the frames that this program paints,
//! at every peer; a stream goes on while its modes change; another page shows it.
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

use std::{convert::Infallible, path::Path, time::Duration};

use serde_json::{Value, json};
use support::{
    GUARD,
    browser::{Engine, Page},
    frames::{Frame, Frames},
    lab::{dist, host, joined, lab, turn, url},
    peers::sha256,
    python::{Program, interpreter},
    tabs::{Tabs, hash},
};
use tokio::{process::Command, time::timeout};
use zbytes_lab::live::{Camera, Head, Plane, Sight, picture};
use zenoh::qos::CongestionControl;

const SMALL: Camera = Camera { width: 96, height: 64, seed: 7 };

/// What Chromium says of a test that reads a canvas.
const READ_BACK: &str = "willReadFrequently";

fn plane(camera: Camera, frame: u64, plane: Plane) -> Vec<u8> {
    let mut bytes = vec![0; camera.pixels() * plane.pixel()];
    Sight::new(camera, frame).paint(plane, 0, &mut bytes);
    bytes
}

/// The payload of a frame with all planes.
fn frame(camera: Camera, frame: u64) -> Vec<u8> {
    Plane::ALL.into_iter().flat_map(|one| plane(camera, frame, one)).collect()
}

/// Chooses the robot, seen by this camera.
async fn robot(page: &Page, camera: Camera) {
    page.fill("#preset", "robot").await;
    page.wait("#row-plane").await;
    for (field, number) in [("width", camera.width), ("height", camera.height), ("seed", camera.seed)] {
        page.fill(&format!("#row-{field}"), &number.to_string()).await;
    }
    let len = frame(camera, 0).len();
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
}

async fn number(page: &Page, css: &str, name: &str) -> u64 {
    page.wait(&format!("{css}[{name}]")).await;
    page.attribute(css, name).await.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_put_is_the_next_frame_in_every_mode_and_place() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Frames::join(&lab.tcp_locator(), "lab/robot").await;
    // It subscribes too: its kept samples refer to borrowed arrays.
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    robot(&page, SMALL).await;
    let len = frame(SMALL, 0).len();
    let (mut sequence, mut stream) = (0, None);
    for place in ["js", "wasm"] {
        for row in 0..3 {
            if row > 0 {
                page.click(&format!("#row-{row} button")).await;
                page.wait(&format!("#row-{row}.open")).await;
            }
            page.fill("#row-place", place).await;
        }
        page.click("#row-0 button").await;
        page.wait("#row-0.open").await;
        for mode in ["borrow", "copy", "move", "borrow"] {
            page.click(&format!("#mode-all-{mode}")).await;
            page.wait("#build-state[data-state=ready]").await;
            for _ in 0..3 {
                let what = format!("frame {sequence} in {place} by {mode}");
                page.put_by("#put").await;
                let Frame { head, payload } = peer.next().await;
                assert_eq!((head.sequence, head.width, head.height), (sequence, 96, 64), "{what}");
                assert_eq!(*stream.get_or_insert(head.stream), head.stream, "{what}");
                assert_eq!(sha256(&payload), sha256(&frame(SMALL, sequence)), "{what}");
                let built = number(&page, "#put-result", "data-built").await;
                assert_eq!(built, if mode == "copy" { len as u64 } else { 0 }, "{what}");
                sequence += 1;
            }
        }
    }
    // No frame was painted over one that a kept sample refers to.
    page.click("#samples-one-by-one").await;
    for at in 0..sequence {
        let row = format!("#samples tr[data-id]:nth-of-type({})", 2 * (sequence - at) - 1);
        assert_eq!(hash(&page, &row).await, sha256(&frame(SMALL, at)), "the kept sample of frame {at}");
    }
    page.close(&[]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_goes_on_while_its_modes_change() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Frames::join(&lab.tcp_locator(), "lab/robot").await;
    let page = Page::open_in_tab(&url(&lab)).await;
    page.connect("/zenoh").await;
    robot(&page, SMALL).await;
    page.click("#put-rate summary").await;
    page.fill("#hz", "50").await;
    page.click("#rate-start").await;
    let (mut sequence, mut time) = (0, 0);
    for mode in ["copy", "move", "borrow", "copy"] {
        page.click(&format!("#mode-all-{mode}")).await;
        for _ in 0..30 {
            let Frame { head, payload } = peer.next().await;
            assert_eq!(head.sequence, sequence, "BLOCK loses none");
            assert!(head.time > time, "time counts up");
            assert_eq!(sha256(&payload), sha256(&frame(SMALL, sequence)), "frame {sequence}, {mode}");
            (sequence, time) = (sequence + 1, head.time);
        }
    }
    page.until("return /of (the|its) time/.test(document.querySelector('#rate-more').textContent)", json!(true)).await;
    page.until(
        "return /Building one copies 55,296 B/.test(document.querySelector('#rate-more').textContent)",
        json!(true),
    )
    .await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped][data-leaving='0']").await;
    let puts = number(&page, "#rate", "data-puts").await;
    while sequence < puts {
        assert_eq!(peer.next().await.head.sequence, sequence);
        sequence += 1;
    }
    // A camera of another size takes over while the stream goes on.
    page.click("#rate-start").await;
    assert_eq!(peer.next().await.head.sequence, sequence);
    page.fill("#row-width", "32").await;
    let narrow = loop {
        let frame = peer.next().await;
        if frame.head.width == 32 {
            break frame;
        }
    };
    assert_eq!(sha256(&narrow.payload), sha256(&frame(Camera { width: 32, ..SMALL }, narrow.head.sequence)));
    page.click("#rate-stop").await;
    page.close(&[]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

/// The pixels of the moving picture, and its columns and rows.
async fn shown(page: &Page) -> ((usize, usize), String) {
    let script = "
        const canvas = document.querySelector('#live-picture');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return crypto.subtle.digest('SHA-256', data).then((digest) => [canvas.width, canvas.height,
            Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')]);";
    let Value::Array(found) = page.run(script, vec![]).await else { panic!("no picture") };
    let side = |at: usize| found[at].as_u64().unwrap() as usize;
    ((side(0), side(1)), found[2].as_str().unwrap().to_owned())
}

/// What a picture of a frame has to show.
fn expected(camera: Camera, sequence: u64, plane: Plane, size: (usize, usize)) -> String {
    let payload = frame(camera, sequence);
    let pixels = camera.pixels();
    let Camera { width, height, .. } = camera;
    let head = Head { width, height, ..Head::default() };
    let head = head.with(Plane::Image, 0).with(Plane::Depth, 4 * pixels).with(Plane::Mask, 8 * pixels);
    let mut read = |at: usize, into: &mut [u8]| -> Result<(), Infallible> {
        into.copy_from_slice(&payload[at..at + into.len()]);
        Ok(())
    };
    sha256(&picture::rgba(&head, plane, size, &mut read).unwrap())
}

/// A page that shows what another one puts, which has ended its stream.
async fn shows(page: &Page, camera: Camera, puts: u64) {
    page.until("return Number(document.querySelector('#live')?.dataset.arrived)", json!(puts)).await;
    page.until("return Number(document.querySelector('#live')?.dataset.frame)", json!(puts - 1)).await;
    assert_eq!(number(page, "#live", "data-missed").await, 0);
    let pictures = number(page, "#live", "data-shown").await;
    assert!((2..=puts).contains(&pictures), "{pictures} of {puts}");
    let words = page.text("#live-figures").await;
    assert!(words.contains(&format!("{puts} arrived, {} not shown", puts - pictures)), "{words}");
    for plane in [Plane::Depth, Plane::Mask, Plane::Image] {
        page.click(&format!("#live-{}", plane.name())).await;
        let mut last = String::new();
        let seen = async {
            loop {
                let (size, digest) = shown(page).await;
                last.clone_from(&digest);
                if size.0 > 0 && digest == expected(camera, puts - 1, plane, size) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(timeout(GUARD, seen).await.is_ok(), "{plane:?} is shown as it was painted here: {last}");
    }
    assert_eq!(number(page, "#live", "data-shown").await, pictures, "the same frame in other ways is shown once");
}

/// Puts frames until so many have left, and says how many.
async fn stream(page: &Page, camera: Camera, hz: usize, least: u64) -> u64 {
    robot(page, camera).await;
    page.click("#tab-put").await;
    page.click("#put-rate summary").await;
    page.fill("#hz", &hz.to_string()).await;
    page.click("#rate-start").await;
    let script = format!("return Number(document.querySelector('#rate').dataset.puts) >= {least}");
    page.until(&script, json!(true)).await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped][data-leaving='0']").await;
    number(page, "#rate", "data-puts").await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_page_shows_the_stream_through_the_router() {
    let _turn = turn().await;
    let lab = lab().await;
    let receiver = Page::open(&url(&lab)).await;
    receiver.connect("/zenoh").await;
    let script = "window.tasks = []; new PerformanceObserver((list) => list.getEntries().forEach((one) => window.tasks.push(one.duration)))\
        .observe({ type: 'longtask' })";
    receiver.run(script, vec![]).await;
    let sender = Page::open(&url(&lab)).await;
    sender.connect("/zenoh").await;
    let puts = stream(&sender, SMALL, 30, 60).await;
    shows(&receiver, SMALL, puts).await;
    println!("tasks of the page that shows, above 50 ms: {}", receiver.run("return window.tasks", vec![]).await);
    sender.close(&[]).await;
    receiver.close_with(&[], &[READ_BACK]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_shows_its_own_stream_in_every_engine() {
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    let is_here = |engine: &Engine| !missing.split_whitespace().any(|one| one == format!("{engine:?}"));
    for engine in Engine::ALL.into_iter().filter(is_here) {
        let _turn = turn().await;
        println!("in {engine:?}");
        own_stream(engine).await;
    }
}

/// A tab that puts and shows the same stream, without a lab.
async fn own_stream(engine: Engine) {
    let server = host("/", &dist());
    let tabs = Tabs::open(engine, &server.url()).await;
    tabs.page.wait("#session[data-state=open]").await;
    tabs.page.click("#tab-put").await;
    tabs.page.click("#subscribe").await;
    tabs.page.wait("#undeclare").await;
    let puts = stream(&tabs.page, SMALL, 20, 30).await;
    shows(&tabs.page, SMALL, puts).await;
    tabs.close(&["lab.json", READ_BACK]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn misses_missing_planes_and_false_heads_are_said() {
    let _turn = turn().await;
    let lab = lab().await;
    let session = joined(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let put = async |attachment: String, payload: Vec<u8>| {
        session
            .put("lab/cam", payload)
            .attachment(attachment)
            .congestion_control(CongestionControl::Block)
            .await
            .unwrap();
    };
    let image = plane(SMALL, 0, Plane::Image);
    let head = |stream: u32, sequence: u64| {
        let (width, height) = (SMALL.width, SMALL.height);
        Head { stream, sequence, time: 1, width, height, ..Head::default() }.with(Plane::Image, 0)
    };
    // Says more than there is: a sample like any other.
    put(head(1, 0).text(), image[1..].to_vec()).await;
    put("{\"stream\":".repeat(40), image.clone()).await;
    page.until("return document.querySelector('#received').textContent", json!("2")).await;
    page.run("if (document.querySelector('#live')) throw 'these are not frames'", vec![]).await;
    for sequence in [3, 4, 9, 9, 2] {
        put(head(1, sequence).text(), image.clone()).await;
    }
    page.wait("#live[data-arrived='5'][data-missed='4']").await;
    page.click("#live-mask").await;
    page.until("return /have no mask/.test(document.querySelector('#live').textContent)", json!(true)).await;
    page.click("#live-image").await;
    // A second stream under the same key is one of its own.
    put(head(2, 0).text(), image.clone()).await;
    page.fill("#live-stream", "00000002").await;
    page.wait("#live[data-arrived='1'][data-missed='0']").await;
    page.fill("#live-stream", "00000001").await;
    page.wait("#live[data-arrived='5'][data-missed='4']").await;
    page.close(&[]).await;
    session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_has_the_pixels_that_the_page_has_made() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut command = Command::new(interpreter());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/robot.py"));
    command.args(["--endpoint", &lab.tcp_locator(), "--frames", "100"]);
    let mut python = Program::run(command);
    let page = Page::open_in_tab(&url(&lab)).await;
    page.connect("/zenoh").await;
    robot(&page, SMALL).await;
    page.wait("#matching[data-matching=true]").await;
    page.click("#put-rate summary").await;
    page.fill("#hz", "60").await;
    page.click("#rate-start").await;
    for sequence in 0..100 {
        let line = python.line(GUARD).await;
        let of = |one: Plane, shape: &str, kind: &str| {
            format!("{} {shape} {kind} {}", one.name(), sha256(&plane(SMALL, sequence, one)))
        };
        let [image, depth, mask] = [
            of(Plane::Image, "(64, 96, 4)", "uint8"),
            of(Plane::Depth, "(64, 96)", "float32"),
            of(Plane::Mask, "(64, 96)", "uint8"),
        ];
        assert_eq!(line, format!("lab/robot {sequence} {image}; {depth}; {mask}"));
    }
    python.leave().await;
    page.click("#rate-stop").await;
    page.close(&[]).await;
    lab.stop().await;
}

/// What a stream reaches, page to page: printed for docs/measuring.md, and nothing is asserted of it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and measures"]
async fn reach_of_streams() {
    let _turn = turn().await;
    let lab = lab().await;
    let vga = Camera { width: 640, height: 480, seed: 1 };
    let large = Camera { width: 1920, height: 1536, seed: 1 };
    for (camera, image_only) in [(vga, false), (large, true)] {
        for mode in ["copy", "borrow", "move"] {
            for way in ["/zenoh", "hub"] {
                let mut tabs = Tabs::open(Engine::Chromium, &url(&lab)).await;
                for side in 0..2 {
                    if side == 1 {
                        tabs.add().await;
                    }
                    tabs.page.fill("#locator", way).await;
                    if tabs.page.run("return !!document.querySelector('#connect')", vec![]).await == json!(true) {
                        tabs.page.click("#connect").await;
                    }
                    tabs.page.wait("#session[data-state=open]").await;
                    tabs.page.click("#tab-put").await;
                    if side == 0 {
                        tabs.page.wait("#undeclare, #subscribe").await;
                        if tabs.page.run("return !!document.querySelector('#subscribe')", vec![]).await == json!(true) {
                            tabs.page.click("#subscribe").await;
                        }
                        tabs.page.wait("#undeclare").await;
                    }
                }
                let page = &tabs.page;
                if page.run("return !!document.querySelector('#undeclare')", vec![]).await == json!(true) {
                    page.click("#undeclare").await;
                }
                robot(page, camera).await;
                if image_only {
                    // The neighbour of a row that is removed is open then.
                    page.click("#row-1 button").await;
                    page.wait("#row-1.open").await;
                    page.click("#row-remove").await;
                    page.until("return document.querySelectorAll('.row').length", json!(2)).await;
                    page.click("#row-remove").await;
                    page.until("return document.querySelectorAll('.row').length", json!(1)).await;
                }
                page.click(&format!("#mode-all-{mode}")).await;
                page.click("#put-rate summary").await;
                page.fill("#hz", "30").await;
                page.click("#rate-start").await;
                // The first tab is in view, so that its pictures are drawn.
                let first = tabs.at(0).await;
                let observe = "window.tasks = []; new PerformanceObserver((list) => list.getEntries().forEach((one) => \
                    window.tasks.push(one.duration))).observe({ type: 'longtask' })";
                first.run(observe, vec![]).await;
                tokio::time::sleep(Duration::from_secs(10)).await;
                let figures = first.text("#live").await.replace('\n', " ");
                let tasks = first.run("return Math.max(0, ...window.tasks)", vec![]).await;
                let second = tabs.at(1).await;
                let rate =
                    format!("{} {}", second.text("#rate").await, second.text("#rate-more").await).replace('\n', " ");
                println!(
                    "{}x{} by {mode} through {way}: {rate} | {figures} | longest task above 50 ms: {tasks}",
                    camera.width, camera.height
                );
                second.click("#rate-stop").await;
                tabs.close(&["lab.json"]).await;
            }
        }
    }
    lab.stop().await;
}
