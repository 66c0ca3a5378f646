//! The libraries, in a program that does not use the lab. The program is a crate in a folder of its
//! own, which depends on `zbytes`, `zbytes-session` and `zbytes-hub` alone. Natively, it runs the
//! examples of their READMEs. In Chromium, it opens a session through the lab's router.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use support::{
    GUARD,
    browser::Page,
    lab::{joined, options, turn, url},
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};
use zbytes_lab::server::{Lab, Options};
use zenoh::qos::CongestionControl;

/// How long cargo may take to build such a crate.
const BUILDING: Duration = Duration::from_secs(900);

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The program in a README: its first block of Rust. The `# ` of lines that the README does not
/// show is removed.
fn example(readme: &str) -> String {
    let (_, rest) = readme.split_once("```rust\n").expect("a README has an example");
    let (block, _) = rest.split_once("```").unwrap();
    let shown = |line: &str| line.strip_prefix("# ").unwrap_or(line).to_owned();
    block.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// A crate with this program. It has the lab's Cargo.lock, so that cargo downloads nothing new.
fn outside(main: &str, features: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         zbytes = {{ path = \"{ROOT}/crates/zbytes\" }}\nzbytes-hub = {{ path = \"{ROOT}/crates/zbytes-hub\" }}\n\
         zbytes-session = {{ path = \"{ROOT}/crates/zbytes-session\", features = [{features}] }}\n"
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/main.rs"), main).unwrap();
    folder
}

/// Runs cargo in the folder. The build is kept from one run of the tests to the next.
async fn cargo(folder: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).current_dir(folder.path()).envs(environment.iter().copied());
    cargo.env("CARGO_TARGET_DIR", target()).env("CARGO_TERM_COLOR", "never");
    let output = timeout(BUILDING, cargo.output()).await.expect("cargo ends").unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside")
}

#[tokio::test]
async fn a_crate_outside_does_what_the_readmes_say() {
    let examples = [
        include_str!("../crates/zbytes/README.md"),
        include_str!("../crates/zbytes-session/README.md"),
        include_str!("../crates/zbytes-hub/README.md"),
    ];
    let functions = examples.iter().enumerate().map(|(at, readme)| {
        format!("fn example_{at}() -> Result<(), Box<dyn std::error::Error>> {{\n{}\n}}\n", returning(&example(readme)))
    });
    let functions: String = functions.collect();
    let calls: String = (0..examples.len()).map(|at| format!("    example_{at}().unwrap();\n")).collect();
    let main = format!("{functions}\nfn main() {{\n{calls}    println!(\"all ran\");\n}}\n");
    let folder = outside(&main, "\"testing\"");
    let output = cargo(&folder, &["run", "--offline"], &[]).await;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "all ran\n");
}

/// Turns an example that ends in `Ok::<(), E>(())` into the body of a function with another error
/// type.
fn returning(example: &str) -> String {
    let (body, end) = example.trim_end().rsplit_once('\n').unwrap();
    assert!(end.starts_with("Ok::<(), "), "an example ends in Ok: {end}");
    format!("{body}\nOk(())")
}

/// Opens a session at the given address, puts, and puts again each sample that it receives.
const IN_A_BROWSER: &str = r#"
use std::{cell::RefCell, rc::Rc};
use zbytes::{payload::ZBytes, segment::Source};
use zbytes_session::{
    client::{Event, KeyExpr, Put},
    web::{Driver, Plain, command::{Command, Declare, Told}},
};

fn main() {
    let driver: Rc<RefCell<Option<Driver<Plain>>>> = Rc::default();
    let link = driver.clone();
    let opened = Driver::open(env!("ROUTER"), Plain, move |told| {
        let link = link.borrow();
        let Some(driver) = link.as_ref() else { return };
        match told {
            Told::Event(Event::Opened(_)) => {
                driver.send(Command::Declare(1, Declare::Subscriber(KeyExpr::new("outside/to").unwrap().into())));
                let parts = [Source::copy(vec![1u8, 2, 3]), Source::moved(vec![7u8; 200_000])];
                let payload = ZBytes::from_segments(parts).unwrap();
                driver.send(Command::Put(2, Put::new(KeyExpr::new("outside/from").unwrap(), payload)));
            }
            Told::Event(Event::Sample(sample)) => {
                driver.send(Command::Put(3, Put::new(KeyExpr::new("outside/back").unwrap(), sample.kind)));
            }
            _ => {}
        }
    });
    *driver.borrow_mut() = Some(opened);
    // The session lives as long as the page.
    std::mem::forget(driver);
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_crate_outside_has_a_session_in_a_browser() {
    let _turn = turn().await;
    let dist = tempfile::tempdir().unwrap();
    fs::write(dist.path().join("start.js"), "import start from \"./outside.js\";\nstart();\n").unwrap();
    let page = "<!doctype html><title>outside</title><script type=\"module\" src=\"start.js\"></script>";
    fs::write(dist.path().join("index.html"), page).unwrap();
    let lab = Lab::start(Options { dist: Some(dist.path().to_owned()), ..options() }).await.unwrap();
    let router = format!("{}zenoh", url(&lab).replacen("http", "ws", 1));
    let folder = outside(IN_A_BROWSER, "\"web\"");
    let wasm = "wasm32-unknown-unknown";
    cargo(&folder, &["build", "--offline", "--target", wasm], &[("ROUTER", &router)]).await;
    let built = target().join(wasm).join("debug/outside.wasm");
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(dist.path()).arg(built);
    let output = timeout(GUARD, bindgen.output()).await.expect("wasm-bindgen ends").expect("scripts/test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let session = joined(&lab.tcp_locator()).await;
    let (from, back) = (
        session.declare_subscriber("outside/from").await.unwrap(),
        session.declare_subscriber("outside/back").await.unwrap(),
    );
    let page = Page::at(&url(&lab)).await;
    let sample = timeout(GUARD, from.recv_async()).await;
    let console = page.console().await;
    let bytes =
        sample.unwrap_or_else(|_| panic!("the page puts: {console:?}")).unwrap().payload().to_bytes().into_owned();
    assert!(bytes[..3] == [1, 2, 3] && bytes.len() == 200_003 && bytes[3..].iter().all(|byte| *byte == 7));
    let sent: Vec<u8> = (0..100_000).map(|at| (at * 31) as u8).collect();
    session.put("outside/to", sent.clone()).congestion_control(CongestionControl::Block).await.unwrap();
    let returned = timeout(GUARD, back.recv_async()).await.expect("the page puts what it got").unwrap();
    assert!(returned.payload().to_bytes() == sent, "what the page got is what was sent");
    // A browser requests an icon by itself.
    page.close_with(&[], &["favicon.ico"]).await;
    session.close().await.unwrap();
    lab.stop().await;
}
