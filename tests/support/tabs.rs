//! Tabs of one browser, each with the page.

use fantoccini::wd::WindowHandle;
use serde_json::{Value, json};
use zbytes_lab::segment::Element;

use super::browser::{Engine, Page};

/// Tabs of one browser, each with a page.
pub(crate) struct Tabs {
    pub(crate) page: Page,
    url: String,
    handles: Vec<WindowHandle>,
}

impl Tabs {
    pub(crate) async fn open(engine: Engine, url: &str) -> Self {
        let page = Page::open_in(engine, url).await;
        let handles = vec![page.client.window().await.unwrap()];
        Self { page, url: url.to_owned(), handles }
    }

    /// Opens another tab, in front of the others.
    pub(crate) async fn add(&mut self) {
        let handle = self.page.client.new_window(true).await.unwrap().handle;
        self.handles.push(handle.clone());
        self.page.client.switch_to_window(handle).await.unwrap();
        self.page.client.goto(&self.url).await.unwrap();
        self.page.wait("#build-state[data-state=ready]").await;
    }

    /// The page of a tab, in front of the others.
    pub(crate) async fn at(&self, tab: usize) -> &Page {
        self.page.client.switch_to_window(self.handles[tab].clone()).await.unwrap();
        &self.page
    }

    /// Closes the last tab, as a person does.
    pub(crate) async fn remove(&mut self) {
        let last = self.handles.pop().unwrap();
        self.page.client.switch_to_window(last).await.unwrap();
        self.page.client.close_window().await.unwrap();
        self.at(0).await;
    }

    /// The remaining tab goes to another address.
    pub(crate) async fn go(&mut self, url: &str) {
        url.clone_into(&mut self.url);
        self.page.client.goto(url).await.unwrap();
        self.page.wait("#build-state[data-state=ready]").await;
    }

    /// Ends the browser. The console may hold lines with one of these patterns.
    pub(crate) async fn close(self, any: &[&str]) {
        self.at(0).await;
        self.page.close_with(&[], any).await;
    }
}

/// One row of `len` bytes, which count up.
pub(crate) async fn row(page: &Page, len: usize) {
    page.fill("#preset", "tensor").await;
    page.fill("#row-type", "Uint8").await;
    page.fill("#row-length", &len.to_string()).await;
    page.wait(&format!("#build-state[data-state=ready][data-bytes='{len}']")).await;
}

/// Their bytes.
pub(crate) fn ramp(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}

/// The first `count` elements of a ramp.
pub(crate) fn elements(element: Element, count: u64) -> Vec<u8> {
    let bytes = |n: u64| match element {
        Element::Float16 => half::f16::from_f64(n as f64).to_le_bytes().to_vec(),
        Element::Float32 => (n as f32).to_le_bytes().to_vec(),
        Element::Float64 => (n as f64).to_le_bytes().to_vec(),
        _ => n.to_le_bytes()[..element.size()].to_vec(),
    };
    (0..count).flat_map(bytes).collect()
}

/// The hash of a sample, which the page computes.
pub(crate) async fn hash(page: &Page, sample: &str) -> String {
    page.wait(sample).await;
    page.click(&format!("{sample} .hash")).await;
    page.wait(&format!("{sample} .digest")).await;
    page.text(&format!("{sample} .digest")).await
}

/// Puts the rows under a key, and waits until the router has them.
pub(crate) async fn put(page: &Page, key: &str) {
    page.click("#tab-put").await;
    page.fill("#key", key).await;
    page.put_by("#put").await;
}

/// Drops a file with these bytes, all equal, on the element of `css`. Returns whether the browser
/// would have opened the file.
pub(crate) async fn drop_file(page: &Page, css: &str, name: &str, len: usize) -> bool {
    let script = "
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(arguments[2]).fill(7)], arguments[1]));
        const target = document.querySelector(arguments[0]);
        const drag = kind => new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data });
        target.dispatchEvent(drag('dragover'));
        return target.dispatchEvent(drag('drop'));";
    page.run(script, vec![css.into(), name.into(), len.into()]).await.as_bool().unwrap()
}

/// Waits until a service worker keeps the page.
pub(crate) async fn kept(page: &Page) {
    let script = "return navigator.serviceWorker.getRegistration().then((one) => one?.active?.state)";
    page.until(script, json!("activated")).await;
}

/// Whether an element is there.
pub(crate) async fn is_there(page: &Page, css: &str) -> bool {
    page.run("return document.querySelector(arguments[0])", vec![json!(css)]).await != Value::Null
}
