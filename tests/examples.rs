//! The programs in `examples/`, run as a person runs them, against a real router. An hour of
//! messages leaves their memory as it was. They describe a message like the page does. They end
//! quietly when the program that reads them has ended.
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
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use support::{
    GUARD,
    lab::{joined, options},
    python::interpreter,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
    time::{sleep, timeout},
};
use zbytes_lab::{
    ledger::Ledger,
    message::{
        PixelFormat, Spec,
        values::{Number, Range},
    },
    segment::{Element, Source},
    server::{Lab, Options},
};
use zenoh::{pubsub::Publisher, qos::CongestionControl};

/// The examples that receive.
const SUBSCRIBERS: [&str; 3] = ["subscribe.py", "capnp_subscribe.py", "subscribe"];

/// The examples that put once.
const PUBLISHERS: [&str; 3] = ["publish.py", "capnp_publish.py", "publish"];

/// How long cargo may take to build the examples.
const BUILDING: Duration = Duration::from_secs(900);

async fn router() -> Lab {
    Lab::start(Options { router_only: true, ..options() }).await.unwrap()
}

/// The built examples in Rust.
async fn built() -> &'static Vec<PathBuf> {
    static BUILT: OnceCell<Vec<PathBuf>> = OnceCell::const_new();
    let build = || async {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--locked",
            "--message-format=json",
            "--package",
            "zbytes-lab",
            "--package",
            "zbytes-session",
        ]);
        cargo.args(["--example", "publish", "--example", "subscribe", "--example", "hello"]);
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit());
        let output = timeout(BUILDING, cargo.output()).await.expect("the examples are built").unwrap();
        assert!(output.status.success(), "{}", output.status);
        let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let messages = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
        messages.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?))).collect()
    };
    BUILT.get_or_init(build).await
}

/// An example, by its file in Python or its name in Rust, with these options.
async fn example(name: &str, options: &[&str]) -> Command {
    let mut command = if name.ends_with(".py") {
        let mut python = Command::new(interpreter());
        python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name));
        python
    } else {
        let found = built().await.iter().find(|path| path.file_stem().unwrap() == name);
        Command::new(found.unwrap())
    };
    command.args(options).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A running example, and a publisher of the key to which it subscribes.
struct Running<'a> {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    publisher: Publisher<'a>,
}

impl<'a> Running<'a> {
    async fn start(name: &str, lab: &Lab, session: &'a zenoh::Session) -> Self {
        let key = format!("examples/{name}");
        let mut command = example(name, &["--endpoint", &lab.tcp_locator(), "--key", &key]).await;
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let publisher = session.declare_publisher(key).congestion_control(CongestionControl::Block).await.unwrap();
        let subscribed = async {
            while !publisher.matching_status().await.unwrap().matching() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(GUARD, subscribed).await.unwrap_or_else(|_| panic!("{name} subscribes"));
        Self { process, lines, publisher }
    }

    async fn put(&self, message: &[u8]) {
        timeout(GUARD, self.publisher.put(message).into_future()).await.expect("a put ends").unwrap();
    }

    /// Its next line, without the key.
    async fn line(&mut self) -> String {
        let line = timeout(GUARD, self.lines.next_line()).await.expect("a line from the example").unwrap();
        let line = line.expect("the example is there");
        line.split_once(' ').unwrap().1.to_owned()
    }

    /// Its private memory now, in bytes.
    async fn memory(&self) -> u64 {
        let id = self.process.id().unwrap().to_string();
        let output = Command::new("ps").args(["-o", "rss=", "-p", &id]).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u64>().unwrap() << 10
    }
}

/// The bytes of a message with these arrays.
fn message(spec: &Spec, arrays: &[Vec<u8>]) -> Vec<u8> {
    let sources = arrays.iter().map(|array| Source::moved(array.clone()));
    let payload = spec.filled(sources).unwrap().into_payload().unwrap();
    payload.to_bytes(&mut Ledger::new()).unwrap().to_vec()
}

fn tensor(element: Element, shape: &[u32]) -> Spec {
    Spec::Tensor { name: "t".to_owned(), element, shape: shape.to_vec(), timestamp: 0 }
}

fn frame(format: PixelFormat, width: u32, height: u32, step: u32) -> Spec {
    Spec::CameraFrame { frame_id: "f".to_owned(), sequence: 0, timestamp: 0, width, height, step, format }
}

/// A message of every kind, of about 32 KiB each, and bytes that are not a message.
fn one_of_each() -> Vec<Vec<u8>> {
    let cloud = Spec::PointCloud { frame_id: "c".to_owned(), timestamp: 0, points: 300 };
    vec![
        message(&tensor(Element::Uint8, &[32, 1024]), &[vec![7; 32 << 10]]),
        message(&tensor(Element::Float32, &[64, 128]), &[f32::NAN.to_le_bytes().repeat(64 * 128)]),
        message(&frame(PixelFormat::Rgb8, 100, 100, 320), &[vec![9; 100 * 320]]),
        message(&cloud, &[vec![0; 1200], vec![0; 1200], vec![0; 1200], vec![0; 600]]),
        vec![1; 32 << 10],
    ]
}

/// One message a second, for an hour.
const HOUR: usize = 3600;

/// How many bytes the memory of a program may grow from its 600th message to its last. A program
/// that keeps one kind of them grows by 19 MB: a fifth of 3,000 messages of 32 KiB.
const GROWTH: u64 = 12 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_messages_leaves_a_subscribers_memory_as_it_was() {
    let lab = router().await;
    let session = joined(&lab.tcp_locator()).await;
    let messages = one_of_each();
    let run = async |name: &str| {
        let mut running = Running::start(name, &lab, &session).await;
        let mut seen = Vec::new();
        for (at, message) in messages.iter().cycle().take(HOUR).enumerate() {
            running.put(message).await;
            running.line().await;
            if (at + 1) % 600 == 0 {
                seen.push(running.memory().await);
            }
        }
        println!("{name}: {seen:?} B");
        let most = seen.iter().max().unwrap();
        assert!(*most <= seen[0] + GROWTH, "{name} grew: {seen:?} B after 600, 1,200, ... messages");
    };
    tokio::join!(run(SUBSCRIBERS[0]), run(SUBSCRIBERS[1]), run(SUBSCRIBERS[2]));
    session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_faster_than_their_reader_do_not_fill_the_memory() {
    const COUNT: usize = 80;
    const LEN: usize = 2 << 20;
    let lab = router().await;
    let session = joined(&lab.tcp_locator()).await;
    let mut running = Running::start("capnp_subscribe.py", &lab, &session).await;
    let message = message(&tensor(Element::Uint8, &[LEN as u32]), &[vec![7; LEN]]);
    // By then, it has the memory that one message takes.
    running.put(&message).await;
    running.line().await;
    let before = running.memory().await;
    // Another publisher of the same key, so that this test can put and read at the same time.
    let (other, key) = (session.clone(), running.publisher.key_expr().to_string());
    let putting = tokio::spawn(async move {
        for _ in 0..COUNT {
            other.put(&key, &message).congestion_control(CongestionControl::Block).await.unwrap();
        }
    });
    let mut most = 0;
    for _ in 0..COUNT {
        assert_eq!(running.line().await, format!("Tensor 't' uint8 {LEN} min 7 max 7"));
        most = most.max(running.memory().await);
    }
    putting.await.unwrap();
    println!("{before} B before, {most} B at most");
    // 16 messages wait, a few are on their way, and the program reads one. All of them would be 160
    // MiB.
    assert!(most - before <= 44 * LEN as u64, "{} B wait", most - before);
    session.close().await.unwrap();
    lab.stop().await;
}

/// Compares the extent of `range` with the example's words.
fn same_extent(said: &str, range: &Range, of: &str) {
    let (ends, odd) = match said.split_once(" (not finite: ") {
        Some((ends, odd)) => (ends, odd.strip_suffix(')').unwrap()),
        None => (said, ""),
    };
    let counted = |count: u64, name: &str| (count > 0).then(|| format!("{count} {name}"));
    let expected = [counted(range.nan, "NaN"), counted(range.above, "infinity"), counted(range.below, "-infinity")];
    assert_eq!(odd, expected.into_iter().flatten().collect::<Vec<_>>().join(", "), "{of}: {said}");
    let Some((least, most)) = range.ends else {
        assert_eq!(ends, if range.count == 0 { "empty" } else { "no finite value" }, "{of}");
        return;
    };
    let words: Vec<&str> = ends.split(' ').collect();
    let ["min", first, "max", second] = words[..] else { panic!("{of}: {said}") };
    for (word, number) in [(first, least), (second, most)] {
        match number {
            Number::Whole(whole) => assert_eq!(word, whole.to_string(), "{of}"),
            Number::Single(single) => {
                assert_eq!(word.parse::<f32>().unwrap(), single, "{of}");
                // With at most as many digits as the page shows.
                let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
                assert!(digits(word) <= digits(&format!("{single:e}")) + 9, "{of}: {word}");
            }
            Number::Double(double) => assert_eq!(word.parse::<f64>().unwrap(), double, "{of}"),
        }
    }
}

/// Arrays of every type. Those of floating-point types have values that are not finite at the
/// beginning, in the middle and at the end.
fn arrays() -> Vec<(Element, Vec<u8>)> {
    let mut cases = Vec::new();
    for element in Element::ALL {
        let write: &dyn Fn(f64) -> Vec<u8> = match element {
            Element::Float16 => &|real| half::f16::from_f64(real).to_le_bytes().to_vec(),
            Element::Float32 => &|real| (real as f32).to_le_bytes().to_vec(),
            Element::Float64 => &|real| real.to_le_bytes().to_vec(),
            whole => {
                // All bits vary, the highest too, so the ends of the type are among the values.
                let mixed = |at: u64| at.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()[8 - whole.size()..].to_vec();
                cases.push((element, (0..1001).flat_map(mixed).collect()));
                cases.push((element, mixed(3)));
                cases.push((element, Vec::new()));
                continue;
            }
        };
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let plain = [0.1, -2.75, 1000.0, 1e-5];
        let mut lists = vec![plain.to_vec(), vec![-0.3], odd.to_vec(), vec![f64::NAN], Vec::new()];
        for at in [0, 2, 4] {
            for value in odd {
                let mut list = plain.to_vec();
                list.insert(at, value);
                lists.push(list);
            }
            let mut list = plain.to_vec();
            list.splice(at..at, odd.iter().chain(&odd[..1]).copied());
            lists.push(list);
        }
        // More values than the program reads in one part. The least is in the first part and the
        // greatest in the last. Both parts have values that are not finite.
        let mut long = vec![0.5; 200_000];
        (long[0], long[70_000], long[199_998], long[199_999]) = (f64::NAN, -1.0, f64::INFINITY, 3.0);
        lists.push(long);
        cases.extend(lists.into_iter().map(|list| (element, list.into_iter().flat_map(write).collect())));
    }
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extents_that_the_example_tells_are_those_of_the_page() {
    let lab = router().await;
    let session = joined(&lab.tcp_locator()).await;
    let mut running = Running::start("capnp_subscribe.py", &lab, &session).await;
    for (element, bytes) in arrays() {
        let count = bytes.len() / element.size();
        let range = Range::of(element, &bytes);
        running.put(&message(&tensor(element, &[count as u32]), &[bytes])).await;
        let line = running.line().await;
        let said = line.split(' ').skip(4).collect::<Vec<_>>().join(" ");
        same_extent(&said, &range, &format!("{element:?} of {count}"));
    }
    // The bytes between the rows of a picture are not a part of it.
    let pixels: Vec<u8> = (0..5 * 20).map(|at| if at % 20 < 12 { 100 + at as u8 % 20 } else { at as u8 % 3 }).collect();
    for (format, width) in [(PixelFormat::Mono8, 12), (PixelFormat::Mono16, 6), (PixelFormat::Rgba8, 3)] {
        let rows: Vec<u8> = pixels.chunks(20).flat_map(|row| row[..12].to_vec()).collect();
        running.put(&message(&frame(format, width, 5, 20), std::slice::from_ref(&pixels))).await;
        let line = running.line().await;
        let said = line.split(' ').skip(4).collect::<Vec<_>>().join(" ");
        same_extent(&said, &Range::of(format.element(), &rows), &format!("{format:?}"));
    }
    let lists = [[f32::NAN, 1.5, -1.0], [0.1, 0.2, f32::INFINITY], [f32::NAN; 3]];
    let lists = lists.map(|list| list.map(f32::to_le_bytes).concat());
    let intensity = [3u16, 65_535, 2].map(u16::to_le_bytes).concat();
    let cloud = Spec::PointCloud { frame_id: "c".to_owned(), timestamp: 0, points: 3 };
    let arrays: Vec<Vec<u8>> = lists.into_iter().chain([intensity]).collect();
    running.put(&message(&cloud, &arrays)).await;
    let line = running.line().await;
    let said = line.strip_prefix("PointCloud 'c' float32 3 x ").unwrap();
    let mut rest = said;
    for (array, (element, next)) in arrays.iter().zip([
        (Element::Float32, ", y "),
        (Element::Float32, ", z "),
        (Element::Float32, ", intensity "),
        (Element::Uint16, ""),
    ]) {
        let (now, later) = if next.is_empty() { (rest, "") } else { rest.split_once(next).unwrap() };
        same_extent(now, &Range::of(element, array), said);
        rest = later;
    }
    session.close().await.unwrap();
    lab.stop().await;
}

/// Checks that it exited with success and printed nothing but `expected`.
fn ended_quietly(name: &str, output: &Output, expected: impl Fn(&str) -> bool) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {}, {said}", output.status);
    assert!(said.lines().all(expected), "{name} said: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_pipe_ends_every_example_quietly() {
    let lab = router().await;
    let endpoint = lab.tcp_locator();
    let session = joined(&endpoint).await;
    for name in SUBSCRIBERS {
        let Running { mut process, mut lines, publisher } = Running::start(name, &lab, &session).await;
        publisher.put("one").await.unwrap();
        timeout(GUARD, lines.next_line()).await.expect("a line from the example").unwrap().unwrap();
        // As with `| head -1`. The program notices it at its next line.
        drop(lines);
        publisher.put("two").await.unwrap();
        let mut said = Vec::new();
        let status = timeout(GUARD, process.wait()).await.unwrap_or_else(|_| panic!("{name} ends")).unwrap();
        process.stderr.take().unwrap().read_to_end(&mut said).await.unwrap();
        let output = Output { status, stdout: Vec::new(), stderr: said };
        ended_quietly(name, &output, |line| line.ends_with("; Ctrl+C ends it"));
    }
    let small: [&[&str]; 3] = [&["--size", "10"], &["--shape", "3"], &["--size", "10"]];
    let put =
        PUBLISHERS.iter().zip(small).map(|(name, options)| (*name, [options, &["--endpoint", &endpoint]].concat()));
    for (name, options) in put.chain([("seed.py", vec!["--shape", "4", "--rounds", "6"])]) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = example(name, &options).await;
        let running = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        // Otherwise this process would hold the pipe too.
        drop(command);
        let output =
            timeout(GUARD, running.wait_with_output()).await.unwrap_or_else(|_| panic!("{name} ends")).unwrap();
        ended_quietly(name, &output, |line| line == "measuring, 6 rounds; Ctrl+C ends it");
    }
    session.close().await.unwrap();
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_librarys_own_program_puts_and_receives() {
    let lab = router().await;
    let session = joined(&lab.tcp_locator()).await;
    let subscriber = session.declare_subscriber("lab/hello").await.unwrap();
    let url = lab.ws_locator().replacen("ws/", "ws://", 1);
    let running = example("hello", &[&url]).await.output();
    let peer = async {
        let got = subscriber.recv_async().await.unwrap().payload().to_bytes().into_owned();
        let answer = session.put("lab/hello", vec![9, 8, 7, 6]).congestion_control(CongestionControl::Block);
        answer.await.unwrap();
        got
    };
    let both = async { tokio::join!(running, peer) };
    let (output, got) = timeout(GUARD, both).await.expect("hello ends");
    let output = output.unwrap();
    ended_quietly("hello", &output, |_| false);
    assert_eq!((got.len(), &got[..4]), (1_000_003, &[1, 2, 3, 7][..]));
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        matches!(lines[..], [first, _] if first.starts_with("open: batches of at most 65533 B, router ")),
        "{said}"
    );
    assert_eq!(lines[1], "lab/hello: 4 B in 1 parts, beginning with [09, 08, 07]");
    session.close().await.unwrap();
    lab.stop().await;
}
