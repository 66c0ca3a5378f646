//! The view "Wire" in a real headless Chromium, with the frames of a real session: recorded,
//! folded, taken apart, followed, filtered, saved.
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

use serde_json::{Value, json};
use support::{
    browser::Page,
    lab::{lab, turn, url},
    peers::Native,
};

const DESK: (u32, u32) = (1440, 900);
const PHONE: (u32, u32) = (390, 844);

/// Bytes of the preset `tensor`, and the batches that carry them.
const TENSOR: usize = 11_796_480;
const BATCHES: usize = 181;

/// How many frames the list shows, and how many rows.
async fn shown(page: &Page) -> (usize, usize) {
    let number = async |name: &str| page.attribute("#wire-shown", name).await.parse().unwrap();
    (number("data-shown").await, number("data-lines").await)
}

async fn wait_shown(page: &Page, frames: usize, lines: usize) {
    page.wait(&format!("#wire-shown[data-shown='{frames}'][data-lines='{lines}']")).await;
}

/// Chooses a row as a click does.
async fn choose(page: &Page, line: usize) {
    page.click(&format!("#wire-row-{line} .what")).await;
    page.wait(&format!("#wire-row-{line}.here")).await;
}

/// Waits for the frame of this title beside the list, which follows the row that is chosen.
async fn titled(page: &Page, title: &str) {
    page.until("return document.querySelector('#wire-title')?.textContent", json!(title)).await;
}

/// The chosen field, and its marked bytes: the first, and how many are in view.
async fn marked(page: &Page) -> Value {
    let script = "
        const field = document.querySelector('#wire-fields .f.here');
        const marked = [...document.querySelectorAll('#wire-bytes .b[aria-selected=true]')];
        return [field?.querySelector('.name').textContent, marked[0] && Number(marked[0].dataset.at), marked.length];";
    page.run(script, vec![]).await
}

/// The field of this name in the tree, clicked.
async fn click_field(page: &Page, name: &str) {
    let script = "
        const fields = [...document.querySelectorAll('#wire-fields .f')];
        const field = fields.find((field) => field.querySelector('.name').textContent === arguments[0]);
        field.querySelector('.value').click();
        return Number(field.dataset.field);";
    let at = page.run(script, vec![json!(name)]).await;
    page.wait(&format!("#wire-field-{at}.here")).await;
}

/// Records before the page has a session, and opens one.
async fn record_and_connect(page: &Page) {
    page.click("#tab-wire").await;
    page.wait("#wire-empty").await;
    assert!(page.text("#wire-empty").await.starts_with("Nothing is here yet."));
    page.click("#wire-record-here").await;
    page.until("return document.querySelector('#wire-empty').textContent.startsWith('Recording.')", json!(true)).await;
    page.fill("#locator", "/zenoh").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    page.wait("#wire-rows tr").await;
}

async fn put(page: &Page) {
    page.wait("#build-state[data-state=ready]").await;
    page.click("#tab-put").await;
    page.put_by("#put").await;
}

/// The last put, opened by its own button.
async fn follow(page: &Page) {
    page.click("#put-frames").await;
    page.wait("#wire-dialog[open] #wire-list").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_is_followed_through_its_fragments_down_to_its_bytes() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "tensor").await;
    assert_eq!(page.attribute("#wire-dialog", "open").await, "");
    record_and_connect(&page).await;
    // The list has the handshake of the session.
    let rows = "return [...document.querySelectorAll('#wire-rows .key-cell')].map((cell) => cell.textContent)";
    let rows = page.run(rows, vec![]).await;
    let first: Vec<&Value> = rows.as_array().unwrap().iter().rev().take(4).collect();
    assert_eq!(first, ["InitSyn", "InitAck", "OpenSyn", "OpenAck"]);

    put(&page).await;
    follow(&page).await;
    wait_shown(&page, BATCHES, 3).await;
    let titles =
        "return [...document.querySelectorAll('#wire-list [data-line] .what')].map((cell) => cell.textContent)";
    let titles = page.run(titles, vec![]).await;
    assert_eq!(titles[0], "Fragment 1 of 181: Put lab/tensor");
    assert_eq!(titles[1], "▸Fragments 2 to 180, 11.19 MiB");
    assert_eq!(titles[2], "Fragment 181 of 181");
    assert!(page.text("#wire-row-1 .len").await.starts_with("179 × 65,533"));
    // The first frame of the requested put is chosen, and the view describes its message.
    page.wait("#wire-row-0.here").await;
    page.wait("#wire-message:not(:empty)").await;
    let message = page.text("#wire-message").await;
    assert!(message.starts_with("Put lab/tensor in 181 fragments, 11.25 MiB, from "), "{message}");

    // Of the unfolded rows, only those in view are drawn.
    page.click("#wire-row-1 .toggle").await;
    wait_shown(&page, BATCHES, 3 + BATCHES - 2).await;
    page.wait("#wire-row-1[aria-expanded=true]").await;
    let drawn = page.run("return document.querySelectorAll('#wire-list [data-line]').length", vec![]).await;
    assert!(drawn.as_u64().unwrap() < 80, "{drawn} rows");
    page.run("document.querySelector('#wire-list').scrollTop = 1e6", vec![]).await;
    page.wait("#wire-row-181").await;
    assert_eq!(page.text("#wire-row-181 .what").await, "Fragment 181 of 181");
    page.run("document.querySelector('#wire-list').scrollTop = 0", vec![]).await;
    choose(&page, 5).await;
    titled(&page, "Fragment 5 of 181").await;
    for (button, title) in [("next", "Fragment 6 of 181"), ("previous", "Fragment 5 of 181")] {
        page.click(&format!("#wire-{button}")).await;
        page.until("return document.querySelector('#wire-title').textContent", json!(title)).await;
    }

    // A field and its bytes, in both directions.
    choose(&page, 0).await;
    page.until("return document.querySelector('#wire-title').textContent", json!("Fragment 1 of 181: Put lab/tensor"))
        .await;
    click_field(&page, "sequence number").await;
    let number = marked(&page).await;
    assert_eq!((&number[0], &number[1]), (&json!("sequence number"), &json!(1)));
    let explained = page.text("#wire-field").await;
    assert!(
        explained.contains("Counts the frames and fragments of one lane.") && explained.contains("transport::"),
        "{explained}"
    );
    click_field(&page, "key").await;
    let key = marked(&page).await;
    assert_eq!(key[2], "lab/tensor".len());
    let first = key[1].as_u64().unwrap();
    let letters = "return [...document.querySelectorAll('#wire-bytes .c .sel')].map((one) => one.textContent).join('')";
    assert_eq!(page.run(letters, vec![]).await, "lab/tensor");
    page.click(&format!("#wire-byte-{}", first - 1)).await;
    page.until("return document.querySelector('#wire-fields .here .name').textContent", json!("length of the key"))
        .await;
    // The last byte of the frame belongs to the payload, and is 4,096 lines away.
    page.run("document.querySelector('#wire-bytes').scrollTop = 1e6", vec![]).await;
    page.wait("#wire-byte-65532").await;
    page.click("#wire-byte-65532").await;
    page.until("return document.querySelector('#wire-fields .here .name').textContent", json!("payload")).await;
    let lines = page.run("return document.querySelectorAll('#wire-bytes .l').length", vec![]).await;
    assert!(lines.as_u64().unwrap() < 100, "{lines} lines");
    // Pointing at a field highlights its bytes, and pointing at a byte highlights its field.
    click_field(&page, "header").await;
    let over = "
        const at = document.querySelector(arguments[0]);
        at.dispatchEvent(new PointerEvent('pointerover', { bubbles: true, pointerType: 'mouse' }));";
    page.run(over, vec![json!("#wire-byte-1")]).await;
    page.until("return document.querySelector('#wire-fields .pointed .name')?.textContent", json!("sequence number"))
        .await;
    page.run(over, vec![json!("#wire-fields .f:first-of-type .name")]).await;
    page.wait("#wire-bytes .b.pointed[data-at='40']").await;

    // The frames of the put carry its payload, every byte once.
    let saved = save(&page, "json").await;
    assert_eq!(saved["frames"], BATCHES);
    assert_eq!(saved["carried"], TENSOR);
    assert_eq!(saved["wrong"], 0, "{saved}");
    assert!(page.text("#wire-said").await.starts_with("Saved 181 frames as zbytes-lab-frames-"));
    let saved = save(&page, "pcapng").await;
    assert_eq!((&saved["frames"], &saved["out"]), (&json!(BATCHES), &json!(BATCHES)));
    let kept: usize = page.attribute("#wire-kept", "data-copied").await.parse().unwrap();
    assert!((TENSOR..TENSOR + 100_000).contains(&kept), "what leaves is copied once: {kept}");
    page.click("#wire-close").await;
    page.wait("#wire-dialog:not([open])").await;
    page.close(&[]).await;
    lab.stop().await;
}

/// Saves the shown frames, and reads the file as a program would. Returns how many frames and
/// payload bytes it has, and how many of those bytes differ from the tensor's.
async fn save(page: &Page, format: &str) -> Value {
    let script = "
        const done = arguments[1];
        const original = URL.createObjectURL;
        const json = async (blob) => {
            let [frames, carried, wrong] = [0, 0, 0];
            const payload = new Uint8Array(11796480);
            for (const line of (await blob.text()).trimEnd().split('\\n')) {
                const frame = JSON.parse(line);
                const bytes = Uint8Array.from(atob(frame.bytes), (one) => one.charCodeAt(0));
                if (bytes.length !== frame.length) wrong += 1;
                frames += 1;
                for (const run of frame.carried) {
                    carried += run.len;
                    payload.set(bytes.subarray(run.start, run.start + run.len), run.offset);
                }
            }
            new Int32Array(payload.buffer).forEach((value, at) => { if (value !== at) wrong += 1; });
            return { frames, carried, wrong };
        };
        const pcapng = async (blob) => {
            const view = new DataView(await blob.arrayBuffer());
            let [frames, out, at] = [0, 0, 0];
            while (at < view.byteLength) {
                const [kind, len] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
                if (view.getUint32(at + len - 4, true) !== len) throw new Error(`a broken block at ${at}`);
                if (kind === 6) {
                    frames += 1;
                    // The flags are the last option before the end of the options.
                    if (view.getUint32(at + len - 12, true) === 2) out += 1;
                }
                at += len;
            }
            return { frames, out };
        };
        URL.createObjectURL = (blob) => {
            URL.createObjectURL = original;
            (arguments[0] === 'json' ? json(blob) : pcapng(blob)).then(done, (error) => done(String(error)));
            return '#';
        };
        document.querySelector(`#wire-save-${arguments[0]}`).click();";
    page.client.execute_async(script, vec![json!(format)]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_the_same_in_the_rows_and_in_the_strips() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    record_and_connect(&page).await;
    page.fill("#preset", "framed").await;
    page.wait("#row-2").await;
    put(&page).await;
    follow(&page).await;
    wait_shown(&page, BATCHES, 3).await;
    // The first frame has the header and the beginning of the tensor, the last one its end and the
    // trailer.
    let runs =
        "return [0, 1, 2].map((line) => Number(document.querySelector(`#wire-row-${line} .frame-strip`).dataset.runs))";
    page.until(runs, json!([2, 1, 2])).await;
    let selected =
        "return [0, 1, 2].map((line) => document.querySelector(`#wire-row-${line} .frame-strip`).dataset.selected)";
    // Clicking a part of a strip selects its segment in every pane.
    let click = "document.querySelector(arguments[0]).dispatchEvent(new MouseEvent('click', { bubbles: true }))";
    page.run(click, vec![json!("#wire-row-2 .of-segment:nth-of-type(2)")]).await;
    page.until(selected, json!(["false", "false", "true"])).await;
    page.wait("#row-2.open").await;
    page.click("#wire-segment").await;
    wait_shown(&page, 1, 1).await;
    page.click("#wire-segment").await;
    wait_shown(&page, BATCHES, 3).await;
    page.click("#wire-close").await;
    page.wait("#wire-dialog:not([open])").await;

    // Selecting it in Layout marks the frames in the pane.
    page.click("#tab-wire").await;
    page.run("document.querySelector('#plot').focus()", vec![]).await;
    page.key_until("Home", "#piece-0[aria-selected=true]").await;
    let in_pane = "
        const strips = [...document.querySelectorAll('#wire-rows .frame-strip')];
        return strips.filter((strip) => strip.dataset.selected === 'true').map((strip) => strip.closest('tr').querySelector('.key-cell').textContent)";
    page.until(in_pane, json!(["Fragment 1 of 181: Put lab/tensor"])).await;
    page.key_until("ArrowRight", "#piece-1[aria-selected=true]").await;
    let all = json!(["Fragment 181 of 181", "Fragments 2 to 180", "Fragment 1 of 181: Put lab/tensor"]);
    page.until(in_pane, all).await;
    // From a row to the frame.
    page.click("#wire-rows tr[data-kind=fold] button").await;
    page.wait("#wire-dialog[open] .here[data-kind=fold]").await;
    page.click("#wire-close").await;
    page.close(&[]).await;
    lab.stop().await;
}

/// Layout's figures of the batches: how many, and the payload bytes in the first. Then, for each
/// row, where its bytes begin and end in the payload, and the words for the batches that carry it.
async fn planned(page: &Page) -> ((usize, usize), Vec<(usize, usize, String)>) {
    let number = async |name: &str| page.attribute("#batches-of", name).await.parse().unwrap();
    let batches: (usize, usize) = (number("data-count").await, number("data-first").await);
    let script = "
        return [...document.querySelectorAll('#layout-table tbody tr')].map((row) => {
            const cells = [...row.cells].map((cell) => cell.textContent);
            return [Number(cells[1].replaceAll(',', '')), Number(cells[3].replaceAll(',', '')), cells.at(-1)];
        })";
    let rows = page.run(script, vec![]).await;
    let row = |row: &Value| {
        let (offset, len) = (row[0].as_u64().unwrap() as usize, row[1].as_u64().unwrap() as usize);
        (offset, offset + len, row[2].as_str().unwrap().to_owned())
    };
    let foot = page.text("#layout-table tfoot td:last-child").await;
    assert_eq!(foot.split(' ').next().unwrap().replace(',', ""), batches.0.to_string());
    (batches, rows.as_array().unwrap().iter().map(row).collect())
}

/// For each frame of the followed put, the payload bytes up to its end, from the file that the page
/// saves.
async fn sent(page: &Page) -> Vec<usize> {
    let script = "
        const done = arguments[0];
        const original = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            URL.createObjectURL = original;
            blob.text().then((text) => {
                let end = 0;
                const frames = text.trimEnd().split('\\n').map((line) => JSON.parse(line));
                done(frames.map((frame) => {
                    const runs = frame.carried.filter((run) => run.content === 'payload');
                    runs.forEach((run) => { end = Math.max(end, run.offset + run.len); });
                    return end;
                }));
            }, (error) => done(String(error)));
            return '#';
        };
        document.querySelector('#wire-save-json').click();";
    let ends = page.client.execute_async(script, vec![]).await.unwrap();
    ends.as_array().unwrap_or_else(|| panic!("{ends}")).iter().map(|end| end.as_u64().unwrap() as usize).collect()
}

/// Puts with the current options, and compares Layout's figures with the frames.
async fn layout_says_what_is_sent(page: &Page, what: &str) -> Vec<usize> {
    page.wait("#build-state[data-state=ready]").await;
    let ((count, first), rows) = planned(page).await;
    put(page).await;
    follow(page).await;
    let sent = sent(page).await;
    assert_eq!((count, first), (sent.len(), sent[0]), "{what}");
    assert_eq!(rows.len(), 3, "{what}");
    for (begin, end, words) in rows {
        let carrier = |byte: usize| {
            let found = sent.iter().position(|until| byte < *until);
            found.unwrap_or_else(|| panic!("{what}: byte {byte} of {begin} to {end} is in no frame of {sent:?}"))
        };
        let (from, to) = (carrier(begin), carrier(end - 1));
        let expected = if from == to { format!("batch {from}") } else { format!("batches {from} to {to}") };
        assert_eq!(words.replace(',', ""), expected, "{what}: {begin} to {end}");
    }
    page.click("#wire-close").await;
    page.wait("#wire-dialog:not([open])").await;
    sent
}

async fn tick(page: &Page, id: &str) {
    page.run("document.querySelector(arguments[0]).click()", vec![json!(id)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn layout_draws_the_batches_that_are_sent_with_every_option() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "framed").await;
    page.click("#table").await;
    page.wait("#layout-table").await;
    assert_eq!(page.text("#batches-of").await, "batches: one put alone, 65,535 B assumed");
    let (assumed, _) = planned(&page).await;
    record_and_connect(&page).await;
    page.until(
        "return document.querySelector('#batches-of').textContent",
        json!("batches: one put alone, 65,533 B agreed"),
    )
    .await;
    let agreed = planned(&page).await.0;
    assert_eq!((agreed.0, agreed.1 + 2), assumed, "the lab's router agrees to 2 B less than is assumed");
    let mut all = std::collections::BTreeSet::new();
    all.insert(layout_says_what_is_sent(&page, "nothing").await);
    page.click("#tab-put").await;
    page.fill("#put-encoding", "text/plain;charset=utf-8").await;
    all.insert(layout_says_what_is_sent(&page, "encoding").await);
    page.click("#tab-put").await;
    page.fill("#put-attachment", &"a".repeat(300)).await;
    all.insert(layout_says_what_is_sent(&page, "attachment").await);
    page.click("#tab-put").await;
    page.fill("#put-timestamp", "now").await;
    all.insert(layout_says_what_is_sent(&page, "timestamp").await);
    page.click("#tab-put").await;
    tick(&page, "#put-numbered").await;
    all.insert(layout_says_what_is_sent(&page, "number").await);
    page.click("#tab-put").await;
    page.fill("#put-priority", "real time").await;
    tick(&page, "#put-express").await;
    page.fill("#key", "lab/another/key").await;
    all.insert(layout_says_what_is_sent(&page, "priority, express, key").await);
    assert_eq!(all.len(), 6, "each option moves the cuts");
    page.fill("#key", "lab//x").await;
    page.until(
        "return document.querySelector('#batches-of').textContent",
        json!("batches: as if Put could send this key and encoding"),
    )
    .await;
    page.close(&[]).await;
    lab.stop().await;
}

/// A router that agrees to smaller values than the client offers, and its locator.
async fn lesser_router(settings: &[(&str, &str)]) -> (zenoh::Session, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let locator = format!("ws/127.0.0.1:{port}");
    let mut config = zenoh::Config::default();
    for (key, value) in [
        ("mode", r#""router""#),
        ("listen/endpoints", &format!(r#"["{locator}"]"#)),
        ("scouting/multicast/enabled", "false"),
    ]
    .into_iter()
    .chain(settings.iter().copied())
    {
        config.insert_json5(key, value).unwrap();
    }
    (zenoh::open(config).await.unwrap(), locator)
}

#[tokio::test(flavor = "multi_thread")]
async fn layout_draws_the_batches_that_the_router_agreed_on() {
    let _turn = turn().await;
    let lab = lab().await;
    for (size, settings) in [
        (1024, &[("transport/link/tx/batch_size", "1024")][..]),
        (
            4096,
            &[
                ("transport/link/tx/batch_size", "4096"),
                ("transport/link/tx/sequence_number_resolution", r#""16bit""#),
                ("transport/unicast/qos/enabled", "false"),
            ],
        ),
        (65_535, &[("transport/link/tx/sequence_number_resolution", r#""8bit""#)]),
    ] {
        let (router, locator) = lesser_router(settings).await;
        let page = Page::open(&url(&lab)).await;
        page.fill("#preset", "three").await;
        page.fill("#row-length", "20000").await;
        page.click("#table").await;
        page.click("#tab-wire").await;
        page.click("#wire-record-here").await;
        page.fill("#locator", &locator).await;
        page.click("#connect").await;
        page.wait("#session[data-state=open]").await;
        page.wait(&format!("#batches-of[data-size='{size}']")).await;
        layout_says_what_is_sent(&page, "default options").await;
        page.click("#tab-put").await;
        page.fill("#put-attachment", &"a".repeat(300)).await;
        page.fill("#put-priority", "background").await;
        layout_says_what_is_sent(&page, "attachment").await;
        page.close(&[]).await;
        router.close().await.unwrap();
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_filtered_held_let_go_and_no_more_recorded() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "three").await;
    record_and_connect(&page).await;
    page.click("#tab-put").await;
    page.fill("#key", "lab/one").await;
    put(&page).await;
    page.click("#tab-put").await;
    page.fill("#key", "lab/two").await;
    put(&page).await;
    page.click("#tab-wire").await;
    page.click("#wire-open").await;
    page.wait("#wire-dialog[open] #wire-list").await;
    let count = async |css: &str| {
        page.run("return document.querySelectorAll(arguments[0]).length", vec![json!(css)]).await.as_u64().unwrap()
    };
    page.fill("#wire-text", "lab/two").await;
    page.until("return [...document.querySelectorAll('#wire-list [data-line] .what')].some((one) => one.textContent.endsWith('lab/two'))", json!(true)).await;
    let (of_two, _) = shown(&page).await;
    page.fill("#wire-text", "").await;
    page.fill("#wire-way", "in").await;
    page.until("return [...document.querySelectorAll('#wire-list [data-line] .way')].every((one) => one.textContent === '↓ in')", json!(true)).await;
    let (arrived, _) = shown(&page).await;
    page.fill("#wire-way", "both").await;
    page.fill("#wire-kinds", "InitSyn").await;
    wait_shown(&page, 1, 1).await;
    choose(&page, 0).await;
    titled(&page, "InitSyn").await;
    click_field(&page, "version").await;
    page.click("#wire-all").await;
    page.wait("body:not(:has(#wire-all))").await;
    let (all, _) = shown(&page).await;
    assert!(arrived > 1 && of_two >= 1 && all > arrived + of_two, "{all} {arrived} {of_two}");
    page.fill("#wire-text", "no such key").await;
    page.wait("#wire-none").await;
    page.fill("#wire-text", "").await;

    // While the list is held, it stays as it is. The frames from that time appear later.
    page.click("#wire-pause").await;
    page.wait("#wire-kept[data-state=held]").await;
    let before: usize = page.attribute("#wire-kept", "data-frames").await.parse().unwrap();
    page.click("#wire-close").await;
    put(&page).await;
    page.run("document.querySelector('#tab-wire').click()", vec![]).await;
    page.click("#wire-open").await;
    page.wait("#wire-dialog[open] #wire-list").await;
    assert_eq!(page.attribute("#wire-kept", "data-frames").await, before.to_string());
    page.click("#wire-pause").await;
    page.until(&format!("return Number(document.querySelector('#wire-kept').dataset.frames) > {before}"), json!(true))
        .await;

    // While recording is off, the session records nothing. The recorded frames stay until the
    // person clears them.
    page.click("#wire-record").await;
    page.wait("#wire-kept[data-state=off]").await;
    let recorded = page.attribute("#wire-kept", "data-recorded").await;
    page.click("#wire-close").await;
    put(&page).await;
    // The recorded frames stay as they are, and those of the last put are not among them.
    page.click("#tab-wire").await;
    page.click("#wire-open").await;
    page.wait("#wire-dialog[open] #wire-list").await;
    assert_eq!(page.attribute("#wire-kept", "data-recorded").await, recorded);
    page.click("#wire-clear").await;
    page.wait("#wire-dialog #wire-empty").await;
    assert_eq!(count("#wire-list").await, 0);
    page.click("#wire-close").await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_put_and_sample_are_on_the_wire_without_recording() {
    let _turn = turn().await;
    let lab = lab().await;
    let peer = Native::join(&lab.tcp_locator(), "nothing").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.fill("#preset", "tensor").await;
    put(&page).await;
    follow(&page).await;
    wait_shown(&page, BATCHES, 3).await;
    page.wait("#wire-row-0.here").await;
    page.until("return document.querySelector('#wire-title').textContent", json!("Fragment 1 of 181: Put lab/tensor"))
        .await;
    page.wait("#wire-kept[data-state=last][data-copied='0']").await;
    assert!(page.text("#wire-kept").await.contains("kept by reference: nothing was copied"));
    // They are the bytes of the payload, each once.
    let saved = save(&page, "json").await;
    assert_eq!((&saved["frames"], &saved["carried"], &saved["wrong"]), (&json!(BATCHES), &json!(TENSOR), &json!(0)));
    page.click("#wire-close").await;

    // A sample of a router, in the batches that the browser has put into arrays.
    peer.put("lab/in", vec![7; 70_000]).await;
    page.wait("#samples tr[data-key='lab/in']").await;
    page.run("document.activeElement.blur()", vec![]).await;
    page.key_until("w", "#wire-dialog[open] #wire-list").await;
    wait_shown(&page, BATCHES + 2, 5).await;
    let ways = "return [...document.querySelectorAll('#wire-list [data-line] .way')].map((one) => one.textContent)";
    page.until(ways, json!(["↑ out", "↑ out", "↑ out", "↓ in", "↓ in"])).await;
    choose(&page, 4).await;
    page.until("return document.querySelector('#wire-title').textContent", json!("Fragment 2 of 2")).await;
    page.wait("#wire-bytes .b").await;
    page.wait("#wire-kept[data-copied='0']").await;
    page.click("#wire-close").await;

    // The next put takes the place of the last one; a delete is one, too.
    for (button, title) in [("#put", "Put lab/next"), ("#delete", "Del lab/next")] {
        page.fill("#preset", "three").await;
        page.wait("#build-state[data-state=ready]").await;
        page.fill("#key", "lab/next").await;
        page.put_by(button).await;
        follow(&page).await;
        wait_shown(&page, 1, 1).await;
        page.until("return document.querySelector('#wire-title').textContent", json!(title)).await;
        page.click("#wire-close").await;
    }
    // Recorded ones are kept beside them.
    page.click("#tab-wire").await;
    page.click("#wire-record-here").await;
    put(&page).await;
    follow(&page).await;
    page.wait("#wire-kept[data-state=on]").await;
    page.click("#wire-record").await;
    page.wait("#wire-kept[data-state=off]").await;
    let recorded = page.attribute("#wire-kept", "data-frames").await;
    page.click("#wire-last").await;
    page.wait("#wire-kept[data-state=last][data-copied='0']").await;
    page.click("#wire-last").await;
    page.wait(&format!("#wire-kept[data-state=off][data-frames='{recorded}']")).await;
    page.click("#wire-close").await;
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_looked_at_stays_in_view_while_older_ones_go() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    record_and_connect(&page).await;
    // Two puts are within the bound, a third one is not.
    put(&page).await;
    put(&page).await;
    page.click("#tab-wire").await;
    page.click("#wire-open").await;
    page.wait("#wire-dialog[open] #wire-list").await;
    page.run("document.querySelector('#wire-list').scrollTop = 1e6", vec![]).await;
    let folds = "return document.querySelectorAll('#wire-list [data-kind=fold]').length > 1";
    page.until(folds, json!(true)).await;
    page.run("[...document.querySelectorAll('#wire-list [data-kind=fold] .toggle')].at(-1).click()", vec![]).await;
    page.wait("#wire-list [aria-expanded=true]").await;
    page.run("document.querySelector('#wire-list').scrollTop = 1205", vec![]).await;
    // The first row that is visible below the names of the columns: its frame, its place in pixels,
    // and its line.
    let top = "
        const head = document.querySelector('#wire-list .names-row').getBoundingClientRect().bottom;
        const rows = [...document.querySelectorAll('#wire-list [data-line]')];
        const row = rows.find((row) => row.getBoundingClientRect().bottom > head + 1);
        return row && [row.dataset.frame, Math.round(row.getBoundingClientRect().top - head), Number(row.dataset.line)];";
    page.until("return document.querySelector('#wire-row-60') !== null", json!(true)).await;
    let before = page.run(top, vec![]).await;
    let frames = |name: &str| format!("return Number(document.querySelector('#wire-kept').dataset.{name})");
    let recorded = page.run(&frames("recorded"), vec![]).await.as_u64().unwrap();
    put(&page).await;
    let gone = format!(
        "const kept = document.querySelector('#wire-kept').dataset;
        return Number(kept.recorded) >= {} && Number(kept.frames) < Number(kept.recorded)",
        recorded + BATCHES as u64
    );
    page.until(&gone, json!(true)).await;
    let same = format!("const now = (() => {{ {top} }})(); return now && [now[0], now[1]]");
    page.until(&same, json!([before[0], before[1]])).await;
    let after = page.run(top, vec![]).await;
    assert!(after[2].as_u64() < before[2].as_u64(), "rows in front of it are gone: {before} {after}");
    page.click("#wire-close").await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_with_the_keyboard_alone_and_fits_a_phone() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.slow_down(true).await;
    page.run("document.activeElement.blur()", vec![]).await;
    page.key_until("w", "#wire-dialog[open] #wire-record:focus").await;
    page.key_until("r", "#wire-kept[data-state=on]").await;
    page.key_until("Escape", "#wire-dialog:not([open])").await;
    page.key_until("Control+Enter", "#put-result[data-state=done]").await;
    page.enter("#put-frames", "#wire-dialog[open] #wire-list:focus").await;
    wait_shown(&page, BATCHES, 3).await;
    page.key_until("ArrowDown", "#wire-row-1.here").await;
    page.key_until("ArrowRight", "#wire-row-1[aria-expanded=true]").await;
    page.key_until("ArrowRight", "#wire-row-2.here").await;
    page.key_until("End", "#wire-row-181.here").await;
    page.key_until("Home", "#wire-row-0.here").await;
    page.wait("#wire-next:not([disabled])").await;
    page.key_until("n", "#wire-row-2.here").await;
    page.wait("#wire-previous:not([disabled])").await;
    page.key_until("Shift+N", "#wire-row-0.here").await;
    page.key_until("ArrowDown", "#wire-row-1.here").await;
    page.key_until("ArrowLeft", "#wire-row-1[aria-expanded=false]").await;
    page.key_until("Home", "#wire-row-0.here").await;
    page.key_until("Enter", "#wire-fields:focus").await;
    page.key_until("ArrowLeft", "#wire-fields [aria-expanded=false].here").await;
    page.key_until("ArrowRight", "#wire-fields [aria-expanded=true].here").await;
    page.key_until("ArrowDown", "#wire-field-1.here").await;
    page.key_until("3", "#wire-bytes:focus").await;
    page.key_until("ArrowRight", "#wire-byte-1.cur").await;
    page.wait("#wire-field-2.here").await;
    page.key_until("1", "#wire-list:focus").await;
    page.key_until("/", "#wire-text:focus").await;
    // Typing in a field triggers no command.
    page.type_text("rpn1").await;
    assert_eq!(page.attribute("#wire-kept", "data-state").await, "on");
    page.key_until("Escape", "#wire-list:focus").await;
    page.fill("#wire-text", "").await;
    for size in [DESK, PHONE] {
        page.emulate(size, false).await;
        let script = "
            const dialog = document.querySelector('#wire-dialog');
            const edge = dialog.getBoundingClientRect();
            const out = (one) => {
                const box = one.getBoundingClientRect();
                return box.width > 1 && (box.right > edge.right + 1 || box.left < edge.left - 1);
            };
            const inside = (one) => one.closest('.scroller, .unseen') === null;
            return [...dialog.querySelectorAll('*')].filter(inside).filter(out).map((one) => one.outerHTML.slice(0, 120));";
        page.until(script, json!([])).await;
        let wide = "
            return ['#wire-list', '#wire-fields', '#wire-bytes'].filter((id) => {
                const box = document.querySelector(id);
                return box.scrollWidth > box.clientWidth + 1;
            });";
        page.until(wide, json!([])).await;
    }
    page.emulate(DESK, false).await;
    page.key_until("r", "#wire-kept[data-state=off]").await;
    page.key_until("Escape", "#wire-dialog:not([open])").await;
    page.close(&[]).await;
    lab.stop().await;
}
