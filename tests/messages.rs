//! The built page reads samples as Cap'n Proto messages, in a real headless Chromium. The tests
//! check its words, its pictures, the typed arrays that it makes, and its words about samples that
//! are not messages. A native zenoh peer sends the samples.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use half::f16;
use serde_json::json;
use support::{
    GUARD,
    browser::Page,
    lab::{lab, turn, url},
    peers::Native,
};
use zbytes_lab::{
    ledger::Ledger,
    message::{PixelFormat, Received, Spec},
    payload::ZBytes,
    segment::{Element, Source},
    server::Lab,
};

/// A lab, a peer that sends, and a page that listens.
struct Stage {
    lab: Lab,
    peer: Native,
    page: Page,
    sent: usize,
}

impl Stage {
    async fn set() -> Self {
        let lab = lab().await;
        let peer = Native::join(&lab.tcp_locator(), "nothing").await;
        let page = Page::open(&url(&lab)).await;
        page.connect("/zenoh").await;
        Self { lab, peer, page, sent: 0 }
    }

    /// Sends `bytes` and has the page read the sample. Waits until the dialog shows `state`.
    async fn send(&mut self, bytes: Vec<u8>, state: &str) {
        self.sent += 1;
        let key = format!("lab/message/{}", self.sent);
        self.peer.put(&key, bytes).await;
        self.page.click(&format!("#samples tr[data-key='{key}'] .read-message")).await;
        self.page.wait(&format!("#message-dialog[open][data-state={state}]")).await;
        assert!(self.page.text("#message-dialog").await.contains(&key));
    }

    async fn close(&self) {
        self.page.click("#message-dialog .dialog-head button").await;
        self.page.wait("#message-dialog:not([open])").await;
    }

    async fn fact(&self, name: &str) -> String {
        self.page.text(&format!("#message-facts [data-fact='{name}']")).await
    }

    /// Red, green, blue and opacity of a pixel of the picture.
    async fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        self.pixels(x, y, 1).await[0]
    }

    /// The pixels of a square of the picture.
    async fn pixels(&self, x: usize, y: usize, side: usize) -> Vec<[u8; 4]> {
        self.page.wait("#picture").await;
        let script = "
            const [x, y, side] = arguments;
            const canvas = document.querySelector('#picture');
            const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
            context.drawImage(canvas, 0, 0);
            return [...context.getImageData(x, y, side, side).data];";
        let bytes = self.page.run(script, vec![json!(x), json!(y), json!(side)]).await;
        let bytes: Vec<u8> = serde_json::from_value(bytes).unwrap();
        bytes.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect()
    }

    /// Columns and rows of the picture.
    async fn size(&self) -> (usize, usize) {
        self.page.wait("#picture").await;
        let script = "const canvas = document.querySelector('#picture'); return [canvas.width, canvas.height];";
        serde_json::from_value(self.page.run(script, vec![]).await).unwrap()
    }

    async fn range(&self) -> (String, String) {
        self.page.wait("#range").await;
        (self.page.text("#range-least").await, self.page.text("#range-most").await)
    }

    async fn end(self) {
        self.page.close(&[]).await;
        self.peer.leave().await;
        self.lab.stop().await;
    }
}

fn flat(payload: &ZBytes) -> Vec<u8> {
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// A message as zenoh carries it.
fn message(spec: &Spec, arrays: Vec<Vec<u8>>) -> Vec<u8> {
    flat(&spec.filled(arrays.into_iter().map(Source::moved)).unwrap().into_payload().unwrap())
}

fn tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: "depth".into(), element, shape: shape.to_vec(), timestamp: 1_795_357_353_000_000_001 }
}

/// `value` as an element.
fn element(element: Element, value: i8) -> Vec<u8> {
    let wide = i64::from(value);
    match element {
        Element::Float16 => f16::from_f32(value.into()).to_le_bytes().to_vec(),
        Element::Float32 => f32::from(value).to_le_bytes().to_vec(),
        Element::Float64 => f64::from(value).to_le_bytes().to_vec(),
        whole => wide.to_le_bytes()[..whole.size()].to_vec(),
    }
}

fn grey(shade: u8) -> [u8; 4] {
    [shade, shade, shade, 255]
}

/// Bytes of the segment that reading copies: the first one.
fn head(bytes: &[u8]) -> usize {
    let payload = ZBytes::from_segments([Source::moved(bytes.to_vec())]).unwrap();
    Received::open(&payload).unwrap().segment(0).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn tensors_of_every_element_type_are_said_shown_and_made_arrays() {
    let _turn = turn().await;
    let mut stage = Stage::set().await;
    for kind in Element::ALL {
        let first = if kind.name().contains("Uint") { 0 } else { -7 };
        let values = first..first + 15;
        let bytes = message(&tensor(kind, &[3, 5]), vec![values.flat_map(|value| element(kind, value)).collect()]);
        let copied = head(&bytes);
        stage.send(bytes, "read").await;
        let page = &stage.page;
        let name = kind.name().to_lowercase().replace("big", "").replace("clamped", " (clamped)");
        assert_eq!(stage.fact("schema").await, "Tensor");
        assert_eq!(stage.fact("name").await, "depth");
        assert_eq!(stage.fact("shape").await, format!("3x5 {name}"));
        assert_eq!(stage.fact("timestamp").await, "2026-11-22 14:22:33.000000001 UTC");
        assert!(stage.fact("data").await.starts_with("segment 1, bytes "), "{name}");
        let cost = page.text("#reading-cost").await;
        assert!(cost.starts_with(&format!("{copied} B copied to read what it says")), "{name}: {cost}");
        assert!(cost.contains("its data were not touched"), "{name}: {cost}");
        let most = (first + 14).to_string();
        assert_eq!(stage.range().await, (first.to_string(), most.clone()), "{name}");
        assert_eq!(stage.size().await, (5, 3), "{name}");
        for (x, y, shade) in [(0, 0, 0), (2, 1, 128), (4, 2, 255)] {
            assert_eq!(stage.pixel(x, y).await, grey(shade), "{name}");
        }
        page.click("#arrays .make-array").await;
        let size = kind.size() * 15;
        // Float16Array is newer than the others.
        let there = format!("return typeof {} === 'function'", kind.array_name());
        if page.run(&there, vec![]).await == json!(true) {
            page.wait(&format!("#arrays .made-array[data-count='15'][data-copied='{size}']")).await;
            let words = page.text("#arrays").await;
            let cost = format!("As {}: 15 elements, {size} B copied within the JavaScript heap", kind.array_name());
            assert!(words.contains(&cost), "{name}: {words}");
            let begin: Vec<String> = (first..first + 4).map(|value| value.to_string()).collect();
            let shown = page.text("#arrays .made-elements").await;
            assert!(
                shown.starts_with(&format!("{} … ", begin.join(", "))) && shown.ends_with(&format!(", {most}")),
                "{shown}"
            );
        } else {
            page.wait("#array-problem").await;
            assert!(page.text("#array-problem").await.contains(kind.array_name()));
        }
        stage.close().await;
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tensor_of_many_batches_is_shown_in_part_and_saved_whole() {
    let _turn = turn().await;
    let mut stage = Stage::set().await;
    let (rows, columns) = (1920u32, 1536u32);
    let values: Vec<u8> = (0..(rows * columns) as i32).flat_map(|value| (value - 1000).to_le_bytes()).collect();
    let bytes = message(&tensor(Element::Int32, &[rows, columns]), vec![values.clone()]);
    let (copied, len) = (head(&bytes), bytes.len());
    stage.send(bytes, "read").await;
    let page = &stage.page;
    assert!(page.text("#head-message").await.contains("1920x1536 int32"));
    assert_eq!(stage.fact("data").await, format!("segment 1, bytes {} to {}", copied + 24, commas(len - 1)));
    assert!(page.text("#reading-cost").await.starts_with(&format!("{copied} B copied")));
    // The range is that of all values, including those that the page does not show.
    assert_eq!(stage.range().await, ("-1,000".into(), "2,948,119".into()));
    let (width, height) = stage.size().await;
    assert!(width < 1536 && height < 1920, "{width} by {height}");
    let [top, ..] = stage.pixel(width / 2, 0).await;
    let [bottom, ..] = stage.pixel(width / 2, height - 1).await;
    assert_eq!((top, bottom), (0, 255));
    assert!(page.text("#preview figcaption").await.contains(&format!("{width} by {height} of 1,536 by 1,920 pixels")));
    page.click("#arrays .make-array").await;
    page.wait("#arrays .made-array[data-count='2949120'][data-copied='11796480']").await;
    assert_eq!(
        page.text("#arrays .made-elements").await,
        "-1000, -999, -998, -997 … 2948116, 2948117, 2948118, 2948119"
    );
    // The script keeps the bytes that the browser would write into the file.
    let watch = "
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => { window.savedBlob = blob; return make.call(URL, blob); };
        HTMLAnchorElement.prototype.click = function () { window.savedName = this.download; };";
    page.run(watch, vec![]).await;
    page.click("#arrays .save-array").await;
    page.until("return Boolean(window.savedBlob)", json!(true)).await;
    let script = "
        const [done] = arguments;
        window.savedBlob.arrayBuffer().then((buffer) => {
            const values = new Int32Array(buffer);
            let sum = 0;
            for (const value of values) sum += value;
            done([window.savedName, values.length, sum]);
        });";
    let saved = page.client.execute_async(script, vec![]).await.unwrap();
    let sum: i64 = (0..i64::from(rows * columns)).map(|value| value - 1000).sum();
    assert_eq!(saved, json!(["depth-int32.bin", rows * columns, sum]));
    stage.close().await;
    // The array stays with its sample.
    page.click("#samples .read-message").await;
    page.wait("#arrays .made-array").await;
    stage.close().await;
    page.click("#forget").await;
    // What was on its way to the page may show for a moment.
    page.until("return document.querySelector('#samples').textContent", json!("")).await;
    stage.end().await;
}

/// A number with a comma after every three digits.
fn commas(n: usize) -> String {
    zbytes_lab::present::format::count(n)
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_follow_the_shape_and_the_format() {
    let _turn = turn().await;
    let mut stage = Stage::set().await;

    // A NaN stays transparent, and the page reports it. Infinities have the shades of the ends.
    let values = [f32::NAN, 0.25, -0.5, f32::INFINITY, f32::NEG_INFINITY, 1.0];
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    stage.send(message(&tensor(Element::Float32, &[2, 3]), vec![bytes]), "read").await;
    assert_eq!(stage.range().await, ("-0.5".into(), "1".into()));
    assert_eq!(stage.pixel(0, 0).await, [0; 4]);
    assert_eq!(stage.pixel(1, 0).await, grey(128));
    assert_eq!((stage.pixel(0, 1).await, stage.pixel(1, 1).await), (grey(255), grey(0)));
    let odd = stage.page.text("#preview .odd").await;
    assert!(odd.contains("1 NaN, left open") && odd.contains("1 infinity and 1 -infinity"), "{odd}");
    stage.close().await;

    // Colours as they are, in four slices that the person chooses by number.
    let bytes: Vec<u8> = (0..4 * 2 * 5 * 3).collect();
    stage.send(message(&tensor(Element::Uint8, &[4, 2, 5, 3]), vec![bytes]), "read").await;
    assert_eq!(stage.size().await, (5, 2));
    assert_eq!(stage.pixel(1, 0).await, [3, 4, 5, 255]);
    stage.page.fill("#slice", "2").await;
    stage.page.wait("#preview[data-slice='2']").await;
    assert_eq!(stage.pixel(4, 1).await, [87, 88, 89, 255]);
    stage.page.fill("#slice", "4").await;
    assert!(stage.page.text("#preview .field-error").await.contains("from 0 to 3"));
    stage.close().await;

    // A line, a number, and an empty array.
    let bytes = (0..1000u16).flat_map(u16::to_le_bytes).collect();
    stage.send(message(&tensor(Element::Uint16, &[1000]), vec![bytes]), "read").await;
    assert_eq!(stage.range().await, ("0".into(), "999".into()));
    let (width, height) = stage.size().await;
    assert_eq!(stage.pixel(0, height - 1).await[3], 255);
    assert_eq!(stage.pixel(0, 0).await[3], 0);
    assert_eq!(stage.pixel(width - 1, 0).await[3], 255);
    stage.close().await;
    stage.send(message(&tensor(Element::BigInt64, &[]), vec![i64::MIN.to_le_bytes().to_vec()]), "read").await;
    stage.page.wait("#picture-number").await;
    assert_eq!(stage.page.text("#picture-number").await, "-9,223,372,036,854,775,808");
    stage.close().await;
    stage.send(message(&tensor(Element::Int8, &[7, 0]), vec![vec![]]), "read").await;
    stage.page.wait("#no-picture").await;
    assert_eq!(stage.page.attribute("#arrays .make-array", "disabled").await, "disabled");
    stage.close().await;

    // Every format of a camera, with rows that are longer than their pixels.
    let frame = |format: PixelFormat, step: u32| Spec::CameraFrame {
        frame_id: "front".into(),
        sequence: 1234,
        timestamp: 0,
        width: 2,
        height: 2,
        step,
        format,
    };
    let rgb = vec![255, 0, 0, 0, 255, 0, 9, 9, 0, 0, 255, 10, 20, 30, 9, 9];
    stage.send(message(&frame(PixelFormat::Rgb8, 8), vec![rgb]), "read").await;
    assert_eq!(stage.fact("picture").await, "2x2 rgb8");
    assert_eq!(stage.fact("sequence").await, "1,234");
    assert_eq!((stage.pixel(0, 0).await, stage.pixel(1, 0).await), ([255, 0, 0, 255], [0, 255, 0, 255]));
    assert_eq!((stage.pixel(0, 1).await, stage.pixel(1, 1).await), ([0, 0, 255, 255], [10, 20, 30, 255]));
    stage.close().await;
    let rgba = vec![1, 2, 3, 255, 4, 5, 6, 0, 7, 8, 9, 255, 10, 11, 12, 255];
    stage.send(message(&frame(PixelFormat::Rgba8, 8), vec![rgba]), "read").await;
    assert_eq!((stage.pixel(0, 0).await, stage.pixel(1, 0).await), ([1, 2, 3, 255], [0; 4]));
    stage.close().await;
    stage.send(message(&frame(PixelFormat::Mono8, 3), vec![vec![10, 20, 99, 30, 40, 99]]), "read").await;
    assert_eq!(stage.range().await, ("10".into(), "40".into()));
    assert_eq!((stage.pixel(0, 0).await, stage.pixel(1, 1).await), (grey(10), grey(40)));
    stage.close().await;
    let deep = [500u16, 600, 9, 700, 1010, 9].iter().flat_map(|value| value.to_le_bytes()).collect();
    stage.send(message(&frame(PixelFormat::Mono16, 6), vec![deep]), "read").await;
    assert_eq!(stage.range().await, ("500".into(), "1,010".into()));
    assert_eq!((stage.pixel(0, 0).await, stage.pixel(1, 0).await), (grey(0), grey(50)));
    stage.close().await;

    // Points from above.
    let spec = Spec::PointCloud { frame_id: "lidar".into(), timestamp: 0, points: 3 };
    let floats = |values: [f32; 3]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let strength = [0u16, 100, 1000].iter().flat_map(|value| value.to_le_bytes()).collect();
    let arrays = vec![floats([-4.0, 0.0, 4.0]), floats([0.0, 1.0, 2.0]), floats([0.5, f32::NAN, 1.5]), strength];
    stage.send(message(&spec, arrays), "read").await;
    let text = async |id: &str| stage.page.text(id).await;
    stage.page.wait("#range-x").await;
    assert_eq!((text("#range-x").await, text("#range-z").await), ("-4 … 4 m".into(), "0.5 … 1.5 m".into()));
    assert_eq!(text("#range-intensity").await, "0 … 1,000");
    assert!(text("#preview .odd").await.contains("1 NaN"));
    let (width, height) = stage.size().await;
    // A point is a few pixels wide, and the picture keeps one scale for x and y.
    let ink = async |x, y| stage.pixels(x, y, 12).await.iter().map(|pixel| pixel[3]).max().unwrap();
    let (left, right) = (ink(0, height - 12).await, ink(width - 12, 0).await);
    assert!(left > 0 && left < right && right == 255, "{left} {right}");
    assert_eq!(
        stage.page.run("return document.querySelectorAll('#arrays .make-array').length", vec![]).await,
        json!(4)
    );
    assert!(text("#arrays").await.contains("intensity as Uint16Array"));
    stage.close().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_or_another_schema_is_told_where_asked() {
    let _turn = turn().await;
    let mut stage = Stage::set().await;
    let good =
        message(&tensor(Element::Int16, &[2, 2]), vec![[1i16, 2, 3, 4].iter().flat_map(|v| v.to_le_bytes()).collect()]);

    let mut cut = good.clone();
    cut.truncate(good.len() - 8);
    stage.send(cut, "failed").await;
    let words = stage.page.text("#message-problem").await;
    assert!(words.contains("The message is not whole.") && words.contains(&format!("{} B", good.len())), "{words}");
    stage.close().await;

    // The root pointer leads out of its segment.
    let mut astray = good.clone();
    let root = astray.len() - head(&good) - 16;
    astray[root..root + 8].copy_from_slice(&(100u64 << 2 | 1 << 32).to_le_bytes());
    stage.send(astray, "failed").await;
    let words = stage.page.text("#message-problem").await;
    assert!(words.contains("A pointer cannot be followed.") && words.contains("segment 0, word 0"), "{words}");
    stage.close().await;

    // Another schema than requested: the page still shows the structure of the bytes.
    stage.send(good.clone(), "read").await;
    assert_eq!(stage.range().await, ("1".into(), "4".into()));
    stage.page.fill("#read-as", "PointCloud").await;
    stage.page.wait("#message-dialog[data-state=failed]").await;
    assert!(stage.page.text("#message-problem").await.contains("cannot be read as this schema"));
    stage.page.wait("#structure-table tr[data-kind='fields']").await;
    stage.page.fill("#read-as", "any").await;
    stage.page.wait("#message-dialog[data-state=read]").await;
    assert_eq!(stage.range().await, ("1".into(), "4".into()));
    stage.close().await;

    // One message behind another.
    let spec = Spec::PointCloud { frame_id: "behind".into(), timestamp: 0, points: 0 };
    let mut both = good.clone();
    both.extend(message(&spec, vec![vec![]; 4]));
    let more = both.len() - good.len();
    stage.send(both, "read").await;
    assert!(stage.page.text("#behind").await.starts_with(&format!("{more} B follow the message")));
    stage.page.click("#read-behind").await;
    stage.page.wait("#read-first").await;
    assert_eq!(stage.fact("frame id").await, "behind");
    assert!(stage.page.text("#message-dialog").await.contains(&format!("from byte {} on", good.len())));
    assert_eq!(stage.page.text("#behind").await, "");
    stage.page.click("#read-first").await;
    stage.page.wait("#behind").await;
    assert_eq!(stage.fact("name").await, "depth");
    stage.close().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_walks_the_pointers_of_a_structure() {
    let _turn = turn().await;
    let mut stage = Stage::set().await;
    let bytes = message(
        &tensor(Element::Float64, &[4, 300]),
        vec![(0..1200).flat_map(|v| f64::from(v).to_le_bytes()).collect()],
    );
    stage.sent += 1;
    stage.peer.put("lab/message/1", bytes).await;
    let page = &stage.page;
    page.wait("#samples .read-message").await;
    let focus = async |css: &str| page.run("document.querySelector(arguments[0]).focus()", vec![json!(css)]).await;
    let key = async |key: &str| {
        let active = page.client.active_element().await.unwrap();
        active.send_keys(key).await.unwrap();
    };
    const ENTER: &str = "\u{e007}";
    focus("#samples .read-message").await;
    key(ENTER).await;
    page.wait("#message-dialog[open][data-state=read]").await;
    // A far pointer in the head, its pad at the array, the array.
    focus("#structure-table tr[data-kind='far pointer'] button").await;
    key(ENTER).await;
    page.wait("#structure-table tr.open[data-kind='far pointer']").await;
    page.wait("#structure-table tr[data-landed][data-kind='landing pad']").await;
    assert_eq!(page.run("return document.querySelectorAll('[data-landed]').length", vec![]).await, json!(1));
    assert!(page.text("#span-words").await.starts_with("far pointer data: segment 0"));
    page.wait("#message-dialog .strip .word-selected").await;
    page.wait("#message-dialog .strip .word-landed").await;
    focus("#structure-table tr.open .go").await;
    key(ENTER).await;
    page.wait("#structure-table tr.open[data-kind='landing pad']").await;
    page.wait("#structure-table tr[data-landed][data-kind='elements']").await;
    let words = page.text("#span-words").await;
    assert!(words.contains("leads to elements"), "{words}");
    // By the mouse, in the strip.
    page.run(
        "document.querySelector('#message-dialog .strip .word').dispatchEvent(new MouseEvent('click', { bubbles: true }))",
        vec![],
    )
    .await;
    page.wait("#structure-table tr.open[data-kind='segment table']").await;
    // Escape closes the dialog, and the focus returns to its former place.
    key("\u{e00c}").await;
    page.wait("#message-dialog:not([open])").await;
    assert_eq!(
        page.run("return document.activeElement.className", vec![])
            .await
            .as_str()
            .map(|class| class.contains("read-message")),
        Some(true)
    );
    // It opens again, with nothing selected.
    key(ENTER).await;
    page.wait("#message-dialog[open][data-state=read]").await;
    assert_eq!(page.run("return document.querySelectorAll('#structure-table .open').length", vec![]).await, json!(0));

    fits(page).await;
    page.emulate((1440, 900), false).await;
    stage.close().await;
    let spec = Spec::PointCloud { frame_id: "lidar".into(), timestamp: 0, points: 400 };
    let floats = |phase: f32| (0..400).flat_map(move |at| (at as f32 * 0.7 + phase).sin().to_le_bytes()).collect();
    let strength = (0..400u16).flat_map(u16::to_le_bytes).collect();
    stage.send(message(&spec, vec![floats(0.0), floats(1.0), floats(2.0), strength]), "read").await;
    fits(&stage.page).await;
    stage.close().await;
    stage.end().await;
}

/// In both themes and at both sizes, every element fits the dialog, and its text has the theme's
/// ink.
async fn fits(page: &Page) {
    let script = "
        const dialog = document.querySelector('#message-dialog');
        const edge = dialog.getBoundingClientRect().right;
        const inside = (css) => {
            const box = dialog.querySelector(css).getBoundingClientRect();
            return box.width > 0 && box.right <= edge;
        };
        const fits = dialog.scrollWidth <= dialog.clientWidth && inside('.strip') && inside('#picture');
        return [fits, getComputedStyle(dialog).color];";
    for (size, dark) in [((1440, 900), false), ((1440, 900), true), ((390, 844), true), ((390, 844), false)] {
        page.emulate(size, dark).await;
        page.wait("#picture").await;
        let ink = if dark { "rgb(236, 233, 226)" } else { "rgb(22, 25, 29)" };
        // The strip follows the size a little later.
        let followed = async {
            while page.run(script, vec![]).await != json!([true, ink]) {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let what = format!("{size:?}, dark: {dark}");
        tokio::time::timeout(GUARD, followed).await.unwrap_or_else(|_| panic!("something does not fit: {what}"));
    }
}
