//! The view "Bytes" in a real headless Chromium: keys, moving to an offset, searching, comparing,
//! copying, saving, detached bytes.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use fantoccini::{
    actions::{Actions, InputSource, KeyAction, KeyActions},
    key::Key,
};
use serde_json::{Value, json};
use support::{
    browser::Page,
    files::{are_caught, catch_files},
    lab::{lab, turn, url},
};

/// Presses keys one after the other, with `held` held down.
async fn keys(page: &Page, held: Option<Key>, pressed: &[char]) {
    let mut keys = KeyActions::new("keyboard".to_owned());
    let held = held.map(char::from);
    if let Some(value) = held {
        keys = keys.then(KeyAction::Down { value });
    }
    for value in pressed {
        keys = keys.then(KeyAction::Down { value: *value }).then(KeyAction::Up { value: *value });
    }
    if let Some(value) = held {
        keys = keys.then(KeyAction::Up { value });
    }
    page.client.perform_actions(Actions::from(keys)).await.unwrap();
}

async fn press(page: &Page, key: Key) {
    keys(page, None, &[key.into()]).await;
}

/// Waits until the cursor is on the byte at `offset`, which must be in view and hold `byte`.
async fn at(page: &Page, offset: usize, byte: &str) {
    let script = "
        const grid = document.querySelector('#bytes-grid');
        const cell = document.getElementById(grid.getAttribute('aria-activedescendant'));
        return cell && [cell.id, cell.textContent, cell.classList.contains('cur')];";
    page.until(script, json!([format!("byte-{offset}"), byte, true])).await;
}

async fn go_to(page: &Page, offset: &str) {
    page.fill("#bytes-go", offset).await;
    page.run("document.querySelector('#bytes-go').form.requestSubmit()", vec![]).await;
}

async fn preset(page: &Page, name: &str) {
    page.fill("#preset", name).await;
    page.wait("#build-state[data-state=ready]").await;
}

async fn open_build(page: &Page) {
    page.click(".facts .bytes-open").await;
    page.wait("#bytes-dialog[open] #bytes-grid:focus").await;
}

/// How many bytes the view has copied so far.
async fn copied(page: &Page) -> usize {
    page.attribute("#bytes-ledger", "data-copied").await.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_follow_the_keys_and_only_they_are_copied() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    open_build(&page).await;
    assert_eq!(page.text("#bytes-len").await, "11,796,480 B in 1 segment");
    at(&page, 0, "00").await;
    // The view reads the lines that fit and the bytes of the inspector, and no others.
    let lines = page.run("return document.querySelectorAll('#bytes-grid .l').length", vec![]).await.as_u64().unwrap();
    assert!((10..100).contains(&lines), "{lines} lines");
    let first = copied(&page).await;
    assert!(first < 4096, "{first} B");
    assert_eq!(page.attribute("#bytes-grid", "aria-rowcount").await, (11_796_480 / 16).to_string());
    // A ramp of whole numbers: the number at offset 4 n is n.
    press(&page, Key::Down).await;
    at(&page, 16, "04").await;
    press(&page, Key::Right).await;
    at(&page, 17, "00").await;
    press(&page, Key::End).await;
    at(&page, 31, "00").await;
    press(&page, Key::Home).await;
    at(&page, 16, "04").await;
    press(&page, Key::PageDown).await;
    at(&page, 16 + 16 * lines as usize, &format!("{:02x}", (4 + 4 * lines) as u8)).await;
    press(&page, Key::PageUp).await;
    at(&page, 16, "04").await;
    keys(&page, Some(Key::Control), &[Key::End.into()]).await;
    at(&page, 11_796_479, "00").await;
    assert_eq!(
        page.attribute("#bytes-bar", "aria-valuenow").await,
        page.attribute("#bytes-bar", "aria-valuemax").await
    );
    press(&page, Key::Down).await;
    at(&page, 11_796_479, "00").await;
    keys(&page, Some(Key::Control), &[Key::Home.into()]).await;
    at(&page, 0, "00").await;
    keys(&page, Some(Key::Shift), &[Key::Down.into(), Key::Right.into()]).await;
    at(&page, 17, "00").await;
    assert_eq!(
        page.run("return document.querySelectorAll('#bytes-grid [aria-selected=true]').length", vec![]).await,
        18
    );
    assert!(page.text("#bytes-status").await.contains("18 B selected, 0x0 to 0x11"));
    // Typing in a field triggers no command. Escape in it returns to the bytes.
    keys(&page, None, &['g']).await;
    page.wait("#bytes-go:focus").await;
    keys(&page, None, &['n', '/', 'g', Key::Left.into(), Key::Down.into()]).await;
    page.wait("#bytes-go:focus").await;
    at(&page, 17, "00").await;
    press(&page, Key::Enter).await;
    assert!(page.text("#bytes-go-error").await.contains("is not a digit"), "{}", page.text("#bytes-go-error").await);
    page.fill("#bytes-go", "0x1000").await;
    press(&page, Key::Enter).await;
    at(&page, 0x1000, "00").await;
    page.wait("#bytes-grid:focus").await;
    keys(&page, None, &['/']).await;
    page.wait("#bytes-sought:focus").await;
    press(&page, Key::Escape).await;
    page.wait("#bytes-grid:focus").await;
    // A wheel, and the track of the scrollbar: the cursor stays at its byte, out of view.
    let script = "document.querySelector('#bytes-grid').dispatchEvent(new WheelEvent('wheel', { deltaY: 2000, bubbles: true, cancelable: true }))";
    page.run(script, vec![]).await;
    let top = "return Number(document.querySelector('#bytes-bar').getAttribute('aria-valuenow'))";
    let before = page.run(top, vec![]).await.as_u64().unwrap();
    assert_eq!(page.attribute("#bytes-grid", "aria-activedescendant").await, "");
    let script = "
        const bar = document.querySelector('#bytes-bar');
        const box = bar.getBoundingClientRect();
        const at = { clientX: box.x + 8, clientY: box.bottom - 1, buttons: 1, bubbles: true, pointerId: 1 };
        bar.setPointerCapture = () => {};
        bar.dispatchEvent(new PointerEvent('pointerdown', at));
        bar.dispatchEvent(new PointerEvent('pointerup', at));";
    page.run(script, vec![]).await;
    page.until("const bar = document.querySelector('#bytes-bar'); return bar.getAttribute('aria-valuemax') === bar.getAttribute('aria-valuenow')", json!(true)).await;
    assert!(before < 11_796_480 / 16 - 100);
    assert!(copied(&page).await < 100_000);
    press(&page, Key::Escape).await;
    page.until("return document.querySelector('#bytes-dialog').open", json!(false)).await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_opens_where_it_begins_with_values_of_its_array() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    preset(&page, "three").await;
    page.click("#segment-next").await;
    open_build(&page).await;
    // 64 bytes of header, then numbers 0, 1, 2 as Float32.
    at(&page, 64, "00").await;
    go_to(&page, "+4").await;
    at(&page, 68, "00").await;
    let value = async |element: &str| page.text(&format!("#bytes-values [data-type={element}]")).await;
    assert_eq!(value("Float32").await, "Float3214.6006e-41");
    assert_eq!(value("Uint16").await, "Uint1600");
    assert_eq!(value("Uint32").await, "Uint321,065,353,21632,831");
    assert_eq!(
        value("BigUint64").await.replace(',', ""),
        format!(
            "BigUint64 *{}{}",
            u64::from_le_bytes([0, 0, 128, 63, 0, 0, 0, 64]),
            u64::from_be_bytes([0, 0, 128, 63, 0, 0, 0, 64])
        )
    );
    page.fill("#bytes-as", "Float32").await;
    page.until(
        "return document.querySelector('#bytes-read').textContent.split('  ').slice(0, 5).join()",
        json!("1,2,3,4,5"),
    )
    .await;
    // Its borders, and its segment in the other panes.
    assert!(
        page.run("return document.querySelector('#byte-64').classList.contains('begins')", vec![])
            .await
            .as_bool()
            .unwrap()
    );
    go_to(&page, "0x3f").await;
    at(&page, 63, "3f").await;
    page.until("return document.querySelector('#segment-number').value", json!("1")).await;
    page.click("#bytes-close").await;
    page.until("return document.querySelector('#bytes-dialog').open", json!(false)).await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_over_borders_both_ways_and_around() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    preset(&page, "three").await;
    open_build(&page).await;
    // The end of the header and the beginning of the numbers behind it.
    page.fill("#bytes-sought", "3e 3f 00 00 00 00 00 00 80 3f").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=hit]").await;
    at(&page, 62, "3e").await;
    assert!(page.text("#bytes-status").await.contains("10 B selected"), "{}", page.text("#bytes-status").await);
    page.click("#bytes-next").await;
    page.until(
        "return document.querySelector('#bytes-search').textContent.trim()",
        json!("at 0x3E, gone on at the other end"),
    )
    .await;
    page.fill("#bytes-kind", "text").await;
    page.fill("#bytes-sought", "0123").await;
    page.click("#bytes-previous").await;
    page.wait("#bytes-search[data-state=hit]").await;
    at(&page, 0x30, "30").await;
    page.fill("#bytes-kind", "Float32").await;
    page.fill("#bytes-sought", "2999").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=hit]").await;
    let last = 64 + 4 * 2999;
    at(&page, last, "00").await;
    page.click("#bytes-sought-order-big").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=absent]").await;
    page.fill("#bytes-kind", "Int8").await;
    page.fill("#bytes-sought", "128").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=wrong]").await;
    assert_eq!(page.text("#bytes-search-error").await, "128 does not fit: Int8 goes from -128 to 127.");
    // n and N by the keyboard.
    page.fill("#bytes-kind", "hex").await;
    page.fill("#bytes-sought", "80 3f").await;
    page.run("document.querySelector('#bytes-grid').focus()", vec![]).await;
    keys(&page, Some(Key::Control), &[Key::Home.into()]).await;
    keys(&page, None, &['n']).await;
    at(&page, 70, "80").await;
    keys(&page, None, &['N']).await;
    page.until("return document.querySelector('#bytes-search').textContent.includes('other end')", json!(true)).await;
    // A search and a comparison at the same time do not take each other's results.
    page.click("#bytes-next").await;
    page.click("#bytes-keep").await;
    page.wait("#bytes-difference[data-state=done]").await;
    page.wait("#bytes-search[data-state=hit]").await;
    // A long search takes turns with the page, reports its progress, and can be cancelled.
    page.click("#bytes-close").await;
    page.until("return document.querySelector('#bytes-dialog').open", json!(false)).await;
    preset(&page, "tensor").await;
    page.fill("#row-length", "50000000").await;
    page.wait("#build-state[data-state=ready]").await;
    open_build(&page).await;
    page.fill("#bytes-sought", "ff ff ff ff ff").await;
    page.click("#bytes-next").await;
    page.click("#bytes-cancel").await;
    page.wait("#bytes-search[data-state=stopped]").await;
    page.wait("#bytes-grid:focus").await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_shows_where_an_array_is_borrowed_not_where_copied() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    // Header in wasm memory. Points borrowed and stamp copied, both from the JavaScript heap.
    preset(&page, "three").await;
    page.click("#put").await;
    page.wait("#samples tr[data-local=true] .bytes-open").await;
    open_build(&page).await;
    page.click("#bytes-keep").await;
    page.wait("#bytes-difference[data-state=done]").await;
    assert!(page.text("#bytes-difference").await.contains("No byte differs of 12,192 B."));
    assert!(page.text("#bytes-said").await.contains("building it copied 128 B"));
    // The caller cannot write a block in wasm memory: the payload shares it.
    assert_eq!(page.run("return document.querySelector('#bytes-write')", vec![]).await, Value::Null);
    for (offset, byte) in [(100, "aa"), (12_070, "bb"), (12_080, "cc")] {
        go_to(&page, &offset.to_string()).await;
        page.wait("#bytes-write").await;
        page.fill("#bytes-write", byte).await;
        page.run("document.querySelector('#bytes-write').form.requestSubmit()", vec![]).await;
        at(&page, offset, byte).await;
        let copied = page.text("#bytes-said").await.contains("Its row is copied");
        assert_eq!(copied, offset > 12_064, "{offset}");
    }
    // Only the copied segment of the kept payload is unchanged.
    page.until(
        "return document.querySelector('#bytes-difference strong')?.textContent",
        json!("2 of 12,192 B differ, the first at 0x2F26."),
    )
    .await;
    keys(&page, Some(Key::Control), &[Key::Home.into()]).await;
    page.click("#bytes-difference-next").await;
    at(&page, 12_070, "bb").await;
    page.until("return document.querySelectorAll('#bytes-grid .b.differs').length", json!(4)).await;
    page.click("#bytes-difference-next").await;
    at(&page, 12_080, "cc").await;
    page.click("#bytes-difference-next").await;
    page.until("return document.querySelector('#bytes-difference').textContent.includes('none further')", json!(true))
        .await;
    page.click("#bytes-difference-previous").await;
    at(&page, 12_070, "bb").await;
    // The locally delivered sample refers to the same arrays.
    let sample = page.attribute("#samples tr", "data-id").await;
    page.fill("#bytes-other", &format!("sample-{sample}")).await;
    page.until(
        "return document.querySelector('#bytes-difference strong')?.textContent",
        json!("2 of 12,192 B differ, the first at 0x2F26."),
    )
    .await;
    page.fill("#bytes-subject", &format!("sample-{sample}")).await;
    page.until("return document.querySelector('#bytes-len').textContent", json!("12,192 B in 3 segments")).await;
    go_to(&page, "100").await;
    at(&page, 100, "aa").await;
    // It has the segments of the rows. Every pane highlights the segment under the pointer.
    let rows = "return [...document.querySelectorAll('.row')].map((row) => row.classList.contains('back'))";
    let others = "return [...document.querySelectorAll('#bytes-grid .b')].every((byte) =>
        byte.classList.contains('away') === (Number(byte.dataset.at) < 64))";
    for (over, back) in [("#byte-100", [true, false, true]), ("#bytes-go", [false; 3])] {
        let middle = "const r = document.querySelector(arguments[0]).getBoundingClientRect();
            return [Math.round(r.left + r.width / 2), Math.round(r.top + r.height / 2)]";
        let middle = page.run(middle, vec![over.into()]).await;
        let to = json!({ "type": "pointerMove", "duration": 30, "x": middle[0], "y": middle[1] });
        page.perform(
            json!([{ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": [to] }]),
        )
        .await;
        page.until(rows, json!(back)).await;
        page.until(others, json!(back[0])).await;
    }
    page.click("#bytes-close").await;
    page.until("return document.querySelector('#bytes-dialog').open", json!(false)).await;
    // After a move has detached its arrays, the view reports it and shows the remaining bytes.
    page.click("#mode-all-move").await;
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#key", "lab/moved").await;
    page.click("#put").await;
    page.wait("#samples tr[data-key='lab/moved']").await;
    page.click(&format!("#samples tr[data-id='{sample}'] .bytes-open")).await;
    page.wait("#bytes-problem").await;
    let words = page.text("#bytes-problem").await;
    assert!(words.contains("Segment 1") && words.contains("detached"), "{words}");
    at(&page, 0, "00").await;
    page.until("return [63, 64].map((at) => document.getElementById(`byte-${at}`).textContent)", json!(["3f", "–"]))
        .await;
    page.fill("#bytes-sought", "ff ff ff").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=failed]").await;
    // The caller cannot write moved bytes any more.
    page.click("#bytes-close").await;
    preset(&page, "framed").await;
    open_build(&page).await;
    go_to(&page, "9000").await;
    page.wait("#bytes-moved").await;
    assert_eq!(page.run("return document.querySelector('#bytes-write')", vec![]).await, Value::Null);
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_leave_the_page_as_text_and_as_a_file() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    preset(&page, "three").await;
    open_build(&page).await;
    let catch = "
        window.texts = [];
        // Safari takes a text only within the task of the click.
        navigator.clipboard.write = async ([item]) => {
            if (window.event?.type !== 'click') throw new Error('not in the task of a click');
            const text = await item.getType('text/plain');
            window.texts.push(await text.text());
        };";
    page.run(catch, vec![]).await;
    catch_files(&page).await;
    go_to(&page, "68").await;
    at(&page, 68, "00").await;
    keys(&page, Some(Key::Shift), &[Key::Right.into(); 7]).await;
    at(&page, 75, "40").await;
    page.click("#bytes-copy-hex").await;
    page.fill("#bytes-as", "Float32").await;
    page.click("#bytes-copy-rust").await;
    page.click("#bytes-copy-js").await;
    let expected = ["00 00 80 3f 00 00 00 40", "let values: [f32; 2] = [1.0, 2.0];", "new Float32Array([1, 2])"];
    page.until("return window.texts", json!(expected)).await;
    assert_eq!(page.text("#bytes-said").await, "Copied 8 B as JavaScript.");
    // Without a clipboard, the view shows the text for copying by hand.
    page.run("navigator.clipboard.write = () => Promise.reject(new Error('not allowed'))", vec![]).await;
    page.click("#bytes-copy-js").await;
    page.wait("#bytes-text").await;
    assert_eq!(page.run("return document.querySelector('#bytes-text').value", vec![]).await, expected[2]);
    assert!(page.text("#bytes-failed").await.contains("not allowed"));
    let before = copied(&page).await;
    page.click("#bytes-save").await;
    are_caught(&page, 1).await;
    let script = "
        const done = arguments[0];
        window.caught[0].arrayBuffer().then((buffer) => {
            const bytes = new Uint8Array(buffer);
            done([bytes.length, bytes[63], bytes[70], bytes[71], new DataView(buffer).getFloat32(64 + 4 * 2999, true)]);
        });";
    let saved = page.client.execute_async(script, vec![]).await.unwrap();
    assert_eq!(saved, json!([12_192, 63, 128, 63, 2999]));
    assert!(page.text("#bytes-said").await.starts_with("Saved 12,192 B as payload-of-Build.bin."));
    // The browser has copied them, and the lab has not. The lab may have copied a little to draw
    // lines anew.
    assert!(copied(&page).await - before < 4096, "{before} B and then {} B", copied(&page).await);
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_shows_eight_bytes_a_line_and_nothing_is_cut_off() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.client.set_window_size(390, 844).await.unwrap();
    preset(&page, "three").await;
    open_build(&page).await;
    page.until("return document.querySelectorAll('#bytes-grid .l:first-child > .h:not(.second) .b').length", json!(8))
        .await;
    assert_eq!(page.attribute("#bytes-grid", "aria-rowcount").await, (12_192 / 8).to_string());
    let fits = "
        const dialog = document.querySelector('#bytes-dialog');
        const area = document.querySelector('.bytes-area').getBoundingClientRect();
        const bar = document.querySelector('#bytes-bar').getBoundingClientRect();
        const line = document.querySelector('#bytes-grid .l').scrollWidth <= document.querySelector('#bytes-grid').clientWidth;
        return [dialog.scrollWidth <= dialog.clientWidth, bar.right <= area.right, line];";
    page.until(fits, json!([true, true, true])).await;
    // One payload above the other.
    page.click("#bytes-keep").await;
    page.wait("#bytes-difference[data-state=done]").await;
    page.until(fits, json!([true, true, true])).await;
    let above = "
        const [mine, theirs] = [...document.querySelectorAll('#bytes-grid .l:first-child > .h')].map((it) => it.getBoundingClientRect());
        return theirs.top >= mine.bottom && Math.abs(theirs.left - mine.left) < 1;";
    page.until(above, json!(true)).await;
    // A tap moves the cursor. A finger that moves scrolls.
    let touch = |kind: &str, y: f64| {
        format!("
            const cell = document.querySelector('#bytes-grid .l:nth-child(3) .b:nth-child(2)');
            const box = cell.getBoundingClientRect();
            cell.dispatchEvent(new PointerEvent('{kind}', {{ pointerType: 'touch', bubbles: true, clientX: box.x + 4, clientY: {y}, pointerId: 7 }}));")
    };
    page.run(&touch("pointerdown", 400.0), vec![]).await;
    page.run(&touch("pointerup", 400.0), vec![]).await;
    at(&page, 17, "11").await;
    page.run(&touch("pointerdown", 400.0), vec![]).await;
    page.run(&touch("pointermove", 300.0), vec![]).await;
    page.run(&touch("pointerup", 300.0), vec![]).await;
    page.until("return Number(document.querySelector('#bytes-bar').getAttribute('aria-valuenow')) > 1", json!(true))
        .await;
    page.close(&[]).await;
    lab.stop().await;
}
