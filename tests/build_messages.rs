//! Cap'n Proto messages in the Build and Layout panes of the built page, in a real headless
//! Chromium. The page makes every schema in every way. The test compares the panes with the plan,
//! and the bytes that a native zenoh peer receives.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use serde_json::{Value, json};
use support::{
    GUARD,
    browser::Page,
    lab::{lab, turn, url},
    peers::{Native, Seen, sha256},
};
use zbytes_lab::{
    app::{Kind, Message, Plan, Preset, Row, Selection, Sending},
    ledger::{Ledger, Place},
    message::{PixelFormat, Schema, Way},
    payload::ZBytes,
    segment::{Element, Mode, Source},
};

const MODES: [Mode; 3] = [Mode::Copy, Mode::Borrow, Mode::Move];

/// A row with a message, as the page makes it.
fn row(schema: Schema, way: Way, element: Element, shape: &[u32], format: PixelFormat) -> Row {
    Row::message(0, "m", element, Message { schema, way, shape: shape.to_vec(), format })
}

/// The bytes that the page sends for a message, made here a second time.
fn expected(row: &Row) -> Vec<u8> {
    let (spec, way) = (row.spec().unwrap(), row.way().unwrap());
    let bytes = |array: &Row| {
        let mut bytes = vec![0; array.array_bytes()];
        array.write(0, 0, &mut bytes);
        bytes
    };
    let arrays: Vec<_> = row.arrays().iter().map(bytes).collect();
    let sources = arrays.clone().into_iter().map(Source::moved);
    let message = match way {
        Way::Filled => spec.filled(sources),
        Way::Adopted => spec.adopted(sources),
        Way::InPlace => spec.in_place(|index, into| {
            into.copy_from_slice(&arrays[index]);
            Ok(())
        }),
    };
    let payload: ZBytes = message.unwrap().into_payload().unwrap();
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

fn digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// The figures of the ledger: filling, building, gathering, and all together.
async fn ledger(page: &Page) -> [usize; 4] {
    let mut figures = [0; 4];
    for (figure, name) in figures.iter_mut().zip(["filling", "building", "gathering", "total"]) {
        let text = page.text(&format!("#ledger-{name}")).await;
        *figure = if text.is_empty() { 0 } else { digits(&text) };
    }
    figures
}

fn planned(plan: &Plan) -> [usize; 4] {
    [plan.filling, plan.building - plan.filling, plan.gathering, plan.building + plan.gathering]
}

async fn list(page: &Page, script: &str) -> Vec<String> {
    serde_json::from_value(page.run(script, vec![]).await).unwrap()
}

/// Removes every row, and adds a message.
async fn only_a_message(page: &Page) {
    while page.run("return document.querySelector('.row')", vec![]).await != Value::Null {
        let rows = page.run("return document.querySelectorAll('.row').length", vec![]).await.as_u64().unwrap();
        if page.attribute("#row-remove", "id").await.is_empty() {
            page.click("#row-0 .row-head").await;
        }
        page.click("#row-remove").await;
        page.wait(&if rows == 1 { ".starts".to_owned() } else { format!(".row:nth-last-child({})", rows - 1) }).await;
    }
    page.click("#add-message").await;
    page.wait("#row-0.open #row-schema").await;
    page.fill("#row-name", "m").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_in_every_way_is_built_shown_and_sent_as_planned() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut native = Native::join(&lab.tcp_locator(), "lab/**").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    only_a_message(&page).await;
    let cases = [
        (Schema::Tensor, Element::Int16, vec![5, 7], PixelFormat::Rgba8),
        (Schema::CameraFrame, Element::Uint8, vec![5, 3], PixelFormat::Rgb8),
        (Schema::PointCloud, Element::Float32, vec![1001], PixelFormat::Rgba8),
    ];
    for (schema, element, shape, format) in cases {
        page.fill("#row-schema", schema.name()).await;
        match schema {
            Schema::Tensor => {
                page.fill("#row-element", element.name()).await;
                page.fill("#row-shape", "5 x 7").await;
            }
            Schema::CameraFrame => {
                page.fill("#row-width", "3").await;
                page.fill("#row-height", "5").await;
                page.fill("#row-format", format.name()).await;
            }
            Schema::PointCloud => page.fill("#row-points", "1,001").await,
        }
        for way in Way::ALL {
            page.click(&format!("#row-way-{}", way.name().replace(' ', "-"))).await;
            let mut row = row(schema, way, element, &shape, format);
            let what = format!("{schema:?} {way:?}");
            let plan = Plan::of(std::slice::from_ref(&row), None, &Sending::default()).unwrap();
            page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", plan.len)).await;
            assert_eq!(digits(&page.text("#build-state").await), plan.building, "{what}");
            // An array that is made in place has no choice of place.
            assert_eq!(page.attribute("#row-place", "id").await.is_empty(), way == Way::InPlace, "{what}");
            let parts =
                list(&page, "return [...document.querySelectorAll('#row-parts .part')].map(part => part.textContent)")
                    .await;
            let words = plan
                .pieces
                .iter()
                .map(|piece| format!("{} {}{} B", piece.position, piece.part.unwrap().word(), thousands(piece.len)));
            assert_eq!(parts, words.collect::<Vec<_>>(), "{what}");

            // The drawing, and the ledger in every view.
            for mode in [None].into_iter().chain(MODES.map(Some)) {
                let view = mode.map_or("as-set".to_owned(), |mode| format!("all-{}", mode.name()));
                page.click(&format!("#view-{view}")).await;
                page.wait(&format!("#view-{view}:checked")).await;
                let plan = Plan::of(std::slice::from_ref(&row), mode, &Sending::default()).unwrap();
                assert_eq!(ledger(&page).await, planned(&plan), "{what} {view}");
            }
            page.click("#view-as-set").await;
            assert_eq!(page.attribute("#ledger-filling", "id").await.is_empty(), way != Way::Filled, "{what}");
            let pieces = "return String(document.querySelectorAll('.drawing .piece').length)";
            assert_eq!(page.run(pieces, vec![]).await, json!(plan.pieces.len().to_string()), "{what}");

            // The person can select each part, and the pane shows its facts.
            for piece in &plan.pieces {
                page.click(&format!("#part-{}", piece.first)).await;
                page.wait(&format!("#part-{}[aria-pressed=true]", piece.first)).await;
                let facts = page.text(".facts").await;
                assert!(facts.contains(&format!("{} {}", piece.position, piece.name)), "{what}: {facts}");
                assert!(facts.contains("What happens to these bytes") && facts.contains("message"), "{what}: {facts}");
                assert_eq!(
                    page.run("return document.querySelectorAll('.drawing .selected').length >= 3", vec![]).await,
                    json!(true)
                );
            }

            // Its words: the pad of an adopted array is in the head, the pads of the others are
            // before them.
            let spans = list(&page, "return [...document.querySelectorAll('#layout-structure-table tbody tr')].map(row => row.dataset.kind)").await;
            let count = |kind: &str| spans.iter().filter(|span| *span == kind).count();
            let arrays = row.arrays().len();
            let (far, double) = if way == Way::Adopted { (0, arrays) } else { (arrays, 0) };
            assert_eq!((count("far pointer"), count("double-far pointer")), (far, double), "{what}: {spans:?}");
            assert_eq!((count("landing pad"), count("landing pad, tag")), (arrays, double), "{what}: {spans:?}");
            let words = page.text("#pointer-words").await;
            assert_eq!(words.contains("double-far"), way == Way::Adopted, "{words}");

            for mode in MODES {
                row.mode = mode;
                let plan = Plan::of(std::slice::from_ref(&row), None, &Sending::default()).unwrap();
                page.click(&format!("#row-mode-{}", mode.name())).await;
                page.wait(&format!("#row-mode-{}:checked", mode.name())).await;
                page.wait("#build-state[data-state=ready]").await;
                let key = format!("lab/{}/{}/{}", schema.name(), way.name().replace(' ', "-"), mode.name());
                page.fill("#key", &key).await;
                page.put_by("#put").await;
                let bytes = expected(&row);
                assert_eq!(bytes.len(), plan.len, "{what}");
                assert_eq!(native.next().await, Seen { key: key.clone(), len: plan.len, digest: sha256(&bytes) });
                assert_eq!(page.attribute("#put-result", "data-gathered").await, plan.len.to_string(), "{key}");
                assert_eq!(page.attribute("#put-result", "data-built").await, plan.building.to_string(), "{key}");
                // The page's own subscription gets the message in its parts.
                let sample =
                    format!("#samples tr[data-key='{key}'][data-local=true][data-segments='{}']", plan.segments);
                page.wait(&sample).await;
            }
            page.click("#row-mode-borrow").await;
        }
    }
    page.close(&[]).await;
    native.leave().await;
    lab.stop().await;
}

fn thousands(n: usize) -> String {
    zbytes_lab::present::format::count(n)
}

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const CONTROL: char = '\u{e009}';

/// Presses keys one after the other, in the focused element. Control is held down until the end.
async fn press(page: &Page, keys: &str) {
    let mut actions = KeyActions::new("keyboard".to_owned());
    for value in keys.chars() {
        actions = actions.then(KeyAction::Down { value });
        if value != CONTROL {
            actions = actions.then(KeyAction::Up { value });
        }
    }
    if keys.contains(CONTROL) {
        actions = actions.then(KeyAction::Up { value: CONTROL });
    }
    page.client.perform_actions(actions).await.unwrap();
}

/// Presses the tab key until this element has the focus.
async fn tab_to(page: &Page, id: &str) {
    for _ in 0..100 {
        if focus(page).await == id {
            return;
        }
        press(page, TAB).await;
    }
    panic!("{id} cannot be reached; the focus is at {}", focus(page).await);
}

async fn focus(page: &Page) -> String {
    page.run("return document.activeElement.id", vec![]).await.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_made_by_the_keyboard_alone() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "tensor").await;
    tab_to(&page, "add-message").await;
    press(&page, ENTER).await;
    page.wait("#row-1.open #row-schema").await;
    assert_eq!(page.text("#row-1 .row-line strong").await, "1–3 message 1");
    page.run("document.querySelector('#row-1 .row-head').focus()", vec![]).await;
    tab_to(&page, "row-schema").await;
    press(&page, "Cam").await;
    page.wait("#row-width").await;
    tab_to(&page, "row-width").await;
    press(&page, &format!("{CONTROL}a")).await;
    press(&page, "640").await;
    tab_to(&page, "row-format").await;
    press(&page, "rgb8").await;
    tab_to(&page, "row-way-adopted").await;
    press(&page, LEFT).await;
    page.wait("#row-way-in-place:checked").await;
    press(&page, LEFT).await;
    page.wait("#row-way-filled:checked").await;
    // The row keeps the height of the tensor that it was at first.
    let row = row(Schema::CameraFrame, Way::Filled, Element::Uint8, &[32, 640], PixelFormat::Rgb8);
    let row = Row { name: "message 1".into(), ..row };
    let tensor = Preset::Tensor.rows(7).remove(0);
    let plan = Plan::of(&[tensor, row.clone()], None, &Sending::default()).unwrap();
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", plan.len)).await;
    assert_eq!(ledger(&page).await, planned(&plan));

    // Its parts, from the list and in the drawing.
    tab_to(&page, "part-1").await;
    press(&page, ENTER).await;
    page.wait("#part-1[aria-pressed=true]").await;
    assert_eq!(focus(&page).await, "part-1");
    tab_to(&page, "plot").await;
    press(&page, RIGHT).await;
    page.wait("#part-2[aria-pressed=true]").await;
    assert_eq!(page.attribute("#plot", "aria-activedescendant").await, "piece-3");
    assert!(page.text("#piece-3").await.contains("3 message 1.data"));

    // Its words, from the table: a far pointer marks its pad, and the pad is in another part.
    page.run("document.querySelector('#layout-structure summary').focus()", vec![]).await;
    press(&page, ENTER).await;
    page.wait("#layout-structure details[open]").await;
    let far = "#layout-structure-table tr[data-kind='far pointer']";
    page.run(&format!("document.querySelector(\"{far} button\").focus()"), vec![]).await;
    press(&page, ENTER).await;
    page.wait(&format!("{far}.open")).await;
    page.wait("#layout-structure-table tr[data-kind='landing pad'][data-landed=true]").await;
    page.wait("#part-1[aria-pressed=true]").await;
    assert!(page.text("#layout-span-words").await.contains("far pointer"));
    page.run(&format!("document.querySelector(\"{far} .go\").focus()"), vec![]).await;
    press(&page, ENTER).await;
    page.wait("#layout-structure-table tr[data-kind='landing pad'].open").await;
    page.wait("#part-2[aria-pressed=true]").await;

    // The row can be moved, doubled and removed like any other.
    page.run("document.querySelector('#row-1 .row-head').focus()", vec![]).await;
    tab_to(&page, "row-up").await;
    press(&page, ENTER).await;
    page.wait("#row-0.open #row-schema").await;
    page.wait("#build-state[data-state=ready]").await;
    assert_eq!(page.text("#row-1 .row-line strong").await, "3 tensor");
    tab_to(&page, "row-duplicate").await;
    press(&page, ENTER).await;
    page.wait("#row-1.open #row-schema").await;
    assert_eq!(page.text("#row-0 .row-kind").await, "CameraFrame 640x32 rgb8, filledborrow");
    tab_to(&page, "row-remove").await;
    press(&page, ENTER).await;
    page.wait("#row-1.open #row-length").await;
    page.wait("#build-state[data-state=ready]").await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_shape_is_refused_in_words_and_the_last_one_stays() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.fill("#preset", "message").await;
    page.wait("#row-shape").await;
    page.wait("#build-state[data-state=ready][data-bytes='11796576']").await;
    for (wrong, words) in [
        ("", "Nothing is entered. Expected 1 to 8 whole numbers with an x between them, as in 1536x1920."),
        ("3 by 4", "In “3 by 4”: “b” is not a digit."),
        ("3x", "A side is missing."),
        ("-3x4", "It is negative."),
        ("1x1x1x1x1x1x1x1x1", "These are 9 dimensions."),
        ("100000x100000", "That is 10,000,000,000 elements; one message holds at most 134,217,727 of this type."),
    ] {
        page.fill("#row-shape", wrong).await;
        page.wait("#row-shape-error").await;
        let said = page.text("#row-shape-error").await;
        assert!(said.contains(words), "{wrong}: {said}");
        assert_eq!(page.attribute("#row-shape", "aria-invalid").await, "true");
        assert_eq!(page.attribute("#build-state", "data-bytes").await, "11796576", "{wrong}");
    }
    // A shape that fits one type may be too much for another. The field and the pane report it.
    page.fill("#row-shape", "20000 x 6000").await;
    page.wait("#build-state[data-state=ready]").await;
    page.fill("#row-element", "Float64").await;
    page.wait("#build-problem").await;
    let words = page.text("#build-problem").await;
    assert!(words.contains("message cannot be made") && words.contains("960,000,000 elements"), "{words}");
    page.wait("#row-shape-error").await;
    page.wait("#layout-problem").await;
    page.fill("#row-shape", "20x6").await;
    page.wait("#build-state[data-state=ready]").await;
    page.wait("#layout-structure svg.strip").await;
    // A tensor without an element has two parts, and its pointers are all null or near.
    page.fill("#row-shape", "0").await;
    let empty =
        Row { name: "tensor".into(), ..row(Schema::Tensor, Way::Adopted, Element::Float64, &[0], PixelFormat::Rgba8) };
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", empty.bytes())).await;
    page.wait("#part-1[aria-pressed=true]").await;
    assert!(page.text("#pointer-words").await.contains("no element"));
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_fit_on_desk_and_phone_and_rows_change_their_kind() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    for (size, dark) in [((1440, 900), false), ((390, 844), true)] {
        page.emulate(size, dark).await;
        for preset in [Preset::Message, Preset::Frame, Preset::Cloud] {
            page.fill("#preset", preset.key()).await;
            let rows = preset.rows(0);
            let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
            page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", plan.len)).await;
            assert_eq!(ledger(&page).await, planned(&plan), "{preset:?}");
            // The selection is an array, in its own colour in every pane.
            let piece = plan.piece_of(Selection::of(&rows[0])).unwrap();
            let hue = format!("seg-{}", piece.position % 8);
            for place in ["#row-0 .row-head", ".facts-head", &format!("#part-{}", piece.first), ".listing"] {
                page.wait(&format!("{place} .swatch.{hue}")).await;
            }
            page.wait(&format!("#layout-structure .strip .word.{hue}")).await;
            assert_eq!(page.attribute("#preset", "id").await, "preset");
            // All elements fit the width of the window. The strip follows the size a little later.
            let script = "
                const strip = document.querySelector('#layout-structure .strip').getBoundingClientRect();
                return document.documentElement.scrollWidth <= window.innerWidth && strip.width > 0 && strip.right <= window.innerWidth";
            let begun = tokio::time::Instant::now();
            while page.run(script, vec![]).await != json!(true) {
                assert!(begun.elapsed() < GUARD, "{preset:?} at {size:?} is too wide");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
    // The mouse: a part in the drawing, a word in the strip.
    page.emulate((1440, 900), false).await;
    page.press("#layout-structure .strip .word:nth-of-type(4)").await;
    page.wait("#layout-structure .strip .word-selected").await;
    page.wait("#part-1[aria-pressed=true]").await;

    // An array becomes a message with its elements, and then an array again.
    page.fill("#preset", "three").await;
    page.click("#row-1 .row-head").await;
    page.wait("#row-1.open").await;
    page.fill("#row-place", "wasm").await;
    page.fill("#row-type", "message").await;
    page.wait("#row-shape").await;
    let shape = page.run("return document.querySelector('#row-shape').value", vec![]).await;
    let element = page.run("return document.querySelector('#row-element').value", vec![]).await;
    assert_eq!((shape, element), (json!("3000"), json!("Float32")));
    let place = "return document.querySelector('#row-place').value";
    assert_eq!(page.run(place, vec![]).await, json!("wasm"));
    let mut rows = Preset::ThreeSmall.rows(0);
    rows[1].place = Place::Linear;
    let message = Message { shape: vec![3000], ..Message::first(Schema::Tensor) };
    rows[1].kind = Kind::Message(message);
    let plan = Plan::of(&rows, None, &Sending::default()).unwrap();
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", plan.len)).await;
    assert_eq!(ledger(&page).await, planned(&plan));
    page.fill("#row-type", "Int32").await;
    page.wait("#row-length").await;
    page.wait("#build-state[data-state=ready][data-bytes='12192']").await;
    assert_eq!(page.run("return document.querySelector('#row-length').value", vec![]).await, json!("3,000"));
    page.wait("#fact-mode").await;
    assert_eq!(page.attribute("#layout-structure", "id").await, "");
    page.close(&[]).await;
    lab.stop().await;
}
