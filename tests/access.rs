//! The page is for every person. axe-core finds no fault in any state of the page, theme and size.
//! The keyboard alone does all that docs/guide.md describes for a person.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::{
    browser::{NO_ANSWER, Page, SOCKET_FAILED},
    lab::{lab, turn, url},
    python::interpreter,
};
use zbytes_lab::app::keys::{Context, Reaction, SHORTCUTS};

/// Everything there is, with the rules about the page as a whole.
const PAGE: &str = "html";
const DESK: (u32, u32) = (1440, 900);
/// A window in which Cost and Router are one below the other.
const NARROW: (u32, u32) = (1200, 900);
const PHONE: (u32, u32) = (390, 844);

/// The source of axe-core, from the package that scripts/test has installed into the environment of
/// Python.
fn axe() -> String {
    let script =
        "from importlib.resources import files; print((files('axe_playwright_python') / 'axe.min.js').read_text())";
    let output =
        Command::new(interpreter()).env("PYTHONUTF8", "1").args(["-c", script]).output().expect("Python starts");
    assert!(
        output.status.success(),
        "scripts/test installs axe-playwright-python: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A page with axe-core in it, and the faults found so far.
struct Audit {
    page: Page,
    found: Vec<String>,
}

impl Audit {
    async fn of(page: Page) -> Self {
        // The page's policy forbids a script in the page, so the driver of the browser runs this
        // one.
        page.run(&axe(), vec![]).await;
        let version = page.run("return axe.version", vec![]).await;
        assert!(version.as_str().is_some_and(|version| version.starts_with("4.")), "{version}");
        Self { page, found: Vec::new() }
    }

    /// Audits what matches `css`, or the open dialog, on a screen and on a phone, and in both themes.
    /// [`PAGE`] is the whole page, for what changes more than a pane.
    async fn look(&mut self, state: &str, css: &str) {
        self.look_in(state, css, &[DESK, PHONE]).await;
    }

    /// The same in windows of these sizes.
    async fn look_in(&mut self, state: &str, css: &str, sizes: &[(u32, u32)]) {
        let began = std::time::Instant::now();
        for (size, dark) in sizes.iter().flat_map(|size| [(*size, false), (*size, true)]) {
            self.page.emulate(size, dark).await;
            // Every rule of axe-core that is on by default: WCAG 2.2 A and AA, and best practice.
            // The size of targets is added. Another theme differs only in its colours.
            let script = "
                const [dark, css, done] = arguments;
                const dialog = document.querySelectorAll('dialog[open]');
                const place = dialog.length > 0 ? dialog : document.querySelectorAll(css);
                const options = { resultTypes: ['violations'], rules: { 'target-size': { enabled: !dark } } };
                if (dark) options.runOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
                // What moves is brought to its end: inside closed details the colours of another
                // theme never get there by themselves.
                const still = () => Promise.resolve(document.getAnimations().forEach((animation) => animation.finish()));
                still().then(() => axe.run(place, options)).then((results) => done({
                    rules: results.passes.length,
                    found: results.violations.flatMap((violation) => violation.nodes.map((node) =>
                        `${violation.id}: ${node.html.slice(0, 200)}: ${node.failureSummary.replace(/\\s+/g, ' ')}`)),
                }), (error) => done(String(error)));";
            let result = self.page.client.execute_async(script, vec![json!(dark), json!(css)]).await.unwrap();
            assert!(result["rules"].as_u64().is_some_and(|rules| rules > 0), "{state}: no rule was tried: {result}");
            let place = format!("{state}, {} px{}", size.0, if dark { ", dark" } else { "" });
            let Value::Array(found) = &result["found"] else { panic!("{result}") };
            self.found.extend(found.iter().map(|one| format!("{place}: {}", one.as_str().unwrap())));
        }
        self.page.emulate(DESK, false).await;
        println!("{state}: {:?}", began.elapsed());
    }

    /// Opens a dialog, audits it and closes it.
    async fn look_at_dialog(&mut self, button: &str, state: &str) {
        self.page.click(button).await;
        self.page.wait("dialog[open]").await;
        self.look(state, PAGE).await;
        self.page.run("document.querySelector('dialog[open]').close()", vec![]).await;
        self.page.wait("body:not(:has(dialog[open]))").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_any_state_theme_and_size() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut audit = Audit::of(Page::open(&url(&lab)).await).await;
    audit.look_in("the page as it starts", PAGE, &[DESK, NARROW, PHONE]).await;
    // The same event as after a crash of the program.
    let die = "dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') }))";
    audit.page.run(die, vec![]).await;
    audit.page.wait("#crash[open]").await;
    audit.look("the program has died", PAGE).await;
    audit.page.run("document.querySelector('#crash').remove()", vec![]).await;
    for (button, name) in [
        ("#help", "help"),
        ("#modes-help", "modes"),
        ("#questions", "questions"),
        ("#other-side", "the other side"),
        ("#rows-as-program", "programs of the rows"),
        ("#link", "link"),
    ] {
        audit.look_at_dialog(button, name).await;
    }
    // A film that stands still in its middle, what fills the window, and a link that is damaged.
    audit.page.fill("#film-place", "400").await;
    audit.look_in("a film", "#pane-layout, #pane-segment", &[DESK, NARROW, PHONE]).await;
    audit.page.click("#presenter").await;
    audit.page.wait("main[data-large=presenter]").await;
    audit.look_in("presenter view", PAGE, &[DESK, NARROW]).await;
    audit.page.click("#presenter").await;
    audit.page.click("#large-layout").await;
    audit.page.wait("main[data-large=pane-layout]").await;
    audit.look("Layout fills the window", "#pane-layout, #pane-segment").await;
    audit.page.click("#large-layout").await;
    audit.page.run("location.hash = '#s=damaged!'", vec![]).await;
    audit.page.wait("#link-problem").await;
    audit.look("a damaged link", PAGE).await;
    audit.page.click("#link-problem button").await;

    // Own data: values that cannot be read, then a table with a number that is computed.
    audit.page.click("#add-values").await;
    audit.page.fill("#row-values", "1, two").await;
    audit.page.wait("#row-values-took.problem").await;
    audit.look("values that cannot be read", "#pane-build").await;
    let give = "
        const data = new DataTransfer();
        data.items.add(new File(['x,y\\n1,2\\n'], 'table.csv'));
        document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));";
    audit.page.run(give, vec![]).await;
    audit.page.wait("#row-columns").await;
    audit.page.fill("#row-repeat", "2*3").await;
    audit.page.wait(".comes").await;
    audit.look("a table", "#pane-build").await;

    // A program that fails in a line, and one that makes several arrays.
    audit.page.click("#add-program").await;
    audit.page.fill("#row-program", "const a = 1;\nthrow new Error(a)").await;
    audit.page.click("#program-run").await;
    audit.page.wait("#program-problem").await;
    audit.look("a program that fails", "#pane-build").await;
    let run = SHORTCUTS.iter().find(|command| command.id == "program-run").unwrap();
    // It holds in the editor.
    assert_eq!(audit.page.attribute("#row-program", "aria-keyshortcuts").await, run.keys);
    audit.page.fill("#row-program", "return [new Uint8Array(4), new Uint8Array(5)]").await;
    audit.page.click("#program-run").await;
    audit.page.wait("#program-rows").await;
    audit.look("a program of two arrays", "#pane-build").await;
    // A camera that is asked for, and one that is refused.
    audit.page.fill("#preset", "camera").await;
    let asks = "navigator.mediaDevices.getUserMedia = () => new Promise((_, refuse) => { window.refuse = refuse; })";
    audit.page.run(asks, vec![]).await;
    audit.page.click("#capture-press").await;
    audit.page.wait("#capture[data-state=asking]").await;
    audit.look_in("a camera that is asked for", PAGE, &[DESK, NARROW, PHONE]).await;
    audit.page.run("window.refuse(new DOMException('no', 'NotAllowedError'))", vec![]).await;
    audit.page.wait("#capture-problem").await;
    audit.look("a camera that was refused", "#pane-build").await;

    // Rows that are kept, an experiment on the rows at hand, and the note that explains a word.
    audit.page.fill("#preset", "framed").await;
    audit.page.wait("#build-state[data-state=ready]").await;
    audit.page.click("#keep summary").await;
    audit.page.fill("#keep-name", "mine").await;
    audit.page.click("#keep-rows").await;
    audit.page.wait("#kept li").await;
    audit.page.click("#set-up-write, #try-write").await;
    audit.page.wait("#shown").await;
    audit.page.fill("#film-place", "700").await;
    let touch = "document.querySelector('.ledger .term').dispatchEvent(new PointerEvent('click', { bubbles: true, pointerType: 'touch' }))";
    audit.page.run(touch, vec![]).await;
    audit.page.wait("#term:popover-open").await;
    audit.look_in("an experiment on the rows, kept rows, a word", PAGE, &[DESK, NARROW, PHONE]).await;
    audit.page.click("#shown-end").await;

    // No frame has gone over a link yet.
    audit.page.click("#tab-wire").await;
    audit.page.click("#wire-open").await;
    audit.page.wait("#wire-dialog[open] #wire-empty").await;
    audit.look("Wire, where there is nothing", PAGE).await;
    audit.page.click("#wire-close").await;
    audit.page.click("#tab-put").await;

    // A message: its structure in Layout. The page sends it to itself, reads it and hashes it.
    audit.page.connect("/zenoh").await;
    audit.page.fill("#preset", "message").await;
    audit.page.wait("#row-schema").await;
    audit.page.wait("#build-state[data-state=ready]").await;
    audit.page.click("#put").await;
    audit.page.wait("#put-result[data-state=done]").await;
    audit.page.click("#samples .hash").await;
    audit.page.wait("#samples .digest").await;
    audit.page.click("#layout-structure summary").await;
    audit.page.click("#layout-structure-table tr button").await;
    audit.page.run("document.querySelectorAll('.options details').forEach((one) => one.open = true)", vec![]).await;
    audit.look_in("a message, and a sample of it", PAGE, &[DESK, NARROW, PHONE]).await;
    audit.page.click("#samples .read-message").await;
    audit.page.wait("#message-dialog[open][data-state=read] #picture").await;
    audit.page.click(".make-array").await;
    audit.page.wait(".made-array").await;
    audit.look("the message that was read", PAGE).await;
    audit.page.click("#message-dialog .dialog-head button").await;

    // The magnified layout: elements and bytes of the head, and the layout by owner.
    audit.page.click("#plot").await;
    audit.page.click("#zoom-fit").await;
    for _ in 0..60 {
        if audit.page.client.find(fantoccini::Locator::Css(".drawing .octet")).await.is_ok() {
            break;
        }
        audit.page.click("#zoom-in").await;
    }
    audit.page.wait(".drawing .octet").await;
    audit.look_in("the layout from near", "#pane-layout, #pane-segment", &[DESK, NARROW, PHONE]).await;
    audit.page.click("#table").await;
    audit.page.wait("#layout-table").await;
    audit.look("the table of what is near", "#pane-layout, #pane-segment").await;
    audit.page.click("#table").await;
    audit.page.click("#order-by-owner").await;
    audit.page.wait("#owners-table").await;
    audit.look_in("the layout by owner", "#pane-layout, #pane-segment", &[DESK, NARROW, PHONE]).await;
    audit.page.click("#order-byte-order").await;
    audit.page.click("#zoom-whole").await;

    // The view Bytes, with two payloads side by side, a hit, and a text that cannot be searched.
    audit.page.click("#samples .bytes-open").await;
    audit.page.wait("#bytes-dialog[open] #bytes-grid:focus").await;
    audit.page.fill("#bytes-other", "build").await;
    audit.page.wait("#bytes-difference[data-state=done]").await;
    audit.page.fill("#bytes-sought", "zz").await;
    audit.page.click("#bytes-next").await;
    audit.page.wait("#bytes-search[data-state=wrong]").await;
    audit.look("Bytes, compared", PAGE).await;
    audit.page.fill("#bytes-sought", "00").await;
    audit.page.click("#bytes-next").await;
    audit.page.wait("#bytes-search[data-state=hit]").await;
    audit.page.fill("#bytes-other", "none").await;
    audit.look("Bytes", PAGE).await;
    audit.page.click("#bytes-close").await;

    // The frames of the last put, which nothing has recorded; then those of a put that is recorded,
    // folded and unfolded; then one of them taken apart.
    audit.page.click("#tab-wire").await;
    audit.page.click("#wire-open").await;
    audit.page.wait("#wire-dialog[open] #wire-list [data-kind=fold]").await;
    audit.look("Wire, the last put", PAGE).await;
    audit.page.click("#wire-record").await;
    audit.page.click("#wire-close").await;
    audit.page.click("#tab-put").await;
    audit.page.click("#put").await;
    audit.page.wait("#put-frames").await;
    audit.page.click("#tab-wire").await;
    audit.page.wait("#wire-rows tr[data-kind=fold]").await;
    audit.look("the last frames", "#pane-router").await;
    audit.page.click("#wire-rows tr[data-kind=fold] button").await;
    audit.page.wait("#wire-dialog[open] #wire-fields").await;
    audit.page.click("#wire-list [data-kind=fold] .toggle").await;
    audit.page.wait("#wire-list [aria-expanded=true]").await;
    audit.page.click("#wire-byte-3").await;
    audit.look("Wire", PAGE).await;
    audit.page.click("#wire-record").await;
    audit.page.click("#wire-close").await;
    audit.page.click("#tab-put").await;

    // A table in place of the drawing, with all rows copied. Then a measurement with its history
    // and its exports, and every experiment.
    audit.page.fill("#preset", "three").await;
    audit.page.wait("#row-2").await;
    audit.page.wait("#build-state[data-state=ready]").await;
    audit.page.click("#view-all-copy").await;
    audit.page.click("#table").await;
    audit.page.click("#try-all").await;
    audit.page.wait(".try:last-child:is([data-state=done], [data-state=bad])").await;
    audit.page.click("#measure").await;
    audit.page.wait("#cost-verdict").await;
    audit.page.click("#history").await;
    audit.look("results, history, a table", "#pane-layout, #pane-cost").await;
    audit.page.click("#table").await;
    audit.page.click("#export").await;
    audit.page.click(".try:first-child .try-words button").await;
    audit
        .page
        .run("document.querySelectorAll('#pane-cost details').forEach((details) => details.open = true)", vec![])
        .await;
    audit.look_in("results, exports, findings", PAGE, &[DESK, NARROW, PHONE]).await;

    // A refused row, an impossible input, and a session that was lost.
    audit.page.click("#row-1 .row-head").await;
    audit.page.fill("#row-before", "1").await;
    audit.page.click("#row-mode-move").await;
    audit.page.wait("#row-refusal").await;
    audit.page.fill("#row-length", "many").await;
    audit.page.wait("#row-length-error").await;
    audit.page.fill("#key", "//").await;
    audit.look("a refused row and a wrong number", "#pane-build, #pane-router").await;
    audit.page.click("#row-way-borrow").await;
    audit.page.wait("#build-state[data-state=ready]").await;
    audit.page.click("#put").await;
    audit.page.wait("#put-problem").await;
    lab.stop().await;
    audit.page.wait("#session[data-state=lost]").await;
    audit.look("a lost session and a failed put", PAGE).await;
    audit.page.click("#disconnect").await;
    audit.page.wait("#connect").await;
    while audit.page.client.find(fantoccini::Locator::Css("#row-remove")).await.is_ok() {
        audit.page.click("#row-remove").await;
    }
    audit.page.wait(".starts").await;
    audit.look("an empty payload", "#pane-build, #pane-layout, #pane-segment").await;

    let Audit { page, found } = audit;
    assert!(found.is_empty(), "axe-core has found {}:\n{}", found.len(), found.join("\n"));
    page.close_with(&[], &[SOCKET_FAILED, NO_ANSWER]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_the_strip_of_a_lesson() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut audit = Audit::of(Page::open(&url(&lab)).await).await;
    audit.page.click("#lessons").await;
    audit.page.wait("#lesson[data-state=list] ol").await;
    audit.look("the list of lessons", PAGE).await;
    audit.page.click("#lesson-pieces").await;
    audit.page.wait("#lesson[data-state=open]").await;
    audit.look_in("a lesson", PAGE, &[DESK, NARROW, PHONE]).await;
    audit.page.click("#lesson-choice-0").await;
    audit.page.click("#view-all-copy").await;
    audit.page.wait(".lesson-parts[data-came=wrong]").await;
    audit.page.click("#lesson-note summary").await;
    audit.look_in("a lesson with its answer", PAGE, &[DESK, NARROW, PHONE]).await;
    audit.page.click("#presenter").await;
    audit.page.wait("main[data-large=presenter]").await;
    audit.look_in("a lesson in presenter view", PAGE, &[DESK]).await;
    audit.page.key("Escape").await;
    audit.page.wait("main:not([data-large])").await;
    for (link, state) in [("https://example.org/lesson.md/1", "asks"), ("none/1", "failed")] {
        audit.page.run("location.hash = '#l=' + arguments[0]", vec![json!(link)]).await;
        audit.page.wait(&format!("#lesson[data-state={state}]")).await;
        audit.look(&format!("a lesson that {state}"), PAGE).await;
    }
    let mine = std::env::temp_dir().join(format!("zbytes-lab-mine-{}.md", std::process::id()));
    std::fs::write(&mine, "# Mine\n\nlesson: 2\n").unwrap();
    audit.page.click("#lesson-list").await;
    let input = audit.page.client.find(fantoccini::Locator::Css("#lesson-file")).await.unwrap();
    input.send_keys(mine.to_str().unwrap()).await.unwrap();
    audit.page.wait("#lesson[data-state=wrong]").await;
    audit.look("a lesson with mistakes", PAGE).await;
    std::fs::remove_file(mine).unwrap();
    let Audit { page, found } = audit;
    assert!(found.is_empty(), "{}", found.join("\n"));
    page.close(&[("lessons/none/lesson.md - Failed to load resource", 1)]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_the_pages_of_a_class() {
    let _turn = turn().await;
    let lab = lab().await;
    let mut teacher = Audit::of(Page::open(&url(&lab)).await).await;
    teacher.page.click("#class-open").await;
    teacher.page.wait("#teaching").await;
    let link = teacher.page.text("#class-link").await;
    let mut student = Audit::of(Page::open_first(&link).await).await;
    student.page.wait("#classroom[data-state=door]").await;
    student.look_in("the door of a class", PAGE, &[DESK, NARROW, PHONE]).await;
    // With the keyboard: the name, then Enter.
    student.page.run("document.querySelector('#class-name').focus()", vec![]).await;
    student.page.type_text("ana").await;
    student.page.key("Enter").await;
    student.page.wait("#classroom[data-state=in]").await;
    teacher.page.wait("#wall [data-name=ana][data-state=here]").await;
    teacher.page.click("#class-scene").await;
    student.page.wait("#class-scene-here").await;
    student.page.wait("#class-carries").await;
    student.look_in("a student's page", PAGE, &[DESK, NARROW, PHONE]).await;
    student.page.click("#tab-put").await;
    student.page.click("#put").await;
    teacher.page.wait("#wall [data-name=ana][data-count='1']").await;
    teacher.look_in("the wall of a class", PAGE, &[DESK, NARROW, PHONE]).await;
    teacher.page.click("#class-experiments").await;
    teacher.look_in("an experiment before it", PAGE, &[DESK, NARROW, PHONE]).await;
    teacher.page.fill("#class-scenario", "payload").await;
    teacher.page.click("#class-measure").await;
    teacher.page.wait_at_most("#class-standing[data-here='1']", std::time::Duration::from_secs(300)).await;
    teacher.look_in("the results of a class", PAGE, &[DESK, NARROW, PHONE]).await;
    teacher.page.click("#class-wall").await;
    student.page.click("#class-leave").await;
    teacher.page.wait("#wall [data-name=ana][data-state=gone]").await;
    teacher.look_in("a student who is gone", PAGE, &[DESK]).await;
    for Audit { page, found } in [teacher, student] {
        assert!(found.is_empty(), "{}", found.join("\n"));
        page.close(&[]).await;
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_is_done_with_the_keyboard_alone() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    // The script keeps the files that the page saves. From here on, the test sends key events only.
    let catch = "
        window.texts = [];
        navigator.clipboard.writeText = (text) => { window.texts.push(text); return Promise.resolve(); };
        navigator.clipboard.write = async ([item]) => {
            const text = await item.getType('text/plain');
            window.texts.push(await text.text());
        };
        window.files = 0;
        const original = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            if (blob.type.includes('javascript')) return original.call(URL, blob);
            window.files += 1;
            return '#';
        };";
    page.run(catch, vec![]).await;

    // The help lists every key, and every control with a key shows it.
    page.key_until("?", "#help-dialog[open]").await;
    let listed = page
        .run("return [...document.querySelectorAll('#keys [data-command]')].map((row) => row.dataset.command)", vec![])
        .await;
    let listed: Vec<String> = serde_json::from_value(listed).unwrap();
    assert_eq!(listed.len(), SHORTCUTS.len());
    assert!(SHORTCUTS.iter().all(|command| listed.iter().any(|id| id == command.id)));
    // The page's keys do nothing in a dialog.
    page.key("t").await;
    page.key("Control+Enter").await;
    page.key_until("Escape", "body:not(:has(dialog[open]))").await;
    assert_eq!(page.attribute("html", "data-theme").await, "");
    assert_eq!(page.attribute("#put-result", "data-state").await, "none");
    // Controls of the others are there when their view or their row is.
    let is_here = |context| !matches!(context, Context::Bytes | Context::Wire | Context::Program);
    for command in SHORTCUTS.iter().filter(|command| is_here(command.context)) {
        if let Reaction::Press(id) | Reaction::Focus(id) = command.run {
            page.wait(&format!("#{id}")).await;
            if !id.starts_with("pane-") {
                assert_eq!(page.attribute(&format!("#{id}"), "aria-keyshortcuts").await, command.keys, "{id}");
            }
        }
    }

    build(&page).await;
    lay_out(&page).await;
    look_at_bytes(&page).await;
    measure(&page).await;
    send(&page).await;
    own(&page).await;

    // Colours. Then a person turns single-character keys off, because they are easily hit by
    // mistake.
    page.key_until("t", "html[data-theme=light]").await;
    page.key_until("t", "html[data-theme=dark]").await;
    page.key_until("?", "#help-dialog[open]").await;
    page.tab_to("#keys-on").await;
    page.key_until("Space", "#keys-on:not(:checked)").await;
    page.key_until("Escape", "body:not(:has(dialog[open]))").await;
    page.key("t").await;
    page.key("?").await;
    // A key with Ctrl still works. Its effect is after those of the keys before it.
    page.key_until("Control+Enter", "#put-problem").await;
    assert_eq!(page.attribute("html", "data-theme").await, "dark");
    page.enter("#help", "#help-dialog[open]").await;
    page.tab_to("#keys-on").await;
    page.key_until("Space", "#keys-on:checked").await;
    page.key_until("Escape", "body:not(:has(dialog[open]))").await;
    page.key_until("t", "html:not([data-theme])").await;
    page.close(&[]).await;
    lab.stop().await;
}

/// Preset, rows of every kind, order, modes, a refusal and what the person can do about it.
async fn build(page: &Page) {
    page.key_until("p", "#preset:focus").await;
    page.type_text("three").await;
    page.wait("#row-2").await;
    // Digits typed into this list choose an option. They do not move the focus to a pane.
    page.key("5").await;
    assert!(page.has_focus("#preset").await);
    page.key("Tab").await;
    page.key_until("1", "#pane-build:focus").await;
    page.key_until("a", "#row-3.open").await;
    page.key_until("Alt+ArrowUp", "#row-2.open").await;
    page.key_until("Alt+ArrowDown", "#row-3.open").await;
    page.key_until("d", "#row-4.open").await;
    page.key_until("Delete", "#row-3:last-child").await;
    page.key_until("m", "#row-mode-borrow:checked").await;
    page.tab_to("#row-type").await;
    page.type_text("Float32").await;
    page.type_over("#row-length", "1000").await;
    page.tab_to("#row-fill").await;
    page.type_text("zeros").await;
    page.type_over("#row-repeat", "3").await;
    page.type_over("#row-name", "by hand").await;
    page.wait("#build-state[data-state=ready][data-bytes='24192']").await;
    page.until("return document.querySelector('#row-3 .row-line strong').innerText", json!("3 by hand")).await;
    // The person opens another row. A part of a buffer cannot be moved, and is copied when the
    // person asks for that.
    page.tab_to("#row-mode-borrow").await;
    page.key_until("1", "#pane-build:focus").await;
    page.enter("#row-1 .row-head", "#row-1.open").await;
    page.type_over("#row-before", "2").await;
    page.tab_to("#row-mode-borrow").await;
    page.key_until("ArrowRight", "#row-mode-move:checked").await;
    page.wait("#row-refusal").await;
    page.tab_to("#row-unsupported").await;
    page.key_until("Space", "#build-state[data-state=ready]").await;
    page.key_until("1", "#pane-build:focus").await;
    page.tab_to("#mode-all-copy").await;
    page.key_until("Space", "#mode-all-copy:checked").await;
    page.enter("#add-text", "#row-4.open").await;
    page.type_over("#row-text", "typed, not clicked: 1 ? t").await;
    page.enter("#add-values", "#row-5.open").await;
    page.type_over("#row-values", "1 2 0x3").await;
    page.enter("#add-message", "#row-6.open").await;
    page.key_until("1", "#pane-build:focus").await;
    page.tab_to("#row-schema").await;
    page.type_text("Point").await;
    page.type_over("#row-points", "500").await;
    page.wait("#build-state[data-state=ready]").await;
    // The button opens a dialog of the browser itself, so the test ends here.
    page.tab_to("#add-file").await;
    assert_eq!(page.attribute("html", "data-theme").await, "");
}

/// Segments one by one, the four views, the table.
async fn lay_out(page: &Page) {
    // A slow page leaves keys to the view that has the focus, too.
    page.slow_down(true).await;
    page.key_until("2", "#pane-layout:focus").await;
    page.key_until("v", "#view-all-copy:checked").await;
    let total: usize = page.text("#ledger-building").await.replace(',', "").parse().unwrap();
    page.key_until("v", "#view-all-borrow:checked").await;
    assert!(page.text("#ledger-building").await.replace(',', "").parse::<usize>().unwrap() < total);
    page.key_until("v", "#view-all-move:checked").await;
    page.key_until("v", "#view-as-set:checked").await;
    page.tab_to("#plot").await;
    page.key_until("Home", "#piece-0[aria-selected=true]").await;
    page.key_until("ArrowRight", "#piece-1[aria-selected=true]").await;
    page.wait("#row-1.open").await;
    page.key_until("2", "#pane-layout:focus").await;
    page.enter("#table", "#layout-table").await;
    page.key_until("Enter", "#pane-layout:not(:has(#layout-table))").await;
}

/// Bytes of a segment: the test finds, searches, compares, writes, copies and saves them.
async fn look_at_bytes(page: &Page) {
    page.key_until("b", "#bytes-dialog[open] #bytes-grid:focus").await;
    page.key_until("g", "#bytes-go:focus").await;
    page.type_text("0x44").await;
    page.key_until("Enter", "#bytes-grid:focus #byte-68.cur").await;
    page.key("Shift+ArrowRight").await;
    page.key_until("/", "#bytes-sought:focus").await;
    page.type_text("80 3f").await;
    page.key_until("Enter", "#bytes-search[data-state=hit]").await;
    let hit = page.text("#bytes-search").await;
    page.key_until("Escape", "#bytes-grid:focus").await;
    page.key("n").await;
    page.key_until("Shift+N", "#bytes-search[data-state=hit]").await;
    page.wait("#bytes-search").await;
    assert!(hit.starts_with("at 0x"), "{hit}");
    page.enter("#bytes-keep", "#bytes-forget").await;
    page.tab_to("#bytes-other").await;
    page.type_text("the kept").await;
    page.wait("#bytes-difference[data-state=done]").await;
    page.tab_to("#bytes-copy-hex").await;
    page.key("Enter").await;
    page.tab_to("#bytes-save").await;
    page.key("Enter").await;
    let saved =
        "return [window.texts.length, window.files, document.querySelector('#bytes-said').textContent.slice(0, 5)]";
    page.until(saved, json!([1, 1, "Saved"])).await;
    page.tab_to("#bytes-grid").await;
    page.key_until("Escape", "#bytes-dialog:not([open])").await;
}

/// The cost: another scenario, cancelled, measured twice, compared, exported.
async fn measure(page: &Page) {
    page.slow_down(false).await;
    page.key_until("p", "#preset:focus").await;
    page.type_text("three").await;
    page.wait("#row-2:last-child").await;
    page.key("Tab").await;
    page.key_until("3", "#pane-cost:focus").await;
    page.key_until("Control+Enter", "#cancel").await;
    page.enter("#cancel", "#measure:focus").await;
    for _ in 0..2 {
        page.key_until("Control+Enter", "#cancel").await;
        page.wait("#measure").await;
    }
    page.wait("#cost-verdict").await;
    page.key_until("3", "#pane-cost:focus").await;
    page.tab_to("#scenario").await;
    page.type_text("Blob").await;
    page.enter("#history", "#history-panel").await;
    page.enter("[id^=run-compare]", "#compared").await;
    page.tab_to("#open-run").await;
    page.enter("#compare-end", "#pane-cost:not(:has(#compared))").await;
    page.key_until("3", "#pane-cost:focus").await;
    page.enter("#export", "#export-panel").await;
    page.tab_to("#export-json").await;
    page.key("Enter").await;
    page.until("return window.files", json!(2)).await;
}

/// A session, a put, and a sample that is hashed, read as a message and as an array, and saved.
/// Then the other side.
async fn send(page: &Page) {
    page.key_until("p", "#preset:focus").await;
    page.type_text("tensor in").await;
    page.wait("#row-schema").await;
    page.wait("#build-state[data-state=ready]").await;
    page.key("Tab").await;
    page.key_until("4", "#pane-router:focus").await;
    page.type_over("#locator", "/zenoh").await;
    page.key_until("Enter", "#session[data-state=open]").await;
    page.type_over("#sub-key", "lab/keys/**").await;
    page.key_until("Enter", "#undeclare").await;
    page.key("1").await;
    assert!(page.has_focus("#sub-key").await);
    page.tab_to("#undeclare").await;
    page.key_until("4", "#pane-router:focus").await;
    page.type_over("#key", "lab/keys/1").await;
    page.key_until("Control+Enter", "#put-result[data-state=done]").await;
    page.wait("#samples tr[data-key='lab/keys/1']").await;
    page.enter("#samples .hash", "#samples .digest").await;
    page.enter("#samples .read-message", "#message-dialog[open][data-state=read] #picture").await;
    page.enter(".make-array", ".made-array").await;
    page.tab_to(".save-array").await;
    page.key("Enter").await;
    page.until("return window.files", json!(3)).await;
    page.key_until("Escape", "#message-dialog:not([open])").await;
    page.key_until("4", "#pane-router:focus").await;
    page.enter("#samples .bytes-open", "#bytes-dialog[open] #bytes-grid:focus").await;
    page.key_until("Escape", "#bytes-dialog:not([open])").await;
    page.key_until("4", "#pane-router:focus").await;
    page.enter("#other-side", "#program").await;
    page.tab_to("[name=program]").await;
    page.key("ArrowRight").await;
    page.tab_to("#copy-program").await;
    page.key("Enter").await;
    page.until("return window.texts.length", json!(2)).await;
    page.key_until("Escape", "body:not(:has(dialog[open]))").await;
    page.enter("#undeclare", "#subscribe:focus").await;
    page.key_until("s", "#undeclare:focus").await;
    page.enter("#disconnect", "#connect:focus").await;
    page.key_until("c", "#session[data-state=open]").await;
    page.wait("#disconnect:focus").await;
    page.enter("#disconnect", "#session[data-state=closed]").await;
}

/// The experiments, and the questions that they answer.
async fn own(page: &Page) {
    page.key_until("5", "#pane-ownership:focus").await;
    page.enter("#try-write", "#experiment-write[data-state=done]").await;
    page.tab_to("#unfold-detach, #unfold-write").await;
    page.key("Enter").await;
    page.key_until("5", "#pane-ownership:focus").await;
    page.enter("#try-all", ".tries").await;
    page.wait(".tries:not(:has(.try:not([data-state=done])))").await;
    page.enter("#questions", "#questions-dialog[open]").await;
    page.key_until("Escape", "body:not(:has(dialog[open]))").await;
}
