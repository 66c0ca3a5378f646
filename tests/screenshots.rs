//! Takes the pictures of the page in docs/. These functions are not tests, so cargo ignores them
//! unless scripts/screenshots runs them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what is not as expected must stop it"
)]

mod support;

use std::{fs, path::Path};

use fantoccini::Locator;
use support::{
    browser::Page,
    lab::{lab, turn, url},
};

const DESK: (u32, u32) = (1440, 900);
/// So high that each pane shows all of its content without scrolling. So narrow that each pane
/// keeps its own height.
const TALL: (u32, u32) = (1100, 2400);
const PHONE: (u32, u32) = (390, 844);

/// Takes pictures of one page, in one theme.
struct Camera<'a> {
    page: &'a Page,
    dark: bool,
}

impl Camera<'_> {
    fn keep(&self, name: &str, png: &[u8]) {
        let theme = if self.dark { "dark" } else { "light" };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}-{theme}.png"));
        fs::write(&file, png).unwrap();
        println!("{}", file.display());
    }

    /// Ends all animations, and waits until the page has its fonts.
    async fn settle(&self) {
        let script = "
            const done = arguments[0];
            document.activeElement?.blur();
            // One in what is closed would never end by itself.
            for (const animation of document.getAnimations()) animation.finish();
            document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(null))));";
        self.page.client.execute_async(script, vec![]).await.unwrap();
    }

    /// Takes a picture of the window.
    async fn window(&self, name: &str) {
        self.settle().await;
        self.keep(name, &self.page.client.screenshot().await.unwrap());
    }

    /// Takes a picture of one element, as far as the window shows it.
    async fn element(&self, name: &str, css: &str) {
        self.settle().await;
        let element = self.page.client.find(Locator::Css(css)).await.unwrap();
        self.keep(name, &element.screenshot().await.unwrap());
    }
}

/// Fills every pane of the page with content.
async fn fill(page: &Page) {
    page.click("#tab-wire").await;
    page.click("#wire-record-here").await;
    page.click("#tab-put").await;
    page.connect("/zenoh").await;
    page.fill("#preset", "framed").await;
    page.wait("#row-2").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#put").await;
    page.wait("#put-frames").await;
    page.click("#samples .hash").await;
    page.wait("#samples .digest").await;
    page.click("#measure").await;
    page.wait("#cost-verdict").await;
    page.click("#row-1 .row-head").await;
    page.wait("#row-1.open").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/screenshots takes the pictures"]
async fn pictures_of_every_pane_and_theme() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.hide_scrollbars().await;
    page.emulate(DESK, false).await;
    fill(&page).await;
    for dark in [false, true] {
        let camera = Camera { page: &page, dark };
        page.emulate(DESK, dark).await;
        camera.window("page").await;
        page.click(".facts .bytes-open").await;
        page.wait("#bytes-dialog[open] #bytes-grid:focus").await;
        camera.element("bytes", "#bytes-dialog").await;
        page.click("#bytes-close").await;
        page.wait("#bytes-dialog:not([open])").await;
        page.click("#put-frames").await;
        page.wait("#wire-dialog[open] #wire-fields").await;
        page.click("#wire-byte-9").await;
        camera.element("wire", "#wire-dialog").await;
        page.click("#wire-close").await;
        page.wait("#wire-dialog:not([open])").await;
        page.emulate(PHONE, dark).await;
        page.run("scrollTo(0, 0)", vec![]).await;
        camera.window("phone").await;
    }
    // The findings of the experiments make their pane longer.
    page.click("#try-all").await;
    for experiment in ["write", "detach", "worker", "refuse", "grow", "drop"] {
        page.wait(&format!("#experiment-{experiment}:is([data-state=done], [data-state=bad])")).await;
    }
    for dark in [false, true] {
        page.emulate(TALL, dark).await;
        let camera = Camera { page: &page, dark };
        for pane in ["build", "layout", "cost", "router", "ownership"] {
            // As large as it is: no pane beside it takes room.
            page.click(&format!("#large-{pane}")).await;
            page.wait(&format!("main[data-large=pane-{pane}]")).await;
            camera.element(pane, &format!("#pane-{pane}")).await;
            page.click(&format!("#large-{pane}")).await;
            page.wait("main:not([data-large])").await;
        }
    }
    // A message, in both themes.
    page.emulate(DESK, false).await;
    page.fill("#preset", "message").await;
    page.wait("#row-schema").await;
    page.wait("#build-state[data-state=ready]").await;
    page.click("#put").await;
    page.wait("#samples tr:nth-child(2)").await;
    page.click("#samples .read-message").await;
    page.wait("#message-dialog[open][data-state=read] #picture").await;
    for dark in [false, true] {
        page.emulate(DESK, dark).await;
        Camera { page: &page, dark }.element("message", "#message-dialog").await;
    }
    page.close(&[]).await;
    lab.stop().await;
}
