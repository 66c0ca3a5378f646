//! What stands in the window: the film in the drawing, the first things to do, what is below the
//! drawing, what fills the window, and Back.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::collections::HashSet;

use serde_json::{Value, json};
use support::{
    browser::Page,
    files::{are_caught, catch_files, caught},
    lab::{lab, turn, url},
};
use zbytes_lab::app::Preset;

const MODES: [&str; 3] = ["copy", "borrow", "move"];

/// A picture of the drawing.
async fn picture(page: &Page) -> Vec<u8> {
    page.wait(".plot svg.drawing").await.screenshot().await.unwrap()
}

/// The ledger beside the drawing: building, gathering.
async fn ledger(page: &Page) -> [String; 2] {
    let number = async |css| page.text(css).await.replace(',', "");
    [number("#ledger-building").await, number("#ledger-gathering").await]
}

/// Types a key where nothing has the focus.
async fn key(page: &Page, key: &str) {
    page.run("document.activeElement?.blur()", vec![]).await;
    page.key(key).await;
}

/// Whether an element is in the window as a whole.
async fn is_seen(page: &Page, css: &str) -> bool {
    let script = "
        const r = document.querySelector(arguments[0]).getBoundingClientRect();
        return r.width > 0 && r.top >= -1 && r.left >= -1 && r.bottom <= innerHeight + 1 && r.right <= innerWidth + 1";
    page.run(script, vec![json!(css)]).await == json!(true)
}

const SCROLLS: &str =
    "const e = document.documentElement; return e.scrollHeight > innerHeight || e.scrollWidth > innerWidth";

#[tokio::test(flavor = "multi_thread")]
async fn film_differs_by_mode_and_in_time_and_ends_with_the_ledger() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let mut pictures = HashSet::new();
    for mode in MODES {
        page.click(&format!("#view-all-{mode}")).await;
        for place in [0, 333, 667, 1000] {
            page.fill("#film-place", &place.to_string()).await;
            page.until("return document.querySelector('#film-place').value", json!(place.to_string())).await;
            let taken = picture(&page).await;
            if place == 0 {
                // Nothing has happened yet, so the modes have nothing to differ in.
                assert_eq!(ledger(&page).await, ["0", "0"]);
                assert!(!pictures.contains(&taken));
            } else {
                pictures.insert(taken);
            }
        }
        // The real thing counts the same.
        let shown = ledger(&page).await;
        page.click(&format!("#mode-all-{mode}")).await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#view-as-set").await;
        page.click("#put").await;
        page.wait("#put-result[data-state=done]").await;
        let counted =
            [page.attribute("#put-result", "data-built").await, page.attribute("#put-result", "data-gathered").await];
        assert_eq!(shown, counted, "{mode}");
        page.click("#undo").await;
    }
    assert_eq!(pictures.len(), 9);
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn film_plays_pauses_and_steps_by_keys_and_ends_by_itself() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    const DRAWN: &str = "return document.querySelector('.plot svg.drawing').innerHTML";
    let whole = page.run(DRAWN, vec![]).await;
    key(&page, "k").await;
    page.wait("#film-play.going").await;
    key(&page, "k").await;
    page.wait("#film-play:not(.going)").await;
    let place = async || page.attribute("#film-place", "aria-valuetext").await;
    let paused = place().await;
    assert_ne!(paused, "100 %");
    key(&page, ".").await;
    page.until(&format!("return document.querySelector('#film-place').ariaValueText !== '{paused}'"), json!(true))
        .await;
    // One piece is taken, and the words say what goes on.
    assert!(page.text("#zoom-words").await.contains("1 tensor"), "{}", page.text("#zoom-words").await);
    key(&page, ",").await;
    page.until("return document.querySelector('#film-place').ariaValueText", json!("0 %")).await;
    key(&page, "k").await;
    page.until("return document.querySelector('#film-place').ariaValueText", json!("100 %")).await;
    // As without a film, but for the control that has the focus.
    page.until("return document.querySelector('#film-play').classList.contains('going')", json!(false)).await;
    // At the end stands the drawing that stood there before.
    assert_eq!(page.run(DRAWN, vec![]).await, whole);
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_press_brings_a_sample_and_is_few_tab_stops_away() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let mut stops = 0;
    while page.run("return document.activeElement.id", vec![]).await != json!("invite-watch") {
        page.key("Tab").await;
        stops += 1;
        assert!(stops <= 12, "the first invitation is more than 12 tab stops away");
    }
    page.press("#invite-send").await;
    page.wait("#put-result[data-state=done]").await;
    page.wait(".samples tbody tr").await;
    // The drawing and the ledger are those of the put.
    let counted = page.attribute("#put-result", "data-gathered").await;
    assert_eq!(ledger(&page).await[1], counted);
    // Once more needs neither a connection nor a subscription.
    page.press("#stage-put").await;
    page.until("return document.querySelectorAll('.samples tbody tr').length", json!(2)).await;
    page.press("#invite-break").await;
    page.wait("#pane-ownership .findings-box").await;
    // On a phone the drawing is far below, and the first press brings it into view.
    page.emulate((390, 844), false).await;
    page.run("scrollTo(0, 0)", vec![]).await;
    page.press("#invite-watch").await;
    page.until("return document.querySelector('.plot').getBoundingClientRect().top < innerHeight / 2", json!(true))
        .await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_to_send_says_in_words_what_failed() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#locator", "ws/127.0.0.1:9").await;
    page.press("#invite-send").await;
    page.wait("#session-problem").await;
    // It is not sent later, without a press.
    page.fill("#locator", "/zenoh").await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;
    page.click("#subscribe").await;
    page.wait("#undeclare").await;
    assert_eq!(page.attribute("#put-result", "data-state").await, "none");
    page.close_with(&[], &[support::browser::SOCKET_FAILED]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drawing_stays_in_view_beside_what_is_worked_with() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    for size in [(1280, 720), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440)] {
        page.emulate(size, false).await;
        page.until("return innerWidth", json!(size.0)).await;
        for (below, inside) in
            [("segment", ".facts"), ("cost", "#measure"), ("ownership", "#try-all"), ("router", "#connect")]
        {
            if size.0 < 1380 {
                page.click(&format!("#below-{below}")).await;
                page.wait(&format!("main[data-below={below}]")).await;
            }
            // What is worked with may scroll in its place. Its beginning is in view.
            let shown = format!(
                "const r = document.querySelector('{inside}').getBoundingClientRect(); return r.width > 0 && r.top < innerHeight"
            );
            page.until(&shown, json!(true)).await;
            assert!(is_seen(&page, ".plot").await, "{size:?} {below}");
            assert!(is_seen(&page, "#stage-put").await, "{size:?} {below}");
            assert_eq!(page.run(SCROLLS, vec![]).await, json!(false), "{size:?} {below}");
        }
    }
    // A place of the pointer is a place of the drawing, however large the page is.
    let aim = "const r = document.querySelector('#plot svg').getBoundingClientRect(); return [r.right - 30, r.top + r.height * 0.55].map(Math.round)";
    let at = page.run(aim, vec![]).await;
    let steps = json!([{ "type": "pointerMove", "duration": 0, "x": at[0], "y": at[1] }, { "type": "pointerDown", "button": 0 }, { "type": "pointerUp", "button": 0 }]);
    page.perform(json!([{ "type": "pointer", "id": "mouse", "actions": steps }])).await;
    page.until("return document.querySelector('[role=option][aria-selected=true]')?.id", json!("piece-2")).await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_right_after_the_digit_of_a_pane_are_for_that_pane() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.emulate((1280, 720), false).await;
    page.wait("main[data-below=router]").await;
    // Faster than any person: the page has not been drawn between the two.
    let keys = "for (const key of [{ key: '3' }, { key: 'Enter', ctrlKey: true }]) {
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { ...key, bubbles: true, cancelable: true }));
    }";
    page.run(keys, vec![]).await;
    page.wait("main[data-below=cost] #cancel").await;
    assert_eq!(page.attribute("#put-result", "data-state").await, "none");
    page.until("return document.activeElement.closest('section')?.id", json!("pane-cost")).await;
    page.close(&[]).await;
}

/// The smallest text of the presenter's view, in parts of the window's height.
const SMALLEST: &str = "
    const zoom = Number(getComputedStyle(document.body).zoom);
    const shown = (e) => e.getClientRects().length && e.getBoundingClientRect().width > 1.5 * zoom && getComputedStyle(e).visibility === 'visible';
    const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const texts = [...document.querySelectorAll('main .layout *')].filter((e) => own(e) && shown(e));
    return [texts.length, Math.min(...texts.map((e) => parseFloat(getComputedStyle(e).fontSize) * zoom / innerHeight))]";

#[tokio::test(flavor = "multi_thread")]
async fn presenter_view_has_large_text_and_all_in_one_view() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    key(&page, "Shift+f").await;
    page.wait("main[data-large=presenter]").await;
    for size in [(1280, 720), (1920, 1080), (3840, 2160)] {
        page.emulate(size, false).await;
        page.until("return innerWidth", json!(size.0)).await;
        for css in [".plot", ".ledger", "#film-play", "#stage-put", "#zoom-words"] {
            assert!(is_seen(&page, css).await, "{size:?} {css}");
        }
        assert_eq!(page.run(SCROLLS, vec![]).await, json!(false), "{size:?}");
        let found = page.run(SMALLEST, vec![]).await;
        assert!(found[0].as_u64().unwrap() > 20, "{found}");
        assert!(found[1].as_f64().unwrap() >= 0.02, "{size:?}: {found}");
    }
    // The keys of a presenter's remote.
    key(&page, "PageDown").await;
    page.until("return document.querySelector('#film-place').ariaValueText", json!("0 %")).await;
    key(&page, "PageDown").await;
    page.until("return document.querySelector('#film-place').ariaValueText === '0 %'", json!(false)).await;
    page.click("#stage-put").await;
    page.until("return document.querySelector('#zoom-words').textContent.includes('1 sample arrived')", json!(true))
        .await;
    key(&page, "Escape").await;
    page.until("return document.querySelector('main').dataset.large ?? ''", json!("")).await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn back_closes_what_was_opened_before_it_leaves() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.click("#row-remove, .row.open [id$=remove]").await;
    let rows = "return document.querySelectorAll('.row').length";
    page.until(rows, json!(2)).await;
    let entry = "return history.state ?? 0";
    for (open, closed) in [
        ("#help", "return document.querySelectorAll('dialog[open]').length"),
        ("#questions", "return document.querySelectorAll('dialog[open]').length"),
        ("#other-side", "return document.querySelectorAll('dialog[open]').length"),
        (".bytes-open", "return document.querySelectorAll('dialog[open]').length"),
        ("#large-cost", "return document.querySelectorAll('main[data-large]').length"),
        ("#large-layout", "return document.querySelectorAll('main[data-large]').length"),
        ("#presenter", "return document.querySelectorAll('main[data-large]').length"),
    ] {
        page.click(open).await;
        page.until(closed, json!(1)).await;
        page.until(entry, json!(1)).await;
        page.client.back().await.unwrap();
        page.until(closed, json!(0)).await;
        page.until(entry, json!(0)).await;
        assert_eq!(page.run(rows, vec![]).await, json!(2), "{open}: the page is the same");
    }
    // One over the other: Back closes the one that was opened last.
    page.click("#large-router").await;
    page.until(entry, json!(1)).await;
    page.click("#other-side").await;
    page.until(entry, json!(2)).await;
    page.client.back().await.unwrap();
    page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
    page.until("return document.querySelectorAll('main[data-large]').length", json!(1)).await;
    // What is closed in another way leaves no entry behind.
    page.click("#large-router").await;
    page.until(entry, json!(0)).await;
    page.click("#help").await;
    page.until(entry, json!(1)).await;
    page.click("#help-dialog [data-closes], dialog[open] [data-closes]").await;
    page.until(entry, json!(0)).await;
    // A reload closes everything.
    page.click("#large-build").await;
    page.until(entry, json!(1)).await;
    page.client.refresh().await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    page.until(entry, json!(0)).await;
    assert_eq!(page.run(rows, vec![]).await, Value::from(2));
    page.close(&[]).await;
}

/// The part of the address that holds the scene, once the page has written that of its rows.
async fn scene(page: &Page) -> String {
    page.click("#link").await;
    page.wait("#link-dialog[open]").await;
    page.until("return document.querySelector('#link-text').value === location.href", json!(true)).await;
    // Closing goes back in the history of the tab, to an entry whose address may be older for a moment.
    let hash = page.run("return location.hash", vec![]).await.as_str().unwrap().to_owned();
    page.click("#link-dialog [data-closes]").await;
    hash
}

/// What the drawing shows, and the hash of the payload as Layout's facts and a put tell them.
async fn drawn(page: &Page) -> Value {
    page.run("return document.querySelector('.plot svg.drawing').innerHTML", vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn link_of_every_preset_draws_and_sends_the_same_elsewhere() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let other = Page::open(&url(&lab)).await;
    for page in [&page, &other] {
        page.connect("/zenoh").await;
    }
    for preset in Preset::ALL {
        page.fill("#preset", preset.key()).await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#view-all-borrow").await;
        let hash = scene(&page).await;
        assert!(hash.len() <= 2000, "{}: {}", preset.name(), hash.len());
        other.run("location.hash = arguments[0]", vec![json!(hash)]).await;
        other.until("return document.querySelector('#preset').value", json!(preset.key())).await;
        other.wait("#build-state[data-state=ready]").await;
        other.wait("#view-all-borrow:checked").await;
        assert_eq!(drawn(&other).await, drawn(&page).await, "{}", preset.name());
        // What is captured is put after a press only.
        if preset == Preset::Camera {
            continue;
        }
        // The same bytes, by the hash of what arrives.
        let digest = async |page: &Page, key: &str| {
            page.fill("#key", key).await;
            page.click("#put").await;
            page.wait("#put-result[data-state=done]").await;
            let row = format!("#samples tr[data-key='{key}']");
            page.click(&format!("{row} .hash")).await;
            page.wait(&format!("{row} .digest")).await;
            page.text(&format!("{row} .digest")).await
        };
        let [a, b] = ["a", "b"].map(|page| format!("lab/{}/{page}", preset.key()));
        assert_eq!(digest(&other, &b).await, digest(&page, &a).await, "{}", preset.name());
    }
    // A page that is opened by a link does nothing by itself.
    let hash = scene(&page).await;
    let fresh = Page::open_first(&format!("{}{hash}", url(&lab))).await;
    fresh
        .until("return document.querySelector('#preset').value", json!(Preset::ALL[Preset::ALL.len() - 1].key()))
        .await;
    assert_eq!(fresh.attribute("#session", "data-state").await, "closed");
    // One that is damaged says so and begins as without it. What a person does then is kept.
    let cut = &hash[..hash.len() - 9];
    fresh.run("location.hash = arguments[0]", vec![json!(cut)]).await;
    fresh.wait("#link-problem").await;
    fresh.fill("#preset", "three").await;
    fresh.client.refresh().await.unwrap();
    fresh.wait("#build-state[data-state=ready]").await;
    fresh.until("return document.querySelector('#preset').value", json!("three")).await;
    for page in [page, other, fresh] {
        page.close(&[]).await;
    }
}

/// The part of the pixels that differ between a picture of the drawing and its place in the file
/// that was saved last. The drawing begins 12 pixels from the edges, behind the names of the bands.
const DIFFERS: &str = "
    const [shot, done] = arguments;
    const pixels = async (image, x = 0, y = 0, width = image.width, height = image.height) => {
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        context.drawImage(image, x, y, width, height, 0, 0, width, height);
        return context.getImageData(0, 0, width, height).data;
    };
    (async () => {
        const seen = Object.assign(new Image(), { src: shot });
        await seen.decode();
        const file = await createImageBitmap(window.caught.at(-1));
        const names = document.querySelector('svg.names').getBoundingClientRect();
        const drawing = document.querySelector('svg.drawing').getBoundingClientRect();
        const x = 2 * (12 + drawing.left - names.left);
        const [a, b] = [await pixels(seen), await pixels(file, x, 24, seen.width, seen.height)];
        let differ = 0, drawn = 0;
        for (let at = 0; at < a.length; at += 4) {
            const apart = Math.max(...[0, 1, 2].map((one) => Math.abs(a[at + one] - b[at + one])));
            differ += apart > 48;
            drawn += Math.abs(b[at] - b[0]) > 48;
        }
        return [differ / (a.length / 4), drawn / (a.length / 4)];
    })().then(done, (error) => done(String(error)));";

#[tokio::test(flavor = "multi_thread")]
async fn drawing_leaves_as_svg_and_png_that_equal_the_view() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    catch_files(&page).await;
    for (preset, dark, zoom) in [("framed", false, false), ("message", true, false), ("framed", true, true)] {
        page.emulate((1440, 900), dark).await;
        let sharp = json!({ "width": 1440, "height": 900, "deviceScaleFactor": 2, "mobile": false });
        page.dev_tools("Emulation.setDeviceMetricsOverride", sharp).await;
        page.fill("#preset", preset).await;
        page.wait("#build-state[data-state=ready]").await;
        if zoom {
            page.click("#zoom-in").await;
        }
        page.until("return document.getAnimations().length", json!(0)).await;
        let seen = page.wait(".plot svg.drawing").await.screenshot().await.unwrap();
        let seen = format!("data:image/png;base64,{}", data_encoding::BASE64.encode(&seen));
        page.click("#link").await;
        let svg = caught(&page, "#take-svg").await;
        page.click("#take-png").await;
        are_caught(&page, 2).await;
        page.click("#link-dialog [data-closes]").await;
        // All that it needs is in it: nothing is fetched, and no class of the page is left.
        assert!(svg.matches("@font-face").count() >= 2 && svg.contains("<pattern"), "{preset}");
        let outside = svg.split("url(").skip(1).filter(|url| !url.starts_with('#') && !url.starts_with("data:font/"));
        assert_eq!(outside.collect::<Vec<_>>(), [""; 0], "{preset}");
        let whole = "
            const file = new DOMParser().parseFromString(arguments[0], 'image/svg+xml');
            const words = file.documentElement.textContent;
            const classes = [...file.querySelectorAll('[class]')].every((one) => /^c\\d+$/.test(one.getAttribute('class')));
            const missing = [...arguments[0].matchAll(/url\\(#([^)]+)/g)].filter((found) => !file.getElementById(found[1]));
            const ledger = document.querySelector('#ledger-total').textContent;
            return [file.documentElement.tagName, classes, missing.length, words.includes('Memory'), words.includes(ledger)]";
        assert_eq!(page.run(whole, vec![json!(svg)]).await, json!(["svg", true, 0, true, true]), "{preset}");
        let found = page.client.execute_async(DIFFERS, vec![json!(seen)]).await.unwrap();
        let [differ, drawn] = [0, 1].map(|at| found[at].as_f64().unwrap_or_else(|| panic!("{preset}: {found}")));
        println!("{preset}: {differ:.5} of the pixels differ, {drawn:.3} are drawn on");
        assert!(differ < 0.005 && drawn > 0.1, "{preset}: {found}");
    }
    // The view by owner has nothing to take a picture of, and the page says so.
    page.click("#order-by-owner").await;
    page.click("#link").await;
    page.click("#take-png").await;
    page.wait("#take-problem").await;
    page.until("return document.querySelector('#take-problem').textContent.includes('no drawing')", json!(true)).await;
    // The test itself reads the file, with its styles, and pixels.
    page.close_with(&[], &["inline style", "willReadFrequently"]).await;
}

/// Whether all that belongs on the page of paper is on it, and lies within it; else what does not.
const ON_PAPER: &str = "
    const zoom = Number(getComputedStyle(document.body).zoom);
    const wrong = [];
    for (const css of arguments[0]) {
        const r = document.querySelector(css)?.getBoundingClientRect();
        if (!r?.width) wrong.push(`${css} is not there`);
        else if (r.left < -1 || r.right > 719 || r.bottom > 1047) wrong.push(`${css}: ${[r.left, r.right, r.bottom].map(Math.round)}`);
    }
    for (const css of ['.router', '.ownership', '.segment', '.film', '.zoom-bar', '.lead', '.rows', '#measure'])
        if (document.querySelector(css)?.getClientRects().length) wrong.push(`${css} is printed`);
    for (const e of document.querySelectorAll('.listing, .sheet p, .ledger, .cost-columns > *'))
        if (e.getClientRects().length && e.scrollWidth > e.clientWidth + 1) wrong.push(`${e.className} is cut`);
    const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
    if (r + g + b < 765) wrong.push('the paper is not white');
    return wrong";

/// Prints the page as a PDF. Returns how many pages it has, and whether they lie on their long side.
async fn print(page: &Page, name: &str) -> (usize, bool) {
    let printed = page.dev_tools("Page.printToPDF", json!({ "preferCSSPageSize": true })).await;
    let pdf = data_encoding::BASE64.decode(printed["data"].as_str().unwrap().as_bytes()).unwrap();
    // For a person who wants to look at it.
    if let Ok(folder) = std::env::var("ZBYTES_PAPER") {
        std::fs::write(format!("{folder}/{name}.pdf"), &pdf).unwrap();
    }
    let pages = pdf.windows(12).filter(|at| at.starts_with(b"/Type /Page") && at[11] != b's').count();
    let wide = pdf.windows(13).any(|at| at == b"/MediaBox [0 ") && pdf.windows(7).any(|at| at == b" 0 841.");
    page.until("return !document.querySelector('#sheet')", json!(true)).await;
    (pages, wide)
}

#[tokio::test(flavor = "multi_thread")]
async fn page_of_paper_holds_the_whole_scene_in_both_themes() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    // Without a result the page lies on its long side.
    for preset in Preset::ALL {
        page.fill("#preset", preset.key()).await;
        page.wait("#build-state[data-state=ready]").await;
        assert_eq!(print(&page, preset.key()).await, (1, true), "{}", preset.name());
    }
    page.fill("#preset", "framed").await;
    page.wait("#build-state[data-state=ready]").await;
    page.connect("/zenoh").await;
    page.click("#measure").await;
    page.wait("#cancel").await;
    page.wait_at_most("#measure", std::time::Duration::from_secs(300)).await;
    page.wait("#cost-share[data-state=measured]").await;
    for (preset, dark) in [("framed", false), ("message", true), ("tiny", false)] {
        page.emulate((1440, 900), dark).await;
        page.fill("#preset", preset).await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#zoom-in").await;
        // The dialogs follow a zoom with the next other action.
        page.click("#film-slow").await;
        page.click("#film-slow").await;
        let hash = scene(&page).await;
        let address = page.run("return location.href", vec![]).await;
        assert!(address.as_str().unwrap().ends_with(&hash));
        // One page, whatever the window shows.
        assert_eq!(print(&page, &format!("{preset}-measured")).await, (1, false), "{preset}");
        // The same on a screen as large as the paper.
        page.emulate((718, 1047), dark).await;
        let media = json!({ "media": "print", "features": [{ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } }] });
        page.dev_tools("Emulation.setEmulatedMedia", media).await;
        page.run("dispatchEvent(new Event('beforeprint'))", vec![]).await;
        page.wait("#sheet-code").await;
        let belongs = [
            "h1",
            "#preset",
            ".legend",
            ".names",
            ".drawing",
            "#ledger-total",
            "#cost-advice",
            "#cost-share",
            "#cost-bytes",
            "#cost-conditions",
            ".result svg.plotted",
            ".listing",
            "#sheet-code",
            "#sheet-link",
        ];
        assert_eq!(page.run(ON_PAPER, vec![json!(belongs)]).await, json!([]), "{preset}");
        assert_eq!(
            page.run("return document.querySelector('#sheet-link').textContent", vec![]).await,
            address,
            "{preset}"
        );
        // The whole drawing: as wide as its bands need, from the first segment to the last.
        let wide = "const d = document.querySelector('.drawing'); return [d.getAttribute('width'), document.querySelector('.plot-list').dataset.zoomed ?? '']";
        assert_eq!(page.run(wide, vec![]).await, json!(["599", ""]), "{preset}");
        page.run("dispatchEvent(new Event('afterprint'))", vec![]).await;
        page.until("return !document.querySelector('#sheet')", json!(true)).await;
        page.dev_tools("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
        page.emulate((1440, 900), dark).await;
        page.wait(".plot-list[data-zoomed]").await;
        page.click("#zoom-whole").await;
    }
    page.close(&[]).await;
}

/// The written bytes that the drawing shows, from top to bottom.
const WRITTEN: &str = "return [...document.querySelectorAll('.octet.written')].map((e) => e.textContent).length";

#[tokio::test(flavor = "multi_thread")]
async fn experiment_runs_through_the_tie_of_the_rows_at_hand() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    page.emulate((1280, 720), false).await;
    page.connect("/zenoh").await;
    page.click("#below-ownership").await;
    page.click("#try-write").await;
    page.wait("#shown[data-experiment=write]").await;
    // The put is over and the arrays are written: that of the borrowed row, and that of the copied
    // one. Then the write has come through the tie, and then to the sample.
    for (place, written) in [(100, 0), (480, 2), (800, 3), (1000, 4)] {
        page.fill("#film-place", &place.to_string()).await;
        page.until(WRITTEN, json!(written)).await;
    }
    assert_eq!(page.attribute("#shown", "data-held").await, "true");
    // The byte is the same in the array, the payload and the sample, and it is another than before.
    let bytes = "return [...document.querySelectorAll('.octet.written')].map((e) => e.textContent)";
    let bytes = page.run(bytes, vec![]).await;
    let all: Vec<&str> = bytes.as_array().unwrap().iter().map(|byte| byte.as_str().unwrap()).collect();
    assert!(all[0] == all[1] && all[1] == all[2], "{all:?}");
    let seen = "
        const inside = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.top >= 0 && r.bottom <= innerHeight };
        return [...document.querySelectorAll('.octet.written')].every(inside)";
    page.until(seen, json!(true)).await;
    assert!(is_seen(&page, ".plot").await && is_seen(&page, "#shown-end").await);
    assert_eq!(page.run(SCROLLS, vec![]).await, json!(false));
    // A source that is taken away: both arrays are empty, and the tie leads nowhere.
    page.click("#try-detach").await;
    page.wait("#shown[data-experiment=detach][data-held=true]").await;
    page.fill("#film-place", "1000").await;
    page.until("return document.querySelectorAll('.drawing .refer.refused').length", json!(2)).await;
    let empty = "return [...document.querySelectorAll('.drawing text')].filter((e) => e.textContent.startsWith('empty')).length";
    page.until(empty, json!(2)).await;
    // The rows of the person are as they were: they can be put.
    page.click("#shown-end").await;
    page.until("return document.querySelectorAll('#shown, .cell').length", json!(0)).await;
    page.click("#put").await;
    page.wait("#put-result[data-state=done]").await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_show_an_experiment_are_one_press_away() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    // No row of the first preset is borrowed from the JavaScript heap.
    page.press("#invite-break").await;
    page.wait("#shown[data-experiment=write]").await;
    assert!(page.text(".lacks").await.contains("None of these arrays is borrowed"));
    page.click("#set-up-write").await;
    page.until("return document.querySelectorAll('.row').length", json!(3)).await;
    page.wait("#shown[data-experiment=write][data-held=true]").await;
    page.fill("#film-place", "1000").await;
    // Without a session, a sample does not come.
    page.until(WRITTEN, json!(3)).await;
    page.until("return document.querySelectorAll('.lacks').length", json!(0)).await;
    page.click("#undo").await;
    page.until("return document.querySelector('#preset').value", json!("framed")).await;
    page.until("return document.querySelectorAll('#shown').length", json!(0)).await;
    // A question leads to the experiment that answers it.
    page.click("#questions").await;
    page.click("#questions-dialog [data-experiment=worker]").await;
    page.wait("#shown[data-experiment=worker][data-held=true]").await;
    page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn page_connects_by_itself_and_the_first_put_brings_a_sample() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_first(&url(&lab)).await;
    page.wait("#session[data-state=open]").await;
    page.press("#put").await;
    page.wait(".samples tbody tr").await;
    let hash = scene(&page).await;
    page.close(&[]).await;
    // One that is opened by a link connects after a press only, though its lab has answered.
    let page = Page::open_first(&format!("{}{hash}", url(&lab))).await;
    page.click("#other-side").await;
    let locator = lab.tcp_locator();
    page.until(&format!("return document.querySelector('#program').textContent.includes('{locator}')"), json!(true))
        .await;
    assert_eq!(page.attribute("#session", "data-state").await, "closed");
    page.click("#other-side-dialog [data-closes]").await;
    page.press("#connect").await;
    page.wait("#session[data-state=open]").await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_rows_are_kept_by_name_beside_the_presets() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    let drop = "
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(9)], 'depth.bin'));
        const drag = (kind) => new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data });
        document.querySelector(arguments[0]).dispatchEvent(drag('dragover'));
        return document.querySelector(arguments[0]).dispatchEvent(drag('drop'));";
    let rows = "return document.querySelectorAll('.row').length";
    // A file is taken wherever it is dropped, and its row is seen.
    page.click("#large-cost").await;
    page.wait("main[data-large=pane-cost]").await;
    assert_eq!(page.run(drop, vec![json!("#pane-cost")]).await, json!(false), "the browser does not open it");
    page.until(rows, json!(4)).await;
    page.until("return document.querySelector('main').dataset.large ?? ''", json!("")).await;
    // What else is dropped leads nowhere either, but a field takes it.
    let link = "
        const data = new DataTransfer();
        data.setData('text/uri-list', 'http://127.0.0.1:9/');
        const drag = new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer: data });
        return document.querySelector(arguments[0]).dispatchEvent(drag);";
    assert_eq!(page.run(link, vec![json!("#pane-layout")]).await, json!(false));
    assert_eq!(page.run(link, vec![json!("#key")]).await, json!(true));

    let chosen = "return document.querySelector('#preset').selectedOptions[0].textContent";
    let keep = async |name: &str| {
        page.fill("#keep-name", name).await;
        page.click("#keep-rows").await;
    };
    page.click("#keep summary").await;
    keep("my rows").await;
    page.until(chosen, json!("my rows (kept)")).await;
    page.fill("#preset", "tensor").await;
    page.until(rows, json!(1)).await;
    page.client.refresh().await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#preset", "kept:my rows").await;
    page.until(rows, json!(3)).await;
    assert!(page.text("#file-problem").await.contains("depth.bin"), "{}", page.text("#file-problem").await);
    // Removing is undone, in the browser's storage too.
    let stored = "return Object.keys(localStorage).filter((key) => key.startsWith('zbytes-lab.rows.')).length";
    page.click("#keep summary").await;
    page.click("#kept li button:last-child").await;
    page.until(stored, json!(0)).await;
    page.click("#undo").await;
    page.until(stored, json!(1)).await;
    page.until("return document.querySelectorAll('#kept li').length", json!(1)).await;
    // A browser that stores nothing says so.
    page.run("Storage.prototype.setItem = () => { throw new Error('it is full') }", vec![]).await;
    keep("other").await;
    page.wait("#keep-problem").await;
    assert!(page.text("#keep-problem").await.contains("it is full"));
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_explained_where_they_stand() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.wait("#term").await;
    let note = "const note = document.querySelector('#term:popover-open'); return note ? note.textContent : ''";
    let means =
        async |id: &str| page.run("return document.getElementById(arguments[0]).textContent", vec![json!(id)]).await;
    // By keyboard: the first word of the page that has an explanation.
    page.run("document.activeElement?.blur()", vec![]).await;
    while page.run("return document.activeElement.className", vec![]).await != json!("term") {
        page.key("Tab").await;
    }
    let term = page.run("return document.activeElement.dataset.term", vec![]).await;
    page.until(note, means(term.as_str().unwrap()).await).await;
    let described =
        "return document.activeElement.getAttribute('aria-describedby') === document.activeElement.dataset.term";
    assert_eq!(page.run(described, vec![]).await, json!(true));
    page.key("Escape").await;
    page.until(note, json!("")).await;
    // With the pointer, in the drawing; the note stays in the window.
    let aim = "const r = document.querySelector('.names [data-term=term-wasm]').getBoundingClientRect(); return [r.left + 4, r.top + 4].map(Math.round)";
    let at = page.run(aim, vec![]).await;
    page.perform(json!([{ "type": "pointer", "id": "mouse", "actions": [{ "type": "pointerMove", "duration": 0, "x": at[0], "y": at[1] }] }])).await;
    page.until(note, means("term-wasm").await).await;
    assert!(is_seen(&page, "#term").await);
    // With a finger, beside a control that goes on working.
    page.run("document.querySelector('#mode-all-borrow').closest('label, button').dispatchEvent(new PointerEvent('click', { bubbles: true, pointerType: 'touch' }))", vec![]).await;
    page.run("document.body.click()", vec![]).await;
    page.until(note, json!("")).await;
    page.run("document.querySelector('.ledger .term').dispatchEvent(new PointerEvent('click', { bubbles: true, pointerType: 'touch' }))", vec![]).await;
    page.until(note, means("term-gather").await).await;
    page.close(&[]).await;
}

/// The windows in which a view has a place below the drawing.
const WINDOWS: [(u32, u32); 4] = [(1280, 720), (1366, 768), (1440, 900), (1920, 1080)];

async fn width_of(page: &Page, css: &str) -> f64 {
    let script = "return document.querySelector(arguments[0]).getBoundingClientRect().width";
    page.run(script, vec![json!(css)]).await.as_f64().unwrap()
}

async fn height_of(page: &Page, css: &str) -> f64 {
    let script = "return document.querySelector(arguments[0]).getBoundingClientRect().height";
    page.run(script, vec![json!(css)]).await.as_f64().unwrap()
}

/// Drags the middle of an element by so many pixels.
async fn drag(page: &Page, css: &str, (x, y): (i64, i64)) {
    let script = "
        const r = document.querySelector(arguments[0]).getBoundingClientRect();
        return [Math.round(r.left + r.width / 2), Math.round(r.top + r.height / 2)]";
    let at = page.run(script, vec![json!(css)]).await;
    let (left, top) = (at[0].as_i64().unwrap(), at[1].as_i64().unwrap());
    let to = |x: i64, y: i64| json!({ "type": "pointerMove", "duration": 50, "x": x, "y": y });
    let actions = json!([to(left, top), { "type": "pointerDown", "button": 0 }, to(left + x, top + y), { "type": "pointerUp", "button": 0 }]);
    let mouse =
        json!({ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions });
    page.perform(json!([mouse])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn borders_are_dragged_and_moved_by_keys_and_kept() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let size = async |page: &Page, id: &str| page.attribute(id, "aria-valuenow").await;
    let (build, drawing) = (width_of(&page, "#pane-build").await, height_of(&page, "#pane-layout").await);
    drag(&page, "#border-build", (100, 0)).await;
    let wide = width_of(&page, "#pane-build").await;
    assert!((wide - build - 100.0).abs() < 4.0, "{build} {wide}");
    drag(&page, "#border-drawing", (0, 60)).await;
    let high = height_of(&page, "#pane-layout").await;
    assert!((high - drawing - 60.0).abs() < 8.0, "{drawing} {high}");
    // The pointer points at the same place of the drawing that is larger.
    page.run("document.querySelector('#border-build').focus()", vec![]).await;
    let before: f64 = size(&page, "#border-build").await.parse().unwrap();
    page.key("ArrowRight").await;
    assert_eq!(size(&page, "#border-build").await, (before + 5.0).to_string());
    let kept = [size(&page, "#border-build").await, size(&page, "#border-drawing").await];
    let wide = width_of(&page, "#pane-build").await;
    page.client.refresh().await.unwrap();
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!([size(&page, "#border-build").await, size(&page, "#border-drawing").await], kept);
    assert_eq!(width_of(&page, "#pane-build").await, wide);
    // The first sizes, by a key and by a double click.
    page.run("document.querySelector('#border-build').focus()", vec![]).await;
    page.key("Enter").await;
    let twice =
        "document.querySelector('#border-drawing').dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))";
    page.run(twice, vec![]).await;
    assert_eq!([width_of(&page, "#pane-build").await, height_of(&page, "#pane-layout").await], [build, drawing]);
    // The largest and the smallest leave the page whole, in every window.
    for window in WINDOWS {
        page.emulate(window, false).await;
        for key in ["End", "Home"] {
            for border in ["#border-build", "#border-drawing"] {
                page.run("document.querySelector(arguments[0]).focus()", vec![json!(border)]).await;
                page.key(key).await;
            }
            assert_eq!(page.run(SCROLLS, vec![]).await, json!(false), "{window:?} {key}");
            let room = height_of(&page, "#pane-router").await;
            assert!(room >= 150.0, "{window:?} {key}: Router has {room} pixels");
        }
    }
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_and_wire_have_the_place_below_the_drawing() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    page.put_by("#put").await;
    let rows = "return [...document.querySelectorAll('.rows .row-head strong')].map((row) => row.textContent)";
    for window in WINDOWS {
        page.emulate(window, false).await;
        // Of the first segment, whichever is open.
        page.run("document.querySelector('#row-0:not(.open) .row-head')?.click()", vec![]).await;
        page.wait("#row-0.open").await;
        page.run("document.querySelector('.row-head').focus()", vec![]).await;
        page.key_until("b", "#bytes-dialog[open] #bytes-grid:focus").await;
        for css in [".plot svg.drawing", "#bytes-dialog", "#bytes-grid .l:nth-child(4)", ".row-head"] {
            assert!(is_seen(&page, css).await, "{css} in {window:?}");
        }
        assert_eq!(page.run(SCROLLS, vec![]).await, json!(false), "{window:?}");
        // A segment that is selected in the page is shown, and a byte that is pointed at selects its own.
        page.run("document.querySelectorAll('.row-head')[2].click()", vec![]).await;
        page.until(
            "return document.querySelector('#bytes-grid .cur')?.closest('.l').querySelector('.o').textContent.trim()",
            json!("b4 2000"),
        )
        .await;
        // Rows may change meanwhile.
        page.run("document.querySelectorAll('.row-head')[2].focus()", vec![]).await;
        page.key("d").await;
        page.until(rows, json!(["0 header", "1 tensor", "2 trailer", "3 trailer"])).await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#undo").await;
        page.until(rows, json!(["0 header", "1 tensor", "2 trailer"])).await;
        page.wait("#build-state[data-state=ready]").await;
        // Wire takes the place.
        page.run("document.querySelector('#bytes-dialog').querySelector('[data-closes]').click()", vec![]).await;
        page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
        key(&page, "w").await;
        page.wait("#wire-dialog[open] #wire-list").await;
        for css in [".plot svg.drawing", "#wire-dialog", "#wire-list .w:nth-child(3)", ".row-head"] {
            assert!(is_seen(&page, css).await, "{css} in {window:?}");
        }
        // Another pane takes it back.
        page.run("document.querySelector('#preset').focus()", vec![]).await;
        page.run("document.activeElement.blur()", vec![]).await;
        key(&page, "4").await;
        page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
        assert!(is_seen(&page, "#head-router").await, "{window:?}");
        // Escape closes from within, and Back too.
        key(&page, "w").await;
        page.wait("#wire-dialog[open] #wire-list:focus").await;
        page.key("Escape").await;
        page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
        page.until("return history.state ?? 0", json!(0)).await;
        key(&page, "b").await;
        page.wait("#bytes-dialog[open]").await;
        page.until("return history.state ?? 0", json!(1)).await;
        page.run("history.back()", vec![]).await;
        page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
    }
    // Without room, and over what fills the window, it is over the page.
    page.emulate((900, 700), false).await;
    key(&page, "b").await;
    page.wait("#bytes-dialog:modal").await;
    page.key("Escape").await;
    page.until("return document.querySelectorAll('dialog[open]').length", json!(0)).await;
    page.emulate((1440, 900), false).await;
    key(&page, "f").await;
    page.wait("main[data-large]").await;
    key(&page, "b").await;
    page.wait("#bytes-dialog:modal").await;
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drawing_is_copied_as_a_picture() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    page.dev_tools("Browser.grantPermissions", permissions).await;
    page.click("#link").await;
    page.press("#take-copy").await;
    page.until("return document.querySelector('#take-said').textContent", json!("The picture is taken.")).await;
    // What is pasted elsewhere: one PNG, with two pixels for each of the drawing.
    let read = "
        const done = arguments[0];
        (async () => {
            const [item] = await navigator.clipboard.read();
            const picture = await createImageBitmap(await item.getType('image/png'));
            const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
            canvas.drawImage(picture, 0, 0);
            const pixels = new Set(new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer));
            const drawing = document.querySelector('.plot svg.drawing').getBoundingClientRect();
            return [item.types.join(), picture.width > 2 * drawing.width, picture.height >= 2 * drawing.height, pixels.size > 50];
        })().then(done, (error) => done(String(error)));";
    let found = page.client.execute_async(read, vec![]).await.unwrap();
    assert_eq!(found, json!(["image/png", true, true, true]));
    page.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_has_a_keyboard_for_what_a_field_takes() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.emulate((390, 844), false).await;
    page.run("document.querySelector('.row:not(.open) .row-head').click()", vec![]).await;
    page.fill("#row-length", "8 KiB").await;
    page.until(
        "return document.querySelector('#row-length').closest('.field').querySelector('.comes')?.textContent",
        json!("= 2,048"),
    )
    .await;
    // A keypad of digits would have none of these letters.
    let fields =
        "return [...document.querySelectorAll('.numeric input')].map((field) => field.inputMode + field.type).join()";
    let fields = page.run(fields, vec![]).await;
    assert!(fields.as_str().unwrap().split(',').all(|field| field == "text"), "{fields}");
    page.close(&[]).await;
}
