//! Texts and files from outside, in the built page in a real headless Chromium. A peer sends keys,
//! names and shapes. A person pastes and drops. The page offers the actions that each sample
//! allows. A native zenoh peer sends.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use serde_json::json;
use support::{
    browser::Page,
    lab::{lab, turn, url},
    peers::Native,
};
use zbytes_lab::{
    ledger::Ledger,
    message::Spec,
    segment::{Element, Source},
};

/// A message of a tensor with one element.
fn message(name: &str, dimensions: usize) -> Vec<u8> {
    let (name, shape) = (name.to_owned(), vec![1; dimensions]);
    let spec = Spec::Tensor { name, element: Element::Uint8, shape, timestamp: 0 };
    let payload = spec.filled([Source::moved(vec![7u8])]).unwrap().into_payload().unwrap();
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

/// Pastes a text into a field, as a browser does: it announces the text, and then types it without
/// its line breaks.
async fn paste(page: &Page, css: &str, text: &str) {
    let script = "
        const [css, text] = arguments;
        const field = document.querySelector(css);
        field.focus();
        field.select();
        const data = new DataTransfer();
        data.setData('text/plain', text);
        field.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));
        document.execCommand('insertText', false, text);";
    page.run(script, vec![json!(css), json!(text)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_says_what_it_took_of_what_was_pasted() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    assert_eq!(page.text("#key-took").await, "");
    paste(&page, "#key", "lab/tensor \n").await;
    page.until("return document.querySelector('#key').value", json!("lab/tensor ")).await;
    page.wait("#key-took.says").await;
    let words = page.text("#key-took").await;
    assert!(words.contains("lab/tensor‹space›") && words.contains("line breaks"), "{words}");
    let described = page.attribute("#key", "aria-describedby").await;
    assert!(described.contains("key-took"), "{described}");
    page.click("#key-clean").await;
    page.until("return document.querySelector('#key').value", json!("lab/tensor")).await;
    page.wait("#key-took:not(.says)").await;

    for (css, text, said) in [
        ("#sub-key", "lab/\u{200b}**", "lab/‹zero-width space›**"),
        ("#locator", " /zenoh", "Spaces at its ends are left out."),
    ] {
        paste(&page, css, text).await;
        page.wait(&format!("{css}-took.says")).await;
        let words = page.text(&format!("{css}-took")).await;
        assert!(words.contains(said), "{css}: {words}");
    }
    // The note of a field does not make the field narrower.
    for size in [(390, 844), (1280, 720), (1440, 900)] {
        page.emulate(size, false).await;
        for css in ["#sub-key", "#locator"] {
            let width = format!("return document.querySelector('{css}').getBoundingClientRect().width");
            let width = page.run(&width, vec![]).await.as_f64().unwrap();
            assert!(width >= 200.0, "{css} is {width} px wide at {size:?}");
        }
    }
    page.emulate((1440, 900), false).await;
    // The name of a row takes 40 characters. A browser cuts a longer text silently.
    paste(&page, "#row-name", &"n".repeat(50)).await;
    page.wait("#row-name-took.says").await;
    assert!(page.text("#row-name-took").await.contains("at most 40 characters"));
    // While a person types words, the field does not report a space.
    paste(&page, "#row-name", "one two").await;
    page.wait("#row-name-took:not(.says)").await;
    // A program for the other side has the same key, with invisible characters written by number.
    paste(&page, "#key", "lab/a\u{202e}b ").await;
    page.click("#other-side").await;
    page.wait("#program").await;
    page.until(
        "return document.querySelector('#program').textContent.includes('\"lab/a\\\\U0000202eb \"')",
        json!(true),
    )
    .await;
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_sends_is_bounded_isolated_and_seen() {
    let _turn = turn().await;
    let lab = lab().await;
    let peer = Native::join(&lab.tcp_locator(), "nothing").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;

    let long = format!("lab/{}", "k".repeat(60_000));
    for (key, shown) in [
        ("lab/tensor ", "lab/tensor‹space›"),
        ("lab/\u{202e}gnp.exe", "lab/‹right-to-left override›gnp.exe"),
        ("lab/שלום", "lab/שלום"),
        (long.as_str(), "… ‹of 60,004 B›"),
    ] {
        peer.put(key, b"x".to_vec()).await;
        let script = "
            const row = [...document.querySelectorAll('#samples tr')].find((row) => row.dataset.key === arguments[0]);
            const cell = row?.querySelector('.key-cell bdi');
            return cell && [cell.textContent, getComputedStyle(cell).unicodeBidi, row.getBoundingClientRect().height < 60];";
        let found = async {
            loop {
                let found = page.run(script, vec![json!(key)]).await;
                if !found.is_null() {
                    break found;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(support::GUARD, found).await.expect("the sample is listed");
        let text = found[0].as_str().unwrap();
        assert!(text.ends_with(shown) && text.chars().count() <= 120, "{text}");
        assert_eq!((&found[1], &found[2]), (&json!("isolate"), &json!(true)), "{shown}");
    }
    // An attribute has no element to isolate the text, so the text isolates itself.
    let title = "return [...document.querySelectorAll('#samples .key-cell')].map((cell) => cell.title).find((title) => title.includes('ש'))";
    page.until(title, json!("\u{2068}lab/שלום\u{2069}")).await;

    // A name of a million letters, with a mark that would reverse the dialog. A shape with the most
    // dimensions that the page reads.
    let name = format!("a\u{202e}b{}", "x".repeat(1_000_000));
    for (size, dark) in [((1440, 900), false), ((390, 844), true)] {
        page.emulate(size, dark).await;
        peer.put("lab/message", message(&name, 64)).await;
        page.click("#samples tr[data-key='lab/message'] .read-message").await;
        page.wait("#message-dialog[open][data-state=read]").await;
        let fact = page.text("#message-facts [data-fact='name']").await;
        assert!(fact.starts_with("a‹right-to-left override›bxx") && fact.ends_with("B›"), "{fact}");
        assert!(page.text("#head-message").await.contains("64 dimensions"));
        let script = "
            const [dialog, close] = ['#message-dialog', '#message-dialog .dialog-head button'].map((css) => document.querySelector(css).getBoundingClientRect());
            return [close.right <= dialog.right && close.left >= dialog.left && close.bottom < innerHeight && close.right <= innerWidth,
                document.querySelector('#message-dialog').textContent.length < 20000];";
        page.until(script, json!([true, true])).await;
        page.click("#message-dialog .dialog-head button").await;
        page.wait("#message-dialog:not([open])").await;
        page.click("#forget").await;
    }
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_is_offered_where_it_can_succeed() {
    let _turn = turn().await;
    let lab = lab().await;
    let peer = Native::join(&lab.tcp_locator(), "nothing").await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let cell = async |key: &str| {
        page.wait(&format!("#samples tr[data-key='{key}']")).await;
        page.text(&format!("#samples tr[data-key='{key}'] .read-cell")).await
    };
    // The first payload of the page is not a message.
    page.fill("#key", "lab/first").await;
    page.click("#put").await;
    assert_eq!(cell("lab/first").await, "–");
    assert_eq!(page.attribute("#samples .read-message", "type").await, "");
    let whole = message("whole", 2);
    let mut packed = Vec::new();
    let mut builder = capnp::message::Builder::new_default();
    builder.init_root::<zbytes_lab::message::lab_capnp::tensor::Builder<'_>>().set_name("packed");
    capnp::serialize_packed::write_message(&mut packed, &builder).unwrap();
    let bare = capnp::serialize::write_message_to_words(&builder).split_off(8);
    for (key, bytes, word, title) in [
        ("lab/whole", whole.clone(), "read", ""),
        ("lab/cut", whole[..whole.len() - 8].to_vec(), "cut off", "The message is not whole."),
        ("lab/packed", packed, "packed", "This looks like a packed message."),
        ("lab/bare", bare, "no table", "This looks like a message without its segment table."),
        ("lab/text", b"a text".to_vec(), "–", ""),
        ("lab/nothing", Vec::new(), "–", ""),
    ] {
        peer.put(key, bytes).await;
        assert_eq!(cell(key).await, word, "{key}");
        if !title.is_empty() {
            page.click(&format!("#samples tr[data-key='{key}'] .read-message")).await;
            page.wait("#message-dialog[open][data-state=failed]").await;
            assert!(page.text("#message-problem").await.starts_with(title), "{}", page.text("#message-problem").await);
            page.click("#message-dialog .dialog-head button").await;
            page.wait("#message-dialog:not([open])").await;
        }
    }
    page.close(&[]).await;
    peer.leave().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_input_is_without_an_effect_or_a_word() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    // A key for a command that is not possible now.
    page.run("document.querySelector('#pane-layout').focus()", vec![]).await;
    let put = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }))";
    page.run(put, vec![]).await;
    page.wait("#put-result[data-state=failed]").await;
    assert!(page.text("#put-result").await.contains("Connect to a router first."));

    // Upper-case letters in a protocol.
    let locator = lab.ws_locator().replacen("ws/", "WS/", 1);
    page.fill("#locator", &locator).await;
    page.click("#connect").await;
    page.wait("#session[data-state=open]").await;

    // A file anywhere on the page, dropped and pasted.
    let rows = "return document.querySelectorAll('.row').length";
    let before = page.run(rows, vec![]).await.as_u64().unwrap();
    let give = "
        const [kind, css] = arguments;
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(9)], 'a\\u202eb.bin'));
        const target = document.querySelector(css);
        const event = kind === 'paste' ? new ClipboardEvent(kind, { bubbles: true, cancelable: true, clipboardData: data })
            : new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data });
        return target.dispatchEvent(event);";
    for (more, (kind, css)) in
        [("drop", "#pane-router"), ("drop", "header.top"), ("paste", "#pane-layout")].into_iter().enumerate()
    {
        assert_eq!(page.run(give, vec![json!(kind), json!(css)]).await, json!(false), "{kind} on {css} is taken");
        page.until(rows, json!(before + more as u64 + 1)).await;
    }
    page.until(
        "return document.querySelector('.row.open .row-line').textContent.includes('a‹right-to-left override›b.bin')",
        json!(true),
    )
    .await;
    // A click on the head of an open row closes it.
    page.click(".row.open .row-head").await;
    page.until("return document.querySelectorAll('.row.open').length", json!(0)).await;
    page.click("#row-0 .row-head").await;
    page.wait("#row-0.open").await;

    // The choice of Select also holds for Go.
    page.wait("#build-state[data-state=ready]").await;
    page.click(".facts-head .bytes-open").await;
    page.wait("#bytes-dialog[open]").await;
    page.click("#bytes-extend").await;
    page.fill("#bytes-go", "0x10").await;
    page.click(".bytes-tools form button[type=submit]").await;
    page.until("return document.querySelector('#bytes-status').textContent.includes('17 B selected')", json!(true))
        .await;
    // The page does not count the bytes that a search has copied as bytes in view.
    page.fill("#bytes-kind", "text").await;
    page.fill("#bytes-sought", "nowhere to be found").await;
    page.click("#bytes-next").await;
    page.wait("#bytes-search[data-state=absent]").await;
    page.until(
        "return document.querySelector('#bytes-ledger').textContent.includes('to search and compare')",
        json!(true),
    )
    .await;
    // Behind an open dialog, the page takes no dropped file.
    let now = page.run(rows, vec![]).await;
    page.run(give, vec![json!("drop"), json!("#bytes-dialog")]).await;
    assert_eq!(page.run(rows, vec![]).await, now);
    page.close(&[]).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_at_a_rate_say_that_they_go_on_as_they_were_started() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open_with(&url(&lab), "three").await;
    page.connect("/zenoh").await;
    page.click("#put-rate summary").await;
    page.click("#rate-start").await;
    page.wait("#rate[data-state=running]").await;
    assert_eq!(page.text("#rate-older").await, "");
    page.fill("#key", "lab/other").await;
    page.wait("#rate-older").await;
    assert!(page.text("#rate-older").await.contains("Stop and start it"));
    page.click("#rate-stop").await;
    page.wait("#rate[data-state=stopped]").await;
    assert_eq!(page.text("#rate-older").await, "");
    page.close(&[]).await;
    lab.stop().await;
}
