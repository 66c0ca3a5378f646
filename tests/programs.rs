//! The programs of the page for its own rows, in Rust, JavaScript and Python: of every preset and of
//! ten random scenes they are compiled and run. What they print and what arrives has the SHA-256 of
//! the page's payload.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed expectation must stop the test"
)]

mod support;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    rc::Rc,
};

use serde_json::{Value, json};
use support::{
    GUARD,
    browser::Page,
    lab::{joined, lab, options, turn, url},
    module::{ROOT, copy, from_npm, has_node},
    peers::sha256,
    python::interpreter,
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};
use zbytes_lab::{
    app::{Fill, Kind, Message, Preset, Row, Typed},
    given::{About, about, look},
    ledger::{Ledger, Place},
    measure::mix,
    message::{PixelFormat, Schema, Spec, Way},
    payload::ZBytes,
    present::{
        program::{self, Language},
        snippet::PageFacts,
    },
    segment::{Element, Mode, Source},
    server::{Lab, Options},
};

const KEY: &str = "programs/a b";

/// Random scenes beside the presets.
const SCENES: u64 = 10;

/// What the programs use, with the versions that they name.
const CRATES: [(&str, &str); 6] =
    [("zenoh", "1.10.2"), ("bytes", "1."), ("bytemuck", "1."), ("sha2", "0.11."), ("tokio", "1."), ("half", "2.")];

/// Files that rows are of: anything, and an array of numpy.
fn files() -> [(&'static str, Vec<u8>); 2] {
    let head = "{'descr': '<i2', 'fortran_order': False, 'shape': (5,), }";
    let mut npy = b"\x93NUMPY\x01\0".to_vec();
    npy.extend(118u16.to_le_bytes());
    npy.extend(format!("{head:117}\n").bytes());
    npy.extend((1i16..=5).flat_map(i16::to_le_bytes));
    [("any thing \"ö\".bin", (0..1000u32).map(|n| (n * 7) as u8).collect()), ("five.npy", npy)]
}

/// Numbers that differ from call to call, and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 += 1;
        (mix(self.0) % most as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A row of kind number `id` modulo 12, with whatever comes next of types, patterns and modes.
fn row(id: u32, random: &mut Random) -> Row {
    // The turns of twelve: in each, a kind has another type of elements and another pattern.
    let (kind, turn) = (id as usize % 12, id as usize / 12);
    let element = Element::ALL[(kind % 4 * 3 + turn) % 12];
    let fill = Fill::ALL[(kind + turn) % 3];
    let made = Row::array(id, format!("row {id}"), element, random.below(3000));
    let bytes = Row { element: Element::Uint8, ..made.clone() };
    let mut row = match kind {
        0..=3 => made,
        4 => Row { kind: Kind::DataView, ..bytes },
        5 => Row { kind: Kind::ArrayBuffer, ..bytes },
        6 => Row::text(id, "text", "größer \"\\ \u{202e}\n§ {x} \u{1f600}"),
        7 => {
            let whole = ["1 2 100", "[0, 127]"];
            let real = ["1, 2.5, -3e-7, 16777217, 0.1", "NaN -Infinity 1", "-0.0"];
            let text = if element.name().starts_with("Float") { random.of(&real) } else { random.of(&whole) };
            let row = Row { kind: Kind::values(text), ..made };
            let bytes = row.read_values().unwrap().bytes;
            let kind = Kind::Values(Typed { text: text.to_owned(), bytes: bytes.clone() });
            Row { kind, length: bytes.len() / element.size(), ..row }
        }
        8 => {
            let file = random.below(2);
            let (name, bytes) = &files()[file];
            let about: Rc<About> = Rc::new(look(name, bytes, bytes.len()).unwrap());
            let first = about.first();
            Row::file(id, file as u32, &about, &first[0])
        }
        kind => {
            let message = Message {
                way: Way::ALL[turn % 3],
                shape: vec![random.below(40) as u32, 7],
                format: random.of(&PixelFormat::ALL),
                ..Message::first(Schema::ALL[(kind + turn / 3) % 3])
            };
            Row::message(id, "größe of it", element, message)
        }
    };
    row.fill = fill;
    row.mode = Mode::ALL[(kind + turn / 3) % 3];
    if row.way().is_none() {
        row.repeat = 1 + random.below(3);
    }
    if row.kind.can_be_part() && row.mode != Mode::Move && random.below(2) == 0 {
        row.before = 3;
    }
    if row.kind.can_be_linear() && random.below(2) == 0 {
        row.place = Place::Linear;
    }
    row
}

/// The presets that a program can make. A robot and a camera have another frame for each put.
fn presets() -> impl Iterator<Item = Preset> {
    Preset::ALL
        .into_iter()
        .filter(|preset| !preset.rows(0).iter().any(|row| matches!(row.kind, Kind::Robot(_) | Kind::Captured(_))))
}

/// The scenes of the test: every such preset, and random ones, which have every kind of row, every type of
/// elements and every pattern in every mode.
fn scenes() -> Vec<Vec<Row>> {
    let mut random = Random(18 << 32);
    let mut at = 0u32;
    let scenes = (0..SCENES).map(|_| {
        let rows = (0..11 + random.below(3)).map(|_| {
            at += 1;
            row(at, &mut random)
        });
        rows.collect::<Vec<_>>()
    });
    let scenes: Vec<_> = scenes.collect();
    let all = || scenes.iter().flatten();
    assert!(Element::ALL.iter().all(|element| all().any(|row| row.kind == Kind::Array && row.element == *element)));
    assert!(all().any(|row| row.kind == Kind::Array && row.element == Element::Float16 && row.fill == Fill::Noise));
    for mode in Mode::ALL {
        for fill in Fill::ALL {
            assert!(all().any(|row| row.mode == mode && row.fill == fill && row.kind == Kind::Array));
        }
    }
    for schema in Schema::ALL {
        for way in Way::ALL {
            let is_it = |row: &Row| row.way() == Some(way) && row.spec().as_ref().map(Spec::schema) == Some(schema);
            assert!(all().any(is_it), "{schema:?} {way:?}");
        }
    }
    presets().map(|preset| preset.rows(0)).chain(scenes).collect()
}

/// The bytes of the payload that the page builds of `rows`.
fn payload(rows: &[Row]) -> Vec<u8> {
    let array = |row: &Row, index: usize| {
        let mut bytes = vec![0; row.array_bytes()];
        row.write(index, 0, &mut bytes);
        bytes
    };
    let mut all = Vec::new();
    for row in rows {
        if let Some(given) = row.kind.given() {
            let bytes = &files()[given.file as usize].1;
            let range = about::values(bytes, bytes.len()).map_or(0..bytes.len(), |(range, _)| range);
            (0..row.repeat).for_each(|_| all.extend(&bytes[range.clone()]));
            continue;
        }
        let (Some(spec), Some(way)) = (row.spec(), row.way()) else {
            (0..row.repeat).for_each(|index| all.extend(array(row, index)));
            continue;
        };
        let arrays = row.arrays();
        let sources = || arrays.iter().map(|row| Source::moved(array(row, 0)));
        let message = match way {
            Way::Filled => spec.filled(sources()),
            Way::Adopted => spec.adopted(sources()),
            Way::InPlace => spec.in_place(|index, into| {
                arrays[index].write(0, 0, into);
                Ok(())
            }),
        };
        let payload: ZBytes = message.unwrap().into_payload().unwrap();
        all.extend(payload.to_bytes(&mut Ledger::new()).unwrap().iter());
    }
    all
}

/// Compiles the programs in Rust into one, with the packages that the tests of the workspace are
/// compiled with. It takes the number of a scene.
async fn compiled(folder: &Path, programs: &[String]) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--message-format=json", "--package", "zbytes-lab", "--example", "publish"]);
    let output = cargo.current_dir(ROOT).stderr(Stdio::inherit()).output().await.unwrap();
    assert!(output.status.success(), "{}", output.status);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let messages: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();

    let (mut main, mut choices) = (String::new(), String::new());
    for (at, text) in programs.iter().enumerate() {
        fs::write(folder.join(format!("scene_{at}.rs")), text).unwrap();
        writeln!(
            main,
            "mod scene_{at} {{ include!(\"scene_{at}.rs\"); pub fn run() -> zenoh::Result<()> {{ main() }} }}"
        )
        .unwrap();
        writeln!(choices, "\"{at}\" => scene_{at}::run(),").unwrap();
    }
    writeln!(
        main,
        "fn main() -> zenoh::Result<()> {{ match &*std::env::args().nth(1).unwrap() {{ {choices} _ => panic!() }} }}"
    )
    .unwrap();
    fs::write(folder.join("main.rs"), main).unwrap();

    let mut rustc = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"));
    rustc.args(["--edition", "2024", "-D", "warnings", "-A", "non-snake-case", "-o", "programs", "main.rs"]);
    for (name, version) in CRATES {
        // Not one that was compiled for a build script.
        let is_it = |message: &&Value| {
            let id = message["package_id"].as_str().unwrap_or_default();
            message["reason"] == "compiler-artifact"
                && id.rsplit(['#', '@']).next().is_some_and(|found| found.starts_with(version))
                && message["target"]["name"] == name
                && message["profile"]["opt_level"] == "2"
        };
        let found = messages.iter().find(is_it).unwrap_or_else(|| panic!("{name} {version}"));
        let files = found["filenames"].as_array().unwrap().iter().filter_map(Value::as_str);
        let file = files.into_iter().find(|file| file.ends_with(".rlib")).unwrap();
        rustc.arg("--extern").arg(format!("{name}={file}"));
        let folder = Path::new(file).parent().unwrap();
        rustc.arg("-L").arg(format!("dependency={}", folder.display()));
    }
    let linked = messages.iter().filter_map(|message| message["linked_paths"].as_array()).flatten();
    linked.filter_map(Value::as_str).for_each(|path| _ = rustc.args(["-L", path]));
    let status = rustc.current_dir(folder).status().await.unwrap();
    assert!(status.success(), "the programs in Rust compile: {status}");
    folder.join("programs")
}

/// Puts the JavaScript module into a folder, as a package manager installs it.
fn install(folder: &Path) {
    let (js, package) = (Path::new(ROOT).join("js"), folder.join("node_modules/zbytes"));
    copy(&js.join("dist"), &package.join("dist"));
    fs::copy(js.join("package.json"), package.join("package.json")).unwrap();
    std::os::unix::fs::symlink(from_npm().join("node_modules/ws"), folder.join("node_modules/ws")).unwrap();
}

/// What a program prints in a folder.
async fn run(folder: &Path, what: &mut Command) -> String {
    let output = what.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(GUARD, output).await.unwrap_or_else(|_| panic!("{what:?} ends")).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said.trim().to_owned()
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files().into_iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_of_a_scene_put_the_payload_of_the_page() {
    let lab = Lab::start(Options { router_only: true, ..options() }).await.unwrap();
    let (tcp, ws) = (lab.tcp_locator(), lab.ws_locator());
    let page = PageFacts { endpoint: &tcp, ws: &ws, key: KEY, sub_key: "", folder: "", schema: Schema::Tensor };
    let scenes: Vec<(String, [String; 3])> = scenes()
        .iter()
        .map(|rows| {
            let bytes = payload(rows);
            let texts = Language::ALL.map(|language| program::text(language, rows, &page).unwrap());
            (format!("{} {}", bytes.len(), sha256(&bytes)), texts)
        })
        .collect();
    let folder = folder();
    let folder = folder.path();
    let rust: Vec<String> = scenes.iter().map(|(_, [rust, ..])| rust.clone()).collect();
    let compiled = compiled(folder, &rust).await;
    if has_node() {
        install(folder);
    }

    let session = joined(&tcp).await;
    let subscriber = session.declare_subscriber(KEY).await.unwrap();
    for (at, (expected, [_, javascript, python])) in scenes.iter().enumerate() {
        fs::write(folder.join("program.mjs"), javascript).unwrap();
        fs::write(folder.join("program.py"), python).unwrap();
        let mut rust = Command::new(&compiled);
        rust.arg(at.to_string());
        let mut python = Command::new(interpreter());
        python.arg("program.py");
        let mut node = Command::new("node");
        node.arg("program.mjs");
        let commands = [Some(("Rust", rust)), has_node().then_some(("JavaScript", node)), Some(("Python", python))];
        for (language, mut command) in commands.into_iter().flatten() {
            assert_eq!(&run(folder, &mut command).await, expected, "scene {at} in {language}");
            let sample = timeout(GUARD, subscriber.recv_async()).await.expect("it arrives").unwrap();
            let bytes = sample.payload().to_bytes();
            assert_eq!(&format!("{} {}", bytes.len(), sha256(&bytes)), expected, "scene {at} in {language} arrived");
        }
    }
    session.close().await.unwrap();
    lab.stop().await;
}

#[test]
fn rows_that_change_with_each_put_have_no_program() {
    let page = PageFacts { endpoint: "", ws: "", key: KEY, sub_key: "", folder: "", schema: Schema::Tensor };
    for rows in [Preset::Robot.rows(0), vec![Row { length: 8, ..Row::code(1, "own") }]] {
        for language in Language::ALL {
            let why = program::text(language, &rows, &page).unwrap_err();
            assert!(why.contains("there is not a program for these rows"), "{why}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_offers_the_program_and_puts_the_same_bytes() {
    let _turn = turn().await;
    let lab = lab().await;
    let page = Page::open(&url(&lab)).await;
    page.connect("/zenoh").await;
    let folder = folder();
    for preset in presets() {
        page.fill("#preset", preset.key()).await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#rows-as-program").await;
        page.click("#rows-program-Python").await;
        let text = page.text("#rows-program").await;
        page.click("#rows-program-dialog [data-closes]").await;
        fs::write(folder.path().join("program.py"), text).unwrap();
        let mut python = Command::new(interpreter());
        let said = run(folder.path(), python.arg("program.py")).await;
        let (_, hash) = said.split_once(' ').unwrap();
        assert_eq!(arrived(&page, false).await, hash, "{}: what the program has put", preset.name());
        page.put_by("#put").await;
        assert_eq!(arrived(&page, true).await, hash, "{}: what the page has put", preset.name());
        page.click("#forget").await;
        page.until("return document.querySelectorAll('#samples tr[data-id]').length", json!(0)).await;
    }
    // Of the others, the page says why they have none.
    for preset in Preset::ALL.into_iter().filter(|preset| presets().all(|other| other != *preset)) {
        page.fill("#preset", preset.key()).await;
        page.wait("#build-state[data-state=ready]").await;
        page.click("#rows-as-program").await;
        page.wait("#rows-program-dialog").await;
        let text = page.text("#rows-program-dialog").await;
        assert!(text.contains("there is not a program for these rows"), "{text}");
        page.click("#rows-program-dialog [data-closes]").await;
    }
    page.close(&[]).await;
    lab.stop().await;
}

/// The hash of the sample that arrived, from this page or from another program, as the page shows
/// it.
async fn arrived(page: &Page, local: bool) -> String {
    let row = format!("#samples tr[data-local={local}]");
    page.click(&format!("{row} .hash")).await;
    page.wait(&format!("{row} .digest")).await;
    page.text(&format!("{row} .digest")).await
}
