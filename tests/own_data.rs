//! What a person brings, in the built page in a real headless Chromium: files of numpy, Pillow, Python's
//! wave and csv, each made by its own tool, typed values, and arithmetic in fields of numbers. A native
//! zenoh peer receives the bytes.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{path::Path, process::Command};

use serde::Deserialize;
use serde_json::json;
use support::{
    GUARD,
    browser::Page,
    lab::{joined, lab, turn, url},
    python::interpreter,
};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};
use zbytes_lab::segment::Element;

/// A file that its own tool has written, and what the page makes of it.
#[derive(Deserialize)]
struct Made {
    name: String,
    /// What the page says of it.
    says: String,
    /// The name of each row, the class of its array, and its elements.
    rows: Vec<(String, String, usize)>,
    /// The file with the pixels of a picture.
    pixels: Option<String>,
    /// Why it stays bytes.
    problem: Option<String>,
}

/// The files of every tool, in a folder of their own.
fn made() -> (TempDir, Vec<Made>) {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/own_files.py");
    let done = Command::new(interpreter()).arg(script).arg(folder.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = String::from_utf8(done.stdout).unwrap();
    let made = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (folder, made)
}

/// Receives the bytes of what the page puts.
struct Peer(zenoh::Session, mpsc::UnboundedReceiver<Vec<u8>>);

impl Peer {
    async fn join(endpoint: &str) -> Self {
        let session = joined(endpoint).await;
        let (tell, told) = mpsc::unbounded_channel();
        let hear = move |sample: zenoh::sample::Sample| {
            let _ = tell.send(sample.payload().to_bytes().to_vec());
        };
        session.declare_subscriber("lab/own").callback(hear).background().await.unwrap();
        Self(session, told)
    }

    /// What arrives when the page puts its rows, which are to have so many bytes.
    async fn put(&mut self, page: &Page, len: usize) -> Vec<u8> {
        page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
        page.put_by("#put").await;
        timeout(GUARD, self.1.recv()).await.expect("a sample at the peer").unwrap()
    }
}

/// Gives a file to a page without rows.
async fn give(page: &Page, file: &Path) {
    page.fill("#preset", "empty").await;
    page.wait("#pane-build .starts").await;
    page.wait("#add-file").await.send_keys(file.to_str().unwrap()).await.unwrap();
    page.wait("#row-0").await;
}

/// What a row that is open says of its elements: in Build how they are read, in Layout what they are.
async fn said(page: &Page, row: usize) -> String {
    if page.run("return !!document.querySelector(arguments[0])", vec![json!(format!("#row-{row}.open"))]).await
        == json!(false)
    {
        page.click(&format!("#row-{row} .row-head")).await;
    }
    page.wait(&format!("#row-{row}.open")).await;
    let chosen = "return document.querySelector('#row-reading')?.selectedOptions[0].text ?? ''";
    let chosen = page.run(chosen, vec![]).await.as_str().unwrap().to_owned();
    let texts = [format!("#row-{row} .row-head"), "#row-about".to_owned(), "#facts".to_owned()];
    let mut said = vec![chosen];
    for css in texts {
        said.push(page.text(&css).await);
    }
    said.join(" | ")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_tool_are_understood_and_put_exactly() {
    let _turn = turn().await;
    let (folder, made) = made();
    let lab = lab().await;
    let mut peer = Peer::join(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#key", "lab/own").await;
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    for Made { name, says, rows, pixels, .. } in made.iter().filter(|made| made.problem.is_none()) {
        let (file, expected) = (read(name), read(&format!("{name}.bytes")));
        give(&page, &folder.path().join(name)).await;
        page.until("return document.querySelectorAll('.row').length", json!(rows.len())).await;
        for (at, (row, class, count)) in rows.iter().enumerate() {
            let said = said(&page, at).await;
            let wanted = match Element::ALL.into_iter().find(|element| element.array_name() == class) {
                Some(element) => [
                    format!("{} × {count} | ", element.name()),
                    format!("{}, {} B × {count}", element.name(), element.size()),
                ],
                None => ["bytes of a file".to_owned(), String::new()],
            };
            for words in wanted.iter().chain([row, says]) {
                assert!(said.contains(words), "{name}: {said} without {words}");
            }
        }
        for mode in ["copy", "move", "borrow"] {
            page.click(&format!("#mode-all-{mode}")).await;
            assert_eq!(peer.put(&page, expected.len()).await, expected, "{name} by {mode}");
        }
        if let Some(pixels) = pixels {
            let pixels = read(pixels);
            page.fill("#row-reading", "0").await;
            let arrived = peer.put(&page, pixels.len()).await;
            let most = arrived.iter().zip(&pixels).map(|(one, other)| one.abs_diff(*other)).max();
            // The browser and Pillow may round differently between the colours of a JPEG.
            assert!(most <= Some(if name.ends_with("jpg") { 3 } else { 0 }), "{name}: {most:?}");
        }
        // The other memory, and the way back to plain bytes.
        page.fill("#row-place", "wasm").await;
        if pixels.is_none() {
            assert_eq!(peer.put(&page, expected.len()).await, expected, "{name} in wasm memory");
        }
        if rows.len() == 1 && rows[0].1 != "file" {
            page.fill("#row-reading", "1").await;
            assert_eq!(peer.put(&page, file.len()).await, file, "{name} as bytes");
        }
    }

    // A table: one of its rows is plain bytes, then the columns again.
    give(&page, &folder.path().join("table.csv")).await;
    let (file, columns) = (read("table.csv"), read("table.csv.bytes"));
    assert!(said(&page, 0).await.contains("Int32 × 50"));
    page.fill("#row-reading", "2").await;
    page.until("return document.querySelector('#row-0 .row-line strong').textContent", json!("0 table.csv")).await;
    let whole = [&file[..], &columns[200..]].concat();
    assert_eq!(peer.put(&page, whole.len()).await, whole);
    page.click("#row-columns").await;
    page.until("return document.querySelectorAll('.row').length", json!(3)).await;
    let whole = [&columns[..], &columns[200..]].concat();
    assert_eq!(peer.put(&page, whole.len()).await, whole);
    // One step back, and the file is read again.
    page.click("#undo").await;
    page.until("return document.querySelectorAll('.row').length", json!(2)).await;
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", file.len() + 400)).await;

    // The engine of a measurement has the values as they were read.
    give(&page, &folder.path().join("big.npy")).await;
    page.wait("#build-state[data-state=ready][data-bytes='24']").await;
    page.click("#measure").await;
    page.wait("#cancel").await;
    page.wait_at_most("#cost-verdict", GUARD * 3).await;
    page.close(&[]).await;
    peer.0.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_huge_files_are_told_and_the_page_lives() {
    let _turn = turn().await;
    let (folder, made) = made();
    let lab = lab().await;
    let mut peer = Peer::join(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#key", "lab/own").await;
    for Made { name, problem, .. } in &made {
        let Some(problem) = problem else { continue };
        let file = std::fs::read(folder.path().join(name)).unwrap();
        give(&page, &folder.path().join(name)).await;
        page.wait("#row-unread").await;
        let words = page.text("#row-unread").await;
        assert!(words.contains(problem), "{name}: {words}");
        assert_eq!(page.attribute("#row-reading", "id").await, "", "{name} has no other way");
        assert_eq!(peer.put(&page, file.len()).await, file, "{name}");
    }
    // A table that is too long, and a picture that only says that it is one.
    give(&page, &folder.path().join("long.csv")).await;
    page.wait("#row-unread").await;
    assert!(page.text("#row-unread").await.contains("at most 67,108,864 B"));
    give(&page, &folder.path().join("broken.png")).await;
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#row-reading", "0").await;
    page.wait("#build-problem").await;
    let words = page.text("#build-problem").await;
    assert!(words.contains("broken.png cannot be read") && words.contains("Read it as the bytes"), "{words}");
    page.fill("#row-reading", "1").await;
    let file = std::fs::read(folder.path().join("broken.png")).unwrap();
    assert_eq!(peer.put(&page, file.len()).await, file);
    // A file that is longer than any payload has no row.
    let long = folder.path().join("long.bin");
    page.wait("#add-file").await.send_keys(long.to_str().unwrap()).await.unwrap();
    page.wait("#file-problem").await;
    assert!(page.text("#file-problem").await.contains("long.bin is too long."));
    assert_eq!(page.run("return document.querySelectorAll('.row').length", vec![]).await, json!(1));
    page.close(&[]).await;
    peer.0.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_values_and_expressions_say_what_they_come_to() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut peer = Peer::join(&lab.tcp_locator()).await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "empty").await;
    page.wait("#pane-build .starts").await;
    page.connect("/zenoh").await;
    page.fill("#key", "lab/own").await;
    page.click("#add-values").await;
    page.wait("#row-0.open").await;
    let took = "return document.querySelector('#row-values-took').textContent";
    page.until(took, json!("Taken: 3 numbers of Float64, 24 B.")).await;
    let mut expected = [1f64, 2.5, 3.0].map(f64::to_le_bytes).concat();
    assert_eq!(peer.put(&page, 24).await, expected);
    page.fill("#row-element", "Float32").await;
    page.until(took, json!("Taken: 3 numbers of Float32, 12 B.")).await;
    for (text, taken, bytes) in [
        ("0.1 -1e-3\n7.", "3 numbers of Float32, 12 B", [0.1f32, -1e-3, 7.0].map(f32::to_le_bytes).concat()),
        ("3.1415926535897932384626", "1 number of Float32, 4 B", std::f32::consts::PI.to_le_bytes().to_vec()),
        ("de ad be ef", "4 B of hex, Float32 × 1", vec![0xDE, 0xAD, 0xBE, 0xEF]),
        ("3q2+796tvu8=", "8 B of base64, Float32 × 2", [0xDE, 0xAD, 0xBE, 0xEF].repeat(2)),
    ] {
        page.fill("#row-values", text).await;
        page.until(took, json!(format!("Taken: {taken}."))).await;
        for place in ["js", "wasm"] {
            page.fill("#row-place", place).await;
            assert_eq!(peer.put(&page, bytes.len()).await, bytes, "{text} in {place}");
        }
        expected = bytes;
    }
    // What cannot be read is said, nothing is built of it, and the text stays.
    for (element, text, words) in
        [("Uint8", "1, 256", "“256” does not fit Uint8."), ("Int16", "1, two", "“two” is not a number. Expected")]
    {
        page.fill("#row-element", element).await;
        page.fill("#row-values", text).await;
        page.wait("#row-values-took.problem").await;
        page.wait("#build-problem").await;
        assert!(page.text("#row-values-took").await.starts_with(words), "{}", page.text("#row-values-took").await);
        assert!(page.text("#build-problem").await.contains("cannot be read."));
        let disabled = page.run("return document.querySelector('#put').disabled", vec![]).await;
        assert_eq!(disabled, json!(true));
    }
    page.click("#undo").await;
    page.click("#undo").await;
    page.click("#undo").await;
    page.click("#undo").await;
    page.until("return document.querySelector('#row-values').value", json!("3q2+796tvu8=")).await;
    // A page that is loaded again has them, as a link has.
    page.client.refresh().await.unwrap();
    page.wait("#session[data-state=open]").await;
    page.until(took, json!("Taken: 8 B of base64, Float32 × 2.")).await;
    assert_eq!(peer.put(&page, 8).await, expected);

    // What a person pastes outside of fields becomes a row: values, a text, or a table as a file.
    let paste = "
        const data = new DataTransfer();
        data.setData('text/plain', arguments[0]);
        document.body.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));";
    for (text, row) in [("[4, 5]", "Float64"), ("not values", "text"), ("x,y\n1,2\n", "Table, 1 line;")] {
        page.run(paste, vec![json!(text)]).await;
        page.until(&format!("return document.querySelector('.row.open').textContent.includes('{row}')"), json!(true))
            .await;
        page.click("#undo").await;
    }

    // Arithmetic in a field of numbers.
    page.click("#add-array").await;
    page.wait("#row-1.open").await;
    page.fill("#row-type", "Float32").await;
    let shown = "return document.querySelector('#row-1 .row-line').lastElementChild.textContent";
    for (text, comes, bytes) in [
        ("1920*1080*4", "= 8,294,400", "33,177,600 B"),
        ("8 MiB", "= 2,097,152", "8,388,608 B"),
        ("0x2000", "= 8,192", "32,768 B"),
        ("1e6", "= 1,000,000", "4,000,000 B"),
        ("(3 + 4) * 2^12 / 7", "= 4,096", "16,384 B"),
    ] {
        page.fill("#row-length", text).await;
        page.until(shown, json!(bytes)).await;
        page.until("return document.querySelector('.field.length .comes').textContent", json!(comes)).await;
    }
    for (text, words) in [
        (
            "6 B",
            "That is not a whole number of elements of 4 B. Expected a whole number from 0 to 268,435,456. It stays 4,096.",
        ),
        ("2 GiB", "It is too large. Expected a whole number from 0 to 268,435,456."),
        ("4*", "A number is missing."),
        ("1/0", "It divides by 0."),
    ] {
        page.fill("#row-length", text).await;
        page.until(
            &format!("return document.querySelector('#row-length-error')?.textContent.startsWith('{words}') ?? false"),
            json!(true),
        )
        .await;
    }
    page.close(&[]).await;
    peer.0.close().await.unwrap();
    lab.stop().await;
}
