//! The native program as its users meet it: over HTTP and WebSocket, and as a process.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use zbytes_lab::server::{self, Error, Lab, Options, Port};
use zenoh::qos::CongestionControl;

/// No test measures time: this only ends a test that would otherwise hang.
const GUARD: Duration = Duration::from_secs(60);

const HASHED_JS: &str = "/zbytes-lab-0123456789abcdef.js";
const HASHED_WASM: &str = "/zbytes-lab-0123456789abcdef_bg.wasm";

// ---- headers, types, caching, compression ----

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let lab = lab().await;
    for path in ["/", HASHED_JS, HASHED_WASM, "/boot.js", "/fonts/a.woff2", "/lab.json", "/nothing", "/zenoh"] {
        let answer = get(lab.page_addr(), path, "").await;
        for (name, value) in server::HEADERS {
            assert_eq!(answer.header(name), Some(value), "{name} of {path}");
        }
        assert_eq!(answer.count("content-security-policy"), 1, "{path}");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_have_their_types_and_lifetimes() {
    let lab = lab().await;
    let immutable = "public, max-age=31536000, immutable";
    for (path, content_type, cache) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/boot.js", "text/javascript; charset=utf-8", "no-cache"),
        (HASHED_JS, "text/javascript; charset=utf-8", immutable),
        (HASHED_WASM, "application/wasm", immutable),
        ("/styles-0123456789abcdef.css", "text/css; charset=utf-8", immutable),
        ("/fonts/a.woff2", "font/woff2", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/lab.json", "application/json", "no-cache"),
    ] {
        let answer = get(lab.page_addr(), path, "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shrinks_is_compressed_for_those_who_take_it() {
    let dist = dist();
    let lab = lab_of(&dist).await;
    let page = lab.page_addr();
    let wasm = fs::read(dist.join(HASHED_WASM.trim_start_matches('/'))).unwrap();

    let plain = get(page, HASHED_WASM, "").await;
    assert_eq!((plain.header("content-encoding"), &plain.body), (None, &wasm));
    assert_eq!(plain.header("vary"), Some("accept-encoding"));

    let refused = get(page, HASHED_WASM, "Accept-Encoding: br;Q=0\r\n").await;
    assert_eq!((refused.header("content-encoding"), &refused.body), (None, &wasm));

    let brotli = get(page, HASHED_WASM, "Accept-Encoding: gzip, deflate, br, zstd\r\n").await;
    assert_eq!(brotli.header("content-encoding"), Some("br"));
    let mut unpacked = Vec::new();
    brotli::Decompressor::new(&*brotli.body, 4096).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, wasm);

    let gzip = get(page, HASHED_WASM, "Accept-Encoding: gzip\r\n").await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*gzip.body).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, wasm);
    assert!(brotli.body.len() < wasm.len() && gzip.body.len() < wasm.len());

    // A cache on the way must not confuse the three.
    let tags = [&plain, &brotli, &gzip].map(|answer| answer.header("etag").unwrap().to_owned());
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2]);

    for path in ["/fonts/a.woff2", "/boot.js"] {
        let answer = get(page, path, "Accept-Encoding: br, gzip\r\n").await;
        assert_eq!(answer.header("content-encoding"), None, "{path}");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_build_has_compressed_is_sent_unless_it_is_stale() {
    let dist = dist();
    let file = dist.join(HASHED_WASM.trim_start_matches('/'));
    let beside = dist.join(format!("{}.br", HASHED_WASM.trim_start_matches('/')));
    // The lab itself would compress further.
    let mut weak = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 0, ..Default::default() };
    brotli::BrotliCompress(&mut &*fs::read(&file).unwrap(), &mut weak, &params).unwrap();
    fs::write(&beside, &weak).unwrap();
    let lab = lab_of(&dist).await;
    let sent = async || get(lab.page_addr(), HASHED_WASM, "Accept-Encoding: br\r\n").await.body;
    assert_eq!(sent().await, weak);

    let changed = b"another build ".repeat(1000);
    fs::write(&file, &changed).unwrap();
    let mut unpacked = Vec::new();
    brotli::Decompressor::new(&*sent().await, 4096).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, changed);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_file_is_not_sent_twice_and_a_changed_one_is() {
    let dist = dist();
    let lab = lab_of(&dist).await;
    let first = get(lab.page_addr(), "/", "").await;
    let known = format!("If-None-Match: \"other\", W/{}\r\n", first.header("etag").unwrap());
    let again = get(lab.page_addr(), "/", &known).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), first.header("etag"));

    fs::write(dist.join("index.html"), "<!doctype html><title>another build</title>").unwrap();
    let rebuilt = get(lab.page_addr(), "/", &known).await;
    assert_eq!(rebuilt.status, 200);
    assert!(rebuilt.text().contains("another build"));

    fs::remove_file(dist.join("boot.js")).unwrap();
    assert_eq!(get(lab.page_addr(), "/boot.js", "").await.status, 404);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_the_body() {
    let lab = lab().await;
    for path in ["/", HASHED_WASM, "/lab.json", "/nothing"] {
        let accept = "Accept-Encoding: br\r\n";
        let whole = get(lab.page_addr(), path, accept).await;
        let head = http(lab.page_addr(), "HEAD", path, accept).await;
        assert_eq!((head.status, head.body.len()), (whole.status, 0), "{path}");
        for name in ["content-type", "content-length", "content-encoding", "etag", "cache-control"] {
            assert_eq!(head.header(name), whole.header(name), "{name} of {path}");
        }
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_so() {
    let dist = dist();
    fs::write(dist.parent().unwrap().join("secret.txt"), "secret").unwrap();
    fs::write(dist.join(".hidden"), "secret").unwrap();
    #[cfg(unix)]
    for (link, to) in [("link.txt", "../secret.txt"), ("up", ".."), ("inside.js", "boot.js")] {
        std::os::unix::fs::symlink(to, dist.join(link)).unwrap();
    }
    let lab = lab_of(&dist).await;
    // Most file systems limit names to 255 B, and paths to 4,096 B.
    let (long, longer) = (format!("/{}", "n".repeat(256)), format!("/{}x", "n/".repeat(2_500)));
    for path in [
        "/nothing",
        "/fonts",
        "/fonts/",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/.hidden",
        "/link.txt",
        "/up/secret.txt",
        "/boot.js/x",
        &long,
        &longer,
    ] {
        let answer = get(lab.page_addr(), path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("the page is at /"), "{path}: {}", answer.text());
    }
    #[cfg(unix)]
    assert_eq!(get(lab.page_addr(), "/inside.js", "").await.status, 200, "a link within the folder is a file of it");
    for path in ["/", "/lab.json"] {
        let answer = http(lab.page_addr(), "POST", path, "Content-Length: 0\r\n").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
    lab.stop().await;
}

// ---- lab.json ----

#[tokio::test(flavor = "multi_thread")]
async fn lab_json_leads_to_the_router() {
    let lab = lab().await;
    let json = lab_json(&lab).await;
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(json["zenoh"], server::ZENOH_VERSION);
    assert_eq!(json["endpoint"], server::ENDPOINT);
    assert_eq!(json["page"], serde_json::json!({ "address": lab.page_addr().to_string(), "lan": false }));
    assert_eq!(json["router"]["ws"], lab.ws_locator());
    assert_eq!(json["router"]["tcp"], lab.tcp_locator());
    for locator in ["ws", "tcp"] {
        let session = session("client", json["router"][locator].as_str().unwrap()).await;
        let router = session.info().routers_zid().await.next().unwrap().to_string();
        assert_eq!(json["router"]["zid"], router, "over {locator}");
        session.close().await.unwrap();
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_that_know_only_the_router_reach_each_other() {
    let lab = lab().await;
    // zenoh's own API opens a peer by default.
    for mode in ["client", "peer"] {
        let receiver = session(mode, &lab.tcp_locator()).await;
        let sender = session(mode, &lab.tcp_locator()).await;
        let subscriber = receiver.declare_subscriber("lab/test").await.unwrap();
        let publisher = sender.declare_publisher("lab/test").await.unwrap();
        timeout(GUARD, async {
            while !publisher.matching_status().await.unwrap().matching() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            publisher.put("hello").await.unwrap();
            let sample = subscriber.recv_async().await.unwrap();
            assert_eq!(sample.payload().try_to_string().unwrap(), "hello", "as {mode}");
        })
        .await
        .expect(mode);
        drop((publisher, subscriber));
        sender.close().await.unwrap();
        receiver.close().await.unwrap();
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_batches_pass_the_ws_port_both_ways() {
    let lab = lab().await;
    // The test uses zenoh's own clients, which fill every batch as far as the router lets them.
    let sessions = [session("client", &lab.ws_locator()).await, session("client", &lab.tcp_locator()).await];
    for (from, to) in [(0, 1), (1, 0)] {
        let subscriber = sessions[to].declare_subscriber("lab/long").await.unwrap();
        // Otherwise a busy router may drop one, as publishers allow by default.
        let publisher = sessions[from].declare_publisher("lab/long").congestion_control(CongestionControl::Block);
        let publisher = publisher.await.unwrap();
        timeout(GUARD, async {
            while !publisher.matching_status().await.unwrap().matching() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            for len in [65_000, 65_536, 1_000_000, 11_796_480] {
                let payload: Vec<u8> = (0..len).map(|i: u32| (i ^ i >> 8) as u8).collect();
                publisher.put(payload.clone()).await.unwrap();
                assert!(subscriber.recv_async().await.unwrap().payload().to_bytes() == payload, "{len} B");
            }
        })
        .await
        .expect("all should have arrived");
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lab_json_is_told_under_names_of_this_machine_only() {
    let lab = Lab::start(Options { allow_host: vec!["lab.example".into()], ..options(&dist()) }).await.unwrap();
    let page = lab.page_addr();
    for (host, status) in [
        (page.to_string(), 200),
        (format!("localhost:{}", page.port()), 200),
        ("lab.example".to_owned(), 200),
        // A stranger's name whose DNS entry leads to this machine.
        (format!("evil.example:{}", page.port()), 403),
        (format!("user@{page}"), 403),
        (String::new(), 403),
    ] {
        let request = format!("GET /lab.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let (mut answer, mut connection) = send(page, &request).await;
        timeout(GUARD, connection.read_to_end(&mut answer.body)).await.unwrap().unwrap();
        assert_eq!(answer.status, status, "{host}: {}", answer.text());
        assert_eq!(answer.text().contains("--allow-host"), status == 403, "{host}: {}", answer.text());
        assert_eq!(answer.text().contains("zid"), status == 200, "{host}: {}", answer.text());
    }
    lab.stop().await;
}

// ---- /zenoh ----

#[tokio::test(flavor = "multi_thread")]
async fn only_the_pages_own_origin_is_let_in() {
    let options = Options {
        allow_origin: vec!["https://front.example".parse().unwrap()],
        allow_host: vec!["lab.example".into()],
        ..options(&dist())
    };
    let lab = Lab::start(options).await.unwrap();
    let page = lab.page_addr();
    let port = page.port();
    let own = format!("http://127.0.0.1:{port}");
    let at_localhost = format!("http://localhost:{port}");
    let rebound = format!("http://evil.example:{port}");
    for (origin, host, expected, text) in [
        (Some(&*own), format!("127.0.0.1:{port}"), 101, ""),
        (Some(&*at_localhost), format!("localhost:{port}"), 101, ""),
        (Some("https://lab.example"), "lab.example".into(), 101, ""),
        (Some("https://front.example"), "10.0.0.1:1234".into(), 101, ""),
        (None, format!("127.0.0.1:{port}"), 403, "expected one Origin"),
        (Some("null"), format!("127.0.0.1:{port}"), 403, "expected the Origin of a page"),
        (Some("http://evil.example"), format!("127.0.0.1:{port}"), 403, "--allow-origin http://evil.example"),
        (Some("http://127.0.0.1:1"), format!("127.0.0.1:{port}"), 403, "may not use the router"),
        (Some(&*own), "127.0.0.1:1".into(), 403, "may not use the router"),
        (Some(&*own), format!("user@127.0.0.1:{port}"), 403, "may not use the router"),
        (Some(&*format!("{own}#fragment")), format!("127.0.0.1:{port}"), 403, "expected the Origin of a page"),
        (Some(&*rebound), format!("evil.example:{port}"), 403, "--allow-host evil.example"),
        // Only a lab with --router-only accepts the page of trunk.
        (Some("http://127.0.0.1:8081"), format!("127.0.0.1:{port}"), 403, "may not use the router"),
    ] {
        let origin_line = origin.map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
        let answer = upgrade(page, &format!("Host: {host}\r\n{origin_line}{UPGRADE}")).await.0;
        assert_eq!(answer.status, expected, "{origin:?} at {host}: {}", answer.text());
        assert!(answer.text().contains(text), "{origin:?} at {host}: {}", answer.text());
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_router_answers_the_clients_own_key_without_extensions() {
    let lab = lab().await;
    let head = format!("{}Sec-WebSocket-Extensions: permessage-deflate\r\n{UPGRADE}", own(lab.page_addr()));
    let (answer, _connection) = upgrade(lab.page_addr(), &head).await;
    assert_eq!(answer.status, 101);
    // The example of RFC 6455, section 1.3.
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert!(answer.header("upgrade").unwrap().eq_ignore_ascii_case("websocket"));
    assert_eq!(answer.header("sec-websocket-extensions"), None);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_upgrade_never_reaches_the_router() {
    let lab = lab().await;
    let page = lab.page_addr();
    let own = own(page);
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let switch = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    for (method, head, status, header) in [
        ("GET", format!("{own}Connection: close\r\n"), 426, Some(("upgrade", "websocket"))),
        ("GET", format!("{own}Connection: Upgrade\r\nUpgrade: h2c\r\n{version}{key}"), 426, None),
        ("GET", format!("{own}{switch}{key}"), 426, Some(("sec-websocket-version", "13"))),
        ("GET", format!("{own}{switch}{key}Sec-WebSocket-Version: 8\r\n"), 426, Some(("sec-websocket-version", "13"))),
        ("GET", format!("{own}{switch}{version}"), 400, None),
        ("GET", format!("{own}{switch}{version}Sec-WebSocket-Key: short\r\n"), 400, None),
        ("GET", format!("{own}{switch}{version}{key}{key}"), 400, None),
        ("POST", format!("{own}{switch}{version}{key}Content-Length: 0\r\n"), 405, Some(("allow", "GET"))),
    ] {
        let (answer, _connection) = handshake(page, method, &head).await;
        assert_eq!(answer.status, status, "{method} {head}");
        assert!(!answer.text().is_empty(), "{method} {head}");
        if let Some((name, value)) = header {
            assert_eq!(answer.header(name), Some(value), "{method} {head}");
        }
    }
    assert_eq!(upgrade(page, &format!("{own}{UPGRADE}")).await.0.status, 101);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_client_meets_the_router() {
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;

    let lab = lab().await;
    let page = lab.page_addr();
    let mut request = format!("ws://{page}/zenoh").into_client_request().unwrap();
    request.headers_mut().insert("origin", format!("http://{page}").parse().unwrap());
    let (mut socket, _) = timeout(GUARD, tokio_tungstenite::connect_async(request)).await.unwrap().unwrap();
    // Only a zenoh router ends the connection over this: to any other server it is a plain message.
    send_message(&mut socket, Message::Binary(vec![0xff; 64].into())).await;
    timeout(GUARD, ended(&mut socket)).await.expect("the router should have closed the connection");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_router_ends_its_connections() {
    let lab = lab().await;
    let page = lab.page_addr();
    let request = format!("{}{UPGRADE}", own(page));
    let before = lab_json(&lab).await;
    let (answer, mut connection) = upgrade(page, &request).await;
    assert_eq!(answer.status, 101);

    lab.stop_router().await;
    let mut rest = Vec::new();
    // A reset also counts as an end.
    let _ = timeout(GUARD, connection.read_to_end(&mut rest)).await.expect("the connection should have been cut");
    let (answer, _) = upgrade(page, &request).await;
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("router is not running"), "{}", answer.text());
    assert_eq!(lab_json(&lab).await["router"], serde_json::Value::Null);

    lab.start_router().await.unwrap();
    let (answer, _connection) = upgrade(page, &request).await;
    assert_eq!(answer.status, 101);
    let after = lab_json(&lab).await;
    assert_eq!((&after["router"]["ws"], &after["router"]["tcp"]), (&before["router"]["ws"], &before["router"]["tcp"]));
    assert_ne!(after["router"]["zid"], before["router"]["zid"]);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn router_only_stands_behind_trunk() {
    let options = Options { router_only: true, dist: Some("no-such-folder".into()), ..options(Path::new("unused")) };
    let lab = Lab::start(options).await.unwrap();
    let page = lab.page_addr();
    let answer = get(page, "/", "").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("trunk serve"), "{}", answer.text());
    assert_eq!(get(page, "/index.html", "").await.status, 404);
    assert_eq!(lab_json(&lab).await["router"]["tcp"], lab.tcp_locator());
    for origin in server::DEVELOPMENT_ORIGINS {
        let (answer, _) = upgrade(page, &format!("Host: 127.0.0.1\r\nOrigin: {origin}\r\n{UPGRADE}")).await;
        assert_eq!(answer.status, 101, "{origin}");
    }
    let (answer, _) = upgrade(page, &format!("Host: 127.0.0.1\r\nOrigin: http://127.0.0.1:8082\r\n{UPGRADE}")).await;
    assert_eq!(answer.status, 403);
    lab.stop().await;
}

// ---- starting and stopping ----

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_names_the_port_and_the_option() {
    let dist = dist();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    for (port, option, options) in [
        (Port::Page, "--page", Options { page: addr, ..options(&dist) }),
        (Port::Ws, "--ws", Options { ws: addr, ..options(&dist) }),
        (Port::Tcp, "--tcp", Options { tcp: addr, ..options(&dist) }),
    ] {
        let error = Lab::start(options).await.unwrap_err();
        assert!(matches!(&error, Error::PortInUse { port: p, addr: a } if *p == port && *a == addr), "{error}");
        let text = format!(
            "port {} on 127.0.0.1 is in use: stop the program that uses it, or choose another with {option} 127.0.0.1:PORT",
            addr.port()
        );
        assert_eq!(error.to_string(), text);

        let output = program(&dist, &[option, &addr.to_string()]).output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("error: {text}\n"));
        assert!(output.stdout.is_empty());
    }
    drop(taken);
    // Two of the lab's own ports at the same address.
    let error = Lab::start(Options { ws: addr, tcp: addr, ..options(&dist) }).await.unwrap_err();
    assert!(matches!(error, Error::PortInUse { port: Port::Tcp, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_machine_is_refused() {
    // 192.0.2.0/24 is reserved for documentation, so no machine has such an address.
    let page = "192.0.2.1:8080".parse().unwrap();
    let error = Lab::start(Options { page, ..options(&dist()) }).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot listen on 192.0.2.1:8080"), "{error}");
    assert!(error.to_string().contains("--page"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_built_page_it_says_how_to_build_one() {
    let error = Lab::start(options(Path::new("no-such-folder"))).await.unwrap_err();
    let text = error.to_string();
    for part in ["no-such-folder", "scripts/serve", "trunk build", "--dist", "--router-only"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_lab_leaves_its_ports_free() {
    let dist = dist();
    let first = lab_of(&dist).await;
    let page = first.page_addr();
    let ws = first.ws_locator().trim_start_matches("ws/").parse().unwrap();
    let tcp = first.tcp_locator().trim_start_matches("tcp/").parse().unwrap();
    let (_, connection) = upgrade(page, &format!("{}{UPGRADE}", own(page))).await;
    first.stop().await;
    let second = Lab::start(Options { page, ws, tcp, ..options(&dist) }).await.unwrap();
    drop(connection);
    second.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_ends_cleanly_on_a_signal() {
    let dist = dist();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut child = Program::start(&dist, &[]).await;
        // An idle connection, an open /zenoh and a peer could delay the end.
        let idle = TcpStream::connect(child.page).await.unwrap();
        let (answer, open) = upgrade(child.page, &format!("{}{UPGRADE}", own(child.page))).await;
        assert_eq!(answer.status, 101);
        let peer = session("client", &child.tcp).await;

        let id = child.process.id().unwrap().to_string();
        assert!(tokio::process::Command::new("kill").args([signal, &id]).status().await.unwrap().success());
        let status = timeout(GUARD, child.process.wait()).await.expect("it should have ended").unwrap();
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut rest = String::new();
        child.stdout.read_to_string(&mut rest).await.unwrap();
        assert!(rest.ends_with("stopped\n"), "{rest}");
        let mut errors = String::new();
        child.process.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
        assert_eq!(errors, "", "the program is quiet by default");
        drop((idle, open));
        peer.close().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_outlives_its_terminal_when_it_is_told_to() {
    let dist = dist();
    let plain = program(&dist, &[]);
    let mut command = tokio::process::Command::new("nohup");
    command.arg(plain.as_std().get_program()).args(plain.as_std().get_args()).env_remove("RUST_LOG");
    command.stdin(std::process::Stdio::null()).kill_on_drop(true);
    let mut child = Program::greeted(command).await;
    let kill = async |id: u32, signal: &str| {
        let status = tokio::process::Command::new("kill").args([signal, &id.to_string()]).status().await;
        assert!(status.unwrap().success());
    };
    let id = child.process.id().unwrap();
    kill(id, "-HUP").await;
    assert_eq!(get(child.page, "/", "").await.status, 200);
    kill(id, "-TERM").await;
    let status = timeout(GUARD, child.process.wait()).await.expect("it should have ended").unwrap();
    assert_eq!(status.code(), Some(0));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_goes_on_when_its_output_is_not_read() {
    let Program { mut process, stdout, page, .. } = Program::start(&dist(), &[]).await;
    drop((stdout, process.stderr.take()));
    assert_eq!(get(page, "/", "").await.status, 200);
    let id = process.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let status = timeout(GUARD, process.wait()).await.expect("it should have ended").unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_greeting_says_where_everything_is() {
    let child = Program::start(&dist(), &[]).await;
    for part in [
        format!("http://{}/", child.page),
        child.tcp.clone(),
        "ws/127.0.0.1:".to_owned(),
        format!("connect/endpoints: [\"{}\"]", child.tcp),
        "Ctrl+C stops it.".to_owned(),
    ] {
        assert!(child.greeting.contains(&part), "{part:?} in {}", child.greeting);
    }
    assert_eq!(get(child.page, "/", "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn lan_opens_one_port_and_says_so() {
    let mut child = Program::start(&dist(), &["--lan"]).await;
    let port = child.page.port();
    assert_eq!(get(child.page, "/", "").await.status, 200);
    // This machine's own page is told the links with the code, and needs none itself.
    let json: serde_json::Value = serde_json::from_slice(&get(child.page, "/lab.json", "").await.body).unwrap();
    assert_eq!(json["page"], serde_json::json!({ "address": format!("0.0.0.0:{port}"), "lan": true }));
    assert_eq!(json["class"]["code"], false);
    assert!(child.tcp.starts_with("tcp/127.0.0.1:"), "the router stays on loopback");

    let id = child.process.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    timeout(GUARD, child.process.wait()).await.expect("it should have ended").unwrap();
    let mut warning = String::new();
    child.process.stderr.take().unwrap().read_to_string(&mut warning).await.unwrap();
    for part in
        ["warning: ", "open to the network", "publish and subscribe", "plain http", "needs the code of the class"]
    {
        assert!(warning.contains(part), "{part:?} in {warning}");
    }
    // Another test, beside the code that chooses them, checks which of this machine's addresses the
    // lab reports.
    let addresses = if_addrs::get_if_addrs().unwrap();
    let mut told = 0;
    let links: Vec<&str> =
        json["class"]["links"].as_array().unwrap().iter().map(|link| link.as_str().unwrap()).collect();
    for line in warning.lines().filter(|line| line.starts_with("  http://")) {
        let (link, code) = line.trim().split("  ").next().unwrap().split_once("?code=").unwrap();
        assert!(code.len() == 6 && links.contains(&format!("{link}?code={code}").as_str()), "{line} in {links:?}");
        let known = |i: &if_addrs::Interface| line == format!("  http://{}:{port}/?code={code}  ({})", i.ip(), i.name);
        assert!(addresses.iter().any(|i| known(i) && !i.is_loopback()), "{line}");
        told += 1;
    }
    assert_eq!(told == 0, warning.contains("no network interface that is up"), "{warning}");
    // The code for a phone.
    assert_eq!(told > 0, warning.contains('▀'), "{warning}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_loaded_from_the_network_may_use_the_router() {
    let code = Some("none".to_owned());
    let lab = Lab::start(Options { lan: true, code, ..options(&dist()) }).await.unwrap();
    for addr in addresses_of(&lab) {
        assert_eq!(get(addr, "/", "").await.status, 200, "{addr}");
        let (answer, _) = upgrade(addr, &format!("{}{UPGRADE}", own(addr))).await;
        assert_eq!(answer.status, 101, "{addr}");
        let json: serde_json::Value = serde_json::from_slice(&get(addr, "/lab.json", "").await.body).unwrap();
        assert_eq!(json["class"]["code"], false, "{addr}");
    }
    lab.stop().await;
}

/// Where pages of this machine and of others reach a lab that is open to the network.
fn addresses_of(lab: &Lab) -> Vec<SocketAddr> {
    let ips = if_addrs::get_if_addrs().unwrap().into_iter().map(|interface| interface.ip());
    ips.filter(std::net::IpAddr::is_ipv4).map(|ip| SocketAddr::new(ip, lab.page_addr().port())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_needs_its_code_and_a_guesser_has_to_wait() {
    let code = Some("k7qf2m".to_owned());
    let lab = Lab::start(Options { lan: true, code, ..options(&dist()) }).await.unwrap();
    assert_eq!(lab.code(), Some("K7QF2M"));
    let all = addresses_of(&lab);
    assert!(!all.is_empty());
    let asked = |addr: SocketAddr, query: &'static str| async move {
        upgrade_at(addr, &format!("/zenoh?framing=stream{query}"), &format!("{}{UPGRADE}", own(addr))).await.0.status
    };
    for addr in all {
        let json: serde_json::Value = serde_json::from_slice(&get(addr, "/lab.json", "").await.body).unwrap();
        let local = addr.ip().is_loopback();
        assert_eq!((&json["class"]["code"], json.to_string().contains("K7QF2M")), (&(!local).into(), local), "{addr}");
        if local {
            // Unless it comes by a name that others have too.
            assert_eq!(asked(addr, "").await, 101);
            continue;
        }
        assert_eq!(asked(addr, "").await, 401);
        assert_eq!(asked(addr, "&code=K7QF2M").await, 101);
        assert_eq!(asked(addr, "&code=k7qf2m").await, 101);
        // What a page asks to know why its WebSocket was refused.
        let plain = get(addr, "/zenoh?code=AAAAAA", "").await;
        assert!(plain.status == 401 && plain.text().contains("not the code of this lab"), "{}", plain.text());
        assert_eq!(get(addr, "/zenoh?code=K7QF2M", "").await.status, 426);
        for _ in 0..10 {
            assert_eq!(asked(addr, "&code=AAAAAA").await, 401);
        }
        assert_eq!(asked(addr, "&code=K7QF2M").await, 429);
        let plain = get(addr, "/zenoh?code=K7QF2M", "").await;
        assert!(plain.status == 429 && plain.text().contains("Try again in"), "{}", plain.text());
    }
    lab.stop().await;
}

#[tokio::test]
async fn bad_options_are_told_apart_from_failures() {
    let dist = dist();
    for (bad, text) in [
        (&["--page", "8080"][..], "--page"),
        (&["--allow-origin", "lab.example"], "expected an origin such as"),
        (&["--allow-host", "http://lab.example"], "expected one host name"),
        (&["--allow-host", "*"], "without scheme, port, path or placeholders"),
        (&["--allow-origin", "https://*.example"], "expected an origin such as"),
        (&["--router-only", "--open"], "cannot be used with"),
        (&["--nonsense"], "--nonsense"),
    ] {
        let output = program(&dist, bad).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(text), "{errors}");
    }
}

// ---- values that must stay equal ----

#[test]
fn trunk_sends_the_same_headers_and_finds_the_router() {
    let trunk: toml::Table = read("Trunk.toml").parse().unwrap();
    let headers = trunk["serve"]["headers"].as_table().unwrap();
    let sent: HashMap<_, _> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    assert_eq!(sent, HashMap::from(server::HEADERS));

    // What a plain host does not send, the page says itself, but for what has no effect there.
    let policy = server::HEADERS.iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
    let meta = format!("content=\"{}\"", policy.strip_suffix("; frame-ancestors 'none'").unwrap());
    assert_eq!(read("index.html").matches(&meta).count(), 1, "{meta}");

    let port = trunk["serve"]["port"].as_integer().unwrap();
    for origin in server::DEVELOPMENT_ORIGINS {
        assert!(origin.ends_with(&format!(":{port}")), "{origin}");
    }
    let backends: Vec<_> = trunk["proxy"].as_array().unwrap().iter().map(|p| p["backend"].as_str().unwrap()).collect();
    let page = server::DEFAULT_PAGE;
    assert_eq!(backends, [format!("http://{page}/lab.json"), format!("ws://{page}{}", server::ENDPOINT)]);
}

/// The expected policy, written here a second time.
#[test]
fn the_page_may_do_what_it_needs_and_nothing_else() {
    let trunk: toml::Table = read("Trunk.toml").parse().unwrap();
    let ours = HashMap::from(server::HEADERS);
    let trunks: HashMap<_, _> = trunk["serve"]["headers"]
        .as_table()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    for (whose, headers) in [("the lab's", ours), ("trunk's", trunks)] {
        for (name, value) in [
            // Isolated from other pages, which the fine clock needs too.
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            // No other page may load parts of this one.
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            // Routers and followed links do not learn the address of the page.
            ("referrer-policy", "no-referrer"),
            // What a person starts by a press is for this page, and for nothing inside of it.
            ("permissions-policy", "camera=(self), microphone=(self), display-capture=(self)"),
            // The service worker asks a lab for its page each time.
            ("x-zbytes-lab", "fresh"),
        ] {
            assert_eq!(headers.get(name), Some(&value), "{whose} {name}");
        }
        let mut allowed: HashMap<&str, Vec<&str>> = HashMap::new();
        for directive in headers["content-security-policy"].split(';') {
            let mut words = directive.split_whitespace();
            let name = words.next().expect("no directive is empty");
            // A browser takes the first of two with the same name.
            assert_eq!(allowed.insert(name, words.collect()), None, "{whose} {name} is there twice");
        }
        // The policy forbids all that it does not name. The last three do not fall back to the
        // default, so the policy names them.
        for name in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
            assert_eq!(allowed.remove(name), Some(vec!["'none'"]), "{whose} {name}");
        }
        // The one script inside of a document: that of the frame for own code, which has no origin.
        let frame = read("src/web/own_code.html");
        let script = frame.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>")).unwrap().0;
        let own_code = format!("'sha256-{}'", data_encoding::BASE64.encode(&Sha256::digest(script)));
        assert!(allowed["script-src"].contains(&own_code.as_str()), "{whose} script-src must allow {own_code}");
        // Its own files, WebAssembly, Workers, WebSockets to the router that the user names, and the text
        // of a lesson that the user wants from elsewhere. It allows no inline script or style, no eval,
        // no program and no picture of any other site.
        let scripts = ["'self'", "'wasm-unsafe-eval'", own_code.as_str()];
        let most: HashMap<&str, &[&str]> = HashMap::from([
            ("script-src", &scripts[..]),
            ("style-src", &["'self'"]),
            ("font-src", &["'self'"]),
            ("img-src", &["'self'", "data:"]),
            ("connect-src", &["'self'", "ws:", "wss:", "https:"]),
            ("worker-src", &["'self'", "blob:", "data:"]),
            ("manifest-src", &["'self'"]),
        ]);
        for (name, sources) in allowed {
            let most = most.get(name).unwrap_or_else(|| panic!("{whose} policy has no need of {name}"));
            for source in sources {
                assert!(most.contains(&source), "{whose} {name} must not allow {source}");
            }
        }
    }
}

#[test]
fn the_stated_zenoh_is_the_locked_one() {
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let zenoh = packages.iter().find(|package| package["name"].as_str() == Some("zenoh")).unwrap();
    assert_eq!(zenoh["version"].as_str(), Some(server::ZENOH_VERSION));
}

#[tokio::test]
async fn the_script_shows_the_programs_own_help() {
    let output = program(Path::new("dist"), &["--help"]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, options) = text.split_once("Options:\n").unwrap();
    assert_eq!(read("scripts/options.txt"), options, "write the output of --help, from below Options:, to the file");
}

// ---- helpers ----

/// The part of a WebSocket upgrade that is the same for every client. The key is that of RFC 6455.
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The headers by which a page at this address reports its origin.
fn own(page: SocketAddr) -> String {
    format!("Host: {page}\r\nOrigin: http://{page}\r\n")
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A folder as trunk leaves it, for one test.
fn dist() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("server-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let dist = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).join("dist");
    fs::create_dir_all(dist.join("fonts")).unwrap();
    let long = "let a = 'some text that can be made shorter';\n".repeat(1000);
    let wasm: Vec<u8> = (0..50_000u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
    fs::write(dist.join("index.html"), "<!doctype html><title>ZBytes Lab</title>").unwrap();
    fs::write(dist.join("boot.js"), "start();").unwrap();
    fs::write(dist.join("icon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    fs::write(dist.join("fonts/a.woff2"), vec![0; 5000]).unwrap();
    fs::write(dist.join("styles-0123456789abcdef.css"), "a {}").unwrap();
    fs::write(dist.join(HASHED_JS.trim_start_matches('/')), long).unwrap();
    fs::write(dist.join(HASHED_WASM.trim_start_matches('/')), wasm).unwrap();
    dist
}

/// Options with which any number of labs run at the same time.
fn options(dist: &Path) -> Options {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Options { page: any, ws: any, tcp: any, dist: Some(dist.to_owned()), ..Options::default() }
}

async fn lab() -> Lab {
    lab_of(&dist()).await
}

async fn lab_of(dist: &Path) -> Lab {
    Lab::start(options(dist)).await.unwrap()
}

async fn lab_json(lab: &Lab) -> serde_json::Value {
    serde_json::from_slice(&get(lab.page_addr(), "/lab.json", "").await.body).unwrap()
}

async fn session(mode: &str, locator: &str) -> zenoh::Session {
    let mut config = zenoh::Config::default();
    config.insert_json5("mode", &format!("{mode:?}")).unwrap();
    config.insert_json5("connect/endpoints", &format!("[{locator:?}]")).unwrap();
    config.insert_json5("scouting/multicast/enabled", "false").unwrap();
    timeout(GUARD, zenoh::open(config)).await.expect("the router should have answered").unwrap()
}

/// An answer in HTTP/1.1.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(n, _)| n == name).count()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn get(addr: SocketAddr, path: &str, headers: &str) -> Answer {
    http(addr, "GET", path, headers).await
}

async fn http(addr: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n{headers}\r\n");
    let exchange = async {
        let (mut answer, mut connection) = send(addr, &request).await;
        connection.read_to_end(&mut answer.body).await.unwrap();
        answer
    };
    timeout(GUARD, exchange).await.expect("the server should have answered and closed")
}

async fn upgrade(addr: SocketAddr, head: &str) -> (Answer, TcpStream) {
    handshake(addr, "GET", head).await
}

async fn upgrade_at(addr: SocketAddr, path: &str, head: &str) -> (Answer, TcpStream) {
    exchange(addr, &format!("GET {path} HTTP/1.1\r\n{head}\r\n")).await
}

/// A request to `/zenoh` over a connection that stays open.
async fn handshake(addr: SocketAddr, method: &str, head: &str) -> (Answer, TcpStream) {
    exchange(addr, &format!("{method} /zenoh HTTP/1.1\r\n{head}\r\n")).await
}

async fn exchange(addr: SocketAddr, request: &str) -> (Answer, TcpStream) {
    let exchange = async {
        let (mut answer, mut connection) = send(addr, request).await;
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let missing = usize::saturating_sub(length, answer.body.len());
        let mut rest = vec![0; missing];
        connection.read_exact(&mut rest).await.unwrap();
        answer.body.extend(rest);
        (answer, connection)
    };
    timeout(GUARD, exchange).await.expect("the server should have answered")
}

/// Sends a request and reads the head of its answer, with the bytes of the body that arrived with
/// it.
async fn send(addr: SocketAddr, request: &str) -> (Answer, TcpStream) {
    let mut connection = TcpStream::connect(addr).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let end = loop {
        if let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        assert_ne!(connection.read_buf(&mut received).await.unwrap(), 0, "the connection ended within the head");
    };
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    (Answer { status, headers, body: received[end + 4..].to_vec() }, connection)
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

async fn send_message(socket: &mut Socket, message: tokio_tungstenite::tungstenite::Message) {
    use futures_util::SinkExt as _;
    socket.send(message).await.unwrap();
}

/// Resolves when the other side has ended the connection, in any way.
async fn ended(socket: &mut Socket) {
    use futures_util::StreamExt as _;
    while let Some(Ok(message)) = socket.next().await {
        if message.is_close() {
            break;
        }
    }
}

fn program(dist: &Path, options: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_zbytes-lab"));
    command
        .args(["--dist", dist.to_str().unwrap()])
        .args(options)
        .env_remove("RUST_LOG")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    for free in ["--page", "--ws", "--tcp"].iter().filter(|option| !options.contains(option)) {
        command.args([free, "127.0.0.1:0"]);
    }
    command
}

/// The real program, and the addresses that it printed at its start.
struct Program {
    process: tokio::process::Child,
    stdout: tokio::io::BufReader<tokio::process::ChildStdout>,
    greeting: String,
    page: SocketAddr,
    tcp: String,
}

impl Program {
    async fn start(dist: &Path, options: &[&str]) -> Self {
        Self::greeted(program(dist, options)).await
    }

    async fn greeted(mut command: tokio::process::Command) -> Self {
        use tokio::io::AsyncBufReadExt as _;

        let mut process =
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut stdout = tokio::io::BufReader::new(process.stdout.take().unwrap());
        let mut greeting = String::new();
        timeout(GUARD, async {
            while !greeting.ends_with("stops it.\n") {
                assert_ne!(stdout.read_line(&mut greeting).await.unwrap(), 0, "it ended after: {greeting}");
            }
        })
        .await
        .expect("it should have started");
        let word = |start: &str| {
            let found = greeting.split_whitespace().find(|word| word.starts_with(start));
            found.unwrap_or_else(|| panic!("{start} in {greeting}")).to_owned()
        };
        let page = word("http://").trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let tcp = word("tcp/");
        Self { process, stdout, greeting, page, tcp }
    }
}
