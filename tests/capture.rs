//! What a browser captures: planes of a camera and a screen, and channels of a microphone, which the
//! browser makes up. Each is compared with the same frame as the test reads it in the page.
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
    lab::{dist, host, lab, turn, url},
    peers::sha256,
    python::{Program, interpreter},
    tabs::hash,
};
use tokio::{process::Command, time::timeout};
use zbytes_lab::{
    live::{Plane, picture},
    server::Lab,
};

/// What Chromium says of a test that reads a canvas.
const READ_BACK: &str = "willReadFrequently";

/// Reads every frame of what the page captures from now on, from a track of its own, in another way
/// than the lab: with strides and offsets of its own. Keeps digests of its planes, of its
/// red, green and blue, and the samples of a sound.
const LISTEN: &str = "
    const [planes, colours] = [window.planes = {}, window.colours = {}];
    window.sound = [];
    const hex = async (bytes) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
        (byte) => byte.toString(16).padStart(2, '0')).join('');
    const tight = (bytes, [offset, stride], width, height) => {
        const all = new Uint8Array(width * height);
        for (let row = 0; row < height; row += 1) all.set(bytes.subarray(offset + row * stride, offset + row * stride + width), row * width);
        return all;
    };
    const looks = async (frame) => {
        const { format, visibleRect: { width, height } } = frame;
        const half = [(width + 1) >> 1, (height + 1) >> 1];
        const sides = format === 'I420' ? [[width, height], half, half] : [[width, height], [2 * half[0], half[1]]];
        let end = 5;
        // The last plane lies first.
        const layout = sides.toReversed().map(([wide, high], at) => {
            const one = [end, wide + 13 + at];
            end += high * one[1];
            return one;
        }).toReversed();
        const bytes = new Uint8Array(end);
        await frame.copyTo(bytes, { layout: layout.map(([offset, stride]) => ({ offset, stride })) });
        const parts = sides.map(([wide, high], at) => tight(bytes, layout[at], wide, high));
        const rgba = new Uint8Array(4 * width * height);
        await frame.copyTo(rgba, { format: 'RGBA' });
        return async () => {
            planes[await hex(await new Blob(parts).arrayBuffer())] = [format, width, height];
            colours[await hex(rgba)] = [width, height];
        };
    };
    for (const name of ['getUserMedia', 'getDisplayMedia']) {
        const ask = navigator.mediaDevices[name].bind(navigator.mediaDevices);
        navigator.mediaDevices[name] = async (wanted) => {
            const stream = await ask(wanted);
            [window.track] = stream.getTracks();
            const twin = window.track.clone();
            // It must see each frame that the lab sees: digests are made later.
            const reader = new MediaStreamTrackProcessor({ track: twin, maxBufferSize: 8 }).readable.getReader();
            (async () => {
                for (;;) {
                    const { value, done } = await reader.read();
                    if (done) return;
                    if (value instanceof VideoFrame) {
                        (await looks(value))();
                    } else {
                        const samples = new Float32Array(value.numberOfFrames);
                        value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
                        window.sound.push(...samples);
                    }
                    value.close();
                }
            })();
            return stream;
        };
    }";

/// Keeps the track of what is captured. A second one of the same camera would keep its size.
const KEEP: &str = "
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        [window.track] = stream.getTracks();
        return stream;
    }";

async fn attribute(page: &Page, css: &str, name: &str) -> u64 {
    page.wait(&format!("{css}[{name}]")).await;
    page.attribute(css, name).await.parse().unwrap()
}

/// Whether the test has read a frame with this digest in the page. It may read it later than the lab.
async fn is_read(page: &Page, list: &str, payload: &[u8]) {
    page.until(&format!("return '{}' in window.{list}", sha256(payload)), json!(true)).await;
}

/// Chooses the preset, and starts the camera.
async fn start(page: &Page) {
    page.fill("#preset", "camera").await;
    page.wait("#capture[data-state=off]").await;
    page.click("#capture-press").await;
    page.wait("#capture[data-state=on]").await;
    page.wait("#build-state[data-state=ready]").await;
}

/// Makes the rows those of one device, which is not started.
async fn alone(page: &Page, device: &str) {
    page.fill("#preset", "three").await;
    for rows in [2, 1] {
        page.click("#row-remove").await;
        page.until("return document.querySelectorAll('.row').length", json!(rows)).await;
    }
    page.fill("#row-type", device).await;
    page.wait("#capture[data-state=off]").await;
}

/// A page whose rows are those of one device, which is on, and a peer that gets what it puts under this key.
async fn captures(lab: &Lab, device: &str, key: &'static str) -> (Frames, Page) {
    let peer = Frames::join(&lab.tcp_locator(), key).await;
    let page = Page::open_with_devices(Engine::Chromium, &url(lab), true, &[]).await;
    page.run(LISTEN, vec![]).await;
    page.connect("/zenoh").await;
    alone(&page, device).await;
    page.click("#tab-put").await;
    page.fill("#key", key).await;
    page.click("#capture-press").await;
    page.wait("#capture[data-state=on]").await;
    page.wait(&format!("#capturing-{device}")).await;
    (peer, page)
}

/// Puts by the button as soon as there is a frame: a put before that is refused.
async fn put(page: &Page) {
    let begun = tokio::time::Instant::now();
    loop {
        let before = page.attribute("#put-result", "data-put").await;
        page.click("#put").await;
        let ended = |state| format!("#put-result[data-state={state}]:not([data-put='{before}'])");
        page.wait(&format!("{}, {}", ended("done"), ended("failed"))).await;
        if page.attribute("#put-result", "data-state").await == "done" {
            return;
        }
        let words = page.text("#put-problem").await;
        assert!(words.contains("no new frame") && begun.elapsed() < GUARD, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_put_is_a_frame_of_the_camera_in_every_mode() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Frames::join(&lab.tcp_locator(), "lab/video").await;
    let page = Page::open_with_devices(Engine::Chromium, &url(&lab), true, &[]).await;
    page.run(LISTEN, vec![]).await;
    page.connect("/zenoh").await;
    start(&page).await;
    page.wait("#capturing-camera").await;
    let len = 640 * 480 * 3 / 2;
    page.wait(&format!("#build-state[data-bytes='{len}']")).await;
    let (mut sequence, mut time, mut seen) = (0, 0, Vec::new());
    // A plane is a part of a buffer: to move it is to copy it, which its row says and the ledger counts.
    for (mode, built) in [("borrow", 0), ("copy", len), ("move", len), ("borrow", 0)] {
        page.click(&format!("#mode-all-{mode}")).await;
        page.wait("#build-state[data-state=ready]").await;
        for _ in 0..3 {
            put(&page).await;
            let Frame { head, payload } = peer.next().await;
            assert_eq!((head.sequence, head.width, head.height, payload.len()), (sequence, 640, 480, len), "{mode}");
            let starts = [Plane::Y, Plane::U, Plane::V].map(|plane| head.start(plane));
            assert_eq!(starts, [Some(0), Some(307_200), Some(384_000)]);
            assert!(head.time > time, "time counts up");
            is_read(&page, "planes", &payload).await;
            assert_eq!(attribute(&page, "#put-result", "data-built").await, built as u64, "{mode}");
            seen.push(sha256(&payload));
            (sequence, time) = (sequence + 1, head.time);
        }
    }
    assert!(seen.windows(2).any(|two| two[0] != two[1]), "frames differ");
    // The same camera as red, green, blue and opacity, which can be moved.
    page.click("#capture-press").await;
    page.wait("#capture[data-state=off]").await;
    page.fill("#row-format", "RGBA").await;
    page.until("return document.querySelectorAll('.row').length", json!(1)).await;
    page.click("#capture-press").await;
    page.wait("#capture[data-state=on]").await;
    let len = 640 * 480 * 4;
    for (mode, built) in [("borrow", 0), ("copy", len), ("move", 0), ("move", 0), ("borrow", 0)] {
        page.click(&format!("#mode-all-{mode}")).await;
        page.wait("#build-state[data-state=ready]").await;
        put(&page).await;
        let Frame { head, payload } = peer.next().await;
        assert_eq!((head.sequence, head.start(Plane::Image), payload.len()), (sequence, Some(0), len), "{mode}");
        is_read(&page, "colours", &payload).await;
        assert_eq!(attribute(&page, "#put-result", "data-built").await, built as u64, "{mode}");
        seen.push(sha256(&payload));
        sequence += 1;
    }
    // No frame was written over one that a kept sample refers to.
    page.click("#samples-one-by-one").await;
    for (at, digest) in seen.iter().enumerate() {
        let row = format!("#samples tr[data-id]:nth-of-type({})", 2 * (seen.len() - at) - 1);
        assert_eq!(&hash(&page, &row).await, digest, "the kept sample of frame {at}");
    }
    // After Stop nothing is captured, and nothing is put.
    page.click("#capturing-camera button").await;
    page.wait("#capture[data-state=off]").await;
    page.until("return document.querySelector('#capturing-camera')", Value::Null).await;
    assert_eq!(page.run("return window.track.readyState", vec![]).await, json!("ended"));
    page.until("document.querySelector('#put').click(); return /camera is off/.test(document.querySelector('#put-result')?.textContent)", json!(true)).await;
    page.close(&[]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

/// The digest of the moving picture, and its columns and rows.
async fn shown(page: &Page) -> ((usize, usize), String) {
    let script = "
        const canvas = document.querySelector('#live-picture');
        if (!canvas?.width) return [0, 0, ''];
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return crypto.subtle.digest('SHA-256', data).then((digest) => [canvas.width, canvas.height,
            Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')]);";
    let Value::Array(found) = page.run(script, vec![]).await else { panic!("no picture") };
    let side = |at: usize| found[at].as_u64().unwrap() as usize;
    ((side(0), side(1)), found[2].as_str().unwrap().to_owned())
}

/// Waits until the page shows this frame.
async fn shows(page: &Page, Frame { head, payload }: &Frame) {
    let seen = async {
        loop {
            let (size, digest) = shown(page).await;
            let mut read = |at: usize, into: &mut [u8]| -> Result<(), Infallible> {
                into.copy_from_slice(&payload[at..at + into.len()]);
                Ok(())
            };
            if size.0 > 0 && digest == sha256(&picture::rgba(head, Plane::Image, size, &mut read).unwrap()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(timeout(GUARD, seen).await.is_ok(), "the picture is that of {}", head.words());
}

/// Starts a stream at this rate.
async fn stream(page: &Page, hz: usize) {
    page.click("#tab-put").await;
    page.click("#put-rate summary").await;
    page.fill("#hz", &hz.to_string()).await;
    page.click("#rate-start").await;
}

/// Stops it, and returns its last frame. The peer has received it up to `frame`.
async fn last(page: &Page, peer: &mut Frames, mut frame: Frame) -> Frame {
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped][data-leaving='0']").await;
    let puts = attribute(page, "#rate", "data-puts").await;
    while frame.head.sequence + 1 < puts {
        frame = peer.next().await;
    }
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_of_a_camera_goes_on_with_another_size() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Frames::join(&lab.tcp_locator(), "lab/video").await;
    let page = Page::open_with_devices(Engine::Chromium, &url(&lab), true, &[]).await;
    page.run(KEEP, vec![]).await;
    page.connect("/zenoh").await;
    start(&page).await;
    stream(&page, 200).await;
    for sequence in 0..40 {
        assert_eq!(peer.next().await.head.sequence, sequence, "BLOCK loses none");
    }
    page.until(
        "return /The camera gives [0-9.]+ a second/.test(document.querySelector('#rate-more').textContent)",
        json!(true),
    )
    .await;
    // While the stream runs, the camera gets another size.
    page.run("return window.track.applyConstraints({ width: { exact: 320 }, height: { exact: 240 } })", vec![]).await;
    let other = async {
        loop {
            let frame = peer.next().await;
            if frame.head.width == 320 {
                break frame;
            }
        }
    };
    let Ok(small) = timeout(GUARD, other).await else { panic!("no other size: {}", page.text("#capture").await) };
    assert_eq!((small.head.height, small.payload.len()), (240, 320 * 240 * 3 / 2));
    page.until("return /320 × 240/.test(document.querySelector('#capture-words').textContent)", json!(true)).await;
    let frame = last(&page, &mut peer, small).await;
    shows(&page, &frame).await;
    // A rate below that of the camera passes frames over, and says how many.
    page.fill("#hz", "2").await;
    page.click("#rate-start").await;
    let next = peer.next().await;
    assert_eq!(next.head.sequence, frame.head.sequence + 1);
    page.until(
        "return /[1-9][0-9]* passed over/.test(document.querySelector('#capture-words').textContent)",
        json!(true),
    )
    .await;
    // It is unplugged: the stream ends in words, and another start goes on.
    page.run("window.track.stop()", vec![]).await;
    page.wait("#capture[data-state=failed]").await;
    assert!(page.text("#capture-problem").await.contains("The camera has ended."));
    page.wait("#rate[data-state=failed]").await;
    assert!(page.text("#rate-problem").await.contains("The camera"));
    page.click("#capture-press").await;
    page.wait("#capture[data-state=on]").await;
    page.click("#rate-start").await;
    page.wait("#rate[data-state=running]").await;
    let again = peer.next().await;
    assert!(again.head.sequence > next.head.sequence && again.head.stream == next.head.stream);
    page.click("#rate-stop").await;
    page.close_with(&[], &[READ_BACK]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

/// A camera whose frames have bytes that are known, in the format `window.format`: Chromium's own one is grey, so
/// that its planes of colour are equal.
const KNOWN: &str = "
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    window.format = 'I420';
    setInterval(() => {
        const [codedWidth, codedHeight, { format }] = [64, 48, window];
        const length = codedWidth * codedHeight * (format === 'RGBA' ? 4 : 1.5);
        const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) % 251);
        writer.write(new VideoFrame(bytes, { format, codedWidth, codedHeight, timestamp: 1000 * performance.now() }));
    }, 50);
    navigator.mediaDevices.getUserMedia = async () => new MediaStream([track]);";

#[tokio::test(flavor = "multi_thread")]
async fn planes_of_each_format_arrive_as_they_were_made() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Frames::join(&lab.tcp_locator(), "lab/video").await;
    let page = Page::open_with_devices(Engine::Chromium, &url(&lab), true, &[]).await;
    page.run(KNOWN, vec![]).await;
    page.connect("/zenoh").await;
    start(&page).await;
    for (format, len, planes) in [
        ("I420", 4608, &[(Plane::Y, 0), (Plane::U, 3072), (Plane::V, 3840)][..]),
        ("NV12", 4608, &[(Plane::Y, 0), (Plane::Uv, 3072)]),
        ("RGBA", 12_288, &[(Plane::Image, 0)]),
        ("NV12", 4608, &[(Plane::Y, 0), (Plane::Uv, 3072)]),
    ] {
        page.run("window.format = arguments[0]", vec![json!(format)]).await;
        page.until("return document.querySelectorAll('.row').length", json!(planes.len())).await;
        page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
        put(&page).await;
        let Frame { head, payload } = peer.next().await;
        let starts = Plane::EVERY.map(|plane| planes.iter().find(|(one, _)| *one == plane).map(|(_, start)| *start));
        assert_eq!((head.width, head.height, head.planes), (64, 48, starts), "{format}");
        let made: Vec<u8> = (0..len).map(|at| ((at * 31 + (at >> 8)) % 251) as u8).collect();
        assert!(payload == made, "{format}: {} B, of which the first are {:?}", payload.len(), &payload[..8]);
    }
    page.close(&[]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_has_the_planes_of_the_camera() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut command = Command::new(interpreter());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/robot.py"));
    command.args(["--endpoint", &lab.tcp_locator(), "--key", "lab/video", "--frames", "20"]);
    let mut python = Program::run(command);
    let mut peer = Frames::join(&lab.tcp_locator(), "lab/video").await;
    let page = Page::open_with_devices(Engine::Chromium, &url(&lab), true, &[]).await;
    page.connect("/zenoh").await;
    start(&page).await;
    page.wait("#matching[data-matching=true]").await;
    stream(&page, 30).await;
    for _ in 0..20 {
        let Frame { head, payload } = peer.next().await;
        let of = |plane: Plane, shape: &str, range: std::ops::Range<usize>| {
            format!("{} {shape} uint8 {}", plane.name(), sha256(&payload[range]))
        };
        let [y, u, v] = [
            of(Plane::Y, "(480, 640)", 0..307_200),
            of(Plane::U, "(240, 320)", 307_200..384_000),
            of(Plane::V, "(240, 320)", 384_000..460_800),
        ];
        assert_eq!(python.line(GUARD).await, format!("lab/video {} {y}; {u}; {v}", head.sequence));
    }
    python.leave().await;
    page.click("#rate-stop").await;
    page.close(&[]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_is_said_and_the_page_goes_on() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let page = Page::open_with_devices(Engine::Chromium, &server.url(), false, &[]).await;
    page.fill("#preset", "camera").await;
    // No press, no question.
    assert_eq!(page.text("#capture-press").await, "Start the camera");
    let says = async |words: &str| {
        page.click("#capture-press").await;
        page.until(
            &format!("return document.querySelector('#capture-problem')?.textContent.includes({})", json!(words)),
            json!(true),
        )
        .await;
        page.until("return document.querySelector('.capturing')", Value::Null).await;
    };
    says("The camera was refused.").await;
    for (name, words) in [
        ("NotFoundError", "This machine lacks a camera."),
        ("NotReadableError", "Another program may use it."),
        ("WeirdError", "WeirdError. The browser said: words of it."),
    ] {
        let script = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('words of it.', arguments[0]) }";
        page.run(script, vec![json!(name)]).await;
        says(words).await;
    }
    for (script, words) in [
        ("navigator.mediaDevices.getUserMedia = undefined", "This browser does not capture a camera."),
        ("Object.defineProperty(window, 'isSecureContext', { value: false })", "https or from localhost only"),
    ] {
        page.run(script, vec![]).await;
        says(words).await;
    }
    // A device that is allowed and gives nothing, by both ways to have its frames.
    page.run("Object.defineProperty(window, 'isSecureContext', { value: true })", vec![]).await;
    let script = "navigator.mediaDevices.getUserMedia = async () => new MediaStream([new MediaStreamTrackGenerator({ kind: 'video' })])";
    page.run(script, vec![]).await;
    says("The camera gives nothing.").await;
    page.run("delete window.MediaStreamTrackProcessor", vec![]).await;
    page.click("#capture-press").await;
    page.wait("#capture[data-state=asking]").await;
    page.wait("#capture[data-state=failed]").await;
    assert!(page.text("#capture-problem").await.contains("The camera gives nothing."));
    // The payload is as good as before: zeros, and never a put that says it is a frame.
    page.wait("#session[data-state=open]").await;
    page.click("#tab-put").await;
    page.click("#put").await;
    page.until("return /The camera is off/.test(document.querySelector('#put-result')?.textContent)", json!(true))
        .await;
    page.fill("#preset", "robot").await;
    page.put_by("#put").await;
    page.close_with(&[], &["lab.json"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn link_with_a_camera_sets_up_and_captures_nothing() {
    let _turn = turn().await;
    let server = host("/", &dist());
    let page = Page::open_with_devices(Engine::Chromium, &server.url(), true, &[]).await;
    let count = "
        window.asked = 0;
        for (const name of ['getUserMedia', 'getDisplayMedia']) {
            const ask = navigator.mediaDevices[name].bind(navigator.mediaDevices);
            navigator.mediaDevices[name] = (wanted) => { window.asked += 1; return ask(wanted); };
        }";
    page.run(count, vec![]).await;
    page.fill("#preset", "camera").await;
    page.fill("#row-width", "320").await;
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", 320 * 480 * 3 / 2)).await;
    // The address follows the rows a moment later. This link is that of the rows as they are.
    page.click("#link").await;
    page.until("return document.querySelector('#link-text')?.value === location.href", json!(true)).await;
    let link = page.run("return document.querySelector('#link-text').value", vec![]).await.as_str().unwrap().to_owned();
    assert_eq!(page.run("return window.asked", vec![]).await, json!(0));
    let other = Page::open_with_devices(Engine::Chromium, &link, true, &[]).await;
    other.run(count, vec![]).await;
    other.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", 320 * 480 * 3 / 2)).await;
    other.wait("#capture[data-state=off]").await;
    assert_eq!(other.text("#capture-press").await, "Start the camera");
    assert_eq!(
        other.run("return [window.asked, !!document.querySelector('.capturing')]", vec![]).await,
        json!([0, false])
    );
    other.click("#capture-press").await;
    other.wait("#capture[data-state=on]").await;
    assert_eq!(other.run("return window.asked", vec![]).await, json!(1));
    // A person who presses Stop while the browser asks wants no camera, also when it is allowed later.
    other.click("#capture-press").await;
    other.wait("#capture[data-state=off]").await;
    let late = "
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
            const stream = await ask(wanted);
            [window.track] = stream.getTracks();
            await new Promise((allow) => { window.allow = allow; });
            return stream;
        }";
    other.run(late, vec![]).await;
    other.click("#capture-press").await;
    other.until("return !!window.allow", json!(true)).await;
    other.wait("#capture[data-state=asking]").await;
    other.click("#capture-press").await;
    other.wait("#capture[data-state=off]").await;
    other.run("window.allow()", vec![]).await;
    other.until("return window.track.readyState", json!("ended")).await;
    other.wait("#capture[data-state=off]").await;
    for page in [page, other] {
        page.close_with(&[], &["lab.json"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_put_is_a_block_of_the_microphone() {
    let _turn = turn().await;
    let lab = lab().await;
    let (mut peer, page) = captures(&lab, "microphone", "lab/sound").await;
    for (mode, built) in [("borrow", 0), ("copy", 9600), ("move", 0)] {
        page.click(&format!("#mode-all-{mode}")).await;
        page.wait("#build-state[data-state=ready]").await;
        // A block that is not silent, as the test has heard it.
        let loud = async {
            loop {
                put(&page).await;
                let Frame { head, payload } = peer.next().await;
                assert_eq!((head.width, head.start(Plane::Left), payload.len() % 9600), (2400, Some(0), 0), "{mode}");
                assert!(head.rate >= 8_000 && head.is_sound());
                let channels = payload.len() as u64 / 9600;
                assert_eq!(attribute(&page, "#put-result", "data-built").await, built * channels, "{mode}");
                let samples: Vec<f32> =
                    payload[..9600].chunks(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect();
                if samples.iter().any(|one| one.abs() > 0.1) {
                    break samples;
                }
            }
        };
        let loud = timeout(GUARD, loud).await.expect("the microphone beeps");
        let script = "
            const { sound } = window, block = arguments[0].map(Math.fround);
            for (let from = 0; from + block.length <= sound.length; from += 1) {
                let at = 0;
                while (at < block.length && sound[from + at] === block[at]) at += 1;
                if (at === block.length) return true;
            }
            return false;";
        let begun = tokio::time::Instant::now();
        while page.run(script, vec![json!(loud)]).await != json!(true) {
            assert!(begun.elapsed() < GUARD, "the block is what the test has heard, by {mode}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    stream(&page, 100).await;
    for _ in 0..20 {
        peer.next().await;
    }
    page.until(
        "return /The microphone gives [0-9.]+ a second/.test(document.querySelector('#rate-more').textContent)",
        json!(true),
    )
    .await;
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped][data-leaving='0']").await;
    page.until("return document.querySelector('#live-picture').width > 0", json!(true)).await;
    page.close_with(&[], &[READ_BACK]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_put_is_a_frame_of_the_screen() {
    let _turn = turn().await;
    let lab = lab().await;
    let (mut peer, page) = captures(&lab, "screen", "lab/video").await;
    page.wait("#build-state[data-state=ready]").await;
    for _ in 0..3 {
        put(&page).await;
        let Frame { head, payload } = peer.next().await;
        assert!(head.width > 0 && head.start(Plane::Y) == Some(0), "{}", head.words());
        is_read(&page, "planes", &payload).await;
    }
    page.click("#capturing-screen button").await;
    page.wait("#capture[data-state=off]").await;
    page.close(&[]).await;
    peer.session.close().await.unwrap();
    lab.stop().await;
}

/// What each browser engine has of it, without a lab.
#[tokio::test(flavor = "multi_thread")]
async fn other_engines_capture_or_say_what_they_lack() {
    let missing = std::env::var("ENGINES_MISSING").unwrap_or_default();
    let is_here = |engine: &Engine| !missing.split_whitespace().any(|one| one == format!("{engine:?}"));
    for engine in [Engine::Firefox, Engine::WebKit].into_iter().filter(is_here) {
        let _turn = turn().await;
        println!("in {engine:?}");
        in_engine(engine).await;
    }
}

/// Chromium, as if it had no stream of a track's frames: by a video element and an AudioWorklet.
#[tokio::test(flavor = "multi_thread")]
async fn page_without_a_track_processor_captures_as_well() {
    let _turn = turn().await;
    in_engine(Engine::Chromium).await;
}

async fn in_engine(engine: Engine) {
    let server = host("/", &dist());
    let page = Page::open_with_devices(engine, &server.url(), true, &[]).await;
    page.run("delete window.MediaStreamTrackProcessor", vec![]).await;
    page.wait("#session[data-state=open]").await;
    page.click("#tab-put").await;
    page.click("#subscribe").await;
    page.wait("#undeclare").await;
    for device in ["camera", "microphone"] {
        alone(&page, device).await;
        // As a person presses it: browsers run what plays only after that.
        page.run("document.querySelector('#capture-press').scrollIntoView({ block: 'center' })", vec![]).await;
        page.press("#capture-press").await;
        page.wait("#capture[data-state=on], #capture[data-state=failed]").await;
        let words = page.text("#capture").await;
        println!("{engine:?}, {device}: {words}");
        if page.attribute("#capture", "data-state").await == "failed" {
            // Without a speaker, Firefox runs no worklet. The words say that, and the page goes on.
            assert_eq!((engine, device), (Engine::Firefox, "microphone"), "{words}");
            assert!(words.contains("Firefox also needs a speaker"), "{words}");
            continue;
        }
        page.click("#tab-put").await;
        if device == "camera" {
            stream(&page, 10).await;
        } else {
            page.click("#rate-start").await;
        }
        page.until("return Number(document.querySelector('#rate').dataset.puts) >= 10", json!(true)).await;
        page.click("#rate-stop").await;
        page.wait("#rate[data-state=stopped][data-leaving='0']").await;
        page.until("return document.querySelector('#live-picture')?.width > 0", json!(true)).await;
        page.click("#capture-press").await;
        page.wait("#capture[data-state=off]").await;
    }
    page.close_with(&[], &["lab.json", READ_BACK]).await;
}
