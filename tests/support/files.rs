//! Files that the page saves, and tests read instead.

use serde_json::json;

use super::browser::Page;

/// Keeps the files that the page saves, instead of saving them.
pub(crate) async fn catch_files(page: &Page) {
    let script = "
        window.caught = [];
        URL.createObjectURL = (blob) => { window.caught.push(blob); return '#'; };";
    page.run(script, vec![]).await;
}

/// Waits until so many files were saved since the last [`catch_files`].
pub(crate) async fn are_caught(page: &Page, count: usize) {
    // A drawing gets its fonts first.
    page.until("return window.caught.length", json!(count)).await;
}

/// The text of the file that a button saves.
pub(crate) async fn caught(page: &Page, button: &str) -> String {
    page.run("window.caught = [];", vec![]).await;
    page.click(button).await;
    are_caught(page, 1).await;
    let script = "const done = arguments[0]; window.caught[0].text().then(done);";
    page.client.execute_async(script, vec![]).await.unwrap().as_str().unwrap().to_owned()
}
