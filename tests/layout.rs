//! The Layout pane in a real headless Chromium, with real keys, a mouse, a wheel and fingers. The
//! tests check the part in view, its drawing, and that every pane shows the same segment.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::time::Duration;

use fantoccini::{
    actions::{
        Actions, InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, WheelAction,
        WheelActions,
    },
    key::Key,
};
use serde_json::json;
use support::{
    browser::Page,
    lab::{lab, turn, url},
};
use zbytes_lab::app::{Plan, Preset, Sending};

async fn keys(page: &Page, pressed: &[char]) {
    page.run("document.querySelector('#plot').focus()", vec![]).await;
    let actions = KeyActions::new("keyboard".to_owned());
    let keys = pressed.iter().fold(actions, |keys, value| {
        keys.then(KeyAction::Down { value: *value }).then(KeyAction::Up { value: *value })
    });
    page.client.perform_actions(Actions::from(keys)).await.unwrap();
}

/// A place in the drawing, in pixels of the window.
async fn place(page: &Page, x: f64, y: f64) -> (f64, f64) {
    let script = "const r = document.querySelector('.drawing').getBoundingClientRect(); return [r.left + 8, r.top]";
    let corner = page.run(script, vec![]).await;
    (corner[0].as_f64().unwrap() + x, corner[1].as_f64().unwrap() + y)
}

fn to((x, y): (f64, f64)) -> PointerAction {
    PointerAction::MoveTo { duration: Some(Duration::from_millis(30)), x, y }
}

const DOWN: PointerAction = PointerAction::Down { button: MOUSE_BUTTON_LEFT };
const UP: PointerAction = PointerAction::Up { button: MOUSE_BUTTON_LEFT };

async fn mouse(page: &Page, steps: Vec<PointerAction>) {
    let mouse = steps.into_iter().fold(MouseActions::new("mouse".to_owned()), |mouse, step| mouse.then(step));
    page.client.perform_actions(Actions::from(mouse)).await.unwrap();
}

async fn drag(page: &Page, from: (f64, f64), until: (f64, f64)) {
    let (from, until) = (place(page, from.0, from.1).await, place(page, until.0, until.1).await);
    let middle = (f64::midpoint(from.0, until.0), from.1);
    mouse(page, vec![to(from), DOWN, to(middle), to(until), UP]).await;
}

/// Turns the wheel over the drawing, with the control key or without.
async fn wheel(page: &Page, x: f64, turned: i64, control: bool) {
    let (x, y) = place(page, x, 150.0).await;
    let value = Key::Control.into();
    let key = |action| Actions::from(KeyActions::new("keyboard".to_owned()).then(action));
    if control {
        page.client.perform_actions(key(KeyAction::Down { value })).await.unwrap();
    }
    let scroll =
        WheelAction::Scroll { x: x as i64, y: y as i64, delta_x: 0, delta_y: turned, duration: Some(Duration::ZERO) };
    page.client.perform_actions(Actions::from(WheelActions::new("wheel".to_owned()).then(scroll))).await.unwrap();
    if control {
        page.client.perform_actions(key(KeyAction::Up { value })).await.unwrap();
    }
}

/// The first and the last byte in view, from the words of the pane.
async fn seen(page: &Page) -> (usize, usize) {
    let words = page.text("#zoom-words").await;
    let words = words.split_once(" of ").unwrap_or_else(|| panic!("all is in view: {words}")).0.replace(',', "");
    let numbers: Vec<usize> = words.split(' ').filter_map(|word| word.parse().ok()).collect();
    (numbers[0], *numbers.last().unwrap())
}

async fn preset(page: &Page, preset: Preset) -> Plan {
    page.fill("#preset", preset.key()).await;
    let plan = Plan::of(&preset.rows(0), None, &Sending::default()).unwrap();
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{}']", plan.len)).await;
    plan
}

const WHOLE: &str = "return document.querySelector('#zoom-words').textContent.startsWith('all ')";

#[tokio::test(flavor = "multi_thread")]
async fn the_axis_zooms_down_to_bytes_and_every_pane_follows() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.emulate((1440, 900), false).await;
    let plan = preset(&page, Preset::Framed).await;
    page.until(WHOLE, json!(true)).await;
    let facts = "return document.querySelector('.facts').getBoundingClientRect().top";
    let below = page.run(facts, vec![]).await;

    // The strip: the test draws a part out, moves it by its middle, and reads the words about it.
    drag(&page, (200.0, 10.0), (400.0, 10.0)).await;
    page.until(WHOLE, json!(false)).await;
    let (from, last) = seen(&page).await;
    let each = plan.len as f64 / 800.0;
    assert!((from as f64 / each - 200.0).abs() < 8.0 && (last as f64 / each - 400.0).abs() < 12.0, "{from} {last}");
    drag(&page, (300.0, 10.0), (500.0, 10.0)).await;
    let (moved, end) = seen(&page).await;
    assert!(moved > from && (end - moved).abs_diff(last - from) < 20_000, "{from}..{last} {moved}..{end}");
    // The drawing itself moves in the other direction. A drag does not select a segment.
    drag(&page, (300.0, 150.0), (500.0, 150.0)).await;
    assert!(seen(&page).await.0 < moved);
    page.wait("#row-0.open").await;
    // A wheel scrolls the page. With the control key, it magnifies.
    let before = seen(&page).await;
    wheel(&page, 300.0, -240, false).await;
    wheel(&page, 300.0, -240, true).await;
    let fewer = format!(
        "const [a, b] = document.querySelector('#zoom-words').textContent.replaceAll(',', '').match(/\\d+/g); return b - a < {}",
        (before.1 - before.0) / 2
    );
    page.until(&fewer, json!(true)).await;

    // A double click magnifies a segment until it fills the view. Another one shows everything.
    keys(&page, &['0']).await;
    page.until(WHOLE, json!(true)).await;
    let there = place(&page, 400.0, 150.0).await;
    mouse(&page, vec![to(there), DOWN, UP, DOWN, UP]).await;
    page.wait("#row-1.open").await;
    page.until(WHOLE, json!(false)).await;
    let (from, last) = seen(&page).await;
    assert!(from > 4096 && from < 8192 && last > plan.len - 512, "{from} {last}");
    mouse(&page, vec![to(there), DOWN, UP, DOWN, UP]).await;
    page.until(WHOLE, json!(true)).await;

    // Keys magnify down to single bytes, whose values are those of the ramp, and move along.
    keys(&page, &['+'; 40]).await;
    page.until("return document.querySelectorAll('.drawing .octet').length > 10", json!(true)).await;
    let (from, last) = seen(&page).await;
    assert!(last - from < 24, "{from} {last}");
    let values = page
        .run(
            "return [...document.querySelectorAll('.drawing .cells ~ .halo:not(.octet)')].map(t => t.textContent)",
            vec![],
        )
        .await;
    let first = (from - 8192).div_ceil(4);
    let value =
        values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().replace(',', "")).collect::<Vec<_>>();
    assert!(value.contains(&(first + 1).to_string()), "{from}: {value:?}");
    keys(&page, &[Key::Right.into()]).await;
    assert!(seen(&page).await.0 > from);
    page.wait("#row-1.open").await;
    // The segment that was selected in another pane is in view.
    page.click("#row-2 .row-head").await;
    page.until("return document.querySelectorAll('.drawing .selected').length > 0", json!(true)).await;
    assert!(seen(&page).await.1 > plan.len - 512);
    // The keys for segments work beside those for the view.
    keys(&page, &[Key::Up.into()]).await;
    page.wait("#row-1.open").await;
    assert_eq!(page.attribute("#plot", "aria-activedescendant").await, "piece-1");
    keys(&page, &['0']).await;
    page.until(WHOLE, json!(true)).await;
    keys(&page, &[Key::Enter.into()]).await;
    page.until(WHOLE, json!(false)).await;
    page.click("#zoom-whole").await;
    page.until(WHOLE, json!(true)).await;

    // Every pane highlights the segment at which the person points, by the mouse and by the
    // keyboard.
    let back = "return [...document.querySelectorAll('.row')].map(row => row.classList.contains('back')).concat(
        [...document.querySelectorAll('.drawing > g, .drawing g[class*=piece]')].length > 0,
        document.querySelectorAll('.drawing > g.back').length)";
    let there = place(&page, 400.0, 150.0).await;
    mouse(&page, vec![to(there)]).await;
    page.until(back, json!([true, false, true, true, 2])).await;
    let row = page
        .run(
            "const r = document.querySelector('#row-2 .row-head').getBoundingClientRect(); return [r.x + 50, r.y + 8]",
            vec![],
        )
        .await;
    mouse(&page, vec![to((row[0].as_f64().unwrap(), row[1].as_f64().unwrap()))]).await;
    page.until(back, json!([true, true, false, true, 2])).await;
    mouse(&page, vec![to((700.0, 20.0))]).await;
    page.until(back, json!([false, false, false, true, 0])).await;
    page.run("document.querySelector('#plot').focus()", vec![]).await;
    keys(&page, &[]).await;

    // By owner, the one with most bytes first. The person selects a segment there as in every view.
    page.click("#order-by-owner").await;
    page.wait("#owners-table").await;
    let owners = "return [...document.querySelectorAll('#owners-table tbody tr')].map(row => row.cells[2].textContent + ' ' + row.cells[4].textContent)";
    page.until(
        owners,
        json!(["11,796,480 taken over, nothing copied", "8,192 referred to, nothing copied", "512 copied"]),
    )
    .await;
    page.click("#owners-table tbody tr:nth-child(3) .owned button").await;
    page.wait("#row-2.open").await;
    page.wait("#owners-table tr.open:nth-child(3)").await;
    assert_eq!(page.run(facts, vec![]).await, below, "nothing below has moved");
    page.click("#order-byte-order").await;
    page.wait("#plot").await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_segments_take_few_marks_also_on_a_phone() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    preset(&page, Preset::ManyTiny).await;
    page.fill("#row-repeat", "100000").await;
    page.wait("#build-state[data-state=ready][data-bytes='1600000']").await;
    let marks = "return document.querySelectorAll('.drawing *').length < 400";
    for (size, dark) in [((1440, 900), false), ((390, 844), true)] {
        page.emulate(size, dark).await;
        page.run("document.querySelector('#plot').scrollIntoView({ block: 'center' })", vec![]).await;
        keys(&page, &['0']).await;
        page.until(WHOLE, json!(true)).await;
        for _ in 0..15 {
            keys(&page, &['+', '+', Key::Right.into()]).await;
            page.until(marks, json!(true)).await;
        }
        page.until("return document.querySelectorAll('.drawing .octet').length > 5", json!(true)).await;
        // The table lists these segments.
        let (from, last) = seen(&page).await;
        page.click("#table").await;
        page.wait("#layout-table").await;
        let rows = page.run("return [...document.querySelectorAll('#layout-table tbody button')].map(row => row.textContent.trim())", vec![]).await;
        let thousands = |n: usize| if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) };
        let expected: Vec<String> = (from / 16..=last / 16).map(|at| format!("0 tiny[{}]", thousands(at))).collect();
        assert_eq!(rows, json!(expected));
        page.click("#table").await;
        page.wait("#plot").await;
        assert_eq!(
            page.run("return document.documentElement.scrollWidth <= window.innerWidth", vec![]).await,
            json!(true)
        );
    }
    // A phone: buttons for a thumb, and two fingers that move apart.
    let small = "return [...document.querySelectorAll('.zoom-buttons button')].every(b => b.getBoundingClientRect().height >= 40)";
    assert_eq!(page.run(small, vec![]).await, json!(true));
    page.click("#zoom-whole").await;
    page.until(WHOLE, json!(true)).await;
    let finger = |name: &str, from: (f64, f64), until: (f64, f64)| {
        let (from, until) = ([from.0 as i64, from.1 as i64], [until.0 as i64, until.1 as i64]);
        json!({ "type": "pointer", "id": name, "parameters": { "pointerType": "touch" }, "actions": [
            { "type": "pointerMove", "duration": 0, "x": from[0], "y": from[1] },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerMove", "duration": 80, "x": until[0], "y": until[1] },
            { "type": "pause", "duration": 80 },
            { "type": "pointerUp", "button": 0 } ] })
    };
    let left = finger("left", place(&page, 150.0, 200.0).await, place(&page, 60.0, 200.0).await);
    let right = finger("right", place(&page, 200.0, 200.0).await, place(&page, 290.0, 200.0).await);
    page.perform(json!([left, right])).await;
    page.until(WHOLE, json!(false)).await;
    let (from, last) = seen(&page).await;
    assert!(last - from < 800_000 && (200_000..1_400_000).contains(&usize::midpoint(from, last)), "{from} {last}");
    page.close(&[]).await;
    lab.stop().await;
}
